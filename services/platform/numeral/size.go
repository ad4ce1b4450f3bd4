package numeral

import (
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// sizeUnits are bytes and their decimal multiples (SI prefixes), each 1000 of the one before.
var sizeUnits = map[fault.Language][]string{
	fault.Kazakh:  {"Б", "КБ", "МБ", "ГБ", "ТБ"},
	fault.Russian: {"Б", "КБ", "МБ", "ГБ", "ТБ"},
	fault.English: {"B", "KB", "MB", "GB", "TB"},
}

// exact are more digits behind the point than the bytes of any unit have.
const exact = 12

// Decimal is a number with at most so many digits (one or more) behind the point, as readers of a language write it: "34,5".
func Decimal(n float64, digits int, l fault.Language) string {
	return pointed(strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(n, 'f', digits, 64), "0"), "."), l)
}

func pointed(text string, l fault.Language) string {
	if l != fault.English {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// Size is a number of bytes as readers of a language write it, with at most one digit behind the point: "34,5 КБ". It breaks into no two lines.
func Size(bytes uint64, l fault.Language) string { return size(bytes, 1, l) }

func size(bytes uint64, digits int, l fault.Language) string {
	n, unit := float64(bytes), 0
	for n >= 1000 && unit < len(sizeUnits[l])-1 {
		n, unit = n/1000, unit+1
	}
	number := Decimal(n, digits, l)
	switch {
	case unit == 0:
		number = strconv.FormatUint(bytes, 10)
	case digits == exact:
		number = shifted(bytes, 3*unit, l)
	}
	return number + "\u00a0" + sizeUnits[l][unit]
}

// shifted is a whole number with its point moved to the left, without the loss of a float.
func shifted(n uint64, places int, l fault.Language) string {
	digits := strconv.FormatUint(n, 10)
	return pointed(strings.TrimSuffix(strings.TrimRight(digits[:len(digits)-places]+"."+digits[len(digits)-places:], "0"), "."), l)
}

// Apart are two numbers of bytes for a text that tells a person that one is more than the other: with as many digits as it takes to see
// it, which are the same for both. They are arguments of a fault, and said in its language; the same numbers are said alike.
func Apart(a, b uint64) (first, second *fault.Error) {
	digits := 1
	for digits < exact && a != b && size(a, digits, fault.English) == size(b, digits, fault.English) {
		digits++
	}
	return said(a, digits), said(b, digits)
}

// Said is a number of bytes (Size) as an argument of a fault, said in its language.
func Said(bytes uint64) *fault.Error { return said(bytes, 1) }

func said(bytes uint64, digits int) *fault.Error {
	return (&fault.Definition{
		Kind: fault.Invalid, Code: "numeral.size",
		EN: size(bytes, digits, fault.English), RU: size(bytes, digits, fault.Russian), KK: size(bytes, digits, fault.Kazakh),
	}).With()
}
