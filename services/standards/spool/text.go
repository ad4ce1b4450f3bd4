package spool

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// Text keeps bytes that are written once and read as often as needed. One goroutine writes, before any
// reads; it ends with Close.
type Text struct {
	place  Place
	memory bytes.Buffer
	file   *os.File // nil while all is in memory
	size   int64
}

// Text begins an empty one.
func (p Place) Text() *Text { return &Text{place: p} }

// Write takes the next bytes.
func (t *Text) Write(p []byte) (n int, err error) {
	if t.file == nil && t.memory.Len()+len(p) <= t.place.budget() {
		t.size += int64(len(p))
		return t.memory.Write(p)
	}
	if t.file == nil {
		if t.file, err = t.place.file(); err != nil {
			return 0, err
		}
		if _, err := t.file.Write(t.memory.Bytes()); err != nil {
			return 0, fmt.Errorf("spool: %w", err)
		}
		t.memory = bytes.Buffer{}
	}
	n, err = t.file.Write(p)
	t.size += int64(n)
	if err != nil {
		return n, fmt.Errorf("spool: %w", err)
	}
	return n, nil
}

// Size is how many bytes were written.
func (t *Text) Size() int64 { return t.size }

// Reader reads them from the first.
func (t *Text) Reader() io.Reader {
	if t.file == nil {
		return bytes.NewReader(t.memory.Bytes())
	}
	return io.NewSectionReader(t.file, 0, t.size)
}

// Close gives the memory and the file back.
func (t *Text) Close() (err error) {
	t.memory = bytes.Buffer{}
	if t.file != nil {
		err = t.file.Close()
		t.file = nil
	}
	return err
}
