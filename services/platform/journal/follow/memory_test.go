package follow_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/relay"
	"github.com/qoyma/qoyma/services/platform/store"
)

// long registers one organisation again and again, with a name of 200 KiB, until it is in the stream.
func (w *world) long(events int) {
	w.t.Helper()
	name := strings.Repeat("n", 200<<10)
	for range events {
		if _, err := w.writer.Do(w.t.Context(), store.Command{
			ID: uuid.Must(uuid.NewV7()), Name: "/test/Register", Actor: "person:test",
			Decide: func(*store.View, time.Time) ([]store.Event, error) {
				return []store.Event{{
					Refs: []journal.Ref{{Type: "organisation", ID: "long"}},
					Body: &retentionv1.OrganisationRegistered{Organisation: &recordv1.Organisation{Id: "long", Name: &recordv1.Text{Ru: name}}},
				}}, nil
			},
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	w.eventually("relayed", func() bool { relayed, _ := w.writer.relay.Status(); return relayed == w.writer.Head().Seq })
}

// TestTheBusHoldsNoneOfWhatWasPublished publishes eight blocks of a stream (8 MiB each) and looks that the server,
// which runs in this process, has given back all but the one that it writes.
func TestTheBusHoldsNoneOfWhatWasPublished(t *testing.T) {
	w := newWorld(t)
	w.start("writer")
	w.eventually("the writer is ready", func() bool { return w.writer.Ready() == nil })
	before := held()
	w.long(320)
	if grown := held() - before; grown > 20<<20 {
		t.Errorf("%d MiB are held of 62 that were published", grown>>20)
	}
}

// TestAFollowerHoldsFewMessages lets a follower stand still while 40 MiB come, in a hundred messages.
func TestAFollowerHoldsFewMessages(t *testing.T) {
	w := newWorld(t)
	w.start("mirror")
	w.start("writer")
	w.register("a", 1)
	w.same()
	var consumer *jetstream.ConsumerInfo
	asked := func() bool { // whether what the follower asked for is still to come
		stream, err := w.bus.JetStream().Stream(t.Context(), relay.StreamName(archive, "writer"))
		if err != nil {
			t.Fatal(err)
		}
		for consumer = range stream.ListConsumers(t.Context()).Info() {
			return consumer.NumWaiting > 0
		}
		return false
	}
	w.eventually("the follower reads the stream", asked)
	wait := make(chan struct{})
	handle := w.handle
	w.mu.Lock()
	w.handle = func(ctx context.Context, r *journal.Record) (store.Decide, error) {
		<-wait
		return handle(ctx, r)
	}
	w.mu.Unlock()
	w.long(200)
	w.eventually("all that was asked for has come", func() bool { return !asked() })
	if came := consumer.Delivered.Stream - w.position().GetStreamHint(); came > 9 { // one is being taken
		t.Errorf("%d messages wait to be taken", came)
	}
	close(wait)
	w.same()
}

// held is what is in use of the heap, in bytes, once pools have let go of what they keep over two collections.
func held() int64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
