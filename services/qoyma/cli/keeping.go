package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
)

// accessionWork are the commands of what follows an acceptance.
func (a *app) accessionWork() []*cobra.Command {
	return []*cobra.Command{
		a.accessionWorkShow(), a.accessionSign(), a.accessionVerify(), a.accessionApprove(), a.accessionPropose(), a.accessionProposed(), a.accessionDecide(),
		a.accessionDescribe(), a.descriptionAct(), a.accessionBox(), a.accessionLabels(),
		a.family("quarantine", "Keep an accession apart until it is known to be clean", a.quarantineBegin(), a.quarantineEnd()),
		a.family("deaccession", "Let units leave the archive, by four eyes", a.deaccessionPropose(), a.deaccessionDecide(), a.deaccessionReceive(), a.deaccessionAct()),
	}
}

// showKept shows an accession with what became of it after its acceptance.
func (a *app) showKept(ac *intakev1.Accession) {
	a.showAccession(ac)
	for _, s := range ac.GetSignatures() {
		a.printf(a.say(text{"  signed: %s, %s, %s\n", "  подписано: %s, %s, %s\n", "  қол қойылды: %s, %s, %s\n"}), a.word(sides, s.GetSide()), a.word(signedHow, s.GetHow()), s.GetSignedOn())
	}
	a.fields([]field{
		{text{"CLOSED", "ОФОРМЛЕНО", "РӘСІМДЕЛДІ"}, ac.GetClosedOn()},
		{text{"BEFORE THE COMMISSION", "НА КОМИССИИ", "КОМИССИЯДА"}, strings.TrimSpace(ac.GetProposed().GetProposedOn() + " " + clean(ac.GetProposed().GetGround()))},
		{text{"NOT APPROVED", "НЕ ОДОБРЕНО", "МАҚҰЛДАНБАДЫ"}, strings.TrimSpace(ac.GetNotApproved().GetDeclinedOn() + " " + clean(ac.GetNotApproved().GetReason()))},
		{text{"UNDESCRIBED", "НЕОПИСАННЫЕ", "СИПАТТАЛМАҒАН"}, number(ac.GetUndescribed())},
		{text{"ACT OF DESCRIPTION", "АКТ ОПИСАНИЯ", "СИПАТТАУ АКТІСІ"}, described(ac.GetDescription())},
		{text{"LEFT", "ВЫБЫЛО", "ШЫҚТЫ"}, number(ac.GetDeaccessioned())},
		{text{"QUARANTINE", "КАРАНТИН", "КАРАНТИН"}, a.quarantined(ac)},
	})
}

// described is when an accession was described and by which account, how many units were counted before, and how many rows there are now.
func described(d *intakev1.Description) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s, %s, %d → %d", d.GetDescribedOn(), clean(d.GetDescribedBy()), d.GetCounted(), d.GetDescribed())
}

// quarantined is when an accession was kept apart, and what came out of it.
func (a *app) quarantined(ac *intakev1.Accession) string {
	if ac.GetQuarantine() == nil {
		return ""
	}
	end := ac.GetQuarantineEnded()
	return strings.TrimSpace(ac.GetQuarantine().GetBegunOn() + " – " + end.GetEndedOn() + " " + a.word(quarantineResults, end.GetResult()))
}

func (a *app) accessionWorkShow() *cobra.Command {
	c := &cobra.Command{Use: "work NUMBER", Short: "Show signatures, quarantine, boxes and deaccessions of an accession"}
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, _ string, args []string) (*intakev1.GetAccessionWorkResponse, error) {
		return cl.GetAccessionWork(ctx, &intakev1.GetAccessionWorkRequest{AccessionNumber: args[0]})
	}, func(res *intakev1.GetAccessionWorkResponse) {
		a.showKept(res.GetAccession())
		if e := res.GetEark(); e != nil {
			a.fields([]field{{text{"PACKAGE", "ПАКЕТ", "ПАКЕТ"}, "E-ARK " + clean(e.GetOaisType()) + " " + clean(e.GetId())}})
		}
		for _, lacks := range res.GetOpen() {
			a.printf(a.say(text{"  still lacks: %s\n", "  ещё нет: %s\n", "  әлі жоқ: %s\n"}), a.word(accessionLacks, lacks))
		}
		a.showBoxes(res.GetBoxes())
		for _, d := range res.GetDeaccessions() {
			a.showLeaving(d)
		}
	})
}

func (a *app) showBoxes(boxes []*intakev1.Box) {
	var rows [][]string
	for _, b := range boxes {
		units := fmt.Sprintf("%d–%d", b.GetFirst(), b.GetLast())
		if b.GetFirst() == 0 {
			units = a.say(text{"none yet", "ещё нет", "әлі жоқ"})
		}
		rows = append(rows, []string{fmt.Sprint(b.GetNumber()), units, clean(b.GetRoom()), clean(b.GetRack()), clean(b.GetShelf())})
	}
	if len(rows) > 0 {
		a.table([]text{{"BOX", "КОРОБКА", "ҚОРАП"}, headFiles, {"ROOM", "ХРАНИЛИЩЕ", "ҚОЙМА"}, {"RACK", "СТЕЛЛАЖ", "СТЕЛЛАЖ"}, {"SHELF", "ПОЛКА", "СӨРЕ"}}, rows)
	}
}

func (a *app) showLeaving(d *intakev1.Deaccession) {
	p := d.GetProposed()
	positions := make([]string, 0, len(p.GetPositions()))
	for _, position := range p.GetPositions() {
		positions = append(positions, fmt.Sprint(position))
	}
	a.printf(a.say(text{"deaccession %s/%d: %s, %s, files %s\n", "выбытие %s/%d: %s, %s, дела %s\n", "шығару %s/%d: %s, %s, істер %s\n"}),
		p.GetAccessionNumber(), p.GetNumber(), a.word(leaveStates, d.GetState()), a.word(leaveWays, p.GetWay()), strings.Join(positions, ", "))
	switch fate := d.GetFate(); fate.GetState() {
	case "closed":
		a.printf(a.say(text{"  content given to nobody since %s, goes with its object\n", "  содержимое никому не выдаётся с %s, будет уничтожено вместе с объектом\n", "  мазмұны %s күнінен бастап ешкімге берілмейді, нысанмен бірге жойылады\n"}), fate.GetOn())
	case "removing":
		a.printf(a.say(text{"  content given to nobody since %s, being destroyed\n", "  содержимое никому не выдаётся с %s, уничтожается\n", "  мазмұны %s күнінен бастап ешкімге берілмейді, жойылып жатыр\n"}), fate.GetOn())
	case "removed":
		a.printf(a.say(text{"  content destroyed: %s\n", "  содержимое уничтожено: %s\n", "  мазмұны жойылды: %s\n"}), fate.GetOn())
	}
}

func (a *app) accessionDescribe() *cobra.Command {
	c := &cobra.Command{Use: "describe NUMBER FILE", Short: "Give an undescribed accession its inventory (act of description)", Long: "FILE is JSON: {\"inventory\": {…}, \"files\": […]}, at most 500 files."}
	return verb(a, c, 2, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.DescribeAccessionResponse, error) {
		q := new(intakev1.DescribeAccessionRequest)
		if err := readRequest(args[1], q); err != nil {
			return nil, err
		}
		q.CommandId, q.AccessionNumber = id, args[0]
		return cl.DescribeAccession(ctx, q)
	}, func(res *intakev1.DescribeAccessionResponse) { a.showKept(res.GetAccession()) })
}

func (a *app) descriptionAct() *cobra.Command {
	c := &cobra.Command{Use: "description NUMBER", Short: "Write the act of description of an accession that came undescribed as PDF"}
	return a.pdfCommand(c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, language string, args []string) ([]byte, error) {
		res, err := cl.GetDescriptionAct(ctx, &intakev1.GetDescriptionActRequest{AccessionNumber: args[0], Language: language})
		if err == nil && digestOf(res.GetPdf()) != res.GetSha256() {
			err = actChanged.With()
		}
		return res.GetPdf(), err
	})
}

func (a *app) accessionBox() *cobra.Command {
	c := &cobra.Command{
		Use: "box NUMBER BOX", Short: "Give a box its place and the run of units that it holds",
		Long: "What is not named stays as it is. A box of an undescribed accession gets a place alone, and its units after the act of description.",
	}
	said := new(intakev1.Box)
	f := c.Flags()
	f.Uint32Var(&said.First, "first", 0, "first position")
	f.Uint32Var(&said.Last, "last", 0, "last position")
	f.StringVar(&said.Room, "room", "", "store room")
	f.StringVar(&said.Rack, "rack", "", "rack")
	f.StringVar(&said.Shelf, "shelf", "", "shelf")
	remove := f.Bool("remove", false, "take the box away")
	return verb(a, c, 2, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.StoreBoxesResponse, error) {
		n, err := positionOf(args[1])
		if err != nil {
			return nil, err
		}
		b := &intakev1.Box{Number: n}
		if !*remove {
			work, err := cl.GetAccessionWork(ctx, &intakev1.GetAccessionWorkRequest{AccessionNumber: args[0]})
			if err != nil {
				return nil, err
			}
			b = changedBox(c, b, work.GetBoxes(), said)
		}
		return cl.StoreBoxes(ctx, &intakev1.StoreBoxesRequest{CommandId: id, AccessionNumber: args[0], Boxes: []*intakev1.Box{b}})
	}, func(res *intakev1.StoreBoxesResponse) { a.showBoxes(res.GetBoxes()) })
}

// changedBox is a box as it stands, with what the flags of the command say of it.
func changedBox(c *cobra.Command, b *intakev1.Box, stand []*intakev1.Box, said *intakev1.Box) *intakev1.Box {
	for _, s := range stand {
		if s.GetNumber() == b.GetNumber() {
			b = s
		}
	}
	for name, set := range map[string]func(){
		"first": func() { b.First = said.GetFirst() }, "last": func() { b.Last = said.GetLast() },
		"room": func() { b.Room = said.GetRoom() }, "rack": func() { b.Rack = said.GetRack() }, "shelf": func() { b.Shelf = said.GetShelf() },
	} {
		if c.Flags().Changed(name) {
			set()
		}
	}
	return b
}

// pdfCommand makes a command that writes a paper to a file.
func (a *app) pdfCommand(c *cobra.Command, arguments int, call func(ctx context.Context, cl intakev1.IntakeServiceClient, language string, args []string) ([]byte, error)) *cobra.Command {
	var t target
	c.Args = cobra.ExactArgs(arguments)
	t.flags(c)
	language := c.Flags().String("language", "kk", "language of the paper: kk or ru")
	path := c.Flags().StringP("output", "o", "", "file to write; - for the standard output")
	_ = c.MarkFlagRequired("output")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		cl, err := intakeOf(ar)
		if err != nil {
			return err
		}
		pdf, err := call(ctx, cl, *language, args)
		if err != nil {
			return err
		}
		return a.writePDF(*path, pdf)
	})
	return c
}

func (a *app) accessionLabels() *cobra.Command {
	c := &cobra.Command{Use: "labels NUMBER", Short: "Write the labels of an accession's boxes as PDF"}
	return a.pdfCommand(c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, language string, args []string) ([]byte, error) {
		res, err := cl.GetLabels(ctx, &intakev1.GetLabelsRequest{AccessionNumber: args[0], Language: language})
		return res.GetPdf(), err
	})
}

func (a *app) quarantineBegin() *cobra.Command {
	c := &cobra.Command{Use: "begin NUMBER", Short: "Keep an accession apart"}
	reason := c.Flags().String("reason", "", "why it is kept apart")
	place := c.Flags().String("place", "", "where")
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.BeginQuarantineResponse, error) {
		return cl.BeginQuarantine(ctx, &intakev1.BeginQuarantineRequest{CommandId: id, AccessionNumber: args[0], Reason: *reason, Place: *place})
	}, func(res *intakev1.BeginQuarantineResponse) { a.showKept(res.GetAccession()) })
}

func (a *app) quarantineEnd() *cobra.Command {
	c := &cobra.Command{Use: "end NUMBER", Short: "Say what came out of the quarantine"}
	result := c.Flags().String("result", "", "clean, treated or restoration")
	note := c.Flags().String("note", "", "in words")
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.EndQuarantineResponse, error) {
		return cl.EndQuarantine(ctx, &intakev1.EndQuarantineRequest{CommandId: id, AccessionNumber: args[0], Result: *result, Note: *note})
	}, func(res *intakev1.EndQuarantineResponse) { a.showKept(res.GetAccession()) })
}

func (a *app) deaccessionPropose() *cobra.Command {
	c := &cobra.Command{Use: "propose NUMBER", Short: "Propose that units leave the archive (an archivist)"}
	p := protocolFlags(c)
	way := c.Flags().String("way", "", "transferred, destroyed or returned_to_owner")
	ground := c.Flags().String("ground", "", "why they leave")
	receiver := c.Flags().String("receiver", "", "who receives them")
	content := c.Flags().String("content", "", "digital content and insurance copies: kept or destroyed (default: destroyed where the units are, else kept)")
	positions := c.Flags().UintSlice("position", nil, "positions of the units")
	return verb(a, c, 1, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.ProposeDeaccessionResponse, error) {
		q := &intakev1.ProposeDeaccessionRequest{CommandId: id, AccessionNumber: args[0], Way: *way, Ground: *ground, Receiver: *receiver, Protocol: p, Content: *content}
		for _, n := range *positions {
			position, err := positionOf(fmt.Sprint(n))
			if err != nil {
				return nil, err
			}
			q.Positions = append(q.Positions, position)
		}
		return cl.ProposeDeaccession(ctx, q)
	}, func(res *intakev1.ProposeDeaccessionResponse) { a.showLeaving(res.GetDeaccession()) })
}

func (a *app) deaccessionDecide() *cobra.Command {
	c := &cobra.Command{Use: "decide NUMBER COUNT", Short: "Approve or decline a deaccession (the head)"}
	approve := c.Flags().Bool("approve", false, "let the units leave")
	reason := c.Flags().String("decline", "", "why they stay")
	return verb(a, c, 2, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.DecideDeaccessionResponse, error) {
		n, err := positionOf(args[1])
		if err != nil {
			return nil, err
		}
		return cl.DecideDeaccession(ctx, &intakev1.DecideDeaccessionRequest{CommandId: id, AccessionNumber: args[0], Number: n, Approve: *approve, Reason: *reason})
	}, func(res *intakev1.DecideDeaccessionResponse) { a.showLeaving(res.GetDeaccession()) })
}

func (a *app) deaccessionReceive() *cobra.Command {
	c := &cobra.Command{Use: "receive NUMBER COUNT", Short: "Record the receipt of whoever received what left (an archivist)"}
	on := c.Flags().String("on", "", "day of the receipt, YYYY-MM-DD (default: today)")
	document := c.Flags().String("document", "", "the receipt: its number and date")
	return verb(a, c, 2, func(ctx context.Context, cl intakev1.IntakeServiceClient, id string, args []string) (*intakev1.ReceiveDeaccessionResponse, error) {
		n, err := positionOf(args[1])
		if err != nil {
			return nil, err
		}
		return cl.ReceiveDeaccession(ctx, &intakev1.ReceiveDeaccessionRequest{CommandId: id, AccessionNumber: args[0], Number: n, ReceivedOn: *on, Document: *document})
	}, func(res *intakev1.ReceiveDeaccessionResponse) { a.showLeaving(res.GetDeaccession()) })
}

func (a *app) deaccessionAct() *cobra.Command {
	c := &cobra.Command{Use: "act NUMBER COUNT", Short: "Write the act of deaccession as PDF"}
	return a.pdfCommand(c, 2, func(ctx context.Context, cl intakev1.IntakeServiceClient, language string, args []string) ([]byte, error) {
		n, err := positionOf(args[1])
		if err != nil {
			return nil, err
		}
		res, err := cl.GetDeaccessionAct(ctx, &intakev1.GetDeaccessionActRequest{AccessionNumber: args[0], Number: n, Language: language})
		return res.GetPdf(), err
	})
}
