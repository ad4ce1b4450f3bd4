package process

import (
	"context"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
)

// denied hands a refusal to the journal (IS-6) without holding up the call. All are in the log and
// counted in the metrics. The journal, which never forgets, gets the first of its kind in a while:
// otherwise whoever reaches the port fills the disk, and hides a person's refusals behind those of
// nobody.
func (p *Process) denied(_ context.Context, d monitor.Denial) {
	if !p.recent.first(kindOf(d), p.cfg.Now()) {
		return
	}
	select {
	case p.denials <- d:
	default:
	}
}

// denialKind is what a refusal is remembered by.
type denialKind struct{ actor, method, code string }

// kindOf puts everybody whom nobody vouches for together: what such a caller says of itself
// cannot make it new.
func kindOf(d monitor.Denial) denialKind {
	if d.Identity.Actor == "" {
		return denialKind{code: fault.Of(d.Reason).Code}
	}
	return denialKind{d.Identity.Actor, d.Method, fault.Of(d.Reason).Code}
}

const (
	denialPause = time.Minute // between two of the same kind in the journal
	denialKinds = 4096        // remembered at once, some 100 bytes each
)

// recentDenials remembers when each kind was last journaled.
type recentDenials struct {
	mu   sync.Mutex
	seen map[denialKind]time.Time
}

func (r *recentDenials) first(k denialKind, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.seen[k]; ok && now.Sub(last) < denialPause && !now.Before(last) {
		return false
	}
	if len(r.seen) >= denialKinds {
		for old, last := range r.seen {
			if now.Sub(last) >= denialPause {
				delete(r.seen, old)
			}
		}
	}
	if r.seen == nil || len(r.seen) >= denialKinds {
		r.seen = make(map[denialKind]time.Time)
	}
	r.seen[k] = now
	return true
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
		Refs: []journal.Ref{{Type: "actor", ID: actor}}, Label: store.Label{Level: 1}, // it names somebody
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
