// Package flat measures for tests and benchmarks whether memory grows with how much there is to do.
package flat

import (
	"context"
	"runtime"
	"runtime/metrics"
	"time"
)

// Most is how much more of the heap is in use at most, in bytes, while something is done, than before. The collector
// is made to look the whole time; what is made while it looks counts too.
func Most(do func()) int64 {
	runtime.GC()
	before, most := live(), int64(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	for tick := time.Tick(20 * time.Millisecond); ; {
		runtime.GC()
		most = max(most, live()-before)
		select {
		case <-done:
			return most
		case <-tick:
		}
	}
}

// Looking is Most where the work itself asks the context now and then whether to go on: at every so manieth time it stands
// still while the collector looks, so that nothing counts that is needed no longer. do is one goroutine's.
func Looking(ctx context.Context, every int, do func(context.Context)) int64 {
	runtime.GC()
	l := &looking{Context: ctx, every: every, before: live()}
	do(l)
	return l.most
}

type looking struct {
	context.Context
	every, asked int
	before, most int64
}

func (l *looking) Err() error {
	if l.asked++; l.asked%l.every == 0 {
		runtime.GC()
		l.most = max(l.most, live()-l.before)
	}
	return l.Context.Err()
}

func live() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
