package staging

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// What stands beside the bytes of an unfinished package:
//
//	<staging>/<package>/set.json          whose it is: header
//	<staging>/<package>/<file>.row        of a file that comes in pieces, lines: what the file is, then each offset
//	                                      that is on disk, at last what the one pass over it found
//
// What came whole stands in the pack: ledger says how.
//
// A line is written after the bytes that it speaks of were flushed, and flushed itself before anybody
// hears of it. A torn line says nothing: bytes behind the last offset are cut off.
const (
	headerName = "set.json"
	rowSuffix  = ".row"
)

// header says whose package it is; it is written once, and anew where a refused package goes on.
type header struct {
	Transfer     string `json:"transfer"`
	Organisation string `json:"organisation"`
	Form         string `json:"form"`
	Refused      string `json:"refused,omitempty"` // the package whose good files these were
}

// File is what a sender announces of one file; it never changes.
type File struct {
	Path       string `json:"path"` // within the bag
	Name       string `json:"name"` // as the sender calls it
	Size       uint64 `json:"size"` // bytes
	ModifiedMS int64  `json:"modified"`
	Metadata   string `json:"metadata,omitempty"`
}

// line is one line of a row's file: exactly one of its fields is there.
type line struct {
	File   *File        `json:"file,omitempty"`
	Offset *uint64      `json:"offset,omitempty"`
	Entry  *bagit.Entry `json:"entry,omitempty"`
}

// textOf begins on a line of its own, whatever a torn write left before it.
func textOf(lines []line) ([]byte, error) {
	text := bytes.NewBufferString("\n")
	for _, l := range lines {
		raw, err := json.Marshal(l)
		if err != nil {
			return nil, err
		}
		text.Write(raw)
		text.WriteByte('\n')
	}
	return text.Bytes(), nil
}

// writeLines writes lines behind the others; flush makes them durable.
func writeLines(path string, flush bool, lines ...line) error {
	text, err := textOf(lines)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(text); err == nil && flush {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// readRow gives the file, its last durable offset, and what was found of it once it was whole. A
// torn line is no JSON and says nothing; file is nil where the first line is torn.
func readRow(path string) (file *File, offset uint64, entry *bagit.Entry, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, nil, err
	}
	for text := range bytes.SplitSeq(raw, []byte("\n")) {
		var l line
		if json.Unmarshal(text, &l) != nil {
			continue
		}
		switch {
		case l.File != nil:
			file = l.File
		case l.Offset != nil:
			offset, entry = *l.Offset, nil
		case l.Entry != nil:
			entry = l.Entry
		}
	}
	return file, offset, entry, nil
}

// writeHeader makes a package's folder with its header, durably.
func (a *Area) writeHeader(id string, h header) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	dir := filepath.Join(a.dir, id)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	name := filepath.Join(dir, headerName)
	err = os.WriteFile(name, raw, 0o600)
	if err == nil {
		err = syncFile(name)
	}
	if err == nil {
		err = syncDir(dir)
	}
	// If we crash before this the folder has no header, or a torn one: nobody's, swept away.
	if err != nil {
		return errors.Join(err, a.Remove(id))
	}
	return syncDir(a.dir)
}

// headerOf reads a header; a spoilt one names no transfer.
func headerOf(raw []byte) (h header) {
	_ = json.Unmarshal(raw, &h) // said by what is missing
	return h
}

// load reads an unfinished package as the last process left it; nil where the folder is none.
func (a *Area) load(id string) (*Set, error) {
	dir := filepath.Join(a.dir, id)
	raw, err := os.ReadFile(filepath.Join(dir, headerName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h := headerOf(raw)
	if h.Transfer == "" {
		return nil, nil // spoilt on the disk: whose it was is not known
	}
	s := a.newSet(id, h)
	if err := s.loadPack(); err != nil {
		return nil, errors.Join(err, s.names.Close())
	}
	err = eachName(dir, func(e os.DirEntry) error {
		info, err := e.Info()
		if err != nil {
			return err
		}
		if e.Name() == headerName || strings.HasSuffix(e.Name(), rowSuffix) {
			s.touch(info.ModTime())
		}
		if key, is := strings.CutSuffix(e.Name(), rowSuffix); is {
			return s.loadRow(key)
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, s.names.Close())
	}
	return s, nil
}

// loadPack counts the small files.
func (s *Set) loadPack() error {
	info, err := os.Stat(s.pack.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s.touch(info.ModTime())
	return s.pack.recover(s.small)
}

// loadRow counts a file of its own.
func (s *Set) loadRow(key string) error {
	p, err := s.loadPart(key)
	if p == nil || err != nil {
		return err
	}
	if is, there, err := s.names.Get(p.Path); err != nil {
		return err
	} else if there && is != dropped { // it was dropped, and came whole since
		return p.clear()
	}
	return s.count(p)
}

// loadPart reads one file that nobody works with: its bytes end where its row says. Nil where there is none.
func (s *Set) loadPart(key string) (*Part, error) {
	rowPath := filepath.Join(s.area.dir, s.ID, key+rowSuffix)
	file, offset, entry, err := readRow(rowPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if file == nil { // opened, and never heard of
		return nil, os.Remove(rowPath)
	}
	p := &Part{set: s, File: *file, key: key, entry: entry}
	switch info, err := os.Stat(p.data()); {
	case err == nil && uint64(info.Size()) > offset:
		if err := os.Truncate(p.data(), int64(offset)); err != nil {
			return nil, err
		}
	case errors.Is(err, fs.ErrNotExist) && offset == 0 && entry == nil: // announced, and no more
	case errors.Is(err, fs.ErrNotExist) || err == nil && uint64(info.Size()) < offset:
		// The disk lost what it had flushed: the file begins anew, and nothing is believed of it.
		offset, p.entry = 0, nil
		if err := os.Remove(p.data()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err := writeLines(rowPath, true, line{Offset: new(uint64)}); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	}
	p.durable.Store(offset)
	return p, nil
}

func (s *Set) touch(at time.Time) {
	if at.After(s.last) {
		s.last = at
	}
}
