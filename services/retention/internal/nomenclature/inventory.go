package nomenclature

import (
	"fmt"
	"regexp"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/retention/internal/due"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
	"github.com/qoyma/qoyma/services/standards/term"
)

// InventoryKind is what an inventory (істер тізімдемесі, опись дел) lists.
type InventoryKind uint8

// The kinds: the yearly sections that an organisation makes.
const (
	NoKind         InventoryKind = iota
	PermanentFiles               // kept permanently
	LongTermFiles                // kept for more years than the rule of long-term keeping says
	PersonnelFiles               // on personnel
)

// Commission is whose decision it is (AR-8).
type Commission uint8

// The commissions.
const (
	NoCommission Commission = iota
	EK                      // СК, ЭК: the organisation's own
	EPC                     // СТК, ЭПК: of the archive or the region
	CEPC                    // ОСТК, ЦЭПК: the central one
)

// commissions are the words by which a commission is known in the name that it calls itself,
// the most particular first: "ЦЭПК" ends with "ЭПК", "expert" is in all of them.
var commissions = []struct {
	words *regexp.Regexp
	is    Commission
}{
	{regexp.MustCompile(`(?i)(?:^|[^\pL])(?:цэпк|остк|cepc)(?:[^\pL]|$)|центральн\pL* экспертно-проверочн|орталық сараптау-тексеру|central expert[- ]verification`), CEPC},
	{regexp.MustCompile(`(?i)(?:^|[^\pL])(?:эпк|стк|epc)(?:[^\pL]|$)|экспертно-проверочн|сараптау-тексеру|expert[- ]verification`), EPC},
	{regexp.MustCompile(`(?i)(?:^|[^\pL])(?:цэк|эк|оск|ск|ec)(?:[^\pL]|$)|экспертн\pL* комисси|сараптау комиссия|expert commission`), EK},
}

// CommissionOf reads whose decision it is from the name that a commission calls itself, in
// Kazakh, Russian or English; NoCommission where the name does not say.
func CommissionOf(name string) Commission {
	for _, c := range commissions {
		if len(name) <= 2000 && c.words.MatchString(name) {
			return c.is
		}
	}
	return NoCommission
}

// Approval is the decision that makes an inventory final.
type Approval struct {
	Commission Commission
	Name       string // of the commission
	Protocol   string // its number
	On         civil.Date
}

// Inventory lists closed files of an organisation for some years. While it is a draft,
// files are added to it in order; approved, it never changes, and transfer goes by it
// unit by unit.
type Inventory struct {
	ID           InventoryID
	Organisation OrganisationID
	Number       string // "1", "2лс"
	Kind         InventoryKind
	Title        Title
	FirstYear    int
	LastYear     int
	Files        int        // listed so far; the last number given
	LastClosed   civil.Date // the latest closing among them
	Approval     Approval
}

// Approved tells whether a commission has approved it.
func (i Inventory) Approved() bool { return i.Approval.Commission != NoCommission }

var numberRE = regexp.MustCompile(`^[1-9]\d{0,5}\pL{0,4}$`)

// Draft decides a new inventory. taken says whether the organisation has one of that number.
func Draft(org Organisation, taken bool, inv Inventory, today civil.Date) (Inventory, error) {
	switch {
	case inv.ID == "":
		return Inventory{}, bad("id", inv.ID)
	case inv.Organisation != org.ID:
		return Inventory{}, bad("organisation", string(inv.Organisation))
	case !numberRE.MatchString(inv.Number):
		return Inventory{}, bad("number", inv.Number)
	case taken:
		return Inventory{}, InventoryExists.With("inventory", inv.Number)
	case inv.Kind < PermanentFiles || inv.Kind > PersonnelFiles:
		return Inventory{}, bad("kind", inv.Kind)
	case inv.FirstYear < 1700 || inv.FirstYear > inv.LastYear || inv.LastYear > today.Year:
		return Inventory{}, bad("years", fmt.Sprintf("%d–%d", inv.FirstYear, inv.LastYear))
	}
	if err := inv.Title.check("title", 1000); err != nil {
		return Inventory{}, err
	}
	inv.Files, inv.LastClosed, inv.Approval = 0, civil.Date{}, Approval{}
	return inv, nil
}

// List decides that a closed file is put into a draft under the given number, which must be
// the next: numbers are given in order, without gaps. longTerm is the rule's threshold in
// years (rules.LongTerm). It gives the file with its place and the inventory with its count.
func List(inv Inventory, f File, e Entry, org Organisation, number, longTerm int) (File, Inventory, error) {
	refuse := func(err error) (File, Inventory, error) { return File{}, Inventory{}, err }
	if inv.Approved() {
		return refuse(InventoryClosed.With("inventory", inv.Number, "protocol", inv.Approval.Protocol))
	}
	if f.Inventory != "" {
		return refuse(InOtherInventory.With("file", f.name(), "inventory", string(f.Inventory), "number", f.Number))
	}
	if f.State != Closed {
		return refuse(f.wrongState(Closed))
	}
	if err := f.under(e, org); err != nil {
		return refuse(err)
	}
	if why := inv.unfit(f, e, longTerm); why != "" {
		return refuse(WrongInventory.With("file", f.name(), "term", e.Term.In(fault.Russian), "inventory", inv.Number, "why", why))
	}
	if number != inv.Files+1 {
		return refuse(OutOfOrder.With("inventory", inv.Number, "want", inv.Files+1, "got", number))
	}
	f.Inventory, f.Number = inv.ID, number
	inv.Files = number
	if f.Closing.On.After(inv.LastClosed) {
		inv.LastClosed = f.Closing.On
	}
	return f, inv, nil
}

// unfit says why a file is not of the inventory's kind or years; empty where it is.
func (i Inventory) unfit(f File, e Entry, longTerm int) string {
	personnel := e.Personnel && e.Term.Kind != term.Permanent
	switch {
	case i.Organisation != f.Organisation:
		return "ұйым / организация / organisation"
	case f.Closing.On.Year < i.FirstYear || f.Closing.On.Year > i.LastYear:
		return fmt.Sprintf("%d ∉ %d–%d", f.Closing.On.Year, i.FirstYear, i.LastYear)
	case i.Kind == PermanentFiles && e.Term.Kind != term.Permanent:
		return "тек тұрақты / только постоянно / permanent only"
	case i.Kind == PersonnelFiles && !personnel:
		return "тек жеке құрам / только личный состав / personnel only"
	case i.Kind == LongTermFiles && (personnel || e.Term.Kind == term.Permanent || !e.Term.LongerThan(longTerm)):
		return fmt.Sprintf("> %d жыл / лет / years", longTerm)
	}
	return ""
}

// Approve decides that the commission approved the inventory. Permanent files need the
// commission of the archive (ЭПК) or the central one, which also agrees those on
// personnel; for long-term files the organisation's own is enough (AR-8). From then on its
// files are Listed: the caller moves each by Final.
func Approve(inv Inventory, a Approval, today civil.Date) (Inventory, error) {
	switch {
	case inv.Approved():
		return Inventory{}, InventoryClosed.With("inventory", inv.Number, "protocol", inv.Approval.Protocol)
	case inv.Files == 0:
		return Inventory{}, InventoryEmpty.With("inventory", inv.Number)
	case a.Commission < EK || a.Commission > CEPC:
		return Inventory{}, CommissionUnknown.With("name", clip.Runes(a.Name, maxShown))
	case a.Commission == EK && inv.Kind != LongTermFiles:
		return Inventory{}, CommissionNeeded.With("inventory", inv.Number)
	case !text(a.Name, 500):
		return Inventory{}, bad("commission's name", a.Name)
	case !text(a.Protocol, 50):
		return Inventory{}, bad("protocol", a.Protocol)
	case !a.On.Valid():
		return Inventory{}, bad("protocol's date", a.On)
	}
	if err := ordered("last file closed", inv.LastClosed, "protocol", a.On); err != nil {
		return Inventory{}, err
	}
	if err := ordered("protocol", a.On, "today", today); err != nil {
		return Inventory{}, err
	}
	inv.Approval = a
	return inv, nil
}

// Final is a file of an inventory that was approved.
func Final(inv Inventory, f File) (File, error) {
	if !inv.Approved() {
		return File{}, NotApproved.With("inventory", inv.Number)
	}
	if f.State != Closed || f.Inventory != inv.ID {
		return File{}, f.wrongState(Closed)
	}
	f.State = Listed
	return f, nil
}

// Schedule is when an approved inventory's files go to the state archive, with the
// arithmetic. An inventory goes as one, so that its latest closing counts: nobody hands over
// before the temporary keeping has run out. Only permanent files of a source of acquisition
// get a day; the others stay, and the outcome explains why. The faults are those of
// due.Compute.
func Schedule(inv Inventory, org Organisation, set *rules.Set, today civil.Date) (due.Outcome, error) {
	if inv.Kind != PermanentFiles {
		return due.Stays(inv.LastClosed, inv.Kind == PersonnelFiles), nil
	}
	return due.Compute(due.Facts{
		Closed: inv.LastClosed, Term: term.Term{Kind: term.Permanent}, Level: org.Level, Source: org.Source, On: today,
	}, set)
}

// FallDue decides that an approved inventory's day of transfer has come. on is the day that
// Schedule gave; none is NeverDue, one that lies ahead is NotYetDue.
func FallDue(inv Inventory, on, today civil.Date) error {
	switch {
	case !inv.Approved():
		return NotApproved.With("inventory", inv.Number)
	case on.IsZero():
		return NeverDue.With("inventory", inv.Number)
	case on.After(today):
		return NotYetDue.With("inventory", inv.Number, "date", on)
	}
	return nil
}
