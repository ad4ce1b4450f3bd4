// Package department is where a clerk works: what is due, the nomenclature, the files of the
// department, its inventories and its transfers to the archive.
package department

import (
	"embed"
	"net/url"
	"strconv"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

//go:embed templates texts.json
var files embed.FS

// Config is what the pages need beside the site.
type Config struct {
	// Spool is the folder in which an uploaded ZIP lies while it is read; its file has no name and
	// is gone with the process. Empty means the system's folder for such things.
	Spool string
	// Reserve is how much space a ZIP leaves free there, in bytes.
	Reserve uint64
}

// Add adds the pages to a site.
func Add(cfg Config) func(*web.Site) error {
	return func(s *web.Site) error {
		if err := s.Area(files); err != nil {
			return err
		}
		clerk := web.Allow{monitor.Clerk}
		s.Nav("/dept", "dept.nav.due", clerk)
		s.Nav("/dept/files", "dept.nav.files", clerk)
		s.Nav("/dept/nomenclature", "dept.nav.nomenclature", clerk)
		s.Nav("/dept/transfers", "dept.nav.transfers", clerk, "/dept/handed-over", "/announce", "/transfers")

		s.Page("/dept", "dept", clerk, due)
		s.Form("/dept/nomenclature", "dept-nomenclature", clerk, nomenclature, addLine)
		s.Page("/dept/files", "dept-files", clerk, listFiles)
		s.Form("/dept/files/new", "dept-newfile", clerk, newFile, register)
		s.Form("/dept/files/{file}/close", "dept-closefile", clerk, closing, closeFile)
		s.Page("/dept/inventories/{id...}", "dept-inventory", clerk, inventory)
		s.Page("/dept/transfers", "dept-transfers", clerk, transfers)
		s.Page("/dept/transfers/{id}", "dept-transfer", clerk, transfer)
		s.Form("/dept/transfers/{id}/files", "dept-prepare", clerk, preparing, choose)
		s.Page("/dept/transfers/{id}/problems", "dept-problems", clerk, problems)
		s.Form("/dept/transfers/{id}/contact", "dept-contact", clerk, contact, nameContact)
		s.Page("/dept/transfers/{id}/date", "dept-date", clerk, dating)
		s.Form("/dept/transfers/{id}/check", "dept-check", clerk, checking, book)
		s.Form("/dept/transfers/{id}/sign", "dept-sign", clerk, signing, sign)
		s.Page("/dept/handed-over", "dept-handed", clerk, handedOver)
		s.Page("/dept/transfers/{id}/send", "dept-send", clerk, send)
		s.Raw("POST /dept/transfers/{id}/upload", clerk, uploader(cfg).upload)
		s.Raw("OPTIONS /dept/transfers/{id}/tus", clerk, tus(tusOptions))
		s.Raw("GET /dept/transfers/{id}/tus", clerk, tusList)
		s.Raw("POST /dept/transfers/{id}/tus", clerk, tus(tusCreate))
		s.Raw("DELETE /dept/transfers/{id}/tus", clerk, tus(tusDelete))
		s.Raw("POST /dept/transfers/{id}/tus/finish", clerk, tusFinish)
		s.Raw("HEAD /dept/transfers/{id}/tus/{upload}", clerk, tus(tusHead))
		s.Raw("PATCH /dept/transfers/{id}/tus/{upload}", clerk, tus(tusPatch))
		s.Raw("DELETE /dept/transfers/{id}/tus/{upload}", clerk, tus(tusDelete))
		s.Raw("POST /dept/transfers/{id}/tus/{upload}", clerk, tus(tusOverride))
		s.Page("/dept/transfers/{id}/receipt", "dept-receipt", clerk, transfer)
		s.Raw("GET /dept/transfers/{id}/progress", clerk, progress)
		s.Raw("GET /dept/transfers/{id}/act/{language}", clerk, act)
		s.Raw("GET /dept/transfers/{id}/description/{language}", clerk, descriptionAct)
		return nil
	}
}

// listed is how many rows a list shows at once; never more than 400 (ux).
const listed = 100

// desk is the services as the clerk reaches them.
type desk struct {
	retention retentionv1.RetentionServiceClient
	intake    intakev1.IntakeServiceClient
	// organisation is the department's id.
	organisation string
}

func open(r *web.Request) (d desk, err error) {
	if d.organisation = r.Person.Identity.Organisation; d.organisation == "" {
		return d, monitor.ErrNoDepartment.With()
	}
	conn, err := r.Conn("retention")
	if err != nil {
		return d, err
	}
	d.retention = retentionv1.NewRetentionServiceClient(conn)
	if conn, err = r.Conn("intake"); err != nil {
		return d, err
	}
	d.intake = intakev1.NewIntakeServiceClient(conn)
	return d, nil
}

// transfers are the department's, by number; at most 500, which is more than a department
// ever hands over.
func (d desk) transfers(r *web.Request, state string) ([]*intakev1.Transfer, error) {
	res, err := d.intake.ListTransfers(r.Context(), &intakev1.ListTransfersRequest{State: state})
	if err != nil {
		return nil, err
	}
	var own []*intakev1.Transfer
	for _, t := range res.GetTransfers() {
		if t.GetOrganisation().GetId() == d.organisation {
			own = append(own, t)
		}
	}
	return own, nil
}

type duePage struct {
	Organisation *recordv1.Organisation // nil where it is not registered
	ID           string
	Cards        []card // what stands, the most urgent first
	Announced    []transferCard
	Done         []card
}

// card is one duty to transfer.
type card struct {
	*retentionv1.DueTransfer
	Term web.Term
	// Stage is what comes next: wait, announced, files, contact, giver, date, send, bring, mend, returned, rest,
	// checked, accepting or accepted.
	Stage   string
	Address string
}

func due(r *web.Request) (any, error) {
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	p := duePage{ID: d.organisation}
	if p.Organisation, err = r.Organisation(d.organisation); err != nil || p.Organisation == nil {
		return p, err
	}
	res, err := d.retention.ListDue(r.Context(), &retentionv1.ListDueRequest{OrganisationId: d.organisation})
	if err != nil {
		return nil, err
	}
	list, err := d.transfers(r, "")
	if err != nil {
		return nil, err
	}
	known := make(map[string]*intakev1.Transfer, len(list))
	for _, t := range list {
		known[t.GetTransferId()] = t
	}
	for _, t := range list {
		if !scheduled(t) && t.GetState() != "accepted" {
			p.Announced = append(p.Announced, cardOf(t))
		}
	}
	for _, duty := range res.GetTransfers() {
		c := card{DueTransfer: duty, Term: web.TermOf(duty.GetDueOn(), duty.GetSteps(), time.Now()), Stage: "wait"}
		if t := known[duty.GetTransferId()]; t != nil && duty.GetTransferId() != "" {
			c.Stage, c.Address = stageOf(t), "/dept/transfers/"+url.PathEscape(t.GetTransferId())
		}
		if early := duty.GetEarlyTransferId(); early != "" {
			c.Address = "/dept/transfers/" + url.PathEscape(early)
		}
		if duty.GetState() == "fulfilled" || c.Stage == "accepted" {
			c.Term, c.Stage = web.Met(duty.GetDueOn(), duty.GetSteps()), "accepted"
			p.Done = append(p.Done, c)
			continue
		}
		p.Cards = append(p.Cards, c)
	}
	return p, nil
}

// stageOf is what comes next for a transfer.
func stageOf(t *intakev1.Transfer) string {
	switch {
	case t.GetState() != "expected" && t.GetState() != "checked":
		return t.GetState()
	case t.GetFaultCount() > 0:
		return "mend"
	case t.GetState() == "checked" && unprepared(t):
		return "rest"
	case t.GetState() == "checked":
		return "checked"
	case t.GetForm() == "":
		return "files"
	case !t.GetContactNamed():
		return whose(t)
	case !sendable(t) && t.GetBroughtOn() == "":
		return "date"
	case !sendable(t):
		return "bring"
	}
	return "send"
}

// unprepared tells whether the files came before the department had said all that it is asked.
func unprepared(t *intakev1.Transfer) bool {
	return t.GetForm() == "" || !t.GetContactNamed() || t.GetForm() != "digital" && t.GetBroughtOn() == ""
}

// whose is the step that names who hands over: by signing the inventory, unless there is none.
func whose(t *intakev1.Transfer) string {
	if t.GetUndescribed() != nil {
		return "giver"
	}
	return "contact"
}

// sendable tells whether files are uploaded for a transfer: not where it comes on paper or on carriers
// of its own, nor where nothing of it is listed.
func sendable(t *intakev1.Transfer) bool {
	return t.GetUndescribed() == nil && t.GetForm() != "paper" && t.GetForm() != "audiovisual"
}

// yearOf is the year in an address, or this one.
func yearOf(r *web.Request) uint32 {
	if n, err := strconv.ParseUint(r.URL.Query().Get("year"), 10, 16); err == nil && n > 0 && n <= civil.MaxYear {
		return uint32(n)
	}
	return uint32(civil.Of(time.Now()).Year)
}

// number reads a whole number that somebody typed; what is none counts as 0.
func number(s string) uint32 {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
