package act

import (
	"fmt"
	"strings"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/paper"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// Label is what is glued on a box: whose, which units by their archival code, where it stands.
type Label struct {
	Box         uint32
	First, Last archcode.Code // both without a file where nobody has said yet which units the box holds
	Place       Text          // room, rack, shelf
}

// Labels are the labels of an accession's boxes, as many on a sheet as fit.
type Labels struct {
	Archive   Text
	Fonds     Text
	Accession string
	Date      civil.Date // of the accession
	Boxes     []Label
	// Undescribed: the accession's units are only counted, so the labels have its number in the place of their codes, and of the codes
	// the fonds alone, where it is known.
	Undescribed bool
}

// PDF prints the labels in Kazakh or Russian. Equal labels give equal bytes. Errors: BadLanguage,
// BadField.
func (p Labels) PDF(l fault.Language) ([]byte, error) {
	if err := known(l); err != nil {
		return nil, err
	}
	if len(p.Boxes) == 0 || len(p.Boxes) > maxRows || !p.Date.Valid() {
		return nil, BadField.With("field", "boxes", "value", len(p.Boxes))
	}
	texts := []Text{p.Archive, p.Fonds}
	for _, b := range p.Boxes {
		texts = append(texts, b.Place)
	}
	if err := printable(texts, maxText); err != nil {
		return nil, err
	}
	title := Text{KK: "Қорап жапсырмалары, № " + p.Accession + " түсім", RU: "Ярлыки коробок, поступление № " + p.Accession}.In(l)
	return paper.Draw(paper.Form{Language: l, Title: title, Foot: title, Date: p.Date}, func(s *paper.Sheet) {
		for _, b := range p.Boxes {
			p.label(s, b)
		}
	})
}

// labelHeight is the least room that a label needs, in millimetres.
const labelHeight = 60

func (p Labels) label(s *paper.Sheet, b Label) {
	l := s.Language
	s.Room(labelHeight)
	s.Rule(paper.Left, s.Y(), paper.Left+s.Width, s.Y())
	s.Skip(3)
	s.Centred("", paper.BodySize, p.Archive.In(l))
	if p.Undescribed {
		s.Centred("B", 20, Text{KK: "№ " + p.Accession + " түсім", RU: "Поступление № " + p.Accession}.In(l))
	}
	if b.First.Fonds != (archcode.FondsNumber{}) {
		s.Centred("B", 20, span(b.First, b.Last, l))
	}
	s.Centred("", paper.BodySize, p.Fonds.In(l))
	s.Centred("B", 16, fmt.Sprintf(Text{KK: "%d-қорап", RU: "Коробка № %d"}.In(l), b.Box))
	if holds := p.holds(b).In(l); holds != "" {
		s.Centred("", paper.BodySize, holds)
	}
	if place := b.Place.In(l); place != "" {
		s.Centred("", paper.BodySize, place)
	}
	if !p.Undescribed {
		s.Centred("", paper.FootSize, "№ "+p.Accession)
	}
	s.Skip(4)
}

// holds says why no units stand on a label; nothing where they do.
func (p Labels) holds(b Label) Text {
	switch {
	case p.Undescribed:
		return Text{KK: "Ішіндегі құжаттар әлі сипатталмаған", RU: "Содержимое ещё не описано"}
	case b.First.File.Number == 0:
		return Text{KK: "Қораптағы істер әлі көрсетілмеген", RU: "Дела коробки ещё не указаны"}
	}
	return Text{}
}

// span writes the codes of a box: the first whole, of the last its file alone.
func span(first, last archcode.Code, l fault.Language) string {
	text := first.Format(l)
	if end := last.Format(l); end != text && last.File.Number > 0 {
		text += "–" + last.File.String()
	}
	return strings.TrimSpace(text)
}
