package examine

import (
	"archive/zip"
	"bytes"
	"errors"
	"image"
	"image/color"
	gogif "image/gif"
	gojpeg "image/jpeg"
	gopng "image/png"
	"io"
	"strings"
	"testing"
)

func encoded(t testing.TB, kind Kind) []byte {
	t.Helper()
	picture := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.Black, color.White})
	out := new(bytes.Buffer)
	var err error
	switch kind {
	case PNG:
		err = gopng.Encode(out, picture)
	case JPEG:
		err = gojpeg.Encode(out, picture, nil)
	case GIF:
		err = gogif.Encode(out, picture, nil)
	case ZIP:
		z := zip.NewWriter(out)
		w, problem := z.Create("a.txt")
		if problem == nil {
			_, problem = io.WriteString(w, "text")
		}
		err = errors.Join(problem, z.Close())
	case PDF:
		out.WriteString("%PDF-1.4\n1 0 obj\n<<>>\nendobj\nxref\n0 1\n0000000000 65535 f \ntrailer\n<<>>\nstartxref\n30\n%%EOF\n")
	case XML:
		out.WriteString(`<?xml version="1.0"?><!DOCTYPE a><a b="c"><d>мәтін &amp; &own;</d></a>`)
	case TIFF:
		out.WriteString("II*\x00\x08\x00\x00\x00\x02\x00" + "\x00\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00" + "\x01\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00" + "\x00\x00\x00\x00")
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var kinds = []Kind{XML, PDF, PNG, JPEG, GIF, TIFF, ZIP}

func TestAWholeFilePassesAndACutOneDoesNot(t *testing.T) {
	for _, kind := range kinds {
		whole := encoded(t, kind)
		if got, found, err := File(bytes.NewReader(whole), int64(len(whole))); got != kind || found != nil || err != nil {
			t.Errorf("%s: taken for %q, %v %v", kind, got, found, err)
		}
		cut := whole[:len(whole)-len(whole)/3]
		if got, found, err := File(bytes.NewReader(cut), int64(len(cut))); got != kind || found == nil || err != nil {
			t.Errorf("%s cut off: taken for %q, %v %v", kind, got, found, err)
		}
	}
	if kind, found, err := File(strings.NewReader("a text"), 6); kind != "" || found != nil || err != nil {
		t.Errorf("%q %v %v", kind, found, err)
	}
}

func TestWhatIsBrokenIsSaid(t *testing.T) {
	bomb := new(bytes.Buffer)
	z := zip.NewWriter(bomb)
	w, err := z.Create("zeros")
	if err == nil {
		_, err = io.CopyN(w, zeros{}, 100<<20)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, code string }{
		"tag not closed":      {`<?xml version="1.0"?><a><b></a>`, "examine.xml"},
		"two roots":           {`<?xml version="1.0"?><a/><b/>`, "examine.xml"},
		"too deep":            {`<?xml version="1.0"?>` + strings.Repeat("<a>", 2000) + strings.Repeat("</a>", 2000), "examine.xml"},
		"no end":              {"%PDF-1.4\nstartxref\n0\n", "examine.pdf"},
		"table outside":       {"%PDF-1.4\nstartxref\n999\n%%EOF", "examine.pdf"},
		"no table":            {"%PDF-1.4\n" + strings.Repeat(" ", 200) + "startxref\n40\n%%EOF", "examine.pdf"},
		"directory in circle": {strings.Replace(string(encoded(t, TIFF)), "\x00\x00\x00\x00", "\x00\x00\x00\x00", 1)[:34] + "\x08\x00\x00\x00", "examine.image"},
		"bomb":                {bomb.String(), "examine.bomb"},
	} {
		_, found, err := File(strings.NewReader(c.text), int64(len(c.text)))
		if err != nil || found == nil || found.Code != c.code {
			t.Errorf("%s: %v %v, want %s", name, found, err, c.code)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type brokenDisk struct{ *bytes.Reader }

func (b brokenDisk) ReadAt(p []byte, at int64) (int, error) {
	if at > 0 {
		return 0, errDisk
	}
	return b.Reader.ReadAt(p, at)
}

var errDisk = errors.New("disk")

// TestADisksFailureIsNotTheFiles: a warning stands in the journal for ever.
func TestADisksFailureIsNotTheFiles(t *testing.T) {
	whole := encoded(t, PNG)
	if _, _, err := File(brokenDisk{bytes.NewReader(whole)}, int64(len(whole))); !errors.Is(err, errDisk) {
		t.Error(err)
	}
}

func FuzzFile(f *testing.F) {
	for _, kind := range kinds {
		f.Add(encoded(f, kind))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		kind, found, err := File(bytes.NewReader(content), int64(len(content)))
		if err != nil || (found != nil && kind == "") {
			t.Errorf("%q %v %v", kind, found, err)
		}
	})
}
