package handover_test

import (
	"fmt"
	"net/http"
	"testing"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/public"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

var none = fault.Define(fault.NotFound, "handover_test.none", "there is none", "такой нет", "ондай жоқ")

// TestEveryOrganisationCanAnnounce: those beyond the first answer of the service, too.
func TestEveryOrganisationCanAnnounce(t *testing.T) {
	one := func(n int) *recordv1.Organisation {
		return &recordv1.Organisation{Id: fmt.Sprint("o", n), Name: &recordv1.Text{Ru: fmt.Sprint("Отдел ", n)}}
	}
	s := &pagetest.Services{Answers: map[string]func(proto.Message) (proto.Message, error){
		"ListTransferKinds": pagetest.Always(&intakev1.ListTransferKindsResponse{Kinds: []*intakev1.TransferKind{{Kind: "early", Needs: []string{"reason"}, AnnouncedBy: []string{"archive"}}}}),
		"ListOrganisations": func(m proto.Message) (proto.Message, error) {
			if m.(*retentionv1.ListOrganisationsRequest).GetAfter() == "o2" {
				return &retentionv1.ListOrganisationsResponse{Organisations: []*recordv1.Organisation{one(3)}}, nil
			}
			return &retentionv1.ListOrganisationsResponse{Organisations: []*recordv1.Organisation{one(1), one(2)}, More: true}, nil
		},
		"GetOrganisation": func(m proto.Message) (proto.Message, error) {
			if m.(*retentionv1.GetOrganisationRequest).GetOrganisationId() != "o3" {
				return nil, none.With()
			}
			return &retentionv1.GetOrganisationResponse{Organisation: one(3)}, nil
		},
		"AnnounceTransfer": pagetest.Always(&intakev1.AnnounceTransferResponse{Transfer: &intakev1.Transfer{TransferId: "2026-1"}}),
	}}
	v := pagetest.Open(t, s, []func(*web.Site) error{public.Add, handover.Add}, "", monitor.Archivist)
	v.Get("/announce/early", http.StatusOK, `value="o1"`, `value="o3"`)
	form := func(organisation string) []string {
		return []string{"organisation", organisation, "reason", "нет места", "form", "paper", "number", "2", "title_ru", "Дела", "inventory_kind", "permanent", "year_from", "2020"}
	}
	v.Post("/announce/early", pagetest.Fields(form("o4")...), http.StatusUnprocessableEntity, `href="#organisation"`)
	v.Post("/announce/early", pagetest.Fields(form("o3")...), http.StatusSeeOther, "?done=")
	if q, _ := s.Called("AnnounceTransfer").(*intakev1.AnnounceTransferRequest); q.GetOrganisation().GetName().GetRu() != "Отдел 3" {
		t.Errorf("announced %v", q)
	}
}
