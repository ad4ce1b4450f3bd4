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
	"maps"
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
	paths := slices.Sorted(maps.Keys(j.files))
	entries := make([]Entry, len(paths))
	results := make([][]finding, len(paths))
	work, during := errgroup.WithContext(ctx)
	work.SetLimit(j.opts.Workers)
	for i, p := range paths {
		if during.Err() != nil {
			break
		}
		work.Go(func() error {
			entries[i], results[i] = j.file(during, p)
			return during.Err()
		})
	}
	if err := errors.Join(work.Wait(), ctx.Err()); err != nil {
		return err
	}
	for i, found := range results {
		for _, f := range found {
			j.bad(f.where, f.rule, f.args...)
		}
		j.report.Bytes += entries[i].Size
		if w := entries[i].Format.Warning(entries[i].Path); w != nil && entries[i].Logical != "" {
			j.put(fault.Item{Where: show(entries[i].Path), Fault: w}, true)
		}
	}
	j.report.Files = entries
	return nil
}

// file reads one file. It touches nothing of the judge that others write.
func (j *judge) file(ctx context.Context, p string) (Entry, []finding) {
	promises := j.promised[p]
	e := Entry{Path: p, Listed: len(promises) > 0}
	e.Representation, e.Logical = logical(p)
	var found []finding
	if !e.Listed && p != metsName {
		found = append(found, finding{show(p), Unlisted, nil})
	}
	hashes := map[string]hash.Hash{"SHA-256": sha256.New()}
	for _, r := range promises {
		if begin := checksumTypes[r.algorithm]; begin != nil && hashes[r.algorithm] == nil {
			hashes[r.algorithm] = begin()
		} else if begin == nil && r.algorithm != "" {
			found = append(found, finding{show(p), Uncounted, []any{"algorithm", r.algorithm}})
		}
	}
	kept := scratches.Get()
	defer scratches.Put(kept)
	w, ok := kept.(*scratch)
	if !ok {
		w = newScratch()
	}
	format := w.format
	format.Reset(path.Base(p))
	to := []io.Writer{format}
	for _, h := range hashes {
		to = append(to, h)
	}
	n, err := j.copy(ctx, p, io.MultiWriter(to...), w.buffer)
	e.Size = n
	if err != nil {
		return e, append(found, finding{show(p), Unreadable, nil})
	}
	e.SHA256, e.Format = hex.EncodeToString(hashes["SHA-256"].Sum(nil)), format.Result()
	for _, r := range promises {
		if r.size >= 0 && r.size != n {
			found = append(found, finding{show(p), WrongSize, []any{"where", r.where, "expected", r.size, "found", n}})
		}
		if h := hashes[r.algorithm]; h != nil && r.digest != "" {
			if got := hex.EncodeToString(h.Sum(nil)); got != r.digest {
				found = append(found, finding{show(p), WrongDigest, []any{"algorithm", r.algorithm, "where", r.where, "expected", r.digest, "found", got}})
			}
		}
	}
	return e, found
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
	f, err := openRegular(j.root, p)
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
// validates packages, and where preservation metadata lie unnamed.
func (j *judge) preservation(ctx context.Context) error {
	slices.Sort(j.premis)
	for _, p := range slices.Compact(j.premis) {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := openRegular(j.root, p)
		if err != nil {
			continue // said already, when it was counted
		}
		_, report, err := premis.Decode(f, premis.Limits{Bytes: j.opts.Limits.METSBytes, Faults: j.opts.Limits.Faults})
		_ = f.Close() // only read from
		if err != nil {
			continue // as above
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
	return nil
}
