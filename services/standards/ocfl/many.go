package ocfl

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/qoyma/qoyma/services/standards/flush"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// CreateFrom is Create for an object of very many files: they are given one by one, in any order, and
// memory does not grow with their number. s.Files is empty. The object is the same, byte for byte; the
// answer is the SHA-512 of its inventory.json, in hexadecimal.
func (r *Root) CreateFrom(ctx context.Context, s Spec, files iter.Seq2[Content, error]) (sha string, err error) {
	rel, err := r.layout.Path(s.ID)
	if err != nil {
		return "", err
	}
	if err := r.disk.Mkdir(r.staging); err != nil {
		return "", fmt.Errorf("build object %s: %w", s.ID, err)
	}
	m, err := r.gather(ctx, s, files)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	r.busy.Lock()
	defer r.busy.Unlock()
	if sha, err = r.standing(ctx, m, rel); sha != "" || err != nil {
		return sha, err
	}
	a := &attempt{Root: r, durable: s.Durable, stage: filepath.Join(r.staging, stageName(s.ID))}
	a.object = filepath.Join(a.stage, filepath.FromSlash(rel))
	if sha, err = a.buildMany(ctx, m); err != nil {
		err = errors.Join(err, a.disk.RemoveAll(a.stage)) // a full disk is not left with what did not fit on it
		return "", fmt.Errorf("build object %s: %w", s.ID, err)
	}
	if err := a.publish(rel); err != nil {
		return "", fmt.Errorf("publish object %s: %w", s.ID, err)
	}
	return sha, nil
}

// many is a new object whose files do not fit into memory.
type many struct {
	skeleton *Inventory    // with one file that stands for all
	paths    *spool.Sorter // treeKey of each logical path → digest
	digests  *spool.Sorter // digest and logical path → what is linked
	kept     *spool.Sorter // treeKey of each content path → what is linked
	files    int
}

// treeKey orders paths so that what lies in a directory follows it at once, before any name that only
// begins like it ("a", "a/b", "a-b").
func treeKey(p string) []byte { return []byte(strings.ReplaceAll(p, "/", "\x00")) }

func treePath(key []byte) string { return strings.ReplaceAll(string(key), "\x00", "/") }

// gather takes the files, and judges what is about to be written as Create does.
func (r *Root) gather(ctx context.Context, s Spec, files iter.Seq2[Content, error]) (*many, error) {
	m, err := r.rowsOf(ctx, s, files)
	if err != nil {
		return nil, err
	}
	if err := m.choose(); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

// rowsOf is gather without what is to be linked.
func (r *Root) rowsOf(ctx context.Context, s Spec, files iter.Seq2[Content, error]) (_ *many, err error) {
	place := spool.Place{Dir: r.staging}
	m := &many{paths: place.Sorter(), digests: place.Sorter(), kept: place.Sorter()}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.close())
		}
	}()
	s.Files, s.Later = nil, nil
	for f, err := range files {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
		if err := m.add(f); err != nil {
			return nil, err
		}
		if s.Files == nil {
			s.Files = []Content{f}
		}
	}
	if m.skeleton, err = s.inventory(r.edition); err != nil {
		return nil, err
	}
	return m, m.judge()
}

func (m *many) add(f Content) error {
	digest, err := hex.DecodeString(f.SHA512)
	problem := ""
	switch {
	case err != nil || len(digest) != 64:
		problem = "SHA-512?"
	case !utf8.ValidString(f.Logical):
		problem = "UTF-8"
	case strings.HasPrefix(f.Logical, "/") || strings.HasSuffix(f.Logical, "/"):
		problem = E053.Code
	case !plain(f.Logical):
		problem = E052.Code
	}
	if problem != "" {
		return BadContent.With("file", clip(f.Logical), "problem", problem)
	}
	m.files++
	at := int64(entire)
	if f.Part {
		at = f.At
	}
	source := append(binary.AppendVarint(binary.AppendVarint(nil, f.Size), at), f.Source...)
	return errors.Join(m.paths.Add(treeKey(f.Logical), digest), m.digests.Add(append(digest, f.Logical...), source))
}

// judge looks that no path stands twice, and that none is a file and a directory at once.
func (m *many) judge() error {
	var last []byte
	c := m.paths.Sorted()
	for first := true; c.Next(); first = false {
		at := len(last)
		if !first && len(c.Key) >= at && string(c.Key[:at]) == string(last) {
			switch {
			case len(c.Key) == at:
				return BadContent.With("file", clip(treePath(c.Key)), "problem", "2 ×")
			case c.Key[at] == 0:
				return BadContent.With("file", clip(treePath(last)), "problem", E095.Code)
			}
		}
		last = append(last[:0], c.Key...)
	}
	return c.Err()
}

// choose finds where each content is kept: under the first of the logical paths that have it.
func (m *many) choose() error {
	c := m.digests.Sorted()
	var digest [64]byte
	for first := true; c.Next(); first = false {
		if !first && string(c.Key[:64]) == string(digest[:]) {
			continue
		}
		copy(digest[:], c.Key)
		if err := m.kept.Add(treeKey(string(c.Key[64:])), append(digest[:64:64], c.Value...)); err != nil {
			return err
		}
	}
	return c.Err()
}

func (m *many) close() error { return errors.Join(m.paths.Close(), m.digests.Close(), m.kept.Close()) }

// entire stands for where a file begins that is no part of another.
const entire = -1

// keptFile is a file that is kept: its path, digest, size and source.
func keptFile(key, value []byte) Content {
	f := Content{Logical: treePath(key), SHA512: hex.EncodeToString(value[:64])}
	value = value[64:]
	for _, to := range []*int64{&f.Size, &f.At} {
		number, n := binary.Varint(value)
		*to, value = number, value[n:]
	}
	if f.Part = f.At != entire; !f.Part {
		f.At = 0
	}
	f.Source = string(value)
	return f
}

// standing gives the digest of the inventory of an object that is there with the same files; empty where
// there is no object.
func (r *Root) standing(ctx context.Context, m *many, rel string) (string, error) {
	dir := r.Path(m.skeleton.ID)
	if _, err := os.Lstat(filepath.Join(dir, inventoryName)); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	sha, err := m.same(dir)
	if err == nil && sha == "" {
		sha, err = r.sameFiles(ctx, m, dir)
	}
	if err != nil {
		return "", err
	}
	// An earlier run may have been cut between its rename and the last sync: done again.
	if err := r.settle(rel); err != nil {
		return "", fmt.Errorf("settle object %s: %w", m.skeleton.ID, err)
	}
	return sha, nil
}

// same gives the digest of an object's inventory where it and its sidecar are, byte for byte, what we
// would write, and there is no version after it; otherwise it is empty.
func (m *many) same(dir string) (string, error) {
	if _, err := os.Lstat(filepath.Join(dir, "v2")); !errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	want := newHash("sha512")
	if _, err := m.writeInventory(want); err != nil {
		return "", err
	}
	sha := hex.EncodeToString(want.Sum(nil))
	// What cannot be read is not the same; what it is then, is seen when the object is opened.
	have, _ := digestFile(filepath.Join(dir, inventoryName), "sha512")
	sidecar, _ := readLimited(filepath.Join(dir, m.skeleton.sidecarName()), 1<<10)
	if digest, ok := parseSidecar(sidecar); have != sha || !ok || digest != sha {
		return "", nil
	}
	return sha, nil
}

// sameFiles opens an object and compares its first version with the files given: Conflict where they
// are others.
func (r *Root) sameFiles(ctx context.Context, m *many, dir string) (string, error) {
	o, err := r.object(m.skeleton.ID)
	if err != nil {
		return "", err
	}
	same, err := o.same(ctx, "v1", spool.Place{Dir: r.staging}, m.state())
	if err != nil {
		return "", err
	}
	if !same {
		return "", Conflict.With("id", m.skeleton.ID)
	}
	return digestFile(filepath.Join(dir, inventoryName), "sha512")
}

// buildMany is build for many files. A directory is made durable once all that lies in it is there,
// and before its parent: the deepest first.
func (a *attempt) buildMany(ctx context.Context, m *many) (sha string, err error) {
	if err := a.disk.RemoveAll(a.stage); err != nil {
		return "", err
	}
	a.dirs, a.together = map[string]bool{}, flush.Joins && m.kept.Len() >= a.joined
	watched, err := os.Open(filepath.Clean(a.staging)) // before anything is made: SyncAll says what failed since
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, watched.Close()) }()
	top := filepath.Join(a.object, m.skeleton.Head)
	if m.files > 0 {
		top = filepath.Join(top, m.skeleton.contentDir())
	}
	if err := a.mkdirs(top); err != nil {
		return "", err
	}
	if err := a.bringMany(ctx, m, top); err != nil {
		return "", err
	}
	if sha, err = a.recordMany(m); err != nil {
		return "", err
	}
	if a.together {
		return sha, a.disk.SyncAll(watched)
	}
	return sha, a.syncDirs()
}

// hands is how many files are copied at once. The disk joins what they do.
const hands = 4

// bringMany links or copies the files in, directory by directory.
func (a *attempt) bringMany(ctx context.Context, m *many, top string) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(hands)
	return errors.Join(a.bringAll(ctx, m, top, func(f Content, to string) error {
		if !a.together {
			return a.link(f, to) // a directory is flushed once all is in it
		}
		work.Go(func() error { return a.link(f, to) })
		return nil
	}), work.Wait())
}

func (a *attempt) bringAll(ctx context.Context, m *many, top string, bring func(f Content, to string) error) error {
	var open []string // directories below top in which files are still to come, each in the one before
	leave := func(depth int) error {
		for len(open) > depth {
			if a.together {
				open = open[:depth]
				break
			}
			if err := a.disk.SyncDir(filepath.Join(top, filepath.Join(open...))); err != nil {
				return err
			}
			open = open[:len(open)-1]
		}
		return nil
	}
	c := m.kept.Sorted()
	for c.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := keptFile(c.Key, c.Value)
		names := strings.Split(f.Logical, "/")
		names = names[:len(names)-1]
		depth := 0
		for depth < len(names) && depth < len(open) && names[depth] == open[depth] {
			depth++
		}
		if err := leave(depth); err != nil {
			return err
		}
		for _, name := range names[depth:] {
			open = append(open, name)
			if err := a.disk.Mkdir(filepath.Join(top, filepath.Join(open...))); err != nil {
				return err
			}
		}
		if err := bring(f, filepath.Join(top, filepath.FromSlash(f.Logical))); err != nil {
			return err
		}
	}
	return errors.Join(c.Err(), leave(0))
}

// recordMany writes the object's own record.
func (a *attempt) recordMany(m *many) (sha string, err error) {
	inv := m.skeleton
	h := newHash("sha512")
	own := filepath.Join(a.object, inv.Head, inventoryName)
	if err := a.disk.Stream(own, func(w io.Writer) error {
		size, err := m.writeInventory(io.MultiWriter(w, h))
		if err == nil && size > inventoryLimit {
			err = BadContent.With("file", clip(inv.ID), "problem", fmt.Sprintf("inventory.json: %d > %d", size, int64(inventoryLimit)))
		}
		return err
	}); err != nil {
		return "", err
	}
	sha = hex.EncodeToString(h.Sum(nil))
	if err := duplicate(a.disk, own, filepath.Join(a.object, inventoryName)); err != nil {
		return "", err
	}
	if err := a.disk.SyncFile(filepath.Join(a.object, inventoryName)); err != nil {
		return "", err
	}
	e, _ := editionOf(inv.Type)
	sidecar := []byte(sha + "  " + inventoryName + "\n")
	for _, f := range []recordFile{
		{name: inv.Head + "/" + inv.sidecarName(), text: sidecar},
		{name: inv.sidecarName(), text: sidecar},
		{name: e.object(), text: []byte(strings.TrimPrefix(e.object(), "0=") + "\n")},
	} {
		if err := a.disk.WriteFile(filepath.Join(a.object, filepath.FromSlash(f.name)), f.text); err != nil {
			return "", err
		}
	}
	return sha, nil
}
