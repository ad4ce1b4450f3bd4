package intake

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
)

func (w *world) giveBack(id string, rows ...*intakev1.ReturnedRow) (*intakev1.ReturnRowsResponse, error) {
	return w.client.ReturnRows(w.t.Context(), &intakev1.ReturnRowsRequest{CommandId: newID(), TransferId: id, Rows: rows})
}

// TestTheReceiptOfAReturnListsItsRows, in the order of the inventory and as many as a person reads; what an earlier program returned has
// a receipt without them, which prints as it did.
func TestTheReceiptOfAReturnListsItsRows(t *testing.T) {
	w := newWorld(t)
	var files []*recordv1.File
	for p := range uint32(200) {
		files = append(files, file(p+1, 2))
	}
	w.expect("2026-1", files...)
	unread := func(positions ...uint32) (rows []*intakev1.ReturnedRow) {
		for _, p := range positions {
			rows = append(rows, &intakev1.ReturnedRow{Position: p, Reason: "damaged"})
		}
		return rows
	}
	var every []uint32
	for p := uint32(21); p <= 200; p += 2 {
		every = append(every, p)
	}
	if res, err := w.giveBack("2026-1", unread(9, 3, 8, 7)...); err != nil || !slices.Equal(res.GetReceipt().GetPositions(), []uint32{3, 7, 8, 9}) {
		t.Fatalf("%v %v", res, err)
	}
	w.wrote("none", &intakev1.RowsReturned{TransferId: "2026-1", Rows: unread(12)})
	if _, err := w.giveBack("2026-1", unread(every...)...); err != nil {
		t.Fatal(err)
	}
	for number, want := range map[uint32]map[string]string{
		1: {"ru": "Номера по описи: 3, 7–9", "kk": "Тізімдемедегі нөмірлері: 3, 7–9"},
		3: {"ru": "и ещё 40", "kk": "және тағы 40"},
	} {
		for language, text := range want {
			res, err := w.client.PrintReceipt(t.Context(), &intakev1.PrintReceiptRequest{TransferId: "2026-1", Number: number, Language: language})
			if err != nil {
				t.Fatal(err)
			}
			if said := pdfText(t, res.GetPdf()); !strings.Contains(said, text) {
				t.Errorf("receipt %d: no %q in %s", number, text, said)
			}
		}
	}
	old, err := w.client.PrintReceipt(t.Context(), &intakev1.PrintReceiptRequest{TransferId: "2026-1", Number: 2, Language: "ru"})
	if err != nil || strings.Contains(pdfText(t, old.GetPdf()), "Номера по описи") {
		t.Errorf("a receipt of before has changed: %v", err)
	}
	w.whole()
}

// TestOnlyReturnedRowsAreRedone: two rows of a checked package are returned; one is sent anew, one is
// answered; what stood for the third is the same byte for byte, in the same object (IS-9).
func TestOnlyReturnedRowsAreRedone(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0), file(2, 0), file(3, 0))
	first := map[string]string{"0001/a.txt": "first\n", "0002/b.txt": "second\n", "0003/c.txt": "third\n"}
	if res, err := w.send(newID(), "2026-1", bag(t, first)); err != nil || !res.GetTaken() {
		t.Fatalf("%v %v", res, err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "ugly"}); fault.Of(err).Code != "intake.return.reason" {
		t.Errorf("no reason: %v", err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "other", Comment: " "}); fault.Of(err).Code != "intake.row.text" {
		t.Errorf("another reason that nobody explains: %v", err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 7, Reason: "format"}); !errors.Is(err, transfer.NoSuchPosition) {
		t.Errorf("no row: %v", err)
	}
	res, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "unreadable", Comment: "не открывается"}, &intakev1.ReturnedRow{Position: 3, Reason: "incomplete"})
	if err != nil || res.GetTransfer().GetState() != "returned" || res.GetTransfer().GetReturned() != 2 || res.GetReceipt().GetDirection() != "out" || res.GetReceipt().GetNumber() != 2 {
		t.Fatalf("%v %v", res, err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "format"}); fault.Of(err).Code != "intake.row.returned" {
		t.Errorf("twice: %v", err)
	}
	if _, err := w.accept(newID(), "2026-1", 1, 2); !errors.Is(err, transfer.StillReturned) {
		t.Errorf("a returned row: %v", err)
	}
	w.as(clerk("bilim"))
	for name, c := range map[string]struct {
		payload map[string]string
		want    string
	}{
		"another row": {map[string]string{"0001/a.txt": "other\n"}, "data/0001/a.txt intake.package.not_returned"},
		"both":        {map[string]string{"0001/a.txt": "other\n", "0002/b.txt": "x\n"}, "data/0001/a.txt intake.package.not_returned"},
	} {
		refused, err := w.send(newID(), "2026-1", bag(t, c.payload))
		if err != nil || refused.GetTaken() || faultCodes(refused.GetFaults()) != c.want {
			t.Errorf("%s: %v %v", name, refused, err)
		}
	}
	redone, err := w.send(newID(), "2026-1", bag(t, map[string]string{"0002/b.txt": "second, mended\n", "0002/b2.txt": "more\n"}))
	if err != nil || !redone.GetTaken() || len(redone.GetWarnings()) != 0 {
		t.Fatalf("%v %v", redone, err)
	}
	if got := w.seen("2026-1").GetTransfer(); got.GetState() != "returned" || got.GetReturned() != 1 || got.GetPackageFiles() != 4 {
		t.Errorf("%v", got)
	}
	w.whole()
	w.reopen() // both packages stand after a death
	answer := &intakev1.AnswerRowRequest{CommandId: newID(), TransferId: "2026-1", Position: 3, Text: "полный, листа 7 не было"}
	if res, err := w.client.AnswerRow(t.Context(), answer); err != nil || res.GetTransfer().GetState() != "checked" || res.GetTransfer().GetReturned() != 0 {
		t.Fatalf("%v %v", res, err)
	}
	answer.CommandId, answer.Position = newID(), 1
	if _, err := w.client.AnswerRow(t.Context(), answer); fault.Of(err).Code != "intake.row.not_returned" {
		t.Errorf("an answer to nothing: %v", err)
	}
	w.as(archivist)
	if _, err := w.client.CommentRow(t.Context(), &intakev1.CommentRowRequest{CommandId: newID(), TransferId: "2026-1", Position: 3, Text: "принято"}); err != nil {
		t.Error(err)
	}
	w.dialogue()
	a, err := w.accept(newID(), "2026-1")
	if err != nil || a.GetAccepted() != 3 {
		t.Fatalf("%v %v", a, err)
	}
	for path, want := range map[string]string{"data/0001/a.txt": "first\n", "data/0002/b.txt": "second, mended\n", "data/0002/b2.txt": "more\n", "data/0003/c.txt": "third\n"} {
		if got, err := w.content(a.GetObjectId(), path); err != nil || got != want {
			t.Errorf("%s: %q %v", path, got, err)
		}
	}
	if got := w.staged(); len(got) != 0 {
		t.Errorf("staging holds %v", got)
	}
	w.reads(a.GetAccessionNumber(), "ru", "и ещё пакетов – 1, файлов – 4,")
	w.reads(a.GetAccessionNumber(), "kk", "пакеті мен тағы 1 пакет, 4 файл,")
	w.whole()
}

// TestTheActNamesThePackageOfWhatIsAccepted: a row that was sent anew and is left out brings no package to the act.
func TestTheActNamesThePackageOfWhatIsAccepted(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0), file(2, 0))
	first := newID()
	if _, err := w.send(first, "2026-1", bag(t, map[string]string{"1/a": "a", "2/b": "b"})); err != nil {
		t.Fatal(err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "format"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.send(newID(), "2026-1", bag(t, map[string]string{"2/b": "c"})); err != nil {
		t.Fatal(err)
	}
	a, err := w.accept(newID(), "2026-1", 1)
	if err != nil {
		t.Fatal(err)
	}
	w.reads(a.GetAccessionNumber(), "ru", "пакет «"+first+"», файлов – 1,")
	w.whole()
}

// dialogue wants the remarks of both sides about the rows, and receipts of both directions.
func (w *world) dialogue() {
	w.t.Helper()
	work, err := w.client.ListRowWork(w.t.Context(), &intakev1.ListRowWorkRequest{TransferId: "2026-1", After: 1})
	if err != nil || len(work.GetRows()) != 2 {
		w.t.Fatalf("%v %v", work, err)
	}
	second, third := work.GetRows()[0], work.GetRows()[1]
	if second.GetReturnState() != "redone" || second.GetReturned().GetReason() != "unreadable" || len(second.GetRemarks()) != 1 || second.GetRemarks()[0].GetSide() != "archive" {
		w.t.Errorf("%v", second)
	}
	if third.GetReturnState() != "answered" || len(third.GetRemarks()) != 2 || third.GetRemarks()[0].GetSide() != "department" || third.GetRemarks()[1].GetSide() != "archive" {
		w.t.Errorf("%v", third)
	}
	var got []string
	for n := uint32(1); n <= 3; n++ {
		res, err := w.client.GetReceipt(w.t.Context(), &intakev1.GetReceiptRequest{TransferId: "2026-1", Number: n})
		if err != nil || res.GetReceipt().GetDigest() == "" || res.GetReceipt().GetAt() == "" {
			w.t.Errorf("receipt %d: %v %v", n, res, err)
		}
		got = append(got, res.GetReceipt().GetDirection()+" "+res.GetReceipt().GetWhat())
	}
	if want := []string{"in package", "out returned", "in redone"}; !slices.Equal(got, want) {
		w.t.Errorf("%v, want %v", got, want)
	}
	if _, err := w.client.GetReceipt(w.t.Context(), &intakev1.GetReceiptRequest{TransferId: "2026-1", Number: 4}); fault.Of(err).Code != "intake.receipt.unknown" {
		w.t.Errorf("a fourth: %v", err)
	}
}

// TestWhatIsNotRedoneIsLeftOut: an acceptance without the returned rows is an acceptance in part, and
// the act says why.
func TestWhatIsNotRedoneIsLeftOut(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3), file(2, 3))
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "wrong_description"}); err != nil {
		t.Fatal(err)
	}
	w.present("2026-1", 1)
	a, err := w.accept(newID(), "2026-1")
	if err != nil || a.GetAccepted() != 1 || a.GetListed() != 2 {
		t.Fatalf("%v %v", a, err)
	}
	w.reads(a.GetAccessionNumber(), "ru", "оп. 1, д. 2 – возвращено на исправление")
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 1, Reason: "format"}); !errors.Is(err, transfer.AlreadyAccepted) {
		t.Errorf("after the acceptance: %v", err)
	}
	w.whole()
}

// TestFaultsOfRowsThatWereNotReturnedAreInOrder: whoever mends them goes through his folders.
func TestFaultsOfRowsThatWereNotReturnedAreInOrder(t *testing.T) {
	w := newWorld(t)
	var files []*recordv1.File
	payload, want := map[string]string{}, []string(nil)
	for p := uint32(1); p <= 9; p++ {
		files = append(files, file(p, 1))
		payload[fmt.Sprintf("%d/a", p)] = fmt.Sprint("text ", p)
		if p < 9 {
			want = append(want, fmt.Sprintf("data/%d/a intake.package.not_returned", p))
		}
	}
	w.expect("2026-1", files...)
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 9, Reason: "format"}); err != nil {
		t.Fatal(err)
	}
	res, err := w.send(newID(), "2026-1", bag(t, payload))
	if err != nil || faultCodes(res.GetFaults()) != strings.Join(want, "; ") {
		t.Error(res, err)
	}
}

// TestReturnedRowsComeFileByFile: FinishPackage replaces the returned rows alone, the server being
// killed between the pieces, and refuses a package of others whole.
func TestReturnedRowsComeFileByFile(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0), file(2, 0))
	first := w.sendInPieces("2026-1", "bare", map[string]string{"data/1/a": "first", "data/2/b": "second"}, false)
	if res, err := w.finish(first, "2026-1"); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: 2, Reason: "unreadable"}); err != nil {
		t.Fatal(err)
	}
	w.as(clerk("bilim"))
	if res, err := w.finish(w.sendInPieces("2026-1", "bare", map[string]string{"data/1/a": "other"}, false), "2026-1"); err != nil || res.GetTaken() ||
		faultCodes(res.GetFaults()) != "data/1/a intake.package.not_returned" {
		t.Fatal(res, err)
	}
	if got := w.staged(); !slices.Equal(got, []string{first}) {
		t.Errorf("staging holds %v", got)
	}
	redone := map[string]string{"data/0002/b": "second, mended", "data/0002/more": "more"}
	second := w.sendInPieces("2026-1", "bare", redone, true)
	res, err := w.finish(second, "2026-1")
	if err != nil || !res.GetTaken() || res.GetFiles() != 2 || len(res.GetWarnings()) != 0 {
		t.Fatal(res, err)
	}
	w.reopen()
	again, err := w.finish(second, "2026-1")
	if err != nil || !proto.Equal(again, res) {
		t.Errorf("the same command: %v %v", again, err)
	}
	if got := w.seen("2026-1").GetTransfer(); got.GetState() != "checked" || got.GetReturned() != 0 || got.GetPackageFiles() != 3 || got.GetPackageId() != second {
		t.Error(got)
	}
	if got := w.staged(); !slices.Equal(got, []string{first, second}) {
		t.Errorf("staging holds %v", got)
	}
	w.as(archivist)
	a, err := w.accept(newID(), "2026-1")
	if err != nil || a.GetAccepted() != 2 {
		t.Fatal(a, err)
	}
	for path, want := range map[string]string{"data/1/a": "first", "data/0002/b": "second, mended", "data/0002/more": "more"} {
		if got, err := w.content(a.GetObjectId(), path); err != nil || got != want {
			t.Errorf("%s: %q %v", path, got, err)
		}
	}
	if got, err := w.content(a.GetObjectId(), "data/2/b"); err == nil {
		t.Errorf("what was replaced is in the object: %q", got)
	}
	if got := w.staged(); len(got) != 0 {
		t.Errorf("staging holds %v", got)
	}
	w.whole()
}

// TestWarningsOfOtherRowsOutliveARedoneOne: whoever decides on the acceptance must know what is broken
// in the rows that were not returned; of what was replaced nothing is said.
func TestWarningsOfOtherRowsOutliveARedoneOne(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 0), file(2, 0), file(3, 4), file(4, 4))
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a.pdf": "%PDF-1.4 cut off", "2/b.pdf": "%PDF-1.4 cut too"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	warned := func(when string, want ...string) {
		t.Helper()
		got := strings.Split(faultCodes(w.seen("2026-1").GetTransfer().GetWarnings()), "; ")
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	redo := func(position uint32, path, text string) {
		t.Helper()
		if _, err := w.giveBack("2026-1", &intakev1.ReturnedRow{Position: position, Reason: "unreadable"}); err != nil {
			t.Fatal(err)
		}
		if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{path: text})); err != nil || !res.GetTaken() {
			t.Fatal(res, err)
		}
	}
	const third, fourth = "3 intake.package.on_paper", "4 intake.package.on_paper"
	warned("sent", third, fourth, "data/1/a.pdf examine.pdf", "data/2/b.pdf examine.pdf")
	redo(2, "2/new.pdf", "%PDF-1.4 still cut off")
	warned("one redone", third, fourth, "data/1/a.pdf examine.pdf", "data/2/new.pdf examine.pdf")
	redo(3, "3/text.txt", "text")
	warned("one that was on paper", fourth, "data/1/a.pdf examine.pdf", "data/2/new.pdf examine.pdf")
	if res, err := w.send(newID(), "2026-1", bag(t, map[string]string{"1/a.txt": "text", "2/b.txt": "text"})); err != nil || !res.GetTaken() {
		t.Fatal(res, err)
	}
	warned("all anew", third, fourth)
	w.whole()
}
