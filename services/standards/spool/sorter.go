package spool

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Sorter takes rows in any order and gives them back by their keys; rows of one key in the order in
// which they came. One goroutine uses it at a time; it ends with Close.
type Sorter struct {
	place Place
	text  []byte // of the rows in memory
	rows  []span
	runs  []run    // what went to the file, each sorted; the oldest comes first
	file  *os.File // nil while nothing did
	end   int64
	count int
	loose bool  // the rows in memory may be out of order
	lost  error // what the file did not take; then there is nothing to give
}

// span is a row in memory: its key and value lie in text, one behind the other.
type span struct{ at, key, value int }

// run is a sorted part of the file.
type run struct{ at, size int64 }

// maxRuns is how many runs are read at once; more are merged into one first.
const maxRuns = 64

// runBuffer is how much of a run is read at once, in bytes.
const runBuffer = 16 << 10

// Sorter begins an empty one.
func (p Place) Sorter() *Sorter { return &Sorter{place: p} }

// Len is how many rows were added.
func (s *Sorter) Len() int { return s.count }

// Add takes a row; it keeps neither slice. Not while a Cursor is being read. An error comes again for every
// row after it, and from every Cursor.
func (s *Sorter) Add(key, value []byte) error {
	if s.lost != nil {
		return s.lost
	}
	if cost := len(s.text) + len(key) + len(value) + len(s.rows)*rowCost; len(s.rows) > 0 && cost > s.place.budget() {
		if s.lost = s.spill(); s.lost != nil {
			return s.lost
		}
	}
	s.rows = append(s.rows, span{len(s.text), len(key), len(value)})
	s.text = append(append(s.text, key...), value...)
	s.count++
	s.loose = true
	return nil
}

// rowCost is what a row takes in memory besides its bytes.
const rowCost = 24

func (s *Sorter) key(r span) []byte { return s.text[r.at : r.at+r.key] }

func (s *Sorter) value(r span) []byte { return s.text[r.at+r.key : r.at+r.key+r.value] }

func (s *Sorter) sort() {
	if !s.loose {
		return // others may be reading
	}
	s.loose = false
	slices.SortStableFunc(s.rows, func(a, b span) int { return bytes.Compare(s.key(a), s.key(b)) })
}

// spill writes the rows in memory to the file as a run.
func (s *Sorter) spill() (err error) {
	if s.file == nil {
		if s.file, err = s.place.file(); err != nil {
			return err
		}
	}
	if len(s.runs) == maxRuns {
		if err := s.merge(); err != nil {
			return err
		}
	}
	s.sort()
	w := s.begin(s.file)
	for _, r := range s.rows {
		w.row(s.key(r), s.value(r))
	}
	made, err := w.end()
	if err != nil {
		return err
	}
	s.runs, s.end = append(s.runs, made), made.at+made.size
	s.rows, s.text = s.rows[:0], s.text[:0]
	return nil
}

// merge makes one run of all, in a new file: the old one's space goes with it.
func (s *Sorter) merge() error {
	to, err := s.place.file()
	if err != nil {
		return err
	}
	c := s.cursor(nil)
	s.end = 0
	w := s.begin(to)
	for c.Next() {
		w.row(c.Key, c.Value)
	}
	made, err := w.end()
	if err = errors.Join(c.Err(), err); err != nil {
		return errors.Join(err, to.Close())
	}
	err = s.file.Close()
	s.file, s.runs, s.end = to, []run{made}, made.size
	return err
}

// writer writes a run behind the others.
type writer struct {
	to   *bufio.Writer
	at   int64
	size int64
	err  error
}

func (s *Sorter) begin(f *os.File) *writer {
	return &writer{to: bufio.NewWriterSize(io.NewOffsetWriter(f, s.end), 64<<10), at: s.end}
}

func (w *writer) row(key, value []byte) {
	var head [2 * binary.MaxVarintLen64]byte
	text := binary.AppendUvarint(binary.AppendUvarint(head[:0], uint64(len(key))), uint64(len(value)))
	for _, p := range [][]byte{text, key, value} {
		n, err := w.to.Write(p)
		if w.size += int64(n); err != nil {
			w.err = err
		}
	}
}

func (w *writer) end() (run, error) {
	if err := errors.Join(w.err, w.to.Flush()); err != nil {
		return run{}, fmt.Errorf("spool: %w", err)
	}
	return run{w.at, w.size}, nil
}

// Sorted begins to give the rows by their keys. It may be called again, also while another Cursor is read;
// each Cursor is one goroutine's.
func (s *Sorter) Sorted() *Cursor {
	s.sort()
	return s.cursor(s.rows)
}

func (s *Sorter) cursor(rows []span) *Cursor {
	c := &Cursor{of: s, err: s.lost}
	if s.lost != nil {
		return c
	}
	for i, r := range s.runs {
		from := bufio.NewReaderSize(io.NewSectionReader(s.file, r.at, r.size), int(min(runBuffer, r.size)))
		c.add(&source{age: i, from: from})
	}
	c.add(&source{age: len(s.runs), rows: rows})
	heap.Init(&c.sources)
	return c
}

// Close gives the memory and the file back.
func (s *Sorter) Close() error {
	s.text, s.rows, s.runs = nil, nil, nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// Cursor walks through a Sorter's rows.
type Cursor struct {
	of      *Sorter
	sources sources // the first is the one whose row was given last
	begun   bool
	err     error

	Key, Value []byte // of the row; they hold until the next call of Next
}

// Next goes to the next row; false after the last, or on an error.
func (c *Cursor) Next() bool {
	if c.begun && len(c.sources) > 0 {
		if more, err := c.sources[0].next(c.of); err != nil {
			c.err = fmt.Errorf("spool: %w", err)
		} else if more {
			heap.Fix(&c.sources, 0)
		} else {
			heap.Pop(&c.sources)
		}
	}
	c.begun = true
	if c.err != nil || len(c.sources) == 0 {
		c.Key, c.Value = nil, nil
		return false
	}
	c.Key, c.Value = c.sources[0].key, c.sources[0].value
	return true
}

// Err is what ended the walk before its end.
func (c *Cursor) Err() error { return c.err }

// add puts a source among the others, if it has a row.
func (c *Cursor) add(s *source) {
	more, err := s.next(c.of)
	if err != nil {
		c.err = fmt.Errorf("spool: %w", err)
	}
	if more {
		c.sources = append(c.sources, s)
	}
}

// source is a run, or what is in memory.
type source struct {
	age        int // rows of one key: the older source's first
	from       *bufio.Reader
	rows       []span
	text       []byte
	key, value []byte
}

func (s *source) next(of *Sorter) (more bool, err error) {
	if s.from == nil {
		if len(s.rows) == 0 {
			return false, nil
		}
		s.key, s.value = of.key(s.rows[0]), of.value(s.rows[0])
		s.rows = s.rows[1:]
		return true, nil
	}
	key, err := binary.ReadUvarint(s.from)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	value, err2 := binary.ReadUvarint(s.from)
	if err = errors.Join(err, err2); err != nil {
		return false, err
	}
	s.text = slices.Grow(s.text[:0], int(key+value))[:key+value]
	if _, err := io.ReadFull(s.from, s.text); err != nil {
		return false, err
	}
	s.key, s.value = s.text[:key], s.text[key:]
	return true, nil
}

type sources []*source

func (s sources) Len() int { return len(s) }
func (s sources) Less(i, j int) bool {
	c := bytes.Compare(s[i].key, s[j].key)
	return c < 0 || c == 0 && s[i].age < s[j].age
}
func (s sources) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *sources) Push(x any) {
	one, _ := x.(*source)
	*s = append(*s, one)
}

func (s *sources) Pop() any {
	last := len(*s) - 1
	one := (*s)[last]
	*s = (*s)[:last]
	return one
}
