package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/qoyma/qoyma/services/intake/internal/examine"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// examiners is how many files are examined at once.
const examiners = 2

// looks are what was found of files, in any order.
type looks struct {
	mu               sync.Mutex
	kinds            *spool.Sorter // by path what a file was examined as; empty where it was not, or is not whole
	faults, warnings firsts
}

// add keeps what was found of a file. The error is that of the place where kinds lie.
func (l *looks) add(path string, kind examine.Kind, finding examine.Finding) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case finding == nil:
		return l.kinds.Add([]byte(path), []byte(kind))
	case finding.Code == examine.Bomb.Code:
		l.faults.add(fault.Item{Where: path, Fault: finding})
	default:
		l.warnings.add(fault.Item{Where: path, Fault: finding})
	}
	return l.kinds.Add([]byte(path), nil)
}

// glance examines a small file of the payload while its bytes are in memory.
func (u *upload) glance(path string, content []byte) error {
	if !strings.HasPrefix(path, "data/") {
		return nil
	}
	kind, finding, err := examine.Bytes(u.sentAs(path), content)
	if err != nil {
		return fmt.Errorf("examine: %w", err)
	}
	return u.early.add(path, kind, finding)
}

// seen takes over what a small file that came earlier was examined as when nothing was wrong with it.
func (u *upload) seen(path, kind string) error { return u.early.add(path, examine.Kind(kind), nil) }

// examine looks at the structure of a package's files, but those that were looked at as they came, and adds what
// was found: what is broken as a warning, an archive that unpacks to far too much as a fault. A package that is
// refused anyway is not looked at.
func (u *upload) examine(ctx context.Context, report *bagit.Report, v *verdict) (err error) {
	if !report.Valid() || v.bad() > 0 {
		return nil
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(examiners)
	early := u.early.walk()
	places := u.area.Places()
	defer func() { err = errors.Join(err, places.Close()) }()
	rest := u.staged.Files(false)
	if u.early.kinds.Len() == report.Files {
		rest = func(func(bagit.Entry, error) bool) {} // all of them were small
	}
	for e, err := range rest {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return cmp.Or(work.Wait(), err)
		}
		if _, seen := early.of(e.Path); seen {
			continue
		}
		place, err := places.Of(u.command.ID.String(), e.Path)
		if err != nil {
			return cmp.Or(work.Wait(), err)
		}
		work.Go(func() error {
			kind, finding, err := examineFile(place, u.sentAs(e.Path), e.Size)
			if err != nil {
				return fmt.Errorf("examine: %w", err)
			}
			return u.late.add(e.Path, kind, finding)
		})
	}
	err = cmp.Or(work.Wait(), early.err())
	u.late.faults.join(u.early.faults)
	u.late.warnings.join(u.early.warnings)
	v.faults, v.warnings = append(v.faults, u.late.faults.few()), append(v.warnings, u.late.warnings.few())
	return err
}

// kinds walks through what files were examined as.
type kinds struct {
	rows *spool.Cursor
	more bool
}

func (l *looks) walk() *kinds {
	k := &kinds{rows: l.kinds.Sorted()}
	k.more = k.rows.Next()
	return k
}

// of is what a file was examined as, and whether it was looked at; paths are asked for in their order.
func (k *kinds) of(path string) (kind string, seen bool) {
	for k.more && string(k.rows.Key) < path {
		k.more = k.rows.Next()
	}
	if !k.more || string(k.rows.Key) != path {
		return "", false
	}
	return string(k.rows.Value), true
}

func (k *kinds) err() error { return k.rows.Err() }

func examineFile(at staging.Place, name string, size int64) (examine.Kind, examine.Finding, error) {
	f, err := at.Open()
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	return examine.File(name, f, size)
}

// firsts are findings in the order of the files' paths, whoever was ready first; of very many the first are kept,
// the others counted.
type firsts struct {
	found []fault.Item
	more  int
}

func (f *firsts) add(item fault.Item) {
	if f.found = append(f.found, item); len(f.found) >= 2*transfer.Kept {
		f.cut()
	}
}

// join adds findings of other files.
func (f *firsts) join(others firsts) {
	f.found, f.more = append(f.found, others.found...), f.more+others.more
	f.cut()
}

func (f *firsts) cut() {
	slices.SortStableFunc(f.found, func(a, b fault.Item) int { return strings.Compare(a.Where, b.Where) })
	if left := len(f.found) - transfer.Kept; left > 0 {
		f.found, f.more = f.found[:transfer.Kept], f.more+left
	}
}

func (f *firsts) few() transfer.Few {
	f.cut()
	return transfer.Few{Items: f.found, More: f.more}
}
