package audit

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// archive is what the services say of two files of one inventory: 7, which stands at 1/1/2, and its
// neighbour 8 at 1/1/3. Each event is its type and the objects that it names.
var archive = map[string][]string{
	"retention": {
		"FileOpened file/7", "FileOpened file/8", "InventoryApproved inventory/i-1 organisation/o-1", "TransferDue transfer/t-1 inventory/i-1 organisation/o-1",
		"OrganisationRegistered organisation/o-1", "FileOpened file/9", "FileOpened file/10",
	},
	"intake":    {"TransferExpected transfer/t-1 inventory/i-1 organisation/o-1", "AccessionAccepted accession/a-1 transfer/t-1", "AccessionAccepted accession/a-2 transfer/t-2"},
	"catalogue": {"FondsOpened fonds/1", "FilesCatalogued inventory/1/1 fonds/1 accession/a-1"},
	"insurance": {"CopyOrdered insurance/1/1/2 file/7 accession/a-1", "CopyOrdered insurance/1/1/3 file/8 accession/a-1"},
	"reference": {"FindingAdded request/r-1 code/1/1/2", "FindingAdded request/r-2 code/1/1/3", "CertificateSigned request/r-1 certificate/c-1"},
}

var none = fault.Define(fault.NotFound, "audit_test.none", "none", "нет", "жоқ")

// services answers for all of them: the catalogue has 7 and 8, the department also 9, in the same
// inventory, which was not handed over.
type services struct {
	mu    sync.Mutex
	asked []string // methods
}

func (s *services) Invoke(_ context.Context, method string, in, out any, _ ...grpc.CallOption) error {
	s.mu.Lock()
	s.asked = append(s.asked, method)
	s.mu.Unlock()
	answer := func(m proto.Message) error {
		proto.Merge(out.(proto.Message), m)
		return nil
	}
	switch q := in.(type) {
	case *cataloguev1.GetFileRequest:
		for id, number := range map[string]string{"7": "2", "8": "3"} {
			if q.GetCode() == "1/1/"+number || q.GetCode() == "" && q.GetRecord() == id {
				return answer(&cataloguev1.GetFileResponse{File: &cataloguev1.File{
					Fonds: "1", Inventory: "1", AccessionNumber: "a-1",
					File: &cataloguev1.CataloguedFile{Number: number, File: &recordv1.File{Id: id}},
				}})
			}
		}
	case *retentionv1.GetFileRequest:
		if q.GetFileId() == "9" {
			return answer(&retentionv1.GetFileResponse{File: &retentionv1.DepartmentFile{InventoryId: "i-1"}})
		}
	case *journalv1.TimelineRequest:
		return answer(timelineOf(q))
	}
	return none.With()
}

func timelineOf(q *journalv1.TimelineRequest) *journalv1.TimelineResponse {
	res := new(journalv1.TimelineResponse)
	for i, text := range archive[q.GetService()] {
		words := strings.Fields(text)
		if !slices.Contains(words[1:], journal.RefOf(q.GetRef()).String()) {
			continue
		}
		e := &journalv1.TimelineEvent{
			Service: q.GetService(), Epoch: 1, Seq: uint64(i) + 1, RecordedAt: timestamppb.New(time.Unix(int64(i), 0)),
			BodyType: "qoyma." + q.GetService() + ".v1." + words[0],
		}
		for _, ref := range words[1:] {
			r, _ := journal.ParseRef(ref)
			e.Refs = append(e.Refs, r.Proto())
		}
		res.Events = append(res.Events, e)
	}
	return res
}

func (*services) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, none.With()
}

// opened is the page as somebody with a role gets it.
func opened(t *testing.T, s *services, role monitor.Role, address string) string {
	t.Helper()
	site, err := web.New(web.Config{
		Services: []string{"catalogue", "insurance", "intake", "reference", "retention"},
		Conn:     func(string) (grpc.ClientConnInterface, error) { return s, nil },
		Who: func(*http.Request) (web.Person, error) {
			return web.Person{Account: "2", Identity: monitor.Identity{Actor: "person:2", Roles: []monitor.Role{role}}}, nil
		},
	})
	if err == nil {
		err = Add(site)
	}
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	r.Header.Set("Accept-Language", "ru")
	site.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", address, w.Code, w.Body)
	}
	return w.Body.String()
}

// TestTheChainOfAFile: asked for by its code in any spelling or by its department's number, it is the
// same, with nothing of its neighbour; of a file that was not handed over it is what its inventory
// went through; other objects have their own events alone.
func TestTheChainOfAFile(t *testing.T) {
	const (
		note  = "Вся цепочка"
		whole = "catalogue-2 insurance-1 intake-1 intake-2 reference-1 reference-3 retention-1 retention-3 retention-4"
	)
	for _, test := range []struct {
		name, query string
		role        monitor.Role
		want        string
		chain       bool
	}{
		{"by code", "type=code&id=1/1/2", monitor.Auditor, whole, true},
		{"by code as people write it", "type=code&id=" + "%D0%A4.+1.+%D0%9E%D0%BF.+1.+%D0%94.+2", monitor.Auditor, whole, true},
		{"by its department's number", "type=file&id=7", monitor.Auditor, whole, true},
		{"by a role that reads no departments' files", "type=file&id=7", monitor.Administrator, whole, true},
		{"not handed over", "type=file&id=9", monitor.Head, "intake-1 retention-3 retention-4 retention-6", true},
		{"not handed over, by a role that may not ask", "type=file&id=9", monitor.Administrator, "retention-6", true},
		{"nobody knows it", "type=file&id=10", monitor.Auditor, "retention-7", true},
		{"an accession", "type=accession&id=a-2", monitor.Auditor, "intake-3", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := new(services)
			page := opened(t, s, test.role, "/audit?"+test.query)
			var got []string
			for service, events := range archive {
				for i := range events {
					if id := fmt.Sprint(service, "-", i+1); strings.Contains(page, `<li id="`+id+`"`) {
						got = append(got, id)
					}
				}
			}
			if slices.Sort(got); strings.Join(got, " ") != test.want {
				t.Errorf("the page shows %v, want %s", got, test.want)
			}
			if strings.Contains(page, note) != test.chain {
				t.Errorf("it says that it is the whole chain: %t", !test.chain)
			}
			if test.role == monitor.Administrator && slices.Contains(s.asked, retentionv1.RetentionService_GetFile_FullMethodName) {
				t.Error("a question that the policy forbids would be journaled as a denial")
			}
		})
	}
}
