package process

import (
	"github.com/qoyma/qoyma/services/catalogue"
	"github.com/qoyma/qoyma/services/gateway"
	"github.com/qoyma/qoyma/services/insurance"
	"github.com/qoyma/qoyma/services/intake"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/reference"
	"github.com/qoyma/qoyma/services/retention"
)

// Service is one service as a process runs it.
type Service struct {
	Name string
	New  func(host.Process) (*host.Service, error)
	Spec func() host.Spec // what it keeps in its store, for a check of a stopped folder
}

// services are all services of an archive, in the order in which they start.
var services = []Service{
	{Name: "retention", New: func(p host.Process) (*host.Service, error) {
		return retention.New(retention.Config{Grounds: Grounds}, p)
	}, Spec: retention.Spec},
	{Name: "intake", New: func(p host.Process) (*host.Service, error) {
		return intake.New(intake.Config{NameKK: p.NameKK, NameRU: p.NameRU, Signatures: p.Signatures, Clamd: p.Clamd}, p)
	}, Spec: intake.Spec},
	{Name: "catalogue", New: func(p host.Process) (*host.Service, error) {
		return catalogue.New(catalogue.Config{Grounds: Grounds}, p)
	}, Spec: catalogue.Spec},
	{Name: "insurance", New: func(p host.Process) (*host.Service, error) {
		return insurance.New(insurance.Config{Sites: p.Sites}, p)
	}, Spec: insurance.Spec},
	{Name: "reference", New: func(p host.Process) (*host.Service, error) {
		return reference.New(reference.Config{
			NameKK: p.NameKK, NameRU: p.NameRU, AddressKK: p.AddressKK, AddressRU: p.AddressRU, URL: p.URL,
		}, p)
	}, Spec: reference.Spec},
	{Name: "gateway", New: func(p host.Process) (*host.Service, error) {
		return gateway.New(gateway.Config{Clearance: Clearance, Proxies: p.Proxies}, p)
	}, Spec: gateway.Spec},
}

// Services lists all services of an archive.
func Services() []Service { return append([]Service(nil), services...) }

// Names lists the names of all services.
func Names() []string { return namesIn(services) }

func namesIn(list []Service) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Name
	}
	return out
}
