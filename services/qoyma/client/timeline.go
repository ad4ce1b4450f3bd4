package client

import (
	"context"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/journal/timeline"
	"github.com/qoyma/qoyma/services/standards/custody"
)

// JournalOf gives the journal of a service.
type JournalOf func(service string) (journalv1.JournalServiceClient, error)

// Timeline reads what all services' journals say of an object, in one order: an event never
// stands before the one that caused it, and otherwise the earlier recorded one comes first.
func Timeline(ctx context.Context, services []string, of JournalOf, ref journal.Ref) ([]*journalv1.TimelineEvent, error) {
	events, _, err := timeline.Gather(ctx, services, of.read, timeline.Plan{From: []journal.Ref{ref}})
	return events, err
}

func (of JournalOf) read(ctx context.Context, service string, ref journal.Ref, after uint64) (*journalv1.TimelineResponse, error) {
	c, err := of(service)
	if err != nil {
		return nil, err
	}
	return c.Timeline(ctx, &journalv1.TimelineRequest{Service: service, Ref: ref.Proto(), After: after})
}

// History reads the whole chain of an archival file by its number (custody.ID): the department's
// file and inventory, transfer, accession, catalogue, insurance copies with damages and repairs,
// the requests that rest on it and their papers. cut is true where more objects were related than
// one timeline takes. A file that the catalogue does not show to this reader has what its code
// alone leads to.
func History(ctx context.Context, services []string, of JournalOf, catalogue cataloguev1.CatalogueServiceClient, id string) (events []*journalv1.TimelineEvent, cut bool, err error) {
	plan := timeline.Plan{From: []journal.Ref{{Type: custody.Code, ID: id}, {Type: custody.Copy, ID: id}}, Single: custody.Single()}
	for _, l := range custody.Links() {
		plan.Links = append(plan.Links, timeline.Link(l))
	}
	res, err := catalogue.GetFile(ctx, &cataloguev1.GetFileRequest{Code: id})
	if err != nil && fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Denied {
		return nil, false, err
	}
	for _, ref := range []journal.Ref{
		{Type: custody.File, ID: res.GetFile().GetFile().GetFile().GetId()}, {Type: custody.Accession, ID: res.GetFile().GetAccessionNumber()},
	} {
		if ref.ID != "" {
			plan.From = append(plan.From, ref)
		}
	}
	return timeline.Gather(ctx, services, of.read, plan)
}
