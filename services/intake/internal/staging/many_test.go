package staging

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/zeebo/blake3"

	"github.com/qoyma/qoyma/services/standards/flush"
)

func begun(t *testing.T) (*Area, *Upload) {
	t.Helper()
	area, err := Open(filepath.Join(t.TempDir(), "staging"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := area.Begin("p")
	if err != nil {
		t.Fatal(err)
	}
	return area, u
}

// read gives a file that came whole.
func read(places *Places, id, path string) ([]byte, error) {
	at, err := places.Of(id, path)
	if err != nil {
		return nil, err
	}
	f, err := at.Open()
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(f)
	return raw, errors.Join(err, f.Close(), places.Whole(id, path, uint64(len(raw))))
}

// TestManyAreWhatWasSent sends files together, on each side of what a digest counts at once, more of them than are flushed one
// by one. Their memory comes back filled with other bytes: nobody looks at it again.
func TestManyAreWhatWasSent(t *testing.T) {
	area, u := begun(t)
	var looked sync.Map
	u.Look = func(path string, content []byte) error {
		looked.Store(path, string(content))
		return nil
	}
	want := map[string]string{}
	var lent, back atomic.Int32
	for batch := range 3 * flush.Joined {
		var files []Small
		for i, size := range []int{0, 1, 63, 64, 127, 128, 1023, 1024, 1025, 20 << 10, 64<<10 - 1, 64 << 10} {
			b := content(uint64(batch), size)
			f := Small{Path: fmt.Sprintf("data/%d/%d", batch, i), Size: uint64(size), Content: b}
			files, want[f.Path] = append(files, f), string(b)
		}
		lent.Add(1)
		if full, err := u.Many(files, func() {
			for _, f := range files {
				clear(f.Content)
			}
			back.Add(1)
		}); full || err != nil {
			t.Fatal(full, err)
		}
	}
	if err := u.Wrap(nil); err != nil {
		t.Fatal(err)
	}
	report, err := u.Finish()
	if err != nil || len(report.Faults) != 0 || report.Files != len(want) || lent.Load() != back.Load() {
		t.Fatalf("%v, %v, %d came back of %d", report, err, back.Load(), lent.Load())
	}
	if err := u.Keep(); err != nil {
		t.Fatal(err)
	}
	came := 0
	places := area.Places()
	for e, err := range u.Files(false) {
		if came++; err != nil {
			t.Fatal(err)
		}
		b := []byte(want[e.Path])
		if got, err := read(places, "p", e.Path); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s: %d bytes of %d, or others, %v", e.Path, len(got), len(b), err)
		}
		if saw, _ := looked.Load(e.Path); saw != string(b) {
			t.Errorf("%s: other bytes were looked at", e.Path)
		}
		s256, s512, fast := sha256.Sum256(b), sha512.Sum512(b), blake3.Sum256(b)
		if e.SHA256 != hex.EncodeToString(s256[:]) || e.SHA512 != hex.EncodeToString(s512[:]) || e.BLAKE3 != hex.EncodeToString(fast[:]) || e.Size != int64(len(b)) {
			t.Errorf("%s: digests of other bytes", e.Path)
		}
	}
	if err := errors.Join(places.Close(), u.Close()); err != nil || came != len(want) {
		t.Errorf("%d files, %v", came, err)
	}
}

// TestManyThatFailEndTheUpload breaks the way of one file among others.
func TestManyThatFailEndTheUpload(t *testing.T) {
	files := []Small{{Path: "data/1", Size: 1, Content: []byte("a")}, {Path: "data/2", Size: 1, Content: []byte("b")}, {Path: "data/3", Size: 1, Content: []byte("c")}}
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		prepare func(area *Area, u *Upload) error
		want    error
	}{
		"a pack is there": {func(area *Area, _ *Upload) error { return os.WriteFile(area.file("p", packName), nil, 0o600) }, fs.ErrExist},
		"rows are there":  {func(area *Area, _ *Upload) error { return os.WriteFile(area.file("p", packIndex), nil, 0o600) }, fs.ErrExist},
		"the folder went": {func(area *Area, _ *Upload) error { return area.Remove("p") }, fs.ErrNotExist},
		"nobody can look": {func(_ *Area, u *Upload) error {
			u.Look = func(path string, _ []byte) error {
				if path == "data/2" {
					return broken
				}
				return nil
			}
			return nil
		}, broken},
	} {
		t.Run(name, func(t *testing.T) {
			area, u := begun(t)
			if err := c.prepare(area, u); err != nil {
				t.Fatal(err)
			}
			_, err := u.Many(files, nil)
			for n := 0; err == nil && n < 1000; n++ { // the lane may be behind
				_, err = u.Many([]Small{{Path: fmt.Sprint("data/more/", n)}}, nil)
			}
			if _, ended := u.Finish(); !errors.Is(ended, c.want) || err != nil && !errors.Is(err, c.want) {
				t.Errorf("%v, then %v", err, ended)
			}
			if err := u.Discard(); err != nil {
				t.Error(err)
			}
			if err := u.Close(); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(area.Dir()); err != nil || len(left) != 0 {
				t.Errorf("%v left, %v", left, err)
			}
		})
	}
}

// TestLentPiecesComeBack sends a large file in parts, whose memory is filled with other bytes once it came back.
func TestLentPiecesComeBack(t *testing.T) {
	area, u := begun(t)
	want := content(7, 3*uncached/2)
	if _, err := u.File("data/1", uint64(len(want))); err != nil {
		t.Fatal(err)
	}
	lent, back := 0, make(chan struct{}, len(want))
	for rest := want; len(rest) > 0; lent++ {
		piece := bytes.Clone(rest[:min(len(rest), 300_000+lent)])
		rest = rest[len(piece):]
		var parts [][]byte
		for p := piece; len(p) > 0; p = p[min(len(p), 16<<10):] {
			parts = append(parts, p[:min(len(p), 16<<10)])
		}
		if err := u.Take(Lent{Parts: parts, Back: func() { clear(piece); back <- struct{}{} }}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := u.Finish(); err != nil {
		t.Fatal(err)
	}
	if len(back) != lent {
		t.Errorf("%d of %d came back", len(back), lent)
	}
	got, err := os.ReadFile(area.Path("p", "data/1"))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d of %d bytes, or others, %v", len(got), len(want), err)
	}
	sum := sha512.Sum512(want)
	for e, err := range u.Files(false) {
		if err != nil || e.SHA512 != hex.EncodeToString(sum[:]) {
			t.Error("a digest of other bytes, or", err)
		}
	}
	if err := u.Close(); err != nil {
		t.Error(err)
	}
}
