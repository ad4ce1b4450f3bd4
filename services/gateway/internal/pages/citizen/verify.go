package citizen

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strings"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// maxUpload bounds a paper that is checked, in bytes.
const maxUpload = 10 << 20

// chunk is how much of it goes to the service at once, in bytes.
const chunk = 256 << 10

var (
	noFile = fault.Define(fault.Invalid, "gateway.verify.no_file",
		"no file came; choose the PDF on the page before and send it again",
		"файл не получен; выберите PDF на предыдущей странице и отправьте ещё раз",
		"файл келмеді; алдыңғы бетте PDF файлын таңдап, қайта жіберіңіз")
	fileTooLarge = fault.Define(fault.Invalid, "gateway.verify.too_large",
		"the file is larger than {limit} MiB; an answer of the archive is never so large – send the PDF as you got it, not a scan",
		"файл больше {limit} МиБ; ответ архива таким не бывает – отправьте PDF, как он был получен, а не скан",
		"файл {limit} МиБ-тан үлкен; архив жауабы ондай болмайды – скан емес, алған PDF файлыңыздың өзін жіберіңіз")
	notPDF = fault.Define(fault.Invalid, "gateway.verify.not_pdf",
		"this file is no PDF; send the PDF as you got it from the archive. A paper print is checked by its number and check digits",
		"это не PDF; отправьте PDF, как он получен от архива. Бумажный ответ проверяется по номеру и контрольным цифрам",
		"бұл PDF емес; архивтен алған PDF файлын жіберіңіз. Қағаз жауап нөмірі мен бақылау цифрлары бойынша тексеріледі")
)

type verifyPage struct{ Number, Digits string }

var (
	paperForm  = regexp.MustCompile(`^[0-9]{4}-[1-9][0-9]{0,8}-[1-9][0-9]{0,3}$`)
	digitsForm = regexp.MustCompile(`^[0-9A-Za-z]{2,64}$`)
)

func showVerify(r *web.Request) (any, error) {
	q := r.URL.Query()
	// The QR code of a paper leads here with both.
	p := verifyPage{Number: tidyNumber(q.Get("number")), Digits: tidyDigits(q.Get("digits"))}
	if !q.Has("number") && !q.Has("digits") {
		return p, nil
	}
	if !paperForm.MatchString(p.Number) {
		r.Wrong("number", "verify.number.wrong")
	}
	if !digitsForm.MatchString(p.Digits) {
		r.Wrong("digits", "verify.digits.wrong")
	}
	if !r.OK() {
		return p, nil
	}
	return web.Redirect("/verify/" + p.Number + "?d=" + url.QueryEscape(p.Digits)), nil
}

func tidyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' || r == '–' {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
}

// verdictPage says whether a paper is genuine.
type verdictPage struct {
	*referencev1.VerifyPaperResponse
	Number string
	Checks []*referencev1.Check
	Dated  string
	Signed string
	File   bool
}

func verdict(r *web.Request, number string, res *referencev1.VerifyPaperResponse) *verdictPage {
	return &verdictPage{
		VerifyPaperResponse: res, Number: or(res.GetCertificateNumber(), number),
		Dated: longDate(r, res.GetDatedOn()), Signed: longDate(r, res.GetSignedOn()),
	}
}

// verifyNumber asks the journal for a paper by number and check digits.
func verifyNumber(r *web.Request) (any, error) {
	number, digits := tidyNumber(r.PathValue("number")), tidyDigits(r.URL.Query().Get("d"))
	if !paperForm.MatchString(number) || !digitsForm.MatchString(digits) {
		return web.Redirect("/verify?" + url.Values{"number": {number}, "digits": {digits}}.Encode()), nil
	}
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	res, err := c.VerifyPaper(r.Context(), &referencev1.VerifyPaperRequest{CertificateNumber: number, CheckDigits: digits})
	if err != nil {
		return nil, err
	}
	return verdict(r, number, res), nil
}

// verifyFile passes an uploaded PDF on as it comes, and keeps nothing of it.
func verifyFile(r *web.Request) (any, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, noFile.With().Because(err)
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, noFile.With().Because(err)
		}
		if part.FormName() == "file" {
			return verifyPart(r, part)
		}
	}
}

func verifyPart(r *web.Request, file io.Reader) (any, error) {
	head := make([]byte, 1024) // ISO 32000-1 §7.5.2, note: the header stands within the first 1024 bytes
	n, err := io.ReadFull(file, head)
	switch {
	case err != nil && !ended(err):
		return nil, noFile.With().Because(err)
	case n == 0:
		return nil, noFile.With()
	case !bytes.Contains(head[:n], []byte("%PDF-")):
		return nil, notPDF.With()
	}
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel() // a stream that is left in the middle ends
	stream, err := c.VerifyFile(ctx)
	if err != nil {
		return nil, err
	}
	if err := send(stream, io.MultiReader(bytes.NewReader(head[:n]), file)); err != nil {
		return nil, err
	}
	res, err := stream.CloseAndRecv()
	if err != nil {
		return nil, err
	}
	p := verdict(r, "", res.GetPaper())
	p.Checks, p.File = res.GetChecks(), true
	return p, nil
}

// send passes a file on in parts; what the service answered before its end, CloseAndRecv tells.
func send(stream referencev1.ReferenceService_VerifyFileClient, file io.Reader) error {
	part, total := make([]byte, chunk), 0
	for {
		n, err := io.ReadFull(file, part)
		if total += n; total > maxUpload {
			return fileTooLarge.With("limit", maxUpload>>20)
		}
		if err != nil && !ended(err) {
			return noFile.With().Because(err)
		}
		if n > 0 {
			if sent := stream.Send(&referencev1.VerifyFileRequest{Chunk: part[:n]}); errors.Is(sent, io.EOF) {
				return nil
			} else if sent != nil {
				return sent
			}
		}
		if err != nil {
			return nil //nolint:nilerr // the end of the file
		}
	}
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
