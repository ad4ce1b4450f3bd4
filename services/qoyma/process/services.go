package process

import (
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/retention"
)

// services are all services of an archive, in the order in which they start.
var services = []struct {
	name string
	make func(host.Process) (*host.Service, error)
	spec func() host.Spec
}{
	{
		"retention", func(p host.Process) (*host.Service, error) {
			return retention.New(retention.Config{Grounds: Grounds}, p)
		}, retention.Spec,
	},
}

// Names lists all services.
func Names() []string {
	names := make([]string, len(services))
	for i, s := range services {
		names[i] = s.name
	}
	return names
}

func constructor(name string) func(host.Process) (*host.Service, error) {
	for _, s := range services {
		if s.name == name {
			return s.make
		}
	}
	return nil
}
