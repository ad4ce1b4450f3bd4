package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// remembered is how long a command id gives the same answer.
const remembered = 30 * 24 * time.Hour

// applyPlatform writes what the platform derives from every event, and from its own.
func applyPlatform(tx *Tx, r *journal.Record) error {
	h := r.Header
	seq := journal.SeqKey(r.Seq())
	for _, ref := range h.GetRefs() {
		key := append(journal.RefOf(ref).Key(), 0)
		tx.Put("refs", append(key, seq...), []byte{})
	}
	if len(h.GetCommandId()) == 16 && h.GetTransaction() == h.GetSeq() {
		tx.Put("idem", h.GetCommandId(), seq)
	}
	if err := forget(tx, r.Time()); err != nil {
		return err
	}
	if slot := h.GetSealedKey(); slot != 0 {
		if key := r.Object().Key(); tx.Get("keys", key) == nil {
			tx.Put("keys", key, number(slot))
		}
	}
	return applyPlatformBody(tx, r)
}

// forget gives up command ids older than 30 days, a few with each event, so that the same
// journal always leaves the same rows.
func forget(tx *Tx, now time.Time) error {
	pruned := parseNumber(tx.Get("pruned", []byte("idem")))
	moved := false
	for range 2 {
		old, id, err := tx.recordedAt(pruned + 1)
		if err != nil {
			return err
		}
		if id == nil || now.Sub(old) < remembered {
			break
		}
		tx.Delete("idem", id)
		pruned, moved = pruned+1, true
	}
	if moved {
		tx.Put("pruned", []byte("idem"), number(pruned))
	}
	return nil
}

// recordedAt gives an event's time and command id; a nil id where it does not exist. The last
// one asked is kept, because every event of a group asks for the same.
func (t *Tx) recordedAt(seq uint64) (when time.Time, id []byte, err error) {
	if t.asked.seq != seq {
		r, err := t.Entry(seq)
		if err != nil || r == nil {
			return time.Time{}, nil, err
		}
		t.asked.seq, t.asked.when, t.asked.id = seq, r.Time(), r.Header.GetCommandId()
	}
	return t.asked.when, t.asked.id, nil
}

func applyPlatformBody(tx *Tx, r *journal.Record) error {
	switch {
	case r.Is((*journalv1.TimerFired)(nil)):
		var b journalv1.TimerFired
		if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
			return err
		}
		tx.ClearTimer(b.GetDue().AsTime(), b.GetKind(), b.GetKey())
	case r.Is((*journalv1.KeyDestroyed)(nil)):
		var b journalv1.KeyDestroyed
		if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
			return err
		}
		tx.Put("keys", journal.RefOf(b.GetObject()).Key(), append(number(b.GetKey()), 1))
	case r.Is((*journalv1.EventDeferred)(nil)):
		var b journalv1.EventDeferred
		if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
			return err
		}
		return tx.putWaiting(&journalv1.WaitingRow{
			Event: b.GetEvent(), Object: b.GetObject(), BodyType: b.GetBodyType(), Reason: b.GetReason(),
			Behind: b.GetBehind(), Since: r.Header.GetRecordedAt(), Order: r.Seq(), Fault: b.GetFault(),
		})
	case r.Is((*journalv1.EventParked)(nil)):
		var b journalv1.EventParked
		if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
			return err
		}
		row, err := tx.waitingRow(b.GetEvent())
		if err != nil || row == nil {
			return err
		}
		row.Parked, row.Reason, row.Fault, row.Behind = true, b.GetReason(), b.GetFault(), false
		return tx.putWaiting(row)
	case r.Is((*journalv1.EventSettled)(nil)):
		var b journalv1.EventSettled
		if err := proto.Unmarshal(r.Entry.GetBody(), &b); err != nil {
			return err
		}
		row, err := tx.waitingRow(b.GetEvent())
		if err != nil || row == nil {
			return err
		}
		tx.Delete("waiting", waitingKey(row.GetEvent()))
		tx.Delete("queue", queueKey(journal.RefOf(row.GetObject()), row.GetOrder()))
	}
	return nil
}

func (t *Tx) putWaiting(row *journalv1.WaitingRow) error {
	raw, err := deterministic.Marshal(row)
	if err != nil {
		return err
	}
	key := waitingKey(row.GetEvent())
	t.Put("waiting", key, raw)
	t.Put("queue", queueKey(journal.RefOf(row.GetObject()), row.GetOrder()), key)
	return nil
}

func (v *View) waitingRow(event *journalv1.Cause) (*journalv1.WaitingRow, error) {
	raw := v.Get("waiting", waitingKey(event))
	if raw == nil {
		return nil, nil
	}
	row := new(journalv1.WaitingRow)
	if err := proto.Unmarshal(raw, row); err != nil {
		return nil, fmt.Errorf("waiting row: %w", err)
	}
	return row, nil
}

// Waits tells whether a reaction about the object is deferred or parked. A rule that
// restricts or holds asks here and fails closed.
func (v *View) Waits(object journal.Ref) bool {
	for range v.Scan("queue", append(object.Key(), 0), nil) {
		return true
	}
	return false
}

// QueueHead is the order of the first waiting reaction about an object; 0 where none waits.
func (v *View) QueueHead(object journal.Ref) uint64 {
	prefix := append(object.Key(), 0)
	for k := range v.Scan("queue", prefix, nil) {
		return parseNumber(k[len(prefix):])
	}
	return 0
}

// Waiting lists deferred and parked reactions of every source, at most limit.
func (v *View) Waiting(limit int) ([]*journalv1.WaitingRow, error) {
	return v.waiting(nil, limit, func(*journalv1.WaitingRow) bool { return true })
}

// WaitingFor lists those to one service's events, in the order of its journal.
func (v *View) WaitingFor(service string, limit int) ([]*journalv1.WaitingRow, error) {
	return v.waiting(append([]byte(service), 0), limit, func(*journalv1.WaitingRow) bool { return true })
}

// DeferredFor lists those of WaitingFor that are neither parked nor behind a parked one: what waits
// for a person, however much it is, must not hide what will be tried again.
func (v *View) DeferredFor(service string, limit int) ([]*journalv1.WaitingRow, error) {
	stuck := make(map[journal.Ref]bool)
	return v.waiting(append([]byte(service), 0), limit, func(row *journalv1.WaitingRow) bool {
		if row.GetParked() {
			return false
		}
		object := journal.RefOf(row.GetObject())
		known, ok := stuck[object]
		if !ok {
			known = v.parkedFirst(object)
			stuck[object] = known
		}
		return !known
	})
}

// parkedFirst tells whether what waits first about an object is parked.
func (v *View) parkedFirst(object journal.Ref) bool {
	for _, key := range v.Scan("queue", append(object.Key(), 0), nil) {
		row := new(journalv1.WaitingRow)
		return proto.Unmarshal(v.Get("waiting", key), row) == nil && row.GetParked()
	}
	return false
}

func (v *View) waiting(prefix []byte, limit int, want func(*journalv1.WaitingRow) bool) ([]*journalv1.WaitingRow, error) {
	var rows []*journalv1.WaitingRow
	for _, raw := range v.Scan("waiting", prefix, nil) {
		if len(rows) == limit {
			break
		}
		row := new(journalv1.WaitingRow)
		if err := proto.Unmarshal(raw, row); err != nil {
			return nil, fmt.Errorf("waiting row: %w", err)
		}
		if want(row) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func waitingKey(c *journalv1.Cause) []byte {
	key := append([]byte(c.GetService()), 0)
	key = binary.BigEndian.AppendUint64(key, c.GetEpoch())
	return binary.BigEndian.AppendUint64(key, c.GetSeq())
}

func queueKey(object journal.Ref, order uint64) []byte {
	return append(append(object.Key(), 0), number(order)...)
}

func keyRow(row []byte) (slot uint64, destroyed bool) {
	if len(row) < 8 {
		return 0, false
	}
	return parseNumber(row[:8]), len(row) > 8 && row[8] == 1
}

// NothingSealed is answered when an erasure names an object without sealed bodies.
var NothingSealed = fault.Define(fault.NotFound, "journal.nothing_sealed",
	"{object} has no sealed personal data in the {service} service; check the name of the object",
	"у объекта {object} нет запечатанных персональных данных в службе {service}; проверьте имя объекта",
	"{service} қызметінде {object} нысанының мөрленген дербес деректері жоқ; нысанның атын тексеріңіз")

// GroundNeeded is answered when an erasure names no ground.
var GroundNeeded = fault.Define(fault.Invalid, "journal.ground_needed",
	"name the legal ground of the erasure", "укажите законное основание уничтожения", "жоюдың заңды негізін көрсетіңіз")

// Erase destroys the key under which an object's bodies are sealed: they can then be read
// nowhere, while every proof still stands. The event comes first and the key after it: if we
// crash between the two, the next start finishes (finishErasures).
func (s *Store) Erase(ctx context.Context, c Command, object journal.Ref, ground string) (*journal.Record, error) {
	var slot uint64
	c.Decide = func(v *View, _ time.Time) ([]Event, error) {
		if ground == "" {
			return nil, GroundNeeded.With()
		}
		row := v.Get("keys", object.Key())
		if row == nil {
			return nil, NothingSealed.With("object", object, "service", s.cfg.Service)
		}
		var destroyed bool
		if slot, destroyed = keyRow(row); destroyed {
			return nil, journal.Erased.With("object", object)
		}
		return []Event{{Refs: []journal.Ref{object}, Body: &journalv1.KeyDestroyed{Object: object.Proto(), Key: slot, Ground: ground}}}, nil
	}
	// The caller's going away must not leave the event without the deed until the next start.
	records, err := s.Do(context.WithoutCancel(ctx), c)
	if err != nil {
		return nil, err
	}
	body, err := records[0].Body()
	if err != nil {
		return nil, err
	}
	destroyed, ok := body.(*journalv1.KeyDestroyed)
	if !ok {
		return nil, IDReused.With("command", records[0].Header.GetCommand())
	}
	return records[0], s.keys.Destroy(destroyed.GetKey())
}

// finishErasures destroys every key whose destruction is journaled; at start, and after a
// key file came back from an older copy.
func (s *Store) finishErasures() error {
	var slots []uint64
	if err := s.View(func(v *View) error {
		for _, row := range v.Scan("keys", nil, nil) {
			slot, destroyed := keyRow(row)
			if s.keys.Used(slot); destroyed {
				slots = append(slots, slot)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if n := s.keys.Missing(); n > 0 {
		s.cfg.Log.Error("the key file is older than the journal: sealed bodies of that many objects cannot be read; put the newest copy of keys.bin back", "objects", n)
	}
	for _, slot := range slots {
		if present, err := s.keys.State(slot); err != nil || present {
			if err := s.keys.Destroy(slot); err != nil {
				return err
			}
		}
	}
	return nil
}

// Note journals something that the platform itself noticed (a denial, a read of a
// restricted object).
func (s *Store) Note(ctx context.Context, actor, name string, e Event) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("store %s: command id: %w", s.cfg.Service, err)
	}
	_, err = s.Do(ctx, Command{
		ID: id, Name: name, Actor: actor,
		Decide: func(*View, time.Time) ([]Event, error) { return []Event{e}, nil },
	})
	return err
}

// ConfirmClock lets timers fire, and commands be recorded, again after the clock jumped. Where the
// journal is ahead of the clock it holds until the next start.
func (s *Store) ConfirmClock(ctx context.Context, c Command) (*journal.Record, error) {
	c.Decide = func(_ *View, now time.Time) ([]Event, error) {
		return []Event{{
			Refs: []journal.Ref{{Type: "service", ID: s.cfg.Service}},
			Body: &journalv1.ClockConfirmed{Now: timestamppb.New(now)},
		}}, nil
	}
	records, err := s.do(ctx, &op{ctx: ctx, items: []item{{command: c}}, anytime: true, done: make(chan struct{})})
	if err != nil {
		return nil, err
	}
	s.clock.confirm()
	return records[0], nil
}

var errStale = errors.New("store: the reader's position has moved on")
