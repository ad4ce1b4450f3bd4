package eark

import (
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// File is a file of a package, and what a pass over it found where there was one.
type File struct {
	Path           string // in the package
	Size           int64  // bytes
	SHA256, SHA512 string // in hex; empty where nobody counted them
}

// reference is what a METS file says of a file.
type reference struct {
	where     string // the METS file and line
	size      int64  // bytes, or -1
	algorithm string // as METS writes it, or empty
	digest    string // lower case
	preserves bool   // it stands in the administrative metadata
	premis    bool   // it says that the file is PREMIS, of an edition that is looked into
}

// rows are what there is for each file of a package: what it is, and what METS files say of it. They lie where
// Options.Spool says, so that memory does not grow with their number.
type rows struct {
	names  *spool.Table  // by path; under a zero byte and the NFC of a path that is written otherwise, the path
	said   *spool.Sorter // by path: the file first, then each reference
	premis *spool.Sorter // by path, each once: files that are said to be PREMIS, with their sizes
	broken error         // of the spool's folder; the first
	place  spool.Place
}

func newRows(place spool.Place) rows {
	return rows{names: place.Table(), said: place.Sorter(), premis: place.Sorter(), place: place}
}

func (r *rows) close() error { return errors.Join(r.names.Close(), r.said.Close(), r.premis.Close()) }

// keep remembers what the spool's folder did not take.
func (r *rows) keep(err error) {
	if r.broken == nil {
		r.broken = err
	}
}

// has says whether there is a file of that path.
func (r *rows) has(p string) bool {
	_, there, err := r.names.Get(p)
	r.keep(err)
	return there
}

// otherForm finds the file whose path is the same in another Unicode form.
func (r *rows) otherForm(p string) (string, bool) {
	composed := norm.NFC.String(p)
	if r.has(composed) {
		return composed, true
	}
	other, there, err := r.names.Get("\x00" + composed)
	r.keep(err)
	return other, there
}

// came adds a file.
func (r *rows) came(f File) {
	r.keep(r.names.Put(f.Path, ""))
	if composed := norm.NFC.String(f.Path); composed != f.Path {
		r.keep(r.names.Put("\x00"+composed, f.Path))
	}
	row := binary.AppendUvarint(nil, uint64(f.Size))
	row = appendText(appendText(row, f.SHA256), f.SHA512)
	r.keep(r.said.Add([]byte(f.Path), row))
}

// refer adds what a METS file says of a file that is there.
func (r *rows) refer(p string, x reference) {
	row := binary.AppendVarint(nil, x.size)
	row = appendText(appendText(appendText(row, x.algorithm), x.digest), x.where)
	flags := byte(0)
	if x.preserves {
		flags |= 1
	}
	if x.premis {
		flags |= 2
	}
	row = append(row, flags)
	r.keep(r.said.Add([]byte(p), row))
}

// promised is a file with all that METS files say of it.
type promised struct {
	File
	said []reference
}

// all gives the files by path.
func (r *rows) all() iter.Seq[promised] {
	return func(yield func(promised) bool) {
		c := r.said.Sorted()
		defer func() { r.keep(c.Err()) }()
		for more := c.Next(); more; {
			g := promised{File: fileOf(string(c.Key), c.Value)}
			for more = c.Next(); more && string(c.Key) == g.Path; more = c.Next() {
				g.said = append(g.said, referenceOf(c.Value))
			}
			if !yield(g) {
				return
			}
		}
	}
}

// isPREMIS remembers a file that is said to be PREMIS.
func (r *rows) isPREMIS(g promised, size int64) {
	if slices.ContainsFunc(g.said, func(x reference) bool { return x.premis }) {
		r.keep(r.premis.Add([]byte(g.Path), binary.AppendUvarint(nil, uint64(size))))
	}
}

// provenance gives the files that are said to be PREMIS, by path, with their sizes.
func (r *rows) provenance() iter.Seq2[string, int64] {
	return func(yield func(string, int64) bool) {
		c := r.premis.Sorted()
		defer func() { r.keep(c.Err()) }()
		for c.Next() {
			if size, _ := binary.Uvarint(c.Value); !yield(string(c.Key), int64(size)) {
				return
			}
		}
	}
}

func appendText(row []byte, text string) []byte {
	return append(binary.AppendUvarint(row, uint64(len(text))), text...)
}

func cutText(row []byte) (string, []byte) {
	length, n := binary.Uvarint(row)
	return string(row[n : n+int(length)]), row[n+int(length):]
}

func fileOf(p string, row []byte) File {
	size, n := binary.Uvarint(row)
	f := File{Path: p, Size: int64(size)}
	f.SHA256, row = cutText(row[n:])
	f.SHA512, _ = cutText(row)
	return f
}

func referenceOf(row []byte) (x reference) {
	size, n := binary.Varint(row)
	x.size = size
	x.algorithm, row = cutText(row[n:])
	x.digest, row = cutText(row)
	x.where, row = cutText(row)
	x.preserves, x.premis = row[0]&1 != 0, row[0]&2 != 0
	return x
}

// preservationOf is the folder of the METS file that should name a file of preservation metadata; false for any
// other file.
func preservationOf(p string) (dir string, is bool) {
	before, _, is := strings.Cut(p, "metadata/preservation/")
	return strings.TrimSuffix(before, "/"), is
}

// counted is a digest that was counted before; known is false where none of that algorithm was.
func (f File) counted(algorithm string) (digest string, known bool) {
	switch algorithm {
	case "SHA-256":
		digest = f.SHA256
	case "SHA-512":
		digest = f.SHA512
	}
	return digest, digest != ""
}
