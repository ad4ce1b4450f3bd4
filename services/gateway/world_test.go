package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	gatewayv1 "github.com/qoyma/qoyma/proto/gen/qoyma/gateway/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/accounts"
	"github.com/qoyma/qoyma/services/gateway/internal/api"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/account"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/department"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// silent are the other services: they do not answer, so that no page can show anything but who may
// open it.
type silent struct{}

var away = fault.Define(fault.Unavailable, "gateway_test.away", "the service is away", "службы нет", "қызмет жоқ")

func (silent) Invoke(context.Context, string, any, any, ...grpc.CallOption) error { return away.With() }

func (silent) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("no streams here")
}

// world is a gateway with a real store and a clock that tests turn.
type world struct {
	t      *testing.T
	dir    string
	store  *base.Store
	people *api.People
	server *api.Server
	site   *web.Site
	h      http.Handler

	mu  sync.Mutex
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	w.start()
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) config() base.Config {
	spec := Spec()
	return base.Config{
		Dir: w.dir, Archive: "kz-test", Service: name, Schema: spec.Schema, Apply: spec.Apply, Check: spec.Check, Reserve: 1, Now: w.clock,
	}
}

func (w *world) start() {
	w.t.Helper()
	s, err := base.Open(w.config())
	if err != nil {
		w.t.Fatal(err)
	}
	s.Admit()
	w.store = s
	w.people = api.New(api.Config{Store: s, Key: make([]byte, 32), Cost: accounts.Cost{Passes: 1, Memory: 64, Lanes: 1}})
	w.server = api.NewServer(w.people)
	w.site, err = newSite(web.Config{
		Conn:     func(string) (grpc.ClientConnInterface, error) { return silent{}, nil },
		Services: []string{"retention", "gateway"}, Now: w.clock, Proxies: web.Proxies{netip.MustParsePrefix("10.9.0.0/16")},
	}, w.people, department.Config{Spool: w.t.TempDir()})
	if err != nil {
		w.t.Fatal(err)
	}
	account.Welcome(w.site, w.dir+"/accounts.json")
	w.h = w.site.Handler()
}

func (w *world) restart() {
	w.t.Helper()
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.start()
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func command() string { return uuid.Must(uuid.NewV7()).String() }

// admin is the context of an administrator's call.
func (w *world) admin() context.Context {
	return monitor.With(w.t.Context(), monitor.Identity{Actor: "person:admin", Roles: []monitor.Role{monitor.Administrator}})
}

const password = "төрт түрлі сөз тізбегі"

// account opens an account whose password the person has chosen already.
func (w *world) account(login string, roles ...string) string {
	w.t.Helper()
	organisation := ""
	if slices.Contains(roles, "clerk") {
		organisation = "bilim"
	}
	res, err := w.server.CreateAccount(w.admin(), &gatewayv1.CreateAccountRequest{
		CommandId: command(), Login: login, Name: "Адам " + login, Roles: roles, Organisation: organisation,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.server.ChangePassword(w.admin(), &gatewayv1.ChangePasswordRequest{
		CommandId: command(), Login: login, Password: res.GetOneTimePassword(), NewPassword: password,
	}); err != nil {
		w.t.Fatal(err)
	}
	return res.GetAccount().GetAccountId()
}

// send makes a request of a browser that shows a secret ("" for none).
func (w *world) send(method, address, secret string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept-Language", "en")
	if secret != "" {
		r.AddCookie(&http.Cookie{Name: "qoyma", Value: secret})
	}
	for _, c := range change {
		c(r)
	}
	rec := httptest.NewRecorder()
	w.h.ServeHTTP(rec, r)
	return rec
}

// secretOf is the session that an answer gives to the browser.
func secretOf(rec *httptest.ResponseRecorder) string {
	for _, c := range rec.Result().Cookies() {
		if strings.HasSuffix(c.Name, "qoyma") && c.MaxAge > 0 {
			return c.Value
		}
	}
	return ""
}

func (w *world) attempt(login, password, before string) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.send(http.MethodPost, "/sign-in", before, url.Values{"login": {login}, "password": {password}})
}

func (w *world) signIn(login string) string {
	w.t.Helper()
	rec := w.attempt(login, password, "")
	secret := secretOf(rec)
	if rec.Code != http.StatusSeeOther || secret == "" {
		w.t.Fatalf("%s cannot sign in: %d\n%s", login, rec.Code, rec.Body)
	}
	return secret
}

// signedIn tells whether a secret opens a person's page.
func (w *world) signedIn(secret string) bool {
	w.t.Helper()
	return w.send(http.MethodGet, "/account", secret, nil).Code == http.StatusOK
}

// events counts the events of a type in the journal.
func (w *world) events(bodyType string) (n int) {
	w.t.Helper()
	w.each(func(r *journal.Record) {
		if strings.HasSuffix(r.Header.GetBodyType(), "."+bodyType) {
			n++
		}
	})
	return n
}

func (w *world) each(do func(*journal.Record)) {
	w.t.Helper()
	if err := w.store.View(func(v *base.View) error {
		for _, raw := range v.Scan("journal", nil, nil) {
			r, err := journal.DecodeBytes(raw)
			if err != nil {
				return err
			}
			do(r)
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}
