package hostile

import (
	"strings"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// declarations are packages whose bagit.txt or bag-info.txt lies.
func declarations() []Package {
	const info = "bag-info.txt"
	declared := func(name, code, text string) Package {
		return Package{Name: "declaration/" + name, Code: "bagit." + code, Where: "bagit.txt", Forms: anyForm, Entries: changed("bagit.txt", becomes(text))}
	}
	metadata := func(name, code, text string) Package {
		return Package{Name: "metadata/" + name, Code: "bagit." + code, Where: info, Forms: anyForm, Entries: changed(info, becomes(text))}
	}
	return []Package{
		{Name: "declaration/none", Code: "bagit.no_declaration", Where: "bagit.txt", Forms: anyForm, Entries: without(without(Sound().Entries, "bagit.txt"), tagManifest)},
		declared("empty", "bad_declaration", ""),
		declared("byte order mark", "declaration_bom", "\uFEFFBagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
		declared("UTF-16", "bad_declaration", "\xff\xfeB\x00a\x00g\x00I\x00t\x00"),
		declared("version of the future", "version", "BagIt-Version: 9.0\nTag-File-Character-Encoding: UTF-8\n"),
		declared("version of the past", "version", "BagIt-Version: 0.92\nTag-File-Character-Encoding: UTF-8\n"),
		declared("space before the colon", "bad_declaration", "BagIt-Version : 1.0\nTag-File-Character-Encoding: UTF-8\n"),
		declared("a third line", "bad_declaration", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\nTrust: me\n"),
		declared("unknown encoding", "encoding", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-7\n"),
		metadata("wrong encoding", "bad_text", "Contact-Name: \xc0\xe9\xe3\xfc\xeb\n"),
		metadata("no label", "info_line", "no colon\n"),
		metadata("continues nothing", "info_line", "  continued\n"),
		metadata("oxum too large", "oxum", "Payload-Oxum: 999999.2\n"),
		metadata("oxum of fewer files", "oxum", "Payload-Oxum: 17.1\n"),
		metadata("oxum malformed", "oxum_form", "Payload-Oxum: many\n"),
		metadata("oxum negative", "oxum_form", "Payload-Oxum: -17.2\n"),
		metadata("oxum beyond 64 bits", "oxum_form", "Payload-Oxum: 99999999999999999999.2\n"),
		metadata("oxum twice", "oxum_repeated", "Payload-Oxum: 17.2\nPayload-Oxum: 1.1\n"),
	}
}

// manifests are packages whose manifests lie, or of whose files they tell the truth.
func manifests() []Package {
	one := func(name, code, where string, entries []Entry) Package {
		return Package{Name: "manifest/" + name, Code: "bagit." + code, Where: where, Forms: anyForm, Entries: entries}
	}
	line := func(path string) []Entry { return changed(manifest, adds(zeros+"  "+path+"\n")) }
	tagLine := func(path string) []Entry { return changed(tagManifest, adds(zeros+"  "+path+"\n")) }
	third := func(path string) string { return manifest + ":3: " + path }
	cut := func(content string) string { return content[strings.IndexByte(content, '\n')+1:] }
	bare := without(Sound().Entries, tagManifest)
	return []Package{
		one("flipped byte", "digest", hello, changed(hello, becomes("hullo\n"))),
		one("cut file", "digest", hello, changed(hello, becomes("hel"))),
		one("digest of another", "digest", hello, changed(manifest, func(c string) string { return zeros + c[len(zeros):] })),
		one("missing file", "missing", hello, without(Sound().Entries, hello)),
		one("added file", "unlisted", "data/added", with(Entry{Path: "data/added", Content: "x"})),
		one("hidden file", "unlisted", "data/.hidden", with(Entry{Path: "data/.hidden"})),
		one("line left out", "unlisted", hello, changed(manifest, cut)),
		one("empty", "unlisted", hello, changed(manifest, becomes(""))),
		one("second one shorter", "partly_listed", hello, append(bare[:len(bare):len(bare)], Entry{Path: "manifest-sha512.txt"})),
		one("two of one algorithm", "manifest_repeated", manifest, append(bare[:len(bare):len(bare)], Entry{Path: "manifest-SHA-256.txt"})),
		one("unknown algorithm", "unknown_algorithm", "manifest-rot13.txt", append(bare[:len(bare):len(bare)], Entry{Path: "manifest-rot13.txt", Content: "00 " + hello + "\n"})),
		one("none", "no_manifest", "manifest-sha512.txt", without(without(Sound().Entries, manifest), tagManifest)),
		one("line twice", "duplicate_line", manifest, line(hello)),
		one("no digest", "manifest_line", manifest, changed(manifest, adds(hello+"\n"))),
		one("no path", "manifest_line", manifest, changed(manifest, adds(zeros+"  \n"))),
		one("short digest", "manifest_digest", manifest, changed(manifest, adds("00 data/x\n"))),
		one("digest of letters", "manifest_digest", manifest, changed(manifest, adds(long("z", 64)+" data/x\n"))),
		one("binary", "bad_text", manifest, changed(manifest, becomes("\x00\xff\xfe\x80"))),
		one("huge line", "line_too_long", manifest, changed(manifest, adds(long("0", 17<<10)+" data/x\n"))),
		one("path up", "traversal", third("data/../../../etc/passwd"), line("data/../../../etc/passwd")),
		one("absolute path", "absolute", third("/etc/passwd"), line("/etc/passwd")),
		one("backslash path", "backslash", third(`data\x`), line(`data\x`)),
		one("bidi path", "control_character", third(`"data/\u202ex"`), line("data/\u202ex")),
		one("encoded path up", "percent", manifest, line("data/%2e%2e/%2e%2e/etc/passwd")),
		one("encoded newline", "control_character", third(`"data/a\nb"`), line("data/a%0Ab")),
		one("lists a tag file", "not_payload", manifest, line("bagit.txt")),
		one("tag lists payload", "tag_lists_payload", tagManifest, tagLine(hello)),
		one("tag lists itself", "tag_lists_tag_manifest", tagManifest, tagLine(tagManifest)),
		one("tag lists too little", "tag_incomplete", manifest, changed(tagManifest, becomes(""))),
		one("tag lists what is not there", "missing", "gone.xml", tagLine("gone.xml")),
		one("tag file changed", "digest", "bag-info.txt", retagged("bag-info.txt", "Source-Organization: Another\n")),
		one("payload manifest changed", "digest", manifest, retagged(manifest, lines([]Entry{{Path: hello, Content: "hullo\n"}}))),
		one("no payload folder", "no_payload_directory", "data/", noPayload()),
		one("fetch", "fetch_refused", "fetch.txt", with(Entry{Path: "fetch.txt", Content: "http://169.254.169.254/ - data/x\n"})),
		one("fetch of a file", "fetch_refused", "fetch.txt", with(Entry{Path: "fetch.txt", Content: "file:///etc/passwd 10 data/x\n"})),
	}
}

// retagged is the sound bag with a tag file changed that its tag manifest guards.
func retagged(path, content string) []Entry {
	entries := Sound().Entries
	for i := range entries {
		if entries[i].Path == path {
			entries[i].Content = content
		}
	}
	return entries
}

func noPayload() []Entry {
	var tags []Entry
	for _, e := range Sound().Entries {
		if !strings.HasPrefix(e.Path, "data/") && e.Path != tagManifest {
			tags = append(tags, e)
		}
	}
	return tags
}

// bounds are packages that cost more than is allowed.
func bounds() []Package {
	var many strings.Builder
	for range 200 {
		many.WriteString(zeros + "  data/" + long("x", many.Len()%97+1) + "\n")
	}
	extra := make([]Entry, 60)
	for i := range extra {
		extra[i] = Entry{Path: "data/" + long("x", i+1)}
	}
	one := func(name, code, where string, forms Form, limits bagit.Limits, entries []Entry) Package {
		return Package{Name: "bound/" + name, Code: "bagit." + code, Where: where, Forms: forms, Limits: limits, Entries: entries}
	}
	return []Package{
		one("entries", "too_many_entries", "", anyForm, bagit.Limits{Entries: 50}, with(extra...)),
		one("folders", "too_many_entries", "", asText, bagit.Limits{Entries: 50}, with(Entry{Path: "data/" + strings.Repeat("a/", 60) + "x"}, Entry{Path: "data/z"})),
		one("lines of a manifest", "too_many_entries", manifest, anyForm, bagit.Limits{Entries: 50}, changed(manifest, adds(many.String()))),
		one("bytes", "too_big", "", anyForm, bagit.Limits{Bytes: 1 << 10}, with(Entry{Path: "data/large", Content: long("x", 4<<10)})),
		one("manifest", "tag_too_big", manifest, anyForm, bagit.Limits{ManifestBytes: 4 << 10}, changed(manifest, adds(many.String()))),
		one("metadata", "tag_too_big", "bag-info.txt", anyForm, bagit.Limits{TagBytes: 1 << 10}, changed("bag-info.txt", adds("A: "+long("x", 4<<10)+"\n"))),
		one("larger than announced", "size", hello, Upload, bagit.Limits{}, lying(-1)),
		one("smaller than announced", "size", hello, Upload, bagit.Limits{}, lying(1)),
		one("far smaller than announced", "size", hello, Upload, bagit.Limits{}, lying(1<<40)),
	}
}

func lying(lie int64) []Entry {
	entries := Sound().Entries
	for i := range entries {
		if entries[i].Path == hello {
			entries[i].Lie = lie
		}
	}
	return entries
}
