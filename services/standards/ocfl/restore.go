package ocfl

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Difference is a file of an object's own record that is not what its Spec makes it.
type Difference struct {
	Path string // relative to the object
	Want string // SHA-512, lower-case hexadecimal
	Have string // empty where the file is missing or cannot be read
}

// recordFile is a file that an object says about itself, beside its content: as text, or where it may be
// too long for memory its SHA-512 and how it is written.
type recordFile struct {
	name    string
	text    []byte
	sha     string
	version int // whose inventory it is; 0 for other files and where it has a text
	write   func(io.Writer) error
}

func (f *recordFile) sum() string {
	if f.sha != "" {
		return f.sha
	}
	return sum("sha512", f.text)
}

// writeRecord makes or replaces such a file.
func (r *Root) writeRecord(to string, f recordFile) error {
	if f.write != nil {
		return r.disk.Stream(to, f.write)
	}
	return r.disk.WriteFile(to, f.text)
}

// recordOf is an object's own record: declaration, inventories and their sidecars, from the
// inventories of its versions.
func recordOf(versions []*Inventory) ([]recordFile, error) {
	var out []recordFile
	for i, inv := range versions {
		text, err := pretty(inv)
		if err != nil {
			return nil, err
		}
		places := []string{inv.Head + "/"}
		if i == len(versions)-1 {
			places = append(places, "")
		}
		for _, at := range places {
			out = append(out, recordFile{name: at + inventoryName, text: text}, recordFile{name: at + inv.sidecarName(), text: inv.sidecar(text)})
		}
	}
	e, _ := editionOf(versions[0].Type)
	return append(out, recordFile{name: e.object(), text: []byte(strings.TrimPrefix(e.object(), "0=") + "\n")}), nil
}

// record is the object's own record as its Spec makes it in this root. Error: Moved where the
// object has versions that the Spec does not tell of; they would be lost. BadID as in Create.
func (r *Root) record(s Spec) ([]recordFile, error) {
	versions, err := s.inventories(r.edition)
	if err != nil {
		return nil, err
	}
	if _, err := r.layout.Path(s.ID); err != nil {
		return nil, err
	}
	if err := r.beyond(s.ID, versions[len(versions)-1].Head); err != nil {
		return nil, err
	}
	return recordOf(versions)
}

// InventorySHA512 is the digest of the inventory.json that the Spec makes in a root of OCFL 1.1:
// whoever recorded the digest of the one that was made can tell whether the Spec is still the
// same.
func (s Spec) InventorySHA512() (string, error) {
	inv, err := s.inventory(V11)
	if err != nil {
		return "", err
	}
	text, err := pretty(inv)
	if err != nil {
		return "", err
	}
	return sum("sha512", text), nil
}

// CheckRecord compares an object's own record with what its Spec makes. Content is not looked
// at. No difference means that the object can be opened and describes what the Spec says.
// Error: Moved where the object has later versions than the Spec tells of.
func (r *Root) CheckRecord(s Spec) ([]Difference, error) {
	want, err := r.record(s)
	if err != nil {
		return nil, err
	}
	return r.differences(s.ID, want)
}

// RestoreRecord writes anew what CheckRecord finds wrong. What stood there is kept in the
// folder keep, which is made. It answers with the differences that it mended.
//
// It may be called again after any failure or crash. Each file is replaced by one rename, so
// at every moment the old one or the right one stands there.
func (r *Root) RestoreRecord(s Spec, keep string) ([]Difference, error) {
	want, err := r.record(s)
	if err != nil {
		return nil, err
	}
	return r.restoreRecord(s.ID, want, keep)
}

func (r *Root) restoreRecord(id string, want []recordFile, keep string) ([]Difference, error) {
	wrong, err := r.differences(id, want)
	if err != nil || len(wrong) == 0 {
		return nil, err
	}
	r.busy.Lock()
	defer r.busy.Unlock()
	for _, f := range want {
		if !slices.ContainsFunc(wrong, func(d Difference) bool { return d.Path == f.name }) {
			continue
		}
		from := filepath.Join(r.staging, "record-"+stageName(id)+"-"+strings.ReplaceAll(f.name, "/", "-"))
		err := r.disk.Mkdir(r.staging)
		if err == nil {
			err = r.writeRecord(from, f)
		}
		if err == nil {
			err = r.replace(id, f.name, from, keep)
		}
		if err != nil {
			return nil, fmt.Errorf("restore %s of object %s: %w", f.name, id, err)
		}
	}
	return wrong, nil
}

// Known is an object as its Spec makes it, whatever its inventory on the disk says: where each
// file lies and what its digest is. Its methods may be called by several goroutines at once.
type Known struct {
	root  *Root
	id    string
	files map[string]place // by logical path
}

type place struct{ content, digest string }

// Known works out where the files of an object's newest version lie.
func (r *Root) Known(s Spec) (*Known, error) { return r.KnownAt(s, "") }

// KnownAt is Known for one version, "v1" the first. Error: FileNotFound where the Spec has no
// such version.
func (r *Root) KnownAt(s Spec, version string) (*Known, error) {
	inv, err := s.inventory(r.edition)
	if err != nil {
		return nil, err
	}
	if version == "" {
		version = inv.Head
	}
	if _, there := inv.Versions[version]; !there {
		return nil, FileNotFound.With("id", clip(s.ID), "file", clip(version))
	}
	k := &Known{root: r, id: s.ID, files: make(map[string]place, len(s.Files))}
	for _, f := range inv.files(version) {
		k.files[f.Logical] = place{f.Content, f.Digest}
	}
	return k, nil
}

func (k *Known) find(logical string) (place, error) {
	at, ok := k.files[logical]
	if !ok {
		return at, FileNotFound.With("id", k.id, "file", clip(logical))
	}
	return at, nil
}

// Digest counts the SHA-512 of a content file where it must lie. Empty where it is missing,
// unreadable or no regular file; an error is for what may pass (the context, too many open
// files).
func (k *Known) Digest(ctx context.Context, logical string) (string, error) {
	at, err := k.find(logical)
	if err != nil {
		return "", err
	}
	return k.root.digest(ctx, k.id, at.content)
}

// Open opens a content file where it must lie. The caller closes it. Nothing outside the object
// is opened.
func (k *Known) Open(logical string) (*os.File, error) {
	at, err := k.find(logical)
	if err != nil {
		return nil, err
	}
	return k.root.open(k.id, at.content)
}

func (r *Root) digest(ctx context.Context, id, content string) (string, error) {
	f, err := r.open(id, content)
	if err != nil {
		return "", lost(err)
	}
	defer func() { _ = f.Close() }() // only read from
	h := newHash("sha512")
	for buffer := make([]byte, 128<<10); ; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := f.Read(buffer)
		_, _ = h.Write(buffer[:n]) // a hash never fails
		if n == 0 && err != nil {
			if errors.Is(err, io.EOF) {
				return hex.EncodeToString(h.Sum(nil)), nil
			}
			return "", lost(err)
		}
	}
}

// lost passes on an error unless it says that the bytes themselves are gone.
func lost(err error) error {
	if Lost(err) {
		return nil
	}
	return err
}

// Lost tells whether an error of reading says that what is read is missing or damaged, and not
// that reading failed for a reason that will pass.
func Lost(err error) bool {
	for _, e := range []error{fs.ErrNotExist, NotFound, FileNotFound, errOdd, syscall.EIO, syscall.ENOTDIR, syscall.EISDIR, syscall.ELOOP} {
		if errors.Is(err, e) {
			return true
		}
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return strings.HasPrefix(f.Code, "ocfl.E") // a rule that the object breaks
	}
	var at *fs.PathError // os keeps the error of a link out of an opened root to itself
	return errors.As(err, &at) && at.Err.Error() == "path escapes from parent"
}

// Restore puts the bytes of source in the place of a content file that is damaged or
// missing. Their digest is counted first and must be the Spec's, otherwise BadContent and
// nothing is changed. What stood in the place is kept in the folder keep, which is made.
//
// It may be called again after any failure or crash. The right file comes into its place by
// one rename, so at every moment the old one or the right one stands there, except where
// something other than a file had to be moved away first.
func (k *Known) Restore(ctx context.Context, logical, source, keep string) error {
	at, err := k.find(logical)
	if err != nil {
		return err
	}
	r, want := k.root, at.digest
	r.busy.Lock()
	defer r.busy.Unlock()
	if err := r.disk.Mkdir(r.staging); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, k.id, err)
	}
	from := filepath.Join(r.staging, "restore-"+stageName(k.id)+"-"+want)
	if err := r.disk.RemoveAll(from); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, k.id, err)
	}
	// A copy and not a link: what is kept here must not hang on the bytes of another place.
	if err := duplicate(r.disk, source, from); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, k.id, err)
	}
	if err := r.disk.SyncFile(from); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, k.id, err)
	}
	if have, err := digestFile(from, "sha512"); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, k.id, err)
	} else if have != want {
		return errors.Join(BadContent.With("file", clip(logical), "problem", "SHA-512 ≠"), r.disk.RemoveAll(from))
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(err, r.disk.RemoveAll(from))
	}
	if err := r.replace(k.id, at.content, from, keep); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, k.id, err)
	}
	return nil
}

// replace moves a durable file into an object, keeping what stood there.
func (r *Root) replace(id, rel, from, keep string) error {
	home, err := r.layout.Path(id)
	if err != nil {
		return err
	}
	if err := r.mkdirs(r.dir, home+"/"+path.Dir(rel), keep); err != nil {
		return err
	}
	to := filepath.Join(r.Path(id), filepath.FromSlash(rel))
	if err := r.keep(to, keep); err != nil {
		return err
	}
	// If we crash here the damaged file stands in its place and in keep: done again, it is
	// kept once more under another name, or found the same.
	if err := r.disk.Rename(from, to); err != nil {
		return err
	}
	// If we crash here the right file may stand there or the damaged one; looked at again,
	// it is mended again where it must be.
	return r.disk.SyncDir(filepath.Dir(to))
}

// mkdirs makes the directories of a path below a base, durably. What stands in the way and is
// no directory is kept and taken away: a link there would lead out of the object.
func (r *Root) mkdirs(base, rel, keep string) error {
	dir := base
	for _, name := range strings.Split(path.Clean(rel), "/") {
		if name == "." {
			continue
		}
		parent := dir
		dir = filepath.Join(dir, name)
		info, err := os.Lstat(dir)
		if err == nil && info.IsDir() {
			continue
		}
		if err == nil {
			if err := r.keep(dir, keep); err != nil {
				return err
			}
		}
		if err := r.disk.Mkdir(dir); err != nil {
			return err
		}
		if err := r.disk.SyncDir(parent); err != nil {
			return err
		}
	}
	return nil
}

// keep gives what stands at a place a name in the folder keep, durably. A regular file is
// linked, so that its place is never empty; anything else is moved.
func (r *Root) keep(what, keep string) error {
	info, err := os.Lstat(what)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, dir := range []string{filepath.Dir(keep), keep} {
		if err := r.disk.Mkdir(dir); err != nil {
			return err
		}
	}
	var to string
	for n := 0; ; n++ {
		to = filepath.Join(keep, fmt.Sprintf("%s.%d", filepath.Base(what), n))
		have, err := os.Lstat(to)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		if os.SameFile(have, info) {
			return nil // an earlier run was cut after it was kept
		}
	}
	if info.Mode().IsRegular() {
		err = r.disk.Link(what, to)
	}
	if !info.Mode().IsRegular() || err != nil && cannotLink(err) {
		err = r.disk.Rename(what, to)
	}
	if err != nil {
		return err
	}
	return errors.Join(r.disk.SyncDir(keep), r.disk.SyncDir(filepath.Dir(keep)))
}

// open opens a regular file of an object.
func (r *Root) open(id, content string) (*os.File, error) {
	root, err := os.OpenRoot(r.Path(id))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // only read from
	name := filepath.FromSlash(content)
	info, err := root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %s: %w", content, info.Mode(), errOdd)
	}
	if err != nil {
		return nil, err
	}
	return root.Open(name)
}
