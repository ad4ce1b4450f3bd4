package eark

import "fmt"

const (
	root     = "CSIP 5.3.1"
	header   = "CSIP 5.3.2"
	dmd      = "CSIP 5.3.3"
	amd      = "CSIP 5.3.4"
	fileSec  = "CSIP 5.3.5"
	mapping  = "CSIP 5.3.6"
	agentAt  = "metsHdr/agent"
	csipMap  = "structMap[@LABEL='CSIP']"
	division = csipMap + "/div/div"
)

// The root element and the header.
var (
	CSIP1   = needs("CSIP1", Must, root, "mets/@OBJID", "the identifier of the package", "идентификатор пакета", "пакеттің идентификаторы")
	CSIP2   = needs("CSIP2", Must, root, "mets/@TYPE", "the category of the content", "категорию содержания", "мазмұнның санаты")
	CSIP3   = needs("CSIP3", Should, root, "mets/@csip:OTHERTYPE", "the category that TYPE calls OTHER, and only then", "категорию, названную в TYPE как OTHER, и только тогда", "TYPE мәні OTHER болғандағы, тек сондағы санат")
	CSIP4   = needs("CSIP4", Should, root, "mets/@csip:CONTENTINFORMATIONTYPE", "the content information type specification", "спецификацию типа содержания", "мазмұн түрінің ерекшелігі")
	CSIP5   = needs("CSIP5", May, root, "mets/@csip:OTHERCONTENTINFORMATIONTYPE", "the specification that CONTENTINFORMATIONTYPE calls OTHER, and only then", "спецификацию, названную в CONTENTINFORMATIONTYPE как OTHER, и только тогда", "CONTENTINFORMATIONTYPE мәні OTHER болғандағы, тек сондағы ерекшелік")
	CSIP6   = needs("CSIP6", Must, root, "mets/@PROFILE", "the address of the METS profile", "адрес профиля METS", "METS бейінінің мекенжайы")
	CSIP117 = needs("CSIP117", Must, header, "mets/metsHdr", "the header of the package", "заголовок пакета", "пакеттің тақырыбы")
	CSIP7   = needs("CSIP7", Must, header, "metsHdr/@CREATEDATE", "the date and time at which the package was made, none to come", "дату и время создания пакета, не в будущем", "пакет жасалған, болашақтағы емес күн мен уақыт")
	CSIP8   = needs("CSIP8", Should, header, "metsHdr/@LASTMODDATE", "a date and time not before CREATEDATE and none to come", "дату и время не раньше CREATEDATE и не в будущем", "CREATEDATE мәнінен бұрын емес, болашақтағы емес күн мен уақыт")
	CSIP9   = needs("CSIP9", Must, header, "metsHdr/@csip:OAISPACKAGETYPE", "SIP, AIP, DIP, AIU or AIC", "SIP, AIP, DIP, AIU или AIC", "SIP, AIP, DIP, AIU немесе AIC")
	CSIP10  = needs("CSIP10", Must, header, agentAt, "the program that made the package", "программу, создавшую пакет", "пакетті жасаған бағдарлама")
	CSIP11  = needs("CSIP11", Must, header, agentAt+"/@ROLE", "CREATOR for the program that made the package", "CREATOR для программы, создавшей пакет", "пакетті жасаған бағдарлама үшін CREATOR")
	CSIP12  = needs("CSIP12", Must, header, agentAt+"/@TYPE", "OTHER for the program that made the package", "OTHER для программы, создавшей пакет", "пакетті жасаған бағдарлама үшін OTHER")
	CSIP13  = needs("CSIP13", Must, header, agentAt+"/@OTHERTYPE", "SOFTWARE for the program that made the package", "SOFTWARE для программы, создавшей пакет", "пакетті жасаған бағдарлама үшін SOFTWARE")
	CSIP14  = needs("CSIP14", Must, header, agentAt+"/name", "the name of the program that made the package", "название программы, создавшей пакет", "пакетті жасаған бағдарламаның атауы")
	CSIP15  = needs("CSIP15", Must, header, agentAt+"/note", "the version of the program that made the package", "версию программы, создавшей пакет", "пакетті жасаған бағдарламаның нұсқасы")
	CSIP16  = equals("CSIP16", Must, header, agentAt+"/note/@csip:NOTETYPE", "SOFTWARE VERSION")
)

// Descriptive and administrative metadata.
var (
	CSIP17 = needs("CSIP17", Should, dmd, "mets/dmdSec", "the descriptive metadata that lie in metadata/descriptive", "описательные метаданные, лежащие в metadata/descriptive", "metadata/descriptive ішіндегі сипаттама метадеректері")
	CSIP18 = xmlID("CSIP18", dmd, "dmdSec/@ID")
	CSIP19 = needs("CSIP19", Must, dmd, "dmdSec/@CREATED", "the date and time at which the description was made", "дату и время создания описания", "сипаттама жасалған күн мен уақыт")
	CSIP20 = status("CSIP20", dmd, "dmdSec")

	descriptive = references(21, dmd, "dmdSec")

	CSIP31 = needs("CSIP31", Should, amd, "mets/amdSec", "the metadata that lie in metadata/preservation, in one section", "метаданные, лежащие в metadata/preservation, в одном разделе", "metadata/preservation ішіндегі метадеректер бір бөлімде")
	CSIP32 = needs("CSIP32", Should, amd, "amdSec/digiprovMD", "each file of metadata/preservation", "каждый файл из metadata/preservation", "metadata/preservation ішіндегі әр файл")
	CSIP33 = xmlID("CSIP33", amd, "amdSec/digiprovMD/@ID")
	CSIP34 = status("CSIP34", amd, "amdSec/digiprovMD")

	provenance = references(35, amd, "amdSec/digiprovMD")

	CSIP46 = xmlID("CSIP46", amd, "amdSec/rightsMD/@ID")
	CSIP47 = status("CSIP47", amd, "amdSec/rightsMD")

	rightsRefs = references(48, amd, "amdSec/rightsMD")
)

func status(id, clause, element string) *Rule {
	return needs(id, Should, clause, element+"/@STATUS", "CURRENT or SUPERSEDED", "CURRENT или SUPERSEDED", "CURRENT немесе SUPERSEDED")
}

// link are the rules of an element that points to a file. Rules that a kind of element
// does not have are nil.
type link struct {
	there, loctype, kind, href, mdtype, mime, size, created, checksum, algorithm *Rule
}

// references are the rules of an mdRef, whose numbers follow one another.
func references(first int, clause, element string) link {
	id := func(n int) string { return fmt.Sprintf("CSIP%d", first+n) }
	at := element + "/mdRef"
	return link{
		there:    needs(id(0), Should, clause, at, "a reference to the file with the metadata", "ссылку на файл с метаданными", "метадеректер файлына сілтеме"),
		loctype:  equals(id(1), Must, clause, at+"/@LOCTYPE", "URL"),
		kind:     equals(id(2), Must, clause, at+"/@xlink:type", "simple"),
		href:     needs(id(3), Must, clause, at+"/@xlink:href", "the path of the file", "путь к файлу", "файлдың жолы"),
		mdtype:   needs(id(4), Must, clause, at+"/@MDTYPE", "the kind of metadata, a word of METS's list", "вид метаданных словом из списка METS", "METS тізіміндегі метадерек түрі"),
		mime:     needs(id(5), Must, clause, at+"/@MIMETYPE", "the media type of the file", "медиатип файла", "файлдың медиа түрі"),
		size:     needs(id(6), Must, clause, at+"/@SIZE", "the size of the file in bytes", "размер файла в байтах", "файлдың байтпен өлшемі"),
		created:  needs(id(7), Must, clause, at+"/@CREATED", "the date and time at which the file was made", "дату и время создания файла", "файл жасалған күн мен уақыт"),
		checksum: needs(id(8), Must, clause, at+"/@CHECKSUM", "the checksum of the file, in hexadecimal", "контрольную сумму файла в шестнадцатеричном виде", "файлдың он алтылық бақылау сомасы"),
		algorithm: needs(id(9), Must, clause, at+"/@CHECKSUMTYPE", "the algorithm of the checksum, a word of METS's list", "алгоритм контрольной суммы словом из списка METS",
			"METS тізіміндегі бақылау сомасының алгоритмі"),
	}
}

// names is a reference to metadata that nobody need give, but that leads to some.
func names(id, location string) *Rule {
	return add(id, May, fileSec, location,
		location+" names {found}, which is no section of such metadata in the file",
		"в "+location+" назван {found}, такого раздела метаданных в файле нет",
		location+" ішінде аталған {found} – файлда ондай метадеректер бөлімі жоқ")
}

const groupAt, fileAt = "fileSec/fileGrp", "fileSec/fileGrp/file"

// The files.
var (
	CSIP58  = needs("CSIP58", Should, fileSec, "mets/fileSec", "the files of the package, in one section", "файлы пакета в одном разделе", "пакет файлдары бір бөлімде")
	CSIP59  = xmlID("CSIP59", fileSec, "fileSec/@ID")
	CSIP60  = needs("CSIP60", Must, fileSec, groupAt+"[@USE='Documentation']", "the files of the folder documentation", "файлы папки documentation", "documentation қалтасының файлдары")
	CSIP113 = needs("CSIP113", Must, fileSec, groupAt+"[@USE='Schemas']", "the files of the folder schemas", "файлы папки schemas", "schemas қалтасының файлдары")
	CSIP114 = needs("CSIP114", Must, fileSec, groupAt+"[starts-with(@USE,'Representations')]", "the METS files of the representations, or their files", "файлы METS представлений или их файлы", "көрсетілімдердің METS файлдары немесе олардың файлдары")
	CSIP61  = names("CSIP61", groupAt+"/@ADMID")
	CSIP62  = needs("CSIP62", Should, fileSec, groupAt+"/@csip:CONTENTINFORMATIONTYPE", "the content information type specification of the representation", "спецификацию типа содержания представления", "көрсетілім мазмұны түрінің ерекшелігі")
	CSIP63  = needs("CSIP63", May, fileSec, groupAt+"/@csip:OTHERCONTENTINFORMATIONTYPE", "the specification that CONTENTINFORMATIONTYPE calls OTHER, and only then", "спецификацию, названную в CONTENTINFORMATIONTYPE как OTHER, и только тогда", "CONTENTINFORMATIONTYPE мәні OTHER болғандағы, тек сондағы ерекшелік")
	CSIP64  = needs("CSIP64", Must, fileSec, groupAt+"/@USE", "the folder whose files the group names", "папку, файлы которой называет группа", "топ файлдарын атайтын қалта")
	CSIP65  = xmlID("CSIP65", fileSec, groupAt+"/@ID")
	CSIP66  = needs("CSIP66", Must, fileSec, fileAt, "at least one file", "хотя бы один файл", "кемінде бір файл")
	CSIP67  = xmlID("CSIP67", fileSec, fileAt+"/@ID")
	CSIP74  = names("CSIP74", fileAt+"/@ADMID")
	CSIP75  = names("CSIP75", fileAt+"/@DMDID")

	files = link{
		mime:     needs("CSIP68", Must, fileSec, fileAt+"/@MIMETYPE", "the media type of the file", "медиатип файла", "файлдың медиа түрі"),
		size:     needs("CSIP69", Must, fileSec, fileAt+"/@SIZE", "the size of the file in bytes", "размер файла в байтах", "файлдың байтпен өлшемі"),
		created:  needs("CSIP70", Must, fileSec, fileAt+"/@CREATED", "the date and time at which the file was made", "дату и время создания файла", "файл жасалған күн мен уақыт"),
		checksum: needs("CSIP71", Must, fileSec, fileAt+"/@CHECKSUM", "the checksum of the file, in hexadecimal", "контрольную сумму файла в шестнадцатеричном виде", "файлдың он алтылық бақылау сомасы"),
		algorithm: needs("CSIP72", Must, fileSec, fileAt+"/@CHECKSUMTYPE", "the algorithm of the checksum, a word of METS's list", "алгоритм контрольной суммы словом из списка METS",
			"METS тізіміндегі бақылау сомасының алгоритмі"),
		there:   needs("CSIP76", Must, fileSec, fileAt+"/FLocat", "exactly one place of the file", "ровно одно место файла", "файлдың дәл бір орны"),
		loctype: equals("CSIP77", Must, fileSec, fileAt+"/FLocat/@LOCTYPE", "URL"),
		kind:    equals("CSIP78", Must, fileSec, fileAt+"/FLocat/@xlink:type", "simple"),
		href:    needs("CSIP79", Must, fileSec, fileAt+"/FLocat/@xlink:href", "the path of the file", "путь к файлу", "файлдың жолы"),
	}
)

// The structural map.
var (
	CSIP80 = needs("CSIP80", Must, mapping, "mets/structMap", "the structure of the package", "структуру пакета", "пакеттің құрылымы")
	CSIP81 = equals("CSIP81", Must, mapping, csipMap+"/@TYPE", "PHYSICAL")
	CSIP82 = needs("CSIP82", Must, mapping, csipMap, "exactly one map with the label CSIP", "ровно одну карту с меткой CSIP", "CSIP белгісі бар дәл бір карта")
	CSIP83 = xmlID("CSIP83", mapping, csipMap+"/@ID")
	CSIP84 = needs("CSIP84", Must, mapping, csipMap+"/div", "exactly one division", "ровно один раздел", "дәл бір бөлім")
	CSIP85 = xmlID("CSIP85", mapping, csipMap+"/div/@ID")
	CSIP88 = needs("CSIP88", Must, mapping, division+"[@LABEL='Metadata']", "exactly one division for the metadata", "ровно один раздел для метаданных", "метадеректерге арналған дәл бір бөлім")
	CSIP91 = needs("CSIP91", Should, mapping, division+"[@LABEL='Metadata']/@ADMID", "every current section of administrative metadata", "каждый действующий раздел административных метаданных", "әкімшілік метадеректердің әр қолданыстағы бөлімі")
	CSIP92 = needs("CSIP92", Should, mapping, division+"[@LABEL='Metadata']/@DMDID", "every current section of descriptive metadata", "каждый действующий раздел описательных метаданных", "сипаттама метадеректерінің әр қолданыстағы бөлімі")
	CSIP89 = xmlID("CSIP89", mapping, division+"[@LABEL='Metadata']/@ID")
	CSIP90 = equals("CSIP90", Must, mapping, division+"/@LABEL", "Metadata")

	documentationDiv  = contents("Documentation", 93, 94, 95, 96, 116)
	schemasDiv        = contents("Schemas", 97, 98, 99, 100, 118)
	representationDiv = contents("Representations", 101, 102, 103, 104, 119)

	CSIP105 = needs("CSIP105", Should, mapping, division, "a division for each representation that has a METS file", "раздел для каждого представления с файлом METS", "METS файлы бар әр көрсетілімге бөлім")
	CSIP106 = xmlID("CSIP106", mapping, division+"[mptr]/@ID")
	CSIP107 = equals("CSIP107", Must, mapping, division+"[mptr]/@LABEL", "{expected}")
	CSIP108 = needs("CSIP108", Must, mapping, division+"/mptr/@xlink:title", "the identifier of the file group of the representation", "идентификатор группы файлов представления", "көрсетілім файлдары тобының идентификаторы")

	pointer = link{
		there:   needs("CSIP109", Must, mapping, division+"/mptr", "exactly one pointer to the METS file of the representation", "ровно один указатель на файл METS представления", "көрсетілімнің METS файлына дәл бір сілтеуіш"),
		href:    needs("CSIP110", Must, mapping, division+"/mptr/@xlink:href", "the path of the METS file of the representation", "путь к файлу METS представления", "көрсетілімнің METS файлының жолы"),
		kind:    equals("CSIP111", Must, mapping, division+"/mptr/@xlink:type", "simple"),
		loctype: equals("CSIP112", Must, mapping, division+"/mptr/@LOCTYPE", "URL"),
	}
)

// divisionRules are those of a division that stands for the file groups of one use.
type divisionRules struct {
	name                          string
	there, id, label, all, fileID *Rule
}

func contents(name string, there, id, label, all, fileID int) divisionRules {
	at := division + "[@LABEL='" + name + "']"
	n := func(n int) string { return fmt.Sprintf("CSIP%d", n) }
	return divisionRules{
		name:   name,
		there:  needs(n(there), Should, mapping, at, "a division for the file groups "+name, "раздел для групп файлов "+name, name+" файл топтарына арналған бөлім"),
		id:     xmlID(n(id), mapping, at+"/@ID"),
		label:  equals(n(label), Must, mapping, division+"/@LABEL", name),
		all:    needs(n(all), Should, mapping, at+"/fptr", "every file group "+name, "каждую группу файлов "+name, "әр "+name+" файл тобы"),
		fileID: needs(n(fileID), Must, mapping, at+"/fptr/@FILEID", "the identifier of a file group "+name, "идентификатор группы файлов "+name, name+" файл тобының идентификаторы"),
	}
}
