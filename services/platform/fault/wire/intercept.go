package wire

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// UnaryServer maps what a handler returns to a status, and logs what is our own mistake
// with its whole chain, which nobody outside gets to see.
func UnaryServer(log *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		answer, err := next(ctx, req)
		if err != nil {
			return nil, outside(ctx, log, info.FullMethod, err)
		}
		return answer, nil
	}
}

// StreamServer is UnaryServer for streams.
func StreamServer(log *slog.Logger) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		if err := next(srv, stream); err != nil {
			return outside(stream.Context(), log, info.FullMethod, err)
		}
		return nil
	}
}

func outside(ctx context.Context, log *slog.Logger, method string, err error) error {
	if f := classify(err); f.Kind == fault.Internal {
		log.ErrorContext(ctx, "call failed by our own mistake", "method", method, "code", f.Code, "error", err)
	}
	return Status(err).Err()
}

// UnaryClient gives the caller faults in place of statuses.
func UnaryClient() grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		return FromError(call(ctx, method, req, reply, conn, opts...))
	}
}

// StreamClient is UnaryClient for streams; io.EOF stays io.EOF.
func StreamClient() grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		stream, err := open(ctx, desc, conn, method, opts...)
		if err != nil {
			return nil, FromError(err)
		}
		return decoding{stream}, nil
	}
}

type decoding struct{ grpc.ClientStream }

func (s decoding) RecvMsg(m any) error { return fromStream(s.ClientStream.RecvMsg(m)) }
func (s decoding) SendMsg(m any) error { return fromStream(s.ClientStream.SendMsg(m)) }
func (s decoding) CloseSend() error    { return fromStream(s.ClientStream.CloseSend()) }

func fromStream(err error) error {
	if errors.Is(err, io.EOF) {
		return err
	}
	return FromError(err)
}
