package intake

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/clamd"
	"github.com/qoyma/qoyma/services/intake/internal/clamd/clamdtest"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/host"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// scanned opens the world again with a scanner.
func (w *world) scanned(d *clamdtest.Daemon) {
	w.t.Helper()
	w.cfg.Clamd = d.Address
	w.reopen()
}

// scanners are those that looked at each package that stands.
func (w *world) scanners(id string) (of map[string]string) {
	w.t.Helper()
	if err := w.s.host.Store().View(func(v *base.View) (err error) {
		of, err = store.Scanners(v, id)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return of
}

// TestAnActSaysWhoLookedAtWhatItTakes: a scanner came only after the first package. Of a row that was
// redone since, nothing of the first package is accepted, and the act does not speak of it.
func TestAnActSaysWhoLookedAtWhatItTakes(t *testing.T) {
	for _, c := range []struct {
		accepted []uint32
		want     string
	}{{[]uint32{2}, "проверены все файлы"}, {[]uint32{1, 2}, "проверена часть файлов"}, {[]uint32{1}, "не проводилась"}} {
		t.Run(c.want, func(t *testing.T) {
			w, d := newWorld(t), clamdtest.Start(t)
			w.expect("2026-1", file(1, 0), file(2, 0))
			if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "first", "2/b": "second"})); err != nil || !res.GetTaken() {
				t.Fatal(res, err)
			}
			if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "unreadable"}); err != nil {
				t.Fatal(err)
			}
			w.scanned(d)
			if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"2/b": "mended"})); err != nil || !res.GetTaken() {
				t.Fatal(res, err)
			}
			a, err := w.accept(newID(), "2026-1", c.accepted...)
			if err != nil {
				t.Fatal(err)
			}
			w.reads(a.GetAccessionNumber(), "ru", c.want)
			w.whole()
		})
	}
}

func TestMalwareIsRefusedAndTheScannerIsNamed(t *testing.T) {
	w, d := newWorld(t), clamdtest.Start(t)
	w.scanned(d)
	w.expect("2026-1", file(1, 0))
	for range ways {
		res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/good.txt": "good", "1/bad.txt": "an " + clamdtest.Malware + " file"}))
		if err != nil || res.GetTaken() || faultCodes(res.GetFaults()) != "data/1/bad.txt intake.package.malware" {
			t.Fatal(res, err)
		}
		if text := res.GetFaults()[0].GetText(); !strings.Contains(text.GetKk(), "data/1/bad.txt") || !strings.Contains(text.GetRu(), clamdtest.Name) {
			t.Error(text)
		}
		w.nothing()
	}
	res, err := w.finish(w.sendInPieces("2026-1", "bare", map[string]string{"data/1/bad.txt": clamdtest.Malware}, false), "2026-1")
	if err != nil || res.GetTaken() || faultCodes(res.GetFaults()) != "data/1/bad.txt intake.package.malware" {
		t.Fatal(res, err)
	}
	w.nothing()
	res, err = w.send(newID(), "2026-1", bag(t, map[string]string{"1/good.txt": "good"}))
	if err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	if got := w.scanners("2026-1"); len(got) != 1 || got[res.GetPackageId()] != clamdtest.Version {
		t.Error(got)
	}
	if _, err := w.accept(newID(), "2026-1"); err != nil {
		t.Fatal(err)
	}
	w.whole()
}

// TestWithoutAnAnswerNothingIsRecorded: the caller hears "later", and what came file by file stays.
func TestWithoutAnAnswerNothingIsRecorded(t *testing.T) {
	w, d := newWorld(t), clamdtest.Start(t)
	w.scanned(d)
	w.expect("2026-1", file(1, 0))
	b := bag(t, map[string]string{"1/a.txt": strings.Repeat("text", 100)})
	pieces := map[string]string{"data/1/a.txt": strings.Repeat("text", 100)}
	later := func(name, code string, send func() (*intakev1.UploadPackageResponse, error)) {
		t.Helper()
		before := w.s.host.Store().Head()
		res, err := send()
		if f := fault.Of(err); err == nil || f.Kind != fault.Unavailable || f.Code != code {
			t.Errorf("%s: %v %v, want %s", name, res, err, code)
		}
		if w.s.host.Store().Head() != before {
			t.Errorf("%s: something was recorded", name)
		}
	}
	answers := map[string]func(command, content string) string{
		"no version": func(string, string) string { return "" },
		"nonsense": func(command, content string) string {
			if command == "VERSION" {
				return clamdtest.Honest(command, content)
			}
			return "stream: maybe\x00"
		},
	}
	for name, say := range answers {
		d.Say(say)
		later(name, clamd.Down.Code, func() (*intakev1.UploadPackageResponse, error) { return w.send(newID(), "2026-1", b) })
		w.nothing()
	}
	id := w.sendInPieces("2026-1", "bare", pieces, false)
	finish := func() (*intakev1.UploadPackageResponse, error) { return w.finish(id, "2026-1") }
	for name, say := range answers {
		d.Say(say)
		later(name+", file by file", clamd.Down.Code, finish)
	}
	d.Say(clamdtest.Honest)
	d.Limit(100)
	later("too large", clamd.TooLarge.Code, finish)
	w.reopen() // a death in between loses nothing either
	d.Limit(0)
	if res, err := finish(); err != nil || !res.GetTaken() || res.GetBytes() != 400 {
		t.Error(res, err)
	}
	w.whole()
}

func TestABadAddressOfAScannerIsRefusedAtTheStart(t *testing.T) {
	w := newWorld(t)
	w.close()
	if _, err := open(Config{Clamd: "clamd"}, host.Process{Archive: "kz-test", Data: w.dir, Keys: filepath.Join(w.dir, "keys")}); !errors.Is(err, clamd.BadAddress) {
		t.Error(err)
	}
}
