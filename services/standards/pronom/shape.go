package pronom

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
)

// claimsPDFA tests a PDF's claim of conformance (XMP, ISO 19005-1 §6.7.11): part and, where
// the part knows levels, conformance. It is a claim; only a validator can say more.
func claimsPDFA(part, conformance string) func(view) bool {
	return func(v view) bool {
		return claim(v.pdfa, "pdfaid:part") == part &&
			(conformance == "" || strings.EqualFold(claim(v.pdfa, "pdfaid:conformance"), conformance))
	}
}

// claim reads a property written as an attribute (x="1") or as an element (<x>1</x>).
func claim(text []byte, property string) string {
	_, rest, found := bytes.Cut(text, []byte(property))
	if !found || len(rest) == 0 {
		return ""
	}
	rest = bytes.TrimLeft(rest, "=\"'> \t\r\n")
	end := bytes.IndexAny(rest, "\"'<")
	if end < 0 || end > 8 {
		return ""
	}
	return string(bytes.TrimSpace(rest[:end]))
}

// tarHeader tests the first block of a tape archive by its checksum, which every variant
// since Unix V7 has (POSIX.1-1988 §10.1.1): the sum of the block's bytes, its own field
// counted as spaces.
func tarHeader(v view) bool {
	if len(v.head) < 512 || v.head[0] == 0 {
		return false
	}
	block := v.head[:512]
	field := bytes.Trim(block[148:156], " \x00")
	if len(field) == 0 || field[0] < '0' || field[0] > '7' {
		return false // of nearly every file: an error would be made for nothing
	}
	want, err := strconv.ParseInt(string(field), 8, 64)
	if err != nil {
		return false
	}
	sum := int64(8 * ' ')
	for i, c := range block {
		if i < 148 || i >= 156 {
			sum += int64(c)
		}
	}
	return sum == want
}

// dbfHeader tests a dBASE header: the version byte, a possible date of last change, a
// header length that is a whole number of fields, and a first field with a letter for a
// name and a known type.
func dbfHeader(first ...byte) func(view) bool {
	return func(v view) bool {
		h := v.head
		if len(h) < 64 || bytes.IndexByte(first, h[0]) < 0 {
			return false
		}
		length := binary.LittleEndian.Uint16(h[8:])
		name, kind := h[32], h[43]
		return h[2] >= 1 && h[2] <= 12 && h[3] >= 1 && h[3] <= 31 && length >= 65 &&
			(name >= 'A' && name <= 'Z' || name >= 'a' && name <= 'z' || name >= 0x80 || name == '_') &&
			bytes.IndexByte([]byte("CDFLMN"), kind) >= 0
	}
}

// Bit rates in kbit/s of layer III by index: MPEG-1, and MPEG-2 with 2.5 (ISO 11172-3,
// ISO 13818-3). Sample rates in Hz of MPEG-1.
var (
	rates1      = [...]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	rates2      = [...]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
	sampleRates = [...]int{44100, 48000, 32000}
)

// mp3Frames tests for three layer III frames, one exactly after the other. One frame's
// sync pattern alone is too common to mean anything.
func mp3Frames(v view) bool {
	at := 0
	for range 3 {
		n := mp3Frame(v.head[min(at, len(v.head)):])
		if n == 0 {
			return false
		}
		at += n
	}
	return true
}

// mp3Frame is the length in bytes of the layer III frame that begins here, or 0.
func mp3Frame(b []byte) int {
	if len(b) < 4 || b[0] != 0xFF || b[1]&0xE6 != 0xE2 {
		return 0
	}
	version := b[1] >> 3 & 3 // 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5
	rate, sample, pad := int(b[2]>>4), int(b[2]>>2&3), int(b[2]>>1&1)
	if version == 1 || rate == 0 || rate == 15 || sample == 3 {
		return 0
	}
	if version == 3 {
		return 144*rates1[rate]*1000/sampleRates[sample] + pad
	}
	hz := sampleRates[sample] / 2
	if version == 0 {
		hz /= 2
	}
	return 72*rates2[rate]*1000/hz + pad
}

// mailHeader tests whether a text begins with header lines of a message (RFC 5322 §2.2)
// among them From and Date or To; for MIME also its version (RFC 2045 §4).
func mailHeader(mime bool) func(view) bool {
	return func(v view) bool {
		seen := map[string]bool{}
		rest := v.head[:min(len(v.head), 16<<10)]
		for len(rest) > 0 {
			line, after, _ := bytes.Cut(rest, []byte("\n"))
			line, rest = bytes.TrimRight(line, "\r"), after
			if len(line) == 0 {
				break
			}
			if line[0] == ' ' || line[0] == '\t' {
				continue
			}
			name, _, ok := bytes.Cut(line, []byte(":"))
			if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t\"<{") {
				return false
			}
			seen[strings.ToLower(string(name))] = true
		}
		mail := seen["from"] && (seen["date"] || seen["to"])
		// whether it is text at all is asked last: it looks at every byte of the windows
		return mail && (!mime || seen["mime-version"]) && textKind(v) != notText
	}
}
