package act

import (
	"fmt"
	"strconv"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
	"github.com/qoyma/qoyma/services/platform/paper"
)

// Way is how units leave the archive.
type Way string

// The ways.
const (
	Transferred Way = "transferred"
	Destroyed   Way = "destroyed"
	GivenBack   Way = "returned_to_owner"
)

// Content is what becomes of digital content.
type Content uint8

// What may become of it.
const (
	NoContent Content = iota
	KeptContent
	DestroyedContent
)

var contents = map[Content]Text{
	KeptContent:      {KK: "архивте сақталады", RU: "остаются в архиве"},
	DestroyedContent: {KK: "жойылады", RU: "уничтожаются"},
}

var ways = map[Way]Text{
	Transferred: {KK: "басқа архивке немесе ұйымға берілді", RU: "переданы в другой архив или организацию"},
	Destroyed:   {KK: "жойылды", RU: "уничтожены"},
	GivenBack:   {KK: "иесіне қайтарылды", RU: "возвращены собственнику"},
}

// Leave is the act of deaccession (шығару актісі, акт о выбытии): units that leave the archive, by
// whose decision and whither. It is made once and does not change.
type Leave struct {
	Number   string // "2026-1/1"
	Date     civil.Date
	Archive  Text
	From     Text // whose documents they are
	Way      Way
	Ground   Text
	Protocol Text
	Receiver Text // empty where they are destroyed
	// Content is what becomes of the digital content and its insurance copies: KeptContent, DestroyedContent, or NoContent where all is on paper.
	Content   Content
	Accession string
	Units     []LeaveUnit
}

// LeaveUnit is one unit that leaves.
type LeaveUnit struct {
	Inventory string
	Position  uint32
	Title     Text
	Leaves    uint32
}

// PDF prints the act in Kazakh or Russian (IS-3), with its total in figures and words. Equal acts
// give equal bytes. Errors: BadLanguage, BadField.
func (a Leave) PDF(l fault.Language) ([]byte, error) {
	if err := known(l); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	pick := func(inKazakh, inRussian string) string { return Text{KK: inKazakh, RU: inRussian}.In(l) }
	title := pick("Құжаттардың шығуы туралы № "+a.Number+" акт", "Акт № "+a.Number+" о выбытии документов")
	return paper.Draw(paper.Form{Language: l, Title: title, Foot: title + ", " + a.Date.Dotted(), Date: a.Date}, func(s *paper.Sheet) {
		s.Centred("", paper.BodySize, a.Archive.In(l))
		s.Skip(2)
		s.Centred("B", 13, title)
		s.Centred("", paper.BodySize, a.Date.In(l))
		s.Skip(3)
		s.Labelled(pick("Қор:", "Фонд:"), a.From.In(l))
		s.Labelled(pick("Түсім:", "Поступление:"), "№ "+a.Accession)
		s.Labelled(pick("Негіздеме:", "Основание:"), a.Ground.In(l))
		s.Labelled(pick("Комиссия шешімі:", "Решение комиссии:"), a.Protocol.In(l))
		s.Labelled(pick("Құжаттар:", "Документы:"), ways[a.Way].In(l))
		if to := a.Receiver.In(l); to != "" {
			s.Labelled(pick("Алушы:", "Получатель:"), to)
		}
		if what := contents[a.Content].In(l); what != "" {
			s.Labelled(pick("Электрондық мазмұн мен сақтандыру көшірмелері:", "Электронное содержимое и страховые копии:"), what)
		}
		rows := make([][]string, len(a.Units))
		for i, u := range a.Units {
			rows[i] = []string{strconv.Itoa(i + 1), u.Inventory, fmt.Sprint(u.Position), u.Title.In(l), fmt.Sprint(u.Leaves)}
		}
		s.Table([]paper.Column{
			{Title: pick("Р/с №", "№ п/п"), Share: 0.08, Align: "C"},
			{Title: pick("Тізімдеме №", "Опись №"), Share: 0.14, Align: "C"},
			{Title: pick("Іс №", "Дело №"), Share: 0.12, Align: "C"},
			{Title: pick("Тақырыбы", "Заголовок"), Share: 0.52, Align: "L"},
			{Title: pick("Парақ", "Листов"), Share: 0.14, Align: "C"},
		}, rows, nil)
		s.Skip(3)
		s.Paragraph(pick("Барлығы шықты: ", "Всего выбыло: ") + numeral.Units.Count(int64(len(a.Units)), l, numeral.Nominative) + ".")
		s.Room(28)
		s.Skip(3)
		sign(s, pick("Ұсынған", "Предложил"), Person{}, forms[l].signature)
		sign(s, pick("Архив басшысы", "Руководитель архива"), Person{}, forms[l].signature)
		if a.Receiver.In(l) != "" {
			sign(s, pick("Алған", "Получил"), Person{}, forms[l].signature)
		}
	})
}

func (a Leave) check() error {
	if !a.Date.Valid() || a.Number == "" || a.Accession == "" || ways[a.Way] == (Text{}) || len(a.Units) == 0 || len(a.Units) > maxRows ||
		a.Ground.In(fault.Russian) == "" || a.Protocol.In(fault.Russian) == "" {
		return BadField.With("field", "deaccession", "value", a.Number)
	}
	texts := []Text{a.Archive, a.From, a.Ground, a.Protocol, a.Receiver}
	for _, u := range a.Units {
		texts = append(texts, u.Title)
	}
	return printable(texts, maxText)
}
