package parcel

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// TestWhereFilesOfAnEARKPackageBelong: each path is read back from where it was put.
func TestWhereFilesOfAnEARKPackageBelong(t *testing.T) {
	for name, want := range map[string]string{
		"p/METS.xml":                                   "eark/p/METS.xml",
		"p/representations/rep1/METS.xml":              "eark/p/representations/rep1/METS.xml",
		"p/representations/rep1/data/0001/скан.pdf":    "data/0001/rep1/скан.pdf",
		"p/representations/rep1/data/2/a/b/c.txt":      "data/2/rep1/a/b/c.txt",
		"p/representations/rep1/data/дело/скан.pdf":    "eark/p/representations/rep1/data/дело/скан.pdf",
		"p/representations/rep1/data/0001":             "eark/p/representations/rep1/data/0001",
		"p/representations/rep1/metadata/0001/x":       "eark/p/representations/rep1/metadata/0001/x",
		"p/documentation/0001/x":                       "eark/p/documentation/0001/x",
		"METS.xml":                                     "eark/METS.xml",
		"/etc/passwd":                                  "eark//etc/passwd",
		"p/representations/rep1/data/0001/../../../x":  "data/0001/rep1/../../../x", // the rules of bags refuse these
		"p/representations/../data/0001/x":             "data/0001/../x",
		"../METS.xml":                                  "eark/../METS.xml",
		"p/representations/rep1/data/0001/data/0002/x": "data/0001/rep1/data/0002/x",
	} {
		got := PlacedEARK(name)
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
		top, within, _ := strings.Cut(name, "/")
		if folder, original, ok := Original(got); ok && (original != within || folder != "" && folder != top) {
			t.Errorf("%q came back as %q of %q", name, original, folder)
		}
	}
	for _, path := range []string{"", "eark/", "eark/METS.xml", "eark//x", "data/1/x", "data/a/rep1/x", "data/1/rep1/", "data//rep1/x", "METS.xml"} {
		if folder, name, ok := Original(path); ok {
			t.Errorf("%q is %q of %q", path, name, folder)
		}
	}
	for name, want := range map[string]bool{
		"p/METS.xml": true, "METS.xml": true, "p/representations/r/METS.xml": true, "representations/r/data/1/x": true, "p/representations/r/metadata/x": true,
		"0001/METS.xml": false, "p/0001/METS.xml": false, "p/representations/x": false, "representations/0001/x": false, "p/data/METS.xml": false, "0001/representations/r/data/1/x": false, "": false,
	} {
		if got := OfEARK(name); got != want {
			t.Errorf("%q is of E-ARK: %t", name, got)
		}
	}
}

// TestTheFirstFileTellsWhatAFolderHolds, in whatever order a browser sends its files.
func TestTheFirstFileTellsWhatAFolderHolds(t *testing.T) {
	for name, want := range map[string]Kind{
		"p/bagit.txt": Bag, "p/data/1/x": Bag, "p/METS.xml": EARK, "p/documentation/x": EARK, "p/metadata/descriptive/ead.xml": EARK,
		"p/schemas/x": EARK, "p/representations/r/data/1/x": EARK, "p/documentation/0001/x": Rows, "0001/documentation/x": Rows, "p/0001/x": Rows,
		"p/documentation": Rows, "p/x": Rows, "x": Rows, "": Rows,
	} {
		if got := KindBy(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

// FuzzPlacedEARK: whatever a file is called, nothing is lost of its name where it can be read back.
func FuzzPlacedEARK(f *testing.F) {
	for _, seed := range []string{"p/METS.xml", "p/representations/r/data/1/x", "/", "p/representations//data/1/x", "p/representations/r/data/1/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := PlacedEARK(name)
		if !strings.HasPrefix(got, "data/") && !strings.HasPrefix(got, "eark/") {
			t.Errorf("%q: %q", name, got)
		}
		_, within, _ := strings.Cut(name, "/")
		if _, original, ok := Original(got); ok && original != within {
			t.Errorf("%q came back as %q", name, original)
		}
	})
}

// file is an entry of an archive file for tests; kind as in archive/tar.
type file struct {
	name, text string
	kind       byte
}

func asTar(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Size: int64(len(f.text)), Mode: 0o644, Typeflag: f.kind}
		if f.kind == tar.TypeSymlink {
			h.Linkname = "x"
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asZip(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		to, err := w.Create(f.name)
		if err == nil {
			_, err = io.WriteString(to, f.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWhatLiesInAnArchiveFile takes each kind out of a ZIP and out of a tar.
func TestWhatLiesInAnArchiveFile(t *testing.T) {
	for name, c := range map[string]struct {
		files []file
		want  []string
	}{
		"rows":             {[]file{{name: "Дела/0001/a"}, {name: "Дела/0002/.DS_Store"}, {name: "Дела/0001/METS.xml"}}, []string{"bare data/0001/a", "bare data/0001/METS.xml"}},
		"a row alone":      {[]file{{name: "0001/METS.xml"}}, []string{"bare data/0001/METS.xml"}},
		"a bag":            {[]file{{name: "b/bagit.txt"}, {name: "b/data/1/METS.xml"}, {name: ".DS_Store"}}, []string{"bag bagit.txt", "bag data/1/METS.xml"}},
		"E-ARK in a bag":   {[]file{{name: "b/METS.xml"}, {name: "b/bagit.txt"}}, []string{"bag METS.xml", "bag bagit.txt"}},
		"E-ARK":            {[]file{{name: "p/METS.xml"}, {name: "p/representations/r/data/1/a"}, {name: "__MACOSX/x"}}, []string{"eark eark/p/METS.xml", "eark data/1/r/a"}},
		"E-ARK, no folder": {[]file{{name: "METS.xml"}, {name: "representations/r/data/1/a"}}, []string{"eark eark/METS.xml", "eark eark/representations/r/data/1/a"}},
		"E-ARK, no METS":   {[]file{{name: "p/representations/r/data/1/a"}}, []string{"eark data/1/r/a"}},
		"two of E-ARK":     {[]file{{name: "p/METS.xml"}, {name: "q/METS.xml"}}, []string{"eark eark/p/METS.xml", "eark eark/q/METS.xml"}},
	} {
		for form, raw := range map[string][]byte{"zip": asZip(t, c.files...), "tar": asTar(t, c.files...)} {
			var got []string
			if _, err := Unpack(bytes.NewReader(raw), int64(len(raw)), "x", func(_ File, path string, kind Kind) error {
				got = append(got, fmt.Sprint(kind, " ", path))
				return nil
			}); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s of %s: %q %v", form, name, got, err)
			}
		}
	}
}

// FuzzUnpack: whatever an archive file is, each file that comes out of it belongs into one kind of package, and none into a bag's place
// that the sender did not name.
func FuzzUnpack(f *testing.F) {
	p := []file{{name: "p/METS.xml", text: "x"}, {name: "p/representations/r/data/1/a"}}
	f.Add(asTar(f, p...))
	f.Add(asZip(f, p...))
	f.Add(asTar(f, file{name: "b/bagit.txt"}, file{name: "b/../x"}))
	f.Add(asTar(f, file{name: "0001/a", kind: tar.TypeSymlink}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		kinds := map[Kind]bool{}
		taken, err := Unpack(bytes.NewReader(raw), int64(len(raw)), "x", func(f File, path string, kind Kind) error {
			kinds[kind] = true
			if kind == Rows && !strings.HasPrefix(path, "data/") || kind == EARK && !strings.HasPrefix(path, "data/") && !strings.HasPrefix(path, "eark/") {
				t.Errorf("%q as %q of %s", f.Name, path, kind)
			}
			r, err := f.Open()
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }() // only read from
			_, err = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			return err
		})
		if len(kinds) > 1 || err == nil && taken > 0 && len(kinds) == 0 {
			t.Errorf("%d files of %v", taken, kinds)
		}
	})
}

// TestATarIsReadByItsRules: bytes come out whole, links and broken ones are refused, and nothing is taken of a broken one.
func TestATarIsReadByItsRules(t *testing.T) {
	taken := ""
	take := func(f File, path string, _ Kind) error {
		r, err := f.Open()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(r)
		if uint64(len(text)) != f.Size {
			t.Errorf("%s has %d bytes, not %d", path, len(text), f.Size)
		}
		taken += path + "=" + string(text) + " "
		return err
	}
	sound := asTar(t, file{name: "./", kind: tar.TypeDir}, file{name: "./0001/", kind: tar.TypeDir}, file{name: "./0001/a", text: "first"}, file{name: "0002/b", text: strings.Repeat("x", 3000)})
	if n, err := Unpack(bytes.NewReader(sound), int64(len(sound)), "x", take); err != nil || n != 2 || taken != "data/0001/a=first data/0002/b="+strings.Repeat("x", 3000)+" " {
		t.Errorf("%d %v %.50s", n, err, taken)
	}
	const bytesOfEnd = 1024
	for name, c := range map[string]struct {
		raw  []byte
		want *fault.Definition
	}{
		"a link":          {asTar(t, file{name: "0001/a", kind: tar.TypeSymlink}), Link},
		"a pipe":          {asTar(t, file{name: "0001/a", kind: tar.TypeFifo}), Device},
		"up":              {asTar(t, file{name: "0001/../../a"}), Traversal},
		"from the root":   {asTar(t, file{name: "/0001/a"}), Absolute},
		"beside a bag":    {asTar(t, file{name: "b/bagit.txt"}, file{name: "other"}), Outside},
		"cut in a file":   {sound[:len(sound)-4000], BadZip},
		"cut before one":  {sound[:len(sound)-bytesOfEnd], BadZip},
		"half an end":     {sound[:len(sound)-bytesOfEnd/2], BadZip},
		"a broken header": {slices.Concat(sound[:2048], bytes.Repeat([]byte("x"), 512), sound[2560:]), BadZip},
	} {
		taken = ""
		n, err := Unpack(bytes.NewReader(c.raw), int64(len(c.raw)), "x", take)
		if c.want == Outside && n == 1 && taken == "bagit.txt= " {
			n, taken = 0, "" // it stood before the other
		}
		if !errors.Is(err, c.want) || n > 0 || taken != "" {
			t.Errorf("%s: %d %v %.50s", name, n, err, taken)
		}
	}
}
