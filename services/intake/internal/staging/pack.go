package staging

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"sync"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// Small files that come together lie together too: making a file and taking it away costs the disk more than 20 KiB
// of bytes do. A package has at most one pack; its files become files when they become part of an object.
//
//	pack      the bytes, one file behind the other; of a package that came file by file what ledger says stands between
//	pack.rows for each file a row of packRow bytes, in the order of the keys:
//	          SHA-256 of its path (32) · where it begins (8) · its size in bytes (8), both big-endian
const (
	packName  = "pack"
	packIndex = "pack.rows"
	packRow   = sha256.Size + 16
)

// pack is being written. Its methods may be called by several goroutines at once.
type pack struct {
	folder string
	mu     sync.Mutex
	bytes  io.WriteCloser // past the page cache where the file system can; nil before the first file
	size   uint64
	rows   *spool.Sorter
	sealed bool
}

func newPack(folder string) *pack {
	return &pack{folder: folder, rows: spool.Place{Dir: folder}.Sorter()}
}

// add puts files behind those that are there. They are not durable yet.
func (p *pack) add(files []arrived) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bytes == nil {
		to, err := create(filepath.Join(p.folder, packName), uncached)
		if err != nil {
			return err
		}
		p.bytes = to
	}
	for _, f := range files {
		if err := p.row(f.Path, p.size, uint64(len(f.Content))); err != nil {
			return err
		}
		p.size += uint64(len(f.Content))
		if _, err := p.bytes.Write(f.Content); err != nil {
			return err
		}
	}
	return nil
}

// note says where a file lies in a pack that stands.
func (p *pack) note(path string, at, size uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.row(path, at, size)
}

func (p *pack) row(path string, at, size uint64) error {
	key := sha256.Sum256([]byte(path))
	return p.rows.Add(key[:], placed(at, size))
}

// placed is the end of a row.
func placed(at, size uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, at), size)
}

// seal ends the pack and writes its rows; names are the files to be made durable. Done again, or where no file came,
// it does nothing.
func (p *pack) seal() (names []string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sealed || p.rows.Len() == 0 {
		return nil, nil
	}
	p.sealed = true
	if p.bytes != nil {
		err = p.bytes.Close()
		p.bytes = nil
	}
	if err != nil {
		return nil, err
	}
	names = []string{filepath.Join(p.folder, packName), filepath.Join(p.folder, packIndex)}
	f, err := os.OpenFile(names[1], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var out bytes.Buffer
	c := p.rows.Sorted()
	for c.Next() {
		_, _ = out.Write(c.Key) // a buffer takes everything
		_, _ = out.Write(c.Value)
		if out.Len() >= 256*packRow {
			if _, err := out.WriteTo(f); err != nil {
				return nil, err
			}
		}
	}
	_, err = out.WriteTo(f)
	return names, errors.Join(err, c.Err())
}

// close lets go what seal did not.
func (p *pack) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	if p.bytes != nil {
		err = p.bytes.Close()
		p.bytes = nil
	}
	return errors.Join(err, p.rows.Close())
}

// packed is a pack that was sealed.
type packed struct {
	rows  *os.File
	at    io.ReaderAt // rows
	count int
	size  int64 // of the files' bytes
}

// openPack opens the rows of a pack; nil where a folder has none. Its bytes may be lost.
func openPack(folder string) (*packed, error) {
	rows, err := os.Open(filepath.Join(folder, packIndex))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &packed{rows: rows, at: rows}
	info, err := rows.Stat()
	if err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	p.count = int(info.Size() / packRow)
	if info, err = os.Lstat(filepath.Join(folder, packName)); err == nil && info.Mode().IsRegular() {
		p.size = info.Size()
	}
	return p, nil
}

// jumps is after how many guesses rows are looked for by halves. Keys are spread evenly: among a million rows five
// are enough.
const jumps = 12

// row looks for the row of a key.
func (p *packed) row(key []byte) (row [packRow]byte, there bool, err error) {
	from, to := 0, p.count
	at := share(binary.BigEndian.Uint64(key), p.count)
	for n := 0; from < to; n++ {
		if n >= jumps {
			at = from + (to-from)/2
		}
		at = min(max(at, from), to-1)
		if _, err := p.at.ReadAt(row[:], int64(at)*packRow); err != nil {
			return row, false, err
		}
		have := binary.BigEndian.Uint64(row[:])
		want := binary.BigEndian.Uint64(key)
		switch bytes.Compare(key, row[:len(key)]) {
		case 0:
			return row, true, nil
		case -1:
			to, at = at, at-1-share(have-want, p.count)
		default:
			from, at = at+1, at+1+share(want-have, p.count)
		}
	}
	return row, false, nil
}

// share is how many of count evenly spread keys are expected in a span of them.
func share(span uint64, count int) int {
	hi, _ := bits.Mul64(span, uint64(count))
	return int(hi)
}

// Packed is how many bytes of a package are packed.
func (a *Area) Packed(id string) (uint64, error) {
	info, err := os.Lstat(a.file(id, packName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("staging: %w", err)
	}
	return uint64(info.Size()), nil
}
