package find

import (
	"fmt"
	"math"
	"strconv"

	cataloguev1 "github.com/qoyma/qoyma/proto/gen/qoyma/catalogue/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/catalogue/internal/index"
	"github.com/qoyma/qoyma/services/platform/monitor"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// Labels translates labels and clearances into the index's numbers, and answers for single
// rows by the same numbers: lists and search cannot differ.
type Labels struct{ grounds *monitor.Grounds }

// closed is the bit of a ground that we do not know: no scope has it.
const closed = uint32(1) << 31

// NewLabels knows at most 31 grounds.
func NewLabels(grounds []string) (Labels, error) {
	if len(grounds) > 31 {
		return Labels{}, fmt.Errorf("catalogue: %d grounds of restriction, the index takes 31", len(grounds))
	}
	g, err := monitor.NewGrounds(grounds...)
	return Labels{grounds: g}, err
}

// Label is a label in the index. What does not fit is closed to everybody.
func (l Labels) Label(label *journalv1.Label) (level uint8, grounds uint32) {
	m := l.grounds.Label(monitor.Label{Level: label.GetLevel(), Grounds: label.GetGrounds()})
	level, grounds = uint8(min(m.Level, math.MaxUint8)), uint32(m.Grounds&math.MaxInt32)
	if m.Grounds > math.MaxInt32 {
		grounds |= closed
	}
	return level, grounds
}

// Scope is what a reader may see.
func (l Labels) Scope(clearance monitor.Scope) index.Scope {
	m := l.grounds.Scope(clearance)
	return index.Scope{MaxLevel: uint8(min(m.Level, math.MaxUint8-1)), Grounds: uint32(m.Grounds & math.MaxInt32)}
}

// Reads says whether a scope reads a label.
func (l Labels) Reads(scope index.Scope, label *journalv1.Label) bool {
	return scope.Reads(l.Label(label))
}

func ofFonds(code archcode.Code, row *cataloguev1.FondsRow) index.Document {
	return index.Document{Key: code.Key(), Title: text(row.GetName())}
}

func ofInventory(code archcode.Code, row *cataloguev1.InventoryRow, fonds index.Text) index.Document {
	from, to := years(int(row.GetYearFrom()), int(row.GetYearTo()))
	return index.Document{Key: code.Key(), Title: text(row.GetTitle()), FondsName: fonds, From: from, To: to}
}

func (l Labels) ofFile(code archcode.Code, row *cataloguev1.FileRow, fonds index.Text) index.Document {
	f := row.GetFile().GetFile()
	level, grounds := l.Label(f.GetLabel())
	from, to := years(yearOf(f.GetDateFrom()), yearOf(f.GetDateTo()))
	return index.Document{
		Key: code.Key(), Title: text(f.GetTitle()), FondsName: fonds, From: from, To: to, Level: level, Grounds: grounds,
		// Nobody says in which language a note is; it is read as both.
		Annotation: index.Text{KK: f.GetNote(), RU: f.GetNote()},
	}
}

func text(t *recordv1.Text) index.Text {
	return index.Text{KK: t.GetKk(), RU: t.GetRu(), EN: t.GetEn()}
}

// yearOf is the year of a civil date; 0 where there is none.
func yearOf(date string) int {
	if len(date) < 4 {
		return 0
	}
	year, err := strconv.Atoi(date[:4])
	if err != nil {
		return 0
	}
	return year
}

// years are outer dates as the index takes them: one known year stands for both; what no
// calendar has is none, since a slip in a date must not keep a file from being found.
func years(from, to int) (int, int) {
	if from == 0 {
		from = to
	}
	if to == 0 {
		to = from
	}
	if from < 1 || to > 9999 || from > to {
		return 0, 0
	}
	return from, to
}
