// Package transfer holds the rules of a transfer on plain values: the states it goes
// through, which digital files belong to which unit of the inventory, what may be accepted,
// and the numbers of the book of accessions.
package transfer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// State is where a transfer stands. It only goes forward, save that a checked package may be
// replaced by another one, and rows returned and redone, before the acceptance begins.
type State string

// The states of a transfer (AR-12).
const (
	Announced State = "announced" // it was announced, and rows of its inventory are still coming
	Expected  State = "expected"  // the files fell due, the archive waits
	Checked   State = "checked"   // a whole package stands in staging
	Returned  State = "returned"  // rows were given back to be redone; the others stay as they are
	Accepting State = "accepting" // an archivist has accepted; the plan is being carried out
	Accepted  State = "accepted"  // it stands in the book of accessions
)

// States lists all states in their order.
func States() []State { return []State{Announced, Expected, Checked, Returned, Accepting, Accepted} }

// The faults of transfers.
var (
	Unknown = fault.Define(fault.NotFound, "intake.transfer.unknown",
		"there is no transfer {id}; see the list of expected transfers",
		"передачи {id} нет; посмотрите список ожидаемых передач",
		"{id} тапсыруы жоқ; күтілетін тапсырулар тізімін қараңыз")
	Incomplete = fault.Define(fault.Unavailable, "intake.transfer.incomplete",
		"the inventory of transfer {id} has not arrived whole yet; try again in a minute",
		"опись передачи {id} ещё не поступила целиком; повторите через минуту",
		"{id} тапсыруының тізімдемесі әлі толық келген жоқ; бір минуттан кейін қайталаңыз")
	UnderWay = fault.Define(fault.Refused, "intake.transfer.accepting",
		"transfer {id} is being accepted; nothing more can be sent for it or decided on it",
		"передача {id} уже принимается; дослать или решить по ней больше ничего нельзя",
		"{id} тапсыруы қабылдануда; ол бойынша ештеңе қосып жіберуге немесе шешуге болмайды")
	AlreadyAccepted = fault.Define(fault.Refused, "intake.transfer.accepted",
		"transfer {id} is accepted already; look at its accession in the book",
		"передача {id} уже принята; смотрите её поступление в книге учёта",
		"{id} тапсыруы қабылданып қойған; оның түсімін есепке алу кітабынан қараңыз")
	NoSuchPosition = fault.Define(fault.Invalid, "intake.accept.position",
		"transfer {id} has no file at position {position}; choose positions of its inventory, each once",
		"в передаче {id} нет дела под номером {position}; укажите номера из её описи, каждый один раз",
		"{id} тапсыруында {position} нөмірлі іс жоқ; оның тізімдемесіндегі нөмірлерді бір-бір реттен көрсетіңіз")
	NothingThere = fault.Define(fault.Refused, "intake.accept.nothing",
		"transfer {id} comes as files only, and none came for {count} units, the first at position {position}; return these rows to the department, or accept without them",
		"передача {id} поступает только в электронном виде, а файлов нет у дел: {count}, первое – {position}; верните эти строки ведомству или примите без них",
		"{id} тапсыруы тек электрондық түрде келеді, ал файлы жоқ іс саны: {count}, біріншісі – {position}; бұл жолдарды ведомствоға қайтарыңыз немесе оларсыз қабылдаңыз")
	BadNumber = fault.Define(fault.Invalid, "intake.number",
		"“{number}” is no accession number; write year and number, for example 2026-1",
		"«{number}» – не номер поступления; напишите год и номер, например 2026-1",
		"«{number}» – түсім нөмірі емес; жылы мен нөмірін жазыңыз, мысалы 2026-1")
)

// MayReceive says whether a package may be taken now.
func MayReceive(id string, s State, complete bool) error {
	switch {
	case s == Accepting:
		return UnderWay.With("id", id)
	case s == Accepted:
		return AlreadyAccepted.With("id", id)
	case s == Announced:
		return NotSealed.With("id", id)
	case !complete:
		return Incomplete.With("id", id)
	}
	return nil
}

// Number is a number in the book of accessions: counted from 1 each year without gaps.
type Number struct {
	Year int
	N    uint32
}

// String is "2026-1".
func (n Number) String() string { return fmt.Sprintf("%d-%d", n.Year, n.N) }

// ParseNumber reads exactly what String writes; anything else is BadNumber.
func ParseNumber(s string) (Number, error) {
	year, count, _ := strings.Cut(s, "-")
	y, err1 := strconv.ParseUint(year, 10, 16)
	n, err2 := strconv.ParseUint(count, 10, 32)
	parsed := Number{Year: int(y), N: uint32(n)}
	if err1 != nil || err2 != nil || n == 0 || y < 1000 || y > civil.MaxYear || parsed.String() != s {
		return Number{}, BadNumber.With("number", clip.Value(s))
	}
	return parsed, nil
}

// Next is the number of an acceptance on a day, when last is the last number of that day's
// year, 0 where there is none.
func Next(day civil.Date, last uint32) Number { return Number{Year: day.Year, N: last + 1} }

// submissions holds, in an object whose bag the archive made, the tag files of each package.
const submissions = "submission/"

// Submission is where a package's own tag file stands in such an object.
func Submission(packageID, path string) string { return submissions + packageID + "/" + path }

// Submitted is the inverse of Submission; ok is false for every other path.
func Submitted(at string) (packageID, path string, ok bool) {
	rest, ok := strings.CutPrefix(at, submissions)
	packageID, path, inside := strings.Cut(rest, "/")
	return packageID, path, ok && inside && packageID != "" && path != ""
}
