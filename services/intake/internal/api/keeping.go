package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// amended carries out a command about an accession and gives the accession as it stands then.
func (s *Server) amended(ctx context.Context, id, method, number string, decide base.Decide) (*intakev1.Accession, error) {
	if _, err := s.doFor(ctx, id, method, accessionRef(number), decide); err != nil {
		return nil, err
	}
	return s.accessionNow(number)
}

// BeginQuarantine implements IntakeService.
func (s *Server) BeginQuarantine(ctx context.Context, q *intakev1.BeginQuarantineRequest) (*intakev1.BeginQuarantineResponse, error) {
	a, err := s.amended(ctx, q.GetCommandId(), intakev1.IntakeService_BeginQuarantine_FullMethodName, q.GetAccessionNumber(), store.BeginQuarantine(q))
	return &intakev1.BeginQuarantineResponse{Accession: a}, err
}

// EndQuarantine implements IntakeService.
func (s *Server) EndQuarantine(ctx context.Context, q *intakev1.EndQuarantineRequest) (*intakev1.EndQuarantineResponse, error) {
	a, err := s.amended(ctx, q.GetCommandId(), intakev1.IntakeService_EndQuarantine_FullMethodName, q.GetAccessionNumber(), store.EndQuarantine(q))
	return &intakev1.EndQuarantineResponse{Accession: a}, err
}

// StoreBoxes implements IntakeService.
func (s *Server) StoreBoxes(ctx context.Context, q *intakev1.StoreBoxesRequest) (*intakev1.StoreBoxesResponse, error) {
	if _, err := s.doFor(ctx, q.GetCommandId(), intakev1.IntakeService_StoreBoxes_FullMethodName, accessionRef(q.GetAccessionNumber()), store.StoreBoxes(q)); err != nil {
		return nil, err
	}
	res := new(intakev1.StoreBoxesResponse)
	err := s.store.View(func(v *base.View) error {
		_, n, err := store.AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err == nil {
			res.Boxes, err = store.Boxes(v, n)
		}
		return err
	})
	return res, err
}

// GetLabels implements IntakeService.
func (s *Server) GetLabels(_ context.Context, q *intakev1.GetLabelsRequest) (*intakev1.GetLabelsResponse, error) {
	var a *intakev1.Accession
	var boxes []*intakev1.Box
	if err := s.store.View(func(v *base.View) (err error) {
		a, boxes, err = store.Labelled(v, q.GetAccessionNumber())
		return err
	}); err != nil {
		return nil, err
	}
	labels, err := accept.Labels(s.plans.Archive, s.store.Archive(), a, boxes)
	if err != nil {
		return nil, err
	}
	pdf, err := labels.PDF(fault.Language(q.GetLanguage()))
	return &intakev1.GetLabelsResponse{Pdf: pdf}, err
}

// SignAct implements IntakeService: the signature is bound to the SHA-256 of the copy that was read,
// so that whoever is in front cannot have another act signed.
func (s *Server) SignAct(ctx context.Context, q *intakev1.SignActRequest) (*intakev1.SignActResponse, error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	a, err := s.amended(ctx, q.GetCommandId(), intakev1.IntakeService_SignAct_FullMethodName, q.GetAccessionNumber(), store.Sign(q, signer(ctx, of), s.store.Archive()))
	return &intakev1.SignActResponse{Accession: a}, err
}

// signer is the caller as one who signs.
func signer(ctx context.Context, of monitor.Department) store.Signer {
	id, _ := monitor.From(ctx)
	return store.Signer{Account: account(ctx), Clerk: of.Only() != "", Archive: id.Has(monitor.Archivist) || id.Has(monitor.Head), Department: of}
}

// toSign is the statement that the caller would sign today under one copy of an act.
func (s *Server) toSign(ctx context.Context, a *intakev1.Accession, side, sha256 string, of monitor.Department) ([]byte, error) {
	statement, err := store.ToSign(a, side, sha256, signer(ctx, of), s.store.Archive(), civil.Of(s.store.Now()))
	if err != nil {
		return nil, err
	}
	return statement.Bytes()
}

// account is the caller's account, without the prefix that says it is a person's.
func account(ctx context.Context) string {
	id, _ := monitor.From(ctx)
	return strings.TrimPrefix(id.Actor, "person:")
}

// ProposeDeaccession implements IntakeService.
func (s *Server) ProposeDeaccession(ctx context.Context, q *intakev1.ProposeDeaccessionRequest) (*intakev1.ProposeDeaccessionResponse, error) {
	records, err := s.doFor(ctx, q.GetCommandId(), intakev1.IntakeService_ProposeDeaccession_FullMethodName, accessionRef(q.GetAccessionNumber()),
		store.Propose(q, account(ctx)))
	if err != nil {
		return nil, err
	}
	body, err := records[0].Body()
	if err != nil {
		return nil, err
	}
	proposed, ok := body.(*intakev1.DeaccessionProposed)
	if !ok {
		return nil, base.IDReused.With("command", records[0].Header.GetCommand())
	}
	d, err := s.leaving(q.GetAccessionNumber(), proposed.GetNumber())
	return &intakev1.ProposeDeaccessionResponse{Deaccession: d}, err
}

func (s *Server) leaving(number string, count uint32) (d *intakev1.Deaccession, err error) {
	err = s.store.View(func(v *base.View) error {
		a, n, err := store.AccessionOf(v, number, monitor.Department{})
		if err != nil {
			return err
		}
		if d, err = store.Leaving(v, n, count); err != nil || d == nil {
			return err
		}
		return store.Tell(v, a, n, d)
	})
	return d, err
}

// DecideDeaccession implements IntakeService: holds are asked for first and the files locked against new ones, then the acts are
// printed and durable, then comes the event that names them. One decision at a time: none is declined while its files are being locked.
func (s *Server) DecideDeaccession(ctx context.Context, q *intakev1.DecideDeaccessionRequest) (*intakev1.DecideDeaccessionResponse, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	s.deciding.Lock()
	defer s.deciding.Unlock()
	decide := store.Decline(q, account(ctx))
	if q.GetApprove() {
		today := civil.Of(s.store.Now())
		acts, codes, failed := s.letGo(ctx, q, today)
		// If we crash here the acts are there and no event names them: the sweep takes them.
		decide = func(v *base.View, now time.Time) ([]base.Event, error) {
			events, err := store.Deaccessioned(q, account(ctx), today, acts, codes)(v, now)
			if err == nil {
				err = failed // what the present state says comes first
			}
			return events, err
		}
	}
	if _, err := s.doFor(ctx, q.GetCommandId(), intakev1.IntakeService_DecideDeaccession_FullMethodName, accessionRef(q.GetAccessionNumber()), decide); err != nil {
		return nil, err
	}
	s.wake()
	d, err := s.leaving(q.GetAccessionNumber(), q.GetNumber())
	return &intakev1.DecideDeaccessionResponse{Deaccession: d}, err
}

// letGo asks for holds, then prints.
func (s *Server) letGo(ctx context.Context, q *intakev1.DecideDeaccessionRequest, today civil.Date) (acts []*intakev1.DeaccessionAct, codes []string, err error) {
	a, d, err := s.leaves(q.GetAccessionNumber(), q.GetNumber(), account(ctx))
	if err == nil {
		codes, err = s.freeOfHolds(ctx, q.GetCommandId(), a, d.GetProposed())
	}
	if err != nil {
		return nil, nil, err
	}
	acts, err = s.printLeave(q, account(ctx), today)
	return acts, codes, err
}

// printLeave prints and keeps the act of deaccession in both languages (IS-3).
func (s *Server) printLeave(q *intakev1.DecideDeaccessionRequest, who string, today civil.Date) (acts []*intakev1.DeaccessionAct, err error) {
	var a *intakev1.Accession
	var d *intakev1.Deaccession
	var units []*intakev1.AcceptedFile
	if err := s.store.View(func(v *base.View) error {
		if a, d, err = store.Undecided(v, q.GetAccessionNumber(), q.GetNumber(), who); err != nil {
			return err
		}
		_, n, err := store.AccessionOf(v, q.GetAccessionNumber(), monitor.Department{})
		if err != nil {
			return err
		}
		for _, p := range d.GetProposed().GetPositions() {
			f, ok, err := store.AcceptedFile(v, n, p)
			if err != nil || !ok {
				return fmt.Errorf("accession %s, position %d: %w", n, p, err)
			}
			units = append(units, f)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	err = s.keepInBoth(accept.Leave(s.plans.Archive, a, d.GetProposed(), units, today), func(language, sha256 string, size uint64) {
		acts = append(acts, &intakev1.DeaccessionAct{Language: language, Sha256: sha256, Size: size})
	})
	return acts, err
}

// keepInBoth prints an act in both languages (IS-3) and keeps each; kept is told of it, with its digest in lower-case hexadecimal and its
// size in bytes, once it is durable.
func (s *Server) keepInBoth(paper interface {
	PDF(l fault.Language) ([]byte, error)
}, kept func(language, sha256 string, size uint64),
) error {
	for _, language := range store.Languages {
		pdf, err := paper.PDF(fault.Language(language))
		if err != nil {
			return err
		}
		sha256, err := s.repo.KeepAct(pdf)
		if err != nil {
			return err
		}
		kept(language, sha256, uint64(len(pdf)))
	}
	return nil
}

// GetDeaccessionAct implements IntakeService.
func (s *Server) GetDeaccessionAct(_ context.Context, q *intakev1.GetDeaccessionActRequest) (*intakev1.GetDeaccessionActResponse, error) {
	d, err := s.leaving(q.GetAccessionNumber(), q.GetNumber())
	if err != nil {
		return nil, err
	}
	for _, act := range d.GetActs() {
		if act.GetLanguage() == q.GetLanguage() {
			pdf, err := s.repo.Act(act.GetSha256())
			return &intakev1.GetDeaccessionActResponse{Pdf: pdf, Sha256: act.GetSha256()}, err
		}
	}
	return nil, noAct.With("number", fmt.Sprintf("%s/%d", clip.Value(q.GetAccessionNumber()), q.GetNumber()), "language", clip.Value(q.GetLanguage()))
}

// GetAccessionWork implements IntakeService. A clerk sees that of his department.
func (s *Server) GetAccessionWork(ctx context.Context, q *intakev1.GetAccessionWorkRequest) (*intakev1.GetAccessionWorkResponse, error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	res := new(intakev1.GetAccessionWorkResponse)
	err = s.store.View(func(v *base.View) error {
		a, n, err := store.AccessionOf(v, q.GetAccessionNumber(), of)
		if err != nil {
			return err
		}
		res.Accession, res.Open = a, store.Lacks(a)
		if res.Proofs, err = store.Proofs(v, a, s.store.Archive()); err != nil {
			return err
		}
		if res.Deaccessions, err = store.Leavings(v, n); err != nil {
			return err
		}
		if err := store.Tell(v, a, n, res.GetDeaccessions()...); err != nil {
			return err
		}
		if of.Only() == "" { // where things stand is no business of the departments
			if res.Boxes, err = store.Boxes(v, n); err != nil {
				return err
			}
		}
		t, err := store.Transfer(v, a.GetTransferId())
		if err != nil {
			return err
		}
		res.BoxesCounted = t.GetUndescribed().GetBoxes()
		if a.GetObjectId() != "" { // of what came, at least the content of one unit was taken
			res.Eark = t.GetEark()
		}
		return nil
	})
	return res, err
}
