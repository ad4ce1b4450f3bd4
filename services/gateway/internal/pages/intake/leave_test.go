package intake

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	retentionv1 "github.com/qoyma/qoyma/proto/gen/qoyma/retention/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// TestWhatBecameOfTheContent: the page says where a destruction stands, and asks the archivist, and nobody else, for the receipt.
func TestWhatBecameOfTheContent(t *testing.T) {
	s := archive(4)
	lacking(s)
	answer := s.Answers["GetAccessionWork"]
	d := new(intakev1.Deaccession) // that of another account, as it goes on
	s.Answers["GetAccessionWork"] = func(m proto.Message) (proto.Message, error) {
		out, err := answer(m)
		res := proto.CloneOf(out.(*intakev1.GetAccessionWorkResponse))
		if d.GetProposed() == nil {
			d.Proposed = res.GetDeaccessions()[1].GetProposed()
		}
		res.Deaccessions[1] = d
		return res, err
	}
	s.Answers["ReceiveDeaccession"] = pagetest.Always(&intakev1.ReceiveDeaccessionResponse{})
	const page = "/accessions/2026-7/deaccessions/2"
	for _, c := range []struct {
		change func()
		says   string
		asks   bool
	}{
		{func() { d.State, d.Fate = "done", &intakev1.ContentFate{State: "kept"} }, "остаются в архиве", true},
		{func() { d.Fate.State = "awaits" }, "когда внесена расписка", true},
		{func() { d.Received = &intakev1.DeaccessionReceived{Document: "№ 4 <от>", ReceivedOn: "2026-11-03"} }, "№ 4 &lt;от&gt;", false},
		{func() { d.Fate.State = "doomed" }, "уничтожаются после решения", false},
		{func() { d.Fate = &intakev1.ContentFate{State: "closed", On: "2026-11-03"} }, "вместе с объектом", false},
		{func() { d.Fate = &intakev1.ContentFate{State: "removing", On: "2026-11-03", TakenBy: 2} }, "уничтожаются", false},
		{func() { d.Fate = &intakev1.ContentFate{State: "removed", On: "2026-11-04", TakenBy: 2} }, "уничтожены", false},
	} {
		c.change()
		v := pagetest.Open(t, s, areas, "", monitor.Archivist)
		got := v.Get(page, http.StatusOK, c.says)
		if asks := strings.Contains(got, `value="receive"`); asks != c.asks {
			t.Errorf("%s: the receipt is asked for: %t", c.says, asks)
		}
		if strings.Contains(pagetest.Open(t, s, areas, "", monitor.Head).Get(page, http.StatusOK), `value="receive"`) {
			t.Errorf("%s: the head is asked for the receipt", c.says)
		}
		for _, v.Lang = range []string{"kk", "en"} {
			v.Get(page, http.StatusOK)
		}
	}
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	v.Post(page, pagetest.Fields("do", "receive"), http.StatusUnprocessableEntity, `href="#document"`)
	v.Post(page, pagetest.Fields("do", "receive", "document", "№ 4", "received_on", "2026-11-03"), http.StatusSeeOther, "deaccessions/2?done=")
	if q, _ := s.Called("ReceiveDeaccession").(*intakev1.ReceiveDeaccessionRequest); q.GetDocument() != "№ 4" || q.GetReceivedOn() != "2026-11-03" || q.GetNumber() != 2 {
		t.Errorf("recorded %v", q)
	}
	v.Post("/accessions/2026-7/deaccession", pagetest.Fields("positions", "1", "way", "destroyed", "content", "kept", "ground", "x", "commission", "ЭПК", "protocol", "3", "date", "2026-11-01"),
		http.StatusUnprocessableEntity, `href="#content"`)
	v.Post("/accessions/2026-7/deaccession", pagetest.Fields("positions", "1", "way", "transferred", "receiver", "ЦГА", "content", "destroyed", "ground", "x", "commission", "ЭПК", "protocol", "3", "date", "2026-11-01"),
		http.StatusSeeOther, "done=")
	if q, _ := s.Called("ProposeDeaccession").(*intakev1.ProposeDeaccessionRequest); q.GetContent() != "destroyed" {
		t.Errorf("proposed %v", q)
	}
}

// TestWhatALaterDeaccessionTookIsGone: the files of a unit stand, given to nobody, until another deaccession takes the object; the page of
// the earlier one then says so, with the day and the act that took them.
func TestWhatALaterDeaccessionTookIsGone(t *testing.T) {
	s, work := archive(4), new(intakev1.GetAccessionWorkResponse)
	s.Answers["GetAccessionWork"] = pagetest.Always(work)
	leave := func(n uint32) *intakev1.Deaccession {
		return &intakev1.Deaccession{
			State:    "done",
			Proposed: &intakev1.DeaccessionProposed{Number: n, Way: "destroyed", Content: "destroyed", Positions: []uint32{n}, Protocol: new(recordv1.Protocol), ProposedOn: "2026-11-02"},
		}
	}
	first, last := leave(1), leave(2)
	work.Deaccessions = []*intakev1.Deaccession{first, last}
	const link = `href="/accessions/2026-7/deaccessions/2"`
	for _, c := range []struct {
		change func()
		says   map[string]string
		named  bool // the act that took the object
	}{
		{func() { first.Fate = &intakev1.ContentFate{State: "closed", On: "2026-11-03"} }, map[string]string{
			"kk": "файлдар нысандағы басқа істердің мазмұны шыққанда жойылады", "ru": "файлы удаляются вместе с объектом, когда выбудет остальное в нём",
			"en": "the files go with the object once everything else in it has left",
		}, false},
		{func() {
			first.Fate = &intakev1.ContentFate{State: "removing", On: "2026-11-03", TakenBy: 2}
			last.Fate = &intakev1.ContentFate{State: "removing", On: "2026-11-05", TakenBy: 2}
		}, map[string]string{
			"kk": "ешкімге берілмейді, жойылып жатыр", "ru": "никому не выдаются, уничтожаются", "en": "are given to nobody and are being destroyed",
		}, true},
		{func() {
			first.Fate = &intakev1.ContentFate{State: "removed", On: "2026-11-06", TakenBy: 2}
			last.Fate = first.GetFate()
		}, map[string]string{
			"kk": `жойылды <span class="meta">06.11.2026</span>`, "ru": `уничтожены <span class="meta">06.11.2026</span>`, "en": `were destroyed <span class="meta">2026-11-06</span>`,
		}, true},
	} {
		c.change()
		v := pagetest.Open(t, s, areas, "", monitor.Archivist)
		for _, lang := range []string{"kk", "ru", "en"} {
			v.Lang = lang
			earlier, later := v.Get("/accessions/2026-7/deaccessions/1", http.StatusOK), v.Get("/accessions/2026-7/deaccessions/2", http.StatusOK)
			for other, says := range c.says {
				if strings.Contains(earlier, says) != (other == lang) {
					t.Errorf("in %s: %q stands there: %t", lang, says, other != lang)
				}
			}
			if got := strings.Contains(earlier, link); got != c.named {
				t.Errorf("in %s, %s: the act that took the object is named: %t", lang, c.says[lang], got)
			}
			if strings.Contains(later, link) {
				t.Errorf("in %s, %s: it names itself", lang, c.says[lang])
			}
		}
	}
}

// TestNothingIsProposedOfAnUnsignedAccession (AR-3, AR-6): before anybody fills the form the page says that the act is to be signed first, by
// whom it is, and leads there; the commission's decision keeps nobody.
func TestNothingIsProposedOfAnUnsignedAccession(t *testing.T) {
	for _, c := range []struct {
		open   []string
		acts   bool
		offers bool
	}{
		{[]string{"giver", "archive", "commission"}, false, false},
		{[]string{"giver", "archive"}, true, false},
		{[]string{"giver"}, true, false},
		{[]string{"archive"}, true, false},
		{[]string{"commission"}, true, true},
		{nil, true, true},
	} {
		s := archive(4)
		lacking(s, c.open...)
		if !c.acts {
			found, _ := s.Answers["GetAccession"](nil)
			res := proto.CloneOf(found.(*intakev1.GetAccessionResponse))
			res.Accession.Acts = nil
			s.Answers["GetAccession"] = pagetest.Always(res)
		}
		v := pagetest.Open(t, s, areas, "", monitor.Archivist)
		for lang, says := range map[string][2]string{
			"kk": {"архив те қол қоймайынша", "Екі жақ актіге қол қойғаннан кейін ұсынылады"},
			"ru": {"и сдатчиком, и архивом", "Предлагается, когда акт подписали обе стороны"},
			"en": {"before giver and archive have both signed", "Proposed once both sides have signed the act"},
		} {
			v.Lang = lang
			page := v.Get("/accessions/2026-7/deaccession", http.StatusOK)
			if strings.Contains(page, `name="positions"`) != c.offers || strings.Contains(page, says[0]) == c.offers {
				t.Errorf("%s, lacking %v: the form is offered: %t, the reason said: %t", lang, c.open, !c.offers, c.offers)
			}
			if strings.Contains(page, `href="/accessions/2026-7/sign"`) != (!c.offers && c.acts) {
				t.Errorf("%s, lacking %v, acts %t: the way to the signature", lang, c.open, c.acts)
			}
			page = v.Get("/accessions/2026-7", http.StatusOK)
			if strings.Contains(page, `href="/accessions/2026-7/deaccession"`) != c.offers || strings.Contains(page, says[1]) == c.offers {
				t.Errorf("%s, lacking %v: the accession's page leads there: %t", lang, c.open, !c.offers)
			}
		}
	}
}

// TestWhatWasProposedOfAnUnsignedAccession: an earlier program let it be proposed; whoever decides hears that the act is not signed, and may.
func TestWhatWasProposedOfAnUnsignedAccession(t *testing.T) {
	for _, unsigned := range []bool{true, false} {
		s := archive(4)
		if !unsigned {
			lacking(s)
		}
		v := pagetest.Open(t, s, areas, "", monitor.Head)
		for lang, says := range map[string]string{"kk": "екі жақ әлі қол қойған жоқ", "ru": "ещё не подписан обеими сторонами", "en": "is not signed by both sides yet"} {
			v.Lang = lang
			page := v.Get("/accessions/2026-7/deaccessions/2", http.StatusOK, `value="approve"`)
			if strings.Contains(page, says) != unsigned {
				t.Errorf("%s: %q is said: %t", lang, says, !unsigned)
			}
		}
	}
}

// TestDestroyedContentIsNoLink: a unit whose content was closed names the act and the day, and only a unit whose content is still given out
// links to its files.
func TestDestroyedContentIsNoLink(t *testing.T) {
	s, work := archive(4), new(intakev1.GetAccessionWorkResponse)
	found, _ := s.Answers["GetAccession"](nil)
	res := proto.CloneOf(found.(*intakev1.GetAccessionResponse))
	res.Accession.ObjectId, res.Files = "urn:x", nil
	for p := range uint32(3) {
		res.Files = append(res.Files, &intakev1.AcceptedFile{
			File: &recordv1.File{Position: p + 1, Title: text("Дело")}, ContentPaths: []string{"data/" + strings.Repeat("0", 3) + string('1'+rune(p)) + "/a.pdf"},
		})
	}
	s.Answers["GetAccession"], s.Answers["GetAccessionWork"] = pagetest.Always(res), pagetest.Always(work)
	leave := func(n uint32, content string, positions ...uint32) *intakev1.Deaccession {
		return &intakev1.Deaccession{State: "done", Proposed: &intakev1.DeaccessionProposed{Number: n, Way: "destroyed", Content: content, Positions: positions}}
	}
	kept, first, last := leave(1, "kept", 1), leave(2, "destroyed", 2), leave(3, "destroyed", 1, 3)
	kept.Fate = &intakev1.ContentFate{State: "kept"}
	work.Deaccessions = []*intakev1.Deaccession{kept, first, last}
	for _, c := range []struct {
		change func()
		links  [3]bool
		says   []string
	}{
		{func() {}, [3]bool{true, true, true}, nil},
		{func() { first.Fate = &intakev1.ContentFate{State: "closed", On: "2026-11-03"} }, [3]bool{true, false, true}, []string{"никому не выдаётся с 03.11.2026, будет удалено вместе с объектом", "акт о выбытии 2026-7/2"}},
		{
			func() {
				first.Fate = &intakev1.ContentFate{State: "removing", On: "2026-11-03", TakenBy: 3}
				last.Fate = &intakev1.ContentFate{State: "removing", On: "2026-11-05", TakenBy: 3}
			},
			[3]bool{},
			[]string{"никому не выдаётся с 03.11.2026, уничтожается", "никому не выдаётся с 05.11.2026, уничтожается", "акт о выбытии 2026-7/3"},
		},
		{func() {
			first.Fate = &intakev1.ContentFate{State: "removed", On: "2026-11-06", TakenBy: 3}
			last.Fate = first.GetFate()
		}, [3]bool{}, []string{"уничтожено 06.11.2026", `href="/accessions/2026-7/deaccessions/2"`, "акт о выбытии 2026-7/3"}},
	} {
		c.change()
		v := pagetest.Open(t, s, areas, "", monitor.Archivist)
		page := v.Get("/accessions/2026-7", http.StatusOK, c.says...)
		for i, linked := range c.links {
			path := res.GetFiles()[i].GetContentPaths()[0]
			if !strings.Contains(page, path) || strings.Contains(page, `href="/accessions/2026-7/content/`+path) != linked {
				t.Errorf("%v: %s is a link: %t", c.says, path, !linked)
			}
		}
		for _, v.Lang = range []string{"kk", "en"} {
			v.Get("/accessions/2026-7", http.StatusOK)
		}
	}
}

// TestProblemsOfALeaveStandInTheOrderOfItsFields: whoever mends them goes down the page once.
func TestProblemsOfALeaveStandInTheOrderOfItsFields(t *testing.T) {
	s := archive(4)
	lacking(s)
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	page := v.Post("/accessions/2026-7/deaccession", pagetest.Fields("way", "destroyed", "content", "kept", "receiver", "ЦГА"), http.StatusUnprocessableEntity)
	at := 0
	for _, field := range []string{"positions", "content", "receiver", "ground", "commission", "protocol", "date"} {
		next := strings.Index(page, `href="#`+field+`"`)
		if next <= at {
			t.Errorf("%s stands at %d, what is before it at %d", field, next, at)
		}
		at = next
	}
}

// TestADepartmentIsLookedUpOnce for the page of its approved inventory.
func TestADepartmentIsLookedUpOnce(t *testing.T) {
	s, asked := archive(4), 0
	s.Answers["GetInventory"] = pagetest.Always(&retentionv1.GetInventoryResponse{OrganisationId: "su", Inventory: &recordv1.Inventory{Number: "1", Title: text("Опись"), Approval: new(recordv1.Protocol)}})
	s.Answers["GetOrganisation"] = func(m proto.Message) (proto.Message, error) {
		asked++
		return &retentionv1.GetOrganisationResponse{Organisation: &recordv1.Organisation{Id: m.(*retentionv1.GetOrganisationRequest).GetOrganisationId(), Name: text("Отдел")}}, nil
	}
	pagetest.Open(t, s, areas, "", monitor.Commission).Get("/commission/approved/su/1", http.StatusOK, "Отдел")
	if asked != 1 {
		t.Errorf("it was asked for %d times", asked)
	}
}
