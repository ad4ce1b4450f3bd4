package api

import (
	"context"
	"strings"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// editions are all limits, those that the archive has set last.
func (s *Server) editions() ([]transfer.Limits, error) {
	all, err := transfer.DefaultLimits()
	if err != nil {
		return nil, err
	}
	err = s.store.View(func(v *base.View) error {
		set, err := store.Limits(v)
		for _, l := range set {
			all = append(all, limitsOf(l))
		}
		return err
	})
	return all, err
}

func limitsOf(l *intakev1.UploadLimitsSet) transfer.Limits {
	return transfer.Limits{
		Organisation: l.GetOrganisationId(), From: l.GetFrom(), TransferBytes: l.GetTransferBytes(), TransferFiles: l.GetTransferFiles(),
		DepartmentBytes: l.GetDepartmentBytes(), DepartmentFiles: l.GetDepartmentFiles(), KeepDays: l.GetKeepDays(),
	}
}

// limitsOf are those of an organisation today.
func (s *Server) limitsOf(organisation string) (transfer.Limits, error) {
	all, err := s.editions()
	if err != nil {
		return transfer.Limits{}, err
	}
	l, _ := transfer.LimitsOf(all, organisation, civil.Of(time.Now()).String())
	return l, nil
}

// quota is what one package that comes in one stream is held against.
type quota struct {
	limits transfer.Limits
	used   transfer.Used // by others of the department
}

// quotaOf is that of a transfer; its own unfinished package counts among the others, for both may end.
func (s *Server) quotaOf(t *intakev1.Transfer) (q quota, err error) {
	if q.limits, err = s.limitsOf(t.GetOrganisation().GetId()); err != nil {
		return q, err
	}
	q.used, err = s.used(t)
	q.used.TransferBytes, q.used.TransferFiles = 0, 0
	return q, err
}

// admit refuses bytes beyond the limits, beside what has come of the package.
func (q quota) admit(so *progress, size uint64) error {
	u := q.used
	bytes, files := so.bytes.Load(), so.files.Load()
	u.TransferBytes, u.DepartmentBytes = u.TransferBytes+bytes, u.DepartmentBytes+bytes
	if files > 0 {
		files-- // the open file counts once, as the one that is asked for
	}
	u.TransferFiles, u.DepartmentFiles = u.TransferFiles+files, u.DepartmentFiles+files
	return q.limits.Admit(u, size)
}

// SetUploadLimits implements IntakeService.
func (s *Server) SetUploadLimits(ctx context.Context, req *intakev1.SetUploadLimitsRequest) (*intakev1.SetUploadLimitsResponse, error) {
	c, err := journalapi.Command(ctx, req.GetCommandId(), intakev1.IntakeService_SetUploadLimits_FullMethodName)
	if err != nil {
		return nil, err
	}
	if err := limitsOf(req.GetLimits()).Check(); err != nil {
		return nil, err
	}
	if _, err := civil.Parse(req.GetLimits().GetFrom()); err != nil || strings.ContainsRune(req.GetLimits().GetOrganisationId(), 0) {
		return nil, transfer.BadLimits.With("field", "from")
	}
	c.Decide = func(*base.View, time.Time) ([]base.Event, error) {
		return []base.Event{{Refs: store.LimitsRefs(req.GetLimits().GetOrganisationId()), Body: req.GetLimits()}}, nil
	}
	_, err = s.store.Do(ctx, c)
	return new(intakev1.SetUploadLimitsResponse), err
}

// ListUploadLimits implements IntakeService. A clerk's list has those of his department.
func (s *Server) ListUploadLimits(ctx context.Context, _ *intakev1.ListUploadLimitsRequest) (*intakev1.ListUploadLimitsResponse, error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.editions()
	if err != nil {
		return nil, err
	}
	res := new(intakev1.ListUploadLimitsResponse)
	for _, l := range all {
		if l.Organisation != "" && !of.Has(l.Organisation) {
			continue
		}
		res.Limits = append(res.Limits, &intakev1.UploadLimitsSet{
			OrganisationId: l.Organisation, From: l.From, TransferBytes: l.TransferBytes, TransferFiles: l.TransferFiles,
			DepartmentBytes: l.DepartmentBytes, DepartmentFiles: l.DepartmentFiles, KeepDays: l.KeepDays,
		})
	}
	return res, nil
}
