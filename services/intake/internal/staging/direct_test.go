package staging

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/ncw/directio"
)

// TestRandomPiecesPastThePageCache runs random pieces of large files, deaths and takeovers beside a plain map; half of the pieces
// end where a block of the disk ends, so that what follows them goes past the page cache.
func TestRandomPiecesPastThePageCache(t *testing.T) {
	past := 0
	for seed := range uint64(2) {
		m := &machine{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(seed, 2)), have: model{}, want: map[string][]byte{}, round: directio.BlockSize}
		for i, size := range []int{uncached, uncached + 123, 3*uncached + 5*directio.BlockSize} {
			m.want[fmt.Sprintf("data/%d/файл.bin", i+1)] = content(seed+uint64(i), size)
		}
		m.open()
		for range 40 {
			m.step(fmt.Sprintf("data/%d/файл.bin", m.random.IntN(3)+1))
			if m.random.IntN(6) == 0 {
				m.die()
			}
			m.total()
		}
		for path, whole := range m.want {
			p := m.part(path)
			m.end(p, whole[p.Offset():])
		}
		m.compare()
		if now := m.area.sets.past.Load(); now != 0 {
			t.Errorf("%d pieces still count", now)
		}
		past += m.past
	}
	t.Logf("%d pieces went past the page cache", past)
	if past == 0 {
		t.Skip("this file system opens no file past its cache")
	}
}

func TestWhatTheDiskTookLateAndDidNotKeepDoesNotCount(t *testing.T) {
	m := &machine{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, 2)), have: model{}, want: map[string][]byte{"data/1/a": content(1, 3*uncached)}}
	m.open()
	whole, p := m.want["data/1/a"], m.part("data/1/a")
	m.end(p, whole[:uncached])
	for _, sum := range []string{"", m.sum(whole[uncached:])} {
		w := m.begin(p, uncached, sum)
		to, is := p.file.(counted)
		if !is {
			t.Skip("this file system opens no file past its cache")
		}
		m.must(to.past.Close()) // the disk goes away
		_, err := w.Write(whole[uncached:])
		if err == nil {
			err = w.End()
		} else {
			_ = w.Break() // what it says was said by Write
		}
		if err == nil || p.Offset() != uncached {
			t.Fatalf("the file stands at %d, %v", p.Offset(), err)
		}
		if info, err := os.Stat(p.data()); err != nil || info.Size() != uncached {
			t.Errorf("on the disk are %d bytes, %v", info.Size(), err)
		}
	}
	m.end(p, whole[uncached:])
	if got, err := p.Digest(); err != nil || got != m.sum(whole) {
		t.Errorf("digest %s, %v", got, err)
	}
}

func TestOnlySoManyPiecesGoPastThePageCacheAtOnce(t *testing.T) {
	m := &machine{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, 2)), have: model{}, want: map[string][]byte{}}
	m.open()
	past := 0
	for i := range 2 * pastAtOnce {
		path := fmt.Sprintf("data/%d/a", i+1)
		m.want[path] = make([]byte, uncached)
		p := m.part(path)
		m.begin(p, 0, "")
		if _, is := p.file.(counted); is {
			past++
		}
	}
	if past == 0 {
		t.Skip("this file system opens no file past its cache")
	}
	if past != pastAtOnce {
		t.Errorf("%d pieces go past the page cache", past)
	}
	for path, whole := range m.want {
		m.end(m.part(path), whole) // whoever comes later takes over, and gives back what he took
		if got, err := m.part(path).Digest(); err != nil || got != m.sum(whole) {
			t.Errorf("%s: digest %s, %v", path, got, err)
		}
	}
	if now := m.area.sets.past.Load(); now != 0 {
		t.Errorf("%d pieces still count", now)
	}
}
