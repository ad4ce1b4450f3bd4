package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/bus"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal/relay"
	"github.com/qoyma/qoyma/services/platform/keys"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/serve"
	"github.com/qoyma/qoyma/services/qoyma/client"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// heads are the numbers of the last events, as the administrator is told.
func (a *apart) heads(t *testing.T, r *client.Remote) map[string]uint64 {
	t.Helper()
	admin := r.As(monitor.Identity{Actor: "person:test", Roles: []monitor.Role{monitor.Administrator}})
	heads := make(map[string]uint64)
	for _, name := range process.Names() {
		conn, err := admin.Conn(name)
		if err != nil {
			t.Fatal(err)
		}
		res, err := journalv1.NewJournalServiceClient(conn).Status(t.Context(), &journalv1.StatusRequest{Service: name})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range res.GetServices() {
			if s.GetService() == name {
				heads[name] = s.GetLast()
			}
		}
	}
	return heads
}

// strangerKeys is the same archive as somebody else would make it up: an authority of their own.
func strangerKeys(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := keys.Make(keys.Plan{Dir: dir, Archive: "kz-demo", Services: process.Names(), Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// issuer signs with a key of a folder, under whatever name it likes.
func issuer(t *testing.T, folder keys.Folder, name string) *monitor.Issuer {
	t.Helper()
	i, err := folder.Issuer(name, 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestStrangersGetNothing (IS-7): between processes nothing passes without a certificate of our own
// authority, an identity signed by who may say it, and both belonging to each other.
func TestStrangersGetNothing(t *testing.T) {
	a := newApart(t)
	a.start(t, "retention")
	theirs := strangerKeys(t)
	own := func(name string) func(string, string) (*tls.Config, error) {
		return func(_, to string) (*tls.Config, error) { return a.folder(name).ClientTLS(name, to) }
	}
	noCertificate := func(_, to string) (*tls.Config, error) {
		config, err := a.folder("catalogue").ClientTLS("catalogue", to)
		if err == nil {
			config.Certificates = nil
		}
		return config, err
	}
	foreign := func(_, to string) (*tls.Config, error) {
		config, err := a.folder("catalogue").ClientTLS("catalogue", to)
		if err != nil {
			return nil, err
		}
		other, err := keys.Folder(filepath.Join(theirs, "catalogue")).ClientTLS("catalogue", to)
		if err == nil {
			config.Certificates = other.Certificates
		}
		return config, err
	}
	old := func(_, to string) (*tls.Config, error) {
		config, err := a.folder("catalogue").ClientTLS("catalogue", to)
		if err == nil {
			config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
		}
		return config, err
	}
	otherServer := func(_, _ string) (*tls.Config, error) {
		return a.folder("catalogue").ClientTLS("catalogue", "intake") // who answers is retention
	}
	service := func(name string) monitor.Identity {
		return monitor.Identity{Actor: "service:" + name, Roles: []monitor.Role{monitor.Service}}
	}
	admin := monitor.Identity{Actor: "person:x", Roles: []monitor.Role{monitor.Administrator}}
	catalogue, operator := issuer(t, a.folder("catalogue"), "catalogue"), issuer(t, a.folder("operator"), monitor.Operator)
	for _, row := range []struct {
		name   string
		road   func(from, to string) (*tls.Config, error)
		signer *monitor.Issuer
		as     monitor.Identity
		want   fault.Kind
		passes bool
	}{
		{name: "a service as itself", road: own("catalogue"), signer: catalogue, as: service("catalogue"), passes: true},
		{name: "the operator for a person", road: own("operator"), signer: operator, as: admin, passes: true},
		{name: "no TLS", road: nil, signer: catalogue, as: service("catalogue"), want: fault.Unavailable},
		{name: "no certificate", road: noCertificate, signer: catalogue, as: service("catalogue"), want: fault.Unavailable},
		{name: "another authority's certificate", road: foreign, signer: catalogue, as: service("catalogue"), want: fault.Unavailable},
		{name: "TLS 1.2", road: old, signer: catalogue, as: service("catalogue"), want: fault.Unavailable},
		{name: "a server that is another service", road: otherServer, signer: catalogue, as: service("catalogue"), want: fault.Unavailable},
		{name: "another service's certificate", road: own("intake"), signer: catalogue, as: service("catalogue"), want: fault.Unauthenticated},
		{name: "a service over the operator's certificate", road: own("operator"), signer: catalogue, as: service("catalogue"), want: fault.Unauthenticated},
		{name: "a person over a service's certificate", road: own("catalogue"), signer: operator, as: admin, want: fault.Unauthenticated},
		{name: "a person signed by a service", road: own("catalogue"), signer: catalogue, as: admin, want: fault.Unauthenticated},
		{name: "another service signed by a service", road: own("intake"), signer: catalogue, as: service("intake"), want: fault.Unauthenticated},
		{name: "a key that nobody knows", road: own("catalogue"), signer: issuer(t, keys.Folder(filepath.Join(theirs, "catalogue")), "catalogue"), as: service("catalogue"), want: fault.Unauthenticated},
	} {
		network := serve.NewNetwork(serve.NetworkConfig{Addresses: a.peers, TLS: row.road, Plain: true})
		conn, err := network.As(monitor.NewCredentials(row.signer, row.as)).Conn("retention")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		res, err := journalv1.NewJournalServiceClient(conn).Checkpoint(ctx, &journalv1.CheckpointRequest{Service: "retention"})
		cancel()
		switch {
		case row.passes && err != nil:
			t.Errorf("%s: %v", row.name, err)
		case !row.passes && (err == nil || fault.KindOf(err) != row.want):
			t.Errorf("%s: %v, %v", row.name, res, err)
		}
		if err := network.Close(); err != nil {
			t.Error(err)
		}
	}
}

// connectNATS is a client of the broker with anybody's certificate and user.
func (a *apart) connectNATS(t *testing.T, certificate, user keys.Folder, name string) (*bus.Bus, error) {
	t.Helper()
	config, err := certificate.ClientTLS(name, keys.Broker)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := a.folder(name).ClientTLS(name, keys.Broker)
	if err != nil {
		t.Fatal(err)
	}
	config.RootCAs = trusted.RootCAs
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	b, err := bus.URL(ctx, bus.URLConfig{URL: "tls://" + a.broker, Name: "test", TLS: config, SeedFile: user.Seed(name), InboxPrefix: keys.InboxPrefix(name)})
	if err == nil {
		t.Cleanup(func() { _ = b.Close() })
	}
	return b, err
}

// TestAServiceTouchesItsOwnJournalOnly: a broker's user may publish one subject and read all; it
// changes, empties and deletes nothing.
func TestAServiceTouchesItsOwnJournalOnly(t *testing.T) {
	a := newApart(t)
	a.start(t, "retention")
	a.start(t, "catalogue")
	theirs := strangerKeys(t)
	stranger := keys.Folder(filepath.Join(theirs, "intake"))
	if _, err := a.connectNATS(t, stranger, a.folder("intake"), "intake"); !errors.Is(err, bus.ErrUnreachable) {
		t.Errorf("another authority's certificate: %v", err)
	}
	if _, err := a.connectNATS(t, a.folder("intake"), stranger, "intake"); !errors.Is(err, bus.ErrUnreachable) {
		t.Errorf("an unknown user: %v", err)
	}
	if conn, err := nats.Connect("tls://"+a.broker, nats.Secure(&tls.Config{InsecureSkipVerify: true})); err == nil { //nolint:gosec // the server must refuse whatever a stranger trusts
		t.Error("nobody got in without a certificate")
		conn.Close()
	}
	b, err := a.connectNATS(t, a.folder("intake"), a.folder("intake"), "intake")
	if err != nil {
		t.Fatal(err)
	}
	js := b.JetStream()
	name := relay.StreamName("kz-demo", "retention")
	stream, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatalf("reading another's stream: %v", err)
	}
	before, err := stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	short := func(try func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		return try(ctx)
	}
	for what, try := range map[string]func(context.Context) error{
		"publish to another's journal": func(ctx context.Context) error {
			_, err := js.Publish(ctx, relay.Subject("kz-demo", "retention"), []byte("x"))
			return err
		},
		"delete another's stream": func(ctx context.Context) error { return js.DeleteStream(ctx, name) },
		"delete the own stream": func(ctx context.Context) error {
			return js.DeleteStream(ctx, relay.StreamName("kz-demo", "intake"))
		},
		"purge another's stream": func(ctx context.Context) error { return stream.Purge(ctx) },
		"delete a message":       func(ctx context.Context) error { return stream.DeleteMsg(ctx, 1) },
		"change another's stream": func(ctx context.Context) error {
			config := before.Config
			config.MaxMsgs = 1
			_, err := js.UpdateStream(ctx, config)
			return err
		},
		"make a stream of another name": func(ctx context.Context) error {
			_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"qoyma.>"}})
			return err
		},
		"answer for the server": func(ctx context.Context) error {
			fresh, err := a.connectNATS(t, a.folder("intake"), a.folder("intake"), "intake") // without earlier refusals
			if err != nil {
				t.Fatal(err)
			}
			if err := fresh.Conn().Publish(keys.InboxPrefix("catalogue")+".x", nil); err != nil {
				return err
			}
			return refusedByServer(ctx, fresh)
		},
	} {
		if err := short(try); err == nil {
			t.Errorf("%s: it was done", what)
		}
	}
	// What it may do, to see that the refusals above are about the rest.
	if _, err := b.EnsureStream(t.Context(), bus.StreamSpec{Name: relay.StreamName("kz-demo", "intake"), Subjects: []string{relay.Subject("kz-demo", "intake")}}); err != nil {
		t.Errorf("making its own stream: %v", err)
	}
	if err := short(func(ctx context.Context) error {
		_, err := js.Publish(ctx, relay.Subject("kz-demo", "intake"), []byte("x"))
		return err
	}); err != nil {
		t.Errorf("publishing its own journal: %v", err)
	}
	sub, err := b.Conn().SubscribeSync(">")
	if err == nil {
		err = b.Conn().FlushTimeout(time.Second)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sub.NextMsg(100 * time.Millisecond); !errors.Is(err, nats.ErrPermissionViolation) && !errors.Is(err, nats.ErrTimeout) && !errors.Is(err, nats.ErrBadSubscription) {
		t.Errorf("listening to everything: %v", err)
	}
	after, err := stream.Info(t.Context())
	if err != nil || after.State.LastSeq != before.State.LastSeq || after.State.Msgs != before.State.Msgs {
		t.Errorf("the stream changed: %+v, %v", after, err)
	}
}

// refusedByServer waits until the server's refusal has come.
func refusedByServer(ctx context.Context, b *bus.Bus) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := b.Conn().LastError(); err != nil && strings.Contains(strings.ToLower(err.Error()), "permissions violation") {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// TestTheDeployedConfigurationIsGuarded starts the broker with deploy/nats/nats.conf, only the places
// changed: it takes services with certificate and user, and nobody else.
func TestTheDeployedConfigurationIsGuarded(t *testing.T) {
	a := newApart(t)
	a.stops[keys.Broker]()
	raw, err := os.ReadFile("../../deploy/nats/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "keys"), os.DirFS(string(a.folder(keys.Broker)))); err != nil {
		t.Fatal(err)
	}
	config := strings.NewReplacer(
		"/etc/qoyma/keys", filepath.Join(dir, "keys"), `"/data"`, `"`+filepath.Join(dir, "data")+`"`, "0.0.0.0:4222", a.broker,
	).Replace(string(raw))
	if !strings.Contains(config, a.broker) || !strings.Contains(config, dir+"/data") {
		t.Fatal("the file has changed: this test no longer replaces its places")
	}
	path := filepath.Join(dir, "nats.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := bus.StartBroker(bus.BrokerConfig{File: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	if _, err := a.connectNATS(t, a.folder("intake"), a.folder("intake"), "intake"); err != nil {
		t.Errorf("a service: %v", err)
	}
	stranger := keys.Folder(filepath.Join(strangerKeys(t), "intake"))
	if _, err := a.connectNATS(t, stranger, a.folder("intake"), "intake"); err == nil {
		t.Error("another authority's certificate was taken")
	}
	if _, err := a.connectNATS(t, a.folder("intake"), stranger, "intake"); err == nil {
		t.Error("an unknown user was taken")
	}
	for _, url := range []string{"tls://", "nats://"} {
		if conn, err := nats.Connect(url+a.broker, nats.Secure(&tls.Config{InsecureSkipVerify: true})); err == nil { //nolint:gosec // see above
			t.Error("nobody got in with " + url)
			conn.Close()
		}
	}
}
