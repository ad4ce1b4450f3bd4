package intake

import (
	"crypto/sha256"
	"encoding/hex"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/keysign"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
)

// Faults of signing an act in the browser.
var (
	otherAct = fault.Define(fault.Conflict, "gateway.intake.other_act",
		"this is not the act that lies in the archive; nothing was signed; open the act again, read it, then sign",
		"это не тот акт, что лежит в архиве; ничего не подписано; откройте акт заново, прочитайте и подпишите",
		"бұл архивте жатқан акт емес; ештеңеге қол қойылған жоқ; актіні қайта ашып, оқып, содан кейін қол қойыңыз")
	otherBytes = fault.Define(fault.Internal, "gateway.intake.other_bytes",
		"the act’s bytes, or who and what the statement names, are not what is to be signed; nothing was signed; tell the administrator",
		"данные акта или то, что названо в подписываемом, не те; ничего не подписано; сообщите администратору",
		"актінің деректері немесе қол қойылатын мәтінде аталғандар өзге; ештеңеге қол қойылған жоқ; әкімшіге хабарлаңыз")
)

type signPage struct {
	accessionPage
	Copies []web.Option
	// Keyed: whoever looks has a signing key, and signs with its passphrase.
	Keyed bool
}

// signingAct is where the archive signs, and where it records what the giver signed on paper.
func signingAct(r *web.Request) (any, error) {
	r.Private()
	p, err := findAccession(r)
	if err != nil {
		return nil, err
	}
	if len(p.GetAccession().GetActs()) == 0 || !p.Lacks("archive") && !p.Lacks("giver") {
		return web.Redirect(p.Here()), nil
	}
	s := signPage{accessionPage: p}
	for _, a := range p.GetAccession().GetActs() {
		s.Copies = append(s.Copies, web.Option{Value: a.GetSha256(), Label: r.T("hand.copy." + a.GetLanguage()), Hint: "SHA-256 " + a.GetSha256()[:min(16, len(a.GetSha256()))] + "…"})
	}
	key, err := keyOf(r)
	s.Keyed = key != nil
	return s, err
}

// keyOf is the signing key of whoever asks; nil where he has none. Heads alone enrol one, so that nobody else is
// asked for: it would only be a denial in the journal.
func keyOf(r *web.Request) (*referencev1.KeyDerivation, error) {
	if !r.Person.Identity.Has(monitor.Head) {
		return nil, nil
	}
	conn, err := r.Conn("reference")
	if err != nil {
		return nil, err
	}
	res, err := referencev1.NewReferenceServiceClient(conn).GetSigner(r.Context(), &referencev1.GetSignerRequest{})
	switch {
	case err != nil && fault.Of(err).Kind == fault.NotFound:
		return nil, nil // nobody invited him yet
	case err != nil:
		return nil, err
	case res.GetSigner().GetState() != "enrolled":
		return nil, nil
	}
	return res.GetSigner().GetKey(), nil
}

// signer signs acts of acceptance.
type signer struct{ tries *keysign.Tries }

func (s signer) sign(r *web.Request) (web.Redirect, error) {
	c, err := intake(r)
	if err != nil {
		return "", err
	}
	q := &intakev1.SignActRequest{CommandId: r.Field("command"), AccessionNumber: r.PathValue("number"), Side: "archive", Sha256: r.Field("sha256")}
	if r.Field("do") == "hand" {
		q.Side, q.Hand, q.Sha256 = "giver", &intakev1.HandSignature{Name: r.Field("name"), Post: r.Field("post")}, r.Field("hand_sha256")
		if q.GetHand().GetName() == "" {
			r.Wrong("name", "intake.wrong.signer")
		}
		if q.GetSha256() == "" {
			r.Wrong("hand_sha256", "intake.wrong.copy")
		}
	} else if q.GetSha256() == "" {
		r.Wrong("sha256", "intake.wrong.copy")
	}
	if r.OK() && q.GetHand() == nil {
		err = s.withKey(r, c, q)
	}
	if err != nil || !r.OK() {
		return web.Stay, err
	}
	_, err = c.SignAct(r.Context(), q)
	return web.Done(accessionAddress(r.PathValue("number")), "done.intake-signed"), err
}

// withKey adds the signature of whoever has a key: the passphrase that he types is bound to the digest of the copy
// that he has read, the key is made for this one act and forgotten. The passphrase goes nowhere else.
func (s signer) withKey(r *web.Request, c intakev1.IntakeServiceClient, q *intakev1.SignActRequest) error {
	key, err := keyOf(r)
	if err != nil || key == nil {
		return err
	}
	passphrase := r.PostFormValue("passphrase")
	if passphrase == "" {
		r.Wrong("passphrase", "intake.wrong.passphrase")
		return nil
	}
	statement, err := statementOf(r, c, q)
	if err != nil {
		return err
	}
	q.Signature, err = s.tries.Sign(r.Context(), r.Person.Account, passphrase, key, statement)
	if err != nil && fault.Of(err).Code == keysign.WrongPassphrase.Code {
		r.Wrong("passphrase", "intake.passphrase.wrong")
		return nil
	}
	return err
}

// statementOf is what is signed under the copy with the digest, once it was compared with the copy's own bytes and
// with who signs what. Errors: otherAct, otherBytes, signing.BadStatement.
func statementOf(r *web.Request, c intakev1.IntakeServiceClient, q *intakev1.SignActRequest) (signing.Statement, error) {
	a, err := c.GetAccession(r.Context(), &intakev1.GetAccessionRequest{AccessionNumber: q.GetAccessionNumber(), Limit: 1})
	if err != nil {
		return signing.Statement{}, err
	}
	for _, copied := range a.GetAccession().GetActs() {
		if copied.GetSha256() != q.GetSha256() {
			continue
		}
		act, err := c.GetAct(r.Context(), &intakev1.GetActRequest{AccessionNumber: q.GetAccessionNumber(), Language: copied.GetLanguage(), Side: q.GetSide()})
		if err != nil {
			return signing.Statement{}, err
		}
		s, err := signing.ParseStatement(act.GetStatement())
		if err != nil {
			return s, err
		}
		if sum := sha256.Sum256(act.GetPdf()); hex.EncodeToString(sum[:]) != q.GetSha256() || s.SHA256 != q.GetSha256() ||
			s.Act != q.GetAccessionNumber() || s.ActKind != "acceptance-"+q.GetSide() || s.Account != r.Person.Account {
			return s, otherBytes.With()
		}
		return s, nil
	}
	return signing.Statement{}, otherAct.With()
}
