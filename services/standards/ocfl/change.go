package ocfl

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// changed is a change of an object of however many files: what it says of few paths is held, the others lie in rows.
type changed struct {
	Change
	place   spool.Place
	inv     *Inventory        // of the object as it is, without its tables
	rows    *rows             // its tables; after next with those of the new version
	touched map[string]bool   // the paths of which the change speaks
	after   map[string]string // what stands there after it: digests as they are spelt in the manifest
	fresh   map[string]string // digests that no version has → where they come to lie
}

// changed reads the inventory of the object in dir and works out what becomes of it. digests are those of c.Put, by the
// object's algorithm. Errors: those of apply. The caller closes it, also beside an error where there is one.
func (r *Root) changed(ctx context.Context, dir string, c Change, digests map[string]string) (*changed, error) {
	n := &changed{Change: c, place: spool.Place{Dir: r.staging}, touched: map[string]bool{}}
	if err := r.disk.Mkdir(r.staging); err != nil {
		return nil, err
	}
	n.rows = newRows(n.place)
	var err error
	if n.inv, err = scanned(dir, func(of table, number int, digest, path string) error {
		return errors.Join(ctx.Err(), n.rows.add(of, number, digest, path))
	}); err != nil {
		return n, err
	}
	for _, p := range c.Remove {
		n.touched[p] = true
	}
	for _, p := range c.Rename {
		n.touched[p.From], n.touched[p.To] = true, true
	}
	for p := range digests {
		n.touched[p] = true
	}
	for p := range n.touched {
		if !utf8.ValidString(p) {
			return n, BadContent.With("file", clip(p), "problem", "UTF-8")
		}
	}
	return n, n.apply(digests)
}

func (n *changed) close() error { return n.rows.close() }

// apply does the change to the paths of which it speaks: all others stay. It is Inventory.apply for them alone.
func (n *changed) apply(digests map[string]string) error {
	before := map[string][]string{}
	spelt := map[string]string{} // as the manifest writes it, by lower case
	for e, err := range n.rows.walk().of(table{stateTable, n.Head}) {
		if err != nil {
			return err
		}
		if n.touched[e.path] {
			digest := string(e.digest)
			before[digest] = append(before[digest], e.path)
			spelt[strings.ToLower(digest)] = digest
		}
	}
	few := &Inventory{ID: n.inv.ID, Versions: map[string]Version{n.Head: {State: before}}}
	var err error
	if n.after, err = few.apply(n.Change, digests); err != nil {
		return err
	}
	put := map[string]bool{}
	for _, digest := range digests {
		put[digest] = true
	}
	for e, err := range n.rows.walk().of(table{kind: manifestTable}) {
		if err != nil {
			return err
		}
		if lower := strings.ToLower(string(e.digest)); put[lower] {
			spelt[lower] = string(e.digest)
		}
	}
	n.fresh = map[string]string{}
	for _, p := range slices.Sorted(maps.Keys(n.after)) {
		digest := n.after[p]
		if spelt[digest] == "" {
			spelt[digest], n.fresh[digest] = digest, p
		}
		n.after[p] = spelt[digest]
	}
	return nil
}

// state are the files after the change, in no order.
func (n *changed) state() entries {
	return func(yield func(entry, error) bool) {
		for e, err := range n.rows.walk().of(table{stateTable, n.Head}) {
			if err == nil && n.touched[e.path] {
				continue
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
		for p, digest := range n.after {
			if !yield(entry{[]byte(digest), p}, nil) {
				return
			}
		}
	}
}

// madeAs tells whether a version of the object is what the change makes.
func (n *changed) madeAs(version string) (bool, error) {
	was, want := n.inv.Versions[version], n.version(nil)
	if !was.Created.Equal(want.Created) || was.Message != want.Message || !sameUser(was.User, want.User) {
		return false, nil
	}
	return sameFiles(n.place, lower(n.state()), lower(n.rows.walk().of(table{stateTable, version})))
}

// lower gives rows with digests in lower case.
func lower(all entries) entries {
	return func(yield func(entry, error) bool) {
		for e, err := range all {
			if !yield(entry{[]byte(strings.ToLower(string(e.digest))), e.path}, err) {
				return
			}
		}
	}
}

// ours is the number of the rows that the change adds to those of the object, whose digests are numbered from one.
const ours = 0

// next adds the version to the rows, and judges what is about to be written as strictly as what is read. Only bytes that no
// version has come into the manifest (forward delta, §3.5.4.1).
func (n *changed) next(ctx context.Context) error {
	inv := *n.inv
	var ok bool
	if inv.Head, ok = versionAfter(n.inv.Head); !ok {
		return NoMoreVersions.With("id", clip(inv.ID), "head", inv.Head)
	}
	if err := n.addState(ctx, table{stateTable, inv.Head}); err != nil {
		return err
	}
	for digest, p := range n.fresh {
		if err := n.rows.add(table{kind: manifestTable}, ours, digest, inv.Head+"/"+inv.contentDir()+"/"+p); err != nil {
			return err
		}
	}
	inv.Versions = maps.Clone(inv.Versions)
	inv.Versions[inv.Head] = n.version(map[string][]string{})
	n.inv = &inv
	first, err := n.rows.judge(ctx, n.inv, n.place)
	if err == nil && first != nil {
		err = BadContent.With("file", clip(inv.ID), "problem", first.rule.Code).Because(first.fault())
	}
	return err
}

// addState adds the files after the change to the rows, of each digest in the order of their paths.
func (n *changed) addState(ctx context.Context, to table) (err error) {
	byPath := n.place.Sorter()
	defer func() { err = errors.Join(err, byPath.Close()) }()
	for e, err := range n.state() {
		if err = errors.Join(err, ctx.Err()); err == nil {
			err = byPath.Add([]byte(e.path), e.digest)
		}
		if err != nil {
			return err
		}
	}
	c := byPath.Sorted()
	for c.Next() {
		if err := n.rows.add(to, ours, string(c.Value), string(c.Key)); err != nil {
			return err
		}
	}
	return c.Err()
}

// write writes the inventory.
func (n *changed) write(to io.Writer) error {
	w := n.rows.walk()
	_, err := writeInventory(to, n.inv, func(of table) entries {
		if !n.rows.tables[of] {
			return nil
		}
		return w.of(of)
	}, func(digest []byte) string { return string(digest) })
	return err
}

// record is the version's own record, and to which object it belongs.
func (n *changed) record() []recordFile {
	own := newHash(n.inv.DigestAlgorithm)
	return []recordFile{
		{name: markName, text: []byte(n.inv.ID)},
		{name: n.inv.Head + "/" + inventoryName, write: func(w io.Writer) error { return n.write(io.MultiWriter(w, own)) }},
		{name: n.inv.Head + "/" + n.inv.sidecarName(), write: func(w io.Writer) error { // behind the inventory
			_, err := fmt.Fprintf(w, "%s  %s\n", hex.EncodeToString(own.Sum(nil)), inventoryName)
			return err
		}},
	}
}

// bring are the files of the change that the object does not have, by content path.
func (n *changed) bring() map[string]Content {
	lie := map[string]bool{}
	for _, p := range n.fresh {
		lie[p] = true
	}
	files := map[string]Content{}
	for _, f := range n.Put {
		if lie[f.Logical] {
			files[n.inv.Head+"/"+n.inv.contentDir()+"/"+f.Logical] = f
		}
	}
	return files
}
