package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// maxProblems bounds a report.
const maxProblems = 100

// Check looks whether the catalogue is whole: every file stands in an inventory and every
// inventory in a fonds that exist, counts are those of the rows, no record stands in two
// places, each organisation has one fonds, numbers are kept. It reads everything once.
func Check(v *store.View) []store.Problem {
	c := &check{v: v, accessions: make(map[string]uint32)}
	if err := c.fonds(); err != nil {
		c.add("the catalogue", "%v", err)
	}
	return c.found
}

type check struct {
	v          *store.View
	found      []store.Problem
	accessions map[string]uint32 // files seen
	files      int
}

func (c *check) add(where, format string, args ...any) {
	if len(c.found) < maxProblems {
		c.found = append(c.found, store.Found(service, where, format, args...))
	}
}

// service is the name in a report.
const service = "catalogue"

// labelKey writes a label so that equal ones are equal.
func labelKey(l *journalv1.Label) string {
	return fmt.Sprint(l.GetLevel(), " ", strings.Join(l.GetGrounds(), ","))
}

func (c *check) fonds() error {
	last, orphans := LastFonds(c.v), count(c.v, inventories)
	fonds := 0
	if err := EachFonds(c.v, archcode.Code{}, func(code archcode.Code, row *cataloguev1.FondsRow) bool {
		fonds++
		if code.Fonds.Index == "" && code.Fonds.Number > last {
			c.add(code.Format("en"), "its number is greater than the last one given, %d", last)
		}
		if of, ok, err := FondsOf(c.v, row.GetOrganisationId()); err != nil || !ok || of.Compare(code) != 0 {
			c.add(code.Format("en"), "its organisation %q leads to %q", row.GetOrganisationId(), of)
		}
		n, files := 0, make(map[string]uint32)
		if err := EachInventory(c.v, code, archcode.Code{}, func(code archcode.Code, row *cataloguev1.InventoryRow) bool {
			n++
			orphans--
			for label, count := range c.inventory(code, row) {
				files[label] += count
			}
			return true
		}); err != nil {
			c.add(code.Format("en"), "%v", err)
		}
		if n != int(row.GetInventories()) {
			c.add(code.Format("en"), "it counts %d inventories and has %d", row.GetInventories(), n)
		}
		c.counts(code, row.GetFiles(), files)
		return true
	}); err != nil {
		return err
	}
	if orphans != 0 {
		c.add("inventories", "%d stand in no fonds", orphans)
	}
	if n := count(c.v, organisations); n != fonds {
		c.add("organisations", "%d of them for %d fonds", n, fonds)
	}
	if n := count(c.v, files); n != c.files {
		c.add("files", "%d stand in no inventory", n-c.files)
	}
	c.entered()
	return nil
}

// inventory checks the files of one inventory and counts them by label.
func (c *check) inventory(code archcode.Code, row *cataloguev1.InventoryRow) map[string]uint32 {
	seen := make(map[string]uint32)
	if err := EachFile(c.v, code, archcode.Code{}, func(code archcode.Code, file *cataloguev1.FileRow) bool {
		c.files++
		if file.GetLeft() == nil { // what has left is counted no more
			seen[labelKey(file.GetFile().GetFile().GetLabel())]++
		}
		c.accessions[file.GetAccessionNumber()]++
		if code.File.Number > row.GetReserved() {
			c.add(code.Format("en"), "its number is greater than the last one given, %d", row.GetReserved())
		}
		if n := file.GetFile().GetNumber(); n != code.File.String() {
			c.add(code.Format("en"), "its row says number %q", n)
		}
		if id := file.GetFile().GetFile().GetId(); id != "" {
			if at, ok, err := Record(c.v, id); err != nil || !ok || at.Compare(code) != 0 {
				c.add(code.Format("en"), "record %q is said to stand at %q", id, at)
			}
		}
		return true
	}); err != nil {
		c.add(code.Format("en"), "%v", err)
	}
	c.counts(code, row.GetFiles(), seen)
	return seen
}

// counts compares kept counts with those seen.
func (c *check) counts(code archcode.Code, kept []*cataloguev1.LabelCount, seen map[string]uint32) {
	sum, total := uint32(0), uint32(0)
	for _, n := range seen {
		total += n
	}
	for _, k := range kept {
		sum += k.GetCount()
		if n := seen[labelKey(k.GetLabel())]; n != k.GetCount() {
			c.add(code.Format("en"), "it counts %d files labelled %v and has %d", k.GetCount(), k.GetLabel(), n)
		}
	}
	if sum != total {
		c.add(code.Format("en"), "it counts %d files and has %d", sum, total)
	}
}

// entered checks accessions against their files.
func (c *check) entered() {
	for key := range c.v.Scan(accessions, nil, nil) {
		row, err := Accession(c.v, string(key))
		switch n := c.accessions[string(key)]; {
		case err != nil:
			c.add("accession "+string(key), "%v", err)
		case row.GetFiles() != n:
			c.add("accession "+string(key), "it counts %d files and has %d", row.GetFiles(), n)
		case row.GetCatalogued() && row.GetAccepted() != n:
			c.add("accession "+string(key), "%d files were accepted, %d are catalogued", row.GetAccepted(), n)
		}
		delete(c.accessions, string(key))
	}
	for _, number := range slices.Sorted(maps.Keys(c.accessions)) {
		c.add("accession "+number, "it is not known and %d files say that they came with it", c.accessions[number])
	}
}

func count(v *store.View, bucket string) (n int) {
	for range v.Scan(bucket, nil, nil) {
		n++
	}
	return n
}
