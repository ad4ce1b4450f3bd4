package certificate_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/certificate"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

var languages = []fault.Language{fault.Kazakh, fault.Russian, fault.English}

func day(s string) civil.Date {
	d, err := civil.Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

func cite(code, leaves string) archcode.Code {
	c, err := certificate.Cite(code, leaves)
	if err != nil {
		panic(err)
	}
	return c
}

// sample is a paper of a kind with everything that a real one can have.
func sample(l fault.Language, kind certificate.Kind) certificate.Facts {
	f := certificate.Facts{
		Language: l, Kind: kind,
		Archive: certificate.Archive{
			Name:     certificate.Text{KK: "«Көкжиек облысының мемлекеттік архиві» коммуналдық мемлекеттік мекемесі", RU: "КГУ «Государственный архив Кокжиекской области»"},
			Address:  certificate.Text{KK: "040000, Көкжиек қ., Абай даңғ., 12", RU: "040000, г. Кокжиек, пр. Абая, 12"},
			Contacts: "+7 (700) 000-00-00, archive@kokzhiek.example",
		},
		Number: "2026-1-1", Date: day("2026-11-20"), Addressee: "Ә. Қ. Өмірбекова\nКөкжиек қ., Жамбыл к., 7-үй, 15-пәтер",
		RequestNumber: "2026-1", RequestDate: day("2026-11-09"),
		Signatory: certificate.Person{Post: certificate.Text{KK: "Архив директоры", RU: "Директор архива", EN: "Director of the archive"}, Name: "Б. І. Іңкәрбаев"},
		Executor:  certificate.Executor{Name: "Н. Ғ. Үсенова", Phone: "+7 (700) 000-00-01"},
		Check:     certificate.Check{Address: "archive.kokzhiek.example/verify", Link: "https://archive.kokzhiek.example/verify?n=2026-1-1&c=48210937", Digits: "48210937"},
	}
	switch kind {
	case certificate.Certificate, certificate.Copy, certificate.Extract:
		f.Statements = []certificate.Statement{
			{
				Period: "12.03.1975", Text: "Омирбекова Айша (так в документе) принята на должность учётчика полеводческой бригады совхоза «Көкжиек» с окладом 95 рублей (приказ от 12 марта 1975 г. № 31-к).",
				Sources: []archcode.Code{cite("Р-1109/2лс/345а", "10–12 об.")},
			},
			{
				Period: "1975 – 1983", Text: "Лицевые счета: заработная плата начислялась ежемесячно; за 1978 год – 1 412 рублей 60 копеек.",
				Sources: []archcode.Code{cite("Р-1109/2лс/346", "5, 17–18"), cite("Р-1109/2лс/347", "")},
			},
			{Period: "01.09.1983", Text: "Уволена по собственному желанию (приказ от 1 сентября 1983 г. № 118-к).", Sources: []archcode.Code{cite("Р-1109/2лс/345а", "201")}},
		}
		f.Spellings = []string{"«Омирбекова Айша» – приказ № 31-к", "«Өмірбекова Әйша» – лицевой счёт за 1979 год"}
		f.Gaps = []string{"лицевые счета за 1981 год на хранение не поступали"}
	case certificate.Negative:
		f.Searched = []archcode.Code{cite("Р-1109/2лс/340", ""), cite("Р-1109/2лс/341", "")}
		f.Gaps = []string{"документы совхоза за 1970–1974 годы на хранение не поступали"}
	case certificate.Refusal:
		f.Ground, f.Reasons = 3, "Сведения о состоянии здоровья составляют тайну, охраняемую законом."
		f.Closing = "Остальная часть запроса исполнена, справка № 2026-1-2 прилагается."
	case certificate.Answer, certificate.Forwarded, certificate.Published:
		f.Reasons = "Бірінші абзац: жауаптың мәтіні.\n\nЕкінші абзац."
	}
	return f
}

// long is a paper of several pages.
func long(l fault.Language) certificate.Facts {
	f := sample(l, certificate.Certificate)
	for range 4 {
		f.Statements = append(f.Statements, f.Statements...)
	}
	return f
}

func draw(t testing.TB, f certificate.Facts) []byte {
	t.Helper()
	pdf, err := certificate.Draw(f)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

func TestTheSameFactsGiveTheSameBytes(t *testing.T) {
	for _, l := range languages {
		for _, k := range certificate.Kinds() {
			first := draw(t, sample(l, k))
			if l == fault.Kazakh && !bytes.Equal(first, draw(t, sample(l, k))) {
				t.Fatalf("%s %s: two prints differ", l, k)
			}
			for _, want := range []string{"/Lang (" + string(l) + ")", "/FontFile2", "/ToUnicode"} {
				if !bytes.Contains(first, []byte(want)) {
					t.Errorf("%s %s: no %s", l, k, want)
				}
			}
			other := sample(l, k)
			other.Date = other.Date.AddDays(1)
			if l == fault.Russian && bytes.Equal(first, draw(t, other)) {
				t.Errorf("%s %s: another date prints the same", l, k)
			}
		}
	}
}

func read(t *testing.T, pdf []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed; the other tests cover structure and bytes")
	}
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// What practice and AI-11.14 ask to stand on the paper does.
func TestText(t *testing.T) {
	for l, want := range map[fault.Language][]string{
		fault.Russian: {
			"№ 2026-1-1 от 20 ноября 2026 г.", "На запрос № 2026-1 от 9 ноября 2026 г.", "АРХИВНАЯ СПРАВКА", "Ф. Р-1109. Оп. 2лс. Д. 345а. Л. 10–12 об.",
			"так в документе", "Пробелы в документах", "Основание:", "Л. 10–12 об., 201", "Директор архива", "Б. І. Іңкәрбаев", "040000, г. Кокжиек, пр. Абая, 12",
			"Исп.: Н. Ғ. Үсенова", "4821 0937", "archive.kokzhiek.example/verify", "Көкжиек облысының", "Ә. Қ. Өмірбекова", "стр. 1 из",
		},
		fault.Kazakh: {
			"2026 жылғы 20 қараша № 2026-1-1", "2026 жылғы 9 қараша № 2026-1 сұрау салуға", "АРХИВТІК АНЫҚТАМА", "Қ. Р-1109, Т. 2лс, І. 345а, П. 10–12 сырты",
			"құжатта осылай", "Негіздеме:", "Архив директоры", "040000, Көкжиек қ., Абай даңғ., 12", "Орынд.:", "Тексеру коды: 4821 0937", "1-бет",
		},
		fault.English: {"No. 2026-1-1 of 20 November 2026", "To request No. 2026-1", "ARCHIVAL REFERENCE", "Fonds Р-1109, inventory 2лс, file 345а, leaves 10–12 verso", "Director of the archive", "page 1 of"},
	} {
		text := read(t, draw(t, sample(l, certificate.Certificate)))
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in\n%s", l, w, text)
			}
		}
	}
	text := read(t, draw(t, long(fault.Russian)))
	pages := strings.Split(text, "Архивная справка № 2026-1-1 от 20.11.2026 стр. ") // each page names the paper at its foot
	if len(pages) != 6 || !strings.Contains(text, "48. 01.09.1983") {
		t.Errorf("a long paper has %d pages: %s", len(pages)-1, text)
	}
	if last := pages[len(pages)-2]; !strings.Contains(last, "Основание:") || !strings.Contains(last, "Б. І. Іңкәрбаев") {
		t.Error("the signature stands alone on its page:", last)
	}
	if text := read(t, draw(t, sample(fault.Russian, certificate.Refusal))); !strings.Contains(text, "подпункт 3)") || !strings.Contains(text, "трёх месяцев") {
		t.Error("a refusal without its ground or the way to complain:", text)
	}
	if text := read(t, draw(t, sample(fault.Kazakh, certificate.Negative))); !strings.Contains(text, "Қаралған құжаттар:") || !strings.Contains(text, "табылмады") {
		t.Error("a negative answer that does not say what was searched:", text)
	}
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*certificate.Facts)
		want   *fault.Definition
	}{
		"no archive":        {func(f *certificate.Facts) { f.Archive.Name = certificate.Text{} }, certificate.BadField},
		"no address":        {func(f *certificate.Facts) { f.Archive.Address = certificate.Text{} }, certificate.BadField}, // AI-11.14
		"no post":           {func(f *certificate.Facts) { f.Signatory.Post = certificate.Text{} }, certificate.BadField},  // AI-11.14
		"no signatory":      {func(f *certificate.Facts) { f.Signatory.Name = " " }, certificate.BadField},
		"no request":        {func(f *certificate.Facts) { f.RequestNumber = "" }, certificate.BadField},         // AI-11.14
		"no request date":   {func(f *certificate.Facts) { f.RequestDate = civil.Date{} }, certificate.BadField}, // AI-11.14
		"answer too early":  {func(f *certificate.Facts) { f.RequestDate = day("2027-01-01") }, certificate.BadField},
		"no number":         {func(f *certificate.Facts) { f.Number = "" }, certificate.BadField},
		"no addressee":      {func(f *certificate.Facts) { f.Addressee = "\n" }, certificate.BadField},
		"no date":           {func(f *certificate.Facts) { f.Date = civil.Date{} }, certificate.BadField},
		"no digits":         {func(f *certificate.Facts) { f.Check.Digits = "" }, certificate.BadField},
		"other language":    {func(f *certificate.Facts) { f.Language = "de" }, certificate.BadField},
		"other kind":        {func(f *certificate.Facts) { f.Kind = "poem" }, certificate.BadField},
		"says nothing":      {func(f *certificate.Facts) { f.Statements = nil }, certificate.BadField},
		"empty statement":   {func(f *certificate.Facts) { f.Statements[1].Text = "" }, certificate.BadField},
		"without document":  {func(f *certificate.Facts) { f.Statements[1].Sources = nil }, certificate.NoSource},
		"empty code":        {func(f *certificate.Facts) { f.Statements[1].Sources[0] = archcode.Code{} }, certificate.NoSource},
		"ground of nothing": {func(f *certificate.Facts) { f.Ground = 1 }, certificate.BadField},
		"no such ground":    {func(f *certificate.Facts) { f.Kind, f.Ground, f.Reasons = certificate.Refusal, 8, "x" }, certificate.BadField}, // AI-11.16
		"no reason":         {func(f *certificate.Facts) { f.Kind, f.Ground = certificate.Refusal, 1 }, certificate.BadField},
		"endless":           {func(f *certificate.Facts) { f.Statements[0].Text = strings.Repeat("ы", 8001) }, certificate.BadField},
		"endless name":      {func(f *certificate.Facts) { f.Addressee = strings.Repeat("ы", 501) }, certificate.BadField},
		"not UTF-8":         {func(f *certificate.Facts) { f.Gaps = []string{"\xff"} }, certificate.BadField},
	} {
		f := sample(fault.Russian, certificate.Certificate)
		c.change(&f)
		if _, err := certificate.Draw(f); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := certificate.Cite("колхоз", "1"); !errors.Is(err, archcode.NotCode) {
		t.Error(err)
	}
}

// Whatever people type is drawn: no panic, no endless paper.
func TestHostileTexts(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("Ш", 400), "строки\nи\x00нуль", "🗂 𐰴𐰀𐰔", "عربي", "{nb} %s %!d", "a\u00ad\u200b\ufeff", "()\\ endobj xref trailer %%EOF", strings.Repeat("a ", 200),
	} {
		f := sample(fault.Kazakh, certificate.Certificate)
		f.Statements[0].Text, f.Statements[0].Period, f.Addressee, f.Opening, f.Closing = text, text, text, text, text
		f.Archive.Name, f.Archive.Address, f.Archive.Contacts = certificate.Text{KK: text, RU: text}, certificate.Text{KK: text}, text
		f.Signatory.Post, f.Signatory.Name, f.Executor.Name, f.Number = certificate.Text{KK: text}, text, text, text
		f.Gaps, f.Spellings, f.Check.Address = []string{text}, []string{text}, text
		if pages := bytes.Count(draw(t, f), []byte("/Type /Page\n")); pages > 8 {
			t.Errorf("%.20q on %d pages", text, pages)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	f := sample(fault.Kazakh, certificate.Certificate)
	for b.Loop() {
		draw(b, f)
	}
}

// TestWriteSamples writes what the tests print, for the eye: QOYMA_SAMPLES=/tmp/x go test.
func TestWriteSamples(t *testing.T) {
	dir := os.Getenv("QOYMA_SAMPLES")
	if dir == "" {
		t.Skip("QOYMA_SAMPLES names no folder")
	}
	for _, l := range languages {
		if err := os.WriteFile(filepath.Join(dir, "long-"+string(l)+".pdf"), draw(t, long(l)), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, k := range certificate.Kinds() {
			if err := os.WriteFile(filepath.Join(dir, string(k)+"-"+string(l)+".pdf"), draw(t, sample(l, k)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
