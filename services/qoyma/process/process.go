// Package process puts services together into a running program: all of them, or those that
// --target names. "all" is a list of names, not a code path: within one process calls go over
// memory through the same interceptors, deadlines, identities and policy as between machines.
package process

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/bus"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/journalapi"
	"github.com/qoyma/qoyma/services/platform/keys"
	"github.com/qoyma/qoyma/services/platform/module"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/serve"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/platform/telemetry"
)

//go:embed policy.cedar
var policyText []byte

// Socket is the name of the unix socket (0600) in the data folder, over which commands on the
// same machine speak to the server.
const Socket = "qoyma.sock"

// DefaultArchive is the code of an archive that nobody named.
const DefaultArchive = "kz-archive"

// uploads is the longest life of a stream: a large package over a slow line.
const uploads = 12 * time.Hour

var (
	unknownTarget = fault.Define(fault.Invalid, "process.unknown_target",
		"there is no service {target}; --target takes all or some of {known}",
		"службы {target} нет; --target принимает all или что-либо из: {known}",
		"{target} қызметі жоқ; --target үшін all немесе мыналардың бірі керек: {known}")
	natsNeeded = fault.Define(fault.Invalid, "process.nats_needed",
		"a process that runs only some services needs --nats with the URL of the server that all share",
		"процессу с частью служб нужен --nats: адрес общего сервера",
		"қызметтердің бір бөлігін ғана іске қосатын процеске --nats керек: ортақ сервердің мекенжайы")
	otherArchive = fault.Define(fault.Invalid, "process.other_archive",
		"this data folder belongs to the archive {have}, not to {want}; choose another folder",
		"эта папка данных принадлежит архиву {have}, а не {want}; выберите другую папку",
		"бұл деректер қалтасы {want} емес, {have} архивіне тиесілі; басқа қалта таңдаңыз")
	plainServer = fault.Define(fault.Invalid, "process.plain_server",
		"{address} can be reached from other machines, and identities would travel to it unprotected; make certificates with qoyma keys init, serve on this machine alone (127.0.0.1), or allow it with --plain in a closed network",
		"{address} доступен с других машин, и удостоверения шли бы к нему открыто; сделайте сертификаты (qoyma keys init), слушайте только эту машину (127.0.0.1) или разрешите это ключом --plain в закрытой сети",
		"{address} мекенжайына басқа машиналардан жетуге болады, куәліктер оған ашық түрде барар еді; сертификат жасаңыз (qoyma keys init), тек осы машинада (127.0.0.1) тыңдаңыз немесе жабық желіде --plain арқылы рұқсат етіңіз")
	badArchive = fault.Define(fault.Invalid, "process.bad_archive",
		"{code} is no archive code: use lower-case Latin letters, digits and hyphens",
		"{code} не годится как код архива: строчные латинские буквы, цифры, дефис",
		"{code} архив коды бола алмайды: кіші латын әріптері, цифрлар, дефис")
)

// Config says what runs and where. The zero value with Data set runs everything, embedded.
type Config struct {
	Data    string // folder of everything this process keeps
	Archive string // code of the archive; empty takes the folder's, a new folder "kz-archive"
	// NameKK and NameRU are the archive's name as papers print it, AddressKK and AddressRU its
	// postal address, URL the public address of its pages. What is given is kept in the folder;
	// for the rest the folder's hold.
	NameKK, NameRU, AddressKK, AddressRU, URL string
	// OwnURL is the address of the pages where neither URL nor the folder says one. It is not kept:
	// at the next start they may stand elsewhere.
	OwnURL string
	// Sites are the places of insurance copies, "folder" or "name=folder". Where any is given
	// they are kept in the folder; otherwise the folder's hold; a new one has site-1 within it.
	Sites []string
	// Signatures is a folder of DROID signature files by which intake names formats; empty is
	// the built-in table.
	Signatures string
	// Clamd is where ClamAV's daemon listens, "unix:/path" or "host:port"; empty: intake looks for
	// no malware.
	Clamd string
	// Services are the services that there are; nil means Services(). Tests and measurements
	// bring their own.
	Services []Service
	// Targets are the services to run; empty or "all" means every one.
	Targets []string
	NATS    string            // URL of a shared server; empty embeds one
	GRPC    string            // "host:port" to serve gRPC on; empty: the unix socket only
	Peers   map[string]string // addresses of services that run elsewhere
	Plain   bool              // lets peers on other machines be called without TLS, in a closed network
	Keys    string            // folder of keys (see platform/keys); empty: Data/keys. With certificates in it all roads have TLS
	HTTP    string            // "host:port" of health, metrics and pages; empty: none
	// TLSCert and TLSKey (PEM files) make HTTP speak TLS.
	TLSCert, TLSKey string
	// Proxies are the reverse proxies in front of HTTP.
	Proxies []netip.Prefix
	// NoSocket leaves the unix socket out.
	NoSocket bool
	Reserve  uint64 // see host.Process
	Unsynced bool   // see host.Process
	Now      func() time.Time
}

// Process is a composed program that is not running yet.
type Process struct {
	cfg       Config
	archive   string
	names     names
	keys      keys.Folder
	log       *slog.Logger
	buses     map[string]*bus.Bus // by service; "" is that of all others
	server    *serve.Server
	http      *serve.HTTP
	network   *serve.Network
	issuers   map[string]*monitor.Issuer // by whose key it is
	services  []*host.Service
	telemetry *telemetry.Telemetry
	denials   chan monitor.Denial
	recent    recentDenials
	grpcAddr  net.Addr
}

// Open composes a process. Everything it opened is closed by Run, or by Close where it never
// ran.
func Open(ctx context.Context, cfg Config, t *telemetry.Telemetry) (_ *Process, err error) {
	if cfg.Services == nil {
		cfg.Services = services
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	targets, err := targets(cfg.Targets, cfg.Services)
	if err != nil {
		return nil, err
	}
	if cfg.NATS == "" && len(targets) < len(cfg.Services) {
		return nil, natsNeeded.With()
	}
	if cfg.Keys == "" {
		cfg.Keys = filepath.Join(cfg.Data, "keys")
	}
	for _, dir := range []string{cfg.Data, cfg.Keys} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("process: %w", err)
		}
	}
	p := &Process{cfg: cfg, keys: keys.Folder(cfg.Keys), log: t.Logger("process"), telemetry: t, denials: make(chan monitor.Denial, 256)}
	if p.archive, err = archiveOf(cfg.Data, cfg.Archive, p.keys); err != nil {
		return nil, err
	}
	if p.names, err = namesOf(cfg.Data, names{
		KK: cfg.NameKK, RU: cfg.NameRU, AddressKK: cfg.AddressKK, AddressRU: cfg.AddressRU, URL: cfg.URL,
	}); err != nil {
		return nil, err
	}
	p.names.URL = cmp.Or(p.names.URL, cfg.OwnURL)
	if p.cfg.Sites, err = keepSites(cfg.Data, cfg.Sites); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if err := p.openKeys(namesIn(targets)); err != nil {
		return nil, err
	}
	if err := p.openBuses(ctx, namesIn(targets)); err != nil {
		return nil, err
	}
	if err := p.serve(targets); err != nil {
		return nil, err
	}
	return p, p.listen()
}

// targets checks the names; none or "all" means every service, in the fixed order.
func targets(asked []string, known []Service) ([]Service, error) {
	if len(asked) == 0 || slices.Contains(asked, "all") {
		return known, nil
	}
	for _, name := range asked {
		if !slices.Contains(namesIn(known), name) {
			return nil, unknownTarget.With("target", name, "known", strings.Join(namesIn(known), ", "))
		}
	}
	var out []Service
	for _, s := range known {
		if slices.Contains(asked, s.Name) {
			out = append(out, s)
		}
	}
	return out, nil
}

// ArchiveOf is the archive's code as a data folder keeps it.
func ArchiveOf(data string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(data, "archive"))
	if err != nil {
		return "", fmt.Errorf("process: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// CheckArchive refuses what is no archive code: it stands in subjects, file and key names.
func CheckArchive(code string) error {
	if code == "" || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return badArchive.With("code", code)
	}
	return nil
}

// archiveOf reads the data folder's archive code, and writes it into a new one: what was asked for,
// or what the keys were made for.
func archiveOf(data, asked string, made keys.Folder) (string, error) {
	path := filepath.Join(data, "archive")
	raw, err := os.ReadFile(path)
	switch have := strings.TrimSpace(string(raw)); {
	case err == nil && asked != "" && asked != have:
		return "", otherArchive.With("have", have, "want", asked)
	case err == nil:
		return have, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("process: %w", err)
	}
	if asked == "" {
		if asked, err = made.Archive(); err != nil {
			return "", err
		}
	}
	if asked == "" {
		asked = DefaultArchive
	}
	if err := CheckArchive(asked); err != nil {
		return "", err
	}
	return asked, journal.WriteFileSync(path, []byte(asked+"\n"), 0o600)
}

// serve makes monitor, server, network and the services behind them.
func (p *Process) serve(targets []Service) error {
	policy, err := monitor.NewPolicy(policyText)
	if err != nil {
		return err
	}
	trusted, err := p.keys.Trusted(keys.Speakers(namesIn(p.cfg.Services))...)
	if err != nil {
		return err
	}
	hosts := namesIn(targets)
	m := monitor.New(monitor.Config{
		Verifier: monitor.NewVerifier(p.cfg.Now, trusted...), Policy: policy, Hosts: hosts, OnDenied: p.denied, Log: p.telemetry.Logger("monitor"),
	})
	ready := make([]serve.Readiness, 0, len(targets))
	later := make([]laterReady, len(targets))
	for i := range targets {
		ready = append(ready, &later[i])
	}
	face := serve.Config{Log: p.telemetry.Logger("grpc"), Monitor: m, Modules: ready, StreamDeadline: uploads}
	road := serve.NetworkConfig{Hosts: hosts, Addresses: p.cfg.Peers, Plain: p.cfg.Plain}
	if p.keys.Secured() {
		config, err := p.keys.ServerTLS(hosts...)
		if err != nil {
			return err
		}
		face.TLS, road.TLS = credentials.NewTLS(config), p.keys.ClientTLS
	}
	if p.server, err = serve.NewServer(face); err != nil {
		return err
	}
	road.Local = p.server
	p.network = serve.NewNetwork(road)
	sources, err := p.construct(targets, later)
	if err != nil {
		return err
	}
	journalv1.RegisterJournalServiceServer(p.server, journalapi.New(sources...))
	if unnamed := policy.Unnamed(p.server.Methods()); len(unnamed) > 0 {
		return fmt.Errorf("process: the policy names no permit for %s", strings.Join(unnamed, ", "))
	}
	if p.cfg.HTTP == "" {
		return nil
	}
	var modules []serve.Readiness
	for _, b := range p.allBuses() {
		modules = append(modules, b)
	}
	for _, svc := range p.services {
		modules = append(modules, svc)
	}
	p.http, err = serve.NewHTTP(serve.HTTPConfig{Address: p.cfg.HTTP, Log: p.telemetry.Logger("http"), Modules: modules, Metrics: p.telemetry.Metrics(), CertFile: p.cfg.TLSCert, KeyFile: p.cfg.TLSKey})
	if err != nil {
		return err
	}
	for _, svc := range p.services {
		for pattern, h := range svc.Handlers() {
			p.http.Handle(pattern, h)
		}
	}
	return nil
}

// construct makes the services and registers what they serve.
func (p *Process) construct(targets []Service, later []laterReady) ([]journalapi.Source, error) {
	callers := make(map[string]serve.Caller, len(targets))
	for _, t := range targets {
		callers[t.Name] = p.network.As(monitor.NewCredentials(p.issuers[t.Name], monitor.Identity{
			Actor: "service:" + t.Name, Roles: []monitor.Role{monitor.Service}, Clearance: everything,
		}))
	}
	sources := make([]journalapi.Source, 0, len(targets))
	for i, t := range targets {
		svc, err := t.New(host.Process{
			Archive: p.archive, NameKK: p.names.KK, NameRU: p.names.RU,
			AddressKK: p.names.AddressKK, AddressRU: p.names.AddressRU, URL: p.names.URL, Sites: p.cfg.Sites, Signatures: p.cfg.Signatures, Clamd: p.cfg.Clamd, Data: p.cfg.Data, Keys: p.cfg.Keys, Bus: p.busOf(t.Name), Services: namesIn(p.cfg.Services), Proxies: p.cfg.Proxies,
			Log: p.telemetry.Logger(t.Name), Meter: p.telemetry.Meter("qoyma"), Now: p.cfg.Now, Reserve: p.cfg.Reserve, Unsynced: p.cfg.Unsynced,
			Conn: func(from, to string) (grpc.ClientConnInterface, error) { return callers[from].Conn(to) },
		})
		if err != nil {
			return nil, err
		}
		later[i].Service = svc
		svc.Register(p.server)
		p.services = append(p.services, svc)
		sources = append(sources, svc.Source())
	}
	return sources, nil
}

// laterReady lets the server know a service before it is made.
type laterReady struct{ *host.Service }

// listen opens the unix socket and, where asked, a port.
func (p *Process) listen() error {
	if !p.cfg.NoSocket {
		if _, err := p.server.Listen("unix:" + filepath.Join(p.cfg.Data, Socket)); err != nil {
			return err
		}
	}
	if p.cfg.GRPC != "" {
		if !p.keys.Secured() && !p.cfg.Plain && !loopback(p.cfg.GRPC) {
			return plainServer.With("address", p.cfg.GRPC)
		}
		addr, err := p.server.Listen(p.cfg.GRPC)
		if err != nil {
			return err
		}
		p.grpcAddr = addr
	}
	return nil
}

// loopback tells whether an address is of this machine alone.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Run works until ctx ends, then stops everything in reverse order.
func (p *Process) Run(ctx context.Context) error {
	var modules []module.Module
	for _, b := range p.allBuses() {
		modules = append(modules, b)
	}
	for _, svc := range p.services {
		modules = append(modules, svc)
	}
	modules = append(modules, denialsModule{p}, p.server)
	if p.http != nil {
		modules = append(modules, p.http)
	}
	return errors.Join(module.Run(ctx, p.log, modules...), p.network.Close(), p.closeBuses())
}

// Close closes what a process opened that never ran.
func (p *Process) Close() error {
	var errs []error
	for _, svc := range p.services {
		errs = append(errs, svc.Close())
	}
	if p.network != nil {
		errs = append(errs, p.network.Close())
	}
	if p.http != nil {
		errs = append(errs, p.http.Close())
	}
	if p.server != nil {
		errs = append(errs, p.server.Close())
	}
	return errors.Join(append(errs, p.closeBuses())...)
}

// Originals is the folder of the repository of originals; empty where another process keeps it.
func (p *Process) Originals() string {
	for _, svc := range p.services {
		if svc.Name() == "intake" {
			return filepath.Join(p.cfg.Data, "intake", "ocfl")
		}
	}
	return ""
}

// Archive is the archive's code.
func (p *Process) Archive() string { return p.archive }

// HTTPAddr is where pages, health and metrics are served; nil where they are not.
func (p *Process) HTTPAddr() net.Addr {
	if p.http == nil {
		return nil
	}
	return p.http.Addr()
}

// GRPCAddr is where gRPC is served beside the unix socket; nil where it is not.
func (p *Process) GRPCAddr() net.Addr { return p.grpcAddr }

// Ready is nil when every service takes commands.
func (p *Process) Ready() error {
	for _, svc := range p.services {
		if err := svc.Ready(); err != nil {
			return err
		}
	}
	return nil
}

// As is the network for somebody's calls: signed by the key that may speak for them, as far as it is
// in this process's folder; otherwise the other side refuses.
func (p *Process) As(id monitor.Identity) serve.Caller {
	issuer := p.speaker(id.Actor)
	if issuer == nil {
		return p.network.Bearing("")
	}
	return p.network.As(monitor.NewCredentials(issuer, id))
}

// Heads are the numbers of the last events of the services' journals, in the order of the
// services.
func (p *Process) Heads() []uint64 {
	out := make([]uint64, len(p.services))
	for i, svc := range p.services {
		out[i] = svc.Store().Head().Seq
	}
	return out
}

// Settle waits until every follower in this process has reached the end of what it follows,
// or ctx ends; it says whether they have. A command that opens a folder for itself waits
// before it asks and after it has changed something, because nobody is there between two
// commands.
func (p *Process) Settle(ctx context.Context) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for quiet := 0; quiet < 2; { // a reaction may bring the next one
		if p.behind() {
			quiet = 0
		} else {
			quiet++
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (p *Process) behind() bool {
	heads := make(map[string]store.Head, len(p.services))
	for _, svc := range p.services {
		heads[svc.Name()] = svc.Store().Head()
	}
	for _, svc := range p.services {
		for _, followed := range svc.Follows() {
			head, here := heads[followed]
			if !here {
				continue
			}
			there := false
			err := svc.Store().View(func(v *store.View) error {
				pos, err := v.Position(followed)
				there = pos.GetSeq() >= head.Seq && max(pos.GetEpoch(), 1) >= head.Epoch
				return err
			})
			if err != nil || !there {
				return true
			}
		}
	}
	return false
}
