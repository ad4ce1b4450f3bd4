package bagit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// settle puts the findings into words, sorted and bounded, warnings apart.
func (j *judge) settle() {
	var faults, warnings []finding
	for _, f := range j.found {
		if f.rule.Warning {
			warnings = append(warnings, f)
		} else {
			faults = append(faults, f)
		}
	}
	j.report.Faults = inWords(faults, j.opts.Limits.Faults)
	j.report.Warnings = inWords(warnings, j.opts.Limits.Faults)
	for _, e := range j.report.Payload {
		if len(j.report.Warnings) >= j.opts.Limits.Faults {
			break
		}
		if w := e.Format.Warning(e.Path); w != nil {
			j.report.Warnings = append(j.report.Warnings, fault.Item{Where: show(e.Path), Fault: w})
		}
	}
}

func inWords(found []finding, most int) []fault.Item {
	slices.SortStableFunc(found, func(a, b finding) int {
		if c := cmp.Or(cmp.Compare(a.where, b.where), cmp.Compare(a.rule.Code, b.rule.Code)); c != 0 {
			return c
		}
		return cmp.Compare(fmt.Sprint(a.args...), fmt.Sprint(b.args...))
	})
	items := make([]fault.Item, 0, min(len(found), most+1))
	for i, f := range found {
		if i == most {
			rest := finding{rule: MoreFaults, args: []any{"count", len(found) - most}}
			return append(items, fault.Item{Fault: rest.fault()})
		}
		items = append(items, fault.Item{Where: f.where, Fault: f.fault()})
	}
	return items
}
