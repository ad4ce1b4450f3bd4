package bagit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestEveryFaultIsNamedWithItsFile(t *testing.T) {
	const m, tm = "manifest-sha256.txt", "tagmanifest-sha256.txt"
	zeros := strings.Repeat("0", 64)
	line := func(p string) files { b := sound(); b[m] += zeros + "  " + p + "\n"; return b.without(tm) }
	named := func(p string) files { b := sound(); b[p] = "x"; return b.without(tm) }
	cases := map[string]struct {
		bag  files
		opts Options
		want []string // "code where" among the faults
	}{
		"flipped byte":        {sound().with("data/empty", "!"), Options{}, []string{"digest data/empty", "oxum bag-info.txt"}},
		"missing":             {sound().without("data/empty"), Options{}, []string{"missing data/empty", "oxum bag-info.txt"}},
		"unlisted":            {sound().with("data/new", ""), Options{}, []string{"unlisted data/new", "oxum bag-info.txt"}},
		"no declaration":      {sound().without("bagit.txt").without(tm), Options{}, []string{"no_declaration bagit.txt"}},
		"bom":                 {sound().with("bagit.txt", "\uFEFFBagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n").without(tm), Options{}, []string{"declaration_bom bagit.txt"}},
		"version":             {sound().with("bagit.txt", "BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n").without(tm), Options{}, []string{"version bagit.txt"}},
		"encoding":            {sound().with("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: EBCDIC\n").without(tm), Options{}, []string{"encoding bagit.txt"}},
		"space before colon":  {sound().with("bagit.txt", "BagIt-Version : 1.0\nTag-File-Character-Encoding: UTF-8\n").without(tm), Options{}, []string{"bad_declaration bagit.txt"}},
		"third line":          {sound().with("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\nx\n").without(tm), Options{}, []string{"bad_declaration bagit.txt"}},
		"no payload":          {files{"bagit.txt": sound()["bagit.txt"], m: ""}, Options{}, []string{"no_payload_directory data/"}},
		"no manifest":         {sound().without(m).without(tm), Options{}, []string{"no_manifest manifest-sha512.txt"}},
		"unknown algorithm":   {sound().with("manifest-blake9.txt", "00 data/empty\n").without(tm), Options{}, []string{"unknown_algorithm manifest-blake9.txt"}},
		"two for one":         {sound().with("manifest-sha-256.txt", "").without(tm), Options{}, []string{"manifest_repeated manifest-sha256.txt"}},
		"bad line":            {sound().with(m, sound()[m]+"nonsense\n").without(tm), Options{}, []string{"manifest_line manifest-sha256.txt"}},
		"bad digest":          {sound().with(m, sound()[m]+"zz data/z\n").without(tm), Options{}, []string{"manifest_digest manifest-sha256.txt"}},
		"duplicate line":      {sound().with(m, sound()[m]+zeros+" data/empty\n").without(tm), Options{}, []string{"duplicate_line manifest-sha256.txt"}},
		"long line":           {line("data/" + strings.Repeat("x", 17<<10)), Options{}, []string{"line_too_long manifest-sha256.txt"}},
		"percent trick":       {line("data/%2e%2e/%2e%2e/etc/passwd"), Options{}, []string{"percent manifest-sha256.txt"}},
		"percent newline":     {line("data/a%0Ab"), Options{}, []string{`control_character manifest-sha256.txt:4: "data/a\nb"`}},
		"outside payload":     {line("bagit.txt"), Options{}, []string{"not_payload manifest-sha256.txt"}},
		"traversal in line":   {line("data/../../x"), Options{}, []string{"traversal manifest-sha256.txt:4: data/../../x"}},
		"absolute in line":    {line("/etc/passwd"), Options{}, []string{"absolute manifest-sha256.txt:4: /etc/passwd"}},
		"home in line":        {line("~/x"), Options{}, []string{"absolute manifest-sha256.txt:4: ~/x"}},
		"backslash in line":   {line(`data\x`), Options{}, []string{`backslash manifest-sha256.txt:4: data\x`}},
		"tag lists payload":   {sound().with(tm, sound()[tm]+zeros+" data/empty\n"), Options{}, []string{"tag_lists_payload tagmanifest-sha256.txt"}},
		"tag lists tag":       {sound().with(tm, sound()[tm]+zeros+" "+tm+"\n"), Options{}, []string{"tag_lists_tag_manifest tagmanifest-sha256.txt"}},
		"tag incomplete":      {sound().with(tm, ""), Options{}, []string{"tag_incomplete manifest-sha256.txt"}},
		"tag changed":         {sound().with("bag-info.txt", ""), Options{}, []string{"digest bag-info.txt"}},
		"oxum":                {sound().with("bag-info.txt", "Payload-Oxum: 1.1\n").without(tm), Options{}, []string{"oxum bag-info.txt"}},
		"oxum form":           {sound().with("bag-info.txt", "Payload-Oxum: many\n").without(tm), Options{}, []string{"oxum_form bag-info.txt"}},
		"oxum twice":          {sound().with("bag-info.txt", "Payload-Oxum: 1.1\nPayload-Oxum: 1.1\n").without(tm), Options{}, []string{"oxum_repeated bag-info.txt"}},
		"info line":           {sound().with("bag-info.txt", "no colon\n").without(tm), Options{}, []string{"info_line bag-info.txt"}},
		"not text":            {sound().with("bag-info.txt", "A: \xff\xfe\n").without(tm), Options{}, []string{"bad_text bag-info.txt"}},
		"fetch":               {sound().with("fetch.txt", "http://x - data/empty\n").without(tm), Options{}, []string{"fetch_refused fetch.txt"}},
		"fetch line":          {sound().with("fetch.txt", "http://x - ../empty\n").without(tm), Options{AllowFetch: true}, []string{"fetch_line fetch.txt"}},
		"fetched twice":       {sound().with("fetch.txt", "http://x - data/empty\nhttp://y - data/empty\n").without(tm), Options{AllowFetch: true}, []string{"fetch_line fetch.txt"}},
		"fetched unlisted":    {sound().with("fetch.txt", "http://x - data/any\n").without(tm), Options{AllowFetch: true}, []string{"fetch_unlisted fetch.txt"}},
		"many to fetch":       {sound().with("fetch.txt", numbered("http://x - data/%d\n", 21)).without(tm), Options{AllowFetch: true, Limits: Limits{Entries: 20}}, []string{"too_many_entries fetch.txt"}},
		"not fetched":         {sound().without("data/empty").without("bag-info.txt").with("fetch.txt", "http://x 0 data/empty\n").without(tm), Options{AllowFetch: true}, []string{"not_fetched data/empty"}},
		"traversal":           {named("data/../../x"), Options{}, []string{"traversal data/../../x"}},
		"dot":                 {named("data/./x"), Options{}, []string{"traversal data/./x"}},
		"absolute":            {named("/etc/passwd"), Options{}, []string{"absolute /etc/passwd"}},
		"drive":               {named("C:x"), Options{}, []string{"backslash C:x"}},
		"backslash":           {named(`data\x`), Options{}, []string{`backslash data\x`}},
		"nul":                 {named("data/a\x00b"), Options{}, []string{`control_character "data/a\x00b"`}},
		"newline":             {named("data/a\nb"), Options{}, []string{`control_character "data/a\nb"`}},
		"turned around":       {named("data/a\u202Efdp.exe"), Options{}, []string{`control_character "data/a\u202efdp.exe"`}},
		"not UTF-8":           {named("data/\xff"), Options{}, []string{`name_encoding "data/\xff"`}},
		"empty part":          {named("data//x"), Options{}, []string{"path_empty data//x"}},
		"empty":               {named(""), Options{}, []string{"path_empty "}},
		"reserved":            {named("data/nul.txt"), Options{}, []string{"reserved_name data/nul.txt"}},
		"reserved directory":  {named("data/COM1/x"), Options{}, []string{"reserved_name data/COM1/x"}},
		"trailing dot":        {named("data/x."), Options{}, []string{"trailing_dot data/x."}},
		"trailing space":      {named("data/x /y"), Options{}, []string{"trailing_dot data/x /y"}},
		"long name":           {named("data/" + strings.Repeat("x", 256)), Options{}, []string{"path_too_long data/" + strings.Repeat("x", 256)}},
		"deep":                {named("data/" + strings.Repeat("d/", 100) + "x"), Options{}, []string{"path_too_deep data/" + strings.Repeat("d/", 100) + "x"}},
		"case":                {named("data/EMPTY"), Options{}, []string{"case_collision data/empty"}},
		"cyrillic case":       {named("data/Протокол.txt"), Options{}, []string{"case_collision data/протокол.txt"}},
		"forms":               {named("data/й").with("data/и\u0306", "x"), Options{}, []string{"normal_form_collision data/й"}},
		"file and directory":  {named("data/empty/x"), Options{}, []string{"file_and_directory data/empty/x"}},
		"too many":            {sound(), Options{Limits: Limits{Entries: 4}}, []string{"too_many_entries "}},
		"too big":             {sound(), Options{Limits: Limits{Bytes: 60}}, []string{"too_big "}},
		"big tag":             {sound(), Options{Limits: Limits{TagBytes: 60}}, []string{"tag_too_big bag-info.txt"}},
		"big manifest":        {sound(), Options{Limits: Limits{ManifestBytes: 60}}, []string{"tag_too_big manifest-sha256.txt"}},
		"more":                {sound().with("data/1", "").with("data/2", "").with("data/3", ""), Options{Limits: Limits{Faults: 2}}, []string{"more_faults "}},
		"partly listed":       {sound("sha256", "sha512").with("manifest-sha512.txt", "").without(tm).without("tagmanifest-sha512.txt"), Options{}, []string{"partly_listed data/empty"}},
		"md5 after payload":   {sound("md5"), Options{}, []string{"manifest_late data/empty"}},
		"forgotten in tag":    {sound().with("extra.xml", "x").with(tm, sound()[tm]+zeros+" extra.xml\n"), Options{}, []string{"digest extra.xml"}},
		"tag file named only": {sound().with(tm, sound()[tm]+zeros+" gone.xml\n"), Options{}, []string{"missing gone.xml"}},
	}
	covered := map[string]bool{}
	for name, c := range cases {
		r := check(c.bag, c.opts)
		got := said(r.Faults)
		for _, want := range c.want {
			if !slices.Contains(got, want) {
				t.Errorf("%s: want %q among %q", name, want, got)
			}
			code, _, _ := strings.Cut(want, " ")
			covered["bagit."+code] = true
		}
		if !errors.Is(r.Err(), Refused) {
			t.Errorf("%s: the bag must be refused", name)
		}
	}
	// The others have tests of their own.
	for _, code := range []string{"duplicate_file", "size", "symlink", "device", "unreadable"} {
		covered["bagit."+code] = true
	}
	for _, r := range Rules() {
		// Those of profiles and archives are counted in profile_test.go and hostile_test.go.
		elsewhere := strings.Contains(r.Code, ".profile_") || strings.Contains(r.Code, ".archive_") || strings.Contains(r.Code, ".tar_") || strings.Contains(r.Code, ".zip_")
		if !r.Warning && !covered[r.Code] && !elsewhere {
			t.Errorf("no test refuses %s", r.Code)
		}
	}
}

// numbered is a line written n times, each with its number.
func numbered(line string, n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, line, i)
	}
	return text.String()
}

func TestWarningsDoNotRefuse(t *testing.T) {
	const m, tm = "manifest-sha256.txt", "tagmanifest-sha256.txt"
	b := sound()
	nfd := sound().without("bag-info.txt").with("data/й", "x")
	nfd.seal("sha256")
	nfd["data/и\u0306"] = nfd["data/й"]
	odd := sound().without("bag-info.txt").with("data/why?", "x").with("data/report.pdf", "a text")
	odd.seal("sha256")
	empty := files{"bagit.txt": b["bagit.txt"], m: ""}
	old := sound().with("bagit.txt", "BagIt-Version: 0.96\nTag-File-Character-Encoding: UTF-8\n")
	old.seal("sha256")
	cyrillic := files{"bagit.txt": "BagIt-Version: 0.97\nTag-File-Character-Encoding: windows-1251\n", "data/x": "x", "bag-info.txt": "Contact-Name: \xc0\xe9\xe3\xfc\xeb\n"}
	cyrillic.seal("sha256")
	for name, c := range map[string]struct {
		bag  files
		want string
	}{
		"old version":    {old, "old_version bagit.txt"},
		"other encoding": {cyrillic, "other_encoding bagit.txt"},
		"asterisk":       {b.with(m, strings.ReplaceAll(b[m], "  data", " *data")).without(tm), "leading_mark " + m},
		"tag bom":        {sound().with("bag-info.txt", "\uFEFFA: b\n").without(tm), "tag_bom bag-info.txt"},
		"tag unlisted":   {sound().with("extra.xml", "x"), "tag_unlisted extra.xml"},
		"other form":     {nfd.without("data/й"), "normal_form data/и\u0306"},
		"unportable":     {odd, "unportable_name data/why?"},
		"extension":      {odd, "pronom.extension_mismatch data/report.pdf"},
		"empty":          {empty, "empty_payload data/"},
	} {
		c1 := NewChecker(Options{})
		_ = c1.Directory("data")
		for _, p := range slices.Sorted(maps.Keys(c.bag)) {
			_ = c1.File(p, -1, strings.NewReader(c.bag[p]), nil)
		}
		r := c1.Finish()
		if !r.Valid() || !slices.Contains(said(r.Warnings), c.want) {
			t.Errorf("%s: faults %q, warnings %q, want %q", name, said(r.Faults), said(r.Warnings), c.want)
		}
	}
	if got := check(cyrillic, Options{}).Values("Contact-Name"); !slices.Equal(got, []string{"Айгьл"}) {
		t.Errorf("decoded %q", got)
	}
}
