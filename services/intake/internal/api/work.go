package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/kind"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// do carries a command out by its id and name. None of its events is no error: nothing was to be
// done.
func (s *Server) do(ctx context.Context, id, method string, decide base.Decide) ([]*journal.Record, error) {
	c, err := journalapi.Command(ctx, id, method)
	if err != nil {
		return nil, err
	}
	c.Decide = decide
	return s.store.Do(ctx, c)
}

// doFor carries out a command about one object, whose type and id the first event must bear: a
// command id used before for another one is refused.
func (s *Server) doFor(ctx context.Context, id, method string, object journal.Ref, decide base.Decide) ([]*journal.Record, error) {
	records, err := s.do(ctx, id, method, decide)
	if err == nil && len(records) > 0 && records[0].Object() != object {
		err = base.IDReused.With("command", method)
	}
	return records, err
}

func transferRef(id string) journal.Ref { return journal.Ref{Type: "transfer", ID: id} }

func accessionRef(number string) journal.Ref { return journal.Ref{Type: "accession", ID: number} }

// transferNow is a transfer as it stands.
func (s *Server) transferNow(id string) (t *intakev1.Transfer, err error) {
	err = s.store.View(func(v *base.View) error {
		t, err = store.Transfer(v, id)
		if err == nil {
			t.ContactNamed = store.ContactSeq(v, id) != 0
		}
		return err
	})
	return t, err
}

// accessionNow is an accession as it stands.
func (s *Server) accessionNow(number string) (a *intakev1.Accession, err error) {
	err = s.store.View(func(v *base.View) error {
		a, _, err = store.AccessionOf(v, number, monitor.Department{})
		return err
	})
	return a, err
}

// ListTransferKinds implements IntakeService.
func (s *Server) ListTransferKinds(_ context.Context, q *intakev1.ListTransferKindsRequest) (*intakev1.ListTransferKindsResponse, error) {
	day := civil.Of(s.store.Now())
	if q.GetOn() != "" {
		var err error
		if day, err = civil.Parse(q.GetOn()); err != nil {
			return nil, err
		}
	}
	res := new(intakev1.ListTransferKindsResponse)
	for _, r := range kind.On(day) {
		res.Kinds = append(res.Kinds, kindOf(r))
	}
	return res, nil
}

// kindOf is a rule as callers see it.
func kindOf(r kind.Rule) *intakev1.TransferKind {
	in := func(t kind.Text) *recordv1.Text { return &recordv1.Text{Kk: t.KK, Ru: t.RU, En: t.EN} }
	k := &intakev1.TransferKind{
		Kind: string(r.Kind), Title: in(r.Title), Needs: r.Needs, Commission: r.Commission, Rule: r.Name(),
		LegalBasis: r.LegalBasis.RU, Basis: in(r.LegalBasis), Verified: r.Verified, Outside: r.Outside, Countable: r.Countable,
	}
	for _, side := range r.AnnouncedBy {
		k.AnnouncedBy = append(k.AnnouncedBy, string(side))
	}
	return k
}

// AnnounceTransfer implements IntakeService.
func (s *Server) AnnounceTransfer(ctx context.Context, q *intakev1.AnnounceTransferRequest) (*intakev1.AnnounceTransferResponse, error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	records, err := s.do(ctx, q.GetCommandId(), intakev1.IntakeService_AnnounceTransfer_FullMethodName, store.Announce(q, of))
	if err != nil {
		return nil, err
	}
	t, err := s.transferNow(records[0].Object().ID)
	return &intakev1.AnnounceTransferResponse{Transfer: t}, err
}

// ListRows implements IntakeService.
func (s *Server) ListRows(ctx context.Context, q *intakev1.ListRowsRequest) (*intakev1.ListRowsResponse, error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.doFor(ctx, q.GetCommandId(), intakev1.IntakeService_ListRows_FullMethodName, transferRef(q.GetTransferId()), store.Rows(q, of)); err != nil {
		return nil, err
	}
	res := new(intakev1.ListRowsResponse)
	err = s.store.View(func(v *base.View) error {
		list, err := store.ListOf(v, q.GetTransferId())
		res.Rows = list.Rows
		return err
	})
	return res, err
}

// SealInventory implements IntakeService.
func (s *Server) SealInventory(ctx context.Context, q *intakev1.SealInventoryRequest) (*intakev1.SealInventoryResponse, error) {
	t, err := s.changed(ctx, q.GetCommandId(), intakev1.IntakeService_SealInventory_FullMethodName, q.GetTransferId(),
		func(of monitor.Department) base.Decide { return store.Seal(q, of) })
	return &intakev1.SealInventoryResponse{Transfer: t}, err
}

// ConsentTransfer implements IntakeService.
func (s *Server) ConsentTransfer(ctx context.Context, q *intakev1.ConsentTransferRequest) (*intakev1.ConsentTransferResponse, error) {
	t, err := s.changed(ctx, q.GetCommandId(), intakev1.IntakeService_ConsentTransfer_FullMethodName, q.GetTransferId(),
		func(monitor.Department) base.Decide { return store.Consent(q.GetTransferId()) })
	return &intakev1.ConsentTransferResponse{Transfer: t}, err
}

// PrepareTransfer implements IntakeService.
func (s *Server) PrepareTransfer(ctx context.Context, q *intakev1.PrepareTransferRequest) (*intakev1.PrepareTransferResponse, error) {
	t, err := s.changed(ctx, q.GetCommandId(), intakev1.IntakeService_PrepareTransfer_FullMethodName, q.GetTransferId(),
		func(of monitor.Department) base.Decide { return store.Prepare(q, of) })
	return &intakev1.PrepareTransferResponse{Transfer: t}, err
}

// changed carries out a command about a transfer and gives the transfer as it stands then.
func (s *Server) changed(ctx context.Context, id, method, transferID string, decide func(monitor.Department) base.Decide) (*intakev1.Transfer, error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.doFor(ctx, id, method, transferRef(transferID), decide(of)); err != nil {
		return nil, err
	}
	return s.transferNow(transferID)
}

// ReceivePaper implements IntakeService.
func (s *Server) ReceivePaper(ctx context.Context, q *intakev1.ReceivePaperRequest) (*intakev1.ReceivePaperResponse, error) {
	t, err := s.changed(ctx, q.GetCommandId(), intakev1.IntakeService_ReceivePaper_FullMethodName, q.GetTransferId(),
		func(monitor.Department) base.Decide { return store.ReceivePaper(q) })
	if err != nil {
		return nil, err
	}
	r, err := s.receipt(t.GetTransferId(), t.GetReceipts())
	return &intakev1.ReceivePaperResponse{Receipt: r}, err
}

func (s *Server) receipt(id string, number uint32) (r *intakev1.Receipt, err error) {
	err = s.store.View(func(v *base.View) error {
		r, err = store.Receipt(v, id, number)
		return err
	})
	return r, err
}

// GetReceipt implements IntakeService.
func (s *Server) GetReceipt(ctx context.Context, q *intakev1.GetReceiptRequest) (*intakev1.GetReceiptResponse, error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	res := new(intakev1.GetReceiptResponse)
	err = s.store.View(func(v *base.View) error {
		if _, err := store.Mine(v, q.GetTransferId(), of); err != nil {
			return err
		}
		res.Receipt, err = store.Receipt(v, q.GetTransferId(), q.GetNumber())
		return err
	})
	return res, err
}

// PrintReceipt implements IntakeService.
func (s *Server) PrintReceipt(ctx context.Context, q *intakev1.PrintReceiptRequest) (*intakev1.PrintReceiptResponse, error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	var t *intakev1.Transfer
	var r *intakev1.Receipt
	if err := s.store.View(func(v *base.View) (err error) {
		if t, err = store.Mine(v, q.GetTransferId(), of); err == nil {
			r, err = store.Receipt(v, q.GetTransferId(), q.GetNumber())
		}
		return err
	}); err != nil {
		return nil, err
	}
	paper, err := accept.HandOver(s.plans.Archive, t, r)
	if err != nil {
		return nil, err
	}
	pdf, err := paper.PDF(fault.Language(q.GetLanguage()))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(pdf)
	return &intakev1.PrintReceiptResponse{Pdf: pdf, Sha256: hex.EncodeToString(sum[:])}, nil
}

// CheckUnits implements IntakeService.
func (s *Server) CheckUnits(ctx context.Context, q *intakev1.CheckUnitsRequest) (*intakev1.CheckUnitsResponse, error) {
	t, err := s.changed(ctx, q.GetCommandId(), intakev1.IntakeService_CheckUnits_FullMethodName, q.GetTransferId(),
		func(monitor.Department) base.Decide { return store.CheckUnits(q) })
	return &intakev1.CheckUnitsResponse{Checked: t.GetUnitsChecked(), Listed: t.GetInventory().GetFiles()}, err
}

// ReturnRows implements IntakeService.
func (s *Server) ReturnRows(ctx context.Context, q *intakev1.ReturnRowsRequest) (*intakev1.ReturnRowsResponse, error) {
	t, err := s.changed(ctx, q.GetCommandId(), intakev1.IntakeService_ReturnRows_FullMethodName, q.GetTransferId(),
		func(monitor.Department) base.Decide { return store.Return(q) })
	if err != nil {
		return nil, err
	}
	r, err := s.receipt(t.GetTransferId(), t.GetReceipts())
	return &intakev1.ReturnRowsResponse{Transfer: t, Receipt: r}, err
}

// AnswerRow implements IntakeService.
func (s *Server) AnswerRow(ctx context.Context, q *intakev1.AnswerRowRequest) (*intakev1.AnswerRowResponse, error) {
	t, err := s.changed(ctx, q.GetCommandId(), intakev1.IntakeService_AnswerRow_FullMethodName, q.GetTransferId(),
		func(of monitor.Department) base.Decide { return store.Answer(q, of) })
	return &intakev1.AnswerRowResponse{Transfer: t}, err
}

// CommentRow implements IntakeService.
func (s *Server) CommentRow(ctx context.Context, q *intakev1.CommentRowRequest) (*intakev1.CommentRowResponse, error) {
	_, err := s.changed(ctx, q.GetCommandId(), intakev1.IntakeService_CommentRow_FullMethodName, q.GetTransferId(),
		func(of monitor.Department) base.Decide { return store.Comment(q, of) })
	return new(intakev1.CommentRowResponse), err
}

// ListRowWork implements IntakeService. Rows that the reader may not see are left out.
func (s *Server) ListRowWork(ctx context.Context, q *intakev1.ListRowWorkRequest) (*intakev1.ListRowWorkResponse, error) {
	scope := clearance(ctx)
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	res := new(intakev1.ListRowWorkResponse)
	explained := make(map[uint64]*journal.Record)
	seqs := make(map[uint32]uint64)
	err = s.store.View(func(v *base.View) error {
		if _, err := store.Mine(v, q.GetTransferId(), of); err != nil {
			return err
		}
		rows, more, err := store.Work(v, q.GetTransferId(), q.GetAfter(), limited(q.GetLimit()), q.GetReturned())
		res.More = more
		for _, w := range rows {
			if !scope.Allows(labelOf(store.LabelOf(w.GetFile().GetLabel()))) {
				continue
			}
			res.Rows = append(res.Rows, w)
			p := w.GetFile().GetPosition()
			if seqs[p] = store.ExplainedSeq(v, q.GetTransferId(), p); seqs[p] == 0 || explained[seqs[p]] != nil {
				continue
			}
			if explained[seqs[p]], err = v.Entry(seqs[p]); err != nil {
				return err
			}
		}
		return err
	})
	if err != nil || !scope.Allows(personal) {
		return res, err
	}
	who := make(map[uint64]map[uint32]*intakev1.Explainer, len(explained)) // one event explains many rows: opened once
	for seq, r := range explained {
		if who[seq], err = s.explainers(r); err != nil {
			return nil, err
		}
	}
	for _, w := range res.GetRows() {
		p := w.GetFile().GetPosition()
		w.Explainer = who[seqs[p]][p]
	}
	return res, nil
}

// explainers are those who explained that units are missing, by position; none once they were erased.
func (s *Server) explainers(r *journal.Record) (map[uint32]*intakev1.Explainer, error) {
	if r == nil || r.Entry.GetSealed() == nil {
		return nil, nil
	}
	body, err := s.store.Keys().Unseal(r)
	if errors.Is(err, journal.Erased) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all, _ := body.(*intakev1.Explanations)
	by := make(map[uint32]*intakev1.Explainer, len(all.GetExplainers()))
	for _, e := range all.GetExplainers() {
		by[e.GetPosition()] = e
	}
	return by, nil
}

// ListHandedOver implements IntakeService: the department's view of everything it ever handed over.
func (s *Server) ListHandedOver(ctx context.Context, q *intakev1.ListHandedOverRequest) (*intakev1.ListHandedOverResponse, error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	organisation := q.GetOrganisation()
	if organisation == "" {
		organisation = of.Only()
	}
	res := new(intakev1.ListHandedOverResponse)
	if organisation == "" || !of.Has(organisation) {
		return res, nil
	}
	err = s.store.View(func(v *base.View) (err error) {
		res.Transfers, res.More, err = store.HandedOver(v, organisation, q.GetAfter(), limited(q.GetLimit()))
		for _, h := range res.GetTransfers() {
			res.Listed += uint64(h.GetTransfer().GetInventory().GetFiles()) + uint64(h.GetTransfer().GetUndescribed().GetUnits())
			if d := h.GetAccession().GetDescription(); d != nil { // what the act of acceptance says
				res.Accepted += uint64(d.GetCounted())
			} else {
				res.Accepted += uint64(h.GetAccession().GetAccepted())
			}
		}
		return err
	})
	return res, err
}
