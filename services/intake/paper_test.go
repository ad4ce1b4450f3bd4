package intake

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/uuid"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
)

func mayAccept(t *intakev1.Transfer) error { return store.MayAccept(t) }

// check records findings; who explained what is missing is always the same person.
func (w *world) check(id string, findings ...*intakev1.UnitFinding) *intakev1.CheckUnitsResponse {
	w.t.Helper()
	q := &intakev1.CheckUnitsRequest{CommandId: newID(), TransferId: id, Findings: findings}
	for _, f := range findings {
		if f.GetFinding() == "missing" {
			q.Explainers = append(q.Explainers, &intakev1.Explainer{Position: f.GetPosition(), Name: "Г. Ұ. Һамитова", Post: "іс жүргізуші"})
		}
	}
	res, err := w.client.CheckUnits(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

// TestNothingIsAcceptedUnseen (AR-5): of each unit files came or somebody found it, also where nobody said in which form a
// transfer by schedule comes and files came for some of its units.
func TestNothingIsAcceptedUnseen(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3), file(2, 3), file(3, 0))
	if _, err := w.accept(newID(), "2026-1"); !errors.Is(err, transfer.NotChecked) {
		t.Errorf("accepted, and nothing came: %v", err)
	}
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "a"})); err != nil {
		t.Fatal(err)
	}
	for _, positions := range [][]uint32{nil, {1, 2}, {3}} {
		if _, err := w.accept(newID(), "2026-1", positions...); !errors.Is(err, transfer.NotChecked) {
			t.Errorf("%v accepted, and nobody had looked: %v", positions, err)
		}
	}
	w.present("2026-1", 2, 3)
	if a, err := w.accept(newID(), "2026-1"); err != nil || a.GetAccepted() != 3 {
		t.Errorf("%v, %v", a, err)
	}
	w.whole()
}

// TestOfWhatComesAsFilesNothingElseIsFound: where the form says so no finding stands for files that did not come.
func TestOfWhatComesAsFilesNothingElseIsFound(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3), file(2, 3), file(3, 0))
	if _, err := w.client.PrepareTransfer(t.Context(), &intakev1.PrepareTransferRequest{CommandId: newID(), TransferId: "2026-1", Form: "digital"}); err != nil {
		t.Fatal(err)
	}
	taken, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "a"}))
	if err != nil {
		t.Fatal(err)
	}
	if ws := taken.GetWarnings(); len(ws) != 2 || !strings.Contains(ws[0].GetText().GetRu(), "пришлите") || !strings.Contains(ws[0].GetText().GetKk(), "жіберіңіз") {
		t.Errorf("nobody is told to send the files: %v", ws)
	}
	w.present("2026-1", 2)
	_, err = w.accept(newID(), "2026-1")
	if said := fault.Of(err).In(fault.Russian); !errors.Is(err, transfer.NothingThere) || !strings.Contains(said, "нет у дел: 2, первое – 2; ") || !strings.Contains(said, "верните") {
		t.Errorf("accepted without files: %v: %s", err, said)
	}
	a, err := w.accept(newID(), "2026-1", 1)
	if err != nil || a.GetAccepted() != 1 {
		t.Fatalf("%v, %v", a, err)
	}
	w.reads(a.GetAccessionNumber(), "ru", "д. 2–3 – файлы не поступили")
	w.reads(a.GetAccessionNumber(), "kk", "І. 2–3 – файлдары келмеді")
	w.whole()
}

// TestAnArchiveAcceptsTheRestOfWhatComesAsFiles: rows whose files did not come are returned, and what has files is accepted without
// anybody naming it; so a list that no page holds is accepted too.
func TestAnArchiveAcceptsTheRestOfWhatComesAsFiles(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3), file(2, 3))
	if _, err := w.client.PrepareTransfer(t.Context(), &intakev1.PrepareTransferRequest{CommandId: newID(), TransferId: "2026-1", Form: "digital"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "a"})); err != nil {
		t.Fatal(err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "incomplete"}); err != nil {
		t.Fatal(err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil || a.GetAccepted() != 1 {
		t.Fatalf("%v, %v", a, err)
	}
	w.reads(a.GetAccessionNumber(), "ru", "д. 2 – возвращено на исправление")
	w.whole()
}

// TestAnAcceptanceThatBeganIsCarriedOut: an earlier program asked for no finding of units beside those that came as
// files; what it began is not held to a rule that is younger.
func TestAnAcceptanceThatBeganIsCarriedOut(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3), file(2, 3))
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a": "a"})); err != nil {
		t.Fatal(err)
	}
	seen := w.seen("2026-1").GetTransfer()
	command := newID()
	begun := base.Command{ID: uuid.MustParse(command), Name: "accept", Actor: archivist.Actor, Decide: func(*base.View, time.Time) ([]base.Event, error) {
		return []base.Event{{
			Refs: store.Refs("2026-1", seen.GetOrganisation(), seen.GetInventory()),
			Body: &intakev1.AcceptanceBegun{TransferId: "2026-1", PackageId: seen.GetPackageId()},
		}}, nil
	}}
	if _, err := w.s.host.Store().Do(t.Context(), begun); err != nil {
		t.Fatal(err)
	}
	w.reopen()
	if err := w.s.plans.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.seen("2026-1").GetTransfer(); got.GetState() != "accepted" || got.GetAccessionNumber() == "" {
		t.Errorf("%v", got)
	}
	w.whole()
}

// TestPaperIsAcceptedUnitByUnit (practice.md, the order in an organisation; act of acceptance and
// transfer): present, missing with a signed explanation, damaged, other leaves; recorded row by row
// in any order, again without effect; "принято N из M" in words, both copies in one PDF.
func TestPaperIsAcceptedUnitByUnit(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 5), file(2, 5), file(3, 5), file(4, 5), file(5, 5))
	if _, err := w.client.PrepareTransfer(t.Context(), &intakev1.PrepareTransferRequest{CommandId: newID(), TransferId: "2026-1", Form: "paper", BroughtOn: "2026-12-01"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.send(newID(), "2026-1", bag(t, payload)); fault.Of(err).Code != "intake.upload.paper" {
		t.Errorf("files of a paper transfer: %v", err)
	}
	if _, err := w.accept(newID(), "2026-1"); err == nil || fault.Of(err).Code != transfer.NotChecked.Code {
		t.Errorf("nothing was checked: %v", err)
	}
	received, err := w.client.ReceivePaper(t.Context(), &intakev1.ReceivePaperRequest{CommandId: newID(), TransferId: "2026-1", Units: 4, Boxes: 1})
	if err != nil || received.GetReceipt().GetUnits() != 4 || received.GetReceipt().GetNumber() != 1 || received.GetReceipt().GetDirection() != "in" {
		t.Errorf("%v %v", received, err)
	}
	missing := &intakev1.UnitFinding{Position: 2, Finding: "missing", Explanation: "утрачено при переезде", ExplainedOn: "2026-02-01"}
	w.check("2026-1", &intakev1.UnitFinding{Position: 4, Finding: "leaves_differ", Leaves: 3, Note: "нет л. 4–5"}, &intakev1.UnitFinding{Position: 1, Finding: "present", Leaves: 5})
	if got := w.check("2026-1", missing, &intakev1.UnitFinding{Position: 3, Finding: "damaged", Note: "плесень"}); got.GetChecked() != 4 || got.GetListed() != 5 {
		t.Errorf("%v", got)
	}
	seq := w.s.host.Store().Head().Seq
	w.check("2026-1", &intakev1.UnitFinding{Position: 1, Finding: "present", Leaves: 5}, &intakev1.UnitFinding{Position: 3, Finding: "damaged", Note: "плесень"})
	if w.s.host.Store().Head().Seq != seq {
		t.Error("what stood already was written again")
	}
	if _, err := w.accept(newID(), "2026-1"); err == nil || fault.Of(err).Code != transfer.NotChecked.Code {
		t.Errorf("one was not checked: %v", err)
	}
	w.check("2026-1", &intakev1.UnitFinding{Position: 5, Finding: "present"})
	if _, err := w.accept(newID(), "2026-1", 1, 2); !errors.Is(err, transfer.UnitMissing) {
		t.Errorf("a missing unit: %v", err)
	}
	work, err := w.client.ListRowWork(t.Context(), &intakev1.ListRowWorkRequest{TransferId: "2026-1"})
	if err != nil || len(work.GetRows()) != 5 || work.GetRows()[1].GetExplainer().GetName() != "Г. Ұ. Һамитова" || work.GetRows()[0].GetExplainer() != nil {
		t.Errorf("%v %v", work, err)
	}
	a, err := w.accept(newID(), "2026-1")
	if err != nil || a.GetAccepted() != 4 || a.GetListed() != 5 {
		t.Fatalf("%v %v", a, err)
	}
	w.reads(a.GetAccessionNumber(), "ru", "Принято 4 (четыре) единицы хранения из 5 (пяти) единиц хранения", "оп. 1, д. 2 – отсутствует; объяснение от 01.02.2026: утрачено при переезде",
		"оп. 1, д. 3 – повреждено: плесень", "листов по описи 5, в наличии 3; нет л. 4–5", "Экз. № 1", "Экз. № 2")
	w.reads(a.GetAccessionNumber(), "kk", "5 (бес) сақтау бірлігінен 4 (төрт) сақтау бірлігі қабылданды", "Т. 1, І. 2 – жоқ", "Т. 1, І. 3 – бүлінген", "1-дана", "2-дана")
	w.whole()
	w.reopen()
	w.whole()
}

// reads wants texts in an act.
func (w *world) reads(number, language string, want ...string) {
	w.t.Helper()
	act, err := w.client.GetAct(w.t.Context(), &intakev1.GetActRequest{AccessionNumber: number, Language: language})
	if err != nil {
		w.t.Fatal(err)
	}
	text := pdfText(w.t, act.GetPdf())
	for _, s := range want {
		if !strings.Contains(text, s) {
			w.t.Errorf("%s: no %q in\n%s", language, s, text)
		}
	}
}

// streams and shown find the compressed content of a PDF and the strings that it shows.
var (
	streams = regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`)
	shown   = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)
)

// pdfText is what a PDF of ours says, in one line. Our fonts are written with UTF-16 codes, so that
// no program is needed to read them.
func pdfText(t *testing.T, pdf []byte) string {
	t.Helper()
	if !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Fatal("no PDF")
	}
	var words []string
	for _, stream := range streams.FindAllSubmatch(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(stream[1]))
		if err != nil {
			continue // not compressed: a dictionary
		}
		content, err := io.ReadAll(r)
		if err != nil || !bytes.Contains(content, []byte("Tj ET")) {
			continue
		}
		for _, s := range shown.FindAllSubmatch(content, -1) {
			words = append(words, utf16Of(s[1]))
		}
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// utf16Of reads a string of a PDF, whose escapes are a backslash before the byte.
func utf16Of(raw []byte) string {
	var plain []byte
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			i++
			if raw[i] == 'r' {
				plain = append(plain, '\r')
				continue
			}
		}
		plain = append(plain, raw[i])
	}
	var units []uint16
	for i := 0; i+1 < len(plain); i += 2 {
		units = append(units, uint16(plain[i])<<8|uint16(plain[i+1]))
	}
	return string(utf16.Decode(units))
}

// TestPaperOfFilesAloneIsNotCounted: what comes as files alone has no paper to count, and says so; what comes in any other form has,
// and what has not said its form.
func TestPaperOfFilesAloneIsNotCounted(t *testing.T) {
	w := newWorld(t)
	for i, c := range []struct {
		form  string
		takes bool
	}{{"", true}, {"paper", true}, {"mixed", true}, {"audiovisual", true}, {"digital", false}} {
		id := fmt.Sprint("2026-", i+1)
		w.expect(id, file(1, 5))
		if c.form != "" {
			if _, err := w.client.PrepareTransfer(t.Context(), &intakev1.PrepareTransferRequest{CommandId: newID(), TransferId: id, Form: c.form}); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.seen(id).GetTakesPaper(); got != c.takes {
			t.Errorf("%q takes paper: %t", c.form, got)
		}
		_, err := w.client.ReceivePaper(t.Context(), &intakev1.ReceivePaperRequest{CommandId: newID(), TransferId: id, Units: 1})
		if c.takes && err != nil || !c.takes && fault.Of(err).Code != "intake.paper.digital" {
			t.Errorf("%q: %v", c.form, err)
		}
	}
}

// TestReceiptsArePrinted (IS-9): each hand-over has its receipt as PDF in both languages, counted in words, with the side that
// gives and the side that takes; printed again it has the same bytes.
func TestReceiptsArePrinted(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 5), file(2, 5))
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"0001/a.txt": "бір"})); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.ReceivePaper(t.Context(), &intakev1.ReceivePaperRequest{CommandId: newID(), TransferId: "2026-1", Units: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 1, Reason: "unreadable"}); err != nil {
		t.Fatal(err)
	}
	for number, want := range map[uint32]map[string][]string{
		1: {"ru": {"РАСПИСКА № 1", "получены файлы", "1 (один)", "SHA-512"}, "kk": {"№ 1 ҚОЛХАТ", "файлдары алынды", "1 (бір)"}},
		2: {"ru": {"РАСПИСКА № 2", "Сдал: Управление образования", "2 (два) дела", "SHA-256"}, "kk": {"№ 2 ҚОЛХАТ", "2 (екі) іс"}},
		3: {"ru": {"РАСПИСКА № 3", "Принял: Управление образования", "возвращено на исправление", "1 (одно) дело"}, "kk": {"түзетуге қайтарылды"}},
	} {
		for language, texts := range want {
			q := &intakev1.PrintReceiptRequest{TransferId: "2026-1", Number: number, Language: language}
			first, err := w.client.PrintReceipt(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := w.client.PrintReceipt(t.Context(), q); err != nil || again.GetSha256() != first.GetSha256() || len(first.GetSha256()) != 64 {
				t.Errorf("receipt %d: another print has other bytes (%v)", number, err)
			}
			said := pdfText(t, first.GetPdf())
			if signed := strings.Contains(said, map[string]string{"ru": "подпись, дата", "kk": "қолы, күні"}[language]); signed != (number > 1) {
				t.Errorf("receipt %d in %s: places for signatures %t; they stand where people meet, and nowhere else", number, language, signed)
			}
			for _, text := range texts {
				if !strings.Contains(said, text) {
					t.Errorf("receipt %d in %s: no %q in\n%s", number, language, text, said)
				}
			}
		}
	}
	if _, err := w.client.PrintReceipt(t.Context(), &intakev1.PrintReceiptRequest{TransferId: "2026-1", Number: 9, Language: "ru"}); fault.Of(err).Code != "intake.receipt.unknown" {
		t.Errorf("a receipt that is none: %v", err)
	}
	if _, err := w.client.PrintReceipt(t.Context(), &intakev1.PrintReceiptRequest{TransferId: "2026-1", Language: "en"}); fault.Of(err).Code != "act.language" {
		t.Errorf("in English: %v", err)
	}
}

// TestTheReceiptOfAnAcceptanceCountsWhatWasAccepted (IS-9): units, and of what came as files those of the accepted units alone.
func TestTheReceiptOfAnAcceptanceCountsWhatWasAccepted(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 5), file(2, 5), file(3, 5))
	b := bag(t, map[string]string{"0001/a.txt": "бір", "0001/b.txt": "екі", "0002/a.txt": "үш", "0003/a.txt": "төрт"})
	if _, err := w.send(newID(), "2026-1", b); err != nil {
		t.Fatal(err)
	}
	if _, err := w.accept(newID(), "2026-1", 1, 3); err != nil {
		t.Fatal(err)
	}
	res, err := w.client.GetReceipt(t.Context(), &intakev1.GetReceiptRequest{TransferId: "2026-1"})
	if err != nil {
		t.Fatal(err)
	}
	if r := res.GetReceipt(); r.GetWhat() != "accepted" || r.GetUnits() != 2 || r.GetFiles() != 3 || r.GetBytes() != uint64(len("бір"+"екі"+"төрт")) {
		t.Errorf("got %v", r)
	}
	w.whole()
}

// TestFindingsSayWhatTheyMust (practice.md): a refusal leaves no finding behind.
func TestFindingsSayWhatTheyMust(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 5), file(2, 5))
	for _, c := range []struct {
		finding *intakev1.UnitFinding
		who     string
		want    *fault.Definition
	}{
		{&intakev1.UnitFinding{Position: 1, Finding: "lost"}, "", transfer.BadFinding},
		{&intakev1.UnitFinding{Position: 9, Finding: "present"}, "", transfer.NoSuchPosition},
		{&intakev1.UnitFinding{Position: 1, Finding: "present", Leaves: 4}, "", transfer.LeavesSame},
		{&intakev1.UnitFinding{Position: 1, Finding: "leaves_differ", Leaves: 5}, "", transfer.LeavesSame},
		{&intakev1.UnitFinding{Position: 1, Finding: "leaves_differ"}, "", transfer.LeavesSame},
		{&intakev1.UnitFinding{Position: 1, Finding: "damaged", Note: " "}, "", transfer.Unnoted},
		{&intakev1.UnitFinding{Position: 1, Finding: "missing", Explanation: "x", ExplainedOn: "2026-01-01"}, "", transfer.Unexplained},
		{&intakev1.UnitFinding{Position: 1, Finding: "missing", Explanation: "x", ExplainedOn: "2999-01-01"}, "А", transfer.Unexplained},
		{&intakev1.UnitFinding{Position: 1, Finding: "missing", ExplainedOn: "2026-01-01"}, "А", transfer.Unexplained},
	} {
		q := &intakev1.CheckUnitsRequest{CommandId: newID(), TransferId: "2026-1", Findings: []*intakev1.UnitFinding{{Position: 2, Finding: "present"}, c.finding}}
		if c.who != "" {
			q.Explainers = []*intakev1.Explainer{{Position: 1, Name: c.who}}
		}
		if _, err := w.client.CheckUnits(t.Context(), q); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %s", c.finding, err, c.want.Code)
		}
	}
	if got := w.seen("2026-1").GetTransfer().GetUnitsChecked(); got != 0 {
		t.Errorf("%d findings stand", got)
	}
}

// carryIn counts at the door what is carried in.
func (w *world) carryIn(id string, units, boxes uint32) *intakev1.Receipt {
	w.t.Helper()
	res, err := w.client.ReceivePaper(w.t.Context(), &intakev1.ReceivePaperRequest{CommandId: newID(), TransferId: id, Units: units, Boxes: boxes})
	if err != nil {
		w.t.Fatal(err)
	}
	return res.GetReceipt()
}

// TestWhatIsUndescribedIsAcceptedAsTheArchiveCountedIt (practice.md: counted as such): what the giver announced is no count. Without
// one nothing is accepted; what came in two hand-overs is added up; the act says both numbers where they differ.
func TestWhatIsUndescribedIsAcceptedAsTheArchiveCountedIt(t *testing.T) {
	for name, c := range map[string]struct {
		carried []uint32
		want    uint32
		ru, kk  string
	}{
		"fewer":       {[]uint32{7, 3}, 10, "Заявлено: 12 (двенадцать) единиц хранения; сосчитано архивом: 10 (десять) единиц хранения", "Мәлімделген: 12 (он екі) сақтау бірлігі; архив санағаны: 10 (он) сақтау бірлігі"},
		"more":        {[]uint32{14}, 14, "сосчитано архивом: 14 (четырнадцать) единиц хранения", "архив санағаны: 14 (он төрт) сақтау бірлігі"},
		"as was said": {[]uint32{12}, 12, "учитывается как неописанное: 12 (двенадцать) единиц хранения", "сипатталмаған деп есептеледі: 12 (он екі) сақтау бірлігі"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			q := announcement("liquidated")
			q.Undescribed, q.Inventory = &intakev1.Undescribed{Units: 12, Boxes: 2}, nil
			id := w.announce(q, 0)
			w.carryIn(id, 0, 2) // boxes that nobody has opened
			if _, err := w.accept(newID(), id); !errors.Is(err, transfer.NotCounted) {
				t.Fatalf("accepted and not counted: %v", err)
			}
			for _, units := range c.carried {
				w.carryIn(id, units, 0)
			}
			if got := w.seen(id).GetUnitsCounted(); got != c.want {
				t.Errorf("%d were counted", got)
			}
			a, err := w.accept(newID(), id)
			if err != nil || a.GetAccepted() != c.want || a.GetUndescribed() != c.want || a.GetListed() != 12 {
				t.Fatalf("%v %v", a, err)
			}
			w.reads(a.GetAccessionNumber(), "ru", c.ru)
			w.reads(a.GetAccessionNumber(), "kk", c.kk)
			w.whole()
			w.reopen()
			w.whole()
		})
	}
}

// TestAWrongCountIsCorrected (IS-9): before the acceptance a count at the door is put right by a receipt of its own that names the
// wrong one, which stays as it was given and counts no more.
func TestAWrongCountIsCorrected(t *testing.T) {
	w := newWorld(t)
	q := announcement("liquidated")
	q.Undescribed, q.Inventory = &intakev1.Undescribed{Units: 12}, nil
	id := w.announce(q, 0)
	w.carryIn(id, 7, 0)
	first, err := w.client.PrintReceipt(t.Context(), &intakev1.PrintReceiptRequest{TransferId: id, Language: "ru"})
	if err != nil {
		t.Fatal(err)
	}
	wrong := w.carryIn(id, 54, 1)
	count := func(number uint32, units uint32) (*intakev1.Receipt, error) {
		res, err := w.client.ReceivePaper(t.Context(), &intakev1.ReceivePaperRequest{CommandId: newID(), TransferId: id, Units: units, Corrects: number})
		return res.GetReceipt(), err
	}
	right, err := count(wrong.GetNumber(), 45)
	if err != nil || right.GetCorrects() != wrong.GetNumber() || w.seen(id).GetUnitsCounted() != 7+45 {
		t.Fatalf("%v, %v; %d are counted", right, err, w.seen(id).GetUnitsCounted())
	}
	for what, number := range map[string]uint32{"one that was corrected": wrong.GetNumber(), "none": 99} {
		if _, err := count(number, 5); fault.Of(err).Code != "intake.receipt.no_count" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := count(right.GetNumber(), 5); err != nil || w.seen(id).GetUnitsCounted() != 7+5 {
		t.Errorf("the correction was wrong too: %v; %d are counted", err, w.seen(id).GetUnitsCounted())
	}
	if again, err := w.client.PrintReceipt(t.Context(), &intakev1.PrintReceiptRequest{TransferId: id, Number: 1, Language: "ru"}); err != nil || !bytes.Equal(again.GetPdf(), first.GetPdf()) {
		t.Errorf("an earlier receipt has changed: %v", err)
	}
	for language, want := range map[string]string{"ru": "Взамен: расписки № 2 (счёт в ней неверен)", "kk": "Алмастыратыны: № 2 қолхат (санағы қате)"} {
		res, err := w.client.PrintReceipt(t.Context(), &intakev1.PrintReceiptRequest{TransferId: id, Number: right.GetNumber(), Language: language})
		if err != nil {
			t.Fatal(err)
		}
		if said := pdfText(t, res.GetPdf()); !strings.Contains(said, want) {
			t.Errorf("%s: no %q in\n%s", language, want, said)
		}
	}
	if a, err := w.accept(newID(), id); err != nil || a.GetAccepted() != 7+5 {
		t.Errorf("%v, %v", a, err)
	}
	w.whole()
	w.reopen()
	w.whole()
}

// TestBoxesStandOnTheReceipt (IS-9): whoever brings closed boxes has a receipt that counts them, in both languages.
func TestBoxesStandOnTheReceipt(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 5))
	if r := w.carryIn("2026-1", 0, 2); r.GetBoxes() != 2 {
		t.Errorf("the receipt counts %d boxes", r.GetBoxes())
	}
	for language, want := range map[string]string{"ru": "Коробки: 2 (две)", "kk": "Қораптар: 2 (екі)"} {
		res, err := w.client.PrintReceipt(t.Context(), &intakev1.PrintReceiptRequest{TransferId: "2026-1", Language: language})
		if err != nil {
			t.Fatal(err)
		}
		if said := pdfText(t, res.GetPdf()); !strings.Contains(said, want) {
			t.Errorf("%s: no %q in\n%s", language, want, said)
		}
	}
}

// TestUndescribedReceiptsAreCountedUntilTheyAreDescribed (practice.md: what arrives undescribed is
// counted as such in the fonds sheet until an act of description).
func TestUndescribedReceiptsAreCountedUntilTheyAreDescribed(t *testing.T) {
	w := newWorld(t)
	q := announcement("liquidated")
	q.Undescribed = &intakev1.Undescribed{Units: 120, Boxes: 9, Centimetres: 340}
	if _, err := w.client.AnnounceTransfer(t.Context(), q); fault.Of(err).Code != "intake.announce.inventory" {
		t.Errorf("inventory and count together: %v", err)
	}
	q.CommandId, q.Inventory = newID(), nil
	id := w.announce(q, 0)
	w.carryIn(id, 120, 9)
	a, err := w.accept(newID(), id)
	if err != nil || a.GetAccepted() != 120 || a.GetUndescribed() != 120 {
		t.Fatalf("%v %v", a, err)
	}
	w.reads(a.GetAccessionNumber(), "ru", "учитывается как неописанное: 120 (сто двадцать) единиц хранения")
	w.whole()
	describe := &intakev1.DescribeAccessionRequest{
		CommandId: newID(), AccessionNumber: a.GetAccessionNumber(), Files: []*recordv1.File{file(1, 3), file(2, 4, "personal")},
		Inventory: &recordv1.Inventory{Number: "1", Title: &recordv1.Text{Kk: "Істер"}, Kind: "permanent"},
	}
	described, err := w.client.DescribeAccession(t.Context(), describe)
	if err != nil || described.GetAccession().GetAccepted() != 2 || described.GetAccession().GetUndescribed() != 0 {
		t.Fatalf("%v %v", described, err)
	}
	describe.CommandId = newID()
	if _, err := w.client.DescribeAccession(t.Context(), describe); fault.Of(err).Code != "intake.describe.none" {
		t.Errorf("twice: %v", err)
	}
	book, err := w.client.ListAccessions(t.Context(), &intakev1.ListAccessionsRequest{Year: uint32(w.s.host.Store().Now().Year())})
	if err != nil || book.GetTotalUnits() != 2 {
		t.Errorf("the book counts %d units (%v)", book.GetTotalUnits(), err)
	}
	w.whole()
}

// TestBoxesQuarantineAndLabels (practice.md: then quarantine, boxes, labels, a place).
func TestBoxesQuarantineAndLabels(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 5), file(2, 5), file(3, 5))
	a, err := w.acceptPaper("2026-1", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	n := a.GetAccessionNumber()
	store := func(boxes ...*intakev1.Box) (*intakev1.StoreBoxesResponse, error) {
		return w.client.StoreBoxes(t.Context(), &intakev1.StoreBoxesRequest{CommandId: newID(), AccessionNumber: n, Boxes: boxes})
	}
	for name, boxes := range map[string][]*intakev1.Box{
		"no number":  {{First: 1, Last: 1}},
		"backwards":  {{Number: 1, First: 2, Last: 1}},
		"overlap":    {{Number: 1, First: 1, Last: 2}, {Number: 2, First: 2, Last: 2}},
		"long place": {{Number: 1, First: 1, Last: 1, Room: strings.Repeat("х", 41)}},
	} {
		if _, err := store(boxes...); fault.Of(err).Code != "intake.box" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, b := range []*intakev1.Box{{Number: 1, First: 3, Last: 3}, {Number: 1, First: 1, Last: 60}} {
		if _, err := store(b); err == nil || fault.Of(err).Code != "intake.box.unit" {
			t.Errorf("%d–%d of two units: %v", b.GetFirst(), b.GetLast(), err)
		}
	}
	if _, err := w.client.GetLabels(t.Context(), &intakev1.GetLabelsRequest{AccessionNumber: n, Language: "ru"}); fault.Of(err).Code != "intake.label.no_code" {
		t.Errorf("labels without boxes: %v", err)
	}
	res, err := store(&intakev1.Box{Number: 1, First: 1, Last: 1, Room: "2", Rack: "14", Shelf: "3"}, &intakev1.Box{Number: 2, First: 2, Last: 2})
	if err != nil || len(res.GetBoxes()) != 2 {
		t.Fatalf("%v %v", res, err)
	}
	if res, err := store(&intakev1.Box{Number: 2}, &intakev1.Box{Number: 1, First: 1, Last: 2, Room: "2", Rack: "14", Shelf: "3"}); err != nil || len(res.GetBoxes()) != 1 {
		t.Errorf("a box taken away: %v %v", res, err)
	}
	w.placed(n, "7", "1", 40)
	labels, err := w.client.GetLabels(t.Context(), &intakev1.GetLabelsRequest{AccessionNumber: n, Language: "ru"})
	if err != nil {
		t.Fatal(err)
	}
	if text := pdfText(t, labels.GetPdf()); !strings.Contains(text, "Ф. 7. Оп. 1. Д. 41–42") || !strings.Contains(text, "хранилище 2, стеллаж 14, полка 3") {
		t.Errorf("%s", text)
	}
	begin := func() error {
		_, err := w.client.BeginQuarantine(t.Context(), &intakev1.BeginQuarantineRequest{CommandId: newID(), AccessionNumber: n, Reason: "плесень", Place: "изолятор"})
		return err
	}
	end := func(result string) error {
		_, err := w.client.EndQuarantine(t.Context(), &intakev1.EndQuarantineRequest{CommandId: newID(), AccessionNumber: n, Result: result})
		return err
	}
	for i, c := range []struct {
		err  error
		want string
	}{{end("clean"), "intake.quarantine.state"}, {begin(), ""}, {begin(), "intake.quarantine.state"}, {end("burnt"), "intake.quarantine.fields"}, {end("treated"), ""}, {begin(), ""}} {
		if got := fault.Of(c.err); (got == nil) != (c.want == "") || (got != nil && got.Code != c.want) {
			t.Errorf("step %d: %v, want %q", i, c.err, c.want)
		}
	}
	w.whole()
}

// TestAudiovisualUnitsHaveNoLeaves: their finding says that they are there.
func TestAudiovisualUnitsHaveNoLeaves(t *testing.T) {
	w := newWorld(t)
	q := announcement("purchase")
	q.Form = "audiovisual"
	res, err := w.client.AnnounceTransfer(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	id := res.GetTransfer().GetTransferId()
	for _, err := range []error{
		second(w.client.ListRows(t.Context(), &intakev1.ListRowsRequest{CommandId: newID(), TransferId: id, Files: []*recordv1.File{file(1, 0)}})),
		second(w.client.SealInventory(t.Context(), &intakev1.SealInventoryRequest{CommandId: newID(), TransferId: id, Rows: 1})),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.check(id, &intakev1.UnitFinding{Position: 1, Finding: "present"})
	a, err := w.accept(newID(), id)
	if err != nil || a.GetAccepted() != 1 {
		t.Fatalf("%v %v", a, err)
	}
	w.reads(a.GetAccessionNumber(), "ru", "Вид передачи: покупка", "договор № 5 от 01.02.2025", "протокол ЭПК от 15.01.2025 № 12")
	w.whole()
}

// TestNothingIsAcceptedWhereEveryUnitIsMissing: naming no positions must not turn into all of them.
func TestNothingIsAcceptedWhereEveryUnitIsMissing(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 5), file(2, 5))
	w.check("2026-1", &intakev1.UnitFinding{Position: 1, Finding: "missing", Explanation: "нет", ExplainedOn: "2026-01-02"})
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "damaged"}); err != nil {
		t.Fatal(err)
	}
	if a, err := w.accept(newID(), "2026-1"); !errors.Is(err, transfer.NothingLeft) {
		t.Errorf("%v %v", a, err)
	}
	w.whole()
}
