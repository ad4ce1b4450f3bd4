// Package parcel reads what people send instead of a bag: folders called by the numbers of an inventory's
// rows, folders that are a bag or an E-ARK package, and each of them packed as a ZIP or a tar by whatever program they have. It says
// where each file belongs in a package, and knows no package: whether it may stand there, the rules of
// bags say (standards/bagit).
package parcel

import (
	"archive/zip"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/qoyma/qoyma/services/platform/clip"
	"github.com/qoyma/qoyma/services/platform/fault"
)

// NoZip is answered for a file that is neither ZIP nor tar, or a ZIP whose table of contents, at its end, is cut off.
var NoZip = fault.Define(fault.Invalid, "parcel.zip.none",
	"this is no whole ZIP or tar: {name}; pack the folder again and send it, or choose the folder itself",
	"это не целый ZIP или tar: {name}; упакуйте папку заново и отправьте её или выберите саму папку",
	"бұл бүтін ZIP не tar емес: {name}; қалтаны қайта қаптап жіберіңіз немесе қалтаның өзін таңдаңыз")

// BadZip is answered for a file that cannot be read as the ZIP or tar that it is, and for what may not be in it.
var BadZip = fault.Define(fault.Invalid, "parcel.zip",
	"the file {name} cannot be read as a ZIP or tar ({problem}); pack the folder again and send it, or choose the folder itself",
	"файл {name} не читается как ZIP или tar ({problem}); упакуйте папку заново и отправьте её или выберите саму папку",
	"«{name}» файлы ZIP не tar ретінде оқылмайды ({problem}); қалтаны қайта қаптап жіберіңіз немесе қалтаның өзін таңдаңыз")

// MaxEntries bounds the table of contents of a ZIP: no package has as many files.
const MaxEntries = 2_000_000

// Base is a file's own name: some browsers send "C:\fakepath\scan.pdf".
func Base(name string) string { return name[strings.LastIndexAny(name, `/\`)+1:] }

// OfBag tells whether a path within a folder is one that only a bag has (RFC 8493 §2).
func OfBag(path string) bool {
	if strings.HasPrefix(path, "data/") {
		return true
	}
	switch {
	case path == "bagit.txt", path == "bag-info.txt", path == "fetch.txt":
		return true
	case strings.Contains(path, "/"), !strings.HasSuffix(path, ".txt"):
		return false
	}
	return strings.HasPrefix(path, "manifest-") || strings.HasPrefix(path, "tagmanifest-")
}

// Placed is where a file of numbered folders belongs in a bag: from the first folder that is called by
// a number. One that lies in none is sent as it is, and intake says what to do with it.
func Placed(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts[:len(parts)-1] {
		if digits(part) {
			return "data/" + strings.Join(parts[i:], "/")
		}
	}
	return "data/" + parts[len(parts)-1]
}

// Junk is what file managers leave beside people's files.
func Junk(name string) bool {
	switch own := Base(name); {
	case own == ".DS_Store", strings.EqualFold(own, "Thumbs.db"), strings.EqualFold(own, "desktop.ini"), strings.HasPrefix(own, "._"):
		return true
	}
	return strings.HasPrefix(name, "__MACOSX/") || strings.Contains(name, "/__MACOSX/")
}

// File is a file of an archive file.
type File struct {
	Name string // as the archive file has it
	Size uint64 // bytes, as it says
	Open func() (io.ReadCloser, error)
}

// Unpack gives the files of a ZIP or a tar to take, in their order, each with where it belongs: of a bag, alone or
// within one folder, of numbered folders, or of an E-ARK package. name is what the person calls the archive file. It gives how many
// were taken; the first error ends it. The table of contents is read twice and not held: nothing is taken of
// one that is broken, or of which an entry is hostile (judge.go). A file is open only while it is being taken.
func Unpack(from io.ReaderAt, size int64, name string, take func(f File, path string, kind Kind) error) (taken int, err error) {
	if isTar(from, size) {
		return unpack(func() iter.Seq2[entry, error] { return tarred(from, size, name) }, name, take)
	}
	z, err := Open(from, size)
	if err != nil {
		return 0, NoZip.With("name", name).Because(err)
	}
	return unpack(func() iter.Seq2[entry, error] { return z.zipped(name) }, name, take)
}

// entry is an entry of an archive file.
type entry struct {
	File
	path   string // its name, read
	folder bool
	odd    bool // neither file nor folder
}

func unpack(entries func() iter.Seq2[entry, error], name string, take func(f File, path string, kind Kind) error) (taken int, err error) {
	top, kind, err := holds(entries(), name)
	if err != nil {
		return 0, err
	}
	for e, err := range entries() {
		if err != nil {
			return taken, err
		}
		path := e.path
		switch {
		case e.folder, strings.HasPrefix(path, "__MACOSX/"), Junk(path) && kind == Rows, Junk(path) && kind == Bag && !strings.HasPrefix(path, top):
			continue
		case e.odd: // a folder by its mode alone
			return taken, BadZip.With("name", name, "problem", oddEntry.With("entry", clip.Runes(path, maxShown)))
		case kind == Bag && !strings.HasPrefix(path, top):
			return taken, Outside.With("name", name, "top", strings.TrimSuffix(top, "/"), "entry", clip.Runes(path, maxShown))
		}
		switch kind {
		case Bag:
			path = strings.TrimPrefix(path, top)
		case EARK:
			path = PlacedEARK(path)
		case Rows:
			path = Placed(path)
		}
		if err := take(e.File, path, kind); err != nil {
			return taken, err
		}
		taken++
	}
	return taken, nil
}

// holds tells what lies in an archive file, and of a bag under which folder, with its slash.
func holds(entries iter.Seq2[entry, error], name string) (top string, kind Kind, err error) {
	count, bag, eark := 0, false, false
	for e, err := range entries {
		if err != nil {
			return "", "", err
		}
		if count++; count > MaxEntries {
			return "", "", BadZip.With("name", name, "problem", tooMany.With("limit", MaxEntries))
		}
		if rest, found := strings.CutSuffix(e.path, "bagit.txt"); found && strings.Count(rest, "/") <= 1 && (rest == "" || strings.HasSuffix(rest, "/")) && !Junk(e.path) {
			top, bag = rest, true
		}
		eark = eark || !e.folder && OfEARK(e.path)
	}
	switch {
	case bag:
		return top, Bag, nil
	case eark:
		return "", EARK, nil
	}
	return "", Rows, nil
}

// zipped gives the entries of a ZIP.
func (a *Archive) zipped(name string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		so := judge{size: uint64(a.size)}
		for f, err := range a.Entries() {
			if err != nil {
				yield(entry{}, NoZip.With("name", name).Because(err))
				return
			}
			path := nameIn(&f.FileHeader)
			if err := so.entry(f, path, name); err != nil {
				yield(entry{}, err)
				return
			}
			folder := strings.HasSuffix(path, "/")
			if !yield(entry{File{f.Name, f.UncompressedSize64, f.Open}, path, folder, !folder && !f.Mode().IsRegular()}, nil) {
				return
			}
		}
	}
}

// nameIn is the path of an entry. Programs of the region write Cyrillic in code page 866 and do
// not say so; others, macOS's among them, write UTF-8 and do not say that either.
func nameIn(f *zip.FileHeader) string {
	name := f.Name
	if f.NonUTF8 && !utf8.ValidString(name) {
		if decoded, err := charmap.CodePage866.NewDecoder().String(name); err == nil {
			name = decoded
		}
	}
	return strings.ReplaceAll(name, `\`, "/")
}
