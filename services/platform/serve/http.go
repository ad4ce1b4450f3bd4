package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// HTTPConfig of the HTTP server.
type HTTPConfig struct {
	Address string // host:port or unix:/path
	Log     *slog.Logger
	Modules []Readiness  // what /readyz asks
	Metrics http.Handler // /metrics; nil: none
	// StopTimeout is how long requests under way may go on at the end (10 s).
	StopTimeout time.Duration
}

// HTTP is the HTTP server of a process: its health, its metrics, and what Handle adds
// (the gateway's pages). It is a module.
type HTTP struct {
	cfg      HTTPConfig
	mux      *http.ServeMux
	listener net.Listener
	server   *http.Server
}

// NewHTTP listens at once, so that a taken address is known before anything starts; it
// answers from Run on. Errors: ErrAddressTaken, ErrNotASocket.
func NewHTTP(cfg HTTPConfig) (*HTTP, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	orDefault(&cfg.StopTimeout, 10*time.Second)
	listener, err := listen(cfg.Address)
	if err != nil {
		return nil, err
	}
	h := &HTTP{cfg: cfg, mux: http.NewServeMux(), listener: listener}
	h.server = &http.Server{
		Handler: h.mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: maxHeader,
		// Who sends or reads a byte a minute must not hold a goroutine and a page for ever; a
		// handler of large files gives itself more time (http.ResponseController).
		ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn),
	}
	h.tellStop()
	h.mux.HandleFunc("GET /healthz", h.healthz)
	h.mux.HandleFunc("GET /readyz", h.readyz)
	if cfg.Metrics != nil {
		h.mux.Handle("GET /metrics", cfg.Metrics)
	}
	return h, nil
}

// Handle adds a handler under a ServeMux pattern; call it before Run.
func (h *HTTP) Handle(pattern string, handler http.Handler) { h.mux.Handle(pattern, handler) }

// Addr is where it listens.
func (h *HTTP) Addr() net.Addr { return h.listener.Addr() }

// Name implements module.Module.
func (h *HTTP) Name() string { return "http" }

// Register implements module.Module.
func (h *HTTP) Register(grpc.ServiceRegistrar) {}

// Ready implements module.Module: who asks over HTTP has the answer already.
func (h *HTTP) Ready() error { return nil }

// Close frees the address of a server that will not be run.
func (h *HTTP) Close() error { return h.listener.Close() }

// Run serves until ctx ends, then lets requests under way finish for StopTimeout. It
// implements module.Module.
func (h *HTTP) Run(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- h.server.Serve(h.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve HTTP on %s: %w", h.Addr(), err)
	case <-ctx.Done():
	}
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.cfg.StopTimeout)
	defer cancel()
	err := h.server.Shutdown(bound)
	if errors.Is(err, context.DeadlineExceeded) {
		h.cfg.Log.WarnContext(ctx, "requests under way are cut off", "after", h.cfg.StopTimeout)
		err = h.server.Close()
	}
	if serveErr := <-failed; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

// healthz says only that the process lives: a process that is not ready must not be
// killed for it.
func (h *HTTP) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n")) // who asked has gone
}

type readiness struct {
	Ready   bool          `json:"ready"`
	Modules []moduleReady `json:"modules"`
}

type moduleReady struct {
	Name   string `json:"name"`
	Ready  bool   `json:"ready"`
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"` // in the words for people; the chain is in the log
}

func (h *HTTP) readyz(w http.ResponseWriter, r *http.Request) {
	all := readiness{Ready: true, Modules: []moduleReady{}}
	for _, m := range h.cfg.Modules {
		one := moduleReady{Name: m.Name(), Ready: true}
		if err := m.Ready(); err != nil {
			f := fault.Of(err)
			one = moduleReady{Name: m.Name(), Code: f.Code, Reason: f.In(fault.English)}
			all.Ready = false
			h.cfg.Log.DebugContext(r.Context(), "not ready", "module", m.Name(), "error", err)
		}
		all.Modules = append(all.Modules, one)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !all.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(all) // who asked has gone
}
