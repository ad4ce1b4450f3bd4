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
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/keysign"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

//go:embed templates texts.json
var files embed.FS

// Add adds the pages to a site. Whoever signs here or elsewhere has the same tries.
func Add(tries *keysign.Tries) func(*web.Site) error {
	return func(s *web.Site) error {
		if err := s.Area(files); err != nil {
			return err
		}
		archivist := web.Allow{monitor.Archivist}
		staff := web.Allow{monitor.Archivist, monitor.Head}
		commission := web.Allow{monitor.Commission}
		s.Nav("/intake", "intake.nav.intake", staff, "/announce", "/transfers")
		s.Nav("/accessions", "intake.nav.book", staff)
		s.Nav("/deaccessions", "intake.nav.deaccessions", web.Allow{monitor.Head})
		s.Nav("/organisations", "intake.nav.organisations", archivist)
		s.Nav("/commission", "intake.nav.commission", commission)
		s.Nav("/commission/accessions", "intake.nav.approvals", commission)

		s.Page("/intake", "intake", staff, transfers)
		s.Page("/intake/{id}", "intake-transfer", staff, transfer)
		s.Form("/intake/{id}/paper", "intake-paper", archivist, receiving, receive)
		s.Form("/intake/{id}/units", "intake-units", archivist, units, check)
		s.Form("/intake/{id}/return", "intake-return", archivist, returning, giveBack)
		s.Act("/intake/{id}/consent", web.Allow{monitor.Head}, consent)
		s.Form("/intake/{id}/accept", "intake-accept", archivist, accepting, accept)
		s.Page("/accessions/undescribed", "intake-undescribed", staff, undescribed)
		s.Form("/accessions/{number}/sign", "intake-sign", staff, signingAct, signer{tries}.sign)
		s.Form("/accessions/{number}/quarantine", "intake-quarantine", archivist, apart, quarantine)
		s.Form("/accessions/{number}/boxes", "intake-boxes", archivist, boxes, store)
		s.Raw("GET /accessions/{number}/labels/{language}", archivist, labels)
		s.Form("/accessions/{number}/approval", "intake-approval", archivist, oneApproval, approveAccession)
		s.Form("/accessions/{number}/propose", "intake-propose", archivist, apart, proposeApproval)
		s.Form("/accessions/{number}/describe", "intake-describe", archivist, apart, describe)
		s.Raw("GET /accessions/{number}/description/{language}", staff, descriptionAct)
		s.Form("/accessions/{number}/deaccession", "intake-leave", archivist, leaving, propose)
		s.Form("/accessions/{number}/deaccessions/{count}", "intake-deaccession", staff, deaccession, decide)
		s.Raw("GET /accessions/{number}/deaccessions/{count}/act/{language}", staff, leaveAct)
		s.Page("/deaccessions", "intake-deaccessions", staff, deaccessions)
		s.Page("/accessions", "intake-book", staff, book)
		s.Page("/accessions/{number}", "intake-accession", staff, accession)
		s.Raw("GET /accessions/{number}/act/{language}", web.Allow{monitor.Archivist, monitor.Head, monitor.Commission}, act)
		s.Raw("GET /accessions/{year}/book/{language}", staff, bookPDF)
		s.Raw("GET /accessions/{number}/content/{path...}", staff, content)
		s.Form("/organisations", "intake-organisations", archivist, organisations, register)
		s.Page("/commission", "intake-commission", commission, commissionOrganisations)
		s.Page("/commission/accessions", "intake-approvals", commission, approvals)
		s.Form("/commission/accessions/{number}", "intake-oneapproval", commission, oneApproval, decideApproval)
		s.Form("/commission/{organisation}", "intake-approve", commission, approving, approve)
		s.Page("/commission/approved/{id...}", "intake-approved", commission, approved)
		return nil
	}
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
	Listed  uint32
	Term    web.Term
	Address string
}

func rowOf(t *intakev1.Transfer) transferRow {
	row := transferRow{Transfer: t, Listed: handover.Listed(t), Term: web.TermOf(t.GetDueOn(), nil, time.Now()), Address: "/intake/" + url.PathEscape(t.GetTransferId())}
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

// number reads a whole number that somebody typed; what is none counts as 0.
func number(s string) uint32 {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// within is the number of an accession within its year.
func within(accession string) uint32 {
	_, n, _ := strings.Cut(accession, "-")
	return number(n)
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
	p.InWords, p.UnitsInWords = handover.Words(r.Lang, uint64(p.Total)), handover.Words(r.Lang, p.Units)
	if n := len(p.Accessions); res.GetMore() && n > 0 {
		last := within(p.Accessions[n-1].GetAccessionNumber())
		p.Next = "/accessions?" + url.Values{"year": {strconv.FormatUint(uint64(p.Year), 10)}, "after": {strconv.FormatUint(uint64(last), 10)}}.Encode()
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
	web.PDF(w, "act-"+n+"-"+l+".pdf", res.GetPdf())
	return nil
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
	web.PDF(w, "book-"+y+"-"+l+".pdf", res.GetPdf())
	return nil
}
