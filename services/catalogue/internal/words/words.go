// Package words turns text into the terms by which it is found: folding, tokens, and
// stems in Kazakh, Russian and English.
//
// A description and a query go the same way and meet where they share a term. Every
// function is pure: no dictionary is consulted that could differ between two instances,
// and nothing is learnt from the holdings, so that what one reader may not see cannot
// change what another finds.
//
// Language is chosen by token, because titles mix languages and a Russian stemmer maims
// Kazakh: a Kazakh letter decides for Kazakh, otherwise the language of the field, and
// where that is unknown both stems are used. Scripts are bridged by skeletons: see
// [Skeleton].
package words

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// maxToken bounds a token, in letters; longer runs are cut, which keeps hostile text
// from filling the dictionary with giants.
const maxToken = 48

// Token is a word or number of a text, folded: lower case, one letter for each look-alike.
type Token struct {
	Text    string
	Capital bool // it began with a capital: in English text, perhaps a Kazakh name
}

// Tokens cuts text into words and numbers; letters next to digits stay with them (345а,
// 2лс). Everything else parts tokens, except an apostrophe, a soft hyphen and accents,
// which are dropped.
func Tokens(text string) []Token {
	var tokens []Token
	for raw := range Raw(text) {
		tokens = append(tokens, Fold(raw))
	}
	return tokens
}

// Raw yields the words of a text as they were typed, in NFC, for [Fold] to make tokens
// of: an index that remembers what it made of a word need not fold it again.
func Raw(text string) iter.Seq[string] {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, " ")
	}
	text = norm.NFC.String(text)
	return func(yield func(string) bool) {
		start, letters, dropped := -1, 0, false
		word := func(end int) bool { // answers whether to go on
			if start < 0 {
				return true
			}
			raw := text[start:end]
			if dropped || letters > maxToken {
				raw = cut(raw)
			}
			start, letters, dropped = -1, 0, false
			return yield(raw)
		}
		for i, r := range text {
			switch {
			case part(r):
				if start < 0 {
					start = i
				}
				letters++
			case silent(r):
				dropped = dropped || start >= 0
			case !word(i):
				return
			}
		}
		word(len(text))
	}
}

// part says whether a character belongs to words.
func part(r rune) bool {
	if r < 0x80 {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// cut is a word without its silent characters and no longer than a token may be.
func cut(raw string) string {
	kept := make([]rune, 0, maxToken)
	for _, r := range raw {
		if len(kept) < maxToken && !silent(r) {
			kept = append(kept, r)
		}
	}
	return string(kept)
}

// Fold makes the token of a raw word.
func Fold(raw string) Token {
	first, _ := utf8.DecodeRuneInString(raw)
	return Token{Text: foldWord(raw), Capital: unicode.IsUpper(first)}
}

// silent says whether a character is written inside words without being part of them.
func silent(r rune) bool {
	switch r {
	case '\'', '’', 'ʼ', '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return true
	}
	return unicode.Is(unicode.Mn, r)
}

// cyrillicOf and latinOf are look-alikes, capitals and small letters apart: Latin H is
// Cyrillic Н, but h is Kazakh һ. The Latin schwa and barred o are typed for ә and ө.
var cyrillicOf = map[rune]rune{
	'A': 'А', 'B': 'В', 'C': 'С', 'E': 'Е', 'H': 'Н', 'I': 'І', 'K': 'К', 'M': 'М', 'O': 'О', 'P': 'Р', 'T': 'Т', 'X': 'Х', 'Y': 'У',
	'a': 'а', 'c': 'с', 'e': 'е', 'h': 'һ', 'i': 'і', 'k': 'к', 'm': 'м', 'o': 'о', 'p': 'р', 't': 'т', 'x': 'х', 'y': 'у',
	'Ə': 'Ә', 'ə': 'ә', 'Ɵ': 'Ө', 'ɵ': 'ө',
}

var latinOf = func() map[rune]rune {
	m := make(map[rune]rune, len(cyrillicOf))
	for l, c := range cyrillicOf {
		m[c] = l
	}
	return m
}()

// foldWord is the word in lower case and in one script. A word of Cyrillic letters with
// Latin look-alikes among them (әдiсi, typed on two keyboards; 1.9 % of the words of real
// text) becomes Cyrillic; a Latin word with Cyrillic ones becomes Latin; letters after a
// number (345a) become Cyrillic, as archival numbers have them. ё reads as е.
func foldWord(word string) string {
	cyrillic, latin, digits := 0, 0, 0
	toCyrillic, toLatin := true, true // whether every letter can be changed that would have to be
	for _, r := range word {
		switch {
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
			toLatin = toLatin && latinOf[r] != 0
		case unicode.Is(unicode.Latin, r):
			latin++
			toCyrillic = toCyrillic && cyrillicOf[r] != 0
		case unicode.IsDigit(r):
			digits++
		}
	}
	var table map[rune]rune
	switch {
	case latin > 0 && toCyrillic && (cyrillic > 0 || digits > 0 && latin <= 2):
		table = cyrillicOf
	case latin > 0 && cyrillic > 0 && toLatin:
		table = latinOf
	}
	var s strings.Builder
	for _, r := range word {
		if c, ok := table[r]; ok {
			r = c
		}
		if r == 'I' && table == nil && latin > 0 {
			r = 'i' // not the dotless ı: most Latin text here is not Kazakh
		}
		r = unicode.ToLower(r)
		switch r {
		case 'ё':
			r = 'е'
		case '\u0307':
			continue
		}
		s.WriteRune(r)
	}
	return s.String()
}

// Terms are the index terms of one token of a description whose field is in the
// language given, or "" where it is unknown: usually one, two where the language stays
// undecided. Terms are distinct and never empty.
func Terms(t Token, field fault.Language) []string {
	switch script(t.Text) {
	case cyrillicScript:
		switch {
		case strings.ContainsAny(t.Text, "әғқңөұүһі") || field == fault.Kazakh:
			return []string{kazakh(t.Text)}
		case field == fault.Russian || strings.ContainsAny(t.Text, "щъ"):
			return []string{russianStem(t.Text)}
		}
		return distinct(kazakh(t.Text), russianStem(t.Text))
	case latinScript:
		if field == fault.English && !t.Capital {
			return []string{englishStem(t.Text)}
		}
		return distinct(englishStem(t.Text), latinMark+skeletonOfLatin(t.Text))
	case otherScript:
	}
	return []string{t.Text}
}

// Document is all distinct terms of a text, in their first order.
func Document(text string, field fault.Language) []string {
	var all []string
	seen := map[string]bool{}
	for _, t := range Tokens(text) {
		for _, term := range Terms(t, field) {
			if !seen[term] {
				seen[term] = true
				all = append(all, term)
			}
		}
	}
	return all
}

// Word is one word of a query. A description has the word if it has any of Terms, or a
// Cyrillic term whose [Skeleton] is among Skeletons.
type Word struct {
	Text      string   // as folded
	Terms     []string // stems in every language it may be, and their synonyms
	Skeletons []string // set for Latin words: Kazakh written in Latin meets Cyrillic
}

// Query analyses what a person typed into a search box. Nothing says its language, so
// each word stands for all it may mean.
func Query(text string) []Word {
	var query []Word
	for _, t := range Tokens(text) {
		w := Word{Text: t.Text}
		switch script(t.Text) {
		case cyrillicScript:
			stem := kazakh(t.Text)
			w.Terms = []string{stem}
			if !strings.ContainsAny(t.Text, "әғқңөұүһі") {
				w.Terms = distinct(stem, russianStem(t.Text))
			}
			w.Terms = append(w.Terms, latinMark+Skeleton(stem))
		case latinScript:
			skeleton := skeletonOfLatin(t.Text)
			w.Terms = distinct(englishStem(t.Text), latinMark+skeleton)
			w.Skeletons = []string{skeleton}
		case otherScript:
			w.Terms = []string{t.Text}
		}
		w.Terms = withSynonyms(w.Terms)
		query = append(query, w)
	}
	return query
}

// Cyrillic says whether a term is a Cyrillic stem: only these have a skeleton to meet by.
func Cyrillic(term string) bool { return script(term) == cyrillicScript }

// Last is the folded text of the last token, for completing what a person is typing; ""
// where there is none or where the text ends in a blank, that is, the word is finished.
func Last(text string) string {
	if last, _ := utf8.DecodeLastRuneInString(text); unicode.IsSpace(last) {
		return ""
	}
	tokens := Tokens(text)
	if len(tokens) == 0 {
		return ""
	}
	return tokens[len(tokens)-1].Text
}

type scriptKind uint8

const (
	otherScript scriptKind = iota // numbers, numbers with letters, foreign scripts, mixtures
	cyrillicScript
	latinScript
)

func script(word string) scriptKind {
	kind := otherScript
	for _, r := range word {
		var k scriptKind
		switch {
		case r >= 'а' && r <= 'я' || unicode.Is(unicode.Cyrillic, r):
			k = cyrillicScript
		case r >= 'a' && r <= 'z' || unicode.Is(unicode.Latin, r):
			k = latinScript
		}
		if k == otherScript || kind != otherScript && k != kind {
			return otherScript
		}
		kind = k
	}
	return kind
}

func distinct(a, b string) []string {
	if a == b {
		return []string{a}
	}
	return []string{a, b}
}

// synonyms are words of one meaning that Kazakh and Russian texts use side by side, as
// stems; both «архив» and «мұрағат» stand in acts, the first since 2018. A query for one
// finds the others. Keep it small: each line costs precision.
var synonyms = [][]string{
	{"архив", "мұрағат", "archiv", "архивн"},
	{"әкімдік", "акимат"},
}

func withSynonyms(terms []string) []string {
	for _, group := range synonyms {
		for _, term := range terms {
			if contains(group, term) {
				for _, other := range group {
					if !contains(terms, other) {
						terms = append(terms, other)
					}
				}
				return terms
			}
		}
	}
	return terms
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
