package archcode

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxInput bounds what is read at all, in bytes: the longest real citation is far below.
const maxInput = 256

// maxShown is how much of it a message shows, in characters.
const maxShown = 60

type tokenKind uint8

const (
	word   tokenKind = iota // letters, lower case; text folded, raw as typed
	number                  // ASCII digits
	mark                    // one of . , - / ; :
)

// token is a piece of the typed text. spaced says that a blank stood before it.
type token struct {
	kind   tokenKind
	text   string // words: Latin look-alikes made Cyrillic
	raw    string // words: as typed, NFC
	spaced bool
}

// lex cuts the text. ok is false where a character stands that no code has.
func lex(text string) (tokens []token, ok bool) {
	if len(text) > maxInput || !utf8.ValidString(text) {
		return nil, false
	}
	runes := []rune(norm.NFC.String(text))
	spaced := false
	for i := 0; i < len(runes); {
		r := plain(runes[i])
		start := i
		switch {
		case r == ' ':
			spaced = true
			i++
			continue
		case r >= '0' && r <= '9':
			for i < len(runes) && runes[i] >= '0' && runes[i] <= '9' {
				i++
			}
			tokens = append(tokens, token{kind: number, text: string(runes[start:i]), spaced: spaced})
		case unicode.IsLetter(r):
			for i < len(runes) && unicode.IsLetter(runes[i]) {
				i++
			}
			raw := string(runes[start:i])
			tokens = append(tokens, token{kind: word, text: foldWord(raw), raw: raw, spaced: spaced})
		case strings.ContainsRune(".,-/;:", r):
			i++
			tokens = append(tokens, token{kind: mark, text: string(r), spaced: spaced})
		default:
			return nil, false
		}
		spaced = false
	}
	return joinSlashed(tokens), true
}

// joinSlashed reads л/с (личный состав, personnel) as the letters лс.
func joinSlashed(tokens []token) []token {
	out := tokens[:0]
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if i+2 < len(tokens) && t.kind == word && t.text == "л" && tokens[i+1].text == "/" && tokens[i+2].text == "с" {
			t.text, t.raw = "лс", "лс"
			i += 2
		}
		out = append(out, t)
	}
	return out
}

// plain makes one character of the many kinds of dash, blank and bracket.
func plain(r rune) rune {
	switch r {
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\ufe58', '\ufe63', '\uff0d', '\u00ad':
		return '-'
	case '\\', '\u2044', '\u2215':
		return '/'
	case '№', '#', '«', '»', '"', '\'', '“', '”', '„', '(', ')', '[', ']', '\u200b', '\u2060', '\ufeff':
		return ' '
	}
	if unicode.IsSpace(r) {
		return ' '
	}
	return r
}

// foldWord is the word in lower case Cyrillic. Latin letters become what they look like
// (P is Р, c is с, i is і), and those that look like nothing what they sound like (R, L, S).
func foldWord(raw string) string {
	var s strings.Builder
	for _, r := range raw {
		if r == 'b' { // the small letter looks like б, the capital like В
			s.WriteRune('б')
			continue
		}
		r = unicode.ToLower(r)
		if c, ok := lookAlike[r]; ok {
			r = c
		}
		s.WriteRune(r)
	}
	return s.String()
}

var lookAlike = map[rune]rune{
	'a': 'а', 'b': 'в', 'c': 'с', 'd': 'д', 'e': 'е', 'f': 'ф', 'g': 'г', 'h': 'н', 'i': 'і', 'j': 'ж',
	'k': 'к', 'l': 'л', 'm': 'м', 'n': 'н', 'o': 'о', 'p': 'р', 'q': 'қ', 'r': 'р', 's': 'с', 't': 'т',
	'u': 'у', 'v': 'в', 'x': 'х', 'y': 'у', 'z': 'з', 'ё': 'е', 'ə': 'ә', 'ɵ': 'ө',
	'ä': 'ә', 'ö': 'ө', 'ü': 'ү', 'ū': 'ұ', 'ğ': 'ғ', 'ñ': 'ң', 'ş': 'ш', 'ı': 'і',
}
