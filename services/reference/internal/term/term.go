// Package term dates what a request asks of the archive: the answer, its shorter ways, an
// extension with its notice, a complaint. Every date comes with its arithmetic and the edition
// of the rule that gave it.
package term

import (
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/reference/internal/rules"
	"github.com/qoyma/qoyma/services/standards/worktime"
)

// Faults of an extension. A missed term is none of them: it never makes a lawful act impossible.
var (
	Twice = fault.Define(fault.Refused, "reference.extension.twice",
		"the term was extended already, to {due}; the law lets it be extended once",
		"срок уже продлён до {due}; закон допускает одно продление",
		"мерзім {due} дейін ұзартылған; заң бір рет қана ұзартуға жол береді")
	TooLong = fault.Define(fault.Refused, "reference.extension.too_long",
		"the term can be extended by {most} days at most; give 1 to {most}",
		"срок можно продлить не более чем на {most} дн.; укажите от 1 до {most}",
		"мерзімді ең көбі {most} күнге ұзартуға болады; 1-ден {most} дейін көрсетіңіз")
	NoGround = fault.Define(fault.Refused, "reference.extension.ground",
		"a {regime} request is extended only on the ground “{ground}”, and which ones must be named; give that ground with its reason",
		"запрос ({regime}) продлевается только по основанию «{ground}» с указанием, каких именно; укажите основание и причину",
		"{regime} сұрау салуы тек «{ground}» негізімен, нақты қайсысы екені көрсетіліп ұзартылады; негізі мен себебін жазыңыз")
	NotExtendable = fault.Define(fault.Refused, "reference.extension.none",
		"no rule that we know extends the term of a {regime} request; answer it in its term, or late: a late answer is lawful",
		"известные нам правила не продлевают срок такого обращения ({regime}); ответьте в срок или с опозданием: поздний ответ тоже законен",
		"бізге белгілі ережелер мұндай өтініштің ({regime}) мерзімін ұзартпайды; мерзімінде немесе кешігіп жауап беріңіз: кешіккен жауап та заңды")
)

// Kind is what is due.
type Kind string

// The kinds of duty.
const (
	Answer    Kind = "answer"
	Refusal   Kind = "refusal"   // AI-11.17
	Forward   Kind = "forward"   // AI-11.11
	Published Kind = "published" // AI-11.15
	Notice    Kind = "extension_notice"
	Complain  Kind = "complaint" // AI-18: the user's own
)

// Duty is one date with its arithmetic.
type Duty struct {
	Kind    Kind
	DueOn   civil.Date
	Edition rules.Edition
	Steps   []worktime.Step
	// Binding: it binds now. The shorter ways bind only whoever takes them.
	Binding bool
}

// Law is what dates are computed by.
type Law struct {
	Rules    *rules.Set
	Calendar *worktime.Calendar
}

// Duties dates a request by the editions in force on the day of registration. The first is the
// answer. The error is rules.NoEdition, also where no act is known that the regime runs by, or worktime's.
func (l Law) Duties(r regime.Regime, received, registered civil.Date) ([]Duty, error) {
	type way struct {
		kind    Kind
		subject rules.Subject
	}
	ways := map[regime.Regime][]way{
		regime.Archival: {{Answer, rules.ArchivalAnswer}, {Forward, rules.ArchivalForward}},
		regime.Information: {
			{Answer, rules.InformationAnswer},
			{Refusal, rules.InformationRefusal},
			{Forward, rules.InformationForward},
			{Published, rules.InformationPublished},
		},
		regime.Petition: {{Answer, rules.PetitionAnswer}},
	}[r]
	if _, err := l.Rules.Basis(r, registered); err != nil {
		return nil, err
	}
	duties := make([]Duty, 0, len(ways))
	for _, w := range ways {
		from := received
		e, err := l.Rules.On(w.subject, registered)
		if err != nil {
			return nil, err
		}
		if e.Start == worktime.Registration {
			from = registered
		}
		d, err := l.duty(w.kind, e, from, e.Term())
		if err != nil {
			return nil, err
		}
		d.Binding = w.kind == Answer
		duties = append(duties, d)
	}
	return duties, nil
}

func (l Law) duty(kind Kind, e rules.Edition, from civil.Date, t worktime.Term) (Duty, error) {
	due, steps, err := l.Calendar.Deadline(from, t)
	return Duty{Kind: kind, DueOn: due, Edition: e, Steps: steps}, err
}

// Ground is the lawful ground of an extension.
type Ground string

// The grounds.
const (
	OtherHolders         Ground = "other_holders"         // AI-11.10: other holders' information is needed
	SeveralOrganisations Ground = "several_organisations" // archival practice: documents of two or more must be studied
)

// Extension is what an extension gives: the new date, and the duty to tell the user.
type Extension struct {
	Days           int
	Answer, Notice Duty
}

// Extend moves the date of the answer (AI-11.10; practice for archival requests). days 0 takes
// all that the rule allows. extended is the date of an earlier extension, zero where there was
// none. Errors: Twice, TooLong, NoGround, NotExtendable.
func (l Law) Extend(r regime.Regime, registered, due, extended, decided civil.Date, days int, ground Ground, reason string) (Extension, error) {
	needs, subject, noticed := OtherHolders, rules.InformationExtension, rules.InformationNotice
	switch r {
	case regime.Archival:
		needs, subject, noticed = SeveralOrganisations, rules.ArchivalExtension, rules.ArchivalNotice
	case regime.Information:
	default:
		return Extension{}, NotExtendable.With("regime", string(r))
	}
	if !extended.IsZero() {
		return Extension{}, Twice.With("due", extended)
	}
	if ground != needs || reason == "" {
		return Extension{}, NoGround.With("regime", string(r), "ground", string(needs))
	}
	e, err := l.Rules.On(subject, registered)
	if err != nil {
		return Extension{}, err
	}
	if days == 0 {
		days = e.Number
	}
	if days < 1 || days > e.Number {
		return Extension{}, TooLong.With("most", e.Number)
	}
	term := e.Term()
	term.N = days
	x := Extension{Days: days}
	if x.Answer, err = l.duty(Answer, e, due, term); err != nil {
		return x, err
	}
	x.Answer.Binding = true
	n, err := l.Rules.On(noticed, registered)
	if err != nil {
		return x, err
	}
	x.Notice, err = l.duty(Notice, n, decided, n.Term())
	x.Notice.Binding = true
	return x, err
}

// ToComplain is the term of AI-18, from the day on which the user learnt of the act. A complaint
// after it is accepted all the same.
func (l Law) ToComplain(learnt, registered civil.Date) (Duty, error) {
	e, err := l.Rules.On(rules.Complaint, registered)
	if err != nil {
		return Duty{}, err
	}
	return l.duty(Complain, e, learnt, e.Term())
}
