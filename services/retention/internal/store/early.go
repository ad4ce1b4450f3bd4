package store

import (
	"fmt"
	"slices"
	"time"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/nomenclature"
)

var (
	notTheirs = fault.Define(fault.Refused, "retention.acceptance.not_theirs",
		"{file} of accession {accession} is no file of organisation {organisation}; compare the rows of the announced transfer with the register of files",
		"{file} из поступления {accession} не является делом организации {organisation}; сверьте строки заявленной передачи с учётом дел",
		"{accession} түсіміндегі {file} {organisation} ұйымының ісі емес; мәлімделген тапсырудың жолдарын істер есебімен салыстырыңыз")
	notClosed = fault.Define(fault.Refused, "retention.acceptance.not_closed",
		"file {file} of accession {accession} is still open in its department; close it there, then try this again",
		"дело {file} из поступления {accession} в ведомстве ещё открыто; закройте его там и повторите",
		"{accession} түсіміндегі {file} ісі ведомствода әлі ашық; оны сонда жауып, қайталаңыз")
)

// Early is an acceptance of a transfer that no term of ours brought (AR-2, AR-12): announced before its day, beside the schedule, or of a
// body that is no more.
type Early struct {
	Transfer, Accession, Organisation string
	// Files are those of the accepted rows that name a file of ours.
	Files []string
}

// HandOverEarly decides that such files are in the archive, and ends the duty of an inventory that has no other file left. Rows that were
// returned or left out of the acceptance are not among them: their files stay where they were, and so does the duty for them. A file of
// another organisation, one that is still open and one that does not exist are for a person (store.Never).
func HandOverEarly(q Early) store.Decide {
	return func(v *store.View, _ time.Time) ([]store.Event, error) {
		var ids, inventories []string
		came := make(map[string]uint32) // by inventory
		seen := make(map[string]bool)
		for _, id := range q.Files {
			row, err := File(v, id, everything{})
			if err != nil || row.GetOrganisationId() != q.Organisation {
				return nil, never(notTheirs.With("file", clip.Runes(id, maxShown), "accession", q.Accession, "organisation", clip.Runes(q.Organisation, maxShown)))
			}
			file, err := fileOf(row)
			if err != nil {
				return nil, err
			}
			if file.State == nomenclature.Transferred || seen[id] {
				continue
			}
			if _, err := nomenclature.HandOverEarly(file); err != nil {
				return nil, never(notClosed.With("file", clip.Runes(id, maxShown), "accession", q.Accession).Because(err))
			}
			seen[id], ids = true, append(ids, id)
			if inventory := row.GetInventoryId(); inventory != "" {
				if came[inventory]++; came[inventory] == 1 {
					inventories = append(inventories, inventory)
				}
			}
		}
		var events []store.Event
		for part := range slices.Chunk(ids, maxRows) {
			events = append(events, store.Event{Refs: q.refs(inventories...), Body: &retentionv1.FilesTransferred{TransferId: q.Transfer, AccessionNumber: q.Accession, FileIds: part}})
		}
		for _, inventory := range inventories {
			d, err := Inventory(v, inventory)
			if err != nil {
				return nil, err
			}
			if (d.GetState() == DutyWaiting || d.GetState() == DutyDue) && d.GetTransferred()+came[inventory] == d.GetInventory().GetFiles() {
				events = append(events, store.Event{Refs: q.refs(inventory), Body: &retentionv1.TransferFulfilled{
					TransferId: q.Transfer, AccessionNumber: q.Accession, Accepted: d.GetInventory().GetFiles(), InventoryId: inventory,
				}})
			}
		}
		return events, nil
	}
}

// refs are the objects that such an acceptance concerns, with those of the inventories that an event is about: the end of one duty is no
// part of another inventory's timeline.
func (q Early) refs(inventories ...string) []journal.Ref {
	refs := []journal.Ref{transferRef(q.Transfer), organisationRef(q.Organisation), accessionRef(q.Accession)}
	for _, inventory := range inventories {
		refs = append(refs, inventoryRef(inventory))
	}
	return refs
}

// applyEarly closes the duty of an inventory whose last files came by an announced transfer.
func applyEarly(tx *store.Tx, e *retentionv1.TransferFulfilled) error {
	d, err := duty(tx, e.GetInventoryId())
	if err != nil {
		return err
	}
	if d.GetState() == DutyWaiting {
		at, err := timerAt(d.GetDueOn())
		if err != nil {
			return err
		}
		tx.ClearTimer(at, TimerDue, e.GetInventoryId())
	}
	for _, old := range dutyKeys(d.GetOrganisation().GetId(), d.GetDueOn(), e.GetInventoryId(), false) {
		tx.Delete("due", old)
	}
	putDuty(tx, d, true)
	d.State, d.AccessionNumber, d.EarlyTransferId = DutyFulfilled, e.GetAccessionNumber(), e.GetTransferId()
	return put(tx, "inventories", []byte(e.GetInventoryId()), d)
}

// remaining are the files of an inventory that the archive has not, in their order and with the numbers that they have in it.
func remaining(v *store.View, id string) (files []*recordv1.File, err error) {
	listed := 0
	for row, err := range rowsAfter(v, id, 0) {
		if err != nil {
			return nil, err
		}
		if listed++; listed > MaxListed {
			return nil, fmt.Errorf("retention: inventory %s lists more than %d files", id, MaxListed)
		}
		if row.GetState() != StateTransferred {
			files = append(files, row.GetFile())
		}
	}
	return files, nil
}
