package store

import (
	"fmt"
	"time"

	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/nomenclature"
)

// Fulfil decides that the archive's acceptance closes a duty. An acceptance of a transfer that
// we never let fall due, or that another acceptance closed, is never handled: a person must
// look at it (store.Never).
func Fulfil(transfer, accession string, accepted uint32) store.Decide {
	return func(v *store.View, _ time.Time) ([]store.Event, error) {
		d, err := Transfer(v, transfer)
		switch {
		case err != nil:
			return nil, err
		case d == nil:
			return nil, never("transfer %s was never numbered here", short(transfer))
		case accession == "":
			return nil, never("transfer %s was accepted without an accession number", transfer)
		case d.GetState() == DutyFulfilled && d.GetAccessionNumber() == accession:
			return nil, nil
		case d.GetState() != DutyDue:
			return nil, never("transfer %s is %s by accession %s", transfer, d.GetState(), d.GetAccessionNumber())
		}
		return []store.Event{{
			Refs: fulfilment(d, accession),
			Body: &retentionv1.TransferFulfilled{TransferId: transfer, AccessionNumber: accession, Accepted: accepted},
		}}, nil
	}
}

// fulfilment are the objects that an acceptance concerns.
func fulfilment(d *retentionv1.DueTransfer, accession string) []journal.Ref {
	return []journal.Ref{
		transferRef(d.GetTransferId()), organisationRef(d.GetOrganisation().GetId()),
		inventoryRef(d.GetInventory().GetId()), accessionRef(accession),
	}
}

// HandOver decides that files of an accession are in the archive. The accession itself must
// have been taken in before: until then the event waits.
func HandOver(accession string, files []string) store.Decide {
	return func(v *store.View, _ time.Time) ([]store.Event, error) {
		transfer := TransferOf(v, accession)
		if transfer == "" {
			return nil, fmt.Errorf("retention: accession %s is not known yet", short(accession))
		}
		d, err := Transfer(v, transfer)
		if err != nil {
			return nil, err
		}
		if d == nil {
			return nil, fmt.Errorf("retention: accession %s belongs to transfer %s, which is not there", short(accession), transfer)
		}
		ids := make([]string, 0, len(files))
		for _, id := range files {
			row, err := File(v, id, everything{})
			if err != nil {
				return nil, never("%s of accession %s is no file of ours", short(id), accession)
			}
			file, err := fileOf(row)
			if err != nil {
				return nil, err
			}
			if file.State == nomenclature.Transferred {
				continue
			}
			if _, err := nomenclature.HandOver(file); err != nil || row.GetInventoryId() != d.GetInventory().GetId() {
				return nil, never("file %s of accession %s is %s in inventory %q", short(id), accession, row.GetState(), row.GetInventoryId())
			}
			ids = append(ids, id)
		}
		var events []store.Event
		for from := 0; from < len(ids); from += maxRows {
			events = append(events, store.Event{
				Refs: fulfilment(d, accession),
				Body: &retentionv1.FilesTransferred{
					TransferId: transfer, AccessionNumber: accession, FileIds: ids[from:min(from+maxRows, len(ids))],
				},
			})
		}
		return events, nil
	}
}

func never(format string, args ...any) error {
	return store.Never.With("reason", fmt.Sprintf(format, args...))
}
