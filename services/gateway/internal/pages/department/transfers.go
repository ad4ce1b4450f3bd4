package department

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/serve"
)

type transfersPage struct{ Cards []transferCard }

type transferCard struct {
	*intakev1.Transfer
	Term    web.Term
	Stage   string
	Address string
}

func transfers(r *web.Request) (any, error) {
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	list, err := d.transfers(r, "")
	if err != nil {
		return nil, err
	}
	var p transfersPage
	for i := len(list) - 1; i >= 0; i-- { // the latest first
		p.Cards = append(p.Cards, cardOf(list[i]))
	}
	return p, nil
}

func cardOf(t *intakev1.Transfer) transferCard {
	c := transferCard{Transfer: t, Term: web.TermOf(t.GetDueOn(), nil, time.Now()), Stage: stageOf(t), Address: "/dept/transfers/" + url.PathEscape(t.GetTransferId())}
	if c.Stage == "accepted" {
		c.Term = web.Met(t.GetDueOn(), nil)
	}
	return c
}

type transferPage struct {
	transferCard
	Contact    *intakev1.Contact
	TakesPaper bool // something may come that is no file
	Rows       []row
	Next       string
	Findings   []finding
	Warnings   []*intakev1.PackageFault // beside those that rows show
	Tasks      []task
	// Accession is there once the archive has accepted.
	Accession *intakev1.Accession
	// Missing is how many rows have no digital file on this page.
	Missing int
	// Work is what was found of, returned and said about the rows of this page, by position.
	Work map[uint32]*intakev1.RowWork
	// Receipts are the last ones, the newest first.
	Receipts []*intakev1.Receipt
	// Open is whose signature, or whose decision, the act still lacks.
	Open []string
}

// Scheduled tells whether the files fell due; otherwise somebody listed them.
func (p transferPage) Scheduled() bool { return scheduled(p.Transfer) }

// Lacks tells whether the act lacks the signature of a side.
func (p transferPage) Lacks(side string) bool { return slices.Contains(p.Open, side) }

// Sendable tells whether files are uploaded for the transfer.
func (p transferPage) Sendable() bool { return sendable(p.Transfer) }

// Later: the pages of a transfer hear at once how it stands.
func (transferPage) Later() bool { return false }

// row is one unit of the inventory with what has come for it.
type row struct {
	*recordv1.File
	Content *intakev1.UnitContent // nil where nothing has come
	Faults  []*intakev1.PackageFault
}

// finding is what the archive returned at one place.
type finding struct {
	Position uint32 // 0 where it belongs to no row
	Title    *recordv1.Text
	Fault    *intakev1.PackageFault
}

// task is one of the steps of handing over.
type task struct {
	Key     string
	State   string // done, now, later, or none where the transfer does not need it
	Address string
}

func transfer(r *web.Request) (any, error) {
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	res, err := d.intake.GetTransfer(r.Context(), &intakev1.GetTransferRequest{
		TransferId: r.PathValue("id"), After: number(r.URL.Query().Get("after")), Limit: listed,
	})
	if err != nil {
		return nil, err
	}
	t := res.GetTransfer()
	p := transferPage{transferCard: cardOf(t), Contact: res.GetContact(), TakesPaper: res.GetTakesPaper()}
	if err := p.arithmetic(r, d); err != nil {
		return nil, err
	}
	p.rows(res)
	if n := len(res.GetFiles()); res.GetMore() && n > 0 {
		p.Next = r.URL.EscapedPath() + "?after=" + strconv.FormatUint(uint64(res.GetFiles()[n-1].GetPosition()), 10)
	}
	if err := p.work(r, d); err != nil {
		return nil, err
	}
	p.Tasks = p.tasks()
	if p.Receipts, err = handover.Receipts(r, d.intake, t); err != nil {
		return nil, err
	}
	if number := t.GetAccessionNumber(); number != "" {
		a, err := d.intake.GetAccessionWork(r.Context(), &intakev1.GetAccessionWorkRequest{AccessionNumber: number})
		if err != nil {
			return nil, err
		}
		p.Accession, p.Open = a.GetAccession(), a.GetOpen()
	}
	return p, nil
}

// work adds what was done on the rows of the page.
func (p *transferPage) work(r *web.Request, d desk) error {
	p.Work = make(map[uint32]*intakev1.RowWork)
	if len(p.Rows) == 0 {
		return nil
	}
	res, err := d.intake.ListRowWork(r.Context(), &intakev1.ListRowWorkRequest{
		TransferId: p.GetTransferId(), After: p.Rows[0].GetPosition() - 1, Limit: uint32(len(p.Rows)),
	})
	for _, w := range res.GetRows() {
		p.Work[w.GetFile().GetPosition()] = w
	}
	return err
}

// scheduled tells whether retention brought a transfer: the others were announced.
func scheduled(t *intakev1.Transfer) bool { return t.GetKind() == "" || t.GetKind() == "scheduled" }

// arithmetic takes the steps of the date from the duty, where they stand.
func (p *transferPage) arithmetic(r *web.Request, d desk) error {
	if !scheduled(p.Transfer) {
		return nil
	}
	inventory, err := d.retention.GetInventory(r.Context(), &retentionv1.GetInventoryRequest{InventoryId: p.GetInventory().GetId(), Limit: 1})
	p.Term.Steps = inventory.GetSteps()
	return err
}

// rows puts the files beside what has come for them and what was found wrong with them.
func (p *transferPage) rows(res *intakev1.GetTransferResponse) {
	content := make(map[uint32]*intakev1.UnitContent)
	for _, c := range res.GetContents() {
		content[c.GetPosition()] = c
	}
	at := make(map[uint32]int)
	for _, f := range res.GetFiles() {
		at[f.GetPosition()] = len(p.Rows)
		p.Rows = append(p.Rows, row{File: f, Content: content[f.GetPosition()]})
		if content[f.GetPosition()] == nil {
			p.Missing++
		}
	}
	said := make(map[string]bool)
	for _, f := range p.GetFaults() {
		// A changed file has a wrong digest by every algorithm: one line says it.
		once := f.GetWhere() + "\x00" + f.GetCode()
		if said[once] {
			continue
		}
		said[once] = true
		found := finding{Position: positionOf(f.GetWhere()), Fault: f}
		if i, here := at[found.Position]; here {
			p.Rows[i].Faults = append(p.Rows[i].Faults, f)
			found.Title = p.Rows[i].GetTitle()
		}
		p.Findings = append(p.Findings, found)
	}
	for _, w := range p.GetWarnings() {
		if w.GetCode() != onPaper { // the rows say so already
			p.Warnings = append(p.Warnings, w)
		}
	}
}

// Found is how many things are wrong, as the page counts them: as many as it shows, or more where the
// archive did not list them all.
func (p transferPage) Found() int {
	if hidden := int(p.GetFaultCount()) - len(p.GetFaults()); hidden > 0 {
		return len(p.Findings) + hidden
	}
	return len(p.Findings)
}

// Unfiled is the first row of what comes as files only for which the package that stands has none; 0 where nothing lacks, and
// where rows were returned, which is then what the department has to do. What the archive found missing is explained already.
func (p transferPage) Unfiled() uint32 {
	if p.TakesPaper || p.GetState() != "checked" {
		return 0
	}
	for _, w := range p.GetWarnings() {
		n := number(w.GetWhere())
		if w.GetCode() == onPaper && p.Work[n].GetFinding().GetFinding() != "missing" {
			return n
		}
	}
	return 0
}

// onPaper is the warning of a unit for which no digital file came.
const onPaper = "intake.package.on_paper"

// positionOf is the row that a place in a package belongs to; 0 where none.
func positionOf(where string) uint32 {
	if in, of := strings.CutPrefix(where, "representations/"); of { // as an E-ARK package has it
		_, where, _ = strings.Cut(in, "/")
	}
	rest, ok := strings.CutPrefix(where, "data/")
	digits, _, inside := strings.Cut(rest, "/")
	if !ok || !inside {
		return 0
	}
	return number(digits)
}

// tasks are the five steps of handing over (ux): which files, what is wrong, scans, the inventory, the
// date. They may be taken in any order; the first that is not done comes now.
func (p *transferPage) tasks() []task {
	wrong := p.GetReturned() > 0 || p.GetFaultCount() > 0
	list := []task{
		{Key: "files", State: done(p.GetForm() != ""), Address: p.Address + "/files"},
		{Key: "problems", State: done(!wrong), Address: p.Address + "/problems"},
		{Key: "send", State: done(p.GetPackageId() != "" && p.Unfiled() == 0), Address: p.Address + "/send"},
		{Key: whose(p.Transfer), State: done(p.GetContactNamed()), Address: p.Address + "/contact"},
		{Key: "date", State: done(p.GetBroughtOn() != ""), Address: p.Address + "/date"},
	}
	if p.GetState() == "announced" { // nothing is sent before the inventory is whole
		list[0] = task{Key: "list", State: "now", Address: "/transfers/" + url.PathEscape(p.GetTransferId()) + "/inventory"}
		for i := 1; i < len(list); i++ {
			list[i].State, list[i].Address = "later", ""
		}
		return list
	}
	if !wrong {
		list[1].Address = ""
	}
	if p.GetForm() != "" && !sendable(p.Transfer) {
		list[2].State, list[2].Address = "none", ""
	}
	if p.GetForm() == "digital" && p.GetBroughtOn() == "" {
		list[4].State, list[4].Address = "none", ""
	}
	next := true
	for i := range list {
		if p.Stage == "accepting" || p.Stage == "accepted" {
			list[i].Address = ""
		} else if next && list[i].State == "later" {
			list[i].State, next = "now", false
		}
	}
	return list
}

func done(yes bool) string {
	if yes {
		return "done"
	}
	return "later"
}

// Ready tells whether nothing is left to do before the department hands over.
func (p transferPage) Ready() bool {
	for _, t := range p.Tasks {
		if t.State != "done" && t.State != "none" {
			return false
		}
	}
	return true
}

// signed is the inventory with its totals in words, and who signs it.
type signed struct {
	transferPage
	Listed uint32
	Words  string
}

// Whose is the step as a key of messages.
func (p signed) Whose() string { return whose(p.Transfer) }

func contact(r *web.Request) (any, error) {
	p, err := transfer(r)
	if t, ok := p.(transferPage); ok && err == nil {
		n := handover.Listed(t.Transfer)
		return signed{t, n, handover.Words(r.Lang, uint64(n))}, nil
	}
	return p, err
}

func nameContact(r *web.Request) (web.Redirect, error) {
	d, err := open(r)
	if err != nil {
		return "", err
	}
	c := &intakev1.Contact{Name: r.Field("name"), Post: r.Field("post"), Phone: r.Field("phone"), Email: r.Field("email")}
	if c.GetName() == "" {
		r.Wrong("name", "dept.wrong.name")
	}
	if c.GetPhone() == "" && c.GetEmail() == "" {
		r.Wrong("phone", "dept.wrong.phone")
	}
	if !r.OK() {
		return "", nil
	}
	_, err = d.intake.NameContact(r.Context(), &intakev1.NameContactRequest{CommandId: r.Field("command"), TransferId: r.PathValue("id"), Contact: c})
	return web.Done("/dept/transfers/"+url.PathEscape(r.PathValue("id")), "done.dept-contact"), err
}

type sendPage struct {
	transferPage
	// Quota is what may still be sent, and how long an unfinished upload is kept.
	Quota *intakev1.ListUploadsResponse
}

func send(r *web.Request) (any, error) {
	found, err := before(r)
	t, ok := found.(transferPage)
	if err != nil || !ok {
		return found, err
	}
	if t.GetForm() != "" && !sendable(t.Transfer) { // it comes on paper alone
		return web.Redirect(t.Address), nil
	}
	if t.GetState() == "returned" {
		if err := t.onlyReturned(r); err != nil {
			return nil, err
		}
	}
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	p := sendPage{transferPage: t}
	p.Quota, err = d.intake.ListUploads(r.Context(), &intakev1.ListUploadsRequest{TransferId: t.GetTransferId(), Limit: 1})
	return p, err
}

// onlyReturned leaves of the page the rows that the archive returned: nothing else may be sent now.
func (p *transferPage) onlyReturned(r *web.Request) error {
	d, err := open(r)
	if err != nil {
		return err
	}
	res, err := d.intake.ListRowWork(r.Context(), &intakev1.ListRowWorkRequest{TransferId: p.GetTransferId(), Limit: listed, Returned: true})
	faults := make(map[uint32][]*intakev1.PackageFault)
	for _, f := range p.GetFaults() {
		at := positionOf(f.GetWhere())
		faults[at] = append(faults[at], f)
	}
	p.Rows, p.Next = nil, ""
	for _, w := range res.GetRows() {
		p.Rows = append(p.Rows, row{File: w.GetFile(), Faults: faults[w.GetFile().GetPosition()]})
	}
	if res.GetMore() {
		p.Next = p.Address + "/problems"
	}
	return err
}

// act gives the act of acceptance as PDF.
func act(w http.ResponseWriter, r *web.Request) error {
	d, n, err := accession(r)
	if err != nil {
		return err
	}
	res, err := d.intake.GetAct(r.Context(), &intakev1.GetActRequest{AccessionNumber: n, Language: r.PathValue("language")})
	if err != nil {
		return err
	}
	web.PDF(w, "act-"+n+"-"+r.PathValue("language")+".pdf", res.GetPdf())
	return nil
}

// descriptionAct gives the act as PDF by which the archive described what came without an inventory.
func descriptionAct(w http.ResponseWriter, r *web.Request) error {
	d, n, err := accession(r)
	if err != nil {
		return err
	}
	res, err := d.intake.GetDescriptionAct(r.Context(), &intakev1.GetDescriptionActRequest{AccessionNumber: n, Language: r.PathValue("language")})
	if err != nil {
		return err
	}
	web.PDF(w, "description-"+n+"-"+r.PathValue("language")+".pdf", res.GetPdf())
	return nil
}

// accession is the number under which the archive accepted the transfer of an address; empty where it did not yet.
func accession(r *web.Request) (d desk, number string, err error) {
	if d, err = open(r); err != nil {
		return d, "", err
	}
	t, err := d.intake.GetTransfer(r.Context(), &intakev1.GetTransferRequest{TransferId: r.PathValue("id"), Limit: 1})
	return d, t.GetTransfer().GetAccessionNumber(), err
}

// heartbeat is how often a silent stream of events says that it lives: proxies cut silent ones off.
const heartbeat = 15 * time.Second

// watched bounds one stream; the browser opens another.
const watched = 10 * time.Minute

// progress streams how the transfer stands, as server-sent events, to everybody who looks at
// its page.
func progress(w http.ResponseWriter, r *web.Request) error {
	d, err := open(r)
	if err != nil {
		return err
	}
	ctx, cancel := serve.UntilStop(r.Context(), watched)
	defer cancel()
	watch, err := d.intake.WatchTransfer(ctx, &intakev1.WatchTransferRequest{TransferId: r.PathValue("id")})
	if err != nil {
		return err
	}
	first, err := watch.Recv()
	if err != nil {
		return err // an error page: nothing was written yet
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy before us must not gather the events
	states := make(chan *intakev1.WatchTransferResponse)
	go func() {
		defer close(states)
		for {
			m, err := watch.Recv()
			if err != nil {
				return
			}
			select {
			case states <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	out, beat := http.NewResponseController(w), time.NewTicker(heartbeat)
	defer beat.Stop()
	write := func(text string) error {
		if err := out.SetWriteDeadline(time.Now().Add(2 * heartbeat)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		return out.Flush()
	}
	err = write("retry: 3000\n\n" + event(first))
	for err == nil {
		select {
		case m, more := <-states:
			if !more {
				return nil
			}
			err = write(event(m))
		case <-beat.C:
			err = write(": \n\n")
		case <-ctx.Done():
			return nil
		}
	}
	return nil // whoever looked has gone
}

// event is one message of the stream; "end" tells the page not to ask again.
func event(m *intakev1.WatchTransferResponse) string {
	data, err := json.Marshal(map[string]any{
		"state": m.GetState(), "uploading": m.GetUploading(), "files": m.GetFiles(), "bytes": m.GetBytes(),
		"package": m.GetPackageId(), "faults": m.GetFaultCount(), "at": m.GetPackageAt(), "accession": m.GetAccessionNumber(),
		"coming": map[string]any{"files": m.GetComingFiles(), "whole": m.GetComingWhole(), "bytes": m.GetComingBytes(), "there": m.GetComingThere()},
	})
	if err != nil {
		return ": \n\n" // numbers and words are always JSON
	}
	kind := "state"
	if m.GetState() == "accepted" {
		kind = "end"
	}
	return fmt.Sprintf("event: %s\ndata: %s\n\n", kind, data)
}
