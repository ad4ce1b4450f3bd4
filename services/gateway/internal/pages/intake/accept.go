package intake

import (
	"errors"
	"net/url"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
)

// choosable is how many rows one page lets an archivist choose from; a larger inventory is accepted
// without what is missing or returned.
const choosable = 400

type acceptPage struct {
	transferPage
	Draft handover.Draft
	// Missing and Returned are how many rows stay out for that reason.
	Missing, Returned uint32
	// Unchecked are the rows that lack a finding without which they cannot be accepted; of a large inventory only where no
	// files came, for the rest intake says how many.
	Unchecked int
	// Unfiled is the first row of what comes as files only for which none came; 0 where nothing lacks. Of a large inventory
	// it is taken from the warnings of the package.
	Unfiled uint32
	// Uncounted: it comes without an inventory, and nobody has counted at the door what came.
	Uncounted bool
}

// accepting is the check page: the facts of the act as it will print, with "accepted N of M" in words
// before anything is done.
func accepting(r *web.Request) (any, error) {
	p, err := find(r, choosable)
	if err != nil {
		return p, err
	}
	if p.GetState() == "accepted" {
		return web.Redirect("/accessions/" + url.PathEscape(p.GetAccessionNumber())), nil
	}
	a := acceptPage{transferPage: p, Draft: handover.DraftOf(r, p.Transfer)}
	n := a.Counted
	if p.GetUndescribed() == nil {
		if n, err = a.count(r); err != nil {
			return nil, err
		}
	}
	a.Uncounted = p.GetUndescribed() != nil && n == 0
	a.Draft = a.Draft.Accepts(r, n)
	return a, nil
}

// count is how many rows are accepted as the page stands: those that are ticked, or all that are
// neither missing nor returned.
func (a *acceptPage) count(r *web.Request) (n uint32, err error) {
	if a.Next != "" {
		return a.countAll(r)
	}
	for _, u := range a.Rows {
		a.note(u.Work)
		switch {
		case u.Acceptable():
			n++
			if u.Content == nil && u.Work.GetFinding() == nil {
				a.Unchecked++
			}
		case !a.TakesPaper && u.Content == nil && !settled(u.Work):
			a.unfiled(u.GetPosition())
		}
	}
	if r.Field("choose") == "yes" {
		return uint32(len(r.PostForm["position"])), nil
	}
	return n, nil
}

// settled tells whether a row stays out whatever came for it.
func settled(w *intakev1.RowWork) bool {
	return w.GetFinding().GetFinding() == "missing" || w.GetReturnState() == "returned"
}

func (a *acceptPage) unfiled(position uint32) {
	if a.Unfiled == 0 {
		a.Unfiled = position
	}
}

func (a *acceptPage) note(w *intakev1.RowWork) {
	switch {
	case w.GetFinding().GetFinding() == "missing":
		a.Missing++
	case w.GetReturnState() == "returned":
		a.Returned++
	}
}

// countAll goes through the rows of a large inventory, of which all that are neither missing nor returned are accepted.
func (a *acceptPage) countAll(r *web.Request) (uint32, error) {
	c, err := intake(r)
	if err != nil {
		return 0, err
	}
	lacking := a.lacking()
	for after, more := uint32(0), true; more; {
		res, err := c.ListRowWork(r.Context(), &intakev1.ListRowWorkRequest{TransferId: a.GetTransferId(), After: after, Limit: 500})
		if err != nil {
			return 0, err
		}
		for _, w := range res.GetRows() {
			a.note(w)
			after = w.GetFile().GetPosition()
			switch {
			case settled(w):
			case !a.TakesPaper:
				if a.GetPackageId() == "" || lacking[after] {
					a.unfiled(after)
				}
			case a.GetPackageId() == "" && w.GetFinding() == nil:
				a.Unchecked++
			}
		}
		more = res.GetMore() && len(res.GetRows()) > 0
	}
	return a.Listed - a.Missing - a.Returned, nil
}

// lacking are the rows of which the package that stands was warned that no files came for them, as many as are listed.
func (a *acceptPage) lacking() map[uint32]bool {
	list := make(map[uint32]bool)
	for _, w := range a.GetWarnings() {
		if w.GetCode() == onPaper {
			list[number(w.GetWhere())] = true
		}
	}
	return list
}

// accept takes the transfer in. What is ticked must be what the page counted in words: otherwise it is
// drawn again with the new count, and nothing is done yet.
func accept(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	q := &intakev1.AcceptTransferRequest{CommandId: r.Field("command"), TransferId: r.PathValue("id")}
	if r.Field("choose") == "yes" {
		for _, v := range r.PostForm["position"] {
			if n := number(v); n > 0 {
				q.Positions = append(q.Positions, n)
			}
		}
		if len(q.GetPositions()) == 0 {
			r.Wrong("position", "intake.wrong.nothing")
			return web.Stay, nil
		}
		if number(r.Field("counted")) != uint32(len(q.GetPositions())) {
			r.Say("intake.accept.recounted")
			return web.Stay, nil
		}
	}
	res, err := c.AcceptTransfer(r.Context(), q)
	if errors.Is(err, wire.DeadlineExceeded) { // it goes on: a large transfer takes longer than a call may
		return web.Done("/intake/"+url.PathEscape(q.GetTransferId()), "done.intake-accepting"), nil
	}
	return web.Done("/accessions/"+url.PathEscape(res.GetAccession().GetAccessionNumber()), "done.intake-accepted"), err
}
