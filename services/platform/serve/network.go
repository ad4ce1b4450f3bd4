package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/keepalive"

	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// NetworkConfig says where the services are.
type NetworkConfig struct {
	Local     *Server           // this process's server; nil for a client alone
	Hosts     []string          // services that Local hosts
	Addresses map[string]string // the others: "host:port" or "unix:/path"
	// TLS is for the others: from is whose certificate is shown, to the service that must answer.
	// nil: plain.
	TLS func(from, to string) (*tls.Config, error)
	// Plain allows connections to other machines without TLS, for a closed network.
	Plain bool
	// DefaultDeadline is for a call whose context has none (10 s).
	DefaultDeadline time.Duration
}

// Network gives connections to services by name. One connection for each service is
// shared; As decides under whose identity its calls go out. Over TLS there is one for each
// certificate, because a service takes an identity only from its owner.
type Network struct {
	cfg NetworkConfig

	mu    sync.Mutex
	conns map[road]*grpc.ClientConn
}

// road is a connection's service, and over TLS whose certificate it shows.
type road struct{ from, to string }

// NewNetwork makes a network; nothing is dialled yet.
func NewNetwork(cfg NetworkConfig) *Network {
	orDefault(&cfg.DefaultDeadline, 10*time.Second)
	return &Network{cfg: cfg, conns: map[road]*grpc.ClientConn{}}
}

// Caller is the network as one service (or the gateway) sees it.
type Caller struct {
	network *Network
	creds   identities
}

// identities gives what proves the caller to a service; secure says that the connection has
// TLS.
type identities interface {
	Owner() string
	For(audience string, secure bool) credentials.PerRPCCredentials
}

// As is the network for calls with these credentials.
func (n *Network) As(creds *monitor.Credentials) Caller { return Caller{n, creds} }

// Bearing is the network for calls with a token that was made elsewhere (a login); over TLS it
// goes with the operator's certificate.
func (n *Network) Bearing(token string) Caller { return Caller{n, bearing(token)} }

type bearing string

func (bearing) Owner() string { return monitor.Operator }

func (b bearing) For(_ string, secure bool) credentials.PerRPCCredentials {
	return bearer{"Bearer " + string(b), secure}
}

type bearer struct {
	value  string
	secure bool
}

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": b.value}, nil
}

func (b bearer) RequireTransportSecurity() bool { return b.secure }

// Conn is a connection to a service: in memory where it runs in this process, otherwise to
// its address. It does not wait for the service to be there; calls fail as Unavailable
// until it is. Errors: ErrUnknownService, ErrPlainNetwork.
func (c Caller) Conn(service string) (grpc.ClientConnInterface, error) {
	conn, secure, err := c.network.conn(c.creds.Owner(), service)
	if err != nil {
		return nil, err
	}
	return identified{conn, grpc.PerRPCCredentials(c.creds.For(service, secure))}, nil
}

func (n *Network) conn(from, service string) (conn *grpc.ClientConn, secure bool, err error) {
	local := n.cfg.Local != nil && slices.Contains(n.cfg.Hosts, service)
	address := n.cfg.Addresses[service]
	if !local && address == "" {
		return nil, false, ErrUnknownService.With("service", service)
	}
	secure = !local && n.cfg.TLS != nil && !strings.HasPrefix(address, "unix:")
	if !local && !secure && !n.cfg.Plain && !thisMachine(address) {
		return nil, false, ErrPlainNetwork.With("address", address)
	}
	way := road{to: service}
	if secure {
		way.from = from
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if conn = n.conns[way]; conn != nil {
		return conn, secure, nil
	}
	transport := insecure.NewCredentials()
	if secure {
		config, err := n.cfg.TLS(from, service)
		if err != nil {
			return nil, false, err
		}
		transport = credentials.NewTLS(config)
	}
	opts := n.options(transport)
	if local {
		address = "passthrough:///" + service
		opts = append(opts, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return n.cfg.Local.memory.DialContext(ctx)
		}))
	}
	if conn, err = grpc.NewClient(address, opts...); err != nil {
		return nil, false, err
	}
	n.conns[way] = conn
	return conn, secure, nil
}

func (n *Network) options(transport credentials.TransportCredentials) []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
		grpc.WithChainUnaryInterceptor(wire.UnaryClient(), n.deadline),
		grpc.WithChainStreamInterceptor(wire.StreamClient()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessage), grpc.MaxCallSendMsgSize(MaxMessage)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second, PermitWithoutStream: true}),
		// A neighbour that restarts is back within seconds, so do not back off for minutes.
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: 3 * time.Second, Backoff: backoff.Config{
			BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second,
		}}),
		experimental.WithBufferPool(Buffers), grpc.WithReadBufferSize(readBuffer),
		grpc.WithDisableServiceConfig(), // a DNS TXT record must not change how we call
	}
}

// deadline gives a call without deadline the default one.
func (n *Network) deadline(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if _, has := ctx.Deadline(); !has {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, n.cfg.DefaultDeadline)
		defer cancel()
	}
	return call(ctx, method, req, reply, conn, opts...)
}

// Close ends all connections; calls under way fail.
func (n *Network) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var errs []error
	for _, conn := range n.conns {
		errs = append(errs, conn.Close())
	}
	clear(n.conns)
	return errors.Join(errs...)
}

// thisMachine reports whether an address cannot leave the machine.
func thisMachine(address string) bool {
	if strings.HasPrefix(address, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// identified adds the caller's identity to each call over a shared connection.
type identified struct {
	grpc.ClientConnInterface
	identity grpc.CallOption
}

func (i identified) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	return i.ClientConnInterface.Invoke(ctx, method, args, reply, append(slices.Clip(opts), i.identity)...)
}

func (i identified) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return i.ClientConnInterface.NewStream(ctx, desc, method, append(slices.Clip(opts), i.identity)...)
}
