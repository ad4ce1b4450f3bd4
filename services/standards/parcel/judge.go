package parcel

import (
	"archive/zip"
	"errors"
	"io/fs"
	"strings"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
	"github.com/qoyma/qoyma/services/platform/numeral"
)

// What no archive file is taken with, each with the entry named as it stands there. Nothing that would still come could mend
// such a one (Refused). Whoever packs a folder makes none of these; a bag that breaks other rules of ZIPs too is
// judged by standards/bagit (qoyma transfer validate).
var (
	Traversal = fault.Define(fault.Invalid, "parcel.zip.traversal",
		"in {name} the entry {entry} leads out of its folder; nothing of it was kept; pack the folder again and send it",
		"в {name} запись {entry} ведёт за пределы своей папки; из него ничего не сохранено; упакуйте папку заново и отправьте её",
		"«{name}» ішіндегі {entry} жазбасы өз қалтасынан тыс жерге апарады; одан ештеңе сақталмады; қалтаны қайта қаптап жіберіңіз")
	Absolute = fault.Define(fault.Invalid, "parcel.zip.absolute",
		"in {name} the entry {entry} begins at the root of a disk; nothing of it was kept; pack the folder itself and send it",
		"в {name} запись {entry} начинается от корня диска; из него ничего не сохранено; упакуйте саму папку и отправьте её",
		"«{name}» ішіндегі {entry} жазбасы дискінің түбірінен басталады; одан ештеңе сақталмады; қалтаның өзін қаптап жіберіңіз")
	TooLong = fault.Define(fault.Invalid, "parcel.zip.long_path",
		"in {name} the path of the entry {entry} has more than {limit} bytes; nothing of it was kept; shorten the names of its folders and pack again",
		"в {name} путь записи {entry} длиннее {limit} байт; из него ничего не сохранено; укоротите имена папок и упакуйте заново",
		"«{name}» ішіндегі {entry} жазбасының жолы {limit} байттан ұзын; одан ештеңе сақталмады; қалталардың атын қысқартып, қайта қаптаңыз")
	Link = fault.Define(fault.Invalid, "parcel.zip.link",
		"in {name} the entry {entry} is a symbolic link; nothing of it was kept; put the file itself in its place and pack again",
		"в {name} запись {entry} – символическая ссылка; из него ничего не сохранено; поместите на её место сам файл и упакуйте заново",
		"«{name}» ішіндегі {entry} жазбасы – символдық сілтеме; одан ештеңе сақталмады; орнына файлдың өзін салып, қайта қаптаңыз")
	Device = fault.Define(fault.Invalid, "parcel.zip.device",
		"in {name} the entry {entry} is a device, pipe or socket and no file; nothing of it was kept; take it out and pack again",
		"в {name} запись {entry} – устройство, канал или сокет, а не файл; из него ничего не сохранено; уберите её и упакуйте заново",
		"«{name}» ішіндегі {entry} жазбасы файл емес, құрылғы, арна немесе сокет; одан ештеңе сақталмады; оны алып тастап, қайта қаптаңыз")
	Encrypted = fault.Define(fault.Invalid, "parcel.zip.encrypted",
		"in {name} the entry {entry} is encrypted; nothing of it was kept; pack the folder without a password",
		"в {name} запись {entry} зашифрована; из него ничего не сохранено; упакуйте папку без пароля",
		"«{name}» ішіндегі {entry} жазбасы шифрланған; одан ештеңе сақталмады; қалтаны құпиясөзсіз қаптаңыз")
	Method = fault.Define(fault.Invalid, "parcel.zip.method",
		"in {name} the entry {entry} is packed by method {method}; nothing of it was kept; pack the folder as an ordinary ZIP (stored or deflated)",
		"в {name} запись {entry} сжата методом {method}; из него ничего не сохранено; упакуйте папку обычным ZIP (без сжатия или deflate)",
		"«{name}» ішіндегі {entry} жазбасы {method} әдісімен сығылған; одан ештеңе сақталмады; қалтаны кәдімгі ZIP етіп қаптаңыз (сығусыз немесе deflate)")
	Dense = fault.Define(fault.Invalid, "parcel.zip.dense",
		"in {name} up to the entry {entry} more than {ratio} times what is packed would be unpacked, {size}; nothing of it was kept; pack without compression, or choose the folder itself",
		"в {name} до записи {entry} распаковалось бы более чем в {ratio} раз больше упакованного, {size}; из него ничего не сохранено; упакуйте без сжатия или выберите саму папку",
		"«{name}» ішінде {entry} жазбасына дейін қапталғаннан {ratio} еседен артық, {size} ашылар еді; одан ештеңе сақталмады; сығусыз қаптаңыз немесе қалтаның өзін таңдаңыз")
	Overlap = fault.Define(fault.Invalid, "parcel.zip.overlap",
		"in {name} the entry {entry} and those before it have more bytes than the file: they share them; nothing of it was kept; pack the folder again and send it",
		"в {name} у записи {entry} и тех, что до неё, больше байт, чем в файле: они у них общие; из него ничего не сохранено; упакуйте папку заново и отправьте её",
		"«{name}» ішіндегі {entry} мен оның алдындағы жазбалардың байттары файлдағыдан көп: олар ортақ; одан ештеңе сақталмады; қалтаны қайта қаптап жіберіңіз")
	Outside = fault.Define(fault.Invalid, "parcel.zip.outside",
		"“{name}” has a BagIt package in the folder {top}, and outside it {entry}; nothing of it was kept; pack the package alone, or, where it is a record, choose the folder itself",
		"в {name} папка {top} – пакет BagIt, а вне её лежит {entry}; из него ничего не сохранено; упакуйте один пакет, а если он сам – документ, выберите саму папку",
		"«{name}» ішіндегі {top} қалтасы – BagIt пакеті, ал одан тыс {entry} жатыр; одан ештеңе сақталмады; пакеттің өзін ғана қаптаңыз, ал ол құжаттың өзі болса, қалтаның өзін таңдаңыз")
)

// From DenseFrom bytes on what is unpacked is at most DenseRatio times what is packed, of an entry and of all; bags are held to
// the same (bagit.Limits).
const (
	DenseFrom  = 16 << 20
	DenseRatio = 200
)

const maxPath = 4096 // bytes, as of a bag

const maxShown = 200 // characters of what a stranger calls an entry, in a message

const encrypted = 1 | 1<<6 | 1<<13 // flags (APPNOTE 4.4.4): the data, strongly, the table of contents

// Refused tells whether an error says that a ZIP is none, or holds what no ZIP is taken with.
func Refused(err error) bool {
	for _, d := range []*fault.Definition{NoZip, BadZip, Traversal, Absolute, TooLong, Link, Device, Encrypted, Method, Dense, Overlap, Outside} {
		if errors.Is(err, d) {
			return true
		}
	}
	return false
}

// judge counts what the table of contents says of a ZIP's entries. What it says of sizes holds: archive/zip gives no
// byte more than an entry is said to have.
type judge struct {
	size             uint64 // bytes of the ZIP
	packed, unpacked uint64 // bytes of the entries so far
}

// entry judges the next entry, called path; name is what the person calls the ZIP.
func (j *judge) entry(f *zip.File, path, name string) error {
	if err := astray(path, name); err != nil {
		return err
	}
	if err := special(f.Mode(), path, name); err != nil {
		return err
	}
	refuse := func(d *fault.Definition, args ...any) error {
		return d.With(append([]any{"name", name, "entry", clip.Runes(path, maxShown)}, args...)...)
	}
	switch {
	case f.Flags&encrypted != 0:
		return refuse(Encrypted)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return refuse(Method, "method", f.Method)
	case f.CompressedSize64 > j.size || j.packed+f.CompressedSize64 > j.size:
		return refuse(Overlap)
	case dense(f.UncompressedSize64, f.CompressedSize64): // where its part of the whole would hide it
		return refuse(Dense, "ratio", DenseRatio, "size", numeral.Said(f.UncompressedSize64))
	}
	j.packed += f.CompressedSize64
	// Neither sum overflows: each entry is bounded by what is packed, and that by the ZIP's size.
	if j.unpacked += f.UncompressedSize64; dense(j.unpacked, j.size) {
		return refuse(Dense, "ratio", DenseRatio, "size", numeral.Said(j.unpacked))
	}
	return nil
}

// astray refuses a path that does not stay in its folder, or is too long to be one.
func astray(path, name string) error {
	switch {
	case len(path) > maxPath:
		return TooLong.With("name", name, "entry", clip.Runes(path, maxShown), "limit", maxPath)
	case strings.HasPrefix(path, "/"), drive(path):
		return Absolute.With("name", name, "entry", clip.Runes(path, maxShown))
	case path == "..", strings.HasPrefix(path, "../"), strings.HasSuffix(path, "/.."), strings.Contains(path, "/../"):
		return Traversal.With("name", name, "entry", clip.Runes(path, maxShown))
	}
	return nil
}

// special refuses what is neither a file nor a folder.
func special(mode fs.FileMode, path, name string) error {
	switch kind := mode.Type(); {
	case kind == fs.ModeSymlink:
		return Link.With("name", name, "entry", clip.Runes(path, maxShown))
	case kind != 0 && kind != fs.ModeDir:
		return Device.With("name", name, "entry", clip.Runes(path, maxShown))
	}
	return nil
}

func dense(unpacked, packed uint64) bool {
	return unpacked >= DenseFrom && unpacked/DenseRatio > packed
}

// drive tells whether a path names a disk of Windows.
func drive(path string) bool {
	return len(path) > 1 && path[1] == ':' && ('a' <= path[0]|0x20 && path[0]|0x20 <= 'z')
}
