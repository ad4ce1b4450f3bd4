package bagit_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/bagit/hostile"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// ways are the ways in: each gives the report of a package in one form.
var ways = []struct {
	name  string
	form  hostile.Form
	check func(t *testing.T, p hostile.Package, opts bagit.Options) *bagit.Report
}{
	{"upload", hostile.Upload, func(_ *testing.T, p hostile.Package, opts bagit.Options) *bagit.Report {
		c := bagit.NewChecker(opts)
		for _, e := range p.Entries {
			_ = c.File(e.Path, int64(len(e.Content))+e.Lie, strings.NewReader(e.Content), nil) // faults are in the report
		}
		return c.Finish()
	}},
	{"upload with memory for nothing", hostile.Upload, func(t *testing.T, p hostile.Package, opts bagit.Options) *bagit.Report {
		opts.Spool = spool.Place{Dir: t.TempDir(), Budget: 1}
		c := bagit.NewChecker(opts)
		for _, e := range p.Entries {
			_ = c.File(e.Path, int64(len(e.Content))+e.Lie, strings.NewReader(e.Content), nil) // faults are in the report
		}
		r := c.Finish()
		r.Payload, r.Tags = slices.Collect(c.Files(false)), slices.Collect(c.Files(true))
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		return r
	}},
	{"folder", hostile.Dir, func(t *testing.T, p hostile.Package, opts bagit.Options) *bagit.Report {
		dir := t.TempDir()
		if err := p.WriteDir(dir); errors.Is(err, hostile.ErrHost) {
			t.Skip(err)
		} else if err != nil {
			t.Fatal(err)
		}
		before := listing(t, dir)
		r, err := bagit.Validate(t.Context(), dir, opts)
		if err != nil {
			t.Fatal(err)
		}
		if after := listing(t, dir); !slices.Equal(before, after) {
			t.Errorf("the folder was changed: %q, then %q", before, after)
		}
		return r
	}},
	{"tar", hostile.Tar, func(t *testing.T, p hostile.Package, opts bagit.Options) *bagit.Report {
		var b bytes.Buffer
		if err := p.WriteTar(&b); err != nil {
			t.Fatal(err)
		}
		return archived(t, "bag.tar", b.Bytes(), opts)
	}},
	{"zip", hostile.Zip, func(t *testing.T, p hostile.Package, opts bagit.Options) *bagit.Report {
		var b bytes.Buffer
		if err := p.WriteZip(&b); err != nil {
			t.Fatal(err)
		}
		return archived(t, "bag.zip", b.Bytes(), opts)
	}},
}

// archived checks an archive that lies alone in a folder within a folder, which stay as they
// are: what is written under a relative name would stand in one of them.
func archived(t *testing.T, name string, content []byte, opts bagit.Options) *bagit.Report {
	t.Helper()
	outer := t.TempDir()
	inner := filepath.Join(outer, "a", "b")
	if err := os.MkdirAll(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(inner, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(inner)
	r, err := bagit.Validate(t.Context(), name, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got := listing(t, outer); !slices.Equal(got, []string{"a", "a/b", "a/b/" + name}) {
		t.Errorf("left behind: %q", got)
	}
	for _, absolute := range []string{"/tmp/evil", "/tmp/evil.txt"} {
		if _, err := os.Lstat(absolute); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", absolute, err)
		}
	}
	return r
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	if err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if path != dir {
			all = append(all, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestHostilePackagesAreRefused runs the whole table through every way in.
func TestHostilePackagesAreRefused(t *testing.T) {
	packages := hostile.Packages()
	if len(packages) < 60 {
		t.Fatalf("only %d packages", len(packages))
	}
	seen, ran := map[string]bool{}, map[hostile.Form]int{}
	for _, p := range packages {
		if seen[p.Name] {
			t.Errorf("two packages are called %s", p.Name)
		}
		seen[p.Name] = true
		for _, way := range ways {
			if !p.Has(way.form) {
				continue
			}
			ran[way.form]++
			t.Run(p.Name+"/"+way.name, func(t *testing.T) {
				refused(t, p, way.form, way.check(t, p, bagit.Options{Limits: p.Limits}))
			})
		}
	}
	t.Logf("%d packages; uploads %d, folders %d, tars %d, ZIPs %d", len(packages), ran[hostile.Upload], ran[hostile.Dir], ran[hostile.Tar], ran[hostile.Zip])
}

// refused wants the package's code at the package's entry among the faults.
func refused(t *testing.T, p hostile.Package, form hostile.Form, r *bagit.Report) {
	t.Helper()
	if r.Valid() || !errors.Is(r.Err(), bagit.Refused) {
		t.Fatal("it was accepted")
	}
	if !slices.ContainsFunc(r.Faults, func(i fault.Item) bool { return i.Fault.Code == p.Code && i.Where == p.At(form) }) {
		t.Errorf("want %s at %q among:", p.Code, p.At(form))
		for _, i := range r.Faults {
			t.Logf("%s at %q: %s", i.Fault.Code, i.Where, i.Fault.In(fault.English))
		}
	}
	if bagit.Clause(p.Code) == "" {
		t.Errorf("%s rests on no clause", p.Code)
	}
}

// TestTheSoundPackageIsAccepted: it differs from every hostile one in one thing, so the table
// refuses for that.
func TestTheSoundPackageIsAccepted(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			r := way.check(t, hostile.Sound(), bagit.Options{})
			if err := r.Err(); err != nil || len(r.Payload) != 2 {
				t.Errorf("%v, payload %d", r.Faults, len(r.Payload))
			}
			if len(r.Warnings) != 0 {
				t.Errorf("warnings %v", r.Warnings)
			}
		})
	}
}

// TestEveryRuleOfArchivesRefuses: a rule that no package of the table breaks is not proved.
func TestEveryRuleOfArchivesRefuses(t *testing.T) {
	broken := map[string]bool{}
	for _, p := range hostile.Packages() {
		broken[p.Code] = true
	}
	for _, r := range bagit.Rules() {
		ofArchives := strings.HasPrefix(r.Code, "bagit.archive_") || strings.HasPrefix(r.Code, "bagit.tar_") || strings.HasPrefix(r.Code, "bagit.zip_")
		if ofArchives && !r.Warning && !broken[r.Code] {
			t.Errorf("no hostile package breaks %s", r.Code)
		}
	}
}

// TestNoBagIsMadeOfHostileNames: what cannot be taken in cannot be made either, and what was
// begun is not there.
func TestNoBagIsMadeOfHostileNames(t *testing.T) {
	made := 0
	for _, p := range hostile.Packages() {
		if !p.Has(hostile.Dir) || !(strings.HasPrefix(p.Name, "name/") || strings.HasPrefix(p.Name, "kind/")) || !strings.HasPrefix(p.Where, "data/") && !strings.HasPrefix(p.Where, `"data/`) {
			continue
		}
		from := t.TempDir()
		if err := p.WriteDir(from); errors.Is(err, hostile.ErrHost) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		payload, err := os.OpenRoot(filepath.Join(from, "data"))
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		for _, form := range []bagit.Form{bagit.Folder, bagit.Tar, bagit.Zip} {
			_, err := bagit.Make(t.Context(), filepath.Join(out, "bag.x"), payload.FS(), nil, bagit.Making{Form: form})
			if !errors.Is(err, bagit.Refused) || !slices.ContainsFunc(fault.Of(err).Items, func(i fault.Item) bool { return i.Fault.Code == p.Code }) {
				t.Errorf("%s: %v", p.Name, err)
			}
			if left := listing(t, out); len(left) > 0 {
				t.Errorf("%s: left behind %q", p.Name, left)
			}
		}
		if err := payload.Close(); err != nil {
			t.Fatal(err)
		}
		made++
	}
	if made < 15 {
		t.Errorf("only %d were tried", made)
	}
}
