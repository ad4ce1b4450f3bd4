package request

import (
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
)

// Faults of an answer and of the order of its steps.
var (
	NoRefusalGround = fault.Define(fault.Refused, "reference.refusal.ground",
		"a refusal names one of the seven grounds of article 11, point 16, by its number 1 to 7, and its reasons; there is no other ground",
		"отказ называет одно из семи оснований пункта 16 статьи 11 (номер 1–7) и причины; иных оснований нет",
		"бас тарту 11-баптың 16-тармағындағы жеті негіздің бірін (1–7) және себептерін көрсетеді; басқа негіз жоқ")
	NeverRestricted = fault.Define(fault.Refused, "reference.refusal.never_restricted",
		"information of class {class} (mass political repressions) may not be restricted: personal secrecy does not close it (article 6); answer it, leaving out only what a state secret would be",
		"информацию класса {class} (массовые политические репрессии) ограничивать нельзя: личная тайна её не закрывает (статья 6); ответьте, опустив лишь то, что было бы государственным секретом",
		"{class}-сыныптағы ақпаратты (жаппай саяси қуғын-сүргін) шектеуге болмайды: жеке құпия оны жаппайды (6-бап); мемлекеттік құпия болатынын ғана қалдырып, жауап беріңіз")
	NoFacts = fault.Define(fault.Refused, "reference.answer.no_facts",
		"a {kind} states at least one fact, and each rests on a finding; add the documents first, or draft a negative answer",
		"в ответе вида «{kind}» есть хотя бы один факт, и каждый опирается на найденный документ; сначала добавьте документы или составьте отрицательный ответ",
		"«{kind}» түріндегі жауапта кемінде бір дерек болады және әрқайсысы табылған құжатқа сүйенеді; алдымен құжаттарды қосыңыз немесе теріс жауап дайындаңыз")
	NoReasons = fault.Define(fault.Refused, "reference.answer.no_reasons",
		"an answer of the kind {kind} says why and where: fill in the reasons",
		"ответ вида «{kind}» говорит, почему и куда: заполните причины",
		"«{kind}» түріндегі жауап неге және қайда екенін айтады: себептерін толтырыңыз")
	NoSuchFinding = fault.Define(fault.Invalid, "reference.finding.unknown",
		"request {number} has no finding {finding}; look at its findings",
		"у запроса {number} нет найденного документа {finding}; посмотрите их список",
		"{number} сұрау салуында {finding} табылған құжаты жоқ; олардың тізімін қараңыз")
	WrongState = fault.Define(fault.Refused, "reference.state",
		"request {number} is {state}; this can be done while it is {allowed}",
		"запрос {number} в состоянии {state}; это можно сделать в состоянии {allowed}",
		"{number} сұрау салуы {state} күйінде; бұны {allowed} күйінде жасауға болады")
)

// AnswerKind is what sort of answer a draft is.
type AnswerKind string

// The kinds of answer.
const (
	Certificate AnswerKind = "certificate"
	Copy        AnswerKind = "copy"
	Extract     AnswerKind = "extract"
	Negative    AnswerKind = "negative" // nothing was found; signed by the head
	Answer      AnswerKind = "answer"
	Refusal     AnswerKind = "refusal"   // AI-11.16
	Forwarded   AnswerKind = "forwarded" // AI-11.11
	Published   AnswerKind = "published" // AI-11.15
)

// AnswerKinds lists them.
func AnswerKinds() []string {
	return []string{
		string(Certificate), string(Copy), string(Extract), string(Negative), string(Answer), string(Refusal), string(Forwarded), string(Published),
	}
}

// Outcome is how a request ends when an answer of the kind is handed over.
func (k AnswerKind) Outcome() string {
	switch k {
	case Negative:
		return "negative"
	case Refusal:
		return "refused"
	case Forwarded:
		return "forwarded"
	case Published:
		return "published"
	case Certificate, Copy, Extract, Answer:
	}
	return "answered"
}

// Fact is a statement of a draft with the findings that it rests on.
type Fact struct {
	Period, Text string
	Findings     []uint32
}

// Draft is an answer in the making.
type Draft struct {
	Kind                                  AnswerKind
	Ground                                uint32
	Language, Addressee, Opening, Closing string
	Reasons                               string
	Facts                                 []Fact
	Spellings, Gaps                       []string
}

// Most parts of a draft, so that a paper stays a paper.
const (
	MaxFacts     = 200
	MaxNotes     = 100
	MaxCitations = 50
	maxDraft     = 60_000 // characters of all texts together
)

// Check applies the rules of an answer to a request with those findings. Errors: BadWord,
// TooLong, BadText, NoRefusalGround, NeverRestricted, NoFacts, NoReasons, NoSuchFinding.
func (d Draft) Check(number Number, topic regime.Topic, findings []uint32) error {
	if err := OneOf("kind", string(d.Kind), AnswerKinds()...); err != nil {
		return err
	}
	if err := OneOf("language", d.Language, Languages...); err != nil {
		return err
	}
	if err := d.texts(); err != nil {
		return err
	}
	for _, f := range d.Facts {
		for _, n := range f.Findings {
			if !slices.Contains(findings, n) {
				return NoSuchFinding.With("number", number, "finding", n)
			}
		}
	}
	reasons := strings.TrimSpace(d.Reasons) != ""
	switch d.Kind {
	case Certificate, Copy, Extract:
		if len(d.Facts) == 0 || slices.ContainsFunc(d.Facts, func(f Fact) bool { return len(f.Findings) == 0 || strings.TrimSpace(f.Text) == "" }) {
			return NoFacts.With("kind", string(d.Kind))
		}
	case Answer:
		if len(d.Facts) == 0 && strings.TrimSpace(d.Closing) == "" {
			return NoFacts.With("kind", string(d.Kind))
		}
	case Refusal:
		if d.Ground < 1 || d.Ground > 7 || !reasons {
			return NoRefusalGround.With()
		}
		if d.Ground == restricted && topic == regime.Repression {
			return NeverRestricted.With("class", 12)
		}
	case Forwarded, Published:
		if !reasons {
			return NoReasons.With("kind", string(d.Kind))
		}
	case Negative:
	}
	if d.Kind != Refusal && d.Ground != 0 {
		return NoRefusalGround.With()
	}
	return nil
}

// restricted is the number of the ground "restricted information" in AI-11.16.
const restricted = 3

func (d Draft) texts() error {
	total := 0
	check := func(field, value string, most int) error {
		total += len([]rune(value))
		return Text(field, value, most)
	}
	for _, f := range []struct {
		name, value string
		most        int
	}{{"addressee", d.Addressee, MaxField}, {"opening", d.Opening, 2000}, {"closing", d.Closing, MaxText}, {"reasons", d.Reasons, MaxText}} {
		if err := check(f.name, f.value, f.most); err != nil {
			return err
		}
	}
	for field, n := range map[string][2]int{"facts": {len(d.Facts), MaxFacts}, "spellings": {len(d.Spellings), MaxNotes}, "gaps": {len(d.Gaps), MaxNotes}} {
		if n[0] > n[1] {
			return TooLong.With("field", field, "length", n[0], "most", n[1])
		}
	}
	for _, f := range d.Facts {
		if err := check("period", f.Period, MaxPeriod); err != nil {
			return err
		}
		if err := check("fact", f.Text, MaxText); err != nil {
			return err
		}
		if len(f.Findings) > MaxCitations {
			return TooLong.With("field", "citations", "length", len(f.Findings), "most", MaxCitations)
		}
	}
	for _, note := range slices.Concat(d.Spellings, d.Gaps) {
		if err := check("note", note, 1000); err != nil {
			return err
		}
	}
	if total > maxDraft {
		return TooLong.With("field", "draft", "length", total, "most", maxDraft)
	}
	return nil
}

// State is where a request stands.
type State string

// The states of a request.
const (
	Registered State = "registered"
	Assigned   State = "assigned"
	Drafted    State = "drafted"
	Submitted  State = "submitted" // a printed answer lies before the head
	Signed     State = "signed"    // the answer is to be handed over
	Closed     State = "closed"
)

// States lists them.
func States() []string {
	return []string{string(Registered), string(Assigned), string(Drafted), string(Submitted), string(Signed), string(Closed)}
}

// In refuses what cannot be done in a state (WrongState).
func (s State) In(number string, allowed ...State) error {
	if slices.Contains(allowed, s) {
		return nil
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	return WrongState.With("number", number, "state", string(s), "allowed", strings.Join(names, ", "))
}
