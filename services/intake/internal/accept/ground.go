package accept

import (
	"fmt"
	"slices"
	"strings"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/act"
	"github.com/qoyma/qoyma/services/intake/internal/kind"
	"github.com/qoyma/qoyma/services/intake/internal/store"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
)

// row is the table's line: the inventory, or what came without one.
func row(a *intakev1.AccessionAccepted) act.Row {
	inventory := a.GetInventory()
	if a.GetUndescribed() > 0 {
		return act.Row{Inventory: "–", Title: act.Text{KK: "сипатталмаған құжаттар", RU: "неописанные документы"}, Units: int(a.GetAccepted())}
	}
	return act.Row{
		Inventory: inventory.GetNumber(), Title: text(inventory.GetTitle(), inventory.GetNumber(), 1000), Copies: 1, Units: int(a.GetAccepted()),
	}
}

// kindOf is the kind of the act's transfer in words; none of a scheduled one.
func kindOf(a *intakev1.AccessionAccepted) act.Text {
	rule, ok := kind.ByName(a.GetGround().GetRule())
	if !ok {
		return act.Text{}
	}
	return act.Text{KK: rule.Title.KK, RU: rule.Title.RU}
}

// ground is what the transfer rests on: the approval of its inventory (AR-8), or what its kind names
// (AR-2, AR-3).
func ground(a *intakev1.AccessionAccepted) act.Text {
	var kk, ru []string
	add := func(inKazakh, inRussian string) { kk, ru = append(kk, inKazakh), append(ru, inRussian) }
	g := a.GetGround()
	if g.GetDocument() != "" {
		on := dotted(g.GetDocumentDate())
		add(strings.TrimSuffix(g.GetDocument()+", "+on, ", "), strings.TrimSuffix(g.GetDocument()+" от "+on, " от "))
	}
	if g.GetReason() != "" {
		add(g.GetReason(), g.GetReason())
	}
	if d := dotted(g.GetLiquidatedOn()); d != "" {
		add("таратылған күні: "+d, "дата ликвидации: "+d)
	}
	if g.GetCountry() != "" {
		where := strings.Join([]string{g.GetCountry(), g.GetHolder(), g.GetAgreement()}, ", ")
		add("шетелден қайтарылды: "+where, "возвращено из-за рубежа: "+where)
	}
	if p := g.GetProtocol(); p.GetNumber() != "" {
		add(fmt.Sprintf("%s %s № %s хаттамасы", p.GetCommission(), dotted(p.GetDate()), p.GetNumber()),
			fmt.Sprintf("протокол %s от %s № %s", p.GetCommission(), dotted(p.GetDate()), p.GetNumber()))
	}
	if i := a.GetInventory(); i.GetNumber() != "" {
		add(approved(i))
	}
	return act.Text{KK: cut(strings.Join(kk, "; "), 1000), RU: cut(strings.Join(ru, "; "), 1000)}
}

// approved is an inventory with its approval (AR-8).
func approved(i *recordv1.Inventory) (kk, ru string) {
	approval := i.GetApproval()
	if approval.GetNumber() == "" {
		return "№ " + i.GetNumber() + " тізімдеме", "опись № " + i.GetNumber()
	}
	day := dotted(approval.GetDate())
	return fmt.Sprintf("№ %s тізімдеме, %s %s № %s хаттамасымен бекітілген", i.GetNumber(), approval.GetCommission(), day, approval.GetNumber()),
		fmt.Sprintf("опись № %s, утверждена протоколом %s от %s № %s", i.GetNumber(), approval.GetCommission(), day, approval.GetNumber())
}

// dotted is a civil date as papers write it; a text that is none stays as it is.
func dotted(s string) string {
	if d, err := civil.Parse(s); err == nil {
		return d.Dotted()
	}
	return s
}

// maxDifferences is what fits on the form; the last line then spans all that is left, and the
// book says which of it was accepted.
const maxDifferences = 1000

// differences lists what was announced and not accepted, neighbours of one reason in one line:
// missing with its explanation, not redone, without the files as which it comes, or left out by the archive.
func (f *facts) differences(inventory string, chosen []uint32) []act.Difference {
	var out []act.Difference
	var joined spans
	emit := func(first, last uint32, why act.Text) {
		out = append(out, act.Difference{Unit: cited(inventory, span(first, last)), Reason: why})
	}
	for _, u := range f.units {
		if _, yes := slices.BinarySearch(chosen, u.Position); !yes {
			joined.add(u.Position, f.why(u.Position), len(out) >= maxDifferences, emit)
		} else if len(out) < maxDifferences {
			joined.flush(emit)
		}
	}
	joined.flush(emit)
	return out
}

// why a unit was not accepted.
func (f *facts) why(position uint32) act.Text {
	found := f.findings[position]
	switch {
	case found.GetFinding() == string(transfer.Missing):
		return act.Text{
			KK: cut("жоқ; түсіндірме ("+dotted(found.GetExplainedOn())+"): "+found.GetExplanation(), 1000),
			RU: cut("отсутствует; объяснение от "+dotted(found.GetExplainedOn())+": "+found.GetExplanation(), 1000),
		}
	case f.checks.Returned[position]:
		return act.Text{KK: "түзетуге қайтарылды", RU: "возвращено на исправление"}
	case !store.TakesPaper(f.transfer) && !f.has(position):
		return act.Text{KK: "файлдары келмеді", RU: "файлы не поступили"}
	}
	return act.Text{KK: "архив қабылдаған жоқ", RU: "не принято архивом"}
}

// remarks lists what was accepted and is not as the inventory says: damaged, or with other leaves.
func (f *facts) remarks(inventory string, chosen []uint32) []act.Difference {
	var out []act.Difference
	for _, u := range f.units {
		found := f.findings[u.Position]
		if _, yes := slices.BinarySearch(chosen, u.Position); !yes || len(out) == maxDifferences {
			continue
		}
		var why act.Text
		switch transfer.Finding(found.GetFinding()) {
		case transfer.Damaged:
			why = act.Text{KK: "бүлінген: " + found.GetNote(), RU: "повреждено: " + found.GetNote()}
		case transfer.LeavesDiffer:
			why = act.Text{
				KK: strings.TrimSuffix(fmt.Sprintf("парақ саны: тізімдемеде %d, іс жүзінде %d; %s", u.Leaves, found.GetLeaves(), found.GetNote()), "; "),
				RU: strings.TrimSuffix(fmt.Sprintf("листов по описи %d, в наличии %d; %s", u.Leaves, found.GetLeaves(), found.GetNote()), "; "),
			}
		case transfer.Present, transfer.Missing:
			continue
		default:
			continue
		}
		out = append(out, act.Difference{
			Unit: cited(inventory, span(u.Position, u.Position)), Reason: act.Text{KK: cut(why.KK, 1000), RU: cut(why.RU, 1000)},
		})
	}
	return out
}

// spans joins neighbours of one reason.
type spans struct {
	first, last uint32
	why         act.Text
}

// add puts a position behind the last; rest joins it whatever its reason, because no more lines fit.
func (s *spans) add(position uint32, why act.Text, rest bool, emit func(first, last uint32, why act.Text)) {
	if s.first != 0 && s.why != why && !rest {
		s.flush(emit)
	}
	if s.first == 0 {
		s.first, s.why = position, why
	}
	s.last = position
}

func (s *spans) flush(emit func(first, last uint32, why act.Text)) {
	if s.first != 0 {
		emit(s.first, s.last, s.why)
	}
	*s = spans{}
}

func span(first, last uint32) string {
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d–%d", first, last)
}

// cited names units within an inventory as each language abbreviates it.
func cited(inventory, units string) act.Text {
	return act.Text{KK: "Т. " + inventory + ", І. " + units, RU: "оп. " + inventory + ", д. " + units}
}

// note is the book's remark about an accession: its inventory, that it is undescribed, what left.
func note(a *intakev1.Accession) act.Text {
	n := act.Text{KK: "№ " + a.GetInventory().GetNumber() + " тізімдеме", RU: "оп. № " + a.GetInventory().GetNumber()}
	if a.GetUndescribed() > 0 {
		n = act.Text{KK: "сипатталмаған", RU: "неописанные"}
	}
	if left := a.GetDeaccessioned(); left > 0 {
		n.KK += fmt.Sprintf("; шықты: %d", left)
		n.RU += fmt.Sprintf("; выбыло: %d", left)
	}
	return n
}
