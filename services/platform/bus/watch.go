package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/platform/space"
)

// A stream whose write failed (disk full, I/O error) stands frozen afterwards, although
// there is room again and JetStream calls itself enabled; only a restart of the server
// recovers it, and then whole. So those who publish report how it went, and the watch
// restarts the embedded server once there is room, or, where NATS runs by itself, raises
// the alarm until somebody has done so.

const (
	probeEvery = time.Second
	// restartGap keeps a disk that is full to the brim from causing one restart after
	// another.
	restartGap = 15 * time.Second
)

// JetStream's error codes for a write that did not reach the disk.
const (
	codeInsufficientResources = 10023
	codeStorageExceeded       = 10047
	codeStoreFailed           = 10077
	codeStreamOffline         = 10118
	codeStreamOfflineReason   = 10194
)

// storageFailure tells a failure to write from the many other things that a publish may
// meet (a wrong expected sequence, a connection just lost).
func storageFailure(err error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EIO) {
		return true
	}
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode {
	case codeInsufficientResources, codeStorageExceeded, codeStoreFailed, codeStreamOffline, codeStreamOfflineReason:
		return true
	case jetstream.JSErrCodeJetStreamNotEnabled, jetstream.JSErrCodeJetStreamNotEnabledForAccount:
		return true // the server switched JetStream off, out of space
	}
	text := strings.ToLower(api.Description)
	return strings.Contains(text, "no space left") || strings.Contains(text, "input/output error")
}

// silent tells a publish that got no answer at all: a frozen stream may simply not reply.
func silent(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) ||
		errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrNoResponders)
}

// silentLimit is how many publishes in a row may go unanswered while connected before
// the stream counts as frozen.
const silentLimit = 3

type watch struct {
	now func() time.Time

	mu      sync.Mutex
	why     map[string]string // reason of the freeze by stream, until a publish to it works
	quiet   map[string]int    // unanswered publishes in a row by stream
	attempt time.Time         // of the last restart
	kick    chan struct{}
}

func newWatch(now func() time.Time) *watch {
	return &watch{now: now, why: map[string]string{}, quiet: map[string]int{}, kick: make(chan struct{}, 1)}
}

func (w *watch) reason() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, stream := range slices.Sorted(maps.Keys(w.why)) {
		return strings.TrimPrefix(stream+": "+w.why[stream], ": ")
	}
	return ""
}

// report takes in how a publish to a stream ended. One stream's success says nothing about
// another's: each is frozen on its own.
func (w *watch) report(stream string, err error, connected bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		delete(w.why, stream)
		delete(w.quiet, stream)
		return
	case storageFailure(err):
		w.why[stream] = err.Error()
	case silent(err) && connected:
		if w.quiet[stream]++; w.quiet[stream] < silentLimit {
			return
		}
		w.why[stream] = err.Error()
	default:
		return
	}
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// due decides, from plain values, whether to restart now.
func due(frozen bool, free, reserve uint64, last, now time.Time) bool {
	return frozen && free >= reserve && (last.IsZero() || now.Sub(last) >= restartGap)
}

// ReportPublishError tells the watch how a publish to a stream ended; nil means
// acknowledged, which also ends that stream's alarm. Everyone who publishes calls it after
// each attempt.
func (b *Bus) ReportPublishError(stream string, err error) {
	b.watch.report(stream, err, b.conn.IsConnected())
}

// serverLogged takes the embedded server's own word: a frozen stream often does not
// answer a publish at all, but the server logs the write that failed.
func (w *watch) serverLogged(text string) {
	if strings.Contains(text, "no space left on device") || strings.Contains(text, "critical write error") {
		w.report("", fmt.Errorf("%s: %w", text, syscall.ENOSPC), true)
	}
}

// clear forgets all freezes, after a restart.
func (w *watch) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.why)
	clear(w.quiet)
}

// warden looks after a server whose disk fails.
type warden struct {
	log      *slog.Logger
	watch    *watch
	embedded *embedded // nil over a URL
}

// Run watches until ctx ends: a frozen embedded server is restarted when there is room
// again, at most every quarter of a minute; a frozen server elsewhere is logged, and
// Healthy says so. It returns nil when ctx ends, and leaves the bus open: others still
// finish with it. It implements module.Module.
func (b *warden) Run(ctx context.Context) error {
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	alarmed := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-b.watch.kick:
		}
		reason := b.watch.reason()
		if reason != alarmed {
			if alarmed = reason; reason != "" {
				b.log.Error("the event bus is frozen: it cannot write", "reason", reason)
			}
		}
		if reason == "" || b.embedded == nil {
			continue
		}
		if err := b.thaw(reason); err != nil {
			b.log.Error("the event bus stays frozen", "error", err)
		}
	}
}

func (b *warden) thaw(reason string) error {
	free, err := space.Free(b.embedded.cfg.Folder)
	if err != nil {
		return err
	}
	b.watch.mu.Lock()
	last := b.watch.attempt
	b.watch.mu.Unlock()
	if !due(true, free, b.embedded.cfg.Reserve, last, b.watch.now()) {
		return nil
	}
	b.log.Warn("restarting the frozen event bus", "reason", reason, "free bytes", free)
	return b.Restart()
}

// Restart stops the embedded server and starts it again under its live clients, who
// reconnect by themselves; over a URL it is an error. A reported freeze counts as over,
// until the next failing publish.
func (b *warden) Restart() error {
	if b.embedded == nil {
		return errors.New("only an embedded bus can be restarted from here")
	}
	b.watch.mu.Lock()
	b.watch.attempt = b.watch.now()
	b.watch.mu.Unlock()
	if err := b.embedded.restart(); err != nil {
		b.watch.mu.Lock()
		b.watch.why[""] = err.Error() // tried again by Run after the gap
		b.watch.mu.Unlock()
		return fmt.Errorf("restart the event bus: %w", err)
	}
	b.watch.clear()
	return nil
}

// Name implements module.Module.
func (b *Bus) Name() string { return "bus" }

// Register implements module.Module; the bus has no gRPC service.
func (b *Bus) Register(grpc.ServiceRegistrar) {}

// readyTimeout bounds the question whether the bus is ready.
const readyTimeout = time.Second

// Ready implements module.Module: it is Healthy within a second.
func (b *Bus) Ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	return b.Healthy(ctx)
}
