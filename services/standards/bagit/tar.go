package bagit

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/qoyma/qoyma/services/standards/parcel"
)

// ValidateTar checks the bag that comes as a tar (ustar, pax, GNU), as it streams by. Digests
// besides sha256 and sha512 whose manifest comes after the payload are counted in a second
// reading where r is an io.Seeker; otherwise ask for them by Options.Digests.
//
// The error is for what is wrong on our side (r failed, the context ended); what is wrong
// with the archive or the bag is in the report.
func ValidateTar(ctx context.Context, r io.Reader, opts Options) (*Report, error) {
	return judged(takeTar(ctx, r, opts))
}

func takeTar(ctx context.Context, r io.Reader, opts Options) (*Checker, error) {
	c, err := readTar(ctx, r, opts)
	if err != nil {
		return c, err
	}
	if again, ok := r.(io.Seeker); ok && c.isLate() {
		for algorithm := range c.needed {
			opts.Digests = append(opts.Digests[:len(opts.Digests):len(opts.Digests)], algorithm)
		}
		if err := c.Close(); err != nil {
			return nil, err
		}
		if _, err := again.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("read tar again: %w", err)
		}
		return readTar(ctx, r, opts)
	}
	return c, nil
}

func readTar(ctx context.Context, r io.Reader, opts Options) (*Checker, error) {
	c := NewChecker(opts)
	c.serialization = MIMETar
	s := &source{ctx: ctx, Reader: r}
	ends := parcel.NewEnds(s)
	t := &tarred{packed: packed{Checker: c}, from: tar.NewReader(ends)}
	if t.entries() {
		t.rest(ends)
	}
	if s.err != nil {
		return c, fmt.Errorf("read tar: %w", s.err)
	}
	return c, nil
}

// tarred feeds a checker from a tar.
type tarred struct {
	packed
	from *tar.Reader
	last string // the entry before, to say where an archive breaks
}

// entries takes them all and says whether the end was reached.
func (t *tarred) entries() bool {
	for {
		h, err := t.from.Next()
		if err == io.EOF {
			return true
		}
		if err != nil {
			t.note(t.last, Broken)
			return false
		}
		t.last = h.Name
		if err := t.entry(h); ended(err) {
			return false
		}
	}
}

// entry takes one. Its error is in the report.
func (t *tarred) entry(h *tar.Header) error {
	name := strings.TrimPrefix(h.Name, "./") // as tar writes what it finds under "."
	switch h.Typeflag {
	case tar.TypeXGlobalHeader:
		if key := parcel.Foreign(h); key != "" {
			return t.refuse(h.Name, TarHeader, "kind", "g "+show(key))
		}
		return nil
	case tar.TypeLink:
		return t.refuse(t.named(name), HardLink, "target", show(h.Linkname))
	case tar.TypeSymlink:
		return t.Irregular(t.named(name), fs.ModeSymlink)
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return t.Irregular(t.named(name), fs.ModeDevice)
	case tar.TypeGNUSparse:
		return t.refuse(t.named(name), Sparse)
	case tar.TypeDir:
		if name == "" || name == "." || name == "./" {
			return nil
		}
		if path, ok := t.inside(name, true); ok {
			return t.Directory(path)
		}
		return nil
	case tar.TypeReg, tar.TypeCont:
		return t.file(name, h)
	}
	return t.refuse(name, TarHeader, "kind", show(string(h.Typeflag)))
}

func (t *tarred) file(name string, h *tar.Header) error {
	if parcel.Sparse(h) {
		return t.refuse(t.named(name), Sparse)
	}
	path, ok := t.inside(name, false)
	if !ok {
		return nil
	}
	return t.File(path, h.Size, t.from, nil)
}

// rest looks whether that was the end, and at what follows it. An error of our own the source remembers.
func (t *tarred) rest(s *parcel.Ends) {
	if s.Cut() {
		t.note(t.last, Broken)
		return
	}
	if padded, err := parcel.OnlyPadding(s); err == nil && !padded {
		t.note(t.last, Trailing)
	}
}
