// Package archcode is the archival code (архивтік шифр, архивный шифр): archive, fonds,
// inventory, file and leaves, by which a document is cited, ordered and found (AR-1 and
// the practice of state archives).
//
// Numbers are given once, in order of first receipt, and never reused, so a code names
// one thing for ever. People write it in many ways – `ЦГА РК. Ф. Р-1109. Оп. 2лс.
// Д. 345а. Л. 10–12 об.`, `Қ. 1, Т. 2, І. 345`, `44-қор, 1-тізімдеме, 345-іс`,
// `1109/2/345`, `ф1109 оп2 д345` – and [Parse] reads all of them into one [Code], whose
// [Code.Key] is the same bytes for each spelling and sorts as the holdings stand on the
// list: by fonds, then inventory, then file.
package archcode

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// MaxNumber is the greatest number of a fonds, an inventory, a file or a leaf. The
// largest state archives stand near a million; the limit keeps a slip of the finger
// (a telephone number, a date without separators) from becoming a code.
const MaxNumber = 9_999_999

// maxLetters is how many letters may follow a number or precede a fonds number.
const maxLetters = 4

// FondsNumber is the number of a fonds with its letter index: 12, Р-1109, ЛС-14.
// Index is upper case Cyrillic, Letters lower case; both are usually empty. A fonds
// number is given at first receipt and never changes or comes back.
type FondsNumber struct {
	Index   string
	Number  uint32
	Letters string
}

// InventoryNumber is the number of an inventory within its fonds, with the letters that
// set apart, say, the inventory of personnel files: 2, 2лс.
type InventoryNumber struct {
	Number  uint32
	Letters string
}

// FileNumber is the number of a file within its inventory, with the letter of one that
// was put in between later: 345, 345а.
type FileNumber struct {
	Number  uint32
	Letters string
}

// Leaf is one leaf, or its back (оборот), within a file: 10, 10а, 12 об.
type Leaf struct {
	Number  uint32
	Letters string
	Verso   bool
}

// LeafRange is a run of leaves, both ends included; a single leaf has From equal to To.
type LeafRange struct{ From, To Leaf }

// Code is an archival code. The zero number of a part means that the part is absent: a
// code may name a fonds only, a fonds and an inventory, or go on to the file and its
// leaves. A part is never there without those before it.
type Code struct {
	Archive   string // the archive's abbreviation in upper case; "" when not written
	Fonds     FondsNumber
	Inventory InventoryNumber
	File      FileNumber
	Leaves    []LeafRange
}

// Level says how deep a code reaches.
type Level uint8

// The levels of a code. NoLevel is the zero code.
const (
	NoLevel Level = iota
	FondsLevel
	InventoryLevel
	FileLevel
)

// Level is the deepest part that the code names; leaves belong to the file.
func (c Code) Level() Level {
	switch {
	case c.File.Number != 0:
		return FileLevel
	case c.Inventory.Number != 0:
		return InventoryLevel
	case c.Fonds.Number != 0:
		return FondsLevel
	default:
		return NoLevel
	}
}

// OfFonds is the code cut to its fonds, without archive and leaves.
func (c Code) OfFonds() Code { return Code{Fonds: c.Fonds} }

// OfInventory is the code cut to its inventory, without archive and leaves.
func (c Code) OfInventory() Code { return Code{Fonds: c.Fonds, Inventory: c.Inventory} }

// OfFile is the code cut to its file, without archive and leaves.
func (c Code) OfFile() Code { return Code{Fonds: c.Fonds, Inventory: c.Inventory, File: c.File} }

// Equal says whether two codes are the same in every part, archive and leaves included.
func (c Code) Equal(d Code) bool {
	return c.Archive == d.Archive && c.Fonds == d.Fonds && c.Inventory == d.Inventory &&
		c.File == d.File && slices.Equal(c.Leaves, d.Leaves)
}

// Compare orders codes as a list of holdings does: fonds by index, number and letters,
// then inventory, then file; a fonds stands before its inventories, an inventory before
// its files. Archive and leaves do not count, as in [Code.Key].
func (c Code) Compare(d Code) int {
	return cmp.Or(
		compareLetters(c.Fonds.Index, d.Fonds.Index),
		cmp.Compare(c.Fonds.Number, d.Fonds.Number),
		compareLetters(c.Fonds.Letters, d.Fonds.Letters),
		cmp.Compare(c.Inventory.Number, d.Inventory.Number),
		compareLetters(c.Inventory.Letters, d.Inventory.Letters),
		cmp.Compare(c.File.Number, d.File.Number),
		compareLetters(c.File.Letters, d.File.Letters),
	)
}

// compare orders leaves as they lie in the file.
func (l Leaf) compare(m Leaf) int {
	side := func(l Leaf) int {
		if l.Verso {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(l.Number, m.Number), compareLetters(l.Letters, m.Letters), cmp.Compare(side(l), side(m)))
}

// String is the number as it is written everywhere: Р-1109.
func (f FondsNumber) String() string {
	s := strconv.FormatUint(uint64(f.Number), 10) + f.Letters
	if f.Index != "" {
		return f.Index + "-" + s
	}
	return s
}

// String is the number with its letters: 2лс.
func (n InventoryNumber) String() string { return strconv.FormatUint(uint64(n.Number), 10) + n.Letters }

// String is the number with its letters: 345а.
func (n FileNumber) String() string { return strconv.FormatUint(uint64(n.Number), 10) + n.Letters }

// form is how one language writes a code.
type form struct {
	fonds, inventory, file, leaf, leaves string // labels, with their blank
	between                              string
	verso                                string
}

// forms are the official spellings. Letters of the numbers stay Cyrillic in all three: a
// number is a name and is not translated. For the back of a leaf Kazakh acts prescribe no
// abbreviation; «сырты» is the default here.
var forms = map[fault.Language]form{
	fault.Russian: {"Ф. ", "Оп. ", "Д. ", "Л. ", "Л. ", ". ", " об."},
	fault.Kazakh:  {"Қ. ", "Т. ", "І. ", "П. ", "П. ", ", ", " сырты"},
	fault.English: {"Fonds ", "inventory ", "file ", "leaf ", "leaves ", ", ", " verso"},
}

// Format writes the code in the official form of a language (an unknown language reads
// as English): `ЦГА РК. Ф. 1. Оп. 2. Д. 345. Л. 10–12 об.`, `ЦГА РК. Қ. 1, Т. 2, І. 345`,
// `ЦГА РК. Fonds 1, inventory 2, file 345`. Parse of the result is the code again.
func (c Code) Format(lang fault.Language) string {
	f, ok := forms[lang]
	if !ok {
		f = forms[fault.English]
	}
	var parts []string
	if c.Level() >= FondsLevel {
		parts = append(parts, f.fonds+c.Fonds.String())
	}
	if c.Level() >= InventoryLevel {
		parts = append(parts, f.inventory+c.Inventory.String())
	}
	if c.Level() >= FileLevel {
		parts = append(parts, f.file+c.File.String())
	}
	if len(c.Leaves) > 0 {
		label := f.leaf
		if len(c.Leaves) > 1 || c.Leaves[0].From != c.Leaves[0].To {
			label = f.leaves
		}
		parts = append(parts, label+formatLeaves(c.Leaves, f.verso))
	}
	text := strings.Join(parts, f.between)
	if c.Archive != "" {
		return c.Archive + ". " + text
	}
	return text
}

// String is the short form that staff say and type, without archive and leaves:
// Р-1109/2лс/345а. A bare fonds number would read as any number, so it keeps its label.
func (c Code) String() string {
	clash := labels[strings.ToLower(c.Fonds.Index)] == fondsPart
	if c.Level() == NoLevel {
		return ""
	}
	if clash || c.Level() == FondsLevel && c.Fonds.Index == "" {
		return c.OfFile().Format(fault.Russian)
	}
	s := c.Fonds.String()
	if c.Level() >= InventoryLevel {
		s += "/" + c.Inventory.String()
	}
	if c.Level() >= FileLevel {
		s += "/" + c.File.String()
	}
	return s
}

func formatLeaves(ranges []LeafRange, verso string) string {
	one := func(l Leaf) string {
		s := strconv.FormatUint(uint64(l.Number), 10) + l.Letters
		if l.Verso {
			s += verso
		}
		return s
	}
	parts := make([]string, len(ranges))
	for i, r := range ranges {
		parts[i] = one(r.From)
		if r.From != r.To {
			parts[i] += "–" + one(r.To)
		}
	}
	return strings.Join(parts, ", ")
}
