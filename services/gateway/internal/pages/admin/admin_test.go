package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

var gone = fault.Define(fault.Unavailable, "admin_test.gone", "away", "недоступно", "қолжетімсіз")

// journals are those of two services: the catalogue has parked an event of intake's, and insurance is
// away.
type journals struct {
	mu      sync.Mutex
	retried []*journalv1.RetryRequest
	parked  bool
}

func (j *journals) Invoke(_ context.Context, method string, in, out any, _ ...grpc.CallOption) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	answer := func(m proto.Message) error {
		proto.Merge(out.(proto.Message), m)
		return nil
	}
	switch q := in.(type) {
	case *journalv1.StatusRequest:
		s := &journalv1.ServiceStatus{Service: "catalogue", Last: 7, Relayed: 5, Follows: []*journalv1.FollowerStatus{{Service: "intake", Seq: 8, Head: 10}}}
		if j.parked {
			s.Parked = 1
		}
		return answer(&journalv1.StatusResponse{Services: []*journalv1.ServiceStatus{s}})
	case *journalv1.WaitingRequest:
		return answer(&journalv1.WaitingResponse{Events: []*journalv1.WaitingEvent{{
			Event: &journalv1.Cause{Service: "intake", Epoch: 1, Seq: 9}, BodyType: "qoyma.intake.v1.AccessionAccepted", Parked: true,
			Object: &journalv1.Ref{Type: "transfer", Id: "2026-4"}, Reason: "опись <7> уже есть",
		}}})
	case *journalv1.RetryRequest:
		j.retried, j.parked = append(j.retried, q), false
		return answer(&journalv1.RetryResponse{})
	}
	return gone.With("method", method)
}

func (*journals) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, gone.With()
}

// pagesFor are the pages, in Russian, of administration as somebody with a role sees them.
func pagesFor(t *testing.T, j grpc.ClientConnInterface, role monitor.Role, lang ...string) func(method, address string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	site, err := web.New(web.Config{
		Services: []string{"catalogue", "insurance"},
		Conn: func(service string) (grpc.ClientConnInterface, error) {
			if service == "insurance" {
				return nil, gone.With()
			}
			return j, nil
		},
		Who: func(*http.Request) (web.Person, error) {
			return web.Person{Account: "2", Name: "Дмитрий", Identity: monitor.Identity{Actor: "person:2", Roles: []monitor.Role{role}}}, nil
		},
	})
	if err == nil {
		err = Add(site)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func(method, address string, form url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept-Language", append(lang, "ru")[0])
		w := httptest.NewRecorder()
		site.Handler().ServeHTTP(w, r)
		return w
	}
}

// TestAParkedEventIsShownAndRetried: with its reason, its object and a button, for the administrator
// alone; what was retried is gone from the page.
func TestAParkedEventIsShownAndRetried(t *testing.T) {
	j := &journals{parked: true}
	admin := pagesFor(t, j, monitor.Administrator)
	page := admin(http.MethodGet, "/admin", nil).Body.String()
	for _, want := range []string{"опись &lt;7&gt; уже есть", "2026-4", `action="/admin/retry"`, `name="seq" value="9"`, "недоступно"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if auditor := pagesFor(t, j, monitor.Auditor)(http.MethodGet, "/admin", nil).Body.String(); !strings.Contains(auditor, "уже есть") || strings.Contains(auditor, "/admin/retry") {
		t.Errorf("the auditor sees the event, and no button:\n%s", auditor)
	}
	w := admin(http.MethodPost, "/admin/retry", url.Values{"service": {"catalogue"}, "of": {"intake"}, "epoch": {"1"}, "seq": {"9"}})
	if len(j.retried) != 1 || w.Code != http.StatusSeeOther || j.retried[0].GetEvent().GetSeq() != 9 || j.retried[0].GetEvent().GetService() != "intake" {
		t.Fatalf("%d %v", w.Code, j.retried)
	}
	if page := admin(http.MethodGet, w.Header().Get("Location"), nil).Body.String(); strings.Contains(page, "/admin/retry") {
		t.Errorf("it still waits:\n%s", page)
	}
	if w := admin(http.MethodPost, "/admin/retry", url.Values{"service": {"catalogue"}, "of": {"intake"}, "epoch": {"x"}, "seq": {"9"}}); w.Code != http.StatusBadRequest || len(j.retried) != 1 {
		t.Errorf("a place that is none: %d, %v", w.Code, j.retried)
	}
}

var noPlace = fault.Define(fault.Refused, "admin_test.no_place",
	"there is no inventory {number}; open it", "описи {number} нет; заведите её", "{number} тізімдемесі жоқ; оны ашыңыз")

// waits answers with one service that has an alarm, one reader of it that has another, and one event that
// waits.
type waits struct {
	journals
	event *journalv1.WaitingEvent
}

func (w *waits) Invoke(ctx context.Context, method string, in, out any, opts ...grpc.CallOption) error {
	switch in.(type) {
	case *journalv1.StatusRequest:
		proto.Merge(out.(proto.Message), &journalv1.StatusResponse{Services: []*journalv1.ServiceStatus{{
			Service: "catalogue", Parked: 1, Alarm: "there is no inventory 8; open it: EOF", AlarmFault: wire.Kept(noPlace.With("number", 8)),
			Follows: []*journalv1.FollowerStatus{{Service: "intake", Alarm: "there is no inventory 9; open it", AlarmFault: wire.Kept(noPlace.With("number", 9))}},
		}}})
		return nil
	case *journalv1.WaitingRequest:
		proto.Merge(out.(proto.Message), &journalv1.WaitingResponse{Events: []*journalv1.WaitingEvent{w.event}})
		return nil
	}
	return w.journals.Invoke(ctx, method, in, out, opts...)
}

// TestAReasonIsReadInThePersonsLanguage (IS-3): of what waits and of alarms; the raw text is a detail
// that is opened, and only where it says more.
func TestAReasonIsReadInThePersonsLanguage(t *testing.T) {
	why := noPlace.With("number", 7).Because(errors.New("key <a>"))
	event := &journalv1.WaitingEvent{
		Event: &journalv1.Cause{Service: "intake", Epoch: 1, Seq: 9}, BodyType: "qoyma.intake.v1.AccessionAccepted", Parked: true,
		Object: &journalv1.Ref{Type: "transfer", Id: "2026-4"}, Reason: why.Error(), Fault: wire.Kept(why),
	}
	for lang, want := range map[string]string{
		"kk": "%d тізімдемесі жоқ; оны ашыңыз", "ru": "описи %d нет; заведите её", "en": "there is no inventory %d; open it",
	} {
		page := pagesFor(t, &waits{event: event}, monitor.Administrator, lang)(http.MethodGet, "/admin", nil).Body.String()
		for n := range 3 {
			if text := fmt.Sprintf(want, 7+n); !strings.Contains(page, text) {
				t.Errorf("%s: the page lacks %q:\n%s", lang, text, page)
			}
		}
		if !strings.Contains(page, `lang="en">there is no inventory 7; open it: key &lt;a&gt;<`) || strings.Count(page, `lang="en">there is`) != 2 {
			t.Errorf("%s: the technical details are not as they should be:\n%s", lang, page)
		}
	}
}
