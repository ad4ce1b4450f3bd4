package insurance

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/site"
)

// TestAFullSiteWaitsAndGoesOn fills the disk of a site to the last byte while a copy comes in,
// and frees it again.
func TestAFullSiteWaitsAndGoesOn(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("no tmpfs can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w := newWorld(t, "small="+filepath.Join(dir, "site"))
	w.s.keeper.Pause = time.Nanosecond
	large := make([]byte, 3<<20)
	if _, err := rand.Read(large); err != nil {
		t.Fatal(err)
	}
	w.intake.keep(object, map[string]string{"data/1/a": string(large), "data/1/b": string(large[1:]), "data/1/c": string(large[2:])})
	if err := w.catalogued("2026-1", marked("1", object, []string{"data/1/a", "data/1/b", "data/1/c"})); err != nil {
		t.Fatal(err)
	}
	for range 3 { // 9 MB into 8
		if _, err := w.s.keeper.CopyOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c := w.get("1/2/1").GetCopy()
	if c.GetState() != "ordered" || !strings.Contains(c.GetReason().GetRu(), "нет места") {
		t.Fatalf("%v", c)
	}
	sites, err := w.client.ListSites(t.Context(), &insurancev1.ListSitesRequest{})
	if err != nil || sites.GetSites()[0].GetAlarm() == nil || sites.GetSites()[0].GetSameDevice() || sites.GetSites()[0].GetTotalBytes() != 8<<20 {
		t.Errorf("%v %v", sites, err)
	}
	if err := w.s.keeper.Alarm("site small"); !errors.Is(err, site.Full) {
		t.Errorf("%v", err)
	}
	w.consistent()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size=32m"); err != nil {
		t.Fatal(err)
	}
	w.copying()
	w.state("1/2/1", "verified")
	if w.s.keeper.Alarm("site small") != nil {
		t.Error("the alarm is still there")
	}

	// Full again while a damaged copy is to be mended: the damage stays open, and is mended later.
	w.spoil(w.file(dir, "data/1/b"))
	w.s.keeper.Places[0] = site.New(site.Config{ID: "small", Dir: filepath.Join(dir, "site")}, "kz-test", 1<<40)
	w.scrub("")
	w.state("1/2/1", "damaged")
	w.reopen()
	w.scrub("")
	w.state("1/2/1", "verified")
	w.whole()
}
