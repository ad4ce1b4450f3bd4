package staging

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Place is where a file lies: the whole of a file on our disk, or a part of one.
type Place struct {
	File string
	Part bool
	At   int64 // where the part begins, in bytes
	Size int64 // of the part, in bytes
}

// Content is an open file of a package.
type Content struct {
	*io.SectionReader
	io.Closer
}

// Open opens a file to read; the caller closes it.
func (p Place) Open() (*Content, error) {
	f, err := os.Open(p.File)
	if err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	if !p.Part {
		info, err := f.Stat()
		if err != nil {
			return nil, fmt.Errorf("staging: %w", errors.Join(err, f.Close()))
		}
		p.Size = info.Size()
	}
	return &Content{io.NewSectionReader(f, p.At, p.Size), f}, nil
}

// mostOpen is how many packages' rows are held open.
const mostOpen = 16

// Places finds the files of packages that have come whole. One goroutine uses it; it ends with Close.
type Places struct {
	area  *Area
	packs map[string]*packed // by package; nil where one has no pack
}

// Places begins to look for files.
func (a *Area) Places() *Places { return &Places{area: a, packs: make(map[string]*packed)} }

// Of says where a file of a package lies, or would lie. It does not look whether it is there: Whole does.
func (p *Places) Of(id, path string) (Place, error) {
	pack, err := p.pack(id)
	if err != nil {
		return Place{}, fmt.Errorf("staging: %w", err)
	}
	if pack != nil {
		key := sha256.Sum256([]byte(path))
		row, there, err := pack.row(key[:])
		if err != nil {
			return Place{}, fmt.Errorf("staging: %w", err)
		}
		if there {
			at, size := binary.BigEndian.Uint64(row[len(key):]), binary.BigEndian.Uint64(row[len(key)+8:])
			return Place{File: p.area.file(id, packName), Part: true, At: int64(at), Size: int64(size)}, nil
		}
	}
	return Place{File: p.area.Path(id, path)}, nil
}

// Whole is nil where a file is there with its size, otherwise Lost.
func (p *Places) Whole(id, path string, size uint64) error {
	place, err := p.Of(id, path)
	if err == nil && place.Part {
		if uint64(place.Size) != size || place.At < 0 || place.At > p.packs[id].size-place.Size {
			return Lost.With("package", id)
		}
		return nil
	}
	var info fs.FileInfo
	if err == nil {
		info, err = os.Lstat(place.File)
	}
	if err != nil || !info.Mode().IsRegular() || uint64(info.Size()) != size {
		return Lost.With("package", id).Because(err)
	}
	return nil
}

// pack opens the rows of a package's pack.
func (p *Places) pack(id string) (*packed, error) {
	if pack, known := p.packs[id]; known {
		return pack, nil
	}
	if len(p.packs) == mostOpen {
		if err := p.Close(); err != nil {
			return nil, err
		}
	}
	pack, err := openPack(filepath.Join(p.area.dir, id))
	if err != nil {
		return nil, err
	}
	p.packs[id] = pack
	return pack, nil
}

// Close lets the packages go.
func (p *Places) Close() (err error) {
	for _, pack := range p.packs {
		if pack != nil {
			err = errors.Join(err, pack.rows.Close())
		}
	}
	clear(p.packs)
	return err
}
