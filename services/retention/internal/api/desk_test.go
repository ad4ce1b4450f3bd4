package api_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	platform "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/api"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/retention/internal/store"
)

var grounds = []string{"personal", "family", "medical", "bank"}

// clock is the store's time, moved by the test.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, err := civil.Parse(s)
	if err != nil {
		panic(err)
	}
	c.t = d.Start()
}

// desk is the service without bus and network.
type desk struct {
	*api.Server
	t     testing.TB
	store *platform.Store
	rules *store.Rules
	clock *clock
	all   context.Context // of somebody cleared for everything
	open  context.Context // of somebody cleared for nothing
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{t: t, clock: new(clock)}
	d.clock.set("2026-11-22")
	set, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	d.rules = &store.Rules{Set: set, Grounds: grounds}
	d.store, err = platform.Open(platform.Config{
		Dir: t.TempDir(), Archive: "kz-test", Service: store.Name, Reserve: 1, Now: d.clock.now,
		Schema: store.Schema(), Apply: store.Apply, Check: store.Check,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.store.Close(); err != nil {
			t.Error(err)
		}
	})
	d.store.Admit()
	d.Server = api.New(d.store, d.rules)
	d.all = monitor.With(context.Background(), monitor.Identity{Actor: "person:aigul", Clearance: monitor.Scope{Level: 3, Grounds: grounds}})
	d.open = monitor.With(context.Background(), monitor.Identity{Actor: "person:berik"})
	return d
}

func id() string { return uuid.Must(uuid.NewV7()).String() }

func text(kk, ru string) *recordv1.Text { return &recordv1.Text{Kk: kk, Ru: ru} }

// furnish registers an organisation with three lines of 2014.
func (d *desk) furnish(org string) {
	d.t.Helper()
	if _, err := d.RegisterOrganisation(d.all, &retentionv1.RegisterOrganisationRequest{CommandId: id(), Organisation: &recordv1.Organisation{
		Id: org, Name: text("Алмалы ауданының әкімдігі", "Акимат Алмалинского района"), Level: "regional",
	}}); err != nil {
		d.t.Fatal(err)
	}
	for _, e := range []*retentionv1.NomenclatureEntry{
		{Index: "02-05", Title: text("Негізгі қызмет бойынша бұйрықтар", "Приказы по основной деятельности"), Term: "тұрақты", Article: "19"},
		{Index: "02-11", Title: text("Хат алмасу", "Переписка"), Term: "5 лет ЭПК", Article: "70"},
		{Index: "04-02", Title: text("Жеке істер", "Личные дела"), Term: "50/75 years", Article: "445"},
	} {
		e.OrganisationId, e.Year = org, 2014
		if _, err := d.AddNomenclatureEntry(d.all, &retentionv1.AddNomenclatureEntryRequest{CommandId: id(), Entry: e}); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *desk) opened(org, index string, change func(*retentionv1.OpenFileRequest)) *retentionv1.DepartmentFile {
	d.t.Helper()
	q := &retentionv1.OpenFileRequest{CommandId: id(), OrganisationId: org, Year: 2014, Index: index, OpenedOn: "2014-01-09"}
	if change != nil {
		change(q)
	}
	res, err := d.OpenFile(d.all, q)
	if err != nil {
		d.t.Fatal(err)
	}
	return res.GetFile()
}

func (d *desk) closed(org, index string, change func(*retentionv1.OpenFileRequest)) string {
	d.t.Helper()
	f := d.opened(org, index, change).GetFile().GetId()
	if _, err := d.CloseFile(d.all, &retentionv1.CloseFileRequest{CommandId: id(), FileId: f, ClosedOn: "2014-12-30", Leaves: 120}); err != nil {
		d.t.Fatal(err)
	}
	return f
}

func inventory(org, number string, files ...string) *retentionv1.ApproveInventoryRequest {
	return &retentionv1.ApproveInventoryRequest{
		CommandId: id(), OrganisationId: org, Number: number, Kind: "permanent", FileIds: files,
		Title:    text("Тұрақты сақталатын істер", "Дела постоянного хранения"),
		Approval: &recordv1.Protocol{Commission: "ЭПК облыстық басқармасы", Number: "7", Date: "2016-03-04"},
	}
}

func (d *desk) approved(q *retentionv1.ApproveInventoryRequest) *retentionv1.ApproveInventoryResponse {
	d.t.Helper()
	res, err := d.ApproveInventory(d.all, q)
	if err != nil {
		d.t.Fatal(err)
	}
	return res
}

// fire carries out one timer as the platform's timers do.
func (d *desk) fire(inv string) ([]*journal.Record, error) {
	return d.store.Do(d.t.Context(), platform.Command{
		ID: uuid.Must(uuid.NewV7()), Name: "timer:" + store.TimerDue, Actor: "service:retention",
		Decide: d.rules.OnTimer(store.TimerDue, inv, time.Time{}),
	})
}

// timers runs the platform's timers until the inventory's duty is in the state.
func (d *desk) timers(state string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	var done sync.WaitGroup
	done.Go(func() { d.store.RunTimers(ctx, d.rules.OnTimer) })
	defer done.Wait()
	defer cancel()
	for {
		_, changed := d.store.Wait()
		res, err := d.ListDue(d.all, &retentionv1.ListDueRequest{})
		if err != nil {
			d.t.Fatal(err)
		}
		if len(res.GetTransfers()) > 0 && res.GetTransfers()[0].GetState() == state {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			d.t.Fatalf("the duty did not become %s: %v", state, res.GetTransfers())
		}
	}
}

func (d *desk) whole() {
	d.t.Helper()
	problems, err := d.store.Verify(d.t.TempDir())
	if err != nil {
		d.t.Fatal(err)
	}
	for _, p := range problems {
		d.t.Errorf("%s: %s", p.Where, p.What)
	}
}

func (d *desk) state(file string) string {
	d.t.Helper()
	res, err := d.GetFile(d.all, &retentionv1.GetFileRequest{FileId: file})
	if err != nil {
		d.t.Fatal(err)
	}
	return res.GetFile().GetState()
}

func must(t *testing.T) func(*retentionv1.ListFilesResponse, error) *retentionv1.ListFilesResponse {
	return func(res *retentionv1.ListFilesResponse, err error) *retentionv1.ListFilesResponse {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
}

func mustInventory(t *testing.T) func(*retentionv1.GetInventoryResponse, error) *retentionv1.GetInventoryResponse {
	return func(res *retentionv1.GetInventoryResponse, err error) *retentionv1.GetInventoryResponse {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
}
