package api

import (
	"context"

	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	platform "github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/retention/internal/store"
)

// ListOrganisations implements RetentionService. A clerk's list is the one organisation.
func (s *Server) ListOrganisations(ctx context.Context, q *retentionv1.ListOrganisationsRequest) (*retentionv1.ListOrganisationsResponse, error) {
	res := new(retentionv1.ListOrganisationsResponse)
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	err = s.store.View(func(v *platform.View) (err error) {
		if only := scope.Only(); only != "" {
			if o, err := store.Organisation(v, only); err == nil && only > q.GetAfter() {
				res.Organisations = append(res.Organisations, o)
			}
			return nil
		}
		res.Organisations, res.More, err = store.Organisations(v, q.GetAfter(), bounded(q.GetLimit()))
		return err
	})
	return res, err
}

// GetOrganisation implements RetentionService. A clerk finds the one organisation, whatever else there is.
func (s *Server) GetOrganisation(ctx context.Context, q *retentionv1.GetOrganisationRequest) (*retentionv1.GetOrganisationResponse, error) {
	res := new(retentionv1.GetOrganisationResponse)
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	err = s.store.View(func(v *platform.View) (err error) {
		res.Organisation, err = store.Mine(v, q.GetOrganisationId(), scope)
		return err
	})
	return res, err
}

// ListNomenclature implements RetentionService.
func (s *Server) ListNomenclature(ctx context.Context, q *retentionv1.ListNomenclatureRequest) (*retentionv1.ListNomenclatureResponse, error) {
	res := new(retentionv1.ListNomenclatureResponse)
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	err = s.store.View(func(v *platform.View) (err error) {
		res.Entries, err = store.Nomenclature(v, q.GetOrganisationId(), q.GetYear(), scope)
		return err
	})
	return res, err
}

// ListFiles implements RetentionService. Where many files in a row are not for the reader, it
// goes on in further short transactions until there is something to show, the list ends, or
// the caller's time does; the page is then shorter than asked for.
func (s *Server) ListFiles(ctx context.Context, q *retentionv1.ListFilesRequest) (*retentionv1.ListFilesResponse, error) {
	if q.GetState() != "" && !store.IsState(q.GetState()) {
		return nil, badState.With("state", clip.Value(q.GetState()))
	}
	res := new(retentionv1.ListFilesResponse)
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	limit, after := bounded(q.GetLimit()), q.GetAfter()
	for {
		var page store.Page
		if err := s.store.View(func(v *platform.View) (err error) {
			if _, err = store.Mine(v, q.GetOrganisationId(), scope); err != nil {
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

// RecogniseFiles implements RetentionService. It looks at every file of the organisation that the reader may see, in short transactions.
func (s *Server) RecogniseFiles(ctx context.Context, q *retentionv1.RecogniseFilesRequest) (*retentionv1.RecogniseFilesResponse, error) {
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	if n := len(q.GetRows()); n > store.MaxPage {
		return nil, tooManyRows.With("count", n, "most", store.MaxPage)
	}
	known, err := store.Recognise(q.GetRows())
	if err != nil {
		return nil, err
	}
	for after, more := "", true; more; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.store.View(func(v *platform.View) (err error) {
			if _, err = store.Mine(v, q.GetOrganisationId(), scope); err == nil {
				after, more, err = store.See(v, known, q.GetOrganisationId(), after, scope)
			}
			return err
		}); err != nil {
			return nil, err
		}
	}
	res := new(retentionv1.RecogniseFilesResponse)
	for _, id := range known.Files() {
		res.FileIds = append(res.FileIds, string(id))
	}
	return res, nil
}

// GetInventory implements RetentionService.
func (s *Server) GetInventory(ctx context.Context, q *retentionv1.GetInventoryRequest) (*retentionv1.GetInventoryResponse, error) {
	res := new(retentionv1.GetInventoryResponse)
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	err = s.store.View(func(v *platform.View) error {
		d, err := store.MyInventory(v, q.GetInventoryId(), scope)
		if err != nil {
			return err
		}
		res.OrganisationId, res.Inventory, res.DueOn = d.GetOrganisation().GetId(), d.GetInventory(), d.GetDueOn()
		res.Steps, res.TransferId = d.GetSteps(), d.GetTransferId()
		res.Files, res.More, err = store.InventoryRows(v, q.GetInventoryId(), q.GetAfter(), bounded(q.GetLimit()), scope)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// ListDue implements RetentionService. All organisations are a clerk's one.
func (s *Server) ListDue(ctx context.Context, q *retentionv1.ListDueRequest) (*retentionv1.ListDueResponse, error) {
	if q.GetUntil() != "" {
		if _, err := civil.Parse(q.GetUntil()); err != nil {
			return nil, err
		}
	}
	res := new(retentionv1.ListDueResponse)
	scope, err := readerOf(ctx)
	if err != nil {
		return nil, err
	}
	err = s.store.View(func(v *platform.View) (err error) {
		organisation := q.GetOrganisationId()
		if organisation == "" {
			organisation = scope.Only()
		}
		if organisation != "" {
			if _, err := store.Mine(v, organisation, scope); err != nil {
				return err
			}
		}
		res.Transfers, err = store.Duties(v, organisation, q.GetUntil(), store.MaxPage)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}
