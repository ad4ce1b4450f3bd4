// Package store keeps the catalogue: what follows from its events, and how it is read.
//
// The service's buckets; <code> is archcode.Code.Key, so that a fonds is a range of keys in
// the order in which it stands on the shelf:
//
//	fonds          <fonds>             → FondsRow
//	organisations  organisation id     → <fonds>: one fonds to a creator
//	inventories    <inventory>         → InventoryRow
//	files          <file>              → FileRow
//	records        id of the file in its department → <file>: nothing is catalogued twice
//	accessions     accession number    → AccessionRow
//	numbers        "fonds"             → last number given (8 bytes, big endian)
//
// A row is a message of qoyma/catalogue/v1/rows.proto, marshalled deterministically.
package store

import (
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// The buckets.
const (
	fondsBucket   = "fonds"
	organisations = "organisations"
	inventories   = "inventories"
	files         = "files"
	records       = "records"
	accessions    = "accessions"
	numbers       = "numbers"
)

// Schema is the service's buckets.
var Schema = store.Schema{Version: 1, Buckets: []store.Bucket{
	{Name: fondsBucket}, {Name: organisations}, {Name: inventories}, {Name: files}, {Name: records}, {Name: accessions}, {Name: numbers},
}}

var deterministic = proto.MarshalOptions{Deterministic: true}

// Apply writes what follows from one event of the catalogue.
func Apply(tx *store.Tx, r *journal.Record) error {
	switch {
	case r.Is((*cataloguev1.FondsOpened)(nil)):
		return applied(r, tx, fondsOpened)
	case r.Is((*cataloguev1.InventoryOpened)(nil)):
		return applied(r, tx, inventoryOpened)
	case r.Is((*cataloguev1.AccessionPlaced)(nil)):
		return applied(r, tx, accessionPlaced)
	case r.Is((*cataloguev1.FilesCatalogued)(nil)):
		return applied(r, tx, filesCatalogued)
	case r.Is((*cataloguev1.AccessionCatalogued)(nil)):
		return applied(r, tx, accessionCatalogued)
	case r.Is((*cataloguev1.UndescribedReceived)(nil)):
		return applied(r, tx, undescribedReceived)
	case r.Is((*cataloguev1.UndescribedDescribed)(nil)):
		return applied(r, tx, undescribedDescribed)
	case r.Is((*cataloguev1.FilesLeft)(nil)):
		return applied(r, tx, filesLeft)
	}
	return nil
}

// message is a pointer to a generated message.
type message[T any] interface {
	*T
	proto.Message
}

func applied[T any, M message[T]](r *journal.Record, tx *store.Tx, apply func(*store.Tx, M) error) error {
	m := M(new(T))
	if err := proto.Unmarshal(r.Entry.GetBody(), m); err != nil {
		return fmt.Errorf("catalogue: event %d: %w", r.Seq(), err)
	}
	return apply(tx, m)
}

// get reads a row; nil where there is none.
func get[T any, M message[T]](v *store.View, bucket string, key []byte) (M, error) {
	raw := v.Get(bucket, key)
	if raw == nil {
		return nil, nil
	}
	m := M(new(T))
	if err := proto.Unmarshal(raw, m); err != nil {
		return nil, fmt.Errorf("catalogue: bucket %s, key %x: %w", bucket, key, err)
	}
	return m, nil
}

func put(tx *store.Tx, bucket string, key []byte, m proto.Message) error {
	raw, err := deterministic.Marshal(m)
	if err != nil {
		return fmt.Errorf("catalogue: bucket %s, key %x: %w", bucket, key, err)
	}
	tx.Put(bucket, key, raw)
	return nil
}

func fondsOpened(tx *store.Tx, m *cataloguev1.FondsOpened) error {
	code, err := codeOf(m.GetFonds(), "")
	if err != nil {
		return err
	}
	if have := tx.Get(fondsBucket, code.Key()); have != nil {
		return fmt.Errorf("catalogue: fonds %s is opened twice", m.GetFonds())
	}
	tx.Put(organisations, []byte(m.GetOrganisationId()), code.Key())
	if code.Fonds.Number > LastFonds(&tx.View) {
		tx.Put(numbers, []byte("fonds"), binary.BigEndian.AppendUint64(nil, uint64(code.Fonds.Number)))
	}
	return put(tx, fondsBucket, code.Key(), &cataloguev1.FondsRow{
		OrganisationId: m.GetOrganisationId(), Name: m.GetName(), FirstAccession: m.GetAccessionNumber(),
	})
}

func inventoryOpened(tx *store.Tx, m *cataloguev1.InventoryOpened) error {
	code, err := codeOf(m.GetFonds(), m.GetInventory())
	if err != nil {
		return err
	}
	fonds, err := Fonds(&tx.View, code)
	if err != nil || fonds == nil {
		return missing(code.OfFonds(), err)
	}
	if have := tx.Get(inventories, code.Key()); have != nil {
		return fmt.Errorf("catalogue: inventory %s is opened twice", code)
	}
	fonds.Inventories++
	if err := put(tx, fondsBucket, code.OfFonds().Key(), fonds); err != nil {
		return err
	}
	return put(tx, inventories, code.Key(), &cataloguev1.InventoryRow{
		Title: m.GetTitle(), Kind: m.GetKind(), YearFrom: m.GetYearFrom(), YearTo: m.GetYearTo(), FirstAccession: m.GetAccessionNumber(),
	})
}

func accessionPlaced(tx *store.Tx, m *cataloguev1.AccessionPlaced) error {
	code, err := codeOf(m.GetFonds(), m.GetInventory())
	if err != nil {
		return err
	}
	inventory, err := Inventory(&tx.View, code)
	if err != nil || inventory == nil {
		return missing(code, err)
	}
	known := false
	for _, s := range inventory.GetSections() {
		known = known || s.GetInventoryId() == m.GetInventoryId() && s.GetOffset() == m.GetOffset()
	}
	if !known {
		inventory.Sections = append(inventory.Sections, &cataloguev1.SectionRow{
			InventoryId: m.GetInventoryId(), Offset: m.GetOffset(), Listed: m.GetListed(),
		})
	}
	inventory.Reserved = max(inventory.GetReserved(), m.GetOffset()+m.GetListed())
	if from := m.GetYearFrom(); from != 0 && (inventory.GetYearFrom() == 0 || from < inventory.GetYearFrom()) {
		inventory.YearFrom = from
	}
	inventory.YearTo = max(inventory.GetYearTo(), m.GetYearTo())
	if err := put(tx, inventories, code.Key(), inventory); err != nil {
		return err
	}
	return put(tx, accessions, []byte(m.GetAccessionNumber()), &cataloguev1.AccessionRow{
		TransferId: m.GetTransferId(), Fonds: m.GetFonds(), Inventory: m.GetInventory(), InventoryId: m.GetInventoryId(),
		ObjectId: m.GetObjectId(), Accepted: m.GetAccepted(), Offset: m.GetOffset(), Listed: m.GetListed(),
	})
}

func filesCatalogued(tx *store.Tx, m *cataloguev1.FilesCatalogued) error {
	code, fonds, inventory, err := placed(&tx.View, m.GetFonds(), m.GetInventory())
	if err != nil {
		return err
	}
	accession, err := Accession(&tx.View, m.GetAccessionNumber())
	if err != nil {
		return err
	}
	if accession == nil {
		return fmt.Errorf("catalogue: accession %s is not there", m.GetAccessionNumber())
	}
	for _, f := range m.GetFiles() {
		if code.File, err = archcode.ParseFile(f.GetNumber()); err != nil {
			return fmt.Errorf("catalogue: file %s of %s: %w", f.GetNumber(), code.OfInventory(), err)
		}
		key := code.Key()
		if tx.Get(files, key) != nil {
			return fmt.Errorf("catalogue: file %s is catalogued twice", code)
		}
		if err := put(tx, files, key, &cataloguev1.FileRow{File: f, AccessionNumber: m.GetAccessionNumber()}); err != nil {
			return err
		}
		if id := f.GetFile().GetId(); id != "" {
			tx.Put(records, []byte(id), key)
		}
		inventory.Reserved = max(inventory.GetReserved(), code.File.Number)
		inventory.Files = counted(inventory.GetFiles(), f.GetFile().GetLabel())
		fonds.Files = counted(fonds.GetFiles(), f.GetFile().GetLabel())
		accession.Files++
	}
	if err := replace(tx, code, fonds, inventory); err != nil {
		return err
	}
	return put(tx, accessions, []byte(m.GetAccessionNumber()), accession)
}

// placed reads an inventory and its fonds, which must be there: what counts files counts in both.
func placed(v *store.View, number, inventoryNumber string) (code archcode.Code, fonds *cataloguev1.FondsRow, inventory *cataloguev1.InventoryRow, err error) {
	if code, err = codeOf(number, inventoryNumber); err != nil {
		return code, nil, nil, err
	}
	if fonds, err = Fonds(v, code); err != nil || fonds == nil {
		return code, nil, nil, missing(code.OfFonds(), err)
	}
	if inventory, err = Inventory(v, code); err != nil || inventory == nil {
		return code, nil, nil, missing(code, err)
	}
	return code, fonds, inventory, nil
}

// replace writes an inventory and its fonds back.
func replace(tx *store.Tx, code archcode.Code, fonds *cataloguev1.FondsRow, inventory *cataloguev1.InventoryRow) error {
	if err := put(tx, fondsBucket, code.OfFonds().Key(), fonds); err != nil {
		return err
	}
	return put(tx, inventories, code.OfInventory().Key(), inventory)
}

// counted adds one file to the count of its label; labels stand in the order in which they
// first came.
func counted(counts []*cataloguev1.LabelCount, label *journalv1.Label) []*cataloguev1.LabelCount {
	if label == nil {
		label = new(journalv1.Label)
	}
	for _, c := range counts {
		if proto.Equal(c.GetLabel(), label) {
			c.Count++
			return counts
		}
	}
	return append(counts, &cataloguev1.LabelCount{Label: label, Count: 1})
}

func accessionCatalogued(tx *store.Tx, m *cataloguev1.AccessionCatalogued) error {
	accession, err := Accession(&tx.View, m.GetAccessionNumber())
	if err != nil {
		return err
	}
	if accession == nil {
		return fmt.Errorf("catalogue: accession %s is not there", m.GetAccessionNumber())
	}
	accession.Catalogued = true
	return put(tx, accessions, []byte(m.GetAccessionNumber()), accession)
}

func missing(code archcode.Code, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("catalogue: %s is not there", code.Format("en"))
}

// codeOf reads the numbers of an event.
func codeOf(fonds, inventory string) (code archcode.Code, err error) {
	if code.Fonds, err = archcode.ParseFonds(fonds); err == nil && inventory != "" {
		code.Inventory, err = archcode.ParseInventory(inventory)
	}
	if err != nil {
		return code, fmt.Errorf("catalogue: fonds %q, inventory %q: %w", fonds, inventory, err)
	}
	return code, nil
}
