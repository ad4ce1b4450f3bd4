// Package intake is the service that takes transfers in: it expects what fell due, checks
// packages, accepts them whole or not at all, keeps the book of accessions and the acts, and
// owns the repository of originals.
package intake

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/act"
	"github.com/qoyma/qoyma/services/intake/internal/api"
	"github.com/qoyma/qoyma/services/intake/internal/clamd"
	"github.com/qoyma/qoyma/services/intake/internal/react"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/pronom"
)

// name is the service's name, and the folder of everything it keeps.
const name = "intake"

// Config is what an archive chooses.
type Config struct {
	// NameKK and NameRU are the archive's name on acts; empty makes one from its code.
	NameKK, NameRU string
	// Signatures is a folder of DROID signature files by which formats are named; empty is the
	// built-in table.
	Signatures string
	// Clamd is where ClamAV's daemon listens, "unix:/path" or "host:port"; empty: nothing looks for
	// malware, and acts say so.
	Clamd string
}

// Spec is what the service keeps in its store; a check of a stopped folder needs no more.
func Spec() host.Spec {
	return host.Spec{Name: name, Schema: store.Schema(), Apply: store.Apply, Check: store.Check}
}

// New opens the service in its folder.
func New(cfg Config, p host.Process) (*host.Service, error) {
	s, err := open(cfg, p)
	if err != nil {
		return nil, err
	}
	return s.host, nil
}

// service holds the parts together, for tests.
type service struct {
	host  *host.Service
	api   *api.Server
	plans *accept.Plans
}

// registry loads the signature files of a folder; called says which they are, as events record it.
func registry(folder string) (identify func(path string) bagit.Identifier, called string, err error) {
	r, err := pronom.OpenRegistry(folder)
	if err != nil {
		return nil, "", fmt.Errorf("intake: %w", err)
	}
	signatures, containers := r.Versions()
	called = fmt.Sprintf("DROID signature file %d", signatures)
	if containers > 0 {
		called += fmt.Sprintf(", container signature file %d", containers)
	}
	return func(path string) bagit.Identifier { return r.Watch(path) }, called, nil
}

// reached are the services that a deaccession asks.
func reached(h *host.Service) api.Others {
	return api.Others{
		Catalogue: func() (cataloguev1.CatalogueServiceClient, error) {
			conn, err := h.Conn("catalogue")
			return cataloguev1.NewCatalogueServiceClient(conn), err
		},
		Reference: func() (referencev1.ReferenceServiceClient, error) {
			conn, err := h.Conn("reference")
			return referencev1.NewReferenceServiceClient(conn), err
		},
	}
}

// retry is how often acceptances that could not go on (a full disk) are tried again.
const retry = time.Minute

func open(cfg Config, p host.Process) (*service, error) {
	h, err := host.Open(p, Spec())
	if err != nil {
		return nil, err
	}
	plans := &accept.Plans{Store: h.Store(), Archive: act.Text{KK: cfg.NameKK, RU: cfg.NameRU}}
	if plans.Archive == (act.Text{}) {
		plans.Archive = act.Text{KK: "«" + p.Archive + "» мемлекеттік архиві", RU: "Государственный архив «" + p.Archive + "»"}
	}
	if plans.Staging, err = staging.Open(p.Dir(name) + "/staging"); err == nil {
		plans.Repository, err = repository.Open(p.Dir(name))
	}
	signatures := ""
	if err == nil && cfg.Signatures != "" {
		plans.Staging.Identify, signatures, err = registry(cfg.Signatures)
	}
	var scanner *clamd.Scanner
	if err == nil && cfg.Clamd != "" {
		scanner, err = clamd.New(cfg.Clamd)
	}
	if err != nil {
		_ = h.Close() // the first error is the one to hear of
		return nil, err
	}
	reserve := p.Reserve
	if reserve == 0 {
		reserve = 64 << 20
	}
	plans.Reserve = reserve
	server := api.New(plans, reserve)
	server.Software, server.Signatures = strings.TrimSpace("qoyma "+telemetry.Version()), signatures
	server.Others = reached(h)
	if scanner != nil {
		server.Scanner = scanner
	}
	h.Follow("retention", react.Retention())
	h.Follow("catalogue", react.Catalogue())
	h.Follow("reference", react.Reference())
	h.Follow("insurance", react.Insurance())
	h.Serve(func(r grpc.ServiceRegistrar) { intakev1.RegisterIntakeServiceServer(r, server) })
	h.Go(func(ctx context.Context) error {
		if err := server.Recover(); err != nil {
			return err
		}
		tick := time.NewTicker(retry)
		defer tick.Stop()
		for {
			if err := errors.Join(plans.Resume(ctx), plans.Versions(ctx, h.Store().Now()), server.Tidy(ctx), server.Destroy(ctx)); err != nil && ctx.Err() == nil && p.Log != nil {
				p.Log.ErrorContext(ctx, "an acceptance, a version of an object or a destruction cannot be finished yet, or what is left of a package not be forgotten", "error", err)
			}
			if err := server.SweepUploads(time.Now()); err != nil && p.Log != nil {
				p.Log.ErrorContext(ctx, "unfinished uploads cannot be swept away yet", "error", err)
			}
			select {
			case <-tick.C:
			case <-server.Woken():
			case <-ctx.Done():
				return nil
			}
		}
	})
	return &service{host: h, api: server, plans: plans}, nil
}
