package ocfl

import (
	"bytes"
	"errors"
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
// update was cut before it could. Done again, or by two at once, it does the same.
func (r *Root) finish(dir string) error {
	for {
		newest, text := pending(dir)
		if newest == nil {
			return nil
		}
		// The version's name is durable before anything speaks of it.
		if err := r.disk.SyncDir(dir); err != nil {
			return err
		}
		// If we crash after the first of the two, the object is half; the order on the disk is
		// kept by the sync between them.
		for _, f := range []recordFile{{name: inventoryName, text: text}, {name: newest.sidecarName(), text: newest.sidecar(text)}} {
			if err := r.into(dir, newest.ID, f); err != nil {
				return err
			}
		}
	}
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

// pending is the newest version's inventory, with its text, where the object is begun or half;
// nil where it is neither.
func pending(dir string) (*Inventory, []byte) {
	raw, err := readLimited(filepath.Join(dir, inventoryName), inventoryLimit)
	if err != nil {
		return nil, nil
	}
	have, found := parseInventory(raw)
	if have == nil || faulty(found) {
		return nil, nil
	}
	if sealed(dir, have, raw) {
		name, ok := versionAfter(have.Head)
		if !ok {
			return nil, nil
		}
		next, text := versionRecord(dir, name)
		if next == nil || !continues(next, have) {
			return nil, nil
		}
		return next, text
	}
	own, text := versionRecord(dir, have.Head)
	if own == nil || !bytes.Equal(text, raw) || !sealedByOlder(dir, have) {
		return nil, nil
	}
	return own, text
}

// versionRecord is a version's own inventory, if its sidecar vouches for it.
func versionRecord(dir, version string) (*Inventory, []byte) {
	at := filepath.Join(dir, version)
	raw, err := readLimited(filepath.Join(at, inventoryName), inventoryLimit)
	if err != nil {
		return nil, nil
	}
	inv, found := parseInventory(raw)
	if inv == nil || faulty(found) || inv.Head != version || !sealed(at, inv, raw) {
		return nil, nil
	}
	return inv, raw
}

// sealed says whether the sidecar beside an inventory is that of its bytes.
func sealed(dir string, inv *Inventory, raw []byte) bool {
	digest, ok := seal(dir, inv)
	return ok && digest == sum(inv.DigestAlgorithm, raw)
}

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
		raw, err := readLimited(filepath.Join(dir, name, inventoryName), inventoryLimit)
		return err != nil || digest == sum(inv.DigestAlgorithm, raw)
	}
	return false // it has one version: no update was ever begun
}

// continues says whether an inventory is another with one version more.
func continues(next, have *Inventory) bool {
	if next.ID != have.ID || next.Type != have.Type || next.DigestAlgorithm != have.DigestAlgorithm || len(next.Versions) != len(have.Versions)+1 {
		return false
	}
	for name := range have.Versions {
		if !sameState(next, have, name) {
			return false
		}
	}
	return true
}

// faulty says whether anything found is more than a warning.
func faulty(found []finding) bool {
	for _, f := range found {
		if !f.rule.Warning {
			return true
		}
	}
	return false
}
