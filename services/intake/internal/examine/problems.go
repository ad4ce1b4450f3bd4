package examine

import (
	"regexp"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// problems are what is found wrong, as people read it; $1 and $2 stand for what a pattern found.
var problems = []struct {
	said   *regexp.Regexp
	ru, kk string
}{
	in(`XML syntax error on line (\d+): .*`, "ошибка разметки в строке $1", "$1-жолда белгілеу қатесі"),
	in(`elements open at the end: (\d+), roots: (\d+)`, "в конце не закрыто элементов: $1, корневых: $2", "соңында жабылмаған элемент: $1, түбірлік: $2"),
	in(`a second root`, "второй корневой элемент", "екінші түбірлік элемент"),
	in(`an element ends that did not begin: (.*)`, "закрыт элемент, который не открывался: $1", "ашылмаған элемент жабылған: $1"),
	in(`cannot be read to its end`, "не читается до конца", "соңына дейін оқылмайды"),
	in(`no %%EOF: the file was cut off`, "нет %%EOF: файл оборван", "%%EOF жоқ: файл үзілген"),
	in(`no startxref`, "нет startxref", "startxref жоқ"),
	in(`startxref names no offset`, "startxref не называет место таблицы", "startxref кестенің орнын көрсетпейді"),
	in(`startxref points outside the file`, "startxref указывает за пределы файла", "startxref файлдан тыс жерді көрсетеді"),
	in(`startxref points to no table`, "startxref указывает не на таблицу", "startxref көрсеткен жерде кесте жоқ"),
	in(`zip: .*`, "не читается как ZIP", "ZIP ретінде оқылмайды"),
	in(`an entry is larger than the file: (.*)`, "запись больше самого файла: $1", "жазба файлдың өзінен үлкен: $1"),
	in(`its entries overlap`, "записи лежат друг на друге", "жазбалары бірінің үстіне бірі түскен"),
	in(`PNG: cut off before IEND`, "PNG оборван до IEND", "PNG IEND-ке дейін үзілген"),
	in(`PNG: no IHDR with a size`, "в PNG нет IHDR с размером", "PNG-де өлшемі бар IHDR жоқ"),
	in(`PNG: a chunk ends outside the file`, "блок PNG выходит за пределы файла", "PNG блогы файлдан тыс шығады"),
	in(`JPEG: cut off before its picture`, "JPEG оборван до изображения", "JPEG кескінге дейін үзілген"),
	in(`JPEG: a segment ends outside the file`, "сегмент JPEG выходит за пределы файла", "JPEG сегменті файлдан тыс шығады"),
	in(`JPEG: no size before its picture`, "в JPEG нет размера перед изображением", "JPEG-те кескін алдында өлшемі жоқ"),
	in(`JPEG: no end of the picture, the file was cut off`, "в JPEG нет конца изображения, файл оборван", "JPEG-те кескіннің соңы жоқ, файл үзілген"),
	in(`GIF: no size`, "в GIF нет размера", "GIF-те өлшем жоқ"),
	in(`GIF: no end, the file was cut off`, "у GIF нет конца, файл оборван", "GIF-тің соңы жоқ, файл үзілген"),
	in(`TIFF: cut off`, "TIFF оборван", "TIFF үзілген"),
	in(`TIFF: a directory outside the file or in a circle`, "каталог TIFF лежит вне файла или ведёт по кругу", "TIFF каталогы файлдан тыс немесе шеңбермен айналады"),
	in(`TIFF: a directory ends outside the file`, "каталог TIFF выходит за пределы файла", "TIFF каталогы файлдан тыс шығады"),
	in(`TIFF: no width and height`, "в TIFF нет ширины и высоты", "TIFF-те ені мен биіктігі жоқ"),
	in(`TIFF: no directory`, "в TIFF нет каталога", "TIFF-те каталог жоқ"),
}

func in(said, ru, kk string) (p struct {
	said   *regexp.Regexp
	ru, kk string
},
) {
	p.said, p.ru, p.kk = regexp.MustCompile("^(?:"+said+")$"), ru, kk
	return p
}

// inWords is a problem in three languages, as a value of a fault; one that the list does not know stays as it is.
func inWords(problem string) any {
	for _, p := range problems {
		if found := p.said.FindStringSubmatchIndex(problem); found != nil {
			words := func(s string) string { return string(p.said.ExpandString(nil, s, problem, found)) }
			return (&fault.Definition{Kind: fault.Invalid, Code: "examine.problem", EN: problem, RU: words(p.ru), KK: words(p.kk)}).With()
		}
	}
	return problem
}
