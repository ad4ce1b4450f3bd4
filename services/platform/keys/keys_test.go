package keys

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

func plan(dir string) Plan {
	return Plan{Dir: dir, Archive: "kz-test", Services: []string{"intake", "catalogue"}, Now: time.Now()}
}

func mustMake(t *testing.T, p Plan) []string {
	t.Helper()
	made, err := Make(p)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// contents is every file below a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[rel] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestOnlyTheOwnSecretsAreCarried: a service's folder holds nobody else's private key, and secrets
// are for their owner's eyes.
func TestOnlyTheOwnSecretsAreCarried(t *testing.T) {
	dir := t.TempDir()
	made := mustMake(t, plan(dir))
	files := contents(t, dir)
	if len(made) != len(files) {
		t.Errorf("%d files are said to be made, %d are there", len(made), len(files))
	}
	for path, text := range files {
		secret := strings.Contains(text, "PRIVATE KEY") || strings.HasSuffix(path, ".nk")
		owner, _, _ := strings.Cut(path, string(filepath.Separator))
		if secret && !strings.HasPrefix(filepath.Base(path), owner+".") {
			t.Errorf("%s is in the folder of %s", path, owner)
		}
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if secret && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
	}
	for _, want := range []string{
		"ca/ca.key", "intake/intake.key", "intake/identity/intake.key", "intake/tls/intake.key", "intake/nats/intake.nk",
		"intake/catalogue.pub", "intake/identity/operator.pub", "intake/identity/gateway.pub", "intake/tls/ca.pem",
		"operator/identity/operator.key", "operator/tls/operator.pem", "broker/users.conf", "broker/tls/broker.pem", "gateway/nats/gateway.nk",
	} {
		if files[filepath.FromSlash(want)] == "" {
			t.Errorf("%s is missing", want)
		}
	}
	for _, never := range []string{"operator/nats/operator.nk", "operator/operator.key", "intake/tls/ca.key", "broker/identity/broker.key"} {
		if files[filepath.FromSlash(never)] != "" {
			t.Errorf("%s should not be", never)
		}
	}
}

// TestMakingAgainAddsAndOverwritesNothing: after a crash at any file, and when a service is new.
func TestMakingAgainAddsAndOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	p := plan(dir)
	mustMake(t, p)
	before := contents(t, dir)
	if made := mustMake(t, p); len(made) != 0 || !maps.Equal(before, contents(t, dir)) {
		t.Errorf("nothing was missing, and made were %v", made)
	}
	for i, lost := range slices.Sorted(maps.Keys(before)) {
		if testing.Short() && i%6 != 0 {
			continue
		}
		if err := os.Remove(filepath.Join(dir, lost)); err != nil {
			t.Fatal(err)
		}
		_, err := Make(p)
		after := contents(t, dir)
		if refused := errors.Is(err, Lost); refused != strings.HasSuffix(lost, ".key") || refused != (after[lost] == "") {
			t.Errorf("%s was lost: %v", lost, err)
		}
		for path, text := range before {
			if path != lost && after[path] != text && !derived(path, lost) {
				t.Errorf("%s was lost, and %s was overwritten", lost, path)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, lost), []byte(before[lost]), 0o600); err != nil {
			t.Fatal(err)
		}
		for path, text := range before { // as it was, for the next
			if after[path] != text {
				if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	p.Services = append(p.Services, "reference")
	made := mustMake(t, p)
	after := contents(t, dir)
	for path, text := range before {
		if after[path] != text && path != "broker/users.conf" {
			t.Errorf("a new service changed %s", path)
		}
	}
	if !slices.Contains(made, filepath.Join(dir, "intake", "identity", "reference.pub")) || !strings.Contains(after["broker/users.conf"], "# reference") {
		t.Errorf("the others do not know the new service: %v", made)
	}
	p.Archive = "kz-other"
	if _, err := Make(p); !errors.Is(err, OtherArchive) {
		t.Errorf("another archive: %v", err)
	}
}

// derived tells whether a file follows from another that was lost and made anew.
func derived(path, lost string) bool {
	return path == "broker/users.conf" && strings.HasSuffix(lost, ".nk") || filepath.Base(path) == "ca.pem" && lost == "ca/ca.pem"
}

// handshake connects two sides.
func handshake(t *testing.T, server, client *tls.Config) error {
	t.Helper()
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	deadline := time.Now().Add(10 * time.Second)
	if err := errors.Join(a.SetDeadline(deadline), b.SetDeadline(deadline)); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		s := tls.Server(a, server)
		err := s.HandshakeContext(t.Context())
		if err == nil {
			_, err = s.Write([]byte("x"))
		}
		_ = a.Close()
		answered <- err
	}()
	c := tls.Client(b, client)
	err := c.HandshakeContext(t.Context())
	if err == nil { // in TLS 1.3 the client hears only now that its certificate was refused
		_, err = c.Read(make([]byte, 1))
	}
	_ = b.Close()
	return errors.Join(err, <-answered)
}

// TestBothSidesKnowEachOther: only our own authority's certificates, only under the right name,
// only TLS 1.3, only while they last.
func TestBothSidesKnowEachOther(t *testing.T) {
	dir, elsewhere, late := t.TempDir(), t.TempDir(), t.TempDir()
	p := plan(dir)
	p.Hosts = map[string][]string{"intake": {"intake.archive.example", "10.1.2.3"}}
	mustMake(t, p)
	mustMake(t, plan(elsewhere))
	ended := plan(late)
	ended.Now, ended.Days = time.Now().AddDate(0, 0, -30), 7
	mustMake(t, ended)
	at := func(dir, name string) Folder { return Folder(filepath.Join(dir, name)) }
	server := func(dir string, names ...string) *tls.Config {
		c, err := at(dir, names[0]).ServerTLS(names...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	client := func(dir, from, to string) *tls.Config {
		c, err := at(dir, from).ClientTLS(from, to)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	none := client(dir, "catalogue", "intake")
	none.Certificates = nil
	old := client(dir, "catalogue", "intake")
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	for _, row := range []struct {
		name           string
		server, client *tls.Config
		good           bool
	}{
		{"by its name", server(dir, "intake"), client(dir, "catalogue", "intake"), true},
		{"by its host", server(dir, "intake"), client(dir, "catalogue", "intake.archive.example"), true},
		{"by its address", server(dir, "intake"), client(dir, "operator", "10.1.2.3"), true},
		{"by localhost", server(dir, "intake"), client(dir, "operator", "localhost"), true},
		{"asked for another", server(dir, "intake"), client(dir, "catalogue", "gateway"), false},
		{"no certificate", server(dir, "intake"), none, false},
		{"TLS 1.2", server(dir, "intake"), old, false},
		{"a client of another authority", server(dir, "intake"), client(elsewhere, "catalogue", "intake"), false},
		{"a server of another authority", server(elsewhere, "intake"), client(dir, "catalogue", "intake"), false},
		{"ended", server(late, "intake"), client(late, "catalogue", "intake"), false},
	} {
		if err := handshake(t, row.server, row.client); (err == nil) != row.good {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	// One process with two services shows each caller the one that was asked for.
	both := t.TempDir()
	for _, name := range []string{"intake", "catalogue"} {
		if err := os.CopyFS(filepath.Join(both, name), os.DirFS(filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
	}
	merged := t.TempDir()
	for name := range map[string]bool{"intake": true, "catalogue": true} {
		for path, text := range contents(t, filepath.Join(both, name)) {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(merged, path)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(merged, path), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	two, err := Folder(merged).ServerTLS("intake", "catalogue")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"intake", "catalogue"} {
		if err := handshake(t, two, client(dir, "operator", name)); err != nil {
			t.Errorf("two services, asked for %s: %v", name, err)
		}
	}
}

// TestRenewing gives certificates a new end, and keeps keys and hosts.
func TestRenewing(t *testing.T) {
	dir := t.TempDir()
	p := plan(dir)
	p.Hosts = map[string][]string{"gateway": {"archive.example", "10.0.0.9"}}
	p.Days = 10
	mustMake(t, p)
	before := contents(t, dir)
	p.Hosts, p.Days = nil, 20
	made, err := Renew(p, "gateway")
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	for path, text := range contents(t, dir) {
		if changed := text != before[path]; changed != (path == "gateway/tls/gateway.pem") {
			t.Errorf("%s: changed %v", path, changed)
		}
	}
	list, err := Show(dir)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]Shown{}
	for _, s := range list {
		shown[s.Name] = s
	}
	if len(list) != 6 { // the authority, two services, gateway, operator, broker
		t.Errorf("%d certificates are shown", len(list))
	}
	if got := shown["gateway"]; !slices.Equal(got.Hosts, []string{"gateway", "localhost", "archive.example", "127.0.0.1", "10.0.0.9"}) || !got.NotAfter.After(shown["intake"].NotAfter) {
		t.Errorf("%+v", got)
	}
	if _, err := Renew(p, "registry"); !errors.Is(err, noSuchName) {
		t.Errorf("an unknown name: %v", err)
	}
	p.Days = 365 * 20
	if _, err := Renew(p); !errors.Is(err, expiringAuthority) {
		t.Errorf("longer than the authority: %v", err)
	}
	carried, err := Show(filepath.Join(dir, "intake"))
	if err != nil || len(carried) != 2 {
		t.Errorf("a carried folder shows %v, %v", carried, err)
	}
	p.Dir = filepath.Join(dir, "intake")
	if _, err := Renew(p); !errors.Is(err, Missing) {
		t.Errorf("without the authority: %v", err)
	}
}

func TestHostsThatCannotBe(t *testing.T) {
	for _, hosts := range []map[string][]string{
		{"intake": {"catalogue"}}, {"intake": {"broker"}}, {"intake": {""}}, {"intake": {"a b"}}, {"intake": {"қойма"}}, {"registry": {"x"}}, {"intake": {"*"}},
	} {
		p := plan(t.TempDir())
		p.Hosts = hosts
		if _, err := Make(p); !errors.Is(err, badHost) && !errors.Is(err, noSuchName) {
			t.Errorf("%v: %v", hosts, err)
		}
	}
}

// TestOneMachineMakesItsOwn: without certificates a folder is completed in passing, an old one is
// taken over, and two who start at once agree.
func TestOneMachineMakesItsOwn(t *testing.T) {
	dir := t.TempDir()
	old, err := monitor.LoadOrCreateKey(filepath.Join(dir, "identity.pem"))
	if err != nil {
		t.Fatal(err)
	}
	folder := Folder(dir)
	names := Speakers([]string{"intake", "catalogue"})
	if !slices.Equal(names, []string{"intake", "catalogue", "gateway", "operator"}) {
		t.Errorf("%v", names)
	}
	done := make(chan error, 8)
	for range cap(done) {
		go func() { done <- folder.Complete(names...) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	trusted, err := folder.Trusted(names...)
	if err != nil || len(trusted) != 4 {
		t.Fatal(trusted, err)
	}
	v := monitor.NewVerifier(time.Now, trusted...)
	for _, name := range names {
		i, err := folder.Issuer(name, 0, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		actor := "service:" + name
		if name == monitor.Operator {
			actor = "person:1"
		}
		token, _, err := i.Mint(monitor.Identity{Actor: actor, Audience: []string{"intake"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if last := trusted[3]; !last.Public.Equal(old.Public()) {
		t.Error("the old key is not the operator's")
	}
	if folder.Secured() {
		t.Error("there are no certificates")
	}
}

// TestAKeyIsReplacedWhileOldTokensRunOut: a public file may hold both.
func TestAKeyIsReplacedWhileOldTokensRunOut(t *testing.T) {
	dir := t.TempDir()
	folder := Folder(dir)
	if err := folder.Complete("intake"); err != nil {
		t.Fatal(err)
	}
	before, err := folder.Issuer("intake", 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(folder.identity("intake", ".key")); err != nil {
		t.Fatal(err)
	}
	fresh, err := monitor.LoadOrCreateKey(folder.identity("intake", ".key"))
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(fresh.Public())
	if err != nil {
		t.Fatal(err)
	}
	had, err := os.ReadFile(folder.identity("intake", ".pub"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder.identity("intake", ".pub"), append(had, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := folder.Complete("intake"); err != nil { // which keeps both
		t.Fatal(err)
	}
	after, err := folder.Issuer("intake", 0, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := folder.Trusted("intake")
	if err != nil || len(trusted) != 2 {
		t.Fatal(trusted, err)
	}
	v := monitor.NewVerifier(time.Now, trusted...)
	for _, i := range []*monitor.Issuer{before, after} {
		token, _, err := i.Mint(monitor.Identity{Actor: "service:intake", Audience: []string{"catalogue"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(token); err != nil {
			t.Error(err)
		}
	}
}

// TestADamagedFolderIsRefused: nothing is made in passing where keys were carried, and nothing
// unreadable is passed over.
func TestADamagedFolderIsRefused(t *testing.T) {
	made := t.TempDir()
	mustMake(t, plan(made))
	var err error
	for _, row := range []struct {
		name, file, content string // content "" removes
		want                error
	}{
		{"no public identity", "identity/catalogue.pub", "", Missing},
		{"an empty public identity", "identity/catalogue.pub", "\n", Unreadable},
		{"a certificate for a key", "identity/catalogue.pub", "ca", Unreadable},
		{"no own identity", "identity/intake.key", "", Missing},
		{"no certificate", "tls/intake.pem", "", Missing},
		{"no key of the certificate", "tls/intake.key", "", Missing},
		{"a certificate that is none", "tls/intake.pem", "x", Unreadable},
		{"an authority that is none", "tls/ca.pem", "x", Unreadable},
		{"others may read the key", "tls/intake.key", "chmod", Unreadable},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(made, "intake"))); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"identity/intake.key", "tls/intake.key"} {
			if err := os.Chmod(filepath.Join(dir, secret), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, row.file)
		switch row.content {
		case "":
			err = os.Remove(path)
		case "chmod":
			err = os.Chmod(path, 0o640)
		case "ca":
			raw, readErr := os.ReadFile(filepath.Join(dir, "tls", "ca.pem"))
			err = errors.Join(readErr, os.WriteFile(path, raw, 0o600))
		default:
			err = os.WriteFile(path, []byte(row.content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		folder := Folder(dir)
		if err := folder.Complete("intake", "catalogue"); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		_, err1 := folder.Trusted("intake", "catalogue", "gateway", "operator")
		_, err2 := folder.Issuer("intake", 0, time.Now)
		_, err3 := folder.ServerTLS("intake")
		if all := errors.Join(err1, err2, err3); !errors.Is(all, row.want) {
			t.Errorf("%s: %v", row.name, all)
		}
	}
}

// TestCheckpointsAreForTheArchive: the pair that Make makes is the one that a service signs with.
func TestCheckpointsAreForTheArchive(t *testing.T) {
	dir := t.TempDir()
	mustMake(t, plan(dir))
	key, err := journal.LoadSigningKey(filepath.Join(dir, "intake"), "kz-test", "intake")
	if err != nil {
		t.Fatal(err)
	}
	_, text, err := journal.LoadVerifier(filepath.Join(dir, "catalogue"), "intake")
	if err != nil || text != key.Public {
		t.Errorf("catalogue knows intake by %q: %v", text, err)
	}
}

// FuzzTrusted: whatever stands in a public file, no key comes of it that is none.
func FuzzTrusted(f *testing.F) {
	dir := f.TempDir()
	folder := Folder(dir)
	if err := folder.Complete("intake"); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(folder.identity("intake", ".pub"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"))
	f.Add(append(slices.Clone(good), good...))
	f.Fuzz(func(t *testing.T, text []byte) {
		one := Folder(t.TempDir())
		if err := os.MkdirAll(filepath.Dir(one.identity("x", "")), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(one.identity("x", ".pub"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		trusted, err := one.Trusted("x")
		if err != nil {
			if !errors.Is(err, Unreadable) {
				t.Error(err)
			}
			return
		}
		for _, k := range trusted {
			if len(k.Public) != ed25519.PublicKeySize || k.Owner != "x" {
				t.Errorf("%+v", k)
			}
		}
	})
}
