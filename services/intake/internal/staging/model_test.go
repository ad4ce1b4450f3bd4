package staging

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// model is a package as a plain map: what was acknowledged of each file.
type model map[string][]byte

// machine is an area beside its model.
type machine struct {
	t      *testing.T
	dir    string
	area   *Area
	set    *Set
	random *rand.Rand
	have   model
	want   map[string][]byte // the whole files
	// what a journal would say: the package that was refused last, and its bad files
	refused string
	bad     map[string]bool
	round   int // half of the pieces are a multiple of it; 0: of nothing
	past    int // pieces that went past the page cache
}

func (m *machine) sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func (m *machine) part(path string) *Part {
	m.t.Helper()
	p, err := m.set.Open(File{Path: path, Name: path, Size: uint64(len(m.want[path])), ModifiedMS: 7})
	if err != nil {
		m.t.Fatal(err)
	}
	if m.have[path] == nil {
		m.have[path] = []byte{}
	}
	return p
}

// step does one random thing to a file.
func (m *machine) step(path string) {
	m.t.Helper()
	p, whole := m.part(path), m.want[path]
	if got := p.Offset(); got != uint64(len(m.have[path])) {
		m.t.Fatalf("%s stands at %d, the model at %d", path, got, len(m.have[path]))
	}
	at := len(m.have[path])
	next := whole[at : at+m.random.IntN(len(whole)-at+1)]
	if m.round > 0 && m.random.IntN(2) == 0 {
		next = next[:len(next)/m.round*m.round]
	}
	switch m.random.IntN(9) {
	case 0: // a wrong offset
		wrong := uint64(m.random.IntN(len(whole) + 10))
		if _, err := p.Begin(wrong, ""); wrong != uint64(at) && !errors.Is(err, WrongOffset) {
			m.t.Fatalf("at %d instead of %d: %v", wrong, at, err)
		} else if err == nil {
			m.end(p, nil)
		}
	case 1: // a checksum that does not hold
		w := m.begin(p, at, m.sum([]byte("other")))
		m.write(w, next)
		if err := w.End(); !errors.Is(err, WrongChecksum) {
			m.t.Fatalf("another checksum: %v", err)
		}
	case 2: // a piece with a checksum that breaks off leaves nothing
		w := m.begin(p, at, m.sum(next))
		m.write(w, next[:len(next)/2])
		m.must(w.Break())
	case 3: // one without keeps what came
		w := m.begin(p, at, "")
		m.write(w, next)
		m.must(w.Break())
		m.have[path] = append(m.have[path], next...)
	case 4: // another takes over
		old := m.begin(p, at, "")
		m.write(old, next)
		_ = m.begin2(p, at+len(next))
		m.have[path] = append(m.have[path], next...)
		if _, err := old.Write([]byte("x")); !errors.Is(err, TakenOver) {
			m.t.Fatalf("the one who was taken over: %v", err)
		}
	case 5: // too much
		w := m.begin(p, at, "")
		if _, err := w.Write(append(slices.Clone(whole[at:]), 'x')); !errors.Is(err, TooMuchData) {
			m.t.Fatalf("too much: %v", err)
		}
		m.must(w.Break())
	case 6: // it is forgotten
		if m.random.IntN(4) == 0 {
			m.must(p.Drop())
			delete(m.have, path)
		}
	default:
		w := m.begin(p, at, m.sum(next))
		m.write(w, next)
		m.must(w.End())
		m.have[path] = append(m.have[path], next...)
	}
}

func (m *machine) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) begin(p *Part, at int, sum string) *Piece {
	m.t.Helper()
	w, err := p.Begin(uint64(at), sum)
	m.must(err)
	if _, is := p.file.(counted); is {
		m.past++
	}
	return w
}

// begin2 begins and ends at once.
func (m *machine) begin2(p *Part, at int) *Piece {
	m.t.Helper()
	w := m.begin(p, at, "")
	m.must(w.End())
	return w
}

func (m *machine) end(p *Part, next []byte) {
	m.t.Helper()
	w := m.begin(p, int(p.Offset()), "")
	m.write(w, next)
	m.must(w.End())
}

func (m *machine) write(w *Piece, b []byte) {
	m.t.Helper()
	for piece := range slices.Chunk(b, 1000) {
		_, err := w.Write(piece)
		m.must(err)
	}
}

// parts are the files of a package, by path.
func parts(t testing.TB, s *Set) (all []*Part) {
	t.Helper()
	for p, err := range s.Parts("") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// die leaves bytes that nobody acknowledged, kills the process, and starts another.
func (m *machine) die() {
	m.t.Helper()
	for _, p := range parts(m.t, m.set) {
		at := int(p.Offset())
		if whole := m.want[p.Path]; at < len(whole) && m.random.IntN(2) == 0 {
			w := m.begin(p, at, m.sum(whole))
			m.write(w, whole[at:at+m.random.IntN(len(whole)-at+1)])
		}
		if !p.small && m.random.IntN(3) == 0 { // a line that was torn
			f, err := os.OpenFile(p.data()+rowSuffix, os.O_APPEND|os.O_WRONLY, 0o600)
			m.must(err)
			_, err = f.WriteString("\n{\"offset\":9")
			m.must(errors.Join(err, f.Close()))
		}
	}
	if m.random.IntN(3) == 0 { // a call that was torn
		m.behind(content(m.random.Uint64(), m.random.IntN(2*most)))
	}
	m.open()
}

func (m *machine) open() {
	m.t.Helper()
	var err error
	m.area, err = Open(m.dir)
	m.must(err)
	sets, err := m.area.LoadSets()
	m.must(err)
	keep := map[string]bool{}
	for _, s := range sets {
		keep[s.ID] = true
	}
	m.must(m.area.Sweep(keep))
	for _, s := range sets {
		if s.ID == m.refused { // as a start does, from the journal alone
			_, err := s.Renew(m.fresh(), m.isBad)
			m.must(err)
		}
	}
	m.set, err = m.area.OpenSet(m.fresh(), "2026-1", "bilim", Bare)
	m.must(err)
}

func (m *machine) fresh() string { return "package-" + fmt.Sprint(m.random.Uint64()) }

func (m *machine) isBad(path string) bool { return m.bad[path] }

// refuse brings every file to its end, finishes, and has the package refused for some of them. The process
// may die behind every step of what follows; what was good stands there as a package of another id.
func (m *machine) refuse() {
	m.t.Helper()
	m.bad = map[string]bool{}
	for path, content := range m.want {
		p := m.part(path)
		m.end(p, content[p.Offset():])
		m.have[path] = content
		m.bad[path] = m.random.IntN(2) == 0
	}
	before := m.set
	u, err := before.Whole(nil)
	m.must(err)
	m.must(u.Wrap(nil))
	_, err = u.Finish()
	m.must(err)
	m.refused = before.ID
	for path, bad := range m.bad {
		if bad {
			delete(m.have, path)
		}
	}
	old := parts(m.t, before)[0]
	switch m.random.IntN(5) {
	case 0: // at once
		m.open()
	case 1: // one bad file's row is gone, its bytes are not
		for _, p := range parts(m.t, before) {
			if !m.bad[p.Path] {
				continue
			}
			if p.small {
				_, err := before.pack.append([]record{{Gone: &p.Path}}, nil)
				m.must(err)
			} else {
				m.must(os.Remove(p.data() + rowSuffix))
			}
			break
		}
		m.open()
	case 2: // the bad files are gone
		_, err := before.strip(m.isBad)
		m.must(err)
		m.open()
	case 3: // the header says it, and another one was torn
		left, err := before.strip(m.isBad)
		m.must(err)
		if left > 0 {
			m.must(before.refused())
		}
		m.must(os.WriteFile(m.dir+"/"+before.ID+"/"+newHeader, []byte("{"), 0o600))
		m.open()
	case 4: // nobody dies, or whoever does has renamed the folder
		next, err := before.Renew(m.fresh(), m.isBad)
		m.must(err)
		if next != nil && (next.Refused != before.ID || m.area.Set("2026-1") != next) {
			m.t.Fatalf("what is kept is %+v, under way is %+v", next, m.area.Set("2026-1"))
		}
		if _, err := old.Begin(old.Offset(), ""); !errors.Is(err, NoUpload) {
			m.t.Fatalf("an upload of the refused package: %v", err)
		}
		if m.random.IntN(2) == 0 {
			m.open()
		} else {
			m.set, err = m.area.OpenSet(m.fresh(), "2026-1", "bilim", Bare)
			m.must(err)
		}
	}
	m.kept(before.ID)
}

// kept compares what stands after a refusal with the model.
func (m *machine) kept(refused string) {
	m.t.Helper()
	if m.set.ID == refused {
		m.t.Fatal("the refused package is still under way")
	}
	bytes := uint64(0)
	for path, content := range m.have {
		if is, err := m.set.Has(path); err != nil || !is {
			m.t.Fatalf("%s was good and is not there, %v", path, err)
		}
		p := m.part(path)
		if p.Offset() != uint64(len(content)) {
			m.t.Fatalf("%s was good and is not there whole: %+v", path, p)
		}
		if sum, err := p.Digest(); err != nil || sum != m.sum(content) {
			m.t.Fatalf("%s has other bytes: %v", path, err)
		}
		bytes += p.Size
	}
	if got, files := m.set.Announced(); got != bytes || int(files) != len(m.have) {
		m.t.Fatalf("%d files of %d bytes are counted, %d of %d were kept", files, got, len(m.have), bytes)
	}
	entries, err := os.ReadDir(m.dir)
	m.must(err)
	if len(entries) != 1 || entries[0].Name() != m.set.ID {
		m.t.Fatalf("in staging stand %v", entries)
	}
}

// TestRandomPiecesCutsAndDeaths runs random sequences beside a plain map: what was acknowledged is there,
// what was not is not, and the package at the end is the one that would have come in one stream.
func TestRandomPiecesCutsAndDeaths(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			m := &machine{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(seed, 1)), have: model{}, want: map[string][]byte{}}
			for i := range 3 {
				content := make([]byte, m.random.IntN(5000))
				for j := range content {
					content[j] = byte(m.random.Uint32())
				}
				m.want[fmt.Sprintf("data/%d/файл.bin", i+1)] = content
			}
			m.open()
			paths := []string{"data/1/файл.bin", "data/2/файл.bin", "data/3/файл.bin"}
			for range 60 {
				m.step(paths[m.random.IntN(len(paths))])
				switch m.random.IntN(24) {
				case 0, 1, 2:
					m.die()
				case 3:
					m.refuse()
				case 4, 5, 6: // nobody works with any file
					runtime.GC()
				case 7, 8, 9:
					m.put()
				}
				m.total()
			}
			for _, path := range paths {
				p := m.part(path)
				m.end(p, m.want[path][p.Offset():])
				if got, err := p.Digest(); err != nil || got != m.sum(m.want[path]) {
					t.Errorf("%s: digest %s, %v", path, got, err)
				}
			}
			m.compare()
		})
	}
}

// total compares what is counted with what the files say.
func (m *machine) total() {
	m.t.Helper()
	var want Totals
	for _, p := range parts(m.t, m.set) {
		want.Files, want.Bytes, want.There = want.Files+1, want.Bytes+p.Size, want.There+p.Offset()
		if p.Offset() == p.Size {
			want.Whole++
		}
		if is, err := m.set.Has(p.Path); err != nil || !is {
			m.t.Fatal(p.Path, is, err)
		}
		if same, err := m.set.Part(p.ID()); err != nil || same != p {
			m.t.Fatal(p.ID(), same, err)
		}
	}
	if got := m.set.Totals(); got != want {
		m.t.Fatalf("%+v is counted, %+v is there", got, want)
	}
}

func (m *machine) files(u *Upload, tags bool) (all []bagit.Entry) {
	for e, err := range u.Files(tags) {
		m.must(err)
		all = append(all, e)
	}
	return all
}

// compare finishes, and sends the same in one stream.
func (m *machine) compare() {
	m.t.Helper()
	u, err := m.set.Whole(nil)
	m.must(err)
	m.must(u.Wrap(nil))
	got, err := u.Finish()
	m.must(err)
	m.must(u.Keep())
	other, err := Open(m.t.TempDir())
	m.must(err)
	s, err := other.Begin("x")
	m.must(err)
	for _, path := range []string{"data/1/файл.bin", "data/2/файл.bin", "data/3/файл.bin"} {
		_, err := s.File(path, uint64(len(m.want[path])))
		m.must(err)
		m.must(s.Data(m.want[path]))
	}
	m.must(s.Wrap(nil))
	want, err := s.Finish()
	m.must(err)
	if a, b := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); a != b || !got.Valid() {
		m.t.Errorf("the package is\n%s\nand in one stream\n%s", a, b)
	}
	for _, tags := range []bool{false, true} {
		if a, b := m.files(u, tags), m.files(s, tags); !slices.Equal(a, b) || len(a) < 3 {
			m.t.Errorf("its files are\n%+v\nand in one stream\n%+v", a, b)
		}
	}
	m.must(m.set.Settle())
	places := m.area.Places()
	for path, content := range m.want {
		raw, err := read(places, u.id, path)
		if err != nil || !bytes.Equal(raw, content) {
			m.t.Errorf("%s: %d bytes, %v", path, len(raw), err)
		}
	}
	m.must(places.Close())
	entries, err := os.ReadDir(m.dir + "/" + u.id)
	m.must(err)
	for _, e := range entries {
		if e.Name() == headerName || strings.HasSuffix(e.Name(), rowSuffix) {
			m.t.Errorf("%s is left", e.Name())
		}
	}
	if m.area.Set("2026-1") != nil {
		m.t.Error("the package is still open")
	}
}

// TestWhatTheDiskLostIsSentAgain spoils what stands on the disk as no process does.
func TestWhatTheDiskLostIsSentAgain(t *testing.T) {
	m := &machine{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, 1)), have: model{}, want: map[string][]byte{"data/1/a": []byte("0123456789")}}
	m.open()
	p := m.part("data/1/a")
	m.end(p, []byte("01234"))
	m.must(os.Truncate(p.data(), 3))
	m.open()
	if p = m.part("data/1/a"); p.Offset() != 0 {
		t.Fatalf("bytes that are not there count: %d", p.Offset())
	}
	m.end(p, m.want["data/1/a"])
	m.open()
	if p = m.part("data/1/a"); p.Offset() != 10 {
		t.Fatalf("it stands at %d", p.Offset())
	}
	if e, err := p.Found(); err != nil || e.SHA256 != m.sum([]byte("0123456789")) {
		t.Errorf("%+v, %v", e, err)
	}
	m.must(os.WriteFile(m.dir+"/"+m.set.ID+"/"+headerName, []byte("{"), 0o600))
	m.open()
	if m.set.Announced(); len(parts(t, m.set)) != 0 {
		t.Error("a package without a header came back")
	}
}

// TestAPackageIsNotFinishedEarly closes packages that are not whole, twice, and writes meanwhile.
func TestAPackageIsNotFinishedEarly(t *testing.T) {
	m := &machine{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, 1)), have: model{}, want: map[string][]byte{"data/1/a": []byte("01"), "data/1/b": {}}}
	m.open()
	if _, err := m.set.Whole(nil); !errors.Is(err, Unfinished) {
		t.Errorf("an empty package: %v", err)
	}
	p := m.part("data/1/a")
	m.part("data/1/b")
	if _, err := m.set.Whole(nil); !errors.Is(err, Unfinished) {
		t.Errorf("half a package: %v", err)
	}
	m.end(p, []byte("01"))
	if _, err := m.set.Whole(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := m.set.Whole(nil); !errors.Is(err, Finishing) {
		t.Errorf("twice: %v", err)
	}
	if _, err := m.set.Open(File{Path: "data/1/c"}); !errors.Is(err, Finishing) {
		t.Errorf("one more file: %v", err)
	}
	if err := p.Drop(); !errors.Is(err, Finishing) {
		t.Errorf("one file less: %v", err)
	}
	m.must(m.set.Reopen())
	if _, err := m.set.Open(File{Path: "data/1/a", Size: 3}); !errors.Is(err, Other) {
		t.Errorf("another file of the same name: %v", err)
	}
	if _, err := m.area.OpenSet("x", "2026-1", "bilim", Bag); !errors.Is(err, Mixed) {
		t.Errorf("another form: %v", err)
	}
	m.must(m.set.Discard())
	if _, err := p.Begin(2, ""); !errors.Is(err, NoUpload) {
		t.Errorf("after the end: %v", err)
	}
}

// FuzzRow reads whatever stands in a row: it gives a file or none, and never more than was written.
func FuzzRow(f *testing.F) {
	for _, seed := range []string{"", "\n", "{", `{"file":{"path":"a"}}`, "\n{\"file\":{\"path\":\"a\"}}\n\n{\"offset\":5}\n{\"entry\":{}}", `{"offset":-1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := t.TempDir() + "/a.row"
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := writeLines(path, false, line{File: &File{Path: "x", Size: 9}}, line{Offset: new(uint64)}, line{Entry: &bagit.Entry{Size: 9}}); err != nil {
			t.Fatal(err)
		}
		file, offset, entry, err := readRow(path)
		if err != nil || file == nil || file.Path != "x" || offset != 0 || entry == nil || entry.Size != 9 {
			t.Errorf("what was written last does not count: %v %d %v %v", file, offset, entry, err)
		}
	})
}

// TestARecordedPackageIsNotDiscarded: whoever would discard it waited while it was finished.
func TestARecordedPackageIsNotDiscarded(t *testing.T) {
	m := &machine{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, 1)), have: model{}, want: map[string][]byte{"data/1/a": []byte("01")}}
	m.open()
	m.end(m.part("data/1/a"), []byte("01"))
	u, err := m.set.Whole(nil)
	m.must(err)
	m.must(u.Keep())
	m.must(m.set.Settle())
	m.must(m.set.Discard())
	places := m.area.Places()
	m.must(places.Whole(m.set.ID, "data/1/a", 2))
	m.must(places.Close())
}
