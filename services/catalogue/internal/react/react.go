// Package react catalogues what intake accepted. An acceptance comes as a header and its rows
// in several events; each is answered by itself, from the state that the ones before it left.
//
//	AccessionAccepted      → FondsOpened? InventoryOpened? AccessionPlaced
//	AccessionFilesAccepted → FilesCatalogued …, after the last AccessionCatalogued
//	AccessionAccepted, undescribed → FondsOpened? UndescribedReceived
//	AccessionDescribed     → as AccessionAccepted, then UndescribedDescribed
//	AccessionDeaccessioned → FilesLeft
//
// What cannot be catalogued (a number that is no number, an inventory of another kind) is
// parked with its reason where a person sees it; the accession's rows wait behind it, other
// accessions go on.
package react

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/catalogue/internal/holdings"
	cataloguestore "github.com/qoyma/qoyma/services/catalogue/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// An event carries at most this many rows, and bytes of rows: the rest of journal.MaxBody is
// room for what else the body says.
const (
	maxRows  = 500
	maxBytes = journal.MaxBody - 4<<10
)

var (
	twice = fault.Define(fault.Conflict, "catalogue.record_twice",
		"file {id} of accession {accession} is catalogued already as {code}; compare the two and correct the accession",
		"дело {id} поступления {accession} уже внесено под шифром {code}; сверьте и исправьте поступление",
		"{accession} түсіміндегі {id} ісі {code} шифрімен енгізілген; екеуін салыстырып, түсімді түзетіңіз")
	repeated = fault.Define(fault.Conflict, "catalogue.accession_twice",
		"accession {accession} was catalogued before; the book of accessions holds its number twice",
		"поступление {accession} уже внесено; в книге поступлений его номер стоит дважды",
		"{accession} түсімі бұрын енгізілген; түсімдер кітабында оның нөмірі екі рет тұр")
)

// errNoHeader defers rows whose header has not come: it cannot, unless it was lost.
var errNoHeader = errors.New("the acceptance itself has not been catalogued")

// Handlers answers intake's events.
func Handlers() follow.Handlers {
	return follow.Handlers{
		name((*intakev1.AccessionAccepted)(nil)):      decoded(accepted),
		name((*intakev1.AccessionFilesAccepted)(nil)): decoded(filesAccepted),
		name((*intakev1.AccessionDescribed)(nil)):     decoded(described),
		name((*intakev1.AccessionDeaccessioned)(nil)): decoded(left),
	}
}

func name(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }

// decoded decodes the body for a decision; one that cannot be decoded never will be.
func decoded[T any, M interface {
	*T
	proto.Message
}](decide func(*store.View, M) ([]store.Event, error)) follow.Handle {
	return func(_ context.Context, r *journal.Record) (store.Decide, error) {
		m := M(new(T))
		if err := proto.Unmarshal(r.Entry.GetBody(), m); err != nil {
			return nil, store.CannotRead(err)
		}
		return func(v *store.View, _ time.Time) ([]store.Event, error) {
			events, err := decide(v, m)
			return events, settled(err)
		}, nil
	}
}

// settled says of a fault that waiting mends nothing: a person has to decide.
func settled(err error) error {
	if f := new(fault.Error); errors.As(err, &f) && f.Kind != fault.Internal {
		return store.Never.With("reason", f).Because(err)
	}
	return err
}

// accepted finds the fonds and the inventory of an accession and keeps its numbers.
func accepted(v *store.View, m *intakev1.AccessionAccepted) ([]store.Event, error) {
	number := m.GetAccessionNumber()
	if known, err := cataloguestore.Accession(v, number); err != nil {
		return nil, err
	} else if known != nil {
		return nil, repeated.With("accession", number)
	}
	if m.GetUndescribed() > 0 {
		return undescribed(v, m)
	}
	var events []store.Event
	code, opened, err := fondsOf(v, m)
	if err != nil {
		return nil, err
	}
	if opened != nil {
		events = append(events, store.Event{Refs: refs(m, fondsRef(code)), Body: opened})
	}
	list := m.GetInventory()
	if code.Inventory, err = archcode.ParseInventory(list.GetNumber()); err != nil {
		return nil, holdings.BadInventory.With("inventory", list.GetNumber()).Because(err)
	}
	row, err := cataloguestore.Inventory(v, code)
	if err != nil {
		return nil, err
	}
	var have *holdings.Inventory
	if row == nil {
		events = append(events, store.Event{Refs: refs(m, inventoryRef(code), fondsRef(code)), Body: &cataloguev1.InventoryOpened{
			Fonds: code.Fonds.String(), Inventory: code.Inventory.String(), Title: list.GetTitle(),
			YearFrom: list.GetYearFrom(), YearTo: list.GetYearTo(), AccessionNumber: number, Kind: list.GetKind(),
		}})
	} else {
		have = inventoryOf(code, row)
	}
	section, err := holdings.Place(have, code, list.GetKind(), list.GetId(), max(list.GetFiles(), m.GetListed()))
	if err != nil {
		return nil, err
	}
	return append(events, store.Event{
		Refs: append([]journal.Ref{accessionRef(number)}, related(m, inventoryRef(code), fondsRef(code))...),
		Body: &cataloguev1.AccessionPlaced{
			AccessionNumber: number, TransferId: m.GetTransferId(), Fonds: code.Fonds.String(), Inventory: code.Inventory.String(),
			InventoryId: section.List, Offset: section.Offset, Listed: section.Listed, Accepted: m.GetAccepted(),
			ObjectId: m.GetObjectId(), YearFrom: list.GetYearFrom(), YearTo: list.GetYearTo(),
		},
	}), nil
}

// fondsOf is the fonds of the organisation; opened is not nil where it gets one now.
func fondsOf(v *store.View, m *intakev1.AccessionAccepted) (code archcode.Code, opened *cataloguev1.FondsOpened, err error) {
	organisation := m.GetOrganisation()
	if organisation.GetId() == "" {
		return code, nil, holdings.NoOrganisation.With("accession", m.GetAccessionNumber())
	}
	code, ok, err := cataloguestore.FondsOf(v, organisation.GetId())
	if err != nil || ok {
		return code, nil, err
	}
	if code.Fonds, err = holdings.NextFonds(cataloguestore.LastFonds(v)); err != nil {
		return code, nil, err
	}
	return code, &cataloguev1.FondsOpened{
		Fonds: code.Fonds.String(), OrganisationId: organisation.GetId(), Name: organisation.GetName(), AccessionNumber: m.GetAccessionNumber(),
	}, nil
}

func inventoryOf(code archcode.Code, row *cataloguev1.InventoryRow) *holdings.Inventory {
	i := &holdings.Inventory{Code: code.OfInventory(), Kind: row.GetKind(), Reserved: row.GetReserved()}
	for _, s := range row.GetSections() {
		i.Sections = append(i.Sections, holdings.Section{List: s.GetInventoryId(), Offset: s.GetOffset(), Listed: s.GetListed()})
	}
	return i
}

// filesAccepted gives accepted files their numbers.
func filesAccepted(v *store.View, m *intakev1.AccessionFilesAccepted) ([]store.Event, error) {
	number := m.GetAccessionNumber()
	accession, err := cataloguestore.Accession(v, number)
	if err != nil {
		return nil, err
	}
	if accession == nil {
		return nil, fmt.Errorf("accession %s: %w", number, errNoHeader)
	}
	code, inventory, section, err := place(v, accession)
	if err != nil {
		return nil, err
	}
	numbers := inventory.Number(section, func(n archcode.FileNumber) bool {
		at := code
		at.File = n
		return cataloguestore.HasFile(v, at)
	})
	rows, err := numbered(v, m, accession.GetObjectId(), numbers)
	if err != nil {
		return nil, err
	}
	about := related(accession, inventoryRef(code), fondsRef(code), accessionRef(number))
	var events []store.Event
	for _, chunk := range chunks(rows) {
		events = append(events, store.Event{Refs: about, Label: labelOf(chunk[0]), Body: &cataloguev1.FilesCatalogued{
			Fonds: accession.GetFonds(), Inventory: accession.GetInventory(), AccessionNumber: number, Files: chunk,
		}})
	}
	if m.GetLast() {
		events = append(events, store.Event{
			Refs: append([]journal.Ref{accessionRef(number)}, related(accession, inventoryRef(code), fondsRef(code))...),
			Body: &cataloguev1.AccessionCatalogued{
				AccessionNumber: number, TransferId: accession.GetTransferId(), Fonds: accession.GetFonds(), Inventory: accession.GetInventory(),
				Files: accession.GetFiles() + uint32(len(rows)), // at most 500 in an event
			},
		})
	}
	return events, nil
}

// place reads where an accession's files stand.
func place(v *store.View, accession *cataloguev1.AccessionRow) (archcode.Code, *holdings.Inventory, holdings.Section, error) {
	var code archcode.Code
	var err error
	if code.Fonds, err = archcode.ParseFonds(accession.GetFonds()); err == nil {
		code.Inventory, err = archcode.ParseInventory(accession.GetInventory())
	}
	if err != nil {
		return code, nil, holdings.Section{}, err
	}
	row, err := cataloguestore.Inventory(v, code)
	section := holdings.Section{List: accession.GetInventoryId(), Offset: accession.GetOffset(), Listed: accession.GetListed()}
	return code, inventoryOf(code, row), section, err
}

// numbered makes the catalogue's rows of accepted ones.
func numbered(v *store.View, m *intakev1.AccessionFilesAccepted, object string, numbers *holdings.Numbers) ([]*cataloguev1.CataloguedFile, error) {
	rows := make([]*cataloguev1.CataloguedFile, 0, len(m.GetFiles()))
	seen := make(map[string]archcode.FileNumber, len(m.GetFiles()))
	for _, f := range m.GetFiles() {
		n, err := numbers.Next(f.GetFile().GetPosition())
		if err != nil {
			return nil, err
		}
		if id := f.GetFile().GetId(); id != "" {
			at, known, err := cataloguestore.Record(v, id)
			if err != nil {
				return nil, err
			}
			if first, here := seen[id]; known || here {
				if here {
					at.File = first
				}
				return nil, twice.With("id", id, "accession", m.GetAccessionNumber(), "code", at.Format(fault.Russian))
			}
			seen[id] = n
		}
		row := &cataloguev1.CataloguedFile{Number: n.String(), File: f.GetFile(), ContentPaths: f.GetContentPaths()}
		if len(row.GetContentPaths()) > 0 {
			row.ObjectId = object
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// chunks parts rows so that each part has one label, at most maxRows rows and maxBytes bytes:
// an event is labelled as its rows are, neither laxer nor stricter.
func chunks(rows []*cataloguev1.CataloguedFile) [][]*cataloguev1.CataloguedFile {
	var labels []string
	byLabel := make(map[string][]*cataloguev1.CataloguedFile)
	for _, row := range rows {
		key := labelKey(row)
		if byLabel[key] == nil {
			labels = append(labels, key)
		}
		byLabel[key] = append(byLabel[key], row)
	}
	var out [][]*cataloguev1.CataloguedFile
	for _, label := range labels { // in the order in which they first came
		first, bytes := 0, 0
		same := byLabel[label]
		for i, row := range same {
			size := proto.Size(row) + 8 // tag and length
			if i > first && (i-first == maxRows || bytes+size > maxBytes) {
				out = append(out, same[first:i])
				first, bytes = i, 0
			}
			bytes += size
		}
		out = append(out, same[first:])
	}
	return out
}

func labelKey(row *cataloguev1.CataloguedFile) string {
	l := labelOf(row)
	return fmt.Sprint(l.Level, " ", strings.Join(l.Grounds, ","))
}

func labelOf(row *cataloguev1.CataloguedFile) store.Label {
	l := row.GetFile().GetLabel()
	return store.Label{Level: l.GetLevel(), Grounds: slices.Compact(slices.Sorted(slices.Values(l.GetGrounds())))}
}

func fondsRef(c archcode.Code) journal.Ref {
	return journal.Ref{Type: "fonds", ID: c.Fonds.String()}
}

func inventoryRef(c archcode.Code) journal.Ref {
	return journal.Ref{Type: "inventory", ID: c.Fonds.String() + "/" + c.Inventory.String()}
}

func accessionRef(number string) journal.Ref { return journal.Ref{Type: "accession", ID: number} }

// refs are an object and what it belongs to, then the accession and its transfer.
func refs(m *intakev1.AccessionAccepted, object ...journal.Ref) []journal.Ref {
	return related(m, append(object, accessionRef(m.GetAccessionNumber()))...)
}

// related adds the transfer, where there is one.
func related(m interface{ GetTransferId() string }, refs ...journal.Ref) []journal.Ref {
	if id := m.GetTransferId(); id != "" {
		refs = append(refs, journal.Ref{Type: "transfer", ID: id})
	}
	return refs
}
