package api

import (
	"context"

	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	platform "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/store"
)

// ListOrganisations implements RetentionService.
func (s *Server) ListOrganisations(_ context.Context, q *retentionv1.ListOrganisationsRequest) (*retentionv1.ListOrganisationsResponse, error) {
	res := new(retentionv1.ListOrganisationsResponse)
	err := s.store.View(func(v *platform.View) (err error) {
		res.Organisations, res.More, err = store.Organisations(v, q.GetAfter(), bounded(q.GetLimit()))
		return err
	})
	return res, err
}

// ListNomenclature implements RetentionService.
func (s *Server) ListNomenclature(_ context.Context, q *retentionv1.ListNomenclatureRequest) (*retentionv1.ListNomenclatureResponse, error) {
	res := new(retentionv1.ListNomenclatureResponse)
	err := s.store.View(func(v *platform.View) (err error) {
		res.Entries, err = store.Nomenclature(v, q.GetOrganisationId(), q.GetYear())
		return err
	})
	return res, err
}

// ListFiles implements RetentionService. Where many files in a row are not for the reader, it
// goes on in further short transactions until there is something to show, the list ends, or
// the caller's time does; the page is then shorter than asked for.
func (s *Server) ListFiles(ctx context.Context, q *retentionv1.ListFilesRequest) (*retentionv1.ListFilesResponse, error) {
	if q.GetState() != "" && !store.IsState(q.GetState()) {
		return nil, badState.With("state", clip(q.GetState()))
	}
	res := new(retentionv1.ListFilesResponse)
	limit, after, scope := bounded(q.GetLimit()), q.GetAfter(), clearance(ctx)
	for {
		var page store.Page
		if err := s.store.View(func(v *platform.View) (err error) {
			if _, err = store.Organisation(v, q.GetOrganisationId()); err != nil {
				return err
			}
			page, err = store.Files(v, q.GetOrganisationId(), q.GetState(), after, limit, scope)
			return err
		}); err != nil {
			return nil, err
		}
		for _, row := range page.Files {
			res.Files = append(res.Files, row.DepartmentFile)
		}
		after = page.Next
		res.More = page.More || after != ""
		if after == "" || len(res.GetFiles()) > 0 {
			return res, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// GetInventory implements RetentionService.
func (s *Server) GetInventory(ctx context.Context, q *retentionv1.GetInventoryRequest) (*retentionv1.GetInventoryResponse, error) {
	res := new(retentionv1.GetInventoryResponse)
	err := s.store.View(func(v *platform.View) error {
		d, err := store.Inventory(v, q.GetInventoryId())
		if err != nil {
			return err
		}
		res.OrganisationId, res.Inventory, res.DueOn = d.GetOrganisation().GetId(), d.GetInventory(), d.GetDueOn()
		res.Steps, res.TransferId = d.GetSteps(), d.GetTransferId()
		res.Files, res.More, err = store.InventoryRows(v, q.GetInventoryId(), q.GetAfter(), bounded(q.GetLimit()), clearance(ctx))
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// ListDue implements RetentionService.
func (s *Server) ListDue(_ context.Context, q *retentionv1.ListDueRequest) (*retentionv1.ListDueResponse, error) {
	if q.GetUntil() != "" {
		if _, err := civil.Parse(q.GetUntil()); err != nil {
			return nil, err
		}
	}
	res := new(retentionv1.ListDueResponse)
	err := s.store.View(func(v *platform.View) (err error) {
		if q.GetOrganisationId() != "" {
			if _, err := store.Organisation(v, q.GetOrganisationId()); err != nil {
				return err
			}
		}
		res.Transfers, err = store.Duties(v, q.GetOrganisationId(), q.GetUntil(), store.MaxPage)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// clip keeps a hostile text out of messages.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
