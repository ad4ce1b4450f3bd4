package bagit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/qoyma/qoyma/services/platform/fault"
)

var forms = map[string]Form{"bag": Folder, "bag.tar": Tar, "bag.zip": Zip}

func somePayload() fstest.MapFS {
	return fstest.MapFS{
		"2024/хаттама.txt": {Data: []byte("мазмұны")},
		"100%.txt":         {Data: []byte("all")},
		"empty":            {},
		"scan.pdf":         {Data: []byte("%PDF-1.4\n%%EOF")},
	}
}

func TestWhatIsMadeIsValidAndTheSameEveryTime(t *testing.T) {
	m := Making{
		Info:       []Field{{"Source-Organization", "Мұрағат\n бөлімі"}},
		Algorithms: []string{"SHA-512", "md5", "sha512"},
		Profile:    parsed(t, strings.NewReplacer(`"sha-256"`, `"sha512"`, `"sha256", "sha512"`, `"md5", "sha512"`, `["sha256"]`, `["md5", "sha512"]`, `["application/tar"]`, `["application/tar", "application/zip"]`).Replace(aProfile)),
	}
	tags := fstest.MapFS{"metadata/inventory.xml": {Data: []byte("<list/>")}}
	for name, form := range forms {
		m.Form = form
		var before string
		for range 2 {
			to := filepath.Join(t.TempDir(), name)
			made, err := Make(t.Context(), to, somePayload(), tags, m)
			if err != nil {
				t.Fatalf("%s: %v %q", name, err, said(fault.Of(err).Items))
			}
			read, err := Validate(t.Context(), to, Options{Profile: m.Profile})
			if err != nil || !read.Valid() || !has(said(read.Warnings), "profile_info_recommended") || len(read.Warnings) != 1 {
				t.Fatalf("%s: %v %q %q", name, err, said(read.Faults), said(read.Warnings))
			}
			if !slices.Equal(read.Manifests, []string{"md5", "sha512"}) || !slices.Equal(read.TagManifests, read.Manifests) || len(read.Payload) != 4 || read.Serialization != form.media() {
				t.Errorf("%s: %+v", name, read)
			}
			if !slices.Equal(read.Values(profileLabel), []string{m.Profile.Identifier}) || !slices.EqualFunc(made.Payload, read.Payload, func(a, b Entry) bool { return a == b }) {
				t.Errorf("%s: made %+v, read %+v", name, made, read)
			}
			if now := contentOf(t, to); before != "" && now != before {
				t.Errorf("%s: other bytes the second time", name)
			} else {
				before = now
			}
		}
	}
}

// contentOf is every name, mode and byte under a path.
func contentOf(t *testing.T, path string) string {
	t.Helper()
	var all strings.Builder
	if err := filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		all.WriteString(strings.TrimPrefix(p, path) + info.Mode().String())
		if e.IsDir() {
			return nil
		}
		content, err := os.ReadFile(p)
		all.Write(content)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestABagIsMadeOfReaders(t *testing.T) {
	for name, form := range forms {
		to := filepath.Join(t.TempDir(), name)
		b, err := NewBuilder(to, Making{Form: form})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"z/late.txt", "a/early.txt"} {
			if err := b.Add(path, 4, strings.NewReader("text")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s stands before it is whole: %v", name, err)
		}
		if _, err := b.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r, err := Validate(t.Context(), to, Options{}); err != nil || !r.Valid() || len(r.Payload) != 2 {
			t.Errorf("%s: %v %v", name, r, err)
		}
		if err := b.Discard(); err != nil {
			t.Error(err)
		}
		if _, err := b.Commit(t.Context()); !errors.Is(err, errEnded) {
			t.Errorf("%s: committed twice: %v", name, err)
		}
	}
}

// TestWhatFailsLeavesNothing: the list of what may go wrong while a bag is made.
func TestWhatFailsLeavesNothing(t *testing.T) {
	profile := parsed(t, aProfile)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, form := range forms {
		for what, c := range map[string]struct {
			m    Making
			work func(b *Builder) error
			want error
		}{
			"a broken reader":     {Making{}, func(b *Builder) error { return b.Add("x", 5, &brokenReader{3}) }, Unreadable.Definition},
			"a file that grew":    {Making{}, func(b *Builder) error { return b.Add("x", 3, strings.NewReader("four")) }, nil},
			"a file that shrank":  {Making{}, func(b *Builder) error { return b.Add("x", 5, strings.NewReader("four")) }, WrongSize.Definition},
			"a name":              {Making{}, func(b *Builder) error { return b.Add("../../x", 1, strings.NewReader("x")) }, Traversal.Definition},
			"a limit":             {Making{Limits: Limits{Bytes: 3}}, func(b *Builder) error { return b.Add("x", 4, strings.NewReader("four")) }, TooBig.Definition},
			"the end of a wait":   {Making{}, func(b *Builder) error { return b.AddPayload(ended, somePayload()) }, context.Canceled},
			"an end at the last":  {Making{}, func(b *Builder) error { _, err := b.Commit(ended); return err }, context.Canceled},
			"the profile at last": {Making{Info: []Field{{"Source-Organization", "A"}}, Algorithms: []string{"sha256"}, Profile: anySerialization(*profile)}, func(b *Builder) error { _, err := b.Commit(t.Context()); return err }, Refused},
			"a change of mind":    {Making{}, func(b *Builder) error { return b.Add("x", 1, strings.NewReader("x")) }, nil},
		} {
			dir := t.TempDir()
			c.m.Form = form
			b, err := NewBuilder(filepath.Join(dir, name), c.m)
			if err != nil {
				t.Fatalf("%s, %s: %v %q", name, what, err, said(fault.Of(err).Items))
			}
			err = c.work(b)
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if what == "a file that grew" && err == nil {
				t.Errorf("%s, %s: it was taken", name, what)
			}
			if err := b.Discard(); err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("%s, %s: left %v %v", name, what, left, err)
			}
		}
	}
}

func anySerialization(p Profile) *Profile { p.AcceptSerialization = nil; return &p }

// TestWhatIsWrongIsSaidBeforeThePayload: nothing is begun for a bag that cannot be.
func TestWhatIsWrongIsSaidBeforeThePayload(t *testing.T) {
	profile := parsed(t, aProfile)
	for name, c := range map[string]struct {
		m    Making
		want error
		item string
	}{
		"label":            {Making{Info: []Field{{"A:B", "c"}}}, BadLabel, ""},
		"no label":         {Making{Info: []Field{{" \n", "c"}}}, BadLabel, ""},
		"counted":          {Making{Info: []Field{{"payload-oxum", "1.1"}}}, BadLabel, ""},
		"algorithm":        {Making{Algorithms: []string{"rot13"}}, UnknownAlgorithm.Definition, ""},
		"profile info":     {Making{Profile: profile}, Refused, "profile_info_missing bag-info.txt"},
		"profile manifest": {Making{Profile: profile, Algorithms: []string{"sha512"}}, Refused, "profile_manifest_missing manifest-sha256.txt"},
		"profile form":     {Making{Profile: profile, Form: Zip}, Refused, "profile_media "},
	} {
		dir := t.TempDir()
		_, err := NewBuilder(filepath.Join(dir, "bag"), c.m)
		if !errors.Is(err, c.want) || (c.item != "" && !slices.Contains(said(fault.Of(err).Items), c.item)) {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: left %v %v", name, left, err)
		}
	}
}

// TestANameThatWasTakenMeanwhileStays: whoever came first keeps the name, even with an empty
// folder.
func TestANameThatWasTakenMeanwhileStays(t *testing.T) {
	for name, form := range forms {
		dir := t.TempDir()
		to := filepath.Join(dir, name)
		b, err := NewBuilder(to, Making{Form: form})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(to, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Commit(t.Context()); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("%s: left %v %v", name, left, err)
		}
	}
}

// TestABagIsNotTakenIntoItself: it may grow within its own source.
func TestABagIsNotTakenIntoItself(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Create(t.Context(), filepath.Join(dir, "bag"), os.DirFS(dir), nil, Options{})
	if err != nil || len(r.Payload) != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

// TestATarThatIsCutIsBroken wherever it is cut: nothing else tells of files that the manifests do not name, nor of the last tag manifest.
func TestATarThatIsCutIsBroken(t *testing.T) {
	dir := t.TempDir()
	source := fstest.MapFS{"іс/хаттама.txt": {Data: []byte("хаттама")}, "b.txt": {Data: []byte("b")}}
	name := filepath.Join(dir, "bag.tar")
	if _, err := Make(t.Context(), name, source, nil, Making{Form: Tar}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	end := len(bytes.TrimRight(whole, "\x00"))
	end = (end + 511) / 512 * 512
	for n := 100; n <= len(whole); n += 4 {
		r, err := ValidateTar(t.Context(), bytes.NewReader(whole[:n]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		broken := slices.ContainsFunc(r.Faults, func(i fault.Item) bool { return i.Fault.Code == "bagit.archive_broken" })
		if cut := n < end+1024; broken != cut {
			t.Fatalf("the first %d of %d bytes: broken %v", n, len(whole), broken)
		}
	}
}

const killed = "BAGIT_TEST_KILLED"

// TestAKilledProcessLeavesNoBag kills a process in the middle of each form.
func TestAKilledProcessLeavesNoBag(t *testing.T) {
	if to := os.Getenv(killed); to != "" {
		untilKilled(t, to)
		return
	}
	for name := range forms {
		to := filepath.Join(t.TempDir(), name)
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAKilledProcessLeavesNoBag$")
		cmd.Env = append(os.Environ(), killed+"="+to)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "half\n" {
			t.Fatalf("%q %v", line, err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		left, err := os.ReadDir(filepath.Dir(to))
		if err != nil || len(left) != 1 || !strings.HasPrefix(left[0].Name(), "."+name+".making-") {
			t.Errorf("%s: left %v %v", name, left, err)
		}
		// What is left is in nobody's way.
		if _, err := Make(t.Context(), to, somePayload(), nil, Making{Form: forms[name]}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// untilKilled makes half a bag, says so, and waits.
func untilKilled(t *testing.T, to string) {
	b, err := NewBuilder(to, Making{Form: forms[filepath.Base(to)]})
	if err != nil {
		t.Fatal(err)
	}
	half := bytes.Repeat([]byte("x"), 1<<20)
	if err := b.Add("half", 2<<20, io.MultiReader(bytes.NewReader(half), waiting{})); err != nil {
		t.Fatal(err)
	}
}

// waiting is a reader that says that it was reached, and never comes back.
type waiting struct{}

func (waiting) Read([]byte) (int, error) {
	_, _ = os.Stdout.WriteString("half\n") // who reads it kills us
	select {}
}

// TestALargeFileIsNotHeldInMemory makes and checks a bag of 64 MiB in each form and counts what
// is allocated meanwhile.
func TestALargeFileIsNotHeldInMemory(t *testing.T) {
	const size, most = 64 << 20, 8 << 20 // bytes
	for name, form := range forms {
		to := filepath.Join(t.TempDir(), name)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b, err := NewBuilder(to, Making{Form: form})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add("large.bin", size, io.LimitReader(zeros{}, size)); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r, err := Validate(t.Context(), to, Options{}); err != nil || !r.Valid() {
			t.Fatalf("%s: %v %v", name, err, r)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > most {
			t.Errorf("%s: %d bytes were allocated for a file of %d", name, took, size)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
