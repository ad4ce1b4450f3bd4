// Package client holds what the command line and the demonstration both do as clients of the
// services.
package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/serve"
	"github.com/qoyma/qoyma/services/standards/parcel"
)

// chunk is how many bytes of a file go into one message; the service takes up to 1 MiB.
const chunk = 512 << 10

// Upload sends a folder file by file, in the order in which it is listed: a bag, or what begin says: the payload
// alone, or an E-ARK package. A package with faults is an answer, not an error. Only regular files are
// sent; what else the folder holds is an error, because the archive would refuse it.
func Upload(ctx context.Context, c intakev1.IntakeServiceClient, begin *intakev1.UploadBegin, root string) (*intakev1.UploadPackageResponse, error) {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	defer func() { _ = dir.Close() }()
	stream, err := c.UploadPackage(ctx, grpc.ForceCodecV2(serve.Codec{}))
	if err != nil {
		return nil, err
	}
	s := sending{stream: stream, folder: folder{root: dir}}
	defer s.close()
	s.place = func(name string) string { return name }
	switch top := topOf(root); {
	case begin.GetEark():
		s.place = func(name string) string { return parcel.PlacedEARK(top + "/" + name) }
	case begin.GetBare():
		s.place = func(name string) string { return "data/" + name }
	}
	err = stream.Send(&intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Begin{Begin: begin}})
	if err == nil {
		// What is listed is opened through dir: a folder that has become a link meanwhile leads nowhere. dir.FS would ask
		// the system about each file once more.
		err = fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if !d.Type().IsRegular() {
				return fmt.Errorf("upload: %s is not a regular file", path)
			}
			return s.file(path)
		})
	}
	if err == nil {
		err = s.flush()
	}
	if err != nil && !errors.Is(err, io.EOF) { // EOF: the server has ended, its answer says why
		return nil, err
	}
	return stream.CloseAndRecv()
}

// Kind tells what a folder holds.
func Kind(folder fs.FS) parcel.Kind {
	if _, err := fs.Stat(folder, "bagit.txt"); err == nil {
		return parcel.Bag
	}
	for _, only := range []string{"METS.xml", "representations/*/METS.xml", "representations/*/data", "representations/*/metadata"} {
		if found, err := fs.Glob(folder, only); err == nil && len(found) > 0 {
			return parcel.EARK
		}
	}
	return parcel.Rows
}

// topOf is the name of a folder, which an E-ARK package keeps.
func topOf(root string) string {
	full, err := filepath.Abs(root)
	if name := filepath.Base(full); err == nil && name != string(filepath.Separator) {
		return name
	}
	return "package" // a disk has none
}

// sending is one package on its way.
type sending struct {
	folder
	stream intakev1.IntakeService_UploadPackageClient
	place  func(name string) string // where a file of the folder belongs in the package
	small  batch
}

// folder opens the files of a folder.
type folder struct {
	root   *os.Root
	dir    *os.File
	within string // the folder that dir is
}

func (f *folder) close() {
	if f.dir != nil {
		_ = f.dir.Close() // only looked into
	}
}

// open opens a file relative to its folder, which most files share with the one before. A link that was put in
// its place is not followed.
func (f *folder) open(name string) (fd int, err error) {
	if within := path.Dir(name); f.dir == nil || within != f.within {
		f.close()
		if f.dir, err = f.root.Open(within); err != nil {
			f.dir = nil
			return 0, err
		}
		f.within = within
	}
	for {
		fd, err = unix.Openat(int(f.dir.Fd()), path.Base(name), unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

// file sends one file, or puts it among the small ones that go together.
func (s *sending) file(name string) error {
	fd, err := s.open(name)
	if err != nil {
		return fmt.Errorf("upload: %s: %w", name, err)
	}
	defer func() { _ = unix.Close(fd) }() // only read from
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return fmt.Errorf("upload: %s: %w", name, err)
	}
	from := descriptor{fd, name}
	if stat.Size > together {
		if err := s.flush(); err != nil {
			return err
		}
		return s.large(from, uint64(stat.Size))
	}
	path := s.place(name)
	if !s.small.fits(path, int(stat.Size)) {
		if err := s.flush(); err != nil {
			return err
		}
	}
	return s.small.add(path, int(stat.Size), from)
}

// flush sends the small files that wait.
func (s *sending) flush() error {
	if raw := s.small.message(); raw != nil {
		return s.stream.SendMsg(raw)
	}
	return nil
}

// large sends a file in pieces, the first with its name.
func (s *sending) large(from descriptor, size uint64) error {
	first := true
	for {
		raw, n, err := next(from, first, s.place(from.name), size)
		if err != nil {
			return err
		}
		if !first && n == 0 {
			raw.Data.Free()
			return nil
		}
		if err := s.stream.SendMsg(raw); err != nil {
			return err
		}
		if first = false; n < chunk {
			return nil
		}
	}
}

// descriptor is an open file.
type descriptor struct {
	fd   int
	name string
}

// fill reads until there is enough, or the file has ended.
func (d descriptor) fill(b []byte, enough int) (n int, err error) {
	for n < enough {
		more, err := unix.Read(d.fd, b[n:])
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return n, fmt.Errorf("upload: %s: %w", d.name, err)
		case more == 0:
			return n, nil
		default:
			n += more
		}
	}
	return n, nil
}
