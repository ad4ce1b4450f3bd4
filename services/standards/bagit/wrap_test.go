package bagit

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// TestWhatIsWrappedIsABag gives what Wrap made to a checker that believes nothing of it: the first one does not read its
// own manifests again.
func TestWhatIsWrappedIsABag(t *testing.T) {
	for name, place := range map[string]spool.Place{"in memory": {}, "spooled": {Dir: t.TempDir(), Budget: 100}} {
		t.Run(name, func(t *testing.T) {
			c := NewChecker(Options{Spool: place})
			defer func() { _ = c.Close() }()
			files := map[string][]byte{"data/1/a.txt": []byte("a"), "data/1/б": nil, "data/2/100%.txt": []byte("%"), "data/2/a b": []byte("a b")}
			for path, content := range files {
				if err := c.File(path, int64(len(content)), bytes.NewReader(content), nil); err != nil {
					t.Fatal(err)
				}
			}
			err := c.Wrap([]Field{{Label: "Source-Organization", Value: "Қойма"}}, func(name string, text *spool.Text) error {
				raw, err := io.ReadAll(text.Reader())
				if err != nil {
					return err
				}
				files[name] = raw
				return c.File(name, int64(len(raw)), bytes.NewReader(raw), nil)
			})
			if err != nil {
				t.Fatal(err)
			}
			own := c.Finish()

			second := NewChecker(Options{})
			defer func() { _ = second.Close() }()
			for path, content := range files {
				if err := second.File(path, int64(len(content)), bytes.NewReader(content), nil); err != nil {
					t.Fatal(err)
				}
			}
			got := second.Finish()
			if len(own.Faults)+len(own.Warnings)+len(got.Faults)+len(got.Warnings) != 0 {
				t.Fatalf("%v %v, read again %v %v", own.Faults, own.Warnings, got.Faults, got.Warnings)
			}
			if got.Files != 4 || own.Files != got.Files || own.Bytes != got.Bytes || !slices.Equal(own.Manifests, got.Manifests) ||
				!slices.Equal(own.TagManifests, got.TagManifests) || strings.Join(own.Values("Source-Organization"), "") != "Қойма" {
				t.Errorf("%+v, read again %+v", own, got)
			}

			changed := NewChecker(Options{})
			defer func() { _ = changed.Close() }()
			files["data/1/a.txt"] = []byte("b")
			for path, content := range files {
				if err := changed.File(path, int64(len(content)), bytes.NewReader(content), nil); err != nil {
					t.Fatal(err)
				}
			}
			if changed.Finish().Valid() {
				t.Error("the manifests guard nothing")
			}
		})
	}
}

// TestAFileThatDidNotComeWholeIsStillSaid: Wrap lists it nowhere, and the bag is refused for it.
func TestAFileThatDidNotComeWholeIsStillSaid(t *testing.T) {
	c := NewChecker(Options{})
	defer func() { _ = c.Close() }()
	if err := c.File("data/a", 1, strings.NewReader("a"), nil); err != nil {
		t.Fatal(err)
	}
	s, err := c.Begin("data/b", 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte("b")); err != nil {
		t.Fatal(err)
	}
	_ = s.Close() // the wrong size is in the report
	if err := c.Wrap(nil, func(name string, text *spool.Text) error { return c.File(name, text.Size(), text.Reader(), nil) }); err != nil {
		t.Fatal(err)
	}
	if r := c.Finish(); r.Valid() || r.Faults[0].Where != "data/b" {
		t.Errorf("%v", r.Faults)
	}
}
