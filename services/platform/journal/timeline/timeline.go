// Package timeline reads what several journals say of one thing: in one order, and, where the
// thing is known under several names, gathered from all of them.
package timeline

import (
	"context"
	"maps"
	"slices"
	"sync"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// Read gives the events about an object in one service's journal after a seq, as
// JournalService.Timeline does. It is called from several goroutines, one for each service.
type Read func(ctx context.Context, service string, ref journal.Ref, after uint64) (*journalv1.TimelineResponse, error)

// Link says that one goes on from an object of a type to the objects of another type that its events
// name; where Of is given, only events of that service lead on.
type Link struct{ From, To, Of string }

// Plan says where a gathered timeline begins and how it goes on.
type Plan struct {
	From  []journal.Ref
	Links []Link
	// Single are types of which an event must name an object that belongs here, where it names any:
	// so that what is said of a neighbour stays out.
	Single []string
	// Most bounds the objects followed, so that no thing with a thousand relations takes the services
	// down; 0 means DefaultMost.
	Most int
}

// DefaultMost is how many objects one timeline gathers at most.
const DefaultMost = 200

// Gather reads the events of all objects that the plan leads to, each once, in order. cut is true
// where there were more than Plan.Most objects. The error is Read's.
func Gather(ctx context.Context, services []string, read Read, plan Plan) (events []*journalv1.TimelineEvent, cut bool, err error) {
	most := plan.Most
	if most == 0 {
		most = DefaultMost
	}
	known, found := map[journal.Ref]bool{}, map[place]*journalv1.TimelineEvent{}
	next := plan.From
	for len(next) > 0 {
		var round []journal.Ref
		for _, ref := range next {
			if known[ref] {
				continue
			}
			if len(known) == most {
				cut = true
				break
			}
			known[ref] = true
			round = append(round, ref)
		}
		of, err := readAll(ctx, services, read, round)
		if err != nil {
			return nil, false, err
		}
		next = nil
		for i, ref := range round {
			for _, e := range of[i] {
				found[placeOf(e)] = e
				next = append(next, plan.leads(ref, e)...)
			}
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(found), place.compare) {
		if e := found[at]; plan.belongs(known, e) {
			events = append(events, e)
		}
	}
	return InOrder(events), cut, nil
}

// leads are the objects to which an event of an object leads on. An event about several things of one
// single type leads nowhere: it does not say which of them is related to what.
func (p Plan) leads(from journal.Ref, e *journalv1.TimelineEvent) (to []journal.Ref) {
	of := map[string]int{}
	for _, ref := range e.GetRefs() {
		if of[ref.GetType()]++; of[ref.GetType()] > 1 && slices.Contains(p.Single, ref.GetType()) {
			return nil
		}
	}
	for _, ref := range e.GetRefs() {
		if slices.ContainsFunc(p.Links, func(l Link) bool {
			return l.From == from.Type && l.To == ref.GetType() && (l.Of == "" || l.Of == e.GetService())
		}) {
			to = append(to, journal.RefOf(ref))
		}
	}
	return to
}

// belongs tells whether an event speaks of what is followed, and not of a neighbour only.
func (p Plan) belongs(known map[journal.Ref]bool, e *journalv1.TimelineEvent) bool {
	others := false
	for _, ref := range e.GetRefs() {
		if slices.Contains(p.Single, ref.GetType()) {
			if known[journal.RefOf(ref)] {
				return true
			}
			others = true
		}
	}
	return !others
}

// readAll reads the timelines of several objects from all services, one goroutine for each service.
func readAll(ctx context.Context, services []string, read Read, refs []journal.Ref) ([][]*journalv1.TimelineEvent, error) {
	found := make([][][]*journalv1.TimelineEvent, len(services)) // by service, by object
	failed := make([]error, len(services))
	var wg sync.WaitGroup
	for i, service := range services {
		wg.Go(func() {
			for _, ref := range refs {
				events, err := whole(ctx, service, read, ref)
				if err != nil {
					failed[i] = err
					return
				}
				found[i] = append(found[i], events)
			}
		})
	}
	wg.Wait()
	all := make([][]*journalv1.TimelineEvent, len(refs))
	for i := range services {
		if failed[i] != nil {
			return nil, failed[i]
		}
		for k := range refs {
			all[k] = append(all[k], found[i][k]...)
		}
	}
	return all, nil
}

// whole reads page after page.
func whole(ctx context.Context, service string, read Read, ref journal.Ref) (all []*journalv1.TimelineEvent, err error) {
	for after, more := uint64(0), true; more; {
		res, err := read(ctx, service, ref, after)
		if err != nil {
			return nil, err
		}
		all = append(all, res.GetEvents()...)
		if more = res.GetMore() && len(res.GetEvents()) > 0; more {
			after = res.GetEvents()[len(res.GetEvents())-1].GetSeq()
		}
	}
	return all, nil
}
