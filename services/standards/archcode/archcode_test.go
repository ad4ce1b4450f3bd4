package archcode_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

var languages = []fault.Language{fault.Kazakh, fault.Russian, fault.English}

// spell maps a canonical code to spellings that must all mean it, archive and leaves included.
var spell = map[string][]string{
	"ЦГА РК. Ф. 1. Оп. 2. Д. 345. Л. 10–12 об.": {
		"ЦГА РК, Ф. 1, Оп. 2, Д. 345, Лл. 10-12об.", "цга рк ф.1 оп.2 д.345 л.10-12 об", "ЦГА РК ф1оп2д345л10-12об",
		"ЦГА PK. Ф. 1. Оп. 2. Д. 345. Л. 10—12 оборот", "ЦГА РК 1/2/345/10-12об", "  ЦГА  РК.  Ф.№1. Оп.№ 2. Д. 345. Л. 10 − 12 об. ",
		"«ЦГА РК. Қ. 1, Т. 2, І. 345, П. 10–12 сырты»", "ЦГА РК. Fonds 1, inventory 2, file 345, leaves 10-12 v",
	},
	"Ф. 1. Оп. 2. Д. 345. Л. 10–12": {
		"Қ. 1, Т. 2, І. 345, П. 10–12", "Қ.1 Т.2 I.345 П.10-12", "K. 1, T. 2, I. 345, П. 10-12", "q. 1 t. 2 i. 345 p. 10-12",
		"1-қор, 2-тізімдеме, 345-іс, 10–12-п.", "ф.1, оп.2, ед. хр. 345, лл. 10–12", "фонд 1 опись 2 единица хранения 345 листы 10-12",
		"fonds 1 inventory 2 unit 345 folio 10-12", "ф. 1 о. 2 д. 345 л. 10-12",
	},
	"Ф. 44. Оп. 1. Д. 345. Л. 5": {
		"44-қор, 1-тізімдеме, 345-іс, 5-п.", "44 қор 1 тізімдеме 345 іс 5 парақ", "44-ҚОР, 1-ТІЗІМДЕМЕ, 345-ІС, 5-ПАРАҚ",
		"44-қордың 1-тізімдемесі, 345-ісі, 5-парағы", "44-қор, 1-ші тізімдеме, 345-іc, 5-п", "44/1/345/5", "44-1-345-5", "44-кор 1-тізімдеме 345-iс 5-п",
	},
	"Ф. 1109. Оп. 2. Д. 345": {
		"1109/2/345", "1109-2-345", "ф1109 оп2 д345", "ф1109оп2д345", "Ф1109 ОП2 Д345", "f.1109 op.2 d.345", "F. 1109 inv. 2 file 345",
		"fonds 1109 inventory 2 file 345", "Fonds 1109, Inventory 2, File 345", "фонд 1109 опись 2 дело 345", "фонда 1109 описи 2 дела 345",
		"1109 / 2 / 345", "Ф-1109/2/345", "ф.1109/2/345", "фонд 1109/2/345", "Ф. 1109-2-345", "1109\\2\\345", "1109–2–345", "1109 — 2 — 345", "Ф-1109 Оп-2 Д-345", "ф.1109/оп.2/д.345", "ф:1109 оп:2 д:345",
		"Ф.\u00a01109.\u00a0Оп.\u00a02.\u00a0Д.\u00a0345", "01109/02/0345", "(Ф. 1109. Оп. 2. Д. 345).", "қор 1109, тізімдеме 2, іс 345", "қ1109т2і345",
		"Қ. 1109, Т. 2, с.б. 345", "қор 1109 тізімдеме 2 сақтау бірлігі 345",
	},
	"Ф. Р-1109. Оп. 2. Д. 345": {
		"Р-1109/2/345", "р-1109/2/345", "P-1109/2/345", "R-1109/2/345", "Р1109/2/345", "Р-1109-2-345", "Ф.Р-1109 оп.2 д.345", "Ф. Р-1109/2/345", "фонд Р-1109-2-345",
		"ф. р 1109 оп. 2 д. 345", "Р-1109-қор, 2-тізімдеме, 345-іс", "Ф. Р. 1109. Оп. 2. Д. 345", "Р – 1109/2/345",
	},
	"Ф. ЛС-14. Оп. 2лс. Д. 345а": {
		"ЛС-14/2лс/345а", "лс-14/2-лс/345-а", "LS-14/2лс/345a", "Ф. Л/С-14. Оп. 2 л/с. Д. 345 а", "Ф. ЛС-14 оп. 2л/с д. 345А",
		"ЛС-14-қор, 2лс-тізімдеме, 345а-іс", "ЛС14/2ЛС/345А", "Қ. ЛС-14, Т. 2лс, І. 345а",
	},
	"Ф. 12. Оп. 1":       {"фонд 12 опись 1", "12/1", "ф12 оп1", "Қ. 12, Т. 1", "12-қор, 1-тізімдеме", "f.12 op.1", "fonds 12 inventory 1"},
	"Ф. 12":              {"фонд 12", "Ф.12", "ф-12", "12-қор", "12 қор", "Қ. 12", "fonds 12", "Ф. № 12", "қор 12", "К. 12", "12-й фонд"},
	"Ф. П-708":           {"П-708", "п-708", "Ф. П-708", "П708", "П-708-қор"},
	"Ф. 5. Оп. 2л. Д. 7": {"5/2л/7", "ф. 5 оп. 2л д. 7", "5-қор, 2л-тізімдеме, 7-іс", "ф.5 оп.2-л. д.7"},
	"Ф. 1. Оп. 2. Д. 3. Л. 1, 3–5 об., 7а": {"ф1 оп2 д3 л1,3-5об,7а", "Ф. 1 Оп. 2 Д. 3 Лл. 1; 3–5 об.; 7а", "1/2/3/1, 3-5об, 7а", "Ф. 1 Оп. 2 Д. 3 Л. 1, 3–5 об. и 7а"},
}

func TestEverySpellingMeetsItsCode(t *testing.T) {
	for canonical, spellings := range spell {
		want, err := archcode.Parse(canonical)
		if err != nil {
			t.Errorf("Parse(%q): %v", canonical, err)
			continue
		}
		if got := want.Format(fault.Russian); got != canonical {
			t.Errorf("Format(ru) of %q = %q", canonical, got)
		}
		for _, s := range spellings {
			for _, typed := range []string{s, strings.ToUpper(s), strings.ToLower(s)} {
				got, err := archcode.Parse(typed)
				if err != nil {
					t.Errorf("Parse(%q): %v", typed, err)
				} else if !got.Equal(want) || !bytes.Equal(got.Key(), want.Key()) {
					t.Errorf("Parse(%q) = %+v, want %+v", typed, got, want)
				}
			}
		}
	}
}

func TestTextThatIsNoCodeIsSaidToBeNone(t *testing.T) {
	for _, text := range []string{
		"", " ", ".", "-", "1109", "1941-1945", "1941 1945", "колхоз", "фонд", "план ф. 12", "история фонда", "фонд 12 для",
		"ф. 12 колхоз", "қор құрушы", "44 қой", "дело о колхозе", "1/2/3/4/5", "1/2/x?", "a@b", "Ф. 1. Ф. 2", "Оп. 2. Ф. 1",
		strings.Repeat("1/", 200), "\xff\xfe", "Ф. 1. Оп. 2. Д. 345абвгде", "ф. 1 оп. 2 д. 3 л.", "²/2/3", "документы колхоза за 1935 год",
		"+7 727 2670001", "Ф. ABCDE-1", "99999999",
	} {
		if c, err := archcode.Parse(text); !errors.Is(err, archcode.NotCode) {
			t.Errorf("Parse(%q) = %+v, %v; want NotCode", text, c, err)
		}
	}
}

func TestAFaultyCodeSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]*fault.Definition{
		"оп. 2 д. 3":                    archcode.Gap,
		"Ф. 1. Д. 3":                    archcode.Gap,
		"Ф. 1. Л. 3":                    archcode.Gap,
		"345-іс":                        archcode.Gap,
		"0/2/3":                         archcode.NumberRange,
		"1/2/99999999":                  archcode.NumberRange,
		"Ф. 99999999999999999999999":    archcode.NumberRange,
		"Ф. 1. Оп. 2. Д. 3. Л. 12–10":   archcode.LeafOrder,
		"Ф. 1. Оп. 2. Д. 3. Л. 5 об.–5": archcode.LeafOrder,
		"1-қор, 2-тізімдеме, 3-іс, 0-п.": archcode.NumberRange,
		"Ф. 1. Оп. 2. Д. 3. Л. 0":        archcode.NumberRange,
	} {
		if c, err := archcode.Parse(text); !errors.Is(err, want) {
			t.Errorf("Parse(%q) = %+v, %v; want %v", text, c, err, want)
		}
	}
}

func TestTheOfficialFormInThreeLanguages(t *testing.T) {
	c, err := archcode.Parse("ЦГА РК. Ф. Р-1109. Оп. 2лс. Д. 345а. Л. 10–12 об.")
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[fault.Language]string{
		fault.Russian: "ЦГА РК. Ф. Р-1109. Оп. 2лс. Д. 345а. Л. 10–12 об.",
		fault.Kazakh:  "ЦГА РК. Қ. Р-1109, Т. 2лс, І. 345а, П. 10–12 сырты",
		fault.English: "ЦГА РК. Fonds Р-1109, inventory 2лс, file 345а, leaves 10–12 verso",
	} {
		if got := c.Format(lang); got != want {
			t.Errorf("Format(%s) = %q, want %q", lang, got, want)
		}
	}
	if c.String() != "Р-1109/2лс/345а" || c.OfFonds().String() != "Р-1109" || (archcode.Code{}).String() != "" {
		t.Errorf("short forms: %q %q", c, c.OfFonds())
	}
}

const letters = "абвгдежзиклмнопрстуфхцчшщэюяәғқңөұүһі"

func someLetters(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 2).Draw(t, "lettered") > 0 {
			return ""
		}
		n := rapid.IntRange(1, most).Draw(t, "count")
		var s strings.Builder
		for range n {
			s.WriteRune(rapid.SampledFrom([]rune(letters)).Draw(t, "letter"))
		}
		return s.String()
	})
}

func someNumber(t *rapid.T, name string) uint32 {
	return rapid.OneOf(rapid.Uint32Range(1, 30), rapid.Uint32Range(1, archcode.MaxNumber)).Draw(t, name)
}

// isLabel tells generated letters that are themselves a label: a code with such letters
// must be written with care, and is met by its own table above.
func isLabel(s string) bool {
	_, err := archcode.Parse(s + "1")
	_, err2 := archcode.Parse("ф1" + s + "1")
	_, err3 := archcode.Parse("1-" + s)
	return s != "" && (errors.Is(err, archcode.Gap) || err2 == nil || err3 == nil || errors.Is(err3, archcode.Gap) || slices.Contains([]string{"об", "оборот"}, s))
}

var someCode = rapid.Custom(func(t *rapid.T) archcode.Code {
	suffix := someLetters(3).Filter(func(s string) bool { return !isLabel(s) })
	c := archcode.Code{Fonds: archcode.FondsNumber{
		Index:   strings.ToUpper(rapid.OneOf(rapid.SampledFrom([]string{"", "Р", "ЛС", "П"}), someLetters(3).Filter(func(s string) bool { return !isLabel(s) })).Draw(t, "index")),
		Number:  someNumber(t, "fonds"),
		Letters: suffix.Draw(t, "fonds letters"),
	}}
	c.Archive = rapid.SampledFrom([]string{"", "ЦГА РК", "ҚР ОММ", "ГАКО", "АПРК", "TSGA"}).Draw(t, "archive")
	depth := rapid.IntRange(1, 4).Draw(t, "depth")
	if depth >= 2 {
		c.Inventory = archcode.InventoryNumber{Number: someNumber(t, "inventory"), Letters: suffix.Draw(t, "inventory letters")}
	}
	if depth >= 3 {
		c.File = archcode.FileNumber{Number: someNumber(t, "file"), Letters: suffix.Draw(t, "file letters")}
	}
	if depth == 4 {
		for range rapid.IntRange(1, 3).Draw(t, "runs") {
			from := archcode.Leaf{Number: someNumber(t, "leaf"), Verso: rapid.Bool().Draw(t, "verso")}
			to := from
			if rapid.Bool().Draw(t, "run") {
				to = archcode.Leaf{Number: min(from.Number+someNumber(t, "more"), archcode.MaxNumber), Letters: rapid.SampledFrom([]string{"", "а", "б"}).Draw(t, "leaf letter"), Verso: true}
			}
			c.Leaves = append(c.Leaves, archcode.LeafRange{From: from, To: to})
		}
	}
	return c
})

func TestParseOfFormatIsTheCode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := someCode.Draw(t, "code")
		for _, lang := range languages {
			text := c.Format(lang)
			for _, typed := range []string{text, strings.ToUpper(text), strings.ReplaceAll(text, " ", "  "), strings.ReplaceAll(text, "–", "-")} {
				got, err := archcode.Parse(typed)
				if err != nil {
					t.Fatalf("Parse(%q): %v", typed, err)
				}
				if !got.Equal(c) {
					t.Fatalf("Parse(%q) = %+v, want %+v", typed, got, c)
				}
			}
		}
		short, err := archcode.Parse(c.String())
		if err != nil || !bytes.Equal(short.Key(), c.Key()) {
			t.Fatalf("short form %q: %+v, %v; want the key of %+v", c.String(), short, err, c)
		}
	})
}

func TestKeyOrderIsTheOrderOfTheHoldings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := someCode.Draw(t, "a"), someCode.Draw(t, "b")
		if rapid.Bool().Draw(t, "near") { // let them share fonds and inventory often
			b.Fonds, b.Inventory.Number = a.Fonds, max(a.Inventory.Number, min(b.Inventory.Number, 1))
		}
		if b.Inventory.Number == 0 {
			b.Inventory, b.File = archcode.InventoryNumber{}, archcode.FileNumber{}
		}
		if got, want := bytes.Compare(a.Key(), b.Key()), a.Compare(b); got != want {
			t.Fatalf("keys of %v and %v compare %d, codes %d", a, b, got, want)
		}
		back, err := archcode.ParseKey(a.Key())
		if err != nil || !back.Equal(a.OfFile()) {
			t.Fatalf("ParseKey = %+v, %v; want %+v", back, err, a.OfFile())
		}
		for _, whole := range []archcode.Code{a.OfFonds(), a.OfInventory(), a.OfFile()} {
			in := bytes.Compare(b.Key(), whole.Key()) >= 0 && bytes.Compare(b.Key(), archcode.KeyEnd(whole.Key())) < 0
			belongs := b.Fonds == whole.Fonds && (whole.Level() < archcode.InventoryLevel || b.Inventory == whole.Inventory) &&
				(whole.Level() < archcode.FileLevel || b.File == whole.File)
			if in != belongs || in != bytes.HasPrefix(b.Key(), whole.Key()) {
				t.Fatalf("%v in the range of %v: %v, want %v", b, whole, in, belongs)
			}
		}
	})
}

func TestNumbersSortAsNumbersAndLettersAfterThem(t *testing.T) {
	order := []string{
		"ф. 1", "1/1", "1/1/1", "1/1/2", "1/1/2а", "1/1/2ә", "1/1/2б", "1/1/10", "1/1/345", "1/1/345а", "1/1/346", "1/1лс", "1/1лс/1",
		"1/2", "1/10", "ф. 1а", "ф. 2", "ф. 10", "ЛС-1", "ЛС-14/2/1", "П-1", "Р-2", "Р-1109", "Р-1109/2/345",
	}
	var last []byte
	for _, text := range order {
		c, err := archcode.Parse(text)
		if err != nil {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		if bytes.Compare(last, c.Key()) >= 0 {
			t.Errorf("%q does not stand after the one before it", text)
		}
		last = c.Key()
	}
}

// Keys are stored for ever: these bytes must never change.
func TestKeysAreFixed(t *testing.T) {
	for text, want := range map[string]string{
		"ф. 1":              "000000000100",
		"1109/2/345":        "000000045500" + "0000000200" + "0000015900",
		"Р-1109":            "16000000045500",
		"ЛС-14/2лс/345а":    "0f1700" + "0000000e00" + "000000020f1700" + "000001590100",
		"Ф. 9999999яә":      "00" + "0098967f" + "290200",
		"Қ-7/1":             "0000000007000000000100",
		"Ф. Қ-7. Оп. 1":     "0e00" + "00000007000000000100",
		"1/2/3/10-12":       "000000000100000000020000000003" + "00",
		"ГАКО. Ф. 1. Оп. 2": "0000000001000000000200",
	} {
		c, err := archcode.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(c.Key()); got != want {
			t.Errorf("key of %q is %s, was %s", text, got, want)
		}
	}
}

func TestDamagedKeysAreRefused(t *testing.T) {
	good := archcode.Code{Fonds: archcode.FondsNumber{Number: 1}, Inventory: archcode.InventoryNumber{Number: 2}}.Key()
	for _, key := range [][]byte{nil, {0}, good[:len(good)-1], append(slices.Clone(good), 0), {200, 0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 0, 0}, bytes.Repeat([]byte{0xff}, 30)} {
		if c, err := archcode.ParseKey(key); !errors.Is(err, archcode.KeyFault) {
			t.Errorf("ParseKey(%x) = %+v, %v", key, c, err)
		}
	}
	if archcode.KeyEnd(nil) != nil || archcode.KeyEnd([]byte{0xff}) != nil || len((archcode.Code{}).Key()) != 0 {
		t.Error("the empty key has no end")
	}
}

func FuzzParse(f *testing.F) {
	for canonical, spellings := range spell {
		f.Add(canonical)
		for _, s := range spellings {
			f.Add(s)
		}
	}
	f.Add("Ф. 1. Оп. 2. Д. 3. Л. 1 об.–2 об., 3, 4v и 5")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := archcode.Parse(text)
		if err != nil {
			f := fault.Of(err)
			if f.Kind != fault.Invalid {
				t.Fatalf("Parse(%q): %v is not the typist's fault", text, err)
			}
			return
		}
		if c.Level() == archcode.NoLevel || len(c.Key()) == 0 {
			t.Fatalf("Parse(%q) succeeded with nothing", text)
		}
		back, err := archcode.ParseKey(c.Key())
		if err != nil || !back.Equal(c.OfFile()) {
			t.Fatalf("Parse(%q): key reads back as %+v, %v", text, back, err)
		}
		for _, lang := range languages {
			written := c.Format(lang)
			if len(written) > 256 {
				continue
			}
			again, err := archcode.Parse(written)
			if err != nil || !again.Equal(c) {
				t.Fatalf("Parse(%q) = %+v; as %q it reads %+v, %v", text, c, written, again, err)
			}
		}
	})
}

func FuzzParseKey(f *testing.F) {
	f.Add(archcode.Code{Fonds: archcode.FondsNumber{Index: "Р", Number: 1109, Letters: "а"}}.Key())
	f.Fuzz(func(t *testing.T, key []byte) {
		c, err := archcode.ParseKey(key)
		if err == nil && !bytes.Equal(c.Key(), key) {
			t.Fatalf("%x reads as %+v, which writes %x", key, c, c.Key())
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := archcode.Parse("ЦГА РК. Ф. Р-1109. Оп. 2лс. Д. 345а. Л. 10–12 об."); err != nil {
			b.Fatal(err)
		}
	}
}
