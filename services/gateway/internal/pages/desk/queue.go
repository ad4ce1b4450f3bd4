package desk

import (
	"net/url"
	"slices"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// row is a request in a list, with its term as a badge: a shape, words and a number.
type row struct {
	*referencev1.RequestSummary
	Class, Words string
	Mine         bool
	Worker       string // who has it; the number of the account where names may not be read
}

// soon is how many days before its last day a term counts as near.
const soon = 3

func newRow(r *web.Request, s *referencev1.RequestSummary) row {
	out := row{RequestSummary: s, Mine: s.GetAssignee() != "" && s.GetAssignee() == me(r)}
	days := s.GetDaysLeft()
	switch {
	case s.GetState() == "closed":
		out.Class, out.Words = "good", r.T("desk.outcome."+s.GetOutcome())
	case s.GetState() == "signed":
		out.Class, out.Words = "good", r.T("desk.badge.signed")
	case days < 0:
		out.Class, out.Words = "late", r.T("desk.badge.late", "n", -days)
	case days == 0:
		out.Class, out.Words = "soon", r.T("desk.badge.today")
	case days <= soon:
		out.Class, out.Words = "soon", r.T("desk.badge.left", "n", days)
	default:
		out.Words = r.T("desk.badge.left", "n", days)
	}
	return out
}

func rows(r *web.Request, list []*referencev1.RequestSummary) []row {
	out := make([]row, len(list))
	var colleagues []web.Option
	if len(list) > 0 && r.Person.Identity.Has(monitor.Head) {
		colleagues = accountsOf(r, monitor.Archivist, monitor.Head)
	}
	for i, s := range list {
		out[i] = newRow(r, s)
		out[i].Worker = workerOf(r, s.GetAssignee(), colleagues)
	}
	return out
}

// workerOf is who works on a request: the name for the head, who may read the accounts, for others the
// number; empty where nobody does.
func workerOf(r *web.Request, account string, colleagues []web.Option) string {
	if account == "" {
		return ""
	}
	for _, one := range colleagues {
		if one.Value == account {
			return one.Label
		}
	}
	return r.T("desk.account.n", "n", account)
}

// chip is a value of a filter: one click sets it, and one click on it takes it away.
type chip struct {
	Label, Address string
	On             bool
}

type filter struct {
	Name  string // of the message
	Chips []chip
}

type queuePage struct {
	Rows          []row
	Near          []row // due within days, or late, of this page
	Filters       []filter
	Show          string
	Open, Overdue uint32
	Today, Next   string
}

var (
	states  = []string{"registered", "assigned", "drafted", "submitted", "signed", "closed"}
	regimes = []string{"archival", "information", "petition"}
)

// queue lists requests, the least lawful time left first. An archivist begins with those of his
// own, the head with all.
func queue(r *web.Request) (any, error) {
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	usual := "mine"
	if r.Person.Identity.Has(monitor.Head) {
		usual = "all"
	}
	p := queuePage{Show: known(q.Get("show"), usual, "mine", "unassigned", "all")}
	state := known(q.Get("state"), "", states...)
	regime := known(q.Get("regime"), "", regimes...)
	p.Filters = []filter{
		choose(r, q, "show", "desk.show.", p.Show, "all", usual, "mine", "unassigned"),
		choose(r, q, "state", "desk.state.", state, "", "", states...),
		choose(r, q, "regime", "desk.regime.", regime, "", "", regimes...),
	}
	req := &referencev1.ListRequestsRequest{State: state, Regime: regime, Mine: p.Show == "mine", Missed: q.Get("missed") == "yes", After: q.Get("after")}
	if p.Show == "unassigned" && state == "" {
		req.State = "registered" // what nobody took yet
	}
	if req.GetMissed() {
		p.Filters = append(p.Filters, filter{"desk.filter.missed", []chip{{r.T("desk.missed"), with(q, "missed", ""), true}}})
	}
	res, err := c.ListRequests(r.Context(), req)
	if err != nil {
		return nil, err
	}
	list := res.GetRequests()
	if p.Show == "unassigned" {
		list = slices.DeleteFunc(slices.Clone(list), func(s *referencev1.RequestSummary) bool { return s.GetAssignee() != "" })
	}
	p.Rows = rows(r, list)
	p.Open, p.Overdue, p.Today = res.GetOpen(), res.GetOverdue(), res.GetToday()
	for _, one := range p.Rows {
		if one.Class == "late" || one.Class == "soon" {
			p.Near = append(p.Near, one)
		}
	}
	if res.GetNext() != "" {
		p.Next = with(q, "after", res.GetNext())
	}
	return p, nil
}

// choose makes the chips of a filter. off is the value that stands for all of them, usual the one
// that holds where the address says nothing.
func choose(r *web.Request, q url.Values, name, prefix, now, off, usual string, values ...string) filter {
	f := filter{Name: "desk.filter." + name}
	for _, value := range values {
		to := value
		if value == now {
			to = off
		}
		if to == usual {
			to = ""
		}
		f.Chips = append(f.Chips, chip{Label: r.T(prefix + value), On: value == now, Address: with(q, name, to)})
	}
	return f
}

// with is the queue with one condition set or taken away, from its first page.
func with(q url.Values, name, value string) string {
	out := url.Values{}
	for _, k := range []string{"show", "state", "regime", "missed"} {
		if v := q.Get(k); v != "" && k != name {
			out.Set(k, v)
		}
	}
	if value != "" {
		out.Set(name, value)
	}
	if len(out) == 0 {
		return "/desk"
	}
	return "/desk?" + out.Encode()
}

// known is a value of a closed list, or what holds otherwise.
func known(value, otherwise string, list ...string) string {
	if slices.Contains(list, value) {
		return value
	}
	return otherwise
}
