// Package clip shortens texts that somebody else wrote, before a message quotes them, a form prints them or an event keeps them: there a
// text is neither long nor broken, whoever sent it.
//
// Every function here keeps the beginning of a text and leaves the mark "…" where it cut; a text within its limit stays whole and has no
// mark. What comes out is valid UTF-8: a run of bytes that are none becomes one U+FFFD, before anything is counted.
//
// A character is a code point, as in all limits that a person is told. A combining mark is a character of its own, so a cut may part it
// from its letter. Control characters stay what they are: who shows texts where those do harm quotes or replaces them.
package clip

import (
	"strings"
	"unicode/utf8"
)

const mark = "…"

// maxValue is how much of a value a message quotes, in characters.
const maxValue = 40

// Value is a value as a message quotes it, when a short one was asked for (a number, a day, an id, a word of a list): its first 40
// characters, and the mark where there were more.
func Value(s string) string { return Runes(s, maxValue) }

// Runes is the first characters of a text, at most so many, and the mark behind them where there were more.
func Runes(s string, most int) string {
	s = valid(s)
	n := 0
	for i := range s {
		if n >= most {
			return s[:i] + mark
		}
		n++
	}
	return s
}

// Within is a text of at most so many characters, the mark counted among them: for what has a limit of its own and is refused beyond it.
// The limit is at least 1.
func Within(s string, most int) string {
	s = valid(s)
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return Runes(s, most-1)
}

// Bytes is the beginning of a text in at most so many bytes, without half a character at its end, and the mark (3 bytes more) behind it
// where there was more: for what has a budget on the wire or in a row.
func Bytes(s string, most int) string {
	s = valid(s)
	if len(s) <= most {
		return s
	}
	end := max(most, 0)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
