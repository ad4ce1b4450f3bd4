package intake

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// uploads are what has come of a transfer's unfinished package.
func (w *world) uploads(transfer string) *intakev1.ListUploadsResponse {
	w.t.Helper()
	res, err := w.client.ListUploads(w.t.Context(), &intakev1.ListUploadsRequest{TransferId: transfer})
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

// there are the paths that stand whole, in order.
func there(res *intakev1.ListUploadsResponse) (paths []string) {
	for _, u := range res.GetUploads() {
		if u.GetOffset() == u.GetSize() {
			paths = append(paths, u.GetPath())
		}
	}
	return paths
}

// TestGoodFilesOfARefusedPackageStay refuses packages for some of their files: the others go on under another
// id, also after a death, and only what was bad is sent again.
func TestGoodFilesOfARefusedPackageStay(t *testing.T) {
	whole := bag(t, map[string]string{"0001/a.txt": "бір", "0002/b.txt": "екі"})
	spoilt := maps.Clone(whole)
	spoilt["data/0002/b.txt"] = "бес"
	for name, c := range map[string]struct {
		form  string
		files map[string]string
		kept  []string
		mend  map[string]string
	}{
		"a row that is not listed": {
			staging.Bare, map[string]string{"data/1/a": "a", "data/2/b": "b", "data/7/x": "x"}, []string{"data/1/a", "data/2/b"}, nil,
		},
		"a name that no system takes": {
			staging.Bare, map[string]string{"data/1/a": "a", "data/1/con": "b"}, []string{"data/1/a"}, map[string]string{"data/1/b": "b"},
		},
		"a bag with a changed file": {
			staging.Bag, spoilt, slices.DeleteFunc(slices.Sorted(maps.Keys(spoilt)), func(p string) bool { return p == "data/0002/b.txt" }),
			map[string]string{"data/0002/b.txt": whole["data/0002/b.txt"]},
		},
	} {
		for _, n := range []int{0, 1, 2, 3} {
			kill, send := n%2 == 1, (*world).sendInPieces
			if n > 1 {
				send = (*world).sendTogether
			}
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				w.expect("2026-1", file(1, 3), file(2, 3))
				first := send(w, "2026-1", c.form, c.files, false)
				res, err := w.finish(first, "2026-1")
				if err != nil || res.GetTaken() {
					t.Fatalf("%v, %v", res, err)
				}
				if kill {
					w.reopen()
				}
				kept := w.uploads("2026-1")
				if got := there(kept); !slices.Equal(got, c.kept) || kept.GetRefusedPackage() != first || kept.GetPackageId() == first || int(kept.GetFiles()) != len(c.kept) {
					t.Fatalf("kept are %v of %v, want %v", got, kept, c.kept)
				}
				if again, err := w.finish(first, "2026-1"); err != nil || again.GetTaken() || again.GetFaultCount() != res.GetFaultCount() {
					t.Errorf("the same command: %v, %v", again, err)
				}
				if left := w.staged(); !slices.Equal(left, []string{kept.GetPackageId()}) {
					t.Errorf("in staging stand %v", left)
				}
				send(w, "2026-1", c.form, c.mend, kill)
				mended, err := w.finish(kept.GetPackageId(), "2026-1")
				if err != nil || !mended.GetTaken() || mended.GetPackageId() != kept.GetPackageId() {
					t.Fatalf("%v, %v", mended, err)
				}
				w.present("2026-1", 2)
				if a, err := w.accept(newID(), "2026-1"); err != nil || a.GetObjectId() == "" {
					t.Errorf("%v, %v", a, err)
				}
				w.whole()
			})
		}
	}
}

// TestWhatIsKeptCountsAndIsSweptAway: limits count what a refusal left, its term counts from the refusal, and
// nothing is kept where the transfer takes no package any more.
func TestWhatIsKeptCountsAndIsSweptAway(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	if _, err := w.client.SetUploadLimits(t.Context(), &intakev1.SetUploadLimitsRequest{CommandId: newID(), Limits: &intakev1.UploadLimitsSet{
		OrganisationId: "bilim", From: "2026-01-01", TransferBytes: 10, TransferFiles: 3, DepartmentBytes: 10, DepartmentFiles: 3, KeepDays: 5,
	}}); err != nil {
		t.Fatal(err)
	}
	first := w.sendInPieces("2026-1", staging.Bare, map[string]string{"data/1/a": "0123456", "data/7/x": "01"}, false)
	if res, err := w.finish(first, "2026-1"); err != nil || res.GetTaken() {
		t.Fatalf("%v, %v", res, err)
	}
	if got := w.uploads("2026-1"); got.GetBytes() != 7 || got.GetBytesLeft() != 3 || got.GetFilesLeft() != 2 {
		t.Errorf("%v", got)
	}
	if _, err := w.openUpload("2026-1", staging.Bare, "data/1/b", 4); fault.Of(err).Code != transfer.OverTransfer.Code {
		t.Errorf("over the limit with what is kept: %v", err)
	}
	// The bytes are old, the refusal is of today.
	id := w.uploads("2026-1").GetPackageId()
	old := time.Now().AddDate(0, 0, -30)
	rows, err := filepath.Glob(filepath.Join(w.dir, "intake", "staging", id, "*.row"))
	if err != nil || len(rows) != 1 {
		t.Fatalf("%v, %v", rows, err)
	}
	if err := os.Chtimes(rows[0], old, old); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	if err := w.s.api.SweepUploads(time.Now().AddDate(0, 0, 5).Add(-time.Minute)); err != nil || len(w.staged()) != 1 {
		t.Errorf("%v, %v", w.staged(), err)
	}
	if err := w.s.api.SweepUploads(time.Now().AddDate(0, 0, 5).Add(time.Minute)); err != nil || len(w.staged()) != 0 {
		t.Errorf("%v, %v", w.staged(), err)
	}
	w.whole()
}

// TestARefusalThatWasRecordedIsCarriedOn dies between the record of a refusal and what follows from it: the
// folder stands as it was before, and the next start keeps its good files.
func TestARefusalThatWasRecordedIsCarriedOn(t *testing.T) {
	t.Run("in pieces", func(t *testing.T) { carriedOn(t, (*world).sendInPieces) })
	t.Run("together", func(t *testing.T) { carriedOn(t, (*world).sendTogether) })
}

func carriedOn(t *testing.T, send func(w *world, transfer, form string, files map[string]string, kill bool) string) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	id := send(w, "2026-1", staging.Bare, map[string]string{"data/1/a": "abc", "data/9/a": "abc"}, false)
	dir := filepath.Join(w.dir, "intake", "staging", id)
	saved := t.TempDir()
	if err := os.CopyFS(saved, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if res, err := w.finish(id, "2026-1"); err != nil || res.GetTaken() {
		t.Fatalf("%v, %v", res, err)
	}
	next := w.uploads("2026-1").GetPackageId()
	w.close()
	if err := os.RemoveAll(filepath.Join(w.dir, "intake", "staging", next)); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(saved)); err != nil {
		t.Fatal(err)
	}
	w.open()
	got := w.uploads("2026-1")
	if !slices.Equal(there(got), []string{"data/1/a"}) || got.GetRefusedPackage() != id || !slices.Equal(w.staged(), []string{got.GetPackageId()}) {
		t.Errorf("%v, in staging %v", got, w.staged())
	}
	if res, err := w.finish(got.GetPackageId(), "2026-1"); err != nil || !res.GetTaken() || res.GetFiles() != 1 {
		t.Errorf("%v, %v", res, err)
	}
	w.whole()
}

// TestReturnedRowsAreMendedOneByOne: a package for two returned rows, one of which it brings badly, keeps what is
// good; what came for a row that was not returned goes whole.
func TestReturnedRowsAreMendedOneByOne(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0), file(2, 0), file(3, 0))
	first := w.sendInPieces("2026-1", staging.Bare, map[string]string{"data/1/a": "1", "data/2/b": "2", "data/3/c": "3"}, false)
	if res, err := w.finish(first, "2026-1"); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "unreadable"}, &intakev1.ReturnedRow{Position: 3, Reason: "unreadable"}); err != nil {
		t.Fatal(err)
	}
	w.as(clerk("bilim"))
	second := w.sendInPieces("2026-1", staging.Bare, map[string]string{"data/1/a": "other", "data/1/z": "more", "data/2/b": "mended", "data/3/con": "mended"}, false)
	if res, err := w.finish(second, "2026-1"); err != nil || res.GetTaken() {
		t.Fatal(res, err)
	}
	kept := w.uploads("2026-1")
	if got := there(kept); !slices.Equal(got, []string{"data/2/b"}) {
		t.Fatalf("kept are %v", got)
	}
	w.sendInPieces("2026-1", staging.Bare, map[string]string{"data/3/c": "mended"}, true)
	if res, err := w.finish(kept.GetPackageId(), "2026-1"); err != nil || !res.GetTaken() || res.GetFiles() != 2 {
		t.Fatal(res, err)
	}
	if got := w.seen("2026-1").GetTransfer(); got.GetState() != "checked" || got.GetReturned() != 0 || got.GetPackageFiles() != 3 {
		t.Error(got)
	}
	w.as(archivist)
	w.whole()
}
