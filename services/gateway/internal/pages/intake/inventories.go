package intake

import (
	"net/url"
	"strconv"
	"time"

	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
)

type organisationsPage struct {
	Organisations []*recordv1.Organisation
	Next          string
}

func organisations(r *web.Request) (any, error) { return listOrganisations(r, "/organisations") }

func commissionOrganisations(r *web.Request) (any, error) { return listOrganisations(r, "/commission") }

func listOrganisations(r *web.Request, address string) (any, error) {
	c, err := retention(r)
	if err != nil {
		return nil, err
	}
	res, err := c.ListOrganisations(r.Context(), &retentionv1.ListOrganisationsRequest{After: r.URL.Query().Get("after"), Limit: listed})
	if err != nil {
		return nil, err
	}
	p := organisationsPage{Organisations: res.GetOrganisations()}
	if n := len(p.Organisations); res.GetMore() && n > 0 {
		p.Next = address + "?after=" + url.QueryEscape(p.Organisations[n-1].GetId())
	}
	return p, nil
}

// texts reads a text typed in the three languages.
func texts(r *web.Request, name string) *recordv1.Text {
	return &recordv1.Text{Kk: r.Field(name + "_kk"), Ru: r.Field(name + "_ru"), En: r.Field(name + "_en")}
}

func register(r *web.Request) (web.Redirect, error) {
	c, err := retention(r)
	if err != nil {
		return "", err
	}
	o := &recordv1.Organisation{Id: r.Field("id"), Name: texts(r, "name"), Level: r.Field("level")}
	if o.GetId() == "" {
		r.Wrong("id", "intake.wrong.id")
	}
	if o.GetName().GetKk() == "" && o.GetName().GetRu() == "" {
		r.Wrong("name_kk", "intake.wrong.name")
	}
	if o.GetLevel() == "" {
		r.Wrong("level", "intake.wrong.level")
	}
	if !r.OK() {
		return "", nil
	}
	_, err = c.RegisterOrganisation(r.Context(), &retentionv1.RegisterOrganisationRequest{CommandId: r.Field("command"), Organisation: o})
	return web.Done("/organisations", "done.intake-registered"), err
}

type approvePage struct {
	Organisation *recordv1.Organisation
	Files        []*retentionv1.DepartmentFile // closed, in no inventory yet
	More         bool
	Today        string
}

// mostClosed is how many closed files the page offers at once.
const mostClosed = 400

func approving(r *web.Request) (any, error) {
	c, err := retention(r)
	if err != nil {
		return nil, err
	}
	id := r.PathValue("organisation")
	p := approvePage{Today: civil.Of(time.Now()).String()}
	if p.Organisation, err = organisationOf(r, id); err != nil {
		return nil, err
	}
	res, err := c.ListFiles(r.Context(), &retentionv1.ListFilesRequest{OrganisationId: id, State: "closed", Limit: mostClosed})
	p.Files, p.More = res.GetFiles(), res.GetMore()
	return p, err
}

// organisationOf finds an organisation; one that is not listed has its code alone.
func organisationOf(r *web.Request, id string) (*recordv1.Organisation, error) {
	o, err := r.Organisation(id)
	if o == nil {
		o = &recordv1.Organisation{Id: id}
	}
	return o, err
}

func approve(r *web.Request) (web.Redirect, error) {
	c, err := retention(r)
	if err != nil {
		return "", err
	}
	q := &retentionv1.ApproveInventoryRequest{
		CommandId: r.Field("command"), OrganisationId: r.PathValue("organisation"), Number: r.Field("number"), Kind: r.Field("kind"),
		Title: texts(r, "title"), FileIds: r.PostForm["file"],
	}
	if len(q.GetFileIds()) == 0 {
		r.Wrong("file", "intake.wrong.files")
	}
	for _, f := range []struct{ field, value, key string }{
		{"kind", q.GetKind(), "intake.wrong.kind"},
		{"number", q.GetNumber(), "intake.wrong.number"},
		{"title_kk", q.GetTitle().GetKk() + q.GetTitle().GetRu(), "intake.wrong.title"},
	} {
		if f.value == "" {
			r.Wrong(f.field, f.key)
		}
	}
	q.Approval = protocolOf(r)
	if !r.OK() {
		return "", nil
	}
	res, err := c.ApproveInventory(r.Context(), q)
	return web.Done("/commission/approved/"+res.GetInventory().GetId(), "done.intake-approved"), err
}

type approvedPage struct {
	*retentionv1.GetInventoryResponse
	Organisation *recordv1.Organisation
	Term         web.Term
	Next         string
}

func approved(r *web.Request) (any, error) {
	c, err := retention(r)
	if err != nil {
		return nil, err
	}
	res, err := c.GetInventory(r.Context(), &retentionv1.GetInventoryRequest{InventoryId: r.PathValue("id"), After: number(r.URL.Query().Get("after")), Limit: listed})
	if err != nil {
		return nil, err
	}
	p := approvedPage{GetInventoryResponse: res, Term: web.TermOf(res.GetDueOn(), res.GetSteps(), time.Now())}
	if n := len(res.GetFiles()); res.GetMore() && n > 0 {
		p.Next = r.URL.EscapedPath() + "?after=" + strconv.FormatUint(uint64(res.GetFiles()[n-1].GetPosition()), 10)
	}
	p.Organisation, err = organisationOf(r, res.GetOrganisationId())
	return p, err
}
