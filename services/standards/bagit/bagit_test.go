package bagit

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/qoyma/qoyma/services/platform/fault"
	"pgregory.net/rapid"
)

// files is a bag by path.
type files map[string]string

func digestOf(algorithm, s string) string {
	switch algorithm {
	case "md5":
		d := md5.Sum([]byte(s))
		return hex.EncodeToString(d[:])
	case "sha256":
		d := sha256.Sum256([]byte(s))
		return hex.EncodeToString(d[:])
	}
	d := sha512.Sum512([]byte(s))
	return hex.EncodeToString(d[:])
}

// sound is a bag in which nothing is wrong; the algorithms are those of its manifests.
func sound(algorithms ...string) files {
	b := files{
		"bagit.txt":          "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
		"data/протокол.txt":  "Ғылыми кеңес отырысының хаттамасы",
		"data/2024/план.csv": "номер;дело\n1;Планы\n",
		"data/empty":         "",
	}
	b["bag-info.txt"] = fmt.Sprintf("Source-Organization: Департамент\n  құжаттама\nPayload-Oxum: %d.3\n",
		len(b["data/протокол.txt"])+len(b["data/2024/план.csv"]))
	if len(algorithms) == 0 {
		algorithms = []string{"sha256"}
	}
	b.seal(algorithms...)
	return b
}

// seal writes manifests for what the bag holds now.
func (b files) seal(algorithms ...string) {
	for p := range b {
		if _, _, ok := manifestName(p); ok {
			delete(b, p)
		}
	}
	for _, tag := range []bool{false, true} {
		for _, a := range algorithms {
			text := ""
			for _, p := range slices.Sorted(maps.Keys(b)) {
				isTag, _, manifest := manifestName(p)
				if strings.HasPrefix(p, "data/") != tag && !(manifest && isTag) {
					text += digestOf(a, b[p]) + "  " + encodePath(p) + "\n"
				}
			}
			if tag {
				b["tagmanifest-"+a+".txt"] = text
			} else {
				b["manifest-"+a+".txt"] = text
			}
		}
	}
}

func (b files) with(path, content string) files { b[path] = content; return b }
func (b files) without(path string) files       { delete(b, path); return b }

// check feeds the files in the order of their paths, or in the one given.
func check(b files, opts Options, order ...string) *Report {
	c := NewChecker(opts)
	if len(order) == 0 {
		order = slices.Sorted(maps.Keys(b))
	}
	for _, p := range order {
		_ = c.File(p, int64(len(b[p])), strings.NewReader(b[p]), io.Discard) // faults are in the report
	}
	return c.Finish()
}

// said lists findings as "code where".
func said(items []fault.Item) []string {
	var list []string
	for _, i := range items {
		list = append(list, strings.TrimPrefix(i.Fault.Code, "bagit.")+" "+i.Where)
	}
	return list
}

func TestASoundBagIsValid(t *testing.T) {
	for _, algorithms := range [][]string{{"sha256"}, {"sha512"}, {"md5"}, {"sha256", "sha512"}} {
		b := sound(algorithms...)
		r := check(b, Options{}, append([]string{"manifest-" + algorithms[0] + ".txt"}, slices.DeleteFunc(slices.Sorted(maps.Keys(b)), func(p string) bool { return p == "manifest-"+algorithms[0]+".txt" })...)...)
		if !r.Valid() || r.Err() != nil || len(r.Payload) != 3 {
			t.Fatalf("%v: %v", algorithms, said(r.Faults))
		}
		if algorithms[0] == "md5" {
			if got := said(r.Warnings); !reflect.DeepEqual(got, []string{"weak_algorithm manifest-md5.txt"}) {
				t.Errorf("warnings %v", got)
			}
			continue
		}
		if len(r.Warnings) != 0 {
			t.Errorf("warnings %v", said(r.Warnings))
		}
		e := r.Payload[2]
		if e.Path != "data/протокол.txt" || e.SHA256 != digestOf("sha256", b[e.Path]) || e.SHA512 != digestOf("sha512", b[e.Path]) || e.Format.PUID != "x-fmt/111" {
			t.Errorf("entry %+v", e)
		}
		if got := r.Values("source-organization"); !reflect.DeepEqual(got, []string{"Департамент құжаттама"}) {
			t.Errorf("info %v", got)
		}
	}
}

func TestAFlippedByteIsNamedWithBothDigests(t *testing.T) {
	b := sound()
	want := digestOf("sha256", b["data/протокол.txt"])
	b["data/протокол.txt"] = strings.Replace(b["data/протокол.txt"], "к", "қ", 1)
	r := check(b, Options{})
	if len(r.Faults) != 1 {
		t.Fatalf("one fault, got %v", said(r.Faults))
	}
	f := r.Faults[0].Fault
	for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
		if text := f.In(l); !strings.Contains(text, want) || !strings.Contains(text, digestOf("sha256", b["data/протокол.txt"])) || !strings.Contains(text, "RFC 8493 §3") {
			t.Errorf("%s: %s", l, text)
		}
	}
	if Clause(f.Code) != "§3" {
		t.Errorf("clause %q", Clause(f.Code))
	}
}

// TestAnyOrderGivesTheSameReport: sha256 and sha512 are always counted, so no order of
// arrival matters.
func TestAnyOrderGivesTheSameReport(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := sound("sha256", "sha512")
		if p := rapid.SampledFrom(slices.Sorted(maps.Keys(b))).Draw(rt, "spoil"); rapid.Bool().Draw(rt, "delete") {
			delete(b, p)
		} else {
			b[p] += "x"
		}
		order := rapid.Permutation(slices.Sorted(maps.Keys(b))).Draw(rt, "order")
		if a, z := check(b, Options{}), check(b, Options{}, order...); !reflect.DeepEqual(a, z) {
			rt.Fatalf("%q and %q", said(a.Faults), said(z.Faults))
		}
	})
}

// TestNoByteChangesUnnoticed: whatever single byte of a bag changes, the bag is refused,
// or says another thing about itself only where nothing guards it (tag manifests).
func TestNoByteChangesUnnoticed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := sound()
		paths := slices.DeleteFunc(slices.Sorted(maps.Keys(b)), func(p string) bool { return b[p] == "" || strings.HasPrefix(p, "tagmanifest") })
		p := rapid.SampledFrom(paths).Draw(rt, "file")
		raw := []byte(b[p])
		raw[rapid.IntRange(0, len(raw)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "xor"))
		b[p] = string(raw)
		if r := check(b, Options{}); r.Valid() {
			rt.Fatalf("a changed byte of %s went unnoticed", p)
		}
	})
}

func TestALateManifestIsReread(t *testing.T) {
	b := sound("md5")
	c := NewChecker(Options{})
	order := slices.Sorted(maps.Keys(b)) // data/ comes before manifest-md5.txt
	for _, p := range order {
		if err := c.File(p, -1, strings.NewReader(b[p]), nil); err != nil {
			t.Fatal(err)
		}
	}
	if r := c.Finish(); r.Valid() {
		t.Fatal("md5 was never counted")
	}
	again := func(p string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(b[p])), nil }
	if err := c.Reread(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if r := c.Finish(); !r.Valid() {
		t.Errorf("after rereading: %v", said(r.Faults))
	}
	opened := 0
	if err := c.Reread(t.Context(), func(string) (io.ReadCloser, error) { opened++; return nil, fs.ErrNotExist }); err != nil || opened != 0 {
		t.Errorf("nothing is missing any more: opened %d, %v", opened, err)
	}
}

type brokenReader struct{ after int }

func (r *brokenReader) Read(p []byte) (int, error) {
	if r.after == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	r.after--
	p[0] = 'x'
	return 1, nil
}

type brokenWriter struct{}

var errDisk = errors.New("disk full")

func (brokenWriter) Write([]byte) (int, error) { return 0, errDisk }

// TestALieCostsLittle: a bag of nothing but faults costs no more than its limits say.
func TestALieCostsLittle(t *testing.T) {
	opts := Options{Limits: Limits{Entries: 100, Faults: 10}}
	c := NewChecker(opts)
	for i := range 10_000 {
		if _, err := c.Begin(fmt.Sprintf("../%d", i), -1, nil); err == nil {
			t.Fatal("traversal")
		}
		_ = c.Irregular(fmt.Sprint(i), fs.ModeSymlink)
	}
	if kept, all := len(c.found.faults.List()), c.found.faults.Count(); kept != 10 || all != 101 {
		t.Errorf("%d findings are kept, %d are counted", kept, all)
	}
	long := strings.Repeat("nonsense\n", 1<<17)
	_, found := manifestOf(t, "manifest-md5.txt", long, "1.0", opts.Limits.withDefaults())
	if kept, all := len(found.faults.List()), found.faults.Count(); kept != 10 || all != 1<<17 {
		t.Errorf("%d findings of a manifest are kept, %d are counted", kept, all)
	}
	if _, found := parseInfo(bagInfo, long, opts.Limits.withDefaults()); len(found.faults.List()) != 10 || found.faults.Count() != 1<<17 {
		t.Errorf("%d findings of the metadata are counted", found.faults.Count())
	}
	// A value of very many lines: joined once, not anew for every line.
	if fields, _ := parseInfo(bagInfo, "A: b\n"+strings.Repeat(" x\n", 1<<17), opts.Limits.withDefaults()); len(fields) != 1 || len(fields[0].Value) != 1+2<<17 {
		t.Errorf("%d fields", len(fields))
	}
}

func TestTheStreamMayBreak(t *testing.T) {
	c := NewChecker(Options{})
	if err := c.File("data/a", 10, &brokenReader{3}, io.Discard); !errors.Is(err, Unreadable.Definition) {
		t.Errorf("a broken reader is a fault of the bag: %v", err)
	}
	if err := c.File("data/b", 1, strings.NewReader("x"), brokenWriter{}); !errors.Is(err, errDisk) || notFault(err) == nil {
		t.Errorf("a broken writer is ours: %v", err)
	}
	if err := c.File("data/c", 5, strings.NewReader("four"), nil); !errors.Is(err, WrongSize.Definition) {
		t.Errorf("size: %v", err)
	}
	if err := c.File("data/c", 4, strings.NewReader("four"), nil); !errors.Is(err, DuplicateFile.Definition) {
		t.Errorf("twice: %v", err)
	}
	if _, err := c.Begin("data/open", -1, nil); err != nil {
		t.Error(err)
	}
	got := said(c.Finish().Faults)
	for _, want := range []string{"unreadable data/a", "size data/c", "duplicate_file data/c", "unreadable data/open"} {
		if !slices.Contains(got, want) {
			t.Errorf("want %q among %q", want, got)
		}
	}
}

func TestNothingIsReadUnderARefusedName(t *testing.T) {
	c := NewChecker(Options{})
	r := &brokenReader{1}
	if err := c.File("data/../x", -1, r, brokenWriter{}); !errors.Is(err, Traversal.Definition) || r.after != 1 {
		t.Errorf("%v, read %v", err, r.after != 1)
	}
}

func writeBag(t *testing.T, b files) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "bag")
	for p, content := range b {
		full := filepath.Join(root, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestADirectoryIsCheckedWithoutLeavingIt(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := writeBag(t, sound("md5", "sha512"))
	r, err := ValidateDir(t.Context(), root, Options{})
	if err != nil || !r.Valid() {
		t.Fatalf("%v %v", err, r)
	}
	if err := os.Symlink(outside, filepath.Join(root, "data", "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..", filepath.Join(root, "data", "up")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(root, "data", "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err = ValidateDir(t.Context(), root, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := said(r.Faults), []string{"symlink data/link", "device data/pipe", "symlink data/up"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := ValidateDir(t.Context(), filepath.Join(root, "none"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ValidateDir(ended, root, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

func TestWhatCreateMakesIsValid(t *testing.T) {
	root := filepath.Join(t.TempDir(), "bag")
	payload := fstest.MapFS{
		"2024/хаттама.txt": {Data: []byte("мазмұны")},
		"100%.txt":         {Data: []byte("all")},
		"scan.pdf":         {Data: []byte("%PDF-1.4\n%%EOF")},
	}
	made, err := Create(t.Context(), root, payload, []Field{{"Source-Organization", "Мұрағат\nбөлімі"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := ValidateDir(t.Context(), root, Options{})
	if err != nil || !reflect.DeepEqual(made, r) {
		t.Errorf("made %+v\nread %+v %v", made, r, err)
	}
	if !slices.Equal(r.Values("source-organization"), []string{"Мұрағат бөлімі"}) || !slices.Equal(r.Values(oxumLabel), []string{"31.3"}) {
		t.Errorf("info %v", r.Info)
	}
	if len(r.Payload) != 3 || r.Payload[2].Format.PUID != "fmt/18" {
		t.Errorf("payload %+v", r.Payload)
	}
	if _, err := Create(t.Context(), root, payload, nil, Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a bag is never written over: %v", err)
	}
	bad := filepath.Join(t.TempDir(), "bad")
	if _, err := Create(t.Context(), bad, fstest.MapFS{"con.txt": {}}, nil, Options{}); !errors.Is(err, Refused) || !slices.Equal(said(fault.Of(err).Items), []string{"reserved_name data/con.txt"}) {
		t.Errorf("reserved: %v", err)
	}
	if _, err := os.Stat(bad); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing is left of it: %v", err)
	}
}

// TestBLAKE3IsCountedInTheSamePass: where it is asked for, and as the function's own authors
// publish it for the empty input.
func TestBLAKE3IsCountedInTheSamePass(t *testing.T) {
	r := check(sound(), Options{BLAKE3: true})
	for _, e := range append(r.Payload, r.Tags...) {
		if len(e.BLAKE3) != 64 {
			t.Errorf("%s has %q", e.Path, e.BLAKE3)
		}
		if e.Path == "data/empty" && e.BLAKE3 != "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262" {
			t.Errorf("of nothing: %s", e.BLAKE3)
		}
	}
	if r := check(sound(), Options{}); r.Payload[0].BLAKE3 != "" {
		t.Error("it was counted unasked")
	}
}
