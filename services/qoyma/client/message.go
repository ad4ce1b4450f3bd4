package client

import (
	"slices"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/qoyma/qoyma/services/platform/serve"
)

// What is sent of files is laid out here as protobuf lays out UploadPackageRequest (proto/qoyma/intake/v1), around
// content that is read from the file straight into its place: protobuf itself would copy it once more.

// Numbers of the fields of UploadPackageRequest, UploadFiles and UploadFile.
const (
	partFile, partData, partFiles protowire.Number = 2, 3, 4

	filesFile protowire.Number = 1

	filePath, fileSize, fileContent protowire.Number = 1, 2, 4
)

// Bounds of what goes into one message of small files.
const (
	together   = 128 << 10 // bytes of a file that goes with others
	batchBytes = 256 << 10 // of all of them, with their names: what a core keeps near; the service takes four times as much
	batchFiles = 512
)

// head is what stands before the content of a file, within its UploadFile.
func head(b []byte, path string, size uint64, content int) []byte {
	b = protowire.AppendTag(b, filePath, protowire.BytesType)
	b = protowire.AppendString(b, path)
	b = protowire.AppendTag(b, fileSize, protowire.VarintType)
	b = protowire.AppendVarint(b, size)
	b = protowire.AppendTag(b, fileContent, protowire.BytesType)
	return protowire.AppendVarint(b, uint64(content))
}

// headRoom is how many bytes stand before the content of a small file at most, its UploadFile's own tag and length
// included.
func headRoom(path string) int {
	return 3*(1+protowire.SizeVarint(together)) + 1 + 2*protowire.SizeVarint(batchBytes) + len(path)
}

// next reads the next piece of a large file into a message, the first with its name; n is its bytes, and less
// than chunk at the file's end.
func next(from descriptor, first bool, path string, size uint64) (raw *serve.Raw, n int, err error) {
	buffer := serve.Buffers.Get(chunk)
	if n, err = from.fill(*buffer, chunk); err != nil {
		serve.Buffers.Put(buffer)
		return nil, 0, err
	}
	content := (*buffer)[:n]
	*buffer = content
	before := protowire.AppendVarint(protowire.AppendTag(nil, partData, protowire.BytesType), uint64(n))
	if first {
		inner := head(nil, path, size, n)
		before = protowire.AppendVarint(protowire.AppendTag(nil, partFile, protowire.BytesType), uint64(len(inner)+n))
		before = append(before, inner...)
	}
	return &serve.Raw{Data: mem.BufferSlice{mem.SliceBuffer(before), mem.NewBuffer(buffer, serve.Buffers)}}, n, nil
}

// batch is small files that go in one message.
type batch struct {
	buffer *[]byte // nil while it is empty
	used   int
	files  int
	before []byte // the head of a file, made anew for each
}

// fits tells whether a file goes into the same message as those before.
func (b *batch) fits(path string, size int) bool {
	return b.files < batchFiles && b.used+headRoom(path)+size < batchBytes
}

// add reads a file that fits.
func (b *batch) add(path string, size int, from descriptor) error {
	if b.buffer == nil {
		b.buffer, b.used, b.files = serve.Buffers.Get(batchBytes), 0, 0
	}
	at := b.put(path, size, size)
	whole := *b.buffer
	// One byte more than it has: whether it has grown meanwhile is seen without another call.
	n, err := from.fill(whole[at:at+size+1], max(size, 1))
	if err != nil {
		return err
	}
	if n != size { // the service says what is wrong
		content := slices.Clone(whole[at : at+n])
		at = b.put(path, size, n)
		copy(whole[at:], content)
	}
	b.used = at + n
	b.files++
	return nil
}

// put writes what stands before the content of the next file, and gives where that goes.
func (b *batch) put(path string, size, content int) int {
	b.before = head(b.before[:0], path, uint64(size), content)
	to := (*b.buffer)[:b.used]
	to = protowire.AppendTag(to, filesFile, protowire.BytesType)
	to = protowire.AppendVarint(to, uint64(len(b.before)+content))
	return len(append(to, b.before...))
}

// message gives what waits, to be sent; nil where nothing does.
func (b *batch) message() *serve.Raw {
	if b.files == 0 {
		return nil
	}
	*b.buffer = (*b.buffer)[:b.used]
	before := protowire.AppendVarint(protowire.AppendTag(nil, partFiles, protowire.BytesType), uint64(b.used))
	raw := &serve.Raw{Data: mem.BufferSlice{mem.SliceBuffer(before), mem.NewBuffer(b.buffer, serve.Buffers)}}
	b.buffer, b.files = nil, 0
	return raw
}
