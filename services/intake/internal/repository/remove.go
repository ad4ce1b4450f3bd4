package repository

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Remove takes an object away as a whole. One rename brings it out of the storage root, then its bytes go; folders of the layout that are
// empty then go too, because a storage root has none (OCFL 1.1, storage hierarchy). It may be called again after any failure; an object that
// is not there is removed.
func (r *Repository) Remove(object string) error {
	sum := sha256.Sum256([]byte(object))
	away := filepath.Join(r.home, "removed")
	gone := filepath.Join(away, hex.EncodeToString(sum[:]))
	from := r.root.Path(object)
	if err := os.MkdirAll(away, 0o700); err != nil {
		return fmt.Errorf("remove %s: %w", object, err)
	}
	err := os.Rename(from, gone)
	if err == nil {
		err = errors.Join(syncDir(filepath.Dir(from)), syncDir(away), syncDir(r.home))
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil // it was taken out before
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", object, err)
	}
	r.opened.forget(object)
	// If we crash here, or while the bytes go: nothing reaches them, and the next call ends it.
	if err := os.RemoveAll(gone); err != nil {
		return fmt.Errorf("remove %s: %w", object, err)
	}
	for dir := filepath.Dir(from); dir != r.dir && len(dir) > len(r.dir); dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil {
			break // it holds others, or is gone
		}
	}
	if err := syncDir(away); err != nil {
		return fmt.Errorf("remove %s: %w", object, err)
	}
	return nil
}
