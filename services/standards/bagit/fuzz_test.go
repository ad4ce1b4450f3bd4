package bagit

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/fault"
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
		digests, _ := manifestOf(t, name, text, version, fuzzLimits())
		tag, _, _ := manifestName(name)
		for p, digest := range digests {
			if badPath(p, fuzzLimits()) != nil {
				t.Errorf("a bad path was let through: %q", p)
			}
			if tag == strings.HasPrefix(p, payloadPrefix) {
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

// manifestOf is what a manifest says, digests by path.
func manifestOf(t *testing.T, name, text, version string, l Limits) (map[string]string, findings) {
	t.Helper()
	digests := map[string]string{}
	found, err := parseManifest(name, strings.NewReader(text), version, l, func(file, digest string, _ int) error {
		digests[file] = digest
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return digests, found
}

// FuzzLines compares with the same text in memory, however little the reader gives at once.
func FuzzLines(f *testing.F) {
	f.Add("a\nb\r\nc\rd\n\n\r\r\n", 100)
	f.Add("\r", 0)
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(0, min(most, 1<<10))
		got := newLines(iotest.OneByteReader(strings.NewReader(text)), most)
		for n, want := range linesOf(text) {
			if !got.next() || got.number != n || got.text != want[:min(len(want), most+1)] {
				t.Fatalf("line %d of %q is %q", n, text, got.text)
			}
		}
		if got.next() || got.err != nil {
			t.Fatalf("a line too many of %q: %q %v", text, got.text, got.err)
		}
	})
}

// FuzzUTF8 compares with utf8.Valid, wherever a piece ends.
func FuzzUTF8(f *testing.F) {
	f.Add([]byte("қойма\xf0\x9f\x98\x80"))
	f.Add([]byte("\xd0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, r := range []io.Reader{bytes.NewReader(text), iotest.OneByteReader(bytes.NewReader(text)), iotest.HalfReader(bytes.NewReader(text))} {
			if got, err := isUTF8(r); got != utf8.Valid(text) || err != nil {
				t.Fatalf("%q: %v %v", text, got, err)
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

func FuzzFetch(f *testing.F) {
	f.Add("http://x/a%20b 12 data/a b\nfile:///etc/passwd - data/x\r\n", "1.0")
	f.Add("http://x -1 ../y\nhttp://x\t9223372036854775808 data/z\n", "0.95")
	f.Fuzz(func(t *testing.T, text, version string) {
		lines, _ := parseFetch(text, version, fuzzLimits())
		for _, l := range lines {
			if badPath(l.Path, fuzzLimits()) != nil || !strings.HasPrefix(l.Path, payloadPrefix) || l.Length < -1 || l.URL == "" || strings.ContainsAny(l.URL, " \t\r\n") {
				t.Errorf("accepted %+v", l)
			}
		}
	})
}

// FuzzProfile: what is accepted says the same when it is read again from what was understood,
// and can be held against any report.
func FuzzProfile(f *testing.F) {
	f.Add(aProfile)
	f.Add(`{"BagIt-Profile-Info":{"BagIt-Profile-Identifier":"a","Source-Organization":"b","External-Description":"c","Version":"1"},"Accept-BagIt-Version":["1.0"],"Data-Empty":true,"X":1}`)
	f.Add(`{"Bag-Info":{"A":{"required":true,"values":["*"]}},"Bag-Info":{}}`)
	f.Add(`[{"a":[{"a":1,"b":{}},"a"]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseProfile(strings.NewReader(text))
		if err != nil {
			if fault.KindOf(err) != fault.Invalid || len(fault.Of(err).Items) == 0 {
				t.Errorf("refused without a reason: %v", err)
			}
			return
		}
		if p.Identifier == "" || len(p.AcceptVersions) == 0 || !json.Valid([]byte(strings.TrimPrefix(text, "\uFEFF"))) {
			t.Errorf("accepted %+v", p)
		}
		for _, r := range []*Report{{}, check(sound(), Options{}), keeping(p)} {
			faults, warnings := p.Check(r)
			for _, i := range slices.Concat(faults, warnings) {
				if strings.ContainsAny(i.Where, "\x00\n\r") || strings.ContainsAny(i.Fault.In(fault.Kazakh), "\x00\n\r") {
					t.Errorf("%q may not be put before a person", i.Fault.In(fault.Kazakh))
				}
			}
		}
	})
}

// FuzzPattern compares with a regular expression.
func FuzzPattern(f *testing.F) {
	f.Add("metadata/*.xml", "metadata/a/b.xml")
	f.Add("*a*b**", "xxaxxb\n")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 100 || !utf8.ValidString(pattern) || !utf8.ValidString(s) {
			return
		}
		parts := strings.Split(pattern, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		if want := regexp.MustCompile(`(?s)\A` + strings.Join(parts, ".*") + `\z`).MatchString(s); matches(pattern, s) != want {
			t.Errorf("%q on %q: not %t", pattern, s, want)
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
		opts := Options{AllowFetch: fetch, Limits: Limits{Entries: 50, PathBytes: 200, TagBytes: 1 << 10, ManifestBytes: 4 << 10, LineBytes: 512, Faults: 20}}
		feed := func(c *Checker) {
			for part := range strings.SplitSeq(bag, "\x1e") {
				path, content, _ := strings.Cut(part, "\x1f")
				_ = c.File(path, int64(len(content)), strings.NewReader(content), io.Discard)
			}
		}
		c := NewChecker(opts)
		feed(c)
		r := c.Finish()
		if len(bag)%8 == 0 { // a folder costs much more than a bag of this size
			spooledIsTheSame(t, opts, r, feed)
		}
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
