package api

import (
	"context"
	"time"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/reference/internal/cite"
)

// patience is Server.Patience unless a test says otherwise.
const patience = 2 * time.Second

// leafCount is the number of leaves that the catalogue's record gives the file which a finding is in, asked as the caller, so that
// nobody learns here of a file that is hidden from him. 0: the finding names no leaves or no file, the record has no count (a digital
// file, one that was never catalogued), or the catalogue could not be asked. A catalogue that is away keeps nobody from answering
// within the term; the event says that nothing was compared.
func (s *Server) leafCount(ctx context.Context, q *referencev1.AddFindingRequest) uint32 {
	c, err := cite.Parse(q.GetCode(), q.GetLeaves())
	if err != nil || len(c.Leaves) == 0 || s.Catalogue == nil {
		return 0 // what cannot be read is refused by the decision
	}
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	var res *cataloguev1.GetFileResponse
	catalogue, err := s.Catalogue()
	if err == nil {
		res, err = catalogue.GetFile(ctx, &cataloguev1.GetFileRequest{Code: cite.File(c)})
	}
	if err != nil && fault.KindOf(err) != fault.NotFound {
		s.log.WarnContext(ctx, "leaves of a finding could not be compared with the catalogue", "request", q.GetNumber(), "error", err)
	}
	return res.GetFile().GetFile().GetFile().GetLeaves()
}
