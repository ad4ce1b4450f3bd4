package ocfl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	c := &checker{ctx: ctx, dir: dir, report: &Report{Kind: ObjectKind}}
	if err := c.object(); err != nil {
		return nil, fmt.Errorf("validate object %s: %w", dir, err)
	}
	c.report.Edition = c.edition
	return settleReport(c.report, c.found, ""), nil
}

// checker judges one object.
type checker struct {
	ctx      context.Context // lives as long as one call
	dir      string
	edition  Edition // as declared; else as the inventory says
	report   *Report
	found    []finding
	inv      *Inventory
	raw      []byte
	contents map[string]bool // every file found under a version's content
}

func (c *checker) bad(r *Rule, where string, pairs ...any) {
	if r = c.edition.rule(r); r == nil {
		return
	}
	c.found = append(c.found, finding{where, r, append([]any{"path", where}, pairs...)})
}

func (c *checker) full(rel string) string { return filepath.Join(c.dir, filepath.FromSlash(rel)) }

func (c *checker) object() error {
	c.report.Objects++
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	var found []finding
	c.raw, c.inv, found, err = c.readInventory(".")
	if err != nil {
		return err
	}
	if c.inv != nil {
		c.edition, _ = editionOf(c.inv.Type)
	}
	if c.found = append(c.found, found...); c.raw == nil {
		c.bad(E063, ".")
	}
	c.declaration(entries)
	if c.inv == nil {
		return nil // nothing more can be said without an inventory
	}
	c.contents = map[string]bool{}
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
	if err := c.versionDirs(versions); err != nil {
		return err
	}
	return c.digests()
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
	return slices.ContainsFunc(c.found, func(f finding) bool { return f.rule == r })
}

// readInventory reads and judges the inventory in a directory of the object. No bytes
// means that there is none.
func (c *checker) readInventory(rel string) ([]byte, *Inventory, []finding, error) {
	where := path.Join(rel, inventoryName)
	raw, err := readLimited(c.full(where), inventoryLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil, nil
	}
	if err != nil {
		return nil, nil, nil, err
	}
	inv, found := parseInventory(raw)
	for i := range found {
		found[i].where, found[i].args[1] = where, where
	}
	if inv != nil {
		edition, _ := editionOf(inv.Type)
		found = edition.translate(found)
	}
	if inv == nil || newHash(inv.DigestAlgorithm) == nil {
		return raw, inv, found, nil
	}
	sidecar := where + "." + inv.DigestAlgorithm
	add := func(r *Rule, at string) { found = append(found, finding{at, r, []any{"path", at}}) }
	text, err := readLimited(c.full(sidecar), 1<<10)
	switch {
	case err != nil:
		add(E058, where)
	default:
		digest, ok := parseSidecar(text)
		if !ok {
			add(E061, sidecar)
		} else if digest != sum(inv.DigestAlgorithm, raw) {
			add(E060, where)
		}
	}
	return raw, inv, found, nil
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
func (c *checker) versionDirs(there map[string]bool) error {
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
			return err
		}
		if own == "" {
			continue // it has no inventory to say
		}
		if own < before {
			c.bad(E103, path.Join(name, inventoryName))
		}
		before = own
	}
	return nil
}

// byNumber puts v2 before v10.
func byNumber(a, b string) int {
	m, _, _ := versionNumber(a)
	n, _, _ := versionNumber(b)
	return m - n
}

// version judges a version's directory, and gives the edition that its own inventory follows.
func (c *checker) version(name string) (Edition, error) {
	entries, err := os.ReadDir(c.full(name))
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		at := path.Join(name, e.Name())
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			c.bad(E090, at)
		case e.IsDir() && e.Name() == c.inv.contentDir():
			if err := c.content(at); err != nil {
				return "", err
			}
		case e.IsDir():
			c.bad(W002, at)
		case e.Name() == inventoryName, strings.HasPrefix(e.Name(), inventoryName+"."):
		default:
			c.bad(E015, at)
		}
	}
	raw, inv, found, err := c.readInventory(name)
	if err != nil {
		return "", err
	}
	c.versionInventory(name, raw, inv, found)
	if inv == nil {
		return "", nil
	}
	own, _ := editionOf(inv.Type)
	return own, nil
}

// content lists the files under a version's content directory.
func (c *checker) content(at string) error {
	holds := map[string]int{}
	err := filepath.WalkDir(c.full(at), func(p string, e fs.DirEntry, err error) error {
		if err = errors.Join(err, c.ctx.Err()); err != nil {
			return err
		}
		rel, err := filepath.Rel(c.dir, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		holds[path.Dir(rel)]++
		switch {
		case e.IsDir():
			holds[rel] += 0
		case !e.Type().IsRegular():
			c.bad(E090, rel)
		default:
			c.contents[rel] = true
		}
		return nil
	})
	for dir, n := range holds {
		if n > 0 || !strings.HasPrefix(dir, at) {
			continue
		}
		if dir == at {
			c.bad(W003, dir)
		} else {
			c.bad(E024, dir)
		}
	}
	return err
}

// versionInventory compares a version's own inventory with the newest one (§3.5.4).
func (c *checker) versionInventory(name string, raw []byte, inv *Inventory, found []finding) {
	at := path.Join(name, inventoryName)
	if raw == nil {
		c.bad(W010, name)
		return
	}
	if name == c.inv.Head {
		if !bytes.Equal(raw, c.raw) {
			c.bad(E064, at)
			c.found = append(c.found, found...)
			return
		}
		for _, f := range found { // the same text was judged already, the sidecar was not
			if f.rule == E058 || f.rule == E060 || f.rule == E061 {
				c.found = append(c.found, f)
			}
		}
		return
	}
	c.found = append(c.found, found...)
	if inv == nil {
		return
	}
	if inv.ID != c.inv.ID {
		c.bad(E110, at)
	}
	if inv.contentDir() != c.inv.contentDir() {
		c.bad(E020, at)
	}
	if inv.Head != name {
		c.bad(E040, at, "version", clip(inv.Head))
	}
	for _, v := range slices.Sorted(maps.Keys(inv.Versions)) {
		old, now := inv.Versions[v], c.inv.Versions[v]
		if !sameState(inv, c.inv, v) {
			c.bad(E066, at, "version", v)
		} else if !old.Created.Equal(now.Created) || old.Message != now.Message || !sameUser(old.User, now.User) {
			c.bad(W011, at, "version", v)
		}
	}
}

func sameUser(a, b *User) bool { return a == b || a != nil && b != nil && *a == *b }

// sameState compares a version's logical paths and where their content lies; digests may
// be of different algorithms.
func sameState(a, b *Inventory, version string) bool {
	return slices.EqualFunc(a.files(version), b.files(version), func(x, y File) bool {
		return x.Logical == y.Logical && (a.DigestAlgorithm != b.DigestAlgorithm || x.Digest == y.Digest)
	})
}
