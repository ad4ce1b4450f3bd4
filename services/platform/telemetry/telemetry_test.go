package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/platform/telemetry"
)

func start(t *testing.T, output io.Writer) *telemetry.Telemetry {
	t.Helper()
	tel, err := telemetry.New(t.Context(), telemetry.Config{Process: "qoyma", Version: "test", Output: output, JSON: true, Level: slog.LevelInfo})
	if err != nil {
		t.Fatal(err)
	}
	return tel
}

func TestLinesCarryTheTraceThoughNothingIsSampled(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	var out bytes.Buffer
	tel := start(t, &out)
	ctx, span := tel.Tracer("test").Start(t.Context(), "act")
	defer span.End()
	if span.IsRecording() {
		t.Error("sampled without a collector")
	}
	tel.Logger("intake").With("file", 7).InfoContext(ctx, "done")
	tel.Logger("intake").Debug("too fine")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if line["service"] != "intake" || line["trace_id"] != span.SpanContext().TraceID().String() || line["span_id"] == "" || line["file"] != 7.0 {
		t.Errorf("%v", line)
	}
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestATraceTravelsInAField(t *testing.T) {
	tel := start(t, io.Discard)
	defer func() { _ = tel.Shutdown(context.Background()) }()
	ctx, span := tel.Tracer("test").Start(t.Context(), "act")
	defer span.End()
	want := span.SpanContext().TraceID()
	field := telemetry.Traceparent(ctx)
	if got := trace.SpanContextFromContext(telemetry.WithTraceparent(t.Context(), field)); got.TraceID() != want || !got.IsRemote() {
		t.Errorf("field: %v", got)
	}
	child, childSpan := tel.Tracer("test").Start(telemetry.WithTraceparent(t.Context(), field), "reaction")
	defer childSpan.End()
	if trace.SpanContextFromContext(child).TraceID() != want {
		t.Error("the reaction has another trace")
	}
	for _, bad := range []string{"", "nonsense", "00-00000000000000000000000000000000-0000000000000000-01", strings.Repeat("0", 10_000)} {
		if got := trace.SpanContextFromContext(telemetry.WithTraceparent(t.Context(), bad)); got.IsValid() {
			t.Errorf("%.60q gave %v", bad, got)
		}
	}
	if telemetry.Traceparent(t.Context()) != "" {
		t.Error("a trace out of nothing")
	}
}

func TestMetricsAreThere(t *testing.T) {
	tel := start(t, io.Discard)
	defer func() { _ = tel.Shutdown(context.Background()) }()
	counter, err := tel.Meter("test").Int64Counter("qoyma.accessions")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 3)
	answer := httptest.NewRecorder()
	tel.Metrics().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	for _, part := range []string{"qoyma_accessions_total", "} 3", "go_goroutines", "process_resident_memory_bytes"} {
		if !strings.Contains(answer.Body.String(), part) {
			t.Errorf("/metrics lacks %s:\n%.2000s", part, answer.Body.String())
		}
	}
}

// collecting stands in for a collector on the other side of the wire.
type collecting struct {
	collector.UnimplementedTraceServiceServer
	got chan string
}

func (c collecting) Export(_ context.Context, r *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	for _, resource := range r.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.got <- span.GetName()
			}
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

func TestWithACollectorSampledTracesArrive(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := collecting{got: make(chan string, 10)}
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, c)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+listener.Addr().String())
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_always_on")
	tel := start(t, io.Discard)
	_, span := tel.Tracer("test").Start(t.Context(), "accept transfer")
	span.End()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := tel.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case name := <-c.got:
		if name != "accept transfer" {
			t.Errorf("got %q", name)
		}
	default:
		t.Error("nothing arrived before Shutdown returned")
	}
}
