package paper

import (
	"encoding/binary"
	"strings"
	"sync"
	"unicode"

	"github.com/go-fonts/dejavu/dejavuserif"
	"github.com/go-fonts/dejavu/dejavuserifbold"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifregular"
)

// Liberation Serif prints the papers: it has every Kazakh and Russian letter, but not ₸ nor
// many signs that people paste. What it lacks comes from DejaVu Serif, and what neither
// has is printed as a question mark, for a blank would look like nothing was written.

// A font is one face of a family with the characters it covers.
type font struct {
	family, style string
	ttf           []byte
	covers        func() *coverage
}

func face(family, style string, ttf []byte) *font {
	return &font{family, style, ttf, sync.OnceValue(func() *coverage { return cover(ttf) })}
}

// faces by style: the family tried first, then the one that helps out.
var faces = map[string][]*font{
	"":  {face("serif", "", liberationserifregular.TTF), face("spare", "", dejavuserif.TTF)},
	"B": {face("serif", "B", liberationserifbold.TTF), face("spare", "B", dejavuserifbold.TTF)},
}

// coverage is a set of characters of the basic plane.
type coverage [0x10000 / 64]uint64

func (c *coverage) has(r rune) bool {
	return r >= 0 && r < 0x10000 && c[r/64]&(1<<(r%64)) != 0
}

func (c *coverage) add(r int) { c[r/64] |= 1 << (r % 64) }

// cover reads which characters a TrueType font maps to a glyph: the format 4 subtable of
// its cmap (OpenType 1.9, "cmap"). The fonts are those compiled in; one of another build
// gives an empty set, which the tests notice.
func cover(ttf []byte) *coverage {
	c := new(coverage)
	u16 := func(b []byte, at int) int {
		if at < 0 || at+2 > len(b) {
			return 0
		}
		return int(binary.BigEndian.Uint16(b[at:]))
	}
	u32 := func(b []byte, at int) int { return u16(b, at)<<16 | u16(b, at+2) }
	for i := range u16(ttf, 4) {
		entry := 12 + 16*i
		if entry+16 > len(ttf) || string(ttf[entry:entry+4]) != "cmap" {
			continue
		}
		table := ttf[min(u32(ttf, entry+8), len(ttf)):]
		for k := range u16(table, 2) {
			sub := table[min(u32(table, 4+8*k+4), len(table)):]
			if u16(sub, 0) == 4 {
				cover4(c, sub, u16)
			}
		}
	}
	return c
}

func cover4(c *coverage, sub []byte, u16 func([]byte, int) int) {
	n := u16(sub, 6) // twice the number of segments
	for i := 0; i < n; i += 2 {
		end, start := u16(sub, 14+i), u16(sub, 16+n+i)
		delta, at := u16(sub, 16+2*n+i), 16+3*n+i
		offset := u16(sub, at)
		for r := start; r <= end && r < 0xFFFF; r++ {
			glyph := r + delta
			if offset != 0 {
				if glyph = u16(sub, at+offset+2*(r-start)); glyph != 0 {
					glyph += delta
				}
			}
			if glyph&0xFFFF != 0 {
				c.add(r)
			}
		}
	}
}

// run is a piece of a line in one font.
type run struct {
	text string
	font *font
}

// runs cuts a line into pieces by the font that has their characters.
func runs(text, style string) []run {
	var out []run
	var b strings.Builder
	var at *font
	for _, r := range text {
		f, r := pickFont(r, style)
		if f != at && b.Len() > 0 {
			out = append(out, run{b.String(), at})
			b.Reset()
		}
		at = f
		b.WriteRune(r)
	}
	if b.Len() > 0 {
		out = append(out, run{b.String(), at})
	}
	return out
}

func pickFont(r rune, style string) (*font, rune) {
	for _, f := range faces[style] {
		if f.covers().has(r) {
			return f, r
		}
	}
	return faces[style][0], '?'
}

// legible makes one line of a text: runs of space become one (a non-breaking one stays),
// and characters that only steer other programs go.
func legible(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return r != nbsp && (unicode.IsSpace(r) || unicode.IsControl(r))
	}), " ")
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
}

const nbsp = '\u00a0'
