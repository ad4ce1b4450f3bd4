package process

import (
	"github.com/qoyma/qoyma/services/intake"
	"github.com/qoyma/qoyma/services/platform/host"
)

// services are all services of an archive, in the order in which they start.
var services = []struct {
	name string
	make func(host.Process) (*host.Service, error)
	spec func() host.Spec
}{
	{"intake", func(p host.Process) (*host.Service, error) { return intake.New(intake.Config{}, p) }, intake.Spec},
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
