package bagit

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"maps"
	"slices"

	"github.com/qoyma/qoyma/services/standards/pronom"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// What a bag's files are lies in rows, one for each, by path: with digests as bytes and formats by number a row
// takes some 250 bytes, and where Options.Spool names a folder most of them lie there. A file has another
// row once more is known of it (Reread); the last one counts.

// formats are the formats that were found, by number: few, and the same for many files.
type formats struct {
	of  map[pronom.Result]int
	all []pronom.Result
}

func (f *formats) number(r pronom.Result) int {
	n, known := f.of[r]
	if !known {
		if f.of == nil {
			f.of = map[pronom.Result]int{}
		}
		n = len(f.all)
		f.of[r], f.all = n, append(f.all, r)
	}
	return n
}

const (
	rowDone    = 1 << iota // all bytes came
	rowAborted             // it is said already that they did not
)

// keep writes the row of a file. The checker is locked.
func (c *Checker) keep(e *entry) {
	c.row = c.appendRow(c.row[:0], e)
	c.spooled(c.ended.Add([]byte(e.Path), c.row))
}

func (c *Checker) appendRow(row []byte, e *entry) []byte {
	flags := byte(0)
	if e.done {
		flags |= rowDone
	}
	if e.aborted {
		flags |= rowAborted
	}
	row = binary.AppendUvarint(append(row, flags), uint64(e.Size))
	row = binary.AppendUvarint(row, uint64(c.formats.number(e.Format)))
	for _, digest := range [][]byte{e.sums.sha256, e.sums.sha512, e.sums.blake3} {
		row = append(append(row, byte(len(digest))), digest...)
	}
	if len(e.digests) == 0 {
		return row // of most
	}
	for _, algorithm := range slices.Sorted(maps.Keys(e.digests)) {
		digest := bytesOf(e.digests[algorithm])
		row = append(append(row, byte(len(algorithm))), algorithm...)
		row = append(append(row, byte(len(digest))), digest...)
	}
	return row
}

// bytesOf is a digest from its hex.
func bytesOf(text string) []byte {
	digest, err := hex.DecodeString(text)
	if err != nil {
		return nil // none of ours: then there is none
	}
	return digest
}

// entryOf reads a row; the entry's digests lie in it.
func (c *Checker) entryOf(path string, row []byte) *entry {
	e := &entry{done: row[0]&rowDone != 0, aborted: row[0]&rowAborted != 0}
	row = row[1:]
	size, n := binary.Uvarint(row)
	row = row[n:]
	format, n := binary.Uvarint(row)
	row = row[n:]
	digest := func() []byte {
		raw := row[1 : 1+row[0]]
		row = row[1+len(raw):]
		return raw
	}
	e.Path, e.Size, e.Format = path, int64(size), c.formats.all[format]
	e.sums = sums{digest(), digest(), digest()}
	for len(row) > 0 {
		algorithm := string(row[1 : 1+row[0]])
		row = row[1+len(algorithm):]
		if e.digests == nil {
			e.digests = map[string]string{}
		}
		e.digests[algorithm] = hex.EncodeToString(digest())
	}
	return e
}

// walk goes through the files by path. Of most only the path is asked, so that a row is read when it is wanted.
type walk struct {
	c        *Checker
	rows     *spool.Cursor
	more     bool
	key, row []byte // of the file that next went to: its path, and its row
}

func (c *Checker) walk() *walk {
	w := &walk{c: c, rows: c.ended.Sorted()}
	w.more = w.rows.Next()
	return w
}

// next goes to the next file.
func (w *walk) next() bool {
	if !w.more {
		w.key = w.key[:0]
		w.c.spooled(w.rows.Err())
		return false
	}
	w.key = append(w.key[:0], w.rows.Key...)
	for w.more && bytes.Equal(w.rows.Key, w.key) {
		w.row = append(w.row[:0], w.rows.Value...)
		w.more = w.rows.Next()
	}
	return true
}

// to goes to the first file that is not before a path, and tells whether it is that one.
func (w *walk) to(path string) bool {
	for string(w.key) < path {
		if !w.next() {
			return false
		}
	}
	return string(w.key) == path
}

// payload tells whether the file is of the payload.
func (w *walk) payload() bool { return bytes.HasPrefix(w.key, []byte(payloadPrefix)) }

// done tells whether the file came whole.
func (w *walk) done() bool { return w.row[0]&rowDone != 0 }

// entry reads the row. Its digests hold until next.
func (w *walk) entry() *entry { return w.c.entryOf(string(w.key), w.row) }

// whole gives the files that came whole: payload or tag files. Their digests hold until the next one.
func (c *Checker) whole(tags bool) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for w := c.walk(); w.next(); {
			if w.done() && w.payload() != tags && !yield(w.entry()) {
				return
			}
		}
	}
}

// Files gives the payload or the tag files of a judged bag, by path, as Report.Payload and Report.Tags do
// where they are listed. It is for after Finish and before Close; Err tells whether it was all.
func (c *Checker) Files(tags bool) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for e := range c.whole(tags) {
			if !yield(e.entry()) {
				return
			}
		}
	}
}

// Paths gives the paths of what Files gives, at less cost.
func (c *Checker) Paths(tags bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		for w := c.walk(); w.next(); {
			if w.done() && w.payload() != tags && !yield(string(w.key)) {
				return
			}
		}
	}
}

// spooled remembers the first error of the folder that Options.Spool names. The checker is locked, or at its end.
func (c *Checker) spooled(err error) {
	if err != nil && c.broken == nil {
		c.broken = err
	}
}

// Err is nil unless what does not fit into memory could not be written or read again: then the report
// is worth nothing.
func (c *Checker) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

// Close gives back what the checker took of the folder that Options.Spool names. It may be called again.
func (c *Checker) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spooled(c.names.Close())
	c.spooled(c.ended.Close())
	for _, text := range c.texts {
		c.spooled(text.Close())
	}
	clear(c.texts)
	return c.broken
}
