package follow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/relay"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/platform/telemetry"
)

// ahead is how many messages come before they are taken: each may be 512 KiB, and a follower that is slower than the stream
// has all of them in memory. Of them half are on their way again while the others are taken.
const ahead = 8

// stream takes messages as they come. It ends with an error when the connection, the
// stream or the order of events is not what it should be; the next session mends that.
func (f *Follower) stream(ctx context.Context, js jetstream.JetStream, st *state) error {
	s, err := js.Stream(ctx, f.cfg.Stream)
	if err != nil {
		pause(ctx, f.cfg.Idle)
		return fmt.Errorf("follow %s: stream: %w", f.cfg.Service, err)
	}
	start, err := f.start(ctx, s, st)
	if err != nil {
		return err
	}
	consumer, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{f.cfg.Subject}, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: start,
	})
	if err != nil {
		return fmt.Errorf("follow %s: consumer: %w", f.cfg.Service, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(ahead))
	if err != nil {
		return fmt.Errorf("follow %s: messages: %w", f.cfg.Service, err)
	}
	defer messages.Stop()
	for {
		next, cancel := context.WithTimeout(ctx, f.cfg.Idle)
		m, err := messages.Next(jetstream.NextContext(next))
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, jetstream.ErrNoMessages):
			// Silence may mean that nothing happened, or that the stream is frozen or
			// gone. The source knows.
			if err := f.catchUp(ctx, st); err != nil {
				if errors.Is(err, errStop) {
					return err
				}
				continue
			}
			f.setAlarm(nil)
			continue
		case err != nil:
			return fmt.Errorf("follow %s: next message: %w", f.cfg.Service, err)
		}
		if err := f.message(ctx, st, m); err != nil {
			return err
		}
	}
}

// start finds the stream sequence to begin with. The hint is trusted only where the message
// there really ends with our position; otherwise the stream was packed anew, and we begin at
// its last message and fetch what lies between from the source. (A consumer that is
// asked for a sequence past the end would silently get nothing.)
func (f *Follower) start(ctx context.Context, s jetstream.Stream, st *state) (uint64, error) {
	info, err := s.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("follow %s: stream: %w", f.cfg.Service, err)
	}
	end := info.State.LastSeq
	if hint := st.pos.GetStreamHint(); hint > 0 && hint <= end {
		if raw, err := s.GetMsg(ctx, hint); err == nil {
			if p, err := relay.ReadPack(raw.Data); err == nil && p.GetLast() == st.pos.GetSeq() {
				return hint + 1, nil
			}
		}
	}
	return max(end, 1), nil
}

// message takes one message: passes over what we have, fetches what lies before it.
func (f *Follower) message(ctx context.Context, st *state, m jetstream.Msg) error {
	p, err := relay.ReadPack(m.Data())
	if err != nil {
		return fmt.Errorf("follow %s: %w: %w", f.cfg.Service, err, errStop)
	}
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("follow %s: %w", f.cfg.Service, err)
	}
	f.know(p.GetLast())
	ours := max(st.pos.GetEpoch(), 1)
	switch {
	case p.GetEpoch() < ours:
		return nil // the tail that was given up
	case p.GetEpoch() > ours && p.GetFirst() <= st.pos.GetSeq():
		return f.catchUp(ctx, st) // a new epoch that branches off before our position
	case p.GetLast() <= st.pos.GetSeq():
		return nil
	case p.GetFirst() > st.pos.GetSeq()+1:
		if err := f.catchUp(ctx, st); err != nil {
			return err
		}
		if p.GetFirst() > st.pos.GetSeq()+1 {
			return missing.With("service", f.cfg.Service, "from", st.pos.GetSeq()+1, "to", p.GetFirst()-1).Because(errStop)
		}
		if p.GetLast() <= st.pos.GetSeq() {
			return nil
		}
	}
	skip := st.pos.GetSeq() + 1 - p.GetFirst()
	p.Entries = p.GetEntries()[skip:]
	if len(p.GetTraceparents()) > 0 {
		p.Traceparents = p.GetTraceparents()[skip:]
	}
	return f.take(ctx, st, p, meta.Sequence.Stream)
}

// take checks the next entries, reacts to them and moves the position, in one commit.
func (f *Follower) take(ctx context.Context, st *state, p *journalv1.Pack, hint uint64) error {
	edge := st.edge.Clone()
	to := &journalv1.ReaderPosition{
		Epoch: max(st.pos.GetEpoch(), 1), StreamHint: hint, Handled: st.pos.GetHandled(),
		Checkpoint: st.pos.GetCheckpoint(), CheckpointSize: st.pos.GetCheckpointSize(),
	}
	reactions := make([]store.Reaction, 0, len(p.GetEntries()))
	for i, e := range p.GetEntries() {
		rec, err := journal.Decode(e)
		if err != nil {
			return fmt.Errorf("follow %s: %w: %w", f.cfg.Service, err, errStop)
		}
		h := rec.Header
		if h.GetService() != f.cfg.Service || h.GetArchive() != f.cfg.Store.Archive() || rec.Seq() != edge.Size()+1 || h.GetEpoch() < to.GetEpoch() {
			return fmt.Errorf("follow %s: expected event %d of epoch %d, got event %d of %s/%s epoch %d: %w", f.cfg.Service,
				edge.Size()+1, to.GetEpoch(), rec.Seq(), h.GetArchive(), h.GetService(), h.GetEpoch(), errStop)
		}
		edge.Append(journal.LeafHash(e))
		to.Epoch = h.GetEpoch()
		if rec.Seq() <= st.pos.GetHandled() {
			continue
		}
		parent := ""
		if i < len(p.GetTraceparents()) {
			parent = p.GetTraceparents()[i]
		}
		reactions = append(reactions, f.reaction(ctx, rec, parent))
	}
	to.Seq, to.Edge = edge.Size(), edge.Hashes()
	if err := f.witness(p, &edge, to); err != nil {
		return err
	}
	if err := f.cfg.Store.React(ctx, f.cfg.Service, st.pos.GetSeq(), reactions, to); err != nil {
		if fault.KindOf(err) != fault.Unavailable && ctx.Err() == nil {
			f.setAlarm(alarmOf(held, f.cfg.Service, err)) // until it goes on: a reader that stands still must be seen
		}
		return fmt.Errorf("follow %s: %w", f.cfg.Service, err)
	}
	st.pos, st.edge = to, edge
	return nil
}

// witness compares the root that we computed with the signed checkpoint.
func (f *Follower) witness(p *journalv1.Pack, edge *journal.Edge, to *journalv1.ReaderPosition) error {
	if len(p.GetCheckpoint()) == 0 {
		return nil // read directly; the next message brings one
	}
	verifier, err := f.cfg.Verifier()
	if err != nil {
		return fmt.Errorf("follow %s: %w", f.cfg.Service, err)
	}
	c, err := journal.OpenCheckpoint(p.GetCheckpoint(), verifier)
	if err != nil {
		return fmt.Errorf("follow %s: %w: %w", f.cfg.Service, err, errStop)
	}
	if c.Size != edge.Size() || c.Root != edge.Root() || c.Service != f.cfg.Service || c.Archive != f.cfg.Store.Archive() {
		return fmt.Errorf("follow %s: its signed checkpoint of size %d does not fit the events that it sent: %w", f.cfg.Service, c.Size, errStop)
	}
	to.Checkpoint, to.CheckpointSize = p.GetCheckpoint(), c.Size
	return nil
}

// reaction asks the handler, within the trace of the command that wrote the event; a panic in it
// defers the event like an error.
func (f *Follower) reaction(ctx context.Context, rec *journal.Record, traceparent string) (r store.Reaction) {
	r.Source = rec
	handle, ok := f.cfg.Handlers[rec.Header.GetBodyType()]
	if !ok {
		return r
	}
	defer func() {
		if p := recover(); p != nil {
			r.Decide, r.Err = nil, fmt.Errorf("follow %s: panic: %v", f.cfg.Service, p)
		}
	}()
	ctx, cancel := context.WithTimeout(telemetry.WithTraceparent(ctx, traceparent), 10*time.Second)
	defer cancel()
	ctx, span := otel.Tracer("qoyma/follow").Start(ctx, "react "+rec.Header.GetBodyType(), trace.WithSpanKind(trace.SpanKindConsumer))
	defer span.End()
	r.Traceparent = telemetry.Traceparent(ctx)
	if r.Decide, r.Err = handle(ctx, rec); r.Err != nil {
		span.SetStatus(codes.Error, r.Err.Error())
	}
	return r
}
