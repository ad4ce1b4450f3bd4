package department

import (
	"net/url"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

type handedPage struct {
	Transfers        []handed
	Next             string
	Listed, Accepted uint64 // of this page
}

// handed is one transfer with everything that came of it.
type handed struct {
	*intakev1.HandedOver
	Stage   string
	Address string
}

// handedOver is everything that the department ever handed over, with its papers.
func handedOver(r *web.Request) (any, error) {
	d, err := open(r)
	if err != nil {
		return nil, err
	}
	res, err := d.intake.ListHandedOver(r.Context(), &intakev1.ListHandedOverRequest{Organisation: d.organisation, After: r.URL.Query().Get("after"), Limit: listed})
	if err != nil {
		return nil, err
	}
	p := handedPage{Listed: res.GetListed(), Accepted: res.GetAccepted()}
	for _, h := range res.GetTransfers() {
		p.Transfers = append(p.Transfers, handed{h, stageOf(h.GetTransfer()), "/dept/transfers/" + url.PathEscape(h.GetTransfer().GetTransferId())})
	}
	if n := len(p.Transfers); res.GetMore() && n > 0 {
		p.Next = "/dept/handed-over?" + url.Values{"after": {p.Transfers[n-1].GetTransfer().GetTransferId()}}.Encode()
	}
	return p, nil
}

type signPage struct {
	transferPage
	Copies []web.Option // the printed copies by their digests
}

// signing is where the department signs the act that it has read.
func signing(r *web.Request) (any, error) {
	found, err := transfer(r)
	t, ok := found.(transferPage)
	if err != nil || !ok {
		return found, err
	}
	if t.Accession == nil || len(t.Accession.GetActs()) == 0 || !t.Lacks("giver") {
		return web.Redirect(t.Address), nil
	}
	p := signPage{transferPage: t}
	for _, a := range t.Accession.GetActs() {
		p.Copies = append(p.Copies, web.Option{Value: a.GetSha256(), Label: r.T("hand.copy." + a.GetLanguage()), Hint: "SHA-256 " + a.GetSha256()[:min(16, len(a.GetSha256()))] + "…"})
	}
	return p, nil
}

func sign(r *web.Request) (web.Redirect, error) {
	d, t, err := prepared(r)
	if err != nil {
		return "", err
	}
	if r.Field("sha256") == "" {
		r.Wrong("sha256", "dept.wrong.copy")
	}
	if r.Field("read") != "yes" {
		r.Wrong("read", "dept.wrong.read")
	}
	if !r.OK() {
		return web.Stay, nil
	}
	_, err = d.intake.SignAct(r.Context(), &intakev1.SignActRequest{
		CommandId: r.Field("command"), AccessionNumber: t.GetAccessionNumber(), Side: "giver", Sha256: r.Field("sha256"),
	})
	return web.Done("/dept/transfers/"+url.PathEscape(t.GetTransferId()), "done.dept-signed"), err
}
