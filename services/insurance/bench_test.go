package insurance

import (
	"crypto/rand"
	"crypto/sha512"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
)

// TestHowFastTheFundWorks measures, on request (-v), copying and scrubbing beside the plainest
// way to do the same: cp with a sync, and SHA-512 over the bytes. What is said is MB/s of the
// original's bytes; a scrub reads both sides.
func TestHowFastTheFundWorks(t *testing.T) {
	if testing.Short() || !testing.Verbose() {
		t.Skip("a measurement")
	}
	for _, c := range []struct {
		name        string
		files, size int
	}{{"4 files of 32 MB", 4, 32 << 20}, {"400 files of 50 KB", 400, 50 << 10}} {
		dir := t.TempDir() // on disk
		w := newWorld(t, "site-1="+filepath.Join(dir, "site"))
		content, paths := map[string]string{}, []string{}
		buf := make([]byte, c.size)
		for i := range c.files {
			if _, err := rand.Read(buf); err != nil {
				t.Fatal(err)
			}
			name := "data/1/" + string(rune('a'+i%26)) + time.Duration(i).String()
			content[name] = string(buf)
			paths = append(paths, name)
		}
		w.intake.keep(object, content)
		total := float64(c.files*c.size) / 1e6
		base := measure(t, func() { plainCopy(t, w.intake.dir, filepath.Join(dir, "plain")) })
		if err := w.catalogued("2026-1", marked("1", object, paths)); err != nil {
			t.Fatal(err)
		}
		copied := measure(t, func() { w.copying() })
		w.state("1/2/1", "verified")
		hashed := measure(t, func() { plainHash(t, w.intake.dir); plainHash(t, filepath.Join(dir, "plain")) })
		var s *insurancev1.Scrub
		scrubbed := measure(t, func() { s = w.scrub("").GetScrub() })
		if s.GetDamaged() != 0 || s.GetBytes() != uint64(2*c.files*c.size) {
			t.Fatal(s)
		}
		t.Logf("%s: copy, read back, record %.0f MB/s (cp and sync %.0f); scrub %.0f MB/s read (SHA-512 alone %.0f)",
			c.name, total/copied.Seconds(), total/base.Seconds(), 2*total/scrubbed.Seconds(), 2*total/hashed.Seconds())
	}
}

func measure(t *testing.T, do func()) time.Duration {
	t.Helper()
	began := time.Now()
	do()
	return time.Since(began)
}

func each(t *testing.T, dir string, do func(path string)) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			do(path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func plainCopy(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	n := 0
	each(t, from, func(path string) {
		r, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		n++
		w, err := os.Create(filepath.Join(to, filepath.Base(path)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		_, _ = r.Close(), w.Close()
	})
}

func plainHash(t *testing.T, dir string) {
	t.Helper()
	each(t, dir, func(path string) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(sha512.New(), f); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	})
}
