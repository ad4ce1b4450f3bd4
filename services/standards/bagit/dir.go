package bagit

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/qoyma/qoyma/services/platform/fault"
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
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open bag: %w", err)
	}
	defer func() { _ = r.Close() }() // only read from
	c := NewChecker(opts)
	d := &directory{Checker: c, root: r}
	if err := d.walk(ctx); err != nil {
		return nil, fmt.Errorf("read bag %s: %w", root, err)
	}
	return c.Finish(), nil
}

// directory feeds a checker from a directory.
type directory struct {
	*Checker
	root *os.Root
}

func (d *directory) walk(ctx context.Context) error {
	var tags, payload []string
	err := fs.WalkDir(d.root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && path == ".":
			return err
		case err != nil:
			d.unreadable(path)
			if e != nil && e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case path == ".":
			return nil
		case e.IsDir():
			if err := d.Directory(path); err != nil {
				return fs.SkipDir // refused: its files are not looked at either
			}
		case !e.Type().IsRegular():
			_ = d.Irregular(path, e.Type()) // it is in the report
		case strings.HasPrefix(path, payloadPrefix):
			payload = append(payload, path)
		default:
			tags = append(tags, path)
		}
		if len(tags)+len(payload) > d.opts.Limits.Entries {
			return fs.SkipAll // Begin will say so
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Manifests first among the tag files: they say which digests the payload needs.
	slices.SortStableFunc(tags, func(a, b string) int { return rank(a) - rank(b) })
	for _, path := range tags {
		if err := d.begin(path)(); err != nil {
			return err
		}
	}
	work, during := errgroup.WithContext(ctx)
	work.SetLimit(d.opts.Workers)
	for _, path := range payload {
		if during.Err() != nil {
			break
		}
		// Announced here, in order, so that collisions are told the same way every time.
		work.Go(d.begin(path))
	}
	return errors.Join(work.Wait(), ctx.Err())
}

func rank(path string) int {
	if _, _, ok := manifestName(path); ok {
		return 0
	}
	return 1
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
