package numeral

import (
	"fmt"
	"strconv"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Noun is a counted thing in the forms that counts need.
type Noun struct {
	Gender      Gender // of the Russian noun
	One         string // Russian: 1, 21 дело
	Few         string // 2, 3, 4, 22 дела
	Many        string // 0, 5, 11, 100 дел; also the genitive plural
	OneGenitive string // из 1, 21 дела
	KK          string // 17 іс
	KKFrom      string // 18 істен, the ablative
	EN          string // 1 file
	ENMany      string // 2 files
}

// The nouns of accounting entries.
var (
	Files  = Noun{Neuter, "дело", "дела", "дел", "дела", "іс", "істен", "file", "files"}
	Units  = Noun{Feminine, "единица хранения", "единицы хранения", "единиц хранения", "единицы хранения", "сақтау бірлігі", "сақтау бірлігінен", "storage unit", "storage units"}
	Leaves = Noun{Masculine, "лист", "листа", "листов", "листа", "парақ", "парақтан", "leaf", "leaves"}
	Years  = Noun{Masculine, "год", "года", "лет", "года", "жыл", "жылдан", "year", "years"}
	Days   = Noun{Masculine, "день", "дня", "дней", "дня", "күн", "күннен", "day", "days"}
	Copies = Noun{Masculine, "экземпляр", "экземпляра", "экземпляров", "экземпляра", "дана", "данадан", "copy", "copies"}
)

// For is the noun as it stands after the number n (its sign is ignored).
func (w Noun) For(n int64, l fault.Language, c Case) string {
	switch l {
	case fault.Russian:
		return w.russian(n, c)
	case fault.Kazakh:
		if c == Genitive {
			return w.KKFrom
		}
		return w.KK
	default:
		if n == 1 || n == -1 {
			return w.EN
		}
		return w.ENMany
	}
}

// russian follows the CLDR plural classes of Russian for whole numbers.
func (w Noun) russian(n int64, c Case) string {
	tens, ones := n%100, n%10
	if tens < 0 {
		tens, ones = -tens, -ones
	}
	teen := tens >= 11 && tens <= 14
	switch {
	case ones == 1 && !teen && c == Genitive:
		return w.OneGenitive
	case ones == 1 && !teen:
		return w.One
	case ones >= 2 && ones <= 4 && !teen && c == Nominative:
		return w.Few
	default:
		return w.Many
	}
}

// Short is the figure and the noun: «5 лет», «21 год», «5 жыл», "5 years".
func (w Noun) Short(n int64, l fault.Language) string {
	return strconv.FormatInt(n, 10) + " " + w.For(n, l, Nominative)
}

// Count is the figure, the words and the noun as accounting documents state them:
// «17 (семнадцать) дел», «17 (он жеті) іс», "17 (seventeen) files".
func (w Noun) Count(n int64, l fault.Language, c Case) string {
	return fmt.Sprintf("%d (%s) %s", n, Words(n, l, w.Gender, c), w.For(n, l, c))
}
