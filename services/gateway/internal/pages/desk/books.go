package desk

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

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
