package spool

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"testing"
)

func numbers(list []int, broken error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for _, n := range list {
			if !yield(n, nil) {
				return
			}
		}
		if broken != nil {
			yield(0, broken)
		}
	}
}

func TestMergedKeepsTheOrder(t *testing.T) {
	for _, c := range []struct{ all, more, want []int }{
		{nil, nil, nil},
		{[]int{1, 3}, nil, []int{1, 3}},
		{nil, []int{2}, []int{2}},
		{[]int{1, 3, 5}, []int{0, 3, 4, 9}, []int{0, 1, 3, 3, 4, 5, 9}},
	} {
		var got []int
		for n, err := range Merged(numbers(c.all, nil), c.more, cmp.Compare[int]) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, n)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v and %v give %v", c.all, c.more, got)
		}
	}
}

// TestAnErrorEndsWhatIsMerged: what would still follow is not given, and whoever has enough is asked no more.
func TestAnErrorEndsWhatIsMerged(t *testing.T) {
	broken := errors.New("broken")
	var got []int
	var said error
	for n, err := range Merged(numbers([]int{2}, broken), []int{1, 3}, cmp.Compare[int]) {
		if said = err; err == nil {
			got = append(got, n)
		}
	}
	if !slices.Equal(got, []int{1, 2}) || !errors.Is(said, broken) {
		t.Errorf("%v, %v", got, said)
	}
	for enough := range 4 {
		n := 0
		for range Merged(numbers([]int{2, 4}, nil), []int{1, 5}, cmp.Compare[int]) {
			if n++; n > enough {
				break
			}
		}
		if n != enough+1 {
			t.Errorf("asked %d times for %d", n, enough+1)
		}
	}
}
