package reference

import (
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// known is what the model knows of a request: a plain value beside the service.
type known struct {
	reg              *referencev1.RegisterRequestResponse
	state            string
	drafts, findings uint32
	extended         bool
	identity         bool
	paper            *referencev1.Paper
}

// TestRandomWork lets clerks and citizens do whatever comes to their minds, in any order, for some
// weeks, and holds what the service answers against a plain model; every invariant holds at the
// end, and the journal folded anew gives the same state.
func TestRandomWork(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := &model{world: newWorld(t), random: rand.New(rand.NewPCG(seed, 17)), today: day("2026-11-02"), done: map[string]int{}}
			m.key = m.enrol()
			for range 400 {
				m.step()
			}
			m.compare()
			m.whole()
			m.reopen()
			m.whole()
			for _, act := range []string{"register", "draft", "submit", "sign", "deliver", "withdraw", "forward", "extend"} {
				if m.done[act] == 0 {
					t.Errorf("%s never succeeded: the run shows less than it should (%v)", act, m.done)
				}
			}
		})
	}
}

type model struct {
	*world
	random *rand.Rand
	key    ed25519.PrivateKey
	today  civil.Date
	list   []*known
	done   map[string]int
}

// outcome counts what succeeded, and compares with whether it should have.
func (m *model) outcome(act string, k *known, err error, should bool) bool {
	m.t.Helper()
	if err != nil && fault.Of(err).Kind == fault.Internal {
		m.t.Fatalf("%s: %v", act, err)
	}
	if (err == nil) != should {
		m.t.Fatalf("%s on %s (%+v): %v", act, k.reg.GetNumber(), *k, err)
	}
	if err == nil {
		m.done[act]++
	}
	return err == nil
}

func (m *model) step() {
	if m.random.IntN(12) == 0 {
		m.today = m.today.AddDays(m.random.IntN(3))
		m.clock.to(m.today.String(), 8)
	}
	if len(m.list) < 3 || m.random.IntN(15) == 0 {
		m.list = append(m.list, &known{reg: m.request(func(q *referencev1.RegisterRequestRequest) {
			if m.random.IntN(2) == 0 {
				information(q)
			}
		}), state: "registered"})
		m.done["register"]++
		return
	}
	k := m.list[m.random.IntN(len(m.list))]
	working := slices.Contains([]string{"registered", "assigned", "drafted"}, k.state)
	n, ctx := k.reg.GetNumber(), m.t.Context()
	switch m.random.IntN(13) {
	case 0:
		_, err := m.as(archivist).AssignRequest(ctx, &referencev1.AssignRequestRequest{CommandId: newID(), Number: n})
		if m.outcome("assign", k, err, k.state != "closed") && k.state == "registered" {
			k.state = "assigned"
		}
	case 1, 2:
		_, err := m.as(archivist).AddFinding(ctx, &referencev1.AddFindingRequest{CommandId: newID(), Number: n, Code: fmt.Sprintf("1/2/%d", 1+m.random.IntN(4)), Leaves: "3"})
		if m.outcome("find", k, err, working) {
			k.findings++
		}
	case 3, 4:
		kind, c := "negative", new(referencev1.AnswerContent)
		if k.findings > 0 {
			kind, c = "certificate", &referencev1.AnswerContent{Facts: []*referencev1.Fact{{Text: "факт", Citations: []*referencev1.Citation{{Finding: 1}}}}}
		}
		_, err := m.as(archivist).DraftAnswer(ctx, &referencev1.DraftAnswerRequest{CommandId: newID(), Number: n, Kind: kind, Content: c, BasedOn: k.drafts})
		if m.outcome("draft", k, err, working) {
			k.drafts, k.state = k.drafts+1, "drafted"
		}
	case 5, 6:
		res, err := m.as(archivist).SubmitForSignature(ctx, &referencev1.SubmitForSignatureRequest{CommandId: newID(), Number: n, Version: k.drafts})
		if m.outcome("submit", k, err, k.state == "drafted") {
			k.state, k.paper = "submitted", res.GetPaper()
		}
	case 7:
		_, err := m.as(head).ReturnDraft(ctx, &referencev1.ReturnDraftRequest{CommandId: newID(), Number: n, Remark: "ещё раз"})
		if m.outcome("return", k, err, k.state == "submitted") {
			k.state = "drafted"
		}
	default:
		m.finish(k)
	}
}

// finish are the steps that end a request, and those beside its way.
func (m *model) finish(k *known) {
	working := slices.Contains([]string{"registered", "assigned", "drafted"}, k.state)
	n, ctx := k.reg.GetNumber(), m.t.Context()
	switch m.random.IntN(10) {
	case 0, 1, 2:
		p := new(referencev1.Paper)
		if k.state == "submitted" {
			p = must[*referencev1.GetDraftPDFResponse](m.t)(m.as(head).GetDraftPDF(ctx, &referencev1.GetDraftPDFRequest{Number: n})).GetPaper()
		}
		_, err := m.as(head).SignAnswer(ctx, m.sign(m.key, n, p))
		if m.outcome("sign", k, err, k.state == "submitted") {
			k.state = "signed"
		}
	case 3, 4:
		_, err := m.as(archivist).DeliverAnswer(ctx, &referencev1.DeliverAnswerRequest{CommandId: newID(), Number: n, Way: "post"})
		if m.outcome("deliver", k, err, k.state == "signed") {
			k.state = "closed"
		}
	case 5:
		if m.random.IntN(3) > 0 {
			return
		}
		_, err := m.as(visitor).WithdrawRequest(ctx, &referencev1.WithdrawRequestRequest{CommandId: newID(), Number: n, Secret: k.reg.GetSecret()})
		if m.outcome("withdraw", k, err, k.state != "closed") {
			k.state = "closed"
		}
	case 6:
		if m.random.IntN(3) > 0 {
			return
		}
		_, err := m.as(archivist).ForwardRequest(ctx, &referencev1.ForwardRequestRequest{CommandId: newID(), Number: n, Holder: "Другой архив"})
		if m.outcome("forward", k, err, working) {
			k.state = "closed"
		}
	case 7:
		ground := map[string]string{"archival": "several_organisations", "information": "other_holders"}[k.reg.GetRegime().GetRegime()]
		_, err := m.as(head).ExtendTerm(ctx, &referencev1.ExtendTermRequest{CommandId: newID(), Number: n, Ground: ground, Reason: "x"})
		if m.outcome("extend", k, err, !k.extended && (working || k.state == "submitted")) {
			k.extended = true
		}
	case 8:
		_, err := m.as(archivist).RecordIdentity(ctx, &referencev1.RecordIdentityRequest{CommandId: newID(), Number: n, Document: "passport", Way: "post"})
		m.outcome("identity", k, err, true)
		k.identity = true
	case 9:
		m.wait()
	}
}

// compare holds the queue, the holds and every request against the model.
func (m *model) compare() {
	m.t.Helper()
	var open []string
	for _, k := range m.list {
		got := m.seen(k.reg)
		if s := got.GetRequest(); s.GetState() != k.state || s.GetExtended() != k.extended || s.GetIdentityRecorded() != k.identity || (got.GetSubmission() != nil) != k.identity {
			m.t.Errorf("%s is %v, the model says %+v", k.reg.GetNumber(), s, *k)
		}
		if k.state != "closed" {
			open = append(open, k.reg.GetNumber())
		}
	}
	queue := m.queue(new(referencev1.ListRequestsRequest))
	slices.Sort(queue)
	slices.Sort(open)
	if !slices.Equal(queue, open) {
		m.t.Errorf("the queue has %v, open are %v", queue, open)
	}
	for _, h := range must[*referencev1.ListHoldsResponse](m.t)(m.as(archivist).ListHolds(m.t.Context(), new(referencev1.ListHoldsRequest))).GetHolds() {
		for _, n := range h.GetRequestNumbers() {
			if !slices.Contains(open, n) {
				m.t.Errorf("%s is held for %s, which is closed", h.GetCode(), n)
			}
		}
	}
}
