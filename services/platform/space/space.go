// Package space asks the file system how much room is left.
//
// The store refuses commands below a reserve of free space, and the bus restarts a
// stream that a full disk froze only when there is room again; both ask here, so that
// both mean the same number.
package space

import (
	"fmt"
	"math/bits"

	"golang.org/x/sys/unix"
)

// Free is the number of bytes that this process, without root's reserve, may still
// write on the file system that holds path. Path must exist; the error names it and
// wraps the system's (fs.ErrNotExist and the like).
//
// The number is a moment's: others write to the same disk. A caller keeps a reserve
// and still handles ENOSPC.
func Free(path string) (uint64, error) {
	var st unix.Statfs_t
	for {
		err := unix.Statfs(path, &st)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			return 0, fmt.Errorf("free space of %s: %w", path, err)
		}
	}
	size := st.Frsize
	if size <= 0 {
		size = st.Bsize
	}
	return product(st.Bavail, uint64(max(size, 0))), nil
}

// product multiplies and stays at the greatest number where it would overflow: some
// network file systems report an absurd count of blocks to say "plenty".
func product(blocks, size uint64) uint64 {
	high, low := bits.Mul64(blocks, size)
	if high != 0 {
		return ^uint64(0)
	}
	return low
}
