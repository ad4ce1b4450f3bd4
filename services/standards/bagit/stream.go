package bagit

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// lines reads a text line by line: LF, CR or CRLF end one. Of a line that is longer than most bytes only so
// much is kept that it is seen to be.
type lines struct {
	from   *bufio.Reader
	most   int
	number int // of the line, from 1
	text   string
	buffer []byte
	err    error // of the reader
}

func newLines(r io.Reader, most int) *lines {
	return &lines{from: bufio.NewReaderSize(r, 64<<10), most: most}
}

// next goes to the next line; false behind the last, or on an error.
func (l *lines) next() bool {
	l.buffer = l.buffer[:0]
	for begun := false; ; begun = true {
		if _, err := l.from.Peek(1); err != nil {
			if !errors.Is(err, io.EOF) {
				l.err = err
				return false
			}
			return begun && l.line()
		}
		text, _ := l.from.Peek(l.from.Buffered()) // it is there
		end, ended := lineEnd(text)
		l.buffer = append(l.buffer, text[:min(end, max(0, l.most+1-len(l.buffer)))]...)
		if !ended {
			_, _ = l.from.Discard(end) // it was seen, as below
			continue
		}
		crlf := text[end] == '\r'
		_, _ = l.from.Discard(end + 1)
		if crlf {
			if next, err := l.from.Peek(1); err == nil && next[0] == '\n' {
				_, _ = l.from.Discard(1)
			}
		}
		return l.line()
	}
}

// lineEnd is where the first line of a text ends, and whether it does.
func lineEnd(text []byte) (end int, ended bool) {
	end = bytes.IndexByte(text, '\n')
	if ended = end >= 0; !ended {
		end = len(text)
	}
	if r := bytes.IndexByte(text[:end], '\r'); r >= 0 {
		return r, true
	}
	return end, ended
}

func (l *lines) line() bool {
	l.number++
	l.text = string(l.buffer)
	return true
}

// begins tells whether a text begins with a mark.
func begins(r io.Reader, mark []byte) (bool, error) {
	head := make([]byte, len(mark))
	_, err := io.ReadFull(r, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	}
	return err == nil && bytes.Equal(head, mark), err
}

// isUTF8 tells whether a text is UTF-8.
func isUTF8(r io.Reader) (bool, error) {
	buffer, kept := make([]byte, 64<<10), 0
	for {
		n, err := r.Read(buffer[kept:])
		text := buffer[:kept+n]
		end := len(text)
		if err == nil { // the last character may not have come whole
			for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
				if utf8.RuneStart(text[len(text)-i]) {
					if !utf8.FullRune(text[len(text)-i:]) {
						end = len(text) - i
					}
					break
				}
			}
		}
		if !utf8.Valid(text[:end]) {
			return false, nil
		}
		kept = copy(buffer, text[end:])
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// decodes tells whether a decoder gives characters to the end, and none that stands for what it did not
// know.
func decodes(r io.Reader) bool {
	for from := bufio.NewReader(r); ; {
		c, _, err := from.ReadRune()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		if c == utf8.RuneError {
			return false
		}
	}
}
