package catalogue_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/catalogue"
	"github.com/qoyma/qoyma/services/platform/bus"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
)

// The world of these tests: a journal that speaks as intake does, and the catalogue as it
// runs, with a bus, stores and gRPC between them. Only the identity comes by a plain header.

var grounds = []string{"personal", "medical", "official-use"}

type world struct {
	t     *testing.T
	dir   string
	bus   *bus.Bus
	mu    sync.Mutex
	conns map[string]*grpc.ClientConn

	intake, catalogue *running
}

type running struct {
	*host.Service
	stop func()
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir(), conns: make(map[string]*grpc.ClientConn)}
	err := os.Mkdir(filepath.Join(w.dir, "keys"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if w.bus, err = bus.Embedded(context.Background(), bus.EmbeddedConfig{Folder: filepath.Join(w.dir, "nats"), Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, r := range []*running{w.catalogue, w.intake} {
			if r != nil {
				r.stop()
			}
		}
		if err := w.bus.Close(); err != nil {
			t.Error(err)
		}
	})
	p := w.process()
	intake, err := host.Open(p, host.Spec{
		Name: "intake", Schema: store.Schema{Version: 1}, Apply: func(*store.Tx, *journal.Record) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.intake = w.run("intake", intake)
	w.startCatalogue()
	return w
}

func (w *world) process() host.Process {
	return host.Process{
		Archive: "kz-test", Data: filepath.Join(w.dir, "data"), Keys: filepath.Join(w.dir, "keys"), Bus: w.bus, Reserve: 1,
		Conn: func(_, to string) (grpc.ClientConnInterface, error) { return w.conn(to), nil },
	}
}

func (w *world) startCatalogue() {
	w.t.Helper()
	svc, err := catalogue.New(catalogue.Config{Grounds: grounds}, w.process())
	if err != nil {
		w.t.Fatal(err)
	}
	w.catalogue = w.run("catalogue", svc)
}

func (w *world) conn(to string) *grpc.ClientConn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.conns[to]
}

// run serves a service over memory and runs its module.
func (w *world) run(name string, svc *host.Service) *running {
	w.t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.ChainUnaryInterceptor(wire.UnaryServer(slog.New(slog.DiscardHandler)), identified))
	svc.Register(server)
	journalv1.RegisterJournalServiceServer(server, journalapi.New(svc.Source()))
	conn, err := grpc.NewClient("passthrough:///memory", grpc.WithUnaryInterceptor(wire.UnaryClient()), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.conns[name] = conn
	w.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(listener); err != nil {
			w.t.Error(err)
		}
	})
	wg.Go(func() {
		if err := svc.Run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	return &running{Service: svc, stop: sync.OnceFunc(func() {
		cancel()
		if err := conn.Close(); err != nil {
			w.t.Error(err)
		}
		server.Stop()
		wg.Wait()
	})}
}

// identified takes the clearance of the caller from a header, where the monitor would take it
// from a signed token.
func identified(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	id := monitor.Identity{Actor: "person:reader", Clearance: monitor.Scope{Level: 2, Grounds: md.Get("cleared")}}
	return next(monitor.With(ctx, id), req)
}

// as calls the catalogue with a clearance.
func (w *world) as(cleared ...string) (context.Context, cataloguev1.CatalogueServiceClient) {
	ctx := w.t.Context()
	for _, ground := range cleared {
		ctx = metadata.AppendToOutgoingContext(ctx, "cleared", ground)
	}
	return ctx, cataloguev1.NewCatalogueServiceClient(w.conn("catalogue"))
}

// says lets intake write events in one command.
func (w *world) says(events ...store.Event) {
	w.t.Helper()
	w.eventually("intake is ready", func() bool { return w.intake.Ready() == nil })
	if _, err := w.intake.Store().Do(w.t.Context(), store.Command{
		ID: uuid.Must(uuid.NewV7()), Name: "/test/Accept", Actor: "person:archivist",
		Decide: func(*store.View, time.Time) ([]store.Event, error) { return events, nil },
	}); err != nil {
		w.t.Fatal(err)
	}
}

// followed waits until the catalogue has followed intake to its end and the search knows it.
func (w *world) followed() {
	w.t.Helper()
	w.eventually("the catalogue follows intake to its end", func() bool {
		var seq uint64
		if err := w.catalogue.Store().View(func(v *store.View) error {
			pos, err := v.Position("intake")
			seq = pos.GetSeq()
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
		// A commit can be read a moment before its store tells of it.
		_, head, err := w.catalogue.Store().Read(1, 1, 1)
		if err != nil {
			w.t.Fatal(err)
		}
		if seq < w.intake.Store().Head().Seq || w.catalogue.Store().Head().Seq < head.Seq {
			return false
		}
		ctx, c := w.as()
		res, err := c.Search(ctx, &cataloguev1.SearchRequest{})
		return err == nil && res.GetBehind() == 0
	})
}

func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// whole wants every invariant of the catalogue's store to hold, its fold included.
func (w *world) whole() {
	w.t.Helper()
	problems, err := w.catalogue.Store().Verify(w.t.TempDir())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range problems {
		w.t.Errorf("%s: %s: %s", p.Service, p.Where, p.What)
	}
}

// waiting lists why events of intake wait.
func (w *world) waiting() (reasons []string) {
	w.t.Helper()
	if err := w.catalogue.Store().View(func(v *store.View) error {
		rows, err := v.Waiting(100)
		for _, r := range rows {
			reasons = append(reasons, r.GetReason())
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return reasons
}
