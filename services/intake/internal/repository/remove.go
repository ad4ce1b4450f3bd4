package repository

import (
	"fmt"
	"path/filepath"
)

// Remove takes an object away as a whole (ocfl.Root.Remove). It may be called again after any failure; an object that is not there is removed.
func (r *Repository) Remove(object string) error {
	err := r.root.Remove(object, filepath.Join(r.home, "removed"))
	r.opened.forget(object)
	if err != nil {
		return fmt.Errorf("repository: %w", err)
	}
	return nil
}
