package bagit

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// spooledIsTheSame checks a bag with memory for nothing, and fails unless it is judged as the report says and nothing
// is left in the folder.
func spooledIsTheSame(t *testing.T, opts Options, want *Report, feed func(*Checker)) {
	t.Helper()
	opts.Spool = spool.Place{Dir: t.TempDir(), Budget: 1}
	c := NewChecker(opts)
	feed(c)
	got := c.Finish()
	if a, b := told(got.Faults), told(want.Faults); a != b {
		t.Errorf("faults with a folder:\n%swithout:\n%s", a, b)
	}
	if a, b := told(got.Warnings), told(want.Warnings); a != b {
		t.Errorf("warnings with a folder:\n%swithout:\n%s", a, b)
	}
	payload, tags := slices.Collect(c.Files(false)), slices.Collect(c.Files(true))
	if !slices.Equal(payload, want.Payload) || !slices.Equal(tags, want.Tags) || got.Files != len(want.Payload) || got.Bytes != want.Bytes {
		t.Errorf("files with a folder:\n%+v\n%+v\nwithout:\n%+v\n%+v", payload, tags, want.Payload, want.Tags)
	}
	if a, b := fmt.Sprintf("%+v", stripped(got)), fmt.Sprintf("%+v", stripped(want)); a != b {
		t.Errorf("%s\nis not\n%s", a, b)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(opts.Spool.Dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// stripped is a report without what was compared already.
func stripped(r *Report) Report {
	s := *r
	s.Payload, s.Tags, s.Faults, s.Warnings = nil, nil, nil, nil
	return s
}

func told(items []fault.Item) string {
	var b strings.Builder
	for _, i := range items {
		fmt.Fprintf(&b, "%s %s %s\n", i.Where, i.Fault.Code, i.Fault.In(fault.English))
	}
	return b.String()
}

// TestSpooledIsTheSameReport judges bags of every kind of fault with memory and with a folder.
func TestSpooledIsTheSameReport(t *testing.T) {
	many := sound("md5", "sha1", "sha512")
	for n := range 300 {
		many[fmt.Sprintf("data/%d/Ә%d", n%7, n)] = fmt.Sprint(n)
	}
	nfc, nfd := "data/\u0439", "data/\u0438\u0306"
	zeros := strings.Repeat("0", 64)
	const m = "manifest-sha256.txt"
	for name, b := range map[string]files{
		"sound": sound(), "of early tools": sound("md5").with("bagit.txt", "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"), "many": many,
		"unlisted":       sound().with("data/new", "").with("data/a/b", "").without("bag-info.txt"),
		"another form":   sound().with(nfc, "x").with(m, sound()[m]+zeros+"  "+nfd+"\n"),
		"both forms":     sound().with(nfc, "x").with(m, sound()[m]+zeros+"  "+nfd+"\n"+zeros+"  "+nfc+"\n"),
		"twice":          sound().with(m, sound()[m]+sound()[m]+sound()[m]),
		"missing":        sound().with(m, sound()[m]+numbered(zeros+"  data/none%d\n", 40)),
		"fetch":          sound().with("fetch.txt", "http://x - data/any\nhttp://x - data/empty\n"),
		"in two":         sound("sha256", "sha512").with("manifest-sha512.txt", ""),
		"other encoding": sound().with("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: windows-1251\n"),
		"bad encoding":   sound().with(m, "\xff"+sound()[m]),
		"marked":         sound().with(m, "\xEF\xBB\xBF"+sound()[m]),
		"only faults":    {"data/CON": "", "data/a.": "", "x/": "", "data/A": "", "data/a": "", "data/a/b": "", "data/b?": ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, opts := range []Options{{BLAKE3: true}, {AllowFetch: true, Limits: Limits{Faults: 3}}, {Limits: Limits{Entries: 9}}} {
				late := make([]string, 0, len(b))
				for path := range b {
					late = append(late, path)
				}
				slices.Sort(late) // data/ before manifest-md5.txt
				feed := func(c *Checker) {
					for i, path := range late {
						s, err := c.Begin(path, -1, nil)
						if err != nil {
							continue
						}
						_, _ = s.Write([]byte(b[path]))
						switch {
						case i%53 == 17:
							_ = s.Abort() // it is in the report
						case i%53 != 19: // others never end
							_ = s.Close()
						}
					}
					_ = c.Finish()
					if err := c.Reread(t.Context(), func(path string) (io.ReadCloser, error) {
						return io.NopCloser(bytes.NewReader([]byte(b[path]))), nil
					}); err != nil {
						t.Error(err)
					}
				}
				c := NewChecker(opts)
				feed(c)
				want := c.Finish()
				spooledIsTheSame(t, opts, want, feed)
			}
		})
	}
}

// TestABrokenFolderIsToldOf: what could not be kept makes no report that could be believed.
func TestABrokenFolderIsToldOf(t *testing.T) {
	c := NewChecker(Options{Spool: spool.Place{Dir: t.TempDir() + "/absent", Budget: 1}})
	for path, content := range sound() {
		_ = c.File(path, -1, strings.NewReader(content), nil) // said at the end
	}
	_ = c.Finish()
	if err := c.Err(); err == nil {
		t.Error("nothing is said")
	}
	_ = c.Close() // says the same
}
