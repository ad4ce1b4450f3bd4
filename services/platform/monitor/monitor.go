package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// Denial is one refused call, for the journal.
type Denial struct {
	Method   string
	Identity Identity // zero where nobody was verified
	Peer     string   // address, as far as known
	Reason   error    // ErrNoIdentity, ErrExpired, ErrBadIdentity, ErrDenied, ErrRestricted
}

// Config is what a Monitor needs.
type Config struct {
	Verifier *Verifier
	Policy   *Policy
	// Hosts are the names of the services behind this server ("intake"); a token must be
	// meant for the one it is shown to.
	Hosts []string
	// OnDenied is called once for every refusal, in the call's goroutine: it must be quick.
	OnDenied func(context.Context, Denial)
	Log      *slog.Logger
}

// Monitor stands before every method of a server.
type Monitor struct {
	cfg    Config
	denied atomic.Uint64
}

// open lists the only methods that need no identity: they say whether a process lives.
var open = []string{
	"/grpc.health.v1.Health/Check",
	"/grpc.health.v1.Health/List",
	"/grpc.health.v1.Health/Watch",
}

// New makes a monitor.
func New(cfg Config) *Monitor {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Monitor{cfg: cfg}
}

// Denied counts the refusals since the start.
func (m *Monitor) Denied() uint64 { return m.denied.Load() }

// Admit verifies the caller of a method and gives a context that carries the identity.
// Errors: ErrNoIdentity, ErrBadIdentity, ErrExpired, ErrDenied.
func (m *Monitor) Admit(ctx context.Context, method string) (context.Context, error) {
	if slices.Contains(open, method) {
		return ctx, nil
	}
	id, err := m.identify(ctx, method)
	if err == nil && !m.cfg.Policy.Method(id.Roles, method) {
		err = ErrDenied.With("method", method)
	}
	if err != nil {
		m.refuse(ctx, method, id, err)
		return nil, err
	}
	return With(ctx, id), nil
}

func (m *Monitor) identify(ctx context.Context, method string) (Identity, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get("authorization")
	if len(values) == 0 {
		return Identity{}, ErrNoIdentity.With()
	}
	token, ok := bearer(values[0])
	if !ok || len(values) > 1 {
		return Identity{}, ErrBadIdentity.With()
	}
	id, err := m.cfg.Verifier.Verify(token)
	if err != nil {
		return Identity{}, err
	}
	if !m.meant(id.Audience, method) {
		return Identity{}, ErrBadIdentity.With()
	}
	// Over TLS a token is only good in the hands of those whose certificate may show it: one
	// that was overheard or stolen opens nothing.
	if name, bound := certificate(ctx); bound && !speaksFor(name, id.Actor) {
		return Identity{}, ErrBadIdentity.With().Because(fmt.Errorf("%.40q over the certificate of %.40q", id.Actor, name))
	}
	return id, nil
}

// meant checks the audience: the service whose package the method is in, if it is hosted
// here; for what every service answers (its journal) any service hosted here.
func (m *Monitor) meant(audience []string, method string) bool {
	if service := serviceOf(method); slices.Contains(m.cfg.Hosts, service) {
		return slices.Contains(audience, service)
	}
	return slices.ContainsFunc(audience, func(name string) bool { return slices.Contains(m.cfg.Hosts, name) })
}

// serviceOf is "intake" of "/qoyma.intake.v1.IntakeService/Accept".
func serviceOf(method string) string {
	parts := strings.Split(method, ".")
	if len(parts) < 3 || parts[0] != "/qoyma" {
		return ""
	}
	return parts[1]
}

func (m *Monitor) refuse(ctx context.Context, method string, id Identity, reason error) {
	m.denied.Add(1)
	d := Denial{Method: method, Identity: id, Reason: reason}
	if from, ok := peer.FromContext(ctx); ok {
		d.Peer = from.Addr.String()
	}
	m.cfg.Log.WarnContext(ctx, "call denied", "method", method, "actor", id.Actor,
		"on_behalf_of", id.OnBehalfOf, "peer", d.Peer, "reason", reason)
	if m.cfg.OnDenied != nil {
		m.cfg.OnDenied(ctx, d)
	}
}

// Read decides whether the caller may read one object. The refusal, ErrRestricted (or
// ErrNoIdentity), is counted and handed on like that of a method; where the very existence
// is protected, the service answers "not found" instead.
func (m *Monitor) Read(ctx context.Context, what string, label Label) error {
	id, ok := From(ctx)
	var err error
	switch {
	case !ok:
		err = ErrNoIdentity.With()
	case !m.cfg.Policy.Reads(id.Clearance, label):
		err = ErrRestricted.With()
	default:
		return nil
	}
	m.refuse(ctx, what, id, err)
	return err
}

// UnaryServer admits or refuses each call.
func (m *Monitor) UnaryServer() grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		ctx, err := m.Admit(ctx, info.FullMethod)
		if err != nil {
			return nil, err
		}
		return next(ctx, req)
	}
}

// StreamServer admits or refuses each stream at its beginning.
func (m *Monitor) StreamServer() grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		ctx, err := m.Admit(stream.Context(), info.FullMethod)
		if err != nil {
			return err
		}
		return next(srv, admitted{stream, ctx})
	}
}

type admitted struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // a stream's context is replaced only this way
}

func (s admitted) Context() context.Context { return s.ctx }
