package staging

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// newHeader is what a header is called until it is whole.
const newHeader = headerName + ".new"

// Renew keeps what was right in a package that was refused: it goes on as an unfinished package under another
// id, without the files that bad names, so that these alone are sent again. It gives that package, nil where
// nothing is left of it. The caller has recorded the refusal; whatever dies in between, Renew with the same bad
// carries on from there at the next start. Upload ids of before are unknown afterwards (NoUpload).
func (s *Set) Renew(id string, bad func(path string) bool) (*Set, error) {
	s.mu.Lock()
	s.finishing = true // nobody announces, writes or drops while names change
	s.mu.Unlock()
	left, err := s.strip(bad)
	if err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	if left == 0 {
		return nil, s.Discard()
	}
	// If we crash here the refused package lies there without its bad files, under its own id: it is renewed again.
	if err := s.refused(); err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	if err := s.rename(id); err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	// If we crash here it lies there under an id that no event names, with a header: an unfinished package.
	next, err := s.area.load(id)
	if err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	s.yield(next)
	return next, nil
}

// strip takes away the files that are bad, and what an attempt to finish wrote beside them; it gives how many
// are left. Of a file of its own the row goes first: bytes without a row are nobody's, and go with the next strip.
func (s *Set) strip(bad func(path string) bool) (left int, err error) {
	var gone []record
	for p, err := range s.Parts("") {
		switch {
		case err != nil:
			return 0, err
		case !bad(p.Path):
			left++
		case p.small:
			if gone = append(gone, record{Gone: &p.Path}); len(gone) == pageParts {
				if _, err := s.pack.append(gone, nil); err != nil {
					return 0, err
				}
				gone = nil
			}
		default:
			if err := os.Remove(p.data() + rowSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return 0, err
			}
		}
	}
	if len(gone) > 0 {
		if _, err := s.pack.append(gone, nil); err != nil {
			return 0, err
		}
	}
	// If we crash here or above, the next start strips the rest.
	return left, s.clear(s.ours)
}

// refused writes into the header which refused package this was. The day of the header is the day from which
// the term of what is kept counts.
func (s *Set) refused() error {
	raw, err := json.Marshal(header{Transfer: s.Transfer, Organisation: s.Organisation, Form: s.Form, Refused: s.ID})
	if err != nil {
		return err
	}
	dir := filepath.Join(s.area.dir, s.ID)
	name := filepath.Join(dir, newHeader)
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		return err
	}
	if err := syncFile(name); err != nil {
		return err
	}
	if err := os.Rename(name, filepath.Join(dir, headerName)); err != nil {
		return err
	}
	return syncDir(dir)
}

// rename gives the folder its next id.
func (s *Set) rename(id string) error {
	if err := os.Rename(filepath.Join(s.area.dir, s.ID), filepath.Join(s.area.dir, id)); err != nil {
		return err
	}
	return syncDir(s.area.dir)
}

// yield ends this package and puts the next in its place, so that at no moment another one can be begun.
func (s *Set) yield(next *Set) {
	s.area.sets.mu.Lock()
	s.area.sets.all[s.Transfer] = next
	s.area.sets.mu.Unlock()
	s.end()
}
