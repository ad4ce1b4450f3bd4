package api

import (
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
	came, err := s.came(files, req.GetFiles())
	if err != nil {
		return nil, err
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

// came hashes files and examines them. What is wrong with one is found again when the package is finished: that is said of
// few.
func (s *Server) came(files []staging.File, from []*intakev1.PutFile) ([]*staging.Came, error) {
	arrived := make([]staging.Arrived, len(files))
	for i, f := range files {
		arrived[i] = staging.Arrived{File: f, Content: from[i].GetContent(), SHA256: from[i].GetSha256()}
	}
	came, err := s.area.NewCame(arrived)
	if err != nil {
		return nil, err
	}
	for i, c := range came {
		if !strings.HasPrefix(c.Path, "data/") {
			continue
		}
		kind, finding, err := examine.Bytes(c.Path, arrived[i].Content)
		if err != nil {
			return nil, fmt.Errorf("examine: %w", err)
		}
		if finding == nil {
			c.Seen = (*string)(&kind)
		}
	}
	return came, nil
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
