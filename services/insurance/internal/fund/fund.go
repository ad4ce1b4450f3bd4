// Package fund is the rules of the insurance fund (AR-4; Law 326-I art. 12): which state a copy
// is in, how it is named, what may be asked for it, when it is checked again. Plain functions
// on plain values.
package fund

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// State is where a copy stands.
type State string

// The states, in the order of a copy's life.
const (
	Ordered   State = "ordered"  // to be made, or under way
	Failed    State = "failed"   // the original cannot be had; waits for a person
	Awaited   State = "awaited"  // the file is on paper: a microform is to be made
	Made      State = "made"     // stands at its sites, not yet read back everywhere
	Verified  State = "verified" // read back whole at every site
	Damaged   State = "damaged"  // original or copy has damage that can be mended
	Beyond    State = "beyond_repair"
	Microform State = "microform" // kept on film or as a scan alone
	Leaving   State = "leaving"   // its file's content is destroyed by a deaccession: so is the copy
	Destroyed State = "destroyed" // gone from every site
)

// States lists them.
func States() []State {
	return []State{Ordered, Failed, Awaited, Made, Verified, Damaged, Beyond, Microform, Leaving, Destroyed}
}

// Facts are what the state of a copy follows from.
type Facts struct {
	Sites      []State // of each site: Ordered, Made, Verified, Damaged or Destroyed
	Left       bool    // its file's content left the archive
	Failed     bool
	Microforms int
	Open       uint32 // damages that are not mended
	Beyond     uint32 // of these such as nothing can mend
}

// StateOf is a copy's state. Damage outweighs everything else, because it is what a person
// must see; but of a copy that leaves nothing is mended.
func StateOf(f Facts) State {
	switch {
	case f.Left && slices.ContainsFunc(f.Sites, func(s State) bool { return s != Destroyed }):
		return Leaving
	case f.Left:
		return Destroyed
	case f.Beyond > 0:
		return Beyond
	case f.Open > 0:
		return Damaged
	case f.Failed:
		return Failed
	case len(f.Sites) == 0 && f.Microforms > 0:
		return Microform
	case len(f.Sites) == 0:
		return Awaited
	}
	state := Verified
	for _, s := range f.Sites {
		switch s {
		case Ordered:
			return Ordered
		case Verified, Damaged:
		default:
			state = Made
		}
	}
	return state
}

// Faults that people can cause.
var (
	Unknown = fault.Define(fault.NotFound, "insurance.copy.unknown",
		"the insurance fund has no copy of {code}; look it up in the list of copies, or order one",
		"в страховом фонде нет копии {code}; найдите её в списке копий или закажите",
		"сақтандыру қорында {code} көшірмесі жоқ; оны көшірмелер тізімінен табыңыз немесе тапсырыс беріңіз")
	Exists = fault.Define(fault.Conflict, "insurance.copy.exists",
		"a copy of {code} is in the insurance fund already: it is {state}",
		"копия {code} уже есть в страховом фонде, её состояние: {state}",
		"{code} көшірмесі сақтандыру қорында бар, оның күйі: {state}")
	NotFailed = fault.Define(fault.Refused, "insurance.copy.not_failed",
		"the copy of {code} is {state}; only one that failed is tried again",
		"копия {code} в состоянии {state}; повторно делают только неудавшуюся",
		"{code} көшірмесінің күйі – {state}; тек сәтсіз болғаны қайта жасалады")
	BadGround = fault.Define(fault.Invalid, "insurance.ground",
		"say why the file is to be insured, in 3 to {limit} characters: the decision of the commission, its number and date",
		"укажите основание страхового копирования, от 3 до {limit} знаков: решение комиссии, его номер и дата",
		"сақтандыру көшірмесінің негізін 3-тен {limit} таңбаға дейін көрсетіңіз: комиссия шешімі, нөмірі мен күні")
	BadMicroform = fault.Define(fault.Invalid, "insurance.microform",
		"the record of the microform is not complete: {problem}; correct it and send it again",
		"запись о микроформе неполна: {problem}; исправьте и отправьте снова",
		"микроформа туралы жазба толық емес: {problem}; түзетіп, қайта жіберіңіз")
	// What may be wrong with the record of a microform: the {problem} of BadMicroform, each field called as the page calls it.
	wrongKind = filmProblem("kind",
		"its kind is one of {known}",
		"вид – один из {known}",
		"түрі мыналардың бірі: {known}")
	wrongRoll = filmProblem("roll",
		"the number of the roll or carrier has 1 to {limit} characters",
		"в номере рулона или носителя от 1 до {limit} знаков",
		"орам немесе тасығыш нөмірі 1-ден {limit} таңбаға дейін")
	wrongPlace = filmProblem("place",
		"where it is kept has at most {limit} characters",
		"место хранения не длиннее {limit} знаков",
		"сақталатын жері {limit} таңбадан аспайды")
	wrongFrames = filmProblem("frames",
		"frames count from 1, and the last ({to}) is not before the first ({from})",
		"кадры считаются с 1, и последний ({to}) не раньше первого ({from})",
		"кадрлар 1-ден басталады, соңғысы ({to}) біріншісінен ({from}) бұрын болмайды")
	wrongDay = filmProblem("day",
		"the day it was made on is written as 2026-11-28",
		"дата изготовления пишется как 2026-11-28",
		"жасалған күні 2026-11-28 түрінде жазылады")
	laterDay = filmProblem("later",
		"the day it was made on ({day}) is later than today",
		"дата изготовления ({day}) позже сегодняшнего дня",
		"жасалған күні ({day}) бүгіннен кейін")
	BadPeriod = fault.Define(fault.Invalid, "insurance.period",
		"copies are checked every 1 to {limit} days; {days} is not among them",
		"копии проверяют раз в 1–{limit} дней; {days} не годится",
		"көшірмелер 1–{limit} күнде бір рет тексеріледі; {days} жарамайды")
	Running = fault.Define(fault.Conflict, "insurance.scrub.running",
		"scrub {scrub} is under way; wait until it ends, or check one copy alone",
		"проверка {scrub} ещё идёт; дождитесь её конца или проверьте одну копию",
		"{scrub} тексеруі жүріп жатыр; аяқталуын күтіңіз немесе бір көшірмені ғана тексеріңіз")
	NothingToCheck = fault.Define(fault.Refused, "insurance.scrub.nothing",
		"there is nothing to check: no copy that is meant was made and verified yet",
		"проверять нечего: ни одна из этих копий ещё не изготовлена и не проверена",
		"тексеретін ештеңе жоқ: бұл көшірмелердің бірде-бірі әлі жасалып, тексерілген жоқ")
	NoScrub = fault.Define(fault.NotFound, "insurance.scrub.unknown",
		"there is no scrub {scrub}; look it up in the list of scrubs",
		"проверки {scrub} нет; найдите её в списке проверок",
		"{scrub} тексеруі жоқ; оны тексерулер тізімінен қараңыз")
	BadState = fault.Define(fault.Invalid, "insurance.state",
		"there is no state “{state}”; use {known}",
		"состояния «{state}» нет; используйте {known}",
		"«{state}» күйі жоқ; мыналарды қолданыңыз: {known}")
)

// Marked is the ground of a copy that follows from the file's own mark.
const Marked = "especially_valuable"

const maxGround = 500 // characters

// Ground judges an archivist's ground.
func Ground(text string) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n < 3 || n > maxGround || text == Marked || !utf8.ValidString(text) {
		return "", BadGround.With("limit", maxGround)
	}
	return text, nil
}

func filmProblem(code, en, ru, kk string) *fault.Definition {
	return fault.Define(fault.Invalid, "insurance.microform."+code, en, ru, kk)
}

// Bounds of a microform's record, in characters.
const (
	maxRoll  = 100
	maxPlace = 200
)

// Kinds of microform.
var Kinds = []string{"microfilm", "microfiche", "scan"}

// Film is a microform as it is judged.
type Film struct {
	Kind, Roll, MadeOn, Place string
	From, To                  uint32
}

// Judge says what is wrong with a microform's record; today is the civil date in Almaty.
func (f Film) Judge(today civil.Date) error {
	bad := func(problem *fault.Error) error { return BadMicroform.With("problem", problem) }
	known := false
	for _, k := range Kinds {
		known = known || f.Kind == k
	}
	made, err := civil.Parse(f.MadeOn)
	switch {
	case !known:
		return bad(wrongKind.With("known", strings.Join(Kinds, ", ")))
	case f.Roll == "" || utf8.RuneCountInString(f.Roll) > maxRoll || !utf8.ValidString(f.Roll):
		return bad(wrongRoll.With("limit", maxRoll))
	case utf8.RuneCountInString(f.Place) > maxPlace || !utf8.ValidString(f.Place):
		return bad(wrongPlace.With("limit", maxPlace))
	case f.From == 0 || f.To < f.From:
		return bad(wrongFrames.With("from", f.From, "to", f.To))
	case err != nil:
		return bad(wrongDay.With())
	case made.After(today):
		return bad(laterDay.With("day", f.MadeOn))
	}
	return nil
}

// DefaultPeriod is how often every copy is checked where nobody set it otherwise, in days: our
// default, no law gives a number.
const DefaultPeriod = 30

const maxPeriod = 3650

// Period judges a period of checks, in days.
func Period(days uint32) error {
	if days < 1 || days > maxPeriod {
		return BadPeriod.With("limit", maxPeriod, "days", days)
	}
	return nil
}

// pause is the least time between the end of one scrub and the next that begins by itself:
// what could not be reached is not read over and over.
const pause = 24 * time.Hour

// NextCheck is when the copy that was checked longest ago is due. after is the time of the last
// scrub's end; zero where there was none.
func NextCheck(oldest time.Time, days uint32, after time.Time) time.Time {
	due := oldest.AddDate(0, 0, int(days))
	if !after.IsZero() && due.Before(after.Add(pause)) {
		due = after.Add(pause)
	}
	return due
}

// Side of a damage.
const (
	Original = "original"
	Copy     = "copy"
)

// KindOf is what a damage is: changed, missing or unreadable. gone says that nothing stands
// there at all.
func KindOf(actual string, gone bool) string {
	switch {
	case actual != "":
		return "changed"
	case gone:
		return "missing"
	}
	return "unreadable"
}

// Percent of a whole; 100 only when all is done.
func Percent(done, of uint32) uint32 {
	if of == 0 || done >= of {
		return 100
	}
	return uint32(uint64(done) * 100 / uint64(of))
}
