// Package public is what needs no account: search, fonds, inventories, files.
package public

import (
	"embed"
	"net/url"
	"strconv"
	"strings"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

//go:embed templates texts.json
var files embed.FS

// Add adds the pages to a site.
func Add(s *web.Site) error {
	if err := s.Area(files); err != nil {
		return err
	}
	s.Nav("/", "nav.search", nil)
	s.Nav("/fonds", "nav.fonds", nil)
	s.Page("/search", "search", nil, search)
	s.Page("/fonds", "fonds", nil, fonds)
	s.Page("/fonds/{fonds}", "onefonds", nil, oneFonds)
	s.Page("/fonds/{fonds}/{inventory}", "inventory", nil, inventory)
	s.Page("/u/{code...}", "file", nil, file)
	return nil
}

func catalogue(r *web.Request) (cataloguev1.CatalogueServiceClient, error) {
	conn, err := r.Conn("catalogue")
	if err != nil {
		return nil, err
	}
	return cataloguev1.NewCatalogueServiceClient(conn), nil
}

// perPage is how many hits or files a page lists.
const perPage = 20

// listed is how many rows a list of an inventory shows at once; never more than 400 (ux).
const listed = 100

// chip is a condition that one click removes, or a facet value that one click adds.
type chip struct {
	Name, Value, Address string
	Count                uint64
}

type facet struct {
	Name  string
	Chips []chip
}

type searchPage struct {
	Result         *cataloguev1.SearchResponse
	Conditions     []chip
	Facets         []facet
	From, To       uint64
	Previous, Next string
}

func search(r *web.Request) (any, error) {
	q := r.URL.Query()
	query := strings.TrimSpace(q.Get("q"))
	if query == "" && q.Get("fonds") == "" && q.Get("kind") == "" && q.Get("decade") == "" {
		return web.Redirect("/"), nil
	}
	c, err := catalogue(r)
	if err != nil {
		return nil, err
	}
	offset := number(q.Get("from"))
	decade := number(q.Get("decade"))
	req := &cataloguev1.SearchRequest{Query: query, Fonds: q.Get("fonds"), Kind: q.Get("kind"), Offset: offset, Limit: perPage}
	if decade > 0 {
		req.YearFrom, req.YearTo = decade, decade+9
	}
	res, err := c.Search(r.Context(), req)
	if err != nil {
		return nil, err
	}
	p := searchPage{Result: res, From: uint64(offset) + 1, To: uint64(offset) + uint64(len(res.GetHits()))}
	for _, name := range []string{"fonds", "decade", "kind"} {
		if value := q.Get(name); value != "" {
			p.Conditions = append(p.Conditions, chip{Name: name, Value: value, Address: address(q, name, "")})
			continue
		}
		f := facet{Name: name}
		for _, one := range res.GetFacets() {
			if one.GetName() == name && one.GetCount() > 0 && one.GetCount() < res.GetTotal() {
				f.Chips = append(f.Chips, chip{Name: name, Value: one.GetValue(), Count: one.GetCount(), Address: address(q, name, one.GetValue())})
			}
		}
		if len(f.Chips) > 0 {
			p.Facets = append(p.Facets, f)
		}
	}
	if offset > 0 {
		p.Previous = address(q, "from", strconv.FormatUint(uint64(offset)-min(uint64(offset), perPage), 10))
	}
	if p.To < res.GetTotal() {
		p.Next = address(q, "from", strconv.FormatUint(p.To, 10))
	}
	return p, nil
}

// address is this search with one value set, or taken away; a new condition begins at the
// first page.
func address(q url.Values, name, value string) string {
	out := url.Values{}
	for k, v := range q {
		if k != "lang" && k != "from" && k != name {
			out[k] = v
		}
	}
	if value != "" && value != "0" {
		out.Set(name, value)
	}
	return "/search?" + out.Encode()
}

// number reads a whole number from an address; what is none counts as 0.
func number(s string) uint32 {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

type fondsPage struct {
	Fonds []*cataloguev1.Fonds
	Next  string
}

func fonds(r *web.Request) (any, error) {
	c, err := catalogue(r)
	if err != nil {
		return nil, err
	}
	res, err := c.ListFonds(r.Context(), &cataloguev1.ListFondsRequest{After: r.URL.Query().Get("after"), Limit: listed})
	if err != nil {
		return nil, err
	}
	p := fondsPage{Fonds: res.GetFonds()}
	if n := len(p.Fonds); res.GetMore() && n > 0 {
		p.Next = "/fonds?after=" + url.QueryEscape(p.Fonds[n-1].GetNumber())
	}
	return p, nil
}

func oneFonds(r *web.Request) (any, error) {
	c, err := catalogue(r)
	if err != nil {
		return nil, err
	}
	return c.GetFonds(r.Context(), &cataloguev1.GetFondsRequest{Number: r.PathValue("fonds")})
}

type inventoryPage struct {
	*cataloguev1.ListFilesResponse
	Fonds *cataloguev1.Fonds
	Next  string
}

func inventory(r *web.Request) (any, error) {
	c, err := catalogue(r)
	if err != nil {
		return nil, err
	}
	fonds, err := c.GetFonds(r.Context(), &cataloguev1.GetFondsRequest{Number: r.PathValue("fonds")})
	if err != nil {
		return nil, err
	}
	res, err := c.ListFiles(r.Context(), &cataloguev1.ListFilesRequest{
		Fonds: r.PathValue("fonds"), Inventory: r.PathValue("inventory"), After: r.URL.Query().Get("after"), Limit: listed,
	})
	if err != nil {
		return nil, err
	}
	p := inventoryPage{ListFilesResponse: res, Fonds: fonds.GetFonds()}
	if n := len(res.GetFiles()); res.GetMore() && n > 0 {
		p.Next = r.URL.EscapedPath() + "?after=" + url.QueryEscape(res.GetFiles()[n-1].GetFile().GetNumber())
	}
	return p, nil
}

type filePage struct {
	*cataloguev1.GetFileResponse
	Around []*cataloguev1.File
}

// around is how many files are shown beside the one that is read.
const around = 10

func file(r *web.Request) (any, error) {
	c, err := catalogue(r)
	if err != nil {
		return nil, err
	}
	res, err := c.GetFile(r.Context(), &cataloguev1.GetFileRequest{Code: r.PathValue("code")})
	if err != nil {
		return nil, err
	}
	p := filePage{GetFileResponse: res}
	list, err := c.ListFiles(r.Context(), &cataloguev1.ListFilesRequest{
		Fonds: res.GetFile().GetFonds(), Inventory: res.GetFile().GetInventory(),
		After: before(res.GetFile().GetFile().GetNumber()), Limit: around,
	})
	if err != nil {
		return nil, err
	}
	p.Around = list.GetFiles()
	return p, nil
}

// before is the number from which the neighbours of a file are listed.
func before(fileNumber string) string {
	digits := strings.TrimRightFunc(fileNumber, func(r rune) bool { return r < '0' || r > '9' })
	n := number(digits)
	if n <= around/2 {
		return ""
	}
	return strconv.FormatUint(uint64(n)-around/2, 10)
}
