package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// TestABrokerServesOthersAndKeepsWhatItTook over a loopback port, and again after a restart.
func TestABrokerServesOthersAndKeepsWhatItTook(t *testing.T) {
	folder := t.TempDir()
	for n := range uint64(2) {
		b, err := StartBroker(BrokerConfig{Folder: folder, Address: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		if !b.embedded.run.JetStreamConfig().SyncAlways {
			t.Error("the broker does not sync always")
		}
		if err := b.Ready(); err != nil {
			t.Error(err)
		}
		if _, err := StartBroker(BrokerConfig{Folder: folder, Address: "127.0.0.1:0"}); !errors.Is(err, ErrFolderBusy) {
			t.Errorf("a second broker on the folder: %v", err)
		}
		client, err := URL(t.Context(), URLConfig{URL: "nats://" + b.Addr().String(), Name: "test"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.EnsureStream(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		ack, err := client.JetStream().Publish(t.Context(), subject, []byte("x"), jetstream.WithExpectLastSequence(n))
		if err != nil || ack.Sequence != n+1 {
			t.Errorf("publish %d: %v, %v", n, ack, err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := b.Ready(); !errors.Is(err, ErrUnreachable) {
			t.Errorf("after the end: %v", err)
		}
	}
}

// TestABrokerIsNeverOpen: no configuration lets other machines in unasked, and none gives up that
// an acknowledged message is on disk.
func TestABrokerIsNeverOpen(t *testing.T) {
	folder := t.TempDir()
	config := func(text string) BrokerConfig {
		path := filepath.Join(t.TempDir(), "nats.conf")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return BrokerConfig{File: path}
	}
	store := "jetstream { store_dir: \"" + folder + "\" }\n"
	for name, row := range map[string]struct {
		cfg  BrokerConfig
		want error
	}{
		"flags, every address":       {BrokerConfig{Folder: folder, Address: "0.0.0.0:0"}, ErrOpenBroker},
		"flags, a name":              {BrokerConfig{Folder: folder, Address: "archive.example:4222"}, ErrOpenBroker},
		"flags, TLS without users":   {BrokerConfig{Folder: folder, Address: ":0", TLS: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert}}, ErrOpenBroker},
		"flags, no address":          {BrokerConfig{Folder: folder}, ErrBrokerConfig},
		"flags, accounts not there":  {BrokerConfig{Folder: folder, Address: "127.0.0.1:0", Accounts: filepath.Join(folder, "none")}, ErrBrokerConfig},
		"file, every address":        {config(store), ErrOpenBroker},
		"file, users without TLS":    {config(store + "authorization { users: [ { nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 } ] }"), ErrOpenBroker},
		"file, monitoring for all":   {config(store + "listen: \"127.0.0.1:-1\"\nhttp: \"0.0.0.0:8222\""), ErrOpenBroker},
		"file, no streams":           {config("listen: \"127.0.0.1:-1\""), ErrBrokerConfig},
		"file, not understood":       {config("listen = = {"), ErrBrokerConfig},
		"file, not there":            {BrokerConfig{File: filepath.Join(folder, "none.conf")}, ErrBrokerConfig},
		"file, a setting of no name": {config(store + "listen: \"127.0.0.1:-1\"\nsink_always: true"), ErrBrokerConfig},
	} {
		b, err := StartBroker(row.cfg)
		if !errors.Is(err, row.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			_ = b.Close()
		}
	}
	lazy := config(store + "listen: \"127.0.0.1:-1\"\n") // says nothing of sync_interval
	b, err := StartBroker(lazy)
	if err != nil {
		t.Fatal(err)
	}
	if !b.embedded.run.JetStreamConfig().SyncAlways {
		t.Error("a configuration that says nothing gives up durability")
	}
	// A failed write is seen in the server's log, and the server is started anew.
	before := b.embedded.run
	b.watch.serverLogged("JetStream: write failed: no space left on device")
	if err := b.Ready(); !errors.Is(err, ErrFrozen) {
		t.Errorf("a frozen broker: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for b.Ready() != nil {
		<-tick.C
	}
	if b.embedded.run == before {
		t.Error("the server was not started anew")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
