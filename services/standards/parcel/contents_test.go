package parcel

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// packed makes a ZIP; every third file is stored, the others deflated, and each fifth is a folder.
func packed(t testing.TB, count int, comment string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for n := range count {
		h := &zip.FileHeader{Name: fmt.Sprintf("дело/%d/файл %d", n%7, n), Method: zip.Deflate}
		switch {
		case n%5 == 4:
			h.Name += "/"
		case n%3 == 0:
			h.Method = zip.Store
		}
		f, err := w.CreateHeader(h)
		if err == nil && n%5 != 4 {
			_, err = io.WriteString(f, strings.Repeat(h.Name, n%4))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.SetComment(comment), w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// seen is what a reader of archives says of an entry.
type seen struct {
	header  zip.FileHeader
	at      int64
	content string
	broken  bool
}

func look(f *zip.File, base int64) seen {
	s := seen{header: f.FileHeader}
	s.header.Extra = nil // it is compared as text
	s.content = string(f.Extra)
	at, err := f.DataOffset()
	if s.broken = err != nil; !s.broken {
		s.at = at + base
	}
	if r, err := f.Open(); err == nil {
		raw, err := io.ReadAll(io.LimitReader(r, 1<<20))
		s.content, s.broken = s.content+string(raw), s.broken || err != nil
		_ = r.Close() // only read from
	}
	return s
}

// same fails unless a ZIP is read as archive/zip reads it: refused where that refuses it, and otherwise the same
// entries with the same bytes, or refused.
func same(t *testing.T, raw []byte, strict bool) {
	t.Helper()
	whole, want := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	a, err := Open(bytes.NewReader(raw), int64(len(raw)))
	var got []seen
	if err == nil {
		for f, broken := range a.Entries() {
			if err = broken; err == nil {
				got = append(got, look(f, a.base))
			}
		}
	}
	if want != nil && err == nil || strict && want == nil && err != nil {
		t.Fatalf("read: %v, by the library: %v", err, want)
	}
	if err != nil {
		return
	}
	if len(got) != len(whole.File) {
		t.Fatalf("%d entries, by the library %d", len(got), len(whole.File))
	}
	for i, f := range whole.File {
		if g, w := fmt.Sprintf("%+v", got[i]), fmt.Sprintf("%+v", look(f, 0)); g != w {
			t.Fatalf("entry %d: %s, by the library %s", i, g, w)
		}
	}
}

func TestTheTableIsReadInParts(t *testing.T) {
	for name, raw := range map[string][]byte{
		"empty": packed(t, 0, ""), "one": packed(t, 1, ""), "a part": packed(t, partEntries, ""), "parts": packed(t, 2*partEntries+1, "пікір"),
		"a program before it": append([]byte("#!/bin/sh\n"), packed(t, 20, "")...), "bytes after it": append(packed(t, 20, ""), "\r\n"...),
		"ZIP64": packed(t, 1<<16+3, ""), "no ZIP": []byte("PK\x05\x06"), "nothing": nil, "text": []byte(strings.Repeat("x", 70<<10)),
		"a long comment": packed(t, 3, strings.Repeat("c", 60_000)),
	} {
		t.Run(name, func(t *testing.T) { same(t, raw, true) })
	}
}

// TestASpoiltTableIsRefused: what archive/zip refuses is refused before anything is taken.
func TestASpoiltTableIsRefused(t *testing.T) {
	good := packed(t, partEntries+200, "")
	end := len(good) - endLength
	table := int(binary.LittleEndian.Uint32(good[end+16:]))
	for name, spoil := range map[string]func(raw []byte) []byte{
		"cut":            func(raw []byte) []byte { return raw[:end] },
		"more claimed":   func(raw []byte) []byte { raw[end+10]++; return raw },
		"fewer claimed":  func(raw []byte) []byte { raw[end+10]--; return raw },
		"a broken entry": func(raw []byte) []byte { raw[table] = 'x'; return raw },
		"the last one":   func(raw []byte) []byte { raw[bytes.LastIndex(raw, []byte(entryRecord))] = 'x'; return raw },
	} {
		raw := spoil(slices.Clone(good))
		same(t, raw, true)
		taken := 0
		_, err := Unpack(bytes.NewReader(raw), int64(len(raw)), "x.zip", func(File, string, Kind) error { taken++; return nil })
		if err == nil || taken > 0 {
			t.Errorf("%s: %d taken, %v", name, taken, err)
		}
	}
}

// TestManyEntriesTakeNoMemory goes through a table of 9 MB.
func TestManyEntriesTakeNoMemory(t *testing.T) {
	raw := packed(t, 100_000, "")
	a, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var before, most runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for _, err := range a.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 99_000 {
			runtime.GC()
			runtime.ReadMemStats(&most)
		}
	}
	if grown := int64(most.HeapAlloc) - int64(before.HeapAlloc); n != 100_000 || grown > 4<<20 {
		t.Errorf("%d entries, %d KiB", n, grown>>10)
	}
}

func FuzzContents(f *testing.F) {
	f.Add(packed(f, 3, "c"))
	f.Add(append([]byte("MZ"), packed(f, 2, "")...))
	f.Add([]byte(end64Record + strings.Repeat("\x00", 52) + locatorRecord + strings.Repeat("\x00", 16) + endRecord + strings.Repeat("\xff", 16) + "\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) { same(t, raw, false) })
}
