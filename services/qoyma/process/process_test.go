package process

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/telemetry"
)

func quiet(t *testing.T) *telemetry.Telemetry {
	t.Helper()
	tel, err := telemetry.New(t.Context(), telemetry.Config{Process: "test", Output: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return tel
}

// start runs a process until stop.
func start(t *testing.T, cfg Config) (p *Process, stop func()) {
	t.Helper()
	p, err := Open(t.Context(), cfg, quiet(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	eventually(t, func() bool { return p.Ready() == nil })
	return p, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for !done() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("waited in vain")
		}
	}
}

// TestAnAddressThatNobodySaidIsNotKept: the pages may stand elsewhere at the next start; what was said
// once holds.
func TestAnAddressThatNobodySaidIsNotKept(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ said, own, want string }{
		{"", "http://127.0.0.1:8080", "http://127.0.0.1:8080"},
		{"", "", ""},
		{"", "http://127.0.0.1:8099", "http://127.0.0.1:8099"},
		{"https://archive.example", "http://127.0.0.1:8099", "https://archive.example"},
		{"", "http://127.0.0.1:8100", "https://archive.example"},
	} {
		p, err := Open(t.Context(), Config{Data: dir, URL: c.said, OwnURL: c.own}, quiet(t))
		if err != nil {
			t.Fatal(err)
		}
		if p.names.URL != c.want {
			t.Errorf("said %q, own %q: %q, want %q", c.said, c.own, p.names.URL, c.want)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestStartStop: an empty folder becomes an archive, keeps its name, and nothing is left
// running.
func TestStartStop(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	for range 2 {
		p, stop := start(t, Config{Data: dir, Archive: "kz-test", HTTP: "127.0.0.1:0"})
		if p.Archive() != "kz-test" || p.HTTPAddr() == nil || p.GRPCAddr() != nil {
			t.Errorf("archive %s, http %v, grpc %v", p.Archive(), p.HTTPAddr(), p.GRPCAddr())
		}
		if info, err := os.Stat(filepath.Join(dir, Socket)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("socket: %v, %v", info, err)
		}
		stop()
	}
	if code, err := ArchiveOf(dir); err != nil || code != "kz-test" {
		t.Errorf("archive %q, %v", code, err)
	}
}

// TestDenialIsJournaled (IS-6).
func TestDenialIsJournaled(t *testing.T) {
	p, stop := start(t, Config{Data: t.TempDir(), NoSocket: true})
	defer stop()
	conn, err := p.As(monitor.Identity{Actor: "person:nosy", Roles: []monitor.Role{monitor.Researcher}}).Conn("intake")
	if err != nil {
		t.Fatal(err)
	}
	_, err = journalv1.NewJournalServiceClient(conn).Status(t.Context(), &journalv1.StatusRequest{})
	if fault.KindOf(err) != fault.Denied {
		t.Fatalf("want a denial, got %v", err)
	}
	eventually(t, func() bool {
		for _, svc := range p.services {
			records, err := svc.Store().Timeline(journal.Ref{Type: "actor", ID: "person:nosy"}, 0, 10)
			if err == nil && len(records) == 1 && records[0].Is((*journalv1.AccessDenied)(nil)) {
				return true
			}
		}
		return false
	})
}

// TestRefusedConfigurations: what cannot work is said before anything is made.
func TestRefusedConfigurations(t *testing.T) {
	named := t.TempDir()
	if err := os.WriteFile(filepath.Join(named, "archive"), []byte("kz-one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		cfg  Config
		want error
	}{
		{"unknown service", Config{Data: t.TempDir(), Targets: []string{"retention", "gateway9"}}, unknownTarget},
		{"part of the services without a shared bus", Config{Data: t.TempDir(), Targets: []string{"retention"}}, natsNeeded},
		{"another archive", Config{Data: named, Archive: "kz-two"}, otherArchive},
		{"no code", Config{Data: t.TempDir(), Archive: "Kz/1"}, badArchive},
	} {
		if _, err := Open(t.Context(), test.cfg, quiet(t)); !errors.Is(err, test.want) {
			t.Errorf("%s: want %v, got %v", test.name, test.want, err)
		}
	}
}

// TestOneAtATime: a second process on the same folder is refused, and the first goes on.
func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	p, stop := start(t, Config{Data: dir})
	defer stop()
	if second, err := Open(t.Context(), Config{Data: dir}, quiet(t)); err == nil {
		t.Error("a second process opened the folder")
		_ = second.Close()
	}
	if err := p.Ready(); err != nil {
		t.Error(err)
	}
}
