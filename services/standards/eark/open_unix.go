//go:build unix

package eark

import "syscall"

// openFlags keep an open from following a link put in place of the file and from waiting
// on a pipe.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
