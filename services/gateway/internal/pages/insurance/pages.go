// Package insurance shows the insurance fund: copies kept apart from the originals, where they stand,
// how they were checked and what was restored (AR-4).
package insurance

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

//go:embed templates texts.json
var files embed.FS

// Who may open what; the service decides once more what each of them may do.
var (
	readers       = web.Allow{monitor.Archivist, monitor.Head, monitor.Auditor}
	lookers       = web.Allow{monitor.Archivist, monitor.Head, monitor.Auditor, monitor.Administrator}
	keepers       = web.Allow{monitor.Archivist}
	administrator = web.Allow{monitor.Administrator}
)

// Add adds the pages to a site.
func Add(s *web.Site) error {
	if err := s.Area(files); err != nil {
		return err
	}
	s.Nav("/insurance", "insurance.nav", lookers)
	p := pages{tick: time.Second}
	s.Page("/insurance", "insurance", lookers, fund)
	s.Act("/insurance/scrubs", keepers, startScrub)
	s.Act("/insurance/order", keepers, order)
	s.Act("/insurance/period", administrator, setPeriod)
	s.Page("/insurance/register", "insuranceregister", readers, register)
	s.Page("/insurance/scrubs/{scrub}", "insurancescrub", lookers, scrub)
	s.Raw("GET /insurance/scrubs/{scrub}/progress", lookers, p.progress)
	s.Form("/insurance/copies/{copy...}", "insurancecopy", readers, showCopy, changeCopy)
	return nil
}

func service(r *web.Request) (insurancev1.InsuranceServiceClient, error) {
	conn, err := r.Conn("insurance")
	if err != nil {
		return nil, err
	}
	return insurancev1.NewInsuranceServiceClient(conn), nil
}

// copyAddress is the page of a copy; its identifier has slashes, "1/1/3".
func copyAddress(id string) string {
	return (&url.URL{Path: "/insurance/copies/" + id}).EscapedPath()
}

var states = []string{"ordered", "failed", "awaited", "made", "verified", "damaged", "beyond_repair", "microform", "leaving", "destroyed"}

// count is copies in one state, a filter of the list.
type count struct {
	State, Address string
	Count          uint32
	On, Alarm      bool
}

type fundPage struct {
	Sites          []site
	Counts         []count
	Total          uint32
	Valuable       bool
	ValuableToggle string
	State          string
	Copies         []copyRow
	Next           string
	Scrubs         []*insurancev1.Scrub
	Period         uint32
	NextAt         *timestamppb.Timestamp
	Reads          bool // may see copies; the administrator sees places and checks alone
}

type site struct {
	*insurancev1.Site
	Free, Total, Kept string
	Percent           uint64 // of the place that is taken
}

type copyRow struct {
	*insurancev1.Copy
	Address, Size string
	Class         string
}

// listed is how many copies a page shows; never more than 400.
const listed = 100

func fund(r *web.Request) (any, error) {
	c, err := service(r)
	if err != nil {
		return nil, err
	}
	p := fundPage{Reads: readers.Lets(r.Person)}
	if r.Person.Identity.Has(monitor.Auditor) && len(r.Person.Identity.Roles) == 1 {
		// An auditor reads what happened, not where the folders stand.
	} else if err := p.sites(r, c); err != nil {
		return nil, err
	}
	if p.Reads {
		if err := p.copies(r, c); err != nil {
			return nil, err
		}
	}
	scrubs, err := c.ListScrubs(r.Context(), &insurancev1.ListScrubsRequest{Limit: 5})
	if err != nil {
		return nil, err
	}
	p.Scrubs, p.Period, p.NextAt = scrubs.GetScrubs(), scrubs.GetCheckPeriodDays(), scrubs.GetNextAt()
	return p, nil
}

func (p *fundPage) sites(r *web.Request, c insurancev1.InsuranceServiceClient) error {
	res, err := c.ListSites(r.Context(), &insurancev1.ListSitesRequest{})
	if err != nil {
		return err
	}
	for _, s := range res.GetSites() {
		one := site{Site: s, Free: web.Size(r.Lang, s.GetFreeBytes()), Total: web.Size(r.Lang, s.GetTotalBytes()), Kept: web.Size(r.Lang, s.GetBytes())}
		if t := s.GetTotalBytes(); t > 0 {
			one.Percent = 100 - min(s.GetFreeBytes(), t)*100/t
		}
		p.Sites = append(p.Sites, one)
	}
	return nil
}

func (p *fundPage) copies(r *web.Request, c insurancev1.InsuranceServiceClient) error {
	q := r.URL.Query()
	for _, s := range states {
		if q.Get("state") == s {
			p.State = s
		}
	}
	p.Valuable = q.Get("valuable") == "yes"
	res, err := c.ListCopies(r.Context(), &insurancev1.ListCopiesRequest{State: p.State, EspeciallyValuable: p.Valuable, After: q.Get("after"), Limit: listed})
	if err != nil {
		return err
	}
	counts := map[string]uint32{}
	for _, one := range res.GetCounts() {
		counts[one.GetState()] = one.GetCount()
		p.Total += one.GetCount()
	}
	for _, s := range states {
		if counts[s] > 0 || s == p.State {
			to := s
			if s == p.State {
				to = ""
			}
			p.Counts = append(p.Counts, count{
				State: s, Count: counts[s], On: s == p.State, Address: address(to, p.Valuable, ""),
				Alarm: s == "failed" || s == "damaged" || s == "beyond_repair",
			})
		}
	}
	p.ValuableToggle = address(p.State, !p.Valuable, "")
	for _, one := range res.GetCopies() {
		p.Copies = append(p.Copies, newRow(r, one))
	}
	if n := len(p.Copies); res.GetMore() && n > 0 {
		p.Next = address(p.State, p.Valuable, p.Copies[n-1].GetCopyId())
	}
	return nil
}

func newRow(r *web.Request, c *insurancev1.Copy) copyRow {
	class := map[string]string{"verified": "good", "microform": "good", "failed": "soon", "damaged": "late", "beyond_repair": "late"}[c.GetState()]
	return copyRow{Copy: c, Address: copyAddress(c.GetCopyId()), Size: web.Size(r.Lang, c.GetBytes()), Class: class}
}

func address(state string, valuable bool, after string) string {
	q := url.Values{}
	if state != "" {
		q.Set("state", state)
	}
	if valuable {
		q.Set("valuable", "yes")
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return "/insurance"
	}
	return "/insurance?" + q.Encode()
}

func startScrub(r *web.Request) (web.Redirect, error) {
	c, err := service(r)
	if err != nil {
		return "", err
	}
	res, err := c.StartScrub(r.Context(), &insurancev1.StartScrubRequest{CommandId: r.Field("command"), CopyId: r.Field("copy")})
	if err != nil {
		return "", err
	}
	return web.Redirect("/insurance/scrubs/" + url.PathEscape(res.GetScrub().GetScrubId())), nil
}

func setPeriod(r *web.Request) (web.Redirect, error) {
	days, err := strconv.ParseUint(r.Field("days"), 10, 16)
	if err != nil {
		days = 0 // the service says which periods there are
	}
	c, err := service(r)
	if err != nil {
		return "", err
	}
	if _, err := c.SetCheckPeriod(r.Context(), &insurancev1.SetCheckPeriodRequest{CommandId: r.Field("command"), Days: uint32(days)}); err != nil {
		return "", err
	}
	return web.Done("/insurance", "done.insurance.period"), nil
}

// order asks for a copy of a file that nobody marked, with a ground: a button on the record's page.
func order(r *web.Request) (web.Redirect, error) {
	c, err := service(r)
	if err != nil {
		return "", err
	}
	res, err := c.OrderCopy(r.Context(), &insurancev1.OrderCopyRequest{CommandId: r.Field("command"), Code: r.Field("code"), Ground: r.Field("ground")})
	if err != nil {
		return "", err
	}
	return web.Done(copyAddress(res.GetCopy().GetCopyId()), "done.insurance.ordered"), nil
}

type scrubPage struct {
	*insurancev1.Scrub
	Damages []damageRow
	Read    string
	Running bool
	Stream  string
}

func scrub(r *web.Request) (any, error) {
	c, err := service(r)
	if err != nil {
		return nil, err
	}
	res, err := c.GetScrub(r.Context(), &insurancev1.GetScrubRequest{ScrubId: r.PathValue("scrub")})
	if err != nil {
		return nil, err
	}
	s := res.GetScrub()
	return scrubPage{
		Scrub: s, Damages: damages(res.GetDamages()), Read: web.Size(r.Lang, s.GetBytes()), Running: s.GetState() == "running",
		Stream: "/insurance/scrubs/" + url.PathEscape(s.GetScrubId()) + "/progress",
	}, nil
}

// pages holds how often the progress of a scrub is looked at.
type pages struct{ tick time.Duration }

// longest is how long one stream is kept open; a browser opens the next one by itself.
const longest = 10 * time.Minute

// told is what the stream says; the page's script puts each value where it stands.
type told struct {
	Percent  uint32 `json:"percent"`
	Copies   string `json:"copies"`
	Files    uint32 `json:"files"`
	Read     string `json:"read"`
	Damaged  uint32 `json:"damaged"`
	Restored uint32 `json:"restored"`
}

// progress streams how far a scrub is (server-sent events) until it is finished. The service's
// answer is asked for again every second: nothing is promised faster than that.
func (p pages) progress(w http.ResponseWriter, r *web.Request) error {
	c, err := service(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), longest)
	defer cancel()
	out := http.NewResponseController(w)
	tick := time.NewTicker(p.tick)
	defer tick.Stop()
	begun := false
	for {
		res, err := c.GetScrub(ctx, &insurancev1.GetScrubRequest{ScrubId: r.PathValue("scrub")})
		if err != nil && !begun {
			return err
		} else if err != nil {
			return nil // the stream ends; the browser asks again
		}
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "text/event-stream")
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("X-Accel-Buffering", "no")
		}
		s := res.GetScrub()
		line, err := json.Marshal(told{
			Percent: s.GetPercent(), Copies: fmt.Sprintf("%d / %d", s.GetCopiesDone(), s.GetCopies()), Files: s.GetFiles(),
			Read: web.Size(r.Lang, s.GetBytes()), Damaged: s.GetDamaged(), Restored: s.GetRestored(),
		})
		if err != nil {
			return err
		}
		event := "progress"
		if s.GetState() != "running" {
			event = "finished"
		}
		// The server's own limit is for pages; a stream writes for as long as somebody reads. Where the
		// writer has no limits (a test), there is none to move.
		_ = out.SetWriteDeadline(time.Now().Add(30 * time.Second))
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, line); err != nil || out.Flush() != nil || event == "finished" {
			return nil // the reader went away, or the scrub is finished
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
