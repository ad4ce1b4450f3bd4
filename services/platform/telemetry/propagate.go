package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
)

// Traceparent is the context's trace in W3C form ("00-…-…-01"), to be kept in a field or
// a header; empty where there is none.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagator.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// WithTraceparent continues a trace that was kept; a malformed or empty one changes
// nothing.
func WithTraceparent(ctx context.Context, traceparent string) context.Context {
	return propagator.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}
