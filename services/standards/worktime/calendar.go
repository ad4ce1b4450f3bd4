// Package worktime is the calendar of working days and the arithmetic of deadlines (terms
// of AI-11.10, AI-11.11, AI-11.15, AI-11.17, AI-18, and of archival practice).
//
// A calendar is dated data, not code: the holidays with the years in which they hold, the
// days off that the Government moved, the holidays that are never moved, each with its
// source and a mark whether it was verified. An administrator extends it with a file
// (Calendar.Extend). What lies beyond the years known is computed from weekends and fixed
// holidays, and says so.
//
// Everything here is a function of its arguments: no clock, no zone. A moment becomes a
// date by civil.Of.
package worktime

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Text is a text in the three languages of the interface (IS-3).
type Text struct {
	KK string `json:"kk"`
	RU string `json:"ru"`
	EN string `json:"en"`
}

// In is the text in a language; an unknown language reads as English.
func (t Text) In(l fault.Language) string {
	switch l {
	case fault.Kazakh:
		return t.KK
	case fault.Russian:
		return t.RU
	default:
		return t.EN
	}
}

// Week is how many days a week are worked.
type Week uint8

// The weeks: Monday to Friday, and Monday to Saturday.
const (
	FiveDay Week = iota
	SixDay
)

// off tells whether the day is the week's ordinary day off.
func (w Week) off(d civil.Date) bool {
	day := d.Weekday()
	return day == time.Sunday || day == time.Saturday && w == FiveDay
}

// Kind says why a day is worked or not.
type Kind string

// The kinds of day. Worked and MovedRest are the two halves of a swap by order of the
// Government; Substitute is the day off for a holiday that fell on a day off.
const (
	Ordinary   Kind = "ordinary"
	Weekend    Kind = "weekend"
	Holiday    Kind = "holiday"
	Substitute Kind = "substitute"
	MovedRest  Kind = "moved-rest"
	Worked     Kind = "worked"
)

// Day is what the calendar says of one date.
type Day struct {
	Date     civil.Date
	Working  bool
	Kind     Kind
	Reason   Text // «воскресенье», «Наурыз мейрамы», «рабочий день вместо 8 мая 2024 г.»
	Source   Text
	Verified bool // false: rests on an estimate, a draft, or a year whose calendar was not seen
}

// Source is one file that a calendar was made of.
type Source struct {
	Edition civil.Date
	Text    Text
}

// Rule is one rule of the arithmetic as data; a page shows it beside the date it gave.
type Rule struct {
	ID       string `json:"id"`
	Text     Text   `json:"text"`
	Source   Text   `json:"source"`
	Verified bool   `json:"verified"`
}

// The years that dates may lie in.
const (
	firstYear = 1900
	lastYear  = 9900
)

// Calendar knows the working days of one kind of week. It never changes once made, and
// many goroutines may use it.
type Calendar struct {
	week     Week
	edition  civil.Date
	sources  []Source
	rules    map[string]Rule
	holidays []holiday
	years    map[int]yearFile
	tables   map[int]table // of the years known
}

// table holds the days of a year that differ from the plain week.
type table map[civil.Date]Day

var fromProgram = [...]func() *Calendar{
	FiveDay: sync.OnceValue(func() *Calendar { return ship(FiveDay) }),
	SixDay:  sync.OnceValue(func() *Calendar { return ship(SixDay) }),
}

// Shipped is the calendar that comes with the program: 2024 to 2027.
func Shipped(week Week) *Calendar { return fromProgram[min(week, SixDay)]() }

func ship(week Week) *Calendar {
	f, err := parse(shipped)
	if err != nil {
		panic("worktime: calendar.json: " + err.Error()) // the binary itself is broken
	}
	base := &Calendar{week: week, rules: map[string]Rule{}, years: map[int]yearFile{}}
	for _, id := range ruleIDs {
		base.rules[id] = Rule{ID: id}
	}
	c, err := base.merge(f)
	if err != nil {
		panic("worktime: calendar.json: " + err.Error())
	}
	return c
}

// Edition is the date of the newest file in the calendar. A deadline is kept with the
// edition it was computed under.
func (c *Calendar) Edition() civil.Date { return c.edition }

// Sources are the files that the calendar was made of, oldest first.
func (c *Calendar) Sources() []Source { return slices.Clone(c.sources) }

// Week is the week that the calendar is for.
func (c *Calendar) Week() Week { return c.week }

// Known are the years that the calendar has data for, in order, with the mark whether the
// year's official calendar was seen.
func (c *Calendar) Known() []KnownYear {
	out := make([]KnownYear, 0, len(c.years))
	for _, y := range c.years {
		out = append(out, KnownYear{y.Year, y.Verified, y.Source})
	}
	slices.SortFunc(out, func(a, b KnownYear) int { return cmp.Compare(a.Year, b.Year) })
	return out
}

// KnownYear is a year that the calendar has data for.
type KnownYear struct {
	Year     int
	Verified bool
	Source   Text
}

// Working tells whether a date is worked, and why it is or is not.
func (c *Calendar) Working(d civil.Date) (working bool, reason Text) {
	day := c.Day(d)
	return day.Working, day.Reason
}

// Day tells everything that the calendar knows of a date. A date that does not exist is no
// working day and has no kind.
func (c *Calendar) Day(d civil.Date) Day {
	if !d.Valid() {
		return Day{Date: d}
	}
	return c.in(c.table(d.Year), d)
}

func (c *Calendar) table(year int) table {
	if t, known := c.tables[year]; known {
		return t
	}
	return c.build(year)
}

func (c *Calendar) in(t table, d civil.Date) Day {
	if day, special := t[d]; special {
		return day
	}
	source, verified := c.ofYear(d.Year)
	if c.week.off(d) {
		return Day{Date: d, Kind: Weekend, Reason: weekdays[d.Weekday()], Source: source, Verified: verified}
	}
	return Day{Date: d, Working: true, Kind: Ordinary, Reason: ordinary, Source: source, Verified: verified}
}

// ofYear is the source of a year and whether its official calendar was seen.
func (c *Calendar) ofYear(year int) (Text, bool) {
	if y, known := c.years[year]; known {
		return y.Source, y.Verified
	}
	return unknownYear, false
}

// build gathers a year's special days: holidays, then swaps, then the substitutes, which go
// to the next day that neither of those nor a weekend has taken. (No holiday lies so late in
// a year that its substitute could fall into the next one.)
func (c *Calendar) build(year int) table {
	t := table{}
	source, verified := c.ofYear(year)
	or := func(own Text) Text {
		if own == (Text{}) {
			return source
		}
		return own
	}
	for _, d := range c.years[year].Days {
		t[d.Date] = Day{Date: d.Date, Kind: Holiday, Reason: d.Name, Source: or(d.Source), Verified: verified && d.Verified}
	}
	var moving []Day
	for i := range c.holidays {
		h := &c.holidays[i]
		for _, md := range h.Days {
			d := civil.Date{Year: year, Month: md.month, Day: md.day}
			if !h.on(d) {
				continue
			}
			day := Day{Date: d, Kind: Holiday, Reason: h.Name, Source: or(h.Source), Verified: verified && h.Verified}
			if _, taken := t[d]; !taken {
				t[d] = day
			}
			if h.Moves && c.week.off(d) {
				moving = append(moving, day)
			}
		}
	}
	for y := year - 1; y <= year+1; y++ { // an order of December may move a day of January
		c.swap(t, year, c.years[y])
	}
	slices.SortFunc(moving, func(a, b Day) int { return a.Date.Compare(b.Date) })
	for _, h := range moving {
		if t[h.Date].Kind == Worked {
			continue
		}
		d := h.Date.AddDays(1)
		for _, taken := t[d]; taken || c.week.off(d); _, taken = t[d] {
			d = d.AddDays(1)
		}
		t[d] = Day{Date: d, Kind: Substitute, Reason: substituteFor(h), Source: h.Source, Verified: h.Verified}
	}
	return t
}

// swap enters the days that orders of the Government exchanged. Where the week works the
// day anyway (a Saturday in a six-day week) there is nothing to exchange.
func (c *Calendar) swap(t table, year int, of yearFile) {
	for _, s := range of.Swaps {
		if !c.week.off(s.Work) {
			continue
		}
		source, verified := s.Source, s.Verified && of.Verified
		if source == (Text{}) {
			source = of.Source
		}
		if s.Work.Year == year {
			t[s.Work] = Day{Date: s.Work, Working: true, Kind: Worked, Reason: workedFor(s.Rest), Source: source, Verified: verified}
		}
		if _, taken := t[s.Rest]; s.Rest.Year == year && !taken {
			t[s.Rest] = Day{Date: s.Rest, Kind: MovedRest, Reason: restFor(s.Work), Source: source, Verified: verified}
		}
	}
}

// days goes through the days from first to last, both included; for ever where last is no
// date.
func (c *Calendar) days(first, last civil.Date) iter.Seq[Day] {
	return func(yield func(Day) bool) {
		t := table(nil)
		for d := first; last.IsZero() || !d.After(last); d = d.AddDays(1) {
			if t == nil || d.Day == 1 && d.Month == time.January {
				t = c.table(d.Year)
			}
			if !yield(c.in(t, d)) {
				return
			}
		}
	}
}

// WorkingDays counts the working days from first to last, both included; none where last
// is before first.
func (c *Calendar) WorkingDays(first, last civil.Date) int {
	n := 0
	if !first.Valid() || !last.Valid() {
		return 0
	}
	for day := range c.days(first, last) {
		if day.Working {
			n++
		}
	}
	return n
}

// Left is the time from today to a deadline: zero on the day itself, negative once missed.
type Left struct {
	Days        int
	WorkingDays int
}

// Left counts how long is left until a deadline; today does not count, the last day does.
func (c *Calendar) Left(today, due civil.Date) Left {
	if due.Before(today) {
		return Left{today.DaysUntil(due), -c.WorkingDays(due.AddDays(1), today)}
	}
	return Left{today.DaysUntil(due), c.WorkingDays(today.AddDays(1), due)}
}

// Next is the first working day on or after the date.
func (c *Calendar) Next(d civil.Date) civil.Date {
	for !c.Day(d).Working {
		d = d.AddDays(1)
	}
	return d
}
