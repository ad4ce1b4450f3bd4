package desk

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

var beyond = fault.Define(fault.Refused, "reference.finding.beyond", "{count} leaves are counted, you cite {leaves}", "листов в деле {count}, вы ссылаетесь на {leaves}", "іс парақтары: {count}, сіз {leaves} көрсеттіңіз")

// TestLeavesBeyondTheFileAreConfirmed: the warning comes with a box to tick and with all that was typed; the tick is for those leaves
// alone, and once the finding stands nothing of it is left in the form.
func TestLeavesBeyondTheFileAreConfirmed(t *testing.T) {
	s := archive(t)
	taken := s.Answers["AddFinding"]
	s.Answers["AddFinding"] = func(m proto.Message) (proto.Message, error) {
		if q := m.(*referencev1.AddFindingRequest); !q.GetLeavesConfirmed() {
			return nil, beyond.With("count", 48, "leaves", q.GetLeaves())
		}
		return taken(m)
	}
	d := open(t, s, monitor.Archivist)
	page := d.get("/desk/2026-2").Body.String()
	if strings.Contains(page, "leaves_confirmed") {
		t.Fatal("a confirmation is asked for before anything is cited")
	}
	sent := form(t, page)
	for name, value := range map[string]string{"do": "finding", "code": "1/2лс/345", "leaves": "51–52", "quotation": "Принять ученицей", "closing": "Ещё не сохранено."} {
		sent.Set(name, value)
	}
	warned := func(leaves string) {
		t.Helper()
		page = d.want(d.post("/desk/2026-2", sent), http.StatusUnprocessableEntity, "Листов в деле 48, вы ссылаетесь на "+leaves, `name="leaves_confirmed" value="1/2лс/345 | `+leaves+`"`)
		if strings.Contains(page, `value="1/2лс/345 | `+leaves+`" checked`) {
			t.Error("the box is ticked already")
		}
		back := form(t, page)
		for _, name := range []string{"code", "leaves", "quotation", "closing"} {
			if back.Get(name) != sent.Get(name) {
				t.Errorf("%s is lost: %q", name, back.Get(name))
			}
		}
	}
	warned("51–52")
	sent.Set("leaves_confirmed", "1/2лс/345 | 51–52")
	sent.Set("leaves", "77") // changed after the box was ticked
	warned("77")
	sent.Set("leaves_confirmed", "1/2лс/345 | 77")
	page = d.want(d.post("/desk/2026-2", sent), http.StatusOK)
	if back := form(t, page); strings.Contains(page, "leaves_confirmed") || back.Get("code") != "" || back.Get("closing") != "Ещё не сохранено." {
		t.Errorf("after the finding stands: %v", back)
	}
}

// TestWhoConfirmedIsShown: to whoever works on the answer and to the head who signs it, by name; by number where the account is gone, or
// the reader may not look into the accounts.
func TestWhoConfirmedIsShown(t *testing.T) {
	s := archive(t)
	one, account := s.Answers["GetRequest"], "arch7"
	s.Answers["GetRequest"] = func(m proto.Message) (proto.Message, error) {
		out, err := one(m)
		if res, ok := out.(*referencev1.GetRequestResponse); ok {
			res.GetFindings()[0].LeafCount, res.GetFindings()[0].LeavesConfirmedBy = 9, account
			res.GetFindings()[1].LeafCount, res.GetFindings()[1].LeavesConfirmedBy = 9, account
		}
		return out, err
	}
	asked, gone := 0, false
	s.Answers["GetAccount"] = func(m proto.Message) (proto.Message, error) {
		asked++
		if gone || m.(*gatewayv1.GetAccountRequest).GetAccountId() != "arch7" {
			return nil, unknown.With("number", "arch7")
		}
		return &gatewayv1.GetAccountResponse{Account: &gatewayv1.Account{AccountId: "arch7", Name: "Сериков <С.>"}}, nil
	}
	d := open(t, s, monitor.Archivist, monitor.Head)
	for _, page := range []string{"/desk/2026-2", "/approve/2026-3"} {
		gone, asked = false, 0
		d.want(d.get(page), http.StatusOK, "Листов по каталогу: 9; листы сверх этого подтверждает Сериков &lt;С.&gt;")
		if asked != 1 {
			t.Errorf("%s: the account was asked for %d times", page, asked)
		}
		gone = true
		d.want(d.get(page), http.StatusOK, "подтверждает учётная запись № arch7")
	}
	gone, asked = false, 0
	d.as(monitor.Archivist)
	d.want(d.get("/desk/2026-2"), http.StatusOK, "подтверждает учётная запись № arch7")
	account = "arch1" // whoever confirmed looks: no account is asked for
	d.want(d.get("/desk/2026-2"), http.StatusOK, "подтверждает "+d.person.Name)
	if asked != 0 {
		t.Error("an archivist has the accounts asked, which he may not")
	}
}
