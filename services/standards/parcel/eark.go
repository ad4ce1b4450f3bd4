package parcel

import (
	"slices"
	"strings"
)

// Kind is what a folder, or what an archive file holds.
type Kind string

// The kinds; the words are those of intake's forms.
const (
	Rows Kind = "bare" // folders called by the numbers of rows
	Bag  Kind = "bag"
	EARK Kind = "eark"
)

// earkFolder is the folder of tag files in which an E-ARK package keeps everything that is no record of a row, under
// the name of its own folder.
const earkFolder = "eark/"

// PlacedEARK is where a file of an E-ARK package belongs in the bag that is made of it; name begins with the package's
// folder. Records stand with their rows: "p/representations/rep1/data/0001/scan.pdf" becomes "data/0001/rep1/scan.pdf". All the
// rest becomes tag files: "p/METS.xml" becomes "eark/p/METS.xml". Original takes it back.
func PlacedEARK(name string) string {
	_, within, _ := strings.Cut(name, "/")
	parts := strings.SplitN(within, "/", 5)
	if len(parts) == 5 && parts[0] == "representations" && parts[2] == "data" && digits(parts[3]) && parts[4] != "" {
		return "data/" + parts[3] + "/" + parts[1] + "/" + parts[4]
	}
	return earkFolder + name
}

// Original is what a file was called in its E-ARK package, and the package's folder, which records do not tell; ok is false where
// PlacedEARK gives no such path.
func Original(path string) (folder, name string, ok bool) {
	if rest, is := strings.CutPrefix(path, earkFolder); is {
		folder, name, ok = strings.Cut(rest, "/")
		return folder, name, ok && folder != "" && name != ""
	}
	parts := strings.SplitN(path, "/", 4)
	if len(parts) < 4 || parts[0] != "data" || !digits(parts[1]) || parts[2] == "" || parts[3] == "" {
		return "", "", false
	}
	return "", "representations/" + parts[2] + "/data/" + parts[1] + "/" + parts[3], true
}

// OfEARK tells whether a path, which begins with the package's folder or lies beside none, is one that only an E-ARK package
// has: its METS file, or what lies in a representation. What lies in the folder of a row is none.
func OfEARK(name string) bool {
	top, within, _ := strings.Cut(name, "/")
	return !digits(top) && (ofPackage(within) || ofPackage(name))
}

// KindBy tells by one of its files what a folder holds; name begins with that folder. Where files are not known beforehand it is the
// first that comes, so that what lies in metadata, schemas or documentation, and in the folder of no row, is one of E-ARK too.
func KindBy(name string) Kind {
	_, within, _ := strings.Cut(name, "/")
	if OfBag(within) {
		return Bag
	}
	if OfEARK(name) {
		return EARK
	}
	parts := strings.Split(name, "/")
	if len(parts) > 2 && slices.Contains([]string{"metadata", "schemas", "documentation"}, parts[1]) && !slices.ContainsFunc(parts[:len(parts)-1], digits) {
		return EARK
	}
	return Rows
}

func ofPackage(path string) bool {
	if path == "METS.xml" {
		return true
	}
	rest, is := strings.CutPrefix(path, "representations/")
	_, rest, within := strings.Cut(rest, "/")
	return is && within && (rest == "METS.xml" || strings.HasPrefix(rest, "data/") || strings.HasPrefix(rest, "metadata/"))
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
