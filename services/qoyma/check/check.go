// Package check examines a stopped data folder: every journal, tree, store and position in
// it, what the services keep of each other's journals, and the originals. It changes nothing
// and needs no server.
package check

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// Running is answered while a server works in the folder: what it is about to change cannot
// be judged.
var Running = fault.Define(fault.Conflict, "check.running",
	"a server works in {folder}; stop it, then check",
	"в папке {folder} работает сервер; остановите его и повторите проверку",
	"{folder} қалтасында сервер жұмыс істеп тұр; оны тоқтатып, тексеруді қайталаңыз")

var cutOff = fault.Define(fault.Internal, "check.cut_off",
	"the file is cut off: it has {bytes} bytes of {want}",
	"файл обрезан: в нём {bytes} байт из {want}",
	"файл кесілген: {want} байттың {bytes} байты бар")

// Report is what a check found.
type Report struct {
	OK       bool            `json:"ok"`
	Archive  string          `json:"archive"`
	Services []Service       `json:"services"`
	Objects  int             `json:"objects"` // OCFL objects validated
	Bytes    int64           `json:"bytes"`   // of originals whose digests were counted
	Copies   int             `json:"copies"`  // insurance copies validated
	Seconds  float64         `json:"seconds"`
	Problems []store.Problem `json:"problems"`
}

// Service is one journal that was checked.
type Service struct {
	Name   string `json:"name"`
	Epoch  uint64 `json:"epoch"`
	Events uint64 `json:"events"`
}

// Config says what to check.
type Config struct {
	Data     string
	Keys     string // empty: Data/keys
	Services []process.Service
	// Quick leaves out the digests of the originals, which take hours in a large archive.
	Quick bool
	// Progress is told what is being checked, in every language of the interface; nil: nobody.
	Progress func(what map[fault.Language]string)
}

type checker struct {
	cfg    Config
	report *Report
	stores map[string]*store.Store
	words  words
}

// progress says what is being checked now; the English text is a key of findings.json.
func (c *checker) progress(format string, args ...any) {
	if c.cfg.Progress != nil {
		c.cfg.Progress(c.words.progress(format, args))
	}
}

// Folder checks a folder. The error is for what kept the check from being made (Running, a
// folder that cannot be read); what is wrong in the folder is in the report.
func Folder(ctx context.Context, cfg Config) (*Report, error) {
	began := time.Now()
	if cfg.Keys == "" {
		cfg.Keys = filepath.Join(cfg.Data, "keys")
	}
	texts, err := readWords()
	if err != nil {
		return nil, err
	}
	code, err := os.ReadFile(filepath.Join(cfg.Data, "archive"))
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	scratch, err := os.MkdirTemp("", "qoyma-check-*")
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	c := &checker{
		cfg: cfg, stores: map[string]*store.Store{}, words: texts,
		report: &Report{Archive: strings.TrimSpace(string(code)), Services: []Service{}, Problems: []store.Problem{}},
	}
	defer c.close()
	for _, s := range cfg.Services {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := c.service(s, scratch); err != nil {
			return nil, err
		}
	}
	for _, s := range cfg.Services {
		if st := c.stores[s.Name]; st != nil {
			c.progress("%s: what it followed", s.Name)
			c.guard(s.Name, func() error { return c.cross(st) })
		}
	}
	if err := c.originals(ctx); err != nil {
		return nil, err
	}
	c.papers()
	if err := c.copies(ctx); err != nil {
		return nil, err
	}
	for i, p := range c.report.Problems {
		c.report.Problems[i] = texts.say(p)
	}
	c.report.OK = len(c.report.Problems) == 0
	c.report.Seconds = time.Since(began).Seconds()
	return c.report, nil
}

func (c *checker) close() {
	for _, st := range c.stores {
		_ = st.Close() // read only
	}
}

func (c *checker) add(service, where, format string, args ...any) {
	c.report.Problems = append(c.report.Problems, store.Found(service, where, format, args...))
}

// guard turns what a damaged file can do to its reader (an error, a panic, a page beyond the
// end) into a finding.
func (c *checker) guard(service string, look func() error) {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer func() {
		if p := recover(); p != nil {
			c.add(service, "store.db", "the file is damaged: reading it ended with %v", p)
		}
	}()
	if err := look(); err != nil {
		c.add(service, "store.db", "%v", err)
	}
}

// service checks one service's store by itself.
func (c *checker) service(s process.Service, scratch string) error {
	p := host.Process{Archive: c.report.Archive, Data: c.cfg.Data, Keys: c.cfg.Keys, Log: slog.New(slog.DiscardHandler)}
	cfg := p.StoreConfig(s.Spec())
	cfg.ReadOnly = true
	path := filepath.Join(cfg.Dir, "store.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if entries, _ := os.ReadDir(cfg.Dir); len(entries) > 0 { // a folder that cannot be read shows below
			c.add(s.Name, "store.db", "the file is missing")
		}
		return nil // it never ran here
	}
	c.progress("%s: pages", s.Name)
	var busy error
	c.guard(s.Name, func() error {
		err := c.pages(s.Name, path)
		if errors.Is(err, bolterrors.ErrTimeout) {
			busy = Running.With("folder", c.cfg.Data).Because(err)
			return nil
		}
		return err
	})
	if busy != nil {
		return busy
	}
	if c.has(s.Name) { // what stands on broken pages says nothing
		return nil
	}
	c.progress("%s: journal, tree, fold", s.Name)
	c.guard(s.Name, func() error {
		st, err := store.Open(cfg)
		if err != nil {
			return err
		}
		c.stores[s.Name] = st
		head := st.Head()
		c.report.Services = append(c.report.Services, Service{Name: s.Name, Epoch: head.Epoch, Events: head.Seq})
		problems, err := st.Verify(scratch)
		c.report.Problems = append(c.report.Problems, problems...)
		return err
	})
	return nil
}

func (c *checker) has(service string) bool {
	return slices.ContainsFunc(c.report.Problems, func(p store.Problem) bool { return p.Service == service })
}

// pages checks the file below what the store sees: that every page is used exactly once and
// every key stands in order.
func (c *checker) pages(service, path string) error {
	if err := whole(path); err != nil {
		return err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second, PreLoadFreelist: true})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // read only
	return db.View(func(tx *bbolt.Tx) error {
		found := 0
		for err := range tx.Check() {
			if found++; found <= 20 {
				c.add(service, "store.db", "%v", err)
			}
		}
		return nil
	})
}

// whole refuses a file that ends before its last page: reading that page through the map would
// be a fault of the machine. Where the pages lie is bbolt's format, version 2.
func whole(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var need, newest uint64
	for page := range int64(2) { // two meta pages are written in turn; the newer one holds
		const header, magic = 16, 0xED0CDAED
		size := uint64(os.Getpagesize())
		meta := make([]byte, header+64)
		if _, err := f.ReadAt(meta, page*int64(size)); err != nil {
			return cutOff.With("bytes", info.Size(), "want", 2*size)
		}
		body := meta[header:]
		if binary.NativeEndian.Uint32(body) != magic {
			continue // bbolt takes the other one, or refuses the file
		}
		if pages, txid := binary.NativeEndian.Uint64(body[40:]), binary.NativeEndian.Uint64(body[48:]); txid >= newest {
			need, newest = pages*uint64(binary.NativeEndian.Uint32(body[8:])), txid
		}
	}
	if uint64(info.Size()) < need {
		return cutOff.With("bytes", info.Size(), "want", need)
	}
	return nil
}
