package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
)

var (
	packageRefused = fault.Define(fault.Refused, "cli.package_refused",
		"the package for transfer {transfer} was refused; {count} things are wrong with it: correct them and send it again",
		"пакет для передачи {transfer} отклонён; ошибок: {count}; исправьте их и отправьте снова",
		"{transfer} тапсыруының пакеті қабылданбады; қате саны: {count}; түзетіп, қайта жіберіңіз")
	notYet = fault.Define(fault.Refused, "cli.accept.not_yet",
		"the acceptance of transfer {transfer} would be refused as it stands; do first what it lacks; nothing was changed",
		"приём передачи {transfer} сейчас был бы отклонён; сначала сделайте то, чего не хватает; ничего не изменено",
		"{transfer} тапсыруы қазір қабылданбас еді; алдымен жетіспейтінін орындаңыз; ештеңе өзгерген жоқ")
	actChanged = fault.Define(fault.Internal, "cli.act_changed",
		"the act arrived with other bytes than the archive recorded; nothing was written; tell the administrator",
		"акт пришёл не с теми байтами, что записаны в архиве; ничего не записано; сообщите администратору",
		"акт архивте жазылғаннан өзге байттармен келді; ештеңе жазылған жоқ; әкімшіге хабарлаңыз")
)

func intakeOf(c *archive) (intakev1.IntakeServiceClient, error) {
	conn, err := c.conn("intake")
	if err != nil {
		return nil, err
	}
	return intakev1.NewIntakeServiceClient(conn), nil
}

func (a *app) transferCommand() *cobra.Command {
	c := a.family("transfer", "Transfers from departments", a.transferValidate(), a.transferList(), a.transferShow(), a.transferUpload(), a.transferLimits(), a.transferAccept())
	c.AddCommand(a.transferWork()...)
	return c
}

func (a *app) transferList() *cobra.Command {
	var t target
	var state string
	c := &cobra.Command{Use: "list", Short: "List transfers by number", Args: cobra.NoArgs}
	t.flags(c)
	c.Flags().StringVar(&state, "state", "", "only announced, expected, checked, returned, accepting or accepted")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		all := new(intakev1.ListTransfersResponse)
		for more := true; more; {
			res, err := cl.ListTransfers(ctx, &intakev1.ListTransfersRequest{State: state, After: last(all.GetTransfers()).GetTransferId()})
			if err != nil {
				return err
			}
			all.Transfers = append(all.Transfers, res.GetTransfers()...)
			more = res.GetMore() && len(res.GetTransfers()) > 0
		}
		return a.show(all, func() {
			var rows [][]string
			for _, tr := range all.GetTransfers() {
				rows = append(rows, []string{
					tr.GetTransferId(), a.word(transferStates, tr.GetState()), tr.GetDueOn(), fmt.Sprint(tr.GetInventory().GetFiles()),
					tr.GetAccessionNumber(), a.words(tr.GetOrganisation().GetName()),
				})
			}
			a.table([]text{headTransfer, headState, headDue, headFiles, headAccession, headOrganisation}, rows)
		})
	})
	return c
}

func (a *app) transferShow() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "show ID", Short: "Show a transfer, its files and what is wrong with its last package", Args: cobra.ExactArgs(1)}
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		all := new(intakev1.GetTransferResponse)
		for more := true; more; {
			res, err := cl.GetTransfer(ctx, &intakev1.GetTransferRequest{TransferId: args[0], After: last(all.GetFiles()).GetPosition()})
			if err != nil {
				return err
			}
			all.Transfer, all.Contact = res.GetTransfer(), res.GetContact()
			all.Files = append(all.Files, res.GetFiles()...)
			more = res.GetMore() && len(res.GetFiles()) > 0
		}
		return a.show(all, func() { a.showTransfer(all) })
	})
	return c
}

func (a *app) showTransfer(res *intakev1.GetTransferResponse) {
	t := res.GetTransfer()
	a.printf("%s  %s\n", clean(t.GetTransferId()), a.words(t.GetOrganisation().GetName()))
	size := ""
	if t.GetPackageId() != "" {
		size = fmt.Sprintf(a.say(text{"%s, files %d, %s", "%s, файлов %d, %s", "%s, файл %d, %s"}), t.GetPackageId(), t.GetPackageFiles(), a.size(t.GetPackageBytes()))
		if e := t.GetEark(); e != nil {
			size += fmt.Sprintf(", E-ARK %s %s", e.GetOaisType(), e.GetId())
		}
	}
	a.fields([]field{
		{headState, a.word(transferStates, t.GetState())},
		{headDue, t.GetDueOn()},
		{headInventory, t.GetInventory().GetNumber() + " " + a.words(t.GetInventory().GetTitle())},
		{text{"PACKAGE", "ПАКЕТ", "ПАКЕТ"}, size},
		{headAccession, t.GetAccessionNumber()},
		{text{"CONTACT", "КОНТАКТ", "БАЙЛАНЫС"}, res.GetContact().GetName() + " " + res.GetContact().GetPhone() + " " + res.GetContact().GetEmail()},
	})
	var rows [][]string
	for _, f := range res.GetFiles() {
		rows = append(rows, []string{fmt.Sprint(f.GetPosition()), f.GetIndex(), dates(f.GetDateFrom(), f.GetDateTo()), a.words(f.GetTitle())})
	}
	a.table([]text{headNumber, {"INDEX", "ИНДЕКС", "ИНДЕКС"}, headDates, headTitle}, rows)
	a.showFaults(a.say(text{"wrong with the last package", "ошибки последнего пакета", "соңғы пакеттің қателері"}), t.GetFaults())
	a.showFaults(a.say(warnings), t.GetWarnings())
}

var warnings = text{"warnings", "предупреждения", "ескертулер"}

func (a *app) showFaults(head string, faults []*intakev1.PackageFault) {
	if len(faults) == 0 {
		return
	}
	a.printf("%s:\n", head)
	for _, f := range faults {
		text := a.words(f.GetText())
		if c := f.GetClause(); c != "" && !strings.HasSuffix(text, "]") { // E-ARK's rules name themselves
			text += " (" + c + ")"
		}
		a.printf("  %s: %s\n", clean(f.GetWhere()), text)
	}
}

// items turns what a service found wrong with a package into the items of a fault.
func items(faults []*intakev1.PackageFault) []fault.Item {
	out := make([]fault.Item, 0, len(faults))
	for _, f := range faults {
		d := fault.Definition{Kind: fault.Refused, Code: f.GetCode(), EN: f.GetText().GetEn(), RU: f.GetText().GetRu(), KK: f.GetText().GetKk()}
		out = append(out, fault.Item{Where: clean(f.GetWhere()), Fault: d.With()})
	}
	return out
}

func (a *app) transferAccept() *cobra.Command {
	var t target
	var positions []uint
	var try bool
	c := &cobra.Command{Use: "accept ID", Short: "Accept a transfer: number, book of accessions, act", Args: cobra.ExactArgs(1)}
	t.flags(c)
	c.Flags().UintSliceVar(&positions, "position", nil, "positions of the inventory that are accepted (default: all that are neither missing nor returned)")
	c.Flags().BoolVar(&try, "try", false, "change nothing, say what would be accepted and what lacks before; exit code 1 where it would be refused")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		req := &intakev1.AcceptTransferRequest{TransferId: args[0]}
		if req.CommandId, err = commandID(); err != nil {
			return err
		}
		for _, p := range positions {
			if p == 0 || p > 1<<31 {
				return text{"--position counts from 1", "--position считается с 1", "--position 1-ден басталады"}.usage()
			}
			req.Positions = append(req.Positions, uint32(p))
		}
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if try {
			return a.tryAcceptance(ctx, cl, &intakev1.TryAcceptanceRequest{TransferId: req.GetTransferId(), Positions: req.GetPositions()})
		}
		res, err := cl.AcceptTransfer(ctx, req)
		if err != nil {
			return err
		}
		return a.show(res, func() { a.showAccession(res.GetAccession()) })
	})
	return c
}

// tryAcceptance shows what an acceptance would come to. Error: notYet, where it would be refused.
func (a *app) tryAcceptance(ctx context.Context, cl intakev1.IntakeServiceClient, q *intakev1.TryAcceptanceRequest) error {
	res, err := cl.TryAcceptance(ctx, q)
	if err != nil {
		return err
	}
	if err := a.show(res, func() { a.showTrial(q.GetTransferId(), res) }); err != nil {
		return err
	}
	if res.GetAwaitsConsent() || res.GetUncounted() || res.GetUnfiled() > 0 || res.GetUnchecked() > 0 {
		return notYet.With("transfer", q.GetTransferId())
	}
	return nil
}

func (a *app) showTrial(id string, res *intakev1.TryAcceptanceResponse) {
	a.printf(a.say(text{"%s  would be accepted: %d\n", "%s  было бы принято: %d\n", "%s  қабылданар еді: %d\n"}), clean(id), res.GetAccepted())
	consent, count := "", ""
	if res.GetAwaitsConsent() {
		consent = a.say(text{"it waits for the head of the archive", "нужно согласие руководителя архива", "архив басшысының келісімі керек"})
	}
	if res.GetUncounted() {
		count = a.say(text{"nobody has counted its units here", "её единицы никто не сосчитал", "бірліктерін ешкім санаған жоқ"})
	}
	a.fields([]field{
		{text{"MISSING", "ОТСУТСТВУЕТ", "ЖОҚ"}, number(res.GetMissing())},
		{text{"RETURNED", "ВОЗВРАЩЕНО", "ҚАЙТАРЫЛДЫ"}, number(res.GetReturned())},
		{text{"CONSENT", "СОГЛАСИЕ", "КЕЛІСІМ"}, consent},
		{text{"COUNT", "СЧЁТ", "САНАУ"}, count},
		{text{"WITHOUT FILES", "БЕЗ ФАЙЛОВ", "ФАЙЛЫ ЖОҚ"}, a.lacking(res.GetUnfiled(), res.GetFirstUnfiled())},
		{text{"NOT CHECKED AGAINST THE INVENTORY", "НЕ СВЕРЕНО С ОПИСЬЮ", "ТІЗІМДЕМЕМЕН САЛЫСТЫРЫЛМАҒАН"}, a.lacking(res.GetUnchecked(), res.GetFirstUnchecked())},
	})
}

// lacking is how many units lack something, and which is the first; nothing where none does.
func (a *app) lacking(count, first uint32) string {
	if count == 0 {
		return ""
	}
	return fmt.Sprintf(a.say(text{"%d, the first at position %d", "%d, первая – %d", "%d, біріншісі – %d-жол"}), count, first)
}

func (a *app) accessionCommand() *cobra.Command {
	c := a.family("accession", "The book of accessions", a.accessionList(), a.accessionShow())
	c.AddCommand(a.accessionWork()...)
	return c
}

func (a *app) accessionList() *cobra.Command {
	var t target
	var year uint32
	c := &cobra.Command{Use: "list", Short: "List the accessions of a year", Args: cobra.NoArgs}
	t.flags(c)
	c.Flags().Uint32Var(&year, "year", uint32(a.started.Year()), "year of the book")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		all := new(intakev1.ListAccessionsResponse)
		for more := true; more; {
			res, err := cl.ListAccessions(ctx, &intakev1.ListAccessionsRequest{Year: year, After: uint32(len(all.GetAccessions()))})
			if err != nil {
				return err
			}
			all.Accessions = append(all.Accessions, res.GetAccessions()...)
			all.TotalAccessions, all.TotalUnits = res.GetTotalAccessions(), res.GetTotalUnits()
			more = res.GetMore() && len(res.GetAccessions()) > 0
		}
		return a.show(all, func() {
			var rows [][]string
			for _, ac := range all.GetAccessions() {
				rows = append(rows, []string{
					ac.GetAccessionNumber(), ac.GetAcceptedOn(), ac.GetTransferId(), fmt.Sprint(ac.GetAccepted()), a.words(ac.GetOrganisation().GetName()),
				})
			}
			a.table([]text{headAccession, {"DATE", "ДАТА", "КҮНІ"}, headTransfer, headFiles, headOrganisation}, rows)
			a.printf(a.say(text{"in all: %d accessions, %d files\n", "всего: поступлений %d, дел %d\n", "барлығы: түсім %d, іс %d\n"}), all.GetTotalAccessions(), all.GetTotalUnits())
		})
	})
	return c
}

func (a *app) accessionShow() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "show NUMBER", Short: "Show an accession with its files", Args: cobra.ExactArgs(1)}
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		all := new(intakev1.GetAccessionResponse)
		for more := true; more; {
			res, err := cl.GetAccession(ctx, &intakev1.GetAccessionRequest{AccessionNumber: args[0], After: last(all.GetFiles()).GetFile().GetPosition()})
			if err != nil {
				return err
			}
			all.Accession = res.GetAccession()
			all.Files = append(all.Files, res.GetFiles()...)
			more = res.GetMore() && len(res.GetFiles()) > 0
		}
		return a.show(all, func() {
			a.showAccession(all.GetAccession())
			var rows [][]string
			for _, f := range all.GetFiles() {
				rows = append(rows, []string{fmt.Sprint(f.GetFile().GetPosition()), dates(f.GetFile().GetDateFrom(), f.GetFile().GetDateTo()), a.words(f.GetFile().GetTitle())})
			}
			a.table([]text{headNumber, headDates, headTitle}, rows)
		})
	})
	return c
}

func (a *app) showAccession(ac *intakev1.Accession) {
	a.printf(a.say(text{"accession %s of %s\n", "поступление %s от %s\n", "%s түсімі, %s\n"}), ac.GetAccessionNumber(), ac.GetAcceptedOn())
	a.fields([]field{
		{headOrganisation, a.words(ac.GetOrganisation().GetName())},
		{headTransfer, ac.GetTransferId()},
		{headInventory, ac.GetInventory().GetNumber() + " " + a.words(ac.GetInventory().GetTitle())},
		{headFiles, fmt.Sprintf("%d/%d", ac.GetAccepted(), ac.GetListed())},
		{text{"OCFL OBJECT", "ОБЪЕКТ OCFL", "OCFL НЫСАНЫ"}, ac.GetObjectId()},
	})
}

func (a *app) actCommand() *cobra.Command {
	var t target
	var language, path string
	c := &cobra.Command{Use: "act ACCESSION", Short: "Write the act of acceptance and transfer as PDF", Args: cobra.ExactArgs(1)}
	t.flags(c)
	c.Flags().StringVar(&language, "language", "kk", "language of the act: kk or ru")
	c.Flags().StringVarP(&path, "output", "o", "", "file to write; - for the standard output")
	_ = c.MarkFlagRequired("output")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		res, err := cl.GetAct(ctx, &intakev1.GetActRequest{AccessionNumber: args[0], Language: language})
		if err != nil {
			return err
		}
		if digestOf(res.GetPdf()) != res.GetSha256() {
			return actChanged.With()
		}
		if path == "-" {
			_, err := a.out.Write(res.GetPdf())
			return err
		}
		if err := journal.WriteFileSync(path, res.GetPdf(), os.FileMode(0o644)); err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"file": path, "bytes": len(res.GetPdf()), "sha256": res.GetSha256()})
		}
		a.printf("%s  %s  sha256 %s\n", path, a.size(uint64(len(res.GetPdf()))), res.GetSha256())
		return nil
	})
	return c
}
