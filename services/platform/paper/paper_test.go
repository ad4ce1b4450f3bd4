package paper_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/skip2/go-qrcode"

	"github.com/qoyma/qoyma/services/platform/civil"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/paper"
)

// Every letter of the languages and the signs papers use have a glyph in both weights.
func TestGlyphs(t *testing.T) {
	for _, r := range "АаӘәБбВвГгҒғДдЕеЁёЖжЗзИиЙйКкҚқЛлМмНнҢңОоӨөПпРрСсТтУуҰұҮүФфХхҺһЦцЧчШшЩщЪъЫыІіЬьЭэЮюЯя№«»–—…§°₸€₽0123456789/()\u00a0“”’AZaz" {
		for _, style := range []string{"", "B"} {
			if !paper.Drawable(r, style) {
				t.Errorf("%q has no glyph in style %q", r, style)
			}
		}
	}
	if paper.Drawable('𐰴', "") || paper.Drawable('\uE000', "B") {
		t.Error("the fonts claim what they lack")
	}
}

func draw(t *testing.T, l fault.Language, text string) []byte {
	t.Helper()
	cells := [][]bool{{true, true, false}, {false, true, false}, {true, false, true}}
	pdf, err := paper.Draw(paper.Form{Language: l, Title: "Акт", Foot: text, Date: civil.Date{Year: 2026, Month: 2, Day: 10}}, func(s *paper.Sheet) {
		s.Centred("B", 13, text)
		s.Labelled("Негіздеме:", text)
		s.Paragraph(text)
		s.Block(paper.Left+40, 60, "", text)
		s.Table([]paper.Column{{Title: "№", Share: 0.2, Align: "C"}, {Title: "Атауы", Share: 0.8, Align: "L"}}, [][]string{{"1", text}, {"2", text}}, []string{"", text})
		s.Sign(text, text, "қолы")
		s.Sign(text, "", "қолы")
		s.Matrix(20, 200, 30, cells)
	})
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

func TestTheSameCallsGiveTheSameBytes(t *testing.T) {
	for _, l := range []fault.Language{fault.Kazakh, fault.Russian, fault.English} {
		first := draw(t, l, "Құжаттар (₸) қабылданды")
		for range 5 {
			if !bytes.Equal(first, draw(t, l, "Құжаттар (₸) қабылданды")) {
				t.Fatalf("%s: two prints differ", l)
			}
		}
		if bytes.Equal(first, draw(t, l, "Құжаттар (₸) қабылданған")) {
			t.Fatal("another text prints the same")
		}
		if !bytes.HasPrefix(first, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(first), []byte("%%EOF")) || !bytes.Contains(first, []byte("/Lang ("+string(l)+")")) {
			t.Error("not a whole PDF of its language")
		}
	}
}

// The squares of a QR code stand on the sheet where they belong, without gaps: what is drawn is
// rendered and compared with the code, module by module.
func TestAMatrixIsDrawnAsItIs(t *testing.T) {
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		t.Skip("pdftoppm is not installed; the drawing is looked at by eye then")
	}
	code, err := qrcode.New("https://archive.example/verify?n=2026-1-1&c=48210937", qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	cells := code.Bitmap()
	const x, y, size, dots = 20.0, 40.0, 30.0, 20 // dots per millimetre
	pdf, err := paper.Draw(paper.Form{Language: fault.Kazakh, Date: civil.Date{Year: 2026, Month: 2, Day: 10}}, func(s *paper.Sheet) { s.Matrix(x, y, size, cells) })
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "pdftoppm", "-gray", "-r", "508", "-singlefile") // 508 dots an inch = 20 a millimetre
	cmd.Stdin = bytes.NewReader(pdf)
	image, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var width, height, depth int
	if _, err := fmt.Fscanf(bytes.NewReader(image), "P5\n%d %d\n%d\n", &width, &height, &depth); err != nil || depth != 255 {
		t.Fatal(err, depth)
	}
	pixels := image[len(image)-width*height:]
	module := size / float64(len(cells))
	for row, line := range cells {
		for column, black := range line {
			for _, part := range []float64{0.25, 0.5, 0.75} {
				at := int((y+(float64(row)+0.5)*module)*dots)*width + int((x+(float64(column)+part)*module)*dots)
				if got := pixels[at] < 128; got != black {
					t.Fatalf("module %d, %d is black: %v, want %v", row, column, got, black)
				}
			}
		}
	}
}

// Whatever people type is drawn: no panic, no endless paper.
func TestHostileTexts(t *testing.T) {
	for _, text := range []string{
		"", strings.Repeat("Ш", 1500), "строки\nи\x00нуль", "🗂 𐰴𐰀𐰔", "عربي", "{nb} %s %!d", "\u00ad\u200b\ufeff", "()\\", "\xff\xfe", strings.Repeat("a ", 900),
	} {
		if pages := bytes.Count(draw(t, fault.Kazakh, text), []byte("/Type /Page\n")); pages < 1 || pages > 20 {
			t.Errorf("%.20q on %d pages", text, pages)
		}
	}
}
