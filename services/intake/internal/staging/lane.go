package staging

import (
	"context"
	"errors"
	"runtime"

	"golang.org/x/sync/errgroup"

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
