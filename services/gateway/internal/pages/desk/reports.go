package desk

import (
	"slices"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

// share is a line of a report: how many of how many.
type share struct {
	Key, Label    string
	Count, Missed int
	Percent       int
}

type reportsPage struct {
	Today          string
	Open, Overdue  uint32
	Closed, OnTime int
	Percent        int // on time, of the closed
	Ages, Topics   []share
	Outcomes       []share
	Missed         []row // open ones that missed their term
	Cut            bool  // there are more than were counted
	Counted        int
}

// bound is how many pages of the list a report reads: 1,000 requests.
const bound = 10

// reports counts requests for the head: what is open by its time, what was closed on time, by topic.
func reports(r *web.Request) (any, error) {
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	p := reportsPage{}
	open, cut, err := all(r, c, "", &p)
	if err != nil {
		return nil, err
	}
	closed, cutClosed, err := all(r, c, "closed", nil)
	if err != nil {
		return nil, err
	}
	p.Cut = cut || cutClosed
	p.Counted = len(open) + len(closed)
	ages := []string{"late", "today", "soon", "week", "later"}
	byAge, byTopic, byOutcome := map[string]int{}, map[string]*share{}, map[string]int{}
	for _, s := range slices.Concat(open, closed) {
		t := byTopic[s.GetTopic()]
		if t == nil {
			t = &share{}
			byTopic[s.GetTopic()] = t
		}
		t.Count++
		if s.GetMissed() {
			t.Missed++
		}
	}
	for _, s := range open {
		if s.GetState() != "signed" {
			byAge[age(s.GetDaysLeft())]++
		}
		if s.GetMissed() {
			p.Missed = append(p.Missed, newRow(r, s))
		}
	}
	for _, s := range closed {
		byOutcome[s.GetOutcome()]++
		if !s.GetMissed() {
			p.OnTime++
		}
	}
	p.Closed = len(closed)
	if p.Closed > 0 {
		p.Percent = p.OnTime * 100 / p.Closed
	}
	for _, a := range ages {
		p.Ages = append(p.Ages, share{Key: a, Label: r.T("desk.age." + a), Count: byAge[a]})
	}
	for _, t := range topics {
		if s := byTopic[t]; s != nil {
			s.Key, s.Label = t, r.T("desk.topic."+t)
			p.Topics = append(p.Topics, *s)
		}
	}
	for _, o := range outcomes {
		if n := byOutcome[o]; n > 0 {
			p.Outcomes = append(p.Outcomes, share{Key: o, Label: r.T("desk.outcome." + o), Count: n})
		}
	}
	return p, nil
}

var topics = []string{"work_record", "pay", "award", "repression", "land", "other"}

var outcomes = []string{"answered", "negative", "refused", "forwarded", "published", "withdrawn"}

func age(days int32) string {
	switch {
	case days < 0:
		return "late"
	case days == 0:
		return "today"
	case days <= soon:
		return "soon"
	case days <= 7:
		return "week"
	}
	return "later"
}

// all reads requests page by page, up to the bound.
func all(r *web.Request, c referencev1.ReferenceServiceClient, state string, head *reportsPage) (list []*referencev1.RequestSummary, cut bool, err error) {
	req := &referencev1.ListRequestsRequest{State: state}
	for range bound {
		res, err := c.ListRequests(r.Context(), req)
		if err != nil {
			return nil, false, err
		}
		if head != nil {
			head.Open, head.Overdue, head.Today = res.GetOpen(), res.GetOverdue(), res.GetToday()
		}
		list = append(list, res.GetRequests()...)
		if req.After = res.GetNext(); req.GetAfter() == "" {
			return list, false, nil
		}
	}
	return list, true, nil
}
