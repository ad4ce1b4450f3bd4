package ocfl_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// TestABagBecomesAnObjectInOnePass is how a transfer is received: each file is announced,
// its one pass copies it to staging under a name of ours, and what the pass found is all
// that the object needs. Nothing is read a second time.
func TestABagBecomesAnObjectInOnePass(t *testing.T) {
	bag := filepath.Join(t.TempDir(), "bag")
	payload := fstest.MapFS{"2024/хаттама.txt": {Data: []byte("мазмұны")}, "scan.pdf": {Data: []byte("%PDF-1.7\n%%EOF")}}
	if _, err := bagit.Create(t.Context(), bag, payload, []bagit.Field{{Label: "Source-Organization", Value: "Департамент"}}, bagit.Options{}); err != nil {
		t.Fatal(err)
	}

	staging := t.TempDir()
	where := map[string]string{}
	c := bagit.NewChecker(bagit.Options{})
	err := fs.WalkDir(os.DirFS(bag), ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		where[p] = filepath.Join(staging, strconv.Itoa(len(where)))
		from, err := os.Open(filepath.Join(bag, filepath.FromSlash(p)))
		if err != nil {
			return err
		}
		to, err := os.Create(where[p])
		if err != nil {
			return err
		}
		return errors.Join(c.File(p, -1, from, to), from.Close(), to.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	report := c.Finish()
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}

	root, err := ocfl.Init(filepath.Join(t.TempDir(), "originals"))
	if err != nil {
		t.Fatal(err)
	}
	spec := ocfl.Spec{
		ID: "urn:qoyma:kz-amo:transfer:17", Message: "Transfer 17", Created: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
		User: ocfl.User{Name: "service:intake", Address: "https://example.kz/"},
	}
	for _, e := range append(report.Payload, report.Tags...) {
		spec.Files = append(spec.Files, ocfl.Content{Logical: e.Path, Source: where[e.Path], SHA512: e.SHA512, Size: e.Size})
	}
	object, err := root.Create(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(staging); err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, err := range object.Files(t.Context(), "v1") {
		if err != nil {
			t.Fatal(err)
		}
		held++
	}
	if held != len(where) {
		t.Errorf("%d files of %d", held, len(where))
	}
	whole, err := root.Validate(t.Context())
	if err != nil || whole.Err("originals") != nil || len(whole.Warnings) > 0 {
		t.Errorf("%v %+v", err, whole)
	}
}
