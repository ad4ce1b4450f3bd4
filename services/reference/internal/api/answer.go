package api

import (
	"context"
	"errors"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/clip"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/reference/internal/papers"
	"github.com/qoyma/qoyma/services/reference/internal/secret"
	"github.com/qoyma/qoyma/services/reference/internal/store"
)

// textOf is a text that was written in one language.
func textOf(s string) *recordv1.Text { return &recordv1.Text{Kk: s, Ru: s, En: s} }

// DraftAnswer implements ReferenceService.
func (s *Server) DraftAnswer(ctx context.Context, q *referencev1.DraftAnswerRequest) (*referencev1.DraftAnswerResponse, error) {
	var e referencev1.AnswerDrafted
	sum, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_DraftAnswer_FullMethodName, q.GetNumber(), store.Draft(q), &e)
	return &referencev1.DraftAnswerResponse{Version: e.GetVersion(), Request: sum}, err
}

// SubmitForSignature implements ReferenceService.
func (s *Server) SubmitForSignature(ctx context.Context, q *referencev1.SubmitForSignatureRequest) (*referencev1.SubmitForSignatureResponse, error) {
	c, err := s.command(ctx, q.GetCommandId(), referencev1.ReferenceService_SubmitForSignature_FullMethodName)
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	b, err := s.office.Print(ctx, c, q.GetNumber(), q.GetVersion(), q.GetSigner())
	if err != nil {
		return nil, err
	}
	p, sum, err := s.paperOf(b.GetCertificateNumber())
	return &referencev1.SubmitForSignatureResponse{Paper: p, Request: sum}, err
}

// paperOf is a paper and its request as they stand.
func (s *Server) paperOf(number string) (*referencev1.Paper, *referencev1.RequestSummary, error) {
	var row *referencev1.RequestRow
	var p *referencev1.PaperRow
	if err := s.store.View(func(v *base.View) (err error) {
		row, p, err = store.Paper(v, number)
		return err
	}); err != nil {
		return nil, nil, err
	}
	return s.paper(p), store.Age(row.GetSummary(), s.today(), s.rules.Law.Calendar), nil
}

// GetDraftPDF implements ReferenceService: the paper as it was printed, which is read whole
// before it is signed. The reading is recorded (IS-6).
func (s *Server) GetDraftPDF(ctx context.Context, q *referencev1.GetDraftPDFRequest) (*referencev1.GetDraftPDFResponse, error) {
	const method = referencev1.ReferenceService_GetDraftPDF_FullMethodName
	if err := s.restricted(ctx, method, q.GetNumber()); err != nil {
		return nil, err
	}
	var p *referencev1.PaperRow
	if err := s.store.View(func(v *base.View) error {
		row, err := store.Request(v, q.GetNumber())
		if err != nil {
			return err
		}
		for _, one := range row.GetPapers() {
			if q.GetCertificateNumber() == "" || one.GetSubmitted().GetCertificateNumber() == q.GetCertificateNumber() {
				p = one
			}
		}
		if p == nil {
			return store.NoPaper.With("number", clip.Value(q.GetNumber()+" "+q.GetCertificateNumber()))
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if err := s.noteRead(ctx, method, q.GetNumber()); err != nil {
		return nil, err
	}
	pdf, err := s.office.First(p)
	if err = s.damaged(ctx, err); errors.Is(err, papers.Damaged) && p.GetSigned() == nil {
		return nil, draftDamaged.With("paper", p.GetSubmitted().GetCertificateNumber()).Because(err)
	}
	if err != nil {
		return nil, err
	}
	return &referencev1.GetDraftPDFResponse{Paper: s.paper(p), Pdf: pdf}, nil
}

// ReturnDraft implements ReferenceService.
func (s *Server) ReturnDraft(ctx context.Context, q *referencev1.ReturnDraftRequest) (*referencev1.ReturnDraftResponse, error) {
	sum, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_ReturnDraft_FullMethodName, q.GetNumber(),
		store.Return(q.GetNumber(), q.GetRemark()), new(referencev1.DraftReturned))
	return &referencev1.ReturnDraftResponse{Request: sum}, err
}

// SignAnswer implements ReferenceService. The paper is completed with its proof at once where
// that can be done, otherwise in a moment: the signature stands either way.
func (s *Server) SignAnswer(ctx context.Context, q *referencev1.SignAnswerRequest) (*referencev1.SignAnswerResponse, error) {
	c, err := s.command(ctx, q.GetCommandId(), referencev1.ReferenceService_SignAnswer_FullMethodName)
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	e, err := s.office.Sign(ctx, c, q, account(ctx))
	if err != nil {
		return nil, err
	}
	var row *referencev1.PaperRow
	if err := s.store.View(func(v *base.View) (err error) {
		_, row, err = store.Paper(v, e.GetCertificateNumber())
		return err
	}); err != nil {
		return nil, err
	}
	if row.GetCompleted() == nil {
		// What keeps it from being completed now (a full disk) the service tries again by itself.
		if err := s.office.Complete(context.WithoutCancel(ctx), row.GetSignedSeq()); err != nil {
			s.failed(ctx, e.GetCertificateNumber(), err)
		}
	}
	p, sum, err := s.paperOf(e.GetCertificateNumber())
	return &referencev1.SignAnswerResponse{Paper: p, Request: sum}, err
}

// DeliverAnswer implements ReferenceService.
func (s *Server) DeliverAnswer(ctx context.Context, q *referencev1.DeliverAnswerRequest) (*referencev1.DeliverAnswerResponse, error) {
	sum, err := s.change(ctx, q.GetCommandId(), referencev1.ReferenceService_DeliverAnswer_FullMethodName, q.GetNumber(),
		store.Deliver(q), new(referencev1.AnswerDelivered))
	return &referencev1.DeliverAnswerResponse{Request: sum}, err
}

// InviteSigner implements ReferenceService.
func (s *Server) InviteSigner(ctx context.Context, q *referencev1.InviteSignerRequest) (*referencev1.InviteSignerResponse, error) {
	const method = referencev1.ReferenceService_InviteSigner_FullMethodName
	c, err := s.command(ctx, q.GetCommandId(), method)
	if err != nil {
		return nil, err
	}
	asked, err := content(&referencev1.InviteSignerRequest{Account: q.GetAccount(), Name: q.GetName(), Post: q.GetPost()})
	if err != nil {
		return nil, err
	}
	code := s.key.Code(c.ID[:], asked)
	var e referencev1.SignerInvited
	if _, err := s.do(ctx, q.GetCommandId(), method, store.Invite(q, secret.Hash(code)), &e); err != nil {
		return nil, err
	}
	if !secret.Fits(code, e.GetCodeSha256()) {
		return nil, base.IDReused.With("command", method)
	}
	return &referencev1.InviteSignerResponse{Code: code, ExpiresOn: e.GetExpiresOn()}, nil
}

// EnrolSigner implements ReferenceService.
func (s *Server) EnrolSigner(ctx context.Context, q *referencev1.EnrolSignerRequest) (*referencev1.EnrolSignerResponse, error) {
	var e referencev1.SignerEnrolled
	if _, err := s.do(ctx, q.GetCommandId(), referencev1.ReferenceService_EnrolSigner_FullMethodName,
		store.Enrol(account(ctx), q.GetCode(), q.GetKey()), &e); err != nil {
		return nil, err
	}
	signer, err := s.signer(e.GetAccount())
	return &referencev1.EnrolSignerResponse{Signer: signer}, err
}

// signer is one signer with name and key.
func (s *Server) signer(account string) (*referencev1.Signer, error) {
	var row *referencev1.SignerRow
	if err := s.store.View(func(v *base.View) (err error) {
		row, err = store.Signer(v, account)
		return err
	}); err != nil {
		return nil, err
	}
	return s.signerOf(row)
}

func (s *Server) signerOf(row *referencev1.SignerRow) (*referencev1.Signer, error) {
	out := &referencev1.Signer{
		Account: row.GetAccount(), Post: row.GetPost(), State: row.GetState(), Key: row.GetKey(), InvitedOn: row.GetInvitedOn(),
		EnrolledOn: row.GetEnrolledOn(), RevokedOn: row.GetRevokedOn(), Ground: row.GetGround(),
	}
	if len(row.GetCodeSha256()) > 0 {
		out.ExpiresOn = row.GetExpiresOn()
	}
	// The name of an official stands on every paper that they sign (AI-9): it is sealed so that it
	// can be erased, and no secret of the staff.
	err := s.store.View(func(v *base.View) error {
		r, err := v.Entry(row.GetInvitedSeq())
		if err != nil {
			return err
		}
		body, _, err := s.unseal(r)
		if name, ok := body.(*referencev1.SignerName); ok {
			out.Name = name.GetName()
		}
		return err
	})
	return out, err
}

// ListSigners implements ReferenceService.
func (s *Server) ListSigners(_ context.Context, q *referencev1.ListSignersRequest) (*referencev1.ListSignersResponse, error) {
	var rows []*referencev1.SignerRow
	res := new(referencev1.ListSignersResponse)
	if err := s.store.View(func(v *base.View) (err error) {
		rows, res.More, err = store.Signers(v, q.GetAfter(), bounded(q.GetLimit(), store.MaxPage))
		return err
	}); err != nil {
		return nil, err
	}
	for _, row := range rows {
		signer, err := s.signerOf(row)
		if err != nil {
			return nil, err
		}
		if k := signer.GetKey(); k != nil {
			signer.Key = &referencev1.KeyDerivation{KeyId: k.GetKeyId(), PublicKey: k.GetPublicKey()}
		}
		res.Signers = append(res.Signers, signer)
	}
	return res, nil
}

// GetSigner implements ReferenceService: the caller's own.
func (s *Server) GetSigner(ctx context.Context, _ *referencev1.GetSignerRequest) (*referencev1.GetSignerResponse, error) {
	signer, err := s.signer(account(ctx))
	if err != nil {
		return nil, err
	}
	return &referencev1.GetSignerResponse{Signer: signer}, nil
}

// RevokeSigner implements ReferenceService.
func (s *Server) RevokeSigner(ctx context.Context, q *referencev1.RevokeSignerRequest) (*referencev1.RevokeSignerResponse, error) {
	var e referencev1.SignerRevoked
	if _, err := s.do(ctx, q.GetCommandId(), referencev1.ReferenceService_RevokeSigner_FullMethodName, store.Revoke(q), &e); err != nil {
		return nil, err
	}
	signer, err := s.signer(e.GetAccount())
	return &referencev1.RevokeSignerResponse{Signer: signer}, err
}
