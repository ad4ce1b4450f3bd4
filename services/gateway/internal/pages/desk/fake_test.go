package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/keysign"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/platform/signing"
)

// services answers calls with what a test prepared, and remembers them.
type services = pagetest.Services

func text(s string) *recordv1.Text { return &recordv1.Text{Kk: s, Ru: s, En: s} }

// Passphrase and key of the head of the tests.
const passphrase = "қара сиыр ақ қар жауды"

var cheap = signing.Params{Salt: []byte("0123456789abcdef"), Time: 1, MemoryKiB: 19 << 10, Threads: 1}

func headKey(t testing.TB) *referencev1.KeyDerivation {
	t.Helper()
	key, err := signing.Derive(passphrase, cheap)
	if err != nil {
		t.Fatal(err)
	}
	public := signing.Public(key)
	return &referencev1.KeyDerivation{
		KeyId: signing.KeyID(public), PublicKey: public, Salt: cheap.Salt, Passes: cheap.Time, MemoryKib: cheap.MemoryKiB, Lanes: uint32(cheap.Threads),
	}
}

var printed = []byte("%PDF-1.7 a paper")

// paperOf is a paper that lies before the head.
func paperOf(number string) *referencev1.Paper {
	sum := sha256.Sum256(printed)
	digest := hex.EncodeToString(sum[:])
	statement, err := signing.Statement{
		Archive: "kz-demo", Act: number + "-1", Request: number, ActKind: "certificate", SHA256: digest, Account: "head1",
		SignedOn: civil.Date{Year: 2026, Month: 11, Day: 22},
	}.Bytes()
	if err != nil {
		panic(err)
	}
	return &referencev1.Paper{
		CertificateNumber: number + "-1", Version: 1, Kind: "certificate", Language: "ru", Sha256: digest, Size: uint64(len(printed)), DatedOn: "2026-11-22",
		CheckDigits: "48201934", Signer: "head1", State: "submitted", Statement: statement, Post: text("Директор"),
	}
}

func summary(number, state string, days int32) *referencev1.RequestSummary {
	return &referencev1.RequestSummary{
		Number: number, Topic: "work_record", Channel: "counter", Regime: "archival", Language: "ru", Delivery: "paper", State: state,
		ReceivedOn: "2026-11-10", RegisteredOn: "2026-11-10", DueOn: "2026-11-25", DaysLeft: days, DraftKind: "certificate",
	}
}

// one is a request as the staff sees it.
func one(number, state string) *referencev1.GetRequestResponse {
	res := &referencev1.GetRequestResponse{
		Request: summary(number, state, 3),
		Regime: &referencev1.Regime{
			Regime: "archival", Name: &recordv1.Text{Kk: "архивтік сұрау салу", Ru: "архивный запрос", En: "archival request"},
			Explanation: &recordv1.Text{Kk: "Архивтік анықтама архивтік мерзіммен беріледі.", Ru: "Архивная справка выдаётся в архивный срок, а не по закону о доступе к информации.", En: "An archival reference runs on the archival term."},
			LegalBasis:  "401-V 3.3", Edition: "regime.archival/2020",
		},
		Duties: []*referencev1.Duty{{
			Kind: "answer", DueOn: "2026-11-25", Edition: "archival.answer/2014", Binding: true,
			Steps: []*recordv1.DueStep{{Rule: "archival.answer@1", LegalBasis: "Стандарт 2014", From: "2026-11-10", To: "2026-11-25", Words: &recordv1.Text{Kk: "түскен күннен кейін 15 күнтізбелік күн", Ru: "15 календарных дней со дня, следующего за поступлением", En: "15 calendar days from the day after receipt"}}},
		}, {Kind: "refusal", DueOn: "2026-11-17", Edition: "information.refusal/2015"}},
		Submission: &referencev1.Submission{
			Text:      "Прошу подтвердить мой трудовой стаж на Алматинском хлопчатобумажном комбинате.",
			Period:    "1975–1983",
			Applicant: &referencev1.Applicant{Surname: "Ахметова", GivenName: "Гүлнәр", Patronymic: "Серікқызы", FormerSurname: "Омарова", BirthDate: "1952-03-08", Address: "Алматы, Абай даңғылы, 10-12", Phone: "+7 701 000 00 00"},
		},
		Timeline: []*referencev1.TimelineEntry{
			{Code: "registered", On: "2026-11-10", Words: &recordv1.Text{Kk: "Сұрау салу тіркелді", Ru: "Запрос зарегистрирован", En: "Registered"}},
		},
	}
	if state == "registered" {
		return res
	}
	res.Request.Assignee = "arch1"
	res.Identity = &referencev1.Identity{Document: "identity_card", Way: "in_person", RecordedOn: "2026-11-11", Note: "МВД РК, 2019"}
	res.Findings = []*referencev1.Finding{
		{Finding: 1, Code: "1/2лс/345", Leaves: "10–12 об.", Quotation: "Принять Омарову Г. С. ученицей прядильщицы с 12 марта 1975 г.", Citation: "Ф. 1. Оп. 2лс. Д. 345. Л. 10–12 об."},
		{Finding: 2, Code: "1/2лс/401", Leaves: "7", Citation: "Ф. 1. Оп. 2лс. Д. 401. Л. 7"},
	}
	res.Drafts = []*referencev1.Draft{{
		Version: 1, Kind: "certificate", State: map[string]string{"drafted": "draft", "submitted": "submitted", "signed": "signed", "closed": "signed"}[state],
		Content: &referencev1.AnswerContent{
			Language: "ru", Facts: []*referencev1.Fact{
				{Period: "12.03.1975", Text: "Принята ученицей прядильщицы.", Citations: []*referencev1.Citation{{Finding: 1}}},
				{Period: "01.09.1983", Text: "Уволена по собственному желанию.", Citations: []*referencev1.Citation{{Finding: 2}}},
			},
			Spellings: []string{"Омарова – Умарова"}, Gaps: []string{"лицевые счета за 1979 год"},
		},
	}}
	switch state {
	case "submitted":
		res.Request.Signer, res.Request.CertificateNumber = "head1", number+"-1"
		res.Papers = []*referencev1.Paper{paperOf(number)}
	case "signed", "closed":
		p := paperOf(number)
		p.State, p.SignedOn, p.KeyId, p.SignedSeq, p.Complete = "signed", "2026-11-22", "0123456789abcdef", 42, true
		res.Request.CertificateNumber = number + "-1"
		res.Papers = []*referencev1.Paper{p}
	}
	if state == "closed" {
		res.Request.Outcome, res.Request.ClosedOn = "answered", "2026-11-22"
	}
	return res
}

// archive is an archive with one request in each state: 2026-1 registered … 2026-5 closed.
func archive(t testing.TB) *services {
	t.Helper()
	key := headKey(t)
	byNumber := map[string]string{"2026-1": "registered", "2026-2": "drafted", "2026-3": "submitted", "2026-4": "signed", "2026-5": "closed"}
	list := func(m proto.Message) (proto.Message, error) {
		res := &referencev1.ListRequestsResponse{Today: "2026-11-22", Open: 4, Overdue: 1}
		state := m.(*referencev1.ListRequestsRequest).GetState()
		for n, days := range map[string]int32{"2026-1": -2, "2026-2": 3, "2026-3": 0, "2026-4": 0, "2026-5": 0} {
			s := one(n, byNumber[n]).GetRequest()
			if s.DaysLeft = days; state == s.GetState() || state == "" && s.GetState() != "closed" {
				s.Missed = days < 0
				res.Requests = append(res.Requests, s)
			}
		}
		return res, nil
	}
	s := &services{Answers: map[string]func(proto.Message) (proto.Message, error){
		"ListRequests": list,
		"GetRequest": func(m proto.Message) (proto.Message, error) {
			n := m.(*referencev1.GetRequestRequest).GetNumber()
			if byNumber[n] == "" {
				return nil, unknown.With("number", n)
			}
			return one(n, byNumber[n]), nil
		},
		"ListSigners": pagetest.Always(&referencev1.ListSignersResponse{Signers: []*referencev1.Signer{
			{Account: "head1", Name: text("А. Директор"), Post: text("Директор"), State: "enrolled", Key: key, EnrolledOn: "2026-11-01"},
			{Account: "head2", Name: text("Б. Заместитель"), Post: text("Заместитель директора"), State: "invited"},
		}}),
		"GetSigner": pagetest.Always(&referencev1.GetSignerResponse{Signer: &referencev1.Signer{Account: "head1", State: "enrolled", Key: key, EnrolledOn: "2026-11-01", Post: text("Директор")}}),
		"GetDraftPDF": func(m proto.Message) (proto.Message, error) {
			return &referencev1.GetDraftPDFResponse{Paper: paperOf(m.(*referencev1.GetDraftPDFRequest).GetNumber()), Pdf: printed}, nil
		},
		"GetCertificate": pagetest.Always(&referencev1.GetCertificateResponse{CertificateNumber: "2026-4-1", Pdf: printed, Complete: true}),
		"Search": pagetest.Always(&cataloguev1.SearchResponse{Total: 1, Hits: []*cataloguev1.Hit{{
			Kind: "file", Code: &recordv1.Text{Kk: "Қ. 1, Т. 2лс, І. 345", Ru: "Ф. 1. Оп. 2лс. Д. 345", En: "F. 1. Op. 2лс. D. 345"}, Title: text("Приказы по личному составу <1975>"), DateFrom: "1975-01-01", DateTo: "1975-12-31",
		}}}),
		"PreviewRequest": pagetest.Always(&referencev1.PreviewRequestResponse{
			Regime: one("2026-1", "registered").GetRegime(), Free: true, Price: text("копии по тарифу"), DueOn: "2026-12-07", ReceivedOn: "2026-11-22", Received: text("считается полученным сегодня"),
			SignatureWords: text("собственноручная подпись"), Duties: one("2026-1", "registered").GetDuties(), CalendarKnown: true,
			Lacks: []*referencev1.Lack{{Field: "birth_date", Words: text("дата рождения поможет отличить однофамильцев")}},
		}),
		"RegisterRequest": pagetest.Always(&referencev1.RegisterRequestResponse{
			Number: "2026-9", Secret: "s3cr3t", ReceivedOn: "2026-11-22", RegisteredOn: "2026-11-22", Regime: one("2026-1", "registered").GetRegime(), DueOn: "2026-12-07", RegisteredAt: "2026-11-22T10:15:00+05:00",
		}),
		"ListAccounts": pagetest.Always(&gatewayv1.ListAccountsResponse{Accounts: []*gatewayv1.Account{
			{AccountId: "arch2", Name: "Әсел", Roles: []string{"archivist"}}, {AccountId: "clerk1", Name: "Ерлан", Roles: []string{"clerk"}},
		}}),
	}}
	for method, empty := range map[string]proto.Message{
		"AssignRequest": &referencev1.AssignRequestResponse{}, "RecordIdentity": &referencev1.RecordIdentityResponse{}, "DecideRegime": &referencev1.DecideRegimeResponse{},
		"ExtendTerm": &referencev1.ExtendTermResponse{}, "RecordNotice": &referencev1.RecordNoticeResponse{}, "AskClarification": &referencev1.AskClarificationResponse{},
		"AddFinding": &referencev1.AddFindingResponse{}, "RemoveFinding": &referencev1.RemoveFindingResponse{}, "DraftAnswer": &referencev1.DraftAnswerResponse{Version: 2},
		"SubmitForSignature": &referencev1.SubmitForSignatureResponse{}, "ForwardRequest": &referencev1.ForwardRequestResponse{}, "DeliverAnswer": &referencev1.DeliverAnswerResponse{},
		"ReturnDraft": &referencev1.ReturnDraftResponse{}, "SignAnswer": &referencev1.SignAnswerResponse{}, "EnrolSigner": &referencev1.EnrolSignerResponse{},
		"InviteSigner": &referencev1.InviteSignerResponse{Code: "ABCD-EFGH", ExpiresOn: "2026-11-29"}, "RevokeSigner": &referencev1.RevokeSignerResponse{},
	} {
		s.Answers[method] = pagetest.Always(empty)
	}
	return s
}

var unknown = fault.Define(fault.NotFound, "desk_test.unknown", "there is no request {number}", "запроса {number} нет", "{number} сұрау салуы жоқ")

// desk is the site with these pages alone, visited as somebody.
type desk struct {
	t       testing.TB
	handler http.Handler
	person  web.Person
	lang    string
}

func open(t testing.TB, s *services, roles ...monitor.Role) *desk {
	t.Helper()
	d := &desk{t: t, lang: "ru"}
	d.as(roles...)
	site, err := web.New(web.Config{
		Conn: func(string) (grpc.ClientConnInterface, error) { return s, nil },
		Who:  func(*http.Request) (web.Person, error) { return d.person, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Add(keysign.NewTries())(site); err != nil {
		t.Fatal(err)
	}
	d.handler = site.Handler()
	return d
}

func (d *desk) as(roles ...monitor.Role) {
	account := map[monitor.Role]string{monitor.Head: "head1", monitor.Archivist: "arch1", monitor.Administrator: "admin1"}
	d.person = web.Person{}
	if len(roles) > 0 {
		name := account[roles[0]]
		if name == "" {
			name = "other1"
		}
		d.person = web.Person{Account: name, Name: "Сериков С.", Identity: monitor.Identity{Actor: "person:" + name, Roles: roles}}
	}
}

func (d *desk) do(r *http.Request) *httptest.ResponseRecorder {
	d.t.Helper()
	r.AddCookie(&http.Cookie{Name: "lang", Value: d.lang})
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	if missing := regexp.MustCompile(`‹[a-z0-9._]+›|<no value>|%!`).FindString(w.Body.String()); missing != "" {
		d.t.Errorf("%s %s: a text is missing: %s", r.Method, r.URL, missing)
	}
	return w
}

func (d *desk) get(address string) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.do(httptest.NewRequestWithContext(d.t.Context(), http.MethodGet, address, http.NoBody))
}

func (d *desk) post(address string, form url.Values) *httptest.ResponseRecorder {
	d.t.Helper()
	if form.Get("command") == "" {
		form.Set("command", "0193a4b0-0000-7000-8000-000000000001")
	}
	r := httptest.NewRequestWithContext(d.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.do(r)
}

// form reads a page's form as a browser would send it, untouched.
func form(t testing.TB, page string) url.Values {
	t.Helper()
	out := url.Values{}
	_, page, _ = strings.Cut(page, "<form method=\"post\"")
	for _, m := range regexp.MustCompile(`(?s)<input ([^>]*)>|<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>|<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(page, -1) {
		switch {
		case m[1] != "":
			at := attributes(m[1])
			if (at["type"] == "checkbox" || at["type"] == "radio") && !strings.Contains(m[1], " checked") || at["name"] == "" {
				continue
			}
			out.Add(at["name"], at["value"])
		case m[2] != "":
			out.Add(m[2], unescape(m[3]))
		case m[4] != "":
			chosen := regexp.MustCompile(`value="([^"]*)" selected`).FindStringSubmatch(m[5])
			if chosen == nil {
				chosen = regexp.MustCompile(`value="([^"]*)"`).FindStringSubmatch(m[5])
			}
			if chosen != nil {
				out.Add(m[4], chosen[1])
			}
		}
	}
	return out
}

func attributes(tag string) map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`([a-z_-]+)="([^"]*)"`).FindAllStringSubmatch(tag, -1) {
		out[m[1]] = unescape(m[2])
	}
	return out
}

func unescape(s string) string {
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&#43;", "+", "&amp;", "&").Replace(s)
}

func fields(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Add(pairs[i], pairs[i+1])
	}
	return out
}

func (d *desk) want(w *httptest.ResponseRecorder, status int, contains ...string) string {
	d.t.Helper()
	body := w.Body.String()
	if w.Code != status {
		d.t.Errorf("status %d, want %d: %s", w.Code, status, firstLines(body))
	}
	for _, c := range contains {
		if !strings.Contains(body, c) {
			d.t.Errorf("the page does not say %q", c)
		}
	}
	return body
}

func firstLines(body string) string {
	if i := strings.Index(body, `class="fault"`); i >= 0 {
		body = body[i:]
	}
	return fmt.Sprintf("%.600s", body)
}
