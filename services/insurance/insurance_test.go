package insurance

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/insurance/internal/keeper"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
)

func TestAMarkedFileIsCopiedAndEnteredInTheRegister(t *testing.T) {
	w := insuredWorld(t, "site-1", "hill")
	w.whole()
	for id, files := range map[string]uint32{"1/2/1": 3, "1/2/2": 1} {
		c := w.get(id)
		if c.GetCopy().GetState() != "verified" || c.GetCopy().GetFiles() != files || len(c.GetFiles()) != int(files) || len(c.GetCopy().GetSites()) != 2 {
			t.Errorf("%s: %v", id, c)
		}
		for _, f := range c.GetFiles() {
			if f.GetSha512() != hexOf([]byte(texts[f.GetPath()])) || f.GetSize() != uint64(len(texts[f.GetPath()])) {
				t.Errorf("%s: %v", id, f)
			}
			for _, dir := range w.roots() {
				if f.GetPath() == "data/1/копия.txt" {
					continue // kept once, under the other name
				}
				if raw, err := os.ReadFile(w.file(dir, f.GetPath())); err != nil || string(raw) != texts[f.GetPath()] {
					t.Errorf("%s in %s: %v", f.GetPath(), dir, err)
				}
			}
		}
	}
	register, err := w.client.ListRegister(t.Context(), &insurancev1.ListRegisterRequest{})
	if err != nil || len(register.GetLines()) != 2 || register.GetLines()[1].GetNumber() != 2 || register.GetLines()[0].GetCarrier() != "urn:qoyma:kz-test:insurance:1:2:1" {
		t.Errorf("%v %v", register, err)
	}
	transfers := 0
	w.events(func(r *journal.Record, _ proto.Message) {
		for _, ref := range r.Header.GetRefs() {
			if ref.GetType() == "transfer" && ref.GetId() == "2026-1" {
				transfers++
			}
		}
	})
	if n := w.s.host.Store().Head().Seq; transfers != int(n) {
		t.Errorf("%d of %d events stand on the transfer's timeline", transfers, n)
	}
	if err := w.catalogued("2026-1", marked("1", object, []string{"data/1/a.txt"})); err != nil {
		t.Error(err)
	}
	if n := w.events(nil)["CopyOrdered"]; n != 2 {
		t.Errorf("%d copies were ordered", n)
	}
	sites, err := w.client.ListSites(t.Context(), &insurancev1.ListSitesRequest{})
	if err != nil || len(sites.GetSites()) != 2 || sites.GetSites()[1].GetCopies() != 2 || sites.GetSites()[0].GetState() != "ready" || !sites.GetSites()[0].GetSameDevice() || sites.GetSites()[0].GetWarning().GetKk() == "" {
		t.Errorf("%v %v", sites, err)
	}
	w.reopen()
	w.whole()
}

// TestASiteHasAHistory: what was made, read back, found damaged and restored there, and nothing of another site; an original is restored from it.
func TestASiteHasAHistory(t *testing.T) {
	w := insuredWorld(t, "site-1", "hill")
	w.spoil(w.file(w.place("hill"), "data/1/a.txt"))
	w.scrub("1/2/1")
	for site, want := range map[string]map[string]int{
		"hill":   {"CopyMade": 2, "CopyVerified": 2, "DamageFound": 1, "CopyRestored": 1},
		"site-1": {"CopyMade": 2, "CopyVerified": 2},
	} {
		records, err := w.s.host.Store().Timeline(journal.Ref{Type: "site", ID: site}, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, r := range records {
			got[strings.TrimPrefix(r.Header.GetBodyType(), "qoyma.insurance.v1.")]++
		}
		for name, n := range want {
			if got[name] != n {
				t.Errorf("%s: %d of %s, want %d; in all %v", site, got[name], name, n, got)
			}
		}
		if site != "hill" && got["DamageFound"] > 0 {
			t.Errorf("damage of another site stands on the timeline of %s", site)
		}
	}
	w.whole()
}

// TestKilledAtEveryStepOfACopy stops the plan behind every durable step, as a death would, and
// opens the service again.
func TestKilledAtEveryStepOfACopy(t *testing.T) {
	for _, step := range []keeper.Step{keeper.Fetched, keeper.Object, keeper.Recorded, keeper.Swept, keeper.Confirmed} {
		t.Run(string(step), func(t *testing.T) {
			w := newWorld(t, "site-1", "hill")
			w.intake.keep(object, texts)
			w.order()
			deaths := 0
			for {
				died := false
				w.s.keeper.After = func(s keeper.Step) error {
					if s == step && deaths < 4 {
						deaths, died = deaths+1, true
						return say("power cut")
					}
					return nil
				}
				for {
					did, err := w.s.keeper.CopyOnce(t.Context())
					if err != nil && !errors.Is(err, keeper.ErrStopped) {
						t.Fatal(err)
					}
					if !did {
						break
					}
				}
				if !died {
					break
				}
				w.consistent()
				w.reopen()
			}
			if deaths == 0 {
				t.Fatal("the step was never reached")
			}
			w.state("1/2/1", "verified")
			w.state("1/2/2", "verified")
			w.whole()
			count := w.events(nil)
			if count["CopyMade"] != 4 || count["CopyVerified"] != 4 || count["CopyFailed"] != 0 {
				t.Errorf("%v", count)
			}
			for _, p := range w.s.keeper.Places {
				if left, _ := filepath.Glob(filepath.Join(p.Dir, "incoming", "*", "*")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
			}
		})
	}
}

func TestADamagedOriginalMakesTheCopyFailUntilSomebodyAsks(t *testing.T) {
	w := newWorld(t)
	w.intake.keep(object, texts)
	at := w.file(w.intake.dir, "data/1/b.txt")
	w.spoil(at)
	w.order()
	w.copying()
	w.state("1/2/1", "failed")
	w.state("1/2/2", "verified")
	if r := w.get("1/2/1").GetCopy().GetReason(); r.GetRu() == "" || r.GetKk() == "" {
		t.Errorf("no reason: %v", r)
	}
	if _, err := w.client.RetryCopy(t.Context(), &insurancev1.RetryCopyRequest{CommandId: newID(), CopyId: "1/2/2"}); !errors.Is(err, fund.NotFailed) {
		t.Errorf("%v", err)
	}
	if _, err := w.client.RetryCopy(t.Context(), &insurancev1.RetryCopyRequest{CommandId: newID(), CopyId: "1/2/9"}); !errors.Is(err, fund.Unknown) {
		t.Errorf("%v", err)
	}
	w.spoil(at) // turned back
	if res, err := w.client.RetryCopy(t.Context(), &insurancev1.RetryCopyRequest{CommandId: newID(), CopyId: "Ф. 1. Оп. 2. Д. 1"}); err != nil || res.GetCopy().GetState() != "ordered" {
		t.Fatal(res, err)
	}
	w.copying()
	w.state("1/2/1", "verified")
	w.whole()
	if n := w.get("1/2/1").GetCopy().GetRegisterNumber(); n != 2 {
		t.Errorf("the number is %d", n)
	}
}

// TestACopyThatDoesNotReadBackIsPutAside: a disk that loses what was written.
func TestACopyThatDoesNotReadBackIsPutAside(t *testing.T) {
	w := newWorld(t)
	w.intake.keep(object, texts)
	w.order()
	w.s.keeper.After = func(s keeper.Step) error {
		if s == keeper.Swept {
			w.spoil(w.file(w.place("site-1"), "data/1/b.txt"))
			w.s.keeper.After = nil
		}
		return nil
	}
	w.copying()
	w.state("1/2/1", "failed")
	w.consistent()
	if _, err := w.client.RetryCopy(t.Context(), &insurancev1.RetryCopyRequest{CommandId: newID(), CopyId: "1/2/1"}); err != nil {
		t.Fatal(err)
	}
	w.copying()
	w.state("1/2/1", "verified")
	w.whole()
	if aside, _ := filepath.Glob(filepath.Join(w.place("site-1"), "quarantine", "object-*")); len(aside) != 1 {
		t.Errorf("put aside: %v", aside)
	}
}

func TestIntakeAwayAndASiteAwayAreWaitedFor(t *testing.T) {
	w := newWorld(t, "site-1", "hill")
	w.s.keeper.Pause = time.Nanosecond
	w.intake.keep(object, texts)
	w.intake.down = true
	w.order()
	if _, err := w.s.keeper.CopyOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := w.get("1/2/1").GetCopy(); r.GetState() != "ordered" || !strings.Contains(r.GetReason().GetEn(), "away") {
		t.Errorf("%v", r)
	}
	w.intake.down = false
	w.copying()
	w.state("1/2/1", "verified")

	// The second site's disk is not mounted: an empty folder lies in its place.
	hill := w.place("hill")
	if err := os.Rename(hill, hill+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(hill, 0o700); err != nil {
		t.Fatal(err)
	}
	w.intake.keep(object+"b", map[string]string{"data/3/d.txt": "төртінші"})
	if err := w.catalogued("2026-1", marked("3", object+"b", []string{"data/3/d.txt"})); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		if _, err := w.s.keeper.CopyOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := os.ReadDir(hill); len(left) > 0 {
		t.Fatalf("something was written below the mount point: %v", left)
	}
	res := w.scrub("")
	if s := res.GetScrub(); s.GetDamaged() != 0 || s.GetIncomplete() != 2 || s.GetCopies() != 3 {
		t.Errorf("a site that is away is not damage: %v", s)
	}
	sites, err := w.client.ListSites(t.Context(), &insurancev1.ListSitesRequest{})
	if err != nil || sites.GetSites()[1].GetState() != "absent" || sites.GetSites()[1].GetAlarm().GetRu() == "" {
		t.Errorf("%v %v", sites, err)
	}
	if err := errors.Join(os.Remove(hill), os.Rename(hill+".away", hill)); err != nil {
		t.Fatal(err)
	}
	w.copying()
	w.state("1/2/3", "verified")
	if s := w.scrub("").GetScrub(); s.GetIncomplete() != 0 || s.GetCopies() != 3 {
		t.Errorf("%v", s)
	}
	w.whole()
}

// TestASiteThatIsAddedGetsEveryCopy: once, without new numbers in the register.
func TestASiteThatIsAddedGetsEveryCopy(t *testing.T) {
	w := insuredWorld(t)
	w.close()
	w.sites = []string{"site-1=" + filepath.Join(w.dir, "insurance", "site-1"), "hill=" + filepath.Join(w.dir, "hill")}
	w.open()
	for range 2 {
		if err := w.s.keeper.Extend(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.copying()
	for _, id := range []string{"1/2/1", "1/2/2"} {
		if c := w.get(id).GetCopy(); c.GetState() != "verified" || len(c.GetSites()) != 2 || c.GetRegisterNumber() > 2 {
			t.Errorf("%v", c)
		}
	}
	if n := w.events(nil)["CopySiteAdded"]; n != 2 {
		t.Errorf("%d orders", n)
	}
	w.whole()
}

func TestPaperIsAwaitedOnFilm(t *testing.T) {
	w := newWorld(t)
	if err := w.catalogued("2026-1", marked("7", "", nil)); err != nil {
		t.Fatal(err)
	}
	w.state("1/2/7", "awaited")
	film := &insurancev1.Microform{Kind: "microfilm", Roll: "Р-17", FrameFrom: 1, FrameTo: 94, MadeOn: "2026-02-01", Place: "Хранилище 2"}
	id := newID()
	for range 2 {
		res, err := w.client.RecordMicroform(t.Context(), &insurancev1.RecordMicroformRequest{CommandId: id, CopyId: "1/2/7", Microform: film})
		if err != nil || res.GetRegisterNumber() != 1 || res.GetCopy().GetState() != "microform" {
			t.Fatal(res, err)
		}
	}
	if _, err := w.client.RecordMicroform(t.Context(), &insurancev1.RecordMicroformRequest{CommandId: newID(), CopyId: "1/2/7", Microform: &insurancev1.Microform{Kind: "film"}}); !errors.Is(err, fund.BadMicroform) {
		t.Errorf("%v", err)
	}
	w.intake.keep(object, texts)
	w.order()
	w.copying()
	if _, err := w.client.RecordMicroform(t.Context(), &insurancev1.RecordMicroformRequest{CommandId: newID(), CopyId: "1/2/1", Microform: film}); err != nil {
		t.Fatal(err)
	}
	w.state("1/2/1", "verified")
	res, err := w.client.ListRegister(t.Context(), &insurancev1.ListRegisterRequest{})
	var kinds []string
	for _, l := range res.GetLines() {
		kinds = append(kinds, l.GetKind())
	}
	if err != nil || !slices.Equal(kinds, []string{"microfilm", "object", "object", "microfilm"}) {
		t.Errorf("%v %v", kinds, err)
	}
	if _, err := w.client.StartScrub(t.Context(), &insurancev1.StartScrubRequest{CommandId: newID(), CopyId: "1/2/7"}); !errors.Is(err, fund.NothingToCheck) {
		t.Errorf("a film cannot be scrubbed: %v", err)
	}
	w.consistent()
}

// TestWhatAReaderMayNotSeeIsNotThere compares lists, counts, register and events with labels.
func TestWhatAReaderMayNotSeeIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.intake.keep(object, texts)
	if err := errors.Join(
		w.catalogued("2026-1", marked("1", object, []string{"data/1/a.txt"}, "personal")),
		w.catalogued("2026-1", marked("2", object, []string{"data/2/c.txt"})),
	); err != nil {
		t.Fatal(err)
	}
	w.copying()
	w.spoil(w.file(w.intake.dir, "data/1/a.txt"))
	scrub := w.scrub("").GetScrub().GetScrubId()
	one := w.scrub("1/2/1").GetScrub().GetScrubId()
	w.caller = reader
	list, err := w.client.ListCopies(t.Context(), &insurancev1.ListCopiesRequest{})
	if err != nil || len(list.GetCopies()) != 1 || list.GetCopies()[0].GetCopyId() != "1/2/2" {
		t.Errorf("%v %v", list, err)
	}
	for _, n := range list.GetCounts() {
		if n.GetState() == "verified" && n.GetCount() != 1 {
			t.Errorf("%v", n)
		}
	}
	if r, err := w.client.ListRegister(t.Context(), &insurancev1.ListRegisterRequest{}); err != nil || len(r.GetLines()) != 1 {
		t.Errorf("%v %v", r, err)
	}
	_, hidden := w.client.GetCopy(t.Context(), &insurancev1.GetCopyRequest{CopyId: "1/2/1"})
	_, missing := w.client.GetCopy(t.Context(), &insurancev1.GetCopyRequest{CopyId: "1/2/8"})
	if fault.KindOf(hidden) != fault.NotFound || strings.ReplaceAll(hidden.Error(), "1/2/1", "") != strings.ReplaceAll(missing.Error(), "1/2/8", "") {
		t.Errorf("%v / %v", hidden, missing)
	}
	if g, err := w.client.GetScrub(t.Context(), &insurancev1.GetScrubRequest{ScrubId: scrub}); err != nil || len(g.GetDamages()) != 0 {
		t.Errorf("%v %v", g, err)
	}
	if _, err := w.client.GetScrub(t.Context(), &insurancev1.GetScrubRequest{ScrubId: one}); !errors.Is(err, fund.NoScrub) {
		t.Errorf("the check of a hidden copy: %v", err)
	}
	if l, err := w.client.ListScrubs(t.Context(), &insurancev1.ListScrubsRequest{}); err != nil || len(l.GetScrubs()) != 1 {
		t.Errorf("%v %v", l, err)
	}
	w.events(func(r *journal.Record, body proto.Message) {
		for _, ref := range r.Header.GetRefs() {
			if ref.GetId() == "1/2/1" && !slices.Equal(r.Header.GetLabel().GetGrounds(), []string{"personal"}) {
				t.Errorf("event %d (%T) shows a hidden copy", r.Seq(), body)
			}
		}
		if checked, ok := body.(*insurancev1.CopiesChecked); ok {
			for _, c := range checked.GetChecks() {
				if c.GetCopyId() == "1/2/1" && len(r.Header.GetLabel().GetGrounds()) == 0 {
					t.Errorf("event %d names a hidden copy", r.Seq())
				}
			}
		}
	})
}

func TestSitesAreNamed(t *testing.T) {
	for _, c := range []struct {
		written []string
		want    []Site
	}{
		{nil, []Site{{"site-1", "/d/insurance/site-1"}}},
		{[]string{"/a"}, []Site{{"site-1", "/a"}}},
		{[]string{"hill=/a/", "/b"}, []Site{{"hill", "/a"}, {"site-2", "/b"}}},
	} {
		if got, err := Sites(c.written, "/d"); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v: %v %v", c.written, got, err)
		}
	}
	for _, bad := range [][]string{{"=/a"}, {"A=/a"}, {"a="}, {"a=/x", "a=/y"}, {"a=/x", "b=/x"}, {strings.Repeat("a", 33) + "=/a"}, {"../x=/a"}} {
		if _, err := Sites(bad, "/d"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
