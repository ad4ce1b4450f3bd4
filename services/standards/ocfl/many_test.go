package ocfl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/standards/flush"
)

// given one by one, as CreateFrom takes them.
func oneByOne(files []Content) iter.Seq2[Content, error] {
	return func(yield func(Content, error) bool) {
		for _, f := range files {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// tree is every file of a folder with its text, and every directory.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		rel := strings.TrimPrefix(p, dir)
		if err != nil || d.IsDir() {
			all[rel+"/"] = ""
			return err
		}
		raw, err := os.ReadFile(p)
		all[rel] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestManyIsTheSameObject makes objects of random files both ways: every byte of the two roots is the same, and
// so is the digest of the inventory. Either way finds what the other made.
func TestManyIsTheSameObject(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	for round := range 40 {
		s := spec(t, scratch(t))
		s.Message = strings.Repeat(`<"@": [&`, round%3)
		if round%5 == 1 {
			s.User.Address = ""
		}
		names := []string{"a", "a-b", "б", "ё", "<&>", `"@": [`, "a b", "\u2028", "%", "0"}
		for n := range random.IntN(30) {
			p := fmt.Sprint("x/", n)
			for range random.IntN(4) {
				p = names[random.IntN(len(names))] + "/" + p
			}
			f := s.Files[random.IntN(4)]
			if random.IntN(2) == 0 {
				f.Source = filepath.Join(t.TempDir(), "s")
				must(t, os.WriteFile(f.Source, []byte(p), 0o600))
				f.SHA512, f.Size = strings.ToUpper(hexOf(p)), int64(len(p))
			}
			f.Logical = p
			s.Files = append(s.Files, f)
		}
		random.Shuffle(len(s.Files), func(i, j int) { s.Files[i], s.Files[j] = s.Files[j], s.Files[i] })
		if round == 0 {
			s.Files = nil
		}
		one, many := newRoot(t), newRoot(t)
		_, err := one.Create(t.Context(), s)
		must(t, err)
		sha, err := many.CreateFrom(t.Context(), s, oneByOne(s.Files))
		must(t, err)
		if want, err := s.InventorySHA512(); err != nil || sha != want {
			t.Fatalf("round %d: %s, want %s %v", round, sha, want, err)
		}
		if want, got := tree(t, one.dir), tree(t, many.dir); !maps.Equal(want, got) {
			t.Fatalf("round %d: %v\nis not\n%v", round, got, want)
		}
		if sha2, err := one.CreateFrom(t.Context(), s, oneByOne(s.Files)); err != nil || sha2 != sha {
			t.Errorf("again: %s %v", sha2, err)
		}
		if _, err := many.Create(t.Context(), s); err != nil {
			t.Error(err)
		}
	}
}

func TestManyAgainIsTheSameOrAConflict(t *testing.T) {
	r := newRoot(t)
	s := spec(t, scratch(t))
	sha, err := r.CreateFrom(t.Context(), s, oneByOne(s.Files))
	must(t, err)
	other := s
	other.Message = "described by another program"
	if got, err := r.CreateFrom(t.Context(), other, oneByOne(s.Files)); err != nil || got != sha {
		t.Errorf("the same files: %s %v", got, err)
	}
	for name, files := range map[string][]Content{"fewer": s.Files[1:], "other bytes": append(slices.Clone(s.Files[1:]), Content{Logical: s.Files[0].Logical, Source: "", SHA512: hexOf("басқа"), Size: 10})} {
		if _, err := r.CreateFrom(t.Context(), s, oneByOne(files)); !errors.Is(err, Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = r.Update(t.Context(), s.ID, second(t, scratch(t)))
	must(t, err)
	if _, err := r.CreateFrom(t.Context(), s, oneByOne(s.Files)); err != nil {
		t.Errorf("with a later version: %v", err)
	}
	if left, err := os.ReadDir(r.staging); err != nil || len(left) > 0 {
		t.Errorf("staging holds %v, %v", left, err)
	}
}

func TestManyRefusesWhatCreateRefuses(t *testing.T) {
	good := spec(t, scratch(t))
	for name, spoil := range map[string]func(*Content){
		"size":         func(c *Content) { c.Size++ },
		"digest":       func(c *Content) { c.SHA512 = "abc" },
		"traversal":    func(c *Content) { c.Logical = "data/../../x" },
		"absolute":     func(c *Content) { c.Logical = "/x" },
		"a folder":     func(c *Content) { c.Logical = "x/" },
		"NUL":          func(c *Content) { c.Logical = "data\x00empty" },
		"no UTF-8":     func(c *Content) { c.Logical = "\xff" },
		"twice":        func(c *Content) { c.Logical = "data/empty" },
		"directory":    func(c *Content) { c.Logical = "data" },
		"in a file":    func(c *Content) { c.Logical = "data/empty/x" },
		"not the last": func(c *Content) { c.Logical = "data/empty/x/y" },
	} {
		r := newRoot(t)
		files := slices.Clone(good.Files)
		spoil(&files[slices.IndexFunc(files, func(c Content) bool { return c.Logical == "bagit.txt" })])
		if _, err := r.CreateFrom(t.Context(), good, oneByOne(files)); !errors.Is(err, BadContent) {
			t.Errorf("%s: %v", name, err)
		}
		if report, err := r.Validate(t.Context()); err != nil || !report.Valid() || report.Objects != 0 {
			t.Errorf("%s: the root is as it was: %v %v", name, err, report)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newRoot(t).CreateFrom(ended, good, oneByOne(good.Files)); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	broken := errors.New("the rows end early")
	if _, err := newRoot(t).CreateFrom(t.Context(), good, func(yield func(Content, error) bool) { _ = yield(Content{}, broken) }); !errors.Is(err, broken) {
		t.Errorf("rows: %v", err)
	}
}

// TestEveryDurableStepOfManyMayBeLost is TestEveryDurableStepMayBeLost for CreateFrom: with sources that are linked, copied, parts of
// one file, and parts that are copied several at once and flushed together.
func TestEveryDurableStepOfManyMayBeLost(t *testing.T) {
	linked := spec(t, scratch(t))
	parts := linked
	parts.Files = inOne(t, linked.Files)
	for name, c := range map[string]struct {
		spec   Spec
		nolink bool
		joined int
	}{
		"linked": {linked, false, flush.Joined}, "copied": {linked, true, flush.Joined}, "parts": {parts, false, flush.Joined},
		"parts at once": {parts, false, 1}, "links at once": {linked, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			for _, done := range []bool{false, true} {
				for at := 0; everyStepOfMany(t, c.spec, &cutting{at: at, done: done, nolink: c.nolink}, c.joined); at++ {
				}
			}
		})
	}
}

// everyStepOfMany cuts CreateFrom at one step; false where it has fewer.
func everyStepOfMany(t *testing.T, s Spec, f *cutting, joined int) bool {
	t.Helper()
	r := newRoot(t)
	r.disk, r.joined = f, joined
	_, err := r.CreateFrom(t.Context(), s, oneByOne(s.Files))
	if f.op == "" {
		if err != nil || f.at < 20 {
			t.Fatalf("%d steps: %v", f.at, err)
		}
		return false
	}
	if !errors.Is(err, errPower) || SourceLost(err) {
		t.Fatalf("step %d %s done=%v: error %v was swallowed, or is said to be the source's", f.at, f.op, f.done, err)
	}
	if left, err := os.ReadDir(r.staging); f.op == "copy" && (err != nil || len(left) > 0) {
		t.Errorf("step %d: a full disk is left with %v %v", f.at, left, err)
	}
	report, err := r.Validate(t.Context())
	if err != nil || !report.Valid() || len(report.Warnings) > 0 || report.Objects > 1 {
		t.Fatalf("step %d %s done=%v: the root is not valid after the cut: %v %v", f.at, f.op, f.done, err, codes(report.Faults))
	}
	fresh, err := Open(r.dir)
	must(t, err)
	if _, err := fresh.CreateFrom(t.Context(), s, oneByOne(s.Files)); err != nil {
		t.Fatalf("step %d %s done=%v: again: %v", f.at, f.op, f.done, err)
	}
	mustBeWhole(t, fresh, s.ID)
	must(t, fresh.Sweep())
	if left, err := os.ReadDir(fresh.staging); err != nil || len(left) > 0 {
		t.Errorf("step %d %s: staging holds %v %v", f.at, f.op, left, err)
	}
	return true
}

// inOne puts files one behind the other into one file, of which they are parts then.
func inOne(t *testing.T, files []Content) (parts []Content) {
	t.Helper()
	all := []byte("what stands before them")
	name := filepath.Join(t.TempDir(), "all")
	for _, f := range files {
		text, err := os.ReadFile(f.Source)
		must(t, err)
		f.Source, f.Part, f.At = name, true, int64(len(all))
		parts, all = append(parts, f), append(all, text...)
	}
	must(t, os.WriteFile(name, all, 0o600))
	return parts
}

// TestPartsMakeTheSameObject: whether a file is linked or a part of another, few or many, the object is the same byte for byte.
func TestPartsMakeTheSameObject(t *testing.T) {
	s := spec(t, scratch(t))
	linked := newRoot(t)
	sha, err := linked.CreateFrom(t.Context(), s, oneByOne(s.Files))
	must(t, err)
	want := tree(t, linked.dir)
	for _, joined := range []int{1, flush.Joined} {
		r := newRoot(t)
		r.joined = joined
		got, err := r.CreateFrom(t.Context(), s, oneByOne(inOne(t, s.Files)))
		if err != nil || got != sha || !maps.Equal(tree(t, r.dir), want) {
			t.Errorf("joined from %d: %s %v", joined, got, err)
		}
	}
	one := newRoot(t)
	s.Files = inOne(t, s.Files)
	if _, err := one.Create(t.Context(), s); err != nil || !maps.Equal(tree(t, one.dir), want) {
		t.Error(err)
	}
}

// TestPartsAreCounted: a source that is not what was received any more makes no object, and the caller hears which it was.
func TestPartsAreCounted(t *testing.T) {
	good := spec(t, scratch(t))
	for name, spoil := range map[string]func(source string) error{
		"gone":     os.Remove,
		"cut":      func(source string) error { return os.Truncate(source, 30) },
		"a folder": func(source string) error { return errors.Join(os.Remove(source), os.Mkdir(source, 0o700)) },
		"a link": func(source string) error {
			return errors.Join(os.Rename(source, source+"2"), os.Symlink(source+"2", source))
		},
		"other bytes": func(source string) error {
			raw, err := os.ReadFile(source)
			raw[len(raw)-1] ^= 1
			return errors.Join(err, os.WriteFile(source, raw, 0o600))
		},
	} {
		for _, joined := range []int{1, flush.Joined} {
			r := newRoot(t)
			r.joined = joined
			s := good
			s.Files = inOne(t, good.Files)
			must(t, spoil(s.Files[0].Source))
			if _, err := r.CreateFrom(t.Context(), s, oneByOne(s.Files)); !SourceLost(err) {
				t.Errorf("%s: %v", name, err)
			}
			if report, err := r.Validate(t.Context()); err != nil || !report.Valid() || report.Objects != 0 {
				t.Errorf("%s: the root is as it was: %v %v", name, err, report)
			}
			if _, err := r.CreateFrom(t.Context(), good, oneByOne(good.Files)); err != nil {
				t.Errorf("%s: with the right bytes: %v", name, err)
			}
		}
	}
}

// TestDirectoriesOfManyAreDurableBeforeTheirParents looks at the order of the flushes: each directory
// once, after what lies in it.
func TestDirectoriesOfManyAreDurableBeforeTheirParents(t *testing.T) {
	s := spec(t, scratch(t))
	for n, p := range []string{"data/a/1", "data/a-b/2", "data/a/b/3", "data/a/b/c/4", "z/5"} {
		f := s.Files[0]
		f.Source = filepath.Join(t.TempDir(), "s")
		must(t, os.WriteFile(f.Source, []byte{byte(n)}, 0o600))
		f.Logical, f.SHA512, f.Size = p, hexOf(string([]byte{byte(n)})), 1
		s.Files = append(s.Files, f)
	}
	r := newRoot(t)
	watch := &flushes{}
	r.disk = watch
	_, err := r.CreateFrom(t.Context(), s, oneByOne(s.Files))
	must(t, err)
	synced := map[string]int{}
	for i, dir := range watch.dirs {
		if _, twice := synced[dir]; twice && strings.HasPrefix(dir, r.staging+"/") {
			t.Errorf("%s is flushed twice", dir)
		}
		synced[dir] = i
	}
	for dir, made := range watch.made {
		at, ok := synced[dir]
		if !ok || at < made {
			t.Errorf("%s got a name after its flush", dir)
		}
	}
}

// flushes notes the directories that are flushed, and how many were when one last got a name.
type flushes struct {
	osDisk
	dirs []string
	made map[string]int
}

func (f *flushes) named(p string) {
	if f.made == nil {
		f.made = map[string]int{}
	}
	if strings.Contains(p, ".staging/object-") && !strings.HasPrefix(filepath.Base(p), "object-") {
		f.made[filepath.Dir(p)] = len(f.dirs)
	}
}

func (f *flushes) Mkdir(d string) error   { f.named(d); return f.osDisk.Mkdir(d) }
func (f *flushes) Link(a, b string) error { f.named(b); return f.osDisk.Link(a, b) }
func (f *flushes) SyncDir(d string) error { f.dirs = append(f.dirs, d); return f.osDisk.SyncDir(d) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
