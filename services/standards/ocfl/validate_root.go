package ocfl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

type names []string

func (n names) has(name string) bool { return slices.Contains(n, name) }

// registered are the extensions in the community's register.
var registered = names{
	"0001-digest-algorithms", "0002-flat-direct-storage-layout", "0003-hash-and-id-n-tuple-storage-layout",
	layoutID, "0005-mutable-head", "0006-flat-omit-prefix-storage-layout", "0007-n-tuple-omit-prefix-storage-layout",
	"0008-schema-registry", "0009-digest-algorithms", "0010-differential-n-tuple-omit-prefix-storage-layout",
	"0011-direct-clean-path-layout", "initial",
}

// Validate judges the whole storage root: its own files, that nothing lies between the
// objects, that each lies where its identifier says, and every object as ValidateObject
// does. It reads every byte: hours for a large archive, ended by the context.
func (r *Root) Validate(ctx context.Context) (*Report, error) {
	w := &rootWalk{checker: checker{ctx: ctx, dir: r.dir, report: &Report{}}, root: r}
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return nil, fmt.Errorf("validate storage root: %w", err)
	}
	declared := 0
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			w.bad(E090, name)
		case strings.HasPrefix(name, "0=") && !e.IsDir():
			if declared++; name != "0="+rootName {
				w.bad(E076, ".")
			}
		case name == layoutName && !e.IsDir():
			w.layoutFile()
		case name == extensionsDir && e.IsDir():
			w.rootExtensions()
		case e.IsDir():
			if err := w.tree(name); err != nil {
				return nil, fmt.Errorf("validate storage root %s: %w", r.dir, err)
			}
		}
		// Other files beside the declaration are let be (E087).
	}
	if declared == 0 {
		w.bad(E069, ".")
	} else if text, err := readLimited(filepath.Join(r.dir, "0="+rootName), 1<<10); err != nil || string(text) != rootName+"\n" {
		w.bad(E080, "0="+rootName)
	}
	return settleReport(w.report, w.found, ""), nil
}

type rootWalk struct {
	checker
	root *Root
}

func (w *rootWalk) layoutFile() {
	var layout struct{ Extension, Description *string }
	raw, err := readLimited(filepath.Join(w.dir, layoutName), 1<<20)
	switch {
	case err != nil || json.Unmarshal(raw, &layout) != nil || layout.Extension == nil || layout.Description == nil:
		w.bad(E070, layoutName)
	case *layout.Extension != layoutID:
		w.bad(E071, layoutName)
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
	if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "0=ocfl_object_") }) {
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
	c := &checker{ctx: w.ctx, dir: filepath.Join(w.dir, filepath.FromSlash(rel)), report: w.report}
	if err := c.object(); err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return fmt.Errorf("object %s: %w", rel, err)
	}
	if c.inv != nil && c.inv.ID != "" && w.root.layout.Path(c.inv.ID) != rel {
		c.bad(E083, ".")
	}
	for _, f := range c.found {
		f.where = path.Join(rel, f.where)
		w.found = append(w.found, f)
	}
	return nil
}
