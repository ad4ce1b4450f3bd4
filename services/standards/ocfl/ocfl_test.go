package ocfl

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
)

var day = time.Date(2026, 3, 2, 10, 30, 15, 999, time.FixedZone("", 5*3600))

// spec is an object of three files, two of them with the same content, whose sources lie
// in dir.
func spec(t *testing.T, dir string) Spec {
	t.Helper()
	s := Spec{
		ID: "urn:qoyma:accession:2026-17", Message: "Accession 17", Created: day,
		User: User{Name: "Айгүл Сейітова", Address: "mailto:archive@example.kz"},
	}
	for _, f := range [][2]string{
		{"data/хаттама.txt", "мазмұны"}, {"data/2024/copy.txt", "мазмұны"}, {"data/empty", ""}, {"bagit.txt", "BagIt-Version: 1.0\n"},
	} {
		logical, text := f[0], f[1]
		source := filepath.Join(dir, hexOf(logical)[:16])
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s.Files = append(s.Files, Content{Logical: logical, Source: source, SHA512: hexOf(text), Size: int64(len(text))})
	}
	return s
}

// scratch is a fresh folder, in memory where there is a place for it: these tests lose
// operations, not power, and sync thousands of times.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ocfl-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func hexOf(s string) string {
	d := sha512.Sum512([]byte(s))
	return hex.EncodeToString(d[:])
}

// filesOf lists the files of a version.
func filesOf(t testing.TB, o *Object, version string) (files []File) {
	t.Helper()
	for f, err := range o.Files(t.Context(), version) {
		must(t, err)
		files = append(files, f)
	}
	return files
}

// inMemory is the whole inventory of an object.
func inMemory(t testing.TB, o *Object) *Inventory {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(o.dir, inventoryName))
	must(t, err)
	inv, _ := parseInventory(raw)
	return inv
}

func newRoot(t *testing.T) *Root {
	t.Helper()
	r, err := Init(filepath.Join(scratch(t), "ocfl"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, o *Object, logical string) string {
	t.Helper()
	f, err := o.ReadFile(logical)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func codes(items []fault.Item) []string {
	var list []string
	for _, i := range items {
		list = append(list, strings.TrimPrefix(i.Fault.Code, "ocfl.")+" "+i.Where)
	}
	return list
}

// mustBeWhole fails unless the root is valid without a warning and holds the object.
func mustBeWhole(t *testing.T, r *Root, id string) {
	t.Helper()
	report, err := r.Validate(t.Context())
	if err != nil || !report.Valid() || len(report.Warnings) > 0 {
		t.Fatalf("root: %v %v %v", err, codes(report.Faults), codes(report.Warnings))
	}
	o, err := r.Object(id)
	if err != nil {
		t.Fatal(err)
	}
	for logical, text := range map[string]string{"data/хаттама.txt": "мазмұны", "data/2024/copy.txt": "мазмұны", "data/empty": ""} {
		if got := read(t, o, logical); got != text {
			t.Errorf("%s: %q", logical, got)
		}
	}
}

func TestAnObjectIsKeptAndRead(t *testing.T) {
	r := newRoot(t)
	s := spec(t, scratch(t))
	if _, err := r.Object(s.ID); !errors.Is(err, NotFound) {
		t.Errorf("before: %v", err)
	}
	o, err := r.Create(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	mustBeWhole(t, r, s.ID)
	if len(inMemory(t, o).Manifest) != 3 || len(filesOf(t, o, "v1")) != 4 || filesOf(t, o, "v1")[0].Logical != "bagit.txt" {
		t.Errorf("same content is kept once: %d contents, files %v", len(inMemory(t, o).Manifest), filesOf(t, o, "v1"))
	}
	if v := o.Inventory.Versions["v1"]; !v.Created.Equal(day.Truncate(time.Second)) || v.User.Name != s.User.Name || v.Message != s.Message {
		t.Errorf("version %+v", v)
	}
	if _, err := o.ReadFile("data/none"); !errors.Is(err, FileNotFound) {
		t.Errorf("no such file: %v", err)
	}
	if left, err := os.ReadDir(r.staging); err != nil || len(left) > 0 {
		t.Errorf("staging holds %v, %v", left, err)
	}
	again, err := Init(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	mustBeWhole(t, again, s.ID)
}

func TestCreateAgainIsTheSameOrAConflict(t *testing.T) {
	r := newRoot(t)
	sources := scratch(t)
	s := spec(t, sources)
	for range 2 {
		if _, err := r.Create(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(sources); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Errorf("an object that is there needs no sources: %v", err)
	}
	other := s
	other.Files = s.Files[1:]
	if _, err := r.Create(t.Context(), other); !errors.Is(err, Conflict) {
		t.Errorf("other files: %v", err)
	}
	mustBeWhole(t, r, s.ID)
}

func TestBadContentIsRefusedBeforeAnythingIsShown(t *testing.T) {
	good := spec(t, scratch(t))
	for name, spoil := range map[string]func(*Content){
		"size":      func(c *Content) { c.Size++ },
		"digest":    func(c *Content) { c.SHA512 = "abc" },
		"traversal": func(c *Content) { c.Logical = "../../x" },
		"absolute":  func(c *Content) { c.Logical = "/x" },
		"twice":     func(c *Content) { c.Logical = "data/empty" },
		"directory": func(c *Content) { c.Logical = "data" },
	} {
		r := newRoot(t)
		s := good
		s.Files = slices.Clone(good.Files)
		i := slices.IndexFunc(s.Files, func(c Content) bool { return c.Logical == "bagit.txt" })
		spoil(&s.Files[i])
		if _, err := r.Create(t.Context(), s); !errors.Is(err, BadContent) {
			t.Errorf("%s: %v", name, err)
		}
		if report, err := r.Validate(t.Context()); err != nil || !report.Valid() || report.Objects != 0 {
			t.Errorf("%s: the root is as it was: %v %v", name, err, report)
		}
	}
	r := newRoot(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Create(ended, good); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// cutting loses or spoils the answer of one disk operation, counted from 0.
type cutting struct {
	osDisk
	at     int
	done   bool // the operation happens and an error is answered; otherwise it is lost
	op     string
	mu     sync.Mutex // files may be copied several at once
	n      int
	nolink bool
}

var errPower = errors.New("power cut")

func (f *cutting) step(op string, do func() error) error {
	f.mu.Lock()
	cut := f.n == f.at
	if f.n++; cut {
		f.op = op
	}
	f.mu.Unlock()
	if !cut {
		return do()
	}
	if f.done {
		if err := do(); err != nil {
			return err
		}
	}
	return errPower
}

func (f *cutting) Mkdir(d string) error {
	return f.step("mkdir", func() error { return f.osDisk.Mkdir(d) })
}

func (f *cutting) Link(a, b string) error {
	if f.nolink {
		return &os.LinkError{Op: "link", Old: a, New: b, Err: syscall.EXDEV}
	}
	return f.step("link", func() error { return f.osDisk.Link(a, b) })
}

func (f *cutting) Copy(a io.Reader, b string) error {
	return f.step("copy", func() error { return f.osDisk.Copy(a, b) })
}

func (f *cutting) WriteFile(n string, text []byte) error {
	return f.step("write "+filepath.Base(n), func() error { return f.osDisk.WriteFile(n, text) })
}

func (f *cutting) Stream(n string, write func(io.Writer) error) error {
	return f.step("write "+filepath.Base(n), func() error { return f.osDisk.Stream(n, write) })
}

func (f *cutting) SyncFile(n string) error {
	return f.step("sync file", func() error { return f.osDisk.SyncFile(n) })
}

func (f *cutting) SyncDir(d string) error {
	return f.step("sync dir", func() error { return f.osDisk.SyncDir(d) })
}

func (f *cutting) SyncAll(d *os.File) error {
	return f.step("sync all", func() error { return f.osDisk.SyncAll(d) })
}

func (f *cutting) Rename(a, b string) error {
	return f.step("rename", func() error { return f.osDisk.Rename(a, b) })
}

func (f *cutting) RemoveAll(d string) error {
	return f.step("remove", func() error { return f.osDisk.RemoveAll(d) })
}

func (f *cutting) Rmdir(d string) error {
	return f.step("rmdir", func() error { return f.osDisk.Rmdir(d) })
}

// TestEveryDurableStepMayBeLost cuts Create at each change it makes to the disk, lost or
// done. After the cut the root is valid and shows the object whole or not at all; called
// again, Create ends whole.
func TestEveryDurableStepMayBeLost(t *testing.T) {
	s := spec(t, scratch(t))
	for _, nolink := range []bool{false, true} {
		for _, done := range []bool{false, true} {
			for at := 0; ; at++ {
				r := newRoot(t)
				f := &cutting{at: at, done: done, nolink: nolink}
				r.disk = f
				_, err := r.Create(t.Context(), s)
				if f.op == "" {
					if err != nil {
						t.Fatal(err)
					}
					if at < 25 {
						t.Errorf("only %d steps: the seam misses some", at)
					}
					break
				}
				if !errors.Is(err, errPower) {
					t.Fatalf("step %d %s done=%v: error %v was swallowed", at, f.op, done, err)
				}
				report, err := r.Validate(t.Context())
				if err != nil || !report.Valid() || len(report.Warnings) > 0 || report.Objects > 1 {
					t.Fatalf("step %d %s done=%v: the root is not valid after the cut: %v %v", at, f.op, done, err, codes(report.Faults))
				}
				fresh, err := Open(r.dir) // what the next process does
				if err != nil {
					t.Fatal(err)
				}
				if _, err := fresh.Create(t.Context(), s); err != nil {
					t.Fatalf("step %d %s done=%v: again: %v", at, f.op, done, err)
				}
				mustBeWhole(t, fresh, s.ID)
				if err := fresh.Sweep(); err != nil {
					t.Error(err)
				}
				if left, err := os.ReadDir(fresh.staging); err != nil || len(left) > 0 {
					t.Errorf("step %d %s: staging holds %v %v", at, f.op, left, err)
				}
			}
		}
	}
}

func TestInitMayBeCutAnywhere(t *testing.T) {
	for _, done := range []bool{false, true} {
		for at := 0; ; at++ {
			dir := filepath.Join(scratch(t), "ocfl")
			f := &cutting{at: at, done: done}
			_, err := initRoot(dir, V11, DefaultLayout(), f)
			if f.op == "" {
				break
			}
			if !errors.Is(err, errPower) {
				t.Fatalf("step %d %s: %v", at, f.op, err)
			}
			r, err := Init(dir)
			if err != nil {
				t.Fatalf("step %d %s done=%v: again: %v", at, f.op, done, err)
			}
			if report, err := r.Validate(t.Context()); err != nil || !report.Valid() {
				t.Fatalf("step %d: %v %v", at, err, codes(report.Faults))
			}
		}
	}
	full := scratch(t)
	if err := os.WriteFile(filepath.Join(full, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Init(full); !errors.Is(err, NotARoot) {
		t.Errorf("a folder with other things: %v", err)
	}
}

// TestACopyIsCounted: where linking fails, the copy must have the digest received.
func TestACopyIsCounted(t *testing.T) {
	r := newRoot(t)
	r.disk = &cutting{at: -1, nolink: true}
	s := spec(t, scratch(t))
	i := slices.IndexFunc(s.Files, func(c Content) bool { return c.Logical == "bagit.txt" })
	if err := os.WriteFile(s.Files[i].Source, []byte(strings.Repeat("?", int(s.Files[i].Size))), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Create(t.Context(), s); !errors.Is(err, BadContent) {
		t.Errorf("changed while it waited: %v", err)
	}
}

func TestManyObjectsAtOnce(t *testing.T) {
	r := newRoot(t)
	s := spec(t, scratch(t))
	done := make(chan error)
	for i := range 40 {
		go func() {
			one := s
			one.ID = fmt.Sprintf("urn:qoyma:accession:%d", i%20)
			_, err := r.Create(t.Context(), one)
			done <- err
		}()
	}
	for range 40 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	report, err := r.Validate(t.Context())
	if err != nil || !report.Valid() || report.Objects != 20 || report.Files != 60 {
		t.Errorf("%v %+v", err, report)
	}
}
