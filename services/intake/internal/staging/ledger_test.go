package staging

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// stands are the small files that a start finds in a pack, with their bytes; it says how many bytes of the pack are left.
func (m *machine) stands(pack []byte) (files map[string]string, left int) {
	m.t.Helper()
	m.must(os.WriteFile(m.set.pack.path(), pack, 0o600))
	m.open()
	files = map[string]string{}
	for _, p := range parts(m.t, m.set) {
		raw, err := bytesOf(p)
		m.must(err)
		if p.Offset() != p.Size || len(raw) != int(p.Size) {
			m.t.Fatalf("%s stands at %d of %d, with %d bytes", p.Path, p.Offset(), p.Size, len(raw))
		}
		files[p.Path] = string(raw)
	}
	m.total()
	raw, err := os.ReadFile(m.set.pack.path())
	m.must(err)
	if m.set.pack.end != int64(len(raw)) || !bytes.HasPrefix(pack, raw) {
		m.t.Fatalf("%d bytes are left of %d, %d count", len(raw), len(pack), m.set.pack.end)
	}
	return files, len(raw)
}

// counted is stands without a start: the files that count in a pack, with their bytes, and where its calls end.
func (m *machine) counted(pack []byte) (files map[string]string, end int) {
	m.t.Helper()
	files = map[string]string{}
	at, err := walkPack(bytes.NewReader(pack), int64(len(pack)), func(n noted) error {
		if delete(files, n.path()); n.File != nil {
			files[n.path()] = string(pack[n.bytes:][:n.File.Size])
		}
		return nil
	})
	m.must(err)
	return files, int(at)
}

// threeCalls are a pack into which files came, of which one was forgotten, and came again; ends are those of the calls, and
// after each of them the files are those of the same place.
func threeCalls(t *testing.T) (m *machine, pack []byte, ends []int, files []map[string]string) {
	m = &machine{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, 1)), have: model{}, want: map[string][]byte{
		"data/1/a": []byte("first"), "data/1/b": {}, "data/1/ы": []byte("the second"), "data/1/z": []byte("third"),
	}}
	m.open()
	step := func(do func() error) {
		t.Helper()
		m.must(do())
		raw, err := os.ReadFile(m.set.pack.path())
		m.must(err)
		there := map[string]string{}
		for _, p := range parts(t, m.set) {
			there[p.Path] = string(m.want[p.Path])
		}
		pack, ends, files = raw, append(ends, len(raw)), append(files, there)
	}
	ends, files = append(ends, 0), append(files, map[string]string{})
	step(m.together("data/1/a", "data/1/b", "data/1/ы").Put)
	step(m.together("data/1/z").Put)
	step(m.part("data/1/ы").Drop)
	m.want["data/1/ы"] = []byte("another, and longer")
	step(m.together("data/1/ы", "data/1/a").Put)
	return m, pack, ends, files
}

// TestACallIsThereWholeOrNotAtAll ends a pack behind each of its bytes, as a process does that is killed while it writes, and loses
// one block of the last call after the other, as a disk does that was not asked to flush: what was acknowledged stands,
// of the call that was under way all or nothing.
func TestACallIsThereWholeOrNotAtAll(t *testing.T) {
	m, pack, ends, files := threeCalls(t)
	for size := range len(pack) + 1 {
		last, _ := slices.BinarySearch(ends, size+1)
		last--
		got, left := m.counted(pack[:size])
		if size%97 == 0 {
			got, left = m.stands(pack[:size])
		}
		if !maps.Equal(got, files[last]) || left != ends[last] {
			t.Fatalf("cut at %d of %v: %v, %d left", size, ends, got, left)
		}
	}
	for last := 1; last < len(ends); last++ {
		said := ends[last]
		for said > 0 && pack[said-1] == 0 { // padding says nothing
			said--
		}
		for at := ends[last-1]; at < said; at++ {
			for name, lose := range map[string]func(b []byte){
				"zero":    func(b []byte) { clear(b[:min(len(b), 8)]) },
				"another": func(b []byte) { b[0] ^= 0x20 },
			} {
				lost := bytes.Clone(pack[:ends[last]])
				lose(lost[at:])
				if bytes.Equal(lost, pack[:ends[last]]) {
					continue
				}
				if got, left := m.counted(lost); !maps.Equal(got, files[last-1]) || left != ends[last-1] {
					t.Fatalf("%s at %d of %v: %v, %d left", name, at, ends, got, left)
				}
			}
		}
	}
	// What a dead process left behind the last call is nobody's, also where it is longer than what comes next.
	for _, tail := range [][]byte{make([]byte, 5000), []byte("{\"file\":"), pack} {
		if got, left := m.stands(append(bytes.Clone(pack), tail...)); !maps.Equal(got, files[len(files)-1]) || left != len(pack) {
			t.Fatalf("behind the last call: %v, %d left", got, left)
		}
		m.want["data/2/n"] = []byte("next")
		m.must(m.together("data/2/n").Put())
		m.open()
		if sum, err := m.part("data/2/n").Digest(); err != nil || sum != m.sum([]byte("next")) || m.set.Totals().Whole != len(files[len(files)-1])+1 {
			t.Fatalf("after it: %s, %v, %+v", sum, err, m.set.Totals())
		}
	}
}

// TestWhatAPackLostIsAskedForAnew spoils a record in the midst of a pack: what came before it stands, the rest is sent again.
// Bytes of an earlier call that are others are not seen here: whoever accepts them counts their SHA-512.
func TestWhatAPackLostIsAskedForAnew(t *testing.T) {
	m, pack, ends, files := threeCalls(t)
	for last := 1; last < len(ends); last++ {
		lost := bytes.Clone(pack)
		lost[ends[last-1]+frameHead+headText+frameHead+2] ^= 1
		got, left := m.stands(lost)
		if !maps.Equal(got, files[last-1]) || left != ends[last-1] {
			t.Errorf("call %d: %v, %d left", last, got, left)
		}
		for _, p := range parts(t, m.set) {
			if string(m.want[p.Path]) != got[p.Path] { // the one that was forgotten later
				m.must(p.Drop())
			}
		}
		m.must(m.together(slices.Collect(maps.Keys(m.want))...).Put())
		m.open()
		for path, content := range m.want {
			if raw, err := bytesOf(m.part(path)); err != nil || !bytes.Equal(raw, content) {
				t.Errorf("call %d: %s is %q, %v", last, path, raw, err)
			}
		}
	}
	// While the process lives nobody is given what is not there.
	m.stands(pack)
	id := m.part("data/1/z").ID()
	other := bytes.Clone(pack)
	other[ends[1]+frameHead+headText+frameHead+2] ^= 1
	m.must(os.WriteFile(m.set.pack.path(), other, 0o600))
	for range 2 {
		m.forgotten()
	}
	if p, err := m.set.Part(id); !errors.Is(err, NoUpload) {
		t.Error(p, err)
	}
	if p, err := m.set.Open(File{Path: "data/1/z", Size: 5, ModifiedMS: 7}); !errors.Is(err, Lost) {
		t.Error(p, err)
	}
	m.must(m.set.Discard())
}

// forgotten has nobody work with any file.
func (m *machine) forgotten() {
	m.set.mu.Lock()
	defer m.set.mu.Unlock()
	clear(m.set.parts)
}

// TestAnUploadIDSaysWhereARecordIs asks for files by ids that are none, among them such as a sender makes whose file looks like a
// record.
func TestAnUploadIDSaysWhereARecordIs(t *testing.T) {
	m, _, _, _ := threeCalls(t)
	before := m.part("data/1/z").ID()
	m.must(m.part("data/1/z").Drop())
	m.must(m.together("data/1/z").Put())
	now := m.part("data/1/z")
	// A record within a file's bytes, which says where it stands.
	at := m.set.pack.end
	raw, err := json.Marshal(record{File: &File{Path: "data/3/f", Size: 1 << 20}, Entry: &bagit.Entry{Path: "data/3/f", Size: 1 << 20}})
	m.must(err)
	for range 2 { // its checksum hangs on where it stands, which hangs on how long it is
		m.want["data/1/y"] = frame(nil, at, raw)
		together := m.together("data/1/y")
		records, contents := together.records([]int{0})
		_, spots, err := callText(nil, m.set.pack.end, records, contents)
		m.must(err)
		at = spots[0].bytes
		together.end()
	}
	m.want["data/1/y"] = frame(nil, at, raw)
	m.must(m.together("data/1/y").Put())
	from := reading{from: &m.set.pack}
	defer from.close()
	if r, ok, err := from.at(at); !ok || err != nil || r.File.Path != "data/3/f" {
		t.Fatal("the file is no record", r, ok, err)
	}
	key := keyOf("data/1/z")
	for _, id := range []string{
		before, m.set.ID + "." + key, m.set.ID + "." + key + ".", m.set.ID + "." + key + ".0", m.set.ID + "." + key + ".-1", m.set.ID + "." + key + ".zzzzzzzzzz",
		m.set.ID + "." + key + ".zzzzzzzzzzzzzzzzzzzz", strings.Replace(now.ID(), key, keyOf("data/1/a"), 1), fmt.Sprintf("%s.%s.%s", m.set.ID, keyOf("data/3/f"), spot{record: at}.String()),
		m.set.ID + "." + keyOf("data/3/f") + "." + strings.Fields(spot{record: at}.String())[0],
	} {
		m.forgotten()
		if p, err := m.set.Part(id); !errors.Is(err, NoUpload) {
			t.Errorf("%s: %v, %v", id, p, err)
		}
	}
	m.open()
	if p, err := m.set.Part(now.ID()); err != nil || p.Path != "data/1/z" {
		t.Error(p, err)
	}
	if got := m.set.Totals(); got.Files != 5 || got.Whole != 5 {
		t.Errorf("%+v", got)
	}
}

// TestForgottenFilesLeaveNoPack: what every file of a pack was forgotten of goes when the package is settled.
func TestForgottenFilesLeaveNoPack(t *testing.T) {
	m := putMachine(t)
	m.must(m.together("data/1/1.pdf", "data/1/2.pdf").Put())
	m.must(m.part("data/1/1.pdf").Drop())
	m.must(m.part("data/1/2.pdf").Drop())
	m.end(m.part("data/1/1.pdf"), m.want["data/1/1.pdf"])
	m.open()
	u, err := m.set.Whole(nil)
	m.must(err)
	m.must(u.Wrap(nil))
	_, err = u.Finish()
	m.must(err)
	m.must(u.Keep())
	id := m.set.ID
	m.must(m.set.Settle())
	for _, name := range []string{packName, packIndex, headerName} {
		if _, err := os.Lstat(filepath.Join(m.dir, id, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	places := m.area.Places()
	if raw, err := read(places, id, "data/1/1.pdf"); err != nil || !bytes.Equal(raw, m.want["data/1/1.pdf"]) {
		t.Errorf("%q, %v", raw, err)
	}
	m.must(errors.Join(places.Close(), u.Close()))
}

// TestARowOfWhatCameWholeSinceGoes: a disk may have kept the row of a file that was forgotten.
func TestARowOfWhatCameWholeSinceGoes(t *testing.T) {
	m := putMachine(t)
	const path = "data/1/1.pdf"
	p := m.part(path)
	row, err := os.ReadFile(p.data() + rowSuffix)
	m.must(err)
	m.must(p.Drop())
	m.must(m.together(path).Put())
	m.must(os.WriteFile(p.data()+rowSuffix, row, 0o600))
	m.open()
	if got := m.set.Totals(); got.Files != 1 || got.Whole != 1 || !m.part(path).small {
		t.Errorf("%+v is counted", got)
	}
	if _, err := os.Lstat(p.data() + rowSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestAZIPThatComesWholeIsAFile: it is read as one.
func TestAZIPThatComesWholeIsAFile(t *testing.T) {
	m := putMachine(t)
	m.must(m.set.Discard())
	var err error
	m.set, err = m.area.OpenSet("zip", "2026-1", "bilim", Zip)
	m.must(err)
	came, err := m.area.NewCame([]Arrived{{File{Size: 3}, []byte("PK!"), m.sum([]byte("PK!"))}})
	m.must(err)
	together, err := m.set.Expect(came)
	m.must(err)
	m.must(together.Put())
	f, size, err := m.set.Archive()
	if err != nil || size != 3 {
		t.Fatal(size, err)
	}
	m.must(f.Close())
}

// packs are some that no process writes, and the beginnings of some that one does.
func packs(t testing.TB) [][]byte {
	t.Helper()
	text := func(at int, records []record, contents ...[]byte) []byte {
		raw, _, err := callText(nil, int64(at), records, contents)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	path := "data/1/a"
	came := record{File: &File{Path: path, Size: 3}, Entry: &bagit.Entry{
		Path: path, Size: 3, SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	}}
	one := text(0, []record{came}, []byte("abc"))
	gone := text(len(one), []record{{Gone: &path}})
	huge := frame(nil, 0, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, 1<<63), 1<<63))
	most := frame(nil, 0, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, 1<<64-1), 1))
	return [][]byte{
		{},
		one, append(bytes.Clone(one), gone...), append(bytes.Clone(one), text(len(one), []record{came}, []byte("abc"))...), one[:len(one)-1], text(0, nil),
		text(0, []record{{}}), text(0, []record{{File: came.File}}), text(0, []record{{Entry: came.Entry, Gone: &path}}),
		text(0, []record{{File: &File{Path: path, Size: 1 << 63}, Entry: came.Entry}}, []byte("abc")), text(0, []record{came}, []byte("abcd")), text(0, []record{came}),
		append(text(0, []record{came}, []byte("xyz")), text(len(one), []record{came}, []byte("xyz"))...),
		huge, most, frame(nil, 0, []byte("{}")), bytes.Repeat([]byte{0xff}, 100), make([]byte, 100),
	}
}

// TestAStartTakesWhateverStandsInAPack: what counts lies within it and stays the same at the next start, and a file that
// comes then is there.
func TestAStartTakesWhateverStandsInAPack(t *testing.T) {
	for i, raw := range packs(t) {
		m := &machine{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, 1)), have: model{}, want: map[string][]byte{"data/9/new": []byte("new")}}
		m.open()
		before, _ := m.stands(raw)
		m.open()
		if now, _ := m.stands(raw); !maps.Equal(now, before) {
			t.Errorf("%d: %v, then %v", i, before, now)
		}
		m.must(m.together("data/9/new").Put())
		m.open()
		if got, err := bytesOf(m.part("data/9/new")); err != nil || string(got) != "new" {
			t.Errorf("%d: %q, %v", i, got, err)
		}
	}
}

// FuzzLedger reads whatever stands in a pack: what counts lies within it, no more counts without the rest, and a call that
// is written behind it counts.
func FuzzLedger(f *testing.F) {
	for _, seed := range packs(f) {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, mend bool) {
		if mend {
			raw = mended(raw)
		}
		walked := func(pack []byte) (all string, end int64) {
			end, err := walkPack(bytes.NewReader(pack), int64(len(pack)), func(n noted) error {
				if n.spot.record < 0 || n.spot.record >= int64(len(pack)) || n.File != nil && (n.bytes < n.spot.record || n.File.Size > uint64(int64(len(pack))-n.bytes)) {
					t.Fatalf("%s lies at %v of %d", n.path(), n.spot, len(pack))
				}
				all += fmt.Sprintf("%q %s\n", n.path(), n.is())
				return nil
			})
			if err != nil || end < 0 || end > int64(len(pack)) {
				t.Fatal(end, err)
			}
			return all, end
		}
		before, end := walked(raw)
		for stop := int64(-1); stop != end; { // a call whose bytes are others is cut off once it is the last
			all := before
			stop = end
			if before, end = walked(raw[:stop]); !strings.HasPrefix(all, before) {
				t.Fatalf("%s %d, and without the rest\n%s %d", all, stop, before, end)
			}
		}
		path := "data/9/new"
		next, spots, err := callText(nil, end, []record{{Gone: &path}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("%s%q %s\n", before, path, dropped)
		if now, stop := walked(append(bytes.Clone(raw[:end]), next...)); now != want || stop != end+int64(len(next)) || spots[0].record <= end {
			t.Fatalf("%s, want %s", now, want)
		}
	})
}

// mended gives every frame that can be followed from the beginning its right checksum, so that what it says is looked at.
func mended(raw []byte) []byte {
	raw = bytes.Clone(raw)
	for at := 0; at+frameHead <= len(raw); {
		size := int(binary.BigEndian.Uint32(raw[at:]))
		if size > len(raw)-at-frameHead {
			break
		}
		copy(raw[at+4:], binary.BigEndian.AppendUint32(nil, checksum(int64(at), raw[at+frameHead:at+frameHead+size])))
		at += frameHead + size
	}
	return raw
}
