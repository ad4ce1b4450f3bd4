package staging

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// filled opens a package of some files of no byte, as many as the disk takes.
func filled(t *testing.T, dir string, files int) (*Set, int, error) {
	t.Helper()
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.OpenSet("p", "t", "o", Bare)
	if err != nil {
		t.Fatal(err)
	}
	for n := range files {
		if _, err := s.Open(File{Path: fmt.Sprintf("data/%d/%06d", n%7, n), Size: 1}); err != nil {
			return s, n, err
		}
	}
	return s, files, nil
}

// filledTogether brings files of one byte, fifty to a call.
func filledTogether(t *testing.T, dir string, files int) (*Set, int, error) {
	t.Helper()
	s, _, err := filled(t, dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < files; n += 50 {
		var arrived []Arrived
		for i := n; i < n+50; i++ {
			arrived = append(arrived, Arrived{
				File: File{Path: fmt.Sprintf("data/%d/%06d", i%7, i), Size: 1}, Content: []byte("x"),
				SHA256: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
			})
		}
		came, err := s.area.NewCame(arrived)
		if err != nil {
			t.Fatal(err)
		}
		together, err := s.Expect(came)
		if err == nil {
			err = together.Put()
		}
		if err != nil {
			return s, n, err
		}
	}
	return s, files, nil
}

// ways are those in which files become known.
var ways = map[string]func(t *testing.T, dir string, files int) (*Set, int, error){"announced": filled, "together": filledTogether}

// TestASetOfManyFilesTakesLittleMemory lets in 5,000 files, of which nobody holds one, and finds each again.
func TestASetOfManyFilesTakesLittleMemory(t *testing.T) {
	for name, fill := range ways {
		t.Run(name, func(t *testing.T) { littleMemory(t, fill) })
	}
}

func littleMemory(t *testing.T, fill func(t *testing.T, dir string, files int) (*Set, int, error)) {
	_, _, err := fill(t, t.TempDir(), 50) // memory that is lent again is no file's
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, files, err := fill(t, t.TempDir(), 5000)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // what is let go of is forgotten one collection later
		runtime.GC()
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("%d KiB for %d files", grown>>10, files)
	}
	last, n := "", 0
	for p, err := range s.Parts("") {
		if err != nil || p.Path <= last {
			t.Fatal(p, last, err)
		}
		last, n = p.Path, n+1
	}
	if all := s.Totals(); n != files || all.Files != files || all.Bytes != uint64(files) {
		t.Errorf("%d of %d files, %+v", n, files, all)
	}
	rest := 0
	for _, err := range s.Parts("data/5/000005") {
		if err != nil {
			t.Fatal(err)
		}
		rest++
	}
	if want := files/7 + files/7 - 1; rest < want-1 || rest > want+1 {
		t.Errorf("%d files follow, expected are %d", rest, want)
	}
	p, err := s.Open(File{Path: last, Size: 1})
	if err != nil || p.Path != last {
		t.Fatal(p, err)
	}
	if same, err := s.Part(p.ID()); err != nil || same != p {
		t.Error(same, err)
	}
	for _, id := range []string{"p.", "p.../../x", "p." + keyOf("absent"), "other." + keyOf(last)} {
		if _, err := s.Part(id); !errors.Is(err, NoUpload) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// TestPathsAreKnownAfterAFullDisk fills a disk with rows, or a pack, until the table of the paths has no room; where there
// is room again, every file is found.
func TestPathsAreKnownAfterAFullDisk(t *testing.T) {
	for name, fill := range ways {
		t.Run(name, func(t *testing.T) { fullDisk(t, fill) })
	}
}

func fullDisk(t *testing.T, fill func(t *testing.T, dir string, files int) (*Set, int, error)) {
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("no tmpfs can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	room := filepath.Join(dir, "room")
	if err := os.WriteFile(room, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s, made, err := fill(t, filepath.Join(dir, "staging"), 100_000)
	if !errors.Is(err, unix.ENOSPC) || made < 1000 {
		t.Fatal(made, err)
	}
	if err := os.Remove(room); err != nil {
		t.Fatal(err)
	}
	n := 0
	for p, err := range s.Parts("") {
		if err != nil || p == nil {
			t.Fatal(p, err)
		}
		n++
	}
	if n < made || n > made+1 {
		t.Errorf("%d of %d files are found again", n, made)
	}
	if is, err := s.Has("data/0/000000"); err != nil || !is {
		t.Error(is, err)
	}
}
