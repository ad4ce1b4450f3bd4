package intake

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
)

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
