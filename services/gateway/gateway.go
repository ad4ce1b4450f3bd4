// Package gateway is the web face: pages for people, drawn from the services over gRPC. It knows
// people (accounts, sessions) and has no archival rule of its own.
//
// Every page works without JavaScript, in three languages, on a phone and on paper.
package gateway

import (
	"log/slog"
	"net/http"

	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/gateway/internal/pages/desk"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/public"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/store"
)

// name is the service's name, and the folder of everything it keeps.
const name = "gateway"

// Config is what an archive chooses.
type Config struct {
	// Clearance is what people with these roles may read.
	Clearance func([]monitor.Role) monitor.Scope
}

// Spec is what the service keeps in its store; a check of a stopped folder needs no more.
func Spec() host.Spec {
	return host.Spec{
		Name: name, Schema: store.Schema{Version: 1},
		Apply: func(*store.Tx, *journal.Record) error { return nil },
		Check: func(*store.View) []store.Problem { return nil },
	}
}

// New opens the service in its folder.
func New(_ Config, p host.Process) (*host.Service, error) {
	h, err := host.Open(p, Spec())
	if err != nil {
		return nil, err
	}
	site, err := newSite(h.Conn, p.Log)
	if err != nil {
		_ = h.Close() // the first error is the one to hear of
		return nil, err
	}
	h.Handle("/", site.Handler())
	return h, nil
}

func newSite(conn func(service string) (grpc.ClientConnInterface, error), log *slog.Logger) (*web.Site, error) {
	site, err := web.New(web.Config{Conn: conn, Log: log})
	if err != nil {
		return nil, err
	}
	for _, add := range []func(*web.Site) error{public.Add, desk.Add} {
		if err := add(site); err != nil {
			return nil, err
		}
	}
	return site, nil
}

// Pages makes the handler of all pages alone, for tests.
func Pages(conn func(service string) (grpc.ClientConnInterface, error)) (http.Handler, error) {
	site, err := newSite(conn, nil)
	if err != nil {
		return nil, err
	}
	return site.Handler(), nil
}
