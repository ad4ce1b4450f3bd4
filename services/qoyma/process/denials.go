package process

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/bus"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
)

// denied hands a refusal to the journal (IS-6) without holding up the call. A flood of them
// is counted in the metrics and the log; the journal keeps what fits.
func (p *Process) denied(_ context.Context, d monitor.Denial) {
	select {
	case p.denials <- d:
	default:
	}
}

// denialsModule writes refusals into the journal of the service that was asked, at most ten a
// second.
type denialsModule struct{ p *Process }

func (denialsModule) Name() string                   { return "denials" }
func (denialsModule) Register(grpc.ServiceRegistrar) {}
func (denialsModule) Ready() error                   { return nil }

func (m denialsModule) Run(ctx context.Context) error {
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case d := <-m.p.denials:
			m.note(ctx, d)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-pace.C:
		}
	}
}

func (m denialsModule) note(ctx context.Context, d monitor.Denial) {
	svc := m.p.asked(d.Method)
	if svc == nil {
		return
	}
	actor := d.Identity.Actor
	if actor == "" {
		actor = "unknown"
	}
	err := svc.Store().Note(ctx, actor, d.Method, store.Event{
		Refs: []journal.Ref{{Type: "actor", ID: actor}},
		Body: &journalv1.AccessDenied{Method: d.Method, Reason: fault.Of(d.Reason).In(fault.English)},
	})
	if err != nil {
		m.p.log.WarnContext(ctx, "a denial could not be journaled", "method", d.Method, "actor", actor, "error", err)
	}
}

// asked is the service whose method it is; for what all services answer, the first.
func (p *Process) asked(method string) *host.Service {
	for _, svc := range p.services {
		if strings.HasPrefix(method, "/qoyma."+svc.Name()+".") {
			return svc
		}
	}
	if len(p.services) > 0 {
		return p.services[0]
	}
	return nil
}

// busModule watches the bus while the process runs.
type busModule struct{ *bus.Bus }

func (busModule) Name() string                   { return "bus" }
func (busModule) Register(grpc.ServiceRegistrar) {}
func (busModule) Ready() error                   { return nil }
