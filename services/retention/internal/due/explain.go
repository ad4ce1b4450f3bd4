package due

import (
	"strings"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
)

// StepKind is what a step of the arithmetic does. The names are stored in records.
type StepKind string

// The steps.
const (
	FileClosed       StepKind = "file-closed"
	EventHappened    StepKind = "event-happened"
	EventAwaited     StepKind = "event-awaited"
	ClosedSince      StepKind = "closed-since"
	ClosedBefore     StepKind = "closed-before"
	ClockStarts      StepKind = "clock-starts"
	KeepingAdded     StepKind = "keeping-added"
	TermAdded        StepKind = "term-added"
	TransferDue      StepKind = "transfer-due"
	TermEnds         StepKind = "term-ends"
	TermEndsReview   StepKind = "term-ends-review"
	TermEndsEarliest StepKind = "term-ends-earliest"
	NotASource       StepKind = "not-a-source"
	WaitsReplacement StepKind = "waits-replacement"
	WaitsNeed        StepKind = "waits-need"
	NeededLeast      StepKind = "needed-least"
	WaitsLiquidation StepKind = "waits-liquidation"
	WaitsClaim       StepKind = "waits-claim"
	StaysLongTerm    StepKind = "stays-long-term"
	StaysPersonnel   StepKind = "stays-personnel"
)

// Step is one line of the arithmetic. It is complete in itself – the rule's words are
// copied in – because the record must still explain itself when the rules have changed.
type Step struct {
	Kind     StepKind      `json:"kind"`
	From     civil.Date    `json:"from,omitzero"`
	To       civil.Date    `json:"to,omitzero"`
	Years    int           `json:"years,omitempty"`
	Said     rules.Text    `json:"said,omitzero"` // the term in words
	Rule     string        `json:"rule,omitempty"`
	Subject  rules.Subject `json:"subject,omitempty"`
	Basis    rules.Text    `json:"basis,omitzero"`
	Source   string        `json:"source,omitempty"` // of the rule, where an administrator added it
	Verified bool          `json:"verified,omitempty"`
}

// Explanation is the arithmetic of a date, in order.
type Explanation struct {
	Steps []Step `json:"steps"`
}

// Unverified lists the ids of the rules in the arithmetic that nobody has compared with
// their act. A screen that shows the date says so.
func (e Explanation) Unverified() []string {
	var ids []string
	for _, s := range e.Steps {
		if s.Rule != "" && !s.Verified {
			ids = append(ids, s.Rule)
		}
	}
	return ids
}

// Editions lists the ids of all rule editions the date was decided under.
func (e Explanation) Editions() []string {
	var ids []string
	for _, s := range e.Steps {
		if s.Rule != "" {
			ids = append(ids, s.Rule)
		}
	}
	return ids
}

// Lines writes the arithmetic in the language, one sentence for each step, and ends with
// a warning where a rule is not verified.
func (e Explanation) Lines(l fault.Language) []string {
	lines := make([]string, 0, len(e.Steps)+1)
	for _, s := range e.Steps {
		lines = append(lines, s.In(l))
	}
	if len(e.Unverified()) > 0 {
		lines = append(lines, warning.In(l))
	}
	return lines
}

// In is the step as a sentence, with its legal basis.
func (s Step) In(l fault.Language) string {
	text := sentences[s.Kind]
	if s.Kind == ClockStarts && s.Years == 1 {
		text = clockNextYear
	}
	line := fault.Fill(text.In(l), map[string]string{
		"from": s.From.In(l), "to": s.To.In(l), "term": s.Said.In(l), "subject": s.Subject.In(l),
		"years": numeral.Years.Short(int64(s.Years), l),
	})
	if s.Rule == "" {
		return line
	}
	line = strings.TrimSuffix(line, ".") // «2011 г.» ends with a full stop already
	line += fault.Fill(basis.In(l), map[string]string{"basis": s.Basis.In(l), "rule": s.Rule})
	if s.Source != "" {
		line += fault.Fill(source.In(l), map[string]string{"source": s.Source})
	}
	if !s.Verified {
		line += unverified.In(l)
	}
	return line
}

var (
	basis = rules.Text{
		KK: ". Негіздеме: {basis} [{rule}]",
		RU: ". Основание: {basis} [{rule}]",
		EN: ". Basis: {basis} [{rule}]",
	}
	source     = rules.Text{KK: ", енгізілді: {source}", RU: ", внесено: {source}", EN: ", added from: {source}"}
	unverified = rules.Text{KK: " – тексерілмеген ереже", RU: " – правило не проверено", EN: " – rule not verified"}
	warning    = rules.Text{
		KK: "Назар аударыңыз: есептеуде қолданыстағы актімен салыстырылмаған ереже бар, күнді архивпен нақтылаңыз",
		RU: "Внимание: в расчёте есть правило, не сверенное с действующим актом; уточните дату в архиве",
		EN: "Mind: the arithmetic rests on a rule not compared with the act in force; confirm the date with the archive",
	}
	clockNextYear = rules.Text{
		KK: "Мерзім келесі жылдың 1 қаңтарынан басталады: {from} → {to}",
		RU: "Срок исчисляется с 1 января следующего года: {from} → {to}",
		EN: "The term starts on 1 January of the next year: {from} → {to}",
	}
)

// sentences of the steps. {from}, {to}, {years}, {term}, {subject} are filled in.
var sentences = map[StepKind]rules.Text{
	FileClosed: {
		KK: "Іс жабылған күн: {to}", RU: "Дело закрыто: {to}", EN: "The file was closed: {to}",
	},
	EventHappened: {
		KK: "«{term}» мерзімінің оқиғасы болған күн: {to}",
		RU: "Событие срока «{term}» наступило: {to}",
		EN: "The event of the term “{term}” happened: {to}",
	},
	EventAwaited: {
		KK: "«{term}» мерзімі әзірге басталған жоқ: оқиғасы күтілуде, ол болғанда күнін енгізіңіз",
		RU: "Срок «{term}» ещё не начался: ожидается его событие, внесите день, когда оно наступит",
		EN: "The term “{term}” has not begun: its event is awaited; enter the day when it happens",
	},
	ClosedSince: {
		KK: "Іс {from} немесе одан кейін жабылған, сондықтан мерзім – {years}",
		RU: "Дело закрыто {from} или позже, поэтому срок – {years}",
		EN: "The file was closed on {from} or later, so the term is {years}",
	},
	ClosedBefore: {
		KK: "Іс шекара күнінен ({from}) бұрын жабылған, сондықтан мерзім – {years}",
		RU: "Дело закрыто раньше граничной даты ({from}), поэтому срок – {years}",
		EN: "The file was closed before the cut-off day ({from}), so the term is {years}",
	},
	ClockStarts: {
		KK: "Мерзімнің басталуы, жылдан кейін қосылатыны – {years}: {from} → {to}",
		RU: "Начало срока – 1 января, после года прибавляется {years}: {from} → {to}",
		EN: "The term starts on 1 January, {years} after the year: {from} → {to}",
	},
	KeepingAdded: {
		KK: "Плюс {years}, {subject}: {from} → {to}",
		RU: "Плюс {years}, {subject}: {from} → {to}",
		EN: "Plus {years}, {subject}: {from} → {to}",
	},
	TermAdded: {
		KK: "Плюс {years}, «{term}» сақтау мерзімі: {from} → {to}",
		RU: "Плюс {years}, срок хранения «{term}»: {from} → {to}",
		EN: "Plus {years}, retention term “{term}”: {from} → {to}",
	},
	TransferDue: {
		KK: "Мемлекеттік архивке тапсырылатын күн: {to}",
		RU: "Подлежит передаче в государственный архив: {to}",
		EN: "Due for transfer to the state archive: {to}",
	},
	TermEnds: {
		KK: "Мерзім өтті деп есептелетін бірінші күн: {to}; жоюға тек комиссияның шешімімен бөлінеді",
		RU: "Первый день после истечения срока: {to}; к уничтожению выделяется только по решению комиссии",
		EN: "First day after the term: {to}; selected for destruction only by decision of the commission",
	},
	TermEndsReview: {
		KK: "Мерзім өтті деп есептелетін бірінші күн: {to}; СТК белгісі бар – комиссия істі қарап, сақтауға қалдыра алады",
		RU: "Первый день после истечения срока: {to}; отметка ЭПК – комиссия просматривает дело и может оставить его на хранение",
		EN: "First day after the term: {to}; marked EPC – the commission looks through the file and may keep it",
	},
	TermEndsEarliest: {
		KK: "Мерзім «кемінде» деп берілген: {to} күнінен ерте аяқталмайды",
		RU: "Срок указан как «не менее»: истекает не раньше {to}",
		EN: "The term is “at least”: it does not end before {to}",
	},
	NotASource: {
		KK: "Ұйым толықтыру көздерінің тізімінде жоқ: тұрақты істер ұйым таратылғанға дейін сақталады, тапсыру күні есептелмейді",
		RU: "Организация не входит в список источников комплектования: дела постоянного хранения хранятся до её ликвидации, дата передачи не вычисляется",
		EN: "The organisation is not a source of acquisition: its permanent files stay until its liquidation, and no date of transfer is computed",
	},
	StaysLongTerm: {
		KK: "Ұзақ мерзімді істер мемлекеттік архивке кесте бойынша тапсырылмайды: ұйым оларды мерзімі өткенше сақтайды",
		RU: "Дела длительного хранения не передаются в государственный архив по графику: организация хранит их до истечения срока",
		EN: "Long-term files do not go to the state archive on a schedule: the organisation keeps them until their terms end",
	},
	StaysPersonnel: {
		KK: "Жеке құрам істерін ұйым сақтайды, олар архивке ұйым таратылғанда тапсырылады: күні есептелмейді",
		RU: "Дела по личному составу хранит организация, в архив они поступают при её ликвидации: дата не вычисляется",
		EN: "The organisation keeps its personnel files and hands them over when it is liquidated: no date is computed",
	},
	WaitsReplacement: {
		KK: "Жаңасымен ауыстырылғанға дейін сақталады: күні есептелмейді, ауыстырылғанын белгілеңіз",
		RU: "Хранится до замены новым: дата не вычисляется, отметьте замену, когда она произойдёт",
		EN: "Kept until replaced: no date is computed; record the replacement when it happens",
	},
	WaitsNeed: {
		KK: "Қажеттілігі өткенге дейін сақталады: күні есептелмейді, қажет еместігін ұйым шешеді",
		RU: "Хранится до минования надобности: дата не вычисляется, надобность определяет организация",
		EN: "Kept until no longer needed: no date is computed; the organisation decides",
	},
	NeededLeast: {
		KK: "Кемінде {years} сақталады", RU: "Наименьший срок – {years}", EN: "Kept at least {years}",
	},
	WaitsLiquidation: {
		KK: "Ұйым таратылғанға дейін сақталады: күні есептелмейді",
		RU: "Хранится до ликвидации организации: дата не вычисляется",
		EN: "Kept until the organisation is liquidated: no date is computed",
	},
	WaitsClaim: {
		KK: "Иесі талап еткенге дейін сақталады («{term}»): күні есептелмейді",
		RU: "Хранится до востребования владельцем («{term}»): дата не вычисляется",
		EN: "Kept until its owner claims it (“{term}”): no date is computed",
	},
}
