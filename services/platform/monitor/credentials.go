package monitor

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
)

type actKey struct{}

// ActAs makes the calls of a context go out under an identity, for the gateway, which
// knows the person. Audience and times are set by the credentials.
func ActAs(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, actKey{}, id)
}

// Credentials signs the outgoing calls of one service.
type Credentials struct {
	issuer *Issuer
	self   Identity

	mu    sync.Mutex
	kept  map[string]keptToken
	fresh time.Duration
}

type keptToken struct {
	token   string
	renewAt time.Time
}

// NewCredentials acts as self: "service:intake" with role Service. Where a call comes out
// of the handling of another, it is on behalf of that one's actor.
func NewCredentials(issuer *Issuer, self Identity) *Credentials {
	return &Credentials{issuer: issuer, self: self, kept: map[string]keptToken{}, fresh: issuer.lifetime / 2}
}

// Owner is whose key signs; over TLS the calls go out with the certificate of the same name.
func (c *Credentials) Owner() string { return c.issuer.owner }

// For is what grpc.WithPerRPCCredentials takes for a connection to one service. Where
// secure, gRPC refuses to send the token over a connection without TLS.
func (c *Credentials) For(audience string, secure bool) credentials.PerRPCCredentials {
	return perCall{c, audience, secure}
}

type perCall struct {
	from     *Credentials
	audience string
	secure   bool
}

func (p perCall) RequireTransportSecurity() bool { return p.secure }

func (p perCall) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := p.from.token(p.from.acting(ctx), p.audience)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// acting is who a call goes out as. On behalf of another, a service reads no more than
// that one may: otherwise a person could read through a service what is closed to them. A
// service that must look at everything (is there any hold?) calls ActAs its own identity.
func (c *Credentials) acting(ctx context.Context) Identity {
	if id, ok := ctx.Value(actKey{}).(Identity); ok {
		return id
	}
	id := c.self
	if cause, ok := From(ctx); ok && cause.Actor != id.Actor {
		id.OnBehalfOf = cause.Actor
		if cause.OnBehalfOf != "" {
			id.OnBehalfOf = cause.OnBehalfOf
		}
		id.Clearance = id.Clearance.Narrow(cause.Clearance)
	}
	return id
}

// keptTokens bounds the minted tokens that are remembered.
const keptTokens = 4096

// token mints, or takes what was minted in the first half of its life: minting costs about
// 25 µs.
func (c *Credentials) token(id Identity, audience string) (string, error) {
	key := cacheKey(id, audience)
	now := c.issuer.now()
	c.mu.Lock()
	kept, ok := c.kept[key]
	c.mu.Unlock()
	if ok && now.Before(kept.renewAt) {
		return kept.token, nil
	}
	id.Audience = []string{audience}
	token, _, err := c.issuer.Mint(id)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= keptTokens {
		clear(c.kept)
	}
	c.kept[key] = keptToken{token: token, renewAt: now.Add(c.fresh)}
	return token, nil
}

// cacheKey tells identities apart in everything that a token says. Each part ends with a
// mark that cannot occur inside a part, so that no two identities share a key.
func cacheKey(id Identity, audience string) string {
	var key strings.Builder
	part := func(s string) {
		key.WriteString(strings.ReplaceAll(s, "\x00", "\x00\x01"))
		key.WriteString("\x00\x02")
	}
	part(audience)
	part(id.Actor)
	part(id.OnBehalfOf)
	part(id.Organisation)
	for _, role := range slices.Sorted(slices.Values(id.Roles)) {
		part(string(role))
	}
	part("\x00")
	for _, ground := range slices.Sorted(slices.Values(id.Clearance.Grounds)) {
		part(ground)
	}
	level := id.Clearance.Level
	key.Write([]byte{byte(level >> 24), byte(level >> 16), byte(level >> 8), byte(level)})
	return key.String()
}
