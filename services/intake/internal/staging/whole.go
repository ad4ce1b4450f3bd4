package staging

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// Whole lets no more bytes come and gives the package as one upload, to be judged and kept like one that
// came in one stream: nothing is read again beside tag files and what an earlier process began. A
// ZIP package is empty still: the caller fills it from Archive. seen is told what small files were examined as (Came.Seen);
// nil is told nothing. The set then ends with Settle or Discard, or goes on with Reopen.
// Errors: Unfinished, Finishing, NoUpload.
func (s *Set) Whole(seen func(path, as string) error) (*Upload, error) {
	if err := s.shut(); err != nil {
		return nil, err
	}
	u, err := s.gather(seen)
	if err != nil {
		s.opened()
		return nil, err
	}
	return u, nil
}

func (s *Set) shut() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return err
	}
	if t := s.totals; t.Whole < t.Files || t.Files == 0 {
		return Unfinished.With("missing", t.Files-t.Whole, "files", t.Files)
	}
	s.finishing = true
	return nil
}

// Reopen lets bytes come again, after an outcome that is none: a full disk, a lost connection. What the attempt wrote goes
// first, the files of a ZIP above all: they would fill the disk that the next attempt waits for. The package that Whole
// gave must be closed.
func (s *Set) Reopen() error {
	err := s.clear(s.ours) // what stays goes with the next attempt
	s.opened()
	return err
}

func (s *Set) opened() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finishing = false
}

// gather takes the files into the checker, by path.
func (s *Set) gather(seen func(path, as string) error) (*Upload, error) {
	// What an earlier attempt to finish wrote (tag files of our making, files of a ZIP) goes.
	if err := s.clear(s.ours); err != nil {
		return nil, err
	}
	u, err := s.area.newUpload(s.ID)
	if err != nil || s.Form == Zip {
		return u, err
	}
	for p, err := range s.Parts("") {
		if err == nil {
			err = p.into(u, seen)
		}
		if errors.Is(err, bagit.TooManyEntries.Definition) {
			break // the report says so
		}
		if err != nil {
			return nil, errors.Join(err, u.Close())
		}
	}
	return u, nil
}

// ours tells whether a name in the folder is the header, the pack, a file's, or its row's.
func (s *Set) ours(name string) bool {
	key, isRow := strings.CutSuffix(name, rowSuffix)
	if isRow || name == headerName || name == packName {
		return true
	}
	_, err := os.Lstat(filepath.Join(s.area.dir, s.ID, key+rowSuffix))
	return !errors.Is(err, fs.ErrNotExist)
}

// into gives the file to an upload.
func (p *Part) into(u *Upload, seen func(path, as string) error) error {
	if err := p.check(u.checker); err != nil {
		return err
	}
	at := p.spot.Load()
	if at == nil {
		u.wrote(p.data())
		return nil
	}
	if p.seen != nil && seen != nil {
		if err := seen(p.Path, *p.seen); err != nil {
			return err
		}
	}
	if err := u.pack.note(p.Path, uint64(at.bytes), p.Size); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// check gives the file to the checker. A name that is refused is in the report.
func (p *Part) check(c *bagit.Checker) error {
	refused := func(err error) error {
		if errors.Is(err, bagit.TooManyEntries.Definition) || errors.Is(err, bagit.Unreadable.Definition) {
			return err
		}
		return nil
	}
	if strings.HasPrefix(p.Path, "data/") || p.set.Form == EARK { // no rule of bags asks what is in the others
		e, err := p.Found()
		if err != nil {
			return err
		}
		return refused(c.Known(e))
	}
	f, err := p.place().Open()
	if err != nil {
		return err
	}
	err = c.File(p.Path, int64(p.Size), f, nil)
	if err = errors.Join(refused(err), f.Close()); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// Reread counts the digests that old manifests ask for beside those of the one pass.
func (s *Set) Reread(ctx context.Context, u *Upload) error {
	if err := u.checker.Reread(ctx, func(path string) (io.ReadCloser, error) {
		s.mu.Lock()
		p, err := s.find(path)
		s.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if p == nil { // it came out of a ZIP
			return os.Open(s.area.Path(s.ID, path))
		}
		return p.place().Open()
	}); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// Archive opens the ZIP of a ZIP package; the caller closes it.
func (s *Set) Archive() (f *os.File, size int64, err error) {
	f, err = os.Open(s.area.Path(s.ID, ""))
	if err != nil {
		return nil, 0, fmt.Errorf("staging: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("staging: %w", err), f.Close())
	}
	return f, info.Size(), nil
}
