package eark

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// judged judges a folder's files as somebody else would hand them over, who counted them, with hardly any memory.
func judged(t *testing.T, dir string, opts Options) *Report {
	t.Helper()
	opts.Spool = spool.Place{Dir: t.TempDir(), Budget: 200}
	r, err := Judge(t.Context(), Contents{
		Name: filepath.Base(dir),
		Files: func(yield func(File, error) bool) {
			err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return err // what is no file comes from nobody
				}
				name, _ := filepath.Rel(dir, p)
				raw, err := os.ReadFile(p)
				if err != nil {
					return err
				}
				short, long := sha256.Sum256(raw), sha512.Sum512(raw)
				if !yield(File{filepath.ToSlash(name), int64(len(raw)), hex.EncodeToString(short[:]), hex.EncodeToString(long[:])}, nil) {
					return fs.SkipAll
				}
				return nil
			})
			if err != nil {
				yield(File{}, err)
			}
		},
		Open: func(p string) (io.ReadCloser, error) { return os.Open(filepath.Join(dir, filepath.FromSlash(p))) },
	}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// alike wants that a folder and the same files without one are judged alike. What only a folder has: links, empty folders, formats.
func alike(t *testing.T, folder, files *Report) {
	t.Helper()
	of := func(items []fault.Item) []string {
		return slices.DeleteFunc(said(items), func(s string) bool {
			code, _, _ := strings.Cut(s, " ")
			return code == Irregular.ID || code == Unreadable.ID || strings.HasPrefix(code, "pronom.")
		})
	}
	if a, b := of(folder.Faults), of(files.Faults); !slices.Equal(a, b) {
		t.Errorf("faults of the folder %q, of its files %q", a, b)
	}
	a, b := of(folder.Warnings), of(files.Warnings)
	b = slices.DeleteFunc(b, func(s string) bool { return strings.Contains(s, "CSIPSTR") && !slices.Contains(a, s) })
	if !slices.Equal(a, b) {
		t.Errorf("warnings of the folder %q, of its files %q", a, b)
	}
}

// TestManyFilesTakeNoMemory judges 60,000 files and what METS says of each.
func TestManyFilesTakeNoMemory(t *testing.T) {
	const count = 60_000
	dir := sound(t)
	text := read(t, dir, "METS.xml")
	at := strings.Index(text, "</mets:fileGrp>")
	empty := sha256.Sum256(nil)
	mets := func(w io.Writer) error {
		_, err := io.WriteString(w, text[:at])
		for n := range count {
			_, e := fmt.Fprintf(w, `<mets:file ID="many-%d" MIMETYPE="text/plain" SIZE="0" CREATED="2026-11-27T10:00:00Z" CHECKSUMTYPE="SHA-256" CHECKSUM="%x"><mets:FLocat LOCTYPE="URL" xlink:type="simple" xlink:href="documentation/many/%d"/></mets:file>`, n, empty, n)
			err = errors.Join(err, e)
		}
		_, e := io.WriteString(w, text[at:])
		return errors.Join(err, e)
	}
	sound := judgedFiles(t, dir)
	var before, most runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r, err := Judge(t.Context(), Contents{
		Name: filepath.Base(dir),
		Files: func(yield func(File, error) bool) {
			for _, f := range sound {
				if !yield(f, nil) {
					return
				}
			}
			for n := range count {
				if !yield(File{Path: fmt.Sprintf("documentation/many/%d", n), SHA256: hex.EncodeToString(empty[:])}, nil) {
					return
				}
			}
		},
		Open: func(p string) (io.ReadCloser, error) {
			if p != "METS.xml" {
				runtime.GC() // all is read that METS.xml says
				runtime.ReadMemStats(&most)
				return os.Open(filepath.Join(dir, filepath.FromSlash(p)))
			}
			out, in := io.Pipe()
			go func() { _ = in.CloseWithError(mets(in)) }()
			return out, nil
		},
	}, Options{Spool: spool.Place{Dir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	if got := said(r.Faults); len(got) > 0 || len(r.Warnings) > 1 {
		t.Errorf("%q %q", got, said(r.Warnings))
	}
	if grown := int64(most.HeapAlloc) - int64(before.HeapAlloc); most.HeapAlloc == 0 || grown > 8<<20 {
		t.Errorf("%d KiB", grown>>10)
	}
}

func judgedFiles(t *testing.T, dir string) (files []File) {
	t.Helper()
	if err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw := read(t, dir, p)
		short := sha256.Sum256([]byte(raw))
		if p != "METS.xml" {
			files = append(files, File{Path: p, Size: int64(len(raw)), SHA256: hex.EncodeToString(short[:])})
		} else {
			files = append(files, File{Path: p})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// TestWhatIsHeldIsBounded: sections and the structural map are in memory, so there are not as many as somebody likes.
func TestWhatIsHeldIsBounded(t *testing.T) {
	for name, many := range map[string]string{
		"sections": `(</mets:dmdSec>)|$1` + strings.Repeat(`<mets:dmdSec/>`, 60),
		"groups":   `(</mets:fileSec>)|` + strings.Repeat(`<mets:fileGrp/>`, 60) + `$1`,
		"the map":  `(</mets:structMap>)|` + strings.Repeat(`<mets:div/>`, 60) + `$1`,
	} {
		dir := sound(t)
		pattern, with, _ := strings.Cut(many, "|")
		sub(pattern, with)(t, dir)
		r := judged(t, dir, Options{Limits: Limits{Held: 60}})
		if got := said(r.Faults); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, TooBig.ID) }) {
			t.Errorf("%s: %q", name, got)
		}
	}
	dir := sound(t)
	for n := range 61 {
		put(t, dir, fmt.Sprintf("representations/r%d/x", n), "")
	}
	if got := said(judged(t, dir, Options{Limits: Limits{Held: 60}}).Faults); !slices.Equal(got, []string{TooMany.ID + " "}) {
		t.Errorf("representations: %q", got)
	}
	if r := judged(t, sound(t), Options{Limits: Limits{Held: 60}}); !r.Valid() {
		t.Errorf("a sound one: %q", said(r.Faults))
	}
}

// TestAnIdentifierMayBeLong: a row of the spool may not.
func TestAnIdentifierMayBeLong(t *testing.T) {
	dir := sound(t)
	long := strings.Repeat("x", 70_000)
	in("fileGrp", `ID="[^"]*"`, `ID="`+long+`"`)(t, dir)
	if got := said(judged(t, dir, Options{}).Faults); len(got) == 0 { // of the map, which names the group
		t.Errorf("%q", got)
	}
	sub(`<mets:file ID="[^"]*"`, `<mets:file ID="`+long+`"`)(t, dir)
	if got := said(judged(t, dir, Options{}).Faults); !slices.Contains(got, "CSIP67 METS.xml") {
		t.Errorf("twice: %q", got)
	}
}

// TestAJudgementEndsWithItsSource: what goes wrong on our side is no fault of the package.
func TestAJudgementEndsWithItsSource(t *testing.T) {
	gone := errors.New("gone")
	_, err := Judge(t.Context(), Contents{Files: func(yield func(File, error) bool) { yield(File{}, gone) }}, Options{})
	if !errors.Is(err, gone) {
		t.Errorf("files: %v", err)
	}
	one := func(yield func(File, error) bool) { yield(File{Path: "METS.xml"}, nil) }
	_, err = Judge(t.Context(), Contents{Files: one, Open: func(string) (io.ReadCloser, error) { return nil, gone }}, Options{})
	if !errors.Is(err, gone) {
		t.Errorf("open: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = Judge(ctx, Contents{Files: one}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	if r, err := Judge(t.Context(), Contents{Files: func(yield func(File, error) bool) {
		_ = yield(File{Path: "a"}, nil) && yield(File{Path: "b"}, nil)
	}}, Options{Limits: Limits{Entries: 1}}); err != nil || len(r.Faults) != 1 || r.Faults[0].Fault.Code != TooMany.Code {
		t.Errorf("too many: %v %v", r.Faults, err)
	}
}

func TestAClauseIsTheSpecificationsOwn(t *testing.T) {
	for code, want := range map[string]string{"eark.CSIP1": "E-ARK CSIP1", "eark.digest": "E-ARK CSIP 5.3.5", "eark.not_xml": ""} {
		if got, known := Clause(code); got != want || !known {
			t.Errorf("%s: %q %t", code, got, known)
		}
	}
	if got, known := Clause("bagit.traversal"); known {
		t.Errorf("another's: %q", got)
	}
}
