package gateway_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/gateway"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// empty answers every call with an empty message: an archive that holds nothing yet.
type empty struct{}

func (empty) Invoke(context.Context, string, any, any, ...grpc.CallOption) error { return nil }

func (empty) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, gone.With()
}

var gone = fault.Define(fault.Unavailable, "gateway_test.gone", "the catalogue is away", "каталог недоступен", "каталог қолжетімсіз")

func handler(t *testing.T, conn func(string) (grpc.ClientConnInterface, error)) http.Handler {
	t.Helper()
	h, err := gateway.Pages(conn)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(t *testing.T, h http.Handler, address string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	for k, v := range header {
		r.Header[k] = v
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestAPageRecoversFromAFailure visits a page while the catalogue is away, and again when it
// is back.
func TestAPageRecoversFromAFailure(t *testing.T) {
	away := true
	h := handler(t, func(string) (grpc.ClientConnInterface, error) {
		if away {
			return nil, gone.With()
		}
		return empty{}, nil
	})
	w := get(t, h, "/fonds?lang=ru", nil)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "Каталог недоступен.") {
		t.Fatalf("while the catalogue is away: %d\n%s", w.Code, w.Body)
	}
	away = false
	w = get(t, h, "/fonds?lang=ru", nil)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `class="fault"`) {
		t.Fatalf("when it is back: %d\n%s", w.Code, w.Body)
	}
}

// TestTheLanguageIsTheReaders tries what tells the language: the address, then the cookie, then
// the browser, then Kazakh.
func TestTheLanguageIsTheReaders(t *testing.T) {
	h := handler(t, func(string) (grpc.ClientConnInterface, error) { return empty{}, nil })
	for _, c := range []struct {
		name, address string
		header        http.Header
		want          string
	}{
		{"nothing is said", "/help", nil, "kk"},
		{"the browser prefers", "/help", http.Header{"Accept-Language": {"de, en-GB;q=0.8, ru;q=0.7"}}, "en"},
		{"the browser knows none of ours", "/help", http.Header{"Accept-Language": {"de,fr;q=0.5"}}, "kk"},
		{"chosen before", "/help", http.Header{"Accept-Language": {"en"}, "Cookie": {"lang=ru"}}, "ru"},
		{"chosen now", "/help?lang=kk", http.Header{"Cookie": {"lang=ru"}}, "kk"},
		{"none of ours is chosen", "/help?lang=xx", http.Header{"Cookie": {"lang=xx"}}, "kk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := get(t, h, c.address, c.header)
			if got := w.Header().Get("Content-Language"); got != c.want || !strings.Contains(w.Body.String(), `<html lang="`+c.want+`">`) {
				t.Errorf("language %q, want %q", got, c.want)
			}
		})
	}
}

// TestEveryAnswerIsGuarded looks at what keeps strangers' code out, on a page, a file and an
// error.
func TestEveryAnswerIsGuarded(t *testing.T) {
	h := handler(t, func(string) (grpc.ClientConnInterface, error) { return empty{}, nil })
	for address, status := range map[string]int{"/": 200, "/static/style.css": 200, "/nothing": 404, `/search?q=<script>`: 200} {
		w := get(t, h, address, nil)
		if w.Code != status {
			t.Errorf("%s: %d, want %d", address, w.Code, status)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "script-src 'self';") {
			t.Errorf("%s: policy %q", address, policy)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: may be taken for another type", address)
		}
		if strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%s has a script of its own", address)
		}
	}
}

// TestAPageLeadsToNoOtherSite asks for addresses that, decoded, would name another host.
func TestAPageLeadsToNoOtherSite(t *testing.T) {
	h := handler(t, func(string) (grpc.ClientConnInterface, error) { return nil, gone.With() })
	for _, path := range []string{"/%2Fevil.example", "/%2f%2fevil.example/x", "/%5Cevil.example", "/fonds/%2F%2Fevil.example"} {
		w := get(t, h, path, nil)
		for _, link := range []string{`href="//`, `href="/\\`, `href="\\`} {
			if strings.Contains(w.Body.String(), link) {
				t.Errorf("%s: the page has %s…", path, link)
			}
		}
		if w.Code >= 300 && w.Code < 400 {
			t.Errorf("%s: sent to %s", path, w.Header().Get("Location"))
		}
		if w.Header().Get("Cache-Control") == "" || !strings.Contains(w.Header().Get("Vary"), "Accept-Language") {
			t.Errorf("%s: a page in one language may be kept for readers of another: %v", path, w.Header())
		}
	}
}
