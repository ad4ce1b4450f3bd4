package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	platform "github.com/qoyma/qoyma/services/platform/store"
	n "github.com/qoyma/qoyma/services/retention/internal/nomenclature"
	"github.com/qoyma/qoyma/services/retention/internal/store"
)

// A file goes all the way to the archive: AR-7, AR-8, AR-2.
func TestAFileFallsDueAndIsTransferred(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	a, b := d.closed("almaly", "02-05", nil), d.closed("almaly", "02-05", nil)
	if a != "1" || b != "2" {
		t.Errorf("ids %s, %s", a, b)
	}
	q := inventory("almaly", "1", b, a)
	res := d.approved(q)
	// Closed in 2014, so that the clock starts in 2015; ten years at the regional level.
	if res.GetDueOn() != "2025-01-01" || res.GetInventory().GetId() != "almaly/1" || res.GetInventory().GetFiles() != 2 || res.GetInventory().GetYearTo() != 2014 {
		t.Errorf("got %v", res)
	}
	for _, step := range res.GetSteps() {
		if b := step.GetBasis(); step.GetRule() != "" && (b.GetKk() == "" || b.GetRu() != step.GetLegalBasis() || b.GetEn() == "" || b.GetKk() == b.GetRu()) {
			t.Errorf("the act that %s rests on is not named in three languages: %v", step.GetRule(), b)
		}
		if w := step.GetWords(); w.GetKk() == "" || w.GetRu() == "" || w.GetEn() == "" {
			t.Errorf("a step lacks a language: %v", step)
		}
	}
	if again := d.approved(q); !proto.Equal(again, res) {
		t.Errorf("a retry was answered %v", again)
	}
	d.whole()
	if d.state(a) != "listed" {
		t.Errorf("%s is %s", a, d.state(a))
	}
	d.timers("due") // the day has long come
	d.whole()
	due, err := d.ListDue(d.open, &retentionv1.ListDueRequest{OrganisationId: "almaly", Until: "2025-01-01"})
	if err != nil || len(due.GetTransfers()) != 1 || due.GetTransfers()[0].GetTransferId() != "2026-1" || len(due.GetTransfers()[0].GetSteps()) < 4 {
		t.Fatalf("got %v, %v", due, err)
	}
	if early, err := d.ListDue(d.open, &retentionv1.ListDueRequest{Until: "2024-12-31"}); err != nil || len(early.GetTransfers()) != 0 {
		t.Errorf("before its day: %v, %v", early, err)
	}
	timeline, err := d.store.Timeline(journal.Ref{Type: "transfer", ID: "2026-1"}, 0, 10)
	if err != nil || len(timeline) != 2 || !timeline[1].Is((*retentionv1.TransferDueListed)(nil)) {
		t.Fatalf("timeline %v, %v", timeline, err)
	}
	var listed retentionv1.TransferDueListed
	if err := proto.Unmarshal(timeline[1].Entry.GetBody(), &listed); err != nil {
		t.Fatal(err)
	}
	if f := listed.GetFiles(); !listed.GetLast() || len(f) != 2 || f[0].GetId() != b || f[0].GetPosition() != 1 || f[1].GetTerm() != "permanent" || f[1].GetDateTo() != "2014-12-30" {
		t.Errorf("got %v", &listed)
	}

	react := func(name string, decide platform.Decide) error {
		_, err := d.store.Do(t.Context(), platform.Command{ID: uuid.Must(uuid.NewV7()), Name: name, Actor: "service:retention", Decide: decide})
		return err
	}
	if err := react("r", store.HandOver("2026-9", []string{a})); err == nil || errors.Is(err, platform.Never) {
		t.Errorf("files before their accession must wait, got %v", err)
	}
	if err := errors.Join(react("r", store.Fulfil("2026-1", "2026-9", 2)), react("r", store.Fulfil("2026-1", "2026-9", 2)), react("r", store.HandOver("2026-9", []string{b}))); err != nil {
		t.Fatal(err)
	}
	d.whole() // between the two, one file is transferred and the other is due
	if err := react("r", store.HandOver("2026-9", []string{a, b})); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"another accession":  react("r", store.Fulfil("2026-1", "2026-10", 2)),
		"unknown transfer":   react("r", store.Fulfil("2026-2", "2026-10", 2)),
		"no number":          react("r", store.Fulfil("", "2026-10", 2)),
		"no accession":       react("r", store.Fulfil("2026-1", "", 2)),
		"file of nobody":     react("r", store.HandOver("2026-9", []string{"9"})),
		"file not in it":     react("r", store.HandOver("2026-9", []string{d.closed("almaly", "02-05", nil)})),
		"hostile identifier": react("r", store.HandOver("2026-9", []string{"\x00/../1"})),
	} {
		if !errors.Is(err, platform.Never) {
			t.Errorf("%s: a person must look at it, got %v", what, err)
		}
	}
	if d.state(a) != "transferred" || d.state(b) != "transferred" {
		t.Errorf("%s, %s", d.state(a), d.state(b))
	}
	due, err = d.ListDue(d.open, &retentionv1.ListDueRequest{})
	if err != nil || due.GetTransfers()[0].GetState() != "fulfilled" || due.GetTransfers()[0].GetAccessionNumber() != "2026-9" {
		t.Errorf("got %v, %v", due, err)
	}
	d.whole()
}

// Personal titles stand in the sealed body alone, and are gone once the key is (IS-2).
func TestAPersonalTitleIsSealed(t *testing.T) {
	d := newDesk(t)
	d.furnish("almaly")
	const person = "Жұмабекова Сәуле"
	q := &retentionv1.OpenFileRequest{
		CommandId: id(), OrganisationId: "almaly", Year: 2014, Index: "04-02", OpenedOn: "2014-01-09",
		Title: text("Жеке іс: "+person, "Личное дело: "+person), Label: &journalv1.Label{Level: 2, Grounds: []string{"personal"}},
	}
	res, err := d.OpenFile(d.all, q)
	if err != nil {
		t.Fatal(err)
	}
	file := res.GetFile().GetFile().GetId()
	if again, err := d.OpenFile(d.all, q); err != nil || !proto.Equal(again, res) {
		t.Errorf("a retry was answered %v, %v", again, err)
	}
	if _, err := d.CloseFile(d.all, &retentionv1.CloseFileRequest{CommandId: id(), FileId: file, ClosedOn: "2014-12-30", Leaves: 20}); err != nil {
		t.Fatal(err)
	}
	people := inventory("almaly", "1лс", file)
	people.Kind = "personnel"
	if res := d.approved(people); res.GetDueOn() != "" || len(res.GetSteps()) == 0 {
		t.Errorf("personnel files have no day of transfer: %v", res)
	}
	get := func(ctx context.Context) (*retentionv1.DepartmentFile, error) {
		res, err := d.GetFile(ctx, &retentionv1.GetFileRequest{FileId: file})
		return res.GetFile(), err
	}
	if f, err := get(d.all); err != nil || !strings.Contains(f.GetFile().GetTitle().GetKk(), person) {
		t.Errorf("whoever is cleared reads the title: %v, %v", f, err)
	}
	if f, err := get(d.open); !errors.Is(err, n.FileUnknown) {
		t.Errorf("to all others the file is absent: %v, %v", f, err)
	}
	if _, err := d.CloseFile(d.open, &retentionv1.CloseFileRequest{CommandId: id(), FileId: file}); !errors.Is(err, n.FileUnknown) {
		t.Errorf("got %v", err)
	}
	for name, list := range map[string]int{
		"files":     len(must(t)(d.ListFiles(d.open, &retentionv1.ListFilesRequest{OrganisationId: "almaly"})).GetFiles()),
		"inventory": len(mustInventory(t)(d.GetInventory(d.open, &retentionv1.GetInventoryRequest{InventoryId: "almaly/1лс"})).GetFiles()),
	} {
		if list != 0 {
			t.Errorf("%s shows it", name)
		}
	}
	inside := mustInventory(t)(d.GetInventory(d.all, &retentionv1.GetInventoryRequest{InventoryId: "almaly/1лс"})).GetFiles()
	if len(inside) != 1 || inside[0].GetTitle().GetRu() != "Личные дела" {
		t.Errorf("lists carry the line's title: %v", inside)
	}
	entries, _, err := d.store.Read(1, 100, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range entries {
		if raw, err := proto.Marshal(e); err != nil || bytes.Contains(raw, []byte("Жұмабекова")) {
			t.Errorf("event %d carries the name in the open (%v)", i+1, err)
		}
	}
	d.whole()
	erase := platform.Command{ID: uuid.Must(uuid.NewV7()), Name: "/erase", Actor: "person:head"}
	if _, err := d.store.Erase(t.Context(), erase, journal.Ref{Type: "file", ID: file}, "сот шешімі"); err != nil {
		t.Fatal(err)
	}
	if f, err := get(d.all); err != nil || f.GetFile().GetTitle().GetKk() != "Жеке істер" {
		t.Errorf("after the erasure: %v, %v", f, err)
	}
	d.whole()
}

// Nothing falls due before its day, and numbers of transfers have no gaps within a year.
func TestTheDayOfTransfer(t *testing.T) {
	d := newDesk(t)
	d.clock.set("2024-12-30")
	d.furnish("almaly")
	for i := range 3 {
		d.approved(inventory("almaly", fmt.Sprint(i+1), d.closed("almaly", "02-05", nil)))
	}
	d.clock.set("2024-12-31")
	if _, err := d.fire("almaly/1"); !errors.Is(err, n.NotYetDue) {
		t.Errorf("a day early: %v", err)
	}
	if due, err := d.ListDue(d.all, &retentionv1.ListDueRequest{}); err != nil || len(due.GetTransfers()) != 3 || due.GetTransfers()[0].GetState() != "waiting" {
		t.Errorf("got %v, %v", due, err)
	}
	d.whole()
	d.clock.set("2025-01-01")
	d.timers("due")
	due, err := d.ListDue(d.all, &retentionv1.ListDueRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got := due.GetTransfers()[0].GetTransferId(); got != "2025-1" {
		t.Errorf("numbered %s: the year is that of Almaty", got)
	}
	if records, err := d.fire("almaly/1"); err != nil || len(records) != 0 {
		t.Errorf("a second time nothing happens: %v, %v", records, err)
	}
}
