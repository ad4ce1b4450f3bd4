package api

import (
	"context"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/internal/request"
	"github.com/qoyma/qoyma/services/reference/internal/store"
)

var onlyIntake = fault.Define(fault.Denied, "reference.lock.only",
	"files are locked by the intake service alone, when a deaccession is decided",
	"дела блокирует только служба приёма, когда решается вопрос о выбытии",
	"істерді тек қабылдау қызметі, шығару туралы шешім қабылданғанда құлыптайды")

// remover is the one who may lock files.
const remover = "service:intake"

// LockFiles implements ReferenceService.
func (s *Server) LockFiles(ctx context.Context, q *referencev1.LockFilesRequest) (*referencev1.LockFilesResponse, error) {
	if identity(ctx).Actor != remover {
		return nil, onlyIntake.With()
	}
	if n := len(q.GetCodes()); n == 0 || n > store.MaxHolds {
		return nil, request.TooLong.With("field", "codes", "length", n, "most", store.MaxHolds)
	}
	c, err := s.command(ctx, q.GetCommandId(), referencev1.ReferenceService_LockFiles_FullMethodName)
	if err != nil {
		return nil, err
	}
	c.Decide = store.Lock(q)
	_, err = s.store.Do(ctx, c)
	return new(referencev1.LockFilesResponse), err
}
