package client

import (
	"context"
	"maps"
	"slices"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
)

// JournalOf gives the journal of a service.
type JournalOf func(service string) (journalv1.JournalServiceClient, error)

// Timeline reads what all services' journals say of an object, in one order: an event never
// stands before the one that caused it, and otherwise the earlier recorded one comes first.
func Timeline(ctx context.Context, services []string, of JournalOf, ref journal.Ref) ([]*journalv1.TimelineEvent, error) {
	var all []*journalv1.TimelineEvent
	for _, service := range services {
		c, err := of(service)
		if err != nil {
			return nil, err
		}
		for after, more := uint64(0), true; more; {
			res, err := c.Timeline(ctx, &journalv1.TimelineRequest{Service: service, Ref: ref.Proto(), After: after})
			if err != nil {
				return nil, err
			}
			all = append(all, res.GetEvents()...)
			if more = res.GetMore() && len(res.GetEvents()) > 0; more {
				after = res.GetEvents()[len(res.GetEvents())-1].GetSeq()
			}
		}
	}
	return inOrder(all), nil
}

type place struct {
	service    string
	epoch, seq uint64
}

// inOrder merges the journals: each stays in its own order, a cause comes before its effects
// (two services' clocks may differ, causes do not), and otherwise the earlier recorded event
// comes first.
func inOrder(events []*journalv1.TimelineEvent) []*journalv1.TimelineEvent {
	waits := make(map[place]bool, len(events)) // events that were not put yet
	queues := make(map[string][]*journalv1.TimelineEvent)
	for _, e := range events {
		waits[place{e.GetService(), e.GetEpoch(), e.GetSeq()}] = true
		queues[e.GetService()] = append(queues[e.GetService()], e)
	}
	services := slices.Sorted(maps.Keys(queues))
	out := make([]*journalv1.TimelineEvent, 0, len(events))
	for len(out) < len(events) {
		var next *journalv1.TimelineEvent
		free := false // whether next's cause has been put, or is not here
		for _, service := range services {
			if len(queues[service]) == 0 {
				continue
			}
			e := queues[service][0]
			c := e.GetCause()
			may := c == nil || !waits[place{c.GetService(), c.GetEpoch(), c.GetSeq()}]
			if next == nil || (may && !free) || (may == free && e.GetRecordedAt().AsTime().Before(next.GetRecordedAt().AsTime())) {
				next, free = e, may
			}
		}
		delete(waits, place{next.GetService(), next.GetEpoch(), next.GetSeq()})
		queues[next.GetService()] = queues[next.GetService()][1:]
		out = append(out, next)
	}
	return out
}
