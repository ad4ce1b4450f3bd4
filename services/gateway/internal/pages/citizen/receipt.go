package citizen

import (
	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

// receiptPage confirms a request. It is drawn from the cookie, so it survives being reloaded and
// kept as a bookmark, as long as this device remembers the request.
type receiptPage struct {
	*timelinePage
	Code string // the secret in groups
	Link string
	QR   web.QR
}

func showReceipt(r *web.Request) (any, error) {
	number, secret, on, err := mine(r)
	if err != nil || on != "" {
		return redirect(on), err
	}
	res, err := open(r, number, secret)
	if err != nil {
		return nil, err
	}
	p := receiptPage{timelinePage: timelineOf(r, res), Code: grouped(secret), Link: r.Origin() + "/r/" + number + "?k=" + secret}
	if p.QR, err = web.NewQR(p.Link); err != nil {
		return nil, err
	}
	return p, nil
}
