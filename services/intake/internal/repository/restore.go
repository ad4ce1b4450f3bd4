package repository

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// WrongBytes is answered where a restoration does not bring what was accepted.
var WrongBytes = fault.Define(fault.Refused, "intake.restore.bytes",
	"the bytes sent for {path} are not the ones that were accepted; nothing was changed; restore from another copy",
	"присланные для {path} байты – не те, что были приняты; ничего не изменено; восстановите из другой копии",
	"{path} үшін жіберілген байттар қабылданғандар емес; ештеңе өзгертілмеді; басқа көшірмеден қалпына келтіріңіз")

// Restoring is a restoration under way: bytes that come in, counted.
type Restoring struct {
	repo    *Repository
	command string
	path    string // logical
	want    string
	size    uint64
	got     uint64
	file    *os.File
}

func (r *Repository) incoming(command string) string {
	return filepath.Join(r.home, "restoring", command)
}

// Quarantine is the folder, relative to the service's, that keeps what a command replaced.
func Quarantine(command string) string { return filepath.Join("quarantine", command) }

// Restore begins to take the bytes of a file. The caller ends it with Close in any case.
func (r *Repository) Restore(command, path, sha512hex string, size uint64) (*Restoring, error) {
	if err := os.MkdirAll(filepath.Join(r.home, "restoring"), 0o700); err != nil {
		return nil, fmt.Errorf("restore %s: %w", path, err)
	}
	f, err := os.OpenFile(r.incoming(command), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("restore %s: %w", path, err)
	}
	return &Restoring{repo: r, command: command, path: path, want: sha512hex, size: size, file: f}, nil
}

// Write takes the next bytes; WrongBytes where there are more than the file has.
func (w *Restoring) Write(p []byte) (int, error) {
	if w.got += uint64(len(p)); w.got > w.size {
		return 0, WrongBytes.With("path", w.path)
	}
	n, err := w.file.Write(p)
	if err != nil {
		return n, fmt.Errorf("restore %s: %w", w.path, err)
	}
	return n, nil
}

// Put checks the bytes and puts them in the place of the damaged file, which is kept. It may
// be called again for the same command after a crash.
func (w *Restoring) Put(ctx context.Context, known *ocfl.Known) error {
	if w.got != w.size {
		return WrongBytes.With("path", w.path)
	}
	// The folder says that this command has begun to replace: where the process dies between
	// the replacement and its event, the repeated command finds it and writes the event.
	keep := filepath.Join(w.repo.home, Quarantine(w.command))
	if err := os.MkdirAll(keep, 0o700); err != nil {
		return fmt.Errorf("restore %s: %w", w.path, err)
	}
	if err := errors.Join(syncDir(filepath.Dir(keep)), syncDir(w.repo.home)); err != nil {
		return fmt.Errorf("restore %s: %w", w.path, err)
	}
	err := known.Restore(ctx, w.path, w.file.Name(), keep)
	if errors.Is(err, ocfl.BadContent) {
		return WrongBytes.With("path", w.path).Because(err)
	}
	if err != nil {
		return err
	}
	// Read back: only what stands on the disk counts.
	have, err := known.Digest(ctx, w.path)
	if err == nil && have != w.want {
		err = Damaged.With("what", w.path)
	}
	return err
}

// Close takes the incoming bytes away.
func (w *Restoring) Close() error {
	return errors.Join(w.file.Close(), os.Remove(w.file.Name()))
}

// Begun tells whether a command has begun to replace something, and the digest of what it kept;
// empty where nothing stood there or it cannot be read.
func (r *Repository) Begun(command string) (begun bool, kept []string, err error) {
	dir := filepath.Join(r.home, Quarantine(command))
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil, nil
	}
	if err != nil {
		return false, nil, fmt.Errorf("quarantine: %w", err)
	}
	for _, e := range entries {
		kept = append(kept, e.Name())
	}
	return true, kept, nil
}

// KeptDigest is the SHA-512 of a file in quarantine; empty where it cannot be read.
func (r *Repository) KeptDigest(ctx context.Context, command, name string) string {
	f, err := os.Open(filepath.Join(r.home, Quarantine(command), filepath.Base(name)))
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil || ctx.Err() != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Sought is a file of an object as the journal knows it.
type Sought struct {
	Object, Path, SHA512 string
	Version              uint32 // that brought it, 1 the first
	Inventory            string // SHA-512 of the object's inventory.json
}

// Find tells where a file must lie, and its SHA-512 as it stands there, empty where it is missing or cannot be
// read. A file that is whole under its own name is found without the object's inventory; else the inventory
// says it, if it is the one that was recorded, and otherwise what describe makes of the journal.
func (r *Repository) Find(ctx context.Context, f Sought, describe func() (*ocfl.Described, error)) (known *ocfl.Known, have string, err error) {
	content := own(f.Version, f.Path)
	if have, err = r.root.Digest(ctx, f.Object, content); err != nil {
		return nil, "", err
	}
	if have == f.SHA512 {
		return r.root.KnownOne(f.Object, f.Path, content, f.SHA512), have, nil
	}
	elsewhere, inventory, err := r.indexes.at(ctx, r.root, f.Object, fmt.Sprint("v", f.Version), f.Path)
	switch {
	case err == nil && inventory == f.Inventory:
		known = r.root.KnownOne(f.Object, f.Path, elsewhere, f.SHA512)
	case err == nil || ocfl.Lost(err):
		if known, err = r.described(f, describe); err != nil {
			return nil, "", err
		}
	default:
		return nil, "", err
	}
	have, err = known.Digest(ctx, f.Path)
	return known, have, err
}

func (r *Repository) described(f Sought, describe func() (*ocfl.Described, error)) (known *ocfl.Known, err error) {
	d, err := describe()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Known(fmt.Sprint("v", f.Version), f.Path)
}

// Describe works out what a Spec makes of an object's files, which are given one by one. The caller closes it.
func (r *Repository) Describe(ctx context.Context, spec ocfl.Spec, files iter.Seq2[File, error]) (*ocfl.Described, error) {
	d, err := r.root.Describe(ctx, spec, contents(files))
	if err != nil {
		return nil, fmt.Errorf("repository: %w", err)
	}
	return d, nil
}

// CheckRecord compares an object's own record with what was recorded of it: the SHA-512 of its inventory
// after each version, the first version's first.
func (r *Repository) CheckRecord(object string, inventories []string) ([]ocfl.Difference, error) {
	return r.root.CheckRecorded(object, inventories)
}

// RestoreRecord writes an object's own record anew where it is damaged, keeping what stood there: by the digests that
// CheckRecord takes, or where its inventories cannot be had from one another as the journal describes it.
func (r *Repository) RestoreRecord(object string, inventories []string, describe func() (*ocfl.Described, error), command string) (mended []ocfl.Difference, err error) {
	keep := filepath.Join(r.home, Quarantine(command))
	if err := os.MkdirAll(filepath.Dir(keep), 0o700); err != nil {
		return nil, fmt.Errorf("restore record: %w", err)
	}
	defer r.indexes.forget(object)
	mended, could, err := r.root.RestoreRecorded(object, inventories, keep)
	if could || err != nil {
		return mended, err
	}
	as, err := describe()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, as.Close()) }()
	return as.RestoreRecord(keep)
}

// sweepRestoring takes away bytes that dead restorations left; what is in quarantine stays.
func (r *Repository) sweepRestoring() error {
	if err := os.RemoveAll(filepath.Join(r.home, "restoring")); err != nil {
		return fmt.Errorf("repository: %w", err)
	}
	return nil
}
