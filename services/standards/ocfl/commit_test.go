package ocfl

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnUpdateMayBeCutAnywhere cuts Update at each change it makes to the disk, lost or done.
// Whoever opens the object next, or Sweep at the next start, finds the old version or the new
// one, whole; called again, Update ends.
func TestAnUpdateMayBeCutAnywhere(t *testing.T) {
	dir := scratch(t)
	s, c := spec(t, dir), second(t, dir)
	before := map[string]string{"data/хаттама.txt": "мазмұны", "data/2024/copy.txt": "мазмұны", "data/empty": "", "bagit.txt": "BagIt-Version: 1.0\n"}
	half := 0
	for _, nolink := range []bool{false, true} {
		for _, done := range []bool{false, true} {
			for _, sweep := range []bool{false, true} {
				for at := 0; ; at++ {
					r := newRoot(t)
					if _, err := r.Create(t.Context(), s); err != nil {
						t.Fatal(err)
					}
					f := &cutting{at: at, done: done, nolink: nolink}
					r.disk = f
					_, err := r.Update(t.Context(), s.ID, c)
					if f.op == "" {
						if err != nil || at < 20 {
							t.Fatalf("%d steps, %v", at, err)
						}
						break
					}
					what := fmt.Sprintf("step %d %s done=%v sweep=%v", at, f.op, done, sweep)
					if !errors.Is(err, errPower) {
						t.Fatalf("%s: error %v was swallowed", what, err)
					}
					if report, err := r.Validate(t.Context()); err != nil {
						t.Fatal(err)
					} else if !report.Valid() {
						half++
					}
					fresh, err := Open(r.dir) // what the next process does
					if err != nil {
						t.Fatal(err)
					}
					if sweep {
						if err := fresh.Sweep(); err != nil {
							t.Fatalf("%s: %v", what, err)
						}
						if report, err := fresh.Validate(t.Context()); err != nil || !report.Valid() {
							t.Fatalf("%s: after Sweep: %v %v", what, err, codes(report.Faults))
						}
					}
					o, err := fresh.Object(s.ID)
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					mustHold(t, fresh, s.ID, map[string]map[string]string{"v1": before, "v2": afterSecond}[o.Inventory.Head])
					if _, err := fresh.Update(t.Context(), s.ID, c); err != nil {
						t.Fatalf("%s: again: %v", what, err)
					}
					mustHold(t, fresh, s.ID, afterSecond)
					if err := fresh.Sweep(); err != nil {
						t.Error(err)
					}
					if left, err := os.ReadDir(fresh.staging); err != nil || len(left) > 0 {
						t.Errorf("%s: staging holds %v %v", what, left, err)
					}
				}
			}
		}
	}
	if half == 0 {
		t.Error("no cut left the object between two versions: the repair was never tried")
	}
}

// TestACompletionMayBeCutToo cuts the repair of an object that a first cut has left half.
func TestACompletionMayBeCutToo(t *testing.T) {
	dir := scratch(t)
	s, c := spec(t, dir), second(t, dir)
	for at := range 12 {
		for again := range 12 {
			r := newRoot(t)
			if _, err := r.Create(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			// An update cut some steps after its version got its place.
			r.disk = &renames{cutting: cutting{at: -1}, after: at}
			_, _ = r.Update(t.Context(), s.ID, c) // it may be cut or not
			fresh, err := Open(r.dir)
			if err != nil {
				t.Fatal(err)
			}
			fresh.disk = &cutting{at: again, done: again%2 == 0}
			_, _ = fresh.Object(s.ID) // it may be cut or not
			last, err := Open(r.dir)
			if err != nil {
				t.Fatal(err)
			}
			if o := mustHold(t, last, s.ID, afterSecond); o.Inventory.Head != "v2" {
				t.Errorf("cut %d, then %d: %s", at, again, o.Inventory.Head)
			}
		}
	}
}

// renames cuts everything from some steps after the first rename on.
type renames struct {
	cutting
	after, seen int
}

func (f *renames) Rename(a, b string) error {
	if f.seen == 0 {
		f.seen = 1
		return f.osDisk.Rename(a, b)
	}
	return f.count(func() error { return f.osDisk.Rename(a, b) })
}

func (f *renames) count(do func() error) error {
	if f.seen > 0 {
		if f.seen++; f.seen-2 >= f.after {
			return errPower
		}
	}
	return do()
}

func (f *renames) SyncDir(d string) error {
	return f.count(func() error { return f.osDisk.SyncDir(d) })
}

func (f *renames) WriteFile(n string, text []byte) error {
	return f.count(func() error { return f.osDisk.WriteFile(n, text) })
}

// TestDamageIsNotTakenForACutUpdate: only what an update passes through is completed.
func TestDamageIsNotTakenForACutUpdate(t *testing.T) {
	dir := scratch(t)
	s, c := spec(t, dir), second(t, dir)
	for name, do := range map[string]func(t *testing.T, object string){
		"a sidecar of nothing": func(t *testing.T, o string) {
			put(t, o, inventoryName+".sha512", strings.Repeat("0", 128)+" inventory.json\n")
		},
		"a byte of the inventory": func(t *testing.T, o string) { spoil(t, filepath.Join(o, inventoryName)) },
		"a byte of the version's": func(t *testing.T, o string) {
			spoil(t, filepath.Join(o, inventoryName))
			spoil(t, filepath.Join(o, "v2", inventoryName))
		},
		"the older one, and a byte of the newer": func(t *testing.T, o string) {
			for _, n := range []string{inventoryName, inventoryName + ".sha512"} {
				text, err := os.ReadFile(filepath.Join(o, "v1", n))
				if err != nil {
					t.Fatal(err)
				}
				put(t, o, n, string(text))
			}
			spoil(t, filepath.Join(o, "v2", inventoryName))
		},
	} {
		r := newRoot(t)
		if _, err := r.Create(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Update(t.Context(), s.ID, c); err != nil {
			t.Fatal(err)
		}
		do(t, r.Path(s.ID))
		r.disk = &cutting{at: 0} // the first change to the disk would show
		_, _ = r.Object(s.ID)
		if report, err := r.Validate(t.Context()); err != nil || report.Valid() {
			t.Errorf("%s: was mended: %v", name, err)
		}
		if f, ok := r.disk.(*cutting); ok && f.n > 0 {
			t.Errorf("%s: something was written", name)
		}
	}
}

func spoil(t *testing.T, name string) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(raw), "Accession")
	raw[i] = 'a' // still JSON
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
