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
		{omitting(FlatOmit, ":"), "namespace:12887296", "12887296"},
		{omitting(FlatOmit, ":"), "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", "6e8bc430-9c3a-11d9-9669-0800200c9a66"},
		{omitting(FlatOmit, "EDU/"), "https://institution.edu/3448793", "3448793"},
		{omitting(FlatOmit, "edu/"), "https://institution.edu/abc/edu/f8.05v", "f8.05v"},
		{omitting(FlatOmit, "қор"), "архив/қор7", "7"},
		{tuples(Omission{":", false, true}, 4, 2), "namespace:12887296", "6927/8821/12887296"},
		{tuples(Omission{":", false, true}, 4, 2), "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", "66a9/c002/6e8bc430-9c3a-11d9-9669-0800200c9a66"},
		{tuples(Omission{":", false, true}, 4, 2), "abc123", "321c/ba00/abc123"},
		{tuples(Omission{"edu/", true, false}, 3, 3), "https://institution.edu/3448793", "344/879/300/3448793"},
		{tuples(Omission{"edu/", true, false}, 3, 3), "https://institution.edu/abc/EDU/f8.05v", "f8./05v/000/f8.05v"},
		{Layout{HashAndID, "md5", 2, 15, false, Omission{}}, "object-01", "ff/75/53/44/92/48/5e/ab/b3/9f/86/35/67/28/88/object-01"},
		{Layout{HashAndID, "sha256", 0, 0, false, Omission{}}, "object-01", "object-01"},
		{defaultOf(Hashed), "object-01", "3c0/ff4/240/" + digest},
		{Layout{Hashed, "sha256", 3, 3, true, Omission{}}, "object-01", "3c0/ff4/240/" + digest[9:]},
		{Layout{Hashed, "md5", 2, 15, true, Omission{}}, "object-01", "ff/75/53/44/92/48/5e/ab/b3/9f/86/35/67/28/88/4e"},
		{Layout{Hashed, "sha256", 0, 0, false, Omission{}}, "object-01", digest},
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
	for _, c := range []struct {
		layout Layout
		id     string
	}{
		{omitting(FlatOmit, ":"), "urn:"},
		{omitting(FlatOmit, ":"), "urn:.."},
		{omitting(FlatOmit, ":"), ""},
		{omitting(FlatOmit, ":"), "urn:extensions"},
		{omitting(FlatOmit, "info:"), "info:fedora/object-01"},
		{omitting(FlatOmit, "info:"), "https://example.org/info:/12345/x54xz321"},
		{omitting(TuplesOmit, ":"), "urn:"},
		{omitting(TuplesOmit, ":"), "urn:қор"},
		{omitting(TuplesOmit, ":"), "қор:1"},
		{tuples(Omission{Delimiter: ":"}, 2, 2), "a:..xy"},
		{tuples(Omission{Delimiter: ":"}, 10, 1), "extensions"},
	} {
		if at, err := c.layout.Path(c.id); !errors.Is(err, BadID) {
			t.Errorf("%s puts %q at %q: %v", c.layout.ExtensionName, c.id, at, err)
		}
	}
	// One hundred characters are not too long yet.
	if got, err := defaultOf(HashAndID).Path(long[:100]); err != nil || !strings.HasSuffix(got, "/"+long[:100]) {
		t.Errorf("got %s %v", got, err)
	}
	for _, l := range []Layout{
		{},
		{ExtensionName: "0006-flat-omit-prefix-storage-layout"},
		{FlatDirect, "sha256", 0, 0, false, Omission{}},
		{Hashed, "crc32", 3, 3, false, Omission{}},
		{Hashed, "sha256", 0, 3, false, Omission{}},
		{Hashed, "sha256", 32, 32, false, Omission{}},
		{Hashed, "sha256", -1, -1, false, Omission{}},
		{Hashed, "sha256", 33, 1, false, Omission{}},
		{Hashed, "md5", 2, 16, true, Omission{}}, // nothing would be left for the object's own name
		{HashAndID, "sha256", 3, 3, true, Omission{}},
		{Hashed, "sha256", 3, 3, false, Omission{Delimiter: ":"}},
		omitting(FlatOmit, ""), omitting(TuplesOmit, ""), omitting(TuplesOmit, "қ"),
		tuples(Omission{Delimiter: ":"}, 0, 0), tuples(Omission{Delimiter: ":"}, 33, 1), tuples(Omission{Delimiter: ":"}, 1, 33),
		{ExtensionName: FlatOmit, Omit: Omission{Delimiter: ":", Reverse: true}},
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
		{Hashed, `{"extensionName":"` + Hashed + `","tupleSize":2,"numberOfTuples":5,"digestAlgorithm":"blake2b-512","shortObjectRoot":true}`, Layout{Hashed, "blake2b-512", 2, 5, true, Omission{}}},
		{FlatOmit, `{"extensionName":"` + FlatOmit + `","delimiter":"edu/"}`, omitting(FlatOmit, "edu/")},
		{TuplesOmit, `{"extensionName":"` + TuplesOmit + `"}`, omitting(TuplesOmit, ":")},
		{TuplesOmit, `{"extensionName":"` + TuplesOmit + `","delimiter":"edu/","tupleSize":2,"numberOfTuples":5,"zeroPadding":"right","reverseObjectRoot":true}`, tuples(Omission{"edu/", true, true}, 2, 5)},
		{HashAndID, `{"extensionName":"` + HashAndID + `","digestAlgorithm":"sha1"}`, Layout{HashAndID, "sha1", 3, 3, false, Omission{}}},
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

func TestTheConfigurationOfOmittedPrefixesIsReadStrictly(t *testing.T) {
	for name, texts := range map[string][]string{
		FlatOmit: {``, `{"extensionName":"` + FlatOmit + `"}`, `{"extensionName":"` + FlatOmit + `","delimiter":""}`, `{"extensionName":"` + FlatOmit + `","delimiter":":","tupleSize":3}`},
		TuplesOmit: {
			`{"extensionName":"` + TuplesOmit + `","zeroPadding":"middle"}`, `{"extensionName":"` + TuplesOmit + `","delimiter":1}`,
			`{"extensionName":"` + TuplesOmit + `","digestAlgorithm":"sha256"}`, `{"extensionName":"` + TuplesOmit + `","reverseObjectRoot":"yes"}`,
		},
	} {
		for _, text := range texts {
			if l, err := parseLayout(name, []byte(text)); err == nil {
				t.Errorf("%s was taken as %+v", text, l)
			}
		}
	}
	if l, err := parseLayout(FlatOmit, nil); err == nil {
		t.Errorf("0006 has no delimiter of its own, and was taken as %+v", l)
	}
	if l, err := parseLayout(TuplesOmit, nil); err != nil || l != omitting(TuplesOmit, ":") {
		t.Errorf("%+v, %v", l, err)
	}
}

// omitting is a layout that takes a prefix away, otherwise with its own parameters.
func omitting(name, delimiter string) Layout {
	l := defaultOf(name)
	l.Omit.Delimiter = delimiter
	return l
}

func tuples(o Omission, size, number int) Layout {
	return Layout{ExtensionName: TuplesOmit, TupleSize: size, NumberOfTuples: number, Omit: o}
}

// TestOfTwoObjectsInOnePlaceTheFirstStays: without their prefixes two identifiers may be the same.
func TestOfTwoObjectsInOnePlaceTheFirstStays(t *testing.T) {
	r, err := InitAs(filepath.Join(scratch(t), "ocfl"), V11, omitting(TuplesOmit, ":"))
	if err != nil {
		t.Fatal(err)
	}
	s := spec(t, scratch(t))
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	other := s
	other.ID = "urn:another:" + s.ID[strings.LastIndexByte(s.ID, ':')+1:]
	if _, err := r.Create(t.Context(), other); !errors.Is(err, E083.Definition) {
		t.Errorf("the second: %v", err)
	}
	mustBeWhole(t, r, s.ID)
}

// TestEveryEditionAndLayoutKeepsObjects makes, updates and validates an object in a root of each
// kind, and opens the root again.
func TestEveryEditionAndLayoutKeepsObjects(t *testing.T) {
	for _, e := range []Edition{V10, V11} {
		for _, l := range []Layout{defaultOf(FlatDirect), defaultOf(HashAndID), defaultOf(Hashed), {Hashed, "md5", 1, 2, true, Omission{}}, omitting(FlatOmit, ":"), tuples(Omission{":", true, true}, 2, 2)} {
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
			if _, err := InitAs(dir, e, Layout{HashAndID, "sha512", 4, 4, false, Omission{}}); !errors.Is(err, OtherRoot) {
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
	// One that this program does not understand, and one that was registered after it was written.
	for _, name := range []string{"0010-differential-n-tuple-omit-prefix-storage-layout", "0999-of-days-to-come"} {
		put(t, r.dir, layoutName, `{"extension":"`+name+`","description":"x"}`)
		if _, err := Open(r.dir); !errors.Is(err, UnknownLayout) {
			t.Errorf("another layout: %v", err)
		}
		report, err := ValidateRoot(t.Context(), r.dir)
		if err != nil || !report.Valid() || report.Layout != "" {
			t.Errorf("it can be validated all the same: %v %+v", err, report)
		}
		if w := report.Warnings; len(w) != 1 || w[0].Fault.Code != "ocfl.places" || !strings.Contains(w[0].Fault.In(fault.Kazakh), name) {
			t.Errorf("that places were not judged is not said: %v", w)
		}
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
	f.Add(FlatOmit, []byte(`{"extensionName":"0006-flat-omit-prefix-storage-layout","delimiter":":"}`), "urn:x")
	f.Add(TuplesOmit, []byte(`{"extensionName":"0007-n-tuple-omit-prefix-storage-layout","tupleSize":2}`), "urn:..x")
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
