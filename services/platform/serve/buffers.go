package serve

import (
	"sync"

	"google.golang.org/grpc/mem"
)

// Buffers are what connections read into, and what large messages are made in. Unlike gRPC's own they are not
// cleared before they are used again, which costs as much as a copy: whoever takes one fills it, and shows nobody
// more of it than he has filled.
var Buffers mem.BufferPool = newBuffers(4<<10, 16<<10, 32<<10, 512<<10, 1<<20)

// buffers keeps buffers of a few sizes, the smallest first. Larger ones are made anew each time.
type buffers struct {
	sizes []int
	pools []sync.Pool
}

func newBuffers(sizes ...int) *buffers {
	return &buffers{sizes: sizes, pools: make([]sync.Pool, len(sizes))}
}

// Get implements mem.BufferPool.
func (b *buffers) Get(length int) *[]byte {
	for i, size := range b.sizes {
		if length > size {
			continue
		}
		if kept, ok := b.pools[i].Get().(*[]byte); ok {
			*kept = (*kept)[:length]
			return kept
		}
		made := make([]byte, length, size)
		return &made
	}
	made := make([]byte, length)
	return &made
}

// Put implements mem.BufferPool.
func (b *buffers) Put(buffer *[]byte) {
	for i, size := range b.sizes {
		if cap(*buffer) == size {
			b.pools[i].Put(buffer)
			return // it is somebody else's now
		}
	}
}
