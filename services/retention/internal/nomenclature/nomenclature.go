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
	"cmp"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/retention/internal/due"
	"github.com/qoyma/qoyma/services/standards/term"
)

// Names of things are types, so that one is not taken for another.
type (
	// OrganisationID is an organisation's short code, "akimat-almaly".
	OrganisationID string
	// FileID is a file's identifier.
	FileID string
	// InventoryID is an inventory's identifier.
	InventoryID string
	// Index is an entry's: unit code and number, "02-05".
	Index string
)

// Title is a title in the languages of the archive; at least one is given (IS-3).
type Title struct {
	KK, RU, EN string
}

// In is the title in a language, or in the first one that there is.
func (t Title) In(l fault.Language) string {
	own := map[fault.Language]string{fault.Kazakh: t.KK, fault.Russian: t.RU, fault.English: t.EN}[l]
	return cmp.Or(own, t.RU, t.KK, t.EN)
}

// check refuses a title that has no language, or one too long or not readable in any.
func (t Title) check(field string, most int) error {
	if t == (Title{}) {
		return bad(field, "kk / ru / en: –")
	}
	for _, one := range []string{t.KK, t.RU, t.EN} {
		if one != "" && !text(one, most) {
			return bad(field, one)
		}
	}
	return nil
}

// Organisation creates files and hands them over. It is entered once; its level and
// whether it is a source of acquisition (AR-12) may be corrected and decide due dates
// from then on; liquidation ends it.
type Organisation struct {
	ID         OrganisationID
	Name       Title
	Level      due.Level
	Source     bool       // on the list of sources of acquisition
	Liquidated civil.Date // none while it exists
}

// organisationRE keeps an id fit to stand in file ids, links and folders of packages.
var organisationRE = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$`)

// Register decides the entering of an organisation. taken says whether the id is in use
// (OrganisationExists); what is not filled in rightly is BadField.
func Register(o Organisation, taken bool) error {
	switch {
	case !organisationRE.MatchString(string(o.ID)):
		return bad("id: a–z, 0–9, -", string(o.ID))
	case o.Level < due.Republican || o.Level > due.District:
		return bad("level: republican, regional, district", o.Level)
	case !o.Liquidated.IsZero() && !o.Liquidated.Valid():
		return bad("liquidated", o.Liquidated)
	}
	if err := o.Name.check("name", 500); err != nil {
		return err
	}
	if taken {
		return OrganisationExists.With("id", o.ID)
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
	case e.Article != "" && !text(e.Article, 100):
		return Entry{}, bad("article", e.Article)
	case e.Material > due.Design:
		return Entry{}, bad("material", e.Material)
	}
	if err := e.Title.check("title", 1000); err != nil {
		return Entry{}, err
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

// maxShown is how much a message shows of a field, in characters.
const maxShown = 60

func bad(field string, value any) error {
	if s, ok := value.(string); ok {
		value = clip.Runes(s, maxShown)
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
