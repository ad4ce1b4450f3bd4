package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	"github.com/qoyma/qoyma/services/standards/term"
)

func catalogueOf(c *archive) (cataloguev1.CatalogueServiceClient, error) {
	conn, err := c.conn("catalogue")
	if err != nil {
		return nil, err
	}
	return cataloguev1.NewCatalogueServiceClient(conn), nil
}

func (a *app) searchCommand() *cobra.Command {
	var t target
	var req cataloguev1.SearchRequest
	c := &cobra.Command{
		Use: "search QUERY", Short: "Find fonds, inventories and files by words or archival code", Args: cobra.MinimumNArgs(1),
		Example: "  qoyma search жерге орналастыру\n  qoyma search Ф.1 Оп.1 Д.3\n  qoyma search земля --from 2015 --to 2019",
	}
	t.flags(c)
	c.Flags().StringVar(&req.Fonds, "fonds", "", "only in this fonds")
	c.Flags().StringVar(&req.Kind, "kind", "", "only fonds, inventory or file")
	c.Flags().Uint32Var(&req.YearFrom, "from", 0, "year from which")
	c.Flags().Uint32Var(&req.YearTo, "to", 0, "year up to which")
	c.Flags().Uint32Var(&req.Offset, "offset", 0, "hits to leave out")
	c.Flags().Uint32Var(&req.Limit, "limit", 20, "hits to show, at most 100")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := catalogueOf(ar)
		if err != nil {
			return err
		}
		req.Query = strings.Join(args, " ")
		res, err := client.Search(ctx, &req)
		if err != nil {
			return err
		}
		return a.show(res, func() { a.showHits(res) })
	})
	return c
}

func (a *app) showHits(res *cataloguev1.SearchResponse) {
	a.printf(a.say(text{"found: %d\n", "найдено: %d\n", "табылды: %d\n"}), res.GetTotal())
	if res.GetRelaxed() {
		a.printf("%s\n", a.say(text{
			"no record has all the words; these have some", "записей со всеми словами нет; показаны с некоторыми",
			"барлық сөзі бар жазба жоқ; кейбір сөзі барлары көрсетілді",
		}))
	}
	if len(res.GetHits()) == 0 {
		return
	}
	rows := make([][]string, 0, len(res.GetHits()))
	for _, h := range res.GetHits() {
		rows = append(rows, []string{a.words(h.GetCode()), dates(h.GetDateFrom(), h.GetDateTo()), a.words(h.GetTitle())})
	}
	a.table([]text{headCode, headDates, headTitle}, rows)
}

func (a *app) fondsCommand() *cobra.Command {
	return a.family("fonds", "Fonds of the archive", a.fondsList(), a.fondsShow())
}

func (a *app) fondsList() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "list", Short: "List fonds by number", Args: cobra.NoArgs}
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		client, err := catalogueOf(ar)
		if err != nil {
			return err
		}
		all := new(cataloguev1.ListFondsResponse)
		for more := true; more; {
			res, err := client.ListFonds(ctx, &cataloguev1.ListFondsRequest{After: last(all.GetFonds()).GetNumber()})
			if err != nil {
				return err
			}
			all.Fonds = append(all.Fonds, res.GetFonds()...)
			more = res.GetMore() && len(res.GetFonds()) > 0
		}
		return a.show(all, func() {
			var rows [][]string
			for _, f := range all.GetFonds() {
				rows = append(rows, []string{f.GetNumber(), fmt.Sprint(f.GetInventories()), fmt.Sprint(f.GetFiles()), a.words(f.GetName())})
			}
			a.table([]text{headNumber, headInventory, headFiles, headOrganisation}, rows)
		})
	})
	return c
}

// last is the last of a list; the zero value where it is empty.
func last[T any](list []T) (v T) {
	if len(list) > 0 {
		v = list[len(list)-1]
	}
	return v
}

func (a *app) fondsShow() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "show NUMBER", Short: "Show a fonds with its inventories", Args: cobra.ExactArgs(1)}
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := catalogueOf(ar)
		if err != nil {
			return err
		}
		res, err := client.GetFonds(ctx, &cataloguev1.GetFondsRequest{Number: args[0]})
		if err != nil {
			return err
		}
		return a.show(res, func() {
			a.printf("%s  %s\n", a.words(res.GetFonds().GetCode()), a.words(res.GetFonds().GetName()))
			var rows [][]string
			for _, i := range res.GetInventories() {
				rows = append(rows, []string{i.GetNumber(), years(i.GetYearFrom(), i.GetYearTo()), fmt.Sprint(i.GetFiles()), a.words(i.GetTitle())})
			}
			a.table([]text{headInventory, headYears, headFiles, headTitle}, rows)
		})
	})
	return c
}

func (a *app) fileCommand() *cobra.Command {
	return a.family("file", "Files in the archive", a.fileShow())
}

func (a *app) fileShow() *cobra.Command {
	var t target
	c := &cobra.Command{
		Use: "show CODE", Short: "Show a file by its archival code, in any spelling", Args: cobra.MinimumNArgs(1),
		Example: "  qoyma file show Ф.1 Оп.1 Д.3\n  qoyma file show 1-1-3",
	}
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := catalogueOf(ar)
		if err != nil {
			return err
		}
		res, err := client.GetFile(ctx, &cataloguev1.GetFileRequest{Code: strings.Join(args, " ")})
		if err != nil {
			return err
		}
		return a.show(res, func() { a.showFile(res) })
	})
	return c
}

func (a *app) showFile(res *cataloguev1.GetFileResponse) {
	f := res.GetFile()
	described := f.GetFile().GetFile()
	a.printf("%s\n", a.words(f.GetCode()))
	a.fields([]field{
		{headTitle, a.words(described.GetTitle())},
		{headDates, dates(described.GetDateFrom(), described.GetDateTo())},
		{text{"LEAVES", "ЛИСТЫ", "ПАРАҚТАР"}, number(described.GetLeaves())},
		{text{"TERM", "СРОК ХРАНЕНИЯ", "САҚТАУ МЕРЗІМІ"}, term.Words(described.GetTerm(), a.language()) + " " + described.GetArticle()},
		{text{"FONDS", "ФОНД", "ҚОР"}, a.words(res.GetFonds().GetName())},
		{headInventory, a.words(res.GetInventory().GetTitle())},
		{headAccession, f.GetAccessionNumber()},
		{text{"CONTENT", "СОДЕРЖИМОЕ", "МАЗМҰНЫ"}, strings.Join(f.GetFile().GetContentPaths(), ", ")},
	})
}

type field struct {
	name  text
	value string
}

// fields prints names and values, without the empty ones.
func (a *app) fields(list []field) {
	for _, f := range list {
		if v := strings.TrimSpace(clean(f.value)); v != "" {
			a.printf("  %s: %s\n", strings.ToLower(a.say(f.name)), v)
		}
	}
}

func number(n uint32) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
