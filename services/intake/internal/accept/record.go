package accept

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// record writes the accession into the book with its first units. Those of a large one follow
// in commands of their own (rest): one that writes everything would hold up everybody.
func (r *run) record(ctx context.Context) error {
	object, sha, err := r.object(ctx)
	if err != nil {
		return r.abandon(ctx, err)
	}
	first, more := r.next(0)
	t := r.facts.transfer
	err = r.do(ctx, "accession", func(v *base.View, now time.Time) ([]base.Event, error) {
		if now, err := store.Transfer(v, t.GetTransferId()); err != nil || now.GetAccessionNumber() != "" {
			return nil, err
		}
		day := civil.Of(now)
		last, _ := store.Book(v, day.Year)
		number := transfer.Next(day, last).String()
		accepted := r.facts.accession(r.chosen, number, day)
		accepted.ObjectId, accepted.ObjectSha512 = object, sha
		refs := store.AccessionRefs(number, t.GetTransferId(), t.GetOrganisation(), t.GetInventory())
		return append([]base.Event{{Refs: refs, Body: accepted}}, rows(refs, number, first, !more)...), nil
	})
	if err != nil {
		return err
	}
	// If we crash here the number is given; units may be missing, and the acts are still to be
	// drawn up.
	return r.after(Recorded)
}

// rest writes the units of an accession that its first command did not.
func (r *run) rest(ctx context.Context, a *intakev1.Accession) error {
	n, err := transfer.ParseNumber(a.GetAccessionNumber())
	if err != nil {
		return err
	}
	refs := store.AccessionRefs(a.GetAccessionNumber(), a.GetTransferId(), a.GetOrganisation(), a.GetInventory())
	for {
		var last uint32
		if err := r.Store.View(func(v *base.View) error {
			last = store.LastAccepted(v, n)
			return nil
		}); err != nil {
			return err
		}
		units, more := r.next(last)
		if len(units) == 0 {
			return nil
		}
		err := r.do(ctx, fmt.Sprint("units after ", last), func(v *base.View, _ time.Time) ([]base.Event, error) {
			if store.LastAccepted(v, n) != last {
				return nil, nil
			}
			return rows(refs, a.GetAccessionNumber(), units, !more), nil
		})
		if err != nil {
			return err
		}
		// If we crash here the units that came last say where to go on.
		if err := r.after(Units); err != nil {
			return err
		}
	}
}

// next are the accepted units after a position, as many as one command writes; more says that
// others follow. Positions grow, so that the last one written tells where to go on.
func (r *run) next(after uint32) (units []*intakev1.AcceptedFile, more bool) {
	count := 0
	for _, f := range r.facts.files {
		if _, yes := slices.BinarySearch(r.chosen, f.GetPosition()); !yes || f.GetPosition() <= after {
			continue
		}
		paths := r.facts.paths[f.GetPosition()]
		if count += 1 + len(paths); count > store.MaxStep && len(units) > 0 {
			return units, true
		}
		units = append(units, &intakev1.AcceptedFile{File: f, ContentPaths: paths})
	}
	return units, false
}

// rows are the events of some units; last says that no more follow.
func rows(refs []journal.Ref, number string, units []*intakev1.AcceptedFile, last bool) (events []base.Event) {
	store.Chunks(units, acceptedLabel, func(label base.Label, chunk []*intakev1.AcceptedFile, final bool) {
		events = append(events, base.Event{Refs: refs, Label: label, Body: &intakev1.AccessionFilesAccepted{
			AccessionNumber: number, Files: chunk, Last: last && final,
		}})
	})
	return events
}

// abandon takes the acceptance back where the package's bytes are not in staging whole any
// more: no repetition would bring them, and no number was given. Any other failure passes, and
// leaves the plan as it is.
func (r *run) abandon(ctx context.Context, failed error) error {
	for _, c := range r.facts.content {
		lost := r.Staging.Whole(r.plan.GetPackageId(), c.GetPath(), c.GetSize())
		var why *fault.Error
		if !errors.As(lost, &why) {
			continue
		}
		t := r.facts.transfer
		if err := r.do(ctx, "abandon", func(v *base.View, _ time.Time) ([]base.Event, error) {
			if now, err := store.Transfer(v, t.GetTransferId()); err != nil || now.GetAccessionNumber() != "" {
				return nil, err
			}
			return []base.Event{{
				// The path may be of any of the units: the strictest label.
				Refs: store.Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()), Label: r.facts.list.Label,
				Body: &intakev1.AcceptanceAbandoned{
					TransferId: t.GetTransferId(), PackageId: r.plan.GetPackageId(), Reason: &intakev1.PackageFault{
						Where: c.GetPath(), Code: why.Code, Clause: transfer.Clause,
						Text: &recordv1.Text{Kk: why.In(fault.Kazakh), Ru: why.In(fault.Russian), En: why.In(fault.English)},
					},
				},
			}}, nil
		}); err != nil {
			return errors.Join(failed, err)
		}
		// If we crash here the transfer is expected again, and the sweep takes away what is left
		// of the package.
		return errors.Join(lost, r.Staging.Remove(r.plan.GetPackageId()))
	}
	return failed
}
