package staging

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// came makes the one pass over files of the model.
func (m *machine) came(paths ...string) (files []*Came) {
	m.t.Helper()
	var arrived []Arrived
	for _, path := range paths {
		f := File{Path: path, Name: path, Size: uint64(len(m.want[path])), ModifiedMS: 7}
		arrived = append(arrived, Arrived{f, m.want[path], m.sum(m.want[path])})
	}
	files, err := m.area.NewCame(arrived)
	m.must(err)
	return files
}

// together is a call up to where it would begin to write.
func (m *machine) together(paths ...string) *Together {
	m.t.Helper()
	t, err := m.set.Expect(m.came(paths...))
	m.must(err)
	return t
}

// behind writes behind what stands in the pack, as a process does that dies.
func (m *machine) behind(raw []byte) {
	m.t.Helper()
	f, err := os.OpenFile(m.set.pack.path(), os.O_WRONLY|os.O_CREATE, 0o600)
	m.must(err)
	_, err = f.WriteAt(raw, m.set.pack.end)
	m.must(errors.Join(err, f.Close()))
}

// text is what a call would write for the files that are not there.
func (t *Together) text(m *machine) (raw []byte, fresh []int) {
	m.t.Helper()
	fresh, unlock, err := t.take()
	m.must(err)
	unlock()
	if len(fresh) == 0 {
		return nil, nil
	}
	records, contents := t.records(fresh)
	raw, _, err = callText(nil, m.set.pack.end, records, contents)
	m.must(err)
	return raw, fresh
}

// put puts all files together, and perhaps the process dies behind a step of it. Of those that go into the pack
// there is nothing then, or every one.
func (m *machine) put() {
	m.t.Helper()
	t := m.together(slices.Sorted(maps.Keys(m.want))...)
	death := m.random.IntN(5)
	if death == 0 {
		m.must(t.Put())
		for _, p := range t.Parts {
			if len(m.have[p.Path]) == 0 {
				m.have[p.Path] = m.want[p.Path]
			}
		}
		return
	}
	raw, fresh := t.text(m)
	switch {
	case len(raw) == 0 || death == 1: // announced
		fresh = nil
	case death == 2: // some of it is there
		m.behind(raw[:m.random.IntN(len(raw))])
		fresh = nil
	case death == 3: // the disk had not taken a part of it
		lost := bytes.Clone(raw)
		at := m.random.IntN(len(raw))
		clear(lost[at:min(len(lost), at+512)])
		if !bytes.Equal(lost, raw) {
			m.behind(lost)
			fresh = nil
			break
		}
		fallthrough
	default: // nobody has heard of it
		m.behind(raw)
	}
	for _, i := range fresh {
		m.have[t.Parts[i].Path] = m.want[t.Parts[i].Path]
	}
	m.open()
}

// putMachine has files of sizes on each side of what is done otherwise.
func putMachine(t *testing.T) *machine {
	m := &machine{t: t, dir: t.TempDir(), have: model{}, want: map[string][]byte{}}
	m.random = rand.New(rand.NewPCG(1, 1))
	for i, size := range []int{0, 1, 20 << 10, 64<<10 - 1, 64 << 10, 128 << 10} {
		m.want[fmt.Sprintf("data/1/%d.pdf", i)] = append([]byte("%PDF-1.4 ")[:min(9, size)], content(uint64(i), max(0, size-9))...)
	}
	m.open()
	return m
}

// TestPutFindsWhatAPieceFinds compares the one pass, and says what is there to whoever comes later.
func TestPutFindsWhatAPieceFinds(t *testing.T) {
	m, other := putMachine(t), putMachine(t)
	paths := slices.Sorted(maps.Keys(m.want))
	m.must(m.together(paths...).Put())
	m.open()
	for _, path := range paths {
		p, q := m.part(path), other.part(path)
		if p.entry == nil {
			t.Errorf("%s has to be read again", path)
		}
		other.end(q, m.want[path])
		got, err := p.Found()
		m.must(err)
		want, err := q.Found()
		m.must(err)
		if got != want || p.Offset() != p.Size {
			t.Errorf("%s: %+v, by pieces %+v", path, got, want)
		}
		if raw, err := bytesOf(p); err != nil || !bytes.Equal(raw, m.want[path]) {
			t.Errorf("%s: %d bytes, %v", path, len(raw), err)
		}
	}
	if got, want := m.set.Totals(), other.set.Totals(); got != want || got.Whole != len(paths) {
		t.Errorf("%+v is counted, by pieces %+v", got, want)
	}
}

// bytesOf reads what came of a file.
func bytesOf(p *Part) ([]byte, error) {
	f, err := p.place().Open()
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(f)
	return raw, errors.Join(err, f.Close())
}

// TestPutLeavesWhatIsThere sends files again of which one is whole, one came in part, one was announced, and one is being
// sent.
func TestPutLeavesWhatIsThere(t *testing.T) {
	m := putMachine(t)
	const whole, half, sending, fresh, announced = "data/1/1.pdf", "data/1/2.pdf", "data/1/3.pdf", "data/1/4.pdf", "data/1/5.pdf"
	m.end(m.part(whole), m.want[whole])
	m.end(m.part(half), m.want[half][:100])
	m.part(announced)
	w := m.begin(m.part(sending), 0, m.sum(m.want[sending]))
	m.write(w, m.want[sending][:5000])
	before, err := os.Stat(m.part(whole).data())
	m.must(err)
	size := int64(0)
	for range 2 {
		together := m.together(whole, half, sending, fresh, announced)
		m.must(together.Put())
		for i, offset := range []uint64{1, 100, 64<<10 - 1, 64 << 10, 128 << 10} {
			if p := together.Parts[i]; p.Offset() != offset || p.small != (p.Path == fresh) {
				t.Errorf("%s stands at %d", p.Path, p.Offset())
			}
		}
		if size != 0 && m.set.pack.end != size {
			t.Errorf("what is whole was written again: %d and %d", size, m.set.pack.end)
		}
		size = m.set.pack.end
	}
	if after, err := os.Stat(m.part(whole).data()); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("what was whole was written again: %v", err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, TakenOver) {
		t.Errorf("who sent it in pieces: %v", err)
	}
	m.end(m.part(half), m.want[half][100:])
	for _, path := range []string{whole, half, sending, fresh, announced} {
		if sum, err := m.part(path).Digest(); err != nil || sum != m.sum(m.want[path]) {
			t.Errorf("%s: %s, %v", path, sum, err)
		}
	}
	if got := m.set.Totals(); got.Whole != 5 || got.Files != 5 || got.There != got.Bytes {
		t.Errorf("%+v is counted", got)
	}
}

// TestPutRefusesAllOrNothing refuses one file of several: none is announced.
func TestPutRefusesAllOrNothing(t *testing.T) {
	m := putMachine(t)
	m.part("data/1/1.pdf")
	before := m.set.Totals()
	a, b := File{Path: "data/1/a", Size: 1}, File{Path: "data/1/b", Size: 1}
	for name, c := range map[string]struct {
		files []File
		want  error
	}{
		"another file": {[]File{a, {Path: "data/1/1.pdf", Size: 2, ModifiedMS: 7}}, Other},
		"another date": {[]File{a, {Path: "data/1/1.pdf", Size: 1, ModifiedMS: 8}}, Other},
		"a path twice": {[]File{a, b, a}, OutOfOrder},
	} {
		var came []*Came
		for _, f := range c.files {
			came = append(came, &Came{File: f})
		}
		if _, err := m.set.Expect(came); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if got := m.set.Totals(); got != before {
			t.Errorf("%s: %+v is counted", name, got)
		}
	}
	if _, err := m.area.NewCame([]Arrived{{a, []byte("x"), m.sum([]byte("y"))}}); !errors.Is(err, WrongBytes) {
		t.Errorf("other bytes than were sent: %v", err)
	}
	for name, c := range map[string]struct {
		meanwhile func(p *Part) error
		want      error
	}{
		"it is finished": {func(*Part) error { m.set.finishing = true; return nil }, Finishing},
		"one is dropped": {(*Part).Drop, NoUpload},
		"all is dropped": {func(*Part) error { return m.set.Discard() }, NoUpload},
	} {
		together := m.together("data/1/2.pdf", "data/1/3.pdf")
		m.must(c.meanwhile(together.Parts[1]))
		if err := together.Put(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		m.set.opened()
		if got := m.set.Totals(); got != before {
			t.Errorf("%s: %+v is counted", name, got)
		}
		m.open()
		m.part("data/1/1.pdf")
	}
}

// TestPutOnADiskThatTakesNoMore has the disk refuse a call: none of its files is there, and the next call brings all of
// them.
func TestPutOnADiskThatTakesNoMore(t *testing.T) {
	m := putMachine(t)
	paths := []string{"data/1/1.pdf", "data/1/2.pdf", "data/1/3.pdf", "data/1/4.pdf"}
	m.must(os.Mkdir(m.set.pack.path(), 0o700))
	first, second := m.together(paths...), m.together(paths[1:]...)
	if err := first.Put(); !errors.Is(err, unix.EISDIR) {
		t.Fatal(err)
	}
	if got := m.set.Totals(); got.Files != 3 || got.Whole != 0 || got.There != 0 || got.Bytes != 20<<10+64<<10-1+64<<10 {
		t.Errorf("%+v is counted while another brings some of them", got)
	}
	m.must(os.Remove(m.set.pack.path()))
	m.must(second.Put())
	if got := m.set.Totals(); got.Files != 3 || got.Whole != 3 || got.There != got.Bytes {
		t.Errorf("%+v is counted after another brought them", got)
	}
	m.must(m.together(paths...).Put())
	m.open()
	if got := m.set.Totals(); got.Whole != 4 || got.There != got.Bytes {
		t.Errorf("%+v is counted after it was sent again", got)
	}
}

// TestATornCallEndsEverything has the disk refuse bytes, and what would take them back: nothing is written any more that
// might contradict them, until a start has judged what stands there.
func TestATornCallEndsEverything(t *testing.T) {
	m := putMachine(t)
	if err := os.Symlink("/dev/full", m.set.pack.path()); err != nil {
		t.Skip(err)
	}
	before := m.set.Totals()
	if err := m.together("data/1/1.pdf").Put(); !errors.Is(err, unix.ENOSPC) || !errors.Is(err, errTorn) {
		t.Fatal(err)
	}
	if _, err := m.set.Expect(m.came("data/1/2.pdf")); !errors.Is(err, errTorn) {
		t.Errorf("another call: %v", err)
	}
	if _, err := m.set.Open(File{Path: "data/1/1.pdf", Size: 9}); !errors.Is(err, errTorn) {
		t.Errorf("another file: %v", err)
	}
	if _, err := m.set.pack.append(nil, nil); !errors.Is(err, errTorn) {
		t.Errorf("one that was let in before: %v", err)
	}
	if got := m.set.Totals(); got != before {
		t.Errorf("%+v is counted", got)
	}
	m.must(os.Remove(m.set.pack.path()))
	m.open()
	m.must(m.together("data/1/1.pdf").Put())
}

// TestPutsAtOnce puts the same files from several places, in other orders, while others send pieces of them and list
// them.
func TestPutsAtOnce(t *testing.T) {
	m := putMachine(t)
	paths := slices.Sorted(maps.Keys(m.want))
	var all sync.WaitGroup
	for n := range 4 {
		mine := slices.Clone(paths)
		if n%2 == 0 {
			slices.Reverse(mine)
		}
		together := m.together(mine...)
		all.Go(func() {
			if err := together.Put(); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			for _, p := range together.Parts {
				w, err := p.Begin(0, m.sum(m.want[p.Path]))
				if err == nil {
					if _, err = w.Write(m.want[p.Path]); err == nil {
						err = w.End()
					}
				}
				if err != nil && !errors.Is(err, WrongOffset) && !errors.Is(err, TakenOver) {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for p, err := range m.set.Parts("") {
				if err != nil || p.Offset() != p.Size {
					t.Error(p, err)
				}
			}
		})
	}
	all.Wait()
	if got := m.set.Totals(); got.Whole != len(paths) || got.Files != len(paths) || got.There != got.Bytes {
		t.Errorf("%+v is counted", got)
	}
	for _, path := range paths {
		if sum, err := m.part(path).Digest(); err != nil || sum != m.sum(m.want[path]) {
			t.Errorf("%s: %s, %v", path, sum, err)
		}
	}
}
