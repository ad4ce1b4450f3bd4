package react_test

import (
	"strings"
	"testing"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	cataloguestore "github.com/qoyma/qoyma/services/catalogue/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

func about(number string, body *intakev1.AccessionDeaccessioned) store.Event {
	return store.Event{Refs: []journal.Ref{{Type: "accession", ID: number}}, Body: body}
}

// stands reads fonds 1 and one file of its inventory 1.
func (p *pair) stands(number uint32) (fonds *cataloguev1.FondsRow, file *cataloguev1.FileRow) {
	code := archcode.Code{Fonds: archcode.FondsNumber{Number: 1}, Inventory: archcode.InventoryNumber{Number: 1}, File: archcode.FileNumber{Number: number}}
	if err := p.catalogue.View(func(v *store.View) (err error) {
		if fonds, err = cataloguestore.Fonds(v, code); err == nil {
			file, err = cataloguestore.File(v, code)
		}
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return fonds, file
}

func counted(f *cataloguev1.FondsRow) (n uint32) {
	for _, c := range f.GetFiles() {
		n += c.GetCount()
	}
	return n
}

// TestWhatHasLeftIsMarkedAndCountedNoMore (AR-3, AR-9): its code stays its own for ever (AR-1), so that
// what comes later gets the next number.
func TestWhatHasLeftIsMarkedAndCountedNoMore(t *testing.T) {
	p := newPair(t)
	defer p.close()
	p.says(header("2026-1", "akimat", "1", "permanent", "x", 2, 2), rows("2026-1", true, &recordv1.File{Id: "a", Position: 1}, &recordv1.File{Id: "b", Position: 2}))
	leave := &intakev1.AccessionDeaccessioned{AccessionNumber: "2026-1", Number: 1, Way: "transferred", Receiver: "ЦГА РК", Positions: []uint32{2}, ApprovedOn: "2026-03-01"}
	p.says(about("2026-1", leave))
	fonds, file := p.stands(2)
	if counted(fonds) != 1 || file.GetLeft().GetAct() != "2026-1/1" || file.GetLeft().GetReceiver() != "ЦГА РК" {
		t.Errorf("%v %v", fonds, file)
	}
	p.whole()
	p.says(about("2026-1", leave))
	if reasons, _ := p.waiting(); len(reasons) != 1 || !strings.Contains(reasons[0], "position 2 of accession 2026-1") {
		t.Errorf("left twice: %v", reasons)
	}
	p.says(header("2026-2", "akimat", "1", "permanent", "y", 1, 1), rows("2026-2", true, &recordv1.File{Id: "c", Position: 1}))
	if got := p.codes(); got["c"] != "1/1/3" || got["b"] != "1/1/2" {
		t.Errorf("%v", got)
	}
	p.whole()
}

// TestUndescribedUnitsAreCountedUntilTheyAreDescribed (practice.md, fonds sheet: undescribed).
func TestUndescribedUnitsAreCountedUntilTheyAreDescribed(t *testing.T) {
	p := newPair(t)
	defer p.close()
	organisation := &recordv1.Organisation{Id: "akimat", Name: &recordv1.Text{Ru: "Акимат"}}
	p.says(store.Event{Refs: []journal.Ref{{Type: "accession", ID: "2026-1"}}, Body: &intakev1.AccessionAccepted{
		AccessionNumber: "2026-1", TransferId: "A2026-1", Organisation: organisation, Inventory: &recordv1.Inventory{Id: "A2026-1"}, Listed: 40, Accepted: 40, Undescribed: 40,
	}})
	if fonds, _ := p.stands(1); fonds.GetUndescribed() != 40 || counted(fonds) != 0 {
		t.Errorf("%v", fonds)
	}
	p.whole()
	p.says(store.Event{Refs: []journal.Ref{{Type: "accession", ID: "2026-1"}}, Body: &intakev1.AccessionDescribed{
		AccessionNumber: "2026-1", TransferId: "A2026-1", Organisation: organisation, Described: 1, Counted: 40,
		Inventory: &recordv1.Inventory{Id: "A2026-1", Number: "1", Kind: "permanent", Files: 1},
	}}, rows("2026-1", true, &recordv1.File{Id: "A2026-1/1", Position: 1}))
	fonds, file := p.stands(1)
	if fonds.GetUndescribed() != 0 || counted(fonds) != 1 || file.GetAccessionNumber() != "2026-1" {
		t.Errorf("%v %v", fonds, file)
	}
	if reasons, behind := p.waiting(); len(reasons)+behind > 0 {
		t.Errorf("something waits: %v", reasons)
	}
	p.whole()
}
