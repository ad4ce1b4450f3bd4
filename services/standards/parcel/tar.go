package parcel

import (
	"archive/tar"
	"bytes"
	"cmp"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/qoyma/qoyma/services/platform/clip"
)

// What a tar may hold is the same for whatever comes in it: a bag (package bagit asks here too), an E-ARK package, a folder.

// Foreign gives the key of a header for all entries that would speak for them; empty where it only comments, as git's does.
func Foreign(h *tar.Header) string {
	for key := range h.PAXRecords {
		if key != "comment" {
			return key
		}
	}
	return ""
}

// Sparse tells whether an entry is stored with holes: a few bytes may then claim any size.
func Sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// Ends is what a tar is read from, to tell whether it was read to its end: archive/tar takes the end of its source for that too,
// even within the headers of an entry, so that a tar cut short would be one with fewer files.
type Ends struct {
	from io.Reader
	cut  bool
}

// NewEnds reads from a source.
func NewEnds(from io.Reader) *Ends { return &Ends{from: from} }

// Read is that of the source.
func (e *Ends) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	e.cut = e.cut || errors.Is(err, io.EOF) && n < len(p)
	return n, err
}

// Seek passes over what nobody reads, where the source can.
func (e *Ends) Seek(offset int64, whence int) (int64, error) {
	if s, ok := e.from.(io.Seeker); ok {
		return s.Seek(offset, whence)
	}
	return 0, errors.ErrUnsupported // archive/tar reads instead
}

// Cut tells, when archive/tar has said io.EOF, whether the source ended before the two blocks of zeros that end a tar.
func (e *Ends) Cut() bool { return e.cut }

// padding is how many zeros may follow the end of a tar, in bytes: writers fill up their last record, which tar -b makes 10 KiB by
// custom and never larger than this.
const padding = 1 << 20

// OnlyPadding reads what follows the end of a tar and tells whether it is nothing but the zeros that fill up its last record: a
// second archive there would be read by some programs and not by others. The error is the reader's.
func OnlyPadding(rest io.Reader) (bool, error) {
	buffer := make([]byte, 32<<10)
	for total := 0; total <= padding; {
		n, err := rest.Read(buffer)
		if total += n; len(bytes.Trim(buffer[:n], "\x00")) > 0 {
			return false, nil
		}
		if errors.Is(err, io.EOF) {
			return total <= padding, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// isTar tells whether a file begins with a header of a tar. A ZIP may have anything before it, but no such header.
func isTar(from io.ReaderAt, size int64) bool {
	_, err := tar.NewReader(io.NewSectionReader(from, 0, size)).Next()
	return err == nil
}

// tarred gives the entries of a tar. What is no file or folder, what would speak for other entries, and files with holes
// refuse it, wherever they stand.
func tarred(from io.ReaderAt, size int64, name string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		raw := NewEnds(io.NewSectionReader(from, 0, size))
		t := tar.NewReader(raw)
		refuse := func(err error) {
			yield(entry{}, BadZip.With("name", name, "problem", Broken(err)).Because(err))
		}
		for {
			h, err := t.Next()
			if errors.Is(err, io.EOF) {
				cut := raw.Cut()
				switch padded, err := OnlyPadding(raw); {
				case cut:
					refuse(io.ErrUnexpectedEOF)
				case err != nil:
					refuse(err)
				case !padded:
					refuse(ErrTrailing)
				}
				return
			}
			if err != nil {
				refuse(err)
				return
			}
			if h.Typeflag == tar.TypeXGlobalHeader && Foreign(h) == "" {
				continue
			}
			folder := h.Typeflag == tar.TypeDir
			path := strings.TrimPrefix(strings.ReplaceAll(h.Name, `\`, "/"), "./")
			if err := cmp.Or(astray(path, name), special(h.FileInfo().Mode(), path, name)); err != nil {
				yield(entry{}, err)
				return
			}
			if !folder && h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeCont || Sparse(h) {
				yield(entry{}, BadZip.With("name", name, "problem", oddEntry.With("entry", clip.Runes(h.Name, maxShown))))
				return
			}
			e := entry{File: File{Name: h.Name, Size: uint64(h.Size)}, path: path, folder: folder}
			e.Open = func() (io.ReadCloser, error) { return io.NopCloser(t), nil }
			if !yield(e, nil) {
				return
			}
		}
	}
}
