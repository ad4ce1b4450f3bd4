package nomenclature_test

import (
	"slices"
	"testing"

	"github.com/qoyma/qoyma/services/platform/civil"
	n "github.com/qoyma/qoyma/services/retention/internal/nomenclature"
)

// TestARowIsAFileOrNone: only what agrees in title and both outer dates, and contradicts in nothing, is the file; a doubt is none.
func TestARowIsAFileOrNone(t *testing.T) {
	day := func(s string) civil.Date {
		if s == "" {
			return civil.Date{}
		}
		d, err := civil.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	file := func(id, title, from, to string) n.File {
		return n.File{
			ID: n.FileID(id), Index: "02-05", State: n.Closed, Title: n.Title{KK: "Бұйрықтар " + id, RU: title},
			Closing: n.Closing{Leaves: 120, Earliest: day(from), Latest: day(to)},
		}
	}
	orders := file("1", "Приказы", "2011-01-09", "2011-12-30")
	row := func(change func(*n.Row)) n.Row {
		r := n.Row{Title: n.Title{RU: "Приказы"}, Earliest: day("2011-01-09"), Latest: day("2011-12-30")}
		change(&r)
		return r
	}
	state := func(s n.State) n.File { f := orders; f.State = s; return f }
	for name, c := range map[string]struct {
		files []n.File
		rows  []n.Row
		want  []n.FileID
	}{
		"as it stands":           {[]n.File{orders}, []n.Row{row(func(*n.Row) {})}, []n.FileID{"1"}},
		"with all that is known": {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Index, r.Leaves = "02-05", 120 })}, []n.FileID{"1"}},
		"in other letters":       {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Title.RU = "  ПРИКАЗЫ " })}, []n.FileID{"1"}},
		"in Kazakh":              {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Title = n.Title{KK: "бұйрықтар  1"} })}, []n.FileID{"1"}},
		"by the year":            {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Earliest, r.Latest = day("2011-01-01"), day("2011-12-31") })}, []n.FileID{"1"}},
		"another title":          {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Title.RU = "Приказ" })}, []n.FileID{""}},
		"no title":               {[]n.File{file("2", "", "2011-01-09", "2011-12-30")}, []n.Row{row(func(r *n.Row) { r.Title.RU = " " })}, []n.FileID{""}},
		"another year":           {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Latest = day("2012-12-31") })}, []n.FileID{""}},
		"another day":            {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Earliest = day("2011-01-10") })}, []n.FileID{""}},
		"no first date":          {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Earliest = civil.Date{} })}, []n.FileID{""}},
		"no last date":           {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Latest = civil.Date{} })}, []n.FileID{""}},
		"another index":          {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Index = "02-06" })}, []n.FileID{""}},
		"other leaves":           {[]n.File{orders}, []n.Row{row(func(r *n.Row) { r.Leaves = 119 })}, []n.FileID{""}},
		"still open":             {[]n.File{state(n.Open)}, []n.Row{row(func(*n.Row) {})}, []n.FileID{""}},
		"due":                    {[]n.File{state(n.Due)}, []n.Row{row(func(*n.Row) {})}, []n.FileID{"1"}},
		"handed over":            {[]n.File{state(n.Transferred)}, []n.Row{row(func(*n.Row) {})}, []n.FileID{""}},
		"two files": {
			[]n.File{orders, file("2", "Приказы", "2011-01-09", "2011-12-30"), file("3", "Приказы", "2011-01-09", "2011-12-30")},
			[]n.Row{row(func(*n.Row) {})},
			[]n.FileID{""},
		},
		"two rows": {[]n.File{orders}, []n.Row{row(func(*n.Row) {}), row(func(r *n.Row) { r.Leaves = 120 })}, []n.FileID{"", ""}},
		"volumes by their dates": {
			[]n.File{file("2", "Приказы", "2011-07-01", "2011-12-30"), file("1", "Приказы", "2011-01-09", "2011-06-30")},
			[]n.Row{row(func(r *n.Row) { r.Latest = day("2011-06-30") }), row(func(r *n.Row) { r.Earliest = day("2011-07-01") }), row(func(r *n.Row) { r.Title.RU = "Планы" })},
			[]n.FileID{"1", "2", ""},
		},
	} {
		r := n.Recognise(c.rows)
		for _, f := range c.files {
			r.See(f)
		}
		if got := r.Files(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
