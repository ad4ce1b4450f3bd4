package api

import (
	"context"

	"google.golang.org/grpc"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// GetAct implements IntakeService: the PDF is compared with its recorded digest again. Whoever asks for a
// side gets what he would sign today under this copy.
func (s *Server) GetAct(ctx context.Context, req *intakev1.GetActRequest) (*intakev1.GetActResponse, error) {
	n, err := transfer.ParseNumber(req.GetAccessionNumber())
	if err != nil {
		return nil, err
	}
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	var a *intakev1.Accession
	if err := s.store.View(func(v *base.View) error {
		a, err = store.Accession(v, n)
		return err
	}); err != nil {
		return nil, err
	}
	if a == nil || !of.Has(a.GetOrganisation().GetId()) {
		return nil, store.NoAccession.With("number", n)
	}
	for _, act := range a.GetActs() {
		if act.GetLanguage() == req.GetLanguage() {
			pdf, err := s.repo.Act(act.GetSha256())
			if err != nil {
				return nil, err
			}
			res := &intakev1.GetActResponse{Pdf: pdf, Sha256: act.GetSha256()}
			if req.GetSide() != "" {
				res.Statement, err = s.toSign(ctx, a, req.GetSide(), act.GetSha256(), of)
			}
			return res, err
		}
	}
	return nil, noAct.With("number", n, "language", clip.Value(req.GetLanguage()))
}

// GetBook implements IntakeService: the pages of one year, as of its last accession.
func (s *Server) GetBook(_ context.Context, req *intakev1.GetBookRequest) (*intakev1.GetBookResponse, error) {
	year := req.GetYear()
	var lines []*intakev1.Accession
	if year <= civil.MaxYear {
		if err := s.store.View(func(v *base.View) (err error) {
			lines, _, err = store.Accessions(v, int(year), 0, accept.MaxLines+1)
			return err
		}); err != nil {
			return nil, err
		}
	}
	if len(lines) == 0 {
		return nil, noBook.With("year", year)
	}
	book, err := accept.Book(s.plans.Archive, int(year), lines)
	if err != nil {
		return nil, err
	}
	pdf, err := book.PDF(fault.Language(req.GetLanguage()))
	if err != nil {
		return nil, err
	}
	return &intakev1.GetBookResponse{Pdf: pdf}, nil
}

// ReadContent implements IntakeService. The label is that of the unit to which the file
// belongs; what belongs to none (the package's tag files) has the strictest of the
// inventory's. Reads of restricted files and denials are journaled (IS-6).
func (s *Server) ReadContent(req *intakev1.ReadContentRequest, stream grpc.ServerStreamingServer[intakev1.ReadContentResponse]) error {
	ctx := stream.Context()
	var file *intakev1.ContentFile
	var label base.Label
	var of *intakev1.Accession
	if err := s.store.View(func(v *base.View) error {
		n, ok := store.Object(v, req.GetObjectId())
		if !ok {
			return noContent.With()
		}
		var err error
		if of, err = store.Accession(v, n); err != nil {
			return err
		}
		if file, ok, err = store.ObjectFile(v, of, req.GetPath()); err != nil || !ok {
			return orElse(err, noContent.With())
		}
		if err = given(v, of, req.GetPath()); err != nil {
			return err
		}
		label, err = labelOfFile(v, of, req.GetPath())
		return err
	}); err != nil {
		return err
	}
	if err := s.readable(ctx, of, label); err != nil {
		return err
	}
	emit := func(p []byte) error { return stream.Send(&intakev1.ReadContentResponse{Data: p}) }
	fixity := repository.Fixity{SHA512: file.GetSha512(), BLAKE3: file.GetBlake3()}
	version := uint32(1)
	if req.GetPath() == of.GetHistory().GetPath() { // alone it is another in the next version, which may stand already
		version = of.GetObjectVersion()
	}
	return s.repo.Read(ctx, req.GetObjectId(), version, req.GetPath(), fixity, emit)
}

func orElse(err error, otherwise *fault.Error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// readable lets a reader in whose clearance allows the label, and journals what IS-6 asks for.
// A restricted file is not read unless that is recorded.
func (s *Server) readable(ctx context.Context, of *intakev1.Accession, label base.Label) error {
	id, ok := monitor.From(ctx)
	const method = intakev1.IntakeService_ReadContent_FullMethodName
	object := journal.Ref{Type: "accession", ID: of.GetAccessionNumber()}
	switch {
	case !ok:
		return monitor.ErrNoIdentity.With()
	case !id.Clearance.Allows(labelOf(label)):
		denied := monitor.ErrRestricted.With()
		err := s.store.Note(ctx, id.Actor, method, base.Event{
			Refs: []journal.Ref{object, {Type: "actor", ID: id.Actor}}, Label: label,
			Body: &journalv1.AccessDenied{Method: method, Reason: denied.In(fault.English)},
		})
		if err != nil {
			return denied.Because(err)
		}
		return denied
	case label.Level == 0 && len(label.Grounds) == 0:
		return nil
	case id.Actor == insurer && id.OnBehalfOf == "":
		return nil // it copies and compares bytes, nobody looks at them; its own journal says what it did
	}
	return s.store.Note(ctx, id.Actor, method, base.Event{
		Refs: []journal.Ref{object, {Type: "actor", ID: id.Actor}}, Label: label,
		Body: &journalv1.RestrictedRead{Object: object.Proto(), Label: &journalv1.Label{Level: label.Level, Grounds: label.Grounds}},
	})
}
