package bagit_test

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/bagit/hostile"
	"github.com/qoyma/qoyma/services/standards/spool"
	"github.com/qoyma/qoyma/services/standards/spool/flat"
)

// spooledAtAPath fails unless a bag is judged with memory for nothing as it is with memory for all.
func spooledAtAPath(t *testing.T, path string, opts bagit.Options) {
	t.Helper()
	want, err := bagit.Validate(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	opts.Spool = spool.Place{Dir: t.TempDir(), Budget: 1}
	c, err := bagit.Take(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	got := c.Finish()
	if payload, tags := slices.Collect(c.Files(false)), slices.Collect(c.Files(true)); !slices.Equal(payload, want.Payload) || !slices.Equal(tags, want.Tags) {
		t.Errorf("%v\n%v\nare not\n%v\n%v", payload, tags, want.Payload, want.Tags)
	}
	if a, b := words(got), words(want); a != b {
		t.Errorf("with a folder:\n%s\nwithout:\n%s", a, b)
	}
	if err := errors.Join(c.Err(), c.Close()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(opts.Spool.Dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
	alone, err := bagit.Validate(t.Context(), path, opts)
	if err != nil || words(alone) != words(want) || len(alone.Payload)+len(alone.Tags) > 0 {
		t.Errorf("Validate with a folder: %v\n%s", err, words(alone))
	}
}

// words is all of a report but its files.
func words(r *bagit.Report) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Version, r.Encoding, r.Info, r.Files, r.Bytes, r.Serialization, r.Manifests, r.TagManifests, r.Fetch, r.FaultCount, r.WarningCount)
	for _, i := range slices.Concat(r.Faults, r.Warnings) {
		fmt.Fprintln(&b, i.Where, i.Fault.Code, i.Fault.In(fault.English))
	}
	return b.String()
}

// TestHostileBagsAreToldTheSameWithoutMemory runs the table of hostile bags in each form.
func TestHostileBagsAreToldTheSameWithoutMemory(t *testing.T) {
	opts := bagit.Options{Limits: bagit.Limits{Entries: 300, RatioFrom: 1 << 16, Faults: 20, Bytes: 1 << 20}}
	for _, p := range append(hostile.Packages(), hostile.Sound()) {
		dir := t.TempDir()
		for name, of := range map[string]struct {
			form  hostile.Form
			write func(string) error
		}{
			"folder": {hostile.Dir, p.WriteDir},
			"tar":    {hostile.Tar, func(to string) error { return inFile(to, p.WriteTar) }},
			"zip":    {hostile.Zip, func(to string) error { return inFile(to, p.WriteZip) }},
		} {
			if !p.Has(of.form) {
				continue
			}
			t.Run(p.Name+" "+name, func(t *testing.T) {
				to := filepath.Join(dir, name)
				if err := of.write(to); err != nil {
					t.Skip(err) // this system makes no such file
				}
				if _, err := bagit.Validate(t.Context(), to, opts); errors.Is(err, bagit.UnknownArchive) {
					return // a ZIP without an end is none
				}
				spooledAtAPath(t, to, opts)
			})
		}
	}
}

func inFile(to string, write func(io.Writer) error) (err error) {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(write(w), w.Flush(), f.Close())
}

// planted writes a bag of many small files as a ZIP, whose entries stand in no order, or as a folder; broken is without
// its manifest.
func planted(t testing.TB, files int, folder, broken bool) string {
	t.Helper()
	dir := t.TempDir()
	var err error
	add := func(name, text string) {
		to := filepath.Join(dir, "bag", filepath.FromSlash(name))
		err = errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, []byte(text), 0o600))
	}
	all := func() {
		lines := new(strings.Builder)
		for n := range files {
			name, text := fmt.Sprintf("data/%05d/файл-%07d.txt", n%997, n), fmt.Sprint(n)
			add(name, text)
			fmt.Fprintf(lines, "%x  %s\n", sha256.Sum256([]byte(text)), name)
		}
		add("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
		if broken {
			lines.Reset()
		}
		add("manifest-sha256.txt", lines.String())
	}
	if folder {
		all()
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, "bag")
	}
	to := filepath.Join(dir, "bag.zip")
	problem := inFile(to, func(w io.Writer) error {
		z := zip.NewWriter(w)
		add = func(name, text string) {
			entry, problem := z.CreateHeader(&zip.FileHeader{Name: "bag/" + name, Method: zip.Deflate})
			if problem == nil {
				_, problem = io.WriteString(entry, text)
			}
			err = errors.Join(err, problem)
		}
		all()
		return errors.Join(err, z.Close())
	})
	if problem != nil {
		t.Fatal(problem)
	}
	return to
}

// validated judges a bag with little memory and gives how much more was in use than before, in bytes. It stands still while it
// is looked, but for the one file of a folder that is being read.
func validated(t testing.TB, path string, budget, files, faults int) (most int64) {
	t.Helper()
	opts := bagit.Options{Workers: 1, Spool: spool.Place{Dir: t.TempDir(), Budget: budget}, Limits: bagit.Limits{Faults: 100}}
	return flat.Looking(t.Context(), files/4, func(ctx context.Context) {
		c, err := bagit.Take(ctx, path, opts)
		if err != nil {
			t.Error(err)
			return
		}
		r := c.Finish()
		for range files / 4 {
			_ = ctx.Err() // it is looked once more
		}
		if err := c.Close(); err != nil || r.Files != files || r.FaultCount != faults {
			t.Error(err, r)
		}
		if more := fmt.Sprint(faults - 100); faults > 0 && (len(r.Faults) != 101 || !errors.Is(r.Faults[100].Fault, bagit.MoreFaults.Definition) || r.Faults[100].Fault.Args["count"] != more) {
			t.Errorf("%d faults are listed, the last is %v", len(r.Faults), r.Faults[len(r.Faults)-1])
		}
	})
}

// TestMemoryDoesNotGrowWithTheFiles validates a bag of four times as many files, and one of nothing but faults.
func TestMemoryDoesNotGrowWithTheFiles(t *testing.T) {
	for _, c := range []struct {
		folder            bool
		few, many, budget int
	}{{false, 4_000, 16_000, 64 << 10}, {true, 600, 2_400, 32 << 10}} {
		small := validated(t, planted(t, c.few, c.folder, false), c.budget, c.few, 0)
		right := validated(t, planted(t, c.many, c.folder, false), c.budget, c.many, 0)
		wrong := validated(t, planted(t, c.many, c.folder, true), c.budget, c.many, c.many)
		if most := small + int64(c.many-c.few)*200 + 256<<10; max(right, wrong) > most { // in memory rows of a file take some 350 to 500 bytes
			t.Errorf("folder %v: %d KiB for %d files, %d KiB for %d, %d KiB where all are wrong", c.folder, small>>10, c.few, right>>10, c.many, wrong>>10)
		}
		t.Logf("folder %v: %d, %d, %d KiB", c.folder, small>>10, right>>10, wrong>>10)
	}
}

// BenchmarkMemory says how much memory a ZIP takes at most while it is read and when it has been judged.
func BenchmarkMemory(b *testing.B) {
	for _, files := range []int{10_000, 200_000} {
		for _, spooled := range []bool{true, false} {
			b.Run(fmt.Sprintf("files=%d/spooled=%v", files, spooled), func(b *testing.B) {
				path := planted(b, files, false, false)
				opts := bagit.Options{}
				if spooled {
					opts.Spool.Dir = b.TempDir()
				}
				for b.Loop() {
					most := flat.Looking(b.Context(), files/4, func(ctx context.Context) {
						c, err := bagit.Take(ctx, path, opts)
						if err != nil {
							b.Error(err)
							return
						}
						if r := c.Finish(); !r.Valid() || r.Files != files {
							b.Error(r.Faults)
						}
						for range files / 4 {
							_ = ctx.Err() // it is looked once more
						}
						if err := c.Close(); err != nil {
							b.Error(err)
						}
					})
					b.ReportMetric(float64(most)/(1<<20), "MiB")
				}
			})
		}
	}
}
