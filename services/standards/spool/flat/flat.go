// Package flat measures for tests and benchmarks whether memory grows with how much there is to do.
package flat

import (
	"runtime"
	"runtime/metrics"
	"time"
)

// Most is how much more of the heap is in use at most, in bytes, while something is done, than before. The collector
// is made to look the whole time.
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

func live() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
