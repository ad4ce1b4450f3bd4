package reference

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// request registers something else than the usual.
func (w *world) request(change func(q *referencev1.RegisterRequestRequest)) *referencev1.RegisterRequestResponse {
	w.t.Helper()
	q := sabira()
	change(q)
	id := visitor
	if q.GetChannel() != "web" {
		id = archivist
	}
	return must[*referencev1.RegisterRequestResponse](w.t)(w.as(id).RegisterRequest(w.t.Context(), q))
}

func information(q *referencev1.RegisterRequestRequest) {
	q.Facts = &referencev1.RegimeFacts{Topic: "other", Wish: "information"}
}

func (w *world) queue(q *referencev1.ListRequestsRequest) (numbers []string) {
	w.t.Helper()
	for _, s := range must[*referencev1.ListRequestsResponse](w.t)(w.as(archivist).ListRequests(w.t.Context(), q)).GetRequests() {
		numbers = append(numbers, s.GetNumber())
	}
	return numbers
}

func (w *world) seen(reg *referencev1.RegisterRequestResponse) *referencev1.GetRequestBySecretResponse {
	w.t.Helper()
	return must[*referencev1.GetRequestBySecretResponse](w.t)(w.as(visitor).GetRequestBySecret(w.t.Context(), &referencev1.GetRequestBySecretRequest{
		Number: reg.GetNumber(), Secret: reg.GetSecret(),
	}))
}

func codes(list []*referencev1.TimelineEntry) (out []string) {
	for _, e := range list {
		out = append(out, e.GetCode())
	}
	return out
}

// TestAMissedTermIsRecordedAndHindersNothing: the day passes, the breach stands in journal, queue
// and page, and a late answer is given all the same (AI-11.17, AI-11.18).
func TestAMissedTermIsRecordedAndHindersNothing(t *testing.T) {
	w := newWorld(t)
	reg := w.request(information)
	if reg.GetDueOn() != "2026-11-17" || reg.GetRegime().GetRegime() != "information" {
		t.Fatalf("%v", reg)
	}
	w.clock.to("2026-11-14", 1) // three days before
	w.wait()
	if s := w.seen(reg); s.GetRequest().GetMissed() || slices.Contains(codes(s.GetTimeline()), "missed") {
		t.Errorf("missed before its day: %v", s.GetTimeline())
	}
	w.clock.to("2026-11-17", 23) // its last hour
	w.wait()
	if s := w.seen(reg); s.GetRequest().GetMissed() || s.GetRequest().GetDaysLeft() != 0 {
		t.Errorf("missed on its last day: %v", s.GetRequest())
	}
	w.clock.to("2026-11-18", 1)
	w.wait()
	s := w.seen(reg)
	if !s.GetRequest().GetMissed() || s.GetRequest().GetDaysLeft() != -1 || !slices.Contains(codes(s.GetTimeline()), "missed") || s.GetNext().GetCode() != "answer_late" {
		t.Errorf("the day after: %v", s)
	}
	list := must[*referencev1.ListRequestsResponse](t)(w.as(archivist).ListRequests(t.Context(), &referencev1.ListRequestsRequest{Missed: true}))
	if len(list.GetRequests()) != 1 || list.GetOverdue() != 1 || list.GetOpen() != 1 {
		t.Errorf("queue: %v", list)
	}
	w.whole()
	records, err := w.s.host.Store().Timeline(journal.Ref{Type: "request", ID: reg.GetNumber()}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, r := range records {
		counts[r.Header.GetBodyType()+" "+r.Header.GetCommand()]++
	}
	if counts["qoyma.reference.v1.TermNear timer:near"] != 1 || counts["qoyma.reference.v1.TermMissed timer:due"] != 1 {
		t.Errorf("timers wrote %v", counts)
	}
	// A late extension is lawful (only a second, a too long or a groundless one is refused).
	must[*referencev1.ExtendTermResponse](t)(w.as(head).ExtendTerm(t.Context(), &referencev1.ExtendTermRequest{
		CommandId: newID(), Number: reg.GetNumber(), Ground: "other_holders", Reason: "Министерство просвещения",
	}))
	late := must[*referencev1.ForwardRequestResponse](t)(w.as(archivist).ForwardRequest(t.Context(), &referencev1.ForwardRequestRequest{
		CommandId: newID(), Number: reg.GetNumber(), Holder: "Министерство просвещения",
	}))
	if !late.GetLate() || late.GetRequest().GetOutcome() != "forwarded" {
		t.Errorf("forwarded late: %v", late)
	}
	if n := must[*referencev1.ListRequestsResponse](t)(w.as(archivist).ListRequests(t.Context(), &referencev1.ListRequestsRequest{})); n.GetOpen() != 0 || n.GetOverdue() != 0 {
		t.Errorf("after it closed: %v", n)
	}
	w.whole()
}

// TestExtension: once, on its ground, within its bound, the notice within 3 working days a duty of
// its own (AI-11.10).
func TestExtension(t *testing.T) {
	w := newWorld(t)
	info, archival := w.request(information), w.registered()
	petition := w.request(func(q *referencev1.RegisterRequestRequest) {
		q.Facts = &referencev1.RegimeFacts{Topic: "other", Wish: "petition"}
	})
	extend := func(number, ground, reason string, days uint32) (*referencev1.ExtendTermResponse, error) {
		return w.as(head).ExtendTerm(t.Context(), &referencev1.ExtendTermRequest{CommandId: newID(), Number: number, Ground: ground, Reason: reason, Days: days})
	}
	for _, c := range []struct {
		number, ground, reason string
		days                   uint32
		code                   string
	}{
		{info.GetNumber(), "several_organisations", "x", 0, "reference.extension.ground"},
		{info.GetNumber(), "other_holders", " ", 0, "reference.extension.ground"},
		{info.GetNumber(), "", "x", 0, "reference.extension.ground"},
		{info.GetNumber(), "other_holders", "x", 16, "reference.extension.too_long"},
		{archival.GetNumber(), "other_holders", "x", 0, "reference.extension.ground"},
		{archival.GetNumber(), "several_organisations", "x", 31, "reference.extension.too_long"},
		{petition.GetNumber(), "other_holders", "x", 0, "reference.extension.none"},
		{"2026-99", "other_holders", "x", 0, "reference.request.unknown"},
	} {
		if _, err := extend(c.number, c.ground, c.reason, c.days); code(err) != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
	x := must[*referencev1.ExtendTermResponse](t)(extend(info.GetNumber(), "other_holders", "Министерство просвещения", 15))
	// 17 + 15 days are Wednesday 2 December; the notice: 3, 4, 5 November are worked.
	if x.GetAnswer().GetDueOn() != "2026-12-02" || x.GetNotice().GetDueOn() != "2026-11-05" {
		t.Errorf("extended: %v", x)
	}
	if _, err := extend(info.GetNumber(), "other_holders", "Министерство", 1); code(err) != "reference.extension.twice" {
		t.Errorf("a second time: %v", err)
	}
	far := must[*referencev1.ExtendTermResponse](t)(extend(archival.GetNumber(), "several_organisations", "два колхоза", 0))
	// 17 November + 30 days are Thursday 17 December: the day after Independence Day is worked.
	if far.GetAnswer().GetDueOn() != "2026-12-17" {
		t.Errorf("archival: %v", far.GetAnswer().GetDueOn())
	}
	w.clock.to("2026-11-06", 1)
	w.wait() // the notice was not given in time
	s := w.seen(info)
	if !slices.Contains(codes(s.GetTimeline()), "missed") || s.GetRequest().GetMissed() || s.GetExtension().GetNoticeDueOn() != "2026-11-05" {
		t.Errorf("notice missed: %v", s)
	}
	notice := &referencev1.RecordNoticeRequest{CommandId: newID(), Number: info.GetNumber(), Duty: "extension_notice", Way: "email"}
	must[*referencev1.RecordNoticeResponse](t)(w.as(archivist).RecordNotice(t.Context(), notice))
	if got := w.seen(info).GetExtension().GetNoticeGivenOn(); got != "2026-11-06" {
		t.Errorf("notice given on %q", got)
	}
	notice.CommandId = newID()
	if _, err := w.as(archivist).RecordNotice(t.Context(), notice); code(err) != "reference.duty.done" {
		t.Errorf("twice: %v", err)
	}
	notice.CommandId, notice.Number = newID(), petition.GetNumber()
	if _, err := w.as(archivist).RecordNotice(t.Context(), notice); code(err) != "reference.duty.none" {
		t.Errorf("without an extension: %v", err)
	}
	w.whole()
}

// TestQueue is ordered by the lawful time left, in pages, with filters.
func TestQueue(t *testing.T) {
	w := newWorld(t)
	first := w.request(information)
	w.clock.to("2026-11-03", 9)
	petition := w.request(func(q *referencev1.RegisterRequestRequest) {
		q.Facts = &referencev1.RegimeFacts{Topic: "other", Wish: "petition"}
	})
	early := w.request(func(q *referencev1.RegisterRequestRequest) { q.Channel, q.ReceivedOn = "post", "2026-10-30" })
	if got := w.queue(&referencev1.ListRequestsRequest{}); !slices.Equal(got, []string{early.GetNumber(), first.GetNumber(), petition.GetNumber()}) {
		t.Errorf("order %v", got)
	}
	if got := w.queue(&referencev1.ListRequestsRequest{Regime: "petition"}); !slices.Equal(got, []string{petition.GetNumber()}) {
		t.Errorf("petitions %v", got)
	}
	var paged []string
	for after, n := "", 0; n < 4; n++ {
		res := must[*referencev1.ListRequestsResponse](t)(w.as(archivist).ListRequests(t.Context(), &referencev1.ListRequestsRequest{After: after, Limit: 1}))
		for _, s := range res.GetRequests() {
			paged = append(paged, s.GetNumber())
		}
		if after = res.GetNext(); after == "" {
			break
		}
	}
	if !slices.Equal(paged, []string{early.GetNumber(), first.GetNumber(), petition.GetNumber()}) {
		t.Errorf("pages %v", paged)
	}
	must[*referencev1.AssignRequestResponse](t)(w.as(archivist).AssignRequest(t.Context(), &referencev1.AssignRequestRequest{CommandId: newID(), Number: petition.GetNumber()}))
	if got := w.queue(&referencev1.ListRequestsRequest{Mine: true}); !slices.Equal(got, []string{petition.GetNumber()}) {
		t.Errorf("mine %v", got)
	}
	for _, reg := range []*referencev1.RegisterRequestResponse{first, petition} {
		must[*referencev1.WithdrawRequestResponse](t)(w.as(visitor).WithdrawRequest(t.Context(), &referencev1.WithdrawRequestRequest{CommandId: newID(), Number: reg.GetNumber(), Secret: reg.GetSecret()}))
	}
	if got := w.queue(&referencev1.ListRequestsRequest{State: "closed"}); !slices.Equal(got, []string{petition.GetNumber(), first.GetNumber()}) {
		t.Errorf("closed %v", got)
	}
	for _, q := range []*referencev1.ListRequestsRequest{{State: "open"}, {Regime: "x"}, {After: "zz"}, {After: "00"}} {
		if _, err := w.as(archivist).ListRequests(t.Context(), q); fault.Of(err).Kind != fault.Invalid {
			t.Errorf("%v: %v", q, err)
		}
	}
	w.whole()
}

// TestRegimeChange: the dates follow, by the rules of the day of registration; an archival
// reference is never put on the clock of AI-11.10 (AI-3.3).
func TestRegimeChange(t *testing.T) {
	w := newWorld(t)
	reg := w.request(information)
	w.clock.to("2026-11-10", 9)
	decide := func(number, regime, ground string) (*referencev1.DecideRegimeResponse, error) {
		return w.as(archivist).DecideRegime(t.Context(), &referencev1.DecideRegimeRequest{CommandId: newID(), Number: number, Regime: regime, Ground: ground})
	}
	res := must[*referencev1.DecideRegimeResponse](t)(decide(reg.GetNumber(), "petition", "просит принять меры"))
	if res.GetRequest().GetDueOn() != "2026-11-23" || len(res.GetDuties()) != 1 {
		t.Errorf("%v", res)
	}
	if got := codes(w.seen(reg).GetTimeline()); !slices.Contains(got, "regime_changed") {
		t.Errorf("timeline %v", got)
	}
	if _, err := decide(reg.GetNumber(), "petition", "ещё раз"); code(err) != "reference.regime.same" {
		t.Errorf("the same: %v", err)
	}
	if _, err := decide(reg.GetNumber(), "information", ""); code(err) != "reference.missing" {
		t.Errorf("without a ground: %v", err)
	}
	if _, err := decide(w.registered().GetNumber(), "information", "быстрее"); code(err) != "reference.regime.never_information" {
		t.Errorf("an archival reference: %v", err)
	}
	w.whole()
}

// TestWhoeverAsks: anonymous requests are not registered (AI-11.7), others are with what lacks
// named (AI-11.5, AI-11.8); a visitor comes through the page only.
func TestWhoeverAsks(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		change func(q *referencev1.RegisterRequestRequest)
		code   string
	}{
		"anonymous":    {func(q *referencev1.RegisterRequestRequest) { q.Submission.Applicant.Surname = " " }, "reference.anonymous"},
		"nobody":       {func(q *referencev1.RegisterRequestRequest) { q.Submission = nil }, "reference.anonymous"},
		"no text":      {func(q *referencev1.RegisterRequestRequest) { q.Submission.Text = "" }, "reference.missing"},
		"long text":    {func(q *referencev1.RegisterRequestRequest) { q.Submission.Text = strings.Repeat("ә", 4001) }, "reference.too_long"},
		"control":      {func(q *referencev1.RegisterRequestRequest) { q.Submission.Text = "a\x00b" }, "reference.text"},
		"IIN":          {func(q *referencev1.RegisterRequestRequest) { q.Submission.Applicant.Iin = "610405400018" }, "reference.iin"},
		"birth":        {func(q *referencev1.RegisterRequestRequest) { q.Submission.Applicant.BirthDate = "2027-01-01" }, "reference.day"},
		"no birth":     {func(q *referencev1.RegisterRequestRequest) { q.Submission.Applicant.BirthDate = "5 мая" }, "civil.date.bad"},
		"topic":        {func(q *referencev1.RegisterRequestRequest) { q.Facts.Topic = "x" }, "reference.regime.unknown"},
		"no facts":     {func(q *referencev1.RegisterRequestRequest) { q.Facts = nil }, "reference.regime.unknown"},
		"language":     {func(q *referencev1.RegisterRequestRequest) { q.Language = "de" }, "reference.word"},
		"delivery":     {func(q *referencev1.RegisterRequestRequest) { q.Delivery = "" }, "reference.word"},
		"oral":         {func(q *referencev1.RegisterRequestRequest) { q.Channel = "oral" }, "reference.word"},
		"counter":      {func(q *referencev1.RegisterRequestRequest) { q.Channel = "counter" }, "reference.channel.staff"},
		"back-dated":   {func(q *referencev1.RegisterRequestRequest) { q.ReceivedOn = "2026-10-01" }, "reference.received.staff"},
		"command id":   {func(q *referencev1.RegisterRequestRequest) { q.CommandId = "1" }, "journal.bad_command_id"},
		"bidi control": {func(q *referencev1.RegisterRequestRequest) { q.Submission.Hints = "a\u202eb" }, "reference.text"},
	} {
		q := sabira()
		c.change(q)
		_, err := w.as(visitor).RegisterRequest(t.Context(), q)
		if code(err) != c.code {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f := fault.Of(err); f.In(fault.Kazakh) == "" || f.In(fault.Russian) == "" || f.In(fault.Kazakh) == f.In(fault.Russian) {
			t.Errorf("%s: not in both languages: %q, %q", name, f.In(fault.Kazakh), f.In(fault.Russian))
		}
	}
	reg := w.request(information)
	var lacks []string
	for _, l := range reg.GetLacks() {
		lacks = append(lacks, l.GetField()+" "+l.GetRequirement())
	}
	if !slices.Equal(lacks, []string{"iin AI-11.5", "phone AI-11.5"}) || reg.GetNumber() != "2026-1" {
		t.Errorf("%s lacks %v", reg.GetNumber(), lacks)
	}
	w.whole() // the refused left no gap
}

// TestPreview stores nothing and says what registration would.
func TestPreview(t *testing.T) {
	w := newWorld(t)
	before := w.s.host.Store().Head().Seq
	for _, c := range []struct{ topic, wish, channel, regime, due, signature string }{
		{"work_record", "reference", "web", "archival", "2026-11-17", "none"},
		{"other", "information", "web", "information", "2026-11-17", "eds"},
		{"other", "information", "counter", "information", "2026-11-17", "own_hand"},
		{"other", "petition", "post", "petition", "2026-11-23", "own_hand"},
	} {
		res := must[*referencev1.PreviewRequestResponse](t)(w.as(visitor).PreviewRequest(t.Context(), &referencev1.PreviewRequestRequest{
			Facts: &referencev1.RegimeFacts{Topic: c.topic, Wish: c.wish}, Channel: c.channel, Applicant: new(referencev1.Applicant),
		}))
		if res.GetRegime().GetRegime() != c.regime || res.GetDueOn() != c.due || res.GetSignature() != c.signature || !res.GetFree() {
			t.Errorf("%+v: %v", c, res)
		}
		if by := res.GetRegime(); !strings.HasPrefix(by.GetEdition(), "regime."+c.regime+"/") || by.GetVerified() || by.GetLegalBasis() == "" || by.GetBasis().GetKk() == "" {
			t.Errorf("%+v: by the acts %v", c, by)
		}
		steps := res.GetDuties()[0].GetSteps()
		if len(steps) < 2 || steps[0].GetVerified() || steps[0].GetWords().GetKk() == "" || steps[0].GetBasis().GetKk() == "" || res.GetDuties()[0].GetEdition() == "" {
			t.Errorf("%+v: arithmetic %v", c, steps)
		}
		q := sabira()
		q.Facts, q.Channel = &referencev1.RegimeFacts{Topic: c.topic, Wish: c.wish}, c.channel
		id := visitor
		if c.channel != "web" {
			id = archivist
		}
		reg := must[*referencev1.RegisterRequestResponse](t)(w.as(id).RegisterRequest(t.Context(), q))
		if !proto.Equal(reg.GetRegime(), res.GetRegime()) || reg.GetDueOn() != res.GetDueOn() {
			t.Errorf("%+v: registration says otherwise: %v", c, reg)
		}
	}
	_, err := w.as(visitor).PreviewRequest(t.Context(), &referencev1.PreviewRequestRequest{
		Facts: &referencev1.RegimeFacts{Topic: "other", Wish: "information"}, Channel: "web", Applicant: &referencev1.Applicant{Iin: "610405400018"},
	})
	if code(err) != "reference.iin" {
		t.Errorf("a misread number is previewed: %v", err)
	}
	if got := w.s.host.Store().Head().Seq; got != before+12 {
		t.Errorf("%d events; four registrations are twelve", got-before)
	}
}

// TestComplaint: within three months or late, it is accepted (AI-18).
func TestComplaint(t *testing.T) {
	w := newWorld(t)
	reg := w.registered()
	complain := func(secret, learnt string) (*referencev1.RegisterComplaintResponse, error) {
		return w.as(visitor).RegisterComplaint(t.Context(), &referencev1.RegisterComplaintRequest{
			CommandId: newID(), Number: reg.GetNumber(), Secret: secret, Text: "Ответа нет", LearntOn: learnt,
		})
	}
	first := must[*referencev1.RegisterComplaintResponse](t)(complain(reg.GetSecret(), ""))
	if first.GetComplaint() != 1 || first.GetLate() || first.GetTerm().GetDueOn() != "2027-02-02" {
		t.Errorf("%v", first)
	}
	late := must[*referencev1.RegisterComplaintResponse](t)(complain(reg.GetSecret(), "2026-05-01"))
	if late.GetComplaint() != 2 || !late.GetLate() {
		t.Errorf("%v", late)
	}
	if _, err := complain("wrong", ""); code(err) != "reference.secret" {
		t.Errorf("%v", err)
	}
	if _, err := complain(reg.GetSecret(), "2026-12-01"); code(err) != "reference.day" {
		t.Errorf("learnt tomorrow: %v", err)
	}
	w.whole()
}

// TestClarificationDoesNotStopTheClock is AI-9.
func TestClarificationDoesNotStopTheClock(t *testing.T) {
	w := newWorld(t)
	reg := w.registered()
	res := must[*referencev1.AskClarificationResponse](t)(w.as(archivist).AskClarification(t.Context(), &referencev1.AskClarificationRequest{
		CommandId: newID(), Number: reg.GetNumber(), Text: "Қай бөлімше?",
	}))
	if res.GetRequest().GetDueOn() != reg.GetDueOn() || !res.GetRequest().GetClarificationOpen() {
		t.Errorf("%v", res)
	}
	if s := w.seen(reg); s.GetNext().GetWho() != "applicant" || len(s.GetExchanges()) != 0 {
		t.Errorf("before identity: %v", s)
	}
	must[*referencev1.ClarifyRequestResponse](t)(w.as(visitor).ClarifyRequest(t.Context(), &referencev1.ClarifyRequestRequest{
		CommandId: newID(), Number: reg.GetNumber(), Secret: reg.GetSecret(), Text: "№ 2 ферма",
	}))
	got := must[*referencev1.GetRequestResponse](t)(w.as(archivist).GetRequest(t.Context(), &referencev1.GetRequestRequest{Number: reg.GetNumber()}))
	if len(got.GetExchanges()) != 2 || got.GetExchanges()[1].GetText() != "№ 2 ферма" || got.GetRequest().GetDueOn() != reg.GetDueOn() {
		t.Errorf("%v", got.GetExchanges())
	}
	w.whole()
}

// TestDrafts: the rules of an answer (AI-11.16, AI-6), versions, what is cited, what comes back.
func TestDrafts(t *testing.T) {
	w := newWorld(t)
	w.enrol()
	reg := w.registered()
	n := reg.GetNumber()
	draft := func(based uint32, kind string, ground uint32, c *referencev1.AnswerContent) error {
		_, err := w.as(archivist).DraftAnswer(t.Context(), &referencev1.DraftAnswerRequest{CommandId: newID(), Number: n, Kind: kind, RefusalGround: ground, Content: c, BasedOn: based})
		return err
	}
	for i, c := range []struct {
		kind    string
		ground  uint32
		content *referencev1.AnswerContent
		code    string
	}{
		{"letter", 0, content(), "reference.word"},
		{"certificate", 0, content(), "reference.finding.unknown"},
		{"certificate", 0, nil, "reference.answer.no_facts"},
		{"certificate", 0, &referencev1.AnswerContent{Facts: []*referencev1.Fact{{Text: "работала"}}}, "reference.answer.no_facts"},
		{"refusal", 0, &referencev1.AnswerContent{Reasons: "нет"}, "reference.refusal.ground"},
		{"refusal", 8, &referencev1.AnswerContent{Reasons: "нет"}, "reference.refusal.ground"},
		{"refusal", 2, nil, "reference.refusal.ground"},
		{"negative", 3, nil, "reference.refusal.ground"},
		{"published", 0, nil, "reference.answer.no_reasons"},
	} {
		if err := draft(0, c.kind, c.ground, c.content); code(err) != c.code {
			t.Errorf("%d %s: %v", i, c.kind, err)
		}
	}
	w.drafted(n)
	if err := draft(0, "negative", 0, nil); code(err) != "reference.draft.overtaken" {
		t.Errorf("over another's draft: %v", err)
	}
	if _, err := w.as(archivist).RemoveFinding(t.Context(), &referencev1.RemoveFindingRequest{CommandId: newID(), Number: n, Finding: 1}); code(err) != "reference.finding.cited" {
		t.Errorf("a cited finding: %v", err)
	}
	if err := draft(1, "negative", 0, nil); err != nil {
		t.Fatal(err)
	}
	for _, finding := range []uint32{1, 2} {
		must[*referencev1.RemoveFindingResponse](t)(w.as(archivist).RemoveFinding(t.Context(), &referencev1.RemoveFindingRequest{CommandId: newID(), Number: n, Finding: finding}))
		holds := must[*referencev1.ListHoldsResponse](t)(w.as(archivist).ListHolds(t.Context(), &referencev1.ListHoldsRequest{}))
		if want := 2 - int(finding); len(holds.GetHolds()) != want {
			t.Errorf("after finding %d: %v", finding, holds)
		}
	}
	sub := must[*referencev1.SubmitForSignatureResponse](t)(w.as(archivist).SubmitForSignature(t.Context(), &referencev1.SubmitForSignatureRequest{CommandId: newID(), Number: n, Version: 2, Signer: "h-1"}))
	if err := draft(2, "negative", 0, nil); code(err) != "reference.state" {
		t.Errorf("while it lies for signature: %v", err)
	}
	must[*referencev1.ReturnDraftResponse](t)(w.as(head).ReturnDraft(t.Context(), &referencev1.ReturnDraftRequest{CommandId: newID(), Number: n, Remark: "1979 жылды да қараңыз"}))
	got := must[*referencev1.GetRequestResponse](t)(w.as(archivist).GetRequest(t.Context(), &referencev1.GetRequestRequest{Number: n}))
	if got.GetDrafts()[0].GetRemark() != "1979 жылды да қараңыз" || got.GetDrafts()[0].GetState() != "returned" || got.GetRequest().GetState() != "drafted" {
		t.Errorf("%v", got.GetDrafts())
	}
	v := must[*referencev1.VerifyPaperResponse](t)(w.as(visitor).VerifyPaper(t.Context(), &referencev1.VerifyPaperRequest{CertificateNumber: sub.GetPaper().GetCertificateNumber(), CheckDigits: sub.GetPaper().GetCheckDigits()}))
	if v.GetVerdict() != "returned" || v.GetGenuine() {
		t.Errorf("%v", v)
	}
	again := must[*referencev1.SubmitForSignatureResponse](t)(w.as(archivist).SubmitForSignature(t.Context(), &referencev1.SubmitForSignatureRequest{CommandId: newID(), Number: n, Version: 2}))
	if again.GetPaper().GetCertificateNumber() != n+"-2" {
		t.Errorf("%v", again)
	}
	w.whole()
}

// TestRepressionsAreNotClosedByPersonalSecrecy is AI-6, class 12.
func TestRepressionsAreNotClosedByPersonalSecrecy(t *testing.T) {
	w := newWorld(t)
	reg := w.request(func(q *referencev1.RegisterRequestRequest) {
		q.Facts = &referencev1.RegimeFacts{Topic: "repression", Wish: "information"}
	})
	for _, c := range []struct {
		ground uint32
		want   string
	}{{3, "reference.refusal.never_restricted"}, {1, ""}} {
		_, err := w.as(archivist).DraftAnswer(t.Context(), &referencev1.DraftAnswerRequest{
			CommandId: newID(), Number: reg.GetNumber(), Kind: "refusal", RefusalGround: c.ground, Content: &referencev1.AnswerContent{Reasons: "…"},
		})
		if code(err) != c.want {
			t.Errorf("ground %d: %v", c.ground, err)
		}
	}
}

// TestSigners: a code is for one account, once, for seven days.
func TestSigners(t *testing.T) {
	w := newWorld(t)
	reg := w.registered()
	w.drafted(reg.GetNumber())
	submit := func(signer string) error {
		_, err := w.as(archivist).SubmitForSignature(t.Context(), &referencev1.SubmitForSignatureRequest{CommandId: newID(), Number: reg.GetNumber(), Version: 1, Signer: signer})
		return err
	}
	if err := submit(""); code(err) != "reference.signer.none" {
		t.Errorf("nobody enrolled: %v", err)
	}
	if err := submit("h-1"); code(err) != "reference.signer.unknown" {
		t.Errorf("not enrolled: %v", err)
	}
	invite := &referencev1.InviteSignerRequest{CommandId: newID(), Account: "h-1"}
	if _, err := w.as(keeper).InviteSigner(t.Context(), invite); code(err) != "reference.missing" {
		t.Errorf("without name and post: %v", err)
	}
	w.enrol()
	own := must[*referencev1.GetSignerResponse](t)(w.as(head).GetSigner(t.Context(), new(referencev1.GetSignerRequest))).GetSigner()
	if own.GetState() != "enrolled" || own.GetName().GetKk() != "Қ. Басшыұлы" || len(own.GetKey().GetSalt()) != 16 || len(own.GetKey().GetKeyId()) != 16 {
		t.Errorf("%v", own)
	}
	list := must[*referencev1.ListSignersResponse](t)(w.as(keeper).ListSigners(t.Context(), new(referencev1.ListSignersRequest)))
	if len(list.GetSigners()) != 1 || len(list.GetSigners()[0].GetKey().GetSalt()) != 0 {
		t.Errorf("%v", list)
	}
	q := &referencev1.InviteSignerRequest{CommandId: newID(), Account: "h-1", Name: own.GetName(), Post: own.GetPost()}
	a := must[*referencev1.InviteSignerResponse](t)(w.as(keeper).InviteSigner(t.Context(), q))
	b := must[*referencev1.InviteSignerResponse](t)(w.as(keeper).InviteSigner(t.Context(), q))
	if a.GetCode() != b.GetCode() || a.GetExpiresOn() != "2026-11-09" {
		t.Errorf("%v, again %v", a, b)
	}
	enrol := func(as string, code string) error {
		id := head
		id.Actor = "person:" + as
		_, err := w.as(id).EnrolSigner(t.Context(), &referencev1.EnrolSignerRequest{CommandId: newID(), Code: code, Key: &referencev1.KeyDerivation{
			PublicKey: own.GetKey().GetPublicKey(), Salt: own.GetKey().GetSalt(), Passes: 1, MemoryKib: 19 << 10, Lanes: 1,
		}})
		return err
	}
	if err := enrol("h-2", a.GetCode()); code(err) != "reference.signer.code" {
		t.Errorf("another account: %v", err)
	}
	if err := enrol("h-1", "aaaa-bbbb-cccc-dddd"); code(err) != "reference.signer.code" {
		t.Errorf("another code: %v", err)
	}
	w.clock.to("2026-11-10", 1)
	if err := enrol("h-1", a.GetCode()); code(err) != "reference.signer.code" {
		t.Errorf("past its day: %v", err)
	}
	w.clock.to("2026-11-09", 23)
	if err := enrol("h-1", a.GetCode()); err != nil {
		t.Errorf("on its last day: %v", err)
	}
	if err := enrol("h-1", a.GetCode()); code(err) != "reference.signer.code" {
		t.Errorf("twice: %v", err)
	}
	must[*referencev1.RevokeSignerResponse](t)(w.as(keeper).RevokeSigner(t.Context(), &referencev1.RevokeSignerRequest{CommandId: newID(), Account: "h-1", Ground: "приказ"}))
	if err := submit(""); code(err) != "reference.signer.none" {
		t.Errorf("after the revocation: %v", err)
	}
	w.whole()
}

// TestNumbersHaveNoGaps: each year begins with 1, oral answers have their own register (AI-11.4).
func TestNumbersHaveNoGaps(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		if got := w.registered().GetNumber(); got != fmt.Sprintf("2026-%d", i+1) {
			t.Errorf("%s", got)
		}
	}
	w.clock.to("2027-01-04", 9)
	if got := w.registered().GetNumber(); got != "2027-1" {
		t.Errorf("%s", got)
	}
	oral := must[*referencev1.RecordOralAnswerResponse](t)(w.as(archivist).RecordOralAnswer(t.Context(), &referencev1.RecordOralAnswerRequest{CommandId: newID(), Topic: 3, Post: "Архивист", Language: "kk"}))
	if oral.GetNumber() != "2027-1" {
		t.Errorf("%v", oral)
	}
	if _, err := w.as(archivist).RecordOralAnswer(t.Context(), &referencev1.RecordOralAnswerRequest{CommandId: newID(), Topic: 11, Post: "Архивист", Language: "kk"}); code(err) != "reference.word" {
		t.Errorf("an eleventh topic: %v", err)
	}
	w.whole()
}
