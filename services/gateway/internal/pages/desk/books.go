package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

type bookPage struct {
	Rows  []row
	Next  string
	Today string
	Now   string // the state that is listed: open or closed
}

// requestBook is the register of requests (AI-16.3): nothing personal stands in it.
func requestBook(r *web.Request) (any, error) {
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	now := known(r.URL.Query().Get("state"), "open", "open", "closed")
	req := &referencev1.ListRequestsRequest{After: r.URL.Query().Get("after")}
	if now == "closed" {
		req.State = "closed"
	}
	res, err := c.ListRequests(r.Context(), req)
	if err != nil {
		return nil, err
	}
	p := bookPage{Rows: rows(r, res.GetRequests()), Today: res.GetToday(), Now: now}
	slices.SortStableFunc(p.Rows, func(a, b row) int { return compareNumbers(a.GetNumber(), b.GetNumber()) })
	if res.GetNext() != "" {
		p.Next = "/books/requests?state=" + now + "&after=" + url.QueryEscape(res.GetNext())
	}
	return p, nil
}

// compareNumbers orders "2026-9" before "2026-10".
func compareNumbers(a, b string) int {
	year, n := split(a)
	otherYear, other := split(b)
	if year != otherYear {
		return year - otherYear
	}
	return n - other
}

func split(number string) (year, n int) {
	y, rest, _ := strings.Cut(number, "-")
	year, _ = strconv.Atoi(y) // no number sorts first
	n, _ = strconv.Atoi(rest)
	return year, n
}

// certificateBook lists the signed papers of the requests, the newest first.
func certificateBook(r *web.Request) (any, error) {
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	p := bookPage{}
	for _, state := range []string{"signed", "closed"} {
		if state == "signed" && r.URL.Query().Get("after") != "" {
			continue
		}
		req := &referencev1.ListRequestsRequest{State: state}
		if state == "closed" {
			req.After = r.URL.Query().Get("after")
		}
		res, err := c.ListRequests(r.Context(), req)
		if err != nil {
			return nil, err
		}
		for _, one := range rows(r, res.GetRequests()) {
			if one.GetCertificateNumber() != "" {
				p.Rows = append(p.Rows, one)
			}
		}
		p.Today = res.GetToday()
		if state == "closed" && res.GetNext() != "" {
			p.Next = "/books/certificates?after=" + url.QueryEscape(res.GetNext())
		}
	}
	slices.SortStableFunc(p.Rows, func(a, b row) int { return compareNumbers(b.GetNumber(), a.GetNumber()) })
	return p, nil
}

type actsPage struct {
	Accessions []accession
	Year       uint32
	Next       string
	Units      uint64
	Total      uint32
}

type accession struct {
	*intakev1.Accession
	Address string // of its acts
}

// perBook is how many accessions a page lists.
const perBook = 100

// acts lists the acts of acceptance by accession.
func acts(r *web.Request) (any, error) {
	c, err := intake(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	year, _ := strconv.ParseUint(q.Get("year"), 10, 16) // none: all
	after, _ := strconv.ParseUint(q.Get("after"), 10, 32)
	res, err := c.ListAccessions(r.Context(), &intakev1.ListAccessionsRequest{Year: uint32(year), After: uint32(after), Limit: perBook})
	if err != nil {
		return nil, err
	}
	p := actsPage{Year: uint32(year), Total: res.GetTotalAccessions(), Units: res.GetTotalUnits()}
	for _, a := range res.GetAccessions() {
		p.Accessions = append(p.Accessions, accession{a, actAddress(a.GetAccessionNumber())})
	}
	if n := len(p.Accessions); res.GetMore() && n > 0 {
		_, last := split(p.Accessions[n-1].GetAccessionNumber())
		p.Next = "/acts?year=" + strconv.FormatUint(year, 10) + "&after=" + strconv.Itoa(last)
	}
	return p, nil
}

// actAddress is where the acts of an accession stand; its number is "2026-1".
func actAddress(number string) string {
	year, n := split(number)
	return "/acts/" + strconv.Itoa(year) + "/" + strconv.Itoa(n)
}

// act sends the act of an accession.
func act(w http.ResponseWriter, r *web.Request) error {
	c, err := intake(r)
	if err != nil {
		return err
	}
	number := r.PathValue("year") + "-" + r.PathValue("number")
	res, err := c.GetAct(r.Context(), &intakev1.GetActRequest{AccessionNumber: number, Language: r.PathValue("language")})
	if err != nil {
		return err
	}
	return pdf(w, number+"-"+r.PathValue("language"), res.GetPdf())
}
