package ocfl

import (
	"cmp"
	"fmt"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// maxListed is how many faults a report lists, and as many warnings; the others are counted.
const maxListed = 1000

// MoreFaults stands behind the faults or warnings that a report lists where there are more.
var MoreFaults = fault.Define(fault.Refused, "ocfl.more_faults",
	"{count} more are not listed here",
	"ещё не показано здесь: {count}",
	"мұнда тағы көрсетілмегені: {count}")

// findings are what a validation found, E and W codes apart: of each the first that a report lists, and how many there
// are. An object of nothing but faults costs no more memory than that.
type findings struct {
	faults, warnings *spool.Firsts[finding]
}

func newFindings() findings {
	return findings{&spool.Firsts[finding]{Most: maxListed, Order: byPlace}, &spool.Firsts[finding]{Most: maxListed, Order: byPlace}}
}

func byPlace(a, b finding) int {
	if c := cmp.Or(cmp.Compare(a.where, b.where), cmp.Compare(a.rule.Code, b.rule.Code)); c != 0 {
		return c
	}
	return cmp.Compare(fmt.Sprint(a.args...), fmt.Sprint(b.args...))
}

func (f findings) add(one finding) {
	if one.rule.Warning {
		f.warnings.Add(one)
	} else {
		f.faults.Add(one)
	}
}

// join takes the findings of a part, each at its place in the whole.
func (f findings) join(part findings, place func(string) string) {
	for _, p := range []struct{ to, from *spool.Firsts[finding] }{{f.faults, part.faults}, {f.warnings, part.warnings}} {
		p.from.Change(func(one finding) finding {
			one.where = place(one.where)
			return one
		})
		p.to.Join(p.from)
	}
}

// inWords are those that are listed, and behind them how many are not.
func inWords(found *spool.Firsts[finding]) (items []fault.Item, count int) {
	for _, f := range found.List() {
		items = append(items, fault.Item{Where: clip(f.where), Fault: f.fault()})
	}
	if more := found.Count() - len(items); more > 0 {
		items = append(items, fault.Item{Fault: MoreFaults.With("count", more)})
	}
	return items, found.Count()
}
