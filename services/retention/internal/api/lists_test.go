package api_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	n "github.com/qoyma/qoyma/services/retention/internal/nomenclature"
)

// Pages of any size give every file once, in order, and no hidden one.
func TestPages(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	d.furnish("almaly-2")
	var want []string
	for i := range 7 {
		f := d.opened("almaly", "02-05", func(q *retentionv1.OpenFileRequest) {
			if i%3 == 1 {
				q.Label = &journalv1.Label{Level: 2, Grounds: []string{"bank"}}
			}
		})
		d.opened("almaly-2", "02-05", nil)
		if i%3 != 1 {
			want = append(want, f.GetFile().GetId())
		}
	}
	for _, state := range []string{"", "open"} {
		for limit := uint32(1); limit < 8; limit++ {
			var got []string
			for after, more := "", true; more; {
				res := must(t)(d.ListFiles(d.open, &retentionv1.ListFilesRequest{OrganisationId: "almaly", State: state, After: after, Limit: limit}))
				for _, f := range res.GetFiles() {
					after = f.GetFile().GetId()
					got = append(got, after)
				}
				more = res.GetMore()
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("state %q by %d: %v, want %v", state, limit, got, want)
			}
		}
	}
}

func TestOrganisationsAndTheirNomenclatures(t *testing.T) {
	d := newDesk(t)
	for _, org := range []string{"b", "a-1", "a"} {
		d.furnish(org)
	}
	var got []string
	for after, more := "", true; more; {
		res, err := d.ListOrganisations(d.open, &retentionv1.ListOrganisationsRequest{After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range res.GetOrganisations() {
			after = o.GetId()
			got = append(got, after)
		}
		more = res.GetMore()
	}
	if fmt.Sprint(got) != "[a a-1 b]" {
		t.Errorf("got %v", got)
	}
	for _, id := range got {
		if res, err := d.GetOrganisation(d.open, &retentionv1.GetOrganisationRequest{OrganisationId: id}); err != nil || res.GetOrganisation().GetId() != id || res.GetOrganisation().GetName() == nil {
			t.Errorf("%s: %v, %v", id, res, err)
		}
	}
	for _, id := range []string{"", "a-", "c", strings.Repeat("a", 5000)} {
		if _, err := d.GetOrganisation(d.open, &retentionv1.GetOrganisationRequest{OrganisationId: id}); !errors.Is(err, n.OrganisationUnknown) {
			t.Errorf("%.10q: %v", id, err)
		}
	}
	res, err := d.ListNomenclature(d.open, &retentionv1.ListNomenclatureRequest{OrganisationId: "a", Year: 2014})
	if err != nil || len(res.GetEntries()) != 3 {
		t.Fatalf("got %v, %v", res, err)
	}
	for i, want := range []string{"permanent", "5 years EPC", "50/75 years"} {
		if e := res.GetEntries()[i]; e.GetTerm() != want || e.GetOrganisationId() != "a" || e.GetPersonnel() != (i == 2) {
			t.Errorf("the term is canonical: %v, want %s", e, want)
		}
	}
	if res, err := d.ListNomenclature(d.open, &retentionv1.ListNomenclatureRequest{OrganisationId: "a", Year: 2014 + 1<<16}); err != nil || len(res.GetEntries()) != 0 {
		t.Errorf("another year: %v, %v", res, err)
	}
	if _, err := d.ListNomenclature(d.open, &retentionv1.ListNomenclatureRequest{OrganisationId: "c"}); !errors.Is(err, n.OrganisationUnknown) {
		t.Errorf("got %v", err)
	}
}

// An inventory of 1,203 files goes in events of at most 500 rows.
func TestALargeInventoryIsDivided(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	const count = 1203
	files := make([]string, count)
	var wg sync.WaitGroup
	for part := range 64 {
		wg.Go(func() {
			for i := part; i < count; i += 64 {
				files[i] = d.closed("almaly", "02-05", nil)
			}
		})
	}
	wg.Wait()
	d.approved(inventory("almaly", "1", files...))
	d.timers("due")
	for ref, want := range map[journal.Ref]int{{Type: "inventory", ID: "almaly/1"}: 1 + 3 + 1 + 3, {Type: "transfer", ID: "2026-1"}: 1 + 3} {
		if events, err := d.store.Timeline(ref, 0, 100); err != nil || len(events) != want {
			t.Errorf("%s has %d events, want %d (%v)", ref, len(events), want, err)
		}
	}
	var got []string
	for after, more := uint32(0), true; more; {
		res := mustInventory(t)(d.GetInventory(d.all, &retentionv1.GetInventoryRequest{InventoryId: "almaly/1", After: after, Limit: 500}))
		for _, f := range res.GetFiles() {
			got, after = append(got, f.GetId()), f.GetPosition()
		}
		more = res.GetMore()
	}
	if strings.Join(got, " ") != strings.Join(files, " ") {
		t.Errorf("%d rows in another order", len(got))
	}
	d.whole()
}
