package ocfl

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// syncsAll says that syncAll is there.
const syncsAll = true

// syncAll flushes the file system that a directory is on. The kernel says here whatever it failed to write since the
// directory was opened (Linux 5.8).
func syncAll(watched *os.File) error {
	conn, err := watched.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = unix.Syncfs(int(fd)) }); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("flush %s: %w", watched.Name(), failed)
	}
	return nil
}
