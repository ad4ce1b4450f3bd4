package cli

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/qoyma/qoyma/services/platform/fault"
)

var unusable = fault.Define(fault.Invalid, "cli.path",
	"{path}: {problem}; check the name, your rights and the disk",
	"{path}: {problem}; проверьте имя, права и диск",
	"{path}: {problem}; атын, құқықтарды және дискіні тексеріңіз")

// What the disk says, for people; anything else is said in its own words.
var diskWords = []struct {
	is error
	text
}{
	{fs.ErrNotExist, text{"there is no such file or folder", "такого файла или папки нет", "мұндай файл не қалта жоқ"}},
	{fs.ErrPermission, text{"there is no right to it", "нет прав доступа", "қол жеткізу құқығы жоқ"}},
	{syscall.ENOTDIR, text{"this is no folder", "это не папка", "бұл қалта емес"}},
	{syscall.EISDIR, text{"this is a folder, not a file", "это папка, а не файл", "бұл файл емес, қалта"}},
	{syscall.EROFS, text{"the disk can only be read", "диск доступен только для чтения", "дискіні тек оқуға болады"}},
	{syscall.EIO, text{"the disk cannot read or write it", "диск не может это прочитать или записать", "диск мұны оқи не жаза алмайды"}},
	{syscall.ENOSPC, text{"the disk is full", "на диске нет места", "дискіде орын жоқ"}},
}

// newFile begins the name under which a file is written before it takes its own (journal.WriteFileSync).
const newFile = ".new-"

// disk says what the disk did not give or take of what the person named; errors that say something else stay as they are.
// Main asks it of every command's error.
func disk(err error) error {
	var at *fs.PathError
	if err == nil || !errors.As(err, &at) || fault.KindOf(err) != fault.Internal {
		return err
	}
	path := at.Path
	if strings.HasPrefix(filepath.Base(path), newFile) {
		path = filepath.Dir(path) // nobody named that file
	}
	for _, w := range diskWords {
		if errors.Is(at.Err, w.is) {
			return unusable.With("path", path, "problem", w.fault()).Because(err)
		}
	}
	return unusable.With("path", path, "problem", at.Err).Because(err)
}

// wrongFile is a file that was named wrongly on the command line.
func wrongFile(err error) error { return fault.Usage.With("problem", fault.Of(disk(err))) }
