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
		s.Files = append(s.Files, Content{Logical: fmt.Sprintf("data/%d", i), Source: source, SHA512: hexOf(text), Size: int64(len(text))})
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

// BenchmarkUpdate adds a second version with one new file of 20 KiB to objects of 20 such files.
func BenchmarkUpdate(b *testing.B) {
	r, err := Init(filepath.Join(b.TempDir(), "ocfl"))
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	file := func(i int) Content {
		return content(b, dir, fmt.Sprintf("data/%d", i), strings.Repeat(fmt.Sprintf("%09d\n", i), 2048))
	}
	s := Spec{Created: day, User: User{Name: "A"}}
	for i := range 20 {
		s.Files = append(s.Files, file(i))
	}
	c := Change{Head: "v1", Created: day, User: s.User, Put: []Content{file(20)}}
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		s.ID = fmt.Sprintf("urn:qoyma:bench:%d", n)
		if _, err := r.Create(b.Context(), s); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := r.Update(b.Context(), s.ID, c); err != nil {
			b.Fatal(err)
		}
	}
}
