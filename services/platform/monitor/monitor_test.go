package monitor

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

const accept, list, unnamed = "/qoyma.intake.v1.IntakeService/Accept", "/qoyma.intake.v1.IntakeService/List", "/qoyma.intake.v1.IntakeService/Forgotten"

const policyText = `
permit (principal in Role::"archivist", action == Action::"/qoyma.intake.v1.IntakeService/Accept", resource);
permit (principal, action in [Action::"/qoyma.intake.v1.IntakeService/List", Action::"/qoyma.journal.v1.JournalService/Read"], resource)
when { principal in Role::"archivist" || principal in Role::"clerk" || principal in Role::"service" };
permit (principal, action == Action::"read", resource)
when { resource.level <= principal.level && principal.grounds.containsAll(resource.grounds) };
`

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)} }

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	key, err := LoadOrCreateKey(filepath.Join(t.TempDir(), "keys", "sign.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(key ed25519.PrivateKey) ed25519.PublicKey {
	half, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		panic("the public half of an Ed25519 key is none")
	}
	return half
}

// operator is a key with which people are signed.
func operator(key ed25519.PrivateKey) Key { return Key{Operator, public(key)} }

func policy(t testing.TB) *Policy {
	t.Helper()
	p, err := NewPolicy([]byte(policyText))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func archivist() Identity {
	return Identity{
		Actor: "person:7", OnBehalfOf: "person:8", Roles: []Role{Archivist}, Organisation: "bilim",
		Clearance: Scope{Level: 2, Grounds: []string{"personal"}}, Audience: []string{"intake"},
	}
}

func mint(t testing.TB, issuer *Issuer, id Identity) string {
	t.Helper()
	token, _, err := issuer.Mint(id)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAnIdentityArrivesAsItWasSignedUntilItExpires(t *testing.T) {
	c, key := newClock(), newKey(t)
	v := NewVerifier(c.now, operator(newKey(t)), operator(key))
	token := mint(t, NewIssuer(Operator, key, 0, c.now), archivist())
	for range 2 { // the second time from the cache
		got, err := v.Verify(token)
		want := archivist()
		if err != nil || got.Actor != want.Actor || got.OnBehalfOf != want.OnBehalfOf || !got.Has(Archivist) ||
			got.Organisation != "bilim" || got.Clearance.Level != 2 || !slices.Equal(got.Clearance.Grounds, []string{"personal"}) || !got.Expires.Equal(c.now().Add(DefaultLifetime)) {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	c.forward(DefaultLifetime + leeway - time.Second)
	if _, err := v.Verify(token); err != nil {
		t.Errorf("within the leeway: %v", err)
	}
	c.forward(2 * time.Second)
	if _, err := v.Verify(token); !errors.Is(err, ErrExpired) {
		t.Errorf("cached: %v", err)
	}
	if _, err := NewVerifier(c.now, operator(key)).Verify(token); !errors.Is(err, ErrExpired) {
		t.Errorf("fresh: %v", err)
	}
}

func TestForgedTokensAreRefused(t *testing.T) {
	c, key := newClock(), newKey(t)
	v := NewVerifier(c.now, operator(key))
	good := mint(t, NewIssuer(Operator, key, 0, c.now), archivist())
	parts := strings.Split(good, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	promoted := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), "archivist", "administrator", 1)))
	sign := func(method jwt.SigningMethod, key any, body jwt.Claims, kid string) string {
		token := jwt.NewWithClaims(method, body)
		token.Header["kid"] = kid
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	times := func(issued, expires time.Duration) jwt.RegisteredClaims {
		return jwt.RegisteredClaims{
			Subject: "person:7", Audience: []string{"intake"},
			IssuedAt: jwt.NewNumericDate(c.now().Add(issued)), ExpiresAt: jwt.NewNumericDate(c.now().Add(expires)),
		}
	}
	kid := keyID(public(key))
	noActor, noEnd := times(0, time.Minute), times(0, time.Minute)
	noActor.Subject, noEnd.ExpiresAt = "", nil
	for name, token := range map[string]string{
		"changed":            parts[0] + "." + promoted + "." + parts[2],
		"no algorithm":       sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, times(0, time.Minute), kid),
		"HMAC of public key": sign(jwt.SigningMethodHS256, []byte(public(key)), times(0, time.Minute), kid),
		"foreign key":        mint(t, NewIssuer(Operator, newKey(t), 0, c.now), archivist()),
		"foreign, our kid":   sign(jwt.SigningMethodEdDSA, newKey(t), times(0, time.Minute), kid),
		"from the future":    sign(jwt.SigningMethodEdDSA, key, times(time.Minute, 2*time.Minute), kid),
		"lives too long":     sign(jwt.SigningMethodEdDSA, key, times(0, 48*time.Hour), kid),
		"nobody":             sign(jwt.SigningMethodEdDSA, key, noActor, kid),
		"never ends":         sign(jwt.SigningMethodEdDSA, key, noEnd, kid),
		"a person's service": sign(jwt.SigningMethodEdDSA, key, claims{RegisteredClaims: times(0, time.Minute), Roles: []Role{Archivist, Service}}, kid),
		"huge":               strings.Repeat("a", 1<<20),
		"empty":              "",
	} {
		if id, err := v.Verify(token); !errors.Is(err, ErrBadIdentity) {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	if len(v.known) != 0 {
		t.Error("a forgery was remembered")
	}
}

func TestTheCacheStaysBounded(t *testing.T) {
	c := newClock()
	v := NewVerifier(c.now)
	for i := range 3 * cacheSize {
		v.remember([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}, Identity{Expires: c.now()})
	}
	if len(v.known) > cacheSize {
		t.Errorf("%d entries", len(v.known))
	}
}

func TestTheKeyFileIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "sign.pem")
	keys := make([]ed25519.PrivateKey, 8)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			var err error
			if keys[i], err = LoadOrCreateKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, key := range keys[1:] {
		if !key.Equal(keys[0]) {
			t.Fatal("two processes that start at once have different keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("drafts left: %v, %v", left, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateKey(path); !errors.Is(err, ErrKeyFile) {
		t.Errorf("readable by the group: %v", err)
	}
	if err := os.WriteFile(path, []byte("nonsense"), fs.FileMode(0o600)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateKey(path); !errors.Is(err, ErrKeyFile) {
		t.Errorf("nonsense: %v", err)
	}
}

func TestThePolicyTable(t *testing.T) {
	p := policy(t)
	want := accept + ": archivist\n" + unnamed + ": \n" + list + ": clerk archivist service\n"
	if got := p.Table([]string{list, unnamed, accept}); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := p.Unnamed([]string{accept, unnamed}); !slices.Equal(got, []string{unnamed}) {
		t.Errorf("unnamed %v", got)
	}
	if got := p.Stale([]string{accept, list}); !slices.Equal(got, []string{"/qoyma.journal.v1.JournalService/Read"}) {
		t.Errorf("stale %v", got)
	}
	if p.Method([]Role{"emperor"}, accept) || p.Method(nil, accept) || p.Method(Roles(), readAction) {
		t.Error("an unknown role, no role, or the object action as a method was allowed")
	}
	if !p.Method([]Role{Clerk, Archivist}, accept) {
		t.Error("one of two roles must be enough")
	}
}

func TestPoliciesThatCanOnlyBeMistakesDoNotStart(t *testing.T) {
	read := `permit (principal, action == Action::"read", resource);`
	for name, text := range map[string]string{
		"syntax":      `permit (principal`,
		"open to all": read + `permit (principal in Role::"head", action, resource);`,
		"no read":     `permit (principal, action == Action::"/x.y/Z", resource);`,
		"typo":        read + `permit (principal in Role::"archivst", action == Action::"/x.y/Z", resource);`,
		"typo in when": read + `permit (principal, action == Action::"/x.y/Z", resource)
			when { principal in Role::"archivst" };`,
	} {
		if _, err := NewPolicy([]byte(text)); !errors.Is(err, ErrPolicy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Cedar skips a forbid that fails to evaluate; we deny.
	p, err := NewPolicy([]byte(read + `forbid (principal, action == Action::"read", resource) when { principal.missing == 1 };`))
	if err != nil {
		t.Fatal(err)
	}
	if p.Reads(Scope{}, Label{}) {
		t.Error("a forbid that cannot be evaluated was lost")
	}
}

func TestScopeIsCedar(t *testing.T) {
	names := []string{"bank", "medical", "official use", "personal", "adoption"}
	registry, err := NewGrounds(names...)
	if err != nil {
		t.Fatal(err)
	}
	p := policy(t)
	subset := func(bits int) []string {
		var s []string
		for i, name := range names {
			if bits&(1<<i) != 0 {
				s = append(s, name)
			}
		}
		return s
	}
	allowed := 0
	for readerLevel := range uint32(4) {
		for labelLevel := range uint32(4) {
			for reader := range 32 {
				for label := range 32 {
					s, l := Scope{readerLevel, subset(reader)}, Label{labelLevel, subset(label)}
					cedar, scope, mask := p.Reads(s, l), s.Allows(l), registry.Scope(s).Allows(registry.Label(l))
					if cedar != scope || cedar != mask {
						t.Fatalf("reader %+v, object %+v: Cedar %v, Scope %v, mask %v", s, l, cedar, scope, mask)
					}
					if cedar {
						allowed++
					}
				}
			}
		}
	}
	if want := 10 * 243; allowed != want { // level pairs ≤, and 3^5 pairs label ⊆ reader
		t.Errorf("%d combinations allowed, want %d", allowed, want)
	}
	strange := Label{Grounds: []string{"new kind of secret"}}
	all := Scope{Level: 3, Grounds: append(names, "new kind of secret")}
	if registry.Scope(all).Allows(registry.Label(strange)) {
		t.Error("a ground that the index does not know was let through")
	}
	if _, err := NewGrounds("a", "a"); err == nil {
		t.Error("a ground twice")
	}
	if _, err := NewGrounds(make([]string, 64)...); err == nil {
		t.Error("64 grounds")
	}
}

func incoming(token ...string) context.Context {
	md := metadata.MD{}
	for _, one := range token {
		md.Append("authorization", "Bearer "+one)
	}
	return metadata.NewIncomingContext(context.Background(), md)
}

func TestNobodyPassesWithoutIdentityAndRight(t *testing.T) {
	c, key := newClock(), newKey(t)
	issuer := NewIssuer(Operator, key, 0, c.now)
	var denials []Denial
	m := New(Config{
		Verifier: NewVerifier(c.now, operator(key)), Policy: policy(t), Hosts: []string{"intake", "catalogue"},
		OnDenied: func(_ context.Context, d Denial) { denials = append(denials, d) }, Log: slog.New(slog.DiscardHandler),
	})
	good := mint(t, issuer, archivist())
	elsewhere, clerk, catalogue := archivist(), archivist(), archivist()
	elsewhere.Audience, clerk.Roles, catalogue.Audience = []string{"reference"}, []Role{Clerk}, []string{"catalogue"}
	const journal = "/qoyma.journal.v1.JournalService/Read"
	for _, tc := range []struct {
		name, method string
		ctx          context.Context
		want         error
	}{
		{"allowed", accept, incoming(good), nil},
		{"no token", accept, context.Background(), ErrNoIdentity},
		{"two tokens", accept, incoming(good, good), ErrBadIdentity},
		{"other scheme", accept, metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Basic "+good)), ErrBadIdentity},
		{"other audience", accept, incoming(mint(t, issuer, elsewhere)), ErrBadIdentity},
		{"neighbour's audience", accept, incoming(mint(t, issuer, catalogue)), ErrBadIdentity},
		{"journal of a hosted service", journal, incoming(mint(t, issuer, catalogue)), nil},
		{"journal of another process", journal, incoming(mint(t, issuer, elsewhere)), ErrBadIdentity},
		{"other role", accept, incoming(mint(t, issuer, clerk)), ErrDenied},
		{"unnamed method", unnamed, incoming(good), ErrDenied},
		{"health", "/grpc.health.v1.Health/Check", context.Background(), nil},
		{"health's neighbour", "/grpc.health.v1.Health/CheckX", context.Background(), ErrNoIdentity},
	} {
		denials = nil
		before := m.Denied()
		ran := false
		_, err := m.UnaryServer()(tc.ctx, nil, &grpc.UnaryServerInfo{FullMethod: tc.method},
			func(ctx context.Context, _ any) (any, error) {
				ran = true
				if id, ok := From(ctx); ok != (tc.name != "health") || (ok && id.Actor != "person:7") {
					t.Errorf("%s: identity %+v", tc.name, id)
				}
				return nil, nil
			})
		if tc.want == nil {
			if err != nil || !ran || m.Denied() != before {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		if !errors.Is(err, tc.want) || ran || m.Denied() != before+1 || len(denials) != 1 || denials[0].Method != tc.method {
			t.Errorf("%s: %v, ran %v, denials %+v", tc.name, err, ran, denials)
		}
	}
}

func TestARefusedReadIsHandedOn(t *testing.T) {
	var denials []Denial
	m := New(Config{Policy: policy(t), OnDenied: func(_ context.Context, d Denial) { denials = append(denials, d) }})
	ctx := With(t.Context(), archivist())
	if err := m.Read(ctx, "file 1", Label{Level: 2, Grounds: []string{"personal"}}); err != nil {
		t.Error(err)
	}
	if err := m.Read(ctx, "file 2", Label{Level: 3}); !errors.Is(err, ErrRestricted) {
		t.Error(err)
	}
	if err := m.Read(t.Context(), "file 3", Label{}); !errors.Is(err, ErrNoIdentity) {
		t.Error(err)
	}
	if len(denials) != 2 || denials[0].Identity.Actor != "person:7" || m.Denied() != 2 {
		t.Errorf("%+v", denials)
	}
}

func TestCallsGoOutUnderTheRightName(t *testing.T) {
	c, key := newClock(), newKey(t)
	v := NewVerifier(c.now, Key{Gateway, public(key)})
	creds := NewCredentials(NewIssuer(Gateway, key, 0, c.now), Identity{
		Actor: "service:gateway", Roles: []Role{Service}, Clearance: Scope{Level: 3, Grounds: []string{"bank", "personal"}},
	})
	out := func(ctx context.Context, audience string) (Identity, string) {
		md, err := creds.For(audience, false).GetRequestMetadata(ctx)
		if err != nil {
			t.Fatal(err)
		}
		token, _ := bearer(md["authorization"])
		id, err := v.Verify(token)
		if err != nil {
			t.Fatal(err)
		}
		return id, token
	}
	own, first := out(t.Context(), "catalogue")
	if own.Actor != "service:gateway" || own.OnBehalfOf != "" || !slices.Equal(own.Audience, []string{"catalogue"}) {
		t.Errorf("%+v", own)
	}
	if own.Clearance.Level != 3 || len(own.Clearance.Grounds) != 2 {
		t.Errorf("%+v", own)
	}
	asked := With(t.Context(), Identity{Actor: "person:7", Clearance: Scope{Level: 1, Grounds: []string{"personal", "medical"}}})
	if id, _ := out(asked, "catalogue"); id.OnBehalfOf != "person:7" || id.Actor != "service:gateway" ||
		id.Clearance.Level != 1 || !slices.Equal(id.Clearance.Grounds, []string{"personal"}) {
		t.Errorf("a service lends more than it may: %+v", id)
	}
	if id, _ := out(ActAs(t.Context(), archivist()), "intake"); id.Actor != "person:7" || !id.Has(Archivist) || id.Audience[0] != "intake" {
		t.Errorf("%+v", id)
	}
	elsewhere := archivist()
	elsewhere.Organisation = "talgyr-su"
	if id, _ := out(ActAs(t.Context(), elsewhere), "intake"); id.Organisation != "talgyr-su" {
		t.Errorf("a clerk of one department goes out as another's: %+v", id)
	}
	if _, again := out(t.Context(), "catalogue"); again != first {
		t.Error("minted anew without need")
	}
	c.forward(DefaultLifetime/2 + time.Second)
	if _, later := out(t.Context(), "catalogue"); later == first {
		t.Error("an old token was not renewed")
	}
	if !creds.For("x", true).RequireTransportSecurity() {
		t.Error("a token may not go over a plain network")
	}
}

// BenchmarkAdmit: one core must admit over 20,000 calls a second.
func BenchmarkAdmit(b *testing.B) {
	key := newKey(b)
	m := New(Config{Verifier: NewVerifier(time.Now, operator(key)), Policy: policy(b), Hosts: []string{"intake"}})
	ctx := incoming(mint(b, NewIssuer(Operator, key, 0, time.Now), archivist()))
	for b.Loop() {
		if _, err := m.Admit(ctx, accept); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

func BenchmarkVerifyUncached(b *testing.B) {
	key := newKey(b)
	v := NewVerifier(time.Now, operator(key))
	token := mint(b, NewIssuer(Operator, key, 0, time.Now), archivist())
	for b.Loop() {
		if _, err := v.check(token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReads(b *testing.B) {
	p := policy(b)
	for b.Loop() {
		p.Reads(Scope{2, []string{"personal"}}, Label{1, []string{"personal"}})
	}
}

func FuzzVerify(f *testing.F) {
	key := newKey(f)
	v := NewVerifier(time.Now, operator(key))
	good := mint(f, NewIssuer(Operator, key, 0, time.Now), archivist())
	f.Add(good)
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		if id, err := v.Verify(token); err == nil && token != good {
			t.Errorf("%q passed as %+v", token, id)
		}
	})
}
