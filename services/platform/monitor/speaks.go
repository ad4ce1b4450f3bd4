package monitor

import (
	"context"
	"crypto/ed25519"
	"slices"
	"strings"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// The two names that may speak for people.
const (
	// Gateway signs the people who have signed in there.
	Gateway = "gateway"
	// Operator is whoever administers the machine: login tokens and commands beside the data.
	Operator = "operator"
)

// Key is a public key and whose it is: a service's name, or Operator. Several keys may have one
// owner, so that a key can be replaced while old tokens run out.
type Key struct {
	Owner  string
	Public ed25519.PublicKey
}

// speaksFor tells whether the holder of a key, or of a certificate, may say that somebody acts.
// A service speaks for itself alone: whoever breaks into one service has not become another,
// and no person (IS-7).
func speaksFor(name, actor string) bool {
	if account, person := strings.CutPrefix(actor, "person:"); person {
		return account != "" && (name == Gateway || name == Operator)
	}
	service, ok := strings.CutPrefix(actor, "service:")
	return ok && service == name && service != "" && service != Operator
}

// mayCarry tells whether an actor may have such roles: services read whole journals, so no
// person's token carries their role, whoever issued it; and a service has no other.
func mayCarry(actor string, roles []Role) bool {
	if strings.HasPrefix(actor, "service:") {
		return !slices.ContainsFunc(roles, func(r Role) bool { return r != Service })
	}
	return !slices.Contains(roles, Service)
}

// certificate is the name in the certificate with which the caller came. bound is false where the
// road has no certificates: memory, a unix socket, a closed network without TLS.
func certificate(ctx context.Context) (name string, bound bool) {
	from, ok := peer.FromContext(ctx)
	if !ok {
		return "", false
	}
	info, ok := from.AuthInfo.(credentials.TLSInfo)
	if !ok {
		return "", false
	}
	if chains := info.State.VerifiedChains; len(chains) > 0 && len(chains[0]) > 0 {
		return chains[0][0].Subject.CommonName, true
	}
	return "", true // TLS without a verified certificate vouches for nobody
}
