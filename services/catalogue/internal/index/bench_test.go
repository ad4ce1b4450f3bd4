package index

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/standards/archcode"
)

// lexicon of the synthetic holdings: syllables make words, endings make forms.
type synthesis struct {
	random *rand.Rand
	zipf   *rand.Zipf
	forms  []string
}

func newSynthesis() *synthesis {
	random := rand.New(rand.NewPCG(1, 2))
	s := &synthesis{random: random, zipf: rand.NewZipf(random, 1.1, 4, 124_999)}
	syllables := strings.Fields("ба қа ма та са ра ле ме ке не ти ри ли ко мо по то ну ру қы шы зо ғам тер көм пар дау жол бір дос")
	endings := strings.Fields("_ _ _ лар ның да ы ов ами ение ға дан")
	for i := range 125_000 {
		w := ""
		for n := i + 7; n > 0; n /= len(syllables) {
			w += syllables[n%len(syllables)]
		}
		s.forms = append(s.forms, w+strings.Trim(endings[i%len(endings)], "_"))
	}
	return s
}

func (s *synthesis) title(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = s.forms[s.zipf.Uint64()]
	}
	return strings.Join(parts, " ")
}

// document is the i-th of holdings of 20,000 fonds: 12 tokens of title in two languages.
func (s *synthesis) document(i int) Document {
	c := archcode.Code{
		Fonds:     archcode.FondsNumber{Number: uint32(i/50%20_000) + 1},
		Inventory: archcode.InventoryNumber{Number: uint32(i/1_000_000) + 1},
		File:      archcode.FileNumber{Number: uint32(i%50) + 1},
	}
	from := 1870 + s.random.IntN(130)
	d := Document{Key: c.Key(), Title: Text{KK: s.title(6), RU: s.title(6)}, From: from, To: from + s.random.IntN(4)}
	if i%20 == 0 {
		d.Level, d.Grounds = 1, 1<<(i/20%5)
	}
	return d
}

func (s *synthesis) fill(b *testing.B, x *Index, from, to int) {
	b.Helper()
	batch := make([]Document, 0, 1000)
	for i := from; i < to; i++ {
		batch = append(batch, s.document(i))
		if len(batch) == cap(batch) || i == to-1 {
			if err := x.Put(batch...); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkMillion fills the index with a million documents and measures searches on it,
// alone and beside a writer. Run it as
//
//	go test ./catalogue/internal/index -run xxx -bench Million -benchtime 1x
func BenchmarkMillion(b *testing.B) {
	const size = 1_000_000
	s, x := newSynthesis(), New()
	before := heap()
	start := time.Now()
	s.fill(b, x, 0, size)
	b.Logf("%d documents in %.1f s, %d B each, %d terms", size, time.Since(start).Seconds(), (heap()-before)/size, len(x.lexicon.ids))
	queries := map[string]func(i int) Query{
		"common word": func(i int) Query { return Query{Words: s.forms[i%10] + " "} },
		"two words":   func(i int) Query { return Query{Words: s.forms[i%40] + " " + s.forms[50+i%400] + " "} },
		"any of three": func(i int) Query {
			return Query{Words: s.forms[i%40] + " " + s.forms[5000+i] + " " + s.forms[9000+i] + " "}
		},
		"rare word": func(i int) Query { return Query{Words: s.forms[60_000+i*7] + " "} },
		"prefix":    func(i int) Query { return Query{Words: string([]rune(s.forms[100+i])[:3])} },
		"code":      func(i int) Query { return Query{Words: fmt.Sprintf("ф.%d оп.1 д.%d", i+1, i%50+1)} },
		"within fonds": func(i int) Query {
			return Query{Words: s.forms[i%40] + " ", Within: archcode.Code{Fonds: archcode.FondsNumber{Number: uint32(i + 1)}}}
		},
		"years":        func(i int) Query { return Query{Words: s.forms[i%40] + " ", Years: Years{1915 + i%20, 1943}} },
		"all in scope": func(int) Query { return Query{} },
	}
	measure := func(note string) {
		for _, name := range []string{"common word", "two words", "any of three", "rare word", "prefix", "code", "within fonds", "years", "all in scope"} {
			var took []time.Duration
			total := 0
			begin := time.Now()
			for i := 0; i < 300 && time.Since(begin) < 300*time.Millisecond; i++ {
				q := queries[name](i)
				q.Limit = 20
				t := time.Now()
				total += x.Search(q).Total
				took = append(took, time.Since(t))
			}
			slices.Sort(took)
			b.Logf("%-8s %-13s p50 %8v  p99 %8v  (%d runs, %.1f hits each)", note, name,
				took[len(took)/2].Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond), len(took), float64(total)/float64(len(took)))
		}
	}
	measure("alone")
	var stop atomic.Bool
	done := make(chan int)
	writer := newSynthesis()
	go func() {
		n := 0
		for i := 0; !stop.Load(); i = (i + 37*20) % size {
			batch := make([]Document, 20)
			for j := range batch {
				batch[j] = writer.document((i + 37*j) % size)
			}
			if err := x.Put(batch...); err != nil {
				b.Error(err)
			}
			n += len(batch)
		}
		done <- n
	}()
	begin := time.Now()
	measure("written")
	stop.Store(true)
	b.Logf("the writer replaced %.0f documents/s meanwhile", float64(<-done)/time.Since(begin).Seconds())
	runtime.KeepAlive(x)
}

// BenchmarkPut replaces documents of a small index one by one.
func BenchmarkPut(b *testing.B) {
	s, x := newSynthesis(), New()
	s.fill(b, x, 0, 20_000)
	for i := 0; b.Loop(); i++ {
		if err := x.Put(s.document(i % 20_000)); err != nil {
			b.Fatal(err)
		}
	}
}
