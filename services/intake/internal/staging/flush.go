package staging

import (
	"errors"
	"os"
	"sync"

	"github.com/qoyma/qoyma/services/standards/flush"
)

// flushes is how many files are flushed at once: the file system joins them into few commits.
const flushes = 16

// flush has the disk take every file of the package.
func (u *Upload) flush() error {
	if len(u.written) >= flush.Joined {
		return flush.FileSystem(u.folder)
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

// flushLoaded has the disk take what was read of unfinished packages: a process that was killed may have left it in the
// kernel's memory alone, and it counts from now on.
func (a *Area) flushLoaded(sets int) error {
	if sets == 0 {
		return nil
	}
	folder, err := os.Open(a.dir)
	if err != nil {
		return err
	}
	return errors.Join(flush.FileSystem(folder), folder.Close())
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
