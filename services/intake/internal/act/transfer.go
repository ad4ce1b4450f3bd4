package act

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

func numeralOf(n int) string { return strconv.Itoa(n) }

// words of the act's form.
type words struct {
	approve, title, number                     string
	ground, fonds, giver, archive, handed      string
	no, inventory, name, copies, units, note   string
	total, accepted, acceptedAll, differences  string
	digital, objects, digest, malware, noCheck string
	gave, took, copiesOfAct                    string
	assigned, accession, books, signature      string
	booksBy                                    string
}

var forms = map[fault.Language]words{
	fault.Kazakh: {
		approve: "БЕКІТЕМІН", title: "Құжаттарды сақтауға қабылдау-беру", number: "АКТІСІ № %s",
		ground: "Негіздеме:", fonds: "Қор:", giver: "Тапсырушы:", archive: "Қабылдаушы архив:",
		handed: "Төменде аталған тізімдемелер бойынша құжаттар тапсырылды және мемлекеттік сақтауға қабылданды:",
		no:     "Р/с №", inventory: "Тізімдеме №", name: "Тізімдеменің атауы", copies: "Тізімдеме даналары", units: "Сақтау бірліктері", note: "Ескертпе",
		total: "Жиыны", accepted: "Тізімдемелердегі %s %s қабылданды.", acceptedAll: "Тізімдемелердегі құжаттар толық қабылданды: %s.",
		differences: "Қабылданбағандары және себептері:",
		digital:     "Электрондық құжаттар:", objects: "«%s» пакеті, %d файл, %s байт.", digest: "Пакеттің бақылау қосындысы (%s):",
		malware: "Зиянды бағдарламаларға тексеру:", noCheck: "жүргізілген жоқ; файлдар қабылданған күйінде сақталды",
		gave: "Тапсырған", took: "Қабылдаған", copiesOfAct: "Акт екі данада жасалды: бірі – тапсырушыға, бірі – архивке.",
		assigned: "Қорға берілген нөмір: №", accession: "Түсімдерді есепке алу кітабындағы нөмірі: №",
		books: "Есепке алу құжаттарына өзгерістер енгізілді:", booksBy: "Өзгерістерді енгізген", signature: "қолы, күні",
	},
	fault.Russian: {
		approve: "УТВЕРЖДАЮ", title: "приема-передачи документов на хранение", number: "АКТ № %s",
		ground: "Основание:", fonds: "Фонд:", giver: "Сдатчик:", archive: "Принимающий архив:",
		handed: "Сданы и приняты на государственное хранение документы по следующим описям:",
		no:     "№ п/п", inventory: "Опись №", name: "Название описи", copies: "Экз. описи", units: "Единиц хранения", note: "Примечание",
		total: "Итого", accepted: "Принято %[2]s из %[1]s по описям.", acceptedAll: "Документы по описям приняты полностью: %s.",
		differences: "Не приняты, с указанием причин:",
		digital:     "Электронные документы:", objects: "пакет «%s», файлов – %d, байт – %s.", digest: "Контрольная сумма пакета (%s):",
		malware: "Проверка на вредоносные программы:", noCheck: "не проводилась; файлы сохранены в том виде, в каком приняты",
		gave: "Сдал", took: "Принял", copiesOfAct: "Акт составлен в двух экземплярах: один – сдатчику, один – архиву.",
		assigned: "Фонду присвоен номер: №", accession: "Номер по книге учета поступлений: №",
		books: "Изменения в учетные документы внесены:", booksBy: "Изменения внес", signature: "подпись, дата",
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
	title := fmt.Sprintf(w.number, a.Number)
	foot := fmt.Sprintf("%s, %s", title, a.Date.Dotted())
	return paper("P", l, title+" "+w.title, foot, a.Date, func(s *sheet) {
		a.head(s, w)
		a.body(s, w)
		a.end(s, w)
	})
}

func (a Transfer) head(s *sheet, w words) {
	l := s.language
	y := s.pdf.GetY()
	half := s.width/2 - 6
	lowest := y
	for i, p := range []Party{a.Giver, a.Archive} {
		x := left + float64(i)*(half+12)
		s.pdf.SetXY(x, y)
		s.block(x, half, "B", w.approve)
		s.block(x, half, "", p.Head.Post.In(l))
		s.block(x, half, "", p.Name.In(l))
		lowest = max(lowest, s.pdf.GetY())
	}
	for i, p := range []Party{a.Giver, a.Archive} { // both sign on one level
		s.pdf.SetY(lowest)
		s.line(left+float64(i)*(half+12), half, p.Head.Name)
	}
	s.newline(7)
	number := fmt.Sprintf(w.number, a.Number)
	if l == fault.Kazakh {
		s.centred("B", 13, w.title) // the kind of act comes last in Kazakh
		s.centred("B", 13, number)
	} else {
		s.centred("B", 13, number)
		s.centred("B", 13, w.title)
	}
	s.pdf.Ln(3)
	s.font("", bodySize)
	s.cell(s.width/2, bodyLine, s.fit(a.Place.In(l), s.width/2), "L")
	s.cell(s.width/2, bodyLine, a.Date.In(l), "R")
	s.newline(bodyLine + 3)
}

func (a Transfer) body(s *sheet, w words) {
	l := s.language
	s.labelled(w.ground, a.Ground.In(l))
	fonds := a.FondsName.In(l)
	if a.FondsNumber != "" {
		fonds = "№ " + a.FondsNumber + ", " + fonds
	}
	s.labelled(w.fonds, fonds)
	s.labelled(w.giver, a.Giver.Name.In(l))
	s.labelled(w.archive, a.Archive.Name.In(l))
	s.paragraph(w.handed)

	rows := make([][]string, len(a.Rows))
	copies := 0
	for i, r := range a.Rows {
		copies += r.Copies
		rows[i] = []string{strconv.Itoa(i + 1), r.Inventory, r.Title.In(l), strconv.Itoa(r.Copies), strconv.Itoa(r.Units), r.Note.In(l)}
	}
	s.table([]column{
		{w.no, 0.07, "C"},
		{w.inventory, 0.13, "C"},
		{w.name, 0.38, "L"},
		{w.copies, 0.12, "C"},
		{w.units, 0.12, "C"},
		{w.note, 0.18, "L"},
	}, rows, []string{"", "", w.total, strconv.Itoa(copies), strconv.Itoa(a.Accepted), ""})
	s.pdf.Ln(3)

	accepted := numeral.Units.Count(int64(a.Accepted), l, numeral.Nominative)
	if a.Announced == a.Accepted {
		s.paragraph(fmt.Sprintf(w.acceptedAll, accepted))
	} else {
		s.paragraph(fmt.Sprintf(w.accepted, numeral.Units.Count(int64(a.Announced), l, numeral.Genitive), accepted))
	}
	if len(a.Differences) > 0 {
		s.room(2 * bodyLine)
		s.paragraph(w.differences)
		for i, d := range a.Differences {
			s.paragraph(fmt.Sprintf("%d) %s – %s", i+1, d.Unit, d.Reason.In(l)))
		}
	}
	a.electronic(s, w)
}

// electronic says what was taken as files, by which digest it is known, and whether it was
// checked for malware: an absent check is said, never left out.
func (a Transfer) electronic(s *sheet, w words) {
	d := a.Digital
	if d == nil {
		return
	}
	s.labelled(w.digital, fmt.Sprintf(w.objects, d.Package, d.Objects, thousands(d.Bytes)))
	s.labelled(fmt.Sprintf(w.digest, d.Algorithm), grouped(d.Digest))
	malware := d.Malware.In(s.language)
	if malware == "" {
		malware = w.noCheck
	}
	s.labelled(w.malware, malware)
}

func (a Transfer) end(s *sheet, w words) {
	l := s.language
	s.paragraph(w.copiesOfAct)
	s.room(28) // both signatures stay on one page
	s.pdf.Ln(2)
	s.sign(w.gave, a.Giver.Signer, w.signature)
	s.sign(w.took, a.Archive.Signer, w.signature)

	s.room(38)
	s.pdf.Ln(2)
	s.labelled(w.accession, a.Accession)
	number := a.FondsNumber
	if number == "" {
		number = "____________"
	}
	s.labelled(w.assigned, number)
	books := make([]string, len(a.Books))
	for i, b := range a.Books {
		books[i] = b.In(l)
	}
	text := strings.Join(books, "; ")
	if text == "" {
		text = strings.Repeat("_", 40)
	}
	s.labelled(w.books, text)
	s.sign(w.booksBy, Person{}, w.signature)
}

// block prints lines in a part of the sheet's width that begins at x.
func (s *sheet) block(x, width float64, style, text string) {
	if text == "" {
		return
	}
	s.font(style, bodySize-0.5)
	for _, line := range s.wrap(text, width) {
		s.pdf.SetX(x)
		s.cell(width, bodyLine, line, "L")
		s.newline(bodyLine)
	}
}

// line prints a place for a signature and the name beside it, and a place for the date.
func (s *sheet) line(x, width float64, name string) {
	y := s.pdf.GetY() + 7
	s.pdf.Line(x, y, x+width*0.45, y)
	s.font("", bodySize-0.5)
	s.pdf.SetXY(x+width*0.47, y-bodyLine+0.6)
	s.cell(width*0.53, bodyLine, s.fit(name, width*0.53), "L")
	if name == "" {
		s.pdf.Line(x+width*0.48, y, x+width, y)
	}
	date := "«____» ______________ 20___ г."
	if s.language == fault.Kazakh {
		date = "20___ жылғы «____» ______________"
	}
	s.pdf.SetXY(x, y+1.5)
	s.cell(width, bodyLine, date, "L")
	s.newline(bodyLine)
}

// sign prints a line for the signature of one side: role and post, line, name.
func (s *sheet) sign(role string, p Person, caption string) {
	s.font("", bodySize)
	post := p.Post.In(s.language)
	lines := s.wrap(strings.TrimSuffix(role+": "+post, ": "), s.width*0.42)
	s.room(float64(len(lines))*bodyLine + 4)
	for i, line := range lines {
		s.cell(s.width*0.42, bodyLine, line, "L")
		if i < len(lines)-1 {
			s.newline(bodyLine)
		}
	}
	y := s.pdf.GetY() + bodyLine - 0.4
	from, to := left+s.width*0.44, left+s.width*0.70
	s.pdf.Line(from, y, to, y)
	s.pdf.SetXY(to+2, y-bodyLine+0.4)
	s.cell(s.width*0.28, bodyLine, s.fit(p.Name, s.width*0.28), "L")
	if p.Name == "" {
		s.pdf.Line(to+4, y, left+s.width, y)
	}
	s.font("", footSize-1)
	s.pdf.SetXY(from, y+0.2)
	s.cell(to-from, 3.4, caption, "C")
	s.newline(5)
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
