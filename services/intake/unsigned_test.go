package intake

import (
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// signsFor signs for one side of the act of acceptance; what the giver signed on paper the archive records.
func (w *world) signsFor(a *intakev1.Accession, side string) {
	w.t.Helper()
	var hand *intakev1.HandSignature
	if side == "giver" {
		hand = &intakev1.HandSignature{Name: "Сәуле Ахметова"}
	}
	if _, err := w.sign(a.GetAccessionNumber(), side, a.GetActs()[0].GetSha256(), nil, hand); err != nil {
		w.t.Fatal(err)
	}
}

// signedByBoth has both sides sign.
func (w *world) signedByBoth(a *intakev1.Accession) {
	w.t.Helper()
	w.signsFor(a, "giver")
	w.signsFor(a, "archive")
}

// proposes asks that the first unit leaves in a way without a receiver, and gives the code of the fault.
func (w *world) proposes(a *intakev1.Accession, way string) string {
	w.t.Helper()
	_, err := w.client.ProposeDeaccession(w.t.Context(), &intakev1.ProposeDeaccessionRequest{
		CommandId: newID(), AccessionNumber: a.GetAccessionNumber(), Way: way, Ground: "решение суда", Positions: []uint32{1},
		Protocol: &recordv1.Protocol{Commission: "ЭПК", Number: "9", Date: "2026-03-01"},
	})
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

// begun is a deaccession that an earlier program began: it asked for no signature.
func (w *world) begun(a *intakev1.Accession, positions ...uint32) uint32 {
	w.t.Helper()
	const n = 1
	w.wrote(a.GetAccessionNumber(), &intakev1.DeaccessionProposed{
		AccessionNumber: a.GetAccessionNumber(), Number: n, Way: "destroyed", Content: "destroyed", Ground: "договор", Positions: positions, ProposedBy: "aigerim", ProposedOn: "2026-03-02",
		Protocol: &recordv1.Protocol{Commission: "ЭПК", Number: "9", Date: "2026-03-01"},
	})
	return n
}

// decides approves or declines as the head.
func (w *world) decides(a *intakev1.Accession, n uint32, approve bool) (*intakev1.Deaccession, error) {
	w.t.Helper()
	w.as(head)
	defer w.as(archivist)
	q := &intakev1.DecideDeaccessionRequest{CommandId: newID(), AccessionNumber: a.GetAccessionNumber(), Number: n, Approve: approve}
	if !approve {
		q.Reason = "нужны здесь"
	}
	res, err := w.client.DecideDeaccession(w.t.Context(), q)
	return res.GetDeaccession(), err
}

// TestNothingLeavesBeforeBothHaveSigned (AR-3, AR-6; practice.md, act of acceptance and transfer): what came into the archive by no signed act
// cannot leave it by one, whatever the way; a wrong form is not found fault with before that. However each side has signed, it counts.
func TestNothingLeavesBeforeBothHaveSigned(t *testing.T) {
	for first, second := range map[string]string{"giver": "archive", "archive": "giver"} {
		t.Run(first+" signs first", func(t *testing.T) {
			w := newWorld(t)
			w.expect("2026-1", file(1, 3), file(2, 3))
			a, err := w.acceptPaper("2026-1")
			if err != nil {
				t.Fatal(err)
			}
			before := w.s.host.Store().Head().Seq
			for _, way := range []string{"destroyed", "transferred", "returned_to_owner", ""} {
				if got := w.proposes(a, way); got != "intake.deaccession.unsigned" {
					t.Errorf("unsigned, %s: %q", way, got)
				}
			}
			if w.s.host.Store().Head().Seq != before {
				t.Error("something was recorded")
			}
			w.signsFor(a, first)
			if got := w.proposes(a, "destroyed"); got != "intake.deaccession.unsigned" {
				t.Errorf("signed by the %s alone: %q", first, got)
			}
			w.signsFor(a, second)
			if got := w.proposes(a, "destroyed"); got != "" {
				t.Errorf("signed by both: %q", got)
			}
			w.whole()
		})
	}
}

// TestWhatTheCommissionDeclinedMayLeave (AR-8): the commission's approval closes the accession and is no signature; where it declines, the
// papers go back to their owner by a deaccession.
func TestWhatTheCommissionDeclinedMayLeave(t *testing.T) {
	w := newWorld(t)
	q := announcement("personal_papers")
	q.Ground.Protocol = nil
	id := w.announce(q, 1)
	w.present(id)
	a, err := w.accept(newID(), id)
	if err != nil {
		t.Fatal(err)
	}
	w.signedByBoth(a)
	if got := w.lacks(a.GetAccessionNumber()); len(got) != 1 || got[0] != "commission" {
		t.Fatalf("open: %v", got)
	}
	if got := w.proposes(a, "destroyed"); got != "" {
		t.Errorf("refused: %q", got)
	}
	w.whole()
}

// TestADeaccessionThatBeganIsDecided: what an earlier program let an archivist propose of an unsigned accession is not held to a rule that is
// younger: the head approves or declines it, and only what is proposed anew waits for the signatures.
func TestADeaccessionThatBeganIsDecided(t *testing.T) {
	for name, approve := range map[string]bool{"approved": true, "declined": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.expect("2026-1", file(1, 3), file(2, 3))
			a, err := w.acceptPaper("2026-1")
			if err != nil {
				t.Fatal(err)
			}
			n := w.begun(a, 1)
			w.placed(a.GetAccessionNumber(), "7", "1", 40)
			w.others.place(a.GetAccessionNumber(), map[string]uint32{"7/1/41": 1})
			w.reopen()
			d, err := w.decides(a, n, approve)
			if err != nil || d.GetState() != map[bool]string{true: "done", false: "declined"}[approve] || (len(d.GetActs()) == 2) != approve {
				t.Fatalf("%v %v", d, err)
			}
			if got := w.proposes(a, "destroyed"); got != "intake.deaccession.unsigned" {
				t.Errorf("proposed anew: %q", got)
			}
			w.whole()
		})
	}
}
