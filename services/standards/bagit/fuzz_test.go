package bagit

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func fuzzLimits() Limits { return Limits{LineBytes: 1 << 10}.withDefaults() }

func FuzzManifest(f *testing.F) {
	b := sound()
	f.Add("manifest-sha256.txt", b["manifest-sha256.txt"], "1.0")
	f.Add("tagmanifest-sha256.txt", b["tagmanifest-sha256.txt"], "0.97")
	f.Add("manifest-md5.txt", "d41d8cd98f00b204e9800998ecf8427e *./data/a%0D%0A%25b\r\n", "1.0")
	f.Fuzz(func(t *testing.T, name, text, version string) {
		if _, _, ok := manifestName(name); !ok {
			return
		}
		m, _ := parseManifest(name, text, version, fuzzLimits())
		for p, digest := range m.digests {
			if badPath(p, fuzzLimits()) != nil {
				t.Errorf("a bad path was let through: %q", p)
			}
			if m.tag == strings.HasPrefix(p, payloadPrefix) {
				t.Errorf("%q stands in the wrong kind of manifest", p)
			}
			if digest != strings.ToLower(digest) {
				t.Errorf("digest %q", digest)
			}
			if back, ok := decodePath(encodePath(p), "1.0"); !ok || back != p {
				t.Errorf("%q is written as %q and read as %q", p, encodePath(p), back)
			}
		}
	})
}

func FuzzInfo(f *testing.F) {
	f.Add("Source-Organization: Мұрағат\n  бөлімі\nPayload-Oxum: 12.3\n")
	f.Add(" dangling\nA:b\rC : d\r\n:\n")
	f.Fuzz(func(t *testing.T, text string) {
		fields, _ := parseInfo(bagInfo, text, fuzzLimits())
		for _, field := range fields {
			if field.Label == "" || strings.ContainsAny(field.Label+field.Value, "\r\n") {
				t.Errorf("field %q", field)
			}
		}
		if o, _ := findOxum(bagInfo, fields, editionOf("0.95")); o != nil && (o.bytes < 0 || o.files < 0) {
			t.Errorf("oxum %v", o)
		}
	})
}

func FuzzDeclaration(f *testing.F) {
	f.Add([]byte("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"))
	f.Add([]byte("\xEF\xBB\xBFBagIt-Version: 0.96\r\nTag-File-Character-Encoding: windows-1251\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, found := parseDeclaration(raw)
		for _, x := range found {
			if !x.rule.Warning {
				return
			}
		}
		if decoder(d.encoding) == nil || !slices.Contains([]string{"0.93", "0.94", "0.95", "0.96", "0.97", "1.0"}, d.version) {
			t.Errorf("accepted %+v from %q", d, raw)
		}
	})
}

// FuzzBag feeds a whole bag: files parted by \x1e, name and content by \x1f.
func FuzzBag(f *testing.F) {
	for _, b := range []files{sound(), sound("md5"), sound().with("fetch.txt", "http://x - data/y\n"), {}} {
		var parts []string
		for _, p := range slices.Sorted(maps.Keys(b)) {
			parts = append(parts, p+"\x1f"+b[p])
		}
		f.Add(strings.Join(parts, "\x1e"), false)
	}
	f.Fuzz(func(t *testing.T, bag string, fetch bool) {
		c := NewChecker(Options{AllowFetch: fetch, Limits: Limits{Entries: 50, PathBytes: 200, TagBytes: 1 << 10, ManifestBytes: 4 << 10, LineBytes: 512, Faults: 20}})
		for part := range strings.SplitSeq(bag, "\x1e") {
			path, content, _ := strings.Cut(part, "\x1f")
			_ = c.File(path, int64(len(content)), strings.NewReader(content), io.Discard)
		}
		r := c.Finish()
		for _, i := range slices.Concat(r.Faults, r.Warnings) {
			if !utf8.ValidString(i.Where) || strings.ContainsAny(i.Where, "\x00\n\r") {
				t.Errorf("%q may not be put before a person", i.Where)
			}
		}
		for _, e := range r.Payload {
			if badPath(e.Path, c.opts.Limits) != nil || !strings.HasPrefix(e.Path, payloadPrefix) {
				t.Errorf("accepted the path %q", e.Path)
			}
		}
		if r.Valid() && (r.Version == "" || len(r.Tags) < 2) {
			t.Errorf("valid without declaration and manifest: %+v", r)
		}
	})
}
