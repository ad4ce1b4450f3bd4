package examine

import "github.com/qoyma/qoyma/services/platform/fault"

// What is wrong with a file, in a few words: the {problem} of a finding.
var (
	badMarkup = problem("markup",
		"a markup error on line {line}",
		"ошибка разметки в строке {line}",
		"{line}-жолда белгілеу қатесі")
	openElements = problem("open_elements",
		"elements open at the end: {open}, roots: {roots}",
		"в конце не закрыто элементов: {open}, корневых: {roots}",
		"соңында жабылмаған элемент: {open}, түбірлік: {roots}")
	secondRoot = problem("second_root",
		"a second root",
		"второй корневой элемент",
		"екінші түбірлік элемент")
	strayEnd = problem("stray_end",
		"an element ends that did not begin: {element}",
		"закрыт элемент, который не открывался: {element}",
		"ашылмаған элемент жабылған: {element}")
	unreadable = problem("unreadable",
		"it cannot be read to its end",
		"не читается до конца",
		"соңына дейін оқылмайды")
	pdfCut = problem("pdf_cut",
		"no %%EOF: the file was cut off",
		"нет %%EOF: файл оборван",
		"%%EOF жоқ: файл үзілген")
	noStartxref = problem("no_startxref",
		"no startxref",
		"нет startxref",
		"startxref жоқ")
	noOffset = problem("no_offset",
		"startxref names no offset",
		"startxref не называет место таблицы",
		"startxref кестенің орнын көрсетпейді")
	offsetOutside = problem("offset_outside",
		"startxref points outside the file",
		"startxref указывает за пределы файла",
		"startxref файлдан тыс жерді көрсетеді")
	noTable = problem("no_table",
		"startxref points to no table",
		"startxref указывает не на таблицу",
		"startxref көрсеткен жерде кесте жоқ")
	noZIP = problem("no_zip",
		"it cannot be read as a ZIP",
		"не читается как ZIP",
		"ZIP ретінде оқылмайды")
	entryTooLarge = problem("entry_too_large",
		"an entry is larger than the file: {entry}",
		"запись больше самого файла: {entry}",
		"жазба файлдың өзінен үлкен: {entry}")
	entriesOverlap = problem("entries_overlap",
		"its entries overlap",
		"записи лежат друг на друге",
		"жазбалары бірінің үстіне бірі түскен")
	pngCut = problem("png_cut",
		"PNG: cut off before IEND",
		"PNG оборван до IEND",
		"PNG IEND-ке дейін үзілген")
	pngNoSize = problem("png_no_size",
		"PNG: no IHDR with a size",
		"в PNG нет IHDR с размером",
		"PNG-де өлшемі бар IHDR жоқ")
	pngOutside = problem("png_outside",
		"PNG: a chunk ends outside the file",
		"блок PNG выходит за пределы файла",
		"PNG блогы файлдан тыс шығады")
	jpegCut = problem("jpeg_cut",
		"JPEG: cut off before its picture",
		"JPEG оборван до изображения",
		"JPEG кескінге дейін үзілген")
	jpegOutside = problem("jpeg_outside",
		"JPEG: a segment ends outside the file",
		"сегмент JPEG выходит за пределы файла",
		"JPEG сегменті файлдан тыс шығады")
	jpegNoSize = problem("jpeg_no_size",
		"JPEG: no size before its picture",
		"в JPEG нет размера перед изображением",
		"JPEG-те кескін алдында өлшемі жоқ")
	jpegNoEnd = problem("jpeg_no_end",
		"JPEG: no end of the picture, the file was cut off",
		"в JPEG нет конца изображения, файл оборван",
		"JPEG-те кескіннің соңы жоқ, файл үзілген")
	gifNoSize = problem("gif_no_size",
		"GIF: no size",
		"в GIF нет размера",
		"GIF-те өлшем жоқ")
	gifNoEnd = problem("gif_no_end",
		"GIF: no end, the file was cut off",
		"у GIF нет конца, файл оборван",
		"GIF-тің соңы жоқ, файл үзілген")
	tiffCut = problem("tiff_cut",
		"TIFF: cut off",
		"TIFF оборван",
		"TIFF үзілген")
	tiffCircle = problem("tiff_circle",
		"TIFF: a directory outside the file or in a circle",
		"каталог TIFF лежит вне файла или ведёт по кругу",
		"TIFF каталогы файлдан тыс немесе шеңбермен айналады")
	tiffOutside = problem("tiff_outside",
		"TIFF: a directory ends outside the file",
		"каталог TIFF выходит за пределы файла",
		"TIFF каталогы файлдан тыс шығады")
	tiffNoSize = problem("tiff_no_size",
		"TIFF: no width and height",
		"в TIFF нет ширины и высоты",
		"TIFF-те ені мен биіктігі жоқ")
	tiffNone = problem("tiff_none",
		"TIFF: no directory",
		"в TIFF нет каталога",
		"TIFF-те каталог жоқ")
)

func problem(code, en, ru, kk string) *fault.Definition {
	return fault.Define(fault.Invalid, "examine.problem."+code, en, ru, kk)
}
