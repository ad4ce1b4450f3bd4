package bagit

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// newTarget makes the place where a bag grows, beside where it will stand.
func newTarget(root string, form Form, l Limits) (target, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(root); !errors.Is(err, fs.ErrNotExist) {
		return nil, &fs.PathError{Op: "create", Path: root, Err: errors.Join(fs.ErrExist, err)}
	}
	making := "." + filepath.Base(root) + ".making-*"
	if form == Folder {
		dir, err := os.MkdirTemp(filepath.Dir(root), making)
		if err != nil {
			return nil, err
		}
		r, err := os.OpenRoot(dir)
		if err != nil {
			return nil, errors.Join(err, os.Remove(dir))
		}
		// Made for its owner alone; a bag is for handing over.
		if err := r.Chmod(".", 0o755); err != nil {
			return nil, errors.Join(err, r.Close(), os.Remove(dir))
		}
		return &folder{Root: r, as: root, dirs: []string{"."}}, nil
	}
	base := baseName(filepath.Base(root))
	if f := badPath(base, l); f != nil {
		return nil, f.fault()
	}
	f, err := os.CreateTemp(filepath.Dir(root), making)
	if err != nil {
		return nil, err
	}
	a := archive{file: f, as: root, base: base + "/", buffer: bufio.NewWriterSize(f, bufferSize)}
	if form == Tar {
		return &tarTarget{archive: a, to: tar.NewWriter(a.buffer)}, nil
	}
	return &zipTarget{archive: a, to: zip.NewWriter(a.buffer)}, nil
}

// folder is a bag that grows as a directory.
type folder struct {
	*os.Root
	as          string // where it will stand
	files, dirs []string
}

func (f *folder) mkdir(path string) error {
	f.dirs = append(f.dirs, path)
	return f.Mkdir(path, 0o755)
}

func (f *folder) create(path string, _ int64) (io.WriteCloser, error) {
	if i := strings.LastIndexByte(path, '/'); i > 0 { // a file that came without its folder
		if err := f.MkdirAll(path[:i], 0o755); err != nil {
			return nil, err
		}
		for dir := path[:i]; dir != ""; dir = dir[:max(0, strings.LastIndexByte(dir, '/'))] {
			f.dirs = append(f.dirs, dir)
		}
	}
	f.files = append(f.files, path)
	return f.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}

// flushes is how many files are flushed at once: the file system joins them into few commits.
const flushes = 16

func (f *folder) publish() error {
	for _, paths := range [][]string{f.files, f.dirs} {
		work := new(errgroup.Group)
		work.SetLimit(flushes)
		done := map[string]bool{}
		for _, path := range paths {
			if !done[path] {
				done[path] = true
				work.Go(func() error { return f.flush(path) })
			}
		}
		if err := work.Wait(); err != nil {
			return err
		}
	}
	if err := errors.Join(f.Close(), renameNew(f.Name(), f.as)); err != nil {
		return err
	}
	return flushDir(filepath.Dir(f.as))
}

func (f *folder) flush(path string) error {
	o, err := f.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(o.Sync(), o.Close())
}

func (f *folder) remove() error {
	_ = f.Close() // it may be closed already
	return os.RemoveAll(f.Name())
}

// archive is a bag that grows as one file.
type archive struct {
	file   *os.File
	as     string // where it will stand
	base   string // the folder in it, with "/"
	buffer *bufio.Writer
}

func (a *archive) publish() error {
	if err := errors.Join(a.buffer.Flush(), a.file.Chmod(0o644), a.file.Sync(), a.file.Close()); err != nil {
		return err
	}
	if err := renameNew(a.file.Name(), a.as); err != nil {
		return err
	}
	return flushDir(filepath.Dir(a.as))
}

func (a *archive) remove() error {
	_ = a.file.Close() // it may be closed already
	if err := os.Remove(a.file.Name()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// epoch is the time of every entry: the earliest that a ZIP can say. A bag's dates are in its
// metadata.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

type tarTarget struct {
	archive
	to *tar.Writer
}

func (t *tarTarget) mkdir(path string) error {
	return t.to.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: t.base + path + "/", Mode: 0o755, ModTime: epoch})
}

func (t *tarTarget) create(path string, size int64) (io.WriteCloser, error) {
	if size < 0 {
		return nil, fmt.Errorf("%s: a tar needs the size of a file before its bytes", path)
	}
	err := t.to.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: t.base + path, Size: size, Mode: 0o644, ModTime: epoch})
	return kept{t.to}, err
}

func (t *tarTarget) publish() error {
	if err := t.to.Close(); err != nil {
		return err
	}
	return t.archive.publish()
}

type zipTarget struct {
	archive
	to *zip.Writer
}

func (z *zipTarget) mkdir(path string) error {
	_, err := z.to.CreateHeader(z.header(path+"/", 0o755|fs.ModeDir))
	return err
}

func (z *zipTarget) create(path string, _ int64) (io.WriteCloser, error) {
	w, err := z.to.CreateHeader(z.header(path, 0o644))
	return kept{w}, err
}

func (z *zipTarget) header(path string, mode fs.FileMode) *zip.FileHeader {
	h := &zip.FileHeader{Name: z.base + path, Method: zip.Store, Modified: epoch}
	h.SetMode(mode)
	return h
}

func (z *zipTarget) publish() error {
	if err := z.to.Close(); err != nil {
		return err
	}
	return z.archive.publish()
}

// kept is an entry of an archive, which ends where the next begins.
type kept struct{ io.Writer }

func (kept) Close() error { return nil }

// renameChecked is renameNew for systems that cannot do it in one step.
func renameChecked(from, to string) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return &fs.PathError{Op: "rename", Path: to, Err: errors.Join(fs.ErrExist, err)}
	}
	return os.Rename(from, to)
}
