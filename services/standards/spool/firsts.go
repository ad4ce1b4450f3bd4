package spool

import "slices"

// Firsts keeps the first few of many in an order, and counts all. It takes at most twice the memory of what it keeps.
type Firsts[T any] struct {
	Most  int // how many it keeps
	Order func(a, b T) int

	list  []T
	count int
}

// slack is how many more than twice the wanted lie unsorted, so that few are not sorted at each step.
const slack = 16

// Add takes one; of those that are equal in the order the earlier stay.
func (f *Firsts[T]) Add(one T) {
	f.count++
	if f.list = append(f.list, one); len(f.list) > 2*f.Most+slack {
		f.cut()
	}
}

func (f *Firsts[T]) cut() {
	slices.SortStableFunc(f.list, f.Order)
	if len(f.list) > f.Most {
		clear(f.list[f.Most:])
		f.list = f.list[:f.Most]
	}
}

// List gives those that it keeps, in their order.
func (f *Firsts[T]) List() []T {
	f.cut()
	return slices.Clone(f.list)
}

// Count is how many were added.
func (f *Firsts[T]) Count() int { return f.count }

// Join adds what another with the same order and size was given.
func (f *Firsts[T]) Join(other *Firsts[T]) {
	before := f.count
	for _, one := range other.list {
		f.Add(one)
	}
	f.count = before + other.count
}

// Clone is another with the same.
func (f *Firsts[T]) Clone() *Firsts[T] {
	c := *f
	c.list = slices.Clone(f.list)
	return &c
}

// Change makes another of each that is kept, in the same order.
func (f *Firsts[T]) Change(to func(T) T) {
	for i := range f.list {
		f.list[i] = to(f.list[i])
	}
}
