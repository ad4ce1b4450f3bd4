package intake

import (
	"net/url"
	"strconv"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
)

// findings are what may be found of a unit on paper (practice: unit by unit against the inventory).
var findings = []string{"present", "missing", "damaged", "leaves_differ"}

type unitsPage struct {
	transferPage
	Findings []string
	After    uint32
	Before   string // the slice before
	First    uint32 // positions of this slice
	Last     uint32
	Today    string
}

// units is the grid in which paper is held against the inventory: a form for a slice of rows, so that
// a large inventory is worked through for days.
func units(r *web.Request) (any, error) {
	p, err := find(r, listed)
	if err != nil {
		return nil, err
	}
	if !p.Undecided() || p.GetUndescribed() != nil {
		return web.Redirect(p.Address), nil
	}
	u := unitsPage{transferPage: p, Findings: findings, After: number(r.URL.Query().Get("after")), Today: civil.Of(r.Now()).String()}
	if n := len(p.Rows); n > 0 {
		u.First, u.Last = p.Rows[0].GetPosition(), p.Rows[n-1].GetPosition()
	}
	if u.After > 0 {
		u.Before = r.URL.EscapedPath() + "?after=" + strconv.FormatUint(uint64(u.After-min(u.After, listed)), 10)
	}
	return u, nil
}

// check saves what was found. Each row is saved for itself: those that lack something are drawn again
// with what they lack, and the others stand.
func check(r *web.Request) (web.Redirect, error) {
	p, err := find(r, listed)
	if err != nil {
		return "", err
	}
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	q := &intakev1.CheckUnitsRequest{CommandId: r.Field("command"), TransferId: r.PathValue("id")}
	if r.Field("do") == "range" {
		present(r, p, q)
	} else {
		for _, u := range p.Rows {
			row(r, u, q)
		}
	}
	here := p.Address + "/units"
	if after := r.URL.Query().Get("after"); after != "" {
		here += "?after=" + url.QueryEscape(after)
	}
	if len(q.GetFindings()) == 0 {
		if r.OK() {
			r.Wrong("from", "intake.wrong.unchanged")
		}
		return web.Stay, nil
	}
	if _, err := c.CheckUnits(r.Context(), q); err != nil {
		return "", err
	}
	if !r.OK() {
		r.Say("intake.units.some", "n", len(q.GetFindings()))
		return web.Stay, nil
	}
	if r.Field("do") == "next" && p.Next != "" {
		here = p.Address + "/units" + p.Next[len(r.URL.EscapedPath()):]
	}
	return web.Done(here, "done.intake-checked"), nil
}

// present finds every row of a range present that nobody has checked yet.
func present(r *web.Request, p transferPage, q *intakev1.CheckUnitsRequest) {
	from, to := number(r.Field("from")), number(r.Field("to"))
	if from == 0 || to < from {
		r.Wrong("from", "intake.wrong.range")
		return
	}
	if n := len(p.Rows); n > 0 { // what the page does not show is not found present
		first, last := p.Rows[0].GetPosition(), p.Rows[n-1].GetPosition()
		if from < first || to > last && p.Next != "" {
			r.Wrong("to", "intake.wrong.range.page", "first", first, "last", last)
			return
		}
	}
	for _, u := range p.Rows {
		if n := u.GetPosition(); n >= from && n <= to && u.Work.GetFinding() == nil {
			q.Findings = append(q.Findings, &intakev1.UnitFinding{Position: n, Finding: "present"})
		}
	}
}

// row reads one row of the grid; what stands already as it is typed is left alone.
func row(r *web.Request, u unit, q *intakev1.CheckUnitsRequest) {
	n := strconv.FormatUint(uint64(u.GetPosition()), 10)
	f := &intakev1.UnitFinding{
		Position: u.GetPosition(), Finding: r.Field("f-" + n), Leaves: number(r.Field("l-" + n)), Note: r.Field("n-" + n),
	}
	who := &intakev1.Explainer{Position: u.GetPosition(), Name: r.Field("w-" + n), Post: r.Field("p-" + n)}
	if f.GetFinding() == "missing" {
		f.Explanation, f.ExplainedOn, f.Leaves = r.Field("x-"+n), r.Field("d-"+n), 0
	}
	stands := u.Work.GetFinding()
	if f.GetFinding() == "" || same(f, stands) && (f.GetFinding() != "missing" || proto.Equal(who, u.Work.GetExplainer())) {
		return
	}
	switch {
	case f.GetFinding() == "missing" && (f.GetExplanation() == "" || f.GetExplainedOn() == "" || who.GetName() == "" && stands.GetFinding() != "missing"):
		r.Wrong("x-"+n, "intake.wrong.explain", "n", n)
	case f.GetFinding() == "damaged" && f.GetNote() == "":
		r.Wrong("n-"+n, "intake.wrong.note", "n", n)
	case f.GetFinding() == "leaves_differ" && (f.GetLeaves() == 0 || f.GetLeaves() == u.GetLeaves()),
		f.GetFinding() == "present" && f.GetLeaves() != 0 && f.GetLeaves() != u.GetLeaves():
		r.Wrong("l-"+n, "intake.wrong.leaves", "n", n, "listed", u.GetLeaves())
	default:
		q.Findings = append(q.Findings, f)
		if f.GetFinding() == "missing" && who.GetName() != "" {
			q.Explainers = append(q.Explainers, who)
		}
	}
}

// same tells whether a finding says what stands already.
func same(f, stands *intakev1.UnitFinding) bool {
	return stands != nil && f.GetFinding() == stands.GetFinding() && f.GetLeaves() == stands.GetLeaves() && f.GetNote() == stands.GetNote() &&
		f.GetExplanation() == stands.GetExplanation() && f.GetExplainedOn() == stands.GetExplainedOn()
}
