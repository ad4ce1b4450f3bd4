package eark

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// breach is a package made wrong in one way.
type breach struct {
	want string // "ID where"
	do   func(t *testing.T, dir string)
	opts Options
}

// sub replaces in the package's METS.xml. A pattern that is not there is a mistake of the
// test.
func sub(pattern, with string) func(*testing.T, string) { return subIn("METS.xml", "", pattern, with) }

// in replaces within the first element of that name.
func in(element, pattern, with string) func(*testing.T, string) {
	return subIn("METS.xml", element, pattern, with)
}

func subIn(file, element, pattern, with string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		text := read(t, dir, file)
		from, to := 0, len(text)
		if element != "" {
			from = strings.Index(text, "<mets:"+element)
			to = from + strings.Index(text[from:], "</mets:"+strings.TrimSpace(element)+">")
		}
		re := regexp.MustCompile(pattern)
		part := text[from:to]
		loc := re.FindStringSubmatchIndex(part)
		if loc == nil {
			t.Fatalf("no %s in %s of %s", pattern, element, file)
		}
		changed := part[:loc[0]] + string(re.ExpandString(nil, with, part, loc)) + part[loc[1]:]
		put(t, dir, file, text[:from]+changed+text[to:])
	}
}

func gone(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
}

func file(name, text string) func(*testing.T, string) {
	return func(t *testing.T, dir string) { put(t, dir, name, text) }
}

func both(all ...func(*testing.T, string)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		for _, do := range all {
			do(t, dir)
		}
	}
}

// withRights gives the package a rightsMD like its digiprovMD.
func withRights(t *testing.T, dir string) {
	t.Helper()
	text := read(t, dir, "METS.xml")
	section := regexp.MustCompile(`(?s)<mets:digiprovMD.*</mets:digiprovMD>\n`).FindString(text)
	rights := strings.NewReplacer("digiprovMD", "rightsMD", "package-provenance-1", "package-rights-1").Replace(section)
	text = strings.Replace(text, section, section+rights, 1)
	put(t, dir, "METS.xml", strings.Replace(text, `ADMID="`, `ADMID="package-rights-1 `, 1))
}

// linkBreaches are those of an mdRef whose first rule has that number.
func linkBreaches(first int, element string) []breach {
	const at = " METS.xml"
	id := func(n int) string { return fmt.Sprintf("CSIP%d%s", first+n, at) }
	all := []breach{
		{id(0), in(element, `mdRef`, `mdWrap`), Options{}},
		{id(1), in(element, `LOCTYPE="URL"`, `LOCTYPE="ARK"`), Options{}},
		{id(2), in(element, `xlink:type="simple"`, ``), Options{}},
		{id(3), in(element, `xlink:href="[^"]*"`, ``), Options{}},
		{id(4), in(element, `MDTYPE="[^"]*"`, `MDTYPE="prose"`), Options{}},
		{id(5), in(element, `MIMETYPE="[^"]*"`, ``), Options{}},
		{id(6), in(element, `SIZE="`, `SIZE="-`), Options{}},
		{id(7), in(element, `(mdRef.*)CREATED="[^"]*"`, `$1`), Options{}},
		{id(8), in(element, `CHECKSUM="`, `CHECKSUM="zz`), Options{}},
		{id(8), in(element, `CHECKSUM="..`, `CHECKSUM="`), Options{}},
		{id(9), in(element, `CHECKSUMTYPE="[^"]*"`, `CHECKSUMTYPE="sha"`), Options{}},
	}
	if element == "rightsMD" {
		for i := range all {
			all[i].do = both(withRights, all[i].do)
		}
	}
	return all
}

func metsBreaches() []breach {
	const m = " METS.xml"
	return []breach{
		{"CSIP1" + m, sub(`OBJID="[^"]*"`, ``), Options{}},
		{"CSIP2" + m, sub(` TYPE="[^"]*"`, ``), Options{}},
		{"CSIP3" + m, sub(` TYPE="[^"]*"`, ` TYPE="Other"`), Options{}},
		{"CSIP3" + m, sub(` TYPE="`, ` csip:OTHERTYPE="Registers" TYPE="`), Options{}},
		{"CSIP4" + m, sub(`csip:CONTENTINFORMATIONTYPE="[^"]*"`, ``), Options{}},
		{"CSIP5" + m, sub(`csip:CONTENTINFORMATIONTYPE="[^"]*"`, `csip:CONTENTINFORMATIONTYPE="OTHER"`), Options{}},
		{"CSIP5" + m, sub(` PROFILE=`, ` csip:OTHERCONTENTINFORMATIONTYPE="Own" PROFILE=`), Options{}},
		{"CSIP6" + m, sub(`PROFILE="[^"]*"`, ``), Options{}},
		{"CSIP117" + m, sub(`(?s)<mets:metsHdr.*</mets:metsHdr>`, ``), Options{}},
		{"CSIP7" + m, sub(`CREATEDATE="[^"]*"`, `CREATEDATE="2026-04-30"`), Options{}},
		{"CSIP8" + m, sub(`CREATEDATE=`, `LASTMODDATE="2020-01-01T00:00:00Z" CREATEDATE=`), Options{}},
		{"CSIP7" + m, sub(`CREATEDATE="20`, `CREATEDATE="21`), Options{Now: made.AddDate(1, 0, 0)}},
		{"CSIP8" + m, sub(`CREATEDATE=`, `LASTMODDATE="2126-05-01T00:00:00" CREATEDATE=`), Options{Now: made.AddDate(1, 0, 0)}},
		{"CSIP9" + m, sub(`OAISPACKAGETYPE="SIP"`, `OAISPACKAGETYPE="ZIP"`), Options{}},
		{"CSIP10" + m, sub(`(?s)<mets:agent.*</mets:agent>`, ``), Options{}},
		{"CSIP11" + m, func(t *testing.T, dir string) {
			put(t, dir, "METS.xml", strings.ReplaceAll(read(t, dir, "METS.xml"), `ROLE="CREATOR"`, `ROLE="EDITOR"`))
		}, Options{}},
		{"CSIP12" + m, sub(`TYPE="OTHER"`, `TYPE="INDIVIDUAL"`), Options{}},
		{"CSIP13" + m, sub(`OTHERTYPE="SOFTWARE"`, `OTHERTYPE="robot"`), Options{}},
		{"CSIP14" + m, sub(`<mets:name>Qoyma</mets:name>`, ``), Options{}},
		{"CSIP15" + m, sub(`>1</mets:note>`, `></mets:note>`), Options{}},
		{"CSIP15" + m, sub(`(<mets:note .*SOFTWARE VERSION.*</mets:note>)`, `$1$1`), Options{}},
		{"CSIP16" + m, sub(`csip:NOTETYPE="SOFTWARE VERSION"`, ``), Options{}},
		{"CSIP17" + m, both(sub(`(?s)<mets:dmdSec.*</mets:dmdSec>`, ``), sub(` DMDID="[^"]*"`, ``)), Options{}},
		{"CSIP18" + m, in("dmdSec", `ID="[^"]*"`, `ID="1"`), Options{}},
		{"CSIP19" + m, in("dmdSec", `CREATED="[^"]*"`, ``), Options{}},
		{"CSIP20" + m, in("dmdSec", `STATUS="[^"]*"`, ``), Options{}},
		{"CSIP31" + m, both(sub(`(?s)<mets:amdSec.*</mets:amdSec>`, ``), sub(` ADMID="[^"]*"`, ``)), Options{}},
		{"CSIP32 metadata/preservation/other.xml", file("metadata/preservation/other.xml", "<x/>"), Options{}},
		{"CSIP33" + m, in("digiprovMD", `ID="[^"]*"`, `ID="package-dmd-1"`), Options{}},
		{"CSIP34" + m, in("digiprovMD", `STATUS="[^"]*"`, `STATUS="OLD"`), Options{}},
		{"CSIP46" + m, both(withRights, in("rightsMD", ` ID="[^"]*"`, ``)), Options{}},
		{"CSIP47" + m, both(withRights, in("rightsMD", ` STATUS="[^"]*"`, ``)), Options{}},
		{"CSIP58" + m, sub(`(?s)<mets:fileSec.*</mets:fileSec>`, ``), Options{}},
		{"CSIP59" + m, in("fileSec", `ID="[^"]*"`, ``), Options{}},
		{"CSIP60" + m, in("fileSec", `USE="Documentation"`, `USE="Papers"`), Options{}},
		{"CSIP113" + m, in("fileSec", `USE="Schemas"`, `USE="Papers"`), Options{}},
		{"CSIP114" + m, in("fileSec", `USE="Representations/rep1"`, `USE="Papers"`), Options{}},
		{"CSIP61" + m, in("fileSec", `USE="Documentation"`, `USE="Documentation" ADMID="package-provenance-1 package-dmd-1"`), Options{}},
		{"CSIP62" + m, in("fileSec", `csip:CONTENTINFORMATIONTYPE="[^"]*"`, ``), Options{}},
		{"CSIP63" + m, in("fileSec", `csip:CONTENTINFORMATIONTYPE="[^"]*"`, `csip:CONTENTINFORMATIONTYPE="OTHER"`), Options{}},
		{"CSIP63" + m, in("fileSec", ` USE="Rep`, ` csip:OTHERCONTENTINFORMATIONTYPE="Own" USE="Rep`), Options{}},
		{"CSIP64" + m, in("fileSec", `USE="Documentation"`, ``), Options{}},
		{"CSIP65" + m, in("fileGrp", `ID="[^"]*"`, ``), Options{}},
		{"CSIP66" + m, in("fileGrp", `(?s)<mets:file .*</mets:file>`, ``), Options{}},
		{"CSIP67" + m, in("file ", `ID="[^"]*"`, ``), Options{}},
		{"CSIP68" + m, in("fileGrp", `MIMETYPE="[^"]*"`, ``), Options{}},
		{"media_type" + m, in("fileGrp", `MIMETYPE="[^"]*"`, `MIMETYPE="plain"`), Options{}},
		{"media_type" + m, in("fileGrp", `MIMETYPE="text/`, `MIMETYPE="text/`+strings.Repeat("x", 260)), Options{}},
		{"media_type" + m, in("fileGrp", `MIMETYPE="text/`, `MIMETYPE="inode/`), Options{}},
		{"media_type" + m, in("fileGrp", `MIMETYPE="text/`, `MIMETYPE="text/xml, text/`), Options{}},
		{"CSIP74" + m, in("fileGrp", `SIZE=`, `ADMID="package-dmd-1" SIZE=`), Options{}},
		{"CSIP75" + m, in("fileGrp", `SIZE=`, `DMDID="package-dmd-1 package-provenance-1" SIZE=`), Options{}},
		{"CSIP69" + m, in("fileGrp", `SIZE="[^"]*"`, `SIZE="much"`), Options{}},
		{"CSIP70" + m, in("fileGrp", `CREATED="[^"]*"`, `CREATED="now"`), Options{}},
		{"CSIP71" + m, in("fileGrp", `CHECKSUM="[^"]*"`, ``), Options{}},
		{"CSIP72" + m, in("fileGrp", `CHECKSUMTYPE="[^"]*"`, ``), Options{}},
		{"CSIP76" + m, in("fileGrp", `<mets:FLocat[^>]*/>`, ``), Options{}},
		{"CSIP77" + m, in("fileGrp", `LOCTYPE="URL"`, ``), Options{}},
		{"CSIP78" + m, in("fileGrp", `xlink:type="simple"`, ``), Options{}},
		{"CSIP79" + m, in("fileGrp", `xlink:href="[^"]*"`, ``), Options{}},
	}
}

// withRecords names a record in the package's own METS.xml, as packages without METS files
// for their representations do, and gives the records that division.
func withRecords(division string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		empty := `SIZE="0"${1}CHECKSUM="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`
		in("fileSec", `SIZE="[^"]*"([^>]*)CHECKSUM="[^"]*"([^>]*>\s*<[^>]*)representations/rep1/METS.xml`, empty+"${2}representations/rep1/data/empty")(t, dir)
		in("structMap", `(?s)<mets:div ID="package-div-rep1".*?</mets:div>`, division)(t, dir)
	}
}

func TestTheRecordsMayHaveDivisionsWithinDivisions(t *testing.T) {
	for name, division := range map[string]string{
		"one":    `<mets:div ID="R" LABEL="Representations"><mets:fptr FILEID="package-records"/></mets:div>`,
		"nested": `<mets:div ID="R" LABEL="Representations/rep1"><mets:div ID="D" LABEL="Representations/rep1/data"><mets:fptr FILEID="package-records"/></mets:div></mets:div>`,
	} {
		dir := sound(t)
		withRecords(division)(t, dir)
		r := validated(t, dir, Options{})
		got := slices.DeleteFunc(said(r.Warnings), func(s string) bool {
			return s == "CSIP105 representations/rep1/METS.xml" || s == "unlisted representations/rep1/METS.xml"
		})
		if !r.Valid() || len(got) > 0 {
			t.Errorf("%s: %q %q", name, said(r.Faults), got)
		}
	}
}

func TestAPackageOfTheCommonProfileIsNotHeldToTheSIP(t *testing.T) {
	dir := sound(t)
	sub(`PROFILE="[^"]*"`, `PROFILE="https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"`)(t, dir)
	sub(`(?s)<mets:agent ROLE="ARCHIVIST".*</mets:agent>`, ``)(t, dir)
	if r := validated(t, dir, Options{}); !r.Valid() || r.Package.OAISType != "SIP" {
		t.Errorf("%q", said(r.Faults))
	}
}

func TestAnOlderPREMISOnlyWarns(t *testing.T) {
	const name = "metadata/preservation/premis.xml"
	dir := sound(t)
	put(t, dir, name, `<premis xmlns="info:lc/xmlns/premis-v2" version="2.2"/>`)
	r := validated(t, dir, Options{})
	if got := said(r.Warnings); !slices.Contains(got, "premis.not_premis "+name+" premis") {
		t.Errorf("warnings %q", got)
	}
	if got := said(r.Faults); !slices.Equal(got, []string{"digest " + name, "size " + name}) {
		t.Errorf("faults %q", got)
	}
}

func mapBreaches() []breach {
	const m = " METS.xml"
	s := func(pattern, with string) func(*testing.T, string) { return in("structMap", pattern, with) }
	plain := withRecords(`<mets:div ID="R" LABEL="Representations"><mets:fptr FILEID="package-records"/></mets:div>`)
	return []breach{
		{"CSIP80" + m, sub(`(?s)<mets:structMap.*</mets:structMap>`, ``), Options{}},
		{"CSIP81" + m, s(`TYPE="PHYSICAL"`, ``), Options{}},
		{"CSIP82" + m, s(`LABEL="CSIP"`, `LABEL="own"`), Options{}},
		{"CSIP83" + m, s(` ID="package-map"`, ``), Options{}},
		{"CSIP84" + m, s(`(?s)$`, `<mets:div ID="two"><mets:div ID="three" LABEL="Metadata"/></mets:div>`), Options{}},
		{"CSIP85" + m, s(` ID="package-div"`, ``), Options{}},
		{"CSIP88" + m, s(`<mets:div [^>]*LABEL="Metadata"[^>]*/>`, ``), Options{}},
		{"CSIP89" + m, s(`ID="package-div-metadata"`, ``), Options{}},
		{"CSIP90" + m, s(`LABEL="Metadata"`, `LABEL="metadata"`), Options{}},
		{"CSIP91" + m, s(` ADMID="[^"]*"`, ``), Options{}},
		{"CSIP91" + m, s(`ADMID="`, `ADMID="none `), Options{}},
		{"CSIP91" + m, s(`ADMID="`, `ADMID="package-dmd-1 `), Options{}},
		{"CSIP92" + m, s(` DMDID="[^"]*"`, ``), Options{}},
		{"CSIP92" + m, s(`DMDID="`, `DMDID="package-provenance-1 `), Options{}},
		{"CSIP93" + m, s(`(?s)<mets:div ID="package-div-documentation".*?</mets:div>`, ``), Options{}},
		{"CSIP93" + m, s(`(?s)(<mets:div ID="package-div-documentation".*?</mets:div>)`, `$1<mets:div ID="two" LABEL="Documentation"/>`), Options{}},
		{"CSIP94" + m, s(`ID="package-div-documentation"`, ``), Options{}},
		{"CSIP95" + m, s(`LABEL="Documentation"`, `LABEL="documentation"`), Options{}},
		{"CSIP96" + m, s(`<mets:fptr FILEID="package-documentation"/>`, ``), Options{}},
		{"CSIP116" + m, s(`FILEID="package-documentation"`, `FILEID="package-schemas"`), Options{}},
		{"CSIP97" + m, s(`(?s)<mets:div ID="package-div-schemas".*?</mets:div>`, ``), Options{}},
		{"CSIP98" + m, s(`ID="package-div-schemas"`, `ID="package-div-documentation"`), Options{}},
		{"CSIP99" + m, s(`LABEL="Schemas"`, `LABEL="SCHEMAS"`), Options{}},
		{"CSIP100" + m, s(`<mets:fptr FILEID="package-schemas"/>`, ``), Options{}},
		{"CSIP118" + m, s(`FILEID="package-schemas"`, ``), Options{}},
		{"CSIP101" + m, both(plain, s(`(?s)<mets:div ID="R".*?</mets:div>`, ``)), Options{}},
		{"CSIP102" + m, both(plain, s(`ID="R"`, ``)), Options{}},
		{"CSIP103" + m, both(plain, s(`LABEL="Representations"`, `LABEL="representations"`)), Options{}},
		{"CSIP104" + m, both(plain, s(`<mets:fptr FILEID="package-records"/>`, ``)), Options{}},
		{"CSIP119" + m, both(plain, s(`FILEID="package-records"`, `FILEID="none"`)), Options{}},
		{"CSIP105 representations/rep1/METS.xml", s(`(?s)<mets:div ID="package-div-rep1".*?</mets:div>`, ``), Options{}},
		{"CSIP106" + m, s(`ID="package-div-rep1"`, ``), Options{}},
		{"CSIP107" + m, s(`LABEL="Representations/rep1"`, `LABEL="Representations/rep2"`), Options{}},
		{"CSIP108" + m, s(`xlink:title="[^"]*"`, ``), Options{}},
		{"CSIP109" + m, s(`<mets:mptr [^>]*/>`, ``), Options{}},
		{"CSIP110" + m, s(`xlink:href="[^"]*"`, ``), Options{}},
		{"CSIP111" + m, s(`xlink:type="simple"`, `xlink:type="extended"`), Options{}},
		{"CSIP112" + m, s(`LOCTYPE="URL"`, `LOCTYPE="URN"`), Options{}},
	}
}

func sipBreaches() []breach {
	const m = " METS.xml"
	agent := func(n int, pattern, with string) func(*testing.T, string) {
		return sub(fmt.Sprintf(`(?s)((?:<mets:agent.*?</mets:agent>\s*){%d}<mets:agent.*?)%s`, n, pattern), "${1}"+with)
	}
	return []breach{
		{"SIP2" + m, sub(`PROFILE="[^"]*"`, `PROFILE="https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"`), Options{SIP: true}},
		{"SIP3" + m, sub(`RECORDSTATUS="NEW"`, `RECORDSTATUS="FRESH"`), Options{}},
		{"SIP4" + m, sub(`OAISPACKAGETYPE="SIP"`, `OAISPACKAGETYPE="AIP"`), Options{}},
		{"SIP5" + m, sub(`</mets:metsHdr>`, `<mets:altRecordID TYPE="SUBMISSIONAGREEMENT"> </mets:altRecordID></mets:metsHdr>`), Options{}},
		{"SIP6" + m, sub(`</mets:metsHdr>`, `<mets:altRecordID TYPE="PREVIOUSSUBMISSIONAGREEMENT"/></mets:metsHdr>`), Options{}},
		{"SIP7" + m, sub(`</mets:metsHdr>`, `<mets:altRecordID TYPE="REFERENCECODE"/></mets:metsHdr>`), Options{}},
		{"SIP8" + m, sub(`</mets:metsHdr>`, `<mets:altRecordID TYPE="PREVIOUSREFERENCECODE"/></mets:metsHdr>`), Options{}},
		{"SIP11" + m, agent(1, `TYPE="ORGANIZATION"`, `TYPE="OTHER"`), Options{}},
		{"SIP12" + m, agent(1, `<mets:name>[^<]*</mets:name>`, ``), Options{}},
		{"SIP14" + m, agent(1, `csip:NOTETYPE="[^"]*"`, ``), Options{}},
		{"SIP15" + m, both(agent(3, `ROLE="CREATOR"`, `ROLE="EDITOR"`), agent(2, `ROLE="CREATOR"`, `ROLE="EDITOR"`)), Options{}},
		{"SIP17" + m, agent(2, ` TYPE="ORGANIZATION"`, ``), Options{}},
		{"SIP18" + m, agent(2, `<mets:name>[^<]*</mets:name>`, ``), Options{}},
		{"SIP20" + m, agent(2, `csip:NOTETYPE="[^"]*"`, ``), Options{}},
		{"SIP24" + m, agent(3, `<mets:name>[^<]*</mets:name>`, ``), Options{}},
		{"SIP28" + m, agent(4, `TYPE="ORGANIZATION"`, `TYPE="INDIVIDUAL"`), Options{}},
		{"SIP29" + m, agent(4, `<mets:name>[^<]*</mets:name>`, `<mets:name> </mets:name>`), Options{}},
		{"SIP31" + m, agent(4, `csip:NOTETYPE="[^"]*"`, `csip:NOTETYPE="PHONE"`), Options{}},
	}
}

func folderBreaches() []breach {
	const m, ead = " METS.xml", "metadata/descriptive/ead.xml"
	rename := func(from, to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			put(t, dir, to, read(t, dir, from))
			gone(from)(t, dir)
		}
	}
	return []breach{
		{"CSIPSTR2 ", sub(`OBJID="[^"]*"`, `OBJID="sip-2026-2"`), Options{}},
		{"CSIPSTR4 METS.xml", gone("METS.xml"), Options{}},
		{"CSIPSTR5 metadata", gone("metadata"), Options{}},
		{"CSIPSTR6 premis.xml", both(rename("metadata/preservation/premis.xml", "premis.xml"), in("digiprovMD", `metadata/preservation/`, ``)), Options{}},
		{"CSIPSTR7 metadata/ead.xml", both(rename(ead, "metadata/ead.xml"), in("dmdSec", `metadata/descriptive`, `metadata`)), Options{}},
		{"CSIPSTR9 representations", gone("representations"), Options{}},
		{"CSIPSTR10 representations/x", file("representations/x", ""), Options{}},
		{"CSIPSTR11 representations/rep2", file("representations/rep2/METS.xml", "<x/>"), Options{}},
		{"CSIPSTR12 representations/rep2", file("representations/rep2/data/x", ""), Options{}},
		{"CSIPSTR13 representations/rep2", file("representations/rep2/data/x", ""), Options{}},
		{"CSIPSTR15 schemas", gone("schemas"), Options{}},
		{"CSIPSTR16 documentation", gone("documentation"), Options{}},
		{"not_xml METS.xml", sub(`</mets:mets>`, ``), Options{}},
		{"doctype METS.xml", sub(`<mets:mets `, `<!DOCTYPE x [<!ENTITY a "b">]><mets:mets `), Options{}},
		{"too_big METS.xml", file("x", ""), Options{Limits: Limits{METSBytes: 1000}}},
		{"not_mets METS.xml", sub(`http://www.loc.gov/METS/"`, `http://www.loc.gov/METS/v2"`), Options{}},
		{"too_many ", file("x", ""), Options{Limits: Limits{Entries: 3}}},
		{"irregular link", func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
		}, Options{}},
		{`name "a\nb"`, file("a\nb", ""), Options{}},
		{"outside" + m, in("dmdSec", `xlink:href="`, `xlink:href="../`), Options{}},
		{"missing" + m, in("dmdSec", `xlink:href="`, `xlink:href="x`), Options{}},
		{"normal_form" + m, both(rename("documentation/readme.txt", "documentation/\u0438\u0306"), in("fileGrp", `documentation/readme.txt`, "documentation/\u0439")), Options{}},
		{"outside_representation representations/rep1/METS.xml", subIn("representations/rep1/METS.xml", "fileSec", `xlink:href="data/empty"`, `xlink:href="../../documentation/readme.txt"`), Options{}},
		{"representation_id representations/rep1/METS.xml", subIn("representations/rep1/METS.xml", "", `OBJID="[^"]*"`, `OBJID="scans"`), Options{}},
		{"size " + ead, file(ead, "<ead></ead>"), Options{}},
		{"digest " + ead, file(ead, "<ead></ead>"), Options{}},
		{"uncounted " + ead, in("dmdSec", `CHECKSUMTYPE="SHA-256"`, `CHECKSUMTYPE="TIGER"`), Options{}},
		{"unlisted x", file("x", ""), Options{}},
		{"premis_unread metadata/preservation/premis.xml", file("x", ""), Options{Limits: Limits{PREMISBytes: 1000}}},
		{"more_faults ", both(sub(`OBJID="[^"]*"`, ``), sub(`PROFILE="[^"]*"`, ``), sub(`CREATEDATE="[^"]*"`, ``)), Options{Limits: Limits{Faults: 2}}},
	}
}

func TestEveryRuleHasAPackageThatBreaksIt(t *testing.T) {
	all := slices.Concat(metsBreaches(), mapBreaches(), sipBreaches(), folderBreaches(),
		linkBreaches(21, "dmdSec"), linkBreaches(35, "digiprovMD"), linkBreaches(48, "rightsMD"))
	byID := map[string]*Rule{}
	for _, r := range Rules() {
		byID[r.ID] = r
	}
	broken := map[string]bool{"unreadable": true} // has a test of its own, as have those of archives
	for _, b := range archiveBreaches() {
		id, _, _ := strings.Cut(b.want, " ")
		broken[id] = true
	}
	for _, b := range all {
		dir := sound(t)
		b.do(t, dir)
		r := validated(t, dir, b.opts)
		id, _, _ := strings.Cut(b.want, " ")
		broken[id] = true
		if byID[id] == nil {
			t.Fatalf("no rule %s", id)
		}
		among := said(r.Faults)
		if byID[id].Warning() {
			among = said(r.Warnings)
		}
		if !slices.Contains(among, b.want) {
			t.Errorf("want %q among %q\nfaults %q", b.want, among, said(r.Faults))
		}
	}
	for _, r := range Rules() {
		if !broken[r.ID] {
			t.Errorf("no package breaks %s", r.ID)
		}
	}
}

// TestTheProgramIsTheAgentThatComesNearest: what is said of the agent that must be there is
// said of the one that lacks least, whatever other agents the package has.
func TestTheProgramIsTheAgentThatComesNearest(t *testing.T) {
	for want, agents := range map[string][]string{
		"CSIP10 METS.xml": nil,
		"CSIP11 METS.xml": {`ROLE="CREATOR" TYPE="ORGANIZATION"`, `ROLE="ARCHIVIST" TYPE="OTHER" OTHERTYPE="SOFTWARE"`},
		"CSIP12 METS.xml": {`ROLE="CREATOR" TYPE="INDIVIDUAL" OTHERTYPE="SOFTWARE"`, `ROLE="EDITOR" TYPE="OTHER" OTHERTYPE="robot"`},
		"CSIP13 METS.xml": {`ROLE="EDITOR" TYPE="INDIVIDUAL"`, `ROLE="CREATOR" TYPE="OTHER" OTHERTYPE="robot"`},
	} {
		dir := sound(t)
		text := ""
		for _, a := range agents {
			text += "<mets:agent " + a + "><mets:name>x</mets:name></mets:agent>"
		}
		sub(`(?s)<mets:agent.*</mets:agent>`, text)(t, dir)
		sub(`PROFILE="[^"]*"`, `PROFILE="https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"`)(t, dir)
		if got := said(validated(t, dir, Options{}).Faults); !slices.Equal(got, []string{want}) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A package of another clock is no package of the future, nor is one judged without a clock.
func TestADayAheadIsNotTheFuture(t *testing.T) {
	for _, now := range []time.Time{{}, made.Add(-14 * time.Hour), made} {
		if r := validated(t, sound(t), Options{Now: now}); !r.Valid() {
			t.Errorf("at %v: %q", now, said(r.Faults))
		}
	}
}

// What refers rightly to metadata and names media types as they are raises nothing.
func TestRightReferencesAndMediaTypesRaiseNothing(t *testing.T) {
	dir := sound(t)
	in("fileSec", `USE="Documentation"`, `USE="Documentation" ADMID="package-amd package-provenance-1"`)(t, dir)
	in("fileGrp", `SIZE=`, `ADMID="package-provenance-1" DMDID="package-dmd-1" SIZE=`)(t, dir)
	in("fileGrp", `MIMETYPE="[^"]*"`, `MIMETYPE="text/plain; charset=utf-8"`)(t, dir)
	in("dmdSec", `MDTYPE="[^"]*"`, `MDTYPE="ISO 19115:2003 NAP"`)(t, dir)
	if r := validated(t, dir, Options{}); !r.Valid() || len(r.Warnings) > 0 {
		t.Errorf("%q %q", said(r.Faults), said(r.Warnings))
	}
}

// TestASoundPackageWithRightsIsSound keeps the breaches of rightsMD honest.
func TestASoundPackageWithRightsIsSound(t *testing.T) {
	dir := sound(t)
	withRights(t, dir)
	if r := validated(t, dir, Options{}); !r.Valid() || len(r.Warnings) > 0 || len(r.Package.Metadata) != 4 {
		t.Errorf("%q %q %+v", said(r.Faults), said(r.Warnings), r.Package.Metadata)
	}
}

func TestAFileThatCannotBeReadIsNamed(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	j := newJudge("p", Options{})
	j.open = func(p string) (io.ReadCloser, error) { return openRegular(root, p) }
	if _, found := j.read(t.Context(), promised{File: File{Path: "gone"}}); len(found) != 1 || found[0].rule != Unreadable {
		t.Errorf("found %+v", found)
	}
}

func TestPreservationMetadataAreJudgedToo(t *testing.T) {
	dir := sound(t)
	subIn("metadata/preservation/premis.xml", "", `<premis:eventDateTime>[^<]*`, `<premis:eventDateTime>then`)(t, dir)
	r := validated(t, dir, Options{})
	if got := said(r.Faults); !slices.ContainsFunc(got, func(s string) bool {
		return strings.HasPrefix(s, "premis.bad_date metadata/preservation/premis.xml event[1]")
	}) {
		t.Errorf("faults %q", got)
	}
}
