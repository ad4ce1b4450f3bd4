package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/api"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// held is an accession with content in its two units, signed by both sides and placed in the catalogue.
func (w *world) held() *intakev1.Accession {
	w.t.Helper()
	w.expect("2026-1", file(1, 3), file(2, 3))
	if _, err := w.send(newID(), "2026-1", bag(w.t, map[string]string{"1/a.txt": "first unit's secret bytes", "2/b.txt": "second unit's secret bytes"})); err != nil {
		w.t.Fatal(err)
	}
	a, err := w.accept(newID(), "2026-1", 1, 2)
	if err != nil {
		w.t.Fatal(err)
	}
	w.signedByBoth(a)
	w.placed(a.GetAccessionNumber(), "7", "1", 40)
	w.others.place(a.GetAccessionNumber(), map[string]uint32{"7/1/41": 1, "7/1/42": 2})
	return a
}

// leaves proposes as the archivist and approves as the head.
func (w *world) leaves(a *intakev1.Accession, way, content string, positions ...uint32) uint32 {
	w.t.Helper()
	q := &intakev1.ProposeDeaccessionRequest{
		CommandId: newID(), AccessionNumber: a.GetAccessionNumber(), Way: way, Ground: "договор", Positions: positions, Content: content,
		Protocol: &recordv1.Protocol{Commission: "ЭПК", Number: "9", Date: "2026-03-01"},
	}
	if way != "destroyed" {
		q.Receiver = "владелец"
	}
	w.as(archivist)
	res, err := w.client.ProposeDeaccession(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	n := res.GetDeaccession().GetProposed().GetNumber()
	if _, err := w.decides(a, n, true); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) left(a *intakev1.Accession, n uint32) *intakev1.Deaccession {
	w.t.Helper()
	work, err := w.client.GetAccessionWork(w.t.Context(), &intakev1.GetAccessionWorkRequest{AccessionNumber: a.GetAccessionNumber()})
	if err != nil {
		w.t.Fatal(err)
	}
	return work.GetDeaccessions()[n-1]
}

// fate is what becomes of the content of units that left: its state, and the number of the deaccession that takes the object. It has a day
// once it is given to nobody.
func (w *world) fate(a *intakev1.Accession, n uint32) string {
	w.t.Helper()
	f := w.left(a, n).GetFate()
	if closed := f.GetState() == "closed" || f.GetTakenBy() > 0; closed != (f.GetOn() != "") {
		w.t.Errorf("the day of %v", f)
	}
	return fmt.Sprint(f.GetState(), " ", f.GetTakenBy())
}

// onDisk counts the files of the service's folder that hold some bytes.
func (w *world) onDisk(text string) (n int) {
	w.t.Helper()
	for _, dir := range []string{"ocfl", "removed", "ocfl.staging", "staging"} {
		if err := filepath.WalkDir(filepath.Join(w.dir, "intake", dir), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // not there
			}
			if raw, err := os.ReadFile(path); err == nil && strings.Contains(string(raw), text) {
				n++
			}
			return nil
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	return n
}

// givenOut tells how reading a file of the accession ends.
func (w *world) givenOut(a *intakev1.Accession, path string) string {
	w.t.Helper()
	stream, err := w.client.ReadContent(w.t.Context(), &intakev1.ReadContentRequest{ObjectId: a.GetObjectId(), Path: path})
	for err == nil {
		_, err = stream.Recv()
	}
	if f := fault.Of(err); f.Kind != fault.Internal {
		return f.Code
	}
	return "whole"
}

// recorded counts the events of a type about an accession.
func (w *world) recorded(a *intakev1.Accession, of string) (n int) {
	w.t.Helper()
	list, err := w.s.host.Store().Timeline(journal.Ref{Type: "accession", ID: a.GetAccessionNumber()}, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range list {
		if strings.HasSuffix(r.Header.GetBodyType(), "."+of) {
			n++
		}
	}
	return n
}

// TestContentLeavesWithItsAct (AR-3, AR-8): nothing is destroyed before the act is signed and, where somebody receives the units, before
// the receipt; content of a unit is closed while others stand in the object, which goes as a whole with the last.
func TestContentLeavesWithItsAct(t *testing.T) {
	w := newWorld(t)
	a := w.held()
	destroy := func() {
		t.Helper()
		if err := w.s.api.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first := w.leaves(a, "returned_to_owner", "destroyed", 1)
	destroy()
	if w.onDisk("first unit") != 1 || w.givenOut(a, "data/1/a.txt") != "whole" || w.fate(a, first) != "awaits 0" {
		t.Error("content is gone before the receipt")
	}
	receive := func(n uint32, on, document string) string {
		_, err := w.client.ReceiveDeaccession(t.Context(), &intakev1.ReceiveDeaccessionRequest{CommandId: newID(), AccessionNumber: a.GetAccessionNumber(), Number: n, ReceivedOn: on, Document: document})
		if err == nil {
			return ""
		}
		return fault.Of(err).Code
	}
	for _, c := range []struct {
		n            uint32
		on, doc, was string
	}{
		{first, "", "", "intake.deaccession.receipt_fields"},
		{first, "2000-01-01", "№ 4", "intake.deaccession.receipt_fields"},
		{first, "2999-01-01", "№ 4", "intake.deaccession.receipt_fields"},
		{first + 1, "", "№ 4", "intake.deaccession.unknown"},
		{first, "", "расписка № 4", ""},
		{first, "", "расписка № 4", "intake.deaccession.receipt"},
	} {
		if got := receive(c.n, c.on, c.doc); got != c.was {
			t.Errorf("%+v: %q", c, got)
		}
	}
	destroy()
	if w.givenOut(a, "data/1/a.txt") != "intake.content.left" || w.givenOut(a, "data/2/b.txt") != "whole" || w.onDisk("second unit") != 1 {
		t.Errorf("after the first: %s, %s", w.givenOut(a, "data/1/a.txt"), w.givenOut(a, "data/2/b.txt"))
	}
	if d := w.left(a, first); d.GetContentClosedOn() == "" || d.GetRemovesObject() || w.fate(a, first) != "closed 0" {
		t.Errorf("%v", d)
	}
	w.whole()

	second := w.leaves(a, "destroyed", "", 2)
	if got := w.fate(a, second); got != "doomed 0" {
		t.Errorf("before it is destroyed: %s", got)
	}
	destroy()
	destroy()
	if got, last := w.fate(a, first), w.fate(a, second); got != "removed 2" || last != got {
		t.Errorf("%s, %s", got, last)
	}
	if n := w.onDisk("secret bytes"); n != 0 {
		t.Errorf("%d files still hold the bytes", n)
	}
	if d := w.left(a, second); d.GetProposed().GetContent() != "destroyed" || !d.GetRemovesObject() || d.GetObjectRemovedOn() == "" {
		t.Errorf("%v", d)
	}
	for _, path := range []string{"data/1/a.txt", "data/2/b.txt", "bagit.txt", a.GetHistory().GetPath()} {
		if got := w.givenOut(a, path); got != "intake.content.left" {
			t.Errorf("%s is read: %s", path, got)
		}
	}
	if w.recorded(a, "ContentClosed") != 2 || w.recorded(a, "ObjectRemoved") != 1 {
		t.Errorf("%d closed, %d tombstones", w.recorded(a, "ContentClosed"), w.recorded(a, "ObjectRemoved"))
	}
	w.as(insurance)
	if _, err := w.client.CheckObject(t.Context(), &intakev1.CheckObjectRequest{ObjectId: a.GetObjectId()}); fault.Of(err) == nil || fault.Of(err).Code != "intake.content.left" {
		t.Errorf("its record is checked: %v", err)
	}
	if _, err := w.client.RestoreRecord(t.Context(), &intakev1.RestoreRecordRequest{CommandId: newID(), ObjectId: a.GetObjectId()}); fault.Of(err) == nil || fault.Of(err).Code != "intake.content.left" {
		t.Errorf("it is restored: %v", err)
	}
	w.reopen()
	w.whole()
}

// TestKeptContentStays: where the act keeps it, and what a destruction may not keep.
func TestKeptContentStays(t *testing.T) {
	w := newWorld(t)
	a := w.held()
	if w.proposes(a, "destroyed") != "" || w.fate(a, 1) != "doomed 0" {
		t.Errorf("proposed: %s", w.fate(a, 1))
	}
	if d, err := w.decides(a, 1, false); err != nil || d.GetFate() != nil {
		t.Errorf("declined: %v %v", d, err)
	}
	n := w.leaves(a, "transferred", "", 1, 2)
	if _, err := w.client.ReceiveDeaccession(t.Context(), &intakev1.ReceiveDeaccessionRequest{CommandId: newID(), AccessionNumber: a.GetAccessionNumber(), Number: n, Document: "№ 4"}); err != nil {
		t.Fatal(err)
	}
	if err := w.s.api.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := w.left(a, n); d.GetContentClosedOn() != "" || w.fate(a, n) != "kept 0" || w.givenOut(a, "data/1/a.txt") != "whole" {
		t.Errorf("%v", d)
	}
	for way, content := range map[string]string{"destroyed": "kept", "transferred": "sold"} {
		q := &intakev1.ProposeDeaccessionRequest{CommandId: newID(), AccessionNumber: a.GetAccessionNumber(), Way: way, Ground: "x", Content: content, Positions: []uint32{1}}
		if way == "transferred" {
			q.Receiver = "ЦГА"
		}
		if _, err := w.client.ProposeDeaccession(t.Context(), q); fault.Of(err) == nil || fault.Of(err).Code != "intake.deaccession.content" {
			t.Errorf("%s, %s: %v", way, content, err)
		}
	}
	w.whole()
}

// TestAnObjectGoesOnce: a unit on paper that leaves after the object has gone takes nothing with it a second time, and nobody is told that
// it had content.
func TestAnObjectGoesOnce(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3), file(2, 3))
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a.txt": "first unit's secret bytes"})); err != nil {
		t.Fatal(err)
	}
	w.present("2026-1", 2)
	a, err := w.accept(newID(), "2026-1", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	w.signedByBoth(a)
	w.placed(a.GetAccessionNumber(), "7", "1", 40)
	w.others.place(a.GetAccessionNumber(), map[string]uint32{"7/1/41": 1, "7/1/42": 2})
	for _, position := range []uint32{1, 2} {
		n := w.leaves(a, "destroyed", "", position)
		if err := w.s.api.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := w.left(a, n); d.GetContentClosedOn() == "" || d.GetRemovesObject() != (position == 1) || (d.GetFate() == nil) != (position == 2) {
			t.Errorf("unit %d: %v", position, d)
		}
	}
	if w.recorded(a, "ContentClosed") != 2 || w.recorded(a, "ObjectRemoved") != 1 {
		t.Errorf("%d closed, %d tombstones", w.recorded(a, "ContentClosed"), w.recorded(a, "ObjectRemoved"))
	}
	if got := w.fate(a, 1); got != "removed 1" {
		t.Errorf("of the first: %s", got)
	}
	w.whole()
}

// TestTheActThatClosedIsNamed: whoever asks for destroyed content hears of the act of his unit, and of what belongs to none of the act that
// took the object, in whatever order receipts came.
func TestTheActThatClosedIsNamed(t *testing.T) {
	w := newWorld(t)
	a := w.held()
	first, second := w.leaves(a, "returned_to_owner", "destroyed", 1), w.leaves(a, "destroyed", "", 2)
	if err := w.s.api.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.ReceiveDeaccession(t.Context(), &intakev1.ReceiveDeaccessionRequest{CommandId: newID(), AccessionNumber: a.GetAccessionNumber(), Number: first, Document: "№ 4"}); err != nil {
		t.Fatal(err)
	}
	if err := w.s.api.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !w.left(a, first).GetRemovesObject() || w.left(a, second).GetRemovesObject() {
		t.Fatal("the object did not go with the last content")
	}
	for path, n := range map[string]uint32{"data/1/a.txt": first, "data/2/b.txt": second, "bagit.txt": first} {
		stream, err := w.client.ReadContent(t.Context(), &intakev1.ReadContentRequest{ObjectId: a.GetObjectId(), Path: path})
		if err == nil {
			_, err = stream.Recv()
		}
		if act := fmt.Sprintf("%s/%d", a.GetAccessionNumber(), n); !strings.Contains(fault.Of(err).In(fault.English), act+" ") {
			t.Errorf("%s left by %s: %v", path, act, err)
		}
	}
}

// TestNothingGoesWhileItIsBeingAccepted: units whose rows are still to come have content in the object too. There is no act to sign then, so
// that only a deaccession which an earlier program began can be decided so early.
func TestNothingGoesWhileItIsBeingAccepted(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a.txt": "first unit's secret bytes"})); err != nil {
		t.Fatal(err)
	}
	w.stopAt(accept.Recorded, "2026-1")
	w.s.plans.After = nil
	a := w.seen("2026-1").GetTransfer().GetAccessionNumber()
	w.placed(a, "7", "1", 40)
	w.others.place(a, map[string]uint32{"7/1/41": 1})
	accession := &intakev1.Accession{AccessionNumber: a}
	if got := w.proposes(accession, "destroyed"); got != "intake.deaccession.unsigned" {
		t.Errorf("proposed before there is an act: %q", got)
	}
	n := w.begun(accession, 1)
	if _, err := w.decides(accession, n, true); err != nil {
		t.Fatal(err)
	}
	if err := w.s.api.Destroy(t.Context()); err == nil || w.left(accession, n).GetContentClosedOn() != "" || w.onDisk("first unit") == 0 {
		t.Errorf("%v, %v", err, w.left(accession, n))
	}
	if err := errors.Join(w.s.plans.Resume(t.Context()), w.s.api.Destroy(t.Context())); err != nil || w.left(accession, n).GetObjectRemovedOn() == "" {
		t.Errorf("%v, %v", err, w.left(accession, n))
	}
	w.whole()
}

// TestDestructionKilledAtEveryStep stops the plan behind every durable step, starts anew, and finds the same end.
func TestDestructionKilledAtEveryStep(t *testing.T) {
	for _, step := range []api.Step{api.Closed, api.Emptied, api.Noted} {
		t.Run(string(step), func(t *testing.T) {
			w := newWorld(t)
			a := w.held()
			n := w.leaves(a, "destroyed", "", 1, 2)
			dead := errors.New("dead")
			stopped := false
			w.s.api.Destroyed = func(s api.Step) error {
				if s == step {
					stopped = true
					return dead
				}
				return nil
			}
			if err := w.s.api.Destroy(t.Context()); !errors.Is(err, dead) || !stopped {
				t.Fatalf("stopped: %t, %v", stopped, err)
			}
			if got := w.givenOut(a, "data/1/a.txt"); got != "intake.content.left" {
				t.Errorf("behind the point of no return it is read: %s", got)
			}
			w.whole()
			w.reopen()
			for range 2 {
				if err := w.s.api.Destroy(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if d := w.left(a, n); d.GetObjectRemovedOn() == "" || w.onDisk("secret bytes") != 0 || w.recorded(a, "ObjectRemoved") != 1 || w.recorded(a, "ContentClosed") != 1 {
				t.Errorf("%v, %d files, %d tombstones", d, w.onDisk("secret bytes"), w.recorded(a, "ObjectRemoved"))
			}
			w.whole()
		})
	}
}

// TestAVersionUnderWayEndsBeforeItsObjectGoes: a plan to tell of what happened is carried out while the object stands; afterwards none is
// begun, also not of the deaccession itself.
func TestAVersionUnderWayEndsBeforeItsObjectGoes(t *testing.T) {
	w := newWorld(t)
	a := w.held()
	w.quarantined(a.GetAccessionNumber())
	w.released(a.GetAccessionNumber(), "clean")
	w.s.plans.After = func(s accept.Step) error {
		if s == accept.Planned {
			return errKilled
		}
		return nil
	}
	if err := w.s.plans.Versions(t.Context(), time.Now().Add(time.Hour)); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	w.reopen()
	w.leaves(a, "destroyed", "", 1, 2)
	if err := w.s.api.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.versions()
	if a = w.line(a.GetAccessionNumber()); !a.GetObjectLeft() || a.GetObjectVersion() != 2 || w.recorded(a, "ObjectVersionBegun") != 1 || w.recorded(a, "ObjectVersionAdded") != 1 {
		t.Errorf("%v; begun %d, added %d", a, w.recorded(a, "ObjectVersionBegun"), w.recorded(a, "ObjectVersionAdded"))
	}
	if n := w.onDisk("secret bytes"); n != 0 {
		t.Errorf("%d files stand", n)
	}
	w.whole()
}

// TestRemovingCutInTheMiddle: the object was taken out of the root and its bytes were not gone yet.
func TestRemovingCutInTheMiddle(t *testing.T) {
	w := newWorld(t)
	a := w.held()
	w.leaves(a, "destroyed", "", 1, 2)
	w.s.api.Destroyed = func(api.Step) error { return fmt.Errorf("dead") }
	if err := w.s.api.Destroy(t.Context()); err == nil {
		t.Fatal("it was not stopped")
	}
	away := filepath.Join(w.dir, "intake", "removed")
	if err := os.MkdirAll(away, 0o700); err != nil {
		t.Fatal(err)
	}
	marks, err := filepath.Glob(filepath.Join(w.dir, "intake", "ocfl", "*", "*", "*", "*", "0=ocfl_object_1.1"))
	if err != nil || len(marks) != 1 {
		t.Fatalf("%v %v", marks, err)
	}
	sum := sha256.Sum256([]byte(a.GetObjectId()))
	if err := os.Rename(filepath.Dir(marks[0]), filepath.Join(away, hex.EncodeToString(sum[:]))); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	if err := w.s.api.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.onDisk("secret bytes"); n != 0 || w.recorded(a, "ObjectRemoved") != 1 {
		t.Errorf("%d files, %d tombstones", n, w.recorded(a, "ObjectRemoved"))
	}
	w.whole()
}
