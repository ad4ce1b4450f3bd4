package intake

import (
	"net/http"
	"slices"
	"strconv"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
)

// leaving is where an archivist proposes that units leave the archive.
func leaving(r *web.Request) (any, error) { return findAccession(r) }

func propose(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	q := &intakev1.ProposeDeaccessionRequest{
		CommandId: r.Field("command"), AccessionNumber: r.PathValue("number"), Way: r.Field("way"), Ground: r.Field("ground"), Receiver: r.Field("receiver"),
		Content: r.Field("content"),
	}
	if q.Positions, err = handover.Positions(r.PostFormValue("positions")); err != nil {
		r.WrongFault("positions", err)
	} else if len(q.GetPositions()) == 0 {
		r.Wrong("positions", "intake.wrong.positions")
	}
	if q.GetWay() == "" {
		r.Wrong("way", "intake.wrong.way")
	}
	if q.GetWay() == "destroyed" && q.GetContent() == "kept" {
		r.Wrong("content", "intake.wrong.content")
	}
	if (q.GetWay() == "destroyed") != (q.GetReceiver() == "") && q.GetWay() != "" {
		r.Wrong("receiver", "intake.wrong.receiver")
	}
	if q.GetGround() == "" {
		r.Wrong("ground", "intake.wrong.ground")
	}
	q.Protocol = protocolOf(r)
	if !r.OK() {
		return web.Stay, nil
	}
	res, err := c.ProposeDeaccession(r.Context(), q)
	return web.Done(leaveAddress(r.PathValue("number"), res.GetDeaccession().GetProposed().GetNumber()), "done.intake-proposed"), err
}

func leaveAddress(accession string, count uint32) string {
	return accessionAddress(accession) + "/deaccessions/" + strconv.FormatUint(uint64(count), 10)
}

type deaccessionPage struct {
	accessionPage
	*intakev1.Deaccession
	Words string
	Mine  bool // whoever looks has proposed it, and so does not decide
}

// Leaving are the units with their titles, for whoever decides; none where they stand on several pages of the accession.
func (p deaccessionPage) Leaving() (units []*intakev1.AcceptedFile) {
	for _, f := range p.GetFiles() {
		if slices.Contains(p.GetProposed().GetPositions(), f.GetFile().GetPosition()) {
			units = append(units, f)
		}
	}
	if len(units) < len(p.GetProposed().GetPositions()) {
		return nil
	}
	return units
}

// deaccession is a proposal with what became of it; the head decides here, unless it is his own.
func deaccession(r *web.Request) (any, error) {
	p, err := findAccession(r)
	if err != nil {
		return nil, err
	}
	for _, d := range p.Work.GetDeaccessions() {
		if d.GetProposed().GetNumber() == number(r.PathValue("count")) {
			return deaccessionPage{p, d, handover.Words(r.Lang, uint64(len(d.GetProposed().GetPositions()))), d.GetProposed().GetProposedBy() == r.Person.Account}, nil
		}
	}
	return nil, web.NotFound.With()
}

func decide(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	if r.Field("do") == "receive" {
		return receipted(r, c)
	}
	q := &intakev1.DecideDeaccessionRequest{
		CommandId: r.Field("command"), AccessionNumber: r.PathValue("number"), Number: number(r.PathValue("count")), Approve: r.Field("do") == "approve", Reason: r.Field("reason"),
	}
	if !q.GetApprove() && q.GetReason() == "" {
		r.Wrong("reason", "intake.wrong.decline")
		return web.Stay, nil
	}
	_, err = c.DecideDeaccession(r.Context(), q)
	return web.Done(leaveAddress(r.PathValue("number"), q.GetNumber()), "done.intake-left"), err
}

// receipted records the receiver's receipt; content that the act destroys is destroyed after it.
func receipted(r *web.Request, c intakev1.IntakeServiceClient) (web.Redirect, error) {
	q := &intakev1.ReceiveDeaccessionRequest{
		CommandId: r.Field("command"), AccessionNumber: r.PathValue("number"), Number: number(r.PathValue("count")), ReceivedOn: r.Field("received_on"), Document: r.Field("document"),
	}
	if q.GetDocument() == "" {
		r.Wrong("document", "intake.wrong.receipt")
		return web.Stay, nil
	}
	_, err := c.ReceiveDeaccession(r.Context(), q)
	return web.Done(leaveAddress(r.PathValue("number"), q.GetNumber()), "done.intake-received-left"), err
}

// Awaits tells whether the receiver's receipt is still to be recorded.
func (p deaccessionPage) Awaits() bool {
	return p.GetState() == "done" && p.GetProposed().GetReceiver() != "" && p.GetReceived() == nil
}

// Taker is the other deaccession that takes the object with this one's content; nil where there is none.
func (p deaccessionPage) Taker() *closing {
	if by := p.GetFate().GetTakenBy(); by != 0 && by != p.GetProposed().GetNumber() {
		return p.closing(by, p.GetFate())
	}
	return nil
}

func leaveAct(w http.ResponseWriter, r *web.Request) error {
	c, err := intake(r)
	if err != nil {
		return err
	}
	n, count, l := r.PathValue("number"), r.PathValue("count"), r.PathValue("language")
	res, err := c.GetDeaccessionAct(r.Context(), &intakev1.GetDeaccessionActRequest{AccessionNumber: n, Number: number(count), Language: l})
	if err != nil {
		return err
	}
	web.PDF(w, "deaccession-"+n+"-"+count+"-"+l+".pdf", res.GetPdf())
	return nil
}

type registerPage struct {
	Year, Before, After uint32
	Accessions          []*intakev1.Accession
	Units               uint64
	Words               string
	Leaving             []leave
}

type leave struct {
	*intakev1.Deaccession
	Accession *intakev1.Accession
	Address   string
}

// ofYear goes through the book of the year in the address, or of this one.
func ofYear(r *web.Request, keep func(*intakev1.Accession) bool) (registerPage, error) {
	p := registerPage{Year: number(r.URL.Query().Get("year"))}
	if p.Year == 0 || p.Year > civil.MaxYear {
		p.Year = uint32(civil.Of(r.Now()).Year)
	}
	p.Before, p.After = p.Year-1, p.Year+1
	c, err := intake(r)
	if err != nil {
		return p, err
	}
	for after, more := uint32(0), true; more; {
		res, err := c.ListAccessions(r.Context(), &intakev1.ListAccessionsRequest{Year: p.Year, After: after, Limit: 500})
		if err != nil {
			return p, err
		}
		for _, a := range res.GetAccessions() {
			after = within(a.GetAccessionNumber())
			if keep(a) {
				p.Accessions = append(p.Accessions, a)
			}
		}
		more = res.GetMore() && len(res.GetAccessions()) > 0
	}
	return p, nil
}

// undescribed is the register of receipts that are counted and wait for their act of description.
func undescribed(r *web.Request) (any, error) {
	p, err := ofYear(r, func(a *intakev1.Accession) bool { return a.GetUndescribed() > 0 })
	for _, a := range p.Accessions {
		p.Units += uint64(a.GetUndescribed())
	}
	p.Words = handover.Words(r.Lang, p.Units)
	return p, err
}

// deaccessions lists what was proposed to leave, and what has left, by the year of its accession.
func deaccessions(r *web.Request) (any, error) {
	p, err := ofYear(r, func(a *intakev1.Accession) bool { return a.GetDeaccessions() > 0 })
	if err != nil {
		return p, err
	}
	c, err := intake(r)
	if err != nil {
		return p, err
	}
	for _, a := range p.Accessions {
		work, err := c.GetAccessionWork(r.Context(), &intakev1.GetAccessionWorkRequest{AccessionNumber: a.GetAccessionNumber()})
		if err != nil {
			return p, err
		}
		for _, d := range work.GetDeaccessions() {
			p.Leaving = append(p.Leaving, leave{d, a, leaveAddress(a.GetAccessionNumber(), d.GetProposed().GetNumber())})
		}
	}
	return p, nil
}
