package act

// column of a table. Share is its part of the sheet's width; the shares of a table's
// columns add up to 1.
type column struct {
	title string
	share float64
	align string // L, C, R
}

// table draws a table whose heading stands again on top of every page it goes on to. A row
// that fits on a page is not parted; a taller one goes on over pages.
func (s *sheet) table(columns []column, rows [][]string, total []string) {
	heads, numbers := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		heads[i], numbers[i] = c.title, numeralOf(i+1)
	}
	head := func() {
		s.font("B", tableSize)
		s.draw(columns, s.lay(columns, heads), true)
		s.font("", tableSize)
		s.draw(columns, s.lay(columns, numbers), true)
	}
	s.font("", tableSize)
	first := 1
	if len(rows) > 0 {
		first = min(tallest(s.lay(columns, rows[0])), 10)
	}
	s.font("B", tableSize)
	s.room(height(tallest(s.lay(columns, heads))) + height(1) + height(first))
	head()
	for _, r := range rows {
		s.row(columns, r, "", head)
	}
	if total != nil {
		s.row(columns, total, "B", head)
	}
}

// row draws one row of cells, on a new page where it does not fit on this one.
func (s *sheet) row(columns []column, cells []string, style string, head func()) {
	turn := func() {
		s.pdf.AddPage()
		head()
		s.font(style, tableSize)
	}
	s.font(style, tableSize)
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
func (s *sheet) lines() int {
	return int((s.limit - s.pdf.GetY() - 2*cellPad) / tableLine)
}

// fresh is how many lines of a row surely fit on a new page under the heading.
func (s *sheet) fresh() int {
	return int((s.limit-top-2*cellPad)/tableLine) - 8
}

// lay wraps the cells of a row into lines, in the style in use.
func (s *sheet) lay(columns []column, cells []string) [][]string {
	lines := make([][]string, len(columns))
	for i, c := range columns {
		lines[i] = s.wrap(cells[i], s.width*c.share-2*cellPad)
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
func height(lines int) float64 { return float64(lines)*tableLine + 2*cellPad }

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
func (s *sheet) draw(columns []column, cells [][]string, heading bool) {
	h := height(tallest(cells))
	x, y := left, s.pdf.GetY()
	for i, c := range columns {
		w := s.width * c.share
		s.pdf.Rect(x, y, w, h, "D")
		align, at := c.align, y+cellPad
		if heading {
			align, at = "C", y+(h-float64(len(cells[i]))*tableLine)/2
		}
		for _, line := range cells[i] {
			s.pdf.SetXY(x+cellPad, at)
			s.cell(w-2*cellPad, tableLine, line, align)
			at += tableLine
		}
		x += w
	}
	s.pdf.SetXY(left, y+h)
}
