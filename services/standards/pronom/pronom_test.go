package pronom

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/qoyma/qoyma/services/platform/fault"
	"pgregory.net/rapid"
)

// zipped packs entries given as name, content pairs; stored where the name is "mimetype".
func zipped(pairs ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		h := &zip.FileHeader{Name: pairs[i], Method: zip.Deflate}
		if pairs[i] == "mimetype" {
			h.Method = zip.Store
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			panic(err)
		}
		if _, err := f.Write([]byte(pairs[i+1])); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// compound is an OLE2 file of the given size in sectors whose directory lies in the given
// sector and names the streams.
func compound(sectors, directory int, streams ...string) []byte {
	b := make([]byte, (sectors+1)*512)
	copy(b, oleHead)
	binary.LittleEndian.PutUint16(b[30:], 9)
	binary.LittleEndian.PutUint32(b[48:], uint32(directory))
	for i, name := range append([]string{"Root Entry"}, streams...) {
		e := b[(directory+1)*512+i*128:]
		for j, u := range utf16.Encode([]rune(name)) {
			binary.LittleEndian.PutUint16(e[2*j:], u)
		}
		binary.LittleEndian.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66] = 2
	}
	return b
}

func tarred() []byte {
	b := make([]byte, 1536)
	copy(b, "дело.txt")
	copy(b[148:], "        ")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

func frames(n int) []byte {
	var b []byte
	for range n {
		f := make([]byte, 417)
		copy(f, "\xFF\xFB\x90\x00")
		b = append(b, f...)
	}
	return b
}

func xmp(attributes string) string {
	return "%PDF-1.7\n" + strings.Repeat("x", 200<<10) + "<rdf:Description xmlns:pdfaid='http://www.aiim.org/pdfa/ns/id/' " + attributes + strings.Repeat("y", 200<<10) + "%%EOF"
}

var samples = []struct {
	file    string
	content []byte
	puid    string
	basis   Basis
}{
	{"a.pdf", []byte("%PDF-1.4\n%%EOF"), "fmt/18", Signature},
	{"a.pdf", []byte("%PDF-2.0\n%%EOF"), "fmt/1129", Signature},
	{"a.pdf", []byte(xmp(`pdfaid:part="1" pdfaid:conformance="B"/>`)), "fmt/354", Signature},
	{"a.pdf", []byte(xmp(`><pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>`)), "fmt/478", Signature},
	{"a.pdf", []byte(xmp(`pdfaid:conformance="A" pdfaid:part="3"/>`)), "fmt/479", Signature},
	{"a.pdf", []byte(xmp(`pdfaid:part="4" pdfaid:rev="2020"/>`)), "fmt/1910", Signature},
	{"a.tif", []byte("II*\x00\x08\x00"), "fmt/353", Signature},
	{"a.jpg", []byte("\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\xFF\xD9"), "fmt/43", Signature},
	{"a.jpg", []byte("\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x02\x00\xFF\xD9"), "fmt/44", Signature},
	{"a.jpg", []byte("\xFF\xD8\xFF\xE1\x00\x10Exif\x00\x00II*\x00....\x00\x90\x07\x00\x04\x00\x00\x000221"), "fmt/645", Signature},
	{"a.jpg", []byte("\xFF\xD8\xFF\xDB"), "fmt/41", Signature},
	{"a.jp2", []byte("\x00\x00\x00\x0CjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 "), "x-fmt/392", Signature},
	{"a.png", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR...."), "fmt/11", Signature},
	{"a.png", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR....sRGB"), "fmt/12", Signature},
	{"a.gif", []byte("GIF89a..;"), "fmt/4", Signature},
	{"a.bmp", append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00"), make([]byte, 40)...), "fmt/116", Signature},
	{"a.webp", []byte("RIFF\x00\x00\x00\x00WEBPVP8X"), "fmt/568", Signature},
	{"a.djvu", []byte("AT&TFORM\x00\x00\x00\x00DJVMDIRM"), "fmt/255", Signature},
	{"a.docx", zipped(types, `<Override ContentType="`+docMIME+`.main+xml"/>`, "word/document.xml", "<w/>"), "fmt/412", Container},
	{"a.xlsx", zipped(types, `<Override ContentType="`+xlsMIME+`.main+xml"/>`, "xl/workbook.xml", "<w/>"), "fmt/214", Container},
	{"a.pptx", zipped("ppt/presentation.xml", "<w/>"), "fmt/215", Container},
	{"a.docm", zipped(types, `ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"`, "word/document.xml", ""), "fmt/523", Container},
	{"a.odt", zipped("mimetype", odf+"text", "content.xml", `<office:document-content office:version="1.2">`), "fmt/291", Container},
	{"a.ods", zipped("mimetype", odf+"spreadsheet", "content.xml", `<office:document-content office:version="1.3">`), "fmt/1755", Container},
	{"a.odt", zipped("mimetype", odf+"text", "content.xml", `<office:document-content>`), "fmt/290", Container},
	{"a.siard", zipped("header/siardversion/2.1/", "", "header/metadata.xml", ""), "fmt/1196", Container},
	{"a.siard", zipped("header/metadata.xml", `<x xmlns="http://www.bar.admin.ch/xmlns/siard/1.0/metadata.xsd">`), "fmt/161", Container},
	{"a.epub", zipped("mimetype", "application/epub+zip"), "fmt/483", Container},
	{"a.zip", zipped("дело 1.txt", "мазмұны"), "x-fmt/263", Signature},
	{"a.doc", compound(8, 1, "WordDocument", "1Table"), "fmt/40", Container},
	{"a.doc", compound(2000, 1000, "WordDocument", "1Table"), "fmt/40", Container},
	{"a.xls", compound(8, 3, "Workbook"), "fmt/61", Container},
	{"a.ppt", compound(8, 3, "PowerPoint Document"), "fmt/126", Container},
	{"a.msg", compound(8, 3, "__properties_version1.0"), "x-fmt/430", Container},
	{"a.bin", compound(8, 3, "Unheard Of"), "fmt/111", Signature},
	{"a.rtf", []byte(`{\rtf1\ansi\ansicpg1251 ҚР}`), "fmt/50", Signature},
	{"a.gz", []byte("\x1f\x8b\x08\x00"), "x-fmt/266", Signature},
	{"a.7z", []byte("7z\xbc\xaf\x27\x1c"), "fmt/484", Signature},
	{"a.tar", tarred(), "x-fmt/265", Signature},
	{"a.warc", []byte("WARC/1.1\r\nWARC-Type: warcinfo\r\n"), "fmt/1281", Signature},
	{"a.wav", []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00"), "fmt/141", Signature},
	{"a.wav", []byte("RIFF\x00\x00\x00\x00WAVEfmt \x12\x00\x00\x00\x06\x00"), "fmt/6", Signature},
	{"a.wav", append(append([]byte("RIFF\x00\x00\x00\x00WAVEbext"), make([]byte, 350)...), "\x01\x00"...), "fmt/2", Signature},
	{"a.flac", []byte("fLaC\x00\x00\x00\x22"), "fmt/279", Signature},
	{"a.mp3", []byte("ID3\x04\x00"), "fmt/134", Signature},
	{"a.mp3", frames(4), "fmt/134", Signature},
	{"a.mp4", []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00"), "fmt/199", Signature},
	{"a.mov", []byte("\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00"), "x-fmt/384", Signature},
	{"a.avi", []byte("RIFF\x00\x00\x00\x00AVI LIST"), "fmt/5", Signature},
	{"a.mkv", []byte("\x1A\x45\xDF\xA3\xA3\x42\x82\x88matroska"), "fmt/569", Signature},
	{"a.eml", []byte("From: a@b.kz\r\nTo: c@d.kz\r\nMIME-Version: 1.0\r\n\r\nсәлем"), "fmt/950", Signature},
	{"a.eml", []byte("From: a@b.kz\nDate: Mon, 1 Jan 2024 00:00:00 +0500\n\nhi"), "fmt/278", Signature},
	{"a.sqlite", []byte("SQLite format 3\x00...."), "fmt/729", Signature},
	{"a.dbf", append([]byte{3, 124, 1, 15, 1, 0, 0, 0, 65, 0, 10, 0}, append(make([]byte, 20), "NAME\x00\x00\x00\x00\x00\x00\x00C...................."...)...), "x-fmt/9", Signature},
	{"plan.svg", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>`), "fmt/91", Signature},
	{"a.xml", []byte(`<?xml version="1.0" encoding="UTF-8"?><опись/>`), "fmt/101", Signature},
	{"a.html", []byte("<!DOCTYPE html>\n<html></html>"), "fmt/471", Signature},
	{"a.html", []byte("<html><body></body></html>\n"), "fmt/96", Signature},
	{"a.json", []byte(`{"қор": 1}`), "fmt/817", Text},
	{"a.csv", []byte("номер;заголовок\n1;Протоколы\n"), "x-fmt/18", Text},
	{"a.txt", []byte("Жарлық туралы"), "x-fmt/111", Text},
	{"a.txt", []byte("\xcf\xf0\xee\xf2\xee\xea\xee\xeb \xb9 5"), "x-fmt/111", Text},
	{"a.txt", []byte("\xff\xfe\x1f\x04"), "x-fmt/16", Text},
	{"a.bin", []byte{0, 1, 2, 3, 4, 5}, "", None},
	{"a.txt", nil, "", None},
}

func TestSamplesAreNamedByTheirBytes(t *testing.T) {
	for _, s := range samples {
		got := Identify(s.file, s.content)
		if got.PUID != s.puid || got.Basis != s.basis || got.Mismatch {
			t.Errorf("%s %.24q: got %+v, want %s by %s and no warning", s.file, s.content, got, s.puid, s.basis)
		}
	}
}

func TestWhatTheExtensionClaimsIsComparedWithTheBytes(t *testing.T) {
	pdf, word := []byte("%PDF-1.4\n%%EOF"), zipped("word/document.xml", "")
	for _, c := range []struct {
		file     string
		content  []byte
		puid     string
		mismatch bool
	}{
		{"a.docx", pdf, "fmt/18", true},
		{"a.PDF", pdf, "fmt/18", false},
		{"a", pdf, "fmt/18", false},
		{"a.2024", pdf, "fmt/18", false},
		{"a.pdf", word, "fmt/412", true},
		{"a.pdf", []byte("only words"), "x-fmt/111", true},
		{"a.pdf", []byte{0, 1, 2, 3}, "fmt/95", true},
		{"a.jpeg", []byte("\xFF\xD8\xFF\xDB"), "fmt/41", false},
		{"a.log", []byte("a line\n"), "x-fmt/111", false},
	} {
		got := Identify(c.file, c.content)
		if got.PUID != c.puid || got.Mismatch != c.mismatch || (got.Warning(c.file) != nil) != c.mismatch {
			t.Errorf("%s: got %+v, want %s mismatch %v", c.file, got, c.puid, c.mismatch)
		}
	}
	w := Identify("отчёт.docx", pdf).Warning("отчёт.docx")
	if !strings.Contains(w.In(fault.Russian), "отчёт.docx") || !strings.Contains(w.In(fault.Kazakh), "fmt/18") {
		t.Errorf("the warning names file and format: %v", w)
	}
}

func TestAShellWhoseInsideIsUnseenIsRefinedByExtension(t *testing.T) {
	far := compound(4000, 8, "nothing")
	binary.LittleEndian.PutUint32(far[48:], 0xFFFFFFF0) // the directory lies beyond the file
	clear(far[9*512:])
	if got := Identify("a.doc", far); got.PUID != "fmt/39" || got.Basis != Extension || got.Mismatch {
		t.Errorf("got %+v", got)
	}
}

// TestChunksDoNotMatter: a file is the same file however its bytes arrive.
func TestChunksDoNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.SampledFrom(samples).Draw(rt, "sample")
		window := rapid.SampledFrom([]int{1 << 10, 64 << 10}).Draw(rt, "window")
		whole, parts := NewIdentifierWindow(s.file, window), NewIdentifierWindow("x", window)
		_, _ = parts.Write([]byte("left over from another file"))
		parts.Reset(s.file)
		_, _ = whole.Write(s.content)
		for rest := s.content; len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(1, 70_000).Draw(rt, "n"))
			_, _ = parts.Write(rest[:n])
			rest = rest[n:]
		}
		if a, b := whole.Result(), parts.Result(); a != b {
			rt.Fatalf("%s: whole %+v, in parts %+v", s.file, a, b)
		}
	})
}

func TestNoRowIsUnreachableOrUnfinished(t *testing.T) {
	for i, r := range table {
		if r.PUID == "" || r.Name == "" || (r.In == "") != (len(r.Inside) == 0) {
			t.Errorf("row %d %q is unfinished", i, r.PUID)
		}
		for _, e := range r.Ext {
			if e != strings.ToLower(e) || strings.HasPrefix(e, ".") {
				t.Errorf("%s: extension %q", r.PUID, e)
			}
		}
	}
}

// TestTheTableAgreesWithPRONOM compares facts with a DROID signature file, where the
// checkout has one beside it.
func TestTheTableAgreesWithPRONOM(t *testing.T) {
	files, _ := filepath.Glob("../../../../shared/data/pronom/DROID_SignatureFile_V*.xml")
	if len(files) == 0 {
		t.Skip("no DROID signature file beside the checkout; get one from The National Archives to run this test")
	}
	raw, err := os.ReadFile(files[len(files)-1])
	if err != nil {
		t.Fatal(err)
	}
	var droid struct {
		Formats []struct {
			PUID    string   `xml:"PUID,attr"`
			Name    string   `xml:"Name,attr"`
			Version string   `xml:"Version,attr"`
			Ext     []string `xml:"Extension"`
		} `xml:"FileFormatCollection>FileFormat"`
	}
	if err := xml.Unmarshal(raw, &droid); err != nil {
		t.Fatal(err)
	}
	type fact struct{ name, version string }
	facts := map[string]fact{}
	for _, f := range droid.Formats {
		facts[f.PUID] = fact{f.Name, f.Version}
	}
	distinct := map[string]bool{}
	for _, r := range table {
		distinct[r.PUID] = true
		if got, ok := facts[r.PUID]; !ok || got != (fact{r.Name, r.Version}) {
			t.Errorf("%s is %q %q here and %q %q in PRONOM", r.PUID, r.Name, r.Version, got.name, got.version)
		}
	}
	t.Logf("%d PUIDs in %d rows agree with %s", len(distinct), len(table), filepath.Base(files[len(files)-1]))
}

func FuzzIdentify(f *testing.F) {
	for _, s := range samples {
		if len(s.content) < 4<<10 {
			f.Add(s.file, s.content)
		}
	}
	f.Fuzz(func(t *testing.T, file string, content []byte) {
		a := NewIdentifierWindow(file, 1<<10)
		for i := 0; i < len(content); i += 300 {
			_, _ = a.Write(content[i:min(len(content), i+300)])
		}
		b := NewIdentifierWindow(file, 1<<10)
		_, _ = b.Write(content)
		if a.Result() != b.Result() {
			t.Errorf("in parts %+v, whole %+v", a.Result(), b.Result())
		}
		if c := NewIdentifierWindow(file, 1<<10).Whole(content); c != b.Result() {
			t.Errorf("at once %+v, whole %+v", c, b.Result())
		}
		leftOut(t, b.view())
	})
}

// leftOut looks for a row that matches and is not among those that may, by the first byte.
func leftOut(t *testing.T, v view) {
	t.Helper()
	for j := range table {
		if r := &table[j]; v.size > 0 && r.In == "" && r.matches(v) && !slices.Contains(beginning[first(v)], r) {
			t.Errorf("%s is left out of those that begin with %#x", r.PUID, first(v))
		}
	}
}

func TestTheFirstByteLeavesOutNoRow(t *testing.T) {
	for _, s := range samples {
		leftOut(t, view{size: int64(len(s.content)), head: s.content[:min(len(s.content), Window)], tail: tail(s.content).last(Window)})
	}
	for b, rows := range beginning {
		if len(rows) == len(table) {
			t.Errorf("every row may begin with %#x", b)
		}
	}
}

func BenchmarkIdentifier(b *testing.B) {
	content := make([]byte, 1<<20)
	_, _ = rand.Read(content)
	i := NewIdentifier("a.bin")
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		i.Reset("a.bin")
		_, _ = i.Write(content)
		i.Result()
	}
}
