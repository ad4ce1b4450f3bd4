package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// keeper is the service that keeps the originals.
const keeper = "intake"

// originals validates the repository and looks for the object of every accession in it.
func (c *checker) originals(ctx context.Context) error {
	st := c.stores[keeper]
	if st == nil {
		return nil
	}
	dir, err := repository(filepath.Join(c.cfg.Data, keeper))
	if err != nil {
		return err
	}
	wanted, err := accessioned(st)
	if err != nil {
		c.add(keeper, "store.db", "%v", err)
		return nil
	}
	if dir == "" {
		if len(wanted) > 0 {
			c.add(keeper, "repository", "there is no storage root (0=ocfl_1.1), but %d accessions have objects", len(wanted))
		}
		return nil
	}
	root, err := ocfl.Open(dir)
	if err != nil {
		c.add(keeper, dir, "%v", err)
		return nil
	}
	for _, w := range wanted {
		if _, err := root.Object(w.object); err != nil {
			c.add(keeper, "accession "+w.accession, "its object %s: %v", w.object, err)
		}
	}
	if c.cfg.Quick {
		return nil
	}
	c.progress("originals: every byte")
	report, err := root.Validate(ctx)
	if err != nil {
		return fmt.Errorf("check: originals: %w", err)
	}
	c.report.Objects, c.report.Bytes = report.Objects, report.Bytes
	for _, f := range report.Faults {
		c.add(keeper, f.Where, "%v", f.Fault)
	}
	return nil
}

// repository finds the OCFL storage root in a service's folder: it declares itself
// (OCFL 1.1 §4).
func repository(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", fmt.Errorf("check: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if _, err := os.Stat(filepath.Join(path, "0=ocfl_1.1")); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) && e.IsDir() {
			return "", fmt.Errorf("check: %w", err)
		}
	}
	return "", nil
}

type keptObject struct{ accession, object string }

// accessioned lists the objects that the book of accessions names, but for those that a deaccession removes: between the point of no
// return and the tombstone one may stand or not.
func accessioned(st *store.Store) (list []keptObject, err error) {
	err = st.View(func(v *store.View) error {
		for _, raw := range v.Scan("journal", nil, nil) {
			r, err := journal.DecodeBytes(raw)
			if err != nil {
				return nil // Verify has said so
			}
			if !r.Is((*intakev1.AccessionAccepted)(nil)) && !r.Is((*intakev1.ContentClosed)(nil)) {
				continue
			}
			body, err := r.Body()
			if err != nil {
				return err
			}
			switch b := body.(type) {
			case *intakev1.AccessionAccepted:
				if b.GetObjectId() != "" {
					list = append(list, keptObject{b.GetAccessionNumber(), b.GetObjectId()})
				}
			case *intakev1.ContentClosed:
				if b.GetRemovesObject() {
					list = slices.DeleteFunc(list, func(k keptObject) bool { return k.object == b.GetObjectId() })
				}
			}
		}
		return nil
	})
	return list, err
}
