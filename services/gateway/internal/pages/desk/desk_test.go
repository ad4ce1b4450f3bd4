package desk

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/keysign"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// TestWhoOpensWhat opens every page as everybody.
func TestWhoOpensWhat(t *testing.T) {
	site, err := web.New(web.Config{Conn: func(string) (grpc.ClientConnInterface, error) { return archive(t), nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := Add(keysign.NewTries())(site); err != nil {
		t.Fatal(err)
	}
	want := map[string][]monitor.Role{}
	for _, p := range []string{"GET /desk", "GET /desk/{number}", "POST /desk/{number}", "GET /desk/{number}/paper", "GET /desk/{number}/answer", "GET /books", "GET /books/requests", "GET /books/certificates"} {
		want[p] = []monitor.Role{monitor.Archivist, monitor.Head}
	}
	for _, p := range []string{"GET /desk/register", "POST /desk/register"} {
		want[p] = []monitor.Role{monitor.Archivist}
	}
	for _, p := range []string{"GET /approve", "GET /approve/{number}", "POST /approve/{number}", "GET /signing-key", "POST /signing-key", "GET /reports"} {
		want[p] = []monitor.Role{monitor.Head}
	}
	for _, p := range []string{"GET /signers", "POST /signers"} {
		want[p] = []monitor.Role{monitor.Administrator}
	}
	d := open(t, archive(t))
	for _, route := range site.Routes() {
		allowed, ok := want[route.Pattern]
		if !ok {
			t.Errorf("%s: nobody said who opens it", route.Pattern)
			continue
		}
		delete(want, route.Pattern)
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = strings.NewReplacer("/approve/{number}", "/approve/2026-3", "{number}", "2026-4").Replace(path)
		visit := func() *httptest.ResponseRecorder {
			if method == http.MethodPost {
				return d.post(path, fields())
			}
			return d.get(path)
		}
		for _, role := range monitor.Roles() {
			if role == monitor.Service {
				continue
			}
			d.as(role)
			if code := visit().Code; (code == http.StatusForbidden) == slices.Contains(allowed, role) {
				t.Errorf("%s as %s: %d", route.Pattern, role, code)
			}
		}
		d.as()
		if code := visit().Code; code != http.StatusUnauthorized && code != http.StatusSeeOther {
			t.Errorf("%s as a visitor: %d", route.Pattern, code)
		}
	}
	if len(want) > 0 {
		t.Errorf("there is no such page: %v", want)
	}
}

// TestEveryPageInEveryLanguage draws every page; the desk's own do finds missing texts.
func TestEveryPageInEveryLanguage(t *testing.T) {
	d := open(t, archive(t))
	for _, lang := range languages {
		d.lang = lang
		d.as(monitor.Head, monitor.Archivist)
		for _, address := range []string{
			"/desk", "/desk?show=mine", "/desk?show=unassigned&state=registered&regime=archival&missed=yes", "/desk?state=closed", "/desk/register",
			"/desk/2026-1", "/desk/2026-2", "/desk/2026-2?search=1/2", "/desk/2026-3", "/desk/2026-4", "/desk/2026-5",
			"/approve", "/approve/2026-3", "/approve/2026-4", "/reports", "/books", "/books/requests", "/books/requests?state=closed", "/books/certificates", "/signing-key",
		} {
			w := d.get(address)
			d.want(w, http.StatusOK, `<html lang="`+lang+`">`)
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be kept", address)
			}
		}
		d.as(monitor.Administrator)
		d.want(d.get("/signers"), http.StatusOK)
	}
	d.as(monitor.Archivist)
	d.want(d.get("/desk/2026-1"), http.StatusOK, "401-V 3.3 · edition of 2020 · rule not checked by a jurist")
}

// TestTheQueueFilters looks at what is asked for and how a condition is taken away.
func TestTheQueueFilters(t *testing.T) {
	s := archive(t)
	d := open(t, s, monitor.Archivist)
	d.want(d.get("/desk"), http.StatusOK, "просрочен, дней: 2", "25.11.2026", "осталось дней: 3", "срок – сегодня", "подписан, не вручён")
	page := d.want(d.get("/desk?state=drafted&regime=archival"), http.StatusOK)
	asked, ok := s.Called("ListRequests").(*referencev1.ListRequestsRequest)
	if !ok || !asked.GetMine() || asked.GetState() != "drafted" || asked.GetRegime() != "archival" {
		t.Errorf("an archivist begins with his own: %v", asked)
	}
	for _, link := range []string{`href="/desk?regime=archival"`, `href="/desk?state=drafted"`, `href="/desk?regime=archival&amp;show=all&amp;state=drafted"`} {
		if !strings.Contains(page, link) {
			t.Errorf("no chip leads to %s", link)
		}
	}
	d.get("/desk?state=nonsense&show=unassigned")
	if asked, _ = s.Called("ListRequests").(*referencev1.ListRequestsRequest); asked.GetState() != "registered" || asked.GetMine() {
		t.Errorf("unassigned: %v", asked)
	}
	d.as(monitor.Head)
	d.get("/desk")
	if asked, _ = s.Called("ListRequests").(*referencev1.ListRequestsRequest); asked.GetMine() {
		t.Error("the head begins with all")
	}
}

// TestEveryButtonOfARequest presses each, and looks at what the service is asked.
func TestEveryButtonOfARequest(t *testing.T) {
	for _, c := range []struct {
		do     string
		fields []string
		method string
		holds  func(s *services) bool
		stays  bool // nothing was asked: a field is missing
	}{
		{do: "take", method: "AssignRequest", holds: func(s *services) bool {
			in, ok := s.Called("AssignRequest").(*referencev1.AssignRequestRequest)
			return ok && in.GetAccount() == "" && in.GetNumber() == "2026-2" && in.GetCommandId() != ""
		}},
		{do: "assign", fields: []string{"assignee", "arch2"}, method: "AssignRequest", holds: func(s *services) bool {
			in, ok := s.Called("AssignRequest").(*referencev1.AssignRequestRequest)
			return ok && in.GetAccount() == "arch2"
		}},
		{do: "assign", method: "AssignRequest", stays: true},
		{do: "identity", fields: []string{"document", "passport", "way", "video", "note", "N 1"}, method: "RecordIdentity", holds: func(s *services) bool {
			in, ok := s.Called("RecordIdentity").(*referencev1.RecordIdentityRequest)
			return ok && in.GetDocument() == "passport" && in.GetWay() == "video" && in.GetNote() == "N 1"
		}},
		{do: "regime", fields: []string{"regime", "information", "regime_ground", "о работе архива"}, method: "DecideRegime", holds: func(s *services) bool {
			in, ok := s.Called("DecideRegime").(*referencev1.DecideRegimeRequest)
			return ok && in.GetRegime() == "information" && in.GetGround() == "о работе архива"
		}},
		{do: "regime", fields: []string{"regime", "information"}, method: "DecideRegime", stays: true},
		{do: "extend", fields: []string{"extension_ground", "several_organisations", "extension_reason", "два комбината", "extension_days", "20"}, method: "ExtendTerm", holds: func(s *services) bool {
			in, ok := s.Called("ExtendTerm").(*referencev1.ExtendTermRequest)
			return ok && in.GetGround() == "several_organisations" && in.GetDays() == 20
		}},
		{do: "extend", fields: []string{"extension_reason", "два", "extension_days", "много"}, method: "ExtendTerm", stays: true},
		{do: "notice", fields: []string{"notice_way", "phone"}, method: "RecordNotice", holds: func(s *services) bool {
			in, ok := s.Called("RecordNotice").(*referencev1.RecordNoticeRequest)
			return ok && in.GetDuty() == "extension_notice" && in.GetWay() == "phone"
		}},
		{do: "clarify", fields: []string{"clarification", "За какие годы?"}, method: "AskClarification", holds: func(s *services) bool {
			in, ok := s.Called("AskClarification").(*referencev1.AskClarificationRequest)
			return ok && in.GetText() == "За какие годы?"
		}},
		{do: "clarify", method: "AskClarification", stays: true},
		{do: "finding", fields: []string{"code", "1/2лс/345", "leaves", "10", "quotation", "Принять"}, method: "AddFinding", holds: func(s *services) bool {
			in, ok := s.Called("AddFinding").(*referencev1.AddFindingRequest)
			return ok && in.GetCode() == "1/2лс/345" && in.GetLeaves() == "10" && in.GetQuotation() == "Принять"
		}},
		{do: "finding", method: "AddFinding", stays: true},
		{do: "finding-remove:3", method: "RemoveFinding", holds: func(s *services) bool {
			in, ok := s.Called("RemoveFinding").(*referencev1.RemoveFindingRequest)
			return ok && in.GetFinding() == 3
		}},
		{do: "forward", fields: []string{"holder", "ЦГА РК", "told_on", "2026-11-22"}, method: "ForwardRequest", holds: func(s *services) bool {
			in, ok := s.Called("ForwardRequest").(*referencev1.ForwardRequestRequest)
			return ok && in.GetHolder() == "ЦГА РК" && in.GetToldOn() == "2026-11-22"
		}},
		{do: "forward", method: "ForwardRequest", stays: true},
		{do: "deliver", fields: []string{"delivery_way", "post"}, method: "DeliverAnswer", holds: func(s *services) bool {
			in, ok := s.Called("DeliverAnswer").(*referencev1.DeliverAnswerRequest)
			return ok && in.GetWay() == "post"
		}},
		{do: "nonsense:7", method: "DraftAnswer", stays: true},
	} {
		t.Run(c.do, func(t *testing.T) {
			s := archive(t)
			d := open(t, s, monitor.Archivist, monitor.Head)
			sent := form(t, d.get("/desk/2026-2").Body.String())
			sent.Set("do", c.do)
			for i := 0; i+1 < len(c.fields); i += 2 {
				sent.Set(c.fields[i], c.fields[i+1])
			}
			w := d.post("/desk/2026-2", sent)
			if c.stays {
				if s.Called(c.method) != nil || w.Code == http.StatusSeeOther {
					t.Errorf("%d, asked %v", w.Code, s.Called(c.method))
				}
				return
			}
			name, _, _ := strings.Cut(c.do, ":")
			if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != "/desk/2026-2?done=desk."+name {
				t.Errorf("%d %q: %s", w.Code, to, firstLines(w.Body.String()))
			}
			if !c.holds(s) {
				t.Errorf("asked %v", s.Called(c.method))
			}
		})
	}
}

// TestNothingTypedIsLost edits the draft and presses other buttons: the draft comes back as it
// was typed, and is saved nowhere.
func TestNothingTypedIsLost(t *testing.T) {
	s := archive(t)
	d := open(t, s, monitor.Archivist)
	sent := form(t, d.get("/desk/2026-2").Body.String())
	if sent.Get("fact-1-text") != "Уволена по собственному желанию." || sent.Get("fact-1-cite") != "2" || sent.Get("spellings") != "Омарова – Умарова" {
		t.Fatalf("the saved draft is not in the form: %v", sent)
	}
	sent.Set("fact-0-text", "Принята <ученицей> «прядильщицы».")
	sent.Set("closing", "Документы за 1979 год не сохранились.")

	press := func(do string, pairs ...string) {
		t.Helper()
		sent.Set("do", do)
		for i := 0; i+1 < len(pairs); i += 2 {
			sent.Set(pairs[i], pairs[i+1])
		}
		page := d.want(d.post("/desk/2026-2", sent), http.StatusOK)
		if sent = form(t, page); sent.Get("closing") != "Документы за 1979 год не сохранились." || !strings.Contains(page, "ещё не сохранён") {
			t.Errorf("%s lost the draft: %q", do, sent.Get("closing"))
		}
	}
	press("fact-add")
	press("fact-up:1")
	if sent.Get("fact-0-text") != "Уволена по собственному желанию." || sent.Get("fact-1-text") != "Принята <ученицей> «прядильщицы»." || sent.Get("facts") != "3" {
		t.Errorf("facts: %v", sent)
	}
	press("fact-remove:2")
	press("fact-from:1")
	if sent.Get("facts") != "3" || sent.Get("fact-2-cite") != "1" {
		t.Errorf("a finding as a fact: %v", sent)
	}
	press("search", "search", "приказы")
	if asked, ok := s.Called("Search").(*cataloguev1.SearchRequest); !ok || asked.GetQuery() != "приказы" || asked.GetKind() != "file" {
		t.Errorf("searched %v", asked)
	}
	press("cite:Ф. 1. Оп. 2лс. Д. 345")
	if sent.Get("code") != "Ф. 1. Оп. 2лс. Д. 345" || sent.Get("search") != "приказы" {
		t.Errorf("the code is not in the form of findings: %v", sent)
	}
	press("finding", "leaves", "15")
	if sent.Get("code") != "" || sent.Get("leaves") != "" {
		t.Error("the finding that was added is still in the form")
	}
	press("identity", "document", "passport", "way", "in_person")
	press("finding-remove:2")
	if sent.Get("fact-0-cite") == "2" {
		t.Error("a fact rests on a finding that was taken back")
	}
	if s.Called("DraftAnswer") != nil {
		t.Error("the draft was saved without being asked")
	}
}

// TestAfterAStepTheNextIsAnotherCommand: a page that stays must not send the same command id for
// the next thing.
func TestAfterAStepTheNextIsAnotherCommand(t *testing.T) {
	s := archive(t)
	d := open(t, s, monitor.Archivist)
	sent := form(t, d.get("/desk/2026-2").Body.String())
	first := sent.Get("command")
	sent.Set("closing", "x")
	sent.Set("do", "take")
	sent = form(t, d.want(d.post("/desk/2026-2", sent), http.StatusOK, "Запрос у вас в работе"))
	if first == "" || sent.Get("command") == first {
		t.Errorf("command %q, then %q", first, sent.Get("command"))
	}
	// Refused: the same command, so that a correction is no second act.
	s.Answers["AssignRequest"] = nil
	delete(s.Answers, "AssignRequest")
	again := sent.Get("command")
	sent.Set("do", "take")
	if sent = form(t, d.want(d.post("/desk/2026-2", sent), http.StatusServiceUnavailable, "Ответ на AssignRequest не подготовлен")); sent.Get("command") != again || sent.Get("closing") != "x" {
		t.Errorf("after a refusal: %q, closing %q", sent.Get("command"), sent.Get("closing"))
	}
}

// TestADraftIsSavedAndSubmitted looks at what the service is given.
func TestADraftIsSavedAndSubmitted(t *testing.T) {
	s := archive(t)
	d := open(t, s, monitor.Archivist)
	sent := form(t, d.get("/desk/2026-2").Body.String())
	sent.Set("gaps", "1979\r\n\r\n 1980 ")
	sent.Set("do", "submit")
	w := d.post("/desk/2026-2", sent)
	if to := w.Header().Get("Location"); to != "/desk/2026-2?done=desk.submit" {
		t.Fatalf("%d %q %s", w.Code, to, firstLines(w.Body.String()))
	}
	draft, _ := s.Called("DraftAnswer").(*referencev1.DraftAnswerRequest)
	if c := draft.GetContent(); draft.GetBasedOn() != 1 || draft.GetKind() != "certificate" || len(c.GetFacts()) != 2 || !slices.Equal(c.GetGaps(), []string{"1979", "1980"}) ||
		c.GetFacts()[0].GetCitations()[0].GetFinding() != 1 {
		t.Errorf("drafted %v", draft)
	}
	submitted, _ := s.Called("SubmitForSignature").(*referencev1.SubmitForSignatureRequest)
	if submitted.GetVersion() != 2 || submitted.GetSigner() != "head1" || submitted.GetCommandId() == draft.GetCommandId() {
		t.Errorf("submitted %v", submitted)
	}

	// What is saved already is not saved again.
	s = archive(t)
	d = open(t, s, monitor.Archivist)
	sent = form(t, d.get("/desk/2026-2").Body.String())
	sent.Set("do", "submit")
	d.post("/desk/2026-2", sent)
	if s.Called("DraftAnswer") != nil {
		t.Error("an unchanged draft was saved once more")
	}
	if submitted, _ = s.Called("SubmitForSignature").(*referencev1.SubmitForSignatureRequest); submitted.GetVersion() != 1 {
		t.Errorf("submitted %v", submitted)
	}
}

// TestARefusalNamesItsGround: the ground goes along with a refusal, and with nothing else.
func TestARefusalNamesItsGround(t *testing.T) {
	for kind, want := range map[string]uint32{"refusal": 3, "certificate": 0} {
		s := archive(t)
		d := open(t, s, monitor.Archivist)
		sent := form(t, d.get("/desk/2026-2").Body.String())
		sent.Set("kind", kind)
		sent.Set("ground", "3")
		sent.Set("do", "save")
		d.post("/desk/2026-2", sent)
		if draft, _ := s.Called("DraftAnswer").(*referencev1.DraftAnswerRequest); draft.GetRefusalGround() != want || draft.GetKind() != kind {
			t.Errorf("%s: %v", kind, draft)
		}
	}
}

// TestTheLanguageChangesWithTheDraft: what was typed comes back in the other language.
func TestTheLanguageChangesWithTheDraft(t *testing.T) {
	d := open(t, archive(t), monitor.Archivist)
	sent := form(t, d.get("/desk/2026-2").Body.String())
	sent.Set("closing", "қорытынды")
	sent.Set("go", "stay")
	page := d.want(d.post("/desk/2026-2?lang=kk", sent), http.StatusOK, `<html lang="kk">`, "Жауап жобасы")
	if form(t, page).Get("closing") != "қорытынды" {
		t.Error("the draft is gone")
	}
}

// TestWhatIsClosedStaysClosed: a reader without clearance is told so, and sees no field of it.
func TestWhatIsClosedStaysClosed(t *testing.T) {
	s := archive(t)
	res := one("2026-2", "drafted")
	res.Submission, res.Restricted = nil, true
	s.Answers["GetRequest"] = pagetest.Always(res)
	d := open(t, s, monitor.Archivist)
	if page := d.want(d.get("/desk/2026-2"), http.StatusOK, "у вас нет допуска"); strings.Contains(page, "Ахметова") {
		t.Error("the applicant is shown")
	}
}

// TestHostileNumbers: an address leads nowhere else, and an unknown request is a 404.
func TestHostileNumbers(t *testing.T) {
	d := open(t, archive(t), monitor.Archivist)
	d.want(d.get("/desk/2026-99"), http.StatusNotFound, "Запроса 2026-99 нет")
	w := d.post("/desk/%2F%2Fevil.example", fields("do", "take"))
	if to := w.Header().Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, `\`) {
		t.Errorf("sent to %q", to)
	}
	if name := fileName("../2026-1\r\nX: y"); name != "2026-1Xy" {
		t.Errorf("a file called %q", name)
	}
}

// TestReports counts.
func TestReports(t *testing.T) {
	s := archive(t)
	d := open(t, s, monitor.Head)
	d.want(d.get("/reports"), http.StatusOK, "100 %", "1 из 1 закрытых", "трудовой стаж")
	s.Answers["ListRequests"] = func(m protoMessage) (protoMessage, error) {
		return &referencev1.ListRequestsResponse{Next: "more", Requests: []*referencev1.RequestSummary{summary("2026-1", "assigned", 5)}}, nil
	}
	d.want(d.get("/reports"), http.StatusOK, "всего их больше")
}

func TestTheTicket(t *testing.T) {
	s := archive(t)
	d := open(t, s, monitor.Archivist)
	sent := form(t, d.get("/desk/register").Body.String())
	sent.Set("do", "register")
	d.want(d.post("/desk/register", sent), http.StatusUnprocessableEntity, "Укажите фамилию", "Внесите текст", "Укажите адрес")
	if s.Called("RegisterRequest") != nil {
		t.Error("an empty request was registered")
	}
	for name, value := range map[string]string{"surname": "Ахметова", "given_name": "Гүлнәр", "text": "Прошу справку", "phone": "+7 701", "iin": "520308400000", "received_on": "2026-11-20", "organisation_name": "ТОО"} {
		sent.Set(name, value)
	}
	sent.Set("do", "preview")
	d.want(d.post("/desk/register", sent), http.StatusOK, "07.12.2026", "Ахметова", "дата рождения поможет")
	asked, _ := s.Called("PreviewRequest").(*referencev1.PreviewRequestRequest)
	if asked.GetChannel() != "counter" || asked.GetReceivedOn() != "2026-11-20" || asked.GetOrganisation() {
		t.Errorf("preview of %v", asked)
	}
	sent.Set("do", "register")
	w := d.post("/desk/register", sent)
	d.want(w, http.StatusOK, "Талон о приёме запроса № 2026-9", "22.11.2026, 10:15", "Сериков С.", "http://example.com/r/2026-9?k=s3cr3t")
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("the ticket may be kept")
	}
	in, _ := s.Called("RegisterRequest").(*referencev1.RegisterRequestRequest)
	a := in.GetSubmission().GetApplicant()
	if in.GetChannel() != "counter" || a.GetSurname() != "Ахметова" || a.GetIin() != "520308400000" || a.GetOrganisationName() != "" || in.GetCommandId() == "" {
		t.Errorf("registered %v", in)
	}
	// By post it is no ticket, and an organisation gives no person's fields.
	sent.Set("channel", "post")
	sent.Set("who", "organisation")
	d.want(d.post("/desk/register", sent), http.StatusOK, "Подтверждение регистрации")
	if in, _ = s.Called("RegisterRequest").(*referencev1.RegisterRequestRequest); in.GetSubmission().GetApplicant().GetSurname() != "" || in.GetSubmission().GetApplicant().GetOrganisationName() != "ТОО" {
		t.Errorf("registered %v", in)
	}
	// A service that refuses leaves everything as it was typed.
	s.Answers["RegisterRequest"] = func(protoMessage) (protoMessage, error) { return nil, unknown.With("number", "x") }
	w = d.post("/desk/register", sent)
	if d.want(w, fault.NotFound.HTTP(), "Запроса x нет"); form(t, w.Body.String()).Get("text") != "Прошу справку" {
		t.Error("the form is empty")
	}
}

// TestADocumentThatTheCatalogueDoesNotKnow may be cited, and whoever cites it is told.
func TestADocumentThatTheCatalogueDoesNotKnow(t *testing.T) {
	s := archive(t)
	s.Answers["GetFile"] = func(proto.Message) (proto.Message, error) { return nil, unknown.With("number", "9/9/9") }
	d := open(t, s, monitor.Archivist)
	sent := form(t, d.get("/desk/2026-2").Body.String())
	sent.Set("do", "finding")
	sent.Set("code", "9/9/9")
	w := d.post("/desk/2026-2", sent)
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != "/desk/2026-2?done=desk.finding.unknown" {
		t.Errorf("%d %q", w.Code, to)
	}
	if page := d.get("/desk/2026-2?done=desk.finding.unknown").Body.String(); !strings.Contains(page, "проверьте шифр") {
		t.Error("the page does not say that the code is to be checked")
	}
}
