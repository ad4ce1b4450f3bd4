package department

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestWhereFindingsBelong reads the places that intake names.
func TestWhereFindingsBelong(t *testing.T) {
	for where, want := range map[string]uint32{"data/0007/x": 7, "data/7/a/b": 7, "data/x/y": 0, "data/7": 0, "representations/rep1/data/0007/x": 7, "representations/rep1/METS.xml:12": 0, "representations/7/x": 0, "bagit.txt": 0, "": 0, "data/99999999999/x": 0} {
		if got := positionOf(where); got != want {
			t.Errorf("%q belongs to %d, want %d", where, got, want)
		}
	}
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
