// Package parcel reads what people send instead of a bag: folders called by the numbers of an inventory's
// rows, folders that are a bag, and either of them packed as a ZIP by whatever program they have. It says
// where each file belongs in a package, and knows no package: whether it may stand there, the rules of
// bags say (standards/bagit).
package parcel

import (
	"archive/zip"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// NoZip is answered for a file that is no ZIP, or whose table of contents, at its end, is cut off.
var NoZip = fault.Define(fault.Invalid, "parcel.zip.none",
	"this is no whole ZIP: {name}; pack the folder again and send it, or choose the folder itself",
	"это не целый ZIP: {name}; упакуйте папку заново и отправьте её или выберите саму папку",
	"бұл бүтін ZIP емес: {name}; қалтаны қайта қаптап жіберіңіз немесе қалтаның өзін таңдаңыз")

// BadZip is answered for a file that cannot be read as a ZIP.
var BadZip = fault.Define(fault.Invalid, "parcel.zip",
	"the file {name} cannot be read as a ZIP ({problem}); pack the folder again and send it, or choose the folder itself",
	"файл {name} не читается как ZIP ({problem}); упакуйте папку заново и отправьте её или выберите саму папку",
	"{name} файлы ZIP ретінде оқылмайды ({problem}); қалтаны қайта қаптап жіберіңіз немесе қалтаның өзін таңдаңыз")

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
		if part != "" && strings.Trim(part, "0123456789") == "" {
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

// Zip gives the files of a ZIP to take, in their order, each with where it belongs: of a bag, alone or
// within one folder, or of numbered folders. name is what the person calls the ZIP. It gives how many
// were taken; the first error ends it. The table of contents is read twice and not held: nothing is taken of
// one that is broken, or of which an entry is hostile (judge.go).
func Zip(z *Archive, name string, take func(f *zip.File, path string, bag bool) error) (taken int, err error) {
	top, bag, err := z.top(name)
	if err != nil {
		return 0, err
	}
	for f, err := range z.Entries() {
		if err != nil {
			return taken, NoZip.With("name", name).Because(err)
		}
		path := nameIn(&f.FileHeader)
		switch {
		case strings.HasSuffix(path, "/"), strings.HasPrefix(path, "__MACOSX/"), Junk(path) && !(bag && strings.HasPrefix(path, top)):
			continue
		case !f.Mode().IsRegular(): // a folder by its mode alone
			return taken, BadZip.With("name", name, "problem", clip(path))
		case bag && !strings.HasPrefix(path, top):
			return taken, Outside.With("name", name, "top", strings.TrimSuffix(top, "/"), "entry", clip(path))
		}
		if bag {
			path = strings.TrimPrefix(path, top)
		} else {
			path = Placed(path)
		}
		if err := take(f, path, bag); err != nil {
			return taken, err
		}
		taken++
	}
	return taken, nil
}

// top judges every entry of a ZIP, and looks whether a bag lies in it, and under which folder, with its slash.
func (a *Archive) top(name string) (top string, bag bool, err error) {
	count, so := 0, judge{size: uint64(a.size)}
	for f, err := range a.Entries() {
		if err != nil {
			return "", false, NoZip.With("name", name).Because(err)
		}
		if count++; count > MaxEntries {
			return "", false, BadZip.With("name", name, "problem", fmt.Sprintf("> %d", MaxEntries))
		}
		path := nameIn(&f.FileHeader)
		if err := so.entry(f, path, name); err != nil {
			return "", false, err
		}
		if rest, found := strings.CutSuffix(path, "bagit.txt"); found && strings.Count(rest, "/") <= 1 && (rest == "" || strings.HasSuffix(rest, "/")) && !Junk(path) {
			top, bag = rest, true
		}
	}
	return top, bag, nil
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
