package premis

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// files are n objects as an accession has them.
func files(n int) func(yield func(Object) bool) {
	return func(yield func(Object) bool) {
		for i := range n {
			if !yield(Object{
				IDs: []Identifier{{"local", fmt.Sprintf("data/%d.pdf", i)}}, Category: File, Size: int64(i), OriginalName: "хаттама.pdf",
				Fixity: []Fixity{{"SHA-512", strings.Repeat("0", 128), ""}}, Formats: []Format{{Name: "PDF", Version: "1.4", Registry: PRONOM, Key: "fmt/18"}},
			}) {
				return
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	const n = 1000
	for b.Loop() {
		if err := (Stream{Objects: files(n)}).Encode(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "objects/s")
}

func BenchmarkDecode(b *testing.B) {
	const n = 1000
	var text bytes.Buffer
	if err := (Stream{Objects: files(n)}).Encode(&text); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, r, err := Decode(bytes.NewReader(text.Bytes()), Limits{}); err != nil || !r.Valid() {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "objects/s")
}
