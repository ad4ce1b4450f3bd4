package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// Apply writes what follows from one event of this service. An event of the platform is no
// concern of ours.
func Apply(tx *base.Tx, r *journal.Record) error {
	body := bodyOf(r)
	if body == nil {
		return nil
	}
	if err := proto.Unmarshal(r.Entry.GetBody(), body); err != nil {
		return fmt.Errorf("event %d: %w", r.Seq(), err)
	}
	switch b := body.(type) {
	case *intakev1.TransferExpected:
		return save(tx, "", &intakev1.Transfer{
			TransferId: b.GetTransferId(), Organisation: b.GetOrganisation(), Inventory: b.GetInventory(), DueOn: b.GetDueOn(),
			State: string(transfer.Expected),
		})
	case *intakev1.TransferFilesExpected:
		return applyExpected(tx, b)
	case *intakev1.ContactNamed:
		tx.Put("contacts", key(b.GetTransferId()), journal.SeqKey(r.Seq()))
	case *intakev1.PackageRefused:
		return applyRefused(tx, b, r.Time())
	case *intakev1.PackageChecked:
		return applyChecked(tx, b, r)
	case *intakev1.PackageFilesChecked:
		return applyContent(tx, b)
	case *intakev1.AcceptanceBegun:
		tx.Put("plans", key(b.GetTransferId()), journal.SeqKey(r.Seq()))
		return change(tx, b.GetTransferId(), func(t *intakev1.Transfer) { t.State = string(transfer.Accepting) })
	case *intakev1.AccessionAccepted:
		if err := applyAccession(tx, b, r); err != nil {
			return err
		}
	case *intakev1.AccessionFilesAccepted:
		return applyAccepted(tx, b)
	case *intakev1.ActDrawnUp:
		return applyAct(tx, b)
	case *intakev1.UploadLimitsSet:
		return applyLimits(tx, b)
	case *intakev1.PackageDuplicatesFound:
		return applyDuplicates(tx, b)
	case *intakev1.PackageRowsForgotten:
		applyForgotten(tx, b)
	case *intakev1.AcceptanceAbandoned:
		return applyAbandoned(tx, b, r.Time())
	}
	if err := applyWork(tx, body, r); err != nil {
		return err
	}
	if err := applyKeeping(tx, body, r); err != nil {
		return err
	}
	return applyChronicle(tx, body, r)
}

// bodyOf is an empty body of the event's type, nil where it is none of ours.
func bodyOf(r *journal.Record) proto.Message {
	for _, m := range slices.Concat(workBodies(), keepingBodies(), chronicleBodies(), []proto.Message{
		new(intakev1.TransferExpected), new(intakev1.TransferFilesExpected), new(intakev1.ContactNamed), new(intakev1.PackageRefused),
		new(intakev1.PackageChecked), new(intakev1.PackageFilesChecked), new(intakev1.AcceptanceBegun), new(intakev1.AccessionAccepted),
		new(intakev1.AccessionFilesAccepted), new(intakev1.ActDrawnUp), new(intakev1.UploadLimitsSet), new(intakev1.PackageDuplicatesFound),
		new(intakev1.PackageRowsForgotten), new(intakev1.AcceptanceAbandoned),
	}) {
		if r.Is(m) {
			return m
		}
	}
	return nil
}

// save writes a transfer and keeps the lists of its state.
func save(tx *base.Tx, before string, t *intakev1.Transfer) error {
	k, of := key(t.GetTransferId()), t.GetOrganisation().GetId()
	if before != t.GetState() {
		if before != "" {
			tx.Delete("states", under([]byte(before), k...))
			tx.Delete("departments", departmentKey(of, before, k))
			count(tx, before, ^uint64(0))
		}
		tx.Put("states", under([]byte(t.GetState()), k...), []byte{})
		tx.Put("departments", departmentKey(of, t.GetState(), k), []byte{})
		tx.Put("departments", departmentKey(of, "", k), []byte{})
		count(tx, t.GetState(), 1)
	}
	return put(tx, "transfers", k, t)
}

// count adds to the number of transfers in a state; the greatest number takes one away.
func count(tx *base.Tx, state string, n uint64) {
	tx.Put("counts", []byte(state), binary.BigEndian.AppendUint64(nil, seqOf(tx.Get("counts", []byte(state)))+n))
}

func change(tx *base.Tx, id string, with func(*intakev1.Transfer)) error {
	t, err := Transfer(&tx.View, id)
	if err != nil {
		return err
	}
	before := t.GetState()
	with(t)
	return save(tx, before, t)
}

func applyExpected(tx *base.Tx, b *intakev1.TransferFilesExpected) error {
	list, err := ListOf(&tx.View, b.GetTransferId())
	if err != nil {
		return err
	}
	for _, f := range b.GetFiles() {
		if err := put(tx, "expected", rowKey(key(b.GetTransferId()), f.GetPosition()), f); err != nil {
			return err
		}
		list.Rows++
		list.Label = Stricter(list.Label, LabelOf(f.GetLabel()))
	}
	complete := byte(0)
	if list.Complete || b.GetLast() {
		complete = 1
	}
	raw, err := deterministic.Marshal(&journalv1.Label{Level: list.Label.Level, Grounds: list.Label.Grounds})
	if err != nil {
		return err
	}
	row := append(binary.BigEndian.AppendUint32(nil, list.Rows), complete)
	tx.Put("lists", key(b.GetTransferId()), append(row, raw...))
	return nil
}

func applyRefused(tx *base.Tx, b *intakev1.PackageRefused, at time.Time) error {
	if err := put(tx, "faults", key(b.GetTransferId()), b); err != nil {
		return err
	}
	return change(tx, b.GetTransferId(), func(t *intakev1.Transfer) {
		t.FaultCount, t.PackageAt = b.GetCount(), at.UTC().Format(time.RFC3339)
	})
}

// applyChecked lets a package stand. One for returned rows replaces their content and the tag files
// alone; any other replaces all that stood before. Bytes that nothing names any more are taken away
// by whoever recorded this, or by the sweep.
func applyChecked(tx *base.Tx, b *intakev1.PackageChecked, r *journal.Record) error {
	k := key(b.GetTransferId())
	t, err := Transfer(&tx.View, b.GetTransferId())
	if err != nil {
		return err
	}
	files, size := b.GetFiles(), b.GetBytes()
	if len(b.GetRedone()) > 0 {
		replaced, err := unitContents(&tx.View, b.GetTransferId(), b.GetRedone())
		if err != nil {
			return err
		}
		files, size = files+t.GetPackageFiles(), size+t.GetPackageBytes()
		for _, u := range replaced {
			files, size = files-u.GetFiles(), size-u.GetBytes()
		}
	}
	forgetDuplicates(tx, b.GetTransferId(), b.GetRedone())
	if err := stand(tx, b, r.Seq()); err != nil {
		return err
	}
	tx.Delete("faults", k)
	if err := put(tx, "warnings", k, b); err != nil {
		return err
	}
	if err := change(tx, b.GetTransferId(), func(t *intakev1.Transfer) {
		if t.GetState() != string(transfer.Returned) {
			t.State = string(transfer.Checked)
		}
		t.PackageId, t.PackageFiles, t.PackageBytes, t.FaultCount = b.GetPackageId(), files, size, 0
		if e := b.GetEark(); e != nil || len(b.GetRedone()) == 0 {
			t.Eark = e
		}
		t.PackageAt, t.ManifestSha512 = r.Time().UTC().Format(time.RFC3339), b.GetManifestSha512()
	}); err != nil {
		return err
	}
	what := "package"
	if len(b.GetRedone()) > 0 {
		what = "redone"
	}
	if err := settle(tx, b.GetTransferId(), b.GetRedone(), rowRedone); err != nil {
		return err
	}
	return receipt(tx, r, &intakev1.Receipt{
		TransferId: b.GetTransferId(), Direction: "in", What: what, Units: uint32(len(b.GetRedone())), Files: b.GetFiles(), Bytes: b.GetBytes(),
		Digest: b.GetManifestSha512(),
	})
}

func applyAccession(tx *base.Tx, b *intakev1.AccessionAccepted, r *journal.Record) error {
	n, err := transfer.ParseNumber(b.GetAccessionNumber())
	if err != nil {
		return err
	}
	_, units := Book(&tx.View, n.Year)
	row := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, n.N), units+uint64(b.GetAccepted()))
	tx.Put("books", binary.BigEndian.AppendUint16(nil, uint16(n.Year)), row)
	if b.GetObjectId() != "" {
		tx.Put("objects", []byte(b.GetObjectId()), numberKey(n))
	}
	if err := put(tx, "accessions", numberKey(n), &intakev1.Accession{
		AccessionNumber: b.GetAccessionNumber(), TransferId: b.GetTransferId(), AcceptedOn: b.GetAcceptedOn(),
		Organisation: b.GetOrganisation(), Inventory: b.GetInventory(), Listed: b.GetListed(), Accepted: b.GetAccepted(),
		ObjectId: b.GetObjectId(), ObjectSha512: b.GetObjectSha512(), History: b.GetHistory(), Bag: b.GetBag(), ObjectVersion: first(b.GetObjectId()),
		Kind: b.GetKind(), Form: b.GetForm(), Ground: b.GetGround(), Undescribed: b.GetUndescribed(),
	}); err != nil {
		return err
	}
	if err := change(tx, b.GetTransferId(), func(t *intakev1.Transfer) {
		t.State, t.AccessionNumber = string(transfer.Accepted), b.GetAccessionNumber()
	}); err != nil {
		return err
	}
	return receipt(tx, r, &intakev1.Receipt{
		TransferId: b.GetTransferId(), Direction: "in", What: "accepted", Units: b.GetAccepted(), Files: b.GetFiles(), Bytes: b.GetBytes(),
	})
}

// first is the version of an object that was just made; 0 where there is none.
func first(object string) uint32 {
	if object == "" {
		return 0
	}
	return 1
}

func applyAccepted(tx *base.Tx, b *intakev1.AccessionFilesAccepted) error {
	n, err := transfer.ParseNumber(b.GetAccessionNumber())
	if err != nil {
		return err
	}
	for _, f := range b.GetFiles() {
		if err := put(tx, "accepted", rowKey(numberKey(n), f.GetFile().GetPosition()), f); err != nil {
			return err
		}
	}
	return indexDigests(tx, n, b.GetFiles())
}

// Languages are those of the acts, in the order in which they are drawn up (IS-3).
var Languages = []string{"kk", "ru"}

func applyAct(tx *base.Tx, b *intakev1.ActDrawnUp) error {
	n, err := transfer.ParseNumber(b.GetAccessionNumber())
	if err != nil {
		return err
	}
	a, err := Accession(&tx.View, n)
	if err != nil || a == nil {
		return fmt.Errorf("act of accession %s, which does not exist: %w", n, err)
	}
	a.Acts = append(a.Acts, b)
	if len(a.Acts) == len(Languages) {
		tx.Delete("plans", key(a.GetTransferId()))
	}
	return put(tx, "accessions", numberKey(n), a)
}
