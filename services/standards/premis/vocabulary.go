package premis

import "strings"

// EventType is what was done, in the words of the Library of Congress's vocabulary
// (https://id.loc.gov/vocabulary/preservation/eventType). Another word is allowed, and
// warned of.
type EventType string

// The types that an archive uses most; every other of the vocabulary is known too.
const (
	Accession                EventType = "accession"
	Appraisal                EventType = "appraisal"
	Capture                  EventType = "capture"
	Creation                 EventType = "creation"
	Deaccession              EventType = "deaccession"
	Deletion                 EventType = "deletion"
	SignatureValidation      EventType = "digital signature validation"
	Dissemination            EventType = "dissemination"
	FilenameChange           EventType = "filename change"
	FixityCheck              EventType = "fixity check"
	FormatIdentification     EventType = "format identification"
	Ingestion                EventType = "ingestion"
	IngestionStart           EventType = "ingestion start"
	IngestionEnd             EventType = "ingestion end"
	PackageCreation          EventType = "information package creation"
	MetadataExtraction       EventType = "metadata extraction"
	MetadataModification     EventType = "metadata modification"
	MessageDigestCalculation EventType = "message digest calculation"
	Migration                EventType = "migration"
	Modification             EventType = "modification"
	Normalization            EventType = "normalization"
	PolicyAssignment         EventType = "policy assignment"
	Quarantine               EventType = "quarantine"
	Recovery                 EventType = "recovery"
	Redaction                EventType = "redaction"
	Refreshment              EventType = "refreshment"
	Replication              EventType = "replication"
	Transfer                 EventType = "transfer"
	Unpacking                EventType = "unpacking"
	Unquarantine             EventType = "unquarantine"
	Validation               EventType = "validation"
	VirusCheck               EventType = "virus check"
)

// AgentType is what sort of agent (https://id.loc.gov/vocabulary/preservation/agentType).
type AgentType string

// The types of agents.
const (
	Person       AgentType = "person"
	Organization AgentType = "organization"
	Software     AgentType = "software"
	Hardware     AgentType = "hardware"
)

// The outcomes of the vocabulary eventOutcome.
const (
	Success = "success"
	Warning = "warning"
	Failure = "fail"
)

// The roles of the vocabularies eventRelatedAgentRole and eventRelatedObjectRole.
const (
	RoleAuthorizer  = "authorizer"
	RoleExecuting   = "executing program"
	RoleImplementer = "implementer"
	RoleValidator   = "validator"
	RoleSource      = "source"
	RoleOutcome     = "outcome"
)

// vocabulary is a list of words that the Library of Congress gives addresses.
type vocabulary struct {
	authority, uri string
	codes          map[string]string // word → code
	words          map[string]string // code → word
}

func newVocabulary(authority string, pairs ...string) *vocabulary {
	v := &vocabulary{authority, "http://id.loc.gov/vocabulary/preservation/" + authority, map[string]string{}, map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		v.codes[pairs[i+1]], v.words[pairs[i]] = pairs[i], pairs[i+1]
	}
	return v
}

func (v *vocabulary) knows(word string) bool { return v.codes[word] != "" }

// word is the vocabulary's own word at an address, however the document spells it.
func (v *vocabulary) word(address string) (string, bool) {
	_, after, ok := strings.Cut(address, "id.loc.gov/vocabulary/preservation/"+v.authority+"/")
	if !ok {
		return "", false
	}
	word, known := v.words[after]
	return word, known
}

var eventTypes = newVocabulary("eventType",
	"acc", "accession", "app", "appraisal", "cap", "capture", "com", "compression", "cop", "compiling",
	"cre", "creation", "dea", "deaccession", "dec", "decompression", "del", "deletion", "der", "decryption",
	"dig", "digital signature validation", "dis", "dissemination", "dsg", "digital signature generation",
	"dsp", "displaying", "enc", "encryption", "exe", "execution", "exp", "exporting", "ext", "extraction",
	"ffa", "forensic feature analysis", "fil", "filename change", "fix", "fixity check", "for", "format identification",
	"ima", "imaging", "ine", "ingestion end", "ing", "ingestion", "ins", "ingestion start", "int", "interpreting",
	"ipc", "information package creation", "ipm", "information package merging", "ips", "information package splitting",
	"mee", "metadata extraction", "mem", "metadata modification", "mes", "message digest calculation",
	"mig", "migration", "mod", "modification", "nor", "normalization", "pac", "packing", "poa", "policy assignment",
	"prt", "printing", "qua", "quarantine", "rec", "recovery", "red", "redaction", "ref", "refreshment",
	"ren", "rendering", "rep", "replication", "tra", "transfer", "unp", "unpacking", "unq", "unquarantine",
	"val", "validation", "vir", "virus check")

var agentTypes = newVocabulary("agentType", "har", "hardware", "org", "organization", "per", "person", "sof", "software")

// digestLength is the number of hexadecimal digits of the algorithms that are known here;
// their names are compared by letters and digits only.
var digestLength = map[string]int{"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}

func digestKey(algorithm string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(algorithm))
}
