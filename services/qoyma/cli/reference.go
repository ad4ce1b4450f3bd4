package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

var paperChanged = fault.Define(fault.Internal, "cli.paper_changed",
	"the paper that came is not the one that was signed; nothing was written, try again and tell the administrator if it repeats",
	"пришёл не тот документ, который был подписан; ничего не записано, повторите и сообщите администратору, если повторится",
	"келген құжат қол қойылған құжат емес; ештеңе жазылған жоқ, қайталаңыз, тағы қайталанса, әкімшіге хабарлаңыз")

func referenceOf(ar *archive) (referencev1.ReferenceServiceClient, error) {
	conn, err := ar.conn("reference")
	if err != nil {
		return nil, err
	}
	return referencev1.NewReferenceServiceClient(conn), nil
}

// referenceCommand is the reference service with a fresh command id.
func referenceCommand(ar *archive) (referencev1.ReferenceServiceClient, string, error) {
	client, err := referenceOf(ar)
	if err != nil {
		return nil, "", err
	}
	id, err := commandID()
	return client, id, err
}

func (a *app) requestCommand() *cobra.Command {
	return a.family(
		"request", "Requests for references and information, from registration to the signed answer",
		a.requestRegister(), a.requestList(), a.requestShow(), a.requestFollow(), a.requestAssign(), a.requestIdentity(), a.requestFind(),
		a.requestExtend(), a.requestForward(), a.requestDraft(), a.requestSubmit(), a.requestReturn(), a.requestSign(), a.requestDeliver(),
		a.requestCertificate(), a.requestHolds(),
	)
}

func (a *app) requestRegister() *cobra.Command {
	var t target
	who := new(referencev1.Applicant)
	q := &referencev1.RegisterRequestRequest{Facts: new(referencev1.RegimeFacts), Submission: &referencev1.Submission{Applicant: who}}
	c := &cobra.Command{
		Use: "register", Short: "Enter a request that came to the archive", Args: cobra.NoArgs,
		Long: "Enter a request that came to the archive; its regime and its latest date are decided and explained.\n" +
			"The secret of its link is printed once and kept nowhere.",
		Example: `  qoyma request register --topic work_record --surname Ойдағыева --name Сабира --address "Жетіөзен" --text "Жұмыс істегенімді растаңыз" --data DIR`,
	}
	t.in(c, monitor.Archivist)
	f := c.Flags()
	f.StringVar(&q.Facts.Topic, "topic", "", "work_record, pay, award, repression, land or other")
	f.StringVar(&q.Facts.Wish, "wish", "", "reference, copy, extract, information or petition; empty follows from the topic")
	f.BoolVar(&q.Facts.InProceedings, "in-proceedings", false, "asked within an administrative, civil or criminal matter")
	f.BoolVar(&q.Facts.ByMedia, "by-media", false, "asked by the mass media")
	f.StringVar(&q.Channel, "channel", "counter", "web, counter, post, email or egov")
	f.StringVar(&q.Language, "language", "kk", "language of the answer: kk, ru or en")
	f.StringVar(&q.Delivery, "delivery", "paper", "paper or electronic")
	f.StringVar(&q.ReceivedOn, "received", "", "day of receipt (YYYY-MM-DD); empty is today")
	f.StringVar(&q.Submission.Text, "text", "", "the request in the applicant's words")
	f.StringVar(&q.Submission.Hints, "hints", "", "where the applicant believes it stands")
	f.StringVar(&q.Submission.Period, "period", "", "years concerned")
	for _, s := range []struct {
		to         *string
		name, what string
	}{
		{&who.Surname, "surname", "surname"},
		{&who.GivenName, "name", "given name"},
		{&who.Patronymic, "patronymic", "patronymic"},
		{&who.FormerSurname, "former-surname", "former surname"},
		{&who.Iin, "iin", "individual identification number"},
		{&who.BirthDate, "born", "date of birth (YYYY-MM-DD)"},
		{&who.Address, "address", "postal address"},
		{&who.Email, "email", "e-mail"},
		{&who.Phone, "phone", "phone"},
		{&who.OnBehalfOf, "on-behalf-of", "the person for whom it is asked"},
		{&who.Authority, "authority", "authority of the representative"},
		{&who.OrganisationName, "organisation-name", "name of the organisation that asks"},
		{&who.Bin, "bin", "business identification number"},
		{&who.OutgoingNumber, "outgoing-number", "outgoing number of the organisation's letter"},
		{&who.OutgoingDate, "outgoing-date", "its date (YYYY-MM-DD)"},
		{&who.SignatoryName, "signatory", "surname and initials of its signatory"},
		{&who.SignatoryPost, "signatory-post", "their post"},
	} {
		f.StringVar(s.to, s.name, "", s.what)
	}
	_ = c.MarkFlagRequired("topic")
	_ = c.MarkFlagRequired("text")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		client, id, err := referenceCommand(ar)
		if err != nil {
			return err
		}
		q.CommandId = id
		res, err := client.RegisterRequest(ctx, q)
		if err != nil {
			return err
		}
		return a.show(res, func() {
			a.printf("%s  %s  %s\n", res.GetNumber(), a.words(res.GetRegime().GetName()), res.GetDueOn())
			a.printf("%s\n", a.words(res.GetRegime().GetExplanation()))
			a.arithmetic(res.GetDuties())
			a.printf(a.say(text{"secret (shown once): %s\n", "секрет (показывается один раз): %s\n", "құпия (бір рет көрсетіледі): %s\n"}), res.GetSecret())
		})
	})
	return c
}

// arithmetic prints the steps of the answer's date.
func (a *app) arithmetic(duties []*referencev1.Duty) {
	if len(duties) == 0 {
		return
	}
	for _, step := range duties[0].GetSteps() {
		a.printf("  %s\n", a.words(step.GetWords()))
	}
	a.printf("  %s\n", duties[0].GetEdition())
}

func (a *app) requestList() *cobra.Command {
	var t target
	var q referencev1.ListRequestsRequest
	c := &cobra.Command{Use: "list", Short: "List requests, the least lawful time left first", Args: cobra.NoArgs}
	t.in(c, monitor.Archivist)
	c.Flags().StringVar(&q.State, "state", "", "registered, assigned, drafted, submitted, signed or closed; empty means all open ones")
	c.Flags().StringVar(&q.Regime, "regime", "", "archival, information or petition")
	c.Flags().BoolVar(&q.Mine, "mine", false, "only those that lie before you")
	c.Flags().BoolVar(&q.Missed, "missed", false, "only those whose term was missed")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		client, err := referenceOf(ar)
		if err != nil {
			return err
		}
		all := new(referencev1.ListRequestsResponse)
		for {
			res, err := client.ListRequests(ctx, &q)
			if err != nil {
				return err
			}
			all.Requests = append(all.Requests, res.GetRequests()...)
			all.Today, all.Open, all.Overdue = res.GetToday(), res.GetOpen(), res.GetOverdue()
			if q.After = res.GetNext(); q.After == "" {
				break
			}
		}
		return a.show(all, func() {
			var rows [][]string
			for _, s := range all.GetRequests() {
				rows = append(rows, a.requestRow(s))
			}
			a.table([]text{
				headNumber, headDue,
				{"DAYS", "ДНЕЙ", "КҮН"},
				headState,
				{"REGIME", "ПОРЯДОК", "ТӘРТІБІ"},
				{"TOPIC", "ТЕМА", "ТАҚЫРЫБЫ"},
				{"WHO", "КТО", "КІМ"},
			}, rows)
		})
	})
	return c
}

func (a *app) requestShow() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "show NUMBER", Short: "Show a request with everything that you may see", Args: cobra.ExactArgs(1)}
	t.in(c, monitor.Archivist)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := referenceOf(ar)
		if err != nil {
			return err
		}
		res, err := client.GetRequest(ctx, &referencev1.GetRequestRequest{Number: args[0]})
		if err != nil {
			return err
		}
		return a.show(res, func() { a.request(res) })
	})
	return c
}

// requestRow is a request in a list.
func (a *app) requestRow(s *referencev1.RequestSummary) []string {
	return []string{
		s.GetNumber(), s.GetDueOn(), fmt.Sprint(s.GetDaysLeft()), a.word(requestStates, s.GetState()), a.word(requestRegimes, s.GetRegime()), a.word(requestTopics, s.GetTopic()),
		s.GetAssignee(),
	}
}

// request prints a request as the staff reads it.
func (a *app) request(r *referencev1.GetRequestResponse) {
	s, who := r.GetRequest(), r.GetSubmission().GetApplicant()
	a.printf("%s  %s  %s  %s\n", s.GetNumber(), a.word(requestStates, s.GetState()), a.word(requestRegimes, s.GetRegime()), s.GetDueOn())
	a.printf("%s\n", a.words(r.GetRegime().GetExplanation()))
	a.arithmetic(r.GetDuties())
	if who != nil {
		a.printf("%s %s %s %s\n%s\n", clean(who.GetOrganisationName()), clean(who.GetSurname()), clean(who.GetGivenName()), clean(who.GetPatronymic()), clean(r.GetSubmission().GetText()))
	}
	for _, f := range r.GetFindings() {
		a.printf("  %d  %s  %s\n", f.GetFinding(), clean(f.GetCitation()), clean(f.GetQuotation()))
	}
	for _, p := range r.GetPapers() {
		a.printf("  %s  %s  %s  %s\n", p.GetCertificateNumber(), a.word(paperKinds, p.GetKind()), a.word(paperStates, p.GetState()), p.GetSha256())
	}
	a.timelineOf(r.GetTimeline())
}

func (a *app) timelineOf(entries []*referencev1.TimelineEntry) {
	for _, e := range entries {
		a.printf("  %s  %s\n", e.GetOn(), a.words(e.GetWords()))
	}
}

func (a *app) requestFollow() *cobra.Command {
	var t target
	var file string
	c := &cobra.Command{
		Use: "follow NUMBER", Short: "See a request as its applicant does", Args: cobra.ExactArgs(1),
		Long: "See a request as its applicant does. The secret is read from --secret-file or the standard input, so that it stands in no list of processes.",
	}
	t.in(c, monitor.Researcher)
	c.Flags().StringVar(&file, "secret-file", "", "file with the secret; empty reads the standard input")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := referenceOf(ar)
		if err != nil {
			return err
		}
		secret, err := a.hidden(file)
		if err != nil {
			return err
		}
		res, err := client.GetRequestBySecret(ctx, &referencev1.GetRequestBySecretRequest{Number: args[0], Secret: secret})
		if err != nil {
			return err
		}
		return a.show(res, func() {
			a.printf("%s  %s  %s\n", res.GetRequest().GetNumber(), a.word(requestStates, res.GetRequest().GetState()), res.GetRequest().GetDueOn())
			a.timelineOf(res.GetTimeline())
			a.printf("%s\n%s\n", a.words(res.GetNext().GetWords()), a.words(res.GetRemedy()))
		})
	})
	return c
}

// changed makes a command on one request that answers with its state.
func (a *app) changed(use, short string, role monitor.Role, extra int, flags func(c *cobra.Command),
	do func(ctx context.Context, client referencev1.ReferenceServiceClient, id string, args []string) (*referencev1.RequestSummary, error),
) *cobra.Command {
	var t target
	c := &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(1 + extra)}
	t.in(c, role)
	if flags != nil {
		flags(c)
	}
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := referenceCommand(ar)
		if err != nil {
			return err
		}
		s, err := do(ctx, client, id, args)
		if err != nil {
			return err
		}
		return a.show(s, func() { a.printf("%s  %s  %s\n", s.GetNumber(), a.word(requestStates, s.GetState()), s.GetDueOn()) })
	})
	return c
}

func (a *app) requestAssign() *cobra.Command {
	var to string
	return a.changed("assign NUMBER", "Name who works on a request", monitor.Archivist, 0,
		func(c *cobra.Command) { c.Flags().StringVar(&to, "account", "", "account; empty is yourself") },
		func(ctx context.Context, client referencev1.ReferenceServiceClient, id string, args []string) (*referencev1.RequestSummary, error) {
			res, err := client.AssignRequest(ctx, &referencev1.AssignRequestRequest{CommandId: id, Number: args[0], Account: to})
			return res.GetRequest(), err
		})
}

func (a *app) requestIdentity() *cobra.Command {
	var q referencev1.RecordIdentityRequest
	return a.changed("identity NUMBER", "Record how identity or authority was proven", monitor.Archivist, 0,
		func(c *cobra.Command) {
			c.Flags().StringVar(&q.Document, "document", "identity_card", "identity_card, passport, birth_certificate, eds, egov, court or other")
			c.Flags().StringVar(&q.Authority, "authority", "", "of a representative: power_of_attorney, parent, guardian, court, advocate, heir or other")
			c.Flags().StringVar(&q.Way, "way", "in_person", "in_person, post, video or electronic")
			c.Flags().StringVar(&q.Note, "note", "", "what is noted of the paper")
		},
		func(ctx context.Context, client referencev1.ReferenceServiceClient, id string, args []string) (*referencev1.RequestSummary, error) {
			q.CommandId, q.Number = id, args[0]
			res, err := client.RecordIdentity(ctx, &q)
			return res.GetRequest(), err
		})
}

func (a *app) requestExtend() *cobra.Command {
	var q referencev1.ExtendTermRequest
	return a.changed("extend NUMBER", "Extend the term of a request, once, on its lawful ground", monitor.Head, 0,
		func(c *cobra.Command) {
			c.Flags().StringVar(&q.Ground, "ground", "", "other_holders (information) or several_organisations (archival)")
			c.Flags().StringVar(&q.Reason, "reason", "", "which ones; the user reads it")
			c.Flags().Uint32Var(&q.Days, "days", 0, "days; 0 is the most that the rule allows")
			_ = c.MarkFlagRequired("ground")
			_ = c.MarkFlagRequired("reason")
		},
		func(ctx context.Context, client referencev1.ReferenceServiceClient, id string, args []string) (*referencev1.RequestSummary, error) {
			q.CommandId, q.Number = id, args[0]
			res, err := client.ExtendTerm(ctx, &q)
			return res.GetRequest(), err
		})
}

func (a *app) requestForward() *cobra.Command {
	return a.changed("forward NUMBER HOLDER", "Hand a request to the right holder and close it", monitor.Archivist, 1, nil,
		func(ctx context.Context, client referencev1.ReferenceServiceClient, id string, args []string) (*referencev1.RequestSummary, error) {
			res, err := client.ForwardRequest(ctx, &referencev1.ForwardRequestRequest{CommandId: id, Number: args[0], Holder: args[1]})
			return res.GetRequest(), err
		})
}

func (a *app) requestReturn() *cobra.Command {
	return a.changed("return NUMBER REMARK", "Send a submitted draft back", monitor.Head, 1, nil,
		func(ctx context.Context, client referencev1.ReferenceServiceClient, id string, args []string) (*referencev1.RequestSummary, error) {
			res, err := client.ReturnDraft(ctx, &referencev1.ReturnDraftRequest{CommandId: id, Number: args[0], Remark: args[1]})
			return res.GetRequest(), err
		})
}

func (a *app) requestDeliver() *cobra.Command {
	var way string
	return a.changed("deliver NUMBER", "Record that a signed answer was handed over", monitor.Archivist, 0,
		func(c *cobra.Command) {
			c.Flags().StringVar(&way, "way", "in_person", "in_person, post, email, egov or link")
		},
		func(ctx context.Context, client referencev1.ReferenceServiceClient, id string, args []string) (*referencev1.RequestSummary, error) {
			res, err := client.DeliverAnswer(ctx, &referencev1.DeliverAnswerRequest{CommandId: id, Number: args[0], Way: way})
			return res.GetRequest(), err
		})
}

func (a *app) requestFind() *cobra.Command {
	var t target
	var q referencev1.AddFindingRequest
	c := &cobra.Command{
		Use: "find NUMBER CODE", Short: "Note a document that bears on a request; its file is held", Args: cobra.ExactArgs(2),
		Example: `  qoyma request find 2026-1 "Ф. 12. Оп. 2лс. Д. 345" --leaves "10–12 об." --quotation "принята дояркой" --data DIR`,
	}
	t.in(c, monitor.Archivist)
	c.Flags().StringVar(&q.Leaves, "leaves", "", "leaves, where they do not stand in the code")
	c.Flags().BoolVar(&q.LeavesConfirmed, "confirm-leaves", false, "cite leaves above the file's count: the count in the inventory is wrong")
	c.Flags().StringVar(&q.Quotation, "quotation", "", "what the document says, word for word")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := referenceCommand(ar)
		if err != nil {
			return err
		}
		q.CommandId, q.Number, q.Code = id, args[0], args[1]
		res, err := client.AddFinding(ctx, &q)
		if err != nil {
			return err
		}
		return a.show(res, func() { a.printf("%d  %s\n", res.GetFinding().GetFinding(), clean(res.GetFinding().GetCitation())) })
	})
	return c
}

func (a *app) requestDraft() *cobra.Command {
	var t target
	var facts []string
	q := &referencev1.DraftAnswerRequest{Content: new(referencev1.AnswerContent)}
	c := &cobra.Command{
		Use: "draft NUMBER", Short: "Draft the answer to a request", Args: cobra.ExactArgs(1),
		Long:    "Draft the answer to a request. A fact is written as FINDINGS|PERIOD|TEXT, the findings by their numbers with commas.",
		Example: `  qoyma request draft 2026-1 --kind certificate --fact "1|12.03.1975|Принята дояркой." --data DIR`,
	}
	t.in(c, monitor.Archivist)
	f := c.Flags()
	f.StringVar(&q.Kind, "kind", "certificate", "certificate, copy, extract, negative, answer, refusal, forwarded or published")
	f.Uint32Var(&q.RefusalGround, "ground", 0, "ground of a refusal, 1 to 7")
	f.Uint32Var(&q.BasedOn, "based-on", 0, "version that it is made from; 0 for the first")
	f.StringArrayVar(&facts, "fact", nil, "FINDINGS|PERIOD|TEXT; may be repeated")
	f.StringArrayVar(&q.Content.Spellings, "spelling", nil, "where a document spells differently; may be repeated")
	f.StringArrayVar(&q.Content.Gaps, "gap", nil, "what is missing; may be repeated")
	f.StringVar(&q.Content.Language, "language", "", "kk, ru or en; empty is the request's")
	f.StringVar(&q.Content.Addressee, "addressee", "", "to whom; empty is the applicant")
	f.StringVar(&q.Content.Opening, "opening", "", "first sentence; empty is the usual one")
	f.StringVar(&q.Content.Reasons, "reasons", "", "reasons of a refusal; where it is published; who holds it")
	f.StringVar(&q.Content.Closing, "closing", "", "last paragraph")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := referenceCommand(ar)
		if err != nil {
			return err
		}
		for _, given := range facts {
			fact, err := parseFact(given)
			if err != nil {
				return err
			}
			q.Content.Facts = append(q.Content.Facts, fact)
		}
		q.CommandId, q.Number = id, args[0]
		res, err := client.DraftAnswer(ctx, q)
		if err != nil {
			return err
		}
		return a.show(res, func() { a.printf("%s  %d\n", res.GetRequest().GetNumber(), res.GetVersion()) })
	})
	return c
}

// parseFact reads "1,2|12.03.1975|text".
func parseFact(given string) (*referencev1.Fact, error) {
	parts := strings.SplitN(given, "|", 3)
	if len(parts) != 3 {
		return nil, text{"--fact is FINDINGS|PERIOD|TEXT, not “%s”", "--fact пишется как НАХОДКИ|ПЕРИОД|ТЕКСТ, а не «%s»", "--fact ТАБЫЛҒАНДАР|КЕЗЕҢ|МӘТІН түрінде жазылады, ал берілгені «%s»"}.usage(given)
	}
	f := &referencev1.Fact{Period: strings.TrimSpace(parts[1]), Text: strings.TrimSpace(parts[2])}
	for _, n := range strings.FieldsFunc(parts[0], func(r rune) bool { return r == ',' || r == ' ' }) {
		finding, err := strconv.ParseUint(n, 10, 32)
		if err != nil {
			return nil, text{"“%s” in --fact is no number of a finding", "«%s» в --fact – не номер находки", "--fact ішіндегі «%s» табылғанның нөмірі емес"}.usage(n)
		}
		f.Citations = append(f.Citations, &referencev1.Citation{Finding: uint32(finding)})
	}
	return f, nil
}

func (a *app) requestSubmit() *cobra.Command {
	var t target
	var q referencev1.SubmitForSignatureRequest
	c := &cobra.Command{Use: "submit NUMBER", Short: "Print the newest draft and put it before the head", Args: cobra.ExactArgs(1)}
	t.in(c, monitor.Archivist)
	c.Flags().Uint32Var(&q.Version, "version", 0, "version of the draft; 0 is the newest")
	c.Flags().StringVar(&q.Signer, "signer", "", "account of the signer; empty where there is one only")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, id, err := referenceCommand(ar)
		if err != nil {
			return err
		}
		q.CommandId, q.Number = id, args[0]
		if q.Version == 0 {
			seen, err := client.GetRequest(ctx, &referencev1.GetRequestRequest{Number: args[0]})
			if err != nil {
				return err
			}
			if drafts := seen.GetDrafts(); len(drafts) > 0 {
				q.Version = drafts[0].GetVersion()
			}
		}
		res, err := client.SubmitForSignature(ctx, &q)
		if err != nil {
			return err
		}
		return a.show(res, func() { a.printf("%s  sha256 %s\n", res.GetPaper().GetCertificateNumber(), res.GetPaper().GetSha256()) })
	})
	return c
}

func (a *app) requestCertificate() *cobra.Command {
	var t target
	var path string
	var draft bool
	c := &cobra.Command{Use: "certificate NUMBER", Short: "Write the answer to a request as PDF", Args: cobra.ExactArgs(1)}
	t.in(c, monitor.Archivist)
	c.Flags().StringVarP(&path, "output", "o", "", "file to write; - for the standard output")
	c.Flags().BoolVar(&draft, "draft", false, "the paper as it was printed for signature")
	_ = c.MarkFlagRequired("output")
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, args []string) error {
		client, err := referenceOf(ar)
		if err != nil {
			return err
		}
		var pdf []byte
		var sha string
		if draft {
			res, err := client.GetDraftPDF(ctx, &referencev1.GetDraftPDFRequest{Number: args[0]})
			if err != nil {
				return err
			}
			if pdf, sha = res.GetPdf(), res.GetPaper().GetSha256(); digestOf(pdf) != sha {
				return paperChanged.With()
			}
		} else {
			res, err := client.GetCertificate(ctx, &referencev1.GetCertificateRequest{Number: args[0]})
			if err != nil {
				return err
			}
			pdf, sha = res.GetPdf(), res.GetSha256()
		}
		if path == "-" {
			_, err := a.out.Write(pdf)
			return err
		}
		if err := journal.WriteFileSync(path, pdf, os.FileMode(0o600)); err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"file": path, "bytes": len(pdf), "sha256": sha})
		}
		a.printf("%s  %d B  sha256 %s\n", path, len(pdf), sha)
		return nil
	})
	return c
}

func (a *app) requestHolds() *cobra.Command {
	var t target
	c := &cobra.Command{Use: "holds", Short: "List the files that open requests name", Args: cobra.NoArgs}
	t.in(c, monitor.Archivist)
	c.RunE = a.with(&t, func(ctx context.Context, ar *archive, _ []string) error {
		client, err := referenceOf(ar)
		if err != nil {
			return err
		}
		all := new(referencev1.ListHoldsResponse)
		for more := true; more; {
			res, err := client.ListHolds(ctx, &referencev1.ListHoldsRequest{After: last(all.GetHolds()).GetCode()})
			if err != nil {
				return err
			}
			all.Holds = append(all.Holds, res.GetHolds()...)
			more = res.GetMore() && len(res.GetHolds()) > 0
		}
		return a.show(all, func() {
			var rows [][]string
			for _, h := range all.GetHolds() {
				rows = append(rows, []string{h.GetCode(), strings.Join(h.GetRequestNumbers(), " ")})
			}
			a.table([]text{headCode, {"REQUESTS", "ЗАПРОСЫ", "СҰРАУ САЛУЛАР"}}, rows)
		})
	})
	return c
}
