package parcel

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"math"
	"slices"
)

// Archive is a ZIP whose table of contents may be too long for memory. archive/zip holds all of it; here it
// gets it part by part, each as if the ZIP had no other entries, so that names, sizes, checksums and data are
// read by that library alone. Its methods may be called by several goroutines at once.
type Archive struct {
	// Inflate unpacks deflated entries; nil is archive/zip's own. It is set before Entries is called.
	Inflate zip.Decompressor

	from  io.ReaderAt
	size  int64  // bytes
	at    int64  // where the table of contents begins
	base  int64  // how much stands before the ZIP: a program that unpacks it
	count uint64 // entries, as the end of the ZIP says; many programs say it modulo 65,536
}

// How much of a table of contents is in memory at once.
const (
	partEntries = 1000
	partBytes   = 1 << 20
)

// Records of a ZIP, and their lengths without what varies (APPNOTE 4.3).
const (
	endRecord, endLength         = "PK\x05\x06", 22
	end64Record, end64Length     = "PK\x06\x06", 56
	locatorRecord, locatorLength = "PK\x06\x07", 20
	entryRecord, entryLength     = "PK\x01\x02", 46
)

// Open finds the table of contents of a ZIP of so many bytes. The error is zip.ErrFormat, or that of from.
func Open(from io.ReaderAt, size int64) (*Archive, error) {
	tail := make([]byte, min(size, 65<<10)) // as much as archive/zip looks at
	if err := readAt(from, tail, size-int64(len(tail))); err != nil {
		return nil, err
	}
	i := -1
	if len(tail) >= endLength {
		i = bytes.LastIndex(tail[:len(tail)-endLength+len(endRecord)], []byte(endRecord))
	}
	if i < 0 || i+endLength+int(binary.LittleEndian.Uint16(tail[i+20:])) > len(tail) {
		return nil, zip.ErrFormat
	}
	e, end := tail[i:], size-int64(len(tail)-i)
	a := &Archive{from: from, size: size, count: uint64(binary.LittleEndian.Uint16(e[10:]))}
	length, offset := uint64(binary.LittleEndian.Uint32(e[12:])), uint64(binary.LittleEndian.Uint32(e[16:]))
	if a.count == math.MaxUint16 || length == math.MaxUint16 || offset == math.MaxUint32 {
		large, at, err := end64(from, end)
		if err != nil {
			return nil, err
		}
		if large != nil {
			end, a.count = at, binary.LittleEndian.Uint64(large[32:])
			length, offset = binary.LittleEndian.Uint64(large[40:]), binary.LittleEndian.Uint64(large[48:])
		}
	}
	if length > math.MaxInt64 || offset > math.MaxInt64 {
		return nil, zip.ErrFormat
	}
	a.base = end - int64(length) - int64(offset)
	if a.at = a.base + int64(offset); a.at < 0 || a.at >= size {
		return nil, zip.ErrFormat
	}
	if a.base > 0 && a.entryAt(int64(offset)) {
		a.base, a.at = 0, int64(offset) // some programs count wrong; archive/zip takes this for it too
	}
	return a, nil
}

// end64 is the end record of ZIP64, and where it stands; nil where there is none.
func end64(from io.ReaderAt, end int64) ([]byte, int64, error) {
	if end < locatorLength {
		return nil, 0, nil
	}
	locator := make([]byte, locatorLength)
	if err := readAt(from, locator, end-locatorLength); err != nil {
		return nil, 0, err
	}
	if string(locator[:4]) != locatorRecord || binary.LittleEndian.Uint32(locator[4:]) != 0 || binary.LittleEndian.Uint32(locator[16:]) != 1 {
		return nil, 0, nil
	}
	at := binary.LittleEndian.Uint64(locator[8:])
	if at > uint64(end) {
		return nil, 0, zip.ErrFormat
	}
	e := make([]byte, end64Length)
	if err := readAt(from, e, int64(at)); err != nil {
		return nil, 0, err
	}
	if string(e[:4]) != end64Record {
		return nil, 0, zip.ErrFormat
	}
	return e, int64(at), nil
}

// entryAt tells whether a whole entry stands there, as archive/zip reads it.
func (a *Archive) entryAt(at int64) bool {
	part, count, err := nextPart(bufio.NewReader(io.NewSectionReader(a.from, at, a.size-at)), 1)
	if err != nil || count == 0 {
		return false
	}
	_, err = (&Archive{from: a.from, size: a.size, at: at}).read(part, count)
	return err == nil
}

// readAt reads all of p; an end before it is none of a ZIP.
func readAt(from io.ReaderAt, p []byte, at int64) error {
	n, err := from.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return zip.ErrFormat
	}
	return err
}

// Entries gives what the table of contents lists, in its order. The error is zip.ErrFormat where the table is
// broken or has more or fewer entries than the ZIP says: it comes after the entries that were read, so that
// whoever must not begin in vain goes through them once before.
func (a *Archive) Entries() iter.Seq2[*zip.File, error] {
	return func(yield func(*zip.File, error) bool) {
		table := bufio.NewReaderSize(io.NewSectionReader(a.from, a.at, a.size-a.at), 64<<10)
		total := uint64(0)
		for {
			part, count, err := nextPart(table, partEntries)
			if err == nil && count == 0 && uint16(total) != uint16(a.count) {
				err = zip.ErrFormat
			}
			var files []*zip.File
			if err == nil && count > 0 {
				files, err = a.read(part, count)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if count == 0 {
				return
			}
			for _, f := range files {
				if !yield(f, nil) {
					return
				}
			}
			total += uint64(count)
		}
	}
}

// nextPart reads some entries of the table as they stand there, at most so many; none after the last. What is no entry
// ends it.
func nextPart(table *bufio.Reader, most int) (part []byte, count int, err error) {
	for count < most && len(part) < partBytes {
		head, err := table.Peek(entryLength)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, err
		}
		if len(head) == 0 {
			return nil, 0, zip.ErrFormat // the end record must follow
		}
		if len(head) < entryLength || string(head[:4]) != entryRecord {
			break
		}
		length := entryLength
		for _, at := range []int{28, 30, 32} { // of the name, the extra fields, the comment
			length += int(binary.LittleEndian.Uint16(head[at:]))
		}
		begins := len(part)
		part = append(part, make([]byte, length)...)
		switch _, err := io.ReadFull(table, part[begins:]); {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return part[:begins], count, nil
		case err != nil:
			return nil, 0, err
		}
		count++
	}
	return part, count, nil
}

// read lets archive/zip read a part of the table. It gets the ZIP from its base on: where one begins later, it looks for an
// entry at the place that would be the table's otherwise, and could find our own there.
func (a *Archive) read(part []byte, count int) ([]*zip.File, error) {
	end := make([]byte, end64Length+locatorLength+endLength)
	large, locator, small := end[:end64Length], end[end64Length:end64Length+locatorLength], end[end64Length+locatorLength:]
	copy(large, end64Record)
	binary.LittleEndian.PutUint64(large[4:], end64Length-12)
	binary.LittleEndian.PutUint64(large[24:], uint64(count))
	binary.LittleEndian.PutUint64(large[32:], uint64(count))
	binary.LittleEndian.PutUint64(large[40:], uint64(len(part)))
	at := a.at - a.base
	binary.LittleEndian.PutUint64(large[48:], uint64(at))
	copy(locator, locatorRecord)
	binary.LittleEndian.PutUint64(locator[8:], uint64(at)+uint64(len(part)))
	binary.LittleEndian.PutUint32(locator[16:], 1)
	copy(small, endRecord)
	copy(small[8:], bytes.Repeat([]byte{0xff}, 12)) // all is in the large one
	tail := slices.Concat(part, end)
	whole := &partly{a.from, a.base, at, tail}
	z, err := zip.NewReader(whole, at+int64(len(tail)))
	whole.tail = nil // the entries' data is read from what is there, wherever they say that it lies
	if err == nil && len(z.File) != count {
		err = zip.ErrFormat
	}
	if err != nil {
		return nil, err
	}
	if a.Inflate != nil {
		z.RegisterDecompressor(zip.Deflate, a.Inflate)
	}
	return z.File, nil
}

// partly is a ZIP from its base up to its table of contents, and then a part of that; without a tail it is the ZIP as it is.
type partly struct {
	from     io.ReaderAt
	base, at int64
	tail     []byte
}

func (p *partly) ReadAt(to []byte, at int64) (n int, err error) {
	if p.tail == nil {
		return p.before(to, at)
	}
	if at < p.at {
		n, err = p.before(to[:min(int64(len(to)), p.at-at)], at)
		if n == len(to) || err != nil && !errors.Is(err, io.EOF) || at+int64(n) < p.at {
			return n, err
		}
	}
	n += copy(to[n:], p.tail[min(at+int64(n)-p.at, int64(len(p.tail))):])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

// before reads the ZIP itself; nothing lies before its first byte.
func (p *partly) before(to []byte, at int64) (int, error) {
	if at+p.base < 0 {
		return 0, zip.ErrFormat
	}
	return p.from.ReadAt(to, at+p.base)
}
