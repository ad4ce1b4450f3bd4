// Package rules holds the law as dated data: what number of which days, and which acts a regime runs
// by, in force from when. A request is judged by the editions in force on the day on which it was
// registered, whatever came later.
package rules

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/strictjson"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/standards/worktime"
)

var (
	// NoEdition says that no rule is known for the day.
	NoEdition = fault.Define(fault.Refused, "reference.rule.none",
		"no edition of the rule {subject} was in force on {day}; the administrator must add one before such a request can be dated",
		"на {day} не действовала ни одна редакция правила {subject}; прежде чем считать срок, администратор должен её добавить",
		"{day} күні {subject} ережесінің бірде-бір редакциясы қолданыста болмаған; мерзімді есептемес бұрын әкімші оны қосуы керек")
	// Refused lists everything that is wrong in a file of editions; nothing of it is used.
	Refused = fault.Define(fault.Invalid, "reference.rule.refused",
		"the rules cannot be used: {why}; mend the file and load it again",
		"правила нельзя применить: {why}; исправьте файл и загрузите его снова",
		"ережелерді қолдануға болмайды: {why}; файлды түзетіп, қайта жүктеңіз")
	manyEditions = fault.Define(fault.Invalid, "reference.rule.many",
		"there are more than {limit} editions", "редакций больше {limit}", "басылымдар {limit}-ден көп")
)

// Subject is what a rule is about.
type Subject string

// The subjects. Each has one edition in force on a day, or none.
const (
	ArchivalAnswer    Subject = "archival.answer"
	ArchivalExtension Subject = "archival.extension"
	ArchivalNotice    Subject = "archival.extension_notice"
	ArchivalForward   Subject = "archival.forward"

	InformationAnswer    Subject = "information.answer"           // AI-11.10
	InformationExtension Subject = "information.extension"        // AI-11.10
	InformationNotice    Subject = "information.extension_notice" // AI-11.10
	InformationForward   Subject = "information.forward"          // AI-11.11
	InformationPublished Subject = "information.published"        // AI-11.15
	InformationRefusal   Subject = "information.refusal"          // AI-11.17

	PetitionAnswer Subject = "petition.answer"
	Complaint      Subject = "complaint" // AI-18
)

var subjects = []Subject{
	ArchivalAnswer, ArchivalExtension, ArchivalNotice, ArchivalForward,
	InformationAnswer, InformationExtension, InformationNotice, InformationForward, InformationPublished, InformationRefusal,
	PetitionAnswer, Complaint,
}

// Source is where an edition comes from and when it holds.
type Source struct {
	ID         string        `json:"id"`
	LegalBasis worktime.Text `json:"legal_basis"`
	ValidFrom  civil.Date    `json:"valid_from"`
	ValidTo    civil.Date    `json:"valid_to,omitzero"` // the last day; zero while it is in force
	// Verified: a jurist has compared it with the act in force.
	Verified bool `json:"verified"`
	// Mark says where it was found: F a Kazakh source, RU related practice, D a default.
	Mark string `json:"mark"`
}

func (s Source) source() Source { return s }

// Edition is one rule while it was in force. It never changes once requests were dated by it; a
// new number is a new edition.
type Edition struct {
	Source

	Subject Subject        `json:"subject"`
	Number  int            `json:"number"`
	Unit    worktime.Unit  `json:"unit"`
	Start   worktime.Start `json:"start"`
}

// Basis is the acts by which a regime ran while they were in force (AI-3); LegalBasis names them for
// readers. An act that comes, goes or gets another number is a new edition.
type Basis struct {
	Source

	Regime regime.Regime `json:"regime"`
	// Acts are the same as short as jurists cite them, at most 100 characters.
	Acts string `json:"acts"`
}

// Term is the edition as arithmetic takes it.
func (e Edition) Term() worktime.Term {
	return worktime.Term{N: e.Number, Unit: e.Unit, Start: e.Start}
}

// Set is the editions known. It never changes.
type Set struct {
	bySubject map[Subject][]Edition
	byRegime  map[regime.Regime][]Basis
}

//go:embed editions.json
var shipped []byte

// Shipped are the editions that come with the program.
func Shipped() (*Set, error) { return Load(shipped) }

// On is the edition of a subject in force on a day; NoEdition where there is none.
func (s *Set) On(subject Subject, day civil.Date) (Edition, error) {
	return on(s.bySubject[subject], string(subject), day)
}

// Basis is the acts by which a regime ran on a day; NoEdition where none are known.
func (s *Set) Basis(r regime.Regime, day civil.Date) (Basis, error) {
	return on(s.byRegime[r], "regime."+string(r), day)
}

func on[E interface{ source() Source }](list []E, subject string, day civil.Date) (E, error) {
	for _, e := range list {
		if s := e.source(); !day.Before(s.ValidFrom) && (s.ValidTo.IsZero() || !day.After(s.ValidTo)) {
			return e, nil
		}
	}
	var none E
	return none, NoEdition.With("subject", subject, "day", day)
}

// All lists the editions of a subject, oldest first.
func (s *Set) All(subject Subject) []Edition { return slices.Clone(s.bySubject[subject]) }

const (
	maxFile     = 1 << 20
	maxEditions = 500
)

// file is the form of editions.json.
type file struct {
	Source   string    `json:"source"`
	Editions []Edition `json:"editions"`
	Regimes  []Basis   `json:"regimes"`
}

// Load reads a file of editions in the form of editions.json. Refused where any of it is wrong.
func Load(data []byte) (*Set, error) {
	var f file
	if why := strictjson.Decode(data, maxFile, &f); why != nil {
		return nil, Refused.With("why", why).Because(why)
	}
	if n := len(f.Editions) + len(f.Regimes); n > maxEditions {
		return nil, Refused.With("why", manyEditions.With("limit", maxEditions))
	}
	seen := map[string]bool{}
	bySubject, why := gathered(f.Editions, seen, Edition.wrong, func(e Edition) Subject { return e.Subject })
	if why == "" {
		var byRegime map[regime.Regime][]Basis
		if byRegime, why = gathered(f.Regimes, seen, Basis.wrong, func(b Basis) regime.Regime { return b.Regime }); why == "" {
			return &Set{bySubject, byRegime}, nil
		}
	}
	return nil, Refused.With("why", why)
}

// gathered are the editions by what they are about, oldest first; why says what is wrong with them, by themselves or together.
func gathered[K comparable, E interface{ source() Source }](list []E, seen map[string]bool, wrong func(E) string, about func(E) K) (by map[K][]E, why string) {
	by = map[K][]E{}
	for _, e := range list {
		id := e.source().ID
		if why := wrong(e); why != "" {
			return nil, fmt.Sprintf("%q: %s", id, why)
		}
		if seen[id] {
			return nil, fmt.Sprintf("%q stands twice", id)
		}
		seen[id] = true
		by[about(e)] = append(by[about(e)], e)
	}
	for _, list := range by {
		slices.SortFunc(list, func(a, b E) int { return a.source().ValidFrom.Compare(b.source().ValidFrom) })
		for i := 1; i < len(list); i++ {
			if before, next := list[i-1].source(), list[i].source(); before.ValidTo.IsZero() || !before.ValidTo.Before(next.ValidFrom) {
				return nil, fmt.Sprintf("%q and %q are in force together", before.ID, next.ID)
			}
		}
	}
	return by, ""
}

var idRE = regexp.MustCompile(`^[a-z0-9][a-z0-9._/-]{0,79}$`)

// wrong says what is wrong with one edition by itself; empty where nothing is.
func (e Edition) wrong() string {
	starts := []worktime.Start{worktime.Receipt, worktime.Registration, worktime.FirstEnd, worktime.Extension, worktime.Learning}
	units := []worktime.Unit{worktime.CalendarDays, worktime.WorkingDays, worktime.Months}
	switch {
	case !slices.Contains(subjects, e.Subject):
		return "subject " + string(e.Subject)
	case e.Number < 1 || e.Number > 366:
		return fmt.Sprintf("number %d", e.Number)
	case !slices.Contains(units, e.Unit):
		return "unit " + string(e.Unit)
	case !slices.Contains(starts, e.Start):
		return "start " + string(e.Start)
	}
	return e.Source.wrong()
}

func (b Basis) wrong() string {
	switch {
	case !slices.Contains(regime.Regimes(), b.Regime):
		return "regime " + string(b.Regime)
	case strings.TrimSpace(b.Acts) == "" || utf8.RuneCountInString(b.Acts) > 100:
		return "acts"
	}
	return b.Source.wrong()
}

func (s Source) wrong() string {
	switch {
	case !idRE.MatchString(s.ID):
		return "id"
	case strings.TrimSpace(s.LegalBasis.KK) == "" || strings.TrimSpace(s.LegalBasis.RU) == "" || strings.TrimSpace(s.LegalBasis.EN) == "":
		return "legal_basis in kk, ru, en"
	case !s.ValidFrom.Valid() || !s.ValidTo.IsZero() && s.ValidTo.Before(s.ValidFrom):
		return "valid_from, valid_to"
	case !slices.Contains([]string{"F", "RU", "D"}, s.Mark):
		return "mark " + s.Mark
	case s.Verified && s.Mark != "F":
		return "verified without a source"
	}
	return ""
}
