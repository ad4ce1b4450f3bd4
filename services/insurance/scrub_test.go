package insurance

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/insurance/internal/keeper"
	"github.com/qoyma/qoyma/services/platform/journal"
)

func TestAWholeFundPassesItsCheck(t *testing.T) {
	w := insuredWorld(t, "site-1", "hill")
	if _, err := w.client.StartScrub(t.Context(), &insurancev1.StartScrubRequest{CommandId: newID(), CopyId: "1/2/9"}); !errors.Is(err, fund.Unknown) {
		t.Errorf("%v", err)
	}
	res := w.scrub("")
	s := res.GetScrub()
	want := uint64(0)
	for _, text := range texts {
		want += 3 * uint64(len(text))
	}
	if s.GetCopies() != 2 || s.GetCopiesDone() != 2 || s.GetFiles() != 12 || s.GetBytes() != want || s.GetDamaged()+s.GetRestored() != 0 || len(res.GetDamages()) != 0 {
		t.Errorf("%v, want %d bytes", s, want)
	}
	c := w.get("1/2/1")
	if len(c.GetChecks()) != 1 || c.GetCopy().GetCheckedAt() == nil || !c.GetCopy().GetCheckDueAt().AsTime().Equal(c.GetCopy().GetCheckedAt().AsTime().AddDate(0, 0, 30)) {
		t.Errorf("%v", c)
	}
	id := newID()
	for range 2 {
		res, err := w.client.StartScrub(t.Context(), &insurancev1.StartScrubRequest{CommandId: id, CopyId: "1/2/2"})
		if err != nil || res.GetScrub().GetScrubId() != "2" {
			t.Fatal(res, err)
		}
	}
	w.whole()
}

// harm is one damage, and what a check must make of it.
type harm struct {
	name     string
	do       func(w *world)
	found    int
	restored int
	event    string
}

func harms() []harm {
	originals := func(w *world) string { return filepath.Join(w.intake.dir, "ocfl") }
	site := func(w *world) string { return filepath.Join(w.place("site-1"), "ocfl") }
	hill := func(w *world) string { return filepath.Join(w.place("hill"), "ocfl") }
	must := func(w *world, err error) {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return []harm{
		{"a bit of an original", func(w *world) { w.spoil(w.file(originals(w), "data/1/b.txt")) }, 1, 1, "OriginalRestored"},
		{"an original cut short", func(w *world) { must(w, os.Truncate(w.file(originals(w), "data/1/b.txt"), 5)) }, 1, 1, "OriginalRestored"},
		{"an original gone", func(w *world) { must(w, os.Remove(w.file(originals(w), "data/2/c.txt"))) }, 1, 1, "OriginalRestored"},
		{"an original empty", func(w *world) { must(w, os.Truncate(w.file(originals(w), "data/2/c.txt"), 0)) }, 1, 1, "OriginalRestored"},
		{"a link in an original's place", func(w *world) {
			at := w.file(originals(w), "data/2/c.txt")
			must(w, errors.Join(os.Remove(at), os.Symlink("/etc/hostname", at)))
		}, 1, 1, "OriginalRestored"},
		{"content that two names share", func(w *world) { w.spoil(w.file(originals(w), "data/1/a.txt")) }, 1, 1, "OriginalRestored"},
		{"an original's inventory", func(w *world) {
			must(w, os.WriteFile(filepath.Join(filepath.Dir(w.file(originals(w), "0=ocfl_object_1.1")), "inventory.json"), []byte("{}"), 0o600))
		}, 1, 1, "OriginalRestored"},
		{"the original's whole object", func(w *world) {
			must(w, os.RemoveAll(filepath.Dir(w.file(originals(w), "0=ocfl_object_1.1"))))
		}, 5 + 3, 5 + 3, "OriginalRestored"}, // the record, and each content once: the shared one comes back with the first
		{"a bit of a copy", func(w *world) { w.spoil(w.file(site(w), "data/1/b.txt")) }, 1, 1, "CopyRestored"},
		{"a copy's file gone", func(w *world) { must(w, os.Remove(w.file(hill(w), "data/2/c.txt"))) }, 1, 1, "CopyRestored"},
		{"a copy's sidecar", func(w *world) { must(w, os.WriteFile(w.file(site(w), "inventory.json.sha512"), nil, 0o600)) }, 1, 1, "CopyRestored"},
		{"a copy's object gone", func(w *world) { must(w, os.RemoveAll(filepath.Dir(w.file(site(w), "0=ocfl_object_1.1")))) }, 1, 1, "CopyRestored"},
		{"both copies and the original is whole", func(w *world) {
			w.spoil(w.file(site(w), "data/1/b.txt"))
			w.spoil(w.file(hill(w), "data/1/b.txt"))
		}, 2, 2, "CopyRestored"},
		{"the original and one copy", func(w *world) {
			w.spoil(w.file(originals(w), "data/1/b.txt"))
			w.spoil(w.file(site(w), "data/1/b.txt"))
		}, 2, 2, "OriginalRestored"},
	}
}

// TestEveryDamageIsFoundAndMended: exactly what was damaged is found, each is an event, and all
// bytes are as they were.
func TestEveryDamageIsFoundAndMended(t *testing.T) {
	for _, h := range harms() {
		t.Run(h.name, func(t *testing.T) {
			w := insuredWorld(t, "site-1", "hill")
			h.do(w)
			res := w.scrub("")
			if int(res.GetScrub().GetDamaged()) != h.found || int(res.GetScrub().GetRestored()) != h.restored || len(res.GetDamages()) != h.found {
				t.Errorf("found %d, restored %d; want %d, %d: %v", res.GetScrub().GetDamaged(), res.GetScrub().GetRestored(), h.found, h.restored, res.GetDamages())
			}
			for _, d := range res.GetDamages() {
				if d.GetRestoredAt() == nil || d.GetKind() == "" || d.GetActualSha512() == d.GetExpectedSha512() {
					t.Errorf("%v", d)
				}
			}
			if count := w.events(nil); count["DamageFound"] != h.found || count[h.event] == 0 || count["DamageBeyondRepair"] != 0 {
				t.Errorf("%v", count)
			}
			w.state("1/2/1", "verified")
			w.state("1/2/2", "verified")
			w.whole()
			if again := w.scrub("").GetScrub(); again.GetDamaged() != 0 {
				t.Errorf("the next check finds %v", again)
			}
		})
	}
}

// TestKilledAtEveryStepOfARepair stops behind every durable step and opens the service again.
func TestKilledAtEveryStepOfARepair(t *testing.T) {
	for _, step := range []keeper.Step{keeper.Found, keeper.Mended, keeper.Closed, keeper.Noted, keeper.Ended} {
		for _, h := range []int{0, 6, 8, 11, 13} {
			h := harms()[h]
			t.Run(string(step)+", "+h.name, func(t *testing.T) {
				w := insuredWorld(t, "site-1", "hill")
				h.do(w)
				if _, err := w.client.StartScrub(t.Context(), &insurancev1.StartScrubRequest{CommandId: newID()}); err != nil {
					t.Fatal(err)
				}
				deaths := 0
				for died := true; died; {
					died = false
					w.s.keeper.After = func(s keeper.Step) error {
						if s == step && deaths < 3 {
							deaths, died = deaths+1, true
							return say("power cut")
						}
						return nil
					}
					for {
						did, err := w.s.keeper.ScrubOnce(t.Context())
						if err != nil && !errors.Is(err, keeper.ErrStopped) {
							t.Fatal(err)
						}
						if err != nil || !did {
							break
						}
					}
					w.consistent()
					w.reopen()
				}
				if deaths == 0 {
					t.Fatal("the step was never reached")
				}
				w.state("1/2/1", "verified")
				w.whole()
				count := w.events(nil)
				if count["DamageFound"] != h.found || count["OriginalRestored"]+count["CopyRestored"] != h.restored || count["ScrubFinished"] != 1 {
					t.Errorf("%v", count)
				}
				if n := len(w.intake.restored); n > 1 {
					t.Errorf("the original was replaced %d times", n)
				}
			})
		}
	}
}

// TestDamageBeyondRepairOverwritesNothing: neither side has the bytes, until somebody brings
// them.
func TestDamageBeyondRepairOverwritesNothing(t *testing.T) {
	w := insuredWorld(t)
	original, kept := w.file(w.intake.dir, "data/1/b.txt"), w.file(w.place("site-1"), "data/1/b.txt")
	w.spoil(original)
	if err := os.Truncate(kept, 7); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second check says nothing new
		w.scrub("")
		w.state("1/2/1", "beyond_repair")
		w.state("1/2/2", "verified")
	}
	if count := w.events(nil); count["DamageFound"] != 2 || count["DamageBeyondRepair"] != 1 || count["OriginalRestored"]+count["CopyRestored"] != 0 {
		t.Errorf("%v", count)
	}
	now, err := os.ReadFile(original)
	short, copyErr := os.ReadFile(kept)
	if err != nil || copyErr != nil || string(now) != string(before) || len(short) != 7 {
		t.Error("something was overwritten")
	}
	w.consistent()
	if err := os.WriteFile(kept, []byte(texts["data/1/b.txt"]), 0o600); err != nil { // from a tape
		t.Fatal(err)
	}
	w.scrub("1/2/1")
	w.state("1/2/1", "verified")
	w.whole()
	if count := w.events(nil); count["OriginalRestored"] != 1 || count["CopyRestored"] != 1 {
		t.Errorf("%v", count)
	}
}

// TestASiteThatIsAwayMayHaveTheBytes: then nothing is beyond repair.
func TestASiteThatIsAwayMayHaveTheBytes(t *testing.T) {
	w := insuredWorld(t, "site-1", "hill")
	w.spoil(w.file(w.intake.dir, "data/2/c.txt"))
	w.spoil(w.file(w.place("site-1"), "data/2/c.txt"))
	hill := w.place("hill")
	if err := os.Rename(hill, hill+".away"); err != nil {
		t.Fatal(err)
	}
	w.scrub("")
	w.state("1/2/2", "damaged")
	if err := os.Rename(hill+".away", hill); err != nil {
		t.Fatal(err)
	}
	w.scrub("")
	w.state("1/2/2", "verified")
	w.whole()
}

// TestAHostileCopyGivesNothing: who writes at a site must not be able to change an original,
// nor to have the service read or write outside the site.
func TestAHostileCopyGivesNothing(t *testing.T) {
	w := insuredWorld(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("құпия"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		object := filepath.Dir(w.file(w.place("site-1"), "0=ocfl_object_1.1"))
		inventory, err := os.ReadFile(filepath.Join(object, "inventory.json"))
		if err != nil {
			t.Fatal(err)
		}
		forged := strings.ReplaceAll(string(inventory), "v1/content/data", "../../../../../../../../../../../.."+filepath.Dir(secret))
		content := w.file(w.place("site-1"), ".txt")
		if err := errors.Join(
			os.WriteFile(filepath.Join(object, "inventory.json"), []byte(forged), 0o600),
			os.WriteFile(filepath.Join(object, "inventory.json.sha512"), []byte(hexOf([]byte(forged))+"  inventory.json\n"), 0o600),
			os.Remove(content), os.Symlink(secret, content),
		); err != nil {
			t.Fatal(err)
		}
		w.spoil(w.file(w.intake.dir, "data/2/c.txt"))
		w.scrub("")
		w.whole()
	}
	if raw, err := os.ReadFile(secret); err != nil || string(raw) != "құпия" {
		t.Errorf("what lies outside was changed: %q %v", raw, err)
	}
}

// TestTheFundChecksItself: the timer begins a scrub when the oldest check is a period old, and
// only of what is due.
func TestTheFundChecksItself(t *testing.T) {
	now := time.Now()
	w := newWorld(t)
	w.close()
	w.now = func() time.Time { return now }
	w.open()
	w.intake.keep(object, texts)
	w.order()
	w.copying()
	day := 24 * time.Hour
	fire := func() int {
		t.Helper()
		before := w.events(nil)["ScrubBegun"]
		scrubs, err := w.client.ListScrubs(t.Context(), &insurancev1.ListScrubsRequest{})
		if err != nil || scrubs.GetNextAt() == nil {
			t.Fatal(scrubs, err)
		}
		now = scrubs.GetNextAt().AsTime().Add(time.Second)
		w.timers()
		w.drain(w.s.keeper.ScrubOnce)
		return w.events(nil)["ScrubBegun"] - before
	}
	began := now
	if n := fire(); n != 1 || now.Sub(began) < 30*day || now.Sub(began) > 30*day+time.Minute {
		t.Fatalf("%d scrubs after %v", n, now.Sub(began))
	}
	// One copy is checked by hand in between: only the other is due.
	now = now.Add(20 * day)
	w.scrub("1/2/1")
	if n := fire(); n != 1 {
		t.Fatalf("%d scrubs", n)
	}
	last, err := w.client.ListScrubs(t.Context(), &insurancev1.ListScrubsRequest{Limit: 1})
	if err != nil || last.GetScrubs()[0].GetCopies() != 1 || last.GetScrubs()[0].GetBegunBy() != "service:insurance" || !last.GetMore() {
		t.Errorf("%v %v", last, err)
	}
	res, err := w.client.SetCheckPeriod(t.Context(), &insurancev1.SetCheckPeriodRequest{CommandId: newID(), Days: 7})
	if err != nil || res.GetDays() != 7 || res.GetNextAt().AsTime().After(now.Add(7*day)) {
		t.Errorf("%v %v", res, err)
	}
	if _, err := w.client.SetCheckPeriod(t.Context(), &insurancev1.SetCheckPeriodRequest{CommandId: newID()}); !errors.Is(err, fund.BadPeriod) {
		t.Errorf("%v", err)
	}
	if n := fire(); n != 1 {
		t.Errorf("%d scrubs", n)
	}
	w.whole()
}

// TestRandomLife lets damage, checks, deaths and orders come in any order, beside a plain map of
// what must be there.
func TestRandomLife(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	w := insuredWorld(t, "site-1", "hill")
	hurt := map[string]map[string]bool{} // file → the sides that are damaged
	sides := map[string]func() string{
		"original": func() string { return filepath.Join(w.intake.dir, "ocfl") },
		"site-1":   func() string { return filepath.Join(w.place("site-1"), "ocfl") },
		"hill":     func() string { return filepath.Join(w.place("hill"), "ocfl") },
	}
	files := []string{"data/1/b.txt", "data/2/c.txt"}
	for range 60 {
		switch n := r.IntN(10); {
		case n < 5:
			file := files[r.IntN(2)]
			side := []string{"original", "site-1", "hill"}[r.IntN(3)]
			if hurt[file] == nil {
				hurt[file] = map[string]bool{}
			}
			if hurt[file][side] || len(hurt[file]) == 2 { // the last whole one stays
				continue
			}
			hurt[file][side] = true
			w.spoil(w.file(sides[side](), file))
		case n < 8:
			damaged := 0
			for _, s := range hurt {
				damaged += len(s)
			}
			if got := w.scrub("").GetScrub(); int(got.GetDamaged()) != damaged || int(got.GetRestored()) != damaged {
				t.Fatalf("damaged %d, found %d, restored %d", damaged, got.GetDamaged(), got.GetRestored())
			}
			hurt = map[string]map[string]bool{}
		default:
			w.reopen()
		}
	}
	w.scrub("")
	w.whole()
}

// TestDeathsDoNotLoseProgress: a scrub shows how far it is, and goes on after a death.
func TestDeathsDoNotLoseProgress(t *testing.T) {
	w := newWorld(t)
	w.intake.keep(object, texts)
	w.order()
	w.copying()
	begun, err := w.client.StartScrub(t.Context(), &insurancev1.StartScrubRequest{CommandId: newID()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.keeper.ScrubOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	res, err := w.client.GetScrub(t.Context(), &insurancev1.GetScrubRequest{ScrubId: begun.GetScrub().GetScrubId()})
	if err != nil || res.GetScrub().GetCopiesDone() != 1 || res.GetScrub().GetPercent() != 50 || res.GetScrub().GetBytes() == 0 {
		t.Errorf("progress: %v %v", res, err)
	}
	if _, err := w.client.StartScrub(t.Context(), &insurancev1.StartScrubRequest{CommandId: newID()}); !errors.Is(err, fund.Running) {
		t.Errorf("two at once: %v", err)
	}
	// One copy goes before all.
	if _, err := w.client.StartScrub(t.Context(), &insurancev1.StartScrubRequest{CommandId: newID(), CopyId: "1/2/2"}); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	w.drain(w.s.keeper.ScrubOnce)
	var order []string
	w.events(func(_ *journal.Record, body proto.Message) {
		if f, ok := body.(*insurancev1.ScrubFinished); ok {
			order = append(order, f.GetScrubId())
		}
	})
	if strings.Join(order, " ") != "2 1" {
		t.Errorf("finished: %v", order)
	}
	w.whole()
}
