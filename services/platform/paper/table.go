package paper

import "strconv"

// Column of a table.
type Column struct {
	Title string
	Share float64 // its part of the sheet's width; the shares of a table's columns add up to 1
	Align string  // L, C, R
}

// Table draws a table whose heading stands again on top of every page it goes on to. A row
// that fits on a page is not parted; a taller one goes on over pages.
func (s *Sheet) Table(columns []Column, rows [][]string, total []string) {
	heads, numbers := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		heads[i], numbers[i] = c.Title, strconv.Itoa(i+1)
	}
	head := func() {
		s.Font("B", TableSize)
		s.draw(columns, s.lay(columns, heads), true)
		s.Font("", TableSize)
		s.draw(columns, s.lay(columns, numbers), true)
	}
	s.Font("", TableSize)
	first := 1
	if len(rows) > 0 {
		first = min(tallest(s.lay(columns, rows[0])), 10)
	}
	s.Font("B", TableSize)
	s.Room(height(tallest(s.lay(columns, heads))) + height(1) + height(first))
	head()
	for _, r := range rows {
		s.row(columns, r, "", head)
	}
	if total != nil {
		s.row(columns, total, "B", head)
	}
}

// row draws one row of cells, on a new page where it does not fit on this one.
func (s *Sheet) row(columns []Column, cells []string, style string, head func()) {
	turn := func() {
		s.pdf.AddPage()
		head()
		s.Font(style, TableSize)
	}
	s.Font(style, TableSize)
	rest := s.lay(columns, cells)
	if s.lines() < tallest(rest) && s.fresh() >= tallest(rest) {
		turn()
	}
	for tallest(rest) > 0 {
		if s.lines() < min(tallest(rest), 3) {
			turn()
		}
		n := max(1, min(s.lines(), tallest(rest)))
		var part [][]string
		part, rest = cut(rest, n)
		s.draw(columns, part, false)
	}
}

// lines is how many lines of a row still fit on this page.
func (s *Sheet) lines() int {
	return int((s.limit - s.pdf.GetY() - 2*cellPad) / TableLine)
}

// fresh is how many lines of a row surely fit on a new page under the heading.
func (s *Sheet) fresh() int {
	return int((s.limit-top-2*cellPad)/TableLine) - 8
}

// lay wraps the cells of a row into lines, in the style in use.
func (s *Sheet) lay(columns []Column, cells []string) [][]string {
	lines := make([][]string, len(columns))
	for i, c := range columns {
		lines[i] = s.Wrap(cells[i], s.Width*c.Share-2*cellPad)
	}
	return lines
}

func tallest(cells [][]string) int {
	most := 0
	for _, lines := range cells {
		most = max(most, len(lines))
	}
	return most
}

// height of a row of so many lines, in millimetres.
func height(lines int) float64 { return float64(lines)*TableLine + 2*cellPad }

// cut parts a row after n lines.
func cut(cells [][]string, n int) (upper, lower [][]string) {
	upper, lower = make([][]string, len(cells)), make([][]string, len(cells))
	for i, lines := range cells {
		k := min(n, len(lines))
		upper[i], lower[i] = lines[:k], lines[k:]
	}
	return upper, lower
}

// draw prints a row of wrapped cells at the place reached and moves below it.
func (s *Sheet) draw(columns []Column, cells [][]string, heading bool) {
	h := height(tallest(cells))
	x, y := Left, s.pdf.GetY()
	for i, c := range columns {
		w := s.Width * c.Share
		s.pdf.Rect(x, y, w, h, "D")
		align, at := c.Align, y+cellPad
		if heading {
			align, at = "C", y+(h-float64(len(cells[i]))*TableLine)/2
		}
		for _, line := range cells[i] {
			s.pdf.SetXY(x+cellPad, at)
			s.Cell(w-2*cellPad, TableLine, line, align)
			at += TableLine
		}
		x += w
	}
	s.pdf.SetXY(Left, y+h)
}
