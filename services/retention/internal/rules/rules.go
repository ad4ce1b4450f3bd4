// Package rules holds the law of retention as dated data.
//
// A number of the law – how long a department keeps its files before it hands them over,
// how long personnel files are kept, when a term begins – is an Edition: it has a value,
// the act that it rests on, the days between which it holds and the word whether anybody
// has checked it against the act. Code asks a Set for the edition of a subject on a day
// and shows what it got; no such number is a constant in code (handbook, opening
// paragraph; AR-5, AR-7). A record keeps the ids of the editions it was decided under.
//
// The editions that ship are in editions.json. An administrator's file in the same form
// adds to them and puts an end to them (Extend), naming its source.
package rules

import (
	"cmp"
	"slices"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Missing says that no edition of a subject holds on a day.
var Missing = fault.Define(fault.Refused, "rules.missing",
	"no rule says “{subject}” on {date}; the administrator adds an edition for that day, with its legal basis, to the rules file",
	"на {date} нет правила «{subject}»; администратор добавляет в файл правил редакцию на этот день с её правовым основанием",
	"{date} күніне «{subject}» ережесі жоқ; әкімші ережелер файлына сол күнге арналған редакцияны құқықтық негізімен қосады")

// Subject is what a rule is about.
type Subject string

// The subjects. Each has one unit, checked when editions are read (see subjects).
const (
	// Temporary keeping in the department before transfer to a state archive (AR-2).
	KeepingRepublican Subject = "keeping.republican"
	KeepingRegional   Subject = "keeping.regional"
	KeepingDistrict   Subject = "keeping.district"
	KeepingAudio      Subject = "keeping.audiovisual" // film, photo, sound, video, at any level
	KeepingDesign     Subject = "keeping.design"      // design and research documentation, at any level

	// Personnel files (AR-5): N/M years about a cut-off day.
	PersonnelCutOff Subject = "personnel.cut-off" // the first closing day of the newer term
	PersonnelNewer  Subject = "personnel.newer"   // years, files closed on or after the cut-off
	PersonnelOlder  Subject = "personnel.older"   // years, files closed before it

	// ClockStart: a term begins on 1 January, this many years after the year of closing.
	ClockStart Subject = "clock.start"

	// NotNeededLeast: "until no longer needed" means at least so many years.
	NotNeededLeast Subject = "until-not-needed.least"

	// LongTerm: files kept for more years than this get an inventory of their own.
	LongTerm Subject = "inventory.long-term"

	// VolumeLeaves: a file of more leaves than this is parted into volumes.
	VolumeLeaves Subject = "volume.leaves"
)

// Unit is what an edition's value counts.
type Unit string

// The units.
const (
	Years  Unit = "years" // calendar years
	Day    Unit = "day"   // the value is a date
	Leaves Unit = "leaves"
)

// subjects gives each subject its unit and its name for people.
var subjects = map[Subject]struct {
	unit       Unit
	least      int // smallest sensible value
	kk, ru, en string
}{
	KeepingRepublican: {Years, 1, "мемлекеттік архивке тапсырғанға дейін уақытша сақтау, республикалық деңгей", "временное хранение до передачи в государственный архив, республиканский уровень", "temporary keeping before transfer to the state archive, republican level"},
	KeepingRegional:   {Years, 1, "мемлекеттік архивке тапсырғанға дейін уақытша сақтау, облыстық деңгей", "временное хранение до передачи в государственный архив, областной уровень", "temporary keeping before transfer to the state archive, regional level"},
	KeepingDistrict:   {Years, 1, "мемлекеттік архивке тапсырғанға дейін уақытша сақтау, аудандық және жергілікті деңгей", "временное хранение до передачи в государственный архив, районный и местный уровень", "temporary keeping before transfer to the state archive, district and local level"},
	KeepingAudio:      {Years, 1, "кино-, фото-, дыбыс-, бейнеқұжаттарды тапсырғанға дейін уақытша сақтау", "временное хранение кино-, фото-, фоно-, видеодокументов до передачи", "temporary keeping of film, photo, sound and video before transfer"},
	KeepingDesign:     {Years, 1, "жобалау және ғылыми-зерттеу құжаттарын тапсырғанға дейін уақытша сақтау", "временное хранение проектной и научно-исследовательской документации до передачи", "temporary keeping of design and research documentation before transfer"},
	PersonnelCutOff:   {Day, 0, "жеке құрам құжаттары мерзімдерінің шекара күні", "граничная дата сроков документов по личному составу", "cut-off day of the terms of personnel files"},
	PersonnelNewer:    {Years, 1, "шекара күнінен бастап аяқталған жеке құрам құжаттарының мерзімі", "срок документов по личному составу, законченных с граничной даты", "term of personnel files closed on or after the cut-off day"},
	PersonnelOlder:    {Years, 1, "шекара күніне дейін аяқталған жеке құрам құжаттарының мерзімі", "срок документов по личному составу, законченных до граничной даты", "term of personnel files closed before the cut-off day"},
	ClockStart:        {Years, 0, "сақтау мерзімінің басталуы", "начало исчисления срока", "start of the clock"},
	NotNeededLeast:    {Years, 0, "«қажеттілігі өткенге дейін» мерзімінің ең азы", "наименьший срок «до минования надобности»", "least length of “until no longer needed”"},
	LongTerm:          {Years, 1, "ұзақ мерзімді сақтаудың шегі", "порог длительного хранения", "threshold of long-term keeping"},
	VolumeLeaves:      {Leaves, 1, "бір томдағы парақтардың ең көбі", "наибольшее число листов в томе", "the most leaves in a volume"},
}

// In is the subject's name for people; an unknown one is its own code.
func (s Subject) In(l fault.Language) string {
	known, ok := subjects[s]
	if !ok {
		return string(s)
	}
	return Text{KK: known.kk, RU: known.ru, EN: known.en}.In(l)
}

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

// Mark says where a value was found.
type Mark string

// The marks.
const (
	Found    Mark = "F"  // in an act of Kazakhstan
	Related  Mark = "RU" // in the closely related Russian practice
	Practice Mark = "D"  // in general practice
)

// Edition is one rule as it holds from a day to a day. It never changes: a new value is
// a new edition with a new id, and the old one gets its last day.
type Edition struct {
	ID         string     `json:"id"` // stands in records for ever
	Subject    Subject    `json:"subject"`
	Number     int        `json:"number,omitempty"` // in Unit, for the unit years
	Date       civil.Date `json:"date,omitzero"`    // for the unit day
	Unit       Unit       `json:"unit"`
	LegalBasis Text       `json:"legal_basis"`
	ValidFrom  civil.Date `json:"valid_from"`
	ValidTo    civil.Date `json:"valid_to,omitzero"` // the last day it holds; none: it holds on
	Verified   bool       `json:"verified"`          // somebody compared it with the act named
	Mark       Mark       `json:"mark"`
	Supersedes string     `json:"supersedes,omitempty"` // the id of the edition that this one ends
	Source     string     `json:"-"`                    // of the file it came from; empty for those shipped
}

// holds tells whether the edition is in force on the day.
func (e Edition) holds(on civil.Date) bool {
	return !on.Before(e.ValidFrom) && (e.ValidTo.IsZero() || !on.After(e.ValidTo))
}

// Set is a complete, consistent body of editions. It does not change and may be shared.
type Set struct {
	bySubject map[Subject][]Edition // by ValidFrom
	byID      map[string]Edition
}

// On is the edition of a subject in force on a day, or Missing.
func (s *Set) On(subject Subject, on civil.Date) (Edition, error) {
	for _, e := range s.bySubject[subject] {
		if e.holds(on) {
			return e, nil
		}
	}
	return Edition{}, Missing.With("subject", subject, "date", on)
}

// Edition is the edition of an id as a record has it.
func (s *Set) Edition(id string) (Edition, bool) {
	e, ok := s.byID[id]
	return e, ok
}

// All lists every edition by subject and first day, for the screen that shows the rules.
func (s *Set) All() []Edition {
	all := make([]Edition, 0, len(s.byID))
	for _, e := range s.byID {
		all = append(all, e)
	}
	slices.SortFunc(all, byTime)
	return all
}

func byTime(a, b Edition) int {
	return cmp.Or(cmp.Compare(a.Subject, b.Subject), a.ValidFrom.Compare(b.ValidFrom), cmp.Compare(a.ID, b.ID))
}
