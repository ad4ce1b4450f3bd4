package department

import (
	"net/url"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
)

// before gives the transfer as long as the department may still prepare it; what is being accepted
// is only looked at.
func before(r *web.Request) (any, error) {
	p, err := transfer(r)
	if t, ok := p.(transferPage); ok && err == nil && (t.Stage == "accepting" || t.Stage == "accepted" || t.Stage == "announced") {
		return web.Redirect(t.Address), nil
	}
	return p, err
}

// preparing shows the files that retention has chosen, and asks in which form they come.
func preparing(r *web.Request) (any, error) { return before(r) }

func choose(r *web.Request) (web.Redirect, error) {
	d, t, err := prepared(r)
	if err != nil {
		return "", err
	}
	if r.Field("form") == "" {
		r.Wrong("form", "hand.need.form")
		return web.Stay, nil
	}
	_, err = d.intake.PrepareTransfer(r.Context(), &intakev1.PrepareTransferRequest{
		CommandId: r.Field("command"), TransferId: t.GetTransferId(), Form: r.Field("form"), BroughtOn: t.GetBroughtOn(),
	})
	return web.Done("/dept/transfers/"+url.PathEscape(t.GetTransferId()), "done.dept-files"), err
}

// prepared is the desk with the transfer that the address names.
func prepared(r *web.Request) (desk, *intakev1.Transfer, error) {
	d, err := open(r)
	if err != nil {
		return d, nil, err
	}
	res, err := d.intake.GetTransfer(r.Context(), &intakev1.GetTransferRequest{TransferId: r.PathValue("id"), Limit: 1})
	return d, res.GetTransfer(), err
}

type problemsPage struct {
	transferPage
	Returned []*intakev1.RowWork // rows that wait for the department
	More     bool
}

// problems lists what the archive returned: rows with their reasons, faults of the last package.
func problems(r *web.Request) (any, error) {
	found, err := before(r)
	t, ok := found.(transferPage)
	if err != nil || !ok {
		return found, err
	}
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	res, err := d.intake.ListRowWork(r.Context(), &intakev1.ListRowWorkRequest{TransferId: t.GetTransferId(), Limit: listed, Returned: true})
	return problemsPage{transferPage: t, Returned: res.GetRows(), More: res.GetMore()}, err
}

type datePage struct {
	transferPage
	Today string
	// Typed before, where the check page sent the reader back.
	On    string
	Boxes string
}

// dating asks for the day; it is booked on the check page.
func dating(r *web.Request) (any, error) {
	found, err := before(r)
	t, ok := found.(transferPage)
	if err != nil || !ok {
		return found, err
	}
	p := datePage{transferPage: t, Today: civil.Of(r.Now()).String(), On: r.URL.Query().Get("on"), Boxes: r.URL.Query().Get("boxes")}
	if p.On == "" {
		p.On = t.GetBroughtOn()
	}
	return p, nil
}

type checkPage struct {
	transferPage
	Draft handover.Draft
	// On and Boxes are to be booked; empty where nothing new is.
	On, Boxes string
	Undone    []task
}

// checking is the check page: the act as it will print, what is not done yet, and the day to be booked.
func checking(r *web.Request) (any, error) {
	found, err := before(r)
	t, ok := found.(transferPage)
	if err != nil || !ok {
		return found, err
	}
	p := checkPage{transferPage: t, Draft: handover.DraftOf(r, t.Transfer), On: r.FormValue("on"), Boxes: r.FormValue("boxes")}
	if p.On != "" && !coming(r, p.On) {
		r.Wrong("on", "dept.wrong.on")
	}
	for _, one := range t.Tasks {
		if one.State != "done" && one.State != "none" && (one.Key != "date" || p.On == "") {
			p.Undone = append(p.Undone, one)
		}
	}
	return p, nil
}

// coming tells whether a day is one on which somebody can still come.
func coming(r *web.Request, day string) bool {
	d, err := civil.Parse(day)
	return err == nil && !d.Before(civil.Of(r.Now()))
}

// book hands over: the day is booked, and the confirmation stands under an address of its own.
func book(r *web.Request) (web.Redirect, error) {
	d, t, err := prepared(r)
	if err != nil {
		return "", err
	}
	on := r.Field("on")
	if on == "" {
		on = t.GetBroughtOn()
	} else if !coming(r, on) {
		r.Wrong("on", "dept.wrong.on")
		return web.Stay, nil
	}
	if t.GetForm() == "" {
		r.Wrong("form", "hand.need.form")
		return web.Stay, nil
	}
	_, err = d.intake.PrepareTransfer(r.Context(), &intakev1.PrepareTransferRequest{
		CommandId: r.Field("command"), TransferId: t.GetTransferId(), Form: t.GetForm(), BroughtOn: on, Boxes: number(r.Field("boxes")),
	})
	return web.Done("/dept/transfers/"+url.PathEscape(t.GetTransferId())+"/receipt", "done.dept-booked"), err
}
