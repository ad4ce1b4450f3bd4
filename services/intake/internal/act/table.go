package act

// column of a table. Share is its part of the sheet's width; the shares of a table's
// columns add up to 1.
type column struct {
	title string
	share float64
	align string // L, C, R
}

// table draws a table whose heading stands again on top of every page it goes on to. A
// row is never parted: check keeps every text short enough for one page.
func (s *sheet) table(columns []column, rows [][]string, total []string) {
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = c.title
	}
	head := func() {
		s.row(columns, heads, "B", true)
		numbers := make([]string, len(columns))
		for i := range columns {
			numbers[i] = numeralOf(i + 1)
		}
		s.row(columns, numbers, "", true)
	}
	s.font("", tableSize)
	first := 0.0
	if len(rows) > 0 {
		first = s.height(columns, rows[0])
	}
	s.room(s.height(columns, heads) + tableLine + 4*cellPad + first)
	head()
	for _, r := range rows {
		s.font("", tableSize)
		if s.room(s.height(columns, r)) {
			head()
		}
		s.row(columns, r, "", false)
	}
	if total != nil {
		s.font("B", tableSize)
		if s.room(s.height(columns, total)) {
			head()
		}
		s.row(columns, total, "B", false)
	}
}

// height is how tall a row will be, in the current font.
func (s *sheet) height(columns []column, cells []string) float64 {
	most := 1
	for i, c := range columns {
		most = max(most, len(s.wrap(cells[i], s.width*c.share-2*cellPad)))
	}
	return float64(most)*tableLine + 2*cellPad
}

func (s *sheet) row(columns []column, cells []string, style string, heading bool) {
	s.font(style, tableSize)
	h := s.height(columns, cells)
	x, y := left, s.pdf.GetY()
	for i, c := range columns {
		w := s.width * c.share
		s.pdf.Rect(x, y, w, h, "D")
		align := c.align
		lines := s.wrap(cells[i], w-2*cellPad)
		at := y + cellPad
		if heading {
			align = "C"
			at = y + (h-float64(len(lines))*tableLine)/2
		}
		for _, line := range lines {
			s.pdf.SetXY(x+cellPad, at)
			s.pdf.CellFormat(w-2*cellPad, tableLine, line, "", 0, align, false, 0, "")
			at += tableLine
		}
		x += w
	}
	s.pdf.SetXY(left, y+h)
}
