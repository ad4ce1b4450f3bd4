package intake

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/gateway/internal/pages/pagetest"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/fault/wire"
	"github.com/qoyma/qoyma/services/platform/monitor"
)

// tried is what intake says of such a transfer's acceptance.
func tried(count uint32) func(proto.Message) (proto.Message, error) {
	return func(m proto.Message) (proto.Message, error) {
		res := &intakev1.TryAcceptanceResponse{Accepted: count, FirstUnchecked: 1}
		if count >= 3 {
			res.Missing, res.Accepted = 1, res.Accepted-1
		}
		if count >= 4 {
			res.Returned, res.Accepted = 1, res.Accepted-1
		}
		if asked := m.(*intakev1.TryAcceptanceRequest).GetPositions(); len(asked) > 0 {
			if slices.Contains(asked, 3) {
				return nil, unitMissing.With("position", 3)
			}
			res.Accepted, res.FirstUnchecked = uint32(len(asked)), asked[0]
		}
		res.Unchecked = res.GetAccepted()
		return res, nil
	}
}

// unitMissing is what intake says where a unit is asked for that was found missing.
var unitMissing = fault.Define(fault.Refused, "intake.accept.missing", "the unit at position {position} was found missing",
	"дело {position} отсутствует, принять его нельзя", "{position}-іс жоқ, оны қабылдауға болмайды")

// noRoom is what intake says where an acceptance would touch the reserve of the disk.
var noRoom = fault.Define(fault.Exhausted, "intake.accept.no_room", "there is not enough free space to accept this transfer ({free} free, {need} needed)",
	"для приёма этой передачи недостаточно места (свободно {free}, нужно {need})", "бұл тапсыруды қабылдауға бос орын жетпейді (бос {free}, керегі {need})")

// TestNothingIsAcceptedBeforeItsCountWasRead holds the acceptance to "N of M" in words.
func TestNothingIsAcceptedBeforeItsCountWasRead(t *testing.T) {
	s := archive(4)
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	v.Get("/intake/2026-1/accept", http.StatusOK, "2 (два) из 4 (четыре)", "отсутствует – 1, возвращено – 1", `name="counted" value="2"`, "Не сверено с описью дел: 2", `href="/intake/2026-1/units"`)
	v.Post("/intake/2026-1/accept", pagetest.Fields("choose", "yes", "counted", "2", "position", "1"), http.StatusOK, "1 (одно) из 4 (четыре)", "нажмите ещё раз", `name="counted" value="1"`)
	v.Post("/intake/2026-1/accept", pagetest.Fields("choose", "yes", "counted", "0"), http.StatusUnprocessableEntity, "хотя бы одно")
	for lang, says := range map[string]string{"kk": "3-іс жоқ, оны қабылдауға болмайды", "ru": "Дело 3 отсутствует, принять его нельзя", "en": "The unit at position 3 was found missing"} {
		v.Lang = lang
		v.Post("/intake/2026-1/accept", pagetest.Fields("choose", "yes", "counted", "1", "position", "1", "position", "3"), http.StatusOK, says, `name="counted" value="2"`)
	}
	v.Lang = "ru"
	if s.Called("AcceptTransfer") != nil {
		t.Fatal("something was accepted")
	}
	v.Post("/intake/2026-1/accept", pagetest.Fields("choose", "yes", "counted", "1", "position", "1"), http.StatusSeeOther, "/accessions/2026-7")
	if q, _ := s.Called("AcceptTransfer").(*intakev1.AcceptTransferRequest); len(q.GetPositions()) != 1 || q.GetCommandId() != pagetest.Command {
		t.Errorf("accepted %v", q)
	}
	s.Answers["AcceptTransfer"] = func(proto.Message) (proto.Message, error) { return nil, wire.DeadlineExceeded.With() }
	v.Post("/intake/2026-1/accept", pagetest.Fields("choose", "yes", "counted", "1", "position", "1"), http.StatusSeeOther, "/intake/2026-1?done=intake-accepting")
	v.Get("/intake/2026-1?done=intake-accepting", http.StatusOK, "Приём идёт")
	for lang, says := range map[string]string{"kk": "Бұл тапсыруды қабылдауға", "ru": "Для приёма этой передачи недостаточно места"} {
		s.Answers["AcceptTransfer"] = func(proto.Message) (proto.Message, error) {
			return nil, noRoom.With("free", "1 ГБ", "need", "2 ГБ")
		}
		v.Lang = lang
		v.Post("/intake/2026-1/accept", pagetest.Fields("choose", "yes", "counted", "1", "position", "1"), http.StatusInsufficientStorage, says, `name="counted" value="1"`, `role="alert"`)
	}
	answer := s.Answers["GetTransfer"]
	s.Answers["GetTransfer"] = func(m proto.Message) (proto.Message, error) { // the page is loaded again once it has ended
		found, err := answer(m)
		res := proto.CloneOf(found.(*intakev1.GetTransferResponse))
		res.Transfer.State, res.Transfer.AccessionNumber = "accepted", "2026-7"
		return res, err
	}
	v.Get("/intake/2026-1?done=intake-accepting", http.StatusSeeOther, "/accessions/2026-7?done=intake-accepted")
	s.Answers["GetTransfer"] = func(m proto.Message) (proto.Message, error) { // or was taken back
		found, err := answer(m)
		res := proto.CloneOf(found.(*intakev1.GetTransferResponse))
		res.Transfer.State, res.Transfer.FaultCount, res.Transfer.Returned = "expected", 1, 0
		res.Transfer.Faults = []*intakev1.PackageFault{{Code: "staging.lost", Text: text("утрачены байты пакета")}}
		return res, err
	}
	if to := v.Get("/intake/2026-1?done=intake-accepting", http.StatusSeeOther); to != "/intake/2026-1" {
		t.Errorf("it leads to %s", to)
	}
	v.Get("/intake/2026-1", http.StatusOK, "утрачены байты пакета")
	large := pagetest.Open(t, archive(1200), areas, "", monitor.Archivist)
	large.Get("/intake/2026-1/accept", http.StatusOK, "1\u00a0198 (одна тысяча сто девяносто восемь) из 1\u00a0200", "не помещается", "Не сверено с описью дел: 1\u00a0198")
}

// TestIntakeSaysWhatItWouldRefuse (AR-5): the page of acceptance has from intake what lacks, of the rows that are ticked or of all, also of
// an inventory whose rows it does not show and of which some came as files.
func TestIntakeSaysWhatItWouldRefuse(t *testing.T) {
	for _, count := range []uint32{4, 450} {
		s := archive(count)
		altered(s, func(res *intakev1.GetTransferResponse) { res.Transfer.Form, res.Transfer.PackageId = "mixed", "p" })
		s.Answers["TryAcceptance"] = pagetest.Always(&intakev1.TryAcceptanceResponse{Accepted: count - 2, Missing: 1, Returned: 1, Unchecked: 17, FirstUnchecked: 2})
		v := pagetest.Open(t, s, areas, "", monitor.Archivist)
		v.Get("/intake/2026-1/accept", http.StatusOK, "Не сверено с описью дел: 17", "отсутствует – 1, возвращено – 1", `<button class="quiet">`)
		if q, _ := s.Called("TryAcceptance").(*intakev1.TryAcceptanceRequest); q.GetTransferId() != "2026-1" || len(q.GetPositions()) != 0 {
			t.Errorf("asked %v", q)
		}
	}
	s := archive(4)
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	v.Post("/intake/2026-1/accept", pagetest.Fields("choose", "yes", "counted", "2", "position", "2"), http.StatusOK, "Не сверено с описью дел: 1.")
	if q, _ := s.Called("TryAcceptance").(*intakev1.TryAcceptanceRequest); len(q.GetPositions()) != 1 || q.GetPositions()[0] != 2 {
		t.Errorf("asked %v", q)
	}
	// What is refused when the button is pressed is said once, though the page is drawn with another trial.
	s.Answers["AcceptTransfer"] = func(proto.Message) (proto.Message, error) { return nil, unitMissing.With("position", 3) }
	page := v.Tried("/intake/2026-1/accept", pagetest.Fields("choose", "yes", "counted", "1", "position", "3"), "Дело 3 отсутствует")
	if n := strings.Count(page, "Дело 3 отсутствует"); n != 1 {
		t.Errorf("it is said %d times", n)
	}
	// Where nothing is left there is nothing to count, and the page says so before anything is pressed.
	s.Answers["TryAcceptance"] = func(proto.Message) (proto.Message, error) { return nil, nothingLeft.With() }
	v.Get("/intake/2026-1/accept", http.StatusOK, "Принимать нечего")
	s.Answers["TryAcceptance"] = nil
	v.Get("/intake/2026-1/accept", http.StatusServiceUnavailable)
}

// TestTheRowsSayWhatTheTrialCounts (AR-5): where the rows are shown, those that are not checked are said to be so in the words in which the
// trial counts them, and are ticked as it counts them, whether or not the inventory names their leaves. Of what may come as files and as
// paper nobody knows yet that it is paper.
func TestTheRowsSayWhatTheTrialCounts(t *testing.T) {
	for form, what := range map[string]string{"paper": "бумага", "audiovisual": "носитель", "mixed": "файлов нет", "": "файлов нет"} {
		s := archive(5)
		altered(s, func(res *intakev1.GetTransferResponse) {
			res.Transfer.Form = form
			if len(res.GetFiles()) > 1 {
				res.Files[1].Leaves = 0
			}
		})
		v := pagetest.Open(t, s, areas, "", monitor.Archivist)
		for lang, says := range map[string]string{"kk": "Тізімдемемен салыстырылмаған іс: 3", "en": "Not checked against the inventory, files: 3", "ru": "Не сверено с описью дел: 3"} {
			v.Lang = lang
			page := v.Get("/intake/2026-1/accept", http.StatusOK, says, `name="counted" value="3"`, `value="1" checked`, `value="2" checked`, `value="5" checked`)
			label := map[string]string{"kk": ">тізімдемемен салыстырылмаған<", "en": ">not checked against the inventory<", "ru": ">не сверено с описью<"}[lang]
			if n := strings.Count(page, label); n != 3 {
				t.Errorf("%s, %q: %d rows are said to be not checked", lang, form, n)
			}
		}
		v.Lang = "ru"
		_, row, _ := strings.Cut(v.Get("/intake/2026-1/accept", http.StatusOK), `value="2"`)
		if row, _, _ = strings.Cut(row, "</li>"); !strings.Contains(row, what) {
			t.Errorf("%q: without leaves it is %s", form, row)
		}
		if page := v.Get("/intake/2026-1", http.StatusOK); !strings.Contains(page, ">"+what+"<") {
			t.Errorf("%q: the page of the transfer does not say %s", form, what)
		}
	}
}

// nothingLeft is what intake says where every unit is missing or returned.
var nothingLeft = fault.Define(fault.Refused, "intake.accept.nothing_left", "there is nothing to accept", "принимать нечего", "қабылдайтын ештеңе жоқ")

// TestWhatLacksItsFilesIsSaidBeforeTheAcceptance: of a transfer in digital form the page of acceptance says which row is the first without
// files, and leads to their return; of a long inventory too, whose rows it does not show.
func TestWhatLacksItsFilesIsSaidBeforeTheAcceptance(t *testing.T) {
	for _, count := range []uint32{4, 1200} {
		s := archive(count)
		altered(s, func(res *intakev1.GetTransferResponse) {
			res.TakesPaper, res.Transfer.Form, res.Transfer.PackageId = false, "digital", "p"
		})
		s.Answers["TryAcceptance"] = pagetest.Always(&intakev1.TryAcceptanceResponse{Accepted: count - 2, Missing: 1, Returned: 1, Unfiled: 2, FirstUnfiled: 700})
		v := pagetest.Open(t, s, areas, "", monitor.Archivist)
		page := v.Get("/intake/2026-1/accept", http.StatusOK, "первое без файлов – № 700", `href="/intake/2026-1/return"`, "отсутствует – 1, возвращено – 1")
		if strings.Contains(page, "Не сверено") {
			t.Errorf("%d rows: nothing is to be checked on paper", count)
		}
	}
}

// TestWhatIsUndescribedIsCountedFirst: the page of acceptance says what the archive counted, and leads to the count where nobody did.
func TestWhatIsUndescribedIsCountedFirst(t *testing.T) {
	s := archive(2)
	counted := uint32(0)
	altered(s, func(res *intakev1.GetTransferResponse) {
		res.Transfer.Undescribed, res.Files, res.Contents = &intakev1.Undescribed{Units: 12}, nil, nil
	})
	s.Answers["TryAcceptance"] = func(proto.Message) (proto.Message, error) {
		return &intakev1.TryAcceptanceResponse{Accepted: counted, Uncounted: counted == 0}, nil
	}
	v := pagetest.Open(t, s, areas, "", monitor.Archivist)
	page := v.Get("/intake/2026-1/accept", http.StatusOK, "ещё никто не сосчитал", `class="button" href="/intake/2026-1/paper"`)
	if strings.Contains(page, ">Принять</button>") {
		t.Error("nobody has counted, and acceptance is offered")
	}
	counted = 10
	if page := v.Get("/intake/2026-1/accept", http.StatusOK, "10 (десять) из 12", "</button>"); strings.Contains(page, "никто не сосчитал") {
		t.Error("it was counted")
	}
}

// TestConsentIsAskedFor: the head's button stands where intake says that the transfer waits for it, whatever its kind is
// called, and the queue says so too.
func TestConsentIsAskedFor(t *testing.T) {
	const button = `action="/intake/2026-1/consent"`
	for _, waits := range []bool{false, true} {
		s := archive(2)
		altered(s, func(res *intakev1.GetTransferResponse) {
			res.Transfer.Kind, res.Transfer.AwaitsConsent = "extra", waits
			s.Answers["ListTransfers"] = pagetest.Always(&intakev1.ListTransfersResponse{Transfers: []*intakev1.Transfer{res.GetTransfer()}})
		})
		v := pagetest.Open(t, s, areas, "", monitor.Archivist)
		if page := v.Get("/intake/2026-1/accept", http.StatusOK); strings.Contains(page, "<button>Принять") || strings.Contains(page, ">Принять</button>") == waits {
			t.Errorf("waits %t, acceptance offered %t", waits, waits)
		}
		v = pagetest.Open(t, s, areas, "", monitor.Head)
		if page := v.Get("/intake/2026-1", http.StatusOK); strings.Contains(page, button) != waits {
			t.Errorf("waits %t, asked %t", waits, !waits)
		}
		if page := v.Get("/intake?state=expected", http.StatusOK); strings.Contains(page, "Нужно согласие") != waits {
			t.Errorf("waits %t, said in the queue %t", waits, !waits)
		}
	}
}
