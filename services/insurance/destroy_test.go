package insurance

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/keeper"
	"github.com/qoyma/qoyma/services/insurance/internal/react"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// closes lets intake's word take effect that content is destroyed.
func (w *world) closes(accession string, codes ...string) {
	w.t.Helper()
	if err := w.told("intake", react.Intake(), &intakev1.ContentClosed{AccessionNumber: accession, Number: 1, Codes: codes}, nil); err != nil {
		w.t.Fatal(err)
	}
}

// stands counts content files of a unit at a site.
func (w *world) stands(site, unit string) (n int) {
	w.t.Helper()
	_ = filepath.WalkDir(w.place(site), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(filepath.ToSlash(path), "/content/data/"+unit+"/") {
			n++
		}
		return nil
	})
	return n
}

// TestCopiesOfWhatLeftAreDestroyed (AR-4): at every site, with an event each; other copies stand, nothing is checked or mended any more, and
// the register keeps its lines.
func TestCopiesOfWhatLeftAreDestroyed(t *testing.T) {
	w := insuredWorld(t, "one", "two")
	before := w.get("1/2/1").GetCopy()
	w.closes("2026-9", "1/2/1") // another accession's word
	w.state("1/2/1", "verified")
	w.closes("2026-1", "1/2/1", "1/2/77")
	w.closes("2026-1", "1/2/1") // once more
	w.state("1/2/1", "leaving")
	w.copying()
	w.whole()
	w.drain(w.s.keeper.DestroyOnce)
	w.state("1/2/1", "destroyed")
	w.state("1/2/2", "verified")
	for _, site := range []string{"one", "two"} {
		if w.stands(site, "1") != 0 || w.stands(site, "2") == 0 {
			t.Errorf("at %s: %d files of the first, %d of the second", site, w.stands(site, "1"), w.stands(site, "2"))
		}
	}
	if after := w.get("1/2/1").GetCopy(); after.GetRegisterNumber() != before.GetRegisterNumber() || after.GetLeftBy() != "2026-1/1" || after.GetCheckedAt() != nil {
		t.Errorf("%v", after)
	}
	n := w.events(func(*journal.Record, proto.Message) {})
	if n["CopyLeaves"] != 1 || n["CopyDestroyed"] != 2 {
		t.Errorf("%v", n)
	}
	if _, err := w.client.StartScrub(t.Context(), &insurancev1.StartScrubRequest{CommandId: newID(), CopyId: "1/2/1"}); err == nil {
		t.Error("what is destroyed is checked")
	}
	w.scrub("")
	w.reopen()
	w.drain(w.s.keeper.DestroyOnce)
	w.whole()
}

// TestACopyThatLeftIsNoDamage: a check that was ordered before its copy left finds nothing missing, and ends.
func TestACopyThatLeftIsNoDamage(t *testing.T) {
	w := insuredWorld(t, "one")
	begun, err := w.client.StartScrub(t.Context(), &insurancev1.StartScrubRequest{CommandId: newID(), CopyId: "1/2/1"})
	if err != nil {
		t.Fatal(err)
	}
	w.closes("2026-1", "1/2/1")
	w.drain(w.s.keeper.DestroyOnce)
	w.drain(w.s.keeper.ScrubOnce)
	if n := w.events(func(*journal.Record, proto.Message) {}); n["DamageFound"] != 0 || n["DamageBeyondRepair"] != 0 || n["ScrubFinished"] != 1 {
		t.Errorf("%v", n)
	}
	res, err := w.client.GetScrub(t.Context(), &insurancev1.GetScrubRequest{ScrubId: begun.GetScrub().GetScrubId()})
	if err != nil || res.GetScrub().GetState() != "finished" {
		t.Errorf("%v %v", res, err)
	}
	w.state("1/2/1", "destroyed")
	w.whole()
}

// TestNobodyMendsWhatLeft: damage that is open when its copy leaves says so and is counted no more, also where it was beyond repair.
func TestNobodyMendsWhatLeft(t *testing.T) {
	w := insuredWorld(t, "one")
	original := w.file(filepath.Join(w.intake.dir, "ocfl"), "data/1/b.txt")
	w.spoil(original)
	w.spoil(w.file(filepath.Join(w.place("one"), "ocfl"), "data/1/b.txt"))
	w.scrub("")
	w.state("1/2/1", "beyond_repair")
	w.closes("2026-1", "1/2/1")
	w.drain(w.s.keeper.DestroyOnce)
	w.state("1/2/1", "destroyed")
	res, err := w.client.GetCopy(t.Context(), &insurancev1.GetCopyRequest{CopyId: "1/2/1"})
	if err != nil || len(res.GetDamages()) != 2 {
		t.Fatal(res, err)
	}
	for _, d := range res.GetDamages() {
		if d.GetLeftBy() != "2026-1/1" || d.GetRestoredAt() != nil {
			t.Errorf("%v", d)
		}
	}
	w.spoil(original) // turned back: it is intake's to destroy
	w.whole()
}

// TestACopyUnderWayIsDestroyedToo: it was ordered and not made, or made and not read back.
func TestACopyUnderWayIsDestroyedToo(t *testing.T) {
	for _, step := range []keeper.Step{keeper.Fetched, keeper.Object, keeper.Recorded} {
		t.Run(string(step), func(t *testing.T) {
			w := newWorld(t, "one")
			w.intake.keep(object, texts)
			w.order()
			w.s.keeper.After = func(s keeper.Step) error {
				if s == step {
					return errors.New("dead")
				}
				return nil
			}
			if _, err := w.s.keeper.CopyOnce(t.Context()); !errors.Is(err, keeper.ErrStopped) {
				t.Fatalf("not stopped: %v", err)
			}
			w.reopen()
			w.closes("2026-1", "1/2/1", "1/2/2")
			w.copying()
			w.drain(w.s.keeper.DestroyOnce)
			w.state("1/2/1", "destroyed")
			w.state("1/2/2", "destroyed")
			if w.stands("one", "1")+w.stands("one", "2") != 0 {
				t.Error("bytes are left")
			}
			w.whole()
		})
	}
}

// TestDestructionKilledAtEveryStep stops behind every durable step, starts anew, and finds the same end.
func TestDestructionKilledAtEveryStep(t *testing.T) {
	for _, step := range []keeper.Step{keeper.Removed, keeper.Buried} {
		t.Run(string(step), func(t *testing.T) {
			w := insuredWorld(t, "one", "two")
			w.closes("2026-1", "1/2/1")
			w.s.keeper.After = func(s keeper.Step) error {
				if s == step {
					return errors.New("dead")
				}
				return nil
			}
			if _, err := w.s.keeper.DestroyOnce(t.Context()); !errors.Is(err, keeper.ErrStopped) {
				t.Fatalf("not stopped: %v", err)
			}
			w.reopen()
			w.drain(w.s.keeper.DestroyOnce)
			w.state("1/2/1", "destroyed")
			if n := w.events(func(*journal.Record, proto.Message) {}); n["CopyDestroyed"] != 2 || w.stands("one", "1")+w.stands("two", "1") != 0 {
				t.Errorf("%v", n)
			}
			w.whole()
		})
	}
}

// TestASiteThatIsAwayKeepsTheCopyUntilItIsBack: nothing is said of bytes that nobody could reach.
func TestASiteThatIsAwayKeepsTheCopyUntilItIsBack(t *testing.T) {
	w := insuredWorld(t, "one", "two")
	away := w.place("two") + ".unplugged"
	if err := os.Rename(w.place("two"), away); err != nil {
		t.Fatal(err)
	}
	w.closes("2026-1", "1/2/1")
	w.drain(w.s.keeper.DestroyOnce)
	w.state("1/2/1", "leaving")
	if w.stands("one", "1") != 0 {
		t.Error("the site that is there keeps it")
	}
	if err := os.Rename(away, w.place("two")); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	w.drain(w.s.keeper.DestroyOnce)
	w.state("1/2/1", "destroyed")
	if w.stands("two", "1") != 0 {
		t.Error("the site that came back keeps it")
	}
	w.whole()
}
