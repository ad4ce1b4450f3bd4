package bagit

import (
	"bytes"
	"iter"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// declaration is what bagit.txt says (RFC 8493 §2.1.1).
type declaration struct {
	version  string
	encoding string
}

var utf8BOM = []byte("\xEF\xBB\xBF")

// parseDeclaration reads bagit.txt, which is UTF-8 and has exactly two lines. Findings
// name the file.
func parseDeclaration(raw []byte) (declaration, []finding) {
	var found []finding
	bad := func(r *Rule, args ...any) { found = append(found, finding{"bagit.txt", r, args}) }
	if bytes.HasPrefix(raw, utf8BOM) {
		bad(DeclarationBOM)
		raw = raw[len(utf8BOM):]
	}
	d := declaration{encoding: "UTF-8"}
	var lines []string
	for n, line := range linesOf(string(raw)) {
		if lines = append(lines, line); n == 3 {
			break // two are allowed; what a million of them say does not matter
		}
	}
	version, ok := declared(lines, 0, "BagIt-Version")
	if !ok {
		bad(BadDeclaration, "line", 1, "expected", "BagIt-Version: 1.0")
	}
	d.version = version
	if name, ok := declared(lines, 1, "Tag-File-Character-Encoding"); ok {
		d.encoding = name
	} else {
		bad(BadDeclaration, "line", 2, "expected", "Tag-File-Character-Encoding: UTF-8")
	}
	if len(lines) > 2 {
		bad(BadDeclaration, "line", 3, "expected", "—")
	}
	if version != "" {
		switch e, known := editions[d.version]; {
		case !known:
			bad(BadVersion, "version", show(d.version))
		case e.draft:
			bad(OldVersion, "version", d.version)
		}
	}
	if decoder(d.encoding) == nil {
		bad(BadEncoding, "encoding", show(d.encoding))
	} else if !strings.EqualFold(d.encoding, "UTF-8") {
		bad(OtherEncoding, "encoding", d.encoding)
	}
	return d, found
}

func declared(lines []string, i int, label string) (string, bool) {
	if i >= len(lines) {
		return "", false
	}
	value, ok := strings.CutPrefix(lines[i], label+": ")
	return strings.Trim(value, " \t"), ok && strings.Trim(value, " \t") != ""
}

// charsets are the encodings of tag files that are understood, by their IANA names: what
// Kazakh and Russian offices have used, and what other countries' tools write.
var charsets = map[string]encoding.Encoding{
	"UTF-8": unicode.UTF8, "US-ASCII": unicode.UTF8,
	"UTF-16":   unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"UTF-16LE": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16BE": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"ISO-8859-1": charmap.ISO8859_1, "ISO-8859-5": charmap.ISO8859_5, "WINDOWS-1251": charmap.Windows1251,
	"WINDOWS-1252": charmap.Windows1252, "KOI8-R": charmap.KOI8R, "IBM866": charmap.CodePage866,
}

// decoder is the encoding of that name, or nil.
func decoder(name string) encoding.Encoding { return charsets[strings.ToUpper(name)] }

// linesOf gives the lines of a text, parted by LF, CR or CRLF, with their numbers from 1.
// The end of the last line begins no other.
func linesOf(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for n := 1; text != ""; n++ {
			end := strings.IndexAny(text, "\r\n")
			if end < 0 {
				yield(n, text)
				return
			}
			next := end + 1
			if strings.HasPrefix(text[end:], "\r\n") {
				next++
			}
			if !yield(n, text[:end]) {
				return
			}
			text = text[next:]
		}
	}
}
