package ocfl

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// Content is one file of a new object.
type Content struct {
	Logical string // its path in the object, with slashes
	Source  string // where it lies now, best in the same file system as the root
	SHA512  string // 128 hexadecimal digits, counted when the file was received
	Size    int64  // bytes
	// Part says that it is a part of Source, from At on, and not the whole of it: it is copied and counted then.
	Part bool
	At   int64 // bytes
}

// Spec is a new object: everything that its first version says. Created is handed in,
// never taken from a clock, so that calling again gives the same object.
type Spec struct {
	ID      string // a URI, unique in the root
	Message string // why the version was made
	User    User
	Created time.Time
	Files   []Content
	// Durable says that the sources are on the disk already (fsync) and never change: a link to
	// one needs no flush of its own, which for many small files is nearly all the time there is.
	Durable bool
	// Later are the versions after the first, as they were given to Update. Create makes none
	// of them: they are for whoever describes the object again (Known, CheckRecord).
	Later []Change
}

// Create makes the object with its first version. When it returns nil, the object is
// whole, durable and in its place.
//
// It may be called again with the same Spec after any failure or crash: an attempt that
// was cut short is replaced, an object that is there with the same files is success.
// One that is there with other files is the fault Conflict. The sources are linked, or
// copied where linking is not possible, and never changed: the caller takes them away once
// it has recorded that the object exists, and does not write to them any more.
func (r *Root) Create(ctx context.Context, s Spec) (*Object, error) {
	s.Later = nil
	inventory, err := s.inventory(r.edition)
	if err != nil {
		return nil, err
	}
	rel, err := r.layout.Path(s.ID)
	if err != nil {
		return nil, err
	}
	r.busy.Lock()
	defer r.busy.Unlock()
	if o, err := r.there(inventory, rel); o != nil || err != nil {
		return o, err
	}
	a := &attempt{Root: r, durable: s.Durable, files: map[string]Content{}, stage: filepath.Join(r.staging, stageName(s.ID))}
	a.object = filepath.Join(a.stage, filepath.FromSlash(rel))
	for _, f := range s.Files {
		a.files["v1/"+inventory.contentDir()+"/"+f.Logical] = f
	}
	for content := range a.files {
		if !inventory.holds(content) {
			delete(a.files, content) // the same bytes are there under another name
		}
	}
	if a.record, err = recordOf([]*Inventory{inventory}); err != nil {
		return nil, err
	}
	if err := a.build(ctx, "v1"); err != nil {
		return nil, fmt.Errorf("build object %s: %w", s.ID, err)
	}
	if err := a.publish(rel); err != nil {
		return nil, fmt.Errorf("publish object %s: %w", s.ID, err)
	}
	return r.object(s.ID)
}

// there gives the object when it exists with the same files, nil when it does not exist.
func (r *Root) there(want *Inventory, rel string) (*Object, error) {
	o, err := r.object(want.ID)
	if errors.Is(err, NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	same, err := o.same(context.Background(), "v1", spool.Place{}, want.entries("v1"))
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, Conflict.With("id", want.ID)
	}
	// An earlier run may have been cut between its rename and the last sync: done again.
	if err := r.settle(rel); err != nil {
		return nil, fmt.Errorf("settle object %s: %w", want.ID, err)
	}
	return o, nil
}

// stageName is the same for every attempt at an object, so that a new one finds and
// replaces what a dead one left.
func stageName(id string) string {
	digest := sha256.Sum256([]byte(id))
	return "object-" + hex.EncodeToString(digest[:])
}

// inventory judges the Spec and writes it as the object's own inventory.
func (s Spec) inventory(e Edition) (*Inventory, error) {
	all, err := s.inventories(e)
	if err != nil {
		return nil, err
	}
	return all[len(all)-1], nil
}

// inventories are the inventories of all versions, in order. Files with the same content are
// kept once.
func (s Spec) inventories(e Edition) ([]*Inventory, error) {
	if !utf8.ValidString(s.ID) {
		return nil, BadID.With("id", clip(s.ID), "layout", "JSON")
	}
	inv := &Inventory{
		ID: s.ID, Type: e.inventoryType(), DigestAlgorithm: "sha512",
		Manifest: map[string][]string{}, Versions: map[string]Version{},
	}
	first := Change{Message: s.Message, User: s.User, Created: s.Created, Put: s.Files}
	all := make([]*Inventory, 0, 1+len(s.Later))
	for i, c := range append([]Change{first}, s.Later...) {
		if i > 0 && c.Head != inv.Head {
			return nil, Moved.With("id", s.ID, "head", inv.Head, "expected", clip(c.Head))
		}
		digests, err := given(c.Put)
		if err != nil {
			return nil, err
		}
		if inv, err = inv.next(c, digests); err != nil {
			return nil, err
		}
		all = append(all, inv)
	}
	return all, nil
}

// attempt is one Create or Update under way, in a staging directory of its own.
type attempt struct {
	durable  bool // the sources are on the disk
	together bool // everything is made durable at once
	*Root
	files  map[string]Content // what is to be brought, by content path
	record []recordFile
	stage  string          // holds the object under the same tuple directories as the root
	object string          // the object inside stage
	dirs   map[string]bool // every directory made inside stage
}

// build makes a version, and with the first one the object, in staging and makes it durable. If
// we crash anywhere in it, the root knows nothing of it, and the next attempt begins by taking
// the stage away.
func (a *attempt) build(ctx context.Context, version string) error {
	if err := a.disk.Mkdir(a.staging); err != nil {
		return err
	}
	if err := a.disk.RemoveAll(a.stage); err != nil {
		return err
	}
	a.dirs = map[string]bool{}
	if err := a.mkdirs(filepath.Join(a.object, version)); err != nil {
		return err
	}
	for content, f := range a.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := a.bring(f, filepath.Join(a.object, filepath.FromSlash(content))); err != nil {
			return err
		}
	}
	for _, f := range a.record {
		if err := a.writeRecord(filepath.Join(a.object, filepath.FromSlash(f.name)), f); err != nil {
			return err
		}
	}
	return a.syncDirs()
}

// syncDirs makes the directories durable, the deepest first: a directory's names are durable before
// anything points to it.
func (a *attempt) syncDirs() error {
	for _, dir := range slices.SortedFunc(maps.Keys(a.dirs), func(x, y string) int { return len(y) - len(x) }) {
		if err := a.disk.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func (a *attempt) mkdirs(dir string) error {
	if a.dirs[dir] {
		return nil
	}
	if dir != a.stage {
		if err := a.mkdirs(filepath.Dir(dir)); err != nil {
			return err
		}
	}
	a.dirs[dir] = true
	return a.disk.Mkdir(dir)
}

// bring puts one file into the object, with its directories, and makes its content durable. A link costs
// nothing and trusts the digest counted when the file was received; a copy is counted.
func (a *attempt) bring(f Content, to string) error {
	if err := a.mkdirs(filepath.Dir(to)); err != nil {
		return err
	}
	return a.link(f, to)
}

// link is bring where the directory is there.
func (a *attempt) link(f Content, to string) error {
	if f.Part {
		return a.copyPart(f, to)
	}
	info, err := os.Lstat(f.Source)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Logical, err)
	}
	if !info.Mode().IsRegular() || info.Size() != f.Size {
		return BadContent.With("file", clip(f.Logical), "problem", fmt.Sprintf("%d ≠ %d", info.Size(), f.Size))
	}
	if err := a.disk.Link(f.Source, to); err != nil {
		if !cannotLink(err) {
			return err
		}
		if err := duplicate(a.disk, f.Source, to); err != nil {
			return err
		}
		if digest, err := digestFile(to, "sha512"); err != nil {
			return err
		} else if digest != strings.ToLower(f.SHA512) {
			return BadContent.With("file", clip(f.Logical), "problem", "SHA-512 ≠")
		}
	} else if a.durable {
		return nil // the link itself becomes durable with its directory
	}
	return a.flush(to)
}

// flush makes the content of a file durable, unless everything is at once.
func (a *attempt) flush(name string) error {
	if a.together {
		return nil
	}
	return a.disk.SyncFile(name)
}

// copyPart is link for a part of a file.
func (a *attempt) copyPart(f Content, to string) error {
	from, err := openRegular(f.Source)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Logical, errors.Join(errSource, err))
	}
	defer func() { _ = from.Close() }() // only read from
	h := newHash("sha512")
	part := &source{Reader: io.TeeReader(io.NewSectionReader(from, f.At, f.Size), h)}
	if err := a.disk.Copy(part, to); err != nil {
		return fmt.Errorf("%s: %w", f.Logical, errors.Join(err, part.failed))
	}
	if hex.EncodeToString(h.Sum(nil)) != strings.ToLower(f.SHA512) {
		return BadContent.With("file", clip(f.Logical), "problem", "SHA-512 ≠").Because(errSource)
	}
	return a.flush(to)
}

// errSource marks the errors of which SourceLost tells.
var errSource = errors.New("the source is damaged or gone")

// SourceLost tells whether an object was not made because a source has no longer the bytes that were received, or cannot
// be read. Only parts are looked at so: a link trusts its source.
func SourceLost(err error) bool { return errors.Is(err, errSource) }

// source remembers that it was reading that failed, and not writing.
type source struct {
	io.Reader
	failed error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = errSource
	}
	return n, err
}

// publish moves the object into the root by one rename. Where the tuple directories above
// it do not exist yet, the rename takes the topmost missing one with all below it, so that
// the root never shows an empty directory (E073).
func (a *attempt) publish(rel string) error {
	move := rel
	for parent := path.Dir(rel); parent != "."; parent = path.Dir(parent) {
		if _, err := os.Lstat(filepath.Join(a.dir, filepath.FromSlash(parent))); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		move = parent
	}
	if err := a.disk.Rename(filepath.Join(a.stage, filepath.FromSlash(move)), filepath.Join(a.dir, filepath.FromSlash(move))); err != nil {
		return err
	}
	// If we crash here the object may be there or not, whole in either case; Create called
	// again finds it and syncs, or builds it anew.
	if err := a.settle(rel); err != nil {
		return err
	}
	// If we crash here the object is there for good; an empty stage is left, which the next
	// attempt at the object, or Sweep, takes away.
	return a.disk.RemoveAll(a.stage)
}

// settle makes durable the names of all directories above an object.
func (r *Root) settle(rel string) error {
	for parent := path.Dir(rel); ; parent = path.Dir(parent) {
		if err := r.disk.SyncDir(filepath.Join(r.dir, filepath.FromSlash(parent))); err != nil {
			return err
		}
		if parent == "." {
			return nil
		}
	}
}

// Sweep completes the updates that were cut short, and takes away what dead attempts have left
// in staging. It is for the start of a program, before any Create or Update.
func (r *Root) Sweep() error {
	r.busy.Lock()
	defer r.busy.Unlock()
	entries, err := os.ReadDir(r.staging)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		stage := filepath.Join(r.staging, e.Name())
		if id, readErr := readLimited(filepath.Join(stage, markName), configLimit); readErr == nil {
			if dir := r.Path(string(id)); dir != "" {
				err = errors.Join(err, r.finish(dir))
			}
		}
		err = errors.Join(err, r.disk.RemoveAll(stage))
	}
	if err != nil {
		return fmt.Errorf("sweep staging: %w", err)
	}
	return nil
}
