// Package staging holds packages between their upload and their acceptance: each byte is
// hashed, identified and written in the one pass in which it arrives.
//
//	<staging>/<package>/<SHA-256 of the path in hex>
//
// No name of a package's own becomes a name on our disk. A package that no event names is
// nobody's: Sweep takes it away at the next start.
package staging

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// The faults of an upload that does not keep to its own announcements.
var (
	OutOfOrder = fault.Define(fault.Invalid, "intake.upload.order",
		"the upload is out of order: {problem}; send begin, then for each file its name and its data",
		"нарушен порядок загрузки: {problem}; отправьте начало, затем для каждого файла имя и данные",
		"жүктеу реті бұзылды: {problem}; алдымен басын, содан кейін әр файлдың атын және деректерін жіберіңіз")
	TooMuchData = fault.Define(fault.Invalid, "intake.upload.too_much",
		"more data came for the file {path} than the {size} bytes announced; send the package again",
		"для файла {path} пришло больше данных, чем объявленные {size} байт; отправьте пакет снова",
		"{path} файлы үшін жарияланған {size} байттан көп дерек келді; пакетті қайта жіберіңіз")
	Lost = fault.Define(fault.Refused, "intake.package.lost",
		"the package {package} is recorded and its bytes are not in staging whole; upload the package again",
		"пакет {package} записан, но его данных в промежуточном хранилище нет полностью; загрузите пакет снова",
		"{package} пакеті тіркелген, бірақ оның деректері аралық қоймада толық емес; пакетті қайта жүктеңіз")
)

// MaxEntries bounds the files of one package.
const MaxEntries = 1_000_000

// Area is the staging folder. Its methods may be called by several goroutines at once for
// different packages.
type Area struct {
	dir string
	// Identify names formats while bytes pass; nil is the built-in table. It is set before the
	// first upload.
	Identify func(path string) bagit.Identifier
	sets     sets
}

// Open makes the folder where it is absent.
func Open(dir string) (*Area, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	return &Area{dir: dir}, nil
}

// Dir is the folder, to ask for its free space.
func (a *Area) Dir() string { return a.dir }

// Path is where a file of a package lies.
func (a *Area) Path(id, path string) string {
	name := sha256.Sum256([]byte(path))
	return filepath.Join(a.dir, id, hex.EncodeToString(name[:]))
}

// Remove takes a package away; one that is not there is no error.
func (a *Area) Remove(id string) error {
	if err := os.RemoveAll(filepath.Join(a.dir, id)); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return syncDir(a.dir)
}

// Sweep takes away every package that keep does not name. It is for the start, before any
// upload.
func (a *Area) Sweep(keep map[string]bool) error {
	entries, err := os.ReadDir(a.dir)
	if err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	for _, e := range entries {
		if !keep[e.Name()] {
			if err := a.Remove(e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Whole is nil where a file is there with its size, otherwise Lost.
func (a *Area) Whole(id, path string, size uint64) error {
	info, err := os.Lstat(a.Path(id, path))
	if err != nil || !info.Mode().IsRegular() || uint64(info.Size()) != size {
		return Lost.With("package", id).Because(err)
	}
	return nil
}

// Upload is one package on its way in. One goroutine uses it; it ends with Keep or Discard.
type Upload struct {
	area    *Area
	id      string
	checker *bagit.Checker
	file    *os.File    // nil while nothing is written
	sink    *bagit.Sink // nil where the open file was refused by its name
	path    string
	size    uint64
	unsized bool // no size was announced
	got     uint64
	open    bool
	written []string // files of ours, to be made durable by Keep
}

// Begin makes an empty folder for a package. What an interrupted upload of the same id left
// is taken away; the caller knows that no event names it.
func (a *Area) Begin(id string) (*Upload, error) {
	if err := a.Remove(id); err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(a.dir, id), 0o700); err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	// If we crash here or anywhere before the package is recorded, the next start sweeps
	// the folder away.
	return &Upload{area: a, id: id, checker: a.newChecker()}, nil
}

func (a *Area) newChecker() *bagit.Checker {
	return bagit.NewChecker(bagit.Options{Identify: a.Identify, BLAKE3: true, Limits: bagit.Limits{
		Entries: MaxEntries, PathBytes: 1024, ManifestBytes: 512 << 20, TagBytes: 1 << 20,
	}})
}

// File ends the open file and begins the next. full means that the package has more entries
// than are taken: the caller stops, the report says so. A refused name is in the report; its
// bytes are taken and thrown away.
func (u *Upload) File(path string, size uint64) (full bool, err error) {
	if size > 1<<62 {
		return false, TooMuchData.With("path", clip(path), "size", size)
	}
	u.size, u.unsized = size, false
	return u.begin(path, int64(size))
}

// Unsized is File where the size is not known beforehand.
func (u *Upload) Unsized(path string) (full bool, err error) {
	u.unsized = true
	return u.begin(path, -1)
}

func (u *Upload) begin(path string, size int64) (full bool, err error) {
	if err := u.end(); err != nil {
		return false, err
	}
	u.path, u.got, u.open = path, 0, true
	// The name is judged before a file is made; the sink hands on to what is opened then.
	var to hand
	u.sink, err = u.checker.Begin(path, size, &to)
	if err != nil {
		u.sink = nil
		return errors.Is(err, bagit.TooManyEntries.Definition), nil
	}
	u.file, err = os.OpenFile(u.area.Path(u.id, path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false, fmt.Errorf("staging: %w", err)
	}
	to.Writer = u.file
	return false, nil
}

// Data takes the next bytes of the open file.
func (u *Upload) Data(p []byte) error {
	if !u.open {
		return OutOfOrder.With("problem", "data before a file")
	}
	if u.got += uint64(len(p)); !u.unsized && u.got > u.size {
		return TooMuchData.With("path", clip(u.path), "size", u.size)
	}
	if u.sink == nil {
		return nil
	}
	if _, err := u.sink.Write(p); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// end closes the open file. It is made durable only by Keep: a refused package costs no
// flush, and many files flushed together share the disk's.
func (u *Upload) end() error {
	u.open = false
	if u.file == nil {
		return nil
	}
	_ = u.sink.Close() // the wrong size that it says is in the report
	u.written = append(u.written, u.file.Name())
	err := u.file.Close()
	u.file, u.sink = nil, nil
	if err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// Wrap ends the last file and puts what came, all of it payload, into a bag of our making.
func (u *Upload) Wrap(info []bagit.Field) error {
	if err := u.end(); err != nil {
		return err
	}
	return u.checker.Wrap(info, func(name string, text *spool.Text) error {
		if _, err := u.File(name, uint64(text.Size())); err != nil {
			return err
		}
		if _, err := io.Copy(data{u}, text.Reader()); err != nil {
			return err
		}
		return u.end()
	})
}

// data writes into the open file.
type data struct{ *Upload }

func (d data) Write(p []byte) (int, error) { return len(p), d.Data(p) }

// Finish ends the last file and judges the package.
func (u *Upload) Finish() (*bagit.Report, error) {
	if err := u.end(); err != nil {
		return nil, err
	}
	return u.checker.Finish(), nil
}

// flushes is how many files are flushed at once: the file system joins them into few commits.
const flushes = 16

// Keep makes the package durable. When it returns nil the package may be recorded.
func (u *Upload) Keep() error {
	var workers sync.WaitGroup
	errs := make([]error, flushes)
	for n := range flushes {
		workers.Go(func() {
			for i := n; i < len(u.written) && errs[n] == nil; i += flushes {
				errs[n] = syncFile(u.written[i])
			}
		})
	}
	workers.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	if err := syncDir(filepath.Join(u.area.dir, u.id)); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	if err := syncDir(u.area.dir); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	// If we crash here the package is whole and nobody knows it: it is swept away, and the
	// department sends it again.
	return nil
}

// Discard leaves nothing of the package.
func (u *Upload) Discard() error {
	if u.file != nil {
		_ = u.file.Close() // it is about to be removed
		u.file = nil
	}
	return u.area.Remove(u.id)
}

// hand lets the writer be opened after the name was judged.
type hand struct{ io.Writer }

// syncFile flushes a closed file. What the kernel failed to write since is reported to this
// flush, being the first after the failure.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
