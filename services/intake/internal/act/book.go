package act

import (
	"fmt"
	"strconv"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
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
	return paper("L", l, title, title+", "+b.AsOf.Dotted(), b.AsOf, func(s *sheet) {
		s.centred("", bodySize, b.Archive.In(l))
		s.pdf.Ln(1)
		s.centred("B", 13, title)
		s.pdf.Ln(4)
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
		s.table([]column{
			{"№", 0.05, "C"},
			{pick("Түскен күні", "Дата"), 0.08, "C"},
			{pick("Кімнен түсті", "От кого поступило"), 0.16, "L"},
			{pick("Құжат (атауы, №, күні)", "Документ (название, №, дата)"), 0.14, "L"},
			{pick("Қордың атауы", "Название фонда"), 0.14, "L"},
			{pick("Жылдары", "Годы"), 0.07, "C"},
			{pick("Сақтау бірлігі", "Единиц хранения"), 0.08, "C"},
			{pick("Жай-күйі", "Состояние"), 0.12, "L"},
			{pick("Берілген қор №", "Присвоен № фонда"), 0.08, "C"},
			{pick("Ескертпе", "Примеч."), 0.08, "L"},
		}, rows, nil)
		s.pdf.Ln(4)
		receipts := numeral.Words(int64(len(b.Receipts)), l, numeral.Neuter, numeral.Nominative)
		count := numeral.Units.Count(int64(units), l, numeral.Nominative)
		s.paragraph(pick(
			fmt.Sprintf("%d жыл бойынша барлығы: түсім – %d (%s), барлығы %s.", b.Year, len(b.Receipts), receipts, count),
			fmt.Sprintf("Итого за %d год: поступлений – %d (%s), всего %s.", b.Year, len(b.Receipts), receipts, count),
		))
		s.room(16)
		s.pdf.Ln(3)
		s.sign(pick("Кітапты жүргізген", "Книгу вел"), Person{}, forms[l].signature)
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
