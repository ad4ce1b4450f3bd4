// Package due works out when a file falls due – for transfer to the state archive, or for
// the end of its term – and explains the arithmetic step by step, so that the screen that
// shows a date can show where it comes from and say when a rule is not verified.
//
// Only terms in years and the temporary keeping of permanent files give dates. Permanent
// keeping has no end, and "until …" waits for its event: no date is ever computed for
// them.
package due

import (
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/standards/term"
)

// BadDay says that a day handed in cannot be reckoned with.
var BadDay = fault.Define(fault.Invalid, "due.day",
	"the day “{day}” cannot be the day of {what}; enter a day between {first} and {last}",
	"день «{day}» не годится ({what}); укажите день с {first} по {last}",
	"«{day}» күні жарамайды ({what}); {first} мен {last} аралығындағы күнді енгізіңіз")

// What a day may be the day of: the {what} of BadDay.
var (
	closing  = fault.Define(fault.Invalid, "due.day.closing", "the closing of the file", "закрытие дела", "істің жабылуы")
	event    = fault.Define(fault.Invalid, "due.day.event", "the event from which the term counts", "событие, с которого считается срок", "мерзім есептелетін оқиға")
	decision = fault.Define(fault.Invalid, "due.day.decision", "the reckoning", "день расчёта", "есептеу күні")
)

// The days that archival reckoning believes: the oldest papers kept in departments and a
// future that a wrong key produces. Terms are added to them without leaving the calendar.
var (
	firstDay = civil.Date{Year: 1700, Month: 1, Day: 1}
	lastDay  = civil.Date{Year: 2300, Month: 12, Day: 31}
)

// Level is the level of an organisation, which decides how long it keeps permanent files
// before the transfer (AR-2, AR-9).
type Level uint8

// The levels. The zero value is none and is refused.
const (
	NoLevel Level = iota
	Republican
	Regional
	District // and local
)

// Material is what the documents are made of or for, where the law sets a time of its own.
type Material uint8

// The materials.
const (
	Ordinary    Material = iota // papers and electronic documents of administration
	Audiovisual                 // film, photo, sound, video
	Design                      // design and research documentation
)

// Facts is everything a due date follows from.
type Facts struct {
	Closed   civil.Date // the day the file was closed
	Term     term.Term  // of its nomenclature entry
	Level    Level      // of the organisation
	Material Material
	Source   bool       // the organisation is on the list of sources of acquisition (AR-12)
	Event    civil.Date // the day of the term's trigger; none while it has not happened
	On       civil.Date // the day the question is decided on: the rules in force then apply
}

// Outcome is when the file falls due. At most one of Transfer and Expiry is set; where
// neither is, Waits says what for.
type Outcome struct {
	Transfer civil.Date // the first day on which a permanent file is due for transfer
	Expiry   civil.Date // the first day after a term in years has run out
	Waits    Waits
	Review   bool // the commission looks at the file on expiry (ЭПК)
	AtLeast  bool // Expiry is the earliest day: the list says «не менее»

	Explanation Explanation
}

// Waits is what an undated term waits for.
type Waits uint8

// What a term waits for.
const (
	Nothing        Waits = iota
	ForTrigger           // the event that starts the term in years
	ForReplacement       // to be replaced
	ForNeedToPass        // to be needed no longer
	ForLiquidation       // the organisation's liquidation
	ForClaim             // its owner
	ForTerms             // the files' own terms to end
)

// Compute gives the outcome of the facts under the rules. The faults are BadDay, those of
// the term (term.Term.Validate) and rules.Missing.
func Compute(f Facts, set *rules.Set) (Outcome, error) {
	if err := f.check(); err != nil {
		return Outcome{}, err
	}
	r := reckoning{facts: f, set: set}
	r.say(Step{Kind: FileClosed, To: f.Closed})
	switch f.Term.Kind {
	case term.Permanent:
		return r.transfer()
	case term.Years:
		return r.expiry()
	default:
		return r.wait()
	}
}

func (f Facts) check() error {
	if err := f.Term.Validate(); err != nil {
		return err
	}
	bad := func(day civil.Date, what *fault.Definition) error {
		return BadDay.With("day", day, "what", what.With(), "first", firstDay, "last", lastDay)
	}
	believed := func(d civil.Date) bool { return d.Valid() && !d.Before(firstDay) && !d.After(lastDay) }
	switch {
	case !believed(f.Closed):
		return bad(f.Closed, closing)
	case !f.Event.IsZero() && !believed(f.Event):
		return bad(f.Event, event)
	case !believed(f.On):
		return bad(f.On, decision)
	}
	return nil
}

// Stays is the outcome of files that do not go to the state archive on a schedule: personnel
// files go when the organisation is liquidated, long-term ones never.
func Stays(closed civil.Date, personnel bool) Outcome {
	steps := []Step{{Kind: FileClosed, To: closed}}
	if personnel {
		return Outcome{Waits: ForLiquidation, Explanation: Explanation{Steps: append(steps, Step{Kind: StaysPersonnel})}}
	}
	return Outcome{Waits: ForTerms, Explanation: Explanation{Steps: append(steps, Step{Kind: StaysLongTerm})}}
}

// reckoning gathers the steps while the date is worked out.
type reckoning struct {
	facts Facts
	set   *rules.Set
	steps []Step
}

func (r *reckoning) say(s Step) { r.steps = append(r.steps, s) }

func (r *reckoning) done(o Outcome) Outcome {
	o.Explanation.Steps = r.steps
	return o
}

// rule looks up the edition in force and makes the step that names it.
func (r *reckoning) rule(subject rules.Subject, s Step) (rules.Edition, Step, error) {
	e, err := r.set.On(subject, r.facts.On)
	if err != nil {
		return e, s, err
	}
	s.Rule, s.Subject, s.Basis, s.Verified, s.Source = e.ID, e.Subject, e.LegalBasis, e.Verified, e.Source
	return e, s, nil
}

// start applies the rule of the clock: a term begins on 1 January of the year after.
func (r *reckoning) start(from civil.Date) (civil.Date, error) {
	e, s, err := r.rule(rules.ClockStart, Step{Kind: ClockStarts, From: from})
	if err != nil {
		return civil.Date{}, err
	}
	s.Years = e.Number
	s.To = civil.Date{Year: from.Year + e.Number, Month: 1, Day: 1}
	if s.To.Before(from) {
		s.To = from // a rule of no years starts at once, never before the closing
	}
	r.say(s)
	return s.To, nil
}

// transfer dates a permanent file: the clock's start plus the temporary keeping.
func (r *reckoning) transfer() (Outcome, error) {
	if !r.facts.Source {
		r.say(Step{Kind: NotASource})
		return r.done(Outcome{Waits: ForLiquidation}), nil
	}
	begins, err := r.start(r.facts.Closed)
	if err != nil {
		return Outcome{}, err
	}
	e, s, err := r.rule(KeepingSubject(r.facts.Level, r.facts.Material), Step{Kind: KeepingAdded, From: begins})
	if err != nil {
		return Outcome{}, err
	}
	s.Years, s.To = e.Number, begins.AddYears(e.Number)
	r.say(s)
	r.say(Step{Kind: TransferDue, To: s.To})
	return r.done(Outcome{Transfer: s.To}), nil
}

// KeepingSubject is the rule of temporary keeping that fits: the material's own, or that
// of the level. An unknown level is a subject no rule has.
func KeepingSubject(l Level, m Material) rules.Subject {
	switch {
	case m == Audiovisual:
		return rules.KeepingAudio
	case m == Design:
		return rules.KeepingDesign
	case l == Republican:
		return rules.KeepingRepublican
	case l == Regional:
		return rules.KeepingRegional
	case l == District:
		return rules.KeepingDistrict
	default:
		return "keeping"
	}
}

// expiry dates a file kept for years.
func (r *reckoning) expiry() (Outcome, error) {
	t := r.facts.Term
	from := r.facts.Closed
	if t.Trigger != term.Closing {
		said := Step{Kind: EventAwaited, Said: said(t)}
		if r.facts.Event.IsZero() {
			r.say(said)
			return r.done(Outcome{Waits: ForTrigger, Review: t.Review}), nil
		}
		said.Kind, said.To = EventHappened, r.facts.Event
		r.say(said)
		if r.facts.Event.After(from) {
			from = r.facts.Event // an event before the closing does not shorten the keeping
		}
	}
	years, err := r.years()
	if err != nil {
		return Outcome{}, err
	}
	begins, err := r.start(from)
	if err != nil {
		return Outcome{}, err
	}
	ends := begins.AddYears(years)
	r.say(Step{Kind: TermAdded, From: begins, To: ends, Years: years, Said: said(t)})
	kind := TermEnds
	switch {
	case t.Review:
		kind = TermEndsReview
	case t.AtLeast:
		kind = TermEndsEarliest
	}
	r.say(Step{Kind: kind, To: ends})
	return r.done(Outcome{Expiry: ends, Review: t.Review, AtLeast: t.AtLeast}), nil
}

// years is the length of the term; of N/M the one that the cut-off day decides (AR-5).
func (r *reckoning) years() (int, error) {
	t := r.facts.Term
	if t.Before == 0 {
		return t.Years, nil
	}
	s, cutOff := Step{Verified: true}, t.CutOff
	if cutOff.IsZero() {
		e, ruled, err := r.rule(rules.PersonnelCutOff, s)
		if err != nil {
			return 0, err
		}
		s, cutOff = ruled, e.Date
	}
	s.From, s.To = cutOff, r.facts.Closed
	s.Kind, s.Years = ClosedSince, t.Years
	if r.facts.Closed.Before(cutOff) {
		s.Kind, s.Years = ClosedBefore, t.Before
	}
	r.say(s)
	return s.Years, nil
}

// wait explains a term that waits for its event and gives no date.
func (r *reckoning) wait() (Outcome, error) {
	switch r.facts.Term.Kind {
	case term.UntilReplaced:
		r.say(Step{Kind: WaitsReplacement})
		return r.done(Outcome{Waits: ForReplacement}), nil
	case term.UntilLiquidation:
		r.say(Step{Kind: WaitsLiquidation})
		return r.done(Outcome{Waits: ForLiquidation}), nil
	case term.UntilClaimed:
		r.say(Step{Kind: WaitsClaim, Said: said(r.facts.Term)})
		return r.done(Outcome{Waits: ForClaim}), nil
	default:
		least := Step{Kind: NeededLeast, Years: r.facts.Term.Years, Said: said(r.facts.Term), Verified: true}
		if least.Years == 0 { // the list does not say: the rule does
			e, ruled, err := r.rule(rules.NotNeededLeast, least)
			if err != nil {
				return Outcome{}, err
			}
			least, least.Years = ruled, e.Number
		}
		r.say(Step{Kind: WaitsNeed})
		r.say(least)
		return r.done(Outcome{Waits: ForNeedToPass}), nil
	}
}

func said(t term.Term) rules.Text {
	return rules.Text{KK: t.In(fault.Kazakh), RU: t.In(fault.Russian), EN: t.In(fault.English)}
}
