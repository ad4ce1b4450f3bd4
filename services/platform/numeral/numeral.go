// Package numeral writes whole numbers in words in Kazakh, Russian and English, and puts
// a counted noun into the right form.
//
// Acts, closing entries and certifying sheets state every count in figures and in words:
// «принято 17 (семнадцать) дел», «17 (он жеті) іс қабылданды». The words are what a court
// reads when the figure was altered, so they must be right in gender and case.
package numeral

import (
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Max is the greatest number (in size) that is written in words; a greater one is
// returned in figures. No archive counts past it.
const Max = 999_999_999_999

// Gender is the grammatical gender of the counted noun, which Russian numerals follow.
type Gender uint8

// The genders: один том, одна единица, одно дело.
const (
	Masculine Gender = iota
	Feminine
	Neuter
)

// Case is the grammatical case a count stands in.
type Case uint8

// The cases that accounting entries use.
const (
	Nominative Case = iota // принято 17 (семнадцать) дел; 17 (он жеті) іс қабылданды
	Genitive               // из 18 (восемнадцати) дел; Kazakh: 18 (он сегіз) істен
)

// Words is n in words in the language, agreeing with the gender and case. Only Russian
// changes with them: a Kazakh or English numeral before its noun does not.
func Words(n int64, l fault.Language, g Gender, c Case) string {
	if n > Max || n < -Max {
		return strconv.FormatInt(n, 10)
	}
	negative := n < 0
	if negative {
		n = -n
	}
	var minus, words string
	switch l {
	case fault.Russian:
		minus, words = "минус ", russian(n, g, c)
	case fault.Kazakh:
		minus, words = "минус ", kazakh(n)
	default:
		minus, words = "minus ", english(n)
	}
	if negative {
		return minus + words
	}
	return words
}

// groups cuts n into thousands, the most significant first, with each group's power.
func groups(n int64, each func(group, power int)) {
	for power, unit := 3, int64(1_000_000_000); power >= 0; power, unit = power-1, unit/1000 {
		if group := int(n / unit % 1000); group > 0 {
			each(group, power)
		}
	}
}

var (
	kkOnes = [...]string{"нөл", "бір", "екі", "үш", "төрт", "бес", "алты", "жеті", "сегіз", "тоғыз"}
	kkTens = [...]string{"", "он", "жиырма", "отыз", "қырық", "елу", "алпыс", "жетпіс", "сексен", "тоқсан"}
	kkBig  = [...]string{"", "мың", "миллион", "миллиард"}
)

// kazakh writes жүз without бір and мың, миллион, миллиард with it, as contracts do:
// «100 000 (жүз мың)», «1000 (бір мың)».
func kazakh(n int64) string {
	if n == 0 {
		return kkOnes[0]
	}
	var out []string
	groups(n, func(group, power int) {
		if h := group / 100; h == 1 {
			out = append(out, "жүз")
		} else if h > 1 {
			out = append(out, kkOnes[h], "жүз")
		}
		if t := group / 10 % 10; t > 0 {
			out = append(out, kkTens[t])
		}
		if o := group % 10; o > 0 {
			out = append(out, kkOnes[o])
		}
		if power > 0 {
			out = append(out, kkBig[power])
		}
	})
	return strings.Join(out, " ")
}

var (
	enOnes = [...]string{
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
		"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
	}
	enTens = [...]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	enBig  = [...]string{"", "thousand", "million", "billion"}
)

func english(n int64) string {
	if n == 0 {
		return enOnes[0]
	}
	var out []string
	groups(n, func(group, power int) {
		if h := group / 100; h > 0 {
			out = append(out, enOnes[h], "hundred")
		}
		switch rest := group % 100; {
		case rest == 0:
		case rest < 20:
			out = append(out, enOnes[rest])
		case rest%10 == 0:
			out = append(out, enTens[rest/10])
		default:
			out = append(out, enTens[rest/10]+"-"+enOnes[rest%10])
		}
		if power > 0 {
			out = append(out, enBig[power])
		}
	})
	return strings.Join(out, " ")
}
