package citizen

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// notYourCode is the one answer to a wrong number, a wrong code and a request that does not
// exist: which of them it was is nobody's business.
var notYourCode = fault.Define(fault.NotFound, "gateway.request.code",
	"this number and this code do not belong together; copy both again from your confirmation. If it is lost, ask at the archive with your identity paper",
	"такой номер и такой код не подходят друг к другу; перепишите оба ещё раз из подтверждения. Если оно потеряно, обратитесь в архив с документом, удостоверяющим личность",
	"бұл нөмір мен бұл код бір-біріне сәйкес келмейді; екеуін де растаудан қайта көшіріңіз. Растау жоғалса, жеке басты куәландыратын құжатпен архивке келіңіз")

// open fetches a request by number and secret; wrong ones end in notYourCode.
func open(r *web.Request, number, secret string) (*referencev1.GetRequestBySecretResponse, error) {
	if !numberForm.MatchString(number) || !secretForm.MatchString(secret) {
		return nil, notYourCode.With()
	}
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	res, err := c.GetRequestBySecret(r.Context(), &referencev1.GetRequestBySecretRequest{Number: number, Secret: secret})
	if err != nil {
		if kind := fault.KindOf(err); kind == fault.NotFound || kind == fault.Denied || kind == fault.Invalid {
			return nil, notYourCode.With().Because(err)
		}
		return nil, err
	}
	return res, nil
}

type followPage struct{ Number string }

func showFollow(r *web.Request) (any, error) {
	r.Private()
	r.Keep("follow")
	return followPage{Number: tidyNumber(r.URL.Query().Get("number"))}, nil
}

func submitFollow(r *web.Request) (web.Redirect, error) {
	r.Private()
	number, secret := tidyNumber(r.Field("number")), tidySecret(r.Field("code"))
	if number == "" {
		r.Wrong("number", "follow.number.missing")
	}
	if secret == "" {
		r.Wrong("code", "follow.code.missing")
	}
	if !r.OK() {
		return "", nil
	}
	if _, err := open(r, number, secret); err != nil {
		return "", err
	}
	remember(r, number, secret)
	return web.Redirect("/r/" + number), nil
}

// mine is the request of this page and its secret: from the link, which is swapped for the cookie, or
// from the cookie. Who has neither is sent to type the code.
func mine(r *web.Request) (number, secret string, on web.Redirect, err error) {
	r.Private()
	number = r.PathValue("number")
	if !numberForm.MatchString(number) {
		return "", "", "", notYourCode.With()
	}
	if k := r.URL.Query().Get("k"); k != "" {
		if !secretForm.MatchString(k) {
			return "", "", "", notYourCode.With()
		}
		remember(r, number, k)
		q := r.URL.Query()
		q.Del("k")
		return number, "", web.Redirect((&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).String()), nil
	}
	secret, ok := secretOf(r, number)
	if !ok {
		return number, "", web.Redirect("/follow?number=" + url.QueryEscape(number)), nil
	}
	return number, secret, "", nil
}

// timelinePage is a request as its applicant sees it.
type timelinePage struct {
	*referencev1.GetRequestBySecretResponse
	Due      dueView
	Duties   []dueView // the other dates
	Badge    badge
	Timeline []entry
	Next     *entry
	NextOn   string
	Extended extensionView
	Open     bool
	Number   string
	Asked    string
	Complete bool
}

// badge is a term as shape (by its class), word and number.
type badge struct{ Class, Text string }

type entry struct{ On, Words, Who string }

type extensionView struct{ Before, On, Reason, Ground, Told, ToldBy string }

func showTimeline(r *web.Request) (any, error) {
	number, secret, on, err := mine(r)
	if err != nil || on != "" {
		return redirect(on), err
	}
	res, err := open(r, number, secret)
	if err != nil {
		if errors.Is(err, notYourCode) {
			forgetCookie(r, number)
		}
		return nil, err
	}
	return timelineOf(r, res), nil
}

// redirect is nil where there is none: an empty address must not be followed.
func redirect(on web.Redirect) any {
	if on == "" {
		return nil
	}
	return on
}

func timelineOf(r *web.Request, res *referencev1.GetRequestBySecretResponse) *timelinePage {
	q := res.GetRequest()
	p := &timelinePage{
		GetRequestBySecretResponse: res, Number: q.GetNumber(), Badge: badgeOf(r, q),
		Open: q.GetState() != "closed", Asked: longDate(r, q.GetReceivedOn()),
	}
	for _, d := range res.GetDuties() {
		if d.GetKind() == "answer" {
			p.Due = due(r, d)
		} else {
			p.Duties = append(p.Duties, due(r, d))
		}
	}
	if p.Due.On == "" {
		p.Due.On = longDate(r, q.GetDueOn())
	}
	for _, e := range res.GetTimeline() {
		p.Timeline = append(p.Timeline, entryOf(r, e))
	}
	if n := res.GetNext(); n.GetCode() != "" || n.GetWords() != nil {
		e := entryOf(r, n)
		e.On = longDate(r, n.GetOn())
		if d, err := civil.Parse(n.GetOn()); err == nil && strings.Contains(e.Words, d.In(r.Lang)) {
			e.On = "" // the words say it
		}
		p.Next = &e
	}
	if x := res.GetExtension(); x.GetDueOn() != "" {
		p.Extended = extensionView{
			Before: longDate(r, x.GetBefore()), On: longDate(r, x.GetDueOn()), Reason: x.GetReason(), Ground: x.GetGround(),
			Told: longDate(r, x.GetNoticeGivenOn()), ToldBy: longDate(r, x.GetNoticeDueOn()),
		}
	}
	return p
}

func entryOf(r *web.Request, e *referencev1.TimelineEntry) entry {
	return entry{On: shortDate(r, e.GetOn()), Words: web.In(r.Lang, e.GetWords()), Who: e.GetWho()}
}

// soon is from how many days before its end a term is marked.
const soon = 3

func badgeOf(r *web.Request, q *referencev1.RequestSummary) badge {
	left := int(q.GetDaysLeft())
	switch {
	case q.GetState() == "closed":
		class := "good"
		switch q.GetOutcome() {
		case "refused", "withdrawn", "forwarded": // closed, and not with what was asked for
			class = ""
		}
		return badge{class, r.T("outcome." + or(q.GetOutcome(), "answered"))}
	case q.GetState() == "signed":
		return badge{"good", r.T("state.signed")}
	case left < 0:
		return badge{"late", r.T("badge.late", "n", strconv.Itoa(-left))}
	case left == 0:
		return badge{"soon", r.T("badge.today")}
	case left <= soon:
		return badge{"soon", r.T("badge.left", "n", strconv.Itoa(left))}
	}
	return badge{"", r.T("badge.left", "n", strconv.Itoa(left))}
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// forget takes the secret from this device.
func forget(r *web.Request) (web.Redirect, error) {
	number := r.PathValue("number")
	if !numberForm.MatchString(number) {
		return "", notYourCode.With()
	}
	forgetCookie(r, number)
	return web.Done("/follow?number="+url.QueryEscape(number), "done.forgotten"), nil
}

// answer gives the signed paper as PDF.
func answer(w http.ResponseWriter, r *web.Request) error {
	number, secret, on, err := mine(r)
	if err != nil {
		return err
	}
	if on != "" {
		http.Redirect(w, r.Request, string(on), http.StatusSeeOther)
		return nil
	}
	c, err := reference(r)
	if err != nil {
		return err
	}
	res, err := c.GetCertificate(r.Context(), &referencev1.GetCertificateRequest{Number: number, Secret: secret})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `attachment; filename="qoyma-`+fileName(res.GetCertificateNumber())+`.pdf"`)
	h.Set("Content-Length", strconv.Itoa(len(res.GetPdf())))
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(res.GetPdf())
	if err != nil { // the reader went away; there is nothing to answer any more
		return nil //nolint:nilerr // said above
	}
	return nil
}

// fileName keeps of a paper's number what every system takes as a file's name.
func fileName(number string) string {
	out := []rune{}
	for _, c := range number {
		if c >= '0' && c <= '9' || c == '-' {
			out = append(out, c)
		}
	}
	return string(out)
}

// command is the form's idempotency key; a form without one acts once per sending.
func command(r *web.Request) string {
	if id, err := uuid.Parse(r.Field("command")); err == nil {
		return id.String()
	}
	return uuid.Must(uuid.NewV7()).String()
}
