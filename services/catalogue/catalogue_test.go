package catalogue_test

import (
	"fmt"
	"strings"
	"testing"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	"github.com/qoyma/qoyma/services/platform/store"
)

// acceptance is an accession as intake writes it: a header and its rows.
type acceptance struct {
	number, organisation, inventory, kind, list string
	files                                       []*recordv1.File
	listed                                      int // 0 means as many as files
}

func (a acceptance) events() []store.Event {
	listed := uint32(max(a.listed, len(a.files)))
	refs := []journal.Ref{{Type: "accession", ID: a.number}, {Type: "transfer", ID: "t-" + a.number}}
	events := []store.Event{{Refs: refs, Body: &intakev1.AccessionAccepted{
		AccessionNumber: a.number, TransferId: "t-" + a.number, AcceptedOn: "2026-03-02", ObjectId: "object-" + a.number,
		Organisation: &recordv1.Organisation{Id: a.organisation, Name: &recordv1.Text{
			Kk: a.organisation + " әкімдігі", Ru: "Акимат " + a.organisation, En: a.organisation + " administration",
		}},
		Inventory: &recordv1.Inventory{
			Id: a.list, Number: a.inventory, Kind: a.kind, YearFrom: 2010, YearTo: 2014, Files: listed,
			Title: &recordv1.Text{Kk: "Тұрақты сақталатын істер", Ru: "Дела постоянного хранения", En: "Files kept permanently"},
		},
		Listed: listed, Accepted: uint32(len(a.files)),
	}}}
	for _, f := range a.files { // one event a row: the header must be found again each time
		label := store.Label{Level: f.GetLabel().GetLevel(), Grounds: f.GetLabel().GetGrounds()}
		events = append(events, store.Event{Refs: refs, Label: label, Body: &intakev1.AccessionFilesAccepted{
			AccessionNumber: a.number, Files: []*intakev1.AcceptedFile{{File: f, ContentPaths: []string{"data/" + f.GetId() + ".pdf"}}},
		}})
	}
	return append(events, store.Event{Refs: refs, Body: &intakev1.AccessionFilesAccepted{AccessionNumber: a.number, Last: true}})
}

var personal = &journalv1.Label{Level: 2, Grounds: []string{"personal"}}

// schools is an accession of three open files and a personal one.
func schools() acceptance {
	return acceptance{number: "2026-1", organisation: "org-7", inventory: "1", kind: "permanent", list: "l1", files: []*recordv1.File{
		{Id: "a1", Position: 1, DateFrom: "2010-01-11", DateTo: "2011-12-30", Title: &recordv1.Text{
			Kk: "Ақбұлақ ауылында мектептер салу туралы құжаттар", Ru: "Документы о строительстве школ в селе Акбулак", En: "Papers on building schools in Akbulak",
		}},
		{Id: "a2", Position: 2, DateFrom: "2012", DateTo: "2012", Title: &recordv1.Text{Ru: "Протоколы заседаний комиссии", Kk: "Комиссия отырыстарының хаттамалары"}},
		{Id: "a3", Position: 3, Label: personal, DateFrom: "2013-01-01", DateTo: "2023-01-01", Title: &recordv1.Text{
			Ru: "Личное дело учителя школы Сарсенбаева", Kk: "Мектеп мұғалімі Сәрсенбаевтың жеке ісі", En: "Personal file of the schoolteacher Sarsenbayev",
		}},
		{Id: "a4", Position: 4, DateFrom: "2014-01-01", DateTo: "2014-12-31", Title: &recordv1.Text{Ru: "Годовой отчёт", Kk: "Жылдық есеп"}},
	}}
}

func TestAnAcceptedFileIsFoundByWordsInOtherFormsAndByItsCodeAsPeopleTypeIt(t *testing.T) {
	w := newWorld(t)
	w.says(schools().events()...)
	w.followed()
	ctx, c := w.as()
	search := func(query string) *cataloguev1.SearchResponse {
		t.Helper()
		res, err := c.Search(ctx, &cataloguev1.SearchRequest{Query: query})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	for _, query := range []string{
		"мектептерін салуға", "мектеп салу", "Ақбұлақта", "строительства школ", "строительству школы", "buildings on schools", "акбулак",
	} {
		res := search(query)
		if len(res.GetHits()) == 0 || res.GetHits()[0].GetCode().GetEn() != "Fonds 1, inventory 1, file 1" || res.GetRelaxed() {
			t.Errorf("%q finds %v (any word: %t)", query, res.GetHits(), res.GetRelaxed())
		}
	}
	for _, code := range []string{"1/1/2", "ф1 оп1 д2", "Ф. 1. Оп. 1. Д. 2", "Қ. 1, Т. 1, І. 2", "1-қор, 1-тізімдеме, 2-іс", "fonds 1, inventory 1, file 2"} {
		res := search(code)
		if len(res.GetHits()) == 0 || !res.GetHits()[0].GetExact() || res.GetHits()[0].GetCode().GetKk() != "Қ. 1, Т. 1, І. 2" {
			t.Errorf("%q finds %v", code, res.GetHits())
		}
		if res.GetCode() != "Ф. 1. Оп. 1. Д. 2" {
			t.Errorf("%q is read as %q", code, res.GetCode())
		}
		got, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Code: code})
		if err != nil || got.GetFile().GetFile().GetFile().GetId() != "a2" {
			t.Errorf("%q gives %v, %v", code, got, err)
		}
	}
	byRecord, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Record: "a2"})
	if err != nil || byRecord.GetFile().GetFile().GetNumber() != "2" || byRecord.GetFile().GetAccessionNumber() != "2026-1" {
		t.Errorf("its department's record gives %v, %v", byRecord, err)
	}
	if _, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Record: "a99"}); fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "a99") {
		t.Errorf("a record that nobody has: %v", err)
	}
	got, err := c.GetFile(ctx, &cataloguev1.GetFileRequest{Code: "1/1/1"})
	if err != nil {
		t.Fatal(err)
	}
	f := got.GetFile()
	if f.GetFile().GetObjectId() != "object-2026-1" || len(f.GetFile().GetContentPaths()) != 1 || f.GetAccessionNumber() != "2026-1" ||
		got.GetFonds().GetOrganisationId() != "org-7" || got.GetInventory().GetYearTo() != 2014 {
		t.Errorf("the file comes as %v", got)
	}
	w.whole()
}

func TestTheTimelineOfATransferLeadsToItsCode(t *testing.T) {
	w := newWorld(t)
	w.says(schools().events()...)
	w.followed()
	records, err := w.catalogue.Store().Timeline(journal.Ref{Type: "transfer", ID: "t-2026-1"}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, fmt.Sprint(r.Object(), " ", r.Header.GetBodyType()[len("qoyma.catalogue.v1."):], " ", r.Header.GetLabel().GetGrounds(), " ", r.Header.GetCause().GetSeq()))
	}
	want := []string{
		"fonds/1 FondsOpened [] 1", "inventory/1/1 InventoryOpened [] 1", "accession/2026-1 AccessionPlaced [] 1",
		"inventory/1/1 FilesCatalogued [] 2", "inventory/1/1 FilesCatalogued [] 3", "inventory/1/1 FilesCatalogued [personal] 4",
		"inventory/1/1 FilesCatalogued [] 5", "accession/2026-1 AccessionCatalogued [] 6",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	body, err := records[len(records)-1].Body()
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := body.(*cataloguev1.AccessionCatalogued); !ok || m.GetFiles() != 4 || m.GetTransferId() != "t-2026-1" {
		t.Errorf("the end says %v", body)
	}
}
