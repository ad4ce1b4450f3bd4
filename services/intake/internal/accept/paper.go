package accept

import (
	"fmt"
	"slices"
	"strings"
	"time"

	intakev1 "github.com/qoyma/qoyma/proto/gen/qoyma/intake/v1"
	journalv1 "github.com/qoyma/qoyma/proto/gen/qoyma/journal/v1"
	recordv1 "github.com/qoyma/qoyma/proto/gen/qoyma/record/v1"
	"github.com/qoyma/qoyma/services/intake/internal/act"
	"github.com/qoyma/qoyma/services/intake/internal/transfer"
	"github.com/qoyma/qoyma/services/platform/civil"
)

func acceptedLabel(f *intakev1.AcceptedFile) *journalv1.Label { return f.GetFile().GetLabel() }

// Paper is the act of an accession. It follows from recorded facts alone, so that a plan
// resumed prints the same bytes. Persons are not named on it: both sides sign by hand, and
// the contact stands sealed elsewhere (IS-2).
func Paper(archive act.Text, a *intakev1.AccessionAccepted, f *facts, chosen []uint32) act.Transfer {
	inventory := a.GetInventory()
	day, _ := civil.Parse(a.GetAcceptedOn()) // a date that is none is refused by the act
	paper := act.Transfer{
		Number: a.GetAccessionNumber(), Date: day, Ground: ground(inventory),
		FondsName: text(a.GetOrganisation().GetName(), a.GetOrganisation().GetId(), 1000),
		Giver:     act.Party{Name: text(a.GetOrganisation().GetName(), a.GetOrganisation().GetId(), 300)},
		Archive:   act.Party{Name: archive},
		Rows: []act.Row{{
			Inventory: inventory.GetNumber(), Title: text(inventory.GetTitle(), inventory.GetNumber(), 1000), Copies: 1, Units: int(a.GetAccepted()),
		}},
		Announced: int(a.GetListed()), Accepted: int(a.GetAccepted()), Differences: differences(inventory.GetNumber(), f.files, chosen),
		Accession: a.GetAccessionNumber(),
		Books:     []act.Text{{KK: "түсімдерді есепке алу кітабы", RU: "книга учета поступлений"}},
	}
	objects, size := 0, int64(0)
	for _, c := range f.content {
		position, ok := transfer.PositionOf(c.GetPath())
		if _, yes := slices.BinarySearch(chosen, position); ok && yes {
			objects, size = objects+1, size+int64(c.GetSize())
		}
	}
	if objects > 0 {
		paper.Digital = &act.Digital{
			Package: f.checked.GetPackageId(), Objects: objects, Bytes: size, Algorithm: "SHA-512", Digest: f.checked.GetManifestSha512(),
		}
	}
	return paper
}

// ground is the approval that the inventory rests on (AR-8).
func ground(i *recordv1.Inventory) act.Text {
	approval := i.GetApproval()
	day := approval.GetDate()
	if d, err := civil.Parse(day); err == nil {
		day = d.Dotted()
	}
	if approval.GetNumber() == "" {
		return act.Text{KK: "№ " + i.GetNumber() + " тізімдеме", RU: "опись № " + i.GetNumber()}
	}
	return act.Text{
		KK: cut(fmt.Sprintf("№ %s тізімдеме, %s %s № %s хаттамасымен бекітілген", i.GetNumber(), approval.GetCommission(), day, approval.GetNumber()), 1000),
		RU: cut(fmt.Sprintf("опись № %s, утверждена протоколом %s от %s № %s", i.GetNumber(), approval.GetCommission(), day, approval.GetNumber()), 1000),
	}
}

// maxDifferences is what fits on the form; the last line then spans all that is left, and the
// book says which of it was accepted.
const maxDifferences = 1000

// differences lists what was announced and not accepted, neighbours in one line.
func differences(inventory string, files []*recordv1.File, chosen []uint32) []act.Difference {
	reason := act.Text{KK: "архив қабылдаған жоқ", RU: "не принято архивом"}
	var out []act.Difference
	var first, last uint32
	add := func(span string) {
		out = append(out, act.Difference{Unit: "оп. " + inventory + ", д. " + span, Reason: reason})
	}
	flush := func() {
		switch first {
		case 0:
		case last:
			add(fmt.Sprint(first))
		default:
			add(fmt.Sprintf("%d–%d", first, last))
		}
		first = 0
	}
	for _, f := range files {
		if _, yes := slices.BinarySearch(chosen, f.GetPosition()); yes {
			if len(out) < maxDifferences {
				flush()
			}
			continue
		}
		if first == 0 {
			first = f.GetPosition()
		}
		last = f.GetPosition()
	}
	flush()
	return out
}

// text is a text in the two languages of acts; where neither was written, another one.
func text(t *recordv1.Text, otherwise string, most int) act.Text {
	out := act.Text{KK: cut(t.GetKk(), most), RU: cut(t.GetRu(), most)}
	if out.KK == "" && out.RU == "" {
		out.RU = cut(t.GetEn(), most)
	}
	if out.KK == "" && out.RU == "" {
		out.RU = cut(otherwise, most)
	}
	return out
}

// cut keeps a text within what the form takes, in characters.
func cut(s string, most int) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// MaxLines is how many accessions of one year a book is printed for.
const MaxLines = 2000

// Book is the book of accessions of a year, as of its last line. The number of the fonds stays
// empty: it is the catalogue's to give.
func Book(archive act.Text, year int, lines []*intakev1.Accession) (act.Book, error) {
	book := act.Book{Archive: archive, Year: year}
	for _, a := range lines {
		day, err := civil.Parse(a.GetAcceptedOn())
		if err != nil {
			return book, fmt.Errorf("accession %s: %w", a.GetAccessionNumber(), err)
		}
		who := text(a.GetOrganisation().GetName(), a.GetOrganisation().GetId(), 1000)
		r := act.Receipt{
			Number: a.GetAccessionNumber(), Date: day, From: who, Fonds: who, Units: int(a.GetAccepted()),
			Document: act.Text{
				KK: "№ " + a.GetAccessionNumber() + " қабылдау-тапсыру актісі, " + day.Dotted(),
				RU: "акт приема-передачи № " + a.GetAccessionNumber() + " от " + day.Dotted(),
			},
			Note: act.Text{KK: "№ " + a.GetInventory().GetNumber() + " тізімдеме", RU: "оп. № " + a.GetInventory().GetNumber()},
		}
		if i := a.GetInventory(); i.GetYearFrom() > 0 && i.GetYearTo() > 0 {
			r.First = civil.Date{Year: int(i.GetYearFrom()), Month: time.January, Day: 1}
			r.Last = civil.Date{Year: int(i.GetYearTo()), Month: time.December, Day: 31}
		}
		book.Receipts, book.AsOf = append(book.Receipts, r), day
	}
	return book, nil
}
