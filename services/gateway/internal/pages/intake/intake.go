// Package intake is where the archive's people take transfers in: what is expected and what has
// come, the acceptance, the book of accessions, the approval of inventories, the register
// of organisations.
package intake

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

//go:embed templates texts.json
var files embed.FS

// Add adds the pages to a site.
func Add(s *web.Site) error {
	if err := s.Area(files); err != nil {
		return err
	}
	archivist := web.Allow{monitor.Archivist}
	staff := web.Allow{monitor.Archivist, monitor.Head}
	commission := web.Allow{monitor.Commission}
	s.Nav("/intake", "intake.nav.intake", staff)
	s.Nav("/accessions", "intake.nav.book", staff)
	s.Nav("/organisations", "intake.nav.organisations", archivist)
	s.Nav("/commission", "intake.nav.commission", commission)

	s.Page("/intake", "intake", staff, transfers)
	s.Page("/intake/{id}", "intake-transfer", staff, transfer)
	s.Form("/intake/{id}/accept", "intake-accept", archivist, accepting, accept)
	s.Page("/accessions", "intake-book", staff, book)
	s.Page("/accessions/{number}", "intake-accession", staff, accession)
	s.Raw("GET /accessions/{number}/act/{language}", staff, act)
	s.Raw("GET /accessions/{year}/book/{language}", staff, bookPDF)
	s.Raw("GET /accessions/{number}/content/{path...}", staff, content)
	s.Form("/organisations", "intake-organisations", archivist, organisations, register)
	s.Page("/commission", "intake-commission", commission, commissionOrganisations)
	s.Form("/commission/{organisation}", "intake-approve", commission, approving, approve)
	s.Page("/commission/approved/{id...}", "intake-approved", commission, approved)
	return nil
}

// listed is how many rows a list shows at once; never more than 400 (ux).
const listed = 100

func intake(r *web.Request) (intakev1.IntakeServiceClient, error) {
	conn, err := r.Conn("intake")
	if err != nil {
		return nil, err
	}
	return intakev1.NewIntakeServiceClient(conn), nil
}

func retention(r *web.Request) (retentionv1.RetentionServiceClient, error) {
	conn, err := r.Conn("retention")
	if err != nil {
		return nil, err
	}
	return retentionv1.NewRetentionServiceClient(conn), nil
}

type transfersPage struct {
	State  string
	States []chip
	Rows   []transferRow
	Next   string
}

type chip struct {
	State, Address string
	Count          uint64
	Current        bool
}

type transferRow struct {
	*intakev1.Transfer
	Term    web.Term
	Address string
}

func rowOf(t *intakev1.Transfer) transferRow {
	row := transferRow{Transfer: t, Term: web.TermOf(t.GetDueOn(), nil, time.Now()), Address: "/intake/" + url.PathEscape(t.GetTransferId())}
	if t.GetState() == "accepted" {
		row.Term = web.Met(t.GetDueOn(), nil)
	}
	return row
}

// transfers lists them by state; where none is named, those that wait for an archivist.
func transfers(r *web.Request) (any, error) {
	c, err := intake(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	p := transfersPage{State: q.Get("state")}
	if p.State == "" {
		p.State = "checked"
	}
	res, err := c.ListTransfers(r.Context(), &intakev1.ListTransfersRequest{State: p.State, After: q.Get("after"), Limit: listed})
	if err != nil {
		return nil, err
	}
	for _, n := range res.GetCounts() {
		p.States = append(p.States, chip{State: n.GetState(), Count: n.GetCount(), Address: "/intake?state=" + n.GetState(), Current: n.GetState() == p.State})
	}
	for _, t := range res.GetTransfers() {
		p.Rows = append(p.Rows, rowOf(t))
	}
	if n := len(p.Rows); res.GetMore() && n > 0 {
		p.Next = "/intake?" + url.Values{"state": {p.State}, "after": {p.Rows[n-1].GetTransferId()}}.Encode()
	}
	return p, nil
}

type transferPage struct {
	transferRow
	Contact *intakev1.Contact
	Rows    []unit
	Next    string
	// Unlisted are warnings that belong to no row.
	Unlisted []*intakev1.PackageFault
	Paper    int // rows of this page without digital files
	Today    string
	Words    string // the number of files in words, for the act
}

// unit is one row of the inventory with what has come for it.
type unit struct {
	*recordv1.File
	Content *intakev1.UnitContent
	// Nothing came and there is no paper either: it cannot be accepted.
	Nothing bool
}

func transfer(r *web.Request) (any, error) { return find(r, listed) }

func find(r *web.Request, limit uint32) (transferPage, error) {
	p := transferPage{Today: civil.Of(time.Now()).String()}
	c, err := intake(r)
	if err != nil {
		return p, err
	}
	res, err := c.GetTransfer(r.Context(), &intakev1.GetTransferRequest{TransferId: r.PathValue("id"), After: number(r.URL.Query().Get("after")), Limit: limit})
	if err != nil {
		return p, err
	}
	p.transferRow, p.Contact = rowOf(res.GetTransfer()), res.GetContact()
	came := make(map[uint32]*intakev1.UnitContent)
	for _, one := range res.GetContents() {
		came[one.GetPosition()] = one
	}
	for _, f := range res.GetFiles() {
		u := unit{File: f, Content: came[f.GetPosition()]}
		if u.Content == nil {
			p.Paper++
			u.Nothing = f.GetLeaves() == 0
		}
		p.Rows = append(p.Rows, u)
	}
	for _, w := range res.GetTransfer().GetWarnings() {
		if w.GetCode() != "intake.package.on_paper" { // the rows say so already
			p.Unlisted = append(p.Unlisted, w)
		}
	}
	if n := len(res.GetFiles()); res.GetMore() && n > 0 {
		p.Next = r.URL.EscapedPath() + "?after=" + strconv.FormatUint(uint64(res.GetFiles()[n-1].GetPosition()), 10)
	}
	p.Words = words(r.Lang, uint64(p.GetInventory().GetFiles()))
	return p, nil
}

// words are a number in words, in the language of an act.
func words(l fault.Language, n uint64) string {
	return numeral.Words(int64(min(n, 1<<40)), l, numeral.Neuter, numeral.Nominative)
}

// accepting is the check page: the facts of the act as it will print. Rows can be left out where the
// inventory fits the page; a larger one is accepted whole, or by the command line.
func accepting(r *web.Request) (any, error) {
	p, err := find(r, 400)
	if err == nil && p.GetState() == "accepted" {
		return web.Redirect("/accessions/" + url.PathEscape(p.GetAccessionNumber())), nil
	}
	return p, err
}

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
			return "", nil
		}
	}
	res, err := c.AcceptTransfer(r.Context(), q)
	return web.Done("/accessions/"+url.PathEscape(res.GetAccession().GetAccessionNumber()), "done.intake-accepted"), err
}

// number reads a whole number that somebody typed; what is none counts as 0.
func number(s string) uint32 {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// thisYear is the year in the archive.
func thisYear() uint32 { return uint32(civil.Of(time.Now()).Year) }

type bookPage struct {
	Year          uint32
	Before, After uint32
	Accessions    []*intakev1.Accession
	Total         uint32
	Units         uint64
	InWords       string
	UnitsInWords  string
	Next          string
}

func book(r *web.Request) (any, error) {
	c, err := intake(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	p := bookPage{Year: number(q.Get("year"))}
	if p.Year == 0 || p.Year > civil.MaxYear {
		p.Year = thisYear()
	}
	p.Before, p.After = p.Year-1, p.Year+1
	res, err := c.ListAccessions(r.Context(), &intakev1.ListAccessionsRequest{Year: p.Year, After: number(q.Get("after")), Limit: listed})
	if err != nil {
		return nil, err
	}
	p.Accessions, p.Total, p.Units = res.GetAccessions(), res.GetTotalAccessions(), res.GetTotalUnits()
	p.InWords, p.UnitsInWords = words(r.Lang, uint64(p.Total)), words(r.Lang, p.Units)
	if n := len(p.Accessions); res.GetMore() && n > 0 {
		_, last, _ := strings.Cut(p.Accessions[n-1].GetAccessionNumber(), "-")
		p.Next = "/accessions?" + url.Values{"year": {strconv.FormatUint(uint64(p.Year), 10)}, "after": {last}}.Encode()
	}
	return p, nil
}

type accessionPage struct {
	*intakev1.GetAccessionResponse
	Next string
}

// ContentAddress is where a file of the accession is downloaded.
func (p accessionPage) ContentAddress(path string) string {
	return web.ContentAddress(p.GetAccession().GetAccessionNumber(), path)
}

func accession(r *web.Request) (any, error) {
	c, err := intake(r)
	if err != nil {
		return nil, err
	}
	res, err := c.GetAccession(r.Context(), &intakev1.GetAccessionRequest{
		AccessionNumber: r.PathValue("number"), After: number(r.URL.Query().Get("after")), Limit: listed,
	})
	if err != nil {
		return nil, err
	}
	p := accessionPage{GetAccessionResponse: res}
	if n := len(res.GetFiles()); res.GetMore() && n > 0 {
		p.Next = r.URL.EscapedPath() + "?after=" + strconv.FormatUint(uint64(res.GetFiles()[n-1].GetFile().GetPosition()), 10)
	}
	return p, nil
}

func act(w http.ResponseWriter, r *web.Request) error {
	c, err := intake(r)
	if err != nil {
		return err
	}
	n, l := r.PathValue("number"), r.PathValue("language")
	res, err := c.GetAct(r.Context(), &intakev1.GetActRequest{AccessionNumber: n, Language: l})
	if err != nil {
		return err
	}
	return web.PDF(w, "act-"+n+"-"+l+".pdf", res.GetPdf())
}

func bookPDF(w http.ResponseWriter, r *web.Request) error {
	c, err := intake(r)
	if err != nil {
		return err
	}
	y, l := r.PathValue("year"), r.PathValue("language")
	res, err := c.GetBook(r.Context(), &intakev1.GetBookRequest{Year: number(y), Language: l})
	if err != nil {
		return err
	}
	return web.PDF(w, "book-"+y+"-"+l+".pdf", res.GetPdf())
}
