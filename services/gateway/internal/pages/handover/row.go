package handover

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

// Reasons are the codes for which rows are returned, as intake knows them.
var Reasons = []string{"unreadable", "wrong_content", "incomplete", "wrong_description", "format", "damaged", "other"}

type rowPage struct {
	*intakev1.RowWork
	Transfer *intakev1.Transfer
	Home     string
	Here     string
	Staff    bool
	// Undecided: the acceptance has not begun, so that the row may be returned, answered and redone.
	Undecided bool
	Reasons   []string
	Content   *intakev1.UnitContent // nil where nothing has come
}

// Open tells whether the department has to do something about the row.
func (p rowPage) Open() bool { return p.GetReturnState() == "returned" }

// Redoes tells whether whoever looks sends the row anew.
func (p rowPage) Redoes() bool { return p.Open() && p.Undecided && !p.Staff }

// sending is a transfer as the parts see it that send its files in pieces.
type sending struct {
	*intakev1.Transfer
	Address string
}

// Later: a row's page listens once its files are sent; until then it is a page like any other.
func (sending) Later() bool { return true }

// Sending is where the row's files go.
func (p rowPage) Sending() sending { return sending{p.Transfer, p.Home} }

// oneRow is a row of the inventory with everything that was found of it and said about it.
func oneRow(r *web.Request) (any, error) {
	c, err := intake(r)
	if err != nil {
		return nil, err
	}
	id, position := r.PathValue("id"), Number(r.PathValue("position"))
	if position == 0 {
		return nil, web.NotFound.With()
	}
	work, err := c.ListRowWork(r.Context(), &intakev1.ListRowWorkRequest{TransferId: id, After: position - 1, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(work.GetRows()) == 0 || work.GetRows()[0].GetFile().GetPosition() != position {
		return nil, web.NotFound.With()
	}
	res, err := c.GetTransfer(r.Context(), &intakev1.GetTransferRequest{TransferId: id, After: position - 1, Limit: 1})
	if err != nil {
		return nil, err
	}
	p := rowPage{RowWork: work.GetRows()[0], Transfer: res.GetTransfer(), Home: Home(r, id), Here: r.URL.EscapedPath(), Staff: staff(r), Reasons: Reasons}
	switch p.Transfer.GetState() {
	case "expected", "checked", "returned":
		p.Undecided = true
	}
	for _, content := range res.GetContents() {
		if content.GetPosition() == position {
			p.Content = content
		}
	}
	return p, nil
}

// speak says something about a row: a remark, the department's answer, the archive's return.
func speak(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	id, position, text := r.PathValue("id"), Number(r.PathValue("position")), r.Field("text")
	here := "/transfers/" + url.PathEscape(id) + "/rows/" + strconv.FormatUint(uint64(position), 10)
	switch r.Field("do") {
	case "answer":
		if text = r.Field("answer"); text == "" {
			r.Wrong("answer", "hand.need.text")
			return web.Stay, nil
		}
		_, err = c.AnswerRow(r.Context(), &intakev1.AnswerRowRequest{CommandId: r.Field("command"), TransferId: id, Position: position, Text: text})
		return web.Done(here, "done.hand.answered"), err
	case "return":
		q := &intakev1.ReturnedRow{Position: position, Reason: r.Field("reason"), Comment: r.Field("comment")}
		if !Returnable(r, q) {
			return web.Stay, nil
		}
		_, err = c.ReturnRows(r.Context(), &intakev1.ReturnRowsRequest{CommandId: r.Field("command"), TransferId: id, Rows: []*intakev1.ReturnedRow{q}})
		return web.Done(here, "done.hand.returned"), err
	}
	if text == "" {
		r.Wrong("text", "hand.need.text")
		return web.Stay, nil
	}
	_, err = c.CommentRow(r.Context(), &intakev1.CommentRowRequest{CommandId: r.Field("command"), TransferId: id, Position: position, Text: text})
	return web.Done(here, "done.hand.commented"), err
}

// Returnable notes what a return lacks.
func Returnable(r *web.Request, q *intakev1.ReturnedRow) bool {
	if q.GetReason() == "" {
		r.Wrong("reason", "hand.need.why")
	} else if q.GetReason() == "other" && q.GetComment() == "" {
		r.Wrong("comment", "hand.need.other")
	}
	return r.OK()
}

type receiptPage struct {
	*intakev1.Receipt
	Transfer *intakev1.Transfer
	Home     string
	// Units and files in words.
	Words, BoxesWords, FilesWords string
	// Returned are the rows that were returned, as many as are listed; More are the others.
	Returned string
	More     int
}

// receipt is one counted hand-over, to be printed and kept.
func receipt(r *web.Request) (any, error) {
	c, err := intake(r)
	if err != nil {
		return nil, err
	}
	id, number := r.PathValue("id"), Number(r.PathValue("number"))
	if number == 0 {
		return nil, web.NotFound.With()
	}
	res, err := c.GetReceipt(r.Context(), &intakev1.GetReceiptRequest{TransferId: id, Number: number})
	if err != nil {
		return nil, err
	}
	t, err := c.GetTransfer(r.Context(), &intakev1.GetTransferRequest{TransferId: id, Limit: 1})
	if err != nil {
		return nil, err
	}
	returned, more := numeral.Runs(res.GetReceipt().GetPositions(), numeral.MostRuns)
	return receiptPage{
		Returned: returned, More: more,
		Receipt: res.GetReceipt(), Transfer: t.GetTransfer(), Home: Home(r, id), Words: Words(r.Lang, uint64(res.GetReceipt().GetUnits())),
		BoxesWords: numeral.Words(int64(res.GetReceipt().GetBoxes()), r.Lang, numeral.Feminine, numeral.Nominative),
		FilesWords: numeral.Words(int64(res.GetReceipt().GetFiles()), r.Lang, numeral.Masculine, numeral.Nominative),
	}, nil
}

// printReceipt gives the same receipt as PDF.
func printReceipt(w http.ResponseWriter, r *web.Request) error {
	c, err := intake(r)
	if err != nil {
		return err
	}
	id, number := r.PathValue("id"), Number(r.PathValue("number"))
	if number == 0 {
		return web.NotFound.With()
	}
	res, err := c.PrintReceipt(r.Context(), &intakev1.PrintReceiptRequest{TransferId: id, Number: number, Language: r.PathValue("language")})
	if err != nil {
		return err
	}
	web.PDF(w, fmt.Sprintf("receipt-%s-%d-%s.pdf", id, number, r.PathValue("language")), res.GetPdf())
	return nil
}

// fewReceipts is how many receipts a page of a transfer shows.
const fewReceipts = 12

// Receipts are the last receipts of a transfer, the newest first.
func Receipts(r *web.Request, c intakev1.IntakeServiceClient, t *intakev1.Transfer) (list []*intakev1.Receipt, err error) {
	for n := t.GetReceipts(); n > 0 && len(list) < fewReceipts; n-- {
		res, err := c.GetReceipt(r.Context(), &intakev1.GetReceiptRequest{TransferId: t.GetTransferId(), Number: n})
		if err != nil {
			return nil, err
		}
		list = append(list, res.GetReceipt())
	}
	return list, nil
}
