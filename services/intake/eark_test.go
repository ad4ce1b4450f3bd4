package intake

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/eark"
	"github.com/qoyma/qoyma/services/standards/ocfl"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

// sip makes an E-ARK package called sip-1 of some records, with one representation more where there are some of it, and gives
// its files, each by its name with the package's folder.
func sip(t *testing.T, records, more map[string]string) map[string]string {
	t.Helper()
	of := func(texts map[string]string) fstest.MapFS {
		files := fstest.MapFS{}
		for name, text := range texts {
			files[name] = &fstest.MapFile{Data: []byte(text)}
		}
		return files
	}
	s := eark.Spec{
		ID: "sip-1", Label: "Хаттамалар", SIP: true, Created: time.Date(2026, 4, 30, 10, 15, 0, 0, time.UTC), Software: "Qoyma", Version: "1",
		Agents: []eark.Agent{{Role: "CREATOR", Type: "ORGANIZATION", Name: "Білім басқармасы"}}, Payload: of(records),
		Descriptions:  []eark.Description{{Name: "ead.xml", MDType: "EAD", Version: "2002", Content: []byte(`<?xml version="1.0"?><ead/>`)}},
		Documentation: fstest.MapFS{"оқыңыз.txt": {Data: []byte("x")}}, Schemas: fstest.MapFS{"ead.xsd": {Data: []byte(`<schema/>`)}},
	}
	if more != nil {
		s.Further = append(s.Further, eark.Rendition{Name: "scans", Payload: of(more)})
	}
	dir := filepath.Join(t.TempDir(), "sip-1")
	if _, err := eark.Create(t.Context(), dir, s, eark.Options{}); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(filepath.Join(dir, path))
		files["sip-1/"+path] = string(raw)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// placed are files under the paths as which an E-ARK package is sent.
func placed(files map[string]string) map[string]string {
	sent := make(map[string]string, len(files))
	for name, text := range files {
		sent[parcel.PlacedEARK(name)] = text
	}
	return sent
}

func tarred(t *testing.T, files map[string]string) string {
	t.Helper()
	var raw bytes.Buffer
	w := tar.NewWriter(&raw)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(files[name])), Mode: 0o644, Typeflag: tar.TypeReg})
		if err == nil {
			_, err = w.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return raw.String()
}

func (w *world) sendEARK(command, transfer string, files map[string]string) (*intakev1.UploadPackageResponse, error) {
	messages := w.sends.lay(placed(files))
	w.sends = (w.sends + 1) % ways
	return w.raw(append([]*intakev1.UploadPackageRequest{part(&intakev1.UploadBegin{CommandId: command, TransferId: transfer, Eark: true})}, messages...)...)
}

// waysOfEARK are the ways in which such a package comes.
func waysOfEARK(t *testing.T) map[string]func(w *world, transfer string, files map[string]string) (*intakev1.UploadPackageResponse, error) {
	archive := func(pack func(*testing.T, map[string]string) string, kill bool) func(w *world, transfer string, files map[string]string) (*intakev1.UploadPackageResponse, error) {
		return func(w *world, transfer string, files map[string]string) (*intakev1.UploadPackageResponse, error) {
			return w.finish(w.sendInPieces(transfer, "zip", map[string]string{"": pack(t, files)}, kill), transfer)
		}
	}
	all := map[string]func(w *world, transfer string, files map[string]string) (*intakev1.UploadPackageResponse, error){
		"ZIP": archive(zipped, false), "tar": archive(tarred, true),
		"pieces": func(w *world, transfer string, files map[string]string) (*intakev1.UploadPackageResponse, error) {
			return w.finish(w.sendInPieces(transfer, "eark", placed(files), true), transfer)
		},
		"together": func(w *world, transfer string, files map[string]string) (*intakev1.UploadPackageResponse, error) {
			uploads, err := w.putFiles(transfer, "eark", placed(files))
			if err != nil {
				return nil, err
			}
			return w.finish(uploads[0].GetPackageId(), transfer)
		},
	}
	for way := range ways {
		all[fmt.Sprint("stream ", way)] = func(w *world, transfer string, files map[string]string) (*intakev1.UploadPackageResponse, error) {
			w.sends = way
			return w.sendEARK(newID(), transfer, files)
		}
	}
	return all
}

var (
	records = map[string]string{"0001/a.txt": "бір", "0002/b.txt": "екі", "0002/terezeler/empty": ""}
	scans   = map[string]string{"1/a.txt": "бір, сканы"}
)

// givenBack takes the E-ARK package out of an exported bag, and wants it as it came.
func givenBack(t *testing.T, from string, want map[string]string) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "sip-1")
	got := map[string]string{}
	if err := fs.WalkDir(os.DirFS(from), ".", func(path string, d fs.DirEntry, err error) error {
		_, name, is := parcel.Original(path)
		if err != nil || d.IsDir() || !is {
			return err
		}
		raw, err := os.ReadFile(filepath.Join(from, path))
		got["sip-1/"+name] = string(raw)
		return errors.Join(err, os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o700), os.WriteFile(filepath.Join(to, name), raw, 0o600))
	}); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, want) {
		t.Errorf("kept %q, sent %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if r, err := eark.Validate(t.Context(), to, eark.Options{}); err != nil || !r.Valid() {
		t.Errorf("given back: %v %v", r.Err(), err)
	}
}

// TestAnEARKPackageIsTakenAndAccepted in every way in which one can come; what stands in the repository is a bag, and out of it the package
// comes back byte for byte, still valid.
func TestAnEARKPackageIsTakenAndAccepted(t *testing.T) {
	files := sip(t, records, scans)
	for name, send := range waysOfEARK(t) {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.expect("2026-1", file(1, 0), file(2, 0))
			res, err := send(w, "2026-1", files)
			if err != nil || !res.GetTaken() || res.GetFiles() != 4 || len(res.GetWarnings()) > 0 {
				t.Fatal(res, err)
			}
			if is := w.seen("2026-1").GetTransfer().GetEark(); is.GetId() != "sip-1" || is.GetOaisType() != "SIP" || is.GetRepresentations() != 2 {
				t.Errorf("the transfer says of its package %v", is)
			}
			a, err := w.accept(newID(), "2026-1")
			if err != nil || a.GetAccepted() != 2 {
				t.Fatal(a, err)
			}
			if is := w.work(a.GetAccessionNumber()).GetEark(); is.GetId() != "sip-1" || is.GetOaisType() != "SIP" {
				t.Errorf("the accession says of its package %v", is)
			}
			for name, text := range placed(files) {
				if got, err := w.content(a.GetObjectId(), name); err != nil || got != text {
					t.Errorf("%s: %q %v", name, got, err)
				}
			}
			if got, err := w.content(a.GetObjectId(), "metadata/premis.xml"); err != nil || !strings.Contains(got, "the package sip-1 (SIP) by E-ARK CSIP 2.2") {
				t.Errorf("the history says nothing of its rules: %v", err)
			}
			root, err := ocfl.Open(filepath.Join(w.dir, "intake", "ocfl"))
			if err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(t.TempDir(), "out")
			if _, err := ocfl.Export(t.Context(), root.Path(a.GetObjectId()), "", to); err != nil {
				t.Fatal(err)
			}
			givenBack(t, to, files)
			w.takenOut(a)
			if got := w.staged(); len(got) != 0 {
				t.Errorf("staging holds %v", got)
			}
			w.reopen()
			w.whole()
		})
	}
}

// TestAnAcceptedEARKPackageWasKilledAtEveryStep, and ends as one accession.
func TestAnAcceptedEARKPackageWasKilledAtEveryStep(t *testing.T) {
	files := sip(t, records, nil)
	for kill := range 9 {
		t.Run(fmt.Sprint(kill), func(t *testing.T) {
			w := newWorld(t)
			w.sends = inFiles
			w.expect("2026-1", file(1, 0), file(2, 0))
			if res, err := w.sendEARK(newID(), "2026-1", files); err != nil || !res.GetTaken() {
				t.Fatal(res, err)
			}
			steps := 0
			w.s.plans.After = func(accept.Step) error {
				if steps == kill {
					return errKilled
				}
				steps++
				return nil
			}
			command := newID()
			if _, err := w.accept(command, "2026-1"); (err != nil) != (kill < 8) {
				t.Fatal(err)
			}
			w.reopen()
			if err := w.s.plans.Resume(t.Context()); err != nil {
				t.Fatal(err)
			}
			a, err := w.accept(command, "2026-1")
			if err != nil || a.GetAccepted() != 2 {
				t.Fatal(a, err)
			}
			for name, text := range placed(files) {
				if got, err := w.content(a.GetObjectId(), name); err != nil || got != text {
					t.Errorf("%s: %q %v", name, got, err)
				}
			}
			if got := w.staged(); len(got) != 0 {
				t.Errorf("staging holds %v", got)
			}
			w.whole()
		})
	}
}

// TestARowIsRedoneByAnEARKPackage: METS files of both packages are kept.
func TestARowIsRedoneByAnEARKPackage(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0), file(2, 0))
	first, second := newID(), newID()
	before, after := sip(t, records, nil), sip(t, map[string]string{"2/new": "mended"}, nil)
	if res, err := w.sendEARK(first, "2026-1", before); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "unreadable"}); err != nil {
		t.Fatal(err)
	}
	if res, err := w.sendEARK(newID(), "2026-1", before); err != nil || res.GetTaken() || faultCodes(res.GetFaults()) != "representations/rep1/data/0001/a.txt intake.package.not_returned" {
		t.Fatal(res, err)
	}
	if res, err := w.sendEARK(second, "2026-1", after); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	for id, files := range map[string]map[string]string{first: before, second: after} {
		if got, err := w.content(a.GetObjectId(), "submission/"+id+"/eark/sip-1/METS.xml"); err != nil || got != files["sip-1/METS.xml"] {
			t.Errorf("METS.xml of %s: %v", id, err)
		}
	}
	paths := w.takenOut(a)
	if !slices.Contains(paths, "data/2/rep1/new") || slices.Contains(paths, "data/0002/rep1/b.txt") {
		t.Errorf("the object holds %q", paths)
	}
}

// badSIP is a package that is refused.
type badSIP struct {
	want string // "where code"
	do   func(files map[string]string)
}

func replaced(name, pattern, with string) func(map[string]string) {
	return func(files map[string]string) {
		re := regexp.MustCompile(pattern)
		if !re.MatchString(files["sip-1/"+name]) {
			panic("no " + pattern + " in " + name) // a mistake of the test
		}
		files["sip-1/"+name] = re.ReplaceAllString(files["sip-1/"+name], with)
	}
}

func put(name, text string) func(map[string]string) {
	return func(files map[string]string) { files[name] = text }
}

func without(names ...string) func(map[string]string) {
	return func(files map[string]string) {
		for _, n := range names {
			delete(files, "sip-1/"+n)
		}
	}
}

// moved gives all files another name, where there is one.
func moved(from, to string) func(map[string]string) {
	return func(files map[string]string) {
		for name, text := range maps.Clone(files) {
			if rest, is := strings.CutPrefix(name, from); is {
				delete(files, name)
				files[to+rest] = text
			}
		}
	}
}

// badSIPs are packages that break METS's promises, the specification, the rules on names, or the rule for rows.
func badSIPs() map[string]badSIP {
	const rep = "representations/rep1/"
	deep := "sip-1/documentation/" + strings.Repeat("d/", 110) + "x"
	return map[string]badSIP{
		"a record changed":                {rep + "data/0001/a.txt eark.digest", replaced(rep+"data/0001/a.txt", "бір", "екі")},
		"a record cut":                    {rep + "data/0001/a.txt eark.size", replaced(rep+"data/0001/a.txt", "бір", "б")},
		"a record grown":                  {rep + "data/0002/terezeler/empty eark.size", put("sip-1/"+rep+"data/0002/terezeler/empty", "x")},
		"a record missing":                {rep + "METS.xml eark.missing", without(rep + "data/0001/a.txt")},
		"documentation changed":           {"documentation/оқыңыз.txt eark.digest", put("sip-1/documentation/оқыңыз.txt", "y")},
		"documentation missing":           {"METS.xml eark.missing", without("documentation/оқыңыз.txt")},
		"metadata changed":                {"metadata/descriptive/ead.xml eark.digest", replaced("metadata/descriptive/ead.xml", "<ead/>", "<eaf/>")},
		"a representation's METS changed": {rep + "METS.xml eark.digest", replaced(rep+"METS.xml", `CREATEDATE="2026`, `CREATEDATE="2025`)},
		"MD5 of another":                  {"documentation/оқыңыз.txt eark.digest", replaced("METS.xml", `CHECKSUM="[0-9a-f]{64}" CHECKSUMTYPE="SHA-256"`, `CHECKSUM="00000000000000000000000000000000" CHECKSUMTYPE="MD5"`)},
		"a checksum that is none":         {"METS.xml eark.CSIP71", replaced("METS.xml", `(<mets:file [^>]*CHECKSUM=")[0-9a-f]+`, `${1}xyz`)},
		"no METS":                         {"METS.xml eark.CSIPSTR4", without("METS.xml")},
		"METS is no XML":                  {"METS.xml eark.not_xml", put("sip-1/METS.xml", "мәтін")},
		"METS is cut":                     {"METS.xml eark.not_xml", replaced("METS.xml", `(?s)</mets:mets>.*`, "")},
		"METS is another document":        {"METS.xml eark.not_mets", put("sip-1/METS.xml", "<html/>")},
		"METS has a document type":        {"METS.xml eark.doctype", replaced("METS.xml", `<mets:mets`, `<!DOCTYPE mets [<!ENTITY x SYSTEM "file:///etc/passwd">]><mets:mets`)},
		"METS is bottomless":              {"METS.xml eark.too_big", replaced("METS.xml", `</mets:mets>`, strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100)+"</mets:mets>")},
		"the map has no end":              {"METS.xml eark.too_big", replaced("METS.xml", `</mets:structMap>`, strings.Repeat(`<a/>`, 100_001)+"</mets:structMap>")},
		"no identifier":                   {"METS.xml eark.CSIP1", replaced("METS.xml", ` OBJID="[^"]*"`, "")},
		"no header":                       {"METS.xml eark.CSIP117", replaced("METS.xml", `(?s)<mets:metsHdr.*</mets:metsHdr>`, "")},
		"no structural map":               {"METS.xml eark.CSIP80", replaced("METS.xml", `(?s)<mets:structMap.*</mets:structMap>`, "")},
		"a SIP without a submitter":       {"METS.xml eark.SIP15", replaced("METS.xml", `ROLE="CREATOR" TYPE="ORGANIZATION"`, `ROLE="EDITOR" TYPE="ORGANIZATION"`)},
		"of the future":                   {"METS.xml eark.CSIP7", replaced("METS.xml", `CREATEDATE="2026`, `CREATEDATE="9026`)},
		"a reference out":                 {"METS.xml eark.outside", replaced("METS.xml", `href="documentation/[^"]*"`, `href="../../etc/passwd"`)},
		"a reference into the net":        {"METS.xml eark.outside", replaced("METS.xml", `href="documentation/[^"]*"`, `href="http://example.org/x"`)},
		"a reference to our bag":          {"METS.xml eark.missing", replaced("METS.xml", `href="documentation/[^"]*"`, `href="bagit.txt"`)},
		"PREMIS is none":                  {"metadata/preservation/premis.xml event[1] local creation premis.bad_date", func(files map[string]string) { badPremis(files) }},
		"a record of no row":              {rep + "data/a.txt intake.package.no_row", moved("sip-1/"+rep+"data/0001/a.txt", "sip-1/"+rep+"data/a.txt")},
		"a record in a named folder":      {rep + "data/дело 1/a.txt intake.package.no_row", moved("sip-1/"+rep+"data/0001/", "sip-1/"+rep+"data/дело 1/")},
		"a record called by a number":     {rep + "data/0001 intake.package.no_row", moved("sip-1/"+rep+"data/0001/a.txt", "sip-1/"+rep+"data/0001")},
		"a row that is zero":              {rep + "data/0/a.txt intake.package.no_row", moved("sip-1/"+rep+"data/0001/", "sip-1/"+rep+"data/0/")},
		"a row without end":               {rep + "data/99999999999/a.txt intake.package.no_row", moved("sip-1/"+rep+"data/0001/", "sip-1/"+rep+"data/99999999999/")},
		"a row that is not listed":        {rep + "data/0007/a.txt intake.package.not_listed", moved("sip-1/"+rep+"data/0001/", "sip-1/"+rep+"data/0007/")},
		"no records":                      {"representations intake.package.no_row", without(rep+"data/0001/a.txt", rep+"data/0002/b.txt", rep+"data/0002/terezeler/empty")},
		"without its folder":              {" eark.CSIPSTR1", moved("sip-1/", "")},
		"two packages":                    {" eark.CSIPSTR1", put("sip-2/METS.xml", "x")},
		"a file beside it":                {" eark.CSIPSTR1", put("readme.txt", "x")},
		"out of the package":              {"../../x bagit.traversal", put("sip-1/../../x", "x")},
		"out of a row":                    {"representations/rep1/data/0001/../../../x bagit.traversal", put("sip-1/"+rep+"data/0001/../../../x", "x")},
		"out of the representations":      {"representations/../data/0001/x bagit.traversal", put("sip-1/representations/../data/0001/x", "x")},
		"absolute":                        {"eark//etc/passwd bagit.path_empty", put("/etc/passwd", "x")},
		"a drive":                         {" eark.CSIPSTR1", put("C:/x", "x")},
		"a reserved name":                 {"documentation/NUL.txt bagit.reserved_name", put("sip-1/documentation/NUL.txt", "x")},
		"a control character":             {`"eark/sip-1/a\nb" bagit.control_character`, put("sip-1/a\nb", "x")},
		"capitals alone differ":           {"mets.xml bagit.case_collision", put("sip-1/mets.xml", "x")},
		"capitals of a representation":    {"representations/rep1/data/0001/a.txt bagit.case_collision", put("sip-1/representations/REP1/data/0001/a.txt", "x")},
		"two forms of Unicode": {"bagit.normal_form_collision", func(files map[string]string) {
			files["sip-1/documentation/й"], files["sip-1/documentation/\u0438\u0306"] = "x", "x"
		}},
		"a file and a folder": {"METS.xml/x bagit.file_and_directory", put("sip-1/METS.xml/x", "x")},
		"deep":                {strings.TrimPrefix(deep, "sip-1/") + " bagit.path_too_deep", put(deep, "x")},
		"a long name":         {"bagit.path_too_long", put("sip-1/documentation/"+strings.Repeat("ұ", 200), "x")},
	}
}

func badPremis(files map[string]string) {
	const name = "sip-1/metadata/preservation/premis.xml"
	re := regexp.MustCompile(`<premis:eventDateTime>[^<]*`)
	files[name] = re.ReplaceAllString(files[name], `<premis:eventDateTime>then`)
}

// astray is what a ZIP or a tar is refused for before anything is unpacked.
var astray = map[string]*fault.Definition{
	"absolute": parcel.Absolute, "a drive": parcel.Absolute,
	"out of the package": parcel.Traversal, "out of a row": parcel.Traversal, "out of the representations": parcel.Traversal,
}

// TestNoBadEARKPackageComesIn: each is refused whole by its own code at its own place, and leaves nothing in staging, rows or repository, and
// in the journal its refusal alone: in one stream, and one after another also file by file, as a ZIP and as a tar.
func TestNoBadEARKPackageComesIn(t *testing.T) {
	w := newWorld(t)
	sound, n := sip(t, records, nil), 0
	forms := waysOfEARK(t)
	all := badSIPs()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		for _, form := range []string{"stream 2", []string{"together", "ZIP", "tar"}[i%3]} {
			t.Run(name+" "+form, func(t *testing.T) {
				bad, files := all[name], maps.Clone(sound)
				bad.do(files)
				n++
				id := fmt.Sprintf("2026-%d", n)
				w.t = t
				w.expect(id, file(1, 0), file(2, 0))
				before := w.s.host.Store().Head().Seq
				res, err := forms[form](w, id, files)
				if refusal := astray[name]; refusal != nil && (form == "ZIP" || form == "tar") {
					if !errors.Is(err, refusal) || w.s.host.Store().Head().Seq != before {
						t.Error(res, err)
					}
					w.nothing()
					return
				}
				if err != nil || res.GetTaken() {
					t.Fatal(res, err)
				}
				if got := faultCodes(res.GetFaults()); !strings.Contains(line(got), bad.want) {
					t.Errorf("%s\nwant %s", got, bad.want)
				}
				for _, f := range res.GetFaults() {
					if f.GetText().GetKk() == "" || f.GetText().GetRu() == "" || f.GetText().GetEn() == "" {
						t.Errorf("%s has not three languages", f.GetCode())
					}
				}
				w.nothing()
				if after := w.s.host.Store().Head().Seq; after != before+1 {
					t.Errorf("%d events", after-before)
				}
			})
		}
	}
	w.t = t
	w.reopen()
	w.nothing()
	w.whole()
}

// TestAnArchiveFileThatCannotBeUnpackedLeavesNothing, of an E-ARK package as of any other.
func TestAnArchiveFileThatCannotBeUnpackedLeavesNothing(t *testing.T) {
	w := newWorld(t)
	files := sip(t, records, nil)
	linked := func(kind byte) string {
		var raw bytes.Buffer
		h := tar.NewWriter(&raw)
		if err := h.WriteHeader(&tar.Header{Name: "sip-1/link", Typeflag: kind, Linkname: "/etc/passwd"}); err != nil {
			t.Fatal(err)
		}
		if err := h.Flush(); err != nil {
			t.Fatal(err)
		}
		return raw.String() + tarred(t, files)
	}
	whole, packed := tarred(t, files), zipped(t, files)
	n := 0
	for name, text := range map[string]string{
		"a link": linked(tar.TypeSymlink), "a hard link": linked(tar.TypeLink), "a device": linked(tar.TypeChar), "a pipe": linked(tar.TypeFifo),
		"a tar that is cut": whole[:len(whole)-5000], "a ZIP that is cut": packed[:len(packed)-200], "text": "мәтін", "nothing in it": tarred(t, nil),
	} {
		n++
		id := fmt.Sprintf("2026-%d", n)
		w.expect(id, file(1, 0), file(2, 0))
		before := w.s.host.Store().Head().Seq
		res, err := w.finish(w.sendInPieces(id, "zip", map[string]string{"": text}, false), id)
		if !parcel.Refused(err) {
			t.Errorf("%s: %v %v", name, res, err)
		}
		w.nothing()
		if after := w.s.host.Store().Head().Seq; after != before {
			t.Errorf("%s: %d events", name, after-before)
		}
	}
}

var lines = regexp.MustCompile(`(METS\.xml):\d+`)

// line leaves out the lines of METS files.
func line(faults string) string { return lines.ReplaceAllString(faults, "$1") }

// TestOnlyAnEARKPackageComesAsOne: what could be no file of one is refused before its bytes.
func TestOnlyAnEARKPackageComesAsOne(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0))
	for _, path := range []string{"bagit.txt", "METS.xml", "data/1/x", "data/x/rep1/y", "data//rep1/x", "../eark/p/x"} {
		if _, err := w.putFiles("2026-1", "eark", map[string]string{path: "x"}); !errors.Is(err, staging.OutOfOrder) {
			t.Errorf("%q: %v", path, err)
		}
		_, err := w.raw(part(&intakev1.UploadBegin{CommandId: newID(), TransferId: "2026-1", Eark: true}), part(&intakev1.UploadFile{Path: path, Size: 1, Content: []byte("x")}))
		if !errors.Is(err, staging.OutOfOrder) {
			t.Errorf("%q in a stream: %v", path, err)
		}
	}
	if _, err := w.putFiles("2026-1", "bare", map[string]string{"eark/p/METS.xml": "x"}); !errors.Is(err, staging.OutOfOrder) {
		t.Errorf("in a bare package: %v", err)
	}
	w.nothing()
}

// TestABagMayHaveAFolderCalledEARK: nobody takes it for a package of that kind.
func TestABagMayHaveAFolderCalledEARK(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0))
	files := bag(t, map[string]string{"0001/a": "x"})
	files["eark/p/METS.xml"] = "no METS"
	if res, err := w.send(newID(), "2026-1", files); err != nil || !res.GetTaken() {
		t.Errorf("%v %v", res, err)
	}
}
