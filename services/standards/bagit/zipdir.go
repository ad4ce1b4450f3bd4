package bagit

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// zipItem is an entry of a ZIP as its table of contents has it (APPNOTE 4.3.12).
type zipItem struct {
	name, unicode string // unicode is "" for none
	creator       uint16 // with attributes, what kind of file it is
	attributes    uint32
	flags, method uint16
	crc           uint32
	packed, size  int64 // bytes
	offset        int64 // of its local header
	rule          *Rule // what is wrong with it, nil for nothing
	args          []any
}

// Bits of the flags of an entry (APPNOTE 4.4.4).
const (
	zipEncrypted  = 1<<0 | 1<<6 | 1<<13
	zipDescribed  = 1 << 3 // sizes and checksum follow the data
	zipUTF8       = 1 << 11
	zipMustAgree  = zipEncrypted | zipDescribed
	zipEndSize    = 22
	zipItemSize   = 46
	zipLocalSize  = 30
	zipEnd64Size  = 56
	zipLocateSize = 20
)

// zipContents is the table of contents of a ZIP with what is wrong where its entries lie. It is stricter than
// a reader must be: a ZIP of which two programs would read two different things is refused here,
// entry by entry. Of the entries only rows are kept, in a place for what may be too many for memory.
type zipContents struct {
	zipEnd
	wrong *spool.Sorter // number of an entry → what is wrong (ziprows.go)
}

// readZip reads the table of contents and compares it with what stands before each entry.
//
// A finding is for the archive as a whole, which then is not read; the error is that of r, or of the place.
func readZip(r io.ReaderAt, size int64, l Limits, place spool.Place) (c zipContents, f *finding, err error) {
	if c.zipEnd, f, err = findZipEnd(r, size); f != nil || err != nil {
		return c, f, err
	}
	if c.count > uint64(l.Entries) {
		return c, &finding{rule: TooManyEntries, args: []any{"limit", l.Entries}}, nil
	}
	if c.count > uint64(c.to-c.from)/zipItemSize {
		return c, contents("count"), nil
	}
	lying := place.Sorter() // the entries by where they lie
	defer func() { err = errors.Join(err, lying.Close()) }()
	t := c.table(r)
	for t.next() {
		if err := lying.Add(t.item.lies(t.read-1), t.item.row()); err != nil {
			return c, nil, err
		}
	}
	if t.broken != nil || t.err != nil {
		return c, t.broken, t.err
	}
	c.wrong = place.Sorter()
	if err := c.compareLocal(r, lying); err != nil {
		return c, nil, errors.Join(err, c.wrong.Close())
	}
	return c, nil, nil
}

// zipEnd is what the end of a ZIP says: how many entries there are and where their table is.
type zipEnd struct {
	count    uint64
	from, to int64
}

func contents(field string) *finding { return &finding{rule: Contents, args: []any{"field", field}} }

// findZipEnd reads the end record (APPNOTE 4.3.16) and that of ZIP64 (4.3.14). Nothing may
// follow it but its comment, and the table must end where it begins: so nothing stands before
// the archive either.
func findZipEnd(r io.ReaderAt, size int64) (zipEnd, *finding, error) {
	tail := make([]byte, min(size, zipEndSize+math.MaxUint16))
	if err := readAt(r, tail, size-int64(len(tail))); err != nil {
		return zipEnd{}, nil, err
	}
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if i < 0 || len(tail)-i < zipEndSize {
		return zipEnd{}, &finding{rule: Broken}, nil
	}
	e := tail[i:]
	if zipEndSize+int(binary.LittleEndian.Uint16(e[20:])) != len(e) {
		return zipEnd{}, &finding{rule: Trailing}, nil
	}
	at := size - int64(len(e))
	here, count := binary.LittleEndian.Uint16(e[8:]), binary.LittleEndian.Uint16(e[10:])
	length, from := binary.LittleEndian.Uint32(e[12:]), binary.LittleEndian.Uint32(e[16:])
	end := zipEnd{uint64(count), int64(from), at}
	if count == math.MaxUint16 || length == math.MaxUint32 || from == math.MaxUint32 {
		large, found, err := findZipEnd64(r, at)
		if err != nil {
			return zipEnd{}, nil, err
		}
		if found {
			end = large
		}
	} else if int64(from)+int64(length) != at {
		return zipEnd{}, contents("offset"), nil
	}
	switch {
	case binary.LittleEndian.Uint32(e[4:]) != 0 || here != count:
		return zipEnd{}, contents("disk"), nil
	case end.from < 0 || end.from > end.to:
		return zipEnd{}, contents("offset"), nil
	case end.count == 0 && end.from != 0:
		return zipEnd{}, contents("count"), nil
	}
	return end, nil, nil
}

// findZipEnd64 reads the end record of ZIP64, which its locator before the other end points to.
func findZipEnd64(r io.ReaderAt, at int64) (end zipEnd, found bool, err error) {
	var locator [zipLocateSize]byte
	if at < zipLocateSize+zipEnd64Size {
		return zipEnd{}, false, nil
	}
	if err := readAt(r, locator[:], at-zipLocateSize); err != nil {
		return zipEnd{}, false, err
	}
	where := binary.LittleEndian.Uint64(locator[8:])
	if string(locator[:4]) != "PK\x06\x07" || where > uint64(at-zipLocateSize-zipEnd64Size) {
		return zipEnd{}, false, nil
	}
	var e [zipEnd64Size]byte
	if err := readAt(r, e[:], int64(where)); err != nil {
		return zipEnd{}, false, err
	}
	from, length := binary.LittleEndian.Uint64(e[48:]), binary.LittleEndian.Uint64(e[40:])
	if string(e[:4]) != "PK\x06\x06" || from+length != where || from > where {
		return zipEnd{from: -1}, true, nil // the caller refuses it
	}
	return zipEnd{binary.LittleEndian.Uint64(e[32:]), int64(from), int64(where)}, true, nil
}

// zipTable reads the table entry by entry. It must fill its place and hold as many entries as claimed.
type zipTable struct {
	from   *bufio.Reader
	left   int64 // bytes
	count  uint64
	read   uint64 // entries
	item   zipItem
	broken *finding // what ended it before its end; so does err, which is the reader's
	err    error
	rest   []byte
}

func (e zipEnd) table(r io.ReaderAt) *zipTable {
	left := e.to - e.from
	return &zipTable{from: bufio.NewReaderSize(io.NewSectionReader(r, e.from, left), bufferSize), left: left, count: e.count}
}

// next goes to the next entry; false behind the last, or where the table is broken.
func (t *zipTable) next() bool {
	if (t.left == 0) != (t.read == t.count) {
		t.broken = contents("count")
	}
	if t.left == 0 || t.broken != nil || t.err != nil {
		return false
	}
	var head [zipItemSize]byte
	if !t.take(head[:]) {
		return false
	}
	names, extras, comments := int(binary.LittleEndian.Uint16(head[28:])), int(binary.LittleEndian.Uint16(head[30:])), int(binary.LittleEndian.Uint16(head[32:]))
	t.left -= int64(zipItemSize + names + extras + comments)
	if string(head[:4]) != "PK\x01\x02" || t.left < 0 {
		t.broken = contents("size")
		return false
	}
	t.rest = slices.Grow(t.rest[:0], names+extras+comments)[:names+extras+comments]
	if !t.take(t.rest) {
		return false
	}
	name, extra := t.rest[:names], t.rest[names:names+extras]
	t.read++
	t.item = zipItem{
		name: string(name), unicode: unicodeName(name, extra), creator: binary.LittleEndian.Uint16(head[4:]), attributes: binary.LittleEndian.Uint32(head[38:]),
		flags: binary.LittleEndian.Uint16(head[8:]), method: binary.LittleEndian.Uint16(head[10:]), crc: binary.LittleEndian.Uint32(head[16:]),
		packed: int64(binary.LittleEndian.Uint32(head[20:])), size: int64(binary.LittleEndian.Uint32(head[24:])), offset: int64(binary.LittleEndian.Uint32(head[42:])),
	}
	if !large(extra, &t.item.size, &t.item.packed, &t.item.offset) {
		t.item.say(Headers, "field", "zip64")
	}
	return true
}

func (t *zipTable) take(p []byte) bool {
	_, err := io.ReadFull(t.from, p)
	if err != nil {
		t.broken, t.err = contents("size"), ours(err)
	}
	return err == nil
}

// large takes the values that did not fit 32 bits from the extra field of ZIP64 (APPNOTE
// 4.5.3), in their order. It is false where one that is needed is not there or negative.
func large(extra []byte, values ...*int64) bool {
	field := extraField(extra, 1)
	for _, v := range values {
		if *v != math.MaxUint32 {
			continue
		}
		if len(field) < 8 {
			return false
		}
		*v, field = int64(binary.LittleEndian.Uint64(field)), field[8:]
		if *v < 0 {
			return false
		}
	}
	return true
}

// extraField is the first of a kind among the extra fields of an entry (APPNOTE 4.5), nil for none.
func extraField(extra []byte, kind uint16) []byte {
	for len(extra) >= 4 {
		this, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			return nil
		}
		if this == kind {
			return extra[:n]
		}
		extra = extra[n:]
	}
	return nil
}

// unicodeName is the name that an entry has besides (APPNOTE 4.6.9), for programs that know of
// it; "" where there is none or it is not meant for this name.
func unicodeName(name, extra []byte) string {
	field := extraField(extra, 0x7075)
	if len(field) < 5 || field[0] != 1 || binary.LittleEndian.Uint32(field[1:]) != crc32.ChecksumIEEE(name) {
		return ""
	}
	return string(field[5:])
}

// compareLocal reads what stands before and after the data of every entry, in the order in
// which they lie, and compares it with the table.
func (c zipContents) compareLocal(r io.ReaderAt, lying *spool.Sorter) error {
	reached, before, end := int64(0), "", c.from
	order := lying.Sorted()
	for more := order.Next(); more; {
		number, item := itemOf(order.Key, order.Value)
		switch {
		case item.offset > end-zipLocalSize:
			item.say(Headers, "field", "offset")
		case item.offset < reached:
			item.say(Overlap, "other", show(before))
		case item.offset > reached:
			item.say(Hidden, "count", item.offset-reached)
		}
		next := end
		if more = order.Next(); more {
			_, following := itemOf(order.Key, order.Value)
			next = following.offset
		}
		to, err := item.compare(r, next, end)
		if err != nil {
			return err
		}
		if to > reached {
			reached, before = to, item.name
		}
		if !more && reached < end {
			item.say(Headers, "field", "size")
		}
		if err := c.note(number, &item); err != nil {
			return err
		}
	}
	return order.Err()
}

// say keeps the first thing that is wrong with an entry.
func (z *zipItem) say(r *Rule, args ...any) {
	if z.rule == nil {
		z.rule, z.args = r, args
	}
}

// compare holds the local header and the descriptor of an entry against the table and gives
// where the entry ends. next is where the following one begins, or the table.
func (z *zipItem) compare(r io.ReaderAt, next, end int64) (int64, error) {
	head := make([]byte, zipLocalSize+len(z.name))
	if z.offset < 0 || z.offset > end-int64(len(head)) {
		z.say(Headers, "field", "offset")
		return z.offset, nil
	}
	if err := readAt(r, head, z.offset); err != nil {
		return 0, err
	}
	names, extras := int(binary.LittleEndian.Uint16(head[26:])), int(binary.LittleEndian.Uint16(head[28:]))
	dataFrom := z.offset + int64(zipLocalSize+names+extras)
	to := dataFrom + z.packed
	flags := binary.LittleEndian.Uint16(head[6:])
	switch {
	case string(head[:4]) != "PK\x03\x04":
		z.say(Headers, "field", "signature")
		return z.offset, nil
	case to > end || to < dataFrom:
		z.say(Headers, "field", "size")
		return z.offset, nil
	case names != len(z.name) || string(head[zipLocalSize:]) != z.name:
		z.say(Headers, "field", "name")
	case (flags^z.flags)&zipMustAgree != 0 || binary.LittleEndian.Uint16(head[8:]) != z.method:
		z.say(Headers, "field", "method")
	case flags&zipDescribed == 0:
		extra := make([]byte, extras)
		if err := readAt(r, extra, dataFrom-int64(extras)); err != nil {
			return 0, err
		}
		packed, size := int64(binary.LittleEndian.Uint32(head[18:])), int64(binary.LittleEndian.Uint32(head[22:]))
		if !large(extra, &size, &packed) || packed != z.packed || size != z.size || binary.LittleEndian.Uint32(head[14:]) != z.crc {
			z.say(Headers, "field", "size")
		}
	default:
		described := make([]byte, max(0, min(next-to, 24)))
		if err := readAt(r, described, to); err != nil {
			return 0, err
		}
		if !z.agrees(described) {
			z.say(Headers, "field", "descriptor")
		}
		to += int64(len(described))
	}
	return to, nil
}

// agrees says whether a data descriptor (APPNOTE 4.3.9), with or without its signature and
// with sizes of 32 or 64 bits, repeats the table.
func (z *zipItem) agrees(d []byte) bool {
	if len(d) == 16 || len(d) == 24 {
		if string(d[:4]) != "PK\x07\x08" {
			return false
		}
		d = d[4:]
	}
	switch {
	case len(d) < 12 || binary.LittleEndian.Uint32(d) != z.crc:
		return false
	case len(d) == 12:
		return int64(binary.LittleEndian.Uint32(d[4:])) == z.packed && int64(binary.LittleEndian.Uint32(d[8:])) == z.size
	case len(d) == 20:
		return binary.LittleEndian.Uint64(d[4:]) == uint64(z.packed) && binary.LittleEndian.Uint64(d[12:]) == uint64(z.size)
	}
	return false
}

// judge says of an entry what is not a matter of where it lies. total is how many bytes those before it
// unpack to, and it is given with them.
func (z *zipItem) judge(total, archive int64, l Limits) int64 {
	switch {
	case z.flags&zipEncrypted != 0:
		z.rule, z.args = Encrypted, nil
	case z.method != 0 && z.method != 8:
		z.rule, z.args = Method, []any{"method", z.method}
	case z.method == 0 && z.packed != z.size:
		z.say(Headers, "field", "size")
	case z.size > l.RatioFrom && z.size/l.Ratio > z.packed:
		z.say(TooDense, "size", z.size, "ratio", l.Ratio)
	}
	// All together as one: many entries, each just below what is asked of one.
	if total += min(z.size, math.MaxInt64-total); total > l.RatioFrom && total/l.Ratio > archive {
		z.say(TooDense, "size", total, "ratio", l.Ratio)
	}
	return total
}

// readAt reads all of p; that the archive ends before it cannot be, but for a file that is cut
// while it is read.
func readAt(r io.ReaderAt, p []byte, at int64) error {
	if n, err := r.ReadAt(p, at); n < len(p) {
		return fmt.Errorf("read zip at %d: %w", at, err)
	}
	return nil
}

// ours is an error that is not the end of what is read.
func ours(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
