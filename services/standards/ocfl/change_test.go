package ocfl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/spool/flat"
)

// recorded puts an inventory and its sidecar into a folder: an object without its content.
func recorded(t testing.TB, dir string, text []byte, algorithm string) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, inventoryName), text, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, inventoryName+"."+algorithm), []byte(sum(algorithm, text)+"  "+inventoryName+"\n"), 0o600))
}

// drawn is an inventory of some versions, as this or another program may write it.
func drawn(t *rapid.T) []byte {
	algorithm := rapid.SampledFrom([]string{"sha512", "sha256"}).Draw(t, "algorithm")
	inv := &Inventory{
		ID: "urn:x", Type: V11.inventoryType(), DigestAlgorithm: algorithm, ContentDirectory: rapid.SampledFrom([]string{"", "stuff"}).Draw(t, "directory"),
		Manifest: map[string][]string{}, Versions: map[string]Version{},
	}
	for range rapid.IntRange(1, 11).Draw(t, "versions") {
		c, digests := drawnChange(t, inv.Head, algorithm)
		next, err := inv.next(c, digests)
		if err != nil {
			continue
		}
		inv = next
	}
	for d, paths := range inv.Manifest {
		switch rapid.IntRange(0, 3).Draw(t, "more") {
		case 0:
			inv.Fixity = map[string]map[string][]string{"md5": {sum("sha256", []byte(d))[:32]: paths}, "size": {"1": paths}}
		case 1:
			inv.Manifest[d] = append(paths, paths[0]+"-again", "v1/"+inv.contentDir()+"/1")
		}
	}
	text, err := pretty(inv)
	if err != nil {
		t.Fatal(err)
	}
	for d := range inv.Manifest {
		if rapid.Bool().Draw(t, "upper") {
			text = bytes.ReplaceAll(text, []byte(d), []byte(strings.ToUpper(d)))
		}
	}
	return text
}

func drawnChange(t *rapid.T, head, algorithm string) (c Change, digests map[string]string) {
	name := rapid.SampledFrom([]string{"a", "b/c", "b/d", "b", "<&>", "ә/ғ", "z"})
	if rapid.IntRange(0, 5).Draw(t, "odd") == 0 {
		name = rapid.SampledFrom([]string{"a", "/a", "b/", "../a", "b//c", "", "b/c/e"})
	}
	c = Change{Head: head, Message: "m", User: User{Name: "n", Address: "mailto:n@x.kz"}, Created: day, Remove: rapid.SliceOfN(name, 0, 2).Draw(t, "remove")}
	for range rapid.IntRange(0, 2).Draw(t, "renames") {
		c.Rename = append(c.Rename, Rename{name.Draw(t, "from"), name.Draw(t, "to")})
	}
	digests = map[string]string{}
	for range rapid.IntRange(0, 3).Draw(t, "puts") {
		digests[name.Draw(t, "put")] = sum(algorithm, []byte(rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "text")))
	}
	return c, digests
}

// codeOf is the code of a fault; of another error its text.
func codeOf(err error) string {
	var f *fault.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f):
		return f.Code
	}
	return err.Error()
}

// TestAChangeIsWrittenAsInMemory: of every change the inventory is the same, byte for byte, or the refusal.
func TestAChangeIsWrittenAsInMemory(t *testing.T) {
	r, dir := newRoot(t), scratch(t)
	rapid.Check(t, func(rt *rapid.T) {
		text := drawn(rt)
		inv, found := parseInventory(text)
		if faulty(found) {
			rt.Skip("it would not be opened")
		}
		recorded(t, dir, text, inv.DigestAlgorithm)
		defer func() { must(t, os.Remove(filepath.Join(dir, inv.sidecarName()))) }()
		c, digests := drawnChange(rt, inv.Head, inv.DigestAlgorithm)
		next, want := inv.next(c, digests)
		n, err := r.changed(t.Context(), dir, c, digests)
		defer func() { must(t, n.close()) }()
		if err == nil {
			err = n.next(t.Context())
		}
		if codeOf(err) != codeOf(want) {
			rt.Fatalf("%+v of\n%s\nis refused by %v, in memory by %v", c, text, err, want)
		}
		if err != nil {
			return
		}
		var got bytes.Buffer
		must(t, n.write(&got))
		whole, err := pretty(next)
		must(t, err)
		if !bytes.Equal(got.Bytes(), whole) {
			rt.Fatalf("%s\nis not\n%s", &got, whole)
		}
		o := &Object{Inventory: *inv, dir: dir}
		for v := range inv.Versions {
			if files := filesOf(t, o, v); !slices.Equal(files, inv.files(v)) {
				rt.Fatalf("%s: %v are not %v", v, files, inv.files(v))
			}
		}
	})
}

// large is an object without content, whose inventory has many files; listless are digests without a path.
func large(t testing.TB, files, listless int) string {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`{"id":"urn:large","type":"` + V11.inventoryType() + `","digestAlgorithm":"sha512","head":"v1","manifest":{`)
	all := func(before string) {
		for n := range files {
			if n > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `%q:["%sdata/%03d/file-%07d.tif"]`, hexOf(fmt.Sprint(n)), before, n%997, n)
		}
	}
	all("v1/content/")
	for n := range listless {
		fmt.Fprintf(&b, `,%q:[]`, hexOf(fmt.Sprint("listless ", n)))
	}
	b.WriteString(`},"versions":{"v1":{"created":"2026-01-01T00:00:00Z","message":"m","user":{"name":"n","address":"mailto:n@x.kz"},"state":{`)
	all("")
	b.WriteString(`}}}}`)
	dir := filepath.Join(t.TempDir(), "large")
	recorded(t, dir, b.Bytes(), "sha512")
	must(t, os.WriteFile(filepath.Join(dir, V11.object()), []byte("ocfl_object_1.1\n"), 0o600))
	return dir
}

// worked opens an object, goes through its files and changes it, and gives how much more memory was in use than before.
func worked(t testing.TB, r *Root, dir string, files int) int64 {
	t.Helper()
	c := Change{Head: "v1", Message: "m", User: User{Name: "n"}, Created: day, Remove: []string{"data/000/file-0000000.tif"}}
	return flat.Looking(t.Context(), files/5, func(ctx context.Context) {
		o, err := openObject(dir)
		if err != nil {
			t.Error(err)
			return
		}
		held := 0
		for _, err := range o.Files(ctx, "v1") {
			if held++; err != nil {
				t.Error(err)
			}
		}
		n, err := r.changed(ctx, dir, c, nil)
		if err == nil {
			err = n.next(ctx)
		}
		if err == nil {
			err = n.write(new(bytesGone))
		}
		if err = errors.Join(err, n.close()); err != nil || held != files {
			t.Error(err, held)
		}
	})
}

type bytesGone struct{}

func (*bytesGone) Write(p []byte) (int, error) { return len(p), nil }

// TestAChangeTakesNoMemoryForTheFiles: in memory a file takes some 700 bytes.
func TestAChangeTakesNoMemoryForTheFiles(t *testing.T) {
	const few, many = 15_000, 60_000
	r := newRoot(t)
	less, more := worked(t, r, large(t, few, 0), few), worked(t, r, large(t, many, 0), many)
	if grown := more - less; grown > (many-few)*150 {
		t.Errorf("%d KiB for %d files, %d KiB for %d", less>>10, few, more>>10, many)
	}
}

// TestFaultsBeyondThoseListedAreCounted validates an object of nothing but faults.
func TestFaultsBeyondThoseListedAreCounted(t *testing.T) {
	const wrong = 20_000
	dir := large(t, wrong, wrong)
	var report *Report
	used := flat.Most(func() {
		var err error
		report, err = ValidateObject(context.Background(), dir)
		if err != nil {
			t.Error(err)
		}
	})
	// No file is there, and each digest without a path is none.
	if report.FaultCount < 2*wrong || len(report.Faults) != maxListed+1 || report.Valid() {
		t.Fatalf("%d faults, %d listed", report.FaultCount, len(report.Faults))
	}
	more := report.Faults[maxListed].Fault
	if want := fmt.Sprint(report.FaultCount - maxListed); !errors.Is(more, MoreFaults) || more.Args["count"] != want || !strings.Contains(more.In(fault.Kazakh), want) {
		t.Errorf("the last is %v", more)
	}
	if err := fault.Of(report.Err("x")); err.Args["count"] != fmt.Sprint(report.FaultCount) {
		t.Errorf("it is refused for %s faults", err.Args["count"])
	}
	if used > 32<<20 {
		t.Errorf("%d KiB for %d faults", used>>10, report.FaultCount)
	}
}

// BenchmarkMemory says how much memory the inventory of an object takes at most while it is opened, its files are gone
// through and a change is written.
func BenchmarkMemory(b *testing.B) {
	for _, files := range []int{10_000, 200_000} {
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) {
			r, err := Init(filepath.Join(b.TempDir(), "ocfl"))
			must(b, err)
			dir := large(b, files, 0)
			for b.Loop() {
				b.ReportMetric(float64(worked(b, r, dir, files))/(1<<20), "MiB")
			}
		})
	}
}
