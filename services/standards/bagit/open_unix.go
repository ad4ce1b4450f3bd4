//go:build unix

package bagit

import (
	"errors"
	"os"
	"syscall"
)

// openFlags keep an open from following a link put in place of the file and from waiting
// on a pipe.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// flushDir makes the names in a directory durable.
func flushDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
