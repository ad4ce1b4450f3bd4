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
	"github.com/qoyma/qoyma/services/platform/keys"
	"github.com/qoyma/qoyma/services/platform/serve"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/client"
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

// apart is an archive with every service apart, as on machines of their own: its own data
// folder, its own folder of keys, its own port, and a broker over TCP. All roads have TLS.
type apart struct {
	keys   string // as qoyma keys init makes it
	data   string
	broker string // address
	peers  map[string]string
	tel    *telemetry.Telemetry
	stops  map[string]func()
}

// newApart makes the keys and starts the broker.
func newApart(t *testing.T) *apart {
	t.Helper()
	dir := t.TempDir()
	a := &apart{
		keys: filepath.Join(dir, "keys"), data: filepath.Join(dir, "data"), broker: freePort(t),
		peers: make(map[string]string), stops: make(map[string]func()),
	}
	if _, err := keys.Make(keys.Plan{Dir: a.keys, Archive: "kz-demo", Services: process.Names(), Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	var err error
	a.tel, err = telemetry.New(t.Context(), telemetry.Config{Process: "test", Output: io.Discard, Level: slog.LevelError})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range process.Names() {
		a.peers[name] = freePort(t)
	}
	a.startBroker(t)
	return a
}

func (a *apart) folder(name string) keys.Folder { return keys.Folder(filepath.Join(a.keys, name)) }

// running keeps what stops a part, once, at the latest at the end of the test.
func (a *apart) running(t *testing.T, name string, cancel context.CancelFunc, done <-chan error) {
	t.Helper()
	stop := func() {
		if a.stops[name] == nil {
			return
		}
		delete(a.stops, name)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.stops[name] = stop
	t.Cleanup(func() {
		if left := a.stops[name]; left != nil {
			left()
		}
	})
}

func (a *apart) startBroker(t *testing.T) {
	t.Helper()
	config, err := a.folder(keys.Broker).ServerTLS(keys.Broker)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.StartBroker(bus.BrokerConfig{
		Folder: filepath.Join(a.data, keys.Broker), Address: a.broker, TLS: config,
		Accounts: filepath.Join(string(a.folder(keys.Broker)), "users.conf"),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	a.running(t, keys.Broker, cancel, done)
}

// start runs one service and waits until it takes commands.
func (a *apart) start(t *testing.T, name string) {
	t.Helper()
	p, err := process.Open(t.Context(), process.Config{
		Data: filepath.Join(a.data, name), Keys: string(a.folder(name)), Targets: []string{name},
		NATS: "tls://" + a.broker, GRPC: a.peers[name], Peers: a.peers, NoSocket: true,
	}, a.tel)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	a.running(t, name, cancel, done)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for p.Ready() != nil {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("%s: %v", name, p.Ready())
		}
	}
}

// operator reaches the services with the operator's keys.
func (a *apart) operator(t *testing.T) *client.Remote {
	t.Helper()
	r, err := client.Dial(a.folder("operator"), serve.NetworkConfig{Addresses: a.peers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func good(t *testing.T, r *demo.Report) {
	t.Helper()
	for _, s := range r.Steps {
		if !s.OK {
			t.Errorf("step %d %s: %s", s.Number, s.Name, s.Error)
		}
	}
	if !r.OK || len(r.Steps) != 8 {
		t.Fatalf("%d steps", len(r.Steps))
	}
}

// TestTheMainJobHoldsWithEveryServiceApart runs the same demonstration as in one process, over TCP
// with certificates and a NATS user for each service; then again with every part restarted, which
// must change nothing.
func TestTheMainJobHoldsWithEveryServiceApart(t *testing.T) {
	a := newApart(t)
	for _, name := range process.Names() {
		a.start(t, name)
	}
	operator := a.operator(t)
	first := demo.Run(t.Context(), operator, t.TempDir(), fault.English, nil)
	good(t, first)
	before := a.heads(t, operator)
	a.stops[keys.Broker]()
	a.startBroker(t)
	for _, name := range process.Names() {
		a.stops[name]()
		a.start(t, name)
	}
	good(t, demo.Run(t.Context(), operator, t.TempDir(), fault.Russian, nil))
	for name, head := range a.heads(t, operator) {
		if head != before[name] {
			t.Errorf("%s: the journal ended with event %d, after the restart with %d", name, before[name], head)
		}
	}
}
