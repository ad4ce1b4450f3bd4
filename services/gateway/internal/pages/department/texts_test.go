package department

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestPauseAndCancelAreNotTakenForEachOther: in Kazakh "тоқтату" is said of both, so an upload is cancelled by the word of every other
// page, and never stopped.
func TestPauseAndCancelAreNotTakenForEachOther(t *testing.T) {
	raw, err := files.ReadFile("texts.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]struct{ KK string }
	if err := json.Unmarshal(raw, &texts); err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		said := strings.ToLower(text.KK)
		switch {
		case !strings.HasPrefix(name, "dept.tus."):
		case strings.Contains(said, "тоқтат"), strings.Contains(said, "бас тарт"):
			t.Errorf("%s: %s", name, said)
		case name == "dept.tus.pause" && said != "кідірту", name == "dept.tus.cancel" && said != strings.ToLower(texts["dept.cancel"].KK),
			name == "dept.tus.forget" && !strings.Contains(said, "болдырмау"):
			t.Errorf("%s: %s", name, said)
		}
	}
}
