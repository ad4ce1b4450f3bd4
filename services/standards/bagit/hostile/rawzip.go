package hostile

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
)

// zipEntry is an entry of a ZIP. What stands before its data and in the table of contents can
// be told to differ.
type zipEntry struct {
	name          string
	flags, method uint16
	mode          uint32 // of Unix
	packed        []byte
	size          uint32 // unpacked
	crc           uint32
	extra         []byte
	descriptor    []byte // after the data
	hidden        bool   // not in the table
	at            int64  // where the table says it is; 0 for where it is
	local         func(*zipEntry)
}

// zipEnd is what the end of a ZIP says otherwise than is true.
type zipEnd struct {
	before, after []byte
	count         func(n uint16) uint16
	comment       string
	shift         int32 // of the table
	large         func(n uint64) uint64
	disk          uint16
}

const (
	flagUTF8      = 1 << 11
	flagDescribed = 1 << 3
	unixFile      = 0o100644
)

// zipped is entries as an honest writer would write them.
func zipped(entries []Entry) []zipEntry {
	modes := map[Kind]uint32{File: unixFile, Directory: 0o040755, Symlink: 0o120777, Fifo: 0o010644, Socket: 0o140644, Device: 0o020644}
	out := make([]zipEntry, 0, len(entries))
	for _, e := range entries {
		content := e.Content
		if e.Kind == Symlink {
			content = e.Link
		}
		z := stored(e.inArchive(), content)
		z.mode = modes[e.Kind]
		if e.Kind == Directory {
			z.name += "/"
		}
		out = append(out, z)
	}
	return out
}

func stored(name, content string) zipEntry {
	return zipEntry{name: name, flags: flagUTF8, mode: unixFile, packed: []byte(content), size: uint32(len(content)), crc: crc32.ChecksumIEEE([]byte(content))}
}

// deflated is an entry of n bytes that are all the same, packed as tightly as can be.
func deflated(name string, n int) zipEntry {
	var b bytes.Buffer
	sum := crc32.NewIEEE()
	w, _ := flate.NewWriter(&b, flate.BestCompression) // the level is one there is
	_, _ = io.CopyN(io.MultiWriter(w, sum), zero{}, int64(n))
	_ = w.Close() // a buffer takes everything
	return zipEntry{name: name, flags: flagUTF8, method: 8, mode: unixFile, packed: b.Bytes(), size: uint32(n), crc: sum.Sum32()}
}

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// describe moves sizes and checksum behind the data (APPNOTE 4.3.9).
func (z zipEntry) describe(crc, packed, size uint32) zipEntry {
	z.flags |= flagDescribed
	z.descriptor = little("PK\x07\x08", crc, packed, size)
	z.local = func(l *zipEntry) { l.crc, l.size, l.packed = 0, 0, nil }
	return z
}

// little writes values in the order of bytes of a ZIP; a text as it is.
func little(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		if s, ok := v.(string); ok {
			b.WriteString(s)
			continue
		}
		_ = binary.Write(&b, binary.LittleEndian, v) // a buffer takes everything
	}
	return b.Bytes()
}

// writeZip writes a ZIP that lies as it is told.
func writeZip(w io.Writer, entries []zipEntry, end zipEnd) error {
	var b, table bytes.Buffer
	b.Write(end.before)
	count := uint16(0)
	for _, z := range entries {
		at := int64(b.Len())
		local := z
		if z.local != nil {
			z.local(&local)
		}
		b.Write(little("PK\x03\x04", uint16(20), local.flags, local.method, uint16(0), uint16(33), local.crc,
			uint32(len(local.packed)), local.size, uint16(len(local.name)), uint16(len(local.extra)), local.name, string(local.extra)))
		b.Write(z.packed)
		b.Write(z.descriptor)
		if z.hidden {
			continue
		}
		if z.at != 0 {
			at = z.at - 1
		}
		count++
		table.Write(little("PK\x01\x02", uint16(3<<8|20), uint16(20), z.flags, z.method, uint16(0), uint16(33), z.crc,
			uint32(len(z.packed)), z.size, uint16(len(z.name)), uint16(len(z.extra)), uint16(0), uint16(0), uint16(0), z.mode<<16, uint32(at), z.name, string(z.extra)))
	}
	from, length := b.Len(), table.Len()
	b.Write(table.Bytes())
	said := count
	if end.count != nil {
		said = end.count(count)
	}
	if end.large != nil {
		where := uint64(b.Len())
		n := end.large(uint64(count))
		b.Write(little("PK\x06\x06", uint64(44), uint16(45), uint16(45), uint32(0), uint32(0), n, n, uint64(length), uint64(from)))
		b.Write(little("PK\x06\x07", uint32(0), where, uint32(1)))
		said = 0xffff
	}
	b.Write(little("PK\x05\x06", end.disk, end.disk, said, said, uint32(length), uint32(int32(from)+end.shift), uint16(len(end.comment)), end.comment))
	b.Write(end.after)
	_, err := w.Write(b.Bytes())
	return err
}

// soundZip is the sound bag with more, as a ZIP.
func soundZip(more ...zipEntry) []zipEntry { return append(zipped(Sound().Entries), more...) }

// replaced is the sound bag with the entry of hello told to be otherwise.
func replaced(change func(zipEntry) zipEntry) []zipEntry {
	entries := soundZip()
	for i, z := range entries {
		if strings.HasSuffix(z.name, hello) {
			entries[i] = change(z)
		}
	}
	return entries
}
