package load

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/qoyma/process"
)

// Witness keeps every journal's newest checkpoint, as an outsider would.
func (m *Memory) Witness(ctx context.Context, a *Archive) {
	for _, name := range process.Names() {
		c, err := a.Journal(name)
		if err != nil {
			continue
		}
		if res, err := c.Checkpoint(ctx, &journalv1.CheckpointRequest{Service: name}); err == nil {
			m.mu.Lock()
			m.seen[name] = res.GetCheckpoint()
			m.mu.Unlock()
		}
	}
}

// Consistent wants every journal to continue the checkpoint that was seen of it.
func (m *Memory) Consistent(ctx context.Context, a *Archive, keys string) error {
	for _, name := range process.Names() {
		m.mu.Lock()
		old := m.seen[name]
		m.mu.Unlock()
		if old == nil {
			continue
		}
		verifier, _, err := journal.LoadVerifier(keys, name)
		if err != nil {
			return err
		}
		before, err := journal.OpenCheckpoint(old, verifier)
		if err != nil {
			return err
		}
		c, err := a.Journal(name)
		if err != nil {
			return err
		}
		if before.Size == 0 {
			continue
		}
		res, err := c.ConsistencyProof(ctx, &journalv1.ConsistencyProofRequest{Service: name, OldSize: before.Size})
		if err != nil {
			return fmt.Errorf("%s: the journal was seen with %d events: %w", name, before.Size, err)
		}
		after, err := journal.OpenCheckpoint(res.GetCheckpoint(), verifier)
		if err != nil {
			return err
		}
		proof := make(tlog.TreeProof, len(res.GetPath()))
		for i, h := range res.GetPath() {
			proof[i] = tlog.Hash(h)
		}
		if err := tlog.CheckTree(proof, int64(after.Size), after.Root, int64(before.Size), before.Root); err != nil {
			return fmt.Errorf("%s: the journal of %d events does not continue the one of %d: %w", name, after.Size, before.Size, err)
		}
	}
	return nil
}

// Settle waits until every follower has reached the end of what it follows and nothing
// waits.
func (a *Archive) Settle(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	quiet := 0
	for quiet < 5 {
		heads := make(map[string]uint64)
		var all []*journalv1.ServiceStatus
		for _, name := range process.Names() {
			c, err := a.Journal(name)
			if err != nil {
				return err
			}
			res, err := c.Status(ctx, &journalv1.StatusRequest{Service: name})
			if err != nil {
				return err
			}
			all = append(all, res.GetServices()...)
			heads[name] = res.GetServices()[0].GetLast()
		}
		quiet++
		for _, s := range all {
			if s.GetParked() > 0 {
				return fmt.Errorf("%s: %d reactions are parked", s.GetService(), s.GetParked())
			}
			if s.GetWaiting() > 0 || s.GetRelayed() != s.GetLast() {
				quiet = 0
			}
			for _, f := range s.GetFollows() {
				if f.GetSeq() != heads[f.GetService()] {
					quiet = 0
				}
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the followers do not come to an end: %w: %v", ctx.Err(), all)
		}
	}
	return nil
}

// Effects reads all journals and wants every due transfer expected once, every accession
// catalogued once and its duty closed once, and numbers without gap or repeat.
func (a *Archive) Effects(ctx context.Context) (map[string]int, error) {
	counts := make(map[string]int)
	once := make(map[string]int)
	var accessions, transfers []string
	for _, name := range process.Names() {
		c, err := a.followed(name)
		if err != nil {
			return nil, err
		}
		for from := uint64(1); ; {
			res, err := c.Read(ctx, &journalv1.ReadRequest{Service: name, From: from})
			if err != nil {
				return nil, err
			}
			if len(res.GetEntries()) == 0 {
				break
			}
			for _, e := range res.GetEntries() {
				r, err := journal.Decode(e)
				if err != nil {
					return nil, err
				}
				kind := r.Header.GetBodyType()[strings.LastIndex(r.Header.GetBodyType(), ".")+1:]
				counts[kind]++
				switch kind {
				case "TransferDue":
					transfers = append(transfers, r.Object().ID)
				case "AccessionAccepted":
					accessions = append(accessions, refID(r, "accession"))
				}
				switch kind {
				case "TransferDue", "TransferExpected", "TransferFulfilled":
					once[kind+" "+refID(r, "transfer")]++
				case "AccessionAccepted", "AccessionCatalogued":
					once[kind+" "+refID(r, "accession")]++
				}
			}
			from += uint64(len(res.GetEntries()))
		}
	}
	for what, n := range once {
		if n != 1 {
			return counts, fmt.Errorf("%s happened %d times", what, n)
		}
	}
	for _, id := range transfers {
		if once["TransferExpected "+id] != 1 {
			return counts, fmt.Errorf("transfer %s fell due and is not expected", id)
		}
	}
	for _, id := range accessions {
		if once["AccessionCatalogued "+id] != 1 {
			return counts, fmt.Errorf("accession %s is not catalogued", id)
		}
	}
	if n, d := counts["TransferFulfilled"], len(accessions); n != d {
		return counts, fmt.Errorf("%d accessions, %d duties closed", d, n)
	}
	return counts, gapless("accession", accessions, gapless("transfer", transfers, nil))
}

func refID(r *journal.Record, kind string) string {
	for _, ref := range r.Header.GetRefs() {
		if ref.GetType() == kind {
			return ref.GetId()
		}
	}
	return ""
}

// gapless wants numbers "<year>-<n>" in the order of the journal, from 1, without a gap.
func gapless(what string, numbers []string, err error) error {
	next := make(map[string]int)
	for _, number := range numbers {
		year, _, _ := strings.Cut(number, "-")
		next[year]++
		if want := fmt.Sprintf("%s-%d", year, next[year]); number != want && err == nil {
			err = fmt.Errorf("%s %s stands where %s is expected", what, number, want)
		}
	}
	return err
}
