package intake

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

type accessionPage struct {
	*intakev1.GetAccessionResponse
	Work  *intakev1.GetAccessionWorkResponse
	Next  string
	Today string
}

// ContentAddress is where a file of the accession is downloaded.
func (p accessionPage) ContentAddress(path string) string {
	return web.ContentAddress(p.GetAccession().GetAccessionNumber(), path)
}

// closing says why a unit's content is given to nobody.
type closing struct {
	Act     string // number of the deaccession, as the refusal of the call names it
	Address string
	*intakev1.ContentFate
}

// Closed is how the content of a unit was destroyed; nil where it is given out, and where the unit left without it.
func (p accessionPage) Closed(position uint32) *closing {
	for _, d := range p.Work.GetDeaccessions() {
		if d.GetFate().GetOn() != "" && slices.Contains(d.GetProposed().GetPositions(), position) {
			return p.closing(d.GetProposed().GetNumber(), d.GetFate())
		}
	}
	return nil
}

func (p accessionPage) closing(deaccession uint32, fate *intakev1.ContentFate) *closing {
	number := p.GetAccession().GetAccessionNumber()
	return &closing{number + "/" + strconv.FormatUint(uint64(deaccession), 10), leaveAddress(number, deaccession), fate}
}

// Here is the page of the accession.
func (p accessionPage) Here() string { return accessionAddress(p.GetAccession().GetAccessionNumber()) }

// Lacks tells whether a side's signature, or the commission's decision, is not there yet.
func (p accessionPage) Lacks(what string) bool { return slices.Contains(p.Work.GetOpen(), what) }

// Signed tells whether both sides have signed the act of acceptance; before that nothing is proposed to leave (AR-6).
func (p accessionPage) Signed() bool { return !p.Lacks("giver") && !p.Lacks("archive") }

// Waits tells whether the accession lies before the commission now.
func (p accessionPage) Waits() bool {
	a := p.GetAccession()
	return a.GetProposed() != nil && a.GetApproved() == nil && a.GetNotApproved().GetNumber() != a.GetProposed().GetNumber()
}

// Labels tells whether labels of the boxes can be printed: those of units wait until the catalogue has given codes.
func (p accessionPage) Labels() bool {
	a := p.GetAccession()
	return len(p.Work.GetBoxes()) > 0 && (a.GetUndescribed() > 0 || a.GetCode().GetInventory() != "")
}

// Unsaid is how many boxes there are of which nobody has said yet which units they hold; none before the units are described.
func (p accessionPage) Unsaid() (boxes int) {
	for _, b := range p.Work.GetBoxes() {
		if b.GetFirst() == 0 && p.GetAccession().GetUndescribed() == 0 {
			boxes++
		}
	}
	return boxes
}

// Apart tells whether the accession is in quarantine now.
func (p accessionPage) Apart() bool {
	return p.GetAccession().GetQuarantine() != nil && p.GetAccession().GetQuarantineEnded() == nil
}

func accessionAddress(number string) string { return "/accessions/" + url.PathEscape(number) }

func accession(r *web.Request) (any, error) { return findAccession(r) }

// apart is the accession for a form about it.
func apart(r *web.Request) (any, error) { return findAccession(r) }

func findAccession(r *web.Request) (accessionPage, error) {
	p := accessionPage{Today: civil.Of(r.Now()).String()}
	c, err := intake(r)
	if err != nil {
		return p, err
	}
	p.GetAccessionResponse, err = c.GetAccession(r.Context(), &intakev1.GetAccessionRequest{
		AccessionNumber: r.PathValue("number"), After: number(r.URL.Query().Get("after")), Limit: listed,
	})
	if err != nil {
		return p, err
	}
	p.Work, err = c.GetAccessionWork(r.Context(), &intakev1.GetAccessionWorkRequest{AccessionNumber: r.PathValue("number")})
	if n := len(p.GetFiles()); p.GetMore() && n > 0 {
		p.Next = r.URL.EscapedPath() + "?after=" + strconv.FormatUint(uint64(p.GetFiles()[n-1].GetFile().GetPosition()), 10)
	}
	return p, err
}

// quarantine begins it, or says what came out of it.
func quarantine(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	n, here := r.PathValue("number"), accessionAddress(r.PathValue("number"))
	if r.Field("do") == "end" {
		if r.Field("result") == "" {
			r.Wrong("result", "intake.wrong.result")
			return web.Stay, nil
		}
		_, err = c.EndQuarantine(r.Context(), &intakev1.EndQuarantineRequest{CommandId: r.Field("command"), AccessionNumber: n, Result: r.Field("result"), Note: r.Field("note")})
		return web.Done(here, "done.intake-unquarantined"), err
	}
	if r.Field("reason") == "" {
		r.Wrong("reason", "intake.wrong.reason")
	}
	if r.Field("place") == "" {
		r.Wrong("place", "intake.wrong.place")
	}
	if !r.OK() {
		return web.Stay, nil
	}
	_, err = c.BeginQuarantine(r.Context(), &intakev1.BeginQuarantineRequest{CommandId: r.Field("command"), AccessionNumber: n, Reason: r.Field("reason"), Place: r.Field("place")})
	return web.Done(here, "done.intake-quarantined"), err
}

type boxesPage struct {
	accessionPage
	Lines []*intakev1.Box // those that stand, and empty ones
}

// spare is how many empty lines the form of boxes has at least, and many at most, where more boxes were counted when the transfer was
// announced.
const spare, many = 5, 50

func boxes(r *web.Request) (any, error) {
	p, err := findAccession(r)
	if err != nil {
		return nil, err
	}
	b := boxesPage{accessionPage: p, Lines: slices.Clone(p.Work.GetBoxes())}
	last := uint32(0)
	for _, box := range b.Lines {
		last = max(last, box.GetNumber())
	}
	for i := range min(max(spare, int(p.Work.GetBoxesCounted())-len(b.Lines)), many) {
		b.Lines = append(b.Lines, &intakev1.Box{Number: last + uint32(i) + 1})
	}
	return b, nil
}

// store reads the lines of the form; an empty one is no box, and one that was emptied is taken away.
func store(r *web.Request) (web.Redirect, error) {
	p, err := findAccession(r)
	if err != nil {
		return "", err
	}
	q := &intakev1.StoreBoxesRequest{CommandId: r.Field("command"), AccessionNumber: r.PathValue("number")}
	stand := make(map[uint32]bool)
	for _, b := range p.Work.GetBoxes() {
		stand[b.GetNumber()] = true
	}
	for _, line := range r.PostForm["box"] {
		b := &intakev1.Box{
			Number: number(line), First: number(r.Field("first-" + line)), Last: number(r.Field("last-" + line)),
			Room: r.Field("room-" + line), Rack: r.Field("rack-" + line), Shelf: r.Field("shelf-" + line),
		}
		if b.GetLast() == 0 {
			b.Last = b.GetFirst()
		}
		empty := b.GetFirst() == 0 && b.GetRoom()+b.GetRack()+b.GetShelf() == ""
		if b.GetNumber() > 0 && (!empty || stand[b.GetNumber()]) {
			q.Boxes = append(q.Boxes, b)
		}
	}
	if len(q.GetBoxes()) == 0 {
		r.Wrong("boxes", "intake.wrong.boxes")
		return web.Stay, nil
	}
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	_, err = c.StoreBoxes(r.Context(), q)
	return web.Done(accessionAddress(r.PathValue("number"))+"/boxes", "done.intake-stored"), err
}

func labels(w http.ResponseWriter, r *web.Request) error {
	c, err := intake(r)
	if err != nil {
		return err
	}
	n, l := r.PathValue("number"), r.PathValue("language")
	res, err := c.GetLabels(r.Context(), &intakev1.GetLabelsRequest{AccessionNumber: n, Language: l})
	if err != nil {
		return err
	}
	web.PDF(w, "labels-"+n+"-"+l+".pdf", res.GetPdf())
	return nil
}

// describe turns an undescribed accession into rows: the act of description.
func describe(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	l := fault.Russian
	if r.Field("language") == "kk" {
		l = fault.Kazakh
	}
	inventory := handover.InventoryOf(r)
	files, err := handover.ParseRows(r.PostFormValue("rows"), 0, l)
	if err != nil {
		r.WrongFault("rows", err)
	} else if len(files) == 0 {
		r.Wrong("rows", "hand.need.rows")
	}
	if !r.OK() {
		return web.Stay, nil
	}
	_, err = c.DescribeAccession(r.Context(), &intakev1.DescribeAccessionRequest{
		CommandId: r.Field("command"), AccessionNumber: r.PathValue("number"), Inventory: inventory, Files: files,
	})
	return web.Done(accessionAddress(r.PathValue("number")), "done.intake-described"), err
}

// descriptionAct gives the act of description as PDF.
func descriptionAct(w http.ResponseWriter, r *web.Request) error {
	c, err := intake(r)
	if err != nil {
		return err
	}
	n, l := r.PathValue("number"), r.PathValue("language")
	res, err := c.GetDescriptionAct(r.Context(), &intakev1.GetDescriptionActRequest{AccessionNumber: n, Language: l})
	if err != nil {
		return err
	}
	web.PDF(w, "description-"+n+"-"+l+".pdf", res.GetPdf())
	return nil
}
