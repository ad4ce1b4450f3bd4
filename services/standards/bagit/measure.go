package bagit

import (
	"crypto/sha256"
	"crypto/sha512"
	"hash"

	"github.com/zeebo/blake3"
)

// Measure is the one pass (SHA-256, SHA-512, BLAKE3, format) over a file that comes apart from its bag: in pieces, today and tomorrow,
// beside others. What it found the bag takes with Known. One goroutine uses it.
type Measure struct {
	path       string
	size       int64
	h256, h512 hash.Hash
	fast       *blake3.Hasher
	format     Identifier
}

// NewMeasure begins a file, by its path within the bag: the format may hang on its name. identify is as
// in Options.
func NewMeasure(path string, identify func(path string) Identifier) *Measure {
	return &Measure{path: path, h256: sha256.New(), h512: sha512.New(), fast: takeHasher(), format: watch(path, identify)}
}

// Write takes the next bytes; it never fails.
func (m *Measure) Write(p []byte) (int, error) {
	_, _ = m.h256.Write(p) // a hash and an identifier take everything
	_, _ = m.h512.Write(p)
	_, _ = m.fast.Write(p)
	_, _ = m.format.Write(p)
	m.size += int64(len(p))
	return len(p), nil
}

// Size is how many bytes were taken.
func (m *Measure) Size() int64 { return m.size }

// SHA256 is that of the bytes so far, in hex; more may follow.
func (m *Measure) SHA256() string { return hexOf(m.h256) }

// Entry ends the file: what the pass found. The measure is not used after it.
func (m *Measure) Entry() Entry {
	e := Entry{Path: m.path, Size: m.size, SHA256: hexOf(m.h256), SHA512: hexOf(m.h512), BLAKE3: hexOf(m.fast), Format: m.format.Result()}
	m.Drop()
	return e
}

// Drop gives up a file that is not wanted.
func (m *Measure) Drop() {
	release(m.format)
	hashers.Put(m.fast)
	m.format, m.fast = nil, nil
}

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
	c.keep(&entry{Entry: known, done: true})
	return nil
}
