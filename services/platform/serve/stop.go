package serve

import (
	"context"
	"net"
	"time"
)

type stoppingKey struct{}

// UntilStop is the context of a request that lasts for as long as somebody looks: it ends with
// the request, after a time, or as soon as the server begins to stop, which would otherwise wait
// for it.
func UntilStop(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	bound, cancel := context.WithTimeout(ctx, most)
	stopping, ok := ctx.Value(stoppingKey{}).(context.Context)
	if !ok {
		return bound, cancel
	}
	unhook := context.AfterFunc(stopping, cancel)
	return bound, func() {
		unhook()
		cancel()
	}
}

// tellStop lets requests know when the server begins to stop.
func (h *HTTP) tellStop() {
	stopping, stop := context.WithCancel(context.Background())
	h.server.BaseContext = func(net.Listener) context.Context {
		return context.WithValue(context.Background(), stoppingKey{}, stopping)
	}
	h.server.RegisterOnShutdown(stop)
}
