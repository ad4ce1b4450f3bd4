package intake

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/keysign"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
)

const passphrase = "қара сиыр ақ қар жауды"

var printed = []byte("%PDF the act")

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// keyed is the archive of a head who has a signing key, with the act that he is to sign.
func keyed(t *testing.T) (*pagetest.Services, *referencev1.KeyDerivation, *intakev1.GetActResponse) {
	t.Helper()
	s := archive(4)
	key, err := keysign.NewKey(t.Context(), passphrase)
	if err != nil {
		t.Fatal(err)
	}
	s.Answers["GetSigner"] = pagetest.Always(&referencev1.GetSignerResponse{Signer: &referencev1.Signer{Account: "one", State: "enrolled", Key: key}})
	a := &intakev1.Accession{AccessionNumber: "2026-7", TransferId: "2026-1", Organisation: new(recordv1.Organisation), Inventory: new(recordv1.Inventory), Acts: []*intakev1.ActDrawnUp{{Language: "kk", Sha256: strings.Repeat("a", 64)}, {Language: "ru", Sha256: digest(printed)}}}
	s.Answers["GetAccession"] = pagetest.Always(&intakev1.GetAccessionResponse{Accession: a})
	statement, err := signing.Statement{
		Archive: "kz-test", Act: "2026-7", Request: "2026-1", ActKind: "acceptance-archive", SHA256: digest(printed), Account: "one", SignedOn: civil.Date{Year: 2026, Month: 11, Day: 27},
	}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	act := &intakev1.GetActResponse{Pdf: printed, Sha256: digest(printed), Statement: statement}
	s.Answers["GetAct"] = func(m proto.Message) (proto.Message, error) {
		if q := m.(*intakev1.GetActRequest); q.GetSide() != "archive" || q.GetLanguage() != "ru" {
			t.Errorf("asked for %v", q)
		}
		return act, nil
	}
	return s, key, act
}

// TestAHeadSignsTheActWithHisKey: the signature fits exactly the statement over the copy that was chosen, and
// nothing of the passphrase goes anywhere.
func TestAHeadSignsTheActWithHisKey(t *testing.T) {
	s, key, act := keyed(t)
	v := pagetest.Open(t, s, areas, "", monitor.Head)
	v.Get("/accessions/2026-7", http.StatusOK, "/accessions/2026-7/sign")
	if page := v.Get("/accessions/2026-7/sign", http.StatusOK, `name="passphrase"`); strings.Contains(page, `value="hand"`) {
		t.Error("a head records what was signed by hand")
	}
	v.Post("/accessions/2026-7/sign", pagetest.Fields("do", "archive", "sha256", digest(printed), "passphrase", passphrase), http.StatusSeeOther, "/accessions/2026-7?done=")
	q, _ := s.Called("SignAct").(*intakev1.SignActRequest)
	if !ed25519.Verify(key.GetPublicKey(), act.GetStatement(), q.GetSignature()) || q.GetSha256() != digest(printed) || q.GetSide() != "archive" || q.GetCommandId() != pagetest.Command {
		t.Errorf("signed %v", q)
	}
}

// TestAnActIsNotSigned: in every other case intake is not asked, and the passphrase is not drawn again.
func TestAnActIsNotSigned(t *testing.T) {
	wrong := "өтірік сөйлем мұнда жазылған"
	for name, c := range map[string]struct {
		change     func(*intakev1.GetActResponse)
		passphrase string
		sha256     string
		says       string
	}{
		"no passphrase":             {says: "Введите кодовую фразу"},
		"wrong passphrase":          {passphrase: wrong, says: "Кодовая фраза неверна"},
		"another digest":            {passphrase: passphrase, sha256: strings.Repeat("0", 64), says: "не тот акт"},
		"the bytes are others":      {passphrase: passphrase, says: "не те", change: func(a *intakev1.GetActResponse) { a.Pdf = []byte("%PDF another") }},
		"no statement":              {passphrase: passphrase, says: "неполно", change: func(a *intakev1.GetActResponse) { a.Statement = nil }},
		"the statement of a clerk":  {passphrase: passphrase, says: "не те", change: replaced("acceptance-archive", "acceptance-giver")},
		"of somebody else":          {passphrase: passphrase, says: "не те", change: replaced("account: one", "account: two")},
		"of another accession":      {passphrase: passphrase, says: "не те", change: replaced("act: 2026-7", "act: 2026-8")},
		"of another file":           {passphrase: passphrase, says: "не те", change: replaced(digest(printed), strings.Repeat("b", 64))},
		"of the other, unread copy": {passphrase: passphrase, sha256: "", says: "не те", change: func(a *intakev1.GetActResponse) { a.Pdf = []byte("%PDF акт") }},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, act := keyed(t)
			if c.change != nil {
				c.change(act)
			}
			sum := digest(printed)
			if c.sha256 != "" {
				sum = c.sha256
			}
			v := pagetest.Open(t, s, areas, "", monitor.Head)
			sent := pagetest.Fields("do", "archive", "sha256", sum, "passphrase", c.passphrase)
			body := v.Tried("/accessions/2026-7/sign", sent, c.says)
			if strings.HasSuffix(name, "passphrase") && !strings.Contains(body, `href="#passphrase"`) {
				t.Error("no way to the field")
			}
			if strings.Contains(body, wrong) || strings.Contains(body, passphrase) {
				t.Error("the passphrase is drawn again")
			}
			if s.Called("SignAct") != nil {
				t.Error("intake was asked to sign")
			}
		})
	}
}

func replaced(from, to string) func(*intakev1.GetActResponse) {
	return func(a *intakev1.GetActResponse) {
		a.Statement = []byte(strings.Replace(string(a.GetStatement()), from, to, 1))
	}
}

// TestWithoutAKeyNothingIsAskedFor: an archivist is not asked for, a head who was never invited signs by his account.
func TestWithoutAKeyNothingIsAskedFor(t *testing.T) {
	for _, role := range []monitor.Role{monitor.Archivist, monitor.Head} {
		s := archive(4)
		v := pagetest.Open(t, s, areas, "", role)
		if page := v.Get("/accessions/2026-7/sign", http.StatusOK); strings.Contains(page, `name="passphrase"`) {
			t.Errorf("%s is asked for a passphrase", role)
		}
		v.Post("/accessions/2026-7/sign", pagetest.Fields("do", "archive", "sha256", strings.Repeat("b", 64)), http.StatusSeeOther)
		if asked := s.Called("GetSigner") != nil; asked != (role == monitor.Head) {
			t.Errorf("%s: the key was asked for: %t", role, asked)
		}
		if q, _ := s.Called("SignAct").(*intakev1.SignActRequest); q == nil || len(q.GetSignature()) != 0 {
			t.Errorf("%s signed %v", role, q)
		}
	}
}

// TestTheCommissionDecides sees what waits and why, and decides unless it was the one who proposed.
func TestTheCommissionDecides(t *testing.T) {
	s := archive(4)
	a := &intakev1.Accession{
		AccessionNumber: "2026-7", Kind: "purchase", Organisation: &recordv1.Organisation{Name: text("Коллекционер")}, Accepted: 2, Listed: 2,
		Proposed: &intakev1.ApprovalProposed{Number: 3, Ground: "переписка <учёного>", ProposedBy: "other", ProposedOn: "2026-11-02"},
	}
	s.Answers["ListApprovals"] = pagetest.Always(&intakev1.ListApprovalsResponse{Accessions: []*intakev1.Accession{a}, More: true})
	s.Answers["GetAccession"] = pagetest.Always(&intakev1.GetAccessionResponse{Accession: a})
	v := pagetest.Open(t, s, areas, "", monitor.Commission)
	for _, v.Lang = range []string{"kk", "ru", "en"} {
		v.Get("/commission/accessions", http.StatusOK, "переписка &lt;учёного&gt;", "Коллекционер", "/commission/accessions/2026-7", "after=2026-7")
		v.Get("/commission/accessions/2026-7", http.StatusOK, "переписка &lt;учёного&gt;", `value="approve"`, `value="decline"`, `name="proposal" value="3"`)
	}
	v.Lang = "ru"
	one := "/commission/accessions/2026-7"
	v.Post(one, pagetest.Fields("do", "approve", "proposal", "3"), http.StatusUnprocessableEntity, `href="#commission"`, `href="#protocol"`, `href="#date"`)
	v.Post(one, pagetest.Fields("do", "decline", "proposal", "3"), http.StatusUnprocessableEntity, `href="#reason"`)
	if s.Called("DecideApproval") != nil {
		t.Fatal("something was decided")
	}
	v.Post(one, pagetest.Fields("do", "decline", "proposal", "3", "reason", "нет описи"), http.StatusSeeOther, one+"?done=")
	if q, _ := s.Called("DecideApproval").(*intakev1.DecideApprovalRequest); q.GetApprove() || q.GetReason() != "нет описи" || q.GetNumber() != 3 {
		t.Errorf("declined %v", q)
	}
	v.Post(one, pagetest.Fields("do", "approve", "proposal", "3", "commission", "ЭПК", "protocol", "7", "date", "2026-11-20"), http.StatusSeeOther, one+"?done=")
	if q, _ := s.Called("DecideApproval").(*intakev1.DecideApprovalRequest); !q.GetApprove() || q.GetProtocol().GetNumber() != "7" || q.GetReason() != "" {
		t.Errorf("approved %v", q)
	}
	a.Proposed.ProposedBy = "one"
	if page := v.Get(one, http.StatusOK, "Это вынесли вы"); strings.Contains(page, `value="approve"`) {
		t.Error("whoever proposed it is offered the decision")
	}
	a.Proposed.ProposedBy, a.NotApproved = "other", &intakev1.ApprovalDeclined{Number: 3, Reason: "нет описи", DeclinedOn: "2026-11-20"}
	if page := v.Get(one, http.StatusOK, "не одобрено", "нет описи"); strings.Contains(page, `value="approve"`) {
		t.Error("what was decided is offered again")
	}
}
