// Package hostile makes packages that must be refused: each breaks one thing, and says by
// which stable code and at which entry it is to be refused. It is test support. Whoever takes
// packages in (from a folder, an upload, an archive) runs the same table through their own
// way, so that no way in is more trusting than another.
package hostile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/standards/bagit"
)

// Form is a way in which a package can come.
type Form uint8

// The forms. Upload is a sequence of files, each announced by path and size.
const (
	Upload Form = 1 << iota
	Dir
	Tar
	Zip
)

// Every form, and those in which a name is text and not what a disk can hold.
const (
	anyForm  = Upload | Dir | Tar | Zip
	asText   = Upload | Tar | Zip
	archived = Tar | Zip
)

// Kind is what an entry is.
type Kind uint8

// The kinds.
const (
	File Kind = iota
	Directory
	Symlink
	HardLink
	Fifo
	Socket
	Device
)

// Entry is one entry of a package.
type Entry struct {
	Path    string // inside the bag
	Kind    Kind
	Link    string // of a link
	Content string
	Lie     int64 // added to the size that an upload announces
	// raw: in an archive the path is written as it is and not under the folder of the bag.
	raw bool
}

// Package is one hostile package.
type Package struct {
	Name  string // stable, for the name of a subtest
	Code  string // of the fault that refuses it, for example bagit.traversal
	Where string // the entry that the fault names, as it is shown; "" for the whole
	Forms Form
	// in are the forms in which another entry is named, because files come in another order:
	// a folder by name and its folders first, a ZIP with its tag files first.
	in map[Form]string
	// Limits under which it is hostile; zero fields are the defaults.
	Limits  bagit.Limits
	Entries []Entry
	// archives that no honest writer makes
	tar, zip func(io.Writer) error
}

// Errors of the writers.
var (
	ErrForm = errors.New("the package does not come in this form")
	ErrHost = errors.New("this host cannot make the package")
)

// Packages is the table: new values every time, in a stable order.
func Packages() []Package {
	return slices.Concat(names(), kinds(), declarations(), manifests(), bounds(), tars(), zips())
}

// At is the entry that the fault names when the package comes in the form.
func (p Package) At(f Form) string {
	if other, ok := p.in[f]; ok {
		return other
	}
	return p.Where
}

// Has says whether the package comes in the form.
func (p Package) Has(f Form) bool { return p.Forms&f != 0 }

// WriteDir makes the package as the folder dir, which must exist and be empty. ErrHost is for
// what this system or this user cannot make.
func (p Package) WriteDir(dir string) error {
	if !p.Has(Dir) {
		return ErrForm
	}
	for _, e := range p.Entries {
		full := filepath.Join(dir, filepath.FromSlash(e.Path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := e.write(full); err != nil {
			return err
		}
	}
	return nil
}

func (e Entry) write(full string) error {
	switch e.Kind {
	case Directory:
		return os.MkdirAll(full, 0o755)
	case Symlink:
		return os.Symlink(e.Link, full)
	case File:
		// Two names that a disk takes for one cannot both be made on it.
		f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			return ErrHost
		}
		if err != nil {
			return err
		}
		_, err = f.WriteString(e.Content)
		return errors.Join(err, f.Close())
	case HardLink, Fifo, Socket, Device:
	}
	return special(full, e.Kind)
}

// WriteTar writes the package as a tar.
func (p Package) WriteTar(w io.Writer) error {
	switch {
	case !p.Has(Tar):
		return ErrForm
	case p.tar != nil:
		return p.tar(w)
	}
	return writeTar(w, p.Entries)
}

// WriteZip writes the package as a ZIP.
func (p Package) WriteZip(w io.Writer) error {
	switch {
	case !p.Has(Zip):
		return ErrForm
	case p.zip != nil:
		return p.zip(w)
	}
	return writeZip(w, zipped(p.Entries), zipEnd{})
}

// base is the folder of the bag in an archive.
const base = "bag/"

// inArchive is an entry's path there.
func (e Entry) inArchive() string {
	if e.raw {
		return e.Path
	}
	return base + e.Path
}

// long is a text of n bytes.
func long(s string, n int) string { return strings.Repeat(s, n/len(s)+1)[:n] }
