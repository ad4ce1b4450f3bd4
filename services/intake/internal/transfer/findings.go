package transfer

import (
	"slices"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// The faults of checking unit by unit (practice.md: transferred by the inventory, unit by unit).
var (
	NotSealed = fault.Define(fault.Refused, "intake.transfer.not_sealed",
		"the inventory of transfer {id} is not complete: send its rows and seal it first",
		"опись передачи {id} ещё не завершена: пришлите её строки и закройте опись",
		"{id} тапсыруының тізімдемесі аяқталмаған: алдымен жолдарын жіберіп, тізімдемені жабыңыз")
	BadFinding = fault.Define(fault.Invalid, "intake.finding",
		"“{finding}” of the unit at position {position} is no finding; write present, missing, damaged or leaves_differ",
		"«{finding}» у дела {position} – не итог проверки; напишите present, missing, damaged или leaves_differ",
		"{position}-істегі «{finding}» – тексеру нәтижесі емес; present, missing, damaged немесе leaves_differ жазыңыз")
	Unexplained = fault.Define(fault.Invalid, "intake.finding.unexplained",
		"the unit at position {position} is missing: write the giver's explanation, who signed it and on which day, not later than today",
		"дело {position} отсутствует: внесите объяснение сдатчика, кто и когда его подписал, не позже сегодняшнего дня",
		"{position}-іс жоқ: тапсырушының түсіндірмесін, оған кім және қашан (бүгіннен кеш емес) қол қойғанын жазыңыз")
	LeavesSame = fault.Define(fault.Invalid, "intake.finding.leaves",
		"the unit at position {position} has {listed} leaves by the inventory, and {counted} were counted: write leaves_differ where they differ, and present where they do not",
		"у дела {position} по описи листов – {listed}, сосчитано – {counted}: пишите leaves_differ, если они расходятся, и present, если нет",
		"{position}-істе тізімдеме бойынша {listed} парақ, саналғаны – {counted}: айырмасы болса leaves_differ, болмаса present жазыңыз")
	Unnoted = fault.Define(fault.Invalid, "intake.finding.unnoted",
		"say in the note what is damaged in the unit at position {position}",
		"укажите в примечании, что повреждено в деле {position}",
		"{position}-істе не бүлінгенін ескертпеде көрсетіңіз")
	NothingToFind = fault.Define(fault.Refused, "intake.finding.nothing",
		"transfer {id} comes as files only, and none came for the unit at position {position}: there is nothing to check; return its row, or record it as missing with the giver's explanation; where it was carried in on paper, the department names the form “mixed” first",
		"передача {id} поступает только в электронном виде, а файлов дела {position} нет: сверять нечего; верните его строку или отметьте дело отсутствующим с объяснением сдатчика; если оно принесено на бумаге, ведомство сначала указывает смешанную форму",
		"{id} тапсыруы тек электрондық түрде келеді, ал {position}-істің файлы жоқ: салыстыратын ештеңе жоқ; оның жолын қайтарыңыз немесе тапсырушының түсіндірмесімен оны жоқ деп белгілеңіз; іс қағаз түрінде әкелінсе, ведомство алдымен аралас нысанды көрсетеді")
	NotChecked = fault.Define(fault.Refused, "intake.accept.unchecked",
		"units of transfer {id} that were not checked against the inventory: {count}, the first at position {position}; record what was found of each, then accept",
		"не сверено с описью единиц: {count} (передача {id}), первая – {position}; запишите итог по каждой, затем примите",
		"{id} тапсыруында тізімдемемен салыстырылмаған бірлік саны: {count}, біріншісі – {position}; әрқайсысының нәтижесін жазып, содан кейін қабылдаңыз")
	NotCounted = fault.Define(fault.Refused, "intake.accept.uncounted",
		"transfer {id} comes without an inventory and nobody has counted its units here; count what was carried in, then accept",
		"передача {id} поступает без описи, а её единицы здесь никто не сосчитал; сосчитайте, что принесено, затем примите",
		"{id} тапсыруы тізімдемесіз келеді, ал оның бірліктерін мұнда ешкім санаған жоқ; әкелінгенді санап, содан кейін қабылдаңыз")
	UnitMissing = fault.Define(fault.Refused, "intake.accept.missing",
		"the unit at position {position} of transfer {id} was found missing and cannot be accepted; leave it out, or check it again",
		"дело {position} передачи {id} отсутствует, принять его нельзя; не включайте его или проверьте снова",
		"{id} тапсыруындағы {position}-іс жоқ, оны қабылдауға болмайды; оны қоспаңыз немесе қайта тексеріңіз")
	NoApproval = fault.Define(fault.Refused, "intake.accept.no_approval",
		"transfer {id} is scheduled and names no approved inventory with its protocol; have the inventory approved by the commission before it is accepted",
		"передача {id} – по графику, но в ней нет утверждённой описи с протоколом; до приёма утвердите опись на комиссии",
		"{id} тапсыруы кесте бойынша, бірақ онда хаттамасы бар бекітілген тізімдеме жоқ; қабылдамас бұрын тізімдемені комиссияда бекітіңіз")
	NoConsent = fault.Define(fault.Refused, "intake.accept.no_consent",
		"transfer {id} is early and needs the consent of the head of the archive before it is accepted",
		"передача {id} досрочная: до приёма нужно согласие руководителя архива",
		"{id} тапсыруы мерзімінен бұрын: қабылдау үшін архив басшысының келісімі керек")
	NothingLeft = fault.Define(fault.Refused, "intake.accept.nothing_left",
		"every unit of transfer {id} is missing or returned; there is nothing to accept until the department brings or redoes one",
		"все единицы передачи {id} отсутствуют или возвращены; принимать нечего, пока ведомство не принесёт или не исправит хоть одну",
		"{id} тапсыруының барлық бірлігі жоқ немесе қайтарылған; ведомство кемінде біреуін әкелгенше не түзеткенше қабылдайтын ештеңе жоқ")
	StillReturned = fault.Define(fault.Refused, "intake.accept.returned",
		"{count} rows of transfer {id} are returned and not redone yet; wait for the department's answer, or accept without them",
		"возвращено и ещё не исправлено строк: {count} (передача {id}); дождитесь ответа ведомства или примите без них",
		"{id} тапсыруында қайтарылып, әлі түзетілмеген жол саны: {count}; ведомствоның жауабын күтіңіз немесе оларсыз қабылдаңыз")
)

// Finding is what an archivist found of a unit on paper.
type Finding string

// The findings of practice.md.
const (
	Present      Finding = "present"
	Missing      Finding = "missing" // with the giver's signed explanation
	Damaged      Finding = "damaged"
	LeavesDiffer Finding = "leaves_differ"
)

// Found is a finding as it is recorded.
type Found struct {
	Position    uint32
	Finding     Finding
	Listed      uint32 // leaves by the inventory
	Counted     uint32 // leaves as counted; 0 where nobody counted
	Note        string
	Explanation string
	Explained   bool // a day and a name stand under the explanation
}

// Check refuses a finding that does not say what it must. Errors: BadFinding, Unexplained,
// LeavesSame, Unnoted.
func (f Found) Check() error {
	switch f.Finding {
	case Present:
		if f.Counted != 0 && f.Counted != f.Listed {
			return LeavesSame.With("position", f.Position, "listed", f.Listed, "counted", f.Counted)
		}
	case LeavesDiffer:
		if f.Counted == 0 || f.Counted == f.Listed {
			return LeavesSame.With("position", f.Position, "listed", f.Listed, "counted", f.Counted)
		}
	case Missing:
		if f.Explanation == "" || !f.Explained || f.Counted != 0 {
			return Unexplained.With("position", f.Position)
		}
	case Damaged:
		if f.Note == "" {
			return Unnoted.With("position", f.Position)
		}
	default:
		return BadFinding.With("finding", clip.Value(string(f.Finding)), "position", f.Position)
	}
	return nil
}

// Checks are what was found and what was returned of the units of a transfer, by position.
type Checks struct {
	Findings map[uint32]Finding
	Returned map[uint32]bool // returned and not redone
}

// Narrow leaves out what cannot be accepted where nobody said what is: nothing asked means every unit that is neither
// missing nor returned. Errors: NothingLeft, UnitMissing, StillReturned.
func (c Checks) Narrow(id string, units []Unit, asked []uint32) ([]uint32, error) {
	if len(asked) == 0 && (len(c.Findings) > 0 || len(c.Returned) > 0) {
		for _, u := range units {
			if c.Findings[u.Position] != Missing && !c.Returned[u.Position] {
				asked = append(asked, u.Position)
			}
		}
		if len(asked) == 0 {
			return nil, NothingLeft.With("id", id) // asking for nothing would mean all
		}
	}
	open := 0
	for _, p := range asked {
		if c.Findings[p] == Missing {
			return nil, UnitMissing.With("id", id, "position", p)
		}
		if c.Returned[p] {
			open++
		}
	}
	if open > 0 {
		return nil, StillReturned.With("id", id, "count", open)
	}
	return asked, nil
}

// Lack is how many units lack something, and the position of the first; nothing lacks where Count is 0.
type Lack struct{ Count, First uint32 }

func (l *Lack) add(position uint32) {
	if l.Count++; l.Count == 1 {
		l.First = position
	}
}

// Left is what is left to do before chosen units can be accepted.
type Left struct {
	Unfiled   Lack // no files came, and nothing else can: all of it comes as files
	Unchecked Lack // no files came, and nobody has found anything
}

// Left tells of which chosen units neither files came nor anything was found (AR-5; practice.md: paper is accepted unit by
// unit). Where no paper comes nothing but files counts. What is chosen stands in order.
func (c Checks) Left(units []Unit, chosen []uint32, hasContent func(uint32) bool, paper bool) (left Left) {
	for _, u := range units {
		_, checked := c.Findings[u.Position]
		_, accepted := slices.BinarySearch(chosen, u.Position)
		switch {
		case !accepted, hasContent(u.Position):
		case !paper:
			left.Unfiled.add(u.Position)
		case !checked:
			left.Unchecked.add(u.Position)
		}
	}
	return left
}

// Settled is nil where nothing is left. Errors: NothingThere, NotChecked.
func (l Left) Settled(id string) error {
	if l.Unfiled.Count > 0 {
		return NothingThere.With("id", id, "count", l.Unfiled.Count, "position", l.Unfiled.First)
	}
	if l.Unchecked.Count > 0 {
		return NotChecked.With("id", id, "count", l.Unchecked.Count, "position", l.Unchecked.First)
	}
	return nil
}
