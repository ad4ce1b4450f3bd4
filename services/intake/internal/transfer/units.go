package transfer

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// The faults and warnings of a package as it meets its inventory. The clause is the
// archive's own rule: data/<position>/….
var (
	NoUnit = fault.Define(fault.Invalid, "intake.package.no_unit",
		"the file belongs to no unit: put it into data/<position in the inventory>/, for example data/0001/",
		"файл не относится ни к одному делу: положите его в data/<номер по описи>/, например data/0001/",
		"файл ешбір іске жатпайды: оны data/<тізімдемедегі нөмірі>/ қалтасына салыңыз, мысалы data/0001/")
	NoRow = fault.Define(fault.Invalid, "intake.package.no_row",
		"the record belongs to no row of the inventory: in an E-ARK package put it into representations/<name>/data/<position in the inventory>/, for example representations/rep1/data/0001/, and make the package anew",
		"документ не относится ни к одной строке описи: в пакете E-ARK положите его в representations/<имя>/data/<номер по описи>/, например representations/rep1/data/0001/, и соберите пакет заново",
		"құжат тізімдеменің ешбір жолына жатпайды: E-ARK пакетінде оны representations/<атауы>/data/<тізімдемедегі нөмірі>/ қалтасына, мысалы representations/rep1/data/0001/ ішіне салып, пакетті қайта жинаңыз")
	NotListed = fault.Define(fault.Invalid, "intake.package.not_listed",
		"the inventory of this transfer lists no file at position {position}; correct the folder's number or have the inventory approved with it",
		"в описи этой передачи нет дела под номером {position}; исправьте номер папки или утвердите опись с этим делом",
		"осы тапсырудың тізімдемесінде {position} нөмірлі іс жоқ; қалта нөмірін түзетіңіз немесе тізімдемені осы іспен бекітіңіз")
	TooManyInUnit = fault.Define(fault.Invalid, "intake.package.unit_too_large",
		"too many digital files in the unit at position {position}; gather them into volumes or pack series of images into one file",
		"в деле {position} слишком много электронных файлов; разделите его на тома или объедините серии изображений в один файл",
		"{position}-істе электрондық файл тым көп; оны томдарға бөліңіз немесе сурет топтамаларын бір файлға біріктіріңіз")
	OnPaper = fault.Define(fault.Refused, "intake.package.on_paper",
		"the file at position {position} comes with no digital content; send its files, or bring it itself where it is on paper or another carrier",
		"дело {position} поступило без электронного содержимого; пришлите его файлы, а если оно на бумаге или ином носителе – привезите его само",
		"{position}-іс электрондық мазмұнсыз келді; оның файлдарын жіберіңіз, ал қағазда не басқа тасығышта болса, өзін әкеліңіз")
)

// Clause is what the faults of this package rest on.
const Clause = "AR-12"

// MaxDigits is how many digits the number of a unit has at most in a path, with the noughts before it.
const MaxDigits = 10

// PositionOf is the position in the inventory to which a path of a package belongs:
// "data/0001/…" gives 1. ok is false for everything else.
func PositionOf(path string) (position uint32, ok bool) {
	rest, payload := strings.CutPrefix(path, "data/")
	digits, file, inside := strings.Cut(rest, "/")
	if !payload || !inside || file == "" || len(digits) > MaxDigits || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), err == nil && n > 0
}

// Unit is one listed file, as far as the rules look at it.
type Unit struct {
	Position uint32
	Leaves   uint32 // of paper; 0 where wholly digital
	Row      int    // bytes of its row in an event
}

// maxRow is how large a unit's row with its paths may grow, in bytes: it travels in one
// event.
const maxRow = 160 << 10

// Assignment puts the payload paths of a package to the listed units, one after another: memory goes by the
// number of units.
type Assignment struct {
	units  []Unit
	rows   map[uint32]int // bytes of a listed unit's row with its paths
	of     map[uint32]string
	faults Few
}

// Assign begins with the units that are listed.
func Assign(units []Unit) *Assignment {
	a := &Assignment{units: units, rows: make(map[uint32]int, len(units)), of: make(map[uint32]string)}
	for _, u := range units {
		a.rows[u.Position] = u.Row
	}
	return a
}

// Add takes the next path, in the order of paths.
func (a *Assignment) Add(path string) {
	position, ok := PositionOf(path)
	if !ok {
		a.faults.Add(path, NoUnit.With())
		return
	}
	before, listed := a.rows[position]
	if !listed {
		a.faults.Add(path, NotListed.With("position", position))
		return
	}
	if _, came := a.of[position]; !came {
		a.of[position] = path
	}
	a.rows[position] += len(path) + 4
	if before <= maxRow && a.rows[position] > maxRow {
		a.faults.Add(path, TooManyInUnit.With("position", position))
	}
}

// End gives the first path of each unit for which any came. faults name the paths that belong to none;
// warnings the units for which nothing came.
func (a *Assignment) End() (of map[uint32]string, faults, warnings Few) {
	for _, u := range a.units {
		if a.of[u.Position] == "" {
			warnings.Add(strconv.FormatUint(uint64(u.Position), 10), OnPaper.With("position", u.Position))
		}
	}
	return a.of, a.faults, warnings
}

// Few are findings of which there may be as many as files: the first are kept, the others counted. More
// than these no event lists.
type Few struct {
	Items []fault.Item
	More  int // that are not kept
}

// Kept is how many findings of a kind are kept.
const Kept = 1000

// Add adds one behind the others.
func (f *Few) Add(where string, what *fault.Error) {
	if len(f.Items) == Kept {
		f.More++
		return
	}
	f.Items = append(f.Items, fault.Item{Where: where, Fault: what})
}

// Count is how many there are.
func (f *Few) Count() int { return len(f.Items) + f.More }

// Choose gives the positions that an archivist accepts, in order: each is listed and stands once. None asked means all
// that are listed. Error: NoSuchPosition.
func Choose(id string, units []Unit, asked []uint32) ([]uint32, error) {
	listed := make(map[uint32]bool, len(units))
	for _, u := range units {
		listed[u.Position] = true
	}
	chosen := slices.Sorted(slices.Values(asked))
	if len(asked) == 0 {
		chosen = slices.Sorted(maps.Keys(listed))
	}
	if len(chosen) == 0 {
		return nil, NoSuchPosition.With("id", id, "position", 1)
	}
	for i, position := range chosen {
		if !listed[position] || (i > 0 && chosen[i-1] == position) {
			return nil, NoSuchPosition.With("id", id, "position", position)
		}
	}
	return chosen, nil
}
