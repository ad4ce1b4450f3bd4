package api

import (
	"context"
	"slices"
	"strconv"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	"github.com/qoyma/qoyma/services/catalogue/internal/index"
	cataloguestore "github.com/qoyma/qoyma/services/catalogue/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/store"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// kinds are the names of what can be found, by level; the empty one asks for all.
var kinds = []string{archcode.NoLevel: "", archcode.FondsLevel: "fonds", archcode.InventoryLevel: "inventory", archcode.FileLevel: "file"}

// Search implements CatalogueService.
func (s *Server) Search(ctx context.Context, req *cataloguev1.SearchRequest) (*cataloguev1.SearchResponse, error) {
	q, err := query(req)
	if err != nil {
		return nil, err
	}
	q.Scope = s.scope(ctx)
	found, behind, err := s.finder.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	res := &cataloguev1.SearchResponse{Total: uint64(max(found.Total, 0)), Relaxed: found.AnyWord, Behind: behind} //nolint:gosec // not negative
	if code, err := archcode.Parse(req.GetQuery()); err == nil {
		res.Code = code.Format(fault.Russian)
	}
	for _, c := range found.Fonds {
		res.Facets = append(res.Facets, facet("fonds", c.Value.Fonds.String(), c.Count))
	}
	for _, c := range found.Decades {
		res.Facets = append(res.Facets, facet("decade", strconv.Itoa(c.Value), c.Count))
	}
	for _, c := range found.Kinds {
		res.Facets = append(res.Facets, facet("kind", kinds[c.Value], c.Count))
	}
	err = s.store.View(func(v *store.View) error {
		for _, h := range found.Hits {
			hit, err := s.hit(v, h)
			if err != nil {
				return err
			}
			res.Hits = append(res.Hits, hit)
		}
		return nil
	})
	return res, err
}

// query reads a request.
func query(req *cataloguev1.SearchRequest) (index.Query, error) {
	kind := slices.Index(kinds, req.GetKind())
	if kind < 0 {
		return index.Query{}, badKind.With("kind", req.GetKind())
	}
	from, to := req.GetYearFrom(), req.GetYearTo()
	if from > 9999 || to > 9999 || (to != 0 && from > to) {
		return index.Query{}, badYears.With("from", from, "to", to)
	}
	q := index.Query{
		Words: req.GetQuery(), Kind: archcode.Level(kind), Years: index.Years{From: int(from), To: int(to)},
		Offset: int(min(req.GetOffset(), index.MaxWindow)), Limit: bounded(req.GetLimit(), 20, maxSearch),
	}
	if req.GetFonds() != "" {
		fonds, err := archcode.ParseFonds(req.GetFonds())
		if err != nil {
			return index.Query{}, err
		}
		q.Within.Fonds = fonds
	}
	return q, nil
}

func facet(name, value string, count int) *cataloguev1.Facet {
	return &cataloguev1.Facet{Name: name, Value: value, Count: uint64(max(count, 0))} //nolint:gosec // not negative
}

// hit shows a record that the index found in the reader's scope.
func (s *Server) hit(v *store.View, h index.Hit) (*cataloguev1.Hit, error) {
	code, err := archcode.ParseKey(h.Key)
	if err != nil {
		return nil, err
	}
	hit := &cataloguev1.Hit{Kind: kinds[code.Level()], Code: official(code), Exact: h.Exact}
	switch code.Level() {
	case archcode.FileLevel:
		row, err := cataloguestore.File(v, code)
		f := row.GetFile().GetFile()
		hit.Title, hit.DateFrom, hit.DateTo = f.GetTitle(), f.GetDateFrom(), f.GetDateTo()
		return hit, err
	case archcode.InventoryLevel:
		row, err := cataloguestore.Inventory(v, code)
		hit.Title, hit.DateFrom, hit.DateTo = row.GetTitle(), year(row.GetYearFrom()), year(row.GetYearTo())
		return hit, err
	default:
		row, err := cataloguestore.Fonds(v, code)
		hit.Title = row.GetName()
		return hit, err
	}
}

// year is an outer date of which only the year is known; empty for none.
func year(n uint32) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)
}
