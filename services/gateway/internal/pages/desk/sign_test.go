package desk

import (
	"crypto/ed25519"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
)

type protoMessage = proto.Message

// TestTheHeadSigns: the signature fits the statement that the service gave, and nothing of the
// passphrase comes back.
func TestTheHeadSigns(t *testing.T) {
	s := archive(t)
	d := open(t, s, monitor.Head)
	page := d.want(d.get("/approve/2026-3"), http.StatusOK, "Документ № 2026-3-1", "Принята ученицей", "Л. 10–12 об.")
	sent := form(t, page)
	sent.Set("passphrase", passphrase)
	sent.Set("do", "sign")
	w := d.post("/approve/2026-3", sent)
	if to := w.Header().Get("Location"); to != "/approve/2026-3?done=desk.signed" {
		t.Fatalf("%d %q %s", w.Code, to, firstLines(w.Body.String()))
	}
	in, _ := s.Called("SignAnswer").(*referencev1.SignAnswerRequest)
	if p := paperOf("2026-3"); !ed25519.Verify(headKey(t).GetPublicKey(), p.GetStatement(), in.GetSignature()) || in.GetSha256() != p.GetSha256() || in.GetCertificateNumber() != "2026-3-1" {
		t.Errorf("signed %v", in)
	}
}

// TestNothingIsSigned: in every other case the service is not asked, and the passphrase is not
// drawn again.
func TestNothingIsSigned(t *testing.T) {
	wrong := "өтірік сөйлем мұнда жазылған"
	for name, c := range map[string]struct {
		change     func(s *services)
		passphrase string
		sha256     string
		says       string
	}{
		"no passphrase":                       {passphrase: "", says: "Введите кодовую фразу"},
		"wrong passphrase":                    {passphrase: wrong, says: "Кодовая фраза неверна"},
		"another paper was printed meanwhile": {passphrase: passphrase, sha256: strings.Repeat("0", 64), says: "напечатали заново"},
		"the bytes are others": {passphrase: passphrase, says: "Контрольная сумма документа не совпадает", change: func(s *services) {
			s.Answers["GetDraftPDF"] = func(m protoMessage) (protoMessage, error) {
				return &referencev1.GetDraftPDFResponse{Paper: paperOf("2026-3"), Pdf: []byte("%PDF another")}, nil
			}
		}},
		"the statement is of another file": {passphrase: passphrase, says: "Контрольная сумма документа не совпадает", change: func(s *services) {
			s.Answers["GetDraftPDF"] = func(m protoMessage) (protoMessage, error) {
				p := paperOf("2026-3")
				p.Statement = []byte(strings.Replace(string(p.GetStatement()), p.GetSha256(), strings.Repeat("a", 64), 1))
				return &referencev1.GetDraftPDFResponse{Paper: p, Pdf: printed}, nil
			}
		}},
		"no statement": {passphrase: passphrase, says: "Подписываемое неполно", change: func(s *services) {
			s.Answers["GetDraftPDF"] = func(m protoMessage) (protoMessage, error) {
				p := paperOf("2026-3")
				p.Statement = nil
				return &referencev1.GetDraftPDFResponse{Paper: p, Pdf: printed}, nil
			}
		}},
		"hostile parameters": {passphrase: passphrase, says: "Параметры ключа подписи повреждены", change: func(s *services) {
			key := headKey(t)
			key.MemoryKib = 1 << 31
			s.Answers["GetSigner"] = pagetest.Always(&referencev1.GetSignerResponse{Signer: &referencev1.Signer{State: "enrolled", Key: key}})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := archive(t)
			d := open(t, s, monitor.Head)
			sent := form(t, d.get("/approve/2026-3").Body.String())
			if c.change != nil {
				c.change(s)
			}
			if c.sha256 != "" {
				sent.Set("sha256", c.sha256)
			}
			sent.Set("passphrase", c.passphrase)
			sent.Set("do", "sign")
			w := d.post("/approve/2026-3", sent)
			if body := w.Body.String(); w.Code < 400 || !strings.Contains(body, c.says) || strings.Contains(body, wrong) || strings.Contains(body, passphrase) {
				t.Errorf("%d: %s", w.Code, firstLines(body))
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Error("the page may be kept")
			}
			if s.Called("SignAnswer") != nil {
				t.Error("the service was asked to sign")
			}
		})
	}
}

func TestTheHeadReturnsAndExtends(t *testing.T) {
	s := archive(t)
	d := open(t, s, monitor.Head)
	d.want(d.post("/approve/2026-3", fields("do", "return")), http.StatusUnprocessableEntity, "Напишите, что исправить")
	if w := d.post("/approve/2026-3", fields("do", "return", "remark", "Где листы?")); w.Header().Get("Location") != "/approve?done=desk.returned" {
		t.Errorf("%d", w.Code)
	}
	if in, _ := s.Called("ReturnDraft").(*referencev1.ReturnDraftRequest); in.GetRemark() != "Где листы?" {
		t.Errorf("returned %v", in)
	}
	d.want(d.post("/approve/2026-3", fields("do", "extend", "extension_ground", "several_organisations")), http.StatusUnprocessableEntity, "какие организации")
	if s.Called("ExtendTerm") != nil {
		t.Error("extended without a reason")
	}
}

// TestAKeyIsMade: the service is given a public key and parameters, and nothing of the passphrase.
func TestAKeyIsMade(t *testing.T) {
	s := archive(t)
	s.Answers["GetSigner"] = pagetest.Always(&referencev1.GetSignerResponse{Signer: &referencev1.Signer{Account: "head1", State: "invited"}})
	d := open(t, s, monitor.Head)
	for _, c := range []struct{ code, first, second, says string }{
		{"", passphrase, passphrase, "Введите код"},
		{"ABCD", passphrase, passphrase + "!", "Фразы не совпадают"},
		{"ABCD", "қысқа", "қысқа", "содержит от 12"},
	} {
		w := d.post("/signing-key", fields("code", c.code, "passphrase", c.first, "again", c.second))
		if body := w.Body.String(); w.Code < 400 || !strings.Contains(body, c.says) || strings.Contains(body, c.first) {
			t.Errorf("%v: %d %s", c, w.Code, firstLines(body))
		}
	}
	if s.Called("EnrolSigner") != nil {
		t.Fatal("a bad key was enrolled")
	}
	w := d.post("/signing-key", fields("code", "ABCD", "passphrase", passphrase, "again", passphrase))
	in, _ := s.Called("EnrolSigner").(*referencev1.EnrolSignerRequest)
	if w.Code != http.StatusSeeOther || in.GetCode() != "ABCD" || len(in.GetKey().GetPublicKey()) != ed25519.PublicKeySize || in.GetKey().GetKeyId() != signing.KeyID(in.GetKey().GetPublicKey()) {
		t.Errorf("%d %v", w.Code, in)
	}
}

func TestSignersAreInvitedAndRevoked(t *testing.T) {
	s := archive(t)
	d := open(t, s, monitor.Administrator)
	d.want(d.post("/signers", fields("do", "invite", "account", "head1")), http.StatusUnprocessableEntity, "Заполните")
	filled := fields("do", "invite", "account", "head1", "name_kk", "А", "name_ru", "А", "post_kk", "Директор", "post_ru", "Директор")
	d.want(d.post("/signers", filled), http.StatusOK, "ABCD-EFGH", "29.11.2026")
	d.want(d.post("/signers", fields("do", "revoke", "revoke", "head1")), http.StatusUnprocessableEntity, "Укажите основание")
	d.post("/signers", fields("do", "revoke", "revoke", "head1", "ground", "перевод"))
	if in, _ := s.Called("RevokeSigner").(*referencev1.RevokeSignerRequest); in.GetAccount() != "head1" || in.GetGround() != "перевод" {
		t.Errorf("revoked %v", in)
	}
}

// TestPapersAreSent as PDF that no cache keeps.
func TestPapersAreSent(t *testing.T) {
	d := open(t, archive(t), monitor.Archivist)
	for address, name := range map[string]string{"/desk/2026-3/paper": "2026-3-1.pdf", "/desk/2026-4/answer": "2026-4-1.pdf"} {
		w := d.get(address)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/pdf" || w.Header().Get("Cache-Control") != "no-store" ||
			!strings.Contains(w.Header().Get("Content-Disposition"), name) || w.Body.String() != string(printed) {
			t.Errorf("%s: %d %v", address, w.Code, w.Header())
		}
	}
}
