package serve_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/module"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/serve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Both servers go into the list of modules.
var _ = []module.Module{(*serve.Server)(nil), (*serve.HTTP)(nil)}

const echo, tail = "/qoyma.intake.v1.TestService/Echo", "/qoyma.intake.v1.TestService/Tail"

const policyText = `
permit (principal in Role::"service", action in [
	Action::"/qoyma.intake.v1.TestService/Echo", Action::"/qoyma.intake.v1.TestService/Tail"], resource);
permit (principal, action == Action::"read", resource);`

var errNoFile = fault.Define(fault.NotFound, "test.file.unknown", "no file {code}", "нет дела {code}", "{code} ісі жоқ")

// service answers by what it is asked: a fault, a panic, its deadline, who asks.
type service struct {
	entered chan struct{} // gets a value when a "block" call has begun
	release chan struct{}
}

func (s *service) answer(ctx context.Context, ask string) (string, error) {
	switch ask {
	case "fault":
		return "", errNoFile.With("code", "1/2/3").Because(errors.New("secret"))
	case "accident":
		return "", errors.New("secret")
	case "panic":
		panic("secret")
	case "wait":
		<-ctx.Done()
		return "", ctx.Err()
	case "block":
		s.entered <- struct{}{}
		<-s.release
		return "released", nil
	case "deadline":
		end, ok := ctx.Deadline()
		if !ok {
			return "none", nil
		}
		return time.Until(end).Round(time.Second).String(), nil
	default:
		id, _ := monitor.From(ctx)
		return id.Actor, nil
	}
}

var desc = grpc.ServiceDesc{
	ServiceName: "qoyma.intake.v1.TestService", HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{MethodName: "Echo", Handler: func(srv any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		ask := new(wrapperspb.StringValue)
		if err := decode(ask); err != nil {
			return nil, err
		}
		return intercept(ctx, ask, &grpc.UnaryServerInfo{Server: srv, FullMethod: echo}, func(ctx context.Context, req any) (any, error) {
			text, err := srv.(*service).answer(ctx, req.(*wrapperspb.StringValue).GetValue())
			return wrapperspb.String(text), err
		})
	}}},
	Streams: []grpc.StreamDesc{{StreamName: "Tail", ServerStreams: true, Handler: func(srv any, stream grpc.ServerStream) error {
		ask := new(wrapperspb.StringValue)
		if err := stream.RecvMsg(ask); err != nil {
			return err
		}
		text, err := srv.(*service).answer(stream.Context(), ask.GetValue())
		if err != nil {
			return err
		}
		return stream.SendMsg(wrapperspb.String(text))
	}}},
}

type process struct {
	server    *serve.Server
	service   *service
	issuer    *monitor.Issuer
	log       *lockedBuffer
	addresses []net.Addr
	stop      context.CancelFunc
	done      chan error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, change func(*serve.Config), addresses ...string) *process {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := monitor.NewPolicy([]byte(policyText))
	if err != nil {
		t.Fatal(err)
	}
	p := &process{issuer: monitor.NewIssuer("gateway", key, 0, time.Now), log: &lockedBuffer{}, done: make(chan error, 1)}
	p.service = &service{entered: make(chan struct{}, 8), release: make(chan struct{})}
	cfg := serve.Config{
		Log:     slog.New(slog.NewTextHandler(p.log, nil)),
		Monitor: monitor.New(monitor.Config{Verifier: monitor.NewVerifier(time.Now, monitor.Key{Owner: "gateway", Public: public}), Policy: policy, Hosts: []string{"intake"}}),
	}
	if change != nil {
		change(&cfg)
	}
	if p.server, err = serve.NewServer(cfg); err != nil {
		t.Fatal(err)
	}
	p.server.RegisterService(&desc, p.service)
	for _, address := range addresses {
		bound, err := p.server.Listen(address)
		if err != nil {
			t.Fatal(err)
		}
		p.addresses = append(p.addresses, bound)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	go func() { p.done <- p.server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-p.done; err != nil {
			t.Errorf("run: %v", err)
		}
		p.done <- nil
	})
	return p
}

func (p *process) creds() *monitor.Credentials {
	return monitor.NewCredentials(p.issuer, monitor.Identity{Actor: "service:gateway", Roles: []monitor.Role{monitor.Service}})
}

func dial(t *testing.T, p *process, cfg serve.NetworkConfig) grpc.ClientConnInterface {
	t.Helper()
	n := serve.NewNetwork(cfg)
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	conn, err := n.As(p.creds()).Conn("intake")
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func ask(ctx context.Context, conn grpc.ClientConnInterface, text string) (string, error) {
	var answer wrapperspb.StringValue
	err := conn.Invoke(ctx, echo, wrapperspb.String(text), &answer)
	return answer.GetValue(), err
}

func askStream(ctx context.Context, conn grpc.ClientConnInterface, text string) (string, error) {
	stream, err := conn.NewStream(ctx, &desc.Streams[0], tail)
	if err != nil {
		return "", err
	}
	if err := errors.Join(stream.SendMsg(wrapperspb.String(text)), stream.CloseSend()); err != nil {
		return "", err
	}
	var answer wrapperspb.StringValue
	if err := stream.RecvMsg(&answer); err != nil {
		return "", err
	}
	if err := stream.RecvMsg(new(wrapperspb.StringValue)); !errors.Is(err, io.EOF) {
		return "", err
	}
	return answer.GetValue(), nil
}

// TestEveryRoadIsTheSame asks the same of the server over memory, a unix socket and TCP.
func TestEveryRoadIsTheSame(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "qoyma.sock")
	p := start(t, func(c *serve.Config) { c.MaxDeadline = 20 * time.Second }, "unix:"+socket, "127.0.0.1:0")
	tcp := p.addresses[1].String()
	if _, err := p.server.Listen(tcp); !errors.Is(err, serve.ErrAddressTaken) {
		t.Errorf("got %v", err)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket %v, %v", info, err)
	}
	for road, cfg := range map[string]serve.NetworkConfig{
		"memory": {Local: p.server, Hosts: []string{"intake"}},
		"unix":   {Addresses: map[string]string{"intake": "unix:" + socket}},
		"tcp":    {Addresses: map[string]string{"intake": tcp}},
	} {
		conn := dial(t, p, cfg)
		for kind, call := range map[string]func(context.Context, grpc.ClientConnInterface, string) (string, error){"unary": ask, "stream": askStream} {
			if got, err := call(t.Context(), conn, "who"); err != nil || got != "service:gateway" {
				t.Errorf("%s %s: %q, %v", road, kind, got, err)
			}
			_, err := call(t.Context(), conn, "fault")
			if !errors.Is(err, errNoFile) || fault.Of(err).In(fault.Kazakh) != "1/2/3 ісі жоқ" || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s %s: %v", road, kind, err)
			}
			for _, accident := range []string{"accident", "panic"} {
				_, err = call(t.Context(), conn, accident)
				if fault.KindOf(err) != fault.Internal || strings.Contains(err.Error(), "secret") {
					t.Errorf("%s %s %s: %v", road, kind, accident, err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if _, err = call(ctx, conn, "wait"); !errors.Is(err, wire.DeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s %s wait: %v", road, kind, err)
			}
			cancel()
		}
		if got, err := ask(t.Context(), conn, "deadline"); err != nil || got != "10s" {
			t.Errorf("%s: default deadline %q, %v", road, got, err)
		}
		long, cancel := context.WithTimeout(t.Context(), time.Hour)
		if got, err := ask(long, conn, "deadline"); err != nil || got != "20s" {
			t.Errorf("%s: longest deadline %q, %v", road, got, err)
		}
		cancel()
		if got, err := askStream(t.Context(), conn, "deadline"); err != nil || got != "10m0s" {
			t.Errorf("%s: stream deadline %q, %v", road, got, err)
		}
		if _, err := ask(t.Context(), conn, strings.Repeat("x", serve.MaxMessage+1)); fault.KindOf(err) != fault.Exhausted {
			t.Errorf("%s: a huge message: %v", road, err)
		}
	}
	log := p.log.String()
	if !strings.Contains(log, "panic in "+echo) || !strings.Contains(log, "serve_test.go") {
		t.Errorf("a panic must be logged with its stack:\n%s", log)
	}
}

func TestNobodyPassesWithoutAToken(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	start(t, nil, "unix:"+socket)
	raw, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	for _, call := range []func(context.Context, grpc.ClientConnInterface, string) (string, error){ask, askStream} {
		if _, err := call(t.Context(), raw, "who"); !errors.Is(wire.FromError(err), monitor.ErrNoIdentity) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := healthv1.NewHealthClient(raw).Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil {
		t.Errorf("health must be open: %v", err)
	}
	if _, err := serve.NewServer(serve.Config{}); err == nil {
		t.Error("a server without a monitor was made")
	}
}

func TestCallsUnderWayMayFinish(t *testing.T) {
	p := start(t, nil)
	conn := dial(t, p, serve.NetworkConfig{Local: p.server, Hosts: []string{"intake"}})
	answered := make(chan error, 1)
	go func() {
		text, err := ask(context.Background(), conn, "block")
		if err == nil && text != "released" {
			err = errors.New(text)
		}
		answered <- err
	}()
	<-p.service.entered
	p.stop()
	close(p.service.release)
	if err := <-answered; err != nil {
		t.Errorf("a call under way was lost: %v", err)
	}
	if err := <-p.done; err != nil {
		t.Error(err)
	}
	p.done <- nil
	if p.server.Ready() == nil {
		t.Error("ready after the stop")
	}
}

func TestCallsThatHangAreCutOff(t *testing.T) {
	p := start(t, func(c *serve.Config) { c.StopTimeout = 50 * time.Millisecond })
	conn := dial(t, p, serve.NetworkConfig{Local: p.server, Hosts: []string{"intake"}})
	answered := make(chan error, 1)
	go func() {
		_, err := ask(context.Background(), conn, "block")
		answered <- err
	}()
	<-p.service.entered
	p.stop()
	if err := <-answered; fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	close(p.service.release)
	if err := <-p.done; err != nil {
		t.Error(err)
	}
	p.done <- nil
}

func TestAServerThatNeverRanLetsItsAddressesGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for range 3 {
		s, err := serve.NewServer(serve.Config{Monitor: &monitor.Monitor{}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Listen("unix:" + path); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the socket stays: %v", err)
		}
	}
}

func TestAStaleSocketIsReplacedAndALiveOneRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false) // as a killed process leaves it
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	p := start(t, nil, "unix:"+path)
	if _, err := p.server.Listen("unix:" + path); !errors.Is(err, serve.ErrAddressTaken) {
		t.Errorf("live: %v", err)
	}
	p.stop()
	if err := <-p.done; err != nil {
		t.Error(err)
	}
	p.done <- nil
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.WriteFile(path, []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.server.Listen("unix:" + path); !errors.Is(err, serve.ErrNotASocket) {
		t.Errorf("a file: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "a letter" {
		t.Error("the file was touched")
	}
}

func TestTheNetworkKnowsWhereItMayGo(t *testing.T) {
	n := serve.NewNetwork(serve.NetworkConfig{Addresses: map[string]string{
		"away": "archive.example:9000", "near": "[::1]:9000", "socket": "unix:/run/x",
	}})
	defer func() { _ = n.Close() }()
	caller := n.As(monitor.NewCredentials(monitor.NewIssuer("x", make(ed25519.PrivateKey, ed25519.PrivateKeySize), 0, time.Now), monitor.Identity{Actor: "service:x"}))
	for name, want := range map[string]error{"nowhere": serve.ErrUnknownService, "away": serve.ErrPlainNetwork, "near": nil, "socket": nil} {
		if _, err := caller.Conn(name); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type part struct {
	name string
	err  error
}

func (p part) Name() string { return p.name }
func (p part) Ready() error { return p.err }

func TestHTTPHealth(t *testing.T) {
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("m 1\n")) })
	parts := []serve.Readiness{part{"intake", nil}, part{"bus", errNoFile.With("code", "x").Because(errors.New("secret"))}}
	for name, c := range map[string]struct {
		parts []serve.Readiness
		ready int
	}{"ready": {parts[:1], 200}, "not ready": {parts, 503}, "nothing": {nil, 200}} {
		h, err := serve.NewHTTP(serve.HTTPConfig{Address: "127.0.0.1:0", Modules: c.parts, Metrics: metrics})
		if err != nil {
			t.Fatal(err)
		}
		h.Handle("GET /page", metrics)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		for path, want := range map[string]int{"/healthz": 200, "/readyz": c.ready, "/metrics": 200, "/page": 200, "/else": 404} {
			ask, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.Addr().String()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.DefaultClient.Do(ask)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != want {
				t.Errorf("%s %s: %d %s %v", name, path, answer.StatusCode, body, err)
			}
			_ = answer.Body.Close()
			if path != "/readyz" {
				continue
			}
			var all struct {
				Ready   bool
				Modules []struct{ Name, Code, Reason string }
			}
			if err := json.Unmarshal(body, &all); err != nil || all.Ready != (c.ready == 200) || len(all.Modules) != len(c.parts) {
				t.Errorf("%s: %s %v", name, body, err)
			}
			if name == "not ready" && (all.Modules[1].Reason != "no file x" || strings.Contains(string(body), "secret")) {
				t.Errorf("%s", body)
			}
		}
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestMethodsForThePolicy(t *testing.T) {
	p := start(t, nil)
	if got := p.server.Methods(); !slices.Equal(got, []string{echo, tail}) {
		t.Errorf("%v", got)
	}
}

func BenchmarkCallInMemory(b *testing.B) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	policy, err := monitor.NewPolicy([]byte(policyText))
	if err != nil {
		b.Fatal(err)
	}
	server, err := serve.NewServer(serve.Config{Monitor: monitor.New(monitor.Config{
		Verifier: monitor.NewVerifier(time.Now, monitor.Key{Owner: "x", Public: public}), Policy: policy, Hosts: []string{"intake"},
	})})
	if err != nil {
		b.Fatal(err)
	}
	server.RegisterService(&desc, &service{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	n := serve.NewNetwork(serve.NetworkConfig{Local: server, Hosts: []string{"intake"}})
	creds := monitor.NewCredentials(monitor.NewIssuer("x", key, 0, time.Now), monitor.Identity{Actor: "service:x", Roles: []monitor.Role{monitor.Service}})
	conn, err := n.As(creds).Conn("intake")
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := ask(context.Background(), conn, "who"); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	_ = n.Close()
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
}
