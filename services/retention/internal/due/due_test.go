package due_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/retention/internal/due"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/standards/term"
)

var languages = []fault.Language{fault.Kazakh, fault.Russian, fault.English}

func day(s string) civil.Date {
	d, err := civil.Parse(s)
	if err != nil && s != "" {
		panic(err)
	}
	return d
}

func set(t testing.TB) *rules.Set {
	t.Helper()
	s, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t testing.TB, s string) term.Term {
	t.Helper()
	v, err := term.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCompute(t *testing.T) {
	const today = "2026-11-22"
	for _, c := range []struct {
		term, closed, event string
		level               due.Level
		material            due.Material
		foreign             bool // not a source of acquisition
		transfer, expiry    string
		waits               due.Waits
	}{
		{term: "постоянно", closed: "2010-06-30", level: due.District, transfer: "2016-01-01"},
		{term: "постоянно", closed: "2010-12-31", level: due.Regional, transfer: "2021-01-01"},
		{term: "постоянно", closed: "2011-01-01", level: due.Republican, transfer: "2027-01-01"},
		{term: "постоянно", closed: "2020-02-29", level: due.Republican, material: due.Audiovisual, transfer: "2024-01-01"},
		{term: "постоянно", closed: "2020-02-29", level: due.District, material: due.Design, transfer: "2041-01-01"},
		{term: "постоянно", closed: "2010-06-30", level: due.District, foreign: true, waits: due.ForLiquidation},
		{term: "5 лет", closed: "2020-12-31", level: due.District, expiry: "2026-01-01"},
		{term: "5 лет ЭПК", closed: "2021-01-01", level: due.District, expiry: "2027-01-01"},
		{term: "1 год", closed: "2024-02-29", level: due.District, expiry: "2026-01-01"},
		{term: "50/75 лет", closed: "2002-12-31", level: due.District, expiry: "2078-01-01"},
		{term: "50/75 лет", closed: "2003-01-01", level: due.District, expiry: "2054-01-01"},
		{term: "50/75 лет (с 01.01.2010)", closed: "2005-01-01", level: due.District, expiry: "2081-01-01"},
		{term: "5 лет после увольнения", closed: "2015-05-05", level: due.District, waits: due.ForTrigger},
		{term: "5 лет после увольнения", closed: "2015-05-05", event: "2020-03-01", level: due.District, expiry: "2026-01-01"},
		{term: "5 лет после увольнения", closed: "2015-05-05", event: "2010-03-01", level: due.District, expiry: "2021-01-01"},
		{term: "не менее 5 лет", closed: "2015-05-05", level: due.District, expiry: "2021-01-01"},
		{term: "до замены новыми", closed: "2015-05-05", event: "2016-01-01", level: due.District, waits: due.ForReplacement},
		{term: "ДМН", closed: "2015-05-05", level: due.District, waits: due.ForNeedToPass},
		{term: "до ликвидации организации", closed: "2015-05-05", level: due.District, waits: due.ForLiquidation},
		{term: "до востребования, не менее 50 лет", closed: "2015-05-05", level: due.District, waits: due.ForClaim},
	} {
		o, err := due.Compute(due.Facts{
			Closed: day(c.closed), Term: read(t, c.term), Level: c.level, Material: c.material,
			Source: !c.foreign, Event: day(c.event), On: day(today),
		}, set(t))
		if err != nil {
			t.Errorf("%s closed %s: %v", c.term, c.closed, err)
			continue
		}
		if o.Transfer.String() != c.transfer || o.Expiry.String() != c.expiry || o.Waits != c.waits {
			t.Errorf("%s closed %s: transfer %s, expiry %s, waits %d; want %+v", c.term, c.closed, o.Transfer, o.Expiry, o.Waits, c)
		}
		for _, l := range languages {
			for _, line := range o.Explanation.Lines(l) {
				if strings.ContainsAny(line, "{}") || strings.Contains(line, "..") || line == "" {
					t.Errorf("%s in %s: %q", c.term, l, line)
				}
			}
		}
	}
}

func TestExplanation(t *testing.T) {
	o, err := due.Compute(due.Facts{Closed: day("2010-06-30"), Term: read(t, "постоянно"), Level: due.District, Source: true, On: day("2026-11-22")}, set(t))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := o.Explanation.Editions(), []string{"clock.start/2023", "keeping.district/2023"}; !reflect.DeepEqual(got, want) {
		t.Errorf("editions %v, want %v", got, want)
	}
	if got := o.Explanation.Unverified(); len(got) != 2 {
		t.Errorf("unverified %v", got)
	}
	for l, want := range map[fault.Language][]string{
		fault.Russian: {"Дело закрыто: 30 июня 2010 г.", "30 июня 2010 г. → 1 января 2011 г.", "Плюс 5 лет", "1 января 2016 г.", "правило не проверено", "Внимание:"},
		fault.Kazakh:  {"Іс жабылған күн: 2010 жылғы 30 маусым", "Плюс 5 жыл", "2016 жылғы 1 қаңтар", "тексерілмеген ереже", "№ 235 бұйрық"},
		fault.English: {"30 June 2010 → 1 January 2011", "Plus 5 years", "Order 235 of 25 August 2023", "rule not verified"},
	} {
		text := strings.Join(o.Explanation.Lines(l), "\n")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in\n%s", l, w, text)
			}
		}
	}
	data, err := json.Marshal(o.Explanation)
	if err != nil {
		t.Fatal(err)
	}
	var back due.Explanation
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, o.Explanation) {
		t.Fatalf("the explanation does not survive its record: %v\n%s", err, data)
	}
}

// A verified edition of an administrator carries no warning and names its source.
func TestVerifiedRuleIsNotWarnedOf(t *testing.T) {
	edition := func(id, subject, ends string, n string) string {
		return `{"id":"` + id + `","subject":"` + subject + `","number":` + n + `,"unit":"years","legal_basis":{"kk":"бұйрық","ru":"приказ","en":"order"},"valid_from":"2026-01-01","verified":true,"mark":"F","supersedes":"` + ends + `"}`
	}
	s, err := set(t).Extend([]byte(`{"source":"Order 12","editions":[` + edition("keeping.district/2026", "keeping.district", "keeping.district/2023", "7") + `,` + edition("clock.start/2026", "clock.start", "clock.start/2023", "1") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	facts := due.Facts{Closed: day("2010-06-30"), Term: read(t, "постоянно"), Level: due.District, Source: true, On: day("2026-11-22")}
	o, err := due.Compute(facts, s)
	if err != nil || o.Transfer != day("2018-01-01") || len(o.Explanation.Unverified()) != 0 {
		t.Fatalf("%+v, %v", o, err)
	}
	if text := strings.Join(o.Explanation.Lines(fault.English), "\n"); strings.Contains(text, "verified") || !strings.Contains(text, "Order 12") {
		t.Error(text)
	}
	facts.On = day("2025-12-31")
	if o, err = due.Compute(facts, s); err != nil || o.Transfer != day("2016-01-01") {
		t.Fatalf("the day before, the earlier edition holds: %+v, %v", o, err)
	}
}

func TestComputeRefuses(t *testing.T) {
	good := due.Facts{Closed: day("2010-06-30"), Term: read(t, "постоянно"), Level: due.District, Source: true, On: day("2026-11-22")}
	for name, c := range map[string]struct {
		change func(*due.Facts)
		want   *fault.Definition
	}{
		"not closed":       {func(f *due.Facts) { f.Closed = civil.Date{} }, due.BadDay},
		"no such day":      {func(f *due.Facts) { f.Closed = civil.Date{Year: 2010, Month: 2, Day: 30} }, due.BadDay},
		"year 9999":        {func(f *due.Facts) { f.Closed = day("9999-12-31") }, due.BadDay},
		"event of no day":  {func(f *due.Facts) { f.Event = civil.Date{Year: 2010} }, due.BadDay},
		"no decision day":  {func(f *due.Facts) { f.On = civil.Date{} }, due.BadDay},
		"before any rule":  {func(f *due.Facts) { f.On = day("1990-01-01") }, rules.Missing},
		"no level":         {func(f *due.Facts) { f.Level = due.NoLevel }, rules.Missing},
		"no term":          {func(f *due.Facts) { f.Term = term.Term{} }, term.Inconsistent},
		"impossible years": {func(f *due.Facts) { f.Term = term.Term{Kind: term.Years, Years: 5000} }, term.BadYears},
	} {
		f := good
		c.change(&f)
		o, err := due.Compute(f, set(t))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
		if ru := fault.Of(err).In(fault.Russian); c.want == due.BadDay && strings.Contains(ru, "/") {
			t.Errorf("%s: two languages at once: %s", name, ru)
		}
	}
}

// Never before the closing; later closing, never earlier due; no date for what has none.
func TestProperties(t *testing.T) {
	s := set(t)
	base := civil.Date{Year: 1920, Month: time.January, Day: 1}
	rapid.Check(t, func(t *rapid.T) {
		kind := term.Kind(rapid.IntRange(1, 6).Draw(t, "kind"))
		v := term.Term{Kind: kind}
		if kind == term.Years {
			v.Years = rapid.IntRange(1, term.MaxYears).Draw(t, "years")
			v.AtLeast = rapid.Bool().Draw(t, "at least")
			v.Review = rapid.Bool().Draw(t, "review")
			if rapid.Bool().Draw(t, "event") {
				v.Trigger = term.Expiry
			}
		}
		f := due.Facts{
			Closed: base.AddDays(rapid.IntRange(0, 50_000).Draw(t, "closed")), Term: v, On: day("2026-11-22"),
			Level: due.Level(rapid.IntRange(1, 3).Draw(t, "level")), Material: due.Material(rapid.IntRange(0, 2).Draw(t, "material")),
			Source: rapid.Bool().Draw(t, "source"),
		}
		if rapid.Bool().Draw(t, "happened") {
			f.Event = base.AddDays(rapid.IntRange(0, 50_000).Draw(t, "event day"))
		}
		o, err := due.Compute(f, s)
		if err != nil {
			t.Fatal(err)
		}
		dated := !o.Transfer.IsZero() || !o.Expiry.IsZero()
		if dated == (o.Waits != due.Nothing) {
			t.Fatalf("a date and a wait, or neither: %+v", o)
		}
		if kind != term.Years && !o.Expiry.IsZero() || kind != term.Permanent && !o.Transfer.IsZero() {
			t.Fatalf("%s got a computed date: %+v", kind, o)
		}
		if len(o.Explanation.Steps) < 2 {
			t.Fatalf("unexplained: %+v", o)
		}
		if !dated {
			return
		}
		date := func(o due.Outcome) civil.Date {
			if o.Expiry.IsZero() {
				return o.Transfer
			}
			return o.Expiry
		}
		if !date(o).After(f.Closed) || date(o).Month != time.January || date(o).Day != 1 {
			t.Fatalf("closed %s, due %s", f.Closed, date(o))
		}
		if last := o.Explanation.Steps[len(o.Explanation.Steps)-1]; last.To != date(o) {
			t.Fatalf("the arithmetic ends on %s, the date is %s", last.To, date(o))
		}
		f.Closed = f.Closed.AddDays(rapid.IntRange(0, 1000).Draw(t, "later"))
		after, err := due.Compute(f, s)
		if err != nil || date(after).Before(date(o)) {
			t.Fatalf("closed later, due earlier: %s, %s, %v", date(after), date(o), err)
		}
	})
}
