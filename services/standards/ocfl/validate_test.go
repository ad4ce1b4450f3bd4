package ocfl

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// object makes a fresh object and gives its directory.
func object(t *testing.T) string {
	t.Helper()
	r := newRoot(t)
	s := spec(t, scratch(t))
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return r.Path(s.ID)
}

// reseal writes an inventory with its sidecar into the root and the newest version.
func reseal(t *testing.T, dir string, change func(inv map[string]any)) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, inventoryName))
	if err != nil {
		t.Fatal(err)
	}
	var inv map[string]any
	if err := json.Unmarshal(raw, &inv); err != nil {
		t.Fatal(err)
	}
	change(inv)
	text, err := pretty(inv)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{dir, filepath.Join(dir, "v1")} {
		put(t, at, inventoryName, string(text))
		put(t, at, inventoryName+".sha512", sum("sha512", text)+" "+inventoryName+"\n")
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(full) // the content may be a link to its source, which must not change
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsWrongWithAnObjectHasItsCode(t *testing.T) {
	const content = "v1/content/"
	digest := hexOf("мазмұны")
	state := func(inv map[string]any) map[string]any {
		return inv["versions"].(map[string]any)["v1"].(map[string]any)["state"].(map[string]any)
	}
	version := func(inv map[string]any) map[string]any {
		return inv["versions"].(map[string]any)["v1"].(map[string]any)
	}
	inv := func(change func(map[string]any)) func(*testing.T, string) {
		return func(t *testing.T, dir string) { reseal(t, dir, change) }
	}
	set := func(key string, value any) func(*testing.T, string) {
		return inv(func(m map[string]any) {
			if m[key] = value; value == nil {
				delete(m, key)
			}
		})
	}
	setVersion := func(key string, value any) func(*testing.T, string) {
		return inv(func(m map[string]any) {
			if version(m)[key] = value; value == nil {
				delete(version(m), key)
			}
		})
	}
	file := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { put(t, dir, name, text) }
	}
	gone := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
				t.Fatal(err)
			}
		}
	}
	mkdir := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	cases := []struct {
		want string
		do   func(*testing.T, string)
	}{
		{"E001 letter.txt", file("letter.txt", "")},
		{"E003 .", gone(V11.object())},
		{"E003 .", file("0=ocfl_object_1.0", "ocfl_object_1.0\n")},
		{"E004 0=ocfl_object_9.9", func(t *testing.T, d string) {
			gone(V11.object())(t, d)
			put(t, d, "0=ocfl_object_9.9", "ocfl_object_9.9\n")
		}},
		{"E007 " + V11.object(), file(V11.object(), "ocfl_object_1.1")},
		{"E008 inventory.json", set("versions", map[string]any{})},
		{"E009 inventory.json", inv(func(m map[string]any) {
			m["versions"] = map[string]any{"v2": version(m)}
			m["head"] = "v2"
		})},
		{"E010 inventory.json", inv(func(m map[string]any) { m["versions"].(map[string]any)["v3"] = version(m); m["head"] = "v3" })},
		{"E010 .", func(t *testing.T, d string) { // the second of three is lost, directory and all
			reseal(t, d, func(m map[string]any) {
				all := m["versions"].(map[string]any)
				all["v2"], all["v3"], m["head"] = version(m), version(m), "v3"
			})
			mkdir("v3")(t, d)
		}},
		{"E012 inventory.json", inv(func(m map[string]any) {
			m["versions"].(map[string]any)["v002"] = version(m)
			m["head"] = "v002"
		})},
		{"E015 v1/letter.txt", file("v1/letter.txt", "")},
		{"E017 inventory.json", set("contentDirectory", "a/b")},
		{"E018 inventory.json", set("contentDirectory", "..")},
		{"E023 v1/content/extra", file(content+"extra", "")},
		{"E092 v1/content/data/empty", gone(content + "data/empty")},
		{"E024 v1/content/void", mkdir(content + "void")},
		{"E025 inventory.json", set("digestAlgorithm", "md5")},
		{"E031 inventory.json", inv(func(m map[string]any) { m["manifest"].(map[string]any)["abc"] = []string{"v1/content/x"} })},
		{"E033 inventory.json", file(inventoryName, "{")},
		{"E033 inventory.json", file(inventoryName, `{"id":"a","id":"b"}`)},
		{"E033 inventory.json", set("id", 7)},
		{"E036 inventory.json", set("id", nil)},
		{"E037 inventory.json", set("id", "")},
		{"E038 inventory.json", set("type", "https://example.org/")},
		{"E040 inventory.json", set("head", "v7")},
		{"E041 inventory.json", set("manifest", nil)},
		{"E042 inventory.json", inv(func(m map[string]any) { m["manifest"].(map[string]any)[digest] = []string{"v9/content/x"} })},
		{"E042 inventory.json", inv(func(m map[string]any) { m["manifest"].(map[string]any)[digest] = []string{"v1/loose"} })},
		{"E043 inventory.json", set("versions", nil)},
		{"E044 inventory.json", set("versions", "v1")},
		{"E046 inventory.json", inv(func(m map[string]any) { m["versions"].(map[string]any)["1"] = version(m) })},
		{"E046 inventory.json", mkdir("v2")},
		{"E047 inventory.json", inv(func(m map[string]any) { m["versions"].(map[string]any)["v1"] = 1 })},
		{"E048 inventory.json", setVersion("state", nil)},
		{"E048 inventory.json", setVersion("created", nil)},
		{"E049 inventory.json", setVersion("created", "yesterday")},
		{"E050 inventory.json", inv(func(m map[string]any) { state(m)[strings.Repeat("0", 128)] = []string{"x"} })},
		{"E050 inventory.json", inv(func(m map[string]any) { // the same digits, another key
			state(m)[strings.ToUpper(digest)] = state(m)[digest]
			delete(state(m), digest)
		})},
		{"E052 inventory.json", inv(func(m map[string]any) { state(m)[digest] = []string{"a/../b"} })},
		{"E053 inventory.json", inv(func(m map[string]any) { state(m)[digest] = []string{"/a"} })},
		{"E054 inventory.json", setVersion("user", map[string]any{"address": "mailto:a@b.kz"})},
		{"E057 inventory.json", set("fixity", map[string]any{"md5": map[string]any{strings.Repeat("0", 32): []string{"v1/content/none"}}})},
		{"E029 inventory.json", set("fixity", map[string]any{"md5": map[string]any{"zz": []string{content + "bagit.txt"}}})},
		{"E058 inventory.json", gone(inventoryName + ".sha512")},
		{"E060 inventory.json", file(inventoryName+".sha512", strings.Repeat("0", 128)+" inventory.json\n")},
		{"E061 inventory.json.sha512", file(inventoryName+".sha512", "nonsense")},
		{"E063 .", gone(inventoryName)},
		{"E064 v1/inventory.json", file("v1/"+inventoryName, "{}")},
		{"E067 extensions/x", file("extensions/x", "")},
		{"E090 v1/content/link", func(t *testing.T, d string) {
			if err := os.Symlink("bagit.txt", filepath.Join(d, "v1", "content", "link")); err != nil {
				t.Fatal(err)
			}
		}},
		{"E092 v1/content/bagit.txt", file(content+"bagit.txt", "BagIt-Version: 9.0\n")},
		{"E092 inventory.json", inv(func(m map[string]any) { m["manifest"].(map[string]any)[digest] = "v1/content/x" })},
		{"E093 v1/content/bagit.txt", set("fixity", map[string]any{"md5": map[string]any{strings.Repeat("0", 32): []string{content + "bagit.txt"}}})},
		{"E094 inventory.json", setVersion("message", 3)},
		{"E095 inventory.json", inv(func(m map[string]any) { state(m)[digest] = []string{"data", "data/empty"} })},
		{"E096 inventory.json", inv(func(m map[string]any) {
			m["manifest"].(map[string]any)[strings.ToUpper(digest)] = []string{"v1/content/y"}
		})},
		{"E097 inventory.json", set("fixity", map[string]any{"md5": map[string]any{strings.Repeat("a", 32): []string{content + "bagit.txt"}, strings.Repeat("A", 32): []string{content + "bagit.txt"}}})},
		{"E099 inventory.json", inv(func(m map[string]any) { m["manifest"].(map[string]any)[digest] = []string{"v1/../../x"} })},
		{"E100 inventory.json", inv(func(m map[string]any) { m["manifest"].(map[string]any)[digest] = []string{"/v1/x"} })},
		{"E099 inventory.json", set("fixity", map[string]any{"md5": map[string]any{strings.Repeat("a", 32): []string{content + "./bagit.txt"}}})},
		{"E100 inventory.json", set("fixity", map[string]any{"md5": map[string]any{strings.Repeat("a", 32): []string{"/" + content + "bagit.txt"}}})},
		{"E101 inventory.json", set("fixity", map[string]any{"md5": map[string]any{strings.Repeat("a", 32): []string{content + "bagit.txt", content + "bagit.txt"}}})},
		{"E101 inventory.json", inv(func(m map[string]any) {
			m["manifest"].(map[string]any)[digest] = []string{"v1/content/data/empty/x"}
		})},
		{"E102 inventory.json", set("colour", "red")},
		{"E106 inventory.json", set("manifest", 1)},
		{"E107 inventory.json", inv(func(m map[string]any) {
			m["manifest"].(map[string]any)[strings.Repeat("0", 128)] = []string{"v1/content/z"}
		})},
		{"E111 inventory.json", set("fixity", 1)},
		{"E032 inventory.json", set("fixity", map[string]any{"blake2b-512": map[string]any{"zz": []string{content + "bagit.txt"}}})},
		{"E039 inventory.json", set("digestAlgorithm", "sha256")},
		{"E056 inventory.json", set("fixity", map[string]any{"crc32": map[string]any{"0": []string{content + "bagit.txt"}}})},
		{"E030 inventory.json", set("fixity", map[string]any{"sha256": map[string]any{"zz": []string{content + "bagit.txt"}}})},
		{"W002 v1/other", mkdir("v1/other")},
		{"W005 inventory.json", set("id", "seventeen")},
		{"W007 inventory.json", setVersion("message", nil)},
		{"W008 inventory.json", setVersion("user", map[string]any{"name": "A"})},
		{"W009 inventory.json", setVersion("user", map[string]any{"name": "A", "address": "street"})},
		{"W010 v1", func(t *testing.T, d string) {
			gone("v1/"+inventoryName)(t, d)
			gone("v1/"+inventoryName+".sha512")(t, d)
		}},
		{"W013 extensions/mine", mkdir("extensions/mine")},
		{"W003 v2/content", func(t *testing.T, d string) {
			reseal(t, d, func(m map[string]any) { m["versions"].(map[string]any)["v2"] = version(m); m["head"] = "v2" })
			gone("v1/"+inventoryName)(t, d)
			gone("v1/"+inventoryName+".sha512")(t, d)
			mkdir("v2/content")(t, d)
		}},
	}
	for _, c := range cases {
		dir := object(t)
		c.do(t, dir)
		report, err := ValidateObject(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		got := append(codes(report.Faults), codes(report.Warnings)...)
		if !slices.Contains(got, c.want) {
			t.Errorf("want %s among %q", c.want, got)
		}
		if report.Valid() != (c.want[0] == 'W') || (report.Err(dir) == nil) != report.Valid() {
			t.Errorf("%s: valid %v %q", c.want, report.Valid(), got)
		}
	}
}

func TestAnOlderInventoryMustAgree(t *testing.T) {
	second := func(t *testing.T, older func(m map[string]any)) *Report {
		dir := object(t)
		raw, err := os.ReadFile(filepath.Join(dir, inventoryName))
		if err != nil {
			t.Fatal(err)
		}
		var first, now map[string]any
		if json.Unmarshal(raw, &first) != nil || json.Unmarshal(raw, &now) != nil {
			t.Fatal("inventory")
		}
		now["versions"].(map[string]any)["v2"] = now["versions"].(map[string]any)["v1"]
		now["head"] = "v2"
		older(first)
		for at, m := range map[string]map[string]any{dir: now, filepath.Join(dir, "v2"): now, filepath.Join(dir, "v1"): first} {
			text, err := pretty(m)
			if err != nil {
				t.Fatal(err)
			}
			put(t, at, inventoryName, string(text))
			put(t, at, inventoryName+".sha512", sum("sha512", text)+"  inventory.json\n")
		}
		r, err := ValidateObject(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	v1 := func(m map[string]any) map[string]any { return m["versions"].(map[string]any)["v1"].(map[string]any) }
	for want, change := range map[string]func(map[string]any){
		"":                       func(map[string]any) {},
		"E110 v1/inventory.json": func(m map[string]any) { m["id"] = "urn:other" },
		"E020 v1/inventory.json": func(m map[string]any) { m["contentDirectory"] = "stuff" },
		"E066 v1/inventory.json": func(m map[string]any) { v1(m)["state"].(map[string]any)[hexOf("")] = []string{"renamed"} },
		"W011 v1/inventory.json": func(m map[string]any) { v1(m)["message"] = "another" },
		"E040 v1/inventory.json": func(m map[string]any) { m["head"] = "v9" },
		"E102 v1/inventory.json": func(m map[string]any) { m["colour"] = "red" },
		"E036 v1/inventory.json": func(m map[string]any) { delete(m, "type") },
		"W007 v1/inventory.json": func(m map[string]any) { delete(v1(m), "user") },
	} {
		r := second(t, change)
		got := append(codes(r.Faults), codes(r.Warnings)...)
		if want == "" && len(got) > 0 || want != "" && !slices.Contains(got, want) {
			t.Errorf("want %q among %q", want, got)
		}
	}
}

func TestWhatIsWrongWithARootHasItsCode(t *testing.T) {
	id := "urn:qoyma:accession:2026-17"
	for want, do := range map[string]func(*testing.T, *Root){
		"E069 .":                func(t *testing.T, r *Root) { _ = os.Remove(filepath.Join(r.dir, V11.root())) },
		"E076 .":                func(t *testing.T, r *Root) { put(t, r.dir, "0=ocfl_1.0", "ocfl_1.0\n") },
		"E080 0=ocfl_1.1":       func(t *testing.T, r *Root) { put(t, r.dir, V11.root(), "x") },
		"E070 ocfl_layout.json": func(t *testing.T, r *Root) { put(t, r.dir, layoutName, `{"extension":"x"}`) },
		"E071 ocfl_layout.json": func(t *testing.T, r *Root) { put(t, r.dir, layoutName, `{"extension":"x","description":"y"}`) },
		"E072 abc/letter.txt":   func(t *testing.T, r *Root) { put(t, r.dir, "abc/letter.txt", "") },
		"E073 abc":              func(t *testing.T, r *Root) { _ = os.Mkdir(filepath.Join(r.dir, "abc"), 0o755) },
		"E090 link":             func(t *testing.T, r *Root) { _ = os.Symlink("/etc", filepath.Join(r.dir, "link")) },
		"E112 extensions/x":     func(t *testing.T, r *Root) { put(t, r.dir, "extensions/x", "") },
		"W016 extensions/mine":  func(t *testing.T, r *Root) { put(t, r.dir, "extensions/mine/x", "") },
		"E071 extensions/" + Hashed + "/config.json": func(t *testing.T, r *Root) { put(t, r.dir, "extensions/"+Hashed+"/config.json", "{}") },
		"E080 0=ocfl_9.9": func(t *testing.T, r *Root) {
			_ = os.Remove(filepath.Join(r.dir, V11.root()))
			put(t, r.dir, "0=ocfl_9.9", "ocfl_9.9\n")
		},
		"W014 .": func(t *testing.T, r *Root) {
			if err := os.MkdirAll(filepath.Join(r.dir, "deeper"), 0o755); err != nil {
				t.Fatal(err)
			}
			_ = os.CopyFS(filepath.Join(r.dir, "deeper", "x"), os.DirFS(r.Path(id)))
		},
		"E037 x/inventory.json": func(t *testing.T, r *Root) {
			_ = os.Remove(filepath.Join(r.dir, layoutName)) // nothing says any more where an object lies
			_ = os.CopyFS(filepath.Join(r.dir, "x"), os.DirFS(r.Path(id)))
		},
		"W015 .":     func(t *testing.T, r *Root) { _ = os.CopyFS(filepath.Join(r.dir, "x"), os.DirFS(r.Path(id))) },
		"E083 moved": func(t *testing.T, r *Root) { _ = os.Rename(r.Path(id), filepath.Join(r.dir, "moved")) },
	} {
		r := newRoot(t)
		if _, err := r.Create(t.Context(), spec(t, scratch(t))); err != nil {
			t.Fatal(err)
		}
		do(t, r)
		report, err := r.Validate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := append(codes(report.Faults), codes(report.Warnings)...); !slices.Contains(got, want) {
			t.Errorf("want %s among %q", want, got)
		}
	}
}

// TestOlderHabitsAreReadWithAWarning: sha256 and zero-padded versions, as others write.
func TestOlderHabitsAreReadWithAWarning(t *testing.T) {
	dir := scratch(t)
	digest := strings.ToUpper(sum("sha256", []byte("a")))
	text := `{"id":"urn:x","type":"https://ocfl.io/1.0/spec/#inventory","digestAlgorithm":"sha256","head":"v01",
		"manifest":{"` + digest + `":["v01/content/a"]},
		"versions":{"v01":{"created":"2020-01-01T00:00:00Z","message":"m","user":{"name":"n","address":"mailto:n@x.kz"},"state":{"` + digest + `":["a"]}}}}`
	put(t, dir, "v01/content/a", "a")
	put(t, dir, "0=ocfl_object_1.0", "ocfl_object_1.0\n")
	for _, at := range []string{dir, filepath.Join(dir, "v01")} {
		put(t, at, inventoryName, text)
		put(t, at, inventoryName+".sha256", sum("sha256", []byte(text))+"\tinventory.json\n")
	}
	r, err := ValidateObject(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := codes(r.Warnings); !r.Valid() || !slices.Equal(got, []string{"W001 inventory.json", "W004 inventory.json"}) {
		t.Errorf("%q %q", codes(r.Faults), got)
	}
	o, err := openObject(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, o, "a"); got != "a" {
		t.Errorf("read %q", got)
	}
}

func FuzzInventory(f *testing.F) {
	s := Spec{ID: "urn:x", Created: day, User: User{Name: "A"}, Files: []Content{{Logical: "data/a", SHA512: hexOf("a"), Size: 1}, {Logical: "b", SHA512: hexOf("a"), Size: 1}}}
	inv, err := s.inventory(V11)
	if err != nil {
		f.Fatal(err)
	}
	inv.Fixity = map[string]map[string][]string{"md5": {strings.Repeat("a", 32): {"v1/content/b"}}}
	text, err := pretty(inv)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"id":"a","type":"x","digestAlgorithm":"sha512","head":"v1","manifest":{},"versions":{"v1":{"created":"2024-01-01T00:00:00Z","state":{}}}}`))
	f.Add([]byte(`[{"a":{"a":1,"a":[]}}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		inv, found := parseInventory(raw)
		for _, x := range found {
			if !x.rule.Warning {
				_ = x.fault().Error()
				return
			}
		}
		if inv == nil {
			t.Fatal("no inventory and no fault")
		}
		for _, file := range inv.files(inv.Head) {
			if file.Content == "" || !plain(file.Content) || !plain(file.Logical) {
				t.Errorf("accepted %+v", file)
			}
		}
		text, err := pretty(inv)
		if err != nil {
			t.Fatal(err)
		}
		again, found := parseInventory(text)
		for _, x := range found {
			if !x.rule.Warning {
				t.Errorf("written again it is refused: %v", x.fault())
			}
		}
		if again.ID != inv.ID || len(again.Manifest) != len(inv.Manifest) {
			t.Error("written again it is another")
		}
	})
}
