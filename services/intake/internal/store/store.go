// Package store is what the intake service keeps: transfers with their expected files, the
// package that was taken, the plans of acceptances under way, and the book of accessions.
//
//	transfers   ‹transfer›               → Transfer, without lists of faults
//	states      ‹state› 0 ‹transfer›     → nothing: transfers by state
//	counts      ‹state›                  → how many transfers (8)
//	departments ‹organisation› 0 ‹state› 0 ‹transfer› → nothing: an organisation's, by state; and once
//	            more under the empty state, all of them
//	lists       ‹transfer›               → rows (4), 1 once the last has come, strictest Label
//	expected    ‹transfer› 0 ‹position›  → record.File
//	faults      ‹transfer›               → PackageRefused, of the last package if it was refused
//	warnings    ‹transfer›               → PackageChecked, of the package that stands
//	content     ‹transfer› 0 ‹package› 0 ‹path› → ContentFile, of the packages that stand, and of
//	            those in leftovers
//	standing    ‹transfer› 0 seq (8)     → PackageChecked, id, redone positions, scanner: the packages that stand
//	leftovers   ‹transfer› 0 ‹package›   → nothing: its rows count for nothing, and are to be forgotten
//	duplicates  ‹transfer› 0 ‹path›      → DuplicateFile, of the package that stands
//	contacts    ‹transfer›               → seq of the last ContactNamed (the person is sealed)
//	plans       ‹transfer›               → seq of AcceptanceBegun; gone once both acts exist
//	books       ‹year›                   → last number (4), units in all (8)
//	accessions  ‹year› ‹number›          → Accession with its acts, that of description too
//	accepted    ‹year› ‹number› 0 ‹position› → AcceptedFile
//	objects     object id                → ‹year› ‹number›
//	digests     ‹SHA-256, first 16 bytes› ‹year› ‹number› → path of the first file with these bytes
//	uploadlimits ‹organisation› 0 ‹day›  → UploadLimitsSet
//
//	announced   ‹year›                   → last number of an announced transfer (4)
//	findings    ‹transfer› 0 ‹position›  → UnitFinding of a unit on paper
//	explained   ‹transfer› 0 ‹position›  → seq of the UnitsChecked whose sealed body says who explained
//	returns     ‹transfer› 0 ‹position›  → returned, answered or redone
//	reasons     ‹transfer› 0 ‹position›  → ReturnedRow, the last
//	remarks     ‹transfer› 0 ‹position› 0 seq → RowRemark
//	receipts    ‹transfer› 0 ‹number›    → Receipt
//	boxes       ‹year› ‹number› 0 ‹box›  → Box
//	leaving     ‹year› ‹number› 0 ‹deaccession› → Deaccession
//	left        ‹year› ‹number› 0 ‹position› → number of the deaccession proposed or done (4)
//	doomed      ‹year› ‹number› 0 ‹deaccession› → nothing: its content is to be destroyed, and nothing stands in the way any more
//	removing    ‹year› ‹number› 0 ‹deaccession› → nothing: its accession's object is to be removed
//	signers     account                  → SignerKeyKnown, the last
//	approvals   ‹state› 0 ‹year› ‹number› → nothing: what was laid before the commission, by state
//	versions    ‹year› ‹number› 0 ‹version› → ObjectVersionAdded, of the accession's object; the first is that
//	            of the acceptance
//	versioning  ‹year› ‹number›          → seq of ObjectVersionBegun; gone once the version stands
//	chronicle   ‹year› ‹number› 0 seq    → nothing: the events that the object's history tells of
//	untold      ‹year› ‹number›          → nothing: there are some of which no version tells yet
//
// ‹transfer› is the number in an order that people expect ("2026-9" before "2026-10"), ‹year›
// is 2 bytes, ‹number› and ‹position› are 4, all big endian. Every row follows from the
// journal by Apply.
package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Schema is the buckets above.
func Schema() base.Schema {
	return base.Schema{Version: 4, Buckets: []base.Bucket{
		{Name: "transfers"},
		{Name: "states"},
		{Name: "counts"},
		{Name: "departments"},
		{Name: "lists"},
		{Name: "expected"},
		{Name: "faults"},
		{Name: "warnings"},
		{Name: "content"},
		{Name: "contacts"},
		{Name: "plans"},
		{Name: "books"},
		{Name: "accessions", Appending: true},
		{Name: "accepted", Appending: true},
		{Name: "objects"},
		{Name: "announced"},
		{Name: "findings"},
		{Name: "explained"},
		{Name: "returns"},
		{Name: "reasons"},
		{Name: "remarks"},
		{Name: "receipts"},
		{Name: "boxes"},
		{Name: "leaving"},
		{Name: "left"},
		{Name: "doomed"},
		{Name: "removing"},
		{Name: "signers"},
		{Name: "uploadlimits"},
		{Name: "standing"},
		{Name: "leftovers"},
		{Name: "duplicates"},
		{Name: "digests"},
		{Name: "approvals"},
		{Name: "versions"},
		{Name: "versioning"},
		{Name: "chronicle"},
		{Name: "untold"},
	}}
}

// departmentKey is the row of a transfer among its organisation's in a state.
func departmentKey(organisation, state string, transfer []byte) []byte {
	return under(under([]byte(organisation), []byte(state)...), transfer...)
}

// key orders transfers by year and number, announced ones ("A2026-1") after those of retention. A
// number that is written otherwise comes after all others, in the order of its text.
func key(id string) []byte {
	if year, n, err := announcedNumber(id); err == nil {
		return fmt.Appendf(nil, "A%04d-%010d", year, n)
	}
	if n, err := transfer.ParseNumber(id); err == nil {
		return fmt.Appendf(nil, "%04d-%010d", n.Year, n.N)
	}
	return append([]byte("~"), id...)
}

func under(prefix []byte, rest ...byte) []byte {
	return append(append(slices.Clone(prefix), 0), rest...)
}

func rowKey(prefix []byte, position uint32) []byte {
	return binary.BigEndian.AppendUint32(under(prefix), position)
}

func numberKey(n transfer.Number) []byte {
	k := binary.BigEndian.AppendUint16(nil, uint16(n.Year))
	return binary.BigEndian.AppendUint32(k, n.N)
}

func numberOf(k []byte) transfer.Number {
	if len(k) < 6 {
		return transfer.Number{}
	}
	return transfer.Number{Year: int(binary.BigEndian.Uint16(k)), N: binary.BigEndian.Uint32(k[2:])}
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

// Transfer is one transfer without its lists of faults; the fault Unknown where there is none.
func Transfer(v *base.View, id string) (*intakev1.Transfer, error) {
	t := new(intakev1.Transfer)
	ok, err := get(v, "transfers", key(id), t)
	if err == nil && !ok {
		err = transfer.Unknown.With("id", clip.Value(id))
	}
	return t, err
}

// Findings are the faults of the last refused package and the warnings of the one that stands.
func Findings(v *base.View, id string) (refused *intakev1.PackageRefused, checked *intakev1.PackageChecked, err error) {
	refused, checked = new(intakev1.PackageRefused), new(intakev1.PackageChecked)
	if _, err = get(v, "faults", key(id), refused); err == nil {
		_, err = get(v, "warnings", key(id), checked)
	}
	return refused, checked, err
}

// Mine is one transfer of an organisation that the department has; the fault for any other is
// Unknown, whether it exists or not.
func Mine(v *base.View, id string, of monitor.Department) (*intakev1.Transfer, error) {
	t, err := Transfer(v, id)
	if err == nil && !of.Has(t.GetOrganisation().GetId()) {
		return new(intakev1.Transfer), transfer.Unknown.With("id", clip.Value(id))
	}
	return t, err
}

// Counts is how many transfers there are in each state.
func Counts(v *base.View) (counts []*intakev1.StateCount) {
	for _, s := range transfer.States() {
		counts = append(counts, &intakev1.StateCount{State: string(s), Count: seqOf(v.Get("counts", []byte(s)))})
	}
	return counts
}

// Transfers lists the transfers of a department by number after one, in a state or all.
func Transfers(v *base.View, of monitor.Department, state, after string, limit int) (list []*intakev1.Transfer, more bool, err error) {
	bucket, prefix := "transfers", []byte(nil)
	switch {
	case of.Only() != "":
		bucket, prefix = "departments", departmentKey(of.Only(), state, nil)
	case state != "":
		bucket, prefix = "states", under([]byte(state))
	}
	var from []byte
	if after != "" {
		from = append(slices.Clone(prefix), key(after)...)
	}
	for k := range v.Scan(bucket, prefix, from) {
		if len(list) == limit {
			return list, true, nil
		}
		t := new(intakev1.Transfer)
		if _, err := get(v, "transfers", k[len(prefix):], t); err != nil {
			return nil, false, err
		}
		list = append(list, t)
	}
	return list, false, nil
}

// List says how far the inventory of a transfer has arrived.
type List struct {
	Rows     uint32
	Complete bool
	Label    base.Label // at least as strict as every row's
}

// ListOf reads it; the zero List where nothing has come.
func ListOf(v *base.View, id string) (List, error) {
	raw := v.Get("lists", key(id))
	if len(raw) < 5 {
		return List{}, nil
	}
	label := new(journalv1.Label)
	if err := proto.Unmarshal(raw[5:], label); err != nil {
		return List{}, fmt.Errorf("lists %s: %w", id, err)
	}
	return List{Rows: binary.BigEndian.Uint32(raw), Complete: raw[4] == 1, Label: LabelOf(label)}, nil
}

// LabelOf is a label as the envelope takes it, its grounds in order, each once.
func LabelOf(l *journalv1.Label) base.Label {
	grounds := slices.Clone(l.GetGrounds())
	slices.Sort(grounds)
	return base.Label{Level: l.GetLevel(), Grounds: slices.Compact(grounds)}
}

// Stricter is a label that is at least as strict as both.
func Stricter(a, b base.Label) base.Label {
	grounds := append(slices.Clone(a.Grounds), b.Grounds...)
	slices.Sort(grounds)
	return base.Label{Level: max(a.Level, b.Level), Grounds: slices.Compact(grounds)}
}

// Expected is a page of a transfer's files after a position.
func Expected(v *base.View, id string, after uint32, limit int) (files []*recordv1.File, more bool, err error) {
	return page(v, "expected", key(id), after, limit, func() *recordv1.File { return new(recordv1.File) })
}

// IsListed tells whether a position has come already.
func IsListed(v *base.View, id string, position uint32) bool {
	return v.Get("expected", rowKey(key(id), position)) != nil
}

func page[M proto.Message](v *base.View, bucket string, of []byte, after uint32, limit int, make func() M) (rows []M, more bool, err error) {
	for _, raw := range v.Scan(bucket, under(of), rowKey(of, after)) {
		if len(rows) == limit {
			return rows, true, nil
		}
		row := make()
		if err := proto.Unmarshal(raw, row); err != nil {
			return nil, false, fmt.Errorf("%s %q: %w", bucket, of, err)
		}
		rows = append(rows, row)
	}
	return rows, false, nil
}

// ContactSeq is the event that named the contact last; 0 where nobody was named.
func ContactSeq(v *base.View, id string) uint64 { return seqOf(v.Get("contacts", key(id))) }

func seqOf(raw []byte) uint64 {
	if len(raw) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(raw)
}

// Plan is the AcceptanceBegun of an acceptance that is not finished; 0 where there is none.
func Plan(v *base.View, id string) uint64 { return seqOf(v.Get("plans", key(id))) }

// Plans lists them all, by transfer.
func Plans(v *base.View) (seqs []uint64) {
	for _, raw := range v.Scan("plans", nil, nil) {
		seqs = append(seqs, seqOf(raw))
	}
	return seqs
}

// Staged lists the packages whose bytes must stand in staging: the one that came last, and those
// whose content stayed when rows were redone.
func Staged(v *base.View) (packages []string, err error) {
	for _, state := range []transfer.State{transfer.Checked, transfer.Returned, transfer.Accepting} {
		prefix := under([]byte(state))
		for k := range v.Scan("states", prefix, nil) {
			t := new(intakev1.Transfer)
			if _, err := get(v, "transfers", k[len(prefix):], t); err != nil {
				return nil, err
			}
			named, err := Packages(v, t)
			if err != nil {
				return nil, err
			}
			packages = append(packages, named...)
		}
	}
	return packages, nil
}

// Acts lists the digests of every act that was drawn up: of acceptance, of description, of deaccession.
func Acts(v *base.View) (map[string]bool, error) {
	digests := make(map[string]bool)
	for k, raw := range v.Scan("accessions", nil, nil) {
		a := new(intakev1.Accession)
		if err := proto.Unmarshal(raw, a); err != nil {
			return nil, fmt.Errorf("accession %s: %w", numberOf(k), err)
		}
		for _, act := range a.GetActs() {
			digests[act.GetSha256()] = true
		}
		for _, act := range a.GetDescription().GetActs() {
			digests[act.GetSha256()] = true
		}
	}
	for k, raw := range v.Scan("leaving", nil, nil) {
		d := new(intakev1.Deaccession)
		if err := proto.Unmarshal(raw, d); err != nil {
			return nil, fmt.Errorf("deaccession %q: %w", k, err)
		}
		for _, act := range d.GetActs() {
			digests[act.GetSha256()] = true
		}
	}
	return digests, nil
}

// Book is the last number of a year and how many units its accessions brought.
func Book(v *base.View, year int) (last uint32, units uint64) {
	raw := v.Get("books", binary.BigEndian.AppendUint16(nil, uint16(year)))
	if len(raw) != 12 {
		return 0, 0
	}
	return binary.BigEndian.Uint32(raw), binary.BigEndian.Uint64(raw[4:])
}

// Accession is a line of the book; nil where the number was not given.
func Accession(v *base.View, n transfer.Number) (*intakev1.Accession, error) {
	a := new(intakev1.Accession)
	ok, err := get(v, "accessions", numberKey(n), a)
	if err != nil || !ok {
		return nil, err
	}
	return a, nil
}

// Accessions is a page of a year's book after a number.
func Accessions(v *base.View, year int, after uint32, limit int) (list []*intakev1.Accession, more bool, err error) {
	prefix := binary.BigEndian.AppendUint16(nil, uint16(year))
	for k, raw := range v.Scan("accessions", prefix, numberKey(transfer.Number{Year: year, N: after})) {
		if len(list) == limit {
			return list, true, nil
		}
		a := new(intakev1.Accession)
		if err := proto.Unmarshal(raw, a); err != nil {
			return nil, false, fmt.Errorf("accession %s: %w", numberOf(k), err)
		}
		list = append(list, a)
	}
	return list, false, nil
}

// Accepted is a page of an accession's files after a position.
func Accepted(v *base.View, n transfer.Number, after uint32, limit int) ([]*intakev1.AcceptedFile, bool, error) {
	return page(v, "accepted", numberKey(n), after, limit, func() *intakev1.AcceptedFile { return new(intakev1.AcceptedFile) })
}

// AcceptedFile is one accepted unit; false where the accession has none at the position.
func AcceptedFile(v *base.View, n transfer.Number, position uint32) (*intakev1.AcceptedFile, bool, error) {
	f := new(intakev1.AcceptedFile)
	ok, err := get(v, "accepted", rowKey(numberKey(n), position), f)
	return f, ok, err
}

// Object gives the accession that an object of the repository belongs to.
func Object(v *base.View, id string) (transfer.Number, bool) {
	raw := v.Get("objects", []byte(id))
	return numberOf(raw), len(raw) == 6
}

func isTag(path string) bool { return !strings.HasPrefix(path, "data/") }
