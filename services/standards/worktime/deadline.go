package worktime

import (
	"fmt"
	"slices"
	"time"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// The faults of the arithmetic.
var (
	BadTerm = fault.Define(fault.Invalid, "worktime.term",
		"a term of {number} {unit} cannot be counted; give 1 to {max} calendar_days, working_days or months",
		"срок {number} {unit} посчитать нельзя; укажите от 1 до {max} calendar_days, working_days или months",
		"{number} {unit} мерзімін есептеуге болмайды; 1-ден {max} дейін calendar_days, working_days немесе months көрсетіңіз")
	BadStart = fault.Define(fault.Invalid, "worktime.start",
		"a term cannot begin on “{date}”; give a day from {first} to {last}",
		"срок не может начинаться «{date}»; укажите день с {first} по {last} год",
		"мерзім «{date}» күні басталуы мүмкін емес; {first} және {last} жылдар арасындағы күнді көрсетіңіз")
)

// MaxTerm is the largest number of units in a term: ten years of days.
const MaxTerm = 3660

// Unit is what a term counts.
type Unit string

// The units. Months end on the same day of the last month (AI-18 counts three of them).
const (
	CalendarDays Unit = "calendar_days"
	WorkingDays  Unit = "working_days"
	Months       Unit = "months"
)

// Start is the event from which a term counts; it only changes the words.
type Start string

// The events. The zero value is Receipt.
const (
	Receipt      Start = ""             // the request was received (AI-11.10)
	Registration Start = "registration" // it was registered (AI-11.17)
	FirstEnd     Start = "first-end"    // the first term ended, and was extended (AI-11.10)
	Extension    Start = "extension"    // the extension was decided (notice in 3 working days)
	Learning     Start = "learning"     // the person learnt of the act (AI-18)
)

// Term is a number of units from an event.
type Term struct {
	N     int
	Unit  Unit
	Start Start
}

// String is the term as programs write it: "15 calendar_days".
func (t Term) String() string { return fmt.Sprintf("%d %s", t.N, t.Unit) }

// Words is the term as people say it: «15 календарных дней», «15 күнтізбелік күн».
func (t Term) Words() Text {
	noun := calendarDays
	switch t.Unit {
	case WorkingDays:
		noun = workingDays
	case Months:
		noun = months
	case CalendarDays:
	}
	return each(func(l fault.Language) string { return noun.Short(int64(t.N), l) })
}

// Step is one step of the way from an event to a deadline, to be shown to the person.
type Step struct {
	From, To civil.Date // the days of the step, both included
	Words    Text       // one sentence: what was counted
	Rule     Rule
	Skipped  []Day  // days that a term in working days did not count
	Doubts   []Text // what the calendar does not surely know of these days
	Verified bool   // the rule and all that it used of the calendar were verified
}

// Verified tells whether every step was.
func Verified(steps []Step) bool {
	return !slices.ContainsFunc(steps, func(s Step) bool { return !s.Verified })
}

// Doubts are the doubts of all steps, each once.
func Doubts(steps []Step) (out []Text) {
	for _, s := range steps {
		for _, d := range s.Doubts {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

// The rules by their names in the calendar's data.
const (
	ruleDayAfter    = "day-after"
	ruleCalendar    = "calendar-days"
	ruleWorking     = "working-days"
	ruleMonths      = "months"
	ruleNextWorking = "next-working-day"
)

var ruleIDs = []string{ruleDayAfter, ruleCalendar, ruleWorking, ruleMonths, ruleNextWorking}

// Deadline is the last day of a term that counts from an event on the day from, with the
// steps that led to it. The day of the event itself does not count; calendar days count one
// after another; a term that ends on a non-working day ends on the next working day; working
// days follow the calendar. The end is always a working day after from.
//
// Errors: BadTerm, BadStart.
func (c *Calendar) Deadline(from civil.Date, term Term) (civil.Date, []Step, error) {
	if term.N < 1 || term.N > MaxTerm || !slices.Contains([]Unit{CalendarDays, WorkingDays, Months}, term.Unit) {
		return civil.Date{}, nil, BadTerm.With("number", term.N, "unit", string(term.Unit), "max", MaxTerm)
	}
	if !from.Valid() || from.Year < firstYear || from.Year > lastYear-2*MaxTerm/12 {
		return civil.Date{}, nil, BadStart.With("date", from, "first", firstYear, "last", lastYear-2*MaxTerm/12)
	}
	steps := []Step{c.step(ruleDayAfter, from, from, begins(from, term.Start))}
	var end civil.Date
	switch term.Unit {
	case CalendarDays:
		end = from.AddDays(term.N)
		steps = append(steps, c.step(ruleCalendar, from.AddDays(1), end, counted(term, from.AddDays(1), end)))
	case Months:
		end = addMonths(from, term.N)
		steps = append(steps, c.step(ruleMonths, from.AddDays(1), end, counted(term, from.AddDays(1), end)))
	case WorkingDays:
		var skipped []Day
		end, skipped = c.countWorking(from, term.N)
		s := c.step(ruleWorking, from.AddDays(1), end, countedWorking(term, from.AddDays(1), end, skipped))
		s.Skipped = skipped
		return end, append(steps, c.doubt(s, from.AddDays(1), end)), nil
	}
	if day := c.Day(end); !day.Working {
		next := c.Next(end)
		steps = append(steps, c.doubt(c.step(ruleNextWorking, end, next, rolled(day, next)), end, next))
		return next, steps, nil
	}
	// That the last day is a working day is a fact of the calendar too.
	steps[1] = c.doubt(steps[1], end, end)
	return end, steps, nil
}

func (c *Calendar) step(rule string, from, to civil.Date, words Text) Step {
	r := c.rules[rule]
	return Step{From: from, To: to, Words: words, Rule: r, Verified: r.Verified}
}

// doubt notes what the calendar does not surely know of the days that a step rests on.
func (c *Calendar) doubt(s Step, from, to civil.Date) Step {
	for day := range c.days(from, to) {
		if day.Verified {
			continue
		}
		s.Verified = false
		if doubt := c.doubtOf(day); !slices.Contains(s.Doubts, doubt) {
			s.Doubts = append(s.Doubts, doubt)
		}
	}
	return s
}

// doubtOf says what is unsure about a day: the whole year where its calendar was not seen,
// else this one day.
func (c *Calendar) doubtOf(d Day) Text {
	if source, seen := c.ofYear(d.Date.Year); !seen {
		return each(func(l fault.Language) string { return fmt.Sprintf("%d: %s", d.Date.Year, source.In(l)) })
	}
	return each(func(l fault.Language) string {
		return fmt.Sprintf("%s, %s: %s", d.Date.In(l), d.Reason.In(l), d.Source.In(l))
	})
}

func (c *Calendar) countWorking(from civil.Date, n int) (end civil.Date, skipped []Day) {
	for day := range c.days(from.AddDays(1), civil.Date{}) {
		if !day.Working {
			skipped = append(skipped, day)
			continue
		}
		if n--; n == 0 {
			return day.Date, skipped
		}
	}
	return civil.Date{}, nil // not reached: every year has working days (maxHolidays, maxDays)
}

// addMonths is the same day n months later, or the last day of a month that lacks it.
func addMonths(d civil.Date, n int) civil.Date {
	m := int(d.Month) - 1 + n
	first := civil.Date{Year: d.Year + m/12, Month: time.Month(m%12 + 1), Day: 1}
	last := first.AddDays(31)
	last = last.AddDays(-last.Day)
	return civil.Date{Year: first.Year, Month: first.Month, Day: min(d.Day, last.Day)}
}

var startWords = map[Start]Text{
	Receipt:      {"Алынған күні – %s; бұл күн есепке кірмейді.", "День получения – %s; сам этот день не считается.", "Received on %s; that day itself does not count."},
	Registration: {"Тіркелген күні – %s; бұл күн есепке кірмейді.", "День регистрации – %s; сам этот день не считается.", "Registered on %s; that day itself does not count."},
	FirstEnd:     {"Бірінші мерзімнің соңғы күні – %s; ұзартылған мерзім ертеңінен басталады.", "Последний день первого срока – %s; продление идёт со следующего дня.", "The first term ended on %s; the extension runs from the next day."},
	Extension:    {"Мерзімді ұзарту туралы шешілген күн – %s; бұл күн есепке кірмейді.", "День решения о продлении – %s; сам этот день не считается.", "The extension was decided on %s; that day itself does not count."},
	Learning:     {"Шешім туралы белгілі болған күн – %s; бұл күн есепке кірмейді.", "День, когда стало известно о решении, – %s; сам этот день не считается.", "The act became known on %s; that day itself does not count."},
}

func begins(from civil.Date, start Start) Text {
	words, ok := startWords[start]
	if !ok {
		words = startWords[Receipt]
	}
	return each(func(l fault.Language) string { return fmt.Sprintf(words.In(l), from.In(l)) })
}

func counted(term Term, from, to civil.Date) Text {
	n := term.Words()
	if from == to {
		return each(func(l fault.Language) string { return fmt.Sprintf("%s: %s.", n.In(l), sentenceEnd(to, l)) })
	}
	return Text{
		fmt.Sprintf("%s: %s – %s.", n.KK, from.In(kk), to.In(kk)),
		fmt.Sprintf("%s: с %s по %s", n.RU, from.In(ru), to.In(ru)),
		fmt.Sprintf("%s: from %s to %s.", n.EN, from.In(en), to.In(en)),
	}
}

// sentenceEnd is the date without the full stop of «г.», which the sentence's own makes.
func sentenceEnd(d civil.Date, l fault.Language) string {
	text := d.In(l)
	if l == ru {
		return text[:len(text)-1]
	}
	return text
}

func countedWorking(term Term, from, to civil.Date, skipped []Day) Text {
	t := counted(term, from, to)
	if len(skipped) == 0 {
		return t
	}
	holidays := named(skipped)
	say := func(l fault.Language, sentence, notCounted string) string {
		s := sentence + " " + notCounted + " " + daysOff.Short(int64(len(skipped)), l)
		if h := holidays.In(l); h != "" {
			s += " (" + h + ")"
		}
		return s + "."
	}
	return Text{say(kk, t.KK, "Есепке кірмегені:"), say(ru, t.RU, "Не считаются:"), say(en, t.EN, "Not counted:")}
}

// named lists the days off that are no plain weekend, at most three of them.
func named(skipped []Day) Text {
	const most = 3
	var list Text
	n := 0
	for _, d := range skipped {
		if d.Kind == Weekend {
			continue
		}
		if n++; n > most {
			continue
		}
		sep := ""
		if n > 1 {
			sep = "; "
		}
		list.KK += sep + d.Date.In(kk) + " – " + d.Reason.KK
		list.RU += sep + d.Date.In(ru) + " – " + d.Reason.RU
		list.EN += sep + d.Date.In(en) + " – " + d.Reason.EN
	}
	if n > most {
		list.KK, list.RU, list.EN = list.KK+"; …", list.RU+"; …", list.EN+"; …"
	}
	return list
}

func rolled(day Day, next civil.Date) Text {
	d := day.Date
	return Text{
		fmt.Sprintf("%s – жұмыс күні емес (%s); мерзім келесі жұмыс күнінде бітеді: %s.", d.In(kk), day.Reason.KK, next.In(kk)),
		fmt.Sprintf("%s – нерабочий день (%s); срок истекает в следующий рабочий день: %s", d.In(ru), day.Reason.RU, next.In(ru)),
		fmt.Sprintf("%s is not a working day (%s); the term ends on the next working day: %s.", d.In(en), day.Reason.EN, next.In(en)),
	}
}
