package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
)

func insuranceOf(c *archive) (insurancev1.InsuranceServiceClient, error) {
	conn, err := c.conn("insurance")
	if err != nil {
		return nil, err
	}
	return insurancev1.NewInsuranceServiceClient(conn), nil
}

func (a *app) insuranceCommand() *cobra.Command {
	return a.family("insurance", "The insurance fund: copies of especially valuable files",
		a.insuranceList(), a.insuranceShow(), a.insuranceOrder(), a.insuranceRetry(), a.insuranceMicroform(), a.insuranceRegister(),
		a.insuranceScrub(), a.insuranceScrubs(), a.insuranceSites(), a.insurancePeriod())
}

// insured makes a command that asks the insurance service one thing and shows the answer.
func insured[M proto.Message](a *app, c *cobra.Command, ask func(ctx context.Context, client insurancev1.InsuranceServiceClient, args []string) (M, error), people func(M)) *cobra.Command {
	var t target
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := insuranceOf(ar)
		if err != nil {
			return err
		}
		res, err := ask(ctx, client, args)
		if err != nil {
			return err
		}
		return a.show(res, func() { people(res) })
	})
	return c
}

func moment(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return when(t)
}

var (
	headRegister = text{"REG. NO.", "№ УЧЁТА", "ЕСЕП №"}
	headChecked  = text{"CHECKED", "ПРОВЕРЕНО", "ТЕКСЕРІЛДІ"}
	headSite     = text{"SITE", "ПЛОЩАДКА", "АЛАҢ"}
	headWhere    = text{"FILE", "ФАЙЛ", "ФАЙЛ"}
	headSide     = text{"SIDE", "СТОРОНА", "ЖАҚ"}
	headFound    = text{"FOUND", "НАЙДЕНО", "ТАБЫЛДЫ"}
	headRestored = text{"RESTORED", "ВОССТАНОВЛЕНО", "ҚАЛПЫНА КЕЛТІРІЛДІ"}
	headScrub    = text{"CHECK", "ПРОВЕРКА", "ТЕКСЕРУ"}
	headFrames   = text{"FRAMES", "КАДРЫ", "КАДРЛАР"}
	headCarrier  = text{"CARRIER", "НОСИТЕЛЬ", "ТАСЫҒЫШ"}
	headGround   = text{"GROUND", "ОСНОВАНИЕ", "НЕГІЗІ"}
)

func (a *app) insuranceList() *cobra.Command {
	req := new(insurancev1.ListCopiesRequest)
	c := &cobra.Command{Use: "list", Short: "List the copies in the order of archival codes", Args: cobra.NoArgs}
	c.Flags().StringVar(&req.State, "state", "", "only ordered, failed, awaited, made, verified, damaged, beyond_repair, microform, leaving or destroyed")
	c.Flags().BoolVar(&req.EspeciallyValuable, "valuable", false, "only files marked especially valuable")
	return insured(a, c, func(ctx context.Context, client insurancev1.InsuranceServiceClient, _ []string) (*insurancev1.ListCopiesResponse, error) {
		all := new(insurancev1.ListCopiesResponse)
		for more := true; more; {
			req.After = last(all.GetCopies()).GetCopyId()
			res, err := client.ListCopies(ctx, req)
			if err != nil {
				return nil, err
			}
			all.Copies, all.Counts = append(all.Copies, res.GetCopies()...), res.GetCounts()
			more = res.GetMore() && len(res.GetCopies()) > 0
		}
		return all, nil
	}, func(all *insurancev1.ListCopiesResponse) {
		var rows [][]string
		for _, one := range all.GetCopies() {
			rows = append(rows, []string{
				a.words(one.GetFile().GetCode()), a.word(copyStates, one.GetState()), number(one.GetRegisterNumber()), number(one.GetFiles()),
				a.size(one.GetBytes()), moment(one.GetCheckedAt()), a.words(one.GetFile().GetFile().GetTitle()),
			})
		}
		a.table([]text{headCode, headState, headRegister, headContent, headSize, headChecked, headTitle}, rows)
	})
}

func (a *app) insuranceShow() *cobra.Command {
	c := &cobra.Command{Use: "show CODE", Short: "Show a copy with its files, checks and damages", Args: cobra.MinimumNArgs(1)}
	return insured(a, c, func(ctx context.Context, client insurancev1.InsuranceServiceClient, args []string) (*insurancev1.GetCopyResponse, error) {
		return client.GetCopy(ctx, &insurancev1.GetCopyRequest{CopyId: strings.Join(args, " ")})
	}, func(res *insurancev1.GetCopyResponse) {
		a.showCopy(res.GetCopy())
		var rows [][]string
		for _, f := range res.GetFiles() {
			rows = append(rows, []string{f.GetPath(), a.size(f.GetSize()), f.GetSha512()[:min(16, len(f.GetSha512()))]})
		}
		a.table([]text{headWhere, headSize, {"SHA-512", "SHA-512", "SHA-512"}}, rows)
		a.showDamages(res.GetDamages())
	})
}

func (a *app) showCopy(one *insurancev1.Copy) {
	a.printf("%s  %s\n", a.words(one.GetFile().GetCode()), a.words(one.GetFile().GetFile().GetTitle()))
	var sites []string
	for _, s := range one.GetSites() {
		sites = append(sites, s.GetSite()+" "+a.word(copyStates, s.GetState())+" "+s.GetCopyObjectId())
	}
	for _, m := range one.GetMicroforms() {
		sites = append(sites, fmt.Sprintf("%s %s, %d–%d", a.word(carriers, m.GetKind()), m.GetRoll(), m.GetFrameFrom(), m.GetFrameTo()))
	}
	a.fields([]field{
		{headState, a.word(copyStates, one.GetState())},
		{headReason, a.words(one.GetReason())},
		{headGround, a.word(copyGrounds, one.GetGround())},
		{headRegister, number(one.GetRegisterNumber())},
		{headSite, strings.Join(sites, "; ")},
		{headContent, number(one.GetFiles())},
		{headSize, a.size(one.GetBytes())},
		{headChecked, moment(one.GetCheckedAt())},
		{headDue, moment(one.GetCheckDueAt())},
		{headAccession, one.GetFile().GetAccessionNumber()},
	})
}

func (a *app) showDamages(damages []*insurancev1.Damage) {
	if len(damages) == 0 {
		return
	}
	rows := make([][]string, 0, len(damages))
	for _, d := range damages {
		restored := moment(d.GetRestoredAt())
		switch {
		case d.GetLeftBy() != "":
			restored = a.word(copyStates, "left") + " " + d.GetLeftBy()
		case d.GetBeyondRepair():
			restored = a.word(copyStates, "beyond_repair")
		}
		rows = append(rows, []string{moment(d.GetFoundAt()), d.GetCopyId(), a.word(damageSides, d.GetSide()) + " " + d.GetSite(), d.GetPath(), restored, d.GetRestoredFrom()})
	}
	a.table([]text{headFound, headCode, headSide, headWhere, headRestored, headSite}, rows)
}

func (a *app) insuranceOrder() *cobra.Command {
	req := new(insurancev1.OrderCopyRequest)
	c := &cobra.Command{Use: "order CODE --ground TEXT", Short: "Order a copy of a file that is not marked especially valuable", Args: cobra.MinimumNArgs(1)}
	c.Flags().StringVar(&req.Ground, "ground", "", "why: the commission's decision, its number and date")
	return insured(a, c, func(ctx context.Context, client insurancev1.InsuranceServiceClient, args []string) (_ *insurancev1.OrderCopyResponse, err error) {
		req.Code = strings.Join(args, " ")
		if req.CommandId, err = commandID(); err != nil {
			return nil, err
		}
		return client.OrderCopy(ctx, req)
	}, func(res *insurancev1.OrderCopyResponse) { a.showCopy(res.GetCopy()) })
}

func (a *app) insuranceRetry() *cobra.Command {
	c := &cobra.Command{Use: "retry CODE", Short: "Try a failed copy again", Args: cobra.MinimumNArgs(1)}
	return insured(a, c, func(ctx context.Context, client insurancev1.InsuranceServiceClient, args []string) (*insurancev1.RetryCopyResponse, error) {
		id, err := commandID()
		if err != nil {
			return nil, err
		}
		return client.RetryCopy(ctx, &insurancev1.RetryCopyRequest{CommandId: id, CopyId: strings.Join(args, " ")})
	}, func(res *insurancev1.RetryCopyResponse) { a.showCopy(res.GetCopy()) })
}

func (a *app) insuranceMicroform() *cobra.Command {
	m := new(insurancev1.Microform)
	c := &cobra.Command{Use: "microform CODE", Short: "Enter a microfilm, microfiche or scan in the register of the fund", Args: cobra.MinimumNArgs(1)}
	c.Flags().StringVar(&m.Kind, "kind", "microfilm", "microfilm, microfiche or scan")
	c.Flags().StringVar(&m.Roll, "roll", "", "number of the roll, fiche or carrier")
	c.Flags().Uint32Var(&m.FrameFrom, "from", 0, "first frame")
	c.Flags().Uint32Var(&m.FrameTo, "to", 0, "last frame")
	c.Flags().StringVar(&m.MadeOn, "made-on", "", "when it was made (YYYY-MM-DD)")
	c.Flags().StringVar(&m.Place, "place", "", "where it is kept")
	return insured(a, c, func(ctx context.Context, client insurancev1.InsuranceServiceClient, args []string) (*insurancev1.RecordMicroformResponse, error) {
		id, err := commandID()
		if err != nil {
			return nil, err
		}
		return client.RecordMicroform(ctx, &insurancev1.RecordMicroformRequest{CommandId: id, CopyId: strings.Join(args, " "), Microform: m})
	}, func(res *insurancev1.RecordMicroformResponse) { a.showCopy(res.GetCopy()) })
}

func (a *app) insuranceRegister() *cobra.Command {
	c := &cobra.Command{Use: "register", Short: "Show the accession register of the fund", Args: cobra.NoArgs}
	return insured(a, c, func(ctx context.Context, client insurancev1.InsuranceServiceClient, _ []string) (*insurancev1.ListRegisterResponse, error) {
		all := new(insurancev1.ListRegisterResponse)
		for more := true; more; {
			res, err := client.ListRegister(ctx, &insurancev1.ListRegisterRequest{After: last(all.GetLines()).GetNumber()})
			if err != nil {
				return nil, err
			}
			all.Lines = append(all.Lines, res.GetLines()...)
			more = res.GetMore() && len(res.GetLines()) > 0
		}
		return all, nil
	}, func(all *insurancev1.ListRegisterResponse) { a.showRegister(all.GetLines()) })
}

func (a *app) showRegister(lines []*insurancev1.RegisterLine) {
	var rows [][]string
	for _, l := range lines {
		frames := ""
		if l.GetFrameTo() != 0 {
			frames = fmt.Sprintf("%d–%d", l.GetFrameFrom(), l.GetFrameTo())
		}
		rows = append(rows, []string{
			number(l.GetNumber()), l.GetEnteredOn(), a.words(l.GetCode()), strings.TrimSpace(a.word(carriers, l.GetKind()) + " " + l.GetCarrier()), frames,
			moment(l.GetCheckedAt()), a.words(l.GetTitle()),
		})
	}
	a.table([]text{headNumber, headSince, headCode, headCarrier, headFrames, headChecked, headTitle}, rows)
}

func (a *app) insuranceScrub() *cobra.Command {
	c := &cobra.Command{
		Use: "scrub [CODE]", Short: "Read originals and copies, compare their digests, restore what is damaged",
		Long: "Read originals and copies of the fund, or of one file, and compare them with the recorded digests. What is damaged is\n" +
			"restored from the side that is whole. The check goes on in the server; without --no-wait the command waits for its end.",
	}
	var noWait bool
	c.Flags().BoolVar(&noWait, "no-wait", false, "begin and end at once")
	return insured(a, c, func(ctx context.Context, client insurancev1.InsuranceServiceClient, args []string) (*insurancev1.GetScrubResponse, error) {
		id, err := commandID()
		if err != nil {
			return nil, err
		}
		begun, err := client.StartScrub(ctx, &insurancev1.StartScrubRequest{CommandId: id, CopyId: strings.Join(args, " ")})
		if err != nil {
			return nil, err
		}
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			res, err := client.GetScrub(ctx, &insurancev1.GetScrubRequest{ScrubId: begun.GetScrub().GetScrubId()})
			if err != nil || noWait || res.GetScrub().GetState() == "finished" {
				return res, err
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}, func(res *insurancev1.GetScrubResponse) {
		a.showScrubs([]*insurancev1.Scrub{res.GetScrub()})
		a.showDamages(res.GetDamages())
	})
}

func (a *app) insuranceScrubs() *cobra.Command {
	c := &cobra.Command{Use: "scrubs [NUMBER]", Short: "List the checks of the fund, or show one with the damage it found", Args: cobra.MaximumNArgs(1)}
	var t target
	t.flags(c)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := insuranceOf(ar)
		if err != nil {
			return err
		}
		if len(args) == 1 {
			res, err := client.GetScrub(ctx, &insurancev1.GetScrubRequest{ScrubId: args[0]})
			if err != nil {
				return err
			}
			return a.show(res, func() {
				a.showScrubs([]*insurancev1.Scrub{res.GetScrub()})
				a.showDamages(res.GetDamages())
			})
		}
		res, err := client.ListScrubs(ctx, &insurancev1.ListScrubsRequest{})
		if err != nil {
			return err
		}
		return a.show(res, func() {
			a.showScrubs(res.GetScrubs())
			a.printf(a.say(text{"every %d days; next: %s\n", "каждые %d дней; следующая: %s\n", "әр %d күн сайын; келесі: %s\n"}), res.GetCheckPeriodDays(), moment(res.GetNextAt()))
		})
	})
	return c
}

func (a *app) showScrubs(scrubs []*insurancev1.Scrub) {
	rows := make([][]string, 0, len(scrubs))
	for _, s := range scrubs {
		rows = append(rows, []string{
			s.GetScrubId(), a.word(scrubStates, s.GetState()), fmt.Sprintf("%d %%", s.GetPercent()), moment(s.GetBegunAt()), fmt.Sprintf("%d/%d", s.GetCopiesDone(), s.GetCopies()),
			fmt.Sprint(s.GetFiles()), a.size(s.GetBytes()), fmt.Sprint(s.GetDamaged()), fmt.Sprint(s.GetRestored()), fmt.Sprint(s.GetBeyondRepair()),
		})
	}
	a.table([]text{
		headScrub, headState,
		{"%", "%", "%"},
		headSince,
		{"COPIES", "КОПИИ", "КӨШІРМЕЛЕР"},
		headContent, headSize,
		{"DAMAGED", "ПОВРЕЖДЕНО", "БҮЛІНГЕН"},
		headRestored,
		{"BEYOND REPAIR", "НЕ ВОССТАНОВИТЬ", "ҚАЛПЫНА КЕЛМЕЙДІ"},
	}, rows)
}

func (a *app) insuranceSites() *cobra.Command {
	c := &cobra.Command{Use: "sites", Short: "Show where the copies are kept and how the places stand", Args: cobra.NoArgs}
	return insured(a, c, func(ctx context.Context, client insurancev1.InsuranceServiceClient, _ []string) (*insurancev1.ListSitesResponse, error) {
		return client.ListSites(ctx, &insurancev1.ListSitesRequest{})
	}, func(res *insurancev1.ListSitesResponse) { a.showSites(res.GetSites()) })
}

func (a *app) showSites(sites []*insurancev1.Site) {
	var rows [][]string
	for _, s := range sites {
		rows = append(rows, []string{s.GetSite(), a.word(siteStates, s.GetState()), number(s.GetCopies()), a.size(s.GetBytes()), a.size(s.GetFreeBytes()), moment(s.GetCheckedAt()), s.GetFolder()})
	}
	a.table([]text{headSite, headState, {"COPIES", "КОПИИ", "КӨШІРМЕЛЕР"}, headSize, {"FREE", "СВОБОДНО", "БОС"}, headChecked, {"FOLDER", "ПАПКА", "ҚАЛТА"}}, rows)
	for _, s := range sites {
		for _, words := range []string{a.words(s.GetAlarm()), a.words(s.GetWarning())} {
			if words != "" {
				a.printf("! %s: %s\n", clean(s.GetSite()), words)
			}
		}
	}
}

func (a *app) insurancePeriod() *cobra.Command {
	var days uint32
	c := &cobra.Command{Use: "period --days N", Short: "Set how often every copy is checked", Args: cobra.NoArgs}
	c.Flags().Uint32Var(&days, "days", 30, "days between two checks of a copy")
	return insured(a, c, func(ctx context.Context, client insurancev1.InsuranceServiceClient, _ []string) (*insurancev1.SetCheckPeriodResponse, error) {
		id, err := commandID()
		if err != nil {
			return nil, err
		}
		return client.SetCheckPeriod(ctx, &insurancev1.SetCheckPeriodRequest{CommandId: id, Days: days})
	}, func(res *insurancev1.SetCheckPeriodResponse) {
		a.printf(a.say(text{"every %d days; next: %s\n", "каждые %d дней; следующая: %s\n", "әр %d күн сайын; келесі: %s\n"}), res.GetDays(), moment(res.GetNextAt()))
	})
}
