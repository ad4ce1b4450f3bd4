package repository

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// Version is a later version of an object, in which one file is another than before.
type Version struct {
	Object string
	Number uint32 // 2 the second
	Path   string // of the file
	Change ocfl.Change
	Write  func(io.Writer) error // gives its bytes, the same whenever it is called
}

// Made is a version that stands.
type Made struct {
	Path      string
	Size      uint64
	SHA512    string // of the file
	Inventory string // SHA-512 of the object's inventory.json
}

// ChangeOf is what a version says of itself beside its file. It follows from the journal alone.
func ChangeOf(archive string, head uint32, through uint64, at time.Time) ocfl.Change {
	return ocfl.Change{
		Head: "v" + strconv.FormatUint(uint64(head), 10), Message: fmt.Sprintf("History up to event %d of the journal of intake", through), Created: at,
		User: ocfl.User{Name: "Qoyma intake, archive " + archive, Address: "urn:qoyma:" + archive + ":intake"},
	}
}

// AddVersion makes the version of an object that is described; as is nil where it cannot be, because another program
// made it, and then its inventory is held in memory. When it returns nil the version is whole, durable and the newest. It may
// be called again after any failure or crash. Where another program made that version, before the process
// was replaced by this one, it is taken as it stands. Errors: those of ocfl.Root.Update.
func (r *Repository) AddVersion(ctx context.Context, v Version, as *ocfl.Described) (m Made, err error) {
	m.Path = v.Path
	dir := filepath.Join(r.home, "restoring")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m, fmt.Errorf("repository: %w", err)
	}
	// A new file each time, never the old one written over: it may be linked into the object already.
	// What a crash leaves here the next start sweeps away.
	f, err := os.CreateTemp(dir, "version-*")
	if err != nil {
		return m, fmt.Errorf("repository: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	h := sha512.New()
	err = v.Write(io.MultiWriter(f, h))
	info, statErr := f.Stat()
	if err = errors.Join(err, statErr, f.Close()); err != nil {
		return m, fmt.Errorf("repository: version %d of %s: %w", v.Number, v.Object, err)
	}
	m.Size, m.SHA512 = uint64(info.Size()), hex.EncodeToString(h.Sum(nil))
	v.Change.Put = []ocfl.Content{{Logical: v.Path, Source: f.Name(), SHA512: m.SHA512, Size: info.Size()}}
	m.Inventory, err = r.update(ctx, v, as)
	r.indexes.forget(v.Object)
	if errors.Is(err, ocfl.Moved) {
		if err = r.others(v, err); err == nil {
			m.Size, m.SHA512, _, err = r.Standing(ctx, v.Object, v.Number, v.Path)
		}
		if err == nil {
			m.Inventory, err = r.root.Digest(ctx, v.Object, "inventory.json")
		}
	}
	if err != nil {
		return m, fmt.Errorf("repository: version %d of %s: %w", v.Number, v.Object, err)
	}
	return m, nil
}

func (r *Repository) update(ctx context.Context, v Version, as *ocfl.Described) (inventory string, err error) {
	if as != nil {
		return as.Add(ctx, v.Change)
	}
	if _, err := r.root.Update(ctx, v.Object, v.Change); err != nil {
		return "", err
	}
	return r.root.Digest(ctx, v.Object, "inventory.json")
}

// others is nil where the object's newest version is the one that was to be made; moved otherwise.
func (r *Repository) others(v Version, moved error) error {
	o, err := r.root.Object(v.Object)
	if err != nil {
		return errors.Join(moved, err)
	}
	if inv := o.Inventory; inv.Head != "v"+strconv.FormatUint(uint64(v.Number), 10) || inv.Versions[inv.Head].Message != v.Change.Message {
		return moved
	}
	return nil
}
