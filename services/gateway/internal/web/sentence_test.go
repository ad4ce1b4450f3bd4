package web

import "testing"

// TestASentenceBeginsWithACapitalAndAPathDoesNot: what names a file spells it as it is.
func TestASentenceBeginsWithACapitalAndAPathDoesNot(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "",
		"әр іс бір рет":     "Әр іс бір рет.",
		"передача принята.": "Передача принята.",
		"data/0001/план.bin: 3 байттан": "data/0001/план.bin: 3 байттан.",
		"data/0001/мой план.bin: нет":   "data/0001/мой план.bin: нет.",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
