// Package nomenclature holds the rules of a department's files from their opening to
// their transfer: the organisation, the entries of its nomenclature of files, the files
// registered under them, and the inventories that make them final.
//
// Everything here is a function on plain values: it is handed every fact, the day
// included, and gives the new value or a fault that says what to do. It reads no clock and
// no store; a store's Decide gathers the facts, calls, and turns the new value into an
// event.
package nomenclature

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/retention/internal/due"
	"github.com/qoyma/qoyma/services/retention/internal/term"
)

// Names of things have types, so that one is not taken for another.
type (
	// OrganisationID names an organisation.
	OrganisationID string
	// FileID names a file.
	FileID string
	// InventoryID names an inventory.
	InventoryID string
	// Index names an entry: unit code and number, "02-05".
	Index string
)

// Title is a title in Kazakh and Russian (IS-3).
type Title struct {
	KK, RU string
}

// In is the title in a language, or in the other one where it lacks it.
func (t Title) In(l fault.Language) string {
	if (l == fault.Kazakh && t.KK != "") || t.RU == "" {
		return t.KK
	}
	return t.RU
}

// Organisation creates files and hands them over. It is entered once; its level and
// whether it is a source of acquisition (AR-12) may be corrected and decide due dates
// from then on; liquidation ends it.
type Organisation struct {
	ID         OrganisationID
	BIN        string // business identification number, 12 digits
	Name       Title
	Level      due.Level
	Source     bool       // on the list of sources of acquisition
	Archive    string     // code of the state archive that takes its documents
	Fonds      string     // its fonds number there, empty until one is given
	Liquidated civil.Date // none while it exists
}

var binRE = regexp.MustCompile(`^\d{12}$`)

// Check tells whether an organisation can be entered so (BadField).
func (o Organisation) Check() error {
	switch {
	case o.ID == "":
		return bad("id", o.ID)
	case !binRE.MatchString(o.BIN):
		return bad("БСН / БИН", o.BIN)
	case !text(o.Name.KK, 500):
		return bad("name, kk", o.Name.KK)
	case !text(o.Name.RU, 500):
		return bad("name, ru", o.Name.RU)
	case o.Level < due.Republican || o.Level > due.District:
		return bad("level", o.Level)
	case o.Source && o.Archive == "":
		return bad("archive", o.Archive) // a source of acquisition has its archive
	case !o.Liquidated.IsZero() && !o.Liquidated.Valid():
		return bad("liquidated", o.Liquidated)
	}
	return nil
}

// Entry is one line of a nomenclature of files: what files of a kind are called, how long
// they are kept and by which article of which list (AR-7). It is made for one year and
// does not change in its term or article once a file is open under it.
type Entry struct {
	Organisation OrganisationID
	Year         int
	Index        Index
	Title        Title
	List         string // the list the article is of
	Article      string
	Term         term.Term
	Material     due.Material
	Personnel    bool // documents on personnel: terms and inventories of their own (AR-5)
}

var indexRE = regexp.MustCompile(`^\d{1,3}(?:-\d{1,3}){1,3}[\pL]?$`)

// Enter decides a new or corrected entry. existing is the entry of the same organisation,
// year and index, nil where there is none; correct says that it is to be replaced, and
// files is the number of files open or closed under it.
func Enter(org Organisation, existing *Entry, e Entry, correct bool, files int, today civil.Date) (Entry, error) {
	switch {
	case e.Organisation != org.ID:
		return Entry{}, WrongEntry.With("index", e.Index, "year", e.Year)
	case e.Year < 1900 || e.Year > today.Year+1:
		return Entry{}, bad("year", e.Year) // next year's is prepared in this one
	case !org.Liquidated.IsZero() && e.Year > org.Liquidated.Year:
		return Entry{}, Liquidated.With("date", org.Liquidated)
	case !indexRE.MatchString(string(e.Index)):
		return Entry{}, bad("index", e.Index)
	case !text(e.Title.KK, 1000):
		return Entry{}, bad("title, kk", e.Title.KK)
	case !text(e.Title.RU, 1000):
		return Entry{}, bad("title, ru", e.Title.RU)
	case e.Article != "" && !text(e.Article, 100):
		return Entry{}, bad("article", e.Article)
	case e.Material > due.Design:
		return Entry{}, bad("material", e.Material)
	}
	if err := e.Term.Validate(); err != nil {
		return Entry{}, err
	}
	if existing == nil {
		return e, nil
	}
	if !correct {
		return Entry{}, EntryExists.With("index", e.Index, "year", e.Year)
	}
	if files > 0 && (existing.Term != e.Term || existing.Article != e.Article || existing.Material != e.Material || existing.Personnel != e.Personnel) {
		return Entry{}, EntryInUse.With("index", e.Index, "year", e.Year, "count", files)
	}
	return e, nil
}

func bad(field string, value any) error {
	if s, ok := value.(string); ok && utf8.RuneCountInString(s) > 60 {
		value = string([]rune(s)[:60]) + "…"
	}
	return BadField.With("field", field, "value", value)
}

// text tells whether a person's text is there, not longer than most characters, and free of
// control characters.
func text(s string, most int) bool {
	return strings.TrimSpace(s) != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= most &&
		strings.IndexFunc(s, unicode.IsControl) < 0
}

// ordered refuses two days that stand in the wrong order.
func ordered(earlier string, first civil.Date, later string, second civil.Date) error {
	if first.After(second) {
		return BadDates.With("earlier", earlier, "first", first, "later", later, "second", second)
	}
	return nil
}
