package spool

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestFirstsBesideASlice adds numbers, some by way of another, and sorts all of them.
func TestFirstsBesideASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type row struct{ key, n int }
		order := func(a, b row) int { return cmp.Compare(a.key, b.key) }
		most := rapid.IntRange(0, 10).Draw(t, "most")
		f := &Firsts[row]{Most: most, Order: order}
		var want []row
		for range rapid.IntRange(0, 4).Draw(t, "parts") {
			part := &Firsts[row]{Most: most, Order: order}
			for range rapid.IntRange(0, 60).Draw(t, "rows") {
				one := row{rapid.IntRange(0, 9).Draw(t, "key"), len(want)}
				want = append(want, one)
				part.Add(one)
			}
			f.Join(part)
		}
		before := f.Clone()
		f.Add(row{-1, 0})
		slices.SortStableFunc(want, order)
		if got := before.List(); !slices.Equal(got, want[:min(most, len(want))]) || before.Count() != len(want) || f.Count() != len(want)+1 {
			t.Fatalf("%v of %d, want %v", got, before.Count(), want)
		}
		if len(f.list) > 2*most+slack {
			t.Fatalf("%d are kept", len(f.list))
		}
	})
}
