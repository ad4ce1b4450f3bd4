package citizen

import (
	"strconv"
	"strings"

	"github.com/skip2/go-qrcode"

	"github.com/qoyma/qoyma/services/gateway/internal/web"
)

// receiptPage confirms a request. It is drawn from the cookie, so it survives being reloaded and
// kept as a bookmark, as long as this device remembers the request.
type receiptPage struct {
	*timelinePage
	Code string // the secret in groups
	Link string
	QR   qrView
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
	if p.QR, err = qr(p.Link); err != nil {
		return nil, err
	}
	return p, nil
}

// qrView is a QR code as one path of an SVG: some 3 KB, and sharp on paper.
type qrView struct {
	Size int
	Path string
}

func qr(text string) (qrView, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return qrView{}, err
	}
	rows := code.Bitmap() // with its quiet zone of four modules
	var b strings.Builder
	for y, row := range rows {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			from := x
			for x < len(row) && row[x] {
				x++
			}
			n := strconv.Itoa(x - from)
			b.WriteString("M" + strconv.Itoa(from) + " " + strconv.Itoa(y) + "h" + n + "v1h-" + n + "z")
		}
	}
	return qrView{Size: len(rows), Path: b.String()}, nil
}
