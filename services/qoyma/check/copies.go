package check

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/proto"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/insurance"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/qoyma/process"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// insurer is the service that keeps the insurance copies.
const insurer = "insurance"

// copies validates every site of the insurance fund and compares it with the fund's rows.
func (c *checker) copies(ctx context.Context) error {
	st := c.stores[insurer]
	if st == nil {
		return nil
	}
	written, err := process.SitesOf(c.cfg.Data)
	if err != nil {
		c.add(insurer, "sites.json", "%v", err)
		return nil
	}
	sites, err := insurance.Sites(written, c.cfg.Data)
	if err != nil {
		c.add(insurer, "sites.json", "%v", err)
		return nil
	}
	wanted, err := insured(st)
	if err != nil {
		c.add(insurer, "store.db", "%v", err)
		return nil
	}
	for _, s := range sites {
		if err := c.site(ctx, s, wanted[s.ID]); err != nil {
			return err
		}
		delete(wanted, s.ID)
	}
	for name, copies := range wanted {
		c.add(insurer, "site "+name, "it keeps %d copies and is not configured", len(copies))
	}
	return nil
}

// keptCopy is a copy, or a history beside the copies, as the fund's rows have it: object id, and the digest
// of its inventory; empty where a newer version of it may stand already.
type keptCopy struct {
	copyID, object, inventory string
	history                   bool
}

// insured lists the copies that stand at each site.
func insured(st *store.Store) (map[string][]keptCopy, error) {
	out := make(map[string][]keptCopy)
	err := st.View(func(v *store.View) error {
		for key, raw := range v.Scan("copies", nil, nil) {
			row := new(insurancev1.CopyRow)
			if err := proto.Unmarshal(raw, row); err != nil {
				return fmt.Errorf("copy %x: %w", key, err)
			}
			for _, at := range row.GetCopy().GetSites() {
				// One that leaves may stand until its destruction is recorded.
				if at.GetState() != "ordered" && row.GetCopy().GetLeftBy() == "" {
					out[at.GetSite()] = append(out[at.GetSite()], keptCopy{row.GetCopy().GetCopyId(), at.GetCopyObjectId(), at.GetInventorySha512(), false})
				}
			}
		}
		for object, raw := range v.Scan("histories", nil, nil) {
			row := new(insurancev1.HistoryRow)
			if err := proto.Unmarshal(raw, row); err != nil {
				return fmt.Errorf("history of %s: %w", object, err)
			}
			underWay := v.Get("lacking", object) != nil
			if row.GetEnded() { // a site may have let go of it before that is recorded
				continue
			}
			for _, at := range row.GetSites() {
				k := keptCopy{"history of " + string(object), at.GetCopyObjectId(), at.GetInventorySha512(), true}
				if underWay {
					k.inventory = ""
				}
				out[at.GetSite()] = append(out[at.GetSite()], k)
			}
		}
		return nil
	})
	return out, err
}

// site compares one site's folder with the rows, and counts its digests unless the check is a
// quick one.
func (c *checker) site(ctx context.Context, s insurance.Site, wanted []keptCopy) error {
	where := "site " + s.ID
	var declared struct{ Archive, Site string }
	raw, err := os.ReadFile(filepath.Join(s.Dir, "site.json"))
	if err == nil {
		err = json.Unmarshal(raw, &declared)
	}
	if errors.Is(err, fs.ErrNotExist) && len(wanted) == 0 {
		return nil // nothing was ever kept there
	}
	if err != nil || declared.Archive != c.report.Archive || declared.Site != s.ID {
		c.add(insurer, where, "%s does not declare itself as this site, but %d copies were made there (%v)", s.Dir, len(wanted), err)
		return nil
	}
	root, err := ocfl.Open(filepath.Join(s.Dir, "ocfl"))
	if err != nil {
		c.add(insurer, where, "%v", err)
		return nil
	}
	stand := 0
	for _, w := range wanted {
		if _, err := os.Lstat(root.Path(w.object)); err == nil && !w.history {
			stand++
		}
		if w.inventory == "" {
			continue // every byte of it is counted below
		}
		text, err := os.ReadFile(filepath.Join(root.Path(w.object), "inventory.json"))
		if sum := sha512.Sum512(text); err != nil || hex.EncodeToString(sum[:]) != w.inventory {
			c.add(insurer, where, "copy %s: its object %s is not the one that was made (%v)", w.copyID, w.object, err)
		}
	}
	if c.cfg.Quick {
		return nil
	}
	c.progress("insurance copies: every byte of %s", s.ID)
	report, err := root.Validate(ctx)
	if err != nil {
		return fmt.Errorf("check: %s: %w", where, err)
	}
	c.report.Copies += stand
	for _, f := range report.Faults {
		c.add(insurer, where+": "+f.Where, "%v", f.Fault)
	}
	if report.Objects > len(wanted)+c.underWay() {
		c.add(insurer, where, "it holds %d objects, %d copies were made there", report.Objects, len(wanted))
	}
	return nil
}

// underWay counts copies that are ordered or leave, and histories that a site lacks or is to remove: a process that died may
// have left their objects before it recorded that they stand, or are gone.
func (c *checker) underWay() (n int) {
	_ = c.stores[insurer].View(func(v *store.View) error { // a damaged store was said before
		for _, state := range []string{"ordered", "leaving"} {
			for range v.Scan("states", []byte(state+"\x00"), nil) {
				n++
			}
		}
		for _, histories := range []string{"lacking", "ended"} {
			for range v.Scan(histories, nil, nil) {
				n++
			}
		}
		return nil
	})
	return n
}
