package eark

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

// TestAPackageIsOneFile: as ZIP and as tar it is made, recognised and found without a fault; the same Spec
// gives the same bytes; a name that is taken stays; nothing is left beside it.
func TestAPackageIsOneFile(t *testing.T) {
	for _, form := range []Form{Zip, Tar} {
		dir := t.TempDir()
		file := filepath.Join(dir, "sip-2026-1."+string(form))
		r, err := CreateArchive(t.Context(), file, form, spec(), Options{})
		if err != nil || !r.Valid() {
			t.Fatal(form, err)
		}
		if !RecogniseArchive(file) {
			t.Errorf("%s is not recognised", form)
		}
		got, err := ValidateArchive(t.Context(), file, Options{})
		if err != nil || !got.Valid() || len(got.Warnings) != 0 || len(got.Payload()) != 3 || got.Package.ID != "sip-2026-1" {
			t.Errorf("%s: %v %q %q", form, err, said(got.Faults), said(got.Warnings))
		}
		first := read(t, dir, filepath.Base(file))
		if _, err := CreateArchive(t.Context(), file, form, spec(), Options{}); !errors.Is(err, fs.ErrExist) || read(t, dir, filepath.Base(file)) != first {
			t.Errorf("%s: a name that is taken: %v", form, err)
		}
		other := filepath.Join(dir, "again")
		if _, err := CreateArchive(t.Context(), other, form, spec(), Options{}); err != nil || read(t, dir, "again") != first {
			t.Errorf("%s: made again it is another: %v", form, err)
		}
		s := spec()
		s.Agents = nil
		if _, err := CreateArchive(t.Context(), filepath.Join(dir, "refused"), form, s, Options{}); !errors.Is(err, Refused) {
			t.Errorf("%s: without an agent: %v", form, err)
		}
		s = spec()
		s.ID = "../sip"
		if _, err := CreateArchive(t.Context(), filepath.Join(dir, "refused"), form, s, Options{}); !errors.Is(err, BadName.Definition) {
			t.Errorf("%s: an identifier that leads away: %v", form, err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
			t.Errorf("%s: %v lies there, %v", form, entries, err)
		}
	}
}

// TestAPackageHasSeveralRepresentations: each has its METS and PREMIS files, the package's METS file leads to
// each, and what cannot be one leaves nothing.
func TestAPackageHasSeveralRepresentations(t *testing.T) {
	s := spec()
	s.Further = []Rendition{{"rep2", fstest.MapFS{"хаттама.xml": {Data: []byte(`<?xml version="1.0"?><a/>`)}}}, {"тіркеу 2", fstest.MapFS{"1.tif": {Data: []byte("II*\x00")}}}}
	dir := filepath.Join(t.TempDir(), "sip-2026-1")
	r, err := Create(t.Context(), dir, s, Options{})
	if err != nil || len(r.Warnings) != 0 || len(r.Payload()) != 5 || len(r.Package.Representations) != 3 {
		t.Fatal(r, err)
	}
	for i, name := range []string{"rep1", "rep2", "тіркеу 2"} {
		if got := r.Package.Representations[i]; got.Name != name || !got.METS || got.ID != name {
			t.Errorf("%+v", got)
		}
		if text := read(t, dir, "representations/"+name+"/metadata/preservation/premis.xml"); !strings.Contains(text, "representations/"+name+"/data/") {
			t.Errorf("PREMIS of %s: %s", name, text)
		}
		mets := read(t, dir, "METS.xml") + read(t, dir, "representations/"+name+"/METS.xml")
		for _, id := range regexp.MustCompile(`\b(?:ID|ADMID|FILEID)="([^"]*)"`).FindAllStringSubmatch(mets, -1) {
			if !regexp.MustCompile(`^[a-z][a-z0-9-]*$`).MatchString(id[1]) {
				t.Errorf("%q cannot be an identifier in XML", id[1])
			}
		}
	}
	for _, bad := range []Rendition{{"rep1", s.Payload}, {"", s.Payload}, {"a/b", s.Payload}, {"..", s.Payload}, {"rep2", nil}} {
		s.Further = []Rendition{bad}
		to := filepath.Join(t.TempDir(), "sip-2026-1")
		if _, err := Create(t.Context(), to, s, Options{}); err == nil {
			t.Errorf("%q was made", bad.Name)
		}
		if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q left something: %v", bad.Name, err)
		}
	}
}

// packed is an entry that a test puts into an archive; a name with a slash at its end is a folder.
type packed struct {
	name, text string
	link       bool
}

func zipped(t *testing.T, entries ...packed) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.link {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(e.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t *testing.T, entries ...packed) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Size: int64(len(e.text)), Typeflag: tar.TypeReg}
		if e.link {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, e.text, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if !e.link {
			if _, err := w.Write([]byte(e.text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type archiveBreach struct {
	want    string
	entries []packed
	opts    Options
}

func archiveBreaches() []archiveBreach {
	m := packed{name: "p/METS.xml"}
	return []archiveBreach{
		{"CSIPSTR1 ", []packed{m, {name: "q/x"}}, Options{}},
		{"CSIPSTR1 ", []packed{m, {name: "x"}}, Options{}},
		{"CSIPSTR1 ", nil, Options{}},
		{"archive_entry ../x", []packed{m, {name: "../x"}}, Options{}},
		{"archive_entry /etc/x", []packed{m, {name: "/etc/x"}}, Options{}},
		{"archive_entry p/a//b", []packed{m, {name: "p/a//b"}}, Options{}},
		{"archive_entry p/METS.xml", []packed{m, m}, Options{}},
		{"archive_entry p/METS.xml/x", []packed{m, {name: "p/METS.xml/x"}}, Options{}},
		{"archive_entry p/a", []packed{m, {name: "p/a/b"}, {name: "p/a"}}, Options{}},
		{`name p/a\b`, []packed{m, {name: `p/a\b`}}, Options{}},
		{"irregular p/link", []packed{m, {name: "p/link", text: "/etc/passwd", link: true}}, Options{}},
		{"too_many ", []packed{m, {name: "p/a"}, {name: "p/b"}}, Options{Limits: Limits{Entries: 2}}},
		{"archive_dense p/x", []packed{m, {name: "p/x", text: "0123456789"}}, Options{Limits: Limits{Unpacked: 9}}},
		{"archive ", []packed{m, {name: "p/x", text: "cut"}}, Options{}}, // cut below
	}
}

// TestWhatMayNotBeInAnArchiveRefusesIt, by rule and entry, and leaves nothing unpacked.
func TestWhatMayNotBeInAnArchiveRefusesIt(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for _, b := range archiveBreaches() {
		for form, raw := range map[Form][]byte{Zip: zipped(t, b.entries...), Tar: tarred(t, b.entries...)} {
			if b.want == "archive " {
				raw = raw[:map[Form]int{Zip: 100, Tar: 700}[form]]
			}
			if len(b.entries) == 0 && form == Tar {
				continue // no entries: a tar of zeros alone says nothing of itself
			}
			file := filepath.Join(t.TempDir(), "p")
			if err := os.WriteFile(file, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := ValidateArchive(t.Context(), file, b.opts)
			if err != nil || !slices.Contains(said(r.Faults), b.want) {
				t.Errorf("%s: %q is not among %v, %v", form, b.want, r, err)
			}
		}
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// TestABombIsNotUnpacked: an entry of 64 MiB of one byte is refused after 16 of them.
func TestABombIsNotUnpacked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.zip")
	if err := os.WriteFile(file, zipped(t, packed{name: "p/METS.xml", text: string(make([]byte, 64<<20))}), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := ValidateArchive(t.Context(), file, Options{}); err != nil || !slices.Equal(said(r.Faults), []string{"archive_dense p/METS.xml"}) {
		t.Error(r, err)
	}
}

// TestATarThatIsCutIsRefused, also where it is cut between two entries, and so is what follows its end.
func TestATarThatIsCutIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.tar")
	whole := tarred(t, packed{name: "p/METS.xml", text: "<mets/>"}, packed{name: "p/data/a", text: "a"})
	for name, raw := range map[string][]byte{
		"before its end": whole[:len(whole)-1024], "within its end": whole[:len(whole)-512], "before an entry": whole[:1024],
		"within a header": whole[:1300], "with another behind it": slices.Concat(whole, whole),
	} {
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := ValidateArchive(t.Context(), file, Options{})
		if err != nil || len(r.Faults) != 1 || r.Faults[0].Fault.Code != "eark.archive" {
			t.Error(name, r, err)
		}
	}
}

// TestABrokenArchiveSaysWhyInThePersonsLanguage: no words of a library stand in a sentence; they are its cause.
func TestABrokenArchiveSaysWhyInThePersonsLanguage(t *testing.T) {
	dir := t.TempDir()
	whole := tarred(t, packed{name: "p/METS.xml", text: "<mets/>"}, packed{name: "p/data/a", text: "a"})
	z := zipped(t, packed{name: "p/METS.xml", text: "<mets/>"})
	damaged := slices.Clone(z)
	damaged[30+len("p/METS.xml")] = 7 // a block of a kind that deflate has not
	for name, c := range map[string]struct {
		raw   []byte
		cause error
		ru    string
	}{
		"a tar cut":        {whole[:len(whole)-1024], io.ErrUnexpectedEOF, "архивный файл не читается до конца (обрывается, части данных не хватает); отправьте его снова"},
		"another behind":   {slices.Concat(whole, whole), parcel.ErrTrailing, "архивный файл не читается до конца (после конца следуют другие данные); отправьте его снова"},
		"no tar":           {bytes.Repeat([]byte("x"), 1024), tar.ErrHeader, "архивный файл не читается до конца (повреждён заголовок записи); отправьте его снова"},
		"a ZIP cut":        {z[:len(z)-30], zip.ErrFormat, "архивный файл не читается до конца (оглавления нет или оно повреждено); отправьте его снова"},
		"a ZIP is damaged": {damaged, flate.CorruptInputError(1), "архивный файл не читается до конца (сжатые данные повреждены); отправьте его снова"},
	} {
		file := filepath.Join(dir, "p")
		if err := os.WriteFile(file, c.raw, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := ValidateArchive(t.Context(), file, Options{})
		if err != nil || len(r.Faults) != 1 {
			t.Fatal(name, r, err)
		}
		f := r.Faults[0].Fault
		if kk := f.In(fault.Kazakh); f.In(fault.Russian) != c.ru || strings.ContainsAny(kk, "abcdefghijklmnopqrstuvwxyz") || !errors.Is(f, c.cause) {
			t.Errorf("%s: %s | %s | %v", name, f.In(fault.Russian), kk, f)
		}
	}
}

func TestWhatIsNoPackageIsNotRecognised(t *testing.T) {
	dir := t.TempDir()
	for name, raw := range map[string][]byte{
		"bag.zip": zipped(t, packed{name: "b/bagit.txt"}, packed{name: "b/METS.xml"}), "deep.zip": zipped(t, packed{name: "a/b/METS.xml"}),
		"text": []byte("no archive at all"), "empty": nil,
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if RecogniseArchive(file) {
			t.Errorf("%s is recognised", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(dir, "sip.tar")
	if _, err := CreateArchive(t.Context(), file, Tar, spec(), Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := ValidateArchive(ctx, file, Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// FuzzArchive: whatever a file is, it is judged or refused, and nothing is written beside the folder.
func FuzzArchive(f *testing.F) {
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Add(make([]byte, 1024))
	dir := f.TempDir()
	file := filepath.Join(dir, "p.tar")
	if _, err := CreateArchive(f.Context(), file, Tar, spec(), Options{}); err != nil {
		f.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		file := filepath.Join(t.TempDir(), "p")
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ValidateArchive(t.Context(), file, Options{Limits: Limits{Entries: 100, Unpacked: 1 << 20}}); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
			t.Errorf("left: %v %v", left, err)
		}
	})
}
