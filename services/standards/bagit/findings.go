package bagit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// findings are what is wrong, faults and warnings apart: as many of each as a report lists, the first in its
// order, and how many there were. A bag of nothing but faults costs no more memory than that.
type findings struct {
	faults, warnings *spool.Firsts[finding]
}

func newFindings(most int) findings {
	return findings{&spool.Firsts[finding]{Most: most, Order: inOrder}, &spool.Firsts[finding]{Most: most, Order: inOrder}}
}

func (f findings) add(all ...finding) {
	for _, one := range all {
		if one.rule.Warning {
			f.warnings.Add(one)
		} else {
			f.faults.Add(one)
		}
	}
}

// join adds the findings of a part of the bag.
func (f findings) join(part findings) {
	f.faults.Join(part.faults)
	f.warnings.Join(part.warnings)
}

func (f findings) clone() findings { return findings{f.faults.Clone(), f.warnings.Clone()} }

func inOrder(a, b finding) int {
	if c := cmp.Or(cmp.Compare(a.where, b.where), cmp.Compare(a.rule.Code, b.rule.Code)); c != 0 {
		return c
	}
	return cmp.Compare(fmt.Sprint(a.args...), fmt.Sprint(b.args...))
}

// inWords puts findings into words.
func inWords(found []finding) []fault.Item {
	items := make([]fault.Item, 0, len(found)+1)
	for _, one := range found {
		items = append(items, fault.Item{Where: one.where, Fault: one.fault()})
	}
	return items
}

// listed says behind those that are listed how many are not.
func listed(items []fault.Item, all int) []fault.Item {
	if more := all - len(items); more > 0 {
		return append(slices.Clip(items), fault.Item{Fault: MoreFaults.With("count", more)})
	}
	return items
}
