package examine

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	gogif "image/gif"
	gojpeg "image/jpeg"
	gopng "image/png"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
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
		out.WriteString(`<?xml version="1.0"?><!DOCTYPE a><a b="c"><d>мәтін &amp; &#1178;</d></a>`)
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
		if got, found, err := File("a/b", bytes.NewReader(whole), int64(len(whole))); got != kind || found != nil || err != nil {
			t.Errorf("%s: taken for %q, %v %v", kind, got, found, err)
		}
		cut := whole[:len(whole)-len(whole)/3]
		if got, found, err := File("a/b", bytes.NewReader(cut), int64(len(cut))); got != kind || found == nil || err != nil {
			t.Errorf("%s cut off: taken for %q, %v %v", kind, got, found, err)
		}
	}
	if kind, found, err := File("a/b", strings.NewReader("a text"), 6); kind != "" || found != nil || err != nil {
		t.Errorf("%q %v %v", kind, found, err)
	}
}

func TestWhatIsBrokenIsSaid(t *testing.T) {
	for name, c := range map[string]struct{ text, code string }{
		"tag not closed":      {`<?xml version="1.0"?><a><b></a>`, "examine.xml"},
		"two roots":           {`<?xml version="1.0"?><a/><b/>`, "examine.xml"},
		"in another encoding": {"<?xml version=\"1.0\" encoding=\"windows-1251\"?><\xe4\xe5\xeb\xee>\xcf", "examine.xml"},
		"no end":              {"%PDF-1.4\nstartxref\n0\n", "examine.pdf"},
		"table outside":       {"%PDF-1.4\nstartxref\n999\n%%EOF", "examine.pdf"},
		"no table":            {"%PDF-1.4\n" + strings.Repeat(" ", 200) + "startxref\n40\n%%EOF", "examine.pdf"},
		"directory in circle": {string(encoded(t, TIFF)[:34]) + "\x08\x00\x00\x00", "examine.image"},
		"bomb":                {bomb(t), "examine.bomb"},
	} {
		_, found, err := File("a/b", strings.NewReader(c.text), int64(len(c.text)))
		if err != nil || found == nil || found.Code != c.code || !strings.Contains(found.In(fault.Kazakh), "a/b") {
			t.Errorf("%s: %v %v, want %s", name, found, err, c.code)
			continue
		}
		for _, l := range []fault.Language{fault.Kazakh, fault.Russian} {
			if why := regexp.MustCompile(`\((.*)\)`).FindString(found.In(l)); c.code != "examine.bomb" && !regexp.MustCompile(`[а-яә]{3}`).MatchString(why) {
				t.Errorf("%s: the reason is not in words: %s", name, found.In(l))
			}
		}
	}
}

// bomb says to unpack to 2 GiB, which its directory alone is believed.
func bomb(t *testing.T) string {
	t.Helper()
	out := new(bytes.Buffer)
	z := zip.NewWriter(out)
	_, err := z.CreateRaw(&zip.FileHeader{Name: "zeros", Method: zip.Deflate, UncompressedSize64: 2 << 30})
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestWhatCannotBeToldIsNotJudged: a false warning would stand in the journal for ever.
func TestWhatCannotBeToldIsNotJudged(t *testing.T) {
	for name, text := range map[string]string{
		"too deep":         `<?xml version="1.0"?>` + strings.Repeat("<a>", 2000) + strings.Repeat("</a>", 2000),
		"own entity":       `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY own "x">]><a>&own;</a>`,
		"version 1.1":      `<?xml version="1.1"?><a/>`,
		"wide letters":     `<?xml version="1.0" encoding="Shift_JIS"?><a>`,
		"larger than read": `<?xml version="1.0"?><a>` + strings.Repeat("<b/>", maxBytes/4) + "<",
		"many chunks":      string(encoded(t, PNG)[:33]) + strings.Repeat("\x00\x00\x00\x00tEXtCRC!", maxChunks+1),
	} {
		if kind, found, err := File("a/b", strings.NewReader(text), int64(len(text))); kind != "" || found != nil || err != nil {
			t.Errorf("%s: %q %v %v", name, kind, found, err)
		}
	}
}

// TestAFilmBehindAPictureIsNoFault: telephones write one behind the picture's end.
func TestAFilmBehindAPictureIsNoFault(t *testing.T) {
	text := string(encoded(t, JPEG)) + strings.Repeat("film", 1<<16)
	if kind, found, err := File("a/b", strings.NewReader(text), int64(len(text))); kind != JPEG || found != nil || err != nil {
		t.Errorf("%q %v %v", kind, found, err)
	}
}

// TestFewBytesAreReadOfAHostileFile: directories of a TIFF that lie over each other would be
// read again and again.
func TestFewBytesAreReadOfAHostileFile(t *testing.T) {
	raw := bytes.Repeat([]byte{0xff}, 2<<20)
	copy(raw, "II*\x00\x08\x00\x00\x00")
	for i := range 1000 { // each of 65,535 rows, the next two bytes behind the last
		at := 8 + 4*i
		binary.LittleEndian.PutUint16(raw[at:], 0xffff)
		binary.LittleEndian.PutUint32(raw[at+2+0xffff*12:], uint32(at+4))
	}
	binary.LittleEndian.PutUint16(raw[10:], 256) // the first has a size
	binary.LittleEndian.PutUint16(raw[22:], 257)
	counted := &counter{ReaderAt: bytes.NewReader(raw)}
	if _, _, err := File("a/b", counted, int64(len(raw))); err != nil || counted.n < maxBytes/2 || counted.n > maxBytes*2 {
		t.Errorf("%d bytes, %v", counted.n, err)
	}
}

type counter struct {
	io.ReaderAt
	n int
}

func (c *counter) ReadAt(p []byte, at int64) (int, error) {
	c.n += len(p)
	return c.ReaderAt.ReadAt(p, at)
}

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
	if _, _, err := File("a/b", brokenDisk{bytes.NewReader(whole)}, int64(len(whole))); !errors.Is(err, errDisk) {
		t.Error(err)
	}
}

func FuzzFile(f *testing.F) {
	for _, kind := range kinds {
		f.Add(encoded(f, kind))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		kind, found, err := File("a/b", bytes.NewReader(content), int64(len(content)))
		if err != nil || (found != nil && kind == "") {
			t.Errorf("%q %v %v", kind, found, err)
		}
	})
}
