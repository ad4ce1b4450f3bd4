package bagit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// findings are what is wrong, faults and warnings apart: as many of each as a report lists, the first in its
// order, and how many more there were. A bag of nothing but faults costs no more memory than that.
type findings struct {
	most             int
	faults, warnings few
}

type few struct {
	list []finding
	more int
}

func (f *findings) add(all ...finding) {
	for _, one := range all {
		to := &f.faults
		if one.rule.Warning {
			to = &f.warnings
		}
		if to.list = append(to.list, one); len(to.list) > 2*f.most+16 {
			to.cut(f.most)
		}
	}
}

func (f *few) cut(most int) {
	inOrder(f.list)
	if left := len(f.list) - most; left > 0 {
		clear(f.list[most:])
		f.list, f.more = f.list[:most], f.more+left
	}
}

func (f *findings) clone() findings {
	c := *f
	c.faults.list, c.warnings.list = slices.Clone(f.faults.list), slices.Clone(f.warnings.list)
	return c
}

func inOrder(found []finding) {
	slices.SortStableFunc(found, func(a, b finding) int {
		if c := cmp.Or(cmp.Compare(a.where, b.where), cmp.Compare(a.rule.Code, b.rule.Code)); c != 0 {
			return c
		}
		return cmp.Compare(fmt.Sprint(a.args...), fmt.Sprint(b.args...))
	})
}

// inWords puts findings into words, in order, as many as are listed.
func inWords(found []finding, most int) []fault.Item { return few{list: found}.inWords(most) }

func (f few) inWords(most int) []fault.Item {
	f.cut(most)
	items := make([]fault.Item, 0, len(f.list)+1)
	for _, one := range f.list {
		items = append(items, fault.Item{Where: one.where, Fault: one.fault()})
	}
	if f.more > 0 {
		rest := finding{rule: MoreFaults, args: []any{"count", f.more}}
		items = append(items, fault.Item{Fault: rest.fault()})
	}
	return items
}
