// Package bagit checks and makes packages after RFC 8493, "The BagIt File Packaging
// Format". Its heart is Checker: a bag arrives as a stream of named files in any order,
// every byte is read once, hashed, shown to the format identifier and handed on to the
// caller's own writer; Finish then says everything that is wrong, not only the first.
//
// A bag comes from outside. So every name is judged before anything is written under it,
// every bound is a number in Limits, and nothing that a bag says (a length, a digest, a
// path) is believed before it was seen.
package bagit

import (
	"bytes"
	"encoding/hex"
	"io"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/parcel"
	"github.com/qoyma/qoyma/services/standards/pronom"
	"github.com/qoyma/qoyma/services/standards/spool"
)

const payloadPrefix = "data/"

// Limits bound what one bag may cost. A zero field takes its default.
type Limits struct {
	Entries       int   // files and directories, refused ones included, and lines of a manifest; 1,000,000
	Bytes         int64 // of all files; no bound
	PathBytes     int   // of a path; 4,096 (the longest that Linux opens)
	NameBytes     int   // of one part of a path; 255 (the longest that ext4, XFS, NTFS keep)
	Depth         int   // parts of a path; 100
	LineBytes     int   // of a line in a manifest or fetch.txt; 16 KiB
	TagBytes      int64 // of bagit.txt, bag-info.txt, fetch.txt; 16 MiB
	ManifestBytes int64 // of all manifests together; 256 MiB
	Faults        int   // listed in a report, and as many warnings; 1,000
	// Ratio is how many bytes an entry of a ZIP may unpack to for each that is packed, asked of
	// entries that unpack to more than RatioFrom bytes; 200 and 16 MiB. Scans and texts stay
	// under 30; DEFLATE cannot pass 1,032.
	Ratio     int64
	RatioFrom int64
}

func (l Limits) withDefaults() Limits {
	l.Entries = or(l.Entries, 1_000_000)
	l.PathBytes = or(l.PathBytes, 4096)
	l.NameBytes = or(l.NameBytes, 255)
	l.Depth = or(l.Depth, 100)
	l.LineBytes = or(l.LineBytes, 16<<10)
	l.TagBytes = or(l.TagBytes, 16<<20)
	l.ManifestBytes = or(l.ManifestBytes, 256<<20)
	l.Faults = or(l.Faults, 1000)
	l.Ratio = or(l.Ratio, parcel.DenseRatio)
	l.RatioFrom = or(l.RatioFrom, parcel.DenseFrom)
	return l
}

func or[T int | int64](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

// Options choose what is accepted.
type Options struct {
	Limits     Limits
	AllowFetch bool // accept fetch.txt: files may be missing that it lists (RFC 8493 §2.2.3)
	Workers    int  // of ValidateDir and Reread, on payload files; 2
	BLAKE3     bool // count BLAKE3 too, in the same pass, for the caller's own checks of fixity
	// Profile is what the bag is held against besides; nil for none.
	Profile *Profile
	// Digests are counted for every file, besides sha256 and sha512: md5, sha1, sha224, sha384.
	// A stream that cannot be read again asks for those whose manifest may come late.
	Digests []string
	// Spool is where goes what does not fit into memory of a bag of very many files; the report then lists none of
	// them, Checker.Files gives them. The zero Place keeps all in memory.
	Spool spool.Place
	// Identify begins to watch a file of that path for its format; nil is the built-in table.
	// It is called by several goroutines at once.
	Identify func(path string) Identifier
}

// Identifier watches the bytes of one file pass (writing never fails) and then names its format.
type Identifier interface {
	io.Writer
	Result() pronom.Result
}

// Checker takes the files of one bag. Its methods may be called by several goroutines at
// once; a Sink belongs to one. A Checker is used for one bag and ends with Finish; where Options.Spool
// names a folder, with Close, after Err was asked.
type Checker struct {
	opts  Options
	total atomic.Int64 // bytes taken so far
	kept  atomic.Int64 // bytes of manifests kept for Finish

	mu       sync.Mutex
	names    *spool.Table      // what came, by the fold of its path (names.go)
	under    string            // the directory of the file that was admitted last
	open     map[string]*entry // announced, and not ended
	ended    *spool.Sorter     // the others, by path (rows.go)
	row      []byte            // of ended, made anew for each
	formats  formats
	special  map[string]bool        // the tag files that Finish reads, as far as they were announced
	texts    map[string]*spool.Text // their texts
	tooBig   map[string]bool        // those whose text was given up
	needed   map[string]bool        // algorithms besides sha256 and sha512 that are counted
	found    findings
	broken   error // of Options.Spool's folder; the first
	seen     int   // files and directories announced, refused ones included
	wrapping bool  // what comes is our own
	full     bool  // TooManyEntries was said
	overSize bool  // TooBig was said

	unread        bool   // nothing of the bag could be read, for a reason among the findings
	serialization string // media type of the archive that the files come from
}

// entry is one file of the bag.
type entry struct {
	Path    string
	Size    int64
	Format  pronom.Result
	sums    sums
	digests map[string]string // in hex by algorithm, besides those of sums
	done    bool
	aborted bool // it is said already that not all bytes came
}

// Entry is a file that came, with what the one pass over it found.
type Entry struct {
	Path   string        `json:"path"` // as in the bag: data/… for a payload file
	Size   int64         `json:"size"` // bytes
	SHA256 string        `json:"sha256"`
	SHA512 string        `json:"sha512"`
	BLAKE3 string        `json:"blake3,omitempty"` // unkeyed, 32 bytes; where Options ask for it
	Format pronom.Result `json:"format"`
}

// sums are SHA-256, SHA-512 and BLAKE3 as bytes: in hex they are wanted of few of the times that a file is looked at.
// Absent ones are empty.
type sums struct{ sha256, sha512, blake3 []byte }

func (s sums) clone() sums {
	return sums{bytes.Clone(s.sha256), bytes.Clone(s.sha512), bytes.Clone(s.blake3)}
}

// entry gives what the pass found, for others.
func (e *entry) entry() Entry {
	text := make([]byte, 0, 2*allSums)
	text = hex.AppendEncode(hex.AppendEncode(hex.AppendEncode(text, e.sums.sha256), e.sums.sha512), e.sums.blake3)
	all, first, second := string(text), 2*len(e.sums.sha256), 2*(len(e.sums.sha256)+len(e.sums.sha512))
	return Entry{Path: e.Path, Size: e.Size, Format: e.Format, SHA256: all[:first], SHA512: all[first:second], BLAKE3: all[second:]}
}

// digest is that of an algorithm, in hex; empty where it was not counted.
func (e *entry) digest(algorithm string) string {
	switch algorithm {
	case "sha256":
		return hex.EncodeToString(e.sums.sha256)
	case "sha512":
		return hex.EncodeToString(e.sums.sha512)
	}
	return e.digests[algorithm]
}

// has tells whether a digest is that of an algorithm.
func (e *entry) has(algorithm string, digest []byte) bool {
	switch algorithm {
	case "sha256":
		return bytes.Equal(e.sums.sha256, digest)
	case "sha512":
		return bytes.Equal(e.sums.sha512, digest)
	}
	return e.digests[algorithm] == hex.EncodeToString(digest)
}

// NewChecker begins a bag.
func NewChecker(opts Options) *Checker {
	opts.Limits = opts.Limits.withDefaults()
	opts.Workers = or(opts.Workers, 2)
	c := &Checker{
		opts: opts, names: opts.Spool.Table(), open: map[string]*entry{}, ended: opts.Spool.Sorter(), special: map[string]bool{},
		texts: map[string]*spool.Text{}, tooBig: map[string]bool{}, needed: map[string]bool{}, found: newFindings(opts.Limits.Faults),
	}
	for _, algorithm := range opts.Digests {
		c.needed[normalAlgorithm(algorithm)] = true
	}
	return c
}

// Begin announces a file by its path inside the bag and its size in bytes (-1 when it is
// not known) and gives the sink for its bytes. What the sink takes it hands on to "to"
// first, if that is not nil.
//
// The error is a fault when the file is refused for its name or because a limit is
// reached. It is in the report already; nothing of the file may be written anywhere, and
// the caller goes on with the next file. A file is never opened under a name for which
// Begin gave an error.
func (c *Checker) Begin(path string, size int64, to io.Writer) (*Sink, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.admit(path, false); f != nil {
		return nil, f.fault()
	}
	e := &entry{Path: path}
	c.open[path] = e
	if tag, algorithm, ok := manifestName(path); ok && !tag {
		c.needed[algorithm] = true
	}
	s := newSink(c, e, size, to)
	if s.most > 0 {
		c.special[path] = true
	}
	return s, nil
}

// Directory tells of a directory, which matters for an empty data/ and for the rules on
// names. The error is as that of Begin.
func (c *Checker) Directory(path string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.admit(strings.TrimSuffix(path, "/"), true); f != nil {
		return f.fault()
	}
	return nil
}

// Irregular tells of something that is neither file nor directory, by its mode. It is
// refused by rule and gives the fault.
func (c *Checker) Irregular(path string, mode fs.FileMode) error {
	if mode&fs.ModeSymlink != 0 {
		return c.refuse(path, Symlink)
	}
	return c.refuse(path, Device)
}

// refuse records what is wrong with an entry that does not become a file of the bag, and
// gives the fault.
func (c *Checker) refuse(path string, r *Rule, args ...any) *fault.Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.count(); f != nil {
		return f.fault()
	}
	f := finding{show(path), r, args}
	c.found.add(f)
	return f.fault()
}

// note is refuse where nobody waits for the fault: it is in the report.
func (c *Checker) note(path string, r *Rule, args ...any) { _ = c.refuse(path, r, args...) }

// count takes an entry into account; what it gives refuses it, and is said once: the rest
// would only repeat it.
func (c *Checker) count() *finding {
	if c.seen < c.opts.Limits.Entries {
		c.seen++
		return nil
	}
	f := &finding{rule: TooManyEntries, args: []any{"limit", c.opts.Limits.Entries}}
	if !c.full {
		c.full = true
		c.found.add(*f)
	}
	return f
}

// File takes a whole file from r: Begin, the bytes, Close. A fault is as that of Begin;
// any other error is that of "to", and ends the bag. A read error makes the file a fault
// of the bag (it could not be read to its end) and comes back as that fault.
func (c *Checker) File(path string, size int64, r io.Reader, to io.Writer) error {
	s, err := c.Begin(path, size, to)
	if err != nil {
		return err
	}
	return s.fill(r)
}

// take counts bytes against the limit and refuses the write that passes it.
func (c *Checker) take(n int) error {
	most := c.opts.Limits.Bytes
	if total := c.total.Add(int64(n)); most <= 0 || total <= most {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f := finding{rule: TooBig, args: []any{"limit", most}}
	if !c.overSize {
		c.overSize = true
		c.found.add(f)
	}
	return f.fault()
}

func (f *finding) fault() *fault.Error { return f.rule.With(f.args...) }
