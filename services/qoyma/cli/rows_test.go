package cli

import (
	"context"
	"slices"
	"testing"

	"google.golang.org/grpc"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// What retention says where a giver has no register, and where it is away.
var (
	noRegister = fault.Define(fault.NotFound, "test.register", "no register", "нет учёта", "есеп жоқ")
	away       = fault.Define(fault.Unavailable, "test.away", "away", "недоступна", "қолжетімсіз")
)

// listed is an intake service whose transfer has rows on two pages.
type listed struct {
	intakev1.IntakeServiceClient
}

func (listed) GetTransfer(_ context.Context, q *intakev1.GetTransferRequest, _ ...grpc.CallOption) (*intakev1.GetTransferResponse, error) {
	p := q.GetAfter() + 1
	return &intakev1.GetTransferResponse{
		Transfer: &intakev1.Transfer{Organisation: &recordv1.Organisation{Id: "su"}}, More: p < 2,
		Files: []*recordv1.File{{Position: p, SourceId: []string{"", "7"}[p-1]}},
	}, nil
}

// register is a retention service that recognises rows by their titles.
type register struct {
	retentionv1.RetentionServiceClient
	files map[string]string
	err   error
	asked *retentionv1.RecogniseFilesRequest
}

func (r *register) RecogniseFiles(_ context.Context, q *retentionv1.RecogniseFilesRequest, _ ...grpc.CallOption) (*retentionv1.RecogniseFilesResponse, error) {
	if r.asked = q; r.err != nil {
		return nil, r.err
	}
	res := new(retentionv1.RecogniseFilesResponse)
	for _, row := range q.GetRows() {
		res.FileIds = append(res.FileIds, r.files[row.GetTitle().GetRu()])
	}
	return res, nil
}

// TestRowsAreRecognised: as on the page, a row that retention takes for a registered file names it, unless another row does; a giver without a register
// is no obstacle, and a register that is away is one.
func TestRowsAreRecognised(t *testing.T) {
	for name, c := range map[string]struct {
		titles, sources []string // of the rows of the call
		err             error
		want            []string
		found           int
		refused, asks   bool
	}{
		"one is known":         {titles: []string{"Приказы", "Планы"}, sources: []string{"", ""}, want: []string{"8", ""}, found: 1, asks: true},
		"named in an old row":  {titles: []string{"Отчёты"}, sources: []string{""}, want: []string{""}, asks: true},
		"named in another row": {titles: []string{"Приказы", "x"}, sources: []string{"", "8"}, want: []string{"", "8"}, asks: true},
		"what is named stands": {titles: []string{"Приказы"}, sources: []string{"5"}, want: []string{"5"}},
		"no register":          {titles: []string{"Приказы"}, sources: []string{""}, err: noRegister.With(), want: []string{""}, asks: true},
		"the register is away": {titles: []string{"Приказы"}, sources: []string{""}, err: away.With(), want: []string{""}, refused: true, asks: true},
	} {
		r := &register{files: map[string]string{"Приказы": "8", "Отчёты": "7"}, err: c.err}
		q := &intakev1.ListRowsRequest{TransferId: "A2026-1"}
		for i, title := range c.titles {
			q.Files = append(q.Files, &recordv1.File{Title: &recordv1.Text{Ru: title}, SourceId: c.sources[i]})
		}
		found, err := recognise(t.Context(), listed{}, r, q)
		var got []string
		for _, f := range q.GetFiles() {
			got = append(got, f.GetSourceId())
		}
		if !slices.Equal(got, c.want) || found != c.found || (err != nil) != c.refused || (r.asked != nil) != c.asks {
			t.Errorf("%s: %q, %d found, %v", name, got, found, err)
		}
		if r.asked != nil && r.asked.GetOrganisationId() != "su" {
			t.Errorf("%s: asked for %s", name, r.asked.GetOrganisationId())
		}
	}
}
