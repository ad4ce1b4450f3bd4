package insurance

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/keeper"
	"github.com/qoyma/qoyma/services/insurance/internal/react"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

const historyPath = "metadata/premis.xml"

// passed gives an object of the originals another history and lets intake say so.
func (w *world) passed(object string, version uint32, text string) {
	w.t.Helper()
	w.intake.past[object] = text
	w.announced(object, version, text)
}

func (w *world) announced(object string, version uint32, text string) {
	w.t.Helper()
	h := &intakev1.ObjectHistory{Path: historyPath, Size: uint64(len(text)), Sha512: hexOf([]byte(text))}
	var err error
	if version == 1 {
		err = w.told("intake", react.Intake(), &intakev1.AccessionAccepted{AccessionNumber: "2026-1", ObjectId: object, History: h}, nil)
	} else {
		err = w.told("intake", react.Intake(), &intakev1.ObjectVersionAdded{AccessionNumber: "2026-1", ObjectId: object, Version: version, History: h}, nil)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// keeps wants each site to keep these histories of an object, the oldest first; none where it keeps nothing.
func (w *world) keeps(of string, texts ...string) {
	w.t.Helper()
	for _, p := range w.s.keeper.Places {
		root, err := ocfl.Open(filepath.Join(p.Dir, "ocfl"))
		if err != nil {
			w.t.Fatal(err)
		}
		o, err := root.Object(keeper.HistoryID("kz-test", of))
		if len(texts) == 0 {
			if !errors.Is(err, ocfl.NotFound) {
				w.t.Errorf("%s keeps a history: %v", p.ID, err)
			}
			continue
		}
		if err != nil || len(o.Inventory.Versions) != len(texts) {
			w.t.Fatalf("%s: %v, %v", p.ID, o, err)
		}
		for i, want := range texts {
			var f []ocfl.File
			for one, err := range o.Files(w.t.Context(), []string{"v1", "v2", "v3"}[i]) {
				if err != nil {
					w.t.Fatal(err)
				}
				f = append(f, one)
			}
			if len(f) != 1 || f[0].Logical != historyPath {
				w.t.Fatal(f)
			}
			from, err := o.Open(f[0])
			if err != nil {
				w.t.Fatal(err)
			}
			got, err := io.ReadAll(from)
			if err = errors.Join(err, from.Close()); err != nil || string(got) != want {
				w.t.Errorf("%s, version %d: %q, %v", p.ID, i+1, got, err)
			}
		}
	}
}

// TestTheHistoryIsKeptBesideTheCopies: at every site that keeps a copy out of an object, once, and each
// newer one as a later version; not of an object that has no copies.
func TestTheHistoryIsKeptBesideTheCopies(t *testing.T) {
	w := newWorld(t, "site-1", "hill")
	w.intake.keep(object, texts)
	w.passed(object, 1, "accepted")
	w.passed("urn:another", 1, "of no matter")
	w.copying()
	w.order()
	w.copying()
	w.keeps(object, "accepted")
	w.passed(object, 2, "accepted, quarantined")
	w.copying()
	w.announced(object, 1, "accepted") // told again
	w.copying()
	w.keeps(object, "accepted", "accepted, quarantined")
	w.keeps("urn:another")
	if count := w.events(nil); count["HistoryCopied"] != 4 || count["HistoryKnown"] != 3 || count["CopyMade"] != 4 {
		t.Errorf("%v", count)
	}
	w.reopen()
	w.copying()
	if res := w.scrub(""); res.GetScrub().GetDamaged() != 0 {
		t.Error(res)
	}
	w.whole()
}

// TestAHistoryKilledAtEveryStep stops behind every durable step, of the first version and of a later one.
func TestAHistoryKilledAtEveryStep(t *testing.T) {
	for _, step := range []keeper.Step{keeper.HistoryFetched, keeper.HistoryStands, keeper.HistoryRecorded} {
		t.Run(string(step), func(t *testing.T) {
			w := newWorld(t, "site-1", "hill")
			w.intake.keep(object, texts)
			w.order()
			w.passed(object, 1, "accepted")
			deaths := 0
			for _, text := range []string{"", "accepted, restored"} {
				if text != "" {
					w.passed(object, 2, text)
				}
				for died := true; died; {
					died = false
					before := deaths
					w.s.keeper.After = func(s keeper.Step) error {
						if s == step && deaths < before+1 && deaths < 6 {
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
					if died {
						w.consistent()
						w.reopen()
					}
				}
			}
			if deaths < 4 {
				t.Fatalf("%d deaths", deaths)
			}
			w.keeps(object, "accepted", "accepted, restored")
			if count := w.events(nil); count["HistoryCopied"] != 4 {
				t.Errorf("%v", count)
			}
			w.whole()
		})
	}
}

// TestAnOlderHistoryIsNotWaitedFor: when the newer one comes it is taken up, whatever held up the older.
func TestAnOlderHistoryIsNotWaitedFor(t *testing.T) {
	w := insuredWorld(t, "site-1")
	w.announced(object, 1, "accepted")
	w.intake.past[object] = "accepted, restored" // intake is a version further than its journal's reader
	w.copying()
	w.keeps(object)
	w.announced(object, 2, "accepted, restored")
	w.copying()
	w.keeps(object, "accepted, restored")
	w.whole()
}

// TestADamagedHistoryIsCopiedAnew: a scrub finds it changed, gone, or with other bytes in a valid object,
// puts it aside, and the copying takes it up again.
func TestADamagedHistoryIsCopiedAnew(t *testing.T) {
	for name, spoil := range map[string]func(w *world, root *ocfl.Root, id string) error{
		"changed": func(w *world, _ *ocfl.Root, _ string) error {
			w.spoil(w.file(w.place("site-1"), "/content/"+historyPath))
			return nil
		},
		"gone": func(_ *world, root *ocfl.Root, id string) error { return os.RemoveAll(root.Path(id)) },
		"record": func(_ *world, root *ocfl.Root, id string) error {
			return os.Remove(filepath.Join(root.Path(id), "inventory.json"))
		},
		"another": func(w *world, root *ocfl.Root, id string) error {
			source := filepath.Join(w.dir, "other")
			if err := os.WriteFile(source, []byte("forged"), 0o600); err != nil {
				return err
			}
			_, err := root.Update(w.t.Context(), id, ocfl.Change{Head: "v1", Message: "m", User: ocfl.User{Name: "x", Address: "urn:x"}, Put: []ocfl.Content{{Logical: historyPath, Source: source, SHA512: hexOf([]byte("forged")), Size: 6}}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := insuredWorld(t, "site-1")
			w.passed(object, 1, "accepted")
			w.copying()
			root, err := ocfl.Open(filepath.Join(w.place("site-1"), "ocfl"))
			if err != nil {
				t.Fatal(err)
			}
			if err := spoil(w, root, keeper.HistoryID("kz-test", object)); err != nil {
				t.Fatal(err)
			}
			w.scrub("")
			if count := w.events(nil); count["HistoryDamageFound"] != 1 {
				t.Errorf("%v", count)
			}
			w.copying()
			w.keeps(object, "accepted")
			w.scrub("")
			if count := w.events(nil); count["HistoryDamageFound"] != 1 || count["HistoryCopied"] != 2 {
				t.Errorf("%v", count)
			}
			w.whole()
		})
	}
}

// removes lets intake's word take effect that an object is removed.
func (w *world) removes(object string) {
	w.t.Helper()
	if err := w.told("intake", react.Intake(), &intakev1.ObjectRemoved{AccessionNumber: "2026-1", Number: 1, ObjectId: object}, nil); err != nil {
		w.t.Fatal(err)
	}
}

// TestTheHistoryOfARemovedObjectLeavesToo: every site lets go of what it keeps, once; nobody asks intake for more, also where a site lacked the
// newest, and a history that is not known is no matter.
func TestTheHistoryOfARemovedObjectLeavesToo(t *testing.T) {
	for _, step := range []keeper.Step{"", keeper.HistoryGone, keeper.HistoryBuried} {
		t.Run(string(step), func(t *testing.T) {
			w := newWorld(t, "site-1", "hill")
			w.intake.keep(object, texts)
			w.order()
			w.passed(object, 1, "accepted")
			w.copying()
			w.passed(object, 2, "accepted, quarantined") // not taken up before the object goes
			delete(w.intake.past, object)
			w.removes(object)
			w.removes(object) // told again, it is one event
			w.removes("urn:never copied")
			w.announced(object, 3, "late")
			w.copying()
			w.s.keeper.After = func(s keeper.Step) error {
				if s == step {
					return errors.New("dead")
				}
				return nil
			}
			if _, err := w.s.keeper.DestroyOnce(t.Context()); errors.Is(err, keeper.ErrStopped) != (step != "") {
				t.Fatal(err)
			}
			w.reopen()
			w.drain(w.s.keeper.DestroyOnce)
			w.copying()
			w.keeps(object)
			if count := w.events(nil); count["HistoryEnded"] != 1 || count["HistoryRemoved"] != 2 || count["HistoryCopied"] != 2 {
				t.Errorf("%v", count)
			}
			w.whole()
		})
	}
}

// TestASiteThatIsAwayKeepsTheHistoryUntilItIsBack: nothing is said of bytes that nobody could reach.
func TestASiteThatIsAwayKeepsTheHistoryUntilItIsBack(t *testing.T) {
	w := newWorld(t, "site-1", "hill")
	w.intake.keep(object, texts)
	w.order()
	w.passed(object, 1, "accepted")
	w.copying()
	away := w.place("hill") + ".unplugged"
	if err := os.Rename(w.place("hill"), away); err != nil {
		t.Fatal(err)
	}
	w.removes(object)
	w.drain(w.s.keeper.DestroyOnce)
	if count := w.events(nil); count["HistoryRemoved"] != 1 {
		t.Errorf("%v", count)
	}
	if err := os.Rename(away, w.place("hill")); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	w.drain(w.s.keeper.DestroyOnce)
	w.keeps(object)
	w.whole()
}
