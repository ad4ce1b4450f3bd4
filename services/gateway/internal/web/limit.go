package web

import (
	"net/netip"
	"sync"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Rate is how often one address may do something: Burst times at once, then once in Every.
type Rate struct {
	Burst int
	Every time.Duration
}

var tooMany = fault.Define(fault.Exhausted, "gateway.too_many_requests",
	"too many requests came from your address; try again in {seconds} seconds",
	"с вашего адреса пришло слишком много запросов; повторите через {seconds} с",
	"мекенжайыңыздан тым көп сұрау салу келді; {seconds} секундтан кейін қайталаңыз")

// Limit bounds how often one address may use a route, named by its pattern ("POST /sign-in").
func (s *Site) Limit(pattern string, r Rate) {
	s.limits[pattern] = &limiter{rate: r, full: map[netip.Prefix]time.Time{}}
}

// limiter keeps for each address the moment when its bucket will be full again: one number
// tells how many drops are in it.
type limiter struct {
	rate Rate
	mu   sync.Mutex
	full map[netip.Prefix]time.Time
}

// addresses remembered at once, some 60 bytes each.
const addresses = 1 << 16

// take gives how long to wait; 0 where the request is admitted. Addresses of IPv6 count together by
// /64, which is what one subscriber has.
func (l *limiter) take(from netip.Addr, now time.Time) time.Duration {
	bits := from.BitLen()
	if from.Is6() {
		bits = 64
	}
	key, err := from.Prefix(bits)
	if err != nil {
		key = netip.Prefix{} // a unix socket: all of them together
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.rate.Every)
	if wait := full.Sub(now) - time.Duration(l.rate.Burst)*l.rate.Every; wait > 0 {
		return wait
	}
	if _, known := l.full[key]; !known && len(l.full) >= addresses {
		l.forget(now)
	}
	l.full[key] = full
	return 0
}

func (l *limiter) forget(now time.Time) {
	for key, full := range l.full {
		if full.Before(now) {
			delete(l.full, key)
		}
	}
	if len(l.full) >= addresses { // a flood from everywhere: begin again
		clear(l.full)
	}
}
