package bagit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"sync"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/spool"
	"golang.org/x/sync/errgroup"
)

// ValidateDir checks the bag that lies in the directory root. Nothing outside it is
// opened (os.Root), no symbolic link is followed and no device is read. Tag files are
// read first, so that every algorithm the manifests ask for is counted in one pass; then
// the payload, by Options.Workers at once.
//
// The error is for what is wrong on our side (the directory cannot be opened, the context
// ended); what is wrong with the bag is in the report.
func ValidateDir(ctx context.Context, root string, opts Options) (*Report, error) {
	return judged(takeDir(ctx, root, opts))
}

func takeDir(ctx context.Context, root string, opts Options) (*Checker, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open bag: %w", err)
	}
	defer func() { _ = r.Close() }() // only read from
	c := NewChecker(opts)
	d := &directory{Checker: c, root: r}
	if err := d.read(ctx); err != nil {
		return c, fmt.Errorf("read bag %s: %w", root, err)
	}
	return c, nil
}

// directory feeds a checker from a directory.
type directory struct {
	*Checker
	root *os.Root
}

// read takes the whole directory. Manifests come first: they say which digests the payload needs.
func (d *directory) read(ctx context.Context) (err error) {
	files := d.opts.Spool.Sorter() // in the order in which they are read
	defer func() { err = errors.Join(err, files.Close()) }()
	if err := d.below(ctx, ".", files); err != nil && !errors.Is(err, fs.SkipAll) {
		return err
	}
	c := files.Sorted()
	more := c.Next()
	for ; more && c.Key[0] < payloadPlace; more = c.Next() {
		if err := d.begin(string(c.Value))(); err != nil {
			return err
		}
	}
	work, during := errgroup.WithContext(ctx)
	work.SetLimit(d.opts.Workers)
	for ; more && ctx.Err() == nil && during.Err() == nil; more = c.Next() {
		// Announced here, in order, so that collisions are told the same way every time.
		work.Go(d.begin(string(c.Value)))
	}
	return errors.Join(work.Wait(), ctx.Err(), c.Err())
}

// below announces what lies in a directory and is no file, and gives the files; SkipAll where there are more than may
// be: Begin will say so.
func (d *directory) below(ctx context.Context, dir string, files *spool.Sorter) (err error) {
	names, err := d.list(ctx, dir)
	if err != nil || names == nil {
		return err
	}
	defer func() { err = errors.Join(err, names.Close()) }()
	c := names.Sorted()
	for c.Next() {
		at, kind := path.Join(dir, string(c.Key)), fs.FileMode(binary.LittleEndian.Uint32(c.Value))
		switch {
		case kind.IsDir():
			if d.Directory(at) != nil {
				continue // refused: its files are not looked at either
			}
			if err := d.below(ctx, at, files); err != nil {
				return err
			}
		case kind != 0:
			_ = d.Irregular(at, kind) // it is in the report
		default:
			key := binary.BigEndian.AppendUint64([]byte{byte(place(at))}, uint64(files.Len()))
			if err := files.Add(key, []byte(at)); err != nil {
				return err
			}
		}
		if files.Len() > d.opts.Limits.Entries {
			return fs.SkipAll
		}
	}
	return c.Err()
}

const (
	pageEntries = 500      // of a directory that are read at once
	listBudget  = 64 << 10 // bytes of memory for the names of each directory that is being walked through
)

// list gives the names in a directory with what they are, in order; nil where it cannot be read, which for any but the
// top is in the report.
func (d *directory) list(ctx context.Context, dir string) (*spool.Sorter, error) {
	names := spool.Place{Dir: d.opts.Spool.Dir, Budget: min(listBudget, or(d.opts.Spool.Budget, listBudget))}.Sorter()
	unreadable, err := d.names(ctx, dir, names)
	switch {
	case err == nil && unreadable == nil:
		return names, nil
	case err == nil && dir == ".":
		err = unreadable
	case err == nil:
		d.unreadable(dir)
	}
	return nil, errors.Join(err, names.Close())
}

// names reads a directory. unreadable is what is wrong with it, err what is wrong on our side.
func (d *directory) names(ctx context.Context, dir string, to *spool.Sorter) (unreadable, err error) {
	f, err := d.root.Open(dir)
	if err != nil {
		return err, nil
	}
	defer func() { _ = f.Close() }() // only read from
	for {
		entries, unreadable := f.ReadDir(pageEntries)
		for _, e := range entries {
			if err := to.Add([]byte(e.Name()), binary.LittleEndian.AppendUint32(nil, uint32(e.Type()))); err != nil {
				return nil, err
			}
		}
		if errors.Is(unreadable, io.EOF) {
			return nil, ctx.Err()
		}
		if err := ctx.Err(); unreadable != nil || err != nil {
			return unreadable, err
		}
	}
}

// begin announces a file and gives the function that reads it. The function's error is
// none of the bag's faults.
func (d *directory) begin(path string) func() error {
	s, err := d.Begin(path, -1, nil)
	if err != nil {
		return func() error { return nil } // refused and reported
	}
	return func() error {
		f, err := openRegular(d.root, path)
		if err != nil {
			_ = s.Abort() // it is in the report
			return nil
		}
		defer func() { _ = f.Close() }() // only read from
		return notFault(s.fill(f))
	}
}

// notFault lets pass what is no fault of the bag's.
func notFault(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return nil
	}
	return err
}

func (d *directory) unreadable(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.found.add(finding{where: show(path), rule: Unreadable})
}

// openRegular opens a file without following a link in its last part and without waiting
// for a pipe, and makes sure that it still is a regular file.
func openRegular(root *os.Root, path string) (*os.File, error) {
	f, err := root.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is %s: %w", path, info.Mode(), fs.ErrInvalid)
	}
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		return nil, err
	}
	return f, nil
}

// Reread counts the digests that were missed because a manifest came after the payload:
// open gives a payload file again, from where the caller copied it. After it, Finish
// knows them. Where nothing was missed nothing is opened. No file comes meanwhile.
func (c *Checker) Reread(ctx context.Context, open func(path string) (io.ReadCloser, error)) error {
	mended := c.opts.Spool.Sorter() // rows are not added while they are walked through
	var mu sync.Mutex
	work, during := errgroup.WithContext(ctx)
	work.SetLimit(c.opts.Workers)
	for e := range c.late() {
		if during.Err() != nil {
			break
		}
		work.Go(func() error {
			if err := c.reread(e, open); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			return mended.Add([]byte(e.Path), c.appendRow(nil, e))
		})
	}
	err := errors.Join(work.Wait(), ctx.Err())
	c.mu.Lock()
	defer c.mu.Unlock()
	for rows := mended.Sorted(); err == nil && rows.Next(); {
		err = c.ended.Add(rows.Key, rows.Value)
	}
	return errors.Join(err, mended.Close(), c.broken)
}

// late gives the payload files of which a digest is missed that a manifest asks for, by path.
func (c *Checker) late() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		if !slices.ContainsFunc(otherDigests, func(a string) bool { return c.needed[a] }) {
			return
		}
		for e := range c.whole(false) {
			if len(c.missing(e)) == 0 {
				continue
			}
			e.sums = e.sums.clone()
			if !yield(e) {
				return
			}
		}
	}
}

// isLate tells whether there is any.
func (c *Checker) isLate() bool {
	for range c.late() {
		return true
	}
	return false
}

// missing lists the digests that manifests ask for and the entry does not have.
func (c *Checker) missing(e *entry) []string {
	var algorithms []string
	for a := range c.needed {
		if newDigest(a) != nil && e.digests[a] == "" {
			algorithms = append(algorithms, a)
		}
	}
	return algorithms
}

func (c *Checker) reread(e *entry, open func(string) (io.ReadCloser, error)) error {
	r, err := open(e.Path)
	if err != nil {
		return fmt.Errorf("read %s again: %w", show(e.Path), err)
	}
	defer func() { _ = r.Close() }() // only read from
	hashes := map[string]hash.Hash{}
	for _, a := range c.missing(e) {
		hashes[a] = newDigest(a)
	}
	writers := make([]io.Writer, 0, len(hashes))
	for _, h := range hashes {
		writers = append(writers, h)
	}
	if n, err := io.Copy(io.MultiWriter(writers...), r); err != nil || n != e.Size {
		return fmt.Errorf("read %s again: %d of %d bytes: %w", show(e.Path), n, e.Size, errors.Join(err, errShort))
	}
	if e.digests == nil {
		e.digests = map[string]string{}
	}
	for a, h := range hashes {
		e.digests[a] = hexOf(h)
	}
	return nil
}

var errShort = errors.New("the copy is not what was received")
