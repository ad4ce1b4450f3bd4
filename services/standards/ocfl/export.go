package ocfl

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Faults of taking a version out of an object.
var (
	ExportExists = fault.Define(fault.Conflict, "ocfl.export.exists",
		"{path} is there already; choose a name that is not taken",
		"{path} уже существует; выберите незанятое имя",
		"{path} бар; бос атау таңдаңыз")
	ExportDamaged = fault.Define(fault.Refused, "ocfl.export.damaged",
		"{file} is not what the inventory says, and nothing was taken out; restore the object from a copy first",
		"{file} не то, что указано в описи, ничего не извлечено; сначала восстановите объект из копии",
		"{file} тізімдемеде көрсетілгендей емес, ештеңе шығарылмады; алдымен объектіні көшірмеден қалпына келтіріңіз")
	NoVersion = fault.Define(fault.NotFound, "ocfl.version",
		"the object has no version {version}; it is at {head}",
		"у объекта нет версии {version}; последняя – {head}",
		"объектіде {version} нұсқасы жоқ; соңғысы – {head}")
)

// Exported is what was taken out.
type Exported struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Files   int    `json:"files"`
	Bytes   int64  `json:"bytes"`
}

// Export writes the files of an object's version ("" the newest) under their logical paths into the folder
// to, which must not be there. Every file is counted against the inventory while it is copied. The folder
// grows beside its name and takes it in the end, whole and durable; where anything fails it is taken away,
// and a killed process leaves only the odd name. The object is only read. Errors: ExportExists, NoVersion,
// ExportDamaged, and those of Root.Object.
func Export(ctx context.Context, dir, version, to string) (e Exported, err error) {
	o, err := openObject(dir)
	if err != nil {
		return e, fmt.Errorf("open object %s: %w", dir, err)
	}
	if version == "" {
		version = o.Inventory.Head
	}
	if _, there := o.Inventory.Versions[version]; !there {
		return e, NoVersion.With("version", clip(version), "head", clip(o.Inventory.Head))
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return e, errors.Join(ExportExists.With("path", to), err)
	}
	grows, err := os.MkdirTemp(filepath.Dir(to), "."+filepath.Base(to)+".exporting-")
	if err != nil {
		return e, fmt.Errorf("export: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(grows))
		}
	}()
	root, err := os.OpenRoot(grows) // nothing is written outside, whatever the inventory says
	if err != nil {
		return e, fmt.Errorf("export: %w", err)
	}
	defer func() { _ = root.Close() }() // every file in it is closed and synced
	e.ID, e.Version = o.Inventory.ID, version
	disk := osDisk{}
	within := "." // where the file before lies
	for f, err := range o.Files(ctx, version) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return e, err
		}
		// In the order of paths nothing more comes into a directory that was left.
		for ; within != "." && !strings.HasPrefix(f.Logical, within+"/"); within = path.Dir(within) {
			if err := disk.SyncDir(filepath.Join(grows, filepath.FromSlash(within))); err != nil {
				return e, fmt.Errorf("export: %w", err)
			}
		}
		n, err := o.takeOut(f, root)
		if err != nil {
			return e, err
		}
		within = path.Dir(f.Logical)
		e.Files, e.Bytes = e.Files+1, e.Bytes+n
	}
	for ; within != "."; within = path.Dir(within) {
		if err := disk.SyncDir(filepath.Join(grows, filepath.FromSlash(within))); err != nil {
			return e, fmt.Errorf("export: %w", err)
		}
	}
	if err := disk.SyncDir(grows); err != nil {
		return e, fmt.Errorf("export: %w", err)
	}
	if err := os.Chmod(grows, 0o755); err != nil { //nolint:gosec // a folder like any other that a person makes
		return e, fmt.Errorf("export: %w", err)
	}
	if err := os.Rename(grows, to); err != nil {
		return e, fmt.Errorf("export: %w", err)
	}
	return e, disk.SyncDir(filepath.Dir(to))
}

// takeOut copies a file, counted.
func (o *Object) takeOut(f File, to *os.Root) (n int64, err error) {
	from, err := o.Open(f)
	if err != nil {
		return 0, err
	}
	defer func() { _ = from.Close() }() // only read
	name := filepath.FromSlash(f.Logical)
	if err := to.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return 0, fmt.Errorf("export %s: %w", f.Logical, err)
	}
	w, err := to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return 0, fmt.Errorf("export %s: %w", f.Logical, err)
	}
	h := newHash(o.Inventory.DigestAlgorithm)
	n, err = io.Copy(io.MultiWriter(w, h), from)
	if err = errors.Join(err, w.Sync(), w.Close()); err != nil {
		return n, fmt.Errorf("export %s: %w", f.Logical, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != f.Digest {
		return n, ExportDamaged.With("file", clip(f.Logical))
	}
	return n, nil
}
