package staging

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"weak"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// The files of a package that comes file by file may be a million. What is known of each stands on the disk, in the pack
// or in a row; in memory are those that somebody works with, the paths of all as rows of a spool, and their totals.

// namesBudget is how much memory the paths of a package take, in bytes.
const namesBudget = 256 << 10

// What a path in names has where it is no small file's, which has its spot.
const (
	announced = "+" // a file of its own, with a row
	dropped   = "-"
)

// find is a file by its path, nil where none was announced. Whoever asks at the same time gets the same one. The set is
// locked.
func (s *Set) find(path string) (*Part, error) {
	if p := s.parts[keyOf(path)].Value(); p != nil {
		return p, nil
	}
	names, err := s.named()
	if err != nil {
		return nil, err
	}
	is, there, err := names.Get(path)
	if !there || err != nil {
		return nil, err
	}
	from := reading{from: &s.pack}
	defer from.close()
	return s.findAs(&from, path, is)
}

// findAs is find where it is known what the path is.
func (s *Set) findAs(from *reading, path, is string) (*Part, error) {
	switch is {
	case dropped:
		return nil, nil
	case announced:
		return s.findOwn(keyOf(path))
	}
	if p := s.parts[keyOf(path)].Value(); p != nil {
		return p, nil
	}
	p, err := s.readSmall(from, is)
	if err == nil && p.Path != path {
		err = Lost.With("package", s.ID)
	}
	if err != nil {
		return nil, err
	}
	s.held(p)
	return p, nil
}

// findOwn is a file of its own, by its name on the disk.
func (s *Set) findOwn(key string) (*Part, error) {
	if p := s.parts[key].Value(); p != nil {
		return p, nil
	}
	p, err := s.loadPart(key)
	if p != nil {
		s.held(p)
	}
	return p, err
}

// findSmall is a file by where its record is in the pack, as its upload id says; nil where that was never so, or is so
// no longer.
func (s *Set) findSmall(key, record string) (*Part, error) {
	at, err := strconv.ParseInt(record, 36, 64)
	if err != nil || at <= 0 || at >= s.pack.length() {
		return nil, nil
	}
	from := reading{from: &s.pack}
	defer from.close()
	r, ok, err := from.at(at)
	if !ok || err != nil || r.File == nil || keyOf(r.File.Path) != key { // whatever a sender may have put there
		return nil, err
	}
	p, err := s.find(r.File.Path)
	if p == nil || err != nil {
		return nil, err
	}
	if now := p.spot.Load(); now == nil || now.record != at {
		return nil, nil
	}
	return p, nil
}

// readSmall reads a file that lies in the pack. Error: Lost.
func (s *Set) readSmall(from *reading, is string) (*Part, error) {
	at, ok := spotOf(is)
	var r record
	var err error
	if ok {
		r, ok, err = from.at(at.record)
	}
	if err != nil {
		return nil, err
	}
	if !ok || r.File == nil {
		return nil, Lost.With("package", s.ID)
	}
	p := &Part{set: s, File: *r.File, key: keyOf(r.File.Path), small: true, entry: r.Entry, seen: r.Seen}
	p.spot.Store(&at)
	p.durable.Store(p.Size)
	return p, nil
}

// held has others find the same file as long as anybody works with it. The set is locked.
func (s *Set) held(p *Part) {
	s.parts[p.key] = weak.Make(p)
	runtime.AddCleanup(p, s.released, p.key)
}

// released forgets a file with which nobody works any more.
func (s *Set) released(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parts[key].Value() == nil { // another may have been read since
		delete(s.parts, key)
	}
}

// is tells whether a file is the one that others find. The set is locked.
func (s *Set) is(p *Part) bool { return s.parts[p.key].Value() == p }

// count adds a file to the totals.
func (s *Set) count(p *Part) error {
	s.totals.Files++
	s.totals.Bytes += p.Size
	s.came(p, 0, p.Offset())
	return s.note(p.Path, announced)
}

// small counts what a record says that the last process left.
func (s *Set) small(n noted) error {
	path := n.path()
	is, there, err := s.names.Get(path)
	if err != nil {
		return err
	}
	if there && is != dropped {
		from := reading{from: &s.pack}
		before, err := s.readSmall(&from, is)
		from.close()
		if err != nil {
			return err
		}
		s.uncount(before)
	}
	if n.File == nil {
		return s.note(path, dropped)
	}
	s.totals.Files++
	s.totals.Whole++
	s.totals.Bytes += n.File.Size
	s.totals.There += n.File.Size
	return s.note(path, n.spot.String())
}

// note writes what a path is. Where the disk takes no more, that is made good when somebody next asks.
func (s *Set) note(path, is string) error {
	err := s.names.Put(path, is)
	s.lost = s.lost || err != nil
	return err
}

// named is the table of the paths; it is made again from pack and rows where the disk was full. The set is locked.
func (s *Set) named() (*spool.Table, error) {
	if !s.lost {
		return s.names, nil
	}
	if err := s.names.Close(); err != nil {
		return nil, err
	}
	s.names = s.area.names()
	err := s.pack.walk(func(n noted) error { return s.names.Put(n.path(), n.is()) })
	if err != nil {
		return nil, err
	}
	err = eachName(filepath.Join(s.area.dir, s.ID), func(e os.DirEntry) error {
		if !strings.HasSuffix(e.Name(), rowSuffix) {
			return nil
		}
		file, _, _, err := readRow(filepath.Join(s.area.dir, s.ID, e.Name()))
		if err != nil || file == nil {
			return err
		}
		return s.names.Put(file.Path, announced)
	})
	s.lost = err != nil
	return s.names, err
}

func (a *Area) names() *spool.Table { return spool.Place{Dir: a.dir, Budget: namesBudget}.Table() }

// came counts bytes that are on the disk now. The set is locked.
func (s *Set) came(p *Part, before, now uint64) {
	s.totals.There += now - before
	if now == p.Size && (before < now || p.Size == 0) {
		s.totals.Whole++
	}
}

// pageParts is how many paths are looked up at once.
const pageParts = 500

// Parts gives the files after a path, by path.
func (s *Set) Parts(after string) iter.Seq2[*Part, error] {
	return func(yield func(*Part, error) bool) {
		for first := after == ""; ; first = false { // a ZIP's one file has an empty path
			parts, last, err := s.page(after, first)
			if err != nil {
				yield(nil, fmt.Errorf("staging: %w", err))
				return
			}
			for _, p := range parts {
				if !yield(p, nil) {
					return
				}
			}
			if last == "" {
				return
			}
			after = last
		}
	}
}

// page gives some files after a path, and the path to go on from; empty after the last.
func (s *Set) page(after string, first bool) (parts []*Part, last string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, "", nil
	}
	names, err := s.named()
	if err != nil {
		return nil, "", err
	}
	rows, err := names.After(after, pageParts)
	if err != nil {
		return nil, "", err
	}
	if len(rows) == pageParts {
		last = rows[len(rows)-1].Key
	}
	if is, there, err := names.Get(""); first && (there || err != nil) {
		rows = append([]spool.Row{{Value: is}}, rows...)
	}
	from := reading{from: &s.pack}
	defer from.close()
	for _, row := range rows {
		p, err := s.findAs(&from, row.Key, row.Value)
		if err != nil {
			return nil, "", err
		}
		if p != nil {
			parts = append(parts, p)
		}
	}
	return parts, last, nil
}

// eachName goes through a folder of very many names.
func eachName(dir string, do func(os.DirEntry) error) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	for {
		entries, err := f.ReadDir(pageParts)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := do(e); err != nil {
				return err
			}
		}
	}
}
