package keeper

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/insurance/internal/site"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// spot is a place where bytes are kept.
type spot struct{ side, site, path string }

// harm is what is wrong at a spot.
type harm struct {
	want, have string
	gone       bool
}

// shelf is a site that was reached, with the copy's object in it.
type shelf struct {
	place *site.Place
	root  *ocfl.Root
	known *ocfl.Known
	at    *insurancev1.CopyAtSite
	lost  bool // the whole object is gone
}

// exam is the check of one copy: both sides are read, what is wrong is recorded, then mended.
type exam struct {
	*scrubRun
	key     []byte
	copy    *insurancev1.Copy
	files   []*insurancev1.CopiedFile
	opens   []store.Open
	client  intakev1.IntakeServiceClient
	spec    ocfl.Spec
	shelves []*shelf
	found   map[spot]harm
	order   []spot // of found, as it was found
	whole   map[spot]bool
	done    *insurancev1.Check
}

// check examines one copy; nil where it was to leave before it could be claimed: what its destruction takes is no damage, and nothing
// brings it back.
func (r *scrubRun) check(ctx context.Context, key []byte) (*insurancev1.Check, error) {
	e := &exam{scrubRun: r, key: key, found: map[spot]harm{}, whole: map[spot]bool{}}
	if err := e.load(); err != nil || e.copy.GetLeftBy() != "" {
		return nil, err
	}
	e.done = &insurancev1.Check{CopyId: e.copy.GetCopyId()}
	var err error
	if e.client, err = r.Intake(); err != nil {
		return nil, err
	}
	if err := e.reach(); err != nil {
		return nil, err
	}
	// Records come first: content is found through them.
	if err := e.records(ctx); err != nil {
		return nil, err
	}
	for _, f := range e.files {
		if err := e.file(ctx, f); err != nil {
			return nil, err
		}
	}
	if err := e.settle(ctx); err != nil {
		return nil, err
	}
	e.done.CheckedAt = timestamppb.New(r.Store.Now())
	return e.done, nil
}

func (e *exam) load() error {
	return e.Store.View(func(v *base.View) error {
		row, err := store.Copy(v, e.key)
		if err != nil {
			return err
		}
		e.copy = row.GetCopy()
		if e.files, _, err = store.Content(v, e.key, "", 0); err != nil {
			return err
		}
		e.spec = SpecOf(e.Store.Archive(), e.copy, e.files, nil)
		e.opens, err = store.Opens(v, e.key)
		return err
	})
}

// reach opens the sites that keep the copy.
func (e *exam) reach() error {
	for _, at := range e.copy.GetSites() {
		if at.GetVerifiedAt() == nil {
			continue // it was never whole there: nothing to compare
		}
		place := e.Place(at.GetSite())
		if place == nil {
			e.done.AbsentSites = append(e.done.AbsentSites, at.GetSite())
			continue
		}
		root, err := place.Root(true)
		if err != nil {
			e.log().Error("a scrub cannot reach a site", "site", at.GetSite(), "error", err)
			e.done.AbsentSites = append(e.done.AbsentSites, at.GetSite())
			continue
		}
		known, err := root.Known(e.spec)
		if err != nil {
			return err
		}
		s := &shelf{place: place, root: root, known: known, at: at}
		if _, err := os.Lstat(root.Path(e.spec.ID)); errors.Is(err, os.ErrNotExist) {
			s.lost = true
			e.harmed(spot{fund.Copy, at.GetSite(), ""}, harm{want: at.GetInventorySha512(), gone: true})
		} else {
			e.whole[spot{fund.Copy, at.GetSite(), ""}] = true
		}
		e.shelves = append(e.shelves, s)
	}
	return nil
}

func (e *exam) harmed(at spot, h harm) {
	e.found[at] = h
	e.order = append(e.order, at)
}

// records compares what the objects say of themselves, and writes anew what is damaged: it
// follows from the journals.
func (e *exam) records(ctx context.Context) error {
	wrong, err := e.originalRecord(ctx)
	if err != nil {
		return err
	}
	for _, s := range e.shelves {
		if err := e.copyRecord(s); err != nil {
			return err
		}
		if err := e.history(ctx, s); err != nil {
			return err
		}
	}
	if err := e.declare(ctx); err != nil {
		return err
	}
	if wrong {
		if err := e.mendOriginalRecord(ctx); err != nil {
			return err
		}
	}
	for _, s := range e.shelves {
		if err := e.mendCopyRecord(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// recordFiles are the files of an object's own record, by their places in it.
var recordFiles = []string{"v1/inventory.json", "v1/inventory.json.sha512", "inventory.json", "inventory.json.sha512", "0=ocfl_object_1.1"}

// isContent tells whether a path is one of the copied files; every other that is found damaged
// belongs to the object's record, which intake makes again from its journal.
func (e *exam) isContent(path string) bool {
	return slices.ContainsFunc(e.files, func(f *insurancev1.CopiedFile) bool { return f.GetPath() == path })
}

// isRecord tells of damage that was found before whether it was in the record of the original.
func (e *exam) isRecord(o store.Open) bool { return o.Side == fund.Original && !e.isContent(o.Path) }

func (e *exam) originalRecord(ctx context.Context) (wrong bool, err error) {
	object := e.copy.GetFile().GetObjectId()
	if e.scrubRun.records[object] && !slices.ContainsFunc(e.opens, e.isRecord) {
		return false, nil
	}
	res, err := e.client.CheckObject(ctx, &intakev1.CheckObjectRequest{ObjectId: object})
	if err != nil {
		return false, e.unreached(err)
	}
	for _, d := range res.GetDamaged() {
		e.harmed(spot{fund.Original, "", d.GetPath()}, harm{want: d.GetExpectedSha512(), have: d.GetActualSha512(), gone: d.GetActualSha512() == ""})
	}
	names := slices.Clone(recordFiles)
	for _, o := range e.opens {
		if e.isRecord(o) {
			names = append(names, o.Path)
		}
	}
	for _, name := range names {
		if at := (spot{fund.Original, "", name}); e.found[at] == (harm{}) {
			e.whole[at] = true
		}
	}
	e.mu.Lock()
	e.scrubRun.records[object] = len(res.GetDamaged()) == 0
	e.mu.Unlock()
	return len(res.GetDamaged()) > 0, nil
}

// unreached passes on an error that will pass, so that the scrub waits. Any other is logged and
// counted: nothing is concluded about the original, and the scrub goes on.
func (e *exam) unreached(err error) error {
	if k := fault.KindOf(err); k == fault.Unavailable || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e.log().Error("an original cannot be checked", "copy", e.copy.GetCopyId(), "error", err)
	e.done.OriginalsAbsent = true
	return nil
}

func (e *exam) copyRecord(s *shelf) error {
	if s.lost {
		return nil
	}
	sha, err := e.spec.InventorySHA512()
	if err != nil {
		return err
	}
	var wrong []ocfl.Difference
	if sha == s.at.GetInventorySha512() {
		if wrong, err = s.root.CheckRecord(e.spec); err != nil {
			return err
		}
	} else if have, err := inventoryDigest(s.root, e.spec.ID); err != nil || have != s.at.GetInventorySha512() {
		// Another program wrote this inventory: it can be compared and not be made again.
		wrong = []ocfl.Difference{{Path: "inventory.json", Want: s.at.GetInventorySha512(), Have: have}}
	}
	for _, d := range wrong {
		e.harmed(spot{fund.Copy, s.at.GetSite(), d.Path}, harm{want: d.Want, have: d.Have, gone: d.Have == ""})
	}
	for _, name := range recordFiles {
		if at := (spot{fund.Copy, s.at.GetSite(), name}); e.found[at] == (harm{}) {
			e.whole[at] = true
		}
	}
	return nil
}

// file reads a file on every side, records what is wrong, and mends it.
func (e *exam) file(ctx context.Context, f *insurancev1.CopiedFile) error {
	heard, err := listen(ctx, e.client, e.copy.GetFile().GetObjectId(), f.GetPath(), f.GetSha512())
	if err != nil {
		if err := e.unreached(err); err != nil {
			return err
		}
	}
	original := spot{fund.Original, "", f.GetPath()}
	if heard.reached {
		e.done.Files++
		e.done.Bytes += heard.size
		e.judge(original, f, heard)
	}
	for _, s := range e.shelves {
		if s.lost {
			continue
		}
		sha, err := s.known.Digest(ctx, f.GetPath())
		if err != nil {
			return err
		}
		e.done.Files++
		e.done.Bytes += f.GetSize()
		e.judge(spot{fund.Copy, s.at.GetSite(), f.GetPath()}, f, sound{reached: true, whole: sha == f.GetSha512(), sha: sha, gone: sha == ""})
	}
	if err := e.declare(ctx); err != nil {
		return err
	}
	return e.mend(ctx, f, heard)
}

func (e *exam) judge(at spot, f *insurancev1.CopiedFile, s sound) {
	if s.whole {
		e.whole[at] = true
		return
	}
	have := s.sha
	if have == f.GetSha512() {
		have = "" // intake will not give it out although the bytes are the fund's: a person looks
	}
	e.harmed(at, harm{want: f.GetSha512(), have: have, gone: s.gone})
}

// declare records every damage that is found and not recorded yet, before anything is touched.
func (e *exam) declare(ctx context.Context) error {
	if len(e.order) == 0 {
		return nil
	}
	spots := e.order
	e.order = nil
	e.done.Damaged += uint32(len(spots))
	fresh := false
	for len(spots) > 0 {
		some := spots[:min(len(spots), 200)]
		spots = spots[len(some):]
		records, err := e.do(ctx, "scrub", func(v *base.View, _ time.Time) ([]base.Event, error) {
			if row, err := store.Copy(v, e.key); err != nil || row.GetCopy().GetLeftBy() != "" {
				return nil, err // it left while it was examined
			}
			var events []base.Event
			for _, at := range some {
				if store.OpenAt(v, e.key, at.side, at.site, at.path) != 0 {
					continue // it was found before and is not mended yet
				}
				h := e.found[at]
				events = append(events, e.event(&insurancev1.DamageFound{
					CopyId: e.copy.GetCopyId(), ScrubId: e.id, Side: at.side, Site: at.site, Path: at.path,
					ExpectedSha512: h.want, ActualSha512: h.have, Kind: fund.KindOf(h.have, h.gone),
				}))
			}
			return events, nil
		})
		if err != nil {
			return err
		}
		fresh = fresh || len(records) > 0
		for _, at := range some {
			e.log().WarnContext(ctx, "damage found", "copy", e.copy.GetCopyId(), "side", at.side, "site", at.site, "path", at.path)
		}
	}
	if !fresh {
		return nil
	}
	// If we crash here the damage is known and not mended: the copy's check is not recorded,
	// so it is examined again.
	return e.after(Found)
}

func (e *exam) event(body interface {
	protoMessage
	GetScrubId() string
},
) base.Event {
	return base.Event{
		Refs:  Refs(e.copy.GetFile(), journal.Ref{Type: "scrub", ID: e.id}),
		Label: store.LabelOf(e.copy), Body: body,
	}
}

// settle closes damages of earlier checks that are whole now: mended by a run that was cut
// before it could say so, or by other hands.
func (e *exam) settle(ctx context.Context) error {
	for _, o := range e.opens {
		at := spot{o.Side, o.Site, o.Path}
		if !e.whole[at] {
			continue
		}
		if err := e.close(ctx, at, "", ""); err != nil {
			return err
		}
	}
	return nil
}
