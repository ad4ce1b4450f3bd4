package desk

import (
	"net/url"
	"time"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

type registerPage struct {
	Preview *referencev1.PreviewRequestResponse
	Done    *referencev1.RegisterRequestResponse // the ticket
	At      string                               // date and time of the registration, as the ticket prints them
	Channel string
	Link    string // the secret link
	QR      web.QR // of the link
}

// showRegister draws the form; with the preview once it was asked for, or the ticket once the
// request is registered (AI-11.6).
func showRegister(r *web.Request) (any, error) {
	r.Private()
	p := registerPage{}
	if r.Carry == nil {
		r.Keep("register")
	}
	switch found := r.Carry.(type) {
	case *referencev1.PreviewRequestResponse:
		p.Preview = found
	case *referencev1.RegisterRequestResponse:
		p.Done, p.Channel, p.At = found, r.Field("channel"), moment(found.GetRegisteredAt())
		if found != nil {
			p.Link = secretLink(r, found.GetNumber(), found.GetSecret())
			var err error
			if p.QR, err = web.NewQR(p.Link); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

// moment is a moment of registration as people write it; as it came where it is none.
func moment(at string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return at
	}
	return t.Format("02.01.2006, 15:04")
}

// register enters a request that came by another way than the web. The page that answers is the
// ticket: sent again, it is the same one.
func register(r *web.Request) (web.Redirect, error) {
	req := submission(r)
	a := req.GetSubmission().GetApplicant()
	c, err := reference(r)
	if err != nil {
		return "", err
	}
	if r.Field("do") != "register" {
		r.Carry, err = c.PreviewRequest(r.Context(), &referencev1.PreviewRequestRequest{
			Facts: req.GetFacts(), Channel: req.GetChannel(), Organisation: a.GetOrganisationName() != "", ReceivedOn: req.GetReceivedOn(), Applicant: a,
		})
		return web.Stay, err
	}
	organisation := r.Field("who") == "organisation"
	switch {
	case organisation && a.GetOrganisationName() == "":
		r.Wrong("organisation_name", "desk.need.organisation")
	case !organisation && a.GetSurname() == "":
		r.Wrong("surname", "desk.need.surname")
	case !organisation && a.GetGivenName() == "":
		r.Wrong("given_name", "desk.need.given")
	}
	if req.GetSubmission().GetText() == "" {
		r.Wrong("text", "desk.need.text")
	}
	if a.GetAddress()+a.GetEmail()+a.GetPhone() == "" {
		r.Wrong("address", "desk.need.contact")
	}
	if !r.OK() {
		return web.Stay, nil
	}
	req.CommandId = r.Field("command")
	r.Carry, err = c.RegisterRequest(r.Context(), req)
	return web.Stay, err
}

// submission reads the form (AI-11.5).
func submission(r *web.Request) *referencev1.RegisterRequestRequest {
	a := &referencev1.Applicant{
		Address: r.Field("address"), Email: r.Field("email"), Phone: r.Field("phone"),
		OnBehalfOf: r.Field("on_behalf_of"), Authority: r.Field("authority"),
	}
	if r.Field("who") == "organisation" {
		a.OrganisationName, a.Bin = r.Field("organisation_name"), r.Field("bin")
		a.OutgoingNumber, a.OutgoingDate = r.Field("outgoing_number"), r.Field("outgoing_date")
		a.SignatoryName, a.SignatoryPost = r.Field("signatory_name"), r.Field("signatory_post")
	} else {
		a.Surname, a.GivenName, a.Patronymic = r.Field("surname"), r.Field("given_name"), r.Field("patronymic")
		a.FormerSurname, a.Iin, a.BirthDate = r.Field("former_surname"), r.Field("iin"), r.Field("birth_date")
	}
	return &referencev1.RegisterRequestRequest{
		Facts: &referencev1.RegimeFacts{
			Topic: r.Field("topic"), Wish: r.Field("wish"),
			InProceedings: r.Field("in_proceedings") == "yes", ByMedia: r.Field("by_media") == "yes",
		},
		Channel: r.Field("channel"), Language: r.Field("language"), Delivery: r.Field("delivery"), ReceivedOn: r.Field("received_on"),
		Submission: &referencev1.Submission{Applicant: a, Text: r.Field("text"), Hints: r.Field("hints"), Period: r.Field("period")},
	}
}

// secretLink is where the applicant follows the request.
func secretLink(r *web.Request, number, secret string) string {
	return r.Origin() + "/r/" + url.PathEscape(number) + "?k=" + url.QueryEscape(secret)
}
