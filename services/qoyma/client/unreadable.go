package client

import (
	"errors"
	"io"
	"io/fs"
	"syscall"

	"github.com/qoyma/qoyma/services/platform/fault"
)

var unreadable = fault.Define(fault.Invalid, "client.upload.unreadable",
	"{path} cannot be read ({problem}); check its name and whether you may read it",
	"{path} не читается ({problem}); проверьте имя и права на чтение",
	"{path} оқылмайды ({problem}); атын және оқу құқығын тексеріңіз")

// Why a file cannot be read, in a few words; the system's own are the cause.
var (
	notThere  = problem("missing", "there is no such file or folder", "такого файла или папки нет", "мұндай файл не қалта жоқ")
	noRight   = problem("permission", "there is no right to read it", "нет права на чтение", "оқу құқығы жоқ")
	badDisk   = problem("disk", "the disk does not give it", "диск его не отдаёт", "диск оны бермейді")
	cutShort  = problem("short", "it has become shorter meanwhile", "за это время он стал короче", "осы уақытта қысқарған")
	otherwise = problem("other", "the system does not give it", "система его не отдаёт", "жүйе оны бермейді")
)

func problem(code, en, ru, kk string) *fault.Definition {
	return fault.Define(fault.Invalid, "client.problem."+code, en, ru, kk)
}

// cannotRead is the fault of a file that could not be read, with the error as its cause.
func cannotRead(path string, err error) error {
	d := otherwise
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		d = notThere
	case errors.Is(err, fs.ErrPermission):
		d = noRight
	case errors.Is(err, syscall.EIO):
		d = badDisk
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		d = cutShort
	}
	return unreadable.With("path", path, "problem", d.With()).Because(err)
}
