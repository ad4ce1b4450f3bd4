package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// standing are the packages of a transfer that stand, in the order in which they came. The first
// brought the whole content; each later one brought returned rows again (practice.md: only what was
// returned is redone). Rows of an earlier package for what a later one brought count no more and are
// not touched: a package of a million files is replaced in part by one row here.
type standing []*intakev1.PackageChecked

// standingOf reads them.
func standingOf(v *base.View, id string) (s standing, err error) {
	for _, raw := range v.Scan("standing", under(key(id)), nil) {
		p := new(intakev1.PackageChecked)
		if err := proto.Unmarshal(raw, p); err != nil {
			return nil, fmt.Errorf("packages of %s: %w", id, err)
		}
		slices.Sort(p.Redone) // brought seeks in it for every file
		s = append(s, p)
	}
	return s, nil
}

// last is the id of the package that came last; empty where none stands.
func (s standing) last() string {
	if len(s) == 0 {
		return ""
	}
	return s[len(s)-1].GetPackageId()
}

// owner is the package whose row counts for a path: of a tag file the last, of a unit's file the last
// that brought the unit.
func (s standing) owner(path string) string {
	position, payload := transfer.PositionOf(path)
	if !payload {
		return s.last()
	}
	return s.brought(position)
}

// brought is the package that brought a unit's content.
func (s standing) brought(position uint32) string {
	for _, p := range slices.Backward(s) {
		if _, redone := slices.BinarySearch(p.GetRedone(), position); redone || len(p.GetRedone()) == 0 {
			return p.GetPackageId()
		}
	}
	return ""
}

// file is one file that stands; false where there is none.
func (s standing) file(v *base.View, id, path string) (*intakev1.ContentFile, bool, error) {
	f := new(intakev1.ContentFile)
	of := s.owner(path)
	ok, err := get(v, "content", contentKey(id, of, path), f)
	if of != s.last() {
		f.PackageId = of
	}
	return f, ok, err
}

// stand lets a package stand at a seq of the journal. One without redone positions replaces all that
// stood; the rows of those are leftovers now.
func stand(tx *base.Tx, b *intakev1.PackageChecked, seq uint64) error {
	k := key(b.GetTransferId())
	if len(b.GetRedone()) == 0 {
		if err := fall(tx, b.GetTransferId(), b.GetPackageId()); err != nil {
			return err
		}
	}
	tx.Delete("leftovers", under(k, []byte(b.GetPackageId())...))
	return put(tx, "standing", binary.BigEndian.AppendUint64(under(k), seq), &intakev1.PackageChecked{
		TransferId: b.GetTransferId(), PackageId: b.GetPackageId(), Redone: b.GetRedone(), Scanner: b.GetScanner(),
	})
}

// fall ends the standing of every package of a transfer; the rows of all but one are leftovers.
func fall(tx *base.Tx, id, but string) error {
	old, err := standingOf(&tx.View, id)
	if err != nil {
		return err
	}
	var rows [][]byte
	for k := range tx.Scan("standing", under(key(id)), nil) {
		rows = append(rows, bytes.Clone(k))
	}
	for i, k := range rows {
		tx.Delete("standing", k)
		if p := old[i].GetPackageId(); p != but {
			tx.Put("leftovers", under(key(id), []byte(p)...), []byte{})
		}
	}
	return nil
}

// Packages lists the packages of a transfer that stand, the last first.
func Packages(v *base.View, t *intakev1.Transfer) (ids []string, err error) {
	s, err := standingOf(v, t.GetTransferId())
	for _, p := range slices.Backward(s) {
		ids = append(ids, p.GetPackageId())
	}
	return ids, err
}

// StandingChecks are the events by which the packages that stand were checked, in order. They are the
// same from the beginning of an acceptance on.
func StandingChecks(v *base.View, id string) (checks []*journal.Record, err error) {
	prefix := under(key(id))
	for k := range v.Scan("standing", prefix, nil) {
		r, err := v.Entry(seqOf(k[len(prefix):]))
		if err != nil {
			return nil, err
		}
		if r == nil {
			return nil, fmt.Errorf("packages of %s: event %d, which checked one, is not there", id, seqOf(k[len(prefix):]))
		}
		checks = append(checks, r)
	}
	return checks, nil
}

// Warnings are what was warned of when the packages that stand were checked, about what counts of each:
// whoever has one row redone still hears what is broken in the others.
func Warnings(v *base.View, id string) (warnings []*intakev1.PackageFault, err error) {
	s, err := standingOf(v, id)
	if err != nil {
		return nil, err
	}
	checks, err := StandingChecks(v, id)
	if err != nil {
		return nil, err
	}
	for i, r := range checks {
		body, err := r.Body()
		if err != nil {
			return nil, err
		}
		checked, _ := body.(*intakev1.PackageChecked)
		for _, w := range checked.GetWarnings() {
			if s.about(w.GetWhere()) == s[i].GetPackageId() {
				warnings = append(warnings, w)
			}
		}
	}
	return warnings, nil
}

// about is the package that counts for where a warning stands: a path, or a unit's position alone.
func (s standing) about(where string) string {
	if position, err := strconv.ParseUint(where, 10, 32); err == nil {
		return s.brought(uint32(position))
	}
	return s.owner(where)
}

// Scanners are those that looked for malware in each package that stands, by its id; "" for a
// package that was taken without.
func Scanners(v *base.View, id string) (map[string]string, error) {
	s, err := standingOf(v, id)
	of := make(map[string]string, len(s))
	for _, p := range s {
		of[p.GetPackageId()] = p.GetScanner()
	}
	return of, err
}
