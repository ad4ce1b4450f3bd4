package ocfl

import "github.com/qoyma/qoyma/services/platform/fault"

// Report is what a validation found, sorted by place.
type Report struct {
	Kind     Kind         `json:"kind"`
	Edition  Edition      `json:"edition"`          // declared; of a root where one was validated
	Layout   string       `json:"layout,omitempty"` // of a root; empty where it is not known, and places were not judged
	Objects  int          `json:"objects"`
	Files    int64        `json:"files"` // content files whose digest was counted
	Bytes    int64        `json:"bytes"`
	Faults   []fault.Item `json:"-"` // E codes: the first, and behind them MoreFaults where there are more
	Warnings []fault.Item `json:"-"` // W codes, as Faults

	FaultCount   int `json:"fault_count"`
	WarningCount int `json:"warning_count"`
}

// Kind is what was validated.
type Kind string

// The kinds.
const (
	ObjectKind Kind = "object"
	RootKind   Kind = "root"
)

// Valid says whether no E code was found.
func (r *Report) Valid() bool { return len(r.Faults) == 0 }

// Invalid is the answer for a whole object or storage root; its items say what is wrong.
var Invalid = fault.Define(fault.Refused, "ocfl.invalid",
	"{path} does not follow OCFL: {count} faults; restore what is listed from a copy",
	"{path} не соответствует OCFL, нарушений: {count}; восстановите перечисленное из копии",
	"{path} OCFL талаптарына сай емес, бұзушылық саны: {count}; тізімдегіні көшірмеден қалпына келтіріңіз")

// NotOCFL is answered where a folder is neither an object nor a storage root.
var NotOCFL = fault.Define(fault.Refused, "ocfl.neither",
	"{path} is neither an OCFL object nor a storage root: it declares nothing (a file 0=ocfl_…) and has no inventory.json",
	"{path} – не объект и не хранилище OCFL: нет объявления (файла 0=ocfl_…) и нет inventory.json",
	"{path} OCFL объектісі де, қоймасы да емес: жариялауы (0=ocfl_… файлы) да, inventory.json файлы да жоқ")

// Err is nil or the fault Invalid listing Faults.
func (r *Report) Err(what string) error {
	if r.Valid() {
		return nil
	}
	return Invalid.With("path", what, "count", r.FaultCount).Listing(r.Faults)
}

// settle puts findings into words, sorted, E and W apart.
func (r *Report) settle(found findings) *Report {
	r.Faults, r.FaultCount = inWords(found.faults)
	r.Warnings, r.WarningCount = inWords(found.warnings)
	return r
}
