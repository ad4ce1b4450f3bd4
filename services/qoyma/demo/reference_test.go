package demo

import (
	"testing"

	"github.com/qoyma/qoyma/services/platform/fault"
)

// TestADocumentIsCitedInTheReadersLanguage: the request is in Kazakh, and whoever reads the demonstration may not be.
func TestADocumentIsCitedInTheReadersLanguage(t *testing.T) {
	got := cited("Қ. 1, Т. 1, І. 2, П. 47–48")
	for l, want := range map[fault.Language]string{
		fault.Kazakh: "Қ. 1, Т. 1, І. 2, П. 47–48", fault.Russian: "Ф. 1. Оп. 1. Д. 2. Л. 47–48", fault.English: "Fonds 1, inventory 1, file 2, leaves 47–48",
	} {
		if got[l] != want {
			t.Errorf("%s: %q, want %q", l, got[l], want)
		}
	}
}
