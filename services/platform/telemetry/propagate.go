package telemetry

import (
	"context"

	"github.com/nats-io/nats.go"
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

// Inject puts the context's trace into a message's header.
func Inject(ctx context.Context, header nats.Header) { propagator.Inject(ctx, carrier(header)) }

// Extract continues the trace of a message's header; where there is none, ctx is given back.
func Extract(ctx context.Context, header nats.Header) context.Context {
	return propagator.Extract(ctx, carrier(header))
}

// carrier lets the propagator work on a NATS header, whose keys keep their case.
type carrier nats.Header

// Get implements propagation.TextMapCarrier.
func (c carrier) Get(key string) string { return nats.Header(c).Get(key) }

// Set implements propagation.TextMapCarrier.
func (c carrier) Set(key, value string) { nats.Header(c).Set(key, value) }

// Keys implements propagation.TextMapCarrier.
func (c carrier) Keys() []string {
	keys := make([]string, 0, len(c))
	for key := range c {
		keys = append(keys, key)
	}
	return keys
}
