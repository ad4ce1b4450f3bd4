package staging

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/flush"
)

// Came is a small file of a package that comes file by file: it came whole, and the one pass over it is made.
type Came struct {
	File
	content []byte
	found   bagit.Entry
	part    *Part
	row     int64 // bytes of its row before it says that the file is there
}

// NewCame makes the one pass over a file before a byte of it is written. Its bytes are not changed until Put
// returns. sum is the SHA-256 that they had where they came from, in hex. Error: WrongBytes.
func (a *Area) NewCame(f File, content []byte, sum string) (*Came, error) {
	c := &Came{File: f, content: content, found: bagit.MeasureWhole(f.Path, content, a.Identify)}
	if c.found.SHA256 != sum {
		return nil, WrongBytes.With("path", clip(f.Path))
	}
	return c, nil
}

// Put takes files that came whole; parts are those that OpenAll gave for them. When it returns nil, every byte of those
// that had none is on the disk; the others are as they were. Killed behind any step it leaves of each file nothing, or
// an announced file without bytes, or the whole. Errors: Finishing, NoUpload, those of the disk; then each file
// counts as it did.
func (s *Set) Put(files []*Came, parts []*Part) error {
	for i, p := range parts {
		files[i].part = p
	}
	folder, err := os.Open(filepath.Join(s.area.dir, s.ID)) // before a byte is written: flush.FileSystem says why
	if errors.Is(err, fs.ErrNotExist) {
		return NoUpload.With()
	}
	if err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	b := &batch{set: s, folder: folder}
	err = b.take(files)
	if err == nil {
		err = b.keep()
	}
	return errors.Join(err, b.close())
}

// batch is those files of one Put that are to be written.
type batch struct {
	set    *Set
	folder *os.File
	files  []*Came // each part locked
}

// take locks the parts, so that whoever else sends the same file waits, and finds it whole. Every batch locks by key, so
// that no two wait for each other. Whoever sent a piece of it before is stopped, as in Begin.
func (b *batch) take(files []*Came) error {
	for _, f := range slices.SortedFunc(slices.Values(files), func(x, y *Came) int { return cmp.Compare(x.part.key, y.part.key) }) {
		p := f.part
		p.mu.Lock()
		err := p.mayWrite()
		if err == nil && p.piece != nil {
			err = p.piece.settle()
		}
		if err != nil || p.Offset() > 0 || p.Size == 0 { // what has no bytes is whole once it is announced
			p.mu.Unlock()
			if err != nil {
				return err
			}
			continue
		}
		p.forget()
		b.files = append(b.files, f)
	}
	return nil
}

// close lets the parts go.
func (b *batch) close() error {
	for _, f := range b.files {
		f.part.mu.Unlock()
	}
	if err := b.folder.Close(); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// keep makes the files durable, and then their rows say so.
func (b *batch) keep() error {
	if len(b.files) == 0 {
		return nil
	}
	err := b.write()
	if err == nil {
		// If we crash here or above, the rows say that no byte is there: what is there is cut off, and sent again.
		err = b.say()
	}
	if err != nil {
		return fmt.Errorf("staging: %w", errors.Join(err, b.undo()))
	}
	// If we crash here the files are there whole, and whoever sent them finds them so.
	b.count()
	return nil
}

// write makes the bytes durable.
func (b *batch) write() error {
	for _, f := range b.files {
		fd, err := b.open(f.part.key, unix.O_TRUNC)
		if err != nil {
			return err
		}
		_, err = fd.Write(f.content)
		if err = errors.Join(err, unix.Close(int(fd))); err != nil {
			return err
		}
	}
	return b.flush("")
}

// say has each row say, durably, that its file is whole.
func (b *batch) say() error {
	for _, f := range b.files {
		text, err := textOf([]line{{Offset: &f.Size}, {Entry: &f.found}})
		if err != nil {
			return err
		}
		fd, err := b.open(f.part.key+rowSuffix, unix.O_APPEND)
		if err != nil {
			return err
		}
		var stat unix.Stat_t
		if err = unix.Fstat(int(fd), &stat); err == nil {
			f.row = stat.Size
			_, err = fd.Write(text)
		}
		if err = errors.Join(err, unix.Close(int(fd))); err != nil {
			return err
		}
	}
	return b.flush(rowSuffix)
}

// undo takes back what was done before the disk took no more, rows first: nothing may say that bytes are there which
// the next call writes anew. It needs no room.
func (b *batch) undo() error {
	said := false
	for _, f := range b.files {
		if f.row > 0 {
			if err := os.Truncate(f.part.data()+rowSuffix, f.row); err != nil {
				return err
			}
			said = true
		}
	}
	if said {
		if err := b.flush(rowSuffix); err != nil {
			return err
		}
	}
	for _, f := range b.files {
		if err := os.Remove(f.part.data()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// count has the files count.
func (b *batch) count() {
	s := b.set
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range b.files {
		f.part.entry = &f.found
		f.part.durable.Store(f.Size)
		s.came(f.part, 0, f.Size)
	}
	s.last = time.Now()
}

// open opens a file of the folder to be written, by the kernel's own calls: what os.File adds for files that are waited
// for costs a fifth of making a file.
func (b *batch) open(name string, flags int) (descriptor, error) {
	fd, err := unix.Openat(int(b.folder.Fd()), name, unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC|flags, 0o600)
	runtime.KeepAlive(b.folder)
	if err != nil {
		return 0, &fs.PathError{Op: "open", Path: filepath.Join(b.folder.Name(), name), Err: err}
	}
	return descriptor(fd), nil
}

// flush has the disk take the files, or their rows. Of two files on, one flush of the file system costs less than one of
// each.
func (b *batch) flush(suffix string) error {
	if len(b.files) > 1 {
		return flush.FileSystem(b.folder)
	}
	return errors.Join(syncFile(b.files[0].part.data()+suffix), b.folder.Sync())
}

// descriptor writes to an open file.
type descriptor int

func (d descriptor) Write(p []byte) (n int, err error) {
	for n < len(p) {
		more, err := unix.Write(int(d), p[n:])
		if err != nil && !errors.Is(err, unix.EINTR) {
			return n, fmt.Errorf("write: %w", err)
		}
		n += max(more, 0)
	}
	return n, nil
}
