package intake

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// between is a context that does something once, when whoever was given it first waits for the store:
// after what he read, before what he writes.
type between struct {
	context.Context //nolint:containedctx // a context that stands for another
	once            *sync.Once
	do              func()
}

func (b between) Done() <-chan struct{} {
	b.once.Do(b.do)
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
			ctx := between{t.Context(), new(sync.Once), func() {
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
