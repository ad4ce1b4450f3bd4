package staging

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/ncw/directio"
	"golang.org/x/sys/unix"
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

// lossy is a file of whose bytes the disk drops some, and says so once, as fsync does.
type lossy struct {
	target
	told bool
}

func (l *lossy) Sync() error {
	if l.told {
		return nil
	}
	l.told = true
	return unix.EIO
}

func TestWhatADiskDropsOnceIsNotCountedLater(t *testing.T) {
	size := flushEvery + 2*uncached
	m := &machine{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, 2)), have: model{}, want: map[string][]byte{"data/1/a": content(1, size)}}
	m.open()
	whole, p := m.want["data/1/a"], m.part("data/1/a")
	w := m.begin(p, 0, "")
	p.file = &lossy{target: p.file}
	if _, err := w.Write(whole[:flushEvery]); !errors.Is(err, unix.EIO) {
		t.Fatalf("what the disk said: %v", err)
	}
	if err := w.Break(); !errors.Is(err, unix.EIO) || p.Offset() != 0 {
		t.Fatalf("the file stands at %d, %v", p.Offset(), err)
	}
	m.end(p, whole)
	if got, err := p.Digest(); err != nil || got != m.sum(whole) {
		t.Errorf("digest %s, %v", got, err)
	}
}

func TestTheRestOfABlockThatTheDiskDidNotTakeDoesNotCount(t *testing.T) {
	to, err := create(filepath.Join(t.TempDir(), "f"), uncached)
	if err != nil {
		t.Fatal(err)
	}
	d, is := to.(*direct)
	if !is {
		t.Skip("this file system opens no file past its cache")
	}
	_, err = d.Write([]byte("rest"))
	if err = errors.Join(err, d.plain.Close()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time too
		if err := d.drain(); !errors.Is(err, os.ErrClosed) {
			t.Fatalf("the file is closed: %v", err)
		}
	}
	_ = d.Close() // of what is closed
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
