package store

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// History is what is known of the history of an object of the originals; an empty row where nothing is.
func History(v *base.View, object string) (*insurancev1.HistoryRow, error) {
	row, err := get[insurancev1.HistoryRow](v, "histories", []byte(object))
	if row == nil {
		row = new(insurancev1.HistoryRow)
	}
	return row, err
}

// HistoryAt is what a site keeps of a history; nil where nothing.
func HistoryAt(row *insurancev1.HistoryRow, site string) *insurancev1.HistoryCopied {
	for _, s := range row.GetSites() {
		if s.GetSite() == site {
			return s
		}
	}
	return nil
}

// Lacking are the sites that are to keep a history and do not keep its newest bytes.
func Lacking(row *insurancev1.HistoryRow) (sites []string) {
	if row.GetKnown() == nil || row.GetEnded() {
		return nil
	}
	for _, site := range row.GetWanted() {
		if at := HistoryAt(row, site); at.GetSha512() != row.GetKnown().GetSha512() {
			sites = append(sites, site)
		}
	}
	return sites
}

// Lists of histories; each is a bucket.
const (
	LackingHistories = "lacking" // a site lacks the newest
	EndedHistories   = "ended"   // sites are to remove what they keep
)

// EachHistory goes through a list until each answers false.
func EachHistory(v *base.View, bucket string, each func(object string, row *insurancev1.HistoryRow) bool) error {
	for k := range v.Scan(bucket, nil, nil) {
		object := string(k)
		row, err := History(v, object)
		if err != nil {
			return err
		}
		if !each(object, row) {
			return nil
		}
	}
	return nil
}

// history changes the row of an object and keeps the list of those that lack something.
func (a applier) history(object string, with func(*insurancev1.HistoryRow)) error {
	if object == "" {
		return nil
	}
	row, err := History(&a.View, object)
	if err != nil {
		return err
	}
	with(row)
	if len(Lacking(row)) > 0 {
		a.Put(LackingHistories, []byte(object), []byte{})
	} else {
		a.Delete(LackingHistories, []byte(object))
	}
	if row.GetEnded() && len(row.GetWanted()) > 0 {
		a.Put(EndedHistories, []byte(object), []byte{})
	} else {
		a.Delete(EndedHistories, []byte(object))
	}
	return put(a.Tx, "histories", []byte(object), row)
}

func (a applier) historyKnown(m *insurancev1.HistoryKnown) error {
	return a.history(m.GetObjectId(), func(row *insurancev1.HistoryRow) {
		if m.GetVersion() >= row.GetKnown().GetVersion() {
			row.Known = m
		}
	})
}

// historyWanted says that sites are to keep the history of an object, for they keep copies out of it.
func (a applier) historyWanted(object string, sites ...string) error {
	return a.history(object, func(row *insurancev1.HistoryRow) {
		for _, site := range sites {
			if !slices.Contains(row.GetWanted(), site) {
				row.Wanted = append(row.Wanted, site)
			}
		}
	})
}

func (a applier) historyCopied(m *insurancev1.HistoryCopied) error {
	return a.history(m.GetObjectId(), func(row *insurancev1.HistoryRow) {
		row.Sites = append(without(row.GetSites(), m.GetSite()), m)
	})
}

func (a applier) historyDamaged(m *insurancev1.HistoryDamageFound) error {
	return a.history(m.GetObjectId(), func(row *insurancev1.HistoryRow) { row.Sites = without(row.GetSites(), m.GetSite()) })
}

func (a applier) historyEnded(m *insurancev1.HistoryEnded) error {
	return a.history(m.GetObjectId(), func(row *insurancev1.HistoryRow) { row.Ended = true })
}

func (a applier) historyRemoved(m *insurancev1.HistoryRemoved) error {
	return a.history(m.GetObjectId(), func(row *insurancev1.HistoryRow) {
		row.Sites = without(row.GetSites(), m.GetSite())
		row.Wanted = slices.DeleteFunc(row.GetWanted(), func(site string) bool { return site == m.GetSite() })
	})
}

func without(sites []*insurancev1.HistoryCopied, site string) []*insurancev1.HistoryCopied {
	return slices.DeleteFunc(sites, func(s *insurancev1.HistoryCopied) bool { return s.GetSite() == site })
}

// histories checks that the list of what is lacking agrees with the rows.
func (c *checker) histories() {
	for k, raw := range c.v.Scan("histories", nil, nil) {
		row := new(insurancev1.HistoryRow)
		if err := proto.Unmarshal(raw, row); err != nil {
			c.bad("history", "%s: %v", k, err)
			continue
		}
		if listed := c.v.Get(EndedHistories, k) != nil; listed != (row.GetEnded() && len(row.GetWanted()) > 0) {
			c.bad(fmt.Sprintf("history of %s", k), "it ended: %t; sites that may keep it: %v; in the list: %t", row.GetEnded(), row.GetWanted(), listed)
		}
		if listed := c.v.Get(LackingHistories, k) != nil; listed != (len(Lacking(row)) > 0) {
			c.bad(fmt.Sprintf("history of %s", k), "sites that lack it: %v; in the list: %t", Lacking(row), listed)
		}
	}
	for k := range c.v.Scan(LackingHistories, nil, nil) {
		if c.v.Get("histories", k) == nil {
			c.bad(fmt.Sprintf("history of %s", k), "it is lacking and not known")
		}
	}
}
