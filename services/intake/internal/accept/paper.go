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
	"github.com/qoyma/qoyma/services/intake/internal/kind"
	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
)

func acceptedLabel(f *intakev1.AcceptedFile) *journalv1.Label { return f.GetFile().GetLabel() }

// Paper is the act of an accession. It follows from recorded facts alone, so that a plan
// resumed prints the same bytes. Persons are not named on it: both sides sign by hand, and
// the contact stands sealed elsewhere (IS-2).
func Paper(archive act.Text, a *intakev1.AccessionAccepted, f *facts, chosen []uint32) act.Transfer {
	inventory := a.GetInventory()
	day, _ := civil.Parse(a.GetAcceptedOn()) // a date that is none is refused by the act
	paper := act.Transfer{
		Number: a.GetAccessionNumber(), Date: day, Ground: ground(a), Kind: kindOf(a), Personal: a.GetKind() == string(kind.PersonalPapers),
		FondsName: text(a.GetOrganisation().GetName(), a.GetOrganisation().GetId(), 1000),
		Giver:     act.Party{Name: text(a.GetOrganisation().GetName(), a.GetOrganisation().GetId(), 300)},
		Archive:   act.Party{Name: archive},
		Rows:      []act.Row{row(a)},
		Announced: int(a.GetListed()), Accepted: int(a.GetAccepted()), Differences: f.differences(inventory.GetNumber(), chosen),
		Remarks: f.remarks(inventory.GetNumber(), chosen), Undescribed: a.GetUndescribed() > 0, Copies: 2,
		Accession: a.GetAccessionNumber(),
		Books:     []act.Text{{KK: "түсімдерді есепке алу кітабы", RU: "книга учета поступлений"}},
	}
	objects, size, scanners, from := 0, int64(0), []string(nil), make(map[string]bool)
	for _, position := range chosen {
		unit := f.content[position]
		if unit == nil {
			continue
		}
		objects, size, from[unit.of] = objects+unit.files, size+unit.bytes, true
		if s := f.scanners[unit.of]; !slices.Contains(scanners, s) {
			scanners = append(scanners, s)
		}
	}
	if objects == 0 {
		return paper
	}
	last := f.checked.GetPackageId()
	if i := slices.IndexFunc(f.packages, func(id string) bool { return from[id] }); i >= 0 { // the last stands first
		last = f.packages[i]
	}
	paper.Digital = &act.Digital{
		Package: last, More: len(from) - 1, Objects: objects, Bytes: size, Algorithm: "SHA-512", Digest: f.digest,
		Malware: malware(scanners),
	}
	return paper
}

// malware says which scanners looked at what is accepted, "" among them where none looked at some of
// it; empty where none did. Rows that were sent again may have come
// on another day than the rest, with another scanner or with none.
func malware(scanners []string) act.Text {
	named := slices.DeleteFunc(slices.Clone(scanners), func(s string) bool { return s == "" })
	names := strings.Join(named, "; ")
	switch {
	case len(named) == 0:
		return act.Text{}
	case len(named) < len(scanners):
		return act.Text{
			KK: "файлдардың бір бөлігі тексерілді (" + names + "), зиянды бағдарлама табылмады; қалғандары тексерілген жоқ",
			RU: "проверена часть файлов (" + names + "), вредоносных программ не найдено; остальные не проверялись",
		}
	}
	return act.Text{
		KK: "барлық файлдар тексерілді (" + names + "), зиянды бағдарлама табылмады",
		RU: "проверены все файлы (" + names + "), вредоносных программ не найдено",
	}
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

// cut keeps a text within what the form takes, in characters, the mark of the cut among them.
func cut(s string, most int) string {
	return clip.Within(strings.TrimSpace(s), most)
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
				KK: "№ " + a.GetAccessionNumber() + " қабылдау-беру актісі, " + day.Dotted(),
				RU: "акт приема-передачи № " + a.GetAccessionNumber() + " от " + day.Dotted(),
			},
			Note: note(a),
		}
		if i := a.GetInventory(); i.GetYearFrom() > 0 && i.GetYearTo() > 0 {
			r.First = civil.Date{Year: int(i.GetYearFrom()), Month: time.January, Day: 1}
			r.Last = civil.Date{Year: int(i.GetYearTo()), Month: time.December, Day: 31}
		}
		book.Receipts, book.AsOf = append(book.Receipts, r), day
	}
	return book, nil
}
