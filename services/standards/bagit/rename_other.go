//go:build !linux

package bagit

// renameNew renames, and gives fs.ErrExist where the new name is taken.
func renameNew(from, to string) error { return renameChecked(from, to) }
