package api

import (
	"context"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/qoyma/qoyma/services/intake/internal/examine"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/bagit"
)

// examiners is how many files are examined at once.
const examiners = 2

// examine looks at the structure of a package's files and adds what it finds to the report: what
// is broken as a warning, an archive that unpacks to far too much as a fault. It gives what
// each whole file was examined as, by path. A package that is refused anyway is not looked at.
func (u *upload) examine(ctx context.Context, report *bagit.Report) (map[string]string, error) {
	whole := make(map[string]string)
	if !report.Valid() {
		return whole, nil
	}
	var mu sync.Mutex
	found := make([]examine.Finding, len(report.Payload))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(examiners)
	for i, e := range report.Payload {
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			kind, finding, err := examineFile(u.area.Path(u.command.ID.String(), e.Path), e)
			if err != nil {
				return fmt.Errorf("examine: %w", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if found[i] = finding; finding == nil && kind != "" {
				whole[e.Path] = string(kind)
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	for i, finding := range found { // in the order of the paths, whoever was ready first
		switch {
		case finding == nil:
		case finding.Code == examine.Bomb.Code:
			report.Faults = append(report.Faults, fault.Item{Where: report.Payload[i].Path, Fault: finding})
		default:
			report.Warnings = append(report.Warnings, fault.Item{Where: report.Payload[i].Path, Fault: finding})
		}
	}
	return whole, nil
}

func examineFile(path string, e bagit.Entry) (examine.Kind, examine.Finding, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	return examine.File(e.Path, f, e.Size)
}
