package act

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifregular"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Measures of the sheet, in millimetres; sizes of type in points.
const (
	left, right, top, bottom = 20.0, 12.0, 16.0, 20.0

	bodySize, tableSize, footSize = 11.5, 9.5, 8.5
	bodyLine, tableLine           = 5.2, 4.2
	cellPad                       = 1.2
)

// sheet is a paper being drawn.
type sheet struct {
	pdf      *fpdf.Fpdf
	language fault.Language
	width    float64 // between the margins
	limit    float64 // lowest y a line may reach
}

// paper draws a document twice: once to learn its number of pages, once to print «стр. 2
// из 3» on each. Placeholders filled in afterwards would have the wrong width and could
// miss their glyphs in the embedded subset.
func paper(orientation string, l fault.Language, title, foot string, date civil.Date, draw func(*sheet)) ([]byte, error) {
	pages := 0
	for pass := range 2 {
		s := newSheet(orientation, l, title, date)
		s.pdf.SetFooterFunc(func() { s.footer(foot, pages) })
		s.pdf.AddPage()
		draw(s)
		if err := s.pdf.Error(); err != nil {
			return nil, fmt.Errorf("drawing %s: %w", title, err)
		}
		if pass == 0 {
			pages = s.pdf.PageNo()
			continue
		}
		var out bytes.Buffer
		if err := s.pdf.Output(&out); err != nil {
			return nil, fmt.Errorf("writing %s: %w", title, err)
		}
		return out.Bytes(), nil
	}
	return nil, nil // not reached: the second pass returns
}

func newSheet(orientation string, l fault.Language, title string, date civil.Date) *sheet {
	pdf := fpdf.New(orientation, "mm", "A4", "")
	// Everything that could differ between two runs comes from the facts.
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(date.Start())
	pdf.SetModificationDate(date.Start())
	pdf.SetProducer("Qoyma", true)
	pdf.SetTitle(title, true)
	pdf.SetLang(string(l))
	pdf.AddUTF8FontFromBytes("serif", "", liberationserifregular.TTF)
	pdf.AddUTF8FontFromBytes("serif", "B", liberationserifbold.TTF)
	pdf.SetMargins(left, top, right)
	pdf.SetAutoPageBreak(true, bottom)
	pdf.SetLineWidth(0.2)
	w, h := pdf.GetPageSize()
	return &sheet{pdf: pdf, language: l, width: w - left - right, limit: h - bottom}
}

func (s *sheet) footer(foot string, pages int) {
	s.pdf.SetY(-14)
	s.font("", footSize)
	page := fmt.Sprintf("стр. %d из %d", s.pdf.PageNo(), pages)
	if s.language == fault.Kazakh {
		page = fmt.Sprintf("%d-бет, барлығы %d", s.pdf.PageNo(), pages)
	}
	s.pdf.CellFormat(s.width*0.75, 5, s.fit(foot, s.width*0.75), "", 0, "L", false, 0, "")
	s.pdf.CellFormat(s.width*0.25, 5, page, "", 0, "R", false, 0, "")
}

func (s *sheet) font(style string, size float64) { s.pdf.SetFont("serif", style, size) }

// fit shortens a text to a width on one line.
func (s *sheet) fit(text string, width float64) string {
	text = legible(text)
	if s.pdf.GetStringWidth(text) <= width {
		return text
	}
	r := []rune(text)
	for len(r) > 0 && s.pdf.GetStringWidth(string(r)+"…") > width {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// legible makes one line of a text and replaces what the font cannot draw (it covers the
// basic plane) and control characters by a visible mark, rather than dropping them.
func legible(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF || unicode.IsControl(r) || unicode.Is(unicode.Co, r) {
			return '?'
		}
		return r
	}, text)
}

// wrap cuts a text into lines of the width in the current font, between words where it
// can, inside one that is longer than a line.
func (s *sheet) wrap(text string, width float64) []string {
	var lines []string
	line := ""
	flush := func() { lines, line = append(lines, line), "" }
	for _, word := range strings.Fields(legible(text)) {
		candidate := word
		if line != "" {
			candidate = line + " " + word
		}
		if s.pdf.GetStringWidth(candidate) <= width {
			line = candidate
			continue
		}
		if line != "" {
			flush()
		}
		for s.pdf.GetStringWidth(word) > width {
			cut := s.prefix(word, width)
			lines = append(lines, string(cut))
			word = word[len(string(cut)):]
		}
		line = word
	}
	if line != "" || len(lines) == 0 {
		flush()
	}
	return lines
}

// prefix is the longest beginning of a word that fits, at least one character.
func (s *sheet) prefix(word string, width float64) []rune {
	r := []rune(word)
	n := 1
	for n < len(r) && s.pdf.GetStringWidth(string(r[:n+1])) <= width {
		n++
	}
	return r[:n]
}

// room begins a new page unless so many millimetres are left on this one.
func (s *sheet) room(height float64) bool {
	if s.pdf.GetY()+height <= s.limit {
		return false
	}
	s.pdf.AddPage()
	return true
}

// centred prints lines in the middle of the sheet.
func (s *sheet) centred(style string, size float64, text string) {
	s.font(style, size)
	for _, line := range s.wrap(text, s.width) {
		s.pdf.CellFormat(s.width, size*0.46, line, "", 1, "C", false, 0, "")
	}
}

// labelled prints a paragraph that begins with its bold label.
func (s *sheet) labelled(label, text string) {
	s.room(2 * bodyLine)
	s.font("B", bodySize)
	s.pdf.Write(bodyLine, label+" ")
	s.font("", bodySize)
	s.pdf.Write(bodyLine, legible(text))
	s.pdf.Ln(bodyLine + 1.4)
}

// paragraph prints a text.
func (s *sheet) paragraph(text string) {
	s.font("", bodySize)
	for _, line := range s.wrap(text, s.width) {
		s.room(bodyLine)
		s.pdf.CellFormat(s.width, bodyLine, line, "", 1, "L", false, 0, "")
	}
	s.pdf.Ln(1.4)
}
