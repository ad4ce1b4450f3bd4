// Package gateway is the web face: pages for people, drawn from the services over gRPC. It knows
// people (accounts, sessions) and has no archival rule of its own.
//
// Every page works without JavaScript, in three languages, on a phone and on paper.
package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
	"github.com/qoyma/qoyma/services/gateway/internal/api"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/account"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/admin"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/audit"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/citizen"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/department"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/desk"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/insurance"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/intake"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/jsonapi"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/keysign"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/public"
	"github.com/qoyma/qoyma/services/gateway/internal/store"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// name is the service's name, and the folder of everything it keeps.
const name = "gateway"

// keyLost is answered where accounts exist and the key that finds them does not.
var keyLost = fault.Define(fault.Internal, "gateway.key_lost",
	"{file} is missing or damaged, and without it no login leads to its account; put it back from the backup of the keys",
	"файл {file} утрачен или повреждён, без него ни один логин не ведёт к учётной записи; верните его из резервной копии ключей",
	"{file} файлы жоқ немесе бүлінген, онсыз бірде-бір логин есептік жазбаға апармайды; оны кілттердің сақтық көшірмесінен қайтарыңыз")

// Config is what an archive chooses.
type Config struct {
	// Clearance is what people with these roles may read.
	Clearance func([]monitor.Role) monitor.Scope
	// Proxies are the reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
	Proxies []netip.Prefix
	// passwords is the effort of checking one; tests take less.
	passwords accounts.Cost
}

// Spec is what the service keeps in its store; a check of a stopped folder needs no more.
func Spec() host.Spec {
	return host.Spec{Name: name, Schema: store.Schema(), Apply: store.Apply, Check: store.Check}
}

// New opens the service in its folder.
func New(cfg Config, p host.Process) (*host.Service, error) {
	h, err := host.Open(p, Spec())
	if err != nil {
		return nil, err
	}
	if err := fill(cfg, p, h); err != nil {
		_ = h.Close() // the first error is the one to hear of
		return nil, err
	}
	return h, nil
}

func fill(cfg Config, p host.Process, h *host.Service) error {
	log := p.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	fresh := false
	if err := h.Store().View(func(v *base.View) error { fresh = store.Empty(v); return nil }); err != nil {
		return err
	}
	key, err := loginKey(filepath.Join(p.Dir(name), "logins.key"), fresh)
	if err != nil {
		return err
	}
	people := api.New(api.Config{Store: h.Store(), Key: key, Cost: cfg.passwords, Clearance: cfg.Clearance, Log: log})
	demonstration := filepath.Join(p.Data, "demo", "accounts.json")
	demo := func() bool {
		_, err := os.Stat(demonstration)
		return err == nil
	}
	site, err := newSite(web.Config{Demo: demo, Conn: h.Conn, Services: p.Services, Log: log, Now: p.Now, URL: p.URL, Proxies: cfg.Proxies}, people, department.Config{Spool: p.Dir(name), Reserve: p.Reserve})
	if err != nil {
		return err
	}
	account.Welcome(site, demonstration)
	h.Serve(func(r grpc.ServiceRegistrar) { gatewayv1.RegisterAccountsServiceServer(r, api.NewServer(people)) })
	h.OnTimer(store.OnTimer)
	h.Go(func(ctx context.Context) error { sweep(ctx, people, log); return nil })
	h.Handle("/", site.Handler())
	return nil
}

// sweep looks once a minute for sessions that nobody uses.
func sweep(ctx context.Context, people *api.People, log *slog.Logger) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := people.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "idle sessions could not be ended yet", "error", err)
		}
	}
}

// loginKey reads the key that turns logins into keys of the store, and makes it in a folder
// without accounts. It is a file of its own, beside keys.bin and backed up with it, so
// that the store and its copies tell nobody who has an account.
func loginKey(path string, fresh bool) ([]byte, error) {
	key, err := os.ReadFile(path)
	switch {
	case err == nil && len(key) == 32:
		return key, nil
	case err == nil || errors.Is(err, fs.ErrNotExist) && !fresh:
		return nil, keyLost.With("file", path)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("gateway: %w", err)
	}
	key = make([]byte, 32)
	_, _ = rand.Read(key) // never fails since Go 1.24
	return key, journal.WriteFileSync(path, key, 0o600)
}

// newSite puts all pages together; people is nil where nobody can sign in.
func newSite(cfg web.Config, people *api.People, uploads department.Config) (*web.Site, error) {
	if people != nil {
		cfg.Who = func(r *http.Request) (web.Person, error) {
			person, ok, err := people.Who(api.Secret(cfg.Proxies.Session(r)))
			if err != nil || !ok {
				return web.Person{}, err
			}
			return account.Person(person), nil
		}
	}
	site, err := web.New(cfg)
	if err != nil {
		return nil, err
	}
	tries := keysign.NewTries()
	for _, add := range []func(*web.Site) error{
		public.Add, citizen.Add, desk.Add(tries), insurance.Add,
		department.Add(uploads),
		intake.Add(tries), handover.Add,
		func(s *web.Site) error { return account.Add(s, people) }, admin.Add, audit.Add,
	} {
		if err := add(site); err != nil {
			return nil, err
		}
	}
	return site, jsonapi.Add(site, cfg.Conn)
}

// Pages makes the handler of all pages alone, for tests: nobody can sign in there.
func Pages(conn func(service string) (grpc.ClientConnInterface, error)) (http.Handler, error) {
	site, err := newSite(web.Config{Conn: conn}, nil, department.Config{})
	if err != nil {
		return nil, err
	}
	return site.Handler(), nil
}
