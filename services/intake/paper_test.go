package intake

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/platform/fault"
)

func mayAccept(t *intakev1.Transfer) error { return store.MayAccept(t) }

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
