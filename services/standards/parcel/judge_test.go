package parcel

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// made is a ZIP of entries as they are given: nothing is compressed, sizes and flags are what their headers say.
func made(t *testing.T, entries ...zip.FileHeader) *Archive {
	t.Helper()
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	for _, h := range entries {
		data := bytes.Repeat([]byte("x"), int(h.CompressedSize64))
		if h.UncompressedSize64 == 0 {
			h.UncompressedSize64 = h.CompressedSize64
		}
		w, err := z.CreateRaw(&h)
		if err == nil && len(data) > 0 {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := Open(bytes.NewReader(raw.Bytes()), int64(raw.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func moded(name string, mode fs.FileMode) zip.FileHeader {
	h := zip.FileHeader{Name: name, CompressedSize64: 1}
	h.SetMode(mode)
	return h
}

// TestAHostileEntryRefusesTheZIP: by a code of its own, with the entry named in each language, before any file is taken.
func TestAHostileEntryRefusesTheZIP(t *testing.T) {
	good := zip.FileHeader{Name: "0001/скан.pdf", CompressedSize64: 4}
	for name, c := range map[string]struct {
		entry zip.FileHeader
		want  *fault.Definition
	}{
		"up":                {zip.FileHeader{Name: "../../0001/x"}, Traversal},
		"up in the middle":  {zip.FileHeader{Name: "0001/../../x"}, Traversal},
		"up by backslashes": {zip.FileHeader{Name: `0001\..\..\x`}, Traversal},
		"up at the end":     {zip.FileHeader{Name: "0001/.."}, Traversal},
		"from the root":     {zip.FileHeader{Name: "/0001/x"}, Absolute},
		"from a disk":       {zip.FileHeader{Name: `C:\0001\x`}, Absolute},
		"of another host":   {zip.FileHeader{Name: `\\host\0001\x`}, Absolute},
		"long":              {zip.FileHeader{Name: "0001/" + strings.Repeat("a/", 2100) + "x"}, TooLong},
		"link":              {moded("0001/link", fs.ModeSymlink|0o777), Link},
		"pipe":              {moded("0001/pipe", fs.ModeNamedPipe|0o644), Device},
		"device":            {moded("0001/sda", fs.ModeDevice|0o644), Device},
		"encrypted":         {zip.FileHeader{Name: "0001/x", Flags: 1, CompressedSize64: 13}, Encrypted},
		"of AES":            {zip.FileHeader{Name: "0001/x", Method: 99, Flags: 1, CompressedSize64: 13}, Encrypted},
		"by LZMA":           {zip.FileHeader{Name: "0001/x", Method: 14, CompressedSize64: 13}, Method},
		"dense":             {zip.FileHeader{Name: "0001/x", Method: zip.Deflate, CompressedSize64: 80_000, UncompressedSize64: 17 << 20}, Dense},
		"of all sizes":      {zip.FileHeader{Name: "0001/x", Method: zip.Deflate, CompressedSize64: 1, UncompressedSize64: 1 << 63}, Dense},
	} {
		taken := 0
		_, err := unpacked(made(t, good, c.entry), "дела.zip", func(File, string, Kind) error { taken++; return nil })
		if !errors.Is(err, c.want) || !Refused(err) || taken != 0 {
			t.Errorf("%s: %v, %d taken, want %s", name, err, taken, c.want.Code)
			continue
		}
		entry := clip.Runes(strings.ReplaceAll(c.entry.Name, `\`, "/"), maxShown)
		for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
			if text := fault.Of(err).In(l); !strings.Contains(text, entry) || !strings.Contains(text, "дела.zip") {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
	taken, err := unpacked(made(t, good, zip.FileHeader{Name: "0002/"}, zip.FileHeader{Name: "0002/1: приказ.pdf"}, zip.FileHeader{Name: "0002/a..b"}), "дела.zip", func(f File, _ string, _ Kind) error {
		r, err := f.Open()
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, r)
		if errors.Is(err, zip.ErrChecksum) { // of made headers
			return nil
		}
		return err
	})
	if taken != 3 || err != nil {
		t.Errorf("a sound ZIP: %d, %v", taken, err)
	}
}

// unpacked is Unpack of a ZIP that was opened.
func unpacked(z *Archive, name string, take func(File, string, Kind) error) (int, error) {
	return Unpack(z.from, z.size, name, take)
}

// TestPiecesOfABombAreCountedTogether: each is below what is asked of one; and entries that share their bytes would be
// more than the file.
func TestPiecesOfABombAreCountedTogether(t *testing.T) {
	take := func(File, string, Kind) error { return nil }
	piece := zip.FileHeader{Method: zip.Deflate, CompressedSize64: 20_000, UncompressedSize64: 15 << 20}
	var pieces []zip.FileHeader
	for _, name := range []string{"1/a", "1/b", "1/c"} {
		piece.Name = name
		pieces = append(pieces, piece)
	}
	if _, err := unpacked(made(t, pieces[0]), "a.zip", take); err != nil {
		t.Error(err)
	}
	if _, err := unpacked(made(t, pieces...), "a.zip", take); !errors.Is(err, Dense) {
		t.Errorf("%v", err)
	}
	j := judge{size: 100}
	for i, want := range []error{nil, nil, Overlap} {
		if err := j.entry(&zip.File{FileHeader: zip.FileHeader{Name: "1/a", CompressedSize64: 40, UncompressedSize64: 40}}, "1/a", "a.zip"); (err == nil) != (want == nil) || want != nil && !errors.Is(err, want) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// TestNothingBesideABagIsLeftOut: what a ZIP holds beside the bag in it would not arrive and nobody would know;
// what file managers leave there is no loss.
func TestNothingBesideABagIsLeftOut(t *testing.T) {
	take := func(File, string, Kind) error { return nil }
	bag := []zip.FileHeader{{Name: "bag/bagit.txt"}, {Name: "bag/data/1/x"}}
	if n, err := unpacked(made(t, append(bag, zip.FileHeader{Name: ".DS_Store"}, zip.FileHeader{Name: "__MACOSX/bag/._x"})...), "a.zip", take); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, name := range []string{"скан.pdf", "2/скан.pdf", "bag2/bagit"} {
		if _, err := unpacked(made(t, append(bag, zip.FileHeader{Name: name})...), "a.zip", take); !errors.Is(err, Outside) || !Refused(err) || fault.Of(err).Args["entry"] != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}
