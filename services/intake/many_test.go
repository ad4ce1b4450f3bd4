package intake

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// TestManyFilesInAMessage sends small files together, good and bad: each that is bad is named, and nothing is half done.
func TestManyFilesInAMessage(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0), file(2, 0))
	f := func(path string, size int, content string) *intakev1.UploadFile {
		return &intakev1.UploadFile{Path: path, Size: uint64(size), Content: []byte(content)}
	}
	send := func(messages ...*intakev1.UploadPackageRequest) (*intakev1.UploadPackageResponse, error) {
		begin := part(&intakev1.UploadBegin{CommandId: newID(), TransferId: "2026-1", Bare: true})
		return w.raw(append([]*intakev1.UploadPackageRequest{begin}, messages...)...)
	}
	together := func(files ...*intakev1.UploadFile) *intakev1.UploadPackageRequest {
		return part(&intakev1.UploadFiles{Files: files})
	}
	for name, c := range map[string]struct {
		messages []*intakev1.UploadPackageRequest
		faults   string // of a package that is refused
		broken   error  // of one that ends the call
		refused  bool   // by limits, whichever they are
	}{
		"shorter than announced": {messages: []*intakev1.UploadPackageRequest{together(f("data/1/a", 3, "abc"), f("data/1/b", 9, "x"), f("data/2/c", 1, "c"))}, faults: "data/1/b bagit.size"},
		"twice":                  {messages: []*intakev1.UploadPackageRequest{together(f("data/1/a", 1, "a"), f("data/1/a", 1, "b"))}, faults: "data/1/a bagit.duplicate_file"},
		"of no unit":             {messages: []*intakev1.UploadPackageRequest{together(f("data/1/a", 1, "a"), f("data/7/b", 1, "b"))}, faults: "data/7/b intake.package.not_listed"},
		"two out of the bag":     {messages: []*intakev1.UploadPackageRequest{together(f("data/../a", 1, "a"), f("data//b", 1, "b"), f("data/1/c", 1, "c"))}, faults: "two"},
		"longer than announced":  {messages: []*intakev1.UploadPackageRequest{together(f("data/1/a", 1, "ab"))}, broken: staging.TooMuchData},
		"a size of no end":       {messages: []*intakev1.UploadPackageRequest{together(&intakev1.UploadFile{Path: "data/1/a", Size: 1 << 63})}, refused: true},
		"a tag file":             {messages: []*intakev1.UploadPackageRequest{together(f("bagit.txt", 1, "a"))}, broken: staging.OutOfOrder},
		"a long name":            {messages: []*intakev1.UploadPackageRequest{together(f("data/1/"+strings.Repeat("a", 4<<10), 1, "a"))}, broken: staging.OutOfOrder},
		"more than 1 MiB":        {messages: []*intakev1.UploadPackageRequest{together(f("data/1/a", 1<<20, strings.Repeat("a", 1<<20)), f("data/1/b", 1, "b"))}, broken: staging.OutOfOrder},
		"more than 512":          {messages: []*intakev1.UploadPackageRequest{together(repeated(513)...)}, broken: staging.OutOfOrder},
		"data behind them":       {messages: []*intakev1.UploadPackageRequest{together(f("data/1/a", 1, "a")), data("b")}, broken: staging.OutOfOrder},
		"a begin behind them":    {messages: []*intakev1.UploadPackageRequest{together(f("data/1/a", 1, "a")), part(&intakev1.UploadBegin{})}, broken: staging.OutOfOrder},
	} {
		res, err := send(c.messages...)
		switch {
		case c.refused && fault.Of(err) == nil, c.broken != nil && !errors.Is(err, c.broken):
			t.Errorf("%s: %v", name, err)
		case c.faults != "" && (err != nil || res.GetTaken() || c.faults != "two" && faultCodes(res.GetFaults()) != c.faults || c.faults == "two" && len(res.GetFaults()) != 2):
			t.Errorf("%s: %v %v", name, res, err)
		}
		if names := w.staged(); len(names) > 0 {
			t.Errorf("%s: left in staging: %v", name, names)
		}
	}

	// Between files that come in pieces, with one of no bytes and one whose size only its content says.
	res, err := send(
		part(&intakev1.UploadFile{Path: "data/1/first", Unsized: true}), data("first"),
		together(f("data/1/empty", 0, ""), &intakev1.UploadFile{Path: "data/1/unsized", Unsized: true, Content: []byte("unsized")}),
		together(), together(repeated(512)...),
		part(&intakev1.UploadFile{Path: "data/2/last", Size: 5}), data("la"), data("st!"),
	)
	if err != nil || !res.GetTaken() || res.GetFiles() != 516 {
		t.Fatal(res, err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"data/1/first": "first", "data/1/empty": "", "data/1/unsized": "unsized", "data/2/last": "last!", "data/1/many/511": "511"} {
		if got, err := w.content(a.GetObjectId(), path); err != nil || got != want {
			t.Errorf("%s: %q %v", path, got, err)
		}
	}
	w.whole()
}

// repeated are files whose content is their number.
func repeated(n int) (files []*intakev1.UploadFile) {
	for i := range n {
		content := fmt.Append(nil, i)
		files = append(files, &intakev1.UploadFile{Path: fmt.Sprintf("data/1/many/%d", i), Size: uint64(len(content)), Content: bytes.Clone(content)})
	}
	return files
}
