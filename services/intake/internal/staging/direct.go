package staging

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/ncw/directio"
	"golang.org/x/sys/unix"
)

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

// create opens a new file; size is what was announced, or -1.
func create(path string, size int64) (io.WriteCloser, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil || size < uncached {
		return f, err
	}
	if d := pastCache(f, 0); d != nil {
		return d, nil
	}
	return f, nil
}

// pastCache has whatever follows offset at of a file go past the page cache; nil where the file system or the offset does
// not allow that. The file is closed with it.
func pastCache(f *os.File, at int64) *direct {
	if at%directio.BlockSize != 0 {
		return nil
	}
	past, err := directio.OpenFile(f.Name(), os.O_WRONLY, 0)
	if err != nil { // not every file system can
		return nil
	}
	d := &direct{plain: f, past: past, written: at}
	d.lent[0], _ = blocks.Get().(*[]byte)
	d.lent[1], _ = blocks.Get().(*[]byte)
	d.filling, d.writing = *d.lent[0], *d.lent[1]
	return d
}

// direct writes whole blocks past the page cache, one while the next is filled. The rest, which is no
// whole block, goes through the cache like any other write, and is on the disk only after a flush.
type direct struct {
	plain, past      *os.File
	lent             [2]*[]byte
	filling, writing []byte
	filled           int
	handed           int // bytes of filling that the file has already, since a Sync
	written          int64
	pending          chan error // of the block that is being written; nil where none is
	failed           error      // of a write: nothing that came since the last Sync counts
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
		d.filling, d.writing, d.filled, d.handed = d.writing, d.filling, 0, 0
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

// settle waits for the block that is being written. Its error is that of everything that follows.
func (d *direct) settle() error {
	if d.pending != nil {
		d.failed = errors.Join(d.failed, <-d.pending)
		d.pending = nil
	}
	return d.failed
}

// drain has the file have all that came, the rest of a block too; it is written again when the block is full.
func (d *direct) drain() error {
	if err := d.settle(); err != nil || d.filled == d.handed {
		return err
	}
	_, d.failed = d.plain.WriteAt(d.filling[d.handed:d.filled], d.written+int64(d.handed))
	d.handed = d.filled
	return d.failed
}

// Sync has the disk have all that came.
func (d *direct) Sync() error {
	if err := d.drain(); err != nil {
		return err
	}
	return d.plain.Sync()
}

// Truncate gives up what came and is not to count. Nothing is written afterwards.
func (d *direct) Truncate(size int64) error {
	_ = d.settle() // what it could not write is given up
	d.filled, d.handed, d.failed = 0, 0, nil
	return d.plain.Truncate(size)
}

func (d *direct) Close() error {
	err := d.drain()
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
