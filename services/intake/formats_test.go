package intake

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/standards/pronom"
)

// signatures is a registry of our own that knows one format.
const signatures = `<FFSignatureFile Version="7"><InternalSignatureCollection><InternalSignature ID="1"><ByteSequence Reference="BOFoffset">
<SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="0"><Sequence>514F59</Sequence></SubSequence></ByteSequence></InternalSignature></InternalSignatureCollection>
<FileFormatCollection><FileFormat ID="1" PUID="x/1" Name="Qoy" Version="3"><InternalSignatureID>1</InternalSignatureID></FileFormat></FileFormatCollection></FFSignatureFile>`

// TestFormatsAreNamedByTheRegistryThatIsChosen: the one pass over a package uses the loaded
// signatures, and without any the built-in table.
func TestFormatsAreNamedByTheRegistryThatIsChosen(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "DROID_SignatureFile_V7.xml"), []byte(signatures), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	for transfer, want := range map[string]struct {
		cfg                 Config
		puid, format, basis string
		signatures          string
	}{
		"2026-1": {Config{}, "x-fmt/111", "Plain Text File", "text", ""},
		"2026-2": {Config{Signatures: folder}, "x/1", "Qoy 3", "signature", "DROID signature file 7"},
	} {
		w.cfg = want.cfg
		w.reopen()
		w.expect(transfer, file(1, 1))
		if taken, err := w.send(newID(), transfer, bag(t, map[string]string{"0001/a.txt": "QOY\n"})); err != nil || !taken.GetTaken() {
			t.Fatalf("%v %v", taken, err)
		}
		contents := w.seen(transfer).GetContents()
		if len(contents) != 1 || len(contents[0].GetFirst()) != 1 {
			t.Fatalf("%v", contents)
		}
		if got := contents[0].GetFirst()[0]; got.GetPuid() != want.puid || got.GetFormat() != want.format || got.GetBasis() != want.basis {
			t.Errorf("%s: %v", transfer, got)
		}
		var checked *intakev1.PackageChecked
		for _, e := range w.events() {
			if body, err := e.Body(); err == nil && e.Is((*intakev1.PackageChecked)(nil)) {
				if c, ok := body.(*intakev1.PackageChecked); ok && c.GetTransferId() == transfer {
					checked = c
				}
			}
		}
		if !strings.HasPrefix(checked.GetSoftware(), "qoyma") || checked.GetSignatures() != want.signatures {
			t.Errorf("%s was examined by %q with %q, want %q", transfer, checked.GetSoftware(), checked.GetSignatures(), want.signatures)
		}
	}
	w.close()
	if _, err := open(Config{Signatures: w.dir}, host.Process{Archive: "kz-test", Data: w.dir, Keys: filepath.Join(w.dir, "keys")}); !errors.Is(err, pronom.NoSignatures) {
		t.Errorf("a folder without signatures: %v", err)
	}
}
