package client

import (
	"context"
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

// inOrder sorts by time and then lets every cause come before its effects: two services'
// clocks may differ, causes do not.
func inOrder(events []*journalv1.TimelineEvent) []*journalv1.TimelineEvent {
	slices.SortStableFunc(events, func(a, b *journalv1.TimelineEvent) int {
		if a.GetService() == b.GetService() {
			return int(int64(a.GetSeq() - b.GetSeq()))
		}
		return a.GetRecordedAt().AsTime().Compare(b.GetRecordedAt().AsTime())
	})
	here := make(map[place]*journalv1.TimelineEvent, len(events))
	for _, e := range events {
		here[place{e.GetService(), e.GetEpoch(), e.GetSeq()}] = e
	}
	done := make(map[*journalv1.TimelineEvent]bool, len(events))
	out := make([]*journalv1.TimelineEvent, 0, len(events))
	var put func(e *journalv1.TimelineEvent)
	put = func(e *journalv1.TimelineEvent) {
		if done[e] {
			return
		}
		done[e] = true
		if c := e.GetCause(); c != nil {
			if cause := here[place{c.GetService(), c.GetEpoch(), c.GetSeq()}]; cause != nil {
				put(cause)
			}
		}
		out = append(out, e)
	}
	for _, e := range events {
		put(e)
	}
	return out
}
