package staging

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/sha512many"
)

// Came is a small file of a package that comes file by file: it came whole, and the one pass over it is made.
type Came struct {
	File
	// Seen is what it was examined as, where nothing was wrong with it: Whole says so to whoever finishes the package. Nil:
	// it was not examined, or is to be again.
	Seen *string

	content []byte
	found   bagit.Entry
}

// Arrived is a small file with all its bytes.
type Arrived struct {
	File
	Content []byte
	SHA256  string // that they had where they came from, in hex
}

// NewCame makes the one pass over files before a byte of them is written. Their bytes are not changed until Put
// returns. Error: WrongBytes.
func (a *Area) NewCame(files []Arrived) ([]*Came, error) {
	came := make([]*Came, 0, len(files))
	for some := range slices.Chunk(files, 2*sha512many.Lanes) { // as many as stay in the processor's cache
		contents := make([][]byte, len(some))
		for i, f := range some {
			contents[i] = f.Content
		}
		for i, sum := range sha512many.Sum(contents) {
			f := some[i]
			c := &Came{File: f.File, content: f.Content, found: bagit.MeasureWhole(f.Path, f.Content, &sum, a.Identify)}
			if c.found.SHA256 != f.SHA256 {
				return nil, WrongBytes.With("path", clip.Runes(f.Path, maxShown))
			}
			came = append(came, c)
		}
	}
	return came, nil
}

// Together is files that come whole in one call. One goroutine uses it; it ends with Put.
type Together struct {
	Parts []*Part // of the files, in their order
	set   *Set
	files []*Came
}

// Expect lets files in that come whole in one call, each path once; where one is refused none is. What is new counts as
// announced from now on, and no longer where Put fails. Errors: those of Open, and OutOfOrder for a path that comes
// twice.
func (s *Set) Expect(files []*Came) (*Together, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return nil, err
	}
	t := &Together{Parts: make([]*Part, len(files)), set: s, files: files}
	seen := make(map[string]bool, len(files))
	for i, f := range files {
		if seen[f.Path] {
			return nil, OutOfOrder.With("problem", "the path "+clip.Runes(f.Path, maxShown)+" twice")
		}
		seen[f.Path] = true
		var err error
		if t.Parts[i], err = s.known(f.File); err != nil {
			return nil, err
		}
	}
	for i, f := range files {
		if t.Parts[i] != nil {
			continue
		}
		var err error
		if t.Parts[i], err = s.expect(f.File); err != nil {
			return nil, fmt.Errorf("staging: %w", err)
		}
	}
	for _, p := range t.Parts {
		p.brought++
	}
	s.last = time.Now()
	return t, nil
}

// expect lets in a file that is not there yet. The set is locked.
func (s *Set) expect(f File) (*Part, error) {
	if s.Form == Zip { // its one file is read as a file
		return s.announce(f)
	}
	p := &Part{set: s, File: f, key: keyOf(f.Path), small: true}
	s.held(p)
	s.totals.Files++
	s.totals.Bytes += f.Size
	return p, nil
}

// Put takes the bytes. When it returns nil, every file that had none is on the disk; the others are as they were. New
// files go into the pack in one call: killed behind any step it leaves all of them or none. One that was announced by itself
// before stays a file of its own. Errors: Finishing, NoUpload, those of the disk; then none of the new files is there.
func (t *Together) Put() error {
	defer t.end()
	fresh, unlock, err := t.take()
	if err == nil && len(fresh) > 0 {
		err = t.keep(fresh)
	}
	unlock()
	if err != nil {
		return err
	}
	for i, p := range t.Parts {
		if !p.small {
			if err := p.put(t.files[i].content); err != nil {
				return err
			}
		}
	}
	return nil
}

// take locks the small files, so that whoever else sends one waits, and finds it whole; it gives those that are not there
// yet. Everybody locks by key, so that no two wait for each other.
func (t *Together) take() (fresh []int, unlock func(), err error) {
	var small []int
	for i, p := range t.Parts {
		if p.small {
			small = append(small, i)
		}
	}
	slices.SortFunc(small, func(a, b int) int { return cmp.Compare(t.Parts[a].key, t.Parts[b].key) })
	for _, i := range small {
		t.Parts[i].mu.Lock()
	}
	unlock = func() {
		for _, i := range small {
			t.Parts[i].mu.Unlock()
		}
	}
	t.set.mu.Lock()
	defer t.set.mu.Unlock()
	if err := t.set.open(); err != nil {
		return nil, unlock, err
	}
	for _, i := range small {
		if !t.set.is(t.Parts[i]) { // it was dropped meanwhile
			return nil, unlock, NoUpload.With()
		}
		if t.Parts[i].spot.Load() == nil {
			fresh = append(fresh, i)
		}
	}
	slices.Sort(fresh)
	return fresh, unlock, nil
}

// keep writes files into the pack and has them count. Their parts are locked.
func (t *Together) keep(fresh []int) error {
	records, contents := t.records(fresh)
	spots, err := t.set.pack.append(records, contents)
	if err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	t.set.mu.Lock()
	defer t.set.mu.Unlock()
	for n, i := range fresh {
		p := t.Parts[i]
		p.entry, p.seen = records[n].Entry, records[n].Seen
		p.spot.Store(&spots[n])
		p.durable.Store(p.Size)
		t.set.came(p, 0, p.Size)
		_ = t.set.note(p.Path, spots[n].String()) // it is there; the paths are read again when somebody next asks
	}
	t.set.last = time.Now()
	return nil
}

// records are what the pack says of files, and their bytes.
func (t *Together) records(fresh []int) ([]record, [][]byte) {
	records, contents := make([]record, len(fresh)), make([][]byte, len(fresh))
	for n, i := range fresh {
		f := t.files[i]
		records[n], contents[n] = record{File: &f.File, Entry: &f.found, Seen: f.Seen}, f.content
	}
	return records, contents
}

// end has those files no longer count that did not come and that nobody else brings.
func (t *Together) end() {
	t.set.mu.Lock()
	defer t.set.mu.Unlock()
	for _, p := range t.Parts {
		if p.brought--; p.brought == 0 && p.small && p.spot.Load() == nil && t.set.is(p) {
			t.set.unexpect(p)
		}
	}
}

// put takes the bytes of a file of its own that has none yet. Whoever sends it at the same moment in pieces goes on.
func (p *Part) put(content []byte) error {
	if p.Offset() > 0 || p.Size == 0 {
		return nil
	}
	w, err := p.Begin(0, "")
	if err == nil {
		_, err = w.Write(content)
		err = errors.Join(err, w.End())
	}
	if errors.Is(err, WrongOffset) || errors.Is(err, TakenOver) {
		return nil
	}
	return err
}
