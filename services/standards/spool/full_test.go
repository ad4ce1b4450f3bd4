package spool_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// small mounts a file system of so many bytes.
func small(t *testing.T, size int) (dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("no tmpfs can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestAFullDiskIsSaidAgainAndLeavesNothing fills disks that are full at once, while the file is made, and later: every row
// that comes then is refused without another try, what is asked is refused too, and no name stays.
func TestAFullDiskIsSaidAgainAndLeavesNothing(t *testing.T) {
	for _, pages := range []int{1, 2, 3, 4, 5, 6, 8, 12, 20} {
		t.Run(fmt.Sprint(pages, " pages"), func(t *testing.T) {
			dir := small(t, pages*os.Getpagesize())
			place := spool.Place{Dir: dir, Budget: 1000}
			table, sorter := place.Table(), place.Sorter()
			var inTable, inSorter error
			for n := range 2000 {
				key := fmt.Sprint(n, strings.Repeat("k", 100))
				for _, one := range []struct {
					seen *error
					now  error
				}{{&inTable, table.Put(key, key)}, {&inSorter, sorter.Add([]byte(key), []byte(key))}} {
					if *one.seen != nil && !errors.Is(one.now, *one.seen) {
						t.Fatalf("row %d: %v after %v", n, one.now, *one.seen)
					}
					*one.seen = one.now
				}
				if _, _, err := table.Get(key + "?"); (err != nil) != (inTable != nil) {
					t.Fatalf("row %d: asked %v, put %v", n, err, inTable)
				}
			}
			for _, err := range []error{inTable, inSorter} {
				if !errors.Is(err, unix.ENOSPC) {
					t.Errorf("a full disk says %v", err)
				}
			}
			if c := sorter.Sorted(); c.Next() || !errors.Is(c.Err(), unix.ENOSPC) {
				t.Errorf("rows of which some are lost are given: %v", c.Err())
			}
			left, err := os.ReadDir(dir)
			if err = errors.Join(err, table.Close(), sorter.Close()); err != nil || len(left) != 0 {
				t.Errorf("%v left, %v", left, err)
			}
		})
	}
}
