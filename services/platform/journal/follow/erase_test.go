package follow_test

import (
	"bytes"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/relay"
	"github.com/qoyma/qoyma/services/platform/store"
)

// TestAnErasureReachesTheStream destroys a key and reads the stream's own message: it never held
// the content in clear, nothing opens it any more, and its leaf is still the one in the tree.
func TestAnErasureReachesTheStream(t *testing.T) {
	const secret = "Жұмабекова Сәуле"
	w := newWorld(t)
	w.start("mirror")
	w.start("writer")
	w.eventually("the writer is ready", func() bool { return w.writer.Ready() == nil })
	object := journal.Ref{Type: "transfer", ID: "2026-1"}
	records, err := w.writer.Do(t.Context(), command(store.Event{
		Refs: []journal.Ref{object}, Body: &intakev1.ContactNamed{TransferId: object.ID}, Sealed: &intakev1.Contact{Name: secret},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if m, err := w.writer.Keys().Unseal(records[0]); err != nil || m.(*intakev1.Contact).GetName() != secret {
		t.Fatalf("before the erasure it must be readable: %v, %v", m, err)
	}
	if _, err := w.writer.Erase(t.Context(), command(), object, "consent withdrawn"); err != nil {
		t.Fatal(err)
	}
	w.register("after", 3)
	w.eventually("relayed", func() bool { relayed, _ := w.writer.relay.Status(); return relayed == w.writer.Head().Seq })
	stream, err := w.bus.JetStream().Stream(t.Context(), relay.StreamName(archive, "writer"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := stream.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw.Data, []byte(secret)) {
		t.Error("the stream holds the content in clear")
	}
	pack, err := relay.ReadPack(raw.Data)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := journal.Decode(pack.GetEntries()[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.writer.Keys().Unseal(sent); !errors.Is(err, journal.Erased) {
		t.Errorf("the stream's copy must be unreadable, got %v", err)
	}
	kept, proof, err := w.writer.Inclusion(1, w.writer.Head().Seq)
	if err != nil || len(proof) == 0 {
		t.Fatalf("the event must still be proven: %v", err)
	}
	if !proto.Equal(kept.Entry, sent.Entry) || journal.LeafHash(kept.Entry) != journal.LeafHash(sent.Entry) {
		t.Error("the stream's entry is not the one in the tree")
	}
	whole(t, w.writer.Store, w.mirror.Store)
}
