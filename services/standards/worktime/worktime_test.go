package worktime_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/worktime"
)

func day(t testing.TB, s string) civil.Date {
	t.Helper()
	d, err := civil.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var languages = []fault.Language{fault.Kazakh, fault.Russian, fault.English}

func TestWorkingDaysOfTheYears(t *testing.T) {
	for _, row := range []struct {
		year, five int
		verified   bool
	}{{2024, 249, true}, {2025, 246, true}, {2026, 247, true}, {2027, 247, false}} {
		first, last := civil.Date{Year: row.year, Month: 1, Day: 1}, civil.Date{Year: row.year, Month: 12, Day: 31}
		if got := worktime.Shipped(worktime.FiveDay).WorkingDays(first, last); got != row.five {
			t.Errorf("%d: %d working days of a five-day week, want %d", row.year, got, row.five)
		}
		// A six-day week works all Saturdays that are no holiday, and takes no substitute
		// for a holiday on one.
		saturdays := 0
		for d := first; !d.After(last); d = d.AddDays(1) {
			if d.Weekday() == time.Saturday {
				saturdays++
			}
		}
		if six := worktime.Shipped(worktime.SixDay).WorkingDays(first, last); six <= row.five || six > row.five+saturdays {
			t.Errorf("%d: %d working days of a six-day week beside %d of a five-day one", row.year, six, row.five)
		}
		for _, known := range worktime.Shipped(worktime.FiveDay).Known() {
			if known.Year == row.year && known.Verified != row.verified {
				t.Errorf("%d: verified %v", row.year, known.Verified)
			}
		}
	}
}

func TestDays(t *testing.T) {
	for _, row := range []struct {
		date     string
		five     worktime.Kind
		six      worktime.Kind
		verified bool
		ru       string
	}{
		{"2024-01-07", worktime.Holiday, worktime.Holiday, true, "православное Рождество"},
		{"2024-01-08", worktime.Ordinary, worktime.Ordinary, true, "рабочий день"}, // never moved
		{"2024-03-25", worktime.Substitute, worktime.Ordinary, true, "выходной за праздник 23 марта 2024 г. (Наурыз мейрамы), выпавший на субботу"},
		{"2024-05-04", worktime.Worked, worktime.Ordinary, false, "рабочий день вместо 8 мая 2024 г."},
		{"2024-05-08", worktime.MovedRest, worktime.Ordinary, false, "день отдыха, перенесённый с 4 мая 2024 г."},
		{"2024-06-16", worktime.Holiday, worktime.Holiday, false, "первый день Курбан-айта"},
		{"2024-06-17", worktime.Ordinary, worktime.Ordinary, true, "рабочий день"}, // never moved
		{"2024-07-08", worktime.Substitute, worktime.Ordinary, true, "выходной за праздник 6 июля 2024 г. (День столицы), выпавший на субботу"},
		{"2025-01-03", worktime.MovedRest, worktime.MovedRest, true, "день отдыха, перенесённый с 5 января 2025 г."},
		{"2025-01-05", worktime.Worked, worktime.Worked, true, "рабочий день вместо 3 января 2025 г."},
		// 22 March 2025 was a Saturday, 23 a Sunday: a five-day week lost both, a six-day one the second.
		{"2025-03-24", worktime.Substitute, worktime.Substitute, true, "выходной за праздник 22 марта 2025 г. (Наурыз мейрамы), выпавший на субботу"},
		{"2025-09-01", worktime.Substitute, worktime.Ordinary, true, "выходной за праздник 30 августа 2025 г. (День Конституции), выпавший на субботу"},
		{"2026-08-30", worktime.Weekend, worktime.Weekend, true, "воскресенье"}, // 30 August through 2025
		{"2026-08-31", worktime.Ordinary, worktime.Ordinary, true, "рабочий день"},
		{"2026-03-16", worktime.Ordinary, worktime.Ordinary, true, "рабочий день"},
		{"2026-05-27", worktime.Holiday, worktime.Holiday, true, "первый день Курбан-айта"},
		{"2027-03-15", worktime.Holiday, worktime.Holiday, false, "День Конституции"}, // 15 March from 2027
		{"2031-03-08", worktime.Holiday, worktime.Holiday, false, "Международный женский день"},
		{"2031-03-10", worktime.Substitute, worktime.Ordinary, false, "выходной за праздник 8 марта 2031 г. (Международный женский день), выпавший на субботу"},
	} {
		d := day(t, row.date)
		got := worktime.Shipped(worktime.FiveDay).Day(d)
		six := worktime.Shipped(worktime.SixDay).Day(d)
		if got.Kind != row.five || got.Reason.RU != row.ru || got.Verified != row.verified {
			t.Errorf("%s: %s %q verified %v", row.date, got.Kind, got.Reason.RU, got.Verified)
		}
		if six.Kind != row.six {
			t.Errorf("%s of a six-day week: %s", row.date, six.Kind)
		}
		if working, reason := worktime.Shipped(worktime.FiveDay).Working(d); working != got.Working || reason != got.Reason || working != (got.Kind == worktime.Ordinary || got.Kind == worktime.Worked) {
			t.Errorf("%s: working %v", row.date, working)
		}
		for _, l := range languages {
			if got.Reason.In(l) == "" || got.Source.In(l) == "" {
				t.Errorf("%s: says nothing in %s", row.date, l)
			}
		}
	}
	if d := worktime.Shipped(worktime.FiveDay).Day(civil.Date{}); d.Working || d.Kind != "" {
		t.Error("no date is no working day")
	}
}

// TestAgainstTheCollectedCalendar compares every day of four years with a calendar that was
// put together apart from this one. It lies beside the checkout where it is at hand.
func TestAgainstTheCollectedCalendar(t *testing.T) {
	f, err := os.Open("../../../../shared/domain/kz_calendar_2024_2027.csv")
	if err != nil {
		f, err = os.Open("../../../../../shared/domain/kz_calendar_2024_2027.csv")
	}
	if err != nil {
		t.Skip("the collected calendar is not at hand; the table tests cover its traps")
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[civil.Date]worktime.Kind{}
	kinds := map[string]worktime.Kind{
		"holiday": worktime.Holiday, "non_working_not_moved": worktime.Holiday, "substitute": worktime.Substitute,
		"moved_rest_day": worktime.MovedRest, "working_weekend": worktime.Worked,
	}
	for _, r := range rows[1:] {
		want[day(t, r[0])] = kinds[r[2]]
	}
	for d := day(t, "2024-01-01"); d.Year < 2028; d = d.AddDays(1) {
		kind, special := want[d]
		if !special {
			kind = worktime.Ordinary
			if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
				kind = worktime.Weekend
			}
		}
		if got := worktime.Shipped(worktime.FiveDay).Day(d).Kind; got != kind {
			t.Errorf("%s is %q, want %q", d, got, kind)
		}
	}
}

func TestDeadlines(t *testing.T) {
	for _, row := range []struct {
		from string
		term worktime.Term
		want string
		last string // the last step in Russian
	}{
		{"2026-03-02", worktime.Term{N: 15, Unit: worktime.CalendarDays}, "2026-03-17", "15 календарных дней: с 3 марта 2026 г. по 17 марта 2026 г."},
		{"2026-03-06", worktime.Term{N: 15, Unit: worktime.CalendarDays}, "2026-03-26", "21 марта 2026 г. – нерабочий день (Наурыз мейрамы); срок истекает в следующий рабочий день: 26 марта 2026 г."},
		{"2024-04-18", worktime.Term{N: 15, Unit: worktime.CalendarDays}, "2024-05-03", "15 календарных дней: с 19 апреля 2024 г. по 3 мая 2024 г."},
		{"2024-04-19", worktime.Term{N: 15, Unit: worktime.CalendarDays}, "2024-05-04", "15 календарных дней: с 20 апреля 2024 г. по 4 мая 2024 г."}, // a worked Saturday
		{"2026-03-05", worktime.Term{N: 3, Unit: worktime.WorkingDays}, "2026-03-11", "3 рабочих дня: с 6 марта 2026 г. по 11 марта 2026 г. Не считаются: 3 нерабочих дня (8 марта 2026 г. – Международный женский день; 9 марта 2026 г. – выходной за праздник 8 марта 2026 г. (Международный женский день), выпавший на воскресенье)."},
		{"2026-03-10", worktime.Term{N: 1, Unit: worktime.WorkingDays}, "2026-03-11", "1 рабочий день: 11 марта 2026 г."},
		{"2025-12-31", worktime.Term{N: 5, Unit: worktime.WorkingDays, Start: worktime.Registration}, "2026-01-12", ""},
		{"2026-11-30", worktime.Term{N: 3, Unit: worktime.Months, Start: worktime.Learning}, "2027-03-01", "28 февраля 2027 г. – нерабочий день (воскресенье); срок истекает в следующий рабочий день: 1 марта 2027 г."},
		{"2024-02-29", worktime.Term{N: 12, Unit: worktime.Months}, "2025-02-28", ""},
		{"2026-03-22", worktime.Term{N: 1, Unit: worktime.WorkingDays}, "2026-03-26", ""}, // received on a holiday
	} {
		got, steps, err := worktime.Shipped(worktime.FiveDay).Deadline(day(t, row.from), row.term)
		if err != nil || got.String() != row.want {
			t.Errorf("%s + %s = %s, %v; want %s", row.from, row.term, got, err, row.want)
			continue
		}
		if last := steps[len(steps)-1].Words.RU; row.last != "" && last != row.last {
			t.Errorf("%s + %s: %q", row.from, row.term, last)
		}
		for _, s := range steps {
			for _, l := range languages {
				if w := s.Words.In(l); w == "" || strings.Contains(w, "%!") || strings.Contains(w, "..") || !strings.HasSuffix(w, ".") {
					t.Errorf("%s: %q", l, w)
				}
			}
			if s.Rule.Text.KK == "" || s.Rule.Source.RU == "" {
				t.Errorf("%s: a step without its rule", row.from)
			}
		}
	}
}

func TestWordsInKazakh(t *testing.T) {
	_, steps, err := worktime.Shipped(worktime.FiveDay).Deadline(day(t, "2026-03-06"), worktime.Term{N: 15, Unit: worktime.CalendarDays})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Алынған күні – 2026 жылғы 6 наурыз; бұл күн есепке кірмейді.",
		"15 күнтізбелік күн: 2026 жылғы 7 наурыз – 2026 жылғы 21 наурыз.",
		"2026 жылғы 21 наурыз – жұмыс күні емес (Наурыз мейрамы); мерзім келесі жұмыс күнінде бітеді: 2026 жылғы 26 наурыз.",
	}
	for i, s := range steps {
		if s.Words.KK != want[i] {
			t.Errorf("%q", s.Words.KK)
		}
	}
}

// A date beyond the known years is computed, and says that it is unsure and why.
func TestBeyondTheKnownYears(t *testing.T) {
	c := worktime.Shipped(worktime.FiveDay)
	end, steps, err := c.Deadline(day(t, "2030-03-04"), worktime.Term{N: 5, Unit: worktime.WorkingDays})
	if err != nil || end.String() != "2030-03-12" { // 8 March is a Friday, 9 and 10 the weekend
		t.Fatal(end, err)
	}
	doubts := worktime.Doubts(steps)
	if worktime.Verified(steps) || len(doubts) != 1 || !strings.HasPrefix(doubts[0].RU, "2030: календаря этого года нет") {
		t.Errorf("%+v", doubts)
	}
	_, steps, err = c.Deadline(day(t, "2024-05-03"), worktime.Term{N: 5, Unit: worktime.WorkingDays})
	if doubts := worktime.Doubts(steps); err != nil || len(doubts) != 2 || !strings.Contains(doubts[1].RU, "проект постановления") {
		t.Errorf("%+v, %v", doubts, err)
	}
	_, steps, err = c.Deadline(day(t, "2026-11-20"), worktime.Term{N: 15, Unit: worktime.CalendarDays})
	if err != nil || len(worktime.Doubts(steps)) != 0 {
		t.Error("2026 is known", steps, err)
	}
}

func TestWhatCannotBeCounted(t *testing.T) {
	c := worktime.Shipped(worktime.FiveDay)
	good := day(t, "2026-03-06")
	for _, term := range []worktime.Term{{N: 0, Unit: worktime.CalendarDays}, {N: -1, Unit: worktime.WorkingDays}, {N: worktime.MaxTerm + 1, Unit: worktime.Months}, {N: 1}, {N: 1, Unit: "weeks"}} {
		if _, _, err := c.Deadline(good, term); !errors.Is(err, worktime.BadTerm) {
			t.Errorf("%s: %v", term, err)
		}
	}
	for _, from := range []civil.Date{{}, {Year: 2026, Month: 2, Day: 30}, {Year: 9999, Month: 1, Day: 1}, {Year: 1, Month: 1, Day: 1}} {
		if _, _, err := c.Deadline(from, worktime.Term{N: 1, Unit: worktime.WorkingDays}); !errors.Is(err, worktime.BadStart) {
			t.Errorf("%s: %v", from, err)
		}
	}
}

func TestLeft(t *testing.T) {
	c := worktime.Shipped(worktime.FiveDay)
	for _, row := range []struct {
		today, due string
		want       worktime.Left
	}{
		{"2026-03-06", "2026-03-06", worktime.Left{}},
		{"2026-03-06", "2026-03-10", worktime.Left{Days: 4, WorkingDays: 1}},
		{"2026-03-11", "2026-03-06", worktime.Left{Days: -5, WorkingDays: -2}},
	} {
		if got := c.Left(day(t, row.today), day(t, row.due)); got != row.want {
			t.Errorf("%s to %s: %+v", row.today, row.due, got)
		}
	}
}

// The end of a term is a working day after its beginning; a later beginning or a longer term
// never ends earlier; a working-day term has exactly its number of working days.
func TestDeadlineProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := worktime.Shipped(rapid.SampledFrom([]worktime.Week{worktime.FiveDay, worktime.SixDay}).Draw(t, "week"))
		from := civil.Date{Year: 2022, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 3000).Draw(t, "from"))
		term := worktime.Term{N: rapid.IntRange(1, 60).Draw(t, "n"), Unit: rapid.SampledFrom([]worktime.Unit{worktime.CalendarDays, worktime.WorkingDays, worktime.Months}).Draw(t, "unit")}
		end, steps, err := c.Deadline(from, term)
		if err != nil {
			t.Fatal(err)
		}
		if !end.After(from) || !c.Day(end).Working {
			t.Fatalf("%s + %s ends on %s", from, term, end)
		}
		if steps[0].From != from || steps[len(steps)-1].To != end {
			t.Fatalf("the steps go from %s to %s", steps[0].From, steps[len(steps)-1].To)
		}
		if term.Unit == worktime.WorkingDays && c.WorkingDays(from.AddDays(1), end) != term.N {
			t.Fatalf("%s + %s ends on %s after %d", from, term, end, c.WorkingDays(from.AddDays(1), end))
		}
		later, _, err := c.Deadline(from.AddDays(rapid.IntRange(1, 40).Draw(t, "later")), term)
		if err != nil || later.Before(end) {
			t.Fatalf("a later beginning ends on %s, before %s", later, end)
		}
		term.N += rapid.IntRange(1, 9).Draw(t, "longer")
		longer, _, err := c.Deadline(from, term)
		if err != nil || longer.Before(end) {
			t.Fatalf("a longer term ends on %s, before %s", longer, end)
		}
	})
}

const decree = `{"edition": "2027-12-01", "source": {"kk": "қаулы", "ru": "постановление", "en": "decree"},
 "years": [{"year": 2028, "verified": true, "source": {"kk": "қаулы", "ru": "постановление", "en": "decree"},
   "days": [{"date": "2028-05-05", "verified": true, "name": {"kk": "Құрбан айт", "ru": "Курбан-айт", "en": "Kurban Ait"}}],
   "swaps": [{"rest": "2028-01-03", "work": "2027-12-25", "verified": true}]}],
 "holidays": [{"id": "capital", "days": ["07-06"], "moves": true, "valid_to": "2027-12-31", "verified": true, "name": {"kk": "Астана күні", "ru": "День столицы", "en": "Capital City Day"}},
   {"id": "archives", "days": ["06-09"], "moves": true, "valid_from": "2028-01-01", "verified": true, "name": {"kk": "Архивтер күні", "ru": "День архивов", "en": "Archives Day"}}],
 "rules": [{"id": "day-after", "verified": true, "text": {"kk": "ертеңінен", "ru": "со следующего дня", "en": "from the next day"}, "source": {"kk": "Заң", "ru": "Закон", "en": "Law"}}]}`

func TestAnAdministratorExtendsTheCalendar(t *testing.T) {
	c, err := worktime.Load(worktime.FiveDay, strings.NewReader(decree))
	if err != nil {
		t.Fatal(err)
	}
	if c.Edition().String() != "2027-12-01" || len(c.Sources()) != 2 {
		t.Error(c.Edition(), c.Sources())
	}
	for date, kind := range map[string]worktime.Kind{
		"2027-12-25": worktime.Worked, "2028-01-03": worktime.MovedRest, "2028-05-05": worktime.Holiday, "2028-07-06": worktime.Ordinary,
		"2027-07-06": worktime.Holiday, "2028-06-09": worktime.Holiday, "2027-06-09": worktime.Ordinary,
	} {
		if got := c.Day(day(t, date)); got.Kind != kind {
			t.Errorf("%s is %s", date, got.Kind)
		}
	}
	if !c.Day(day(t, "2028-05-04")).Verified || worktime.Shipped(worktime.FiveDay).Day(day(t, "2028-05-04")).Verified {
		t.Error("the file makes 2028 known, and only in the new calendar")
	}
	_, steps, err := c.Deadline(day(t, "2028-05-02"), worktime.Term{N: 5, Unit: worktime.CalendarDays})
	if err != nil || !steps[0].Verified || steps[0].Rule.Source.RU != "Закон" {
		t.Error(steps, err)
	}
	if _, err := c.Extend(strings.NewReader(decree)); !errors.Is(err, worktime.Stale) {
		t.Errorf("the same edition again: %v", err)
	}
}

// TestAFileThatCannotBeReadSaysWhyInThePersonsLanguage: no words of a library stand in a sentence.
func TestAFileThatCannotBeReadSaysWhyInThePersonsLanguage(t *testing.T) {
	const head = `{"edition": "2027-12-01", "source": {"kk": "қ", "ru": "п", "en": "d"}, `
	for text, want := range map[string]string{
		"": "в нём ничего нет", "[]": "в строке 1 начинается значение другого вида", head: "он обрывается", head + `"yeers": []}`: "поля «yeers» не бывает",
		head + `"holidays": [{"id": "x", "days": ["02-29"]}]}`: "«02-29» – не день каждого года", head + `"years": []} {}`: "после его конца",
		strings.Repeat(" ", 1<<20) + "{}": "в нём больше",
	} {
		_, err := worktime.Shipped(worktime.FiveDay).Extend(strings.NewReader(text))
		f := fault.Of(err)
		if said := f.In(fault.Russian); !errors.Is(err, worktime.NotReadable) || !strings.Contains(said, want) || strings.Contains(f.In(fault.Kazakh), "invalid") {
			t.Errorf("%.80q: %s | %s", text, said, f.In(fault.Kazakh))
		}
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	const head = `{"edition": "2027-12-01", "source": {"kk": "қ", "ru": "п", "en": "d"}, `
	name := `"name": {"kk": "м", "ru": "п", "en": "h"}`
	many := strings.TrimSuffix(strings.Repeat(`"02-01",`, 41), ",")
	for text, want := range map[string]*fault.Definition{
		"":                       worktime.NotReadable,
		"[]":                     worktime.NotReadable,
		head + `"yeers": []}`:    worktime.NotReadable,
		head + `"years": []} {}`: worktime.NotReadable,
		head + `"holidays": [{"id": "x", "days": ["02-29"], ` + name + `}]}`:                                                     worktime.NotReadable,
		strings.Repeat(" ", 1<<20) + decree:                                                                                      worktime.NotReadable,
		strings.Replace(decree, "2027-12-01", "2020-01-01", 1):                                                                   worktime.Stale,
		strings.Replace(decree, `"edition": "2027-12-01", `, "", 1):                                                              worktime.Stale,
		`{"edition": "2027-12-01"}`:                                                                                              worktime.Refused,
		head + `"holidays": [{"id": "", "days": ["02-01"], ` + name + `}]}`:                                                      worktime.Refused,
		head + `"holidays": [{"id": "x", "days": [], ` + name + `}]}`:                                                            worktime.Refused,
		head + `"holidays": [{"id": "x", "days": [` + many + `], ` + name + `}]}`:                                                worktime.Refused,
		head + `"holidays": [{"id": "x", "days": ["02-01"], "name": {"kk": "м", "ru": "п"}}]}`:                                   worktime.Refused,
		head + `"rules": [{"id": "x", "text": {"kk": "м", "ru": "п", "en": "h"}, "source": {"kk": "м", "ru": "п", "en": "h"}}]}`: worktime.Refused,
		strings.Replace(decree, "2028-05-05", "2029-05-05", 1):                                                                   worktime.Refused,
		strings.Replace(decree, "2027-12-25", "2027-12-24", 1):                                                                   worktime.Refused, // a Friday cannot be given up
		strings.Replace(decree, "2028-01-03", "2028-01-01", 1):                                                                   worktime.Refused,
		strings.Replace(decree, `"year": 2028`, `"year": 12028`, 1):                                                              worktime.Refused,
	} {
		if _, err := worktime.Load(worktime.SixDay, strings.NewReader(text)); !errors.Is(err, want) {
			t.Errorf("%.80s: %v, want %s", text, err, want.Code)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(decree)
	f.Add(`{"edition": "2027-12-01", "source": {"kk": "қ", "ru": "п", "en": "d"}, "years": [{"year": 9900}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := worktime.Load(worktime.FiveDay, strings.NewReader(text))
		if err != nil {
			if k := fault.KindOf(err); k != fault.Invalid && k != fault.Conflict {
				t.Fatalf("%v is not the administrator's fault", err)
			}
			return
		}
		end, _, err := c.Deadline(civil.Date{Year: 2028, Month: 1, Day: 1}, worktime.Term{N: 30, Unit: worktime.WorkingDays})
		if err != nil || !c.Day(end).Working {
			t.Fatalf("%s, %v", end, err)
		}
	})
}

func FuzzDeadline(f *testing.F) {
	f.Add(2026, 3, 6, 15, "calendar_days")
	f.Add(9290, 12, 31, 3660, "months")
	f.Fuzz(func(t *testing.T, year, month, d, n int, unit string) {
		c := worktime.Shipped(worktime.FiveDay)
		from := civil.Date{Year: year, Month: time.Month(month), Day: d}
		end, _, err := c.Deadline(from, worktime.Term{N: n, Unit: worktime.Unit(unit)})
		if err == nil && (!end.After(from) || !c.Day(end).Working || !end.Valid()) {
			t.Fatalf("%s + %d %s = %s", from, n, unit, end)
		}
	})
}

func BenchmarkDeadline(b *testing.B) {
	c := worktime.Shipped(worktime.FiveDay)
	for b.Loop() {
		if _, _, err := c.Deadline(civil.Date{Year: 2026, Month: 3, Day: 6}, worktime.Term{N: 15, Unit: worktime.WorkingDays}); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleCalendar_Deadline() {
	end, steps, err := worktime.Shipped(worktime.FiveDay).Deadline(civil.Date{Year: 2026, Month: 3, Day: 6}, worktime.Term{N: 15, Unit: worktime.CalendarDays})
	if err != nil {
		panic(err)
	}
	for _, s := range steps {
		fmt.Println(s.Words.EN)
	}
	fmt.Println(end)
	// Output:
	// Received on 6 March 2026; that day itself does not count.
	// 15 calendar days: from 7 March 2026 to 21 March 2026.
	// 21 March 2026 is not a working day (Nauryz); the term ends on the next working day: 26 March 2026.
	// 2026-03-26
}
