package ocfl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

type names []string

func (n names) has(name string) bool { return slices.Contains(n, name) }

// registered are the extensions in the community's register.
var registered = names{
	"0001-digest-algorithms", FlatDirect, HashAndID, Hashed, "0005-mutable-head", FlatOmit, TuplesOmit,
	"0008-schema-registry", "0009-digest-algorithms", "0010-differential-n-tuple-omit-prefix-storage-layout",
	"0011-direct-clean-path-layout", "0012-hash-and-no-prefix-id-n-tuple-storage-layout", "initial",
}

// numbered is how the register names its extensions: one that this program does not know may have
// been registered after it was written.
var numbered = regexp.MustCompile(`^[0-9]{4}-[a-z0-9-]{1,240}$`)

// PlacesNotJudged is the warning of a root whose layout is not known here.
var PlacesNotJudged = fault.Define(fault.Refused, "ocfl.places",
	"the storage root is arranged by {layout}, which is not known here; its objects were checked, their places were not",
	"хранилище устроено по {layout}, здесь такое устройство неизвестно; объекты проверены, их места – нет",
	"қойма {layout} бойынша құрылған, мұнда ондай құрылым белгісіз; объектілер тексерілді, олардың орны тексерілмеді")

// Validate is ValidateRoot of this root.
func (r *Root) Validate(ctx context.Context) (*Report, error) { return ValidateRoot(ctx, r.dir) }

// ValidateRoot judges the whole storage root: its own files, that nothing lies between the
// objects, that each lies where its identifier says (under the layouts that are understood), and
// every object as ValidateObject does. It reads every byte: hours for a large archive, ended by
// the context.
func ValidateRoot(ctx context.Context, dir string) (*Report, error) {
	w := &rootWalk{checker: newChecker(ctx, dir, &Report{Kind: RootKind})}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("validate storage root: %w", err)
	}
	w.declarations(entries)
	w.arrangement()
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			w.bad(E090, name)
		case name == extensionsDir && e.IsDir():
			w.rootExtensions()
		case e.IsDir():
			if err := w.tree(name); err != nil {
				return nil, fmt.Errorf("validate storage root %s: %w", dir, err)
			}
		}
		// Other files beside the declaration are let be (E087).
	}
	w.depths()
	w.report.Edition = w.edition
	w.report.settle(w.found)
	if w.unjudged != "" {
		w.report.WarningCount++
		w.report.Warnings = append(w.report.Warnings, fault.Item{Where: layoutName, Fault: PlacesNotJudged.With("layout", clip(w.unjudged))})
	}
	return w.report, nil
}

type rootWalk struct {
	*checker
	layout   Layout          // without a name where it is not known
	unjudged string          // the name of a layout that is not known here
	deep     map[int]string  // an object for each depth at which some lie
	ids      map[string]bool // identifiers, where no layout says that each has one place
}

// declarations judges the root's own declaration (§4.2).
func (w *rootWalk) declarations(entries []os.DirEntry) {
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "0=") && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		w.bad(E069, ".")
		return
	}
	if len(names) > 1 {
		w.bad(E076, ".")
	}
	for _, name := range names {
		edition, known := declared(name, rootPrefix)
		if !known {
			w.bad(E080, name)
			continue
		}
		w.edition = max(w.edition, edition)
		text, err := readLimited(filepath.Join(w.dir, name), 1<<10)
		if err != nil || string(text) != strings.TrimPrefix(name, "0=")+"\n" {
			w.bad(E080, name)
		}
	}
}

// arrangement judges what the root says of its layout (§4.1). A root need say nothing. A layout
// that is registered, or may be by now, and is not understood here is no fault but a warning: the
// places are not judged.
func (w *rootWalk) arrangement() {
	layout, err := readLayout(w.dir)
	switch {
	case err == nil:
		w.layout, w.report.Layout = layout, layout.ExtensionName
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, E071.Definition):
		if name := layout.ExtensionName; registered.has(name) || numbered.MatchString(name) {
			w.unjudged = name
		} else {
			w.bad(E071, layoutName)
		}
	case layout.ExtensionName == "":
		w.bad(E070, layoutName)
	default:
		w.bad(E071, path.Join(extensionsDir, layout.ExtensionName, "config.json"))
	}
}

// depths tells where objects lie at more than one depth below the root (§4.3).
func (w *rootWalk) depths() {
	all := slices.Sorted(maps.Keys(w.deep))
	if len(all) > 1 && all[0] == 1 {
		w.bad(W015, ".", "first", w.deep[1], "other", w.deep[all[1]])
		all = all[1:]
	}
	if len(all) > 1 {
		w.bad(W014, ".", "first", w.deep[all[0]], "other", w.deep[all[1]])
	}
}

func (w *rootWalk) rootExtensions() {
	entries, err := os.ReadDir(filepath.Join(w.dir, extensionsDir))
	if err != nil {
		w.bad(E112, extensionsDir)
	}
	for _, e := range entries {
		if at := path.Join(extensionsDir, e.Name()); !e.IsDir() {
			w.bad(E112, at)
		} else if !registered.has(e.Name()) {
			w.bad(W016, at)
		}
	}
}

// tree walks the directories above objects; an object is known by its declaration.
func (w *rootWalk) tree(rel string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(w.dir, filepath.FromSlash(rel)))
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		w.bad(E073, rel)
	}
	if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), objectPrefix) }) {
		return w.one(rel)
	}
	for _, e := range entries {
		at := path.Join(rel, e.Name())
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			w.bad(E090, at)
		case !e.IsDir():
			w.bad(E072, at)
		default:
			if err := w.tree(at); err != nil {
				return err
			}
		}
	}
	return nil
}

// one judges an object and its place.
func (w *rootWalk) one(rel string) error {
	c := newChecker(w.ctx, filepath.Join(w.dir, filepath.FromSlash(rel)), w.report)
	c.at, c.found = rel, w.found
	if err := c.object(); err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return fmt.Errorf("object %s: %w", rel, err)
	}
	if c.edition > w.edition && w.edition != "" {
		c.bad(E081, ".", "version", string(c.edition))
	}
	if w.deep == nil {
		w.deep = map[int]string{}
	}
	if depth := 1 + strings.Count(rel, "/"); w.deep[depth] == "" {
		w.deep[depth] = clip(rel)
	}
	if c.inv != nil && c.inv.ID != "" && w.layout.ExtensionName != "" {
		if at, err := w.layout.Path(c.inv.ID); err != nil || at != rel {
			c.bad(E083, ".")
		}
	} else if c.inv != nil && c.inv.ID != "" {
		if w.ids == nil {
			w.ids = map[string]bool{}
		}
		if w.ids[c.inv.ID] {
			c.bad(E037, inventoryName)
		}
		w.ids[c.inv.ID] = true
	}
	return nil
}
