package eark

import (
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Level is how binding a requirement is. What breaks a MUST refuses the package; the
// others warn.
type Level string

// The levels, as the specifications write them. A MAY is here only where it says how a
// thing must be done if it is done.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	May    Level = "MAY"
)

// Rule is one requirement of the E-ARK specifications 2.2, or a bound of ours.
type Rule struct {
	*fault.Definition
	ID       string // "CSIPSTR4", "CSIP7", "SIP2"; of ours: the code without "eark."
	Level    Level
	Location string // XPath in the METS file, or a path in the package
	Clause   string // section of the specification, or "limit" for a bound of ours
}

// Warning says whether a package that breaks the rule is still accepted.
func (r *Rule) Warning() bool { return r.Level != Must }

var rules []*Rule

// Rules is the table of every rule that is looked for, in the order of the
// specifications' sections.
func Rules() []*Rule { return slices.Clone(rules) }

func add(id string, level Level, clause, location, en, ru, kk string) *Rule {
	mark := ""
	if official(id) {
		mark = " [E-ARK 2.2 " + id + "]"
	}
	r := &Rule{
		Definition: fault.Define(fault.Invalid, "eark."+id, en+mark, ru+mark, kk+mark),
		ID:         id, Level: level, Location: location, Clause: clause,
	}
	rules = append(rules, r)
	return r
}

// official says whether an id is the specifications' own.
func official(id string) bool { return strings.HasPrefix(id, "CSIP") || strings.HasPrefix(id, "SIP") }

// needs is a rule that something stands at a place of the METS file. The Russian phrase
// is in the accusative.
func needs(id string, level Level, clause, location, en, ru, kk string) *Rule {
	if level == Must {
		return add(id, level, clause, location, location+" must give "+en, "в "+location+" нужно указать "+ru, location+" ішінде "+kk+" көрсетілуі керек")
	}
	return add(id, level, clause, location, location+" should give "+en, "в "+location+" следует указать "+ru, location+" ішінде "+kk+" көрсетілгені жөн")
}

// equals is a rule that a value of the METS file is a certain one.
func equals(id string, level Level, clause, location, want string) *Rule {
	must, ru, kk := "must", "должно быть", "болуы керек"
	if level != Must {
		must, ru, kk = "should", "следует писать", "болғаны жөн"
	}
	return add(id, level, clause, location,
		location+" "+must+" be "+want+", not {found}",
		"в "+location+" "+ru+" "+want+", а не {found}",
		location+" мәні {found} емес, "+want+" "+kk)
}

// xmlID is the rule that an element has an identifier.
func xmlID(id, clause, location string) *Rule {
	return needs(id, Must, clause, location, "an identifier that begins with a letter or _ and stands once in the file",
		"идентификатор, который начинается с буквы или _ и встречается в файле один раз", "әріптен немесе _ таңбасынан басталатын және файлда бір рет кездесетін идентификатор")
}

const limit, ours = "limit", "CSIP 5.2.2"

// Refused is the answer for a whole package; its items say what is wrong.
var Refused = fault.Define(fault.Refused, "eark.refused",
	"faults in the package: {count}; an archive would not accept it; correct what is listed and check it again",
	"в пакете ошибок: {count}; архив его не примет; исправьте перечисленное и проверьте снова",
	"пакетте {count} қате бар; архив оны қабылдамайды; тізімдегіні түзетіп, қайта тексеріңіз")

// The folder and the METS files as files, and the files they speak of.
var (
	NotXML = add("not_xml", Must, limit, "METS.xml",
		"this is not well-formed XML in UTF-8; make the package anew with a program for E-ARK packages",
		"это не правильный XML в UTF-8; соберите пакет заново программой для пакетов E-ARK",
		"бұл UTF-8 түріндегі дұрыс XML емес; пакетті E-ARK пакеттеріне арналған бағдарламамен қайта жинаңыз")
	Doctype = add("doctype", Must, limit, "METS.xml",
		"a document type and entities of one's own are not accepted; take them out",
		"объявление типа документа и собственные сущности не принимаются; уберите их",
		"құжат типін жариялау мен өз мәндеріңіз қабылданбайды; оларды алып тастаңыз")
	TooBig = add("too_big", Must, limit, "METS.xml",
		"the METS file is larger than {limit} bytes, or deeper or fuller than the archive reads; divide the package",
		"файл METS больше {limit} байт либо глубже или полнее, чем архив читает; разделите пакет",
		"METS файлы {limit} байттан үлкен немесе мұрағат оқитыннан терең не толық; пакетті бөліңіз")
	NotMETS = add("not_mets", Must, "CSIP 5.3.1", "mets",
		"the document's element is {found}; a METS file begins with mets in the namespace http://www.loc.gov/METS/",
		"корневой элемент – {found}; файл METS начинается с mets в пространстве имён http://www.loc.gov/METS/",
		"түбір элемент – {found}; METS файлы http://www.loc.gov/METS/ атау кеңістігіндегі mets элементінен басталады")
	TooMany = add("too_many", Must, limit, "",
		"the package has more than {limit} files and folders; divide it",
		"в пакете больше {limit} файлов и папок; разделите его",
		"пакетте {limit} файл мен қалтадан көп; оны бөліңіз")
	Irregular = add("irregular", Must, limit, "",
		"this is a link or a device; put the file itself into the package",
		"это ссылка или устройство; поместите в пакет сам файл",
		"бұл сілтеме немесе құрылғы; пакетке файлдың өзін салыңыз")
	BadName = add("name", Must, limit, "",
		"the name holds characters that do not survive on other systems; rename it",
		"в имени есть символы, которые не сохранятся на других системах; переименуйте",
		"атауда басқа жүйелерде сақталмайтын таңбалар бар; атын өзгертіңіз")
	Unreadable = add("unreadable", Must, limit, "",
		"the file could not be read to its end; send it again",
		"файл не удалось прочитать до конца; отправьте его снова",
		"файлды соңына дейін оқу мүмкін болмады; қайта жіберіңіз")
	Outside = add("outside", Must, ours, "@xlink:href",
		"{href} leads out of the package; refer only to files within it, by a path from the METS file",
		"{href} ведёт за пределы пакета; ссылайтесь только на файлы внутри него, путём от файла METS",
		"{href} пакеттен тыс жерге апарады; тек ішіндегі файлдарға METS файлынан басталатын жолмен сілтеңіз")
	Missing = add("missing", Must, ours, "@xlink:href",
		"{file} is not in the package; add it or make the package anew",
		"файла {file} в пакете нет; добавьте его или соберите пакет заново",
		"{file} файлы пакетте жоқ; оны қосыңыз немесе пакетті қайта жинаңыз")
	OtherForm = add("normal_form", Should, ours, "@xlink:href",
		"{file} is written in another Unicode form than the file's own name",
		"{file} записан в другой форме Юникода, чем имя самого файла",
		"{file} файлдың өз атауынан басқа Юникод түрінде жазылған")
	OtherRepresentation = add("outside_representation", Should, "CSIP 5.3.5", "@xlink:href",
		"{file} lies outside the representation; its METS file should name only its own files",
		"{file} лежит вне представления; его файл METS должен называть только свои файлы",
		"{file} көрсетілімнен тыс жатыр; оның METS файлы тек өз файлдарын атағаны жөн")
	WrongSize = add("size", Must, "CSIP 5.3.5", "@SIZE",
		"{where} promises {expected} bytes, the file has {found}; send the original again",
		"по {where} в файле должно быть {expected} байт, а в нём {found}; отправьте подлинник снова",
		"{where} бойынша файлда {expected} байт болуы керек, ал онда {found}; түпнұсқаны қайта жіберіңіз")
	WrongDigest = add("digest", Must, "CSIP 5.3.5", "@CHECKSUM",
		"the file was changed or damaged: {algorithm} should be {expected} by {where} and is {found}; send the original again",
		"файл изменён или повреждён: {algorithm} по {where} должен быть {expected}, а получен {found}; отправьте подлинник снова",
		"файл өзгертілген немесе бүлінген: {algorithm} {where} бойынша {expected} болуы керек, ал шыққаны {found}; түпнұсқаны қайта жіберіңіз")
	OtherMedium = add("media_type", Should, ours, "@MIMETYPE",
		"{found} is not one media type of IANA's list; other systems may not know what the file is",
		"{found} – не один медиатип из списка IANA; другие системы могут не понять, что это за файл",
		"{found} – IANA тізіміндегі бір медиа түрі емес; басқа жүйелер файлдың не екенін түсінбеуі мүмкін")
	OtherName = add("representation_id", Should, root, "mets/@OBJID",
		"the representation is called {found} in its METS file; it should bear the name of its folder, {expected}",
		"представление в своём METS названо {found}; ему следует носить имя своей папки, {expected}",
		"көрсетілім өз METS файлында {found} деп аталған; ол қалтасының атын, {expected}, алғаны жөн")
	Uncounted = add("uncounted", Should, "CSIP 5.3.5", "@CHECKSUMTYPE",
		"the checksum {algorithm} is not counted here, so the file was not checked; use SHA-256 or SHA-512",
		"контрольная сумма {algorithm} здесь не считается, файл не проверен; используйте SHA-256 или SHA-512",
		"{algorithm} бақылау сомасы мұнда есептелмейді, файл тексерілген жоқ; SHA-256 немесе SHA-512 қолданыңыз")
	PREMISUnread = add("premis_unread", Should, limit, "",
		"the PREMIS file is larger than {limit} bytes, so it was kept and not looked into",
		"файл PREMIS больше {limit} байт, он сохранён, но его содержание не проверено",
		"PREMIS файлы {limit} байттан үлкен, ол сақталды, бірақ мазмұны тексерілген жоқ")
	Unlisted = add("unlisted", Should, "CSIP 5.3.5", "mets/fileSec",
		"no METS file names the file, so nothing guards it; it may have been added after the package was made",
		"файл не назван ни в одном METS, его ничто не защищает; возможно, он добавлен после сборки пакета",
		"файл ешбір METS ішінде аталмаған, оны ештеңе қорғамайды; ол пакет жиналғаннан кейін қосылған болуы мүмкін")
	MoreFaults = add("more_faults", Must, limit, "",
		"{count} more faults are not listed",
		"ещё ошибок, не показанных здесь: {count}",
		"тағы {count} қате көрсетілмеді")
)

const structure = "CSIP 4.1"

// The structure of the folder.
var (
	STR2 = add("CSIPSTR2", Should, structure, "",
		"the folder is named {found}; it should bear the package's identifier {expected}",
		"папка названа {found}; её следует назвать идентификатором пакета {expected}",
		"қалта {found} деп аталған; оны пакет идентификаторымен {expected} деп атаған жөн")
	STR4 = add("CSIPSTR4", Must, structure, "METS.xml",
		"the package has no METS.xml, so this is no E-ARK package; make it with a program for E-ARK packages",
		"в пакете нет METS.xml, значит это не пакет E-ARK; соберите его программой для пакетов E-ARK",
		"пакетте METS.xml жоқ, демек бұл E-ARK пакеті емес; оны E-ARK пакеттеріне арналған бағдарламамен жинаңыз")
	STR5  = folder("CSIPSTR5", "metadata", "the metadata of the whole package", "метаданных всего пакета", "бүкіл пакеттің метадеректеріне")
	STR6  = inFolder("CSIPSTR6", "metadata/preservation", "preservation metadata", "метаданные о сохранности", "сақтау туралы метадеректердің")
	STR7  = inFolder("CSIPSTR7", "metadata/descriptive", "descriptive metadata", "описательные метаданные", "сипаттама метадеректерінің")
	STR9  = folder("CSIPSTR9", "representations", "the records themselves", "самих документов", "құжаттардың өзіне")
	STR10 = add("CSIPSTR10", Should, structure, "representations",
		"representations should hold one folder for each representation, and nothing else",
		"в representations должно лежать по одной папке на каждое представление и ничего больше",
		"representations ішінде әр көрсетілімге бір қалта ғана болғаны жөн")
	STR11 = folder("CSIPSTR11", "data", "the representation's records", "документов представления", "көрсетілім құжаттарына")
	STR12 = add("CSIPSTR12", Should, structure, "representations/*/METS.xml",
		"the representation should have a METS.xml of its own",
		"у представления должен быть свой METS.xml",
		"көрсетілімнің өз METS.xml файлы болғаны жөн")
	STR13 = folder("CSIPSTR13", "metadata", "the representation's metadata", "метаданных представления", "көрсетілім метадеректеріне")
	STR15 = folder("CSIPSTR15", "schemas", "the XML schemas of the metadata", "схем XML метаданных", "метадеректердің XML сызбаларына")
	STR16 = folder("CSIPSTR16", "documentation", "documentation", "документации", "құжаттамаға")
)

func folder(id, name, en, ru, kk string) *Rule {
	return add(id, Should, structure, name,
		"there should be a folder "+name+" for "+en,
		"желательна папка "+name+" для "+ru,
		kk+" арналған "+name+" қалтасы болғаны жөн")
}

func inFolder(id, name, en, ru, kk string) *Rule {
	return add(id, Should, structure, name,
		en+" should lie in "+name,
		ru+" следует держать в "+name,
		kk+" "+name+" ішінде жатқаны жөн")
}
