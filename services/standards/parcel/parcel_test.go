package parcel

import (
	"archive/zip"
	"strings"
	"testing"
)

// TestWhereFilesOfAFolderBelong reads the paths that browsers and archivers give.
func TestWhereFilesOfAFolderBelong(t *testing.T) {
	for name, want := range map[string]string{
		"Дела/0001/скан.pdf":       "data/0001/скан.pdf",
		"0001/скан.pdf":            "data/0001/скан.pdf",
		"a/b/12/c/3/d.txt":         "data/12/c/3/d.txt",
		"скан.pdf":                 "data/скан.pdf",
		"Дела/скан.pdf":            "data/скан.pdf",
		"Дела/1":                   "data/1",
		"../../0001/x":             "data/0001/x",
		"Дела/дело 1/скан.pdf":     "data/скан.pdf",
		"":                         "data/",
		"0001/../0002/../../etc/x": "data/0001/../0002/../../etc/x", // the rules of bags refuse it
	} {
		if got := Placed(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for path, want := range map[string]bool{
		"bagit.txt": true, "bag-info.txt": true, "manifest-sha512.txt": true, "tagmanifest-md5.txt": true, "data/0001/x": true,
		"0001/x": false, "readme.txt": false, "0001/manifest-sha512.txt": false, "manifest-sha512.pdf": false, "": false,
	} {
		if got := OfBag(path); got != want {
			t.Errorf("%q is of a bag: %t", path, got)
		}
	}
	for name, want := range map[string]bool{
		".DS_Store": true, "a/Thumbs.DB": true, "a/desktop.ini": true, "a/._скан.pdf": true, "__MACOSX/a": true, "a/__MACOSX/b": true,
		"a/скан.pdf": false, "": false, "desktop.ini/скан.pdf": false,
	} {
		if got := Junk(name); got != want {
			t.Errorf("%q is junk: %t", name, got)
		}
	}
	if got := nameIn(&zip.FileHeader{Name: "\x8f\xe0\xa8\xaa\xa0\xa7.txt", NonUTF8: true}); got != "Приказ.txt" {
		t.Errorf("code page 866: %q", got)
	}
	if got := nameIn(&zip.FileHeader{Name: "Бұйрық.txt", NonUTF8: true}); got != "Бұйрық.txt" {
		t.Errorf("UTF-8 that is not declared: %q", got)
	}
	if got := nameIn(&zip.FileHeader{Name: `a\б.txt`}); got != "a/б.txt" {
		t.Errorf("backslashes: %q", got)
	}
}

// FuzzPlaced: whatever a browser calls a file, it is one of the payload.
func FuzzPlaced(f *testing.F) {
	for _, seed := range []string{"a/0001/b", "0001/../../x", "//1//", "1/", "/", "a\x00/1/b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got := Placed(name); !strings.HasPrefix(got, "data/") {
			t.Errorf("%q: %q", name, got)
		}
	})
}
