//go:build unix

package bagit

import "syscall"

// openFlags keep an open from following a link put in place of the file and from waiting
// on a pipe.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
