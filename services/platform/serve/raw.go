package serve

import (
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec that Codec stands on
	"google.golang.org/grpc/mem"
)

// Raw is a message whose bytes one end of a stream lays out or reads itself, as protobuf would: content that
// goes through protobuf's own code is copied on each side once more, which costs as much as hashing it.
type Raw struct {
	// Data is the message. Sent, it is the connection's from then on; received, it is the receiver's, who
	// frees it.
	Data mem.BufferSlice
}

// Codec is protobuf's codec, and lets a Raw through as it is. Servers have it; a client that sends a Raw
// gives it with the call (grpc.ForceCodecV2).
type Codec struct{}

// protobuf is what everything else goes through.
var protobuf = encoding.GetCodecV2("proto")

// Name implements encoding.CodecV2: on the wire there is no difference.
func (Codec) Name() string { return protobuf.Name() }

// Marshal implements encoding.CodecV2.
func (Codec) Marshal(v any) (mem.BufferSlice, error) {
	if raw, ok := v.(*Raw); ok {
		return raw.Data, nil
	}
	return protobuf.Marshal(v)
}

// Unmarshal implements encoding.CodecV2.
func (Codec) Unmarshal(data mem.BufferSlice, v any) error {
	raw, ok := v.(*Raw)
	if !ok {
		return protobuf.Unmarshal(data, v)
	}
	data.Ref()
	raw.Data = data
	return nil
}
