package api

import (
	"context"
	"fmt"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/cite"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/store"
)

// ListRequests implements ReferenceService.
func (s *Server) ListRequests(ctx context.Context, q *referencev1.ListRequestsRequest) (*referencev1.ListRequestsResponse, error) {
	if q.GetState() != "" {
		if err := request.OneOf("state", q.GetState(), request.States()...); err != nil {
			return nil, err
		}
	}
	if q.GetRegime() != "" {
		if err := request.OneOf("regime", q.GetRegime(), string(regime.Archival), string(regime.Information), string(regime.Petition)); err != nil {
			return nil, err
		}
	}
	f := store.Filter{State: q.GetState(), Regime: q.GetRegime(), Missed: q.GetMissed()}
	if q.GetMine() {
		f.Mine = account(ctx)
	}
	res := &referencev1.ListRequestsResponse{Next: q.GetAfter(), Today: s.today().String()}
	limit := bounded(q.GetLimit(), store.MaxPage)
	for {
		// Each turn is a short transaction: a narrow filter may pass over many rows.
		var page []*referencev1.RequestSummary
		if err := s.store.View(func(v *base.View) (err error) {
			res.Open, res.Overdue = store.Counts(v)
			page, res.Next, err = store.Queue(v, f, res.GetNext(), limit-len(res.GetRequests()))
			return err
		}); err != nil {
			return nil, err
		}
		for _, sum := range page {
			res.Requests = append(res.Requests, store.Age(sum, s.today(), s.rules.Law.Calendar))
		}
		if res.GetNext() == "" || len(res.GetRequests()) == limit {
			return res, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// GetRequest implements ReferenceService. What is sealed is shown to the cleared, and that is
// recorded (IS-6).
func (s *Server) GetRequest(ctx context.Context, q *referencev1.GetRequestRequest) (*referencev1.GetRequestResponse, error) {
	var row *referencev1.RequestRow
	if err := s.store.View(func(v *base.View) (err error) {
		row, err = store.Request(v, q.GetNumber())
		return err
	}); err != nil {
		return nil, err
	}
	p, err := s.load(row)
	if err != nil {
		return nil, err
	}
	may := cleared(ctx)
	res := &referencev1.GetRequestResponse{
		Request: store.Age(row.GetSummary(), s.today(), s.rules.Law.Calendar), Regime: s.rules.Regime(row.GetRegime(), row.GetSummary().GetRegisteredOn()), Duties: row.GetDuties(),
		Extension: row.GetExtension(), Restricted: !may, Timeline: timeline(p.shown),
	}
	for i := len(row.GetPapers()) - 1; i >= 0; i-- {
		res.Papers = append(res.Papers, s.paper(row.GetPapers()[i]))
	}
	if may {
		if err := s.noteRead(ctx, referencev1.ReferenceService_GetRequest_FullMethodName, q.GetNumber()); err != nil {
			return nil, err
		}
		if res.Submission, res.Erased, err = s.submission(p); err != nil {
			return nil, err
		}
		if res.Submission != nil {
			res.Lacks = store.Lacks(store.Applicant(res.GetSubmission().GetApplicant()).Lacks(regimeOf(row.GetRegime())))
		}
		if res.Exchanges, err = s.exchanges(p); err != nil {
			return nil, err
		}
	}
	if res.Complaints, err = s.complaints(p, may); err != nil {
		return nil, err
	}
	if res.Identity, err = s.identityOf(p, may); err != nil {
		return nil, err
	}
	if res.Findings, err = s.findings(p, may); err != nil {
		return nil, err
	}
	res.Drafts, err = s.drafts(p, may)
	return res, err
}

func (s *Server) identityOf(p parts, may bool) (*referencev1.Identity, error) {
	if p.identity == nil {
		return nil, nil
	}
	body, err := p.identity.Body()
	if err != nil {
		return nil, err
	}
	b, ok := body.(*referencev1.IdentityRecorded)
	if !ok {
		return nil, fmt.Errorf("reference: event %d records no identity", p.identity.Seq())
	}
	id := &referencev1.Identity{
		Document: b.GetDocument(), Authority: b.GetAuthority(), Way: b.GetWay(), RecordedOn: on(p.identity),
		RecordedBy: store.Account(p.identity.Header.GetActor()),
	}
	if may {
		id.Note, err = s.words(p.identity)
	}
	return id, err
}

func (s *Server) findings(p parts, may bool) (list []*referencev1.Finding, err error) {
	for _, row := range p.row.GetFindings() {
		f := s.finding(p.row.GetSummary().GetLanguage(), row.GetFinding(), row.GetCode(), row.GetLeaves(), row.GetRecordId())
		f.LeafCount, f.LeavesConfirmedBy = row.GetLeafCount(), row.GetLeavesConfirmedBy()
		if may {
			if f.Quotation, err = s.words(p.findings[row.GetSeq()]); err != nil {
				return nil, err
			}
		}
		list = append(list, f)
	}
	return list, nil
}

func (s *Server) finding(language string, number uint32, code, leaves, record string) *referencev1.Finding {
	return &referencev1.Finding{
		Finding: number, Code: code, Leaves: leaves, RecordId: record, Citation: cite.Format(code, leaves, fault.Language(language)),
	}
}

func (s *Server) drafts(p parts, may bool) (list []*referencev1.Draft, err error) {
	rows := last(p.row.GetDrafts(), maxDrafts)
	for i := len(rows) - 1; i >= 0; i-- {
		row := rows[i]
		d := &referencev1.Draft{Version: row.GetVersion(), Kind: row.GetKind(), RefusalGround: row.GetRefusalGround(), State: row.GetState()}
		if r := p.drafts[row.GetSeq()]; r != nil {
			d.DraftedOn, d.DraftedBy = on(r), store.Account(r.Header.GetActor())
			if may {
				body, _, err := s.unseal(r)
				if err != nil {
					return nil, err
				}
				d.Content, _ = body.(*referencev1.AnswerContent)
			}
		}
		if may && row.GetReturnedSeq() != 0 {
			if d.Remark, err = s.words(p.backs[row.GetReturnedSeq()]); err != nil {
				return nil, err
			}
		}
		list = append(list, d)
	}
	return list, nil
}

// paper is a printed answer as the staff sees it.
func (s *Server) paper(row *referencev1.PaperRow) *referencev1.Paper {
	b, e := row.GetSubmitted(), row.GetSigned()
	p := &referencev1.Paper{
		CertificateNumber: b.GetCertificateNumber(), Version: b.GetVersion(), Kind: b.GetKind(), Language: b.GetLanguage(), Sha256: b.GetSha256(),
		Size: b.GetSize(), DatedOn: b.GetDatedOn(), CheckDigits: b.GetCheckDigits(), Signer: b.GetSigner(), State: row.GetState(),
		SignedOn: e.GetSignedOn(), KeyId: e.GetKeyId(), Complete: row.GetCompleted() != nil, SignedSeq: row.GetSignedSeq(),
	}
	if e != nil {
		p.Post = textOf(e.GetPost())
	}
	if row.GetState() == "submitted" {
		if statement, err := s.office.Statement(b, s.today()).Bytes(); err == nil {
			p.Statement = statement
		}
	}
	return p
}

// RecordIdentity implements ReferenceService.
func (s *Server) RecordIdentity(ctx context.Context, q *referencev1.RecordIdentityRequest) (*referencev1.RecordIdentityResponse, error) {
	sum, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_RecordIdentity_FullMethodName, q.GetNumber(),
		store.RecordIdentity(q), new(referencev1.IdentityRecorded))
	return &referencev1.RecordIdentityResponse{Request: sum}, err
}

// AssignRequest implements ReferenceService.
func (s *Server) AssignRequest(ctx context.Context, q *referencev1.AssignRequestRequest) (*referencev1.AssignRequestResponse, error) {
	to := q.GetAccount()
	if to == "" {
		to = account(ctx)
	}
	sum, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_AssignRequest_FullMethodName, q.GetNumber(),
		store.Assign(q.GetNumber(), to), new(referencev1.RequestAssigned))
	return &referencev1.AssignRequestResponse{Request: sum}, err
}

// DecideRegime implements ReferenceService.
func (s *Server) DecideRegime(ctx context.Context, q *referencev1.DecideRegimeRequest) (*referencev1.DecideRegimeResponse, error) {
	var e referencev1.RegimeDecided
	sum, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_DecideRegime_FullMethodName, q.GetNumber(), s.rules.DecideRegime(q), &e)
	if err != nil {
		return nil, err
	}
	res := &referencev1.DecideRegimeResponse{Request: sum, Regime: s.rules.Regime(&e, sum.GetRegisteredOn())}
	return res, s.store.View(func(v *base.View) error {
		row, err := store.Request(v, q.GetNumber())
		res.Duties = row.GetDuties()
		return err
	})
}

// AddFinding implements ReferenceService.
func (s *Server) AddFinding(ctx context.Context, q *referencev1.AddFindingRequest) (*referencev1.AddFindingResponse, error) {
	c, err := s.command(ctx, q.GetCommandId(), referencev1.ReferenceService_AddFinding_FullMethodName)
	if err != nil {
		return nil, err
	}
	c.Decide = store.AddFinding(q, s.leafCount(ctx, q))
	records, err := s.store.Do(ctx, c)
	if err != nil {
		return nil, err
	}
	body, err := records[0].Body()
	if err != nil {
		return nil, err
	}
	b, ok := body.(*referencev1.FindingAdded)
	if !ok || b.GetRequestNumber() != q.GetNumber() {
		return nil, base.IDReused.With("command", c.Name)
	}
	sum, err := s.summary(q.GetNumber())
	if err != nil {
		return nil, err
	}
	f := s.finding(sum.GetLanguage(), b.GetFinding(), b.GetCode(), b.GetLeaves(), b.GetRecordId())
	if cleared(ctx) {
		f.Quotation = q.GetQuotation()
	}
	if f.LeafCount = b.GetLeafCount(); b.GetLeavesConfirmed() {
		f.LeavesConfirmedBy = store.Account(records[0].Header.GetActor())
	}
	return &referencev1.AddFindingResponse{Finding: f, Held: len(records) > 1}, nil
}

// RemoveFinding implements ReferenceService.
func (s *Server) RemoveFinding(ctx context.Context, q *referencev1.RemoveFindingRequest) (*referencev1.RemoveFindingResponse, error) {
	_, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_RemoveFinding_FullMethodName, q.GetNumber(),
		store.RemoveFinding(q.GetNumber(), q.GetFinding()), new(referencev1.FindingRemoved))
	return new(referencev1.RemoveFindingResponse), err
}

// AskClarification implements ReferenceService.
func (s *Server) AskClarification(ctx context.Context, q *referencev1.AskClarificationRequest) (*referencev1.AskClarificationResponse, error) {
	sum, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_AskClarification_FullMethodName, q.GetNumber(),
		store.AskClarification(q.GetNumber(), q.GetText()), new(referencev1.ClarificationAsked))
	return &referencev1.AskClarificationResponse{Request: sum}, err
}

// ExtendTerm implements ReferenceService.
func (s *Server) ExtendTerm(ctx context.Context, q *referencev1.ExtendTermRequest) (*referencev1.ExtendTermResponse, error) {
	var e referencev1.TermExtended
	sum, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_ExtendTerm_FullMethodName, q.GetNumber(), s.rules.Extend(q), &e)
	return &referencev1.ExtendTermResponse{Request: sum, Answer: e.GetAnswer(), Notice: e.GetNotice()}, err
}

// RecordNotice implements ReferenceService.
func (s *Server) RecordNotice(ctx context.Context, q *referencev1.RecordNoticeRequest) (*referencev1.RecordNoticeResponse, error) {
	sum, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_RecordNotice_FullMethodName, q.GetNumber(),
		store.Notice(q), new(referencev1.NoticeGiven))
	return &referencev1.RecordNoticeResponse{Request: sum}, err
}

// ForwardRequest implements ReferenceService.
func (s *Server) ForwardRequest(ctx context.Context, q *referencev1.ForwardRequestRequest) (*referencev1.ForwardRequestResponse, error) {
	var e referencev1.RequestForwarded
	sum, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_ForwardRequest_FullMethodName, q.GetNumber(), store.Forward(q), &e)
	if err != nil {
		return nil, err
	}
	var row *referencev1.RequestRow
	if err := s.store.View(func(v *base.View) (err error) {
		row, err = store.Request(v, q.GetNumber())
		return err
	}); err != nil {
		return nil, err
	}
	day, _ := civil.Parse(dutyOn(row, "forward")) // no such duty: nothing to be late for
	at, err := civil.Parse(e.GetForwardedOn())
	return &referencev1.ForwardRequestResponse{Request: sum, Late: !day.IsZero() && at.After(day)}, err
}

// ListHolds implements ReferenceService.
func (s *Server) ListHolds(_ context.Context, q *referencev1.ListHoldsRequest) (*referencev1.ListHoldsResponse, error) {
	res := new(referencev1.ListHoldsResponse)
	return res, s.store.View(func(v *base.View) (err error) {
		res.Holds, res.More, err = store.Holds(v, q.GetAfter(), bounded(q.GetLimit(), store.MaxHolds))
		return err
	})
}

// HoldsOn implements ReferenceService.
func (s *Server) HoldsOn(_ context.Context, q *referencev1.HoldsOnRequest) (*referencev1.HoldsOnResponse, error) {
	if n := len(q.GetCodes()); n > store.MaxHolds {
		return nil, request.TooLong.With("field", "codes", "length", n, "most", store.MaxHolds)
	}
	res := new(referencev1.HoldsOnResponse)
	return res, s.store.View(func(v *base.View) (err error) {
		res.Holds, err = store.HoldsOn(v, q.GetCodes())
		return err
	})
}

// restricted refuses whoever is not cleared for personal data; the refusal is recorded (IS-6).
func (s *Server) restricted(ctx context.Context, method, number string) error {
	if cleared(ctx) {
		return nil
	}
	actor, denied := identity(ctx).Actor, monitor.ErrRestricted.With()
	refs := []journal.Ref{{Type: "actor", ID: actor}}
	if _, err := request.ParseNumber(number); err == nil {
		refs = []journal.Ref{{Type: "request", ID: number}, refs[0]}
	}
	if err := s.store.Note(ctx, actor, method, base.Event{
		Refs: refs, Body: &journalv1.AccessDenied{Method: method, Reason: denied.In(fault.English)},
	}); err != nil {
		return denied.Because(err)
	}
	return denied
}
