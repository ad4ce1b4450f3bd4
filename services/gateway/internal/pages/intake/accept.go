package intake

import (
	"errors"
	"net/url"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
)

// choosable is how many rows one page lets an archivist choose from; a larger inventory is accepted
// without what is missing or returned.
const choosable = 400

type acceptPage struct {
	transferPage
	Draft handover.Draft
	// Trial is what intake would accept of it and what lacks before, of the rows that are ticked or of all.
	Trial *intakev1.TryAcceptanceResponse
	// Refused is why intake would accept nothing as it is asked, in the reader's language; there is no trial then.
	Refused string
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
	a := acceptPage{transferPage: p}
	if err := a.try(r); err != nil {
		return nil, err
	}
	a.Draft = handover.DraftOf(r, p.Transfer).Accepts(r, a.count(r))
	return a, nil
}

// try asks intake; what it refuses is said on the page, for there it is mended.
func (a *acceptPage) try(r *web.Request) error {
	c, err := intake(r)
	if err != nil {
		return err
	}
	a.Trial, err = c.TryAcceptance(r.Context(), &intakev1.TryAcceptanceRequest{TransferId: a.GetTransferId(), Positions: ticked(r)})
	if f := fault.Of(err); err != nil && (f.Kind == fault.Refused || f.Kind == fault.Invalid) {
		a.Trial, a.Refused, err = nil, r.Sentence(err), nil
	}
	return err
}

// count is how many are accepted as the page stands: the rows that are ticked, or where it has none to tick what intake says.
func (a *acceptPage) count(r *web.Request) (n uint32) {
	switch {
	case r.Field("choose") == "yes":
		return uint32(len(ticked(r)))
	case a.Next != "" || len(a.Rows) == 0:
		return a.Trial.GetAccepted()
	}
	for _, u := range a.Rows {
		if u.Acceptable() {
			n++
		}
	}
	return n
}

// ticked are the rows that were chosen; none where the page has not been sent, or offers no choice.
func ticked(r *web.Request) (positions []uint32) {
	if r.Field("choose") != "yes" {
		return nil
	}
	for _, v := range r.PostForm["position"] {
		if n := number(v); n > 0 {
			positions = append(positions, n)
		}
	}
	return positions
}

// accept takes the transfer in. What is ticked must be what the page counted in words: otherwise it is
// drawn again with the new count, and nothing is done yet.
func accept(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	q := &intakev1.AcceptTransferRequest{CommandId: r.Field("command"), TransferId: r.PathValue("id"), Positions: ticked(r)}
	if r.Field("choose") == "yes" {
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
