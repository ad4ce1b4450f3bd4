package certificate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/skip2/go-qrcode"

	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/paper"
	"github.com/qoyma/qoyma/services/standards/archcode"
)

// Measures in millimetres.
const (
	qrSize     = 30.0
	indent     = 7.0 // of a statement behind its number
	addressAt  = 0.5 // share of the width at which the addressee's block begins
	checkBlock = qrSize + 16
	signBlock  = 24 + checkBlock
)

// Draw prints the paper: the first revision, whose SHA-256 the head signs. Equal facts give
// equal bytes. Errors: BadField, NoSource.
func Draw(f Facts) ([]byte, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	link := f.Check.Link
	if link == "" {
		link = f.Check.Address
	}
	code, err := qrcode.New(link, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("certificate: QR code: %w", err)
	}
	l, w, k := f.Language, forms[f.Language], kinds[f.Kind]
	name := []rune(k.name.In(l))
	title := strings.ToUpper(string(name[:1])) + string(name[1:])
	return paper.Draw(paper.Form{
		Language: l, Date: f.Date, Title: fmt.Sprintf("%s № %s", title, f.Number), Foot: fmt.Sprintf(w.foot, title, f.Number, f.Date.Dotted()),
	}, func(s *paper.Sheet) {
		p := printer{s, f, w}
		p.letterhead()
		p.addressee()
		s.Centred("B", 13.5, k.title.In(l))
		s.Skip(3)
		p.body(k.opening.In(l))
		p.signature()
		p.check(code.Bitmap())
	})
}

// printer draws one paper.
type printer struct {
	*paper.Sheet
	f Facts
	w form
}

// letterhead is in both state languages whatever the paper's language, Kazakh on the left.
func (p printer) letterhead() {
	const gap = 10.0
	half := (p.Width - gap) / 2
	y, lowest := p.Y(), 0.0
	for i, l := range []fault.Language{fault.Kazakh, fault.Russian} {
		x := paper.Left + float64(i)*(half+gap)
		p.MoveTo(x, y)
		p.column(x, half, "B", 11.5, p.f.Archive.Name.In(l))
		p.MoveTo(x, p.Y()+1)
		p.column(x, half, "", 9, p.f.Archive.Address.In(l))
		lowest = max(lowest, p.Y())
	}
	p.MoveTo(paper.Left, lowest)
	if p.f.Archive.Contacts != "" {
		p.Centred("", 9, p.f.Archive.Contacts)
	}
	y = p.Y() + 1.5
	p.Rule(paper.Left, y, paper.Left+p.Width, y)
	p.Rule(paper.Left, y+0.7, paper.Left+p.Width, y+0.7)
	p.MoveTo(paper.Left, y+5)
}

// column prints centred lines in a part of the width.
func (p printer) column(x, width float64, style string, size float64, text string) {
	p.Font(style, size)
	height := size * 0.45
	for _, line := range p.Wrap(text, width) {
		p.MoveTo(x, p.Y())
		p.Cell(width, height, line, "C")
		p.MoveTo(x, p.Y()+height)
	}
}

// addressee: number, date and request on the left, to whom on the right (AI-11.14).
func (p printer) addressee() {
	l, y := p.f.Language, p.Y()
	half := p.Width*addressAt - 6
	p.Block(paper.Left, half, "B", fmt.Sprintf(p.w.number, p.f.Date.In(l), p.f.Number))
	p.Block(paper.Left, half, "", fmt.Sprintf(p.w.request, p.f.RequestNumber, p.f.RequestDate.In(l)))
	lowest := p.Y()
	x := paper.Left + p.Width*addressAt
	p.MoveTo(x, y)
	for i, line := range paragraphs(p.f.Addressee) {
		style := ""
		if i == 0 {
			style = "B"
		}
		p.Block(x, p.Width*(1-addressAt), style, line)
	}
	p.MoveTo(paper.Left, max(lowest, p.Y())+7)
}

func (p printer) body(opening string) {
	if p.f.Opening != "" {
		opening = p.f.Opening
	}
	p.text(opening)
	if p.f.Ground > 0 {
		p.text(fmt.Sprintf(p.w.ground, p.f.Ground, grounds[p.f.Ground-1].In(p.f.Language)))
	}
	p.text(p.f.Reasons)
	for i, s := range p.f.Statements {
		p.statement(i+1, s)
	}
	p.list(p.w.spellings, p.f.Spellings)
	p.list(p.w.gaps, p.f.Gaps)
	p.list(p.w.searched, codes(p.f.Searched, p.f.Language))
	basis := codes(p.f.basis(), p.f.Language)
	if n := len(basis); n > 0 && n <= 10 && p.f.Closing == "" {
		p.Room(float64(n+2)*paper.BodyLine + signBlock) // a signature does not stand alone on a page
	}
	p.list(p.w.basis, basis)
	p.text(p.f.Closing)
	if p.f.Kind == Refusal {
		p.text(p.w.complain)
	}
}

// text prints paragraphs; nothing for an empty text.
func (p printer) text(text string) {
	for _, line := range paragraphs(text) {
		p.Paragraph(line)
	}
}

// statement prints number, period and text, and below, smaller, the documents it rests on.
func (p printer) statement(number int, s Statement) {
	mark := strconv.Itoa(number) + "."
	p.Room(3 * paper.BodyLine) // a period alone at the foot of a page says nothing
	if s.Period != "" {
		p.hang(mark, "B", paper.BodySize, s.Period)
		mark = ""
	}
	for _, line := range paragraphs(s.Text) {
		p.hang(mark, "", paper.BodySize, line)
		mark = ""
	}
	if len(s.Sources) > 0 {
		p.hang("", "", paper.TableSize, p.w.source+strings.Join(codes(s.Sources, p.f.Language), "; "))
	}
	p.Skip(1.6)
}

// hang prints lines to the right of a mark in the margin of the text.
func (p printer) hang(mark, style string, size float64, text string) {
	height := size * 0.45
	p.Font(style, size)
	for _, line := range p.Wrap(text, p.Width-indent) {
		if p.Room(height) {
			p.Font(style, size)
		}
		y := p.Y()
		if mark != "" {
			p.Font("", size)
			p.MoveTo(paper.Left, y)
			p.Cell(indent, height, mark, "L")
			p.Font(style, size)
			mark = ""
		}
		p.MoveTo(paper.Left+indent, y)
		p.Cell(p.Width-indent, height, line, "L")
		p.Newline(height)
	}
}

// list prints a heading and what stands under it; nothing where nothing does.
func (p printer) list(heading string, items []string) {
	if len(items) == 0 {
		return
	}
	p.Room(3 * paper.BodyLine)
	p.Font("B", paper.BodySize)
	p.Cell(p.Width, paper.BodyLine, heading, "L")
	p.Newline(paper.BodyLine)
	for _, item := range items {
		p.hang("–", "", paper.BodySize-0.5, item)
	}
	p.Skip(2)
}

// signature: post, place of the electronic signature, name; and who prepared the answer.
func (p printer) signature() {
	p.Room(signBlock) // the signature stays with what proves it
	p.Skip(5)
	p.Sign(p.f.Signatory.Post.In(p.f.Language), p.f.Signatory.Name, p.w.signature)
	p.Skip(3)
	executor := p.f.Executor.Name
	if executor == "" {
		executor = strings.Repeat("_", 24)
	}
	if p.f.Executor.Phone != "" {
		executor += ", " + p.w.phone + " " + p.f.Executor.Phone
	}
	p.Font("", 9)
	p.Cell(p.Width, 4.2, p.Fit(p.w.executor+" "+executor, p.Width), "L")
	p.Newline(4.2)
}

// check is the QR code with what a person types who has no camera at hand.
func (p printer) check(cells [][]bool) {
	p.Room(checkBlock)
	y := p.Y() + 3
	p.Rule(paper.Left, y, paper.Left+p.Width, y)
	y += 2
	p.Matrix(paper.Left-1.5, y, qrSize, cells)
	x, width := paper.Left+qrSize+3, p.Width-qrSize-3
	p.MoveTo(x, y+2)
	p.Block(x, width, "B", p.w.check)
	p.Font("", 9.5)
	for _, line := range p.Wrap(p.w.electronic, width) {
		p.MoveTo(x, p.Y())
		p.Cell(width, 4.2, line, "L")
		p.Newline(4.2)
	}
	p.Block(x, width, "B", p.f.Check.Address)
	p.Block(x, width, "", p.w.checkNumber+" "+p.f.Number)
	p.Block(x, width, "", p.w.checkDigits+" "+grouped(p.f.Check.Digits))
}

// grouped writes digits in groups of four, as people read and type them.
func grouped(digits string) string {
	if strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return digits
	}
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func codes(list []archcode.Code, l fault.Language) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.Format(l)
	}
	return out
}

// paragraphs are the lines of a text that say something.
func paragraphs(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
