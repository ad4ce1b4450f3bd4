package nomenclature

import (
	"strings"

	"github.com/qoyma/qoyma/services/platform/civil"
)

// Row is a file as somebody writes it into an inventory by hand: it names no registered file, and may be one all the same.
type Row struct {
	Index Index // empty where none was written
	Title Title // in the languages in which it was written
	// Outer dates; a year alone stands as its first or its last day, the zero date as unknown.
	Earliest, Latest civil.Date
	Leaves           int // 0 where they were not counted
}

// Recognition finds the registered files that rows are. Rows in, then every file of the department, one after another.
type Recognition struct {
	rows    []Row
	byTitle map[string][]int
	found   [][]FileID // by row, at most two
	claims  map[FileID]int
}

// Recognise begins with the rows.
func Recognise(rows []Row) *Recognition {
	r := &Recognition{rows: rows, byTitle: map[string][]int{}, found: make([][]FileID, len(rows)), claims: map[FileID]int{}}
	for i, row := range rows {
		for t := range row.Title.folded() {
			r.byTitle[t] = append(r.byTitle[t], i)
		}
	}
	return r
}

// See looks at one registered file. It counts where it is closed and still in the department.
func (r *Recognition) See(f File) {
	if f.State < Closed || f.State > Due {
		return
	}
	seen := map[int]bool{}
	for t := range f.Title.folded() {
		for _, i := range r.byTitle[t] {
			if seen[i] || !r.rows[i].is(f) {
				continue
			}
			seen[i] = true
			r.claims[f.ID]++
			if len(r.found[i]) < 2 {
				r.found[i] = append(r.found[i], f.ID)
			}
		}
	}
}

// Files are the files in the order of the rows. Where a row may be more than one file, or a file more than one row, it is none: a duty that
// stays open is seen, and one that was ended by a wrong guess is not.
func (r *Recognition) Files() []FileID {
	out := make([]FileID, len(r.rows))
	for i, found := range r.found {
		if len(found) == 1 && r.claims[found[0]] == 1 {
			out[i] = found[0]
		}
	}
	return out
}

// is tells whether a row with the title of a file may be it: both its outer dates are known and agree, and nothing that was written
// contradicts.
func (r Row) is(f File) bool {
	switch {
	case r.Index != "" && r.Index != f.Index:
		return false
	case r.Leaves != 0 && f.Closing.Leaves != 0 && r.Leaves != f.Closing.Leaves:
		return false
	}
	first := civil.Date{Year: f.Closing.Earliest.Year, Month: 1, Day: 1}
	last := civil.Date{Year: f.Closing.Latest.Year, Month: 12, Day: 31}
	return !r.Earliest.IsZero() && (r.Earliest == f.Closing.Earliest || r.Earliest == first) &&
		!r.Latest.IsZero() && (r.Latest == f.Closing.Latest || r.Latest == last)
}

// folded are the title's texts as they are compared: without regard to case and to how many spaces stand between words.
func (t Title) folded() map[string]bool {
	out := map[string]bool{}
	for _, one := range []string{t.KK, t.RU, t.EN} {
		if words := strings.Fields(strings.ToLower(one)); len(words) > 0 {
			out[strings.Join(words, " ")] = true
		}
	}
	return out
}
