package intake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/platform/fault"
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

// TestACommandWhoseAcceptanceWasTakenBackStaysRefused: its plan is over. Sent again it neither accepts
// what has come since nor gives a number to nothing.
func TestACommandWhoseAcceptanceWasTakenBackStaysRefused(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 12))
	command := w.abandoned("2026-1", map[string]string{"1/a.txt": "бір"})
	refused := func(when string) {
		t.Helper()
		before := w.s.host.Store().Head()
		if a, err := w.accept(command, "2026-1"); err == nil || fault.Of(err).Code != "intake.accept.abandoned" {
			t.Errorf("%s: %v %v", when, a, err)
		}
		if w.s.host.Store().Head() != before {
			t.Errorf("%s: something was recorded", when)
		}
	}
	refused("nothing has come")
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a.txt": "екі"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	refused("another package has come")
	w.whole()
	if a, err := w.accept(newID(), "2026-1"); err != nil || a.GetAccepted() != 1 {
		t.Fatal(a, err)
	}
	refused("another acceptance is done")
	w.whole()
}

// abandoned sends a package, begins its acceptance, loses its bytes and takes it back; it gives the
// command.
func (w *world) abandoned(id string, payload map[string]string) (command string) {
	w.t.Helper()
	if res, err := w.send(newID(), id, bag(w.t, payload)); err != nil || !res.GetTaken() {
		w.t.Fatal(res, err)
	}
	command = newID()
	w.s.plans.After = func(accept.Step) error { return errKilled }
	if _, err := w.accept(command, id); err == nil {
		w.t.Fatal("not killed")
	}
	if err := os.RemoveAll(filepath.Join(w.dir, "intake", "staging", w.seen(id).GetTransfer().GetPackageId())); err != nil {
		w.t.Fatal(err)
	}
	w.reopen()
	if err := w.s.plans.Resume(w.t.Context()); err == nil {
		w.t.Fatal("not taken back")
	}
	return command
}
