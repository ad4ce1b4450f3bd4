package premis

import (
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Rule is one thing that can be wrong with a document: a fault with the semantic unit of
// the PREMIS Data Dictionary 3.0 that it rests on. A warning does not refuse it.
type Rule struct {
	*fault.Definition
	Clause  string // a semantic unit ("2.3"), "XML" for the schema, "limit" for a bound of ours
	Warning bool
}

var rules []*Rule

// Rules is every rule, in the order of its code.
func Rules() []*Rule {
	all := slices.Clone(rules)
	slices.SortFunc(all, func(a, b *Rule) int { return strings.Compare(a.Code, b.Code) })
	return all
}

const limit, schema = "limit", "XML"

func rule(code, clause, en, ru, kk string) *Rule {
	mark := ""
	if clause != limit {
		mark = " [PREMIS 3.0 " + clause + "]"
	}
	r := &Rule{Definition: fault.Define(fault.Invalid, "premis."+code, en+mark, ru+mark, kk+mark), Clause: clause}
	rules = append(rules, r)
	return r
}

func warning(code, clause, en, ru, kk string) *Rule {
	r := rule(code, clause, en, ru, kk)
	r.Warning = true
	return r
}

// Refused is the answer for a whole document; its items say what is wrong.
var Refused = fault.Define(fault.Refused, "premis.refused",
	"the PREMIS document has {count} faults and was not accepted; correct what is listed",
	"в документе PREMIS ошибок: {count}; он не принят; исправьте перечисленное",
	"PREMIS құжатында {count} қате бар; ол қабылданбады; тізімдегіні түзетіңіз")

// The document as XML.
var (
	NotXML = rule("not_xml", schema,
		"line {line}: this is not well-formed XML in UTF-8; write the document anew with a program for XML",
		"строка {line}: это не правильный XML в UTF-8; запишите документ заново программой для XML",
		"{line}-жол: бұл UTF-8 түріндегі дұрыс XML емес; құжатты XML бағдарламасымен қайта жазыңыз")
	Doctype = rule("doctype", limit,
		"line {line}: a document type and entities of one's own are not accepted; take them out",
		"строка {line}: объявление типа документа и собственные сущности не принимаются; уберите их",
		"{line}-жол: құжат типін жариялау мен өз мәндеріңіз қабылданбайды; оларды алып тастаңыз")
	TooBig = rule("too_big", limit,
		"line {line}: the document is larger than the archive reads ({limit} bytes); divide it",
		"строка {line}: документ больше, чем архив читает ({limit} байт); разделите его",
		"{line}-жол: құжат мұрағат оқитын көлемнен үлкен ({limit} байт); оны бөліңіз")
	TooDeep = rule("too_deep", limit,
		"line {line}: elements are nested deeper, or have more attributes, than the archive reads",
		"строка {line}: вложенность элементов или число атрибутов больше, чем архив читает",
		"{line}-жол: элементтердің кірістірілуі немесе атрибуттар саны мұрағат оқитыннан көп")
	TooMany = rule("too_many", limit,
		"line {line}: the document has more entities than the archive reads ({limit}); divide it",
		"строка {line}: сущностей в документе больше, чем архив читает ({limit}); разделите его",
		"{line}-жол: құжаттағы мәндер мұрағат оқитыннан көп ({limit}); оны бөліңіз")
	NotPREMIS = rule("not_premis", schema,
		"the document's element is {name}; a PREMIS 3 document begins with premis in the namespace http://www.loc.gov/premis/v3",
		"корневой элемент документа – {name}; документ PREMIS 3 начинается с premis в пространстве имён http://www.loc.gov/premis/v3",
		"құжаттың түбір элементі – {name}; PREMIS 3 құжаты http://www.loc.gov/premis/v3 атау кеңістігіндегі premis элементінен басталады")
	WrongVersion = rule("version", schema,
		"the document says version {version}; it must say 3.0",
		"в документе указана версия {version}; должна быть 3.0",
		"құжатта {version} нұсқасы көрсетілген; 3.0 болуы керек")
	BadText = rule("bad_text", schema,
		"{unit} holds a character that XML cannot carry; take it out",
		"в {unit} есть символ, недопустимый в XML; уберите его",
		"{unit} ішінде XML-де болмайтын таңба бар; оны алып тастаңыз")
	Repeated = rule("repeated", schema,
		"line {line}: {unit} stands more than once where it may stand once; keep the one that is meant",
		"строка {line}: {unit} повторяется там, где допустим один раз; оставьте нужный",
		"{line}-жол: {unit} бір рет тұруы тиіс жерде қайталанған; керегін қалдырыңыз")
	Hollow = rule("hollow", schema,
		"line {line}: {unit} holds nothing; say what belongs there or take it out",
		"строка {line}: {unit} ничего не содержит; укажите содержание или уберите",
		"{line}-жол: {unit} ішінде ештеңе жоқ; керегін жазыңыз немесе алып тастаңыз")
	Ignored = warning("ignored", schema,
		"{count} elements {unit} are outside the part of PREMIS that the archive reads; they were not kept",
		"элементов {unit}: {count}; они вне читаемой архивом части PREMIS и не сохранены",
		"{unit} элементтері: {count}; олар мұрағат оқитын PREMIS бөлігінен тыс, сақталған жоқ")
	MoreFaults = rule("more_faults", limit,
		"{count} more faults are not listed",
		"ещё ошибок, не показанных здесь: {count}",
		"тағы {count} қате көрсетілмеді")
)

// All entities.
var (
	NoIdentifier = rule("no_identifier", "1.1",
		"{unit} has no identifier with a type and a value",
		"у {unit} нет идентификатора с типом и значением",
		"{unit} үшін типі мен мәні бар идентификатор жоқ")
	RepeatedIdentifier = rule("identifier_repeated", "1.1",
		"the identifier {id} stands for two entities; each needs its own",
		"идентификатор {id} дан двум сущностям; у каждой должен быть свой",
		"{id} идентификаторы екі мәнге берілген; әрқайсысының өзінікі болуы керек")
	HalfLink = rule("half_link", "2.6",
		"{unit} needs both a type and a value",
		"в {unit} нужны и тип, и значение",
		"{unit} үшін тип те, мән де керек")
	UnknownLink = warning("unknown_link", "2.7",
		"{unit} names {id}, which is not described in this document",
		"{unit} называет {id}, в этом документе его нет",
		"{unit} {id} дегенді атайды, ол бұл құжатта сипатталмаған")
	BadDate = rule("bad_date", "2.3",
		"{unit} is {value}; write a date like 2026-04-30 or a moment like 2026-04-30T10:15:00+05:00",
		"{unit} равно {value}; пишите дату вида 2026-04-30 или момент вида 2026-04-30T10:15:00+05:00",
		"{unit} мәні {value}; күнді 2026-04-30 немесе сәтті 2026-04-30T10:15:00+05:00 түрінде жазыңыз")
	OpenPeriod = rule("period", "4.1.7",
		"{unit} ends without a beginning, or before it",
		"{unit} кончается без начала или раньше начала",
		"{unit} басталмай немесе басталғанынан бұрын аяқталады")
)

// Objects.
var (
	NoObject = rule("no_object", schema,
		"the document describes no object; at least one is needed",
		"в документе не описан ни один объект; нужен хотя бы один",
		"құжатта бірде-бір объект сипатталмаған; кемінде біреуі керек")
	BadCategory = rule("category", "1.2",
		"the category {category} is none of intellectualEntity, representation, file, bitstream",
		"категория {category} не является одной из intellectualEntity, representation, file, bitstream",
		"{category} санаты intellectualEntity, representation, file, bitstream біреуі емес")
	Misplaced = rule("misplaced", "1.5",
		"an object of the category {category} has no {unit}",
		"у объекта категории {category} не бывает {unit}",
		"{category} санатындағы объектіде {unit} болмайды")
	NoFixity = warning("no_fixity", "1.5.2",
		"the file has no digest, so a change of it would not be seen",
		"у файла нет контрольной суммы, его изменение не будет замечено",
		"файлдың бақылау сомасы жоқ, оның өзгергені байқалмайды")
	HalfFixity = rule("half_fixity", "1.5.2",
		"a digest needs its algorithm and its value",
		"контрольной сумме нужны алгоритм и значение",
		"бақылау сомасына алгоритм мен мән керек")
	BadDigest = rule("digest", "1.5.2.2",
		"the {algorithm} {digest} is not {digits} hexadecimal digits",
		"{algorithm} {digest} не состоит из {digits} шестнадцатеричных цифр",
		"{algorithm} {digest} {digits} он алтылық цифрдан тұрмайды")
	BadSize = rule("size", "1.5.3",
		"the size {size} is not a number of bytes",
		"размер {size} не является числом байт",
		"{size} өлшемі байт саны емес")
	NoFormat = rule("no_format", "1.5.4",
		"the file has no format; name one, or say unknown",
		"у файла нет формата; назовите его или укажите unknown",
		"файлдың пішімі жоқ; оны атаңыз немесе unknown деп көрсетіңіз")
	HalfFormat = rule("half_format", "1.5.4",
		"a format needs a name, or a registry with its key; a version needs a name",
		"формату нужно название или реестр с ключом; версии нужно название",
		"пішімге атау немесе кілті бар тізілім керек; нұсқаға атау керек")
	BadPUID = rule("puid", "1.5.4.2.2",
		"the PRONOM key {key} is not of the form fmt/18 or x-fmt/111",
		"ключ PRONOM {key} не вида fmt/18 или x-fmt/111",
		"{key} PRONOM кілті fmt/18 немесе x-fmt/111 түрінде емес")
	HalfStorage = rule("half_storage", "1.7",
		"a storage needs a place with its type, or a medium",
		"хранению нужно место с типом или носитель",
		"сақтауға типі бар орын немесе тасығыш керек")
	HalfRelationship = rule("half_relationship", "1.13",
		"a relationship needs a type, a subtype and an object",
		"связи нужны тип, подтип и объект",
		"байланысқа тип, ішкі тип және объект керек")
)

// Events, agents and rights.
var (
	NoEventType = rule("no_event_type", "2.2",
		"the event does not say what was done",
		"событие не говорит, что было сделано",
		"оқиға не істелгенін айтпайды")
	OtherEventType = warning("event_type", "2.2",
		"the event type {type} is not in the vocabulary of the Library of Congress",
		"типа события {type} нет в словаре Библиотеки Конгресса",
		"{type} оқиға түрі Конгресс кітапханасының сөздігінде жоқ")
	NoEventDate = rule("no_event_date", "2.3",
		"the event does not say when it happened",
		"событие не говорит, когда оно было",
		"оқиға қашан болғанын айтпайды")
	EmptyOutcome = rule("outcome", "2.5",
		"an outcome needs its word or a note",
		"исходу нужно слово или примечание",
		"нәтижеге сөз немесе ескертпе керек")
	NoAgentName = warning("no_agent_name", "3.2",
		"the agent has no name",
		"у агента нет имени",
		"агенттің аты жоқ")
	OtherAgentType = warning("agent_type", "3.3",
		"the agent type {type} is none of person, organization, software, hardware",
		"тип агента {type} не является одним из person, organization, software, hardware",
		"{type} агент түрі person, organization, software, hardware біреуі емес")
	NoBasis = rule("no_basis", "4.1.2",
		"the rights statement does not name its basis",
		"в заявлении о правах не названо основание",
		"құқықтар мәлімдемесінде негіз аталмаған")
	BasisWithout = rule("basis_without", "4.1.2",
		"the basis is {basis}, but the statement does not say which",
		"основание – {basis}, но какое именно, не сказано",
		"негізі – {basis}, бірақ қайсысы екені айтылмаған")
	HalfRights = rule("half_rights", "4.1",
		"{unit} lacks {part}",
		"в {unit} нет {part}",
		"{unit} ішінде {part} жоқ")
)
