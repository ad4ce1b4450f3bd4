package intake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/intake/internal/accept"
)

// TestAnAcceptanceWhoseBytesAreLostIsTakenBack (IS-9): between its beginning and its number a disk may
// lose what stands in staging. The transfer is expected again and says why; no number is lost by it.
func TestAnAcceptanceWhoseBytesAreLostIsTakenBack(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 12), file(2, 5))
	payload := map[string]string{"1/a.txt": "бір", "2/b.txt": "екі"}
	if res, err := w.send(newID(), "2026-1", bag(t, payload)); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	w.s.plans.After = func(s accept.Step) error {
		if s == accept.Begun {
			return errKilled
		}
		return nil
	}
	if _, err := w.accept(newID(), "2026-1"); err == nil {
		t.Fatal("not killed")
	}
	packages := w.staged()
	if len(packages) != 1 {
		t.Fatal(packages)
	}
	if err := os.RemoveAll(filepath.Join(w.dir, "intake", "staging", packages[0])); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	if err := w.s.plans.Resume(t.Context()); err == nil || !strings.Contains(err.Error(), packages[0]) {
		t.Errorf("resumed: %v", err)
	}
	seen := w.seen("2026-1").GetTransfer()
	if seen.GetState() != "expected" || seen.GetPackageId() != "" || faultCodes(seen.GetFaults()) != " intake.package.lost" {
		t.Errorf("%v", seen)
	}
	if err := w.s.plans.Resume(t.Context()); err != nil {
		t.Errorf("once more: %v", err)
	}
	w.whole()
	if res, err := w.send(newID(), "2026-1", bag(t, payload)); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	if a, err := w.accept(newID(), "2026-1"); err != nil || !strings.HasSuffix(a.GetAccessionNumber(), "-1") || a.GetAccepted() != 2 {
		t.Fatal(a, err)
	}
	w.whole()
}
