// Package site is a place where the fund keeps copies, apart from the originals (Law 326-I art.
// 12): a folder, best on another disk, better in another building.
//
//	<dir>/site.json        {"archive": …, "site": …}: the folder declares whose it is
//	<dir>/ocfl/…           the storage root, one OCFL 1.1 object for each insured file
//	<dir>/incoming/<copy>/ bytes of a copy or a repair under way
//	<dir>/quarantine/…     what stood in the place of a file that was restored
//	<dir>/removed/…        objects on their way out: their bytes are going
//
// A disk that is not mounted leaves an empty folder behind. Taking it for a new site would
// write copies under the mount point, and a scrub would find every copy gone. So a site that
// is known to keep copies is absent until its folder declares itself again.
package site

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/space"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

var (
	// Absent is answered where the folder of a site is not there, or is another's.
	Absent = fault.Define(fault.Unavailable, "insurance.site.absent",
		"the site {site} is not there: {folder} does not declare itself as this archive's site; mount its disk, or put the folder back",
		"площадки {site} нет на месте: {folder} не объявляет себя площадкой этого архива; подключите её диск или верните папку",
		"{site} алаңы орнында жоқ: {folder} өзін осы архивтің алаңы деп жарияламайды; оның дискісін қосыңыз немесе қалтасын қайтарыңыз")
	// Full is answered where a site has no room.
	Full = fault.Define(fault.Exhausted, "insurance.site.full",
		"the site {site} is full: {free} MB are free in {folder}; make room or add a site, copying goes on by itself",
		"на площадке {site} нет места: в {folder} свободно {free} МБ; освободите место или добавьте площадку, копирование продолжится само",
		"{site} алаңы толған: {folder} ішінде {free} МБ бос; орын босатыңыз немесе алаң қосыңыз, көшіру өзі жалғасады")
)

// Config names a site.
type Config struct {
	ID  string // short: lower-case letters, digits, hyphens; it stands in events for ever
	Dir string
}

// Place is a site in use. Its methods may be called by several goroutines at once.
type Place struct {
	Config
	archive string
	reserve uint64

	mu   sync.Mutex
	root *ocfl.Root
}

// New names a place; nothing is touched. reserve is the free space in bytes below which it is
// full.
func New(cfg Config, archive string, reserve uint64) *Place {
	return &Place{Config: cfg, archive: archive, reserve: reserve}
}

type declaration struct {
	Archive string `json:"archive"`
	Site    string `json:"site"`
}

func (p *Place) marker() string { return filepath.Join(p.Dir, "site.json") }

// absent wraps why the folder is not this site.
func (p *Place) absent(why error) error {
	return Absent.With("site", p.ID, "folder", p.Dir).Because(why)
}

// Root opens the storage root. known says that copies were made here before; then the folder
// must declare itself, otherwise a new one is made. Errors: Absent; Full where a new site cannot
// be made for want of room.
func (p *Place) Root(known bool) (*ocfl.Root, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	raw, err := os.ReadFile(p.marker())
	switch {
	case errors.Is(err, fs.ErrNotExist) && !known:
		if err := p.make(); err != nil {
			return nil, p.Judge(err)
		}
	case err != nil:
		return nil, p.absent(err)
	default:
		var d declaration
		if err := json.Unmarshal(raw, &d); err != nil || d != (declaration{p.archive, p.ID}) {
			return nil, p.absent(fmt.Errorf("it declares archive %q, site %q: %w", d.Archive, d.Site, errors.Join(err)))
		}
	}
	if p.root == nil {
		root, err := ocfl.Init(filepath.Join(p.Dir, "ocfl"))
		if err != nil {
			return nil, p.Judge(err)
		}
		if err := errors.Join(root.Sweep(), os.RemoveAll(filepath.Join(p.Dir, "incoming"))); err != nil {
			return nil, p.Judge(err)
		}
		p.root = root
	}
	return p.root, nil
}

// make declares a new site. The declaration is the last thing that is written: a folder cut
// short is made again.
func (p *Place) make() error {
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(p.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if n := e.Name(); n != "ocfl" && n != "ocfl.staging" && n != "lost+found" && n != "incoming" {
			return p.absent(fmt.Errorf("%s holds %s", p.Dir, n))
		}
	}
	if _, err := ocfl.Init(filepath.Join(p.Dir, "ocfl")); err != nil {
		return err
	}
	raw, err := json.Marshal(declaration{p.archive, p.ID})
	if err != nil {
		return err
	}
	return journal.WriteFileSync(p.marker(), append(raw, '\n'), 0o600)
}

// Judge turns the error of a write into Full or Absent where it is that.
func (p *Place) Judge(err error) error {
	for _, full := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) {
			return p.full(err)
		}
	}
	for _, gone := range []syscall.Errno{syscall.EROFS, syscall.ENODEV, syscall.ESTALE, syscall.EACCES, syscall.ENOTCONN} {
		if errors.Is(err, gone) {
			return p.absent(err)
		}
	}
	return err
}

func (p *Place) full(why error) error {
	free, _ := space.Free(p.Dir) // 0 where even that cannot be read
	return Full.With("site", p.ID, "folder", p.Dir, "free", free>>20).Because(why)
}

// Room is nil while there is room for bytes beside the reserve. Error: Full.
func (p *Place) Room(bytes uint64) error {
	free, err := space.Free(p.Dir)
	if err != nil {
		return p.absent(err)
	}
	if free < p.reserve+bytes {
		return p.full(nil)
	}
	return nil
}

// Space is how much of the site's disk is free, and how large it is, in bytes; 0 where it cannot
// be read.
func (p *Place) Space() (free, total uint64) {
	free, err := space.Free(p.Dir)
	if err != nil {
		return 0, 0
	}
	var st unix.Statfs_t
	if err := unix.Statfs(p.Dir, &st); err != nil {
		return free, 0
	}
	return free, st.Blocks * uint64(max(st.Bsize, 0))
}

// SameDevice tells whether a folder lies on the site's device: a copy there does not outlive
// the disk.
func (p *Place) SameDevice(folder string) bool {
	a, errA := os.Stat(p.Dir)
	b, errB := os.Stat(folder)
	if errA != nil || errB != nil {
		return false
	}
	x, okX := a.Sys().(*syscall.Stat_t)
	y, okY := b.Sys().(*syscall.Stat_t)
	return okX && okY && x.Dev == y.Dev
}

// Incoming is an empty folder for the bytes of a copy under way; what an earlier attempt left
// there is taken away.
func (p *Place) Incoming(copyID string) (string, error) {
	sum := sha256.Sum256([]byte(copyID))
	dir := filepath.Join(p.Dir, "incoming", hex.EncodeToString(sum[:8]))
	if err := os.RemoveAll(dir); err != nil {
		return "", p.Judge(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", p.Judge(err)
	}
	return dir, nil
}

// Quarantine is the folder that keeps what a repair replaced.
func (p *Place) Quarantine(name string) string { return filepath.Join(p.Dir, "quarantine", name) }

// Remove takes an object out of the site as a whole (ocfl.Root.Remove). It may be called again after any failure; an object that is not there is
// removed.
func (p *Place) Remove(root *ocfl.Root, object string) error {
	return p.Judge(root.Remove(object, filepath.Join(p.Dir, "removed")))
}
