// Package civil holds dates as the law means them: a day in the calendar of Almaty,
// without an hour and without a zone.
//
// A deadline, a retention term and an act's date are civil dates. A moment (time.Time)
// becomes one in a single place, Of, so that nobody's server clock zone decides on which
// day a file fell due.
package civil

import (
	"cmp"
	_ "embed"
	"fmt"
	"time"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// BadDate says that a text is no date of the calendar.
var BadDate = fault.Define(fault.Invalid, "civil.date.bad",
	"“{text}” is not a date; write year, month and day like 2026-03-31",
	"«{text}» – не дата; напишите год, месяц и день, например 2026-03-31",
	"«{text}» – күн емес; жылды, айды және күнді 2026-03-31 түрінде жазыңыз")

// Date is a day. The zero value means "no date" and is written as an empty text. Dates
// are comparable with ==, order by Compare, and are made by New, Parse or Of: a Date made
// by hand may not exist in the calendar (see Valid).
type Date struct {
	Year  int // 1 to 9999
	Month time.Month
	Day   int
}

// The years a Date can hold; the four digits of its text form are the reason.
const (
	MinYear = 1
	MaxYear = 9999
)

// Valid tells whether the calendar has this day. The zero Date is not valid.
func (d Date) Valid() bool {
	return d.Year >= MinYear && d.Year <= MaxYear && d.Month >= 1 && d.Month <= 12 &&
		d.Day >= 1 && d.Day <= daysIn(d.Year, d.Month)
}

// Parse reads YYYY-MM-DD, exactly ten characters (ISO 8601 calendar date, extended form).
// Anything else is BadDate, the empty text too.
func Parse(text string) (Date, error) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return Date{}, BadDate.With("text", clip.Value(text))
	}
	year, ok1 := digits(text[:4])
	month, ok2 := digits(text[5:7])
	day, ok3 := digits(text[8:])
	d := Date{Year: year, Month: time.Month(month), Day: day}
	if !ok1 || !ok2 || !ok3 || !d.Valid() {
		return Date{}, BadDate.With("text", clip.Value(text))
	}
	return d, nil
}

// digits reads an unsigned decimal number: no sign, no space, no other script's digits.
func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// String is YYYY-MM-DD, or empty for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// IsZero tells whether this is "no date".
func (d Date) IsZero() bool { return d == Date{} }

// MarshalText is String; JSON, map keys and flags use it.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is Parse, save that the empty text is the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Compare is -1, 0 or +1 as d is before, on or after other. "No date" is before all.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// Before tells whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After tells whether d is a later day than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// AddDays is the date n days later (earlier for a negative n).
func (d Date) AddDays(n int) Date {
	return onDay(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// AddYears is the same day and month n years later. 29 February becomes 28 February in a
// common year: where the month lacks the day, a term in years ends on the month's last.
func (d Date) AddYears(n int) Date {
	y := d.Year + n
	return Date{Year: y, Month: d.Month, Day: min(d.Day, daysIn(y, d.Month))}
}

// NextYear is 1 January of the following year, where archival terms start.
func (d Date) NextYear() Date { return Date{Year: d.Year + 1, Month: time.January, Day: 1} }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
}

// DaysUntil is the number of days from d to other; negative when other is earlier.
func (d Date) DaysUntil(other Date) int {
	a := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	b := time.Date(other.Year, other.Month, other.Day, 0, 0, 0, 0, time.UTC)
	return int(b.Unix()/secondsPerDay - a.Unix()/secondsPerDay)
}

const secondsPerDay = 24 * 60 * 60

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func onDay(t time.Time) Date {
	y, m, day := t.Date()
	return Date{Year: y, Month: m, Day: day}
}

// tz is the IANA record of Asia/Almaty (public domain), embedded because the machine's
// own may predate 1 March 2024, when Almaty went from +06 to +05: an outdated system
// would put the first hour of a day into the wrong civil date.
//
//go:embed almaty.tzif
var tz []byte

var almaty = func() *time.Location {
	loc, err := time.LoadLocationFromTZData("Asia/Almaty", tz)
	if err != nil {
		panic("civil: the embedded time zone is unreadable: " + err.Error()) // the binary itself is broken
	}
	return loc
}()

// Almaty is the zone in which the law's days begin and end: +06 until 2024-03-01, +05
// since, whatever the machine believes.
func Almaty() *time.Location { return almaty }

// Of is the civil date in Almaty at the given moment.
func Of(moment time.Time) Date { return onDay(moment.In(almaty)) }

// Start is the first moment of the day in Almaty.
func (d Date) Start() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, almaty) }
