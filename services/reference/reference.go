// Package reference is the service that keeps archival and access-to-information requests, from
// registration to the signed answer: regime, dates with their arithmetic, findings that hold
// files, drafts, signature, papers that prove themselves.
package reference

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/reference/certificate"
	"github.com/qoyma/qoyma/services/reference/internal/api"
	"github.com/qoyma/qoyma/services/reference/internal/issue"
	"github.com/qoyma/qoyma/services/reference/internal/papers"
	"github.com/qoyma/qoyma/services/reference/internal/react"
	"github.com/qoyma/qoyma/services/reference/internal/rules"
	"github.com/qoyma/qoyma/services/reference/internal/secret"
	"github.com/qoyma/qoyma/services/reference/internal/store"
	"github.com/qoyma/qoyma/services/reference/internal/term"
	"github.com/qoyma/qoyma/services/standards/worktime"
)

// Config is what an archive chooses.
type Config struct {
	// NameKK, NameRU, AddressKK and AddressRU are the archive's name and postal address on
	// papers (AI-11.14). Without an address no paper can be printed.
	NameKK, NameRU, AddressKK, AddressRU string
	// URL is the public address of the pages ("https://archive.kz"), for the links and QR codes
	// on papers.
	URL string
	// Rules is an administrator's file of rule editions in the form of
	// internal/rules/editions.json; empty takes those that come with the program.
	Rules []byte
	// Calendar extends the calendar of working days; see standards/worktime.
	Calendar []byte
}

// Spec is what the service keeps in its store; a check of a stopped folder needs no more.
func Spec() host.Spec {
	return host.Spec{Name: store.Name, Schema: store.Schema(), Apply: store.Apply, Check: store.Check}
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
	host   *host.Service
	api    *api.Server
	office *issue.Office
}

// retry is how often papers that could not be completed (a full disk) are tried again.
const retry = time.Minute

// papersFolder is where the service keeps what it printed, and keyFile what its secrets follow from.
const (
	papersFolder = "papers"
	keyFile      = "secret.key"
)

func law(cfg Config) (term.Law, error) {
	calendar := worktime.Shipped(worktime.FiveDay)
	set, err := rules.Shipped()
	if err == nil && len(cfg.Rules) > 0 {
		set, err = rules.Load(cfg.Rules)
	}
	if err == nil && len(cfg.Calendar) > 0 {
		calendar, err = calendar.Extend(bytes.NewReader(cfg.Calendar))
	}
	return term.Law{Rules: set, Calendar: calendar}, err
}

func open(cfg Config, p host.Process) (*service, error) {
	l, err := law(cfg)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	h, err := host.Open(p, Spec())
	if err != nil {
		return nil, err
	}
	office := &issue.Office{Store: h.Store(), Now: p.Now, Archive: archiveOf(cfg, p.Archive)}
	if office.Now == nil {
		office.Now = time.Now
	}
	if office.Folder, err = papers.Open(filepath.Join(p.Dir(store.Name), papersFolder)); err == nil {
		office.Key, err = secret.Open(filepath.Join(p.Dir(store.Name), keyFile))
	}
	if err != nil {
		_ = h.Close() // the first error is the one to hear of
		return nil, err
	}
	log := p.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	prove := func(pdf []byte) (certificate.Report, error) {
		key, _, err := journal.LoadVerifier(p.Keys, store.Name)
		if err != nil {
			return certificate.Report{}, err
		}
		return certificate.Verify(pdf, key)
	}
	server := api.New(&store.Rules{Law: l}, office, prove, log)
	server.Catalogue = func() (cataloguev1.CatalogueServiceClient, error) {
		conn, err := h.Conn("catalogue")
		if err != nil {
			return nil, err
		}
		return cataloguev1.NewCatalogueServiceClient(conn), nil
	}
	h.Follow(react.Intake, react.Handlers())
	h.OnTimer(store.OnTimer)
	h.Serve(func(r grpc.ServiceRegistrar) { referencev1.RegisterReferenceServiceServer(r, server) })
	h.Go(func(ctx context.Context) error {
		if err := server.Recover(); err != nil {
			return err
		}
		tick := time.NewTicker(retry)
		defer tick.Stop()
		for {
			if err := office.Resume(ctx); err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "a signed paper cannot be completed yet", "error", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return nil
			}
		}
	})
	return &service{host: h, api: server, office: office}, nil
}

func archiveOf(cfg Config, code string) issue.Archive {
	a := issue.Archive{
		Code: code, Name: certificate.Text{KK: cfg.NameKK, RU: cfg.NameRU}, Address: certificate.Text{KK: cfg.AddressKK, RU: cfg.AddressRU},
		URL: strings.TrimRight(cfg.URL, "/"),
	}
	if a.Name == (certificate.Text{}) {
		a.Name = certificate.Text{KK: "«" + code + "» мемлекеттік архиві", RU: "Государственный архив «" + code + "»"}
	}
	return a
}
