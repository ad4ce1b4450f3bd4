package intake

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// TestTheSameBytesAreToldToThoseWhoMayKnow: a duplicate refuses nothing, and is told neither to
// a clerk about another department nor to anybody about a unit that he may not read.
func TestTheSameBytesAreToldToThoseWhoMayKnow(t *testing.T) {
	w := newWorld(t)
	w.expectOf("bilim", "2026-1", file(1, 0), file(2, 0, "personal"))
	w.expectOf("medeniet", "2026-2", file(1, 0))
	w.expectOf("bilim", "2026-3", file(1, 0))
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/open.txt": "the same", "2/secret.txt": "personal", "1/empty": ""})); err != nil || !res.GetTaken() || len(res.GetWarnings()) != 0 {
		t.Fatal(res, err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"2026-2", "2026-3"} {
		if res, err := w.send(newID(), id, bag(t, map[string]string{"1/a.txt": "the same", "1/b.txt": "personal", "1/c.txt": "new", "1/d": ""})); err != nil || !res.GetTaken() || len(res.GetWarnings()) != 2 {
			t.Fatal(res, err)
		}
	}
	open := monitor.Identity{Actor: "person:a", Roles: []monitor.Role{monitor.Archivist}}
	for name, c := range map[string]struct {
		who      monitor.Identity
		transfer string
		want     string
	}{
		"archivist":                   {archivist, "2026-2", "data/1/a.txt intake.package.duplicate; data/1/b.txt intake.package.duplicate"},
		"archivist without clearance": {open, "2026-2", "data/1/a.txt intake.package.duplicate"},
		"clerk of another department": {clerk("medeniet"), "2026-2", ""},
		"clerk of the same":           {clerk("bilim"), "2026-3", "data/1/a.txt intake.package.duplicate; data/1/b.txt intake.package.duplicate"},
	} {
		w.caller = c.who
		got := w.seen(c.transfer).GetTransfer().GetWarnings()
		if faultCodes(got) != c.want {
			t.Errorf("%s: %q, want %q", name, faultCodes(got), c.want)
		}
		for _, f := range got {
			if !strings.Contains(f.GetText().GetKk(), a.GetAccessionNumber()) {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
	w.caller = archivist
	w.whole()
}

// TestALargePackageIsRecordedInManySteps: more files than one command writes, sent twice, and
// the acceptance killed behind every command that writes units.
func TestALargePackageIsRecordedInManySteps(t *testing.T) {
	w := newWorld(t)
	const units, each = 30, 100
	var positions []uint32
	payload := map[string]string{}
	for p := range uint32(units) {
		positions = append(positions, p+1)
		for i := range each {
			payload[fmt.Sprintf("%04d/%03d.txt", p+1, i)] = fmt.Sprintln("unit", p, "file", i)
		}
	}
	w.expectMany("2026-1", positions)
	b := bag(t, payload)
	for range 2 { // the second replaces the first, row by row
		if res, err := w.send(newID(), "2026-1", b); err != nil || !res.GetTaken() || res.GetFiles() != units*each {
			t.Fatal(res, err)
		}
		if n := w.leftovers(); n != 0 {
			t.Fatalf("%d packages are left over", n)
		}
		w.whole()
	}
	seen := w.seen("2026-1")
	if len(seen.GetContents()) != units || seen.GetContents()[7].GetFiles() != each || len(seen.GetContents()[7].GetFirst()) != 20 {
		t.Errorf("%d units seen", len(seen.GetContents()))
	}
	for _, e := range w.events() {
		if len(e.Entry.GetBody()) > journal.MaxBody {
			t.Errorf("event %d has %d bytes", e.Seq(), len(e.Entry.GetBody()))
		}
	}
	command, killed := newID(), 0
	for {
		behind := 0
		w.s.plans.After = func(s accept.Step) error {
			if s == accept.Recorded || s == accept.Units {
				if behind++; behind == 1 {
					return errKilled
				}
			}
			return nil
		}
		a, err := w.accept(command, "2026-1")
		if err == nil {
			if a.GetAccepted() != units || len(a.GetActs()) != 2 {
				t.Fatal(a)
			}
			break
		}
		killed++
		w.whole() // an accession that still lacks units is no contradiction while its plan is open
		w.reopen()
	}
	if killed != 8 { // four units of a hundred files each, and no fifth, in a command
		t.Errorf("killed %d times", killed)
	}
	w.whole()
}

// leftovers counts packages whose rows are still to be forgotten.
func (w *world) leftovers() (n int) {
	w.t.Helper()
	if err := w.s.host.Store().View(func(v *base.View) error {
		list, err := store.Leftovers(v, 1000)
		n = len(list)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) events() (records []*journal.Record) {
	w.t.Helper()
	entries, _, err := w.s.host.Store().Read(1, 100_000, 1<<30)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		r, err := journal.Decode(e)
		if err != nil {
			w.t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

// died leaves 1,500 rows of a package for unit 1 of transfer 2026-1, as an attempt that wrote them and never stood.
func (w *world) died(packageID string) {
	w.t.Helper()
	for n := range 3 {
		var rows []*intakev1.ContentFile
		for i := range 500 {
			rows = append(rows, &intakev1.ContentFile{Path: fmt.Sprintf("data/1/%d-%d", n, i), Size: 1})
		}
		if _, err := w.s.host.Store().Do(w.t.Context(), base.Command{ID: uuid.Must(uuid.NewV7()), Name: "test", Actor: "service:intake", Decide: func(*base.View, time.Time) ([]base.Event, error) {
			return []base.Event{{
				Refs: []journal.Ref{{Type: "transfer", ID: "2026-1"}},
				Body: &intakev1.PackageFilesChecked{TransferId: "2026-1", PackageId: packageID, Files: rows},
			}}, nil
		}}); err != nil {
			w.t.Fatal(err)
		}
	}
	if n := w.leftovers(); n != 1 {
		w.t.Fatalf("%d leftovers", n)
	}
}

// TestAnAttemptThatFailedLeavesNoRows: a package that comes again with the same id, and other files than before, has these alone, however few.
func TestAnAttemptThatFailedLeavesNoRows(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	id := newID()
	w.died(id)
	if res, err := w.send(id, "2026-1", bag(t, map[string]string{"1/a": "new"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	if n := w.leftovers(); n != 0 {
		t.Errorf("%d leftovers", n)
	}
	for f, err := range store.EachFile(w.s.host.Store(), "2026-1", false) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(f.GetPath(), "data/") && f.GetPath() != "data/1/a" {
			t.Fatalf("%s of the attempt that failed is content", f.GetPath())
		}
	}
	if a, err := w.accept(newID(), "2026-1"); err != nil || a.GetObjectId() == "" {
		t.Errorf("%v, %v", a, err)
	}
	w.whole()
}

// TestRowsOfAPackageThatNeverStoodAreForgotten: what a death between two commands leaves.
func TestRowsOfAPackageThatNeverStoodAreForgotten(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	w.died("dead")
	w.whole()
	w.reopen()
	if err := w.s.api.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.leftovers(); n != 0 {
		t.Errorf("%d leftovers", n)
	}
	if err := w.s.host.Store().View(func(v *base.View) error {
		for k := range v.Scan("content", nil, nil) {
			t.Errorf("a row is left: %q", k)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.whole()
}

// TestFixityIsCountedByTheQuickDigest: content has one, reading compares it, and a file that
// was accepted before there was one is compared by its SHA-512.
func TestFixityIsCountedByTheQuickDigest(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0))
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a.txt": "whole"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil {
		t.Fatal(err)
	}
	var f *intakev1.ContentFile
	if err := w.s.host.Store().View(func(v *base.View) (err error) {
		f, _, err = store.ContentFile(v, "2026-1", "data/1/a.txt")
		return err
	}); err != nil || len(f.GetBlake3()) != 64 {
		t.Fatal(f, err)
	}
	read := func(fixity repository.Fixity) error {
		return w.s.plans.Repository.Read(t.Context(), a.GetObjectId(), 1, "data/1/a.txt", fixity, func([]byte) error { return nil })
	}
	if err := errors.Join(read(repository.Fixity{BLAKE3: f.GetBlake3()}), read(repository.Fixity{SHA512: f.GetSha512()})); err != nil {
		t.Error(err)
	}
	path := w.original("a.txt")
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("wholE"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, fixity := range []repository.Fixity{{BLAKE3: f.GetBlake3()}, {SHA512: f.GetSha512()}} {
		if err := read(fixity); !errors.Is(err, repository.Damaged) {
			t.Errorf("%+v: %v", fixity, err)
		}
	}
}

// TestABrokenFileIsTakenWithAWarningAndABombIsRefused: what the archive knows of a file's
// structure is recorded with it, in whichever way the package came.
func TestABrokenFileIsTakenWithAWarningAndABombIsRefused(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0))
	w.expect("2026-2", file(1, 0))
	w.expect("2026-3", file(1, 0))
	files := map[string]string{"1/whole.xml": `<?xml version="1.0"?><a/>`, "1/cut.xml": `<?xml version="1.0"?><a>`}
	in := func(how way, id string) func() (*intakev1.UploadPackageResponse, error) {
		return func() (*intakev1.UploadPackageResponse, error) {
			w.sends = how
			return w.send(newID(), id, bag(t, files))
		}
	}
	for id, send := range map[string]func() (*intakev1.UploadPackageResponse, error){
		"2026-1": in(inData, "2026-1"), "2026-3": in(inFiles, "2026-3"),
		"2026-2": func() (*intakev1.UploadPackageResponse, error) {
			bare := map[string]string{}
			for path, text := range files {
				bare["data/"+path] = text
			}
			return w.finish(w.sendInPieces("2026-2", "bare", bare, false), "2026-2")
		},
	} {
		res, err := send()
		if err != nil || !res.GetTaken() || faultCodes(res.GetWarnings()) != "data/1/cut.xml examine.xml" {
			t.Fatal(res, err)
		}
		for path, want := range map[string]string{"data/1/whole.xml": "xml", "data/1/cut.xml": ""} {
			if err := w.s.host.Store().View(func(v *base.View) error {
				f, ok, err := store.ContentFile(v, id, path)
				if !ok || f.GetExamined() != want {
					t.Errorf("%s %s: %v", id, path, f)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	bomb := new(bytes.Buffer)
	z := zip.NewWriter(bomb)
	_, err := z.CreateRaw(&zip.FileHeader{Name: "zeros", Method: zip.Deflate, UncompressedSize64: 2 << 30})
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	for range ways {
		res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/bomb.zip": bomb.String()}))
		if err != nil || res.GetTaken() || faultCodes(res.GetFaults()) != "data/1/bomb.zip examine.bomb" {
			t.Fatal(res, err)
		}
	}
	w.whole()
}
