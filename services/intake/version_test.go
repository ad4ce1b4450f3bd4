package intake

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/react"
	"github.com/qoyma/qoyma/services/standards/ocfl"
	"github.com/qoyma/qoyma/services/standards/premis"
)

// versions makes what is due some hours from now.
func (w *world) versions() {
	w.t.Helper()
	if err := w.s.plans.Versions(w.t.Context(), time.Now().Add(3*time.Hour)); err != nil {
		w.t.Fatal(err)
	}
}

// line is an accession as the book has it now.
func (w *world) line(number string) *intakev1.Accession {
	w.t.Helper()
	res, err := w.client.GetAccession(w.t.Context(), &intakev1.GetAccessionRequest{AccessionNumber: number})
	if err != nil {
		w.t.Fatal(err)
	}
	return res.GetAccession()
}

// object opens an accession's object as it lies on the disk.
func (w *world) object(a *intakev1.Accession) *ocfl.Object {
	w.t.Helper()
	root, err := ocfl.Open(filepath.Join(w.dir, "intake", "ocfl"))
	if err != nil {
		w.t.Fatal(err)
	}
	o, err := root.Object(a.GetObjectId())
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// filesAt lists the files of a version of an object.
func (w *world) filesAt(o *ocfl.Object, version string) (files []ocfl.File) {
	w.t.Helper()
	for f, err := range o.Files(w.t.Context(), version) {
		if err != nil {
			w.t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func (w *world) quarantined(number string) {
	w.t.Helper()
	if _, err := w.client.BeginQuarantine(w.t.Context(), &intakev1.BeginQuarantineRequest{CommandId: newID(), AccessionNumber: number, Reason: "плесень, сказала Айгуль", Place: "изолятор"}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) released(number, result string) {
	w.t.Helper()
	if _, err := w.client.EndQuarantine(w.t.Context(), &intakev1.EndQuarantineRequest{CommandId: newID(), AccessionNumber: number, Result: result, Note: "Айгуль"}); err != nil {
		w.t.Fatal(err)
	}
}

// found lets a finding of the insurance fund take effect.
func (w *world) found(a *intakev1.Accession, path string) error {
	w.t.Helper()
	return w.toldOf(a, &insurancev1.DamageFound{CopyId: "1/1/1", ScrubId: "7", Side: "original", Path: path, ExpectedSha512: "aa", Kind: "missing"})
}

func (w *world) toldOf(a *intakev1.Accession, m *insurancev1.DamageFound) error {
	w.refs = []string{"insurance", m.GetCopyId(), "accession", a.GetAccessionNumber()}
	defer func() { w.refs = nil }()
	return w.told("insurance", react.Insurance(), m, nil)
}

// damageAndRestore breaks a file of the object and gives it back from a copy.
func (w *world) damageAndRestore(a *intakev1.Accession, path, text string) {
	w.t.Helper()
	was := w.caller
	defer func() { w.caller = was }()
	w.caller = insurance
	if err := os.WriteFile(w.original(strings.TrimPrefix(path, "data")), []byte("damaged"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if res, err := w.restore(newID(), a.GetObjectId(), path, text); err != nil || !res.GetRestored() {
		w.t.Fatal(res, err)
	}
}

// kinds are the types of a history's events, with what they are about.
func kinds(doc *premis.Document) (all []string) {
	for _, e := range doc.Events {
		about := ""
		if id := e.Objects[0].Identifier; id.Type == "OCFL logical path" {
			about = " of " + id.Value
		}
		all = append(all, fmt.Sprintf("%s%s: %s", e.Type, about, e.Outcomes[0].Outcome))
	}
	return all
}

// TestWhatHappensLaterBecomesALaterVersion: each PREMIS event from the journal, in its order, with its
// place there; content and earlier versions as they were; nothing that a person wrote; the object valid;
// the record of two versions made again by the byte.
func TestWhatHappensLaterBecomesALaterVersion(t *testing.T) {
	w, a := kept(t)
	was := w.filesAt(w.object(a), "v1")
	w.quarantined(a.GetAccessionNumber())
	w.released(a.GetAccessionNumber(), "treated")
	if err := w.s.plans.Versions(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := w.line(a.GetAccessionNumber()); got.GetObjectVersion() != 1 {
		t.Errorf("more may follow at once, and it is at version %d", got.GetObjectVersion())
	}
	w.versions()
	w.damageAndRestore(a, "data/2/b", "екінші")
	if err := w.found(a, "data/1/a"); err != nil {
		t.Fatal(err)
	}
	w.versions()
	w.versions() // nothing is due any more
	a = w.line(a.GetAccessionNumber())
	o := w.object(a)
	if a.GetObjectVersion() != 3 || o.Inventory.Head != "v3" || a.GetHistory().GetPath() != "metadata/premis.xml" {
		t.Fatal(a, o.Inventory.Head)
	}
	if !slices.Equal(was, w.filesAt(o, "v1")) {
		t.Error("the first version is another now")
	}
	doc, text := w.past(a)
	before := []string{"transfer: success", "message digest calculation: success", "format identification: success", "validation: success", "accession: success"}
	if want := append(slices.Clip(before), "quarantine: success", "unquarantine: warning", "fixity check of data/2/b: fail", "recovery of data/2/b: success", "fixity check of data/1/a: fail"); !slices.Equal(kinds(doc), want) {
		t.Errorf("%v, want %v", kinds(doc), want)
	}
	for _, private := range []string{"плесень", "Айгуль", "изолятор", "aigerim"} {
		if bytes.Contains(text, []byte(private)) {
			t.Errorf("it says %q", private)
		}
	}
	said := map[string]int{}
	for _, o := range doc.Objects {
		said[o.OriginalName] = len(o.Events)
	}
	if said["data/2/b"] != 7 || said["data/1/a"] != 6 || said["data/2/copy"] != 5 || said[""] != 7 {
		t.Errorf("events of each: %v", said)
	}
	w.madeAgainOf(a, "v1/inventory.json", "v2/inventory.json", "v3/inventory.json.sha512", "v1/content/metadata/premis.xml", "v2/content/metadata/premis.xml", "v3/content/metadata/premis.xml")
	w.whole()
	w.reopen()
	w.whole()
}

// madeAgainOf spoils files of an object's record and wants them again by the byte.
func (w *world) madeAgainOf(a *intakev1.Accession, ends ...string) {
	w.t.Helper()
	was := w.caller
	defer func() { w.caller = was }()
	w.caller = insurance
	before := map[string][]byte{}
	for _, end := range ends {
		raw, err := os.ReadFile(w.original("/" + end))
		if err == nil {
			before[end], err = raw, os.WriteFile(w.original("/"+end), []byte("{}"), 0o600)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	check, err := w.client.CheckObject(w.t.Context(), &intakev1.CheckObjectRequest{ObjectId: a.GetObjectId()})
	if err != nil || len(check.GetDamaged()) != len(ends) {
		w.t.Errorf("damaged: %v %v, want %v", check, err, ends)
	}
	res, err := w.client.RestoreRecord(w.t.Context(), &intakev1.RestoreRecordRequest{CommandId: newID(), ObjectId: a.GetObjectId()})
	if err != nil || len(res.GetPaths()) != len(ends) {
		w.t.Errorf("restored: %v %v, want %v", res, err, ends)
	}
	for _, end := range ends {
		if raw, err := os.ReadFile(w.original("/" + end)); err != nil || !bytes.Equal(raw, before[end]) {
			w.t.Errorf("%s was made otherwise: %v", end, err)
		}
	}
}

// TestAVersionKilledAtEveryStep stops behind each durable step, opens the service again, and wants the
// version once, with the same bytes as of a version that nothing stopped; whoever checks the object
// between finds nothing wrong with it.
func TestAVersionKilledAtEveryStep(t *testing.T) {
	for kill := range 4 { // planned, stands, recorded; 3: not killed
		t.Run(fmt.Sprint(kill), func(t *testing.T) {
			w, a := kept(t)
			w.quarantined(a.GetAccessionNumber())
			steps := 0
			w.s.plans.After = func(accept.Step) error {
				if steps++; steps == kill+1 {
					return errKilled
				}
				return nil
			}
			if err := w.s.plans.Versions(t.Context(), time.Now().Add(time.Hour)); errors.Is(err, errKilled) != (kill < 3) {
				t.Fatal(err)
			}
			w.reopen()
			text, err := w.readContent(a.GetObjectId(), a.GetHistory().GetPath())
			if err != nil || len(text) == 0 {
				t.Errorf("the history cannot be read: %v", err)
			}
			w.released(a.GetAccessionNumber(), "clean") // no part of the version that was begun
			w.caller = insurance
			if res, err := w.client.CheckObject(t.Context(), &intakev1.CheckObjectRequest{ObjectId: a.GetObjectId()}); err != nil || len(res.GetDamaged()) != 0 {
				t.Errorf("it is checked as damaged: %v %v", res, err)
			}
			w.caller = archivist
			if got := w.line(a.GetAccessionNumber()).GetObjectVersion(); got != 2 {
				t.Errorf("after the check it is at version %d", got)
			}
			w.versions()
			w.versions()
			a = w.line(a.GetAccessionNumber())
			doc, _ := w.past(a)
			if got := kinds(doc); a.GetObjectVersion() != 3 || w.object(a).Inventory.Head != "v3" || len(got) != 7 || got[5] != "quarantine: success" || got[6] != "unquarantine: success" {
				t.Errorf("version %d: %v", a.GetObjectVersion(), got)
			}
			w.madeAgainOf(a, "v2/inventory.json", "v2/content/metadata/premis.xml")
			w.whole()
		})
	}
}

// TestADamagedRecordHoldsUpNoRepair: while the object's record is damaged no version of it is made, also where one was begun before, and the
// fund finds the damage and restores it all the same; then the version is made.
func TestADamagedRecordHoldsUpNoRepair(t *testing.T) {
	for _, begun := range []bool{false, true} {
		t.Run(fmt.Sprint("begun ", begun), func(t *testing.T) {
			w, a := kept(t)
			w.quarantined(a.GetAccessionNumber())
			later := time.Now().Add(3 * time.Hour)
			if begun {
				w.s.plans.After = func(s accept.Step) error {
					if s == accept.Planned {
						return errKilled
					}
					return nil
				}
				if err := w.s.plans.Versions(t.Context(), later); !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
				w.reopen()
			}
			root := filepath.Join(filepath.Dir(w.original("0=ocfl_object_1.1")), "inventory.json")
			if err := os.WriteFile(root, []byte(`{"id": rot`), 0o600); err != nil {
				t.Fatal(err)
			}
			_ = w.s.plans.Versions(t.Context(), later) // said in the log
			if got := w.line(a.GetAccessionNumber()).GetObjectVersion(); got != 1 {
				t.Fatalf("a version of what is damaged was made: %d", got)
			}
			w.caller = insurance
			if res, err := w.client.CheckObject(t.Context(), &intakev1.CheckObjectRequest{ObjectId: a.GetObjectId()}); err != nil || len(res.GetDamaged()) != 1 {
				t.Errorf("%v %v", res, err)
			}
			// Content that is damaged beside it is restored first or last, as it comes.
			if err := os.WriteFile(w.original("/1/a"), []byte("damaged"), 0o600); err != nil {
				t.Fatal(err)
			}
			if res, err := w.restore(newID(), a.GetObjectId(), "data/1/a", "бірінші"); err != nil || !res.GetRestored() {
				t.Errorf("content: %v %v", res, err)
			}
			if res, err := w.client.RestoreRecord(t.Context(), &intakev1.RestoreRecordRequest{CommandId: newID(), ObjectId: a.GetObjectId()}); err != nil || len(res.GetPaths()) != 1 {
				t.Errorf("%v %v", res, err)
			}
			w.caller = archivist
			w.versions()
			if a = w.line(a.GetAccessionNumber()); a.GetObjectVersion() < 2 {
				t.Errorf("restored, it is at version %d", a.GetObjectVersion())
			}
			w.whole()
		})
	}
}

// TestADiskThatBreaksMakesOneVersion: many files are restored one after another; the history tells of
// each, in one version.
func TestADiskThatBreaksMakesOneVersion(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0))
	payload := map[string]string{}
	for i := range 20 {
		payload[fmt.Sprintf("1/%02d", i)] = fmt.Sprint("text ", i)
	}
	if res, err := w.send(newID(), "2026-1", bag(t, payload)); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range payload {
		w.damageAndRestore(a, "data/"+path, text)
	}
	w.versions()
	a = w.line(a.GetAccessionNumber())
	if doc, _ := w.past(a); a.GetObjectVersion() != 2 || len(doc.Events) != 5+2*len(payload) {
		t.Errorf("version %d tells of %d events", a.GetObjectVersion(), len(doc.Events))
	}
	w.whole()
}

// TestWhatIsNoMatterOfTheObject: what is about paper or the accession alone makes no version, nor does
// what happens to an accession without an object, nor a finding about a copy.
func TestWhatIsNoMatterOfTheObject(t *testing.T) {
	w, a := kept(t)
	if _, err := w.client.StoreBoxes(t.Context(), &intakev1.StoreBoxesRequest{CommandId: newID(), AccessionNumber: a.GetAccessionNumber(), Boxes: []*intakev1.Box{{Number: 1, First: 1, Last: 2, Room: "3"}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.toldOf(a, &insurancev1.DamageFound{CopyId: "1/1/1", ScrubId: "7", Side: "copy", Site: "site-1", Path: "data/1/a"}); err != nil {
		t.Fatal(err)
	}
	if err := w.toldOf(a, &insurancev1.DamageFound{CopyId: "1/1/1", ScrubId: "7", Side: "original", Path: "inventory.json"}); err != nil {
		t.Fatal(err)
	}
	w.caller = insurance
	if err := os.WriteFile(w.original("/v1/inventory.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.RestoreRecord(t.Context(), &intakev1.RestoreRecordRequest{CommandId: newID(), ObjectId: a.GetObjectId()}); err != nil {
		t.Fatal(err)
	}
	w.caller = archivist
	w.expect("2026-2", file(1, 4))
	paper, err := w.acceptPaper("2026-2")
	if err != nil || paper.GetObjectId() != "" {
		t.Fatal(paper, err)
	}
	w.quarantined(paper.GetAccessionNumber())
	w.versions()
	if got := w.line(a.GetAccessionNumber()); got.GetObjectVersion() != 1 {
		t.Errorf("it is at version %d", got.GetObjectVersion())
	}
	if got := w.line(paper.GetAccessionNumber()); got.GetObjectVersion() != 0 || got.GetHistory() != nil {
		t.Error(got)
	}
	w.whole()
}
