package client

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/serve"
)

// opened writes a file and opens it.
func opened(t *testing.T, content []byte) descriptor {
	t.Helper()
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(name, unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return descriptor{fd, name}
}

// read is what protobuf reads of a message.
func read(t *testing.T, raw *serve.Raw) *intakev1.UploadPackageRequest {
	t.Helper()
	m := new(intakev1.UploadPackageRequest)
	if err := proto.Unmarshal(raw.Data.Materialize(), m); err != nil {
		t.Fatal(err)
	}
	raw.Data.Free()
	return m
}

// TestSmallFilesGoTogether also where a file is not what it was when it was asked for its size.
func TestSmallFilesGoTogether(t *testing.T) {
	var b batch
	if b.message() != nil {
		t.Error("a message of nothing")
	}
	var want []*intakev1.UploadFile
	for i, size := range []int{0, 1, 127, 128, 16383, 16384, 20 << 10, together} {
		for _, announced := range []int{size, size / 2, size + 1, size + 20_000} {
			content := bytes.Repeat([]byte{byte('a' + i)}, size)
			name := fmt.Sprintf("data/ж/%d %d", size, announced)
			if !b.fits(name, announced) {
				continue
			}
			if err := b.add(name, announced, opened(t, content)); err != nil {
				t.Fatal(err)
			}
			// Of one that has grown there is a byte more than it had: enough to be refused.
			want = append(want, &intakev1.UploadFile{Path: name, Size: uint64(announced), Content: content[:min(size, announced+1)]})
		}
	}
	got := read(t, b.message()).GetFiles()
	if !proto.Equal(got, &intakev1.UploadFiles{Files: want}) {
		t.Errorf("%d files, want %d, or others", len(got.GetFiles()), len(want))
	}
	if b.message() != nil {
		t.Error("the same again")
	}
}

// TestAMessageIsNotTooLarge fills batches to their bounds.
func TestAMessageIsNotTooLarge(t *testing.T) {
	for _, c := range []struct{ size, name, files int }{{together, 5, 1}, {0, 5, batchFiles}, {100, 4000, 63}, {20 << 10, 20, 12}} {
		var b batch
		from := opened(t, make([]byte, c.size))
		name, files := strings.Repeat("n", c.name), 0
		for ; b.fits(name, c.size); files++ {
			if err := b.add(name, c.size, from); err != nil {
				t.Fatal(err)
			}
			if _, err := unix.Seek(from.fd, 0, 0); err != nil {
				t.Fatal(err)
			}
		}
		raw := b.message()
		if n := raw.Data.Len(); n > batchBytes+8 || files != c.files {
			t.Errorf("%d files of %d bytes in %d", files, c.size, n)
		}
		if got := read(t, raw); len(got.GetFiles().GetFiles()) != files {
			t.Errorf("%d of %d files", len(got.GetFiles().GetFiles()), files)
		}
	}
	if (&batch{}).fits(strings.Repeat("n", batchBytes), 0) {
		t.Error("a name of 1 MiB is let in")
	}
}

func TestALargeFileGoesInPieces(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), chunk/5)
	from := opened(t, content)
	raw, n, err := next(from, true, "data/1/a", uint64(len(content)))
	if err != nil || n != chunk {
		t.Fatal(n, err)
	}
	first := read(t, raw).GetFile()
	if first.GetPath() != "data/1/a" || first.GetSize() != uint64(len(content)) {
		t.Errorf("%s, %d bytes", first.GetPath(), first.GetSize())
	}
	got := bytes.Clone(first.GetContent())
	for n == chunk {
		if raw, n, err = next(from, false, "", 0); err != nil {
			t.Fatal(err)
		}
		got = append(got, read(t, raw).GetData()...)
	}
	if !bytes.Equal(got, content) {
		t.Errorf("%d of %d bytes, or others", len(got), len(content))
	}
}

func TestAFileThatCannotBeReadIsSaid(t *testing.T) {
	fd, err := unix.Open(t.TempDir(), unix.O_RDONLY, 0) // a folder has no bytes
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if _, _, err := next(descriptor{fd, "a"}, true, "a", 1); err == nil {
		t.Error("a folder is read")
	}
	if err := new(batch).add("a", 1, descriptor{fd, "a"}); err == nil {
		t.Error("a folder is read among others")
	}
}
