package bagit

import (
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"sync"

	"github.com/zeebo/blake3"

	"github.com/qoyma/qoyma/services/standards/pronom"
)

// apart is from how many bytes in one piece SHA-512, by far the slowest of the digests, is counted on a core
// of its own while the others are counted and the piece is written.
const apart = 64 << 10

// pass is what every byte of a file goes through once: SHA-256, SHA-512, BLAKE3 and the format.
type pass struct {
	h256, h512 hash.Hash
	fast       *blake3.Hasher // nil where it is not asked for
	format     Identifier
}

func newPass(path string, fast bool, identify func(path string) Identifier) pass {
	p := pass{h256: sha256.New(), h512: sha512.New(), format: watch(path, identify)}
	if fast {
		p.fast = takeHasher()
	}
	return p
}

// take lets a piece through, and meanwhile it does what else the caller has to do with it, whose error
// comes back: a hash and an identifier take everything.
func (p *pass) take(piece []byte, meanwhile func() error) error {
	var slowest sync.WaitGroup
	if len(piece) < apart {
		_, _ = p.h512.Write(piece)
	} else {
		slowest.Go(func() { _, _ = p.h512.Write(piece) })
	}
	err := meanwhile()
	_, _ = p.h256.Write(piece)
	if p.fast != nil {
		_, _ = p.fast.Write(piece)
	}
	_, _ = p.format.Write(piece)
	slowest.Wait()
	return err
}

// release returns what passes share; nothing may be taken any more.
func (p *pass) release() {
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

// Write takes the next bytes; it never fails.
func (m *Measure) Write(p []byte) (int, error) {
	m.size += int64(len(p))
	return len(p), m.pass.take(p, func() error { return nil })
}

// Size is how many bytes were taken.
func (m *Measure) Size() int64 { return m.size }

// SHA256 is that of the bytes so far, in hex; more may follow.
func (m *Measure) SHA256() string { return hexOf(m.pass.h256) }

// Entry ends the file: what the pass found. The measure is not used after it.
func (m *Measure) Entry() Entry {
	p := &m.pass
	e := Entry{Path: m.path, Size: m.size, SHA256: hexOf(p.h256), SHA512: hexOf(p.h512), BLAKE3: hexOf(p.fast), Format: p.format.Result()}
	m.Drop()
	return e
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
	c.entries[known.Path] = &entry{Entry: known, done: true}
	return nil
}
