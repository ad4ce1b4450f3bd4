package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
)

func retentionOf(c *archive) (retentionv1.RetentionServiceClient, error) {
	conn, err := c.conn("retention")
	if err != nil {
		return nil, err
	}
	return retentionv1.NewRetentionServiceClient(conn), nil
}

func (a *app) organisationCommand() *cobra.Command {
	return a.family("organisation", "Sources of acquisition", a.organisationRegister(), a.organisationList())
}

func (a *app) organisationList() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "list", Short: "List organisations by id", Args: cobra.NoArgs}
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		client, err := retentionOf(ar)
		if err != nil {
			return err
		}
		all := new(retentionv1.ListOrganisationsResponse)
		for more := true; more; {
			res, err := client.ListOrganisations(ctx, &retentionv1.ListOrganisationsRequest{After: last(all.GetOrganisations()).GetId()})
			if err != nil {
				return err
			}
			all.Organisations = append(all.Organisations, res.GetOrganisations()...)
			more = res.GetMore() && len(res.GetOrganisations()) > 0
		}
		return a.show(all, func() {
			var rows [][]string
			for _, o := range all.GetOrganisations() {
				rows = append(rows, []string{o.GetId(), a.word(organisationLevels, o.GetLevel()), a.words(o.GetName())})
			}
			a.table([]text{headID, {"LEVEL", "УРОВЕНЬ", "ДЕҢГЕЙІ"}, headOrganisation}, rows)
		})
	})
	return c
}

func (a *app) dueCommand() *cobra.Command {
	var t target
	var req retentionv1.ListDueRequest
	c := &cobra.Command{Use: "due", Short: "List what is to be transferred to the archive, the most urgent first", Args: cobra.NoArgs}
	t.flags(c)
	c.Flags().Lookup("organisation").Usage = "only of this organisation"
	c.Flags().StringVar(&req.Until, "until", "", "only due on or before this date (YYYY-MM-DD)")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		client, err := retentionOf(ar)
		if err != nil {
			return err
		}
		req.OrganisationId = t.organisation
		res, err := client.ListDue(ctx, &req)
		if err != nil {
			return err
		}
		return a.show(res, func() {
			var rows [][]string
			for _, d := range res.GetTransfers() {
				rows = append(rows, []string{
					d.GetDueOn(), a.word(dutyStates, d.GetState()), d.GetTransferId(), a.words(d.GetOrganisation().GetName()),
					d.GetInventory().GetNumber(), fmt.Sprint(d.GetInventory().GetFiles()), d.GetAccessionNumber(),
				})
			}
			a.table([]text{headDue, headState, headTransfer, headOrganisation, headInventory, headFiles, headAccession}, rows)
		})
	})
	return c
}
