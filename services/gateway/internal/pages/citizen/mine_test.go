package citizen_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
)

const secretLink = "/r/2026-15?k=" + theSecret

// TestTheSecretLinkIsSwapped opens the link as a mail program does: what comes back leads on
// without the secret and sets a cookie of this path alone.
func TestTheSecretLinkIsSwapped(t *testing.T) {
	v := visitor(t, &archive{})
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	v.get(secretLink + "&lang=ru")
	if v.status != http.StatusSeeOther || v.header.Get("Location") != "/r/2026-15?lang=ru" || v.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", v.status, v.header)
	}
	var found bool
	for _, line := range v.header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if c.Name == "lang" {
			continue
		}
		found = true
		if c.Name != "r-2026-15" || c.Path != "/r/2026-15" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Value != theSecret || c.MaxAge <= 0 {
			t.Errorf("cookie %v", c)
		}
	}
	if !found || strings.Contains(v.body, theSecret) {
		t.Errorf("no cookie, or the secret stands in %q", v.body)
	}
}

// TestTheSecretStaysSecret walks about with it: it stands on the receipt and nowhere else, neither in
// another page nor in the log nor in a Referer.
func TestTheSecretStaysSecret(t *testing.T) {
	v := visitor(t, &archive{}).get(secretLink + "&lang=ru")
	if v.status != 200 || v.at.RawQuery != "lang=ru" {
		t.Fatalf("%d at %s", v.status, v.at)
	}
	for _, address := range []string{"/r/2026-15", "/r/2026-15/clarify", "/r/2026-15/complain", "/r/2026-15/withdraw", "/", "/follow?number=2026-15", "/request", "/verify"} {
		v.get(address)
		if v.status != 200 || strings.Contains(v.body, theSecret) {
			t.Errorf("%s: %d, or it shows the secret", address, v.status)
		}
		if strings.HasPrefix(address, "/r/") && v.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %q", address, v.header.Get("Cache-Control"))
		}
	}
	v.get("/r/2026-15/receipt")
	if !strings.Contains(v.body, "?k="+theSecret) || !v.says("7k3m-9q2x-5r8t-yv4w-6y0z-3b5d") {
		t.Error("the receipt lacks the link or the code")
	}
	for _, link := range v.find(func(n *html.Node) bool { return n.Data == "a" }) {
		if strings.Contains(attr(link, "href"), theSecret) {
			t.Errorf("a link would carry the secret on: %s", attr(link, "href"))
		}
	}
	v.get("/r/2026-16?k=" + theSecret)
	v.get("/r/2026-15?k=%3Cscript%3E")
	if strings.Contains(v.log.String(), theSecret) {
		t.Errorf("the log has the secret:\n%s", v.log)
	}
	for _, r := range v.referers {
		if strings.Contains(r, theSecret) {
			t.Errorf("Referer %s", r)
		}
	}
	if v.header.Get("Referrer-Policy") != "same-origin" {
		t.Error("other sites would learn where the reader was")
	}
}

// TestTheReceiptSurvives reloads it and comes back by a bookmark; once the device has forgotten, the
// bookmark asks for the code.
func TestTheReceiptSurvives(t *testing.T) {
	v := toCheck(visitor(t, &archive{}), with(map[string]string{"topic": "work_record", "whom": "self"})).press("ask", "next", nil)
	bookmark := v.at.String()
	if !strings.HasSuffix(bookmark, "/r/2026-15/receipt") {
		t.Fatalf("sent to %s", bookmark)
	}
	for range 3 {
		v.get(bookmark)
		if v.heading() != "Запрос 2026-15 зарегистрирован" || !v.says("7 декабря 2026 г.") || len(v.find(func(n *html.Node) bool { return n.Data == "svg" })) != 1 {
			t.Fatalf("the receipt is %q\n%s", v.heading(), v.body)
		}
	}
	v.post("/r/2026-15/forget", url.Values{})
	if v.at.Path != "/follow" || !v.says("забыло") {
		t.Errorf("after forgetting: %s", v.at)
	}
	if v.get(bookmark); v.at.Path != "/follow" || v.at.Query().Get("number") != "2026-15" {
		t.Errorf("after forgetting the bookmark leads to %s", v.at)
	}
	v.press("follow", "next", map[string]string{"code": " 7K3M-9q2x 5r8t–УV4w 6y0z-3b5d "})
	if v.at.Path != "/r/2026-15" || v.status != 200 {
		t.Errorf("the typed code leads to %s (%d)\n%s", v.at, v.status, v.body)
	}
}

// TestAWrongCodeTellsNothing compares what is answered to a wrong number, a wrong code, both in
// forms that cannot be, and a link with a wrong secret.
func TestAWrongCodeTellsNothing(t *testing.T) {
	tell := func(v *reader) string {
		found := v.find(func(n *html.Node) bool { return attr(n, "role") == "alert" })
		if len(found) != 1 {
			t.Fatalf("%s: %d alerts\n%s", v.at, len(found), v.body)
		}
		return words(found[0])
	}
	v := visitor(t, &archive{})
	v.get("/follow?lang=ru").press("follow", "next", map[string]string{"number": "2026-15", "code": "wrongwrongwrongwrong"})
	want, status := tell(v), v.status
	for _, c := range []struct{ number, code string }{
		{"2026-16", theSecret}, {"2026-15", "x"}, {"abc", theSecret}, {"2026-15", strings.Repeat("x", 5000)}, {"0", "<b>"}, {"2026-15", "../../etc"},
	} {
		v.get("/follow").press("follow", "next", map[string]string{"number": c.number, "code": c.code})
		if got := tell(v); got != want || v.status != status || v.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v: %d %q, want %d %q", c, v.status, got, status, want)
		}
	}
	for _, address := range []string{"/r/2026-15?k=wrongwrongwrongwrong", "/r/2026-16?k=" + theSecret, "/r/2026-15?k=x", "/r/nothing", "/r/2026-15%2F..%2F16?k=" + theSecret} {
		v.get(address)
		if got := tell(v); v.status != status || !strings.Contains(want, got) {
			t.Errorf("%s: %d %q", address, v.status, got)
		}
	}
	if v.get("/r/2026-15"); v.at.Path != "/follow" {
		t.Errorf("a wrong secret is kept: %s", v.at)
	}
}

// TestNothingPersonalBeforeIdentity looks for what only the service knows to hold back, and at what
// the page says instead.
func TestNothingPersonalBeforeIdentity(t *testing.T) {
	a := &archive{}
	v := visitor(t, a).get(secretLink + "&lang=ru")
	if !v.says("Подтвердите личность") || !v.says("Городской государственный архив") || v.says("Скачать") {
		t.Errorf("before: %s", words(v.page))
	}
	a.show = func(r *referencev1.GetRequestBySecretResponse) { r.AnswerWithheld = true }
	if v.get("/r/2026-15"); !v.says("Ответ готов. Он появится здесь") || v.says("Скачать") {
		t.Errorf("withheld: %s", words(v.page))
	}
	a.show = func(r *referencev1.GetRequestBySecretResponse) {
		r.IdentityRecorded, r.AnswerAvailable, r.CertificateNumber, r.CertificateComplete = true, true, "2026-15-1", true
		r.Submission = &referencev1.Submission{Text: "Прядильщица", Applicant: &referencev1.Applicant{Surname: "Ахметова"}}
	}
	if v.get("/r/2026-15"); v.says("Подтвердите личность") || !v.says("Скачать") || !v.says("Ахметова") {
		t.Errorf("after: %s", words(v.page))
	}
	v.get("/r/2026-15/answer")
	if v.header.Get("Content-Type") != "application/pdf" || v.header.Get("Content-Disposition") != `attachment; filename="qoyma-2026-15-1.pdf"` || !strings.HasPrefix(v.body, "%PDF") || v.header.Get("Cache-Control") != "no-store" {
		t.Errorf("answer %v", v.header)
	}
}

// TestABadgeIsAWordAndANumber reads the badge from far, near, on the day and late.
func TestABadgeIsAWordAndANumber(t *testing.T) {
	a := &archive{}
	v := visitor(t, a).get(secretLink + "&lang=ru")
	for left, want := range map[int32][2]string{15: {"badge ", "Осталось дней: 15"}, 3: {"badge soon", "Осталось дней: 3"}, 0: {"badge soon", "Срок сегодня"}, -2: {"badge late", "Просрочено дней: 2"}} {
		a.show = func(r *referencev1.GetRequestBySecretResponse) { r.Request.DaysLeft = left }
		v.get("/r/2026-15")
		found := v.find(func(n *html.Node) bool { return n.Data == "span" && strings.HasPrefix(attr(n, "class"), "badge") })
		if len(found) != 1 || attr(found[0], "class") != want[0] || words(found[0]) != want[1] {
			t.Errorf("%d days: %q %q", left, attr(found[0], "class"), words(found[0]))
		}
	}
}

// TestOnesOwnRequestIsClarifiedComplainedOfAndWithdrawn sends each form empty, then filled in.
func TestOnesOwnRequestIsClarifiedComplainedOfAndWithdrawn(t *testing.T) {
	for _, c := range []struct {
		page string
		fill map[string]string
		want string
	}{
		{"clarify", map[string]string{"text": "Ещё: 2-й цех"}, "clarify Ещё: 2-й цех"},
		{"complain", map[string]string{"text": "Срок прошёл", "learnt": "20.11.2026"}, "complain Срок прошёл 2026-11-20"},
	} {
		t.Run(c.page, func(t *testing.T) {
			a := &archive{}
			v := visitor(t, a).get(secretLink + "&lang=ru").get("/r/2026-15/" + c.page)
			if v.press("step", "next", nil); v.status != 422 {
				t.Errorf("empty: %d", v.status)
			}
			if v.press("step", "next", c.fill); v.at.Path != "/r/2026-15" || len(v.find(func(n *html.Node) bool { return attr(n, "class") == "done" })) != 1 {
				t.Errorf("sent to %s", v.at)
			}
			if got := strings.Join(a.called, "; "); !strings.Contains(got, c.want) {
				t.Errorf("called %s", got)
			}
		})
	}
	a := &archive{}
	v := visitor(t, a).get(secretLink + "&lang=ru").get("/r/2026-15/withdraw")
	v.press("step", "next", nil)
	if v.status != 422 || strings.Contains(strings.Join(a.called, ";"), "withdraw") {
		t.Errorf("without a tick: %d %q", v.status, a.called)
	}
	v.press("step", "next", map[string]string{"sure": "yes"})
	if !strings.Contains(strings.Join(a.called, ";"), "withdraw 2026-15") || v.at.Path != "/r/2026-15" {
		t.Errorf("%s, called %q", v.at, a.called)
	}
}

// TestAPaperIsVerifiedByItsNumber types it, mistypes it, and comes from the QR code.
func TestAPaperIsVerifiedByItsNumber(t *testing.T) {
	v := visitor(t, &archive{})
	for address, want := range map[string]string{
		"/verify/2026-15-1?d=48&lang=ru":                         "Подлинно Этот документ выдан архивом",
		"/verify?number=№ 2026–15–1&digits=4 8&lang=ru":          "Подлинно Этот документ выдан архивом",
		"/verify/2026-15-1?d=49&lang=ru":                         "Не подтверждено Подлинность документа не подтверждена",
		"/verify/2026-15-2?d=48&lang=ru":                         "Не подтверждено Подлинность документа не подтверждена",
		"/verify/2026-15-1?lang=ru":                              "Проверить подлинность справки",
		"/verify/%3Cscript%3E?d=48&lang=ru":                      "Проверить подлинность справки",
		"/verify?number=<script>&digits=x&lang=ru":               "Проверить подлинность справки",
		"/verify?lang=ru":                                        "Проверить подлинность справки",
		"/verify/2026-15-1?d=<script>&lang=ru":                   "Проверить подлинность справки",
		"/verify/file?lang=ru":                                   "Проверить подлинность справки",
		"/verify/2026-15-1?lang=ru&d=" + strings.Repeat("9", 99): "Проверить подлинность справки",
	} {
		v.get(strings.ReplaceAll(strings.ReplaceAll(address, " ", "%20"), "<script>", "%3Cscript%3E"))
		if got := v.heading(); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
		if strings.Contains(v.body, "<script>") {
			t.Errorf("%s has a script", address)
		}
	}
}

func (r *reader) upload(name string, content []byte) *reader {
	r.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile(name, "a.pdf")
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		r.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.server.URL+"/verify/file", &body)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return r.do(req)
}

// TestAPaperIsVerifiedByItsFile uploads papers, and what is none.
func TestAPaperIsVerifiedByItsFile(t *testing.T) {
	a := &archive{}
	v := visitor(t, a).get("/verify?lang=ru")
	pdf := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("x"), 9<<20)...)
	if v.upload("file", pdf); v.heading() != "Подлинно Этот документ выдан архивом" || a.size != len(pdf) {
		t.Errorf("%q after %d bytes\n%s", v.heading(), a.size, v.body)
	}
	if v.upload("file", []byte("%PDF-1.7 altered")); v.heading() != "Не подтверждено Подлинность документа не подтверждена" || !v.says("Файл изменён.") || !v.says("неверно Контрольная сумма") {
		t.Errorf("altered: %s", words(v.page))
	}
	for name, c := range map[string]struct {
		field   string
		content []byte
		status  int
		says    string
	}{
		"nothing":   {"file", nil, 400, "Файл не получен"},
		"other":     {"other", []byte("%PDF"), 400, "Файл не получен"},
		"no PDF":    {"file", []byte("GIF89a"), 400, "Это не PDF"},
		"too large": {"file", append([]byte("%PDF-1.7\n"), make([]byte, 10<<20)...), 400, "Файл больше 10 МиБ"},
		"much more": {"file", append([]byte("%PDF-1.7\n"), make([]byte, 12<<20)...), 400, "Файл больше 10 МиБ"},
	} {
		if v.upload(c.field, c.content); v.status != c.status || !v.says(c.says) {
			t.Errorf("%s: %d %s", name, v.status, words(v.page))
		}
	}
}

// TestEveryPageIsSmall holds the pages to the budget without compression: 60 KB with the style
// sheet, the icon and our script.
func TestEveryPageIsSmall(t *testing.T) {
	v := visitor(t, &archive{})
	shared := 0
	for _, file := range []string{"/static/style.css", "/static/icon.svg", "/static/suggest.js"} {
		shared += len(v.get(file).body)
	}
	v.get(secretLink)
	for _, lang := range []string{"kk", "ru", "en"} {
		for _, address := range []string{"/", "/request", "/follow", "/verify", "/help", "/r/2026-15", "/r/2026-15/receipt", "/verify/2026-15-1?d=48"} {
			sep := "?"
			if strings.Contains(address, "?") {
				sep = "&"
			}
			v.get(address + sep + "lang=" + lang)
			if v.status != 200 || shared+len(v.body) > 60<<10 {
				t.Errorf("%s, %s: %d, %d bytes", address, lang, v.status, shared+len(v.body))
			}
			if strings.Contains(v.body, "‹") || strings.Contains(v.body, "no value") {
				t.Errorf("%s, %s: a text is missing", address, lang)
			}
		}
	}
}
