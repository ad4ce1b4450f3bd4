// Package catalogue describes what the archive holds: fonds, inventories, files, their
// numbers, and the search over them. It follows intake and takes no commands yet; see
// README.md.
package catalogue

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	"github.com/qoyma/qoyma/services/catalogue/internal/api"
	"github.com/qoyma/qoyma/services/catalogue/internal/find"
	"github.com/qoyma/qoyma/services/catalogue/internal/react"
	"github.com/qoyma/qoyma/services/catalogue/internal/store"
	"github.com/qoyma/qoyma/services/platform/host"
)

// Config is what the catalogue is made with.
type Config struct {
	// Grounds are the grounds of restriction that the archive knows, at most 31. A file
	// with another one is shown to nobody.
	Grounds []string
}

// Spec is what the catalogue keeps in its store.
func Spec() host.Spec {
	return host.Spec{Name: "catalogue", Schema: store.Schema, Apply: store.Apply, Check: store.Check}
}

// New makes the service; running it closes what it opened.
func New(cfg Config, p host.Process) (*host.Service, error) {
	labels, err := find.NewLabels(cfg.Grounds)
	if err != nil {
		return nil, err
	}
	s, err := host.Open(p, Spec())
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	finder := find.New(s.Store(), labels)
	s.Follow("intake", react.Handlers())
	s.Go(func(ctx context.Context) error { return finder.Run(ctx) })
	s.Serve(func(r grpc.ServiceRegistrar) {
		cataloguev1.RegisterCatalogueServiceServer(r, api.New(s.Store(), finder, labels))
	})
	return s, nil
}
