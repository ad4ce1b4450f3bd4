package intake

import (
	"fmt"
	"strconv"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// try asks about an acceptance. Nothing is recorded by it.
func (w *world) try(id string, positions ...uint32) (*intakev1.TryAcceptanceResponse, error) {
	w.t.Helper()
	before := w.s.host.Store().Head().Seq
	res, err := w.client.TryAcceptance(w.t.Context(), &intakev1.TryAcceptanceRequest{TransferId: id, Positions: positions})
	if w.s.host.Store().Head().Seq != before {
		w.t.Error("a trial has recorded something")
	}
	return res, err
}

// refusal is what follows from a trial for the acceptance: the code of its fault, how many units it names and the first.
func refusal(res *intakev1.TryAcceptanceResponse, err error) (code, count, position string) {
	number := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	switch {
	case err != nil:
		f := fault.Of(err)
		return f.Code, f.Args["count"], f.Args["position"]
	case res.GetAwaitsConsent():
		return transfer.NoConsent.Code, "", ""
	case res.GetUncounted():
		return transfer.NotCounted.Code, "", ""
	case res.GetUnfiled() > 0:
		return transfer.NothingThere.Code, number(res.GetUnfiled()), number(res.GetFirstUnfiled())
	case res.GetUnchecked() > 0:
		return transfer.NotChecked.Code, number(res.GetUnchecked()), number(res.GetFirstUnchecked())
	}
	return "", "", ""
}

// foretold tries an acceptance and then accepts: what the one says holds of the other, to the numbers of its refusal.
func (w *world) foretold(id string, positions ...uint32) (*intakev1.TryAcceptanceResponse, *intakev1.Accession) {
	w.t.Helper()
	res, err := w.try(id, positions...)
	code, count, position := refusal(res, err)
	a, refused := w.accept(newID(), id, positions...)
	if refused == nil {
		if code != "" || a.GetAccepted() != res.GetAccepted() {
			w.t.Errorf("accepted %d; the trial said %v, %v", a.GetAccepted(), res, err)
		}
		return res, a
	}
	if f := fault.Of(refused); f.Code != code || f.Args["count"] != count || f.Args["position"] != position {
		w.t.Errorf("refused: %v; the trial said %v, %v", refused, res, err)
	}
	return res, nil
}

// form says in which form a transfer comes.
func (w *world) form(id, form string) {
	w.t.Helper()
	if _, err := w.client.PrepareTransfer(w.t.Context(), &intakev1.PrepareTransferRequest{CommandId: newID(), TransferId: id, Form: form}); err != nil {
		w.t.Fatal(err)
	}
}

func numbered(count uint32) (positions []uint32) {
	for p := range count {
		positions = append(positions, p+1)
	}
	return positions
}

// TestATrialSaysWhatTheAcceptanceRefuses (AR-5; practice.md: paper is accepted unit by unit).
func TestATrialSaysWhatTheAcceptanceRefuses(t *testing.T) {
	missing := func(p uint32) *intakev1.UnitFinding {
		return &intakev1.UnitFinding{Position: p, Finding: "missing", Explanation: "утрачено", ExplainedOn: "2026-02-01"}
	}
	sent := func(w *world, id string, files map[string]string) {
		w.t.Helper()
		if _, err := w.send(newID(), id, bag(w.t, files)); err != nil {
			w.t.Fatal(err)
		}
	}
	returned := func(w *world, id string, positions ...uint32) {
		w.t.Helper()
		for _, p := range positions {
			if _, err := w.giveBack(id, &intakev1.ReturnedRow{Position: p, Reason: "incomplete"}); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		kind  string
		rows  uint32
		do    func(w *world, id string)
		asked []uint32
		want  *intakev1.TryAcceptanceResponse // nil where the trial is refused
	}{
		"paper, nothing checked": {"scheduled", 3, func(w *world, id string) { w.form(id, "paper") }, nil, &intakev1.TryAcceptanceResponse{Accepted: 3, Unchecked: 3, FirstUnchecked: 1}},
		"paper, all checked": {"scheduled", 3, func(w *world, id string) {
			w.form(id, "paper")
			w.present(id)
		}, nil, &intakev1.TryAcceptanceResponse{Accepted: 3}},
		"paper, one unchecked": {"scheduled", 3, func(w *world, id string) {
			w.form(id, "paper")
			w.present(id, 1, 3)
		}, nil, &intakev1.TryAcceptanceResponse{Accepted: 3, Unchecked: 1, FirstUnchecked: 2}},
		"what is unchecked is left out": {"scheduled", 3, func(w *world, id string) {
			w.form(id, "paper")
			w.present(id, 1, 3)
		}, []uint32{3, 1}, &intakev1.TryAcceptanceResponse{Accepted: 2}},
		"mixed": {"scheduled", 450, func(w *world, id string) {
			w.form(id, "mixed")
			sent(w, id, map[string]string{"1/a": "a", "0002/a": "b", "2/b": "c", "449/a": "d"})
			w.present(id, 3, 4)
		}, nil, &intakev1.TryAcceptanceResponse{Accepted: 450, Unchecked: 445, FirstUnchecked: 5}},
		"mixed, all settled": {"scheduled", 450, func(w *world, id string) {
			w.form(id, "mixed")
			sent(w, id, map[string]string{"1/a": "a", "2/a": "b"})
			w.present(id, numbered(450)[2:]...)
		}, nil, &intakev1.TryAcceptanceResponse{Accepted: 450}},
		"nobody said in which form it comes": {"scheduled", 3, func(w *world, id string) { sent(w, id, map[string]string{"2/a": "a"}) }, nil, &intakev1.TryAcceptanceResponse{Accepted: 3, Unchecked: 2, FirstUnchecked: 1}},
		"digital, nothing came":              {"scheduled", 3, func(w *world, id string) { w.form(id, "digital") }, nil, &intakev1.TryAcceptanceResponse{Accepted: 3, Unfiled: 3, FirstUnfiled: 1}},
		"digital, one without files": {"scheduled", 3, func(w *world, id string) {
			w.form(id, "digital")
			sent(w, id, map[string]string{"1/a": "a", "3/a": "b"})
		}, nil, &intakev1.TryAcceptanceResponse{Accepted: 3, Unfiled: 1, FirstUnfiled: 2}},
		"digital, accepted without it": {"scheduled", 3, func(w *world, id string) {
			w.form(id, "digital")
			sent(w, id, map[string]string{"1/a": "a", "3/a": "b"})
		}, []uint32{1, 3}, &intakev1.TryAcceptanceResponse{Accepted: 2}},
		"digital, more folders than are read at once": {"scheduled", 620, func(w *world, id string) {
			w.form(id, "digital")
			files := make(map[string]string)
			for _, p := range numbered(620) {
				if p != 600 {
					files[fmt.Sprintf("%d/a", p)], files[fmt.Sprintf("%d/b/c", p)] = "a", "b"
				}
			}
			sent(w, id, files)
		}, nil, &intakev1.TryAcceptanceResponse{Accepted: 620, Unfiled: 1, FirstUnfiled: 600}},
		"digital, a row redone with other files": {"scheduled", 3, func(w *world, id string) {
			w.form(id, "digital")
			sent(w, id, map[string]string{"1/a": "a", "2/a": "b", "3/a": "c"})
			returned(w, id, 2)
			sent(w, id, map[string]string{"002/z": "d"})
		}, nil, &intakev1.TryAcceptanceResponse{Accepted: 3}},
		"digital, one missing and one returned": {"scheduled", 4, func(w *world, id string) {
			w.form(id, "digital")
			sent(w, id, map[string]string{"1/a": "a"})
			w.check(id, missing(2))
			returned(w, id, 3)
		}, nil, &intakev1.TryAcceptanceResponse{Accepted: 2, Missing: 1, Returned: 1, Unfiled: 1, FirstUnfiled: 4}},
		"missing and returned": {"scheduled", 4, func(w *world, id string) {
			w.form(id, "paper")
			w.present(id, 1)
			w.check(id, missing(2))
			returned(w, id, 2, 3)
		}, nil, &intakev1.TryAcceptanceResponse{Accepted: 2, Missing: 1, Returned: 1, Unchecked: 1, FirstUnchecked: 4}},
		"what is missing is asked for": {"scheduled", 2, func(w *world, id string) {
			w.present(id, 1)
			w.check(id, missing(2))
		}, []uint32{1, 2}, nil},
		"what is returned is asked for": {"scheduled", 2, func(w *world, id string) {
			w.present(id, 1)
			returned(w, id, 2)
		}, []uint32{1, 2}, nil},
		"what is not listed is asked for": {"scheduled", 2, func(w *world, id string) { w.present(id) }, []uint32{1, 9}, nil},
		"one is asked for twice":          {"scheduled", 2, func(w *world, id string) { w.present(id) }, []uint32{1, 1}, nil},
		"no consent yet":                  {"early", 3, func(w *world, id string) { w.present(id, 1) }, nil, &intakev1.TryAcceptanceResponse{Accepted: 3, Unchecked: 2, FirstUnchecked: 2, AwaitsConsent: true}},
		"no consent yet, and what is missing is asked for": {"early", 2, func(w *world, id string) {
			w.present(id, 1)
			w.check(id, missing(2))
		}, []uint32{1, 2}, nil},
		"no consent yet, and what is returned is asked for": {"early", 2, func(w *world, id string) {
			w.present(id, 1)
			returned(w, id, 2)
		}, []uint32{1, 2}, nil},
		"no consent yet, and nothing is left":     {"early", 1, func(w *world, id string) { w.check(id, missing(1)) }, nil, nil},
		"not counted yet, and a row is asked for": {"liquidated", 0, func(*world, string) {}, []uint32{1}, nil},
		"nothing is left":                         {"scheduled", 1, func(w *world, id string) { w.check(id, missing(1)) }, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := "2026-1"
			switch c.kind {
			case "scheduled":
				w.expectMany(id, numbered(c.rows))
			case "liquidated": // without an inventory
				q := announcement(c.kind)
				q.Undescribed, q.Inventory = &intakev1.Undescribed{Units: 12, Boxes: 2}, nil
				id = w.announce(q, c.rows)
			default:
				id = w.announce(announcement(c.kind), c.rows)
			}
			c.do(w, id)
			got, _ := w.foretold(id, c.asked...)
			if c.want == nil {
				if got != nil {
					t.Errorf("not refused: %v", got)
				}
				return
			}
			if got.String() != c.want.String() {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestATrialOfWhatHasNoInventory: whoever has counted nothing yet accepts nothing.
func TestATrialOfWhatHasNoInventory(t *testing.T) {
	w := newWorld(t)
	q := announcement("liquidated")
	q.Undescribed, q.Inventory = &intakev1.Undescribed{Units: 12, Boxes: 2}, nil
	id := w.announce(q, 0)
	if got, _ := w.foretold(id); !got.GetUncounted() || got.GetAccepted() != 0 {
		t.Errorf("got %v", got)
	}
	w.carryIn(id, 10, 0)
	if got, _ := w.foretold(id); got.GetUncounted() || got.GetAccepted() != 10 {
		t.Errorf("got %v", got)
	}
}

// TestATrialBeforeAndAfter the time of an acceptance: before the rows are sealed, while the head's consent is wanted, and afterwards.
func TestATrialBeforeAndAfter(t *testing.T) {
	w := newWorld(t)
	open, err := w.client.AnnounceTransfer(t.Context(), announcement("purchase"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := w.foretold(open.GetTransfer().GetTransferId()); got != nil {
		t.Errorf("not sealed: %v", got)
	}
	if got, _ := w.foretold("2999-9"); got != nil {
		t.Errorf("of none: %v", got)
	}
	id := w.announce(announcement("early"), 2)
	w.present(id, 1)
	if got, _ := w.foretold(id); !got.GetAwaitsConsent() || got.GetUnchecked() != 1 || got.GetFirstUnchecked() != 2 {
		t.Errorf("no consent: %v", got)
	}
	w.as(head)
	if _, err := w.client.ConsentTransfer(t.Context(), &intakev1.ConsentTransferRequest{CommandId: newID(), TransferId: id}); err != nil {
		t.Fatal(err)
	}
	w.as(archivist)
	w.present(id, 2)
	if got, _ := w.foretold(id); got.GetAwaitsConsent() || got.GetAccepted() != 2 {
		t.Errorf("with consent: %v", got)
	}
	if got, _ := w.foretold(id); got != nil {
		t.Errorf("accepted already: %v", got)
	}
}
