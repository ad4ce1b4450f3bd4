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

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
)

// chunk is how many bytes of a file go into one message; the service takes up to 1 MiB.
const chunk = 512 << 10

// Upload sends a folder file by file, in the order in which it is listed: a bag, or the payload alone where
// begin says that it is bare. A package with faults is an answer, not an error. Only regular files are
// sent; what else the folder holds is an error, because the archive would refuse it.
func Upload(ctx context.Context, c intakev1.IntakeServiceClient, begin *intakev1.UploadBegin, root string) (*intakev1.UploadPackageResponse, error) {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	defer func() { _ = dir.Close() }()
	stream, err := c.UploadPackage(ctx)
	if err != nil {
		return nil, err
	}
	prefix := ""
	if begin.GetBare() {
		prefix = "data/"
	}
	buf := make([]byte, chunk)
	err = stream.Send(&intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Begin{Begin: begin}})
	if err == nil {
		err = fs.WalkDir(dir.FS(), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if !d.Type().IsRegular() {
				return fmt.Errorf("upload: %s is not a regular file", path)
			}
			return file(stream, dir, prefix, path, buf)
		})
	}
	if err != nil && !errors.Is(err, io.EOF) { // EOF: the server has ended, its answer says why
		return nil, err
	}
	return stream.CloseAndRecv()
}

// file sends one file: its first piece with its name, so that a small one is one message.
func file(stream intakev1.IntakeService_UploadPackageClient, dir *os.Root, prefix, path string, buf []byte) error {
	f, err := dir.Open(path)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	head := &intakev1.UploadFile{Path: prefix + path, Size: uint64(info.Size())}
	for {
		n, err := io.ReadFull(f, buf)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("upload: %s: %w", path, err)
		}
		m := &intakev1.UploadPackageRequest{Part: &intakev1.UploadPackageRequest_Data{Data: buf[:n]}}
		if head != nil {
			head.Content = buf[:n]
			m.Part = &intakev1.UploadPackageRequest_File{File: head}
		}
		if head != nil || n > 0 {
			if err := stream.Send(m); err != nil {
				return err
			}
		}
		if head = nil; err != nil {
			return nil
		}
	}
}
