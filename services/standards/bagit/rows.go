package bagit

import (
	"encoding/binary"
	"encoding/hex"
	"iter"
	"maps"
	"slices"
	"strings"

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
	for _, digest := range []string{e.SHA256, e.SHA512, e.BLAKE3} {
		row = appendDigest(row, digest)
	}
	for _, algorithm := range slices.Sorted(maps.Keys(e.digests)) {
		row = append(append(row, byte(len(algorithm))), algorithm...)
		row = appendDigest(row, e.digests[algorithm])
	}
	return row
}

func appendDigest(row []byte, text string) []byte {
	digest, err := hex.DecodeString(text)
	if err != nil {
		digest = nil // none of ours: then there is none
	}
	return append(append(row, byte(len(digest))), digest...)
}

// entryOf reads a row.
func (c *Checker) entryOf(path string, row []byte) *entry {
	e := &entry{done: row[0]&rowDone != 0, aborted: row[0]&rowAborted != 0}
	row = row[1:]
	size, n := binary.Uvarint(row)
	row = row[n:]
	format, n := binary.Uvarint(row)
	row = row[n:]
	text := func() string {
		raw := row[1 : 1+row[0]]
		row = row[1+len(raw):]
		return hex.EncodeToString(raw)
	}
	e.Entry = Entry{Path: path, Size: int64(size), Format: c.formats.all[format], SHA256: text(), SHA512: text(), BLAKE3: text()}
	for len(row) > 0 {
		algorithm := string(row[1 : 1+row[0]])
		row = row[1+len(algorithm):]
		if e.digests == nil {
			e.digests = map[string]string{}
		}
		e.digests[algorithm] = text()
	}
	return e
}

// walk goes through the files by path.
type walk struct {
	c    *Checker
	rows *spool.Cursor
	more bool
	e    *entry // the file that next went to
	row  []byte
}

func (c *Checker) walk() *walk {
	w := &walk{c: c, rows: c.ended.Sorted()}
	w.more = w.rows.Next()
	return w
}

// next goes to the next file.
func (w *walk) next() bool {
	if !w.more {
		w.e = nil
		w.c.spooled(w.rows.Err())
		return false
	}
	path := string(w.rows.Key)
	for w.more && string(w.rows.Key) == path {
		w.row = append(w.row[:0], w.rows.Value...)
		w.more = w.rows.Next()
	}
	w.e = w.c.entryOf(path, w.row)
	return true
}

// to goes to the first file that is not before a path, and tells whether it is that one.
func (w *walk) to(path string) bool {
	for w.e == nil || w.e.Path < path {
		if !w.next() {
			return false
		}
	}
	return w.e.Path == path
}

// whole gives the files that came whole: payload or tag files.
func (c *Checker) whole(tags bool) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for w := c.walk(); w.next(); {
			if w.e.done && strings.HasPrefix(w.e.Path, payloadPrefix) != tags && !yield(w.e) {
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
			if !yield(e.Entry) {
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
