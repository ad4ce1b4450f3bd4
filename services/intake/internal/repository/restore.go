package repository

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
func (w *Restoring) Put(ctx context.Context, spec ocfl.Spec) error { return w.PutAt(ctx, spec, "") }

// PutAt is Put for a file as of a version of the object, "v1" the first.
func (w *Restoring) PutAt(ctx context.Context, spec ocfl.Spec, version string) error {
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
	known, err := w.repo.root.KnownAt(spec, version)
	if err != nil {
		return err
	}
	err = known.Restore(ctx, w.path, w.file.Name(), keep)
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

// Digest counts a content file as it stands; empty where it is missing or cannot be read.
func (r *Repository) Digest(ctx context.Context, spec ocfl.Spec, path string) (string, error) {
	return r.DigestAt(ctx, spec, "", path)
}

// DigestAt is Digest for a file as of a version of the object, "v1" the first.
func (r *Repository) DigestAt(ctx context.Context, spec ocfl.Spec, version, path string) (string, error) {
	known, err := r.root.KnownAt(spec, version)
	if err != nil {
		return "", err
	}
	return known.Digest(ctx, path)
}

// InventoryDigest is the SHA-512 of an object's inventory.json; empty where it cannot be read.
func (r *Repository) InventoryDigest(object string) string {
	raw, err := os.ReadFile(filepath.Join(r.root.Path(object), "inventory.json"))
	if err != nil {
		return ""
	}
	sum := sha512.Sum512(raw)
	return hex.EncodeToString(sum[:])
}

// CheckRecord compares an object's own record with what its Spec makes.
func (r *Repository) CheckRecord(spec ocfl.Spec) ([]ocfl.Difference, error) {
	return r.root.CheckRecord(spec)
}

// RestoreRecord writes an object's own record anew where it is damaged, keeping what stood
// there.
func (r *Repository) RestoreRecord(spec ocfl.Spec, command string) ([]ocfl.Difference, error) {
	keep := filepath.Join(r.home, Quarantine(command))
	if err := os.MkdirAll(filepath.Dir(keep), 0o700); err != nil {
		return nil, fmt.Errorf("restore record: %w", err)
	}
	defer r.opened.forget(spec.ID)
	return r.root.RestoreRecord(spec, keep)
}

// sweepRestoring takes away bytes that dead restorations left; what is in quarantine stays.
func (r *Repository) sweepRestoring() error {
	if err := os.RemoveAll(filepath.Join(r.home, "restoring")); err != nil {
		return fmt.Errorf("repository: %w", err)
	}
	return nil
}
