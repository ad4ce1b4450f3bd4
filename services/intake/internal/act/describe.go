package act

import (
	"fmt"
	"strconv"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
	"github.com/qoyma/qoyma/services/platform/paper"
)

// Description is the act of description (архивтік сипаттау актісі, акт описания документов): what came without an inventory and was
// only counted has one now. It changes what the accounting books say, and lists how. It is made once and does not change.
type Description struct {
	Number    string // that of the accession, which is described once
	Date      civil.Date
	Archive   Text
	Accession string
	Accepted  civil.Date // the day of the accession and of its act of acceptance
	From      Text       // who handed the documents over
	Fonds     string     // its number; empty where the catalogue has given none yet
	Counted   int        // units before
	Described int        // units by the inventory
	Inventory string     // its number
	Title     Text
	// FirstYear and LastYear are the outer dates of the documents, 0 what is not known: neither, or the first alone.
	FirstYear, LastYear int
	DrawnUpBy           string // account of the archivist who described them
}

// PDF prints the act in Kazakh or Russian (IS-3), with its totals in figures and words. Equal acts give equal bytes. Errors:
// BadLanguage, BadField.
func (a Description) PDF(l fault.Language) ([]byte, error) {
	if err := known(l); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	pick := func(inKazakh, inRussian string) string { return Text{KK: inKazakh, RU: inRussian}.In(l) }
	title := pick("№ "+a.Number+" архивтік сипаттау актісі", "Акт описания документов № "+a.Number)
	return paper.Draw(paper.Form{Language: l, Title: title, Foot: title + ", " + a.Date.Dotted(), Date: a.Date}, func(s *paper.Sheet) {
		s.Centred("", paper.BodySize, a.Archive.In(l))
		s.Skip(2)
		s.Centred("B", 13, title)
		s.Centred("", paper.BodySize, a.Date.In(l))
		s.Skip(3)
		a.whence(s)
		s.Skip(1)
		a.table(s)
		s.Skip(3)
		s.Paragraph(pick("Сипаттауға дейін есепке алынған: ", "До описания учтено: ") + numeral.Units.Count(int64(a.Counted), l, numeral.Nominative) + ".")
		s.Paragraph(pick("Тізімдеме бойынша сипатталды: ", "По описи описано: ") + numeral.Units.Count(int64(a.Described), l, numeral.Nominative) + ".")
		s.Paragraph(a.difference().In(l))
		a.books(s)
		s.Room(28) // both signatures stay on one page
		s.Skip(3)
		sign(s, pick("Құрастырушы", "Составитель"), Person{}, forms[l].signature)
		sign(s, pick("Архив басшысы", "Руководитель архива"), Person{}, forms[l].signature)
	})
}

// whence says what is described, and by whom.
func (a Description) whence(s *paper.Sheet) {
	l := s.Language
	accepted := a.Accepted.Dotted()
	s.Labelled(Text{KK: "Түсім:", RU: "Поступление:"}.In(l), Text{
		KK: fmt.Sprintf("№ %s, %s; № %s қабылдау-беру актісі, %s", a.Accession, accepted, a.Accession, accepted),
		RU: fmt.Sprintf("№ %s от %s; акт приема-передачи № %s от %s", a.Accession, accepted, a.Accession, accepted),
	}.In(l))
	s.Labelled(Text{KK: "Кімнен түсті:", RU: "От кого поступило:"}.In(l), a.From.In(l))
	if a.Fonds != "" {
		s.Labelled(Text{KK: "Қор:", RU: "Фонд:"}.In(l), "№ "+a.Fonds)
	}
	s.Labelled(Text{KK: "Сипаттаған:", RU: "Описание составил:"}.In(l), Text{
		KK: "архивтің есеп жүйесіндегі «" + a.DrawnUpBy + "» есептік жазбасы", RU: "учетная запись «" + a.DrawnUpBy + "» в системе учета архива",
	}.In(l))
}

// table is the inventory that the documents have now.
func (a Description) table(s *paper.Sheet) {
	l := s.Language
	years := strconv.Itoa(a.LastYear)
	switch {
	case a.LastYear == 0:
		years = Text{KK: "анықталмаған", RU: "не установлены"}.In(l)
	case a.FirstYear == 0:
		years = Text{KK: years + " жылға дейін", RU: "по " + years}.In(l)
	case a.FirstYear < a.LastYear:
		years = fmt.Sprintf("%d–%d", a.FirstYear, a.LastYear)
	}
	s.Table([]paper.Column{
		{Title: Text{KK: "Тізімдеме №", RU: "Опись №"}.In(l), Share: 0.16, Align: "C"},
		{Title: Text{KK: "Тізімдеменің атауы", RU: "Название описи"}.In(l), Share: 0.44, Align: "L"},
		{Title: Text{KK: "Шеткі күндері", RU: "Крайние даты"}.In(l), Share: 0.2, Align: "C"},
		{Title: Text{KK: "Сақтау бірлігі", RU: "Единиц хранения"}.In(l), Share: 0.2, Align: "C"},
	}, [][]string{{a.Inventory, a.Title.In(l), years, strconv.Itoa(a.Described)}}, nil)
}

// difference says in words how the described units differ from those that were counted.
func (a Description) difference() Text {
	more := func(n int, kk, ru string) Text {
		return Text{
			KK: fmt.Sprintf(kk, numeral.Units.Count(int64(n), fault.Kazakh, numeral.Nominative)),
			RU: fmt.Sprintf(ru, numeral.Units.Count(int64(n), fault.Russian, numeral.Nominative)),
		}
	}
	switch {
	case a.Described > a.Counted:
		return more(a.Described-a.Counted, "Айырмашылық: сипатталғаны есепке алынғаннан артық – %s.", "Расхождение: описано больше, чем было учтено, – %s.")
	case a.Described < a.Counted:
		return more(a.Counted-a.Described, "Айырмашылық: сипатталғаны есепке алынғаннан кем – %s.", "Расхождение: описано меньше, чем было учтено, – %s.")
	}
	return Text{KK: "Есепке алынғаны мен сипатталғаны бірдей, айырмашылық жоқ.", RU: "Описано столько же, сколько было учтено; расхождений нет."}
}

// books are the changes in the accounting documents: the book of accessions and the fonds sheet, whose columns of undescribed
// and described units both change (practice.md, "Books and forms").
func (a Description) books(s *paper.Sheet) {
	l := s.Language
	s.Room(5 * paper.BodyLine)
	s.Skip(1)
	s.Paragraph(Text{KK: "Есепке алу құжаттарына енгізілген өзгерістер:", RU: "Изменения в учетных документах:"}.In(l))
	for i, t := range []Text{
		{
			KK: fmt.Sprintf("түсімдерді есепке алу кітабы, № %s: сақтау бірлігі – %d орнына %d, сипатталмаған деген белгінің орнына – № %s тізімдеме", a.Accession, a.Counted, a.Described, a.Inventory),
			RU: fmt.Sprintf("книга учета поступлений, № %s: единиц хранения – %d вместо %d, вместо отметки о неописанных – опись № %s", a.Accession, a.Described, a.Counted, a.Inventory),
		},
		{
			KK: fmt.Sprintf("қор парағы: сипатталмағандардан шықты – %d, № %s тізімдеме бойынша түсті – %d", a.Counted, a.Inventory, a.Described),
			RU: fmt.Sprintf("лист фонда: выбыло из неописанных – %d, поступило по описи № %s – %d", a.Counted, a.Inventory, a.Described),
		},
	} {
		end := ";"
		if i == 1 {
			end = "."
		}
		s.Paragraph(fmt.Sprintf("%d) %s%s", i+1, t.In(l), end))
	}
}

func (a Description) check() error {
	switch {
	case a.Number == "" || a.Accession == "" || !a.Date.Valid() || !a.Accepted.Valid():
		return BadField.With("field", "description", "value", a.Number)
	case a.Counted < 1 || a.Described < 1:
		return BadField.With("field", "units", "value", a.Described)
	case a.Inventory == "" || a.Title.In(fault.Russian) == "":
		return BadField.With("field", "inventory", "value", a.Inventory)
	case a.FirstYear < 0 || a.FirstYear > a.LastYear || a.LastYear > civil.MaxYear:
		return BadField.With("field", "years", "value", a.LastYear)
	case a.From.In(fault.Russian) == "" || a.DrawnUpBy == "":
		return BadField.With("field", "from", "value", a.DrawnUpBy)
	}
	if err := printable([]Text{{KK: a.Number, RU: a.Accession}, {KK: a.Inventory, RU: a.Fonds}, {KK: a.DrawnUpBy}}, maxName); err != nil {
		return err
	}
	return printable([]Text{a.Archive, a.From, a.Title}, maxText)
}
