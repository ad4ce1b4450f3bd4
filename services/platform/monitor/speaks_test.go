package monitor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// TestAKeySpeaksForItsOwnerAlone: whoever breaks into one service becomes neither another nor a
// person.
func TestAKeySpeaksForItsOwnerAlone(t *testing.T) {
	c := newClock()
	owners := []string{Operator, Gateway, "intake", "reference"}
	issuers := make(map[string]*Issuer)
	var keys []Key
	for _, owner := range owners {
		old, current := newKey(t), newKey(t) // the old one is still trusted
		keys = append(keys, Key{owner, public(old)}, Key{owner, public(current)})
		issuers[owner], issuers[owner+" (old)"] = NewIssuer(owner, current, 0, c.now), NewIssuer(owner, old, 0, c.now)
	}
	v := NewVerifier(c.now, keys...)
	for _, row := range []struct {
		actor   string
		role    Role
		allowed map[string]bool
	}{
		{"person:7", Archivist, map[string]bool{Operator: true, Gateway: true}},
		{"person:7", Service, nil},
		{"person:", Archivist, nil},
		{"service:gateway", Service, map[string]bool{Gateway: true}},
		{"service:gateway", Administrator, nil},
		{"service:intake", Service, map[string]bool{"intake": true}},
		{"service:intake", Archivist, nil},
		{"service:reference", Service, map[string]bool{"reference": true}},
		{"service:operator", Service, nil},
		{"service:", Service, nil},
		{"intake", Service, nil},
		{"Person:7", Archivist, nil},
	} {
		for _, owner := range owners {
			for _, key := range []string{owner, owner + " (old)"} {
				id := Identity{Actor: row.actor, Roles: []Role{row.role}, Audience: []string{"intake"}}
				token := mint(t, issuers[key], id)
				for range 2 { // the second time perhaps from the cache
					got, err := v.Verify(token)
					if want := row.allowed[owner]; want != (err == nil) || err != nil && !errors.Is(err, ErrBadIdentity) || want && got.Actor != row.actor {
						t.Errorf("the key of %s signed %s as %s: %+v, %v", key, row.actor, row.role, got, err)
					}
				}
			}
		}
	}
}

// over is a call that came over a road with this security.
func over(ctx context.Context, security credentials.AuthInfo) context.Context {
	return peer.NewContext(ctx, &peer.Peer{Addr: &net.TCPAddr{}, AuthInfo: security})
}

func withCertificate(name string) credentials.TLSInfo {
	leaf := &x509.Certificate{Subject: pkix.Name{CommonName: name}}
	return credentials.TLSInfo{State: tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{leaf}}}}
}

// TestATokenIsBoundToTheCertificate: a stolen one is no good over another's certificate.
func TestATokenIsBoundToTheCertificate(t *testing.T) {
	keys, issuers := []Key{}, map[string]*Issuer{}
	for _, owner := range []string{Operator, Gateway, "catalogue"} {
		key := newKey(t)
		keys, issuers[owner] = append(keys, Key{owner, public(key)}), NewIssuer(owner, key, 0, time.Now)
	}
	m := New(Config{Verifier: NewVerifier(time.Now, keys...), Policy: policy(t), Hosts: []string{"intake"}})
	for _, row := range []struct {
		signer, actor string
		role          Role
		security      credentials.AuthInfo
		want          error
	}{
		{"catalogue", "service:catalogue", Service, nil, nil}, // memory, unix sockets, a closed network
		{"catalogue", "service:catalogue", Service, withCertificate("catalogue"), nil},
		{"catalogue", "service:catalogue", Service, withCertificate("reference"), ErrBadIdentity},
		{"catalogue", "service:catalogue", Service, withCertificate(Gateway), ErrBadIdentity},
		{"catalogue", "service:catalogue", Service, withCertificate(Operator), ErrBadIdentity},
		{"catalogue", "service:catalogue", Service, withCertificate(""), ErrBadIdentity},
		{"catalogue", "service:catalogue", Service, credentials.TLSInfo{}, ErrBadIdentity}, // nobody verified it
		{Operator, "person:7", Archivist, nil, nil},
		{Operator, "person:7", Archivist, withCertificate(Operator), nil},
		{Operator, "person:7", Archivist, withCertificate(Gateway), nil},
		{Gateway, "person:7", Archivist, withCertificate(Gateway), nil},
		{Gateway, "person:7", Archivist, withCertificate("catalogue"), ErrBadIdentity},
		{Gateway, "service:gateway", Service, withCertificate(Gateway), nil},
		{Gateway, "service:gateway", Service, withCertificate(Operator), ErrBadIdentity},
	} {
		token := mint(t, issuers[row.signer], Identity{Actor: row.actor, Roles: []Role{row.role}, Audience: []string{"intake"}})
		_, err := m.Admit(over(incoming(token), row.security), list)
		if !errors.Is(err, row.want) || row.want == nil && err != nil {
			t.Errorf("%s over %+v: %v", row.actor, row.security, err)
		}
	}
}
