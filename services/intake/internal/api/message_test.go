package api

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/platform/serve"
)

// counted is memory that comes and must go.
type counted struct{ held *int }

func (c counted) Get(length int) *[]byte { return serve.Buffers.Get(length) }

func (c counted) Put(b *[]byte) {
	*c.held--
	clear((*b)[:cap(*b)]) // whoever still looks sees nothing
}

// inFrames is a message as a connection gives it, in pieces of so many bytes.
func inFrames(b []byte, size int, held *int) (raw mem.BufferSlice) {
	for frame := range chunks(b, size) {
		pool := counted{held}
		buffer := make([]byte, len(frame), max(len(frame), 4<<10)) // small ones are not counted
		copy(buffer, frame)
		*held++
		raw = append(raw, mem.NewBuffer(&buffer, pool))
	}
	return raw
}

func chunks(b []byte, size int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			n := min(size, len(b))
			if !yield(b[:n]) {
				return
			}
			b = b[n:]
		}
	}
}

// asProto is what protobuf makes of a message: its part, its files and its data.
func asProto(b []byte) (part protowire.Number, files []*intakev1.UploadFile, data []byte, err error) {
	m := new(intakev1.UploadPackageRequest)
	if err := proto.Unmarshal(b, m); err != nil {
		return 0, nil, nil, err
	}
	switch p := m.GetPart().(type) {
	case *intakev1.UploadPackageRequest_Begin:
		return partBegin, nil, nil, nil
	case *intakev1.UploadPackageRequest_File:
		return partFile, []*intakev1.UploadFile{p.File}, nil, nil
	case *intakev1.UploadPackageRequest_Data:
		return partData, nil, p.Data, nil
	case *intakev1.UploadPackageRequest_Files:
		return partFiles, p.Files.GetFiles(), nil, nil
	}
	return 0, nil, nil, nil
}

// agree holds what is read of a message, in frames of a size, against what protobuf reads.
func agree(b []byte, size int) error {
	held := 0
	m, err := readMessage(inFrames(b, size, &held))
	part, files, data, broken := asProto(b)
	switch {
	case err != nil && held != 0:
		return fmt.Errorf("%d buffers are kept after %w", held, err)
	case err != nil && broken == nil && !errors.Is(err, staging.OutOfOrder):
		return err
	case err != nil:
		return nil //nolint:nilerr // what protobuf merges of two parts, or takes in any number, is refused here
	case m.part == partBegin: // a second one is refused whatever is in it, and not read
		m.free()
		return nil
	case broken != nil:
		return fmt.Errorf("protobuf cannot read what is taken: %w", broken)
	case m.part != part || len(m.files) != len(files) || !bytes.Equal(bytes.Join(m.data, nil), data):
		return fmt.Errorf("part %d with %d files and %d bytes, protobuf has %d, %d, %d", m.part, len(m.files), len(bytes.Join(m.data, nil)), part, len(files), len(data))
	}
	for i, f := range files {
		if got := m.files[i]; got.Path != f.GetPath() || got.Size != f.GetSize() || got.unsized != f.GetUnsized() || !bytes.Equal(got.Content, f.GetContent()) {
			return fmt.Errorf("file %d is %v, protobuf has %v", i, got, f)
		}
	}
	if m.free(); held != 0 {
		return fmt.Errorf("%d buffers are kept", held)
	}
	return nil
}

func encoded(t testing.TB, m *intakev1.UploadPackageRequest) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sent(t testing.TB) map[string][]byte {
	t.Helper()
	files := func(n int) *intakev1.UploadPackageRequest {
		all := new(intakev1.UploadFiles)
		for i := range n {
			all.Files = append(all.Files, &intakev1.UploadFile{Path: fmt.Sprintf("data/%d", i), Size: uint64(i % 3), Content: bytes.Repeat([]byte("x"), i%3)})
		}
		return &intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Files{Files: all}}
	}
	data := func(n int) *intakev1.UploadPackageRequest {
		return &intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Data{Data: bytes.Repeat([]byte("d"), n)}}
	}
	return map[string][]byte{
		"nothing":    encoded(t, &intakev1.UploadPackageRequest{}),
		"begin":      encoded(t, &intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Begin{Begin: &intakev1.UploadBegin{CommandId: "c"}}}),
		"no data":    encoded(t, data(0)),
		"data":       encoded(t, data(40_000)),
		"a file":     encoded(t, &intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_File{File: &intakev1.UploadFile{Path: "data/ж", Size: 9, Content: []byte("x")}}}),
		"unsized":    encoded(t, &intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_File{File: &intakev1.UploadFile{Path: "a", Unsized: true}}}),
		"no files":   encoded(t, files(0)),
		"files":      encoded(t, files(7)),
		"many files": encoded(t, files(maxFiles)),
	}
}

// TestTinyPiecesAreJoined: a sender who cuts his message into single bytes does not make the service keep each of them.
func TestTinyPiecesAreJoined(t *testing.T) {
	held := 0
	b := sent(t)["data"]
	for size, want := range map[int]bool{1: true, 100: true, 16 << 10: false} {
		m, err := readMessage(inFrames(b, size, &held))
		if err != nil || (len(m.data) == 1) != want {
			t.Fatalf("in frames of %d: %d pieces, %v", size, len(m.data), err)
		}
		m.free()
	}
}

func TestAMessageIsReadAsProtobufReadsIt(t *testing.T) {
	for name, b := range sent(t) {
		for _, size := range []int{1, 2, 7, 16 << 10, 1 << 20} {
			if err := agree(b, size); err != nil {
				t.Errorf("%s in frames of %d: %v", name, size, err)
			}
		}
	}
	newer := protowire.AppendString(protowire.AppendTag(nil, 99, protowire.BytesType), "of a newer program")
	newer = protowire.AppendFixed64(protowire.AppendTag(newer, 98, protowire.Fixed64Type), 1)
	if err := agree(append(newer, sent(t)["files"]...), 16<<10); err != nil {
		t.Error(err)
	}
}

// TestAHostileMessageIsRefused sends what no client of ours does; the buffers are free after each.
func TestAHostileMessageIsRefused(t *testing.T) {
	s := sent(t)
	tag := func(number protowire.Number, b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), b)
	}
	one := tag(filesFile, tag(filePath, []byte("data/1")))
	for name, b := range map[string][]byte{
		"two parts":           append(bytes.Clone(s["a file"]), s["data"]...),
		"data twice":          append(bytes.Clone(s["data"]), s["data"]...),
		"cut short":           s["files"][:len(s["files"])-1],
		"a length too long":   append(protowire.AppendTag(nil, partData, protowire.BytesType), 0xff, 0xff, 0xff, 0xff, 0x0f),
		"a length of no end":  append(protowire.AppendTag(nil, partFiles, protowire.BytesType), bytes.Repeat([]byte{0xff}, 12)...),
		"no tag":              {0},
		"a name of no text":   tag(partFiles, tag(filesFile, tag(filePath, []byte("data/\xff")))),
		"a file within":       tag(partFiles, tag(filesFile, []byte{0x0a, 0x7f})),
		"513 files":           tag(partFiles, bytes.Repeat(one, maxFiles+1)),
		"513 files of no end": append(tag(partFiles, bytes.Repeat(one, maxFiles+1)), 0xff),
	} {
		for _, size := range []int{1, 16 << 10} {
			held := 0
			if _, err := readMessage(inFrames(b, size, &held)); !errors.Is(err, staging.OutOfOrder) || held != 0 {
				t.Errorf("%s in frames of %d: %v, %d buffers kept", name, size, err, held)
			}
		}
	}
}

func FuzzMessage(f *testing.F) {
	for name, b := range sent(f) {
		if !strings.Contains(name, "many") {
			f.Add(b[:min(len(b), 300)], uint8(16))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		if err := agree(b, int(size)+1); err != nil {
			t.Fatal(err)
		}
	})
}
