package nomenclature

import (
	"fmt"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/retention/internal/rules"
)

// State is where a file stands in its life in the department.
type State uint8

// The states, in order; a file only moves forward.
const (
	NoState     State = iota
	Open              // documents are put into it
	Closed            // finished, its leaves and outer dates known
	Listed            // in an approved inventory
	Due               // its day of transfer has come
	Transferred       // taken over by the state archive
)

var stateNames = [...]rules.Text{
	{KK: "жоқ", RU: "нет", EN: "absent"},
	{KK: "ашық", RU: "открыто", EN: "open"},
	{KK: "жабық", RU: "закрыто", EN: "closed"},
	{KK: "бекітілген тізімдемеде", RU: "в утверждённой описи", EN: "in an approved inventory"},
	{KK: "тапсыру мерзімі келді", RU: "подлежит передаче", EN: "due for transfer"},
	{KK: "тапсырылды", RU: "передано", EN: "transferred"},
}

// In is the state in words.
func (s State) In(l fault.Language) string {
	if int(s) < len(stateNames) {
		return stateNames[s].In(l)
	}
	return ""
}

// String is the state in all three languages, as a fault's text names it.
func (s State) String() string {
	return s.In(fault.Kazakh) + " / " + s.In(fault.Russian) + " / " + s.In(fault.English)
}

// File is a unit of keeping (сақтау бірлігі) registered under an entry. Opening gives it
// its id, year, index and volume, which never change; closing its extent and dates; the
// approved inventory its place; transfer its accession number.
type File struct {
	ID           FileID
	Organisation OrganisationID
	Year         int
	Index        Index
	Volume       int // from 1
	Title        Title
	State        State
	Opened       civil.Date
	Closing      Closing
	Inventory    InventoryID // where it is listed, a draft included; empty before
	Number       int         // in that inventory, from 1
}

// Closing is what is known when a file is closed.
type Closing struct {
	On       civil.Date
	Leaves   int        // of paper; 0 where the file is wholly digital
	Earliest civil.Date // outer dates of its documents
	Latest   civil.Date
}

// name is how a person knows the file: its index, volume and year.
func (f File) name() string {
	return fmt.Sprintf("%s/%d (%d)", f.Index, f.Volume, f.Year)
}

func (f File) wrongState(wanted State) error {
	return WrongState.With("file", f.name(), "state", f.State, "wanted", wanted)
}

// OpenFile decides the opening of a file under an entry. volumes is the number of files
// open or closed under the entry so far; a file without a title of its own takes the
// entry's.
func OpenFile(org Organisation, e Entry, volumes int, id FileID, title Title, on, today civil.Date) (File, error) {
	switch {
	case e.Organisation != org.ID:
		return File{}, WrongEntry.With("index", e.Index, "year", e.Year)
	case id == "":
		return File{}, bad("id", id)
	case !on.Valid() || on.Year != e.Year:
		return File{}, bad("opened", on)
	case !org.Liquidated.IsZero() && on.After(org.Liquidated):
		return File{}, Liquidated.With("date", org.Liquidated)
	case volumes < 0:
		return File{}, bad("volumes", volumes)
	}
	if err := ordered("opened", on, "today", today); err != nil {
		return File{}, err
	}
	if title == (Title{}) {
		title = e.Title
	}
	if err := title.check("title", 1000); err != nil {
		return File{}, err
	}
	return File{
		ID: id, Organisation: org.ID, Year: e.Year, Index: e.Index, Volume: volumes + 1,
		Title: title, State: Open, Opened: on,
	}, nil
}

// CloseFile decides the closing of a file. mostLeaves is the rule's most leaves in a volume
// (rules.VolumeLeaves).
func CloseFile(f File, c Closing, mostLeaves int, today civil.Date) (File, error) {
	if f.State != Open {
		return File{}, f.wrongState(Open)
	}
	switch {
	case c.Leaves < 0:
		return File{}, bad("leaves", c.Leaves)
	case c.Leaves > mostLeaves:
		return File{}, TooThick.With("leaves", c.Leaves, "most", mostLeaves)
	case !c.On.Valid():
		return File{}, bad("closed", c.On)
	case !c.Earliest.Valid() || !c.Latest.Valid():
		return File{}, bad("outer dates", c.Earliest.String()+" – "+c.Latest.String())
	}
	for _, pair := range []struct {
		a string
		x civil.Date
		b string
		y civil.Date
	}{
		{"opened", f.Opened, "closed", c.On},
		{"closed", c.On, "today", today},
		{"earliest", c.Earliest, "latest", c.Latest},
		{"latest", c.Latest, "closed", c.On},
	} {
		if err := ordered(pair.a, pair.x, pair.b, pair.y); err != nil {
			return File{}, err
		}
	}
	f.State, f.Closing = Closed, c
	return f, nil
}

func (f File) under(e Entry, org Organisation) error {
	if e.Organisation != f.Organisation || org.ID != f.Organisation || e.Year != f.Year || e.Index != f.Index {
		return WrongEntry.With("index", e.Index, "year", e.Year)
	}
	return nil
}

// HandOverEarly decides that the archive has taken the file before its term or beside the schedule (AR-12): one that is closed, whether
// it was put into an approved inventory yet or not.
func HandOverEarly(f File) (File, error) {
	if f.State < Closed || f.State > Due {
		return File{}, f.wrongState(Closed)
	}
	f.State = Transferred
	return f, nil
}

// HandOver decides that the archive has taken the file, on its word.
func HandOver(f File) (File, error) {
	if f.State != Due {
		return File{}, f.wrongState(Due)
	}
	f.State = Transferred
	return f, nil
}
