package bagit

import (
	"bytes"
	"io"
	"reflect"
	"slices"
	"testing"
)

// TestAMeasuredFileIsAsOneThatCame makes the same bag of files that came and of files that were measured
// before, in pieces: both reports are equal, and names are judged alike.
func TestAMeasuredFileIsAsOneThatCame(t *testing.T) {
	files := map[string][]byte{
		"data/1/a.txt": []byte("бір"), "data/1/A.txt": []byte("екі"), "data/2/x.pdf": append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("x"), 200_000)...),
		"data/3/": nil, "data/../x": []byte("x"), "data/4/empty": {},
	}
	paths := []string{"data/1/a.txt", "data/1/A.txt", "data/2/x.pdf", "data/3/", "data/../x", "data/4/empty"}
	came, known := NewChecker(Options{BLAKE3: true}), NewChecker(Options{BLAKE3: true})
	for _, path := range paths {
		errCame := came.File(path, int64(len(files[path])), bytes.NewReader(files[path]), nil)
		m := NewMeasure(path, nil)
		for piece := range slices.Chunk(files[path], 70_001) {
			if _, err := m.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		errKnown := known.Known(m.Entry())
		if (errCame == nil) != (errKnown == nil) {
			t.Errorf("%s: %v and %v", path, errCame, errKnown)
		}
	}
	if a, b := came.Finish(), known.Finish(); !reflect.DeepEqual(a, b) {
		t.Errorf("%+v\n%+v", a, b)
	}
}

// TestOldManifestsAreCountedForMeasuredFiles sends a manifest with MD5 after files that were measured:
// Reread counts what is missing.
func TestOldManifestsAreCountedForMeasuredFiles(t *testing.T) {
	c := NewChecker(Options{})
	m := NewMeasure("data/a", nil)
	_, _ = m.Write([]byte("hello\n"))
	if err := c.Known(m.Entry()); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		"bagit.txt":        "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
		"manifest-md5.txt": "b1946ac92492d2347c6235b4d2611184  data/a\n",
	} {
		if err := c.File(path, int64(len(text)), bytes.NewReader([]byte(text)), nil); err != nil {
			t.Fatal(err)
		}
	}
	reread := 0
	if err := c.Reread(t.Context(), func(string) (io.ReadCloser, error) {
		reread++
		return io.NopCloser(bytes.NewReader([]byte("hello\n"))), nil
	}); err != nil || reread != 1 {
		t.Fatalf("%d, %v", reread, err)
	}
	if r := c.Finish(); !r.Valid() {
		t.Error(r.Err())
	}
}
