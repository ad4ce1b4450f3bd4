package act

import (
	"fmt"
	"strconv"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
	"github.com/qoyma/qoyma/services/platform/paper"
)

// Receipt is one line of the book of accessions (түсімдерді есепке алу кітабы, книга
// учета поступлений). It is written when an accession number is given and stays.
type Receipt struct {
	Number      string
	Date        civil.Date
	From        Text
	Document    Text // its name, number and date: «акт № 12 от 10.02.2025»
	Fonds       Text
	First, Last civil.Date // outer dates; none where they are not known
	Units       int
	Condition   Text
	FondsNumber string
	Note        Text
}

// Book is the book's pages of one year.
type Book struct {
	Archive  Text
	Year     int
	Receipts []Receipt // in the order of their numbers
	AsOf     civil.Date
}

// PDF prints the book of the year with its total in figures and words. A year has up to
// 2,000 receipts here; equal books give equal bytes.
func (b Book) PDF(l fault.Language) ([]byte, error) {
	if err := known(l); err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	kk := l == fault.Kazakh
	pick := func(inKazakh, inRussian string) string {
		if kk {
			return inKazakh
		}
		return inRussian
	}
	title := pick(fmt.Sprintf("Түсімдерді есепке алу кітабы, %d жыл", b.Year), fmt.Sprintf("Книга учета поступлений за %d год", b.Year))
	return paper.Draw(paper.Form{Landscape: true, Language: l, Title: title, Foot: title + ", " + b.AsOf.Dotted(), Date: b.AsOf}, func(s *paper.Sheet) {
		s.Centred("", paper.BodySize, b.Archive.In(l))
		s.Skip(1)
		s.Centred("B", 13, title)
		s.Skip(4)
		units := 0
		rows := make([][]string, len(b.Receipts))
		for i, r := range b.Receipts {
			units += r.Units
			span := ""
			if r.First.Valid() && r.Last.Valid() {
				span = years(r.First, r.Last)
			}
			rows[i] = []string{
				r.Number, r.Date.Dotted(), r.From.In(l), r.Document.In(l), r.Fonds.In(l), span,
				strconv.Itoa(r.Units), r.Condition.In(l), r.FondsNumber, r.Note.In(l),
			}
		}
		s.Table([]paper.Column{
			{Title: "№", Share: 0.05, Align: "C"},
			{Title: pick("Түскен күні", "Дата"), Share: 0.08, Align: "C"},
			{Title: pick("Кімнен түсті", "От кого поступило"), Share: 0.16, Align: "L"},
			{Title: pick("Құжат (атауы, №, күні)", "Документ (название, №, дата)"), Share: 0.14, Align: "L"},
			{Title: pick("Қордың атауы", "Название фонда"), Share: 0.14, Align: "L"},
			{Title: pick("Жылдары", "Годы"), Share: 0.07, Align: "C"},
			{Title: pick("Сақтау бірлігі", "Единиц хранения"), Share: 0.08, Align: "C"},
			{Title: pick("Жай-күйі", "Состояние"), Share: 0.12, Align: "L"},
			{Title: pick("Берілген қор №", "Присвоен № фонда"), Share: 0.08, Align: "C"},
			{Title: pick("Ескертпе", "Примеч."), Share: 0.08, Align: "L"},
		}, rows, nil)
		s.Skip(4)
		receipts := numeral.Words(int64(len(b.Receipts)), l, numeral.Neuter, numeral.Nominative)
		count := numeral.Units.Count(int64(units), l, numeral.Nominative)
		s.Paragraph(pick(
			fmt.Sprintf("%d жыл бойынша барлығы: түсім – %d (%s), барлығы %s.", b.Year, len(b.Receipts), receipts, count),
			fmt.Sprintf("Итого за %d год: поступлений – %d (%s), всего %s.", b.Year, len(b.Receipts), receipts, count),
		))
		s.Room(16)
		s.Skip(3)
		sign(s, pick("Кітапты жүргізген", "Книгу вел"), Person{}, forms[l].signature)
	})
}

func (b Book) check() error {
	if !b.AsOf.Valid() || b.Archive.In(fault.Russian) == "" || b.Year < 1700 || b.Year > civil.MaxYear || len(b.Receipts) > maxRows {
		return BadField.With("field", "book", "value", b.Year)
	}
	texts := []Text{b.Archive}
	for _, r := range b.Receipts {
		if r.Number == "" || !r.Date.Valid() || r.Units < 0 {
			return BadField.With("field", "№", "value", r.Number)
		}
		texts = append(texts, r.From, r.Document, r.Fonds, r.Condition, r.Note, Text{KK: r.Number, RU: r.FondsNumber})
	}
	return printable(texts, maxText)
}
