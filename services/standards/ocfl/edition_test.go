package ocfl

import (
	"encoding/hex"
	"encoding/json"
	"hash"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// old makes an object of edition 1.0 and gives its directory.
func old(t *testing.T) string {
	t.Helper()
	r, err := InitAs(filepath.Join(scratch(t), "ocfl"), V10, DefaultLayout())
	if err != nil {
		t.Fatal(err)
	}
	s := spec(t, scratch(t))
	if _, err := r.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return r.Path(s.ID)
}

// TestAnOldObjectIsJudgedByItsOwnCodes: what 1.1 gave a code of its own, 1.0 says by an older
// one (change log of 1.1).
func TestAnOldObjectIsJudgedByItsOwnCodes(t *testing.T) {
	for _, c := range []struct {
		was, now string
		change   func(m map[string]any)
	}{
		{"E041 inventory.json", "E106 inventory.json", func(m map[string]any) { m["manifest"] = 1 }},
		{"E050 inventory.json", "E107 inventory.json", func(m map[string]any) {
			m["manifest"].(map[string]any)[strings.Repeat("0", 128)] = []string{"v1/content/z"}
		}},
		{"E057 inventory.json", "E111 inventory.json", func(m map[string]any) { m["fixity"] = 1 }},
	} {
		for want, dir := range map[string]string{c.was: old(t), c.now: object(t)} {
			reseal(t, dir, c.change)
			report, err := Validate(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			got := codes(report.Faults)
			if !slices.Contains(got, want) || report.Kind != ObjectKind || report.Edition != map[string]Edition{c.was: V10, c.now: V11}[want] {
				t.Errorf("OCFL %s: want %s among %q", report.Edition, want, got)
			}
			if want == c.was && slices.Contains(got, c.now) {
				t.Errorf("1.0 does not know %s", c.now)
			}
		}
	}
	report, err := Validate(t.Context(), old(t))
	if err != nil || !report.Valid() || len(report.Warnings) > 0 {
		t.Errorf("%v %v %v", err, codes(report.Faults), codes(report.Warnings))
	}
	// The declaration and the inventory must name one edition (E038).
	dir := old(t)
	reseal(t, dir, func(m map[string]any) { m["type"] = V11.inventoryType() })
	if report, err = Validate(t.Context(), dir); err != nil || !slices.Contains(codes(report.Faults), "E038 inventory.json") {
		t.Errorf("%v %v", err, codes(report.Faults))
	}
}

// TestEditionsDoNotGoBack: a version follows no earlier edition than the one before it (E103),
// and an object none later than its root (E081).
func TestEditionsDoNotGoBack(t *testing.T) {
	write := func(t *testing.T, dir string, editions ...Edition) {
		t.Helper()
		var inv map[string]any
		raw, err := os.ReadFile(filepath.Join(dir, inventoryName))
		if err != nil || json.Unmarshal(raw, &inv) != nil {
			t.Fatal(err)
		}
		v1 := inv["versions"].(map[string]any)["v1"]
		for i, e := range editions {
			name := "v" + string(rune('1'+i))
			inv["versions"].(map[string]any)[name], inv["head"], inv["type"] = v1, name, e.inventoryType()
			text, err := pretty(inv)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []string{name, "."} {
				put(t, filepath.Join(dir, at), inventoryName, string(text))
				put(t, filepath.Join(dir, at), inventoryName+".sha512", sum("sha512", text)+" inventory.json\n")
			}
		}
		last := editions[len(editions)-1].object()
		for _, e := range []Edition{V10, V11} {
			_ = os.Remove(filepath.Join(dir, e.object()))
		}
		put(t, dir, last, last[2:]+"\n")
	}
	for _, c := range []struct {
		editions []Edition
		want     string
	}{
		{[]Edition{V10, V10, V11}, ""},
		{[]Edition{V10, V11, V11}, ""},
		{[]Edition{V11, V10}, "E103 v2/inventory.json"},
		{[]Edition{V10, V11, V10}, "E103 v3/inventory.json"},
	} {
		dir := object(t)
		write(t, dir, c.editions...)
		report, err := ValidateObject(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := codes(report.Faults); c.want == "" && len(got) > 0 || c.want != "" && !slices.Contains(got, c.want) {
			t.Errorf("%v: want %q among %q", c.editions, c.want, got)
		}
	}

	id := "urn:qoyma:accession:2026-17"
	for _, c := range []struct {
		root, object Edition
		want         string
	}{{V10, V10, ""}, {V11, V10, ""}, {V11, V11, ""}, {V10, V11, "E081"}} {
		r, err := InitAs(filepath.Join(scratch(t), "ocfl"), c.root, DefaultLayout())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Create(t.Context(), spec(t, scratch(t))); err != nil {
			t.Fatal(err)
		}
		write(t, r.Path(id), c.object)
		report, err := r.Validate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(codes(report.Faults), " "); report.Edition != c.root || (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("an object of %s in a root of %s: %q", c.object, c.root, got)
		}
	}
}

func TestAnOldRootIsJudgedByItsOwnCodes(t *testing.T) {
	r, err := InitAs(filepath.Join(scratch(t), "ocfl"), V10, DefaultLayout())
	if err != nil {
		t.Fatal(err)
	}
	put(t, r.dir, "extensions/x", "")
	put(t, r.dir, "extensions/mine/y", "")
	report, err := r.Validate(t.Context())
	if err != nil || !slices.Equal(codes(report.Faults), []string{"E086 extensions/x"}) || len(report.Warnings) > 0 {
		t.Errorf("%v %q %q", err, codes(report.Faults), codes(report.Warnings))
	}
}

// TestEveryFixityAlgorithmIsCounted: those that the specification names and those of extension
// 0009.
func TestEveryFixityAlgorithmIsCounted(t *testing.T) {
	const text = "BagIt-Version: 1.0\n"
	good := map[string]string{}
	for algorithm := range hexLength {
		if algorithm == "size" {
			good[algorithm] = "19"
			continue
		}
		h := fixityHash(algorithm)
		if h == nil {
			t.Fatalf("%s is named and not counted", algorithm)
		}
		if h.Size()*2 != hexLength[algorithm] {
			t.Errorf("%s has %d bytes", algorithm, h.Size())
		}
		_, _ = h.Write([]byte(text))
		good[algorithm] = hexSum(h)
	}
	// RFC 7693, and the digests of nothing that extension 0009 prints.
	for algorithm, nothing := range map[string]string{
		"blake2b-160": "3345524abf6bbe1809449224b5972c41790b6cf2", "blake2b-256": "0e5751c026e543b2e8ab2eb06099daa1d1e5df47",
		"blake2b-384": "b32811423377f52d7862286ee1a72ee540524380", "sha512/256": "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7",
		"blake2b-512": "786a02f742015903c6c6fd852552d272912f4740",
	} {
		if got := hexSum(fixityHash(algorithm)); !strings.HasPrefix(got, nothing) {
			t.Errorf("%s of nothing is %s", algorithm, got)
		}
	}
	for algorithm, digest := range good {
		for _, right := range []bool{true, false} {
			dir, want := object(t), ""
			if !right {
				digest, want = strings.NewReplacer("1", "2", "2", "1").Replace(digest), "E093 v1/content/bagit.txt"
			}
			reseal(t, dir, func(m map[string]any) {
				m["fixity"] = map[string]any{algorithm: map[string]any{digest: []string{"v1/content/bagit.txt"}}}
			})
			report, err := ValidateObject(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(codes(report.Faults), " "); got != want {
				t.Errorf("%s %s: %q", algorithm, digest, got)
			}
		}
	}
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
