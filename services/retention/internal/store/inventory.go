package store

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/due"
	"github.com/qoyma/qoyma/services/retention/internal/nomenclature"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/standards/term"
)

// Bounds of one event that carries rows, and of the faults that one answer lists.
const (
	maxRows      = 500
	maxRowBytes  = journal.MaxBody - 16<<10 // leaves room for the rest of the message
	maxRowFaults = 500
)

var kinds = map[string]nomenclature.InventoryKind{
	"permanent": nomenclature.PermanentFiles, "long_term": nomenclature.LongTermFiles, "personnel": nomenclature.PersonnelFiles,
}

// ApproveInventory decides that an inventory of closed files is final by the commission's
// protocol (AR-8), and when it falls due. Everything that is wrong with its files is listed.
func (r *Rules) ApproveInventory(q *retentionv1.ApproveInventoryRequest, scope Reader) store.Decide {
	return func(v *store.View, now time.Time) ([]store.Event, error) {
		if n := len(q.GetFileIds()); n > MaxListed {
			return nil, nomenclature.TooManyFiles.With("count", n, "most", MaxListed)
		}
		o, err := Mine(v, q.GetOrganisationId(), scope)
		if err != nil {
			return nil, err
		}
		today := civil.Of(now)
		l := listing{view: v, org: organisation(o), scope: scope, entries: make(map[string]nomenclature.Entry)}
		longTerm, err := r.Set.On(rules.LongTerm, today)
		if err != nil {
			return nil, err
		}
		l.longTerm = longTerm.Number
		l.find(q.GetFileIds())
		inv := nomenclature.Inventory{
			ID:           nomenclature.InventoryID(q.GetOrganisationId() + "/" + q.GetNumber()),
			Organisation: l.org.ID, Number: q.GetNumber(), Kind: kinds[q.GetKind()], Title: title(q.GetTitle()),
		}
		inv.FirstYear, inv.LastYear = l.years(today)
		taken := v.Get("inventories", []byte(inv.ID)) != nil
		if inv, err = nomenclature.Draft(l.org, taken, inv, today); err != nil {
			return nil, err
		}
		if inv, err = l.list(inv); err != nil {
			return nil, err
		}
		approval := nomenclature.Approval{
			Commission: nomenclature.CommissionOf(q.GetApproval().GetCommission()),
			Name:       q.GetApproval().GetCommission(), Protocol: q.GetApproval().GetNumber(),
		}
		if approval.On, err = day("protocol's date", q.GetApproval().GetDate()); err != nil {
			return nil, err
		}
		if inv, err = nomenclature.Approve(inv, approval, today); err != nil {
			return nil, err
		}
		outcome, err := nomenclature.Schedule(inv, l.org, r.Set, today)
		if err != nil {
			return nil, err
		}
		return l.events(inv, q.GetKind(), outcome), nil
	}
}

// listing puts files into a draft.
type listing struct {
	view     *store.View
	org      nomenclature.Organisation
	scope    Reader
	longTerm int
	entries  map[string]nomenclature.Entry // with their terms

	rows  []FileRow
	files []nomenclature.File
	wrong []fault.Item
	count int
}

// complain notes what is wrong with a row.
func (l *listing) complain(id string, err error) {
	if l.count++; len(l.wrong) < maxRowFaults {
		l.wrong = append(l.wrong, fault.Item{Where: clip.Runes(id, maxShown), Fault: fault.Of(err)})
	}
}

// find reads the files; those that are not there, not to be seen or there twice are noted.
func (l *listing) find(ids []string) {
	seen := make(map[string]int, len(ids))
	for i, id := range ids {
		if first, twice := seen[id]; twice {
			l.complain(id, nomenclature.Twice.With("file", clip.Runes(id, maxShown), "first", first+1, "second", i+1))
			continue
		}
		seen[id] = i
		row, err := File(l.view, id, l.scope)
		if err == nil {
			var file nomenclature.File
			if file, err = fileOf(row); err == nil {
				l.rows, l.files = append(l.rows, row), append(l.files, file)
				continue
			}
		}
		l.complain(id, err)
	}
}

// years are the first and the last year of closing; this year where nothing is closed.
func (l *listing) years(today civil.Date) (first, last int) {
	for _, f := range l.files {
		y := f.Closing.On.Year
		if y == 0 {
			continue
		}
		if first == 0 || y < first {
			first = y
		}
		last = max(last, y)
	}
	if first == 0 {
		return today.Year, today.Year
	}
	return first, last
}

// list puts the files into the draft in their order, and makes them final.
func (l *listing) list(inv nomenclature.Inventory) (nomenclature.Inventory, error) {
	draft := inv
	for i, f := range l.files {
		e, err := l.entry(f)
		if err != nil {
			return inv, err
		}
		listed, next, err := nomenclature.List(draft, f, e, l.org, draft.Files+1, l.longTerm)
		if err != nil {
			l.complain(string(f.ID), err)
			continue
		}
		l.files[i], draft = listed, next
	}
	if l.count > 0 {
		return inv, nomenclature.RowsWrong.With("count", l.count, "inventory", clip.Runes(inv.Number, maxShown)).Listing(l.wrong)
	}
	return draft, nil
}

// entry reads a file's line once, with its term.
func (l *listing) entry(f nomenclature.File) (nomenclature.Entry, error) {
	key := string(entryKey(string(f.Organisation), uint32(f.Year), string(f.Index)))
	if e, ok := l.entries[key]; ok {
		return e, nil
	}
	row, err := Entry(l.view, string(f.Organisation), uint32(f.Year), string(f.Index))
	if err != nil {
		return nomenclature.Entry{}, err
	}
	e := entry(row)
	if e.Term, err = term.Parse(row.GetTerm()); err != nil {
		return e, fmt.Errorf("retention: entry %s of %d: %w", f.Index, f.Year, err)
	}
	l.entries[key] = e
	return e, nil
}

// events say that the inventory was approved, and list it.
func (l *listing) events(inv nomenclature.Inventory, kind string, outcome due.Outcome) []store.Event {
	id := string(inv.ID)
	head := store.Event{
		Refs: []journal.Ref{inventoryRef(id), organisationRef(string(inv.Organisation))},
		Body: &retentionv1.InventoryApproved{
			OrganisationId: string(inv.Organisation),
			Inventory: &recordv1.Inventory{
				Id: id, Number: inv.Number, Title: text(inv.Title), Kind: kind,
				YearFrom: uint32(inv.FirstYear), YearTo: uint32(inv.LastYear), Files: uint32(inv.Files),
				Approval: &recordv1.Protocol{Commission: inv.Approval.Name, Number: inv.Approval.Protocol, Date: inv.Approval.On.String()},
			},
			DueOn: outcome.Transfer.String(), Steps: steps(outcome.Explanation),
		},
	}
	files := make([]*recordv1.File, len(l.rows))
	for i, row := range l.rows {
		files[i] = proto.CloneOf(row.GetFile())
		files[i].Position = uint32(l.files[i].Number)
	}
	events := []store.Event{head}
	for _, part := range parts(files) {
		events = append(events, store.Event{
			Refs: []journal.Ref{inventoryRef(id)}, Label: labelOfAll(part),
			Body: &retentionv1.InventoryListed{InventoryId: id, Files: part},
		})
	}
	return events
}

// parts divides rows so that each part fits an event.
func parts(files []*recordv1.File) (out [][]*recordv1.File) {
	from, size := 0, 0
	for i, f := range files {
		one := proto.Size(f) + 8 // tag and length
		if i > from && (i-from == maxRows || size+one > maxRowBytes) {
			out, from, size = append(out, files[from:i]), i, 0
		}
		size += one
	}
	if from < len(files) {
		out = append(out, files[from:])
	}
	return out
}

// labelOfAll is the label of an event that shows all these files.
func labelOfAll(files []*recordv1.File) (l store.Label) {
	for _, f := range files {
		if f.GetLabel() != nil {
			l = join(l, storeLabel(f.GetLabel()))
		}
	}
	return l
}

// steps are the arithmetic of a date in three languages.
func steps(e due.Explanation) []*recordv1.DueStep {
	out := make([]*recordv1.DueStep, len(e.Steps))
	for i, s := range e.Steps {
		out[i] = &recordv1.DueStep{
			Rule: s.Rule, LegalBasis: s.Basis.In(fault.Russian), Verified: s.Verified, From: s.From.String(), To: s.To.String(),
			Basis: &recordv1.Text{Kk: s.Basis.In(fault.Kazakh), Ru: s.Basis.In(fault.Russian), En: s.Basis.In(fault.English)},
			Words: &recordv1.Text{Kk: s.In(fault.Kazakh), Ru: s.In(fault.Russian), En: s.In(fault.English)},
		}
	}
	return out
}

// fallDue decides that the day of an inventory has come: the transfer gets its number, and its
// files are due.
func fallDue(v *store.View, id string, now time.Time) ([]store.Event, error) {
	d, err := Inventory(v, id)
	if err != nil {
		return nil, err
	}
	if d.GetState() != DutyWaiting {
		return nil, nil
	}
	on, err := parseDay(d.GetDueOn())
	if err != nil {
		return nil, err
	}
	today := civil.Of(now)
	inv := nomenclature.Inventory{Number: d.GetInventory().GetNumber(), Approval: nomenclature.Approval{
		Commission: nomenclature.CommissionOf(d.GetInventory().GetApproval().GetCommission()),
	}}
	if err := nomenclature.FallDue(inv, on, today); err != nil {
		return nil, err
	}
	files, err := remaining(v, id) // without those that came before their term
	if err != nil {
		return nil, err
	}
	owed := proto.CloneOf(d.GetInventory())
	owed.Files = uint32(len(files))
	transfer := nextTransfer(v, uint16(today.Year))
	refs := []journal.Ref{transferRef(transfer), organisationRef(d.GetOrganisation().GetId()), inventoryRef(id)}
	events := []store.Event{{Refs: refs, Body: &retentionv1.TransferDue{
		TransferId: transfer, Organisation: d.GetOrganisation(), Inventory: owed, DueOn: d.GetDueOn(), Steps: d.GetSteps(),
	}}}
	chunks := parts(files)
	for i, part := range chunks {
		events = append(events, store.Event{
			Refs: refs, Label: labelOfAll(part),
			Body: &retentionv1.TransferDueListed{TransferId: transfer, Files: part, Last: i == len(chunks)-1},
		})
	}
	return events, nil
}

// nextTransfer is the next number of a year; numbers have no gaps and are never used again.
func nextTransfer(v *store.View, year uint16) string {
	n := uint32(1)
	if key, _ := v.Last("transfers", binary.BigEndian.AppendUint16(nil, year)); len(key) == 6 {
		n += binary.BigEndian.Uint32(key[2:])
	}
	return transferID(year, n)
}

func asYear(y uint32) string { return strconv.FormatUint(uint64(y), 10) }
