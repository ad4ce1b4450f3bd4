package ocfl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// asRows judges an inventory by its rows, as validation does.
func asRows(t testing.TB, raw []byte, in spool.Place) (*Inventory, []finding, map[string]state) {
	t.Helper()
	rows := newTables(in)
	defer func() { must(t, rows.close()) }()
	s := scanner{void: rows.listless, row: rows.row}
	top, err := s.scan(bytes.NewReader(raw))
	p := &parser{where: inventoryName}
	if errors.Is(err, errNoInventory) {
		p.bad(E033)
		return nil, p.found, nil
	}
	must(t, err)
	p.skeleton(top, s.repeats)
	states, err := rows.judge(p, nil)
	must(t, err)
	return &p.inv, p.found, states
}

// faulty says whether anything found is more than a warning.
func faulty(found []finding) bool {
	return slices.ContainsFunc(found, func(f finding) bool { return !f.rule.Warning })
}

// kinds are the codes found, each once.
func kinds(found []finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, f.rule.Code)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// told are the findings with what they say.
func told(found []finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, f.rule.Code+fmt.Sprint(f.args...))
	}
	slices.Sort(all)
	return all
}

// alike fails unless an inventory is judged by its rows as it is in memory. Where keys repeat, a digest has no
// list, or a path is none, the first of several faults may be said and the others not.
func alike(t *testing.T, raw []byte, in spool.Place) {
	t.Helper()
	inv, found := parseInventory(raw)
	got, rows, states := asRows(t, raw, in)
	if faulty(found) != faulty(rows) {
		t.Fatalf("%q:\n%q by rows,\n%q in memory", raw, told(rows), told(found))
	}
	if (inv == nil) != (got == nil) {
		t.Fatalf("%q: %v by rows, %v in memory", raw, got, inv)
	}
	codes := kinds(found)
	for _, odd := range []*Rule{E033, E092, E050, E057, E099, E100, E052, E053} {
		if slices.Contains(codes, odd.Code) {
			return
		}
	}
	if want, have := told(found), told(rows); !slices.Equal(have, want) {
		t.Fatalf("%q:\n%q by rows,\n%q in memory", raw, have, want)
	}
	if inv == nil || faulty(found) {
		return
	}
	for v := range inv.Versions {
		for w := range inv.Versions {
			same := slices.Equal(inv.files(v), inv.files(w))
			if same != (states[v] == states[w]) {
				t.Fatalf("%q: the states of %s and %s are the same: %v", raw, v, w, same)
			}
		}
	}
}

// inventories are good ones of several versions, and each with one thing spoilt.
func inventories(t testing.TB) (all [][]byte) {
	dir := t.TempDir()
	s := Spec{ID: "urn:x", Message: "m", User: User{Name: "n", Address: "mailto:n@example.kz"}, Created: day}
	for _, p := range []string{"a", "a-b", "b/c", "b/d", "б"} {
		s.Files = append(s.Files, content(t, dir, p, p))
	}
	s.Files = append(s.Files, content(t, dir, "copy", "a"))
	s.Later = []Change{
		{Head: "v1", Message: "m", User: s.User, Created: day, Put: []Content{content(t, dir, "later", "x")}, Remove: []string{"a"}},
		{Head: "v2", Message: "m", User: s.User, Created: day, Rename: []Rename{{"b/c", "a"}}},
	}
	versions, err := s.inventories(V11)
	must(t, err)
	for _, inv := range versions {
		raw, err := pretty(inv)
		must(t, err)
		all = append(all, raw)
		text := string(raw)
		digest := hexOf("a")
		for _, change := range [][2]string{
			{`"v1/content/b/d"`, `"v1/content/b"`},
			{`"v1/content/b/d"`, `"v1/content/b/c"`},
			{`"v1/content/b/d"`, `"v7/content/b/d"`},
			{`"v1/content/b/d"`, `"v1/other"`},
			{`"b/d"`, `"b"`},
			{`"b/d"`, `"b/c"`},
			{`"b/d"`, `"b/../d"`},
			{`"b/d"`, `"/d"`},
			{`"b/d"`, `7`},
			{`"b/d"`, `null`},
			{`"v1/content/b/d"`, `[]`},
			{digest, strings.ToUpper(digest)},
			{digest, digest[1:]},
			{digest, "x" + digest[1:]},
			{`"id"`, `"ID"`},
			{`"state"`, `"State"`},
			{`"manifest": {`, `"manifest": [{`},
			{`"manifest"`, `"fixity"`},
			{`"versions": {`, `"fixity": {"md5": {"00": ["v1/content/a"]}}, "versions": {`},
			{`"versions": {`, `"fixity": {"md5": {}, "odd": {"a": ["v1/content/a"]}, "size": 3}, "versions": {`},
			{`"versions": {`, `"fixity": {"sha512": {"` + hexOf("b") + `": ["v1/content/a", "v1/content/none"]}}, "versions": {`},
			{`"v1": {`, `"v01": {`},
			{`"versions": {`, `"versions": {"v1": {}, `},
			{`"head"`, `"more": {"a": 1, "a": 2}, "head"`},
			{"sha512", "sha256"},
			{"}", ""},
			{`"б"`, "\"\xff\""},
			{`"б"`, `"a\u0000b"`},
			{"\n}", "\n}{}"},
			{`"m"`, `["m"]`},
			{`"created"`, `"Created"`},
		} {
			all = append(all, []byte(strings.Replace(text, change[0], change[1], 1)), []byte(strings.ReplaceAll(text, change[0], change[1])))
		}
	}
	return all
}

func TestRowsAreJudgedAsInMemory(t *testing.T) {
	seen, dir := map[string]bool{}, t.TempDir()
	for _, raw := range inventories(t) {
		alike(t, raw, spool.Place{Dir: dir, Budget: 100})
		_, found := parseInventory(raw)
		for _, code := range kinds(found) {
			seen[code] = true
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d codes were provoked", len(seen))
	}
}

func FuzzRows(f *testing.F) {
	for _, raw := range inventories(f) {
		f.Add(raw)
	}
	f.Add([]byte(`{"manifest":{"":["","a","a/b"]},"versions":{"v1":{"state":{"":["a/b/c","a"]}}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) { alike(t, raw, spool.Place{}) })
}

// TestManyFilesAreValidatedInLittleMemory validates an object of 30,000 files, most in one directory, with a fault
// at each end.
func TestManyFilesAreValidatedInLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes 30,000 files")
	}
	const files = 30_000
	r, dir := newRoot(t), scratch(t)
	s := Spec{ID: "urn:many", Message: "m", User: User{Name: "n", Address: "mailto:n@example.kz"}, Created: day, Durable: true}
	sources := func(yield func(Content, error) bool) {
		random := rand.New(rand.NewPCG(1, 1))
		for n := range files {
			text := fmt.Sprint(n, " ", random.Uint64())
			source := filepath.Join(dir, fmt.Sprint(n))
			if err := os.WriteFile(source, []byte(text), 0o600); err != nil || !yield(Content{Logical: fmt.Sprintf("data/%d/%06d.bin", n%3, n), Source: source, SHA512: hexOf(text), Size: int64(len(text))}, nil) {
				return
			}
		}
	}
	if _, err := r.CreateFrom(t.Context(), s, sources); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(r.Path(s.ID), "v1", "content", "data")
	must(t, os.Remove(filepath.Join(at, "0", "000000.bin")))
	must(t, os.WriteFile(filepath.Join(at, "2", "more.bin"), nil, 0o600))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	report, err := r.Validate(t.Context())
	must(t, err)
	runtime.ReadMemStats(&after)
	if got := codes(report.Faults); len(got) != 2 || report.Files != files-1 {
		t.Errorf("%v in %d files", got, report.Files)
	}
	if used := int64(after.Sys) - int64(before.Sys); used > 48<<20 {
		t.Errorf("%d MiB of memory more", used>>20)
	}
}

func TestTheTextOfAnInventoryIsBounded(t *testing.T) {
	text, err := json.Marshal(strings.Repeat("a", maxToken+1<<20))
	must(t, err)
	for name, raw := range map[string]string{
		"a long text": `{"id": ` + string(text) + `}`, "a long path": `{"manifest": {"a": [` + string(text) + `]}}`, "half a rune": "{\"id\": \"\xd0", "cut": `{"id": "a"`, "more": `{} {}`, "nothing": "",
	} {
		s := scanner{void: func(table) {}, row: func(table, int, string, string) error { return nil }}
		if _, err := s.scan(strings.NewReader(raw)); !errors.Is(err, errNoInventory) {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := errors.New("the disk")
	s := scanner{void: func(table) {}, row: func(table, int, string, string) error { return nil }}
	if _, err := s.scan(failing{broken}); !errors.Is(err, broken) || errors.Is(err, errNoInventory) {
		t.Errorf("an error of the disk: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
