package intake

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/accept"
	"github.com/qoyma/qoyma/services/intake/internal/act"
	"github.com/qoyma/qoyma/services/intake/internal/react"
	"github.com/qoyma/qoyma/services/intake/internal/repository"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/journal"
	base "github.com/qoyma/qoyma/services/platform/store"
)

// undescribed is an accession of so many units that were counted, in nine boxes.
func (w *world) undescribed(units uint32) string {
	w.t.Helper()
	q := announcement("liquidated")
	q.Undescribed, q.Inventory = &intakev1.Undescribed{Units: units, Boxes: 9}, nil
	id := w.announce(q, 0)
	w.carryIn(id, units, 9)
	a, err := w.accept(newID(), id)
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
	if open.GetEark() != nil {
		t.Errorf("what came on paper came as %v", open.GetEark())
	}
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
	all, err := w.client.ListHandedOver(t.Context(), &intakev1.ListHandedOverRequest{Organisation: w.work(n).GetAccession().GetOrganisation().GetId()})
	if err != nil || all.GetListed() != 120 || all.GetAccepted() != 120 {
		t.Errorf("the act says 120 of 120, the list of what was handed over %d of %d: %v", all.GetAccepted(), all.GetListed(), err)
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

// keptActs lists the digests of the acts on the disk.
func (w *world) keptActs() (names []string) {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Join(w.dir, "intake", "acts"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".pdf"))
	}
	return names
}

func (w *world) descriptionAct(number, language string) (*intakev1.GetDescriptionActResponse, error) {
	return w.client.GetDescriptionAct(w.t.Context(), &intakev1.GetDescriptionActRequest{AccessionNumber: number, Language: language})
}

// TestTheActOfDescriptionIsAPaper (practice.md: counted as undescribed until an act of description; IS-3: in both languages): it is kept by
// its digest, names who drew it up, survives the sweep, and is there for the department whose documents they are and no other.
func TestTheActOfDescriptionIsAPaper(t *testing.T) {
	w := newWorld(t)
	n := w.undescribed(40)
	if _, err := w.descriptionAct(n, "ru"); fault.Of(err).Code != "intake.description.unknown" {
		t.Errorf("before it is described: %v", err)
	}
	if err := w.told("catalogue", react.Catalogue(), &cataloguev1.UndescribedReceived{Fonds: "7", AccessionNumber: n, Units: 40}, nil); err != nil {
		t.Fatal(err)
	}
	q := describing(n)
	res, err := w.client.DescribeAccession(t.Context(), q)
	d := res.GetAccession().GetDescription()
	today := civil.Of(w.s.host.Store().Now())
	if err != nil || len(d.GetActs()) != 2 || d.GetDescribedBy() != "aigerim" || d.GetCounted() != 40 || d.GetDescribed() != 2 || d.GetDescribedOn() != today.String() {
		t.Fatalf("%v %v", res, err)
	}
	before := w.keptActs()
	again, err := w.client.DescribeAccession(t.Context(), q)
	if err != nil || !proto.Equal(again.GetAccession(), res.GetAccession()) || len(w.keptActs()) != len(before) {
		t.Errorf("the same command again: %v %v", again, err)
	}
	w.reopen() // the sweep keeps the acts
	for language, says := range map[string][]string{
		"ru": {
			"Акт описания документов № " + n, today.Dotted(), "акт приема-передачи № " + n, "Личный фонд № 1", "Фонд: № 7", "aigerim", "Дела", "1995–2001", "40 (сорок) единиц хранения",
			"2 (две) единицы хранения", "описано меньше, чем было учтено, – 38 (тридцать восемь) единиц хранения", "единиц хранения – 2 вместо 40", "выбыло из неописанных – 40",
			"Составитель", "Руководитель архива",
		},
		"kk": {
			"№ " + n + " архивтік сипаттау актісі", "№ " + n + " қабылдау-беру актісі", "Істер", "40 (қырық) сақтау бірлігі", "2 (екі) сақтау бірлігі", "есепке алынғаннан кем – 38 (отыз сегіз) сақтау бірлігі",
			"40 орнына 2", "сипатталмағандардан шықты – 40", "Құрастырушы", "Архив басшысы",
		},
	} {
		act, err := w.descriptionAct(n, language)
		if err != nil {
			t.Fatal(err)
		}
		text := pdfText(t, act.GetPdf())
		for _, s := range says {
			if !strings.Contains(text, s) {
				t.Errorf("the act in %s does not say %q: %s", language, s, text)
			}
		}
		if strings.Contains(text, "Дело") { // a unit's title may have a label
			t.Errorf("a unit is named: %s", text)
		}
		if !slices.ContainsFunc(d.GetActs(), func(a *intakev1.DescriptionAct) bool {
			return a.GetSha256() == act.GetSha256() && a.GetSize() == uint64(len(act.GetPdf()))
		}) {
			t.Errorf("the act in %s is not the one that was recorded", language)
		}
	}
	if _, err := w.descriptionAct(n, "en"); fault.Of(err).Code != "intake.description.unknown" {
		t.Errorf("in another language: %v", err)
	}
	w.as(clerk("auezov"))
	if _, err := w.descriptionAct(n, "kk"); err != nil {
		t.Errorf("his own department's: %v", err)
	}
	w.as(clerk("bilim"))
	if _, err := w.descriptionAct(n, "kk"); fault.Of(err).Code != "intake.accession.unknown" {
		t.Errorf("of another department: %v", err)
	}
	w.as(archivist)
	if err := os.WriteFile(filepath.Join(w.dir, "intake", "acts", d.GetActs()[0].GetSha256()+".pdf"), []byte("%PDF-"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.descriptionAct(n, d.GetActs()[0].GetLanguage()); fault.Of(err).Code != repository.Damaged.Code {
		t.Errorf("a damaged act is given out: %v", err)
	}
	w.whole()
}

// TestARefusedDescriptionLeavesNoPaper: nothing is printed of what is refused, and what a death left between paper and event is swept.
func TestARefusedDescriptionLeavesNoPaper(t *testing.T) {
	w := newWorld(t)
	n := w.undescribed(40)
	before := w.keptActs()
	for name, c := range map[string]struct {
		change func(*intakev1.DescribeAccessionRequest)
		code   string
	}{
		"no rows":        {func(q *intakev1.DescribeAccessionRequest) { q.Files = nil }, "intake.rows.many"},
		"a gap":          {func(q *intakev1.DescribeAccessionRequest) { q.Files[1].Position = 3 }, "intake.row"},
		"no inventory":   {func(q *intakev1.DescribeAccessionRequest) { q.Inventory = nil }, "intake.announce.inventory"},
		"of nothing":     {func(q *intakev1.DescribeAccessionRequest) { q.AccessionNumber = "2026-99" }, "intake.accession.unknown"},
		"years backward": {func(q *intakev1.DescribeAccessionRequest) { q.Inventory.YearTo = 1990 }, "intake.announce.inventory"},
	} {
		q := describing(n)
		c.change(q)
		if _, err := w.client.DescribeAccession(t.Context(), q); fault.Of(err) == nil || fault.Of(err).Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if got := w.keptActs(); !slices.Equal(got, before) {
		t.Errorf("acts of what was refused: %v, before %v", got, before)
	}

	// A death behind the paper: it lies there, and no event names it.
	a := w.work(n).GetAccession()
	paper, err := accept.Description(w.s.plans.Archive, a, &intakev1.AccessionDescribed{
		AccessionNumber: n, Counted: 40, Described: 2, DescribedOn: "2026-11-27", DescribedBy: "aigerim", Inventory: describing(n).GetInventory(),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := paper.PDF(fault.Kazakh)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.plans.Repository.KeepAct(pdf); err != nil || len(w.keptActs()) != len(before)+1 {
		t.Fatal(err)
	}
	w.reopen()
	if got := w.keptActs(); !slices.Equal(got, before) || w.work(n).GetAccession().GetUndescribed() != 40 {
		t.Errorf("after the sweep: %v, before %v", got, before)
	}
	if _, err := w.client.DescribeAccession(t.Context(), describing(n)); err != nil || len(w.keptActs()) != len(before)+2 {
		t.Errorf("described after that: %v", err)
	}
	w.whole()
}

// TestADescriptionOfAnEarlierProgramHasNoPaper: its event folds as it did, and there is no act to show.
func TestADescriptionOfAnEarlierProgramHasNoPaper(t *testing.T) {
	w := newWorld(t)
	n := w.undescribed(40)
	a := w.work(n).GetAccession()
	w.wrote(n, &intakev1.AccessionDescribed{
		AccessionNumber: n, TransferId: a.GetTransferId(), Organisation: a.GetOrganisation(), Inventory: describing(n).GetInventory(), Described: 1, Counted: 40, DescribedOn: "2026-01-02",
	})
	w.wrote(n, &intakev1.AccessionFilesAccepted{AccessionNumber: n, Files: []*intakev1.AcceptedFile{{File: file(1, 3)}}, Last: true})
	w.reopen()
	if a = w.work(n).GetAccession(); a.GetUndescribed() != 0 || a.GetAccepted() != 1 || a.GetDescription() != nil {
		t.Errorf("%v", a)
	}
	if _, err := w.descriptionAct(n, "ru"); fault.Of(err).Code != "intake.description.unknown" {
		t.Errorf("its act: %v", err)
	}
	w.whole()
}

// TestTheActOfDescriptionSaysTheDifference in words, where there is one, and the outer dates as far as they are known.
func TestTheActOfDescriptionSaysTheDifference(t *testing.T) {
	for name, c := range map[string]struct {
		described, first, last int
		kk, ru                 []string
	}{
		"fewer":    {38, 1995, 2001, []string{"есепке алынғаннан кем – 2 (екі) сақтау бірлігі", "1995–2001"}, []string{"описано меньше, чем было учтено, – 2 (две) единицы хранения", "1995–2001"}},
		"more":     {41, 2001, 2001, []string{"есепке алынғаннан артық – 1 (бір) сақтау бірлігі", " 2001 "}, []string{"описано больше, чем было учтено, – 1 (одна) единица хранения", " 2001 "}},
		"as many":  {40, 0, 2001, []string{"айырмашылық жоқ", "2001 жылға дейін"}, []string{"расхождений нет", "по 2001"}},
		"no dates": {40, 0, 0, []string{"анықталмаған"}, []string{"не установлены"}},
	} {
		a := act.Description{
			Number: "2026-3", Accession: "2026-3", Date: civil.Date{Year: 2026, Month: time.November, Day: 27}, Accepted: civil.Date{Year: 2026, Month: time.February, Day: 10},
			From: act.Text{RU: "Комбинат"}, Counted: 40, Described: c.described, Inventory: "1", Title: act.Text{RU: "Дела"}, FirstYear: c.first, LastYear: c.last, DrawnUpBy: "aigerim",
		}
		for l, says := range map[fault.Language][]string{fault.Kazakh: c.kk, fault.Russian: c.ru} {
			pdf, err := a.PDF(l)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range says {
				if text := pdfText(t, pdf); !strings.Contains(text, s) {
					t.Errorf("%s in %s: no %q in %s", name, l, s, text)
				}
			}
			if again, err := a.PDF(l); err != nil || !bytes.Equal(pdf, again) {
				t.Errorf("%s in %s: two prints differ (%v)", name, l, err)
			}
		}
	}
}

// TestOuterDatesComeFromOpenRows where the inventory names no years: a unit with a label tells nothing here.
func TestOuterDatesComeFromOpenRows(t *testing.T) {
	dated := func(from, to string, grounds ...string) *recordv1.File {
		f := file(1, 1, grounds...)
		f.DateFrom, f.DateTo = from, to
		return f
	}
	a := &intakev1.Accession{AccessionNumber: "2026-3", AcceptedOn: "2026-02-10", Organisation: &recordv1.Organisation{Id: "x"}}
	for name, c := range map[string]struct {
		inventory   *recordv1.Inventory
		files       []*recordv1.File
		first, last int
	}{
		"of the inventory": {&recordv1.Inventory{YearFrom: 1990, YearTo: 1999}, []*recordv1.File{dated("1950-01-01", "")}, 1990, 1999},
		"of the rows":      {nil, []*recordv1.File{dated("1995-03-01", "1996-01-01"), dated("1991-01-01", ""), dated("1930-01-01", "2020-01-01", "personal")}, 1991, 1996},
		"the last alone":   {nil, []*recordv1.File{dated("", "1996-01-01"), dated("", "")}, 0, 1996},
		"none":             {nil, []*recordv1.File{dated("", "")}, 0, 0},
	} {
		paper, err := accept.Description(act.Text{}, a, &intakev1.AccessionDescribed{Inventory: c.inventory, DescribedOn: "2026-11-27"}, c.files)
		if err != nil || paper.FirstYear != c.first || paper.LastYear != c.last {
			t.Errorf("%s: %d–%d (%v)", name, paper.FirstYear, paper.LastYear, err)
		}
	}
}
