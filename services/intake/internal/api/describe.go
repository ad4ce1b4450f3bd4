package api

import (
	"context"
	"fmt"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// DescribeAccession implements IntakeService: the act is printed and durable in both languages before the event that names it.
func (s *Server) DescribeAccession(ctx context.Context, q *intakev1.DescribeAccessionRequest) (*intakev1.DescribeAccessionResponse, error) {
	if err := s.ready(ctx); err != nil { // an act printed before the sweep would be swept
		return nil, err
	}
	today := civil.Of(s.store.Now())
	acts, failed := s.printDescription(q, account(ctx), today)
	// If we crash here the acts are there and no event names them: the sweep takes them, and the accession is undescribed as before.
	a, err := s.amended(ctx, q.GetCommandId(), intakev1.IntakeService_DescribeAccession_FullMethodName, q.GetAccessionNumber(),
		func(v *base.View, now time.Time) ([]base.Event, error) {
			events, err := store.Describe(q, account(ctx), today, acts)(v, now)
			if err == nil {
				err = failed // what the present state says comes first
			}
			return events, err
		})
	return &intakev1.DescribeAccessionResponse{Accession: a}, err
}

// printDescription prints and keeps the act of description in both languages (IS-3), from what would be recorded now; what is refused is
// not printed.
func (s *Server) printDescription(q *intakev1.DescribeAccessionRequest, who string, today civil.Date) (acts []*intakev1.DescriptionAct, err error) {
	var a *intakev1.Accession
	var events []base.Event
	if err := s.store.View(func(v *base.View) error {
		if a, _, err = store.AccessionOf(v, q.GetAccessionNumber(), monitor.Department{}); err == nil {
			events, err = store.Describe(q, who, today, nil)(v, s.store.Now())
		}
		return err
	}); err != nil {
		return nil, err
	}
	described, ok := events[0].Body.(*intakev1.AccessionDescribed)
	if !ok {
		return nil, fmt.Errorf("description of %s: its first event is %T", a.GetAccessionNumber(), events[0].Body)
	}
	paper, err := accept.Description(s.plans.Archive, a, described, q.GetFiles())
	if err != nil {
		return nil, err
	}
	err = s.keepInBoth(paper, func(language, sha256 string, size uint64) {
		acts = append(acts, &intakev1.DescriptionAct{Language: language, Sha256: sha256, Size: size})
	})
	return acts, err
}

// GetDescriptionAct implements IntakeService: the PDF is compared with its recorded digest again. A clerk gets that of his department.
func (s *Server) GetDescriptionAct(ctx context.Context, q *intakev1.GetDescriptionActRequest) (*intakev1.GetDescriptionActResponse, error) {
	of, err := monitor.DepartmentOf(ctx)
	if err != nil {
		return nil, err
	}
	var a *intakev1.Accession
	if err := s.store.View(func(v *base.View) error {
		a, _, err = store.AccessionOf(v, q.GetAccessionNumber(), of)
		return err
	}); err != nil {
		return nil, err
	}
	for _, act := range a.GetDescription().GetActs() {
		if act.GetLanguage() == q.GetLanguage() {
			pdf, err := s.repo.Act(act.GetSha256())
			return &intakev1.GetDescriptionActResponse{Pdf: pdf, Sha256: act.GetSha256()}, err
		}
	}
	return nil, noDescription.With("number", a.GetAccessionNumber(), "language", clip.Value(q.GetLanguage()))
}
