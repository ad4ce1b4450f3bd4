package cli

import (
	"context"

	"github.com/spf13/cobra"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// Commands of the commission's approval of an accession (AR-8).

func (a *app) accessionApprove() *cobra.Command {
	c := &cobra.Command{Use: "approve NUMBER", Short: "Enter the commission's decision on an accession from its protocol on paper"}
	p := protocolFlags(c)
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.ApproveAccessionResponse, error) {
		return cl.ApproveAccession(ctx, &intakev1.ApproveAccessionRequest{CommandId: id, AccessionNumber: args[0], Protocol: p})
	}, func(res *intakev1.ApproveAccessionResponse) { a.showKept(res.GetAccession()) })
}

func (a *app) accessionPropose() *cobra.Command {
	c := &cobra.Command{Use: "propose NUMBER GROUND", Short: "Lay an accession before the commission, and say why it should be kept"}
	return verb(a, c, 2, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.ProposeApprovalResponse, error) {
		return cl.ProposeApproval(ctx, &intakev1.ProposeApprovalRequest{CommandId: id, AccessionNumber: args[0], Ground: args[1]})
	}, func(res *intakev1.ProposeApprovalResponse) { a.showKept(res.GetAccession()) })
}

func (a *app) accessionProposed() *cobra.Command {
	c := &cobra.Command{Use: "proposed", Short: "List what was laid before the commission"}
	state := c.Flags().String("state", "proposed", "proposed (waits), approved or declined")
	return verb(a, c, 0, func(ctx context.Context, cl intakev1.IntakeServiceClient, _ string, _ []string) (*intakev1.ListApprovalsResponse, error) {
		all := new(intakev1.ListApprovalsResponse)
		for more := true; more; {
			res, err := cl.ListApprovals(ctx, &intakev1.ListApprovalsRequest{State: *state, After: last(all.GetAccessions()).GetAccessionNumber()})
			if err != nil {
				return nil, err
			}
			all.Accessions = append(all.Accessions, res.GetAccessions()...)
			more = res.GetMore() && len(res.GetAccessions()) > 0
		}
		return all, nil
	}, func(res *intakev1.ListApprovalsResponse) {
		var rows [][]string
		for _, ac := range res.GetAccessions() {
			rows = append(rows, []string{ac.GetAccessionNumber(), number(ac.GetProposed().GetNumber()), ac.GetProposed().GetProposedOn(), a.word(transferKinds, ac.GetKind()), clean(ac.GetProposed().GetGround())})
		}
		a.table([]text{headAccession, headNumber, {"SINCE", "С", "БАСЫ"}, headKind, {"WHY", "ПОЧЕМУ", "НЕГЕ"}}, rows)
	})
}

func (a *app) accessionDecide() *cobra.Command {
	c := &cobra.Command{
		Use: "decide NUMBER COUNT", Short: "Approve or decline an accession (the commission)",
		Long: "Approve or decline an accession that lies before the commission. COUNT is the number of the proposal that was read. With --decline it is\n" +
			"declined for that reason; otherwise it is approved by the protocol. Whoever proposed it does not decide.",
	}
	reason := c.Flags().String("decline", "", "why it is not approved")
	p := protocolFlags(c)
	return verbIn(a, c, 2, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.DecideApprovalResponse, error) {
		n, err := positionOf(args[1])
		if err != nil {
			return nil, err
		}
		q := decisionOf(c, *reason, p)
		q.CommandId, q.AccessionNumber, q.Number = id, args[0], n
		return cl.DecideApproval(ctx, q)
	}, func(res *intakev1.DecideApprovalResponse) { a.showKept(res.GetAccession()) }, monitor.Commission)
}

// decisionOf is what the flags decide. A reason that came out empty (of a script's variable, say) still
// declines: intake asks for one, and nothing is approved that nobody meant to.
func decisionOf(c *cobra.Command, reason string, p *recordv1.Protocol) *intakev1.DecideApprovalRequest {
	if c.Flags().Changed("decline") {
		return &intakev1.DecideApprovalRequest{Reason: reason}
	}
	return &intakev1.DecideApprovalRequest{Approve: true, Protocol: p}
}
