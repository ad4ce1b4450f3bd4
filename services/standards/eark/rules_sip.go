package eark

const sipHeader = "SIP 5.3.2"

const (
	creatorAt      = agentAt + "[@ROLE='ARCHIVIST']"
	submitterAt    = agentAt + "[submitting]"
	contactAt      = agentAt + "[@ROLE='CREATOR'][@TYPE='INDIVIDUAL']"
	preservationAt = agentAt + "[@ROLE='PRESERVATION']"
)

// What a submission information package must be besides. The rules of an agent whose
// presence is free hold where it is present.
var (
	SIP2 = add("SIP2", Must, "SIP 5.3.1", "mets/@PROFILE",
		"mets/@PROFILE must be the address of the E-ARK SIP profile, https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml, not {found}",
		"в mets/@PROFILE должен стоять адрес профиля E-ARK SIP, https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml, а не {found}",
		"mets/@PROFILE мәні {found} емес, E-ARK SIP бейінінің мекенжайы https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml болуы керек")
	SIP3 = add("SIP3", May, sipHeader, "metsHdr/@RECORDSTATUS",
		"metsHdr/@RECORDSTATUS is {found}, which is not in the list: NEW, SUPPLEMENT, REPLACEMENT, TEST, VERSION, DELETE, OTHER",
		"в metsHdr/@RECORDSTATUS стоит {found}, этого нет в списке: NEW, SUPPLEMENT, REPLACEMENT, TEST, VERSION, DELETE, OTHER",
		"metsHdr/@RECORDSTATUS мәні {found}, ол тізімде жоқ: NEW, SUPPLEMENT, REPLACEMENT, TEST, VERSION, DELETE, OTHER")
	SIP4     = equals("SIP4", Must, sipHeader, "metsHdr/@csip:OAISPACKAGETYPE", "SIP")
	otherIDs = []otherID{
		identifier("SIP5", "SUBMISSIONAGREEMENT"), identifier("SIP6", "PREVIOUSSUBMISSIONAGREEMENT"),
		identifier("SIP7", "REFERENCECODE"), identifier("SIP8", "PREVIOUSREFERENCECODE"),
	}
	SIP11 = needs("SIP11", Must, sipHeader, creatorAt+"/@TYPE", "ORGANIZATION or INDIVIDUAL", "ORGANIZATION или INDIVIDUAL", "ORGANIZATION немесе INDIVIDUAL")
	SIP12 = needs("SIP12", Must, sipHeader, creatorAt+"/name", "the name of the archival creator", "имя фондообразователя", "қор түзушінің атауы")
	SIP14 = equals("SIP14", Must, sipHeader, creatorAt+"/note/@csip:NOTETYPE", "IDENTIFICATIONCODE")
	SIP15 = needs("SIP15", Must, sipHeader, agentAt, "who submits the package (ROLE CREATOR, TYPE ORGANIZATION or INDIVIDUAL)", "кто передаёт пакет (ROLE CREATOR, TYPE ORGANIZATION или INDIVIDUAL)", "пакетті кім тапсыратыны (ROLE CREATOR, TYPE ORGANIZATION немесе INDIVIDUAL)")
	SIP17 = needs("SIP17", Must, sipHeader, submitterAt+"/@TYPE", "ORGANIZATION or INDIVIDUAL", "ORGANIZATION или INDIVIDUAL", "ORGANIZATION немесе INDIVIDUAL")
	SIP18 = needs("SIP18", Must, sipHeader, submitterAt+"/name", "the name of who submits the package", "имя передающего пакет", "пакетті тапсырушының атауы")
	SIP20 = equals("SIP20", Must, sipHeader, submitterAt+"/note/@csip:NOTETYPE", "IDENTIFICATIONCODE")
	SIP24 = needs("SIP24", Must, sipHeader, contactAt+"/name", "the name of the contact person", "имя контактного лица", "байланыс тұлғасының аты")
	SIP28 = equals("SIP28", Must, sipHeader, preservationAt+"/@TYPE", "ORGANIZATION")
	SIP29 = needs("SIP29", Must, sipHeader, preservationAt+"/name", "the name of the archive", "название архива", "мұрағаттың атауы")
	SIP31 = equals("SIP31", Must, sipHeader, preservationAt+"/note/@csip:NOTETYPE", "IDENTIFICATIONCODE")
)

// otherID is an altRecordID of a known type, with the rule that it says something.
type otherID struct {
	kind  string
	empty *Rule
}

func identifier(id, kind string) otherID {
	return otherID{kind, needs(id, May, sipHeader, "metsHdr/altRecordID[@TYPE='"+kind+"']", "the identifier itself", "сам идентификатор", "идентификатордың өзі")}
}
