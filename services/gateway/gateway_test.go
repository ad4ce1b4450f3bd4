package gateway_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"github.com/qoyma/qoyma/services/gateway"
)

// TestAPageLeadsToNoOtherSite asks for addresses that, decoded, would name another host.
func TestAPageLeadsToNoOtherSite(t *testing.T) {
	pages, err := gateway.New(gateway.Config{Conn: func(string) (grpc.ClientConnInterface, error) { return nil, errors.New("not here") }})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/%2Fevil.example", "/%2f%2fevil.example/x", "/%5Cevil.example", "/fonds/%2F%2Fevil.example"} {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
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
