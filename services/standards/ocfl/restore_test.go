package ocfl

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// hurt is one way in which an object suffers.
type hurt struct {
	name string
	do   func(t *testing.T, object string)
}

func known(t *testing.T, r *Root, s Spec) *Known {
	t.Helper()
	k, err := r.Known(s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func where(t *testing.T, r *Root, s Spec) string {
	t.Helper()
	return filepath.Join(r.Path(s.ID), filepath.FromSlash(known(t, r, s).files["data/хаттама.txt"].content))
}

func hurts(t *testing.T, r *Root, s Spec) []hurt {
	at := where(t, r, s)
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	return []hurt{
		{"a byte", func(t *testing.T, _ string) {
			raw, err := os.ReadFile(at)
			must(t, err)
			raw[0] ^= 1
			must(t, os.WriteFile(at, raw, 0o600))
		}},
		{"cut short", func(t *testing.T, _ string) { must(t, os.Truncate(at, 1)) }},
		{"gone", func(t *testing.T, _ string) { must(t, os.Remove(at)) }},
		{"a folder in its place", func(t *testing.T, _ string) {
			must(t, os.Remove(at))
			must(t, os.MkdirAll(filepath.Join(at, "deep"), 0o700))
		}},
		{"a link in its place", func(t *testing.T, _ string) {
			must(t, os.Remove(at))
			must(t, os.Symlink("/etc/passwd", at))
		}},
		{"a link out of the object above it", func(t *testing.T, _ string) {
			must(t, os.RemoveAll(filepath.Dir(at)))
			must(t, os.Symlink(t.TempDir(), filepath.Dir(at)))
		}},
		{"its folder gone", func(t *testing.T, _ string) { must(t, os.RemoveAll(filepath.Dir(at))) }},
		{"the inventory's last byte", func(t *testing.T, object string) {
			name := filepath.Join(object, "inventory.json")
			raw, err := os.ReadFile(name)
			must(t, err)
			must(t, os.WriteFile(name, append(bytes.TrimSpace(raw), ' '), 0o600))
		}},
		{"the sidecar gone", func(t *testing.T, object string) { must(t, os.Remove(filepath.Join(object, "inventory.json.sha512"))) }},
		{"the version's inventory", func(t *testing.T, object string) {
			must(t, os.WriteFile(filepath.Join(object, "v1", "inventory.json"), []byte("{"), 0o600))
		}},
		{"the declaration gone", func(t *testing.T, object string) { must(t, os.Remove(filepath.Join(object, "0=ocfl_object_1.1"))) }},
		{"the object gone", func(t *testing.T, object string) { must(t, os.RemoveAll(object)) }},
	}
}

// mend restores whatever of an object is damaged, as its keepers do.
func mend(t *testing.T, r *Root, s Spec, keep string) error {
	if _, err := r.RestoreRecord(s, keep); err != nil {
		return err
	}
	for _, f := range s.Files {
		have, err := known(t, r, s).Digest(t.Context(), f.Logical)
		if err != nil {
			return err
		}
		if have == f.SHA512 {
			continue
		}
		if err := known(t, r, s).Restore(t.Context(), f.Logical, f.Source, keep); err != nil {
			return err
		}
	}
	return nil
}

// TestWhatIsDamagedIsRestored hurts an object in every way, and cuts the restoration at every
// change it makes to the disk.
func TestWhatIsDamagedIsRestored(t *testing.T) {
	s := spec(t, scratch(t))
	for i := range hurts(t, newRoot(t), s) {
		for _, done := range []bool{false, true} {
			for at := 0; ; at++ {
				r := newRoot(t)
				r.disk = &cutting{at: -1, nolink: true} // the sources stay as they are
				if _, err := r.Create(t.Context(), s); err != nil {
					t.Fatal(err)
				}
				h := hurts(t, r, s)[i]
				h.do(t, r.Path(s.ID))
				if at == 0 {
					if report, err := r.Validate(t.Context()); err == nil && report.Valid() && i < 11 {
						t.Fatalf("%s: nothing is wrong", h.name)
					}
				}
				keep := filepath.Join(scratch(t), "quarantine", "1")
				f := &cutting{at: at, done: done}
				r.disk = f
				err := mend(t, r, s, keep)
				if f.op != "" {
					if !errors.Is(err, errPower) {
						t.Fatalf("%s, step %d %s: %v", h.name, at, f.op, err)
					}
					r, err = Open(r.dir)
					if err != nil {
						t.Fatal(err)
					}
					err = mend(t, r, s, keep)
				}
				if err != nil {
					t.Fatalf("%s, step %d %s done=%v: %v", h.name, at, f.op, done, err)
				}
				mustBeWhole(t, r, s.ID)
				if f.op == "" {
					break
				}
			}
		}
	}
}

// TestWhatWasDamagedIsKept: nothing is destroyed by a repair, and wrong bytes never come in.
func TestWhatWasDamagedIsKept(t *testing.T) {
	s := spec(t, scratch(t))
	r := newRoot(t)
	r.disk = &cutting{at: -1, nolink: true} // the sources stay as they are
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	at := where(t, r, s)
	if err := os.WriteFile(at, []byte("бүлінген"), 0o600); err != nil {
		t.Fatal(err)
	}
	keep := filepath.Join(scratch(t), "quarantine", "1")
	wrong := filepath.Join(scratch(t), "wrong")
	if err := os.WriteFile(wrong, []byte("басқа"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := known(t, r, s).Restore(t.Context(), "data/хаттама.txt", wrong, keep); !errors.Is(err, BadContent) {
		t.Fatalf("wrong bytes: %v", err)
	}
	if got, err := os.ReadFile(at); err != nil || string(got) != "бүлінген" {
		t.Errorf("wrong bytes changed something: %q %v", got, err)
	}
	// What is restored must not hang on the bytes that it came from.
	whole := filepath.Join(scratch(t), "whole")
	if err := os.WriteFile(whole, []byte("мазмұны"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := known(t, r, s).Restore(t.Context(), "data/хаттама.txt", whole, keep); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadDir(keep)
	if err != nil || len(kept) != 1 {
		t.Fatalf("%v %v", kept, err)
	}
	if got, err := os.ReadFile(filepath.Join(keep, kept[0].Name())); err != nil || string(got) != "бүлінген" {
		t.Errorf("kept %q %v", got, err)
	}
	if err := os.WriteFile(whole, []byte("кейін"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := known(t, r, s).Digest(t.Context(), "data/2024/copy.txt"); err != nil || got != hexOf("мазмұны") {
		t.Errorf("the twin of the restored file: %s %v", got, err)
	}
	if err := known(t, r, s).Restore(t.Context(), "data/nothing", whole, keep); !errors.Is(err, FileNotFound) {
		t.Errorf("a file that the object does not hold: %v", err)
	}
	sha, err := s.InventorySHA512()
	raw, readErr := os.ReadFile(filepath.Join(r.Path(s.ID), "inventory.json"))
	if err != nil || readErr != nil || sha != hexOf(string(raw)) {
		t.Errorf("the Spec's inventory is another: %v %v", err, readErr)
	}
}

func TestTheRecordIsCompared(t *testing.T) {
	s := spec(t, scratch(t))
	r := newRoot(t)
	missing, err := r.CheckRecord(s)
	if err != nil || len(missing) != 5 || slices.ContainsFunc(missing, func(d Difference) bool { return d.Have != "" || len(d.Want) != 128 }) {
		t.Errorf("no object: %v %v", missing, err)
	}
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if wrong, err := r.CheckRecord(s); err != nil || len(wrong) > 0 {
		t.Errorf("a whole object: %v %v", wrong, err)
	}
}
