package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// maxGroup is the most operations that share a commit. More would only lengthen the wait.
const maxGroup = 1024

// head is the end of the journal with what is needed to append to it.
type head struct {
	epoch uint64
	time  time.Time
	edge  journal.Edge
}

// readHead reads the end of the journal from the file.
func readHead(v *View) (head, error) {
	h := head{epoch: 1}
	key, raw := v.Last("journal", nil)
	if key == nil {
		return h, nil
	}
	r, err := journal.DecodeBytes(raw)
	if err != nil {
		return h, err
	}
	h.epoch, h.time = r.Header.GetEpoch(), r.Time()
	h.edge, err = readEdge(v, r.Seq())
	return h, err
}

// run is the writer: the only goroutine that opens write transactions. It takes whatever
// has come meanwhile, without lingering (a pause as short as 200 µs made it slower).
func (s *Store) run() {
	defer close(s.done)
	for {
		select {
		case o := <-s.queue:
			s.carryOut(s.drain(o))
		case <-s.stop:
			for { // what was queued before the stop is still carried out
				select {
				case o := <-s.queue:
					s.carryOut(s.drain(o))
				default:
					return
				}
			}
		}
	}
}

func (s *Store) drain(first *op) []*op {
	ops := []*op{first}
	for len(ops) < maxGroup {
		select {
		case o := <-s.queue:
			ops = append(ops, o)
		default:
			return ops
		}
	}
	return ops
}

var errPanic = errors.New("panic")

// errApply marks a defect in Apply: the transaction is spoilt for everybody in it.
var errApply = errors.New("apply failed")

// carryOut commits a group. Where one operation spoils the transaction, each is carried out
// alone, so that only the guilty one fails.
func (s *Store) carryOut(ops []*op) {
	err := s.commitGroup(ops)
	if errors.Is(err, errApply) && len(ops) > 1 {
		s.cfg.Log.Error("an event could not be applied; carrying the group out one by one", "error", err)
		for _, o := range ops {
			s.carryOut([]*op{o})
		}
		return
	}
	for _, o := range ops {
		if err != nil {
			o.err = err
		}
		close(o.done)
	}
}

// commitGroup decides, applies and commits all operations in one transaction. An error
// concerns all of them; one operation's own refusal stands in its err.
func (s *Store) commitGroup(ops []*op) error {
	if s.db == nil {
		if err := s.openAgain(); err != nil {
			return Unknown.With().Because(err)
		}
	}
	roomy := s.roomy()
	btx, err := s.db.Begin(true)
	if err != nil {
		return fmt.Errorf("store %s: begin: %w", s.cfg.Service, err)
	}
	g := s.newGroup(btx)
	clock := s.clockRight()
	for _, o := range ops {
		switch {
		case o.ctx != nil && o.ctx.Err() != nil:
			o.err = o.ctx.Err()
		case roomy != nil && !o.anyway:
			o.err = roomy
		case clock != nil && !o.anyway && !o.anytime:
			o.err = clock
		case o.run != nil:
			if o.err = g.guard(func() error { return o.run(g) }); errors.Is(o.err, errPanic) {
				g.spoilt = o.err // it may have written half
			}
		default:
			o.err = g.items(o)
		}
		if g.spoilt != nil {
			_ = btx.Rollback()
			return fmt.Errorf("store %s: %w: %w", s.cfg.Service, errApply, g.spoilt)
		}
	}
	return s.finish(g, btx)
}

// clockRight refuses to record on a clock that cannot be right.
func (s *Store) clockRight() error {
	now, last := s.cfg.Now(), s.head.time
	if s.clock.admits(now, last) {
		return nil
	}
	return ClockWrong.With("service", s.cfg.Service, "now", now.UTC().Format(time.RFC3339), "last", last.UTC().Format(time.RFC3339))
}

// finish makes the group durable.
func (s *Store) finish(g *group, btx *bbolt.Tx) error {
	if !g.changed {
		return btx.Rollback()
	}
	// Keys first: if we crash between the two, a slot is unused for ever and no event lacks
	// its key.
	if err := s.sync(); err != nil {
		_ = btx.Rollback()
		return NotReady.With("service", s.cfg.Service, "reason", keysUnwritten.With()).Because(err)
	}
	// Before the events can be read, so that whoever reads one finds its trace.
	for _, t := range g.traces {
		s.traces.put(t.seq, t.parent)
	}
	if err := s.commit(btx); err != nil {
		for _, t := range g.traces {
			s.traces.put(t.seq, "") // the number will be another event's
		}
		// What is on disk is not known: the new meta page may or may not be there. The file
		// is opened again, so that memory holds what the disk holds; the callers repeat
		// their command ids and get the truth.
		_ = btx.Rollback()
		s.cfg.Log.Error("commit failed; opening the store again", "error", err)
		if reopenErr := s.openAgain(); reopenErr != nil {
			s.cfg.Log.Error("the store could not be opened again", "error", reopenErr)
		}
		return Unknown.With().Because(fmt.Errorf("store %s: commit: %w", s.cfg.Service, err))
	}
	// If we crash here, the events are durable and their callers were not told: they ask
	// again with the same ids.
	s.setHead(g.head)
	return nil
}

// openAgain opens the store again as at start: an erasure whose commit was answered with an error
// may be in the file, and its key is not destroyed yet.
func (s *Store) openAgain() error {
	if err := s.reopen(); err != nil {
		return err
	}
	return s.finishErasures()
}

// reopen closes the file and opens it as at start.
func (s *Store) reopen() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db != nil {
		if err := s.db.Close(); err != nil {
			s.cfg.Log.Error("closing after a failed commit", "error", err)
		}
		s.db = nil
	}
	before := s.head
	if err := s.open(); err != nil {
		return err
	}
	if now := s.head.edge.Size(); now < before.edge.Size() {
		// Somebody took the file away or put an older one in its place while we ran: going
		// on would write a second history.
		err := s.db.Close()
		s.db = nil
		s.setHead(before)
		return errors.Join(fmt.Errorf("store %s: the journal ended with event %d, its file ends with %d now", s.cfg.Service, before.edge.Size(), now), err)
	}
	return nil
}

// group is one transaction in the making.
type group struct {
	s       *Store
	tx      *Tx
	now     time.Time
	head    head
	changed bool
	spoilt  error // set when Apply failed: the transaction must not be committed
	traces  []trace
}

type trace struct {
	seq    uint64
	parent string
}

func (s *Store) newGroup(btx *bbolt.Tx) *group {
	g := &group{s: s, tx: s.tx(btx), head: head{epoch: s.head.epoch, time: s.head.time, edge: s.head.edge.Clone()}}
	g.now = s.cfg.Now().UTC().Truncate(time.Microsecond)
	if g.now.Before(g.head.time) {
		g.now = g.head.time // recorded time never goes back, even if the clock does
	}
	return g
}

// items decides and appends an operation's items; the first error refuses them all, which
// is safe because an operation with several items decides them all before it appends any.
func (g *group) items(o *op) error {
	for i := range o.items {
		it := &o.items[i]
		if err := g.command(it); err != nil {
			return err
		}
	}
	return nil
}

// command carries out one command: known already, refused, or appended.
func (g *group) command(it *item) error {
	c := &it.command
	known, err := g.known(c)
	if err != nil || known != nil {
		it.records = known
		return err
	}
	var events []Event
	if err := g.guard(func() (err error) {
		events, err = c.Decide(&g.tx.View, g.now)
		return err
	}); err != nil {
		return err
	}
	it.records, err = g.append(c, events)
	return err
}

// known gives the events of a command that was carried out before.
func (g *group) known(c *Command) ([]*journal.Record, error) {
	row := g.tx.Get("idem", c.ID[:])
	if row == nil {
		return nil, nil
	}
	first := parseNumber(row)
	var out []*journal.Record
	for seq := first; ; seq++ {
		r, err := g.tx.Entry(seq)
		if err != nil {
			return nil, err
		}
		if r == nil || r.Header.GetTransaction() != first {
			break
		}
		if r.Header.GetCommand() != c.Name || r.Header.GetActor() != c.Actor {
			return nil, IDReused.With("command", r.Header.GetCommand())
		}
		out = append(out, r)
	}
	return out, nil
}

// guard turns a panic into an error, so that one defect does not stop the service.
func (g *group) guard(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			g.s.cfg.Log.Error("panic in a command", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("store %s: %w: %v", g.s.cfg.Service, errPanic, p)
		}
	}()
	return fn()
}

// append writes a command's events: envelope, tree, indexes, state. Everything that can be
// refused is refused before the first is written.
func (g *group) append(c *Command, events []Event) ([]*journal.Record, error) {
	bodies := make([][]byte, len(events))
	sealed := make([][]byte, len(events))
	for i, e := range events {
		size, err := sizeOfRefs(e.Refs)
		if err != nil {
			return nil, fmt.Errorf("store %s: an event of %s: %w", g.s.cfg.Service, c.Name, err)
		}
		if bodies[i], err = deterministic.Marshal(e.Body); err == nil && e.Sealed != nil {
			sealed[i], err = deterministic.Marshal(e.Sealed)
		}
		if err != nil {
			return nil, fmt.Errorf("store %s: %s: %w", g.s.cfg.Service, c.Name, err)
		}
		if e.Sealed != nil {
			if _, destroyed := keyRow(g.tx.Get("keys", e.Refs[0].Key())); destroyed {
				return nil, journal.Erased.With("object", e.Refs[0])
			}
		}
		if size += len(bodies[i]) + len(sealed[i]); size > journal.MaxBody {
			return nil, TooLarge.With("size", size>>10, "limit", journal.MaxBody>>10)
		}
	}
	transaction := g.head.edge.Size() + 1
	records := make([]*journal.Record, 0, len(events))
	for i := range events {
		r, err := g.entry(c, &events[i], transaction, bodies[i], sealed[i])
		if err == nil {
			err = g.write(r)
		}
		if err != nil {
			g.spoilt = err
			return nil, err
		}
		records = append(records, r)
	}
	if c.Traceparent != "" {
		for _, r := range records {
			g.traces = append(g.traces, trace{seq: r.Seq(), parent: c.Traceparent})
		}
	}
	return records, nil
}

// sizeOfRefs is about what the refs take in the envelope, in bytes; they count as the bodies do,
// so that no event outgrows a message of the stream. An event without an object, or with a name
// that the index could mistake for another's or could not hold, is a defect.
func sizeOfRefs(refs []journal.Ref) (size int, err error) {
	if len(refs) == 0 {
		return 0, errors.New("it has no object")
	}
	for _, r := range refs {
		if !r.Valid() || !utf8.ValidString(r.Type) || !utf8.ValidString(r.ID) {
			return 0, fmt.Errorf("%q names no object", r)
		}
		if len(r.Type)+len(r.ID) > maxRef {
			return 0, fmt.Errorf("a name of %d bytes for a %.40q", len(r.ID), r.Type)
		}
		size += len(r.Type) + len(r.ID) + 8
	}
	return size, nil
}

// maxRef bounds the name of an object in bytes: it becomes part of keys, which bbolt limits to
// 32 KiB.
const maxRef = 4 << 10

var deterministic = proto.MarshalOptions{Deterministic: true}

// entry makes the envelope of one event.
func (g *group) entry(c *Command, e *Event, transaction uint64, body, plain []byte) (*journal.Record, error) {
	h := &journalv1.Header{
		Archive: g.s.cfg.Archive, Service: g.s.cfg.Service,
		Epoch: g.head.epoch, Seq: g.head.edge.Size() + 1, Transaction: transaction,
		CommandId: c.ID[:], Command: c.Name, Actor: c.Actor, OnBehalfOf: c.OnBehalfOf, Cause: c.Cause,
		RecordedAt: timestamppb.New(g.now),
		BodyType:   string(e.Body.ProtoReflect().Descriptor().FullName()),
	}
	for _, ref := range e.Refs {
		h.Refs = append(h.Refs, ref.Proto())
	}
	if e.Label.Level > 0 || len(e.Label.Grounds) > 0 {
		h.Label = &journalv1.Label{Level: e.Label.Level, Grounds: e.Label.Grounds}
	}
	if e.Sealed != nil {
		slot, err := g.slot(e.Refs[0])
		if err != nil {
			return nil, err
		}
		h.SealedKey, h.SealedType = slot, string(e.Sealed.ProtoReflect().Descriptor().FullName())
		if l := e.SealedLabel; l.Level > 0 || len(l.Grounds) > 0 {
			h.SealedLabel = &journalv1.Label{Level: l.Level, Grounds: l.Grounds}
		}
	}
	header, err := deterministic.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	entry := &journalv1.Entry{Header: header, Salt: make([]byte, 16), Body: body}
	if _, err := rand.Read(entry.Salt); err != nil {
		return nil, fmt.Errorf("salt: %w", err)
	}
	if h.SealedKey != 0 {
		if entry.Sealed, err = g.s.keys.Seal(h.SealedKey, header, plain); err != nil {
			return nil, err
		}
	}
	return &journal.Record{Entry: entry, Header: h}, nil
}

// slot is the key slot of an object; the first sealed event of an object makes it.
func (g *group) slot(object journal.Ref) (uint64, error) {
	if row := g.tx.Get("keys", object.Key()); row != nil {
		slot, destroyed := keyRow(row)
		if destroyed {
			return 0, journal.Erased.With("object", object)
		}
		return slot, nil
	}
	return g.s.keys.New()
}

// write puts one entry into the journal and lets its consequences follow. It is the same
// for a fresh event, one from the stream and one from a fold.
func (g *group) write(r *journal.Record) error {
	raw, err := proto.Marshal(r.Entry)
	if err != nil {
		return fmt.Errorf("event %d: %w", r.Seq(), err)
	}
	if slot := r.Header.GetSealedKey(); slot != 0 {
		g.s.keys.Used(slot) // an event from the stream may be sealed under a key that we do not hold
	}
	g.tx.Put("journal", journal.SeqKey(r.Seq()), raw)
	g.leaf(journal.LeafHash(r.Entry))
	g.head.epoch, g.head.time, g.changed = r.Header.GetEpoch(), r.Time(), true
	return g.s.consequences(g.tx, r)
}

// leaf extends the tree.
func (g *group) leaf(leaf tlog.Hash) { growTree(g.tx, &g.head.edge, leaf) }

// growTree appends a leaf to the edge and stores the hashes that became final.
func growTree(tx *Tx, edge *journal.Edge, leaf tlog.Hash) {
	index := tlog.StoredHashIndex(0, int64(edge.Size()))
	for _, h := range edge.Append(leaf) {
		tx.Put("tree", number(uint64(index)), append([]byte(nil), h[:]...))
		index++
	}
}

// consequences are what follows from one event: the platform's rows, then the service's.
func (s *Store) consequences(tx *Tx, r *journal.Record) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.cfg.Log.Error("panic in Apply", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("event %d (%s): panic: %v", r.Seq(), r.Header.GetBodyType(), p)
		}
	}()
	if err := applyPlatform(tx, r); err != nil {
		return err
	}
	if err := s.cfg.Apply(tx, r); err != nil {
		return fmt.Errorf("event %d (%s): %w", r.Seq(), r.Header.GetBodyType(), err)
	}
	return tx.err
}

// readEdge rebuilds the tree's right edge at a size from the stored hashes.
func readEdge(v *View, size uint64) (journal.Edge, error) {
	var hashes [][]byte
	var at uint64
	for level := 63; level >= 0; level-- {
		if size&(1<<level) == 0 {
			continue
		}
		h := v.Get("tree", number(uint64(tlog.StoredHashIndex(level, int64(at>>level)))))
		if h == nil {
			return journal.Edge{}, fmt.Errorf("tree: hash of level %d at %d is missing", level, at)
		}
		hashes = append(hashes, append([]byte(nil), h...))
		at += 1 << level
	}
	return journal.EdgeOf(size, hashes)
}

// exec carries out one of the platform's own operations.
func (s *Store) exec(ctx context.Context, anyway bool, run func(g *group) error) error {
	o := &op{ctx: ctx, run: run, anyway: anyway, done: make(chan struct{})}
	if err := s.submit(ctx, o); err != nil {
		return err
	}
	return o.err
}
