package numeral

import "strings"

// The forms of Russian numerals by case: nominative, genitive.
var (
	ruUnits = [2][20]string{
		{
			"ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять", "одиннадцать", "двенадцать",
			"тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать", "восемнадцать", "девятнадцать",
		},
		{
			"ноля", "одного", "двух", "трех", "четырех", "пяти", "шести", "семи", "восьми", "девяти", "десяти", "одиннадцати", "двенадцати",
			"тринадцати", "четырнадцати", "пятнадцати", "шестнадцати", "семнадцати", "восемнадцати", "девятнадцати",
		},
	}
	ruTens = [2][10]string{
		{"", "", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто"},
		{"", "", "двадцати", "тридцати", "сорока", "пятидесяти", "шестидесяти", "семидесяти", "восьмидесяти", "девяноста"},
	}
	ruHundreds = [2][10]string{
		{"", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот"},
		{"", "ста", "двухсот", "трехсот", "четырехсот", "пятисот", "шестисот", "семисот", "восьмисот", "девятисот"},
	}
	ruBig = [4]Noun{
		1: {Gender: Feminine, One: "тысяча", Few: "тысячи", Many: "тысяч", OneGenitive: "тысячи"},
		2: {Gender: Masculine, One: "миллион", Few: "миллиона", Many: "миллионов", OneGenitive: "миллиона"},
		3: {Gender: Masculine, One: "миллиард", Few: "миллиарда", Many: "миллиардов", OneGenitive: "миллиарда"},
	}
)

func russian(n int64, g Gender, c Case) string {
	if n == 0 {
		return ruUnits[c][0]
	}
	var out []string
	groups(n, func(group, power int) {
		gender := g
		if power > 0 {
			gender = ruBig[power].Gender
		}
		if h := group / 100; h > 0 {
			out = append(out, ruHundreds[c][h])
		}
		rest := group % 100
		if rest >= 20 {
			out = append(out, ruTens[c][rest/10])
			rest %= 10
		}
		if rest > 0 {
			out = append(out, ruUnit(rest, gender, c))
		}
		if power > 0 {
			out = append(out, ruBig[power].russian(int64(group), c))
		}
	})
	return strings.Join(out, " ")
}

// ruUnit is a number below twenty; only one and two know gender.
func ruUnit(n int, g Gender, c Case) string {
	switch {
	case n == 1 && g == Feminine && c == Nominative:
		return "одна"
	case n == 1 && g == Neuter && c == Nominative:
		return "одно"
	case n == 1 && g == Feminine:
		return "одной"
	case n == 2 && g == Feminine && c == Nominative:
		return "две"
	}
	return ruUnits[c][n]
}
