package ocfl

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// A version comes into an object by the rename of its directory; two files of the object then
// follow it, inventory.json and its sidecar, one rename each. So an object passes through two
// states that are no whole object:
//
//	begun   v2/ is there, the object's own inventory and sidecar are those of v1
//	half    the object's own inventory is that of v2, its sidecar that of v1
//
// From either, what must become of it is told by v2/inventory.json and its sidecar, which were
// durable before v2/ got its place. finish goes on from there; Update itself ends by it.
// Anything else is damage, and left for a person to see.

// reopen is openObject with the root locked, after an update that was cut was completed.
func (r *Root) reopen(dir string) (*Object, error) {
	o, err := openObject(dir)
	if o == nil && !errors.Is(err, E060.Definition) || o != nil && !o.unfinished() {
		return o, err
	}
	if err := r.finish(dir); err != nil {
		return nil, err
	}
	return openObject(dir)
}

// unfinished says whether a version lies in the object that its inventory does not know.
func (o *Object) unfinished() bool {
	next, ok := versionAfter(o.Inventory.Head)
	if !ok {
		return false
	}
	info, err := os.Lstat(filepath.Join(o.dir, next))
	return err == nil && info.IsDir()
}

// finish makes the object's own inventory and sidecar those of its newest version, where an
// update was cut before it could. Done again, or by two at once, it does the same. No inventory is held.
func (r *Root) finish(dir string) error {
	for {
		newest, err := pending(dir)
		if newest == nil || err != nil {
			return err
		}
		// The version's name is durable before anything speaks of it.
		if err := r.disk.SyncDir(dir); err != nil {
			return err
		}
		// If we crash after the first of the two, the object is half; the order on the disk is
		// kept by the sync between them.
		for _, f := range []recordFile{
			{name: inventoryName, write: func(w io.Writer) error { return newest.copyTo(w, dir) }},
			{name: newest.inv.sidecarName(), text: []byte(newest.digest + "  " + inventoryName + "\n")},
		} {
			if err := r.into(dir, newest.inv.ID, f); err != nil {
				return err
			}
		}
	}
}

// copyTo copies the text of an inventory of an object.
func (in *reading) copyTo(w io.Writer, dir string) error {
	_, err := copyFile(context.Background(), w, filepath.Join(dir, filepath.FromSlash(in.where)))
	return err
}

// into puts a file of the record in its place by one rename, durably.
func (r *Root) into(dir, id string, f recordFile) error {
	if err := r.disk.Mkdir(r.staging); err != nil {
		return err
	}
	from := filepath.Join(r.staging, r.own("finish", id))
	if err := r.writeRecord(from, f); err != nil {
		return err
	}
	if err := r.disk.Rename(from, filepath.Join(dir, f.name)); err != nil {
		return err
	}
	return r.disk.SyncDir(dir)
}

// pending is the newest version's inventory where the object is begun or half; nil where it is neither. The
// error is of our own files: what cannot be read is neither.
func pending(dir string) (*reading, error) {
	c := newChecker(context.Background(), dir, &Report{})
	c.edition = V11
	have, err := c.record(".")
	if have == nil || err != nil {
		return nil, err
	}
	if have.sealed() {
		name, ok := versionAfter(have.inv.Head)
		if !ok {
			return nil, nil
		}
		next, err := c.record(name)
		if next == nil || err != nil || next.inv.Head != name || !next.sealed() || !next.continues(have) {
			return nil, err
		}
		return next, nil
	}
	own, err := c.record(have.inv.Head)
	if own == nil || err != nil || own.inv.Head != have.inv.Head || !own.sealed() || own.sha != have.sha || !sealedByOlder(dir, have.inv) {
		return nil, err
	}
	return own, nil
}

// record reads an inventory of the object with the fingerprints of its states, and lets its rows go; nil where there is none
// that is whole. Whether its sidecar vouches for it, sealed says.
func (c *checker) record(rel string) (in *reading, err error) {
	in, err = c.readInventory(rel)
	if errors.Is(err, errOdd) || in == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rows := in.tables
	defer func() { err = errors.Join(err, rows.close()) }()
	if in.inv == nil || in.digest == "" {
		return nil, nil
	}
	if err := in.judge(nil); err != nil {
		return nil, err
	}
	if in.found.faults.Count() > 0 {
		return nil, nil
	}
	return in, nil
}

// sealed says whether the sidecar beside an inventory is that of its bytes.
func (in *reading) sealed() bool { return len(in.seal) == 0 }

func seal(dir string, inv *Inventory) (string, bool) {
	text, err := readLimited(filepath.Join(dir, inv.sidecarName()), 1<<10)
	if err != nil {
		return "", false
	}
	return parseSidecar(text)
}

// sealedByOlder says whether the object's sidecar is that of the version before the newest. An
// object whose versions have no inventories of their own (W010) cannot tell: there any digest
// is taken for it.
func sealedByOlder(dir string, inv *Inventory) bool {
	digest, ok := seal(dir, inv)
	if !ok || len(digest) != hexLength[inv.DigestAlgorithm] {
		return false
	}
	for name := range inv.Versions {
		if next, _ := versionAfter(name); next != inv.Head {
			continue
		}
		have, err := digestFile(filepath.Join(dir, name, inventoryName), inv.DigestAlgorithm)
		return err != nil || digest == have
	}
	return false // it has one version: no update was ever begun
}

// continues says whether an inventory is another with one version more.
func (in *reading) continues(have *reading) bool {
	a, b := in.inv, have.inv
	if a.ID != b.ID || a.Type != b.Type || a.DigestAlgorithm != b.DigestAlgorithm || len(a.Versions) != len(b.Versions)+1 {
		return false
	}
	for name := range b.Versions {
		if now, there := in.states[name]; !there || now != have.states[name] {
			return false
		}
	}
	return true
}
