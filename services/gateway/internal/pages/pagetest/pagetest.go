// Package pagetest visits pages over services that answer with what a test prepared: no store, no network.
package pagetest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// Services answer calls by the name of the method, and remember them.
type Services struct {
	Answers map[string]func(proto.Message) (proto.Message, error)

	mu    sync.Mutex
	calls []call
}

type call struct {
	method string
	in     proto.Message
}

var away = fault.Define(fault.Unavailable, "pagetest.away", "no answer was prepared for {method}", "ответ на {method} не подготовлен", "{method} жауабы дайын емес")

// Invoke implements grpc.ClientConnInterface.
func (s *Services) Invoke(_ context.Context, method string, in, out any, _ ...grpc.CallOption) error {
	name := method[strings.LastIndexByte(method, '/')+1:]
	asked, _ := in.(proto.Message)
	s.mu.Lock()
	s.calls = append(s.calls, call{name, proto.Clone(asked)})
	answer := s.Answers[name]
	s.mu.Unlock()
	if answer == nil {
		return away.With("method", name)
	}
	res, err := answer(asked)
	if err != nil {
		return err
	}
	given, _ := out.(proto.Message)
	proto.Merge(given, res)
	return nil
}

// NewStream implements grpc.ClientConnInterface: nothing streams here.
func (*Services) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, away.With("method", "stream")
}

// Called is the last call of a method; nil where there was none.
func (s *Services) Called(method string) proto.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.calls) - 1; i >= 0; i-- {
		if s.calls[i].method == method {
			return s.calls[i].in
		}
	}
	return nil
}

// Forget forgets the calls so far.
func (s *Services) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// Always answers every call alike.
func Always(m proto.Message) func(proto.Message) (proto.Message, error) {
	return func(proto.Message) (proto.Message, error) { return m, nil }
}

// Visitor is somebody who looks at the pages of one area.
type Visitor struct {
	t       testing.TB
	handler http.Handler
	person  web.Person
	Lang    string
}

// Open makes a site of some areas, visited by the account "one" in the given roles.
func Open(t testing.TB, s *Services, areas []func(*web.Site) error, organisation string, roles ...monitor.Role) *Visitor {
	t.Helper()
	v := &Visitor{t: t, Lang: "ru", person: web.Person{
		Account: "one", Name: "Сериков С.", Identity: monitor.Identity{Actor: "person:one", Roles: roles, Organisation: organisation},
	}}
	site, err := web.New(web.Config{
		Conn: func(string) (grpc.ClientConnInterface, error) { return s, nil },
		Who:  func(*http.Request) (web.Person, error) { return v.person, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, add := range areas {
		if err := add(site); err != nil {
			t.Fatal(err)
		}
	}
	v.handler = site.Handler()
	return v
}

var hole = regexp.MustCompile(`‹[a-zA-Z0-9._-]+›|<no value>|%!`)

func (v *Visitor) do(r *http.Request) *httptest.ResponseRecorder {
	v.t.Helper()
	r.AddCookie(&http.Cookie{Name: "lang", Value: v.Lang})
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	if missing := hole.FindString(w.Body.String()); missing != "" {
		v.t.Errorf("%s %s: a text is missing: %s", r.Method, r.URL, missing)
	}
	return w
}

// Get looks at a page, which must say something.
func (v *Visitor) Get(address string, status int, says ...string) string {
	v.t.Helper()
	return v.want(v.do(httptest.NewRequestWithContext(v.t.Context(), http.MethodGet, address, http.NoBody)), address, status, says...)
}

// Post sends a form, with a command id.
func (v *Visitor) Post(address string, form url.Values, status int, says ...string) string {
	v.t.Helper()
	form.Set("command", Command)
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.want(v.do(r), address, status, says...)
}

// Tried sends a form that is refused, for whatever kind of reason, and gives the page that says so.
func (v *Visitor) Tried(address string, form url.Values, says ...string) string {
	v.t.Helper()
	form.Set("command", Command)
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := v.do(r)
	return v.want(w, address, max(w.Code, http.StatusBadRequest), says...)
}

// Command is the id of every command sent.
const Command = "0193a4b0-0000-7000-8000-000000000001"

// want gives the page, or where it leads.
func (v *Visitor) want(w *httptest.ResponseRecorder, address string, status int, says ...string) string {
	v.t.Helper()
	body := w.Body.String()
	if to := w.Header().Get("Location"); to != "" {
		body = to
	}
	if w.Code != status {
		v.t.Errorf("%s: status %d, want %d: %.1500s", address, w.Code, status, body)
	}
	for _, text := range says {
		if !strings.Contains(body, text) {
			v.t.Errorf("%s does not say %q", address, text)
		}
	}
	return body
}

// Fields makes a form of names and values.
func Fields(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Add(pairs[i], pairs[i+1])
	}
	return out
}
