package store

import (
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/proto"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

var deterministic = proto.MarshalOptions{Deterministic: true}

// applies writes what follows from a type of event.
var applies = map[string]func(tx *store.Tx, r *journal.Record) error{
	typeOf(&retentionv1.OrganisationRegistered{}): applyOrganisation,
	typeOf(&retentionv1.NomenclatureEntryAdded{}): applyEntry,
	typeOf(&retentionv1.FileOpened{}):             applyOpened,
	typeOf(&retentionv1.FileClosed{}):             applyClosed,
	typeOf(&retentionv1.InventoryApproved{}):      applyApproved,
	typeOf(&retentionv1.InventoryListed{}):        applyListed,
	typeOf(&retentionv1.TransferDue{}):            applyDue,
	typeOf(&retentionv1.TransferDueListed{}):      applyDueListed,
	typeOf(&retentionv1.TransferFulfilled{}):      applyFulfilled,
	typeOf(&retentionv1.FilesTransferred{}):       applyTransferred,
}

func typeOf(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }

// Apply writes the state that follows from one event, and from what the events before it left.
// The platform's own events are not among those it knows.
func Apply(tx *store.Tx, r *journal.Record) error {
	apply, ok := applies[r.Header.GetBodyType()]
	if !ok {
		return nil
	}
	return apply(tx, r)
}

func body(r *journal.Record, into proto.Message) error {
	if err := proto.Unmarshal(r.Entry.GetBody(), into); err != nil {
		return fmt.Errorf("retention: event %d: %w", r.Seq(), err)
	}
	return nil
}

func put(tx *store.Tx, bucket string, key []byte, m proto.Message) error {
	raw, err := deterministic.Marshal(m)
	if err != nil {
		return fmt.Errorf("retention: %s, key %q: %w", bucket, key, err)
	}
	tx.Put(bucket, key, raw)
	return nil
}

func applyOrganisation(tx *store.Tx, r *journal.Record) error {
	var e retentionv1.OrganisationRegistered
	if err := body(r, &e); err != nil {
		return err
	}
	return put(tx, "organisations", []byte(e.GetOrganisation().GetId()), e.GetOrganisation())
}

func applyEntry(tx *store.Tx, r *journal.Record) error {
	var e retentionv1.NomenclatureEntryAdded
	if err := body(r, &e); err != nil {
		return err
	}
	year := yearKey(e.GetOrganisationId(), e.GetYear())
	tx.Put("counters", year, binary.BigEndian.AppendUint32(nil, counted(&tx.View, year)+1))
	return put(tx, "entries", entryKey(e.GetOrganisationId(), e.GetYear(), e.GetIndex()), EntryOf(&e))
}

// counted reads a counter; 0 where nothing was counted.
func counted(v *store.View, key []byte) uint32 {
	if raw := v.Get("counters", key); len(raw) == 4 {
		return binary.BigEndian.Uint32(raw)
	}
	return 0
}

// EntryOf is the line that the event added, as the API shows it.
func EntryOf(e *retentionv1.NomenclatureEntryAdded) *retentionv1.NomenclatureEntry {
	return &retentionv1.NomenclatureEntry{
		OrganisationId: e.GetOrganisationId(), Year: e.GetYear(), Index: e.GetIndex(), Title: e.GetTitle(),
		Term: e.GetTerm(), Article: e.GetArticle(), Personnel: e.GetPersonnel(),
	}
}

// FileOf is the file that the event opened, as the API shows it.
func FileOf(e *retentionv1.FileOpened) *retentionv1.DepartmentFile {
	return &retentionv1.DepartmentFile{
		File: &recordv1.File{
			Id: e.GetFileId(), Index: e.GetIndex(), Title: e.GetTitle(), Term: e.GetTerm(), Article: e.GetArticle(),
			Label: e.GetLabel(), EspeciallyValuable: e.GetEspeciallyValuable(),
		},
		OrganisationId: e.GetOrganisationId(), Year: e.GetYear(), State: StateOpen, OpenedOn: e.GetOpenedOn(), Volume: e.GetVolume(),
	}
}

func applyOpened(tx *store.Tx, r *journal.Record) error {
	var e retentionv1.FileOpened
	if err := body(r, &e); err != nil {
		return err
	}
	id, ok := parseFileID(e.GetFileId())
	if !ok {
		return fmt.Errorf("retention: %q is no file id", e.GetFileId())
	}
	tx.Put("counters", entryKey(e.GetOrganisationId(), e.GetYear(), e.GetIndex()), binary.BigEndian.AppendUint32(nil, e.GetVolume()))
	tx.Put("departments", departmentKey(e.GetOrganisationId(), id), []byte{})
	return putFile(tx, id, FileRow{Opened: r.Seq(), DepartmentFile: FileOf(&e)})
}

func putFile(tx *store.Tx, id fileID, row FileRow) error {
	raw, err := deterministic.MarshalAppend(binary.BigEndian.AppendUint64(nil, row.Opened), row.DepartmentFile)
	if err != nil {
		return fmt.Errorf("retention: file %s: %w", id, err)
	}
	tx.Put("files", id.key(), raw)
	return nil
}

// change rewrites a file's row in another state.
func change(tx *store.Tx, file, state string, edit func(f *retentionv1.DepartmentFile)) error {
	id, ok := parseFileID(file)
	if !ok {
		return fmt.Errorf("retention: %q is no file id", file)
	}
	row, err := fileRow(&tx.View, id)
	if err != nil {
		return err
	}
	if row.DepartmentFile == nil {
		return fmt.Errorf("retention: file %s is not there", file)
	}
	row.State = state
	edit(row.DepartmentFile)
	return putFile(tx, id, row)
}

func applyClosed(tx *store.Tx, r *journal.Record) error {
	var e retentionv1.FileClosed
	if err := body(r, &e); err != nil {
		return err
	}
	return change(tx, e.GetFileId(), StateClosed, func(f *retentionv1.DepartmentFile) { CloseWith(f, &e) })
}

// CloseWith writes into a file what its closing says.
func CloseWith(f *retentionv1.DepartmentFile, e *retentionv1.FileClosed) {
	f.ClosedOn = e.GetClosedOn()
	f.File.DateFrom, f.File.DateTo, f.File.Leaves = e.GetDateFrom(), e.GetDateTo(), e.GetLeaves()
}

func applyApproved(tx *store.Tx, r *journal.Record) error {
	var e retentionv1.InventoryApproved
	if err := body(r, &e); err != nil {
		return err
	}
	d := &retentionv1.DueTransfer{
		Organisation: &recordv1.Organisation{Id: e.GetOrganisationId()}, Inventory: e.GetInventory(),
		DueOn: e.GetDueOn(), Steps: e.GetSteps(),
	}
	if d.GetDueOn() != "" {
		d.State = DutyWaiting
		at, err := timerAt(d.GetDueOn())
		if err != nil {
			return err
		}
		tx.SetTimer(at, TimerDue, e.GetInventory().GetId())
		putDuty(tx, d, false)
	}
	return put(tx, "inventories", []byte(e.GetInventory().GetId()), d)
}

func putDuty(tx *store.Tx, d *retentionv1.DueTransfer, fulfilled bool) {
	id := d.GetInventory().GetId()
	for _, key := range dutyKeys(d.GetOrganisation().GetId(), d.GetDueOn(), id, fulfilled) {
		tx.Put("due", key, []byte(id))
	}
}

func applyListed(tx *store.Tx, r *journal.Record) error {
	var e retentionv1.InventoryListed
	if err := body(r, &e); err != nil {
		return err
	}
	for _, f := range e.GetFiles() {
		tx.Put("rows", rowKey(e.GetInventoryId(), f.GetPosition()), []byte(f.GetId()))
		if err := change(tx, f.GetId(), StateListed, func(row *retentionv1.DepartmentFile) {
			row.InventoryId, row.File.Position = e.GetInventoryId(), f.GetPosition()
		}); err != nil {
			return err
		}
	}
	return nil
}

// duty reads an inventory as Apply changes it: its organisation stays the id alone.
func duty(tx *store.Tx, inventory string) (*retentionv1.DueTransfer, error) {
	raw := tx.Get("inventories", []byte(inventory))
	if raw == nil {
		return nil, fmt.Errorf("retention: inventory %q is not there", inventory)
	}
	d := new(retentionv1.DueTransfer)
	return d, decode("inventories", []byte(inventory), raw, d)
}

func applyDue(tx *store.Tx, r *journal.Record) error {
	var e retentionv1.TransferDue
	if err := body(r, &e); err != nil {
		return err
	}
	key, ok := transferKey(e.GetTransferId())
	if !ok {
		return fmt.Errorf("retention: %q is no number of a transfer", e.GetTransferId())
	}
	inventory := e.GetInventory().GetId()
	d, err := duty(tx, inventory)
	if err != nil {
		return err
	}
	d.TransferId, d.State = e.GetTransferId(), DutyDue
	tx.Put("transfers", key, []byte(inventory))
	return put(tx, "inventories", []byte(inventory), d)
}

func applyDueListed(tx *store.Tx, r *journal.Record) error {
	var e retentionv1.TransferDueListed
	if err := body(r, &e); err != nil {
		return err
	}
	for _, f := range e.GetFiles() {
		if err := change(tx, f.GetId(), StateDue, func(*retentionv1.DepartmentFile) {}); err != nil {
			return err
		}
	}
	return nil
}

func applyFulfilled(tx *store.Tx, r *journal.Record) error {
	var e retentionv1.TransferFulfilled
	if err := body(r, &e); err != nil {
		return err
	}
	if e.GetInventoryId() != "" {
		return applyEarly(tx, &e)
	}
	key, ok := transferKey(e.GetTransferId())
	if !ok {
		return fmt.Errorf("retention: %q is no number of a transfer", e.GetTransferId())
	}
	inventory := string(tx.Get("transfers", key))
	d, err := duty(tx, inventory)
	if err != nil {
		return err
	}
	for _, old := range dutyKeys(d.GetOrganisation().GetId(), d.GetDueOn(), inventory, false) {
		tx.Delete("due", old)
	}
	putDuty(tx, d, true)
	d.State, d.AccessionNumber = DutyFulfilled, e.GetAccessionNumber()
	tx.Put("accessions", []byte(e.GetAccessionNumber()), []byte(e.GetTransferId()))
	return put(tx, "inventories", []byte(inventory), d)
}

func applyTransferred(tx *store.Tx, r *journal.Record) error {
	var e retentionv1.FilesTransferred
	if err := body(r, &e); err != nil {
		return err
	}
	for _, id := range e.GetFileIds() {
		inventory := ""
		if err := change(tx, id, StateTransferred, func(f *retentionv1.DepartmentFile) { inventory = f.GetInventoryId() }); err != nil {
			return err
		}
		if inventory == "" {
			continue // it came before it was listed anywhere
		}
		d, err := duty(tx, inventory)
		if err != nil {
			return err
		}
		d.Transferred++
		if err := put(tx, "inventories", []byte(inventory), d); err != nil {
			return err
		}
	}
	return nil
}

// parseDay reads a civil date of our own events; another one is a defect.
func parseDay(s string) (civil.Date, error) {
	d, err := civil.Parse(s)
	if err != nil {
		return d, fmt.Errorf("retention: day %q: %w", s, err)
	}
	return d, nil
}
