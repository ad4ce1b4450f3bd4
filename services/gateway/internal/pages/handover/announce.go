package handover

import (
	"net/url"
	"slices"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
)

type kindsPage struct {
	Kinds []*intakev1.TransferKind
	Staff bool
}

// open lists the kinds in force that the reader's side may announce.
func open(r *web.Request) ([]*intakev1.TransferKind, error) {
	c, err := intake(r)
	if err != nil {
		return nil, err
	}
	res, err := c.ListTransferKinds(r.Context(), &intakev1.ListTransferKindsRequest{})
	side := "department"
	if staff(r) {
		side = "archive"
	}
	return slices.DeleteFunc(res.GetKinds(), func(k *intakev1.TransferKind) bool { return !slices.Contains(k.GetAnnouncedBy(), side) }), err
}

func kinds(r *web.Request) (any, error) {
	list, err := open(r)
	return kindsPage{Kinds: list, Staff: staff(r)}, err
}

type announcePage struct {
	Kind *intakev1.TransferKind
	// Counted: no inventory comes, its units are counted (practice: undescribed receipts).
	Counted    bool
	Staff      bool
	Registered []web.Option // of whom it may come; empty where a new name is asked for
	Today      string
}

// Needs tells whether the kind must name a field.
func (p announcePage) Needs(field string) bool { return slices.Contains(p.Kind.GetNeeds(), field) }

func announcing(r *web.Request) (any, error) { return form(r) }

func form(r *web.Request) (announcePage, error) {
	p := announcePage{Staff: staff(r), Counted: r.URL.Query().Get("counted") != "", Today: civil.Of(r.Now()).String()}
	list, err := open(r)
	if err != nil {
		return p, err
	}
	at := slices.IndexFunc(list, func(k *intakev1.TransferKind) bool { return k.GetKind() == r.PathValue("kind") })
	if at < 0 {
		return p, web.NotFound.With()
	}
	p.Kind = list[at]
	p.Counted = p.Counted && p.Kind.GetCountable()
	if !p.Kind.GetOutside() && p.Staff {
		organisations, err := r.Organisations()
		if err != nil {
			return p, err
		}
		for _, o := range organisations {
			p.Registered = append(p.Registered, web.Option{Value: o.GetId(), Label: web.In(r.Lang, o.GetName())})
		}
	}
	return p, nil
}

// announce opens the transfer; what its kind must name is asked for by the field.
func announce(r *web.Request) (web.Redirect, error) {
	p, err := form(r)
	if err != nil {
		return "", err
	}
	q := &intakev1.AnnounceTransferRequest{
		CommandId: r.Field("command"), Kind: p.Kind.GetKind(), Form: r.Field("form"), Ground: groundOf(r, p),
	}
	if q.Organisation, err = ofWhom(r, p); err != nil {
		return "", err
	}
	if p.Needs("giver") {
		q.Giver = &intakev1.Giver{Name: r.Field("giver"), Address: r.Field("address"), Phone: r.Field("phone")}
		if q.GetGiver().GetName() == "" {
			r.Wrong("giver", "hand.need.giver")
		}
	}
	for _, need := range []string{"reason", "liquidated_on", "document", "document_date", "country", "holder", "agreement"} {
		if p.Needs(need) && r.Field(need) == "" {
			r.Wrong(need, "hand.need."+need)
		}
	}
	if p.Needs("protocol") && (r.Field("commission") == "" || r.Field("protocol") == "" || r.Field("protocol_date") == "") {
		r.Wrong("commission", "hand.need.protocol")
	}
	if q.GetForm() == "" {
		r.Wrong("form", "hand.need.form")
	}
	content(r, p, q)
	if !r.OK() {
		return web.Stay, nil
	}
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	res, err := c.AnnounceTransfer(r.Context(), q)
	if err != nil {
		return "", err
	}
	id := res.GetTransfer().GetTransferId()
	if p.Counted {
		return web.Done(Home(r, id), "done.hand.announced"), nil
	}
	return web.Done("/transfers/"+url.PathEscape(id)+"/inventory", "done.hand.announced"), nil
}

// groundOf reads what the kind asks for, and nothing else.
func groundOf(r *web.Request, p announcePage) *intakev1.TransferGround {
	asked := func(field string) string {
		if p.Needs(field) {
			return r.Field(field)
		}
		return ""
	}
	g := &intakev1.TransferGround{
		Reason: asked("reason"), LiquidatedOn: asked("liquidated_on"), Document: asked("document"), DocumentDate: asked("document_date"),
		Country: asked("country"), Agreement: asked("agreement"), Holder: asked("holder"),
	}
	if p.Needs("protocol") {
		g.Protocol = &recordv1.Protocol{Commission: r.Field("commission"), Number: r.Field("protocol"), Date: r.Field("protocol_date")}
	}
	return g
}

// ofWhom is whose documents come: the clerk's own department, one that is registered, or a new name.
func ofWhom(r *web.Request, p announcePage) (*recordv1.Organisation, error) {
	if p.Kind.GetOutside() {
		o := &recordv1.Organisation{Id: r.Field("code"), Name: Texts(r, "name")}
		if o.GetName().GetKk()+o.GetName().GetRu() == "" {
			r.Wrong("name_kk", "hand.need.name")
		}
		if o.GetId() == "" {
			r.Wrong("code", "hand.need.code")
		}
		return o, nil
	}
	wanted := r.Person.Identity.Organisation
	if p.Staff {
		wanted = r.Field("organisation")
	}
	o, err := r.Organisation(wanted)
	if err == nil && o == nil {
		r.Wrong("organisation", "hand.need.organisation")
	}
	return o, err
}

// content reads the inventory, or the count of what has none.
func content(r *web.Request, p announcePage, q *intakev1.AnnounceTransferRequest) {
	if p.Counted {
		q.Undescribed = &intakev1.Undescribed{Units: Number(r.Field("units")), Boxes: Number(r.Field("boxes")), Centimetres: Number(r.Field("centimetres"))}
		if q.GetUndescribed().GetUnits() == 0 {
			r.Wrong("units", "hand.need.units")
		}
		return
	}
	q.Inventory = InventoryOf(r)
}

// InventoryOf reads the head of an inventory: number, title, kind, years.
func InventoryOf(r *web.Request) *recordv1.Inventory {
	i := &recordv1.Inventory{
		Number: r.Field("number"), Title: Texts(r, "title"), Kind: r.Field("inventory_kind"), YearFrom: Number(r.Field("year_from")), YearTo: Number(r.Field("year_to")),
	}
	if i.GetYearTo() == 0 {
		i.YearTo = i.GetYearFrom()
	}
	if i.GetNumber() == "" {
		r.Wrong("number", "hand.need.number")
	}
	if i.GetTitle().GetKk()+i.GetTitle().GetRu() == "" {
		r.Wrong("title_kk", "hand.need.title")
	}
	if i.GetKind() == "" {
		r.Wrong("inventory_kind", "hand.need.inventory_kind")
	}
	if i.GetYearFrom() > i.GetYearTo() {
		r.Wrong("year_to", "hand.need.years")
	}
	return i
}
