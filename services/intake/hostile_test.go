package intake

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/bagit/hostile"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

// broken are the packages whose upload ends before it is judged, because it does not keep to
// what it announced.
var broken = map[string]string{
	"name/long path":                   "intake.upload.order",
	"bound/larger than announced":      "intake.upload.too_much",
	"bound/far smaller than announced": "intake.upload.no_room",
}

// TestNoHostilePackageComesIn runs the table of standards/bagit through the upload: each is
// refused by its own code at its own entry, and leaves nothing in staging, rows or repository,
// and in the journal its refusal alone.
func TestNoHostilePackageComesIn(t *testing.T) {
	w := newWorld(t)
	ran := 0
	for _, p := range hostile.Packages() {
		if !p.Has(hostile.Upload) || p.Limits != (bagit.Limits{}) {
			continue // the bounds of an upload are its own
		}
		ran++
		t.Run(p.Name, func(t *testing.T) {
			id := fmt.Sprintf("2026-%d", ran)
			w.expect(id, file(1, 3))
			before := w.s.host.Store().Head().Seq
			res, err := w.sendHostile(id, p)
			var f *fault.Error
			var recorded uint64 // events
			switch {
			case broken[p.Name] != "":
				if !errors.As(err, &f) || f.Code != broken[p.Name] {
					t.Errorf("%v, want %s", err, broken[p.Name])
				}
			case !sendable(p): // protobuf carries no such name: the call itself fails
				if err == nil || (status.Code(err) != codes.Internal && !errors.As(err, &f)) {
					t.Errorf("%v %v", res, err)
				}
				w.server.Stop() // the caller hears of it before the server does
				defer w.reopen()
			case err != nil || res.GetTaken():
				t.Errorf("%v %v", res, err)
			default:
				recorded = 1 // the refusal
				found := false
				for _, f := range res.GetFaults() {
					found = found || f.GetCode() == p.Code && f.GetWhere() == p.At(hostile.Upload)
				}
				if !found {
					t.Errorf("%s, want %s %s", faultCodes(res.GetFaults()), p.At(hostile.Upload), p.Code)
				}
			}
			w.nothing()
			if after := w.s.host.Store().Head().Seq; after != before+recorded {
				t.Errorf("%d events were recorded, want %d", after-before, recorded)
			}
		})
	}
	if ran < 60 {
		t.Errorf("%d packages ran", ran)
	}
	t.Logf("%d packages", ran)
	w.reopen()
	w.nothing()
	w.whole()
}

// inZip is by which code a ZIP is refused that is sent to be unpacked here, where that is not the rule of the bag in it:
// its entries are judged before one of them is read.
var inZip = map[string][]string{
	"bagit.traversal":       {"parcel.zip.traversal"},
	"bagit.absolute":        {"parcel.zip.absolute", "parcel.zip.outside"},
	"bagit.backslash":       {"parcel.zip.absolute", "parcel.zip.traversal"},
	"bagit.path_too_long":   {"parcel.zip.long_path"},
	"bagit.symlink":         {"parcel.zip.link"},
	"bagit.device":          {"parcel.zip.device"},
	"bagit.zip_ratio":       {"parcel.zip.dense"},
	"bagit.zip_encrypted":   {"parcel.zip.encrypted"},
	"bagit.zip_method":      {"parcel.zip.method"},
	"bagit.archive_outside": {"parcel.zip.outside"},
	"bagit.zip_headers":     {"parcel.zip", "parcel.zip.dense"},
	"bagit.zip_overlap":     {"parcel.zip"},
	"bagit.zip_directory":   {"parcel.zip", "parcel.zip.none"},
	"bagit.archive_broken":  {"parcel.zip.none"},
	"bagit.unreadable":      {"parcel.zip"},
}

// readable are the ZIPs that break a rule of bags and are read all the same, by their table of contents alone, as people's programs make
// such: what the archive takes is what it lists.
var readable = map[string]bool{
	"name/backslash": true, "declaration/none": true, "zip/entry within an entry": true, "zip/two names": true, "zip/two sizes": true,
	"zip/two checksums": true, "zip/two methods": true, "zip/secret in one header": true, "zip/descriptor of another size": true,
	"zip/descriptor of another checksum": true, "zip/descriptor promised": true, "zip/more behind the deflated": true,
	"zip/another name in Unicode": true, "zip/folder with content": true, "zip/name not UTF-8": true, "zip/hidden entry": true,
	"zip/something before": true, "zip/something after": true, "zip/an end in the comment": true, "zip/fewer claimed than there are": true,
	"zip/more claimed than there are": true, "zip/a thousand claimed": true, "zip/part of a set": true,
}

// TestNoHostileZIPComesIn runs the table's ZIPs through the way in by which people send one: it comes in pieces and is
// unpacked here. Each is refused by a code of its own and leaves nothing, not even where files of it were read before.
func TestNoHostileZIPComesIn(t *testing.T) {
	w := newWorld(t)
	ran := 0
	for _, p := range hostile.Packages() {
		if !p.Has(hostile.Zip) || p.Limits != (bagit.Limits{}) {
			continue
		}
		ran++
		t.Run(p.Name, func(t *testing.T) {
			id := fmt.Sprintf("2026-%d", ran)
			w.expect(id, file(1, 3))
			var raw bytes.Buffer
			if err := p.WriteZip(&raw); err != nil {
				t.Fatal(err)
			}
			u, err := w.openUpload(id, staging.Zip, "", raw.Len())
			if err == nil {
				u, err = w.appendUpload(id, u, 0, raw.String(), "ok")
			}
			if err != nil {
				t.Fatal(err)
			}
			switch res, err := w.finish(u.GetPackageId(), id); {
			case res.GetTaken():
				t.Error("taken")
			case readable[p.Name]:
			case err != nil && !slices.Contains(inZip[p.Code], fault.Of(err).Code):
				t.Errorf("%v, want %s", err, p.Code)
			case err == nil && !slices.ContainsFunc(res.GetFaults(), func(f *intakev1.PackageFault) bool {
				return f.GetCode() == p.Code && f.GetWhere() == p.At(hostile.Upload)
			}):
				t.Errorf("%s, want %s %s", faultCodes(res.GetFaults()), p.At(hostile.Upload), p.Code)
			}
			w.nothing()
		})
	}
	if ran < 60 {
		t.Errorf("%d packages ran", ran)
	}
	t.Logf("%d packages", ran)
	w.whole()
}

// TestNoHostileTarComesIn runs through a package that is one file what the table has of tars alone, and of what is no file; the names in
// one are judged as in any package.
func TestNoHostileTarComesIn(t *testing.T) {
	w := newWorld(t)
	ran := 0
	for _, p := range hostile.Packages() {
		group, _, _ := strings.Cut(p.Name, "/")
		if !p.Has(hostile.Tar) || group != "tar" && group != "kind" && p.Name != "name/long path" || p.Name == "tar/name in pax" {
			continue
		}
		ran++
		t.Run(p.Name, func(t *testing.T) {
			w.t = t
			id := fmt.Sprintf("2026-%d", ran)
			w.expect(id, file(1, 3))
			var raw bytes.Buffer
			if err := p.WriteTar(&raw); err != nil {
				t.Fatal(err)
			}
			before := w.s.host.Store().Head().Seq
			res, err := w.finish(w.sendInPieces(id, "zip", map[string]string{"": raw.String()}, false), id)
			recorded := uint64(1)
			if err != nil {
				recorded = 0
			}
			switch {
			case parcel.Refused(err) && slices.Contains(append(inZip[p.Code], "parcel.zip", "parcel.zip.none", "parcel.zip.traversal"), fault.Of(err).Code): // it cannot be unpacked, or may not
			case err != nil || res.GetTaken():
				t.Errorf("%v %v", res, err)
			case !slices.ContainsFunc(res.GetFaults(), func(f *intakev1.PackageFault) bool { return f.GetCode() == p.Code }):
				t.Errorf("%s, want %s", faultCodes(res.GetFaults()), p.Code)
			}
			w.nothing()
			if after := w.s.host.Store().Head().Seq; after != before+recorded {
				t.Errorf("%d events were recorded, want %d", after-before, recorded)
			}
		})
	}
	if ran < 18 {
		t.Errorf("%d tars ran", ran)
	}
	w.t = t
	w.reopen()
	w.nothing()
	w.whole()
}

// sendable tells whether every name can travel as protobuf text.
func sendable(p hostile.Package) bool {
	for _, e := range p.Entries {
		if !utf8.ValidString(e.Path) {
			return false
		}
	}
	return true
}

func (w *world) sendHostile(id string, p hostile.Package) (*intakev1.UploadPackageResponse, error) {
	messages := []*intakev1.UploadPackageRequest{part(&intakev1.UploadBegin{CommandId: newID(), TransferId: id})}
	for _, e := range p.Entries {
		if e.Kind == hostile.File {
			messages = append(messages, part(&intakev1.UploadFile{Path: e.Path, Size: uint64(int64(len(e.Content)) + e.Lie)}))
			for text := e.Content; text != ""; text = text[min(len(text), 1<<20):] {
				messages = append(messages, data(text[:min(len(text), 1<<20)]))
			}
		}
	}
	return w.raw(messages...)
}

// nothing wants no trace but refusals.
func (w *world) nothing() {
	w.t.Helper()
	if got := w.staged(); len(got) != 0 {
		w.t.Errorf("staging holds %v", got)
	}
	if err := w.s.host.Store().View(func(v *base.View) error {
		for _, bucket := range []string{"content", "leftovers", "warnings", "accessions"} {
			for k := range v.Scan(bucket, nil, nil) {
				w.t.Errorf("%s holds %q", bucket, k)
			}
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(w.dir, "intake", "ocfl"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "extensions" { // the root's own
			w.t.Errorf("the repository holds %s", e.Name())
		}
	}
}
