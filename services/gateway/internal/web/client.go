package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Proxies are the reverse proxies whose word about a visitor is believed; none where the site is
// reached directly.
type Proxies []netip.Prefix

func (p Proxies) trust(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a.Unmap()) })
}

func remote(r *http.Request) netip.Addr {
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return at.Addr().Unmap()
	}
	return netip.Addr{}
}

// Client is the address that a request comes from: behind a proxy that is trusted, the last one in
// X-Forwarded-For that is none of ours. Whatever else stands there anybody could have written.
func (p Proxies) Client(r *http.Request) netip.Addr {
	at := remote(r)
	if !p.trust(at) {
		return at
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return at
		}
		if at = hop.Unmap().WithZone(""); !p.trust(at) {
			return at
		}
	}
	return at
}

// Secure tells whether nobody between the browser and us reads along.
func (p Proxies) Secure(r *http.Request) bool {
	return r.TLS != nil || p.trust(remote(r)) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// sessionCookie is the name of what a browser shows. With the prefix no other host of the domain
// and no page without TLS can set it (RFC 6265bis §4.1.3.2).
func sessionCookie(secure bool) string {
	if secure {
		return "__Host-qoyma"
	}
	return "qoyma"
}

// Session is the secret that a browser shows; empty where it shows none.
func (p Proxies) Session(r *http.Request) string {
	if c, err := r.Cookie(sessionCookie(p.Secure(r))); err == nil {
		return c.Value
	}
	return ""
}

// Client is the address that the request comes from.
func (r *Request) Client() netip.Addr { return r.site.cfg.Proxies.Client(r.Request) }

// Session is the secret that the browser shows; empty where it shows none.
func (r *Request) Session() string { return r.site.cfg.Proxies.Session(r.Request) }

// SetSession gives the browser a secret to show for a while; an empty one takes it back.
func (r *Request) SetSession(secret string, life time.Duration) {
	secure := r.site.cfg.Proxies.Secure(r.Request)
	age := int(life / time.Second)
	if secret == "" {
		age = -1
	}
	http.SetCookie(r.w, &http.Cookie{
		Name: sessionCookie(secure), Value: secret, Path: "/", MaxAge: age, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
}
