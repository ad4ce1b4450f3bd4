package ocfl

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// puts are changes of a few files each: some new, some replaced, some with bytes that are there already.
func puts(t *testing.T, random *rand.Rand, s Spec, dir string, count int) (later []Change) {
	state := map[string]string{}
	for _, f := range s.Files {
		state[f.Logical] = strings.ToLower(f.SHA512)
	}
	for v := range count {
		c := Change{Head: fmt.Sprint("v", v+1), Message: strings.Repeat(`"@": [`, v%2), User: s.User, Created: day.AddDate(0, v, 0)}
		for n := range 1 + random.IntN(3) {
			p, text := fmt.Sprint("later/", random.IntN(4)), fmt.Sprint("bytes ", v, n, random.IntN(3))
			if len(s.Files) > 0 && random.IntN(3) == 0 {
				p = s.Files[random.IntN(len(s.Files))].Logical
			}
			if slices.ContainsFunc(c.Put, func(f Content) bool { return f.Logical == p }) {
				continue
			}
			f := content(t, dir, p, text)
			if len(s.Files) > 0 && random.IntN(3) == 0 {
				f = s.Files[random.IntN(len(s.Files))]
				f.Logical = p
			}
			c.Put = append(c.Put, f)
		}
		changes := false
		for _, f := range c.Put {
			changes = changes || state[f.Logical] != strings.ToLower(f.SHA512)
			state[f.Logical] = strings.ToLower(f.SHA512)
		}
		if !changes {
			c.Put = append(c.Put, content(t, dir, fmt.Sprint("more/", v), fmt.Sprint("more ", v)))
			state[fmt.Sprint("more/", v)] = hexOf(fmt.Sprint("more ", v))
		}
		later = append(later, c)
	}
	return later
}

// TestDescribedIsTheSameObject makes objects of up to eleven versions both ways: every byte of the two roots
// is the same, each file is known at the same place, and either's record is whole in the eyes of the other.
func TestDescribedIsTheSameObject(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	for round := range 12 {
		dir := scratch(t)
		s := spec(t, dir)
		if round == 0 {
			s.Files = nil
		}
		later := puts(t, random, s, dir, round)
		one, many := newRoot(t), newRoot(t)
		_, err := one.Create(t.Context(), s)
		must(t, err)
		_, err = many.CreateFrom(t.Context(), s, oneByOne(s.Files))
		must(t, err)
		grows, err := many.Describe(t.Context(), s, oneByOne(s.Files))
		must(t, err)
		var shas []string
		for n, c := range later {
			_, err := one.Update(t.Context(), s.ID, c)
			must(t, err)
			sha, err := grows.Add(t.Context(), c)
			must(t, err)
			if n == 0 {
				first, err := s.InventorySHA512()
				must(t, err)
				shas = []string{first}
			}
			shas = append(shas, sha)
		}
		must(t, grows.Close())
		if want, got := tree(t, one.dir), tree(t, many.dir); !maps.Equal(want, got) {
			t.Fatalf("round %d: %v\nis not\n%v", round, got, want)
		}
		s.Later = later
		d, err := one.Describe(t.Context(), s, oneByOne(s.Files))
		must(t, err)
		want, err := s.InventorySHA512()
		must(t, err)
		if got, err := d.InventorySHA512(); err != nil || got != want {
			t.Fatalf("round %d: %s, want %s %v", round, got, want, err)
		}
		for v := range round + 1 {
			sameKnown(t, one, s, d, fmt.Sprint("v", v+1))
		}
		if wrong, err := one.CheckRecorded(s.ID, append([]string{want}[:max(0, 1-len(shas))], shas...)); err != nil || len(wrong) > 0 {
			t.Errorf("round %d: %v %v", round, wrong, err)
		}
		mended, err := d.RestoreRecord(filepath.Join(dir, "keep"))
		if err != nil || len(mended) > 0 {
			t.Errorf("round %d: %v %v", round, mended, err)
		}
		must(t, d.Close())
	}
}

// sameKnown compares where the files of a version lie, after three ways of finding them.
func sameKnown(t *testing.T, r *Root, s Spec, d *Described, version string) {
	t.Helper()
	known, err := r.KnownAt(s, version)
	must(t, err)
	x, err := r.Index(t.Context(), s.ID, version)
	must(t, err)
	defer func() { must(t, x.Close()) }()
	for p, at := range known.files {
		one, err := d.Known(version, p)
		if err != nil || one.files[p] != at {
			t.Errorf("%s of %s: %v, want %v, %v", p, version, one, at, err)
		}
		if content, err := x.At(p); err != nil || content != at.content {
			t.Errorf("%s of %s lies at %s, want %s, %v", p, version, content, at.content, err)
		}
	}
	if _, err := d.Known(version, "absent"); !errors.Is(err, FileNotFound) {
		t.Error(err)
	}
	if _, err := d.Known("v99", "bagit.txt"); !errors.Is(err, FileNotFound) {
		t.Error(err)
	}
}

func TestDescribedRefusesWhatUpdateRefuses(t *testing.T) {
	dir := scratch(t)
	s := spec(t, dir)
	good := content(t, dir, "data/new", "new")
	for name, one := range map[string]struct {
		spoil func(*Change)
		want  error
	}{
		"moved":     {func(c *Change) { c.Head = "v2" }, Moved},
		"unchanged": {func(c *Change) { c.Put = s.Files[:1] }, Unchanged},
		"nothing":   {func(c *Change) { c.Put = nil }, Unchanged},
		"digest":    {func(c *Change) { c.Put[0].SHA512 = "abc" }, BadContent},
		"twice":     {func(c *Change) { c.Put = append(c.Put, c.Put[0]) }, BadContent},
		"in a file": {func(c *Change) { c.Put[0].Logical = "bagit.txt/x" }, BadContent},
		"a folder":  {func(c *Change) { c.Put[0].Logical = "data" }, BadContent},
		"traversal": {func(c *Change) { c.Put[0].Logical = "../x" }, BadContent},
		"absolute":  {func(c *Change) { c.Put[0].Logical = "/x" }, BadContent},
		"size":      {func(c *Change) { c.Put[0].Size++ }, BadContent},
		"removes":   {func(c *Change) { c.Remove = []string{"bagit.txt"} }, errOnlyPut},
	} {
		r := newRoot(t)
		_, err := r.Create(t.Context(), s)
		must(t, err)
		before := tree(t, r.dir)
		c := Change{Head: "v1", Created: day, User: s.User, Put: []Content{good}}
		one.spoil(&c)
		d, err := r.Describe(t.Context(), s, oneByOne(s.Files))
		must(t, err)
		if _, err := d.Add(t.Context(), c); !errors.Is(err, one.want) {
			t.Errorf("%s: %v", name, err)
		}
		must(t, d.Close())
		if !maps.Equal(tree(t, r.dir), before) {
			t.Errorf("%s: the root changed", name)
		}
	}
}

// TestAddMayBeCutAnywhere is TestAnUpdateMayBeCutAnywhere for Described.Add.
func TestAddMayBeCutAnywhere(t *testing.T) {
	dir := scratch(t)
	s := spec(t, dir)
	c := Change{Head: "v1", Message: "m", Created: day, User: s.User, Put: []Content{content(t, dir, "data/new", "new"), content(t, dir, "bagit.txt", "other")}}
	add := func(r *Root) error {
		d, err := r.Describe(t.Context(), s, oneByOne(s.Files))
		if err == nil {
			_, err = d.Add(t.Context(), c)
			err = errors.Join(err, d.Close())
		}
		return err
	}
	for _, done := range []bool{false, true} {
		for _, sweep := range []bool{false, true} {
			for at := 0; ; at++ {
				r := newRoot(t)
				_, err := r.Create(t.Context(), s)
				must(t, err)
				f := &cutting{at: at, done: done}
				r.disk = f
				err = add(r)
				if f.op == "" {
					if err != nil || at < 15 {
						t.Fatalf("%d steps, %v", at, err)
					}
					break
				}
				what := fmt.Sprintf("step %d %s done=%v sweep=%v", at, f.op, done, sweep)
				if !errors.Is(err, errPower) {
					t.Fatalf("%s: error %v was swallowed", what, err)
				}
				fresh, err := Open(r.dir)
				must(t, err)
				if sweep {
					must(t, fresh.Sweep())
				}
				if at%2 == 0 {
					o, err := fresh.Object(s.ID)
					if err != nil || o.Inventory.Head != "v1" && o.Inventory.Head != "v2" || len(o.Inventory.Manifest) > 0 {
						t.Fatalf("%s: %v %v", what, o, err)
					}
				}
				if err := add(fresh); err != nil {
					t.Fatalf("%s: again: %v", what, err)
				}
				mustHold(t, fresh, s.ID, map[string]string{"data/хаттама.txt": "мазмұны", "data/2024/copy.txt": "мазмұны", "data/empty": "", "bagit.txt": "other", "data/new": "new"})
				must(t, fresh.Sweep())
				if left, err := os.ReadDir(fresh.staging); err != nil || len(left) > 0 {
					t.Errorf("%s: staging holds %v %v", what, left, err)
				}
			}
		}
	}
}

// TestAddFindsAnother has the version made by somebody else, the same and another.
func TestAddFindsAnother(t *testing.T) {
	dir := scratch(t)
	s := spec(t, dir)
	c := Change{Head: "v1", Message: "m", Created: day, User: s.User, Put: []Content{content(t, dir, "data/new", "new")}}
	for message, want := range map[string]error{"m": nil, "another": Moved} {
		r := newRoot(t)
		_, err := r.Create(t.Context(), s)
		must(t, err)
		other := c
		other.Message = message
		_, err = r.Update(t.Context(), s.ID, other)
		must(t, err)
		d, err := r.Describe(t.Context(), s, oneByOne(s.Files))
		must(t, err)
		if _, err := d.Add(t.Context(), c); !errors.Is(err, want) {
			t.Errorf("%s: %v", message, err)
		}
		must(t, d.Close())
	}
}

// TestDescribedMendsARecord spoils each file of a record, of an object of two versions.
func TestDescribedMendsARecord(t *testing.T) {
	dir := scratch(t)
	s := spec(t, dir)
	s.Later = []Change{{Head: "v1", Message: "m", Created: day, User: s.User, Put: []Content{content(t, dir, "data/new", "new")}}}
	r := newRoot(t)
	_, err := r.Create(t.Context(), s)
	must(t, err)
	_, err = r.Update(t.Context(), s.ID, s.Later[0])
	must(t, err)
	whole := tree(t, r.dir)
	newest, err := s.InventorySHA512()
	must(t, err)
	first := s
	first.Later = nil
	oldest, err := first.InventorySHA512()
	must(t, err)
	shas := []string{oldest, newest}
	d, err := r.Describe(t.Context(), s, oneByOne(s.Files))
	must(t, err)
	defer func() { must(t, d.Close()) }()
	for i, name := range []string{"inventory.json", "inventory.json.sha512", "v1/inventory.json", "v1/inventory.json.sha512", "v2/inventory.json", "v2/inventory.json.sha512", "0=ocfl_object_1.1"} {
		damaged := filepath.Join(r.Path(s.ID), name)
		must(t, os.Remove(damaged))
		if i%2 == 0 {
			must(t, os.WriteFile(damaged, []byte("{}"), 0o600))
		}
		want, err := r.CheckRecord(s)
		must(t, err)
		twin, could, err := r.RestoreRecorded(s.ID, shas, filepath.Join(dir, fmt.Sprint("twin", i)))
		if err != nil || could != (name != "v1/inventory.json") || could && (len(twin) != 1 || twin[0].Path != name) {
			t.Errorf("%s: %v %v, %v", name, twin, could, err)
		}
		if could {
			if !maps.Equal(tree(t, r.dir), whole) {
				t.Errorf("%s: the object is not what it was", name)
			}
			must(t, os.Remove(damaged))
			if i%2 == 0 {
				must(t, os.WriteFile(damaged, []byte("{}"), 0o600))
			}
		}
		mended, err := d.RestoreRecord(filepath.Join(dir, fmt.Sprint("keep", i)))
		if err != nil || len(mended) != 1 || mended[0].Path != name || !slices.Equal(mended, want) {
			t.Errorf("%s: %v, want %v, %v", name, mended, want, err)
		}
		if !maps.Equal(tree(t, r.dir), whole) {
			t.Errorf("%s: the object is not what it was", name)
		}
	}
	both := []string{"inventory.json", "v2/inventory.json"}
	for _, name := range both {
		must(t, os.WriteFile(filepath.Join(r.Path(s.ID), name), []byte("{}"), 0o600))
	}
	if mended, could, err := r.RestoreRecorded(s.ID, shas, filepath.Join(dir, "none")); could || len(mended) > 0 || err != nil {
		t.Errorf("both are damaged: %v %v %v", mended, could, err)
	}
	old, err := r.Describe(t.Context(), Spec{ID: s.ID, User: s.User, Created: s.Created, Message: s.Message}, oneByOne(s.Files))
	must(t, err)
	if _, err := old.RestoreRecord(dir); !errors.Is(err, Moved) {
		t.Errorf("a record without its last version: %v", err)
	}
	must(t, old.Close())
}
