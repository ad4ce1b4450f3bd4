package retention_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/bus"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention"
)

const archive = "kz-test"

// wire calls registered gRPC services without a network.
type wire struct {
	mu      sync.Mutex
	methods map[string]func(ctx context.Context, decode func(any) error) (any, error)
}

// RegisterService implements grpc.ServiceRegistrar.
func (w *wire) RegisterService(desc *grpc.ServiceDesc, impl any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range desc.Methods {
		w.methods["/"+desc.ServiceName+"/"+m.MethodName] = func(ctx context.Context, decode func(any) error) (any, error) {
			return m.Handler(impl, ctx, decode, nil)
		}
	}
}

// Invoke implements grpc.ClientConnInterface.
func (w *wire) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	w.mu.Lock()
	call, ok := w.methods[method]
	w.mu.Unlock()
	if !ok {
		return fmt.Errorf("no method %s", method)
	}
	copied := func(to, from any) error {
		t, ok1 := to.(proto.Message)
		f, ok2 := from.(proto.Message)
		if !ok1 || !ok2 {
			return errors.New("not a message")
		}
		proto.Merge(t, f)
		return nil
	}
	res, err := call(ctx, func(into any) error { return copied(into, args) })
	if err != nil {
		return err
	}
	return copied(reply, res)
}

// NewStream implements grpc.ClientConnInterface.
func (w *wire) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("no streams here")
}

// archives runs retention beside an intake that only writes events, over a real bus.
type archives struct {
	t         *testing.T
	retention *host.Service
	intake    *host.Service
	client    retentionv1.RetentionServiceClient
	ctx       context.Context
}

func start(t *testing.T) *archives {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	b, err := bus.Embedded(t.Context(), bus.EmbeddedConfig{Folder: filepath.Join(dir, "nats")})
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{methods: make(map[string]func(context.Context, func(any) error) (any, error))}
	p := host.Process{
		Archive: archive, Data: dir, Keys: filepath.Join(dir, "keys"), Bus: b, Services: []string{"retention", "intake"}, Reserve: 1,
		Conn: func(string, string) (grpc.ClientConnInterface, error) { return w, nil },
	}
	a := &archives{t: t}
	if a.retention, err = retention.New(retention.Config{Grounds: []string{"personal"}}, p); err != nil {
		t.Fatal(err)
	}
	a.intake, err = host.Open(p, host.Spec{Name: "intake", Schema: store.Schema{Version: 1}, Apply: func(*store.Tx, *journal.Record) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	a.retention.Register(w)
	journalv1.RegisterJournalServiceServer(w, journalapi.New(a.retention.Source(), a.intake.Source()))
	a.client = retentionv1.NewRetentionServiceClient(w)
	ctx, cancel := context.WithCancel(context.Background())
	a.ctx = monitor.With(ctx, monitor.Identity{Actor: "person:aigul"})
	var running sync.WaitGroup
	for _, s := range []*host.Service{a.retention, a.intake} {
		running.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		running.Wait()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	a.until("both services are ready", func() bool { return a.retention.Ready() == nil && a.intake.Ready() == nil })
	return a
}

// until waits for something to hold, looking again whenever retention's journal moves on.
func (a *archives) until(what string, holds func() bool) {
	a.t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		_, changed := a.retention.Store().Wait()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-deadline.C:
			a.t.Fatalf("it never came to pass that %s", what)
		}
	}
}

func id() string { return uuid.Must(uuid.NewV7()).String() }

func done[T any](a *archives) func(T, error) T {
	return func(res T, err error) T {
		a.t.Helper()
		if err != nil {
			a.t.Fatal(err)
		}
		return res
	}
}

// intakeWrites lets intake journal events.
func (a *archives) intakeWrites(events ...store.Event) {
	a.t.Helper()
	if _, err := a.intake.Store().Do(a.ctx, store.Command{
		ID: uuid.Must(uuid.NewV7()), Name: "/test/Accept", Actor: "person:test",
		Decide: func(*store.View, time.Time) ([]store.Event, error) { return events, nil },
	}); err != nil {
		a.t.Fatal(err)
	}
}

func accession(number, transfer string, files ...string) []store.Event {
	refs := []journal.Ref{{Type: "accession", ID: number}, {Type: "transfer", ID: transfer}}
	list := &intakev1.AccessionFilesAccepted{AccessionNumber: number, Last: true}
	for _, f := range files {
		list.Files = append(list.Files, &intakev1.AcceptedFile{File: &recordv1.File{Id: f}})
	}
	return []store.Event{
		{Refs: refs, Body: &intakev1.AccessionAccepted{AccessionNumber: number, TransferId: transfer, Accepted: uint32(len(files))}},
		{Refs: refs, Body: list},
	}
}

// closed are files of the department that closed in 2014 and fell due long ago.
func (a *archives) closed(n int) (files []string) {
	a.t.Helper()
	done[*retentionv1.RegisterOrganisationResponse](a)(a.client.RegisterOrganisation(a.ctx, &retentionv1.RegisterOrganisationRequest{CommandId: id(), Organisation: &recordv1.Organisation{
		Id: "almaly", Name: &recordv1.Text{Kk: "Алмалы ауданының әкімдігі"}, Level: "district",
	}}))
	done[*retentionv1.AddNomenclatureEntryResponse](a)(a.client.AddNomenclatureEntry(a.ctx, &retentionv1.AddNomenclatureEntryRequest{CommandId: id(), Entry: &retentionv1.NomenclatureEntry{
		OrganisationId: "almaly", Year: 2014, Index: "02-05", Title: &recordv1.Text{Kk: "Бұйрықтар"}, Term: "тұрақты", Article: "19",
	}}))
	for range n {
		f := done[*retentionv1.OpenFileResponse](a)(a.client.OpenFile(a.ctx, &retentionv1.OpenFileRequest{CommandId: id(), OrganisationId: "almaly", Year: 2014, Index: "02-05", OpenedOn: "2014-01-09"}))
		files = append(files, f.GetFile().GetFile().GetId())
		done[*retentionv1.CloseFileResponse](a)(a.client.CloseFile(a.ctx, &retentionv1.CloseFileRequest{CommandId: id(), FileId: files[len(files)-1], ClosedOn: "2014-12-30", Leaves: 10}))
	}
	return files
}

func (a *archives) approve(number string, files ...string) {
	a.t.Helper()
	done[*retentionv1.ApproveInventoryResponse](a)(a.client.ApproveInventory(a.ctx, &retentionv1.ApproveInventoryRequest{
		CommandId: id(), OrganisationId: "almaly", Number: number, Kind: "permanent", FileIds: files, Title: &recordv1.Text{Kk: "Істер"},
		Approval: &recordv1.Protocol{Commission: "СТК", Number: "3", Date: "2016-02-01"},
	}))
}

// parked are the events that wait for a person.
func (a *archives) parked() (waiting []*journalv1.WaitingRow) {
	a.t.Helper()
	if err := a.retention.Store().View(func(v *store.View) (err error) {
		waiting, err = v.Waiting(10)
		return err
	}); err != nil {
		a.t.Fatal(err)
	}
	return waiting
}

func (a *archives) whole() {
	a.t.Helper()
	problems, err := a.retention.Store().Verify(a.t.TempDir())
	if err != nil || len(problems) > 0 {
		a.t.Errorf("%v %v", problems, err)
	}
}

// TestAnEarlyTransferEndsTheDuty: files that came by an announced transfer are not owed again. What its acceptance left out (rows that
// were returned) stays owed: it falls due alone, under its own number in the inventory, and its own transfer then closes the duty.
func TestAnEarlyTransferEndsTheDuty(t *testing.T) {
	a := start(t)
	files := a.closed(5)
	early := func(number, transfer, organisation string, ids ...string) {
		refs := []journal.Ref{{Type: "accession", ID: number}, {Type: "transfer", ID: transfer}, {Type: "organisation", ID: organisation}}
		list := &intakev1.AccessionFilesAccepted{AccessionNumber: number, Kind: "early", Last: true}
		for i, f := range ids {
			list.Files = append(list.Files, &intakev1.AcceptedFile{File: &recordv1.File{Id: fmt.Sprint(transfer, "/", i+1), SourceId: f}})
		}
		a.intakeWrites(store.Event{Refs: refs, Body: &intakev1.AccessionAccepted{AccessionNumber: number, TransferId: transfer, Kind: "early"}}, store.Event{Refs: refs, Body: list})
	}
	state := func(f string) string {
		return done[*retentionv1.GetFileResponse](a)(a.client.GetFile(a.ctx, &retentionv1.GetFileRequest{FileId: f})).GetFile().GetState()
	}
	// What is closed and listed nowhere comes first; then it cannot be listed any more.
	early("2026-1", "A2026-1", "almaly", "", files[4])
	a.until("the file that was in no inventory is transferred", func() bool { return state(files[4]) == "transferred" })
	a.approve("1", files[0], files[1])
	a.approve("2", files[2], files[3])
	duty := func(inventory string) *retentionv1.DueTransfer {
		for _, d := range done[*retentionv1.ListDueResponse](a)(a.client.ListDue(a.ctx, &retentionv1.ListDueRequest{})).GetTransfers() {
			if d.GetInventory().GetNumber() == inventory {
				return d
			}
		}
		t.Fatalf("no duty for inventory %s", inventory)
		return nil
	}
	a.until("both are due", func() bool { return duty("1").GetState() == "due" && duty("2").GetState() == "due" })
	early("2026-2", "A2026-2", "almaly", files[0], files[2], files[0])
	a.until("one of each is transferred", func() bool { return duty("1").GetTransferred() == 1 && duty("2").GetTransferred() == 1 })
	if duty("1").GetState() != "due" || duty("2").GetState() != "due" {
		t.Errorf("what was left out is not owed any more: %v, %v", duty("1"), duty("2"))
	}
	early("2026-3", "A2026-3", "almaly", files[1])
	a.until("nothing of the first is left", func() bool { return duty("1").GetState() == "fulfilled" })
	if d := duty("1"); d.GetAccessionNumber() != "2026-3" || d.GetEarlyTransferId() != "A2026-3" {
		t.Errorf("%v", d)
	}
	a.intakeWrites(accession("2026-4", duty("2").GetTransferId(), files[3])...)
	a.until("the rest of the second came by its own transfer", func() bool { return duty("2").GetState() == "fulfilled" && state(files[3]) == "transferred" })
	early("2026-5", "A2026-4", "others", files[0])
	early("2026-6", "A2026-5", "almaly", "90000")
	a.until("what is not theirs waits for a person", func() bool { return len(a.parked()) == 2 })
	a.whole()
}

// The timer lets an inventory fall due, and intake's acceptance, over the bus, closes the duty;
// an acceptance of nothing is parked where a person sees it.
func TestAnAcceptanceClosesTheDuty(t *testing.T) {
	a := start(t)
	files := a.closed(2)
	a.approve("1", files...)
	duty := func() *retentionv1.DueTransfer {
		list := done[*retentionv1.ListDueResponse](a)(a.client.ListDue(a.ctx, &retentionv1.ListDueRequest{})).GetTransfers()
		if len(list) != 1 {
			t.Fatalf("%d duties", len(list))
		}
		return list[0]
	}
	a.until("the inventory is due", func() bool { return duty().GetState() == "due" })
	transfer := duty().GetTransferId()
	if !strings.HasSuffix(transfer, "-1") {
		t.Errorf("transfer %s", transfer)
	}
	a.intakeWrites(accession("2026-77", "1999-1", "1")...) // of nobody
	a.intakeWrites(accession("2026-1", transfer, files...)...)
	transferred := func() int {
		return len(done[*retentionv1.ListFilesResponse](a)(a.client.ListFiles(a.ctx, &retentionv1.ListFilesRequest{OrganisationId: "almaly", State: "transferred"})).GetFiles())
	}
	a.until("the files are transferred", func() bool { return transferred() == 2 })
	if d := duty(); d.GetState() != "fulfilled" || d.GetAccessionNumber() != "2026-1" {
		t.Errorf("got %v", d)
	}
	waiting := a.parked()
	if len(waiting) != 2 || waiting[0].GetObject().GetId() != "2026-77" {
		t.Errorf("the acceptance of nothing and its files must wait: %v", waiting)
	}
	a.whole()
}

func TestNoServiceWithoutGrounds(t *testing.T) {
	if _, err := retention.New(retention.Config{}, host.Process{}); err == nil {
		t.Error("a service that knows no ground would refuse every label without saying why")
	}
}
