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
	tiers []tier // what went to files: a run of a tier is as old as fanIn runs of the one below it
	count int
	loose bool  // the rows in memory may be out of order
	lost  error // what the file did not take; then there is nothing to give
}

// tier is a file of runs, each sorted; the oldest comes first.
type tier struct {
	file *os.File // nil while it has none
	runs []run
	end  int64
}

// span is a row in memory: its key and value lie in text, one behind the other.
type span struct{ at, key, value int }

// run is a sorted part of a file.
type run struct{ at, size int64 }

// fanIn is how many runs a tier has before they are merged into one of the next: as many are read at once for that,
// and one less of each tier when the rows are given. With 1 MiB in memory the second tier reaches to 256 MiB.
const fanIn = 16

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

// spill writes the rows in memory to the first tier as a run, and makes room there.
func (s *Sorter) spill() error {
	s.sort()
	w, err := s.begin(0)
	if err != nil {
		return err
	}
	for _, r := range s.rows {
		w.row(s.key(r), s.value(r))
	}
	if err := w.end(); err != nil {
		return err
	}
	s.rows, s.text = s.rows[:0], s.text[:0]
	for n := 0; len(s.tiers[n].runs) == fanIn; n++ {
		if err := s.merge(n); err != nil {
			return err
		}
	}
	return nil
}

// merge makes one run of the next tier of all that a tier has; its file's space goes.
func (s *Sorter) merge(n int) error {
	w, err := s.begin(n + 1)
	if err != nil {
		return err
	}
	c := s.cursor(s.tiers[n:n+1], nil)
	for c.Next() {
		w.row(c.Key, c.Value)
	}
	if err := errors.Join(c.Err(), w.end()); err != nil {
		return err
	}
	return s.tiers[n].close()
}

// close gives the file back.
func (t *tier) close() error {
	file := t.file
	*t = tier{}
	if file == nil {
		return nil
	}
	return file.Close()
}

// writer writes a run behind the others of its tier.
type writer struct {
	tier *tier
	to   *bufio.Writer
	size int64
	err  error
}

// begin begins a run of a tier, which may be the first that there is of it.
func (s *Sorter) begin(n int) (w *writer, err error) {
	if n == len(s.tiers) {
		s.tiers = append(s.tiers, tier{})
	}
	t := &s.tiers[n]
	if t.file == nil {
		if t.file, err = s.place.file(); err != nil {
			return nil, err
		}
	}
	return &writer{tier: t, to: bufio.NewWriterSize(io.NewOffsetWriter(t.file, t.end), 64<<10)}, nil
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

// end adds the run to its tier.
func (w *writer) end() error {
	if err := errors.Join(w.err, w.to.Flush()); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	t := w.tier
	t.runs, t.end = append(t.runs, run{t.end, w.size}), t.end+w.size
	return nil
}

// Sorted begins to give the rows by their keys. It may be called again, also while another Cursor is read;
// each Cursor is one goroutine's.
func (s *Sorter) Sorted() *Cursor {
	s.sort()
	return s.cursor(s.tiers, s.rows)
}

// cursor walks through some tiers, of which the last has the oldest rows, and rows in memory.
func (s *Sorter) cursor(tiers []tier, rows []span) *Cursor {
	c := &Cursor{of: s, err: s.lost}
	if s.lost != nil {
		return c
	}
	age := 0
	for _, t := range slices.Backward(tiers) {
		for _, r := range t.runs {
			from := bufio.NewReaderSize(io.NewSectionReader(t.file, r.at, r.size), int(min(runBuffer, r.size)))
			c.add(&source{age: age, from: from})
			age++
		}
	}
	c.add(&source{age: age, rows: rows})
	heap.Init(&c.sources)
	return c
}

// Close gives the memory and the file back.
func (s *Sorter) Close() error {
	s.text, s.rows = nil, nil
	errs := make([]error, len(s.tiers))
	for i := range s.tiers {
		errs[i] = s.tiers[i].close()
	}
	s.tiers = nil
	return errors.Join(errs...)
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
