package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/qoyma/qoyma/proto"
)

func send(t *testing.T, h http.Handler, method, address, kind, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	r.Header.Set("Accept-Language", "ru")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestTheAPIAnswersAsThePagesDo calls what is there, what is not, and what cannot be read.
func TestTheAPIAnswersAsThePagesDo(t *testing.T) {
	var called []string
	h := handler(t, func(service string) (grpc.ClientConnInterface, error) {
		called = append(called, service)
		if service == "intake" {
			return nil, gone.With()
		}
		return empty{}, nil
	})
	for _, c := range []struct {
		name, method, address, kind, body string
		status                            int
		says                              string
	}{
		{"a search", http.MethodGet, "/api/v1/search?query=1/1/2&limit=3", "", "", 200, `"hits":`},
		{"a request", http.MethodPost, "/api/v1/requests", "application/json; charset=utf-8", `{"commandId":"x","facts":{"topic":"pay"}}`, 200, `"number":`},
		{"a journal", http.MethodGet, "/api/v1/journals/retention/timeline?ref.type=transfer&ref.id=2026-1", "", "", 200, `"events":`},
		{"a service that is away", http.MethodGet, "/api/v1/transfers", "", "", 503, "каталог недоступен"},
		{"no such call", http.MethodGet, "/api/v1/nothing", "", "", 404, "gateway.api.no_call"},
		{"another method", http.MethodDelete, "/api/v1/search", "application/json", "{}", 404, "gateway.api.no_call"},
		{"a form of a page", http.MethodPost, "/api/v1/requests", "application/x-www-form-urlencoded", "topic=pay", 400, "gateway.api.not_json"},
		{"text that a form can send", http.MethodPost, "/api/v1/requests", "text/plain", `{"topic":"pay"}`, 400, "gateway.api.not_json"},
		{"not JSON", http.MethodPost, "/api/v1/requests", "application/json", `{"topic":`, 400, "gateway.api.bad_call"},
		{"a field that is none", http.MethodPost, "/api/v1/requests", "application/json", `{"nothing":1}`, 400, "gateway.api.bad_call"},
		{"too large", http.MethodPost, "/api/v1/requests", "application/json", `{"commandId":"` + strings.Repeat("x", 2<<20) + `"}`, 400, "gateway.api.bad_call"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := send(t, h, c.method, c.address, c.kind, c.body)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if !json.Valid(w.Body.Bytes()) || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
				t.Errorf("not JSON: %q %s", w.Header().Get("Content-Type"), w.Body)
			}
		})
	}
	if !slices.Contains(called, "retention") {
		t.Errorf("the journal of retention was asked elsewhere: %v", called)
	}
}

// unlisted are the calls that stand under no address of the API, with the reason.
var unlisted = map[string]string{
	"qoyma.intake.v1.IntakeService.UploadPackage":     "streams bytes: packages have an upload of their own",
	"qoyma.intake.v1.IntakeService.ReadContent":       "streams bytes: the page of a file gives them",
	"qoyma.intake.v1.IntakeService.WatchTransfer":     "streams: the page of a transfer shows it",
	"qoyma.reference.v1.ReferenceService.LockFiles":   "among services",
	"qoyma.intake.v1.IntakeService.RestoreContent":    "among services",
	"qoyma.intake.v1.IntakeService.RestoreRecord":     "among services",
	"qoyma.journal.v1.JournalService.Read":            "among services",
	"qoyma.journal.v1.JournalService.Witness":         "among services",
	"qoyma.journal.v1.JournalService.EraseObject":     "an erasure is asked for on paper and carried out at the machine",
	"qoyma.journal.v1.JournalService.ConfirmClock":    "for whoever stands before the machine's clock",
	"qoyma.gateway.v1.AccountsService.CreateAccount":  "passwords are given out by a person, on a page or at the machine",
	"qoyma.gateway.v1.AccountsService.ListAccounts":   "accounts are the administrator's page",
	"qoyma.reference.v1.ReferenceService.VerifyFile":  "a file is uploaded on the page /verify",
	"qoyma.intake.v1.IntakeService.OpenUpload":        "files are sent by tus 1.0.0, under /dept/transfers/{id}/tus",
	"qoyma.intake.v1.IntakeService.AppendUpload":      "files are sent by tus 1.0.0, under /dept/transfers/{id}/tus",
	"qoyma.intake.v1.IntakeService.PutFiles":          "files are sent by tus 1.0.0, under /dept/transfers/{id}/tus",
	"qoyma.intake.v1.IntakeService.StatUpload":        "files are sent by tus 1.0.0, under /dept/transfers/{id}/tus",
	"qoyma.intake.v1.IntakeService.DiscardUpload":     "files are sent by tus 1.0.0, under /dept/transfers/{id}/tus",
	"qoyma.intake.v1.IntakeService.FinishPackage":     "files are sent by tus 1.0.0, under /dept/transfers/{id}/tus",
	"qoyma.gateway.v1.AccountsService.GetAccount":     "accounts are the administrator's page",
	"qoyma.gateway.v1.AccountsService.SetPerson":      "accounts are the administrator's page",
	"qoyma.gateway.v1.AccountsService.SetRoles":       "accounts are the administrator's page",
	"qoyma.gateway.v1.AccountsService.DisableAccount": "accounts are the administrator's page",
	"qoyma.gateway.v1.AccountsService.EnableAccount":  "accounts are the administrator's page",
	"qoyma.gateway.v1.AccountsService.ResetPassword":  "passwords are given out by a person, on a page or at the machine",
	"qoyma.gateway.v1.AccountsService.ChangePassword": "everybody changes their own on a page",
	"qoyma.gateway.v1.AccountsService.UnlockAccount":  "accounts are the administrator's page",
	"qoyma.gateway.v1.AccountsService.EndSessions":    "accounts are the administrator's page",
}

// TestEveryCallIsUnderTheAPIOrHasAReason compares the description with the services.
func TestEveryCallIsUnderTheAPIOrHasAReason(t *testing.T) {
	var d struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(proto.OpenAPI, &d); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, methods := range d.Paths {
		for _, o := range methods {
			listed[o.OperationID] = true
		}
	}
	seen := 0
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			if !strings.HasPrefix(string(s.FullName()), "qoyma.") {
				continue
			}
			for j := range s.Methods().Len() {
				m := s.Methods().Get(j)
				seen++
				if name := string(m.FullName()); !listed[string(s.Name())+"_"+string(m.Name())] && unlisted[name] == "" {
					t.Errorf("%s stands under no address: add it to proto/api.yaml", name)
				} else if listed[string(s.Name())+"_"+string(m.Name())] && unlisted[name] != "" {
					t.Errorf("%s has an address and a reason to have none", name)
				}
			}
		}
		return true
	})
	if seen < 50 {
		t.Errorf("only %d calls were looked at", seen)
	}
}
