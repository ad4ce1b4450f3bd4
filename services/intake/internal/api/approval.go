package api

import (
	"context"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// ApproveAccession implements IntakeService: a protocol on paper.
func (s *Server) ApproveAccession(ctx context.Context, q *intakev1.ApproveAccessionRequest) (*intakev1.ApproveAccessionResponse, error) {
	a, err := s.amended(ctx, q.GetCommandId(), intakev1.IntakeService_ApproveAccession_FullMethodName, q.GetAccessionNumber(), store.Approve(q, account(ctx)))
	return &intakev1.ApproveAccessionResponse{Accession: a}, err
}

// ProposeApproval implements IntakeService.
func (s *Server) ProposeApproval(ctx context.Context, q *intakev1.ProposeApprovalRequest) (*intakev1.ProposeApprovalResponse, error) {
	a, err := s.amended(ctx, q.GetCommandId(), intakev1.IntakeService_ProposeApproval_FullMethodName, q.GetAccessionNumber(), store.ProposeApproval(q, account(ctx)))
	return &intakev1.ProposeApprovalResponse{Accession: a}, err
}

// DecideApproval implements IntakeService.
func (s *Server) DecideApproval(ctx context.Context, q *intakev1.DecideApprovalRequest) (*intakev1.DecideApprovalResponse, error) {
	a, err := s.amended(ctx, q.GetCommandId(), intakev1.IntakeService_DecideApproval_FullMethodName, q.GetAccessionNumber(), store.DecideApproval(q, account(ctx)))
	return &intakev1.DecideApprovalResponse{Accession: a}, err
}

// ListApprovals implements IntakeService.
func (s *Server) ListApprovals(_ context.Context, q *intakev1.ListApprovalsRequest) (*intakev1.ListApprovalsResponse, error) {
	res := new(intakev1.ListApprovalsResponse)
	err := s.store.View(func(v *base.View) (err error) {
		res.Accessions, res.More, err = store.Approvals(v, q.GetState(), q.GetAfter(), limited(q.GetLimit()))
		return err
	})
	return res, err
}
