package parcel

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"errors"
	"io"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// Why an archive file cannot be read, in a few words: the {problem} of BadZip and of what others say of such a file. What a
// library says is the cause of each, for logs.
var (
	cutOff = problem("cut",
		"it is cut off, a part of the data is missing",
		"обрывается, части данных не хватает",
		"үзіліп қалған, деректердің бір бөлігі жетіспейді")
	noContents = problem("contents",
		"the table of contents is missing or damaged",
		"оглавления нет или оно повреждено",
		"мазмұны жоқ не бүлінген")
	noHeader = problem("header",
		"the header of an entry is damaged",
		"повреждён заголовок записи",
		"жазбаның тақырыпшасы бүлінген")
	wrongSum = problem("checksum",
		"what is unpacked does not agree with its checksum",
		"распакованное не сходится с контрольной суммой",
		"ашылған деректер бақылау сомасына сәйкес келмейді")
	badPacking = problem("packing",
		"the packed data are damaged",
		"сжатые данные повреждены",
		"сығылған деректер бүлінген")
	otherMethod = problem("method",
		"it is packed by a method that is not read here",
		"сжатие такого вида здесь не читается",
		"мұндай сығу түрі мұнда оқылмайды")
	behindEnd = problem("trailing",
		"other data follow behind the end",
		"после конца следуют другие данные",
		"соңынан кейін басқа деректер бар")
	notOn = problem("unreadable",
		"it cannot be read from here on",
		"дальше не читается",
		"одан әрі оқылмайды")
	tooMany = problem("many",
		"it has more than {limit} entries",
		"записей больше {limit}",
		"{limit} жазбадан көп")
	oddEntry = problem("odd",
		"the entry {entry} is neither an ordinary file nor a folder",
		"запись {entry} – не обычный файл и не папка",
		"{entry} жазбасы кәдімгі файл да, қалта да емес")
	badEntry = problem("entry",
		"the entry {entry} cannot be unpacked: {problem}",
		"запись {entry} не распаковывается: {problem}",
		"{entry} жазбасы ашылмайды: {problem}")
)

func problem(code, en, ru, kk string) *fault.Definition {
	return fault.Define(fault.Invalid, "parcel.problem."+code, en, ru, kk)
}

// ErrTrailing is the cause where something other than padding follows the end of a tar.
var ErrTrailing = errors.New("data after its end")

// Broken says for people what an error of reading a ZIP or a tar means for the file, so that nobody is shown a library's words.
// The error is its cause.
func Broken(err error) *fault.Error {
	var corrupt flate.CorruptInputError
	d := notOn
	switch {
	case errors.Is(err, zip.ErrFormat):
		d = noContents
	case errors.Is(err, zip.ErrChecksum):
		d = wrongSum
	case errors.Is(err, zip.ErrAlgorithm):
		d = otherMethod
	case errors.Is(err, tar.ErrHeader):
		d = noHeader
	case errors.Is(err, ErrTrailing):
		d = behindEnd
	case errors.As(err, &corrupt):
		d = badPacking
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		d = cutOff
	}
	return d.With().Because(err)
}

// BrokenEntry is the fault of an entry of the archive file name that cannot be unpacked, because of an error of reading it.
func BrokenEntry(name, entry string, err error) *fault.Error {
	return BadZip.With("name", name, "problem", badEntry.With("entry", clip.Runes(entry, maxShown), "problem", Broken(err))).Because(err)
}
