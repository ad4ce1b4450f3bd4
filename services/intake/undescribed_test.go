package intake

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/react"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// undescribed is an accession of so many units that were counted, in nine boxes.
func (w *world) undescribed(units uint32) string {
	w.t.Helper()
	q := announcement("liquidated")
	q.Undescribed, q.Inventory = &intakev1.Undescribed{Units: units, Boxes: 9}, nil
	a, err := w.accept(newID(), w.announce(q, 0))
	if err != nil || a.GetUndescribed() != units {
		w.t.Fatal(a, err)
	}
	return a.GetAccessionNumber()
}

// describing is an act of description of two units.
func describing(number string) *intakev1.DescribeAccessionRequest {
	return &intakev1.DescribeAccessionRequest{
		CommandId: newID(), AccessionNumber: number, Files: []*recordv1.File{file(1, 3), file(2, 4, "personal")},
		Inventory: &recordv1.Inventory{Number: "1", Title: &recordv1.Text{Kk: "Істер", Ru: "Дела"}, Kind: "permanent", YearFrom: 1995, YearTo: 2001},
	}
}

func (w *world) work(number string) *intakev1.GetAccessionWorkResponse {
	w.t.Helper()
	res, err := w.client.GetAccessionWork(w.t.Context(), &intakev1.GetAccessionWorkRequest{AccessionNumber: number})
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

// labels are the words of an accession's labels.
func (w *world) labels(number, language string) string {
	w.t.Helper()
	res, err := w.client.GetLabels(w.t.Context(), &intakev1.GetLabelsRequest{AccessionNumber: number, Language: language})
	if err != nil {
		w.t.Fatal(err)
	}
	return pdfText(w.t, res.GetPdf())
}

func (w *world) store(number string, boxes ...*intakev1.Box) error {
	_, err := w.client.StoreBoxes(w.t.Context(), &intakev1.StoreBoxesRequest{CommandId: newID(), AccessionNumber: number, Boxes: boxes})
	return err
}

// TestBoxesOfAnUndescribedAccession: storage places are given at acceptance (practice.md, "then quarantine, boxes, labels, a place"),
// also to what has no inventory yet; they stay when it is described, and each box gets its units then.
func TestBoxesOfAnUndescribedAccession(t *testing.T) {
	w := newWorld(t)
	n := w.undescribed(120)
	first := &intakev1.Box{Number: 1, Room: "2", Rack: "14", Shelf: "3"}
	for name, c := range map[string]struct {
		box  *intakev1.Box
		code string
	}{
		"with units":     {&intakev1.Box{Number: 1, First: 1, Last: 2, Room: "2"}, "intake.box.undescribed"},
		"with a last":    {&intakev1.Box{Number: 1, Last: 2, Room: "2"}, "intake.box.undescribed"},
		"nowhere":        {&intakev1.Box{Number: 1}, "intake.box.place"},
		"no number":      {&intakev1.Box{Room: "2"}, "intake.box"},
		"a long rack":    {&intakev1.Box{Number: 1, Rack: strings.Repeat("х", 41)}, "intake.box"},
		"a large number": {&intakev1.Box{Number: 1 << 30, Room: "2"}, "intake.box"},
	} {
		if err := w.store(n, c.box); fault.Of(err) == nil || fault.Of(err).Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if err := w.store(n, first, &intakev1.Box{Number: 2, Room: "2"}); err != nil {
		t.Fatal(err)
	}
	open := w.work(n)
	if len(open.GetBoxes()) != 2 || open.GetBoxesCounted() != 9 || !slices.Equal(open.GetOpen(), []string{"giver", "archive"}) {
		t.Errorf("%v", open)
	}
	if text := w.labels(n, "ru"); strings.Count(text, "Содержимое ещё не описано") != 2 || !strings.Contains(text, "Поступление № "+n) ||
		!strings.Contains(text, "хранилище 2, стеллаж 14, полка 3") || strings.Contains(text, "Ф. ") {
		t.Errorf("%s", text)
	}
	if err := w.told("catalogue", react.Catalogue(), &cataloguev1.UndescribedReceived{Fonds: "7", AccessionNumber: n, Units: 120}, nil); err != nil {
		t.Fatal(err)
	}
	if text := w.labels(n, "kk"); strings.Count(text, "Ішіндегі құжаттар әлі сипатталмаған") != 2 || !strings.Contains(text, "№ "+n+" түсім") || !strings.Contains(text, "Қ. 7") {
		t.Errorf("%s", text)
	}
	w.whole()

	if _, err := w.client.DescribeAccession(t.Context(), describing(n)); err != nil {
		t.Fatal(err)
	}
	if boxes := w.work(n).GetBoxes(); len(boxes) != 2 || !proto.Equal(boxes[0], first) {
		t.Errorf("after the act of description: %v", boxes)
	}
	if _, err := w.client.GetLabels(t.Context(), &intakev1.GetLabelsRequest{AccessionNumber: n, Language: "ru"}); fault.Of(err).Code != "intake.label.no_code" {
		t.Errorf("labels before the catalogue has given codes: %v", err)
	}
	w.placed(n, "7", "1", 40)
	first.First, first.Last = 1, 2
	if err := w.store(n, first); err != nil {
		t.Fatal(err)
	}
	if err := w.store(n, &intakev1.Box{Number: 2, First: 2, Last: 2, Room: "2"}); fault.Of(err).Code != "intake.box" {
		t.Errorf("a unit in two boxes: %v", err)
	}
	if text := w.labels(n, "ru"); !strings.Contains(text, "Ф. 7. Оп. 1. Д. 41–42") || strings.Count(text, "Дела коробки ещё не указаны") != 1 || strings.Contains(text, "не описано") {
		t.Errorf("%s", text)
	}
	if err := w.store(n, &intakev1.Box{Number: 2}); err != nil || len(w.work(n).GetBoxes()) != 1 {
		t.Errorf("a box taken away: %v", err)
	}
	w.whole()
}

// wrote writes an event past every rule, as an earlier program or a defect would have.
func (w *world) wrote(number string, body proto.Message) {
	w.t.Helper()
	_, err := w.s.host.Store().Do(w.t.Context(), base.Command{ID: uuid.New(), Name: "test", Actor: "service:intake", Decide: func(*base.View, time.Time) ([]base.Event, error) {
		return []base.Event{{Refs: []journal.Ref{{Type: "accession", ID: number}}, Body: body}}, nil
	}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestTheCheckFindsBoxesThatCannotBe looks at what no call would have written.
func TestTheCheckFindsBoxesThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		described bool
		boxes     []*intakev1.Box
		want      string
	}{
		"places alone":               {false, []*intakev1.Box{{Number: 1, Room: "2"}, {Number: 2, Room: "2"}}, ""},
		"units before they are some": {false, []*intakev1.Box{{Number: 1, First: 1, Last: 2}}, "its box 1 holds units 1–2"},
		"some without units":         {true, []*intakev1.Box{{Number: 1, First: 1, Last: 1}, {Number: 2, Room: "2"}, {Number: 3, First: 2, Last: 2}}, ""},
		"a unit in two boxes":        {true, []*intakev1.Box{{Number: 1, First: 2, Last: 2}, {Number: 2, Room: "2"}, {Number: 3, First: 1, Last: 2}}, "its boxes 3 and 1 hold the same unit"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			n := w.undescribed(2)
			if c.described {
				if _, err := w.client.DescribeAccession(t.Context(), describing(n)); err != nil {
					t.Fatal(err)
				}
			}
			w.wrote(n, &intakev1.BoxesStored{AccessionNumber: n, Boxes: c.boxes})
			problems, err := w.s.host.Store().Verify(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" && len(problems) > 0 || c.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].What, c.want)) {
				t.Errorf("found %v, want %q", problems, c.want)
			}
		})
	}
}
