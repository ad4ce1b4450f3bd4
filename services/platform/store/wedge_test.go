package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// written gives a source's events, to react to.
func written(t *testing.T, ids ...string) []*journal.Record {
	t.Helper()
	cfg := config(t.TempDir())
	cfg.Service = "writer"
	source := open(t, cfg)
	fill(t, source, ids...)
	var out []*journal.Record
	for _, e := range entries(t, source) {
		r, err := journal.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func sealed(id string) store.Decide {
	return func(*store.View, time.Time) ([]store.Event, error) {
		return []store.Event{{
			Refs: []journal.Ref{{Type: "transfer", ID: id}}, Body: &intakev1.ContactNamed{TransferId: id}, Sealed: &intakev1.Contact{Name: "x"},
		}}, nil
	}
}

// TestNoReactionStopsAReader reacts in every way that cannot be written: each waits with a reason
// and the events around it take effect.
func TestNoReactionStopsAReader(t *testing.T) {
	long := strings.Repeat("ы", 1999) + "."
	for name, row := range map[string]func(*store.Reaction){
		"a reason that is cut within a letter": func(r *store.Reaction) { r.Decide, r.Err = nil, errors.New("x"+long) },
		"a reason that is no UTF-8":            func(r *store.Reaction) { r.Decide, r.Err = nil, errors.New("file \xff\xfe") },
		"a defect in Apply":                    func(r *store.Reaction) { r.Decide = register("poison") },
		"a body for an erased object":          func(r *store.Reaction) { r.Decide = sealed("erased") },
		"an object whose name no index holds":  func(r *store.Reaction) { r.Decide = named(strings.Repeat("n", 40_000)) },
		"an object whose name is no UTF-8":     func(r *store.Reaction) { r.Decide = named("\xff") },
	} {
		t.Run(name, func(t *testing.T) {
			source := written(t, "a", "b", "c")
			s := open(t, config(t.TempDir()))
			if _, err := s.Do(t.Context(), command(sealed("erased"))); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Erase(t.Context(), command(nil), journal.Ref{Type: "transfer", ID: "erased"}, "court"); err != nil {
				t.Fatal(err)
			}
			var reactions []store.Reaction
			for _, r := range source {
				reactions = append(reactions, store.Reaction{Source: r, Decide: register("of " + r.Object().ID)})
			}
			row(&reactions[1])
			if err := s.React(t.Context(), "writer", 0, reactions, &journalv1.ReaderPosition{Epoch: 1, Seq: 3}); err != nil {
				t.Fatalf("the reader stands still: %v", err)
			}
			if err := s.View(func(v *store.View) error {
				if v.Get("organisations", []byte("of a")) == nil || v.Get("organisations", []byte("of c")) == nil {
					t.Error("the events around it must take effect")
				}
				waiting, err := v.DeferredFor("writer", 10)
				if err != nil || len(waiting) != 1 || waiting[0].GetEvent().GetSeq() != 2 || waiting[0].GetReason() == "" {
					t.Errorf("%v %v", waiting, err)
					return err
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			var row *journalv1.WaitingRow
			if err := s.View(func(v *store.View) error {
				waiting, err := v.DeferredFor("writer", 10)
				row = waiting[0]
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if err := s.Park(t.Context(), row, errors.New("x"+long+"\xff")); err != nil {
				t.Errorf("it cannot be parked: %v", err)
			}
			problems, err := s.Fold(t.TempDir())
			if err != nil || len(problems) > 0 {
				t.Errorf("%v %v", problems, err)
			}
		})
	}
}

func named(id string) store.Decide {
	return func(*store.View, time.Time) ([]store.Event, error) {
		return []store.Event{{Refs: []journal.Ref{{Type: "transfer", ID: id}}, Body: &intakev1.ContactNamed{}}}, nil
	}
}

// TestWhatTookEffectIsNeverQueuedAgain reads an event again whose object waits meanwhile: its
// command is done, so it could never be settled.
func TestWhatTookEffectIsNeverQueuedAgain(t *testing.T) {
	source := written(t, "a")
	s := open(t, config(t.TempDir()))
	done := store.Reaction{Source: source[0], Decide: register("of a")}
	if err := s.React(t.Context(), "writer", 0, []store.Reaction{done}, &journalv1.ReaderPosition{Epoch: 1, Seq: 1}); err != nil {
		t.Fatal(err)
	}
	// Another service's event about the same object waits.
	other := config(t.TempDir())
	other.Service = "other"
	o := open(t, other)
	fill(t, o, "a")
	r, err := journal.Decode(entries(t, o)[0])
	if err != nil {
		t.Fatal(err)
	}
	waits := store.Reaction{Source: r, Err: errors.New("not now")}
	if err := s.React(t.Context(), "other", 0, []store.Reaction{waits}, &journalv1.ReaderPosition{Epoch: 1, Seq: 1}); err != nil {
		t.Fatal(err)
	}
	// The position is lost, and the event is read again.
	if err := s.React(t.Context(), "writer", 1, []store.Reaction{done}, &journalv1.ReaderPosition{Epoch: 1, Seq: 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.View(func(v *store.View) error {
		waiting, err := v.WaitingFor("writer", 10)
		if len(waiting) != 0 {
			t.Errorf("it is queued again: %v", waiting)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestAReasonIsLabelledAsItsEvent: what a handler says of a labelled event may quote it.
func TestAReasonIsLabelledAsItsEvent(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.Service = "writer"
	source := open(t, cfg)
	label := store.Label{Level: 2, Grounds: []string{"medical"}}
	if _, err := source.Do(t.Context(), command(func(*store.View, time.Time) ([]store.Event, error) {
		return []store.Event{{Refs: []journal.Ref{{Type: "file", ID: "7"}}, Label: label, Body: &intakev1.ContactNamed{}}}, nil
	})); err != nil {
		t.Fatal(err)
	}
	r, err := journal.Decode(entries(t, source)[0])
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, config(t.TempDir()))
	if err := s.React(t.Context(), "writer", 0, []store.Reaction{{Source: r, Err: errors.New("the diagnosis is too long")}}, &journalv1.ReaderPosition{Epoch: 1, Seq: 1}); err != nil {
		t.Fatal(err)
	}
	var row *journalv1.WaitingRow
	if err := s.View(func(v *store.View) error {
		rows, err := v.Waiting(1)
		row = rows[0]
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Park(t.Context(), row, errors.New("the diagnosis is too long")); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries(t, s) {
		r, err := journal.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		if l := r.Header.GetLabel(); l.GetLevel() != 2 || len(l.GetGrounds()) != 1 {
			t.Errorf("%s is labelled %v", r.Header.GetBodyType(), l)
		}
	}
}

// TestACommandIDAnswersOnlyWhoSentIt: nobody gets another's answer by knowing its id.
func TestACommandIDAnswersOnlyWhoSentIt(t *testing.T) {
	s := open(t, config(t.TempDir()))
	c := command(register("akimat"))
	if _, err := s.Do(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	c.Actor = "person:other"
	if records, err := s.Do(t.Context(), c); !errors.Is(err, store.IDReused) || len(records) > 0 {
		t.Errorf("%v %v", records, err)
	}
}

// TestSealingForAnErasedObjectIsARefusal: it harms nobody in its group and says what it is.
func TestSealingForAnErasedObjectIsARefusal(t *testing.T) {
	s := open(t, config(t.TempDir()))
	if _, err := s.Do(t.Context(), command(sealed("1"))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(t.Context(), command(nil), journal.Ref{Type: "transfer", ID: "1"}, "court"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Do(t.Context(), command(sealed("1"))); fault.KindOf(err) != fault.NotFound || strings.Contains(err.Error(), "apply failed") {
		t.Errorf("got %v", err)
	}
}

// TestAJournalTakenBackTakesItsErasuresWithIt restores a store and its key file from before an
// erasure: with the event comes the deed.
func TestAJournalTakenBackTakesItsErasuresWithIt(t *testing.T) {
	source := open(t, config(t.TempDir()))
	if _, err := source.Do(t.Context(), command(sealed("1"))); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Erase(t.Context(), command(nil), journal.Ref{Type: "transfer", ID: "1"}, "court"); err != nil {
		t.Fatal(err)
	}
	s := open(t, config(t.TempDir()))
	if _, err := s.Keys().New(); err != nil { // the older copy of the key file
		t.Fatal(err)
	}
	if err := s.Restore(t.Context(), entries(t, source), nil); err != nil {
		t.Fatal(err)
	}
	if present, err := s.Keys().State(1); present || err != nil {
		t.Errorf("the erased key is there still: %t %v", present, err)
	}
}

// TestAnswersToALostTailDoNotHideTheNextEpoch rebuilds a reader that had answered events of a tail
// that was given up: the new events with the same numbers are still to be handled.
func TestAnswersToALostTailDoNotHideTheNextEpoch(t *testing.T) {
	source := written(t, "a", "b", "c", "d")
	s := open(t, config(t.TempDir()))
	var reactions []store.Reaction
	for _, r := range source {
		reactions = append(reactions, store.Reaction{Source: r, Decide: register("of " + r.Object().ID)})
	}
	if err := s.React(t.Context(), "writer", 0, reactions, &journalv1.ReaderPosition{Epoch: 1, Seq: 4}); err != nil {
		t.Fatal(err)
	}
	if err := s.Resynchronise(t.Context(), "writer", 4, 2, &journalv1.ReaderPosition{Epoch: 2, Seq: 2}); err != nil {
		t.Fatal(err)
	}
	handled := func(s *store.Store) (n uint64) {
		if err := s.View(func(v *store.View) error {
			pos, err := v.Position("writer")
			n = pos.GetHandled()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	copied := open(t, config(t.TempDir()))
	if err := copied.Restore(t.Context(), entries(t, s), nil); err != nil {
		t.Fatal(err)
	}
	if n := handled(copied); n != 2 {
		t.Errorf("restored: events up to %d of the new epoch would be passed over, 2 were handled", n)
	}
	if err := s.Rebuild(); err != nil {
		t.Fatal(err)
	}
	if n := handled(s); n != 2 {
		t.Errorf("rebuilt: events up to %d of the new epoch would be passed over, 2 were handled", n)
	}
}

// TestAClockThatCannotBeRightDatesNothing: recorded time never goes back, so nothing is recorded on
// a clock that lies years from the last event until a person says that it is right.
func TestAClockThatCannotBeRightDatesNothing(t *testing.T) {
	right := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		now   time.Time
		holds bool
	}{
		"a battery that died forward": {right.AddDate(73, 0, 0), true},
		"one that died backward":      {time.Unix(0, 0), true},
		"half a year without work":    {right.AddDate(0, 6, 0), false},
		"corrected by an hour":        {right.Add(-time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			now := right
			cfg := config(t.TempDir())
			cfg.Now = func() time.Time { return now }
			s := open(t, cfg)
			fill(t, s, "a")
			now = row.now
			if _, err := s.Do(t.Context(), command(register("b"))); errors.Is(err, store.ClockWrong) != row.holds {
				t.Errorf("got %v", err)
			}
			if !row.holds {
				return
			}
			if _, err := s.ConfirmClock(t.Context(), command(nil)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Do(t.Context(), command(register("b"))); err != nil {
				t.Errorf("after the confirmation: %v", err)
			}
			whole(t, s)
		})
	}
}

// TestANewEpochLiesAboveEveryOneThatWasSeen begins one on a copy that is older than the last: a
// second epoch 2 could not be told from the first.
func TestANewEpochLiesAboveEveryOneThatWasSeen(t *testing.T) {
	key, err := journal.LoadSigningKey(t.TempDir(), "kz-test", "toy")
	if err != nil {
		t.Fatal(err)
	}
	proof, err := journal.Checkpoint{Archive: "kz-test", Service: "toy", Epoch: 2, Size: 5}.Sign(key.Signer)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, config(t.TempDir()))
	fill(t, s, "a")
	rec, err := s.BeginEpoch(t.Context(), command(nil), 5, proof, "the book ends with 1")
	if err != nil || rec.Header.GetEpoch() != 3 {
		t.Fatalf("got %v, %v", rec, err)
	}
	fill(t, s, "b")
	whole(t, s)
}
