package intake

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	base "github.com/qoyma/qoyma/services/platform/store"
)

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

// TestOfWhatComesAsFilesNothingElseIsFound: where the form says so no finding stands for files that did not come, also where it was
// recorded before the form was named, or by an earlier program.
func TestOfWhatComesAsFilesNothingElseIsFound(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3), file(2, 3), file(3, 0))
	w.present("2026-1", 2)
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

// TestWhatDidNotComeAsFilesIsNotFoundPresent (AR-5): of what comes as files only a unit without any can be missing and nothing else. Of a
// unit whose files came anything can be found, and what stands already is sent again without effect.
func TestWhatDidNotComeAsFilesIsNotFoundPresent(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3), file(2, 3), file(3, 3), file(11, 3))
	w.present("2026-1", 3)
	w.form("2026-1", "digital")
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"0001/a": "a", "11/b": "b"})); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*intakev1.UnitFinding{
		{Position: 2, Finding: "present"},
		{Position: 2, Finding: "damaged", Note: "плесень"},
		{Position: 2, Finding: "leaves_differ", Leaves: 2},
		{Position: 3, Finding: "damaged", Note: "плесень"},
	} {
		q := &intakev1.CheckUnitsRequest{CommandId: newID(), TransferId: "2026-1", Findings: []*intakev1.UnitFinding{{Position: 1, Finding: "present"}, f}}
		if _, err := w.client.CheckUnits(t.Context(), q); !errors.Is(err, transfer.NothingToFind) || fault.Of(err).Args["position"] != fmt.Sprint(f.GetPosition()) {
			t.Errorf("%v: %v", f, err)
		}
	}
	if got := w.seen("2026-1").GetTransfer().GetUnitsChecked(); got != 1 {
		t.Errorf("%d findings stand", got)
	}
	before := w.s.host.Store().Head().Seq
	w.present("2026-1", 3)
	if w.s.host.Store().Head().Seq != before {
		t.Error("what stood already was written again")
	}
	w.check("2026-1", &intakev1.UnitFinding{Position: 1, Finding: "present"}, &intakev1.UnitFinding{Position: 11, Finding: "damaged", Note: "не читается"},
		&intakev1.UnitFinding{Position: 2, Finding: "missing", Explanation: "утрачено", ExplainedOn: "2026-02-01"},
		&intakev1.UnitFinding{Position: 3, Finding: "missing", Explanation: "утрачено", ExplainedOn: "2026-02-01"})
	a, err := w.accept(newID(), "2026-1")
	if err != nil || a.GetAccepted() != 2 {
		t.Fatalf("%v, %v", a, err)
	}
	w.reads(a.GetAccessionNumber(), "ru", "оп. 1, д. 2–3 – отсутствует", "оп. 1, д. 11 – повреждено: не читается")
	w.whole()
	w.reopen()
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
