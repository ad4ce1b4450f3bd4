package staging

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// came makes the one pass over files of the model, and announces them.
func (m *machine) came(paths ...string) (files []*Came, parts []*Part) {
	m.t.Helper()
	announced := make([]File, len(paths))
	for i, path := range paths {
		announced[i] = File{Path: path, Name: path, Size: uint64(len(m.want[path])), ModifiedMS: 7}
		c, err := m.area.NewCame(announced[i], m.want[path], m.sum(m.want[path]))
		m.must(err)
		files = append(files, c)
	}
	parts, err := m.set.OpenAll(announced)
	m.must(err)
	return files, parts
}

// batch is a Put up to where it would begin to write.
func (m *machine) batch(files []*Came, parts []*Part) *batch {
	m.t.Helper()
	for i, p := range parts {
		files[i].part = p
	}
	folder, err := os.Open(filepath.Join(m.dir, m.set.ID))
	m.must(err)
	m.t.Cleanup(func() { _ = folder.Close() })
	b := &batch{set: m.set, folder: folder}
	m.must(b.take(files))
	return b
}

// put puts all files together, and perhaps the process dies behind a step of it. Of each file that had no bytes
// there is nothing then, or the whole.
func (m *machine) put() {
	m.t.Helper()
	files, parts := m.came(slices.Sorted(maps.Keys(m.want))...)
	whole := func(only func(f *Came) bool) {
		for _, f := range files {
			if m.have[f.Path] == nil {
				m.have[f.Path] = []byte{}
			}
			if len(m.have[f.Path]) == 0 && only(f) {
				m.have[f.Path] = m.want[f.Path]
			}
		}
	}
	all, none := func(*Came) bool { return true }, func(f *Came) bool { return f.Size == 0 }
	death := m.random.IntN(5)
	if death == 0 {
		m.must(m.set.Put(files, parts))
		whole(all)
		return
	}
	b := m.batch(files, parts)
	if death == 1 || len(b.files) == 0 { // announced
		whole(none)
		m.open()
		return
	}
	some := b.files[:m.random.IntN(len(b.files)+1)]
	switch death {
	case 2: // some bytes are there
		for _, f := range some {
			m.must(os.WriteFile(f.part.data(), f.content[:m.random.IntN(len(f.content)+1)], 0o600))
		}
		some = nil
	case 3: // some rows say it, and the last of them is torn
		m.must(b.write())
		b.files = some
		if len(some) > 0 {
			m.must(b.say())
			torn := some[len(some)-1]
			m.must(os.Truncate(torn.part.data()+rowSuffix, torn.row+int64(m.random.IntN(9))))
			some = some[:len(some)-1]
		}
	case 4: // nobody has heard of it
		m.must(b.write())
		m.must(b.say())
		some = b.files
	}
	whole(func(f *Came) bool { return f.Size == 0 || slices.Contains(some, f) })
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
	files, parts := m.came(paths...)
	m.must(m.set.Put(files, parts))
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
		raw, err := os.ReadFile(p.data())
		if err != nil || !bytes.Equal(raw, m.want[path]) {
			t.Errorf("%s: %d bytes, %v", path, len(raw), err)
		}
	}
	if got, want := m.set.Totals(), other.set.Totals(); got != want || got.Whole != len(paths) {
		t.Errorf("%+v is counted, by pieces %+v", got, want)
	}
}

// TestPutLeavesWhatIsThere sends files again of which one is whole, one came in part, and one is being sent.
func TestPutLeavesWhatIsThere(t *testing.T) {
	m := putMachine(t)
	const whole, half, sending, fresh = "data/1/1.pdf", "data/1/2.pdf", "data/1/3.pdf", "data/1/4.pdf"
	m.end(m.part(whole), m.want[whole])
	m.end(m.part(half), m.want[half][:100])
	w := m.begin(m.part(sending), 0, m.sum(m.want[sending]))
	m.write(w, m.want[sending][:5000])
	before, err := os.Stat(m.part(whole).data())
	m.must(err)
	for range 2 {
		files, parts := m.came(whole, half, sending, fresh)
		m.must(m.set.Put(files, parts))
		for i, offset := range []uint64{1, 100, 64<<10 - 1, 64 << 10} {
			if parts[i].Offset() != offset {
				t.Errorf("%s stands at %d", parts[i].Path, parts[i].Offset())
			}
		}
	}
	if after, err := os.Stat(m.part(whole).data()); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("what was whole was written again: %v", err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, TakenOver) {
		t.Errorf("who sent it in pieces: %v", err)
	}
	m.end(m.part(half), m.want[half][100:])
	if sum, err := m.part(half).Digest(); err != nil || sum != m.sum(m.want[half]) {
		t.Errorf("what came in part: %s, %v", sum, err)
	}
	if got := m.set.Totals(); got.Whole != 4 || got.Files != 4 || got.There != got.Bytes {
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
		if _, err := m.set.OpenAll(c.files); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if got := m.set.Totals(); got != before {
			t.Errorf("%s: %+v is counted", name, got)
		}
	}
	if _, err := m.area.NewCame(a, []byte("x"), m.sum([]byte("y"))); !errors.Is(err, WrongBytes) {
		t.Errorf("other bytes than were sent: %v", err)
	}
	files, parts := m.came("data/1/1.pdf", "data/1/2.pdf")
	m.set.finishing = true
	if err := m.set.Put(files, parts); !errors.Is(err, Finishing) {
		t.Errorf("while it is finished: %v", err)
	}
	m.must(m.set.Reopen())
	m.must(parts[1].Drop())
	if err := m.set.Put(files, parts); !errors.Is(err, NoUpload) {
		t.Errorf("one was dropped meanwhile: %v", err)
	}
	m.must(m.set.Discard())
	if err := m.set.Put(files[:1], parts[:1]); !errors.Is(err, NoUpload) {
		t.Errorf("it was discarded meanwhile: %v", err)
	}
}

// TestPutOnADiskThatTakesNoMore has the disk refuse a file, and a row: no row says what does not count, and the next
// call sends all of them.
func TestPutOnADiskThatTakesNoMore(t *testing.T) {
	for _, suffix := range []string{"", rowSuffix} {
		m := putMachine(t)
		paths := []string{"data/1/1.pdf", "data/1/2.pdf", "data/1/3.pdf", "data/1/4.pdf"}
		files, parts := m.came(paths...)
		byKey := slices.SortedFunc(slices.Values(parts), func(x, y *Part) int { return bytes.Compare([]byte(x.key), []byte(y.key)) })
		bad := byKey[2].data() + suffix
		saved, _ := os.ReadFile(bad) // of bytes there are none yet
		_ = os.Remove(bad)
		m.must(os.Mkdir(bad, 0o700))
		m.must(os.WriteFile(bad+"/x", nil, 0o600))
		if err := m.set.Put(files, parts); !errors.Is(err, unix.EISDIR) {
			t.Fatalf("%q: %v", suffix, err)
		}
		m.must(os.RemoveAll(bad))
		if suffix != "" {
			m.must(os.WriteFile(bad, saved, 0o600))
		}
		for _, p := range parts {
			_, offset, entry, err := readRow(p.data() + rowSuffix)
			if _, gone := os.Stat(p.data()); err != nil || offset != 0 || entry != nil || p.Offset() != 0 || suffix != "" && !errors.Is(gone, fs.ErrNotExist) {
				t.Errorf("%q: %s is said to stand at %d, %v, %v", suffix, p.Path, offset, entry, err)
			}
		}
		if got := m.set.Totals(); got.Files != 4 || got.Whole != 0 || got.There != 0 {
			t.Errorf("%q: %+v is counted", suffix, got)
		}
		files, parts = m.came(paths...)
		m.must(m.set.Put(files, parts))
		m.open()
		if got := m.set.Totals(); got.Whole != 4 || got.There != got.Bytes {
			t.Errorf("%q: %+v is counted after it was sent again", suffix, got)
		}
	}
}

// TestPutsAtOnce puts the same files from several places, in other orders, while others send pieces of them.
func TestPutsAtOnce(t *testing.T) {
	m := putMachine(t)
	paths := slices.Sorted(maps.Keys(m.want))
	var all sync.WaitGroup
	for n := range 4 {
		mine := slices.Clone(paths)
		if n%2 == 0 {
			slices.Reverse(mine)
		}
		files, parts := m.came(mine...)
		all.Go(func() {
			if err := m.set.Put(files, parts); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			for _, p := range parts {
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
