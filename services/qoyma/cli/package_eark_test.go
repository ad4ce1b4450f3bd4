package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/standards/eark"
)

func TestAnEARKPackageIsMadeFromAFolder(t *testing.T) {
	at := t.TempDir()
	for name, text := range map[string]string{"in/a.txt": "x", "docs/readme.txt": "y", "ead.xml": `<ead xmlns="urn:isbn:1-931666-22-9"/>`} {
		full := filepath.Join(at, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	a := &app{out: &out, lang: "en"}
	p := earkPackage{
		payload: filepath.Join(at, "in"), to: filepath.Join(at, "sip-1"), label: "Letters", submitter: "Culture", creator: "Culture",
		agreement: "5", descriptions: []string{filepath.Join(at, "ead.xml")}, documentation: filepath.Join(at, "docs"),
	}
	if err := a.createEARK(t.Context(), p, time.Now()); err != nil || !strings.Contains(out.String(), "valid E-ARK package sip-1 (SIP): 1 records, 7 files") {
		t.Errorf("%v\n%s", err, out.String())
	}
	r, err := eark.Validate(t.Context(), p.to, eark.Options{SIP: true})
	if err != nil || !r.Valid() || r.Package.Metadata[0].MDType != "EAD" || r.Package.OtherIDs[0].Value != "5" {
		t.Errorf("%v %+v", err, r)
	}
	p.to, p.descriptions = filepath.Join(at, "sip-2"), []string{filepath.Join(at, "none.xml")}
	if err := a.createEARK(t.Context(), p, time.Now()); !errors.Is(err, noDescription) {
		t.Errorf("got %v", err)
	}
}
