package act

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
	"github.com/qoyma/qoyma/services/platform/paper"
)

// words of the act's form.
type words struct {
	approve, title, number, foot                        string
	ground, fonds, giver, archive, handed               string
	no, inventory, name, copies, units, note            string
	total, accepted, acceptedAll, differences           string
	digital, objects, several, digest, malware, noCheck string
	gave, took, copiesOfAct                             string
	assigned, accession, books, signature               string
	booksBy                                             string
	kind, undescribed, counted, remarks, copy           string
	personal, owner, given, commission                  string // of a person's papers
}

var forms = map[fault.Language]words{
	fault.Kazakh: {
		approve: "БЕКІТЕМІН", title: "Құжаттарды сақтауға қабылдау-беру", number: "АКТІСІ № %s", foot: "№ %s акт, %s",
		ground: "Негіздеме:", fonds: "Қор:", giver: "Тапсырушы:", archive: "Қабылдаушы архив:",
		handed: "Төменде аталған тізімдемелер бойынша құжаттар тапсырылды және мемлекеттік сақтауға қабылданды:",
		no:     "Р/с №", inventory: "Тізімдеме №", name: "Тізімдеменің атауы", copies: "Тізімдеме даналары", units: "Сақтау бірліктері", note: "Ескертпе",
		total: "Жиыны", accepted: "Тізімдемелердегі %s %s қабылданды.", acceptedAll: "Тізімдемелердегі құжаттар толық қабылданды: %s.",
		differences: "Қабылданбағандары және себептері:",
		digital:     "Электрондық құжаттар:", objects: "«%s» пакеті, %d файл, %s байт.", several: "«%s» пакеті мен тағы %d пакет, %d файл, %s байт.", digest: "Пакеттің бақылау сомасы (%s):",
		malware: "Зиянды бағдарламаларға тексеру:", noCheck: "жүргізілген жоқ; файлдар қабылданған күйінде сақталды",
		gave: "Тапсырған", took: "Қабылдаған", copiesOfAct: "Акт екі данада жасалды: бірі – тапсырушыға, бірі – архивке.",
		assigned: "Қорға берілген нөмір: №", accession: "Түсімдерді есепке алу кітабындағы нөмірі: №",
		books: "Есепке алу құжаттарына өзгерістер енгізілді:", booksBy: "Өзгерістерді енгізген", signature: "қолы, күні",
		kind: "Тапсыру түрі:", undescribed: "Тізімдемесіз түскен, сипаттау актісіне дейін сипатталмаған деп есептеледі: %s.",
		counted: "Мәлімделген: %s; архив санағаны: %s.",
		remarks: "Қабылданған, бірақ тізімдемеден айырмасы бар:", copy: "%d-дана",
		personal: "Жеке тектен шыққан құжаттарды сақтауға қабылдау", owner: "Тапсырушы (иесі, мұрагері):",
		given:      "Төменде аталған тізімдемелер бойынша жеке тектен шыққан құжаттар тапсырылды және сақтауға қабылданды:",
		commission: "Сараптау-тексеру комиссиясының хаттамасы:",
	},
	fault.Russian: {
		approve: "УТВЕРЖДАЮ", title: "приема-передачи документов на хранение", number: "АКТ № %s", foot: "АКТ № %s, %s",
		ground: "Основание:", fonds: "Фонд:", giver: "Сдатчик:", archive: "Принимающий архив:",
		handed: "Сданы и приняты на государственное хранение документы по следующим описям:",
		no:     "№ п/п", inventory: "Опись №", name: "Название описи", copies: "Экз. описи", units: "Единиц хранения", note: "Примечание",
		total: "Итого", accepted: "Принято %[2]s из %[1]s по описям.", acceptedAll: "Документы по описям приняты полностью: %s.",
		differences: "Не приняты, с указанием причин:",
		digital:     "Электронные документы:", objects: "пакет «%s», файлов – %d, байт – %s.", several: "пакет «%s» и ещё пакетов – %d, файлов – %d, байт – %s.", digest: "Контрольная сумма пакета (%s):",
		malware: "Проверка на вредоносные программы:", noCheck: "не проводилась; файлы сохранены в том виде, в каком приняты",
		gave: "Сдал", took: "Принял", copiesOfAct: "Акт составлен в двух экземплярах: один – сдатчику, один – архиву.",
		assigned: "Фонду присвоен номер: №", accession: "Номер по книге учета поступлений: №",
		books: "Изменения в учетные документы внесены:", booksBy: "Изменения внес", signature: "подпись, дата",
		kind: "Вид передачи:", undescribed: "Поступило без описи, до акта описания учитывается как неописанное: %s.",
		counted: "Заявлено: %s; сосчитано архивом: %s.",
		remarks: "Приняты с расхождениями:", copy: "Экз. № %d",
		personal: "приема на хранение документов личного происхождения", owner: "Сдатчик (владелец, наследник):",
		given:      "Сданы и приняты на хранение документы личного происхождения по следующим описям:",
		commission: "Протокол экспертно-проверочной комиссии:",
	},
}

// PDF prints the act in a language, Kazakh or Russian (IS-3). Equal acts give equal bytes.
func (a Transfer) PDF(l fault.Language) ([]byte, error) {
	if err := known(l); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	w := forms[l]
	if a.Personal {
		w.title, w.giver, w.handed = w.personal, w.owner, w.given
	}
	title := fmt.Sprintf(w.number, a.Number)
	foot := fmt.Sprintf(w.foot, a.Number, a.Date.Dotted())
	return paper.Draw(paper.Form{Language: l, Title: title + " " + w.title, Foot: foot, Date: a.Date}, func(s *paper.Sheet) {
		for copy := range max(1, a.Copies) {
			if copy > 0 {
				s.Room(anyPage)
			}
			if a.Copies > 0 {
				s.Font("", paper.FootSize)
				s.Cell(s.Width, paper.BodyLine, fmt.Sprintf(w.copy, copy+1), "R")
				s.Newline(paper.BodyLine)
			}
			a.head(s, w)
			a.body(s, w)
			a.end(s, w)
		}
	})
}

// anyPage is more room than any page has, in millimetres: whoever asks for it begins a new one.
const anyPage = 1000

func (a Transfer) head(s *paper.Sheet, w words) {
	l := s.Language
	y := s.Y()
	half := s.Width/2 - 6
	lowest := y
	sides := []Party{a.Giver, a.Archive}
	for i, p := range sides {
		if a.Personal && i == 0 {
			continue // a person has no head: who gives, signs below
		}
		x := paper.Left + float64(i)*(half+12)
		s.MoveTo(x, y)
		s.Block(x, half, "B", w.approve)
		s.Block(x, half, "", p.Head.Post.In(l))
		s.Block(x, half, "", p.Name.In(l))
		lowest = max(lowest, s.Y())
	}
	for i, p := range sides { // both sign on one level
		if a.Personal && i == 0 {
			continue
		}
		s.MoveTo(paper.Left, lowest)
		approve(s, paper.Left+float64(i)*(half+12), half, p.Head.Name)
	}
	s.Newline(7)
	number := fmt.Sprintf(w.number, a.Number)
	if l == fault.Kazakh {
		s.Centred("B", 13, w.title) // the kind of act comes last in Kazakh
		s.Centred("B", 13, number)
	} else {
		s.Centred("B", 13, number)
		s.Centred("B", 13, w.title)
	}
	s.Skip(3)
	s.Font("", paper.BodySize)
	s.Cell(s.Width/2, paper.BodyLine, s.Fit(a.Place.In(l), s.Width/2), "L")
	s.Cell(s.Width/2, paper.BodyLine, a.Date.In(l), "R")
	s.Newline(paper.BodyLine + 3)
}

func (a Transfer) body(s *paper.Sheet, w words) {
	l := s.Language
	s.Labelled(w.ground, a.Ground.In(l))
	if kind := a.Kind.In(l); kind != "" && !a.Personal {
		s.Labelled(w.kind, kind)
	}
	if a.Personal {
		s.Labelled(w.commission, "№ ________, ____.____.20____") // it approves after the papers are there
	}
	fonds := a.FondsName.In(l)
	if a.FondsNumber != "" {
		fonds = "№ " + a.FondsNumber + ", " + fonds
	}
	s.Labelled(w.fonds, fonds)
	s.Labelled(w.giver, a.Giver.Name.In(l))
	s.Labelled(w.archive, a.Archive.Name.In(l))
	s.Paragraph(w.handed)

	rows := make([][]string, len(a.Rows))
	copies := 0
	for i, r := range a.Rows {
		copies += r.Copies
		rows[i] = []string{strconv.Itoa(i + 1), r.Inventory, r.Title.In(l), strconv.Itoa(r.Copies), strconv.Itoa(r.Units), r.Note.In(l)}
	}
	s.Table([]paper.Column{
		{Title: w.no, Share: 0.07, Align: "C"},
		{Title: w.inventory, Share: 0.13, Align: "C"},
		{Title: w.name, Share: 0.38, Align: "L"},
		{Title: w.copies, Share: 0.12, Align: "C"},
		{Title: w.units, Share: 0.12, Align: "C"},
		{Title: w.note, Share: 0.18, Align: "L"},
	}, rows, []string{"", "", w.total, strconv.Itoa(copies), strconv.Itoa(a.Accepted), ""})
	s.Skip(3)

	accepted := numeral.Units.Count(int64(a.Accepted), l, numeral.Nominative)
	switch {
	case a.Undescribed:
		if a.Announced != a.Accepted {
			s.Paragraph(fmt.Sprintf(w.counted, numeral.Units.Count(int64(a.Announced), l, numeral.Nominative), accepted))
		}
		s.Paragraph(fmt.Sprintf(w.undescribed, accepted))
	case a.Announced == a.Accepted:
		s.Paragraph(fmt.Sprintf(w.acceptedAll, accepted))
	default:
		s.Paragraph(fmt.Sprintf(w.accepted, numeral.Units.Count(int64(a.Announced), l, numeral.Genitive), accepted))
	}
	list(s, w.differences, a.Differences)
	list(s, w.remarks, a.Remarks)
	a.electronic(s, w)
}

// list prints units with their reasons under a heading; nothing where there are none.
func list(s *paper.Sheet, heading string, of []Difference) {
	if len(of) == 0 {
		return
	}
	s.Room(2 * paper.BodyLine)
	s.Paragraph(heading)
	for i, d := range of {
		s.Paragraph(fmt.Sprintf("%d) %s – %s", i+1, d.Unit.In(s.Language), d.Reason.In(s.Language)))
	}
}

// electronic says what was taken as files, by which digest it is known, and whether it was
// checked for malware: an absent check is said, never left out.
func (a Transfer) electronic(s *paper.Sheet, w words) {
	d := a.Digital
	if d == nil {
		return
	}
	said := fmt.Sprintf(w.objects, d.Package, d.Objects, thousands(d.Bytes))
	if d.More > 0 {
		said = fmt.Sprintf(w.several, d.Package, d.More, d.Objects, thousands(d.Bytes))
	}
	s.Labelled(w.digital, said)
	s.Labelled(fmt.Sprintf(w.digest, d.Algorithm), grouped(d.Digest))
	malware := d.Malware.In(s.Language)
	if malware == "" {
		malware = w.noCheck
	}
	s.Labelled(w.malware, malware)
}

func (a Transfer) end(s *paper.Sheet, w words) {
	l := s.Language
	s.Paragraph(w.copiesOfAct)
	s.Room(28) // both signatures stay on one page
	s.Skip(2)
	sign(s, w.gave, a.Giver.Signer, w.signature)
	sign(s, w.took, a.Archive.Signer, w.signature)

	s.Room(38)
	s.Skip(2)
	s.Labelled(w.accession, a.Accession)
	number := a.FondsNumber
	if number == "" {
		number = "____________"
	}
	s.Labelled(w.assigned, number)
	books := make([]string, len(a.Books))
	for i, b := range a.Books {
		books[i] = b.In(l)
	}
	text := strings.Join(books, "; ")
	if text == "" {
		text = strings.Repeat("_", 40)
	}
	s.Labelled(w.books, text)
	sign(s, w.booksBy, Person{}, w.signature)
}

// approve prints a place for a signature and the name beside it, and a place for the date.
func approve(s *paper.Sheet, x, width float64, name string) {
	y := s.Y() + 7
	s.Rule(x, y, x+width*0.45, y)
	s.Font("", paper.BodySize-0.5)
	s.MoveTo(x+width*0.47, y-paper.BodyLine+0.6)
	s.Cell(width*0.53, paper.BodyLine, s.Fit(name, width*0.53), "L")
	if name == "" {
		s.Rule(x+width*0.48, y, x+width, y)
	}
	date := "«____» ______________ 20___ г."
	if s.Language == fault.Kazakh {
		date = "20___ жылғы «____» ______________"
	}
	s.MoveTo(x, y+1.5)
	s.Cell(width, paper.BodyLine, date, "L")
	s.Newline(paper.BodyLine)
}

// sign prints a line for the signature of one side.
func sign(s *paper.Sheet, role string, p Person, caption string) {
	s.Sign(strings.TrimSuffix(role+": "+p.Post.In(s.Language), ": "), p.Name, caption)
}

// thousands writes a great number in groups of three with non-breaking spaces.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u00a0" + s[i:]
	}
	return s
}

// grouped writes a digest in groups of eight characters, to be read aloud and compared.
func grouped(digest string) string {
	var b strings.Builder
	for i, r := range digest {
		if i > 0 && i%8 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// years writes the years of documents: «2015–2019», or one year.
func years(first, last civil.Date) string {
	if first.Year == last.Year {
		return strconv.Itoa(first.Year)
	}
	return fmt.Sprintf("%d–%d", first.Year, last.Year)
}
