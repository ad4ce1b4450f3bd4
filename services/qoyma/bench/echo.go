package bench

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/host"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/follow"
	"github.com/qoyma/qoyma/services/platform/store"
)

// echoName is a service that exists for measuring alone: it answers each registered file with
// one event of its own and one row, which is the least that a real reaction does.
const echoName = "echo"

func echoSpec() host.Spec {
	return host.Spec{
		Name: echoName, Schema: store.Schema{Version: 1, Buckets: []store.Bucket{{Name: "seen"}}},
		Apply: func(tx *store.Tx, r *journal.Record) error {
			tx.Put("seen", []byte(r.Object().ID), journal.SeqKey(r.Seq()))
			return nil
		},
	}
}

func newEcho(p host.Process) (*host.Service, error) {
	svc, err := host.Open(p, echoSpec())
	if err != nil {
		return nil, err
	}
	opened := new(retentionv1.FileOpened)
	svc.Follow("retention", follow.Handlers{
		string(opened.ProtoReflect().Descriptor().FullName()): func(_ context.Context, r *journal.Record) (store.Decide, error) {
			body, err := r.Body()
			if err != nil {
				return nil, err
			}
			return func(*store.View, time.Time) ([]store.Event, error) {
				return []store.Event{{Refs: []journal.Ref{r.Object()}, Body: body}}, nil
			}, nil
		},
	})
	return svc, nil
}

// reached waits until the following service has as many events.
func (a *archive) reached(ctx context.Context, seq uint64) error {
	return until(ctx, func() bool { return a.echo.Store().Head().Seq >= seq })
}

// endToEnd sends commands at a steady pace and measures each until its effect in the other
// service is durable.
func (a *archive) endToEnd(ctx context.Context, perSecond int, period time.Duration) (*result, error) {
	var (
		mu     sync.Mutex
		effect = map[string]time.Time{}
		sent   = map[string]time.Time{}
		failed error
		wg     sync.WaitGroup
	)
	watching, stop := context.WithCancel(ctx)
	watched := make(chan error, 1)
	go func() {
		watched <- a.watch(watching, func(file string) {
			now := time.Now()
			mu.Lock()
			defer mu.Unlock()
			effect[file] = now
		})
	}()
	pace := time.NewTicker(time.Second / time.Duration(perSecond))
	defer pace.Stop()
	began := time.Now()
	for n := 0; time.Since(began) < period; n++ {
		select {
		case <-pace.C:
		case <-ctx.Done():
		}
		wg.Go(func() {
			start := time.Now()
			res, err := a.client.OpenFile(ctx, a.request(n))
			mu.Lock()
			defer mu.Unlock()
			sent[res.GetFile().GetFile().GetId()] = start
			failed = errors.Join(failed, err)
		})
	}
	wg.Wait()
	all := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(effect) >= len(sent)
	}
	if failed == nil {
		failed = until(ctx, all)
	}
	stop()
	if err := errors.Join(failed, <-watched); err != nil {
		return nil, err
	}
	r := &result{done: len(sent), took: time.Since(began)}
	for file, start := range sent {
		r.each = append(r.each, effect[file].Sub(start))
	}
	slices.Sort(r.each)
	return r, nil
}

// watch tells of each file when the echo's event about it has been committed.
func (a *archive) watch(ctx context.Context, seen func(file string)) error {
	st := a.echo.Store()
	for next := st.Head().Seq + 1; ; {
		head, changed := st.Wait()
		for next <= head.Seq {
			entries, _, err := st.Read(next, 256, 1<<20)
			if err != nil {
				return err
			}
			for _, e := range entries {
				r, err := journal.Decode(e)
				if err != nil {
					return err
				}
				if !r.Is((*journalv1.EventDeferred)(nil)) {
					seen(r.Object().ID)
				}
				next = r.Seq() + 1
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}
