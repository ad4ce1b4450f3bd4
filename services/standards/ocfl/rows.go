package ocfl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// rows are the digests and paths of an inventory, table by table in the order in which encoding/json writes them; of each
// digest the paths as they stand there. They are sorted on the disk, and memory does not grow with them.
type rows struct {
	sorted *spool.Sorter // rowKey → number of the digest in the text, path
	tables map[table]bool
}

func newRows(in spool.Place) *rows { return &rows{sorted: in.Sorter(), tables: map[table]bool{}} }

func (r *rows) close() error { return r.sorted.Close() }

// rowKey orders rows. A name that says more than that of a version or an algorithm was refused before.
func rowKey(of table, digest string) []byte {
	return append(tableKey(of), digest...)
}

func tableKey(of table) []byte { return append(append([]byte{byte(of.kind)}, of.name...), 0) }

// add takes a row; number tells a digest that comes twice from one with several paths.
func (r *rows) add(of table, number int, digest, path string) error {
	r.tables[of] = true
	return r.sorted.Add(rowKey(of, digest), append(be64(uint64(number)), path...))
}

// walk goes through the rows. Tables are asked for in their order.
func (r *rows) walk() *rowWalk {
	w := &rowWalk{cursor: r.sorted.Sorted()}
	w.more = w.cursor.Next()
	return w
}

type rowWalk struct {
	cursor *spool.Cursor
	more   bool
}

// of gives the rows of a table, the digests as they are spelt. Those of tables before it are passed over. The
// digest holds until the next row.
func (w *rowWalk) of(t table) entries {
	return func(yield func(entry, error) bool) {
		begins := tableKey(t)
		for ; w.more; w.more = w.cursor.Next() {
			digest, is := bytes.CutPrefix(w.cursor.Key, begins)
			switch {
			case !is && bytes.Compare(w.cursor.Key, begins) > 0:
				return
			case is && !yield(entry{digest, string(w.cursor.Value[8:])}, nil):
				return
			}
		}
		if err := w.cursor.Err(); err != nil {
			yield(entry{}, err)
		}
	}
}

// judge judges all tables as those of an inventory that is otherwise inv, and gives the first fault.
func (r *rows) judge(ctx context.Context, inv *Inventory, in spool.Place) (first *finding, err error) {
	t := newTables(in)
	defer func() { err = errors.Join(err, t.close()) }()
	var last []byte
	var of table
	number, key := uint64(0), 0
	c := r.sorted.Sorted()
	for c.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now := binary.BigEndian.Uint64(c.Value)
		if !bytes.Equal(c.Key, last) || now != number {
			name, _, _ := bytes.Cut(c.Key[1:], []byte{0})
			of = table{tableKind(c.Key[0]), string(name)}
			last, number, key = append(last[:0], c.Key...), now, key+1
		}
		if err := t.row(of, key, string(c.Key[len(of.name)+2:]), string(c.Value[8:])); err != nil {
			return nil, err
		}
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	p := &parser{where: inventoryName, inv: *inv, many: func(f finding) {
		if first == nil && !f.rule.Warning {
			first = &f
		}
	}}
	_, err = t.judge(p, nil)
	return first, err
}

// scanned reads the inventory of the object in dir and compares it with its sidecar; row gets its rows. A digest without
// a list of paths, and a key that stands twice among those that are held, are refused.
func scanned(dir string, row func(of table, number int, digest, path string) error) (*Inventory, error) {
	f, err := openRegular(filepath.Join(dir, inventoryName))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	h := newHash("sha512")
	listless := 0
	s := scanner{void: func(table) { listless++ }, row: row}
	top, err := s.scan(bufio.NewReaderSize(io.TeeReader(f, h), 256<<10))
	if errors.Is(err, errNoInventory) {
		return nil, E033.With("path", inventoryName).Because(err)
	}
	if err != nil {
		return nil, err
	}
	p := &parser{where: inventoryName}
	p.skeleton(top, s.repeats)
	if listless > 0 {
		p.bad(E092)
	}
	for _, f := range p.found {
		if !f.rule.Warning {
			return nil, f.fault()
		}
	}
	have := hex.EncodeToString(h.Sum(nil))
	if p.inv.DigestAlgorithm != "sha512" {
		if have, err = digestFile(filepath.Join(dir, inventoryName), p.inv.DigestAlgorithm); err != nil {
			return nil, err
		}
	}
	if digest, ok := seal(dir, &p.inv); !ok || digest != have {
		return nil, E060.With("path", inventoryName)
	}
	return &p.inv, nil
}

// Files gives the files of a version, "v1" the first, by their paths; none where there is no such version. The inventory is
// read anew and not held: rows lie in the folder for temporary files. An error is the last that is given.
func (o *Object) Files(ctx context.Context, version string) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		byPath := spool.Place{Dir: os.TempDir()}.Sorter()
		err := o.sort(ctx, version, byPath)
		c := byPath.Sorted()
		for err == nil && c.Next() {
			digest, content, _ := strings.Cut(string(c.Value), "\x00")
			if !yield(File{Logical: string(c.Key), Digest: digest, Content: content}, nil) {
				_ = byPath.Close() // nobody asks any more
				return
			}
		}
		if err = errors.Join(err, c.Err(), byPath.Close()); err != nil {
			yield(File{}, err)
		}
	}
}

// sort puts the files of a version in the order of their paths.
func (o *Object) sort(ctx context.Context, version string, byPath *spool.Sorter) (err error) {
	all := newRows(spool.Place{Dir: os.TempDir()})
	defer func() { err = errors.Join(err, all.close()) }()
	manifest, state := table{kind: manifestTable}, table{stateTable, version}
	if _, err := scanned(o.dir, func(of table, number int, digest, path string) error {
		if of != manifest && of != state {
			return ctx.Err()
		}
		return errors.Join(ctx.Err(), all.add(of, number, strings.ToLower(digest), path))
	}); err != nil {
		return err
	}
	return all.join(state, func(digest, logical, content string) error {
		return byPath.Add([]byte(logical), []byte(digest+"\x00"+content))
	})
}

// join puts the rows of a state beside those of the manifest: content is the first path of the digest there, empty
// where there is none.
func (r *rows) join(of table, each func(digest, logical, content string) error) (err error) {
	next, stop := iter.Pull2(r.walk().of(table{kind: manifestTable}))
	defer stop()
	kept, err, more := next()
	var digest, content string
	for e, problem := range r.walk().of(of) {
		if err = errors.Join(err, problem); err != nil {
			return err
		}
		if now := string(e.digest); now != digest {
			digest, content = now, ""
			for more && string(kept.digest) < digest {
				if kept, err, more = next(); err != nil {
					return err
				}
			}
			if more && string(kept.digest) == digest {
				content = kept.path
			}
		}
		if err := each(digest, e.path, content); err != nil {
			return err
		}
	}
	return nil
}

// same tells whether a version has the files of a state, whose digests are bytes.
func (o *Object) same(ctx context.Context, version string, in spool.Place, want entries) (bool, error) {
	return sameFiles(in, want, func(yield func(entry, error) bool) {
		for f, err := range o.Files(ctx, version) {
			digest, odd := hex.DecodeString(f.Digest)
			if odd != nil {
				digest = []byte(f.Digest) // it is none, and so like no other
			}
			if !yield(entry{digest, f.Logical}, err) {
				return
			}
		}
	})
}

// sameFiles tells whether two states have the same files.
func sameFiles(in spool.Place, a, b entries) (same bool, err error) {
	both := in.Sorter() // path → whose it is, and its digest
	defer func() { err = errors.Join(err, both.Close()) }()
	for whose, of := range []entries{a, b} {
		for e, err := range of {
			if err == nil {
				err = both.Add([]byte(e.path), append([]byte{byte(whose)}, e.digest...))
			}
			if err != nil {
				return false, err
			}
		}
	}
	c := both.Sorted()
	for c.Next() {
		path, digest := string(c.Key), string(c.Value[1:])
		if c.Value[0] != 0 || !c.Next() || string(c.Key) != path || c.Value[0] != 1 || string(c.Value[1:]) != digest {
			return false, c.Err()
		}
	}
	return c.Err() == nil, c.Err()
}
