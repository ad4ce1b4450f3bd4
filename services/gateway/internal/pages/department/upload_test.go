package department

import (
	"archive/zip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
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
		if got := placed(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for path, want := range map[string]bool{
		"bagit.txt": true, "bag-info.txt": true, "manifest-sha512.txt": true, "tagmanifest-md5.txt": true, "data/0001/x": true,
		"0001/x": false, "readme.txt": false, "0001/manifest-sha512.txt": false, "manifest-sha512.pdf": false, "": false,
	} {
		if got := ofBag(path); got != want {
			t.Errorf("%q is of a bag: %t", path, got)
		}
	}
	for name, want := range map[string]bool{
		".DS_Store": true, "a/Thumbs.DB": true, "a/desktop.ini": true, "a/._скан.pdf": true, "__MACOSX/a": true, "a/__MACOSX/b": true,
		"a/скан.pdf": false, "": false, "desktop.ini/скан.pdf": false,
	} {
		if got := junk(name); got != want {
			t.Errorf("%q is junk: %t", name, got)
		}
	}
	for where, want := range map[string]uint32{"data/0007/x": 7, "data/7/a/b": 7, "data/x/y": 0, "data/7": 0, "bagit.txt": 0, "": 0, "data/99999999999/x": 0} {
		if got := positionOf(where); got != want {
			t.Errorf("%q belongs to %d, want %d", where, got, want)
		}
	}
	if got := nameIn(&zip.FileHeader{Name: "\x8f\xe0\xa8\xaa\xa0\xa7.txt", NonUTF8: true}); got != "Приказ.txt" {
		t.Errorf("code page 866: %q", got)
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
		if got := placed(name); !strings.HasPrefix(got, "data/") {
			t.Errorf("%q: %q", name, got)
		}
	})
}

// TestAShortEndIsToldFromABreak reads bodies that end, and bodies that break off.
func TestAShortEndIsToldFromABreak(t *testing.T) {
	buffer := make([]byte, 8)
	if n, err := fill(iotest.OneByteReader(strings.NewReader("abc")), buffer); n != 3 || !errors.Is(err, io.EOF) {
		t.Errorf("a short end: %d, %v", n, err)
	}
	if n, err := fill(iotest.OneByteReader(strings.NewReader("abcdefghij")), buffer); n != 8 || err != nil {
		t.Errorf("more: %d, %v", n, err)
	}
	broken := io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if n, err := fill(broken, buffer); n != 3 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a break: %d, %v", n, err)
	}
}
