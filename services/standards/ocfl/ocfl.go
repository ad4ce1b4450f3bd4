// Package ocfl keeps objects after the Oxford Common File Layout 1.1: a directory per
// object that explains itself, without any of our software, to whoever opens it in fifty
// years.
//
// An object comes into being by one rename of a directory that is whole and durable
// already. So a storage root holds whole objects or none at every moment, whatever is
// switched off when; and a Create that was cut short is simply called again.
//
//	<root>/0=ocfl_1.1
//	<root>/ocfl_layout.json
//	<root>/extensions/0004-hashed-n-tuple-storage-layout/config.json
//	<root>/ab1/c2d/3e4/ab1c2d3e4…/0=ocfl_object_1.1
//	                             /inventory.json, inventory.json.sha512
//	                             /v1/inventory.json, inventory.json.sha512
//	                             /v1/content/<logical path>
//	<root>.staging/…             attempts under way, outside the root so that it stays valid
package ocfl

import (
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
	"path"
	"path/filepath"
	"sync"

	"github.com/qoyma/qoyma/services/platform/fault"
)

const (
	rootName      = "ocfl_1.1"
	objectName    = "ocfl_object_1.1"
	inventoryName = "inventory.json"
	layoutName    = "ocfl_layout.json"
	extensionsDir = "extensions"
	layoutID      = "0004-hashed-n-tuple-storage-layout"
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

// Layout is the arrangement of object directories (extension 0004).
type Layout struct {
	ExtensionName   string `json:"extensionName"`
	DigestAlgorithm string `json:"digestAlgorithm"`
	TupleSize       int    `json:"tupleSize"`
	NumberOfTuples  int    `json:"numberOfTuples"`
	ShortObjectRoot bool   `json:"shortObjectRoot"`
}

// defaultLayout spreads 28 million objects over 16.7 million × 4,096 places, with few
// entries in any directory.
var defaultLayout = Layout{ExtensionName: layoutID, DigestAlgorithm: "sha256", TupleSize: 3, NumberOfTuples: 3}

func (l Layout) valid() bool {
	h := newHash(l.DigestAlgorithm)
	return l.ExtensionName == layoutID && h != nil && l.TupleSize >= 0 && l.NumberOfTuples >= 0 &&
		(l.TupleSize == 0) == (l.NumberOfTuples == 0) && l.TupleSize <= 32 && l.NumberOfTuples <= 32 &&
		l.TupleSize*l.NumberOfTuples < h.Size()*2
}

// Path is where an object lies, relative to the root, with slashes.
func (l Layout) Path(id string) string {
	h := newHash(l.DigestAlgorithm)
	_, _ = h.Write([]byte(id)) // a hash never fails
	digest := hex.EncodeToString(h.Sum(nil))
	var parts []string
	for i := range l.NumberOfTuples {
		parts = append(parts, digest[i*l.TupleSize:(i+1)*l.TupleSize])
	}
	if l.ShortObjectRoot {
		digest = digest[l.NumberOfTuples*l.TupleSize:]
	}
	return path.Join(append(parts, digest)...)
}

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
	layout  Layout
	disk    disk
	busy    sync.Mutex // one Create at a time per root: publishing renames shared directories
}

// Init makes a storage root in dir, which is absent or empty, or opens the one that is
// there. A run that was cut short is completed. When it returns the root is durable.
func Init(dir string) (*Root, error) { return initRoot(dir, osDisk{}) }

// Open opens the storage root in dir.
func Open(dir string) (*Root, error) { return openRoot(dir, osDisk{}) }

func initRoot(dir string, d disk) (*Root, error) {
	if _, err := os.Stat(filepath.Join(dir, "0="+rootName)); err == nil {
		return openRoot(dir, d)
	}
	r := &Root{dir: dir, staging: dir + ".staging", layout: defaultLayout, disk: d}
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
	for _, made := range []string{r.staging, filepath.Join(dir, extensionsDir), filepath.Join(dir, extensionsDir, layoutID)} {
		if err := d.Mkdir(made); err != nil {
			return nil, fmt.Errorf("make storage root: %w", err)
		}
	}
	config, err := pretty(r.layout)
	if err != nil {
		return nil, err
	}
	layout, err := pretty(map[string]string{"extension": layoutID, "description": "Hashed N-tuple Storage Layout"})
	if err != nil {
		return nil, err
	}
	// The declaration comes last: if we crash before it there is no root yet, and Init
	// called again writes the same files anew.
	for _, f := range []struct {
		to   string
		text []byte
	}{
		{filepath.Join(extensionsDir, layoutID, "config.json"), config},
		{layoutName, layout},
		{"0=" + rootName, []byte(rootName + "\n")},
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
	r := &Root{dir: dir, staging: dir + ".staging", disk: d}
	if text, err := os.ReadFile(filepath.Join(dir, "0="+rootName)); err != nil {
		return nil, fmt.Errorf("open storage root: %w", err)
	} else if string(text) != rootName+"\n" {
		return nil, fmt.Errorf("open storage root %s: %w", dir, E080.With("path", "0="+rootName))
	}
	raw, err := readLimited(filepath.Join(dir, extensionsDir, layoutID, "config.json"), 1<<20)
	if err != nil {
		return nil, UnknownLayout.With("path", dir, "layout", "?").Because(err)
	}
	if err := json.Unmarshal(raw, &r.layout); err != nil || !r.layout.valid() {
		return nil, UnknownLayout.With("path", dir, "layout", r.layout.ExtensionName).Because(err)
	}
	return r, nil
}

// Path is the directory of an object, whether it is there or not.
func (r *Root) Path(id string) string {
	return filepath.Join(r.dir, filepath.FromSlash(r.layout.Path(id)))
}

// Object is one object as its inventory describes it.
type Object struct {
	Inventory Inventory
	dir       string
}

// Object opens an object: its inventory is read and compared with its sidecar digest. The
// content is not (Validate does that). NotFound where there is none.
func (r *Root) Object(id string) (*Object, error) {
	o, err := openObject(r.Path(id))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, NotFound.With("id", id)
	case err != nil:
		return nil, fmt.Errorf("open object %s: %w", id, err)
	case o.Inventory.ID != id:
		return nil, fmt.Errorf("open object %s: %w", id, E083.With("path", o.dir))
	}
	return o, nil
}

func openObject(dir string) (*Object, error) {
	raw, err := readLimited(filepath.Join(dir, inventoryName), inventoryLimit)
	if err != nil {
		return nil, err
	}
	inventory, found := parseInventory(raw)
	for _, f := range found {
		if !f.rule.Warning {
			return nil, f.fault()
		}
	}
	sidecar, err := readLimited(filepath.Join(dir, inventoryName+"."+inventory.DigestAlgorithm), 1<<10)
	if err != nil {
		return nil, err
	}
	if digest, ok := parseSidecar(sidecar); !ok || digest != sum(inventory.DigestAlgorithm, raw) {
		return nil, E060.With("path", inventoryName)
	}
	return &Object{Inventory: *inventory, dir: dir}, nil
}

// Files lists the logical paths of the newest version, sorted, with their digests.
func (o *Object) Files() []File { return o.Inventory.files(o.Inventory.Head) }

// File is a file of an object's version.
type File struct {
	Logical string // path by which it is known, with slashes
	Digest  string // by the object's digest algorithm, lower-case hexadecimal
	Content string // where it lies, relative to the object
}

// ReadFile opens a file of the newest version by its logical path. The caller closes it.
// Nothing outside the object is opened, whatever its inventory says.
func (o *Object) ReadFile(logical string) (io.ReadCloser, error) {
	for _, f := range o.Files() {
		if f.Logical == logical && f.Content != "" {
			root, err := os.OpenRoot(o.dir)
			if err != nil {
				return nil, fmt.Errorf("read %s of %s: %w", logical, o.Inventory.ID, err)
			}
			file, err := root.Open(filepath.FromSlash(f.Content))
			if err = errors.Join(err, root.Close()); err != nil {
				return nil, fmt.Errorf("read %s of %s: %w", logical, o.Inventory.ID, err)
			}
			return file, nil
		}
	}
	return nil, FileNotFound.With("id", o.Inventory.ID, "file", logical)
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
