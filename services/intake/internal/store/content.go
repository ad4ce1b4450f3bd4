package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// MaxStep is how many rows one command writes or takes away at most: while it is applied
// nobody else is served.
const MaxStep = 1000

// contentKey is the row of a file of a package. Rows stand under their package, so that those
// of a large one can come in many transactions and count only once it stands.
func contentKey(id, packageID, path string) []byte {
	return under(under(key(id), []byte(packageID)...), []byte(path)...)
}

// applyContent writes rows of a package. Where it does not stand yet they are leftovers until
// its PackageChecked: whoever dies in between leaves nothing that is not found again.
func applyContent(tx *base.Tx, b *intakev1.PackageFilesChecked) error {
	s, err := standingOf(&tx.View, b.GetTransferId())
	if err != nil {
		return err
	}
	if s.last() != b.GetPackageId() {
		tx.Put("leftovers", under(key(b.GetTransferId()), []byte(b.GetPackageId())...), []byte{})
	}
	of := contentKey(b.GetTransferId(), b.GetPackageId(), "")
	for _, f := range b.GetFiles() {
		if err := put(tx, "content", append(of[:len(of):len(of)], f.GetPath()...), f); err != nil {
			return err
		}
	}
	return nil
}

// applyForgotten takes the next rows of a package away, and the package from the leftovers with
// the last of them.
func applyForgotten(tx *base.Tx, b *intakev1.PackageRowsForgotten) {
	var rows [][]byte
	more := false
	for k := range tx.Scan("content", contentKey(b.GetTransferId(), b.GetPackageId(), ""), nil) {
		if more = len(rows) == MaxStep; more {
			break
		}
		rows = append(rows, bytes.Clone(k))
	}
	for _, k := range rows {
		tx.Delete("content", k)
	}
	if !more {
		tx.Delete("leftovers", under(key(b.GetTransferId()), []byte(b.GetPackageId())...))
	}
}

// applyAbandoned takes a begun acceptance back: the transfer is expected as if no package had
// come, and says why.
func applyAbandoned(tx *base.Tx, b *intakev1.AcceptanceAbandoned, at time.Time) error {
	k := key(b.GetTransferId())
	tx.Delete("plans", k)
	tx.Delete("warnings", k)
	forgetDuplicates(tx, b.GetTransferId(), nil)
	open, err := Open(&tx.View, b.GetTransferId())
	if err == nil { // everything is sent again, and with it what was returned
		err = settle(tx, b.GetTransferId(), open, rowRedone)
	}
	if err != nil {
		return err
	}
	if err := fall(tx, b.GetTransferId(), ""); err != nil {
		return err
	}
	if err := put(tx, "faults", k, &intakev1.PackageRefused{
		TransferId: b.GetTransferId(), PackageId: b.GetPackageId(), Count: 1, Faults: []*intakev1.PackageFault{b.GetReason()},
	}); err != nil {
		return err
	}
	return change(tx, b.GetTransferId(), func(t *intakev1.Transfer) {
		t.State, t.PackageId, t.PackageFiles, t.PackageBytes = string(transfer.Expected), "", 0, 0
		t.Eark = nil
		t.FaultCount, t.ManifestSha512, t.PackageAt = 1, "", at.UTC().Format(time.RFC3339)
	})
}

// Leftover is a package whose rows are to be forgotten.
type Leftover struct{ TransferID, PackageID string }

// Leftovers lists some of them.
func Leftovers(v *base.View, limit int) (list []Leftover, err error) {
	for k := range v.Scan("leftovers", nil, nil) {
		if len(list) == limit {
			break
		}
		at := bytes.LastIndexByte(k, 0)
		t := new(intakev1.Transfer)
		if _, err := get(v, "transfers", k[:at], t); err != nil {
			return nil, err
		}
		list = append(list, Leftover{t.GetTransferId(), string(k[at+1:])})
	}
	return list, nil
}

// IsLeftover tells whether rows of a package are to be forgotten.
func IsLeftover(v *base.View, l Leftover) bool {
	return v.Get("leftovers", under(key(l.TransferID), []byte(l.PackageID)...)) != nil
}

// EachContent gives the files that stand one by one, of each package by path. A file of another
// package than the last names it. The first error of do ends it.
func EachContent(v *base.View, id string, do func(*intakev1.ContentFile) error) error {
	s, err := standingOf(v, id)
	if err != nil {
		return err
	}
	for _, p := range s {
		for _, raw := range v.Scan("content", contentKey(id, p.GetPackageId(), ""), nil) {
			f := new(intakev1.ContentFile)
			if err := proto.Unmarshal(raw, f); err != nil {
				return fmt.Errorf("content of %s: %w", id, err)
			}
			if s.owner(f.GetPath()) != p.GetPackageId() {
				continue
			}
			if p.GetPackageId() != s.last() {
				f.PackageId = p.GetPackageId()
			}
			if err := do(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// UnitContents is what has come for some units, each with at most 20 of its files, in the order
// of their paths. A unit's paths are written with its number as the department wrote it ("1",
// "0001"), so the package's folders are gone through; of a folder that is not asked for only the
// first row is read.
func UnitContents(v *base.View, id string, files []*recordv1.File) ([]*intakev1.UnitContent, error) {
	positions := make([]uint32, len(files))
	for i, f := range files {
		positions[i] = f.GetPosition()
	}
	return unitContents(v, id, positions)
}

func unitContents(v *base.View, id string, positions []uint32) (list []*intakev1.UnitContent, err error) {
	s, err := standingOf(v, id)
	if err != nil {
		return nil, err
	}
	for _, p := range s {
		u := units{of: make(map[uint32]*intakev1.UnitContent), prefix: contentKey(id, p.GetPackageId(), "")}
		for _, position := range positions {
			if s.brought(position) == p.GetPackageId() {
				u.of[position] = &intakev1.UnitContent{Position: position}
			}
		}
		for from, more := []byte(nil), len(u.of) > 0; more; {
			if from, more, err = u.run(v, from); err != nil {
				return nil, fmt.Errorf("content of %s: %w", id, err)
			}
		}
		list = append(list, u.list...)
	}
	if len(s) > 1 {
		slices.SortFunc(list, func(a, b *intakev1.UnitContent) int {
			return strings.Compare(a.GetFirst()[0].GetPath(), b.GetFirst()[0].GetPath())
		})
	}
	return list, nil
}

// units gathers what came for some units.
type units struct {
	prefix []byte
	of     map[uint32]*intakev1.UnitContent
	list   []*intakev1.UnitContent
}

// run reads rows after one until a folder comes that is not asked for; next is behind it.
func (u *units) run(v *base.View, from []byte) (next []byte, more bool, err error) {
	for k, raw := range v.Scan("content", u.prefix, from) {
		path := k[len(u.prefix):]
		position, ok := transfer.PositionOf(string(path))
		unit := u.of[position]
		if !ok {
			continue
		}
		if unit == nil {
			end := len("data/") + bytes.IndexByte(path[len("data/"):], '/')
			return append(bytes.Clone(k[:len(u.prefix)+end]), '/', 0xff), true, nil
		}
		f := new(intakev1.ContentFile)
		if err := proto.Unmarshal(raw, f); err != nil {
			return nil, false, err
		}
		if unit.Files == 0 {
			u.list = append(u.list, unit)
		}
		unit.Files, unit.Bytes = unit.Files+1, unit.Bytes+f.GetSize()
		if len(unit.First) < maxFirst {
			unit.First = append(unit.First, f)
		}
	}
	return nil, false, nil
}

// maxFirst is how many files of a unit a page names.
const maxFirst = 20

// ContentFile is one file of the package; false where there is none.
func ContentFile(v *base.View, id, path string) (*intakev1.ContentFile, bool, error) {
	s, err := standingOf(v, id)
	if err != nil {
		return nil, false, err
	}
	return s.file(v, id, path)
}

// LastAccepted is the greatest position that an accession has so far; 0 where it has none.
func LastAccepted(v *base.View, n transfer.Number) uint32 {
	prefix := under(numberKey(n))
	k, _ := v.Last("accepted", prefix)
	if len(k) != len(prefix)+4 {
		return 0
	}
	return binary.BigEndian.Uint32(k[len(prefix):])
}
