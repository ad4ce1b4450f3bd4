package act

import (
	"fmt"
	"time"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
	"github.com/qoyma/qoyma/services/platform/paper"
)

// HandOver is the receipt (қолхат, расписка) of one hand-over of a transfer, in either direction: who gave, who
// took, how much. Its number is without gaps within the transfer. It does not change (IS-9).
type HandOver struct {
	Number   uint32
	Transfer string
	At       time.Time
	What     string // inventory, package, redone, paper, returned, accepted or deaccessioned
	Giver    Text
	Taker    Text
	// Inventory is empty where the units are only counted.
	Inventory Text
	Units     uint32
	// Positions in the inventory of what was returned; none where no list was kept.
	Positions []uint32
	Boxes     uint32 // counted at the door
	Corrects  uint32 // the receipt whose count was wrong; 0 where it corrects none
	Files     uint32
	Bytes     uint64
	Algorithm string // of the digest
	Digest    string // in hex
}

// handed says what happened, in a sentence that ends with the count.
var handed = map[string]Text{
	"inventory":     {KK: "тізімдеме жасалып, архивке берілді", RU: "опись составлена и передана архиву"},
	"package":       {KK: "электрондық құжаттардың файлдары алынды", RU: "получены файлы электронных документов"},
	"redone":        {KK: "түзетілген файлдар алынды", RU: "получены исправленные файлы"},
	"paper":         {KK: "әкелінген істер алынды", RU: "получены принесённые дела"},
	"returned":      {KK: "түзетуге қайтарылды", RU: "возвращено на исправление"},
	"accepted":      {KK: "архивке сақтауға қабылданды", RU: "принято архивом на хранение"},
	"deaccessioned": {KK: "архивтен шығарылды", RU: "выбыло из архива"},
}

// byHand are the hand-overs at which two people stand opposite each other, and sign.
var byHand = map[string]bool{"paper": true, "returned": true, "accepted": true, "deaccessioned": true}

// PDF prints the receipt in Kazakh or Russian (IS-3), its totals in figures and words. Equal receipts give equal
// bytes. Errors: BadLanguage, BadField.
func (h HandOver) PDF(l fault.Language) ([]byte, error) {
	if err := known(l); err != nil {
		return nil, err
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	pick := func(inKazakh, inRussian string) string { return Text{KK: inKazakh, RU: inRussian}.In(l) }
	title := pick(fmt.Sprintf("№ %d ҚОЛХАТ", h.Number), fmt.Sprintf("РАСПИСКА № %d", h.Number))
	day := civil.Of(h.At)
	foot := pick(fmt.Sprintf("№ %s тапсыру, № %d қолхат", h.Transfer, h.Number), fmt.Sprintf("Передача № %s, расписка № %d", h.Transfer, h.Number))
	return paper.Draw(paper.Form{Language: l, Title: title + " · " + h.Transfer, Foot: foot + ", " + day.Dotted(), Date: day}, func(s *paper.Sheet) {
		s.Centred("B", 13, title)
		s.Centred("", paper.BodySize, pick("№ "+h.Transfer+" тапсыру бойынша", "по передаче № "+h.Transfer))
		s.Centred("", paper.BodySize, day.In(l)+", "+h.At.In(civil.Almaty()).Format("15:04"))
		s.Skip(4)
		s.Labelled(pick("Тапсырған:", "Сдал:"), h.Giver.In(l))
		s.Labelled(pick("Қабылдаған:", "Принял:"), h.Taker.In(l))
		if inventory := h.Inventory.In(l); inventory != "" {
			s.Labelled(pick("Тізімдеме:", "Опись:"), inventory)
		}
		s.Labelled(pick("Не болды:", "Что произошло:"), handed[h.What].In(l))
		if h.Corrects > 0 {
			s.Labelled(pick("Алмастыратыны:", "Взамен:"), fmt.Sprintf(pick("№ %d қолхат (санағы қате)", "расписки № %d (счёт в ней неверен)"), h.Corrects))
		}
		if h.Units > 0 {
			s.Labelled(pick("Істер:", "Дела:"), numeral.Files.Count(int64(h.Units), l, numeral.Nominative))
		}
		if len(h.Positions) > 0 {
			s.Labelled(pick("Тізімдемедегі нөмірлері:", "Номера по описи:"), listed(h.Positions, l))
		}
		if h.Boxes > 0 {
			s.Labelled(pick("Қораптар:", "Коробки:"), fmt.Sprintf("%d (%s)", h.Boxes, numeral.Words(int64(h.Boxes), l, numeral.Feminine, numeral.Nominative)))
		}
		if h.Files > 0 {
			s.Labelled(pick("Файлдар:", "Файлы:"), fmt.Sprintf("%d (%s)", h.Files, numeral.Words(int64(h.Files), l, numeral.Masculine, numeral.Nominative)))
			s.Labelled(pick("Көлемі, байт:", "Объём, байт:"), thousands(int64(h.Bytes)))
		}
		s.Labelled(fmt.Sprintf(pick("Бақылау сомасы (%s):", "Контрольная сумма (%s):"), h.Algorithm), grouped(h.Digest))
		s.Skip(2)
		s.Paragraph(pick("Қолхат оқиға журналға жазылған сәтте жасалды; осы мәліметтерді журнал бойынша тексеруге болады.",
			"Расписка составлена в момент записи события в журнал; эти сведения можно проверить по журналу."))
		if byHand[h.What] {
			s.Room(28)
			s.Skip(3)
			sign(s, pick("Тапсырған", "Сдал"), Person{}, forms[l].signature)
			sign(s, pick("Қабылдаған", "Принял"), Person{}, forms[l].signature)
		}
	})
}

// listed are positions as people read them, so many that a receipt stays on its page; those beyond are counted.
func listed(positions []uint32, l fault.Language) string {
	text, left := numeral.Runs(positions, numeral.MostRuns)
	if left == 0 {
		return text
	}
	return fmt.Sprintf(Text{KK: "%s және тағы %d", RU: "%s и ещё %d"}.In(l), text, left)
}

func (h HandOver) check() error {
	switch {
	case h.Number == 0 || h.Transfer == "":
		return BadField.With("field", "number", "value", h.Number)
	case handed[h.What] == (Text{}):
		return BadField.With("field", "what", "value", h.What)
	case h.At.IsZero() || !civil.Of(h.At).Valid():
		return BadField.With("field", "at", "value", h.At)
	case h.Digest == "" || h.Algorithm == "" || h.Bytes > 1<<62:
		return BadField.With("field", "digest", "value", h.Digest)
	case h.Giver.In(fault.Russian) == "" || h.Taker.In(fault.Russian) == "":
		return BadField.With("field", "giver", "value", "")
	}
	return printable([]Text{h.Giver, h.Taker, h.Inventory, {KK: h.Transfer, RU: h.Digest}}, maxText)
}
