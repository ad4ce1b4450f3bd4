package staging

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// rowsOf writes the rows of a pack by hand.
func rowsOf(t testing.TB, folder string, keys ...[sha256.Size]byte) *packed {
	t.Helper()
	slices.SortFunc(keys, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	var raw []byte
	for i, k := range keys {
		raw = append(append(raw, k[:]...), placed(uint64(i), uint64(i))...)
	}
	return opened(t, folder, raw)
}

func opened(t testing.TB, folder string, raw []byte) *packed {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, packIndex), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := openPack(folder)
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	t.Cleanup(func() { _ = p.rows.Close() }) // only read from
	return p
}

// reads counts how often rows were read.
type reads struct {
	io.ReaderAt
	n int
}

func (r *reads) ReadAt(p []byte, at int64) (int, error) {
	r.n++
	return r.ReaderAt.ReadAt(p, at)
}

// TestEveryRowIsFound asks for each row and for what is none, among few and many, and among keys that lie anything but
// evenly.
func TestEveryRowIsFound(t *testing.T) {
	evenly := func(n int) (keys [][sha256.Size]byte) {
		for i := range n {
			keys = append(keys, sha256.Sum256([]byte(fmt.Sprint(i))))
		}
		return keys
	}
	bunched := func(n int, head byte) (keys [][sha256.Size]byte) {
		for i := range n {
			k := [sha256.Size]byte{head, head, head, head, head, head, head, head}
			binary.BigEndian.PutUint32(k[8:], uint32(2*i+1))
			keys = append(keys, k)
		}
		return keys
	}
	for name, c := range map[string]struct {
		keys [][sha256.Size]byte
		most float64 // reads for a row, on average
	}{
		"none": {nil, 0}, "one": {evenly(1), 1}, "two": {evenly(2), 2}, "many": {evenly(50_000), 6},
		"all at the beginning": {bunched(5000, 0), 30}, "all at the end": {bunched(5000, 0xff), 30}, "all in the middle": {bunched(5000, 0x7f), 30},
		"at both ends": {append(bunched(2500, 0), bunched(2500, 0xff)...), 30},
	} {
		t.Run(name, func(t *testing.T) {
			p := rowsOf(t, t.TempDir(), c.keys...)
			count := &reads{ReaderAt: p.rows}
			p.at = count
			for i, k := range c.keys {
				row, there, err := p.row(k[:])
				if err != nil || !there || binary.BigEndian.Uint64(row[sha256.Size:]) != uint64(i) {
					t.Fatalf("row %d: %v %v %x", i, there, err, row)
				}
			}
			if n := float64(count.n); n > c.most*float64(len(c.keys)) {
				t.Errorf("%.1f reads a row, at most %.1f", n/float64(len(c.keys)), c.most)
			}
			for _, k := range append(c.keys, [sha256.Size]byte{}, sha256.Sum256([]byte("?")), [sha256.Size]byte(bytes.Repeat([]byte{0xff}, sha256.Size))) {
				k[sha256.Size-1] ^= 1
				if _, there, err := p.row(k[:]); there || err != nil {
					t.Fatalf("%x is there, %v", k, err)
				}
			}
		})
	}
}

// TestAPackThatIsNotWholeIsLost spoils what lies in staging between the upload and the acceptance.
func TestAPackThatIsNotWholeIsLost(t *testing.T) {
	for name, spoil := range map[string]func(a *Area) error{
		"no bytes":   func(a *Area) error { return os.Remove(a.file("p", packName)) },
		"few bytes":  func(a *Area) error { return os.Truncate(a.file("p", packName), 5) },
		"no rows":    func(a *Area) error { return os.Remove(a.file("p", packIndex)) },
		"few rows":   func(a *Area) error { return os.Truncate(a.file("p", packIndex), packRow) },
		"half a row": func(a *Area) error { return os.Truncate(a.file("p", packIndex), 2*packRow-1) },
		"a folder": func(a *Area) error {
			return errors.Join(os.Remove(a.file("p", packName)), os.Mkdir(a.file("p", packName), 0o700))
		},
		"rows of elsewhere": func(a *Area) error {
			raw, err := os.ReadFile(a.file("p", packIndex))
			for i := sha256.Size; i < len(raw); i += packRow {
				raw[i] = 0xff
			}
			return errors.Join(err, os.WriteFile(a.file("p", packIndex), raw, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			area, u := begun(t)
			if _, err := u.Many([]Small{{Path: "data/1", Size: 3, Content: []byte("abc")}, {Path: "data/2", Size: 3, Content: []byte("def")}}, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := u.Finish(); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(u.Keep(), u.Close()); err != nil {
				t.Fatal(err)
			}
			lost := func() (lost bool) {
				places := area.Places()
				for _, path := range []string{"data/1", "data/2"} {
					if err := places.Whole("p", path, 3); err != nil {
						if lost = errors.Is(err, Lost); !lost {
							t.Error(err)
						}
					}
				}
				if err := places.Whole("p", "data/1", 4); !errors.Is(err, Lost) {
					t.Errorf("of another size: %v", err)
				}
				if err := places.Close(); err != nil {
					t.Error(err)
				}
				return lost
			}
			if lost() {
				t.Fatal("lost before anything was spoilt")
			}
			if err := spoil(area); err != nil {
				t.Fatal(err)
			}
			if !lost() {
				t.Error("whole")
			}
		})
	}
}

// TestManyPackagesAreLookedIntoByTurns has more of them than are held open.
func TestManyPackagesAreLookedIntoByTurns(t *testing.T) {
	area, err := Open(filepath.Join(t.TempDir(), "staging"))
	if err != nil {
		t.Fatal(err)
	}
	const packages = 2*mostOpen + 1
	for i := range packages {
		u, err := area.Begin(fmt.Sprint(i))
		if err == nil {
			_, err = u.Many([]Small{{Path: "data/1", Size: 2, Content: fmt.Appendf(nil, "%02d", i)}}, nil)
		}
		if err == nil {
			_, err = u.Finish()
		}
		if err = errors.Join(err, u.Keep(), u.Close()); err != nil {
			t.Fatal(err)
		}
	}
	places := area.Places()
	for turn := range 3 * packages {
		i := turn % packages
		if raw, err := read(places, fmt.Sprint(i), "data/1"); err != nil || string(raw) != fmt.Sprintf("%02d", i) {
			t.Fatalf("%d: %q %v", i, raw, err)
		}
		if len(places.packs) > mostOpen {
			t.Fatalf("%d are open", len(places.packs))
		}
	}
	if err := places.Close(); err != nil {
		t.Error(err)
	}
}

// FuzzPackRows looks for a key in rows that are none: it ends, and gives the row of that key or none.
func FuzzPackRows(f *testing.F) {
	one := sha256.Sum256([]byte("1"))
	f.Add(append(one[:], placed(0, 3)...), one[:])
	f.Add(bytes.Repeat([]byte{0xff}, 10*packRow), bytes.Repeat([]byte{0xff}, sha256.Size))
	f.Add(bytes.Repeat([]byte{0x01, 0x80}, 20*packRow), one[:])
	f.Fuzz(func(t *testing.T, raw, key []byte) {
		p := &packed{at: bytes.NewReader(raw), count: len(raw) / packRow}
		k := sha256.Sum256(key)
		if len(key) == sha256.Size {
			k = [sha256.Size]byte(key)
		}
		row, there, err := p.row(k[:])
		if err != nil || there && !bytes.Equal(row[:sha256.Size], k[:]) {
			t.Fatalf("%x: %v %v", row, there, err)
		}
	})
}
