// Package store keeps what the reference service knows: requests with their dates and answers,
// the holds that they place, the papers that were printed, and who signs.
//
// It holds the decisions (closures that gather facts and ask the rules), Apply, which writes
// what follows from each event, the reading functions and Check.
//
//	requests  year(2) n(4)                → RequestRow
//	queue     due day 0 year(2) n(4)      → nothing: open requests, least time left first
//	closed    year(2) n(4), bits turned   → nothing: closed requests, newest first
//	holds     file code 0 year(2) n(4)    → nothing: files that open requests name
//	locks     accession 0 deaccession(4)  → FilesLocked: files that leave, or have left
//	declined  accession 0 deaccession(4)  → nothing: deaccessions that lock nothing any more
//	locked    file code                   → the row of locks that names it
//	prints    SHA-256, hexadecimal        → number of the paper: every PDF that must stand in the folder
//	pending   number of the paper         → seq(8) of CertificateSigned: proof still to be appended
//	counters  "request" year(2), "oral" year(2) → last number given(4); "open", "overdue" → count(4)
//	signers   account                     → SignerRow
//	codes     SHA-256 of a one-time code  → account
//
// Numbers are big endian. Timers: "due" and "near", keyed by "number/duty", at the first moment
// in Almaty of the day after the date, and of the day three days before it.
package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/term"
)

// Name is the service's name.
const Name = "reference"

// Faults of what is looked for.
var (
	Unknown = fault.Define(fault.NotFound, "reference.request.unknown",
		"there is no request {number}; look at the number on the confirmation",
		"запроса {number} нет; проверьте номер на подтверждении",
		"{number} сұрау салуы жоқ; растаудағы нөмірді тексеріңіз")
	NoPaper = fault.Define(fault.NotFound, "reference.paper.unknown",
		"there is no paper {number} to be had; look at the request's state",
		"документа {number} нет или он ещё не готов; посмотрите состояние запроса",
		"{number} құжаты жоқ немесе әлі дайын емес; сұрау салудың күйін қараңыз")
	NoSigner = fault.Define(fault.NotFound, "reference.signer.unknown",
		"{account} is not enrolled to sign; the administrator invites signers, and each enrols with the code",
		"{account} не зарегистрирован для подписания; администратор приглашает подписывающих, и каждый регистрируется по коду",
		"{account} қол қоюға тіркелмеген; қол қоюшыны әкімші шақырады, әрқайсысы кодпен тіркеледі")
)

// Limits that the API promises.
const (
	MaxPage     = 100
	MaxHolds    = 500
	MaxVersions = 200 // drafts of one request
	MaxFindings = 500
	MaxWords    = 200 // exchanges, and complaints, of one request
	// examined is the most rows that one transaction looks at for a filtered page.
	examined = 1000
)

// Timers.
const (
	TimerDue  = "due"
	TimerNear = "near"
	nearDays  = 3
)

// Schema is the buckets above.
func Schema() base.Schema {
	return base.Schema{Version: 2, Buckets: []base.Bucket{
		{Name: "requests", Appending: true},
		{Name: "queue"},
		{Name: "closed"},
		{Name: "holds"},
		{Name: "locks"},
		{Name: "declined"},
		{Name: "locked"},
		{Name: "prints"},
		{Name: "pending"},
		{Name: "counters"},
		{Name: "signers"},
		{Name: "codes"},
	}}
}

// Rules are the decisions of the service with what they need beside the store.
type Rules struct{ Law term.Law }

// personal is who may read a sealed body: level 2 with the ground "personal" (IS-2).
var personal = base.Label{Level: 2, Grounds: []string{"personal"}}

// Personal is the label of every sealed body.
func Personal() *journalv1.Label {
	return &journalv1.Label{Level: personal.Level, Grounds: slices.Clone(personal.Grounds)}
}

func numberKey(n request.Number) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, uint16(n.Year)), n.N)
}

func numberOf(k []byte) request.Number {
	if len(k) != 6 {
		return request.Number{}
	}
	return request.Number{Year: int(binary.BigEndian.Uint16(k)), N: binary.BigEndian.Uint32(k[2:])}
}

func turned(k []byte) []byte {
	out := make([]byte, len(k))
	for i := range k {
		out[i] = ^k[i]
	}
	return out
}

func under(prefix string, rest ...byte) []byte { return append(append([]byte(prefix), 0), rest...) }

func yearKey(kind string, year int) []byte {
	return binary.BigEndian.AppendUint16([]byte(kind), uint16(year))
}

func counter(v *base.View, key []byte) uint32 {
	raw := v.Get("counters", key)
	if len(raw) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(raw)
}

func setCounter(tx *base.Tx, key []byte, n uint32) {
	tx.Put("counters", key, binary.BigEndian.AppendUint32(nil, n))
}

// deterministic: the fold compares bytes.
var deterministic = proto.MarshalOptions{Deterministic: true}

func put(tx *base.Tx, bucket string, key []byte, m proto.Message) error {
	raw, err := deterministic.Marshal(m)
	if err != nil {
		return fmt.Errorf("%s: %w", bucket, err)
	}
	tx.Put(bucket, key, raw)
	return nil
}

// get reads a row into m; false where there is none.
func get(v *base.View, bucket string, key []byte, m proto.Message) (bool, error) {
	raw := v.Get(bucket, key)
	if raw == nil {
		return false, nil
	}
	if err := proto.Unmarshal(raw, m); err != nil {
		return false, fmt.Errorf("%s %q: %w", bucket, key, err)
	}
	return true, nil
}

// Request is one request. Errors: request.BadNumber, Unknown.
func Request(v *base.View, number string) (*referencev1.RequestRow, error) {
	n, err := request.ParseNumber(number)
	if err != nil {
		return nil, err
	}
	row := new(referencev1.RequestRow)
	ok, err := get(v, "requests", numberKey(n), row)
	if err == nil && !ok {
		err = Unknown.With("number", number)
	}
	return row, err
}

// Paper is one printed answer with its request. Errors: request.BadNumber, NoPaper.
func Paper(v *base.View, number string) (*referencev1.RequestRow, *referencev1.PaperRow, error) {
	p, err := request.ParsePaper(number)
	if err != nil {
		return nil, nil, err
	}
	row := new(referencev1.RequestRow)
	ok, err := get(v, "requests", numberKey(p.Request), row)
	if err != nil {
		return nil, nil, err
	}
	if !ok || int(p.N) > len(row.GetPapers()) {
		return nil, nil, NoPaper.With("number", number)
	}
	return row, row.GetPapers()[p.N-1], nil
}

// Account is the account of an actor "person:…".
func Account(actor string) string { return strings.TrimPrefix(actor, "person:") }

// Refs of events, the object whose key seals first.
func requestRef(number string) journal.Ref { return journal.Ref{Type: "request", ID: number} }
func paperRef(number string) journal.Ref   { return journal.Ref{Type: "certificate", ID: number} }
func codeRef(code string) journal.Ref      { return journal.Ref{Type: "code", ID: code} }
func signerRef(account string) journal.Ref { return journal.Ref{Type: "signer", ID: account} }

// About are the refs of an event of a request.
func About(number string, more ...journal.Ref) []journal.Ref {
	return append([]journal.Ref{requestRef(number)}, more...)
}

// open tells whether a request is not closed.
func open(row *referencev1.RequestRow) bool {
	return row.GetSummary().GetState() != string(request.Closed)
}

// dutyOf is a duty of a request by its kind; nil where it has none.
func dutyOf(duties []*referencev1.Duty, kind string) *referencev1.Duty {
	for _, d := range duties {
		if d.GetKind() == kind {
			return d
		}
	}
	return nil
}
