package ocfl

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// Faults of changing an object.
var (
	Moved = fault.Define(fault.Conflict, "ocfl.moved",
		"the object {id} is at version {head} and the change was made for {expected}; read it again and decide anew",
		"объект {id} имеет версию {head}, а изменение составлено для {expected}; прочтите его снова и решите заново",
		"{id} объектісі {head} нұсқасында, ал өзгеріс {expected} үшін жасалған; оны қайта оқып, жаңадан шешіңіз")
	Occupied = fault.Define(fault.Conflict, "ocfl.occupied",
		"the object {id} holds {file} already; remove it in the same change or choose another name",
		"в объекте {id} уже есть {file}; удалите его в том же изменении или выберите другое имя",
		"{id} объектісінде {file} бар; оны осы өзгерісте алып тастаңыз немесе басқа ат таңдаңыз")
	Unchanged = fault.Define(fault.Refused, "ocfl.unchanged",
		"the change leaves the files of the object {id} as they are; no version was made",
		"изменение оставляет файлы объекта {id} прежними; версия не создана",
		"өзгеріс {id} объектісінің файлдарын сол күйінде қалдырады; нұсқа жасалмады")
	NoMoreVersions = fault.Define(fault.Refused, "ocfl.no_more_versions",
		"the versions of the object {id} are named with a fixed number of digits, and {head} is the last; make a new object",
		"версии объекта {id} нумеруются фиксированным числом цифр, и {head} последняя; создайте новый объект",
		"{id} объектісінің нұсқалары белгіленген цифр санымен аталады, {head} соңғысы; жаңа объект жасаңыз")
)

// Change is a version of an object after the first: what becomes of the logical paths of the
// version before it. Remove is done first, then Rename (all at once, so that two names may
// change places), then Put. Created is handed in, never taken from a clock, so that calling
// again gives the same version.
type Change struct {
	Head    string // the version that the change was decided on, as in "v1"
	Message string // why the version was made
	User    User
	Created time.Time
	Remove  []string
	Rename  []Rename
	Put     []Content // added, or put in the place of what has that name
}

// Rename gives a file another logical path. Its bytes stay where they lie.
type Rename struct{ From, To string }

// Update adds a version to an object. When it returns nil the version is whole, durable and the
// newest. Bytes that any version of the object has are not kept a second time.
//
// Errors: NotFound; Moved where the object is not at Head (any more), so that of two changes
// decided on one version exactly one is made, also by two processes; FileNotFound, Occupied,
// BadContent, Unchanged for a change that cannot be. None of them leaves anything behind.
//
// It may be called again with the same Change after any failure or crash: a version that is
// there already and is the same is success. What is said of sources in Create holds here too;
// for an object that counts by sha256 they are read even when nothing is left to do.
func (r *Root) Update(ctx context.Context, id string, c Change) (*Object, error) {
	r.busy.Lock()
	defer r.busy.Unlock()
	o, err := r.object(id)
	if err != nil {
		return nil, err
	}
	digests, err := given(c.Put)
	if algorithm := o.Inventory.DigestAlgorithm; err == nil && algorithm != "sha512" {
		digests, err = counted(ctx, algorithm, c.Put)
	}
	if err != nil {
		return nil, err
	}
	if o.Inventory.Head != c.Head {
		return r.made(ctx, o, c, digests)
	}
	won, err := r.add(ctx, o.dir, c, digests)
	if err != nil {
		return nil, fmt.Errorf("update object %s: %w", id, err)
	}
	if o, err = r.object(id); err == nil && !won {
		return r.made(ctx, o, c, digests)
	}
	return o, err
}

// made gives the object where the change was made by an earlier call or by somebody else.
func (r *Root) made(ctx context.Context, o *Object, c Change, digests map[string]string) (_ *Object, err error) {
	inv := &o.Inventory
	moved := Moved.With("id", clip(inv.ID), "head", inv.Head, "expected", clip(c.Head))
	if _, there := inv.Versions[c.Head]; !there {
		return nil, moved
	}
	n, err := r.changed(ctx, o.dir, c, digests)
	if n != nil {
		defer func() { err = errors.Join(err, n.close()) }()
	}
	if isFault(err) {
		return nil, moved.Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("update object %s: %w", inv.ID, err)
	}
	name, _ := versionAfter(c.Head)
	same, err := n.madeAs(name)
	if err != nil {
		return nil, fmt.Errorf("update object %s: %w", inv.ID, err)
	}
	if !same {
		return nil, moved
	}
	// An earlier call may have been cut before the last sync: done again.
	if err := r.disk.SyncDir(o.dir); err != nil {
		return nil, fmt.Errorf("settle object %s: %w", inv.ID, err)
	}
	return o, nil
}

// isFault tells what is wrong with a change from what is wrong on our side.
func isFault(err error) bool {
	var f *fault.Error
	return errors.As(err, &f)
}

// given are the digests that came with the files, by logical path.
func given(files []Content) (map[string]string, error) {
	digests := make(map[string]string, len(files))
	for _, f := range files {
		digest := strings.ToLower(f.SHA512)
		if len(digest) != 128 || !isHex(digest) {
			return nil, BadContent.With("file", clip(f.Logical), "problem", "SHA-512?")
		}
		if _, twice := digests[f.Logical]; twice {
			return nil, BadContent.With("file", clip(f.Logical), "problem", "2 ×")
		}
		digests[f.Logical] = digest
	}
	return digests, nil
}

// counted reads the files for an object that goes by another algorithm.
func counted(ctx context.Context, algorithm string, files []Content) (map[string]string, error) {
	digests := make(map[string]string, len(files))
	for _, f := range files {
		own, check := newHash(algorithm), sha512.New()
		if _, err := copyFile(ctx, io.MultiWriter(own, check), f.Source); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Logical, err)
		}
		if hex.EncodeToString(check.Sum(nil)) != strings.ToLower(f.SHA512) {
			return nil, BadContent.With("file", clip(f.Logical), "problem", "SHA-512 ≠")
		}
		digests[f.Logical] = hex.EncodeToString(own.Sum(nil))
	}
	return digests, nil
}

// logical is a version as digests, in lower case, by logical path.
func (i *Inventory) logical(version string) map[string]string {
	state := map[string]string{}
	for digest, paths := range i.Versions[version].State {
		for _, p := range paths {
			state[p] = strings.ToLower(digest)
		}
	}
	return state
}

// apply works out the state after a change of the version c.Head.
func (i *Inventory) apply(c Change, digests map[string]string) (map[string]string, error) {
	state := i.logical(c.Head)
	take := func(p string) (string, error) {
		digest, there := state[p]
		if !there {
			return "", FileNotFound.With("id", clip(i.ID), "file", clip(p))
		}
		delete(state, p)
		return digest, nil
	}
	for _, p := range c.Remove {
		if _, err := take(p); err != nil {
			return nil, err
		}
	}
	taken := make([]string, len(c.Rename))
	for n, rename := range c.Rename {
		var err error
		if taken[n], err = take(rename.From); err != nil {
			return nil, err
		}
	}
	for n, rename := range c.Rename {
		_, put := digests[rename.To]
		if _, there := state[rename.To]; there || put {
			return nil, Occupied.With("id", clip(i.ID), "file", clip(rename.To))
		}
		state[rename.To] = taken[n]
	}
	maps.Copy(state, digests)
	if len(i.Versions) > 0 && maps.Equal(state, i.logical(c.Head)) {
		return nil, Unchanged.With("id", clip(i.ID))
	}
	return state, nil
}

func (c *Change) version(state map[string][]string) Version {
	user := c.User
	return Version{Created: c.Created.UTC().Truncate(time.Second), State: state, Message: c.Message, User: &user}
}

// next is the inventory with one version more. Only bytes that no version has come into the
// manifest (forward delta, §3.5.4.1).
func (i *Inventory) next(c Change, digests map[string]string) (*Inventory, error) {
	state, err := i.apply(c, digests)
	if err != nil {
		return nil, err
	}
	next := *i
	next.Manifest, next.Versions = maps.Clone(i.Manifest), maps.Clone(i.Versions)
	spelt := make(map[string]string, len(i.Manifest)) // as the manifest writes it, by lower case
	for digest := range i.Manifest {
		spelt[strings.ToLower(digest)] = digest
	}
	var ok bool
	if next.Head, ok = versionAfter(i.Head); !ok {
		return nil, NoMoreVersions.With("id", clip(i.ID), "head", i.Head)
	}
	paths := map[string][]string{}
	for _, p := range slices.Sorted(maps.Keys(state)) {
		digest := state[p]
		if spelt[digest] == "" {
			spelt[digest] = digest
			next.Manifest[digest] = []string{next.Head + "/" + next.contentDir() + "/" + p}
		}
		paths[spelt[digest]] = append(paths[spelt[digest]], p)
	}
	next.Versions[next.Head] = c.version(paths)
	return &next, next.judge()
}

// judge judges what we are about to write as strictly as what we read.
func (i *Inventory) judge() error {
	text, err := pretty(i)
	if err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	_, found := parseInventory(text)
	for _, f := range found {
		if !f.rule.Warning {
			return BadContent.With("file", clip(i.ID), "problem", f.rule.Code).Because(f.fault())
		}
	}
	return nil
}

// versionAfter names the version after one, in the same convention (E012, E013); "" is before
// the first. Not ok where its digits do not suffice.
func versionAfter(name string) (string, bool) {
	if name == "" {
		return "v1", true
	}
	n, width, ok := versionNumber(name)
	if !ok {
		return "", false
	}
	next := strconv.Itoa(n + 1)
	if width > 0 {
		// A padded name begins with a zero (§3.4), so its first digit stays one.
		next = fmt.Sprintf("%0*d", width, n+1)
		ok = next[0] == '0' && len(next) == width
	}
	return "v" + next, ok
}

// markName is the file in a stage that says to which object an update belongs.
const markName = "id"

// add builds a version in staging and moves it into the object. Not won means that the
// object has had such a version in the meantime.
func (r *Root) add(ctx context.Context, dir string, c Change, digests map[string]string) (won bool, err error) {
	n, err := r.changed(ctx, dir, c, digests)
	if n != nil {
		defer func() { err = errors.Join(err, n.close()) }()
	}
	switch {
	case errors.Is(err, E060.Definition): // another process stands between the two files of finish, or died there
		return false, r.finish(dir)
	case err == nil && n.inv.Head != c.Head: // it was faster
		return false, nil
	case err == nil:
		err = n.next(ctx)
	}
	if err != nil {
		return false, err
	}
	next := n.inv
	a := &attempt{Root: r, files: n.bring(), record: n.record(), stage: filepath.Join(r.staging, r.own("update", next.ID))}
	a.object = a.stage
	if err := a.build(ctx, next.Head); err != nil {
		return false, err
	}
	// A rename replaces no directory that holds anything: whoever comes second loses here.
	err = r.disk.Rename(filepath.Join(a.stage, next.Head), filepath.Join(dir, next.Head))
	lost := taken(err)
	if err != nil && !lost {
		return false, err
	}
	// If we crash here the version is there or not. Where it is, the object's own inventory
	// does not know it yet: whoever opens the object next, or Sweep, does what follows.
	if err := r.finish(dir); err != nil {
		return false, err
	}
	// If we crash here the version is there for good; what is left of the stage Sweep takes.
	return !lost, r.disk.RemoveAll(a.stage)
}

// taken says of an error of a rename that something stood in its place.
func taken(err error) bool { return errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) }

// own names something in staging that no other writer touches: two processes may come to one
// object at once, though only one of them wins.
func (r *Root) own(what, id string) string {
	return fmt.Sprintf("%s-%s-%d-%p", what, stageName(id), os.Getpid(), r)
}
