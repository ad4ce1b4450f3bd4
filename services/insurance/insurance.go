// Package insurance is the service that keeps the insurance fund (AR-4; Law 326-I art. 12;
// Order 183 of 31.07.2018): copies of especially valuable files, apart from the originals, their
// register, and the checks by which damage on either side is found and mended from the other.
package insurance

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"google.golang.org/grpc"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/api"
	"github.com/qoyma/qoyma/services/insurance/internal/keeper"
	"github.com/qoyma/qoyma/services/insurance/internal/react"
	"github.com/qoyma/qoyma/services/insurance/internal/site"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/host"
)

// name is the service's name, and the folder of everything it keeps.
const name = "insurance"

var badSite = fault.Define(fault.Invalid, "insurance.site.name",
	"“{site}” is no site: write FOLDER, or NAME=FOLDER with a name of lower-case Latin letters, digits and hyphens, each name once",
	"«{site}» – не площадка: напишите ПАПКА или ИМЯ=ПАПКА, имя из строчных латинских букв, цифр и дефисов, каждое один раз",
	"«{site}» – алаң емес: ҚАЛТА немесе АТАУ=ҚАЛТА деп жазыңыз; атау кіші латын әріптерінен, цифрлардан және дефистерден тұрады, әрқайсысы бір рет")

// Config is what an archive chooses.
type Config struct {
	// Sites are the places of copies, as "folder" or "name=folder"; a folder without a name is
	// site-1, site-2 … by its place in the list. Names stand in the journal for ever: a site
	// keeps its own wherever its folder is moved. None means site-1 in the data folder.
	Sites []string
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
	host   *host.Service
	keeper *keeper.Keeper
	api    *api.Server
}

func open(cfg Config, p host.Process) (*service, error) {
	sites, err := Sites(cfg.Sites, p.Data)
	if err != nil {
		return nil, err
	}
	h, err := host.Open(p, Spec())
	if err != nil {
		return nil, err
	}
	reserve := p.Reserve
	if reserve == 0 {
		reserve = 64 << 20
	}
	k := &keeper.Keeper{Store: h.Store(), Log: p.Log, Intake: func() (intakev1.IntakeServiceClient, error) {
		conn, err := h.Conn("intake")
		if err != nil {
			return nil, err
		}
		return intakev1.NewIntakeServiceClient(conn), nil
	}}
	for _, s := range sites {
		k.Places = append(k.Places, site.New(site.Config{ID: s.ID, Dir: s.Dir}, p.Archive, reserve))
	}
	server := &api.Server{Store: h.Store(), Keeper: k, Data: p.Data, Catalogue: func() (cataloguev1.CatalogueServiceClient, error) {
		conn, err := h.Conn("catalogue")
		if err != nil {
			return nil, err
		}
		return cataloguev1.NewCatalogueServiceClient(conn), nil
	}}
	h.Follow("catalogue", react.Catalogue(k.Names()))
	h.Follow("intake", react.Intake())
	h.OnTimer(api.OnTimer)
	h.Serve(func(r grpc.ServiceRegistrar) { insurancev1.RegisterInsuranceServiceServer(r, server) })
	h.Go(func(ctx context.Context) error { return k.Run(ctx) })
	return &service{host: h, keeper: k, api: server}, nil
}

// Site is a place of copies.
type Site struct{ ID, Dir string }

// Sites reads the places of copies as Config writes them; data is the data folder. Error: a
// fault where a name is none or comes twice.
func Sites(written []string, data string) ([]Site, error) {
	if len(written) == 0 {
		return []Site{{"site-1", filepath.Join(data, name, "site-1")}}, nil
	}
	var out []Site
	seen := make(map[string]bool)
	for i, text := range written {
		id, dir, named := strings.Cut(text, "=")
		if !named {
			id, dir = fmt.Sprintf("site-%d", i+1), text
		}
		if id == "" || len(id) > 32 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || dir == "" || seen[id] || seen["/"+filepath.Clean(dir)] {
			return nil, badSite.With("site", text)
		}
		seen[id], seen["/"+filepath.Clean(dir)] = true, true
		out = append(out, Site{id, filepath.Clean(dir)})
	}
	return out, nil
}
