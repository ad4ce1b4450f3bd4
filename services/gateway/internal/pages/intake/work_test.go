package intake

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	referencev1 "github.com/qoyma/qoyma/proto/gen/qoyma/reference/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/handover"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/keysign"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/public"
	"github.com/qoyma/qoyma/services/gateway/internal/web"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

func text(s string) *recordv1.Text { return &recordv1.Text{Kk: s, Ru: s, En: s} }

var areas = []func(*web.Site) error{public.Add, handover.Add, Add(keysign.NewTries())}

// listing are so many rows of an inventory after a position.
func listing(count, after, limit uint32) (files []*recordv1.File, more bool) {
	for p := after + 1; p <= count; p++ {
		if uint32(len(files)) == limit {
			return files, true
		}
		files = append(files, &recordv1.File{Position: p, Title: text(fmt.Sprintf("Дело <%d>", p)), Leaves: 10, DateFrom: "2011-01-01"})
	}
	return files, false
}

// archive holds one transfer on paper of so many rows: row 3 is found missing, row 4 returned. Its accession
// has a deaccession that the account "one" has proposed, and one of another account.
func archive(count uint32) *pagetest.Services {
	t := &intakev1.Transfer{
		TransferId: "2026-1", State: "returned", Form: "paper", DueOn: "2026-01-01", Organisation: &recordv1.Organisation{Id: "su", Name: text("Отдел")},
		Inventory: &recordv1.Inventory{Number: "1", Title: text("Опись"), Files: count, Approval: &recordv1.Protocol{Commission: "ЭПК", Number: "1", Date: "2020-01-01"}}, Returned: 1,
	}
	a := &intakev1.Accession{
		AccessionNumber: "2026-7", TransferId: "2026-1", AcceptedOn: "2026-11-01", Organisation: t.GetOrganisation(), Inventory: t.GetInventory(), Accepted: 2, Listed: 4,
		Acts: []*intakev1.ActDrawnUp{{Language: "kk", Sha256: strings.Repeat("a", 64)}, {Language: "ru", Sha256: strings.Repeat("b", 64)}}, Deaccessions: 2,
	}
	leave := func(n uint32, by string) *intakev1.Deaccession {
		return &intakev1.Deaccession{State: "proposed", Proposed: &intakev1.DeaccessionProposed{
			AccessionNumber: "2026-7", Number: n, Way: "transferred", Ground: "профиль", Receiver: "ЦГА", Positions: []uint32{1}, ProposedBy: by, ProposedOn: "2026-11-02",
			Protocol: &recordv1.Protocol{Commission: "ЭПК", Number: "2", Date: "2026-11-01"},
		}}
	}
	return &pagetest.Services{Answers: map[string]func(proto.Message) (proto.Message, error){
		"ListTransfers": pagetest.Always(&intakev1.ListTransfersResponse{Transfers: []*intakev1.Transfer{t}, Counts: []*intakev1.StateCount{{State: "announced"}, {State: "returned", Count: 1}}}),
		"GetTransfer": func(m proto.Message) (proto.Message, error) {
			q := m.(*intakev1.GetTransferRequest)
			files, more := listing(count, q.GetAfter(), q.GetLimit())
			return &intakev1.GetTransferResponse{Transfer: t, Files: files, More: more, TakesPaper: true}, nil
		},
		"ListRowWork": func(m proto.Message) (proto.Message, error) {
			q := m.(*intakev1.ListRowWorkRequest)
			files, more := listing(count, q.GetAfter(), q.GetLimit())
			res := &intakev1.ListRowWorkResponse{More: more}
			for _, f := range files {
				w := &intakev1.RowWork{File: f}
				switch f.GetPosition() {
				case 3:
					w.Finding = &intakev1.UnitFinding{Position: 3, Finding: "missing", Explanation: "утрачено", ExplainedOn: "2026-10-01"}
					w.Explainer = &intakev1.Explainer{Position: 3, Name: "Жұмабаев"}
				case 4:
					w.ReturnState, w.Returned = "returned", &intakev1.ReturnedRow{Position: 4, Reason: "incomplete"}
				}
				res.Rows = append(res.Rows, w)
			}
			return res, nil
		},
		"CheckUnits":      pagetest.Always(&intakev1.CheckUnitsResponse{}),
		"ReceivePaper":    pagetest.Always(&intakev1.ReceivePaperResponse{Receipt: &intakev1.Receipt{Number: 2}}),
		"ReturnRows":      pagetest.Always(&intakev1.ReturnRowsResponse{Receipt: &intakev1.Receipt{Number: 3}}),
		"AcceptTransfer":  pagetest.Always(&intakev1.AcceptTransferResponse{Accession: a}),
		"TryAcceptance":   tried(count),
		"ConsentTransfer": pagetest.Always(&intakev1.ConsentTransferResponse{}),
		"GetAccession":    pagetest.Always(&intakev1.GetAccessionResponse{Accession: a, Files: []*intakev1.AcceptedFile{{File: &recordv1.File{Position: 1, Title: text("Дело")}}}}),
		"GetAccessionWork": pagetest.Always(&intakev1.GetAccessionWorkResponse{
			Accession: a, Open: []string{"giver", "archive", "commission"}, Deaccessions: []*intakev1.Deaccession{leave(1, "one"), leave(2, "other")},
			Boxes: []*intakev1.Box{{Number: 1, First: 1, Last: 1, Room: "2"}},
		}),
		"ListAccessions":     pagetest.Always(&intakev1.ListAccessionsResponse{Accessions: []*intakev1.Accession{a}, TotalAccessions: 1, TotalUnits: 2}),
		"StoreBoxes":         pagetest.Always(&intakev1.StoreBoxesResponse{}),
		"GetSigner":          pagetest.Always(&referencev1.GetSignerResponse{}),
		"ListApprovals":      pagetest.Always(&intakev1.ListApprovalsResponse{Accessions: []*intakev1.Accession{a}}),
		"ProposeApproval":    pagetest.Always(&intakev1.ProposeApprovalResponse{}),
		"DecideApproval":     pagetest.Always(&intakev1.DecideApprovalResponse{}),
		"SignAct":            pagetest.Always(&intakev1.SignActResponse{}),
		"BeginQuarantine":    pagetest.Always(&intakev1.BeginQuarantineResponse{}),
		"ApproveAccession":   pagetest.Always(&intakev1.ApproveAccessionResponse{}),
		"DecideDeaccession":  pagetest.Always(&intakev1.DecideDeaccessionResponse{}),
		"ProposeDeaccession": pagetest.Always(&intakev1.ProposeDeaccessionResponse{Deaccession: leave(3, "one")}),
	}}
}

// lacking changes what the accession lacks: signatures of the sides, the commission's decision.
func lacking(s *pagetest.Services, open ...string) {
	found, _ := s.Answers["GetAccessionWork"](nil)
	work := proto.CloneOf(found.(*intakev1.GetAccessionWorkResponse))
	work.Open = open
	s.Answers["GetAccessionWork"] = pagetest.Always(work)
}

// altered changes what intake says of the transfer.
func altered(s *pagetest.Services, change func(*intakev1.GetTransferResponse)) {
	answer := s.Answers["GetTransfer"]
	s.Answers["GetTransfer"] = func(m proto.Message) (proto.Message, error) {
		found, err := answer(m)
		res := proto.CloneOf(found.(*intakev1.GetTransferResponse))
		change(res)
		return res, err
	}
}

// TestUnitsAreSavedRowByRow saves the rows that say what they must, names what the others lack, and keeps what was typed.
func TestUnitsAreSavedRowByRow(t *testing.T) {
	s := archive(150)
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	v.Get("/intake/2026-1/units", http.StatusOK, `name="f-100"`, `value="утрачено"`, `name="do" value="next"`)
	if page := v.Get("/intake/2026-1/units?after=100", http.StatusOK, `name="f-150"`); strings.Contains(page, `name="f-100"`) {
		t.Error("a slice shows rows of another")
	}
	page := v.Post("/intake/2026-1/units", pagetest.Fields(
		"do", "save", "f-1", "present", "f-2", "leaves_differ", "l-2", "9", "n-2", "вырван <лист>", "f-5", "missing", "x-5", "не сдано", "f-6", "damaged", "f-7", "leaves_differ", "l-7", "10",
		"f-3", "missing", "x-3", "утрачено", "d-3", "2026-10-01", "w-3", "Жұмабаев",
	), http.StatusUnprocessableEntity, "Сохранено: 2", "№ 5:", "№ 6:", "№ 7:", `value="не сдано"`, "вырван &lt;лист&gt;")
	if strings.Contains(page, "№ 3: нап") {
		t.Error("what stands as it is typed is asked for again")
	}
	q, _ := s.Called("CheckUnits").(*intakev1.CheckUnitsRequest)
	if len(q.GetFindings()) != 2 || q.GetFindings()[1].GetLeaves() != 9 || q.GetCommandId() != pagetest.Command {
		t.Errorf("saved %v", q)
	}

	s.Forget()
	v.Post("/intake/2026-1/units", pagetest.Fields("do", "range", "from", "1", "to", "100"), http.StatusSeeOther, "done=intake-checked")
	if q, _ := s.Called("CheckUnits").(*intakev1.CheckUnitsRequest); len(q.GetFindings()) != 99 { // row 3 has a finding
		t.Errorf("%d rows were found present", len(q.GetFindings()))
	}
	s.Forget()
	v.Post("/intake/2026-1/units", pagetest.Fields("do", "range", "from", "9", "to", "1"), http.StatusUnprocessableEntity, "начало и конец")
	large := archive(300) // rows that the page does not show are not found present unseen, and nobody is told that they were
	l := pagetest.Open(t, large, areas, "", monitor.Archivist)
	l.Post("/intake/2026-1/units", pagetest.Fields("do", "range", "from", "1", "to", "101"), http.StatusUnprocessableEntity, "от 1 до 100")
	l.Post("/intake/2026-1/units?after=100", pagetest.Fields("do", "range", "from", "100", "to", "200"), http.StatusUnprocessableEntity, "от 101 до 200")
	if large.Called("CheckUnits") != nil {
		t.Error("half a range was found present")
	}
	l.Post("/intake/2026-1/units?after=100", pagetest.Fields("do", "range", "from", "101", "to", "200"), http.StatusSeeOther, "done=intake-checked")
	l.Post("/intake/2026-1/units?after=200", pagetest.Fields("do", "range", "from", "201", "to", "999"), http.StatusSeeOther, "done=intake-checked")
	v.Post("/intake/2026-1/units", pagetest.Fields("do", "save"), http.StatusUnprocessableEntity, "Ничего не изменилось")
	if s.Called("CheckUnits") != nil {
		t.Error("something was saved")
	}
	v.Post("/intake/2026-1/units", pagetest.Fields("do", "next", "f-1", "present"), http.StatusSeeOther, "after=100")
}

// TestWhatComesOnCarriersIsNoPaper: a film without files is no paper.
func TestWhatComesOnCarriersIsNoPaper(t *testing.T) {
	s := archive(4)
	altered(s, func(res *intakev1.GetTransferResponse) { res.Transfer.Form = "audiovisual" })
	found, err := s.Answers["GetAccession"](nil)
	res, ok := found.(*intakev1.GetAccessionResponse)
	if err != nil || !ok {
		t.Fatal(err)
	}
	res.Accession.Form = "audiovisual"
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	for _, address := range []string{"/intake/2026-1", "/intake/2026-1/accept", "/accessions/2026-7"} {
		if page := v.Get(address, http.StatusOK, "носитель"); strings.Contains(page, ">бумага<") || strings.Contains(page, "· бумага<") {
			t.Errorf("%s speaks of paper", address)
		}
	}
}

// TestPaperIsCountedWhereItMayCome: what comes as files alone offers no counting of paper, and the page of it leads back.
func TestPaperIsCountedWhereItMayCome(t *testing.T) {
	s := archive(2)
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	v.Get("/intake/2026-1", http.StatusOK, `href="/intake/2026-1/paper"`, `<a href="/intake" aria-current="page">`)
	v.Get("/intake/2026-1/paper", http.StatusOK, `name="units"`)
	state := ""
	altered(s, func(res *intakev1.GetTransferResponse) { res.TakesPaper, res.Transfer.State = false, state })
	for state = range map[string]bool{"expected": true, "checked": true} {
		for _, v.Lang = range []string{"kk", "ru", "en"} {
			page := v.Get("/intake/2026-1", http.StatusOK, "<h1>")
			_, lead, _ := strings.Cut(page, `<p class="lead">`)
			lead, _, _ = strings.Cut(lead, "</p>")
			for _, word := range []string{"сверьте", "посчитайте", "санап", "салыстыр", "count it", "compare the paper"} {
				if strings.Contains(lead, word) {
					t.Errorf("%s in %s: %s", state, v.Lang, lead)
				}
			}
		}
	}
	v.Lang, state = "ru", "returned"
	if page := v.Get("/intake/2026-1", http.StatusOK, "/intake/2026-1/accept"); strings.Contains(page, "/intake/2026-1/paper") {
		t.Error("there is no paper to count")
	}
	v.Get("/intake/2026-1/paper", http.StatusSeeOther, "/intake/2026-1")
}

// TestAWrongCountOfPaperIsCorrected: the page offers the receipts whose count stands, and says which one the new count replaces.
func TestAWrongCountOfPaperIsCorrected(t *testing.T) {
	s := archive(2)
	receipts := []*intakev1.Receipt{{Number: 1, What: "paper", Units: 3}, {Number: 2, What: "returned", Units: 9}, {Number: 3, What: "paper", Units: 54}, {Number: 4, What: "paper", Units: 45, Boxes: 2, Corrects: 3}}
	altered(s, func(res *intakev1.GetTransferResponse) { res.Transfer.Receipts = uint32(len(receipts)) })
	s.Answers["GetReceipt"] = func(m proto.Message) (proto.Message, error) {
		return &intakev1.GetReceiptResponse{Receipt: receipts[m.(*intakev1.GetReceiptRequest).GetNumber()-1]}, nil
	}
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	page := v.Get("/intake/2026-1/paper", http.StatusOK, `value="" checked`, `value="1"`, `value="4"`, "взамен расписки № 4, в ней ошибка: дел – 45, коробок – 2")
	for _, gone := range []string{`value="2"`, `value="3"`} {
		if strings.Contains(page, gone) {
			t.Errorf("the page offers to correct the receipt with %s", gone)
		}
	}
	v.Post("/intake/2026-1/paper", pagetest.Fields("units", "44", "corrects", "4"), http.StatusSeeOther, "done=intake-received")
	if q, _ := s.Called("ReceivePaper").(*intakev1.ReceivePaperRequest); q.GetCorrects() != 4 || q.GetUnits() != 44 {
		t.Errorf("counted %v", q)
	}
}

// TestFormsAskByTheField sends each form empty, and then as it should be.
func TestFormsAskByTheField(t *testing.T) {
	sha := strings.Repeat("b", 64)
	for _, c := range []struct {
		address, call string
		empty, full   []string
		wrong         []string // anchors of the summary
		leads         string
	}{
		{address: "/intake/2026-1/paper", call: "ReceivePaper", wrong: []string{"#units"}, full: []string{"units", "4"}, leads: "/transfers/2026-1/receipts/2?done="},
		{
			address: "/intake/2026-1/return", call: "ReturnRows", wrong: []string{"#positions", "#reason"}, full: []string{"positions", "1, 2-3", "reason", "format"},
			leads: "/transfers/2026-1/receipts/3?done=",
		},
		{address: "/intake/2026-1/return", call: "ReturnRows", empty: []string{"positions", "x", "reason", "other"}, wrong: []string{"#positions", "#comment"}},
		{address: "/accessions/2026-7/sign", call: "SignAct", empty: []string{"do", "hand"}, wrong: []string{"#name", "#hand_sha256"}, full: []string{"do", "archive", "sha256", sha}, leads: "/accessions/2026-7?done="},
		{address: "/accessions/2026-7/quarantine", call: "BeginQuarantine", wrong: []string{"#reason", "#place"}, full: []string{"reason", "плесень", "place", "бокс"}, leads: "/accessions/2026-7?done="},
		{address: "/accessions/2026-7/boxes", call: "StoreBoxes", wrong: []string{"#boxes"}, full: []string{"box", "1", "box", "2", "first-2", "2", "room-2", "3"}, leads: "/boxes?done="},
		{address: "/accessions/2026-7/approval", call: "ApproveAccession", wrong: []string{"#commission", "#protocol", "#date"}, full: []string{"commission", "ЭПК", "protocol", "3", "date", "2026-11-01"}, leads: "/accessions/2026-7?done="},
		{address: "/accessions/2026-7/propose", call: "ProposeApproval", wrong: []string{"#ground"}, full: []string{"ground", "переписка учёного"}, leads: "/accessions/2026-7?done="},
		{
			address: "/accessions/2026-7/deaccession", call: "ProposeDeaccession", wrong: []string{"#positions", "#way", "#ground", "#commission"},
			full: []string{"positions", "1", "way", "destroyed", "ground", "повреждено", "commission", "ЭПК", "protocol", "3", "date", "2026-11-01"}, leads: "/accessions/2026-7/deaccessions/3?done=",
		},
	} {
		t.Run(c.address, func(t *testing.T) {
			s := archive(4)
			if c.call == "ProposeDeaccession" {
				lacking(s)
			}
			v := pagetest.Open(t, s, areas, "", monitor.Archivist)
			v.Get(c.address, http.StatusOK)
			page := v.Post(c.address, pagetest.Fields(c.empty...), http.StatusUnprocessableEntity)
			for _, anchor := range c.wrong {
				if !strings.Contains(page, `href="`+anchor+`"`) || !strings.Contains(page, `id="`+anchor[1:]+`"`) {
					t.Errorf("no way to %s", anchor)
				}
			}
			if s.Called(c.call) != nil {
				t.Fatalf("%s was called", c.call)
			}
			if c.full == nil {
				return
			}
			v.Post(c.address, pagetest.Fields(c.full...), http.StatusSeeOther, c.leads)
			if s.Called(c.call) == nil {
				t.Errorf("%s was not called", c.call)
			}
		})
	}
}

// TestABoxThatWasEmptiedIsTakenAway and one that never was is not sent.
func TestABoxThatWasEmptiedIsTakenAway(t *testing.T) {
	s := archive(4)
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	v.Post("/accessions/2026-7/boxes", pagetest.Fields("box", "1", "box", "2", "box", "3", "first-3", "2"), http.StatusSeeOther)
	q, _ := s.Called("StoreBoxes").(*intakev1.StoreBoxesRequest)
	if len(q.GetBoxes()) != 2 || q.GetBoxes()[0].GetFirst() != 0 || q.GetBoxes()[1].GetLast() != 2 {
		t.Errorf("sent %v", q.GetBoxes())
	}
}

// TestBoxesBeforeAndAfterTheActOfDescription: boxes of what is only counted have a place and no units; once it is described the page
// says which of them still need units (practice.md, "then quarantine, boxes, labels, a place").
func TestBoxesBeforeAndAfterTheActOfDescription(t *testing.T) {
	s := archive(4)
	a := &intakev1.Accession{
		AccessionNumber: "2026-7", TransferId: "2026-1", AcceptedOn: "2026-11-01", Organisation: &recordv1.Organisation{Id: "su", Name: text("Отдел")},
		Accepted: 40, Listed: 40, Undescribed: 40, Code: &intakev1.AccessionCodeKnown{Fonds: "7"}, Inventory: &recordv1.Inventory{Id: "2026-1"},
	}
	work := &intakev1.GetAccessionWorkResponse{Accession: a, Boxes: []*intakev1.Box{{Number: 1, Room: "2", Shelf: "3"}, {Number: 2, Room: "2"}}, BoxesCounted: 9}
	s.Answers["GetAccession"], s.Answers["GetAccessionWork"] = pagetest.Always(&intakev1.GetAccessionResponse{Accession: a}), pagetest.Always(work)
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	v.Get("/accessions/2026-7", http.StatusOK, "<b>Коробка 1</b>: не описано", "Хранилище 2", "Указать места коробок", "/labels/ru", `<dd class="code">7</dd>`)
	page := v.Get("/accessions/2026-7/boxes", http.StatusOK, `name="room-9"`, `name="shelf-1"`, "коробок при объявлении: 9", "/labels/kk")
	if strings.Contains(page, "first-1") || strings.Contains(page, "last-1") || strings.Contains(page, `name="room-10"`) {
		t.Error("units are asked for that have no numbers yet, or more lines are there than boxes")
	}
	v.Post("/accessions/2026-7/boxes", pagetest.Fields("box", "1", "room-1", "2", "shelf-1", "4", "box", "2", "room-2", "2", "box", "3", "rack-3", "7", "box", "4"), http.StatusSeeOther, "/boxes?done=")
	q, _ := s.Called("StoreBoxes").(*intakev1.StoreBoxesRequest)
	if b := q.GetBoxes(); len(b) != 3 || b[0].GetShelf() != "4" || b[2].GetRack() != "7" || b[0].GetFirst()+b[1].GetLast()+b[2].GetFirst() != 0 {
		t.Errorf("sent %v", b)
	}

	a.Undescribed, a.Accepted, a.Listed = 0, 2, 2
	work.Boxes[0].First, work.Boxes[0].Last = 1, 2
	page = v.Get("/accessions/2026-7", http.StatusOK, "<b>Коробка 1</b>: дела 1–2", `<b>Коробка 2</b> <span class="badge soon">дела не указаны</span>`, "Указать дела коробок")
	if strings.Contains(page, "/labels/ru") {
		t.Error("labels are offered before the catalogue has given codes")
	}
	a.Code.Inventory = "1"
	v.Get("/accessions/2026-7", http.StatusOK, "/labels/ru", `<dd class="code">7/1</dd>`)
	v.Get("/accessions/2026-7/boxes", http.StatusOK, `name="first-2"`, "дела не указаны: 1")
}

// TestTheAccessionShowsHowItWasDescribed, and the paper of it, and that its content came as an E-ARK package; of another one neither is said.
func TestTheAccessionShowsHowItWasDescribed(t *testing.T) {
	s := archive(4)
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	if page := v.Get("/accessions/2026-7", http.StatusOK); strings.Contains(page, "/description/") || strings.Contains(page, "E-ARK") {
		t.Error("what is not there is shown")
	}
	found, _ := s.Answers["GetAccessionWork"](nil)
	work := proto.CloneOf(found.(*intakev1.GetAccessionWorkResponse))
	work.Eark = &intakev1.EArkPackage{Id: "urn:x:<1>", OaisType: "SIP"}
	a := proto.CloneOf(work.GetAccession())
	a.Description = &intakev1.Description{DescribedOn: "2026-11-20", DescribedBy: "one", Counted: 40, Described: 38, Acts: []*intakev1.DescriptionAct{{Language: "kk"}, {Language: "ru"}}}
	s.Answers["GetAccessionWork"], s.Answers["GetAccession"] = pagetest.Always(work), pagetest.Always(&intakev1.GetAccessionResponse{Accession: a})
	s.Answers["GetDescriptionAct"] = pagetest.Always(&intakev1.GetDescriptionActResponse{Pdf: []byte("%PDF-description")})
	for lang, says := range map[string][]string{
		"kk": {"саналғаны – 40, сипатталғаны – 38", "Сипаттау актісі қазақша (PDF)", "E-ARK пакеті (SIP) «urn:x:&lt;1&gt;»"},
		"ru": {"учтено – 40, описано – 38", "Акт описания на русском (PDF)", "пакет E-ARK (SIP) «urn:x:&lt;1&gt;»"},
		"en": {"counted: 40, described: 38", "Act of description in Russian (PDF)", "E-ARK package (SIP) “urn:x:&lt;1&gt;”"},
	} {
		v.Lang = lang
		v.Get("/accessions/2026-7", http.StatusOK, append(says, `href="/accessions/2026-7/description/kk"`, `href="/accessions/2026-7/description/ru"`)...)
	}
	v.Get("/accessions/2026-7/description/ru", http.StatusOK, "%PDF-description")
	if q, _ := s.Called("GetDescriptionAct").(*intakev1.GetDescriptionActRequest); q.GetAccessionNumber() != "2026-7" || q.GetLanguage() != "ru" {
		t.Errorf("asked for %v", q)
	}
}

// TestFourEyes shows the decision to the head alone, and not on what he proposed himself.
func TestFourEyes(t *testing.T) {
	for _, c := range []struct {
		role    monitor.Role
		count   string
		decides bool
	}{{monitor.Head, "1", false}, {monitor.Head, "2", true}, {monitor.Archivist, "2", false}} {
		s := archive(4)
		v := pagetest.Open(t, s, areas, "", c.role)
		page := v.Get("/accessions/2026-7/deaccessions/"+c.count, http.StatusOK, "ЦГА")
		if got := strings.Contains(page, `value="approve"`); got != c.decides {
			t.Errorf("%s decides on proposal %s: %t", c.role, c.count, got)
		}
		if c.decides {
			v.Post("/accessions/2026-7/deaccessions/2", pagetest.Fields("do", "decline"), http.StatusUnprocessableEntity, `href="#reason"`)
			v.Post("/accessions/2026-7/deaccessions/2", pagetest.Fields("do", "approve"), http.StatusSeeOther, "deaccessions/2?done=")
			if q, _ := s.Called("DecideDeaccession").(*intakev1.DecideDeaccessionRequest); !q.GetApprove() {
				t.Errorf("decided %v", q)
			}
		}
	}
	pagetest.Open(t, archive(4), areas, "", monitor.Head).Get("/accessions/2026-7/deaccessions/9", http.StatusNotFound)
}

// TestEveryPageInEveryLanguage draws each page without a hole.
func TestEveryPageInEveryLanguage(t *testing.T) {
	v := pagetest.Open(t, archive(4), areas, "", monitor.Archivist, monitor.Head)
	for _, v.Lang = range []string{"kk", "ru", "en"} {
		for _, address := range []string{
			"/intake?state=returned", "/intake/2026-1", "/intake/2026-1/return", "/accessions", "/accessions/2026-7", "/accessions/2026-7/sign", "/accessions/2026-7/describe",
			"/accessions/undescribed", "/deaccessions", "/accessions/2026-7/propose", "/transfers/2026-1/rows/4", "/accessions/2026-7/boxes",
			"/accessions/2026-7/deaccession",
		} {
			v.Get(address, http.StatusOK, "<h1>")
		}
	}
}

// TestRowsAreCountedOnceTheyAreSealed: before that the page says what stands so far, and no number that is not known yet.
func TestRowsAreCountedOnceTheyAreSealed(t *testing.T) {
	for state, says := range map[string]string{"announced": "внесённые до сих пор", "expected": "Дел по описи: 0"} {
		s := archive(2)
		found, err := s.Answers["GetTransfer"](&intakev1.GetTransferRequest{Limit: 2})
		res, ok := found.(*intakev1.GetTransferResponse)
		if err != nil || !ok {
			t.Fatal(err)
		}
		res.Transfer.State, res.Transfer.Inventory.Files, res.Transfer.Form = state, 0, "digital"
		res.TakesPaper = false
		s.Answers["GetTransfer"] = pagetest.Always(res)
		page := pagetest.Open(t, s, areas, "", monitor.Archivist).Get("/intake/2026-1", http.StatusOK, says, "файлов нет")
		if strings.Contains(page, ">бумага<") {
			t.Error("what a digital transfer lacks is said to be paper")
		}
	}
}

// TestTheObjectAndItsHistoryAreNamed: whoever keeps the accession sees which version its object is at and takes its history; of an object that
// left there is nothing to take, and an accession on paper has none.
func TestTheObjectAndItsHistoryAreNamed(t *testing.T) {
	s := archive(4)
	found, _ := s.Answers["GetAccession"](nil)
	res := proto.CloneOf(found.(*intakev1.GetAccessionResponse))
	s.Answers["GetAccession"] = pagetest.Always(res)
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	const history, bag = `href="/accessions/2026-7/content/metadata/premis.xml"`, "составил архив"
	for _, c := range []struct {
		change func(*intakev1.Accession)
		says   []string
		not    []string
	}{
		{func(*intakev1.Accession) {}, nil, []string{"Объект хранилища"}},
		{func(a *intakev1.Accession) { a.ObjectId, a.ObjectVersion = "urn:x", 1 }, []string{"urn:x", "версия 1"}, []string{history, bag}},
		{func(a *intakev1.Accession) {
			a.ObjectVersion, a.History, a.Bag = 3, &intakev1.ObjectHistory{Path: "metadata/premis.xml"}, new(intakev1.ObjectBag)
		}, []string{"версия 3", history, bag}, nil},
		{func(a *intakev1.Accession) { a.ObjectLeft = true }, []string{"urn:x"}, []string{history, bag}},
	} {
		c.change(res.Accession)
		page := v.Get("/accessions/2026-7", http.StatusOK, c.says...)
		for _, not := range c.not {
			if strings.Contains(page, not) {
				t.Errorf("the page says %q", not)
			}
		}
	}
}
