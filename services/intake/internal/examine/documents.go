package examine

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// xmlDocument goes through the tokens of a document: well-formed, one root, no deeper than is
// sane. Entities of a document's own are not resolved, so none can grow.
func xmlDocument(r *reader) Finding {
	d := xml.NewDecoder(io.NewSectionReader(r, 0, min(r.size, maxXML)))
	other := false // another encoding than UTF-8: its letters are not judged
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { other = true; return in, nil }
	var open []xml.Name
	roots := 0
	for {
		token, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			if r.size > maxXML {
				return nil // what was read of it is well-formed
			}
			if len(open) != 0 || roots != 1 {
				return BadXML.With("problem", fmt.Sprintf("elements open at the end: %d, roots: %d", len(open), roots))
			}
			return nil
		case err != nil && r.size > maxXML && d.InputOffset() >= maxXML-1:
			return nil // cut by our own bound
		case err != nil && (isEntity(err) || (other && isEncoding(err))):
			return nil // a DTD may define it, and another encoding read it
		case err != nil:
			return BadXML.With("problem", short(err.Error()))
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) == 0 {
				roots++
			}
			if open = append(open, t.Name); len(open) > maxDepth || roots > 1 {
				return BadXML.With("problem", fmt.Sprintf("depth %d, roots %d", len(open), roots))
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != t.Name {
				return BadXML.With("problem", "an element ends that did not begin: "+short(t.Name.Local))
			}
			open = open[:len(open)-1]
		}
	}
}

func isEntity(err error) bool {
	return strings.Contains(err.Error(), "invalid character entity") && strings.HasSuffix(err.Error(), ";")
}
func isEncoding(err error) bool { return strings.Contains(err.Error(), "invalid UTF-8") }

// pdf wants the end of the file to lead to a table of objects (ISO 32000-1 §7.5.5): the
// marker of the end, before it the offset of the table, and at that offset a table.
func pdf(r *reader) Finding {
	from := max(0, r.size-tailBytes)
	tail, ok := r.bytes(from, int(r.size-from))
	if !ok {
		return BadPDF.With("problem", "cannot be read to its end")
	}
	end := bytes.LastIndex(tail, []byte("%%EOF"))
	if end < 0 {
		return BadPDF.With("problem", "no %%EOF: the file was cut off")
	}
	start := bytes.LastIndex(tail[:end], []byte("startxref"))
	if start < 0 {
		return BadPDF.With("problem", "no startxref")
	}
	words := bytes.Fields(tail[start+len("startxref") : end])
	if len(words) == 0 {
		return BadPDF.With("problem", "startxref names no offset")
	}
	at, err := strconv.ParseInt(string(words[0]), 10, 64)
	if err != nil || at < 0 || at >= r.size {
		return BadPDF.With("problem", "startxref points outside the file")
	}
	// Readers take a table that is a few bytes off, because the header may be: so do we.
	near := max(0, at-16)
	table, _ := r.bytes(near, int(min(128, r.size-near)))
	if !bytes.Contains(table, []byte("xref")) && !bytes.Contains(table, []byte(" obj")) {
		return BadPDF.With("problem", "startxref points to no table")
	}
	return nil
}

// zipFile wants a central directory that agrees with the file, and unpacked sizes that an
// honest packer could have made.
func zipFile(r *reader) Finding {
	archive, err := zip.NewReader(r, r.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return BadZIP.With("problem", short(err.Error()))
	}
	if len(archive.File) > maxEntries {
		return BadZIP.With("problem", fmt.Sprintf("%d entries", len(archive.File)))
	}
	var unpacked, packed uint64
	for _, f := range archive.File {
		if f.CompressedSize64 > uint64(r.size) || f.UncompressedSize64 > 1<<62 || unpacked > 1<<62 {
			return BadZIP.With("problem", "an entry is larger than the file: "+short(strconv.QuoteToASCII(f.Name)))
		}
		unpacked, packed = unpacked+f.UncompressedSize64, packed+f.CompressedSize64
	}
	// Entries that overlap count their bytes again and again: the file's own size is the measure.
	if packed > uint64(r.size) {
		return BadZIP.With("problem", "its entries overlap")
	}
	if unpacked > freeBytes && unpacked/maxRatio > uint64(r.size) {
		return Bomb.With("size", unpacked, "packed", r.size, "ratio", maxRatio)
	}
	return nil
}

// short keeps a problem on one line of a report.
func short(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}
