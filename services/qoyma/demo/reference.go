package demo

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
	"github.com/qoyma/qoyma/services/reference/certificate"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

func (d *demo) reference(id monitor.Identity) (referencev1.ReferenceServiceClient, error) {
	conn, err := d.p.As(id).Conn("reference")
	if err != nil {
		return nil, err
	}
	return referencev1.NewReferenceServiceClient(conn), nil
}

// requestID is the request as the citizen holds it.
type requestID struct{ number, secret string }

// ask is step 6: a citizen asks for an archival reference without an account, learns the latest
// date with its arithmetic, and follows the request by its secret.
func (d *demo) ask(ctx context.Context, s *Step) error {
	c, err := d.reference(d.researcher)
	if err != nil {
		return err
	}
	facts := &referencev1.RegimeFacts{Topic: "work_record"}
	preview, err := c.PreviewRequest(ctx, &referencev1.PreviewRequestRequest{Facts: facts, Channel: "web"})
	if err != nil {
		return err
	}
	if preview.GetRegime().GetRegime() != "archival" {
		return wrong("an archival reference came under the regime %q: it never runs on the clock of AI-11.10", preview.GetRegime().GetRegime())
	}
	res, err := c.RegisterRequest(ctx, &referencev1.RegisterRequestRequest{
		CommandId: d.id("request"), Facts: facts, Channel: "web", Language: "kk", Delivery: "electronic",
		Submission: &referencev1.Submission{
			Applicant: &referencev1.Applicant{Surname: "Ахметов", GivenName: "Серікбай", Patronymic: "Нұрланұлы", Email: "s.akhmetov@example.kz", BirthDate: "1978-04-17"},
			Text:      "2012 жылы Ақбұлақ ауылындағы мектеп құрылысына жауапты болып тағайындалғаным туралы анықтама беруіңізді сұраймын.",
			Hints:     "Жетіөзен облысының білім басқармасы, негізгі қызмет бойынша бұйрықтар", Period: "2012",
		},
	})
	if err != nil {
		return err
	}
	d.request = requestID{res.GetNumber(), res.GetSecret()}
	s.Facts["request"], s.Facts["due_on"], s.Facts["regime"] = res.GetNumber(), res.GetDueOn(), res.GetRegime().GetRegime()
	x := res.GetRegime().GetExplanation()
	d.say(s, "№ "+res.GetNumber()+": "+x.GetKk(), "№ "+res.GetNumber()+": "+x.GetRu(), "No. "+res.GetNumber()+": "+x.GetEn())
	i := slices.IndexFunc(res.GetDuties(), func(duty *referencev1.Duty) bool { return duty.GetKind() == "answer" })
	if i < 0 || len(res.GetDuties()[i].GetSteps()) == 0 || res.GetDuties()[i].GetDueOn() != res.GetDueOn() {
		return wrong("the date %q comes without its arithmetic", res.GetDueOn())
	}
	s.Facts["rule"] = res.GetDuties()[i].GetEdition()
	for _, step := range res.GetDuties()[i].GetSteps() {
		w := step.GetWords()
		d.say(s, "  "+w.GetKk(), "  "+w.GetRu(), "  "+w.GetEn())
	}
	if _, err := c.GetRequestBySecret(ctx, &referencev1.GetRequestBySecretRequest{Number: res.GetNumber(), Secret: res.GetSecret() + "x"}); err == nil {
		return wrong("another secret opened request %s", res.GetNumber())
	}
	seen, err := c.GetRequestBySecret(ctx, &referencev1.GetRequestBySecretRequest{Number: res.GetNumber(), Secret: res.GetSecret()})
	if err != nil {
		return err
	}
	if !seen.GetIdentityRecorded() && seen.GetSubmission() != nil {
		return wrong("personal data stand behind the secret link of %s before identity was recorded", res.GetNumber())
	}
	d.say(s, "Құпия сілтеме жұмыс істейді; жеке басы анықталғанша оның ар жағында дербес деректер жоқ",
		"Секретная ссылка работает; пока личность не установлена, за ней нет персональных данных",
		"The secret link works; until identity is recorded there are no personal data behind it")
	return nil
}

// certify is step 7: the archivist answers with a citation, the head signs the very paper, the
// proof is appended; the paper proves itself, and an altered, a re-dated and a forged one do not.
func (d *demo) certify(ctx context.Context, s *Step) error {
	visitor, err := d.reference(d.researcher)
	if err != nil {
		return err
	}
	mine := &referencev1.GetRequestBySecretRequest{Number: d.request.number, Secret: d.request.secret}
	seen, err := visitor.GetRequestBySecret(ctx, mine)
	if err != nil {
		return err
	}
	if seen.GetRequest().GetState() != "closed" { // an earlier run has not done it
		if err := d.answer(ctx, s); err != nil {
			return err
		}
	}
	var paper *referencev1.GetCertificateResponse
	if err := until(ctx, "the signed paper carries its proof", func() (bool, error) {
		paper, err = visitor.GetCertificate(ctx, &referencev1.GetCertificateRequest{Number: d.request.number, Secret: d.request.secret})
		return paper.GetComplete(), err
	}); err != nil {
		return err
	}
	path := d.bag("anyqtama-" + paper.GetCertificateNumber() + ".pdf")
	if err := journal.WriteFileSync(path, paper.GetPdf(), 0o600); err != nil {
		return err
	}
	s.Facts["certificate"], s.Facts["file"] = paper.GetCertificateNumber(), path
	d.say(s, "Анықтама: "+path, "Справка: "+path, "Certificate: "+path)
	return d.proves(ctx, s, paper)
}

// answer works on the request: archivist, then head.
func (d *demo) answer(ctx context.Context, s *Step) error {
	c, err := d.reference(d.archivist)
	if err != nil {
		return err
	}
	n := d.request.number
	if _, err := c.AssignRequest(ctx, &referencev1.AssignRequestRequest{CommandId: d.id("assign"), Number: n}); err != nil {
		return err
	}
	if _, err := c.RecordIdentity(ctx, &referencev1.RecordIdentityRequest{CommandId: d.id("identity"), Number: n, Document: "identity_card", Way: "in_person"}); err != nil {
		return err
	}
	found, err := c.AddFinding(ctx, &referencev1.AddFindingRequest{
		CommandId: d.id("finding"), Number: n, Code: d.code, Leaves: "47–48",
		Quotation: "Ақбұлақ ауылында мектеп салуға С. Н. Ахметов жауапты болып тағайындалсын.",
	})
	if err != nil {
		return err
	}
	holds, err := c.HoldsOn(ctx, &referencev1.HoldsOnRequest{Codes: []string{d.code}})
	if err != nil {
		return err
	}
	if len(holds.GetHolds()) != 1 || !slices.Contains(holds.GetHolds()[0].GetRequestNumbers(), n) {
		return wrong("the file that request %s names is not held", n)
	}
	drafted, err := c.DraftAnswer(ctx, &referencev1.DraftAnswerRequest{
		CommandId: d.id("draft"), Number: n, Kind: "certificate",
		Content: &referencev1.AnswerContent{Facts: []*referencev1.Fact{{
			Period: "12.03.2012", Text: "№ 31 бұйрықпен Ахметов Серікбай Нұрланұлы Ақбұлақ ауылындағы мектеп құрылысына жауапты болып тағайындалды.",
			Citations: []*referencev1.Citation{{Finding: found.GetFinding().GetFinding()}},
		}}},
	})
	if err != nil {
		return err
	}
	if err := d.enrol(ctx); err != nil {
		return err
	}
	submitted, err := c.SubmitForSignature(ctx, &referencev1.SubmitForSignatureRequest{CommandId: d.id("submit"), Number: n, Version: drafted.GetVersion(), Signer: d.headAccount})
	if err != nil {
		return err
	}
	cite := cited(found.GetFinding().GetCitation())
	d.say(s, "Жауап "+cite[fault.Kazakh]+" құжатына сүйенеді; іс өтініш жабылғанша ұсталды",
		"Ответ опирается на "+cite[fault.Russian]+"; дело удержано, пока запрос открыт", "The answer rests on "+cite[fault.English]+"; the file is held while the request is open")
	if err := d.sign(ctx, s, submitted.GetPaper()); err != nil {
		return err
	}
	if _, err := c.DeliverAnswer(ctx, &referencev1.DeliverAnswerRequest{CommandId: d.id("deliver"), Number: n, Way: "link"}); err != nil {
		return err
	}
	holds, err = c.HoldsOn(ctx, &referencev1.HoldsOnRequest{Codes: []string{d.code}})
	if err == nil && len(holds.GetHolds()) != 0 {
		return wrong("request %s is closed and still holds a file", n)
	}
	return err
}

// head is the head of the archive, under the account that the demonstration opened.
func (d *demo) head() monitor.Identity { return person(d.headAccount, monitor.Head, 2) }

// enrol gives the head a signing key: the administrator invites, the head chooses a passphrase.
func (d *demo) enrol(ctx context.Context) error {
	admin, err := d.reference(monitor.Identity{Actor: "person:demo-admin", Roles: []monitor.Role{monitor.Administrator}})
	if err != nil {
		return err
	}
	head, err := d.reference(d.head())
	if err != nil {
		return err
	}
	if known, err := head.GetSigner(ctx, &referencev1.GetSignerRequest{}); err == nil && known.GetSigner().GetState() == "enrolled" {
		return nil
	}
	invited, err := admin.InviteSigner(ctx, &referencev1.InviteSignerRequest{
		CommandId: d.id("invite"), Account: d.headAccount, Name: text("Г. Сейітқызы", "Г. Сейиткызы", "G. Seyitkyzy"),
		Post: text("Архив директоры", "Директор архива", "Director of the archive"),
	})
	if err != nil {
		return err
	}
	params, err := signing.NewParams(rand.Reader)
	if err != nil {
		return err
	}
	key, err := signing.Derive(Password, params)
	if err != nil {
		return err
	}
	_, err = head.EnrolSigner(ctx, &referencev1.EnrolSignerRequest{CommandId: d.id("enrol"), Code: invited.GetCode(), Key: &referencev1.KeyDerivation{
		PublicKey: signing.Public(key), Salt: params.Salt, Passes: params.Time, MemoryKib: params.MemoryKiB, Lanes: uint32(params.Threads),
	}})
	return err
}

// sign is what the head does: looks at the paper, and signs its digest with the passphrase.
func (d *demo) sign(ctx context.Context, s *Step, paper *referencev1.Paper) error {
	head, err := d.reference(d.head())
	if err != nil {
		return err
	}
	shown, err := head.GetDraftPDF(ctx, &referencev1.GetDraftPDFRequest{Number: d.request.number})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(shown.GetPdf())
	statement, err := signing.ParseStatement(shown.GetPaper().GetStatement())
	if err != nil {
		return err
	}
	if statement.SHA256 != hex.EncodeToString(sum[:]) || statement.SHA256 != paper.GetSha256() {
		return wrong("the head would sign another paper than the one shown")
	}
	mine, err := head.GetSigner(ctx, &referencev1.GetSignerRequest{})
	if err != nil {
		return err
	}
	k := mine.GetSigner().GetKey()
	sign := func(passphrase string) ([]byte, error) {
		key, err := signing.Derive(passphrase, signing.Params{Salt: k.GetSalt(), Time: k.GetPasses(), MemoryKiB: k.GetMemoryKib(), Threads: uint8(k.GetLanes())})
		if err != nil {
			return nil, err
		}
		return statement.Sign(key)
	}
	req := func(act string, signature []byte) *referencev1.SignAnswerRequest {
		return &referencev1.SignAnswerRequest{
			CommandId: d.id(act), Number: d.request.number, CertificateNumber: paper.GetCertificateNumber(), Sha256: paper.GetSha256(), Signature: signature,
		}
	}
	false1, err := sign("басқа біреудің құпиясөзі")
	if err != nil {
		return err
	}
	if _, err := head.SignAnswer(ctx, req("sign wrongly", false1)); err == nil {
		return wrong("a paper was signed with another passphrase")
	}
	signature, err := sign(Password)
	if err != nil {
		return err
	}
	if _, err := head.SignAnswer(ctx, req("sign", signature)); err != nil {
		return err
	}
	d.say(s, "Басшы қол қойды: қолтаңба дәл осы файлға байланған; басқа құпиясөз қабылданбады",
		"Руководитель подписал: подпись связана именно с этим файлом; с другой парольной фразой отказано",
		"The head has signed: the signature is bound to this very file; another passphrase was refused")
	return nil
}

// proves verifies the paper offline with the archive's published key, and tries three that are
// not genuine.
func (d *demo) proves(ctx context.Context, s *Step, paper *referencev1.GetCertificateResponse) error {
	conn, err := d.p.As(d.archivist).Conn("reference")
	if err != nil {
		return err
	}
	published, err := journalv1.NewJournalServiceClient(conn).Checkpoint(ctx, &journalv1.CheckpointRequest{Service: "reference"})
	if err != nil {
		return err
	}
	key, err := note.NewVerifier(published.GetVerifier())
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	report, err := certificate.Verify(paper.GetPdf(), key)
	if err != nil {
		return err
	}
	s.Facts["proven"] = map[string]any{"seq": report.Seq, "tree": report.TreeSize, "sha256": report.SHA256, "signed_on": report.SignedOn.String()}
	what := fmt.Sprintf(" (№ %d / %d)", report.Seq, report.TreeSize)
	d.say(s, "Шынайы: журналдағы оқиға"+what, "Подлинна: событие журнала"+what, "Genuine: an event of the journal"+what)
	first, proof, err := certificate.Split(paper.GetPdf())
	if err != nil {
		return err
	}
	altered, err := certificate.Append(bytes.Replace(first, []byte("/Title"), []byte("/titlE"), 1), proof)
	if err != nil {
		return err
	}
	redated := proof
	redated.Body = bytes.ReplaceAll(proof.Body, []byte(report.SignedOn.String()), []byte("1999-12-31"))
	late, err := certificate.Append(first, redated)
	if err != nil {
		return err
	}
	forged, err := forge(first, proof, published.GetVerifier())
	if err != nil {
		return err
	}
	refused := map[string]string{}
	for _, one := range []struct {
		name string
		pdf  []byte
		what [3]string
	}{
		{"altered", altered, [3]string{"Өзгертілгені қабылданбады: ", "Изменённая отклонена: ", "An altered one is refused: "}},
		{"redated", late, [3]string{"Күні ауыстырылғаны қабылданбады: ", "С другой датой отклонена: ", "A re-dated one is refused: "}},
		{"forged", forged, [3]string{"Жалғаны қабылданбады: ", "Поддельная отклонена: ", "A forged one is refused: "}},
	} {
		_, err := certificate.Verify(one.pdf, key)
		if err == nil {
			return wrong("%s: the paper passed", one.name)
		}
		f := fault.Of(err)
		refused[one.name] = f.Code
		d.say(s, one.what[0]+f.In(fault.Kazakh), one.what[1]+f.In(fault.Russian), one.what[2]+f.In(fault.English))
		if err := errors.Join(os.MkdirAll(d.bag("forgeries"), 0o700), os.WriteFile(filepath.Join(d.bag("forgeries"), one.name+".pdf"), one.pdf, 0o600)); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	s.Facts["refused"] = refused
	return nil
}

// forge signs the journal's checkpoint anew, under the archive's name and with a key of its own.
func forge(first []byte, proof certificate.Proof, verifier string) ([]byte, error) {
	name, _, _ := strings.Cut(verifier, "+")
	secret, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, err
	}
	text, _, _ := strings.Cut(string(proof.Note), "\n\n")
	if proof.Note, err = note.Sign(&note.Note{Text: text + "\n"}, signer); err != nil {
		return nil, err
	}
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	proof.Signer = public
	return certificate.Append(first, proof)
}

// cited is where a document stands as whoever reads writes it: a finding is cited in the request's language, because the answer is.
func cited(citation string) map[fault.Language]string {
	all := make(map[fault.Language]string)
	for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
		all[l] = citation
		if code, err := archcode.Parse(citation); err == nil {
			all[l] = code.Format(l)
		}
	}
	return all
}
