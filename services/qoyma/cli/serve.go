package cli

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/strictjson"
	"github.com/qoyma/qoyma/services/platform/telemetry"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

var (
	badConfig = fault.Define(fault.Invalid, "cli.bad_config",
		"the configuration {file} cannot be used: {problem}; correct it",
		"файл настроек {file} не годится: {problem}; исправьте его",
		"{file} баптау файлы жарамайды: {problem}; оны түзетіңіз")
	notReady = fault.Define(fault.Unavailable, "cli.not_ready",
		"the archive was not ready within {seconds} s: {reason}",
		"архив не готов к работе за {seconds} с: {reason}",
		"архив {seconds} с ішінде жұмысқа дайын болмады: {reason}")
)

// settings are what serve can be told, by flags or by the configuration file.
type settings struct {
	Target    []string          `json:"target"`
	Data      string            `json:"data"`
	Keys      string            `json:"keys"`
	Listen    string            `json:"listen"`
	GRPC      string            `json:"grpc"`
	Peer      map[string]string `json:"peer"`
	Plain     bool              `json:"plain"`
	NATS      string            `json:"nats"`
	Archive   string            `json:"archive"`
	NameKK    string            `json:"name-kk"`
	NameRU    string            `json:"name-ru"`
	Sites     []string          `json:"insurance-dir"`
	Log       string            `json:"log"`
	AddressKK string            `json:"address-kk"`
	AddressRU string            `json:"address-ru"`
	URL       string            `json:"url"`
	TLSCert   string            `json:"tls-cert"`
	TLSKey    string            `json:"tls-key"`
	Proxies   []string          `json:"trusted-proxy"`

	Signatures string `json:"signatures"`
	Clamd      string `json:"clamd"`
}

func (a *app) serveCommand() *cobra.Command {
	var s settings
	var file string
	c := &cobra.Command{
		Use: "serve", Short: "Run the archive's services", Args: cobra.NoArgs,
		Long: `Run the archive's services until SIGINT or SIGTERM, all in one process or some of them.

The configuration file is one JSON object; its keys are the names of the flags:
  {"target": ["intake"], "data": "/var/lib/qoyma", "keys": "/etc/qoyma/keys", "listen": "127.0.0.1:8080",
   "grpc": "10.0.0.2:9090", "peer": {"retention": "10.0.0.3:9090"}, "plain": true, "nats": "nats://10.0.0.1:4222",
   "archive": "kz-almaty", "insurance-dir": ["/mnt/second-building/insurance"], "signatures": "/etc/qoyma/pronom", "clamd": "unix:/run/clamav/clamd.ctl",
   "name-kk": "…", "name-ru": "…", "address-kk": "…", "address-ru": "…",
   "url": "https://archive.example", "log": "json",
   "tls-cert": "/etc/qoyma/pages.pem", "tls-key": "/etc/qoyma/pages.key", "trusted-proxy": ["10.0.0.0/24"]}
A flag given on the command line wins. A key that is not in this list is refused.`,
	}
	s.flags(c.Flags())
	c.Flags().StringVar(&file, "config", "", "configuration file (JSON)")
	_ = c.MarkFlagFilename("config", "json")
	_ = c.RegisterFlagCompletionFunc("target", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return append([]string{"all"}, process.Names()...), cobra.ShellCompDirectiveNoFileComp
	})
	c.RunE = a.do(func(ctx context.Context, _ []string) error {
		if file != "" {
			if err := s.read(file, c.Flags()); err != nil {
				return err
			}
		}
		return a.serve(ctx, s)
	})
	return c
}

func (s *settings) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&s.Target, "target", []string{"all"}, "services to run: all, or names with commas")
	f.StringVar(&s.Data, "data", os.Getenv("QOYMA_DATA"), "folder of everything this process keeps (default: QOYMA_DATA)")
	f.StringVar(&s.Keys, "keys", "", "folder of the keys (default: keys in the data folder)")
	f.StringVar(&s.Listen, "listen", "127.0.0.1:8080", "address of pages, health and metrics")
	f.StringVar(&s.GRPC, "grpc", "", "address of the gRPC API beside the unix socket in the data folder")
	f.StringToStringVar(&s.Peer, "peer", nil, "where a service runs that is not in --target: name=host:port")
	f.BoolVar(&s.Plain, "plain", false, "speak to peers on other machines without TLS: only in a closed network")
	f.StringVar(&s.NATS, "nats", "", "URL of a NATS server that all processes share (default: an embedded one)")
	f.StringVar(&s.Archive, "archive", "", "code of the archive, for a new data folder")
	f.StringVar(&s.NameKK, "name-kk", os.Getenv("QOYMA_NAME_KK"), "the archive's name in Kazakh, as acts print it; kept in the data folder (default: QOYMA_NAME_KK)")
	f.StringVar(&s.NameRU, "name-ru", os.Getenv("QOYMA_NAME_RU"), "the archive's name in Russian, as acts print it; kept in the data folder (default: QOYMA_NAME_RU)")
	f.StringSliceVar(&s.Sites, "insurance-dir", nil, "folder of insurance copies, best on another disk, as FOLDER or NAME=FOLDER; several with commas; kept in the data folder")
	f.StringVar(&s.Signatures, "signatures", os.Getenv("QOYMA_SIGNATURES"), "folder with DROID_SignatureFile_V….xml and container-signature-….xml, by which intake names formats (default: QOYMA_SIGNATURES, else the built-in table)")
	f.StringVar(&s.Clamd, "clamd", os.Getenv("QOYMA_CLAMD"), "where ClamAV's daemon listens, unix:/path or host:port: intake takes no file that it has not looked at (default: QOYMA_CLAMD, else no check, and acts say so)")
	f.StringVar(&s.AddressKK, "address-kk", os.Getenv("QOYMA_ADDRESS_KK"), "the archive's postal address in Kazakh, as answers print it; kept in the data folder (default: QOYMA_ADDRESS_KK)")
	f.StringVar(&s.AddressRU, "address-ru", os.Getenv("QOYMA_ADDRESS_RU"), "the archive's postal address in Russian, as answers print it; kept in the data folder (default: QOYMA_ADDRESS_RU)")
	f.StringVar(&s.URL, "url", os.Getenv("QOYMA_URL"), "public address of the pages, for the links and QR codes on answers; kept in the data folder (default: QOYMA_URL)")
	f.StringVar(&s.TLSCert, "tls-cert", "", "certificate chain (PEM) of the pages: HTTPS instead of HTTP")
	f.StringVar(&s.TLSKey, "tls-key", "", "key (PEM) of --tls-cert")
	f.StringSliceVar(&s.Proxies, "trusted-proxy", nil, "reverse proxies in front of the pages (10.0.0.1 or 10.0.0.0/24): their X-Forwarded-For and X-Forwarded-Proto are believed, nobody else's")
	f.StringVar(&s.Log, "log", "text", "form of the log: text or json")
}

// maxConfig bounds a file of settings, in bytes.
const maxConfig = 1 << 20

// read takes what the file says, except where a flag was given.
func (s *settings) read(file string, flags *pflag.FlagSet) error {
	f, err := os.Open(file)
	if err != nil {
		return disk(err)
	}
	defer func() { _ = f.Close() }() // read only
	raw, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return disk(err)
	}
	given := *s
	merged := *s
	merged.Target, merged.Peer, merged.Sites, merged.Proxies = nil, nil, nil, nil
	if wrong := strictjson.Decode(raw, maxConfig, &merged); wrong != nil {
		return badConfig.With("file", file, "problem", wrong).Because(wrong)
	}
	keep := map[string]func(){
		"target": func() { merged.Target = given.Target }, "data": func() { merged.Data = given.Data },
		"keys": func() { merged.Keys = given.Keys }, "listen": func() { merged.Listen = given.Listen },
		"grpc": func() { merged.GRPC = given.GRPC }, "plain": func() { merged.Plain = given.Plain },
		"peer": func() {
			peers := maps.Clone(merged.Peer)
			if peers == nil {
				peers = map[string]string{}
			}
			maps.Copy(peers, given.Peer)
			merged.Peer = peers
		},
		"nats": func() { merged.NATS = given.NATS }, "archive": func() { merged.Archive = given.Archive },
		"name-kk": func() { merged.NameKK = given.NameKK }, "name-ru": func() { merged.NameRU = given.NameRU },
		"address-kk": func() { merged.AddressKK = given.AddressKK }, "address-ru": func() { merged.AddressRU = given.AddressRU },
		"url":      func() { merged.URL = given.URL },
		"log":      func() { merged.Log = given.Log },
		"tls-cert": func() { merged.TLSCert = given.TLSCert }, "tls-key": func() { merged.TLSKey = given.TLSKey },
		"signatures":    func() { merged.Signatures = given.Signatures },
		"clamd":         func() { merged.Clamd = given.Clamd },
		"trusted-proxy": func() { merged.Proxies = given.Proxies },
	}
	flags.Visit(func(f *pflag.Flag) {
		if k, ok := keep[f.Name]; ok {
			k()
		}
	})
	if merged.Target == nil {
		merged.Target = given.Target
	}
	*s = merged
	return nil
}

// readyWithin is how long serve waits before it says that something is wrong; it goes on
// trying.
const readyWithin = 30 * time.Second

func (a *app) serve(ctx context.Context, s settings) (err error) {
	if s.Data == "" {
		return noData.usage()
	}
	if s.Log != "text" && s.Log != "json" {
		return noLog.usage()
	}
	proxies, err := parseProxies(s.Proxies)
	if err != nil {
		return err
	}
	t, err := telemetry.New(ctx, telemetry.Config{Process: "qoyma", Version: telemetry.Version(), Output: a.err, JSON: s.Log == "json"})
	if err != nil {
		return err
	}
	t.Install()
	defer func() {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		err = errors.Join(err, t.Shutdown(bound))
	}()
	p, err := process.Open(ctx, process.Config{
		Data: s.Data, Keys: s.Keys, Archive: s.Archive, NameKK: s.NameKK, NameRU: s.NameRU,
		AddressKK: s.AddressKK, AddressRU: s.AddressRU, URL: s.URL, Targets: s.Target, NATS: s.NATS, GRPC: s.GRPC,
		Peers: s.Peer, Plain: s.Plain, HTTP: s.Listen, Services: a.services, Sites: s.Sites, Signatures: s.Signatures, Clamd: s.Clamd, TLSCert: s.TLSCert, TLSKey: s.TLSKey, Proxies: proxies,
	}, t)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- p.Run(running) }()
	if err := waitReady(ctx, p, done, readyWithin); err != nil {
		switch {
		case errors.Is(err, errEnded):
			return <-done
		case ctx.Err() != nil:
		default:
			a.report(err)
		}
	} else if err := a.announce(p, s); err != nil {
		stop()
		return errors.Join(err, <-done)
	}
	return <-done
}

// parseProxies reads addresses and networks.
func parseProxies(given []string) (list []netip.Prefix, err error) {
	for _, one := range given {
		p, err := netip.ParsePrefix(one)
		if a, addrErr := netip.ParseAddr(one); addrErr == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return nil, text{"--trusted-proxy: “%s” is neither an address nor a network", "--trusted-proxy: «%s» – не адрес и не сеть", "--trusted-proxy: «%s» мекенжай да, желі де емес"}.usage(one)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

var errEnded = errors.New("the process ended")

// waitReady waits until commands are admitted. Errors: errEnded where Run returned (its
// result is put back), notReady.
func waitReady(ctx context.Context, p *process.Process, done chan error, within time.Duration) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		err := p.Ready()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-late.C:
			return notReady.With("seconds", int(within.Seconds()), "reason", fault.Of(err).In(fault.English)).Because(err)
		case ended := <-done:
			done <- ended
			return errEnded
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// announce prints the line that says that the archive is ready.
func (a *app) announce(p *process.Process, s settings) error {
	took := time.Since(a.started)
	socket := "unix:" + filepath.Join(s.Data, process.Socket)
	http, grpc := "", ""
	if addr := p.HTTPAddr(); addr != nil {
		http = addr.String()
	}
	if addr := p.GRPCAddr(); addr != nil {
		grpc = addr.String()
	}
	if a.json {
		return a.printJSON(map[string]any{
			"ready": true, "seconds": took.Seconds(), "archive": p.Archive(), "http": http, "grpc": grpc, "socket": socket,
		})
	}
	line := a.say(text{"ready in %.2f s: archive %s, %s, %s", "готово за %.2f с: архив %s, %s, %s", "%.2f с ішінде дайын: %s архиві, %s, %s"})
	if grpc != "" {
		socket += ", " + grpc
	}
	scheme := "http://"
	if s.TLSCert != "" {
		scheme = "https://"
	}
	a.printf(line+"\n", took.Seconds(), p.Archive(), scheme+http, socket)
	if len(s.Target) == 0 || slices.Contains(s.Target, "all") || slices.Contains(s.Target, "gateway") {
		a.firstAccount(p, s)
	}
	return nil
}
