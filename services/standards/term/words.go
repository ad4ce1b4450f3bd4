package term

import (
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

// phrases of one trigger: the text written, and the other ways people put it.
type phrases struct {
	ru, kk, en string
	also       []string
}

// triggers are the events a list names most often. Only these very phrases become a typed
// trigger: anything else stays in the list's own words, because a term that was read
// almost right is read wrong.
var triggers = map[Trigger]phrases{
	Dismissal: {
		"после увольнения", "жұмыстан босатылғаннан кейін", "after dismissal",
		[]string{"после увольнения работника", "после увольнения сотрудника", "жұмыстан шығарылғаннан кейін", "after the dismissal"},
	},
	Expiry: {
		"после истечения срока действия", "қолданылу мерзімі өткеннен кейін", "after expiry",
		[]string{
			"после истечения срока действия договора", "после окончания срока действия", "шарттың қолданылу мерзімі өткеннен кейін",
			"мерзімі өткеннен кейін", "after expiration",
		},
	},
	Repayment: {
		"после погашения задолженности", "берешек өтелгеннен кейін", "after repayment",
		[]string{"после снятия задолженности", "қарыз өтелгеннен кейін", "after repayment of the debt"},
	},
	Replacement: {
		"после замены новыми", "жаңасымен ауыстырылғаннан кейін", "after replacement",
		[]string{"после замены", "после замены новым", "жаңамен ауыстырылғаннан кейін", "ауыстырылғаннан кейін", "after replacement by new ones"},
	},
	Audit: {
		"при условии проведения проверки", "тексеру жүргізілген жағдайда", "after audit",
		[]string{
			"при условии проведения проверки (ревизии)", "при условии завершения ревизии", "после проведения проверки",
			"тексеру (тексеріс) жүргізілген жағдайда", "тексеру аяқталғаннан кейін", "provided the audit is done",
		},
	},
	CaseClosed: {
		"после закрытия дела", "іс жабылғаннан кейін", "after the case is closed",
		[]string{"после прекращения дела", "іс қысқартылғаннан кейін", "after closing of the case", "after case closure"},
	},
}

// byPhrase finds the typed trigger of a phrase in lower case.
var byPhrase = func() map[string]Trigger {
	m := map[string]Trigger{}
	for trigger, p := range triggers {
		for _, text := range append([]string{p.ru, p.kk, p.en}, p.also...) {
			m[strings.ToLower(text)] = trigger
		}
	}
	return m
}()

// Words is a written term in another language; what is no term stays as it is.
func Words(written string, l fault.Language) string {
	t, err := Parse(written)
	if err != nil {
		return written
	}
	return t.In(l)
}

// In writes the term in the language. Parse reads the text back to the same Term. The
// words of an OtherEvent stay in the language of the list that they were taken from.
func (t Term) In(l fault.Language) string {
	switch t.Kind {
	case Permanent:
		return pick(l, "тұрақты", "постоянно", "permanent")
	case UntilReplaced:
		return pick(l, "жаңасымен ауыстырылғанға дейін", "до замены новыми", "until replaced")
	case UntilLiquidation:
		return pick(l, "ұйым таратылғанға дейін", "до ликвидации организации", "until liquidation")
	case UntilNotNeeded:
		text := pick(l, "қажеттілігі өткенге дейін", "до минования надобности", "until no longer needed")
		if t.Years > 0 {
			text += ", " + t.least(l)
		}
		return text
	case UntilClaimed:
		text := pick(l, "талап етілгенге дейін", "до востребования", "until claimed")
		if t.Years > 0 {
			text += ", " + pick(l, "одан кейін ", "затем ", "then ") + t.least(l) + t.cutOff(l)
		}
		return text
	case Years:
		return t.years(l)
	default:
		return ""
	}
}

// In is the event of a typed trigger in words; empty for Closing and OtherEvent.
func (t Trigger) In(l fault.Language) string {
	p := triggers[t]
	return pick(l, p.kk, p.ru, p.en)
}

func (t Term) years(l fault.Language) string {
	text := t.number() + " " + numeral.Years.For(t.last(), l, numeral.Nominative)
	if t.AtLeast {
		text = t.least(l)
	}
	text += t.cutOff(l)
	event := t.Trigger.In(l)
	switch {
	case t.Trigger == OtherEvent:
		text += " (" + t.Words + ")"
	case event != "" && l == fault.Kazakh:
		text = event + " " + text // the event comes first in Kazakh
	case event != "":
		text += " " + event
	}
	if t.Review {
		text += " " + pick(l, "СТК", "ЭПК", "EPC")
	}
	return text
}

// number is «50/75», or «5».
func (t Term) number() string {
	if t.Before > 0 {
		return strconv.Itoa(t.Years) + "/" + strconv.Itoa(t.Before)
	}
	return strconv.Itoa(t.Years)
}

// last is the number that the noun agrees with.
func (t Term) last() int64 {
	if t.Before > 0 {
		return int64(t.Before)
	}
	return int64(t.Years)
}

func (t Term) least(l fault.Language) string {
	return pick(l, "кемінде ", "не менее ", "at least ") + t.number() + " " +
		pick(l, "жыл", numeral.Years.For(t.last(), fault.Russian, numeral.Genitive), numeral.Years.For(t.last(), fault.English, numeral.Nominative))
}

func (t Term) cutOff(l fault.Language) string {
	if t.CutOff.IsZero() {
		return ""
	}
	return " (" + pick(l, t.CutOff.Dotted()+" бастап", "с "+t.CutOff.Dotted(), "from "+t.CutOff.Dotted()) + ")"
}

func pick(l fault.Language, kk, ru, en string) string {
	switch l {
	case fault.Kazakh:
		return kk
	case fault.Russian:
		return ru
	default:
		return en
	}
}
