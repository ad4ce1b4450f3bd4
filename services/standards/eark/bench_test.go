package eark

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// BenchmarkValidate checks a package of 2,000 records of 20 KiB.
func BenchmarkValidate(b *testing.B) {
	s := spec()
	payload := fstest.MapFS{}
	for i := range 2000 {
		payload[fmt.Sprintf("%04d.txt", i)] = &fstest.MapFile{Data: []byte(strings.Repeat(fmt.Sprint(i), 20<<10)[:20<<10])}
	}
	s.Payload = payload
	dir := filepath.Join(b.TempDir(), s.ID)
	made, err := Create(b.Context(), dir, s, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(made.Bytes)
	for b.Loop() {
		if r, err := Validate(b.Context(), dir, Options{}); err != nil || !r.Valid() {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(made.Files)*b.N)/b.Elapsed().Seconds(), "files/s")
}
