package ocfl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkCreate makes an object of 20 files of 20 KiB, as a small transfer has, on the
// disk of the temporary folder: every file is synced, so the disk decides.
func BenchmarkCreate(b *testing.B) {
	r, err := Init(filepath.Join(b.TempDir(), "ocfl"))
	if err != nil {
		b.Fatal(err)
	}
	s := Spec{Created: day, User: User{Name: "A"}}
	dir := b.TempDir()
	for i := range 20 {
		text := strings.Repeat(fmt.Sprintf("%09d\n", i), 2048)
		source := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
		s.Files = append(s.Files, Content{fmt.Sprintf("data/%d", i), source, hexOf(text), int64(len(text))})
	}
	n := 0
	for b.Loop() {
		n++
		s.ID = fmt.Sprintf("urn:qoyma:bench:%d", n)
		if _, err := r.Create(b.Context(), s); err != nil {
			b.Fatal(err)
		}
	}
}
