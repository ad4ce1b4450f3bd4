package bagit

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/qoyma/qoyma/services/standards/parcel"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// ValidateZip checks the bag that comes as a ZIP of size bytes. A ZIP is read from its end, so
// it must be there whole. Tag files are read first, as from a directory.
//
// The error is for what is wrong on our side (r failed, the context ended); what is wrong
// with the archive or the bag is in the report.
func ValidateZip(ctx context.Context, r io.ReaderAt, size int64, opts Options) (*Report, error) {
	return judged(takeZip(ctx, r, size, opts))
}

func takeZip(ctx context.Context, r io.ReaderAt, size int64, opts Options) (*Checker, error) {
	c := NewChecker(opts)
	c.serialization = MIMEZip
	s := &sourceAt{ctx: ctx, ReaderAt: r}
	z := &zipped{packed: packed{Checker: c}}
	err := z.read(s, size)
	if s.err != nil {
		err = s.err
	}
	if err != nil {
		return c, fmt.Errorf("read zip: %w", err)
	}
	return c, nil
}

// zipped feeds a checker from a ZIP.
type zipped struct {
	packed
}

// read takes the whole archive. The error is that of r, or of the folder that Options.Spool names.
func (z *zipped) read(r io.ReaderAt, size int64) (err error) {
	c, f, err := readZip(r, size, z.opts.Limits, z.opts.Spool)
	if err != nil {
		return err
	}
	if f != nil {
		z.giveUp(*f)
		return nil
	}
	defer func() { err = errors.Join(err, c.wrong.Close()) }()
	a := opened(r, size, c)
	if a == nil {
		z.giveUp(*contents("format"))
		return nil
	}
	files := z.opts.Spool.Sorter()
	defer func() { err = errors.Join(err, files.Close()) }()
	if err := z.announce(c, r, size, files); err != nil {
		return err
	}
	return z.take(a, files)
}

// opened opens the archive; nil where the library does not read the same table of contents as zipTable.
func opened(r io.ReaderAt, size int64, c zipContents) *parcel.Archive {
	a, err := parcel.Open(r, size)
	if err != nil {
		return nil
	}
	t := c.table(r)
	for f, err := range a.Entries() {
		if err != nil || !t.next() || t.item.name != f.Name || uint64(t.item.size) != f.UncompressedSize64 || uint64(t.item.packed) != f.CompressedSize64 {
			return nil
		}
	}
	if t.next() {
		return nil
	}
	a.Inflate = inflate
	return a
}

// announce tells the checker of everything that is no file, and puts the files in the order in which they are
// read: manifests, other tag files, payload; each by its number in the table.
func (z *zipped) announce(c zipContents, r io.ReaderAt, size int64, files *spool.Sorter) error {
	wrong, total := c.wrong.Sorted(), int64(0)
	more := wrong.Next()
	t := c.table(r)
	for !z.full && t.next() {
		item, number := &t.item, t.read-1
		if more && binary.BigEndian.Uint64(wrong.Key) == number {
			rule, args := noted(wrong.Value)
			item.say(rule, args...)
			more = wrong.Next()
		}
		total = item.judge(total, size, z.opts.Limits)
		path, ok := z.entry(item)
		if !ok {
			continue
		}
		key := binary.BigEndian.AppendUint64([]byte{byte(place(path))}, number)
		if err := files.Add(key, []byte(path)); err != nil {
			return err
		}
	}
	return errors.Join(t.err, wrong.Err())
}

// entry tells the checker of an entry. ok is for a file that is to be read, which is called path in the bag.
func (z *zipped) entry(item *zipItem) (path string, ok bool) {
	name := z.name(item)
	dir := strings.HasSuffix(name, "/")
	kind := item.kind()
	switch {
	case item.rule != nil:
		z.note(name, item.rule, item.args...)
	case dir != kind.IsDir() || dir && item.size > 0:
		z.note(name, Headers, "field", "directory")
	case dir:
		if path, ok := z.inside(name, true); ok {
			_ = z.Directory(path) // it is in the report
		}
	case kind != 0:
		_ = z.Irregular(z.named(name), kind) // it is in the report
	default:
		return z.inside(name, false)
	}
	return "", false
}

// kind is what an entry is, as the library has it.
func (z *zipItem) kind() fs.FileMode {
	h := zip.FileHeader{Name: z.name, CreatorVersion: z.creator, ExternalAttrs: z.attributes}
	return h.Mode().Type()
}

// payloadPlace is where in the order of reading the payload comes.
const payloadPlace = 2

// place is where a file comes: manifests, other tag files, payload.
func place(path string) int {
	if strings.HasPrefix(path, payloadPrefix) {
		return payloadPlace
	}
	if _, _, ok := manifestName(path); ok {
		return 0
	}
	return 1
}

// take reads the files in their order. For each place in it the table is gone through once.
func (z *zipped) take(a *parcel.Archive, files *spool.Sorter) error {
	c := files.Sorted()
	for more := c.Next(); more; {
		now, number, found := c.Key[0], uint64(0), false
		for f, err := range a.Entries() {
			if err != nil {
				return err
			}
			if !more || c.Key[0] != now {
				break
			}
			if binary.BigEndian.Uint64(c.Key[1:]) == number {
				if err := z.file(string(c.Value), f); ended(err) {
					return nil
				}
				found, more = true, c.Next()
			}
			number++
		}
		if !found {
			return errChanged
		}
	}
	return c.Err()
}

var errChanged = errors.New("the archive is changed while it is read")

// name is what an entry is called. Programs of the region write Cyrillic in code page 866 and
// do not say so; others write UTF-8 and do not say so either, or write both.
func (z *zipped) name(i *zipItem) string {
	if i.flags&zipUTF8 != 0 || utf8.ValidString(i.name) {
		if i.unicode != "" && i.unicode != i.name {
			i.say(Headers, "field", "name")
		}
		return i.name
	}
	if i.unicode != "" {
		return i.unicode
	}
	name, err := charmap.CodePage866.NewDecoder().String(i.name)
	if err != nil {
		return i.name
	}
	z.note(name, OtherName)
	return name
}

// file takes one. Its error is in the report.
func (z *zipped) file(path string, f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return z.refuse(path, Headers, "field", "data")
	}
	defer func() { _ = r.Close() }() // its checksum was compared at the end of reading
	return z.File(path, int64(f.UncompressedSize64), r, nil)
}

// inflate unpacks, and wants the packed bytes to end where the unpacked do: what lay behind
// them would be carried unseen.
func inflate(r io.Reader) io.ReadCloser {
	b := bufio.NewReader(r)
	return &inflater{flate.NewReader(b), b}
}

type inflater struct {
	io.ReadCloser
	from *bufio.Reader
}

func (i *inflater) Read(p []byte) (int, error) {
	n, err := i.ReadCloser.Read(p)
	if err == io.EOF {
		if _, more := i.from.ReadByte(); more == nil {
			return n, errUnseen
		}
	}
	return n, err
}

var errUnseen = errors.New("bytes lie behind the packed data")

// giveUp records what is wrong with the whole, of which then nothing more is said.
func (c *Checker) giveUp(f finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found.add(f)
	c.unread = true
}

// sourceAt is a source that is read anywhere.
type sourceAt struct {
	ctx context.Context
	io.ReaderAt
	err error
}

func (s *sourceAt) ReadAt(p []byte, at int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	n, err := s.ReaderAt.ReadAt(p, at)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
