package citizen

import (
	"unicode/utf8"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
)

// maxText is how many characters the service takes of what somebody adds or complains of.
const maxText = 4000

// showOpen draws a page that does something with one's own request.
func showOpen(r *web.Request) (any, error) {
	number, secret, on, err := mine(r)
	if err != nil || on != "" {
		return redirect(on), err
	}
	r.Keep("step")
	res, err := open(r, number, secret)
	if err != nil {
		return nil, err
	}
	return timelineOf(r, res), nil
}

// step runs what a form asks for, for whoever has the secret, and goes back to the request.
func step(r *web.Request, done string, do func(c referencev1.ReferenceServiceClient, number, secret string) error) (web.Redirect, error) {
	number, secret, on, err := mine(r)
	if err != nil || on != "" {
		return on, err
	}
	c, err := reference(r)
	if err != nil {
		return "", err
	}
	if err := do(c, number, secret); err != nil {
		return "", err
	}
	return web.Done("/r/"+number, done), nil
}

// words takes a text that must be there; what is wrong with it is noted.
func words(r *web.Request, field string) string {
	text := r.Field(field)
	switch {
	case text == "":
		r.Wrong(field, "step.text.missing")
	case utf8.RuneCountInString(text) > maxText:
		r.Wrong(field, "ask.long", "n", maxText)
	case !printable(text):
		r.Wrong(field, "ask.unprintable")
	}
	return text
}

func submitClarify(r *web.Request) (web.Redirect, error) {
	text := words(r, "text")
	if !r.OK() {
		return "", nil
	}
	return step(r, "done.clarified", func(c referencev1.ReferenceServiceClient, number, secret string) error {
		_, err := c.ClarifyRequest(r.Context(), &referencev1.ClarifyRequestRequest{CommandId: command(r), Number: number, Secret: secret, Text: text})
		return err
	})
}

// submitComplain takes a complaint (AI-18): a late one too, with its reasons.
func submitComplain(r *web.Request) (web.Redirect, error) {
	text, today := words(r, "text"), civil.Of(r.Now())
	learnt := ""
	if typed := r.Field("learnt"); typed != "" {
		day, _, ok := birth(typed, today)
		if learnt = day; !ok || day == "" {
			r.Wrong("learnt", "complain.learnt.wrong")
		}
	}
	reasons := r.Field("reasons")
	if utf8.RuneCountInString(reasons) > maxText || !printable(reasons) {
		r.Wrong("reasons", "ask.long", "n", maxText)
	}
	if !r.OK() {
		return "", nil
	}
	return step(r, "done.complained", func(c referencev1.ReferenceServiceClient, number, secret string) error {
		_, err := c.RegisterComplaint(r.Context(), &referencev1.RegisterComplaintRequest{
			CommandId: command(r), Number: number, Secret: secret, Text: text, LearntOn: learnt, LateReasons: reasons,
		})
		return err
	})
}

// submitWithdraw ends a request by its applicant's will (AI-7), after a page that says what that
// means.
func submitWithdraw(r *web.Request) (web.Redirect, error) {
	if r.Field("sure") != "yes" {
		r.Wrong("sure", "withdraw.sure.missing")
		return "", nil
	}
	return step(r, "done.withdrawn", func(c referencev1.ReferenceServiceClient, number, secret string) error {
		_, err := c.WithdrawRequest(r.Context(), &referencev1.WithdrawRequestRequest{CommandId: command(r), Number: number, Secret: secret})
		return err
	})
}
