package ocfl

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestAnInventoryThatCannotBeReadHasNoIndex: it is lost, as reading the object says; an end that was asked for is no loss.
func TestAnInventoryThatCannotBeReadHasNoIndex(t *testing.T) {
	r, s := newRoot(t), spec(t, scratch(t))
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if x, err := r.Index(ended, s.ID, "v1"); x != nil || !errors.Is(err, context.Canceled) || Lost(err) {
		t.Errorf("ended: %v, %v", x, err)
	}
	for _, text := range []string{"", "{", `{"id": rot`, "[]"} {
		if err := os.WriteFile(filepath.Join(r.Path(s.ID), inventoryName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if x, err := r.Index(t.Context(), s.ID, "v1"); x != nil || err == nil || !Lost(err) {
			t.Errorf("%q: %v, %v", text, x, err)
		}
	}
}

// TestNobodyFallsOverADamagedInventory: with a version that nothing lists beside it, as an update that was cut leaves one, an object whose
// inventory is damaged is looked at, swept and validated, also where that is broken off.
func TestNobodyFallsOverADamagedInventory(t *testing.T) {
	for _, where := range []string{inventoryName, "v2/" + inventoryName, "v1/" + inventoryName} {
		for _, text := range []string{"", `{"id": rot`, "{}", "[]"} {
			r, dir := newRoot(t), scratch(t)
			s := spec(t, dir)
			if _, err := r.Create(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Update(t.Context(), s.ID, second(t, dir)); err != nil {
				t.Fatal(err)
			}
			at := r.Path(s.ID)
			if where != inventoryName { // the root's is that of the version before, as before the last step
				for _, name := range []string{inventoryName, inventoryName + ".sha512"} {
					old, err := os.ReadFile(filepath.Join(at, "v1", name))
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(at, name), old, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := os.WriteFile(filepath.Join(at, filepath.FromSlash(where)), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			fresh, err := Open(r.dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := fresh.Sweep(); err != nil {
				t.Errorf("%s %q: swept: %v", where, text, err)
			}
			_, _ = fresh.Object(s.ID) // refused or not: it does not fall over
			if report, err := ValidateObject(t.Context(), at); err != nil || report.Valid() {
				t.Errorf("%s %q: validated: %v, %v", where, text, report, err)
			}
			ended, end := context.WithCancel(t.Context())
			end()
			if _, err := ValidateObject(ended, at); where != inventoryName && !errors.Is(err, context.Canceled) {
				t.Errorf("%s %q: ended: %v", where, text, err)
			}
		}
	}
}
