package cli

import (
	"context"

	"github.com/spf13/cobra"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

func (a *app) transferRows() *cobra.Command {
	var t target
	c := &cobra.Command{
		Use: "rows ID FILE", Short: "Append rows to the inventory of an announced transfer", Args: cobra.ExactArgs(2),
		Long: "Append rows, at most 500. FILE is JSON: {\"files\": [{\"position\": 1, \"title\": {\"ru\": \"…\"}, \"dateFrom\": \"2011-01-01\", \"dateTo\": \"2011-12-31\",\n" +
			"\"leaves\": 10}]}. A row without sourceId is looked for among the department's registered files: by title and both outer dates, and by index and\n" +
			"leaves where they are written. One that is found is named, so that its acceptance ends the duty to transfer it.",
	}
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		register, err := retentionOf(ar)
		if err != nil {
			return err
		}
		q := new(intakev1.ListRowsRequest)
		if err := readRequest(args[1], q); err != nil {
			return err
		}
		if q.CommandId, err = commandID(); err != nil {
			return err
		}
		q.TransferId = args[0]
		found, err := recognise(ctx, cl, register, q)
		if err != nil {
			return err
		}
		res, err := cl.ListRows(ctx, q)
		if err != nil {
			return err
		}
		return a.show(res, func() {
			a.printf(a.say(text{"rows: %d\n", "строк: %d\n", "жол саны: %d\n"}), res.GetRows())
			if found > 0 {
				a.printf(a.say(text{"registered files of the department among them: %d\n", "из них учтённых дел ведомства: %d\n", "олардың ішінде мекеменің есептегі істері: %d\n"}), found)
			}
		})
	})
	return c
}

// recognise gives the rows that name no registered file of their own the one that retention takes each for, and tells how many it found; a file
// that another row names already, of this call or of one before, is not given again. A giver that has no register in the archive has no such files.
func recognise(ctx context.Context, cl intakev1.IntakeServiceClient, register retentionv1.RetentionServiceClient, q *intakev1.ListRowsRequest) (found int, err error) {
	named := make(map[string]bool)
	var open []*recordv1.File
	for _, row := range q.GetFiles() {
		if row.GetSourceId() == "" {
			open = append(open, row)
		}
		named[row.GetSourceId()] = true
	}
	if len(open) == 0 {
		return 0, nil
	}
	organisation := ""
	for after, more := uint32(0), true; more; {
		res, err := cl.GetTransfer(ctx, &intakev1.GetTransferRequest{TransferId: q.GetTransferId(), After: after})
		if err != nil {
			return 0, err
		}
		organisation = res.GetTransfer().GetOrganisation().GetId()
		for _, f := range res.GetFiles() {
			after = f.GetPosition()
			named[f.GetSourceId()] = true
		}
		more = res.GetMore() && len(res.GetFiles()) > 0
	}
	known, err := register.RecogniseFiles(ctx, &retentionv1.RecogniseFilesRequest{OrganisationId: organisation, Rows: open})
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return 0, err
	}
	for i, id := range known.GetFileIds() {
		if i < len(open) && id != "" && !named[id] {
			open[i].SourceId = id
			found++
		}
	}
	return found, nil
}
