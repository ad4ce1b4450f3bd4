package department

import (
	"net/http"
	"strings"
	"testing"
	"time"

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

func text(s string) *recordv1.Text { return &recordv1.Text{Kk: s, Ru: s, En: s} }

var areas = []func(*web.Site) error{public.Add, handover.Add, Add(Config{})}

// world answers for a department "su" whose transfer stands as given.
func world(t *intakev1.Transfer) *pagetest.Services {
	t.TransferId = "2026-1"
	t.Organisation = &recordv1.Organisation{Id: "su", Name: text("Отдел"), Level: "district"}
	t.Inventory = &recordv1.Inventory{Id: "su/1", Number: "1", Title: text("Опись <1>"), Files: 2, Approval: &recordv1.Protocol{Commission: "ЭПК", Number: "1", Date: "2020-01-01"}}
	a := &intakev1.Accession{
		AccessionNumber: "2026-7", TransferId: "2026-1", AcceptedOn: "2026-11-01", Organisation: t.GetOrganisation(), Inventory: t.GetInventory(), Accepted: 1, Listed: 2,
		Acts: []*intakev1.ActDrawnUp{{Language: "kk", Sha256: strings.Repeat("a", 64)}, {Language: "ru", Sha256: strings.Repeat("b", 64)}},
	}
	work := []*intakev1.RowWork{
		{File: &recordv1.File{Position: 1, Title: text("Приказы"), Leaves: 5}},
		{
			File: &recordv1.File{Position: 2, Title: text("Планы"), Leaves: 5}, ReturnState: "returned", Returned: &intakev1.ReturnedRow{Position: 2, Reason: "unreadable"},
			Remarks: []*intakev1.RowRemark{{Position: 2, Side: "archive", Text: "лист 3 <тёмный>", At: "2026-11-20T10:00:00Z"}},
		},
	}
	kinds := &intakev1.ListTransferKindsResponse{}
	sides := []string{"department", "archive"}
	for _, k := range []*intakev1.TransferKind{
		{Kind: "scheduled"},
		{Kind: "early", Needs: []string{"reason", "consent"}, AnnouncedBy: sides},
		{Kind: "liquidated", Needs: []string{"reason", "liquidated_on"}, AnnouncedBy: sides, Countable: true},
		{Kind: "purchase", Needs: []string{"document", "document_date", "protocol"}, AnnouncedBy: sides[1:], Outside: true, Countable: true},
	} {
		k.Title, k.Rule, k.Basis = text(k.GetKind()), "transfer."+k.GetKind()+"@1", &recordv1.Text{Kk: "№ 235 бұйрық", Ru: "приказ № 235", En: "Order 235"}
		kinds.Kinds = append(kinds.Kinds, k)
	}
	return &pagetest.Services{Answers: map[string]func(proto.Message) (proto.Message, error){
		"GetOrganisation": pagetest.Always(&retentionv1.GetOrganisationResponse{Organisation: t.GetOrganisation()}),
		"ListDue": pagetest.Always(&retentionv1.ListDueResponse{Transfers: []*retentionv1.DueTransfer{{
			TransferId: "2026-1", Inventory: t.GetInventory(), DueOn: "2026-12-31",
		}}}),
		"GetInventory":   pagetest.Always(&retentionv1.GetInventoryResponse{}),
		"RecogniseFiles": pagetest.Always(&retentionv1.RecogniseFilesResponse{}),
		"ListFiles":      pagetest.Always(&retentionv1.ListFilesResponse{}),
		"ListTransfers":  pagetest.Always(&intakev1.ListTransfersResponse{Transfers: []*intakev1.Transfer{t}}),
		"GetTransfer": pagetest.Always(&intakev1.GetTransferResponse{
			Transfer: t, Files: []*recordv1.File{work[0].GetFile(), work[1].GetFile()}, TakesPaper: true,
		}),
		"ListRowWork": func(m proto.Message) (proto.Message, error) {
			if q := m.(*intakev1.ListRowWorkRequest); q.GetReturned() || q.GetAfter() == 1 {
				return &intakev1.ListRowWorkResponse{Rows: work[1:]}, nil
			}
			return &intakev1.ListRowWorkResponse{Rows: work}, nil
		},
		"ListUploads":       pagetest.Always(&intakev1.ListUploadsResponse{BytesLeft: 34_500_000, FilesLeft: 1200, KeepDays: 30}),
		"PrintReceipt":      pagetest.Always(&intakev1.PrintReceiptResponse{Pdf: []byte("%PDF-receipt")}),
		"GetReceipt":        pagetest.Always(&intakev1.GetReceiptResponse{Receipt: &intakev1.Receipt{TransferId: "2026-1", Number: 1, Direction: "in", What: "paper", Units: 2, At: "2026-11-20T10:00:00Z"}}),
		"PrepareTransfer":   pagetest.Always(&intakev1.PrepareTransferResponse{}),
		"AnswerRow":         pagetest.Always(&intakev1.AnswerRowResponse{}),
		"CommentRow":        pagetest.Always(&intakev1.CommentRowResponse{}),
		"SignAct":           pagetest.Always(&intakev1.SignActResponse{}),
		"ListTransferKinds": pagetest.Always(kinds),
		"AnnounceTransfer":  pagetest.Always(&intakev1.AnnounceTransferResponse{Transfer: &intakev1.Transfer{TransferId: "A2026-1"}}),
		"ListRows":          pagetest.Always(&intakev1.ListRowsResponse{}),
		"SealInventory":     pagetest.Always(&intakev1.SealInventoryResponse{}),
		"GetAccessionWork":  pagetest.Always(&intakev1.GetAccessionWorkResponse{Accession: a, Open: []string{"giver"}}),
		"ListHandedOver": pagetest.Always(&intakev1.ListHandedOverResponse{Listed: 2, Accepted: 1, Transfers: []*intakev1.HandedOver{{
			Transfer: t, Accession: a, Returned: 1, Receipts: []*intakev1.Receipt{{TransferId: "2026-1", Number: 1, What: "accepted", Units: 1}},
		}}}),
	}}
}

func clerk(t *testing.T, s *pagetest.Services) *pagetest.Visitor {
	t.Helper()
	return pagetest.Open(t, s, areas, "su", monitor.Clerk)
}

// TestStages says what comes next for a transfer in each of its states.
func TestStages(t *testing.T) {
	for want, one := range map[string]*intakev1.Transfer{
		"rest": {State: "checked"}, "giver": {State: "expected", Form: "paper", Undescribed: &intakev1.Undescribed{Units: 40}},
		"announced": {State: "announced"}, "files": {State: "expected"}, "contact": {State: "expected", Form: "paper"}, "date": {State: "expected", Form: "paper", ContactNamed: true},
		"bring": {State: "expected", Form: "paper", ContactNamed: true, BroughtOn: "2026-12-01"}, "send": {State: "expected", Form: "mixed", ContactNamed: true},
		"mend": {State: "checked", FaultCount: 1}, "checked": {State: "checked", Form: "digital", ContactNamed: true}, "returned": {State: "returned", FaultCount: 1}, "accepting": {State: "accepting"}, "accepted": {State: "accepted"},
	} {
		if got := stageOf(one); got != want {
			t.Errorf("%v: %s, want %s", one, got, want)
		}
	}
}

// TestADayIsBookedAfterTheCheckPage shows the act before anything is booked, and keeps a day that is past out.
func TestADayIsBookedAfterTheCheckPage(t *testing.T) {
	s := world(&intakev1.Transfer{State: "expected", Form: "paper", ContactNamed: true})
	v := clerk(t, s)
	v.Get("/dept/transfers/2026-1", http.StatusOK, `href="/dept/transfers/2026-1/date"`)
	later := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	v.Get("/dept/transfers/2026-1/check?on="+later+"&boxes=3", http.StatusOK, "2 (два)", "Опись &lt;1&gt;", `name="on" value="`+later+`"`)
	v.Get("/dept/transfers/2026-1/check?on=2020-01-01", http.StatusUnprocessableEntity, `href="#on"`)
	v.Post("/dept/transfers/2026-1/check", pagetest.Fields("on", "2020-01-01"), http.StatusUnprocessableEntity, `href="#on"`)
	if s.Called("PrepareTransfer") != nil {
		t.Fatal("a day was booked")
	}
	v.Post("/dept/transfers/2026-1/check", pagetest.Fields("on", later, "boxes", "3"), http.StatusSeeOther, "/dept/transfers/2026-1/receipt?done=")
	q, _ := s.Called("PrepareTransfer").(*intakev1.PrepareTransferRequest)
	if q.GetBroughtOn() != later || q.GetBoxes() != 3 || q.GetForm() != "paper" || q.GetCommandId() != pagetest.Command {
		t.Errorf("booked %v", q)
	}
}

// TestWhatIsOnlyCountedHasNoInventory: a clerk whose documents come counted is asked to sign no inventory and to bring none.
func TestWhatIsOnlyCountedHasNoInventory(t *testing.T) {
	one := &intakev1.Transfer{State: "expected", Form: "paper", Kind: "liquidated", Undescribed: &intakev1.Undescribed{Units: 40, Boxes: 2}}
	v := clerk(t, world(one))
	for address, says := range map[string]string{"": "Документы посчитаны без описи", "/contact": "единиц: 40 (сорок)", "/files": "без описи: 40"} {
		if page := v.Get("/dept/transfers/2026-1"+address, http.StatusOK, says); strings.Contains(page, "Подпис") || strings.Contains(page, "в опись") {
			t.Errorf("%q speaks of an inventory: %s", address, page)
		}
	}
	one.ContactNamed, one.BroughtOn = true, "2026-12-01"
	if page := v.Get("/dept/transfers/2026-1/receipt", http.StatusOK, "Единиц без описи: 40"); strings.Contains(page, "экземпляр описи") {
		t.Errorf("an inventory is to be brought: %s", page)
	}
}

// TestFilesThatCameAreNotAllThatIsAsked: where files came before the form, the person or the day was said, pages lead to what is left;
// after it they say to wait, and the check page is no longer the next step. An act that nobody has accepted has no date.
func TestFilesThatCameAreNotAllThatIsAsked(t *testing.T) {
	one := &intakev1.Transfer{State: "checked", PackageId: "p", PackageFiles: 2, Form: "mixed", ContactNamed: true}
	v := clerk(t, world(one))
	v.Get("/dept/transfers/2026-1", http.StatusOK, "Пройдите оставшиеся шаги")
	v.Get("/dept/transfers/2026-1/receipt", http.StatusOK, "Пройдите на странице передачи оставшиеся шаги", `class="button" href="/dept/transfers/2026-1"`)
	v.Get("/dept", http.StatusOK, "Продолжить передачу")
	v.Get("/dept/transfers/2026-1/check", http.StatusOK, "№ ______ · __.__.____")
	one.BroughtOn = "2026-12-01"
	v.Get("/dept/transfers/2026-1", http.StatusOK, "Ждите решения архивиста", `class="button quiet" href="/dept/transfers/2026-1/check"`)
}

// TestTheReceiptOfFilesShowsNoIdentifierOfOurs: by the package's digest alone paper and package are matched, and what an E-ARK package
// calls itself is the sender's own word.
func TestTheReceiptOfFilesShowsNoIdentifierOfOurs(t *testing.T) {
	const id = "0198f0e7-6f1c-7c52-9a55-0d3f3a4b5c6d"
	one := &intakev1.Transfer{State: "checked", PackageId: id, PackageFiles: 2, Form: "digital", ManifestSha512: strings.Repeat("0f", 64)}
	v := clerk(t, world(one))
	for _, v.Lang = range []string{"kk", "ru", "en"} {
		if page := v.Get("/dept/transfers/2026-1/receipt", http.StatusOK, one.GetManifestSha512()); strings.Contains(strings.ReplaceAll(page, `data-package="`+id, ""), id) {
			t.Errorf("in %s the package's identifier is shown", v.Lang)
		}
	}
	v.Lang = "ru"
	one.Eark = &intakev1.EArkPackage{Id: "sip-2026-1", OaisType: "SIP"}
	v.Get("/dept/transfers/2026-1/receipt", http.StatusOK, "sip-2026-1")
}

// TestTheReceiptOfAReturnNamesItsRows, as many as a person reads, and counts the others.
func TestTheReceiptOfAReturnNamesItsRows(t *testing.T) {
	s := world(&intakev1.Transfer{State: "returned", Form: "paper", Returned: 4})
	line := &intakev1.Receipt{TransferId: "2026-1", Number: 1, Direction: "out", What: "returned", Units: 4, Positions: []uint32{3, 7, 8, 9}, At: "2026-11-20T10:00:00Z"}
	s.Answers["GetReceipt"] = pagetest.Always(&intakev1.GetReceiptResponse{Receipt: line})
	v := clerk(t, s)
	v.Get("/transfers/2026-1/receipts/1", http.StatusOK, "Номера по описи</dt><dd>3, 7–9</dd>")
	line.Positions = nil
	for p := uint32(1); p <= 120; p += 2 {
		line.Positions = append(line.Positions, p)
	}
	v.Get("/transfers/2026-1/receipts/1", http.StatusOK, "97, 99 и ещё 10</dd>")
	v.Lang = "kk"
	v.Get("/transfers/2026-1/receipts/1", http.StatusOK, "Тізімдемедегі нөмірлері", "97, 99 және тағы 10</dd>")
	line.Positions = nil // of what an earlier program returned
	if page := v.Get("/transfers/2026-1/receipts/1", http.StatusOK); strings.Contains(page, "Тізімдемедегі нөмірлері") {
		t.Error("a receipt of no rows names some")
	}
}

// TestADepartmentHearsWhichFilesDidNotCome: of what comes as files only a package without some of them is taken, and the pages say that the
// archive will not accept those rows. Where paper is taken, which intake says, nothing lacks.
func TestADepartmentHearsWhichFilesDidNotCome(t *testing.T) {
	const says = "первое без файлов – № 2."
	for _, lacks := range []bool{true, false} {
		s := world(&intakev1.Transfer{
			State: "checked", Form: "mixed", PackageId: "p", PackageFiles: 1, ContactNamed: true,
			Warnings: []*intakev1.PackageFault{{Where: "2", Code: "intake.package.on_paper"}},
		})
		found, err := s.Answers["GetTransfer"](nil)
		res, ok := found.(*intakev1.GetTransferResponse)
		if err != nil || !ok {
			t.Fatal(err)
		}
		res.TakesPaper = !lacks
		v := clerk(t, s)
		for _, address := range []string{"/dept/transfers/2026-1", "/dept/transfers/2026-1/receipt"} {
			if page := v.Get(address, http.StatusOK, "<h1>"); strings.Contains(page, says) != lacks {
				t.Errorf("%s, lacks %t, says so: %t", address, lacks, !lacks)
			} else if whole := strings.Contains(page, "Файлы пришли целиком"); lacks && whole {
				t.Errorf("%s says that all have come", address)
			}
			if address == "/dept/transfers/2026-1" {
				v.Get(address, http.StatusOK, map[bool]string{true: `<li class="is-now" aria-current="step">`, false: `class="is-done"`}[lacks])
			}
		}
	}
}

// TestNothingIsToBeBroughtOnceItIsAccepted: the page of the receipt asks to bring the papers until the archive has accepted them.
func TestNothingIsToBeBroughtOnceItIsAccepted(t *testing.T) {
	for state, asks := range map[string]bool{"checked": true, "accepted": false} {
		v := clerk(t, world(&intakev1.Transfer{State: state, Form: "mixed", PackageId: "p", ContactNamed: true, BroughtOn: "2026-12-01"}))
		if page := v.Get("/dept/transfers/2026-1/receipt", http.StatusOK, "<h1>"); strings.Contains(page, "Привезите с собой") != asks {
			t.Errorf("%s asks to bring: %t", state, !asks)
		}
	}
}

// TestWhatComesOnCarriersIsNoPaper: a film without files is no paper.
func TestWhatComesOnCarriersIsNoPaper(t *testing.T) {
	v := clerk(t, world(&intakev1.Transfer{State: "checked", Form: "audiovisual", PackageId: "p", ContactNamed: true}))
	for _, address := range []string{"/dept/transfers/2026-1", "/dept/transfers/2026-1/receipt"} {
		if page := v.Get(address, http.StatusOK, "носитель<"); strings.Contains(page, "бумага<") {
			t.Errorf("%s speaks of paper", address)
		}
	}
}

// TestTheFormIsAskedForAndTheDayKept chooses a form without losing the day that was booked.
func TestTheFormIsAskedForAndTheDayKept(t *testing.T) {
	s := world(&intakev1.Transfer{State: "expected", BroughtOn: "2026-12-01"})
	v := clerk(t, s)
	v.Post("/dept/transfers/2026-1/files", pagetest.Fields(), http.StatusUnprocessableEntity, `href="#form"`)
	v.Post("/dept/transfers/2026-1/check", pagetest.Fields(), http.StatusUnprocessableEntity, `href="#form"`)
	v.Post("/dept/transfers/2026-1/files", pagetest.Fields("form", "mixed"), http.StatusSeeOther, "/dept/transfers/2026-1?done=")
	if q, _ := s.Called("PrepareTransfer").(*intakev1.PrepareTransferRequest); q.GetBroughtOn() != "2026-12-01" || q.GetForm() != "mixed" {
		t.Errorf("prepared %v", q)
	}
}

// TestTheSendPageSaysWhatIsLeft says what of the quota is left and what a full disk does; where nothing is left it says what to do,
// and what comes on paper alone has no such page.
func TestTheSendPageSaysWhatIsLeft(t *testing.T) {
	s := world(&intakev1.Transfer{State: "expected", Form: "mixed"})
	v := clerk(t, s)
	v.Get("/dept/transfers/2026-1/send", http.StatusOK, "34,5\u00a0МБ", "1\u00a0200", "хранилище архива заполнится")
	s.Answers["ListUploads"] = pagetest.Always(&intakev1.ListUploadsResponse{BytesLeft: 34_500_000})
	v.Get("/dept/transfers/2026-1/send", http.StatusOK, "закончилось")
	v = clerk(t, world(&intakev1.Transfer{State: "expected", Form: "paper"}))
	v.Get("/dept/transfers/2026-1/send", http.StatusSeeOther, "/dept/transfers/2026-1")
}

// TestAReceiptIsDownloaded gives the receipt as PDF beside its page.
func TestAReceiptIsDownloaded(t *testing.T) {
	s := world(&intakev1.Transfer{State: "expected"})
	v := clerk(t, s)
	v.Get("/transfers/2026-1/receipts/1", http.StatusOK, `href="/transfers/2026-1/receipts/1/kk"`, `href="/transfers/2026-1/receipts/1/ru"`)
	v.Get("/transfers/2026-1/receipts/1/kk", http.StatusOK, "%PDF-receipt")
	if q, _ := s.Called("PrintReceipt").(*intakev1.PrintReceiptRequest); q.GetLanguage() != "kk" || q.GetNumber() != 1 || q.GetTransferId() != "2026-1" {
		t.Errorf("asked for %v", q)
	}
	v.Get("/transfers/2026-1/receipts/x/kk", http.StatusNotFound)
	s.Answers["GetReceipt"] = pagetest.Always(&intakev1.GetReceiptResponse{Receipt: &intakev1.Receipt{TransferId: "2026-1", Number: 1, Direction: "in", What: "paper", Boxes: 2, At: "2026-11-20T10:00:00Z"}})
	if page := v.Get("/transfers/2026-1/receipts/1", http.StatusOK, "коробок: 2 (две)"); strings.Contains(page, "файлов: 0") {
		t.Error("closed boxes were brought, and the receipt counts no files")
	}
}

// TestWhatIsUndescribedIsCountedAmongWhatWasHandedOver: before its acceptance as many as were announced.
func TestWhatIsUndescribedIsCountedAmongWhatWasHandedOver(t *testing.T) {
	s := world(&intakev1.Transfer{State: "expected"})
	s.Answers["ListHandedOver"] = pagetest.Always(&intakev1.ListHandedOverResponse{Listed: 437, Transfers: []*intakev1.HandedOver{{
		Transfer: &intakev1.Transfer{TransferId: "A2026-1", Kind: "liquidated", State: "expected", Inventory: &recordv1.Inventory{Id: "A2026-1"}, Undescribed: &intakev1.Undescribed{Units: 437}},
	}}})
	clerk(t, s).Get("/dept/handed-over", http.StatusOK, `">437</td>`)
}

// TestReturnedRows shows what came back with its reason, and takes an answer and a remark.
func TestReturnedRows(t *testing.T) {
	s := world(&intakev1.Transfer{State: "returned", Form: "mixed", Returned: 1, PackageId: "p"})
	v := clerk(t, s)
	page := v.Get("/dept/transfers/2026-1/problems", http.StatusOK, "не открывается", "лист 3 &lt;тёмный&gt;", `href="/transfers/2026-1/rows/2"`)
	if strings.Contains(page, "Приказы") {
		t.Error("a row that stands is shown among those that were returned")
	}
	v.Get("/transfers/2026-1/rows/2", http.StatusOK, `name="row-2"`, `value="answer"`)
	v.Get("/transfers/2026-1/rows/9", http.StatusNotFound)
	v.Post("/transfers/2026-1/rows/2", pagetest.Fields("do", "answer"), http.StatusUnprocessableEntity, `href="#answer"`)
	v.Post("/transfers/2026-1/rows/2", pagetest.Fields("do", "comment"), http.StatusUnprocessableEntity, `href="#text"`)
	v.Post("/transfers/2026-1/rows/2", pagetest.Fields("do", "answer", "answer", "исправлено"), http.StatusSeeOther, "/transfers/2026-1/rows/2?done=")
	if q, _ := s.Called("AnswerRow").(*intakev1.AnswerRowRequest); q.GetPosition() != 2 || q.GetText() != "исправлено" {
		t.Errorf("answered %v", q)
	}
}

// TestReturnedRowsAreSentInPieces: where rows were returned, only they are offered to be sent, all together or one by
// one, and both pages send them in pieces that survive a lost line.
func TestReturnedRowsAreSentInPieces(t *testing.T) {
	v := clerk(t, world(&intakev1.Transfer{State: "returned", Form: "mixed", Returned: 1, PackageId: "p"}))
	for _, v.Lang = range []string{"kk", "ru", "en"} {
		if page := v.Get("/dept/transfers/2026-1/send", http.StatusOK, `name="row-2"`, `data-tus="/dept/transfers/2026-1/tus"`, "/static/upload.js"); strings.Contains(page, `name="row-1"`) {
			t.Error("a row that stands is offered to be sent")
		}
		v.Get("/transfers/2026-1/rows/2", http.StatusOK, `name="row-2"`, `data-tus="/dept/transfers/2026-1/tus"`, `data-later="/dept/transfers/2026-1/progress"`, "/static/upload.js")
	}
	v.Get("/dept/transfers/2026-1/problems", http.StatusOK, `href="/dept/transfers/2026-1/send"`)
	staff := pagetest.Open(t, world(&intakev1.Transfer{State: "returned", Form: "mixed", Returned: 1, PackageId: "p"}), areas, "", monitor.Archivist)
	if page := staff.Get("/transfers/2026-1/rows/2", http.StatusOK); strings.Contains(page, "data-tus") || strings.Contains(page, "upload.js") {
		t.Error("the archive is offered to send a department's files")
	}
	stands := clerk(t, world(&intakev1.Transfer{State: "checked", Form: "mixed", PackageId: "p"}))
	stands.Get("/dept/transfers/2026-1/send", http.StatusOK, `name="row-1"`, `name="row-2"`)
}

// TestTheActIsSignedAsRead binds the signature to the copy that was chosen.
func TestTheActIsSignedAsRead(t *testing.T) {
	s := world(&intakev1.Transfer{State: "accepted", AccessionNumber: "2026-7"})
	v := clerk(t, s)
	v.Get("/dept/transfers/2026-1", http.StatusOK, "/dept/transfers/2026-1/sign")
	v.Post("/dept/transfers/2026-1/sign", pagetest.Fields(), http.StatusUnprocessableEntity, `href="#sha256"`, `href="#read"`)
	v.Post("/dept/transfers/2026-1/sign", pagetest.Fields("sha256", strings.Repeat("b", 64), "read", "yes"), http.StatusSeeOther, "done=dept-signed")
	if q, _ := s.Called("SignAct").(*intakev1.SignActRequest); q.GetSide() != "giver" || q.GetSha256() != strings.Repeat("b", 64) || q.GetAccessionNumber() != "2026-7" {
		t.Errorf("signed %v", q)
	}
}

// TestAnnouncing asks only what the kind must name, and a department for its own kinds alone.
func TestAnnouncing(t *testing.T) {
	s := world(&intakev1.Transfer{State: "announced", Kind: "early"})
	v := clerk(t, s)
	if page := v.Get("/announce", http.StatusOK, "/announce/early", "/announce/liquidated"); strings.Contains(page, "purchase") || strings.Contains(page, "scheduled") {
		t.Error("a department may announce what is not its own to announce")
	}
	v.Get("/announce/purchase", http.StatusNotFound)
	for _, c := range []struct{ lang, basis string }{{"kk", "№\u00a0235 бұйрық"}, {"ru", "приказ №\u00a0235"}, {"en", "Order 235"}} {
		v.Lang = c.lang
		v.Get("/announce", http.StatusOK, c.basis)
		v.Get("/announce/early", http.StatusOK, c.basis)
	}
	v.Lang = "ru"
	if page := v.Get("/announce/early", http.StatusOK, `name="reason"`, "редакция 1"); strings.Contains(page, "liquidated_on") || strings.Contains(page, `name="giver"`) {
		t.Error("more is asked than the kind must name")
	}
	v.Post("/announce/early", pagetest.Fields("title_ru", "Мой <заголовок>"), http.StatusUnprocessableEntity, `href="#reason"`, `href="#form"`, `href="#number"`, "Мой &lt;заголовок&gt;")
	v.Post("/announce/early", pagetest.Fields("reason", "нет места", "form", "paper", "number", "2", "title_ru", "Дела", "inventory_kind", "permanent", "year_from", "2020"), http.StatusSeeOther, "/transfers/A2026-1/inventory?done=")
	q, _ := s.Called("AnnounceTransfer").(*intakev1.AnnounceTransferRequest)
	if q.GetOrganisation().GetId() != "su" || q.GetInventory().GetYearTo() != 2020 || q.GetGround().GetReason() != "нет места" || q.GetGround().GetProtocol() != nil {
		t.Errorf("announced %v", q)
	}
	v.Post("/announce/liquidated?counted=yes", pagetest.Fields("reason", "указ", "liquidated_on", "2026-01-01", "form", "paper", "units", "40"), http.StatusSeeOther, "/dept/transfers/A2026-1?done=")
	if q, _ := s.Called("AnnounceTransfer").(*intakev1.AnnounceTransferRequest); q.GetUndescribed().GetUnits() != 40 || q.GetInventory() != nil {
		t.Errorf("announced %v", q)
	}

	v.Post("/transfers/2026-1/inventory", pagetest.Fields("rows", "Планы; 2012; 2011"), http.StatusUnprocessableEntity, `href="#rows"`, "Планы; 2012; 2011</textarea>")
	v.Post("/transfers/2026-1/inventory", pagetest.Fields("rows", "Планы; 2011", "language", "ru"), http.StatusSeeOther, "/transfers/2026-1/inventory?done=")
	if q, _ := s.Called("ListRows").(*intakev1.ListRowsRequest); len(q.GetFiles()) != 1 || q.GetFiles()[0].GetPosition() != 3 {
		t.Errorf("listed %v", q)
	}
	v.Post("/transfers/2026-1/inventory", pagetest.Fields("do", "seal", "count", "2"), http.StatusSeeOther, "/dept/transfers/2026-1?done=")
	if q, _ := s.Called("SealInventory").(*intakev1.SealInventoryRequest); q.GetRows() != 2 {
		t.Errorf("sealed %v", q)
	}
}

// TestRegisteredFilesAreChosen: a row that was chosen names the department's file, by which retention knows that it came; those of an
// inventory whose term has not come may be chosen too.
func TestRegisteredFilesAreChosen(t *testing.T) {
	s := world(&intakev1.Transfer{State: "announced", Kind: "early"})
	s.Answers["ListFiles"] = func(m proto.Message) (proto.Message, error) {
		id := map[string]string{"closed": "7", "listed": "8"}[m.(*retentionv1.ListFilesRequest).GetState()]
		return &retentionv1.ListFilesResponse{Files: []*retentionv1.DepartmentFile{{File: &recordv1.File{Id: id, Index: "02-05", Title: text("Приказы " + id), Leaves: 3}}}}, nil
	}
	v := clerk(t, s)
	v.Get("/transfers/2026-1/inventory", http.StatusOK, "Приказы 7", "Приказы 8")
	v.Post("/transfers/2026-1/inventory", pagetest.Fields("do", "choose", "file", "8"), http.StatusSeeOther, "/transfers/2026-1/inventory?done=")
	q, _ := s.Called("ListRows").(*intakev1.ListRowsRequest)
	if len(q.GetFiles()) != 1 || q.GetFiles()[0].GetSourceId() != "8" || q.GetFiles()[0].GetPosition() != 3 {
		t.Errorf("listed %v", q)
	}
}

// TestPastedRowsAreRecognised: a row that retention takes for a registered file names it, unless a row before it does; a giver without a
// register is no obstacle.
func TestPastedRowsAreRecognised(t *testing.T) {
	s := world(&intakev1.Transfer{State: "announced", Kind: "early", Organisation: &recordv1.Organisation{Id: "su", Name: text("Отдел")}})
	found := s.Answers["GetTransfer"]
	s.Answers["GetTransfer"] = func(m proto.Message) (proto.Message, error) {
		out, err := found(m)
		res := proto.CloneOf(out.(*intakev1.GetTransferResponse))
		res.Files[0].SourceId = "7"
		return res, err
	}
	s.Answers["RecogniseFiles"] = pagetest.Always(&retentionv1.RecogniseFilesResponse{FileIds: []string{"8", "", "7"}})
	v := clerk(t, s)
	v.Get("/transfers/2026-1/inventory", http.StatusOK, "учтённое дело</span>")
	paste := func() []*recordv1.File {
		t.Helper()
		s.Forget()
		v.Post("/transfers/2026-1/inventory", pagetest.Fields("rows", "Приказы; 2011; 2011; 3\nПланы; 2011\nОтчёты; 2012", "language", "ru"), http.StatusSeeOther, "?done=")
		q, _ := s.Called("ListRows").(*intakev1.ListRowsRequest)
		return q.GetFiles()
	}
	rows := paste()
	if len(rows) != 3 || rows[0].GetSourceId() != "8" || rows[1].GetSourceId() != "" || rows[2].GetSourceId() != "" {
		t.Errorf("listed %v", rows)
	}
	if q, _ := s.Called("RecogniseFiles").(*retentionv1.RecogniseFilesRequest); q.GetOrganisationId() != "su" || len(q.GetRows()) != 3 || q.GetRows()[0].GetDateTo() != "2011-12-31" {
		t.Errorf("asked %v", q)
	}
	s.Answers["RecogniseFiles"] = func(proto.Message) (proto.Message, error) { return nil, noRegister.With() }
	if rows := paste(); len(rows) != 3 || rows[0].GetSourceId() != "" {
		t.Errorf("listed without a register: %v", rows)
	}
	delete(s.Answers, "RecogniseFiles") // retention is away: nothing is listed that would never be recognised
	s.Forget()
	v.Post("/transfers/2026-1/inventory", pagetest.Fields("rows", "Приказы; 2011; 2011; 3", "language", "ru"), http.StatusServiceUnavailable)
	if s.Called("ListRows") != nil {
		t.Error("rows were listed unrecognised")
	}
}

var noRegister = fault.Define(fault.NotFound, "department_test.none", "there is none", "такой нет", "ондай жоқ")

// TestWhatCameEarlyIsNotAskedFor: the card of a duty that an early transfer ended is gone from what is due.
func TestWhatCameEarlyIsNotAskedFor(t *testing.T) {
	s := world(&intakev1.Transfer{State: "accepted", Kind: "early", AccessionNumber: "2026-7"})
	duty := &retentionv1.DueTransfer{Inventory: &recordv1.Inventory{Number: "77", Files: 2}, DueOn: "2026-12-31", State: "waiting"}
	s.Answers["ListDue"] = pagetest.Always(&retentionv1.ListDueResponse{Transfers: []*retentionv1.DueTransfer{duty}})
	v := clerk(t, s)
	before := v.Get("/dept", http.StatusOK, "77")
	duty.State, duty.AccessionNumber, duty.EarlyTransferId, duty.Transferred = "fulfilled", "2026-7", "A2026-1", 2
	after := v.Get("/dept", http.StatusOK, "/dept/transfers/A2026-1")
	if cards := strings.Count(before, `class="card`) - strings.Count(after, `class="card`); cards != 1 {
		t.Errorf("%d cards less", cards)
	}
}

// TestTheMenuSaysWhereAPageStands: one entry is the current one, also on pages whose address is not under its own.
func TestTheMenuSaysWhereAPageStands(t *testing.T) {
	v := clerk(t, world(&intakev1.Transfer{State: "returned", Form: "mixed", Returned: 1, Receipts: 1}))
	for address, entry := range map[string]string{
		"/dept": "/dept", "/dept/files": "/dept/files", "/dept/transfers": "/dept/transfers", "/dept/transfers/2026-1": "/dept/transfers",
		"/dept/handed-over": "/dept/transfers", "/announce": "/dept/transfers", "/announce/early": "/dept/transfers", "/transfers/2026-1/rows/2": "/dept/transfers",
		"/transfers/2026-1/receipts/1": "/dept/transfers",
	} {
		page := v.Get(address, http.StatusOK, `<a href="`+entry+`" aria-current="page">`)
		if n := strings.Count(page, `aria-current="page"`); n != 1 {
			t.Errorf("%s: %d current entries", address, n)
		}
	}
}

// TestEveryPageInEveryLanguage draws each page without a hole, in the states that change it.
func TestEveryPageInEveryLanguage(t *testing.T) {
	for _, one := range []*intakev1.Transfer{
		{State: "announced", Kind: "extra"},
		{State: "expected", DueOn: "2026-12-31"},
		{State: "returned", Form: "mixed", Returned: 1, Receipts: 1, PackageId: "p", BroughtOn: "2026-12-01"},
		{State: "accepted", AccessionNumber: "2026-7", Form: "paper", Kind: "liquidated"},
		{State: "expected", Kind: "liquidated", Form: "paper", Undescribed: &intakev1.Undescribed{Units: 4}},
	} {
		v := clerk(t, world(one))
		for _, v.Lang = range []string{"kk", "ru", "en"} {
			for _, address := range []string{"/dept", "/dept/transfers", "/dept/transfers/2026-1", "/dept/transfers/2026-1/receipt", "/dept/handed-over", "/announce", "/announce/early", "/transfers/2026-1/rows/2", "/transfers/2026-1/receipts/1"} {
				v.Get(address, http.StatusOK, "<h1>")
			}
		}
	}
}

// TestTheDepartmentSeesTheActOfDescription: where its documents came undescribed, the paper by which the archive described them stands beside
// the act of acceptance; where there is none, nothing is said of it.
func TestTheDepartmentSeesTheActOfDescription(t *testing.T) {
	s := world(&intakev1.Transfer{State: "accepted", AccessionNumber: "2026-7", Kind: "liquidated"})
	v := pagetest.Open(t, s, areas, "su", monitor.Clerk)
	for _, address := range []string{"/dept/transfers/2026-1", "/dept/handed-over"} {
		if page := v.Get(address, http.StatusOK, "/act/ru"); strings.Contains(page, "/description/") {
			t.Errorf("%s has an act that is not there", address)
		}
	}
	work, _ := s.Answers["GetAccessionWork"](nil)
	a := proto.CloneOf(work.(*intakev1.GetAccessionWorkResponse).GetAccession())
	a.Description = &intakev1.Description{DescribedOn: "2026-11-20", DescribedBy: "one", Counted: 40, Described: 38, Acts: []*intakev1.DescriptionAct{{Language: "kk"}, {Language: "ru"}}}
	s.Answers["GetAccessionWork"] = pagetest.Always(&intakev1.GetAccessionWorkResponse{Accession: a})
	handed, _ := s.Answers["ListHandedOver"](nil)
	all := proto.CloneOf(handed.(*intakev1.ListHandedOverResponse))
	all.GetTransfers()[0].Accession = a
	all.GetTransfers()[0].GetTransfer().Undescribed = &intakev1.Undescribed{Units: 42} // announced; the archive counted fewer
	s.Answers["ListHandedOver"] = pagetest.Always(all)
	s.Answers["GetDescriptionAct"] = pagetest.Always(&intakev1.GetDescriptionActResponse{Pdf: []byte("%PDF-description")})
	v.Get("/dept/transfers/2026-1", http.StatusOK, "Архив описал документы", "учтено – 40, описано – 38", "/dept/transfers/2026-1/description/kk", "/dept/transfers/2026-1/description/ru")
	v.Get("/dept/transfers/2026-1", http.StatusOK, "без описи, единиц: 40") // as the act of acceptance says, not as described later
	v.Get("/dept/handed-over", http.StatusOK, "/dept/transfers/2026-1/description/ru", "40 / 42")
	v.Get("/dept/transfers/2026-1/description/kk", http.StatusOK, "%PDF-description")
	if q, _ := s.Called("GetDescriptionAct").(*intakev1.GetDescriptionActRequest); q.GetAccessionNumber() != "2026-7" || q.GetLanguage() != "kk" {
		t.Errorf("asked for %v", q)
	}
}
