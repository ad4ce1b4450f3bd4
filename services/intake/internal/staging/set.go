package staging

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// The faults of packages that come file by file.
var (
	NoUpload = fault.Define(fault.NotFound, "intake.upload.unknown",
		"this upload is not under way: it was finished, cancelled or swept away; open the page again and send the files",
		"такая загрузка не идёт: она завершена, отменена или её срок истёк; откройте страницу заново и отправьте файлы",
		"мұндай жүктеу жүріп жатқан жоқ: ол аяқталған, тоқтатылған немесе мерзімі өткен; бетті қайта ашып, файлдарды жіберіңіз")
	Mixed = fault.Define(fault.Conflict, "intake.upload.form",
		"files of this transfer are coming in another way ({form}); finish or cancel that upload first",
		"файлы этой передачи уже отправляются другим способом ({form}); сначала завершите или отмените ту загрузку",
		"бұл тапсырудың файлдары басқа жолмен жіберіліп жатыр ({form}); алдымен сол жүктеуді аяқтаңыз немесе тоқтатыңыз")
	Other = fault.Define(fault.Conflict, "intake.upload.other",
		"another file came as {path} before, of another size or date; cancel that one, then send this",
		"как {path} раньше отправлялся другой файл, с иным размером или датой; отмените его, затем отправьте этот",
		"{path} ретінде бұрын басқа файл жіберілген, көлемі не күні өзге; оны тоқтатып, содан кейін мынаны жіберіңіз")
	WrongOffset = fault.Define(fault.Conflict, "intake.upload.offset",
		"the archive has {offset} bytes of this file; go on from there",
		"у архива {offset} байт этого файла; продолжайте с этого места",
		"архивте бұл файлдың {offset} байты бар; содан әрі жалғастырыңыз")
	WrongChecksum = fault.Define(fault.Invalid, "intake.upload.checksum",
		"the bytes changed on their way (their checksum differs); nothing of this piece was kept, send it again",
		"данные изменились в пути (контрольная сумма не сходится); эта часть не сохранена, отправьте её снова",
		"деректер жолда өзгерген (бақылау сомасы сәйкес емес); бұл бөлік сақталмады, оны қайта жіберіңіз")
	TakenOver = fault.Define(fault.Conflict, "intake.upload.taken_over",
		"the same file is being sent from another place; this one stopped",
		"тот же файл отправляется из другого места; эта отправка остановлена",
		"осы файл басқа жерден жіберіліп жатыр; бұл жіберу тоқтатылды")
	WrongBytes = fault.Define(fault.Invalid, "intake.upload.bytes",
		"the bytes of {path} changed on their way (their checksum differs); none of the files that came with it was kept, send them again",
		"данные файла {path} изменились в пути (контрольная сумма не сходится); ни один из пришедших с ним файлов не сохранён, отправьте их снова",
		"{path} файлының деректері жолда өзгерген (бақылау сомасы сәйкес емес); онымен бірге келген файлдардың ешқайсысы сақталмады, оларды қайта жіберіңіз")
	Unfinished = fault.Define(fault.Refused, "intake.upload.unfinished",
		"{missing} of {files} files have not come whole yet; send the rest, then finish",
		"ещё не пришли целиком: {missing} из {files} файлов; отправьте остальное, затем завершите",
		"{files} файлдың {missing} әлі толық келген жоқ; қалғанын жіберіп, содан кейін аяқтаңыз")
	Finishing = fault.Define(fault.Unavailable, "intake.upload.finishing",
		"the package is being checked now; wait for the outcome",
		"пакет сейчас проверяется; дождитесь результата",
		"пакет қазір тексеріліп жатыр; нәтижесін күтіңіз")
	badForm = fault.Define(fault.Invalid, "intake.upload.bad_form",
		"“{form}” is no way to send a package; use bare, bag, eark or zip",
		"«{form}» – не способ отправки пакета; используйте bare, bag, eark или zip",
		"«{form}» – пакет жіберу жолы емес; bare, bag, eark немесе zip қолданыңыз")
)

// The forms in which a package comes.
const (
	Bare = "bare" // the payload alone
	Bag  = "bag"  // a whole bag
	EARK = "eark" // an E-ARK package, as the bag that is made of it
	Zip  = "zip"  // one ZIP or tar of any of them
)

// Set is a package on its way in, file by file: opened by its first file, ended by being
// recorded, discarded, or swept away; where it was refused, its good files go on as another (Renew). Its id is that of the package, and of the command that finishes it.
// A transfer has one at a time. Its methods may be called by several goroutines at once.
type Set struct {
	area                         *Area
	ID                           string
	Transfer, Organisation, Form string
	Refused                      string // the refused package whose good files these were; or empty

	mu        sync.Mutex
	parts     map[string]weak.Pointer[Part] // by their name on the disk, those that somebody works with
	names     *spool.Table                  // path → announced, dropped, or the spot of a small file
	pack      ledger
	lost      bool // names must be read again
	totals    Totals
	last      time.Time // when anything came
	finishing bool
	ended     bool
}

// newSet begins one in memory. What it holds does not grow with the number of its files: what is known of each stands on
// the disk, and is read from there whenever somebody asks for it.
func (a *Area) newSet(id string, h header) *Set {
	return &Set{
		area: a, ID: id, Transfer: h.Transfer, Organisation: h.Organisation, Form: h.Form, Refused: h.Refused,
		parts: map[string]weak.Pointer[Part]{}, names: a.names(), pack: ledger{folder: filepath.Join(a.dir, id)},
	}
}

// sets are the packages under way, by transfer.
type sets struct {
	mu  sync.Mutex
	all map[string]*Set
	// measuring are the files whose one pass is held in memory.
	measuring map[*Part]bool
	// past counts the pieces that go past the page cache.
	past atomic.Int32
}

// LoadSets takes over what the last process left, and gives the ids of the packages. It is for the
// start, before Sweep, which would take them away.
func (a *Area) LoadSets() ([]*Set, error) {
	entries, err := os.ReadDir(a.dir)
	if err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	var all []*Set
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		s, err := a.load(e.Name())
		if err != nil {
			return nil, fmt.Errorf("staging: %w", err)
		}
		if s != nil {
			all = append(all, s)
		}
	}
	if err := a.flushLoaded(len(all)); err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	a.sets.mu.Lock()
	defer a.sets.mu.Unlock()
	a.sets.all = make(map[string]*Set, len(all))
	for _, s := range all {
		a.sets.all[s.Transfer] = s
	}
	return all, nil
}

// Set is the package of a transfer that is under way, nil where there is none.
func (a *Area) Set(transfer string) *Set {
	a.sets.mu.Lock()
	defer a.sets.mu.Unlock()
	return a.sets.all[transfer]
}

// Sets are all packages under way, by transfer.
func (a *Area) Sets() []*Set {
	a.sets.mu.Lock()
	defer a.sets.mu.Unlock()
	all := make([]*Set, 0, len(a.sets.all))
	for _, s := range a.sets.all {
		all = append(all, s)
	}
	slices.SortFunc(all, func(x, y *Set) int { return cmp.Compare(x.Transfer, y.Transfer) })
	return all
}

// OpenSet gives the transfer's package, and begins one of that id where there is none. Errors: Mixed.
func (a *Area) OpenSet(id, transfer, organisation, form string) (*Set, error) {
	if form != Bare && form != Bag && form != EARK && form != Zip {
		return nil, badForm.With("form", clip.Runes(form, maxShown))
	}
	a.sets.mu.Lock()
	defer a.sets.mu.Unlock()
	if s := a.sets.all[transfer]; s != nil {
		if s.Form != form {
			return nil, Mixed.With("form", s.Form)
		}
		return s, nil
	}
	h := header{Transfer: transfer, Organisation: organisation, Form: form}
	s := a.newSet(id, h)
	s.last = time.Now()
	if err := a.writeHeader(s.ID, h); err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	if a.sets.all == nil {
		a.sets.all = map[string]*Set{}
	}
	a.sets.all[transfer] = s
	return s, nil
}

// keyOf is the name on the disk of a path; as in Area.Path.
func keyOf(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:])
}

// Open announces a file; one that was announced before is found. Errors: Other where the earlier is
// another file, Finishing, NoUpload.
func (s *Set) Open(f File) (*Part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return nil, err
	}
	p, err := s.known(f)
	if err != nil || p != nil {
		return p, err
	}
	if p, err = s.announce(f); err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	return p, nil
}

// known is a file that was announced before, nil where none was. Error: Other. The set is locked.
func (s *Set) known(f File) (*Part, error) {
	p, err := s.find(f.Path)
	if err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	if p != nil && (p.Size != f.Size || p.ModifiedMS != f.ModifiedMS) {
		return nil, Other.With("path", clip.Runes(f.Path, maxShown))
	}
	return p, nil
}

// announce takes a file that is not there yet. The set is locked.
func (s *Set) announce(f File) (*Part, error) {
	p := &Part{set: s, File: f, key: keyOf(f.Path)}
	if err := p.begin(); err != nil {
		// A row that came to the disk and is not counted would be left out of the package.
		return nil, errors.Join(err, p.clear())
	}
	s.held(p)
	s.last = time.Now()
	return p, s.count(p)
}

func (s *Set) open() error {
	switch {
	case s.ended:
		return NoUpload.With()
	case s.finishing:
		return Finishing.With()
	case s.pack.torn.Load():
		return fmt.Errorf("staging: %w", errTorn)
	}
	return nil
}

// Part is a file by its upload id. Errors: NoUpload.
func (s *Set) Part(uploadID string) (*Part, error) {
	id, rest, _ := strings.Cut(uploadID, ".")
	if s == nil || id != s.ID {
		return nil, NoUpload.With()
	}
	key, record, small := strings.Cut(rest, ".")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || len(key) != hex.EncodedLen(sha256.Size) || strings.Trim(key, "0123456789abcdef") != "" {
		return nil, NoUpload.With()
	}
	var p *Part
	var err error
	if small {
		p, err = s.findSmall(key, record)
	} else {
		p, err = s.findOwn(key)
	}
	if err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	if p == nil {
		return nil, NoUpload.With()
	}
	return p, nil
}

// Announced is how many bytes and files were.
func (s *Set) Announced() (bytes uint64, files uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.totals.Bytes, uint32(s.totals.Files)
}

// Last is when anything came.
func (s *Set) Last() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Has tells whether a file of that path was announced; of no package none was.
func (s *Set) Has(path string) (bool, error) {
	if s == nil {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parts[keyOf(path)].Value() != nil { // it may be on its way
		return true, nil
	}
	names, err := s.named()
	if err != nil {
		return false, fmt.Errorf("staging: %w", err)
	}
	is, there, err := names.Get(path)
	return there && is != dropped, err
}

// Totals is what was announced and what has come.
type Totals struct {
	Files, Whole int
	Bytes, There uint64
}

// Totals counts.
func (s *Set) Totals() Totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.totals
}

// Discard leaves nothing of the package. One that ended already stays as it ended: whoever waited to
// discard it while it was finished takes no recorded bytes away.
func (s *Set) Discard() error {
	if !s.end() {
		return nil
	}
	return s.area.Remove(s.ID)
}

// end lets nobody write any more, and forgets the package; it is false where that was done before.
func (s *Set) end() bool {
	s.mu.Lock()
	before := s.ended
	s.ended = true
	var parts []*Part
	for _, held := range s.parts {
		if p := held.Value(); p != nil {
			parts = append(parts, p)
		}
	}
	if !before {
		_ = s.names.Close() // a file without a name: nothing of it is needed
	}
	s.mu.Unlock()
	if before {
		return false
	}
	for _, p := range parts {
		p.mu.Lock()
		p.stop()
		p.mu.Unlock()
	}
	s.area.sets.mu.Lock()
	defer s.area.sets.mu.Unlock()
	if s.area.sets.all[s.Transfer] == s {
		delete(s.area.sets.all, s.Transfer)
	}
	return true
}

// Settle ends a package that the journal names: its bytes stay, what stood beside them goes.
func (s *Set) Settle() error {
	s.end()
	_, err := os.Lstat(s.area.file(s.ID, packIndex))
	packed := !errors.Is(err, fs.ErrNotExist) // otherwise every small file was forgotten
	keep := func(name string) bool {
		return name != headerName && !strings.HasSuffix(name, rowSuffix) && (s.Form != Zip || name != keyOf("")) && (packed || name != packName)
	}
	// The header goes last: if we crash in between, the next start settles it again.
	return errors.Join(s.clear(func(name string) bool { return name == headerName || keep(name) }), s.clear(keep))
}

// clear removes the files of the folder that are not kept.
func (s *Set) clear(keep func(name string) bool) error {
	dir := filepath.Join(s.area.dir, s.ID)
	if err := eachName(dir, func(e os.DirEntry) error {
		if keep(e.Name()) {
			return nil
		}
		return os.Remove(filepath.Join(dir, e.Name()))
	}); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return syncDir(dir)
}
