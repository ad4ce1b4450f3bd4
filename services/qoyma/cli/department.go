package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/standards/term"
)

// in adds the flags of a command that acts in some roles by default.
func (t *target) in(c *cobra.Command, roles ...monitor.Role) {
	t.flags(c)
	t.roles = roleNames(roles)
	c.Flags().Lookup("role").DefValue = strings.Join(t.roles, ",")
}

// departments are the roles of whoever keeps the files of all departments on this machine: a clerk
// alone would act for one of them (--role clerk --organisation ID).
var departments = []monitor.Role{monitor.Clerk, monitor.Archivist}

// texts adds the flags of a text in the three languages.
func texts(c *cobra.Command, what string) *recordv1.Text {
	t := new(recordv1.Text)
	c.Flags().StringVar(&t.Kk, "kk", "", what+" in Kazakh")
	c.Flags().StringVar(&t.Ru, "ru", "", what+" in Russian")
	c.Flags().StringVar(&t.En, "en", "", what+" in English")
	return t
}

func year(arg string) (uint32, error) {
	n, err := strconv.ParseUint(arg, 10, 16)
	if err != nil {
		return 0, text{"“%s” is no year", "«%s» – не год", "«%s» жыл емес"}.usage(arg)
	}
	return uint32(n), nil
}

func (a *app) organisationRegister() *cobra.Command {
	var t target
	c := &cobra.Command{
		Use: "register ID", Short: "Enter a source of acquisition", Args: cobra.ExactArgs(1),
		Example: `  qoyma organisation register bilim --level regional --kk "Білім басқармасы" --ru "Управление образования" --data DIR`,
	}
	t.in(c, monitor.Archivist)
	o := &recordv1.Organisation{Name: texts(c, "name")}
	c.Flags().StringVar(&o.Level, "level", "", "republican, regional or district: decides how long files are kept before transfer")
	_ = c.MarkFlagRequired("level")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := retentionCommand(ar)
		if err != nil {
			return err
		}
		o.Id = args[0]
		res, err := client.RegisterOrganisation(ctx, &retentionv1.RegisterOrganisationRequest{CommandId: id, Organisation: o})
		if err != nil {
			return err
		}
		return a.show(res, func() { a.printf("%s  %s\n", res.GetOrganisation().GetId(), a.words(res.GetOrganisation().GetName())) })
	})
	return c
}

// retentionCommand is the retention service with a fresh command id.
func retentionCommand(ar *archive) (retentionv1.RetentionServiceClient, string, error) {
	client, err := retentionOf(ar)
	if err != nil {
		return nil, "", err
	}
	id, err := commandID()
	return client, id, err
}

func (a *app) nomenclatureCommand() *cobra.Command {
	return a.family("nomenclature", "Nomenclatures of files", a.nomenclatureAdd(), a.nomenclatureList())
}

func (a *app) nomenclatureAdd() *cobra.Command {
	var t target
	c := &cobra.Command{
		Use: "add ORGANISATION YEAR INDEX", Short: "Add a line to a year's nomenclature", Args: cobra.ExactArgs(3),
		Long:    "Add a line to a year's nomenclature. The term is written as lists write it, in Kazakh, Russian or English.",
		Example: `  qoyma nomenclature add bilim 2012 02-07 --term "5 жыл СТК" --article 70 --kk "Хат алмасу" --data DIR`,
	}
	t.in(c, departments...)
	e := &retentionv1.NomenclatureEntry{Title: texts(c, "title")}
	c.Flags().StringVar(&e.Term, "term", "", "retention term")
	c.Flags().StringVar(&e.Article, "article", "", "article of the list that gives the term")
	c.Flags().BoolVar(&e.Personnel, "personnel", false, "documents on personnel")
	_ = c.MarkFlagRequired("term")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := retentionCommand(ar)
		if err != nil {
			return err
		}
		e.OrganisationId, e.Index = args[0], args[2]
		if e.Year, err = year(args[1]); err != nil {
			return err
		}
		res, err := client.AddNomenclatureEntry(ctx, &retentionv1.AddNomenclatureEntryRequest{CommandId: id, Entry: e})
		if err != nil {
			return err
		}
		return a.show(res, func() { a.entries([]*retentionv1.NomenclatureEntry{res.GetEntry()}) })
	})
	return c
}

func (a *app) entries(list []*retentionv1.NomenclatureEntry) {
	var rows [][]string
	for _, e := range list {
		rows = append(rows, []string{e.GetIndex(), term.Words(e.GetTerm(), a.language()), e.GetArticle(), a.words(e.GetTitle())})
	}
	a.table([]text{{"INDEX", "ИНДЕКС", "ИНДЕКСІ"}, {"TERM", "СРОК", "МЕРЗІМІ"}, {"ARTICLE", "СТАТЬЯ", "БАБЫ"}, headTitle}, rows)
}

func (a *app) nomenclatureList() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "list ORGANISATION YEAR", Short: "List a year's nomenclature", Args: cobra.ExactArgs(2)}
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := retentionOf(ar)
		if err != nil {
			return err
		}
		y, err := year(args[1])
		if err != nil {
			return err
		}
		res, err := client.ListNomenclature(ctx, &retentionv1.ListNomenclatureRequest{OrganisationId: args[0], Year: y})
		if err != nil {
			return err
		}
		return a.show(res, func() { a.entries(res.GetEntries()) })
	})
	return c
}

func (a *app) departmentCommand() *cobra.Command {
	return a.family("department", "Files while they are in departments", a.departmentOpen(), a.departmentClose(), a.departmentList())
}

func (a *app) files(list []*retentionv1.DepartmentFile) {
	var rows [][]string
	for _, f := range list {
		rows = append(rows, []string{f.GetFile().GetId(), a.word(departmentStates, f.GetState()), f.GetOpenedOn(), f.GetClosedOn(), a.words(f.GetFile().GetTitle())})
	}
	a.table([]text{headID, headState, {"OPENED", "ОТКРЫТО", "АШЫЛҒАН"}, {"CLOSED", "ЗАКРЫТО", "ЖАБЫЛҒАН"}, headTitle}, rows)
}

func (a *app) departmentOpen() *cobra.Command {
	var t target
	var grounds []string
	c := &cobra.Command{
		Use: "open ORGANISATION YEAR INDEX", Short: "Register a file under a line of the nomenclature", Args: cobra.ExactArgs(3),
		Long: "Register a file under a line of the nomenclature. Without a title it has the line's. With --ground personal the\n" +
			"title is sealed, so that it can be lawfully erased.",
	}
	t.in(c, departments...)
	req := &retentionv1.OpenFileRequest{Title: texts(c, "title")}
	c.Flags().StringVar(&req.OpenedOn, "on", "", "day on which it was opened (YYYY-MM-DD)")
	c.Flags().StringSliceVar(&grounds, "ground", nil, "grounds of restriction: personal, medical, commercial …")
	c.Flags().BoolVar(&req.EspeciallyValuable, "valuable", false, "especially valuable")
	_ = c.MarkFlagRequired("on")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := retentionCommand(ar)
		if err != nil {
			return err
		}
		req.CommandId, req.OrganisationId, req.Index = id, args[0], args[2]
		if req.Year, err = year(args[1]); err != nil {
			return err
		}
		if len(grounds) > 0 {
			req.Label = &journalv1.Label{Level: 1, Grounds: grounds}
		}
		res, err := client.OpenFile(ctx, req)
		if err != nil {
			return err
		}
		return a.show(res, func() { a.files([]*retentionv1.DepartmentFile{res.GetFile()}) })
	})
	return c
}

func (a *app) departmentClose() *cobra.Command {
	var t target
	req := new(retentionv1.CloseFileRequest)
	c := &cobra.Command{Use: "close FILE", Short: "End a file: nothing is put into it any more, and its clock starts", Args: cobra.ExactArgs(1)}
	t.in(c, departments...)
	c.Flags().StringVar(&req.ClosedOn, "on", "", "day on which it was closed (YYYY-MM-DD)")
	c.Flags().Uint32Var(&req.Leaves, "leaves", 0, "leaves of paper; 0 where wholly digital")
	c.Flags().StringVar(&req.DateFrom, "from", "", "earliest date of its documents (default: when it was opened)")
	c.Flags().StringVar(&req.DateTo, "to", "", "latest date of its documents (default: when it was closed)")
	_ = c.MarkFlagRequired("on")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := retentionCommand(ar)
		if err != nil {
			return err
		}
		req.CommandId, req.FileId = id, args[0]
		res, err := client.CloseFile(ctx, req)
		if err != nil {
			return err
		}
		return a.show(res, func() { a.files([]*retentionv1.DepartmentFile{res.GetFile()}) })
	})
	return c
}

func (a *app) departmentList() *cobra.Command {
	var t target
	req := new(retentionv1.ListFilesRequest)
	c := &cobra.Command{Use: "list ORGANISATION", Short: "List a department's files", Args: cobra.ExactArgs(1)}
	t.flags(c)
	c.Flags().StringVar(&req.State, "state", "", "only open, closed, listed, due or transferred ones")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := retentionOf(ar)
		if err != nil {
			return err
		}
		req.OrganisationId = args[0]
		all := new(retentionv1.ListFilesResponse)
		for more := true; more; {
			res, err := client.ListFiles(ctx, req)
			if err != nil {
				return err
			}
			all.Files = append(all.Files, res.GetFiles()...)
			if more = res.GetMore() && len(res.GetFiles()) > 0; more {
				req.After = last(res.GetFiles()).GetFile().GetId()
			}
		}
		return a.show(all, func() { a.files(all.GetFiles()) })
	})
	return c
}

func (a *app) inventoryCommand() *cobra.Command {
	return a.family("inventory", "Approved inventories of departments", a.inventoryApprove(), a.inventoryShow())
}

func (a *app) inventoryApprove() *cobra.Command {
	var t target
	c := &cobra.Command{
		Use: "approve ORGANISATION NUMBER FILE…", Short: "Make an inventory final by the commission's protocol", Args: cobra.MinimumNArgs(3),
		Long: "Make an inventory of closed files final, in the order given, by the commission's protocol, and say when it falls due.",
	}
	t.in(c, monitor.Commission)
	req := &retentionv1.ApproveInventoryRequest{Title: texts(c, "title"), Approval: new(recordv1.Protocol)}
	c.Flags().StringVar(&req.Kind, "kind", "permanent", "permanent, long_term or personnel")
	c.Flags().StringVar(&req.Approval.Commission, "commission", "", "the commission, as it calls itself: ЭПК …, СТК …")
	c.Flags().StringVar(&req.Approval.Number, "protocol", "", "number of its protocol")
	c.Flags().StringVar(&req.Approval.Date, "date", "", "date of its protocol (YYYY-MM-DD)")
	for _, name := range []string{"commission", "protocol", "date"} {
		_ = c.MarkFlagRequired(name)
	}
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := retentionCommand(ar)
		if err != nil {
			return err
		}
		req.CommandId, req.OrganisationId, req.Number, req.FileIds = id, args[0], args[1], args[2:]
		res, err := client.ApproveInventory(ctx, req)
		if err != nil {
			return err
		}
		return a.show(res, func() { a.approved(res.GetInventory(), res.GetDueOn(), res.GetSteps()) })
	})
	return c
}

// approved prints an inventory and the arithmetic of its due day.
func (a *app) approved(i *recordv1.Inventory, due string, steps []*recordv1.DueStep) {
	a.printf("%s  %s\n", i.GetId(), a.words(i.GetTitle()))
	if due != "" {
		a.printf("%s %s\n", a.say(text{"due on", "срок передачи", "тапсыру мерзімі"}), due)
	}
	for _, s := range steps {
		a.printf("  %s\n", strings.TrimSpace(a.words(s.GetWords())))
	}
}

func (a *app) inventoryShow() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "show ID", Short: "Show an inventory, its files, and why it falls due when it does", Args: cobra.ExactArgs(1)}
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := retentionOf(ar)
		if err != nil {
			return err
		}
		all := new(retentionv1.GetInventoryResponse)
		for more, after := true, uint32(0); more; {
			res, err := client.GetInventory(ctx, &retentionv1.GetInventoryRequest{InventoryId: args[0], After: after})
			if err != nil {
				return err
			}
			res.Files = append(all.GetFiles(), res.GetFiles()...)
			all = res
			if more = res.GetMore() && len(res.GetFiles()) > 0; more {
				after = last(res.GetFiles()).GetPosition()
			}
		}
		return a.show(all, func() {
			a.approved(all.GetInventory(), all.GetDueOn(), all.GetSteps())
			var rows [][]string
			for _, f := range all.GetFiles() {
				rows = append(rows, []string{fmt.Sprint(f.GetPosition()), f.GetId(), f.GetDateFrom() + " – " + f.GetDateTo(), a.words(f.GetTitle())})
			}
			a.table([]text{{"NO.", "№", "№"}, headID, headDates, headTitle}, rows)
		})
	})
	return c
}
