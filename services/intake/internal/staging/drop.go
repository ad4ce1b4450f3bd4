package staging

import (
	"fmt"
	"path/filepath"
	"time"
)

// Drop forgets the file, whoever sends it at the moment. Errors: NoUpload, Finishing.
func (p *Part) Drop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.set
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return err
	}
	if !s.is(p) {
		return NoUpload.With()
	}
	p.stop()
	if err := s.drop(p); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	s.last = time.Now()
	return nil
}

// drop takes a file out of the package. The bytes of a small one stay in the pack, where nothing speaks of them any more.
// Part and set are locked.
func (s *Set) drop(p *Part) error {
	switch {
	case !p.small:
		if err := s.note(p.Path, dropped); err != nil {
			return err // it is there still, and counted
		}
		s.uncount(p)
		if err := p.clear(); err != nil {
			return err
		}
		return syncDir(filepath.Dir(p.data()))
	case p.spot.Load() == nil:
		s.unexpect(p)
		return nil
	}
	if _, err := s.pack.append([]record{{Gone: &p.Path}}, nil); err != nil {
		return err
	}
	// If we crash here it is gone.
	_ = s.note(p.Path, dropped) // the paths are read again when somebody next asks
	s.uncount(p)
	return nil
}

// uncount takes a file out of the totals. The set is locked.
func (s *Set) uncount(p *Part) {
	at := p.Offset()
	s.totals.Files--
	s.totals.Bytes -= p.Size
	s.totals.There -= at
	if at == p.Size {
		s.totals.Whole--
	}
	delete(s.parts, p.key)
}

// unexpect forgets a small file of which nothing came. The set is locked.
func (s *Set) unexpect(p *Part) {
	s.totals.Files--
	s.totals.Bytes -= p.Size
	delete(s.parts, p.key)
}
