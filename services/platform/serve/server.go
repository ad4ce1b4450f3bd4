// Package serve is the one gRPC server of a process, the connections between services
// (in memory inside a process, by address between processes), and the HTTP server beside
// it. Interceptors, deadlines, identity and faults are the same on every road, so that
// running in one process hides nothing that running in many would show.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/test/bufconn"

	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

const (
	// MaxMessage bounds a gRPC message in bytes; files go over HTTP.
	MaxMessage = 4 << 20
	// maxHeader bounds a request's metadata in bytes: a token has at most 8 KiB.
	maxHeader = 64 << 10
	// maxStreams bounds the calls at once over one connection.
	maxStreams = 1024
	// readBuffer is enough for a small call; of larger frames the rest is read straight to where it is needed.
	readBuffer = 4 << 10
	// memoryPipe is the buffer of the in-process connection in bytes.
	memoryPipe = 1 << 20
	// pollReady is how often the modules' readiness goes into the health service.
	pollReady = time.Second
)

// Readiness is what the health service and /readyz ask; every module has it.
type Readiness interface {
	Name() string
	Ready() error
}

// Config of a server; the zero durations mean the defaults.
type Config struct {
	Log     *slog.Logger
	Monitor *monitor.Monitor // required: nothing is served without it
	TLS     credentials.TransportCredentials
	// DefaultDeadline is for a call that brings none (10 s), MaxDeadline the longest that
	// any unary call gets (60 s), StreamDeadline the longest life of a stream (10 min).
	DefaultDeadline, MaxDeadline, StreamDeadline time.Duration
	// StopTimeout is how long calls under way may go on at the end (10 s).
	StopTimeout time.Duration
	// Modules are asked for readiness, each under its name in the health service.
	Modules []Readiness
}

// Server is a process's gRPC server. It is a module: register services with Register…,
// add listeners with Listen, then Run.
type Server struct {
	cfg    Config
	grpc   *grpc.Server
	health *health.Server
	memory *bufconn.Listener

	mu        sync.Mutex
	listeners []net.Listener
	running   bool
}

// NewServer makes a server with its whole interceptor chain.
func NewServer(cfg Config) (*Server, error) {
	if cfg.Monitor == nil {
		return nil, errors.New("a gRPC server without a reference monitor would let everybody in")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	orDefault(&cfg.DefaultDeadline, 10*time.Second)
	orDefault(&cfg.MaxDeadline, time.Minute)
	orDefault(&cfg.StreamDeadline, 10*time.Minute)
	orDefault(&cfg.StopTimeout, 10*time.Second)
	limits := deadlines{cfg.DefaultDeadline, cfg.MaxDeadline, cfg.StreamDeadline}
	opts := []grpc.ServerOption{
		grpc.StatsHandler(otelgrpc.NewServerHandler()),
		// From outside in: whatever comes out becomes a fault's status; a panic is an
		// error; nothing runs without a deadline; nobody passes without identity.
		grpc.ChainUnaryInterceptor(wire.UnaryServer(cfg.Log), recoverUnary, limits.unary, cfg.Monitor.UnaryServer()),
		grpc.ChainStreamInterceptor(wire.StreamServer(cfg.Log), recoverStream, limits.streaming, cfg.Monitor.StreamServer()),
		grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxSendMsgSize(MaxMessage), grpc.MaxHeaderListSize(maxHeader),
		grpc.MaxConcurrentStreams(maxStreams), grpc.ForceServerCodecV2(Codec{}), experimental.BufferPool(Buffers),
		grpc.ReadBufferSize(readBuffer),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	}
	if cfg.TLS != nil {
		opts = append(opts, grpc.Creds(withoutTLSInMemory{cfg.TLS}))
	}
	s := &Server{cfg: cfg, grpc: grpc.NewServer(opts...), health: health.NewServer(), memory: bufconn.Listen(memoryPipe)}
	healthv1.RegisterHealthServer(s.grpc, s.health)
	return s, nil
}

func orDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// RegisterService implements grpc.ServiceRegistrar.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, impl any) {
	s.grpc.RegisterService(desc, impl)
}

// Name implements module.Module.
func (s *Server) Name() string { return "grpc" }

// Register implements module.Module; the server has no service of its own beside health.
func (s *Server) Register(grpc.ServiceRegistrar) {}

// Ready implements module.Module.
func (s *Server) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running {
		return wire.Unavailable.With()
	}
	return nil
}

// Methods lists the full names of all registered methods but health's, sorted: what the
// policy must name.
func (s *Server) Methods() []string {
	var methods []string
	for service, info := range s.grpc.GetServiceInfo() {
		if service == healthv1.Health_ServiceDesc.ServiceName {
			continue
		}
		for _, method := range info.Methods {
			methods = append(methods, "/"+service+"/"+method.Name)
		}
	}
	slices.Sort(methods)
	return methods
}

// Listen adds a listener: "host:port", or "unix:/path" (mode 0600; see listenUnix). It
// gives the address, for port 0. Call it before Run.
func (s *Server) Listen(address string) (net.Addr, error) {
	l, err := listen(address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, l)
	return l.Addr(), nil
}

// Run serves until ctx ends; then it takes no new calls, lets those under way finish for
// StopTimeout, and cuts off the rest. It implements module.Module.
func (s *Server) Run(ctx context.Context) error {
	s.mu.Lock()
	listeners := append([]net.Listener{s.memory}, s.listeners...)
	s.running = true
	s.mu.Unlock()
	failed := make(chan error, len(listeners))
	var serving sync.WaitGroup
	for _, l := range listeners {
		serving.Go(func() {
			if err := s.grpc.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
				failed <- fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
		})
	}
	err := s.watch(ctx, failed)
	s.mu.Lock()
	s.running = false
	s.mu.Unlock()
	s.health.Shutdown()
	s.stop()
	serving.Wait()
	return err
}

// Close lets the addresses go of a server that never ran; one that ran has let them go itself.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.memory.Close()
	for _, l := range s.listeners {
		err = errors.Join(err, l.Close())
	}
	s.listeners = nil
	return err
}

// watch keeps the health service telling what the modules say.
func (s *Server) watch(ctx context.Context, failed <-chan error) error {
	ticker := time.NewTicker(pollReady)
	defer ticker.Stop()
	for {
		all := healthv1.HealthCheckResponse_SERVING
		for _, m := range s.cfg.Modules {
			status := healthv1.HealthCheckResponse_SERVING
			if m.Ready() != nil {
				status, all = healthv1.HealthCheckResponse_NOT_SERVING, healthv1.HealthCheckResponse_NOT_SERVING
			}
			s.health.SetServingStatus(m.Name(), status)
		}
		s.health.SetServingStatus("", all)
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-ticker.C:
		}
	}
}

func (s *Server) stop() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.grpc.GracefulStop()
	}()
	timeout := time.NewTimer(s.cfg.StopTimeout)
	defer timeout.Stop()
	select {
	case <-done:
	case <-timeout.C:
		s.cfg.Log.Warn("calls under way are cut off", "after", s.cfg.StopTimeout)
		s.grpc.Stop()
		<-done
	}
}

// withoutTLSInMemory leaves the in-process connection and unix sockets plain: nobody can
// listen there who could not read our memory or files.
type withoutTLSInMemory struct {
	credentials.TransportCredentials
}

func (c withoutTLSInMemory) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	switch conn.LocalAddr().Network() {
	case "bufconn", "unix":
		return conn, nil, nil
	default:
		return c.TransportCredentials.ServerHandshake(conn)
	}
}

func (c withoutTLSInMemory) Clone() credentials.TransportCredentials {
	return withoutTLSInMemory{c.TransportCredentials.Clone()}
}
