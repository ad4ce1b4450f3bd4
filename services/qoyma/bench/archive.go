package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

const (
	organisations = 16
	lines         = 16 // of each organisation's nomenclature: together as many as there are callers
)

// archive is a running process with the retention service and, where wanted, one that
// follows it.
type archive struct {
	running
	svc    *host.Service
	echo   *host.Service
	impl   retentionv1.RetentionServiceServer
	client retentionv1.RetentionServiceClient
	caller monitor.Identity
	day    string
	year   uint32
}

func open(ctx context.Context, cfg Config, dir string, followed bool) (_ *archive, err error) {
	i := slices.IndexFunc(cfg.Services, func(s process.Service) bool { return s.Name == "retention" })
	if i < 0 {
		return nil, errors.New("bench: this program has no retention service")
	}
	a := &archive{}
	real := cfg.Services[i]
	services := []process.Service{{Name: real.Name, Spec: real.Spec, New: func(p host.Process) (*host.Service, error) {
		svc, err := real.New(p)
		a.svc = svc
		return svc, err
	}}}
	if followed {
		services = append(services, process.Service{Name: echoName, Spec: echoSpec, New: func(p host.Process) (*host.Service, error) {
			svc, err := newEcho(p)
			a.echo = svc
			return svc, err
		}})
	}
	p, err := a.run(ctx, cfg.Telemetry, dir, services)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	roles := []monitor.Role{monitor.Clerk, monitor.Archivist}
	a.caller = monitor.Identity{Actor: "person:bench", Roles: roles, Clearance: process.Clearance(roles)}
	conn, err := p.As(a.caller).Conn("retention")
	if err != nil {
		return nil, err
	}
	a.client = retentionv1.NewRetentionServiceClient(conn)
	a.svc.Register(capture{a})
	if a.impl == nil {
		return nil, errors.New("bench: the retention service serves no RetentionService")
	}
	return a, a.furnish(ctx)
}

// running is a process that a bench measures; it ends with close.
type running struct {
	stop context.CancelFunc
	done chan error
}

// run starts a process with some services and waits until it is ready. Where it gives an error nothing runs.
func (r *running) run(ctx context.Context, tel *telemetry.Telemetry, dir string, services []process.Service) (*process.Process, error) {
	p, err := process.Open(ctx, process.Config{Data: dir, Services: services, NoSocket: true}, tel)
	if err != nil {
		return nil, err
	}
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop, r.done = stop, make(chan error, 1)
	go func() { r.done <- p.Run(alive) }()
	if err := until(ctx, func() bool { return p.Ready() == nil }); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return p, nil
}

func (r *running) close() error {
	r.stop()
	return <-r.done
}

// capture takes the implementation out of a service's registration, to call it without gRPC:
// the same rules, command and commit.
type capture struct{ a *archive }

func (c capture) RegisterService(_ *grpc.ServiceDesc, impl any) {
	if s, ok := impl.(retentionv1.RetentionServiceServer); ok {
		c.a.impl = s
	}
}

// furnish makes organisations with nomenclatures.
func (a *archive) furnish(ctx context.Context) error {
	now := time.Now()
	a.year, a.day = uint32(now.Year()), now.Format(time.DateOnly)
	for o := range organisations {
		id := fmt.Sprintf("bench-%d", o)
		if _, err := a.client.RegisterOrganisation(ctx, &retentionv1.RegisterOrganisationRequest{CommandId: newID(), Organisation: &recordv1.Organisation{
			Id: id, Name: &recordv1.Text{Ru: "Акимат района № " + id, Kk: "Аудан әкімдігі № " + id}, Level: "regional",
		}}); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		for l := range lines {
			if _, err := a.client.AddNomenclatureEntry(ctx, &retentionv1.AddNomenclatureEntryRequest{CommandId: newID(), Entry: &retentionv1.NomenclatureEntry{
				OrganisationId: id, Year: a.year, Index: index(l), Term: "permanent", Article: "1",
				Title: &recordv1.Text{Ru: fmt.Sprintf("Протоколы заседаний комиссии № %d", l+1), Kk: fmt.Sprintf("№ %d комиссия отырыстарының хаттамалары", l+1)},
			}}); err != nil {
				return fmt.Errorf("bench: %w", err)
			}
		}
	}
	return nil
}

func index(line int) string { return fmt.Sprintf("%02d-%02d", line/8+1, line%8+1) }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (a *archive) request(n int) *retentionv1.OpenFileRequest {
	return &retentionv1.OpenFileRequest{
		CommandId: newID(), OrganisationId: fmt.Sprintf("bench-%d", n%organisations), Year: a.year, Index: index(n / organisations % lines),
		Title: &recordv1.Text{Ru: fmt.Sprintf("Протоколы заседаний, том %d", n), Kk: fmt.Sprintf("Отырыс хаттамалары, %d-том", n)}, OpenedOn: a.day,
	}
}

// direct registers a file without gRPC.
func (a *archive) direct(ctx context.Context, n int) error {
	_, err := a.impl.OpenFile(monitor.With(ctx, a.caller), a.request(n))
	return err
}

// grpc registers a file over the in-memory connection, with a token that is verified.
func (a *archive) grpc(ctx context.Context, n int) error {
	_, err := a.client.OpenFile(ctx, a.request(n))
	return err
}

// fifthRefused asks, one time in five, for a line that no nomenclature has.
func (a *archive) fifthRefused(ctx context.Context, n int) error {
	req := a.request(n)
	if n%5 == 0 {
		req.Index = "99-99"
	}
	_, err := a.impl.OpenFile(monitor.With(ctx, a.caller), req)
	return err
}

// preload registers files through the service's own Apply, many in a command: the rows, the
// journal, the tree and the indexes are those that single commands leave.
func (a *archive) preload(ctx context.Context, cfg Config) error {
	const total = organisations * lines
	began := time.Now()
	for from := 0; from < cfg.Rows; from += loading {
		if from%(100*loading) == 0 {
			cfg.Progress(fmt.Sprintf("registering files: %d of %d (%.0f/s)", from, cfg.Rows, float64(from)/time.Since(began).Seconds()))
		}
		events := make([]store.Event, 0, loading)
		for n := from; n < min(from+loading, cfg.Rows); n++ {
			req := a.request(n)
			id := strconv.Itoa(n + 1)
			events = append(events, store.Event{
				Refs: []journal.Ref{{Type: "file", ID: id}},
				Body: &retentionv1.FileOpened{
					FileId: id, OrganisationId: req.GetOrganisationId(), Year: req.GetYear(), Index: req.GetIndex(), Volume: uint32(n/total + 1),
					Title: req.GetTitle(), OpenedOn: req.GetOpenedOn(), Term: "permanent", Article: "1",
				},
			})
		}
		if _, err := a.svc.Store().Do(ctx, store.Command{
			ID: uuid.Must(uuid.NewV7()), Name: "bench", Actor: a.caller.Actor,
			Decide: func(*store.View, time.Time) ([]store.Event, error) { return events, nil },
		}); err != nil {
			return fmt.Errorf("bench: preload: %w", err)
		}
	}
	res, err := a.client.OpenFile(ctx, a.request(cfg.Rows))
	if want := strconv.Itoa(cfg.Rows + 1); err == nil && res.GetFile().GetFile().GetId() != want {
		err = fmt.Errorf("bench: the service counts to %s, expected is %s", res.GetFile().GetFile().GetId(), want)
	}
	return err
}

// loading is how many files one command registers while loading.
const loading = 1000

// rest waits until the stream has everything, so that one measurement does not pay for the
// one before.
func (a *archive) rest(ctx context.Context) error {
	return until(ctx, func() bool {
		relayed, _ := a.svc.Source().Relay()
		return relayed >= a.svc.Store().Head().Seq
	})
}

func until(ctx context.Context, done func() bool) error { return asked(ctx, 5*time.Millisecond, done) }

// asked asks until something is done, and pauses between.
func asked(ctx context.Context, pause time.Duration, done func() bool) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	late := time.NewTimer(30 * time.Minute) // a million files are accepted in one call
	defer late.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-late.C:
			return errors.New("bench: waited half an hour in vain")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
