package archcode_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/qoyma/qoyma/services/standards/archcode"
)

func TestNumbersAloneAreRead(t *testing.T) {
	for text, want := range map[string]string{"12": "12", " р-1109 ": "Р-1109", "LS-14": "ЛС-14", "Л/С-14": "ЛС-14", "5а": "5а"} {
		if n, err := archcode.ParseFonds(text); err != nil || n.String() != want {
			t.Errorf("ParseFonds(%q) = %v, %v; want %s", text, n, err, want)
		}
	}
	for text, want := range map[string]string{"2": "2", "2лс": "2лс", "2-ЛС": "2лс", "2 л/с": "2лс", "002": "2"} {
		if n, err := archcode.ParseInventory(text); err != nil || n.String() != want {
			t.Errorf("ParseInventory(%q) = %v, %v; want %s", text, n, err, want)
		}
	}
	for text, want := range map[string]string{"345": "345", "345a": "345а", "345-А": "345а"} {
		if n, err := archcode.ParseFile(text); err != nil || n.String() != want {
			t.Errorf("ParseFile(%q) = %v, %v; want %s", text, n, err, want)
		}
	}
}

func TestMoreThanANumberIsRefused(t *testing.T) {
	for _, text := range []string{"", " ", ".", "2. Д. 3", "2/3", "x?", "двенадцать", "12 13", "1, Л. 2", strings.Repeat("1", 250), strings.Repeat(" ", 300) + "1"} {
		if n, err := archcode.ParseInventory(text); err == nil {
			t.Errorf("ParseInventory(%q) = %v", text, n)
		}
		if n, err := archcode.ParseFile(text); err == nil {
			t.Errorf("ParseFile(%q) = %v", text, n)
		}
		if n, err := archcode.ParseFonds(text); err == nil {
			t.Errorf("ParseFonds(%q) = %v", text, n)
		}
	}
	if _, err := archcode.ParseFile("0"); !errors.Is(err, archcode.NumberRange) || strings.Contains(err.Error(), "Оп") {
		t.Errorf("file 0: %v", err)
	}
}
