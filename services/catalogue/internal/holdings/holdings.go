// Package holdings is the numbering of what the archive holds: which number a fonds, an
// inventory and a file get. Numbers are given once, in order of first receipt, and name one
// thing for ever (AR-1); a number that was given and stands empty stays empty.
//
// Everything here is a function on plain values; the caller reads them from its store.
package holdings

import (
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// What stops an accession from being catalogued. A person has to decide; nothing is entered
// meanwhile.
var (
	// NoOrganisation: an accession does not say whose documents it brings.
	NoOrganisation = fault.Define(fault.Invalid, "catalogue.no_organisation",
		"accession {accession} names no organisation, so its fonds is not known; correct it in the book of accessions and retry",
		"в поступлении {accession} не указана организация, фонд неизвестен; исправьте в книге поступлений и повторите",
		"{accession} түсімінде ұйым көрсетілмеген, қоры белгісіз; түсімдер кітабында түзетіп, қайталаңыз")
	// BadInventory: the number of an inventory cannot stand in an archival code.
	BadInventory = fault.Define(fault.Invalid, "catalogue.bad_inventory",
		"“{inventory}” cannot be the number of an inventory; it must be a number, with letters where needed: 2 or 2лс",
		"«{inventory}» не может быть номером описи; нужен номер, при необходимости с буквами: 2 или 2лс",
		"«{inventory}» тізімдеме нөмірі бола алмайды; нөмір керек, қажет болса әріптерімен: 2 немесе 2лс")
	// InventoryConflict: the fonds has another inventory with the number.
	InventoryConflict = fault.Define(fault.Conflict, "catalogue.inventory_conflict",
		"inventory {inventory} of fonds {fonds} is kept for files of another kind ({have}, not {want}); agree another number with the organisation and retry",
		"опись {inventory} фонда {fonds} ведётся для дел другого рода ({have}, а не {want}); согласуйте с организацией другой номер и повторите",
		"{fonds} қорының {inventory} тізімдемесі басқа түрдегі істерге арналған ({want} емес, {have}); ұйыммен басқа нөмірді келісіп, қайталаңыз")
	// NumbersEnd: the greatest number was reached.
	NumbersEnd = fault.Define(fault.Exhausted, "catalogue.numbers_end",
		"there are no free numbers after {last} in {where}; open a new inventory and retry",
		"в {where} нет свободных номеров после {last}; откройте новую опись и повторите",
		"{where} ішінде {last} нөмірінен кейін бос нөмір жоқ; жаңа тізімдеме ашып, қайталаңыз")
)

// NextFonds is the number after the last one ever given. Error: NumbersEnd.
func NextFonds(last uint32) (archcode.FondsNumber, error) {
	if last >= archcode.MaxNumber {
		return archcode.FondsNumber{}, NumbersEnd.With("last", last, "where", "Ф./Қ.")
	}
	return archcode.FondsNumber{Number: last + 1}, nil
}

// Section is a run of numbers kept for one approved list of files: an inventory, or the
// section that a year adds to it. It never changes.
type Section struct {
	List   string // identifier of the list where it was approved
	Offset uint32 // the file at position n gets Offset + n
	Listed uint32 // files of the list
}

// Inventory is what numbering knows of an inventory.
type Inventory struct {
	Code     archcode.Code
	Kind     string // permanent, long_term or personnel
	Reserved uint32 // greatest number given or kept
	Sections []Section
}

// Place finds the numbers of a list in an inventory: those kept for it when it first came,
// else the run after all that are given or kept, so that numbers of the inventory continue
// from year to year. opened is nil where the fonds has no inventory of this number yet. Error:
// InventoryConflict where it is of another kind, NumbersEnd.
func Place(opened *Inventory, code archcode.Code, kind, list string, listed uint32) (Section, error) {
	if opened == nil {
		opened = &Inventory{Code: code, Kind: kind}
	}
	if opened.Kind != kind {
		return Section{}, InventoryConflict.With("inventory", code.Inventory, "fonds", code.Fonds, "have", opened.Kind, "want", kind)
	}
	for _, s := range opened.Sections {
		if s.List == list && list != "" {
			return s, nil
		}
	}
	if opened.Reserved > archcode.MaxNumber || listed > archcode.MaxNumber-opened.Reserved {
		return Section{}, NumbersEnd.With("last", opened.Reserved, "where", code.OfInventory().Format(fault.Russian))
	}
	return Section{List: list, Offset: opened.Reserved, Listed: listed}, nil
}

// Numbers gives file numbers of one inventory within one decision.
type Numbers struct {
	code  archcode.Code // of the inventory
	in    Section
	last  uint32 // greatest number given or kept
	given map[uint32]bool
	taken func(archcode.FileNumber) bool
}

// Number begins a decision about files of a section; taken says whether a number was given
// before.
func (i Inventory) Number(in Section, taken func(archcode.FileNumber) bool) *Numbers {
	return &Numbers{code: i.Code, in: in, last: max(i.Reserved, in.Offset+in.Listed), given: make(map[uint32]bool), taken: taken}
}

// Next is the number of the file at a position of the list: its place in the section where
// that is free, else the next after all numbers (a list that says one position twice, or more
// than it announced). Error: NumbersEnd.
func (n *Numbers) Next(position uint32) (archcode.FileNumber, error) {
	if position > 0 && position <= n.in.Listed {
		if own := n.in.Offset + position; !n.given[own] && !n.taken(archcode.FileNumber{Number: own}) {
			n.given[own] = true
			return archcode.FileNumber{Number: own}, nil
		}
	}
	for n.last < archcode.MaxNumber {
		n.last++
		if !n.given[n.last] && !n.taken(archcode.FileNumber{Number: n.last}) {
			n.given[n.last] = true
			return archcode.FileNumber{Number: n.last}, nil
		}
	}
	return archcode.FileNumber{}, NumbersEnd.With("last", n.last, "where", n.code.OfInventory().Format(fault.Russian))
}
