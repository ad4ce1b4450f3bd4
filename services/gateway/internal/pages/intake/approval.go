package intake

import (
	"net/url"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

// The commission approves accessions whose kind needs it (AR-8): an archivist says why, the commission reads and
// decides, and never the one who proposed.

// proposeApproval lays an accession before the commission.
func proposeApproval(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	if r.Field("ground") == "" {
		r.Wrong("ground", "intake.wrong.why")
		return web.Stay, nil
	}
	_, err = c.ProposeApproval(r.Context(), &intakev1.ProposeApprovalRequest{CommandId: r.Field("command"), AccessionNumber: r.PathValue("number"), Ground: r.Field("ground")})
	return web.Done(accessionAddress(r.PathValue("number")), "done.intake-laid"), err
}

// approvalStates are the states of what was laid before the commission, what waits first.
var approvalStates = []string{"proposed", "approved", "declined"}

type approvalsPage struct {
	State      string
	States     []chip
	Accessions []*intakev1.Accession
	Next       string
}

const approvalsHome = "/commission/accessions"

// approvals lists what waits for the commission; what it decided stands behind a chip.
func approvals(r *web.Request) (any, error) {
	c, err := intake(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	p := approvalsPage{State: q.Get("state")}
	if p.State == "" {
		p.State = approvalStates[0]
	}
	res, err := c.ListApprovals(r.Context(), &intakev1.ListApprovalsRequest{State: p.State, After: q.Get("after"), Limit: listed})
	if err != nil {
		return nil, err
	}
	for _, state := range approvalStates {
		p.States = append(p.States, chip{State: state, Address: approvalsHome + "?state=" + state, Current: state == p.State})
	}
	p.Accessions = res.GetAccessions()
	if n := len(p.Accessions); res.GetMore() && n > 0 {
		p.Next = approvalsHome + "?" + url.Values{"state": {p.State}, "after": {p.Accessions[n-1].GetAccessionNumber()}}.Encode()
	}
	return p, nil
}

type approvalPage struct {
	accessionPage
	State string // proposed, approved or declined; empty where it was never laid before the commission
	Mine  bool   // whoever looks has proposed it, and so does not decide
}

// oneApproval is what was proposed to the commission, with everything that it decides by.
func oneApproval(r *web.Request) (any, error) {
	p, err := findAccession(r)
	if err != nil {
		return nil, err
	}
	a := p.GetAccession()
	page := approvalPage{accessionPage: p, Mine: a.GetProposed().GetProposedBy() == r.Person.Account}
	switch {
	case a.GetApproved() != nil:
		page.State = "approved"
	case p.Waits():
		page.State = "proposed"
	case a.GetProposed() != nil:
		page.State = "declined"
	}
	return page, nil
}

// decideApproval is the commission's answer to the proposal that it read.
func decideApproval(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	q := &intakev1.DecideApprovalRequest{
		CommandId: r.Field("command"), AccessionNumber: r.PathValue("number"), Number: number(r.Field("proposal")), Approve: r.Field("do") == "approve",
	}
	if q.GetApprove() {
		q.Protocol = protocolOf(r)
	} else if q.Reason = r.Field("reason"); q.GetReason() == "" {
		r.Wrong("reason", "intake.wrong.decline")
	}
	if !r.OK() {
		return web.Stay, nil
	}
	_, err = c.DecideApproval(r.Context(), q)
	return web.Done(approvalsHome+"/"+url.PathEscape(r.PathValue("number")), "done.intake-decided"), err
}

// protocolOf reads a decision of the commission.
func protocolOf(r *web.Request) *recordv1.Protocol {
	p := &recordv1.Protocol{Commission: r.Field("commission"), Number: r.Field("protocol"), Date: r.Field("date")}
	for _, f := range []struct{ field, value string }{{"commission", p.GetCommission()}, {"protocol", p.GetNumber()}, {"date", p.GetDate()}} {
		if f.value == "" {
			r.Wrong(f.field, "intake.wrong."+f.field)
		}
	}
	return p
}

// approveAccession enters the commission's decision from a protocol on paper, where the kind needs one (AR-8).
func approveAccession(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	protocol := protocolOf(r)
	if !r.OK() {
		return web.Stay, nil
	}
	_, err = c.ApproveAccession(r.Context(), &intakev1.ApproveAccessionRequest{CommandId: r.Field("command"), AccessionNumber: r.PathValue("number"), Protocol: protocol})
	return web.Done(accessionAddress(r.PathValue("number")), "done.intake-decided"), err
}
