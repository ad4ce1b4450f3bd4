package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	platform "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/api"
	n "github.com/qoyma/qoyma/services/retention/internal/nomenclature"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/retention/internal/store"
	"github.com/qoyma/qoyma/services/standards/term"
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

// A file goes all the way to the archive: AR-7, AR-8, AR-2.
func TestAFileFallsDueAndIsTransferred(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	a, b := d.closed("almaly", "02-05", nil), d.closed("almaly", "02-05", nil)
	if a != "1" || b != "2" {
		t.Errorf("ids %s, %s", a, b)
	}
	q := inventory("almaly", "1", b, a)
	res := d.approved(q)
	// Closed in 2014, so that the clock starts in 2015; ten years at the regional level.
	if res.GetDueOn() != "2025-01-01" || res.GetInventory().GetId() != "almaly/1" || res.GetInventory().GetFiles() != 2 || res.GetInventory().GetYearTo() != 2014 {
		t.Errorf("got %v", res)
	}
	for _, step := range res.GetSteps() {
		if b := step.GetBasis(); step.GetRule() != "" && (b.GetKk() == "" || b.GetRu() != step.GetLegalBasis() || b.GetEn() == "" || b.GetKk() == b.GetRu()) {
			t.Errorf("the act that %s rests on is not named in three languages: %v", step.GetRule(), b)
		}
		if w := step.GetWords(); w.GetKk() == "" || w.GetRu() == "" || w.GetEn() == "" {
			t.Errorf("a step lacks a language: %v", step)
		}
	}
	if again := d.approved(q); !proto.Equal(again, res) {
		t.Errorf("a retry was answered %v", again)
	}
	d.whole()
	if d.state(a) != "listed" {
		t.Errorf("%s is %s", a, d.state(a))
	}
	d.timers("due") // the day has long come
	d.whole()
	due, err := d.ListDue(d.open, &retentionv1.ListDueRequest{OrganisationId: "almaly", Until: "2025-01-01"})
	if err != nil || len(due.GetTransfers()) != 1 || due.GetTransfers()[0].GetTransferId() != "2026-1" || len(due.GetTransfers()[0].GetSteps()) < 4 {
		t.Fatalf("got %v, %v", due, err)
	}
	if early, err := d.ListDue(d.open, &retentionv1.ListDueRequest{Until: "2024-12-31"}); err != nil || len(early.GetTransfers()) != 0 {
		t.Errorf("before its day: %v, %v", early, err)
	}
	timeline, err := d.store.Timeline(journal.Ref{Type: "transfer", ID: "2026-1"}, 0, 10)
	if err != nil || len(timeline) != 2 || !timeline[1].Is((*retentionv1.TransferDueListed)(nil)) {
		t.Fatalf("timeline %v, %v", timeline, err)
	}
	var listed retentionv1.TransferDueListed
	if err := proto.Unmarshal(timeline[1].Entry.GetBody(), &listed); err != nil {
		t.Fatal(err)
	}
	if f := listed.GetFiles(); !listed.GetLast() || len(f) != 2 || f[0].GetId() != b || f[0].GetPosition() != 1 || f[1].GetTerm() != "permanent" || f[1].GetDateTo() != "2014-12-30" {
		t.Errorf("got %v", &listed)
	}

	react := func(name string, decide platform.Decide) error {
		_, err := d.store.Do(t.Context(), platform.Command{ID: uuid.Must(uuid.NewV7()), Name: name, Actor: "service:retention", Decide: decide})
		return err
	}
	if err := react("r", store.HandOver("2026-9", []string{a})); err == nil || errors.Is(err, platform.Never) {
		t.Errorf("files before their accession must wait, got %v", err)
	}
	if err := errors.Join(react("r", store.Fulfil("2026-1", "2026-9", 2)), react("r", store.Fulfil("2026-1", "2026-9", 2)), react("r", store.HandOver("2026-9", []string{b}))); err != nil {
		t.Fatal(err)
	}
	d.whole() // between the two, one file is transferred and the other is due
	if err := react("r", store.HandOver("2026-9", []string{a, b})); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"another accession":  react("r", store.Fulfil("2026-1", "2026-10", 2)),
		"unknown transfer":   react("r", store.Fulfil("2026-2", "2026-10", 2)),
		"no number":          react("r", store.Fulfil("", "2026-10", 2)),
		"no accession":       react("r", store.Fulfil("2026-1", "", 2)),
		"file of nobody":     react("r", store.HandOver("2026-9", []string{"9"})),
		"file not in it":     react("r", store.HandOver("2026-9", []string{d.closed("almaly", "02-05", nil)})),
		"hostile identifier": react("r", store.HandOver("2026-9", []string{"\x00/../1"})),
	} {
		if !errors.Is(err, platform.Never) {
			t.Errorf("%s: a person must look at it, got %v", what, err)
		}
	}
	if d.state(a) != "transferred" || d.state(b) != "transferred" {
		t.Errorf("%s, %s", d.state(a), d.state(b))
	}
	due, err = d.ListDue(d.open, &retentionv1.ListDueRequest{})
	if err != nil || due.GetTransfers()[0].GetState() != "fulfilled" || due.GetTransfers()[0].GetAccessionNumber() != "2026-9" {
		t.Errorf("got %v, %v", due, err)
	}
	d.whole()
}

// Personal titles stand in the sealed body alone, and are gone once the key is (IS-2).
func TestAPersonalTitleIsSealed(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	const person = "Жұмабекова Сәуле"
	q := &retentionv1.OpenFileRequest{
		CommandId: id(), OrganisationId: "almaly", Year: 2014, Index: "04-02", OpenedOn: "2014-01-09",
		Title: text("Жеке іс: "+person, "Личное дело: "+person), Label: &journalv1.Label{Level: 2, Grounds: []string{"personal"}},
	}
	res, err := d.OpenFile(d.all, q)
	if err != nil {
		t.Fatal(err)
	}
	file := res.GetFile().GetFile().GetId()
	if again, err := d.OpenFile(d.all, q); err != nil || !proto.Equal(again, res) {
		t.Errorf("a retry was answered %v, %v", again, err)
	}
	if _, err := d.CloseFile(d.all, &retentionv1.CloseFileRequest{CommandId: id(), FileId: file, ClosedOn: "2014-12-30", Leaves: 20}); err != nil {
		t.Fatal(err)
	}
	people := inventory("almaly", "1лс", file)
	people.Kind = "personnel"
	if res := d.approved(people); res.GetDueOn() != "" || len(res.GetSteps()) == 0 {
		t.Errorf("personnel files have no day of transfer: %v", res)
	}
	get := func(ctx context.Context) (*retentionv1.DepartmentFile, error) {
		res, err := d.GetFile(ctx, &retentionv1.GetFileRequest{FileId: file})
		return res.GetFile(), err
	}
	if f, err := get(d.all); err != nil || !strings.Contains(f.GetFile().GetTitle().GetKk(), person) {
		t.Errorf("whoever is cleared reads the title: %v, %v", f, err)
	}
	if f, err := get(d.open); !errors.Is(err, n.FileUnknown) {
		t.Errorf("to all others the file is absent: %v, %v", f, err)
	}
	if _, err := d.CloseFile(d.open, &retentionv1.CloseFileRequest{CommandId: id(), FileId: file}); !errors.Is(err, n.FileUnknown) {
		t.Errorf("got %v", err)
	}
	for name, list := range map[string]int{
		"files":     len(must(t)(d.ListFiles(d.open, &retentionv1.ListFilesRequest{OrganisationId: "almaly"})).GetFiles()),
		"inventory": len(mustInventory(t)(d.GetInventory(d.open, &retentionv1.GetInventoryRequest{InventoryId: "almaly/1лс"})).GetFiles()),
	} {
		if list != 0 {
			t.Errorf("%s shows it", name)
		}
	}
	inside := mustInventory(t)(d.GetInventory(d.all, &retentionv1.GetInventoryRequest{InventoryId: "almaly/1лс"})).GetFiles()
	if len(inside) != 1 || inside[0].GetTitle().GetRu() != "Личные дела" {
		t.Errorf("lists carry the line's title: %v", inside)
	}
	entries, _, err := d.store.Read(1, 100, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range entries {
		if raw, err := proto.Marshal(e); err != nil || bytes.Contains(raw, []byte("Жұмабекова")) {
			t.Errorf("event %d carries the name in the open (%v)", i+1, err)
		}
	}
	d.whole()
	erase := platform.Command{ID: uuid.Must(uuid.NewV7()), Name: "/erase", Actor: "person:head"}
	if _, err := d.store.Erase(t.Context(), erase, journal.Ref{Type: "file", ID: file}, "сот шешімі"); err != nil {
		t.Fatal(err)
	}
	if f, err := get(d.all); err != nil || f.GetFile().GetTitle().GetKk() != "Жеке істер" {
		t.Errorf("after the erasure: %v, %v", f, err)
	}
	d.whole()
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

// Nothing falls due before its day, and numbers of transfers have no gaps within a year.
func TestTheDayOfTransfer(t *testing.T) {
	d := newDesk(t)
	d.clock.set("2024-12-30")
	d.furnish("almaly")
	for i := range 3 {
		d.approved(inventory("almaly", fmt.Sprint(i+1), d.closed("almaly", "02-05", nil)))
	}
	d.clock.set("2024-12-31")
	if _, err := d.fire("almaly/1"); !errors.Is(err, n.NotYetDue) {
		t.Errorf("a day early: %v", err)
	}
	if due, err := d.ListDue(d.all, &retentionv1.ListDueRequest{}); err != nil || len(due.GetTransfers()) != 3 || due.GetTransfers()[0].GetState() != "waiting" {
		t.Errorf("got %v, %v", due, err)
	}
	d.whole()
	d.clock.set("2025-01-01")
	d.timers("due")
	due, err := d.ListDue(d.all, &retentionv1.ListDueRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got := due.GetTransfers()[0].GetTransferId(); got != "2025-1" {
		t.Errorf("numbered %s: the year is that of Almaty", got)
	}
	if records, err := d.fire("almaly/1"); err != nil || len(records) != 0 {
		t.Errorf("a second time nothing happens: %v, %v", records, err)
	}
}

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
