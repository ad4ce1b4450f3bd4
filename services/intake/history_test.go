package intake

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/clamd/clamdtest"
	"github.com/qoyma/qoyma/services/intake/internal/history"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/premis"
)

// readContent gives a file of an object, as ReadContent does.
func (w *world) readContent(object, path string) ([]byte, error) {
	stream, err := w.client.ReadContent(w.t.Context(), &intakev1.ReadContentRequest{ObjectId: object, Path: path})
	if err != nil {
		return nil, err
	}
	var all []byte
	for {
		res, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, res.GetData()...)
	}
}

// TestTheObjectSaysWhatWasDone: the history is PREMIS without a fault or a warning, names every file
// with what the journal knows of it, names no person, and is made again by the byte when damaged.
func TestTheObjectSaysWhatWasDone(t *testing.T) {
	w, a := kept(t)
	h := a.GetHistory()
	if h.GetPath() != "metadata/premis.xml" {
		t.Fatal(h)
	}
	text, err := w.readContent(a.GetObjectId(), h.GetPath())
	if err != nil || uint64(len(text)) != h.GetSize() {
		t.Fatal(len(text), err)
	}
	doc, report, err := premis.Decode(bytes.NewReader(text), premis.Limits{})
	if err != nil || len(report.Faults) != 0 || len(report.Warnings) != 0 {
		t.Fatal(report, err)
	}
	if again := premis.Check(doc); again.Err() != nil {
		t.Fatal(again.Err())
	}
	var events []string
	for _, e := range doc.Events {
		events = append(events, string(e.Type))
	}
	if want := []string{"transfer", "message digest calculation", "format identification", "validation", "accession"}; !slices.Equal(events, want) {
		t.Errorf("events %v", events)
	}
	if i := slices.IndexFunc(doc.Objects, func(o premis.Object) bool { return o.OriginalName == "data/2/b" }); i < 0 || doc.Objects[i].Size != 12 || len(doc.Objects[i].Fixity) != 3 || len(doc.Objects[i].Events) != 5 {
		t.Errorf("the file is not told of: %v", doc.Objects)
	}
	if strings.Contains(string(text), "aigerim") {
		t.Error("it names the person who accepted")
	}
	w.caller = insurance
	at := w.original(h.GetPath())
	for _, spoil := range []func() error{func() error { return os.WriteFile(at, []byte("<premis/>"), 0o600) }, func() error { return os.Remove(at) }} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		res, err := w.client.CheckObject(t.Context(), &intakev1.CheckObjectRequest{ObjectId: a.GetObjectId()})
		if err != nil || len(res.GetDamaged()) != 1 || res.GetDamaged()[0].GetPath() != h.GetPath() {
			t.Fatal(res, err)
		}
		if res, err := w.client.RestoreRecord(t.Context(), &intakev1.RestoreRecordRequest{CommandId: newID(), ObjectId: a.GetObjectId()}); err != nil || len(res.GetPaths()) != 1 {
			t.Fatal(res, err)
		}
		if now, err := os.ReadFile(at); err != nil || !bytes.Equal(now, text) {
			t.Fatal("it was made otherwise", err)
		}
	}
	w.caller = archivist
	w.whole()
}

// TestAnObjectOfAnEarlierProgramIsTakenAsItIs: the process was replaced between the object and its
// number by a program that writes a history.
func TestAnObjectOfAnEarlierProgramIsTakenAsItIs(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1))
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "бірінші"})); err != nil {
		t.Fatal(err)
	}
	id := w.seen("2026-1").GetTransfer().GetPackageId()
	w.s.plans.After = func(accept.Step) error { return errKilled }
	command := newID()
	if _, err := w.accept(command, "2026-1"); err == nil {
		t.Fatal("it was not killed")
	}
	begun := w.events()[len(w.events())-1]
	places := w.s.plans.Staging.Places()
	defer func() { _ = places.Close() }() // only read from
	var files []repository.File
	if err := w.s.host.Store().View(func(v *base.View) error {
		return store.EachContent(v, "2026-1", func(c *intakev1.ContentFile) error {
			place, err := places.Of(id, c.GetPath())
			if err != nil {
				return err
			}
			files = append(files, repository.File{Path: c.GetPath(), Source: place.File, Part: place.Part, At: place.At, SHA512: c.GetSha512(), Size: c.GetSize()})
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.plans.Repository.Create(t.Context(), "kz-test", "2026-1", begun.Time(), func(yield func(repository.File, error) bool) {
		for _, f := range files {
			if !yield(f, nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	a, err := w.accept(command, "2026-1")
	if err != nil || a.GetHistory() != nil {
		t.Fatal(a, err)
	}
	w.caller = insurance
	if err := os.WriteFile(w.original("v1/inventory.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if res, err := w.client.RestoreRecord(t.Context(), &intakev1.RestoreRecordRequest{CommandId: newID(), ObjectId: a.GetObjectId()}); err != nil || len(res.GetPaths()) != 1 {
		t.Fatal(res, err)
	}
	w.caller = archivist
	w.whole()
}

// TestThePackagesOwnHistoryStays: Archivematica and others put one into the bag too.
func TestThePackagesOwnHistoryStays(t *testing.T) {
	for files, want := range map[string]string{
		"bagit.txt data/metadata/premis.xml": "metadata/premis.xml",
		"metadata/other.xml":                 "metadata/premis.xml",
		"Metadata/PREMIS.xml":                "qoyma-metadata-2/premis.xml",
		"metadata":                           "qoyma-metadata-2/premis.xml",
		"metadata/premis.xml/a":              "qoyma-metadata-2/premis.xml",
		"metadata qoyma-metadata-2":          "qoyma-metadata-3/premis.xml",
	} {
		if got := history.PathOf(slices.Values(strings.Fields(files))); got != want {
			t.Errorf("%s: %s, want %s", files, got, want)
		}
	}
}

// past reads and checks an object's history.
func (w *world) past(a *intakev1.Accession) (*premis.Document, []byte) {
	w.t.Helper()
	text, err := w.readContent(a.GetObjectId(), a.GetHistory().GetPath())
	if err != nil {
		w.t.Fatal(err)
	}
	doc, report, err := premis.Decode(bytes.NewReader(text), premis.Limits{})
	if err != nil || len(report.Faults) != 0 || len(report.Warnings) != 0 {
		w.t.Fatal(report, err)
	}
	return doc, text
}

// madeAgain damages an object's inventory and history, and wants them again by the byte.
func (w *world) madeAgain(a *intakev1.Accession) {
	w.t.Helper()
	was := w.caller
	defer func() { w.caller = was }()
	w.caller = insurance
	for _, end := range []string{"v1/inventory.json", a.GetHistory().GetPath()} {
		at := w.original(end)
		before, err := os.ReadFile(at)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte("{}"), 0o600); err != nil {
			w.t.Fatal(err)
		}
		if res, err := w.client.RestoreRecord(w.t.Context(), &intakev1.RestoreRecordRequest{CommandId: newID(), ObjectId: a.GetObjectId()}); err != nil || len(res.GetPaths()) != 1 {
			w.t.Fatal(end, res, err)
		}
		if now, err := os.ReadFile(at); err != nil || !bytes.Equal(now, before) {
			w.t.Errorf("%s was made otherwise: %v", end, err)
		}
	}
}

// TestTheHistoryTellsOfEachPackageThatStands: one row was redone, and only then a scanner looked. Each
// file says what was done with the package that brought it.
func TestTheHistoryTellsOfEachPackageThatStands(t *testing.T) {
	w, d := newWorld(t), clamdtest.Start(t)
	w.expect("2026-1", file(1, 0), file(2, 0))
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "first", "2/old": "second"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "unreadable"}); err != nil {
		t.Fatal(err)
	}
	w.scanned(d)
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"2/new": "second, mended"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := w.past(a)
	kinds := map[premis.Identifier]string{}
	var all []string
	for _, e := range doc.Events {
		kinds[e.ID] = string(e.Type)
		all = append(all, string(e.Type))
	}
	without := []string{"transfer", "message digest calculation", "format identification", "validation"}
	with := append(slices.Clone(without), "virus check")
	if want := slices.Concat(without, with, []string{"accession", "information package creation"}); !slices.Equal(all, want) {
		t.Errorf("events %v, want %v", all, want)
	}
	said := map[string][]string{}
	for _, o := range doc.Objects {
		for _, e := range o.Events {
			said[o.OriginalName] = append(said[o.OriginalName], kinds[e])
		}
	}
	for name, want := range map[string][]string{
		"data/1/a": append(without, "accession"), "data/2/new": append(with, "accession"), "data/2/old": nil,
		"bagit.txt": slices.Concat(without, []string{"accession"}, with, []string{"accession"}), // one of each package
	} {
		if !slices.Equal(said[name], want) {
			t.Errorf("%s: %v, want %v", name, said[name], want)
		}
	}
	if !slices.ContainsFunc(doc.Agents, func(g premis.Agent) bool { return g.IDs[0].Value == clamdtest.Version }) {
		t.Errorf("the scanner is not named: %v", doc.Agents)
	}
	w.madeAgain(a)
	w.whole()
}

// TestAnAbandonedPlanIsNotTheObjects: the object is that of the acceptance which was carried out.
func TestAnAbandonedPlanIsNotTheObjects(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 12))
	w.abandoned("2026-1", map[string]string{"1/a": "lost"})
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "sent again"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	doc, text := w.past(a)
	if len(doc.Events) != 5 || !strings.Contains(string(text), w.seen("2026-1").GetTransfer().GetPackageId()) {
		t.Errorf("%s", text)
	}
	w.madeAgain(a)
	w.whole()
}
