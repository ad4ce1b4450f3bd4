package client

import (
	"context"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
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

// Keepers are the services that know under which names a file goes.
type Keepers struct {
	Catalogue cataloguev1.CatalogueServiceClient
	Retention retentionv1.RetentionServiceClient // not asked about a custody.Code
}

// History reads the whole chain of a file, asked for by its archival number (custody.Code,
// custody.ID) or by its department's (custody.File): the department's file and inventory, transfer,
// accession, catalogue, insurance copies with damages and repairs, the requests that rest on it and
// their papers. cut is true where more objects were related than one timeline takes. A file that the
// catalogue does not show to this reader has what that name alone leads to.
func History(ctx context.Context, services []string, of JournalOf, k Keepers, file journal.Ref) (events []*journalv1.TimelineEvent, cut bool, err error) {
	names, err := k.names(ctx, file)
	if err != nil {
		return nil, false, err
	}
	plan := timeline.Plan{Single: custody.Single()}
	for _, o := range names.Begin() {
		plan.From = append(plan.From, journal.Ref(o))
	}
	for _, l := range custody.Links() {
		plan.Links = append(plan.Links, timeline.Link(l))
	}
	return timeline.Gather(ctx, services, of.read, plan)
}

// names asks the catalogue, and for a file that it does not have the department's register.
func (k Keepers) names(ctx context.Context, file journal.Ref) (n custody.Names, err error) {
	if file.Type == custody.Code {
		n.Code = file.ID
	} else {
		n.File = file.ID
	}
	res, err := k.Catalogue.GetFile(ctx, &cataloguev1.GetFileRequest{Code: n.Code, Record: n.File})
	if err == nil {
		f := res.GetFile()
		n.File, n.Accession = f.GetFile().GetFile().GetId(), f.GetAccessionNumber()
		n.Code, _ = custody.ID(f.GetFonds() + "/" + f.GetInventory() + "/" + f.GetFile().GetNumber())
		return n, nil
	}
	if hidden(err) && n.File != "" {
		var own *retentionv1.GetFileResponse
		own, err = k.Retention.GetFile(ctx, &retentionv1.GetFileRequest{FileId: n.File})
		n.Inventory = own.GetFile().GetInventoryId()
	}
	if hidden(err) {
		err = nil
	}
	return n, err
}

// hidden says that a thing is not there, or not for this reader.
func hidden(err error) bool {
	return err != nil && (fault.KindOf(err) == fault.NotFound || fault.KindOf(err) == fault.Denied)
}
