// Package follow reads another service's journal and reacts to it.
//
// A follower's position (epoch, seq) lies in its own store and moves in the same commit as
// the effect, so that every event takes effect exactly once. The stream only carries:
// what it does not give (lost, frozen, packed anew) is fetched from the other service's
// Journal.Read, and what comes twice is passed over. Nothing is ever skipped: an event that
// is neither in the stream nor in the other journal stops the follower with an alarm.
//
// A follower hashes every event it sees into the right edge of the other journal's tree and
// compares the root with each signed checkpoint, which makes every service a witness of those
// it follows.
//
// A reaction that fails is deferred, tried again for a while, then parked where a person sees
// it; later events of the same object wait behind it, others go on.
package follow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/note"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// Handle answers one event: a decision to carry out in the own store (nil: no concern of
// ours), or an error. store.Never parks at once; every other error defers. It may use the
// network before it returns; its decision may not.
type Handle func(ctx context.Context, r *journal.Record) (store.Decide, error)

// Handlers holds a Handle per body type, by the type's full name.
type Handlers map[string]Handle

// Config is what a follower works with.
type Config struct {
	Store    *store.Store // our own
	Service  string       // the service followed
	Handlers Handlers
	// JetStream gives the connection; an error means that it is not there now.
	JetStream func() (jetstream.JetStream, error)
	// Source is the followed service's journal.
	Source   func() (journalv1.JournalServiceClient, error)
	Verifier func() (note.Verifier, error)
	Subject  string // of the followed journal
	Stream   string
	Log      *slog.Logger
	// Idle is how long nothing may come before the source is asked directly; 0 means 2 s.
	Idle time.Duration
	// Patience is how long a deferred reaction is tried again before it is parked; 0 means
	// 30 s.
	Patience time.Duration
	// Retry is the first pause between tries; 0 means 500 ms. It doubles up to 8 s.
	Retry time.Duration
}

// Follower follows one service.
type Follower struct {
	cfg Config

	mu    sync.Mutex
	head  uint64 // last known event of the followed journal
	alarm error
}

// New makes a follower; Run starts it.
func New(cfg Config) *Follower {
	if cfg.Idle == 0 {
		cfg.Idle = 2 * time.Second
	}
	if cfg.Patience == 0 {
		cfg.Patience = 30 * time.Second
	}
	if cfg.Retry == 0 {
		cfg.Retry = 500 * time.Millisecond
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Log = cfg.Log.With("follows", cfg.Service)
	return &Follower{cfg: cfg}
}

// Service is the service followed.
func (f *Follower) Service() string { return f.cfg.Service }

// Status tells how far the other journal is known to go and what is wrong: a fault for the
// administrator, nil where all is well.
func (f *Follower) Status() (head uint64, alarm error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.head, f.alarm
}

func (f *Follower) know(head uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.head = max(f.head, head)
}

func (f *Follower) setAlarm(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alarm = err
}

// errStop marks what no retry mends.
var errStop = errors.New("stopped")

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { f.retries(ctx) })
	defer wg.Wait()
	for ctx.Err() == nil {
		err := f.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, errStop) {
			f.cfg.Log.Debug("following starts over", "error", err)
			pause(ctx, f.cfg.Retry)
			continue
		}
		alarm := alarmOf(stopped, f.cfg.Service, err)
		if _, before := f.Status(); before == nil || before.Error() != alarm.Error() { // said once, not at every try
			f.cfg.Log.Error("following stopped", "error", err)
		}
		f.setAlarm(alarm)
		pause(ctx, 4*f.cfg.Retry)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// state is where a session stands: what the store holds as our position.
type state struct {
	pos  *journalv1.ReaderPosition
	edge journal.Edge
}

func (f *Follower) load() (*state, error) {
	st := new(state)
	if err := f.cfg.Store.View(func(v *store.View) (err error) {
		st.pos, err = v.Position(f.cfg.Service)
		return err
	}); err != nil {
		return nil, err
	}
	var err error
	st.edge, err = journal.EdgeOf(st.pos.GetSeq(), st.pos.GetEdge())
	return st, err
}

// session follows from the stored position until something unexpected happens.
func (f *Follower) session(ctx context.Context) error {
	if err := f.cfg.Store.Ready(); err != nil {
		return err
	}
	st, err := f.load()
	if err != nil {
		return fmt.Errorf("follow %s: %w: %w", f.cfg.Service, err, errStop)
	}
	// First whatever the source can give directly: it is the truth, and after a long
	// absence it is no slower than the stream.
	sourceErr := f.catchUp(ctx, st)
	if errors.Is(sourceErr, errStop) {
		return sourceErr
	}
	js, err := f.cfg.JetStream()
	if err != nil {
		pause(ctx, f.cfg.Idle)
		return errors.Join(sourceErr, err)
	}
	if sourceErr == nil {
		f.setAlarm(nil)
	}
	return f.stream(ctx, js, st)
}

// catchUp reads from the source's journal until its end.
func (f *Follower) catchUp(ctx context.Context, st *state) error {
	source, err := f.cfg.Source()
	if err != nil {
		return err
	}
	for {
		callCtx, cancel := context.WithTimeout(ctx, 10*time.Second)
		res, err := source.Read(callCtx, &journalv1.ReadRequest{Service: f.cfg.Service, From: st.pos.GetSeq() + 1})
		cancel()
		if err != nil {
			return fmt.Errorf("follow %s: read: %w", f.cfg.Service, err)
		}
		f.know(res.GetLast())
		if res.GetEpoch() > max(st.pos.GetEpoch(), 1) {
			if moved, err := f.newEpoch(ctx, st, source); err != nil || moved {
				if err != nil {
					return err
				}
				continue
			}
		}
		if res.GetLast() < st.pos.GetSeq() {
			return tailLost.With("service", f.cfg.Service, "last", res.GetLast(), "seen", st.pos.GetSeq()).Because(errStop)
		}
		if len(res.GetEntries()) == 0 {
			return nil
		}
		p := &journalv1.Pack{Entries: res.GetEntries(), Traceparents: res.GetTraceparents(), Checkpoint: res.GetCheckpoint()}
		if err := f.take(ctx, st, p, st.pos.GetStreamHint()); err != nil {
			return err
		}
	}
}

// newEpoch looks whether we have seen events of a tail that the source has given up, and if
// so joins the new epoch where it branched off.
func (f *Follower) newEpoch(ctx context.Context, st *state, source journalv1.JournalServiceClient) (moved bool, err error) {
	began, kept, edge, err := f.findEpoch(ctx, source, st.pos.GetEpoch())
	if err != nil || st.pos.GetSeq() <= kept {
		return false, err // the new epoch continues what we have seen
	}
	from := st.pos.GetSeq()
	to := &journalv1.ReaderPosition{Epoch: began, Seq: kept, Edge: edge.Hashes(), Handled: 0}
	if err := f.cfg.Store.Resynchronise(ctx, f.cfg.Service, from, kept, to); err != nil {
		return false, fmt.Errorf("follow %s: resynchronise: %w", f.cfg.Service, err)
	}
	f.cfg.Log.Error("the followed service gave up a tail that we had seen; what we did in answer to it stays and is to be looked at",
		"epoch", began, "kept", kept, "seen", from)
	st.pos, st.edge = to, *edge
	return true, nil
}

// findEpoch finds the first event of the epoch that followed ours in the source's journal:
// how many events were kept before it and the tree's edge there. It reads the journal from
// the beginning, which happens once in an archive's life.
func (f *Follower) findEpoch(ctx context.Context, source journalv1.JournalServiceClient, ours uint64) (epoch, kept uint64, edge *journal.Edge, err error) {
	edge = new(journal.Edge)
	for {
		res, err := source.Read(ctx, &journalv1.ReadRequest{Service: f.cfg.Service, From: edge.Size() + 1})
		if err != nil {
			return 0, 0, nil, fmt.Errorf("follow %s: read: %w", f.cfg.Service, err)
		}
		for _, e := range res.GetEntries() {
			rec, err := journal.Decode(e)
			if err != nil {
				return 0, 0, nil, fmt.Errorf("follow %s: %w: %w", f.cfg.Service, err, errStop)
			}
			if rec.Header.GetEpoch() > max(ours, 1) {
				kept = edge.Size()
				return rec.Header.GetEpoch(), kept, edge, nil
			}
			edge.Append(journal.LeafHash(e))
		}
		if len(res.GetEntries()) == 0 {
			return 0, 0, nil, fmt.Errorf("follow %s: no event of an epoch after %d", f.cfg.Service, ours)
		}
	}
}
