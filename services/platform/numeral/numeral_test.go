package numeral_test

import (
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

const (
	kk = fault.Kazakh
	ru = fault.Russian
	en = fault.English
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		n          int64
		kk, ru, en string
	}{
		{0, "нөл", "ноль", "zero"},
		{1, "бір", "один", "one"},
		{2, "екі", "два", "two"},
		{5, "бес", "пять", "five"},
		{11, "он бір", "одиннадцать", "eleven"},
		{17, "он жеті", "семнадцать", "seventeen"},
		{20, "жиырма", "двадцать", "twenty"},
		{21, "жиырма бір", "двадцать один", "twenty-one"},
		{40, "қырық", "сорок", "forty"},
		{99, "тоқсан тоғыз", "девяносто девять", "ninety-nine"},
		{100, "жүз", "сто", "one hundred"},
		{112, "жүз он екі", "сто двенадцать", "one hundred twelve"},
		{342, "үш жүз қырық екі", "триста сорок два", "three hundred forty-two"},
		{1000, "бір мың", "одна тысяча", "one thousand"},
		{1001, "бір мың бір", "одна тысяча один", "one thousand one"},
		{2000, "екі мың", "две тысячи", "two thousand"},
		{5011, "бес мың он бір", "пять тысяч одиннадцать", "five thousand eleven"},
		{12_000, "он екі мың", "двенадцать тысяч", "twelve thousand"},
		{21_022, "жиырма бір мың жиырма екі", "двадцать одна тысяча двадцать два", "twenty-one thousand twenty-two"},
		{100_000, "жүз мың", "сто тысяч", "one hundred thousand"},
		{677_680, "алты жүз жетпіс жеті мың алты жүз сексен", "шестьсот семьдесят семь тысяч шестьсот восемьдесят", "six hundred seventy-seven thousand six hundred eighty"},
		{1_000_000, "бір миллион", "один миллион", "one million"},
		{2_000_001, "екі миллион бір", "два миллиона один", "two million one"},
		{1_000_000_000, "бір миллиард", "один миллиард", "one billion"},
		{-3, "минус үш", "минус три", "minus three"},
		{numeral.Max + 1, "1000000000000", "1000000000000", "1000000000000"},
	} {
		for l, want := range map[fault.Language]string{kk: c.kk, ru: c.ru, en: c.en} {
			if got := numeral.Words(c.n, l, numeral.Masculine, numeral.Nominative); got != want {
				t.Errorf("%d in %s: %q, want %q", c.n, l, got, want)
			}
		}
	}
}

func TestRussianGenderAndCase(t *testing.T) {
	for _, c := range []struct {
		n    int64
		g    numeral.Gender
		c    numeral.Case
		want string
	}{
		{1, numeral.Feminine, numeral.Nominative, "одна"},
		{1, numeral.Neuter, numeral.Nominative, "одно"},
		{2, numeral.Feminine, numeral.Nominative, "две"},
		{2, numeral.Neuter, numeral.Nominative, "два"},
		{22, numeral.Feminine, numeral.Nominative, "двадцать две"},
		{12, numeral.Feminine, numeral.Nominative, "двенадцать"},
		{2002, numeral.Neuter, numeral.Nominative, "две тысячи два"},
		{1_000_001, numeral.Feminine, numeral.Nominative, "один миллион одна"},
		{1, numeral.Neuter, numeral.Genitive, "одного"},
		{21, numeral.Feminine, numeral.Genitive, "двадцати одной"},
		{18, numeral.Neuter, numeral.Genitive, "восемнадцати"},
		{48, numeral.Neuter, numeral.Genitive, "сорока восьми"},
		{290, numeral.Neuter, numeral.Genitive, "двухсот девяноста"},
		{1001, numeral.Neuter, numeral.Genitive, "одной тысячи одного"},
		{2000, numeral.Neuter, numeral.Genitive, "двух тысяч"},
		{5_000_004, numeral.Neuter, numeral.Genitive, "пяти миллионов четырех"},
		{0, numeral.Neuter, numeral.Genitive, "ноля"},
	} {
		if got := numeral.Words(c.n, ru, c.g, c.c); got != c.want {
			t.Errorf("%d: %q, want %q", c.n, got, c.want)
		}
	}
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		noun numeral.Noun
		n    int64
		l    fault.Language
		c    numeral.Case
		want string
	}{
		{numeral.Files, 17, ru, numeral.Nominative, "17 (семнадцать) дел"},
		{numeral.Files, 17, kk, numeral.Nominative, "17 (он жеті) іс"},
		{numeral.Files, 18, ru, numeral.Genitive, "18 (восемнадцати) дел"},
		{numeral.Files, 18, kk, numeral.Genitive, "18 (он сегіз) істен"},
		{numeral.Files, 1, ru, numeral.Nominative, "1 (одно) дело"},
		{numeral.Files, 21, ru, numeral.Genitive, "21 (двадцати одного) дела"},
		{numeral.Units, 1, ru, numeral.Nominative, "1 (одна) единица хранения"},
		{numeral.Units, 2, ru, numeral.Nominative, "2 (две) единицы хранения"},
		{numeral.Units, 2, ru, numeral.Genitive, "2 (двух) единиц хранения"},
		{numeral.Leaves, 101, ru, numeral.Nominative, "101 (сто один) лист"},
		{numeral.Leaves, 112, ru, numeral.Nominative, "112 (сто двенадцать) листов"},
		{numeral.Leaves, 1, en, numeral.Nominative, "1 (one) leaf"},
		{numeral.Leaves, 0, en, numeral.Nominative, "0 (zero) leaves"},
	} {
		if got := c.noun.Count(c.n, c.l, c.c); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got := numeral.Years.Short(75, ru) + numeral.Years.Short(1, ru) + numeral.Years.Short(3, ru); got != "75 лет1 год3 года" {
		t.Errorf("%q", got)
	}
}

// The plural classes are those of CLDR.
func TestPluralClassesAreCLDRs(t *testing.T) {
	for n := range 2001 {
		want := map[plural.Form]string{plural.One: "год", plural.Few: "года", plural.Many: "лет"}[plural.Cardinal.MatchPlural(language.Russian, n, 0, 0, 0, 0)]
		if got := numeral.Years.For(int64(n), ru, numeral.Nominative); got != want {
			t.Errorf("%d %s, want %s", n, got, want)
		}
	}
}

// Different numbers have different words, and the words are clean.
func TestWordsAreDistinct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, numeral.Max).Draw(t, "a")
		b := rapid.Int64Range(0, numeral.Max).Draw(t, "b")
		for _, l := range []fault.Language{kk, ru, en} {
			for _, c := range []numeral.Case{numeral.Nominative, numeral.Genitive} {
				x, y := numeral.Words(a, l, numeral.Neuter, c), numeral.Words(b, l, numeral.Neuter, c)
				if (x == y) != (a == b) {
					t.Fatalf("%d and %d in %s: %q, %q", a, b, l, x, y)
				}
				if x == "" || strings.Contains(x, "  ") || strings.TrimSpace(x) != x {
					t.Fatalf("%d in %s: %q", a, l, x)
				}
			}
		}
	})
}
