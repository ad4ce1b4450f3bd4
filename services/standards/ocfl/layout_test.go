package ocfl

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// TestTheLayoutsAreThoseOfTheExtensions compares with the mappings that the extensions print.
func TestTheLayoutsAreThoseOfTheExtensions(t *testing.T) {
	long := strings.Repeat("abcdefghij", 10) + "a"
	const digest = "3c0ff4240c1e116dba14c7627f2319b58aa3d77606d0d90dfc6161608ac987d4"
	for _, c := range []struct {
		layout   Layout
		id, want string
	}{
		{defaultOf(FlatDirect), "object-01", "object-01"},
		{defaultOf(FlatDirect), "..hor_rib:lé-$id", "..hor_rib:lé-$id"},
		{defaultOf(HashAndID), "object-01", "3c0/ff4/240/object-01"},
		{defaultOf(HashAndID), "..hor/rib:le-$id", "487/326/d8c/%2e%2ehor%2frib%3ale-%24id"},
		{defaultOf(HashAndID), "..Hor/rib:lè-$id", "373/529/21a/%2e%2eHor%2frib%3al%c3%a8-%24id"},
		{defaultOf(HashAndID), long, "5cc/73e/648/" + long[:100] + "-5cc73e648fbcff136510e330871180922ddacf193b68fdeff855683a01464220"},
		{Layout{HashAndID, "md5", 2, 15, false}, "object-01", "ff/75/53/44/92/48/5e/ab/b3/9f/86/35/67/28/88/object-01"},
		{Layout{HashAndID, "sha256", 0, 0, false}, "object-01", "object-01"},
		{defaultOf(Hashed), "object-01", "3c0/ff4/240/" + digest},
		{Layout{Hashed, "sha256", 3, 3, true}, "object-01", "3c0/ff4/240/" + digest[9:]},
		{Layout{Hashed, "md5", 2, 15, true}, "object-01", "ff/75/53/44/92/48/5e/ab/b3/9f/86/35/67/28/88/4e"},
		{Layout{Hashed, "sha256", 0, 0, false}, "object-01", digest},
	} {
		if got, err := c.layout.Path(c.id); err != nil || got != c.want || !c.layout.valid() {
			t.Errorf("%+v %s: %s, %v", c.layout, c.id, got, err)
		}
	}
	for _, id := range []string{"", ".", "..", "a/b", "info:fedora/object-01", strings.Repeat("a", 256), "extensions", "ocfl_layout.json", "0=ocfl_1.1", "a\x00"} {
		if _, err := defaultOf(FlatDirect).Path(id); !errors.Is(err, BadID) {
			t.Errorf("%q is a directory's name: %v", id, err)
		}
	}
	// One hundred characters are not too long yet.
	if got, err := defaultOf(HashAndID).Path(long[:100]); err != nil || !strings.HasSuffix(got, "/"+long[:100]) {
		t.Errorf("got %s %v", got, err)
	}
	for _, l := range []Layout{
		{},
		{ExtensionName: "0006-flat-omit-prefix-storage-layout"},
		{FlatDirect, "sha256", 0, 0, false},
		{Hashed, "crc32", 3, 3, false},
		{Hashed, "sha256", 0, 3, false},
		{Hashed, "sha256", 32, 32, false},
		{Hashed, "sha256", -1, -1, false},
		{Hashed, "sha256", 33, 1, false},
		{Hashed, "md5", 2, 16, true}, // nothing would be left for the object's own name
		{HashAndID, "sha256", 3, 3, true},
	} {
		if l.valid() {
			t.Errorf("%+v", l)
		}
	}
}

func TestTheConfigurationIsReadStrictly(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Layout
	}{
		{FlatDirect, `{"extensionName":"` + FlatDirect + `"}`, defaultOf(FlatDirect)},
		{Hashed, `{"extensionName":"` + Hashed + `"}`, DefaultLayout()},
		{Hashed, `{"extensionName":"` + Hashed + `","tupleSize":2,"numberOfTuples":5,"digestAlgorithm":"blake2b-512","shortObjectRoot":true}`, Layout{Hashed, "blake2b-512", 2, 5, true}},
		{HashAndID, `{"extensionName":"` + HashAndID + `","digestAlgorithm":"sha1"}`, Layout{HashAndID, "sha1", 3, 3, false}},
	} {
		got, err := parseLayout(c.name, []byte(c.text))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.text, got, err)
		}
		again, err := got.config()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := parseLayout(c.name, again); err != nil || back != got {
			t.Errorf("written again %s: %+v, %v", again, back, err)
		}
	}
	for _, text := range []string{
		``, `[]`, `{}`, `{"extensionName":"` + FlatDirect + `"}`, `{"extensionName":null}`,
		`{"extensionName":"` + Hashed + `","tupleSize":"3"}`, `{"extensionName":"` + Hashed + `","tupleSize":1.5}`,
		`{"extensionName":"` + Hashed + `","tupleSize":0}`, `{"extensionName":"` + Hashed + `","tupleSize":null}`,
		`{"extensionName":"` + Hashed + `","colour":"red"}`, `{"extensionName":"` + Hashed + `","tupleSize":2,"tupleSize":3}`,
	} {
		if l, err := parseLayout(Hashed, []byte(text)); err == nil {
			t.Errorf("%s was taken as %+v", text, l)
		}
	}
}

// TestEveryEditionAndLayoutKeepsObjects makes, updates and validates an object in a root of each
// kind, and opens the root again.
func TestEveryEditionAndLayoutKeepsObjects(t *testing.T) {
	for _, e := range []Edition{V10, V11} {
		for _, l := range []Layout{defaultOf(FlatDirect), defaultOf(HashAndID), defaultOf(Hashed), {Hashed, "md5", 1, 2, true}} {
			dir := filepath.Join(scratch(t), "ocfl")
			r, err := InitAs(dir, e, l)
			if err != nil {
				t.Fatal(err)
			}
			s := spec(t, scratch(t))
			if _, err := r.Create(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			o, err := r.Update(t.Context(), s.ID, Change{Head: "v1", Created: day, Message: "less", User: s.User, Remove: []string{"bagit.txt"}})
			if err != nil {
				t.Fatal(err)
			}
			if o.Inventory.Type != e.inventoryType() || o.Inventory.Head != "v2" {
				t.Errorf("%s %s: %s", e, l.ExtensionName, o.Inventory.Type)
			}
			mustBeWhole(t, r, s.ID)
			report, err := Validate(t.Context(), dir)
			if err != nil || report.Kind != RootKind || report.Edition != e || report.Layout != l.ExtensionName {
				t.Errorf("%+v %v", report, err)
			}
			again, err := Open(dir)
			if err != nil || again.Layout() != l || again.Edition() != e {
				t.Fatalf("%v %+v", err, again)
			}
			mustBeWhole(t, again, s.ID)
			if same, err := InitAs(dir, e, l); err != nil || same.Layout() != l {
				t.Errorf("made again: %v", err)
			}
			if _, err := InitAs(dir, e, Layout{HashAndID, "sha512", 4, 4, false}); !errors.Is(err, OtherRoot) {
				t.Errorf("another layout: %v", err)
			}
		}
	}
	flat, err := InitAs(filepath.Join(scratch(t), "ocfl"), V11, defaultOf(FlatDirect))
	if err != nil {
		t.Fatal(err)
	}
	s := spec(t, scratch(t))
	s.ID = "https://example.kz/1"
	if _, err := flat.Create(t.Context(), s); !errors.Is(err, BadID) || fault.Of(err).In(fault.Kazakh) == "" {
		t.Errorf("an identifier that is no name: %v", err)
	}
	if _, err := flat.Object(s.ID); !errors.Is(err, NotFound) {
		t.Errorf("an identifier that is no name: %v", err)
	}
	if _, err := flat.Update(t.Context(), s.ID, Change{Head: "v1"}); !errors.Is(err, NotFound) {
		t.Errorf("an identifier that is no name: %v", err)
	}
	if _, err := flat.CheckRecord(s); !errors.Is(err, BadID) {
		t.Errorf("an identifier that is no name: %v", err)
	}
	if _, err := InitAs(scratch(t), "2.0", DefaultLayout()); !errors.Is(err, UnknownLayout) {
		t.Errorf("an edition that is not known: %v", err)
	}
}

func TestARootWithoutAKnownLayoutIsNotOpened(t *testing.T) {
	r := newRoot(t)
	config := filepath.Join(r.dir, extensionsDir, Hashed, "config.json")
	if err := os.WriteFile(config, []byte(`{"extensionName":"0002-flat"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(r.dir); !errors.Is(err, UnknownLayout) {
		t.Errorf("another layout: %v", err)
	}
	put(t, r.dir, layoutName, `{"extension":"0007-n-tuple-omit-prefix-storage-layout","description":"x"}`)
	if _, err := Open(r.dir); !errors.Is(err, UnknownLayout) {
		t.Errorf("another layout: %v", err)
	}
	if report, err := ValidateRoot(t.Context(), r.dir); err != nil || !report.Valid() || report.Layout != "" {
		t.Errorf("it can be validated all the same: %v %+v", err, report)
	}
	if err := os.Remove(filepath.Join(r.dir, layoutName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(r.dir); !errors.Is(err, UnknownLayout) {
		t.Errorf("no layout: %v", err)
	}
	if _, err := Open(scratch(t)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no root: %v", err)
	}
	if _, err := Validate(t.Context(), scratch(t)); !errors.Is(err, NotOCFL) {
		t.Errorf("nothing: %v", err)
	}
}

func FuzzLayout(f *testing.F) {
	f.Add(Hashed, []byte(`{"extensionName":"0004-hashed-n-tuple-storage-layout","tupleSize":2}`), "a/b")
	f.Add(HashAndID, []byte(`{"extensionName":"0003-hash-and-id-n-tuple-storage-layout","digestAlgorithm":"md5"}`), "..")
	f.Add(FlatDirect, []byte(`{"extensionName":"0002-flat-direct-storage-layout"}`), "x")
	f.Fuzz(func(t *testing.T, name string, raw []byte, id string) {
		_, _ = layoutNamed(raw)
		l, err := parseLayout(name, raw)
		if err != nil {
			return
		}
		if at, err := l.Path(id); err == nil && (!plain(at) || strings.Count(at, "/") != l.NumberOfTuples) {
			t.Errorf("%+v puts %q at %q", l, id, at)
		}
		text, err := l.config()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseLayout(name, text); err != nil || again != l {
			t.Errorf("%+v written again is %+v: %v", l, again, err)
		}
	})
}

func FuzzSidecar(f *testing.F) {
	f.Add([]byte(hexOf("a") + "  inventory.json\n"))
	f.Add([]byte("ABC\tinventory.json\r\n"))
	f.Add([]byte(" inventory.json"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		digest, ok := parseSidecar(raw)
		if !ok {
			return
		}
		if digest == "" || !isHex(digest) || digest != strings.ToLower(digest) {
			t.Errorf("%q gives %q", raw, digest)
		}
		if again, ok := parseSidecar([]byte(digest + " " + inventoryName + "\n")); !ok || again != digest {
			t.Errorf("%q written again gives %q", digest, again)
		}
	})
}
