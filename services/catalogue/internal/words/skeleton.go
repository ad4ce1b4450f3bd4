package words

import "strings"

// latinMark begins the terms that Latin text gets beside its English stem, so that they
// meet only words of the other script.
const latinMark = "~"

// Skeleton is what remains of a Cyrillic stem when it is written in the Kazakh Latin
// alphabet of 2021 and then typed without diacritics: мұрағат, murağat and muragat all
// give muragat. The alphabet merges й with и and х with һ, so it is a key to meet by and
// is never turned back. An index keeps it per term of its dictionary, not per document.
func Skeleton(stem string) string {
	var s strings.Builder
	for _, r := range stem {
		if latin, ok := skeletons[r]; ok {
			s.WriteString(latin)
		} else {
			s.WriteRune(r)
		}
	}
	return s.String()
}

var skeletons = map[rune]string{
	'а': "a", 'ә': "a", 'б': "b", 'в': "v", 'г': "g", 'ғ': "g", 'д': "d", 'е': "e", 'ж': "j", 'з': "z", 'и': "i", 'й': "i",
	'к': "k", 'қ': "q", 'л': "l", 'м': "m", 'н': "n", 'ң': "n", 'о': "o", 'ө': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t",
	'у': "u", 'ұ': "u", 'ү': "u", 'ф': "f", 'х': "h", 'һ': "h", 'ц': "s", 'ч': "s", 'ш': "s", 'щ': "s", 'ъ': "", 'ы': "y",
	'і': "i", 'ь': "", 'э': "e", 'ю': "iu", 'я': "ia",
}

// cyrillized reads the Latin letters as Cyrillic ones well enough for the Kazakh stemmer.
var cyrillized = map[rune]rune{
	'a': 'а', 'ä': 'ә', 'á': 'ә', 'b': 'б', 'c': 'с', 'd': 'д', 'e': 'е', 'f': 'ф', 'g': 'г', 'ğ': 'ғ', 'ǵ': 'ғ', 'h': 'х', 'i': 'і', 'ı': 'і',
	'j': 'ж', 'k': 'к', 'l': 'л', 'm': 'м', 'n': 'н', 'ñ': 'ң', 'ń': 'ң', 'o': 'о', 'ö': 'ө', 'ó': 'ө', 'p': 'п', 'q': 'қ', 'r': 'р', 's': 'с', 'ş': 'ш',
	't': 'т', 'u': 'у', 'ū': 'ұ', 'ü': 'ү', 'ú': 'ү', 'v': 'в', 'w': 'у', 'x': 'х', 'y': 'ы', 'ý': 'у', 'z': 'з',
}

// digraphs are what people without the alphabet at hand type for one letter.
var digraphs = strings.NewReplacer("sh", "ş", "ch", "ş", "zh", "j", "gh", "ğ", "kh", "h")

// skeletonOfLatin is the skeleton of the Kazakh stem of a folded Latin word. Diacritics
// are often left out, so a g before a back vowel reads as ğ and n at the end of a
// genitive as ñ, which the stemmer needs to know the endings.
func skeletonOfLatin(word string) string {
	latin := []rune(digraphs.Replace(word))
	out := make([]rune, len(latin))
	for i, r := range latin {
		out[i] = r
		if c, ok := cyrillized[r]; ok {
			out[i] = c
		}
	}
	for i, r := range out {
		switch {
		case r == 'г' && i+1 < len(out) && classOf(out[i+1]) == back:
			out[i] = 'ғ'
		case r == 'і' && i > 0 && isVowel(out[i-1]):
			out[i] = 'й'
		case r == 'н' && i == len(out)-1 && i >= 2 && (out[i-1] == 'ы' || out[i-1] == 'і') && strings.ContainsRune("ндт", out[i-2]):
			out[i] = 'ң'
		}
	}
	return Skeleton(kazakh(string(out)))
}
