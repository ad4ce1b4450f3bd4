package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"golang.org/x/sys/unix"
)

const (
	// startTimeout bounds a start: 0.8 s were measured with 1.65 million messages.
	startTimeout = time.Minute
	// stopTimeout bounds a stop; a server that hangs longer is left behind with an error.
	stopTimeout = 20 * time.Second
	// memoryLimit bounds streams in memory, of which we have none, in bytes.
	memoryLimit = 64 << 20
	// storeLimit switches off JetStream's own guess (three quarters of the disk's free
	// space at start): the reserve of free space is the store's matter.
	storeLimit = 1 << 50
)

// EmbeddedConfig says where the embedded server keeps its streams.
type EmbeddedConfig struct {
	Folder string // made if absent, 0700; locked while the server runs
	// Address is a loopback host:port to listen on for tools; empty: no TCP listener.
	Address string
	// Reserve is how many bytes must be free before a frozen server is restarted.
	Reserve uint64
	Log     *slog.Logger
	// Unsynced gives up durability (SyncAlways off). Only the test that proves the power
	// cut test uses it.
	Unsynced bool
}

// Embedded starts a NATS server in this process and connects to it without a socket.
// Errors: ErrFolderBusy where another process has the folder, ErrOpenAddress, and those
// of the file system.
func Embedded(ctx context.Context, cfg EmbeddedConfig) (*Bus, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	e := &embedded{cfg: cfg}
	if err := e.open(); err != nil {
		return nil, err
	}
	b, err := connect(ctx, "embedded", cfg.Log, []nats.Option{
		nats.Name("qoyma"), nats.InProcessServer(e),
		nats.ReconnectWait(50 * time.Millisecond), nats.ReconnectJitter(10*time.Millisecond, 0),
	})
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	b.embedded = e
	heard := b.watch.serverLogged
	e.heard.Store(&heard)
	return b, nil
}

// embedded holds the running server behind an indirection, so that clients, who ask it
// for a connection each time they connect, find the new server after a restart.
type embedded struct {
	cfg EmbeddedConfig
	// configured gives the options of a server for others; nil: those of one for ourselves.
	configured func() (*server.Options, error)

	lock *os.File

	mu  sync.RWMutex
	run *server.Server // nil while restarting and after close
	// restarting keeps restarts and close apart; it is held longer than mu.
	restarting sync.Mutex
	heard      atomic.Pointer[func(string)] // gets the server's errors
	stopped    chan struct{}                // closed when the last stopped server has ended; under restarting
}

// InProcessConn implements nats.InProcessConnProvider.
func (e *embedded) InProcessConn() (net.Conn, error) {
	e.mu.RLock()
	run := e.run
	e.mu.RUnlock()
	if run == nil {
		return nil, nats.ErrNoServers
	}
	return run.InProcessConn()
}

func (e *embedded) open() error {
	if err := os.MkdirAll(e.cfg.Folder, 0o700); err != nil {
		return fmt.Errorf("event folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(e.cfg.Folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("event folder: %w", err)
	}
	// JetStream itself does not lock; two servers on one folder would destroy it. The
	// kernel lets go of the lock when the process dies, however it dies.
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return ErrFolderBusy.With("folder", e.cfg.Folder).Because(err)
		}
		return fmt.Errorf("lock event folder %s: %w", e.cfg.Folder, err)
	}
	e.lock = lock
	if err := e.start(); err != nil {
		return errors.Join(err, lock.Close())
	}
	return nil
}

func (e *embedded) options() (*server.Options, error) {
	if e.configured != nil {
		return e.configured()
	}
	opts := &server.Options{
		ServerName: "qoyma", DontListen: true,
		JetStream: true, StoreDir: e.cfg.Folder, SyncAlways: !e.cfg.Unsynced,
		JetStreamMaxMemory: memoryLimit, JetStreamMaxStore: storeLimit,
		MaxPayload: MaxPayload, NoSigs: true, NoLog: true,
	}
	if e.cfg.Address == "" {
		return opts, nil
	}
	host, port, err := net.SplitHostPort(e.cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("address of the embedded bus: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, ErrOpenAddress.With("address", e.cfg.Address)
	}
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("port of the embedded bus: %w", err)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	opts.Host, opts.DontListen = host, false
	return opts, nil
}

func (e *embedded) start() error {
	opts, err := e.options()
	if err != nil {
		return err
	}
	run, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("embedded bus: %w", err)
	}
	log := &natsLog{log: e.cfg.Log, heard: &e.heard}
	run.SetLoggerV2(log, false, false, false)
	run.Start()
	if !run.ReadyForConnections(startTimeout) || !run.JetStreamEnabled() {
		run.Shutdown()
		return fmt.Errorf("embedded bus did not start in %v: %s", startTimeout, log.lastError())
	}
	// What is promised everywhere else hangs on this; a library that silently drops the
	// option must not pass.
	if js := run.JetStreamConfig(); js == nil || js.SyncAlways == e.cfg.Unsynced {
		run.Shutdown()
		return errors.New("embedded bus runs without SyncAlways: an acknowledged event might not be on disk")
	}
	e.mu.Lock()
	e.run = run
	e.mu.Unlock()
	return nil
}

// stop waits for the server to end. One that hangs is waited for again by the next call,
// so that never two servers have the folder.
func (e *embedded) stop() error {
	e.mu.Lock()
	run := e.run
	e.run = nil
	e.mu.Unlock()
	if run != nil {
		e.stopped = make(chan struct{})
		go func(done chan<- struct{}) {
			defer close(done)
			run.Shutdown()
			run.WaitForShutdown()
		}(e.stopped)
	}
	if e.stopped == nil {
		return nil
	}
	timeout := time.NewTimer(stopTimeout)
	defer timeout.Stop()
	select {
	case <-e.stopped:
		return nil
	case <-timeout.C:
		return fmt.Errorf("embedded bus did not stop in %v", stopTimeout)
	}
}

// restart recovers a stream frozen by a failed write. If we crash between stop and
// start, the next process start does the same.
func (e *embedded) restart() error {
	e.restarting.Lock()
	defer e.restarting.Unlock()
	if e.lock == nil {
		return errors.New("the embedded bus is closed")
	}
	if err := e.stop(); err != nil {
		return err
	}
	return e.start()
}

func (e *embedded) close() error {
	e.restarting.Lock()
	defer e.restarting.Unlock()
	if e.lock == nil {
		return nil
	}
	err := e.stop()
	if err == nil { // a server that still runs keeps its folder until the process ends
		err = e.lock.Close()
	}
	e.lock = nil
	return err
}

// natsLog passes the server's log on: its notices are our debug lines.
type natsLog struct {
	log   *slog.Logger
	heard *atomic.Pointer[func(string)]
	mu    sync.Mutex
	last  string
}

func (l *natsLog) keep(format string, v []any) string {
	text := fmt.Sprintf(format, v...)
	l.mu.Lock()
	l.last = text
	l.mu.Unlock()
	if heard := l.heard.Load(); heard != nil {
		(*heard)(text)
	}
	return text
}

func (l *natsLog) lastError() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Noticef implements server.Logger.
func (l *natsLog) Noticef(format string, v ...any) {
	l.log.Debug("nats: " + fmt.Sprintf(format, v...))
}

// Warnf implements server.Logger.
func (l *natsLog) Warnf(format string, v ...any) { l.log.Warn("nats: " + fmt.Sprintf(format, v...)) }

// Errorf implements server.Logger.
func (l *natsLog) Errorf(format string, v ...any) { l.log.Error("nats: " + l.keep(format, v)) }

// Fatalf implements server.Logger; whether the process ends is not the library's choice.
func (l *natsLog) Fatalf(format string, v ...any) { l.log.Error("nats: " + l.keep(format, v)) }

// Debugf implements server.Logger.
func (l *natsLog) Debugf(string, ...any) {}

// Tracef implements server.Logger.
func (l *natsLog) Tracef(string, ...any) {}
