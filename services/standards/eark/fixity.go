package eark

import (
	"context"
	"crypto/md5"  // METS knows it; it is checked, never relied on
	"crypto/sha1" // as above
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/premis"
	"github.com/qoyma/qoyma/services/standards/pronom"
	"golang.org/x/sync/errgroup"
)

// checksumTypes is METS's list, with how to count each; nil where it is not counted here.
var checksumTypes = map[string]func() hash.Hash{
	"Adler-32": func() hash.Hash { return adler32.New() }, "CRC32": func() hash.Hash { return crc32.NewIEEE() },
	"MD5": md5.New, "SHA-1": sha1.New, "SHA-256": sha256.New, "SHA-384": sha512.New384, "SHA-512": sha512.New,
	"HAVAL": nil, "MNP": nil, "TIGER": nil, "WHIRLPOOL": nil,
}

// count reads every file once, some at a time, and compares it with what was promised.
func (j *judge) count(ctx context.Context) error {
	if !j.listing {
		return j.compareAll(ctx)
	}
	type result struct {
		Entry
		of    promised
		found []finding
	}
	var results []*result
	work, during := errgroup.WithContext(ctx)
	work.SetLimit(j.opts.Workers)
	for g := range j.all() {
		if during.Err() != nil {
			break
		}
		r := &result{of: g, found: j.named(g)}
		results = append(results, r)
		work.Go(func() error {
			var found []finding
			r.Entry, found = j.read(during, g)
			r.found = append(r.found, found...)
			return during.Err()
		})
	}
	if err := errors.Join(work.Wait(), ctx.Err()); err != nil {
		return err
	}
	j.report.Files = make([]Entry, len(results))
	for i, r := range results {
		j.badAll(r.found)
		j.isPREMIS(r.of, r.Size)
		j.report.Files[i] = r.Entry
		j.report.Bytes += r.Size
		if w := r.Format.Warning(r.Path); w != nil && r.Logical != "" {
			j.put(fault.Item{Where: show(r.Path), Fault: w}, true)
		}
	}
	return nil
}

func (j *judge) badAll(found []finding) {
	for _, f := range found {
		j.bad(f.where, f.rule, f.args...)
	}
}

// compareAll compares files that were counted before with what was promised, and reads only those of which another digest is.
func (j *judge) compareAll(ctx context.Context) error {
	for g := range j.all() {
		if err := ctx.Err(); err != nil {
			return err
		}
		j.report.Bytes += g.Size
		j.badAll(j.named(g))
		j.isPREMIS(g, g.Size)
		digests, found, err := j.digests(ctx, g)
		if err != nil {
			return err
		}
		j.badAll(found)
		j.badAll(g.compare(g.Size, digests))
	}
	return nil
}

// digests are those of a file that METS files promise, as far as they are counted here.
func (j *judge) digests(ctx context.Context, g promised) (digests map[string]string, found []finding, err error) {
	digests = map[string]string{}
	hashes := map[string]hash.Hash{}
	for _, r := range g.said {
		if digest, known := g.counted(r.algorithm); known {
			digests[r.algorithm] = digest
		} else if begin := checksumTypes[r.algorithm]; begin != nil {
			hashes[r.algorithm] = begin()
		} else if r.algorithm != "" {
			found = append(found, finding{show(g.Path), Uncounted, []any{"algorithm", r.algorithm}})
		}
	}
	if len(hashes) == 0 {
		return digests, found, nil
	}
	to := make([]io.Writer, 0, len(hashes))
	for _, h := range hashes {
		to = append(to, h)
	}
	if _, err := j.copy(ctx, g.Path, io.MultiWriter(to...), make([]byte, 128<<10)); err != nil {
		return nil, nil, err
	}
	for algorithm, h := range hashes {
		digests[algorithm] = hex.EncodeToString(h.Sum(nil))
	}
	return digests, found, nil
}

// named judges whether METS files name a file that they should.
func (j *judge) named(g promised) (found []finding) {
	if len(g.said) == 0 && g.Path != metsName {
		found = append(found, finding{show(g.Path), Unlisted, nil})
	}
	if dir, is := preservationOf(g.Path); is && j.recorded[dir] && !slices.ContainsFunc(g.said, func(r reference) bool { return r.preserves }) {
		found = append(found, finding{show(g.Path), CSIP32, nil})
	}
	return found
}

// compare holds a file's size and digests against what was promised.
func (g promised) compare(size int64, digests map[string]string) (found []finding) {
	for _, r := range g.said {
		if r.size >= 0 && r.size != size {
			found = append(found, finding{show(g.Path), WrongSize, []any{"where", r.where, "expected", r.size, "found", size}})
		}
		if got, counted := digests[r.algorithm]; counted && r.digest != "" && got != r.digest {
			found = append(found, finding{show(g.Path), WrongDigest, []any{"algorithm", r.algorithm, "where", r.where, "expected", r.digest, "found", got}})
		}
	}
	return found
}

// read reads one file. It touches nothing of the judge that others write.
func (j *judge) read(ctx context.Context, g promised) (Entry, []finding) {
	e := Entry{Path: g.Path, Listed: len(g.said) > 0}
	e.Representation, e.Logical = logical(g.Path)
	var found []finding
	hashes := map[string]hash.Hash{"SHA-256": sha256.New()}
	for _, r := range g.said {
		if begin := checksumTypes[r.algorithm]; begin != nil && hashes[r.algorithm] == nil {
			hashes[r.algorithm] = begin()
		} else if begin == nil && r.algorithm != "" {
			found = append(found, finding{show(g.Path), Uncounted, []any{"algorithm", r.algorithm}})
		}
	}
	kept := scratches.Get()
	defer scratches.Put(kept)
	w, ok := kept.(*scratch)
	if !ok {
		w = newScratch()
	}
	format := w.format
	format.Reset(path.Base(g.Path))
	to := []io.Writer{format}
	for _, h := range hashes {
		to = append(to, h)
	}
	n, err := j.copy(ctx, g.Path, io.MultiWriter(to...), w.buffer)
	e.Size = n
	if err != nil {
		return e, append(found, finding{show(g.Path), Unreadable, nil})
	}
	digests := make(map[string]string, len(hashes))
	for algorithm, h := range hashes {
		digests[algorithm] = hex.EncodeToString(h.Sum(nil))
	}
	e.SHA256, e.Format = digests["SHA-256"], format.Result()
	return e, append(found, g.compare(n, digests)...)
}

// scratch is what reading one file needs and the next can use again.
type scratch struct {
	format *pronom.Identifier
	buffer []byte
}

func newScratch() *scratch {
	return &scratch{format: pronom.NewIdentifier(""), buffer: make([]byte, 128<<10)}
}

var scratches = sync.Pool{New: func() any { return newScratch() }}

// copy reads a file to its end.
func (j *judge) copy(ctx context.Context, p string, to io.Writer, buffer []byte) (int64, error) {
	f, err := j.open(p)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // only read from
	return io.CopyBuffer(to, &interruptible{ctx, f}, buffer)
}

// interruptible ends a read when the context does: a file may be large.
type interruptible struct {
	ctx context.Context // lives as long as one copy
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}

// openRegular opens a file without following a link in its last part and without waiting
// for a pipe, and makes sure that it still is a regular file.
func openRegular(root *os.Root, p string) (*os.File, error) {
	f, err := root.OpenFile(p, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is %s: %w", p, info.Mode(), fs.ErrInvalid)
	}
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		return nil, err
	}
	return f, nil
}

// logical splits the path of a record into its representation and its path there.
func logical(p string) (representation, below string) {
	rest, ok := strings.CutPrefix(p, "representations/")
	if !ok {
		return "", ""
	}
	representation, rest, ok = strings.Cut(rest, "/")
	if !ok {
		return "", ""
	}
	below, _ = strings.CutPrefix(rest, "data/")
	if below == rest {
		below = ""
	}
	return representation, below
}

// preservation judges the PREMIS files that METS files name, as CSIP 5.4 asks of whoever
// validates packages.
func (j *judge) preservation(ctx context.Context) error {
	for p, size := range j.provenance() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if size > j.opts.Limits.PREMISBytes {
			j.bad(show(p), PREMISUnread, "limit", j.opts.Limits.PREMISBytes)
			continue
		}
		f, err := j.open(p)
		if err != nil && j.listing {
			continue // said already, when it was counted
		}
		if err != nil {
			return err
		}
		j.provenanceOf(p, f)
		_ = f.Close() // only read from
	}
	return nil
}

func (j *judge) provenanceOf(p string, f io.Reader) {
	_, report, err := premis.Decode(f, premis.Limits{Bytes: j.opts.Limits.PREMISBytes, Faults: j.opts.Limits.Faults})
	if err != nil {
		return // said already, when it was counted
	}
	for _, i := range report.Faults {
		// An older version of PREMIS is no breach of CSIP 5.4; it is only not looked into.
		older := errors.Is(i.Fault, premis.NotPREMIS.Definition) || errors.Is(i.Fault, premis.WrongVersion.Definition)
		j.put(fault.Item{Where: show(p) + " " + i.Where, Fault: i.Fault}, older)
	}
	for _, i := range report.Warnings {
		j.put(fault.Item{Where: show(p) + " " + i.Where, Fault: i.Fault}, true)
	}
}
