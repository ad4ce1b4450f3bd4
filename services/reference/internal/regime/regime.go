// Package regime decides by which law a request is answered (AI-3): as an archival request, a
// request for information, or another petition. The regime decides every date.
package regime

import (
	"slices"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/worktime"
)

// Unknown refuses a word that is none of those that the field takes.
var Unknown = fault.Define(fault.Invalid, "reference.regime.unknown",
	"“{value}” is no {field}; choose one of: {known}",
	"«{value}» не подходит для поля {field}; выберите одно из: {known}",
	"«{value}» {field} өрісіне жарамайды; мыналардың бірін таңдаңыз: {known}")

// Regime is a way in which the law lets a request be answered.
type Regime string

// The regimes.
const (
	Archival    Regime = "archival"    // by archival practice; AI-3.3 takes its procedure out of 401-V
	Information Regime = "information" // by Law 401-V
	Petition    Regime = "petition"    // by the Administrative Procedure Code, art. 76
)

// Regimes lists them.
func Regimes() []Regime { return []Regime{Archival, Information, Petition} }

// Topic is what a request is about, as the first page asks.
type Topic string

// The topics.
const (
	WorkRecord Topic = "work_record"
	Pay        Topic = "pay"
	Award      Topic = "award"
	Repression Topic = "repression"
	Land       Topic = "land"
	Other      Topic = "other"
)

// Topics lists them.
func Topics() []Topic { return []Topic{WorkRecord, Pay, Award, Repression, Land, Other} }

// Wish is what is wished for.
type Wish string

// The wishes. The zero value leaves it to the topic.
const (
	NoWish       Wish = ""
	Reference    Wish = "reference"
	Copy         Wish = "copy"
	Extract      Wish = "extract"
	ForInfo      Wish = "information"
	ForAPetition Wish = "petition"
)

// Wishes lists them without the empty one.
func Wishes() []Wish { return []Wish{Reference, Copy, Extract, ForInfo, ForAPetition} }

// Facts are what a regime is decided by.
type Facts struct {
	Topic         Topic
	Wish          Wish
	InProceedings bool   // AI-3.2
	ByMedia       bool   // AI-3.4
	Asked         Regime // what the applicant asks for; empty leaves it to the rules
}

// Reason is why a regime was decided; its string is stable.
type Reason string

// The reasons.
const (
	ByTopic       Reason = "topic.archival" // the topic is answered from archival documents
	ByWish        Reason = "wish.archival"  // a reference, copy or extract is wished
	ProcedureOf33 Reason = "AI-3.3"         // the procedure of archival requests is not that of 401-V
	InMatter      Reason = "AI-3.2"
	OfMedia       Reason = "AI-3.4"
	AsPetition    Reason = "wish.petition"
	AsInformation Reason = "wish.information"
	AsAsked       Reason = "asked"
	InDoubt       Reason = "in_doubt" // nothing takes it out of 401-V, which has the shorter date
	NotAsAsked    Reason = "asked.not_followed"
	ByStaff       Reason = "staff" // decided anew by the archive, with a ground
)

// Decision is a regime with its reasons, the deciding one first.
type Decision struct {
	Regime  Regime
	Reasons []Reason
}

// Decide applies AI-3. A request for an archival reference is archival whatever is asked: it
// never runs on the clock of AI-11.10. The error is Unknown, naming the field.
func Decide(f Facts) (Decision, error) {
	switch {
	case !slices.Contains(Topics(), f.Topic):
		return Decision{}, unknown("topic", string(f.Topic), Topics())
	case f.Wish != NoWish && !slices.Contains(Wishes(), f.Wish):
		return Decision{}, unknown("wish", string(f.Wish), Wishes())
	case f.Asked != "" && !slices.Contains(Regimes(), f.Asked):
		return Decision{}, unknown("asked", string(f.Asked), Regimes())
	}
	d := decide(f)
	if f.Asked != "" && f.Asked != d.Regime {
		d.Reasons = append(d.Reasons, NotAsAsked)
	}
	return d, nil
}

func decide(f Facts) Decision {
	switch {
	case f.Wish == Reference || f.Wish == Copy || f.Wish == Extract:
		return Decision{Archival, []Reason{ByWish, ProcedureOf33}}
	case f.Wish != ForAPetition && personal(f.Topic), f.Wish == NoWish && f.Topic == Repression:
		return Decision{Archival, []Reason{ByTopic, ProcedureOf33}}
	case f.InProceedings:
		return Decision{Petition, []Reason{InMatter}}
	case f.ByMedia:
		return Decision{Petition, []Reason{OfMedia}}
	case f.Wish == ForAPetition:
		return Decision{Petition, []Reason{AsPetition}}
	case f.Wish == ForInfo:
		return Decision{Information, []Reason{AsInformation}}
	case f.Asked == Archival:
		return Decision{Archival, []Reason{AsAsked, ProcedureOf33}}
	case f.Asked != "":
		return Decision{f.Asked, []Reason{AsAsked}}
	default:
		return Decision{Information, []Reason{InDoubt}}
	}
}

// NeverInformation refuses to put an archival reference on the clock of AI-11.10.
var NeverInformation = fault.Define(fault.Refused, "reference.regime.never_information",
	"what this request asks for is an archival reference, and such a request never runs on the term of article 11, point 10 (article 3(3)); leave it archival, or make it another petition",
	"то, о чём просит запрос, – архивная справка, а такой запрос никогда не исполняется в срок пункта 10 статьи 11 (подпункт 3 статьи 3); оставьте его архивным или сделайте иным обращением",
	"бұл сұрау салуда сұралған – архивтік анықтама, ал ондай сұрау салу ешқашан 11-баптың 10-тармағындағы мерзіммен орындалмайды (3-баптың 3-тармақшасы); оны архивтік күйінде қалдырыңыз немесе өзге өтініш етіңіз")

// Change decides a regime anew by the archive's own judgement, with a ground that is recorded
// elsewhere. Errors: Unknown, NeverInformation.
func Change(f Facts, to Regime) (Decision, error) {
	if !slices.Contains(Regimes(), to) {
		return Decision{}, unknown("regime", string(to), Regimes())
	}
	f.Asked = ""
	if to == Information && decide(f).Regime == Archival {
		return Decision{}, NeverInformation.With()
	}
	return Decision{to, []Reason{ByStaff}}, nil
}

// personal tells whether what a topic asks stands in archival documents about a person or a
// plot, so that any answer is an archival reference. Information on mass repressions is also
// information that is never restricted (AI-6, class 12), and may be asked for as such.
func personal(t Topic) bool {
	return t == WorkRecord || t == Pay || t == Award || t == Land
}

func unknown[T ~string](field, value string, known []T) error {
	list := ""
	for i, k := range known {
		if i > 0 {
			list += ", "
		}
		list += string(k)
	}
	return Unknown.With("field", field, "value", clip.Value(value), "known", list)
}

// Name is a regime in words.
func (r Regime) Name() worktime.Text {
	switch r {
	case Archival:
		return worktime.Text{KK: "архивтік сұрау салу", RU: "архивный запрос", EN: "archival request"}
	case Information:
		return worktime.Text{KK: "ақпарат беру туралы сұрау салу", RU: "запрос информации", EN: "request for information"}
	case Petition:
		return worktime.Text{KK: "өзге өтініш", RU: "иное обращение", EN: "other petition"}
	}
	return worktime.Text{}
}

// Explain says why, in one or two sentences.
func (d Decision) Explain() worktime.Text {
	var t worktime.Text
	for _, r := range d.Reasons {
		w := why[r]
		t = worktime.Text{KK: join(t.KK, w.KK), RU: join(t.RU, w.RU), EN: join(t.EN, w.EN)}
	}
	return t
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

var why = map[Reason]worktime.Text{
	ByTopic: {
		KK: "Сұралған мәлімет архив құжаттарынан расталады, сондықтан жауап – архивтік анықтама.",
		RU: "То, о чём вы спрашиваете, подтверждается архивными документами, поэтому ответ – архивная справка.",
		EN: "What you ask is confirmed from archival documents, so the answer is an archival reference.",
	},
	ByWish: {
		KK: "Архив құжаты бойынша анықтама, көшірме немесе үзінді сұралды.",
		RU: "Запрошена справка, копия или выписка по архивным документам.",
		EN: "A reference, copy or extract from archival documents is asked for.",
	},
	ProcedureOf33: {
		KK: "Архивтік сұрау салулардың тәртібіне «Ақпаратқа қол жеткізу туралы» заңның 11-бабы қолданылмайды (401-V Заңның 3-бабы 3-тармақшасы): мерзім архив ережелері бойынша есептеледі.",
		RU: "Порядок архивных запросов не подчинён статье 11 Закона о доступе к информации (401-V, статья 3, подпункт 3): срок считается по архивным правилам.",
		EN: "The procedure of archival requests is outside article 11 of the Law on Access to Information (401-V, article 3(3)): the term follows the archival rules.",
	},
	InMatter: {
		KK: "Сұрау салу әкімшілік құқық бұзушылық, азаматтық немесе қылмыстық іс аясында берілді, оған 401-V Заң қолданылмайды (3-баптың 2-тармақшасы); өзге өтініш ретінде қаралады.",
		RU: "Запрос подан в рамках административного, гражданского или уголовного дела, Закон 401-V к нему не применяется (статья 3, подпункт 2); рассматривается как иное обращение.",
		EN: "It is asked within an administrative, civil or criminal matter, to which Law 401-V does not apply (article 3(2)); it is handled as another petition.",
	},
	OfMedia: {
		KK: "Бұқаралық ақпарат құралының сұрау салуы өз тәртібімен қаралады (401-V Заңның 3-бабы 4-тармақшасы); өзге өтініш ретінде тіркеледі.",
		RU: "Запрос средства массовой информации рассматривается в своём порядке (401-V, статья 3, подпункт 4); регистрируется как иное обращение.",
		EN: "A request of the mass media follows its own way (401-V, article 3(4)); it is registered as another petition.",
	},
	AsPetition: {
		KK: "Бұл – ұсыныс, арыз немесе шағым, ақпарат беру туралы сұрау салу емес.",
		RU: "Это предложение, заявление или жалоба, а не запрос информации.",
		EN: "It is a proposal, an application or a complaint, and asks for no information.",
	},
	AsInformation: {
		KK: "Архивтегі немесе архив туралы ақпарат сұралды: 401-V Заң қолданылады.",
		RU: "Запрошена информация, которой располагает архив: действует Закон 401-V.",
		EN: "Information that the archive holds is asked for: Law 401-V applies.",
	},
	AsAsked: {
		KK: "Өтініш беруші осы тәртіпті таңдады, оған кедергі келтіретін ереже жоқ.",
		RU: "Заявитель выбрал этот порядок, и ни одно правило этому не препятствует.",
		EN: "The applicant chose this way, and no rule stands against it.",
	},
	InDoubt: {
		KK: "Сұрау салуды 401-V Заңнан шығаратын негіз жоқ, сондықтан қысқа мерзімді осы заң қолданылады.",
		RU: "Ничто не выводит запрос из-под Закона 401-V, поэтому действует он – с более коротким сроком.",
		EN: "Nothing takes the request out of Law 401-V, so that law applies, with its shorter term.",
	},
	NotAsAsked: {
		KK: "Өтініш беруші басқа тәртіпті сұраған еді, бірақ тәртіпті заң белгілейді.",
		RU: "Заявитель просил иной порядок, но порядок определяет закон.",
		EN: "The applicant asked for another way, but the law decides it.",
	},
	ByStaff: {
		KK: "Тәртіпті архив негізін көрсетіп қайта айқындады.",
		RU: "Порядок определён архивом заново с указанием основания.",
		EN: "The archive has decided the way anew and named the ground.",
	},
}
