package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/site"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// A copy is of one file; the history (PREMIS) is of the whole object that it came from, and goes on after
// the copy was made. So a site that keeps copies out of an object keeps the object's history beside them,
// once, as an OCFL object of its own, in which each newer history is a later version:
//
//	HistoryKnown      what the newest is, from intake's journal
//	incoming          counted while it comes and verified by intake
//	object or version one rename at the site
//	read back whole
//	HistoryCopied     its digests are known from here on
//
// Damage to it is put aside and it is copied anew: intake can always write the original again. When intake
// has removed the object (HistoryEnded) each site's is removed too (HistoryRemoved): it names what was
// destroyed, and intake's journal keeps what the act says of it.
const (
	HistoryFetched  Step = "history fetched"
	HistoryStands   Step = "history stands"
	HistoryRecorded Step = "history recorded"
	HistoryGone     Step = "history removed"
	HistoryBuried   Step = "removal of a history recorded"
)

var (
	otherHistory = fault.Define(fault.Conflict, "insurance.history.newer",
		"the history of {object} is another than was announced: a newer one is on its way",
		"история объекта {object} не та, о которой сообщалось: скоро поступит более новая",
		"{object} нысанының тарихы хабарланғаннан басқа: жаңасы келе жатыр")
	unsoundHistory = fault.Define(fault.Refused, "insurance.history.unsound",
		"the history of {object} was not read back whole from site {site} ({problem}); it was put aside and is copied anew",
		"история объекта {object} не прочитана целой с площадки {site} ({problem}); она отложена и копируется заново",
		"{object} нысанының тарихы {site} алаңынан бүтін оқылмады ({problem}); ол шетке қойылып, қайта көшіріледі")
)

// HistoryID is the identifier of the OCFL object that keeps a history at a site.
func HistoryID(archive, object string) string {
	return "urn:qoyma:" + archive + ":insurance-history:" + url.PathEscape(object)
}

// pastTask is a history that a site lacks.
type pastTask struct {
	*Keeper
	object  string
	known   *insurancev1.HistoryKnown
	site    string
	place   *site.Place
	root    *ocfl.Root
	settled bool // the site is known to keep copies or histories
}

// waiting names what waits: a newer history does not wait for what held up an older one.
func waiting(known *insurancev1.HistoryKnown) string {
	return fmt.Sprintf("history %s version %d", known.GetObjectId(), known.GetVersion())
}

func (k *Keeper) nextHistory() (t *pastTask, err error) {
	if k.waits("intake") {
		return nil, nil
	}
	err = k.Store.View(func(v *base.View) error {
		if err := store.EachHistory(v, store.LackingHistories, func(object string, row *insurancev1.HistoryRow) bool {
			for _, name := range store.Lacking(row) {
				if place := k.Place(name); place != nil && !k.waits("site "+name) && !k.waits(waiting(row.GetKnown())) {
					t = &pastTask{Keeper: k, object: object, known: row.GetKnown(), site: name, place: place, settled: len(row.GetSites()) > 0}
					return false
				}
			}
			return true
		}); err != nil || t == nil {
			return err
		}
		row, err := store.Site(v, t.site)
		t.settled = t.settled || row.GetCopies() > 0
		return err
	})
	return t, err
}

// historyOnce takes up one history at one site; false where nothing can be done now.
func (k *Keeper) historyOnce(ctx context.Context) (bool, error) {
	t, err := k.nextHistory()
	if err != nil || t == nil {
		return false, err
	}
	release, err := k.claim(ctx, []byte("history "+t.object))
	if err != nil {
		return false, err
	}
	defer release()
	if still, err := t.lacks(); err != nil || !still {
		return !still, err
	}
	if err := t.run(ctx); err != nil {
		switch {
		case ctx.Err() != nil || errors.Is(err, ErrStopped):
			return false, err
		case errors.Is(err, site.Absent), errors.Is(err, site.Full):
			k.holdUp(ctx, "site "+t.site, err)
		case fault.KindOf(err) == fault.Unavailable:
			k.holdUp(ctx, "intake", err)
		default:
			k.holdUp(ctx, waiting(t.known), err)
		}
		return true, nil
	}
	for _, name := range []string{"site " + t.site, "intake", waiting(t.known)} {
		k.release(name)
	}
	return true, nil
}

// lacks tells whether the site lacks the history still: it may have ended before this was its turn.
func (t *pastTask) lacks() (still bool, err error) {
	err = t.Store.View(func(v *base.View) error {
		row, err := store.History(v, t.object)
		still = slices.Contains(store.Lacking(row), t.site)
		return err
	})
	return still, err
}

func (t *pastTask) run(ctx context.Context) (err error) {
	if t.root, err = t.place.Root(t.settled); err != nil {
		return err
	}
	if err := t.place.Room(t.known.GetSize()); err != nil {
		return err
	}
	if err := t.make(ctx); err != nil {
		return t.place.Judge(err)
	}
	// If we crash here, or before, the site is known to lack it: what stands there already is found the
	// same and recorded.
	if err := t.after(HistoryStands); err != nil {
		return err
	}
	return t.record(ctx)
}

// make brings the history into its object, as the first version or a later one.
func (t *pastTask) make(ctx context.Context) error {
	id := HistoryID(t.Store.Archive(), t.object)
	stands, err := t.root.Object(id)
	switch {
	case errors.Is(err, ocfl.NotFound):
	case err != nil && ocfl.Lost(err):
		if err := t.aside(id); err != nil {
			return err
		}
		stands = nil
	case err != nil:
		return err
	default:
		if held, err := t.holds(ctx, stands); held || err != nil {
			return err
		}
	}
	source, err := t.fetch(ctx)
	if err != nil {
		return err
	}
	put := []ocfl.Content{{Logical: t.known.GetPath(), Source: source, SHA512: t.known.GetSha512(), Size: int64(t.known.GetSize())}}
	message := fmt.Sprintf("History of %s, version %d", t.object, t.known.GetVersion())
	user := ocfl.User{Name: "Qoyma insurance, archive " + t.Store.Archive(), Address: "urn:qoyma:" + t.Store.Archive() + ":insurance"}
	if stands == nil {
		_, err = t.root.Create(ctx, ocfl.Spec{ID: id, Message: message, User: user, Created: t.Store.Now(), Files: put})
	} else {
		_, err = t.root.Update(ctx, id, ocfl.Change{Head: stands.Inventory.Head, Message: message, User: user, Created: t.Store.Now(), Put: put})
	}
	if err == nil {
		_, err = t.place.Incoming("history " + t.object) // room for others
	}
	return err
}

func (t *pastTask) holds(ctx context.Context, o *ocfl.Object) (bool, error) {
	for f, err := range o.Files(ctx, o.Inventory.Head) {
		if err != nil {
			return false, err
		}
		if f.Logical == t.known.GetPath() {
			return f.Digest == t.known.GetSha512(), nil
		}
	}
	return false, nil
}

func (t *pastTask) fetch(ctx context.Context) (source string, err error) {
	client, err := t.Intake()
	if err != nil {
		return "", err
	}
	dir, err := t.place.Incoming("history " + t.object)
	if err != nil {
		return "", err
	}
	source = filepath.Join(dir, "0")
	_, sha, err := fetch(ctx, client, t.object, t.known.GetPath(), source)
	if err != nil {
		return "", err
	}
	if sha != t.known.GetSha512() {
		return "", otherHistory.With("object", t.object)
	}
	return source, t.after(HistoryFetched)
}

// record reads the history back from the disk and records it.
func (t *pastTask) record(ctx context.Context) error {
	id := HistoryID(t.Store.Archive(), t.object)
	problem, err := unsoundAt(ctx, t.root, id)
	if err != nil {
		return t.place.Judge(err)
	}
	if problem != "" {
		return errors.Join(unsoundHistory.With("object", t.object, "site", t.site, "problem", problem), t.aside(id))
	}
	sha, err := inventoryDigest(t.root, id)
	if err != nil {
		return t.place.Judge(err)
	}
	if _, err := t.do(ctx, "history", func(v *base.View, _ time.Time) ([]base.Event, error) {
		row, err := store.History(v, t.object)
		if err != nil || row.GetEnded() || store.HistoryAt(row, t.site).GetSha512() == t.known.GetSha512() {
			return nil, err
		}
		return []base.Event{{Refs: pastRefs(t.known), Body: &insurancev1.HistoryCopied{
			ObjectId: t.object, Site: t.site, CopyObjectId: id, InventorySha512: sha, Version: t.known.GetVersion(), Sha512: t.known.GetSha512(),
		}}}, nil
	}); err != nil {
		return err
	}
	return t.after(HistoryRecorded)
}

// buryHistory removes what one site keeps of the history of an object that was removed; false where there is
// none, or its sites are away.
func (k *Keeper) buryHistory(ctx context.Context) (bool, error) {
	t, err := k.endedHistory()
	if err != nil || t == nil {
		return false, err
	}
	release, err := k.claim(ctx, []byte("history "+t.object)) // a version under way ends first
	if err != nil {
		return false, err
	}
	defer release()
	err = func() (err error) {
		if t.root, err = t.place.Root(t.settled); err != nil {
			return err
		}
		_, err = t.place.Incoming("history " + t.object)
		return errors.Join(err, t.place.Remove(t.root, HistoryID(t.Store.Archive(), t.object)))
	}()
	if err != nil {
		k.sortOut(ctx, t.place, "history "+t.object, err)
		return true, nil
	}
	// If we crash here the history is gone and its event is missing: removing again finds nothing, and records it.
	if err := k.after(HistoryGone); err != nil {
		return false, err
	}
	if _, err := t.do(ctx, "destroy", func(v *base.View, _ time.Time) ([]base.Event, error) {
		row, err := store.History(v, t.object)
		if err != nil || !slices.Contains(row.GetWanted(), t.site) {
			return nil, err
		}
		return []base.Event{{Refs: pastRefs(t.known), Body: &insurancev1.HistoryRemoved{ObjectId: t.object, Site: t.site}}}, nil
	}); err != nil {
		return false, err
	}
	k.release("site " + t.site)
	k.release("copy history " + t.object)
	return true, k.after(HistoryBuried)
}

// endedHistory is a history that ended at a site that can be reached.
func (k *Keeper) endedHistory() (t *pastTask, err error) {
	err = k.Store.View(func(v *base.View) error {
		return store.EachHistory(v, store.EndedHistories, func(object string, row *insurancev1.HistoryRow) bool {
			for _, name := range row.GetWanted() {
				if place := k.Place(name); place != nil && !k.waits("site "+name) && !k.waits("copy history "+object) {
					t = &pastTask{Keeper: k, object: object, known: row.GetKnown(), site: name, place: place, settled: store.HistoryAt(row, name) != nil}
					return false
				}
			}
			return true
		})
	})
	return t, err
}

func pastRefs(known *insurancev1.HistoryKnown) []journal.Ref {
	return []journal.Ref{{Type: "accession", ID: known.GetAccessionNumber()}}
}

func (t *pastTask) aside(id string) error { return putAside(t.Keeper, t.place, t.root, id) }

// putAside moves an object out of a site's root; nothing is destroyed. One that is not there is no error.
func putAside(k *Keeper, place *site.Place, root *ocfl.Root, id string) error {
	to := place.Quarantine("object-" + k.Store.Now().UTC().Format("20060102T150405.000000000"))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.Rename(root.Path(id), to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// unsoundAt validates an object from the disk; problem is empty where it is whole.
func unsoundAt(ctx context.Context, root *ocfl.Root, id string) (problem string, err error) {
	report, err := ocfl.ValidateObject(ctx, root.Path(id))
	if err != nil {
		if ocfl.Lost(err) {
			return err.Error(), nil
		}
		return "", err
	}
	if !report.Valid() {
		return strings.TrimSpace(report.Faults[0].Where + " " + report.Faults[0].Fault.Code), nil
	}
	return "", nil
}

// history checks what a site keeps of the history of the object that a copy came from, once in a scrub of
// all: what is not as it was recorded is put aside, and copied anew.
func (e *exam) history(ctx context.Context, s *shelf) error {
	object := e.copy.GetFile().GetObjectId()
	name := "history " + s.at.GetSite() + " " + object
	if object == "" || e.scrubRun.records[name] {
		return nil
	}
	release, err := e.claim(ctx, []byte("history "+object)) // a version under way looks like damage
	if err != nil {
		return err
	}
	defer release()
	var row *insurancev1.HistoryRow
	if err := e.Store.View(func(v *base.View) (err error) {
		row, err = store.History(v, object)
		return err
	}); err != nil {
		return err
	}
	at := store.HistoryAt(row, s.at.GetSite())
	if at == nil || len(store.Lacking(row)) > 0 {
		return nil // it is being taken up: read back then
	}
	problem, err := unsoundAt(ctx, s.root, at.GetCopyObjectId())
	if err != nil {
		return err
	}
	if sha, err := inventoryDigest(s.root, at.GetCopyObjectId()); problem == "" && (err != nil || sha != at.GetInventorySha512()) {
		problem = "inventory.json SHA-512 ≠"
	}
	e.mu.Lock()
	e.scrubRun.records[name] = true
	e.mu.Unlock()
	if problem == "" {
		return nil
	}
	e.log().WarnContext(ctx, "damage found", "history", object, "site", s.at.GetSite(), "problem", problem)
	if err := putAside(e.Keeper, s.place, s.root, at.GetCopyObjectId()); err != nil {
		return s.place.Judge(err)
	}
	// If we crash here the site keeps nothing and the journal says otherwise: the next check finds it gone.
	_, err = e.do(ctx, "scrub", func(v *base.View, _ time.Time) ([]base.Event, error) {
		return []base.Event{{
			Refs: append(pastRefs(row.GetKnown()), journal.Ref{Type: "scrub", ID: e.id}),
			Body: &insurancev1.HistoryDamageFound{ObjectId: object, Site: s.at.GetSite(), ScrubId: e.id},
		}}, nil
	})
	return err
}
