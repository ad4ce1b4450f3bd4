package api

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/qoyma/qoyma/services/intake/internal/examine"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
	"github.com/qoyma/qoyma/services/standards/spool"
)

// examiners is how many files are examined at once.
const examiners = 2

// examine looks at the structure of a package's files and adds what it finds: what
// is broken as a warning, an archive that unpacks to far too much as a fault. whole gets
// what each whole file was examined as, by path. A package that is refused anyway is not looked at.
func (u *upload) examine(ctx context.Context, report *bagit.Report, whole *spool.Sorter, v *verdict) error {
	if !report.Valid() {
		return nil
	}
	var mu sync.Mutex
	var faults, warnings firsts
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(examiners)
	n := 0
	for e, err := range u.staged.Files(false) {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return cmp.Or(work.Wait(), err)
		}
		at := n
		n++
		work.Go(func() error {
			kind, finding, err := examineFile(u.area.Path(u.command.ID.String(), e.Path), e)
			if err != nil {
				return fmt.Errorf("examine: %w", err)
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case finding == nil && kind != "":
				return whole.Add([]byte(e.Path), []byte(kind))
			case finding == nil:
			case finding.Code == examine.Bomb.Code:
				faults.add(at, fault.Item{Where: e.Path, Fault: finding})
			default:
				warnings.add(at, fault.Item{Where: e.Path, Fault: finding})
			}
			return nil
		})
	}
	err := work.Wait()
	v.faults, v.warnings = append(v.faults, faults.few()), append(v.warnings, warnings.few())
	return err
}

func examineFile(path string, e bagit.Entry) (examine.Kind, examine.Finding, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	return examine.File(e.Path, f, e.Size)
}

// firsts are findings in the order of the files, whoever was ready first; of very many the first are kept,
// the others counted.
type firsts struct {
	found []numbered
	more  int
}

type numbered struct {
	at   int
	item fault.Item
}

func (f *firsts) add(at int, item fault.Item) {
	if f.found = append(f.found, numbered{at, item}); len(f.found) >= 2*transfer.Kept {
		f.cut()
	}
}

func (f *firsts) cut() {
	slices.SortFunc(f.found, func(a, b numbered) int { return a.at - b.at })
	if left := len(f.found) - transfer.Kept; left > 0 {
		f.found, f.more = f.found[:transfer.Kept], f.more+left
	}
}

func (f *firsts) few() transfer.Few {
	f.cut()
	few := transfer.Few{More: f.more}
	for _, n := range f.found {
		few.Items = append(few.Items, n.item)
	}
	return few
}
