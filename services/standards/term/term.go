// Package term is the grammar of retention terms: what a list of documents or a
// nomenclature of files says about how long a file is kept.
//
// People write terms as words («Постоянно», «5 лет ЭПК», «50/75 лет», «ДМН», «5 жыл СТК»);
// Parse reads them in Kazakh, Russian and English, In writes them back, and in between a
// Term is a typed value that rules can compute with. Lists pack several terms into one
// article: lettered sub-items, a column per kind of organisation, footnotes; ParseArticle
// reads those (AR-7).
package term

import (
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// The faults of a term as a person wrote it.
var (
	Unreadable = fault.Define(fault.Invalid, "term.unreadable",
		"“{text}” is not a retention term; write for example “permanent”, “5 years”, “5 years EPC”, “50/75 years”, “until replaced”",
		"«{text}» – не срок хранения; напишите, например, «постоянно», «5 лет», «5 лет ЭПК», «50/75 лет», «до замены новыми»",
		"«{text}» – сақтау мерзімі емес; мысалы «тұрақты», «5 жыл», «5 жыл СТК», «50/75 жыл», «жаңасымен ауыстырылғанға дейін» деп жазыңыз")
	BadYears = fault.Define(fault.Invalid, "term.years",
		"a term of {years} years is impossible; write a number from 1 to {most}",
		"срок {years} лет невозможен; укажите число от 1 до {most}",
		"{years} жыл мерзімі мүмкін емес; 1-ден {most}-ге дейінгі санды жазыңыз")
	MarkMisplaced = fault.Define(fault.Invalid, "term.mark",
		"the commission's mark (EPC) belongs to a term in years; remove the mark from “{text}”, or write the number of years",
		"отметка «ЭПК» ставится к сроку в годах; уберите её из «{text}» или укажите число лет",
		"«СТК» белгісі жылмен көрсетілген мерзімге қойылады; «{text}» мәтінінен белгіні алып тастаңыз немесе жыл санын жазыңыз")
	Inconsistent = fault.Define(fault.Invalid, "term.inconsistent",
		"the parts of the retention term contradict each other ({part}); enter the term again as the list writes it",
		"части срока хранения противоречат друг другу ({part}); введите срок заново так, как он записан в перечне",
		"сақтау мерзімінің бөліктері бір-біріне қайшы ({part}); мерзімді тізбеде жазылғандай қайта енгізіңіз")
)

// Kind is what sort of term it is.
type Kind uint8

// The kinds of term. Only Years yields a computed date; the others wait for their event
// or never end. The zero value is no term.
const (
	None             Kind = iota
	Permanent             // тұрақты, постоянно
	Years                 // N years; N/M years by cut-off date; with or without a trigger
	UntilReplaced         // жаңасымен ауыстырылғанға дейін, до замены новыми
	UntilNotNeeded        // қажеттілігі өткенге дейін, до минования надобности
	UntilLiquidation      // ұйым таратылғанға дейін, до ликвидации организации
	UntilClaimed          // талап етілгенге дейін, до востребования
)

// String names the kind for logs.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

var kindNames = [...]string{"none", "permanent", "years", "until-replaced", "until-not-needed", "until-liquidation", "until-claimed"}

// Trigger is the event after which a term in years runs.
type Trigger uint8

// The triggers. Closing, the zero value, is the ordinary case: the file was closed.
// OtherEvent is told by the term's Words.
const (
	Closing Trigger = iota
	Dismissal
	Expiry
	Repayment
	Replacement
	Audit
	CaseClosed
	OtherEvent
)

// MaxYears is the longest term in years that is believed; lists go to 75, a typing
// mistake goes past this.
const MaxYears = 200

// Term is one retention term. It is a plain comparable value; Parse and ParseArticle make
// it, Validate checks one that came from elsewhere. A term is part of a nomenclature
// entry and is never changed afterwards: a corrected entry has another one.
type Term struct {
	Kind Kind

	// Years is the length of a term in years. For UntilNotNeeded and UntilClaimed it is
	// the least number of years that follows, or 0 where the list does not say.
	Years int

	// Before is M of «N/M лет»: the length for files closed before the cut-off day, where
	// Years is for those closed on or after it (AR-5). 0: no such split.
	Before int

	// CutOff is the cut-off day of the split where the list itself names it. Zero: the
	// rule in force says.
	CutOff civil.Date

	// AtLeast is true for «не менее N лет»: Years is a floor, not the term.
	AtLeast bool

	// Review is the mark ЭПК (СТК): on expiry the commission may select for keeping.
	Review bool

	Trigger Trigger
	Words   string // the event of OtherEvent, as the list words it, in the list's language
}

// Validate tells whether the parts of a term made elsewhere fit together (Inconsistent,
// BadYears, MarkMisplaced).
func (t Term) Validate() error {
	bad := func(part string) error { return Inconsistent.With("part", part) }
	if t.Review && t.Kind != Years {
		return MarkMisplaced.With("text", t.In(fault.English))
	}
	lasts := t.Kind == Years || t.Kind == UntilNotNeeded || t.Kind == UntilClaimed
	switch {
	case t.Kind == None || t.Kind > UntilClaimed:
		return bad("kind")
	case t.Kind == Years && t.Years == 0, !lasts && t.Years != 0:
		return bad("years")
	case t.Years < 0 || t.Years > MaxYears:
		return BadYears.With("years", t.Years, "most", MaxYears)
	case t.Before < 0 || t.Before > MaxYears:
		return BadYears.With("years", t.Before, "most", MaxYears)
	case t.Before != 0 && (t.Years == 0 || t.Before == t.Years || t.Kind == UntilNotNeeded):
		return bad("N/M")
	case !t.CutOff.IsZero() && (t.Before == 0 || !t.CutOff.Valid()):
		return bad("cut-off")
	case t.AtLeast && t.Kind != Years, t.AtLeast && t.Before != 0:
		return bad("at least")
	case t.Trigger != Closing && t.Kind != Years, t.Trigger > OtherEvent:
		return bad("trigger")
	case (t.Trigger == OtherEvent) != (t.Words != ""):
		return bad("event")
	}
	if t.Words != "" {
		if trigger, words, ok := readTrigger(t.Words); !ok || trigger != OtherEvent || words != t.Words {
			return bad("event")
		}
	}
	return nil
}

// Computable tells whether a date can follow from the term. Permanent and "until …" never
// yield a computed date: they wait for their event, which a person records.
func (t Term) Computable() bool { return t.Kind == Years }

// LongerThan tells whether every file under the term is kept more than n years: the
// inventories of permanent and long (over 10 years) files are made from such entries.
func (t Term) LongerThan(n int) bool {
	switch t.Kind {
	case Permanent:
		return true
	case Years:
		return t.Years > n && (t.Before == 0 || t.Before > n)
	default:
		return false
	}
}
