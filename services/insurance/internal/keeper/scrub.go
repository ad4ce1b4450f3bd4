package keeper

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// What a scrub has done is recorded after so many copies or so much time. A death costs at most
// that much reading.
const (
	batch     = 100
	batchTime = 5 * time.Second
)

// tally is what a running scrub has done since it was last recorded.
type tally struct {
	checks []*insurancev1.Check
	keys   [][]byte
	labels []base.Label
	since  time.Time
}

// scrubRun is a scrub taken one copy on.
type scrubRun struct {
	*Keeper
	n     uint64
	id    string
	row   *insurancev1.ScrubRow
	tally tally
	// records are the objects of originals whose own record was checked in this scrub: many
	// copies belong to one.
	records map[string]bool
}

// ScrubOnce checks one more copy of a scrub; false where none runs. The scrub of one copy goes
// before that of all.
func (k *Keeper) ScrubOnce(ctx context.Context) (bool, error) {
	if k.waits("intake") || k.waits("scrub") {
		return false, nil
	}
	run, err := k.running()
	if err != nil || run == nil {
		return false, err
	}
	key, copied, err := run.next()
	if err != nil {
		return false, err
	}
	if copied == nil {
		return true, run.finish(ctx)
	}
	release, err := k.claim(ctx, key)
	if err != nil {
		return false, err
	}
	check, err := run.check(ctx, key)
	release()
	if err != nil {
		switch {
		case ctx.Err() != nil || errors.Is(err, ErrStopped):
			return false, err
		case fault.KindOf(err) == fault.Unavailable:
			k.holdUp(ctx, "intake", err)
		default:
			k.holdUp(ctx, "scrub", err)
		}
		return true, nil
	}
	k.release("intake")
	k.release("scrub")
	if check == nil {
		return true, nil
	}
	run.add(key, copied, check)
	if len(run.tally.checks) >= batch || time.Since(run.tally.since) > batchTime {
		return true, run.note(ctx)
	}
	return true, nil
}

// running is the scrub to go on with, with what is not recorded of it yet.
func (k *Keeper) running() (*scrubRun, error) {
	var chosen *scrubRun
	err := k.Store.View(func(v *base.View) error {
		for _, n := range store.RunningScrubs(v) {
			row, err := store.Scrub(v, n)
			if err != nil {
				return err
			}
			if chosen == nil || chosen.row.GetScrub().GetCopyId() == "" && row.GetScrub().GetCopyId() != "" {
				chosen = &scrubRun{Keeper: k, n: n, id: strconv.FormatUint(n, 10), row: row}
			}
		}
		return nil
	})
	if chosen != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		chosen.tally = k.pending[chosen.n]
		if k.records == nil || k.recordsOf != chosen.n {
			k.records, k.recordsOf = make(map[string]bool), chosen.n
		}
		chosen.records = k.records
	}
	return chosen, err
}

// next is the copy to check now; nil where none is left, or the one leaves with its file.
func (r *scrubRun) next() (key []byte, c *insurancev1.Copy, err error) {
	after := r.row.GetCursor()
	for _, k := range r.tally.keys {
		if bytes.Compare(k, after) > 0 {
			after = k
		}
	}
	err = r.Store.View(func(v *base.View) error {
		if one := r.row.GetScrub().GetCopyId(); one != "" {
			if key, err = store.Key(one); err != nil || after != nil {
				return err
			}
			row, err := store.Copy(v, key)
			if row.GetCopy().GetLeftBy() == "" {
				c = row.GetCopy()
			}
			return err
		}
		return store.EachCopy(v, "", after, func(k []byte, row *insurancev1.CopyRow) bool {
			at := row.GetCopy().GetCheckedAt()
			if at == nil || !at.AsTime().Before(r.row.GetCheckedBefore().AsTime()) {
				return true
			}
			key, c = k, row.GetCopy()
			return false
		})
	})
	return key, c, err
}

func (r *scrubRun) add(key []byte, c *insurancev1.Copy, check *insurancev1.Check) {
	if r.tally.since.IsZero() {
		r.tally.since = time.Now()
	}
	r.tally.checks = append(r.tally.checks, check)
	r.tally.keys = append(r.tally.keys, key)
	r.tally.labels = append(r.tally.labels, store.LabelOf(c))
	r.keep()
}

func (r *scrubRun) keep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending == nil {
		r.pending = make(map[uint64]tally)
	}
	if r.pending[r.n] = r.tally; len(r.tally.checks) == 0 {
		delete(r.pending, r.n)
	}
}

// Progress adds what a running scrub has done and not recorded yet to its row.
func (k *Keeper) Progress(s *insurancev1.Scrub) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.pending[store.ParseScrub(s.GetScrubId())].checks {
		s.CopiesDone++
		s.Files += c.GetFiles()
		s.Bytes += c.GetBytes()
		if len(c.GetAbsentSites()) > 0 || c.GetOriginalsAbsent() {
			s.Incomplete++
		}
	}
}

// note records the checks, in events of one label each.
func (r *scrubRun) note(ctx context.Context) error {
	if len(r.tally.checks) == 0 {
		return nil
	}
	t := r.tally
	_, err := r.do(ctx, "scrub", func(v *base.View, _ time.Time) ([]base.Event, error) {
		if now, err := store.Scrub(v, r.n); err != nil || now.GetScrub().GetState() != "running" {
			return nil, err
		}
		return checked(r.id, t), nil
	})
	if err != nil {
		return err
	}
	r.tally = tally{}
	r.keep()
	// If we crash before this, at most a batch of copies is read once more.
	return r.after(Noted)
}

func checked(id string, t tally) (events []base.Event) {
	type group struct {
		label  base.Label
		checks []*insurancev1.Check
	}
	var groups []*group
	for i, c := range t.checks {
		label := t.labels[i]
		at := slices.IndexFunc(groups, func(g *group) bool {
			return g.label.Level == label.Level && strings.Join(g.label.Grounds, "\x00") == strings.Join(label.Grounds, "\x00")
		})
		if at < 0 {
			at = len(groups)
			groups = append(groups, &group{label: label})
		}
		groups[at].checks = append(groups[at].checks, c)
	}
	for _, g := range groups {
		events = append(events, base.Event{
			Refs: []journal.Ref{{Type: "scrub", ID: id}}, Label: g.label, Body: &insurancev1.CopiesChecked{ScrubId: id, Checks: g.checks},
		})
	}
	return events
}

// finish closes the scrub.
func (r *scrubRun) finish(ctx context.Context) error {
	if err := r.note(ctx); err != nil {
		return err
	}
	_, err := r.do(ctx, "scrub", func(v *base.View, _ time.Time) ([]base.Event, error) {
		row, err := store.Scrub(v, r.n)
		s := row.GetScrub()
		if err != nil || s.GetState() != "running" {
			return nil, err
		}
		refs, label := []journal.Ref{{Type: "scrub", ID: r.id}}, base.Label{}
		if one := s.GetCopyId(); one != "" {
			key, err := store.Key(one)
			if err != nil {
				return nil, err
			}
			row, err := store.Copy(v, key)
			if err != nil {
				return nil, err
			}
			refs, label = append(refs, Refs(row.GetCopy().GetFile())...), store.LabelOf(row.GetCopy())
		}
		return []base.Event{{Refs: refs, Label: label, Body: &insurancev1.ScrubFinished{
			ScrubId: r.id, Copies: s.GetCopiesDone(), Files: s.GetFiles(), Bytes: s.GetBytes(), Damaged: s.GetDamaged(),
			Restored: s.GetRestored(), BeyondRepair: s.GetBeyondRepair(), Incomplete: s.GetIncomplete(),
		}}}, nil
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.Keeper.records = nil
	r.mu.Unlock()
	return r.after(Ended)
}

// Begin decides that a scrub begins: of one copy, or of all that were last checked before a
// moment. events is empty where there is nothing to check.
func Begin(v *base.View, one *insurancev1.CopyRow, before time.Time) []base.Event {
	n := store.LastScrub(v) + 1
	id := strconv.FormatUint(n, 10)
	body := &insurancev1.ScrubBegun{ScrubId: id, Copies: 1}
	refs := []journal.Ref{{Type: "scrub", ID: id}}
	label := base.Label{}
	if one != nil {
		body.CopyId = one.GetCopy().GetCopyId()
		refs = append(refs, Refs(one.GetCopy().GetFile())...)
		label = store.LabelOf(one.GetCopy())
	} else {
		body.CheckedBefore, body.Copies = timestamppb.New(before), store.Due(v, before)
		if body.Copies == 0 {
			return nil
		}
	}
	return []base.Event{{Refs: refs, Label: label, Body: body}}
}
