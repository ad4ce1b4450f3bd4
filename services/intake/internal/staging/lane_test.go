package staging

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/qoyma/qoyma/services/standards/flush"
)

// sizes are files on each side of what goes past the page cache, with and without a rest of a block.
var sizes = []int{0, 1, 4096, uncached - 1, uncached, uncached + 123, uncached + block}

func content(seed uint64, size int) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, size)
	for i := 0; i+8 <= size; i += 8 {
		copy(b[i:], fmt.Sprintf("%08x", uint32(random.Uint64())))
	}
	return b
}

// send gives a file in pieces of uneven length.
func send(u *Upload, path string, b []byte) error {
	if _, err := u.File(path, uint64(len(b))); err != nil {
		return err
	}
	for n := 1; len(b) > 0; n = n*3 + 1 {
		piece := b[:min(n, len(b), 1<<20)]
		if err := u.Data(append([]byte(nil), piece...)); err != nil {
			return err
		}
		b = b[len(piece):]
	}
	return nil
}

func TestWhatIsSentStandsInStagingByteForByte(t *testing.T) {
	area, err := Open(filepath.Join(t.TempDir(), "staging"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := area.Begin("p")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{}
	for i, size := range sizes {
		want[fmt.Sprintf("data/large-%d", i)] = content(uint64(i), size)
	}
	for i := range 2 * flush.Joined { // so many that they are flushed together
		want[fmt.Sprintf("data/small-%d", i)] = content(uint64(i), 100+i)
	}
	for path, b := range want {
		if err := send(u, path, b); err != nil {
			t.Fatal(err)
		}
	}
	if err := u.Wrap(nil); err != nil {
		t.Fatal(err)
	}
	report, err := u.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Keep(); err != nil {
		t.Fatal(err)
	}
	came := 0
	if len(report.Faults) != 0 || report.Files != len(want) {
		t.Fatalf("%d files, faults %v", report.Files, report.Faults)
	}
	for e, err := range u.Files(false) {
		if came++; err != nil {
			t.Fatal(err)
		}
		b := want[e.Path]
		got, err := os.ReadFile(area.Path("p", e.Path))
		if err != nil || string(got) != string(b) {
			t.Errorf("%s: %d of %d bytes, or others, %v", e.Path, len(got), len(b), err)
		}
		s256, s512 := sha256.Sum256(b), sha512.Sum512(b)
		if e.SHA256 != hex.EncodeToString(s256[:]) || e.SHA512 != hex.EncodeToString(s512[:]) || e.Size != int64(len(b)) {
			t.Errorf("%s: digests of other bytes", e.Path)
		}
	}
	if err := u.Close(); err != nil || came != len(want) {
		t.Errorf("%d files, %v", came, err)
	}
}

func TestAFileIsWrittenThroughTheCacheWhereItCannotBePastIt(t *testing.T) {
	path, want := filepath.Join(t.TempDir(), "f"), content(1, 3*block+5)
	to, err := create(path, uncached)
	if err != nil {
		t.Fatal(err)
	}
	d, ok := to.(*direct)
	if !ok {
		t.Skip("this file system opens no file so")
	}
	// A block that begins at an odd address is what a disk refuses to take as it is.
	d.filling, d.writing = make([]byte, block+1)[1:], make([]byte, block+1)[1:]
	_, err = d.past.WriteAt(d.filling, 0)
	if err == nil {
		t.Skip("this file system takes any block")
	}
	if !errors.Is(err, unix.EINVAL) {
		t.Fatal(err)
	}
	for _, p := range [][]byte{want[:block/2], want[block/2:]} {
		if _, err := d.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != string(want) {
		t.Errorf("%d of %d bytes, or others, %v", len(got), len(want), err)
	}
}

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

// TestADiskThatDoesNotTakeTheNamesEndsAnUpload sends nothing but names, more than are held in memory: they end with
// the one that the disk has no room for, not after the last.
func TestADiskThatDoesNotTakeTheNamesEndsAnUpload(t *testing.T) {
	area, err := Open(filepath.Join(small(t, 64<<10), "staging"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := area.Begin("p")
	if err != nil {
		t.Fatal(err)
	}
	const most = 40_000
	came := 0
	for err == nil && came < most {
		_, err = u.File(fmt.Sprintf("data/1/%0100d", came), 0)
		came++
	}
	if !errors.Is(err, unix.ENOSPC) || came == most {
		t.Errorf("%d names came, %v", came, err)
	}
	// Close says once more what was lost.
	if err := errors.Join(u.Discard(), u.Close()); !errors.Is(err, unix.ENOSPC) {
		t.Error(err)
	}
}

func TestAFullDiskEndsAnUploadAndLeavesNothing(t *testing.T) {
	for name, size := range map[string]int{"through the cache": uncached / 2, "past the cache": 2 * uncached} {
		t.Run(name, func(t *testing.T) {
			dir := small(t, 2<<20)
			area, err := Open(filepath.Join(dir, "staging"))
			if err != nil {
				t.Fatal(err)
			}
			u, err := area.Begin("p")
			if err != nil {
				t.Fatal(err)
			}
			err = send(u, "data/1", content(1, size))
			if err == nil {
				_, err = u.Finish()
			}
			if !errors.Is(err, unix.ENOSPC) {
				t.Errorf("a full disk says %v", err)
			}
			if err := errors.Join(u.Discard(), u.Close()); err != nil {
				t.Fatal(err)
			}
			left, err := os.ReadDir(area.Dir())
			if err != nil || len(left) != 0 {
				t.Errorf("%v left, %v", left, err)
			}
		})
	}
}
