package intake

import (
	"fmt"
	"math/rand/v2"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
)

// rowModel is what must be true of a transfer's rows: a plain map beside the store.
type rowModel struct {
	findings map[uint32]string
	returns  map[uint32]string
	content  map[uint32]string // text of the row's file; missing where none came
	receipts uint32
	lost     int // acceptances that were taken back
}

func (m *rowModel) open() (n uint32) {
	for _, state := range m.returns {
		if state == "returned" {
			n++
		}
	}
	return n
}

// TestAnyOrderOfWorkOnRowsLeavesAWholeTransfer runs random findings, returns, answers, uploads and
// acceptances that are taken back beside the model, opens the service again in between, and accepts at the end what the model says.
func TestAnyOrderOfWorkOnRowsLeavesAWholeTransfer(t *testing.T) {
	lost := 0
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w, r := newWorld(t), rand.New(rand.NewPCG(seed, 7))
			const rows = 4
			var files []*recordv1.File
			for p := range uint32(rows) {
				files = append(files, file(p+1, 5))
			}
			w.expect("2026-1", files...)
			m := &rowModel{findings: map[uint32]string{}, returns: map[uint32]string{}, content: map[uint32]string{}}
			for step := range 24 {
				w.step(m, r, uint32(r.IntN(rows))+1, step)
				if step%8 == 7 {
					w.reopen()
				}
			}
			w.agrees(m, rows)
			w.ends(m, rows)
			w.whole()
			lost += m.lost
		})
	}
	if lost == 0 {
		t.Error("no acceptance was ever taken back")
	}
}

// step does one random thing to a row, and says in the model what must follow.
func (w *world) step(m *rowModel, r *rand.Rand, p uint32, step int) {
	w.t.Helper()
	switch r.IntN(5) {
	case 0:
		f := []*intakev1.UnitFinding{
			{Position: p, Finding: "present"},
			{Position: p, Finding: "damaged", Note: fmt.Sprint("шаг ", step)},
			{Position: p, Finding: "missing", Explanation: "нет", ExplainedOn: "2026-01-02"},
		}[r.IntN(3)]
		w.check("2026-1", f)
		m.findings[p] = f.GetFinding()
	case 1:
		_, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: p, Reason: "format"})
		if (err != nil) != (m.returns[p] == "returned") {
			w.t.Fatalf("step %d, return %d (%s): %v", step, p, m.returns[p], err)
		}
		if err == nil {
			m.returns[p] = "returned"
			m.receipts++
		}
	case 2:
		_, err := w.client.AnswerRow(w.t.Context(), &intakev1.AnswerRowRequest{CommandId: newID(), TransferId: "2026-1", Position: p, Text: "ответ"})
		if (err == nil) != (m.returns[p] == "returned") {
			w.t.Fatalf("step %d, answer %d (%s): %v", step, p, m.returns[p], err)
		}
		if err == nil {
			m.returns[p] = "answered"
		}
	case 3:
		w.upload(m, p, step)
	case 4:
		w.lose(m)
	}
}

// upload sends a package with one row's file: it replaces everything, or, where rows are returned,
// that row alone.
func (w *world) upload(m *rowModel, p uint32, step int) {
	w.t.Helper()
	text := fmt.Sprint("step ", step, "\n")
	res, err := w.send(newID(), "2026-1", bag(w.t, map[string]string{fmt.Sprintf("%d/a.txt", p): text}))
	if err != nil {
		w.t.Fatal(err)
	}
	partial := m.open() > 0
	if wanted := !partial || m.returns[p] == "returned"; res.GetTaken() != wanted {
		w.t.Fatalf("step %d, upload for %d: %v", step, p, res)
	}
	if !res.GetTaken() {
		return
	}
	m.receipts++
	if !partial {
		clear(m.content)
	} else {
		m.returns[p] = "redone"
	}
	m.content[p] = text
}

// lose begins an acceptance, where one may begin, and loses what stands in staging: it is taken back
// with all that came, and with what was returned, for everything is sent again.
func (w *world) lose(m *rowModel) {
	w.t.Helper()
	wanted := false // of what is left out no byte is needed
	for p := range m.content {
		wanted = wanted || m.findings[p] != "missing" && m.returns[p] != "returned"
	}
	if !wanted {
		return
	}
	foreseen, _, _ := refusal(w.try("2026-1"))
	w.s.plans.After = func(accept.Step) error { return errKilled }
	_, refused := w.accept(newID(), "2026-1")
	w.s.plans.After = nil
	begun := w.seen("2026-1").GetTransfer().GetState() == "accepting"
	if begun != (foreseen == "") {
		w.t.Errorf("begun: %t (%v); the trial said %q", begun, refused, foreseen)
	}
	if !begun {
		return
	}
	for _, id := range w.staged() {
		if err := w.s.plans.Staging.Remove(id); err != nil {
			w.t.Fatal(err)
		}
	}
	w.reopen()
	if err := w.s.plans.Resume(w.t.Context()); err == nil {
		w.t.Fatal("not taken back: ", refused)
	}
	clear(m.content)
	m.lost++
	for p, state := range m.returns {
		if state == "returned" {
			m.returns[p] = "redone"
		}
	}
}

// agrees compares the store with the model.
func (w *world) agrees(m *rowModel, rows int) {
	w.t.Helper()
	tr := w.seen("2026-1")
	if t := tr.GetTransfer(); t.GetReturned() != m.open() || t.GetUnitsChecked() != uint32(len(m.findings)) || t.GetReceipts() != m.receipts ||
		t.GetPackageFiles() != uint32(len(m.content)) || (t.GetState() == "returned") != (m.open() > 0) {
		w.t.Errorf("%v; the model: %+v", t, m)
	}
	work, err := w.client.ListRowWork(w.t.Context(), &intakev1.ListRowWorkRequest{TransferId: "2026-1"})
	if err != nil || len(work.GetRows()) != rows {
		w.t.Fatalf("%v %v", work, err)
	}
	for _, row := range work.GetRows() {
		p := row.GetFile().GetPosition()
		if row.GetFinding().GetFinding() != m.findings[p] || row.GetReturnState() != m.returns[p] {
			w.t.Errorf("row %d is %s and %s; the model: %s and %s", p, row.GetFinding().GetFinding(), row.GetReturnState(), m.findings[p], m.returns[p])
		}
	}
}

// ends checks what was not checked and accepts: all that is neither missing nor returned, with the
// content that the model holds.
func (w *world) ends(m *rowModel, rows int) {
	w.t.Helper()
	want := uint32(0)
	for p := uint32(1); p <= uint32(rows); p++ {
		if m.findings[p] == "" {
			w.check("2026-1", &intakev1.UnitFinding{Position: p, Finding: "present"})
		}
		if m.findings[p] != "missing" && m.returns[p] != "returned" {
			want++
		}
	}
	_, a := w.foretold("2026-1")
	if want == 0 {
		if a != nil {
			w.t.Errorf("nothing is left and it was accepted: %v", a)
		}
		return
	}
	if a.GetAccepted() != want {
		w.t.Fatalf("accepted %d, want %d", a.GetAccepted(), want)
	}
	for p, text := range m.content {
		if m.findings[p] == "missing" || m.returns[p] == "returned" {
			continue
		}
		if got, err := w.content(a.GetObjectId(), fmt.Sprintf("data/%d/a.txt", p)); err != nil || got != text {
			w.t.Errorf("row %d: %q, want %q (%v)", p, got, text, err)
		}
	}
}
