package api_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	platform "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/store"
)

// early lets an acceptance of an announced transfer take effect.
func (d *desk) early(number string, files ...string) error {
	_, err := d.store.Do(d.t.Context(), platform.Command{
		ID: uuid.Must(uuid.NewV7()), Name: "r", Actor: "service:retention",
		Decide: store.HandOverEarly(store.Early{Transfer: "A" + number, Accession: number, Organisation: "almaly", Files: files}),
	})
	return err
}

func (d *desk) duty(inventory string) *retentionv1.DueTransfer {
	d.t.Helper()
	res, err := d.ListDue(d.all, &retentionv1.ListDueRequest{})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, one := range res.GetTransfers() {
		if one.GetInventory().GetId() == inventory {
			return one
		}
	}
	d.t.Fatalf("no duty for %s in %v", inventory, res)
	return nil
}

// TestAPastedRowEndsTheDuty: rows without a file's number are taken for the files that they describe, and their acceptance ends the duty.
func TestAPastedRowEndsTheDuty(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	d.furnish("bostandyq")
	volume := func(name string) func(*retentionv1.OpenFileRequest) {
		return func(q *retentionv1.OpenFileRequest) { q.Title = text("", name) }
	}
	f := []string{d.closed("almaly", "02-05", volume("Приказы, том 1")), d.closed("almaly", "02-05", volume("Приказы, том 2"))}
	d.closed("bostandyq", "02-05", volume("Приказы, том 3"))
	d.approved(inventory("almaly", "1", f...))
	row := func(title string) *recordv1.File {
		return &recordv1.File{Title: &recordv1.Text{Ru: title}, DateFrom: "2014-01-01", DateTo: "2014-12-31", Leaves: 120}
	}
	res, err := d.RecogniseFiles(d.all, &retentionv1.RecogniseFilesRequest{OrganisationId: "almaly", Rows: []*recordv1.File{
		row("приказы,  том 2"), row("Приказы, том 3"), row("Приказы, том 1"),
	}})
	if err != nil || !slices.Equal(res.GetFileIds(), []string{f[1], "", f[0]}) {
		t.Fatalf("%v, %v", res, err)
	}
	if err := d.early("2017-1", res.GetFileIds()[0], res.GetFileIds()[2]); err != nil {
		t.Fatal(err)
	}
	if one := d.duty("almaly/1"); one.GetState() != "fulfilled" {
		t.Errorf("%v", one)
	}
	res, err = d.RecogniseFiles(d.all, &retentionv1.RecogniseFilesRequest{OrganisationId: "almaly", Rows: []*recordv1.File{row("Приказы, том 1")}})
	if err != nil || !slices.Equal(res.GetFileIds(), []string{""}) {
		t.Errorf("what was handed over: %v, %v", res, err)
	}
	bad := row("Приказы, том 1")
	bad.DateFrom = "2014"
	for _, rows := range [][]*recordv1.File{{bad}, make([]*recordv1.File, store.MaxPage+1)} {
		if _, err := d.RecogniseFiles(d.all, &retentionv1.RecogniseFilesRequest{OrganisationId: "almaly", Rows: rows}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d rows: %v", len(rows), err)
		}
	}
	d.whole()
}

// TestNothingIsOwedTwice (AR-2, AR-12): an inventory of which all files came early never falls due; of one that came in part the rest
// does, with the numbers that it has there.
func TestNothingIsOwedTwice(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	var f []string
	for range 6 {
		f = append(f, d.closed("almaly", "02-05", nil))
	}
	d.approved(inventory("almaly", "1", f[0], f[1]))
	d.approved(inventory("almaly", "2", f[2], f[3], f[4]))
	if err := errors.Join(d.early("2017-1", f[0], f[1], f[3]), d.early("2017-1", f[0], f[1], f[3]), d.early("2017-2", f[5])); err != nil {
		t.Fatal(err)
	}
	if one := d.duty("almaly/1"); one.GetState() != "fulfilled" || one.GetTransferId() != "" || one.GetEarlyTransferId() != "A2017-1" || one.GetAccessionNumber() != "2017-1" {
		t.Errorf("%v", one)
	}
	if two := d.duty("almaly/2"); two.GetState() != "waiting" || two.GetTransferred() != 1 {
		t.Errorf("%v", two)
	}
	if err := d.early("2017-3", d.opened("almaly", "02-05", nil).GetFile().GetId()); !errors.Is(err, platform.Never) {
		t.Errorf("a file that is still open: %v", err)
	}
	d.whole()
	if _, err := d.ApproveInventory(d.all, inventory("almaly", "3", f[5])); err == nil {
		t.Error("what was handed over is listed anew")
	}

	if wrote, err := d.fire("almaly/1"); err != nil || len(wrote) != 0 {
		t.Errorf("a timer of the first: %v %v", wrote, err)
	}
	if one := d.duty("almaly/1"); one.GetState() != "fulfilled" {
		t.Errorf("it falls due all the same: %v", one)
	}
	if _, err := d.fire("almaly/2"); err != nil {
		t.Fatal(err)
	}
	two := d.duty("almaly/2")
	timeline, err := d.store.Timeline(journal.Ref{Type: "transfer", ID: two.GetTransferId()}, 0, 10)
	if err != nil || len(timeline) != 2 {
		t.Fatalf("%v %v", timeline, err)
	}
	var owed retentionv1.TransferDue
	var listed retentionv1.TransferDueListed
	if err := errors.Join(proto.Unmarshal(timeline[0].Entry.GetBody(), &owed), proto.Unmarshal(timeline[1].Entry.GetBody(), &listed)); err != nil {
		t.Fatal(err)
	}
	if l := listed.GetFiles(); owed.GetInventory().GetFiles() != 2 || len(l) != 2 || l[0].GetId() != f[2] || l[1].GetId() != f[4] || l[1].GetPosition() != 3 {
		t.Errorf("%v %v", &owed, &listed)
	}
	if d.state(f[3]) != "transferred" || d.state(f[4]) != "due" {
		t.Errorf("%s, %s", d.state(f[3]), d.state(f[4]))
	}
	// While it was due the rest came by another announced transfer.
	if err := d.early("2026-1", f[2], f[4]); err != nil {
		t.Fatal(err)
	}
	if two := d.duty("almaly/2"); two.GetState() != "fulfilled" || two.GetEarlyTransferId() != "A2026-1" || two.GetTransferId() == "" {
		t.Errorf("%v", two)
	}
}

// TestADutyEndsOnItsOwnTimeline: an announced transfer that ends the duties of two inventories says of each what is its own.
func TestADutyEndsOnItsOwnTimeline(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	first, second := d.closed("almaly", "02-05", nil), d.closed("almaly", "02-05", nil)
	d.approved(inventory("almaly", "1", first))
	d.approved(inventory("almaly", "2", second))
	if err := d.early("2017-1", first, second); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"almaly/1", "almaly/2"} {
		timeline, err := d.store.Timeline(journal.Ref{Type: "inventory", ID: id}, 0, 20)
		if err != nil {
			t.Fatal(err)
		}
		ended := 0
		for _, r := range timeline {
			var e retentionv1.TransferFulfilled
			if !r.Is(&e) {
				continue
			}
			if err := proto.Unmarshal(r.Entry.GetBody(), &e); err != nil || e.GetInventoryId() != id {
				t.Errorf("on the timeline of %s: %v %v", id, &e, err)
			}
			ended++
		}
		if ended != 1 {
			t.Errorf("%s: %d of %d events end its duty", id, ended, len(timeline))
		}
	}
}
