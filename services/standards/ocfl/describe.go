package ocfl

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/standards/spool"
)

// Described is an object as its Spec makes it, whatever its inventory on the disk says, for objects of very
// many files: what Known, CheckRecord, RestoreRecord and Update are for others. Its rows lie in the root's
// staging folder and memory does not grow with their number; the changes after the first version, each of
// few files, are held. One goroutine uses it at a time; it ends with Close.
type Described struct {
	*many
	root     *Root
	versions []described // the first version first
	shas     []string    // SHA-512 of the inventories that were written so far, by version
}

// described is a version after the first as the rows of the first do not tell it.
type described struct {
	Version
	state map[string][]byte // digests of the paths that are other than in the first version
	kept  []entry           // of the manifest: what this version brought
	bring []Content         // the same, as files
}

// errOnlyPut says that a described object's later versions remove or rename nothing.
var errOnlyPut = errors.New("ocfl: of an object of very many files no version after the first can be described that removes or renames")

// Describe works out what a Spec makes of files that are given one by one, in any order; s.Files is empty.
// Its Later changes may only Put. Errors: those of CreateFrom, Moved and Unchanged as of Update.
func (r *Root) Describe(ctx context.Context, s Spec, files iter.Seq2[Content, error]) (_ *Described, err error) {
	if err := r.disk.Mkdir(r.staging); err != nil {
		return nil, fmt.Errorf("describe object %s: %w", s.ID, err)
	}
	later := s.Later
	m, err := r.rowsOf(ctx, s, files)
	if err != nil {
		return nil, err
	}
	d := &Described{many: m, root: r, versions: []described{{Version: m.skeleton.Versions["v1"]}}}
	for _, c := range later {
		if err == nil {
			err = d.put(c)
		}
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close gives its files back.
func (d *Described) Close() error { return d.close() }

// Head is the newest version.
func (d *Described) Head() string { return "v" + strconv.Itoa(len(d.versions)) }

// put describes one version more.
func (d *Described) put(c Change) error {
	if c.Head != d.Head() {
		return Moved.With("id", clip(d.skeleton.ID), "head", d.Head(), "expected", clip(c.Head))
	}
	if len(c.Remove)+len(c.Rename) > 0 {
		return errOnlyPut
	}
	digests, err := given(c.Put)
	if err != nil {
		return err
	}
	v := described{Version: c.version(nil), state: map[string][]byte{}}
	for p, digest := range d.last().state {
		v.state[p] = digest
	}
	for p, digest := range digests {
		if v.state[p], err = hex.DecodeString(digest); err != nil {
			return BadContent.With("file", clip(p), "problem", "SHA-512?")
		}
	}
	if err := d.fit(digests); err != nil {
		return err
	}
	if err := d.keep(&v, c.Put); err != nil {
		return err
	}
	d.versions = append(d.versions, v)
	return nil
}

func (d *Described) last() *described { return &d.versions[len(d.versions)-1] }

// fit judges the paths of a change among all others, as Update does, and that it changes anything.
func (d *Described) fit(digests map[string]string) error {
	have := map[string]string{} // what the last version has of them
	for e, err := range d.state(len(d.versions)) {
		if err != nil {
			return err
		}
		if _, put := digests[e.path]; put {
			have[e.path] = hex.EncodeToString(e.digest)
		}
		for p := range digests {
			if strings.HasPrefix(p, e.path+"/") || strings.HasPrefix(e.path, p+"/") {
				return BadContent.With("file", clip(p), "problem", E095.Code)
			}
		}
	}
	changed := false
	for p, digest := range digests {
		switch {
		case strings.HasPrefix(p, "/") || strings.HasSuffix(p, "/"):
			return BadContent.With("file", clip(p), "problem", E053.Code)
		case !plain(p):
			return BadContent.With("file", clip(p), "problem", E052.Code)
		}
		changed = changed || have[p] != digest
	}
	if !changed {
		return Unchanged.With("id", clip(d.skeleton.ID))
	}
	return nil
}

// keep finds which bytes of a change no version has yet: those it brings, each under the first path that has it.
func (d *Described) keep(v *described, files []Content) error {
	brought := map[string]Content{}
	for _, f := range files {
		sha := strings.ToLower(f.SHA512)
		if other, there := brought[sha]; !there || f.Logical < other.Logical {
			brought[sha] = f
		}
	}
	for e, err := range d.manifest(len(d.versions)) {
		if err != nil {
			return err
		}
		delete(brought, hex.EncodeToString(e.digest))
	}
	at := "v" + strconv.Itoa(len(d.versions)+1) + "/" + d.skeleton.contentDir() + "/"
	for _, f := range brought {
		v.bring, v.kept = append(v.bring, f), append(v.kept, entry{v.state[f.Logical], at + f.Logical})
	}
	return nil
}

// state are the rows of a version, 1 the first.
func (d *Described) state(version int) entries {
	other := d.versions[version-1].state
	var added []entry
	for p, digest := range other {
		added = append(added, entry{digest, p})
	}
	return merged(func(yield func(entry, error) bool) {
		for e, err := range d.many.state() {
			if _, is := other[e.path]; is && err == nil {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}, added)
}

// manifest are the rows of the manifest as of a version.
func (d *Described) manifest(version int) entries {
	var added []entry
	for _, v := range d.versions[:version] {
		added = append(added, v.kept...)
	}
	return merged(d.content(), added)
}

// merged puts a few more rows among others, each in its place.
func merged(all entries, added []entry) entries {
	if len(added) == 0 {
		return all
	}
	order := func(a, b entry) int {
		return cmp.Or(bytes.Compare(a.digest, b.digest), strings.Compare(a.path, b.path))
	}
	slices.SortFunc(added, order)
	return spool.Merged(all, added, order)
}

// write writes the inventory of a version.
func (d *Described) write(to io.Writer, version int) (err error) {
	inv := *d.skeleton
	inv.Head, inv.Versions = "v"+strconv.Itoa(version), map[string]Version{}
	number := map[string]int{}
	for n, v := range d.versions[:version] {
		name := "v" + strconv.Itoa(n+1)
		inv.Versions[name], number[name] = v.Version, n+1
	}
	_, err = writeInventory(to, &inv, func(of table) entries {
		name, n := of.name, number[of.name]
		switch {
		case d.files > 0:
		case name == "" && !slices.ContainsFunc(d.versions[:version], func(v described) bool { return len(v.kept) > 0 }), name != "" && len(d.versions[n-1].state) == 0:
			return nil // it has no file
		}
		if name == "" {
			return d.manifest(version)
		}
		return d.state(n)
	}, hex.EncodeToString)
	return err
}

// sha is the SHA-512 of the inventory of a version.
func (d *Described) sha(version int) (string, error) {
	for len(d.shas) < version {
		h := newHash("sha512")
		if err := d.write(h, len(d.shas)+1); err != nil {
			return "", err
		}
		d.shas = append(d.shas, hex.EncodeToString(h.Sum(nil)))
	}
	return d.shas[version-1], nil
}

// InventorySHA512 is the digest of the object's inventory.json; as Spec.InventorySHA512.
func (d *Described) InventorySHA512() (string, error) { return d.sha(len(d.versions)) }

// Known finds one file of a version, "v1" the first. Error: FileNotFound.
func (d *Described) Known(version, logical string) (*Known, error) {
	n, _, ok := versionNumber(version)
	if !ok || n > len(d.versions) {
		return nil, FileNotFound.With("id", clip(d.skeleton.ID), "file", clip(version))
	}
	var digest []byte
	for e, err := range d.state(n) {
		if err != nil {
			return nil, err
		}
		if e.path == logical {
			digest = slices.Clone(e.digest)
			break
		}
	}
	if digest == nil {
		return nil, FileNotFound.With("id", clip(d.skeleton.ID), "file", clip(logical))
	}
	for e, err := range d.manifest(n) {
		if err != nil {
			return nil, err
		}
		if bytes.Equal(e.digest, digest) {
			return d.root.KnownOne(d.skeleton.ID, logical, e.path, hex.EncodeToString(digest)), nil
		}
	}
	return nil, FileNotFound.With("id", clip(d.skeleton.ID), "file", clip(logical))
}

// record is the object's own record, as recordOf makes it.
func (d *Described) record() (files []recordFile, err error) {
	shas := make([]string, len(d.versions))
	for i := range shas {
		if shas[i], err = d.sha(i + 1); err != nil {
			return nil, err
		}
	}
	e, _ := editionOf(d.skeleton.Type)
	files = recordBy(shas, e)
	for i := range files {
		if n := files[i].version; n > 0 {
			files[i].write = func(w io.Writer) error { return d.write(w, n) }
		}
	}
	return files, nil
}

// recordBy is an object's own record by the SHA-512 of its inventories, the first version's first. Where a
// file is an inventory it names the version, and has no text.
func recordBy(shas []string, e Edition) (files []recordFile) {
	for i, sha := range shas {
		places := []string{"v" + strconv.Itoa(i+1) + "/"}
		if i == len(shas)-1 {
			places = append(places, "")
		}
		for _, at := range places {
			files = append(files, recordFile{name: at + inventoryName, sha: sha, version: i + 1},
				recordFile{name: at + inventoryName + ".sha512", text: []byte(sha + "  " + inventoryName + "\n")})
		}
	}
	return append(files, recordFile{name: e.object(), text: []byte(strings.TrimPrefix(e.object(), "0=") + "\n")})
}

// CheckRecorded is CheckRecord by the SHA-512 of the inventories of an object's versions, the first version's
// first, for whoever recorded them: nothing has to be described again. Error: Moved where the object has later versions.
func (r *Root) CheckRecorded(id string, shas []string) ([]Difference, error) {
	if err := r.beyond(id, "v"+strconv.Itoa(len(shas))); err != nil {
		return nil, err
	}
	return r.differences(id, recordBy(shas, r.edition))
}

// RestoreRecorded is RestoreRecord by the same digests: of the newest inventory an object has two, and what is wrong with
// one is taken from the other. It is false, and nothing is changed, where neither is whole or an older one is damaged:
// then the object must be described.
func (r *Root) RestoreRecorded(id string, shas []string, keep string) (mended []Difference, could bool, err error) {
	wrong, err := r.CheckRecorded(id, shas)
	if err != nil {
		return nil, false, err
	}
	whole := map[string]string{} // inventories that are, by digest
	want := recordBy(shas, r.edition)
	damaged := func(f recordFile) bool {
		return slices.ContainsFunc(wrong, func(d Difference) bool { return d.Path == f.name })
	}
	for _, f := range want {
		if f.version > 0 && !damaged(f) {
			whole[f.sha] = filepath.Join(r.Path(id), filepath.FromSlash(f.name))
		}
	}
	for i, f := range want {
		from := whole[f.sha]
		if f.version == 0 || !damaged(f) {
			continue
		}
		if from == "" {
			return nil, false, nil
		}
		want[i].write = func(w io.Writer) error {
			_, err := copyFile(context.Background(), w, from)
			return err
		}
	}
	mended, err = r.restoreRecord(id, want, keep)
	return mended, err == nil, err
}

// beyond is Moved where an object has a version after one.
func (r *Root) beyond(id, newest string) error {
	if next, ok := versionAfter(newest); ok {
		if _, err := os.Lstat(filepath.Join(r.Path(id), next)); err == nil {
			return Moved.With("id", clip(id), "head", next, "expected", newest)
		}
	}
	return nil
}

// differences compares an object's own record with what it must be.
func (r *Root) differences(id string, want []recordFile) (out []Difference, err error) {
	for _, f := range want {
		d := Difference{Path: f.name, Want: f.sum()}
		if d.Have, err = r.digest(context.Background(), id, f.name); err != nil {
			return nil, err
		}
		if d.Have != d.Want {
			out = append(out, d)
		}
	}
	return out, nil
}

// RestoreRecord is Root.RestoreRecord.
func (d *Described) RestoreRecord(keep string) ([]Difference, error) {
	if err := d.root.beyond(d.skeleton.ID, d.Head()); err != nil {
		return nil, err
	}
	want, err := d.record()
	if err != nil {
		return nil, err
	}
	return d.root.restoreRecord(d.skeleton.ID, want, keep)
}

// Add makes a version that only puts files; as Update, and like it it may be called again after any failure
// or crash. The object must be what is described, by the digests of its record, otherwise Moved. It answers
// with the SHA-512 of the object's inventory.json, and from then on the version is described too.
func (d *Described) Add(ctx context.Context, c Change) (sha string, err error) {
	r, id := d.root, d.skeleton.ID
	was, err := d.InventorySHA512()
	if err != nil {
		return "", err
	}
	if err := d.put(c); err != nil {
		return "", err
	}
	if sha, err = d.InventorySHA512(); err != nil {
		return "", err
	}
	r.busy.Lock()
	defer r.busy.Unlock()
	dir := r.Path(id)
	moved := Moved.With("id", clip(id), "head", d.Head(), "expected", clip(c.Head))
	have, err := r.digest(ctx, id, inventoryName)
	if err != nil {
		return "", err
	}
	if _, err := os.Lstat(filepath.Join(dir, d.Head())); errors.Is(err, fs.ErrNotExist) {
		if have != was {
			return "", moved
		}
		if err := d.build(ctx, dir); err != nil {
			return "", fmt.Errorf("update object %s: %w", id, err)
		}
	}
	// Whether it is ours or another's that came first is told by its inventory.
	if there, err := r.digest(ctx, id, d.Head()+"/"+inventoryName); err != nil || there != sha || have != was && have != sha {
		return "", errors.Join(moved, err)
	}
	if err := d.finish(dir); err != nil {
		return "", fmt.Errorf("update object %s: %w", id, err)
	}
	return sha, nil
}

// build makes the newest version in staging and moves it into the object.
func (d *Described) build(ctx context.Context, dir string) error {
	r, v, head := d.root, d.last(), d.Head()
	a := &attempt{Root: r, files: map[string]Content{}, stage: filepath.Join(r.staging, r.own("update", d.skeleton.ID))}
	a.object = a.stage
	for i, f := range v.bring {
		a.files[v.kept[i].path] = f
	}
	record, err := d.record()
	if err != nil {
		return err
	}
	a.record = []recordFile{{name: markName, text: []byte(d.skeleton.ID)}}
	for _, f := range record {
		if strings.HasPrefix(f.name, head+"/") {
			a.record = append(a.record, f)
		}
	}
	if err := a.build(ctx, head); err != nil {
		return err
	}
	// A rename replaces no directory that holds anything: whoever comes second loses here.
	if err := r.disk.Rename(filepath.Join(a.stage, head), filepath.Join(dir, head)); err != nil && !taken(err) {
		return err
	}
	// If we crash here the version is there and the object's own inventory does not know it yet: Add
	// called again does what follows, as whoever opens the object next, or Sweep.
	return nil
}

// finish makes the object's own record that of its newest version; as Root.finish.
func (d *Described) finish(dir string) error {
	r := d.root
	if err := r.disk.SyncDir(dir); err != nil {
		return err
	}
	record, err := d.record()
	if err != nil {
		return err
	}
	for _, f := range record {
		if f.name != inventoryName && f.name != d.skeleton.sidecarName() {
			continue
		}
		if err := r.into(dir, d.skeleton.ID, f); err != nil {
			return err
		}
	}
	return r.disk.RemoveAll(filepath.Join(r.staging, r.own("update", d.skeleton.ID)))
}
