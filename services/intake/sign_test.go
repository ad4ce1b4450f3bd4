package intake

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/intake/internal/react"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/signing"
)

func (w *world) sign(number, side, sha string, signature []byte, hand *intakev1.HandSignature) (*intakev1.Accession, error) {
	res, err := w.client.SignAct(w.t.Context(), &intakev1.SignActRequest{
		CommandId: newID(), AccessionNumber: number, Side: side, Sha256: sha, Signature: signature, Hand: hand,
	})
	return res.GetAccession(), err
}

func (w *world) lacks(number string) []string {
	w.t.Helper()
	res, err := w.client.GetAccessionWork(w.t.Context(), &intakev1.GetAccessionWorkRequest{AccessionNumber: number})
	if err != nil {
		w.t.Fatal(err)
	}
	return res.GetOpen()
}

// TestTwoSignTheAct (practice.md, act of acceptance and transfer: two signatures; IS-9): each for a
// side, over the digest of the copy that was read; the second closes the accession.
func TestTwoSignTheAct(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	a, err := w.acceptPaper("2026-1")
	if err != nil {
		t.Fatal(err)
	}
	n, kk, ru := a.GetAccessionNumber(), a.GetActs()[0].GetSha256(), a.GetActs()[1].GetSha256()
	if got := w.lacks(n); !slices.Equal(got, []string{"giver", "archive"}) {
		t.Errorf("open: %v", got)
	}
	for name, c := range map[string]struct {
		side, sha string
		as        string
		want      string
	}{
		"another digest":             {"archive", strings.Repeat("0", 64), "archivist", "intake.sign.digest"},
		"the archivist as giver":     {"giver", ru, "archivist", "intake.sign.side"},
		"the clerk as archive":       {"archive", ru, "clerk", "intake.sign.side"},
		"no side":                    {"", ru, "archivist", "intake.sign.side"},
		"another department's clerk": {"giver", ru, "other", "intake.accession.unknown"},
	} {
		w.as(archivist)
		switch c.as {
		case "clerk":
			w.as(clerk("bilim"))
		case "other":
			w.as(clerk("medeniet"))
		}
		if _, err := w.sign(n, c.side, c.sha, nil, nil); fault.Of(err).Code != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.as(clerk("bilim"))
	signed, err := w.sign(n, "giver", kk, nil, nil)
	if err != nil || signed.GetClosedOn() != "" || signed.GetSignatures()[0].GetHow() != "account" || signed.GetSignatures()[0].GetLanguage() != "kk" {
		t.Fatalf("%v %v", signed, err)
	}
	if _, err := w.sign(n, "giver", kk, nil, nil); fault.Of(err).Code != "intake.sign.twice" {
		t.Errorf("twice: %v", err)
	}
	w.as(archivist)
	if signed, err = w.sign(n, "archive", ru, nil, nil); err != nil || signed.GetClosedOn() == "" || len(w.lacks(n)) != 0 {
		t.Fatalf("%v %v", signed, err)
	}
	w.whole()
}

// TestAnAccountWithAKeySignsWithIt: no program in front can sign for whoever enrolled a key, and a
// signature over another statement is refused; after the key's end the account signs as others do.
func TestAnAccountWithAKeySignsWithIt(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	a, err := w.acceptPaper("2026-1")
	if err != nil {
		t.Fatal(err)
	}
	n, sha := a.GetAccessionNumber(), a.GetActs()[0].GetSha256()
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", 32)))
	id := signing.KeyID(signing.Public(key))
	if err := w.told("reference", react.Reference(), &referencev1.SignerEnrolled{Account: "head", Key: &referencev1.KeyDerivation{KeyId: id, PublicKey: signing.Public(key)}}, nil); err != nil {
		t.Fatal(err)
	}
	w.as(head)
	if _, err := w.sign(n, "archive", sha, nil, nil); fault.Of(err).Code != "intake.sign.key" {
		t.Errorf("without the key: %v", err)
	}
	statement := signing.Statement{
		Archive: "kz-test", Act: n, Request: "2026-1", ActKind: "acceptance-archive", SHA256: sha, Account: "head", SignedOn: civil.Of(w.s.host.Store().Now()),
	}
	other := statement
	other.ActKind = "acceptance-giver"
	wrong, err := other.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.sign(n, "archive", sha, wrong, nil); !errors.Is(err, signing.NotSigned) {
		t.Errorf("another statement: %v", err)
	}
	right, err := statement.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := w.sign(n, "archive", sha, right, nil)
	if err != nil || signed.GetSignatures()[0].GetHow() != "key" || signed.GetSignatures()[0].GetKeyId() != id {
		t.Fatalf("%v %v", signed, err)
	}
	w.expect("2026-2", file(1, 3))
	w.as(archivist)
	if a, err = w.acceptPaper("2026-2"); err != nil {
		t.Fatal(err)
	}
	if err := w.told("reference", react.Reference(), &referencev1.SignerRevoked{Account: "head", KeyId: id}, nil); err != nil {
		t.Fatal(err)
	}
	w.as(head)
	if _, err := w.sign(a.GetAccessionNumber(), "archive", a.GetActs()[0].GetSha256(), right, nil); fault.Of(err) == nil || fault.Of(err).Code != "intake.sign.unknown_key" {
		t.Errorf("with a key that is no more: %v", err)
	}
	if signed, err = w.sign(a.GetAccessionNumber(), "archive", a.GetActs()[0].GetSha256(), nil, nil); err != nil || signed.GetSignatures()[0].GetHow() != "account" {
		t.Errorf("%v %v", signed, err)
	}
	w.whole()
}

// TestPersonsPapersNeedTheCommission (AR-8; practice.md): a giver signs by hand, the archive records
// it with the name sealed, and the commission's protocol closes the accession.
func TestPersonsPapersNeedTheCommission(t *testing.T) {
	w := newWorld(t)
	q := announcement("personal_papers")
	q.Ground.Protocol = nil
	id := w.announce(q, 1)
	w.check(id, &intakev1.UnitFinding{Position: 1, Finding: "present"})
	a, err := w.accept(newID(), id)
	if err != nil {
		t.Fatal(err)
	}
	n, sha := a.GetAccessionNumber(), a.GetActs()[1].GetSha256()
	if _, err := w.sign(n, "giver", sha, nil, &intakev1.HandSignature{}); fault.Of(err).Code != "intake.sign.hand" {
		t.Errorf("nobody signed by hand: %v", err)
	}
	if _, err := w.sign(n, "giver", sha, nil, &intakev1.HandSignature{Name: "Сәуле Ахметова"}); err != nil {
		t.Fatal(err)
	}
	if signed, err := w.sign(n, "archive", sha, nil, nil); err != nil || signed.GetClosedOn() != "" {
		t.Errorf("%v %v", signed, err)
	}
	approve := func(p *recordv1.Protocol) (*intakev1.ApproveAccessionResponse, error) {
		return w.client.ApproveAccession(t.Context(), &intakev1.ApproveAccessionRequest{CommandId: newID(), AccessionNumber: n, Protocol: p})
	}
	if _, err := approve(&recordv1.Protocol{Commission: "ЭПК", Number: "3", Date: "2999-01-01"}); fault.Of(err).Code != "intake.protocol" {
		t.Errorf("a protocol that has not come: %v", err)
	}
	protocol := &recordv1.Protocol{Commission: "ЭПК", Number: "3", Date: "2026-02-02"}
	if res, err := approve(protocol); err != nil || res.GetAccession().GetClosedOn() == "" {
		t.Errorf("%v %v", res, err)
	}
	if _, err := approve(protocol); fault.Of(err).Code != "intake.approve.none" {
		t.Errorf("twice: %v", err)
	}
	w.whole()
}

// TestUnitsLeaveByFourEyes (AR-3, AR-8; IS-9): proposed by an archivist, decided by another person,
// with an act in both languages; what left cannot leave again, what was declined can.
func TestUnitsLeaveByFourEyes(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3), file(2, 3), file(3, 3))
	a, err := w.acceptPaper("2026-1", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	w.signedByBoth(a)
	n := a.GetAccessionNumber()
	w.placed(n, "7", "1", 40)
	w.others.place(n, map[string]uint32{"7/1/42": 2})
	ask := func(change func(*intakev1.ProposeDeaccessionRequest), positions ...uint32) error {
		q := &intakev1.ProposeDeaccessionRequest{
			CommandId: newID(), AccessionNumber: n, Way: "transferred", Ground: "передача в профильный архив", Receiver: "ЦГА РК", Positions: positions,
			Protocol: &recordv1.Protocol{Commission: "ЭПК", Number: "9", Date: "2026-03-01"},
		}
		if change != nil {
			change(q)
		}
		_, err := w.client.ProposeDeaccession(t.Context(), q)
		return err
	}
	decide := func(count uint32, approve bool, reason string) (*intakev1.Deaccession, error) {
		res, err := w.client.DecideDeaccession(t.Context(), &intakev1.DecideDeaccessionRequest{CommandId: newID(), AccessionNumber: n, Number: count, Approve: approve, Reason: reason})
		return res.GetDeaccession(), err
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"way":          {ask(func(q *intakev1.ProposeDeaccessionRequest) { q.Way = "sold" }, 1), "intake.deaccession.fields"},
		"no receiver":  {ask(func(q *intakev1.ProposeDeaccessionRequest) { q.Receiver = "" }, 1), "intake.deaccession.fields"},
		"no ground":    {ask(func(q *intakev1.ProposeDeaccessionRequest) { q.Ground = "" }, 1), "intake.deaccession.fields"},
		"no protocol":  {ask(func(q *intakev1.ProposeDeaccessionRequest) { q.Protocol = nil }, 1), "intake.protocol"},
		"nothing":      {ask(nil), "intake.deaccession.fields"},
		"not accepted": {ask(nil, 3), "intake.deaccession.position"},
		"twice":        {ask(nil, 1, 1), "intake.deaccession.position"},
	} {
		if fault.Of(c.err) == nil || fault.Of(c.err).Code != c.want {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if err := ask(nil, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := decide(1, true, ""); fault.Of(err).Code != "intake.deaccession.same" {
		t.Errorf("the proposer decides: %v", err)
	}
	w.as(head)
	if _, err := decide(1, false, ""); fault.Of(err).Code != "intake.deaccession.reason" {
		t.Errorf("declined without a reason: %v", err)
	}
	if d, err := decide(1, false, "нужны здесь"); err != nil || d.GetState() != "declined" {
		t.Errorf("%v %v", d, err)
	}
	w.as(archivist)
	if err := ask(nil, 2); err != nil {
		t.Errorf("after it was declined: %v", err)
	}
	w.as(head)
	d, err := decide(2, true, "")
	if err != nil || d.GetState() != "done" || len(d.GetActs()) != 2 {
		t.Fatalf("%v %v", d, err)
	}
	if _, err := decide(2, true, ""); fault.Of(err).Code != "intake.deaccession.decided" {
		t.Errorf("decided twice: %v", err)
	}
	w.as(archivist)
	if err := ask(nil, 2); fault.Of(err) == nil || fault.Of(err).Code != "intake.deaccession.position" {
		t.Errorf("what has left leaves again: %v", err)
	}
	w.reopen() // the sweep keeps the acts
	act, err := w.client.GetDeaccessionAct(t.Context(), &intakev1.GetDeaccessionActRequest{AccessionNumber: n, Number: 2, Language: "ru"})
	if err != nil {
		t.Fatal(err)
	}
	if text := pdfText(t, act.GetPdf()); !strings.Contains(text, "Всего выбыло: 1 (одна) единица хранения") || !strings.Contains(text, "протокол ЭПК от 01.03.2026 № 9") {
		t.Errorf("%s", text)
	}
	w.whole()
	w.as(clerk("bilim"))
	all, err := w.client.ListHandedOver(t.Context(), new(intakev1.ListHandedOverRequest))
	if err != nil || len(all.GetTransfers()) != 1 || all.GetListed() != 3 || all.GetAccepted() != 2 {
		t.Fatalf("%v %v", all, err)
	}
	h := all.GetTransfers()[0]
	if h.GetAccession().GetAccessionNumber() != n || h.GetAccession().GetDeaccessioned() != 1 || len(h.GetReceipts()) != 2 || h.GetReceipts()[1].GetWhat() != "deaccessioned" {
		t.Errorf("%v", h)
	}
}
