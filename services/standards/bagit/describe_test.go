package bagit

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func counted(name, text string) Counted {
	a, b := sha256.Sum256([]byte(text)), sha512.Sum512([]byte(text))
	return Counted{Path: name, Size: uint64(len(text)), SHA256: hex.EncodeToString(a[:]), SHA512: hex.EncodeToString(b[:])}
}

// counts gives files, and an error behind them where there is one.
func counts(files []Counted, broken ...error) iter.Seq2[Counted, error] {
	return func(yield func(Counted, error) bool) {
		for _, f := range files {
			if !yield(f, nil) {
				return
			}
		}
		for _, err := range broken {
			yield(Counted{}, err)
		}
	}
}

// TestWhatIsDescribedIsABag: tag files written from digests alone make a valid bag of files that were
// never read, each written once, and the manifests list every file.
func TestWhatIsDescribedIsABag(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"data/1/a": "бірінші", "data/2/50% of it": "екінші", "submission/p/bagit.txt": "as it came"}
	var payload, tags []Counted
	for _, name := range []string{"data/1/a", "data/2/50% of it"} {
		payload = append(payload, counted(name, files[name]))
	}
	tags = append(tags, counted("submission/p/bagit.txt", files["submission/p/bagit.txt"]))
	var order []string
	if err := Describe([]Field{{"Source-Organization", "Білім\nбасқармасы"}}, counts(payload), counts(tags), func(name string, text func(io.Writer) error) (Counted, error) {
		var b bytes.Buffer
		order = append(order, name)
		err := text(&b)
		files[name] = b.String()
		return counted(name, b.String()), err
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "manifest-sha512.txt", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt"}; !slices.Equal(order, want) {
		t.Errorf("written %v", order)
	}
	for name, text := range files {
		to := filepath.Join(dir, "bag", filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	report, err := Validate(t.Context(), filepath.Join(dir, "bag"), Options{})
	if err != nil || report.Err() != nil || len(report.Payload) != 2 {
		t.Fatal(report.Err(), err)
	}
	if !slices.Equal(report.Manifests, []string{"sha256", "sha512"}) || !slices.Equal(report.TagManifests, []string{"sha256", "sha512"}) {
		t.Error(report.Manifests, report.TagManifests)
	}
	if got := report.Values("Payload-Oxum"); !slices.Equal(got, []string{"26.2"}) {
		t.Error(got)
	}
	// One changed tag file of a package breaks the whole bag: it is listed.
	if err := os.WriteFile(filepath.Join(dir, "bag", "submission", "p", "bagit.txt"), []byte("as it cam."), 0o600); err != nil {
		t.Fatal(err)
	}
	if report, err := Validate(t.Context(), filepath.Join(dir, "bag"), Options{}); err != nil || report.Err() == nil {
		t.Error("the tag files of a package are not listed", err)
	}
}

func TestADescriptionThatCannotBeIsRefused(t *testing.T) {
	none := counts(nil)
	if err := Describe([]Field{{"a:b", "c"}}, none, none, nil); !errors.Is(err, BadLabel) {
		t.Error(err)
	}
	full := errors.New("no room")
	if err := Describe(nil, none, none, func(string, func(io.Writer) error) (Counted, error) { return Counted{}, full }); !errors.Is(err, full) {
		t.Error(err)
	}
	took := func(_ string, text func(io.Writer) error) (Counted, error) { return Counted{}, text(io.Discard) }
	if err := Describe(nil, counts([]Counted{counted("data/a", "a")}, full), none, took); !errors.Is(err, full) {
		t.Error(err)
	}
	if err := Describe(nil, none, counts([]Counted{counted("a", "a")}, full), took); !errors.Is(err, full) {
		t.Error(err)
	}
}
