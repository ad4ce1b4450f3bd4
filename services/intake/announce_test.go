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
	"github.com/qoyma/qoyma/services/intake/internal/kind"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/monitor"
	base "github.com/qoyma/qoyma/services/platform/store"
)

var head = monitor.Identity{
	Actor: "person:head", Roles: []monitor.Role{monitor.Head}, Clearance: monitor.Scope{Level: 3, Grounds: []string{"personal"}},
}

// as acts for somebody else until the test's end.
func (w *world) as(id monitor.Identity) *world {
	w.caller = id
	return w
}

func announcement(k string) *intakev1.AnnounceTransferRequest {
	return &intakev1.AnnounceTransferRequest{
		CommandId: newID(), Kind: k, Form: "paper",
		Organisation: &recordv1.Organisation{Id: "auezov", Name: &recordv1.Text{Ru: "Личный фонд № 1"}, Level: "republican"},
		Inventory:    &recordv1.Inventory{Number: "1", Title: &recordv1.Text{Ru: "Рукописи"}, Kind: "permanent", YearFrom: 1920, YearTo: 1960},
		Ground: &intakev1.TransferGround{
			Document: "договор № 5", DocumentDate: "2025-02-01", Reason: "ликвидация приказом № 7", LiquidatedOn: "2025-01-31",
			Country: "Германия", Agreement: "соглашение 2001 г.", Holder: "Bundesarchiv",
			Protocol: &recordv1.Protocol{Commission: "ЭПК", Number: "12", Date: "2025-01-15"},
		},
		Giver: &intakev1.Giver{Name: "Сәуле Ахметова", Phone: "+7 700 000 00 00"},
	}
}

// announce opens a transfer with so many rows of five leaves, and seals it.
func (w *world) announce(q *intakev1.AnnounceTransferRequest, count uint32) string {
	w.t.Helper()
	res, err := w.client.AnnounceTransfer(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	id := res.GetTransfer().GetTransferId()
	if count == 0 {
		return id
	}
	var rows []*recordv1.File
	for p := range count {
		rows = append(rows, &recordv1.File{Position: p + 1, Title: &recordv1.Text{Ru: fmt.Sprint("Рукопись ", p+1)}, Leaves: 5})
	}
	if _, err := w.client.ListRows(w.t.Context(), &intakev1.ListRowsRequest{CommandId: newID(), TransferId: id, Files: rows}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.client.SealInventory(w.t.Context(), &intakev1.SealInventoryRequest{CommandId: newID(), TransferId: id, Rows: count}); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// TestEachKindNamesWhatItMust (AR-2, AR-3, AR-12): a kind without one of its fields is refused with a
// text in each language that names the field and the rule; with all of them it is taken.
func TestEachKindNamesWhatItMust(t *testing.T) {
	w := newWorld(t)
	clearing := map[string]func(*intakev1.AnnounceTransferRequest){
		"document":      func(q *intakev1.AnnounceTransferRequest) { q.Ground.Document = "" },
		"document_date": func(q *intakev1.AnnounceTransferRequest) { q.Ground.DocumentDate = "" },
		"reason":        func(q *intakev1.AnnounceTransferRequest) { q.Ground.Reason = " " },
		"liquidated_on": func(q *intakev1.AnnounceTransferRequest) { q.Ground.LiquidatedOn = "" },
		"country":       func(q *intakev1.AnnounceTransferRequest) { q.Ground.Country = "" },
		"agreement":     func(q *intakev1.AnnounceTransferRequest) { q.Ground.Agreement = "" },
		"holder":        func(q *intakev1.AnnounceTransferRequest) { q.Ground.Holder = "" },
		"protocol":      func(q *intakev1.AnnounceTransferRequest) { q.Ground.Protocol.Number = "" },
		"giver":         func(q *intakev1.AnnounceTransferRequest) { q.Giver = nil },
	}
	res, err := w.client.ListTransferKinds(t.Context(), new(intakev1.ListTransferKindsRequest))
	if err != nil || len(res.GetKinds()) != 7 {
		t.Fatalf("%v %v", res, err)
	}
	n := 0
	for _, k := range res.GetKinds() {
		if k.GetKind() == "scheduled" {
			continue
		}
		for _, need := range k.GetNeeds() {
			if need == "consent" {
				continue
			}
			q := announcement(k.GetKind())
			clearing[need](q)
			_, err := w.client.AnnounceTransfer(t.Context(), q)
			if !errors.Is(err, kind.Missing) || !strings.Contains(fault.Of(err).In(fault.Russian), k.GetRule()) {
				t.Errorf("%s without %s: %v", k.GetKind(), need, err)
			}
		}
		n++
		got := w.announce(announcement(k.GetKind()), 1)
		tr := w.seen(got).GetTransfer()
		if !strings.HasSuffix(got, fmt.Sprint("-", n)) || tr.GetState() != "expected" || tr.GetGround().GetRule() != k.GetRule() || tr.GetReceipts() != 1 {
			t.Errorf("%s: %v", k.GetKind(), tr)
		}
	}
	for name, c := range map[string]struct {
		change func(*intakev1.AnnounceTransferRequest)
		want   *fault.Definition
	}{
		"scheduled":   {func(q *intakev1.AnnounceTransferRequest) { q.Kind = "scheduled" }, kind.BySchedule},
		"kind":        {func(q *intakev1.AnnounceTransferRequest) { q.Kind = "gift" }, kind.UnknownKind},
		"form":        {func(q *intakev1.AnnounceTransferRequest) { q.Form = "stone" }, kind.UnknownForm},
		"tomorrow":    {func(q *intakev1.AnnounceTransferRequest) { q.Ground.DocumentDate = "2999-01-01" }, kind.BadDate},
		"no such day": {func(q *intakev1.AnnounceTransferRequest) { q.Ground.LiquidatedOn = "2025-02-30" }, kind.BadDate},
	} {
		q := announcement("purchase")
		c.change(q)
		if _, err := w.client.AnnounceTransfer(t.Context(), q); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.whole()
}

// TestHalfAProtocolIsNone (AR-8): a number without commission and day would stand for the commission's decision and close the accession.
func TestHalfAProtocolIsNone(t *testing.T) {
	w := newWorld(t)
	for name, p := range map[string]*recordv1.Protocol{
		"a number alone": {Number: "1"}, "no day": {Commission: "ЭПК", Number: "1"}, "no commission": {Number: "1", Date: "2026-01-12"},
		"tomorrow": {Commission: "ЭПК", Number: "1", Date: "2999-01-01"}, "no number": {Commission: "ЭПК", Date: "2026-01-12"},
	} {
		q := announcement("personal_papers")
		q.Ground.Protocol = p
		if _, err := w.client.AnnounceTransfer(t.Context(), q); err == nil || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheDayOfATransferMayComeYet: what is booked lies ahead, and a wrong day is not told to lie behind.
func TestTheDayOfATransferMayComeYet(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 5))
	_, err := w.client.PrepareTransfer(t.Context(), &intakev1.PrepareTransferRequest{CommandId: newID(), TransferId: "2026-1", Form: "paper", BroughtOn: "2026-13-01"})
	if fault.Of(err).Code != "intake.prepare.day" {
		t.Errorf("a month that is none: %v", err)
	}
	if _, err := w.client.PrepareTransfer(t.Context(), &intakev1.PrepareTransferRequest{CommandId: newID(), TransferId: "2026-1", Form: "paper", BroughtOn: "2999-12-01"}); err != nil {
		t.Errorf("a day that comes: %v", err)
	}
}

// TestAGiverIsSealed (IS-2): the person's name stands in no open body of the journal.
func TestAGiverIsSealed(t *testing.T) {
	w := newWorld(t)
	w.announce(announcement("personal_papers"), 1)
	entries, _, err := w.s.host.Store().Read(1, 100, 1<<20)
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(string(e.GetBody()), "Ахметова") || strings.Contains(string(e.GetSealed()), "Ахметова") {
			t.Errorf("the giver's name is readable in %v", e)
		}
	}
}

// TestAClerkAnnouncesForHisDepartmentAlone (AR-12).
func TestAClerkAnnouncesForHisDepartmentAlone(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 1))
	w.as(clerk("bilim"))
	q := announcement("extra")
	q.Organisation = nil
	id := w.announce(q, 2)
	if got := w.seen(id).GetTransfer().GetOrganisation(); got.GetId() != "bilim" || got.GetName().GetRu() != "Управление образования" {
		t.Errorf("%v", got)
	}
	if _, err := w.client.AnnounceTransfer(t.Context(), announcement("extra")); fault.Of(err).Code != "intake.announce.organisation" {
		t.Errorf("for another organisation: %v", err)
	}
	if _, err := w.client.AnnounceTransfer(t.Context(), announcement("purchase")); fault.KindOf(err) != fault.Denied {
		t.Errorf("a purchase: %v", err)
	}
	counted := announcement("extra")
	counted.Organisation, counted.Inventory, counted.Undescribed = nil, nil, &intakev1.Undescribed{Units: 3}
	if _, err := w.client.AnnounceTransfer(t.Context(), counted); fault.Of(err).Code != "intake.announce.countable" {
		t.Errorf("an extra transfer without an inventory: %v", err)
	}
	w.as(clerk("medeniet"))
	for name, err := range map[string]error{
		"rows":    second(w.client.ListRows(t.Context(), &intakev1.ListRowsRequest{CommandId: newID(), TransferId: id, Files: []*recordv1.File{file(3, 1)}})),
		"seal":    second(w.client.SealInventory(t.Context(), &intakev1.SealInventoryRequest{CommandId: newID(), TransferId: id, Rows: 2})),
		"prepare": second(w.client.PrepareTransfer(t.Context(), &intakev1.PrepareTransferRequest{CommandId: newID(), TransferId: id, Form: "mixed"})),
		"answer":  second(w.client.AnswerRow(t.Context(), &intakev1.AnswerRowRequest{CommandId: newID(), TransferId: id, Position: 1, Text: "x"})),
		"comment": second(w.client.CommentRow(t.Context(), &intakev1.CommentRowRequest{CommandId: newID(), TransferId: id, Position: 1, Text: "x"})),
		"work":    second(w.client.ListRowWork(t.Context(), &intakev1.ListRowWorkRequest{TransferId: id})),
		"receipt": second(w.client.GetReceipt(t.Context(), &intakev1.GetReceiptRequest{TransferId: id})),
		"print":   second(w.client.PrintReceipt(t.Context(), &intakev1.PrintReceiptRequest{TransferId: id, Language: "ru"})),
	} {
		if !errors.Is(err, transfer.Unknown) {
			t.Errorf("%s by another department: %v", name, err)
		}
	}
	res, err := w.client.ListHandedOver(t.Context(), &intakev1.ListHandedOverRequest{Organisation: "bilim"})
	if err != nil || len(res.GetTransfers()) != 0 {
		t.Errorf("another department's view: %v %v", res, err)
	}
}

// TestWhatIsBeingPreparedWasNotHandedOver: a transfer stands among what was handed over from its first receipt for records on; its
// sealed inventory is none. What is left out takes no place of a page.
func TestWhatIsBeingPreparedWasNotHandedOver(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"2026-1", "2026-2", "2026-3", "2026-4", "2026-5"} {
		w.expect(id, file(1, 5))
	}
	w.announce(announcement("extra"), 1)
	for _, id := range []string{"2026-2", "2026-4"} {
		if _, err := w.client.ReceivePaper(t.Context(), &intakev1.ReceivePaperRequest{CommandId: newID(), TransferId: id, Units: 1}); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	for after, more := "", true; more; {
		res, err := w.client.ListHandedOver(t.Context(), &intakev1.ListHandedOverRequest{Organisation: "bilim", After: after, Limit: 1})
		if err != nil || len(res.GetTransfers()) != 1 || res.GetListed() != 1 {
			t.Fatalf("%v %v", res, err)
		}
		after, more = res.GetTransfers()[0].GetTransfer().GetTransferId(), res.GetMore()
		seen = append(seen, after)
	}
	if !slices.Equal(seen, []string{"2026-2", "2026-4"}) {
		t.Errorf("handed over: %q", seen)
	}
	if res, err := w.client.ListHandedOver(t.Context(), &intakev1.ListHandedOverRequest{Organisation: "auezov"}); err != nil || len(res.GetTransfers()) != 0 {
		t.Errorf("an inventory alone was handed over: %v %v", res, err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestRowsComeInOrderUntilTheyAreSealed: rows of announced transfers are appended, and a count that
// differs from the sender's is refused.
func TestRowsComeInOrderUntilTheyAreSealed(t *testing.T) {
	w := newWorld(t)
	id := w.announce(announcement("extra"), 0)
	send := func(positions ...uint32) error {
		var rows []*recordv1.File
		for _, p := range positions {
			rows = append(rows, file(p, 2))
		}
		_, err := w.client.ListRows(t.Context(), &intakev1.ListRowsRequest{CommandId: newID(), TransferId: id, Files: rows})
		return err
	}
	seal := func(n uint32) error {
		_, err := w.client.SealInventory(t.Context(), &intakev1.SealInventoryRequest{CommandId: newID(), TransferId: id, Rows: n})
		return err
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{seal(0), "intake.rows.differ"},
		{send(), "intake.rows.many"},
		{send(2), "intake.row"},
		{send(1, 2), ""},
		{send(2), "intake.row"},
		{second(w.accept(newID(), id)), "intake.transfer.not_sealed"},
		{second(w.send(newID(), id, bag(t, payload))), "intake.transfer.not_sealed"},
		{seal(3), "intake.rows.differ"},
		{seal(2), ""},
		{seal(2), "intake.rows.sealed"},
		{send(3), "intake.rows.sealed"},
	} {
		if code := fault.Of(c.err); (code == nil) != (c.want == "") || (code != nil && code.Code != c.want) {
			t.Errorf("%v, want %q", c.err, c.want)
		}
	}
	w.whole()
}

// TestARowSaysWhatIsWrongInThePersonsLanguage, with the column called as the pages call it and no other language beside it.
func TestARowSaysWhatIsWrongInThePersonsLanguage(t *testing.T) {
	w := newWorld(t)
	id := w.announce(announcement("extra"), 0)
	for column, change := range map[string]func(*recordv1.File){
		"«Заголовок дела»|«Істің тақырыбы»":               func(f *recordv1.File) { f.Title = nil },
		"«Крайние даты»|«Шеткі күндері»":                  func(f *recordv1.File) { f.DateFrom, f.DateTo = "2012-01-01", "2011-01-01" },
		"«Листов»|«Парақ саны»":                           func(f *recordv1.File) { f.Leaves = 1 << 30 },
		"«Индекс по номенклатуре»|«Номенклатура индексі»": func(f *recordv1.File) { f.Index = strings.Repeat("1", 101) },
		"«Примечание»|«Ескертпе»":                         func(f *recordv1.File) { f.Note = strings.Repeat("ұ", 1001) },
		"номер 2|нөмірі 2":                                func(f *recordv1.File) { f.Position = 2 },
	} {
		row := file(1, 2)
		change(row)
		_, err := w.client.ListRows(t.Context(), &intakev1.ListRowsRequest{CommandId: newID(), TransferId: id, Files: []*recordv1.File{row}})
		f := fault.Of(err)
		ru, kk, _ := strings.Cut(column, "|")
		if f == nil || f.Code != "intake.row" || !strings.Contains(f.In(fault.Russian), ru) || !strings.Contains(f.In(fault.Kazakh), kk) {
			t.Errorf("%s: %v", column, err)
			continue
		}
		for _, said := range []string{f.In(fault.Russian), f.In(fault.Kazakh)} {
			if strings.ContainsAny(said, "abcdefghijklmnopqrstuvwxyz/") {
				t.Errorf("%s: two languages at once: %s", column, said)
			}
		}
	}
}

// TestEarlyTransfersWaitForTheHead: the head's consent, once.
func TestEarlyTransfersWaitForTheHead(t *testing.T) {
	w := newWorld(t)
	id := w.announce(announcement("early"), 1)
	w.check(id, &intakev1.UnitFinding{Position: 1, Finding: "present"})
	if _, err := w.accept(newID(), id); !errors.Is(err, transfer.NoConsent) {
		t.Fatalf("without consent: %v", err)
	}
	rule := w.seen(id).GetKind()
	if !slices.Contains(rule.GetNeeds(), "consent") || rule.GetRule() != "transfer.early@1" || !strings.Contains(rule.GetBasis().GetKk(), "бұйрық") || !strings.Contains(rule.GetBasis().GetEn(), "Order") {
		t.Errorf("it does not say by which rule it was announced: %v", rule)
	}
	waits := func() bool {
		t.Helper()
		res, err := w.client.ListTransfers(t.Context(), &intakev1.ListTransfersRequest{State: "expected"})
		if err != nil || len(res.GetTransfers()) != 1 {
			t.Fatalf("%v %v", res, err)
		}
		return res.GetTransfers()[0].GetAwaitsConsent() && w.seen(id).GetTransfer().GetAwaitsConsent()
	}
	if !waits() {
		t.Error("nobody says that it waits for the head")
	}
	w.as(head)
	consent := &intakev1.ConsentTransferRequest{CommandId: newID(), TransferId: id}
	if _, err := w.client.ConsentTransfer(t.Context(), consent); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.ConsentTransfer(t.Context(), &intakev1.ConsentTransferRequest{CommandId: newID(), TransferId: id}); fault.Of(err).Code != "intake.consent.none" {
		t.Errorf("twice: %v", err)
	}
	w.as(archivist)
	if waits() {
		t.Error("it still waits for the head")
	}
	if _, err := w.accept(newID(), id); err != nil {
		t.Error(err)
	}
	w.whole()
}

// TestScheduledTransfersNeedTheirApproval (AR-8, AR-12).
func TestScheduledTransfersNeedTheirApproval(t *testing.T) {
	w := newWorld(t)
	w.expect("2026-1", file(1, 3))
	var before *intakev1.Transfer
	if err := w.s.host.Store().View(func(v *base.View) error {
		before = w.seen("2026-1").GetTransfer()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*recordv1.Inventory){
		"no number":   func(i *recordv1.Inventory) { i.Number = "" },
		"no protocol": func(i *recordv1.Inventory) { i.Approval = nil },
		"no date":     func(i *recordv1.Inventory) { i.Approval.Date = "" },
	} {
		other, ok := proto.Clone(before).(*intakev1.Transfer)
		if !ok {
			t.Fatal("no transfer")
		}
		spoil(other.GetInventory())
		if err := mayAccept(other); !errors.Is(err, transfer.NoApproval) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := mayAccept(before); err != nil {
		t.Error(err)
	}
}
