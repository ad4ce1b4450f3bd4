package store

import (
	"errors"
	"slices"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var (
	noCommission = fault.Define(fault.Refused, "intake.approve.none",
		"accession {number} needs no decision of the commission, or has it already",
		"поступлению {number} решение комиссии не нужно или уже есть",
		"{number} түсіміне комиссия шешімі керек емес немесе ол бар")
	badGround = fault.Define(fault.Invalid, "intake.approve.ground",
		"say in at most {limit} characters why the archive should keep what came: the commission decides by it",
		"укажите, не длиннее {limit} знаков, почему архиву следует принять эти документы: по этому решает комиссия",
		"архив бұл құжаттарды неге қабылдауға тиіс екенін {limit} таңбадан асырмай жазыңыз: комиссия соған қарап шешеді")
	liesBefore = fault.Define(fault.Refused, "intake.approve.proposed",
		"accession {number} lies before the commission already, since {day}; wait for its decision",
		"поступление {number} уже вынесено на комиссию {day}; дождитесь её решения",
		"{number} түсімі комиссияға {day} күні ұсынылған; оның шешімін күтіңіз")
	notProposed = fault.Define(fault.Conflict, "intake.approve.other",
		"accession {number} does not lie before the commission as proposal {count}: it was decided or proposed anew meanwhile; open it again",
		"поступление {number} не вынесено на комиссию как предложение {count}: за это время оно решено или вынесено заново; откройте его снова",
		"{number} түсімі комиссияда {count}-ұсыныс ретінде тұрған жоқ: осы уақытта ол шешілген немесе қайта ұсынылған; оны қайта ашыңыз")
	sameApprover = fault.Define(fault.Denied, "intake.approve.same",
		"whoever proposed an accession to the commission neither decides on it nor enters the decision; another person must",
		"вынесший поступление на комиссию сам его не решает и решение не вносит; нужен другой человек",
		"түсімді комиссияға ұсынған адам оны өзі шешпейді және шешімін енгізбейді; басқа адам керек")
	badState = fault.Define(fault.Invalid, "intake.approve.state",
		"“{state}” is no state of a proposal; use proposed, approved or declined",
		"«{state}» – не состояние предложения; используйте proposed, approved или declined",
		"«{state}» – ұсыныстың күйі емес; proposed, approved немесе declined қолданыңыз")
)

// approved is the third state of what was laid before the commission, beside proposed and declined.
const approved = "approved"

// ProposeApproval lays an accession whose kind needs it before the commission (AR-8): who proposes is
// recorded, because he does not decide. One that was declined may be proposed again.
func ProposeApproval(q *intakev1.ProposeApprovalRequest, account string) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		a, _, err := AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		if !slices.Contains(Lacks(a), commission) {
			return nil, noCommission.With("number", a.GetAccessionNumber())
		}
		if before(a) == proposed {
			return nil, liesBefore.With("number", a.GetAccessionNumber(), "day", a.GetProposed().GetProposedOn())
		}
		if !short(q.GetGround(), maxText) {
			return nil, badGround.With("limit", maxText)
		}
		return []base.Event{ofAccession(a, &intakev1.ApprovalProposed{
			AccessionNumber: a.GetAccessionNumber(), Number: a.GetProposed().GetNumber() + 1, Ground: q.GetGround(),
			ProposedBy: account, ProposedOn: civil.Of(now).String(),
		})}, nil
	}
}

// before is how what was last laid before the commission stands; empty where nothing was.
func before(a *intakev1.Accession) string {
	switch {
	case a.GetProposed() == nil:
		return ""
	case a.GetApproved() != nil:
		return approved
	case a.GetNotApproved().GetNumber() == a.GetProposed().GetNumber():
		return declined
	}
	return proposed
}

// DecideApproval is the commission's answer to the proposal that was read. By four eyes: whoever proposed
// it does not decide. An approval closes the accession where both sides have signed.
//
// Only the proposal that stands counts. Whoever proposed one that was declined may decide what another person
// proposes later: that has a ground of its own, two people stand behind it as behind every other, and the
// decision is the commission's by its protocol (practice, "its commission"), which this account only enters. Were
// every earlier proposer barred, an archive with two people would have nobody left after one decline.
func DecideApproval(q *intakev1.DecideApprovalRequest, account string) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		a, _, err := AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		p := a.GetProposed()
		switch {
		case before(a) != proposed || p.GetNumber() != q.GetNumber():
			return nil, notProposed.With("number", a.GetAccessionNumber(), "count", q.GetNumber())
		case p.GetProposedBy() == account || account == "":
			return nil, sameApprover.With()
		case q.GetApprove():
			return approve(a, &intakev1.AccessionApproved{AccessionNumber: a.GetAccessionNumber(), Protocol: q.GetProtocol(), Proposal: p.GetNumber()}, now)
		case !short(q.GetReason(), maxText):
			return nil, noReason.With("limit", maxText)
		}
		return []base.Event{ofAccession(a, &intakev1.ApprovalDeclined{
			AccessionNumber: a.GetAccessionNumber(), Number: p.GetNumber(), Reason: q.GetReason(), DeclinedOn: civil.Of(now).String(),
		})}, nil
	}
}

// Approve records the commission's decision from a protocol on paper. Whoever last laid the accession before
// the commission here does not enter its answer, a declined proposal included: no other person has proposed since.
func Approve(q *intakev1.ApproveAccessionRequest, account string) base.Decide {
	return func(v *base.View, now time.Time) ([]base.Event, error) {
		a, _, err := AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return nil, err
		}
		if !slices.Contains(Lacks(a), commission) {
			return nil, noCommission.With("number", a.GetAccessionNumber())
		}
		if a.GetProposed() != nil && a.GetProposed().GetProposedBy() == account {
			return nil, sameApprover.With()
		}
		return approve(a, &intakev1.AccessionApproved{AccessionNumber: a.GetAccessionNumber(), Protocol: q.GetProtocol()}, now)
	}
}

// approve records a decision; it closes the accession where nothing else is lacking. Error: badProtocol.
func approve(a *intakev1.Accession, decision *intakev1.AccessionApproved, now time.Time) ([]base.Event, error) {
	if err := checkedProtocol(decision.GetProtocol(), civil.Of(now)); err != nil {
		return nil, err
	}
	a.Approved = decision.GetProtocol()
	return closing(a, []base.Event{ofAccession(a, decision)}, now), nil
}

// Approvals is a page of the accessions that were laid before the commission, in a state, by number. Errors:
// badState, BadNumber.
func Approvals(v *base.View, state, after string, limit int) (list []*intakev1.Accession, more bool, err error) {
	if state == "" {
		state = proposed
	}
	if !slices.Contains([]string{proposed, approved, declined}, state) {
		return nil, false, badState.With("state", clip.Value(state))
	}
	prefix := under([]byte(state))
	var from []byte
	if after != "" {
		n, err := transfer.ParseNumber(after)
		if err != nil {
			return nil, false, err
		}
		from = append(slices.Clone(prefix), numberKey(n)...)
	}
	for k := range v.Scan("approvals", prefix, from) {
		if len(list) == limit {
			return list, true, nil
		}
		a, err := Accession(v, numberOf(k[len(prefix):]))
		if err == nil && a == nil {
			err = errors.New("an approval of an accession that is not in the book")
		}
		if err != nil {
			return nil, false, err
		}
		list = append(list, a)
	}
	return list, false, nil
}

// applyApproval writes what the commission was asked or answered, and keeps the lists by state.
func applyApproval(tx *base.Tx, number string, with func(*intakev1.Accession)) error {
	n, err := transfer.ParseNumber(number)
	if err != nil {
		return err
	}
	return amend(tx, number, func(a *intakev1.Accession) {
		if was := before(a); was != "" {
			tx.Delete("approvals", under([]byte(was), numberKey(n)...))
		}
		with(a)
		if is := before(a); is != "" {
			tx.Put("approvals", under([]byte(is), numberKey(n)...), []byte{})
		}
	})
}

// approvals compares the lists of what was laid before the commission with the accessions.
func (c *checker) approvals(where string, n transfer.Number, a *intakev1.Accession) {
	for _, state := range []string{proposed, approved, declined} {
		if in := c.v.Get("approvals", under([]byte(state), numberKey(n)...)) != nil; in != (before(a) == state) {
			c.bad(where, "before the commission it is %q; in the list of %s: %t", before(a), state, in)
		}
	}
}
