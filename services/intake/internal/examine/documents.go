package examine

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// xmlDocument goes through the tokens of a document: well-formed (XML 1.0 §2.1), one root.
// Entities of a document's own are not resolved, so none can grow: behind the first one nothing
// is judged.
func xmlDocument(r *reader) *fault.Error {
	d := xml.NewDecoder(io.NewSectionReader(r, 0, r.size))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if !singleByte(label) {
			r.unjudged = true
		}
		return ascii{in}, nil
	}
	var open []xml.Name
	roots := 0
	for {
		token, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF) && (len(open) != 0 || roots != 1):
			return openElements.With("open", len(open), "roots", roots)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			// A DTD may define the entity; another version has other letters.
			r.unjudged = r.unjudged || strings.Contains(err.Error(), "invalid character entity") || strings.Contains(err.Error(), "unsupported version")
			return inMarkup(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) == 0 {
				roots++
			}
			if roots > 1 {
				return secondRoot.With()
			}
			if open = append(open, t.Name); len(open) > maxDepth {
				r.unjudged = true
				return nil
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != t.Name {
				return strayEnd.With("element", short(t.Name.Local))
			}
			open = open[:len(open)-1]
		}
	}
}

// inMarkup is what the reader of XML says, as people read it.
func inMarkup(err error) *fault.Error {
	var at *xml.SyntaxError
	if errors.As(err, &at) {
		return badMarkup.With("line", at.Line).Because(err)
	}
	return unreadable.With().Because(err)
}

// singleByte tells whether an encoding has ASCII below 0x80 and one byte for each letter above:
// then markup can be judged without knowing the letters.
func singleByte(label string) bool {
	label = strings.ToLower(label)
	for _, prefix := range []string{"windows-125", "iso-8859-", "koi8-", "cp125", "cp866", "ibm866", "us-ascii"} {
		if strings.HasPrefix(label, prefix) {
			return true
		}
	}
	return false
}

// ascii reads every letter beyond ASCII as an "x".
type ascii struct{ r io.Reader }

func (a ascii) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	for i, b := range p[:n] {
		if b >= 0x80 {
			p[i] = 'x'
		}
	}
	return n, err
}

// pdf wants the end of the file to lead to a table of objects (ISO 32000-1 §7.5.5): the
// marker of the end, before it the offset of the table, and at that offset a table.
func pdf(r *reader) *fault.Error {
	from := max(0, r.size-tailBytes)
	tail, ok := r.bytes(from, int(r.size-from))
	if !ok {
		return unreadable.With()
	}
	end := bytes.LastIndex(tail, []byte("%%EOF"))
	if end < 0 {
		return pdfCut.With()
	}
	start := bytes.LastIndex(tail[:end], []byte("startxref"))
	if start < 0 {
		return noStartxref.With()
	}
	words := bytes.Fields(tail[start+len("startxref") : end])
	if len(words) == 0 {
		return noOffset.With()
	}
	at, err := strconv.ParseInt(string(words[0]), 10, 64)
	if err != nil || at < 0 || at >= r.size {
		return offsetOutside.With()
	}
	// Readers take a table that is a few bytes off, because the header may be: so do we.
	near := max(0, at-16)
	table, _ := r.bytes(near, int(min(128, r.size-near)))
	if !bytes.Contains(table, []byte("xref")) && !bytes.Contains(table, []byte(" obj")) {
		return noTable.With()
	}
	return nil
}

// zipFile wants a central directory that agrees with the file (APPNOTE 4.3.12), and counts what it
// says to unpack to. Nothing is unpacked.
func zipFile(r *reader) *fault.Error {
	archive, err := zip.NewReader(r, r.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return noZIP.With().Because(err)
	}
	var unpacked, packed uint64
	for _, f := range archive.File {
		if f.CompressedSize64 > uint64(r.size) || f.UncompressedSize64 > 1<<62 || unpacked > 1<<62 {
			return entryTooLarge.With("entry", short(strconv.QuoteToASCII(f.Name)))
		}
		unpacked, packed = unpacked+f.UncompressedSize64, packed+f.CompressedSize64
	}
	// Entries that overlap count their bytes again and again: the file's own size is the measure.
	if packed > uint64(r.size) {
		return entriesOverlap.With()
	}
	if unpacked > freeBytes && unpacked/maxRatio > uint64(r.size) {
		r.bomb = unpacked
	}
	return nil
}

// short keeps what a file calls its parts on one line of a report.
func short(s string) string {
	return clip.Runes(strings.Join(strings.Fields(s), " "), 120)
}
