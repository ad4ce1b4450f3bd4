package journalapi_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// who is a reader by name: the tests are about what the journal shows to whom, not about tokens.
var who = map[string]monitor.Identity{
	"archivist":  {Actor: "person:akbota", Clearance: monitor.Scope{Level: 2, Grounds: []string{"personal"}}},
	"researcher": {Actor: "person:daniyar"},
}

// served opens a real store behind a real gRPC server.
func served(t *testing.T) (*store.Store, journalv1.JournalServiceClient) {
	t.Helper()
	dir := t.TempDir()
	key, err := journal.LoadSigningKey(dir, "kz-test", "intake")
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(store.Config{
		Dir: dir, Archive: "kz-test", Service: "intake", Reserve: 1, Signer: key.Signer,
		Schema: store.Schema{Version: 1}, Apply: func(*store.Tx, *journal.Record) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Admit()
	listener := bufconn.Listen(1 << 20)
	identify := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		return handler(monitor.With(ctx, who[strings.Join(md.Get("who"), "")]), req)
	}
	server := grpc.NewServer(grpc.ChainUnaryInterceptor(wire.UnaryServer(slog.New(slog.DiscardHandler)), identify))
	journalv1.RegisterJournalServiceServer(server, journalapi.New(journalapi.Source{Store: s, Public: key.Public}))
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(wire.UnaryClient()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := conn.Close()
		server.Stop()
		if err := errors.Join(err, <-served, s.Close()); err != nil {
			t.Error(err)
		}
	})
	return s, journalv1.NewJournalServiceClient(conn)
}

func as(t *testing.T, name string) context.Context {
	return metadata.AppendToOutgoingContext(t.Context(), "who", name)
}

func write(t *testing.T, s *store.Store, events ...store.Event) {
	t.Helper()
	for _, e := range events {
		if _, err := s.Do(t.Context(), store.Command{
			ID: uuid.Must(uuid.NewV7()), Name: "/test/Write", Actor: "person:test",
			Decide: func(*store.View, time.Time) ([]store.Event, error) { return []store.Event{e}, nil },
		}); err != nil {
			t.Fatal(err)
		}
	}
}

var transfer = journal.Ref{Type: "transfer", ID: "2026-1"}

func expected() store.Event {
	return store.Event{Refs: []journal.Ref{transfer}, Body: &intakev1.TransferExpected{TransferId: "2026-1"}}
}

func contact() store.Event {
	return store.Event{
		Refs: []journal.Ref{transfer}, Body: &intakev1.ContactNamed{TransferId: "2026-1"},
		Sealed: &intakev1.Contact{Name: "Әсел"},
	}
}

// TestAnOutsiderChecksEveryProofByHimself uses nothing but what the service answers and the
// published key.
func TestAnOutsiderChecksEveryProofByHimself(t *testing.T) {
	s, client := served(t)
	for range 13 {
		write(t, s, expected())
	}
	ctx := t.Context()
	latest, err := client.Checkpoint(ctx, &journalv1.CheckpointRequest{Service: "intake"})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(latest.GetVerifier())
	if err != nil {
		t.Fatal(err)
	}
	opened := func(signed []byte) journal.Checkpoint {
		t.Helper()
		c, err := journal.OpenCheckpoint(signed, verifier)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := opened(latest.GetCheckpoint()); c.Size != 13 || c.Service != "intake" || c.Epoch != 1 {
		t.Errorf("checkpoint %+v", c)
	}
	hashes := func(path [][]byte) (out []tlog.Hash) {
		for _, h := range path {
			out = append(out, tlog.Hash(h))
		}
		return out
	}
	for _, size := range []uint64{0, 5, 13} {
		for seq := uint64(1); seq <= max(size, 5); seq++ {
			res, err := client.InclusionProof(ctx, &journalv1.InclusionProofRequest{Service: "intake", Seq: seq, Size: size})
			if err != nil {
				t.Fatal(err)
			}
			c := opened(res.GetCheckpoint())
			leaf := journal.LeafOf(res.GetHeader(), [32]byte(res.GetBodyDigest()))
			if err := tlog.CheckRecord(hashes(res.GetPath()), int64(res.GetSize()), c.Root, int64(seq-1), leaf); err != nil {
				t.Errorf("event %d in %d: %v", seq, size, err)
			}
		}
	}
	old := opened(must(client.InclusionProof(ctx, &journalv1.InclusionProofRequest{Service: "intake", Seq: 1, Size: 6})).GetCheckpoint())
	grown := must(client.ConsistencyProof(ctx, &journalv1.ConsistencyProofRequest{Service: "intake", OldSize: 6}))
	now := opened(grown.GetCheckpoint())
	if err := tlog.CheckTree(hashes(grown.GetPath()), int64(grown.GetNewSize()), now.Root, int64(old.Size), old.Root); err != nil {
		t.Error(err)
	}
	for name, ask := range map[string]*journalv1.InclusionProofRequest{
		"before the first": {Service: "intake", Seq: 0},
		"after the last":   {Service: "intake", Seq: 14},
		"a size to come":   {Service: "intake", Seq: 1, Size: 14},
	} {
		if _, err := client.InclusionProof(ctx, ask); !errors.Is(err, store.OutOfRange) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := client.Checkpoint(ctx, &journalv1.CheckpointRequest{Service: "nobody"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another service: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestReadGivesTheJournalInBoundedPieces(t *testing.T) {
	s, client := served(t)
	const events = 1100
	for range events / 100 {
		write(t, s, func() (list []store.Event) {
			for range 100 {
				list = append(list, expected())
			}
			return list
		}()...)
	}
	var seen uint64
	for from := uint64(0); seen < events; {
		res, err := client.Read(t.Context(), &journalv1.ReadRequest{Service: "intake", From: from})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(res.GetEntries()); n == 0 || n > 1000 || res.GetLast() != events || res.GetEpoch() != 1 {
			t.Fatalf("%d entries, last %d, epoch %d", n, res.GetLast(), res.GetEpoch())
		}
		for _, e := range res.GetEntries() {
			r, err := journal.Decode(e)
			if seen++; err != nil || r.Seq() != seen {
				t.Fatalf("%v, want %d", err, seen)
			}
		}
		from = seen + 1
	}
	if res, err := client.Read(t.Context(), &journalv1.ReadRequest{Service: "intake", From: events + 1}); err != nil || len(res.GetEntries()) != 0 {
		t.Errorf("past the end: %v, %v", res, err)
	}
	if res, err := client.Read(t.Context(), &journalv1.ReadRequest{Service: "intake", From: 5, Limit: 3}); err != nil || len(res.GetEntries()) != 3 {
		t.Errorf("three were asked: %v, %v", res, err)
	}
}

// TestATimelineShowsToEachWhatHeMaySee reads one transfer's timeline as an archivist and as a
// researcher, before and after the erasure.
func TestATimelineShowsToEachWhatHeMaySee(t *testing.T) {
	s, client := served(t)
	restricted := expected()
	restricted.Label = store.Label{Level: 2, Grounds: []string{"personal"}}
	write(t, s, expected(), contact(), restricted)
	ask := &journalv1.TimelineRequest{Service: "intake", Ref: transfer.Proto()}
	all := must(client.Timeline(as(t, "archivist"), ask)).GetEvents()
	if len(all) != 3 || all[0].GetActor() != "person:test" || !strings.Contains(all[1].GetSealedJson(), "Әсел") || !strings.Contains(all[0].GetBodyJson(), "2026-1") {
		t.Errorf("the archivist sees %v", all)
	}
	open := must(client.Timeline(as(t, "researcher"), ask)).GetEvents()
	if len(open) != 2 || open[1].GetSealedJson() != "" || open[1].GetErased() {
		t.Errorf("the researcher sees %v", open)
	}
	if nobody := must(client.Timeline(t.Context(), ask)).GetEvents(); len(nobody) != 2 {
		t.Errorf("who has no clearance sees %v", nobody)
	}
	paged := must(client.Timeline(as(t, "archivist"), &journalv1.TimelineRequest{Service: "intake", Ref: transfer.Proto(), After: 1, Limit: 1}))
	if len(paged.GetEvents()) != 1 || paged.GetEvents()[0].GetSeq() != 2 || !paged.GetMore() {
		t.Errorf("a page: %v", paged)
	}
	for _, ref := range []*journalv1.Ref{nil, {Type: "transfer"}, {Id: "1"}} {
		if _, err := client.Timeline(as(t, "archivist"), &journalv1.TimelineRequest{Service: "intake", Ref: ref}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %v", ref, err)
		}
	}

	erase := &journalv1.EraseObjectRequest{Service: "intake", CommandId: "not a uuid", Object: transfer.Proto(), Ground: "consent withdrawn"}
	if _, err := client.EraseObject(as(t, "archivist"), erase); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a command id that is none: %v", err)
	}
	erase.CommandId = uuid.Must(uuid.NewV7()).String()
	for range 2 { // a repeated request gets the same answer
		if res, err := client.EraseObject(as(t, "archivist"), erase); err != nil || res.GetSeq() != 4 {
			t.Errorf("%v, %v", res, err)
		}
	}
	after := must(client.Timeline(as(t, "archivist"), ask)).GetEvents()
	if len(after) != 4 || !after[1].GetErased() || after[1].GetSealedJson() != "" || after[3].GetActor() != "person:akbota" {
		t.Errorf("after the erasure: %v", after)
	}
}

// TestATimelineIsReadToItsEndHoweverLongItIs reads an object whose events exceed what one answer
// carries, most of them out of the reader's sight.
func TestATimelineIsReadToItsEndHoweverLongItIs(t *testing.T) {
	s, client := served(t)
	hidden := expected()
	hidden.Label = store.Label{Level: 2, Grounds: []string{"personal"}}
	var long []store.Event
	for range 30 {
		e := expected()
		e.Body = &intakev1.TransferExpected{TransferId: strings.Repeat("ж", 100<<10)}
		long = append(long, e)
	}
	events := slices.Concat(long, slices.Repeat([]store.Event{hidden}, 150))
	if _, err := s.Do(t.Context(), store.Command{
		ID: uuid.Must(uuid.NewV7()), Name: "/test/Write", Actor: "person:test",
		Decide: func(*store.View, time.Time) ([]store.Event, error) { return append(events, expected()), nil },
	}); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[string]int{"archivist": 181, "researcher": 31} {
		n, after, more := 0, uint64(0), true
		for more {
			res, err := client.Timeline(as(t, who), &journalv1.TimelineRequest{Service: "intake", Ref: transfer.Proto(), After: after})
			if err != nil {
				t.Fatalf("%s: %v", who, err)
			}
			if more = res.GetMore(); more && len(res.GetEvents()) == 0 {
				t.Fatalf("%s: more is promised and nothing given to go on from", who)
			}
			for _, e := range res.GetEvents() {
				n, after = n+1, e.GetSeq()
			}
		}
		if n != want {
			t.Errorf("%s sees %d events, should see %d", who, n, want)
		}
	}
}

// TestAReasonIsShownToThoseWhoMayReadItsEvent: a handler's words may quote what it could not handle.
func TestAReasonIsShownToThoseWhoMayReadItsEvent(t *testing.T) {
	s, client := served(t)
	restricted := expected()
	restricted.Label = store.Label{Level: 2, Grounds: []string{"personal"}}
	write(t, s, restricted)
	entries, _, err := s.Read(1, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := journal.Decode(entries[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.React(t.Context(), "retention", 0, []store.Reaction{{Source: rec, Err: errors.New("Әсел has no number")}}, &journalv1.ReaderPosition{Epoch: 1, Seq: 1}); err != nil {
		t.Fatal(err)
	}
	ask := &journalv1.WaitingRequest{Service: "intake"}
	for who, sees := range map[string]bool{"archivist": true, "researcher": false} {
		waiting := must(client.Waiting(as(t, who), ask)).GetEvents()
		if len(waiting) != 1 || strings.Contains(waiting[0].GetReason(), "Әсел") != sees {
			t.Errorf("%s: %v", who, waiting)
			continue
		}
		want := "journal.reason_restricted"
		if sees {
			want = "store.reaction_failed"
		}
		f := waiting[0].GetFault()
		if f.GetCode() != want || f.GetTextKk() == "" || f.GetTextRu() == "" || strings.Contains(f.String(), "Әсел") {
			t.Errorf("%s reads %v, want %s", who, f, want)
		}
	}
}

func TestStatusAndTheClock(t *testing.T) {
	s, client := served(t)
	write(t, s, expected())
	st := must(client.Status(t.Context(), &journalv1.StatusRequest{})).GetServices()
	if len(st) != 1 || st[0].GetLast() != 1 || st[0].GetAlarm() != "" || st[0].GetService() != "intake" || st[0].GetClockHeld() {
		t.Errorf("%v", st)
	}
	s.Refuse(errors.New("the tests say so"))
	st = must(client.Status(t.Context(), &journalv1.StatusRequest{Service: "intake"})).GetServices()
	if len(st) != 1 || !strings.Contains(st[0].GetAlarm(), "the tests say so") || st[0].GetAlarmFault().GetTextKk() == "" {
		t.Errorf("%v", st)
	}
	confirm := &journalv1.ConfirmClockRequest{Service: "intake", CommandId: uuid.Must(uuid.NewV7()).String()}
	if _, err := client.ConfirmClock(as(t, "archivist"), confirm); !errors.Is(err, store.NotReady) {
		t.Errorf("while commands are refused: %v", err)
	}
	s.Admit()
	if res, err := client.ConfirmClock(as(t, "archivist"), confirm); err != nil || res.GetSeq() != 2 {
		t.Errorf("%v, %v", res, err)
	}
	if res, err := client.Witness(t.Context(), &journalv1.WitnessRequest{Service: "intake", Of: "retention"}); err != nil || res.GetSeq() != 0 {
		t.Errorf("what was never followed: %v, %v", res, err)
	}
	if res, err := client.Waiting(t.Context(), &journalv1.WaitingRequest{Service: "intake"}); err != nil || len(res.GetEvents()) != 0 {
		t.Errorf("%v, %v", res, err)
	}
	if _, err := client.Status(t.Context(), &journalv1.StatusRequest{Service: "nobody"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
}

// TestRecentGoesBackToTheBeginning follows next until it is 0 and wants every event of the actor
// that the reader may see, once, newest first.
func TestRecentGoesBackToTheBeginning(t *testing.T) {
	s, c := served(t)
	for i := range 300 {
		e := expected()
		if i%3 == 0 {
			e.Label = store.Label{Level: 2, Grounds: []string{"personal"}}
		}
		actor := "person:test"
		if i%2 == 0 {
			actor = "person:other"
		}
		if _, err := s.Do(t.Context(), store.Command{
			ID: uuid.Must(uuid.NewV7()), Name: "/test/Write", Actor: actor,
			Decide: func(*store.View, time.Time) ([]store.Event, error) { return []store.Event{e}, nil },
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		reader, actor string
		want          int
	}{{"archivist", "", 300}, {"archivist", "person:test", 150}, {"researcher", "", 200}, {"researcher", "person:other", 100}, {"archivist", "person:nobody", 0}} {
		last, found := uint64(301), 0
		for before, rounds := uint64(0), 0; ; rounds++ {
			res, err := c.Recent(as(t, row.reader), &journalv1.RecentRequest{Service: "intake", Before: before, Actor: row.actor, Limit: 7})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range res.GetEvents() {
				if e.GetSeq() >= last || row.actor != "" && e.GetActor() != row.actor {
					t.Fatalf("%v: event %d of %s after %d", row, e.GetSeq(), e.GetActor(), last)
				}
				last, found = e.GetSeq(), found+1
			}
			if before = res.GetNext(); before == 0 {
				break
			}
			if rounds > 300 {
				t.Fatal("it never ends")
			}
		}
		if found != row.want {
			t.Errorf("%s sees %d events of %q, want %d", row.reader, found, row.actor, row.want)
		}
	}
}
