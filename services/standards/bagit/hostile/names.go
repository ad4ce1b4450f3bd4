package hostile

import (
	"strconv"
	"strings"
)

// names are packages with one file of a hostile name.
func names() []Package {
	one := func(name, code, path string, forms Form) Package {
		return Package{Name: "name/" + name, Code: "bagit." + code, Where: shown(path), Forms: forms, Entries: with(Entry{Path: path, Content: "x"})}
	}
	out := func(name, code, path string, forms Form) Package {
		p := one(name, code, path, forms)
		p.Entries[len(p.Entries)-1].raw = true
		return p
	}
	deep := "data/" + strings.Repeat("d/", 100) + "x"
	all := []Package{
		out("up", "traversal", "../evil.txt", asText),
		out("far up", "traversal", "../../../../../../tmp/evil.txt", asText),
		one("through the payload", "traversal", "data/../../evil.txt", asText),
		one("up at the end", "traversal", "data/x/..", asText),
		one("a dot", "traversal", "data/./evil.txt", asText),
		out("absolute", "absolute", "/tmp/evil.txt", asText),
		out("home", "absolute", "~/.ssh/evil", asText),
		one("backslash", "backslash", `data\evil.txt`, anyForm),
		one("backslash up", "backslash", `data\..\..\evil.txt`, anyForm),
		out("drive", "backslash", "C:evil.txt", asText),
		out("share", "backslash", `\\host\share\evil.txt`, asText),
		one("nul", "control_character", "data/a\x00b", Upload|Zip),
		one("newline", "control_character", "data/a\nb", anyForm),
		one("terminal escape", "control_character", "data/\x1b[2Jx", anyForm),
		one("delete", "control_character", "data/a\x7fb", anyForm),
		one("line separator", "control_character", "data/a\u2028b", anyForm),
		one("override", "control_character", "data/invoice\u202Efdp.exe", anyForm),
		one("isolate", "control_character", "data/\u2067a\u2069b", anyForm),
		one("mark", "control_character", "data/\u200Fa", anyForm),
		one("not UTF-8", "name_encoding", "data/\xff\xfe", Upload|Dir|Tar),
		one("overlong UTF-8", "name_encoding", "data/\xc0\xaf..", Upload|Dir|Tar),
		one("empty part", "path_empty", "data//x", asText),
		{Name: "name/empty", Code: "bagit.path_empty", Forms: Upload, Entries: with(Entry{Content: "x"})},
		one("device nul", "reserved_name", "data/nul.txt", anyForm),
		one("device folder", "reserved_name", "data/COM1/x", anyForm),
		one("device superscript", "reserved_name", "data/lpt¹.txt", anyForm),
		one("device console", "reserved_name", "data/CONIN$", anyForm),
		one("trailing dot", "trailing_dot", "data/x.", anyForm),
		one("trailing space", "trailing_dot", "data/x /y", anyForm),
		one("long part", "path_too_long", "data/"+long("x", 256), asText),
		one("long path", "path_too_long", "data/"+long("long/", 5000)+"x", asText),
		one("deep", "path_too_deep", deep, anyForm),
		one("capitals", "case_collision", "data/HELLO.txt", anyForm),
		one("capitals, Kazakh", "case_collision", "data/папка/ІС.txt", anyForm),
		one("capitals of a folder", "case_collision", "DATA/hello.txt", anyForm),
		one("sharp s", "case_collision", "data/STRASSE", anyForm),
		one("form", "normal_form_collision", "data/и\u0306", anyForm),
		one("form of a folder", "normal_form_collision", "data/и\u0306/x", anyForm),
		one("file and folder", "file_and_directory", hello+"/x", asText),
		one("twice", "duplicate_file", hello, asText),
	}
	// What the last of a pair collides with.
	first := map[string]string{"sharp s": "data/straße", "form": "data/й", "form of a folder": "data/й/y"}
	otherwise := map[string]map[Form]string{
		"device folder":        {Dir: "data/COM1"},
		"trailing space":       {Dir: "data/x "},
		"deep":                 {Dir: strings.TrimSuffix(deep, "/x")},
		"capitals":             {Dir: hello},
		"capitals, Kazakh":     {Dir: "data/папка/іс.txt"},
		"capitals of a folder": {Dir: "data", Zip: hello},
		"sharp s":              {Dir: "data/straße"},
		"form":                 {Dir: "data/й"},
		"form of a folder":     {Dir: "data/й"},
	}
	for i := range all {
		name := strings.TrimPrefix(all[i].Name, "name/")
		all[i].in = otherwise[name]
		if path := first[name]; path != "" {
			n := len(all[i].Entries) - 1
			all[i].Entries = append(all[i].Entries[:n:n], Entry{Path: path, Content: "x"}, all[i].Entries[n])
		}
	}
	return all
}

// kinds are packages with something that is no file.
func kinds() []Package {
	one := func(name, code string, forms Form, more ...Entry) Package {
		return Package{Name: "kind/" + name, Code: "bagit." + code, Where: more[0].Path, Forms: forms, Entries: with(more...)}
	}
	onDisk := Dir | archived
	return []Package{
		one("link out", "symlink", onDisk, Entry{Path: "data/link", Kind: Symlink, Link: "/etc/passwd"}),
		one("link up", "symlink", onDisk, Entry{Path: "data/up", Kind: Symlink, Link: "../.."}),
		one("link to itself", "symlink", onDisk, Entry{Path: "data/loop", Kind: Symlink, Link: "loop"}),
		one("link within", "symlink", onDisk, Entry{Path: "data/same", Kind: Symlink, Link: "hello.txt"}),
		one("link for a manifest", "symlink", onDisk, Entry{Path: "manifest-sha512.txt", Kind: Symlink, Link: "/etc/passwd"}),
		one("file through a link", "symlink", archived,
			Entry{Path: "data/away", Kind: Symlink, Link: "/tmp"}, Entry{Path: "data/away/evil.txt", Content: "x"}),
		one("hard link", "tar_hard_link", Tar, Entry{Path: "data/hard", Kind: HardLink, Link: "/etc/passwd"}),
		one("hard link within", "tar_hard_link", Tar, Entry{Path: "data/hard", Kind: HardLink, Link: base + hello}),
		one("pipe", "device", onDisk, Entry{Path: "data/pipe", Kind: Fifo}),
		one("socket", "device", Dir|Zip, Entry{Path: "data/socket", Kind: Socket}),
		one("device", "device", onDisk, Entry{Path: "data/device", Kind: Device}),
	}
}

// shown is a name as a report shows it: quoted where it holds what may not be shown, cut where
// it is long.
func shown(path string) string {
	const most = 300
	if len(path) > most {
		path = path[:most] + "…"
	}
	for _, r := range path {
		if !strconv.IsPrint(r) || r == '\uFFFD' {
			return strconv.QuoteToASCII(path)
		}
	}
	return path
}
