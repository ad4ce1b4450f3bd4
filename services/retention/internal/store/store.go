// Package store keeps what the retention service knows: organisations, their nomenclatures,
// the files in departments, the approved inventories and the duties to transfer them.
//
// It holds the decisions (closures that gather facts and ask the rules), Apply, which writes
// what follows from each event, and the reading functions. Every decision takes a few Gets;
// only inventories go through rows, at most 5,000.
//
//	organisations  organisation id                       → Organisation
//	entries        organisation 0 year(2) index          → NomenclatureEntry
//	counters       organisation 0 year(2) index          → n (4): files opened under the entry
//	               organisation 0 year(2)                → n (4): entries of the year
//	files          number(8)                             → seq(8) of its FileOpened, DepartmentFile
//	departments    organisation 0 number(8)              → nothing: an organisation's files
//	inventories    inventory id                          → DueTransfer
//	rows           inventory id 0 position(4)            → file id
//	transfers      year(2) n(4)                          → inventory id
//	accessions     accession number                      → transfer id
//	due            "a" duty | "o" organisation 0 duty    → inventory id
//	               duty: 0 due day 0 inventory id while it waits or is due;
//	                     1 due day, every bit turned, 0 inventory id once fulfilled: latest first
//
// Numbers are big endian. A file's id is its number in the register of files, in the order of
// registration, so that its row and its timeline are appended: keys in any other order cost
// a page of the disk each, and registering a file wrote 21 KB when ids began with the
// organisation. There is no index by state, for the same reason; a department's files are few.
//
// Timers: "transfer-due", keyed by inventory id, at the first moment of the due day in Almaty.
package store

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
)

// Name is the service's name.
const Name = "retention"

// TimerDue is the kind of the timer that lets an inventory fall due.
const TimerDue = "transfer-due"

// Limits that the API promises.
const (
	MaxListed  = 5000 // files in one inventory
	MaxEntries = 5000 // lines in a year's nomenclature
	MaxPage    = 500  // rows of a list
	// MaxPageBytes ends a page early: titles may be long, and a gRPC message holds 4 MiB.
	MaxPageBytes = 2 << 20
)

// States of a file, as the API names them.
const (
	StateOpen        = "open"
	StateClosed      = "closed"
	StateListed      = "listed"
	StateDue         = "due"
	StateTransferred = "transferred"
)

// States of a duty to transfer.
const (
	DutyWaiting   = "waiting"
	DutyDue       = "due"
	DutyFulfilled = "fulfilled"
)

// Schema is what the service keeps.
func Schema() store.Schema {
	return store.Schema{Version: 2, Buckets: []store.Bucket{
		{Name: "organisations"},
		{Name: "entries"},
		{Name: "counters"},
		{Name: "files", Appending: true},
		{Name: "departments", Appending: true},
		{Name: "inventories"},
		{Name: "rows", Appending: true},
		{Name: "transfers", Appending: true},
		{Name: "accessions", Appending: true},
		{Name: "due"},
	}}
}

// Rules are the decisions of the service with what they need beside the store.
type Rules struct {
	// Set is the law as dated data.
	Set *rules.Set
	// Grounds are the grounds of restriction that the archive knows; a label with another
	// one is refused.
	Grounds []string
}

// fileID is a file's number in the register of files, from 1.
type fileID uint64

// String is the id as others hold it.
func (id fileID) String() string { return strconv.FormatUint(uint64(id), 10) }

// parseFileID reads an id in exactly the form that String writes: one file has one id.
func parseFileID(s string) (fileID, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	return fileID(n), err == nil && n > 0 && fileID(n).String() == s
}

// nextFile is the id of the file that is registered next.
func nextFile(v *store.View) fileID {
	key, _ := v.Last("files", nil)
	if len(key) != 8 {
		return 1
	}
	return fileID(binary.BigEndian.Uint64(key) + 1)
}

// entryKey is the key of a nomenclature's line and of its counter.
func entryKey(organisation string, year uint32, index string) []byte {
	return append(yearKey(organisation, year), index...)
}

func yearKey(organisation string, year uint32) []byte {
	key := make([]byte, 0, len(organisation)+32)
	key = append(append(key, organisation...), 0)
	return binary.BigEndian.AppendUint16(key, uint16(year))
}

func (id fileID) key() []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

// departmentKey is the row of a file among its organisation's.
func departmentKey(organisation string, id fileID) []byte {
	return append(append([]byte(organisation), 0), id.key()...)
}

// IsState tells whether files have such a state.
func IsState(state string) bool {
	switch state {
	case StateOpen, StateClosed, StateListed, StateDue, StateTransferred:
		return true
	}
	return false
}

func rowKey(inventory string, position uint32) []byte {
	return binary.BigEndian.AppendUint32(append([]byte(inventory), 0), position)
}

func rowPrefix(inventory string) []byte { return append([]byte(inventory), 0) }

// transferKey reads "2026-1" as a key; ok is false for anything else.
func transferKey(id string) (key []byte, ok bool) {
	y, n, found := strings.Cut(id, "-")
	year, err1 := strconv.ParseUint(y, 10, 16)
	number, err2 := strconv.ParseUint(n, 10, 32)
	if !found || err1 != nil || err2 != nil || transferID(uint16(year), uint32(number)) != id {
		return nil, false
	}
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, uint16(year)), uint32(number)), true
}

func transferID(year uint16, n uint32) string { return fmt.Sprintf("%d-%d", year, n) }

// dutyKeys are the two rows of an inventory with a due day in the list of duties.
func dutyKeys(organisation, dueOn, inventory string, fulfilled bool) [2][]byte {
	day := []byte(dueOn)
	duty := []byte{0}
	if fulfilled {
		duty[0] = 1
		for i := range day {
			day[i] = ^day[i]
		}
	}
	duty = append(append(append(duty, day...), 0), inventory...)
	return [2][]byte{append([]byte("a"), duty...), append(dutyPrefix(organisation), duty...)}
}

// dutyDay is the due day that a duty's row stands under.
func dutyDay(duty []byte) string {
	if len(duty) < 1+len("2006-01-02") {
		return ""
	}
	day := append([]byte(nil), duty[1:1+len("2006-01-02")]...)
	if duty[0] == 1 {
		for i := range day {
			day[i] = ^day[i]
		}
	}
	return string(day)
}

// dutyPrefix begins the duties of an organisation; of all where it is empty.
func dutyPrefix(organisation string) []byte {
	if organisation == "" {
		return []byte("a")
	}
	return append(append([]byte("o"), organisation...), 0)
}

// Refs of events.
func organisationRef(id string) journal.Ref { return journal.Ref{Type: "organisation", ID: id} }
func fileRef(id string) journal.Ref         { return journal.Ref{Type: "file", ID: id} }
func inventoryRef(id string) journal.Ref    { return journal.Ref{Type: "inventory", ID: id} }
func transferRef(id string) journal.Ref     { return journal.Ref{Type: "transfer", ID: id} }
func accessionRef(id string) journal.Ref    { return journal.Ref{Type: "accession", ID: id} }
