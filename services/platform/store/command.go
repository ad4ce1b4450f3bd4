package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// Decide says what a command means in the present state: events, or a refusal as a fault.
// It reads and never writes, and takes no time: no network, no large loops. It may run more
// than once. No events and no error means that nothing is to be done.
type Decide func(v *View, now time.Time) ([]Event, error)

// Event is one fact that a command decided upon.
type Event struct {
	// Refs are the objects concerned, the one that the event is about first.
	Refs  []journal.Ref
	Label Label
	Body  proto.Message
	// Sealed is the personal or restricted part, encrypted under the key of Refs[0]; nil
	// where there is none.
	Sealed proto.Message
	// SealedLabel says who may read the sealed part; the zero Label means level 2 with the
	// ground "personal".
	SealedLabel Label
}

// Label says who may read an event; the zero Label is open.
type Label struct {
	Level   uint32
	Grounds []string // sorted
}

// Command is what somebody asks of the service.
type Command struct {
	// ID is the idempotency key: the same id gives the same events again, for 30 days.
	ID uuid.UUID
	// Name is the full gRPC method, "timer:<kind>" or "react:<service>".
	Name       string
	Actor      string // "person:<account>", an account being opaque, or "service:<name>"
	OnBehalfOf string
	Cause      *journalv1.Cause
	// Traceparent joins the trace of the caller (W3C trace context); it is not journaled.
	Traceparent string
	Decide      Decide
}

// Do carries a command out: it waits in a group, is decided, applied and committed, and its
// events are returned (the same ones when the id comes again). When Do returns no error they
// are durable. A refusal is the fault that Decide gave and leaves nothing behind. Unknown
// means that the commit failed: repeating the command with its id is safe and tells.
func (s *Store) Do(ctx context.Context, c Command) ([]*journal.Record, error) {
	return s.do(ctx, &op{ctx: ctx, items: []item{{command: c}}, done: make(chan struct{})})
}

func (s *Store) do(ctx context.Context, o *op) ([]*journal.Record, error) {
	if err := s.Ready(); err != nil {
		return nil, err
	}
	if err := s.submit(ctx, o); err != nil {
		return nil, err
	}
	return o.items[0].records, o.err
}

// submit queues an operation and waits for it. When ctx ends first, the operation may
// still be carried out.
func (s *Store) submit(ctx context.Context, o *op) error {
	select {
	case s.queue <- o:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stop:
		return errClosed.With()
	}
	select {
	case <-o.done:
		return nil
	case <-ctx.Done():
		return Unknown.With().Because(ctx.Err())
	case <-s.done:
		select {
		case <-o.done:
			return nil
		default:
			return errClosed.With()
		}
	}
}

// item is one decision within an operation.
type item struct {
	command Command
	records []*journal.Record
}

// op is what the writer carries out as one: a command, a reader's batch, a restore.
type op struct {
	ctx   context.Context
	items []item
	// run replaces the ordinary way (decide and append each item) where it is set.
	run func(g *group) error
	// anyway lets the platform's own acts pass the reserve of free space.
	anyway bool
	// anytime lets the confirmation of the clock be recorded whatever the clock shows.
	anytime bool
	done    chan struct{}
	err     error
}
