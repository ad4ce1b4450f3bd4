package spool_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/standards/spool"
)

type row struct{ key, value string }

func sorted(t testing.TB, s *spool.Sorter) (rows []row) {
	t.Helper()
	c := s.Sorted()
	for c.Next() {
		rows = append(rows, row{string(c.Key), string(c.Value)})
	}
	if err := c.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestSorterBesideASlice sorts random rows, with keys that repeat, in budgets that spill never, at times and
// at each row, and so often that runs are merged.
func TestSorterBesideASlice(t *testing.T) {
	for _, budget := range []int{0, 1, 100, 1000, 1 << 20} {
		t.Run(fmt.Sprint(budget), func(t *testing.T) {
			place := spool.Place{Dir: t.TempDir(), Budget: budget}
			s := place.Sorter()
			random := rand.New(rand.NewPCG(1, uint64(budget)))
			var want []row
			for n := range 300 {
				r := row{strings.Repeat("k", random.IntN(3)) + fmt.Sprint(random.IntN(60)), fmt.Sprint(n, strings.Repeat("v", random.IntN(50)))}
				want = append(want, r)
				if err := s.Add([]byte(r.key), []byte(r.value)); err != nil {
					t.Fatal(err)
				}
				if n%97 == 0 { // in between, and more may follow
					_ = sorted(t, s)
				}
			}
			slices.SortStableFunc(want, func(a, b row) int { return strings.Compare(a.key, b.key) })
			for range 2 {
				if got := sorted(t, s); !slices.Equal(got, want) {
					t.Fatalf("%v\nis not\n%v", got, want)
				}
			}
			if s.Len() != len(want) {
				t.Fatal(s.Len())
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			empty(t, place.Dir)
		})
	}
}

// empty looks that nothing with a name is left, as after a death of the process.
func empty(t testing.TB, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Fatal(entries, err)
	}
}

func TestTableBesideAMap(t *testing.T) {
	for _, budget := range []int{0, 1, 1000, 1 << 20} {
		place := spool.Place{Dir: t.TempDir(), Budget: budget}
		table, want := place.Table(), map[string]string{}
		random := rand.New(rand.NewPCG(2, uint64(budget)))
		for n := range 400 {
			key, value := fmt.Sprint(random.IntN(150)), fmt.Sprint(n)
			if n%5 == 0 {
				value = ""
			}
			want[key] = value
			if err := table.Put(key, value); err != nil {
				t.Fatal(err)
			}
			ask := fmt.Sprint(random.IntN(150))
			got, there, err := table.Get(ask)
			if wanted, known := want[ask]; err != nil || there != known || got != wanted {
				t.Fatalf("%d: %q %v %v, want %q %v", budget, got, there, err, wanted, known)
			}
			empty(t, place.Dir)
			if n%20 == 0 {
				behind(t, table, want, ask, random.IntN(30))
			}
		}
		behind(t, table, want, "", 1000)
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// behind compares the rows after a key with those of a map.
func behind(t *testing.T, table *spool.Table, all map[string]string, key string, n int) {
	t.Helper()
	var want []spool.Row
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if k > key && len(want) < n {
			want = append(want, spool.Row{Key: k, Value: all[k]})
		}
	}
	if got, err := table.After(key, n); err != nil || !slices.Equal(got, want) {
		t.Fatalf("after %q: %v, want %v, %v", key, got, want, err)
	}
}

func TestTheFolderIsNotThere(t *testing.T) {
	place := spool.Place{Dir: t.TempDir() + "/absent", Budget: 1}
	s, table := place.Sorter(), place.Table()
	_ = s.Add([]byte("a"), nil)
	if s.Add([]byte("b"), nil) == nil || table.Put("a", "b") == nil {
		t.Error("nothing is said of rows that cannot be kept")
	}
}

// TestMemoryIsFlat sorts a hundred times its budget.
func TestMemoryIsFlat(t *testing.T) {
	const budget = 256 << 10
	s := spool.Place{Dir: t.TempDir(), Budget: budget}.Sorter()
	defer func() { _ = s.Close() }()
	var most, before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	value := bytes.Repeat([]byte("v"), 100)
	for n := range 200_000 {
		if err := s.Add(fmt.Appendf(nil, "%08x", uint32(n)*2654435761), value); err != nil {
			t.Fatal(err)
		}
	}
	c, last, count := s.Sorted(), []byte(nil), 0
	for c.Next() {
		if bytes.Compare(last, c.Key) > 0 {
			t.Fatalf("%s before %s", last, c.Key)
		}
		last = append(last[:0], c.Key...)
		if count++; count == 100_000 {
			runtime.GC()
			runtime.ReadMemStats(&most)
		}
	}
	// A hundred runs: six of the second tier, at most fifteen of the first.
	if grown := int64(most.HeapAlloc) - int64(before.HeapAlloc); c.Err() != nil || count != 200_000 || grown > 3*budget+2*15*(17<<10) {
		t.Errorf("%d rows, %d KiB more than before, %v", count, grown>>10, c.Err())
	}
}

func FuzzSorter(f *testing.F) {
	f.Add([]byte("a\x00b"), uint16(3))
	f.Add(bytes.Repeat([]byte("xy\n"), 90), uint16(1))
	f.Fuzz(func(t *testing.T, text []byte, budget uint16) {
		s := spool.Place{Dir: t.TempDir(), Budget: int(budget) + 1}.Sorter()
		var want []row
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			key, value, _ := bytes.Cut(line, []byte{0})
			want = append(want, row{string(key), string(value)})
			if err := s.Add(key, value); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortStableFunc(want, func(a, b row) int { return strings.Compare(a.key, b.key) })
		if got := sorted(t, s); !slices.Equal(got, want) {
			t.Fatalf("%q is not %q", got, want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkSorter(b *testing.B) {
	s := spool.Place{Dir: b.TempDir()}.Sorter()
	value := bytes.Repeat([]byte("v"), 200)
	n := uint32(0)
	for b.Loop() {
		if err := s.Add(fmt.Appendf(nil, "%08x", n*2654435761), value); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkTable(b *testing.B) {
	table := spool.Place{Dir: b.TempDir()}.Table()
	n := 0
	for b.Loop() {
		key := fmt.Sprintf("data/%05d/%06d.bin", n/500, n)
		if _, _, err := table.Get(key); err != nil {
			b.Fatal(err)
		}
		if err := table.Put(key, ""); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if err := table.Close(); err != nil {
		b.Fatal(err)
	}
}

func TestTextIsWhatWasWritten(t *testing.T) {
	for _, budget := range []int{0, 1, 10, 1 << 20} {
		place := spool.Place{Dir: t.TempDir(), Budget: budget}
		text, want := place.Text(), ""
		for n := range 20 {
			piece := strings.Repeat(fmt.Sprint(n), n)
			want += piece
			if _, err := text.Write([]byte(piece)); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if got, err := io.ReadAll(text.Reader()); err != nil || string(got) != want || text.Size() != int64(len(want)) {
				t.Errorf("%d: %q %d %v", budget, got, text.Size(), err)
			}
		}
		empty(t, place.Dir)
		if err := text.Close(); err != nil {
			t.Error(err)
		}
	}
}
