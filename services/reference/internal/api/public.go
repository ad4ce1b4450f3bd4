package api

import (
	"context"
	"errors"
	"strings"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/regime"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/secret"
	"github.com/qoyma/qoyma/services/reference/internal/store"
	"github.com/qoyma/qoyma/services/reference/internal/term"
)

func regimeOf(b *referencev1.RegimeDecided) regime.Regime { return regime.Regime(b.GetRegime()) }

// GetRequestBySecret implements ReferenceService. Personal data stay away until identity was
// recorded: whoever found the link learns dates and states only (IS-2).
func (s *Server) GetRequestBySecret(_ context.Context, q *referencev1.GetRequestBySecretRequest) (*referencev1.GetRequestBySecretResponse, error) {
	row, err := s.mine(q.GetNumber(), q.GetSecret())
	if err != nil {
		return nil, err
	}
	p, err := s.load(row)
	if err != nil {
		return nil, err
	}
	sum := store.Age(row.GetSummary(), s.today(), s.rules.Law.Calendar)
	known := sum.GetIdentityRecorded()
	signed := signedPaper(row)
	res := &referencev1.GetRequestBySecretResponse{
		Request: sum, Regime: s.rules.Regime(row.GetRegime(), row.GetSummary().GetRegisteredOn()), Duties: row.GetDuties(), Timeline: timeline(p.shown), IdentityRecorded: known,
		Next: next(row), Remedy: remedy(row), AnswerAvailable: signed != nil && known, AnswerWithheld: signed != nil && !known,
		Extension: row.GetExtension(), ArchiveName: s.archiveName(), ArchiveAddress: s.archiveAddress(),
	}
	sum.Assignee, sum.Signer, sum.DraftKind = "", "", "" // the archive's inner work
	sum.CertificateNumber = ""
	if signed != nil {
		res.CertificateNumber, res.CertificateComplete = signed.GetSubmitted().GetCertificateNumber(), signed.GetCompleted() != nil
		sum.CertificateNumber = res.GetCertificateNumber()
	}
	if res.Complaints, err = s.complaints(p, known); err != nil || !known {
		return res, err
	}
	if res.Submission, _, err = s.submission(p); err != nil {
		return nil, err
	}
	res.Exchanges, err = s.exchanges(p)
	return res, err
}

func (s *Server) archiveName() *recordv1.Text {
	n := s.office.Archive.Name
	return &recordv1.Text{Kk: n.KK, Ru: n.RU, En: n.EN}
}

func (s *Server) archiveAddress() *recordv1.Text {
	a := s.office.Archive.Address
	return &recordv1.Text{Kk: a.KK, Ru: a.RU, En: a.EN}
}

// signedPaper is the newest signed paper of a request; nil where there is none.
func signedPaper(row *referencev1.RequestRow) *referencev1.PaperRow {
	for i := len(row.GetPapers()) - 1; i >= 0; i-- {
		if p := row.GetPapers()[i]; p.GetState() == "signed" {
			return p
		}
	}
	return nil
}

// ClarifyRequest implements ReferenceService.
func (s *Server) ClarifyRequest(ctx context.Context, q *referencev1.ClarifyRequestRequest) (*referencev1.ClarifyRequestResponse, error) {
	if _, err := s.mine(q.GetNumber(), q.GetSecret()); err != nil {
		return nil, err
	}
	_, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_ClarifyRequest_FullMethodName, q.GetNumber(),
		store.Clarify(q.GetNumber(), q.GetText()), new(referencev1.ClarificationGiven))
	return new(referencev1.ClarifyRequestResponse), err
}

// WithdrawRequest implements ReferenceService.
func (s *Server) WithdrawRequest(ctx context.Context, q *referencev1.WithdrawRequestRequest) (*referencev1.WithdrawRequestResponse, error) {
	if _, err := s.mine(q.GetNumber(), q.GetSecret()); err != nil {
		return nil, err
	}
	var e referencev1.RequestClosed
	_, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_WithdrawRequest_FullMethodName, q.GetNumber(), store.Withdraw(q.GetNumber()), &e)
	return &referencev1.WithdrawRequestResponse{ClosedOn: e.GetClosedOn()}, err
}

// RegisterComplaint implements ReferenceService.
func (s *Server) RegisterComplaint(ctx context.Context, q *referencev1.RegisterComplaintRequest) (*referencev1.RegisterComplaintResponse, error) {
	if _, err := s.mine(q.GetNumber(), q.GetSecret()); err != nil {
		return nil, err
	}
	var e referencev1.ComplaintRegistered
	if _, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_RegisterComplaint_FullMethodName, q.GetNumber(),
		s.rules.Complain(q), &e); err != nil {
		return nil, err
	}
	return &referencev1.RegisterComplaintResponse{
		Complaint: e.GetComplaint(), RegisteredOn: e.GetRegisteredOn(), Term: e.GetTerm(), Late: e.GetLate(), Words: complaintWords(e.GetLate()),
	}, nil
}

// GetCertificate implements ReferenceService: to the user by secret once identity was recorded,
// to the cleared staff by number; the latter is recorded (IS-6).
func (s *Server) GetCertificate(ctx context.Context, q *referencev1.GetCertificateRequest) (*referencev1.GetCertificateResponse, error) {
	const method = referencev1.ReferenceService_GetCertificate_FullMethodName
	var row *referencev1.RequestRow
	var err error
	switch {
	case q.GetSecret() != "":
		if row, err = s.mine(q.GetNumber(), q.GetSecret()); err == nil && !row.GetSummary().GetIdentityRecorded() {
			err = identityFirst.With("number", q.GetNumber())
		}
	case !isStaff(ctx):
		return nil, wrongSecret.With()
	default:
		if err = s.restricted(ctx, method, q.GetNumber()); err == nil {
			row, err = s.ofStaff(q)
		}
	}
	if err != nil {
		return nil, err
	}
	p := signedPaper(row)
	for _, one := range row.GetPapers() {
		if one.GetState() == "signed" && one.GetSubmitted().GetCertificateNumber() == q.GetCertificateNumber() {
			p = one
		}
	}
	if p == nil || q.GetCertificateNumber() != "" && p.GetSubmitted().GetCertificateNumber() != q.GetCertificateNumber() {
		return nil, store.NoPaper.With("number", clip.Value(q.GetNumber()+" "+q.GetCertificateNumber()))
	}
	if q.GetSecret() == "" {
		if err := s.noteRead(ctx, method, row.GetSummary().GetNumber()); err != nil {
			return nil, err
		}
	}
	pdf, complete, err := s.office.File(p)
	if err != nil {
		return nil, s.damaged(ctx, err)
	}
	return &referencev1.GetCertificateResponse{
		CertificateNumber: p.GetSubmitted().GetCertificateNumber(), Pdf: pdf, Sha256: p.GetSubmitted().GetSha256(), Complete: complete,
	}, nil
}

func (s *Server) ofStaff(q *referencev1.GetCertificateRequest) (row *referencev1.RequestRow, err error) {
	err = s.store.View(func(v *base.View) (err error) {
		if q.GetNumber() != "" {
			row, err = store.Request(v, q.GetNumber())
			return err
		}
		row, _, err = store.Paper(v, q.GetCertificateNumber())
		return err
	})
	return row, err
}

// VerifyPaper implements ReferenceService. Whoever has only a number learns nothing: a paper
// that does not exist and one whose digits are others look alike.
func (s *Server) VerifyPaper(_ context.Context, q *referencev1.VerifyPaperRequest) (*referencev1.VerifyPaperResponse, error) {
	// The paper prints the digits in two groups; programs write a digest in either case.
	typed, sum := strings.Join(strings.Fields(q.GetCheckDigits()), ""), strings.ToLower(strings.TrimSpace(q.GetSha256()))
	if typed == "" && sum == "" {
		return nil, badPage.With()
	}
	unknown := verdict("unknown")
	var p *referencev1.PaperRow
	var signer *referencev1.SignerRow
	var public []byte
	err := s.store.View(func(v *base.View) (err error) {
		if _, p, err = store.Paper(v, q.GetCertificateNumber()); err != nil || p.GetSigned() == nil {
			return err
		}
		if signer, err = store.Signer(v, p.GetSigned().GetAccount()); err == nil {
			public, err = store.PublicKey(v, p.GetSigned().GetAccount(), p.GetSigned().GetKeyId())
		}
		return err
	})
	switch {
	case errors.Is(err, request.BadNumber), errors.Is(err, store.NoPaper):
		return unknown, nil
	case err != nil:
		return nil, err
	}
	digits := secret.SameText(typed, p.GetSubmitted().GetCheckDigits())
	sha := secret.SameText(sum, p.GetSubmitted().GetSha256()) || p.GetCompleted() != nil && secret.SameText(sum, p.GetCompleted().GetSha256())
	if typed != "" && !digits || sum != "" && !sha {
		return unknown, nil
	}
	switch p.GetState() {
	case "returned":
		return verdict("returned"), nil
	case "submitted":
		return verdict("unsigned"), nil
	}
	e := p.GetSigned()
	res := verdict("genuine")
	res.Genuine, res.CertificateNumber, res.Kind, res.Language, res.Sha256 = true, e.GetCertificateNumber(), e.GetKind(), e.GetLanguage(), e.GetSha256()
	res.DatedOn, res.SignedOn, res.KeyId, res.PublicKey, res.Signature = e.GetDatedOn(), e.GetSignedOn(), e.GetKeyId(), public, e.GetSignature()
	res.Post = &recordv1.Text{Kk: e.GetPost(), Ru: e.GetPost(), En: e.GetPost()}
	res.SignedSeq, res.SignerRevokedSince = p.GetSignedSeq(), signer.GetState() == "revoked"
	return res, nil
}

// parts are the events of a request whose sealed bodies its views open.
type parts struct {
	row                     *referencev1.RequestRow
	shown                   []*journal.Record // the timeline
	registered, identity    *journal.Record
	exchanged, complained   []*journal.Record
	findings, drafts, backs map[uint64]*journal.Record
}

// most drafts that a view opens.
const maxDrafts = 20

// load reads the events of a request in one short transaction.
func (s *Server) load(row *referencev1.RequestRow) (p parts, err error) {
	p = parts{row: row, findings: map[uint64]*journal.Record{}, drafts: map[uint64]*journal.Record{}, backs: map[uint64]*journal.Record{}}
	err = s.store.View(func(v *base.View) (err error) {
		list := func(seqs []uint64) (out []*journal.Record) {
			for _, seq := range seqs {
				r, entryErr := v.Entry(seq)
				if entryErr != nil || r == nil {
					err = errors.Join(err, entryErr)
					continue
				}
				out = append(out, r)
			}
			return out
		}
		one := func(seq uint64) *journal.Record {
			if l := list([]uint64{seq}); seq != 0 && len(l) == 1 {
				return l[0]
			}
			return nil
		}
		p.shown = list(last(row.GetTimeline(), 200))
		p.registered, p.identity = one(row.GetRegisteredSeq()), one(row.GetIdentitySeq())
		p.exchanged, p.complained = list(row.GetExchanges()), list(row.GetComplaints())
		for _, f := range row.GetFindings() {
			p.findings[f.GetSeq()] = one(f.GetSeq())
		}
		for _, d := range last(row.GetDrafts(), maxDrafts) {
			p.drafts[d.GetSeq()] = one(d.GetSeq())
			if d.GetReturnedSeq() != 0 {
				p.backs[d.GetReturnedSeq()] = one(d.GetReturnedSeq())
			}
		}
		return err
	})
	return p, err
}

func last[T any](list []T, most int) []T { return list[max(0, len(list)-most):] }

// submission opens what the applicant wrote; gone where it was erased.
func (s *Server) submission(p parts) (sub *referencev1.Submission, gone bool, err error) {
	body, gone, err := s.unseal(p.registered)
	sub, _ = body.(*referencev1.Submission)
	return sub, gone, err
}

// words opens a sealed text; empty where it was erased.
func (s *Server) words(r *journal.Record) (string, error) {
	body, _, err := s.unseal(r)
	switch b := body.(type) {
	case *referencev1.Words:
		return b.GetText(), err
	case *referencev1.Quotation:
		return b.GetText(), err
	case *referencev1.IdentityNote:
		return b.GetText(), err
	}
	return "", err
}

func (s *Server) exchanges(p parts) (list []*referencev1.Exchange, err error) {
	for _, r := range p.exchanged {
		x := &referencev1.Exchange{By: "applicant", On: on(r)}
		if r.Is(new(referencev1.ClarificationAsked)) {
			x.By = "archive"
		}
		if x.Text, err = s.words(r); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

// complaints are those of a request, with their texts where these may be shown.
func (s *Server) complaints(p parts, texts bool) (list []*referencev1.ComplaintView, err error) {
	for _, r := range p.complained {
		body, err := r.Body()
		if err != nil {
			return nil, err
		}
		b, ok := body.(*referencev1.ComplaintRegistered)
		if !ok {
			continue
		}
		c := &referencev1.ComplaintView{Complaint: b.GetComplaint(), RegisteredOn: b.GetRegisteredOn(), LearntOn: b.GetLearntOn(), Late: b.GetLate()}
		if texts {
			if c.Text, err = s.words(r); err != nil {
				return nil, err
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// command begins a command of the caller.
func (s *Server) command(ctx context.Context, id, method string) (base.Command, error) {
	return journalapi.Command(ctx, id, method)
}

// dutyOn is the day of a duty; empty where the request has none.
func dutyOn(row *referencev1.RequestRow, kind term.Kind) string {
	for _, d := range row.GetDuties() {
		if d.GetKind() == string(kind) {
			return d.GetDueOn()
		}
	}
	return ""
}
