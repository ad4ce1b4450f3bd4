package process

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/bus"
	"github.com/qoyma/qoyma/services/platform/keys"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// openKeys makes the keys that one machine's archive needs, or takes those that were made for the
// services here.
func (p *Process) openKeys(targets []string) error {
	all := keys.Speakers(namesIn(p.cfg.Services))
	if err := p.keys.Complete(all...); err != nil {
		return err
	}
	p.issuers = make(map[string]*monitor.Issuer)
	for _, name := range all {
		if !slices.Contains(targets, name) && !p.keys.Speaks(name) {
			continue
		}
		issuer, err := p.keys.Issuer(name, 0, p.cfg.Now)
		if err != nil {
			return err
		}
		p.issuers[name] = issuer
	}
	if !p.keys.Secured() {
		return nil
	}
	if made, err := p.keys.Archive(); err != nil || made != "" && made != p.archive {
		return errors.Join(err, keys.OtherArchive.With("folder", p.cfg.Keys, "have", made, "want", p.archive))
	}
	for _, name := range targets { // a service makes its own where it is missing: not here
		path := filepath.Join(p.cfg.Keys, name+".key")
		if _, err := os.Stat(path); err != nil {
			return keys.Missing.With("file", path).Because(err)
		}
	}
	return nil
}

// speaker is the key in this process's folder that may speak for an actor; nil where none may.
func (p *Process) speaker(actor string) *monitor.Issuer {
	if service, ok := strings.CutPrefix(actor, "service:"); ok {
		return p.issuers[service]
	}
	if operator := p.issuers[monitor.Operator]; operator != nil {
		return operator
	}
	return p.issuers[monitor.Gateway]
}

// openBuses starts the server within, or connects to the shared one: as one NATS user for each
// service, because each may publish its own journal only.
func (p *Process) openBuses(ctx context.Context, targets []string) (err error) {
	p.buses = make(map[string]*bus.Bus)
	log := p.telemetry.Logger("bus")
	if p.cfg.NATS == "" {
		p.buses[""], err = bus.Embedded(ctx, bus.EmbeddedConfig{
			Folder: filepath.Join(p.cfg.Data, "nats"), Reserve: p.cfg.Reserve, Log: log, Unsynced: p.cfg.Unsynced,
		})
		return dropped(p.buses, "", err)
	}
	if !p.keys.Secured() {
		p.buses[""], err = bus.URL(ctx, bus.URLConfig{URL: p.cfg.NATS, Name: "qoyma", Log: log})
		return dropped(p.buses, "", err)
	}
	for _, name := range targets {
		config, err := p.keys.ClientTLS(name, keys.Broker)
		if err != nil {
			return err
		}
		p.buses[name], err = bus.URL(ctx, bus.URLConfig{
			URL: p.cfg.NATS, Name: "qoyma " + name, TLS: config, SeedFile: p.keys.Seed(name), InboxPrefix: keys.InboxPrefix(name), Log: log,
		})
		if err != nil {
			return dropped(p.buses, name, err)
		}
	}
	return nil
}

// dropped takes out a bus that was not opened.
func dropped(buses map[string]*bus.Bus, name string, err error) error {
	if err != nil {
		delete(buses, name)
	}
	return err
}

func (p *Process) busOf(service string) *bus.Bus {
	if b := p.buses[service]; b != nil {
		return b
	}
	return p.buses[""]
}

func (p *Process) allBuses() []*bus.Bus {
	all := make([]*bus.Bus, 0, len(p.buses))
	for _, name := range slices.Sorted(maps.Keys(p.buses)) {
		all = append(all, p.buses[name])
	}
	return all
}

func (p *Process) closeBuses() error {
	var errs []error
	for _, b := range p.allBuses() {
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}
