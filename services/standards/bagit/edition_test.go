package bagit

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// aged is a bag as tools of a version wrote it: md5, the metadata under the name of the time.
func aged(version string) files {
	b := files{
		"bagit.txt":     "BagIt-Version: " + version + "\nTag-File-Character-Encoding: UTF-8\n",
		"data/a/scan.1": "scan",
		"data/b.txt":    "text",
	}
	b[editionOf(version).info] = "Source-Organization: Архив\nPacking-Date: 2008-03-01\n"
	b.seal("md5")
	return b
}

func TestVersionsAsFoundInTheWild(t *testing.T) {
	const m, tm = "manifest-md5.txt", "tagmanifest-md5.txt"
	var (
		shelf   = []string{"0.93", "0.94", "0.95"}
		drafts  = append(slices.Clone(shelf), "0.96", "0.97")
		all     = append(slices.Clone(drafts), "1.0")
		early   = append(slices.Clone(shelf), "0.96")
		later   = []string{"0.97", "1.0"}
		windows = func(b files) { b[m] = strings.ReplaceAll(b[m], "data/a/", `data\a\`) }
	)
	for name, c := range map[string]struct {
		change   func(files)
		versions []string // in which it is accepted
		fault    string   // in the others
		warning  string   // where it is accepted
	}{
		"as it is":                {func(files) {}, all, "", "weak_algorithm " + m},
		"binary mark":             {func(b files) { b[m] = strings.ReplaceAll(b[m], "  ", " *") }, all, "", "leading_mark " + m},
		"one space":               {func(b files) { b[m] = strings.ReplaceAll(b[m], "  ", " ") }, all, "", ""},
		"tabs":                    {func(b files) { b[m] = strings.ReplaceAll(b[m], "  ", "\t\t") }, all, "", ""},
		"CRLF":                    {func(b files) { b[m] = strings.ReplaceAll(b[m], "\n", "\r\n") }, all, "", ""},
		"no end of the last line": {func(b files) { b[m] = strings.TrimSuffix(b[m], "\n") }, all, "", ""},
		"capital digits":          {func(b files) { b[m] = strings.ToUpper(b[m][:32]) + b[m][32:] }, all, "", ""},
		"paths from the bag":      {func(b files) { b[m] = strings.ReplaceAll(b[m], "data/", "./data/") }, all, "", "leading_mark " + m},
		"paths of Windows":        {windows, shelf, `backslash ` + m + `:1: data\a\scan.1`, "old_separator " + m},
		"a file in one of two":    {func(b files) { b["manifest-sha1.txt"] = "" }, drafts, "partly_listed data/b.txt", ""},
		"a literal percent":       {func(b files) { b["data/100%.txt"] = "x"; b[m] += digestOf("md5", "x") + "  data/100%.txt\n" }, drafts, "percent " + m, ""},
		"tag manifest of some":    {func(b files) { b[tm] = strings.SplitAfter(b[tm], "\n")[0] }, drafts, "tag_incomplete " + m, "tag_unlisted " + m},
		"tag manifest of another": {func(b files) {
			b["tagmanifest-sha1.txt"] = ""
			b[tm] += digestOf("md5", "") + "  tagmanifest-sha1.txt\n"
		}, drafts, "tag_lists_tag_manifest " + tm, ""},
		"no metadata":               {func(b files) { delete(b, bagInfo); delete(b, packageInfo) }, all, "", ""},
		"metadata by another name":  {func(b files) { move(b, bagInfo, packageInfo) }, all, "", "info_name"},
		"oxum misspelt and right":   {func(b files) { b.info("Payload-Ossum: 8.2\n") }, all, "", ""},
		"oxum misspelt and wrong":   {func(b files) { b.info("Payload-Oxsum: 9.2\n") }, later, "oxum", ""},
		"oxum wrong":                {func(b files) { b.info("payload-oxum: 9.2\n") }, nil, "oxum", ""},
		"changed payload":           {func(b files) { b["data/b.txt"] = "teXt" }, nil, "digest data/b.txt", ""},
		"two blanks in declaration": {func(b files) { b["bagit.txt"] = strings.ReplaceAll(b["bagit.txt"], ": ", ":  ") }, all, "", ""},
		"none in declaration":       {func(b files) { b["bagit.txt"] = strings.ReplaceAll(b["bagit.txt"], ": ", ":") }, nil, "bad_declaration bagit.txt", ""},
	} {
		for _, version := range all {
			b := aged(version)
			c.change(b)
			if b[tm] == aged(version)[tm] {
				delete(b, tm) // it guards what was changed
			}
			r := check(b, Options{Digests: []string{"MD5", "SHA-1"}})
			if slices.Contains(c.versions, version) {
				if !r.Valid() || !has(said(r.Warnings), c.warning) {
					t.Errorf("%s in %s: faults %q, warnings %q, want %q", name, version, said(r.Faults), said(r.Warnings), c.warning)
				}
			} else if !has(said(r.Faults), c.fault) {
				t.Errorf("%s in %s: faults %q, want %q", name, version, said(r.Faults), c.fault)
			}
			if has(said(r.Warnings), "old_version bagit.txt") != slices.Contains(early, r.Version) {
				t.Errorf("%s in %s: warnings %q", name, version, said(r.Warnings))
			}
		}
	}
}

// has says whether one of the texts begins with what is looked for; nothing is always there.
func has(texts []string, want string) bool {
	return want == "" || slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, want) })
}

func (b files) info(more string) {
	for _, name := range []string{bagInfo, packageInfo} {
		if _, there := b[name]; there {
			b[name] += more
		}
	}
}

// move gives the one of two that is there the name of the other.
func move(b files, one, other string) {
	for _, pair := range [][2]string{{one, other}, {other, one}} {
		if content, there := b[pair[0]]; there {
			delete(b, pair[0])
			b[pair[1]] = content
			return
		}
	}
}

func TestOldLabelsAreFoundByTheNewOnes(t *testing.T) {
	for _, version := range slices.Sorted(maps.Keys(editions)) {
		want := []string(nil)
		if editions[version].backslash {
			want = []string{"2008-03-01"}
		}
		r := check(aged(version), Options{Digests: []string{"md5"}})
		if got := r.Values("bagging-date"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", version, got, want)
		}
		if got := r.Values("Packing-Date"); !slices.Equal(got, []string{"2008-03-01"}) {
			t.Errorf("%s: as written: %q", version, got)
		}
	}
}
