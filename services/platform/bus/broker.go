package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// The faults of a broker.
var (
	ErrBrokerConfig = fault.Define(fault.Invalid, "bus.broker.config",
		"the broker's configuration {file} cannot be used: {problem}; correct it (deploy/nats/nats.conf is a good beginning)",
		"настройки брокера {file} не годятся: {problem}; исправьте их (хорошее начало – deploy/nats/nats.conf)",
		"{file} брокер баптаулары жарамайды: {problem}; оларды түзетіңіз (deploy/nats/nats.conf – жақсы бастама)")
	ErrOpenBroker = fault.Define(fault.Invalid, "bus.broker.open",
		"the broker would listen on {address} without asking for certificates and users; run qoyma keys init and give it the keys, or listen on this machine alone (127.0.0.1)",
		"брокер слушал бы {address}, не спрашивая ни сертификатов, ни пользователей; выполните qoyma keys init и дайте ему ключи или слушайте только эту машину (127.0.0.1)",
		"брокер {address} мекенжайында сертификат та, пайдаланушы да сұрамай тыңдар еді; qoyma keys init орындап, кілттерді беріңіз немесе тек осы машинада (127.0.0.1) тыңдаңыз")
)

// BrokerConfig says how to run a NATS server for processes that run apart: from a file, or from
// the rest.
type BrokerConfig struct {
	File string // a NATS server's configuration; its store_dir is the folder
	// Without a File: where streams are kept, where to listen (host:port), the TLS configuration
	// and the file with accounts, as qoyma keys init makes it.
	Folder   string
	Address  string
	TLS      *tls.Config
	Accounts string
	// Reserve is how many bytes must be free before a frozen server is restarted.
	Reserve uint64
	Log     *slog.Logger
}

// Broker is a NATS server that other processes share. It is a module.
type Broker struct {
	warden
	closing  sync.Once
	closeErr error
}

// StartBroker starts a server and waits until it takes connections. Whatever the configuration
// says, an acknowledged message is on disk (sync_interval: always), and nobody reaches it from
// another machine without a certificate and a user. Errors: ErrBrokerConfig, ErrOpenBroker,
// ErrFolderBusy.
func StartBroker(cfg BrokerConfig) (*Broker, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	opts, err := cfg.options()
	if err != nil {
		return nil, err
	}
	e := &embedded{cfg: EmbeddedConfig{Folder: opts.StoreDir, Reserve: cfg.Reserve, Log: cfg.Log}, configured: cfg.options}
	b := &Broker{warden: warden{log: cfg.Log, watch: newWatch(time.Now), embedded: e}}
	heard := b.watch.serverLogged
	e.heard.Store(&heard)
	return b, e.open()
}

// options reads the configuration anew at each start of the server.
func (c BrokerConfig) options() (*server.Options, error) {
	opts := new(server.Options)
	where := c.File
	if c.File != "" {
		if err := opts.ProcessConfigFile(c.File); err != nil {
			return nil, ErrBrokerConfig.With("file", c.File, "problem", err.Error()).Because(err)
		}
	} else if err := c.fill(opts); err != nil {
		return nil, err
	}
	if opts.ServerName == "" {
		opts.ServerName = "qoyma"
	}
	if opts.StoreDir == "" {
		return nil, ErrBrokerConfig.With("file", where, "problem", "jetstream { store_dir: … }")
	}
	opts.JetStream, opts.SyncAlways, opts.NoSigs, opts.NoLog = true, true, true, true
	opts.PidFile, opts.PortsFileDir, opts.LogFile = "", "", ""
	if opts.Port == 0 {
		opts.Port = server.DEFAULT_PORT
	}
	if opts.Host == "" {
		opts.Host = server.DEFAULT_HOST
	}
	address := net.JoinHostPort(opts.Host, strconv.Itoa(opts.Port))
	guarded := opts.TLSConfig != nil && opts.NoAuthUser == "" && opts.TLSConfig.ClientAuth == tls.RequireAndVerifyClientCert && (len(opts.Nkeys) > 0 || len(opts.TrustedOperators) > 0)
	if !guarded && !loopback(opts.Host) {
		return nil, ErrOpenBroker.With("address", address)
	}
	if (opts.HTTPPort != 0 || opts.HTTPSPort != 0) && !loopback(opts.HTTPHost) { // it tells everybody who is connected
		return nil, ErrOpenBroker.With("address", net.JoinHostPort(opts.HTTPHost, strconv.Itoa(max(opts.HTTPPort, opts.HTTPSPort))))
	}
	if opts.TLSConfig != nil {
		opts.TLSConfig.MinVersion = tls.VersionTLS13
	}
	return opts, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c BrokerConfig) fill(opts *server.Options) error {
	if c.Accounts != "" {
		if err := opts.ProcessConfigFile(c.Accounts); err != nil {
			return ErrBrokerConfig.With("file", c.Accounts, "problem", err.Error()).Because(err)
		}
	}
	host, port, err := net.SplitHostPort(c.Address)
	if err != nil {
		return ErrBrokerConfig.With("file", c.Address, "problem", err.Error()).Because(err)
	}
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return ErrBrokerConfig.With("file", c.Address, "problem", err.Error()).Because(err)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	opts.Host, opts.StoreDir, opts.MaxPayload = host, filepath.Clean(c.Folder), MaxPayload
	opts.JetStreamMaxMemory, opts.JetStreamMaxStore = memoryLimit, storeLimit
	if c.TLS != nil {
		opts.TLSConfig, opts.TLS, opts.TLSVerify, opts.TLSTimeout = c.TLS.Clone(), true, true, 5
	}
	return nil
}

// Addr is where it listens.
func (b *Broker) Addr() net.Addr {
	b.embedded.mu.RLock()
	defer b.embedded.mu.RUnlock()
	if b.embedded.run == nil {
		return nil
	}
	return b.embedded.run.Addr()
}

// Name implements module.Module.
func (b *Broker) Name() string { return "broker" }

// Register implements module.Module; a broker has no gRPC service.
func (b *Broker) Register(grpc.ServiceRegistrar) {}

// Ready implements module.Module: the server runs and no write has failed.
func (b *Broker) Ready() error {
	if reason := b.watch.reason(); reason != "" {
		return ErrFrozen.With("reason", reason)
	}
	b.embedded.mu.RLock()
	defer b.embedded.mu.RUnlock()
	if run := b.embedded.run; run == nil || !run.JetStreamEnabled() {
		return ErrUnreachable.With("where", "broker").Because(errors.New("JetStream is off"))
	}
	return nil
}

// Run looks after the server until ctx ends, then stops it.
func (b *Broker) Run(ctx context.Context) error {
	return errors.Join(b.warden.Run(ctx), b.Close())
}

// Close stops the server and waits until its files are closed. Only the first call acts.
func (b *Broker) Close() error {
	b.closing.Do(func() {
		if err := b.embedded.close(); err != nil {
			b.closeErr = fmt.Errorf("broker: %w", err)
		}
	})
	return b.closeErr
}
