package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/module"
)

func open(t *testing.T, cfg EmbeddedConfig) *Bus {
	t.Helper()
	if cfg.Folder == "" {
		cfg.Folder = t.TempDir()
	}
	if testing.Verbose() {
		cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	b, err := Embedded(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

var spec = StreamSpec{Name: "journal", Subjects: []string{"qoyma.test.*.journal"}}

const subject = "qoyma.test.intake.journal"

// publish tries until the bus takes the message: reconnecting takes a moment.
func publish(t *testing.T, b *Bus, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var last error
	for ctx.Err() == nil {
		once, done := context.WithTimeout(ctx, time.Second)
		_, last = b.JetStream().Publish(once, subject, []byte(text), jetstream.WithMsgID(text))
		done()
		b.ReportPublishError(spec.Name, last)
		if last == nil {
			return
		}
	}
	t.Fatalf("publish %s: %v", text, last)
}

func TestAcknowledgedMeansOnDisk(t *testing.T) {
	b := open(t, EmbeddedConfig{})
	running := b.embedded.run.JetStreamConfig()
	if !running.SyncAlways {
		t.Error("the running server does not sync always")
	}
	if b.embedded.run.Addr() != nil {
		t.Errorf("a listener nobody asked for: %v", b.embedded.run.Addr())
	}
	if b.Conn().MaxPayload() != MaxPayload {
		t.Errorf("max payload %d", b.Conn().MaxPayload())
	}
}

func TestARestartLosesNothingAndClientsComeBack(t *testing.T) {
	b := open(t, EmbeddedConfig{})
	stream, err := b.EnsureStream(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 100)
	consuming, err := consumer.Consume(func(m jetstream.Msg) { got <- string(m.Data()) })
	if err != nil {
		t.Fatal(err)
	}
	defer consuming.Stop()
	for i := range 3 {
		publish(t, b, fmt.Sprint("message ", i))
		if text := <-got; text != fmt.Sprint("message ", i) {
			t.Fatalf("got %q", text)
		}
		if err := b.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, b, "message 3")
	select {
	case text := <-got:
		if text != "message 3" {
			t.Errorf("got %q", text)
		}
	case <-time.After(30 * time.Second):
		t.Error("the reader did not come back")
	}
	var part module.Module = b
	if err := part.Ready(); err != nil {
		t.Error(err)
	}
	info, err := stream.Info(t.Context())
	if err != nil || info.State.Msgs != 4 {
		t.Errorf("%v messages, %v", info, err)
	}
	if err := b.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestEnsureStreamSaysWhatDiffers(t *testing.T) {
	b := open(t, EmbeddedConfig{})
	for range 2 {
		if _, err := b.EnsureStream(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	other := spec
	other.MaxMsgSize, other.Duplicates = 1000, time.Minute
	_, err := b.EnsureStream(t.Context(), other)
	if !errors.Is(err, ErrStreamDiffers) {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"max message size: is 1048576, should be 1000", "duplicates: is 2m0s, should be 1m0s"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
	stream, err := b.JetStream().Stream(t.Context(), spec.Name)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, b, "kept")
	if err := stream.Purge(t.Context()); err == nil {
		t.Error("a purge was allowed")
	}
	if err := stream.DeleteMsg(t.Context(), 1); err == nil {
		t.Error("a deletion was allowed")
	}
}

func TestTwoServersNeverShareAFolder(t *testing.T) {
	folder := t.TempDir()
	b := open(t, EmbeddedConfig{Folder: folder})
	if _, err := Embedded(t.Context(), EmbeddedConfig{Folder: folder}); !errors.Is(err, ErrFolderBusy) {
		t.Fatalf("got %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, EmbeddedConfig{Folder: folder})
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if err := again.Restart(); err == nil {
		t.Error("a closed bus restarted")
	}
}

func TestOverAURL(t *testing.T) {
	if _, err := Embedded(t.Context(), EmbeddedConfig{Folder: t.TempDir(), Address: "0.0.0.0:0"}); !errors.Is(err, ErrOpenAddress) {
		t.Errorf("got %v", err)
	}
	server := open(t, EmbeddedConfig{Address: "127.0.0.1:0"})
	url := "nats://" + server.embedded.run.Addr().String()
	b, err := URL(t.Context(), URLConfig{URL: url, Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	if _, err := b.EnsureStream(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	publish(t, b, "over tcp")
	if err := b.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
	// A frozen server elsewhere: alarm, not a restart.
	b.ReportPublishError(spec.Name, &jetstream.APIError{ErrorCode: codeStoreFailed, Description: "no space left on device"})
	if err := b.Healthy(t.Context()); !errors.Is(err, ErrFrozen) {
		t.Errorf("got %v", err)
	}
	publish(t, b, "works again")
	if err := b.Healthy(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := b.Healthy(ctx); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "nats://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := URL(ctx, URLConfig{URL: url}); !errors.Is(err, ErrUnreachable) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestWhatCountsAsFrozen(t *testing.T) {
	wrongSequence := &jetstream.APIError{ErrorCode: jetstream.JSErrCodeStreamWrongLastSequence, Description: "wrong last sequence: 7"}
	for _, c := range []struct {
		name   string
		errs   []error
		frozen bool
	}{
		{"disk full", []error{fmt.Errorf("publish: %w", syscall.ENOSPC)}, true},
		{"store failed", []error{&jetstream.APIError{ErrorCode: codeStoreFailed}}, true},
		{"JetStream off", []error{jetstream.ErrJetStreamNotEnabled}, true},
		{"wrong sequence", []error{wrongSequence}, false},
		{"disconnected", []error{nats.ErrReconnectBufExceeded, nats.ErrConnectionClosed}, false},
		{"one silence", []error{nats.ErrTimeout}, false},
		{"silence again and again", []error{nats.ErrTimeout, context.DeadlineExceeded, jetstream.ErrNoStreamResponse}, true},
		{"silence broken", []error{nats.ErrTimeout, nats.ErrTimeout, nil, nats.ErrTimeout}, false},
		{"recovered", []error{syscall.ENOSPC, nil}, false},
	} {
		w := newWatch(time.Now)
		for _, err := range c.errs {
			w.report("s", err, true)
		}
		if got := w.reason() != ""; got != c.frozen {
			t.Errorf("%s: frozen %v", c.name, got)
		}
	}
}

func TestOneStreamsSuccessDoesNotHideAnothersFreeze(t *testing.T) {
	w := newWatch(time.Now)
	for range silentLimit {
		w.report("intake", nats.ErrTimeout, true)
		w.report("catalogue", nil, true)
	}
	if !strings.Contains(w.reason(), "intake") {
		t.Errorf("reason %q", w.reason())
	}
	w.report("intake", nil, true)
	w.serverLogged("JetStream stream 'x' critical write error: disk")
	if w.reason() == "" {
		t.Error("the server's own word was not heard")
	}
	w.clear()
	if w.reason() != "" {
		t.Error("a restart did not clear")
	}
}

func TestWhenARestartIsDue(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name          string
		frozen        bool
		free, reserve uint64
		last          time.Time
		want          bool
	}{
		{"not frozen", false, 10, 5, time.Time{}, false},
		{"no room", true, 4, 5, time.Time{}, false},
		{"room", true, 5, 5, time.Time{}, true},
		{"just tried", true, 10, 5, now.Add(-restartGap + 1), false},
		{"tried long ago", true, 10, 5, now.Add(-restartGap), true},
	} {
		if got := due(c.frozen, c.free, c.reserve, c.last, now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestAFullDiskFreezesAndThaws fills a tiny file system under a live server, and frees it.
func TestAFullDiskFreezesAndThaws(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=6m,mode=0700"); err != nil {
		t.Skipf("mounting a tiny tmpfs needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Errorf("unmount %s: %v", mount, err)
		}
	})
	b := open(t, EmbeddedConfig{Folder: filepath.Join(mount, "nats"), Reserve: 1 << 20})
	stream, err := b.EnsureStream(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, b, "before")
	ballast := filepath.Join(mount, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 5<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	acknowledged := uint64(1)
	big := make([]byte, 256<<10)
	var failure error
	for range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, failure = b.JetStream().Publish(ctx, subject, big)
		cancel()
		b.ReportPublishError(spec.Name, failure)
		if failure != nil && b.watch.reason() != "" {
			break
		}
		if failure == nil {
			acknowledged++
		}
	}
	t.Logf("after %d messages: %v", acknowledged, failure)
	if err := b.Healthy(t.Context()); !errors.Is(err, ErrFrozen) {
		t.Fatalf("a full disk was not noticed: publish %v, health %v", failure, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	// There is room again; does it stay frozen without us? If this begins to fail, the
	// library has learned to recover and the watch is only a belt to the braces.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	_, stillErr := b.JetStream().Publish(ctx, subject, []byte("still?"))
	cancel()
	t.Logf("with room again: %v", stillErr)
	if stillErr == nil {
		acknowledged++
	}

	running, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(running) }()
	publish(t, b, "after")
	stop()
	if err := <-done; err != nil {
		t.Errorf("watch: %v", err)
	}
	if err := b.Healthy(t.Context()); err != nil {
		t.Errorf("not healthy after the thaw: %v", err)
	}
	info, err := stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.State.Msgs < acknowledged+1 {
		t.Errorf("%d messages in the stream, %d were acknowledged", info.State.Msgs, acknowledged+1)
	}
}
