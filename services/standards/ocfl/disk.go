package ocfl

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/qoyma/qoyma/services/standards/flush"
)

// disk is every way in which this package changes anything on disk, so that a test can
// lose each change in turn. When a method returns nil its change was made; it is durable
// only where that is said.
type disk interface {
	// Mkdir makes a directory; one that is there already is as good.
	Mkdir(dir string) error
	// Link gives the file another name in the same file system.
	Link(from, to string) error
	// Copy makes a new file with all that from gives.
	Copy(from io.Reader, to string) error
	// WriteFile makes or replaces a file; its content is durable, its name is not yet.
	WriteFile(name string, text []byte) error
	// Stream is WriteFile for a text that comes piece by piece; its error is passed on.
	Stream(name string, write func(io.Writer) error) error
	// SyncFile makes the content of a file durable.
	SyncFile(name string) error
	// SyncDir makes the names in a directory durable.
	SyncDir(dir string) error
	// SyncAll makes durable everything that was made below an open directory: contents and names.
	SyncAll(watched *os.File) error
	// Rename moves; it never replaces a directory that holds anything.
	Rename(from, to string) error
	// RemoveAll takes away a directory and all in it; none is as good.
	RemoveAll(dir string) error
	// Rmdir takes away a directory that holds nothing.
	Rmdir(dir string) error
}

type osDisk struct{}

func (osDisk) Mkdir(dir string) error {
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		if info, statErr := os.Lstat(dir); statErr == nil && info.IsDir() {
			return nil
		}
	}
	return err
}

func (osDisk) Link(from, to string) error   { return os.Link(from, to) }
func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }
func (osDisk) RemoveAll(dir string) error   { return os.RemoveAll(dir) }
func (osDisk) Rmdir(dir string) error       { return os.Remove(dir) }

func (osDisk) Copy(from io.Reader, to string) (err error) {
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if _, err := io.Copy(w, from); err != nil {
		return fmt.Errorf("copy to %s: %w", to, err)
	}
	return nil
}

// duplicate makes a new file with the content of another.
func duplicate(d disk, from, to string) error {
	r, err := os.Open(filepath.Clean(from))
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read from
	return d.Copy(r, to)
}

func (d osDisk) WriteFile(name string, text []byte) error {
	return d.Stream(name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

func (osDisk) Stream(name string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := write(f); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.Sync()
}

func (osDisk) SyncFile(name string) error { return syncPath(name) }
func (osDisk) SyncDir(dir string) error   { return syncPath(dir) }

func (osDisk) SyncAll(watched *os.File) error { return flush.FileSystem(watched) }

func syncPath(name string) error {
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
