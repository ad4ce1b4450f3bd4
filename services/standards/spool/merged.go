package spool

import "iter"

// Merged gives what is in an order with a few more, which are in the same order; of equal ones those of all come first. Memory does not grow
// with all. The first error of all ends it.
func Merged[T any](all iter.Seq2[T, error], more []T, order func(a, b T) int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		left := more
		for e, err := range all {
			for ; err == nil && len(left) > 0 && order(left[0], e) < 0; left = left[1:] {
				if !yield(left[0], nil) {
					return
				}
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
		for _, e := range left {
			if !yield(e, nil) {
				return
			}
		}
	}
}
