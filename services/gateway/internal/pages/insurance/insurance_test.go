package insurance

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	insurancev1 "github.com/qoyma/qoyma/proto/gen/qoyma/insurance/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// services answers calls with what a test prepared, and remembers them.
type services = pagetest.Services

func text(s string) *recordv1.Text { return &recordv1.Text{Kk: s, Ru: s, En: s} }

var noon = timestamppb.New(time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC))

func copyIn(state string) *insurancev1.Copy {
	return &insurancev1.Copy{
		CopyId: "1/1/3", State: state, Ground: "especially_valuable", OrderedAt: noon, Files: 2, Bytes: 3 << 20, RegisterNumber: 1, CheckedAt: noon, CheckDueAt: noon,
		File: &insurancev1.InsuredFile{
			CopyId: "1/1/3", Code: &recordv1.Text{Kk: "Қ. 1, Т. 1, І. 3", Ru: "Ф. 1. Оп. 1. Д. 3", En: "F. 1. Inv. 1. File 3"}, Fonds: "1", Inventory: "1", Number: "3",
			File: &recordv1.File{Title: &recordv1.Text{Kk: "Облыстық атқару комитетінің <хаттамалары>", Ru: "Протоколы <исполкома>"}},
		},
		Sites:      []*insurancev1.CopyAtSite{{Site: "reserve", State: "verified", CopyObjectId: "urn:qoyma:copy:1-1-3", MadeAt: noon, VerifiedAt: noon}},
		Microforms: []*insurancev1.Microform{{Kind: "microfilm", Roll: "Р-15", FrameFrom: 1, FrameTo: 80, MadeOn: "2026-05-01", Place: "хранилище 2"}},
	}
}

func fundOf() *services {
	damage := &insurancev1.Damage{CopyId: "1/1/3", ScrubId: "2", Side: "original", Path: "v1/content/p1.pdf", Kind: "changed", FoundAt: noon, RestoredAt: noon, RestoredFrom: "reserve"}
	lost := &insurancev1.Damage{CopyId: "1/1/3", ScrubId: "2", Side: "copy", Site: "reserve", Path: "v1/content/p2.pdf", Kind: "missing", FoundAt: noon, BeyondRepair: true}
	left := &insurancev1.Damage{CopyId: "1/1/3", ScrubId: "2", Side: "copy", Site: "reserve", Path: "v1/content/p3.pdf", Kind: "missing", FoundAt: noon, LeftBy: "2026-4/1"}
	running := &insurancev1.Scrub{ScrubId: "3", State: "running", BegunAt: noon, Copies: 10, CopiesDone: 4, Files: 20, Bytes: 5 << 30, Percent: 40}
	finished := &insurancev1.Scrub{ScrubId: "2", State: "finished", BegunAt: noon, FinishedAt: noon, Copies: 10, CopiesDone: 10, Files: 50, Bytes: 9 << 30, Percent: 100, Damaged: 2, Restored: 1, BeyondRepair: 1}
	return &services{Answers: map[string]func(proto.Message) (proto.Message, error){
		"ListCopies": pagetest.Always(&insurancev1.ListCopiesResponse{
			Copies: []*insurancev1.Copy{copyIn("verified"), copyIn("damaged"), copyIn("failed"), copyIn("awaited")}, More: true,
			Counts: []*insurancev1.StateCount{{State: "verified", Count: 5}, {State: "damaged", Count: 1}, {State: "failed", Count: 1}, {State: "awaited", Count: 1}},
		}),
		"ListSites": pagetest.Always(&insurancev1.ListSitesResponse{Sites: []*insurancev1.Site{
			{Site: "reserve", State: "ready", FreeBytes: 200 << 30, TotalBytes: 1 << 40, SameDevice: true, Copies: 6, Bytes: 30 << 20},
			{Site: "mountain", State: "absent", Alarm: text("Место не отвечает; проверьте, подключён ли диск.")},
		}}),
		"ListScrubs": pagetest.Always(&insurancev1.ListScrubsResponse{Scrubs: []*insurancev1.Scrub{running, finished}, CheckPeriodDays: 90, NextAt: noon}),
		"GetScrub": func(m proto.Message) (proto.Message, error) {
			if m.(*insurancev1.GetScrubRequest).GetScrubId() == "3" {
				return &insurancev1.GetScrubResponse{Scrub: running}, nil
			}
			return &insurancev1.GetScrubResponse{Scrub: finished, Damages: []*insurancev1.Damage{damage, lost, left}}, nil
		},
		"GetCopy": func(m proto.Message) (proto.Message, error) {
			c := copyIn("verified")
			if strings.HasSuffix(m.(*insurancev1.GetCopyRequest).GetCopyId(), "9") {
				c = copyIn("failed")
				c.Reason = text("Подлинник повреждён")
			}
			return &insurancev1.GetCopyResponse{
				Copy: c, Files: []*insurancev1.CopiedFile{{Path: "v1/content/p1.pdf", Size: 1 << 20, Sha512: strings.Repeat("ab", 64)}, {Path: "odd"}},
				Checks: []*insurancev1.Check{{CopyId: "1/1/3", CheckedAt: noon, Files: 4, Bytes: 6 << 20, AbsentSites: []string{"mountain"}, OriginalsAbsent: true}}, Damages: []*insurancev1.Damage{damage, lost},
			}, nil
		},
		"ListRegister": pagetest.Always(&insurancev1.ListRegisterResponse{More: true, Lines: []*insurancev1.RegisterLine{
			{Number: 1, EnteredOn: "2026-11-01", CopyId: "1/1/3", Code: text("Ф. 1. Оп. 1. Д. 3"), Title: text("Протоколы"), Kind: "object", Carrier: "urn:qoyma:copy:1-1-3", Files: 2, Bytes: 3 << 20, CheckedAt: noon},
			{Number: 2, EnteredOn: "2026-11-02", CopyId: "1/1/4", Code: text("Ф. 1. Оп. 1. Д. 4"), Title: text("Протоколы"), Kind: "microfilm", Carrier: "Р-15", FrameFrom: 1, FrameTo: 80},
		}}),
		"StartScrub":      pagetest.Always(&insurancev1.StartScrubResponse{Scrub: &insurancev1.Scrub{ScrubId: "4"}}),
		"OrderCopy":       pagetest.Always(&insurancev1.OrderCopyResponse{Copy: copyIn("ordered")}),
		"RetryCopy":       pagetest.Always(&insurancev1.RetryCopyResponse{}),
		"RecordMicroform": pagetest.Always(&insurancev1.RecordMicroformResponse{}),
		"SetCheckPeriod":  pagetest.Always(&insurancev1.SetCheckPeriodResponse{}),
	}}
}

type desk struct {
	t       testing.TB
	handler http.Handler
	person  web.Person
	lang    string
	routes  []web.Route
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
	if err := Add(site); err != nil {
		t.Fatal(err)
	}
	d.handler, d.routes = site.Handler(), site.Routes()
	return d
}

func (d *desk) as(roles ...monitor.Role) {
	d.person = web.Person{}
	if len(roles) > 0 {
		d.person = web.Person{Account: "p1", Name: "Сериков С.", Identity: monitor.Identity{Actor: "person:p1", Roles: roles}}
	}
}

func (d *desk) visit(method, address string, form url.Values) *httptest.ResponseRecorder {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), method, address, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(&http.Cookie{Name: "lang", Value: d.lang})
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	if missing := regexp.MustCompile(`‹[a-z0-9._]+›|<no value>|%!`).FindString(w.Body.String()); missing != "" {
		d.t.Errorf("%s %s: a text is missing: %s", method, address, missing)
	}
	return w
}

func (d *desk) want(w *httptest.ResponseRecorder, status int, contains ...string) string {
	d.t.Helper()
	body := w.Body.String()
	if w.Code != status {
		d.t.Errorf("status %d, want %d: %.900s", w.Code, status, body[max(0, strings.Index(body, `id="main"`)):])
	}
	for _, c := range contains {
		if !strings.Contains(body, c) {
			d.t.Errorf("the page does not say %q", c)
		}
	}
	return body
}

func TestWhoOpensWhat(t *testing.T) {
	read := []monitor.Role{monitor.Archivist, monitor.Head, monitor.Auditor}
	look := append([]monitor.Role{monitor.Administrator}, read...)
	want := map[string][]monitor.Role{
		"GET /insurance": look, "GET /insurance/register": read, "GET /insurance/scrubs/{scrub}": look, "GET /insurance/scrubs/{scrub}/progress": look,
		"GET /insurance/copies/{copy...}": read, "POST /insurance/copies/{copy...}": read,
		"POST /insurance/scrubs": {monitor.Archivist}, "POST /insurance/order": {monitor.Archivist}, "POST /insurance/period": {monitor.Administrator},
	}
	d := open(t, fundOf())
	for _, route := range d.routes {
		allowed, ok := want[route.Pattern]
		if !ok {
			t.Errorf("%s: nobody said who opens it", route.Pattern)
			continue
		}
		delete(want, route.Pattern)
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = strings.NewReplacer("{scrub}", "2", "{copy...}", "1/1/3").Replace(path)
		for _, role := range append(monitor.Roles(), "") {
			if d.as(role); role == "" {
				d.as()
			}
			code := d.visit(method, path, url.Values{}).Code
			turned := code == http.StatusForbidden || role == "" && (code == http.StatusSeeOther || code == http.StatusUnauthorized)
			if role != monitor.Service && turned == slices.Contains(allowed, role) {
				t.Errorf("%s as %q: %d", route.Pattern, role, code)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("there is no such page: %v", want)
	}
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	d := open(t, fundOf())
	for _, lang := range []string{"kk", "ru", "en"} {
		d.lang = lang
		for _, role := range []monitor.Role{monitor.Archivist, monitor.Head, monitor.Auditor} {
			d.as(role)
			for _, address := range []string{"/insurance", "/insurance?state=damaged&valuable=yes", "/insurance/register", "/insurance/copies/1/1/3", "/insurance/copies/1/1/9", "/insurance/scrubs/2", "/insurance/scrubs/3"} {
				d.want(d.visit(http.MethodGet, address, nil), http.StatusOK, `<html lang="`+lang+`">`)
			}
		}
		d.as(monitor.Administrator)
		d.want(d.visit(http.MethodGet, "/insurance", nil), http.StatusOK)
	}
}

// TestACopyThatLeftIsNotWorkedOn: neither checked nor entered in the register again; the act by which it left is one step away.
func TestACopyThatLeftIsNotWorkedOn(t *testing.T) {
	s := fundOf()
	gone := copyIn("destroyed")
	gone.LeftBy, gone.Microforms = "2026-4/1", nil
	s.Answers["GetCopy"] = pagetest.Always(&insurancev1.GetCopyResponse{Copy: gone})
	d := open(t, s, monitor.Archivist)
	page := d.want(d.visit(http.MethodGet, "/insurance/copies/1/1/3", nil), http.StatusOK, `<a href="/accessions/2026-4/deaccessions/1">№ 2026-4/1</a>`, "особо ценное дело")
	if strings.Contains(page, "Проверить эту копию") || strings.Contains(page, `value="microform"`) {
		t.Error("a destroyed copy is offered for work")
	}
}

// TestACheckThatLeftSomethingIsNotSimplyFinished, on its page and in the list.
func TestACheckThatLeftSomethingIsNotSimplyFinished(t *testing.T) {
	d := open(t, fundOf(), monitor.Archivist)
	for _, address := range []string{"/insurance", "/insurance/scrubs/2"} {
		d.want(d.visit(http.MethodGet, address, nil), http.StatusOK, `<span class="badge late">закончена, есть что не восстановить</span>`)
	}
}

// TestEachRoleAsksForWhatItMaySee: the administrator asks for no copy, the auditor for no folder.
func TestEachRoleAsksForWhatItMaySee(t *testing.T) {
	for role, never := range map[monitor.Role]string{monitor.Administrator: "ListCopies", monitor.Auditor: "ListSites"} {
		s := fundOf()
		delete(s.Answers, never)
		open(t, s, role).want(open(t, s, role).visit(http.MethodGet, "/insurance", nil), http.StatusOK)
		if s.Called(never) != nil {
			t.Errorf("as %s the page asks for %s", role, never)
		}
	}
}

// TestAPlaceHasAHistory: whoever reads the journals is led to that of a place of copies; an archivist, who does not, is not.
func TestAPlaceHasAHistory(t *testing.T) {
	for role, led := range map[monitor.Role]bool{monitor.Head: true, monitor.Administrator: true, monitor.Archivist: false} {
		s := fundOf()
		d := open(t, s, role)
		if page := d.want(d.visit(http.MethodGet, "/insurance", nil), http.StatusOK); strings.Contains(page, `href="/audit?type=site&amp;id=`) != led {
			t.Errorf("as %s: led to the history %t, want %t", role, !led, led)
		}
	}
}

func TestTheFundFilters(t *testing.T) {
	s := fundOf()
	d := open(t, s, monitor.Archivist)
	page := d.want(d.visit(http.MethodGet, "/insurance?state=damaged&valuable=yes", nil), http.StatusOK, "свободно 214,7\u00a0ГБ из 1,1\u00a0ТБ", "На одном устройстве", "Место не отвечает", "раз в 90 дней")
	if in, _ := s.Called("ListCopies").(*insurancev1.ListCopiesRequest); in.GetState() != "damaged" || !in.GetEspeciallyValuable() {
		t.Errorf("asked for %v", in)
	}
	for _, link := range []string{`href="/insurance?valuable=yes"`, `href="/insurance?state=damaged"`, `href="/insurance?after=1%2F1%2F3&amp;state=damaged&amp;valuable=yes"`, `href="/insurance/copies/1/1/3"`} {
		if !strings.Contains(page, link) {
			t.Errorf("no link to %s", link)
		}
	}
}

func TestWhatIsDone(t *testing.T) {
	s := fundOf()
	d := open(t, s, monitor.Archivist)
	for _, c := range []struct {
		address string
		form    url.Values
		to      string
	}{
		{"/insurance/scrubs", url.Values{}, "/insurance/scrubs/4"},
		{"/insurance/order", url.Values{"code": {"1/1/3"}, "ground": {"единственный экземпляр"}}, "/insurance/copies/1/1/3?done=insurance.ordered"},
		{"/insurance/copies/1/1/9", url.Values{"do": {"retry"}}, "/insurance/copies/1/1/9?done=insurance.retried"},
		{"/insurance/copies/1/1/3", url.Values{"do": {"microform"}, "kind": {"microfilm"}, "roll": {"Р-16"}, "frame_from": {"1"}, "frame_to": {"20"}, "made_on": {"2026-11-01"}, "place": {"хранилище 2"}}, "/insurance/copies/1/1/3?done=insurance.microform"},
	} {
		c.form.Set("command", "0193a4b0-0000-7000-8000-000000000001")
		if w := d.visit(http.MethodPost, c.address, c.form); w.Header().Get("Location") != c.to {
			t.Errorf("%s: %d, to %q, want %q", c.address, w.Code, w.Header().Get("Location"), c.to)
		}
	}
	if in, _ := s.Called("OrderCopy").(*insurancev1.OrderCopyRequest); in.GetCode() != "1/1/3" || in.GetGround() != "единственный экземпляр" || in.GetCommandId() == "" {
		t.Errorf("ordered %v", in)
	}
	if in, _ := s.Called("RecordMicroform").(*insurancev1.RecordMicroformRequest); in.GetMicroform().GetFrameTo() != 20 || in.GetCopyId() != "1/1/3" {
		t.Errorf("recorded %v", in)
	}
	s.Forget()
	d.want(d.visit(http.MethodPost, "/insurance/copies/1/1/3", url.Values{"do": {"microform"}, "roll": {"Р-17"}, "frame_from": {"none"}}), http.StatusUnprocessableEntity, "Напишите число", `value="Р-17"`)
	if s.Called("RecordMicroform") != nil {
		t.Error("an incomplete microform was recorded")
	}
	d.as(monitor.Administrator)
	if w := d.visit(http.MethodPost, "/insurance/period", url.Values{"days": {"30"}}); w.Header().Get("Location") != "/insurance?done=insurance.period" {
		t.Errorf("the period: %d", w.Code)
	}
}

// TestTheProgressIsStreamed until the scrub is finished.
func TestTheProgressIsStreamed(t *testing.T) {
	s := fundOf()
	asked := 0
	s.Answers["GetScrub"] = func(proto.Message) (proto.Message, error) {
		asked++
		state := "running"
		if asked == 3 {
			state = "finished"
		}
		return &insurancev1.GetScrubResponse{Scrub: &insurancev1.Scrub{ScrubId: "3", State: state, Copies: 10, CopiesDone: uint32(asked), Percent: uint32(10 * asked), Bytes: 1 << 20}}, nil
	}
	conn := func(string) (grpc.ClientConnInterface, error) { return s, nil }
	site, err := web.New(web.Config{Conn: conn, Who: func(*http.Request) (web.Person, error) { return open(t, s, monitor.Archivist).person, nil }})
	if err != nil {
		t.Fatal(err)
	}
	site.Raw("GET /insurance/scrubs/{scrub}/progress", lookers, pages{tick: time.Millisecond}.progress)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/insurance/scrubs/3/progress", http.NoBody)
	w := httptest.NewRecorder()
	site.Handler().ServeHTTP(w, r)
	body := w.Body.String()
	if w.Header().Get("Content-Type") != "text/event-stream" || strings.Count(body, "event: progress\n") != 2 || strings.Count(body, "event: finished\n") != 1 || !strings.Contains(body, `"copies":"3 / 10"`) {
		t.Errorf("%v\n%s", w.Header(), body)
	}
	// A scrub that cannot be had is an error page, no stream.
	delete(s.Answers, "GetScrub")
	w = httptest.NewRecorder()
	site.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Header().Get("Content-Type"), "event-stream") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
