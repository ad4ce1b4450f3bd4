package api

import (
	"context"
	"errors"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
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

// damagedWritten counts the files of an object that the archive wrote, of every version.
func (s *Server) damagedWritten(ctx context.Context, a *intakev1.Accession, spec ocfl.Spec) (wrong []ocfl.Difference, files []accept.Written, err error) {
	all, err := s.plans.Written(a)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range all {
		have, err := s.repo.DigestAt(ctx, spec, f.Version, f.GetPath())
		if err != nil {
			return nil, nil, err
		}
		if have != f.GetSha512() {
			wrong, files = append(wrong, ocfl.Difference{Path: placeOf(f), Want: f.GetSha512(), Have: have}), append(files, f)
		}
	}
	return wrong, files, nil
}

// mendWritten writes them anew from the journal, where they are damaged.
func (s *Server) mendWritten(ctx context.Context, a *intakev1.Accession, spec ocfl.Spec, command string) ([]ocfl.Difference, error) {
	wrong, files, err := s.damagedWritten(ctx, a, spec)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		to, err := s.repo.Restore(command, f.GetPath(), f.GetSha512(), f.GetSize())
		if err != nil {
			return nil, err
		}
		if err = f.Write(to); err == nil {
			err = to.PutAt(ctx, spec, f.Version)
		}
		if err = errors.Join(err, to.Close()); err != nil {
			return nil, err
		}
	}
	return wrong, nil
}
