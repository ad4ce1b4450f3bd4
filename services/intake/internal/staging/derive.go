package staging

import (
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Derived is a file that the archive itself made beside a package's.
type Derived struct {
	Path   string // on our disk
	SHA512 string // lower-case hexadecimal
	Size   uint64 // bytes
}

// Derive writes a file into a package's folder and makes it durable. Done again it is another file
// under the same name: what was linked to the first is not written to. It goes with the package, and
// comes also where the package's own bytes are lost.
func (a *Area) Derive(id, path string, write func(io.Writer) error) (d Derived, err error) {
	d.Path = a.Path(id, path)
	if err := os.MkdirAll(filepath.Dir(d.Path), 0o700); err != nil {
		return d, fmt.Errorf("staging: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(d.Path), ".new-*")
	if err != nil {
		return d, fmt.Errorf("staging: %w", err)
	}
	h := sha512.New()
	err = write(io.MultiWriter(f, h))
	var info os.FileInfo
	if err == nil {
		info, err = f.Stat()
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), d.Path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(d.Path))
	}
	if err != nil {
		return d, fmt.Errorf("staging: %w", errors.Join(err, os.RemoveAll(f.Name())))
	}
	d.SHA512, d.Size = hex.EncodeToString(h.Sum(nil)), uint64(info.Size())
	return d, nil
}
