package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Check says what is wrong with the service's own state: a register with gaps, copies whose
// state, files, damages, counts and sites do not agree, scrubs that count wrongly.
func Check(v *base.View) []base.Problem {
	c := &checker{v: v, counts: map[fund.State]uint32{}, sites: map[string]*insurancev1.SiteRow{}, register: map[string]uint32{}}
	c.lines()
	c.copies()
	c.totals()
	c.scrubs()
	c.histories()
	return c.found
}

type checker struct {
	v        *base.View
	found    []base.Problem
	counts   map[fund.State]uint32
	sites    map[string]*insurancev1.SiteRow
	register map[string]uint32 // object lines, by copy
}

func (c *checker) bad(where, format string, args ...any) {
	if len(c.found) < 100 {
		c.found = append(c.found, base.Found("insurance", where, format, args...))
	}
}

func (c *checker) lines() {
	last := uint32(0)
	for k, raw := range c.v.Scan("register", nil, nil) {
		row := new(insurancev1.RegisterRow)
		if err := proto.Unmarshal(raw, row); err != nil || len(k) != 4 {
			c.bad("register", "key %x: %v", k, err)
			continue
		}
		n := binary.BigEndian.Uint32(k)
		if n != last+1 {
			c.bad("register", "number %d follows number %d", n, last)
		}
		last = n
		key, err := Key(row.GetCopyId())
		if err == nil {
			var kept *insurancev1.CopyRow
			if kept, err = Copy(c.v, key); err == nil && kept == nil {
				err = fmt.Errorf("there is no copy %s", row.GetCopyId())
			}
			if err == nil && row.GetKind() != "object" && int(row.GetMicroform()) >= len(kept.GetCopy().GetMicroforms()) {
				err = fmt.Errorf("copy %s has no microform %d", row.GetCopyId(), row.GetMicroform())
			}
		}
		if err != nil {
			c.bad("register", "number %d: %v", n, err)
		}
		if row.GetKind() == "object" {
			if c.register[row.GetCopyId()] != 0 {
				c.bad("register", "copy %s stands under %d and %d", row.GetCopyId(), c.register[row.GetCopyId()], n)
			}
			c.register[row.GetCopyId()] = n
		}
	}
}

func (c *checker) copies() {
	for key, raw := range c.v.Scan("copies", nil, nil) {
		row := new(insurancev1.CopyRow)
		if err := proto.Unmarshal(raw, row); err != nil {
			c.bad("copy", "%x: %v", key, err)
			continue
		}
		one := row.GetCopy()
		where := "copy " + one.GetCopyId()
		if own, err := Key(one.GetCopyId()); err != nil || !bytes.Equal(own, key) {
			c.bad(where, "it stands under another key (%v)", err)
		}
		c.counts[fund.State(one.GetState())]++
		for _, state := range fund.States() {
			if in := c.v.Get("states", join([]byte(state), []byte{0}, key)) != nil; in != (one.GetState() == string(state)) {
				c.bad(where, "it is %s; in the list of %s: %t", one.GetState(), state, in)
			}
		}
		c.state(where, row)
		c.files(where, key, one)
		c.damages(where, key, row)
		if at := one.GetCheckedAt(); at != nil && c.v.Get("checked", join(timeKey(at.AsTime()), key)) == nil {
			c.bad(where, "it was checked and is not in the list of checks")
		}
		if Entered(one) != (c.register[one.GetCopyId()] != 0) || Entered(one) && one.GetRegisterNumber() != c.register[one.GetCopyId()] {
			c.bad(where, "its number is %d, the register has %d", one.GetRegisterNumber(), c.register[one.GetCopyId()])
		}
	}
}

func (c *checker) state(where string, row *insurancev1.CopyRow) {
	one := row.GetCopy()
	facts := fund.Facts{Left: one.GetLeftBy() != "", Failed: one.GetState() == string(fund.Failed), Microforms: len(one.GetMicroforms()), Open: row.GetOpen(), Beyond: row.GetBeyond()}
	for _, at := range one.GetSites() {
		facts.Sites = append(facts.Sites, fund.State(at.GetState()))
		if !stands(at) {
			continue
		}
		site := c.sites[at.GetSite()]
		if site == nil {
			site = new(insurancev1.SiteRow)
			c.sites[at.GetSite()] = site
		}
		site.Copies++
		site.Bytes += one.GetBytes()
	}
	if want := fund.StateOf(facts); string(want) != one.GetState() {
		c.bad(where, "it is %s and should be %s", one.GetState(), want)
	}
}

func (c *checker) files(where string, key []byte, one *insurancev1.Copy) {
	files, _, err := Content(c.v, key, "", 0)
	if err != nil || len(files) != int(one.GetFiles()) {
		c.bad(where, "it has %d files, %d are known (%v)", one.GetFiles(), len(files), err)
	}
	size, made := uint64(0), slices.ContainsFunc(one.GetSites(), func(s *insurancev1.CopyAtSite) bool { return s.GetMadeAt() != nil })
	for _, f := range files {
		size += f.GetSize()
		if made && len(f.GetSha512()) != 128 {
			c.bad(where, "%s has no digest", f.GetPath())
		}
	}
	if size != one.GetBytes() {
		c.bad(where, "it has %d bytes, its files have %d", one.GetBytes(), size)
	}
}

func (c *checker) damages(where string, key []byte, row *insurancev1.CopyRow) {
	opens, err := Opens(c.v, key)
	if err != nil || len(opens) != int(row.GetOpen()) {
		c.bad(where, "it has %d open damages, %d are listed (%v)", row.GetOpen(), len(opens), err)
	}
	open, beyond := uint32(0), uint32(0)
	for _, raw := range c.v.Scan("damages", key, nil) {
		d := new(insurancev1.Damage)
		if err := proto.Unmarshal(raw, d); err != nil {
			c.bad(where, "damage: %v", err)
			continue
		}
		if d.GetLeftBy() != "" {
			continue
		}
		if d.GetRestoredAt() == nil {
			open++
		}
		if d.GetBeyondRepair() {
			beyond++
		}
	}
	if open != row.GetOpen() || beyond != row.GetBeyond() {
		c.bad(where, "it counts %d open damages and %d beyond repair; there are %d and %d", row.GetOpen(), row.GetBeyond(), open, beyond)
	}
}

func (c *checker) totals() {
	for _, state := range fund.States() {
		labels, err := Counts(c.v, state)
		n := uint32(0)
		for _, l := range labels {
			n += l.GetCount()
		}
		if err != nil || n != c.counts[state] {
			c.bad("copies that are "+string(state), "%d are counted, %d are there (%v)", n, c.counts[state], err)
		}
	}
	for _, name := range Sites(c.v) {
		have, err := Site(c.v, name)
		want := c.sites[name]
		if err != nil || have.GetCopies() != want.GetCopies() || have.GetBytes() != want.GetBytes() {
			c.bad("site "+name, "it counts %d copies of %d bytes, there are %d of %d (%v)", have.GetCopies(), have.GetBytes(), want.GetCopies(), want.GetBytes(), err)
		}
	}
}

func (c *checker) scrubs() {
	last, whole := uint64(0), 0
	for k, raw := range c.v.Scan("scrubs", nil, nil) {
		row := new(insurancev1.ScrubRow)
		if err := proto.Unmarshal(raw, row); err != nil {
			c.bad("scrub", "%x: %v", k, err)
			continue
		}
		n, s := seqOf(k), row.GetScrub()
		where := fmt.Sprintf("scrub %d", n)
		if n != last+1 || ParseScrub(s.GetScrubId()) != n {
			c.bad(where, "it follows %d and calls itself %s", last, s.GetScrubId())
		}
		last = n
		running := c.v.Get("running", k) != nil
		if running != (s.GetState() == "running") {
			c.bad(where, "it is %s; in the list of running: %t", s.GetState(), running)
		}
		if running && s.GetCopyId() == "" {
			whole++
		}
		found := uint32(0)
		for range c.v.Scan("found", k, nil) {
			found++
		}
		if found != s.GetDamaged() {
			c.bad(where, "it counts %d damages, %d are there", s.GetDamaged(), found)
		}
	}
	if whole > 1 {
		c.bad("scrubs", "%d scrubs of all copies run at once", whole)
	}
	if next := NextScrub(c.v); !next.IsZero() && !c.v.HasTimer(next, TimerScrub, "all") {
		c.bad("timer", "the next scrub is due %s, and no timer is set", next)
	}
}
