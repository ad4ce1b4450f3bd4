package api_test

import (
	"errors"
	"strings"
	"testing"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	n "github.com/qoyma/qoyma/services/retention/internal/nomenclature"
	"github.com/qoyma/qoyma/services/standards/term"
)

// What is wrong is refused with what to do, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	a, open := d.closed("almaly", "02-05", nil), d.opened("almaly", "02-05", nil).GetFile().GetId()
	letters := d.closed("almaly", "02-11", nil)
	taken := d.closed("almaly", "02-05", nil)
	d.approved(inventory("almaly", "9", taken))
	before := d.store.Head().Seq

	register := func(o *recordv1.Organisation) error {
		_, err := d.RegisterOrganisation(d.all, &retentionv1.RegisterOrganisationRequest{CommandId: id(), Organisation: o})
		return err
	}
	add := func(change func(*retentionv1.NomenclatureEntry)) error {
		e := &retentionv1.NomenclatureEntry{OrganisationId: "almaly", Year: 2014, Index: "02-06", Title: text("", "Планы"), Term: "постоянно"}
		change(e)
		_, err := d.AddNomenclatureEntry(d.all, &retentionv1.AddNomenclatureEntryRequest{CommandId: id(), Entry: e})
		return err
	}
	openFile := func(change func(*retentionv1.OpenFileRequest)) error {
		q := &retentionv1.OpenFileRequest{CommandId: id(), OrganisationId: "almaly", Year: 2014, Index: "02-05", OpenedOn: "2014-01-09"}
		change(q)
		_, err := d.OpenFile(d.all, q)
		return err
	}
	closeFile := func(change func(*retentionv1.CloseFileRequest)) error {
		q := &retentionv1.CloseFileRequest{CommandId: id(), FileId: open, ClosedOn: "2014-12-30", Leaves: 10}
		change(q)
		_, err := d.CloseFile(d.all, q)
		return err
	}
	approve := func(change func(*retentionv1.ApproveInventoryRequest)) error {
		q := inventory("almaly", "1", a)
		change(q)
		_, err := d.ApproveInventory(d.all, q)
		return err
	}
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"no organisation":       {register(nil), n.BadField},
		"organisation twice":    {register(&recordv1.Organisation{Id: "almaly", Name: text("А", ""), Level: "district"}), n.OrganisationExists},
		"id with a slash":       {register(&recordv1.Organisation{Id: "a/b", Name: text("А", ""), Level: "district"}), n.BadField},
		"level":                 {register(&recordv1.Organisation{Id: "b", Name: text("А", ""), Level: "galactic"}), n.BadField},
		"entry of nobody":       {add(func(e *retentionv1.NomenclatureEntry) { e.OrganisationId = "nobody" }), n.OrganisationUnknown},
		"entry twice":           {add(func(e *retentionv1.NomenclatureEntry) { e.Index = "02-05" }), n.EntryExists},
		"unreadable term":       {add(func(e *retentionv1.NomenclatureEntry) { e.Term = "долго" }), term.Unreadable},
		"index":                 {add(func(e *retentionv1.NomenclatureEntry) { e.Index = "../1" }), n.BadField},
		"year out of range":     {add(func(e *retentionv1.NomenclatureEntry) { e.Year = 1 << 31 }), n.BadField},
		"no entry":              {openFile(func(q *retentionv1.OpenFileRequest) { q.Index = "07-01" }), n.EntryUnknown},
		"year of no entry":      {openFile(func(q *retentionv1.OpenFileRequest) { q.Year = 2014 + 1<<16 }), n.EntryUnknown},
		"no such day":           {openFile(func(q *retentionv1.OpenFileRequest) { q.OpenedOn = "2014-02-30" }), civil.BadDate},
		"no day":                {openFile(func(q *retentionv1.OpenFileRequest) { q.OpenedOn = "" }), n.BadField},
		"unknown ground":        {openFile(func(q *retentionv1.OpenFileRequest) { q.Label = &journalv1.Label{Grounds: []string{"gossip"}} }), n.BadLabel},
		"state secret":          {openFile(func(q *retentionv1.OpenFileRequest) { q.Label = &journalv1.Label{Level: 4} }), n.BadLabel},
		"title of a novel":      {openFile(func(q *retentionv1.OpenFileRequest) { q.Title = text(strings.Repeat("а", 1001), "") }), n.BadField},
		"close nothing":         {closeFile(func(q *retentionv1.CloseFileRequest) { q.FileId = "99" }), n.FileUnknown},
		"close by another form": {closeFile(func(q *retentionv1.CloseFileRequest) { q.FileId = "02" }), n.FileUnknown},
		"too thick":             {closeFile(func(q *retentionv1.CloseFileRequest) { q.Leaves = 251 }), n.TooThick},
		"closed before opening": {closeFile(func(q *retentionv1.CloseFileRequest) { q.ClosedOn = "2014-01-08" }), n.BadDates},
		"close twice":           {closeFile(func(q *retentionv1.CloseFileRequest) { q.FileId = a }), n.WrongState},
		"empty inventory":       {approve(func(q *retentionv1.ApproveInventoryRequest) { q.FileIds = nil }), n.InventoryEmpty},
		"inventory of too many": {approve(func(q *retentionv1.ApproveInventoryRequest) { q.FileIds = make([]string, 5001) }), n.TooManyFiles},
		"inventory's number":    {approve(func(q *retentionv1.ApproveInventoryRequest) { q.Number = "0" }), n.BadField},
		"number taken":          {approve(func(q *retentionv1.ApproveInventoryRequest) { q.Number = "9" }), n.InventoryExists},
		"kind":                  {approve(func(q *retentionv1.ApproveInventoryRequest) { q.Kind = "" }), n.BadField},
		"own commission":        {approve(func(q *retentionv1.ApproveInventoryRequest) { q.Approval.Commission = "ЭК акимата" }), n.CommissionNeeded},
		"unknown commission":    {approve(func(q *retentionv1.ApproveInventoryRequest) { q.Approval = nil }), n.BadField},
		"protocol too early":    {approve(func(q *retentionv1.ApproveInventoryRequest) { q.Approval.Date = "2014-12-29" }), n.BadDates},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: got %v, want %v", name, c.err, c.want)
		}
	}
	wrong := approve(func(q *retentionv1.ApproveInventoryRequest) {
		q.FileIds = []string{a, open, letters, taken, a, "nothing"}
	})
	f := fault.Of(wrong)
	if !errors.Is(wrong, n.RowsWrong) || len(f.Items) != 5 {
		t.Fatalf("everything wrong is listed: %v %v", wrong, f.Items)
	}
	for _, item := range f.Items {
		for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
			if item.Where == "" || item.Fault.In(l) == "" || strings.Contains(item.Fault.In(l), "{") {
				t.Errorf("%s: %q", item.Where, item.Fault.In(l))
			}
		}
	}
	if _, err := d.ListFiles(d.all, &retentionv1.ListFilesRequest{OrganisationId: "almaly", State: "lost"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
	if _, err := d.ListDue(d.all, &retentionv1.ListDueRequest{Until: "soon"}); !errors.Is(err, civil.BadDate) {
		t.Errorf("got %v", err)
	}
	if d.store.Head().Seq != before {
		t.Error("a refused command left events behind")
	}
	d.whole()
}
