package eark

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
)

var made = time.Date(2026, 4, 30, 10, 15, 0, 0, time.FixedZone("", 5*3600))

// spec is a SIP that has something of everything.
func spec() Spec {
	return Spec{
		ID: "sip-2026-1", Label: "Хаттамалар", SIP: true, Created: made, Software: "Qoyma", Version: "1",
		Agents: []Agent{
			{"ARCHIVIST", "ORGANIZATION", "Мәдениет басқармасы", []string{"BIN 1"}},
			{"CREATOR", "ORGANIZATION", "Іс жүргізу бөлімі", []string{"BIN 2"}},
			{"CREATOR", "INDIVIDUAL", "А. Серікова", []string{"+7 700"}},
			{"PRESERVATION", "ORGANIZATION", "Мемлекеттік мұрағат", []string{"BIN 3"}},
		},
		OtherIDs:      []OtherID{{"SUBMISSIONAGREEMENT", "5/2026"}},
		Payload:       fstest.MapFS{"2026/хаттама №1 50%.pdf": {Data: []byte("%PDF-1.4\n%%EOF")}, "a b.txt": {Data: []byte("мәтін")}, "empty": {}},
		Descriptions:  []Description{{"ead.xml", "EAD", "2002", []byte(`<?xml version="1.0"?><ead/>`)}},
		Documentation: fstest.MapFS{"readme.txt": {Data: []byte("x")}},
		Schemas:       fstest.MapFS{"ead.xsd": {Data: []byte(`<schema/>`)}},
	}
}

// sound makes a package without a fault or a warning, and gives its folder.
func sound(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "sip-2026-1")
	r, err := Create(t.Context(), dir, spec(), Options{})
	if err != nil {
		var f *fault.Error
		if errors.As(err, &f) {
			t.Fatalf("%v %q", err, said(f.Items))
		}
		t.Fatal(err)
	}
	if len(r.Warnings) > 0 {
		t.Fatalf("warnings %q", said(r.Warnings))
	}
	return dir
}

func validated(t *testing.T, dir string, opts Options) *Report {
	t.Helper()
	r, err := Validate(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	alike(t, r, judged(t, dir, opts))
	return r
}

// said is "ID where" of each item; the line of a METS file is left out.
func said(items []fault.Item) []string {
	var out []string
	for _, i := range items {
		where, _ := cutLine(i.Where)
		out = append(out, strings.TrimPrefix(i.Fault.Code, "eark.")+" "+where)
	}
	return out
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestWhatIsMadeIsReadBack(t *testing.T) {
	dir := sound(t)
	r := validated(t, dir, Options{})
	if !r.Valid() || len(r.Files) != 10 {
		t.Fatalf("%d files, %q", len(r.Files), said(r.Faults))
	}
	p := r.Package
	if p.ID != "sip-2026-1" || p.OAISType != "SIP" || p.Type != "Mixed" || p.Created != "2026-04-30T10:15:00+05:00" || p.Status != "NEW" || p.Label != "Хаттамалар" {
		t.Errorf("package %+v", p)
	}
	if len(p.Agents) != 5 || !reflect.DeepEqual(p.Agents[1], spec().Agents[0]) || !slices.Equal(p.OtherIDs, spec().OtherIDs) {
		t.Errorf("agents %+v %+v", p.Agents, p.OtherIDs)
	}
	var metadata []string
	for _, m := range p.Metadata {
		metadata = append(metadata, m.Kind+" "+m.MDType+" "+m.Path)
	}
	if want := []string{
		"descriptive EAD metadata/descriptive/ead.xml", "provenance PREMIS metadata/preservation/premis.xml",
		"provenance PREMIS representations/rep1/metadata/preservation/premis.xml",
	}; !slices.Equal(metadata, want) {
		t.Errorf("metadata %q", metadata)
	}
	if want := []Representation{{"rep1", "rep1", true}}; !slices.Equal(p.Representations, want) {
		t.Errorf("representations %+v", p.Representations)
	}
	var payload []string
	for _, e := range r.Payload() {
		if !e.Listed || e.Representation != "rep1" || len(e.SHA256) != 64 {
			t.Errorf("%+v", e)
		}
		payload = append(payload, e.Logical+" "+e.Format.PUID)
	}
	if want := []string{"2026/хаттама №1 50%.pdf fmt/18", "a b.txt x-fmt/111", "empty "}; !slices.Equal(payload, want) {
		t.Errorf("payload %q", payload)
	}
	if !Recognise(dir) || Recognise(filepath.Dir(dir)) {
		t.Error("a package is known by its METS.xml")
	}
}

func TestTheSameSpecMakesTheSameBytes(t *testing.T) {
	one, two := sound(t), sound(t)
	err := filepath.WalkDir(one, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(one, p)
		if err == nil && read(t, one, rel) != read(t, two, rel) {
			t.Errorf("%s differs", rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatCannotBeMadeLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Spec)
		want   error
	}{
		"no identifier": {func(s *Spec) { s.ID = "" }, Incomplete},
		"no date":       {func(s *Spec) { s.Created = time.Time{} }, Incomplete},
		"no submitter":  {func(s *Spec) { s.Agents = nil }, Refused},
		"bad name":      {func(s *Spec) { s.Payload = fstest.MapFS{"a\nb": {}} }, BadName.Definition},
		"a link":        {func(s *Spec) { s.Payload = fstest.MapFS{"a": {Mode: fs.ModeSymlink}} }, Irregular.Definition},
		"bad text":      {func(s *Spec) { s.Label = "a\x00" }, nil},
		"way out":       {func(s *Spec) { s.Descriptions[0].Name = "../x" }, BadName.Definition},
	} {
		s := spec()
		c.change(&s)
		dir := filepath.Join(t.TempDir(), "sip-2026-1")
		if _, err := Create(t.Context(), dir, s, Options{}); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: something is left: %v", name, err)
		}
	}
	dir := sound(t)
	if _, err := Create(t.Context(), dir, spec(), Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a package is never written over: %v", err)
	}
	plain := spec()
	plain.SIP, plain.Agents, plain.Payload = false, nil, fstest.MapFS{}
	if r, err := Create(t.Context(), filepath.Join(t.TempDir(), "sip-2026-1"), plain, Options{}); err != nil || r.Package.OAISType != "AIP" {
		t.Errorf("a plain CSIP package without records: %v", err)
	}
}

// TestAnotherToolsPackage is laid out as other makers do it: default namespaces, no
// representation in the package's file section of its own kind, names as they are.
func TestAnotherToolsPackage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ID_urn_x")
	put(t, dir, "representations/r/data/a b%.txt", "x")
	const x = `MIMETYPE="text/plain" CREATED="2026-01-01T00:00:00" CHECKSUMTYPE="MD5"`
	mets := func(id, files, divs string) string {
		return `<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:csip="https://dilcis.eu/XML/METS/CSIPExtensionMETS"
 OBJID="` + id + `" TYPE="Other" csip:OTHERTYPE="Letters" csip:CONTENTINFORMATIONTYPE="MIXED" PROFILE="https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml">
<metsHdr CREATEDATE="2026-01-01T00:00:00Z" csip:OAISPACKAGETYPE="AIP"><agent ROLE="CREATOR" TYPE="OTHER" OTHERTYPE="SOFTWARE"><name>T</name><note csip:NOTETYPE="SOFTWARE VERSION">1</note></agent></metsHdr>
<fileSec ID="f">` + files + `</fileSec>
<structMap LABEL="own"><div/></structMap>
<structMap ID="s" TYPE="PHYSICAL" LABEL="CSIP"><div ID="d"><div ID="m" LABEL="Metadata"/>` + divs + `</div></structMap></mets>`
	}
	put(t, dir, "representations/r/METS.xml", mets("r",
		`<fileGrp ID="g" USE="Data"><file ID="i" SIZE="1" CHECKSUM="9dd4e461268c8034f5c8564e155c67a6" `+x+`><FLocat LOCTYPE="URL" xlink:type="simple" xlink:href="data/a b%.txt"/></file></fileGrp>`,
		`<div ID="w" LABEL="Data"><fptr FILEID="g"/></div>`))
	put(t, dir, "METS.xml", mets("ID:urn:x",
		`<fileGrp ID="g" USE="Representations/r" csip:CONTENTINFORMATIONTYPE="MIXED"/>`,
		`<div ID="r" LABEL="Representations/r"><mptr LOCTYPE="URL" xlink:type="simple" xlink:href="file://representations/r/METS.xml" xlink:title="g"/></div>`))
	r := validated(t, dir, Options{})
	if want := []string{"CSIP66 METS.xml"}; !slices.Equal(said(r.Faults), want) {
		t.Errorf("faults %q", said(r.Faults))
	}
	want := []string{"CSIPSTR15 schemas", "CSIPSTR16 documentation", "CSIPSTR13 representations/r", "CSIPSTR5 metadata", "unlisted representations/r/METS.xml"}
	got := said(r.Warnings)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) || r.Package.Type != "Letters" {
		t.Errorf("warnings %q, package %+v", got, r.Package)
	}
	if got := said(validated(t, dir, Options{SIP: true}).Faults); !slices.Contains(got, "SIP4 METS.xml") || !slices.Contains(got, "SIP2 METS.xml") {
		t.Errorf("held to the SIP: %q", got)
	}
}

func TestNothingLeadsOutOfAPackage(t *testing.T) {
	j := newJudge("p", Options{})
	for _, f := range []string{"METS.xml", "a", "d/a", "d/b%41", "d/c:d", "representations/r/METS.xml"} {
		j.add(File{Path: f})
	}
	for href, want := range map[string]*Rule{
		"a": nil, "./d/a": nil, "d/%61": nil, "d/b%41": nil, "d/c:d": nil, "file:a": nil, "file://a": nil, "d/../a": nil,
		"none": Missing, "d/b%2541x": Missing,
		"/etc/passwd": Outside, "../p/a": Outside, "%2e%2e/p/a": Outside, "d/../../x": Outside, "file:///etc/passwd": Outside,
		"http://example.org/a": Outside, `..\a`: Outside, "C:/a": Outside, "a%00": Outside, "a%": Outside, "": Outside, "%2Fetc/passwd": Outside, ".": Outside,
	} {
		if _, got := j.resolve("", href); got != want {
			t.Errorf("%q: got %v, want %v", href, got, want)
		}
	}
	if p, got := j.resolve("representations/r", "../../a"); p != "a" || got != nil {
		t.Errorf("%q %v", p, got)
	}
	if _, got := j.resolve("representations/r", "../../../a"); got != Outside {
		t.Errorf("got %v", got)
	}
}

var ruleID = regexp.MustCompile(`^((CSIPSTR|CSIP|SIP)\d+|[a-z_]+)$`)

func TestTheTableOfRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if !ruleID.MatchString(r.ID) || seen[r.ID] || r.Code != "eark."+r.ID || r.Clause == "" || r.Warning() != (r.Level != Must) {
			t.Errorf("rule %+v", r)
		}
		seen[r.ID] = true
	}
	if len(seen) < 130 {
		t.Errorf("%d rules", len(seen))
	}
}

// TestEveryNumberIsLookedForOrExplained compares the table of rules with the README.
func TestEveryNumberIsLookedForOrExplained(t *testing.T) {
	_, why, ok := strings.Cut(read(t, ".", "README.md"), "**Not looked for**")
	if !ok {
		t.Fatal("the README does not say what is not looked for")
	}
	known := map[string]string{}
	for _, r := range Rules() {
		known[r.ID] = "looked for"
	}
	for _, id := range regexp.MustCompile(`\b(CSIPSTR|CSIP|SIP)\d+\b`).FindAllString(why, -1) {
		if known[id] != "" {
			t.Errorf("%s is %s and explained", id, known[id])
		}
		known[id] = "explained"
	}
	for prefix, last := range map[string]int{"CSIPSTR": 16, "CSIP": 119, "SIP": 36} {
		for n := range last {
			if id := fmt.Sprint(prefix, n+1); known[id] == "" {
				t.Errorf("%s is neither looked for nor explained", id)
			}
		}
	}
}

// A format of several media types in the register has one in a METS file, its first.
func TestOneMediaTypeIsWritten(t *testing.T) {
	for given, want := range map[string]string{"": "", "text/plain": "text/plain", "application/xml, text/xml": "application/xml"} {
		if got := medium(given); got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
	text := read(t, sound(t), "METS.xml")
	if strings.Contains(text, `xml, text`) || !strings.Contains(text, `MIMETYPE="application/xml"`) {
		t.Error(text)
	}
}
