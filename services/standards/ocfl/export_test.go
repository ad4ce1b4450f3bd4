package ocfl

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestAVersionIsTakenOut: any version, under its logical paths; a damaged file, a name that is taken and a
// version that is not there leave nothing.
func TestAVersionIsTakenOut(t *testing.T) {
	r, s := newRoot(t), spec(t, scratch(t))
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	o, err := r.Update(t.Context(), s.ID, Change{Head: "v1", Created: day, Message: "less", User: s.User, Remove: []string{"bagit.txt"}, Rename: []Rename{{"data/хаттама.txt", "other/name"}}})
	if err != nil {
		t.Fatal(err)
	}
	beside, at := scratch(t), r.Path(s.ID)
	alone := func(want int) {
		t.Helper()
		if entries, err := os.ReadDir(beside); err != nil || len(entries) != want {
			t.Errorf("%v lies there, %v", entries, err)
		}
	}
	for _, version := range []string{"", "v1", "v2"} {
		to := filepath.Join(beside, "out"+version)
		e, err := Export(t.Context(), at, version, to)
		name := version
		if name == "" {
			name = "v2"
		}
		if err != nil || e.ID != s.ID || e.Version != name || e.Files != len(filesOf(t, o, name)) {
			t.Fatal(version, e, err)
		}
		for _, f := range filesOf(t, o, name) {
			if digest, err := digestFile(filepath.Join(to, filepath.FromSlash(f.Logical)), "sha512"); err != nil || digest != f.Digest {
				t.Errorf("%s: %v", f.Logical, err)
			}
		}
	}
	alone(3)
	if _, err := Export(t.Context(), at, "", filepath.Join(beside, "out")); !errors.Is(err, ExportExists) {
		t.Errorf("a name that is taken: %v", err)
	}
	if _, err := Export(t.Context(), at, "v3", filepath.Join(beside, "new")); !errors.Is(err, NoVersion) {
		t.Errorf("no such version: %v", err)
	}
	if err := os.WriteFile(filepath.Join(at, filepath.FromSlash(filesOf(t, o, o.Inventory.Head)[0].Content)), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Export(t.Context(), at, "", filepath.Join(beside, "new")); !errors.Is(err, ExportDamaged) {
		t.Errorf("a damaged file: %v", err)
	}
	if _, err := Export(t.Context(), beside, "", filepath.Join(beside, "new")); err == nil {
		t.Error("no object")
	}
	alone(3)
}
