package eark

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzMETS reads a METS file of a package and one of a representation.
func FuzzMETS(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "sip-2026-1")
	if _, err := Create(f.Context(), dir, spec(), Options{}); err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"METS.xml", "representations/rep1/METS.xml"} {
		raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, name != "METS.xml")
	}
	f.Add([]byte(`<mets xmlns="http://www.loc.gov/METS/"><metsHdr/><dmdSec><mdRef/></dmdSec><amdSec><rightsMD/></amdSec><fileSec><fileGrp><file/></fileGrp></fileSec><structMap LABEL="CSIP"><div><div><mptr/></div></div></structMap></mets>`), false)
	f.Add([]byte(`<!DOCTYPE a><mets/>`), true)
	f.Fuzz(func(t *testing.T, raw []byte, ofRepresentation bool) {
		j := newJudge("p", Options{Limits: Limits{METSBytes: 32 << 10, Elements: 500, Faults: 20}.withDefaults(), SIP: true})
		for _, p := range []string{"METS.xml", "a", "metadata/preservation/premis.xml", "documentation/x", "representations/rep1/METS.xml", "representations/rep1/data/empty"} {
			j.add(File{Path: p})
			j.folder(path.Dir(p))
		}
		j.packaged = []string{"rep1"}
		name, representation := "METS.xml", ""
		if ofRepresentation {
			name, representation = "representations/rep1/METS.xml", "rep1"
			j.report.Package.Representations = []Representation{{Name: "rep1"}}
		}
		j.metsFrom(bytes.NewReader(raw), name, representation)
		j.structure()
		j.settle()
		r := j.report
		if len(r.Faults) > 21 || len(r.Warnings) > 20 {
			t.Errorf("%d faults, %d warnings", len(r.Faults), len(r.Warnings))
		}
		for _, i := range slices.Concat(r.Faults, r.Warnings) {
			if strings.ContainsAny(i.Where, "\x00\n\r") {
				t.Errorf("%q may not be put before a person", i.Where)
			}
		}
		for g := range j.all() {
			if !j.has(g.Path) {
				t.Errorf("a promise about %q, which is not in the package", g.Path)
			}
			for _, x := range g.said {
				if begin := checksumTypes[x.algorithm]; begin != nil && x.digest != "" && len(x.digest) != 2*begin().Size() || x.size < -1 {
					t.Errorf("promise %+v", x)
				}
			}
		}
	})
}

// FuzzReference follows references of every kind: one that is found is a file of the
// package.
func FuzzReference(f *testing.F) {
	for _, s := range []string{"a", "file://../a", "%2e%2e/%2e%2e/x", "d/b%41", `..\..`, "http://x/a", "representations/r/../../a"} {
		f.Add(s, "representations/r")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, href, dir string) {
		if dir != "" && (!local("", dir) || path.Clean(dir) != dir) {
			return
		}
		j := newJudge("p", Options{})
		for _, p := range []string{"a", "d/b%41", "representations/r/data/й"} {
			j.add(File{Path: p})
		}
		p, wrong := j.resolve(dir, href)
		switch wrong {
		case nil, OtherForm:
			if !j.has(p) {
				t.Errorf("%q from %q leads to %q", href, dir, p)
			}
		case Missing:
			if !local("", p) {
				t.Errorf("%q from %q leads out to %q", href, dir, p)
			}
		case Outside:
		default:
			t.Errorf("rule %s", wrong.ID)
		}
	})
}
