package worktime

import (
	"fmt"
	"time"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

var weekdays = [...]Text{
	time.Sunday:    {"жексенбі", "воскресенье", "Sunday"},
	time.Monday:    {"дүйсенбі", "понедельник", "Monday"},
	time.Tuesday:   {"сейсенбі", "вторник", "Tuesday"},
	time.Wednesday: {"сәрсенбі", "среда", "Wednesday"},
	time.Thursday:  {"бейсенбі", "четверг", "Thursday"},
	time.Friday:    {"жұма", "пятница", "Friday"},
	time.Saturday:  {"сенбі", "суббота", "Saturday"},
}

var (
	ordinary    = Text{"жұмыс күні", "рабочий день", "working day"}
	unknownYear = Text{
		"бұл жылдың күнтізбесі жоқ: демалыс күндері мен тұрақты мерекелер бойынша есептелді",
		"календаря этого года нет: посчитано по выходным и постоянным праздникам",
		"there is no calendar of this year: counted by weekends and fixed holidays",
	}
)

const (
	kk = fault.Kazakh
	ru = fault.Russian
	en = fault.English
)

// substituteFor: a date's case would change its ending in Kazakh, so the sentence puts a
// noun after it that takes the ending instead.
func substituteFor(h Day) Text {
	fell := map[time.Weekday]string{time.Saturday: "субботу", time.Sunday: "воскресенье"}[h.Date.Weekday()]
	return Text{
		fmt.Sprintf("%s мерекесінің (%s) орнына берілген демалыс", h.Date.In(kk), h.Reason.KK),
		fmt.Sprintf("выходной за праздник %s (%s), выпавший на %s", h.Date.In(ru), h.Reason.RU, fell),
		fmt.Sprintf("day off for the holiday of %s (%s), which fell on a %s", h.Date.In(en), h.Reason.EN, h.Date.Weekday()),
	}
}

func restFor(work civil.Date) Text {
	return Text{
		fmt.Sprintf("%s күнінің орнына берілген демалыс", work.In(kk)),
		fmt.Sprintf("день отдыха, перенесённый с %s", work.In(ru)),
		fmt.Sprintf("day off moved from %s", work.In(en)),
	}
}

func workedFor(rest civil.Date) Text {
	return Text{
		fmt.Sprintf("%s күнінің орнына жұмыс күні", rest.In(kk)),
		fmt.Sprintf("рабочий день вместо %s", rest.In(ru)),
		fmt.Sprintf("working day in exchange for %s", rest.In(en)),
	}
}

// The counted nouns of terms.
var (
	calendarDays = numeral.Noun{
		Gender: numeral.Masculine, One: "календарный день", Few: "календарных дня", Many: "календарных дней", OneGenitive: "календарного дня",
		KK: "күнтізбелік күн", KKFrom: "күнтізбелік күннен", EN: "calendar day", ENMany: "calendar days",
	}
	workingDays = numeral.Noun{
		Gender: numeral.Masculine, One: "рабочий день", Few: "рабочих дня", Many: "рабочих дней", OneGenitive: "рабочего дня",
		KK: "жұмыс күні", KKFrom: "жұмыс күнінен", EN: "working day", ENMany: "working days",
	}
	months = numeral.Noun{
		Gender: numeral.Masculine, One: "месяц", Few: "месяца", Many: "месяцев", OneGenitive: "месяца",
		KK: "ай", KKFrom: "айдан", EN: "month", ENMany: "months",
	}
	daysOff = numeral.Noun{
		Gender: numeral.Masculine, One: "нерабочий день", Few: "нерабочих дня", Many: "нерабочих дней", OneGenitive: "нерабочего дня",
		KK: "демалыс және мереке күні", KKFrom: "демалыс және мереке күнінен", EN: "day off", ENMany: "days off",
	}
)

// each makes a text of one sentence per language.
func each(say func(l fault.Language) string) Text { return Text{say(kk), say(ru), say(en)} }
