package store

import (
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// keepingBodies are empty bodies of the events of an accession after its acceptance.
func keepingBodies() []proto.Message {
	return []proto.Message{
		new(intakev1.QuarantineBegun), new(intakev1.QuarantineEnded), new(intakev1.BoxesStored), new(intakev1.AccessionCodeKnown),
		new(intakev1.AccessionApproved), new(intakev1.ActSigned), new(intakev1.SignerKeyKnown), new(intakev1.AccessionClosed),
		new(intakev1.ApprovalProposed), new(intakev1.ApprovalDeclined),
		new(intakev1.AccessionDescribed), new(intakev1.DeaccessionProposed), new(intakev1.DeaccessionDeclined), new(intakev1.AccessionDeaccessioned),
		new(intakev1.DeaccessionReceived), new(intakev1.ContentClosed), new(intakev1.ObjectRemoved),
	}
}

// applyKeeping writes what follows from an event of an accession after its acceptance.
func applyKeeping(tx *base.Tx, body proto.Message, r *journal.Record) error {
	switch b := body.(type) {
	case *intakev1.QuarantineBegun:
		return amend(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) { a.Quarantine, a.QuarantineEnded = b, nil })
	case *intakev1.QuarantineEnded:
		return amend(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) { a.QuarantineEnded = b })
	case *intakev1.BoxesStored:
		return applyBoxes(tx, b)
	case *intakev1.AccessionCodeKnown:
		return amend(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) { a.Code = b })
	case *intakev1.AccessionApproved:
		return applyApproval(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) { a.Approved = b.GetProtocol() })
	case *intakev1.ApprovalProposed:
		return applyApproval(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) { a.Proposed = b })
	case *intakev1.ApprovalDeclined:
		return applyApproval(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) { a.NotApproved = b })
	case *intakev1.ActSigned:
		return amend(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) { a.Signatures = append(a.Signatures, b) })
	case *intakev1.SignerKeyKnown:
		return put(tx, "signers", []byte(b.GetAccount()), b)
	case *intakev1.AccessionClosed:
		return amend(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) { a.ClosedOn = b.GetClosedOn() })
	case *intakev1.AccessionDescribed:
		return applyDescribed(tx, b)
	case *intakev1.DeaccessionProposed:
		return applyProposed(tx, b)
	case *intakev1.DeaccessionDeclined:
		return applyDecided(tx, b.GetAccessionNumber(), b.GetNumber(), func(d *intakev1.Deaccession) { d.State, d.Reason = declined, b.GetReason() })
	case *intakev1.AccessionDeaccessioned:
		return applyLeft(tx, b, r)
	case *intakev1.DeaccessionReceived:
		return applyReceived(tx, b)
	case *intakev1.ContentClosed:
		return applyClosed(tx, b)
	case *intakev1.ObjectRemoved:
		return applyRemoved(tx, b)
	}
	return nil
}

// amend changes an accession's line.
func amend(tx *base.Tx, number string, with func(*intakev1.Accession)) error {
	n, err := transfer.ParseNumber(number)
	if err != nil {
		return err
	}
	a, err := Accession(&tx.View, n)
	if err != nil {
		return err
	}
	if a == nil {
		return fmt.Errorf("accession %s does not exist", number)
	}
	with(a)
	return put(tx, "accessions", numberKey(n), a)
}

func applyBoxes(tx *base.Tx, b *intakev1.BoxesStored) error {
	n, err := transfer.ParseNumber(b.GetAccessionNumber())
	if err != nil {
		return err
	}
	for _, box := range b.GetBoxes() {
		k := rowKey(numberKey(n), box.GetNumber())
		if gone(box) {
			tx.Delete("boxes", k)
			continue
		}
		if err := put(tx, "boxes", k, box); err != nil {
			return err
		}
	}
	return nil
}

// applyDescribed counts the rows instead of the units that were counted before; the book's total
// follows. An event of an earlier program names no acts: there is no paper to show, and the accession's row is as that program wrote it.
func applyDescribed(tx *base.Tx, b *intakev1.AccessionDescribed) error {
	n, err := transfer.ParseNumber(b.GetAccessionNumber())
	if err != nil {
		return err
	}
	last, units := Book(&tx.View, n.Year)
	row := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, last), units-uint64(b.GetCounted())+uint64(b.GetDescribed()))
	tx.Put("books", binary.BigEndian.AppendUint16(nil, uint16(n.Year)), row)
	return amend(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) {
		a.Inventory, a.Listed, a.Accepted, a.Undescribed = b.GetInventory(), b.GetDescribed(), b.GetDescribed(), 0
		if len(b.GetActs()) > 0 {
			a.Description = &intakev1.Description{
				DescribedOn: b.GetDescribedOn(), DescribedBy: b.GetDescribedBy(), Counted: b.GetCounted(), Described: b.GetDescribed(), Acts: b.GetActs(),
			}
		}
	})
}

func applyProposed(tx *base.Tx, b *intakev1.DeaccessionProposed) error {
	n, err := transfer.ParseNumber(b.GetAccessionNumber())
	if err != nil {
		return err
	}
	for _, p := range b.GetPositions() {
		tx.Put("left", rowKey(numberKey(n), p), binary.BigEndian.AppendUint32(nil, b.GetNumber()))
	}
	if err := put(tx, "leaving", rowKey(numberKey(n), b.GetNumber()), &intakev1.Deaccession{Proposed: b, State: proposed}); err != nil {
		return err
	}
	return amend(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) { a.Deaccessions = b.GetNumber() })
}

// applyDecided changes a deaccession; one that is declined gives its units free again.
func applyDecided(tx *base.Tx, number string, count uint32, with func(*intakev1.Deaccession)) error {
	n, err := transfer.ParseNumber(number)
	if err != nil {
		return err
	}
	d, err := Leaving(&tx.View, n, count)
	if err != nil || d == nil {
		return fmt.Errorf("deaccession %d of %s does not exist: %w", count, number, err)
	}
	with(d)
	if d.GetState() == declined {
		for _, p := range d.GetProposed().GetPositions() {
			tx.Delete("left", rowKey(numberKey(n), p))
		}
	}
	return put(tx, "leaving", rowKey(numberKey(n), count), d)
}

func applyLeft(tx *base.Tx, b *intakev1.AccessionDeaccessioned, r *journal.Record) error {
	doomed := false
	if err := applyDecided(tx, b.GetAccessionNumber(), b.GetNumber(), func(d *intakev1.Deaccession) {
		d.State, d.ApprovedOn, d.Acts, d.Codes = done, b.GetApprovedOn(), b.GetActs(), b.GetCodes()
		doomed = b.GetContent() == Destroyed && b.GetWay() == Destroyed // of others the receipt is awaited
	}); err != nil {
		return err
	}
	if doomed {
		if err := mark(tx, "doomed", b.GetAccessionNumber(), b.GetNumber(), true); err != nil {
			return err
		}
	}
	transferID := ""
	if err := amend(tx, b.GetAccessionNumber(), func(a *intakev1.Accession) {
		a.Deaccessioned += uint32(len(b.GetPositions()))
		transferID = a.GetTransferId()
	}); err != nil {
		return err
	}
	return receipt(tx, r, &intakev1.Receipt{TransferId: transferID, Direction: "out", What: "deaccessioned", Units: uint32(len(b.GetPositions()))})
}
