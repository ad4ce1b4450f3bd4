package module_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/platform/module"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// part notes when it stops, and behaves as its run says.
type part struct {
	name string
	run  func(context.Context) error
	log  *journal
}

type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) note(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (p part) Name() string                   { return p.name }
func (p part) Register(grpc.ServiceRegistrar) {}
func (p part) Ready() error                   { return nil }

func (p part) Run(ctx context.Context) error {
	defer p.log.note("stopped " + p.name)
	return p.run(ctx)
}

func orderly(ctx context.Context) error { <-ctx.Done(); return nil }

func TestModulesStopInReverseOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		ctx, cancel := context.WithCancel(t.Context())
		slow := func(ctx context.Context) error { <-ctx.Done(); time.Sleep(5 * time.Second); return nil }
		done := make(chan error)
		go func() {
			done <- module.Run(ctx, quiet, part{"bus", orderly, j}, part{"intake", slow, j}, part{"server", orderly, j})
		}()
		synctest.Wait()
		if len(j.lines) != 0 {
			t.Errorf("ended early: %v", j.lines)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if want := []string{"stopped server", "stopped intake", "stopped bus"}; !slices.Equal(j.lines, want) {
			t.Errorf("order %v", j.lines)
		}
	})
}

func TestTheFirstFailureStopsAll(t *testing.T) {
	broken := errors.New("broken")
	for name, run := range map[string]func(context.Context) error{
		"error":     func(context.Context) error { return broken },
		"panic":     func(context.Context) error { panic("broken") },
		"ended":     func(context.Context) error { return nil },
		"cancelled": func(ctx context.Context) error { <-ctx.Done(); return broken },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := &journal{}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if name == "cancelled" {
					cancel()
				}
				err := module.Run(ctx, quiet, part{"bus", orderly, j}, part{"intake", run, j})
				if err == nil || !strings.HasPrefix(err.Error(), "module intake: ") || strings.Contains(err.Error(), "module bus") {
					t.Errorf("got %v", err)
				}
				if want := []string{"stopped intake", "stopped bus"}; !slices.Equal(j.lines, want) {
					t.Errorf("order %v", j.lines)
				}
			})
		})
	}
}

func TestAModuleThatHangsHoldsNobodyUpForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		hang := func(context.Context) error { <-release; return nil }
		cancel()
		start := time.Now()
		err := module.Run(ctx, quiet, part{"bus", orderly, j}, part{"intake", hang, j})
		if err == nil || !strings.Contains(err.Error(), "module intake did not stop") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != module.StopTimeout {
			t.Errorf("took %v", took)
		}
		if !slices.Equal(j.lines, []string{"stopped bus"}) {
			t.Errorf("order %v", j.lines)
		}
		close(release)
	})
}

func TestTwoModulesOfOneName(t *testing.T) {
	j := &journal{}
	if err := module.Run(t.Context(), quiet, part{"bus", orderly, j}, part{"bus", orderly, j}); err == nil {
		t.Error("accepted")
	}
}
