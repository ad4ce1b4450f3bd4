package serve_test

import (
	"bytes"
	"sync"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/qoyma/qoyma/services/platform/serve"
)

// TestARawMessageIsTheSameOnTheWire sends each kind of message to the other.
func TestARawMessageIsTheSameOnTheWire(t *testing.T) {
	message := wrapperspb.Bytes(bytes.Repeat([]byte("x"), 5000))
	encoded, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]any{"protobuf": message, "raw": &serve.Raw{Data: mem.BufferSlice{mem.SliceBuffer(encoded[:100]), mem.SliceBuffer(encoded[100:])}}} {
		data, err := serve.Codec{}.Marshal(m)
		if err != nil || !bytes.Equal(data.Materialize(), encoded) {
			t.Errorf("%s: other bytes, %v", name, err)
		}
		var raw serve.Raw
		if err := (serve.Codec{}).Unmarshal(data, &raw); err != nil || !bytes.Equal(raw.Data.Materialize(), encoded) {
			t.Errorf("%s to raw: %v", name, err)
		}
		got := new(wrapperspb.BytesValue)
		if err := (serve.Codec{}).Unmarshal(data, got); err != nil || !proto.Equal(got, message) {
			t.Errorf("%s to protobuf: %v", name, err)
		}
	}
	if err := (serve.Codec{}).Unmarshal(mem.BufferSlice{mem.SliceBuffer("\xff")}, message); err == nil {
		t.Error("no message is taken for one")
	}
}

// TestReceivedBytesAreHeld: the connection gives up its own hold once the message was read.
func TestReceivedBytesAreHeld(t *testing.T) {
	buffer := serve.Buffers.Get(5000)
	copy(*buffer, "held")
	data := mem.BufferSlice{mem.NewBuffer(buffer, serve.Buffers)}
	var raw serve.Raw
	if err := (serve.Codec{}).Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	data.Free()
	if got := raw.Data[0].ReadOnlyData(); string(got[:4]) != "held" {
		t.Errorf("%q", got[:4])
	}
	raw.Data.Free()
}

// TestABufferHasOneOwner passes buffers around; the race detector sees who touches one that he gave back.
func TestABufferHasOneOwner(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range 5000 {
				b := serve.Buffers.Get(1 + n%600)
				(*b)[0]++
				serve.Buffers.Put(b)
			}
		})
	}
	wg.Wait()
}

func TestBuffersHaveTheLengthThatIsAskedFor(t *testing.T) {
	for _, length := range []int{0, 1, 4096, 4097, 16 << 10, 1 << 20, 1<<20 + 1} {
		for range 3 {
			b := serve.Buffers.Get(length)
			if len(*b) != length {
				t.Fatalf("%d of %d", len(*b), length)
			}
			*b = (*b)[:length/2] // as whoever filled only so much
			serve.Buffers.Put(b)
		}
	}
	stranger := make([]byte, 4097)
	serve.Buffers.Put(&stranger) // of no size of ours: it is the collector's
	if b := serve.Buffers.Get(4097); cap(*b) == 4097 {
		t.Error("a stranger came back")
	}
}
