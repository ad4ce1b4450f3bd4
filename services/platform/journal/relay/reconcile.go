package relay

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// reconcile compares the journal with the stream's end and with what the witnesses hold. It
// gives the next event to publish and the stream sequence to expect.
func (r *Relay) reconcile(ctx context.Context, js jetstream.JetStream) (next, expect uint64, err error) {
	s := r.cfg.Store
	stream, err := js.Stream(ctx, StreamName(s.Archive(), s.Service()))
	if err != nil {
		return 0, 0, fmt.Errorf("relay: stream: %w", err)
	}
	raw, err := stream.GetLastMsgForSubject(ctx, r.subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		// New, or lost. If it was lost together with a tail of ours, a witness knows.
		return 1, 0, r.unwitnessed(ctx, s.Head().Seq > 0)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("relay: last message: %w", err)
	}
	last, err := ReadPack(raw.Data)
	if err != nil {
		return 0, 0, fmt.Errorf("relay: last message: %w: %w", err, errStop)
	}
	head := s.Head()
	switch {
	case last.GetEpoch() > head.Epoch && head.Seq > 0:
		return 0, 0, takenOver.With("theirs", last.GetEpoch(), "ours", head.Epoch).Because(errStop)
	case last.GetEpoch() >= head.Epoch && last.GetLast() > head.Seq:
		if err := r.takeBack(ctx, stream, raw.Sequence); err != nil {
			return 0, 0, err
		}
	}
	same, err := r.agrees(last)
	switch {
	case err != nil:
		return 0, 0, err
	case same:
		next = last.GetLast() + 1
	case last.GetEpoch() < s.Head().Epoch:
		// What the stream ends with is the tail that was given up; the new epoch goes
		// above it.
		if next, err = r.epochStart(); err != nil {
			return 0, 0, err
		}
	default:
		return 0, 0, twoHistories.With("event", last.GetLast()).Because(errStop)
	}
	return next, raw.Sequence, r.unwitnessed(ctx, false)
}

// epochStart is the first event of the journal's present epoch.
func (r *Relay) epochStart() (uint64, error) {
	s := r.cfg.Store
	head := s.Head()
	low, high := uint64(1), head.Seq
	for low < high { // epochs only grow along the journal
		middle := (low + high) / 2
		entries, _, err := s.Read(middle, 1, MaxBytes)
		if err != nil {
			return 0, fmt.Errorf("relay: %w", err)
		}
		rec, err := journal.Decode(entries[0])
		if err != nil {
			return 0, fmt.Errorf("relay: %w", err)
		}
		if rec.Header.GetEpoch() < head.Epoch {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// agrees compares the last entry of a pack with ours of the same number.
func (r *Relay) agrees(p *journalv1.Pack) (bool, error) {
	ours, _, err := r.cfg.Store.Read(p.GetLast(), 1, MaxBytes)
	if err != nil || len(ours) == 0 {
		return false, err
	}
	theirs := p.GetEntries()[len(p.GetEntries())-1]
	a, b := journal.LeafHash(ours[0]), journal.LeafHash(theirs)
	return bytes.Equal(a[:], b[:]), nil
}

// takeBack applies our own events from the stream: the store is an older copy, or new. The
// messages are found backwards from the end, because the packing may differ from what we
// once sent.
func (r *Relay) takeBack(ctx context.Context, stream jetstream.Stream, end uint64) error {
	s := r.cfg.Store
	kept := s.Head().Seq
	// Of each message only its place and where to stop are kept: a stream holds more than memory.
	type part struct{ at, before uint64 }
	var parts []part
	// Above an epoch's beginning the stream may hold the same numbers twice: the later
	// ones are the journal, so each message gives only what lies before those.
	need := uint64(math.MaxUint64)
	for at := end; at > 0 && need > kept+1; at-- {
		p, err := message(ctx, stream, at)
		if err != nil {
			return err
		}
		if p.GetFirst() < need {
			parts, need = append(parts, part{at, need}), p.GetFirst()
		}
	}
	r.cfg.Log.Warn("the stream is ahead of the store; taking our own events back", "from", kept+1, "messages", len(parts))
	for i := len(parts) - 1; i >= 0; i-- {
		p, err := message(ctx, stream, parts[i].at)
		if err != nil {
			return err
		}
		entries := p.GetEntries()[:min(p.GetLast(), parts[i].before-1)-p.GetFirst()+1]
		if p.GetFirst() <= kept {
			entries = entries[min(kept+1-p.GetFirst(), uint64(len(entries))):]
		}
		var check func(journal.Edge) error
		if len(entries) > 0 && parts[i].before > p.GetLast() {
			check = func(edge journal.Edge) error { return r.signed(p, edge) }
		}
		if err := s.Restore(ctx, entries, check); err != nil {
			return fmt.Errorf("relay: take back events %d to %d: %w: %w", p.GetFirst(), p.GetLast(), err, errStop)
		}
	}
	return nil
}

// message reads one message of the stream.
func message(ctx context.Context, stream jetstream.Stream, at uint64) (*journalv1.Pack, error) {
	raw, err := stream.GetMsg(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("relay: message %d: %w", at, err)
	}
	p, err := ReadPack(raw.Data)
	if err != nil {
		return nil, fmt.Errorf("relay: message %d: %w: %w", at, err, errStop)
	}
	return p, nil
}

// signed checks a pack's checkpoint: our own signature, and the root that its entries give.
func (r *Relay) signed(p *journalv1.Pack, edge journal.Edge) error {
	c, err := journal.OpenCheckpoint(p.GetCheckpoint(), r.cfg.Verifier)
	if err != nil {
		return err
	}
	if c.Size != edge.Size() || c.Root != edge.Root() {
		return fmt.Errorf("checkpoint of size %d does not fit the events", c.Size)
	}
	return nil
}

// unwitnessed compares with what the other services have seen of our journal. A tail that
// only a witness knows is lost: nobody may go on as if it had never been.
func (r *Relay) unwitnessed(ctx context.Context, needAll bool) error {
	if r.cfg.Witnesses == nil {
		return nil
	}
	held, all := r.cfg.Witnesses(ctx)
	head := r.cfg.Store.Head()
	slices.SortFunc(held, func(a, b Witness) int { return cmp.Compare(a.By, b.By) })
	for _, w := range held {
		if w.Epoch == head.Epoch && w.Seq > head.Seq || w.Epoch > head.Epoch {
			return LostTail.With("kept", head.Seq, "lost", w.Seq, "witness", w.By).Because(errStop)
		}
	}
	if needAll && !all {
		return unanswered.With()
	}
	return nil
}

// ReadPack decodes one message and checks that its numbers fit its entries.
func ReadPack(data []byte) (*journalv1.Pack, error) {
	p := new(journalv1.Pack)
	if err := proto.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	n := uint64(len(p.GetEntries()))
	if n == 0 || p.GetFirst() == 0 || p.GetLast() < p.GetFirst() || p.GetLast() != p.GetFirst()+n-1 {
		return nil, fmt.Errorf("pack: %d entries for events %d to %d", n, p.GetFirst(), p.GetLast())
	}
	if t := len(p.GetTraceparents()); t != 0 && uint64(t) != n {
		return nil, fmt.Errorf("pack: %d trace contexts for %d entries", t, n)
	}
	return p, nil
}
