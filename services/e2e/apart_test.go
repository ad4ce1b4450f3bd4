// Package e2e holds tests of the whole archive.
package e2e

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/bus"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/demo"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// freePort finds a loopback address that nobody uses.
func freePort(t *testing.T) string {
	t.Helper()
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// TestTheMainJobHoldsWithEveryServiceApart runs each service as a process of its own would be:
// its own data folder, its own gRPC port, a NATS server that all share over TCP. Only the keys
// are in a common folder.
func TestTheMainJobHoldsWithEveryServiceApart(t *testing.T) {
	dir := t.TempDir()
	address := freePort(t)
	broker, err := bus.Embedded(t.Context(), bus.EmbeddedConfig{Folder: filepath.Join(dir, "nats"), Address: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after every service, the last to come
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	})
	peers := make(map[string]string)
	for _, name := range process.Names() {
		peers[name] = freePort(t)
	}
	tel, err := telemetry.New(t.Context(), telemetry.Config{Process: "test", Output: io.Discard, Level: slog.LevelError})
	if err != nil {
		t.Fatal(err)
	}
	var last *process.Process
	for _, name := range process.Names() {
		p, err := process.Open(t.Context(), process.Config{
			Data: filepath.Join(dir, name), Archive: "kz-demo", Keys: filepath.Join(dir, "keys"), Targets: []string{name},
			NATS: "nats://" + address, GRPC: peers[name], Peers: peers, NoSocket: true,
		}, tel)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		tick := time.NewTicker(5 * time.Millisecond)
		for p.Ready() != nil {
			select {
			case <-tick.C:
			case err := <-done:
				done <- err // for what comes after
				t.Fatalf("%s ended: %v", name, err)
			}
		}
		tick.Stop()
		last = p
	}
	report := demo.Run(t.Context(), last, t.TempDir(), fault.English, nil)
	for _, s := range report.Steps {
		if !s.OK {
			t.Errorf("step %d %s: %s", s.Number, s.Name, s.Error)
		}
	}
	if len(report.Steps) != 5 {
		t.Errorf("%d steps", len(report.Steps))
	}
}
