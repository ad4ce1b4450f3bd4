package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/qoyma/qoyma/services/platform/bus"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/keys"
	"github.com/qoyma/qoyma/services/platform/module"
	"github.com/qoyma/qoyma/services/platform/serve"
	"github.com/qoyma/qoyma/services/platform/telemetry"
)

// brokerReserve is the free space in bytes below which a frozen broker is not started again.
const brokerReserve = 64 << 20

var unhealthy = fault.Define(fault.Unavailable, "cli.unhealthy",
	"{url} says that it is not ready: {answer}",
	"{url} сообщает, что не готов: {answer}",
	"{url} дайын емес екенін хабарлайды: {answer}")

func (a *app) brokerCommand() *cobra.Command {
	var cfg bus.BrokerConfig
	var folder, data, listen, log string
	c := &cobra.Command{
		Use: "broker", Short: "Run the NATS server that services share when they run apart", Args: cobra.NoArgs,
		Long: `Run the NATS server that services share when they run apart, until SIGINT or SIGTERM: as a NATS configuration file
says, or with the keys that qoyma keys init made for the broker.

  qoyma broker --config deploy/nats/nats.conf
  qoyma broker --data /var/lib/qoyma/broker --keys /etc/qoyma/keys --address 0.0.0.0:4222

Whatever the file says, an acknowledged message is on disk, and no other machine is served without certificates and users.`,
	}
	c.Flags().StringVar(&cfg.File, "config", "", "configuration of a NATS server")
	c.Flags().StringVar(&data, "data", os.Getenv("QOYMA_DATA"), "folder of the streams, without --config (default: QOYMA_DATA)")
	c.Flags().StringVar(&folder, "keys", os.Getenv("QOYMA_KEYS"), "folder of the broker's keys, without --config (default: QOYMA_KEYS)")
	c.Flags().StringVar(&cfg.Address, "address", "127.0.0.1:4222", "where to listen, without --config")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "address of health and metrics")
	c.Flags().StringVar(&log, "log", "text", "form of the log: text or json")
	_ = c.MarkFlagFilename("config", "conf")
	_ = c.MarkFlagDirname("data")
	c.RunE = a.do(func(ctx context.Context, _ []string) error {
		if log != "text" && log != "json" {
			return noLog.usage()
		}
		if cfg.File == "" {
			if data == "" {
				return text{"name the folder with --data, or a --config", "укажите папку через --data или файл через --config", "қалтаны --data арқылы не файлды --config арқылы көрсетіңіз"}.usage()
			}
			cfg.Folder = data
			if err := brokerKeys(&cfg, keys.Folder(folder)); err != nil {
				return err
			}
		}
		return a.broker(ctx, cfg, listen, log == "json")
	})
	return c
}

// brokerKeys takes certificates and users from a folder that has them.
func brokerKeys(cfg *bus.BrokerConfig, folder keys.Folder) (err error) {
	if folder == "" {
		return nil
	}
	cfg.Accounts = filepath.Join(string(folder), "users.conf")
	cfg.TLS, err = folder.ServerTLS(keys.Broker)
	return err
}

func (a *app) broker(ctx context.Context, cfg bus.BrokerConfig, listen string, asJSON bool) (err error) {
	t, err := telemetry.New(ctx, telemetry.Config{Process: "qoyma-broker", Version: telemetry.Version(), Output: a.err, JSON: asJSON})
	if err != nil {
		return err
	}
	t.Install()
	defer func() {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		err = errors.Join(err, t.Shutdown(bound))
	}()
	cfg.Log, cfg.Reserve = t.Logger("broker"), brokerReserve
	b, err := bus.StartBroker(cfg)
	if err != nil {
		return err
	}
	web, err := serve.NewHTTP(serve.HTTPConfig{Address: listen, Log: t.Logger("http"), Modules: []serve.Readiness{b}, Metrics: t.Metrics()})
	if err != nil {
		return errors.Join(err, b.Close())
	}
	if err := a.announceBroker(b.Addr(), web.Addr()); err != nil {
		return errors.Join(err, web.Close(), b.Close())
	}
	return module.Run(ctx, t.Logger("process"), b, web)
}

func (a *app) announceBroker(nats, web net.Addr) error {
	took := time.Since(a.started).Seconds()
	if a.json {
		return a.printJSON(map[string]any{"ready": true, "seconds": took, "nats": nats.String(), "http": web.String()})
	}
	a.printf(a.say(text{"broker ready in %.2f s: %s, http://%s\n", "брокер готов за %.2f с: %s, http://%s\n", "брокер %.2f с ішінде дайын: %s, http://%s\n"}), took, nats, web)
	return nil
}

func (a *app) healthCommand() *cobra.Command {
	var address string
	var alive bool
	c := &cobra.Command{
		Use: "health", Short: "Ask a server on this machine whether it is ready", Args: cobra.NoArgs,
		Long: "Ask a server or broker whether it is ready: exit code 0 if it is. For containers, which have no other program.",
	}
	c.Flags().StringVar(&address, "listen", "127.0.0.1:8080", "address of its pages, health and metrics, as given to serve or broker")
	c.Flags().BoolVar(&alive, "alive", false, "ask only whether it lives")
	c.RunE = a.do(func(ctx context.Context, _ []string) error {
		path := "/readyz"
		if alive {
			path = "/healthz"
		}
		return a.health(ctx, "http://"+address+path)
	})
	return c
}

// health asks once.
func (a *app) health(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return text{"%s is no address", "%s – не адрес", "%s – мекенжай емес"}.usage(url)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return unhealthy.With("url", url, "answer", err.Error()).Because(err)
	}
	body := make([]byte, 4<<10)
	n, _ := res.Body.Read(body) // what it says of itself; the status decides
	_ = res.Body.Close()        // read only
	answer := clean(string(body[:n]))
	if res.StatusCode != http.StatusOK {
		return unhealthy.With("url", url, "answer", fmt.Sprintf("%d %s", res.StatusCode, answer))
	}
	if a.json {
		return a.printJSON(map[string]any{"ready": true, "url": url})
	}
	a.printf("%s\n", answer)
	return nil
}
