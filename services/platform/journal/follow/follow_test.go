package follow_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/relay"
	"github.com/qoyma/qoyma/services/platform/store"
)

func whole(t *testing.T, stores ...*store.Store) {
	t.Helper()
	for _, s := range stores {
		problems, err := s.Verify(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s: %s", p.Service, p.Where, p.What)
		}
	}
}

func TestEveryEventTakesEffectOnceAndInOrder(t *testing.T) {
	w := newWorld(t)
	w.start("mirror")
	w.start("writer")
	w.register("a", 2000)
	w.same()
	whole(t, w.writer.Store, w.mirror.Store)
}

func TestALostStreamIsMadeAgainFromTheJournal(t *testing.T) {
	w := newWorld(t)
	w.start("writer")
	w.start("mirror")
	w.register("a", 300)
	w.same()
	if err := w.bus.JetStream().DeleteStream(t.Context(), relay.StreamName(archive, "writer")); err != nil {
		t.Fatal(err)
	}
	w.register("b", 300)
	w.same()
	w.eventually("the stream holds the journal again", func() bool { relayed, alarm := w.writer.relay.Status(); return relayed == 600 && alarm == nil })
}

// copyStore keeps a copy of a stopped store, as a backup would.
func (w *world) copyStore(name string) (restore func()) {
	w.t.Helper()
	path := filepath.Join(w.dir, name, "store.db")
	old, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(path, old, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestAStoreRestoredFromAnOlderCopyTakesItsTailBackFromTheStream(t *testing.T) {
	w := newWorld(t)
	w.start("mirror")
	w.start("writer")
	w.register("a", 200)
	w.stop(w.writer)
	restore := w.copyStore("writer")
	w.start("writer")
	w.register("b", 700)
	w.same()
	root, err := w.writer.RootAt(900)
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("relayed", func() bool { relayed, _ := w.writer.relay.Status(); return relayed == 900 })
	w.stop(w.writer)
	restore()
	w.start("writer")
	w.register("c", 50)
	if again, err := w.writer.RootAt(900); err != nil || again != root {
		t.Errorf("the tail that came back is not the one that was written: %v", err)
	}
	w.same()
	whole(t, w.writer.Store, w.mirror.Store)
}

func TestAStoreLostAltogetherComesBackFromTheStream(t *testing.T) {
	w := newWorld(t)
	w.start("mirror")
	w.start("writer")
	w.register("a", 600)
	w.eventually("relayed", func() bool { relayed, _ := w.writer.relay.Status(); return relayed == 600 })
	w.stop(w.writer)
	if err := os.Remove(filepath.Join(w.dir, "writer", "store.db")); err != nil {
		t.Fatal(err)
	}
	w.start("writer")
	w.register("b", 10)
	w.same()
	whole(t, w.writer.Store)
}

// publishAnew puts the writer's journal into a fresh stream in messages of n events, the
// first upTo events only: a stream rebuilt with other packing, and one that is behind.
func (w *world) publishAnew(n, upTo uint64) {
	w.t.Helper()
	js := w.bus.JetStream()
	if err := js.DeleteStream(w.t.Context(), relay.StreamName(archive, "writer")); err != nil {
		w.t.Fatal(err)
	}
	s := w.open("writer")
	defer func() {
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	}()
	if _, err := js.CreateStream(w.t.Context(), w.streamConfig()); err != nil {
		w.t.Fatal(err)
	}
	for first := uint64(1); first <= upTo; first += n {
		last := min(first+n-1, upTo)
		entries, _, err := s.Read(first, int(last-first+1), 1<<20)
		if err != nil {
			w.t.Fatal(err)
		}
		checkpoint, err := s.CheckpointAt(last)
		if err != nil {
			w.t.Fatal(err)
		}
		data, err := proto.Marshal(&journalv1.Pack{
			Archive: archive, Service: "writer", Epoch: 1, First: first, Last: last, Entries: entries, Checkpoint: checkpoint,
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := js.Publish(w.t.Context(), relay.Subject(archive, "writer"), data); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) streamConfig() jetstream.StreamConfig {
	js := w.bus.JetStream()
	s, err := js.Stream(w.t.Context(), relay.StreamName(archive, "mirror"))
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.Name, cfg.Subjects = relay.StreamName(archive, "writer"), []string{relay.Subject(archive, "writer")}
	return cfg
}

func TestAStreamRebuiltWithOtherPackingOrBehindIsContinued(t *testing.T) {
	for name, upTo := range map[string]uint64{"other packing": 500, "behind": 123} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.start("mirror")
			w.start("writer")
			w.register("a", 500)
			w.same()
			w.stop(w.writer)
			w.stop(w.mirror)
			w.publishAnew(7, upTo)
			w.start("writer")
			w.start("mirror")
			w.register("b", 100)
			w.same()
			w.eventually("the stream holds everything", func() bool { relayed, _ := w.writer.relay.Status(); return relayed == 600 })
			whole(t, w.mirror.Store)
		})
	}
}

func TestALostTailStopsTheServiceUntilAPersonBeginsAnEpoch(t *testing.T) {
	w := newWorld(t)
	w.start("mirror")
	w.start("writer")
	w.register("a", 100)
	w.stop(w.writer)
	restore := w.copyStore("writer")
	w.start("writer")
	w.register("lost", 60)
	w.same()
	w.stop(w.writer)
	restore()
	if err := w.bus.JetStream().DeleteStream(t.Context(), relay.StreamName(archive, "writer")); err != nil {
		t.Fatal(err)
	}
	w.start("writer")
	w.eventually("the relay reports the lost tail", func() bool {
		_, alarm := w.writer.relay.Status()
		return strings.Contains(fmt.Sprint(alarm), "a tail of the journal is lost")
	})
	if err := w.writer.Ready(); err == nil {
		t.Fatal("a service that lost its tail must not take commands")
	}
	w.eventually("the mirror notices, too", func() bool {
		_, alarm := w.mirror.follower.Status()
		return strings.Contains(fmt.Sprint(alarm), "its tail is lost")
	})

	proof := w.position()
	rec, err := w.writer.BeginEpoch(t.Context(), store.Command{ID: uuid.Must(uuid.NewV7()), Name: "qoyma journal begin-epoch", Actor: "person:head"},
		proof.GetSeq(), proof.GetCheckpoint(), "the numbers on paper end with a99")
	if err != nil || rec.Header.GetEpoch() != 2 || rec.Seq() != 101 {
		t.Fatalf("got %v, %v", rec, err)
	}
	w.register("new", 80)
	w.eventually("the mirror follows the new epoch", func() bool { p := w.position(); return p.GetEpoch() == 2 && p.GetSeq() == 181 })
	got := effects(t, w.mirror.Store)
	if len(got) != 100+60+80 {
		t.Errorf("%d effects, want 240: what was done in answer to lost events stays", len(got))
	}
	resynchronised := 0
	for _, e := range timeline(t, w.mirror.Store, journal.Ref{Type: "service", ID: "writer"}) {
		if e.Is((*journalv1.ReaderResynchronised)(nil)) {
			resynchronised++
		}
	}
	if resynchronised != 1 {
		t.Errorf("the mirror's journal must say once that it resynchronised, says %d times", resynchronised)
	}
	whole(t, w.writer.Store, w.mirror.Store)
}

func timeline(t *testing.T, s *store.Store, ref journal.Ref) []*journal.Record {
	t.Helper()
	records, err := s.Timeline(ref, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func TestAForeignEpochFencesTheOldWriter(t *testing.T) {
	w := newWorld(t)
	w.start("mirror")
	w.start("writer")
	w.register("a", 20)
	w.eventually("relayed", func() bool { relayed, _ := w.writer.relay.Status(); return relayed == 20 })
	w.stop(w.writer)
	entries := []*journalv1.Entry{}
	s := w.open("writer")
	if err := s.Restore(t.Context(), entries, nil); err != nil {
		t.Fatal(err)
	}
	all, _, err := s.Read(20, 1, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := proto.Marshal(&journalv1.Pack{Archive: archive, Service: "writer", Epoch: 9, First: 21, Last: 21, Entries: all})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.bus.JetStream().Publish(t.Context(), relay.Subject(archive, "writer"), data); err != nil {
		t.Fatal(err)
	}
	w.stop(w.mirror)
	w.start("writer")
	w.eventually("the old writer is fenced", func() bool {
		_, alarm := w.writer.relay.Status()
		return strings.Contains(fmt.Sprint(alarm), "another copy of the service writes") && w.writer.Ready() != nil
	})
}

// faulty stands between the relay and JetStream and spoils every nth publish: lost, or
// stored with an error returned.
type faulty struct {
	jetstream.JetStream
	n      atomic.Int64
	every  int64
	stored bool
}

func (f *faulty) PublishMsg(ctx context.Context, m *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if f.n.Add(1)%f.every != 0 {
		return f.JetStream.PublishMsg(ctx, m, opts...)
	}
	if f.stored {
		if _, err := f.JetStream.PublishMsg(ctx, m, opts...); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("injected")
}

func TestAPublishThatIsLostOrAnsweredWithAnErrorIsMadeGood(t *testing.T) {
	for _, stored := range []bool{false, true} {
		t.Run(fmt.Sprintf("stored=%t", stored), func(t *testing.T) {
			w := newWorld(t)
			f := &faulty{JetStream: w.bus.JetStream(), every: 3, stored: stored}
			w.wrap = func(jetstream.JetStream) jetstream.JetStream { return f }
			w.start("mirror")
			w.start("writer")
			for i := range 10 {
				w.register(fmt.Sprintf("a%d-", i), 30)
			}
			w.same()
			w.eventually("relayed", func() bool { relayed, _ := w.writer.relay.Status(); return relayed == 300 })
			if f.n.Load() < 3 {
				t.Error("nothing was injected")
			}
		})
	}
}

func TestAPoisonedEventIsParkedAndHoldsUpOnlyItsOwnObject(t *testing.T) {
	w := newWorld(t)
	healthy := w.handle
	w.handle = func(ctx context.Context, r *journal.Record) (store.Decide, error) {
		if r.Object().ID == "sick0" {
			return nil, errors.New("the handler has a defect")
		}
		return healthy(ctx, r)
	}
	w.start("mirror")
	w.start("writer")
	w.register("a", 5)
	w.register("sick", 1)
	w.register("sick", 1) // a later event of the same object
	w.register("b", 5)
	w.eventually("the poisoned event is parked", func() bool {
		st, err := w.mirror.api.Status(t.Context(), &journalv1.StatusRequest{})
		return err == nil && st.GetServices()[0].GetParked() == 1
	})
	if got := w.mirrored(); len(got) != 10 {
		t.Fatalf("the others must go on: %v", got)
	}
	list, err := w.mirror.api.Waiting(t.Context(), &journalv1.WaitingRequest{Service: "mirror"})
	if err != nil || len(list.GetEvents()) != 2 {
		t.Fatalf("got %v, %v", list, err)
	}
	if first, second := list.GetEvents()[0], list.GetEvents()[1]; !first.GetParked() || !strings.Contains(first.GetReason(), "defect") || !second.GetBehind() {
		t.Errorf("got %v, %v", first, second)
	} else if first.GetFault().GetCode() != "store.reaction_failed" || second.GetFault().GetArgs()["object"] != "organisation/sick0" {
		t.Errorf("the administrator reads %v, %v", first.GetFault(), second.GetFault())
	}
	if res, err := w.mirror.api.Retry(t.Context(), &journalv1.RetryRequest{Service: "mirror"}); err != nil || res.GetSettled() != 0 || res.GetStillWaiting() != 2 {
		t.Errorf("while the defect stands a retry settles nothing: %v, %v", res, err)
	}
	w.mu.Lock()
	w.handle = healthy
	w.mu.Unlock()
	if res, err := w.mirror.api.Retry(t.Context(), &journalv1.RetryRequest{Service: "mirror"}); err != nil || res.GetSettled() == 0 {
		t.Errorf("got %v, %v", res, err)
	}
	w.eventually("both took effect", func() bool { return len(effects(t, w.mirror.Store)) == 12 })
	if err := w.mirror.View(func(v *store.View) error {
		if v.Waits(journal.Ref{Type: "organisation", ID: "sick0"}) {
			t.Error("nothing may wait any more")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	whole(t, w.mirror.Store)
}

func TestARebuiltStoreReactsToNothingTwice(t *testing.T) {
	w := newWorld(t)
	w.start("mirror")
	w.start("writer")
	w.register("a", 400)
	w.same()
	w.stop(w.mirror)
	m := w.open("mirror")
	if err := m.Rebuild(); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	w.start("mirror")
	w.register("b", 40)
	w.same()
	whole(t, w.mirror.Store)
}

// TestATraceGoesOnThroughTheEvent follows one trace from a command to the reaction in another
// service.
func TestATraceGoesOnThroughTheEvent(t *testing.T) {
	provider := sdktrace.NewTracerProvider()
	old := otel.GetTracerProvider()
	otel.SetTracerProvider(provider)
	t.Cleanup(func() { otel.SetTracerProvider(old) })
	w := newWorld(t)
	w.start("mirror")
	w.start("writer")
	w.eventually("the writer is ready", func() bool { return w.writer.Ready() == nil })
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	c := command(event("traced"))
	c.Traceparent = "00-" + trace + "-00f067aa0ba902b7-01"
	if _, err := w.writer.Do(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	w.same()
	if got := w.mirror.Traceparents(1, 1)[0]; !strings.Contains(got, trace) || strings.Contains(got, "00f067aa0ba902b7") {
		t.Errorf("the reaction's trace context is %q: it must be a new span of trace %s", got, trace)
	}
}

func command(events ...store.Event) store.Command {
	return store.Command{
		ID: uuid.Must(uuid.NewV7()), Name: "/test/Register", Actor: "person:test",
		Decide: func(*store.View, time.Time) ([]store.Event, error) { return events, nil },
	}
}

// TestAReaderRestoredFromAnOlderCopyReactsToNothingTwice puts an older copy of the mirror's
// store back: its own tail comes from the stream, its position is older than its answers.
func TestAReaderRestoredFromAnOlderCopyReactsToNothingTwice(t *testing.T) {
	w := newWorld(t)
	w.start("writer")
	w.start("mirror")
	w.register("a", 100)
	w.same()
	w.stop(w.mirror)
	restore := w.copyStore("mirror")
	w.start("mirror")
	w.register("b", 300)
	w.same()
	w.eventually("relayed", func() bool { relayed, _ := w.mirror.relay.Status(); return relayed == w.mirror.Head().Seq })
	w.stop(w.mirror)
	restore()
	w.start("mirror")
	w.register("c", 20)
	w.same()
	whole(t, w.mirror.Store)
}

func TestAnEntryThatWasTamperedWithStopsTheFollower(t *testing.T) {
	w := newWorld(t)
	w.start("mirror")
	w.start("writer")
	w.register("a", 10)
	w.same()
	w.stop(w.writer)
	s := w.open("writer")
	entries, _, err := s.Read(10, 1, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := s.CheckpointAt(10)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	rec, err := journal.Decode(entries[0])
	if err != nil {
		t.Fatal(err)
	}
	rec.Header.Seq, rec.Header.Transaction = 11, 11
	header, err := proto.Marshal(rec.Header)
	if err != nil {
		t.Fatal(err)
	}
	entries[0].Header = header
	w.cutOff("writer")
	data, err := proto.Marshal(&journalv1.Pack{Archive: archive, Service: "writer", Epoch: 1, First: 11, Last: 11, Entries: entries, Checkpoint: checkpoint})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.bus.JetStream().Publish(t.Context(), relay.Subject(archive, "writer"), data); err != nil {
		t.Fatal(err)
	}
	w.eventually("the forged event is noticed", func() bool {
		_, alarm := w.mirror.follower.Status()
		return strings.Contains(fmt.Sprint(alarm), "does not fit the events")
	})
	if got := effects(t, w.mirror.Store); len(got) != 10 {
		t.Errorf("a forged event took effect: %v", got)
	}
}
