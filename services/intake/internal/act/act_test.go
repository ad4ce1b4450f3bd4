package act_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/intake/internal/act"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

func day(s string) civil.Date {
	d, err := civil.Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// sample is an act of rows inventories, with everything a real one can have.
func sample(rows int) act.Transfer {
	a := act.Transfer{
		Number: "12", Date: day("2026-02-10"), Place: act.Text{KK: "Алматы қ.", RU: "г. Алматы"},
		Ground: act.Text{
			KK: "СТК-ның 2025 жылғы 4 наурыздағы № 7 хаттамасымен бекітілген тұрақты сақталатын істер тізімдемесі; тапсыру кестесі",
			RU: "опись дел постоянного хранения, утвержденная протоколом ЭПК от 04.03.2025 № 7; график передачи",
		},
		FondsName: act.Text{KK: "«Көкжиек» ауылдық округі әкімінің аппараты", RU: "Аппарат акима сельского округа «Кокжиек»"},
		Giver: act.Party{
			Name:   act.Text{KK: "«Көкжиек» ауылдық округі әкімінің аппараты» ММ", RU: "ГУ «Аппарат акима сельского округа «Кокжиек»"},
			Head:   act.Person{Post: act.Text{KK: "Округ әкімі", RU: "Аким округа"}, Name: "Ә. Қ. Өмірбеков"},
			Signer: act.Person{Post: act.Text{KK: "іс жүргізуші", RU: "делопроизводитель"}, Name: "Г. Ұ. Һамитова"},
		},
		Archive: act.Party{
			Name:   act.Text{KK: "Алматы облысының мемлекеттік архиві", RU: "Государственный архив Алматинской области"},
			Head:   act.Person{Post: act.Text{KK: "Архив директоры", RU: "Директор архива"}, Name: "Б. І. Іңкәрбаев"},
			Signer: act.Person{Post: act.Text{KK: "жинақтау бөлімінің жетекші архивисті", RU: "ведущий архивист отдела комплектования"}, Name: "Н. Ғ. Үсенова"},
		},
		Accession: "3/2026",
		Books:     []act.Text{{KK: "түсімдерді есепке алу кітабы", RU: "книга учета поступлений"}, {KK: "қорлар тізімі", RU: "список фондов"}, {KK: "қор парағы", RU: "лист фонда"}},
		Digital: &act.Digital{
			Package: "kokzhiek-2019-1", Objects: 187, Bytes: 1_234_567_890, Algorithm: "SHA-512",
			Digest: strings.Repeat("0123456789abcdef", 8),
		},
	}
	for i := range rows {
		a.Rows = append(a.Rows, act.Row{
			Inventory: fmt.Sprint(i + 1), Copies: 2, Units: 17 + i,
			Title: act.Text{KK: fmt.Sprintf("Тұрақты сақталатын істер, %d жыл: хаттамалар, шешімдер, бюджет (₸), есептер", 2000+i), RU: fmt.Sprintf("Дела постоянного хранения за %d год: протоколы, решения, бюджет (₸), отчеты", 2000+i)},
			Note:  act.Text{KK: "түптелген", RU: "переплетены"},
		})
		a.Accepted += 17 + i
	}
	a.Announced = a.Accepted + 1
	a.Differences = []act.Difference{{Unit: act.Text{KK: "Т. 1, І. 18", RU: "оп. 1, д. 18"}, Reason: act.Text{KK: "жоқ, түсіндірмесі қоса берілген", RU: "отсутствует, объяснение приложено"}}}
	return a
}

func book() act.Book {
	b := act.Book{Archive: act.Text{KK: "Алматы облысының мемлекеттік архиві", RU: "Государственный архив Алматинской области"}, Year: 2026, AsOf: day("2026-12-31")}
	for i := range 30 {
		b.Receipts = append(b.Receipts, act.Receipt{
			Number: fmt.Sprint(i + 1), Date: day("2026-02-10").AddDays(9 * i), From: act.Text{KK: "«Көкжиек» ауылдық округі әкімінің аппараты", RU: "Аппарат акима сельского округа «Кокжиек»"},
			Document: act.Text{KK: fmt.Sprintf("№ %d акт, 10.02.2026", i+12), RU: fmt.Sprintf("акт № %d от 10.02.2026", i+12)},
			Fonds:    act.Text{KK: "Ауылдық округ әкімінің аппараты", RU: "Аппарат акима сельского округа"}, First: day("2015-01-01"), Last: day("2019-12-30"),
			Units: 17 + i, Condition: act.Text{KK: "қанағаттанарлық", RU: "удовлетворительное"}, FondsNumber: "Р-1109",
		})
	}
	return b
}

func render(t testing.TB, a act.Transfer, l fault.Language) []byte {
	t.Helper()
	pdf, err := a.PDF(l)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// The same facts give the same bytes; other facts give others.
func TestSameFactsSameBytes(t *testing.T) {
	for _, l := range []fault.Language{fault.Kazakh, fault.Russian} {
		first := render(t, sample(3), l)
		for range 8 {
			if !bytes.Equal(first, render(t, sample(3), l)) {
				t.Fatalf("%s: two prints differ", l)
			}
		}
		other := sample(3)
		other.Accession = "4/2026"
		if bytes.Equal(first, render(t, other, l)) {
			t.Fatalf("%s: another act prints the same", l)
		}
	}
	one, err := book().PDF(fault.Kazakh)
	if err != nil {
		t.Fatal(err)
	}
	two, err := book().PDF(fault.Kazakh)
	if err != nil || !bytes.Equal(one, two) {
		t.Fatal("two prints of the book differ", err)
	}
}

func TestStructure(t *testing.T) {
	for rows, least := range map[int]int{1: 1, 60: 3} {
		pdf := render(t, sample(rows), fault.Russian)
		if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(pdf), []byte("%%EOF")) {
			t.Error("not a whole PDF")
		}
		for _, want := range []string{"/FontFile2", "/ToUnicode", "/Lang (ru)", "/CreationDate (D:20260210"} {
			if !bytes.Contains(pdf, []byte(want)) {
				t.Errorf("no %s", want)
			}
		}
		if pages := bytes.Count(pdf, []byte("/Type /Page\n")); pages < least {
			t.Errorf("%d rows on %d pages", rows, pages)
		}
	}
}

func TestText(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed; the structure test covers the rest")
	}
	read := func(pdf []byte) string {
		path := filepath.Join(t.TempDir(), "a.pdf")
		if err := os.WriteFile(path, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", path, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(string(out)), " ")
	}
	for l, want := range map[fault.Language][]string{
		fault.Russian: {
			"АКТ № 12", "10 февраля 2026 г.", "протоколом ЭПК от 04.03.2025 № 7", "Принято 54 (пятьдесят четыре) единицы хранения из 55 (пятидесяти пяти) единиц хранения",
			"объяснение приложено", "не проводилась", "01234567 89abcdef", "байт – 1 234 567 890", "3/2026", "бюджет (₸)", "Ә. Қ. Өмірбеков", "стр. 1 из 2",
		},
		fault.Kazakh: {
			"АКТІСІ № 12", "2026 жылғы 10 ақпан", "55 (елу бес) сақтау бірлігінен 54 (елу төрт) сақтау бірлігі қабылданды", "жүргізілген жоқ",
			"Г. Ұ. Һамитова", "Н. Ғ. Үсенова", "(₸)", "1-бет, барлығы 2",
		},
	} {
		text := read(render(t, sample(3), l))
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in\n%s", l, w, text)
			}
		}
	}
	personal := sample(1)
	personal.Personal, personal.Kind = true, act.Text{KK: "жеке", RU: "личные"}
	for l, c := range map[fault.Language][2]string{
		fault.Russian: {"АКТ № 12 приема на хранение документов личного происхождения", "УТВЕРЖДАЮ"},
		fault.Kazakh:  {"Жеке тектен шыққан құжаттарды сақтауға қабылдау АКТІСІ № 12", "БЕКІТЕМІН"},
	} {
		text := read(render(t, personal, l))
		if !strings.Contains(text, c[0]) || strings.Count(text, c[1]) != 1 || strings.Contains(text, "Вид передачи") || strings.Contains(text, "Тапсыру түрі") {
			t.Errorf("a person's papers:\n%s", text)
		}
		if text := read(render(t, sample(1), l)); strings.Count(text, c[1]) != 2 || strings.Contains(text, c[0]) {
			t.Errorf("an organisation's:\n%s", text)
		}
	}
	long := read(render(t, sample(60), fault.Russian))
	if heads := strings.Count(long, "Название описи"); heads < 3 {
		t.Errorf("the heading stands on %d pages", heads)
	}
	if !strings.Contains(long, "стр. 3 из ") {
		t.Error("pages are not numbered")
	}
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*act.Transfer)
		want   *fault.Definition
	}{
		"total":            {func(a *act.Transfer) { a.Accepted++; a.Announced += 2 }, act.BadTotal},
		"more than listed": {func(a *act.Transfer) { a.Announced = a.Accepted - 1 }, act.BadField},
		"no rows":          {func(a *act.Transfer) { a.Rows = nil; a.Accepted = 0 }, act.BadField},
		"no date":          {func(a *act.Transfer) { a.Date = civil.Date{} }, act.BadField},
		"no ground":        {func(a *act.Transfer) { a.Ground = act.Text{} }, act.BadField},
		"no accession":     {func(a *act.Transfer) { a.Accession = "" }, act.BadField},
		"negative units":   {func(a *act.Transfer) { a.Rows[0].Units = -1 }, act.BadField},
		"endless title":    {func(a *act.Transfer) { a.Rows[0].Title.RU = strings.Repeat("ы", 1001) }, act.BadField},
		"endless name":     {func(a *act.Transfer) { a.Giver.Head.Name = strings.Repeat("ы", 301) }, act.BadField},
		"not UTF-8":        {func(a *act.Transfer) { a.Rows[0].Note.KK = "\xff" }, act.BadField},
		"no digest":        {func(a *act.Transfer) { a.Digital.Digest = "" }, act.BadField},
	} {
		a := sample(2)
		c.change(&a)
		if _, err := a.PDF(fault.Russian); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := sample(1).PDF(fault.English); !errors.Is(err, act.BadLanguage) {
		t.Error(err)
	}
}

// Whatever people type is drawn: no panic, no page left behind.
func TestHostileTexts(t *testing.T) {
	for _, s := range []string{
		strings.Repeat("Ш", 1000), "перевод\nстроки\tи\x00нуль", "эмодзи 🗂 и 𐰴𐰀𐰔", "عربي", "{nb} %s %!d", "\u00ad\u200b\ufeff", "()\\", strings.Repeat("a ", 400),
	} {
		a := sample(1)
		a.Rows[0].Title = act.Text{KK: s, RU: s}
		a.Rows[0].Note = act.Text{KK: s, RU: s}
		a.Ground = act.Text{KK: s, RU: s}
		name := string([]rune(s)[:min(300, len([]rune(s)))])
		a.Giver.Head.Name, a.Giver.Signer.Post, a.Giver.Name = name, act.Text{KK: name, RU: name}, act.Text{KK: name, RU: name}
		pdf := render(t, a, fault.Kazakh)
		if pages := bytes.Count(pdf, []byte("/Type /Page\n")); pages > 6 {
			t.Errorf("%.20q on %d pages", s, pages)
		}
	}
}

// handOver is a receipt of something that went from hand to hand, with a long name and an inventory.
func handOver(what string) act.HandOver {
	return act.HandOver{
		Number: 3, Transfer: "2026-14", At: day("2026-11-27").Start().Add(9*time.Hour + 5*time.Minute), What: what,
		Giver:     act.Text{KK: "«Көкжиек» ауылдық округі әкімінің аппараты» ММ", RU: "ГУ «Аппарат акима сельского округа «Кокжиек»"},
		Taker:     act.Text{KK: "Алматы облысының мемлекеттік архиві", RU: "Государственный архив Алматинской области"},
		Inventory: act.Text{KK: "№ 1 Тұрақты сақталатын істер, 2019", RU: "№ 1 Дела постоянного хранения, 2019"}, Units: 21, Files: 187, Bytes: 1_234_567_890,
		Algorithm: "SHA-512", Digest: strings.Repeat("0123456789abcdef", 8),
	}
}

// TestHandOver prints every kind of receipt alike twice, on one page; what is not complete is refused.
func TestHandOver(t *testing.T) {
	for _, what := range []string{"inventory", "package", "redone", "paper", "returned", "accepted", "deaccessioned"} {
		for _, l := range []fault.Language{fault.Kazakh, fault.Russian} {
			one, err := handOver(what).PDF(l)
			if err != nil {
				t.Fatal(err)
			}
			two, err := handOver(what).PDF(l)
			if err != nil || !bytes.Equal(one, two) {
				t.Errorf("%s in %s: two prints differ (%v)", what, l, err)
			}
			if pages := bytes.Count(one, []byte("/Type /Page\n")); pages != 1 {
				t.Errorf("%s in %s takes %d pages", what, l, pages)
			}
		}
	}
	long := handOver("returned")
	for p := uint32(16_000_000); p < 16_000_900; p += 2 {
		long.Positions = append(long.Positions, p)
	}
	if pdf, err := long.PDF(fault.Russian); err != nil || bytes.Count(pdf, []byte("/Type /Page\n")) != 1 {
		t.Errorf("450 rows that were returned: %v, or more than a page", err)
	}
	for name, change := range map[string]func(*act.HandOver){
		"no number": func(h *act.HandOver) { h.Number = 0 }, "no such thing": func(h *act.HandOver) { h.What = "lost" }, "no moment": func(h *act.HandOver) { h.At = time.Time{} },
		"no digest": func(h *act.HandOver) { h.Digest = "" }, "nobody gives": func(h *act.HandOver) { h.Giver = act.Text{} }, "endless": func(h *act.HandOver) { h.Inventory.RU = strings.Repeat("ы", 1001) },
		"not UTF-8": func(h *act.HandOver) { h.Taker.KK = "\xff" }, "too many bytes": func(h *act.HandOver) { h.Bytes = 1 << 63 },
	} {
		h := handOver("paper")
		change(&h)
		if _, err := h.PDF(fault.Russian); !errors.Is(err, act.BadField) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := handOver("paper").PDF(fault.English); !errors.Is(err, act.BadLanguage) {
		t.Error(err)
	}
}

// description is an act of description by which fewer units were found than had been counted.
func description() act.Description {
	return act.Description{
		Number: "2026-3", Date: day("2026-11-27"), Accession: "2026-3", Accepted: day("2026-02-10"), Fonds: "Р-1109", Counted: 40, Described: 38,
		Archive:   act.Text{KK: "Алматы облысының мемлекеттік архиві", RU: "Государственный архив Алматинской области"},
		From:      act.Text{KK: "«Көкжиек» ауылдық округі әкімінің аппараты» ММ", RU: "ГУ «Аппарат акима сельского округа «Кокжиек»"},
		Inventory: "2лс", Title: act.Text{KK: "Жеке құрам бойынша істер: бұйрықтар, жеке шоттар", RU: "Дела по личному составу: приказы, лицевые счета"},
		FirstYear: 1995, LastYear: 2001, DrawnUpBy: "aigerim",
	}
}

// TestDescription prints the act of description alike twice, on one page; what is not complete is refused. What it says is read in the
// tests of the service.
func TestDescription(t *testing.T) {
	for _, l := range []fault.Language{fault.Kazakh, fault.Russian} {
		for _, years := range [][2]int{{1995, 2001}, {2001, 2001}, {0, 2001}, {0, 0}} {
			a := description()
			a.FirstYear, a.LastYear = years[0], years[1]
			one, err := a.PDF(l)
			if err != nil {
				t.Fatal(err)
			}
			two, err := a.PDF(l)
			if err != nil || !bytes.Equal(one, two) {
				t.Errorf("%v in %s: two prints differ (%v)", years, l, err)
			}
			if pages := bytes.Count(one, []byte("/Type /Page\n")); pages != 1 {
				t.Errorf("%v in %s takes %d pages", years, l, pages)
			}
		}
	}
	for name, change := range map[string]func(*act.Description){
		"no number": func(a *act.Description) { a.Number = "" }, "no day": func(a *act.Description) { a.Date = civil.Date{} }, "nothing counted": func(a *act.Description) { a.Counted = 0 },
		"nothing described": func(a *act.Description) { a.Described = 0 }, "no inventory": func(a *act.Description) { a.Inventory = "" }, "no title": func(a *act.Description) { a.Title = act.Text{} },
		"years backwards": func(a *act.Description) { a.FirstYear = 2002 }, "nobody": func(a *act.Description) { a.DrawnUpBy = "" }, "from nobody": func(a *act.Description) { a.From = act.Text{} },
		"endless": func(a *act.Description) { a.Title.RU = strings.Repeat("ы", 1001) },
	} {
		a := description()
		change(&a)
		if _, err := a.PDF(fault.Russian); !errors.Is(err, act.BadField) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := description().PDF(fault.English); !errors.Is(err, act.BadLanguage) {
		t.Error(err)
	}
}

func BenchmarkTransfer(b *testing.B) {
	a := sample(20)
	for b.Loop() {
		if _, err := a.PDF(fault.Russian); err != nil {
			b.Fatal(err)
		}
	}
}

// TestWriteSamples writes what the tests print, for the eye: QOYMA_SAMPLES=/tmp/x go test.
func TestWriteSamples(t *testing.T) {
	dir := os.Getenv("QOYMA_SAMPLES")
	if dir == "" {
		t.Skip("QOYMA_SAMPLES names no folder")
	}
	for _, l := range []fault.Language{fault.Kazakh, fault.Russian} {
		b, err := book().PDF(l)
		if err != nil {
			t.Fatal(err)
		}
		slip, err := handOver("paper").PDF(l)
		if err != nil {
			t.Fatal(err)
		}
		described, err := description().PDF(l)
		if err != nil {
			t.Fatal(err)
		}
		personal := sample(1)
		personal.Personal = true
		for name, pdf := range map[string][]byte{"act": render(t, sample(3), l), "personal": render(t, personal, l), "long": render(t, sample(60), l), "book": b, "receipt": slip, "description": described} {
			if err := os.WriteFile(filepath.Join(dir, name+"-"+string(l)+".pdf"), pdf, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
