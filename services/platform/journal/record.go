// Package journal is the event log of a service: at once its outbox, its audit trail, its
// verifiable log and its replication source.
//
// This package knows the envelope, the hash tree, checkpoints and sealing; it decides
// nothing about when things are written. Package store commits events together with the
// state that follows from them, relay publishes them, follow reads those of others, and
// journalapi opens them over gRPC.
//
// Where it lies in a service's bbolt file:
//
//	journal  seq (8 bytes, big endian)            → Entry, exactly the bytes that were hashed
//	refs     type 0 id 0 seq                      → nothing: the timeline of an object
//	tree     stored hash index (8 bytes)          → 32 bytes, in the order of sumdb/tlog
//	keys     type 0 id                            → slot in the key file, 0x01 once destroyed
package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
)

// MaxBody is the largest body, open and sealed together, in bytes. What is larger is a bulk
// act and writes several events.
const MaxBody = 256 << 10

// Ref names an object by type and identifier.
type Ref struct{ Type, ID string }

// String is the form people type: "transfer/2026-1".
func (r Ref) String() string { return r.Type + "/" + r.ID }

// ParseRef reads the form that String writes; ok is false where either part is missing.
func ParseRef(s string) (r Ref, ok bool) {
	r.Type, r.ID, _ = strings.Cut(s, "/")
	if !r.Valid() {
		return Ref{}, false
	}
	return r, true
}

// Valid tells whether both parts are there and without the zero byte that divides them in an
// index.
func (r Ref) Valid() bool {
	return r.Type != "" && r.ID != "" && strings.IndexByte(r.Type, 0) < 0 && strings.IndexByte(r.ID, 0) < 0
}

// Proto is the ref as the envelope carries it.
func (r Ref) Proto() *journalv1.Ref { return &journalv1.Ref{Type: r.Type, Id: r.ID} }

// RefOf reads a ref of the envelope; nil gives the zero Ref.
func RefOf(r *journalv1.Ref) Ref { return Ref{Type: r.GetType(), ID: r.GetId()} }

// Key is the ref as an index key: type 0 id.
func (r Ref) Key() []byte {
	key := make([]byte, 0, len(r.Type)+1+len(r.ID))
	key = append(key, r.Type...)
	key = append(key, 0)
	return append(key, r.ID...)
}

// SeqKey is an event number as a key in time order.
func SeqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// Record is one decoded event. Everything in it is a copy: it outlives the transaction.
type Record struct {
	Entry  *journalv1.Entry
	Header *journalv1.Header
}

// Decode reads an entry's header and checks what must hold of any entry.
func Decode(e *journalv1.Entry) (*Record, error) {
	h := new(journalv1.Header)
	if err := proto.Unmarshal(e.GetHeader(), h); err != nil {
		return nil, fmt.Errorf("journal: header: %w", err)
	}
	switch {
	case h.GetSeq() == 0 || h.GetEpoch() == 0:
		return nil, fmt.Errorf("journal: entry without epoch or seq")
	case h.GetTransaction() == 0 || h.GetTransaction() > h.GetSeq():
		return nil, fmt.Errorf("journal: event %d: transaction %d is not before it", h.GetSeq(), h.GetTransaction())
	case len(h.GetRefs()) == 0 || !RefOf(h.GetRefs()[0]).Valid():
		return nil, fmt.Errorf("journal: event %d: no object", h.GetSeq())
	case h.GetBodyType() == "":
		return nil, fmt.Errorf("journal: event %d: no body type", h.GetSeq())
	case len(e.GetSalt()) != saltSize:
		return nil, fmt.Errorf("journal: event %d: salt of %d bytes", h.GetSeq(), len(e.GetSalt()))
	case (h.GetSealedKey() == 0) != (len(e.GetSealed()) == 0) || (h.GetSealedType() == "") != (h.GetSealedKey() == 0):
		return nil, fmt.Errorf("journal: event %d: sealed body, type and key do not go together", h.GetSeq())
	}
	return &Record{Entry: e, Header: h}, nil
}

// DecodeBytes reads an entry as it is stored. The bytes are copied.
func DecodeBytes(stored []byte) (*Record, error) {
	e := new(journalv1.Entry)
	if err := proto.Unmarshal(stored, e); err != nil {
		return nil, fmt.Errorf("journal: entry: %w", err)
	}
	return Decode(e)
}

// Seq is the event's number in its journal.
func (r *Record) Seq() uint64 { return r.Header.GetSeq() }

// Time is when it was recorded, UTC.
func (r *Record) Time() time.Time { return r.Header.GetRecordedAt().AsTime() }

// Object is what the event is about: its first ref.
func (r *Record) Object() Ref { return RefOf(r.Header.GetRefs()[0]) }

// Is tells whether the open body is of the message's type, without decoding it.
func (r *Record) Is(m proto.Message) bool {
	return r.Header.GetBodyType() == string(m.ProtoReflect().Descriptor().FullName())
}

// Body decodes the open body. A type that this program does not know is an error.
func (r *Record) Body() (proto.Message, error) {
	return decodeAs(r.Header.GetBodyType(), r.Entry.GetBody(), r.Seq())
}

// SealedLabel says who may read the sealed body; where the header does not say, level 2 with the
// ground "personal".
func (r *Record) SealedLabel() *journalv1.Label {
	if l := r.Header.GetSealedLabel(); l != nil {
		return l
	}
	return &journalv1.Label{Level: 2, Grounds: []string{"personal"}}
}

// Cause points to this event from another journal.
func (r *Record) Cause() *journalv1.Cause {
	return &journalv1.Cause{Service: r.Header.GetService(), Epoch: r.Header.GetEpoch(), Seq: r.Seq()}
}

func decodeAs(name string, body []byte, seq uint64) (proto.Message, error) {
	typ, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		return nil, fmt.Errorf("journal: event %d: body %s: %w", seq, name, err)
	}
	m := typ.New().Interface()
	if err := proto.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("journal: event %d: body %s: %w", seq, name, err)
	}
	return m, nil
}

const saltSize = 16

// BodyDigest is SHA-256(salt || SHA-256(body) || SHA-256(sealed)): all that a proof shows
// of the content.
func BodyDigest(e *journalv1.Entry) [32]byte {
	var buf [saltSize + 2*sha256.Size]byte
	body, sealed := sha256.Sum256(e.GetBody()), sha256.Sum256(e.GetSealed())
	n := copy(buf[:], e.GetSalt())
	n += copy(buf[n:], body[:])
	n += copy(buf[n:], sealed[:])
	return sha256.Sum256(buf[:n])
}

// LeafHash is the entry's leaf in the tree: the RFC 6962 §2.1 leaf hash of
// header || BodyDigest.
func LeafHash(e *journalv1.Entry) tlog.Hash { return LeafOf(e.GetHeader(), BodyDigest(e)) }

// LeafOf computes a leaf from a header and a body digest, as a verifier does who was not
// shown the body.
func LeafOf(header []byte, digest [32]byte) tlog.Hash {
	data := make([]byte, 0, len(header)+len(digest))
	data = append(append(data, header...), digest[:]...)
	return tlog.RecordHash(data)
}
