package ocfl

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Remove takes an object away as a whole. One rename brings it into away, a folder on the same disk beside the storage root that is made where
// it is missing; then its bytes go, and folders of the layout that are empty then go too, because a storage root has none (OCFL 1.1, storage
// hierarchy). An object that is not there is removed. It may be called again after any failure: what an earlier call brought into away and did
// not end goes with it. Errors are the disk's.
func (r *Root) Remove(id, away string) error {
	r.busy.Lock()
	defer r.busy.Unlock()
	sum := sha256.Sum256([]byte(id))
	from, gone := r.Path(id), filepath.Join(away, hex.EncodeToString(sum[:]))
	err := r.disk.Mkdir(away)
	if err == nil {
		err = r.takeOut(from, gone)
	}
	// If we crash here, or while the bytes go: nothing reaches them, and the next call ends it.
	if err == nil {
		err = r.disk.RemoveAll(gone)
	}
	if err == nil {
		err = r.disk.SyncDir(away)
	}
	if err == nil {
		err = r.prune(filepath.Dir(from))
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	return nil
}

// prune takes away a directory of the layout and those above it, as long as they hold nothing. An earlier call may have begun.
func (r *Root) prune(dir string) error {
	for ; len(dir) > len(filepath.Clean(r.dir)); dir = filepath.Dir(dir) {
		err := r.disk.Rmdir(dir)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if held, readErr := os.ReadDir(dir); readErr == nil && len(held) > 0 {
			return nil
		}
		return err
	}
	return nil
}

func (r *Root) takeOut(from, to string) error {
	err := r.disk.Rename(from, to)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was taken out before, or never stood here
	}
	if err != nil {
		return err
	}
	for _, dir := range []string{filepath.Dir(from), filepath.Dir(to), filepath.Dir(filepath.Dir(to))} {
		if err := r.disk.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}
