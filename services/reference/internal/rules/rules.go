// Package rules holds the terms of the law as dated data: what number of which days, by which
// act, in force from when. A request is judged by the editions in force on the day on which it
// was registered, whatever came later.
package rules

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
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

// Edition is one rule while it was in force. It never changes once requests were dated by it; a
// new number is a new edition.
type Edition struct {
	ID         string         `json:"id"`
	Subject    Subject        `json:"subject"`
	Number     int            `json:"number"`
	Unit       worktime.Unit  `json:"unit"`
	Start      worktime.Start `json:"start"`
	LegalBasis worktime.Text  `json:"legal_basis"`
	ValidFrom  civil.Date     `json:"valid_from"`
	ValidTo    civil.Date     `json:"valid_to,omitzero"`
	// Verified: a jurist has compared it with the act in force.
	Verified bool `json:"verified"`
	// Mark says where the number comes from: F a Kazakh source, RU related practice, D a default.
	Mark string `json:"mark"`
}

// Term is the edition as arithmetic takes it.
func (e Edition) Term() worktime.Term {
	return worktime.Term{N: e.Number, Unit: e.Unit, Start: e.Start}
}

// Set is the editions known. It never changes.
type Set struct{ bySubject map[Subject][]Edition }

//go:embed editions.json
var shipped []byte

// Shipped are the editions that come with the program.
func Shipped() (*Set, error) { return Load(shipped) }

// On is the edition of a subject in force on a day; NoEdition where there is none.
func (s *Set) On(subject Subject, day civil.Date) (Edition, error) {
	for _, e := range s.bySubject[subject] {
		if !day.Before(e.ValidFrom) && (e.ValidTo.IsZero() || !day.After(e.ValidTo)) {
			return e, nil
		}
	}
	return Edition{}, NoEdition.With("subject", string(subject), "day", day)
}

// All lists the editions of a subject, oldest first.
func (s *Set) All(subject Subject) []Edition { return slices.Clone(s.bySubject[subject]) }

const (
	maxFile     = 1 << 20
	maxEditions = 500
)

// Load reads a file of editions in the form of editions.json. Refused where any of it is wrong.
func Load(data []byte) (*Set, error) {
	var f struct {
		Source   string    `json:"source"`
		Editions []Edition `json:"editions"`
	}
	if len(data) > maxFile {
		return nil, Refused.With("why", fmt.Sprintf("%d B > %d B", len(data), maxFile))
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields() // a misspelt field would silently leave its default
	if err := dec.Decode(&f); err != nil {
		return nil, Refused.With("why", err).Because(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, Refused.With("why", "more than one JSON value")
	}
	if len(f.Editions) > maxEditions {
		return nil, Refused.With("why", fmt.Sprintf("%d editions > %d", len(f.Editions), maxEditions))
	}
	s := &Set{bySubject: map[Subject][]Edition{}}
	seen := map[string]bool{}
	for _, e := range f.Editions {
		if why := e.wrong(); why != "" {
			return nil, Refused.With("why", fmt.Sprintf("%q: %s", e.ID, why))
		}
		if seen[e.ID] {
			return nil, Refused.With("why", fmt.Sprintf("%q stands twice", e.ID))
		}
		seen[e.ID] = true
		s.bySubject[e.Subject] = append(s.bySubject[e.Subject], e)
	}
	for _, list := range s.bySubject {
		slices.SortFunc(list, func(a, b Edition) int { return a.ValidFrom.Compare(b.ValidFrom) })
		for i := 1; i < len(list); i++ {
			if before := list[i-1]; before.ValidTo.IsZero() || !before.ValidTo.Before(list[i].ValidFrom) {
				return nil, Refused.With("why", fmt.Sprintf("%q and %q are in force together", before.ID, list[i].ID))
			}
		}
	}
	return s, nil
}

var idRE = regexp.MustCompile(`^[a-z0-9][a-z0-9._/-]{0,79}$`)

// wrong says what is wrong with one edition by itself; empty where nothing is.
func (e Edition) wrong() string {
	starts := []worktime.Start{worktime.Receipt, worktime.Registration, worktime.FirstEnd, worktime.Extension, worktime.Learning}
	units := []worktime.Unit{worktime.CalendarDays, worktime.WorkingDays, worktime.Months}
	switch {
	case !idRE.MatchString(e.ID):
		return "id"
	case !slices.Contains(subjects, e.Subject):
		return "subject " + string(e.Subject)
	case e.Number < 1 || e.Number > 366:
		return fmt.Sprintf("number %d", e.Number)
	case !slices.Contains(units, e.Unit):
		return "unit " + string(e.Unit)
	case !slices.Contains(starts, e.Start):
		return "start " + string(e.Start)
	case strings.TrimSpace(e.LegalBasis.KK) == "" || strings.TrimSpace(e.LegalBasis.RU) == "" || strings.TrimSpace(e.LegalBasis.EN) == "":
		return "legal_basis in kk, ru, en"
	case !e.ValidFrom.Valid() || !e.ValidTo.IsZero() && e.ValidTo.Before(e.ValidFrom):
		return "valid_from, valid_to"
	case !slices.Contains([]string{"F", "RU", "D"}, e.Mark):
		return "mark " + e.Mark
	case e.Verified && e.Mark != "F":
		return "verified without a source"
	}
	return ""
}
