// Package module is the life of a service inside a process: started with the others,
// asked whether it is ready, stopped in reverse order within a bound.
//
// Which modules run is a list, so that "everything in one process" and "one service
// alone" are the same code with another list.
package module

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
)

// StopTimeout is how long one module may take to stop before the next one's turn.
const StopTimeout = 15 * time.Second

// Module is one service, or a part of the platform that runs beside them.
type Module interface {
	// Name is short and unique in the process: "intake", "bus".
	Name() string
	// Register adds the module's gRPC services; called once, before Run.
	Register(grpc.ServiceRegistrar)
	// Run works until ctx ends, then puts everything in order and returns nil. Any other
	// return is a failure that stops the process. It is called once.
	Run(ctx context.Context) error
	// Ready is nil when the module can do its work now; otherwise it says what is missing.
	// It is quick and may be called at any time, also before Run.
	Ready() error
}

type running struct {
	Module
	stop context.CancelFunc
	done chan struct{} // closed when err is set
	err  error
}

// Run starts the modules in order and waits until ctx ends or one of them fails; then it
// stops them in reverse order, each after the one before has stopped or has used up
// StopTimeout. A later module may thus rely on an earlier one for its whole life. It
// returns nil when all ended in order, otherwise every failure with its module's name.
func Run(ctx context.Context, log *slog.Logger, modules ...Module) error {
	names := make(map[string]bool, len(modules))
	for _, m := range modules {
		if names[m.Name()] {
			return fmt.Errorf("module %s is there twice", m.Name())
		}
		names[m.Name()] = true
	}
	// The modules' contexts do not end with ctx: each ends at its own turn.
	base := context.WithoutCancel(ctx)
	first := make(chan *running, len(modules))
	all := make([]*running, len(modules))
	for i, m := range modules {
		own, stop := context.WithCancel(base)
		r := &running{Module: m, stop: stop, done: make(chan struct{})}
		all[i] = r
		go func() {
			r.err = guarded(own, m)
			if r.err == nil && own.Err() == nil {
				r.err = errors.New("ended although nobody stopped it")
			}
			close(r.done)
			first <- r
		}()
		log.InfoContext(ctx, "module started", "module", m.Name())
	}
	select {
	case <-ctx.Done():
		log.InfoContext(ctx, "stopping", "cause", context.Cause(ctx))
	case r := <-first:
		log.ErrorContext(ctx, "module failed, stopping the others", "module", r.Name(), "error", r.err)
	}
	return stopAll(base, log, all)
}

func stopAll(ctx context.Context, log *slog.Logger, all []*running) error {
	var failures []error
	for i := len(all) - 1; i >= 0; i-- {
		r := all[i]
		r.stop()
		timeout := time.NewTimer(StopTimeout)
		select {
		case <-r.done:
			if r.err != nil {
				failures = append(failures, fmt.Errorf("module %s: %w", r.Name(), r.err))
			}
			log.InfoContext(ctx, "module stopped", "module", r.Name())
		case <-timeout.C:
			err := fmt.Errorf("module %s did not stop in %v", r.Name(), StopTimeout)
			log.ErrorContext(ctx, "module left behind", "module", r.Name(), "error", err)
			failures = append(failures, err)
		}
		timeout.Stop()
	}
	return errors.Join(failures...)
}

// guarded turns a panic into a failure, so that the other modules still stop in order.
func guarded(ctx context.Context, m Module) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return m.Run(ctx)
}
