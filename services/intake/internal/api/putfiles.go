package api

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/examine"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
)

// maxPut bounds the content of one call in bytes: two calls at a time, of which one waits for the disk, and each flush
// serves many files. A gRPC message holds it with the files' names.
const maxPut = 3 << 20

// PutFiles implements IntakeService. The bytes are hashed, and held against their checksums, before anything is announced
// or written.
func (s *Server) PutFiles(ctx context.Context, req *intakev1.PutFilesRequest) (*intakev1.PutFilesResponse, error) {
	t, err := s.receiving(ctx, req.GetTransferId())
	if err != nil {
		return nil, err
	}
	limits, err := s.limitsOf(t.GetOrganisation().GetId())
	if err != nil {
		return nil, err
	}
	files, size, err := within(req)
	if err != nil {
		return nil, err
	}
	if err := s.hasRoom(size); err != nil {
		return nil, err
	}
	came := make([]*staging.Came, len(files))
	for i, f := range files {
		if came[i], err = s.came(f, req.GetFiles()[i]); err != nil {
			return nil, err
		}
	}
	var together *staging.Together
	set, err := s.announce(t, limits, req.GetForm(), files, func(set *staging.Set) (err error) {
		together, err = set.Expect(came)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := together.Put(); err != nil {
		return nil, s.full(err)
	}
	res := new(intakev1.PutFilesResponse)
	for _, p := range together.Parts {
		upload := shown(set, p, limits)
		if p.Offset() == p.Size {
			if upload.Sha256, err = p.Digest(); err != nil {
				return nil, err
			}
		}
		res.Uploads = append(res.Uploads, upload)
	}
	return res, nil
}

// came hashes a file and examines it while its bytes are in the processor's cache. What is wrong with it is found again when
// the package is finished: that is said of few.
func (s *Server) came(f staging.File, from *intakev1.PutFile) (*staging.Came, error) {
	c, err := s.area.NewCame(f, from.GetContent(), from.GetSha256())
	if err != nil || !strings.HasPrefix(f.Path, "data/") {
		return c, err
	}
	kind, finding, err := examine.File(f.Path, bytes.NewReader(from.GetContent()), int64(f.Size))
	if err != nil {
		return nil, fmt.Errorf("examine: %w", err)
	}
	if finding == nil {
		c.Seen = (*string)(&kind)
	}
	return c, nil
}

// within gives the files of a call within its bounds, and how many bytes they have together.
func within(req *intakev1.PutFilesRequest) (files []staging.File, size uint64, err error) {
	if n := len(req.GetFiles()); n == 0 || n > maxFiles {
		return nil, 0, staging.OutOfOrder.With("problem", "a message of no files, or of more than 512")
	}
	for _, f := range req.GetFiles() {
		files = append(files, staging.File{Path: f.GetPath(), Name: f.GetName(), Size: uint64(len(f.GetContent())), ModifiedMS: f.GetModifiedMs()})
		size += uint64(len(f.GetContent()))
	}
	if size > maxPut {
		return nil, 0, staging.OutOfOrder.With("problem", "a message of more than 3 MiB")
	}
	return files, size, nil
}
