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

// onlyData gives the content of a message that is data and nothing else, as it lies in the connection's buffers.
func onlyData(raw mem.BufferSlice) (parts [][]byte, ok bool) {
	if len(raw) == 0 {
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
	return fields(b, func(number protowire.Number, _ uint64, value []byte) error {
		if number < partBegin || number > partFiles {
			return nil // of a newer program
		}
		if m.part != 0 {
			return staging.OutOfOrder.With("problem", "a message with two parts")
		}
		m.part = number
		switch number {
		case partData:
			m.data = [][]byte{value}
		case partFile:
			return m.file(value)
		case partFiles:
			return fields(value, func(number protowire.Number, _ uint64, value []byte) error {
				if number != filesFile {
					return nil
				}
				return m.file(value)
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
	f := &m.files[len(m.files)-1]
	return fields(b, func(number protowire.Number, count uint64, value []byte) error {
		switch number {
		case filePath:
			if f.Path = string(value); !utf8.ValidString(f.Path) {
				return unreadable()
			}
		case fileSize:
			f.Size = count
		case fileUnsized:
			f.unsized = count != 0
		case fileContent:
			f.Content = value
		}
		return nil
	})
}

// fields goes through the fields of a message: a number, or bytes. Fields of other kinds are of a newer program.
func fields(b []byte, each func(number protowire.Number, count uint64, value []byte) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return unreadable()
		}
		b = b[n:]
		var count uint64
		var value []byte
		switch kind {
		case protowire.VarintType:
			count, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return unreadable()
		}
		b = b[n:]
		if kind == protowire.VarintType || kind == protowire.BytesType {
			if err := each(number, count, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func unreadable() error {
	return staging.OutOfOrder.With("problem", "a message that cannot be read")
}
