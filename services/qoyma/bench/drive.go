package bench

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// result is what some callers achieved.
type result struct {
	done, refused int
	took          time.Duration
	each          []time.Duration // of those done, sorted
}

func (r *result) rate() float64 { return float64(r.done) / r.took.Seconds() }

// at is a quantile; 0 where nothing was done.
func (r *result) at(q float64) time.Duration {
	if len(r.each) == 0 {
		return 0
	}
	return r.each[min(int(q*float64(len(r.each))), len(r.each)-1)]
}

// add joins another slice of the same measurement.
func (r *result) add(o *result) {
	r.done, r.refused, r.took = r.done+o.done, r.refused+o.refused, r.took+o.took
	r.each = append(r.each, o.each...)
	slices.Sort(r.each)
}

// drive lets callers call, each again as soon as it has its answer, for a while. A refusal
// counts; any other error ends it.
func drive(ctx context.Context, callers int, period time.Duration, call func(ctx context.Context, n int) error) (*result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		wg  sync.WaitGroup
		n   atomic.Int64
		all = make([]result, callers)
	)
	began := time.Now()
	end := began.Add(period)
	for i := range callers {
		wg.Go(func() {
			mine := &all[i]
			for ctx.Err() == nil {
				start := time.Now()
				if start.After(end) {
					return
				}
				switch err := call(ctx, int(n.Add(1))); {
				case err == nil:
					mine.done++
					mine.each = append(mine.each, time.Since(start))
				case refusal(err):
					mine.refused++
				default:
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	sum := &result{took: time.Since(began)}
	for i := range all {
		sum.done += all[i].done
		sum.refused += all[i].refused
		sum.each = append(sum.each, all[i].each...)
	}
	if sum.done == 0 {
		return nil, errors.New("nothing was done in the time given")
	}
	slices.Sort(sum.each)
	return sum, nil
}

// refusal tells a rule's no from a failure.
func refusal(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.Refused:
		return true
	}
	return false
}
