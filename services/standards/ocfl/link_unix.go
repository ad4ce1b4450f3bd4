//go:build unix

package ocfl

import (
	"errors"
	"syscall"
)

// cannotLink says whether the file system will never make this link, so that a copy must
// do: other file system, links not supported or not allowed, too many of them.
func cannotLink(err error) bool {
	for _, e := range []syscall.Errno{syscall.EXDEV, syscall.EPERM, syscall.EMLINK, syscall.ENOTSUP, syscall.ENOSYS} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
