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

// recordFile is a file that an object says about itself, beside its content.
type recordFile struct {
	name string
	text []byte
}

// recordOf is an object's own record: declaration, inventories and their sidecars.
func recordOf(inv *Inventory) ([]recordFile, error) {
	text, err := pretty(inv)
	if err != nil {
		return nil, err
	}
	sidecar := []byte(sum("sha512", text) + "  " + inventoryName + "\n")
	return []recordFile{
		{"v1/" + inventoryName, text},
		{"v1/" + inventoryName + ".sha512", sidecar},
		{inventoryName, text},
		{inventoryName + ".sha512", sidecar},
		{"0=" + objectName, []byte(objectName + "\n")},
	}, nil
}

// InventorySHA512 is the digest of the inventory.json that the Spec makes: whoever recorded
// the digest of the one that was made can tell whether the Spec is still the same.
func (s Spec) InventorySHA512() (string, error) {
	inv, err := s.inventory()
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
func (r *Root) CheckRecord(s Spec) ([]Difference, error) {
	inv, err := s.inventory()
	if err != nil {
		return nil, err
	}
	want, err := recordOf(inv)
	if err != nil {
		return nil, err
	}
	var out []Difference
	for _, f := range want {
		d := Difference{Path: f.name, Want: sum("sha512", f.text)}
		have, err := readLimited(filepath.Join(r.Path(s.ID), filepath.FromSlash(f.name)), inventoryLimit)
		if err == nil {
			d.Have = sum("sha512", have)
		}
		if d.Have != d.Want {
			out = append(out, d)
		}
	}
	return out, nil
}

// RestoreRecord writes anew what CheckRecord finds wrong. What stood there is kept in the
// folder keep, which is made. It answers with the differences that it mended.
//
// It may be called again after any failure or crash. Each file is replaced by one rename, so
// at every moment the old one or the right one stands there.
func (r *Root) RestoreRecord(s Spec, keep string) ([]Difference, error) {
	wrong, err := r.CheckRecord(s)
	if err != nil || len(wrong) == 0 {
		return nil, err
	}
	inv, err := s.inventory()
	if err != nil {
		return nil, err
	}
	want, err := recordOf(inv)
	if err != nil {
		return nil, err
	}
	r.busy.Lock()
	defer r.busy.Unlock()
	for _, f := range want {
		if !slices.ContainsFunc(wrong, func(d Difference) bool { return d.Path == f.name }) {
			continue
		}
		from := filepath.Join(r.staging, "record-"+stageName(s.ID)+"-"+strings.ReplaceAll(f.name, "/", "-"))
		err := r.disk.Mkdir(r.staging)
		if err == nil {
			err = r.disk.WriteFile(from, f.text)
		}
		if err == nil {
			err = r.replace(s.ID, f.name, from, keep)
		}
		if err != nil {
			return nil, fmt.Errorf("restore %s of object %s: %w", f.name, s.ID, err)
		}
	}
	return wrong, nil
}

// Digest counts the SHA-512 of a content file where the Spec says that it lies, without
// trusting the object's inventory. Empty where it is missing, unreadable or no regular file;
// an error is for what may pass (the context, too many open files).
func (r *Root) Digest(ctx context.Context, s Spec, logical string) (string, error) {
	inv, err := s.inventory()
	if err != nil {
		return "", err
	}
	content, err := contentOf(inv, logical)
	if err != nil {
		return "", err
	}
	return r.digest(ctx, s.ID, content)
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

// contentOf is where a logical path of a new object's Spec lies within the object.
func contentOf(inv *Inventory, logical string) (string, error) {
	for _, f := range inv.files("v1") {
		if f.Logical == logical {
			return f.Content, nil
		}
	}
	return "", FileNotFound.With("id", inv.ID, "file", clip(logical))
}

// RestoreFile puts the bytes of source in the place of a content file that is damaged or
// missing. Their digest is counted first and must be the Spec's, otherwise BadContent and
// nothing is changed. What stood in the place is kept in the folder keep, which is made.
//
// It may be called again after any failure or crash. The right file comes into its place by
// one rename, so at every moment the old one or the right one stands there, except where
// something other than a file had to be moved away first.
func (r *Root) RestoreFile(ctx context.Context, s Spec, logical, source, keep string) error {
	inv, err := s.inventory()
	if err != nil {
		return err
	}
	content, err := contentOf(inv, logical)
	if err != nil {
		return err
	}
	want := ""
	for digest, paths := range inv.Manifest {
		if slices.Contains(paths, content) {
			want = digest
		}
	}
	r.busy.Lock()
	defer r.busy.Unlock()
	if err := r.disk.Mkdir(r.staging); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, s.ID, err)
	}
	from := filepath.Join(r.staging, "restore-"+stageName(s.ID)+"-"+want)
	if err := r.disk.RemoveAll(from); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, s.ID, err)
	}
	// A copy and not a link: what is kept here must not hang on the bytes of another place.
	if err := r.disk.Copy(source, from); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, s.ID, err)
	}
	if err := r.disk.SyncFile(from); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, s.ID, err)
	}
	if have, err := digestFile(from, "sha512"); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, s.ID, err)
	} else if have != want {
		return errors.Join(BadContent.With("file", clip(logical), "problem", "SHA-512 ≠"), r.disk.RemoveAll(from))
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(err, r.disk.RemoveAll(from))
	}
	if err := r.replace(s.ID, content, from, keep); err != nil {
		return fmt.Errorf("restore %s of object %s: %w", logical, s.ID, err)
	}
	return nil
}

// replace moves a durable file into an object, keeping what stood there.
func (r *Root) replace(id, rel, from, keep string) error {
	if err := r.mkdirs(r.dir, r.layout.Path(id)+"/"+path.Dir(rel), keep); err != nil {
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
	to := ""
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

// OpenContent opens a content file where the Spec says that it lies, without trusting the
// object's inventory. The caller closes it. Nothing outside the object is opened.
func (r *Root) OpenContent(s Spec, logical string) (*os.File, error) {
	inv, err := s.inventory()
	if err != nil {
		return nil, err
	}
	content, err := contentOf(inv, logical)
	if err != nil {
		return nil, err
	}
	return r.open(s.ID, content)
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
