// Package bus is the road that events travel: NATS JetStream, inside this process or
// over a URL, behind one type.
//
// JetStream here is transport and replay, never the only copy: every event lies first in
// a service's own journal. Hence what the bus must do well is to be honest (a publish
// that is acknowledged is on disk: SyncAlways), to forget nothing (no age limit, no
// deletion, no purge) and to notice when it stands still (see watch.go).
package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// MaxPayload is the largest message in bytes that the bus carries; the relay packs less.
const MaxPayload = 1 << 20

// The faults of the bus.
var (
	ErrUnreachable = fault.Define(fault.Unavailable, "bus.unreachable",
		"the event bus at {where} does not answer; check that NATS runs there and that the address and credentials are right",
		"шина событий по адресу {where} не отвечает; проверьте, что NATS там запущен и что адрес и учётные данные верны",
		"{where} мекенжайындағы оқиғалар шинасы жауап бермейді; NATS іске қосылғанын, мекенжай мен тіркелгі деректерінің дұрыстығын тексеріңіз")
	ErrFrozen = fault.Define(fault.Unavailable, "bus.frozen",
		"the event bus cannot write to its disk ({reason}); free some space and, if NATS runs on its own, restart it",
		"шина событий не может писать на диск ({reason}); освободите место, а если NATS работает отдельно – перезапустите его",
		"оқиғалар шинасы дискіге жаза алмайды ({reason}); орын босатыңыз, ал NATS бөлек жұмыс істесе, оны қайта іске қосыңыз")
	ErrFolderBusy = fault.Define(fault.Conflict, "bus.folder.busy",
		"another process uses the event folder {folder}; stop it first or choose another data folder",
		"папку событий {folder} использует другой процесс; сначала остановите его или выберите другую папку данных",
		"{folder} оқиғалар қалтасын басқа процесс пайдаланып тұр; алдымен оны тоқтатыңыз немесе басқа деректер қалтасын таңдаңыз")
	ErrStreamDiffers = fault.Define(fault.Conflict, "bus.stream.differs",
		"the stream {stream} exists with other settings: {differences}; change it with the nats tool or correct the configuration",
		"поток {stream} уже существует с другими настройками: {differences}; измените его утилитой nats или исправьте конфигурацию",
		"{stream} ағыны басқа баптаулармен бар: {differences}; оны nats құралымен өзгертіңіз немесе конфигурацияны түзетіңіз")
	ErrOpenAddress = fault.Define(fault.Invalid, "bus.address.open",
		"the embedded bus may listen on this machine only, not on {address}; for several machines run NATS itself and give its URL",
		"встроенная шина может слушать только этот компьютер, а не {address}; для нескольких машин запустите отдельный NATS и укажите его URL",
		"кірістірілген шина тек осы компьютерде тыңдай алады, {address} емес; бірнеше машина үшін NATS-ты бөлек іске қосып, URL-ін көрсетіңіз")
)

// Bus is a connection to JetStream and, where it is embedded, the server itself. It is
// made by Embedded or URL, watched by Run, and ended by Close. Its methods may be called
// by many goroutines.
type Bus struct {
	warden
	where    string
	conn     *nats.Conn
	js       jetstream.JetStream
	closing  sync.Once
	closeErr error
}

// URLConfig says how to reach NATS servers that run by themselves.
type URLConfig struct {
	URL             string      // nats://host:4222 or tls://…, several separated by commas
	Name            string      // this client's name, shown in the server's list of connections
	CredentialsFile string      // user JWT and seed; empty: none
	SeedFile        string      // seed of an nkey user; empty: none
	InboxPrefix     string      // where answers come, if the user may listen nowhere else
	TLS             *tls.Config // nil: as the URL says
	Log             *slog.Logger
}

// URL connects to NATS servers that run by themselves, and waits until one answers or ctx
// ends (ErrUnreachable). Afterwards it reconnects for ever.
func URL(ctx context.Context, cfg URLConfig) (*Bus, error) {
	var opts []nats.Option
	if cfg.CredentialsFile != "" {
		opts = append(opts, nats.UserCredentials(cfg.CredentialsFile))
	}
	if cfg.SeedFile != "" {
		nkey, err := nats.NkeyOptionFromSeed(cfg.SeedFile)
		if err != nil {
			return nil, ErrUnreachable.With("where", cfg.URL).Because(fmt.Errorf("seed file %s: %w", cfg.SeedFile, err))
		}
		opts = append(opts, nkey)
	}
	if cfg.InboxPrefix != "" {
		opts = append(opts, nats.CustomInboxPrefix(cfg.InboxPrefix))
	}
	if cfg.TLS != nil {
		opts = append(opts, nats.Secure(cfg.TLS))
	}
	opts = append(opts, nats.Name(cfg.Name), nats.ReconnectWait(500*time.Millisecond))
	return connect(ctx, cfg.URL, cfg.Log, opts)
}

func connect(ctx context.Context, url string, log *slog.Logger, opts []nats.Option) (*Bus, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	b := &Bus{warden: warden{log: log, watch: newWatch(time.Now)}, where: url}
	up := make(chan struct{})
	var once sync.Once
	opts = append(opts,
		nats.MaxReconnects(-1),
		nats.RetryOnFailedConnect(true),
		nats.IgnoreAuthErrorAbort(), // a broker that is mended must find us trying
		// A publish while disconnected fails at once and is not kept: the relay must know
		// what lies on disk, and publishes again itself.
		nats.ReconnectBufSize(-1),
		nats.ConnectHandler(func(*nats.Conn) { once.Do(func() { close(up) }) }),
		nats.ReconnectHandler(func(*nats.Conn) {
			once.Do(func() { close(up) })
			log.Info("event bus connected again")
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("event bus disconnected", "error", err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.Warn("event bus reports an error", "subject", subject, "error", err)
		}),
	)
	conn, err := nats.Connect(url, opts...)
	if err != nil {
		return nil, ErrUnreachable.With("where", url).Because(err)
	}
	if conn.IsConnected() {
		once.Do(func() { close(up) })
	}
	if err := waitFor(ctx, conn, up, url, log); err != nil {
		conn.Close()
		return nil, err
	}
	b.conn = conn
	if b.js, err = jetstream.New(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("JetStream client: %w", err)
	}
	return b, nil
}

// waitFor waits until the connection is up, and says what it waits for.
func waitFor(ctx context.Context, conn *nats.Conn, up <-chan struct{}, url string, log *slog.Logger) error {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-up:
			return nil
		case <-tick.C:
			log.Warn("waiting for the event bus", "where", url, "error", conn.LastError())
		case <-ctx.Done():
			return ErrUnreachable.With("where", url).Because(errors.Join(conn.LastError(), ctx.Err()))
		}
	}
}

// JetStream is the client for publishing and reading. It stays valid over a restart of
// the embedded server.
func (b *Bus) JetStream() jetstream.JetStream { return b.js }

// Conn is the connection itself, for its status and its statistics.
func (b *Bus) Conn() *nats.Conn { return b.conn }

// Healthy is nil when the bus takes messages as far as can be known without sending one:
// connected, JetStream answers, and no failure to write has been reported since it last
// worked (JetStream says "enabled" while a stream stands frozen). Otherwise ErrFrozen or
// ErrUnreachable.
func (b *Bus) Healthy(ctx context.Context) error {
	if reason := b.watch.reason(); reason != "" {
		return ErrFrozen.With("reason", reason)
	}
	if !b.conn.IsConnected() {
		return ErrUnreachable.With("where", b.where).Because(b.conn.LastError())
	}
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return ErrUnreachable.With("where", b.where).Because(err)
	}
	return nil
}

// Close ends the connection and, where it is embedded, the server, waiting until its
// files are closed. Only the first call acts.
func (b *Bus) Close() error {
	b.closing.Do(func() {
		b.conn.Close()
		if b.embedded != nil {
			b.closeErr = b.embedded.close()
		}
	})
	return b.closeErr
}
