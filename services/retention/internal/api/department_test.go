package api_test

import (
	"context"
	"errors"
	"testing"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	n "github.com/qoyma/qoyma/services/retention/internal/nomenclature"
)

// clerk is somebody of a department, cleared for everything, so that nothing but the department
// keeps records from him.
func clerk(organisation string, others ...monitor.Role) context.Context {
	return monitor.With(context.Background(), monitor.Identity{
		Actor: "person:" + organisation, Roles: append(others, monitor.Clerk), Organisation: organisation,
		Clearance: monitor.Scope{Level: 3, Grounds: grounds},
	})
}

// TestAClerkActsForHisDepartmentAlone tries every method that a clerk may call, as the clerk of
// the department, of another, and of none; and as a clerk who is an archivist too.
func TestAClerkActsForHisDepartmentAlone(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	d.furnish("bostandyq")
	file, listed := d.opened("almaly", "02-05", nil).GetFile().GetId(), d.closed("almaly", "02-05", nil)
	d.approved(inventory("almaly", "1", listed))
	d.timers("due")

	line := 10
	for name, m := range map[string]struct {
		call func(context.Context) error
		want error // where the department is another one; nil: the answer is empty
	}{
		"AddNomenclatureEntry": {func(ctx context.Context) error {
			line++
			_, err := d.AddNomenclatureEntry(ctx, &retentionv1.AddNomenclatureEntryRequest{CommandId: id(), Entry: &retentionv1.NomenclatureEntry{
				OrganisationId: "almaly", Year: 2014, Index: "09-" + string(rune('0'+line/10)) + string(rune('0'+line%10)), Title: text("Жоспар", ""), Term: "тұрақты",
			}})
			return err
		}, n.OrganisationUnknown},
		"OpenFile": {func(ctx context.Context) error {
			_, err := d.OpenFile(ctx, &retentionv1.OpenFileRequest{CommandId: id(), OrganisationId: "almaly", Year: 2014, Index: "02-05", OpenedOn: "2014-01-09"})
			return err
		}, n.OrganisationUnknown},
		"CloseFile": {func(ctx context.Context) error {
			one := d.opened("almaly", "02-05", nil).GetFile().GetId()
			_, err := d.CloseFile(ctx, &retentionv1.CloseFileRequest{CommandId: id(), FileId: one, ClosedOn: "2014-12-30", Leaves: 3})
			if err != nil && d.state(one) != "open" {
				t.Error("a refused command closed the file")
			}
			return err
		}, n.FileUnknown},
		"GetFile": {func(ctx context.Context) error {
			_, err := d.GetFile(ctx, &retentionv1.GetFileRequest{FileId: file})
			return err
		}, n.FileUnknown},
		"ListFiles": {func(ctx context.Context) error {
			res, err := d.ListFiles(ctx, &retentionv1.ListFilesRequest{OrganisationId: "almaly"})
			return some(len(res.GetFiles()), err)
		}, n.OrganisationUnknown},
		"ListNomenclature": {func(ctx context.Context) error {
			res, err := d.ListNomenclature(ctx, &retentionv1.ListNomenclatureRequest{OrganisationId: "almaly", Year: 2014})
			return some(len(res.GetEntries()), err)
		}, n.OrganisationUnknown},
		"GetInventory": {func(ctx context.Context) error {
			res, err := d.GetInventory(ctx, &retentionv1.GetInventoryRequest{InventoryId: "almaly/1"})
			return some(len(res.GetFiles()), err)
		}, n.InventoryUnknown},
		"ListDue of the department": {func(ctx context.Context) error {
			res, err := d.ListDue(ctx, &retentionv1.ListDueRequest{OrganisationId: "almaly"})
			return some(len(res.GetTransfers()), err)
		}, n.OrganisationUnknown},
		"ListDue": {func(ctx context.Context) error {
			res, err := d.ListDue(ctx, &retentionv1.ListDueRequest{})
			return some(len(res.GetTransfers()), err)
		}, errNothing},
		"GetOrganisation": {func(ctx context.Context) error {
			res, err := d.GetOrganisation(ctx, &retentionv1.GetOrganisationRequest{OrganisationId: "almaly"})
			if err == nil && res.GetOrganisation().GetId() != "almaly" {
				t.Errorf("found %v", res)
			}
			return err
		}, n.OrganisationUnknown},
		"RecogniseFiles": {func(ctx context.Context) error {
			res, err := d.RecogniseFiles(ctx, &retentionv1.RecogniseFilesRequest{OrganisationId: "almaly", Rows: []*recordv1.File{{Title: text("", "Переписка")}}})
			return some(len(res.GetFileIds()), err)
		}, n.OrganisationUnknown},
		"ListOrganisations": {func(ctx context.Context) error {
			res, err := d.ListOrganisations(ctx, &retentionv1.ListOrganisationsRequest{})
			found := 0
			for _, o := range res.GetOrganisations() {
				if o.GetId() == "almaly" {
					found++
				}
			}
			return some(found, err)
		}, errNothing},
	} {
		t.Run(name, func(t *testing.T) {
			if err := m.call(clerk("almaly")); err != nil {
				t.Errorf("his own department's: %v", err)
			}
			before := d.store.Head().Seq
			if err := m.call(clerk("bostandyq")); !errors.Is(err, m.want) {
				t.Errorf("another department's: %v, want %v", err, m.want)
			}
			if name != "CloseFile" && d.store.Head().Seq != before {
				t.Error("another department's clerk wrote something")
			}
			if err := m.call(clerk("")); !errors.Is(err, monitor.ErrNoDepartment) || fault.KindOf(err) != fault.Denied {
				t.Errorf("of no department: %v", err)
			}
			for _, wider := range []monitor.Role{monitor.Archivist, monitor.Commission, monitor.Head, monitor.Auditor, monitor.Administrator, monitor.Service} {
				if err := m.call(clerk("bostandyq", wider)); err != nil {
					t.Errorf("who is %s too: %v", wider, err)
				}
			}
			if err := m.call(clerk("bostandyq", monitor.Researcher)); !errors.Is(err, m.want) {
				t.Errorf("who is a researcher too: %v, want %v", err, m.want)
			}
		})
	}
	d.whole()
}

var errNothing = errors.New("nothing was listed")

func some(n int, err error) error {
	if err == nil && n == 0 {
		return errNothing
	}
	return err
}

// TestAClerksListEndsWithHisDepartment pages past the only organisation that a clerk sees.
func TestAClerksListEndsWithHisDepartment(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	d.furnish("bostandyq")
	for after, want := range map[string]int{"": 1, "alm": 1, "almaly": 0, "z": 0} {
		res, err := d.ListOrganisations(clerk("almaly"), &retentionv1.ListOrganisationsRequest{After: after, Limit: 1})
		if err != nil || len(res.GetOrganisations()) != want || res.GetMore() {
			t.Errorf("after %q: %v, %v", after, res, err)
		}
	}
}
