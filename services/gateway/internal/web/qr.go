package web

import (
	"strconv"
	"strings"

	"github.com/skip2/go-qrcode"
)

// QR is a QR code as one path of an SVG: some 3 KB, and sharp on paper.
type QR struct {
	Size int
	Path string
}

// NewQR makes the code of a text. Error: a text of more than some 2,300 bytes.
func NewQR(text string) (QR, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return QR{}, err
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
	return QR{Size: len(rows), Path: b.String()}, nil
}
