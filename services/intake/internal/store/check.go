package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Check says what is wrong with the service's own state: numbers with gaps, accessions whose
// rows are not as many as they say, transfers whose state, package, plan and accession do not
// agree.
func Check(v *base.View) []base.Problem {
	c := &checker{v: v, units: map[int]uint64{}, last: map[int]uint32{}, states: map[string]uint64{}}
	c.accessions()
	c.transfers()
	c.counts()
	c.exits()
	return c.found
}

type checker struct {
	v     *base.View
	found []base.Problem
	units map[int]uint64
	last  map[int]uint32
	// transfers by state
	states map[string]uint64
}

func (c *checker) bad(where, format string, args ...any) {
	if len(c.found) < 100 {
		c.found = append(c.found, base.Found("intake", where, format, args...))
	}
}

func (c *checker) accessions() {
	for k, raw := range c.v.Scan("accessions", nil, nil) {
		n, a := numberOf(k), new(intakev1.Accession)
		where := "accession " + n.String()
		if err := proto.Unmarshal(raw, a); err != nil {
			c.bad(where, "%v", err)
			continue
		}
		if n.N != c.last[n.Year]+1 {
			c.bad(where, "number %d follows number %d", n.N, c.last[n.Year])
		}
		c.last[n.Year] = n.N
		c.units[n.Year] += uint64(a.GetAccepted())
		rows := uint32(0)
		for range c.v.Scan("accepted", under(k), nil) {
			rows++
		}
		switch t, err := Transfer(c.v, a.GetTransferId()); {
		case a.GetAccessionNumber() != n.String():
			c.bad(where, "it calls itself %s", a.GetAccessionNumber())
		case rows+a.GetUndescribed() != a.GetAccepted() && (rows > a.GetAccepted() || Plan(c.v, a.GetTransferId()) == 0):
			c.bad(where, "it accepted %d files, of which %d are undescribed, and holds %d", a.GetAccepted(), a.GetUndescribed(), rows)
		case a.GetAccepted() > a.GetListed() && a.GetUndescribed() == 0: // what has no inventory is counted, and may be more than announced
			c.bad(where, "it accepted %d files of %d", a.GetAccepted(), a.GetListed())
		case err != nil:
			c.bad(where, "%v", err)
		case t.GetAccessionNumber() != n.String():
			c.bad(where, "its transfer %s names accession %q", a.GetTransferId(), t.GetAccessionNumber())
		case (len(a.GetActs()) < len(Languages)) != (Plan(c.v, a.GetTransferId()) != 0):
			c.bad(where, "it has %d acts and an open plan: %t", len(a.GetActs()), Plan(c.v, a.GetTransferId()) != 0)
		}
		c.boxes(where, n, a)
		c.approvals(where, n, a)
		c.signatures(where, a)
		c.chronicles(where, n, a)
		if owner, ok := Object(c.v, a.GetObjectId()); a.GetObjectId() != "" && (!ok || owner != n) {
			c.bad(where, "its object %s belongs to %s", a.GetObjectId(), owner)
		}
	}
	for k := range c.v.Scan("books", nil, nil) {
		year := int(binary.BigEndian.Uint16(k))
		if last, units := Book(c.v, year); last != c.last[year] || units != c.units[year] {
			c.bad(fmt.Sprintf("book of %d", year), "it ends with %d and counts %d units; its lines end with %d and count %d", last, units, c.last[year], c.units[year])
		}
	}
}

// boxes finds boxes that hold units which another one holds too, or which nothing describes yet.
func (c *checker) boxes(where string, n transfer.Number, a *intakev1.Accession) {
	boxes, err := Boxes(c.v, n)
	if err != nil {
		c.bad(where, "%v", err)
	}
	for _, b := range boxes {
		if a.GetUndescribed() > 0 && b.GetFirst() > 0 {
			c.bad(where, "it is not described, and its box %d holds units %d–%d", b.GetNumber(), b.GetFirst(), b.GetLast())
		}
	}
	if one, other := twice(boxes); one != nil {
		c.bad(where, "its boxes %d and %d hold the same unit", one.GetNumber(), other.GetNumber())
	}
}

func (c *checker) transfers() {
	for k, raw := range c.v.Scan("transfers", nil, nil) {
		t := new(intakev1.Transfer)
		where := "transfer " + string(k)
		if err := proto.Unmarshal(raw, t); err != nil {
			c.bad(where, "%v", err)
			continue
		}
		c.state(where, k, t)
		c.work(where, k, t)
		rows := uint32(0)
		for range c.v.Scan("expected", under(k), nil) {
			rows++
		}
		if list, err := ListOf(c.v, t.GetTransferId()); err != nil || rows != list.Rows || (list.Complete && rows != t.GetInventory().GetFiles()) {
			c.bad(where, "its inventory lists %d files, %d came, %d are there (%v)", t.GetInventory().GetFiles(), list.Rows, rows, err)
		}
		files, size := uint32(0), uint64(0)
		err := EachContent(c.v, t.GetTransferId(), func(f *intakev1.ContentFile) error {
			if !isTag(f.GetPath()) {
				files, size = files+1, size+f.GetSize()
			}
			return nil
		})
		c.rows(where, k, t)
		if err != nil || files != t.GetPackageFiles() || size != t.GetPackageBytes() {
			c.bad(where, "its package has %d files of %d bytes, %d of %d are known (%v)", t.GetPackageFiles(), t.GetPackageBytes(), files, size, err)
		}
	}
}

// counts checks how many transfers each state has, and that the lists of organisations name no
// others.
func (c *checker) counts() {
	all := uint64(0)
	for _, n := range Counts(c.v) {
		if all += c.states[n.GetState()]; n.GetCount() != c.states[n.GetState()] {
			c.bad("counts "+n.GetState(), "it says %d, there are %d", n.GetCount(), c.states[n.GetState()])
		}
	}
	rows := uint64(0)
	for range c.v.Scan("departments", nil, nil) {
		rows++
	}
	if rows != 2*all {
		c.bad("departments", "%d rows, %d transfers need %d", rows, all, 2*all)
	}
}

// state compares a transfer's state with everything that must go with it.
func (c *checker) state(where string, k []byte, t *intakev1.Transfer) {
	for _, s := range transfer.States() {
		if in := c.v.Get("states", under([]byte(s), k...)) != nil; in != (t.GetState() == string(s)) {
			c.bad(where, "it is %s; in the list of %s: %t", t.GetState(), s, in)
		}
		if in := c.v.Get("departments", departmentKey(t.GetOrganisation().GetId(), string(s), k)) != nil; in != (t.GetState() == string(s)) {
			c.bad(where, "it is %s; in its organisation's list of %s: %t", t.GetState(), s, in)
		}
	}
	if c.v.Get("departments", departmentKey(t.GetOrganisation().GetId(), "", k)) == nil {
		c.bad(where, "it is not among its organisation's")
	}
	c.states[t.GetState()]++
	s, plan := transfer.State(t.GetState()), Plan(c.v, t.GetTransferId()) != 0
	switch {
	case (s == transfer.Accepted) != (t.GetAccessionNumber() != ""):
		c.bad(where, "it is %s and has accession %q", s, t.GetAccessionNumber())
	case s == transfer.Checked && t.GetPackageId() == "", s == transfer.Expected && t.GetPackageId() != "":
		c.bad(where, "it is %s and has package %q", s, t.GetPackageId())
	case s == transfer.Announced && t.GetPackageId() != "", (t.GetReturned() > 0) && s != transfer.Returned && s != transfer.Accepting && s != transfer.Accepted:
		c.bad(where, "it is %s, has package %q and %d returned rows", s, t.GetPackageId(), t.GetReturned())
	case s == transfer.Accepting && !plan, plan && s != transfer.Accepting && s != transfer.Accepted:
		c.bad(where, "it is %s and has an open plan: %t", s, plan)
	}
}

// rows finds rows of packages that neither stand nor are to be forgotten: nobody would ever take
// them away.
func (c *checker) rows(where string, k []byte, t *intakev1.Transfer) {
	s, err := standingOf(c.v, t.GetTransferId())
	if err != nil || s.last() != t.GetPackageId() {
		c.bad(where, "its package is %q, and %q stands: %v", t.GetPackageId(), s.last(), err)
	}
	prefix := under(k)
	for from, more := []byte(nil), true; more; {
		more = false
		for row := range c.v.Scan("content", prefix, from) {
			id, _, _ := bytes.Cut(row[len(prefix):], []byte{0})
			stands := slices.ContainsFunc(s, func(p *intakev1.PackageChecked) bool { return p.GetPackageId() == string(id) })
			if !stands && c.v.Get("leftovers", under(k, id...)) == nil {
				c.bad(where, "rows of package %s belong to nothing", id)
			}
			from, more = append(under(prefix[:len(prefix)-1], id...), 1), true // the next package
			break
		}
	}
}
