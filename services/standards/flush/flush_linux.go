package flush

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Joins says that FileSystem is there.
const Joins = true

// FileSystem makes durable everything on the file system that a folder is on: contents and names. The kernel says here
// whatever it failed to write since the folder was opened (Linux 5.8), so it is opened before the first byte is written.
func FileSystem(folder *os.File) error {
	conn, err := folder.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = unix.Syncfs(int(fd)) }); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("flush %s: %w", folder.Name(), failed)
	}
	return nil
}
