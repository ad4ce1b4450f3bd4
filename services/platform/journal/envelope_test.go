package journal_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// frozenHeader sets every field of the header.
func frozenHeader() *journalv1.Header {
	return &journalv1.Header{
		Archive: "kz-demo", Service: "intake", Epoch: 1, Seq: 7, Transaction: 6,
		CommandId:  []byte{0x01, 0x8f, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1},
		Command:    "/qoyma.intake.v1.IntakeService/NameContact",
		Actor:      "person:akbota",
		OnBehalfOf: "person:daniyar",
		Cause:      &journalv1.Cause{Service: "retention", Epoch: 1, Seq: 3},
		Refs:       []*journalv1.Ref{{Type: "transfer", Id: "2026-1"}, {Type: "organisation", Id: "akimat"}},
		RecordedAt: timestamppb.New(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)),
		Label:      &journalv1.Label{Level: 2, Grounds: []string{"personal"}},
		BodyType:   "qoyma.intake.v1.ContactNamed",
		SealedType: "qoyma.intake.v1.Contact",
		SealedKey:  5,
	}
}

func frozenEntry(t testing.TB) *journalv1.Entry {
	t.Helper()
	header, err := proto.MarshalOptions{Deterministic: true}.Marshal(frozenHeader())
	if err != nil {
		t.Fatal(err)
	}
	return &journalv1.Entry{
		Header: header, Salt: []byte("0123456789abcdef"), Body: []byte{0x0a, 0x06, '2', '0', '2', '6', '-', '1'},
		Sealed: []byte("nonce-------ciphertext-and-tag--"),
	}
}

// These are the worked example of README.md. They can never change: every leaf of every journal
// was computed so.
const (
	frozenHeaderHex = "0a076b7a2d64656d6f1206696e74616b651801200728063210018f00000000700080000000000000013a2a2f716f796d" +
		"612e696e74616b652e76312e496e74616b65536572766963652f4e616d65436f6e74616374420d706572736f6e3a616b" +
		"626f74614a0e706572736f6e3a64616e69796172520f0a09726574656e74696f6e100118035a120a087472616e736665" +
		"721206323032362d315a160a0c6f7267616e69736174696f6e1206616b696d6174620608908090cd066a0c0802120870" +
		"6572736f6e616c721c716f796d612e696e74616b652e76312e436f6e746163744e616d65647a17716f796d612e696e74" +
		"616b652e76312e436f6e74616374800105"
	frozenDigestHex = "933028ff0db531f7b5046df0a08369370987dce5b935a07f7fe82db57caa3913"
	frozenLeaf      = "8W1+9ijPtRVjAtXX/JBPXCZauHMHuMqLBRZmxNBrkog="
)

func TestTheEnvelopeIsFrozen(t *testing.T) {
	e := frozenEntry(t)
	if got := hex.EncodeToString(e.GetHeader()); got != frozenHeaderHex {
		t.Errorf("a header is encoded otherwise than it was:\n%s\nwas\n%s", got, frozenHeaderHex)
	}
	digest := journal.BodyDigest(e)
	if got := hex.EncodeToString(digest[:]); got != frozenDigestHex {
		t.Errorf("the digest of the bodies is %s, it was %s", got, frozenDigestHex)
	}
	if got := journal.LeafHash(e).String(); got != frozenLeaf {
		t.Errorf("the leaf is %s, it was %s", got, frozenLeaf)
	}
	raw, err := hex.DecodeString(frozenHeaderHex)
	if err != nil {
		t.Fatal(err)
	}
	h := new(journalv1.Header)
	if err := proto.Unmarshal(raw, h); err != nil || !proto.Equal(h, frozenHeader()) {
		t.Errorf("what was written then is read otherwise now: %v, %v", h, err)
	}
}

// TestNoFieldOfTheEnvelopeIsChanged compares every field's number, name and type. A new field is
// added to this list; a line that is here is never changed or taken away.
func TestNoFieldOfTheEnvelopeIsChanged(t *testing.T) {
	want := `
Entry 1 header bytes
Entry 2 salt bytes
Entry 3 body bytes
Entry 4 sealed bytes
Header 1 archive string
Header 2 service string
Header 3 epoch uint64
Header 4 seq uint64
Header 5 transaction uint64
Header 6 command_id bytes
Header 7 command string
Header 8 actor string
Header 9 on_behalf_of string
Header 10 cause qoyma.journal.v1.Cause
Header 11 refs repeated qoyma.journal.v1.Ref
Header 12 recorded_at google.protobuf.Timestamp
Header 13 label qoyma.journal.v1.Label
Header 14 body_type string
Header 15 sealed_type string
Header 16 sealed_key uint64
Header 17 sealed_label qoyma.journal.v1.Label
Cause 1 service string
Cause 2 epoch uint64
Cause 3 seq uint64
Ref 1 type string
Ref 2 id string
Label 1 level uint32
Label 2 grounds repeated string
Pack 1 archive string
Pack 2 service string
Pack 3 epoch uint64
Pack 4 first uint64
Pack 5 last uint64
Pack 6 entries repeated qoyma.journal.v1.Entry
Pack 7 traceparents repeated string
Pack 8 checkpoint bytes`
	var got strings.Builder
	messages := journalv1.File_qoyma_journal_v1_envelope_proto.Messages()
	for i := range messages.Len() {
		fields := messages.Get(i).Fields()
		for j := range fields.Len() {
			f := fields.Get(j)
			kind := f.Kind().String()
			if f.Kind() == protoreflect.MessageKind {
				kind = string(f.Message().FullName())
			}
			if f.IsList() {
				kind = "repeated " + kind
			}
			fmt.Fprintf(&got, "\n%s %d %s %s", messages.Get(i).Name(), f.Number(), f.Name(), kind)
		}
	}
	if got.String() != want {
		t.Errorf("the envelope is frozen; it is now:%s", got.String())
	}
}

func TestAnEntryThatBreaksTheEnvelopeIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(h *journalv1.Header, e *journalv1.Entry){
		"no seq":                      func(h *journalv1.Header, _ *journalv1.Entry) { h.Seq, h.Transaction = 0, 0 },
		"no epoch":                    func(h *journalv1.Header, _ *journalv1.Entry) { h.Epoch = 0 },
		"no transaction":              func(h *journalv1.Header, _ *journalv1.Entry) { h.Transaction = 0 },
		"a later transaction":         func(h *journalv1.Header, _ *journalv1.Entry) { h.Transaction = 8 },
		"no object":                   func(h *journalv1.Header, _ *journalv1.Entry) { h.Refs = nil },
		"no body type":                func(h *journalv1.Header, _ *journalv1.Entry) { h.BodyType = "" },
		"short salt":                  func(_ *journalv1.Header, e *journalv1.Entry) { e.Salt = e.Salt[:15] },
		"sealed without a key":        func(h *journalv1.Header, _ *journalv1.Entry) { h.SealedKey = 0 },
		"sealed without a type":       func(h *journalv1.Header, _ *journalv1.Entry) { h.SealedType = "" },
		"a key and nothing sealed":    func(_ *journalv1.Header, e *journalv1.Entry) { e.Sealed = nil },
		"a header that is no message": func(_ *journalv1.Header, e *journalv1.Entry) { e.Header = []byte{0xff} },
	} {
		h, e := frozenHeader(), frozenEntry(t)
		spoil(h, e)
		if len(e.GetHeader()) > 1 {
			var err error
			if e.Header, err = proto.Marshal(h); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := journal.Decode(e); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRefsAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]journal.Ref{
		"transfer/2026-1": {Type: "transfer", ID: "2026-1"},
		"file/12/1/3":     {Type: "file", ID: "12/1/3"},
	} {
		if got, ok := journal.ParseRef(text); !ok || got != want || got.String() != text || journal.RefOf(got.Proto()) != got {
			t.Errorf("%s: %+v, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "/", "transfer", "transfer/", "/1", "a\x00b/1", "a/b\x00c"} {
		if got, ok := journal.ParseRef(text); ok {
			t.Errorf("%q: accepted as %+v", text, got)
		}
	}
}

// FuzzDecodeEntry feeds any bytes: nothing panics, and what is accepted keeps the envelope's
// promises, so that nothing after it has to look again.
func FuzzDecodeEntry(f *testing.F) {
	raw, err := proto.Marshal(frozenEntry(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0x0a, 0x00}, 40))
	f.Fuzz(func(t *testing.T, stored []byte) {
		r, err := journal.DecodeBytes(stored)
		if err != nil {
			return
		}
		h := r.Header
		if r.Seq() == 0 || h.GetEpoch() == 0 || h.GetTransaction() == 0 || h.GetTransaction() > r.Seq() || h.GetBodyType() == "" {
			t.Errorf("accepted: %v", h)
		}
		if len(r.Entry.GetSalt()) != 16 || (h.GetSealedKey() == 0) != (len(r.Entry.GetSealed()) == 0) {
			t.Errorf("accepted: %v", r.Entry)
		}
		if object := r.Object(); !object.Valid() {
			t.Errorf("accepted an event about %q", object)
		}
		_, _ = r.Body()
		again, err := proto.Marshal(r.Entry)
		if err != nil {
			t.Fatal(err)
		}
		second, err := journal.DecodeBytes(again)
		if err != nil || journal.LeafHash(second.Entry) != journal.LeafHash(r.Entry) {
			t.Errorf("encoded again it is another leaf: %v", err)
		}
	})
}
