package term_test

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/term"
)

var cutOff = civil.Date{Year: 2003, Month: 1, Day: 1}

var languages = []fault.Language{fault.Kazakh, fault.Russian, fault.English}

func TestParse(t *testing.T) {
	years := func(n int) term.Term { return term.Term{Kind: term.Years, Years: n} }
	review := func(n int) term.Term { return term.Term{Kind: term.Years, Years: n, Review: true} }
	after := func(n int, e term.Trigger) term.Term { return term.Term{Kind: term.Years, Years: n, Trigger: e} }
	split := term.Term{Kind: term.Years, Years: 50, Before: 75}
	dated := term.Term{Kind: term.Years, Years: 50, Before: 75, CutOff: cutOff}
	for _, c := range []struct {
		text string
		want term.Term
	}{
		{"Постоянно", term.Term{Kind: term.Permanent}},
		{"  постоянно. ", term.Term{Kind: term.Permanent}},
		{"Пост.", term.Term{Kind: term.Permanent}},
		{"Тұрақты", term.Term{Kind: term.Permanent}},
		{"тұрақты сақтау", term.Term{Kind: term.Permanent}},
		{"Permanent", term.Term{Kind: term.Permanent}},
		{"5 лет", years(5)},
		{"5 лет", years(5)},
		{"5 л.", years(5)},
		{"3 г.", years(3)},
		{"1 год", years(1)},
		{"3 года", years(3)},
		{"21 год", years(21)},
		{"5 жыл", years(5)},
		{"5 ж.", years(5)},
		{"10 years", years(10)},
		{"5 лет ЭПК", review(5)},
		{"5 лет, ЭПК", review(5)},
		{"5 лет (ЭПК)", review(5)},
		{"5 л. ЭПК", review(5)},
		{"5 жыл СТК", review(5)},
		{"5 жыл, СТК.", review(5)},
		{"15 years EPC", review(15)},
		{"не менее 5 лет", term.Term{Kind: term.Years, Years: 5, AtLeast: true}},
		{"кемінде 5 жыл", term.Term{Kind: term.Years, Years: 5, AtLeast: true}},
		{"50/75 лет", split},
		{"50 / 75 жыл", split},
		{"50/75 лет ЭПК", term.Term{Kind: term.Years, Years: 50, Before: 75, Review: true}},
		{"50/75 лет (с 01.01.2003)", dated},
		{"50/75 лет (закончены с 2003-01-01)", term.Term{}}, // «закончены» alone is no wording of ours
		{"50/75 жыл (01.01.2003 бастап)", dated},
		{"5 лет после увольнения", after(5, term.Dismissal)},
		{"5 лет, после увольнения работника", after(5, term.Dismissal)},
		{"жұмыстан босатылғаннан кейін 5 жыл", after(5, term.Dismissal)},
		{"5 жыл, жұмыстан шығарылғаннан кейін", after(5, term.Dismissal)},
		{"5 years after expiry", after(5, term.Expiry)},
		{"5 лет после истечения срока действия договора ЭПК", term.Term{Kind: term.Years, Years: 5, Trigger: term.Expiry, Review: true}},
		{"5 лет (после погашения задолженности)", after(5, term.Repayment)},
		{"3 года после замены новыми", after(3, term.Replacement)},
		{"5 лет при условии проведения проверки (ревизии)", after(5, term.Audit)},
		{"5 лет после закрытия дела", after(5, term.CaseClosed)},
		{"3 года после уничтожения бланков", term.Term{Kind: term.Years, Years: 3, Trigger: term.OtherEvent, Words: "после уничтожения бланков"}},
		{"бланкілер жойылғаннан кейін 3 жыл", term.Term{Kind: term.Years, Years: 3, Trigger: term.OtherEvent, Words: "бланкілер жойылғаннан кейін"}},
		{"3 года после утверждения (согласования) описей", term.Term{Kind: term.Years, Years: 3, Trigger: term.OtherEvent, Words: "после утверждения (согласования) описей"}},
		{"До замены новыми", term.Term{Kind: term.UntilReplaced}},
		{"до замены", term.Term{Kind: term.UntilReplaced}},
		{"жаңасымен ауыстырылғанға дейін", term.Term{Kind: term.UntilReplaced}},
		{"until replaced by new ones", term.Term{Kind: term.UntilReplaced}},
		{"ДМН", term.Term{Kind: term.UntilNotNeeded}},
		{"д.м.н.", term.Term{Kind: term.UntilNotNeeded}},
		{"до минования надобности", term.Term{Kind: term.UntilNotNeeded}},
		{"До минования надобности, но не менее 1 года", term.Term{Kind: term.UntilNotNeeded, Years: 1}},
		{"ДМН (не менее 1 года)", term.Term{Kind: term.UntilNotNeeded, Years: 1}},
		{"қажеттілігі өткенге дейін", term.Term{Kind: term.UntilNotNeeded}},
		{"қажеттілігі өткенге дейін, кемінде 1 жыл", term.Term{Kind: term.UntilNotNeeded, Years: 1}},
		{"until no longer needed, at least 1 year", term.Term{Kind: term.UntilNotNeeded, Years: 1}},
		{"До ликвидации организации", term.Term{Kind: term.UntilLiquidation}},
		{"ұйым таратылғанға дейін", term.Term{Kind: term.UntilLiquidation}},
		{"until the organisation is liquidated", term.Term{Kind: term.UntilLiquidation}},
		{"до востребования", term.Term{Kind: term.UntilClaimed}},
		{"до востребования (невостребованные – 50 лет)", term.Term{Kind: term.UntilClaimed, Years: 50}},
		{"До востребования, не менее 50/75 лет", term.Term{Kind: term.UntilClaimed, Years: 50, Before: 75}},
		{"талап етілгенге дейін, одан кейін кемінде 50 жыл", term.Term{Kind: term.UntilClaimed, Years: 50}},
		{"50/75 лет до востребования", term.Term{Kind: term.UntilClaimed, Years: 50, Before: 75}},
		{"until claimed, then at least 50 years", term.Term{Kind: term.UntilClaimed, Years: 50}},
	} {
		got, err := term.Parse(c.text)
		if c.want.Kind == term.None {
			if !errors.Is(err, term.Unreadable) {
				t.Errorf("%q: %+v, %v; want Unreadable", c.text, got, err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%q: %+v, %v; want %+v", c.text, got, err, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		text string
		want *fault.Definition
	}{
		{"", term.Unreadable},
		{"лет", term.Unreadable},
		{"5", term.Unreadable},
		{"-5 лет", term.Unreadable},
		{"5 месяцев", term.Unreadable},
		{"5 лет и ещё немного", term.Unreadable},
		{"5 летний", term.Unreadable},
		{"постоянно или 5 лет", term.Unreadable},
		{"до замены, не менее 5 лет", term.Unreadable},
		{"ДМН (как получится)", term.Unreadable},
		{"ДМН чушь 5 лет", term.Unreadable},
		{"ДМН (не менее 1 года", term.Unreadable},
		{"до востребования кем-нибудь", term.Unreadable},
		{"до минования надобности когда-нибудь 5 лет", term.Unreadable},
		{"5 лет после (чего", term.Unreadable},
		{"0 лет", term.BadYears},
		{"201 год", term.BadYears},
		{"999999999 лет", term.BadYears},
		{"50/0 лет", term.BadYears},
		{"50/50 лет", term.Inconsistent},
		{"постоянно ЭПК", term.MarkMisplaced},
		{"ДМН ЭПК", term.MarkMisplaced},
		{string(make([]byte, 5000)), term.Unreadable},
		{"5 лет \xff\xfe", term.Unreadable},
	} {
		if got, err := term.Parse(c.text); !errors.Is(err, c.want) {
			t.Errorf("%.40q: %+v, %v; want %s", c.text, got, err, c.want.Code)
		}
	}
}

func TestIn(t *testing.T) {
	for _, c := range []struct{ text, kk, ru, en string }{
		{"1 год", "1 жыл", "1 год", "1 year"},
		{"3 г.", "3 жыл", "3 года", "3 years"},
		{"21 год", "21 жыл", "21 год", "21 years"},
		{"5 лет ЭПК", "5 жыл СТК", "5 лет ЭПК", "5 years EPC"},
		{"50/75 лет", "50/75 жыл", "50/75 лет", "50/75 years"},
		{"50/75 лет (с 01.01.2003)", "50/75 жыл (01.01.2003 бастап)", "50/75 лет (с 01.01.2003)", "50/75 years (from 01.01.2003)"},
		{"не менее 1 года", "кемінде 1 жыл", "не менее 1 года", "at least 1 year"},
		{"5 лет после увольнения ЭПК", "жұмыстан босатылғаннан кейін 5 жыл СТК", "5 лет после увольнения ЭПК", "5 years after dismissal EPC"},
		{"ДМН (не менее 1 года)", "қажеттілігі өткенге дейін, кемінде 1 жыл", "до минования надобности, не менее 1 года", "until no longer needed, at least 1 year"},
		{
			"до востребования, не менее 50/75 лет", "талап етілгенге дейін, одан кейін кемінде 50/75 жыл",
			"до востребования, затем не менее 50/75 лет", "until claimed, then at least 50/75 years",
		},
	} {
		got, err := term.Parse(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		for l, want := range map[fault.Language]string{fault.Kazakh: c.kk, fault.Russian: c.ru, fault.English: c.en} {
			if text := got.In(l); text != want {
				t.Errorf("%q in %s: %q, want %q", c.text, l, text, want)
			}
		}
	}
}

func draw(t *rapid.T) term.Term {
	v := term.Term{Kind: term.Kind(rapid.IntRange(1, 6).Draw(t, "kind"))}
	n := rapid.IntRange(1, term.MaxYears)
	switch v.Kind {
	case term.Years:
		v.Years = n.Draw(t, "years")
		v.Review = rapid.Bool().Draw(t, "review")
		v.Trigger = term.Trigger(rapid.IntRange(0, 7).Draw(t, "trigger"))
		if v.Trigger == term.OtherEvent {
			v.Words = rapid.SampledFrom([]string{"после уничтожения бланков", "после утверждения (согласования) описей", "бланкілер жойылғаннан кейін", "after the last entry"}).Draw(t, "words")
		}
		switch rapid.IntRange(0, 2).Draw(t, "form") {
		case 1:
			v.AtLeast = true
		case 2:
			v.Before = n.Filter(func(m int) bool { return m != v.Years }).Draw(t, "before")
		}
	case term.UntilNotNeeded, term.UntilClaimed:
		v.Years = rapid.IntRange(0, 75).Draw(t, "least")
		if v.Kind == term.UntilClaimed && v.Years > 0 && rapid.Bool().Draw(t, "split") {
			v.Before = v.Years + 25
		}
	}
	if v.Before > 0 && rapid.Bool().Draw(t, "dated") {
		v.CutOff = cutOff
	}
	return v
}

func TestWords(t *testing.T) {
	for written, want := range map[string]string{"permanent": "постоянно", "5 years EPC": "5 лет ЭПК", "5 жыл СТК": "5 лет ЭПК", "кто знает": "кто знает", "": ""} {
		if got := term.Words(written, fault.Russian); got != want {
			t.Errorf("%q is %q, want %q", written, got, want)
		}
	}
}

func TestInReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := draw(t)
		if err := v.Validate(); err != nil {
			t.Fatalf("%+v: %v", v, err)
		}
		for _, l := range languages {
			if back, err := term.Parse(v.In(l)); err != nil || back != v {
				t.Fatalf("%+v is %q in %s and reads back as %+v, %v", v, v.In(l), l, back, err)
			}
		}
		if v.Computable() != (v.Kind == term.Years) {
			t.Fatalf("%+v", v)
		}
	})
}

func TestValidate(t *testing.T) {
	for _, v := range []term.Term{
		{},
		{Kind: 99},
		{Kind: term.Years},
		{Kind: term.Years, Years: -1},
		{Kind: term.Permanent, Years: 5},
		{Kind: term.Permanent, Review: true},
		{Kind: term.Years, Years: 5, CutOff: cutOff},
		{Kind: term.Years, Years: 50, Before: 75, CutOff: civil.Date{Year: 2003, Month: 2, Day: 30}},
		{Kind: term.Years, Years: 5, Words: "после чего"},
		{Kind: term.Years, Years: 5, Trigger: term.OtherEvent},
		{Kind: term.Years, Years: 5, Trigger: term.OtherEvent, Words: "как получится"},
		{Kind: term.Years, Years: 5, Trigger: 42},
		{Kind: term.UntilReplaced, Trigger: term.Dismissal},
		{Kind: term.UntilNotNeeded, Years: 1, Before: 2},
	} {
		if err := v.Validate(); err == nil {
			t.Errorf("%+v is taken for a term", v)
		}
	}
}

// The 85 rows of the examples file stand beside the repository, not in it.
func TestRetentionExamples(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "shared", "domain", "retention_examples.csv")
	f, err := os.Open(path)
	if err != nil {
		path = filepath.Join("..", "..", "..", "..", "..", "shared", "domain", "retention_examples.csv")
		if f, err = os.Open(path); err != nil {
			t.Skip("retention_examples.csv is not beside the repository: ", err)
		}
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 86 {
		t.Fatalf("%d rows with the heading, want 86", len(rows))
	}
	for i, r := range rows[1:] {
		a, err := term.ParseArticle(r[5], r[6], r[7], r[8])
		if err != nil {
			t.Errorf("row %d %q: %v", i+2, r[5], err)
			continue
		}
		for _, item := range a.Items {
			for _, c := range item.Columns {
				t.Logf("%d %s) %s [%s] %s", i+2, item.Letter, c.Term.In(fault.Russian), c.Footnote, a.Condition)
			}
		}
	}
}

func TestParseArticle(t *testing.T) {
	a, err := term.ParseArticle("а) Постоянно; б) 50/75 лет; в) 3 года", "в) после уничтожения дел", "", "")
	if err != nil || len(a.Items) != 3 {
		t.Fatalf("%+v, %v", a, err)
	}
	if c := a.Items[2]; c.Letter != "в" || c.Columns[0].Term.Words != "после уничтожения дел" {
		t.Errorf("%+v", c)
	}
	if c := a.Items[1].Columns[0].Term; c.Before != 75 || c.Trigger != term.Closing {
		t.Errorf("the event of another sub-item was taken: %+v", c)
	}
	a, err = term.ParseArticle("- | - | Постоянно (1) | До ликвидации организации <2>", "", "", "")
	if err != nil || len(a.Items) != 1 || len(a.Items[0].Columns) != 4 {
		t.Fatalf("%+v, %v", a, err)
	}
	if c := a.Items[0].Columns; c[0].Term.Kind != term.None || c[2].Footnote != "1" || c[3].Footnote != "2" || c[3].Term.Kind != term.UntilLiquidation {
		t.Errorf("%+v", c)
	}
	a, err = term.ParseArticle("50/75 лет", "закончены делопроизводством после/до 01.01.2003", "ЭПК", "")
	if err != nil || a.Items[0].Columns[0].Term != (term.Term{Kind: term.Years, Years: 50, Before: 75, CutOff: cutOff, Review: true}) {
		t.Fatalf("%+v, %v", a, err)
	}
	a, err = term.ParseArticle("Постоянно", "по месту утверждения", "", "")
	if err != nil || a.Condition != "по месту утверждения" {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err = term.ParseArticle("5 лет | когда-нибудь", "", "", ""); !errors.Is(err, term.Unreadable) {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"Постоянно", "5 лет ЭПК", "50/75 лет", "Тұрақты", "5 жыл СТК", "ДМН", "до замены новыми", "50/75 лет (с 01.01.2003)",
		"до востребования (невостребованные – 50 лет)", "жұмыстан босатылғаннан кейін 5 жыл", "3 года (после а (б) в)", "at least 1 year", "эпк 5 лет",
		"5 лет после \u00a0 замены", "д.м.н. не менее 2 л.",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := term.Parse(s)
		if err != nil {
			return
		}
		if err := v.Validate(); err != nil {
			t.Fatalf("%q: %+v: %v", s, v, err)
		}
		for _, l := range languages {
			if back, err := term.Parse(v.In(l)); err != nil || back != v {
				t.Fatalf("%q: %+v is %q and reads back as %+v, %v", s, v, v.In(l), back, err)
			}
		}
	})
}

func FuzzParseArticle(f *testing.F) {
	f.Add("а) Пост. <1> | 10 л.; б) 5 л. | 5 л.", "", "", "")
	f.Add("50/75 лет", "с 01.01.2003 / до 2003", "ЭПК", "")
	f.Add("До минования надобности", "", "", "Не менее 1 года")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		got, err := term.ParseArticle(a, b, c, d)
		if err == nil && (len(got.Items) == 0 || len(got.Items[0].Columns) == 0) {
			t.Fatalf("%q: an article without a column", a)
		}
	})
}
