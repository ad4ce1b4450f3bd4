// Package kind holds the kinds of transfers and what each must name, as dated data (AR-2, AR-3,
// AR-12). A transfer is judged by the edition in force on the day on which it was announced, and
// keeps the edition's name.
package kind

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Kind is why a transfer comes.
type Kind string

// The kinds. Scheduled ones come from retention; the others are announced.
const (
	Scheduled      Kind = "scheduled"       // fell due by its inventory (AR-12)
	Early          Kind = "early"           // before its term, with the head's consent
	Extra          Kind = "extra"           // beside the schedule
	Liquidated     Kind = "liquidated"      // of a body that is no more
	PersonalPapers Kind = "personal_papers" // given by a person
	Purchase       Kind = "purchase"        // bought (AR-2)
	Returned       Kind = "returned"        // from abroad, under an agreement (AR-3)
)

// Form is on what a transfer stands.
type Form string

// The forms.
const (
	Paper       Form = "paper" // the inventory is the content
	Digital     Form = "digital"
	Mixed       Form = "mixed"
	Audiovisual Form = "audiovisual" // film, photo, sound, video on its own carriers
)

// The faults of an announcement.
var (
	UnknownKind = fault.Define(fault.Invalid, "intake.kind.unknown",
		"there is no kind of transfer “{kind}” on {day}; choose early, extra, liquidated, personal_papers, purchase or returned",
		"вида передачи «{kind}» на {day} нет; выберите early, extra, liquidated, personal_papers, purchase или returned",
		"{day} күні «{kind}» тапсыру түрі жоқ; early, extra, liquidated, personal_papers, purchase немесе returned таңдаңыз")
	BySchedule = fault.Define(fault.Refused, "intake.kind.scheduled",
		"scheduled transfers come by themselves when the files fall due; announce an early or an extra one instead",
		"передачи по графику появляются сами, когда наступает срок; заявите досрочную (early) или внеплановую (extra)",
		"кесте бойынша тапсырулар мерзімі келгенде өздігінен пайда болады; мерзімінен бұрынғысын (early) немесе кестеден тысын (extra) мәлімдеңіз")
	UnknownForm = fault.Define(fault.Invalid, "intake.form.unknown",
		"“{form}” is no form of a transfer; choose paper, digital, mixed or audiovisual",
		"«{form}» – не форма передачи; выберите paper, digital, mixed или audiovisual",
		"«{form}» – тапсыру нысаны емес; paper, digital, mixed немесе audiovisual таңдаңыз")
	Missing = fault.Define(fault.Invalid, "intake.kind.missing",
		"a transfer of this kind ({kind}) must name: {needs} ({rule}, {basis}); fill these in and announce it again",
		"передача этого вида ({kind}) должна назвать: {needs} ({rule}, {basis}); заполните это и заявите снова",
		"мұндай тапсыру ({kind}) мыналарды көрсетуге тиіс: {needs} ({rule}, {basis}); толтырып, қайта мәлімдеңіз")
	BadDate = fault.Define(fault.Invalid, "intake.kind.date",
		"{field}: “{value}” is no date that has come; write it as 2026-11-27, not later than today",
		"{field}: «{value}» – не наступившая дата; напишите её как 2026-11-27, не позже сегодняшнего дня",
		"{field}: «{value}» – келген күн емес; оны 2026-11-27 түрінде, бүгіннен кеш емес етіп жазыңыз")
	TooLong = fault.Define(fault.Invalid, "intake.kind.long",
		"{field}: longer than {limit} characters; shorten it",
		"{field}: длиннее {limit} знаков; сократите",
		"{field}: {limit} таңбадан ұзын; қысқартыңыз")
)

// Text is a text in the three languages of the interface.
type Text struct {
	KK string `json:"kk"`
	RU string `json:"ru"`
	EN string `json:"en"`
}

// Rule is one edition of what a kind demands. It never changes once a transfer was judged by it.
type Rule struct {
	Kind       Kind       `json:"kind"`
	Edition    int        `json:"edition"`
	ValidFrom  civil.Date `json:"valid_from"`
	ValidTo    civil.Date `json:"valid_to,omitzero"`
	Verified   bool       `json:"verified"` // a jurist has compared it with the act in force
	LegalBasis Text       `json:"legal_basis"`
	Title      Text       `json:"title"`
	// Needs are names of fields of Ground, and "consent": the head's, given before the acceptance.
	Needs []string `json:"needs"`
	// Commission: closed only with a decision of the expert commission (AR-8).
	Commission bool `json:"commission"`
	// AnnouncedBy are the sides that may announce it; nobody does where it comes by schedule.
	AnnouncedBy []Side `json:"announced_by"`
	// Outside: the documents come from a person or from elsewhere, not from a registered organisation.
	Outside bool `json:"outside"`
	// Countable: it may come without an inventory, counted until an act of description (practice).
	Countable bool `json:"countable"`
}

// Side is who announces a transfer.
type Side string

// The sides.
const (
	Department Side = "department" // of its own documents
	Archive    Side = "archive"
)

// Name is "transfer.purchase@1".
func (r Rule) Name() string { return fmt.Sprintf("transfer.%s@%d", r.Kind, r.Edition) }

// NeedsConsent tells whether the head must consent before the acceptance.
func (r Rule) NeedsConsent() bool { return slices.Contains(r.Needs, "consent") }

// MayAnnounce tells whether a side may announce it.
func (r Rule) MayAnnounce(side Side) bool { return slices.Contains(r.AnnouncedBy, side) }

//go:embed kinds.json
var file []byte

// rules are the editions; a file that cannot be read must not start a program.
var rules = func() (all []Rule) {
	if err := json.Unmarshal(file, &all); err != nil {
		panic("kinds.json: " + err.Error())
	}
	return all
}()

// On lists the rules in force on a day, in the order of their file.
func On(day civil.Date) (list []Rule) {
	for _, r := range rules {
		if !day.Before(r.ValidFrom) && (r.ValidTo.IsZero() || !day.After(r.ValidTo)) {
			list = append(list, r)
		}
	}
	return list
}

// Of is the rule of a kind on a day. Error: UnknownKind.
func Of(k Kind, day civil.Date) (Rule, error) {
	for _, r := range On(day) {
		if r.Kind == k {
			return r, nil
		}
	}
	return Rule{}, UnknownKind.With("kind", clip.Value(string(k)), "day", day)
}

// ByName is the edition that a transfer was judged by; false where there is none of the name.
func ByName(name string) (Rule, bool) {
	for _, r := range rules {
		if r.Name() == name {
			return r, true
		}
	}
	return Rule{}, false
}

// CheckForm refuses what is no form. Error: UnknownForm.
func CheckForm(f Form) error {
	switch f {
	case Paper, Digital, Mixed, Audiovisual:
		return nil
	}
	return UnknownForm.With("form", clip.Value(string(f)))
}

// Ground is what an announcement says it rests on.
type Ground struct {
	Giver          string // the person
	Protocol       bool   // commission, number and date of a protocol are all there
	Document       string
	DocumentDate   string
	Reason         string
	LiquidatedOn   string
	Country        string
	Agreement      string
	Holder         string
	ProtocolDate   string
	ProtocolNumber string
}

// limit is how many characters a field may have.
const limit = 500

// words are the fields as people know them.
var words = map[string]Text{
	"giver":         {"тапсырушының аты-жөні", "имя сдатчика", "the giver's name"},
	"protocol":      {"комиссия хаттамасы (комиссия, нөмірі, күні)", "протокол комиссии (комиссия, номер, дата)", "the commission's protocol (commission, number, date)"},
	"document":      {"құжат (шарт, сыйға тарту хаты, бұйрық)", "документ (договор, дарственная, приказ)", "the paper (contract, deed, order)"},
	"document_date": {"құжаттың күні", "дата документа", "the paper's date"},
	"reason":        {"себебі", "основание или причина", "the reason"},
	"liquidated_on": {"таратылған күні", "дата ликвидации", "the day of liquidation"},
	"country":       {"ел", "страна", "the country"},
	"agreement":     {"келісім", "соглашение", "the agreement"},
	"holder":        {"шетелдегі ұстаушы", "зарубежный держатель", "the holder abroad"},
}

// Check holds an announcement of a kind against its rule on a day, and gives the rule. All that is
// missing is named at once. Errors: BySchedule, UnknownKind, TooLong, Missing, BadDate.
func Check(k Kind, g Ground, day civil.Date) (Rule, error) {
	if k == Scheduled {
		return Rule{}, BySchedule.With()
	}
	r, err := Of(k, day)
	if err != nil {
		return Rule{}, err
	}
	fields := map[string]string{
		"giver": g.Giver, "document": g.Document, "document_date": g.DocumentDate, "reason": g.Reason,
		"liquidated_on": g.LiquidatedOn, "country": g.Country, "agreement": g.Agreement, "holder": g.Holder,
	}
	for _, name := range []string{"giver", "document", "reason", "country", "agreement", "holder"} {
		if len([]rune(fields[name])) > limit {
			return Rule{}, TooLong.With("field", words[name].fault(), "limit", limit)
		}
	}
	if g.Protocol {
		fields["protocol"] = g.ProtocolNumber
	}
	var missing []string
	for _, need := range r.Needs {
		if need != "consent" && strings.TrimSpace(fields[need]) == "" {
			missing = append(missing, need)
		}
	}
	if len(missing) > 0 {
		return Rule{}, missed(r, missing)
	}
	fields["protocol"] = g.ProtocolDate
	for _, name := range []string{"document_date", "liquidated_on", "protocol"} {
		if err := past(name, fields[name], day); err != nil {
			return Rule{}, err
		}
	}
	return r, nil
}

// missed says what is missing.
func missed(r Rule, missing []string) error {
	var needs struct{ kk, ru, en []string }
	for _, m := range missing {
		needs.kk, needs.ru, needs.en = append(needs.kk, words[m].KK), append(needs.ru, words[m].RU), append(needs.en, words[m].EN)
	}
	listed := Text{KK: strings.Join(needs.kk, "; "), RU: strings.Join(needs.ru, "; "), EN: strings.Join(needs.en, "; ")}
	return Missing.With("kind", r.Title.fault(), "needs", listed.fault(), "rule", r.Name(), "basis", r.LegalBasis.fault())
}

// fault is a text as an argument of a fault, said in its language.
func (t Text) fault() *fault.Error {
	return (&fault.Definition{Kind: fault.Invalid, Code: "intake.kind.words", EN: t.EN, RU: t.RU, KK: t.KK}).With()
}

// past refuses a date that is none or has not come; an empty one is none.
func past(field, value string, today civil.Date) error {
	if value == "" {
		return nil
	}
	d, err := civil.Parse(value)
	if err != nil || d.After(today) {
		return BadDate.With("field", words[field].fault(), "value", clip.Value(value))
	}
	return nil
}
