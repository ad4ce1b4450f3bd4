// Package retention keeps nomenclatures and files in departments, and knows when they fall due
// for transfer to the state archive.
package retention

import (
	"errors"
	"fmt"

	"google.golang.org/grpc"

	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/retention/internal/api"
	"github.com/qoyma/qoyma/services/retention/internal/react"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/retention/internal/store"
)

// Config is what the service is told beside what its process gives.
type Config struct {
	// Grounds are the grounds of restriction that the archive knows (AI-1.8); a file labelled
	// with another one is refused, because nobody could ever be cleared for it.
	Grounds []string
	// Rules is an administrator's file of rule editions, in the form of
	// internal/rules/editions.json; empty where only the shipped ones hold.
	Rules []byte
}

// Spec is what the service keeps, for a check of a stopped folder.
func Spec() host.Spec {
	return host.Spec{Name: store.Name, Schema: store.Schema(), Apply: store.Apply, Check: store.Check}
}

// New opens the service. The error is that of its rules file (rules.Refused and its kin) or of
// its store.
func New(cfg Config, p host.Process) (*host.Service, error) {
	if len(cfg.Grounds) == 0 {
		return nil, errors.New("retention: no grounds of restriction are configured")
	}
	set, err := rules.Shipped()
	if err != nil {
		return nil, fmt.Errorf("retention: %w", err)
	}
	if len(cfg.Rules) > 0 {
		if set, err = set.Extend(cfg.Rules); err != nil {
			return nil, err
		}
	}
	decisions := &store.Rules{Set: set, Grounds: cfg.Grounds}
	svc, err := host.Open(p, Spec())
	if err != nil {
		return nil, err
	}
	svc.Serve(func(r grpc.ServiceRegistrar) {
		retentionv1.RegisterRetentionServiceServer(r, api.New(svc.Store(), decisions))
	})
	svc.OnTimer(decisions.OnTimer)
	svc.Follow(react.Intake, react.Handlers())
	return svc, nil
}
