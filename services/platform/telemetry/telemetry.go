// Package telemetry is how a process tells what it does: traces through calls and events,
// metrics for Prometheus, log lines that carry the trace's id.
//
// Without a collector (OTEL_EXPORTER_OTLP_ENDPOINT unset) nothing is sampled and nothing
// is sent, but ids are still made and passed on, so that the log lines of one act can be
// found in every service.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// sampled is the share of new traces that go to a collector. Every call of a sampled one
// costs 15–45 % of its rate, so it is small; OTEL_TRACES_SAMPLER and its argument override.
const sampled = 0.05

// Config of a process's telemetry.
type Config struct {
	Process string    // the process's name for the collector: "qoyma"
	Version string    // of the program
	Output  io.Writer // of the log
	JSON    bool      // log lines as JSON; else as text
	Level   slog.Leveler
}

// Telemetry holds a process's providers. Make one for a process, Shutdown at its end.
type Telemetry struct {
	log      slog.Handler
	traces   *sdktrace.TracerProvider
	metrics  *sdkmetric.MeterProvider
	registry *prometheus.Registry
}

// New makes the providers and reads the standard OTEL_… variables. It changes nothing
// global; Install does.
func New(ctx context.Context, cfg Config) (*Telemetry, error) {
	about, err := resource.Merge(resource.Default(), resource.NewSchemaless(
		attribute.String("service.name", cfg.Process), attribute.String("service.version", cfg.Version)))
	if err != nil {
		return nil, fmt.Errorf("telemetry resource: %w", err)
	}
	traces, err := tracing(ctx, about)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	exporter, err := promexporter.New(promexporter.WithRegisterer(registry))
	if err == nil {
		err = errors.Join(registry.Register(collectors.NewGoCollector()),
			registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("metrics: %w", err), traces.Shutdown(ctx))
	}
	return &Telemetry{
		log: traced{handler(cfg)}, traces: traces, registry: registry,
		metrics: sdkmetric.NewMeterProvider(sdkmetric.WithResource(about), sdkmetric.WithReader(exporter)),
	}, nil
}

func tracing(ctx context.Context, about *resource.Resource) (*sdktrace.TracerProvider, error) {
	opts := []sdktrace.TracerProviderOption{sdktrace.WithResource(about)}
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		return sdktrace.NewTracerProvider(append(opts, sdktrace.WithSampler(sdktrace.NeverSample()))...), nil
	}
	exporter, err := otlptracegrpc.New(ctx) // connects in the background
	if err != nil {
		return nil, fmt.Errorf("trace exporter: %w", err)
	}
	if os.Getenv("OTEL_TRACES_SAMPLER") == "" {
		opts = append(opts, sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(sampled))))
	}
	return sdktrace.NewTracerProvider(append(opts, sdktrace.WithBatcher(exporter))...), nil
}

// Install makes this the process's telemetry for libraries that ask globally (otelgrpc);
// main calls it once, tests do not.
func (t *Telemetry) Install() {
	otel.SetTracerProvider(t.traces)
	otel.SetMeterProvider(t.metrics)
	otel.SetTextMapPropagator(propagator)
	log := t.Logger("telemetry")
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("telemetry", "error", err) }))
}

// Logger is the log of one service of the process; its lines carry service, trace_id and
// span_id.
func (t *Telemetry) Logger(service string) *slog.Logger {
	return slog.New(t.log).With("service", service)
}

// Tracer makes spans for one package of ours.
func (t *Telemetry) Tracer(name string) trace.Tracer { return t.traces.Tracer(name) }

// Meter makes instruments for one package of ours.
func (t *Telemetry) Meter(name string) metric.Meter { return t.metrics.Meter(name) }

// Registry takes collectors that are written for Prometheus directly.
func (t *Telemetry) Registry() prometheus.Registerer { return t.registry }

// Metrics answers /metrics.
func (t *Telemetry) Metrics() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}

// Shutdown sends what is waiting, until ctx ends.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	return errors.Join(t.traces.Shutdown(ctx), t.metrics.Shutdown(ctx))
}

// propagator is W3C Trace Context alone: baggage would carry strangers' data inward.
var propagator = propagation.TraceContext{}
