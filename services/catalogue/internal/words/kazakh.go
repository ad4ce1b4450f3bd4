package words

import (
	"slices"
	"strings"
)

// class is the harmony of a syllable: suffixes follow the last vowel of the stem.
type class uint8

const (
	neutral class = iota // и, у, ю, or no vowel: either row of suffixes may follow
	back
	front
)

func classOf(r rune) class {
	switch r {
	case 'а', 'о', 'ұ', 'ы', 'я':
		return back
	case 'ә', 'е', 'ө', 'ү', 'і', 'э':
		return front
	}
	return neutral
}

func isVowel(r rune) bool { return strings.ContainsRune("аәеоөұүыіиуюяэ", r) }

// harmony is the class of the last vowel.
func harmony(stem []rune) class {
	for i := len(stem) - 1; i >= 0; i-- {
		if isVowel(stem[i]) {
			return classOf(stem[i])
		}
	}
	return neutral
}

// sound is what the last letter of a stem counts as for the first letter of a suffix.
type sound uint8

const (
	vowel     sound = 1 << iota
	third           // ы, і: what a possessive of the third person ends in
	glide           // р л й у и: sonorants that take д like a vowel
	nasal           // м н ң
	buzzing         // з ж
	voiceless       // and voiced б в г ғ д, devoiced at the end of a word
)

func lastSound(stem []rune) sound {
	for i := len(stem) - 1; i >= 0; i-- {
		switch r := stem[i]; r {
		case 'ь', 'ъ':
			continue
		case 'у', 'и', 'ю': // both: су-лар, су-ы
			return vowel | glide
		case 'р', 'л', 'й':
			return glide
		case 'м', 'н', 'ң':
			return nasal
		case 'з', 'ж':
			return buzzing
		case 'ы', 'і':
			return vowel | third
		default:
			if isVowel(r) {
				return vowel
			}
			return voiceless
		}
	}
	return 0
}

// suffix is one ending: the sounds it may follow, its own harmony, the shortest stem in
// letters that it may leave.
type suffix struct {
	text    []rune
	after   sound
	harmony class
	least   int
}

// layer is one place in the chain of endings, of which a word has at most one.
type layer []suffix

// twins makes a suffix with back vowels and its front twin.
func twins(least int, rows ...struct {
	text  string
	after sound
},
) layer {
	var l layer
	for _, row := range rows {
		l = append(l, suffix{[]rune(row.text), row.after, back, least})
		f := []rune(strings.NewReplacer("а", "е", "ы", "і", "ғ", "г", "қ", "к").Replace(row.text))
		l = append(l, suffix{f, row.after, front, least})
	}
	return l
}

type row = struct {
	text  string
	after sound
}

const voiced = vowel | glide | nasal | buzzing

// cases, possessives and plurals are the endings of nouns from outside in, longest
// first within each. After a possessive of the third person the case endings begin with
// н (баласы-нда, баласы-на), and only after it: аста-на is no dative.
var (
	locatives = twins(2,
		row{"ндағы", third}, row{"дағы", voiced}, row{"тағы", voiceless},
		row{"нда", third}, row{"да", voiced}, row{"та", voiceless})
	genitives = twins(2,
		row{"ның", vowel | nasal}, row{"дың", glide | buzzing}, row{"тың", voiceless})
	others = twins(3,
		row{"нан", third | nasal}, row{"дан", vowel | glide | buzzing}, row{"тан", voiceless},
		row{"ны", vowel}, row{"ды", glide | nasal | buzzing}, row{"ты", voiceless},
		row{"ға", voiced}, row{"қа", voiceless}, row{"на", third})
	// мен, бен, пен have one form for both harmonies.
	instrumentals = layer{
		{[]rune("мен"), vowel | glide | nasal, neutral, 3},
		{[]rune("бен"), buzzing, neutral, 3},
		{[]rune("пен"), voiceless, neutral, 3},
	}
	possessives = twins(3,
		row{"ымыз", glide | nasal | buzzing | voiceless}, row{"ыңыз", glide | nasal | buzzing | voiceless},
		row{"мыз", vowel}, row{"ңыз", vowel},
		row{"сы", vowel}, row{"ы", glide | nasal | buzzing | voiceless})
	plurals = twins(2,
		row{"лар", vowel | glide}, row{"дар", nasal | buzzing | glide}, row{"тар", voiceless})

	cases = concat(locatives, genitives, others, instrumentals)
)

func concat(layers ...layer) layer {
	var all layer
	for _, l := range layers {
		all = append(all, l...)
	}
	return all
}

// guards are stems that end like a stem with a suffix, and are too frequent in archives
// to lose: Қазақ-стан, облы-сы, Кеңе-сі.
var guards = [][]rune{[]rune("қазақстан"), []rune("облыс"), []rune("кеңес")}

// short are stems of two letters frequent enough to be let through where three are asked
// for: file, country, house, month, song. (істі, елі, үйді, айында, әні)
var short = map[string]bool{"іс": true, "ел": true, "үй": true, "ай": true, "ән": true}

// kazakh is the light stem of a folded Cyrillic word: endings of case, possession and
// plural are taken off from outside in where harmony and assimilation allow them; a
// final б, г, ғ becomes п, к, қ (кітабы, кітап). Derivation is left alone: it blurs more
// than it finds. The result is a key to meet by, not a word to show.
func kazakh(word string) string {
	stem := []rune(word)
	floor := 0
	for _, g := range guards {
		if len(stem) >= len(g) && slices.Equal(stem[:len(g)], g) {
			floor = len(g)
		}
	}
	stem, cased := strip(stem, cases, floor)
	if !cased {
		stem = accusative(stem, floor)
	}
	stem, possessed := strip(stem, possessives, floor)
	if n := len(stem); possessed && lastSound(stem)&third != 0 && agent(stem[n-2]) {
		stem, _ = strip(stem, possessives, floor) // басшы-сы must lose what басшы loses
	}
	if one, many := strip(stem, plurals, floor); many {
		stem, _ = strip(one, possessives, floor) // үлгі loses its і, so үлгілер must too
	}
	return string(devoice(stem))
}

// strip takes off the first suffix of the layer that fits.
func strip(word []rune, l layer, floor int) ([]rune, bool) {
	for _, s := range l {
		n := len(word) - len(s.text)
		if n < max(2, floor) || !endsWith(word, s.text) {
			continue
		}
		stem := word[:n]
		if n < s.least && !short[string(stem)] {
			continue
		}
		if lastSound(stem)&s.after == 0 {
			continue
		}
		if h := harmony(stem); endsWith(stem, surname) {
			// pronounced as written in Russian: both Назарбаев-тың and Назарбаев-тің occur
		} else if h != neutral && s.harmony != neutral && h != s.harmony {
			continue
		}
		if isThird(s.text) && lastSound(stem)&third != 0 && !agent(stem[n-2]) {
			stem = word[:n+1] // жұмыс-ы, not жұмы-сы: nouns in -ыс, -іс are many
		}
		return stem, true
	}
	return word, false
}

// surname is the end of stems that disregard harmony.
var surname = []rune("аев")

func isThird(text []rune) bool { return len(text) == 2 && text[0] == 'с' }

func endsWith(word, tail []rune) bool {
	n := len(word) - len(tail)
	return n >= 0 && slices.Equal(word[n:], tail)
}

// agent says whether a stem in this letter and ы, і is a noun of its own (басшы, белгі,
// қорытынды) and not one in -ыс with its possessive.
func agent(r rune) bool { return strings.ContainsRune("шчгд", r) }

// accusative takes off the н that a third person possessive has in the accusative
// (жолы-н, баласы-н), where a possessive is left behind.
func accusative(word []rune, floor int) []rune {
	n := len(word) - 1
	if n < 6 && !short[string(word[:max(n-1, 0)])] || n < max(2, floor) || word[n] != 'н' || word[n-1] != 'ы' && word[n-1] != 'і' {
		return word
	}
	if _, possessed := strip(word[:n], possessives, floor); !possessed {
		return word
	}
	return word[:n]
}

// devoice undoes the voicing of a final consonant before a vowel.
func devoice(stem []rune) []rune {
	if len(stem) == 0 {
		return stem
	}
	out := append([]rune(nil), stem...)
	if n := len(out) - 1; out[n] == 'ь' && n > 0 { // модель, моделі
		out = out[:n]
	}
	switch last := &out[len(out)-1]; *last {
	case 'б':
		*last = 'п'
	case 'г':
		*last = 'к'
	case 'ғ':
		*last = 'қ'
	}
	return out
}
