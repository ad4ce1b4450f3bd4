package bagit

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameNew renames, and gives fs.ErrExist where the new name is taken, even by an empty
// directory.
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTSUP) {
		return renameChecked(from, to) // an old kernel, or a file system of the network
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}
