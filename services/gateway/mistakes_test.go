package gateway

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestWhatIsTypedOutlivesTheSession sends a form after the session has run out: nothing is done, and
// the person gets the text back, with the way to sign in and return; secrets and codes are not shown.
func TestWhatIsTypedOutlivesTheSession(t *testing.T) {
	w := newWorld(t)
	const typed = "Принята ткачихой, приказ № 12 от 03.04.1975 года"
	rec := w.send(http.MethodPost, "/desk/2026-1", "", url.Values{
		"closing": {typed}, "do": {"save"}, "passphrase": {"a secret that is long enough"}, "command": {"01a21a89-2d40-7b16-8b58-c4adb685c901"},
	}, func(r *http.Request) { r.Header.Set("Referer", "http://"+r.Host+"/desk/2026-1?lang=ru") })
	page := rec.Body.String()
	if rec.Code != http.StatusUnauthorized || !strings.Contains(page, typed+"</textarea>") || !strings.Contains(page, `href="/sign-in?next=%2Fdesk%2F2026-1`) {
		t.Errorf("%d\n%s", rec.Code, page)
	}
	if strings.Contains(page, "long enough") || strings.Contains(page, "01a21a89") || strings.Count(page, "<textarea") != 1 {
		t.Errorf("more is given back than what was written:\n%s", page)
	}
	elsewhere := w.send(http.MethodPost, "/desk/2026-1", "", url.Values{}, func(r *http.Request) { r.Header.Set("Referer", "https://elsewhere.example/x") })
	if page := elsewhere.Body.String(); strings.Contains(page, "elsewhere") {
		t.Errorf("the way back leads elsewhere:\n%s", page)
	}
}

// TestFilesThatOutlivedTheSession: of files nothing can be given back, so nothing is said to stand below.
func TestFilesThatOutlivedTheSession(t *testing.T) {
	rec := newWorld(t).send(http.MethodPost, "/dept/transfers/2026-1/upload", "", nil, func(r *http.Request) {
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Header.Set("Referer", "http://"+r.Host+"/dept/transfers/2026-1/send")
	})
	page := rec.Body.String()
	if rec.Code != http.StatusUnauthorized || !strings.Contains(page, "choose the files again") || strings.Contains(page, "stands below") ||
		!strings.Contains(page, `href="/sign-in?next=%2Fdept%2Ftransfers%2F2026-1%2Fsend`) {
		t.Errorf("%d\n%s", rec.Code, page)
	}
}

// TestWhatIsNotTextIsRefused: bytes that are no UTF-8 are a mistake of whoever sends them, never ours.
func TestWhatIsNotTextIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, address := range []string{"/search?q=%ff", "/search?%ff=1", "/u/%ff", "/fonds/%C3%28", "/audit?who=%ff", "/verify?number=2026-1-1&digits=%ff", "/api/v1/catalogue/search?query=%ff"} {
		if rec := w.send(http.MethodGet, address, "", nil); rec.Code >= 500 || rec.Code < 300 {
			t.Errorf("%s: %d\n%s", address, rec.Code, rec.Body)
		}
	}
	if rec := w.send(http.MethodPost, "/request", "", url.Values{"topic": {"work_record"}, "name": {"\xff"}}); rec.Code != http.StatusBadRequest {
		t.Errorf("a form: %d\n%s", rec.Code, rec.Body)
	}
}
