package follow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/note"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/bus"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/journal/relay"
	"github.com/qoyma/qoyma/services/platform/store"
)

// Two services: "writer" registers organisations, "mirror" repeats each in answer to the
// writer's event. The mirror's journal then shows what took effect, how often and in which
// order.

const archive = "kz-test"

var registeredType = string((*retentionv1.OrganisationRegistered)(nil).ProtoReflect().Descriptor().FullName())

func apply(tx *store.Tx, r *journal.Record) error {
	if r.Is((*retentionv1.OrganisationRegistered)(nil)) {
		tx.Put("organisations", append([]byte(r.Object().ID), journal.SeqKey(r.Seq())...), []byte{1})
	}
	return nil
}

func event(id string) store.Event {
	return store.Event{
		Refs: []journal.Ref{{Type: "organisation", ID: id}},
		Body: &retentionv1.OrganisationRegistered{Organisation: &recordv1.Organisation{Id: id}},
	}
}

// world is everything that two services need, in one process.
type world struct {
	t       *testing.T
	dir     string
	streams string
	bus     *bus.Bus
	keys    string
	// wrap lets a test stand between the relay and JetStream.
	wrap func(jetstream.JetStream) jetstream.JetStream

	mu     sync.Mutex
	handle follow.Handle
	// reachable are the services that the others may ask: their goroutines look here.
	reachable map[string]*service
	writer    *service
	mirror    *service
}

type service struct {
	*store.Store
	key      journal.SigningKey
	relay    *relay.Relay
	follower *follow.Follower
	api      *journalapi.Server
	stop     context.CancelFunc
	done     sync.WaitGroup
}

func newWorld(t *testing.T) *world {
	dir := t.TempDir()
	return newWorldIn(t, dir, filepath.Join(dir, "nats"))
}

// newWorldIn keeps stores and streams in given folders.
func newWorldIn(t *testing.T, dir, streams string) *world {
	w := &world{t: t, reachable: make(map[string]*service), dir: dir, streams: streams, wrap: func(js jetstream.JetStream) jetstream.JetStream { return js }}
	w.keys = filepath.Join(w.dir, "keys")
	if err := os.MkdirAll(w.keys, 0o700); err != nil {
		t.Fatal(err)
	}
	w.startBus()
	w.handle = func(_ context.Context, r *journal.Record) (store.Decide, error) {
		id := r.Object().ID
		return func(*store.View, time.Time) ([]store.Event, error) { return []store.Event{event(id)}, nil }, nil
	}
	t.Cleanup(func() {
		w.stop(w.writer)
		w.stop(w.mirror)
		if err := w.bus.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) startBus() {
	w.t.Helper()
	b, err := bus.Embedded(context.Background(), bus.EmbeddedConfig{Folder: w.streams, Log: quiet()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.bus = b
}

func quiet() *slog.Logger {
	if testing.Verbose() {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

func (w *world) open(name string) *service {
	w.t.Helper()
	key, err := journal.LoadSigningKey(w.keys, archive, name)
	if err != nil {
		w.t.Fatal(err)
	}
	st, err := store.Open(store.Config{
		Dir: filepath.Join(w.dir, name), Archive: archive, Service: name, Reserve: 1, Signer: key.Signer, Log: quiet(),
		Schema: store.Schema{Version: 1, Buckets: []store.Bucket{{Name: "organisations"}}}, Apply: apply,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return &service{Store: st, key: key}
}

// start runs a service; others are the services that witness its journal.
func (w *world) start(name string) *service {
	w.t.Helper()
	s := w.open(name)
	js := func() (jetstream.JetStream, error) { return w.wrap(w.bus.JetStream()), nil }
	spec := bus.StreamSpec{Name: relay.StreamName(archive, name), Subjects: []string{relay.Subject(archive, name)}}
	s.relay = relay.New(relay.Config{
		Store: s.Store, Verifier: s.key.Verifier, JetStream: js, Log: quiet(), Retry: 20 * time.Millisecond,
		Ensure: func(ctx context.Context) error { _, err := w.bus.EnsureStream(ctx, spec); return err },
		Witnesses: func(context.Context) ([]relay.Witness, bool) {
			mirror := w.reach("mirror")
			if name != "writer" || mirror == nil {
				return nil, true
			}
			res, err := mirror.api.Witness(w.t.Context(), &journalv1.WitnessRequest{Service: "mirror", Of: "writer"})
			if err != nil {
				return nil, false
			}
			return []relay.Witness{{By: "mirror", Epoch: res.GetEpoch(), Seq: res.GetSeq(), Checkpoint: res.GetCheckpoint()}}, true
		},
	})
	src := journalapi.Source{Store: s.Store, Public: s.key.Public, Relay: s.relay.Status}
	if name == "mirror" {
		s.follower = follow.New(follow.Config{
			Store: s.Store, Service: "writer", JetStream: js, Log: quiet(),
			Subject: relay.Subject(archive, "writer"), Stream: relay.StreamName(archive, "writer"),
			Source: func() (journalv1.JournalServiceClient, error) {
				writer := w.reach("writer")
				if writer == nil {
					return nil, errors.New("the writer is down")
				}
				return direct{writer.api}, nil
			},
			Verifier: func() (note.Verifier, error) { v, _, err := journal.LoadVerifier(w.keys, "writer"); return v, err },
			Handlers: follow.Handlers{registeredType: func(ctx context.Context, r *journal.Record) (store.Decide, error) {
				w.mu.Lock()
				handle := w.handle
				w.mu.Unlock()
				return handle(ctx, r)
			}},
			Idle: 100 * time.Millisecond, Patience: 300 * time.Millisecond, Retry: 20 * time.Millisecond,
		})
		src.Followers = []*follow.Follower{s.follower}
	}
	s.api = journalapi.New(src)
	w.mu.Lock()
	w.reachable[name] = s
	w.mu.Unlock()
	switch name {
	case "writer":
		w.writer = s
	case "mirror":
		w.mirror = s
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	s.done.Go(func() { s.relay.Run(ctx) })
	if s.follower != nil {
		s.done.Go(func() { s.follower.Run(ctx) })
	}
	return s
}

// reach gives a service that others may ask; nil where it is cut off.
func (w *world) reach(name string) *service {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reachable[name]
}

// cutOff lets nobody reach a service any more.
func (w *world) cutOff(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.reachable, name)
}

func (w *world) stop(s *service) {
	if s == nil || s.stop == nil {
		return
	}
	s.stop()
	s.done.Wait()
	s.stop = nil
	if err := s.Close(); err != nil {
		w.t.Error(err)
	}
}

// register writes organisations named by a prefix and a number.
func (w *world) register(prefix string, n int) {
	w.t.Helper()
	w.eventually("the writer is ready", func() bool { return w.writer.Ready() == nil })
	var wg sync.WaitGroup
	for caller := range 8 {
		wg.Go(func() {
			for i := caller; i < n; i += 8 {
				_, err := w.writer.Do(context.Background(), store.Command{
					ID: uuid.Must(uuid.NewV7()), Name: "/test/Register", Actor: "person:test",
					Decide: func(*store.View, time.Time) ([]store.Event, error) {
						return []store.Event{event(fmt.Sprintf("%s%d", prefix, i))}, nil
					},
				})
				if err != nil {
					w.t.Errorf("register: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

// mirrored waits until the mirror has followed to the end and gives, in order, what took
// effect in it.
func (w *world) mirrored() []string {
	w.t.Helper()
	w.eventually("the mirror reaches the writer's end", func() bool { return w.position().GetSeq() == w.writer.Head().Seq })
	return effects(w.t, w.mirror.Store)
}

func (w *world) position() (pos *journalv1.ReaderPosition) {
	if err := w.mirror.View(func(v *store.View) (err error) { pos, err = v.Position("writer"); return err }); err != nil {
		w.t.Fatal(err)
	}
	return pos
}

func effects(t *testing.T, s *store.Store) (ids []string) {
	t.Helper()
	for from := uint64(1); ; {
		entries, _, err := s.Read(from, 1000, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			return ids
		}
		for _, e := range entries {
			r, err := journal.Decode(e)
			if err != nil {
				t.Fatal(err)
			}
			if r.Header.GetBodyType() == registeredType {
				ids = append(ids, r.Object().ID)
			}
		}
		from += uint64(len(entries))
	}
}

// eventually waits for something that other goroutines bring about; it looks, and fails after
// a time that only a hung program needs.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("waited in vain: %s (relay %v, mirror %v)", what, alarmOf(w.writer), alarmOf(w.mirror))
		}
	}
}

func alarmOf(s *service) string {
	if s == nil {
		return "absent"
	}
	_, alarm := s.relay.Status()
	if s.follower == nil {
		return fmt.Sprint(alarm)
	}
	_, following := s.follower.Status()
	return fmt.Sprint(alarm, " / ", following)
}

// same wants the mirror to have repeated every event of the writer exactly once, in order.
func (w *world) same() {
	w.t.Helper()
	got, want := w.mirrored(), effects(w.t, w.writer.Store)
	if len(got) != len(want) {
		w.t.Fatalf("%d events took effect, the writer has %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			w.t.Fatalf("effect %d is %s, want %s", i, got[i], want[i])
		}
	}
}

// direct calls a journal without a network between.
type direct struct{ s *journalapi.Server }

func call[Q, A proto.Message](ctx context.Context, q Q, f func(context.Context, Q) (A, error)) (A, error) {
	return f(ctx, q)
}

func (d direct) Read(ctx context.Context, q *journalv1.ReadRequest, _ ...grpc.CallOption) (*journalv1.ReadResponse, error) {
	return call(ctx, q, d.s.Read)
}

func (d direct) Checkpoint(ctx context.Context, q *journalv1.CheckpointRequest, _ ...grpc.CallOption) (*journalv1.CheckpointResponse, error) {
	return call(ctx, q, d.s.Checkpoint)
}

func (d direct) InclusionProof(ctx context.Context, q *journalv1.InclusionProofRequest, _ ...grpc.CallOption) (*journalv1.InclusionProofResponse, error) {
	return call(ctx, q, d.s.InclusionProof)
}

func (d direct) ConsistencyProof(ctx context.Context, q *journalv1.ConsistencyProofRequest, _ ...grpc.CallOption) (*journalv1.ConsistencyProofResponse, error) {
	return call(ctx, q, d.s.ConsistencyProof)
}

func (d direct) Timeline(ctx context.Context, q *journalv1.TimelineRequest, _ ...grpc.CallOption) (*journalv1.TimelineResponse, error) {
	return call(ctx, q, d.s.Timeline)
}

func (d direct) Witness(ctx context.Context, q *journalv1.WitnessRequest, _ ...grpc.CallOption) (*journalv1.WitnessResponse, error) {
	return call(ctx, q, d.s.Witness)
}

func (d direct) Waiting(ctx context.Context, q *journalv1.WaitingRequest, _ ...grpc.CallOption) (*journalv1.WaitingResponse, error) {
	return call(ctx, q, d.s.Waiting)
}

func (d direct) Recent(ctx context.Context, q *journalv1.RecentRequest, _ ...grpc.CallOption) (*journalv1.RecentResponse, error) {
	return call(ctx, q, d.s.Recent)
}

func (d direct) Retry(ctx context.Context, q *journalv1.RetryRequest, _ ...grpc.CallOption) (*journalv1.RetryResponse, error) {
	return call(ctx, q, d.s.Retry)
}

func (d direct) EraseObject(ctx context.Context, q *journalv1.EraseObjectRequest, _ ...grpc.CallOption) (*journalv1.EraseObjectResponse, error) {
	return call(ctx, q, d.s.EraseObject)
}

func (d direct) ConfirmClock(ctx context.Context, q *journalv1.ConfirmClockRequest, _ ...grpc.CallOption) (*journalv1.ConfirmClockResponse, error) {
	return call(ctx, q, d.s.ConfirmClock)
}

func (d direct) Status(ctx context.Context, q *journalv1.StatusRequest, _ ...grpc.CallOption) (*journalv1.StatusResponse, error) {
	return call(ctx, q, d.s.Status)
}
