package staging

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// flushes is how many files are flushed at once: the file system joins them into few commits.
	flushes = 16
	// joined is from how many files one flush of the whole file system costs less than one of each.
	joined = 64
)

// flush has the disk take every file of the package.
func (u *Upload) flush() error {
	if len(u.written) >= joined {
		return syncFileSystem(u.folder)
	}
	var workers sync.WaitGroup
	errs := make([]error, flushes)
	for n := range flushes {
		workers.Go(func() {
			for i := n; i < len(u.written) && errs[n] == nil; i += flushes {
				errs[n] = syncFile(u.written[i])
			}
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}

// syncFileSystem flushes the file system that a folder is on. The kernel says here whatever it failed to
// write since the folder was opened (Linux 5.8), so it is opened before the first byte is written.
func syncFileSystem(folder *os.File) error {
	conn, err := folder.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) { failed = unix.Syncfs(int(fd)) })
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("flush %s: %w", folder.Name(), err)
	}
	return nil
}

// syncFile flushes a closed file. What the kernel failed to write since is reported to this
// flush, being the first after the failure.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
