package intake

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// TestAnAcceptanceWhoseBytesAreLostIsTakenBack (IS-9): between its beginning and its number a disk may
// lose or change what stands in staging. The transfer is expected again and says why; no number is lost by it.
func TestAnAcceptanceWhoseBytesAreLostIsTakenBack(t *testing.T) {
	file := func(w *world, id string) string { return w.s.plans.Staging.Path(id, "data/1/a.txt") }
	packed := func(name string) func(w *world, id string) string {
		return func(w *world, id string) string { return filepath.Join(w.s.plans.Staging.Dir(), id, name) }
	}
	for name, c := range map[string]struct {
		sends way
		at    func(w *world, id string) string
		spoil func(path string) error
	}{
		"a file is gone":        {inFile, file, os.Remove},
		"a file is cut":         {inFile, file, func(path string) error { return os.Truncate(path, 1) }},
		"a pack is gone":        {inFiles, packed("pack"), os.Remove},
		"a pack is cut":         {inFiles, packed("pack"), func(path string) error { return os.Truncate(path, 1) }},
		"a pack is other bytes": {inFiles, packed("pack"), flipped},
		"its rows are gone":     {inFiles, packed("pack.rows"), os.Remove},
	} {
		t.Run(name, func(t *testing.T) { takenBack(t, c.sends, c.at, c.spoil) })
	}
}

// flipped changes one bit of each byte of a file.
func flipped(path string) error {
	raw, err := os.ReadFile(path)
	for i := range raw {
		raw[i] ^= 1
	}
	return errors.Join(err, os.WriteFile(path, raw, 0o600))
}

func takenBack(t *testing.T, sends way, at func(w *world, id string) string, spoil func(path string) error) {
	w := newWorld(t)
	w.sends = sends
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
	if err := spoil(at(w, packages[0])); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	if err := w.s.plans.Resume(t.Context()); err == nil || !strings.Contains(err.Error(), packages[0]) {
		t.Errorf("resumed: %v", err)
	}
	if got := w.staged(); len(got) != 0 {
		t.Errorf("staging holds %v, which nobody will ask for", got)
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

// TestWithoutRoomNothingIsAccepted: packed files are copied into the object. Where the disk has no room for them nothing is begun, and an
// acceptance that was begun waits until there is.
func TestWithoutRoomNothingIsAccepted(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 12))
	w.sends = inFiles
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a.txt": "бір"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	enough := w.s.plans.Reserve
	none := func(err error) {
		t.Helper()
		if f := fault.Of(err); err == nil || f.Code != "intake.accept.no_room" || f.Kind != fault.Exhausted {
			t.Error(err)
		}
	}
	before := w.s.host.Store().Head()
	w.s.plans.Reserve = 1 << 60
	_, err := w.accept(newID(), "2026-1")
	if none(err); w.s.host.Store().Head() != before || w.seen("2026-1").GetTransfer().GetState() != "checked" {
		t.Error("something was begun")
	}
	w.s.plans.Reserve = enough
	w.s.plans.After = func(accept.Step) error {
		w.s.plans.Reserve = 1 << 60
		return nil
	}
	command := newID()
	_, err = w.accept(command, "2026-1")
	none(err)
	none(w.s.plans.Resume(t.Context()))
	w.s.plans.After, w.s.plans.Reserve = nil, enough
	if err := w.s.plans.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err := w.accept(command, "2026-1"); err != nil || a.GetAccepted() != 1 {
		t.Error(a, err)
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

// stopAt accepts a transfer and stops behind a step; it gives the command and the staged packages.
func (w *world) stopAt(step accept.Step, id string) (command string, packages []string) {
	w.t.Helper()
	w.s.plans.After = func(s accept.Step) error {
		if s == step {
			return errKilled
		}
		return nil
	}
	command = newID()
	if _, err := w.accept(command, id); err == nil {
		w.t.Fatal("not killed")
	}
	return command, w.staged()
}

// TestAnObjectThatStandsIsAccepted: between the object and its number staging is damaged. The object
// has its bytes, so the acceptance goes on.
func TestAnObjectThatStandsIsAccepted(t *testing.T) {
	for name, spoil := range map[string]func(folder string) error{
		"gone": os.RemoveAll,
		"emptied": func(folder string) error {
			files, err := filepath.Glob(filepath.Join(folder, "*"))
			for _, f := range files {
				err = errors.Join(err, os.Remove(f))
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.expect("2026-1", file(1, 12))
			if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a.txt": "бір"})); err != nil || !res.GetTaken() {
				t.Fatal(res, err)
			}
			command, packages := w.stopAt(accept.Object, "2026-1")
			if err := spoil(filepath.Join(w.dir, "intake", "staging", packages[0])); err != nil {
				t.Fatal(err)
			}
			w.reopen()
			if err := w.s.plans.Resume(t.Context()); err != nil {
				t.Fatal(err)
			}
			a, err := w.accept(command, "2026-1")
			if err != nil || a.GetAccepted() != 1 || a.GetHistory() == nil {
				t.Fatal(a, err)
			}
			if got, err := w.content(a.GetObjectId(), "data/1/a.txt"); err != nil || got != "бір" {
				t.Error(got, err)
			}
			if got := w.staged(); len(got) != 0 {
				t.Errorf("staging holds %v", got)
			}
			w.whole()
		})
	}
}

// TestADamagedObjectIsNotAbandoned: an object stands that cannot be read, and staging has lost its
// bytes. Nobody but a person can tell what to do; another package could never take its place.
func TestADamagedObjectIsNotAbandoned(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 12))
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a.txt": "бір"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	_, packages := w.stopAt(accept.Object, "2026-1")
	record := w.original("inventory.json")
	whole, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(filepath.Dir(record), "..", "inventory.json")
	if err := errors.Join(os.WriteFile(object, []byte("{}"), 0o600), os.RemoveAll(filepath.Join(w.dir, "intake", "staging", packages[0]))); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	if err := w.s.plans.Resume(t.Context()); err == nil {
		t.Error("nothing was wrong")
	}
	if got := w.seen("2026-1").GetTransfer().GetState(); got != "accepting" {
		t.Errorf("it is %s", got)
	}
	if err := os.WriteFile(object, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.s.plans.Resume(t.Context()); err != nil {
		t.Error(err)
	}
	w.whole()
}
