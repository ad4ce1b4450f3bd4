// Package paper draws the printed papers of an office: a sheet of A4 with flowing text, tables
// and a numbered footer, as PDF in Kazakh, Russian and English, in serif type only.
//
// A paper is a function of its facts: the same calls give the same bytes, on any machine and
// at any time, so that its digest can stand in a journal and a reprint can be compared with
// it. It knows no form; a service's package draws its forms on it.
package paper

import (
	"bytes"
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Measures of the sheet, in millimetres.
const (
	Left, right, top, bottom = 20.0, 12.0, 15.0, 19.0

	BodyLine  = 5.2
	TableLine = 4.2
	cellPad   = 1.2
)

// Sizes of type, in points.
const (
	BodySize  = 11.5
	TableSize = 9.5
	FootSize  = 8.5
)

// Form is what a document says of itself.
type Form struct {
	Landscape bool
	Language  fault.Language
	Title     string     // in the document's properties
	Foot      string     // at the bottom of each page, beside its number
	Date      civil.Date // of the paper; stands as the time of its making too
}

// Sheet is a paper being drawn.
type Sheet struct {
	Language fault.Language
	Width    float64 // between the margins
	pdf      *fpdf.Fpdf
	limit    float64 // lowest y a line may reach
	style    string  // of the type in use
	size     float64
	loaded   map[*font]bool
}

// Draw draws a document twice: once to learn its number of pages, once to print «стр. 2
// из 3» on each. Placeholders filled in afterwards would have the wrong width and could
// miss their glyphs in the embedded subset. So draw must do the same both times.
func Draw(form Form, draw func(*Sheet)) ([]byte, error) {
	pages := 0
	for pass := range 2 {
		s := newSheet(form)
		s.pdf.SetFooterFunc(func() { s.footer(form.Foot, pages) })
		s.pdf.AddPage()
		draw(s)
		if err := s.pdf.Error(); err != nil {
			return nil, fmt.Errorf("drawing %s: %w", form.Title, err)
		}
		if pass == 0 {
			pages = s.pdf.PageNo()
			continue
		}
		var out bytes.Buffer
		if err := s.pdf.Output(&out); err != nil {
			return nil, fmt.Errorf("writing %s: %w", form.Title, err)
		}
		return out.Bytes(), nil
	}
	return nil, nil // not reached: the second pass returns
}

func newSheet(form Form) *Sheet {
	orientation := "P"
	if form.Landscape {
		orientation = "L"
	}
	pdf := fpdf.New(orientation, "mm", "A4", "")
	// Everything that could differ between two runs comes from the facts.
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(form.Date.Start())
	pdf.SetModificationDate(form.Date.Start())
	pdf.SetProducer("Qoyma", true)
	pdf.SetTitle(form.Title, true)
	pdf.SetLang(string(form.Language))
	pdf.SetMargins(Left, top, right)
	pdf.SetAutoPageBreak(false, bottom) // Room turns pages; only flowing text (Labelled) lets the library do it
	pdf.SetLineWidth(0.2)
	pdf.SetCellMargin(0) // text, rules and tables begin on the same line
	w, h := pdf.GetPageSize()
	return &Sheet{pdf: pdf, Language: form.Language, Width: w - Left - right, limit: h - bottom, loaded: map[*font]bool{}}
}

func (s *Sheet) footer(foot string, pages int) {
	s.pdf.SetY(-14)
	s.Font("", FootSize)
	page := fmt.Sprintf("page %d of %d", s.pdf.PageNo(), pages)
	switch s.Language {
	case fault.Kazakh:
		page = fmt.Sprintf("%d-бет, барлығы %d", s.pdf.PageNo(), pages)
	case fault.Russian:
		page = fmt.Sprintf("стр. %d из %d", s.pdf.PageNo(), pages)
	case fault.English:
	}
	s.Cell(s.Width*0.75, 5, s.Fit(foot, s.Width*0.75), "L")
	s.Cell(s.Width*0.25, 5, page, "R")
}

// Y is how far down the page the drawing has come, in millimetres.
func (s *Sheet) Y() float64 { return s.pdf.GetY() }

// MoveTo goes to a place on the page, in millimetres from its upper left corner.
func (s *Sheet) MoveTo(x, y float64) { s.pdf.SetXY(x, y) }

// Skip leaves a gap below, in millimetres, and goes to the left margin.
func (s *Sheet) Skip(height float64) { s.pdf.Ln(height) }

// Rule draws a hairline between two places.
func (s *Sheet) Rule(x1, y1, x2, y2 float64) { s.pdf.Line(x1, y1, x2, y2) }

// Matrix draws black squares, a QR code, into a square of the size in millimetres.
func (s *Sheet) Matrix(x, y, size float64, cells [][]bool) {
	module := size / float64(len(cells))
	s.pdf.SetFillColor(0, 0, 0)
	for row, line := range cells {
		for from := 0; from < len(line); from++ {
			to := from
			for to < len(line) && line[to] {
				to++
			}
			if to > from { // a run as one rectangle: gaps between squares would show
				s.pdf.Rect(x+float64(from)*module, y+float64(row)*module, float64(to-from)*module, module, "F")
				from = to
			}
		}
	}
}

// Font sets the style ("" or "B") and size, in points, of what follows.
func (s *Sheet) Font(style string, size float64) {
	s.style, s.size = style, size
	s.use(faces[style][0])
}

// use selects a face, loading it into the document when it is first needed.
func (s *Sheet) use(f *font) {
	if !s.loaded[f] {
		s.pdf.AddUTF8FontFromBytes(f.family, f.style, f.ttf)
		s.loaded[f] = true
	}
	s.pdf.SetFont(f.family, f.style, s.size)
}

// Measure is the width of a line in the style in use, in millimetres.
func (s *Sheet) Measure(text string) float64 {
	width := 0.0
	for _, r := range runs(text, s.style) {
		s.use(r.font)
		width += s.pdf.GetStringWidth(r.text)
	}
	return width
}

// Cell prints one line into a box of the width, aligned L, C or R, and moves to the right
// of the box.
func (s *Sheet) Cell(width, height float64, text, align string) {
	x, y := s.pdf.GetXY()
	at := x
	switch align {
	case "C":
		at += (width - s.Measure(text)) / 2
	case "R":
		at += width - s.Measure(text)
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

// Newline moves to the beginning of the line below.
func (s *Sheet) Newline(height float64) { s.pdf.SetXY(Left, s.pdf.GetY()+height) }

// Write flows a text on from where the last one ended, over lines.
func (s *Sheet) Write(text string) {
	for _, r := range runs(legible(text), s.style) {
		s.use(r.font)
		s.pdf.Write(BodyLine, r.text)
	}
}

// Fit shortens a text to a width on one line.
func (s *Sheet) Fit(text string, width float64) string {
	text = legible(text)
	if s.Measure(text) <= width {
		return text
	}
	r := []rune(text)
	for len(r) > 0 && s.Measure(string(r)+"…") > width {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// Wrap cuts a text into lines of the width in the current font, between words where it
// can, inside one that is longer than a line.
func (s *Sheet) Wrap(text string, width float64) []string {
	var lines []string
	line := ""
	flush := func() { lines, line = append(lines, line), "" }
	for word := range strings.SplitSeq(legible(text), " ") {
		candidate := word
		if line != "" {
			candidate = line + " " + word
		}
		if s.Measure(candidate) <= width {
			line = candidate
			continue
		}
		if line != "" {
			flush()
		}
		for s.Measure(word) > width {
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
func (s *Sheet) prefix(word string, width float64) []rune {
	r := []rune(word)
	n := 1
	for n < len(r) && s.Measure(string(r[:n+1])) <= width {
		n++
	}
	return r[:n]
}

// Room begins a new page unless so many millimetres are left on this one.
func (s *Sheet) Room(height float64) bool {
	if s.pdf.GetY()+height <= s.limit {
		return false
	}
	s.pdf.AddPage()
	return true
}

// Centred prints lines in the middle of the sheet.
func (s *Sheet) Centred(style string, size float64, text string) {
	s.Font(style, size)
	for _, line := range s.Wrap(text, s.Width) {
		s.Cell(s.Width, size*0.46, line, "C")
		s.Newline(size * 0.46)
	}
}

// Labelled prints a paragraph that begins with its bold label.
func (s *Sheet) Labelled(label, text string) {
	s.Room(2 * BodyLine)
	s.pdf.SetAutoPageBreak(true, bottom)
	defer s.pdf.SetAutoPageBreak(false, bottom)
	s.Font("B", BodySize)
	s.Write(label)
	s.Font("", BodySize)
	s.pdf.SetX(s.pdf.GetX() + s.Measure(" "))
	s.Write(text)
	s.pdf.Ln(BodyLine + 1.4)
}

// Paragraph prints a text.
func (s *Sheet) Paragraph(text string) {
	s.Font("", BodySize)
	for _, line := range s.Wrap(text, s.Width) {
		s.Room(BodyLine)
		s.Cell(s.Width, BodyLine, line, "L")
		s.Newline(BodyLine)
	}
	s.pdf.Ln(1.4)
}

// Block prints lines in a part of the sheet's width that begins at x.
func (s *Sheet) Block(x, width float64, style, text string) {
	if text == "" {
		return
	}
	s.Font(style, BodySize-0.5)
	for _, line := range s.Wrap(text, width) {
		s.pdf.SetX(x)
		s.Cell(width, BodyLine, line, "L")
		s.Newline(BodyLine)
	}
}

// Sign prints a line for a signature between who signs and the name; an empty name gives a
// line too. The caption stands under the signature.
func (s *Sheet) Sign(who, name, caption string) {
	s.Font("", BodySize)
	lines := s.Wrap(who, s.Width*0.42)
	s.Room(float64(len(lines))*BodyLine + 4)
	for i, line := range lines {
		s.Cell(s.Width*0.42, BodyLine, line, "L")
		if i < len(lines)-1 {
			s.Newline(BodyLine)
		}
	}
	y := s.pdf.GetY() + BodyLine - 0.4
	from, to := Left+s.Width*0.44, Left+s.Width*0.70
	s.pdf.Line(from, y, to, y)
	s.pdf.SetXY(to+2, y-BodyLine+0.4)
	s.Cell(s.Width*0.28, BodyLine, s.Fit(name, s.Width*0.28), "L")
	if name == "" {
		s.pdf.Line(to+4, y, Left+s.Width, y)
	}
	s.Font("", FootSize-1)
	s.pdf.SetXY(from, y+0.2)
	s.Cell(to-from, 3.4, caption, "C")
	s.Newline(5)
}
