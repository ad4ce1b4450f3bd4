package staging

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/ncw/directio"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// lanes are the files of one upload that are hashed and written at once, while the next already comes: as
// many as may run at once, and at most eight, because each may hold waiting pieces.
func lanes() int { return min(max(2, runtime.GOMAXPROCS(0)), 8) }

// waiting is how many pieces of one file wait for the disk before the sender has to.
const waiting = 4

// Lent is bytes of a file, in one or several parts. Whoever lends them does not touch them until Back is called; nil
// where he does not want them back.
type Lent struct {
	Parts [][]byte
	Back  func()
}

// size is how many bytes it has.
func (p Lent) size() (n int) {
	for _, part := range p.Parts {
		n += len(part)
	}
	return n
}

// giveBack says that the piece is needed no longer.
func (p Lent) giveBack() {
	if p.Back != nil {
		p.Back()
	}
}

// uncached is from how many bytes a file is written past the page cache: the copy into the cache costs more
// than SHA-512 does, and nobody reads a file of this size again soon.
const uncached = 8 << 20

// block is what is written at once past the page cache, in bytes; two are held for each such file. Of 1 MiB each the
// runtime would have to notice four times as many writes.
const block = 4 << 20

// blocks are used again by the next file, or call of a ledger.
var blocks = sync.Pool{New: func() any {
	b := directio.AlignedBlock(block)
	return &b
}}

// traffic is the lanes of one upload.
type traffic struct {
	group  *errgroup.Group
	ctx    context.Context
	pieces chan Lent // of the open file
}

func newTraffic() traffic {
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(lanes())
	return traffic{group: group, ctx: ctx}
}

// open begins a file, and waits while every lane is taken. Error: that of a file before.
func (t *traffic) open(path string, size int64, sink *bagit.Sink, to *hand) error {
	if t.ctx.Err() != nil {
		return context.Cause(t.ctx)
	}
	pieces := make(chan Lent, waiting)
	t.pieces = pieces
	t.group.Go(func() error {
		if err := fill(path, size, sink, to, pieces); err != nil {
			_ = sink.Abort() // the upload ends with this error, and no report is made
			return err
		}
		return nil
	})
	return nil
}

// many does the work of a whole batch of files in a lane of its own, and waits while every lane is taken. Error: that of
// a file before.
func (t *traffic) many(work func() error) error {
	if t.ctx.Err() != nil {
		return context.Cause(t.ctx)
	}
	t.group.Go(work)
	return nil
}

// put hands a piece on; it is the lane's from then on.
func (t *traffic) put(piece Lent) error {
	select {
	case t.pieces <- piece:
		return nil
	case <-t.ctx.Done():
		return context.Cause(t.ctx)
	}
}

// end says that the open file has come whole; it may be written still.
func (t *traffic) end() {
	if t.pieces != nil {
		close(t.pieces)
		t.pieces = nil
	}
}

// settle waits for all files that have come.
func (t *traffic) settle() error {
	t.end()
	err := t.group.Wait()
	if err == nil {
		*t = newTraffic()
	}
	return err
}

// fill takes a file that is not there yet.
func fill(path string, size int64, sink *bagit.Sink, to *hand, pieces <-chan Lent) error {
	f, err := create(path, size)
	if err != nil {
		return err
	}
	to.Writer = f
	for piece := range pieces {
		if err := sink.Lend(piece.Parts, piece.giveBack); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	_ = sink.Close() // the wrong size that it says is in the report
	return f.Close()
}

// create opens a new file; size is what was announced, or -1.
func create(path string, size int64) (io.WriteCloser, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil || size < uncached {
		return f, err
	}
	if past, err := directio.OpenFile(path, os.O_WRONLY, 0); err == nil { // not every file system can
		d := &direct{plain: f, past: past}
		d.lent[0], _ = blocks.Get().(*[]byte)
		d.lent[1], _ = blocks.Get().(*[]byte)
		d.filling, d.writing = *d.lent[0], *d.lent[1]
		return d, nil
	}
	return f, nil
}

// direct writes whole blocks past the page cache, one while the next is filled. The rest, which is no
// whole block, goes through the cache like any other write, and is on the disk only after a flush.
type direct struct {
	plain, past      *os.File
	lent             [2]*[]byte
	filling, writing []byte
	filled           int
	written          int64
	pending          chan error // of the block that is being written; nil where none is
}

func (d *direct) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := copy(d.filling[d.filled:], rest)
		d.filled, rest = d.filled+n, rest[n:]
		if d.filled < block {
			continue
		}
		if err := d.settle(); err != nil {
			return 0, err
		}
		d.filling, d.writing, d.filled = d.writing, d.filling, 0
		d.pending = make(chan error, 1)
		go func(at int64, done chan<- error) {
			_, err := d.past.WriteAt(d.writing, at)
			if errors.Is(err, unix.EINVAL) { // a file system that opens files so, and does not write them
				_, err = d.plain.WriteAt(d.writing, at)
			}
			done <- err
		}(d.written, d.pending)
		d.written += block
	}
	return len(p), nil
}

// settle waits for the block that is being written.
func (d *direct) settle() error {
	if d.pending == nil {
		return nil
	}
	err := <-d.pending
	d.pending = nil
	return err
}

func (d *direct) Close() error {
	err := d.settle()
	if err == nil && d.filled > 0 {
		_, err = d.plain.WriteAt(d.filling[:d.filled], d.written)
	}
	for i, b := range d.lent {
		if b != nil { // once: another file has it then
			blocks.Put(b)
			d.lent[i] = nil
		}
	}
	if err := errors.Join(err, d.past.Close(), d.plain.Close()); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
