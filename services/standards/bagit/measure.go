package bagit

import (
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"sync"
	"sync/atomic"

	"github.com/zeebo/blake3"

	"github.com/qoyma/qoyma/services/standards/pronom"
)

// apart is from how many bytes in one piece SHA-512, by far the slowest of the digests, is counted on a core
// of its own while the others are counted and the piece is written.
const apart = 64 << 10

// pass is what every byte of a file goes through once: SHA-256, SHA-512, BLAKE3 and the format.
type pass struct {
	h256, h512 hash.Hash      // nil until a piece comes
	fast       *blake3.Hasher // nil where it is not asked for
	format     Identifier
	behind     *behind        // has h512, once pieces are lent; nil before
	named      *pronom.Result // of a file that came whole; nil before
	counted    *sums          // of a small one that came whole; nil before
}

func newPass(path string, fast bool, identify func(path string) Identifier) pass {
	p := pass{format: watch(path, identify)}
	if fast {
		p.fast = takeHasher()
	}
	return p
}

// begin makes what pieces are counted with.
func (p *pass) begin() {
	if p.h256 == nil {
		p.h256, p.h512 = sha256.New(), sha512.New()
	}
}

// take lets a piece through, and meanwhile it does what else the caller has to do with it, whose error
// comes back: a hash and an identifier take everything.
func (p *pass) take(piece []byte, meanwhile func() error) error {
	p.begin()
	if p.behind != nil {
		back := make(chan struct{})
		err := p.lend([][]byte{piece}, func() { close(back) }, func([]byte) error { return meanwhile() })
		<-back
		return err
	}
	var slowest sync.WaitGroup
	if len(piece) < apart {
		_, _ = p.h512.Write(piece)
	} else {
		slowest.Go(func() { _, _ = p.h512.Write(piece) })
	}
	err := meanwhile()
	p.rest(piece)
	slowest.Wait()
	return err
}

// takeWhole is take for all bytes of the file: an identifier that is able to does not copy them. known is their SHA-512, nil
// where it is to be counted.
func (p *pass) takeWhole(content []byte, known *[sha512.Size]byte, meanwhile func() error) error {
	watching, able := p.format.(interface {
		Whole(content []byte) pronom.Result
	})
	if !able {
		return p.take(content, meanwhile)
	}
	result := watching.Whole(content)
	p.named = &result
	if known == nil && len(content) >= apart {
		return p.take(content, meanwhile)
	}
	if known == nil {
		sum := sha512.Sum512(content)
		known = &sum
	}
	s256 := sha256.Sum256(content)
	all := append(append(make([]byte, 0, allSums), s256[:]...), known[:]...)
	if p.fast != nil {
		_, _ = p.fast.Write(content)
		all = p.fast.Sum(all)
	}
	counted := split(all)
	p.counted = &counted
	return meanwhile()
}

// result is the format of what was taken.
func (p *pass) result() pronom.Result {
	if p.named != nil {
		return *p.named
	}
	return p.format.Result()
}

// rest is all of the pass but SHA-512.
func (p *pass) rest(piece []byte) {
	_, _ = p.h256.Write(piece)
	if p.fast != nil {
		_, _ = p.fast.Write(piece)
	}
	if p.named == nil {
		_, _ = p.format.Write(piece)
	}
}

// behind counts SHA-512 on a core of its own, up to lag pieces behind the rest of the pass: neither waits for the
// other at each piece.
type behind struct {
	pieces chan lent
	ended  chan struct{}
}

// lag is how many lent pieces wait for SHA-512 at most.
const lag = 2

// lent is bytes in one or several parts, and whom to tell that they are needed no longer.
type lent struct {
	parts [][]byte
	back  func()
}

// lend is take for a piece that may be kept until back is called, which happens once, and also where there is an error.
func (p *pass) lend(parts [][]byte, back func(), meanwhile func(part []byte) error) error {
	if p.begin(); p.behind == nil {
		p.behind = &behind{pieces: make(chan lent, lag), ended: make(chan struct{})}
		go p.behind.count(p.h512)
	}
	var users atomic.Int32
	users.Store(2)
	one := func() {
		if users.Add(-1) == 0 {
			back()
		}
	}
	defer one()
	p.behind.pieces <- lent{parts, one}
	for _, part := range parts {
		if err := meanwhile(part); err != nil {
			return err
		}
		p.rest(part)
	}
	return nil
}

func (b *behind) count(to hash.Hash) {
	defer close(b.ended)
	for piece := range b.pieces {
		for _, part := range piece.parts {
			_, _ = to.Write(part)
		}
		piece.back()
	}
}

// settle waits until every digest has what was lent; nothing may be lent any more.
func (p *pass) settle() {
	if p.behind != nil {
		close(p.behind.pieces)
		<-p.behind.ended
		p.behind = nil
	}
}

// sums are the digests of what was taken, in one piece of memory.
func (p *pass) sums() sums {
	if p.counted != nil {
		return *p.counted
	}
	p.begin() // of an empty file no piece came
	all := p.h512.Sum(p.h256.Sum(make([]byte, 0, allSums)))
	if p.fast != nil {
		all = p.fast.Sum(all)
	}
	return split(all)
}

// allSums is how many bytes the digests of a file have, with BLAKE3.
const allSums = sha256.Size + sha512.Size + 32

// split tells apart digests that lie one behind the other.
func split(all []byte) sums {
	const second = sha256.Size + sha512.Size
	return sums{all[:sha256.Size], all[sha256.Size:second], all[second:]}
}

// release returns what passes share; nothing may be taken any more.
func (p *pass) release() {
	p.settle()
	if id, ok := p.format.(*pronom.Identifier); ok {
		identifiers.Put(id)
	}
	if p.fast != nil {
		hashers.Put(p.fast)
	}
	p.format, p.fast = nil, nil
}

// Measure is the one pass (SHA-256, SHA-512, BLAKE3, format) over a file that comes apart from its bag: in pieces, today and tomorrow,
// beside others. What it found the bag takes with Known. One goroutine uses it.
type Measure struct {
	path string
	size int64
	pass pass
}

// NewMeasure begins a file, by its path within the bag: the format may hang on its name. identify is as
// in Options.
func NewMeasure(path string, identify func(path string) Identifier) *Measure {
	return &Measure{path: path, pass: newPass(path, true, identify)}
}

// MeasureWhole is a Measure of a file whose bytes are all there, at less cost. known is as in Sink.Whole.
func MeasureWhole(path string, content []byte, known *[sha512.Size]byte, identify func(path string) Identifier) Entry {
	m := NewMeasure(path, identify)
	m.size = int64(len(content))
	_ = m.pass.takeWhole(content, known, func() error { return nil }) // never fails
	return m.Entry()
}

// Write takes the next bytes; it never fails.
func (m *Measure) Write(p []byte) (int, error) {
	m.size += int64(len(p))
	return len(p), m.pass.take(p, func() error { return nil })
}

// Size is how many bytes were taken.
func (m *Measure) Size() int64 { return m.size }

// SHA256 is that of the bytes so far, in hex; more may follow.
func (m *Measure) SHA256() string {
	m.pass.begin()
	return hexOf(m.pass.h256)
}

// Entry ends the file: what the pass found. The measure is not used after it.
func (m *Measure) Entry() Entry {
	e := entry{Path: m.path, Size: m.size, Format: m.pass.result(), sums: m.pass.sums()}
	m.Drop()
	return e.entry()
}

// Drop gives up a file that is not wanted.
func (m *Measure) Drop() { m.pass.release() }

// Known takes a payload file that was measured before, without its bytes. A manifest that asks for
// other digests than sha256 and sha512 has them counted by Reread. The error is as that of Begin:
// the file is refused, and in the report. A tag file's text is needed: it comes through Begin.
func (c *Checker) Known(known Entry) error {
	if err := c.take(int(known.Size)); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.admit(known.Path, false); f != nil {
		return f.fault()
	}
	c.keep(&entry{
		Path: known.Path, Size: known.Size, Format: known.Format, done: true,
		sums: sums{bytesOf(known.SHA256), bytesOf(known.SHA512), bytesOf(known.BLAKE3)},
	})
	return nil
}
