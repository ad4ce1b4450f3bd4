package words

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/fault"
)

func TestTokensAreFolded(t *testing.T) {
	for text, want := range map[string]string{
		"Әдiсi мен CОСТАВ":        "әдісі мен состав", // Latin i, i and C
		"Ёлка, ПЛЁНКА; взлё́т":    "елка пленка взлет",
		"дело № 345а, оп. 2лс":    "дело 345а оп 2лс",
		"345a 12b/7":              "345а 12b 7",
		"1941–1945 гг.":           "1941 1945 гг",
		"д’Артаньян и d'Artagnan": "дартаньян и dartagnan",
		"Қaзaқстaн Реcпубликаcы":  "қазақстан республикасы",
		"аrchive":                 "archive", // Cyrillic а
		"":                        "",
		" \t–…":                   "",
		"ко\u00adоператив":        "кооператив",
		"\xffколхоз\xfe":          "колхоз",
		"İzbasar ISTORIIA":        "izbasar istoriia",
	} {
		var got []string
		for _, token := range Tokens(text) {
			got = append(got, token.Text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("Tokens(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestKazakhFormsMeet(t *testing.T) {
	for _, forms := range []string{
		"құжат құжаты құжатты құжаттар құжаттары құжаттардың құжаттарында құжатқа құжаттан құжатпен құжаттағы құжатымыз",
		"іс ісі ісін ісінде іске істен істер істің істі істе істері істерді істердің",
		"кітап кітабы кітабын кітаптар кітабында кітапты",
		"қор қоры қордың қорлар қорында қорлары қорға қордағы қормен",
		"мұрағат мұрағатта мұрағаттың мұрағаты мұрағатына мұрағаттар мұрағатымыз",
		"тізімдеме тізімдемеде тізімдемелер тізімдеменің тізімдемелерде",
		"ауыл ауылдың ауылы ауылдар ауылында ауылдан ауылға",
		"мектеп мектебі мектепте мектептер мектебінің мектептен",
		"облыс облысы облысының облыста облыстар облыстық облысында",
		"кеңес кеңесі кеңестің кеңестер кеңесінің",
		"қазақстан қазақстанның қазақстанда қазақстанға қазақстаннан",
		"жұмыс жұмысы жұмысының жұмыстар жұмыстары",
		"басшы басшысы басшылар басшылары басшының",
		"архив архиві архивтің архивтер архивінде",
		"қала қаласы қалада қалалар қаласының қаласында қалаға",
		"модель моделі модельдер моделін", "ел елі елдің еліміз еліміздің елден", "назарбаев назарбаевтың назарбаевқа",
	} {
		list := strings.Fields(forms)
		for _, form := range list[1:] {
			if form == "облыстық" { // derivation stays apart
				continue
			}
			if kazakh(form) != kazakh(list[0]) {
				t.Errorf("%s → %s, but %s → %s", form, kazakh(form), list[0], kazakh(list[0]))
			}
		}
	}
}

func TestKazakhWordsThatOnlyLookAlikeStayApart(t *testing.T) {
	for _, pair := range [][2]string{
		{"қазақстан", "қазақ"},
		{"астана", "ас"},
		{"балалық", "бала"},
		{"мен", "ме"},
		{"ана", "а"},
		{"аты", "а"},
		{"желтоқсан", "желтоқ"},
		{"жылқы", "жыл"},
		{"қалам", "қала"},
		{"білім", "біл"},
		{"елтаңба", "ел"},
	} {
		if kazakh(pair[0]) == kazakh(pair[1]) {
			t.Errorf("%s and %s both give %s", pair[0], pair[1], kazakh(pair[0]))
		}
	}
}

// meets says whether a query's single word finds a description of one field.
func meets(query, description string, field fault.Language) bool {
	terms := Document(description, field)
	for _, w := range Query(query) {
		found := slices.ContainsFunc(terms, func(term string) bool {
			return slices.Contains(w.Terms, term) || Cyrillic(term) && slices.Contains(w.Skeletons, Skeleton(term))
		})
		if !found {
			return false
		}
	}
	return true
}

func TestQueriesMeetDescriptions(t *testing.T) {
	for _, c := range []struct {
		query, description string
		field              fault.Language
		want               bool
	}{
		{"құжаттардың", "Колхоз құжаттары", fault.Kazakh, true},
		{"документов", "Документы колхоза", fault.Russian, true},
		{"документы", "Құжаттар, документтер", fault.Kazakh, true},
		{"протоколдар", "Протоколы заседаний", fault.Russian, true},
		{"протоколам", "Протоколы заседаний", "", true},
		{"решениями", "Решения исполкома", fault.Russian, true},
		{"архива", "Областной архив", fault.Russian, true},
		{"коллектив", "Трудового коллектива", fault.Russian, true},
		{"комитеттің", "Решения комитета", fault.Russian, true},
		{"letters", "Letter of the governor", fault.English, true},
		{"мұрағат", "Областной архив", fault.Russian, true},
		{"архивы", "Мұрағаттың ережесі", fault.Kazakh, true},
		{"archives", "Мұрағат ісі", fault.Kazakh, true},
		{"murağat", "Мұрағат ісі", fault.Kazakh, true},
		{"qujattar", "Колхоз құжаттары", fault.Kazakh, true},
		{"qalasynyñ", "Алматы қаласы", fault.Kazakh, true},
		{"qalasynyn", "Алматы қаласы", fault.Kazakh, true},
		{"qoghamy", "Қазақ қоғамы", fault.Kazakh, true},
		{"Алматы", "History of Almaty", fault.English, true},
		{"Almaty", "История Алматы", fault.Russian, true},
		{"құжаттар", "Qujattar tızımı", "", true},
		{"әдiсi", "Оқыту әдісі", fault.Kazakh, true}, // Latin i in the query
		{"345a", "Дело 345а", fault.Russian, true},
		{"планы", "Учебный план", fault.Russian, true},
		{"жоспар", "Учебный план", fault.Russian, false},
		{"қой", "Қор", fault.Kazakh, false},
		{"сот", "Сотрудники", fault.Russian, false},
		{"1935", "1936 год", fault.Russian, false},
	} {
		if got := meets(c.query, c.description, c.field); got != c.want {
			t.Errorf("%q meets %q (%s): %v; query %+v, terms %q", c.query, c.description, c.field, got, Query(c.query), Document(c.description, c.field))
		}
	}
}

func TestFoldingForgivesEncodingAndCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("абвйёәғқңөұүһіАЙЁІ abcixy 12-.'")), 0, 30, -1).Draw(t, "text")
		want := Document(text, fault.Kazakh)
		for _, same := range []string{norm.NFD.String(text), norm.NFC.String(text), " " + text + "."} {
			if got := Document(same, fault.Kazakh); !slices.Equal(got, want) {
				t.Fatalf("%q gives %q, %q gives %q", text, want, same, got)
			}
		}
	})
}

func TestADescriptionIsFoundByItsOwnWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("абдемнртыийьқіғңүәлз  ")), 1, 40, -1).Draw(t, "text")
		field := rapid.SampledFrom([]fault.Language{"", fault.Kazakh, fault.Russian}).Draw(t, "field")
		if !meets(text, text, field) {
			t.Fatalf("%q (%s) does not find itself: %+v %q", text, field, Query(text), Document(text, field))
		}
	})
}

func FuzzDocument(f *testing.F) {
	for _, s := range []string{"Әдiсi мен СОСТАВ", "кітабы", "345a", "взлё́т", "\xff", "İstanbul", "ыньдің", "ьь", "ңғ", "тар", "сысысысы", strings.Repeat("а", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, field := range []fault.Language{"", fault.Kazakh, fault.Russian, fault.English} {
			for _, term := range Document(text, field) {
				if term == "" || !utf8.ValidString(term) || utf8.RuneCountInString(term) > 2*maxToken+1 {
					t.Fatalf("%q (%s) gives the term %q", text, field, term)
				}
			}
		}
		for _, w := range Query(text) {
			if len(w.Terms) == 0 || slices.Contains(w.Terms, "") {
				t.Fatalf("%q gives the word %+v", text, w)
			}
		}
	})
}

func BenchmarkDocument(b *testing.B) {
	title := "Алматы облысы Қарасай ауданының 1935 жылғы колхоз құжаттары және протоколдары"
	b.ReportAllocs()
	for b.Loop() {
		Document(title, fault.Kazakh)
	}
}
