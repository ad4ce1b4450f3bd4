package keeper

import (
	"context"
	"errors"
	"time"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/insurance/internal/fund"
	"github.com/qoyma/qoyma/services/insurance/internal/site"
	"github.com/qoyma/qoyma/services/insurance/internal/store"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// DestroyOnce destroys one copy at one site whose file's content left the archive, or one history of an object that was removed; false where
// there is none, or its sites are away. A site that is away keeps the copy until it is back.
func (k *Keeper) DestroyOnce(ctx context.Context) (bool, error) {
	key, c, at, err := k.nextLeaving()
	if err != nil {
		return false, err
	}
	if c == nil {
		return k.buryHistory(ctx)
	}
	release, err := k.claim(ctx, key) // a copy or a check under way ends first
	if err != nil {
		return false, err
	}
	defer release()
	place := k.Place(at.GetSite())
	if err := k.remove(place, c, at); err != nil {
		k.sortOut(ctx, place, c.GetCopyId(), err)
		return true, nil
	}
	// If we crash here the copy is gone and its event is missing: removing again finds nothing, and records it.
	if err := k.after(Removed); err != nil {
		return false, err
	}
	if _, err := k.do(ctx, "destroy", func(v *base.View, _ time.Time) ([]base.Event, error) {
		row, err := store.Copy(v, key)
		if err != nil || row.GetCopy().GetLeftBy() == "" || store.AtSite(row.GetCopy(), at.GetSite()).GetState() == string(fund.Destroyed) {
			return nil, err
		}
		return []base.Event{{Refs: Refs(c.GetFile()), Label: store.LabelOf(c), Body: &insurancev1.CopyDestroyed{CopyId: c.GetCopyId(), Site: at.GetSite()}}}, nil
	}); err != nil {
		return false, err
	}
	if place != nil {
		k.release("site " + place.ID)
	}
	k.release("copy " + c.GetCopyId())
	return true, k.after(Buried)
}

// nextLeaving is a copy that leaves at a site that can be reached, or that never kept it.
func (k *Keeper) nextLeaving() (key []byte, c *insurancev1.Copy, at *insurancev1.CopyAtSite, err error) {
	err = k.Store.View(func(v *base.View) error {
		return store.EachCopy(v, fund.Leaving, nil, func(where []byte, row *insurancev1.CopyRow) bool {
			for _, s := range row.GetCopy().GetSites() {
				away := k.Place(s.GetSite()) == nil && s.GetMadeAt() != nil
				if s.GetState() != string(fund.Destroyed) && !away && !k.waits("site "+s.GetSite()) && !k.waits("copy "+row.GetCopy().GetCopyId()) {
					key, c, at = where, row.GetCopy(), s
					return false
				}
			}
			return true
		})
	})
	return key, c, at, err
}

// remove takes the copy's object and what is on its way out of a site. A site that is not configured and never kept it has nothing.
func (k *Keeper) remove(place *site.Place, c *insurancev1.Copy, at *insurancev1.CopyAtSite) error {
	if place == nil {
		return nil
	}
	kept := false
	if err := k.Store.View(func(v *base.View) error {
		row, err := store.Site(v, at.GetSite())
		kept = row.GetCopies() > 0
		return err
	}); err != nil {
		return err
	}
	root, err := place.Root(kept || at.GetMadeAt() != nil)
	if err != nil {
		return err
	}
	_, err = place.Incoming(c.GetCopyId())
	return errors.Join(err, place.Remove(root, ObjectID(k.Store.Archive(), c.GetCopyId())))
}
