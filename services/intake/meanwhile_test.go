package intake

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/clamd/clamdtest"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// between is a context that does something once, when whoever was given it begins to wait for the at-th
// time: after what he read, before what he writes.
type between struct {
	context.Context //nolint:containedctx // a context that stands for another
	waits           *atomic.Int32
	at              int32
	do              func()
}

func (b between) Done() <-chan struct{} {
	if b.waits.Add(1) == b.at {
		b.do()
	}
	return b.Context.Done()
}

// TestWhatChangesWhileAnAcceptanceIsWeighedRefusesIt: a plan that began on other facts than were read
// could never be carried out, and there is no way back from it.
func TestWhatChangesWhileAnAcceptanceIsWeighedRefusesIt(t *testing.T) {
	for name, change := range map[string]func(w *world) error{
		"a row is returned": func(w *world) error {
			_, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 1, Reason: "format"})
			return err
		},
		"a unit is found missing": func(w *world) error {
			_, err := w.client.CheckUnits(w.t.Context(), &intakev1.CheckUnitsRequest{
				CommandId: newID(), TransferId: "2026-1",
				Findings:   []*intakev1.UnitFinding{{Position: 1, Finding: "missing", Explanation: "утрачено", ExplainedOn: "2026-01-02"}},
				Explainers: []*intakev1.Explainer{{Position: 1, Name: "А. Б."}},
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.expect("2026-1", file(1, 3), file(2, 3))
			w.check("2026-1", &intakev1.UnitFinding{Position: 1, Finding: "present"})
			w.check("2026-1", &intakev1.UnitFinding{Position: 2, Finding: "present"})
			done := false
			ctx := between{t.Context(), new(atomic.Int32), 1, func() {
				done = true
				if err := change(w); err != nil {
					t.Error(err)
				}
			}}
			c := base.Command{ID: uuid.Must(uuid.NewV7()), Name: "accept", Actor: archivist.Actor}
			_, err := w.s.plans.Begin(ctx, c, "2026-1", []uint32{1, 2})
			if !done || err == nil || fault.Of(err).Code != "intake.accept.changed" {
				t.Errorf("%t %v", done, err)
			}
			if now := w.seen("2026-1").GetTransfer(); now.GetState() == "accepting" {
				t.Error(now)
			}
			if _, err := w.accept(newID(), "2026-1", 2); err != nil {
				t.Error(err)
			}
			w.whole()
		})
	}
}

// TestAnAcceptanceBeginsAlsoWhereItsCallEnds (IS-9): looking for the files of a large package takes longer than a call may.
func TestAnAcceptanceBeginsAlsoWhereItsCallEnds(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	w.check("2026-1", &intakev1.UnitFinding{Position: 1, Finding: "present"})
	ctx, cancel := context.WithCancel(monitor.With(t.Context(), w.caller))
	// First it waits for the sweep of the start; wherever it waits next it hears that the caller has gone.
	ended := between{ctx, new(atomic.Int32), 2, cancel}
	if _, err := w.s.api.AcceptTransfer(ended, &intakev1.AcceptTransferRequest{CommandId: newID(), TransferId: "2026-1"}); err != nil {
		t.Error(err)
	}
	if now := w.seen("2026-1").GetTransfer(); now.GetState() != "accepted" {
		t.Error(now)
	}
	w.whole()
}

// TestWhoeverCancelsWhileAPackageIsFinishedComesTooLate: he waits until it is judged, hears that there is
// nothing to cancel any more, and takes no recorded byte away.
func TestWhoeverCancelsWhileAPackageIsFinishedComesTooLate(t *testing.T) {
	w, d := newWorld(t), clamdtest.Start(t)
	w.scanned(d)
	w.expect("2026-1", file(1, 0))
	id := w.sendInPieces("2026-1", "bare", map[string]string{"data/1/a": "first"}, false)
	cancelled, begun := make(chan error, 1), new(sync.Once)
	d.Say(func(command, content string) string {
		begun.Do(func() { // the package is being scanned now; it ends once the other waits for it
			waiting := make(chan struct{})
			// First he waits for the sweep of the start, then for whoever is at work on the transfer.
			ctx := between{monitor.With(t.Context(), w.caller), new(atomic.Int32), 2, func() { close(waiting) }}
			go func() {
				_, err := w.s.api.DiscardUpload(ctx, &intakev1.DiscardUploadRequest{TransferId: "2026-1"})
				cancelled <- err
			}()
			<-waiting
		})
		return clamdtest.Honest(command, content)
	})
	if res, err := w.finish(id, "2026-1"); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	if err := <-cancelled; !errors.Is(err, staging.NoUpload) {
		t.Error(err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.content(a.GetObjectId(), "data/1/a"); err != nil || got != "first" {
		t.Error(got, err)
	}
	w.whole()
}
