package ocfl

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// content writes a source file and describes it.
func content(t testing.TB, dir, logical, text string) Content {
	t.Helper()
	source := filepath.Join(dir, hexOf(logical + text)[:16])
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Content{Logical: logical, Source: source, SHA512: hexOf(text), Size: int64(len(text))}
}

// second is a change that does everything: a file goes, two change places, one is replaced, one
// is new and one repeats bytes that the object has.
func second(t testing.TB, dir string) Change {
	return Change{
		Head: "v1", Message: "Corrected", User: User{Name: "Ербол", Address: "mailto:e@example.kz"}, Created: day.AddDate(0, 1, 0),
		Remove: []string{"data/empty"},
		Rename: []Rename{{"data/хаттама.txt", "data/2024/copy.txt"}, {"data/2024/copy.txt", "data/хаттама.txt"}},
		Put: []Content{
			content(t, dir, "bagit.txt", "BagIt-Version: 0.97\n"), content(t, dir, "data/new", "new"), content(t, dir, "data/again", "мазмұны"),
		},
	}
}

var afterSecond = map[string]string{
	"data/2024/copy.txt": "мазмұны", "data/хаттама.txt": "мазмұны", "bagit.txt": "BagIt-Version: 0.97\n", "data/new": "new", "data/again": "мазмұны",
}

// mustHold fails unless the root is valid without a warning and the object's newest version is
// exactly these files.
func mustHold(t testing.TB, r *Root, id string, files map[string]string) *Object {
	t.Helper()
	o, err := r.Object(id)
	if err != nil {
		t.Fatal(err)
	}
	report, err := r.Validate(t.Context())
	if err != nil || !report.Valid() || len(report.Warnings) > 0 {
		t.Fatalf("root: %v %v %v", err, codes(report.Faults), codes(report.Warnings))
	}
	have := map[string]string{}
	for _, f := range filesOf(t, o, o.Inventory.Head) {
		from, err := o.ReadFile(f.Logical)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(from)
		if err := errors.Join(err, from.Close()); err != nil {
			t.Fatal(err)
		}
		have[f.Logical] = string(text)
	}
	if !maps.Equal(have, files) {
		t.Fatalf("%s holds %q, want %q", o.Inventory.Head, have, files)
	}
	return o
}

func TestALaterVersionKeepsOnlyWhatIsNew(t *testing.T) {
	r, dir := newRoot(t), scratch(t)
	s := spec(t, dir)
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	c := second(t, dir)
	o, err := r.Update(t.Context(), s.ID, c)
	if err != nil {
		t.Fatal(err)
	}
	mustHold(t, r, s.ID, afterSecond)
	if v := o.Inventory.Versions["v2"]; v.Message != c.Message || *v.User != c.User || !v.Created.Equal(c.Created.Truncate(1e9)) {
		t.Errorf("%+v", v)
	}
	if len(inMemory(t, o).Manifest) != 5 {
		t.Errorf("%d contents: bytes that are there must not be kept again", len(inMemory(t, o).Manifest))
	}
	kept, err := os.ReadDir(filepath.Join(r.Path(s.ID), "v2", "content"))
	if err != nil || len(kept) != 2 { // bagit.txt and data/new
		t.Errorf("%v %v", kept, err)
	}
	if first := filesOf(t, o, "v1"); len(first) != 4 || first[0].Digest != hexOf("BagIt-Version: 1.0\n") {
		t.Errorf("the first version is no longer what it was: %v", first)
	}
	// A version of nothing new has no content directory at all (E016, W003).
	if _, err := r.Update(t.Context(), s.ID, Change{Head: "v2", Created: day, User: c.User, Message: "less", Remove: []string{"data/new", "data/again"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(r.Path(s.ID), "v3", "content")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("v3/content: %v", err)
	}
	if left, err := os.ReadDir(r.staging); err != nil || len(left) > 0 {
		t.Errorf("staging holds %v, %v", left, err)
	}
	// What an earlier version had comes back without its bytes.
	back := Change{Head: "v3", Created: day, User: c.User, Message: "back", Put: []Content{{Logical: "data/new", Source: "/nowhere", SHA512: hexOf("new"), Size: 3}}}
	if _, err := r.Update(t.Context(), s.ID, back); err != nil {
		t.Error(err)
	}
}

func TestAChangeThatCannotBeLeavesNothing(t *testing.T) {
	dir := scratch(t)
	s := spec(t, dir)
	extra := content(t, dir, "data/extra", "extra")
	put := func(logical string) []Content { c := extra; c.Logical = logical; return []Content{c} }
	for name, c := range map[string]struct {
		change Change
		want   *fault.Definition
	}{
		"nothing there to remove":     {Change{Head: "v1", Remove: []string{"none"}}, FileNotFound},
		"removed twice":               {Change{Head: "v1", Remove: []string{"bagit.txt", "bagit.txt"}}, FileNotFound},
		"nothing there to rename":     {Change{Head: "v1", Rename: []Rename{{"none", "x"}}}, FileNotFound},
		"renamed onto another":        {Change{Head: "v1", Rename: []Rename{{"bagit.txt", "data/empty"}}}, Occupied},
		"two renamed to one":          {Change{Head: "v1", Rename: []Rename{{"bagit.txt", "x"}, {"data/empty", "x"}}}, Occupied},
		"renamed and put over":        {Change{Head: "v1", Rename: []Rename{{"bagit.txt", "x"}}, Put: put("x")}, Occupied},
		"put twice":                   {Change{Head: "v1", Put: append(put("x"), put("x")...)}, BadContent},
		"a directory":                 {Change{Head: "v1", Put: put("data")}, BadContent},
		"below a file":                {Change{Head: "v1", Put: put("bagit.txt/x")}, BadContent},
		"out of the object":           {Change{Head: "v1", Put: put("../x")}, BadContent},
		"absolute":                    {Change{Head: "v1", Put: put("/x")}, BadContent},
		"a digest that is none":       {Change{Head: "v1", Put: []Content{{Logical: "x", Source: extra.Source, SHA512: "abc", Size: extra.Size}}}, BadContent},
		"another size":                {Change{Head: "v1", Put: []Content{{Logical: "x", Source: extra.Source, SHA512: extra.SHA512, Size: 99}}}, BadContent},
		"nothing changes":             {Change{Head: "v1"}, Unchanged},
		"what is put is there":        {Change{Head: "v1", Put: []Content{{Logical: "data/empty", Source: "/nowhere", SHA512: hexOf("")}}}, Unchanged},
		"a version that is not yet":   {Change{Head: "v2", Remove: []string{"bagit.txt"}}, Moved},
		"a version that never is":     {Change{Head: "", Remove: []string{"bagit.txt"}}, Moved},
		"an object that is not there": {Change{Head: "v1", Message: "other object", Remove: []string{"bagit.txt"}}, NotFound},
	} {
		r := newRoot(t)
		if _, err := r.Create(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		id := s.ID
		if c.want == NotFound {
			id = "urn:other"
		}
		c.change.User, c.change.Created = s.User, day
		if _, err := r.Update(t.Context(), id, c.change); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		mustBeWhole(t, r, s.ID)
		if o, err := r.Object(s.ID); err != nil || o.Inventory.Head != "v1" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAWriterWhoReadsLateLoses: another process has made the version since the object was opened, or is about to.
func TestAWriterWhoReadsLateLoses(t *testing.T) {
	r, dir := newRoot(t), scratch(t)
	s := spec(t, dir)
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	change := func(who string) Change {
		return Change{Head: "v1", Message: who, User: s.User, Created: day, Put: []Content{content(t, dir, "who", who)}}
	}
	if _, err := r.Update(t.Context(), s.ID, change("first")); err != nil {
		t.Fatal(err)
	}
	object := r.Path(s.ID)
	late := change("late")
	digests, err := given(late.Put)
	must(t, err)
	older, err := os.ReadFile(filepath.Join(object, "v1", "inventory.json.sha512"))
	must(t, err)
	for _, half := range []bool{false, true} {
		if half {
			must(t, os.WriteFile(filepath.Join(object, "inventory.json.sha512"), older, 0o600))
		}
		if won, err := r.add(t.Context(), object, late, digests); won || err != nil {
			t.Errorf("half %v: %v, %v", half, won, err)
		}
		mustBeWhole(t, r, s.ID)
		if o, err := r.Object(s.ID); err != nil || o.Inventory.Head != "v2" {
			t.Errorf("half %v: %v", half, err)
		}
	}
	if _, err := r.Update(t.Context(), s.ID, late); !errors.Is(err, Moved) {
		t.Error(err)
	}
}

func TestOfTwoWritersOneWins(t *testing.T) {
	r, dir := newRoot(t), scratch(t)
	s := spec(t, dir)
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	change := func(i int) Change {
		return Change{Head: "v1", Message: fmt.Sprint(i), User: s.User, Created: day, Put: []Content{content(t, dir, "who", fmt.Sprint(i))}}
	}
	const writers = 16
	answers := make(chan error, writers)
	for i := range writers {
		own, err := Open(r.dir) // as another process would: nothing is shared but the disk
		if err != nil {
			t.Fatal(err)
		}
		c := change(i)
		go func() {
			_, err := own.Update(t.Context(), s.ID, c)
			answers <- err
		}()
	}
	won := 0
	for range writers {
		switch err := <-answers; {
		case err == nil:
			won++
		case !errors.Is(err, Moved):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d writers won", won)
	}
	o, err := r.Object(s.ID)
	if err != nil || o.Inventory.Head != "v2" {
		t.Fatalf("%v", err)
	}
	if who := o.Inventory.Versions["v2"].Message; read(t, o, "who") != who {
		t.Errorf("%s won, the file is that of %s", who, read(t, o, "who"))
	}
	// The same change again is success, also when others came after it; another is not.
	mine := change(0)
	mine.Message = o.Inventory.Versions["v2"].Message
	mine.Put = []Content{content(t, dir, "who", mine.Message)}
	if _, err := r.Update(t.Context(), s.ID, Change{Head: "v2", Message: "third", User: s.User, Created: day, Remove: []string{"who"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Update(t.Context(), s.ID, mine); err != nil {
		t.Errorf("called again: %v", err)
	}
	mine.Message += "?"
	if _, err := r.Update(t.Context(), s.ID, mine); !errors.Is(err, Moved) {
		t.Errorf("another change for the same version: %v", err)
	}
}

// TestAnObjectOfOthersIsUpdatedInItsOwnWay: edition, algorithm, padding, content directory and
// the spelling of digests stay as they are (E012, E013, E019, E020).
func TestAnObjectOfOthersIsUpdatedInItsOwnWay(t *testing.T) {
	r, err := InitAs(filepath.Join(scratch(t), "ocfl"), V11, defaultOf(FlatDirect))
	if err != nil {
		t.Fatal(err)
	}
	home, dir := filepath.Join(r.dir, "urn:x"), scratch(t)
	digest := strings.ToUpper(sum("sha256", []byte("a")))
	text := `{"id":"urn:x","type":"https://ocfl.io/1.0/spec/#inventory","digestAlgorithm":"sha256","head":"v08","contentDirectory":"stuff",
		"manifest":{"` + digest + `":["v01/stuff/a"]},"versions":{`
	for v := 1; v <= 8; v++ {
		text += fmt.Sprintf(`"v%02d":{"created":"2020-01-01T00:00:00.5+06:00","message":"m","user":{"name":"n","address":"mailto:n@x.kz"},"state":{%q:["a%d"]}},`, v, digest, v)
	}
	text = strings.TrimSuffix(text, ",") + "}}"
	put(t, home, "v01/stuff/a", "a")
	put(t, home, V10.object(), "ocfl_object_1.0\n")
	for v := 2; v <= 8; v++ {
		if err := os.MkdirAll(filepath.Join(home, fmt.Sprintf("v%02d", v)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, home, inventoryName, text)
	put(t, home, inventoryName+".sha256", sum("sha256", []byte(text))+" inventory.json\n")
	c := Change{Head: "v08", Message: "n", User: User{Name: "n", Address: "mailto:n@x.kz"}, Created: day, Put: []Content{content(t, dir, "b", "b"), content(t, dir, "a", "a")}}
	for range 2 {
		o, err := r.Update(t.Context(), "urn:x", c)
		if err != nil {
			t.Fatal(err)
		}
		if o.Inventory.Head != "v09" || o.Inventory.Type != V10.inventoryType() || len(inMemory(t, o).Manifest) != 2 || read(t, o, "b") != "b" || read(t, o, "a") != "a" {
			t.Errorf("%+v", o.Inventory)
		}
	}
	report, err := r.Validate(t.Context())
	if err != nil || !report.Valid() || slices.ContainsFunc(codes(report.Warnings), func(w string) bool { return strings.HasPrefix(w, "W011") }) {
		t.Errorf("%v %q %q", err, codes(report.Faults), codes(report.Warnings))
	}
	if _, err := os.Stat(filepath.Join(home, "v09", "stuff", "b")); err != nil {
		t.Error(err)
	}
	bad := c
	bad.Head, bad.Put = "v09", []Content{{Logical: "c", Source: c.Put[0].Source, SHA512: hexOf("c"), Size: 1}}
	if _, err := r.Update(t.Context(), "urn:x", bad); !errors.Is(err, BadContent) {
		t.Errorf("a source that is not what was said: %v", err)
	}
	// After v09 would come v10, which is not padded.
	for name, want := range map[string]string{"": "v1", "v1": "v2", "v9": "v10", "v09": "?", "v009": "v010", "v099": "?", "x": "?"} {
		got, ok := versionAfter(name)
		if !ok {
			got = "?"
		}
		if got != want {
			t.Errorf("after %s comes %s", name, got)
		}
	}
}

// TestAnObjectWithLaterVersionsIsDescribedAgain: the record of every version can be written anew
// from Spec and changes, and no restoration takes an object back to its first version.
func TestAnObjectWithLaterVersionsIsDescribedAgain(t *testing.T) {
	r, dir := newRoot(t), scratch(t)
	s, c := spec(t, dir), second(t, dir)
	r.disk = &cutting{at: -1, nolink: true} // the sources stay as they are
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Update(t.Context(), s.ID, c); err != nil {
		t.Fatal(err)
	}
	keep := filepath.Join(scratch(t), "quarantine", "1")
	if _, err := r.RestoreRecord(s, keep); !errors.Is(err, Moved) {
		t.Errorf("without its later versions: %v", err)
	}
	s.Later = []Change{c}
	if wrong, err := r.CheckRecord(s); err != nil || len(wrong) > 0 {
		t.Fatalf("%v %v", wrong, err)
	}
	for _, name := range []string{"v1/" + inventoryName, "v2/" + inventoryName, inventoryName, inventoryName + ".sha512", V11.object()} {
		put(t, r.Path(s.ID), name, "damaged")
	}
	if mended, err := r.RestoreRecord(s, keep); err != nil || len(mended) != 5 {
		t.Errorf("%v %v", mended, err)
	}
	known, err := r.Known(s)
	if err != nil {
		t.Fatal(err)
	}
	old, err := r.KnownAt(s, "v1")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		known *Known
		want  string
	}{{known, "BagIt-Version: 0.97\n"}, {old, "BagIt-Version: 1.0\n"}} {
		if got, err := k.known.Digest(t.Context(), "bagit.txt"); err != nil || got != hexOf(k.want) {
			t.Errorf("%s %v", got, err)
		}
	}
	put(t, r.Path(s.ID), old.files["bagit.txt"].content, "damaged")
	if err := old.Restore(t.Context(), "bagit.txt", content(t, dir, "bagit.txt", "BagIt-Version: 1.0\n").Source, keep); err != nil {
		t.Error(err)
	}
	mustHold(t, r, s.ID, afterSecond)
	if _, err := r.KnownAt(s, "v3"); !errors.Is(err, FileNotFound) {
		t.Errorf("v3: %v", err)
	}
}

// TestAgainstAMap makes random changes to an object and to a plain map.
func TestAgainstAMap(t *testing.T) {
	dir := scratch(t)
	names := []string{"a", "b/c", "b/d", "e", "f/g/h"}
	texts := []string{"", "1", "22", "333"}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		r, err := Init(filepath.Join(dir, fmt.Sprint(n)))
		if err != nil {
			rt.Fatal(err)
		}
		s := Spec{ID: "urn:x", Message: "m", User: User{Name: "n", Address: "mailto:n@x.kz"}, Created: day, Files: []Content{content(t, dir, "a", "1")}}
		if _, err := r.Create(t.Context(), s); err != nil {
			rt.Fatal(err)
		}
		want, head := map[string]string{"a": "1"}, 1
		for range rapid.IntRange(1, 6).Draw(rt, "versions") {
			next := maps.Clone(want)
			c := Change{Head: fmt.Sprintf("v%d", head), Message: "m", User: s.User, Created: day}
			for _, name := range names {
				_, there := next[name]
				switch what := rapid.IntRange(0, 3).Draw(rt, name); {
				case what == 0 && there:
					c.Remove = append(c.Remove, name)
					delete(next, name)
				case what == 1:
					text := rapid.SampledFrom(texts).Draw(rt, "text")
					c.Put = append(c.Put, content(t, dir, name, text))
					next[name] = text
				}
			}
			_, err := r.Update(t.Context(), s.ID, c)
			if maps.Equal(next, want) {
				if !errors.Is(err, Unchanged) {
					rt.Fatalf("%+v: %v", c, err)
				}
				continue
			}
			if err != nil {
				rt.Fatal(err)
			}
			want = next
			head++
		}
		if o := mustHold(t, r, s.ID, want); o.Inventory.Head != fmt.Sprintf("v%d", head) {
			rt.Fatalf("%s", o.Inventory.Head)
		}
	})
}
