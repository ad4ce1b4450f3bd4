package department

import (
	"net/url"
	"strconv"
	"time"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/standards/term"
)

type nomenclaturePage struct {
	Year    uint32
	Entries []*retentionv1.NomenclatureEntry
}

func (p nomenclaturePage) Before() uint32 { return p.Year - 1 }
func (p nomenclaturePage) After() uint32  { return p.Year + 1 }

func nomenclature(r *web.Request) (any, error) {
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	p := nomenclaturePage{Year: yearOf(r)}
	res, err := d.retention.ListNomenclature(r.Context(), &retentionv1.ListNomenclatureRequest{OrganisationId: d.organisation, Year: p.Year})
	p.Entries = res.GetEntries()
	return p, err
}

func addLine(r *web.Request) (web.Redirect, error) {
	d, err := open(r)
	if err != nil {
		return "", err
	}
	e := &retentionv1.NomenclatureEntry{
		OrganisationId: d.organisation, Year: yearOf(r), Index: r.Field("index"), Title: texts(r, "title"),
		Term: r.Field("term"), Article: r.Field("article"), Personnel: r.Field("personnel") == "yes",
	}
	if e.GetIndex() == "" {
		r.Wrong("index", "dept.wrong.index")
	}
	needsText(r, "title", e.GetTitle())
	if e.GetTerm() == "" {
		r.Wrong("term", "dept.wrong.term")
	}
	if !r.OK() {
		return "", nil
	}
	_, err = d.retention.AddNomenclatureEntry(r.Context(), &retentionv1.AddNomenclatureEntryRequest{CommandId: r.Field("command"), Entry: e})
	return web.Done("/dept/nomenclature?year="+strconv.FormatUint(uint64(e.GetYear()), 10), "done.dept-line"), err
}

// texts reads a text typed in Kazakh and in Russian.
func texts(r *web.Request, name string) *recordv1.Text {
	return &recordv1.Text{Kk: r.Field(name + "_kk"), Ru: r.Field(name + "_ru")}
}

func needsText(r *web.Request, name string, t *recordv1.Text) {
	if t.GetKk() == "" && t.GetRu() == "" {
		r.Wrong(name+"_kk", "dept.wrong.title")
	}
}

// states of a file, in the order of its life.
var states = []string{"open", "closed", "listed", "due", "transferred"}

type filesPage struct {
	State  string
	States []chip
	Files  []*retentionv1.DepartmentFile
	Next   string
}

type chip struct {
	State, Address string
	Current        bool
}

func listFiles(r *web.Request) (any, error) {
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	p := filesPage{State: q.Get("state")}
	for _, s := range append([]string{""}, states...) {
		c := chip{State: s, Address: "/dept/files", Current: s == p.State}
		if s != "" {
			c.Address += "?state=" + s
		}
		p.States = append(p.States, c)
	}
	res, err := d.retention.ListFiles(r.Context(), &retentionv1.ListFilesRequest{
		OrganisationId: d.organisation, State: p.State, After: q.Get("after"), Limit: listed,
	})
	if err != nil {
		return nil, err
	}
	p.Files = res.GetFiles()
	if n := len(p.Files); res.GetMore() && n > 0 {
		p.Next = "/dept/files?" + url.Values{"state": {p.State}, "after": {p.Files[n-1].GetFile().GetId()}}.Encode()
	}
	return p, nil
}

type newFilePage struct {
	Year  uint32
	Lines []web.Option
	Today string
	Index string
}

func newFile(r *web.Request) (any, error) {
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	p := newFilePage{Year: yearOf(r), Today: civil.Of(time.Now()).String(), Index: r.URL.Query().Get("index")}
	res, err := d.retention.ListNomenclature(r.Context(), &retentionv1.ListNomenclatureRequest{OrganisationId: d.organisation, Year: p.Year})
	if err != nil {
		return nil, err
	}
	for _, e := range res.GetEntries() {
		p.Lines = append(p.Lines, web.Option{Value: e.GetIndex(), Label: e.GetIndex() + " – " + web.In(r.Lang, e.GetTitle()) + " (" + term.Words(e.GetTerm(), r.Lang) + ")"})
	}
	return p, nil
}

func register(r *web.Request) (web.Redirect, error) {
	d, err := open(r)
	if err != nil {
		return "", err
	}
	q := &retentionv1.OpenFileRequest{
		CommandId: r.Field("command"), OrganisationId: d.organisation, Year: yearOf(r), Index: r.Field("index"),
		Title: texts(r, "title"), OpenedOn: r.Field("opened_on"), EspeciallyValuable: r.Field("valuable") == "yes",
	}
	if q.GetIndex() == "" {
		r.Wrong("index", "dept.wrong.line")
	}
	if q.GetOpenedOn() == "" {
		r.Wrong("opened_on", "dept.wrong.day")
	}
	if r.Field("personal") == "yes" {
		q.Label = &journalv1.Label{Level: 1, Grounds: []string{"personal"}}
	}
	if !r.OK() {
		return "", nil
	}
	_, err = d.retention.OpenFile(r.Context(), q)
	return web.Done("/dept/files?state=open", "done.dept-opened"), err
}

func closing(r *web.Request) (any, error) {
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	res, err := d.retention.GetFile(r.Context(), &retentionv1.GetFileRequest{FileId: r.PathValue("file")})
	return res.GetFile(), err
}

func closeFile(r *web.Request) (web.Redirect, error) {
	d, err := open(r)
	if err != nil {
		return "", err
	}
	if r.Field("closed_on") == "" {
		r.Wrong("closed_on", "dept.wrong.day")
	}
	leaves, err := strconv.ParseUint(r.Field("leaves"), 10, 31)
	if err != nil {
		r.Wrong("leaves", "dept.wrong.leaves")
	}
	if !r.OK() {
		return "", nil
	}
	_, err = d.retention.CloseFile(r.Context(), &retentionv1.CloseFileRequest{
		CommandId: r.Field("command"), FileId: r.PathValue("file"), ClosedOn: r.Field("closed_on"),
		DateFrom: r.Field("date_from"), DateTo: r.Field("date_to"), Leaves: uint32(leaves),
	})
	return web.Done("/dept/files?state=closed", "done.dept-closed"), err
}

type inventoryPage struct {
	*retentionv1.GetInventoryResponse
	Term web.Term
	Next string
}

func inventory(r *web.Request) (any, error) {
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	res, err := d.retention.GetInventory(r.Context(), &retentionv1.GetInventoryRequest{
		InventoryId: r.PathValue("id"), After: number(r.URL.Query().Get("after")), Limit: listed,
	})
	if err != nil {
		return nil, err
	}
	p := inventoryPage{GetInventoryResponse: res, Term: web.TermOf(res.GetDueOn(), res.GetSteps(), time.Now())}
	if n := len(res.GetFiles()); res.GetMore() && n > 0 {
		p.Next = r.URL.EscapedPath() + "?after=" + strconv.FormatUint(uint64(res.GetFiles()[n-1].GetPosition()), 10)
	}
	return p, nil
}
