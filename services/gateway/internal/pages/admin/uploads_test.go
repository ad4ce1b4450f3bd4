package admin

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/public"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// limited is an archive with limits of the past, of today, of one organisation and to come.
func limited() *pagetest.Services {
	later := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	set := func(organisation, from string, gibs uint64) *intakev1.UploadLimitsSet {
		return &intakev1.UploadLimitsSet{
			OrganisationId: organisation, From: from, TransferBytes: gibs * gib, TransferFiles: 1000, DepartmentBytes: 2 * gibs * gib, DepartmentFiles: 2000, KeepDays: 30,
		}
	}
	return &pagetest.Services{Answers: map[string]func(proto.Message) (proto.Message, error){
		"ListUploadLimits": pagetest.Always(&intakev1.ListUploadLimitsResponse{Limits: []*intakev1.UploadLimitsSet{
			set("", "2026-01-01", 11), set("", "2026-02-01", 22), set("", later, 33), set("su", "2026-03-01", 44),
			{OrganisationId: "su", From: "2025-03-01", TransferBytes: gib / 2, TransferFiles: 1, DepartmentBytes: 2500, DepartmentFiles: 1, KeepDays: 1},
		}}),
		"ListOrganisations": pagetest.Always(&retentionv1.ListOrganisationsResponse{Organisations: []*recordv1.Organisation{{Id: "su", Name: &recordv1.Text{Ru: "Отдел <воды>"}}}}),
		"SetUploadLimits":   pagetest.Always(&intakev1.SetUploadLimitsResponse{}),
	}}
}

func administers(t *testing.T, s *pagetest.Services, role monitor.Role) *pagetest.Visitor {
	t.Helper()
	return pagetest.Open(t, s, []func(*web.Site) error{public.Add, Add}, "", role)
}

// TestUploadLimitsAreShown says which are in force, which were and which will be; the form begins with those in force.
func TestUploadLimitsAreShown(t *testing.T) {
	v := administers(t, limited(), monitor.Administrator)
	page := v.Get("/admin/uploads", http.StatusOK, "11\u00a0ГиБ", "33\u00a0ГиБ", "0,5\u00a0ГиБ", "2,5\u00a0КБ", "Отдел &lt;воды&gt;", `name="transfer_gib" type="text" value="22"`, `name="department_files" type="number" value="2000"`)
	if in, over, later := strings.Count(page, "действует</span>"), strings.Count(page, "прежний</span>"), strings.Count(page, "позже</span>"); in != 2 || over != 2 || later != 1 {
		t.Errorf("%d in force, %d past, %d to come:\n%s", in, over, later, page)
	}
	for _, v.Lang = range []string{"kk", "en"} {
		v.Get("/admin/uploads", http.StatusOK, "<h1>")
	}
	administers(t, limited(), monitor.Auditor).Get("/admin/uploads", http.StatusForbidden)
}

// TestUploadLimitsAreSet sends what was typed in bytes, and refuses by the field what nobody could work with.
func TestUploadLimitsAreSet(t *testing.T) {
	s := limited()
	v := administers(t, s, monitor.Administrator)
	v.Post("/admin/uploads", pagetest.Fields("from", "когда-нибудь", "transfer_gib", "-1", "transfer_files", "0", "department_gib", "много", "department_files", "1.5", "keep_days", "400"),
		http.StatusUnprocessableEntity, `href="#from"`, `href="#transfer_gib"`, `href="#transfer_files"`, `href="#department_gib"`, `href="#department_files"`, `href="#keep_days"`, `value="много"`)
	if s.Called("SetUploadLimits") != nil {
		t.Fatal("something was set")
	}
	for _, days := range []string{"", "0", "366", "-1", "много"} {
		v.Post("/admin/uploads", pagetest.Fields("from", "2026-12-01", "transfer_gib", "1", "transfer_files", "1", "department_gib", "1", "department_files", "1", "keep_days", days),
			http.StatusUnprocessableEntity, `href="#keep_days"`)
	}
	v.Post("/admin/uploads", pagetest.Fields("organisation", "su", "from", "2026-12-01", "transfer_gib", "0,5", "transfer_files", "1 000", "department_gib", "1000", "department_files", "7", "keep_days", "14"),
		http.StatusSeeOther, "/admin/uploads?done=")
	q, _ := s.Called("SetUploadLimits").(*intakev1.SetUploadLimitsRequest)
	if l := q.GetLimits(); l.GetTransferBytes() != gib/2 || l.GetDepartmentBytes() != 1000*gib || l.GetTransferFiles() != 1000 || l.GetKeepDays() != 14 || l.GetOrganisationId() != "su" || l.GetFrom() != "2026-12-01" || q.GetCommandId() != pagetest.Command {
		t.Errorf("set %v", q)
	}
}

var summed = regexp.MustCompile(`<li><a href="#([a-z_]+)">([^<]+)</a>`)

// TestEachWrongLimitIsNamed: the summary says of each field what is wrong with it in words of its own, in the order of the form.
func TestEachWrongLimitIsNamed(t *testing.T) {
	v := administers(t, limited(), monitor.Administrator)
	for _, v.Lang = range []string{"kk", "ru", "en"} {
		page := v.Post("/admin/uploads", pagetest.Fields("organisation", ""), http.StatusUnprocessableEntity)
		var fields []string
		said := map[string]bool{}
		for _, m := range summed.FindAllStringSubmatch(page, -1) {
			fields = append(fields, m[1])
			if said[m[2]] {
				t.Errorf("%s: %q is said twice", v.Lang, m[2])
			}
			said[m[2]] = true
		}
		if want := []string{"from", "transfer_gib", "transfer_files", "department_gib", "department_files", "keep_days"}; !slices.Equal(fields, want) {
			t.Errorf("%s: %v", v.Lang, fields)
		}
	}
}
