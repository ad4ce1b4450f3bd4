package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	faultv1 "github.com/qoyma/qoyma/proto/gen/qoyma/fault/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

var noShelf = fault.Define(fault.Refused, "store_test.no_shelf",
	"there is no shelf {shelf}; make one", "полки {shelf} нет; заведите её", "{shelf} сөресі жоқ; оны ашыңыз")

// deferring is a store in which the reactions to events of a writer failed, each for its reason, and
// the rows that wait.
func deferring(t *testing.T, why ...error) (*store.Store, []*journalv1.WaitingRow) {
	t.Helper()
	cfg := config(t.TempDir())
	cfg.Service = "writer"
	source := open(t, cfg)
	for i := range why {
		fill(t, source, fmt.Sprintf("o%02d", i))
	}
	s := open(t, config(t.TempDir()))
	var reactions []store.Reaction
	for i, e := range entries(t, source) {
		r, err := journal.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		reactions = append(reactions, store.Reaction{Source: r, Err: why[i]})
	}
	if err := s.React(t.Context(), "writer", 0, reactions, &journalv1.ReaderPosition{Epoch: 1, Seq: uint64(len(why))}); err != nil {
		t.Fatal(err)
	}
	return s, waiting(t, s)
}

func waiting(t *testing.T, s *store.Store) (rows []*journalv1.WaitingRow) {
	t.Helper()
	if err := s.View(func(v *store.View) (err error) {
		rows, err = v.Waiting(100)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestWhyAReactionWaitsIsSaidInThreeLanguages (IS-3): a fault as itself; what is no fault as a
// general one, with the raw text for those who maintain the program.
func TestWhyAReactionWaitsIsSaidInThreeLanguages(t *testing.T) {
	for _, test := range []struct {
		name             string
		why              error
		code, kk, reason string
		parked           bool
	}{
		{"a fault", fmt.Errorf("put: %w", noShelf.With("shelf", 7)), "store_test.no_shelf", "7 сөресі жоқ; оны ашыңыз", "put: there is no shelf 7", false},
		{"a bare definition", noShelf, "store_test.no_shelf", "сөресі жоқ", "store_test.no_shelf", false},
		{"never, for a fault", store.Never.With("reason", noShelf.With("shelf", 7)), "store.never", "бұл оқиғаны өңдеу мүмкін емес: 7 сөресі жоқ; оны ашыңыз", "there is no shelf 7", true},
		{"never, unreadable", store.CannotRead(errors.New("wire type 7")), "store.never", "мазмұны оқылмайды", "wire type 7", true},
		{"no fault", errors.New("index out of range [3]"), "store.reaction_failed", "белгісіз қатеге", "index out of range [3]", false},
		{"an accident elsewhere", fault.Of(errors.New("map is nil")), "store.reaction_failed", "белгісіз қатеге", "map is nil", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, rows := deferring(t, test.why)
			if len(rows) != 1 {
				t.Fatalf("%v wait", rows)
			}
			f := rows[0].GetFault()
			if f.GetCode() != test.code || !strings.Contains(f.GetTextKk(), test.kk) || f.GetTextRu() == "" || f.GetTextEn() == "" {
				t.Errorf("the fault is %v", f)
			}
			if !strings.Contains(rows[0].GetReason(), test.reason) || rows[0].GetParked() != test.parked {
				t.Errorf("the reason is %q, parked %t", rows[0].GetReason(), rows[0].GetParked())
			}
			if problems, err := s.Fold(t.TempDir()); err != nil || len(problems) > 0 {
				t.Errorf("the journal folds into something else: %v, %v", problems, err)
			}
		})
	}
}

func TestParkSaysTheNewReason(t *testing.T) {
	s, rows := deferring(t, errors.New("not now"))
	if err := s.Park(t.Context(), rows[0], noShelf.With("shelf", 9)); err != nil {
		t.Fatal(err)
	}
	row := waiting(t, s)[0]
	if !row.GetParked() || row.GetFault().GetArgs()["shelf"] != "9" || row.GetReason() != "there is no shelf 9; make one" {
		t.Errorf("the row is %v", row)
	}
}

// TestAnOldReasonIsStillThere: events from before faults were recorded are folded into rows that have
// their reason alone, and a later one without a fault takes an earlier fault away.
func TestAnOldReasonIsStillThere(t *testing.T) {
	s := open(t, config(t.TempDir()))
	cause, object := &journalv1.Cause{Service: "writer", Epoch: 1, Seq: 4}, &journalv1.Ref{Type: "file", Id: "7"}
	note := func(body proto.Message) {
		t.Helper()
		if _, err := s.Do(t.Context(), command(func(*store.View, time.Time) ([]store.Event, error) {
			return []store.Event{{Refs: []journal.Ref{journal.RefOf(object)}, Body: body}}, nil
		})); err != nil {
			t.Fatal(err)
		}
	}
	note(&journalv1.EventDeferred{Event: cause, Object: object, Reason: "the old way"})
	if row := waiting(t, s)[0]; row.GetReason() != "the old way" || row.GetFault() != nil {
		t.Errorf("deferred: %v", row)
	}
	note(&journalv1.EventDeferred{Event: cause, Object: object, Reason: "new", Fault: &faultv1.Fault{Code: "x"}})
	note(&journalv1.EventParked{Event: cause, Object: object, Reason: "the old way, parked"})
	for _, row := range waiting(t, s) {
		if row.GetParked() && (row.GetReason() != "the old way, parked" || row.GetFault() != nil) {
			t.Errorf("parked: %v", row)
		}
	}
	if problems, err := s.Fold(t.TempDir()); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
