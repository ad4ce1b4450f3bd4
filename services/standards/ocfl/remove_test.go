package ocfl

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestRemoveMayBeCutAnywhere cuts Remove at each change it makes to the disk, lost or done. After the cut the object stands whole or is gone
// from the root; called again, Remove ends, and another object of the root is as it was.
func TestRemoveMayBeCutAnywhere(t *testing.T) {
	s := spec(t, scratch(t))
	other := s
	other.ID = "urn:other"
	for _, done := range []bool{false, true} {
		for at := 0; ; at++ {
			r := newRoot(t)
			away := filepath.Join(filepath.Dir(r.dir), "removed")
			for _, made := range []Spec{s, other} {
				if _, err := r.Create(t.Context(), made); err != nil {
					t.Fatal(err)
				}
			}
			f := &cutting{at: at, done: done}
			r.disk = f
			err := r.Remove(s.ID, away)
			if f.op == "" {
				if err != nil || at < 8 {
					t.Fatalf("%d steps, %v", at, err)
				}
				break
			}
			what := fmt.Sprintf("step %d %s done=%v", at, f.op, done)
			if !errors.Is(err, errPower) {
				t.Fatalf("%s: error %v was swallowed", what, err)
			}
			fresh, err := Open(r.dir) // what the next process does
			if err != nil {
				t.Fatal(err)
			}
			if report, err := ValidateObject(t.Context(), fresh.Path(s.ID)); err == nil && !report.Valid() {
				t.Errorf("%s: half an object stands: %v", what, codes(report.Faults))
			}
			for range 2 { // again, and once more where nothing is left
				if err := fresh.Remove(s.ID, away); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
			}
			if left, err := os.ReadDir(away); err != nil || len(left) != 0 {
				t.Errorf("%s: left %v, %v", what, left, err)
			}
			if _, err := fresh.Object(s.ID); !errors.Is(err, NotFound) {
				t.Errorf("%s: it is found: %v", what, err)
			}
			if o, err := fresh.Object(other.ID); err != nil || o.Inventory.ID != other.ID {
				t.Errorf("%s: the other: %v", what, err)
			}
			if report, err := fresh.Validate(t.Context()); err != nil || !report.Valid() {
				t.Errorf("%s: the root: %v %v", what, err, report)
			}
		}
	}
}
