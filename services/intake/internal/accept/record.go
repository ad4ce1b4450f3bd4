package accept

import (
	"context"
	"errors"
	"fmt"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/intake/internal/staging"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/ocfl"
)

// record writes the accession into the book with its first units. Those of a large one follow
// in commands of their own (rest): one that writes everything would hold up everybody.
func (r *run) record(ctx context.Context) error {
	m, err := r.object(ctx)
	if err != nil {
		// Asked only now: an object that stands already has its bytes, whatever staging has. One that
		// stands and cannot be read is a person's to mend: no other package could take its place.
		stands, unknown := r.Repository.Stands(repository.ObjectID(r.Store.Archive(), r.plan.GetTransferId()))
		lost := r.whole(r.facts)
		if lost == nil && ocfl.SourceLost(err) {
			lost = staging.Lost.With("package", r.plan.GetPackageId()).Because(err)
		}
		if lost != nil && !stands && unknown == nil {
			return r.abandon(ctx, lost)
		}
		return errors.Join(err, unknown)
	}
	first, more, err := r.next(0)
	if err != nil {
		return err
	}
	t := r.facts.transfer
	err = r.do(ctx, "accession", func(v *base.View, now time.Time) ([]base.Event, error) {
		if now, err := store.Transfer(v, t.GetTransferId()); err != nil || now.GetAccessionNumber() != "" {
			return nil, err
		}
		day := civil.Of(now)
		last, _ := store.Book(v, day.Year)
		number := transfer.Next(day, last).String()
		accepted := r.facts.accession(r.chosen, number, day)
		accepted.ObjectId, accepted.ObjectSha512, accepted.History, accepted.Bag = m.id, m.sha, m.history, m.bag
		refs := store.AccessionRefs(number, t.GetTransferId(), t.GetOrganisation(), t.GetInventory())
		return append([]base.Event{{Refs: refs, Body: accepted}}, rows(refs, number, t.GetKind(), first, !more)...), nil
	})
	if err != nil {
		return err
	}
	// If we crash here the number is given; units may be missing, and the acts are still to be
	// drawn up.
	return r.after(Recorded)
}

// abandon takes the acceptance back where its bytes are lost: no number is given yet, and the
// department can send the package again. Any other error leaves the plan as it is. What is left of
// the bytes goes; if we crash before that, the next start sweeps it away.
func (r *run) abandon(ctx context.Context, lost error) error {
	var f *fault.Error
	if !errors.Is(lost, staging.Lost) || !errors.As(lost, &f) {
		return lost
	}
	t := r.facts.transfer
	err := r.do(ctx, "abandon", func(v *base.View, _ time.Time) ([]base.Event, error) {
		now, err := store.Transfer(v, t.GetTransferId())
		if err != nil || now.GetState() != string(transfer.Accepting) || now.GetAccessionNumber() != "" {
			return nil, err
		}
		return []base.Event{{
			Refs: store.Refs(t.GetTransferId(), t.GetOrganisation(), t.GetInventory()), Label: r.facts.list.Label,
			Body: &intakev1.AcceptanceAbandoned{TransferId: t.GetTransferId(), PackageId: t.GetPackageId(), Reason: &intakev1.PackageFault{
				Code: f.Code, Clause: transfer.Clause,
				Text: &recordv1.Text{Kk: f.In(fault.Kazakh), Ru: f.In(fault.Russian), En: f.In(fault.English)},
			}},
		}}, nil
	})
	if err != nil {
		return errors.Join(lost, err)
	}
	for _, id := range r.facts.packages {
		err = errors.Join(err, r.Staging.Remove(id))
	}
	return errors.Join(lost, err)
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
		units, more, err := r.next(last)
		if err != nil || len(units) == 0 {
			return err
		}
		err = r.do(ctx, fmt.Sprint("units after ", last), func(v *base.View, _ time.Time) ([]base.Event, error) {
			if store.LastAccepted(v, n) != last {
				return nil, nil
			}
			return rows(refs, a.GetAccessionNumber(), a.GetKind(), units, !more), nil
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

// unitsStep is how many rows of units and of their files one command writes at most, unless a unit has more. Each file
// leaves a row at a random place of the index by digest: in a large archive each of those touches a page of its own,
// and all pages that a command touches are in memory until it is written.
const unitsStep = store.MaxStep / 2

// next are the accepted units after a position, as many as one command writes; more says that
// others follow. Positions grow, so that the last one written tells where to go on.
func (r *run) next(after uint32) (units []*intakev1.AcceptedFile, more bool, err error) {
	count := 0
	for f, err := range r.facts.listed(after) {
		if err != nil {
			return nil, false, err
		}
		if !r.accepts(f.GetPosition()) {
			continue
		}
		if unit := r.facts.content[f.GetPosition()]; unit != nil {
			count += unit.files
		}
		if count++; count > unitsStep && len(units) > 0 {
			return units, true, nil
		}
		paths, err := r.pathsOf(f.GetPosition())
		if err != nil {
			return nil, false, err
		}
		units = append(units, &intakev1.AcceptedFile{File: f, ContentPaths: paths})
	}
	return units, false, nil
}

// rows are the events of some units; last says that no more follow. An undescribed accession has none:
// they come with the act of description.
func rows(refs []journal.Ref, number, kind string, units []*intakev1.AcceptedFile, last bool) (events []base.Event) {
	if len(units) == 0 {
		return nil
	}
	store.Chunks(units, acceptedLabel, func(label base.Label, chunk []*intakev1.AcceptedFile, final bool) {
		events = append(events, base.Event{Refs: refs, Label: label, Body: &intakev1.AccessionFilesAccepted{
			AccessionNumber: number, Files: chunk, Last: last && final, Kind: kind,
		}})
	})
	return events
}
