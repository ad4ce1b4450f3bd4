// Package act makes the papers of acceptance: the act of acceptance and transfer of
// documents for keeping (құжаттарды сақтауға қабылдау-беру актісі, акт приема-передачи
// документов на хранение) and the pages of the book of accessions, as PDF in Kazakh and
// Russian.
//
// A paper is a function of its facts: the same value gives the same bytes, on any machine
// and at any time, so that its digest can stand in the journal and a reprint can be
// compared with it.
package act

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// The faults of a paper whose facts are not complete.
var (
	BadField = fault.Define(fault.Invalid, "act.field",
		"the act cannot be printed: “{field}” is missing or wrong ({value}); enter it in the transfer and print again",
		"акт нельзя напечатать: «{field}» не заполнено или неверно ({value}); внесите это в передачу и напечатайте снова",
		"актіні басып шығаруға болмайды: «{field}» толтырылмаған немесе дұрыс емес ({value}); оны тапсыруға енгізіп, қайта басып шығарыңыз")
	BadTotal = fault.Define(fault.Invalid, "act.total",
		"the rows of the act count {rows} units and its total {total}; correct the row or the total",
		"по строкам акта – {rows} ед. хр., в итоге – {total}; исправьте строку или итог",
		"актінің жолдарында – {rows} сақтау бірлігі, қорытындысында – {total}; жолды немесе қорытындыны түзетіңіз")
	BadLanguage = fault.Define(fault.Invalid, "act.language",
		"acts are printed in Kazakh and Russian, not in “{language}”; choose kk or ru",
		"акты печатаются на казахском и русском языках, а не на «{language}»; выберите kk или ru",
		"актілер қазақ және орыс тілдерінде басып шығарылады, «{language}» тілінде емес; kk немесе ru таңдаңыз")
)

// Text is a text in the two languages of acts. Where one is empty the other is printed:
// titles are often in one language only.
type Text struct {
	KK, RU string
}

// In is the text in the language.
func (t Text) In(l fault.Language) string {
	if (l == fault.Kazakh && t.KK != "") || t.RU == "" {
		return t.KK
	}
	return t.RU
}

// Person signs for a side.
type Person struct {
	Post Text
	Name string // initials and surname; empty prints a line to be filled by hand
}

// Party is one side of the act.
type Party struct {
	Name   Text
	Head   Person // approves
	Signer Person // hands over or takes
}

// Row is one inventory handed over.
type Row struct {
	Inventory string // its number: "1", "2лс"
	Title     Text
	Copies    int // of the inventory itself
	Units     int // units of keeping taken by it
	Note      Text
}

// Difference is what was announced and not accepted, with its reason (missing, damaged,
// refused).
type Difference struct {
	Unit   Text // as each language cites it: "Т. 1, І. 18", "оп. 1, д. 18"
	Reason Text
}

// Digital says what was taken in electronic form and how it is known to be the same.
type Digital struct {
	Package   string // name of the BagIt package; the last where there are several
	More      int    // packages beside it, from which rows stand that were not sent anew
	Objects   int    // files in it
	Bytes     int64
	Algorithm string // "SHA-512"
	Digest    string // of the tag manifest, in hex
	// Malware says by what and when the content was checked, with the result. Empty: no
	// check was made, and the act says so in words.
	Malware Text
}

// Transfer is the act of acceptance and transfer. It is made once, when the archive
// accepts, and does not change; a mistake is mended by another act.
type Transfer struct {
	Number      string
	Date        civil.Date
	Place       Text
	Ground      Text // the inventory approved by protocol, the contract, the liquidation
	FondsName   Text
	FondsNumber string // empty prints a blank to be filled when one is assigned
	Giver       Party
	Archive     Party
	Rows        []Row
	Announced   int // units by the inventories, N of M accepted being the rows' sum
	Accepted    int // stated by the archivist, compared with the rows
	Differences []Difference
	Copies      int          // how many copies the PDF holds, each marked with its number; 0 is one without a mark
	Kind        Text         // of the transfer where it is not scheduled: purchase, a person's papers …
	Personal    bool         // a person's papers: a form of its own, which the archive alone approves (practice.md, acts)
	Undescribed bool         // no inventory came: the units are counted, and described by an act later
	Remarks     []Difference // accepted, and not as the inventory says: damaged, other leaves
	Accession   string       // number in the book of accessions
	Books       []Text       // accounting documents changed: the book of accessions, the fonds sheet …
	Digital     *Digital
}

// Limits of what fits on a form; far above real acts.
const (
	maxRows = 2000
	maxText = 1000 // characters in one cell or paragraph
	maxName = 300  // characters in a name, a post or a number
)

// Check refuses an act that PDF would refuse, without printing it.
func (a Transfer) Check() error { return a.check() }

// check refuses an act whose facts are incomplete or do not add up.
func (a Transfer) check() error {
	required := []struct {
		field string
		text  Text
	}{
		{"number", Text{RU: a.Number}},
		{"ground", a.Ground},
		{"fonds", a.FondsName},
		{"giver", a.Giver.Name},
		{"archive", a.Archive.Name},
		{"accession", Text{RU: a.Accession}},
	}
	for _, r := range required {
		if r.text.In(fault.Russian) == "" {
			return BadField.With("field", r.field, "value", "")
		}
	}
	names := []Text{
		a.Place, a.Giver.Name, a.Archive.Name,
		{KK: a.Number, RU: a.FondsNumber},
		{KK: a.Accession},
		a.Giver.Head.Post, a.Giver.Signer.Post, a.Archive.Head.Post, a.Archive.Signer.Post,
		{KK: a.Giver.Head.Name, RU: a.Giver.Signer.Name},
		{KK: a.Archive.Head.Name, RU: a.Archive.Signer.Name},
	}
	texts := append([]Text{a.Ground, a.FondsName}, a.Books...)
	sum := 0
	for i, r := range a.Rows {
		if r.Inventory == "" || r.Units < 0 || r.Copies < 0 || r.Title.In(fault.Russian) == "" {
			return BadField.With("field", fmt.Sprintf("№ %d", i+1), "value", r.Inventory)
		}
		sum += r.Units
		texts = append(texts, r.Title, r.Note, Text{KK: r.Inventory})
	}
	texts = append(texts, a.Kind)
	for _, d := range append(slices.Clone(a.Differences), a.Remarks...) {
		texts = append(texts, d.Reason, d.Unit)
	}
	if d := a.Digital; d != nil {
		texts = append(texts, d.Malware, Text{KK: d.Package, RU: d.Algorithm}, Text{KK: d.Digest})
		if d.Digest == "" || d.Algorithm == "" || d.Objects < 1 || d.Bytes < 0 {
			return BadField.With("field", "digital", "value", d.Package)
		}
	}
	switch {
	case !a.Date.Valid():
		return BadField.With("field", "date", "value", a.Date)
	case a.Copies < 0 || a.Copies > 10:
		return BadField.With("field", "copies", "value", a.Copies)
	case len(a.Rows) == 0 || len(a.Rows) > maxRows || len(a.Differences) > maxRows || len(a.Remarks) > maxRows || len(a.Books) > 50:
		return BadField.With("field", "rows", "value", len(a.Rows))
	case a.Accepted != sum:
		return BadTotal.With("rows", sum, "total", a.Accepted)
	case a.Announced < a.Accepted && !a.Undescribed: // what has no inventory is counted, and may be more
		return BadField.With("field", "announced", "value", a.Announced)
	}
	if err := printable(names, maxName); err != nil {
		return err
	}
	return printable(texts, maxText)
}

// printable refuses texts of more than most characters, which would not fit on the form.
func printable(texts []Text, most int) error {
	for _, t := range texts {
		for _, s := range []string{t.KK, t.RU} {
			if !utf8.ValidString(s) || utf8.RuneCountInString(s) > most {
				return BadField.With("field", "text", "value", clip.Value(s))
			}
		}
	}
	return nil
}

func known(l fault.Language) error {
	if l != fault.Kazakh && l != fault.Russian {
		return BadLanguage.With("language", string(l))
	}
	return nil
}
