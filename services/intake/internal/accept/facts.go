package accept

import (
	"cmp"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/numeral"
	"github.com/qoyma/qoyma/services/platform/space"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// facts are everything that a plan works with. They cannot change once it has begun. Units are held, by
// what the rules look at; files, of which a unit may have thousands, are read from the store as often as they
// are needed, page by page.
type facts struct {
	store     *base.Store
	transfer  *intakev1.Transfer
	list      store.List
	units     []transfer.Unit
	content   map[uint32]*came // of units for which files came
	tags      int              // files of the package that belong to no unit
	manifests int              // of those, the ones without which the archive makes the bag
	digest    string           // of the digital content, as the act names it: SHA-512 in lower-case hexadecimal
	checked   *intakev1.PackageChecked
	findings  map[uint32]*intakev1.UnitFinding
	checks    transfer.Checks
	counted   uint32            // units that were counted at the door
	packages  []string          // whose bytes stand in staging
	seq       uint64            // of the last event about the transfer
	scanners  map[string]string // that looked for malware in each; "" for a package without
}

// came is what came for a unit, all of it in one package.
type came struct {
	of    string // the package
	files int
	bytes int64
}

// gather reads the facts of a transfer without what came for its units.
func (p *Plans) gather(id string) (*facts, error) {
	f := &facts{store: p.Store, content: make(map[uint32]*came)}
	if err := p.Store.View(func(v *base.View) error { return f.read(v, id) }); err != nil {
		return nil, err
	}
	for u, err := range f.listed(0) {
		if err != nil {
			return nil, err
		}
		f.units = append(f.units, transfer.Unit{Position: u.GetPosition(), Leaves: u.GetLeaves()})
	}
	return f, nil
}

// weigh reads the facts of a transfer; each sees every file that stands, by path.
func (p *Plans) weigh(id string, each func(position uint32, path string) error) (*facts, error) {
	f, err := p.gather(id)
	if err != nil {
		return nil, err
	}
	// Of one package the digest is that of its payload manifest; where rows were redone, and an earlier program
	// made the object without a bag, that of the manifest which lists what stands of all packages.
	f.digest = f.checked.GetManifestSha512()
	redone, sum := len(f.packages) > 1, sha512.New()
	for c, err := range f.files() { // in the order of their paths
		if err != nil {
			return nil, err
		}
		position, payload := transfer.PositionOf(c.GetPath())
		if !payload {
			f.tags++
			if slices.Contains(manifests[:], c.GetPath()) {
				f.manifests++
			}
			continue
		}
		if redone {
			_, _ = fmt.Fprintf(sum, "%s  %s\n", c.GetSha512(), c.GetPath()) // a hash never fails
		}
		unit := f.content[position]
		if unit == nil {
			unit = &came{of: f.packageOf(c)}
			f.content[position] = unit
		}
		unit.files, unit.bytes = unit.files+1, unit.bytes+int64(c.GetSize())
		if each == nil {
			continue
		}
		if err := each(position, c.GetPath()); err != nil {
			return nil, err
		}
	}
	if redone {
		f.digest = hex.EncodeToString(sum.Sum(nil))
	}
	return f, nil
}

func (f *facts) read(v *base.View, id string) (err error) {
	f.seq = v.LastAbout(journal.Ref{Type: "transfer", ID: id})
	if f.transfer, err = store.Transfer(v, id); err != nil {
		return err
	}
	if f.list, err = store.ListOf(v, id); err != nil {
		return err
	}
	if _, f.checked, err = store.Findings(v, id); err != nil {
		return err
	}
	if f.findings, err = store.UnitFindings(v, id); err != nil {
		return err
	}
	if f.checks, err = store.Checks(v, id); err != nil {
		return err
	}
	if f.counted, err = store.CountedAtTheDoor(v, id); err != nil {
		return err
	}
	if f.packages, err = store.Packages(v, f.transfer); err != nil {
		return err
	}
	f.scanners, err = store.Scanners(v, id)
	return err
}

// listed are the units of the inventory after a position.
func (f *facts) listed(after uint32) iter.Seq2[*recordv1.File, error] {
	return store.EachUnit(f.store, f.transfer.GetTransferId(), after)
}

// files are those that stand, by path.
func (f *facts) files() iter.Seq2[*intakev1.ContentFile, error] {
	return store.EachFile(f.store, f.transfer.GetTransferId(), false)
}

// has tells whether files came for a unit.
func (f *facts) has(position uint32) bool { return f.content[position] != nil }

// choose is what the archivist accepts, in order: of rows returned only what was redone. Nothing where the transfer
// is undescribed.
func (f *facts) choose(asked []uint32) ([]uint32, error) {
	id := f.transfer.GetTransferId()
	if f.transfer.GetUndescribed() != nil && len(asked) == 0 {
		return nil, nil
	}
	asked, err := f.checks.Narrow(id, f.units, asked)
	if err != nil {
		return nil, err
	}
	return transfer.Choose(id, f.units, asked)
}

// left is what is left to do before the chosen units can be accepted.
func (f *facts) left(chosen []uint32) transfer.Left {
	return f.checks.Left(f.units, chosen, f.has, store.TakesPaper(f.transfer))
}

// listedWhole is nil where every row of the inventory is here. Errors: NotSealed, Incomplete.
func (f *facts) listedWhole() error {
	if f.transfer.GetState() == string(transfer.Announced) {
		return transfer.NotSealed.With("id", f.transfer.GetTransferId())
	}
	if !f.list.Complete {
		return transfer.Incomplete.With("id", f.transfer.GetTransferId())
	}
	return nil
}

// uncounted tells whether it comes without an inventory, and nobody has counted it here.
func (f *facts) uncounted() bool { return f.transfer.GetUndescribed() != nil && f.counted == 0 }

// decided is nil where no acceptance of a transfer has begun. Errors: UnderWay, AlreadyAccepted.
func decided(t *intakev1.Transfer) error {
	switch transfer.State(t.GetState()) {
	case transfer.Accepting:
		return transfer.UnderWay.With("id", t.GetTransferId())
	case transfer.Accepted:
		return transfer.AlreadyAccepted.With("id", t.GetTransferId())
	case transfer.Announced, transfer.Expected, transfer.Checked, transfer.Returned:
	}
	return nil
}

// packageOf is the package whose bytes a file of the content is.
func (f *facts) packageOf(c *intakev1.ContentFile) string {
	return cmp.Or(c.GetPackageId(), f.checked.GetPackageId())
}

// undescribed is how many units are accepted without an inventory: as many as the archive counted. A plan that an
// earlier program began may have no count of its own; it has what was announced.
func (f *facts) undescribed() uint32 {
	if f.transfer.GetUndescribed() == nil {
		return 0
	}
	return cmp.Or(f.counted, f.transfer.GetUndescribed().GetUnits())
}

// whole is nil where the bytes of everything that came are in staging, with the tag files of every package.
func (p *Plans) whole(f *facts) (err error) {
	places := p.Staging.Places()
	defer func() { err = errors.Join(err, places.Close()) }()
	for _, files := range []iter.Seq2[*intakev1.ContentFile, error]{f.files(), store.EachSubmitted(p.Store, f.transfer.GetTransferId())} {
		for c, err := range files {
			if err == nil {
				err = places.Whole(f.packageOf(c), c.GetPath(), c.GetSize())
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// room is nil where the disk has room for what the object copies out of packs. The rest is linked.
func (p *Plans) room(f *facts) error {
	need := uint64(0)
	for _, id := range f.packages {
		packed, err := p.Staging.Packed(id)
		if err != nil {
			return err
		}
		need += packed
	}
	if need == 0 {
		return nil
	}
	free, err := space.Free(p.Repository.Dir())
	if err != nil || free >= need && free-need >= p.Reserve {
		return err
	}
	has, needs := numeral.Apart(free, need+p.Reserve)
	return noRoom.With("free", has, "need", needs)
}

// weighed reads the facts of the plan, and what of it is accepted.
func (r *run) weighed() (err error) {
	var each func(position uint32, path string) error
	if r.paths != nil {
		each = func(position uint32, path string) error {
			return r.paths.Add(binary.BigEndian.AppendUint32(nil, position), []byte(path))
		}
	}
	if r.facts, err = r.weigh(r.plan.GetTransferId(), each); err != nil {
		return err
	}
	r.chosen, err = r.facts.choose(r.plan.GetPositions())
	return err
}

// accepted gives the content that becomes part of the object, by path.
func (r *run) accepted() iter.Seq2[*intakev1.ContentFile, error] {
	return func(yield func(*intakev1.ContentFile, error) bool) {
		for c, err := range r.facts.files() {
			if (err != nil || r.keeps(c)) && !yield(c, err) {
				return
			}
		}
	}
}

// unitPaths walks through the files' paths, unit by unit.
type unitPaths struct {
	rows *spool.Cursor // at the first row of a unit that was not asked for
	more bool
	last uint32 // asked for
}

// pathsOf are the paths of a unit's files, sorted. Whoever asks for units in their order goes through the
// rows once.
func (r *run) pathsOf(position uint32) (paths []string, err error) {
	u := &r.units
	if u.rows == nil || position <= u.last {
		u.rows = r.paths.Sorted()
		u.more = u.rows.Next()
	}
	for u.last = position; u.more; u.more = u.rows.Next() {
		switch at := binary.BigEndian.Uint32(u.rows.Key); {
		case at > position:
			return paths, nil
		case at == position:
			paths = append(paths, string(u.rows.Value))
		}
	}
	return paths, u.rows.Err()
}

// accepts tells whether a unit is accepted.
func (r *run) accepts(position uint32) bool {
	_, yes := slices.BinarySearch(r.chosen, position)
	return yes
}
