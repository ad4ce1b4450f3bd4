package serve_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/qoyma/qoyma/services/platform/serve"
)

// TestAStreamEndsWhenTheServerStops keeps a request open that would last an hour.
func TestAStreamEndsWhenTheServerStops(t *testing.T) {
	h, err := serve.NewHTTP(serve.HTTPConfig{Address: "127.0.0.1:0", StopTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	h.Handle("GET /watch", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := serve.UntilStop(r.Context(), time.Hour)
		defer cancel()
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-ctx.Done()
		_, _ = io.WriteString(w, "ended")
	}))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.Addr().String()+"/watch", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	began := time.Now()
	stop()
	if raw, err := io.ReadAll(res.Body); err != nil || string(raw) != "ended" {
		t.Errorf("%q, %v", raw, err)
	}
	if err := <-done; err != nil || time.Since(began) > 30*time.Second {
		t.Errorf("stopped after %v: %v", time.Since(began), err)
	}
	// Outside of such a server only the time bounds it.
	bound, cancel := serve.UntilStop(t.Context(), time.Nanosecond)
	defer cancel()
	<-bound.Done()
}
