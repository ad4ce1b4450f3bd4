package demo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationserifregular"
)

// document is one digital document of a file: its name and how to make its bytes.
type document struct {
	name string
	make func() ([]byte, error)
}

// letter is a typewritten page or two as PDF; paragraphs stay in the language they were
// written in.
func letter(name, heading string, paragraphs ...string) document {
	return document{name, func() ([]byte, error) {
		pdf := fpdf.New("P", "mm", "A4", "")
		when := time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC)
		pdf.SetCreationDate(when)
		pdf.SetModificationDate(when)
		pdf.SetCatalogSort(true)
		pdf.SetTitle(heading, true)
		pdf.AddUTF8FontFromBytes("serif", "", liberationserifregular.TTF)
		pdf.SetMargins(25, 25, 20)
		pdf.AddPage()
		pdf.SetFont("serif", "", 14)
		pdf.MultiCell(0, 7, heading, "", "C", false)
		pdf.Ln(6)
		pdf.SetFont("serif", "", 12)
		for _, p := range paragraphs {
			pdf.MultiCell(0, 6.5, p, "", "J", false)
			pdf.Ln(2)
		}
		var out bytes.Buffer
		err := pdf.Output(&out)
		return out.Bytes(), err
	}}
}

// table is a CSV, semicolons between, as offices keep them.
func table(name, header string, rows ...string) document {
	return document{name, func() ([]byte, error) {
		var out bytes.Buffer
		out.WriteString(header + "\r\n")
		for _, r := range rows {
			out.WriteString(r + "\r\n")
		}
		return out.Bytes(), nil
	}}
}

// plan is a drawing as PNG: outer walls, rooms, a canal; black ink on yellowed paper.
func plan(name string, lines ...[4]int) document {
	return document{name, func() ([]byte, error) {
		paper := color.RGBA{244, 236, 214, 255}
		img := image.NewRGBA(image.Rect(0, 0, 640, 480))
		draw.Draw(img, img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
		for _, l := range lines {
			stroke(img, l[0], l[1], l[2], l[3])
		}
		var out bytes.Buffer
		err := png.Encode(&out, img)
		return out.Bytes(), err
	}}
}

// stroke draws a line three pixels wide.
func stroke(img *image.RGBA, x0, y0, x1, y1 int) {
	steps := max(abs(x1-x0), abs(y1-y0), 1)
	for i := range steps + 1 {
		x, y := x0+(x1-x0)*i/steps, y0+(y1-y0)*i/steps
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				img.Set(x+dx, y+dy, color.RGBA{40, 36, 30, 255})
			}
		}
	}
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func orders() []document {
	return []document{
		letter("buiryq-001.pdf", "БҰЙРЫҚ № 1",
			"2012 жылғы 9 қаңтар                                                  Жетіөзен қаласы",
			"Ауыл мектептеріне бару жоспарын бекіту туралы",
			"Облыстың ауыл мектептеріндегі оқу үдерісінің барысын зерделеу мақсатында БҰЙЫРАМЫН:",
			"1. 2012 жылғы бірінші жартыжылдыққа арналған мектептерге бару жоспары бекітілсін.",
			"2. Бөлім меңгерушілері әр тоқсан соңында есеп тапсырсын.",
			"Басқарма бастығы                                                      Е. Сағатбеков"),
		letter("prikaz-118.pdf", "ПРИКАЗ № 118",
			"28 декабря 2012 года                                                   г. Жетиозен",
			"Об итогах проверки сельских библиотек",
			"По итогам проверки тридцати двух школьных библиотек области ПРИКАЗЫВАЮ:",
			"1. Признать работу библиотек удовлетворительной.",
			"2. Директорам школ до 1 марта 2013 года пополнить фонды учебниками на казахском языке.",
			"Начальник управления                                                  Е. Сагатбеков"),
	}
}

func school(kk, ru, en string) []document {
	return []document{
		letter("tusinik-khat.pdf", "ТҮСІНІК ХАТ",
			kk+" ауылындағы мектеп құрылысының жобасына",
			"Жаңа ғимарат үш жүз жиырма орынға есептелген. Мектепте он алты сынып бөлмесі, асхана, спорт залы және кітапхана болады.",
			"Құрылыс орны ауылдың шығыс шетінде, өзеннен екі жүз метр қашықтықта таңдалды."),
		letter("smeta.pdf", "СМЕТНАЯ ЗАПИСКА",
			"Школа на 320 мест, село "+ru,
			"Общая стоимость работ определена в ценах 2012 года. Земляные работы, фундаменты и стены выполняются подрядной организацией; благоустройство – силами района.",
			"Приложение: план первого этажа, ведомость объёмов работ."),
		table("vedomost.csv", "№;Жұмыс түрі / Вид работ;Өлшем / Ед.;Көлемі / Объём",
			"1;Жер жұмыстары / Земляные работы;м³;1840", "2;Іргетас / Фундаменты;м³;412", "3;Қабырға / Стены;м³;1126", "4;Шатыр / Кровля;м²;1580"),
		plan("plan-"+fmt.Sprint(len(en))+".png",
			[4]int{60, 60, 580, 60}, [4]int{580, 60, 580, 400}, [4]int{580, 400, 60, 400}, [4]int{60, 400, 60, 60},
			[4]int{60, 200, 420, 200}, [4]int{420, 60, 420, 400}, [4]int{180, 60, 180, 200}, [4]int{300, 60, 300, 200}, [4]int{240, 200, 240, 400}),
	}
}

func report() []document {
	return []document{
		letter("esep.pdf", "ЖЫЛДЫҚ ЕСЕП",
			"Облыс мектептерінің 2011/2012 оқу жылындағы жұмысы туралы",
			"Есепті жылы облыста екі жүз он төрт мектеп жұмыс істеді, онда алпыс сегіз мың оқушы білім алды.",
			"Қазақ тілінде оқытатын сыныптардың үлесі жетпіс бір пайызға жетті."),
		letter("otchet.pdf", "ГОДОВОЙ ОТЧЁТ",
			"О работе школ области за 2011/2012 учебный год",
			"В отчётном году в области действовали двести четырнадцать школ, в которых обучались шестьдесят восемь тысяч учащихся.",
			"Доля классов с казахским языком обучения достигла семидесяти одного процента."),
		table("mektepter.csv", "Аудан / Район;Мектеп / Школ;Оқушы / Учащихся",
			"Талғыр / Талгыр;41;12950", "Ақбұлақ / Акбулак;28;7410", "Мұзтау / Музтау;19;5102"),
	}
}

func canal() []document {
	return []document{
		letter("pasport.pdf", "СУАРУ ЖҮЙЕСІНІҢ ПАСПОРТЫ",
			"«Үлкен арық» магистральдық каналы. Ұзындығы он жеті шақырым, су өткізу қабілеті секундына 4,2 м³.",
			"Магистральный канал «Улькен арык». Длина семнадцать километров, пропускная способность 4,2 м³ в секунду."),
		plan("sulba.png", [4]int{40, 420, 220, 300}, [4]int{220, 300, 380, 260}, [4]int{380, 260, 600, 80}, [4]int{220, 300, 260, 440}, [4]int{380, 260, 440, 430}),
	}
}

func schedule() []document {
	return []document{
		table("keste.csv", "Айы / Месяц;Көлемі, мың м³ / Объём, тыс. м³", "05;1180", "06;2240", "07;2610", "08;2390", "09;940"),
	}
}

// write puts a department's documents where a bag's payload is prepared: one folder per file,
// named by its position in the inventory.
func (d department) write(root string) error {
	for i, p := range d.listed() {
		dir := filepath.Join(root, fmt.Sprintf("%04d", i+1))
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		for _, doc := range p.documents {
			content, err := doc.make()
			if err != nil {
				return fmt.Errorf("demo: %s: %w", doc.name, err)
			}
			if err := os.WriteFile(filepath.Join(dir, doc.name), content, 0o600); err != nil {
				return fmt.Errorf("demo: %w", err)
			}
		}
	}
	return nil
}
