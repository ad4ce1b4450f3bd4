package worktime

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/strictjson"
)

// The faults of a calendar file.
var (
	// Refused lists everything that is wrong in the file; nothing of it is used.
	Refused = fault.Define(fault.Invalid, "worktime.file",
		"the calendar file cannot be used; mend the {count} entries listed and load it again; until then the earlier calendar holds",
		"файл календаря нельзя применить; исправьте перечисленное (записей: {count}) и загрузите его снова; до этого действует прежний календарь",
		"күнтізбе файлын қолдануға болмайды; аталған жазбаларды ({count}) түзетіп, файлды қайта жүктеңіз; оған дейін бұрынғы күнтізбе қолданылады")
	// NotReadable: the file is no JSON of the form that calendar.json has.
	NotReadable = fault.Define(fault.Invalid, "worktime.json",
		"the calendar file is not readable: {why}; it is JSON of the same form as the calendar that ships with the program",
		"файл календаря не читается: {why}; это JSON того же вида, что и поставляемый календарь",
		"күнтізбе файлы оқылмайды: {why}; ол бағдарламамен бірге келетін күнтізбе сияқты JSON болуы керек")
	// Stale: the edition is not later than what it is to extend.
	Stale = fault.Define(fault.Conflict, "worktime.stale",
		"the calendar file is an edition of {edition}, and one of {have} is in use already; give the file a later “edition” if it is the newer one",
		"файл календаря – редакция от {edition}, а уже действует редакция от {have}; если файл новее, укажите в нём более позднюю «edition»",
		"күнтізбе файлы – {edition} редакциясы, ал {have} редакциясы қолданыста; файл жаңарақ болса, «edition» өрісіне кейінгі күнді жазыңыз")
	badMonthDay = fault.Define(fault.Invalid, "worktime.month_day",
		"“{day}” is no day of every year; write it as 03-08",
		"«{day}» – не день каждого года; пишите его как 03-08",
		"«{day}» әр жылдың күні емес; оны 03-08 түрінде жазыңыз")
	// BadField is an item of Refused.
	BadField = fault.Define(fault.Invalid, "worktime.field",
		"“{field}” is wrong: {value}; {hint}",
		"«{field}» неверно: {value}; {hint}",
		"«{field}» дұрыс емес: {value}; {hint}")
)

//go:embed calendar.json
var shipped []byte

// Limits on an administrator's file: far above need; and few enough holidays that every
// month keeps working days, so that no search for one can be endless.
const (
	maxFile     = 1 << 20
	maxHolidays = 40  // fixed days in force, all together
	maxDays     = 60  // single days of one year
	maxYears    = 200 // years of one file
)

// file is the form of calendar.json and of an administrator's file.
type file struct {
	Edition  civil.Date `json:"edition"`
	Source   Text       `json:"source"`
	Rules    []Rule     `json:"rules"`
	Holidays []holiday  `json:"holidays"`
	Years    []yearFile `json:"years"`
}

// holiday falls on the same days of each year while it is in force.
type holiday struct {
	ID        string     `json:"id"`
	Days      []monthDay `json:"days"`
	Moves     bool       `json:"moves"` // on a day off it gives another day off
	ValidFrom civil.Date `json:"valid_from"`
	ValidTo   civil.Date `json:"valid_to"`
	Name      Text       `json:"name"`
	Source    Text       `json:"source"`
	Verified  bool       `json:"verified"`
}

func (h *holiday) on(d civil.Date) bool {
	return (h.ValidFrom.IsZero() || !d.Before(h.ValidFrom)) && (h.ValidTo.IsZero() || !d.After(h.ValidTo))
}

// yearFile is what is known of one year beyond the fixed holidays.
type yearFile struct {
	Year     int       `json:"year"`
	Verified bool      `json:"verified"` // the official calendar of the year was seen
	Source   Text      `json:"source"`
	Days     []offDay  `json:"days"`
	Swaps    []swapDay `json:"swaps"`
}

// offDay is a non-working day of one year; it is not moved.
type offDay struct {
	Date     civil.Date `json:"date"`
	Name     Text       `json:"name"`
	Source   Text       `json:"source"`
	Verified bool       `json:"verified"`
}

// swapDay moves a day off by order of the Government: Work is worked, Rest is off.
type swapDay struct {
	Rest     civil.Date `json:"rest"`
	Work     civil.Date `json:"work"`
	Source   Text       `json:"source"`
	Verified bool       `json:"verified"`
}

// monthDay is a day of every year, written MM-DD.
type monthDay struct {
	month time.Month
	day   int
}

// UnmarshalText reads MM-DD; 29 February is refused, for most years lack it.
func (m *monthDay) UnmarshalText(text []byte) error {
	d, err := civil.Parse("2023-" + string(text))
	if err != nil {
		return badMonthDay.With("day", clip.Value(string(text))).Because(err)
	}
	m.month, m.day = d.Month, d.Day
	return nil
}

// Load makes the calendar of a week from the one that ships with the program and the
// administrator's files, in the order of their editions. Faults are those of Extend.
func Load(week Week, files ...io.Reader) (*Calendar, error) {
	c := Shipped(week)
	for _, r := range files {
		var err error
		if c, err = c.Extend(r); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Extend makes a new calendar of c and a file; c stays as it was. The file names its
// edition (a date later than c's) and its source. A year in it replaces that year, a
// holiday or a rule the one with the same id: so a holiday is ended by giving it a
// valid_to. Nothing is used unless all of it is right; otherwise NotReadable, Stale, or
// Refused with everything listed.
func (c *Calendar) Extend(r io.Reader) (*Calendar, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("worktime: read the calendar file: %w", err)
	}
	f, err := parse(data)
	if err != nil {
		return nil, err
	}
	return c.merge(f)
}

func parse(data []byte) (f file, err error) {
	if why := strictjson.Decode(data, maxFile, &f); why != nil {
		return f, NotReadable.With("why", why).Because(why)
	}
	return f, nil
}

func (c *Calendar) merge(f file) (*Calendar, error) {
	if !f.Edition.After(c.edition) {
		return nil, Stale.With("edition", f.Edition, "have", c.edition)
	}
	if wrong := f.check(c); len(wrong) > 0 {
		return nil, Refused.With("count", len(wrong)).Listing(wrong)
	}
	next := &Calendar{
		week: c.week, edition: f.Edition, sources: append(slices.Clone(c.sources), Source{f.Edition, f.Source}),
		rules: maps.Clone(c.rules), holidays: slices.Clone(c.holidays), years: maps.Clone(c.years),
	}
	for _, r := range f.Rules {
		next.rules[r.ID] = r
	}
	for _, h := range f.Holidays {
		if i := slices.IndexFunc(next.holidays, func(o holiday) bool { return o.ID == h.ID }); i >= 0 {
			next.holidays[i] = h
		} else {
			next.holidays = append(next.holidays, h)
		}
	}
	days := 0
	for _, h := range next.holidays {
		days += len(h.Days)
	}
	if days > maxHolidays {
		item := fault.Item{Where: "holidays", Fault: BadField.With("field", "days", "value", days, "hint", fmt.Sprintf("≤ %d", maxHolidays))}
		return nil, Refused.With("count", 1).Listing([]fault.Item{item})
	}
	for _, y := range f.Years {
		next.years[y.Year] = y
	}
	next.tables = map[int]table{}
	for year := range next.years {
		next.tables[year] = next.build(year)
	}
	return next, nil
}

// check lists what is wrong in a file.
func (f *file) check(c *Calendar) (wrong []fault.Item) {
	complain := func(where, field string, value any, hint string) {
		wrong = append(wrong, fault.Item{Where: where, Fault: BadField.With("field", field, "value", value, "hint", hint)})
	}
	text := func(where, field string, t Text) {
		if t.KK == "" || t.RU == "" || t.EN == "" {
			complain(where, field, t.RU, "kk + ru + en")
		}
	}
	text("file", "source", f.Source)
	for _, r := range f.Rules {
		if _, known := c.rules[r.ID]; !known && c.rules != nil {
			complain("rules", "id", r.ID, strings.Join(slices.Sorted(maps.Keys(c.rules)), ", "))
		}
		text(r.ID, "text", r.Text)
		text(r.ID, "source", r.Source)
	}
	for _, h := range f.Holidays {
		if h.ID == "" || len(h.Days) == 0 {
			complain(h.ID, "holidays", len(h.Days), "id + days MM-DD")
		}
		if !h.ValidFrom.IsZero() && !h.ValidTo.IsZero() && h.ValidTo.Before(h.ValidFrom) {
			complain(h.ID, "valid_to", h.ValidTo, "≥ valid_from")
		}
		text(h.ID, "name", h.Name)
	}
	if len(f.Years) > maxYears {
		complain("years", "years", len(f.Years), fmt.Sprintf("≤ %d", maxYears))
		return wrong
	}
	seen := map[int]bool{}
	for _, y := range f.Years {
		if seen[y.Year] || y.Year < firstYear || y.Year > lastYear {
			complain("years", "year", y.Year, fmt.Sprintf("%d–%d, × 1", firstYear, lastYear))
		}
		seen[y.Year] = true
		y.check(complain, text)
	}
	return wrong
}

func (y *yearFile) check(complain func(where, field string, value any, hint string), text func(where, field string, t Text)) {
	where := fmt.Sprint(y.Year)
	text(where, "source", y.Source)
	if len(y.Days)+len(y.Swaps) > maxDays {
		complain(where, "days", len(y.Days)+len(y.Swaps), fmt.Sprintf("≤ %d", maxDays))
	}
	for _, d := range y.Days {
		if d.Date.Year != y.Year {
			complain(where, "date", d.Date, where)
		}
		text(where+" "+d.Date.String(), "name", d.Name)
	}
	used := map[civil.Date]bool{}
	for _, s := range y.Swaps {
		if s.Rest.Year != y.Year && s.Work.Year != y.Year || s.Rest.DaysUntil(s.Work) > 366 || s.Rest.DaysUntil(s.Work) < -366 {
			complain(where, "swaps", s.Rest, where)
			continue
		}
		if !FiveDay.off(s.Work) || FiveDay.off(s.Rest) {
			complain(where, "work", s.Work, "work = Sat/Sun, rest = Mon–Fri")
		}
		if used[s.Rest] || used[s.Work] {
			complain(where, "swaps", s.Rest, "× 1")
		}
		used[s.Rest], used[s.Work] = true, true
	}
}
