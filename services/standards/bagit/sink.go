package bagit

import (
	"crypto/md5"  // manifests of old bags name it; it is checked, never relied on
	"crypto/sha1" // as above
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"
	"sync"

	"github.com/zeebo/blake3"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/pronom"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// digestSize is the length in bytes of the digests that are understood (RFC 8493 §2.4).
var digestSize = map[string]int{
	"md5": md5.Size, "sha1": sha1.Size, "sha224": sha256.Size224,
	"sha256": sha256.Size, "sha384": sha512.Size384, "sha512": sha512.Size,
}

// newDigest begins a digest besides sha256 and sha512, or is nil for an unknown one.
func newDigest(algorithm string) hash.Hash {
	switch algorithm {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha224":
		return sha256.New224()
	case "sha384":
		return sha512.New384()
	}
	return nil
}

var otherDigests = []string{"md5", "sha1", "sha224", "sha384"}

// bufferSize is small enough that what was written is still in the processor's cache when
// it is hashed and looked at.
const bufferSize = 128 << 10

var buffers = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}

var identifiers = sync.Pool{New: func() any { return pronom.NewIdentifier("") }}

// hashers are kept because one has 9 KiB, more than most small files.
var hashers = sync.Pool{New: func() any { return blake3.New() }}

func takeHasher() *blake3.Hasher {
	if h, ok := hashers.Get().(*blake3.Hasher); ok {
		h.Reset()
		return h
	}
	return blake3.New()
}

func takeBuffer() *[]byte {
	if b, ok := buffers.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, bufferSize)
	return &b
}

// watch begins to watch a file for its format, by the built-in table where identify is nil.
func watch(path string, identify func(path string) Identifier) Identifier {
	if identify != nil {
		return identify(path)
	}
	id, ok := identifiers.Get().(*pronom.Identifier)
	if !ok {
		return pronom.NewIdentifier(path)
	}
	id.Reset(path)
	return id
}

// Sink takes the bytes of one file. It is used by one goroutine and ends with Close or
// Abort.
type Sink struct {
	c      *Checker
	e      *entry
	to     io.Writer
	size   int64 // as announced, or -1
	pass   pass
	others map[string]hash.Hash
	text   *spool.Text
	keep   bool  // the text is needed at the end
	most   int64 // bytes of it
	// manifest says that most bounds all manifests together
	manifest bool
	failed   bool
	ended    bool
}

// newSink is called with the checker locked.
func newSink(c *Checker, e *entry, size int64, to io.Writer) *Sink {
	s := &Sink{c: c, e: e, to: to, size: size, pass: newPass(e.Path, c.opts.BLAKE3, c.opts.Identify)}
	payload := strings.HasPrefix(e.Path, payloadPrefix)
	for _, a := range otherDigests {
		// A tag file is small: it gets every digest, so that a tag manifest may come last. One of our own is
		// as long as there are files, and no manifest of others comes after it.
		if !payload && !c.wrapping || c.needed[a] {
			if s.others == nil {
				s.others = map[string]hash.Hash{}
			}
			s.others[a] = newDigest(a)
		}
	}
	_, _, isManifest := manifestName(e.Path)
	switch {
	case isManifest:
		s.keep, s.manifest, s.most = true, true, c.opts.Limits.ManifestBytes
	case e.Path == "bagit.txt", e.Path == bagInfo, e.Path == packageInfo, e.Path == "fetch.txt":
		s.keep, s.most = true, c.opts.Limits.TagBytes
	}
	if s.keep {
		s.text = c.opts.Spool.Text()
	}
	return s
}

// Write takes the next bytes. An error is that of the writer they are handed on to, or
// the fault TooBig; the caller then stops the upload.
func (s *Sink) Write(p []byte) (int, error) {
	if err := s.admit(len(p)); err != nil {
		return 0, err
	}
	if err := s.pass.take(p, func() error { return s.handOn(p) }); err != nil {
		s.failed = true
		return 0, err
	}
	return len(p), s.also(p)
}

// Whole takes all bytes of the file at once and ends it, as Write and Close do; it gives the error of Write. Small
// files cost less so. known is their SHA-512 where the caller has counted it, together with that of other files
// (sha512many); nil where not.
func (s *Sink) Whole(content []byte, known *[sha512.Size]byte) error {
	if err := s.admit(len(content)); err != nil {
		return err
	}
	if err := s.pass.takeWhole(content, known, func() error { return s.handOn(content) }); err != nil {
		s.failed = true
		return err
	}
	if err := s.also(content); err != nil {
		return err
	}
	_ = s.Close() // the wrong size that it says is in the report
	return nil
}

// Lend is Write for bytes that lie in one or several parts, and that may be looked at until back is called: SHA-512
// is counted behind the rest. That is for pieces of large files; a goroutine goes with it until Close or Abort.
func (s *Sink) Lend(parts [][]byte, back func()) error {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	if err := s.admit(size); err != nil {
		back()
		return err
	}
	return s.pass.lend(parts, back, func(part []byte) error {
		err := s.handOn(part)
		if s.failed = err != nil; err != nil {
			return err
		}
		return s.also(part)
	})
}

func (s *Sink) admit(n int) error {
	err := s.c.take(n)
	if err != nil {
		s.failed = true
	}
	return err
}

// also does what is done with few files: older digests, and a text that is needed at the end.
func (s *Sink) also(p []byte) error {
	for _, h := range s.others {
		_, _ = h.Write(p)
	}
	s.e.Size += int64(len(p))
	if !s.keep {
		return nil
	}
	size := s.e.Size
	if s.manifest {
		size = s.c.kept.Add(int64(len(p)))
	}
	if size > s.most {
		s.keep = false
		return s.text.Close()
	}
	_, err := s.text.Write(p)
	if err != nil {
		s.failed = true
	}
	return err
}

func (s *Sink) handOn(p []byte) error {
	if s.to == nil {
		return nil
	}
	_, err := s.to.Write(p)
	return err
}

// fill takes the whole file from r and ends it.
func (s *Sink) fill(r io.Reader) error {
	buffer := takeBuffer()
	defer buffers.Put(buffer)
	for {
		n, readErr := r.Read(*buffer)
		if _, err := s.Write((*buffer)[:n]); err != nil {
			_ = s.Abort() // the write error is what the caller must hear of
			return fmt.Errorf("take %s: %w", show(s.e.Path), err)
		}
		if readErr == io.EOF {
			return s.Close()
		}
		if readErr != nil {
			return fmt.Errorf("read %s: %w", show(s.e.Path), s.Abort().Because(readErr))
		}
	}
}

// Close ends the file and records what was found. It gives the fault WrongSize when
// another number of bytes came than was announced; that fault is in the report.
func (s *Sink) Close() error {
	if s.ended {
		return nil
	}
	if s.failed {
		return s.Abort()
	}
	s.ended = true
	s.pass.settle()
	e := s.e
	e.Format = s.pass.result()
	e.sums = s.pass.sums()
	s.pass.release()
	if len(s.others) > 0 {
		e.digests = make(map[string]string, len(s.others))
		for a, h := range s.others {
			e.digests[a] = hexOf(h)
		}
	}
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	e.done = true
	c.end(e)
	switch {
	case s.keep:
		c.texts[e.Path] = s.text
	case s.most > 0:
		c.tooBig[e.Path] = true
		c.found.add(finding{e.Path, TagTooBig, []any{"limit", s.most}})
	}
	if s.size >= 0 && s.size != e.Size {
		f := finding{show(e.Path), WrongSize, []any{"expected", s.size, "found", e.Size}}
		c.found.add(f)
		return f.fault()
	}
	return nil
}

// Abort ends a file whose bytes did not all come. The report says that it could not be
// read to its end; the fault comes back.
func (s *Sink) Abort() *fault.Error {
	f := finding{where: show(s.e.Path), rule: Unreadable}
	if s.ended {
		return f.fault()
	}
	s.ended = true
	s.pass.release()
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.found.add(f)
	s.e.aborted = true
	s.c.end(s.e)
	if s.most > 0 {
		s.c.tooBig[s.e.Path] = true // what it would have said is unknown, not absent
		s.c.spooled(s.text.Close())
	}
	return f.fault()
}

// end lets a file's row say what was found. The checker is locked.
func (c *Checker) end(e *entry) {
	delete(c.open, e.Path)
	c.keep(e)
}

func hexOf(h interface{ Sum(b []byte) []byte }) string {
	var sum [sha512.Size]byte
	return hex.EncodeToString(h.Sum(sum[:0]))
}
