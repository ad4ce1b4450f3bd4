package ocfl

import (
	"bufio"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// reading is an inventory that was read, with its tables as rows.
type reading struct {
	where  string
	inv    *Inventory // without its tables; nil where the text is none
	sha    string     // SHA-512 of the text
	digest string     // of the text, by the inventory's own algorithm
	tables *tables
	states map[string]state
	found  findings  // all but of the sidecar; since they were last taken over
	seal   []finding // what is wrong with the sidecar
}

// readInventory reads an inventory in a directory of the object, and judges all but its tables. Nil means that
// there is none.
func (c *checker) readInventory(rel string) (in *reading, err error) {
	where := path.Join(rel, inventoryName)
	f, err := openRegular(c.full(where))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	rows := newTables(spool.Place{Dir: os.TempDir()})
	in = &reading{where: where, tables: rows, found: newFindings()}
	defer func() {
		if err != nil {
			err = errors.Join(err, rows.close())
		}
	}()
	h := newHash("sha512")
	s := scanner{void: in.tables.listless, row: func(of table, key int, digest, path string) error {
		return errors.Join(c.ctx.Err(), in.tables.row(of, key, digest, path))
	}}
	top, err := s.scan(bufio.NewReaderSize(io.TeeReader(f, h), 256<<10))
	if err != nil && !errors.Is(err, errNoInventory) {
		return nil, err
	}
	p := &parser{where: where}
	if err != nil {
		p.bad(E033)
		in.found.add(p.found[0])
		return in, nil
	}
	p.skeleton(top, s.repeats)
	in.inv, in.sha = &p.inv, hex.EncodeToString(h.Sum(nil))
	for _, f := range p.found {
		in.take(f)
	}
	return in, c.sealed(in)
}

// take keeps a finding, in the words of the edition that the inventory follows.
func (in *reading) take(f finding) {
	edition, _ := editionOf(in.inv.Type)
	if f.rule = edition.rule(f.rule); f.rule != nil {
		in.found.add(f)
	}
}

// judge judges the tables; each is as in tables.judge.
func (in *reading) judge(each func(located) error) (err error) {
	p := &parser{where: in.where, inv: *in.inv, many: in.take}
	in.states, err = in.tables.judge(p, each)
	return err
}

// sealed compares an inventory with its sidecar.
func (c *checker) sealed(in *reading) (err error) {
	algorithm := in.inv.DigestAlgorithm
	if newHash(algorithm) == nil {
		return nil
	}
	if in.digest = in.sha; algorithm != "sha512" {
		if in.digest, err = digestFile(c.full(in.where), algorithm); err != nil {
			return err
		}
	}
	in.seal = c.seal(in.where, algorithm, in.digest)
	return nil
}

// seal is what is wrong with the sidecar of an inventory of that digest.
func (c *checker) seal(where, algorithm, digest string) []finding {
	sidecar := where + "." + algorithm
	one := func(r *Rule, at string) []finding { return []finding{{at, r, []any{"path", at}}} }
	text, err := readLimited(c.full(sidecar), 1<<10)
	if err != nil {
		return one(E058, where)
	}
	said, ok := parseSidecar(text)
	switch {
	case !ok:
		return one(E061, sidecar)
	case said != digest:
		return one(E060, where)
	}
	return nil
}

// ownInventory reads and judges a version's own inventory. One with the text of the object's was judged with that.
func (c *checker) ownInventory(own *ownInventory) (err error) {
	at := path.Join(own.name, inventoryName)
	if own.name == c.inv.Head {
		sha, err := regularDigest(c.full(at))
		if err == nil && sha == c.root.sha {
			own.Inventory = c.inv
			if c.root.digest != "" {
				c.add(c.seal(at, c.inv.DigestAlgorithm, c.root.digest)...)
			}
			return nil
		}
	}
	in, err := c.readInventory(own.name)
	if err != nil {
		return err
	}
	if in == nil {
		c.bad(W010, own.name)
		return nil
	}
	defer func() { err = errors.Join(err, in.tables.close()) }()
	c.take(in)
	own.Inventory = in.inv
	if own.name == c.inv.Head {
		c.bad(E064, at)
	}
	if in.inv == nil {
		return nil
	}
	if err := in.judge(nil); err != nil {
		return err
	}
	c.take(in)
	own.states = in.states
	return nil
}

func regularDigest(name string) (string, error) {
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return "", errors.Join(err, errOdd)
	}
	return digestFile(name, "sha512")
}

// versionInventory compares a version's own inventory with the newest one (§3.5.4).
func (c *checker) versionInventory(own ownInventory) {
	inv, at := own.Inventory, path.Join(own.name, inventoryName)
	if inv == nil || own.name == c.inv.Head {
		return
	}
	if inv.ID != c.inv.ID {
		c.bad(E110, at)
	}
	if inv.contentDir() != c.inv.contentDir() {
		c.bad(E020, at)
	}
	if inv.Head != own.name {
		c.bad(E040, at, "version", clip(inv.Head))
	}
	for _, v := range slices.Sorted(maps.Keys(inv.Versions)) {
		old, now := inv.Versions[v], c.inv.Versions[v]
		a, b := own.states[v], c.root.states[v]
		if inv.DigestAlgorithm != c.inv.DigestAlgorithm {
			a.digests = b.digests // they cannot be compared
		}
		if _, there := c.inv.Versions[v]; !there || a != b {
			c.bad(E066, at, "version", v)
		} else if !old.Created.Equal(now.Created) || old.Message != now.Message || !sameUser(old.User, now.User) {
			c.bad(W011, at, "version", v)
		}
	}
}
