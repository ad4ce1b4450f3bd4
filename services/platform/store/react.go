package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	faultv1 "github.com/qoyma/qoyma/proto/gen/qoyma/fault/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// Why a reaction waits, as the administrator reads it.
var (
	// Never marks an event that will never be handled, however often it is tried: it is parked at
	// once with its reason, best a fault, which is said in the reader's language.
	Never = fault.Define(fault.Refused, "store.never",
		"this event cannot be handled: {reason}", "это событие не может быть обработано: {reason}", "бұл оқиғаны өңдеу мүмкін емес: {reason}")
	// Unreadable is the reason of Never where a body cannot be decoded.
	Unreadable = fault.Define(fault.Refused, "store.event_unreadable",
		"its content cannot be read; bring all services to one version, then try again",
		"его содержание не читается; приведите все службы к одной версии и повторите",
		"оның мазмұны оқылмайды; барлық қызметті бір нұсқаға келтіріп, қайталаңыз")
	// failed stands for an error that is no fault.
	failed = fault.Define(fault.Internal, "store.reaction_failed",
		"the program met an error that it does not know; try again, and if it stays, give the technical detail to those who maintain the program",
		"программа столкнулась с неизвестной ей ошибкой; повторите, а если она останется, передайте технические сведения тем, кто сопровождает программу",
		"бағдарлама өзіне белгісіз қатеге тап болды; қайталап көріңіз, қате қалса, техникалық мәліметті бағдарламаны сүйемелдейтіндерге беріңіз")
	behindAnother = fault.Define(fault.Refused, "store.reaction_behind",
		"an earlier event of {object} waits; this one follows by itself when that one is carried out",
		"более раннее событие объекта {object} ещё ждёт; это будет выполнено само вслед за ним",
		"{object} нысанының бұрынғы оқиғасы күтіп тұр; ол орындалған соң, бұл өзі орындалады")
)

// CannotRead answers an event whose body cannot be decoded: never.
func CannotRead(err error) error { return Never.With("reason", Unreadable.With()).Because(err) }

// reason says why a reaction waits: for the log, with the whole chain, and for the administrator.
func reason(why error) (text string, f *faultv1.Fault) {
	if _, ok := fault.Named(why); !ok || errors.Is(why, wire.Broken) {
		return clip.Bytes(why.Error(), maxReason), wire.Kept(failed.With())
	}
	return clip.Bytes(why.Error(), maxReason), wire.Kept(why)
}

// Reaction is what a handler made of another service's event.
type Reaction struct {
	Source *journal.Record
	// Decide gives this service's own events in answer; nil means that it is no concern of
	// ours.
	Decide Decide
	// Err says that it cannot be handled now (it is deferred) or never (parked at once).
	Err         error
	Traceparent string
}

// Position reads how far another service was followed.
func (v *View) Position(service string) (*journalv1.ReaderPosition, error) {
	pos := new(journalv1.ReaderPosition)
	if raw := v.Get("readers", []byte(service)); raw != nil {
		if err := proto.Unmarshal(raw, pos); err != nil {
			return nil, fmt.Errorf("position in %s: %w", service, err)
		}
	}
	return pos, nil
}

// React carries out reactions in order and moves the position with them, in one commit: each
// event takes effect exactly once. A reaction that fails is deferred and does not hold up
// the others; later events of its object wait behind it.
func (s *Store) React(ctx context.Context, service string, from uint64, reactions []Reaction, to *journalv1.ReaderPosition) error {
	if err := s.Ready(); err != nil {
		return err
	}
	reactions = slices.Clone(reactions)
	for {
		guilty := -1
		err := s.exec(ctx, false, func(g *group) error {
			pos, err := g.tx.Position(service)
			if err != nil {
				return err
			}
			if pos.GetSeq() != from {
				return errStale
			}
			for i := range reactions {
				guilty = i
				if err := g.react(&reactions[i]); err != nil {
					g.spoilt = err
					return err
				}
			}
			guilty = -1
			return g.position(service, to)
		})
		// What cannot be applied would stop this reader for ever: it waits like what cannot be
		// decided, and the others go on. (Only errApply says that the writer is done with guilty.)
		if !errors.Is(err, errApply) || guilty < 0 || reactions[guilty].Err != nil {
			return err
		}
		s.cfg.Log.Error("a reaction could not be applied; it is deferred", "event", reactions[guilty].Source.Seq(), "of", service, "error", err)
		reactions[guilty].Decide, reactions[guilty].Err = nil, err
	}
}

// position stores how far a service was followed.
func (g *group) position(service string, to *journalv1.ReaderPosition) error {
	raw, err := proto.Marshal(to)
	if err != nil {
		return err
	}
	g.tx.Put("readers", []byte(service), raw)
	g.changed = true
	return g.tx.err
}

// react carries out one reaction, or defers it.
func (g *group) react(r *Reaction) error {
	if r.Decide == nil && r.Err == nil {
		return nil
	}
	cause := r.Source.Cause()
	if g.tx.Get("waiting", waitingKey(cause)) != nil {
		return nil // it waits already
	}
	// Before anything may defer it: what took effect before this store was rebuilt would never
	// be settled, because its command is done, and would hold up its object for ever.
	id := reactionID(cause)
	if g.tx.Get("idem", id[:]) != nil {
		return nil
	}
	if behind := g.tx.Waits(r.Source.Object()); behind {
		return g.defers(r, nil, true)
	}
	if r.Err != nil {
		return g.defers(r, r.Err, false)
	}
	var events []Event
	if err := g.guard(func() (err error) {
		events, err = r.Decide(&g.tx.View, g.now)
		return err
	}); err != nil {
		return g.defers(r, err, false)
	}
	if len(events) == 0 {
		return nil
	}
	_, err := g.append(&Command{
		ID: id, Name: "react:" + cause.GetService(), Actor: "service:" + g.s.cfg.Service,
		OnBehalfOf: r.Source.Header.GetActor(), Cause: cause, Traceparent: r.Traceparent,
	}, events)
	if err != nil && g.spoilt == nil { // refused before anything was written
		return g.defers(r, err, false)
	}
	return err
}

// reactionID is the command id of a reaction: the same event always gives the same id, so
// that it cannot take effect twice even where a position was lost.
func reactionID(c *journalv1.Cause) uuid.UUID {
	return uuid.NewSHA1(reactionSpace, waitingKey(c))
}

var reactionSpace = uuid.MustParse("6f1f4a8e-1a6f-5b0e-9d38-0a7c1f3f52b1")

// defers journals that a reaction waits.
func (g *group) defers(r *Reaction, why error, behind bool) error {
	cause, object := r.Source.Cause(), r.Source.Object()
	text, f := reason(cmp.Or[error](why, behindAnother.With("object", object)))
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	events := []Event{{Refs: []journal.Ref{object}, Label: labelOf(r.Source), Body: &journalv1.EventDeferred{
		Event: cause, Object: object.Proto(), BodyType: r.Source.Header.GetBodyType(), Reason: text, Behind: behind, Fault: f,
	}}}
	if why != nil && fault.Of(why).Code == Never.Code {
		events = append(events, Event{Refs: []journal.Ref{object}, Label: labelOf(r.Source), Body: &journalv1.EventParked{
			Event: cause, Object: object.Proto(), Reason: text, Fault: f,
		}})
	}
	_, err = g.append(&Command{ID: id, Name: "react:" + cause.GetService(), Actor: "service:" + g.s.cfg.Service, Cause: cause}, events)
	return err
}

// maxReason is how much of what a waiting reaction says of itself an event carries, in bytes, without the mark of a cut. It must be valid
// UTF-8 whatever the error quotes: otherwise the event could not be written and the reader would stand still.
const maxReason = 2000

func labelOf(r *journal.Record) Label {
	return Label{Level: r.Header.GetLabel().GetLevel(), Grounds: r.Header.GetLabel().GetGrounds()}
}

// Settle tries a waiting reaction again. Done: its events and EventSettled are durable.
// Otherwise the error says why it still waits.
func (s *Store) Settle(ctx context.Context, r Reaction) error {
	if err := s.Ready(); err != nil {
		return err
	}
	if r.Err != nil {
		return r.Err
	}
	cause, object := r.Source.Cause(), r.Source.Object()
	_, err := s.Do(ctx, Command{
		ID: reactionID(cause), Name: "react:" + cause.GetService(), Actor: "service:" + s.cfg.Service,
		OnBehalfOf: r.Source.Header.GetActor(), Cause: cause, Traceparent: r.Traceparent,
		Decide: func(v *View, now time.Time) ([]Event, error) {
			row, err := v.waitingRow(cause)
			if err != nil || row == nil {
				return nil, err
			}
			var events []Event
			if r.Decide != nil {
				if events, err = r.Decide(v, now); err != nil {
					return nil, err
				}
			}
			return append(events, Event{Refs: []journal.Ref{object}, Label: labelOf(r.Source), Body: &journalv1.EventSettled{
				Event: cause, Object: object.Proto(),
			}}), nil
		},
	})
	return err
}

// Park journals that a deferred reaction will not be tried again before a person asks.
func (s *Store) Park(ctx context.Context, row *journalv1.WaitingRow, why error) error {
	label, err := s.waitingLabel(row)
	if err != nil {
		return err
	}
	text, f := reason(why)
	return s.Note(ctx, "service:"+s.cfg.Service, "react:"+row.GetEvent().GetService(), Event{
		Refs: []journal.Ref{journal.RefOf(row.GetObject())}, Label: label,
		Body: &journalv1.EventParked{Event: row.GetEvent(), Object: row.GetObject(), Reason: text, Fault: f},
	})
}

// waitingLabel is the label of the event that a row waits for: the reason may quote it.
func (s *Store) waitingLabel(row *journalv1.WaitingRow) (l Label, err error) {
	err = s.View(func(v *View) error {
		l, err = v.WaitingLabel(row)
		return err
	})
	return l, err
}

// WaitingLabel is the label of the event that a row waits for, as EventDeferred took it over.
func (v *View) WaitingLabel(row *journalv1.WaitingRow) (Label, error) {
	r, err := v.Entry(row.GetOrder())
	if err != nil || r == nil {
		return Label{}, err
	}
	return labelOf(r), nil
}

// Resynchronise moves a reader into a new epoch of another service, after its lost tail was
// proven. What this service did in answer to events after kept stays and is listed by the
// event, for a person to look at.
func (s *Store) Resynchronise(ctx context.Context, service string, from uint64, kept uint64, to *journalv1.ReaderPosition) error {
	return s.exec(ctx, false, func(g *group) error {
		pos, err := g.tx.Position(service)
		if err != nil {
			return err
		}
		if pos.GetSeq() != from {
			return errStale
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		if _, err := g.append(&Command{ID: id, Name: "react:" + service, Actor: "service:" + g.s.cfg.Service}, []Event{{
			Refs: []journal.Ref{{Type: "service", ID: service}},
			Body: &journalv1.ReaderResynchronised{Service: service, Epoch: to.GetEpoch(), Kept: kept, Seen: from},
		}}); err != nil {
			return err
		}
		if err := g.position(service, to); err != nil {
			g.spoilt = err
			return err
		}
		return nil
	})
}
