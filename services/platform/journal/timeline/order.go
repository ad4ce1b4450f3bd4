package timeline

import (
	"cmp"
	"maps"
	"slices"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
)

type place struct {
	service    string
	epoch, seq uint64
}

func placeOf(e *journalv1.TimelineEvent) place {
	return place{e.GetService(), e.GetEpoch(), e.GetSeq()}
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.service, q.service), cmp.Compare(p.seq, q.seq), cmp.Compare(p.epoch, q.epoch))
}

// InOrder merges what several journals say: each stays in its own order, a cause stands before its
// effects (two services' clocks may differ, causes do not), and otherwise the earlier recorded event
// comes first. Events of one service must come in the order of their seq.
func InOrder(events []*journalv1.TimelineEvent) []*journalv1.TimelineEvent {
	ahead := make(map[place]bool, len(events)) // events that have not been put yet
	queues := make(map[string][]*journalv1.TimelineEvent)
	for _, e := range events {
		ahead[placeOf(e)] = true
		queues[e.GetService()] = append(queues[e.GetService()], e)
	}
	names := slices.Sorted(maps.Keys(queues))
	out := make([]*journalv1.TimelineEvent, 0, len(events))
	for len(out) < len(events) {
		next := pick(names, queues, ahead)
		delete(ahead, placeOf(next))
		queues[next.GetService()] = queues[next.GetService()][1:]
		out = append(out, next)
	}
	return out
}

// pick chooses among the heads of the queues: the earliest whose cause is not still to come, or the
// earliest of all where causes go round in a circle, which only a damaged journal could say.
func pick(names []string, queues map[string][]*journalv1.TimelineEvent, ahead map[place]bool) *journalv1.TimelineEvent {
	var free, whichever *journalv1.TimelineEvent
	earlier := func(a, b *journalv1.TimelineEvent) bool {
		return b == nil || a.GetRecordedAt().AsTime().Before(b.GetRecordedAt().AsTime())
	}
	for _, name := range names {
		if len(queues[name]) == 0 {
			continue
		}
		e := queues[name][0]
		if earlier(e, whichever) {
			whichever = e
		}
		c := e.GetCause()
		if (c == nil || !ahead[place{c.GetService(), c.GetEpoch(), c.GetSeq()}]) && earlier(e, free) {
			free = e
		}
	}
	if free != nil {
		return free
	}
	return whichever
}
