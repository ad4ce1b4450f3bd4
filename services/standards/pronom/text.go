package pronom

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

type textShape int

const (
	notText textShape = iota
	utf8Text
	wideText  // UTF-16 or UTF-32 with a byte order mark
	octetText // one byte a character: Windows-1251, KOI8-R, CP866 and their like
)

// textKind says whether the windows hold nothing but characters. A control character
// other than tab, line and page breaks, or a NUL, makes it something else.
func textKind(v view) textShape {
	switch {
	case bytes.HasPrefix(v.head, []byte{0xFF, 0xFE}), bytes.HasPrefix(v.head, []byte{0xFE, 0xFF}):
		return wideText
	}
	whole := v.size <= int64(len(v.head))
	head, tail := onlyText(v.head), utf8Text
	if !whole {
		tail = onlyText(v.tail)
	}
	switch {
	case head == notText || tail == notText:
		return notText
	case head == octetText || tail == octetText:
		return octetText
	}
	return utf8Text
}

// onlyText judges one window. A character cut by the window's edge is no fault.
func onlyText(window []byte) textShape {
	for _, c := range window {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1a {
			return notText
		}
	}
	from := 0
	for from < len(window) && from < utf8.UTFMax-1 && !utf8.RuneStart(window[from]) {
		from++
	}
	to := len(window)
	for back := 1; back < utf8.UTFMax && back <= to-from; back++ {
		if utf8.RuneStart(window[to-back]) {
			if !utf8.FullRune(window[to-back:]) {
				to -= back
			}
			break
		}
	}
	if utf8.Valid(window[from:to]) {
		return utf8Text
	}
	high := 0
	for _, c := range window {
		if c >= 0x80 {
			high++
		}
		if c == 0x7f {
			return notText
		}
	}
	if high == len(window) && len(window) > 16 {
		return notText // no space, no line end: rather noise than a text
	}
	return octetText
}

// textResult names a text. An extension that belongs to a format without signature
// (comma-separated values, JSON, plain text) is believed; one that belongs to a format
// with a signature, which was not found, is contradicted.
func textResult(v view, kind textShape, ext string) Result {
	plain := rowOf("x-fmt/111")
	if kind == wideText {
		plain = rowOf("x-fmt/16")
	}
	if kind == utf8Text && looksJSON(v) {
		r := rowOf("fmt/817").result(Text)
		r.Mismatch = ext != "" && known(ext) && !claimsText(ext)
		return r
	}
	for j := range table {
		if row := &table[j]; row.has(ext) && !row.signed() {
			if row.PUID == "x-fmt/111" {
				row = plain
			}
			return row.result(Text)
		}
	}
	r := plain.result(Text)
	r.Mismatch = known(ext)
	return r
}

func claimsText(ext string) bool {
	for j := range table {
		if table[j].has(ext) && !table[j].signed() {
			return true
		}
	}
	return false
}

// looksJSON says whether a text is a JSON object or array. Only a file that lies wholly
// in the head can be judged, so a longer one is left to its extension.
func looksJSON(v view) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(v.head, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(text) == 0 || (text[0] != '{' && text[0] != '[') {
		return false
	}
	return v.size <= int64(len(v.head)) && json.Valid(text)
}
