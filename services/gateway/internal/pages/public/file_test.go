package public

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// TestAFileThatLeftIsAMark: its page says when and by which act it left, and links to no content.
func TestAFileThatLeftIsAMark(t *testing.T) {
	s := &pagetest.Services{Answers: map[string]func(proto.Message) (proto.Message, error){}}
	text := func(s string) *recordv1.Text { return &recordv1.Text{Kk: s, Ru: s, En: s} }
	one := &cataloguev1.File{Code: text("1/1/2"), Fonds: "1", Inventory: "1", AccessionNumber: "2026-7", File: &cataloguev1.CataloguedFile{
		Number: "2", File: &recordv1.File{Title: text("Дело")}, ContentPaths: []string{"data/0001/a.pdf"},
	}}
	s.Answers["GetFile"] = pagetest.Always(&cataloguev1.GetFileResponse{
		File: one, Fonds: &cataloguev1.Fonds{Number: "1", Name: text("Фонд")}, Inventory: &cataloguev1.Inventory{Number: "1", Title: text("Опись")},
	})
	s.Answers["ListFiles"] = pagetest.Always(&cataloguev1.ListFilesResponse{Files: []*cataloguev1.File{one}})
	v := pagetest.Open(t, s, []func(*web.Site) error{Add}, "", monitor.Head)
	v.Get("/u/1/1/2", http.StatusOK, `href="/accessions/2026-7/content/data/0001/a.pdf"`)
	for way, says := range map[string]string{"destroyed": "уничтожено 03.11.2026 по акту 2026-7/2", "returned_to_owner": "возвращено владельцу", "transferred": "по акту 2026-7/2: ЦГА"} {
		one.Left = &cataloguev1.FileLeft{Way: way, LeftOn: "2026-11-03", Act: "2026-7/2", Receiver: "ЦГА"}
		for _, v.Lang = range []string{"kk", "en", "ru"} {
			v.Get("/u/1/1/2", http.StatusOK)
		}
		if page := v.Get("/u/1/1/2", http.StatusOK, says); strings.Contains(page, "/content/") {
			t.Errorf("%s: what left is a link", way)
		}
	}
}
