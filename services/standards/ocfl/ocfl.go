// Package ocfl keeps objects after the Oxford Common File Layout 1.1 (and 1.0, where a root is
// of that edition): a directory per object that explains itself, without any of our software,
// to whoever opens it in fifty years.
//
// An object comes into being by one rename of a directory that is whole and durable
// already. So a storage root holds whole objects or none at every moment, whatever is
// switched off when; and a Create that was cut short is simply called again. A later version
// comes in by one rename too; the object's own inventory follows it, and what was cut between
// the two is completed by whoever opens the object next (commit.go).
//
//	<root>/0=ocfl_1.1
//	<root>/ocfl_layout.json
//	<root>/extensions/0004-hashed-n-tuple-storage-layout/config.json
//	<root>/ab1/c2d/3e4/ab1c2d3e4…/0=ocfl_object_1.1
//	                             /inventory.json, inventory.json.sha512
//	                             /v1/inventory.json, inventory.json.sha512
//	                             /v1/content/<logical path>
//	                             /v2/…    only what version 1 does not hold yet
//	<root>.staging/…             attempts under way, outside the root so that it stays valid
package ocfl

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/flush"
)

const (
	inventoryName = "inventory.json"
	layoutName    = "ocfl_layout.json"
	extensionsDir = "extensions"
)

// Faults of this package besides the codes of the specification (rules.go).
var (
	NotARoot = fault.Define(fault.Refused, "ocfl.not_a_root",
		"{path} is not empty and is not an OCFL storage root; choose an empty folder",
		"{path} не пуст и не является хранилищем OCFL; выберите пустой каталог",
		"{path} бос емес және OCFL қоймасы емес; бос қалтаны таңдаңыз")
	UnknownLayout = fault.Define(fault.Refused, "ocfl.layout",
		"the storage root {path} is arranged by {layout}, which is not known here",
		"хранилище {path} устроено по {layout}, здесь такое устройство неизвестно",
		"{path} қоймасы {layout} бойынша құрылған, мұнда ондай құрылым белгісіз")
	OtherRoot = fault.Define(fault.Refused, "ocfl.other_root",
		"{path} is a storage root of OCFL {edition} arranged by {layout}, which cannot be changed; open it as it is or choose an empty folder",
		"{path} – хранилище OCFL {edition} с устройством {layout}, изменить его нельзя; откройте как есть или выберите пустой каталог",
		"{path} – {layout} бойынша құрылған OCFL {edition} қоймасы, оны өзгертуге болмайды; сол күйінде ашыңыз немесе бос қалта таңдаңыз")
	NotFound = fault.Define(fault.NotFound, "ocfl.not_found",
		"there is no object {id} in the storage root",
		"в хранилище нет объекта {id}",
		"қоймада {id} объектісі жоқ")
	FileNotFound = fault.Define(fault.NotFound, "ocfl.file_not_found",
		"the object {id} holds no file {file}",
		"в объекте {id} нет файла {file}",
		"{id} объектісінде {file} файлы жоқ")
	Conflict = fault.Define(fault.Conflict, "ocfl.conflict",
		"the object {id} is there already with other content; nothing was changed",
		"объект {id} уже есть, и содержимое у него другое; ничего не изменено",
		"{id} объектісі бар, бірақ мазмұны басқа; ештеңе өзгертілмеді")
	BadContent = fault.Define(fault.Invalid, "ocfl.content",
		"the file {file} cannot become part of the object: {problem}",
		"файл {file} не может войти в объект: {problem}",
		"{file} файлы объектіге кіре алмайды: {problem}")
)

func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "sha512":
		return sha512.New()
	case "sha256":
		return sha256.New()
	}
	return nil
}

// Root is a storage root. Its methods may be called by several goroutines at once; of
// processes only one may write to it.
type Root struct {
	dir     string
	staging string
	edition Edition
	layout  Layout
	disk    disk
	joined  int        // from how many files a new object is flushed at once: flush.Joined
	busy    sync.Mutex // one change at a time per root: publishing renames shared directories
}

// Init makes a storage root in dir, which is absent or empty, or opens the one that is
// there. A run that was cut short is completed. When it returns the root is durable.
func Init(dir string) (*Root, error) { return initRoot(dir, V11, DefaultLayout(), osDisk{}) }

// InitAs is Init with an edition and a layout of the caller's choice, which a root that is
// there already must have; otherwise the fault OtherRoot.
func InitAs(dir string, e Edition, l Layout) (*Root, error) {
	if !e.known() || !l.valid() {
		return nil, UnknownLayout.With("path", dir, "layout", l.ExtensionName+" (OCFL "+string(e)+")")
	}
	r, err := initRoot(dir, e, l, osDisk{})
	if err == nil && (r.edition != e || r.layout != l) {
		return nil, OtherRoot.With("path", dir, "edition", string(r.edition), "layout", r.layout.ExtensionName)
	}
	return r, err
}

// Open opens the storage root in dir.
func Open(dir string) (*Root, error) { return openRoot(dir, osDisk{}) }

// Edition is the edition of the specification that the root follows, and new objects in it.
func (r *Root) Edition() Edition { return r.edition }

// Layout is how the root is arranged.
func (r *Root) Layout() Layout { return r.layout }

func initRoot(dir string, e Edition, l Layout, d disk) (*Root, error) {
	if _, err := rootEdition(dir); !errors.Is(err, fs.ErrNotExist) {
		return openRoot(dir, d)
	}
	r := &Root{dir: dir, staging: dir + ".staging", edition: e, layout: l, disk: d, joined: flush.Joined}
	if err := d.Mkdir(dir); err != nil {
		return nil, fmt.Errorf("make storage root: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("make storage root: %w", err)
	}
	for _, e := range entries {
		if e.Name() != extensionsDir && e.Name() != layoutName {
			return nil, NotARoot.With("path", dir)
		}
	}
	own := filepath.Join(extensionsDir, l.ExtensionName)
	for _, made := range []string{r.staging, filepath.Join(dir, extensionsDir), filepath.Join(dir, own)} {
		if err := d.Mkdir(made); err != nil {
			return nil, fmt.Errorf("make storage root: %w", err)
		}
	}
	config, err := l.config()
	if err != nil {
		return nil, err
	}
	layout, err := pretty(map[string]string{"extension": l.ExtensionName, "description": titles[l.ExtensionName]})
	if err != nil {
		return nil, err
	}
	// The declaration comes last: if we crash before it there is no root yet, and Init
	// called again writes the same files anew.
	for _, f := range []struct {
		to   string
		text []byte
	}{
		{filepath.Join(own, "config.json"), config},
		{layoutName, layout},
		{e.root(), []byte(strings.TrimPrefix(e.root(), "0=") + "\n")},
	} {
		to := filepath.Join(dir, f.to)
		if err := r.place(to, f.text); err != nil {
			return nil, fmt.Errorf("make storage root: %w", err)
		}
	}
	for _, parent := range []string{filepath.Join(dir, extensionsDir), filepath.Dir(dir)} {
		if err := d.SyncDir(parent); err != nil {
			return nil, fmt.Errorf("make storage root: %w", err)
		}
	}
	return r, nil
}

// rootEdition is what a root declares. fs.ErrNotExist where it declares nothing that is known.
func rootEdition(dir string) (Edition, error) {
	for _, e := range []Edition{V11, V10} {
		_, err := os.Lstat(filepath.Join(dir, e.root()))
		if err == nil {
			return e, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", fs.ErrNotExist
}

// place writes a file whole in staging and renames it into the root.
func (r *Root) place(to string, text []byte) error {
	from := filepath.Join(r.staging, "init-"+filepath.Base(to))
	if err := r.disk.WriteFile(from, text); err != nil {
		return err
	}
	if err := r.disk.Rename(from, to); err != nil {
		return err
	}
	return r.disk.SyncDir(filepath.Dir(to))
}

func openRoot(dir string, d disk) (*Root, error) {
	r := &Root{dir: dir, staging: dir + ".staging", disk: d, joined: flush.Joined}
	var err error
	if r.edition, err = rootEdition(dir); err != nil {
		return nil, fmt.Errorf("open storage root %s: %w", dir, err)
	}
	if text, err := readLimited(filepath.Join(dir, r.edition.root()), 1<<10); err != nil {
		return nil, fmt.Errorf("open storage root: %w", err)
	} else if string(text) != strings.TrimPrefix(r.edition.root(), "0=")+"\n" {
		return nil, fmt.Errorf("open storage root %s: %w", dir, E080.With("path", r.edition.root()))
	}
	if r.layout, err = readLayout(dir); err != nil {
		name := r.layout.ExtensionName
		if name == "" {
			name = "?"
		}
		return nil, UnknownLayout.With("path", dir, "layout", clip(name)).Because(err)
	}
	return r, nil
}

// Path is the directory of an object, whether it is there or not; empty where the root's
// layout has no place for such an identifier.
func (r *Root) Path(id string) string {
	rel, err := r.layout.Path(id)
	if err != nil {
		return ""
	}
	return filepath.Join(r.dir, filepath.FromSlash(rel))
}

// Object is one object as its inventory describes it, of however many files.
type Object struct {
	Inventory Inventory // without its digests and paths, of which Files tells
	dir       string
}

// Object opens an object: its inventory is read and compared with its sidecar digest. Digests and paths in
// it are not judged, and the content is not read (Validate does both). An update that was cut short is completed first. NotFound
// where there is no such object.
func (r *Root) Object(id string) (*Object, error) {
	dir := r.Path(id)
	if dir == "" {
		return nil, NotFound.With("id", clip(id))
	}
	o, err := openObject(dir)
	if o == nil && errors.Is(err, E060.Definition) || o != nil && o.unfinished() {
		r.busy.Lock() // an update under way in another goroutine looks the same until it ends
		o, err = r.reopen(dir)
		r.busy.Unlock()
	}
	return judged(o, id, err)
}

// object is Object with the root locked.
func (r *Root) object(id string) (*Object, error) {
	dir := r.Path(id)
	if dir == "" {
		return nil, NotFound.With("id", clip(id))
	}
	o, err := r.reopen(dir)
	return judged(o, id, err)
}

func judged(o *Object, id string, err error) (*Object, error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, NotFound.With("id", clip(id))
	case err != nil:
		return nil, fmt.Errorf("open object %s: %w", id, err)
	case o.Inventory.ID != id:
		return nil, fmt.Errorf("open object %s: %w", id, E083.With("path", o.dir))
	}
	return o, nil
}

func openObject(dir string) (*Object, error) {
	inventory, err := scanned(dir, func(table, int, string, string) error { return nil })
	if err != nil {
		return nil, err
	}
	return &Object{Inventory: *inventory, dir: dir}, nil
}

// File is a file of an object's version.
type File struct {
	Logical string // path by which it is known, with slashes
	Digest  string // by the object's digest algorithm, lower-case hexadecimal
	Content string // where it lies, relative to the object
}

// ReadFile opens a file of the newest version by its logical path, for which all of the inventory is read: who
// wants many asks Files, or Root.Index. The caller closes it. Nothing outside the object is opened, whatever its
// inventory says.
func (o *Object) ReadFile(logical string) (io.ReadCloser, error) {
	for f, err := range o.Files(context.Background(), o.Inventory.Head) {
		if err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", logical, o.Inventory.ID, err)
		}
		if f.Logical == logical && f.Content != "" {
			return o.Open(f)
		}
	}
	return nil, FileNotFound.With("id", o.Inventory.ID, "file", logical)
}

// Open opens a file of any version, as Files gives it; otherwise like ReadFile.
func (o *Object) Open(f File) (io.ReadCloser, error) {
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", f.Logical, o.Inventory.ID, err)
	}
	file, err := root.Open(filepath.FromSlash(f.Content))
	if err = errors.Join(err, root.Close()); err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", f.Logical, o.Inventory.ID, err)
	}
	return file, nil
}

var errOdd = errors.New("not what belongs there")

// readLimited reads a regular file of at most that many bytes.
func readLimited(name string, most int64) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s: %d bytes, %s: %w", name, info.Size(), info.Mode(), errOdd)
	}
	return os.ReadFile(name)
}

func sum(algorithm string, raw []byte) string {
	h := newHash(algorithm)
	_, _ = h.Write(raw) // a hash never fails
	return hex.EncodeToString(h.Sum(nil))
}

func pretty(v any) ([]byte, error) {
	raw, err := json.MarshalIndent(v, "", "  ")
	return append(raw, '\n'), err
}
