package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// workBodies are empty bodies of the events of the work on a transfer before its acceptance.
func workBodies() []proto.Message {
	return []proto.Message{
		new(intakev1.TransferAnnounced), new(intakev1.InventorySealed), new(intakev1.TransferConsented), new(intakev1.TransferPrepared),
		new(intakev1.PaperReceived), new(intakev1.UnitsChecked), new(intakev1.RowsReturned), new(intakev1.RowCommented), new(intakev1.RowAnswered),
	}
}

// applyWork writes what follows from an event of the work before the acceptance.
func applyWork(tx *base.Tx, body proto.Message, r *journal.Record) error {
	switch b := body.(type) {
	case *intakev1.TransferAnnounced:
		return applyAnnounced(tx, b)
	case *intakev1.InventorySealed:
		return applySealed(tx, b, r)
	case *intakev1.TransferConsented:
		return change(tx, b.GetTransferId(), func(t *intakev1.Transfer) { t.ConsentedOn = b.GetConsentedOn() })
	case *intakev1.TransferPrepared:
		return change(tx, b.GetTransferId(), func(t *intakev1.Transfer) { t.Form, t.BroughtOn = b.GetForm(), b.GetBroughtOn() })
	case *intakev1.PaperReceived:
		return receipt(tx, r, &intakev1.Receipt{TransferId: b.GetTransferId(), Direction: "in", What: carriedIn, Units: b.GetUnits(), Boxes: b.GetBoxes(), Corrects: b.GetCorrects()})
	case *intakev1.UnitsChecked:
		return applyUnits(tx, b, r.Seq())
	case *intakev1.RowsReturned:
		return applyReturned(tx, b, r)
	case *intakev1.RowCommented:
		return remark(tx, r, &intakev1.RowRemark{Position: b.GetPosition(), Side: b.GetSide(), Text: b.GetText()}, b.GetTransferId())
	case *intakev1.RowAnswered:
		if err := remark(tx, r, &intakev1.RowRemark{Position: b.GetPosition(), Side: "department", Text: b.GetText()}, b.GetTransferId()); err != nil {
			return err
		}
		return settle(tx, b.GetTransferId(), []uint32{b.GetPosition()}, rowAnswered)
	}
	return nil
}

func applyAnnounced(tx *base.Tx, b *intakev1.TransferAnnounced) error {
	year, n, err := announcedNumber(b.GetTransferId())
	if err != nil {
		return err
	}
	tx.Put("announced", binary.BigEndian.AppendUint16(nil, year), binary.BigEndian.AppendUint32(nil, n))
	state := transfer.Announced
	if b.GetUndescribed() != nil {
		state = transfer.Expected // nothing more will be listed
		tx.Put("lists", key(b.GetTransferId()), []byte{0, 0, 0, 0, 1})
	}
	return save(tx, "", &intakev1.Transfer{
		TransferId: b.GetTransferId(), Organisation: b.GetOrganisation(), Inventory: b.GetInventory(), State: string(state),
		Kind: b.GetKind(), Form: b.GetForm(), Ground: b.GetGround(), Undescribed: b.GetUndescribed(), AnnouncedOn: b.GetAnnouncedOn(),
	})
}

var errNotAnnounced = errors.New("it is no number of an announced transfer")

// announcedNumber reads "A2026-1".
func announcedNumber(id string) (year uint16, n uint32, err error) {
	rest, announced := strings.CutPrefix(id, "A")
	if !announced {
		return 0, 0, errNotAnnounced // asked of every other number too
	}
	y, count, _ := strings.Cut(rest, "-")
	parsedYear, err1 := strconv.ParseUint(y, 10, 16)
	parsed, err2 := strconv.ParseUint(count, 10, 32)
	if err1 != nil || err2 != nil || fmt.Sprintf("A%d-%d", parsedYear, parsed) != id {
		return 0, 0, fmt.Errorf("%q is no number of an announced transfer", id)
	}
	return uint16(parsedYear), uint32(parsed), nil
}

func applySealed(tx *base.Tx, b *intakev1.InventorySealed, r *journal.Record) error {
	k := key(b.GetTransferId())
	row := slices.Clone(tx.Get("lists", k))
	if len(row) < 5 {
		return fmt.Errorf("transfer %s: its inventory is sealed and has no rows", b.GetTransferId())
	}
	row[4] = 1
	tx.Put("lists", k, row)
	if err := change(tx, b.GetTransferId(), func(t *intakev1.Transfer) {
		t.State = string(transfer.Expected)
		t.Inventory.Files = b.GetFiles()
	}); err != nil {
		return err
	}
	return receipt(tx, r, &intakev1.Receipt{TransferId: b.GetTransferId(), Direction: "in", What: "inventory", Units: b.GetFiles()})
}

func applyUnits(tx *base.Tx, b *intakev1.UnitsChecked, seq uint64) error {
	added := uint32(0)
	for _, f := range b.GetFindings() {
		k := rowKey(key(b.GetTransferId()), f.GetPosition())
		if tx.Get("findings", k) == nil {
			added++
		}
		if f.GetFinding() != string(transfer.Missing) {
			tx.Delete("explained", k)
		} else if f.GetExplanation() != "" {
			tx.Put("explained", k, journal.SeqKey(seq))
		}
		if err := put(tx, "findings", k, f); err != nil {
			return err
		}
	}
	return change(tx, b.GetTransferId(), func(t *intakev1.Transfer) { t.UnitsChecked += added })
}

func applyReturned(tx *base.Tx, b *intakev1.RowsReturned, r *journal.Record) error {
	for _, row := range b.GetRows() {
		k := rowKey(key(b.GetTransferId()), row.GetPosition())
		tx.Put("returns", k, []byte(rowReturned))
		if err := put(tx, "reasons", k, row); err != nil {
			return err
		}
		if row.GetComment() == "" {
			continue
		}
		if err := remark(tx, r, &intakev1.RowRemark{Position: row.GetPosition(), Side: "archive", Text: row.GetComment()}, b.GetTransferId()); err != nil {
			return err
		}
	}
	if err := change(tx, b.GetTransferId(), func(t *intakev1.Transfer) {
		t.Returned += uint32(len(b.GetRows()))
		t.State = string(transfer.Returned)
	}); err != nil {
		return err
	}
	line := &intakev1.Receipt{TransferId: b.GetTransferId(), Direction: "out", What: "returned", Units: uint32(len(b.GetRows()))}
	if b.GetRowsOnReceipt() {
		for _, row := range b.GetRows() {
			line.Positions = append(line.Positions, row.GetPosition())
		}
		slices.Sort(line.Positions)
	}
	return receipt(tx, r, line)
}

// settle ends the return of rows; when none is left the transfer stands as before it.
func settle(tx *base.Tx, id string, positions []uint32, state string) error {
	done := uint32(0)
	for _, p := range positions {
		k := rowKey(key(id), p)
		if string(tx.Get("returns", k)) == rowReturned {
			tx.Put("returns", k, []byte(state))
			done++
		}
	}
	return change(tx, id, func(t *intakev1.Transfer) {
		t.Returned -= done
		switch {
		case t.GetReturned() > 0 || t.GetState() != string(transfer.Returned):
		case t.GetPackageId() != "":
			t.State = string(transfer.Checked)
		default:
			t.State = string(transfer.Expected)
		}
	})
}

// remark adds a line to the dialogue about a row.
func remark(tx *base.Tx, r *journal.Record, line *intakev1.RowRemark, id string) error {
	line.At = r.Time().UTC().Format(time.RFC3339)
	k := append(under(rowKey(key(id), line.GetPosition())), journal.SeqKey(r.Seq())...)
	return put(tx, "remarks", k, line)
}

// carriedIn is what a receipt is of where units on paper or carriers were counted at the door.
const carriedIn = "paper"

// receipt numbers and keeps the receipt of a hand-over. Where the digest of a package is not given,
// it is the SHA-256 of the event as it was recorded.
func receipt(tx *base.Tx, r *journal.Record, line *intakev1.Receipt) error {
	line.At = r.Time().UTC().Format(time.RFC3339)
	if line.GetDigest() == "" {
		sum := sha256.Sum256(r.Entry.GetBody())
		line.Digest = hex.EncodeToString(sum[:])
	}
	if err := change(tx, line.GetTransferId(), func(t *intakev1.Transfer) {
		t.Receipts++
		line.Number = t.GetReceipts()
	}); err != nil {
		return err
	}
	return put(tx, "receipts", rowKey(key(line.GetTransferId()), line.GetNumber()), line)
}

// position reads the last four bytes of a row's key.
func position(k []byte) uint32 {
	if len(k) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(k)
}
