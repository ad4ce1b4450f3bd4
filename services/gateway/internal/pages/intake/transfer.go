package intake

import (
	"net/url"
	"slices"
	"strconv"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

type transferPage struct {
	transferRow
	Contact  *intakev1.Contact
	Rows     []unit
	Next     string
	Receipts []*intakev1.Receipt
	// Unlisted are warnings that belong to no row.
	Unlisted   []*intakev1.PackageFault
	TakesPaper bool // something may come that is no file
	// Given: a person who was named with the announcement gives the papers; the name is sealed.
	Given bool
}

// Undecided tells whether the acceptance has not begun and the rows are all here.
func (p transferPage) Undecided() bool {
	switch p.GetState() {
	case "expected", "checked", "returned":
		return true
	}
	return false
}

// Stage is the message that says what comes next: nothing of paper where none comes.
func (p transferPage) Stage() string {
	if s := p.GetState(); !p.TakesPaper && (s == "expected" || s == "checked") {
		return "intake.stage.files." + s
	}
	return "intake.stage." + p.GetState()
}

// unit is one row of the inventory with what has come for it and what was found of it.
type unit struct {
	*recordv1.File
	Content *intakev1.UnitContent
	Work    *intakev1.RowWork // nil where nothing was done on it
	Medium  string            // where no files came, as what it comes: the key of its name
	// No files came and nothing else can, or nobody has found anything yet of what may: intake counts the same when it is asked.
	Unfiled, Unchecked bool
}

// Acceptable tells whether a row is accepted unless somebody says otherwise. What is unchecked is: who accepts hears that it
// is, of a long inventory as of a short one.
func (u unit) Acceptable() bool {
	return !u.Unfiled && u.Work.GetFinding().GetFinding() != "missing" && u.Work.GetReturnState() != "returned"
}

func transfer(r *web.Request) (any, error) {
	p, err := find(r, listed)
	if err != nil {
		return nil, err
	}
	if n := p.GetAccessionNumber(); n != "" && r.URL.Query().Get("done") == "intake-accepting" {
		return web.Done("/accessions/"+url.PathEscape(n), "done.intake-accepted"), nil // what was under way has ended
	}
	if p.GetState() == "expected" && p.GetFaultCount() > 0 && r.URL.Query().Get("done") == "intake-accepting" {
		return web.Redirect(p.Address), nil // it was taken back: the page says what was lost, and no more that it is under way
	}
	c, err := intake(r)
	if err != nil {
		return nil, err
	}
	p.Receipts, err = handover.Receipts(r, c, p.Transfer)
	return p, err
}

// find gives a transfer with a page of its rows.
func find(r *web.Request, limit uint32) (transferPage, error) {
	var p transferPage
	c, err := intake(r)
	if err != nil {
		return p, err
	}
	after := number(r.URL.Query().Get("after"))
	res, err := c.GetTransfer(r.Context(), &intakev1.GetTransferRequest{TransferId: r.PathValue("id"), After: after, Limit: limit})
	if err != nil {
		return p, err
	}
	work, err := c.ListRowWork(r.Context(), &intakev1.ListRowWorkRequest{TransferId: r.PathValue("id"), After: after, Limit: limit})
	if err != nil {
		return p, err
	}
	p.transferRow, p.Contact = rowOf(res.GetTransfer()), res.GetContact()
	p.TakesPaper = res.GetTakesPaper()
	p.Given = slices.Contains(res.GetKind().GetNeeds(), "giver")
	p.rows(res, work)
	for _, w := range res.GetTransfer().GetWarnings() {
		if w.GetCode() != onPaper { // the rows say so already
			p.Unlisted = append(p.Unlisted, w)
		}
	}
	if n := len(res.GetFiles()); res.GetMore() && n > 0 {
		p.Next = r.URL.EscapedPath() + "?after=" + strconv.FormatUint(uint64(res.GetFiles()[n-1].GetPosition()), 10)
	}
	return p, nil
}

// onPaper is the warning of a unit for which no digital file came.
const onPaper = "intake.package.on_paper"

// rows puts what came and what was found beside the files.
func (p *transferPage) rows(res *intakev1.GetTransferResponse, work *intakev1.ListRowWorkResponse) {
	came, done := make(map[uint32]*intakev1.UnitContent), make(map[uint32]*intakev1.RowWork)
	for _, one := range res.GetContents() {
		came[one.GetPosition()] = one
	}
	for _, w := range work.GetRows() {
		done[w.GetFile().GetPosition()] = w
	}
	for _, f := range res.GetFiles() {
		u := unit{File: f, Content: came[f.GetPosition()], Work: done[f.GetPosition()]}
		if u.Content == nil {
			u.Medium, u.Unfiled = p.medium(u), !p.TakesPaper
			u.Unchecked = p.TakesPaper && u.Work.GetFinding() == nil && u.Work.GetReturnState() != "returned"
		}
		p.Rows = append(p.Rows, u)
	}
}

// medium names what a row comes as for which no files came. Where files may come beside paper it is paper if the inventory names
// its leaves, or a finding says what became of it.
func (p *transferPage) medium(u unit) string {
	switch {
	case !p.TakesPaper:
		return "intake.nofiles"
	case p.GetForm() == "audiovisual":
		return "intake.carrier"
	case p.GetForm() == "paper" || u.GetLeaves() > 0 || u.Work.GetFinding() != nil:
		return "intake.paper"
	}
	return "intake.nofiles"
}

// consent is the head's consent to an early transfer.
func consent(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	_, err = c.ConsentTransfer(r.Context(), &intakev1.ConsentTransferRequest{CommandId: r.Field("command"), TransferId: r.PathValue("id")})
	return web.Done("/intake/"+url.PathEscape(r.PathValue("id")), "done.intake-consented"), err
}

// receiving counts what was carried in, before it is checked.
func receiving(r *web.Request) (any, error) {
	p, err := find(r, 1)
	if err != nil {
		return p, err
	}
	if !p.Undecided() || !p.TakesPaper {
		return web.Redirect(p.Address), nil
	}
	c, err := intake(r)
	if err != nil {
		return p, err
	}
	p.Receipts, err = handover.Receipts(r, c, p.Transfer)
	return paperPage{transferPage: p}, err
}

// paperPage counts what was carried in.
type paperPage struct{ transferPage }

// Counts are what the new count may be: of something more, or in the place of one of the last receipts of such a count.
func (p paperPage) Counts(v web.View) (options []web.Option) {
	corrected := make(map[uint32]bool)
	for _, one := range p.Receipts { // the last first
		corrected[one.GetCorrects()] = true
		if one.GetWhat() == "paper" && !corrected[one.GetNumber()] {
			options = append(options, web.Option{
				Value: strconv.FormatUint(uint64(one.GetNumber()), 10),
				Label: v.T("intake.paper.instead", "n", one.GetNumber(), "units", v.Number(one.GetUnits()), "boxes", v.Number(one.GetBoxes())),
			})
		}
	}
	if len(options) == 0 {
		return nil
	}
	return append([]web.Option{{Value: "", Label: v.T("intake.paper.more")}}, options...)
}

func receive(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	q := &intakev1.ReceivePaperRequest{
		CommandId: r.Field("command"), TransferId: r.PathValue("id"), Units: number(r.Field("units")), Boxes: number(r.Field("boxes")), Corrects: number(r.Field("corrects")),
	}
	if q.GetUnits()+q.GetBoxes() == 0 {
		r.Wrong("units", "intake.wrong.units")
		return web.Stay, nil
	}
	res, err := c.ReceivePaper(r.Context(), q)
	return web.Done(receiptAddress(r.PathValue("id"), res.GetReceipt()), "done.intake-received"), err
}

func receiptAddress(id string, receipt *intakev1.Receipt) string {
	return "/transfers/" + url.PathEscape(id) + "/receipts/" + strconv.FormatUint(uint64(receipt.GetNumber()), 10)
}

// returning gives several rows back for one reason.
func returning(r *web.Request) (any, error) {
	p, err := find(r, listed)
	if err == nil && !p.Undecided() {
		return web.Redirect(p.Address), nil
	}
	return p, err
}

func giveBack(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	positions, err := handover.Positions(r.PostFormValue("positions"))
	if err != nil {
		r.WrongFault("positions", err)
	} else if len(positions) == 0 {
		r.Wrong("positions", "intake.wrong.positions")
	}
	reason := &intakev1.ReturnedRow{Reason: r.Field("reason"), Comment: r.Field("comment")}
	if !handover.Returnable(r, reason) || !r.OK() {
		return web.Stay, nil
	}
	q := &intakev1.ReturnRowsRequest{CommandId: r.Field("command"), TransferId: r.PathValue("id")}
	for _, p := range positions {
		q.Rows = append(q.Rows, &intakev1.ReturnedRow{Position: p, Reason: reason.GetReason(), Comment: reason.GetComment()})
	}
	res, err := c.ReturnRows(r.Context(), q)
	return web.Done(receiptAddress(r.PathValue("id"), res.GetReceipt()), "done.hand.returned"), err
}
