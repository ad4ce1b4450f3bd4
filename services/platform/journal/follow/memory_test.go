package follow_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// TestTheBusHoldsNoneOfWhatWasPublished publishes eight blocks of a stream (8 MiB each) and looks that the server,
// which runs in this process, has given back all but the one that it writes.
func TestTheBusHoldsNoneOfWhatWasPublished(t *testing.T) {
	const events, size, allowed = 320, 200 << 10, 20 << 20
	w := newWorld(t)
	w.start("writer")
	w.eventually("the writer is ready", func() bool { return w.writer.Ready() == nil })
	before := held()
	name := strings.Repeat("n", size)
	for range events {
		if _, err := w.writer.Do(t.Context(), store.Command{
			ID: uuid.Must(uuid.NewV7()), Name: "/test/Register", Actor: "person:test",
			Decide: func(*store.View, time.Time) ([]store.Event, error) {
				return []store.Event{{
					Refs: []journal.Ref{{Type: "organisation", ID: "long"}},
					Body: &retentionv1.OrganisationRegistered{Organisation: &recordv1.Organisation{Id: "long", Name: &recordv1.Text{Ru: name}}},
				}}, nil
			},
		}); err != nil {
			t.Fatal(err)
		}
	}
	w.eventually("relayed", func() bool { relayed, _ := w.writer.relay.Status(); return relayed == events })
	if grown := held() - before; grown > allowed {
		t.Errorf("%d MiB are held of %d that were published", grown>>20, events*size>>20)
	}
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
