package ocfl

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Report is what a validation found, sorted by place.
type Report struct {
	Kind     Kind         `json:"kind"`
	Edition  Edition      `json:"edition"`          // declared; of a root where one was validated
	Layout   string       `json:"layout,omitempty"` // of a root; empty where it is not known, and places were not judged
	Objects  int          `json:"objects"`
	Files    int64        `json:"files"` // content files whose digest was counted
	Bytes    int64        `json:"bytes"`
	Faults   []fault.Item `json:"-"` // E codes
	Warnings []fault.Item `json:"-"` // W codes
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

// Err is nil or the fault Invalid listing all faults.
func (r *Report) Err(what string) error {
	if r.Valid() {
		return nil
	}
	return Invalid.With("path", what, "count", len(r.Faults)).Listing(r.Faults)
}

// settleReport puts findings into words, sorted, E and W apart.
func settleReport(r *Report, found []finding, prefix string) *Report {
	slices.SortStableFunc(found, func(a, b finding) int {
		if c := strings.Compare(a.where, b.where); c != 0 {
			return c
		}
		return strings.Compare(a.rule.Code+fmt.Sprint(a.args...), b.rule.Code+fmt.Sprint(b.args...))
	})
	for _, f := range found {
		item := fault.Item{Where: clip(path.Join(prefix, f.where)), Fault: f.fault()}
		if f.rule.Warning {
			r.Warnings = append(r.Warnings, item)
		} else {
			r.Faults = append(r.Faults, item)
		}
	}
	return r
}
