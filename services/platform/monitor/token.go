package monitor

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// DefaultLifetime of a token: short, because it cannot be taken back.
	DefaultLifetime = 5 * time.Minute
	// maxLifetime is the longest that a verifier believes.
	maxLifetime = time.Hour
	// leeway is how far two machines' clocks may differ.
	leeway = 30 * time.Second
	// maxToken bounds a token in bytes, before any work is spent on it.
	maxToken = 8 << 10
	// cacheSize bounds the verified tokens kept: about 1 KiB each.
	cacheSize = 8192
)

// claims is the token's body (RFC 7519): short names, because it travels with every call.
type claims struct {
	jwt.RegisteredClaims
	OnBehalfOf   string   `json:"obo,omitempty"`
	Roles        []Role   `json:"roles,omitempty"`
	Organisation string   `json:"org,omitempty"`
	Level        uint32   `json:"lvl,omitempty"`
	Grounds      []string `json:"grd,omitempty"`
}

// Issuer signs identities.
type Issuer struct {
	owner    string
	key      ed25519.PrivateKey
	kid      string
	lifetime time.Duration
	now      func() time.Time
}

// NewIssuer makes an issuer with the key of a service, or of Operator: what it may sign follows
// from whose key it is, and a Verifier believes nothing else. Lifetime 0 means DefaultLifetime,
// now is the clock.
func NewIssuer(owner string, key ed25519.PrivateKey, lifetime time.Duration, now func() time.Time) *Issuer {
	if lifetime <= 0 {
		lifetime = DefaultLifetime
	}
	public, _ := key.Public().(ed25519.PublicKey) // an Ed25519 key's public half is one
	return &Issuer{owner: owner, key: key, kid: keyID(public), lifetime: min(lifetime, maxLifetime), now: now}
}

// Owner is whose key signs.
func (i *Issuer) Owner() string { return i.owner }

// Mint signs an identity for its Audience from now on, and gives the moment when it ends.
func (i *Issuer) Mint(id Identity) (token string, expires time.Time, err error) {
	if id.Actor == "" || len(id.Audience) == 0 {
		return "", time.Time{}, errors.New("an identity needs an actor and an audience")
	}
	now := i.now()
	expires = now.Add(i.lifetime)
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject: id.Actor, Audience: id.Audience,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
		},
		OnBehalfOf: id.OnBehalfOf, Roles: id.Roles, Organisation: id.Organisation,
		Level: id.Clearance.Level, Grounds: id.Clearance.Grounds,
	})
	t.Header["kid"] = i.kid
	if token, err = t.SignedString(i.key); err != nil {
		return "", time.Time{}, fmt.Errorf("sign identity: %w", err)
	}
	if len(token) > maxToken {
		return "", time.Time{}, fmt.Errorf("an identity of %d bytes is too large", len(token))
	}
	return token, expires, nil
}

// Verifier checks signed identities. An Ed25519 verification costs about 60 µs, so what
// has been verified is remembered until it expires.
type Verifier struct {
	keys   map[string]Key // by key id
	parser *jwt.Parser
	now    func() time.Time

	mu    sync.RWMutex
	known map[[sha256.Size]byte]Identity
}

// NewVerifier trusts the given keys, each for what its owner may say.
func NewVerifier(now func() time.Time, keys ...Key) *Verifier {
	v := &Verifier{
		keys: make(map[string]Key, len(keys)), now: now,
		known: make(map[[sha256.Size]byte]Identity),
		parser: jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding(),
			jwt.WithLeeway(leeway), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(now)),
	}
	for _, key := range keys {
		v.keys[keyID(key.Public)] = key
	}
	return v
}

// Verify gives the identity that a token proves, whoever its audience is (the monitor
// checks that). Errors: ErrExpired, ErrBadIdentity.
func (v *Verifier) Verify(token string) (Identity, error) {
	if len(token) > maxToken {
		return Identity{}, ErrBadIdentity.With().Because(fmt.Errorf("a token of %d bytes", len(token)))
	}
	sum := sha256.Sum256([]byte(token))
	v.mu.RLock()
	id, ok := v.known[sum]
	v.mu.RUnlock()
	if ok {
		if v.now().After(id.Expires.Add(leeway)) {
			return Identity{}, ErrExpired.With()
		}
		return id, nil
	}
	id, err := v.check(token)
	if err != nil {
		return Identity{}, err
	}
	v.remember(sum, id)
	return id, nil
}

func (v *Verifier) check(token string) (Identity, error) {
	var c claims
	var owner string
	_, err := v.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		key, ok := v.keys[kid]
		if !ok {
			return nil, fmt.Errorf("signed with an unknown key %.32q", kid)
		}
		owner = key.Owner
		return key.Public, nil
	})
	if errors.Is(err, jwt.ErrTokenExpired) {
		return Identity{}, ErrExpired.With().Because(err)
	}
	if err != nil {
		return Identity{}, ErrBadIdentity.With().Because(err)
	}
	if c.Subject == "" || len(c.Audience) == 0 || c.IssuedAt == nil {
		return Identity{}, ErrBadIdentity.With().Because(errors.New("no actor, no audience or no time of issue"))
	}
	if !speaksFor(owner, c.Subject) {
		return Identity{}, ErrBadIdentity.With().Because(fmt.Errorf("the key of %s does not speak for %.40q", owner, c.Subject))
	}
	if !mayCarry(c.Subject, c.Roles) {
		return Identity{}, ErrBadIdentity.With().Because(fmt.Errorf("roles %.80v for %.40q", c.Roles, c.Subject))
	}
	if c.ExpiresAt.Sub(c.IssuedAt.Time) > maxLifetime {
		return Identity{}, ErrBadIdentity.With().Because(errors.New("a lifetime beyond what is believed"))
	}
	return Identity{
		Actor: c.Subject, OnBehalfOf: c.OnBehalfOf, Roles: c.Roles, Organisation: c.Organisation,
		Clearance: Scope{Level: c.Level, Grounds: c.Grounds}, Audience: c.Audience,
		Issued: c.IssuedAt.Time, Expires: c.ExpiresAt.Time,
	}, nil
}

// remember keeps a verified identity. When there is no room, what has expired goes first
// and then anything: it only costs another verification.
func (v *Verifier) remember(sum [sha256.Size]byte, id Identity) {
	now := v.now()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known) >= cacheSize {
		for s, old := range v.known {
			if now.After(old.Expires.Add(leeway)) {
				delete(v.known, s)
			}
		}
		for s := range v.known {
			if len(v.known) < cacheSize*3/4 {
				break
			}
			delete(v.known, s)
		}
	}
	v.known[sum] = id
}

// bearer takes the token out of an authorization header's value (RFC 6750 §2.1).
func bearer(value string) (string, bool) {
	scheme, token, ok := strings.Cut(value, " ")
	return token, ok && strings.EqualFold(scheme, "bearer") && token != ""
}
