package premis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Report is what is wrong with a document, sorted by place.
type Report struct {
	Faults   []fault.Item `json:"-"` // what refuses it
	Warnings []fault.Item `json:"-"` // what does not
}

// Valid says whether nothing refuses the document.
func (r *Report) Valid() bool { return len(r.Faults) == 0 }

// Err is nil for a valid document, otherwise the fault Refused listing every fault.
func (r *Report) Err() error {
	if r.Valid() {
		return nil
	}
	return Refused.With("count", len(r.Faults)).Listing(r.Faults)
}

// finding is one thing that is wrong, before it is put into words.
type finding struct {
	where string
	rule  *Rule
	args  []any
}

func (f *finding) fault() *fault.Error { return f.rule.With(f.args...) }

// findings gathers them, no more of either kind than a bound; the rest is counted.
type findings struct {
	most             int
	faults, warnings []finding
	more             int
}

func (f *findings) bad(where string, r *Rule, args ...any) {
	to := &f.faults
	if r.Warning {
		to = &f.warnings
	}
	if len(*to) >= f.most {
		if !r.Warning {
			f.more++
		}
		return
	}
	*to = append(*to, finding{where, r, args})
}

// report puts the findings into words.
func (f *findings) report() *Report {
	r := &Report{inWords(f.faults), inWords(f.warnings)}
	if f.more > 0 {
		r.Faults = append(r.Faults, fault.Item{Fault: MoreFaults.With("count", f.more)})
	}
	return r
}

func inWords(found []finding) []fault.Item {
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.where, b.where), cmp.Compare(a.rule.Code, b.rule.Code), cmp.Compare(fmt.Sprint(a.args...), fmt.Sprint(b.args...)))
	})
	items := make([]fault.Item, 0, len(found))
	for _, x := range found {
		items = append(items, fault.Item{Where: x.where, Fault: x.fault()})
	}
	return items
}

// show makes what a stranger wrote fit to be put before a person.
func show(s string) string {
	const most = 200
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Sprintf("%+q", s)
	}
	return s
}
