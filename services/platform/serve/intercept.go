package serve

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
)

// recoverUnary turns a panic into an error; the fault mapping outside of it logs it with
// its stack and answers a bland Internal.
func recoverUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (answer any, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, panicked(info.FullMethod, p)
		}
	}()
	return next(ctx, req)
}

func recoverStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(info.FullMethod, p)
		}
	}()
	return next(srv, stream)
}

func panicked(method string, p any) error {
	return fmt.Errorf("panic in %s: %v\n%s", method, p, debug.Stack())
}

type deadlines struct{ usual, longest, stream time.Duration }

func (d deadlines) unary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, cancel := bounded(ctx, d.usual, d.longest)
	defer cancel()
	return next(ctx, req)
}

func (d deadlines) streaming(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, cancel := bounded(stream.Context(), d.stream, d.stream)
	defer cancel()
	return next(srv, timed{stream, ctx})
}

// bounded gives a context the usual deadline where it has none, and never more than the
// longest.
func bounded(ctx context.Context, usual, longest time.Duration) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return context.WithTimeout(ctx, longest) // the earlier of the two holds
	}
	return context.WithTimeout(ctx, usual)
}

type timed struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // a stream's context is replaced only this way
}

func (s timed) Context() context.Context { return s.ctx }
