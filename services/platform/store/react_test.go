package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// TestWhatIsParkedDoesNotHideWhatIsTriedAgain parks more reactions than one look takes and defers
// one after them.
func TestWhatIsParkedDoesNotHideWhatIsTriedAgain(t *testing.T) {
	writer := config(t.TempDir())
	writer.Service = "writer"
	source := open(t, writer)
	for i := range 30 {
		fill(t, source, fmt.Sprintf("o%02d", i))
	}
	s := open(t, config(t.TempDir()))
	var reactions []store.Reaction
	for i, e := range entries(t, source) {
		r, err := journal.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		why := error(store.Never.With("reason", "a defect"))
		if i == 29 {
			why = errors.New("not now")
		}
		reactions = append(reactions, store.Reaction{Source: r, Err: why})
	}
	to := &journalv1.ReaderPosition{Epoch: 1, Seq: 30}
	if err := s.React(t.Context(), "writer", 0, reactions, to); err != nil {
		t.Fatal(err)
	}
	if err := s.React(t.Context(), "writer", 0, reactions, to); err == nil {
		t.Error("a position that has moved on must be refused")
	}
	var all, deferred []*journalv1.WaitingRow
	if err := s.View(func(v *store.View) (err error) {
		if !v.Waits(reactions[0].Source.Object()) || !v.Waits(reactions[29].Source.Object()) {
			t.Error("parked or deferred, its object waits")
		}
		if all, err = v.WaitingFor("writer", 100); err == nil {
			deferred, err = v.DeferredFor("writer", 10)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(all) != 30 || len(deferred) != 1 || deferred[0].GetEvent().GetSeq() != 30 || deferred[0].GetReason() != "not now" {
		t.Errorf("%d wait, deferred are %v", len(all), deferred)
	}
	problems, err := s.Fold(t.TempDir())
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

// TestWhatWaitsBehindAParkedOneDoesNotHideOthers: one parked object with a long queue must not fill
// the look at what is tried again.
func TestWhatWaitsBehindAParkedOneDoesNotHideOthers(t *testing.T) {
	writer := config(t.TempDir())
	writer.Service = "writer"
	source := open(t, writer)
	one := func(id string) store.Decide {
		return func(*store.View, time.Time) ([]store.Event, error) {
			return []store.Event{{Refs: []journal.Ref{{Type: "inventory", ID: id}}, Body: &intakev1.ContactNamed{}}}, nil
		}
	}
	for i := range 21 {
		id := "long"
		if i == 20 {
			id = "other"
		}
		if _, err := source.Do(t.Context(), command(one(id))); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, config(t.TempDir()))
	var reactions []store.Reaction
	for i, e := range entries(t, source) {
		r, err := journal.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		why := error(store.Never.With("reason", "a defect"))
		if i == 20 {
			why = errors.New("not now")
		}
		reactions = append(reactions, store.Reaction{Source: r, Err: why})
	}
	if err := s.React(t.Context(), "writer", 0, reactions, &journalv1.ReaderPosition{Epoch: 1, Seq: 21}); err != nil {
		t.Fatal(err)
	}
	if err := s.View(func(v *store.View) error {
		rows, err := v.DeferredFor("writer", 10)
		if len(rows) != 1 || rows[0].GetEvent().GetSeq() != 21 {
			t.Errorf("to be tried again are %v", rows)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
