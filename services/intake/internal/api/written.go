package api

import (
	"context"
	"errors"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// placeOf is how a file that the archive wrote is named where it is damaged: its logical path, and of a
// version that is not the newest where it lies.
func placeOf(f accept.Written) string {
	if f.At != "" {
		return f.At
	}
	return f.GetPath()
}

// found is a file that the archive wrote and that is damaged, with the place where it must lie.
type found struct {
	accept.Written
	*ocfl.Known
	ocfl.Difference
}

// damagedWritten counts the files of an object that the archive wrote, of every version.
func (s *Server) damagedWritten(ctx context.Context, a *intakev1.Accession) (wrong []found, err error) {
	all, err := s.plans.Written(a)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		known, have, err := s.seek(ctx, a, f.Version, f.GetPath(), f.GetSha512())
		if err != nil {
			return nil, err
		}
		if have != f.GetSha512() {
			wrong = append(wrong, found{f, known, ocfl.Difference{Path: placeOf(f), Want: f.GetSha512(), Have: have}})
		}
	}
	return wrong, nil
}

// seek finds where a file of an accession's object must lie, and its digest as it stands there.
func (s *Server) seek(ctx context.Context, a *intakev1.Accession, version uint32, path, sha512 string) (*ocfl.Known, string, error) {
	return s.repo.Find(ctx, repository.Sought{
		Object: a.GetObjectId(), Path: path, SHA512: sha512, Version: version, Inventory: a.GetObjectSha512(),
	}, func() (*ocfl.Described, error) { return s.plans.Describe(ctx, a) })
}

// mendWritten writes them anew from the journal, where they are damaged.
func (s *Server) mendWritten(ctx context.Context, a *intakev1.Accession, command string) (mended []ocfl.Difference, err error) {
	wrong, err := s.damagedWritten(ctx, a)
	if err != nil {
		return nil, err
	}
	for _, f := range wrong {
		to, err := s.repo.Restore(command, f.GetPath(), f.GetSha512(), f.GetSize())
		if err != nil {
			return nil, err
		}
		if err = f.Write(to); err == nil {
			err = to.Put(ctx, f.Known)
		}
		if err = errors.Join(err, to.Close()); err != nil {
			return nil, err
		}
		mended = append(mended, f.Difference)
	}
	return mended, nil
}
