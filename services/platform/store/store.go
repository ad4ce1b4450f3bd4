// Package store keeps one service's state and journal in one bbolt file, and changes it in
// one way only: a command decides, its events are applied and journaled, and all commands
// that came meanwhile share one commit.
//
//	Decide(view, now) → events | refusal     reads, writes nothing
//	Apply(tx, event)                         writes, from the event alone, the same way every time
//
// Why so. A refused command leaves nothing behind for its neighbours in the group. Live
// running, rebuild, standby and restore run the same Apply, so a journal folded into an
// empty store equals the live one, which Check proves. And a command that was answered OK
// is on disk together with its events.
//
// The file (what package journal keeps is drawn there):
//
//	meta     "schema" → version of the service's buckets; "archive", "service" → whose file it is;
//	         "folding" → there while the state is being folded again
//	idem     command id (16 bytes)           → seq of its first event, kept 30 days
//	pruned   "idem"                          → seq up to which idem rows were given up
//	timers   due (8 bytes, unix seconds) kind 0 key → nothing
//	waiting  service 0 epoch seq             → WaitingRow: reactions deferred or parked
//	queue    object 0 order                  → key in waiting: who waits behind whom
//	readers  service                         → ReaderPosition (the only rows not folded)
//	…        the service's own buckets
package store

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/space"
)

// Faults of the store that a person may meet.
var (
	// NotReady is answered until the journal has been reconciled with its stream.
	NotReady = fault.Define(fault.Unavailable, "store.not_ready",
		"the {service} service does not take commands: {reason}; nothing was changed, try again later",
		"служба {service} не принимает команд: {reason}; ничего не изменено, повторите позже",
		"{service} қызметі пәрмен қабылдамайды: {reason}; ештеңе өзгерген жоқ, кейінірек қайталаңыз")
	starting    = fault.Define(fault.Unavailable, "store.starting", "it is starting", "она запускается", "ол іске қосылып жатыр")
	notReopened = fault.Define(fault.Unavailable, "store.not_reopened",
		"its file could not be opened again after a failure; restart the process, see its log",
		"её файл не удалось открыть снова после сбоя; перезапустите процесс, посмотрите его журнал",
		"ақаудан кейін оның файлы қайта ашылмады; процесті қайта іске қосып, журналын қараңыз")
	keysUnwritten = fault.Define(fault.Unavailable, "store.keys_unwritten",
		"its key file cannot be written; look at the disk and at the rights on the folder",
		"её файл ключей не записывается; проверьте диск и права на папку",
		"оның кілттер файлы жазылмайды; дискіні және қалта құқықтарын тексеріңіз")
	// NoSpace is answered below the reserve of free space.
	NoSpace = fault.Define(fault.Exhausted, "store.no_space",
		"the disk of the {service} service is almost full ({free} MiB free, {reserve} MiB are kept in reserve); nothing was changed; free space and try again",
		"диск службы {service} почти заполнен (свободно {free} МиБ, резерв {reserve} МиБ); ничего не изменено; освободите место и повторите",
		"{service} қызметінің дискісі толуға жақын (бос орын {free} МиБ, қор {reserve} МиБ); ештеңе өзгерген жоқ; орын босатып, қайталаңыз")
	// Unknown is answered when the commit itself failed: the command may or may not be on
	// disk. The same command id gives the true answer.
	Unknown = fault.Define(fault.Unavailable, "store.outcome_unknown",
		"writing failed and the outcome is not known; repeat the same request, it will not be carried out twice",
		"запись не удалась, исход неизвестен; повторите тот же запрос, дважды он выполнен не будет",
		"жазу сәтсіз аяқталды, нәтижесі белгісіз; сол сұрау салуды қайталаңыз, ол екі рет орындалмайды")
	// ClockWrong is answered where the clock cannot be that of the journal.
	ClockWrong = fault.Define(fault.Refused, "store.clock_wrong",
		"the clock of the {service} service shows {now}, the last event was recorded at {last}; nothing was changed; set the clock right, or confirm it if it is right",
		"часы службы {service} показывают {now}, последнее событие записано {last}; ничего не изменено; исправьте часы или подтвердите их, если они верны",
		"{service} қызметінің сағаты {now} көрсетіп тұр, соңғы оқиға {last} жазылған; ештеңе өзгерген жоқ; сағатты түзетіңіз немесе дұрыс болса, растаңыз")
	// IDReused is answered where a command id comes again with another command, or from
	// somebody else, who must not be given the first one's answer.
	IDReused = fault.Define(fault.Conflict, "store.command_id_reused",
		"this command id was already used for {command}; make a new id for a new command",
		"этот идентификатор команды уже использован для {command}; для новой команды нужен новый",
		"бұл пәрмен идентификаторы {command} үшін пайдаланылған; жаңа пәрменге жаңа идентификатор керек")
	// TooLarge is answered for an event over journal.MaxBody.
	TooLarge = fault.Define(fault.Invalid, "store.event_too_large",
		"this is too much for one step ({size} KiB, at most {limit} KiB); divide it and send the parts",
		"это слишком много для одного шага ({size} КиБ, не более {limit} КиБ); разделите и отправьте частями",
		"бұл бір қадамға тым көп ({size} КиБ, ең көбі {limit} КиБ); бөліп, бөліктерін жіберіңіз")
	errClosed = fault.Define(fault.Unavailable, "store.closed",
		"the service is stopping; nothing was changed, try again in a minute",
		"служба останавливается; ничего не изменено, повторите через минуту",
		"қызмет тоқтап жатыр; ештеңе өзгерген жоқ, бір минуттан кейін қайталаңыз")
)

// Config is what a store is opened with.
type Config struct {
	Dir              string // folder of its own; made where absent
	Archive, Service string
	Schema           Schema
	// Apply writes the state that follows from one event of this service. It must not
	// look at a clock, at random or at anything outside the transaction, and an error from
	// it is a defect: the command is refused as Internal and nothing is written.
	Apply func(tx *Tx, r *journal.Record) error
	// Check returns what is wrong with the service's own state; nil where nothing special
	// is to be checked beyond the fold.
	Check  func(v *View) []Problem
	Signer note.Signer // signs checkpoints; nil gives unsigned service (tests of the store alone)
	Log    *slog.Logger
	Now    func() time.Time // nil means time.Now
	// Reserve is the free space in bytes below which commands are refused; 0 means 64 MiB.
	Reserve uint64
	// Unsynced gives up durability. Only the test that proves the power cut test uses it.
	Unsynced bool
	// ReadOnly opens without a writer, for checks of a stopped folder.
	ReadOnly bool
}

const defaultReserve = 64 << 20

// mapped is the address space reserved for the file, so that a growing file never has to be
// mapped again: growing the map waits for every reader (25 s were seen behind a long one).
const mapped = 64 << 30

// Store is one service's state and journal.
type Store struct {
	cfg  Config
	keys *journal.KeyFile

	mu   sync.RWMutex // held for reading by every transaction, for writing by reopen and Close
	db   *bbolt.DB
	head head // after the last commit; written by the writer under headMu

	headMu  sync.Mutex
	changed chan struct{} // closed and replaced at every commit

	queue  chan *op
	stop   chan struct{}
	done   chan struct{}
	closed sync.Once

	gate   atomic.Pointer[fault.Error] // why commands are refused; nil when they are admitted
	clock  clockGuard
	traces traceRing
	commit func(*bbolt.Tx) error // these two are seams for the fault table
	sync   func() error
}

// Open opens or makes a service's store. Commands are refused until Admit.
func Open(cfg Config) (*Store, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Reserve == 0 {
		cfg.Reserve = defaultReserve
	}
	if cfg.ReadOnly {
		if _, err := os.Stat(filepath.Join(cfg.Dir, "store.db")); err != nil {
			return nil, fmt.Errorf("store %s: %w", cfg.Service, err)
		}
	} else if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("store %s: %w", cfg.Service, err)
	}
	s := &Store{
		cfg: cfg, queue: make(chan *op, 1024), stop: make(chan struct{}), done: make(chan struct{}),
		changed: make(chan struct{}), commit: (*bbolt.Tx).Commit,
	}
	s.Refuse(starting.With())
	var err error
	keys := filepath.Join(cfg.Dir, "keys.bin")
	if cfg.ReadOnly {
		s.keys, err = journal.OpenKeyFileReadOnly(keys)
	} else {
		s.keys, err = journal.OpenKeyFile(keys, cfg.Unsynced)
	}
	if err != nil {
		return nil, err
	}
	s.sync = s.keys.Sync
	if err := s.open(); err != nil {
		_ = s.keys.Close()
		return nil, err
	}
	s.clock.start(cfg.Now(), s.head.time)
	if cfg.ReadOnly {
		close(s.done)
		return s, nil
	}
	if s.ClockHeld() {
		s.cfg.Log.Warn("the clock lies more than a day from the journal's last event; timers wait until a person confirms it",
			"now", cfg.Now(), "last", s.head.time)
	}
	if err := s.finishErasures(); err != nil {
		_ = s.db.Close()
		_ = s.keys.Close()
		return nil, err
	}
	go s.run()
	return s, nil
}

// open opens the file, brings its schema up to date and reads the head of the journal. It
// is the same at start and after a failed commit.
func (s *Store) open() error {
	path := filepath.Join(s.cfg.Dir, "store.db")
	opts := &bbolt.Options{
		Timeout: 2 * time.Second, FreelistType: bbolt.FreelistMapType,
		InitialMmapSize: mapped, NoSync: s.cfg.Unsynced, NoGrowSync: s.cfg.Unsynced,
		ReadOnly: s.cfg.ReadOnly, PreLoadFreelist: false,
	}
	_, statErr := os.Stat(path)
	db, err := bbolt.Open(path, 0o600, opts)
	if err != nil {
		return fmt.Errorf("store %s: %s: %w", s.cfg.Service, path, err)
	}
	if errors.Is(statErr, fs.ErrNotExist) {
		// If we crash here, the file may have no name yet: the next start makes a new one.
		if err := journal.SyncDir(s.cfg.Dir); err != nil {
			_ = db.Close()
			return fmt.Errorf("store %s: %w", s.cfg.Service, err)
		}
	}
	if !s.cfg.ReadOnly {
		if err := s.prepare(db); err != nil {
			_ = db.Close()
			return err
		}
	}
	var h head
	if err := db.View(func(tx *bbolt.Tx) error {
		v := s.view(tx)
		if err := s.owned(v); err != nil {
			return err
		}
		h, err = readHead(v)
		return err
	}); err != nil {
		_ = db.Close()
		return fmt.Errorf("store %s: %w", s.cfg.Service, err)
	}
	s.db = db
	s.setHead(h)
	return nil
}

// Close stops the writer after the commands already queued and closes the files.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		close(s.stop)
		<-s.done
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.db != nil {
			err = s.db.Close()
		}
		if keysErr := s.keys.Close(); err == nil {
			err = keysErr
		}
	})
	return err
}

// View reads. The transaction must be short: at most a second, exports go page by page.
// Nothing from v may be kept beyond fn.
func (s *Store) View(fn func(v *View) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return NotReady.With("service", s.cfg.Service, "reason", notReopened.With())
	}
	return s.db.View(func(tx *bbolt.Tx) error { return fn(s.view(tx)) })
}

// Service is the service's name.
func (s *Store) Service() string { return s.cfg.Service }

// Archive is the archive's code.
func (s *Store) Archive() string { return s.cfg.Archive }

// Admit lets commands in: the journal is reconciled with its stream.
func (s *Store) Admit() { s.gate.Store(nil) }

// Refuse keeps commands out, with a reason for whoever meets it: a fault, said in his language.
func (s *Store) Refuse(why error) {
	s.gate.Store(NotReady.With("service", s.cfg.Service, "reason", fault.Of(why)).Because(why))
}

// Ready is nil where commands are admitted.
func (s *Store) Ready() error {
	if why := s.gate.Load(); why != nil {
		refusal := *why // everyone gets his own, to add a cause to
		return &refusal
	}
	return nil
}

// roomy refuses below the reserve.
func (s *Store) roomy() error {
	free, err := space.Free(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("store %s: free space: %w", s.cfg.Service, err)
	}
	if free < s.cfg.Reserve {
		return NoSpace.With("service", s.cfg.Service, "free", free>>20, "reserve", s.cfg.Reserve>>20)
	}
	return nil
}

// Now is the store's clock.
func (s *Store) Now() time.Time { return s.cfg.Now() }

// Keys gives the key file, to read sealed bodies with.
func (s *Store) Keys() *journal.KeyFile { return s.keys }

// Head is how far the journal goes.
type Head struct {
	Epoch, Seq uint64
	Time       time.Time // of the last event; zero where there is none
}

// Head is the last committed event.
func (s *Store) Head() Head {
	s.headMu.Lock()
	defer s.headMu.Unlock()
	return Head{Epoch: s.head.epoch, Seq: s.head.edge.Size(), Time: s.head.time}
}

// Wait gives the head and a channel that is closed when it moves on.
func (s *Store) Wait() (Head, <-chan struct{}) {
	s.headMu.Lock()
	defer s.headMu.Unlock()
	return Head{Epoch: s.head.epoch, Seq: s.head.edge.Size(), Time: s.head.time}, s.changed
}

// Checkpoint signs the committed head.
func (s *Store) Checkpoint() ([]byte, error) {
	s.headMu.Lock()
	c := journal.Checkpoint{
		Archive: s.cfg.Archive, Service: s.cfg.Service,
		Epoch: s.head.epoch, Size: s.head.edge.Size(), Root: s.head.edge.Root(),
	}
	s.headMu.Unlock()
	if s.cfg.Signer == nil {
		return nil, fmt.Errorf("store %s: no signing key", s.cfg.Service)
	}
	return c.Sign(s.cfg.Signer)
}

func (s *Store) setHead(h head) {
	s.headMu.Lock()
	defer s.headMu.Unlock()
	s.head = h
	close(s.changed)
	s.changed = make(chan struct{})
}
