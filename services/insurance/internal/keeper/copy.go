package keeper

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/insurance/internal/site"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

var unsound = fault.Define(fault.Internal, "insurance.copy.unsound",
	"the copy of {code} at {site} was made and does not read back whole: {problem}; it was put aside; check the disk of the site, then try again",
	"копия {code} на площадке {site} изготовлена, но читается с ошибками: {problem}; она отложена; проверьте диск площадки и повторите",
	"{code} көшірмесі {site} алаңында жасалды, бірақ дұрыс оқылмайды: {problem}; ол шетке қойылды; алаңның дискісін тексеріп, қайталаңыз")

// errOtherBytes: intake vouches for bytes that are not the ones that the fund has copied before.
var errOtherBytes = fault.Define(fault.Refused, "insurance.copy.other",
	"{what} is not what was copied before, although intake calls it whole; tell the administrator: one of the two journals is wrong",
	"{what} – не то, что было скопировано раньше, хотя служба приёма считает его целым; сообщите администратору: один из двух журналов неверен",
	"{what} бұрын көшірілгеннен өзгеше, қабылдау қызметі оны бүтін деп санаса да; әкімшіге хабарлаңыз: екі журналдың бірі қате")

// task is one copy at one site that is to be made or read back.
type task struct {
	*Keeper
	key    []byte
	copy   *insurancev1.Copy
	files  []*insurancev1.CopiedFile
	at     *insurancev1.CopyAtSite
	place  *site.Place
	root   *ocfl.Root
	known  bool // the site has kept copies before
	client intakev1.IntakeServiceClient
}

// CopyOnce takes the next copy a step on; false where none can be.
func (k *Keeper) CopyOnce(ctx context.Context) (bool, error) {
	t, err := k.nextTask()
	if err != nil {
		return false, err
	}
	if t == nil {
		return k.historyOnce(ctx)
	}
	release, err := k.claim(ctx, t.key)
	if err != nil {
		return false, err
	}
	defer release()
	if err := t.run(ctx); err != nil {
		if ctx.Err() != nil || errors.Is(err, ErrStopped) {
			return false, err
		}
		k.sortOut(ctx, t.place, t.copy.GetCopyId(), err)
		return true, nil
	}
	for _, name := range []string{"site " + t.place.ID, "intake", "copy " + t.copy.GetCopyId()} {
		k.release(name)
	}
	return true, nil
}

// extendBy is how many copies one command extends.
const extendBy = 100

// Extend orders the copies that the fund has at every site of the configuration where they are
// not: a site that was added gets all of them. It is for the start. Cut short, it goes on at the
// next.
func (k *Keeper) Extend(ctx context.Context) error {
	for after := []byte(nil); ; {
		var missing []base.Event
		looked := 0
		if err := k.Store.View(func(v *base.View) error {
			return store.EachCopy(v, "", after, func(key []byte, row *insurancev1.CopyRow) bool {
				after = key
				missing = append(missing, k.missing(row.GetCopy())...)
				looked++
				return looked < 1000 && len(missing) < extendBy // no long read transaction
			})
		}); err != nil {
			return err
		}
		if len(missing) > 0 {
			if _, err := k.do(ctx, "extend", func(v *base.View, _ time.Time) ([]base.Event, error) {
				return slices.DeleteFunc(slices.Clone(missing), func(e base.Event) bool {
					body, _ := e.Body.(*insurancev1.CopySiteAdded)
					key, err := store.Key(body.GetCopyId())
					if err != nil {
						return true
					}
					row, err := store.Copy(v, key)
					return err != nil || store.AtSite(row.GetCopy(), body.GetSite()) != nil
				}), nil
			}); err != nil {
				return err
			}
		}
		if looked == 0 {
			return nil
		}
	}
}

// missing are the sites where a copy is not ordered yet. A file on paper has none.
func (k *Keeper) missing(c *insurancev1.Copy) (events []base.Event) {
	if len(c.GetSites()) == 0 || c.GetLeftBy() != "" {
		return nil
	}
	for _, p := range k.Places {
		if store.AtSite(c, p.ID) == nil {
			events = append(events, base.Event{
				Refs: Refs(c.GetFile()), Label: store.LabelOf(c), Body: &insurancev1.CopySiteAdded{CopyId: c.GetCopyId(), Site: p.ID},
			})
		}
	}
	return events
}

// nextTask finds a copy that is ordered or not read back, at a site where work can go on.
func (k *Keeper) nextTask() (t *task, err error) {
	if k.waits("intake") {
		return nil, nil
	}
	held := make(map[string]bool)
	for _, p := range k.Places {
		held[p.ID] = k.waits("site " + p.ID)
	}
	err = k.Store.View(func(v *base.View) error {
		for _, state := range []fund.State{fund.Ordered, fund.Made} {
			if err := store.EachCopy(v, state, nil, func(key []byte, row *insurancev1.CopyRow) bool {
				for _, at := range row.GetCopy().GetSites() {
					place := k.Place(at.GetSite())
					undone := at.GetState() == string(fund.Ordered) || at.GetState() == string(fund.Made)
					if undone && place != nil && !held[at.GetSite()] && !k.waits("copy "+row.GetCopy().GetCopyId()) {
						t = &task{Keeper: k, key: key, copy: row.GetCopy(), at: at, place: place}
						return false
					}
				}
				return true
			}); err != nil || t != nil {
				return err
			}
		}
		return nil
	})
	if t != nil && err == nil {
		err = t.load()
	}
	return t, err
}

// load reads what belongs to the copy.
func (t *task) load() error {
	return t.Store.View(func(v *base.View) (err error) {
		if t.files, _, err = store.Content(v, t.key, "", 0); err != nil {
			return err
		}
		row, err := store.Site(v, t.at.GetSite())
		t.known = row.GetCopies() > 0
		return err
	})
}

func (t *task) run(ctx context.Context) (err error) {
	if t.root, err = t.place.Root(t.known); err != nil {
		return err
	}
	if t.at.GetState() == string(fund.Made) {
		return t.verify(ctx)
	}
	if t.client, err = t.Intake(); err != nil {
		return err
	}
	made, err := t.make(ctx)
	if err != nil && (lostOriginal(err) || errors.Is(err, errOtherBytes)) {
		return t.fail(ctx, err)
	}
	if err != nil {
		return t.place.Judge(err)
	}
	return t.record(ctx, made)
}

// make brings the copy into the site. An object that stands there whole, because a run was cut
// behind its rename, is taken as it is: it came there only by a rename of verified bytes.
func (t *task) make(ctx context.Context) ([]*insurancev1.CopiedFile, error) {
	id := ObjectID(t.Store.Archive(), t.copy.GetCopyId())
	if files, err := t.standing(ctx, id); files != nil || err != nil {
		return files, err
	}
	dir, err := t.place.Incoming(t.copy.GetCopyId())
	if err != nil {
		return nil, err
	}
	made := make([]*insurancev1.CopiedFile, 0, len(t.files))
	source := make(map[string]string, len(t.files))
	for i, f := range t.files {
		if err := t.place.Room(f.GetSize()); err != nil {
			return nil, err
		}
		to := filepath.Join(dir, strconv.Itoa(i))
		size, sha, err := fetch(ctx, t.client, t.copy.GetFile().GetObjectId(), f.GetPath(), to)
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir)) // room for others
		}
		if f.GetSha512() != "" && sha != f.GetSha512() { // another site has its digest
			return nil, errors.Join(errOtherBytes.With("what", f.GetPath()), os.RemoveAll(dir))
		}
		made = append(made, &insurancev1.CopiedFile{Path: f.GetPath(), Size: size, Sha512: sha})
		source[f.GetPath()] = to
	}
	if err := t.after(Fetched); err != nil {
		return nil, err
	}
	// If we crash here, or anywhere before CopyMade is recorded: the copy is ordered, and
	// either its object stands whole or it is made from the beginning.
	if _, err := t.root.Create(ctx, SpecOf(t.Store.Archive(), t.copy, made, source)); err != nil {
		return nil, err
	}
	return made, t.after(Object)
}

// standing gives the files of an object that stands at the site already and is whole; nil where
// there is none. One that is not whole is put aside.
func (t *task) standing(ctx context.Context, id string) ([]*insurancev1.CopiedFile, error) {
	if _, err := os.Lstat(t.root.Path(id)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	files, problem, err := t.readBack(ctx, id)
	if err != nil {
		return nil, err
	}
	if problem == "" {
		return files, nil
	}
	return nil, t.putAside(id)
}

// putAside moves an object out of the site's root; nothing is destroyed.
func (t *task) putAside(id string) error {
	aside := t.place.Quarantine("object-" + t.Store.Now().UTC().Format("20060102T150405.000000000"))
	if err := os.MkdirAll(filepath.Dir(aside), 0o700); err != nil {
		return err
	}
	return os.Rename(t.root.Path(id), aside)
}

// readBack validates an object from the disk and lists its files; problem says why it is not
// the copy that was ordered.
func (t *task) readBack(ctx context.Context, id string) (files []*insurancev1.CopiedFile, problem string, err error) {
	o, err := t.root.Object(id)
	if err != nil && ocfl.Lost(err) {
		return nil, err.Error(), nil
	}
	if err != nil {
		return nil, "", err
	}
	report, err := ocfl.ValidateObject(ctx, t.root.Path(id))
	if err != nil {
		if ocfl.Lost(err) {
			return nil, err.Error(), nil
		}
		return nil, "", err
	}
	if !report.Valid() {
		return nil, report.Faults[0].Where + " " + report.Faults[0].Fault.Code, nil
	}
	have := map[string]string{}
	for f, err := range o.Files(ctx, o.Inventory.Head) {
		if err != nil {
			return nil, "", err
		}
		info, err := os.Stat(filepath.Join(t.root.Path(id), filepath.FromSlash(f.Content)))
		if err != nil {
			return nil, "", err
		}
		have[f.Logical] = f.Digest
		files = append(files, &insurancev1.CopiedFile{Path: f.Logical, Size: uint64(info.Size()), Sha512: f.Digest})
	}
	for _, f := range t.files {
		sha, there := have[f.GetPath()]
		if !there || f.GetSha512() != "" && f.GetSha512() != sha {
			return nil, f.GetPath() + " SHA-512 ≠", nil
		}
	}
	if len(files) != len(t.files) {
		return nil, fmt.Sprintf("%d files ≠ %d", len(files), len(t.files)), nil
	}
	return files, "", nil
}

// record writes that the copy stands.
func (t *task) record(ctx context.Context, made []*insurancev1.CopiedFile) error {
	id := ObjectID(t.Store.Archive(), t.copy.GetCopyId())
	sha, err := inventoryDigest(t.root, id)
	if err != nil {
		return err
	}
	body := &insurancev1.CopyMade{CopyId: t.copy.GetCopyId(), Site: t.place.ID, CopyObjectId: id, InventorySha512: sha, Files: uint32(len(made))}
	for _, f := range made {
		body.Bytes += f.GetSize()
	}
	if _, err := t.do(ctx, "copy", func(v *base.View, _ time.Time) ([]base.Event, error) {
		row, err := store.Copy(v, t.key)
		if err != nil || row.GetCopy().GetLeftBy() != "" || store.AtSite(row.GetCopy(), t.place.ID).GetState() != string(fund.Ordered) {
			return nil, err // where it leaves, whoever destroys it finds the object
		}
		refs, label := Refs(t.copy.GetFile()), store.LabelOf(t.copy)
		events := []base.Event{{Refs: refs, Label: label, Body: body}}
		for _, rows := range store.Chunks(made, func(f *insurancev1.CopiedFile) int { return proto.Size(f) }) {
			events = append(events, base.Event{Refs: refs, Label: label, Body: &insurancev1.CopyFilesMade{CopyId: t.copy.GetCopyId(), Site: t.place.ID, Files: rows}})
		}
		return events, nil
	}); err != nil {
		return err
	}
	// If we crash here the copy stands and is recorded; what is left in incoming the next start
	// takes away.
	if err := t.after(Recorded); err != nil {
		return err
	}
	if _, err := t.place.Incoming(t.copy.GetCopyId()); err != nil {
		return err
	}
	return t.after(Swept)
}

func inventoryDigest(root *ocfl.Root, id string) (string, error) {
	f, err := os.Open(filepath.Join(root.Path(id), "inventory.json"))
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read from
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// verify reads the copy back and enters it in the register.
func (t *task) verify(ctx context.Context) error {
	_, problem, err := t.readBack(ctx, t.at.GetCopyObjectId())
	if err != nil {
		return t.place.Judge(err)
	}
	if problem == "" {
		if sha, err := inventoryDigest(t.root, t.at.GetCopyObjectId()); err != nil || sha != t.at.GetInventorySha512() {
			problem = "inventory.json SHA-512 ≠"
		}
	}
	if problem != "" {
		if _, err := os.Lstat(t.root.Path(t.at.GetCopyObjectId())); err == nil {
			if err := t.putAside(t.at.GetCopyObjectId()); err != nil {
				return err
			}
		}
		return t.fail(ctx, unsound.With("code", t.copy.GetCopyId(), "site", t.place.ID, "problem", problem))
	}
	_, err = t.do(ctx, "verify", func(v *base.View, now time.Time) ([]base.Event, error) {
		row, err := store.Copy(v, t.key)
		if err != nil || row.GetCopy().GetLeftBy() != "" || store.AtSite(row.GetCopy(), t.place.ID).GetState() != string(fund.Made) {
			return nil, err
		}
		body := &insurancev1.CopyVerified{
			CopyId: t.copy.GetCopyId(), Site: t.place.ID, Files: t.copy.GetFiles(), Bytes: t.copy.GetBytes(), VerifiedOn: civil.Of(now).String(),
		}
		if !store.Entered(row.GetCopy()) {
			body.RegisterNumber = store.LastNumber(v) + 1
		}
		return []base.Event{{Refs: Refs(t.copy.GetFile()), Label: store.LabelOf(t.copy), Body: body}}, nil
	})
	if err != nil {
		return err
	}
	return t.after(Confirmed)
}

// fail records that the copy cannot be made; a person asks to try again.
func (t *task) fail(ctx context.Context, why error) error {
	f := fault.Of(why)
	_, err := t.do(ctx, "copy", func(v *base.View, _ time.Time) ([]base.Event, error) {
		row, err := store.Copy(v, t.key)
		if err != nil || row.GetCopy().GetLeftBy() != "" || row.GetCopy().GetState() == string(fund.Failed) {
			return nil, err
		}
		return []base.Event{{Refs: Refs(t.copy.GetFile()), Label: store.LabelOf(t.copy), Body: &insurancev1.CopyFailed{
			CopyId: t.copy.GetCopyId(), Site: t.place.ID, Path: f.Args["what"], Code: f.Code, Reason: words(f),
		}}}, nil
	})
	return err
}

func words(f *fault.Error) *recordv1.Text {
	return &recordv1.Text{Kk: f.In(fault.Kazakh), Ru: f.In(fault.Russian), En: f.In(fault.English)}
}
