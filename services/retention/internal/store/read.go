package store

import (
	"encoding/binary"
	"fmt"
	"iter"

	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/nomenclature"
)

// Reader tells what may be seen: by its label, and by whose it is.
type Reader interface {
	Allows(label monitor.Label) bool
	Has(organisation string) bool
}

// everything sees every file: what timers and reactions pass on is cut to the reader's by
// whoever shows it.
type everything struct{}

// Allows implements Reader.
func (everything) Allows(monitor.Label) bool { return true }

// Has implements Reader.
func (everything) Has(string) bool { return true }

// scanned bounds how many rows one page looks at within one transaction.
const scanned = 5000

// maxShown is how much a message shows of what a caller or an event named, in characters.
const maxShown = 60

// FileRow is a file as the store keeps it.
type FileRow struct {
	// Opened is the number of its FileOpened, where a sealed title lies.
	Opened uint64
	*retentionv1.DepartmentFile
}

// decode reads a row; what is wrong names the bucket and key.
func decode(bucket string, key, raw []byte, into proto.Message) error {
	if err := proto.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("retention: %s, key %q: %w", bucket, key, err)
	}
	return nil
}

// Mine reads an organisation whose records the scope has; the fault for any other is
// nomenclature.OrganisationUnknown, whether it exists or not.
func Mine(v *store.View, id string, scope Reader) (*recordv1.Organisation, error) {
	if !scope.Has(id) {
		return nil, nomenclature.OrganisationUnknown.With("id", clip.Runes(id, maxShown))
	}
	return Organisation(v, id)
}

// Organisation reads one; the fault is nomenclature.OrganisationUnknown.
func Organisation(v *store.View, id string) (*recordv1.Organisation, error) {
	raw := v.Get("organisations", []byte(id))
	if raw == nil {
		return nil, nomenclature.OrganisationUnknown.With("id", clip.Runes(id, maxShown))
	}
	o := new(recordv1.Organisation)
	return o, decode("organisations", []byte(id), raw, o)
}

// Organisations reads a page by id.
func Organisations(v *store.View, after string, limit int) (list []*recordv1.Organisation, more bool, err error) {
	var from []byte
	if after != "" {
		from = []byte(after)
	}
	for key, raw := range v.Scan("organisations", nil, from) {
		if len(list) == limit {
			return list, true, nil
		}
		o := new(recordv1.Organisation)
		if err := decode("organisations", key, raw, o); err != nil {
			return nil, false, err
		}
		list = append(list, o)
	}
	return list, false, nil
}

// Entry reads a line of a nomenclature; the fault is nomenclature.EntryUnknown.
func Entry(v *store.View, organisation string, year uint32, index string) (*retentionv1.NomenclatureEntry, error) {
	var key, raw []byte
	if year <= civil.MaxYear {
		key = entryKey(organisation, year, index)
		raw = v.Get("entries", key)
	}
	if raw == nil {
		return nil, nomenclature.EntryUnknown.With("organisation", clip.Runes(organisation, maxShown), "year", year, "index", clip.Runes(index, maxShown))
	}
	e := new(retentionv1.NomenclatureEntry)
	return e, decode("entries", key, raw, e)
}

// Nomenclature reads the lines of an organisation's year by index, at most MaxEntries.
func Nomenclature(v *store.View, organisation string, year uint32, scope Reader) (list []*retentionv1.NomenclatureEntry, err error) {
	if _, err := Mine(v, organisation, scope); err != nil {
		return nil, err
	}
	if year > civil.MaxYear {
		return nil, nil
	}
	for key, raw := range v.Scan("entries", yearKey(organisation, year), nil) {
		e := new(retentionv1.NomenclatureEntry)
		if err := decode("entries", key, raw, e); err != nil {
			return nil, err
		}
		if list = append(list, e); len(list) == MaxEntries {
			break
		}
	}
	return list, nil
}

// File reads a file that the scope may see; the fault for any other is
// nomenclature.FileUnknown, whether it exists or not.
func File(v *store.View, id string, scope Reader) (FileRow, error) {
	parsed, ok := parseFileID(id)
	if !ok {
		return FileRow{}, nomenclature.FileUnknown.With("file", clip.Runes(id, maxShown))
	}
	row, err := fileRow(v, parsed)
	if err == nil && (row.DepartmentFile == nil || !scope.Has(row.GetOrganisationId()) || !scope.Allows(labelOf(row.GetFile().GetLabel()))) {
		return FileRow{}, nomenclature.FileUnknown.With("file", clip.Runes(id, maxShown))
	}
	return row, err
}

// fileRow reads a file whatever its label; DepartmentFile is nil where there is none.
func fileRow(v *store.View, id fileID) (FileRow, error) {
	key := id.key()
	raw := v.Get("files", key)
	if raw == nil {
		return FileRow{}, nil
	}
	return decodeFile(key, raw)
}

func decodeFile(key, raw []byte) (FileRow, error) {
	if len(raw) < 8 {
		return FileRow{}, fmt.Errorf("retention: files, key %q: cut short", key)
	}
	row := FileRow{Opened: binary.BigEndian.Uint64(raw), DepartmentFile: new(retentionv1.DepartmentFile)}
	return row, decode("files", key, raw[8:], row.DepartmentFile)
}

// SealedTitle reads the personal title of a file from its first event: the record to unseal,
// nil where the title is not sealed.
func SealedTitle(v *store.View, row FileRow) (*journal.Record, error) {
	r, err := v.Entry(row.Opened)
	if err != nil || r == nil || r.Header.GetSealedKey() == 0 {
		return nil, err
	}
	return r, nil
}

// Page is a part of an organisation's files.
type Page struct {
	Files []FileRow
	More  bool
	// Next is where to go on when the page was left early because too many files were
	// passed over; empty otherwise.
	Next string
}

// Files reads an organisation's files in the order of registration, those of a state where one
// is given, that the scope may see. It looks at no more than 5,000 rows; a page that stopped
// there says where to go on.
func Files(v *store.View, organisation, state, after string, limit int, scope Reader) (Page, error) {
	prefix := append([]byte(organisation), 0)
	var from []byte
	if after != "" {
		id, ok := parseFileID(after)
		if !ok {
			return Page{}, nomenclature.BadField.With("field", "after", "value", clip.Runes(after, maxShown))
		}
		from = departmentKey(organisation, id)
	}
	var page Page
	seen, bytes := 0, 0
	for key := range v.Scan("departments", prefix, from) {
		if len(key) != len(prefix)+8 {
			return Page{}, fmt.Errorf("retention: departments, key %q: cut short", key)
		}
		id := fileID(binary.BigEndian.Uint64(key[len(prefix):]))
		if seen++; seen > scanned {
			page.Next = (id - 1).String() // the next page begins with this one
			return page, nil
		}
		row, err := fileRow(v, id)
		if err == nil && row.DepartmentFile == nil {
			err = fmt.Errorf("retention: departments names file %s, which is not there", id)
		}
		if err != nil {
			return Page{}, err
		}
		if state != "" && row.GetState() != state {
			continue
		}
		if !scope.Allows(labelOf(row.GetFile().GetLabel())) {
			continue
		}
		bytes += proto.Size(row.DepartmentFile)
		if len(page.Files) == limit || bytes > MaxPageBytes && len(page.Files) > 0 {
			page.More = true
			return page, nil
		}
		page.Files = append(page.Files, row)
	}
	return page, nil
}

// MyInventory reads an inventory of an organisation that the scope has; the fault for any other is
// nomenclature.InventoryUnknown, whether it exists or not.
func MyInventory(v *store.View, id string, scope Reader) (*retentionv1.DueTransfer, error) {
	d, err := Inventory(v, id)
	if err == nil && !scope.Has(d.GetOrganisation().GetId()) {
		return nil, nomenclature.InventoryUnknown.With("inventory", clip.Runes(id, maxShown))
	}
	return d, err
}

// Inventory reads an approved inventory with its duty; the fault is
// nomenclature.InventoryUnknown. The organisation is whole.
func Inventory(v *store.View, id string) (*retentionv1.DueTransfer, error) {
	raw := v.Get("inventories", []byte(id))
	if raw == nil {
		return nil, nomenclature.InventoryUnknown.With("inventory", clip.Runes(id, maxShown))
	}
	d := new(retentionv1.DueTransfer)
	if err := decode("inventories", []byte(id), raw, d); err != nil {
		return nil, err
	}
	o, err := Organisation(v, d.GetOrganisation().GetId())
	if err != nil {
		return nil, fmt.Errorf("retention: inventory %s: %w", id, err)
	}
	d.Organisation = o
	return d, nil
}

// InventoryRows reads the files of an inventory in their order, after a position, that the
// scope may see. more tells that there are others, seen or not.
func InventoryRows(v *store.View, id string, after uint32, limit int, scope Reader) (list []*recordv1.File, more bool, err error) {
	return inventoryRows(v, id, after, limit, MaxPageBytes, scope)
}

func inventoryRows(v *store.View, id string, after uint32, limit, most int, scope Reader) (list []*recordv1.File, more bool, err error) {
	bytes := 0
	for row, err := range rowsAfter(v, id, after) {
		if err != nil {
			return nil, false, err
		}
		if len(list) == limit {
			return list, true, nil
		}
		if !scope.Allows(labelOf(row.GetFile().GetLabel())) {
			continue
		}
		if bytes += proto.Size(row.GetFile()); bytes > most && len(list) > 0 {
			return list, true, nil
		}
		list = append(list, row.GetFile())
	}
	return list, false, nil
}

// rowsAfter are the files of an inventory behind a position, whatever their labels. Error: that the inventory lists what is no file.
func rowsAfter(v *store.View, id string, after uint32) iter.Seq2[FileRow, error] {
	var from []byte
	if after > 0 {
		from = rowKey(id, after)
	}
	return func(yield func(FileRow, error) bool) {
		for _, raw := range v.Scan("rows", rowPrefix(id), from) {
			parsed, ok := parseFileID(string(raw))
			if !ok {
				yield(FileRow{}, fmt.Errorf("retention: inventory %s lists %q", id, raw))
				return
			}
			row, err := fileRow(v, parsed)
			if err == nil && row.DepartmentFile == nil {
				err = fmt.Errorf("retention: inventory %s lists %s, which is not there", id, parsed)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// Duties reads the duties to transfer: those that stand, by due day, then the fulfilled ones,
// latest first. organisation and until (a civil date) narrow them where given.
func Duties(v *store.View, organisation, until string, limit int) (list []*retentionv1.DueTransfer, err error) {
	prefix := dutyPrefix(organisation)
	for key, raw := range v.Scan("due", prefix, nil) {
		if until != "" && dutyDay(key[len(prefix):]) > until {
			continue
		}
		d, err := Inventory(v, string(raw))
		if err != nil {
			return nil, err
		}
		if list = append(list, d); len(list) == limit {
			break
		}
	}
	return list, nil
}

// Transfer reads the inventory of a transfer; nil where no such transfer was ever numbered.
func Transfer(v *store.View, id string) (*retentionv1.DueTransfer, error) {
	key, ok := transferKey(id)
	if !ok {
		return nil, nil
	}
	raw := v.Get("transfers", key)
	if raw == nil {
		return nil, nil
	}
	return Inventory(v, string(raw))
}

// TransferOf is the transfer that an accession fulfilled; empty where it is not known.
func TransferOf(v *store.View, accession string) string {
	return string(v.Get("accessions", []byte(accession)))
}

// labelOf reads a label of the envelope.
func labelOf(l *journalv1.Label) monitor.Label {
	return monitor.Label{Level: l.GetLevel(), Grounds: l.GetGrounds()}
}
