package ocfl

import (
	"bufio"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// Index tells where the files of one version of an object lie, without holding its inventory: memory
// does not grow with the number of files. A file lies under its own name in the version that brought it,
// unless others have the same bytes; only of those that lie elsewhere a row is kept, in the root's
// staging folder. Its methods may be called by several goroutines at once; it ends with Close.
type Index struct {
	InventorySHA512 string // of the text that was read

	mu   sync.Mutex
	rows *spool.Table // logical path → content path
	own  string       // before a logical path, where the file lies under its own name
}

// indexBudget is how much memory an index takes, in bytes.
const indexBudget = 256 << 10

// Index reads the inventory of an object, once and without its sidecar: whoever asks has the digests of
// the files, or that of the inventory. version is "v1" and the like. Files that lie under their own name
// in the directory of that version are not looked for: At gives that place for every path it has no row
// of. Errors: NotFound; E033 where the inventory cannot be read as one.
func (r *Root) Index(ctx context.Context, id, version string) (x *Index, err error) {
	dir := r.Path(id)
	if dir == "" {
		return nil, NotFound.With("id", clip(id))
	}
	f, err := openRegular(filepath.Join(dir, inventoryName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, NotFound.With("id", clip(id))
	}
	if err != nil {
		return nil, fmt.Errorf("index object %s: %w", id, err)
	}
	defer func() { _ = f.Close() }() // only read from
	if err := r.disk.Mkdir(r.staging); err != nil {
		return nil, fmt.Errorf("index object %s: %w", id, err)
	}
	place := spool.Place{Dir: r.staging}
	byDigest, byPath := place.Sorter(), place.Sorter()
	rows := spool.Place{Dir: r.staging, Budget: indexBudget}.Table()
	x = &Index{rows: rows, own: version + "/content/"}
	defer func() {
		if err = errors.Join(err, byDigest.Close(), byPath.Close()); err != nil {
			x, err = nil, errors.Join(fmt.Errorf("index object %s: %w", id, err), rows.Close())
		}
	}()
	h := sha512.New()
	s := scanner{void: func(table) {}, row: func(t table, _ int, digest, path string) error {
		if t.kind == fixityTable || t.kind == stateTable && t.name != version {
			return nil
		}
		key := append([]byte(strings.ToLower(digest)), 0, byte(t.kind))
		return errors.Join(ctx.Err(), byDigest.Add(key, []byte(path)))
	}}
	top, err := s.scan(bufio.NewReaderSize(io.TeeReader(f, h), 256<<10))
	if errors.Is(err, errNoInventory) {
		return nil, E033.With("path", inventoryName).Because(err)
	}
	if err != nil {
		return nil, err
	}
	x.InventorySHA512 = hex.EncodeToString(h.Sum(nil))
	if raw, there := top["contentDirectory"]; there {
		p := &parser{}
		x.own = version + "/" + p.str(raw, E033) + "/"
	}
	if err := x.elsewhere(byDigest, byPath); err != nil {
		return nil, err
	}
	c := byPath.Sorted() // in order: neighbours share pages of the table
	for c.Next() {
		if err := x.rows.Put(string(c.Key), string(c.Value)); err != nil {
			return nil, err
		}
	}
	return x, c.Err()
}

// elsewhere joins paths with the place of their bytes, and keeps those that lie under another name. The
// manifest's rows of a digest come first.
func (x *Index) elsewhere(byDigest, byPath *spool.Sorter) error {
	var digest, content string
	c := byDigest.Sorted()
	for c.Next() {
		of, kind := string(c.Key[:len(c.Key)-2]), tableKind(c.Key[len(c.Key)-1])
		switch {
		case kind == manifestTable && of != digest:
			digest, content = of, string(c.Value)
		case kind == stateTable && of == digest && content != x.own+string(c.Value):
			if err := byPath.Add(c.Value, []byte(content)); err != nil {
				return err
			}
		}
	}
	return c.Err()
}

// At is where a file lies, relative to the object.
func (x *Index) At(logical string) (content string, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	content, there, err := x.rows.Get(logical)
	if err == nil && !there {
		content = x.own + logical
	}
	return content, err
}

// Close gives its memory and its file back.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.rows.Close()
}

// OpenContent opens a content file where it lies, as Index.At gives it. The caller closes it. Nothing
// outside the object is opened. Whether its bytes are right is for the caller to see.
func (r *Root) OpenContent(id, content string) (*os.File, error) { return r.open(id, content) }

// Digest counts the SHA-512 of a content file where it lies; as Known.Digest.
func (r *Root) Digest(ctx context.Context, id, content string) (string, error) {
	return r.digest(ctx, id, content)
}

// KnownOne is Known of one file, which lies at a content path and must have a digest.
func (r *Root) KnownOne(id, logical, content, sha512 string) *Known {
	return &Known{root: r, id: id, files: map[string]place{logical: {content, strings.ToLower(sha512)}}}
}

// openRegular opens a file and nothing else.
func openRegular(name string) (*os.File, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %s: %w", name, info.Mode(), errOdd)
	}
	return os.Open(name)
}
