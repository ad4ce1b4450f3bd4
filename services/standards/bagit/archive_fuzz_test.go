package bagit_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/bagit/hostile"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// small are limits under which nothing that a fuzzer finds costs much.
var small = bagit.Options{Digests: []string{"md5"}, Limits: bagit.Limits{
	Entries: 60, Bytes: 1 << 20, PathBytes: 300, TagBytes: 8 << 10, ManifestBytes: 16 << 10, LineBytes: 1 << 10, RatioFrom: 1 << 16, Faults: 50,
}}

// seeds adds the sound archive and a few hostile ones.
func seeds(f *testing.F, form hostile.Form, write func(hostile.Package, io.Writer) error, names ...string) {
	for _, p := range append(hostile.Packages(), hostile.Sound()) {
		wanted := p.Name == "sound"
		for _, name := range names {
			wanted = wanted || p.Name == name
		}
		if !wanted || !p.Has(form) {
			continue
		}
		var b bytes.Buffer
		if err := write(p, &b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
}

// FuzzTar: whatever the bytes, there is a report; and what a valid one lists as payload is
// there when the library reads the tar.
func FuzzTar(f *testing.F) {
	seeds(f, hostile.Tar, hostile.Package.WriteTar, "tar/sparse, pax", "tar/size in pax", "tar/second archive", "kind/hard link")
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := bagit.ValidateTar(t.Context(), bytes.NewReader(raw), small)
		if err != nil {
			t.Fatalf("no error is ours: %v", err)
		}
		if !r.Valid() {
			return
		}
		there := map[string]bool{}
		for files := tar.NewReader(bytes.NewReader(raw)); ; {
			h, err := files.Next()
			if err != nil {
				break
			}
			sum := sha256.New()
			_, _ = io.Copy(sum, files)
			there[inBag(h.Name)+hex.EncodeToString(sum.Sum(nil))] = true
		}
		listed(t, r, there)
	})
}

// FuzzZip is FuzzTar for a ZIP.
func FuzzZip(f *testing.F) {
	seeds(f, hostile.Zip, hostile.Package.WriteZip, "zip/entry within an entry", "zip/descriptor of another size", "zip/ten million claimed", "zip/negative size", "zip/deflated larger than said", "kind/link out")
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := bagit.ValidateZip(t.Context(), bytes.NewReader(raw), int64(len(raw)), small)
		if err != nil {
			t.Fatalf("no error is ours: %v", err)
		}
		spooled := small
		spooled.Spool = spool.Place{Dir: t.TempDir(), Budget: 1}
		if without, err := bagit.ValidateZip(t.Context(), bytes.NewReader(raw), int64(len(raw)), spooled); err != nil || words(without) != words(r) {
			t.Fatalf("without memory %v\n%s\nwith it\n%s", err, words(without), words(r))
		}
		if !r.Valid() {
			return
		}
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatalf("valid, and the library does not read it: %v", err)
		}
		there := map[string]bool{}
		for _, file := range z.File {
			from, err := file.Open()
			if err != nil {
				t.Fatalf("valid, and the library does not open %q: %v", file.Name, err)
			}
			sum := sha256.New()
			_, _ = io.Copy(sum, from)
			_ = from.Close()
			there[inBag(file.Name)+hex.EncodeToString(sum.Sum(nil))] = true
		}
		listed(t, r, there)
	})
}

// inBag is a name without the folder of the bag.
func inBag(name string) string {
	name = strings.TrimPrefix(name, "./")
	if top, rest, ok := strings.Cut(name, "/"); ok && top != "data" {
		return rest
	}
	return name
}

func listed(t *testing.T, r *bagit.Report, there map[string]bool) {
	t.Helper()
	for _, e := range r.Payload {
		if !there[e.Path+e.SHA256] {
			t.Errorf("%s is reported with other content than is there", e.Path)
		}
	}
}
