package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/keysign"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/signing"
)

type lyingPage struct {
	Rows        []row
	More        bool
	Today       string
	Unenrolled  bool // the head has no key to sign with
	Signed      []row
	SignerState string
}

// lying lists what lies before the head, the least time left first.
func lying(r *web.Request) (any, error) {
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	res, err := c.ListRequests(r.Context(), &referencev1.ListRequestsRequest{State: "submitted", Mine: true})
	if err != nil {
		return nil, err
	}
	signed, err := c.ListRequests(r.Context(), &referencev1.ListRequestsRequest{State: "signed", Mine: true, Limit: 20})
	if err != nil {
		return nil, err
	}
	p := lyingPage{Rows: rows(r, res.GetRequests()), More: res.GetNext() != "", Today: res.GetToday(), Signed: rows(r, signed.GetRequests())}
	s, err := signer(r, c)
	if err != nil {
		return nil, err
	}
	p.SignerState = s.GetState()
	p.Unenrolled = p.SignerState != "enrolled"
	return p, nil
}

// signer is the caller's own entry; nil where there is none.
func signer(r *web.Request, c referencev1.ReferenceServiceClient) (*referencev1.Signer, error) {
	res, err := c.GetSigner(r.Context(), &referencev1.GetSignerRequest{})
	if err != nil {
		if fault.Of(err).Kind == fault.NotFound {
			return nil, nil // nobody invited the caller yet
		}
		return nil, err
	}
	return res.GetSigner(), nil
}

type paperPage struct {
	*referencev1.GetRequestResponse
	confirmers

	Row       row
	Paper     *referencev1.Paper
	Draft     *referencev1.Draft // what the paper says
	Signer    *referencev1.Signer
	Mine      bool // it lies before whoever looks
	Signed    bool
	Digest    []string // in groups of eight, to be compared by eye
	MayExtend string   // ground that the regime allows; empty where none does
}

// Shown is what the paper says.
func (p paperPage) Shown() *referencev1.AnswerContent { return p.Draft.GetContent() }

// Cited is the citation of a finding.
func (p paperPage) Cited(finding uint32) string { return cited(p.GetFindings(), finding) }

// showPaper is the paper that is to be signed, with all that it rests on.
func showPaper(r *web.Request) (any, error) {
	r.Private()
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	res, err := c.GetRequest(r.Context(), &referencev1.GetRequestRequest{Number: r.PathValue("number")})
	if err != nil {
		return nil, err
	}
	if len(res.GetPapers()) == 0 {
		return nil, noPaper.With()
	}
	p := paperPage{GetRequestResponse: res, confirmers: confirmersOf(r, res.GetFindings()), Row: newRow(r, res.GetRequest()), Paper: res.GetPapers()[0]}
	p.Mine = p.Paper.GetSigner() == me(r) && p.Paper.GetState() == "submitted"
	p.Signed = p.Paper.GetState() == "signed"
	p.Digest = groups(p.Paper.GetSha256())
	for _, d := range res.GetDrafts() {
		if d.GetVersion() == p.Paper.GetVersion() {
			p.Draft = d
		}
	}
	if s := res.GetRequest(); !s.GetExtended() && !p.Signed {
		p.MayExtend = map[string]string{"information": "other_holders", "archival": "several_organisations"}[s.GetRegime()]
	}
	if p.Signer, err = signer(r, c); err != nil {
		return nil, err
	}
	return p, nil
}

// groups splits a digest so that an eye can follow it.
func groups(digest string) []string {
	var out []string
	for i := 0; i < len(digest); i += 8 {
		out = append(out, digest[i:min(i+8, len(digest))])
	}
	return out
}

// Faults of signing in the browser.
var (
	otherPaper = fault.Define(fault.Conflict, "gateway.desk.other_paper",
		"this is not the paper that you looked at: it was printed anew meanwhile; nothing was signed; read the paper as it lies now, then sign",
		"это не тот документ, который вы смотрели: за это время его напечатали заново; ничего не подписано; прочитайте документ в нынешнем виде и подпишите",
		"бұл сіз қараған құжат емес: осы уақытта ол қайта басылды; ештеңеге қол қойылған жоқ; құжатты қазіргі күйінде оқып, содан кейін қол қойыңыз")
	otherBytes = fault.Define(fault.Internal, "gateway.desk.other_bytes",
		"the paper's bytes do not have the digest that is to be signed; nothing was signed; tell the administrator",
		"контрольная сумма документа не совпадает с той, что подписывается; ничего не подписано; сообщите администратору",
		"құжаттың бақылау сомасы қол қойылатын сомаға сәйкес келмейді; ештеңеге қол қойылған жоқ; әкімшіге хабарлаңыз")
)

// approval is the head's decision on a paper.
type approval struct{ tries *keysign.Tries }

func (a *approval) decide(r *web.Request) (web.Redirect, error) {
	c, err := reference(r)
	if err != nil {
		return "", err
	}
	number := r.PathValue("number")
	here := "/approve/" + url.PathEscape(number)
	switch r.Field("do") {
	case "return":
		if r.Field("remark") == "" {
			r.Wrong("remark", "desk.need.remark")
			return web.Stay, nil
		}
		if _, err := c.ReturnDraft(r.Context(), &referencev1.ReturnDraftRequest{CommandId: r.Field("command"), Number: number, Remark: r.Field("remark")}); err != nil {
			return "", err
		}
		return web.Done("/approve", "done.desk.returned"), nil
	case "extend":
		if err := extend(r, c, ""); err != nil || !r.OK() {
			return "", err
		}
		return web.Done(here, "done.desk.extend"), nil
	case "deliver":
		if err := deliver(r, c, ""); err != nil {
			return "", err
		}
		return web.Done(here, "done.desk.deliver"), nil
	case "sign":
		if err := a.sign(r, c, number); err != nil || !r.OK() {
			return "", err
		}
		return web.Done(here, "done.desk.signed"), nil
	}
	return web.Stay, nil
}

// sign binds the head's passphrase to the digest of the paper: the key is derived for this one act
// and forgotten. The passphrase goes nowhere else: not into a log, not back into the page.
func (a *approval) sign(r *web.Request, c referencev1.ReferenceServiceClient, number string) error {
	passphrase := r.PostFormValue("passphrase")
	if passphrase == "" {
		r.Wrong("passphrase", "desk.need.passphrase")
		return nil
	}
	shown, err := c.GetDraftPDF(r.Context(), &referencev1.GetDraftPDFRequest{Number: number, CertificateNumber: r.Field("paper")})
	if err != nil {
		return err
	}
	paper := shown.GetPaper()
	if paper.GetSha256() != r.Field("sha256") || paper.GetCertificateNumber() != r.Field("paper") {
		return otherPaper.With()
	}
	statement, err := signing.ParseStatement(paper.GetStatement())
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(shown.GetPdf()); hex.EncodeToString(sum[:]) != statement.SHA256 || statement.SHA256 != paper.GetSha256() {
		return otherBytes.With()
	}
	s, err := signer(r, c)
	if err != nil {
		return err
	}
	signature, err := a.tries.Sign(r.Context(), me(r), passphrase, s.GetKey(), statement)
	if err != nil {
		if fault.Of(err).Code == keysign.WrongPassphrase.Code {
			r.Wrong("passphrase", "desk.passphrase.wrong")
			return nil
		}
		return err
	}
	_, err = c.SignAnswer(r.Context(), &referencev1.SignAnswerRequest{
		CommandId: r.Field("command"), Number: number, CertificateNumber: paper.GetCertificateNumber(), Sha256: paper.GetSha256(), Signature: signature,
	})
	return err
}

type keyPage struct {
	Signer *referencev1.Signer
	Least  int
}

// showKey is where a head makes a key of a passphrase.
func showKey(r *web.Request) (any, error) {
	r.Private()
	c, err := reference(r)
	if err != nil {
		return nil, err
	}
	s, err := signer(r, c)
	if err != nil {
		return nil, err
	}
	return keyPage{Signer: s, Least: signing.LeastPassphrase}, nil
}

func enrol(r *web.Request) (web.Redirect, error) {
	passphrase := r.PostFormValue("passphrase")
	if r.Field("code") == "" {
		r.Wrong("code", "desk.need.code.enrol")
	}
	if err := signing.CheckPassphrase(passphrase); err != nil {
		return "", err
	}
	if passphrase != r.PostFormValue("again") {
		r.Wrong("again", "desk.passphrase.differs")
	}
	if !r.OK() {
		return web.Stay, nil
	}
	key, err := keysign.NewKey(r.Context(), passphrase)
	if err != nil {
		return "", err
	}
	c, err := reference(r)
	if err != nil {
		return "", err
	}
	if _, err := c.EnrolSigner(r.Context(), &referencev1.EnrolSignerRequest{CommandId: r.Field("command"), Code: strings.TrimSpace(r.Field("code")), Key: key}); err != nil {
		return "", err
	}
	return web.Done("/approve", "done.desk.enrolled"), nil
}
