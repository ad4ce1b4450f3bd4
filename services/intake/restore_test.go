package intake

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

var insurance = monitor.Identity{
	Actor: "service:insurance", Roles: []monitor.Role{monitor.Service}, Clearance: monitor.Scope{Level: 3, Grounds: []string{"personal"}},
}

// kept brings a transfer of two files into the repository; the second is closed as personal.
func kept(t *testing.T) (*world, *intakev1.Accession) {
	t.Helper()
	w := newWorld(t)
	w.expect("2026-1", file(1, 1), file(2, 1, "personal"))
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "бірінші", "2/b": "екінші", "2/copy": "бірінші"})); err != nil {
		t.Fatal(err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	return w, a
}

// original finds the content file that ends so in the repository.
func (w *world) original(end string) string {
	w.t.Helper()
	found := ""
	_ = filepath.WalkDir(filepath.Join(w.dir, "intake", "ocfl"), func(path string, _ os.DirEntry, _ error) error {
		if strings.HasSuffix(path, end) {
			found = path
		}
		return nil
	})
	if found == "" {
		w.t.Fatalf("no file %s", end)
	}
	return found
}

func (w *world) restore(command, object, path, text string) (*intakev1.RestoreContentResponse, error) {
	stream, err := w.client.RestoreContent(w.t.Context())
	if err != nil {
		return nil, err
	}
	send := func(m *intakev1.RestoreContentRequest) {
		_ = stream.Send(m) // where the server has ended, its answer says why
	}
	send(&intakev1.RestoreContentRequest{Part: &intakev1.RestoreContentRequest_Begin{Begin: &intakev1.RestoreBegin{
		CommandId: command, ObjectId: object, Path: path, FromSite: "site-1", ScrubId: "7",
	}}})
	for i := 0; i < len(text); i += 5 {
		send(&intakev1.RestoreContentRequest{Part: &intakev1.RestoreContentRequest_Data{Data: []byte(text[i:min(i+5, len(text))])}})
	}
	return stream.CloseAndRecv()
}

// restored lists the paths of the journal's ContentRestored events.
func (w *world) restored() (bodies []*intakev1.ContentRestored) {
	w.t.Helper()
	entries, _, err := w.s.host.Store().Read(1, 1000, 1<<30)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		r, err := journal.Decode(e)
		if err != nil {
			w.t.Fatal(err)
		}
		if body, err := r.Body(); err != nil {
			w.t.Fatal(err)
		} else if b, ok := body.(*intakev1.ContentRestored); ok {
			if strings.HasPrefix(b.GetPath(), "data/2/") && !slices.Equal(r.Header.GetLabel().GetGrounds(), []string{"personal"}) {
				w.t.Errorf("the event of a closed file has the label %v", r.Header.GetLabel())
			}
			bodies = append(bodies, b)
		}
	}
	return bodies
}

func TestADamagedOriginalIsRestored(t *testing.T) {
	w, a := kept(t)
	w.caller = insurance
	at := w.original("/b")
	if err := os.WriteFile(at, []byte("Екінші"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := w.content(a.GetObjectId(), "data/2/b"); !errors.Is(err, repository.Damaged) || text != "Екінші" {
		t.Errorf("the damaged file is read as %q, %v", text, err)
	}
	for _, wrong := range []string{"", "екінш", "eкінші", "екінші және тағы"} {
		if _, err := w.restore(newID(), a.GetObjectId(), "data/2/b", wrong); !errors.Is(err, repository.WrongBytes) {
			t.Errorf("%q was taken: %v", wrong, err)
		}
	}
	if raw, err := os.ReadFile(at); err != nil || string(raw) != "Екінші" {
		t.Fatalf("wrong bytes have changed the file to %q (%v)", raw, err)
	}
	id := newID()
	for range 2 { // repeated, it is the same
		if res, err := w.restore(id, a.GetObjectId(), "data/2/b", "екінші"); err != nil || !res.GetRestored() {
			t.Fatal(res, err)
		}
	}
	if text, err := w.content(a.GetObjectId(), "data/2/b"); err != nil || text != "екінші" {
		t.Errorf("%q %v", text, err)
	}
	if res, err := w.restore(newID(), a.GetObjectId(), "data/2/b", "екінші"); err != nil || res.GetRestored() {
		t.Errorf("a whole file was touched: %v %v", res, err)
	}
	events := w.restored()
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	raw, err := os.ReadFile(filepath.Join(w.dir, "intake", filepath.FromSlash(e.GetQuarantined())))
	if err != nil || string(raw) != "Екінші" || e.GetFromSite() != "site-1" || e.GetScrubId() != "7" || len(e.GetDamagedSha512()) != 128 || e.GetAccessionNumber() != a.GetAccessionNumber() {
		t.Errorf("%v; in quarantine %q %v", e, raw, err)
	}
	w.whole()
	w.reopen()
	w.whole()
	if _, err := os.Stat(filepath.Join(w.dir, "intake", filepath.FromSlash(e.GetQuarantined()))); err != nil {
		t.Error("the start has emptied the quarantine")
	}
}

// TestARestorationCutBeforeItsEvent: the file was replaced and the process died; the repeated
// command writes the event.
func TestARestorationCutBeforeItsEvent(t *testing.T) {
	w, a := kept(t)
	w.caller = insurance
	if err := os.Remove(w.original("/b")); err != nil {
		t.Fatal(err)
	}
	id := newID()
	keep := filepath.Join(w.dir, "intake", repository.Quarantine(id))
	if err := os.MkdirAll(keep, 0o700); err != nil { // what Put leaves before it replaces
		t.Fatal(err)
	}
	if _, err := w.restore(newID(), a.GetObjectId(), "data/2/b", "екінші"); err != nil {
		t.Fatal(err)
	}
	if res, err := w.restore(id, a.GetObjectId(), "data/2/b", "екінші"); err != nil || !res.GetRestored() {
		t.Fatal(res, err)
	}
	if events := w.restored(); len(events) != 2 || events[1].GetQuarantined() != "" || events[1].GetDamagedSha512() != "" {
		t.Errorf("%v", events)
	}
	w.whole()
}

func TestOnlyInsuranceRestores(t *testing.T) {
	w, a := kept(t)
	for _, id := range []monitor.Identity{archivist, {Actor: "service:gateway", Roles: []monitor.Role{monitor.Service}}, {}} {
		w.caller = id
		if _, err := w.restore(newID(), a.GetObjectId(), "data/1/a", "бірінші"); fault.KindOf(err) != fault.Denied {
			t.Errorf("%s restores: %v", id.Actor, err)
		}
		if _, err := w.client.RestoreRecord(t.Context(), &intakev1.RestoreRecordRequest{CommandId: newID(), ObjectId: a.GetObjectId()}); fault.KindOf(err) != fault.Denied {
			t.Errorf("%s restores a record: %v", id.Actor, err)
		}
		if _, err := w.client.CheckObject(t.Context(), &intakev1.CheckObjectRequest{ObjectId: a.GetObjectId()}); fault.KindOf(err) != fault.Denied {
			t.Errorf("%s checks: %v", id.Actor, err)
		}
	}
	w.caller = insurance
	for _, c := range []struct{ object, path string }{
		{"urn:qoyma:kz-test:transfer:9", "data/1/a"}, {a.GetObjectId(), "../../../keys.bin"}, {a.GetObjectId(), "data/1/../1/a"}, {a.GetObjectId(), ""},
	} {
		if _, err := w.restore(newID(), c.object, c.path, "x"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v: %v", c, err)
		}
	}
	stream, err := w.client.RestoreContent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.Send(&intakev1.RestoreContentRequest{Part: &intakev1.RestoreContentRequest_Data{Data: []byte("x")}})
	if _, err := stream.CloseAndRecv(); fault.KindOf(err) != fault.Invalid {
		t.Errorf("bytes without a name: %v", err)
	}
}

// TestAnObjectsRecordIsWrittenAnew: the inventory follows from the journal alone.
func TestAnObjectsRecordIsWrittenAnew(t *testing.T) {
	w, a := kept(t)
	w.caller = insurance
	check := func() []*intakev1.DamagedRecord {
		t.Helper()
		res, err := w.client.CheckObject(context.WithoutCancel(t.Context()), &intakev1.CheckObjectRequest{ObjectId: a.GetObjectId()})
		if err != nil {
			t.Fatal(err)
		}
		return res.GetDamaged()
	}
	if d := check(); len(d) > 0 {
		t.Fatalf("a whole record: %v", d)
	}
	if err := os.WriteFile(w.original("/v1/inventory.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	top := filepath.Join(filepath.Dir(filepath.Dir(w.original("/v1/inventory.json"))), "inventory.json")
	if err := os.Remove(top); err != nil {
		t.Fatal(err)
	}
	if d := check(); len(d) != 2 {
		t.Fatalf("%v", d)
	}
	res, err := w.client.RestoreRecord(t.Context(), &intakev1.RestoreRecordRequest{CommandId: newID(), ObjectId: a.GetObjectId(), ScrubId: "7"})
	if err != nil || len(res.GetPaths()) != 2 {
		t.Fatal(res, err)
	}
	if d := check(); len(d) > 0 || len(w.restored()) != 2 {
		t.Errorf("%v %v", d, w.restored())
	}
	w.whole()
}
