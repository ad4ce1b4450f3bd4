package pronom

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf16"
)

// contents is what could be seen of a container's inside.
type contents struct {
	kind    string
	entries map[string]func() []byte // the content of an entry, nil where it cannot be seen
}

func (c contents) holdsAny(options []Inside) bool {
	for _, o := range options {
		content, there := c.entries[o.Entry]
		if !there {
			continue
		}
		if o.Holds == "" || (content != nil && bytes.Contains(content(), []byte(o.Holds))) {
			return true
		}
	}
	return false
}

const (
	zipHead = "PK\x03\x04"
	zipVoid = "PK\x05\x06"
	oleHead = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
)

func containerKind(v view) string {
	switch {
	case bytes.HasPrefix(v.head, []byte(zipHead)), bytes.HasPrefix(v.head, []byte(zipVoid)):
		return "zip"
	case bytes.HasPrefix(v.head, []byte(oleHead)):
		return "ole2"
	}
	return ""
}

func open(kind string, v view) contents {
	if kind == "zip" {
		return contents{kind, zipEntries(v)}
	}
	return contents{kind, oleEntries(v)}
}

// errUnseen is the answer of a window for bytes that were not kept.
var errUnseen = errors.New("outside the windows")

// ReadAt reads the file as far as the windows show it.
func (v view) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= v.size {
		return 0, io.EOF
	}
	end := off + int64(len(p))
	switch tailStart := v.size - int64(len(v.tail)); {
	case end <= int64(len(v.head)):
		return copy(p, v.head[off:]), nil
	case off >= tailStart:
		n := copy(p, v.tail[off-tailStart:])
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	case off < int64(len(v.head)) && tailStart > int64(len(v.head)):
		return copy(p, v.head[off:]), errUnseen
	case off < int64(len(v.head)):
		n := copy(p, v.head[off:])
		m := copy(p[n:], v.tail[int64(len(v.head))-tailStart:])
		if n+m < len(p) {
			return n + m, io.EOF
		}
		return n + m, nil
	}
	return 0, errUnseen
}

// entryLimit bounds what is unpacked of one entry: the declarations that rows ask for
// stand at the beginning, and a packed bomb costs no more than this.
const entryLimit = 256 << 10

// zipEntries lists a ZIP file's entries from its central directory. Where that is not in
// the tail window (very many entries) the local headers in the head are listed, without
// content.
func zipEntries(v view) map[string]func() []byte {
	found := map[string]func() []byte{}
	if n, ok := zipCount(v); ok && n <= int64(len(v.tail))/46 {
		if r, err := zip.NewReader(v, v.size); err == nil {
			for _, f := range r.File {
				if _, seen := found[f.Name]; !seen {
					found[f.Name] = sync.OnceValue(func() []byte { return unpack(f) })
				}
			}
			if kind := found["mimetype"]; kind != nil {
				found["mimetype+version"] = sync.OnceValue(func() []byte { return odfVersion(kind(), found) })
			}
			return found
		}
	}
	rest := v.head
	for range 256 {
		i := bytes.Index(rest, []byte(zipHead))
		if i < 0 || len(rest) < i+30 {
			break
		}
		n := int(binary.LittleEndian.Uint16(rest[i+26:]))
		if len(rest) >= i+30+n {
			found[string(rest[i+30:i+30+n])] = nil
		}
		rest = rest[i+4:]
	}
	return found
}

// odfVersion is the media type of an OpenDocument file with the version that its content
// names, as "type version"; PRONOM tells the versions apart by it.
func odfVersion(kind []byte, entries map[string]func() []byte) []byte {
	content := entries["content.xml"]
	if content == nil {
		return nil
	}
	_, rest, found := bytes.Cut(content(), []byte("office:version="))
	if !found || len(rest) < 5 {
		return nil
	}
	return fmt.Appendf(nil, "%s %s", bytes.TrimSpace(kind), rest[1:4])
}

// unpack is the beginning of an entry, or nothing when it lies outside the windows.
func unpack(f *zip.File) []byte {
	r, err := f.Open()
	if err != nil {
		return nil
	}
	content, _ := io.ReadAll(io.LimitReader(r, entryLimit)) // what could be read is what we judge by
	_ = r.Close()
	return content
}

// zipCount is the number of entries that the archive claims. It is asked before
// archive/zip is, which makes room for as many as are claimed in proportion to the file's
// size: for a file of many gigabytes a lie would cost gigabytes of memory.
func zipCount(v view) (int64, bool) {
	at := bytes.LastIndex(v.tail, []byte(zipVoid))
	if at < 0 || at+22 > len(v.tail) {
		return 0, false
	}
	n := int64(binary.LittleEndian.Uint16(v.tail[at+10:]))
	if at < 20 || string(v.tail[at-20:at-16]) != "PK\x06\x07" {
		return n, true
	}
	var record [56]byte
	where := int64(binary.LittleEndian.Uint64(v.tail[at-12:]))
	if _, err := v.ReadAt(record[:], where); err != nil {
		return 0, false
	}
	count := binary.LittleEndian.Uint64(record[32:])
	if count > 1<<40 {
		return 0, false
	}
	return max(n&^0xffff, int64(count)), true
}

// directoryNeeds is how many bytes of the head tell where an OLE2 directory lies.
const directoryNeeds = 76

// capture keeps a few bytes at a place that the head names and that may lie between the
// windows: the first sectors of an OLE2 directory, which Word and Excel write after the
// content.
type capture struct {
	set      bool
	from, to int64
	data     []byte
}

const directorySpace = 4 << 10

// aim reads from the header of an OLE2 file where its directory begins.
func (c *capture) aim(head []byte) {
	c.set = true
	if !bytes.HasPrefix(head, []byte(oleHead)) {
		return
	}
	shift := binary.LittleEndian.Uint16(head[30:])
	if shift != 9 && shift != 12 {
		return
	}
	sector := int64(binary.LittleEndian.Uint32(head[48:]))
	c.from = (sector + 1) << shift
	c.to = c.from + directorySpace
}

func (c *capture) take(p []byte, at int64) {
	end := at + int64(len(p))
	if c.to == 0 || end <= c.from || at >= c.to {
		return
	}
	c.data = append(c.data, p[max(c.from, at)-at:min(c.to, end)-at]...)
}

// oleEntries lists the names in what is seen of an OLE2 directory. A directory entry is
// 128 bytes long, begins with its name in UTF-16LE and says the name's length in bytes
// at offset 64.
func oleEntries(v view) map[string]func() []byte {
	found := map[string]func() []byte{}
	for at := 512; at+128 <= len(v.head); at += 128 {
		addEntry(found, v.head[at:at+128])
	}
	for at := 0; at+128 <= len(v.extra); at += 128 {
		addEntry(found, v.extra[at:at+128])
	}
	tailStart := v.size - int64(len(v.tail))
	for at := int((128 - tailStart%128) % 128); at+128 <= len(v.tail); at += 128 {
		addEntry(found, v.tail[at:at+128])
	}
	if _, word := found["WordDocument"]; word {
		for _, window := range [][]byte{v.head, v.tail} {
			for _, old := range []string{"Word.Document.6", "Word.Document.7"} {
				if bytes.Contains(window, []byte(old+"\x00")) {
					found["CompObj "+old] = nil
				}
			}
		}
	}
	return found
}

func addEntry(found map[string]func() []byte, entry []byte) {
	n := int(binary.LittleEndian.Uint16(entry[64:]))
	kind := entry[66]
	if n < 4 || n > 64 || n%2 != 0 || (kind != 1 && kind != 2 && kind != 5) || entry[n-2] != 0 || entry[n-1] != 0 {
		return
	}
	units := make([]uint16, 0, 31)
	for i := 0; i < n-2; i += 2 {
		units = append(units, binary.LittleEndian.Uint16(entry[i:]))
	}
	name := string(utf16.Decode(units))
	found[strings.TrimLeft(name, "\x01\x03\x05")] = nil
}
