package api

import (
	"context"
	"errors"

	"github.com/google/uuid"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// ReceiveDeaccession implements IntakeService.
func (s *Server) ReceiveDeaccession(ctx context.Context, q *intakev1.ReceiveDeaccessionRequest) (*intakev1.ReceiveDeaccessionResponse, error) {
	if _, err := s.doFor(ctx, q.GetCommandId(), intakev1.IntakeService_ReceiveDeaccession_FullMethodName, accessionRef(q.GetAccessionNumber()), store.Receive(q)); err != nil {
		return nil, err
	}
	s.wake()
	d, err := s.leaving(q.GetAccessionNumber(), q.GetNumber())
	return &intakev1.ReceiveDeaccessionResponse{Deaccession: d}, err
}

// wake lets the plans go on at once.
func (s *Server) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// Woken is read by whoever runs the plans.
func (s *Server) Woken() <-chan struct{} { return s.woken }

// Step is a durable step of a destruction, for the seam Destroyed.
type Step string

// The steps.
const (
	Closed  Step = "content closed"
	Emptied Step = "object removed"
	Noted   Step = "tombstone recorded"
)

func (s *Server) passed(step Step) error {
	if s.Destroyed == nil {
		return nil
	}
	return s.Destroyed(step)
}

// Destroy carries destructions on: content whose act is signed, and receipt recorded where somebody receives the units, is closed (the
// point of no return), the object that nothing else stands in is removed, and its tombstone recorded. It is the ordinary path at the start
// and in steady state; each step may be done again.
func (s *Server) Destroy(ctx context.Context) error {
	var doomed, removing []store.Exit
	list := func(v *base.View) error {
		doomed, removing = store.Doomed(v), store.Removing(v)
		return nil
	}
	if err := s.store.View(list); err != nil {
		return err
	}
	var errs []error
	for _, e := range doomed {
		errs = append(errs, s.closeContent(ctx, e))
	}
	if err := errors.Join(append(errs, s.store.View(list))...); err != nil {
		return err
	}
	for _, e := range removing {
		errs = append(errs, s.removeObject(ctx, e))
	}
	return errors.Join(errs...)
}

// closeContent passes the point of no return. Whether the object holds anything else is found in short transactions before it: content is
// only ever closed, and here alone.
func (s *Server) closeContent(ctx context.Context, e store.Exit) error {
	alone := true
	for after := uint32(0); alone; {
		var stays bool
		if err := s.store.View(func(v *base.View) (err error) {
			stays, after, err = store.Others(v, e, after, store.MaxStep)
			return err
		}); err != nil {
			return err
		}
		if alone = !stays; after == 0 {
			break
		}
	}
	if err := s.plan(ctx, "close", store.Close(e, alone)); err != nil {
		return err
	}
	// If we crash here nobody is given the content any more, and it stands: the next start removes it.
	return s.passed(Closed)
}

// removeObject removes an accession's object and records its tombstone; later where the object is being restored at this moment.
func (s *Server) removeObject(ctx context.Context, e store.Exit) error {
	a, done, err := s.plans.Hold(ctx, e.Accession.String()) // a version that was begun is ended first
	if err != nil {
		return err
	}
	defer done()
	_, release, ok := s.claim("object/" + a.GetObjectId())
	if !ok {
		return busyRestoring.With("path", a.GetObjectId())
	}
	defer release()
	if err := s.repo.Remove(a.GetObjectId()); err != nil {
		return err
	}
	// If we crash here the bytes are gone and the tombstone is missing: removing again finds nothing, and records it.
	if err := s.passed(Emptied); err != nil {
		return err
	}
	if err := s.plan(ctx, "remove", store.Removed(e)); err != nil {
		return err
	}
	return s.passed(Noted)
}

func (s *Server) plan(ctx context.Context, name string, decide base.Decide) error {
	_, err := s.store.Do(ctx, base.Command{ID: uuid.Must(uuid.NewV7()), Name: "plan:" + name, Actor: "service:" + s.store.Service(), Decide: decide})
	return err
}

// given refuses what was destroyed. Error: store.ContentLeft.
func given(v *base.View, a *intakev1.Accession, path string) error {
	act, err := store.IsClosed(v, a, path)
	if err == nil && act != "" {
		err = store.ContentLeft.With("act", act)
	}
	return err
}
