package reference

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
	"github.com/qoyma/qoyma/services/reference/certificate"
)

// TestFromRequestToCertificate is journey 1 with the archive's side of it: registration (AI-11.7),
// the archival term (AI-3), identity, findings, draft, signature, proof, delivery.
func TestFromRequestToCertificate(t *testing.T) {
	w := newWorld(t)
	key := w.enrol()
	ask := sabira()
	reg := must[*referencev1.RegisterRequestResponse](t)(w.as(visitor).RegisterRequest(t.Context(), ask))
	if reg.GetNumber() != "2026-1" || reg.GetRegime().GetRegime() != "archival" || reg.GetDueOn() != "2026-11-17" || len(reg.GetSecret()) != 24 {
		t.Fatalf("%v", reg)
	}
	if reg.GetRegisteredAt() != "2026-11-02T10:00:00+05:00" {
		t.Errorf("registered at %s", reg.GetRegisteredAt())
	}
	again := must[*referencev1.RegisterRequestResponse](t)(w.as(visitor).RegisterRequest(t.Context(), ask))
	if !proto.Equal(reg, again) {
		t.Errorf("a retry gave another answer: %v", again)
	}
	seen := must[*referencev1.GetRequestBySecretResponse](t)(w.as(visitor).GetRequestBySecret(t.Context(), &referencev1.GetRequestBySecretRequest{Number: reg.GetNumber(), Secret: reg.GetSecret()}))
	if seen.GetSubmission() != nil || seen.GetIdentityRecorded() || seen.GetNext().GetOn() != "2026-11-17" || seen.GetRequest().GetDaysLeft() != 15 {
		t.Errorf("before identity: %v", seen)
	}
	number := reg.GetNumber()
	p := w.submitted(number)
	if p.GetCertificateNumber() != "2026-1-1" || p.GetKind() != "certificate" || p.GetLanguage() != "kk" || len(p.GetCheckDigits()) != 8 {
		t.Errorf("paper %v", p)
	}
	held := must[*referencev1.HoldsOnResponse](t)(w.as(archivist).HoldsOn(t.Context(), &referencev1.HoldsOnRequest{Codes: []string{"Р-1109-2лс-345а", "1/2/3"}}))
	if len(held.GetHolds()) != 1 || held.GetHolds()[0].GetCode() != "Р-1109/2лс/345а" || !slices.Equal(held.GetHolds()[0].GetRequestNumbers(), []string{number}) {
		t.Errorf("holds %v", held)
	}
	pdf := must[*referencev1.GetDraftPDFResponse](t)(w.as(head).GetDraftPDF(t.Context(), &referencev1.GetDraftPDFRequest{Number: number}))
	signed := must[*referencev1.SignAnswerResponse](t)(w.as(head).SignAnswer(t.Context(), w.sign(key, number, pdf.GetPaper())))
	if !signed.GetPaper().GetComplete() || signed.GetRequest().GetState() != "signed" {
		t.Errorf("signed: %v", signed)
	}
	if _, err := w.as(visitor).GetCertificate(t.Context(), &referencev1.GetCertificateRequest{Number: number, Secret: reg.GetSecret()}); code(err) != "reference.identity.first" {
		t.Errorf("the answer before identity: %v", err)
	}
	must[*referencev1.RecordIdentityResponse](t)(w.as(archivist).RecordIdentity(t.Context(), &referencev1.RecordIdentityRequest{
		CommandId: newID(), Number: number, Document: "identity_card", Way: "in_person", Note: "№ 012345678",
	}))
	whole := must[*referencev1.GetCertificateResponse](t)(w.as(visitor).GetCertificate(t.Context(), &referencev1.GetCertificateRequest{Number: number, Secret: reg.GetSecret()}))
	if !whole.GetComplete() || whole.GetSha256() != p.GetSha256() || !bytes.HasPrefix(whole.GetPdf(), pdf.GetPdf()) {
		t.Errorf("the certificate is not its first revision with something appended (%d, %d bytes)", len(whole.GetPdf()), len(pdf.GetPdf()))
	}
	verifier, _, err := journal.LoadVerifier(filepath.Join(w.dir, "keys"), "reference")
	if err != nil {
		t.Fatal(err)
	}
	report, err := certificate.Verify(whole.GetPdf(), verifier)
	if err != nil || report.Number != "2026-1-1" || report.Account != "h-1" {
		t.Errorf("verify: %+v %v", report, err)
	}
	seen = must[*referencev1.GetRequestBySecretResponse](t)(w.as(visitor).GetRequestBySecret(t.Context(), &referencev1.GetRequestBySecretRequest{Number: number, Secret: reg.GetSecret()}))
	if seen.GetSubmission().GetApplicant().GetSurname() != "Ойдағыева" || !seen.GetAnswerAvailable() || seen.GetRequest().GetAssignee() != "" {
		t.Errorf("after identity: %v", seen)
	}
	done := must[*referencev1.DeliverAnswerResponse](t)(w.as(archivist).DeliverAnswer(t.Context(), &referencev1.DeliverAnswerRequest{CommandId: newID(), Number: number, Way: "link"}))
	if done.GetRequest().GetState() != "closed" || done.GetRequest().GetOutcome() != "answered" || done.GetRequest().GetMissed() {
		t.Errorf("delivered: %v", done)
	}
	if left := must[*referencev1.ListHoldsResponse](t)(w.as(archivist).ListHolds(t.Context(), &referencev1.ListHoldsRequest{})); len(left.GetHolds()) != 0 {
		t.Errorf("still held: %v", left)
	}
	w.whole()
	w.reopen()
	w.whole()
}

// TestVerifyPaper: number and digits, or number and digest; anything else learns nothing.
func TestVerifyPaper(t *testing.T) {
	w := newWorld(t)
	key := w.enrol()
	reg := w.registered()
	p := w.submitted(reg.GetNumber())
	ask := func(number, digits, sha string) string {
		t.Helper()
		return must[*referencev1.VerifyPaperResponse](t)(w.as(visitor).VerifyPaper(t.Context(), &referencev1.VerifyPaperRequest{CertificateNumber: number, CheckDigits: digits, Sha256: sha})).GetVerdict()
	}
	if got := ask(p.GetCertificateNumber(), p.GetCheckDigits(), ""); got != "unsigned" {
		t.Errorf("before the signature: %s", got)
	}
	must[*referencev1.SignAnswerResponse](t)(w.as(head).SignAnswer(t.Context(), w.sign(key, reg.GetNumber(), p)))
	for _, c := range []struct{ number, digits, sha, want string }{
		{"2026-1-1", p.GetCheckDigits(), "", "genuine"},
		{"2026-1-1", "", p.GetSha256(), "genuine"},
		{"2026-1-1", p.GetCheckDigits(), p.GetSha256(), "genuine"},
		{"2026-1-1", "00000000", "", "unknown"},
		{"2026-1-1", p.GetCheckDigits(), strings.Repeat("0", 64), "unknown"},
		{"2026-1-2", p.GetCheckDigits(), "", "unknown"},
		{"2027-1-1", p.GetCheckDigits(), "", "unknown"},
		{"x", p.GetCheckDigits(), "", "unknown"},
	} {
		if got := ask(c.number, c.digits, c.sha); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if _, err := w.as(visitor).VerifyPaper(t.Context(), &referencev1.VerifyPaperRequest{CertificateNumber: "2026-1-1"}); code(err) != "reference.verify.need" {
		t.Errorf("a number alone: %v", err)
	}
	v := must[*referencev1.VerifyPaperResponse](t)(w.as(visitor).VerifyPaper(t.Context(), &referencev1.VerifyPaperRequest{CertificateNumber: "2026-1-1", CheckDigits: p.GetCheckDigits()}))
	if text := v.String(); strings.Contains(text, "Ойдағыева") || strings.Contains(text, "Басш") {
		t.Errorf("a person is named: %s", text)
	}
	must[*referencev1.RevokeSignerResponse](t)(w.as(keeper).RevokeSigner(t.Context(), &referencev1.RevokeSignerRequest{CommandId: newID(), Account: "h-1", Ground: "приказ № 4"}))
	v = must[*referencev1.VerifyPaperResponse](t)(w.as(visitor).VerifyPaper(t.Context(), &referencev1.VerifyPaperRequest{CertificateNumber: "2026-1-1", CheckDigits: p.GetCheckDigits()}))
	if !v.GetGenuine() || !v.GetSignerRevokedSince() {
		t.Errorf("after the signer left: %v", v)
	}
}

// TestASignatureFitsOnePaper: wrong key, wrong digest, wrong person, wrong day, a second time.
func TestASignatureFitsOnePaper(t *testing.T) {
	w := newWorld(t)
	key := w.enrol()
	reg := w.registered()
	p := w.submitted(reg.GetNumber())
	other := must[[]byte](t)(signing.Derive("басқа құпия сөйлем бар", signing.Params{Salt: []byte("0123456789abcdef"), Time: 1, MemoryKiB: 19 << 10, Threads: 1}))
	good := w.sign(key, reg.GetNumber(), p)
	for name, c := range map[string]struct {
		as     monitor.Identity
		change func(q *referencev1.SignAnswerRequest)
		code   string
	}{
		"another key":    {head, func(q *referencev1.SignAnswerRequest) { q.Signature = w.sign(other, reg.GetNumber(), p).GetSignature() }, "signing.signature"},
		"no signature":   {head, func(q *referencev1.SignAnswerRequest) { q.Signature = nil }, "signing.signature"},
		"another digest": {head, func(q *referencev1.SignAnswerRequest) { q.Sha256 = strings.Repeat("0", 64) }, "reference.paper.other_digest"},
		"another paper":  {head, func(q *referencev1.SignAnswerRequest) { q.CertificateNumber = "2026-1-2" }, "reference.paper.not_submitted"},
		"another head": {
			monitor.Identity{Actor: "person:h-2", Roles: []monitor.Role{monitor.Head}, Clearance: everything},
			func(*referencev1.SignAnswerRequest) {}, "reference.paper.other_signer",
		},
	} {
		q, _ := proto.Clone(good).(*referencev1.SignAnswerRequest)
		q.CommandId = newID()
		c.change(q)
		if _, err := w.as(c.as).SignAnswer(t.Context(), q); code(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	first := must[*referencev1.SignAnswerResponse](t)(w.as(head).SignAnswer(t.Context(), good))
	again := must[*referencev1.SignAnswerResponse](t)(w.as(head).SignAnswer(t.Context(), good))
	if !proto.Equal(first, again) {
		t.Errorf("a retry: %v", again)
	}
	second := w.sign(key, reg.GetNumber(), p)
	if _, err := w.as(head).SignAnswer(t.Context(), second); code(err) != "reference.state" {
		t.Errorf("a second signature: %v", err)
	}
	w.whole()
}

// TestSecretsStandNowhere: neither journal nor log nor any file of the service holds the secret,
// the one-time code, a name in the open, or the private key.
func TestSecretsStandNowhere(t *testing.T) {
	w := newWorld(t)
	key := w.enrol()
	reg := w.registered()
	p := w.submitted(reg.GetNumber())
	must[*referencev1.SignAnswerResponse](t)(w.as(head).SignAnswer(t.Context(), w.sign(key, reg.GetNumber(), p)))
	for _, q := range []*referencev1.GetRequestBySecretRequest{
		{Number: reg.GetNumber(), Secret: reg.GetSecret() + "x"}, {Number: "2026-2", Secret: reg.GetSecret()}, {Number: "x", Secret: ""}, {Number: reg.GetNumber()},
	} {
		if _, err := w.as(visitor).GetRequestBySecret(t.Context(), q); code(err) != "reference.secret" {
			t.Errorf("%v: %v", q, err)
		}
	}
	w.close()
	var files int
	if err := filepath.WalkDir(filepath.Join(w.dir, "reference"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(reg.GetSecret())) || bytes.Contains(raw, key.Seed()) {
			t.Errorf("%s holds a secret", path)
		}
		if strings.HasSuffix(path, "store.db") && (bytes.Contains(raw, []byte("Ойдағыева")) || bytes.Contains(raw, []byte("sabira@")) || bytes.Contains(raw, []byte("Басшы"))) {
			t.Errorf("%s names a person in the open", path)
		}
		return err
	}); err != nil || files < 4 {
		t.Fatalf("%d files, %v", files, err)
	}
	if text := w.log.String(); strings.Contains(text, reg.GetSecret()) || strings.Contains(text, "Ойдағыева") {
		t.Errorf("the log: %s", text)
	}
	info, err := os.Stat(filepath.Join(w.dir, "reference", keyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v %v", info.Mode(), err)
	}
}

// TestACommandIDDoesNotGiveASecretAway: who repeats somebody's command id without knowing what
// was asked gets no secret.
func TestACommandIDDoesNotGiveASecretAway(t *testing.T) {
	w := newWorld(t)
	ask := sabira()
	must[*referencev1.RegisterRequestResponse](t)(w.as(visitor).RegisterRequest(t.Context(), ask))
	guess := sabira()
	guess.CommandId, guess.Submission.Text = ask.GetCommandId(), "не знаю"
	if _, err := w.as(visitor).RegisterRequest(t.Context(), guess); code(err) != "store.command_id_reused" {
		t.Errorf("another content: %v", err)
	}
	ask.Channel = "counter"
	if _, err := w.as(archivist).RegisterRequest(t.Context(), ask); code(err) != "store.command_id_reused" {
		t.Errorf("another actor: %v", err)
	}
}

// TestKilledAtEveryStep stops the making of a certificate behind every durable step, opens the
// service again, and lets it go on.
func TestKilledAtEveryStep(t *testing.T) {
	died := errors.New("killed")
	for _, step := range []string{"printed", "submitted", "signed", "proof appended", "completed"} {
		t.Run(step, func(t *testing.T) {
			w := newWorld(t)
			key := w.enrol()
			reg := w.registered()
			w.drafted(reg.GetNumber())
			kill := func() { w.s.office.After = killAt(step, died) }
			kill()
			submit := &referencev1.SubmitForSignatureRequest{CommandId: newID(), Number: reg.GetNumber(), Version: 1}
			_, err := w.as(archivist).SubmitForSignature(t.Context(), submit)
			if early := step == "printed" || step == "submitted"; (err != nil) != early {
				t.Fatalf("submit: %v", err)
			}
			w.reopen()
			kill()
			if step == "printed" || step == "submitted" {
				w.s.office.After = nil
			}
			p := must[*referencev1.SubmitForSignatureResponse](t)(w.as(archivist).SubmitForSignature(t.Context(), submit)).GetPaper()
			sign := w.sign(key, reg.GetNumber(), p)
			_, err = w.as(head).SignAnswer(t.Context(), sign)
			if (err != nil) != (step == "signed") {
				t.Fatalf("sign: %v", err)
			}
			w.reopen()
			if err := w.s.office.Resume(t.Context()); err != nil {
				t.Fatal(err)
			}
			must[*referencev1.SignAnswerResponse](t)(w.as(head).SignAnswer(t.Context(), sign))
			whole := must[*referencev1.GetCertificateResponse](t)(w.as(archivist).GetCertificate(t.Context(), &referencev1.GetCertificateRequest{CertificateNumber: p.GetCertificateNumber()}))
			verifier, _, err := journal.LoadVerifier(filepath.Join(w.dir, "keys"), "reference")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := certificate.Verify(whole.GetPdf(), verifier); err != nil || !whole.GetComplete() {
				t.Errorf("verify: %v, complete: %t", err, whole.GetComplete())
			}
			w.reopen() // its sweep takes away what no event names
			if n := w.papers(); n != 2 {
				t.Errorf("%d files stand in the folder, a print and a whole paper should", n)
			}
			w.whole()
		})
	}
}

func (w *world) papers() int {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Join(w.dir, "reference", papersFolder))
	if err != nil {
		w.t.Fatal(err)
	}
	return len(entries)
}

// TestRestrictedReads: personal data are for the cleared; reading them is in the journal (IS-6);
// once erased they are gone and everything else stands.
func TestRestrictedReads(t *testing.T) {
	w := newWorld(t)
	reg := w.registered()
	uncleared := monitor.Identity{Actor: "person:a-9", Roles: []monitor.Role{monitor.Archivist}}
	seen := must[*referencev1.GetRequestResponse](t)(w.as(uncleared).GetRequest(t.Context(), &referencev1.GetRequestRequest{Number: reg.GetNumber()}))
	if seen.GetSubmission() != nil || !seen.GetRestricted() || strings.Contains(seen.String(), "Ойдағыева") {
		t.Errorf("without clearance: %v", seen)
	}
	if n := w.reads(); n != 0 {
		t.Errorf("%d reads recorded, none was made", n)
	}
	seen = must[*referencev1.GetRequestResponse](t)(w.as(archivist).GetRequest(t.Context(), &referencev1.GetRequestRequest{Number: reg.GetNumber()}))
	if seen.GetSubmission().GetApplicant().GetGivenName() != "Сабира" {
		t.Errorf("with clearance: %v", seen)
	}
	if n := w.reads(); n != 1 {
		t.Errorf("%d reads recorded", n)
	}
	if _, err := w.as(visitor).GetCertificate(t.Context(), &referencev1.GetCertificateRequest{CertificateNumber: "2026-1-1"}); code(err) != "reference.secret" {
		t.Errorf("a visitor without a secret: %v", err)
	}
	w.erase(reg.GetNumber())
	seen = must[*referencev1.GetRequestResponse](t)(w.as(archivist).GetRequest(t.Context(), &referencev1.GetRequestRequest{Number: reg.GetNumber()}))
	if seen.GetSubmission() != nil || !seen.GetErased() || seen.GetRequest().GetDueOn() == "" {
		t.Errorf("after erasure: %v", seen)
	}
	w.whole()
}

// reads counts the recorded reads of personal data.
func (w *world) reads() (n int) {
	w.t.Helper()
	records, err := w.s.host.Store().Timeline(journal.Ref{Type: "actor", ID: "person:a-17"}, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range records {
		if r.Is(new(journalv1.RestrictedRead)) {
			n++
		}
	}
	return n
}
