package act

import (
	"bytes"
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Measures of the sheet, in millimetres; sizes of type in points.
const (
	left, right, top, bottom = 20.0, 12.0, 15.0, 19.0

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
	style    string  // of the type in use
	size     float64
	loaded   map[*font]bool
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
	pdf.SetMargins(left, top, right)
	pdf.SetAutoPageBreak(false, bottom) // room turns pages; only flowing text (labelled) lets the library do it
	pdf.SetLineWidth(0.2)
	pdf.SetCellMargin(0) // text, rules and tables begin on the same line
	w, h := pdf.GetPageSize()
	return &sheet{pdf: pdf, language: l, width: w - left - right, limit: h - bottom, loaded: map[*font]bool{}}
}

func (s *sheet) footer(foot string, pages int) {
	s.pdf.SetY(-14)
	s.font("", footSize)
	page := fmt.Sprintf("стр. %d из %d", s.pdf.PageNo(), pages)
	if s.language == fault.Kazakh {
		page = fmt.Sprintf("%d-бет, барлығы %d", s.pdf.PageNo(), pages)
	}
	s.cell(s.width*0.75, 5, s.fit(foot, s.width*0.75), "L")
	s.cell(s.width*0.25, 5, page, "R")
}

// font sets the style ("" or "B") and size, in points, of what follows.
func (s *sheet) font(style string, size float64) {
	s.style, s.size = style, size
	s.use(faces[style][0])
}

// use selects a face, loading it into the document when it is first needed.
func (s *sheet) use(f *font) {
	if !s.loaded[f] {
		s.pdf.AddUTF8FontFromBytes(f.family, f.style, f.ttf)
		s.loaded[f] = true
	}
	s.pdf.SetFont(f.family, f.style, s.size)
}

// measure is the width of a line in the style in use, in millimetres.
func (s *sheet) measure(text string) float64 {
	width := 0.0
	for _, r := range runs(text, s.style) {
		s.use(r.font)
		width += s.pdf.GetStringWidth(r.text)
	}
	return width
}

// cell prints one line into a box of the width, aligned L, C or R, and moves to the right
// of the box.
func (s *sheet) cell(width, height float64, text, align string) {
	x, y := s.pdf.GetXY()
	at := x
	switch align {
	case "C":
		at += (width - s.measure(text)) / 2
	case "R":
		at += width - s.measure(text)
	}
	for _, r := range runs(text, s.style) {
		s.use(r.font)
		w := s.pdf.GetStringWidth(r.text)
		s.pdf.SetXY(at, y)
		s.pdf.CellFormat(w, height, r.text, "", 0, "L", false, 0, "")
		at += w
	}
	s.pdf.SetXY(x+width, y)
}

// newline moves to the beginning of the line below.
func (s *sheet) newline(height float64) { s.pdf.SetXY(left, s.pdf.GetY()+height) }

// write flows a text on from where the last one ended, over lines.
func (s *sheet) write(text string) {
	for _, r := range runs(legible(text), s.style) {
		s.use(r.font)
		s.pdf.Write(bodyLine, r.text)
	}
}

// fit shortens a text to a width on one line.
func (s *sheet) fit(text string, width float64) string {
	text = legible(text)
	if s.measure(text) <= width {
		return text
	}
	r := []rune(text)
	for len(r) > 0 && s.measure(string(r)+"…") > width {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// wrap cuts a text into lines of the width in the current font, between words where it
// can, inside one that is longer than a line.
func (s *sheet) wrap(text string, width float64) []string {
	var lines []string
	line := ""
	flush := func() { lines, line = append(lines, line), "" }
	for word := range strings.SplitSeq(legible(text), " ") {
		candidate := word
		if line != "" {
			candidate = line + " " + word
		}
		if s.measure(candidate) <= width {
			line = candidate
			continue
		}
		if line != "" {
			flush()
		}
		for s.measure(word) > width {
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
	for n < len(r) && s.measure(string(r[:n+1])) <= width {
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
		s.cell(s.width, size*0.46, line, "C")
		s.newline(size * 0.46)
	}
}

// labelled prints a paragraph that begins with its bold label.
func (s *sheet) labelled(label, text string) {
	s.room(2 * bodyLine)
	s.pdf.SetAutoPageBreak(true, bottom)
	defer s.pdf.SetAutoPageBreak(false, bottom)
	s.font("B", bodySize)
	s.write(label)
	s.font("", bodySize)
	s.pdf.SetX(s.pdf.GetX() + s.measure(" "))
	s.write(text)
	s.pdf.Ln(bodyLine + 1.4)
}

// paragraph prints a text.
func (s *sheet) paragraph(text string) {
	s.font("", bodySize)
	for _, line := range s.wrap(text, s.width) {
		s.room(bodyLine)
		s.cell(s.width, bodyLine, line, "L")
		s.newline(bodyLine)
	}
	s.pdf.Ln(1.4)
}
