package follow

import (
	"context"
	"errors"
	"fmt"
	"time"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// retries tries deferred reactions again until they are carried out or parked.
func (f *Follower) retries(ctx context.Context) {
	wait := f.cfg.Retry
	for ctx.Err() == nil {
		_, changed := f.cfg.Store.Wait()
		waiting, err := f.deferred(ctx)
		if err != nil {
			f.cfg.Log.Warn("deferred reactions", "error", err)
		}
		switch {
		case waiting == 0: // sleep until something is written at all
			wait = f.cfg.Retry
			select {
			case <-changed:
			case <-ctx.Done():
			}
			pause(ctx, f.cfg.Retry) // at most one look per pause, however busy the store is
			continue
		case err == nil:
			wait = min(2*wait, 8*time.Second)
		}
		pause(ctx, wait)
	}
}

// Retry tries every waiting reaction to the followed service again, parked ones too, or just
// one event; it counts.
func (f *Follower) Retry(ctx context.Context, only *journalv1.Cause) (settled, still int, err error) {
	rows, err := f.rows((*store.View).WaitingFor, 100_000)
	if err != nil {
		return 0, 0, err
	}
	blocked := make(map[journal.Ref]bool)
	for _, row := range rows {
		object := journal.RefOf(row.GetObject())
		if blocked[object] || !f.first(row) {
			still++
			continue
		}
		if only != nil && (row.GetEvent().GetSeq() != only.GetSeq() || row.GetEvent().GetEpoch() != only.GetEpoch()) && !row.GetBehind() {
			blocked[object] = true
			continue
		}
		if err := f.again(ctx, row); err != nil {
			still++
			blocked[object] = true
			f.cfg.Log.Warn("a reaction still waits", "object", object, "error", err)
			continue
		}
		settled++
	}
	return settled, still, nil
}

// deferred goes through the waiting reactions once: the first of each object is tried, the
// ones behind it follow when it is done. What has waited longer than our patience is parked.
func (f *Follower) deferred(ctx context.Context) (waiting int, err error) {
	rows, err := f.rows((*store.View).DeferredFor, 1000)
	if err != nil {
		return 0, err
	}
	blocked := make(map[journal.Ref]bool)
	for _, row := range rows {
		object := journal.RefOf(row.GetObject())
		if row.GetParked() || blocked[object] || !f.first(row) {
			blocked[object] = true
			continue
		}
		if err := f.again(ctx, row); err != nil {
			blocked[object] = true
			if errors.Is(err, errUnread) { // says nothing of the handler: no reason to call a person
				waiting++
				continue
			}
			never := fault.Of(err).Code == store.Never.Code
			if patience := f.cfg.Store.Now().Sub(row.GetSince().AsTime()) > f.cfg.Patience; !never && !patience {
				waiting++
				continue
			}
			if parkErr := f.cfg.Store.Park(ctx, row, err); parkErr != nil {
				return waiting + 1, fmt.Errorf("park: %w", parkErr)
			}
			f.cfg.Log.Error("a reaction is parked", "object", object, "event", row.GetEvent().GetSeq(), "error", err)
		}
	}
	return waiting, nil
}

// rows lists our waiting reactions to the followed service, in their order.
func (f *Follower) rows(list func(*store.View, string, int) ([]*journalv1.WaitingRow, error), limit int) (rows []*journalv1.WaitingRow, err error) {
	err = f.cfg.Store.View(func(v *store.View) error {
		rows, err = list(v, f.cfg.Service, limit)
		return err
	})
	return rows, err
}

// first tells whether nothing about the same object waits before the row, whatever service it
// came from.
func (f *Follower) first(row *journalv1.WaitingRow) bool {
	first := false
	err := f.cfg.Store.View(func(v *store.View) error {
		first = v.QueueHead(journal.RefOf(row.GetObject())) == row.GetOrder()
		return nil
	})
	return err == nil && first
}

// errUnread says that the event could not be read, so that its reaction was not tried.
var errUnread = errors.New("the event could not be read")

// again fetches the event from its journal and tries the reaction once more.
func (f *Follower) again(ctx context.Context, row *journalv1.WaitingRow) error {
	source, err := f.cfg.Source()
	if err != nil {
		return fmt.Errorf("follow %s: %w: %w", f.cfg.Service, errUnread, err)
	}
	callCtx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	res, err := source.Read(callCtx, &journalv1.ReadRequest{Service: f.cfg.Service, From: row.GetEvent().GetSeq(), Limit: 1})
	if err != nil {
		return fmt.Errorf("follow %s: %w: %w", f.cfg.Service, errUnread, err)
	}
	if len(res.GetEntries()) == 0 {
		return gone.With("service", f.cfg.Service, "event", row.GetEvent().GetSeq())
	}
	rec, err := journal.Decode(res.GetEntries()[0])
	if err != nil {
		return err
	}
	if rec.Header.GetEpoch() != row.GetEvent().GetEpoch() {
		return store.Never.With("reason", lost.With())
	}
	return f.cfg.Store.Settle(ctx, f.reaction(ctx, rec, ""))
}
