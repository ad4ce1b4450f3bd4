package hostile

import (
	"bytes"
	"hash/crc32"
	"io"
	"strings"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// zips are packages that only a ZIP can be.
func zips() []Package {
	one := func(name, code, where string, entries []zipEntry, end zipEnd) Package {
		return Package{
			Name: "zip/" + name, Code: "bagit." + code, Where: where, Forms: Zip,
			zip: func(w io.Writer) error { return writeZip(w, entries, end) },
		}
	}
	// A bomb is made when it is written: it takes a while.
	bomb := func(name, where string, entries func() []zipEntry) Package {
		return Package{
			Name: "zip/" + name, Code: "bagit.zip_ratio", Where: where, Forms: Zip,
			zip: func(w io.Writer) error { return writeZip(w, entries(), zipEnd{}) },
		}
	}
	at := func(name string) string { return base + "data/" + name }
	greeting := base + hello
	change := func(name, code, where string, f func(zipEntry) zipEntry) Package {
		return one(name, code, where, replaced(f), zipEnd{})
	}
	local := func(f func(*zipEntry)) func(zipEntry) zipEntry {
		return func(z zipEntry) zipEntry { z.local = f; return z }
	}
	all := []Package{
		bomb("bomb", at("zeros"), func() []zipEntry { return soundZip(deflated(at("zeros"), 20<<20)) }),
		bomb("bomb of archives", at("inner.zip"), func() []zipEntry { return soundZip(nested(at("inner.zip"))) }),
		bomb("bomb in pieces", at("piece-3"), func() []zipEntry { return soundZip(pieces(at("piece-"))...) }),
		one("same data twice", "zip_overlap", at("again"), soundZip(zipEntry{name: at("again"), flags: flagUTF8, mode: unixFile, at: 1, size: 55, packed: nil}), zipEnd{}),
		one("entry within an entry", "zip_overlap", at("inner"), within(at("outer"), at("inner")), zipEnd{}),
		one("two names", "zip_headers", greeting, replaced(local(func(z *zipEntry) { z.name = strings.Replace(z.name, "hello", "jello", 1) })), zipEnd{}),
		one("two sizes", "zip_headers", greeting, replaced(local(func(z *zipEntry) { z.size++ })), zipEnd{}),
		one("two checksums", "zip_headers", greeting, replaced(local(func(z *zipEntry) { z.crc ^= 1 })), zipEnd{}),
		one("two methods", "zip_headers", greeting, replaced(local(func(z *zipEntry) { z.method = 8 })), zipEnd{}),
		one("secret in one header", "zip_headers", greeting, replaced(local(func(z *zipEntry) { z.flags |= 1 })), zipEnd{}),
		change("descriptor of another size", "zip_headers", greeting, func(z zipEntry) zipEntry { return z.describe(z.crc, uint32(len(z.packed)), z.size+1) }),
		change("descriptor of another checksum", "zip_headers", greeting, func(z zipEntry) zipEntry { return z.describe(z.crc^1, uint32(len(z.packed)), z.size) }),
		change("descriptor promised", "zip_headers", greeting, func(z zipEntry) zipEntry { z.flags |= flagDescribed; return z }),
		change("stored larger than it is", "zip_headers", greeting, func(z zipEntry) zipEntry { z.size += 10; return z }),
		one("deflated larger than said", "unreadable", "data/short", soundZip(sized(deflated(at("short"), 5000), 10)), zipEnd{}),
		one("deflated smaller than said", "unreadable", "data/long", soundZip(sized(deflated(at("long"), 5000), 6000)), zipEnd{}),
		one("deflated nonsense", "unreadable", "data/x", soundZip(zipEntry{name: at("x"), flags: flagUTF8, method: 8, mode: unixFile, packed: []byte("\xff\xff\xff\xff"), size: 9}), zipEnd{}),
		one("more behind the deflated", "unreadable", "data/x", soundZip(longer(deflated(at("x"), 5000), "unseen")), zipEnd{}),
		one("another name in Unicode", "zip_headers", at("x"), soundZip(named(stored(at("x"), "x"), base+"../../evil")), zipEnd{}),
		change("wrong checksum", "unreadable", hello, func(z zipEntry) zipEntry { z.crc ^= 1; return z }),
		change("encrypted", "zip_encrypted", greeting, func(z zipEntry) zipEntry { z.flags |= 1; return z }),
		change("strongly encrypted", "zip_encrypted", greeting, func(z zipEntry) zipEntry { z.flags |= 1 | 1<<6; return z }),
		change("masked", "zip_encrypted", greeting, func(z zipEntry) zipEntry { z.flags |= 1 << 13; return z }),
		change("method of AES", "zip_method", greeting, func(z zipEntry) zipEntry { z.method = 99; return z }),
		change("method unknown", "zip_method", greeting, func(z zipEntry) zipEntry { z.method = 93; return z }),
		one("folder with content", "zip_headers", at("folder/"), soundZip(stored(at("folder/"), "x")), zipEnd{}),
		one("folder by mode alone", "zip_headers", at("folder"), soundZip(moded(stored(at("folder"), ""), 0o040755)), zipEnd{}),
		one("name not UTF-8", "name_encoding", `"data/\xff\xfe"`, soundZip(stored(at("\xff\xfe"), "x")), zipEnd{}),
		one("hidden entry", "zip_hidden", at("seen"), soundZip(hidden(at("unseen")), stored(at("seen"), "x")), zipEnd{}),
		one("something before", "zip_hidden", base+"bagit.txt", soundZip(), zipEnd{before: []byte("#!/bin/sh\nexit\n")}),
		one("something before, disowned", "zip_directory", "", soundZip(), zipEnd{before: []byte("MZ program"), shift: -10}),
		one("something after", "archive_trailing", "", soundZip(), zipEnd{after: []byte("more")}),
		one("an end in the comment", "archive_trailing", "", soundZip(), zipEnd{comment: "PK\x05\x06" + strings.Repeat("\x00", 18) + "xx"}),
		one("ten million claimed", "too_many_entries", "", soundZip(), zipEnd{large: func(uint64) uint64 { return 10_000_000 }}),
		one("more claimed than there are", "zip_directory", "", soundZip(), zipEnd{count: func(n uint16) uint16 { return n + 1 }}),
		one("fewer claimed than there are", "zip_directory", "", soundZip(), zipEnd{count: func(n uint16) uint16 { return n - 1 }}),
		one("a thousand claimed", "zip_directory", "", soundZip(), zipEnd{large: func(uint64) uint64 { return 1000 }}),
		one("part of a set", "zip_directory", "", soundZip(), zipEnd{disk: 1}),
		one("negative size", "zip_headers", at("x"), soundZip(negative(at("x"))), zipEnd{}),
		one("offset beyond the end", "zip_headers", at("x"), soundZip(zipEntry{name: at("x"), flags: flagUTF8, mode: unixFile, at: 1 << 30, hidden: false}), zipEnd{}),
		one("second bag", "archive_outside", "other/bagit.txt", soundZip(stored("other/bagit.txt", "x")), zipEnd{}),
		{Name: "zip/cut", Code: "bagit.archive_broken", Forms: Zip, zip: func(w io.Writer) error {
			var b bytes.Buffer
			err := writeZip(&b, soundZip(), zipEnd{})
			_, _ = w.Write(b.Bytes()[:b.Len()-30]) // the error is the caller's, who wrote
			return err
		}},
	}
	for i := range all {
		if all[i].Name == "zip/ten million claimed" {
			all[i].Limits = bagit.Limits{Entries: 1_000_000}
		}
	}
	return all
}

// nested is an entry that is itself a ZIP of very dense entries, packed once more.
func nested(name string) zipEntry {
	inner := make([]zipEntry, 0, 20)
	for i := range 20 {
		inner = append(inner, zipEntry{name: long("x", i+1), method: 0, packed: make([]byte, 1<<20), size: 1 << 20})
	}
	var b bytes.Buffer
	_ = writeZip(&b, inner, zipEnd{}) // a buffer takes everything
	z := deflated(name, b.Len())
	return z
}

// pieces are entries that are each below what is asked of one, and together far above.
func pieces(prefix string) []zipEntry {
	var out []zipEntry
	piece := deflated("", 15<<20)
	for _, n := range []string{"1", "2", "3", "4"} {
		piece.name = prefix + n
		out = append(out, piece)
	}
	return out
}

func sized(z zipEntry, size uint32) zipEntry { z.size = size; return z }

func moded(z zipEntry, mode uint32) zipEntry { z.mode = mode; return z }

func longer(z zipEntry, more string) zipEntry { z.packed = append(z.packed, more...); return z }

func hidden(name string) zipEntry { z := stored(name, "unseen"); z.hidden = true; return z }

// named has a second name, for programs that know of such (APPNOTE 4.6.9).
func named(z zipEntry, name string) zipEntry {
	z.extra = little(uint16(0x7075), uint16(5+len(name)), uint8(1), crc32.ChecksumIEEE([]byte(z.name)), name)
	return z
}

// negative claims a size beyond 63 bits.
func negative(name string) zipEntry {
	z := stored(name, "")
	z.size = 0xffffffff
	z.extra = little(uint16(1), uint16(8), ^uint64(0))
	return z
}

// within is a bag with an entry whose data is another entry, which the table lists too.
func within(outer, inner string) []zipEntry {
	var b bytes.Buffer
	in := stored(inner, "x")
	_ = writeZip(&b, []zipEntry{in}, zipEnd{}) // a buffer takes everything
	entries := soundZip()
	var before bytes.Buffer
	_ = writeZip(&before, entries, zipEnd{})
	from := bytes.Index(before.Bytes(), []byte("PK\x01\x02"))
	out := stored(outer, b.String()[:30+len(inner)+1])
	in.at = int64(from+30+len(outer)) + 1
	in.hidden = false
	listed := zipEntry{name: in.name, flags: in.flags, mode: in.mode, packed: in.packed, size: in.size, crc: in.crc, at: in.at}
	return append(entries, out, listed)
}
