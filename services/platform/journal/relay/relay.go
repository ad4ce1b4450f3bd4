// Package relay publishes a service's committed events to its JetStream stream.
//
// The journal is the truth; the stream is transport and replay. So the relay keeps no
// position of its own: at start, at reconnection and whenever the stream answers something
// unexpected, it reads the stream's last message and compares. That is the ordinary path,
// not a repair:
//
//	stream holds what we hold         go on after it
//	stream is behind, lost or empty   publish again from there
//	stream is ahead, in our epoch     our store is an older copy: take our own events back
//	stream is in a later epoch        another writer took over: fenced
//	stream says something else        two histories: stop, alarm
//
// One message holds up to 256 consecutive events; one is in flight. Commands never wait for
// the relay.
package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/note"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// Limits of one message. The server takes 1 MiB; one event is at most 256 KiB and its
// envelope a few.
const (
	MaxEvents = 256
	MaxBytes  = 512 << 10
)

// TypesHeader names the event types that a message packs, separated by commas, so that a
// reader without interest can pass it by without decoding.
const TypesHeader = "Qoyma-Types"

// Subject is where a service's events are published.
func Subject(archive, service string) string {
	return "qoyma." + archive + "." + service + ".journal"
}

// StreamName is the stream that keeps them.
func StreamName(archive, service string) string {
	return "QOYMA_" + strings.ToUpper(strings.ReplaceAll(archive, "-", "_")) + "_" + strings.ToUpper(service)
}

// Witness is what another service holds of our journal.
type Witness struct {
	By         string
	Epoch, Seq uint64
	Checkpoint []byte
}

// Config is what a relay works with.
type Config struct {
	Store    *store.Store
	Verifier note.Verifier // of our own checkpoints
	// JetStream gives the connection; an error means that it is not there now.
	JetStream func() (jetstream.JetStream, error)
	// Ensure makes the stream where it is absent.
	Ensure func(ctx context.Context) error
	// Witnesses asks the other services what they hold of our journal. It answers with
	// those that could be reached; all says whether every one was.
	Witnesses func(ctx context.Context) (held []Witness, all bool)
	// Published is told how each publish ended, nil where it went well, so that a frozen
	// stream is noticed.
	Published func(error)
	Log       *slog.Logger
	// Retry is the pause after a failure; 0 means a second.
	Retry time.Duration
}

// Relay publishes one service's journal.
type Relay struct {
	cfg     Config
	subject string

	mu      sync.Mutex
	relayed uint64 // seq of the last event known to be in the stream
	alarm   error
}

// New makes a relay; Run starts it.
func New(cfg Config) *Relay {
	if cfg.Retry == 0 {
		cfg.Retry = time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Relay{cfg: cfg, subject: Subject(cfg.Store.Archive(), cfg.Store.Service()), alarm: unreconciled.With()}
}

// Status is how far the stream has the journal, and what is wrong: a fault for the administrator,
// nil where all is well.
func (r *Relay) Status() (relayed uint64, alarm error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.relayed, r.alarm
}

func (r *Relay) set(relayed uint64, alarm error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.relayed, r.alarm = relayed, alarm
}

// errStop marks what no retry mends: a person has to look.
var errStop = errors.New("stopped")

// Run reconciles and publishes until ctx ends. While it is not reconciled for the first time,
// commands are refused; after that only an alarm stops them.
func (r *Relay) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := r.session(ctx)
		if ctx.Err() != nil {
			return
		}
		relayed, before := r.Status()
		alarm := alarmOf(r.cfg.Store.Service(), err)
		r.set(relayed, alarm)
		switch again := before != nil && before.Error() == alarm.Error(); { // said once, not at every try
		case errors.Is(err, errStop):
			r.cfg.Store.Refuse(alarm)
			if !again {
				r.cfg.Log.Error("the relay stopped", "error", err)
			}
		case !again:
			r.cfg.Log.Warn("the relay starts over", "error", err)
		}
		t := time.NewTimer(r.cfg.Retry)
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// session reconciles once and publishes until something unexpected happens.
func (r *Relay) session(ctx context.Context) error {
	js, err := r.cfg.JetStream()
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	if err := r.cfg.Ensure(ctx); err != nil {
		return fmt.Errorf("relay: stream: %w", err)
	}
	next, expect, err := r.reconcile(ctx, js)
	if err != nil {
		return err
	}
	r.set(next-1, nil)
	r.cfg.Store.Admit()
	for {
		head, changed := r.cfg.Store.Wait()
		if head.Seq < next {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		pack, err := r.pack(next)
		if err != nil {
			return err
		}
		if expect, err = r.publish(ctx, js, pack, expect); err != nil {
			return err
		}
		next = pack.GetLast() + 1
		r.set(next-1, nil)
	}
}

// pack reads the next events from the journal. They are read from the store, not handed over
// in memory: one path, and the pages are hot.
func (r *Relay) pack(next uint64) (*journalv1.Pack, error) {
	s := r.cfg.Store
	entries, _, err := s.Announced(next, MaxEvents, MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("relay: read from %d: %w", next, err)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("relay: event %d is not in the journal", next)
	}
	p := &journalv1.Pack{Archive: s.Archive(), Service: s.Service(), First: next}
	for _, e := range entries {
		rec, err := journal.Decode(e)
		if err != nil {
			return nil, fmt.Errorf("relay: %w", err)
		}
		if p.Epoch == 0 {
			p.Epoch = rec.Header.GetEpoch()
		}
		if rec.Header.GetEpoch() != p.Epoch {
			break // a pack belongs to one epoch
		}
		p.Entries = append(p.Entries, e)
	}
	p.Traceparents = s.Traceparents(next, len(p.Entries))
	p.Last = next + uint64(len(p.Entries)) - 1
	p.Checkpoint, err = s.CheckpointAt(p.Last)
	return p, err
}

// publish sends one message, expecting the stream to end where we think it does. A stream has one subject, so its end is
// the subject's; but for the subject's the server reads the last message again each time, and then keeps in memory all that
// was written within ten seconds.
func (r *Relay) publish(ctx context.Context, js jetstream.JetStream, p *journalv1.Pack, expect uint64) (uint64, error) {
	data, err := proto.Marshal(p)
	if err != nil {
		return 0, fmt.Errorf("relay: pack: %w", err)
	}
	m := &nats.Msg{Subject: r.subject, Data: data, Header: nats.Header{}}
	m.Header.Set(TypesHeader, types(p))
	for _, trace := range p.GetTraceparents() {
		if trace != "" {
			m.Header.Set("traceparent", trace)
			break
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	ack, err := js.PublishMsg(ctx, m,
		jetstream.WithMsgID(MessageID(p)),
		jetstream.WithExpectLastSequence(expect),
		jetstream.WithExpectStream(StreamName(p.GetArchive(), p.GetService())))
	if r.cfg.Published != nil {
		r.cfg.Published(err)
	}
	if err != nil {
		// The message may be there all the same; the next session reads the stream's end.
		return 0, fmt.Errorf("relay: publish %s: %w", MessageID(p), err)
	}
	return ack.Sequence, nil
}

// MessageID names a message: service, epoch, first and last event.
func MessageID(p *journalv1.Pack) string {
	return p.GetService() + "-" + strconv.FormatUint(p.GetEpoch(), 10) + "-" +
		strconv.FormatUint(p.GetFirst(), 10) + "-" + strconv.FormatUint(p.GetLast(), 10)
}

func types(p *journalv1.Pack) string {
	var names []string
	seen := make(map[string]bool)
	for _, e := range p.GetEntries() {
		rec, err := journal.Decode(e)
		if err != nil || seen[rec.Header.GetBodyType()] {
			continue
		}
		seen[rec.Header.GetBodyType()] = true
		names = append(names, rec.Header.GetBodyType())
	}
	return strings.Join(names, ",")
}
