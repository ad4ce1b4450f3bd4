package accept

import (
	"context"
	"errors"
	"fmt"
	"slices"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// Describe is what the object of an accepted transfer is, from the journal alone; the caller closes it. The error is
// ErrOther where this program would describe the object otherwise than the one that made it, so that its
// record cannot be written anew. Memory does not grow with the number of files.
func (p *Plans) Describe(ctx context.Context, a *intakev1.Accession) (*ocfl.Described, error) {
	r, err := p.again(a)
	if err != nil {
		return nil, err
	}
	_, versions, err := p.versions(a)
	if err != nil {
		return nil, err
	}
	spec := repository.SpecOf(p.Store.Archive(), a.GetTransferId(), r.begun.Time())
	spec.Later = later(p.Store.Archive(), versions)
	own := a.GetBag().GetFiles()
	if len(versions) > 0 && versions[0].GetHistory() != nil {
		own = append(slices.Clip(own), versions[0].GetHistory())
	}
	d, err := p.Repository.Describe(ctx, spec, func(yield func(repository.File, error) bool) {
		for _, f := range own {
			if !yield(written(f, ""), nil) {
				return
			}
		}
		r.files()(yield)
	})
	if err != nil {
		return nil, err
	}
	sha, err := d.InventorySHA512()
	if err == nil && (sha != a.GetObjectSha512() || spec.ID != a.GetObjectId()) {
		err = ErrOther
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Inventories are the SHA-512 of the inventory of an accession's object after each version, the first
// version's first.
func (p *Plans) Inventories(a *intakev1.Accession) (shas []string, err error) {
	_, versions, err := p.versions(a)
	for _, v := range versions {
		shas = append(shas, v.GetObjectSha512())
	}
	return shas, err
}

// ErrOther says that an object was described by a program that writes inventories otherwise.
var ErrOther = errors.New("the object's inventory cannot be made again: another program made it")

// again is the plan of an accession, as it was carried out.
func (p *Plans) again(a *intakev1.Accession) (*run, error) {
	transferID := a.GetTransferId()
	begun, err := p.begunOf(transferID)
	if err != nil {
		return nil, err
	}
	body, err := begun.Body()
	if err != nil {
		return nil, err
	}
	plan, ok := body.(*intakev1.AcceptanceBegun)
	if !ok {
		return nil, fmt.Errorf("event %d begins no acceptance", begun.Seq())
	}
	r := &run{Plans: p, begun: begun, plan: plan}
	r.anew = a.GetBag() != nil
	return r, r.weighed()
}

// begunOf finds the beginning of a transfer's acceptance on its timeline: the last one, those
// before it were abandoned.
func (p *Plans) begunOf(transferID string) (begun *journal.Record, err error) {
	err = p.timeline(transferID, 0, func(r *journal.Record) (bool, error) {
		if r.Is((*intakev1.AcceptanceBegun)(nil)) {
			begun = r
		}
		return !r.Is((*intakev1.AccessionAccepted)(nil)), nil
	})
	if err == nil && begun == nil {
		err = fmt.Errorf("transfer %s: its acceptance is not in the journal", transferID)
	}
	return begun, err
}
