package hostile

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// writeTar writes entries as an honest writer would, whatever they are called.
func writeTar(w io.Writer, entries []Entry) error {
	for _, e := range entries {
		if err := e.tarTo(w); err != nil {
			return err
		}
	}
	_, err := w.Write(make([]byte, 1024))
	return err
}

var tarKinds = map[Kind]byte{
	File: tar.TypeReg, Directory: tar.TypeDir, Symlink: tar.TypeSymlink, HardLink: tar.TypeLink, Fifo: tar.TypeFifo, Device: tar.TypeChar,
}

// tarTo writes one entry, without the end.
func (e Entry) tarTo(w io.Writer) error {
	var records string
	name := e.inArchive()
	if len(name) > 100 || !ascii(name) {
		records = record("path", name)
		name = "long"
	}
	if records != "" {
		if err := block(w, "pax", tar.TypeXHeader, "", int64(len(records)), records); err != nil {
			return err
		}
	}
	return block(w, name, tarKinds[e.Kind], e.Link, int64(len(e.Content)), e.Content)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// record is one of a pax header: its length, which counts itself, key and value.
func record(key, value string) string {
	rest := " " + key + "=" + value + "\n"
	n := len(rest)
	for len(fmt.Sprint(n))+len(rest) != n {
		n = len(fmt.Sprint(n)) + len(rest)
	}
	return fmt.Sprint(n) + rest
}

// block writes a header that says what it is told, and content, filled up to 512 bytes.
func block(w io.Writer, name string, kind byte, link string, size int64, content string) error {
	h := make([]byte, 512)
	copy(h[:100], name)
	copy(h[100:], "0000644\x000000000\x000000000\x00")
	copy(h[124:], fmt.Sprintf("%011o\x00", size))
	copy(h[136:], "00000000000\x00        ")
	h[156] = kind
	copy(h[157:257], link)
	copy(h[257:], "ustar\x0000")
	sum := 0
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	_, err := w.Write(h)
	_, err2 := io.WriteString(w, content)
	_, err3 := w.Write(make([]byte, (512-len(content)%512)%512))
	return errors.Join(err, err2, err3)
}

// tars are packages that only a tar can be.
func tars() []Package {
	one := func(name, code, where string, write func(io.Writer) error) Package {
		return Package{Name: "tar/" + name, Code: "bagit." + code, Where: where, Forms: Tar, tar: write}
	}
	// after writes the sound bag without its end, and then more.
	after := func(more func(w io.Writer) error) func(io.Writer) error {
		return func(w io.Writer) error {
			for _, e := range Sound().Entries {
				if err := e.tarTo(w); err != nil {
					return err
				}
			}
			if err := more(w); err != nil {
				return err
			}
			_, err := w.Write(make([]byte, 1024))
			return err
		}
	}
	// described writes an entry behind pax records.
	described := func(name string, kind byte, content string, records string) func(io.Writer) error {
		return after(func(w io.Writer) error {
			return errors.Join(
				block(w, "pax", kind, "", int64(len(records)), records),
				block(w, base+name, tar.TypeReg, "", int64(len(content)), content),
			)
		})
	}
	typed := func(name string, kind byte, size int64) func(io.Writer) error {
		return after(func(w io.Writer) error { return block(w, base+name, kind, "", size, "") })
	}
	whole := func() []byte {
		var b bytes.Buffer
		_ = writeTar(&b, Sound().Entries) // a buffer takes everything
		return b.Bytes()
	}
	return []Package{
		one("sparse, pax", "tar_sparse", "data/sparse", described("sparse", tar.TypeXHeader, "1\n0\n0\n"+long("\x00", 506),
			record("GNU.sparse.major", "1")+record("GNU.sparse.minor", "0")+record("GNU.sparse.name", base+"data/sparse")+record("GNU.sparse.realsize", "1152921504606846976"))),
		one("sparse, GNU", "tar_sparse", "data/sparse", after(func(w io.Writer) error { return oldSparse(w, base+"data/sparse") })),
		one("name in pax", "traversal", "../../evil", described("data/honest", tar.TypeXHeader, "x", record("path", "../../evil"))),
		one("size in pax", "unreadable", "data/x", described("data/x", tar.TypeXHeader, "x", record("size", "1099511627776"))),
		one("size beyond 64 bits", "archive_broken", base+"data/папка/іс.txt", described("data/x", tar.TypeXHeader, "x", record("size", "99999999999999999999"))),
		one("record cut", "archive_broken", base+"data/папка/іс.txt", described("data/x", tar.TypeXHeader, "x", "999 path=x\n")),
		one("header for all", "tar_header", "../../evil", globalHeader(after)),
		one("volume label", "tar_header", "bag/data/volume", typed("data/volume", 'V', 0)),
		one("kind unknown", "tar_header", "bag/data/strange", typed("data/strange", 'Q', 0)),
		one("size larger than the rest", "unreadable", "data/x", typed("data/x", tar.TypeReg, 1<<32)),
		one("cut within a file", "unreadable", "data/папка/іс.txt", func(w io.Writer) error { _, err := w.Write(whole()[:len(whole())-1024-510]); return err }),
		one("cut within a header", "archive_broken", base+hello, func(w io.Writer) error { _, err := w.Write(whole()[:len(whole())-1024-512-100]); return err }),
		one("cut between files", "archive_broken", base+hello, func(w io.Writer) error { _, err := w.Write(whole()[:len(whole())-1024-1024]); return err }),
		one("end cut off", "archive_broken", base+"data/папка/іс.txt", func(w io.Writer) error { _, err := w.Write(whole()[:len(whole())-1024]); return err }),
		one("checksum", "archive_broken", base+"data/папка/іс.txt", after(func(w io.Writer) error { _, err := w.Write([]byte(long("x", 512))); return err })),
		one("second archive", "archive_trailing", base+"data/папка/іс.txt", func(w io.Writer) error { _, err := w.Write(append(whole(), whole()...)); return err }),
		one("second bag", "archive_outside", "other/bagit.txt", after(func(w io.Writer) error {
			return Entry{Path: "other/bagit.txt", Content: "x", raw: true}.tarTo(w)
		})),
		one("beside the bag", "archive_outside", "evil.sh", after(func(w io.Writer) error { return Entry{Path: "evil.sh", Content: "x", raw: true}.tarTo(w) })),
	}
}

func globalHeader(after func(func(io.Writer) error) func(io.Writer) error) func(io.Writer) error {
	records := record("path", "../../evil")
	return after(func(w io.Writer) error {
		return block(w, "pax_global_header", tar.TypeXGlobalHeader, "", int64(len(records)), records)
	})
}

// oldSparse writes an entry of the old GNU format that claims an exbibyte and holds nothing.
func oldSparse(w io.Writer, name string) error {
	var b bytes.Buffer
	if err := block(&b, name, tar.TypeGNUSparse, "", 0, ""); err != nil {
		return err
	}
	h := b.Bytes()
	copy(h[257:], "ustar  \x00")
	copy(h[386:], "00000000000\x0000000000000\x00")
	copy(h[483:], "77777777777\x00")
	copy(h[386:], "77777777777\x00")
	copy(h[148:], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	_, err := w.Write(h)
	return err
}
