package nomenclature_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/retention/internal/due"
	n "github.com/qoyma/qoyma/services/retention/internal/nomenclature"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/standards/term"
)

func day(s string) civil.Date {
	d, err := civil.Parse(s)
	if err != nil && s != "" {
		panic(err)
	}
	return d
}

func read(s string) term.Term {
	v, err := term.Parse(s)
	if err != nil {
		panic(err)
	}
	return v
}

var (
	today = day("2026-11-22")
	org   = n.Organisation{
		ID: "org-1", Name: n.Title{KK: "Қала әкімдігі", RU: "Акимат города"}, Level: due.District, Source: true,
	}
	orders = n.Entry{
		Organisation: "org-1", Year: 2019, Index: "02-05", Title: n.Title{KK: "Негізгі қызмет бойынша бұйрықтар", RU: "Приказы по основной деятельности"},
		Article: "19", Term: read("постоянно"),
	}
	letters = n.Entry{
		Organisation: "org-1", Year: 2019, Index: "02-11", Title: n.Title{KK: "Хат алмасу", RU: "Переписка"}, Article: "70", Term: read("5 лет ЭПК"),
	}
	staff = n.Entry{
		Organisation: "org-1", Year: 2019, Index: "04-02", Title: n.Title{KK: "Жеке істер", RU: "Личные дела"}, Article: "445", Term: read("50/75 лет"), Personnel: true,
	}
	closing = n.Closing{On: day("2019-12-30"), Leaves: 187, Earliest: day("2019-01-09"), Latest: day("2019-12-29")}
	section = n.Inventory{
		ID: "inv-1", Organisation: "org-1", Number: "1", Kind: n.PermanentFiles, FirstYear: 2019, LastYear: 2019,
		Title: n.Title{KK: "Тұрақты сақталатын істер", RU: "Дела постоянного хранения"},
	}
	approval = n.Approval{Commission: n.EPC, Name: "ЭПК города", Protocol: "7", On: day("2021-03-04")}
)

func set(t testing.TB) *rules.Set {
	t.Helper()
	s, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t testing.TB, e n.Entry) n.File {
	t.Helper()
	f, err := n.OpenFile(org, e, 0, n.FileID("f-"+e.Index), n.Title{}, day("2019-01-09"), today)
	if err != nil {
		t.Fatal(err)
	}
	f, err = n.CloseFile(f, closing, 250, today)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A file goes all the way: opened, closed, listed, approved, due, transferred (AR-7, AR-8).
func TestLife(t *testing.T) {
	e, err := n.Enter(org, nil, orders, false, 0, today)
	if err != nil {
		t.Fatal(err)
	}
	f := closed(t, e)
	inv, err := n.Draft(org, false, section, today)
	if err != nil {
		t.Fatal(err)
	}
	f, inv, err = n.List(inv, f, e, org, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.FallDue(inv, day("2025-01-01"), today); !errors.Is(err, n.NotApproved) {
		t.Fatalf("a draft fell due: %v", err)
	}
	if inv, err = n.Approve(inv, approval, today); err != nil {
		t.Fatal(err)
	}
	if f, err = n.Final(inv, f); err != nil {
		t.Fatal(err)
	}
	o, err := n.Schedule(inv, org, set(t), day("2024-12-31"))
	if err != nil || o.Transfer != day("2025-01-01") || len(o.Explanation.Lines(fault.Kazakh)) < 4 {
		t.Fatalf("%+v, %v", o, err)
	}
	if err := n.FallDue(inv, o.Transfer, day("2024-12-31")); !errors.Is(err, n.NotYetDue) {
		t.Fatalf("the day before: %v", err)
	}
	if err := n.FallDue(inv, o.Transfer, o.Transfer); err != nil {
		t.Fatal(err)
	}
	if _, err := n.HandOver(f); !errors.Is(err, n.WrongState) {
		t.Fatalf("handed over before it fell due: %v", err)
	}
	f.State = n.Due
	if f, err = n.HandOver(f); err != nil || f.State != n.Transferred {
		t.Fatalf("%+v, %v", f, err)
	}
	if _, err := n.HandOver(f); !errors.Is(err, n.WrongState) {
		t.Fatalf("handed over twice: %v", err)
	}
}

func TestOrganisation(t *testing.T) {
	if err := n.Register(org, false); err != nil {
		t.Fatal(err)
	}
	if err := n.Register(org, true); !errors.Is(err, n.OrganisationExists) {
		t.Error(err)
	}
	for name, change := range map[string]func(*n.Organisation){
		"no id":             func(o *n.Organisation) { o.ID = "" },
		"id with a slash":   func(o *n.Organisation) { o.ID = "a/b" },
		"id in capitals":    func(o *n.Organisation) { o.ID = "Akimat" },
		"no name":           func(o *n.Organisation) { o.Name = n.Title{} },
		"blank name":        func(o *n.Organisation) { o.Name.KK = "  " },
		"control character": func(o *n.Organisation) { o.Name.RU = "Акимат\x00" },
		"no level":          func(o *n.Organisation) { o.Level = due.NoLevel },
	} {
		o := org
		change(&o)
		if err := n.Register(o, false); !errors.Is(err, n.BadField) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCommissionOf(t *testing.T) {
	for name, want := range map[string]n.Commission{
		"ЭПК облыстық басқармасы": n.EPC, "СТК": n.EPC, "Алматы қаласының сараптау-тексеру комиссиясы": n.EPC,
		"EPC of the city": n.EPC, "Экспертно-проверочная комиссия": n.EPC,
		"ЦЭПК": n.CEPC, "Центральная экспертно-проверочная комиссия": n.CEPC, "ОСТК": n.CEPC,
		"ЭК акимата": n.EK, "сараптау комиссиясы": n.EK, "Expert commission": n.EK,
		"": n.NoCommission, "ЭПКа": n.NoCommission, "Совет": n.NoCommission,
	} {
		if got := n.CommissionOf(name); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func TestEnter(t *testing.T) {
	change := func(f func(*n.Entry)) n.Entry { e := orders; f(&e); return e }
	gone := org
	gone.Liquidated = day("2018-05-01")
	for name, c := range map[string]struct {
		org      n.Organisation
		existing *n.Entry
		e        n.Entry
		correct  bool
		files    int
		want     error
	}{
		"good":               {org, nil, orders, false, 0, nil},
		"next year's":        {org, nil, change(func(e *n.Entry) { e.Year = 2027 }), false, 0, nil},
		"far future":         {org, nil, change(func(e *n.Entry) { e.Year = 2028 }), false, 0, n.BadField},
		"index":              {org, nil, change(func(e *n.Entry) { e.Index = "two" }), false, 0, n.BadField},
		"Russian title only": {org, nil, change(func(e *n.Entry) { e.Title.KK = "" }), false, 0, nil},
		"no title":           {org, nil, change(func(e *n.Entry) { e.Title = n.Title{} }), false, 0, n.BadField},
		"no term":            {org, nil, change(func(e *n.Entry) { e.Term = term.Term{} }), false, 0, term.Inconsistent},
		"other organisation": {org, nil, change(func(e *n.Entry) { e.Organisation = "org-2" }), false, 0, n.WrongEntry},
		"liquidated":         {gone, nil, orders, false, 0, n.Liquidated},
		"exists":             {org, &orders, orders, false, 0, n.EntryExists},
		"corrected":          {org, &orders, change(func(e *n.Entry) { e.Term = read("5 лет") }), true, 0, nil},
		"term in use":        {org, &orders, change(func(e *n.Entry) { e.Term = read("5 лет") }), true, 3, n.EntryInUse},
		"title in use":       {org, &orders, change(func(e *n.Entry) { e.Title.RU = "Приказы" }), true, 3, nil},
	} {
		_, err := n.Enter(c.org, c.existing, c.e, c.correct, c.files, today)
		if (err == nil) != (c.want == nil) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestOpenAndCloseRefuse(t *testing.T) {
	if _, err := n.OpenFile(org, orders, 0, "f", n.Title{}, day("2018-12-31"), today); !errors.Is(err, n.BadField) {
		t.Errorf("opened in another year: %v", err)
	}
	if _, err := n.OpenFile(org, orders, 0, "f", n.Title{}, day("2019-06-01"), day("2019-05-31")); !errors.Is(err, n.BadDates) {
		t.Errorf("opened tomorrow: %v", err)
	}
	second, err := n.OpenFile(org, orders, 1, "f", n.Title{RU: "Приказы, том 2"}, day("2019-06-01"), today)
	if err != nil || second.Volume != 2 || second.Title.In(fault.Kazakh) != "Приказы, том 2" {
		t.Errorf("%+v, %v", second, err)
	}
	for name, c := range map[string]struct {
		change func(*n.Closing)
		want   error
	}{
		"negative":       {func(c *n.Closing) { c.Leaves = -1 }, n.BadField},
		"251 leaves":     {func(c *n.Closing) { c.Leaves = 251 }, n.TooThick},
		"no day":         {func(c *n.Closing) { c.On = civil.Date{} }, n.BadField},
		"before opening": {func(c *n.Closing) { c.On = day("2019-05-31") }, n.BadDates},
		"tomorrow":       {func(c *n.Closing) { c.On = day("2026-11-23") }, n.BadDates},
		"dates turned":   {func(c *n.Closing) { c.Earliest, c.Latest = c.Latest, c.Earliest }, n.BadDates},
		"paper of later": {func(c *n.Closing) { c.Latest = day("2019-12-31") }, n.BadDates},
	} {
		x := closing
		c.change(&x)
		if _, err := n.CloseFile(second, x, 250, today); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	electronic := closing
	electronic.Leaves = 0
	f, err := n.CloseFile(second, electronic, 250, today)
	if err != nil {
		t.Error(err)
	}
	if _, err := n.CloseFile(f, closing, 250, today); !errors.Is(err, n.WrongState) {
		t.Errorf("closed twice: %v", err)
	}
}

func TestList(t *testing.T) {
	inv := func(kind n.InventoryKind, years ...int) n.Inventory {
		i := section
		i.Kind = kind
		if len(years) == 2 {
			i.FirstYear, i.LastYear = years[0], years[1]
		}
		return i
	}
	long := letters
	long.Term = read("15 лет")
	elsewhere := closed(t, orders)
	elsewhere.Inventory, elsewhere.Number = "inv-9", 4
	open, err := n.OpenFile(org, orders, 0, "f", n.Title{}, day("2019-01-09"), today)
	if err != nil {
		t.Fatal(err)
	}
	approved := section
	approved.Approval = approval
	for name, c := range map[string]struct {
		inv    n.Inventory
		f      n.File
		e      n.Entry
		number int
		want   error
	}{
		"permanent":             {inv(n.PermanentFiles), closed(t, orders), orders, 1, nil},
		"personnel":             {inv(n.PersonnelFiles), closed(t, staff), staff, 1, nil},
		"long":                  {inv(n.LongTermFiles), closed(t, long), long, 1, nil},
		"5 years among long":    {inv(n.LongTermFiles), closed(t, letters), letters, 1, n.WrongInventory},
		"personnel among long":  {inv(n.LongTermFiles), closed(t, staff), staff, 1, n.WrongInventory},
		"5 years as permanent":  {inv(n.PermanentFiles), closed(t, letters), letters, 1, n.WrongInventory},
		"permanent as staff's":  {inv(n.PersonnelFiles), closed(t, orders), orders, 1, n.WrongInventory},
		"another year":          {inv(n.PermanentFiles, 2020, 2021), closed(t, orders), orders, 1, n.WrongInventory},
		"open":                  {inv(n.PermanentFiles), open, orders, 1, n.WrongState},
		"in another inventory":  {inv(n.PermanentFiles), elsewhere, orders, 1, n.InOtherInventory},
		"number skipped":        {inv(n.PermanentFiles), closed(t, orders), orders, 2, n.OutOfOrder},
		"approved already":      {approved, closed(t, orders), orders, 1, n.InventoryClosed},
		"entry of another file": {inv(n.PermanentFiles), closed(t, orders), letters, 1, n.WrongEntry},
	} {
		f, i, err := n.List(c.inv, c.f, c.e, org, c.number, 10)
		if (err == nil) != (c.want == nil) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && (f.Inventory != c.inv.ID || f.Number != 1 || i.Files != 1 || i.LastClosed != closing.On) {
			t.Errorf("%s: %+v, %+v", name, f, i)
		}
	}
}

// Nothing permanent is final without the commission of the archive (AR-8).
func TestApprove(t *testing.T) {
	full := section
	full.Files, full.LastClosed = 3, day("2019-12-30")
	change := func(f func(*n.Approval)) n.Approval { a := approval; f(&a); return a }
	long := full
	long.Kind = n.LongTermFiles
	people := full
	people.Kind = n.PersonnelFiles
	done := full
	done.Approval = approval
	for name, c := range map[string]struct {
		inv  n.Inventory
		a    n.Approval
		want error
	}{
		"EPC":                    {full, approval, nil},
		"CEPC":                   {full, change(func(a *n.Approval) { a.Commission = n.CEPC }), nil},
		"permanent by own EK":    {full, change(func(a *n.Approval) { a.Commission = n.EK }), n.CommissionNeeded},
		"personnel by own EK":    {people, change(func(a *n.Approval) { a.Commission = n.EK }), n.CommissionNeeded},
		"long by own EK":         {long, change(func(a *n.Approval) { a.Commission = n.EK }), nil},
		"nobody":                 {full, change(func(a *n.Approval) { a.Commission = n.NoCommission }), n.CommissionUnknown},
		"no protocol":            {full, change(func(a *n.Approval) { a.Protocol = "" }), n.BadField},
		"protocol before files":  {full, change(func(a *n.Approval) { a.On = day("2019-12-29") }), n.BadDates},
		"protocol from tomorrow": {full, change(func(a *n.Approval) { a.On = day("2026-11-23") }), n.BadDates},
		"empty":                  {section, approval, n.InventoryEmpty},
		"twice":                  {done, approval, n.InventoryClosed},
	} {
		_, err := n.Approve(c.inv, c.a, today)
		if (err == nil) != (c.want == nil) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := n.Draft(org, true, section, today); !errors.Is(err, n.InventoryExists) {
		t.Error(err)
	}
}

// Long-term and personnel files, and an organisation that is no source, never fall due.
func TestNeverDue(t *testing.T) {
	inv := section
	inv.Files, inv.LastClosed, inv.Approval = 1, day("2019-12-30"), approval
	private := org
	private.Source = false
	long, people := inv, inv
	long.Kind, people.Kind = n.LongTermFiles, n.PersonnelFiles
	for name, c := range map[string]struct {
		inv  n.Inventory
		org  n.Organisation
		want due.Waits
	}{
		"no source": {inv, private, due.ForLiquidation},
		"long term": {long, org, due.ForTerms},
		"personnel": {people, org, due.ForLiquidation},
	} {
		o, err := n.Schedule(c.inv, c.org, set(t), today)
		if err != nil || !o.Transfer.IsZero() || o.Waits != c.want || len(o.Explanation.Steps) < 2 {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
		for _, step := range o.Explanation.Steps {
			for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
				if step.In(l) == "" {
					t.Errorf("%s: step %s says nothing in %s", name, step.Kind, l)
				}
			}
		}
		if err := n.FallDue(c.inv, o.Transfer, today); !errors.Is(err, n.NeverDue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Under any order of attempts a file stands in one inventory, numbers run from 1 without a
// gap, and a file becomes final only in an approved inventory of its own kind.
func TestAnyOrder(t *testing.T) {
	entries := []n.Entry{orders, letters, staff}
	rapid.Check(t, func(t *rapid.T) {
		invs := make([]n.Inventory, 3)
		for i := range invs {
			invs[i] = section
			invs[i].ID, invs[i].Kind = n.InventoryID(rune('a'+i)), n.InventoryKind(i+1)
		}
		files := make([]n.File, 8)
		for i := range files {
			e := entries[i%3]
			files[i] = n.File{ID: n.FileID(rune('A' + i)), Organisation: org.ID, Year: e.Year, Index: e.Index, Volume: 1, State: n.Closed, Closing: closing}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i, k := rapid.IntRange(0, 2).Draw(t, "inventory"), rapid.IntRange(0, 7).Draw(t, "file")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				number := invs[i].Files + rapid.IntRange(0, 2).Draw(t, "number")
				if f, inv, err := n.List(invs[i], files[k], entries[k%3], org, number, 10); err == nil {
					files[k], invs[i] = f, inv
				}
			case 1:
				a := approval
				a.Commission = n.Commission(rapid.IntRange(0, 3).Draw(t, "commission"))
				if inv, err := n.Approve(invs[i], a, today); err == nil {
					invs[i] = inv
				}
			default:
				if f, err := n.Final(invs[i], files[k]); err == nil {
					files[k] = f
				}
			}
		}
		for _, inv := range invs {
			seen := map[int]bool{}
			for k, f := range files {
				if f.Inventory != inv.ID {
					continue
				}
				if seen[f.Number] || f.Number < 1 || f.Number > inv.Files {
					t.Fatalf("number %d of %d in %s", f.Number, inv.Files, inv.ID)
				}
				seen[f.Number] = true
				if f.State == n.Listed && !inv.Approved() {
					t.Fatalf("final in a draft: %+v", f)
				}
				if f.State == n.Listed && entries[k%3].Term.Kind == term.Permanent && inv.Approval.Commission < n.EPC {
					t.Fatalf("permanent and final without the archive's commission: %+v", inv)
				}
			}
			if len(seen) != inv.Files {
				t.Fatalf("a gap in %s: %v of %d", inv.ID, seen, inv.Files)
			}
		}
	})
}
