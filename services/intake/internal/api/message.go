package api

import (
	"unicode/utf8"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/platform/serve"
)

// Numbers of the fields of UploadPackageRequest, UploadFiles and UploadFile (proto/qoyma/intake/v1).
const (
	partBegin, partFile, partData, partFiles protowire.Number = 1, 2, 3, 4

	filesFile protowire.Number = 1

	filePath, fileSize, fileUnsized, fileContent protowire.Number = 1, 2, 3, 4
)

// message is one UploadPackageRequest behind the first, read where it lies: content is not copied.
type message struct {
	part  protowire.Number // which is set; 0 where none is
	files []file           // of file one, of files all
	data  [][]byte         // of data, in one or several parts
	held  mem.BufferSlice
}

// file is an UploadFile.
type file struct {
	staging.Small
	unsized bool
}

// free gives the message's memory back; nothing of it may be looked at any more, but paths.
func (m *message) free() { m.held.Free() }

// readMessage reads a message, which holds the buffers from then on. The error is OutOfOrder for what is no
// UploadPackageRequest, or has two parts; then the buffers are free.
func readMessage(raw mem.BufferSlice) (m *message, err error) {
	if data, ok := onlyData(raw); ok {
		return &message{part: partData, data: data, held: raw}, nil
	}
	whole := raw.MaterializeToBuffer(serve.Buffers)
	raw.Free()
	m = &message{held: mem.BufferSlice{whole}}
	if err := m.read(whole.ReadOnlyData()); err != nil {
		m.free()
		return nil, err
	}
	return m, nil
}

// pieceBytes is how many bytes the pieces of a message have on average at least that is left in them: what is kept of
// each, and its own write, would cost more than a copy.
const pieceBytes = 4 << 10

// onlyData gives the content of a message that is data and nothing else, as it lies in the connection's buffers.
func onlyData(raw mem.BufferSlice) (parts [][]byte, ok bool) {
	if len(raw) == 0 || len(raw) > 8+raw.Len()/pieceBytes {
		return nil, false
	}
	head := raw[0].ReadOnlyData()
	number, kind, n := protowire.ConsumeTag(head)
	if n < 0 || number != partData || kind != protowire.BytesType {
		return nil, false
	}
	size, more := protowire.ConsumeVarint(head[n:])
	if more < 0 || size != uint64(raw.Len()-n-more) {
		return nil, false // the general way says what it is
	}
	parts = append(make([][]byte, 0, len(raw)), head[n+more:])
	for _, b := range raw[1:] {
		parts = append(parts, b.ReadOnlyData())
	}
	return parts, true
}

func (m *message) read(b []byte) error {
	return fields(b, func(f field) error {
		if f.number < partBegin || f.number > partFiles || f.kind != protowire.BytesType {
			return nil // of a newer program
		}
		if m.part != 0 {
			return staging.OutOfOrder.With("problem", "a message with two parts")
		}
		m.part = f.number
		switch f.number {
		case partData:
			m.data = [][]byte{f.bytes}
		case partFile:
			return m.file(f.bytes)
		case partFiles:
			return fields(f.bytes, func(f field) error {
				if !f.is(filesFile, protowire.BytesType) {
					return nil
				}
				return m.file(f.bytes)
			})
		}
		return nil
	})
}

// file reads one UploadFile.
func (m *message) file(b []byte) error {
	if len(m.files) == maxFiles {
		return staging.OutOfOrder.With("problem", "a message of more than 512 files")
	}
	m.files = append(m.files, file{})
	to := &m.files[len(m.files)-1]
	return fields(b, func(f field) error {
		switch {
		case f.is(filePath, protowire.BytesType):
			if to.Path = string(f.bytes); !utf8.ValidString(to.Path) {
				return unreadable()
			}
		case f.is(fileSize, protowire.VarintType):
			to.Size = f.count
		case f.is(fileUnsized, protowire.VarintType):
			to.unsized = f.count != 0
		case f.is(fileContent, protowire.BytesType):
			to.Content = f.bytes
		}
		return nil
	})
}

// field is one of a message: a number or bytes, or of another kind, which only a newer program sends.
type field struct {
	number protowire.Number
	kind   protowire.Type
	count  uint64
	bytes  []byte
}

func (f field) is(number protowire.Number, kind protowire.Type) bool {
	return f.number == number && f.kind == kind
}

// fields goes through the fields of a message.
func fields(b []byte, each func(f field) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 || number > protowire.MaxValidNumber {
			return unreadable()
		}
		b = b[n:]
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			f.count, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return unreadable()
		}
		b = b[n:]
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}

func unreadable() error {
	return staging.OutOfOrder.With("problem", "a message that cannot be read")
}
