// Package staging holds packages between their upload and their acceptance: each byte is
// hashed, identified and written in the one pass in which it arrives.
//
//	<staging>/<package>/<SHA-256 of the path in hex>
//	<staging>/<package>/pack, pack.rows                small files that came together
//	<staging>/<package>/set.json, *.row                of a package that comes file by file, until it is recorded
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
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/flush"
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

// maxShown is how much a message shows of a path or a form, in characters.
const maxShown = 60

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

// Path is where a file of a package lies that is not packed.
func (a *Area) Path(id, path string) string {
	name := sha256.Sum256([]byte(path))
	return a.file(id, hex.EncodeToString(name[:]))
}

// file is a file in a package's folder by its own name.
func (a *Area) file(id, name string) string { return filepath.Join(a.dir, id, name) }

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

// Upload is one package on its way in. One goroutine uses it; it ends with Keep or Discard, and then Close.
type Upload struct {
	area    *Area
	id      string
	folder  *os.File // its own
	checker *bagit.Checker
	traffic traffic
	refused bool // the open file, by its name: its bytes are thrown away
	path    string
	size    uint64
	unsized bool // no size was announced
	got     uint64
	open    bool
	written []string // files of ours, to be made durable by Keep: the first of them, as many as are flushed one by one
	pack    *pack    // what came small

	// Look is shown each file that comes with Many, from several goroutines at once; nil looks at none. Its error
	// ends the upload. It is set before the first file.
	Look func(path string, content []byte) error
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
	return a.newUpload(id)
}

func (a *Area) newUpload(id string) (*Upload, error) {
	folder, err := os.Open(filepath.Join(a.dir, id))
	if err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	return &Upload{area: a, id: id, folder: folder, checker: a.newChecker(folder.Name()), traffic: newTraffic(), pack: newPack(folder.Name())}, nil
}

// newChecker begins a bag. What it cannot hold lies in the package's folder, without a name: it goes with the
// process.
func (a *Area) newChecker(folder string) *bagit.Checker {
	return bagit.NewChecker(bagit.Options{Identify: a.Identify, BLAKE3: true, Spool: spool.Place{Dir: folder}, Limits: bagit.Limits{
		Entries: MaxEntries, PathBytes: 1024, ManifestBytes: 512 << 20, TagBytes: 1 << 20,
	}})
}

// File ends the open file and begins the next. full means that the package has more entries
// than are taken: the caller stops, the report says so. A refused name is in the report; its
// bytes are taken and thrown away.
func (u *Upload) File(path string, size uint64) (full bool, err error) {
	if size > 1<<62 {
		return false, TooMuchData.With("path", clip.Runes(path, maxShown), "size", size)
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
	u.end()
	u.path, u.got, u.open = path, 0, true
	// The name is judged before a file is made; the sink hands on to what is opened then.
	var to hand
	sink, err := u.checker.Begin(path, size, &to)
	if broken := u.checker.Err(); broken != nil { // nothing that would still come could be judged
		return false, fmt.Errorf("staging: %w", broken)
	}
	if u.refused = err != nil; u.refused {
		return errors.Is(err, bagit.TooManyEntries.Definition), nil
	}
	name := u.area.Path(u.id, path)
	u.wrote(name)
	if err := u.traffic.open(name, size, sink, &to); err != nil {
		return false, fmt.Errorf("staging: %w", err)
	}
	return false, nil
}

// Data takes the next bytes of the open file. They are the upload's from then on: the caller does not
// touch them again. An error may be that of bytes, or of a file, that came before.
func (u *Upload) Data(p []byte) error { return u.Take(Lent{Parts: [][]byte{p}}) }

// Take is Data for bytes that are wanted back. After an error they may never come back.
func (u *Upload) Take(p Lent) error {
	if !u.open {
		return OutOfOrder.With("problem", "data before a file")
	}
	if u.got += uint64(p.size()); !u.unsized && u.got > u.size {
		return TooMuchData.With("path", clip.Runes(u.path, maxShown), "size", u.size)
	}
	if u.refused {
		p.giveBack()
		return nil
	}
	if err := u.traffic.put(p); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// wrote remembers a file for Keep.
func (u *Upload) wrote(name string) {
	if len(u.written) < flush.Joined {
		u.written = append(u.written, name)
	}
}

// end closes the open file. It is made durable only by Keep: a refused package costs no
// flush, and many files flushed together share the disk's.
func (u *Upload) end() {
	u.open = false
	u.traffic.end()
}

// settle waits until every file that came is written.
func (u *Upload) settle() error {
	u.open = false
	if err := u.traffic.settle(); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// Wrap ends the last file and puts what came, all of it payload, into a bag of our making.
func (u *Upload) Wrap(info []bagit.Field) error {
	if err := u.settle(); err != nil {
		return err
	}
	return u.checker.Wrap(info, func(name string, text *spool.Text) error {
		if _, err := u.File(name, uint64(text.Size())); err != nil {
			return err
		}
		if _, err := io.Copy(data{u}, text.Reader()); err != nil {
			return err
		}
		return u.settle()
	})
}

// data writes into the open file.
type data struct{ *Upload }

func (d data) Write(p []byte) (int, error) { return len(p), d.Data(slices.Clone(p)) }

// Finish ends the last file and judges the package. The report lists no files: Files gives them. From then on the
// area's Places find them.
func (u *Upload) Finish() (*bagit.Report, error) {
	if err := u.settle(); err != nil {
		return nil, err
	}
	names, err := u.pack.seal()
	if err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	for _, name := range names {
		u.wrote(name)
	}
	report := u.checker.Finish()
	if err := u.checker.Err(); err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	return report, nil
}

// Files gives the files of a package that was judged, by path: the payload, or the tag files. An error is the
// last that comes.
func (u *Upload) Files(tags bool) iter.Seq2[bagit.Entry, error] {
	return func(yield func(bagit.Entry, error) bool) {
		for e := range u.checker.Files(tags) {
			if !yield(e, nil) {
				return
			}
		}
		if err := u.checker.Err(); err != nil {
			yield(bagit.Entry{}, fmt.Errorf("staging: %w", err))
		}
	}
}

// Paths gives the paths of what Files gives, at less cost.
func (u *Upload) Paths(tags bool) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for path := range u.checker.Paths(tags) {
			if !yield(path, nil) {
				return
			}
		}
		if err := u.checker.Err(); err != nil {
			yield("", fmt.Errorf("staging: %w", err))
		}
	}
}

// Keep makes the package durable. When it returns nil the package may be recorded.
func (u *Upload) Keep() error {
	if err := u.flush(); err != nil {
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
	_ = u.settle() // what was written is about to be removed
	return u.area.Remove(u.id)
}

// Close waits for what is being written, and lets the folder go; it says nothing of the package.
func (u *Upload) Close() error {
	_ = u.settle() // who wanted the package has heard of it
	if err := errors.Join(u.pack.close(), u.checker.Close(), u.folder.Close()); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// hand lets the writer be opened after the name was judged.
type hand struct{ io.Writer }
