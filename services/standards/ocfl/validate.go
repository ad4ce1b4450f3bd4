package ocfl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Validate judges what lies in the directory dir, an object or a whole storage root; the report
// says which. Error: NotOCFL.
func Validate(ctx context.Context, dir string) (*Report, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}
	object, root := false, false
	for _, e := range entries {
		name := e.Name()
		object = object || strings.HasPrefix(name, objectPrefix) || name == inventoryName
		root = root || strings.HasPrefix(name, rootPrefix) && !strings.HasPrefix(name, objectPrefix) || name == layoutName
	}
	switch {
	case root:
		return ValidateRoot(ctx, dir)
	case object:
		return ValidateObject(ctx, dir)
	}
	return nil, NotOCFL.With("path", dir)
}

// ValidateObject judges the object in the directory dir: structure, every inventory, and
// every content file's digest. The error is for what is wrong on our side.
func ValidateObject(ctx context.Context, dir string) (*Report, error) {
	c := newChecker(ctx, dir, &Report{Kind: ObjectKind})
	if err := c.object(); err != nil {
		return nil, fmt.Errorf("validate object %s: %w", dir, err)
	}
	c.report.Edition = c.edition
	return c.report.settle(c.found), nil
}

// checker judges one object. Of what may be many it holds nothing.
type checker struct {
	ctx     context.Context // lives as long as one call
	dir     string
	edition Edition // as declared; else as the inventory says
	report  *Report
	at      string // the object's place in a storage root, before the places of findings; empty where it stands alone
	found   findings
	codes   map[*Rule]bool // those of found
	inv     *Inventory     // without digests and paths
	root    *reading
}

func newChecker(ctx context.Context, dir string, r *Report) *checker {
	return &checker{ctx: ctx, dir: dir, report: r, found: newFindings(), codes: map[*Rule]bool{}}
}

// add takes findings at their places in the object.
func (c *checker) add(found ...finding) {
	for _, f := range found {
		f.where = path.Join(c.at, f.where)
		c.codes[f.rule] = true
		c.found.add(f)
	}
}

// take takes over what was found of an inventory.
func (c *checker) take(in *reading) {
	for _, one := range in.found.faults.List() {
		c.codes[one.rule] = true
	}
	c.found.join(in.found, func(where string) string { return path.Join(c.at, where) })
	c.add(in.seal...)
	in.found, in.seal = newFindings(), nil
}

func (c *checker) bad(r *Rule, where string, pairs ...any) {
	if r = c.edition.rule(r); r == nil {
		return
	}
	c.add(finding{where, r, append([]any{"path", where}, pairs...)})
}

func (c *checker) full(rel string) string { return filepath.Join(c.dir, filepath.FromSlash(rel)) }

func (c *checker) object() (err error) {
	c.report.Objects++
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	if c.root, err = c.readInventory("."); err != nil {
		return err
	}
	if c.root == nil {
		c.bad(E063, ".")
	} else {
		defer func() { err = errors.Join(err, c.root.tables.close()) }()
		c.inv = c.root.inv
	}
	if c.inv != nil {
		c.edition, _ = editionOf(c.inv.Type)
	}
	if c.root != nil {
		c.take(c.root)
	}
	c.declaration(entries)
	if c.inv == nil {
		return nil // nothing more can be said without an inventory
	}
	versions := map[string]bool{}
	for _, e := range entries {
		name := e.Name()
		_, _, isVersion := versionNumber(name)
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			c.bad(E090, name)
		case strings.HasPrefix(name, "0=") && !e.IsDir(), name == inventoryName, name == inventoryName+"."+c.inv.DigestAlgorithm:
		case isVersion && e.IsDir():
			versions[name] = true
		case name == "logs" && e.IsDir():
		case name == extensionsDir && e.IsDir():
			if err := c.extensions(); err != nil {
				return err
			}
		default:
			c.bad(E001, name)
		}
	}
	own, err := c.versionDirs(versions)
	if err != nil {
		return err
	}
	if err := c.root.judge(c.located); err != nil {
		return err
	}
	c.take(c.root)
	for _, v := range own {
		c.versionInventory(v)
	}
	return nil
}

// declaration judges the NAMASTE file of the object root (§3.3).
func (c *checker) declaration(entries []os.DirEntry) {
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "0=") {
			names = append(names, e.Name())
		}
	}
	if len(names) != 1 {
		c.bad(E003, ".")
		return
	}
	edition, known := declared(names[0], objectPrefix)
	if !known {
		c.bad(E004, names[0])
		return
	}
	c.edition = edition
	if text, err := readLimited(c.full(names[0]), 1<<10); err != nil || string(text) != strings.TrimPrefix(names[0], "0=")+"\n" {
		c.bad(E007, names[0])
	}
	if c.inv != nil && c.inv.Type != edition.inventoryType() && !c.said(E038) {
		c.bad(E038, inventoryName)
	}
}

// said tells whether a rule was found broken already.
func (c *checker) said(r *Rule) bool {
	return c.codes[r]
}

func (c *checker) extensions() error {
	entries, err := os.ReadDir(c.full(extensionsDir))
	for _, e := range entries {
		if at := path.Join(extensionsDir, e.Name()); !e.IsDir() {
			c.bad(E067, at)
		} else if !registered.has(e.Name()) {
			c.bad(W013, at)
		}
	}
	return err
}

// versionDirs compares the directories of versions with the inventory.
func (c *checker) versionDirs(there map[string]bool) (all []ownInventory, err error) {
	newest := 0
	for name := range there {
		n, _, _ := versionNumber(name)
		newest = max(newest, n)
	}
	for _, name := range slices.Sorted(maps.Keys(c.inv.Versions)) {
		if there[name] {
			continue
		}
		c.bad(E046, inventoryName, "version", name)
		if n, _, _ := versionNumber(name); n < newest && !c.said(E010) {
			c.bad(E010, ".")
		}
	}
	before := V10
	for _, name := range slices.SortedFunc(maps.Keys(there), byNumber) {
		if _, known := c.inv.Versions[name]; !known {
			c.bad(E046, inventoryName, "version", name)
			continue
		}
		own, err := c.version(name)
		if err != nil {
			return nil, err
		}
		all = append(all, own)
		if own.Inventory == nil {
			continue // it has no inventory to say
		}
		edition, _ := editionOf(own.Type)
		if edition == "" {
			continue
		}
		if edition < before {
			c.bad(E103, path.Join(name, inventoryName))
		}
		before = edition
	}
	return all, nil
}

// ownInventory is a version's own inventory.
type ownInventory struct {
	name       string
	*Inventory // without its tables; nil where there is none
	states     map[string]state
}

// byNumber puts v2 before v10.
func byNumber(a, b string) int {
	m, _, _ := versionNumber(a)
	n, _, _ := versionNumber(b)
	return m - n
}

// version judges a version's directory, and gives its own inventory.
func (c *checker) version(name string) (own ownInventory, err error) {
	own.name = name
	entries, err := os.ReadDir(c.full(name))
	if err != nil {
		return own, err
	}
	for _, e := range entries {
		at := path.Join(name, e.Name())
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			c.bad(E090, at)
		case e.IsDir() && e.Name() == c.inv.contentDir():
			if held, err := c.content(at); err != nil {
				return own, err
			} else if held == 0 {
				c.bad(W003, at)
			}
		case e.IsDir():
			c.bad(W002, at)
		case e.Name() == inventoryName, strings.HasPrefix(e.Name(), inventoryName+"."):
		default:
			c.bad(E015, at)
		}
	}
	return own, c.ownInventory(&own)
}

// pageEntries is how many entries of a directory are read at once.
const pageEntries = 500

// content notes the files of a directory in a version's content, and tells how much it holds.
func (c *checker) content(at string) (held int, err error) {
	dir, err := os.Open(c.full(at))
	if err != nil {
		return 0, err
	}
	defer func() { _ = dir.Close() }() // only read from
	for {
		entries, err := dir.ReadDir(pageEntries)
		if errors.Is(err, io.EOF) {
			return held, nil
		}
		if err = errors.Join(err, c.ctx.Err()); err != nil {
			return held, err
		}
		held += len(entries)
		for _, e := range entries {
			if err := c.entry(path.Join(at, e.Name()), e); err != nil {
				return held, err
			}
		}
	}
}

func (c *checker) entry(rel string, e fs.DirEntry) error {
	switch {
	case e.IsDir():
		below, err := c.content(rel)
		if err == nil && below == 0 {
			c.bad(E024, rel)
		}
		return err
	case !e.Type().IsRegular():
		c.bad(E090, rel)
		return nil
	}
	return c.root.tables.file(rel)
}

func sameUser(a, b *User) bool { return a == b || a != nil && b != nil && *a == *b }
