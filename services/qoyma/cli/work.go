package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

var badRequestFile = fault.Define(fault.Invalid, "cli.request_file",
	"{file} is not the JSON that this command takes ({why}); its fields are those of {call} in the description of the API",
	"{file} – не тот JSON, который принимает эта команда ({why}); его поля – поля {call} в описании API",
	"{file} – бұл пәрмен қабылдайтын JSON емес ({why}); өрістері – API сипаттамасындағы {call} өрістері")

// readRequest reads what is too long for flags: the call's request as JSON (protojson).
func readRequest(path string, into proto.Message) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if err := protojson.Unmarshal(raw, into); err != nil {
		return badRequestFile.With("file", path, "call", into.ProtoReflect().Descriptor().Name(), "why", err).Because(err)
	}
	return nil
}

// verb makes a command that makes one call of the intake service, with a command id of its own, and
// shows the answer.
func verb[R proto.Message](a *app, c *cobra.Command, arguments int, call func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (R, error), print func(R)) *cobra.Command {
	return verbIn(a, c, arguments, call, print, localRoles...)
}

// verbIn is verb for commands that other roles give.
func verbIn[R proto.Message](a *app, c *cobra.Command, arguments int, call func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (R, error), print func(R), roles ...monitor.Role) *cobra.Command {
	var t target
	c.Args = cobra.ExactArgs(arguments)
	t.in(c, roles...)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		id, err := commandID()
		if err != nil {
			return err
		}
		res, err := call(ctx, cl, id, args)
		if err != nil {
			return err
		}
		return a.show(res, func() { print(res) })
	})
	return c
}

func (a *app) showWork(t *intakev1.Transfer) {
	a.printf("%s  %s  %s\n", clean(t.GetTransferId()), a.word(transferStates, t.GetState()), a.words(t.GetOrganisation().GetName()))
	a.fields([]field{
		{headKind, a.word(transferKinds, t.GetKind())},
		{text{"FORM", "ФОРМА", "НЫСАНЫ"}, a.word(transferForms, t.GetForm())},
		{text{"RULE", "ПРАВИЛО", "ЕРЕЖЕ"}, a.ruleOf(t.GetGround())},
		{headFiles, number(t.GetInventory().GetFiles())},
		{text{"UNDESCRIBED", "НЕОПИСАННЫЕ", "СИПАТТАЛМАҒАН"}, number(t.GetUndescribed().GetUnits())},
		{text{"RETURNED", "ВОЗВРАЩЕНО", "ҚАЙТАРЫЛДЫ"}, number(t.GetReturned())},
		{text{"CHECKED", "СВЕРЕНО", "САЛЫСТЫРЫЛДЫ"}, number(t.GetUnitsChecked())},
		{text{"RECEIPTS", "РАСПИСКИ", "ҚОЛХАТТАР"}, number(t.GetReceipts())},
	})
}

// ruleOf is the rule by which a transfer was announced; those of before have its act in Russian alone.
func (a *app) ruleOf(g *intakev1.TransferGround) string {
	return a.ruleWords(g.GetRule(), cmp.Or(a.words(g.GetBasis()), clean(g.GetLegalBasis())))
}

func (a *app) showReceipt(r *intakev1.Receipt) {
	a.printf(a.say(text{
		"receipt %d of %s: %s, %s; units %d", "расписка %d по %s: %s, %s; единиц %d", "%d қолхат, %s: %s, %s; бірлік %d",
	}), r.GetNumber(), clean(r.GetTransferId()), a.word(receiptDirections, r.GetDirection()), a.word(receiptWhat, r.GetWhat()), r.GetUnits())
	if r.GetBoxes() > 0 {
		a.printf(a.say(text{", boxes %d", ", коробок %d", ", қорап %d"}), r.GetBoxes())
	}
	if r.GetFiles() > 0 { // what a hand-over does not count is not said to be none
		a.printf(a.say(text{", files %d, bytes %d", ", файлов %d, байт %d", ", файл %d, байт %d"}), r.GetFiles(), r.GetBytes())
	}
	if r.GetCorrects() > 0 {
		a.printf(a.say(text{", in place of receipt %d", ", взамен расписки %d", ", %d қолхаттың орнына"}), r.GetCorrects())
	}
	a.printf("\n")
	if rows, _ := numeral.Runs(r.GetPositions(), len(r.GetPositions())); rows != "" {
		a.printf(a.say(text{"  rows %s\n", "  строки %s\n", "  жолдары %s\n"}), rows)
	}
	a.printf("  %s  %s\n", r.GetAt(), r.GetDigest())
}

// transferWork are the commands of the work on a transfer before its acceptance.
func (a *app) transferWork() []*cobra.Command {
	return []*cobra.Command{
		a.transferKinds(), a.transferAnnounce(), a.transferRows(), a.transferSeal(), a.transferConsent(), a.transferPrepare(), a.transferReceive(),
		a.transferCheck(), a.transferReturn(), a.transferAnswer(), a.transferComment(), a.transferRowWork(), a.transferReceipt(), a.transferPrintReceipt(), a.transferHandedOver(),
	}
}

func (a *app) transferKinds() *cobra.Command {
	c := &cobra.Command{Use: "kinds", Short: "Explain the kinds of transfers and what each must name, with their names in a request"}
	return verb(a, c, 0, func(ctx context.Context, cl intakev1.IntakeServiceClient, _ string, _ []string) (*intakev1.ListTransferKindsResponse, error) {
		return cl.ListTransferKinds(ctx, new(intakev1.ListTransferKindsRequest))
	}, func(res *intakev1.ListTransferKindsResponse) {
		var rows [][]string
		for _, k := range res.GetKinds() {
			needs := make([]string, 0, len(k.GetNeeds()))
			for _, need := range k.GetNeeds() {
				needs = append(needs, a.word(transferNeeds, need)+" ("+need+")")
			}
			rows = append(rows, []string{k.GetKind(), a.words(k.GetTitle()), a.ruleWords(k.GetRule(), a.words(k.GetBasis())), strings.Join(needs, ", ")})
		}
		a.table([]text{headID, headKind, {"RULE", "ПРАВИЛО", "ЕРЕЖЕ"}, {"NEEDS", "НУЖНО", "КЕРЕК"}}, rows)
	})
}

func (a *app) transferAnnounce() *cobra.Command {
	c := &cobra.Command{
		Use: "announce FILE", Short: "Open a transfer that no term brings: early, extra, liquidated, personal_papers, purchase, returned",
		Long: "Open a transfer that no term brings. FILE is JSON: kind, form, organisation, inventory or undescribed, ground, giver. “qoyma transfer kinds” says what each kind must name.",
	}
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.AnnounceTransferResponse, error) {
		q := new(intakev1.AnnounceTransferRequest)
		if err := readRequest(args[0], q); err != nil {
			return nil, err
		}
		q.CommandId = id
		return cl.AnnounceTransfer(ctx, q)
	}, func(res *intakev1.AnnounceTransferResponse) { a.showWork(res.GetTransfer()) })
}

func (a *app) transferSeal() *cobra.Command {
	c := &cobra.Command{Use: "seal ID", Short: "End the rows of an announced transfer"}
	rows := c.Flags().Uint32("rows", 0, "how many rows were sent")
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.SealInventoryResponse, error) {
		return cl.SealInventory(ctx, &intakev1.SealInventoryRequest{CommandId: id, TransferId: args[0], Rows: *rows})
	}, func(res *intakev1.SealInventoryResponse) { a.showWork(res.GetTransfer()) })
}

func (a *app) transferConsent() *cobra.Command {
	c := &cobra.Command{Use: "consent ID", Short: "Consent to an early transfer (the head)"}
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.ConsentTransferResponse, error) {
		return cl.ConsentTransfer(ctx, &intakev1.ConsentTransferRequest{CommandId: id, TransferId: args[0]})
	}, func(res *intakev1.ConsentTransferResponse) { a.showWork(res.GetTransfer()) })
}

func (a *app) transferPrepare() *cobra.Command {
	c := &cobra.Command{Use: "prepare ID", Short: "Say in which form a transfer comes, and when"}
	form := c.Flags().String("form", "", "paper, digital, mixed or audiovisual")
	on := c.Flags().String("on", "", "day on which it is brought, YYYY-MM-DD")
	boxes := c.Flags().Uint32("boxes", 0, "how many boxes")
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.PrepareTransferResponse, error) {
		return cl.PrepareTransfer(ctx, &intakev1.PrepareTransferRequest{CommandId: id, TransferId: args[0], Form: *form, BroughtOn: *on, Boxes: *boxes})
	}, func(res *intakev1.PrepareTransferResponse) { a.showWork(res.GetTransfer()) })
}

func (a *app) transferReceive() *cobra.Command {
	c := &cobra.Command{Use: "receive ID", Short: "Count what was carried in on paper"}
	units := c.Flags().Uint32("units", 0, "how many units")
	boxes := c.Flags().Uint32("boxes", 0, "how many boxes")
	corrects := c.Flags().Uint32("corrects", 0, "number of the receipt whose count was wrong and in whose place this one stands")
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.ReceivePaperResponse, error) {
		return cl.ReceivePaper(ctx, &intakev1.ReceivePaperRequest{CommandId: id, TransferId: args[0], Units: *units, Boxes: *boxes, Corrects: *corrects})
	}, func(res *intakev1.ReceivePaperResponse) { a.showReceipt(res.GetReceipt()) })
}

func (a *app) transferCheck() *cobra.Command {
	c := &cobra.Command{Use: "check ID POSITION", Short: "Record what was found of a unit on paper"}
	f := new(intakev1.UnitFinding)
	who := new(intakev1.Explainer)
	flags := c.Flags()
	flags.StringVar(&f.Finding, "finding", "present", "present, missing, damaged or leaves_differ")
	flags.Uint32Var(&f.Leaves, "leaves", 0, "leaves as counted")
	flags.StringVar(&f.Note, "note", "", "what is damaged, or how the leaves differ")
	flags.StringVar(&f.Explanation, "explanation", "", "why it is missing, as the giver explains")
	flags.StringVar(&f.ExplainedOn, "explained-on", "", "day of the signature under the explanation, YYYY-MM-DD")
	flags.StringVar(&who.Name, "explained-by", "", "who signed the explanation")
	return verb(a, c, 2, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.CheckUnitsResponse, error) {
		var err error
		if f.Position, err = positionOf(args[1]); err != nil {
			return nil, err
		}
		q := &intakev1.CheckUnitsRequest{CommandId: id, TransferId: args[0], Findings: []*intakev1.UnitFinding{f}}
		if who.GetName() != "" {
			who.Position = f.GetPosition()
			q.Explainers = []*intakev1.Explainer{who}
		}
		return cl.CheckUnits(ctx, q)
	}, func(res *intakev1.CheckUnitsResponse) {
		a.printf(a.say(text{"checked %d of %d\n", "сверено %d из %d\n", "%[2]d ішінен %[1]d салыстырылды\n"}), res.GetChecked(), res.GetListed())
	})
}

// positionOf reads a position that a person typed.
func positionOf(s string) (uint32, error) {
	var n uint32
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil || n == 0 || fmt.Sprint(n) != s {
		return 0, text{"“%s” is no position; they count from 1", "«%s» – не номер строки; они считаются с 1", "«%s» жол нөмірі емес; олар 1-ден басталады"}.usage(s)
	}
	return n, nil
}

func (a *app) transferReturn() *cobra.Command {
	c := &cobra.Command{Use: "return ID POSITION", Short: "Return a row to the department; only returned rows are redone"}
	row := new(intakev1.ReturnedRow)
	c.Flags().StringVar(&row.Reason, "reason", "", "unreadable, wrong_content, incomplete, wrong_description, format, damaged or other")
	c.Flags().StringVar(&row.Comment, "comment", "", "what is wrong, in words")
	return verb(a, c, 2, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.ReturnRowsResponse, error) {
		var err error
		if row.Position, err = positionOf(args[1]); err != nil {
			return nil, err
		}
		return cl.ReturnRows(ctx, &intakev1.ReturnRowsRequest{CommandId: id, TransferId: args[0], Rows: []*intakev1.ReturnedRow{row}})
	}, func(res *intakev1.ReturnRowsResponse) {
		a.showWork(res.GetTransfer())
		a.showReceipt(res.GetReceipt())
	})
}

func (a *app) transferAnswer() *cobra.Command {
	c := &cobra.Command{Use: "answer ID POSITION TEXT", Short: "Answer a returned row (the department)"}
	return verb(a, c, 3, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.AnswerRowResponse, error) {
		p, err := positionOf(args[1])
		if err != nil {
			return nil, err
		}
		return cl.AnswerRow(ctx, &intakev1.AnswerRowRequest{CommandId: id, TransferId: args[0], Position: p, Text: args[2]})
	}, func(res *intakev1.AnswerRowResponse) { a.showWork(res.GetTransfer()) })
}

func (a *app) transferComment() *cobra.Command {
	c := &cobra.Command{Use: "comment ID POSITION TEXT", Short: "Remark on a row; the other side sees it"}
	return verb(a, c, 3, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.CommentRowResponse, error) {
		p, err := positionOf(args[1])
		if err != nil {
			return nil, err
		}
		return cl.CommentRow(ctx, &intakev1.CommentRowRequest{CommandId: id, TransferId: args[0], Position: p, Text: args[2]})
	}, func(*intakev1.CommentRowResponse) {
		a.printf("%s\n", a.say(text{"written down", "записано", "жазылды"}))
	})
}

func (a *app) transferRowWork() *cobra.Command {
	c := &cobra.Command{Use: "rowwork ID", Short: "Show findings, returns and remarks row by row"}
	after := c.Flags().Uint32("after", 0, "position after which to begin")
	returned := c.Flags().Bool("returned", false, "only rows that wait for the department")
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, _ string, args []string) (*intakev1.ListRowWorkResponse, error) {
		return cl.ListRowWork(ctx, &intakev1.ListRowWorkRequest{TransferId: args[0], After: *after, Returned: *returned})
	}, func(res *intakev1.ListRowWorkResponse) { a.showRowWork(res.GetRows()) })
}

func (a *app) showRowWork(list []*intakev1.RowWork) {
	var rows [][]string
	for _, w := range list {
		remark := ""
		if n := len(w.GetRemarks()); n > 0 {
			remark = a.word(sides, w.GetRemarks()[n-1].GetSide()) + ": " + w.GetRemarks()[n-1].GetText()
		}
		rows = append(rows, []string{fmt.Sprint(w.GetFile().GetPosition()), a.word(unitFindings, w.GetFinding().GetFinding()), a.returned(w), a.words(w.GetFile().GetTitle()), remark})
	}
	a.table([]text{headNumber, {"FINDING", "ИТОГ", "НӘТИЖЕ"}, {"RETURNED", "ВОЗВРАТ", "ҚАЙТАРУ"}, headTitle, {"REMARK", "ЗАМЕЧАНИЕ", "ЕСКЕРТУ"}}, rows)
}

// returned is how the return of a row stands, and why it was returned.
func (a *app) returned(w *intakev1.RowWork) string {
	state := a.word(returnStates, w.GetReturnState())
	if reason := a.word(returnReasons, w.GetReturned().GetReason()); reason != "" {
		state += " (" + reason + ")"
	}
	return state
}

func (a *app) transferReceipt() *cobra.Command {
	c := &cobra.Command{Use: "receipt ID", Short: "Show the counted receipt of a hand-over"}
	n := c.Flags().Uint32("number", 0, "number of the receipt (default: the last)")
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, _ string, args []string) (*intakev1.GetReceiptResponse, error) {
		return cl.GetReceipt(ctx, &intakev1.GetReceiptRequest{TransferId: args[0], Number: *n})
	}, func(res *intakev1.GetReceiptResponse) { a.showReceipt(res.GetReceipt()) })
}

func (a *app) transferPrintReceipt() *cobra.Command {
	c := &cobra.Command{Use: "print-receipt ID", Short: "Write the counted receipt of a hand-over as PDF"}
	n := c.Flags().Uint32("number", 0, "number of the receipt (default: the last)")
	return a.pdfCommand(c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, language string, args []string) ([]byte, error) {
		res, err := cl.PrintReceipt(ctx, &intakev1.PrintReceiptRequest{TransferId: args[0], Number: *n, Language: language})
		return res.GetPdf(), err
	})
}

func (a *app) transferHandedOver() *cobra.Command {
	c := &cobra.Command{Use: "handed-over ORGANISATION", Short: "Show everything that an organisation ever handed over"}
	after := c.Flags().String("after", "", "number of the transfer after which to begin")
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, _ string, args []string) (*intakev1.ListHandedOverResponse, error) {
		return cl.ListHandedOver(ctx, &intakev1.ListHandedOverRequest{Organisation: args[0], After: *after})
	}, func(res *intakev1.ListHandedOverResponse) {
		var rows [][]string
		for _, h := range res.GetTransfers() {
			rows = append(rows, []string{
				h.GetTransfer().GetTransferId(), a.word(transferStates, h.GetTransfer().GetState()), h.GetAccession().GetAccessionNumber(), number(h.GetAccession().GetAccepted()),
				number(h.GetReturned()), number(uint32(len(h.GetReceipts()))), h.GetAccession().GetClosedOn(),
			})
		}
		a.table([]text{headTransfer, headState, headAccession, headFiles, {"RETURNED", "ВОЗВРАТ", "ҚАЙТАРУ"}, {"RECEIPTS", "РАСПИСКИ", "ҚОЛХАТТАР"}, {"CLOSED", "ОФОРМЛЕНО", "РӘСІМДЕЛДІ"}}, rows)
	})
}

// protocolFlags add a commission's decision to a command.
func protocolFlags(c *cobra.Command) *recordv1.Protocol {
	p := new(recordv1.Protocol)
	c.Flags().StringVar(&p.Commission, "commission", "", "the commission, as it calls itself")
	c.Flags().StringVar(&p.Number, "protocol", "", "number of its protocol")
	c.Flags().StringVar(&p.Date, "date", "", "date of the protocol, YYYY-MM-DD")
	return p
}

// writePDF writes a paper to a file and says so.
func (a *app) writePDF(path string, pdf []byte) error {
	if path == "-" {
		_, err := a.out.Write(pdf)
		return err
	}
	if err := journal.WriteFileSync(path, pdf, os.FileMode(0o644)); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"file": path, "bytes": len(pdf)})
	}
	a.printf("%s  %s\n", path, a.size(uint64(len(pdf))))
	return nil
}
