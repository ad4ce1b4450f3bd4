package web

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"testing"
)

// mostScript is how many bytes all our scripts may have together, compressed (ux).
const mostScript = 25 << 10

func TestScriptsAreSmall(t *testing.T) {
	names, err := fs.Glob(own, "static/*.js")
	if err != nil || len(names) == 0 {
		t.Fatalf("scripts: %v, %v", names, err)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	for _, name := range names {
		raw, err := fs.ReadFile(own, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if out.Len() > mostScript {
		t.Errorf("%d scripts have %d bytes compressed, at most %d", len(names), out.Len(), mostScript)
	}
	t.Logf("%d scripts, %d bytes compressed", len(names), out.Len())
}
