package bagit

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// ValidateZip checks the bag that comes as a ZIP of size bytes. A ZIP is read from its end, so
// it must be there whole. Tag files are read first, as from a directory.
//
// The error is for what is wrong on our side (r failed, the context ended); what is wrong
// with the archive or the bag is in the report.
func ValidateZip(ctx context.Context, r io.ReaderAt, size int64, opts Options) (*Report, error) {
	c := NewChecker(opts)
	c.serialization = MIMEZip
	s := &sourceAt{ctx: ctx, ReaderAt: r}
	z := &zipped{packed: packed{Checker: c}}
	err := z.read(s, size)
	if s.err != nil {
		err = s.err
	}
	if err != nil {
		return nil, fmt.Errorf("read zip: %w", err)
	}
	return c.Finish(), nil
}

// zipped feeds a checker from a ZIP.
type zipped struct {
	packed
}

// read takes the whole archive. The error is that of r.
func (z *zipped) read(r io.ReaderAt, size int64) error {
	items, f, err := zipContents(r, size, z.opts.Limits)
	if err != nil {
		return err
	}
	if f != nil {
		z.giveUp(*f)
		return nil
	}
	entries := openItems(r, size, items)
	if entries == nil {
		z.giveUp(*contents("format"))
		return nil
	}
	for _, file := range z.files(items, entries) {
		if err := z.file(file); ended(err) {
			return nil
		}
	}
	return nil
}

// openItems opens the entries; nil where the library does not read the same table of contents
// as zipContents.
func openItems(r io.ReaderAt, size int64, items []zipItem) []*zip.File {
	reader, err := zip.NewReader(r, size)
	if err != nil || !slices.EqualFunc(items, reader.File, func(i zipItem, f *zip.File) bool {
		return i.name == f.Name && uint64(i.size) == f.UncompressedSize64 && uint64(i.packed) == f.CompressedSize64
	}) {
		return nil
	}
	reader.RegisterDecompressor(zip.Deflate, inflate)
	if reader.File == nil {
		return []*zip.File{}
	}
	return reader.File
}

// zipFile is a file of the bag in the archive.
type zipFile struct {
	path string
	*zip.File
}

// files tells the checker of everything that is no file, and gives the files in the order in
// which they are read: manifests, other tag files, payload.
func (z *zipped) files(items []zipItem, entries []*zip.File) []zipFile {
	var files []zipFile
	for i, e := range entries {
		if z.full {
			break
		}
		name := z.name(&items[i])
		dir := strings.HasSuffix(name, "/")
		kind := e.Mode().Type()
		switch {
		case items[i].rule != nil:
			z.note(name, items[i].rule, items[i].args...)
		case dir != kind.IsDir() || dir && e.UncompressedSize64 > 0:
			z.note(name, Headers, "field", "directory")
		case dir:
			if path, ok := z.inside(name, true); ok {
				_ = z.Directory(path) // it is in the report
			}
		case kind != 0:
			_ = z.Irregular(z.named(name), kind) // it is in the report
		default:
			if path, ok := z.inside(name, false); ok {
				files = append(files, zipFile{path, e})
			}
		}
	}
	slices.SortStableFunc(files, func(a, b zipFile) int { return place(a.path) - place(b.path) })
	return files
}

// place is where in the order of reading a file comes.
func place(path string) int {
	if strings.HasPrefix(path, payloadPrefix) {
		return 2
	}
	return rank(path)
}

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
func (z *zipped) file(f zipFile) error {
	r, err := f.Open()
	if err != nil {
		return z.refuse(f.path, Headers, "field", "data")
	}
	defer func() { _ = r.Close() }() // its checksum was compared at the end of reading
	return z.File(f.path, int64(f.UncompressedSize64), r, nil)
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
