package intake

import (
	"crypto/ed25519"
	"slices"
	"strings"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/intake/internal/react"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
)

var commission = monitor.Identity{Actor: "person:epk", Roles: []monitor.Role{monitor.Commission}}

// papers are a person's papers, accepted; the number of their accession.
func (w *world) papers() string {
	w.t.Helper()
	q := announcement("personal_papers")
	q.Ground.Protocol = nil
	id := w.announce(q, 1)
	w.check(id, &intakev1.UnitFinding{Position: 1, Finding: "present"})
	a, err := w.accept(newID(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.GetAccessionNumber()
}

func (w *world) lay(number, ground string) (*intakev1.Accession, error) {
	res, err := w.client.ProposeApproval(w.t.Context(), &intakev1.ProposeApprovalRequest{CommandId: newID(), AccessionNumber: number, Ground: ground})
	return res.GetAccession(), err
}

func (w *world) decided(q *intakev1.DecideApprovalRequest) (*intakev1.Accession, error) {
	q.CommandId = newID()
	res, err := w.client.DecideApproval(w.t.Context(), q)
	return res.GetAccession(), err
}

// before lists the numbers of what was laid before the commission.
func (w *world) before(state string) (numbers []string) {
	w.t.Helper()
	res, err := w.client.ListApprovals(w.t.Context(), &intakev1.ListApprovalsRequest{State: state})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range res.GetAccessions() {
		numbers = append(numbers, a.GetAccessionNumber())
	}
	return numbers
}

// TestTheCommissionApprovesByFourEyes (AR-8): an archivist lays a person's papers before the commission, which
// declines with a reason, and approves by its protocol what is laid before it again. Whoever proposed neither
// decides nor enters a protocol on paper.
func TestTheCommissionApprovesByFourEyes(t *testing.T) {
	w := newWorld(t)
	n, other := w.papers(), w.papers()
	w.expect("2026-1", file(1, 3))
	due, err := w.acceptPaper("2026-1")
	if err != nil {
		t.Fatal(err)
	}
	wants := func(name string, err error, code string) {
		t.Helper()
		if err == nil || fault.Of(err).Code != code {
			t.Errorf("%s: %v, want %s", name, err, code)
		}
	}
	_, err = w.lay(due.GetAccessionNumber(), "по графику")
	wants("a scheduled one needs none", err, "intake.approve.none")
	_, err = w.lay(n, " ")
	wants("without a ground", err, "intake.approve.ground")
	_, err = w.lay(n, strings.Repeat("ә", 5000))
	wants("with a book for a ground", err, "intake.approve.ground")
	_, err = w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 0, Approve: true})
	wants("what was not proposed", err, "intake.approve.other")
	for _, number := range []string{n, other} {
		a, err := w.lay(number, "переписка учёного")
		if err != nil || a.GetProposed().GetNumber() != 1 || a.GetProposed().GetProposedBy() != "aigerim" {
			t.Fatalf("%v %v", a, err)
		}
	}
	_, err = w.lay(n, "ещё раз")
	wants("twice", err, "intake.approve.proposed")
	if got := w.before(""); !slices.Equal(got, []string{n, other}) {
		t.Errorf("before the commission lie %v", got)
	}
	protocol := &recordv1.Protocol{Commission: "ЭПК", Number: "7", Date: "2026-02-02"}
	_, err = w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 1, Approve: true, Protocol: protocol})
	wants("the proposer approves", err, "intake.approve.same")
	_, err = w.client.ApproveAccession(t.Context(), &intakev1.ApproveAccessionRequest{CommandId: newID(), AccessionNumber: n, Protocol: protocol})
	wants("the proposer enters a protocol", err, "intake.approve.same")

	w.as(commission)
	_, err = w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 2, Approve: true, Protocol: protocol})
	wants("another proposal", err, "intake.approve.other")
	_, err = w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 1, Approve: true})
	wants("without a protocol", err, "intake.protocol")
	_, err = w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 1})
	wants("declined without a reason", err, "intake.deaccession.reason")
	a, err := w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 1, Reason: "нет описи"})
	if err != nil || a.GetNotApproved().GetReason() != "нет описи" || !slices.Contains(w.lacks(n), "commission") {
		t.Fatalf("%v %v", a, err)
	}
	_, err = w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 1, Approve: true, Protocol: protocol})
	wants("after it was declined", err, "intake.approve.other")
	if got, no := w.before("proposed"), w.before("declined"); !slices.Equal(got, []string{other}) || !slices.Equal(no, []string{n}) {
		t.Errorf("waits %v, declined %v", got, no)
	}
	w.whole()

	w.as(archivist)
	if a, err = w.lay(n, "с описью"); err != nil || a.GetProposed().GetNumber() != 2 {
		t.Fatalf("%v %v", a, err)
	}
	w.as(commission)
	if a, err = w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 2, Approve: true, Protocol: protocol}); err != nil || a.GetApproved().GetNumber() != "7" || slices.Contains(w.lacks(n), "commission") {
		t.Fatalf("%v %v", a, err)
	}
	_, err = w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 2, Reason: "передумали"})
	wants("after it was approved", err, "intake.approve.other")
	// Another archivist may enter what the commission decided on paper.
	w.as(monitor.Identity{Actor: "person:second", Roles: []monitor.Role{monitor.Archivist}})
	if _, err := w.client.ApproveAccession(t.Context(), &intakev1.ApproveAccessionRequest{CommandId: newID(), AccessionNumber: other, Protocol: protocol}); err != nil {
		t.Error(err)
	}
	_, err = w.lay(other, "ещё раз")
	wants("what is approved", err, "intake.approve.none")
	if got, yes := w.before(""), w.before("approved"); len(got) != 0 || !slices.Equal(yes, []string{n, other}) {
		t.Errorf("waits %v, approved %v", got, yes)
	}
	_, err = w.client.ListApprovals(t.Context(), &intakev1.ListApprovalsRequest{State: "maybe"})
	wants("no state", err, "intake.approve.state")
	page, err := w.client.ListApprovals(t.Context(), &intakev1.ListApprovalsRequest{State: "approved", Limit: 1})
	if err != nil || len(page.GetAccessions()) != 1 || !page.GetMore() {
		t.Fatalf("%v %v", page, err)
	}
	page, err = w.client.ListApprovals(t.Context(), &intakev1.ListApprovalsRequest{State: "approved", Limit: 1, After: n})
	if err != nil || len(page.GetAccessions()) != 1 || page.GetMore() || page.GetAccessions()[0].GetAccessionNumber() != other {
		t.Errorf("%v %v", page, err)
	}
	w.as(archivist)
	w.whole()
}

// TestOnlyTheStandingProposalBarsItsProposer: after a decline its proposer may decide what another person proposes, and the other may not,
// whichever way the decision is entered.
func TestOnlyTheStandingProposalBarsItsProposer(t *testing.T) {
	both := []monitor.Role{monitor.Archivist, monitor.Commission}
	first, second := monitor.Identity{Actor: "person:first", Roles: both}, monitor.Identity{Actor: "person:second", Roles: both}
	protocol := &recordv1.Protocol{Commission: "ЭПК", Number: "7", Date: "2026-02-02"}
	for _, way := range []struct {
		name   string
		decide func(w *world, n string) error
	}{
		{"here", func(w *world, n string) error {
			_, err := w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 2, Approve: true, Protocol: protocol})
			return err
		}},
		{"on paper", func(w *world, n string) error {
			_, err := w.client.ApproveAccession(t.Context(), &intakev1.ApproveAccessionRequest{CommandId: newID(), AccessionNumber: n, Protocol: protocol})
			return err
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			w := newWorld(t)
			n := w.papers()
			w.as(first)
			if _, err := w.lay(n, "переписка"); err != nil {
				t.Fatal(err)
			}
			w.as(second)
			if _, err := w.decided(&intakev1.DecideApprovalRequest{AccessionNumber: n, Number: 1, Reason: "нет описи"}); err != nil {
				t.Fatal(err)
			}
			w.as(first)
			if _, err := w.client.ApproveAccession(t.Context(), &intakev1.ApproveAccessionRequest{CommandId: newID(), AccessionNumber: n, Protocol: protocol}); err == nil || fault.Of(err).Code != "intake.approve.same" {
				t.Errorf("the proposer of what was declined enters a protocol: %v", err)
			}
			w.as(second)
			if _, err := w.lay(n, "с описью"); err != nil {
				t.Fatal(err)
			}
			if err := way.decide(w, n); err == nil || fault.Of(err).Code != "intake.approve.same" {
				t.Errorf("the proposer of what stands decides: %v", err)
			}
			w.as(first)
			if err := way.decide(w, n); err != nil {
				t.Errorf("the proposer of what was declined decides another's: %v", err)
			}
			w.as(archivist)
			w.whole()
		})
	}
}

// TestWhatIsSignedCanBeVerified: the statement that GetAct gives is what the key signs, and the proof beside the
// accession is verified from it alone, also after the key was revoked.
func TestWhatIsSignedCanBeVerified(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	a, err := w.acceptPaper("2026-1")
	if err != nil {
		t.Fatal(err)
	}
	n := a.GetAccessionNumber()
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", 32)))
	id := signing.KeyID(signing.Public(key))
	if err := w.told("reference", react.Reference(), &referencev1.SignerEnrolled{Account: "head", Key: &referencev1.KeyDerivation{KeyId: id, PublicKey: signing.Public(key)}}, nil); err != nil {
		t.Fatal(err)
	}
	act := func(side string) (*intakev1.GetActResponse, error) {
		return w.client.GetAct(t.Context(), &intakev1.GetActRequest{AccessionNumber: n, Language: "ru", Side: side})
	}
	w.as(clerk("bilim"))
	for side, code := range map[string]string{"archive": "intake.sign.side", "x": "intake.sign.side"} {
		if _, err := act(side); fault.Of(err) == nil || fault.Of(err).Code != code {
			t.Errorf("a clerk for the side %s: %v", side, err)
		}
	}
	if res, err := act(""); err != nil || len(res.GetStatement()) != 0 {
		t.Errorf("who only reads gets %q, %v", res.GetStatement(), err)
	}
	if res, err := act("giver"); err != nil || !strings.Contains(string(res.GetStatement()), "kind: acceptance-giver\n") {
		t.Errorf("%q, %v", res.GetStatement(), err)
	}
	w.as(head)
	res, err := act("archive")
	if err != nil {
		t.Fatal(err)
	}
	statement, err := signing.ParseStatement(res.GetStatement())
	if err != nil || statement.SHA256 != res.GetSha256() || statement.Act != n || statement.Account != "head" || statement.Archive != "kz-test" {
		t.Fatalf("%+v, %v", statement, err)
	}
	signature, err := statement.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.sign(n, "archive", res.GetSha256(), signature, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := act("archive"); fault.Of(err) == nil || fault.Of(err).Code != "intake.sign.twice" {
		t.Errorf("a second signature of the side: %v", err)
	}
	if err := w.told("reference", react.Reference(), &referencev1.SignerRevoked{Account: "head", KeyId: id}, nil); err != nil {
		t.Fatal(err)
	}
	w.as(archivist)
	work, err := w.client.GetAccessionWork(t.Context(), &intakev1.GetAccessionWorkRequest{AccessionNumber: n})
	if err != nil || len(work.GetProofs()) != 1 {
		t.Fatalf("%v, %v", work, err)
	}
	p := work.GetProofs()[0]
	again, err := signing.ParseStatement(p.GetStatement())
	if err != nil || again != statement || p.GetSide() != "archive" || again.Verify(p.GetPublicKey(), p.GetSignature()) != nil {
		t.Errorf("%v, %v", p, err)
	}
	w.whole()
}
