package bagit

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// BenchmarkOnePass compares taking a file in (sha256, sha512, identification, copy to a
// file) with a plain copy to a file, and with hashing alone.
func BenchmarkOnePass(b *testing.B) {
	content := make([]byte, 32<<20)
	_, _ = rand.Read(content)
	target := func(b *testing.B) *os.File {
		f, err := os.Create(filepath.Join(b.TempDir(), "copy"))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = f.Close() })
		return f
	}
	b.Run("copy", func(b *testing.B) {
		f := target(b)
		b.SetBytes(int64(len(content)))
		for b.Loop() {
			_, _ = f.Seek(0, io.SeekStart)
			if _, err := io.CopyBuffer(struct{ io.Writer }{f}, struct{ io.Reader }{bytes.NewReader(content)}, make([]byte, bufferSize)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("pass", func(b *testing.B) {
		f := target(b)
		b.SetBytes(int64(len(content)))
		for b.Loop() {
			_, _ = f.Seek(0, io.SeekStart)
			if err := NewChecker(Options{}).File("data/x.bin", -1, bytes.NewReader(content), f); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("pass-no-copy", func(b *testing.B) {
		b.SetBytes(int64(len(content)))
		for b.Loop() {
			if err := NewChecker(Options{}).File("data/x.bin", -1, bytes.NewReader(content), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkForms makes and checks a bag of 64 records of 1 MiB in each form.
func BenchmarkForms(b *testing.B) {
	content := make([]byte, 1<<20)
	_, _ = rand.Read(content)
	payload := fstest.MapFS{}
	for i := range 64 {
		payload[fmt.Sprintf("%02d.bin", i)] = &fstest.MapFile{Data: content}
	}
	for name, form := range forms {
		b.Run("make/"+name, func(b *testing.B) {
			b.SetBytes(64 << 20)
			b.ReportAllocs()
			dir := b.TempDir()
			for i := 0; b.Loop(); i++ {
				if _, err := Make(b.Context(), filepath.Join(dir, fmt.Sprint(i)+name), payload, nil, Making{Form: form}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("validate/"+name, func(b *testing.B) {
			to := filepath.Join(b.TempDir(), name)
			if _, err := Make(b.Context(), to, payload, nil, Making{Form: form}); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(64 << 20)
			b.ReportAllocs()
			for b.Loop() {
				if r, err := Validate(b.Context(), to, Options{}); err != nil || !r.Valid() {
					b.Fatal(err, r)
				}
			}
		})
	}
}

// BenchmarkSmallFiles takes 1,000 files of 20 KiB, the size of most records, per round.
func BenchmarkSmallFiles(b *testing.B) {
	content := strings.Repeat("қ", 10<<10)
	b.SetBytes(int64(1000 * len(content)))
	b.ReportAllocs()
	for b.Loop() {
		c := NewChecker(Options{})
		for i := range 1000 {
			if err := c.File(fmt.Sprintf("data/%d/%d.txt", i%100, i), -1, strings.NewReader(content), nil); err != nil {
				b.Fatal(err)
			}
		}
	}
}
