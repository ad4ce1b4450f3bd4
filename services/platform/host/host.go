// Package host puts the platform together for one service: its store, the relay of its
// journal, the followers of others' journals, its timers and its gRPC face, as one module.
//
// A service opens its host, tells it what it follows, which timers it has and what it
// serves, and gives it to the process as its module. Nothing here knows what a service does.
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/metric"
	"golang.org/x/mod/sumdb/note"
	"google.golang.org/grpc"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/bus"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/journal/relay"
	"github.com/qoyma/qoyma/services/platform/store"
)

// Process is what a process gives to each of its services.
type Process struct {
	Archive string // code of the archive: lower-case letters, digits, hyphens
	// NameKK and NameRU are the archive's name as papers print it; empty where nobody gave it.
	NameKK, NameRU string
	// AddressKK and AddressRU are its postal address as papers print it (AI-11.14).
	AddressKK, AddressRU string
	// URL is the public address of its pages, for links on papers; empty where nobody gave it.
	URL string
	// Sites are the places of insurance copies, "folder" or "name=folder"; none means the service's own.
	Sites []string
	// Signatures is a folder of files by which formats are named; empty: what is built in.
	Signatures string
	// Clamd is where a scanner for malware listens; empty: there is none.
	Clamd string
	Data  string // each service keeps its files in Data/<its name>
	Keys  string // folder of checkpoint keys: <service>.key (own), <service>.pub (all)
	Bus   *bus.Bus
	// Conn is a connection of one service to another, with the first one's identity.
	Conn func(from, to string) (grpc.ClientConnInterface, error)
	// Services are all services of the archive, wherever they run: they witness each
	// other's journals.
	Services []string
	// Proxies are the reverse proxies in front of what is served over HTTP, whose word about a
	// visitor is believed.
	Proxies  []netip.Prefix
	Log      *slog.Logger
	Meter    metric.Meter     // nil means no metrics
	Now      func() time.Time // nil means time.Now
	Reserve  uint64           // free space in bytes below which commands are refused; 0 means 64 MiB
	Unsynced bool             // gives up durability; only the test of the power cut test uses it
}

// Spec is what a service keeps in its store.
type Spec struct {
	Name   string
	Schema store.Schema
	Apply  func(tx *store.Tx, r *journal.Record) error
	Check  func(v *store.View) []store.Problem
}

// Service is one service's module.
type Service struct {
	process   Process
	name      string
	store     *store.Store
	key       journal.SigningKey
	relay     *relay.Relay
	followers []*follow.Follower
	onTimer   store.OnTimer
	serve     []func(grpc.ServiceRegistrar)
	work      []func(ctx context.Context) error
	handlers  map[string]http.Handler
	log       *slog.Logger
}

// Dir is the folder of a service within the data folder.
func (p Process) Dir(service string) string { return filepath.Join(p.Data, service) }

// StoreConfig is what the service's store is opened with; a check of a stopped folder uses it
// without a host.
func (p Process) StoreConfig(spec Spec) store.Config {
	return store.Config{
		Dir: p.Dir(spec.Name), Archive: p.Archive, Service: spec.Name, Schema: spec.Schema, Apply: spec.Apply,
		Check: spec.Check, Log: p.Log, Now: p.Now, Reserve: p.Reserve, Unsynced: p.Unsynced,
	}
}

// Open opens a service's store and prepares its relay. The process closes what it opened by
// running the module, or with Close where it never ran.
func Open(p Process, spec Spec) (*Service, error) {
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	key, err := journal.LoadSigningKey(p.Keys, p.Archive, spec.Name)
	if err != nil {
		return nil, err
	}
	cfg := p.StoreConfig(spec)
	cfg.Signer = key.Signer
	st, err := store.Open(cfg)
	if err != nil {
		return nil, err
	}
	s := &Service{process: p, name: spec.Name, store: st, key: key, log: p.Log}
	stream := relay.StreamName(p.Archive, spec.Name)
	s.relay = relay.New(relay.Config{
		Store: st, Verifier: key.Verifier, JetStream: s.jetStream, Log: s.log, Witnesses: s.witnesses,
		Ensure: func(ctx context.Context) error {
			_, err := p.Bus.EnsureStream(ctx, bus.StreamSpec{Name: stream, Subjects: []string{relay.Subject(p.Archive, spec.Name)}})
			return err
		},
		Published: func(err error) { p.Bus.ReportPublishError(stream, err) },
	})
	return s, nil
}

// Store is the service's store.
func (s *Service) Store() *store.Store { return s.store }

// Follow lets the service react to another's events. Call it before the module runs.
func (s *Service) Follow(service string, handlers follow.Handlers) {
	s.followers = append(s.followers, follow.New(follow.Config{
		Store: s.store, Service: service, Handlers: handlers, JetStream: s.jetStream, Log: s.log,
		Subject: relay.Subject(s.process.Archive, service), Stream: relay.StreamName(s.process.Archive, service),
		Source: func() (journalv1.JournalServiceClient, error) { return s.journalOf(service) },
		Verifier: func() (note.Verifier, error) {
			v, _, err := journal.LoadVerifier(s.process.Keys, service)
			return v, err
		},
	}))
}

// Follows lists the services whose journals this one follows.
func (s *Service) Follows() []string {
	out := make([]string, len(s.followers))
	for i, f := range s.followers {
		out[i] = f.Service()
	}
	return out
}

// OnTimer sets what happens when the service's timers fall due.
func (s *Service) OnTimer(on store.OnTimer) { s.onTimer = on }

// Serve adds a gRPC service.
func (s *Service) Serve(register func(grpc.ServiceRegistrar)) { s.serve = append(s.serve, register) }

// Handle adds what the service answers over HTTP, under a pattern of http.ServeMux; the process
// mounts it where it serves HTTP at all. Call it before the module runs.
func (s *Service) Handle(pattern string, h http.Handler) {
	if s.handlers == nil {
		s.handlers = make(map[string]http.Handler)
	}
	s.handlers[pattern] = h
}

// Handlers are what Handle added.
func (s *Service) Handlers() map[string]http.Handler { return maps.Clone(s.handlers) }

// Go adds work that runs from the moment when commands are admitted until the module stops;
// an error from it stops the process.
func (s *Service) Go(work func(ctx context.Context) error) { s.work = append(s.work, work) }

// Conn is a connection to another service, with this one's identity.
func (s *Service) Conn(to string) (grpc.ClientConnInterface, error) {
	return s.process.Conn(s.name, to)
}

// Source is what the process's journal server needs of this service.
func (s *Service) Source() journalapi.Source {
	return journalapi.Source{Store: s.store, Public: s.key.Public, Relay: s.relay.Status, Followers: s.followers}
}

// Name is the service's name.
func (s *Service) Name() string { return s.name }

// Register adds the service's gRPC services to a server.
func (s *Service) Register(r grpc.ServiceRegistrar) {
	for _, register := range s.serve {
		register(r)
	}
}

// Ready is nil while commands are admitted.
func (s *Service) Ready() error { return s.store.Ready() }

// Close closes the store of a service that never ran.
func (s *Service) Close() error { return s.store.Close() }

// Run works until ctx ends, then closes the store.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	unregister, err := s.metrics()
	if err != nil {
		return errors.Join(err, s.store.Close())
	}
	defer unregister()
	wg.Go(func() { s.relay.Run(ctx) })
	for _, f := range s.followers {
		wg.Go(func() { f.Run(ctx) })
	}
	if s.onTimer != nil {
		wg.Go(func() { s.store.RunTimers(ctx, s.onTimer) })
	}
	failed := make(chan error, len(s.work))
	for _, work := range s.work {
		wg.Go(func() {
			if err := s.admitted(ctx); err != nil {
				return
			}
			if err := work(ctx); err != nil && !errors.Is(err, context.Canceled) {
				failed <- err
			}
		})
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("%s: %w", s.name, err)
	}
	cancel()
	wg.Wait()
	return errors.Join(err, s.store.Close())
}

// admitted waits until commands are admitted for the first time.
func (s *Service) admitted(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for s.store.Ready() != nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *Service) jetStream() (jetstream.JetStream, error) { return s.process.Bus.JetStream(), nil }

func (s *Service) journalOf(service string) (journalv1.JournalServiceClient, error) {
	conn, err := s.process.Conn(s.name, service)
	if err != nil {
		return nil, err
	}
	return journalv1.NewJournalServiceClient(conn), nil
}

// witnesses asks every other service what it holds of our journal.
func (s *Service) witnesses(ctx context.Context) (held []relay.Witness, all bool) {
	others := slices.DeleteFunc(slices.Clone(s.process.Services), func(name string) bool { return name == s.name })
	type answer struct {
		w   relay.Witness
		err error
	}
	answers := make(chan answer, len(others))
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	for _, other := range others {
		go func() {
			client, err := s.journalOf(other)
			if err != nil {
				answers <- answer{err: err}
				return
			}
			res, err := client.Witness(ctx, &journalv1.WitnessRequest{Service: other, Of: s.name})
			answers <- answer{relay.Witness{By: other, Epoch: res.GetEpoch(), Seq: res.GetSeq(), Checkpoint: res.GetCheckpoint()}, err}
		}()
	}
	all = true
	for range others {
		if a := <-answers; a.err != nil {
			all = false
		} else {
			held = append(held, a.w)
		}
	}
	return held, all
}
